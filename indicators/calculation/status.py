"""Where a plan indicator stands: the ordered rules, and the thresholds that the methods page prints."""

import numpy as np
from numpy.typing import NDArray

from indicators.calculation.figures import NOISE, Figure, Mask
from indicators.calculation.growth import Facts
from indicators.calculation.targets import meets
from indicators.calculation.vocabulary import Status

ON_TRACK = 0.95
SLIGHTLY_BEHIND = 0.8
BEHIND = 0.0
FASTER = 1.05  # on track at this pace is worded 快于预期
EARLY = "提前完成"  # the plan's final target, before its last year
MET_THIS_YEAR = "本年达标"  # a bar that is set for each year on its own, or a condition: nothing final is met

STATUSES = list(Status)
STATUSES_BY_CODE = Status.values()
_CODES = {status: code for code, status in enumerate(STATUSES)}


def label(status: str, *, r: float | None, is_final_year: bool, is_of_year: bool = False) -> str:
    """The word officials use: ahead of the last year an achievement is early, and a brisk pace is said.

    `is_of_year`: what is achieved is the year's own bar and leads to nothing final, as with `annual` and conditions.
    """
    if status == Status.ACHIEVED and not is_final_year:
        return MET_THIS_YEAR if is_of_year else EARLY
    if status == Status.ON_TRACK and r is not None and r >= FASTER - NOISE:
        return "快于预期"
    return STATUSES[STATUSES_BY_CODE.index(status)].label


def assign(f: Facts, *, met: Mask, r: Figure, this_year: int) -> NDArray[np.int8]:
    """The code of the first rule that applies, in the order of STATUSES."""
    grid, asked = f.grid, f.asked
    missing = f.actual.is_missing()
    condition, annual = grid.is_condition, grid.is_annual
    no_base = ~(grid.baseline > 0)
    final_met = meets(grid, f.a, asked.final.values, asked.final_by_growth)
    expected_met = meets(grid, f.a, asked.expected.values, asked.expected_is_computed)
    no_reference = (
        (~asked.has_targets & ~condition)
        | (condition & asked.required.is_missing())
        | (annual & ~asked.rules)
        | (no_base & ~condition & (asked.rules_by_growth | (~asked.rules & asked.final_by_growth)))
    )
    pace, has_pace = r.values, ~r.is_missing()
    rules: list[tuple[Status, Mask]] = [
        (Status.NOT_DUE, missing & (grid.year >= this_year)),
        (Status.NOT_APPLICABLE, missing & grid.is_not_applicable),
        (Status.NO_DATA, missing),
        (Status.ACHIEVED, f.reading.is_incomplete & final_met),
        (Status.NO_DATA, f.reading.is_incomplete),
        (Status.NO_REFERENCE, no_reference),
        (Status.ACHIEVED, (condition | annual) & met),
        (Status.SLIGHTLY_BEHIND, annual & has_pace & (pace >= SLIGHTLY_BEHIND - NOISE)),
        (Status.BEHIND, condition | annual),
        (Status.ACHIEVED, final_met),
        (Status.ON_TRACK, has_pace & (pace >= ON_TRACK - NOISE)),
        (Status.SLIGHTLY_BEHIND, has_pace & (pace >= SLIGHTLY_BEHIND - NOISE)),
        (Status.BEHIND, has_pace & (pace >= BEHIND - NOISE)),
        (Status.REVERSED, has_pace),
        (Status.ON_TRACK, expected_met),
        (Status.BEHIND, ~asked.expected.is_missing()),
    ]
    status = np.full(f.a.shape, _CODES[Status.NO_PATH], dtype=np.int8)
    for word, places in reversed(rules):
        np.copyto(status, np.int8(_CODES[word]), where=places)
    return status
