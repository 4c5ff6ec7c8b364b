"""For managers: the people of their regions, their roles and tokens, and what was done. Everyone's own tokens."""

import contextlib
import datetime
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from indicators import people, permissions
from indicators.calculation.vocabulary import Act, Role, TargetKind, Through
from indicators.exports import Table
from indicators.models import AuditEvent
from indicators.outcome import Forbidden
from indicators.views import answers
from indicators.views.accounts import may_read_audit
from regions.models import Assignment, Region, Token, User

PER_PAGE = 50
EVENTS_PER_PAGE = 100
MOST_EVENTS_IN_A_FILE = 50_000
FILES = ("csv", "xlsx", "json")
PEOPLE_COLUMNS = ["username", "full_name", "email", "active", "roles", "last_login", "locked", "must_change_password"]
EVENT_COLUMNS = ["at", "username", "act", "act_label", "subject", "succeeded", "address", "request_id", "detail"]

ACT_LABELS = {
    "session.login": "登录",
    "session.failure": "密码不对",
    "session.lock": "暂停登录",
    "session.logout": "退出",
    "session.end": "超时退出",
    "access.denied": "没有权限",
    "person.create": "新建账号",
    "person.change": "更改账号",
    "person.password": "修改密码",
    "person.reset": "重置密码",
    "person.switch-off": "停用账号",
    "person.switch-on": "启用账号",
    "person.unlock": "解除锁定",
    "person.end-sessions": "结束会话",
    "role.give": "分配角色",
    "role.take": "取消角色",
    "token.make": "建立令牌",
    "token.revoke": "撤销令牌",
    "token.failure": "令牌不对",
    "year.lock": "锁定年度",
    "year.unlock": "解锁年度",
    "year.except": "准许例外",
    "year.end-exception": "结束例外",
    "batch.withdraw": "整批撤回",
    **{f"figure.{act}": act.label for act in Act},
    "figures.submit": "成批提交",
    "figures.put": "成批写入实际值",
    "actual.put": "写入公布的数值",
    "statement.put": "写入另一说法",
    "actuals.import": "导入实际值",
    "plans.import": "导入规划",
    "plan.create": "新建规划",
    "plan.change": "更改规划",
    "plan.put": "写入规划指标与目标",
    "planindicator.change": "更改规划指标",
    "planindicator.remove": "移除规划指标",
    "target.change": "更改目标",
    "target.amend": "调整目标",
    "target.correct": "更正目标",
    "indicator.create": "新建指标",
    "indicator.change": "更改指标",
    "region.create": "新建地区",
    "region.change": "更改地区",
    "workbook.download": "下载填报表",
    "upload.keep": "上传文件",
    "upload.marked": "下载标注的文件",
    "evidence.keep": "附上凭证",
    "evidence.read": "下载凭证",
    "evidence.remove": "移除凭证",
    "history.view": "查看记录",
    "job.queue": "开始后台任务",
    "job.cancel": "取消后台任务",
    "reminder.send": "发送提醒",
}

DETAIL_LABELS = {
    "region": "地区",
    "role": "角色",
    "includes_descendants": "含下级",
    "prefix": "前几位",
    "may_write": "可写",
    "expires_at": "到期",
    "until": "至",
    "fields": "更改的字段",
    "full_name": "姓名",
    "reason": "原因",
    "locked_because": "锁定原因",
    "whose": "所属人员",
    "through": "途径",
    "rows": "行数",
    "batch": "批次",
    "old": "原来",
    "to": "改为",
    "is_active": "启用",
    "is_staff": "可进管理系统",
    "is_superuser": "系统管理员",
    "revision": "修订",
    "version": "版本",
    "year": "年份",
    "name": "文件",
    "size": "字节数",
    "sha256": "SHA-256",
    "plan": "规划",
    "plan_indicators": "规划指标",
    "targets": "目标",
    "document_number": "调整文号",
    "error": "错误",
}
_TARGET_KINDS = {kind.value: kind.label for kind in TargetKind}
_WORDS = {"role": {one.value: one.label for one in Role}, "through": {one.value: one.label for one in Through}}


def for_keepers(view):
    """For whoever keeps people; everyone else is refused."""

    @login_required
    def kept(request, *arguments, **options):
        request.reach = people.reach(request.user)
        if not request.reach.own:
            raise PermissionDenied
        return view(request, *arguments, **options)

    return kept


