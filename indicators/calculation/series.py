"""How a year's figure is read, per measure kind."""

from dataclasses import dataclass

import numpy as np

from indicators.calculation.figures import Figure, Mask, Values, figure
from indicators.calculation.grid import Grid
from indicators.calculation.vocabulary import Reason


@dataclass(frozen=True)
class Reading:
    """The tracked figure of each year, what is compared with targets, and where a sum has holes."""

    actual: Figure
    compared: Values
    is_incomplete: Mask


def read(grid: Grid) -> Reading:
    """Stock, flow, ratio and the like as recorded; increments as the sum since the plan's first year."""
    tracked, is_incomplete = grid.own, np.zeros(grid.own.shape, dtype=np.bool_)
    if grid.is_increment.any():
        has = ~np.isnan(grid.own)
        counts = grid.year >= grid.first
        # Rounded to the 6 decimals that figures have: 0.7 + 0.1 is 0.8.
        total = np.round(np.cumsum(np.where(has & counts, grid.own, 0.0), axis=1), 6)
        holes = np.cumsum(~has & counts, axis=1)
        tracked = np.where(grid.is_increment, np.where(has, total, np.nan), grid.own)
        is_incomplete = grid.is_increment & has & (holes > 0)
    missing = np.isnan(tracked)
    actual = figure(tracked, [(Reason.NOT_APPLICABLE, missing & grid.is_not_applicable), (Reason.NO_ACTUAL, missing)])
    # A condition compares the years' own figures, also where the plan counts what was added.
    compared = np.where(grid.is_increment & grid.is_condition, grid.own, tracked)
    return Reading(actual, compared, is_incomplete)
