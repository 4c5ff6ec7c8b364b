"""A computed figure: numbers on a grid, and for each empty place the code of the first reason that holds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indicators.calculation.vocabulary import Reason

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = NDArray[np.int8]

REASONS = list(Reason)
_CODES = {reason: code for code, reason in enumerate(REASONS, start=1)}

# Beyond this, doubles cannot be trusted to tell two results apart.
NOISE = 1e-12


@dataclass(frozen=True)
class Figure:
    """Values with NaN where empty; `why` holds 0 or the code of a reason."""

    values: Values
    why: Codes

    def is_missing(self) -> Mask:
        return self.why != 0


def figure(values: Values, unless: Iterable[tuple[Reason, Mask] | Figure] = ()) -> Figure:
    """The values, emptied where something stands against it: a reason with the places where it holds, or a figure that
    is itself empty there. The first that holds is the reason; it always has one."""
    values = np.array(values, dtype=np.float64)
    why = np.zeros(values.shape, dtype=np.int8)
    for obstacle in reversed(list(unless)):
        if isinstance(obstacle, Figure):
            np.copyto(why, obstacle.why, where=obstacle.why != 0)
        else:
            reason, places = obstacle
            np.copyto(why, np.int8(_CODES[reason]), where=places)
    np.copyto(why, np.int8(_CODES[Reason.OUT_OF_RANGE]), where=(why == 0) & ~(np.abs(values) <= 1e300))
    np.copyto(values, np.nan, where=why != 0)
    return Figure(values, why)


def code(reason: Reason) -> int:
    return _CODES[reason]


def snapped(difference: Values, scale: Values, where: Mask) -> Values:
    """The difference, with what is only the noise of computing with doubles taken for 0.

    Only `where` a side was computed: two stored values differ when their doubles differ, since they have 15 digits.
    """
    return np.where(where & (np.abs(difference) <= NOISE * np.abs(scale)), 0.0, difference)
