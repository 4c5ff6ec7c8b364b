"""A frame of what plans ask and what was recorded, to a frame of progress with a reason for everything empty."""

import string
from typing import Any

import numpy as np
import pandas as pd

from indicators.calculation import growth, series, status, targets
from indicators.calculation.figures import REASONS, Codes, Figure, Mask, code, figure
from indicators.calculation.grid import Grid, build
from indicators.calculation.vocabulary import Reason

# In the order in which files, JSON and rows give them. Values are in the base unit, ratios are fractions.
FIGURES = (
    "actual", "required", "gap", "gap_final", "attainment", "attainment_final", "completion", "elapsed", "yoy",
    "growth_since_baseline", "cagr", "planned_growth", "planned_cagr", "required_cagr", "trend_ratio", "expected",
    "projection_cagr", "projection_linear", "r",
)  # fmt: skip
# The order of reasons: `met` has one too, beside the requirement.
EXPLAINED = (*FIGURES[:2], "met", *FIGURES[2:])
LETTERS = string.ascii_lowercase[: len(REASONS)]


def assess(plan_indicators: pd.DataFrame, targets: pd.DataFrame, actuals: pd.DataFrame, *, this_year: int) -> pd.DataFrame:
    """Progress of each plan indicator in each year of its plan after its baseline, in that order.

    plan_indicators: plan_indicator, series, measure, direction, first_year, last_year, baseline_year, baseline_value;
    targets: plan_indicator, year, kind, lower, upper, reference_series (-1 where that series does not exist);
    actuals: series, year, value, not_applicable. Numbers are floats with NaN for none. `this_year` is not over yet.
    In the result `met` is a nullable boolean and `reasons` bytes of letters, which `reasons()` reads.
    """
    if not len(plan_indicators):
        return _nothing()
    with np.errstate(all="ignore"):  # what cannot be divided is told by its reason
        return _framed(*_computed(build(plan_indicators, targets, actuals), this_year))


def _computed(grid: Grid, this_year: int) -> tuple[Grid, dict[str, Figure], Mask, Codes]:
    facts = growth.Facts(grid, series.read(grid), targets.require(grid))
    required = facts.asked.required
    attainment = growth.attainment(facts)
    cagr, planned_cagr = growth.cagr(facts), growth.planned_cagr(facts)
    figures = {
        "actual": facts.actual,
        "required": required,
        "gap": growth.gap(facts),
        "gap_final": growth.gap_final(facts),
        "attainment": attainment,
        "attainment_final": growth.attainment_final(facts),
        "completion": growth.completion(facts),
        "elapsed": growth.elapsed(facts),
        "yoy": growth.yoy(facts),
        "growth_since_baseline": growth.growth_since_baseline(facts),
        "cagr": cagr,
        "planned_growth": growth.planned_growth(facts),
        "planned_cagr": planned_cagr,
        "required_cagr": growth.required_cagr(facts),
        "trend_ratio": growth.trend_ratio(facts, cagr, planned_cagr),
        "expected": facts.asked.expected,
        "projection_cagr": growth.projection_cagr(facts, cagr),
        "projection_linear": growth.projection_linear(facts),
        "r": growth.pace(facts, attainment),
    }
    met = targets.meets(grid, facts.reading.compared, required.values, facts.asked.is_computed)
    if grid.is_above_region.any():
        met = np.where(grid.is_above_region, grid.sign * (facts.reading.compared - required.values) > 0, met)
    if grid.is_increasing.any():
        met = np.where(grid.is_increasing, targets.is_better_each_year(grid), met)
    standing = status.assign(facts, met=met, r=figures["r"], this_year=this_year)
    if facts.reading.is_incomplete.any():
        figures = _with_holes(figures, facts.reading.is_incomplete)
    return grid, figures, met, standing


def _with_holes(figures: dict[str, Figure], is_incomplete: Mask) -> dict[str, Figure]:
    """A sum with a year missing stays as what is recorded and says so; only the year's own growth follows from it."""
    hole = (Reason.INCOMPLETE_SUM, is_incomplete)
    emptied = {
        name: value if name == "yoy" else figure(np.broadcast_to(value.values, is_incomplete.shape), [hole, value])
        for name, value in figures.items()
    }
    actual = figures["actual"]
    why = np.where(is_incomplete, np.int8(code(Reason.INCOMPLETE_SUM)), actual.why)
    return emptied | {"actual": Figure(actual.values, why)}


def _framed(grid: Grid, figures: dict[str, Figure], met: Mask, standing: Codes) -> pd.DataFrame:
    due = grid.is_due
    everywhere = bool(due.all())

    def flat(values: np.ndarray) -> np.ndarray:
        spread = np.broadcast_to(values, due.shape)
        return np.ascontiguousarray(spread).reshape(-1) if everywhere else spread[due]

    columns: dict[str, Any] = {"plan_indicator": flat(grid.plan_indicator.reshape(-1, 1)), "year": flat(grid.year)}
    why = {name: flat(value.why) for name, value in figures.items()}
    for name in FIGURES:
        columns[name] = flat(figures[name].values)
    # The requirement is met or not only where there is one and an actual to hold against it: where there is a gap.
    unknown = why["gap"] != 0
    columns["met"] = pd.arrays.BooleanArray(flat(met).astype(np.bool_), unknown.copy())
    why["met"] = why["gap"]
    columns["status"] = pd.Categorical.from_codes(flat(standing), categories=pd.Index(status.STATUSES_BY_CODE))
    columns["reasons"] = _letters([why[name] for name in EXPLAINED])
    return pd.DataFrame(columns)


def _letters(codes: list[Codes]) -> np.ndarray:
    """Each row's reasons in one short word: a letter per figure of EXPLAINED, a point where the figure is there."""
    alphabet = np.frombuffer(("." + LETTERS).encode(), dtype=np.uint8)
    return alphabet[np.stack(codes, axis=1)].view(f"S{len(codes)}")[:, 0]


def reasons(letters: str) -> dict[str, str]:
    """What the letters of a row stand for: {figure: code of its reason}."""
    return {
        name: REASONS[LETTERS.index(letter)].value for name, letter in zip(EXPLAINED, letters, strict=True) if letter != "."
    }


def _nothing() -> pd.DataFrame:
    empty = {name: pd.Series(dtype=np.float64) for name in FIGURES}
    keys = {name: pd.Series(dtype=np.int64) for name in ("plan_indicator", "year")}
    rest = {"met": pd.Series(dtype="boolean"), "status": pd.Categorical([]), "reasons": pd.Series(dtype=object)}
    return pd.DataFrame({**keys, **empty, **rest})
