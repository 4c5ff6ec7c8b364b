"""A region: its plan indicators in a year, by dimension or ranked, filtered; what else is published of it; its plans; the
regions below it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from django.http import Http404

from indicators import prepared
from indicators.calculation import wording
from indicators.calculation.vocabulary import Dimension, Level, Status
from indicators.frames import Scope
from indicators.models import Plan
from indicators.reports import standing
from indicators.reports.catalogue import Place, catalogue
from indicators.reports.overview import STATUSES, Counts, PlanInRegion, RegionPlans, counted, year_shown
from indicators.reports.planned import Planned, Share, planned
from indicators.reports.rows import TOLD, Choice, Pages, Row, choice, columns_of, pages_of, rows_of
from indicators.reports.standing import DIMENSIONS, Standing, region_path
from indicators.reports.unplanned import Beside, beside
from indicators.selection import Selection

ROWS_PER_PAGE = 50
# What is worst comes first; what cannot be ranked comes last.
RANKS: dict[str, Callable[[Standing], Any]] = {
    "gap": lambda one: (one.attainment is None or one.is_condition, one.attainment or 0),
    "progress": lambda one: (one.completion is None, one.completion or 0),
    "name": lambda one: (one.name, -one.first_year, one.plan_indicator),
}
SORTS = {"plan": "规划次序", "gap": "达成率低的在前", "progress": "完成进度低的在前", "name": "名称"}


@dataclass(frozen=True)
class RegionReport:
    region: Place
    above: tuple[Place, ...]  # the highest first
    selection: Selection  # with the year that is shown
    years: tuple[Choice, ...]
    total: Counts
    plans: tuple[PlanInRegion, ...]  # the latest first
    below: tuple[RegionPlans, ...]
    below_without_plans: tuple[Place, ...]
    statuses: tuple[Choice, ...]
    dimensions: tuple[Choice, ...]
    plan_choices: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]  # the dimension is blank where the list is ranked over all of them
    pages: Pages
    other_years: tuple[tuple[int, int], ...]  # where the year shown has no figure: those that have, and how many
    beside: Beside
    planned_above: Place | None  # the nearest region above with a plan of its own

    @property
    def year(self) -> int:
        return self.selection.year or 0

    @property
    def level(self) -> str:
        return Level(self.region.level).label

    @property
    def longest(self) -> int:
        return max((row.counts.plan_indicators for place in self.below for row in place.plans), default=1)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return columns_of(self.groups)

    @property
    def below_name(self) -> str:
        """What each row says below its name: its dimension, where the list is ranked over all of them."""
        return "" if self.selection.sort == "plan" else "dimension"


def find(code: str, state: Mapping[str, Any]) -> Place:
    """The region; 404 for an unknown code. `state` is what progress.state_of_data() says."""
    place = catalogue(state).by_code.get(code)
    if place is None:
        raise Http404(f"没有代码为“{code[:20]}”的地区")
    return place


def _asked(place: Place, selection: Selection, known: Planned) -> tuple[Selection, range, tuple[Share, ...]]:
    """What is asked for with the year that is shown, the years to choose from, and what plans set here.

    Where none does, the years are those of all plans: what is shown then are the regions below.
    """
    shares = known.of_region.get(place.key, ())
    if selection.plan and selection.plan not in {share.plan.slug for share in shares}:
        raise Http404(f"{place.name}没有标识为“{selection.plan}”的规划")
    plans: Sequence[Plan] = [share.plan for share in shares] or list(known.plans.values())
    years = range(min(plan.first_year for plan in plans), max(plan.last_year for plan in plans) + 1) if plans else range(0)
    return replace(selection, year=year_shown(years, selection.year) if years else None), years, shares


def region(place: Place, selection: Selection, state: Mapping[str, Any]) -> RegionReport:
    """A page of the region's list, in at most seven queries, and one more in a year for which something is not computed."""
    known = planned(state)
    chosen, years, shares = _asked(place, selection, known)
    children = known.below.get(place.code, ())
    plans = counted(known, [place, *children], chosen.year or 0)
    own = plans[place.key].plans if place.key in plans else ()
    standings = _standings(place, chosen, known, state) if shares else []
    listed = _in_dimension(standings, chosen.dimension)
    by_status = Counter(one.status or "" for one in listed)
    by_dimension = Counter(one.dimension for one in _with_status(standings, chosen.status))
    shown = _with_status(listed, chosen.status)
    pages = pages_of(chosen, max(-(-len(shown) // ROWS_PER_PAGE), 1))
    on_page = shown[(pages.number - 1) * ROWS_PER_PAGE :][:ROWS_PER_PAGE]
    total = sum((row.counts for row in own), Counts())
    above = tuple(_above(place, catalogue(state).by_code))
    return RegionReport(
        region=place,
        above=above,
        selection=chosen,
        years=tuple(_choice(chosen, place, str(one), year=one) for one in years),
        total=total,
        plans=tuple(sorted(own, key=lambda row: (-row.plan.first_year, row.plan.slug))),
        below=tuple(plans[child.key] for child in children if child.key in plans),
        below_without_plans=tuple(child for child in children if child.key not in plans),
        statuses=tuple(_statuses(chosen, place, by_status)),
        dimensions=tuple(_dimensions(chosen, place, by_dimension)),
        plan_choices=tuple(_plan_choices(chosen, place, shares)),
        sorts=tuple(_choice(chosen, place, word, sort=sort) for sort, word in SORTS.items()),
        groups=_groups(chosen, on_page) if on_page else (),
        pages=pages,
        other_years=_years_with_figures(place, years) if own and not total.reported else (),
        beside=beside(place, state),
        planned_above=next((one for one in reversed(above) if one.key in known.of_region), None),
    )


def everything(place: Place, selection: Selection, state: Mapping[str, Any]) -> list[Standing]:
    """All rows of the list that the page shows a part of, for a file."""
    known = planned(state)
    chosen, _, shares = _asked(place, selection, known)
    if not shares:
        return []
    return _with_status(_in_dimension(_standings(place, chosen, known, state), chosen.dimension), chosen.status)


_REPORTED = " + ".join(f"sum({one})" for one in STATUSES if one not in (Status.NO_DATA, Status.NOT_DUE))


def _years_with_figures(place: Place, years: range) -> tuple[tuple[int, int], ...]:
    """The years of which something is reported under the region's plans, and of how many plan indicators."""
    scope = Scope.of(years)
    sums = prepared.rows(
        f"SELECT year, {_REPORTED} FROM indicators_yeartally WHERE {scope.on('year')} AND region_id = %s GROUP BY year",
        [*scope.params, place.key],
    )
    return tuple((year, int(count)) for year, count in sorted(sums) if count)


def _standings(place: Place, selection: Selection, known: Planned, state: Mapping[str, Any]) -> list[Standing]:
    """All of the region under the plan asked for, in the order asked for. One query.

    Read whole, because the counts of each status and dimension need all of them too.
    """
    found = [
        one
        for one in standing.listed(
            known, selection.year or 0, "s.region_id = %s", [place.key], only=TOLD, is_any_stale=bool(state["stale_since"])
        )
        if selection.plan in ("", one.plan)
    ]
    found.sort(key=_in_plan)
    if selection.sort in RANKS:
        found.sort(key=RANKS[selection.sort])
    return found


def _in_plan(one: Standing) -> tuple[Any, ...]:
    """By dimension, the latest plan first; within these as the plan has them, which is how they were read."""
    return DIMENSIONS.get(one.dimension, len(DIMENSIONS)), -one.first_year, one.plan


def _in_dimension(standings: list[Standing], dimension: str) -> list[Standing]:
    return [one for one in standings if one.dimension == dimension] if dimension else standings


def _with_status(standings: list[Standing], status: str) -> list[Standing]:
    return [one for one in standings if one.status == status] if status else standings


def _groups(selection: Selection, standings: Sequence[Standing]) -> tuple:
    rows = rows_of(standings)
    if selection.sort != "plan":
        return (("", tuple(rows)),)
    return tuple((dimension, tuple(found)) for dimension, found in groupby(rows, key=lambda row: row.standing.dimension))


def _choice(selection: Selection, place: Place, word: str, **changes: Any) -> Choice:
    return choice(selection, region_path(place.code), word, **changes)


def _statuses(selection: Selection, place: Place, counts: Counter[str]) -> list[Choice]:
    found = [replace(_choice(selection, place, "全部", status=""), count=sum(counts.values()))]
    for status in Status.values():
        if counts[status] or selection.status == status:
            sign = wording.sign(status)
            one = _choice(selection, place, sign.word, status=status)
            found.append(replace(one, count=counts[status], sign=sign))
    return found


def _dimensions(selection: Selection, place: Place, counts: Counter[str]) -> list[Choice]:
    """Those that occur, each with what choosing it leaves of the list."""
    found = [replace(_choice(selection, place, "全部维度", dimension=""), count=sum(counts.values()))]
    for dimension in Dimension.values():
        if counts[dimension] or selection.dimension == dimension:
            one = _choice(selection, place, dimension, dimension=dimension)
            found.append(replace(one, count=counts[dimension]))
    return found


def _plan_choices(selection: Selection, place: Place, shares: Sequence[Share]) -> list[Choice]:
    if len(shares) < 2:
        return []
    every = _choice(selection, place, "全部规划", plan="")
    return [every, *(_choice(selection, place, share.plan.title, plan=share.plan.slug) for share in shares)]


def _above(place: Place, by_code: Mapping[str, Place]) -> list[Place]:
    found: list[Place] = []
    while place.parent_code:
        place = by_code[place.parent_code]
        found.insert(0, place)
    return found
