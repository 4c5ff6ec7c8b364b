"""Rows of a list of plan indicators: where each stands, its final target and its years; the same rows as a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404

from indicators import prepared
from indicators.calculation import wording
from indicators.calculation.vocabulary import CONDITIONS, GROWTHS, Direction, Measure, Reason, TargetKind
from indicators.calculation.wording import Sign
from indicators.frames import Scope
from indicators.models import Plan
from indicators.reports.standing import Standing
from indicators.reports.stated import Asked, bound, distance, in_printed_unit, ruling, target_text, targets_of
from indicators.selection import Selection

# What a row of a list and of its file tells, beside what is known of plan, region and indicator.
TOLD = (
    "plan_indicator", "series", "name", "unit", "baseline_year", "baseline_value", "actual", "required", "gap", "gap_final",
    "attainment", "completion", "elapsed", "expected", "planned_growth", "planned_cagr", "r", "status", "letters",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """A way to filter, sort or turn the page: a link."""

    word: str
    address: str
    is_chosen: bool
    count: int | None = None
    sign: Sign | None = None


def choice(selection: Selection, path: str, word: str, **changes: Any) -> Choice:
    """The same view with something changed; chosen, if that is how it is."""
    is_chosen = all(getattr(selection, name) == value for name, value in changes.items())
    return Choice(word, selection.address(path, **changes), is_chosen)


@dataclass(frozen=True)
class Pages:
    """Which page of how many."""

    number: int
    count: int

    @property
    def has_other_pages(self) -> bool:
        return self.count > 1


def pages_of(selection: Selection, count: int) -> Pages:
    """The pages of a list; 404 for one that is not there."""
    if selection.page > count:
        raise Http404(f"共 {count} 页，没有第 {selection.page} 页")
    return Pages(selection.page, count)


@dataclass(frozen=True)
class Row:
    """A standing, its final target (None where the plan has none), what rules the year, and its actuals by year."""

    standing: Standing
    final: float | None
    last: Asked | None  # what the plan asks for in its last year, be it final or not
    ruling: Asked | None
    points: tuple[tuple[int, float | None], ...]

    @property
    def has_points(self) -> bool:
        """At least two years to draw a line through."""
        return sum(value is not None for _, value in self.points) > 1

    def has(self, column: str) -> bool:
        """Whether it has something to say in a column of COLUMNS_OF_LISTS."""
        one = self.standing
        if column == "actual":
            return one.actual is not None or self.has_points
        if one.condition and column in ("gap", "attainment"):
            return column == "gap" and bool(one.condition.verdict)
        beside = {"required": self.ruling or one.expected, "gap": one.gap_final}.get(column)
        return getattr(one, column) is not None or beside is not None

    @property
    def asked_text(self) -> str:
        """What the year is ruled by, as plans write it; blank where nothing rules it."""
        return target_text(self.ruling, self.standing) if self.ruling else ""

    @property
    def is_computed(self) -> bool:
        """Whether the words need the number that follows from them."""
        return self.ruling is not None and self.ruling.kind in GROWTHS and self.standing.required is not None

    @property
    def far(self) -> float | None:
        """The far end of the range that the bar is drawn to: of the final target, else of the year's own."""
        target = self.last if self.final is not None else self.ruling
        if target is None or target.kind != TargetKind.RANGE:
            return None
        return float(target.upper if self.standing.direction == Direction.INCREASE else target.lower)

    @property
    def end_text(self) -> str:
        """The target that the bar is drawn to, with its year; blank where there is none."""
        one = self.standing
        if self.final is None and self.ruling is not None and one.required is not None:
            return self.asked_text if one.condition else f"{one.year}：{self.asked_text}"
        return f"{one.last_year}：{target_text(self.last, one)}" if self.last else ""

    @property
    def planned_growth_text(self) -> str:
        """What the plan sets out to add to the baseline, in words; blank where that cannot be told."""
        one = self.standing
        if one.planned_growth is None:
            return ""
        if one.is_ratio_in_percent and self.final is not None:
            return wording.change_of_rate(self.final - float(one.baseline_value), one.decimals)
        return wording.change(one.planned_growth)

    @property
    def gap_text(self) -> str:
        """The gap to the year's target in words, in the printed unit; blank where there is none."""
        return self._told(self.standing.gap, self.ruling)

    @property
    def gap_final_text(self) -> str:
        """The gap to the final target in words, where the year has no target of its own and the last one has."""
        told = self._told(self.standing.gap_final, self.last) if self.standing.gap is None else ""
        return f"终期{told}" if told else ""

    def _told(self, gap: float | None, target: Asked | None) -> str:
        one = self.standing
        size = "" if gap is None else one.derived(abs(gap))
        return distance(gap, size, direction=one.direction, target=target, actual=one.actual)


# Heading of each column of figures in a list; {year} is the year shown.
COLUMNS_OF_LISTS = {
    "actual": "{year} 年实际",
    "required": "{year} 年目标",
    "gap": "差距",
    "attainment": "达成率",
    "completion": "完成进度",
    "planned_growth": "规划增幅",
    "planned_cagr": "规划年均增长",
}
_PLANNED = ("planned_growth", "planned_cagr")


