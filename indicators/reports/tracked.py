"""Figures of series over the years, whether a plan names them or they are only recorded: what charts and comparisons read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from indicators import frames
from indicators.calculation import assessment, wording
from indicators.calculation.vocabulary import Measure, Reason, Status
from indicators.models import Actual, Progress

_COLUMNS = {
    "series": "s.id",
    "region": "r.code",
    "region_name": "r.name",
    "level": "r.level",
    "indicator": "i.code",
    "indicator_name": "i.name",
    "base": "i.unit",
    "decimals": "i.decimals",
    "measure": "i.measure",
    "plan_indicator": "p.id",
    "plan": "q.slug",
    "plan_title": "q.title",
    "first_year": "q.first_year",
    "last_year": "q.last_year",
    "baseline_year": "p.baseline_year",
    "baseline_value": "p.baseline_value",
    "is_stale": f"""EXISTS (
        SELECT 1 FROM indicators_stalemark m WHERE m.series_id = s.id AND m.cause IN ({frames.STALE_CAUSES})
    )""",
}
_FROM = """
    indicators_series s
    JOIN regions_region r ON r.id = s.region_id
    JOIN indicators_indicator i ON i.id = s.indicator_id
    LEFT JOIN indicators_planindicator p ON p.series_id = s.id
    LEFT JOIN indicators_plan q ON q.id = p.plan_id
"""


@dataclass(frozen=True)
class Figure:
    """What a year has: tracked value and requirement in the base unit, and completion; or why there is none."""

    value: Any = None
    completion: float | None = None
    required: float | None = None
    why: str = ""
    why_completion: str = ""
    word: str = ""  # of the status, where it says why there is no value
    is_baseline: bool = False  # the plan's baseline stands in, because nothing else is recorded


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


def read(where: str, params: Sequence[Any], *, order: str = "i.id, r.code, q.slug, p.id", limit: int = 100) -> list[Tracked]:
    """The series that a condition names, a row per plan that names them, with their figures of all years. Three queries."""
    sql = f"SELECT {', '.join(_COLUMNS.values())} FROM {_FROM} WHERE {where} ORDER BY {order} LIMIT {int(limit)}"
    rows = [Tracked(*row) for row in frames.query(sql, params)]
    progress = _progress({row.plan_indicator for row in rows if row.plan_indicator})
    actuals = _actuals({row.series for row in rows})
    for row in rows:
        row.figures.update(_figures(row, progress.get(row.plan_indicator, {}), actuals.get(row.series, {})))
    return rows


def _progress(ids: Iterable[int]) -> dict[int | None, dict[int, Figure]]:
    found: dict[int | None, dict[int, Figure]] = {}
    columns = ("plan_indicator_id", "year", "actual", "completion", "required", "status", "reason_letters")
    for pk, year, actual, completion, required, status, letters in Progress.objects.filter(plan_indicator__in=ids).values_list(
        *columns
    ):
        reasons = assessment.reasons(letters)
        status = Status(status)
        found.setdefault(pk, {})[year] = Figure(
            actual,
            completion,
            required,
            _why(status, reasons.get("actual")),
            "" if completion is not None else _why(status, reasons.get("completion")),
            status.label if actual is None and status in WITHOUT_FIGURE else "",
        )
    return found


WITHOUT_FIGURE = (Status.NO_DATA, Status.NOT_APPLICABLE, Status.NOT_DUE)


def _why(status: Status, code: str | None) -> str:
    if status is Status.NOT_DUE and code == Reason.NO_ACTUAL:
        return "这一年还没有结束"
    return wording.reason(code)


def _actuals(ids: Iterable[int]) -> dict[int, dict[int, Figure]]:
    found: dict[int, dict[int, Figure]] = {}
    recorded = Actual.objects.filter(Q(series__in=ids)).values_list("series_id", "year", "value", "not_applicable")
    for series, year, value, not_applicable in recorded:
        figure = Figure(why="不适用", word=Status.NOT_APPLICABLE.label) if not_applicable else Figure(value)
        found.setdefault(series, {})[year] = figure
    return found


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
