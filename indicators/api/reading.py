"""Views for everyone: a list, an object, the contents page. Plain Django over fixed SQL, no session, no user, no ORM."""

import functools
import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    StreamingHttpResponse,
)
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

from indicators.api import asked, formats, problems, sql, throttle
from indicators.api.asked import PAGE_SIZE, Asked
from indicators.api.lists import LISTINGS, Listing
from indicators.api.problems import Problem
from indicators.exports import DEMO_MARK
from indicators.reports import kept
from ipdash import origin

log = logging.getLogger(__name__)

READING = ("GET", "HEAD", "OPTIONS")
# A change of what is given out makes every remembered answer old.
RELEASE = hashlib.sha256(repr(LISTINGS).encode()).hexdigest()[:8]
EXPOSED = "Content-Disposition, ETag, Link, Location, Retry-After, X-Data-Version, X-Demo-Data, X-Request-ID, X-Total-Count"
PREFLIGHT = {
    "Access-Control-Allow-Methods": ", ".join(READING),
    "Access-Control-Allow-Headers": "Accept, If-None-Match, X-Requested-With",
    "Access-Control-Max-Age": "86400",
}
_ACCEPTED = {
    "*/*": "json",
    "application/*": "json",
    "application/json": "json",
    "text/*": "csv",
    "text/csv": "csv",
    formats.XLSX: "xlsx",
}

View = Callable[..., HttpResponse]


# What every view of the API shares


def public(view: View) -> View:
    """A view that anybody may read, from any origin: counted, its errors as problem+json, OPTIONS answered."""

    @csrf_exempt  # no cookie means anything here
    @functools.wraps(view)
    def answered(request, **options):
        try:
            if request.method == "OPTIONS":
                response = HttpResponse(status=204, headers={"Allow": ", ".join(READING), **PREFLIGHT})
            elif request.method not in READING:
                raise Problem(
                    "method_not_allowed",
                    f"这个地址只供读取，请用 GET；不接受 {request.method[:20]}。",
                    headers={"Allow": ", ".join(READING)},
                )
            else:
                throttle.take(origin.current().address or request.META.get("REMOTE_ADDR", "-"))
                response = view(request, **options)
        except Exception as error:
            response = problems.response(as_problem(error), request)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = EXPOSED
        return response

    return answered


