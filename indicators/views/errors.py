"""Error pages. They need neither database nor context processors, so that they still work when those are what failed."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static

from indicators.views.sessions import is_fetch

RETRY_AFTER = "5"  # seconds
UNAVAILABLE = {"code": "unavailable", "detail": "数据库暂时没有回应，这一次没有保存；请等几秒钟再试。"}


def bad_request(request, exception):
    return _page(request, 400)


def permission_denied(request, exception):
    return _page(request, 403)


def page_not_found(request, exception):
    return _page(request, 404)


def server_error(request):
    """500; 503 where the database is away, or did not get round to it in time."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page(request, 500, stylesheet=_stylesheet())
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
    if is_fetch(request):
        return JsonResponse(UNAVAILABLE, status=503, headers=headers)
    return _page(request, 503, headers, stylesheet=_stylesheet())


def _page(request, status, headers=None, **context):
    content = render_to_string(f"{status}.html", {"request_id": getattr(request, "id", "-"), **context})
    return HttpResponse(content, status=status, headers=headers)


def _stylesheet():
    """The address of the stylesheet; None when static files were never collected, which may be the very error to report."""
    try:
        return static("css/ipdash.css")
    except ValueError:
        return None
