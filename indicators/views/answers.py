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
from django.views.decorators.http import require_safe

from indicators import exports, progress, selection

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def page(*parameters):
    """A page for everyone: GET and HEAD only, parameters parsed into `request.selection`, conditional on the data's version.

    An unknown or senseless parameter is a 404 that says so: no other view than the one asked for is shown in its place.
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
            if tag and request.headers.get("If-None-Match") == tag:
                return HttpResponseNotModified(headers={"ETag": tag})
            response = view(request, *arguments, **options)
            if tag and response.status_code == 200:
                response["ETag"] = tag
                response.setdefault("Cache-Control", "no-cache")
            return response

        return answered

    return decorate


def _tag(request):
    """Names what an anonymous visitor gets at this address; who is logged in gets a page of the own, never remembered."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return None
    state = progress.state_of_data()
    request.state_of_data = state
    # The day, because what is due changes with it; the path with its query, because it says what is shown.
    known = (
        f"{state['data_version']} {state['stale_since']} {progress.today()} {settings.ASSETS_VERSION} {request.get_full_path()}"
    )
    return f'W/"{hashlib.sha256(known.encode()).hexdigest()[:20]}"'


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
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
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