def as_problem(error: Exception) -> Problem:
    """The problem that an exception is; what nobody expected goes into the log whole, and outside as a sentence."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Problem("not_found", str(error) or "没有这样的地址或对象。")
    if isinstance(error, PermissionDenied | SuspiciousOperation | BadRequest):
        return Problem("bad_value", "请求不完整或不符合规范，请核对后重试。")
    log.exception("the API could not answer")
    if isinstance(error, AnyDatabaseError):
        return Problem("unavailable", "数据库暂时没有回应，请稍后再试；已确认的数据不受影响。", headers={"Retry-After": "5"})
    return Problem("server_error", "系统出错，已记入日志；请稍后再试，仍不行时请把 request_id 告诉管理员。")


def tag_of(request, state: str) -> str:
    """Names an answer: what was asked of whom, in which form, from which data, by which release."""
    said = request.META
    known = (
        f"{RELEASE} {request.scheme} {said.get('HTTP_HOST', '')} {request.path} {said.get('QUERY_STRING', '')}"
        f" {said.get('HTTP_ACCEPT', '')}"
    )
    return f'W/"{state}-{hashlib.blake2b(known.encode(), digest_size=8).hexdigest()}"'


def unchanged(request, listing: Listing | None = None) -> HttpResponse | None:
    """304 where the asker has the answer already; needs one small query, and none where nothing is remembered."""
    remembered = request.META.get("HTTP_IF_NONE_MATCH")
    if not remembered:
        return None
    state = sql.state(listing)
    tag = tag_of(request, state)
    if tag in remembered:
        response = HttpResponseNotModified(
            headers={"ETag": tag, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache"}
        )
        return _marked(response, state)
    return None


def _marked(response, state: str):
    version, _, rest = state.partition("-")
    response["X-Data-Version"] = version
    if rest.startswith("demo"):
        response["X-Demo-Data"] = "true"
    return response


def answer_json(request, content: bytes, state: str) -> HttpResponse:
    """The answer with what lets it be remembered; packed for who takes it, without its body for HEAD."""
    headers = {"ETag": tag_of(request, state), "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache"}
    if len(content) >= formats.SMALLEST_GZIP and _takes_gzip(request):
        content = b"".join(formats.packed([content]))
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(content))
    response = HttpResponse(b"" if request.method == "HEAD" else content, content_type=formats.JSON, headers=headers)
    return _marked(response, state)


def _takes_gzip(request) -> bool:
    accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in accepted and not re.search(r"gzip\s*;\s*q=0(\.0*)?(,|$)", accepted)


def accepted_format(request, offered: tuple[str, ...]) -> str:
    """What the Accept header asks for; Problem 406 where nothing of it is offered."""
    header = request.META.get("HTTP_ACCEPT", "*/*")
    if header in ("*/*", "application/json", ""):
        return "json"
    ranked = []
    for place, part in enumerate(header.split(",")):
        kind, *options = (piece.strip().lower() for piece in part.split(";"))
        weight = next((option[2:] for option in options if option.startswith("q=")), "1")
        weight = float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 0.0
        if weight and _ACCEPTED.get(kind) in offered:
            ranked.append((-weight, place, _ACCEPTED[kind]))
    if ranked:
        return min(ranked)[2]
    would_do = "、".join(formats.TYPES[one].partition(";")[0] for one in offered)
    raise Problem("not_acceptable", f"这里可以给出 {would_do}；请修改 Accept 头，或在地址中写 format=。")


# Lists


@public
def collection(request, name: str):
    """Rows of a list: a page as JSON, or a file of all of them."""
    listing = LISTINGS[name]
    if same := unchanged(request, listing):
        return same
    question = asked.parse(listing, request.GET)
    kind = question.format or accepted_format(request, asked.FORMATS)
    if kind != "json":
        return _file(request, listing, question, kind)
    content, state = _page(request, listing, question)
    return answer_json(request, formats.json(content), state)


def lists_first(get_response):
    """Middleware: reading a list, the address most called, needs no session, form, person or search of addresses.

    What it passes by are the parts of the stack that serve those; the headers, https and the host's name are as everywhere.
    """
    addresses = {f"/api/v1/{name}/": name for name in LISTINGS}

    def middleware(request):
        name = addresses.get(request.path_info)
        if name is None or request.method not in ("GET", "HEAD"):
            return get_response(request)
        request.get_host()  # refuses names that are not this site's
        return collection(request, name=name)

    return middleware


def _page(request, listing: Listing, question: Asked) -> tuple[dict, str]:
    """A page with the addresses of its neighbours, and from which data it is."""
    chosen = sql.where(listing, question)
    rows, names, links, state = _rows(request, listing, question, chosen, question.page_size or PAGE_SIZE)
    content = {
        "next": links.get("next"),
        "previous": links.get("prev"),
        "results": formats.objects(listing, names, rows, connection.vendor),
    }
    return ({"count": _count(listing, chosen, state)} if question.count else {}) | content, state


def _rows(request, listing, question, chosen, size):
    """One page of rows, one more than asked for telling whether there is a next; nothing found leads to a look at the codes."""
    cursor = question.cursor
    way = "" if cursor is None else "after" if cursor.is_after else "before"
    wanted = (listing.name, question.fields, chosen.conditions, question.ordering, way, connection.vendor)
    text, names = sql.page(*wanted, limit=size + 1)
    order = asked.order_of(listing, question.ordering)[0]
    lead = cursor.keys[: order.lead] if cursor and 0 < order.lead < len(order.columns) else ()
    keys = cursor.keys if cursor else ()
    rows = sql.run(text, (*chosen.params, *keys, *lead))
    if not rows:
        sql.check(chosen.unchecked)
        return rows, names, {}, sql.state(listing)
    is_more = len(rows) > size
    rows = rows[:size]
    if way == "before":
        rows.reverse()
    state = rows[0][-1]
    width = len(order.columns)
    links = {}
    if is_more if way != "before" else True:
        links["next"] = _address(
            request, asked.write_cursor(listing, question.ordering, rows[-1][-1 - width : -1], is_after=True)
        )
    if is_more if way == "before" else bool(way):
        links["prev"] = _address(
            request, asked.write_cursor(listing, question.ordering, rows[0][-1 - width : -1], is_after=False)
        )
    return rows, names, links, state


def _address(request, cursor: str) -> str:
    """The address of this request with another cursor, in full, so that it can be called as it is."""
    pairs = [(name, value) for name, value in request.GET.items() if name != "cursor"]
    query = urlencode([*pairs, ("cursor", cursor)], safe="~,")
    return f"{request.scheme}://{request.get_host()}{request.path}?{query}"


def _count(listing: Listing, chosen: sql.Where, state: str) -> int:
    """How many rows there are in all; kept while the data stay the same, since counting reads them all."""
    text = sql.count(listing.name, chosen.conditions)
    made = {"make": lambda: sql.run(text, chosen.params)[0][0], "since": str(state)}
    return kept.kept({"data_version": state}, f"count {text} {chosen.params}", **made)


# Objects


@public
def item(request, name: str, key: str):
    """One object by its id, as its list gives it."""
    listing = LISTINGS[name]
    if same := unchanged(request, listing):
        return same
    question = asked.parse(listing, request.GET, allowed=("fields",))
    accepted_format(request, ("json",))
    found = []
    text, names = sql.one(listing.name, question.fields, connection.vendor)
    if re.fullmatch(listing.key_pattern, key, re.ASCII):
        found = sql.run(text, [int(key) if listing.field("id").kind == "integer" else key])
    if not found:
        raise Problem("not_found", f"{listing.title}中没有编号“{key[:60]}”；全部编号见 /api/v1/{listing.name}/。")
    content = formats.objects(listing, names, found, connection.vendor)[0]
    return answer_json(request, formats.json(content), found[0][-1])


# Files


def _file(request, listing: Listing, question: Asked, kind: str):
    """All rows that are asked for (or one page, where a page is), as CSV or Excel."""
    chosen = sql.where(listing, question)
    names = question.fields or listing.names
    # The state before the rows: a change in between makes the file newer than it says, never older.
    state = sql.state(listing)
    headers = {"ETag": tag_of(request, state), "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache"}
    headers["Content-Disposition"] = _disposition(listing, chosen, question, kind, is_demo="-demo" in state)
    if question.count:
        headers["X-Total-Count"] = str(_count(listing, chosen, state))
    if question.page_size or question.cursor:
        rows, found, links, _ = _rows(request, listing, question, chosen, question.page_size or PAGE_SIZE)
        chunks = iter([formats.objects(listing, found, rows, connection.vendor)])
        if links:
            headers["Link"] = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items())
    else:
        if chosen.unchecked and not _has_rows(listing, chosen):
            sql.check(chosen.unchecked)
        if kind == "xlsx":
            _refuse_large(listing, chosen, state)
        chunks = _all(listing, question, chosen)
    is_head = request.method == "HEAD"
    if kind == "xlsx":
        response = (
            HttpResponse(content_type=formats.XLSX)
            if is_head
            else FileResponse(formats.sheet(listing, names, chunks, language=question.headings), content_type=formats.XLSX)
        )
    else:
        # People write format=csv and open it in Excel or WPS, which need the mark; programs ask by their Accept header.
        bom = bool(question.format) if question.bom is None else question.bom
        content = formats.csv_chunks(listing, names, chunks, language=question.headings, bom=bom)
        if _takes_gzip(request):
            headers["Content-Encoding"] = "gzip"
            content = formats.packed(content)
        response = (
            HttpResponse(content_type=formats.CSV) if is_head else StreamingHttpResponse(content, content_type=formats.CSV)
        )
    for header, value in headers.items():
        response[header] = value
    if is_head and "Content-Length" in response:
        del response["Content-Length"]
    return _marked(response, state)


def _all(listing: Listing, question: Asked, chosen: sql.Where) -> Iterator[list[dict]]:
    vendor = connection.vendor
    text, names = sql.page(listing.name, question.fields, chosen.conditions, question.ordering, "", vendor)
    for rows in sql.stream(text, chosen.params):
        yield formats.objects(listing, names, rows, vendor)


def _has_rows(listing: Listing, chosen: sql.Where) -> bool:
    text = f"SELECT 1 FROM {listing.source}\nWHERE {' AND '.join(chosen.conditions)} LIMIT 1"
    return bool(sql.run(text, chosen.params))


def _refuse_large(listing: Listing, chosen: sql.Where, state: str) -> None:
    count = _count(listing, chosen, state)
    if count > formats.MAX_SHEET_ROWS:
        raise Problem(
            "too_many_rows",
            f"共 {count} 行，Excel 文件最多 {formats.MAX_SHEET_ROWS} 行；请用 format=csv 一次取完，或分批下载。",
            more={"count": count, "limit": formats.MAX_SHEET_ROWS},
        )


def _disposition(listing: Listing, chosen, question: Asked, kind: str, *, is_demo: bool) -> str:
    """A name that says what is in the file, such as 鄂尔多斯市_有效注册商标_2021-2025.xlsx, in ASCII for who cannot read it."""
    words = [DEMO_MARK] if is_demo else []
    for codes, table, column in (
        (question.regions, "regions_region", "code"),
        (question.indicators, "indicators_indicator", "code"),
        (question.plans, "indicators_plan", "slug"),
    ):
        if len(codes) == 1:
            name = "title" if column == "slug" else "name"
            found = sql.run(f"SELECT {name} FROM {table} WHERE {column} = %s", codes)
            words += [found[0][0]] if found else []
    if listing.name != "actuals" or not question.indicators:
        words.append(listing.title)
    first = question.year or question.year_min
    last = question.year or question.year_max
    if first or last:
        words.append(str(first) if first == last else f"{first or ''}-{last or ''}")
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", "_".join(words))[:150]
    return f"attachment; filename=\"{listing.name}.{kind}\"; filename*=UTF-8''{quote(f'{name}.{kind}', safe='')}"


# The contents page, and every address that is none


@public
def root(request):
    """What there is: the version of the data, and the address of everything that can be asked."""
    if same := unchanged(request):
        return same
    asked.parse(LISTINGS["regions"], request.GET, allowed=("-",))
    accepted_format(request, ("json",))
    state = sql.state()
    site = f"{request.scheme}://{request.get_host()}"
    base = f"{site}/api/v1/"
    version, _, rest = state.partition("-")
    content = {
        "name": "知识产权规划指标",
        "office": settings.UNIT_NAME,
        "data_version": int(version),
        "is_demo": rest.startswith("demo"),
        "lists": {name: f"{base}{name}/" for name in LISTINGS},
        "package": f"{base}package/",
        "changes": f"{base}changes/?since={version}",
        "sdmx": f"{site}/api/sdmx/",
        "entries": f"{base}entries/",
        "schema": f"{base}schema/",
        "console": f"{base}console/",
        "documentation": f"{site}/api/",
    }
    return answer_json(request, formats.json(content), state)


@public
def not_found(request, path: str = ""):
    """Under /api/v1/ also what is not there is told as a problem; an address that lacks only its last / is led to it."""
    if not request.path.endswith("/"):
        try:
            if resolve(f"{request.path_info}/").func is not not_found:
                query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
                return HttpResponsePermanentRedirect(f"{request.path}/{query}")
        except Resolver404:
            pass
    raise Problem("not_found", "没有这个地址；全部地址见 /api/v1/，说明见 /api/。")