def columns_of(groups: Iterable[tuple[str, Sequence[Row]]]) -> tuple[str, ...]:
    """The columns in which any row has something: one of dashes alone would tell nothing.

    What plans set out to add is told where nothing is reported yet; later what was reached tells more.
    """
    rows = [row for _, group in groups for row in group]
    is_reported = any(row.standing.actual is not None for row in rows)
    names = (name for name in COLUMNS_OF_LISTS if not (is_reported and name in _PLANNED))
    return tuple(name for name in names if any(row.has(name) for row in rows))


def rows_of(standings: Sequence[Standing]) -> list[Row]:
    """The rows with what their bars and lines need, in two more queries."""
    targets, years = targets_of(standings, {year for one in standings for year in (one.year, one.last_year)}), _years(standings)
    return [_row(one, targets.get(one.plan_indicator, {}), years.get(one.plan_indicator, {})) for one in standings]


def _years(standings: Sequence[Standing]) -> dict[int, dict[int, tuple[float | None, float | None]]]:
    """{plan indicator: {year: (actual, required)}} in the order of the years."""
    found: dict[int, dict[int, tuple[float | None, float | None]]] = {}
    scope = Scope.of([one.plan_indicator for one in standings])
    columns = "plan_indicator_id, year, actual, required"
    for key, year, actual, required in prepared.rows(
        f"SELECT {columns} FROM indicators_progress WHERE {scope.on('plan_indicator_id')} ORDER BY year", scope.params
    ):
        found.setdefault(key, {})[year] = actual, required
    return found


def _row(one: Standing, targets: dict[int, Asked], known: dict[int, tuple[float | None, float | None]]) -> Row:
    last, final = targets.get(one.last_year), None
    if last and _sets_a_final(last, one):
        final = known.get(one.last_year, (None, None))[1]
    rules = one.status is not None and one.reasons.get("required") != Reason.NO_TARGET
    # From the first year with a value on: the years before it are no gap.
    years = {year: actual for year, (actual, _) in known.items() if year <= one.year}
    if one.actual is not None:
        years[one.year] = one.actual
    if one.baseline_value is not None:
        years = {one.baseline_year: float(one.baseline_value)} | years
    return Row(one, final, last, ruling(targets, one.year) if rules else None, tuple(sorted(years.items())))


def _sets_a_final(target: Asked, one: Standing) -> bool:
    """Whether the target of a plan's last year is one to reach by then; conditions and annual bars are met each year anew."""
    return target.kind not in CONDITIONS and one.measure != Measure.ANNUAL


COLUMNS = [
    "region", "region_name", "plan", "dimension", "indicator", "name", "unit", "year", "baseline_year", "baseline_value",
    "actual", "actual_reason", "required", "required_reason", "gap", "attainment", "completion", "completion_reason", "elapsed",
    "status", "status_label", "is_stale", "expected", "gap_final", "target_kind", "target_lower", "target_upper", "target",
    "final_year", "final_required", "final_target", "plan_title", "document_number", "source", "source_url",
]  # fmt: skip


def file_rows(standings: Sequence[Standing], plans: Mapping[str, Plan]) -> Iterable[tuple[Any, ...]]:
    """The standings as rows of a file: figures as numbers in the printed unit, shares as fractions, None with its reason;
    targets in the plan's words too, with the plan (of these by slug) and the source of the actual. Three queries."""
    targets, finals, sources = targets_of(standings), _finals(standings), _sources(standings)
    for one in standings:
        asked = targets[one.plan_indicator]
        target, final = ruling(asked, one.year), asked.get(one.last_year)
        required = finals.get((one.plan_indicator, one.last_year)) if final and _sets_a_final(final, one) else None
        yield (
            one.region, one.region_name, one.plan, one.dimension, one.indicator, one.name, one.unit, one.year,
            one.baseline_year, in_printed_unit(one.baseline_value, one),
            in_printed_unit(one.actual, one), one.why_empty("actual"),
            in_printed_unit(one.required, one), one.why_empty("required"),
            in_printed_unit(one.gap, one), one.attainment, one.completion, one.why_empty("completion"), one.elapsed,
            one.status or "", one.sign.word, one.is_stale,
            in_printed_unit(one.expected, one), in_printed_unit(one.gap_final, one),
            target.kind if target else "", bound(target, "lower", one), bound(target, "upper", one), _words(target, one),
            one.last_year, in_printed_unit(required, one), _words(final, one),
            one.plan_title, plans[one.plan].document_number, *sources.get(one.series, ("", "")),
        )  # fmt: skip


def _words(target: Asked | None, one: Standing) -> str:
    return target_text(target, one) if target else ""


def _finals(standings: Sequence[Standing]) -> dict[tuple[int, int], float | None]:
    """{(plan indicator, year): what is required}, among these the last year of each one's plan."""
    scope, years = Scope.of([one.plan_indicator for one in standings]), Scope.of([*{one.last_year for one in standings}])
    rows = prepared.rows(
        "SELECT plan_indicator_id, year, required FROM indicators_progress"
        f" WHERE {scope.on('plan_indicator_id')} AND {years.on('year')}",
        [*scope.params, *years.params],
    )
    return {(key, year): required for key, year, required in rows}


def _sources(standings: Sequence[Standing]) -> dict[int, tuple[str, str]]:
    """{series: the source of its actual of the year and the source's address}"""
    scope, years = Scope.of([one.series for one in standings]), Scope.of([*{one.year for one in standings}])
    rows = prepared.rows(
        f"SELECT series_id, source, source_url FROM indicators_actual WHERE {scope.on('series_id')} AND {years.on('year')}",
        [*scope.params, *years.params],
    )
    return {series: (source, address) for series, source, address in rows}
