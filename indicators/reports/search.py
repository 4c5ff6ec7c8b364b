"""/search/: regions, indicators and plan indicators by name, wording, code or pinyin initials."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from indicators.calculation.vocabulary import Level
from indicators.frames import Table
from indicators.models import PlanIndicator
from indicators.reports import names
from indicators.reports.catalogue import catalogue
from indicators.reports.standing import indicator_path, plan_indicator_path, region_path

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


def find(query: str, state: Mapping[str, Any]) -> Found:
    """At most twenty of each kind, in two queries beside those of the catalogue; nothing is asked for, nothing found."""
    wanted = names.terms(query)
    if not wanted:
        return Found(query, (), "")
    known = catalogue(state)
    regions, indicators = known.regions, known.indicators
    code = names.plain(query)
    exact = [_region(known.by_code[code])] if code in known.by_code else []
    exact += [_indicator(row) for row in indicators if row.code == code]
    fits_of_regions = [known.region_names.fits(term) for term in wanted]
    fits_of_indicators = [known.indicator_names.fits(term) for term in wanted]
    found_regions = _best(fits_of_regions, regions)
    found_indicators = _best(fits_of_indicators, indicators)
    groups = (
        Group("地区", tuple(map(_region, found_regions[:LIMIT])), len(found_regions)),
        Group("指标", tuple(map(_indicator, found_indicators[:LIMIT])), len(found_indicators)),
        _plan_indicators(known.wordings, wanted, _keys(fits_of_regions, regions), _keys(fits_of_indicators, indicators)),
    )
    return Found(query, tuple(group for group in groups if group.hits), exact[0].address if len(exact) == 1 else "")


def _best(fits, rows):
    """Those whose name or code fits, the best first: the whole name, its beginning, a part of it, its initials."""
    places = sorted((max(fit[place] for fit in fits), place) for place in set(fits[0]).intersection(*fits[1:]))
    return [rows[place] for _, place in places]


def _region(one):
    about = f"{Level(one.level).label}{f' · 属{one.parent}' if one.parent else ''}"
    return Hit(one.name, one.code, about, region_path(one.code))


def _indicator(one):
    return Hit(one.name, one.code, f"{one.dimension} · {one.unit}", indicator_path(one.code))


def _plan_indicators(wordings, wanted, regions, indicators):
    """Each term must fit the wording, the indicator or the region; at least one of them something else than the region."""
    condition, about_indicators = Q(), Q()
    for term, places, counted in zip(wanted, regions, indicators, strict=True):
        named = [name for name in wordings if term in names.plain(name)]
        if not (named or counted or places):
            return Group("规划指标", (), 0)
        here = Q(name__in=named) | Q(series__indicator__in=counted)
        about_indicators |= here if named or counted else Q()
        condition &= here | Q(series__region__in=places)
    if not about_indicators:
        return Group("规划指标", (), 0)
    # By key, which is the order in which plans were loaded: the first ones are found without reading all.
    keys = list(
        PlanIndicator.objects.filter(condition & about_indicators).order_by("pk").values_list("pk", flat=True)[: LIMIT + 1]
    )
    found = PlanIndicator.objects.filter(pk__in=keys[:LIMIT]).select_related("plan", "series__region", "series__indicator")
    hits = tuple(_plan_indicator(row) for row in found.order_by("pk"))
    return Group("规划指标", hits, len(keys) if len(keys) <= LIMIT else None)


def _keys(fits, rows):
    """For each term the keys of the rows that fit it."""
    return [[rows[place].key for place in fit] for fit in fits]


def _plan_indicator(row):
    region, indicator = row.series.region, row.series.indicator
    number = f"第 {row.number} 项 · " if row.number else ""
    address = f"{plan_indicator_path(region.code, indicator.code)}?plan={row.plan.slug}"
    named = "" if row.name == indicator.name else f" · 指标：{indicator.name}"
    return Hit(f"{region.name} · {row.name}", indicator.code, f"{number}{row.plan.title}{named}", address)
