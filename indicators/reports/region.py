"""A region: its plan indicators in a year, by dimension or ranked, filtered; its plans; the regions below it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.db.models import Exists, F, OuterRef, Sum, Value
from django.http import Http404
from django.urls import reverse

from indicators.calculation import wording
from indicators.calculation.vocabulary import Dimension, Status
from indicators.models import Plan, PlanTally, YearTally
from indicators.reports import standing
from indicators.reports.overview import Counts, PlanInRegion, RegionPlans, counts_of, tally, year_shown, years_of
from indicators.reports.rows import Choice, Pages, Row, choice, pages_of, rows_of
from indicators.reports.standing import DIMENSIONS, Standing
from indicators.selection import Selection
from regions.models import Region

ROWS_PER_PAGE = 50
_BY_DIMENSION = " ".join(f"WHEN '{dimension}' THEN {place}" for dimension, place in DIMENSIONS.items())
_IN_PLAN = f"CASE i.dimension {_BY_DIMENSION} ELSE 99 END, q.first_year DESC, q.slug, p.position, p.id"
# What is worst comes first; what cannot be ranked comes last.
ORDERS = {
    "plan": _IN_PLAN,
    "gap": f"g.attainment IS NULL, g.attainment, {_IN_PLAN}",
    "progress": f"g.completion IS NULL, g.completion, {_IN_PLAN}",
    "name": "p.name, q.first_year DESC, p.id",
}
SORTS = {"plan": "规划次序", "gap": "达成率低的在前", "progress": "完成进度低的在前", "name": "名称"}


@dataclass(frozen=True)
class RegionReport:
    region: Region
    above: tuple[Region, ...]  # the highest first
    selection: Selection  # with the year that is shown
    years: tuple[Choice, ...]
    total: Counts
    plans: tuple[PlanInRegion, ...]
    below: tuple[RegionPlans, ...]
    below_without_plans: tuple[Region, ...]
    statuses: tuple[Choice, ...]
    dimensions: tuple[Choice, ...]
    plan_choices: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]  # the dimension is blank where the list is ranked over all of them
    row_count: int
    pages: Pages
    other_years: tuple[tuple[int, int], ...]  # where the year shown has no figure: those that have, and how many

    @property
    def year(self) -> int:
        return self.selection.year or 0

    @property
    def longest(self) -> int:
        return max((row.counts.plan_indicators for place in self.below for row in place.plans), default=1)

    @property
    def below_name(self) -> str:
        """What each row says below its name: its dimension, where the list is ranked over all of them."""
        return "" if self.selection.sort == "plan" else "dimension"


def find(code: str) -> Region:
    """The region with the regions above it; 404 for an unknown code."""
    region = Region.objects.select_related("parent__parent__parent").filter(code=code).first()
    if region is None:
        raise Http404(f"没有代码为“{code[:20]}”的地区")
    return region


def _asked(place: Region, selection: Selection) -> tuple[Selection, range, list[Plan]]:
    """What is asked for with the year that is shown, the years to choose from, and the plans that state something here.

    Where none does, the years are those of all plans: what is shown then are the regions below.
    """
    stated = list(
        Plan.objects.filter(Exists(PlanTally.objects.filter(region=place, plan=OuterRef("pk"))))
        .select_related("region")
        .order_by("-first_year", "slug")
    )
    if selection.plan and selection.plan not in {plan.slug for plan in stated}:
        raise Http404(f"{place.name}没有标识为“{selection.plan}”的规划")
    if stated:
        years = range(min(plan.first_year for plan in stated), max(plan.last_year for plan in stated) + 1)
    else:
        years = years_of(Plan.objects.all())
    return replace(selection, year=year_shown(years, selection.year) if years else None), years, stated


def region(place: Region, selection: Selection) -> RegionReport:
    """A page of the region's list, in at most eight queries."""
    chosen, years, stated = _asked(place, selection)
    nearby = "WHERE t.region_id IN (SELECT id FROM regions_region WHERE id = %s OR parent_id = %s)"
    counted = tally(chosen.year or 0, nearby, [place.pk, place.pk])
    own = {row[3]: counts_of(row) for row in counted if row[0] == place.code}
    below, without = _below(place, [row for row in counted if row[0] != place.code])
    counts = _counts(chosen, place) if stated else {}
    total = sum(own.values(), Counts())
    row_count = counts.get(selection.status, 0) if selection.status else sum(counts.values())
    pages = pages_of(chosen, max(-(-row_count // ROWS_PER_PAGE), 1))
    return RegionReport(
        region=place,
        above=tuple(_above(place)),
        selection=chosen,
        years=tuple(_choice(chosen, place, str(one), year=one) for one in years),
        total=total,
        plans=tuple(PlanInRegion(plan, own[plan.pk]) for plan in stated),
        below=below,
        below_without_plans=without,
        statuses=tuple(_statuses(chosen, place, counts)),
        dimensions=tuple(_choice(chosen, place, one or "全部维度", dimension=one) for one in ("", *Dimension.values())),
        plan_choices=tuple(_plan_choices(chosen, place, stated)),
        sorts=tuple(_choice(chosen, place, word, sort=sort) for sort, word in SORTS.items()),
        groups=_groups(chosen, _standings(chosen, place)) if row_count else (),
        row_count=row_count,
        pages=pages,
        other_years=() if total.reported else _years_with_figures(place),
    )


def _years_with_figures(place: Region) -> tuple[tuple[int, int], ...]:
    """The years of which something is reported under the region's plans, and of how many plan indicators."""
    reported = sum((F(status) for status in Status.values() if status not in (Status.NO_DATA, Status.NOT_DUE)), Value(0))
    known = YearTally.objects.filter(region=place).order_by("year").values_list("year").annotate(count=Sum(reported))
    return tuple((year, count) for year, count in known if count)


def everything(place: Region, selection: Selection) -> list[Standing]:
    """All rows of the list that the page shows a part of, for a file."""
    chosen, years, _ = _asked(place, selection)
    return _standings(chosen, place, limit=100_000, offset=0) if years else []


def _where(selection: Selection, place: Region, *, with_status: bool = True) -> tuple[str, list[Any]]:
    asked = {
        "r.id": place.pk,
        "q.slug": selection.plan,
        "i.dimension": selection.dimension,
        "g.status": selection.status if with_status else "",
    }
    asked = {column: value for column, value in asked.items() if value}
    return " AND ".join(f"{column} = %s" for column in asked), list(asked.values())


def _counts(selection: Selection, place: Region) -> dict[str, int]:
    return standing.count_by_status(selection.year or 0, *_where(selection, place, with_status=False))


def _standings(selection: Selection, place: Region, *, limit: int = ROWS_PER_PAGE, offset: int | None = None) -> list[Standing]:
    start = (selection.page - 1) * ROWS_PER_PAGE if offset is None else offset
    where, params = _where(selection, place)
    return standing.read(selection.year or 0, where, params, order=ORDERS[selection.sort], limit=limit, offset=start)


def _groups(selection: Selection, standings: Sequence[Standing]) -> tuple:
    rows = rows_of(standings)
    if selection.sort != "plan":
        return (("", tuple(rows)),)
    return tuple((dimension, tuple(found)) for dimension, found in groupby(rows, key=lambda row: row.standing.dimension))


def _path(place: Region) -> str:
    return reverse("region", args=[place.code])


def _choice(selection: Selection, place: Region, word: str, **changes: Any) -> Choice:
    return choice(selection, _path(place), word, **changes)


def _statuses(selection: Selection, place: Region, counts: dict[str, int]) -> list[Choice]:
    found = [replace(_choice(selection, place, "全部", status=""), count=sum(counts.values()))]
    for status in Status.values():
        if counts.get(status) or selection.status == status:
            sign = wording.sign(status)
            one = _choice(selection, place, sign.word, status=status)
            found.append(replace(one, count=counts.get(status, 0), sign=sign))
    return found


def _plan_choices(selection: Selection, place: Region, plans: Sequence[Plan]) -> list[Choice]:
    if len(plans) < 2:
        return []
    every = _choice(selection, place, "全部规划", plan="")
    return [every, *(_choice(selection, place, plan.title, plan=plan.slug) for plan in plans)]


def _above(place: Region) -> list[Region]:
    found: list[Region] = []
    while place.parent:
        place = place.parent
        found.insert(0, place)
    return found


def _below(place: Region, counted: Sequence[tuple]) -> tuple[tuple[RegionPlans, ...], tuple[Region, ...]]:
    """The regions right below that have plans, with their counts, and those that have none."""
    found = {key: list(rows) for key, rows in groupby(counted, key=lambda row: row[:3])}
    plans = Plan.objects.in_bulk({row[3] for row in counted})
    having = tuple(
        RegionPlans(*key, tuple(PlanInRegion(plans[row[3]], counts_of(row)) for row in rows)) for key, rows in found.items()
    )
    codes = {one.code for one in having}
    return having, tuple(child for child in place.children.order_by("code") if child.code not in codes)
