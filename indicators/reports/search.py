"""/search/: regions, indicators and plan indicators by name, wording, code or pinyin initials."""

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from indicators.calculation.vocabulary import Level
from indicators.frames import Table
from indicators.models import Indicator, PlanIndicator
from indicators.reports import names
from regions.models import Region

LIMIT = 20


@dataclass(frozen=True)
class Hit:
    name: str
    code: str
    about: str
    address: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind, the best first; `count` is None where there are more than were read."""

    name: str
    hits: tuple[Hit, ...]
    count: int | None

    @property
    def has_more(self) -> bool:
        return self.count is None or self.count > len(self.hits)

    @property
    def more(self) -> int | None:
        return None if self.count is None else self.count - len(self.hits)


@dataclass(frozen=True)
class Found:
    query: str
    groups: tuple[Group, ...]
    exact: str  # the address of what has exactly the code that was asked for

    @property
    def count(self) -> int:
        return sum(len(group.hits) for group in self.groups)

    @property
    def has_more(self) -> bool:
        return any(group.has_more for group in self.groups)

    def table(self) -> Table:
        rows = [(group.name, hit.name, hit.code, hit.about, hit.address) for group in self.groups for hit in group.hits]
        return Table(["类别", "名称", "代码", "说明", "地址"], rows, "搜索结果")


def find(query: str) -> Found:
    """At most twenty of each kind, in three queries; nothing is asked for, nothing found."""
    wanted = names.terms(query)
    if not wanted:
        return Found(query, (), "")
    regions = list(Region.objects.order_by("code").values_list("pk", "code", "name", "level", "parent__name"))
    indicators = list(Indicator.objects.order_by("pk").values_list("pk", "code", "name", "dimension", "unit"))
    code = names.plain(query)
    exact = [_region(row) for row in regions if row[1] == code] + [_indicator(row) for row in indicators if row[1] == code]
    found_regions = _best(wanted, regions)
    found_indicators = _best(wanted, indicators)
    groups = (
        Group("地区", tuple(map(_region, found_regions[:LIMIT])), len(found_regions)),
        Group("指标", tuple(map(_indicator, found_indicators[:LIMIT])), len(found_indicators)),
        _plan_indicators(wanted, regions, indicators),
    )
    return Found(query, tuple(group for group in groups if group.hits), exact[0].address if len(exact) == 1 else "")


def _best(wanted, rows):
    """Those whose name or code fits, the best first: the whole name, its beginning, a part of it, its initials."""
    fits = [(fit, place) for place, row in enumerate(rows) if (fit := names.match(wanted, row[2], row[1])) is not None]
    return [rows[place] for _, place in sorted(fits)]


def _region(row):
    _, code, name, level, parent = row
    about = f"{Level(level).label}{f' · 属{parent}' if parent else ''}"
    return Hit(name, code, about, reverse("region", args=[code]))


def _indicator(row):
    _, code, name, dimension, unit = row
    return Hit(name, code, f"{dimension} · {unit}", reverse("indicator", args=[code]))


def _plan_indicators(wanted, regions, indicators):
    """Each term must fit the wording, the indicator or the region; at least one of them something else than the region."""
    condition, about_indicators = Q(), Q()
    for term in wanted:
        here = Q(name__icontains=term) | Q(series__indicator__in=_keys(term, indicators))
        about_indicators |= here
        condition &= here | Q(series__region__in=_keys(term, regions))
    # By key, which is the order in which plans were loaded: the first ones are found without reading all.
    rows = PlanIndicator.objects.filter(condition & about_indicators).select_related(
        "plan", "series__region", "series__indicator"
    )
    found = list(rows.order_by("pk")[: LIMIT + 1])
    hits = tuple(_plan_indicator(row) for row in found[:LIMIT])
    return Group("规划指标", hits, len(found) if len(found) <= LIMIT else None)


def _keys(term, rows):
    return [row[0] for row in rows if names.match([term], row[2], row[1]) is not None]


def _plan_indicator(row):
    region, indicator = row.series.region, row.series.indicator
    number = f"第 {row.number} 项 · " if row.number else ""
    address = reverse("plan-indicator", args=[region.code, indicator.code]) + f"?plan={row.plan.slug}"
    named = "" if row.name == indicator.name else f" · 指标：{indicator.name}"
    return Hit(f"{region.name} · {row.name}", indicator.code, f"{number}{row.plan.title}{named}", address)
