"""A frame of what plans ask and what was recorded, to a frame of progress with a reason for everything empty."""

import string
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from indicators.calculation import growth, series, status
from indicators.calculation.figures import REASONS, Codes, Figure, Mask, code, figure
from indicators.calculation.grid import Grid, build
from indicators.calculation.targets import is_better_each_year, meets, require
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
        facts = _facts(plan_indicators, targets, actuals)
        figures = _figures(facts, FIGURES)
        met = _met(facts)
        standing = status.assign(facts, met=met, r=figures["r"], this_year=this_year)
        if facts.reading.is_incomplete.any():
            figures = _with_holes(figures, facts.reading.is_incomplete)
        frame = _frame(facts.grid, figures)
        flat = _flattener(facts.grid)
        # The requirement is met or not only where there is one and an actual to hold against it: where there is a gap.
        why = figures | {"met": figures["gap"]}
        frame["met"] = pd.arrays.BooleanArray(flat(met).astype(np.bool_), flat(figures["gap"].why) != 0)
        frame["status"] = pd.Categorical.from_codes(flat(standing), categories=pd.Index(status.STATUSES_BY_CODE))
        frame["reasons"] = _letters([flat(why[name].why) for name in EXPLAINED])
        return frame


def figures_only(
    plan_indicators: pd.DataFrame, targets: pd.DataFrame, actuals: pd.DataFrame, *, only: Sequence[str]
) -> pd.DataFrame:
    """Some of the figures for the same rows, without what explains them."""
    with np.errstate(all="ignore"):
        facts = _facts(plan_indicators, targets, actuals)
        figures = _figures(facts, only)
        if facts.reading.is_incomplete.any():
            figures = _with_holes(figures, facts.reading.is_incomplete)
        return _frame(facts.grid, figures)


def _facts(plan_indicators: pd.DataFrame, targets: pd.DataFrame, actuals: pd.DataFrame) -> growth.Facts:
    grid = build(plan_indicators, targets, actuals)
    return growth.Facts(grid, series.read(grid), require(grid))


def _figures(facts: growth.Facts, wanted: Sequence[str]) -> dict[str, Figure]:
    """The figures by name; one that another needs is computed once."""
    rules: dict[str, Callable[[Callable[[str], Figure]], Figure]] = {
        "actual": lambda of: facts.actual,
        "required": lambda of: facts.asked.required,
        "gap": lambda of: growth.gap(facts),
        "gap_final": lambda of: growth.gap_final(facts),
        "attainment": lambda of: growth.attainment(facts),
        "attainment_final": lambda of: growth.attainment_final(facts),
        "completion": lambda of: growth.completion(facts),
        "elapsed": lambda of: growth.elapsed(facts),
        "yoy": lambda of: growth.yoy(facts),
        "growth_since_baseline": lambda of: growth.growth_since_baseline(facts),
        "cagr": lambda of: growth.cagr(facts),
        "planned_growth": lambda of: growth.planned_growth(facts),
        "planned_cagr": lambda of: growth.planned_cagr(facts),
        "required_cagr": lambda of: growth.required_cagr(facts),
        "trend_ratio": lambda of: growth.trend_ratio(facts, of("cagr"), of("planned_cagr")),
        "expected": lambda of: facts.asked.expected,
        "projection_cagr": lambda of: growth.projection_cagr(facts, of("cagr")),
        "projection_linear": lambda of: growth.projection_linear(facts),
        "r": lambda of: growth.pace(facts, of("attainment")),
    }
    known: dict[str, Figure] = {}

    def of(name: str) -> Figure:
        if name not in known:
            known[name] = rules[name](of)
        return known[name]

    return {name: of(name) for name in wanted}


def _met(facts: growth.Facts) -> Mask:
    """Whether each year's requirement is met; a condition only when strictly better."""
    grid, asked = facts.grid, facts.asked
    met = meets(grid, facts.reading.compared, asked.required.values, asked.is_computed)
    if grid.is_above_region.any():
        met = np.where(grid.is_above_region, grid.sign * (facts.reading.compared - asked.required.values) > 0, met)
    if grid.is_increasing.any():
        met = np.where(grid.is_increasing, is_better_each_year(grid), met)
    return met


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


def _flattener(grid: Grid) -> Callable[[np.ndarray], np.ndarray]:
    """From the grid to a column: the places for which progress is due, row by row."""
    due = grid.is_due
    everywhere = bool(due.all())

    def flat(values: np.ndarray) -> np.ndarray:
        spread = np.broadcast_to(values, due.shape)
        return np.ascontiguousarray(spread).reshape(-1) if everywhere else spread[due]

    return flat


def _frame(grid: Grid, figures: dict[str, Figure]) -> pd.DataFrame:
    flat = _flattener(grid)
    columns = {"plan_indicator": flat(grid.plan_indicator.reshape(-1, 1)), "year": flat(grid.year)}
    return pd.DataFrame(columns | {name: flat(value.values) for name, value in figures.items()}, copy=False)


def _letters(codes: list[Codes]) -> np.ndarray:
    """Each row's reasons in one short word: a letter per figure of EXPLAINED, a point where the figure is there."""
    alphabet = np.frombuffer(("." + LETTERS).encode(), dtype=np.uint8)
    return alphabet[np.stack(codes, axis=1)].view(f"S{len(codes)}")[:, 0]


def reasons(letters: str) -> dict[str, str]:
    """What the letters of a row stand for: {figure: code of its reason}."""
    return {
        name: REASONS[LETTERS.index(letter)].value for name, letter in zip(EXPLAINED, letters, strict=True) if letter != "."
    }


# Where and by which letter a row says that nothing is asked of its year, counted from 0.
REQUIRED = EXPLAINED.index("required")
NO_TARGET = LETTERS[code(Reason.NO_TARGET) - 1]
_EXPECTED = EXPLAINED.index("expected")
_IS_CONDITION = LETTERS[code(Reason.CONDITION) - 1]


def is_condition(letters: str) -> bool:
    """Whether a row with these letters is ruled by a condition: only that keeps a year from being on any path."""
    return letters[_EXPECTED] == _IS_CONDITION


def _nothing() -> pd.DataFrame:
    empty = {name: pd.Series(dtype=np.float64) for name in FIGURES}
    keys = {name: pd.Series(dtype=np.int64) for name in ("plan_indicator", "year")}
    rest = {"met": pd.Series(dtype="boolean"), "status": pd.Categorical([]), "reasons": pd.Series(dtype=object)}
    return pd.DataFrame({**keys, **empty, **rest})
