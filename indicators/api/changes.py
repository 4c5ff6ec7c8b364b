"""The feed of changes: what later versions of the data changed, so that who keeps a copy reads only that again."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Min, Q
from django.utils import timezone

from indicators import progress
from indicators.api import asked, formats, reading, sql
from indicators.api.lists import LISTINGS
from indicators.api.problems import Kind, Problem, register
from indicators.calculation.vocabulary import Subject
from indicators.models import Change

register(Kind("version_gone", 410, "这个版本以后的变更已不完整"))

# What changed -> the lists that show it. A plan's figures come and go with it; what an indicator is stands beside each plan's.
_LISTS: dict[str, tuple[str, ...]] = {
    Subject.REGIONS: ("regions",),
    Subject.INDICATORS: ("indicators", "plan-indicators"),
    Subject.PLANS: ("plans", "plan-indicators", "targets", "progress", "indicators"),
    Subject.TARGETS: ("targets", "plan-indicators"),
    Subject.ACTUALS: ("actuals",),
    Subject.INTERIM: ("interim",),
    Subject.STATEMENTS: ("statements",),
    Subject.PROGRESS: ("progress",),
    Subject.QUALITY: ("quality",),
}


@reading.public
def changes(request):
    """A page of what changed after the version `since`, oldest first, each with the addresses that show it as it is now."""
    if same := reading.unchanged(request):
        return same
    since, after, size = _asked(request.GET)
    reading.accepted_format(request, ("json",))
    state = sql.state()
    # Before the rows: versions are counted one after another, so all changes up to this one are seen below.
    known = progress.state_of_data()
    version = known["data_version"] or 0
    _refuse_gone(since, version)
    rows = list(_rows(since, after)[: size + 1])
    base = f"{request.scheme}://{request.get_host()}/api/v1/"
    content = {
        "since": since,
        "version": version,
        "stale_since": known["stale_since"],
        "next": _next(base, since, rows[size - 1], size) if len(rows) > size else None,
        "results": [_change(base, row) for row in rows[:size]],
    }
    return reading.answer_json(request, formats.json(content), state)


def prune() -> int:
    """Remove the changes that are older than the feed goes back; returns how many."""
    return Change.objects.filter(at__lt=timezone.now() - timedelta(days=settings.CHANGES_KEPT_DAYS)).delete()[0]


def _asked(query) -> tuple[int, tuple[int, int] | None, int]:
    """`since`, the place after which the page begins, and its size; Problem where one is wrong."""
    known = ("since", "cursor", "page_size")
    for name, values in query.lists():
        if name not in known:
            raise _wrong("unknown_parameter", name[:40], f"不认识参数“{name[:40]}”；这里可用：{'、'.join(known)}。")
        if len(values) > 1:
            raise _wrong("repeated_parameter", name, f"参数“{name}”请只写一次。")
    since = query.get("since", "")
    if not re.fullmatch("[0-9]{1,15}", since, re.ASCII):
        sentence = "请用 since 写明手中数据的版本号（各回答的 X-Data-Version 头，或 /api/v1/ 的 data_version），例如 since=12。"
        raise _wrong("bad_value", "since", sentence)
    cursor = query.get("cursor")
    if cursor is not None and not re.fullmatch("[0-9]{1,15}~[0-9]{1,18}", cursor, re.ASCII):
        raise _wrong("bad_cursor", "cursor", "参数“cursor”不是这里给出的翻页位置；请原样使用 next 的地址。")
    size = query.get("page_size", str(asked.PAGE_SIZE))
    if not (re.fullmatch("[1-9][0-9]{0,3}", size, re.ASCII) and int(size) <= asked.MAX_PAGE_SIZE):
        raise _wrong("bad_value", "page_size", f"参数“page_size”应是 1 至 {asked.MAX_PAGE_SIZE} 的整数。")
    after = None if cursor is None else tuple(map(int, cursor.split("~")))
    return int(since), after, int(size)


def _wrong(code: str, parameter: str, sentence: str) -> Problem:
    return Problem(code, sentence, more={"parameter": parameter})


def _refuse_gone(since: int, version: int) -> None:
    """Problem 410 where changes after `since` are no longer kept, or never were: a copy must then be made anew."""
    if since == version:
        return
    first = Change.objects.aggregate(first=Min("version"))["first"]
    if since > version:
        sentence = f"没有版本 {since}，现在是 {version}；系统可能恢复过备份。"
    elif first is None or since + 1 < first:
        sentence = f"版本 {since} 以后的变更已不完整（保留 {settings.CHANGES_KEPT_DAYS} 天）。"
    else:
        return
    raise Problem(
        "version_gone",
        f"{sentence}请重新读取全部列表或下载 /api/v1/package/，再从版本 {version} 起跟踪。",
        more={"version": version, "oldest": None if first is None else first - 1},
    )


def _rows(since: int, after: tuple[int, int] | None):
    later = Change.objects.filter(version__gt=since)
    if after:
        version, pk = after
        # Both sides of the "or" begin at the version, so the index finds the place.
        later = later.filter(Q(version__gt=version) | Q(version=version, pk__gt=pk), version__gte=version)
    fields = ("version", "pk", "what", "series__region__code", "series__indicator__code", "plan__slug", "year", "at")
    return later.order_by("version", "pk").values_list(*fields)


def _next(base: str, since: int, row: tuple, size: int) -> str:
    return f"{base}changes/?{urlencode({'since': since, 'cursor': f'{row[0]}~{row[1]}', 'page_size': size})}"


def _change(base: str, row: tuple) -> dict[str, Any]:
    version, _, what, region, indicator, plan, year, at = row
    narrowed = {"region": region, "indicator": indicator, "plan": plan, "year": year}
    return {
        "version": version,
        "what": what,
        **narrowed,
        "at": timezone.localtime(at).isoformat(timespec="seconds"),
        "addresses": [_address(base, name, narrowed) for name in _LISTS[what]],
    }


def _address(base: str, name: str, narrowed: dict[str, Any]) -> str:
    """Where the list shows what changed: only as much of the place as it can be narrowed by."""
    filters = LISTINGS[name].filters
    pairs = {key: value for key, value in narrowed.items() if value is not None and key in filters}
    return f"{base}{name}/{f'?{urlencode(pairs)}' if pairs else ''}"
