"""The door: signing in and out, one's password, one's own account."""

from django import forms
from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth import password_validation
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from indicators import people, permissions
from indicators.models import AuditEvent
from indicators.views.sessions import CARRIED, carried_form, is_fetch
from ipdash import origin, sessions
from regions.models import User

WRONG = "用户名或密码不对。请检查大小写；连续 5 次不对会暂停登录 15 分钟。"
LATEST = 10
COMINGS = {
    "session.login": "登录",
    "session.failure": "密码不对",
    "session.lock": "暂停登录",
    "session.logout": "退出",
    "session.end": "超时退出",
}


class LoginForm(forms.Form):
    username = forms.CharField(label="用户名", max_length=150)
    password = forms.CharField(label="密码", max_length=1000, strip=False)


class PasswordForm(forms.Form):
    """The present password once more, because the screen may have been left alone, and the new one twice."""

    old_password = forms.CharField(label="现在的密码", max_length=1000, strip=False)
    new_password = forms.CharField(label="新密码", max_length=1000, strip=False)
    repeated = forms.CharField(label="新密码，再输一次", max_length=1000, strip=False)

    def __init__(self, user, *arguments, **options):
        super().__init__(*arguments, **options)
        self.user = user

    def clean_old_password(self):
        old, address = self.cleaned_data["old_password"], origin.current().address
        if people.is_locked(self.user.username, address):
            raise forms.ValidationError(str(people.Locked()))
        if not self.user.check_password(old):
            people.note_failure(self.user.username, address)
            raise forms.ValidationError("现在的密码不对。")
        return old

    def clean_new_password(self):
        password_validation.validate_password(self.cleaned_data["new_password"], self.user)
        return self.cleaned_data["new_password"]

    def clean(self):
        new, repeated = self.cleaned_data.get("new_password"), self.cleaned_data.get("repeated")
        if new and repeated and new != repeated:
            self.add_error("repeated", "两次输入的新密码不一样。")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request):
    """One door for pages and admin. A script that asks gets JSON, with the form token that holds from now on."""
    next_page = _next(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(next_page)
        return login_page(request, next_page=next_page, has_ended="ended" in request.GET, is_out="out" in request.GET)
    form, carried = LoginForm(request.POST), request.POST.get(CARRIED, "")
    user = form.is_valid() and auth.authenticate(request, **form.cleaned_data)
    if not user:
        return _not_let_in(request, form, next_page, carried)
    auth.login(request, user)
    sessions.begin(request.session)
    people.came_in(user)
    if is_fetch(request):
        must_change = people.must_change_password(user)
        answer = {"code": "password_change_required" if must_change else "signed_in", "password": reverse("password")}
        return JsonResponse({**answer, "username": user.username, "csrf_token": get_token(request)})
    if people.must_change_password(user):
        if carried:
            request.session[CARRIED] = carried
        return redirect("password")
    return _go_on(request, user, carried, next_page)


def login_page(request, *, next_page, form=None, carried="", has_ended=False, is_out=False, problem="", status=200):
    """The page with the form; `carried` is what another form held when its session had ended."""
    context = {
        "form": form or LoginForm(),
        "next": next_page,
        "carried": carried,
        "carried_form": carried_form(carried) if carried else None,
        "has_ended": has_ended,
        "is_out": is_out,
        "problem": problem,
        "nobody_yet": settings.IS_LOCAL and not User.objects.exclude(username=permissions.BUNDLED).exists(),
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
    }
    return render(request, "accounts/login.html", context, status=status)


def _not_let_in(request, form, next_page, carried):
    """The same words whether a name is unknown, a password wrong or an account switched off."""
    username = form.cleaned_data.get("username") if form.is_valid() else None
    is_locked = bool(username) and people.is_locked(username, origin.current().address)
    problem = str(people.Locked()) if is_locked else WRONG if form.is_valid() else "请填写用户名和密码。"
    status = 429 if is_locked else 403 if is_fetch(request) else 200
    if is_fetch(request):
        return JsonResponse({"code": "locked" if is_locked else "not_let_in", "message": problem}, status=status)
    return login_page(request, next_page=next_page, form=form, carried=carried, problem=problem, status=status)


def _go_on(request, user, carried, next_page):
    """To the page that was wanted, or the form that was caught at the door, once more."""
    form = carried_form(carried) if carried else None
    if form is None:
        return redirect(next_page)
    if form["whose"] not in (None, str(user.pk)):
        messages.warning(request, "登录前没有提交成的表单是另一个人填的，没有提交。")
        return redirect(next_page)
    # Sent by itself only where it is known to be the same person's; else they look at it first.
    context = {"repeated": form, "goes_by_itself": form["whose"] is not None and not form["files"], "next": next_page}
    return render(request, "accounts/again.html", context)


def _next(request):
    """The page to go to afterwards, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index") if request.path == reverse("admin:login") else reverse(settings.LOGIN_REDIRECT_URL)


@require_POST
def logout(request):
    """Signed out; the browser forgets pages and what scripts kept."""
    if request.user.is_authenticated:
        people.went_out(request.user)
    auth.logout(request)
    response = redirect(f"{reverse('login')}?out=1")
    # Not "cookies": the session's is deleted anyway, and without the form token a form in another tab could not be caught.
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def password(request):
    """A new password; with it every other session of the person ends."""
    form = PasswordForm(request.user, request.POST or None)
    next_page = _next(request) if request.GET.get("next") or request.POST.get("next") else reverse("account")
    if request.method == "POST" and form.is_valid():
        people.change_password(request.user, form.cleaned_data["new_password"])
        auth.update_session_auth_hash(request, request.user)
        messages.success(request, "密码已修改；您在别处的登录都已退出。")
        return _go_on(request, request.user, request.session.pop(CARRIED, ""), next_page)
    context = {
        "form": form,
        "next": next_page,
        "is_forced": people.must_change_password(request.user),
        "is_first": request.user.must_change_password,
        "days": settings.PASSWORD_DAYS,
        "rules": password_validation.password_validators_help_texts(),
    }
    return render(request, "accounts/password.html", context)


@csrf_exempt  # the most that a foreign form could do is to keep a session from ending, and its cookie does not come with one
@require_http_methods(["GET", "POST"])
@never_cache
def stay(request):
    """How many seconds the session still has; a POST uses it, a GET only looks."""
    if request.session_left is None:
        return JsonResponse({"code": "session_ended", "login": reverse("login")}, status=401)
    return JsonResponse({"seconds_left": round(request.session_left)})


@login_required
@require_http_methods(["GET", "HEAD"])
def account(request):
    """Who I am here: roles, tokens, and when and from where my account was used."""
    user = request.user
    comings = AuditEvent.objects.filter(username=user.username, act__in=COMINGS).order_by("-pk")[:LATEST]
    context = {
        "assignments": user.assignments.select_related("region").order_by("region__code", "role"),
        "tokens": people.valid_tokens(user).select_related("region").order_by("-pk"),
        "comings": [(event, COMINGS[event.act]) for event in comings],
        "keeps_people": people.may_keep_people(user),
        "reads_audit": may_read_audit(user),
        "password_since": user.password_changed_at or user.date_joined,
        "password_days": settings.PASSWORD_DAYS,
    }
    return render(request, "accounts/account.html", context)


def may_read_audit(user):
    """Whoever may read all of it, and managers what their people did."""
    return user.has_perm("indicators.view_auditevent") or people.may_keep_people(user)