class RoleForm(forms.Form):
    """A role in one of the regions of who gives it."""

    region = forms.ModelChoiceField(Region.objects.none(), to_field_name="code", label="地区", empty_label="请选择")
    role = forms.ChoiceField(label="角色", choices=[("", "请选择"), *Role.choices()])
    includes_descendants = forms.BooleanField(label="含下级地区", required=False)

    def __init__(self, reach, *arguments, **options):
        super().__init__(*arguments, **options)
        self.fields["region"].queryset = Region.objects.filter(pk__in=reach.own).order_by("code")
        self.fields["region"].label_from_instance = lambda region: f"{region.code} {region.name}"


class PersonForm(RoleForm):
    username = forms.CharField(label="用户名", max_length=150, validators=[UnicodeUsernameValidator()])
    full_name = forms.CharField(label="姓名", max_length=50)
    email = forms.EmailField(label="电子邮箱", required=False)

    field_order = ["username", "full_name", "email", "region", "role", "includes_descendants"]

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("这个用户名已经有人用了，请换一个。")
        return username


class TokenForm(forms.Form):
    name = forms.CharField(label="用途", max_length=100)
    region = forms.ModelChoiceField(
        Region.objects.none(), to_field_name="code", label="限于地区", required=False, empty_label="不限（我有角色的全部地区）"
    )
    role = forms.ChoiceField(label="限于角色", required=False)
    may_write = forms.BooleanField(label="可以写入（不选则只能读取）", required=False)
    days = forms.IntegerField(
        label="有效天数", min_value=1, max_value=people.MOST_TOKEN_DAYS, initial=people.TOKEN_DAYS, required=False
    )

    def __init__(self, user, *arguments, **options):
        super().__init__(*arguments, **options)
        held = permissions.regions_by_role(user)
        self.fields["region"].queryset = Region.objects.filter(pk__in=set().union(*held.values())).order_by("code")
        self.fields["region"].label_from_instance = lambda region: f"{region.code} {region.name}"
        self.fields["role"].choices = [("", "不限（我的全部角色）"), *((role.value, role.label) for role in Role if held[role])]

    def clean_days(self):
        return self.cleaned_data["days"] or people.TOKEN_DAYS


# People


@for_keepers
@require_safe
def listing(request):
    """The people of the own regions; whoever acts nowhere is found by the whole name, to be given a role again."""
    asked = _asked(request, "q", "page", "format")
    found = _people(request, asked.get("q", ""))
    if asked.get("format"):
        rows = [_person_row(person) for person in _with_locks(found)]
        return answers.file(Table(PEOPLE_COLUMNS, rows, "人员"), asked["format"])
    page = _page(Paginator(found, PER_PAGE), asked)
    context = {"page": page, "persons": _with_locks(page.object_list), "query": asked.get("q", "")}
    return render(request, "accounts/people.html", context)


def _people(request, query):
    roles = Prefetch("assignments", Assignment.objects.select_related("region").order_by("region__code", "role"))
    found = people.people_of(request.user)
    if query:
        named = Q(username__icontains=query) | Q(full_name__icontains=query)
        found = (found.filter(named) | _nowhere(query)).distinct()
    return found.prefetch_related(roles).order_by("username")


def _nowhere(username):
    """Somebody without any role, by the whole user name."""
    return User.objects.filter(username=username, assignments=None, is_staff=False, is_superuser=False).exclude(
        username=permissions.BUNDLED
    )


def _with_locks(persons):
    persons = list(persons)
    locked = people.locked_names([person.username for person in persons])
    for person in persons:
        person.is_locked = person.username in locked
    return persons


def _person_row(person):
    roles = "；".join(_role_words(one) for one in person.assignments.all())
    return (
        person.username, person.full_name, person.email, "是" if person.is_active else "否", roles,
        _moment(person.last_login), "是" if person.is_locked else "否", "是" if person.must_change_password else "否",
    )  # fmt: skip


def _role_words(assignment):
    below = "（含下级）" if assignment.includes_descendants else ""
    return f"{assignment.region.name}{below} {Role(assignment.role).label}"


def _moment(moment):
    return timezone.localtime(moment).isoformat(" ", "seconds") if moment else ""


