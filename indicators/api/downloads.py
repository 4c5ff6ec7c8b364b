"""The data package by address: all, a plan or a region; small ones at once, large ones by a worker that keeps the file."""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection, transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from indicators import jobs, packages, snapshots
from indicators.api import asked, formats, reading, sql
from indicators.api.asked import Asked
from indicators.api.lists import LISTINGS, Field, Listing
from indicators.api.problems import Kind, Problem, register
from indicators.calculation.vocabulary import JobKind, JobState
from indicators.exports import DEMO_MARK
from indicators.models import Job, Plan
from indicators.models.fields import FIRST_YEAR, LAST_YEAR
from indicators.packages import About, Resource

RETRY_AFTER = 5  # seconds
FORMAT = 1  # counts changes of what a package contains: a kept file of an older form is not given out
_ZIP = "application/zip"
_NARROWING = ("region", "descendants", "plan")
_LARGE = ("progress", "actuals", "targets", "quality")
_MOMENTS = ("updated_at", "computed_at", "found_at")

register(Kind("package_failed", 503, "数据包没有做成"))

# List -> (columns that are left out, primary key, foreign keys): codes are the keys of a package, row numbers are not.
_PLACE = [(["region"], "regions", ["code"]), (["indicator"], "indicators", ["code"])]
_STATED = [(["plan", "region", "indicator"], "plan-indicators", ["plan", "region", "indicator"]), *_PLACE]
_PACKED: dict[str, tuple[set[str], list[str], list]] = {
    "regions": ({"id"}, ["code"], [(["parent"], "", ["code"])]),
    "indicators": ({"id"}, ["code"], [(["same_subject"], "", ["code"])]),
    "plans": ({"id"}, ["plan"], [(["region"], "regions", ["code"])]),
    "plan-indicators": ({"id"}, ["plan", "region", "indicator"], [(["plan"], "plans", ["plan"]), *_PLACE]),
    "targets": (
        {"id", "plan_indicator"},
        ["plan", "region", "indicator", "year"],
        [*_STATED, (["reference_region"], "regions", ["code"])],
    ),
    "actuals": ({"id"}, ["region", "indicator", "year"], _PLACE),
    "interim": ({"id"}, ["region", "indicator", "period_start", "period_end"], _PLACE),
    "statements": (set(), ["id"], [*_PLACE, (["plan"], "plans", ["plan"])]),
    "progress": ({"id", "plan_indicator"}, ["plan", "region", "indicator", "year"], _STATED),
    "quality": ({"plan_indicator"}, ["id"], [*_PLACE, (["plan"], "plans", ["plan"])]),
}
_TYPES = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "amount": "number",
    "float": "number",
    "boolean": "boolean",
    "date": "date",
    "moment": "datetime",
    "reasons": "string",
    "json": "string",
}


# Views


@reading.public
def package(request):
    """The zip of what is asked for; 202 with the address of its job while a worker makes it."""
    question = _question(request)
    state = sql.state()
    tag = reading.tag_of(request, state)
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"}
    if tag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        return HttpResponse(status=304, headers=headers)
    kept = _path(question, state)
    if kept.is_file():
        return _sent(request, kept.open("rb"), question, state, headers)
    if _is_small(question):
        if request.method == "HEAD":
            return HttpResponse(content_type=_ZIP, headers=headers)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
        state = build(question, file)
        headers["ETag"] = reading.tag_of(request, state)
        file.seek(0)
        return _sent(request, file, question, state, headers)
    return _waiting(request, _job(question, state))


@reading.public
def job(request, pk):
    """How far a package is that a worker makes."""
    asked.parse(LISTINGS["regions"], request.GET, allowed=("-",))
    found = Job.objects.filter(kind=JobKind.PACKAGE, pk=pk).first()
    if found is None:
        raise Problem("not_found", "没有这个任务；请重新请求 /api/v1/package/。")
    return _told(request, found, status=200)


def _question(request) -> Asked:
    question = asked.parse(LISTINGS["progress"], request.GET, allowed=_NARROWING)
    for name, codes in (("region", question.regions), ("plan", question.plans)):
        sql.check([(name, code) for code in codes])
    return question


def _sent(request, file, question: Asked, state: str, headers):
    title = "_".join([*([DEMO_MARK] if "-demo" in state else []), _title(question), f"v{_version(state)}"])
    title = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", title)[:150]
    response = FileResponse(file, content_type=_ZIP, headers=headers)
    response["Content-Disposition"] = (
        f"attachment; filename=\"ipdash-v{_version(state)}.zip\"; filename*=UTF-8''{quote(f'{title}.zip', safe='')}"
    )
    return response


