"""Gaps, shares of the way, growth rates and projections. Each rule in words, then the rule, then when there is none."""

from dataclasses import dataclass

import numpy as np

from indicators.calculation.figures import Figure, Mask, Values, figure, snapped
from indicators.calculation.grid import Grid
from indicators.calculation.series import Reading
from indicators.calculation.targets import Requirement, meets
from indicators.calculation.vocabulary import Reason


@dataclass(frozen=True)
class Facts:
    """What the formulas read: what is recorded, what is asked, and the conditions under which a formula has no sense."""

    grid: Grid
    reading: Reading
    asked: Requirement

    @property
    def a(self) -> Values:
        return self.reading.actual.values

    @property
    def b(self) -> Values:
        return self.grid.baseline

    @property
    def actual(self) -> Figure:
        return self.reading.actual

    @property
    def no_path(self) -> list[tuple[Reason, Mask]]:
        return [(Reason.CONDITION, self.grid.is_condition), (Reason.ANNUAL, self.grid.is_annual)]

    @property
    def no_baseline(self) -> tuple[Reason, Mask]:
        return Reason.NO_BASELINE, np.isnan(self.grid.baseline)

    @property
    def base_not_positive(self) -> tuple[Reason, Mask]:
        return Reason.NON_POSITIVE_BASE, self.grid.baseline <= 0


def gap(f: Facts) -> Figure:
    """What is still to go to the year's requirement, in the indicator's direction; negative means beyond it."""
    required = f.asked.required
    difference = snapped(f.grid.sign * (required.values - f.reading.compared), required.values, f.asked.is_computed)
    return figure(difference, [required, f.actual])


def gap_final(f: Facts) -> Figure:
    """The same to the requirement of the plan's last year."""
    final = f.asked.final
    difference = snapped(f.grid.sign * (final.values - f.a), final.values, f.asked.final_by_growth)
    return figure(difference, [final, f.actual])


def attainment(f: Facts) -> Figure:
    """Actual over requirement; where less is better, requirement over actual."""
    return _attained(f, f.reading.compared, f.asked.required)


def attainment_final(f: Facts) -> Figure:
    """The same against the requirement of the last year."""
    return _attained(f, f.a, f.asked.final)


def _attained(f: Facts, actual: Values, asked: Figure) -> Figure:
    falls = f.grid.sign < 0
    numerator, denominator = np.where(falls, asked.values, actual), np.where(falls, actual, asked.values)
    return figure(
        numerator / denominator,
        [
            asked,
            f.actual,
            (Reason.NEGATIVE_VALUE, (numerator < 0) | (denominator < 0)),
            (Reason.NON_POSITIVE_BASE, (denominator == 0) & falls),
            (Reason.ZERO_TARGET, denominator == 0),
        ],
    )


def completion(f: Facts) -> Figure:
    """Share of the way from the baseline to the final requirement; not clamped, 1 means there."""
    final = f.asked.final
    way = snapped(final.values - f.b, final.values, f.asked.final_by_growth)
    return figure(
        (f.a - f.b) / way,
        [
            *f.no_path,
            f.no_baseline,
            final,
            f.actual,
            (Reason.MAINTENANCE, way == 0),
            (Reason.TARGET_BEHIND_BASELINE, f.grid.sign * way < 0),
        ],
    )


def elapsed(f: Facts) -> Figure:
    """序时进度: share of the time from the baseline's year to the plan's last that has passed at the end of the year."""
    start = f.grid.baseline_year
    return figure((f.grid.year - start) / (f.grid.last - start), [(Reason.NO_BASELINE, np.isnan(start))])


def yoy(f: Facts) -> Figure:
    """Growth over the year before, of the years' own figures; the baseline stands for its year when nothing is recorded."""
    grid = f.grid
    stands = np.isnan(grid.previous) & ~grid.is_increment & (grid.baseline_year == grid.year - 1)
    before = np.where(stands, grid.baseline, grid.previous)
    return figure(
        grid.own / before - 1,
        [f.actual, (Reason.NO_PREVIOUS_YEAR, np.isnan(before)), (Reason.NON_POSITIVE_BASE, before <= 0)],
    )


