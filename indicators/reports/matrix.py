"""Where each indicator of each region stands in a year: what the overview puts side by side, ready to print."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from indicators import prepared
from indicators.calculation import wording
from indicators.calculation.assessment import is_condition
from indicators.calculation.vocabulary import GROWTHS, Measure
from indicators.calculation.wording import Sign
from indicators.frames import Scope
from indicators.reports import standing, stated
from indicators.reports.catalogue import Place, Thing
from indicators.reports.planned import Planned
from indicators.reports.standing import DIMENSIONS


class Cell(NamedTuple):
    """An indicator in a region under its latest plan, its figures in the unit of the row."""

    address: str
    sign: Sign
    value: str  # blank without an actual
    attainment: str  # of a condition whether it is met
    asked: str  # what is to be reached, where there is no actual
    others: int  # further plans that state the same
    is_stale: bool


class MatrixRow(NamedTuple):
    code: str
    name: str
    unit: str
    cells: tuple[Cell | None, ...]

    @property
    def address(self) -> str:
        return standing.indicator_path(self.code)


Matrix = tuple[tuple[str, tuple[MatrixRow, ...]], ...]


class _Found(NamedTuple):
    """A plan indicator and its progress in the year, as the tables have them."""

    series: int
    plan_indicator: int
    plan: int
    unit: str
    baseline_year: int | None
    actual: float | None
    required: float | None
    attainment: float | None
    status: str | None
    r: float | None
    letters: str | None
    is_stale: bool = False

    @property
    def is_condition(self) -> bool:
        return self.letters is not None and is_condition(self.letters)


def matrix(known: Planned, year: int, regions: Sequence[Place], indicators: Sequence[Thing], *, is_any_stale: bool) -> Matrix:
    """((dimension, rows), …): indicators that no region has are left out; those that most have come first. One query,
    and one or two more for what is asked for where there is no actual."""
    found = _read(known, year, regions, indicators, is_any_stale=is_any_stale)
    units = {of: next(places[place.key] for place in regions if place.key in places)[-1].unit for of, places in found.items()}
    latest = {of: [plans[-1] for plans in places.values()] for of, places in found.items()}
    asked = _asked(latest, year, indicators, units)
    paths = [(place.key, *standing.plan_indicator_path(place.code, "INDICATOR").split("INDICATOR")) for place in regions]
    rows: dict[str, list[MatrixRow]] = defaultdict(list)
    # Those that most regions have come first; sorting leaves the others in the order of the indicators.
    for of in sorted((of for of in indicators if of.key in found), key=lambda of: -len(found[of.key])):
        places, unit = found[of.key], units[of.key]
        cells = tuple(
            _cell(known, places[key], f"{before}{of.code}{after}", unit, of, year, asked) if key in places else None
            for key, before, after in paths
        )
        rows[of.dimension].append(MatrixRow(of.code, of.name, unit, cells))
    return tuple((dimension, tuple(rows[dimension])) for dimension in sorted(rows, key=lambda name: DIMENSIONS[name]))


def _cell(
    known: Planned,
    plans: Sequence[_Found],
    path: str,
    unit: str,
    of: Thing,
    year: int,
    asked: Mapping[int, str],
) -> Cell:
    one, others = plans[-1], len(plans) - 1
    about = known.about_plans[one.plan]
    named = f"plan={about['plan']}&" if others else ""
    is_of_year = standing.is_of_year(known.about_indicators[of.key]["measure"], one.letters)
    sign = standing.sign_of(
        one.status, one.r, year, about["first_year"], about["last_year"], one.baseline_year, is_of_year=is_of_year
    )
    value = attainment = to_reach = ""
    if one.actual is not None:
        value = wording.in_unit(one.actual, unit, of.unit, of.decimals)
        if one.status is None:
            attainment = sign.word
        elif one.is_condition:
            attainment = standing.VERDICTS.get(one.status, "")
        elif one.attainment is not None:
            attainment = f"达成 {wording.percent(one.attainment)}"
    elif one.plan_indicator in asked:
        to_reach = asked[one.plan_indicator]
    elif one.required is not None:
        to_reach = f"目标 {wording.in_unit(one.required, unit, of.unit, of.decimals)}"
    return Cell(f"{path}?{named}year={year}", sign, value, attainment, to_reach, others, one.is_stale)


def _read(
    known: Planned, year: int, regions: Sequence[Place], indicators: Sequence[Thing], *, is_any_stale: bool
) -> dict[int, dict[int, list[_Found]]]:
    """{indicator: {region: what its plans state, the latest plan last}}"""
    of_regions, of_indicators = Scope.of([one.key for one in regions]), Scope.of([one.key for one in indicators])
    stale = f", {standing.IS_STALE}" if is_any_stale else ""
    rows = prepared.rows(
        f"""
        SELECT s.indicator_id, s.region_id,
            s.id, p.id, p.plan_id, p.unit, p.baseline_year, g.actual, g.required, g.attainment, g.status, g.r,
            g.reason_letters{stale}
        FROM indicators_series s
        JOIN indicators_planindicator p ON p.series_id = s.id
        LEFT JOIN indicators_progress g ON g.plan_indicator_id = p.id AND g.year = %s
        WHERE {of_regions.on("s.region_id")} AND {of_indicators.on("s.indicator_id")}
        """,
        [year, *of_regions.params, *of_indicators.params],
    )
    found: dict[int, dict[int, list[_Found]]] = {}
    for indicator, region, *row in rows:
        one = _Found(*row)
        if one.plan in known.about_plans:  # else it came in since plans were read
            found.setdefault(indicator, {}).setdefault(region, []).append(one)
    _add_recorded(known, found, year)
    for places in found.values():
        for plans in places.values():
            if len(plans) > 1:
                plans.sort(key=lambda one: (known.about_plans[one.plan]["first_year"], known.about_plans[one.plan]["plan"]))
    return found


def _add_recorded(known: Planned, found: Mapping[int, dict[int, list[_Found]]], year: int) -> None:
    """What is recorded for a year for which nothing is computed, as lists show it."""
    beside = [
        (plans, place)
        for of, places in found.items()
        if known.about_indicators[of]["measure"] != Measure.INCREMENT
        for plans in places.values()
        for place, one in enumerate(plans)
        if one.status is None
    ]
    values = standing.recorded([plans[place].series for plans, place in beside], year)
    for plans, place in beside:
        plans[place] = plans[place]._replace(actual=values.get(plans[place].series))


class _AsPrinted(NamedTuple):
    """The unit in which a cell's target is written, and the one in which it is stored."""

    plan_indicator: int
    unit: str
    base: str