def _waiting(request, found: Job):
    if found.state in (JobState.FAILED, JobState.CANCELLED):
        raise Problem(
            "package_failed",
            f"数据包没有做成（任务 {found.pk}）；请稍后重试，或加 region=、plan= 缩小范围。",
            headers={"Retry-After": "60"},
        )
    return _told(request, found, status=202)


def _told(request, found: Job, *, status: int):
    """The job's state as JSON, or to a browser as a page that asks again by itself."""
    query = found.payload.get("query", "")
    address = request.build_absolute_uri(f"{reverse('api-package')}{f'?{query}' if query else ''}")
    is_over = found.state not in (JobState.QUEUED, JobState.RUNNING)
    headers = {"Location": request.build_absolute_uri(reverse("api-package-job", args=[found.pk])), "Cache-Control": "no-store"}
    if not is_over:
        headers["Retry-After"] = str(RETRY_AFTER)
    if "text/html" in request.META.get("HTTP_ACCEPT", ""):
        if not is_over:
            headers["Refresh"] = f"{RETRY_AFTER}; url={headers['Location']}"
        context = {"job": found, "address": address, "is_over": is_over, "is_done": found.state == JobState.DONE}
        response = render(request, "api/package.html", context, status=status)
        for name, value in headers.items():
            response[name] = value
        return response
    content = {
        "id": found.pk,
        "state": found.state,
        "done": found.done,
        "total": found.total,
        "package": address,
    }
    return HttpResponse(formats.json(content), status=status, content_type=formats.JSON, headers=headers)


# Made by a worker


@transaction.atomic
def _job(question: Asked, state: str) -> Job:
    """The job that makes this package, one for all who ask; a new one where the last did not come to a good end long ago."""
    name = _name(question, state)
    last = Job.objects.filter(kind=JobKind.PACKAGE, payload__name=name).order_by("-pk").first()
    if last is not None:
        if last.state in (JobState.QUEUED, JobState.RUNNING):
            return last
        if last.state != JobState.DONE and (timezone.now() - last.finished_at).total_seconds() < 60:
            return last
    payload = {
        "name": name,
        "query": _query(question),
        "regions": list(question.regions),
        "descendants": question.descendants,
        "plans": list(question.plans),
    }
    key = f"package-{last.pk if last else 0}-{_digest(name)}"
    return jobs.queue(JobKind.PACKAGE, by=None, payload=payload, idempotency_key=key)


def work(found: Job, told: Callable[[int, int], None]) -> dict:
    """Make the package a job asks for and keep it; the result names its version."""
    payload = found.payload
    question = Asked(regions=tuple(payload["regions"]), descendants=payload["descendants"], plans=tuple(payload["plans"]))
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            state = build(question, file, told)
        except BaseException:
            part.unlink()
            raise
    # Named after the data it was made from, which may be newer than what was asked for; whole or not there at all.
    path = _path(question, state)
    path.parent.mkdir(parents=True, exist_ok=True)
    part.chmod(0o644)
    part.replace(path)
    return {"version": _version(state), "size": path.stat().st_size}


# Run by the worker, which knows the kinds of jobs by this table; the lists it needs are above it.
jobs.WORK[JobKind.PACKAGE] = work


def prune() -> int:
    """Remove the kept packages of data that are no longer current, and parts that a killed worker left; returns how many."""
    removed = 0
    current = _folder() / _safe(sql.state())
    yesterday = timezone.now().timestamp() - 86_400
    for one in sorted(_folder().glob("*")):
        if one != current and one.stat().st_mtime < yesterday:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
            removed += 1
    return removed


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "packages" / f"{FORMAT}-{reading.RELEASE}"


def _path(question: Asked, state: str) -> Path:
    query = _query(question)
    return _folder() / _safe(state) / (f"{_safe(query)[:80]}-{_digest(query)}.zip" if query else "all.zip")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _name(question: Asked, state: str) -> str:
    return f"{FORMAT} {reading.RELEASE} {state} {_query(question)}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9=-]+", "_", text)


def _query(question: Asked) -> str:
    """The query string in one spelling, whatever order the codes came in."""
    pairs = [("region", ",".join(sorted(question.regions))), ("plan", ",".join(sorted(question.plans)))]
    if question.regions and question.descendants:
        pairs.insert(1, ("descendants", "true"))
    return urlencode([(name, value) for name, value in pairs if value], safe=",")


