"""Error pages. They need neither database nor context processors, so that they still work when those are what failed."""

import re
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.encoding import escape_uri_path

from indicators.views.sessions import is_fetch

RETRY_AFTER = "5"  # seconds
UNAVAILABLE = {"code": "unavailable", "detail": "数据库暂时没有回应，这一次没有保存；请等几秒钟再试。"}


def bad_request(request, exception):
    return _page(request, 400)


def permission_denied(request, exception):
    return _page(request, 403)


def page_not_found(request, exception):
    """404, with the sentence that says what is not there and a way to the page as it is without what was asked of it."""
    sentence = _sentence(exception)
    without_query = escape_uri_path(request.path) if sentence and request.META.get("QUERY_STRING") else ""
    return _page(request, 404, sentence=sentence, without_query=without_query)


def server_error(request):
    """500; 503 where the database is away, or did not get round to it in time."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page(request, 500, stylesheet=_stylesheet())
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
    if is_fetch(request):
        return JsonResponse(UNAVAILABLE, status=503, headers=headers)
    return _page(request, 503, headers, stylesheet=_stylesheet())


_CHINESE = re.compile("[\u4e00-\u9fff]")
_OWN = ("indicators.", "regions.", "ipdash.")


def _sentence(exception):
    """What our own code says is not there, without a full stop; blank where Django says it, with a list of all addresses."""
    told = exception.args[0] if exception.args else None
    if isinstance(told, str) and _CHINESE.search(told) and _raised_in(exception).startswith(_OWN):
        return told.removesuffix("。")
    return ""


def _raised_in(exception):
    """The name of the module."""
    trace = exception.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_globals["__name__"] if trace is not None else ""


def _page(request, status, headers=None, **context):
    content = render_to_string(f"{status}.html", {"request_id": getattr(request, "id", "-"), **context})
    return HttpResponse(content, status=status, headers=headers)


def _stylesheet():
    """The address of the stylesheet; None when static files were never collected, which may be the very error to report."""
    try:
        return static("css/ipdash.css")
    except ValueError:
        return None