@sensitive_variables("password")
@never_cache
@for_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """A person with a first role; the first password is in the answer to the form and nowhere else."""
    form = PersonForm(request.reach, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = people.create(**form.cleaned_data, by=request.user)
        except Forbidden as error:
            form.add_error("region", str(error))
        else:
            return render(request, "accounts/first_password.html", {"person": user, "password": password, "is_new": True})
    return render(request, "accounts/person_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@for_keepers
@require_safe
def person(request, pk):
    return _person_page(request, _person(request, pk))


def _person(request, pk):
    """Somebody with a role in the own regions, or nowhere; others are not to be found."""
    seen = people.people_of(request.user).filter(pk=pk)
    nowhere = User.objects.filter(pk=pk, assignments=None, is_staff=False, is_superuser=False)
    return get_object_or_404((seen | nowhere).exclude(username=permissions.BUNDLED).distinct())


def _person_page(request, someone, form=None, status=200):
    may_keep = people.may_keep(someone, by=request.user, within=request.reach)
    assignments = list(someone.assignments.select_related("region").order_by("region__code", "role"))
    for one in assignments:
        one.may_be_taken = someone.pk != request.user.pk and one.region_id in request.reach.own
    acts_nowhere = not assignments and someone.pk != request.user.pk
    context = {
        "person": someone,
        "assignments": assignments,
        "may_keep": may_keep,
        "may_give": may_keep or acts_nowhere,
        "is_oneself": someone.pk == request.user.pk,
        "is_locked": bool(people.locked_names([someone.username])),
        "tokens": people.valid_tokens(someone).select_related("region").order_by("-pk") if may_keep else (),
        "form": form or RoleForm(request.reach),
        "reads_audit": may_read_audit(request.user),
    }
    return render(request, "accounts/person.html", context, status=status)


# What the buttons of a person's page do, and the sentence that says it was done.
ACTS = {
    "switch-off": (people.switch_off, "账号已停用，登录已结束。"),
    "switch-on": (people.switch_on, "账号已启用。"),
    "unlock": (people.unlock, "已解除锁定，可以马上登录。"),
    "end-sessions": (people.end_sessions, "已结束此人的全部登录；没有提交的内容会带到下次登录。"),
}


@sensitive_variables("password")
@never_cache
@for_keepers
@require_POST
def act(request, pk, name):
    """One act on a person: those of ACTS, a new first password, a role given or taken."""
    someone = _person(request, pk)
    try:
        if name == "reset":
            password = people.reset_password(someone, by=request.user)
            return render(request, "accounts/first_password.html", {"person": someone, "password": password})
        if name == "give":
            return _give(request, someone)
        if name == "take":
            held = someone.assignments.select_related("region", "user")
            assignment = get_object_or_404(held, pk=_number(request.POST.get("role")))
            people.take_role(assignment, by=request.user)
            messages.success(request, f"已取消：{_role_words(assignment)}。")
            return redirect("person", pk=someone.pk) if _is_still_seen(request, someone) else redirect("people")
        if name not in ACTS:
            raise Http404("没有这样的操作")
        do, done = ACTS[name]
        do(someone, by=request.user)
    except Forbidden as error:
        raise PermissionDenied(str(error)) from None
    messages.success(request, done)
    return redirect("person", pk=someone.pk)


def _give(request, someone):
    form = RoleForm(request.reach, request.POST)
    if not form.is_valid():
        return _person_page(request, someone, form, status=422)
    given = people.give_role(someone, **form.cleaned_data, by=request.user)
    messages.success(request, f"已分配：{_role_words(given)}。")
    return redirect("person", pk=someone.pk)


def _is_still_seen(request, someone):
    return people.people_of(request.user).filter(pk=someone.pk).exists() or not someone.assignments.exists()


def _number(text):
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


# Tokens


@sensitive_variables("key")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request):
    """One's own tokens, a form for another, and for managers those of their people."""
    form = TokenForm(request.user, request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = people.make_token(request.user, **form.cleaned_data, by=request.user)
        except Forbidden as error:
            form.add_error(None, str(error))
        else:
            form = TokenForm(request.user)
    asked = _asked(request, "page")
    of_people = _tokens_of_people(request)
    context = {
        "form": form,
        "made": made and {"token": made[0], "key": made[1]},
        "tokens": _shown_tokens(request.user.tokens.select_related("region", "user").order_by("-pk")),
        "page": _page(Paginator(of_people, PER_PAGE), asked) if of_people is not None else None,
        "most_days": people.MOST_TOKEN_DAYS,
    }
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


def _shown_tokens(found):
    found, now = list(found), timezone.now()
    for token in found:
        token.state = "已撤销" if token.revoked_at else "已到期" if token.expires_at <= now else ""
    return found


def _tokens_of_people(request):
    """Valid tokens of those whom a manager keeps; None for who keeps nobody."""
    if not people.may_keep_people(request.user):
        return None
    valid = Token.objects.filter(revoked_at=None, expires_at__gt=timezone.now()).exclude(user=request.user)
    return valid.filter(user__in=people.kept_by(request.user)).select_related("user", "region").order_by("-pk")


@login_required
@require_POST
def revoke(request, pk):
    """End a token: one's own, or that of somebody whom one keeps; others are not to be found."""
    mine = Q(user=request.user)
    if people.may_keep_people(request.user):
        mine |= Q(user__in=people.kept_by(request.user))
    token = get_object_or_404(Token.objects.filter(mine).select_related("user"), pk=pk)
    people.revoke_token(token, by=request.user)
    messages.success(request, f"令牌“{token.name}”已撤销，用它的程序不再能进来。")
    if request.POST.get("back") == "person" and token.user_id != request.user.pk:
        return redirect("person", pk=token.user_id)
    return redirect("tokens")


# The record


@dataclass(frozen=True)
class Event:
    """An event with the Chinese word for its act."""

    row: AuditEvent

    @property
    def label(self):
        return ACT_LABELS.get(self.row.act, self.row.act)

    @property
    def details(self):
        known = {name: value for name, value in self.row.detail.items() if value not in ("", None)}
        return "；".join(f"{DETAIL_LABELS.get(name, name)}：{_in_words(name, value)}" for name, value in known.items())


def _in_words(name, value):
    if isinstance(value, bool):
        return "是" if value else "否"
    if name in ("expires_at", "until") and isinstance(value, str):
        with contextlib.suppress(ValueError):
            moment = datetime.datetime.fromisoformat(value)
            return _moment(moment) if moment.tzinfo else value
    if name == "targets" and isinstance(value, dict):
        return "，".join(f"{year} 年 {_target(old)} → {_target(new)}" for year, (old, new) in value.items())
    return _WORDS[name].get(value, value) if name in _WORDS else value


def _target(bounds):
    """A target as the record keeps it: its kind, then its bounds and region; None where there was none."""
    if not bounds:
        return "没有目标"
    kind, *stated = bounds
    return " ".join([_TARGET_KINDS.get(kind, kind), "—".join(str(one) for one in stated if one is not None)]).strip()


@never_cache
@login_required
@require_safe
def record(request):
    """What was done: everything for who may read all of it, else what the people of a manager did."""
    if not may_read_audit(request.user):
        raise PermissionDenied
    asked = _asked(request, "person", "act", "day", "before", "format")
    found = _events(request, asked)
    if asked.get("format"):
        rows = (_event_row(event) for event in found[:MOST_EVENTS_IN_A_FILE].iterator())
        return answers.file(Table(EVENT_COLUMNS, rows, "审计记录"), asked["format"])
    before = found.filter(pk__lt=asked["before"]) if asked.get("before") else found
    events = list(before[: EVENTS_PER_PAGE + 1])  # one more tells whether there are earlier ones
    shown = events[:EVENTS_PER_PAGE]
    context = {
        "events": [Event(row) for row in shown],
        "earlier": shown[-1].pk if len(events) > EVENTS_PER_PAGE else None,
        "is_first": not asked.get("before"),
        "asked": asked,
        "acts": ACT_LABELS.items(),
        "known_acts": ACT_LABELS,
        "sees_all": request.user.has_perm("indicators.view_auditevent"),
    }
    return render(request, "accounts/record.html", context)


def _events(request, asked):
    found = AuditEvent.objects.order_by("-pk")
    if not request.user.has_perm("indicators.view_auditevent"):
        names = people.kept_by(request.user).values("username")
        found = found.filter(Q(username__in=names) | Q(by=request.user))
    if asked.get("person"):
        found = found.filter(username=asked["person"])
    if asked.get("act"):
        found = found.filter(act=asked["act"])
    if asked.get("day"):
        start = timezone.make_aware(datetime.datetime.combine(asked["day"], datetime.time.min))
        found = found.filter(at__gte=start, at__lt=start + datetime.timedelta(days=1))
    return found


def _event_row(row):
    event = Event(row)
    return (
        _moment(row.at), row.username, row.act, event.label, row.subject, "是" if row.succeeded else "否",
        row.address or "", row.request_id, event.details,
    )  # fmt: skip


# What an address asks for


def _asked(request, *allowed):
    """The parameters of an address, read; what is unknown or makes no sense is a 404 that says so."""
    unknown = sorted(set(request.GET) - set(allowed))
    if unknown:
        raise Http404(f"不认识的参数“{unknown[0][:30]}”；可用：{'、'.join(allowed)}")
    asked = {}
    for name in allowed:
        text = request.GET.get(name, "").strip()
        if not text or (name == "format" and text == "html"):
            continue
        asked[name] = _read(name, text)
    return asked


def _read(name, text):
    if "\x00" in text or (name == "format" and text not in FILES):
        raise Http404(f"参数 {name} 的值不对")
    if name in ("page", "before"):
        if not _number(text):
            raise Http404(f"参数 {name} 须是正整数")
        return _number(text)
    if name == "day":
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            raise Http404("参数 day 须是日期，例如 2026-11-20") from None
    return text[:150]


def _page(paginator, asked):
    try:
        return paginator.page(asked.get("page", 1))
    except InvalidPage as error:
        raise Http404(str(error)) from None