def _version(state: str) -> str:
    """The data's version; where figures wait to be computed again, which of its states."""
    version, _, rest = state.partition("-")
    waiting = rest.partition("-")[2]
    return version if waiting in ("", "0-0") else f"{version}-stale.{waiting.replace('-', '.')}"


# What a package holds


def _rows(question: Asked) -> int:
    """How many rows its large files have."""
    total = 0
    for name in _LARGE:
        chosen = sql.where(LISTINGS[name], question)
        total += sql.run(sql.count(name, chosen.conditions), chosen.params)[0][0]
    return total


def _is_small(question: Asked) -> bool:
    """Whether these are few enough to be written while somebody waits; counts no further than that."""
    left = settings.PACKAGE_DIRECT_ROWS
    for name in _LARGE:
        chosen = sql.where(LISTINGS[name], question)
        where = f"\nWHERE {' AND '.join(chosen.conditions)}" if chosen.conditions else ""
        text = f"SELECT count(*) FROM (SELECT 1 FROM {LISTINGS[name].source}{where}\nLIMIT %s) counted"
        left -= sql.run(text, (*chosen.params, left + 1))[0][0]
        if left < 0:
            return False
    return True


def build(question: Asked, file, told: Callable[[int, int], None] | None = None) -> str:
    """Write the package into a file that is open for writing; returns which data it was made from."""
    with snapshots.of_one_moment():
        state = sql.state()
        scope = _scope(question)
        total = _rows(question) if told else 0
        seen = _Seen(told or (lambda done, total: None), total)
        resources = (_resource(name, question, scope, seen) for name in _PACKED)
        packages.write(file, _about(question, state, scope), resources, created=lambda: seen.latest)
    return state


class _Seen:
    """Counts the rows that went by, and remembers the latest moment among them."""

    def __init__(self, told, total: int):
        self.told, self.total, self.done, self.latest = told, total, 0, None

    def watch(self, chunks: Iterator[list[dict]]) -> Iterator[list[dict]]:
        for chunk in chunks:
            self.done += len(chunk)
            self.told(min(self.done, self.total), self.total)
            for name in _MOMENTS:
                if name in chunk[0]:
                    self.latest = max(self.latest or "", *(one[name] for one in chunk))
            yield chunk


def _scope(question: Asked) -> dict[str, set[int]]:
    """The ids of the regions, indicators and plans that the rows of a narrowed package name; nothing where it is whole."""
    if not (question.regions or question.plans):
        return {}
    places: set[int] = set()
    indicators: set[int] = set()
    plans: set[int] = set()
    for name in ("plan-indicators", "actuals", "interim", "statements", "quality"):
        listing = LISTINGS[name]
        chosen = sql.where(listing, question)
        text = f"FROM {listing.source}\nWHERE {' AND '.join(chosen.conditions)}"
        for place, indicator in sql.run(f"SELECT DISTINCT s.region_id, s.indicator_id {text}", chosen.params):
            places.add(place)
            indicators.add(indicator)
        if "indicators_plan n" in listing.source:
            plans |= {pk for (pk,) in sql.run(f"SELECT DISTINCT n.id {text}", chosen.params) if pk is not None}
    chosen = sql.where(LISTINGS["targets"], question)
    text = f"SELECT DISTINCT x.id FROM {LISTINGS['targets'].source}\nWHERE {' AND '.join(chosen.conditions)}"
    places |= {pk for (pk,) in sql.run(text, chosen.params) if pk is not None}
    chosen = sql.where(LISTINGS["regions"], question)
    if chosen.conditions:
        text = f"SELECT r.id FROM regions_region r WHERE {' AND '.join(chosen.conditions)}"
        places |= {pk for (pk,) in sql.run(text, chosen.params)}
    places |= set(Plan.objects.filter(pk__in=plans).values_list("region_id", flat=True))
    return {
        "regions": _with_parents(places, "regions_region", "parent_id"),
        "indicators": _with_parents(indicators, "indicators_indicator", "same_subject_id"),
        "plans": plans,
    }


def _with_parents(ids: set[int], table: str, column: str) -> set[int]:
    """With what they refer to in their own table, and so on."""
    parents = dict(sql.run(f"SELECT id, {column} FROM {table}", ()))
    found: set[int] = set()
    for one in ids:
        while one is not None and one not in found:
            found.add(one)
            one = parents[one]
    return found