def _asked(
    latest: Mapping[int, Sequence[_Found]], year: int, indicators: Sequence[Thing], units: Mapping[int, str]
) -> dict[int, str]:
    """{plan indicator: what its plan asks for as plans write it}, of those that have no actual.

    Where a number follows from the targets, those of the year are enough, and a rate of growth says less than the number.
    """
    by_number: dict[bool, list[_AsPrinted]] = {True: [], False: []}
    for of in indicators:
        for one in latest.get(of.key, ()):
            if one.actual is None:
                is_number = one.required is not None and not one.is_condition
                by_number[is_number].append(_AsPrinted(one.plan_indicator, units[of.key], of.unit))
    numbers, others = stated.targets_of(by_number[True], [year]), stated.targets_of(by_number[False])
    asked = {
        row.plan_indicator: f"目标 {stated.target_text(own, row)}"
        for row in by_number[True]
        if (own := numbers.get(row.plan_indicator, {}).get(year)) and own.kind not in GROWTHS
    }
    return asked | {
        row.plan_indicator: _in_words(others[row.plan_indicator], year, row)
        for row in by_number[False]
        if row.plan_indicator in others
    }


def _in_words(targets: Mapping[int, stated.Asked], year: int, row: _AsPrinted) -> str:
    """What rules the year, else what the plan's last target asks for."""
    if ruling := stated.ruling(targets, year):
        return f"目标 {stated.target_text(ruling, row)}"
    last = max(targets)
    return f"{last} 年目标 {stated.target_text(targets[last], row)}"
