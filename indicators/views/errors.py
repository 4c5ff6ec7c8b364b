"""Error pages. They need neither database nor context processors, so that they still work when those are what failed."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static


def bad_request(request, exception):
    return _page(request, 400)


def permission_denied(request, exception):
    return _page(request, 403)


def page_not_found(request, exception):
    return _page(request, 404)


def server_error(request):
    return _page(request, 500, stylesheet=_stylesheet())


def _page(request, status, **context):
    content = render_to_string(f"{status}.html", {"request_id": getattr(request, "id", "-"), **context})
    return HttpResponse(content, status=status)


def _stylesheet():
    """The address of the stylesheet; None when static files were never collected, which may be the very error to report."""
    try:
        return static("css/ipdash.css")
    except ValueError:
        return None
