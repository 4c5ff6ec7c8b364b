"""The inputs laid out as arrays: a row per plan indicator, a column per year, so that each rule is one expression."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.calculation.figures import Mask, Values
from indicators.calculation.vocabulary import Measure, TargetKind

KINDS = list(TargetKind)
KIND = {kind: code for code, kind in enumerate(KINDS, start=1)}


@dataclass(frozen=True)
class Grid:
    """What a plan asks and what was recorded. Arrays are [plan indicators, years] or [plan indicators, 1]."""

    plan_indicator: NDArray[np.int64]
    year: NDArray[np.int64]  # [1, years]
    is_due: Mask  # the years that progress is computed for: of the plan, after the baseline
    sign: Values  # +1 where more is better, -1 where less is
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    baseline_year: Values  # NaN where the plan has no baseline
    baseline: Values
    is_increment: Mask
    is_annual: Mask
    kind: NDArray[np.int8]  # 0 where the plan sets nothing
    lower: Values
    upper: Values
    own: Values  # what is recorded for each year; NaN where nothing is, or 不适用
    is_not_applicable: Mask
    previous: Values  # the same, a year earlier
    earlier: Values  # the last number recorded before the years of the grid, and its year
    earlier_year: Values
    is_above_region: Mask
    is_increasing: Mask
    reference: Values  # the other region's figures, for `above_region`

    @property
    def is_condition(self) -> Mask:
        return self.is_above_region | self.is_increasing

    @property
    def final_column(self) -> NDArray[np.int64]:
        return (self.last - self.year[0, 0])[:, 0]


def _column(values: object, dtype: type) -> NDArray:
    return np.asarray(values, dtype=dtype).reshape(-1, 1)


def build(plan_indicators: pd.DataFrame, targets: pd.DataFrame, actuals: pd.DataFrame) -> Grid:
    """The grid over all years of all plans; the frames' columns are those that `assessment.assess` names."""
    plans = plan_indicators.sort_values("plan_indicator", kind="stable")
    first, last = _column(plans["first_year"], np.int64), _column(plans["last_year"], np.int64)
    start = int(first.min())
    years = np.arange(start, int(last.max()) + 1, dtype=np.int64).reshape(1, -1)
    is_increment = _column(plans["measure"] == Measure.INCREMENT.value, np.bool_)
    # What was added since a plan began starts from 0, in the year before its first.
    baseline_year = np.where(is_increment, first - 1, _column(plans["baseline_year"], np.float64))
    baseline = np.where(is_increment, 0.0, _column(plans["baseline_value"], np.float64))
    after_baseline = np.isnan(baseline_year) | (years > baseline_year)

    identity = plans["plan_indicator"].to_numpy(np.int64)
    kind, lower, upper, reference_series, is_above_region, is_increasing = _targets(targets, identity, start, years.size)
    kind = np.where(after_baseline, kind, np.int8(0))

    own, is_not_applicable, earlier, earlier_year, places = _recorded(
        actuals, plans["series"], reference_series, start, years.size
    )
    mine = places(plans["series"].to_numpy(np.int64))
    reference = np.full((len(plans), years.size), np.nan)
    if is_above_region.any():
        found = places(reference_series)
        reference = np.where((found >= 0).reshape(-1, 1), own[found, 1:], np.nan)
    recorded = own[mine]
    return Grid(
        plan_indicator=identity,
        year=years,
        is_due=(years >= first) & (years <= last) & after_baseline,
        sign=_column(np.where(plans["direction"] == "decrease", -1.0, 1.0), np.float64),
        first=first,
        last=last,
        baseline_year=baseline_year,
        baseline=baseline,
        is_increment=is_increment,
        is_annual=_column(plans["measure"] == Measure.ANNUAL.value, np.bool_),
        kind=kind,
        lower=lower,
        upper=upper,
        own=recorded[:, 1:],
        is_not_applicable=is_not_applicable[mine][:, 1:],
        previous=recorded[:, :-1],
        earlier=earlier[mine].reshape(-1, 1),
        earlier_year=earlier_year[mine].reshape(-1, 1),
        is_above_region=is_above_region.reshape(-1, 1),
        is_increasing=is_increasing.reshape(-1, 1),
        reference=reference,
    )


def _targets(targets, identity, start, width):
    """Target rows laid on the grid, and which plan indicators a condition turns into conditions altogether."""
    size = identity.size
    kind = np.zeros((size, width), dtype=np.int8)
    lower, upper = np.full((size, width), np.nan), np.full((size, width), np.nan)
    is_above, is_increasing = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    reference = np.full(size, -1, dtype=np.int64)
    row = np.searchsorted(identity, targets["plan_indicator"].to_numpy(np.int64))
    column = targets["year"].to_numpy(np.int64) - start
    here = (column >= 0) & (column < width) & (row < size)
    row, column, targets = row[here], column[here], targets[here] if not here.all() else targets
    codes = targets["kind"].map({word.value: code for word, code in KIND.items()}).to_numpy(np.int8)
    kind[row, column] = codes
    lower[row, column] = targets["lower"].to_numpy(np.float64)
    upper[row, column] = targets["upper"].to_numpy(np.float64)
    is_above[row[codes == KIND[TargetKind.ABOVE_REGION]]] = True
    is_increasing[row[codes == KIND[TargetKind.INCREASING]]] = True
    conditions = codes == KIND[TargetKind.ABOVE_REGION]
    if conditions.any():
        reference[row[conditions]] = targets.loc[conditions, "reference_series"].fillna(-1).to_numpy(np.int64)
    return kind, lower, upper, reference, is_above, is_increasing


def _recorded(actuals, series, reference_series, start, width):
    """The recorded numbers of all series that matter, from the year before the grid on; and the last one before that."""
    keys = np.unique(np.concatenate([series.to_numpy(np.int64), reference_series]))
    keys = keys[keys >= 0]

    def places(wanted):
        found = np.searchsorted(keys, wanted)
        found = np.minimum(found, max(keys.size - 1, 0))
        return np.where(keys[found] == wanted, found, -1)

    row = places(actuals["series"].to_numpy(np.int64)) if len(actuals) else np.empty(0, dtype=np.int64)
    column = actuals["year"].to_numpy(np.int64) - (start - 1)
    value = actuals["value"].to_numpy(np.float64)
    flag = actuals["not_applicable"].to_numpy(np.bool_)
    # One row more than there are series, always empty: where a reference series has none, index -1 leads there.
    own = np.full((keys.size + 1, width + 1), np.nan)
    is_not_applicable = np.zeros((keys.size + 1, width + 1), dtype=np.bool_)
    here = (row >= 0) & (column >= 0) & (column <= width)
    own[row[here], column[here]] = value[here]
    is_not_applicable[row[here], column[here]] = flag[here]
    earlier, earlier_year = np.full(keys.size + 1, np.nan), np.full(keys.size + 1, np.nan)
    before = np.flatnonzero((row >= 0) & (column < 0) & ~np.isnan(value))
    if before.size:
        order = before[np.argsort(column[before], kind="stable")]
        earlier[row[order]] = value[order]  # of several, the last assigned: the latest year
        earlier_year[row[order]] = column[order] + start - 1
    return own, is_not_applicable, earlier, earlier_year, places
