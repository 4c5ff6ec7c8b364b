"""SDMX-REST 2.1 under /api/sdmx/: reads the address, sends structures and streams of data, conditional and compressed."""

import functools
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import closing

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from indicators import progress, snapshots
from indicators.api import throttle
from indicators.api.problems import Problem
from indicators.sdmx import asked, figures, messages, structures
from indicators.sdmx.asked import NOT_ACCEPTED, NOTHING_FOUND, Fault
from indicators.sdmx.flows import AGENCY
from ipdash import origin

_WRITERS = {
    messages.GENERIC_TYPE: messages.generic,
    messages.SPECIFIC_TYPE: messages.specific,
    messages.CSV_TYPE: messages.csv_1,
    messages.CSV_2_TYPE: messages.csv_2,
}
# Media type without its version, the versions that it may name -> what is sent.
_ANY = ("", "2.1")
_DATA_TYPES = [
    ("application/vnd.sdmx.genericdata+xml", _ANY, messages.GENERIC_TYPE),
    ("application/vnd.sdmx.structurespecificdata+xml", _ANY, messages.SPECIFIC_TYPE),
    ("application/vnd.sdmx.data+csv", ("", "1.0.0"), messages.CSV_TYPE),
    ("application/vnd.sdmx.data+csv", ("2.0.0",), messages.CSV_2_TYPE),
    ("text/csv", ("",), messages.CSV_TYPE),
    *((general, _ANY, messages.GENERIC_TYPE) for general in ("application/xml", "text/xml", "application/*", "*/*")),
]
_STRUCTURE_TYPES = [
    (general, _ANY, messages.STRUCTURE_TYPE)
    for general in ("application/vnd.sdmx.structure+xml", "application/xml", "text/xml", "application/*", "*/*")
]
_CHUNK = 64 * 1024


def _answered(view):
    """GET and HEAD; what cannot be answered is an SDMX error message, with the status the standard gives it."""

    @csrf_exempt  # a POST changes nothing either way: it is told that it may not
    @require_safe
    @functools.wraps(view)
    def answered(request, path=""):
        try:
            throttle.take(origin.current().address or request.META.get("REMOTE_ADDR", "-"))
            response = view(request, *path.removesuffix("/").split("/"))
            response["Access-Control-Allow-Origin"] = "*"
            return response
        except Problem as problem:
            headers = {**problem.headers, "Cache-Control": "no-store"}
            fault = Fault((problem.status, 500), problem.detail, "Too many requests: try again later.")
        except Fault as found:
            headers, fault = {"Cache-Control": "no-cache", "Vary": "Accept"}, found
        headers["Access-Control-Allow-Origin"] = "*"
        return HttpResponse(messages.error(fault), status=fault.status, content_type=messages.ERROR_TYPE, headers=headers)

    return answered


@_answered
def resource(request, name, *parts):
    """data/FLOW[/KEY[/PROVIDER]], or RESOURCE[/AGENCY[/ID[/VERSION]]]; nothing at all lists the dataflows."""
    if len(parts) > 3:
        raise Fault(NOTHING_FOUND, "没有这样的地址。", "There is no such address.")
    query = {name: request.GET[name].strip() for name in request.GET}
    if name == "data":
        flow, key, provider = (*parts, *[""] * (3 - len(parts)))
        wanted = asked.data(flow, key, provider, query)
        return _conditional(request, _DATA_TYPES, functools.partial(_data, wanted))
    agency, ids, version = (*(part or "all" for part in parts), *["all", "all", "latest"][len(parts) :])
    found = asked.structures(name or "dataflow", agency, ids, version, query)
    return _conditional(request, _STRUCTURE_TYPES, functools.partial(_structures, found))


def _conditional(request, types, send):
    """304 to who has this version of the data in this form already, else what `send` makes of it."""
    content_type = _accepted(request.headers.get("Accept", "*/*"), types)
    state = progress.state_of_data()
    known = (
        f"{state['data_version']} {state['stale_since']} {state['is_demo']} {progress.today()} {settings.ASSETS_VERSION}"
        f" {content_type} {request.get_full_path()}"
    )
    tag = f'W/"{hashlib.sha256(known.encode()).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept, Accept-Encoding"}
    if tag in {one.strip() for one in request.headers.get("If-None-Match", "").split(",")}:
        return HttpResponseNotModified(headers=headers)
    header = messages.Header(f"{AGENCY}-{state['data_version'] or 0}", timezone.now(), state["is_demo"])
    chunks = send(header, content_type)
    is_packed = _takes_gzip(request.headers.get("Accept-Encoding", ""))
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type, headers=headers)
    return StreamingHttpResponse(_sent(chunks, is_packed), content_type=content_type, headers=headers)


def _accepted(accept: str, types) -> str:
    """The content type to answer with: the first that is as welcome as any; a Fault when none is."""
    wanted = []
    for place, one in enumerate(accept.lower().split(",")):
        media, *parameters = (part.strip() for part in one.split(";"))
        options = dict(part.split("=", 1) for part in parameters if "=" in part)
        try:
            quality = float(options.get("q", 1))
        except ValueError:
            quality = 0
        if quality > 0:
            wanted.append((-quality, place, media, options.get("version", "").strip('"')))
    for _, _, media, version in sorted(wanted):
        for known, versions, content_type in types:
            if media == known and version in versions:
                return content_type
    offered = ", ".join(dict.fromkeys(content_type for *_, content_type in types))
    raise Fault(NOT_ACCEPTED, f"不能以所要求的格式回答，可用：{offered}。", f"Not acceptable; there are {offered}.")


def _takes_gzip(accept_encoding: str) -> bool:
    return any(
        part.split(";")[0].strip().lower() == "gzip" and "q=0" not in part.replace(" ", "").replace("q=0.", "")
        for part in accept_encoding.split(",")
    )


def _structures(wanted, header, content_type) -> Iterator[str]:
    text = messages.structure(header, structures.artefacts(wanted))
    return (text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK))


def _data(wanted, header, content_type) -> Iterator[str]:
    """The message, made while it is sent; what can go wrong (nothing found, too much) goes wrong before."""
    limit = settings.SDMX_MAX_OBSERVATIONS
    with closing(figures.series(wanted, limit=limit)) as found:
        if next(found, None) is None:
            raise Fault(NOTHING_FOUND, "没有符合条件的数值。", "No observation matches.")

    def sent():
        # Not opened before sending begins: until then others (who keeps the session, for one) may have to write.
        with snapshots.of_one_moment():
            series = figures.series(wanted, limit=limit)
            yield from _WRITERS[content_type](header, wanted.flow, series, wanted.detail)

    return sent()


def _sent(chunks: Iterator[str], is_packed: bool) -> Iterator[bytes]:
    """Text in pieces to bytes in larger ones, compressed where that is understood."""
    packer = zlib.compressobj(5, zlib.DEFLATED, 31) if is_packed else None
    with closing(chunks):
        waiting: list[str] = []
        size = 0
        for chunk in chunks:
            waiting.append(chunk)
            size += len(chunk)
            if size >= _CHUNK:
                content = "".join(waiting).encode()
                if content := packer.compress(content) if packer else content:
                    yield content
                waiting, size = [], 0
        content = "".join(waiting).encode()
        yield packer.compress(content) + packer.flush() if packer else content
