"""The value required in a year, what is expected between targets, and whether it is met, per target kind."""

from dataclasses import dataclass

import numpy as np

from indicators.calculation.figures import Codes, Figure, Mask, Values, code, figure, snapped
from indicators.calculation.grid import KIND, Grid
from indicators.calculation.vocabulary import Reason, TargetKind


@dataclass(frozen=True)
class Requirement:
    """What is asked of each year and of the last one. `is_computed`: by a growth rate, so equal only up to rounding."""

    required: Figure
    final: Figure  # [plan indicators, 1]
    expected: Figure
    rules: Mask  # a row rules the year
    rules_by_growth: Mask
    final_by_growth: Mask
    has_targets: Mask
    is_computed: Mask
    expected_is_computed: Mask


def require(grid: Grid) -> Requirement:
    """Read the rows of the grid, from the last year back, so that an average growth rules the years before its own."""
    is_growth_per_year = grid.kind == KIND[TargetKind.GROWTH_PER_YEAR]
    is_growth_over = grid.kind == KIND[TargetKind.GROWTH_OVER_BASELINE]
    has_row = grid.kind != 0
    value = _row_values(grid, is_growth_over)
    rate = np.where(is_growth_per_year, grid.lower, np.nan)
    grows = is_growth_per_year
    if is_growth_per_year.any():
        rate, grows = _growth_of_earlier_years(rate, is_growth_per_year, has_row)
        value = np.where(grows, grid.baseline * (1 + rate) ** (grid.year - grid.baseline_year), value)
    by_growth = grows | is_growth_over
    rules = has_row | grows
    no_base = np.isnan(grid.baseline)
    bad_base = ~no_base & (grid.baseline <= 0)
    growth_obstacles = [(Reason.NO_BASELINE, by_growth & no_base), (Reason.NON_POSITIVE_BASE, by_growth & bad_base)]
    by_row = figure(value, [(Reason.NO_TARGET, ~rules), *growth_obstacles])

    final = _final(grid, by_row, has_row)
    final_by_growth = np.take_along_axis(by_growth & has_row, grid.final_column.reshape(-1, 1), axis=1)
    required = by_row
    if grid.is_condition.any():
        compared_with = np.where(grid.is_above_region, grid.reference, _last_before(grid))
        asked = np.where(grid.is_condition, compared_with, by_row.values)
        condition = grid.is_condition & np.isnan(compared_with)
        required = figure(
            asked,
            [(Reason.NO_REFERENCE, condition), Figure(by_row.values, np.where(grid.is_condition, np.int8(0), by_row.why))],
        )
        rules = rules | grid.is_condition
    expected, interpolated = _expected(grid, required, has_row, rules)
    return Requirement(
        required=required,
        final=final,
        expected=expected,
        rules=rules,
        rules_by_growth=by_growth & ~grid.is_condition,
        final_by_growth=final_by_growth & ~grid.is_condition,
        has_targets=(has_row & (grid.year <= grid.last)).any(axis=1, keepdims=True),
        is_computed=by_growth,
        expected_is_computed=by_growth | interpolated,
    )


def _row_values(grid: Grid, is_growth_over: Mask) -> Values:
    """The number that a row itself asks for; NaN where it has none of its own."""
    far_end = (grid.kind == KIND[TargetKind.AT_MOST]) | ((grid.kind == KIND[TargetKind.RANGE]) & (grid.sign < 0))
    value = np.where(far_end, grid.upper, grid.lower)
    value = np.where(grid.kind == KIND[TargetKind.MILESTONE], 1.0, value)
    if is_growth_over.any():
        value = np.where(is_growth_over, grid.baseline * (1 + grid.lower), value)
    return value


def _growth_of_earlier_years(rate: Values, is_growth: Mask, has_row: Mask) -> tuple[Values, Mask]:
    """An average growth rules its own year and those before it, back to a row of another kind."""
    rate, grows = rate.copy(), is_growth.copy()
    for column in range(rate.shape[1] - 2, -1, -1):
        ruled = ~has_row[:, column] & grows[:, column + 1]
        rate[ruled, column] = rate[ruled, column + 1]
        grows[:, column] |= ruled
    return rate, grows


def _final(grid: Grid, by_row: Figure, has_row: Mask) -> Figure:
    """The value asked for by the row of the plan's last year."""
    column = grid.final_column.reshape(-1, 1)
    value = np.take_along_axis(by_row.values, column, axis=1)
    why = np.take_along_axis(by_row.why, column, axis=1)
    stated = np.take_along_axis(has_row, column, axis=1)
    return figure(
        value,
        [
            (Reason.CONDITION, grid.is_condition),
            (Reason.ANNUAL, grid.is_annual),
            (Reason.NO_FINAL_TARGET, ~stated),
            Figure(value, why),
        ],
    )


