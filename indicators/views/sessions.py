"""Around every request of somebody signed in: how long the session lasts, what comes first, and that nothing typed is lost."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.core import signing
from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from indicators import people
from ipdash import sessions

CARRIED = "carried"  # what a form held when it met a closed door: in the login page, or kept until the password is new
SALT = "ipdash.carried"
MOST_CARRIED = 1024 * 1024  # characters, signed and compressed


def kept_within_limits(get_response):
    """End sessions that are over, hold whoever must change the password to that, and catch forms that meet a closed door.

    A visitor without a session costs no query. `request.session_left` are the seconds that a session still has.
    """

    def middleware(request):
        request.session_left, request.was_here = None, None
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith("/healthz/"):
            _check(request)
            if request.user.is_authenticated and people.must_change_password(request.user) and not _is_door(request):
                return _password_first(request)
        response = get_response(request)
        if response.status_code == 302 and not request.user.is_authenticated and _leads_to_login(request, response):
            return _closed(request, response)
        if response.status_code == 403 and request.user.is_authenticated:
            people.was_denied(request.user, f"{request.method} {request.path}")
        return response

    return middleware


def _check(request):
    """Settle who is here; `was_here` is the id of whose session has ended."""
    was_here = request.session.get(SESSION_KEY)  # before the user is asked for: a session that does not hold is emptied then
    if not request.user.is_authenticated:
        request.was_here = was_here
    elif sessions.is_over(request.session, request.user):
        people.timed_out(request.user)
        logout(request)
        request.was_here = was_here
    else:
        if not (request.path == reverse("stay") and request.method == "GET"):  # only looks how long is left
            sessions.touch(request.session)
            request.session_left = sessions.seconds_left({**request.session, sessions.SEEN: sessions.now()})
        else:
            request.session_left = sessions.seconds_left(request.session)


def _is_door(request):
    return request.path in {reverse(name) for name in ("password", "logout", "login", "stay")}


def _password_first(request):
    """To the new password; a form comes along and is sent again afterwards."""
    if is_fetch(request):
        answer = {"code": "password_change_required", "message": "请先修改密码。", "password": reverse("password")}
        return JsonResponse(answer, status=403)
    if request.method == "POST":
        request.session[CARRIED] = carry(request, whose=request.user.pk)
    return redirect(f"{reverse('password')}?{urlencode({'next': _where_from(request)})}")


def _where_from(request):
    """The page to come back to: the one asked for, or the one that held the form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    return f"{came_from.path}?{came_from.query}".removesuffix("?") if came_from.path else "/"


def _leads_to_login(request, response):
    """Whether a closed door answered; logging out leads there as well."""
    doors = {reverse(settings.LOGIN_URL), reverse("admin:login")}
    leaving = {reverse("logout"), reverse("admin:logout")}
    return urlsplit(response["Location"]).path in doors and request.path not in doors | leaving


def _closed(request, response):
    """Somebody unknown at a door for people who are signed in: what they typed waits in the login page."""
    if is_fetch(request):
        return JsonResponse({"code": "session_ended", "login": reverse(settings.LOGIN_URL)}, status=401)
    if request.method == "POST" and not _is_door(request):
        from indicators.views import accounts  # here, because its views use what stands above

        return accounts.login_page(
            request, status=401, next_page=_where_from(request), carried=carry(request, whose=request.was_here), has_ended=True
        )
    if request.was_here:
        response["Location"] += f"{'&' if '?' in response['Location'] else '?'}ended=1"
    return response


def is_fetch(request):
    """Whether a script asks, which can do nothing with a page."""
    return "text/html" not in request.headers.get("Accept", "text/html")


# Forms on their way past the login page


def carry(request, *, whose):
    """The fields of a form, signed together with where it goes and whose it is; blank when it is too large to carry."""
    fields = [
        (name, value)
        for name in request.POST
        if name != "csrfmiddlewaretoken" and "password" not in name
        for value in request.POST.getlist(name)
    ]
    form = {
        "path": request.get_full_path(),
        "whose": None if whose is None else str(whose),
        "fields": fields,
        "files": [file.name for name in request.FILES for file in request.FILES.getlist(name)],
    }
    signed = signing.dumps(form, salt=SALT, compress=True)
    return signed if len(signed) <= MOST_CARRIED else ""


def carried_form(signed):
    """What `carry` signed; None for anything else, or when it is older than a session may be."""
    try:
        return signing.loads(signed, salt=SALT, max_age=settings.SESSION_HOURS * 3600)
    except signing.BadSignature:
        return None
