"""The years of one plan indicator: what the plan asks of each, what was recorded, what is computed, what others say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from indicators import planning, prepared
from indicators.calculation import numbers
from indicators.calculation.assessment import FIGURES
from indicators.calculation.vocabulary import GROWTHS, About, Measure, Status
from indicators.calculation.wording import NOTHING, Sign
from indicators.models import PlanIndicator, Statement
from indicators.reports.planned import Planned
from indicators.reports.standing import Standing
from indicators.reports.stated import distance, grouped, ruling, target_text
from indicators.reports.tracked import exact


@dataclass(frozen=True)
class Said:
    """What another passage says, and the number under which the page refers to it."""

    place: int
    statement: Statement
    read_as: str  # the number, where the passage does not print it as such

    @property
    def about(self) -> str:
        return {word.value: word.label for word in About}[self.statement.about]

    @property
    def address(self) -> str:
        return web(self.statement.source_url)


class Target(NamedTuple):
    """What the plan asks for in a year."""

    year: int
    kind: str
    lower: Decimal | None = None
    upper: Decimal | None = None
    locator: str = ""
    reference: str | None = None  # the name of the region it is held against
    reference_code: str | None = None


class Recorded(NamedTuple):
    """An approved value, or 不适用."""

    year: int
    value: Decimal | None
    not_applicable: bool
    source: str
    source_url: str
    note: str


@dataclass(frozen=True)
class Row:
    """A year: its standing, what the plan sets for it, what is recorded for it and for the year before."""

    standing: Standing
    target: Target | None
    ruling: Target | None  # a condition, the year's own, or an average growth of a later year
    recorded: Recorded | None
    previous: Any
    said: tuple[Said, ...]
    failed_before: bool = False  # whether an earlier year of the plan did not meet what is asked of it

    @property
    def year(self) -> int:
        return self.standing.year

    @property
    def is_baseline(self) -> bool:
        return self.standing.status is None and self.year == self.standing.baseline_year

    @property
    def is_computed(self) -> bool:
        return self.standing.status is not None

    @property
    def is_stale(self) -> bool:
        """Whether what is computed for the year rests on replaced inputs."""
        return self.is_computed and self.standing.is_stale

    @property
    def own_of_year(self) -> str:
        """Of a sum: what the year itself added."""
        return self.recorded_value if self.recorded and self.standing.measure == Measure.INCREMENT else ""

    @property
    def sign(self) -> Sign:
        return self.standing.sign

    @property
    def note(self) -> str:
        """What must be said of the year's figure itself, beside its status."""
        if self.recorded and self.recorded.not_applicable and self.standing.status != Status.NOT_APPLICABLE:
            return "登记为不适用"
        return self.standing.why("actual") if self.standing.actual is not None else ""

    @property
    def asked(self) -> str:
        """What the plan's own row for this year asks for, in its unit, or its condition; blank where it has neither."""
        if self.ruling is None or not (self.target or self.standing.condition):
            return ""
        return target_text(self.ruling, self.standing)

    @property
    def asked_otherwise(self) -> str:
        """By what the year is ruled where it has no row of its own."""
        if self.ruling is None or self.ruling is self.target:
            return ""
        return target_text(self.ruling, self.standing)

    @property
    def is_by_growth(self) -> bool:
        """Whether the required value says something that the words of the target do not."""
        return self.standing.required is not None and self.ruling is not None and self.ruling.kind in GROWTHS

    @property
    def gap_text(self) -> str:
        """The gap to the year's target in words; blank where there is none."""
        return self._told(self.standing.gap, self.ruling)

    def gap_final_text(self, final: "Row | None") -> str:
        """The gap to the final target in words, where the year has no target of its own."""
        told = self._told(self.standing.gap_final, final.target if final else None) if self.standing.gap is None else ""
        return f"终期{told}" if told else ""

    def _told(self, gap: float | None, target: Target | None) -> str:
        one = self.standing
        size = "" if gap is None else one.derived(abs(gap))
        return distance(gap, size, direction=one.direction, target=target, actual=one.actual)

    @property
    def change(self) -> str:
        """同比 in %, of a rate in 百分点; — where it is empty."""
        if self.standing.is_ratio_in_percent:
            return NOTHING if self.difference is None else f"{self.standing.in_unit(self.difference)} 个百分点"
        return self.standing.shown("yoy")

    @property
    def difference(self) -> float | None:
        if self.standing.actual is None or self.previous is None:
            return None
        return float(self.standing.actual) - float(self.previous)

    def fills(self, column: str, figures: Iterable[str]) -> bool:
        """Whether it has one of these figures, or something else to say in the column."""
        if self.standing.condition and column in ("gap", "attainment"):
            return column == "gap" and bool(self.standing.condition.verdict)
        if self.is_computed and any(getattr(self.standing, name) is not None for name in figures):
            return True
        return bool(self.said_of_growth) if column == "cagr" else column == "yoy" and self.change != NOTHING

    @property
    def said_of_figure(self) -> tuple[Said, ...]:
        return tuple(one for one in self.said if one.statement.about in (About.ACTUAL, About.BASELINE))

    @property
    def said_of_target(self) -> tuple[Said, ...]:
        return tuple(one for one in self.said if one.statement.about == About.TARGET)

    @property
    def said_of_growth(self) -> tuple[Said, ...]:
        return tuple(one for one in self.said if one.statement.about == About.AVERAGE_GROWTH)

    @property
    def source_address(self) -> str:
        return web(self.recorded.source_url) if self.recorded else ""

    @property
    def recorded_value(self) -> str:
        """As it was recorded, with all its digits, in the printed unit."""
        if self.recorded is None:
            return NOTHING
        return "不适用" if self.recorded.not_applicable else self.exactly(self.recorded.value)

    @property
    def printed_baseline(self) -> str:
        """The baseline as the plan states it, where something else is recorded for its year."""
        if not self.is_baseline or self.recorded is None or self.recorded.value == self.standing.baseline_value:
            return ""
        return self.exactly(self.standing.baseline_value)

    @property
    def source_note(self) -> str:
        return self.recorded.note if self.recorded and self.recorded.note != self.recorded.source else ""

    def exactly(self, value: Any) -> str:
        return grouped(numbers.to_printed(value, self.standing.unit, self.standing.base))