def _last_before(grid: Grid) -> Values:
    """The last number recorded before each year; the baseline stands for its year when nothing is recorded there."""
    has_baseline = ~np.isnan(grid.baseline) & ~grid.is_increment
    first_year = int(grid.year[0, 0])
    # Before the grid: whichever of the last earlier number and the baseline is later; a recorded number wins a tie.
    before_grid = has_baseline & (grid.baseline_year < first_year - 1) & ~(grid.earlier_year >= grid.baseline_year)
    last = np.where(before_grid, grid.baseline, grid.earlier)[:, 0]
    result = np.full(grid.own.shape, np.nan)
    for column, year in enumerate(grid.year[0]):
        previous = grid.previous[:, column]
        stands = has_baseline[:, 0] & (grid.baseline_year[:, 0] == year - 1) & np.isnan(previous)
        previous = np.where(stands, grid.baseline[:, 0], previous)
        last = np.where(np.isnan(previous), last, previous)
        result[:, column] = last
    return result


def _expected(grid: Grid, required: Figure, has_row: Mask, rules: Mask) -> tuple[Figure, Mask]:
    """What stands on the path in a year: the requirement, or the line between the nearest points on both sides."""
    between = ~rules & grid.is_due & ~grid.is_annual
    value, why = required.values, required.why
    if between.any():
        value, why = value.copy(), why.copy()
        # What the plan lacks comes first: a point before, a point after; then why a point has no value.
        lefts = _points_before(grid, required, has_row)
        years = np.full(value.shape[0], np.nan)
        right, right_why = years.copy(), np.zeros(value.shape[0], dtype=np.int8)
        for column in range(value.shape[1] - 1, -1, -1):
            year = grid.year[0, column]
            left_year, left, left_why = (part[:, column] for part in lefts)
            line = left + (right - left) * (year - left_year) / (years - left_year)
            reason = np.where(left_why != 0, left_why, right_why)
            reason = np.where(np.isnan(years), np.int8(code(Reason.NO_FINAL_TARGET)), reason)
            reason = np.where(np.isnan(left_year), np.int8(code(Reason.NO_BASELINE)), reason)
            places = between[:, column]
            value[:, column] = np.where(places, line, value[:, column])
            why[:, column] = np.where(places, reason, why[:, column])
            here = has_row[:, column] & (year <= grid.last[:, 0])
            years = np.where(here, year, years)
            right = np.where(here, required.values[:, column], right)
            right_why = np.where(here, required.why[:, column], right_why)
    obstacles: list[tuple[Reason, Mask] | Figure] = [
        (Reason.CONDITION, grid.is_condition),
        (Reason.ANNUAL, grid.is_annual),
        Figure(value, why),
    ]
    return figure(value, obstacles), between


def _points_before(grid: Grid, required: Figure, has_row: Mask) -> tuple[Values, Values, Codes]:
    """For each year the last point before it, a row or else the baseline: its year, its value, why it has none."""
    left_year = np.where(np.isnan(grid.baseline), np.nan, grid.baseline_year)[:, 0]
    left, left_why = grid.baseline[:, 0], np.zeros(left_year.size, dtype=np.int8)
    lefts = np.empty(has_row.shape), np.empty(has_row.shape), np.empty(has_row.shape, dtype=np.int8)
    for column, year in enumerate(grid.year[0]):
        lefts[0][:, column], lefts[1][:, column], lefts[2][:, column] = left_year, left, left_why
        here = has_row[:, column]
        left_year = np.where(here, year, left_year)
        left = np.where(here, required.values[:, column], left)
        left_why = np.where(here, required.why[:, column], left_why)
    return lefts


def meets(grid: Grid, compared: Values, asked: Values, is_computed: Mask) -> Mask:
    """Whether a value reaches what is asked, in the indicator's direction; False where either is missing."""
    return snapped(grid.sign * (asked - compared), asked, is_computed) <= 0


def is_better_each_year(grid: Grid) -> Mask:
    """Of `increasing`: each recorded number of the plan's years up to a year beats the last one before it."""
    previous = _last_before(grid)
    in_plan = (grid.year >= grid.first) & (grid.year <= grid.last)
    fails = in_plan & ~np.isnan(grid.own) & ~np.isnan(previous) & ~(grid.sign * (grid.own - previous) > 0)
    return np.cumsum(fails, axis=1) == 0