def growth_since_baseline(f: Facts) -> Figure:
    """Growth over the baseline, all years together."""
    return figure(f.a / f.b - 1, [f.no_baseline, f.actual, f.base_not_positive])


def cagr(f: Facts) -> Figure:
    """Average growth a year since the baseline's year."""
    years = f.grid.year - f.grid.baseline_year
    return figure(
        (f.a / f.b) ** (1 / years) - 1,
        [f.no_baseline, f.actual, f.base_not_positive, (Reason.NEGATIVE_VALUE, f.a < 0)],
    )


def planned_growth(f: Facts) -> Figure:
    """增幅: growth from the baseline to the final requirement, as plans print it."""
    return figure(f.asked.final.values / f.b - 1, [*f.no_path, f.no_baseline, f.asked.final, f.base_not_positive])


def planned_cagr(f: Facts) -> Figure:
    """Average growth a year from the baseline to the final requirement."""
    final = f.asked.final
    years = f.grid.last - f.grid.baseline_year
    return figure(
        (final.values / f.b) ** (1 / years) - 1,
        [*f.no_path, f.no_baseline, final, f.base_not_positive, (Reason.ZERO_TARGET, final.values <= 0)],
    )


def required_cagr(f: Facts) -> Figure:
    """Average growth a year that it takes from here to the final requirement."""
    grid, final = f.grid, f.asked.final
    return figure(
        (final.values / f.a) ** (1 / (grid.last - grid.year)) - 1,
        [
            final,
            (Reason.PAST_FINAL_YEAR, grid.year >= grid.last),
            f.actual,
            (Reason.ALREADY_MET, meets(grid, f.a, final.values, f.asked.final_by_growth)),
            (Reason.NON_POSITIVE_BASE, f.a <= 0),
            (Reason.ZERO_TARGET, final.values <= 0),
        ],
    )


def trend_ratio(f: Facts, since: Figure, planned: Figure) -> Figure:
    """Average growth so far over the planned one, in the indicator's direction; 1 is the planned pace."""
    pace = snapped(planned.values, np.ones(1), f.asked.final_by_growth)
    return figure(f.grid.sign * since.values / np.abs(pace), [planned, since, (Reason.MAINTENANCE, pace == 0)])


def projection_cagr(f: Facts, since: Figure) -> Figure:
    """The value in the last year if the average growth since the baseline goes on."""
    return figure(f.a * (1 + since.values) ** (f.grid.last - f.grid.year), [*f.no_path, since])


def projection_linear(f: Facts) -> Figure:
    """The value in the last year if the average yearly step since the baseline goes on."""
    start = f.grid.baseline_year
    # From the actual on, not from the baseline: the same line, and exact in the last year.
    ahead = (f.grid.last - f.grid.year) / (f.grid.year - start)
    return figure(f.a + (f.a - f.b) * ahead, [*f.no_path, f.no_baseline, f.actual])


def pace(f: Facts, attained: Figure) -> Figure:
    """r: share of the expected way that is done; a yearly bar, or a row without baseline, by its attainment."""
    expected = f.asked.expected
    way = snapped(expected.values - f.b, expected.values, f.asked.expected_is_computed)
    no_baseline = np.isnan(f.b)
    along = figure(
        (f.a - f.b) / way,
        [
            (Reason.NO_BASELINE, no_baseline),
            expected,
            f.actual,
            (Reason.MAINTENANCE, way == 0),
            (Reason.TARGET_BEHIND_BASELINE, f.grid.sign * way < 0),
        ],
    )
    by_attainment = f.grid.is_annual | (no_baseline & f.asked.rules)
    if not by_attainment.any():
        return along
    values = np.where(by_attainment, attained.values, along.values)
    return Figure(values, np.where(by_attainment, attained.why, along.why).astype(np.int8))
