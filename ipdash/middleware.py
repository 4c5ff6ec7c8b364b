"""What every response carries: a request id to quote, and the header set that allows nothing from outside."""

import logging
import uuid

from django.conf import settings

from ipdash import origin

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # blob: and data: as plotly.js makes pictures, should it make one
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def request_id(get_response):
    """Give each request an id: in the log, in the audit, on the error page, in X-Request-ID."""

    def middleware(request):
        request.id = uuid.uuid4().hex[:12]
        address = origin.address_of(request, behind_proxy=settings.BEHIND_PROXY)
        token = origin.enter(origin.Origin(request.id, address))
        try:
            response = get_response(request)
        finally:
            origin.leave(token)
        response["X-Request-ID"] = request.id
        return response

    return middleware


def security_headers(get_response):
    """Set the header set on every response, static files and error pages included."""

    def middleware(request):
        response = get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        # By the cookie, not the user: asking who it is needs the database, which may be what just failed.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    return middleware


class RequestIdFilter(logging.Filter):
    """Puts the request's id into log records."""

    def filter(self, record):
        record.request_id = origin.current().request_id or "-"
        return True
