"""Figures of series over the years, whether a plan names them or they are only recorded: what charts and comparisons read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from indicators import frames, prepared
from indicators.calculation import assessment, wording
from indicators.calculation.vocabulary import Measure, Reason, Status
from indicators.frames import Scope
from indicators.reports.planned import Planned

_NO_PLAN = {"plan": None, "plan_title": None, "first_year": None, "last_year": None}


class Figure(NamedTuple):
    """What a year has: tracked value and requirement in the base unit, and completion; or why there is none."""

    value: Any = None
    completion: float | None = None
    required: float | None = None
    why: str = ""
    why_completion: str = ""
    word: str = ""  # of the status, where it says why there is no value
    is_baseline: bool = False  # the plan's baseline stands in, because nothing else is recorded
    is_condition: bool = False  # what is required is no number of the plan's own


@dataclass(frozen=True)
class Tracked:
    """A plan indicator over the years, or a series that no plan names (`plan_indicator` is None)."""

    series: int
    region: str
    region_name: str
    level: str
    indicator: str
    indicator_name: str
    base: str
    decimals: int
    measure: str
    plan_indicator: int | None
    plan: str | None
    plan_title: str | None
    first_year: int | None
    last_year: int | None
    baseline_year: int | None
    baseline_value: Any
    is_stale: bool
    figures: dict[int, Figure] = field(default_factory=dict, compare=False)

    def in_year(self, year: int) -> Figure:
        if year in self.figures:
            return self.figures[year]
        if self.plan_indicator is None:
            return Figure(why="没有公布的全年数", why_completion="没有规划列入这一项，没有目标可对照", word="无公布数")
        return Figure(why="规划期外，没有公布的全年数", why_completion="规划期外的年份不算完成进度", word="规划期外")

    @property
    def years(self) -> list[int]:
        """Years that have a value."""
        return sorted(year for year, figure in self.figures.items() if figure.value is not None)


def read(known: Planned, regions: Sequence[int], indicators: Sequence[int], *, limit: int = 1000) -> list[Tracked]:
    """The series of some regions and indicators, by their keys: a row per plan that names them. Without figures; one query."""
    if not (regions and indicators):
        return []
    of_regions, of_indicators = Scope.of(regions), Scope.of(indicators)
    sql = f"""
        SELECT s.id, s.region_id, s.indicator_id, p.id, p.plan_id, p.baseline_year, p.baseline_value, {stale("s.id")}
        FROM indicators_series s LEFT JOIN indicators_planindicator p ON p.series_id = s.id
        WHERE {of_indicators.on("s.indicator_id")} AND {of_regions.on("s.region_id")} LIMIT {int(limit)}
    """
    found = (tracked(known, *row) for row in prepared.rows(sql, [*of_indicators.params, *of_regions.params]))
    return [one for one in found if one]


def stale(series: str) -> str:
    """SQL: figures of the series rest on replaced inputs."""
    return f"EXISTS (SELECT 1 FROM indicators_stalemark m WHERE m.series_id = {series} AND m.cause IN ({frames.STALE_CAUSES}))"


def tracked(
    known: Planned,
    series: int,
    region: int,
    indicator: int,
    plan_indicator: int | None,
    plan: int | None,
    baseline_year: int | None,
    baseline_value: Any,
    is_stale: bool,
) -> Tracked | None:
    """A row from its keys; None where the region, the indicator or the plan came in since they were read."""
    about_plan = _NO_PLAN if plan is None else known.about_plans.get(plan)
    about_region, about_indicator = known.about_regions.get(region), known.about_indicators.get(indicator)
    if not (about_plan and about_region and about_indicator):
        return None
    return Tracked(
        series=series,
        plan_indicator=plan_indicator,
        baseline_year=baseline_year,
        baseline_value=baseline_value,
        is_stale=bool(is_stale),
        **about_region,
        **about_plan,
        **{name: about_indicator[name] for name in ("indicator", "indicator_name", "base", "decimals", "measure")},
    )


def add_figures(rows: Sequence[Tracked]) -> None:
    """The figures of all years. Two queries."""
    progress = _progress([row.plan_indicator for row in rows if row.plan_indicator])
    actuals = _actuals([row.series for row in rows])
    for row in rows:
        row.figures.update(_figures(row, progress.get(row.plan_indicator, {}), actuals.get(row.series, {})))


# Remembered, because a page has few different words of letters. Nobody changes what comes back.
@lru_cache(maxsize=2000)
def reasons(letters: str) -> Mapping[str, str]:
    return assessment.reasons(letters)


def _progress(ids: Sequence[int]) -> dict[int | None, dict[int, Figure]]:
    found: dict[int | None, dict[int, Figure]] = {}
    if not ids:
        return found
    scope = Scope.of(ids)
    sql = f"""
        SELECT plan_indicator_id, year, actual, completion, required, status, reason_letters
        FROM indicators_progress WHERE {scope.on("plan_indicator_id")}
    """
    for key, year, actual, completion, required, status, letters in prepared.rows(sql, scope.params):
        why, status = reasons(letters), Status(status)
        found.setdefault(key, {})[year] = Figure(
            actual,
            completion,
            required,
            _why(status, why.get("actual")),
            "" if completion is not None else _why(status, why.get("completion")),
            status.label if actual is None and status in WITHOUT_FIGURE else "",
            is_condition=why.get("expected") == Reason.CONDITION,
        )
    return found


WITHOUT_FIGURE = (Status.NO_DATA, Status.NOT_APPLICABLE, Status.NOT_DUE)


def _why(status: Status, code: str | None) -> str:
    if status is Status.NOT_DUE and code == Reason.NO_ACTUAL:
        return "这一年还没有结束"
    return wording.reason(code)


def _actuals(ids: Sequence[int]) -> dict[int, dict[int, Figure]]:
    found: dict[int, dict[int, Figure]] = {}
    if not ids:
        return found
    scope = Scope.of(ids)
    sql = f"SELECT series_id, year, value, not_applicable FROM indicators_actual WHERE {scope.on('series_id')}"
    for series, year, value, not_applicable in prepared.rows(sql, scope.params):
        figure = Figure(why="不适用", word=Status.NOT_APPLICABLE.label) if not_applicable else Figure(exact(value))
        found.setdefault(series, {})[year] = figure
    return found


def exact(value: Any) -> Decimal | None:
    """A stored number with the decimals it is stored with: SQLite hands out a float."""
    return value if value is None or isinstance(value, Decimal) else Decimal(str(value)).quantize(_STORED)


_STORED = Decimal("0.000001")


def _figures(row: Tracked, progress: dict[int, Figure], actuals: dict[int, Figure]) -> dict[int, Figure]:
    """The plan's years as they were computed; else what is recorded; else the baseline, marked as such."""
    outside = "规划期外的年份不算完成进度" if row.plan_indicator else "没有规划列入这一项，没有目标可对照"
    figures = {
        year: Figure(figure.value, None, None, figure.why, outside, figure.word)
        for year, figure in actuals.items()
        # What an increment adds in one year is not the sum that the plan's years show.
        if not (row.plan_indicator and row.measure == Measure.INCREMENT)
    }
    if row.baseline_year and row.measure != Measure.INCREMENT:
        recorded = figures.get(row.baseline_year, Figure()).value
        figures[row.baseline_year] = Figure(
            row.baseline_value if recorded is None else recorded,
            why_completion="基期，进度由此起算",
            is_baseline=recorded is None,
        )
    return figures | progress
