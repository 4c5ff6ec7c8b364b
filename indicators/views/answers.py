"""How a view answers: as a page, or with the same numbers as CSV, Excel or JSON; and 304 to who has them already."""

import functools
import hashlib
import io
import tempfile
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from isal import igzip

from indicators import exports, progress, selection
from indicators.reports import kept, moved
from indicators.views import blanks
from indicators.views.blanks import state_of_data

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def page(*parameters, shows=None):
    """A page for everyone: GET and HEAD only, parameters parsed into `request.selection`, conditional on the data's version.

    An unknown or senseless parameter is a 404 that says so: no other view than the one asked for is shown in its place.
    `shows` takes what the view takes and says of which figures the page is made, in the words of `reports.moved`: it is kept as
    long as these stay what they are. Without it, or where it gives None, the page is made anew after any change.
    """
    allowed = frozenset(parameters)

    def decorate(view):
        @require_safe
        @functools.wraps(view)
        def answered(request, *arguments, **options):
            try:
                request.selection = selection.parse(request.GET, allowed=allowed)
            except selection.BadSelection as error:
                raise Http404(str(error)) from None
            tag = _tag(request)
            if tag is None:
                return view(request, *arguments, **options)
            if request.headers.get("If-None-Match") == tag:
                return HttpResponseNotModified(headers={"ETag": tag})
            known = _name(request, shows and shows(request, **options))
            response = _kept(request, known)
            if response is None:
                response = _made(request, known, view, *arguments, **options)
            if response.status_code == 200:
                response["ETag"] = tag
                response.setdefault("Cache-Control", "no-cache")
            patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
            return _packed(request, response)

        return answered

    return decorate


def _tag(request):
    """Names what an anonymous visitor gets at this address; who is logged in gets a page of the own, never remembered."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return None
    return f'W/"{_name(request)[:20]}"'


def _name(request, keys=None):
    """Names a page of this address that shows these figures, or the data as a whole, as they are."""
    state = state_of_data(request)
    known = moved.whole(state) if keys is None else moved.since(state, keys)
    # The day, because what is due changes with it; the path with its query, because it says what is shown.
    known = f"{known} {progress.today()} {settings.ASSETS_VERSION} {_address(request)}"
    return hashlib.sha256(known.encode()).hexdigest()


def _address(request):
    """The address without what other programs put behind it: however a link was passed on, it is the same page."""
    asked = request.META.get("QUERY_STRING", "").split("&")
    return f"{request.path}?{'&'.join(one for one in asked if not selection.is_appended(one.partition('=')[0]))}"


def _kept(request, name):
    """The page as another anonymous visitor got it with the same figures; None where nobody did yet."""
    # A cookie may bring something along that this visitor alone sees; the one of forms brings nothing.
    content = kept.look_up(name) if set(request.COOKIES) <= {settings.CSRF_COOKIE_NAME} else None
    return None if content is None else HttpResponse(blanks.filled(request, content))


def _made(request, name, view, *arguments, **options):
    """The page as the view makes it, kept for the next visitor where it is the same for everyone."""
    request.is_for_keeping = True
    response = view(request, *arguments, **options)
    if response.streaming or not response.headers["Content-Type"].startswith("text/html"):
        return response
    is_everyones = not request.COOKIES and "CSRF_COOKIE" not in request.META  # the latter: no form on it is this visitor's
    is_whole = response.status_code == 200 and request.method == "GET" and request.state_of_data["data_version"] is not None
    if is_everyones and is_whole:
        kept.put_by(name, response.content)
    response.content = blanks.filled(request, response.content)
    return response


def _packed(request, response):
    """Compressed for who understands it, where there is no secret on the page that its length could betray."""
    is_text = response.headers["Content-Type"].startswith("text/html") and not response.streaming
    is_everyones = not request.COOKIES and "CSRF_COOKIE" not in request.META
    if is_text and is_everyones and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = igzip.compress(response.content, 1, mtime=0)
        response["Content-Encoding"] = "gzip"
    return response


def body(request, name, make, *keys):
    """The part of a page that is the same for everyone, kept for those whose page cannot be kept whole; of `keys` as above."""
    state = state_of_data(request)
    return kept.kept(state, name, make, since=moved.since(state, keys) if keys else "") if request.COOKIES else make()


def answer(request, template, context, table):
    """The page, or its numbers in the format that is asked for; `table` is called only for a file."""
    kind = request.selection.format
    if kind == "html":
        return render(request, template, {"selection": request.selection, **context})
    return file(table(), kind)


def file(table, kind):
    """A table as a download, with a name that says what it is."""
    is_demo = progress.state_of_data()["is_demo"]
    if kind == "json":
        rows = [dict(zip(table.columns, map(exports.exact, row), strict=True)) for row in table.rows]
        content = {"name": table.name, "is_demo": is_demo, "columns": table.columns, "rows": rows}
        return JsonResponse(content, json_dumps_params={"ensure_ascii": False})
    if kind == "csv":
        buffer = io.StringIO()
        exports.write_csv(table, buffer)
        content = b"\xef\xbb\xbf" + buffer.getvalue().encode()
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.xlsx"
            exports.write(table, path)
            content = path.read_bytes()
    name = f"{exports.DEMO_MARK + ' ' if is_demo else ''}{table.name}.{kind}"
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = f"attachment; filename=\"ipdash.{kind}\"; filename*=UTF-8''{quote(name, safe='')}"
    return response