def _resource(name: str, question: Asked, scope: dict[str, set[int]], seen: _Seen) -> Resource:
    listing = LISTINGS[name]
    left_out, primary_key, foreign_keys = _PACKED[name]
    fields = tuple(field for field in listing.fields if field.name not in left_out)
    names = tuple(field.name for field in fields)
    chunks = seen.watch(_chunks(listing, names, question, scope))
    return Resource(
        name,
        listing.title,
        listing.says,
        [_field(field, primary_key) for field in fields],
        primary_key,
        foreign_keys,
        formats.csv_chunks(listing, names, chunks, language="en", bom=True),
    )


def _chunks(listing: Listing, names: tuple[str, ...], question: Asked, scope: dict[str, set[int]]) -> Iterator[list[dict]]:
    vendor = connection.vendor
    if listing.name in scope:
        key = {"regions": "r.id", "indicators": "i.id", "plans": "n.id"}[listing.name]
        ids = ", ".join(map(str, sorted(scope[listing.name]))) or "NULL"
        conditions, params = (f"{key} IN ({ids})",), ()
    elif listing.name in ("regions", "indicators", "plans"):
        conditions, params = (), ()
    else:
        chosen = sql.where(listing, question)
        conditions, params = chosen.conditions, chosen.params
    text, found = sql.page(listing.name, names, conditions, "", "", vendor)
    for rows in sql.stream(text, params):
        yield formats.objects(listing, found, rows, vendor)


def _field(field: Field, primary_key: list[str]) -> dict[str, Any]:
    """A column in the words of Table Schema, with what is always true of it."""
    kind = "year" if field.name in ("year", "first_year", "last_year", "baseline_year", "since_year") else _TYPES[field.kind]
    constraints: dict[str, Any] = {}
    if field.name in primary_key or (not field.nullable and not field.blank and (field.kind != "text" or field.words)):
        constraints["required"] = True
    if field.name in primary_key and len(primary_key) == 1:
        constraints["unique"] = True
    if field.words:
        constraints["enum"] = field.words.values() if hasattr(field.words, "values") else [one.value for one in field.words]
    if kind == "year":
        constraints |= {"minimum": FIRST_YEAR, "maximum": LAST_YEAR}
    if field.name in ("region", "reference_region", "parent") or (field.name == "code" and field.example == "150600"):
        constraints["pattern"] = "[1-9][0-9]{5}"
    said = {"name": field.name, "type": kind, "title": field.heading, "description": field.says}
    return {**said, **({"constraints": constraints} if constraints else {})}


def _title(question: Asked) -> str:
    words = ["知识产权规划指标"]
    for codes, table, column, name in (
        (question.regions, "regions_region", "code", "name"),
        (question.plans, "indicators_plan", "slug", "title"),
    ):
        for code in codes[:3]:
            words += [found for (found,) in sql.run(f"SELECT {name} FROM {table} WHERE {column} = %s", (code,))]
    if question.regions and question.descendants:
        words.append("含下级")
    return "_".join(words)


def _about(question: Asked, state: str, scope: dict[str, set[int]]) -> About:
    plans = Plan.objects.order_by("slug")
    if scope:
        plans = plans.filter(pk__in=scope["plans"])
    sources = [
        {"title": f"{plan.title}（{plan.document_number}）" if plan.document_number else f"{plan.title}（原文未载文号）"}
        for plan in plans
    ]
    is_demo = "-demo" in state
    licence = settings.DATA_LICENCE
    notes = [
        "地区、指标和规划以代码表示，名称见 regions.csv、indicators.csv 和 plans.csv。空着的格没有数值："
        "actuals.csv 中没有的行是未填报，not_applicable 为 true 是不适用，0 就是 0。",
        "数值的单位在同一行的 unit；比率和增速是小数（0.15 即 15%）。文件为带 BOM 的 UTF-8，Excel 和 WPS 可直接打开。",
        f"许可：{licence}。" if licence else "许可：发布单位没有另作说明；转载或再发布前请向发布单位确认，并注明来源。",
    ]
    if settings.UNIT_NAME:
        notes.insert(0, f"发布单位：{settings.UNIT_NAME}。")
    if is_demo:
        notes.insert(0, f"**{DEMO_MARK}：数值均为编造，不可引用。**")
    query = _query(question).replace("=", "-").replace("&", "-").replace(",", "-").replace("_", "-").lower()
    return About(
        name="-".join(["ipdash", *(["demo"] if is_demo else []), query or "all"]),
        title=" ".join([*([DEMO_MARK] if is_demo else []), _title(question).replace("_", " ")]),
        version=_version(state),
        sources=sources,
        licence={"name": licence, "title": licence} if licence else {},
        notes=tuple(notes),
        is_demo=is_demo,
    )
