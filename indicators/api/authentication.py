"""Who writes: the person of a token, narrowed to what the token is for; counted like everybody who asks."""

import functools

from rest_framework import exceptions as drf
from rest_framework.authentication import BaseAuthentication

from indicators import people
from indicators.api import problems, throttle
from indicators.api.problems import Kind, Problem
from indicators.api.reading import as_problem
from ipdash import origin

SCHEME = "Token"
problems.register(
    Kind("unauthorized", 401, "需要有效的令牌"),
    Kind("locked_out", 429, "多次出示错误的令牌，暂停服务"),
    Kind("forbidden", 403, "没有这样做的权限"),
    Kind("read_only_token", 403, "令牌只供读取"),
    Kind("bad_json", 400, "请求内容不是 JSON"),
    Kind("invalid", 422, "内容不合要求"),
    Kind("conflict", 409, "此前已有人改动"),
    Kind("key_reused", 422, "幂等键已用于另一请求"),
)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token ip_…`; nothing else is looked at, so that no page of another site can use somebody's session."""

    def authenticate(self, request):
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if not scheme:
            return None
        if scheme.lower() != SCHEME.lower() or not key.strip().isascii():
            raise _unauthorized("请在 Authorization 头中写“Token ”和令牌，例如 Token ip_…")
        try:
            user = people.person_of_token(key.strip(), origin.current().address)
        except people.Locked as error:
            wait = str(int(people.LOCK.total_seconds()))
            raise Problem("locked_out", str(error), headers={"Retry-After": wait}) from None
        except people.Refused as error:
            raise _unauthorized(str(error)) from None
        throttle.take(f"token-{user.token.pk}")
        return user, user.token

    def authenticate_header(self, request):
        return SCHEME


def _unauthorized(detail: str) -> Problem:
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": SCHEME})


def with_token(view):
    """Only for who comes with a token; to change anything, with one that may write."""

    @functools.wraps(view)
    def checked(self, request, *arguments, **options):
        if request.auth is None:
            throttle.take(origin.current().address or "-")
            raise _unauthorized("这里需要令牌：登录网页，在“我的令牌”里建立，写在 Authorization 头中，例如 Token ip_…")
        if request.method not in ("GET", "HEAD") and not request.auth.may_write:
            raise Problem("read_only_token", "这个令牌只供读取；需要写入时，请另建一个可写的令牌。")
        return view(self, request, *arguments, **options)

    return checked


def problem_response(error, context):
    """What Django REST framework raised, as every other part of the API says it."""
    request = context["request"]._request
    return problems.response(_as_problem(error, request), request)


def _as_problem(error: Exception, request) -> Problem:
    if isinstance(error, drf.NotAuthenticated | drf.AuthenticationFailed):
        return _unauthorized("这里需要有效的令牌。")
    if isinstance(error, drf.ParseError):
        return Problem("bad_json", str(error.detail))
    if isinstance(error, drf.MethodNotAllowed):
        allowed = ", ".join(context_methods(request))
        return Problem("method_not_allowed", f"这个地址不接受 {request.method[:20]}。", headers={"Allow": allowed})
    if isinstance(error, drf.UnsupportedMediaType):
        return Problem("unsupported_media_type", "请求内容应是 JSON，请写 Content-Type: application/json。")
    if isinstance(error, drf.NotAcceptable):
        return Problem("not_acceptable", "这里只以 application/json 回答；请修改 Accept 头。")
    return as_problem(error)


def context_methods(request):
    """The methods that the view of a request takes."""
    view = request.resolver_match.func.view_class
    return [name.upper() for name in view.http_method_names if hasattr(view, name) or name == "options"]
