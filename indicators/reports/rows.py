"""Rows of a list of plan indicators: where each stands, its final target and its years; the same rows as a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404

from indicators.calculation.vocabulary import Direction, Measure, TargetKind
from indicators.calculation.wording import Sign
from indicators.reports.standing import Standing
from indicators.reports.stated import in_printed_unit, points_of, target_text, targets_of
from indicators.selection import Selection


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
    """Which page of how many, and the addresses of those beside it."""

    number: int
    count: int
    previous: str
    next: str


def pages_of(selection: Selection, path: str, count: int) -> Pages:
    """The pages of a list; 404 for one that is not there."""
    number = selection.page
    if number > count:
        raise Http404(f"共 {count} 页，没有第 {number} 页")
    return Pages(
        number,
        count,
        selection.address(path, page=number - 1) if number > 1 else "",
        selection.address(path, page=number + 1) if number < count else "",
    )


@dataclass(frozen=True)
class Row:
    """A standing, its final target (None where the plan has none) with the far end of a range, and its actuals by year."""

    standing: Standing
    final: float | None
    far: float | None
    final_text: str
    points: tuple[tuple[int, float | None], ...]

    @property
    def has_points(self) -> bool:
        """At least two years to draw a line through."""
        return sum(value is not None for _, value in self.points) > 1

    @property
    def gap_text(self) -> str:
        """The gap to the year's target in words, in the printed unit; blank where there is none."""
        return self._told(self.standing.gap)

    @property
    def gap_final_text(self) -> str:
        """The gap to the final target in words, where the year has no target of its own and the last one has."""
        told = self._told(self.standing.gap_final) if self.standing.gap is None else ""
        return f"终期{told}" if told else ""

    def _told(self, gap: float | None) -> str:
        if gap is None:
            return ""
        if gap == 0:
            return "正好达到"
        return f"还差 {self.standing.in_unit(gap)}" if gap > 0 else f"超出 {self.standing.in_unit(-gap)}"


def rows_of(standings: Sequence[Standing]) -> list[Row]:
    """The rows with what their bars and lines need, in two more queries."""
    targets, points = targets_of(standings), points_of(standings)
    return [_row(one, targets.get(one.plan_indicator, {}), points.get(one.plan_indicator, {})) for one in standings]


def _row(one: Standing, targets: dict, points: dict) -> Row:
    target = targets.get(one.last_year)
    final = far = None
    is_final = target and not TargetKind(target.kind).is_condition and one.measure != Measure.ANNUAL
    if is_final and one.last_year in points:
        final = points[one.last_year].required
    if is_final and target.kind == TargetKind.RANGE:
        far = float(target.upper if one.direction == Direction.INCREASE else target.lower)
    # From the first year with a value on: the years before it are no gap.
    years = {year: point.actual for year, point in points.items() if year <= one.year}
    if one.baseline_value is not None:
        years = {one.baseline_year: float(one.baseline_value)} | years
    return Row(one, final, far, target_text(target, one) if target else "", tuple(sorted(years.items())))


COLUMNS = [
    "region", "region_name", "plan", "dimension", "indicator", "name", "unit", "year", "baseline_year", "baseline_value",
    "actual", "actual_reason", "required", "required_reason", "gap", "attainment", "completion", "completion_reason", "elapsed",
    "status", "status_label", "is_stale",
]  # fmt: skip


def file_rows(standings: Iterable[Standing]) -> Iterable[tuple[Any, ...]]:
    """The standings as rows of a file: figures as numbers in the printed unit, shares as fractions, None with its reason."""
    for one in standings:
        yield (
            one.region, one.region_name, one.plan, one.dimension, one.indicator, one.name, one.unit, one.year,
            one.baseline_year, in_printed_unit(one.baseline_value, one),
            in_printed_unit(one.actual, one), one.why("actual"), in_printed_unit(one.required, one), one.why("required"),
            in_printed_unit(one.gap, one), one.attainment, one.completion, one.why("completion"), one.elapsed,
            one.status or "", one.sign.word, one.is_stale,
        )  # fmt: skip
