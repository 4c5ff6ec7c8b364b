"""The inputs laid out as arrays: a row per plan indicator, a column per year, so that each rule is one expression."""

from collections.abc import Callable
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

    series = plans["series"].to_numpy(np.int64)
    keys = np.unique(np.concatenate([series, reference_series[reference_series >= 0]]))
    places = _places(keys)
    own, is_not_applicable = _recorded(actuals, places, keys.size, start, years.size)
    mine = places(series)
    # What was recorded before these years matters to conditions only.
    earlier, earlier_year = _last_recorded(actuals, places(series[is_above_region | is_increasing]), places, keys.size, start)
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
    row = _places(identity)(targets["plan_indicator"].to_numpy(np.int64))
    column = targets["year"].to_numpy(np.int64) - start
    here = (column >= 0) & (column < width) & (row >= 0)
    row, column, targets = (row, column, targets) if here.all() else (row[here], column[here], targets[here])
    cell = row * width + column
    codes = targets["kind"].map({word.value: code for word, code in KIND.items()}).to_numpy(np.int8)
    np.put(kind, cell, codes)
    np.put(lower, cell, targets["lower"].to_numpy(np.float64))
    np.put(upper, cell, targets["upper"].to_numpy(np.float64))
    is_above[row[codes == KIND[TargetKind.ABOVE_REGION]]] = True
    is_increasing[row[codes == KIND[TargetKind.INCREASING]]] = True
    conditions = codes == KIND[TargetKind.ABOVE_REGION]
    if conditions.any():
        reference[row[conditions]] = targets.loc[conditions, "reference_series"].fillna(-1).to_numpy(np.int64)
    return kind, lower, upper, reference, is_above, is_increasing


def _places(keys: NDArray[np.int64]) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
    """From ids to their places among sorted keys; -1 for an id that is not among them."""
    if not keys.size:
        return lambda wanted: np.full(wanted.shape, -1)
    first, last = int(keys[0]), int(keys[-1])
    if last - first <= 10 * keys.size:
        # Ids mostly lie close together: then a table, with -1 at both ends, finds millions of them faster than a search.
        table = np.full(last - first + 3, -1)
        table[keys - first + 1] = np.arange(keys.size)
        return lambda wanted: table[np.clip(wanted, first - 1, last + 1) - first + 1]

    def search(wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        found = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        return np.where(keys[found] == wanted, found, -1)

    return search


def _recorded(actuals, places, size, start, width):
    """The recorded numbers of all series that matter, from the year before the grid on.

    One row more than there are series, always empty: where a reference series has none, place -1 leads there.
    """
    own = np.full((size + 1, width + 1), np.nan)
    is_not_applicable = np.zeros((size + 1, width + 1), dtype=np.bool_)
    year = actuals["year"].to_numpy(np.int64)
    here = np.flatnonzero((year >= start - 1) & (year < start + width))
    row = places(actuals["series"].to_numpy(np.int64)[here])
    cell = row * (width + 1) + year[here] - (start - 1)
    if (row < 0).any():
        here, cell = here[row >= 0], cell[row >= 0]
    np.put(own, cell, actuals["value"].to_numpy(np.float64)[here])
    flag = actuals["not_applicable"].to_numpy(np.bool_)[here]
    np.put(is_not_applicable, cell[flag], True)
    return own, is_not_applicable


def _last_recorded(actuals, wanted, places, size, start):
    """The last number recorded before the year before the grid, and its year, of the series at some places."""
    earlier, earlier_year = np.full(size + 1, np.nan), np.full(size + 1, np.nan)
    if wanted.size:
        year, value = actuals["year"].to_numpy(np.int64), actuals["value"].to_numpy(np.float64)
        before = np.flatnonzero((year < start - 1) & ~np.isnan(value))
        row = places(actuals["series"].to_numpy(np.int64)[before])
        mine = np.isin(row, wanted)
        row, before = row[mine], before[mine]
        order = np.argsort(year[before], kind="stable")
        row, before = row[order], before[order]
        earlier[row] = value[before]  # of several, the last assigned: the latest year
        earlier_year[row] = year[before]
    return earlier, earlier_year