def web(address: str) -> str:
    """An address that a browser may be sent to; anything else is only shown as text."""
    return address if address.startswith(("http://", "https://")) else ""


# Reading them


def plan_targets(one: PlanIndicator, known: Planned) -> tuple[Target, ...]:
    rows = prepared.rows(
        "SELECT year, kind, lower, upper, locator, reference_region_id FROM indicators_target"
        " WHERE plan_indicator_id = %s ORDER BY year",
        [one.pk],
    )
    return tuple(
        Target(year, kind, exact(lower), exact(upper), locator, *_reference(known.about_regions.get(region)))
        for year, kind, lower, upper, locator, region in rows
    )


def _reference(region: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    return (region["region_name"], region["region"]) if region else (None, None)


def years_of(one: PlanIndicator, targets: tuple[Target, ...], statements: tuple[Said, ...], year: int) -> dict[int, Row]:
    """{year: row}, in order: the plan's years, the baseline's, all with a recorded value, and the one asked for."""
    facts = _facts(one)
    computed = _computed(one)
    recorded = _recorded(one)
    own = {row.year: row for row in targets}
    known = {recorded_year: row.value for recorded_year, row in recorded.items() if row.value is not None}
    if one.baseline_year and one.series.indicator.measure != Measure.INCREMENT:
        known.setdefault(one.baseline_year, one.baseline_value)
    years = {year, *range(one.plan.first_year, one.plan.last_year + 1), *computed, *recorded}
    if one.baseline_year:
        years.add(one.baseline_year)
    return {
        year: Row(
            standing=Standing(year=year, **facts, **_figures(computed.get(year), recorded.get(year))),
            target=own.get(year),
            ruling=ruling(own, year),
            recorded=recorded.get(year),
            previous=known.get(year - 1),
            said=tuple(said for said in statements if said.statement.year == year),
            failed_before=any(figures["met"] is False for earlier, figures in computed.items() if earlier < year),
        )
        for year in sorted(years)
    }


def _computed(one: PlanIndicator) -> dict[int, dict[str, Any]]:
    """{year: what a Standing says of the progress}"""
    rows = prepared.rows(
        f"SELECT year, {', '.join(_COMPUTED)} FROM indicators_progress WHERE plan_indicator_id = %s",
        [one.pk],
    )
    computed = {}
    for year, met, *rest in rows:
        computed[year] = dict(zip(_COMPUTED, (met if met is None else bool(met), *rest), strict=True))
        computed[year]["letters"] = computed[year].pop("reason_letters")
    return computed


_COMPUTED = ("met", "status", "reason_letters", *FIGURES)


def _recorded(one: PlanIndicator) -> dict[int, Recorded]:
    rows = prepared.rows(
        "SELECT year, value, not_applicable, source, source_url, note FROM indicators_actual WHERE series_id = %s",
        [one.series_id],
    )
    return {year: Recorded(year, exact(value), bool(not_applicable), *told) for year, value, not_applicable, *told in rows}


def is_listed(row: Row) -> bool:
    """A year that is only asked for is not a row of the table."""
    in_plan = row.standing.first_year <= row.year <= row.standing.last_year
    return in_plan or row.is_computed or row.recorded is not None or row.year == row.standing.baseline_year


def _facts(one: PlanIndicator) -> dict[str, Any]:
    """What a Standing says of the plan indicator whatever the year."""
    series, plan = one.series, one.plan
    region, indicator = series.region, series.indicator
    return {
        "plan_indicator": one.pk,
        "series": series.pk,
        "plan": plan.slug,
        "plan_title": plan.title,
        "first_year": plan.first_year,
        "last_year": plan.last_year,
        "region": region.code,
        "region_name": region.name,
        "level": region.level,
        "indicator": indicator.code,
        "indicator_name": indicator.name,
        "base": indicator.unit,
        "decimals": indicator.decimals,
        "dimension": indicator.dimension,
        "measure": indicator.measure,
        "direction": indicator.direction,
        "is_stale": bool(one.is_stale),
        **{name: getattr(one, name) for name in planning.PLAN_INDICATOR_FIELDS},
    }


def _figures(computed: Mapping[str, Any] | None, recorded: Recorded | None) -> Mapping[str, Any]:
    """And of a year; outside the plan nothing is computed from what is recorded."""
    if computed is not None:
        return computed
    return _NOT_COMPUTED if recorded is None else {**_NOT_COMPUTED, "actual": recorded.value}


_NOT_COMPUTED: dict[str, Any] = dict.fromkeys((*FIGURES, "met", "status", "letters"))


def said_of(one: PlanIndicator) -> tuple[Said, ...]:
    found = Statement.objects.filter(series=one.series).select_related("plan").order_by("year", "pk")
    return tuple(Said(place, row, _read_as(row)) for place, row in enumerate(found, start=1))


def _read_as(row: Statement) -> str:
    """The number in the passage's unit, where the passage itself does not print it."""
    text = "～".join(grouped(value) for value in (row.value, row.upper) if value is not None)
    is_printed = all(numbers.plain(value) in row.printed for value in (row.value, row.upper) if value is not None)
    return "" if is_printed else f"{text} {row.unit}"
