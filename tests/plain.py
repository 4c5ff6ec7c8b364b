"""The obvious second implementation of progress: one plan indicator and one year at a time, in exact fractions.

Written from the rules, to be read beside them. Every figure is a function that returns a number or raises `Null` with its
reason; because the parts of a formula are asked for in the order in which reasons rank, the first one missing is the reason.
"""

import math
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pandas as pd

from indicators.calculation import assessment  # for the comparison at the end only

NOT_APPLICABLE = "不适用"
CONDITIONS = ("above_region", "increasing")
GROWTHS = ("growth_per_year", "growth_over_baseline")

ON_TRACK, SLIGHTLY_BEHIND = Fraction("0.95"), Fraction("0.8")


@dataclass(frozen=True)
class Case:
    """A plan indicator, its targets and what is recorded for its series and for the same indicator elsewhere."""

    measure: str
    direction: str
    first_year: int
    last_year: int
    baseline_year: int | None = None
    baseline_value: Decimal | None = None
    targets: dict = field(default_factory=dict)  # year: (kind, lower, upper)
    actuals: dict = field(default_factory=dict)  # year: Decimal or NOT_APPLICABLE
    reference: dict = field(default_factory=dict)  # the same of the region that above_region compares with
    has_reference: bool = False
    leaning: int | None = None  # what a difference too small for binary floats counts as: -1, 0, 1; None: as it is


class Null(Exception):
    """What is asked for cannot be computed; carries the reason."""

    @property
    def reason(self):
        return self.args[0]


# What a case states


def sign(case):
    return 1 if case.direction == "increase" else -1


def compare(case, left, right):
    """-1, 0 or 1 as left is below, at or above right."""
    difference = left - right
    if case.leaning is not None and abs(difference) <= Fraction("1e-12") * max(1, abs(left), abs(right)):
        return case.leaning
    return (difference > 0) - (difference < 0)


def reaches(case, value, goal):
    """Whether a value is at the goal or better."""
    return sign(case) * compare(case, goal, value) <= 0


def is_better(case, value, other):
    return sign(case) * compare(case, value, other) > 0


def has_baseline(case):
    return case.measure == "increment" or case.baseline_year is not None


def baseline(case):
    """Year and value that the plan starts from; what is added since it began starts from 0 in the year before."""
    if case.measure == "increment":
        return case.first_year - 1, Fraction(0)
    if case.baseline_year is None:
        raise Null("no_baseline")
    return case.baseline_year, Fraction(case.baseline_value)


def years(case):
    """The plan's years after the baseline."""
    return [y for y in range(case.first_year, case.last_year + 1) if not has_baseline(case) or y > baseline(case)[0]]


def targets(case):
    """The target rows after the baseline's year; earlier ones set nothing."""
    return {y: row for y, row in sorted(case.targets.items()) if not has_baseline(case) or y > baseline(case)[0]}


def condition(case):
    """`above_region` or `increasing` if any row says so, for every year of the plan; else None."""
    return next((kind for kind, _, _ in case.targets.values() if kind in CONDITIONS), None)


def refuse_conditions_and_annual(case):
    """Neither has a path from a baseline to a final target."""
    if condition(case):
        raise Null("condition")
    if case.measure == "annual":
        raise Null("annual")


# What is recorded


def has_number(case, year):
    return case.actuals.get(year, NOT_APPLICABLE) != NOT_APPLICABLE


def own(case, year):
    """The year's own figure."""
    if has_number(case, year):
        return Fraction(case.actuals[year])
    raise Null("not_applicable" if year in case.actuals else "no_actual")


def actual(case, year):
    """The year's figure; of an increment the sum since the plan's first year of what is recorded."""
    latest = own(case, year)
    if case.measure == "increment":
        return sum(own(case, y) for y in range(case.first_year, year + 1) if has_number(case, y))
    return latest


def is_incomplete(case, year):
    """Whether an increment has a number for the year but none for an earlier year of the plan."""
    return (
        case.measure == "increment"
        and has_number(case, year)
        and not all(has_number(case, y) for y in range(case.first_year, year))
    )


def known_before(case, year):
    """The last recorded number before the year, None if there is none; the baseline stands for its year."""
    numbers = {y: own(case, y) for y in case.actuals if has_number(case, y)}
    if case.baseline_year is not None and case.measure != "increment":
        numbers.setdefault(case.baseline_year, Fraction(case.baseline_value))
    earlier = [y for y in numbers if y < year]
    return numbers[max(earlier)] if earlier else None


def reference_figure(case, year):
    """The other region's number, None if there is no such series or no number."""
    figure = case.reference.get(year, NOT_APPLICABLE) if case.has_reference else NOT_APPLICABLE
    return None if figure == NOT_APPLICABLE else Fraction(figure)


# What is required


def ruling_row(case, year):
    """The year of the target row that rules a year: its own, or the next one if that is a growth per year; else None."""
    rows = targets(case)
    if year in rows:
        return year
    later = [y for y in rows if y > year]
    if later and rows[min(later)][0] == "growth_per_year":
        return min(later)
    return None


def value(case, row_year, year):
    """What the target row of one year asks of a year that it rules."""
    kind, lower, upper = targets(case)[row_year]
    if kind in GROWTHS:
        start, base = baseline(case)
        if base <= 0:
            raise Null("non_positive_base")
        return base * (1 + Fraction(lower)) ** (year - start if kind == "growth_per_year" else 1)
    if kind == "milestone":
        return Fraction(1)
    if kind == "at_least" or (kind == "range" and case.direction == "increase"):
        return Fraction(lower)
    return Fraction(upper)


def required(case, year):
    if condition(case):
        reference = reference_figure(case, year) if condition(case) == "above_region" else known_before(case, year)
        if reference is None:
            raise Null("no_reference")
        return reference
    row_year = ruling_row(case, year)
    if row_year is None:
        raise Null("no_target")
    return value(case, row_year, year)


def final(case):
    """What the plan's last year asks for."""
    refuse_conditions_and_annual(case)
    if case.last_year not in targets(case):
        raise Null("no_final_target")
    return value(case, case.last_year, case.last_year)


def compared(case, year):
    """What a requirement is compared with: a condition on an increment looks at the years' own figures."""
    return own(case, year) if condition(case) else actual(case, year)


def met(case, year):
    goal = required(case, year)
    figure = compared(case, year)
    if condition(case) == "above_region":
        return is_better(case, figure, goal)
    if condition(case) == "increasing":
        recorded = [y for y in range(case.first_year, year + 1) if has_number(case, y) and known_before(case, y) is not None]
        return all(is_better(case, own(case, y), known_before(case, y)) for y in recorded)
    return reaches(case, figure, goal)


# The figures


def gap(case, year):
    return sign(case) * (required(case, year) - compared(case, year))


def gap_final(case, year):
    return sign(case) * (final(case) - actual(case, year))


def attainment(case, year):
    return attained(case, required(case, year), compared(case, year))


def attainment_final(case, year):
    return attained(case, final(case), actual(case, year))


def attained(case, goal, figure):
    """figure / goal, the other way round where less is better."""
    numerator, denominator = (figure, goal) if case.direction == "increase" else (goal, figure)
    if compare(case, numerator, 0) < 0 or compare(case, denominator, 0) < 0:
        raise Null("negative_value")
    if compare(case, denominator, 0) == 0:
        raise Null("zero_target" if case.direction == "increase" else "non_positive_base")
    return numerator / denominator


def completion(case, year):
    refuse_conditions_and_annual(case)
    _, base = baseline(case)
    return share_of_the_way(case, base, final(case), actual(case, year))


def share_of_the_way(case, base, goal, figure):
    """(figure - base) / (goal - base)."""
    if compare(case, goal, base) == 0:
        raise Null("maintenance")
    if is_better(case, base, goal):
        raise Null("target_behind_baseline")
    return (figure - base) / (goal - base)


def elapsed(case, year):
    start, _ = baseline(case)
    return Fraction(year - start, case.last_year - start)


def yoy(case, year):
    figure = own(case, year)
    if has_number(case, year - 1):
        before = own(case, year - 1)
    elif case.measure != "increment" and case.baseline_year == year - 1:
        before = Fraction(case.baseline_value)
    else:
        raise Null("no_previous_year")
    if before <= 0:
        raise Null("non_positive_base")
    return figure / before - 1


def growth_since_baseline(case, year):
    _, base = baseline(case)
    figure = actual(case, year)
    if base <= 0:
        raise Null("non_positive_base")
    return figure / base - 1


def cagr(case, year):
    start, base = baseline(case)
    figure = actual(case, year)
    if base <= 0:
        raise Null("non_positive_base")
    if figure < 0:
        raise Null("negative_value")
    return root(figure / base, year - start) - 1


def planned_growth(case, year):
    refuse_conditions_and_annual(case)
    _, base = baseline(case)
    goal = final(case)
    if base <= 0:
        raise Null("non_positive_base")
    return goal / base - 1


def planned_cagr(case, year):
    growth = planned_growth(case, year)
    if growth <= -1:
        raise Null("zero_target")
    return root(1 + growth, case.last_year - baseline(case)[0]) - 1


def required_cagr(case, year):
    goal = final(case)
    if year == case.last_year:
        raise Null("past_final_year")
    figure = actual(case, year)
    if reaches(case, figure, goal):
        raise Null("already_met")
    if compare(case, figure, 0) <= 0:
        raise Null("non_positive_base")
    if goal <= 0:
        raise Null("zero_target")
    return root(goal / figure, case.last_year - year) - 1


def trend_ratio(case, year):
    planned = planned_cagr(case, year)
    trend = cagr(case, year)
    if compare(case, final(case), baseline(case)[1]) == 0:
        raise Null("maintenance")
    return sign(case) * trend / abs(planned)


def expected(case, year):
    refuse_conditions_and_annual(case)
    if ruling_row(case, year) is not None:
        return required(case, year)
    before = [y for y in targets(case) if y < year]
    after = [y for y in targets(case) if y > year]
    if not before:
        baseline(case)
    if not after:
        raise Null("no_final_target")
    left, low = (max(before), value(case, max(before), max(before))) if before else baseline(case)
    right, high = min(after), value(case, min(after), min(after))
    return low + (high - low) * Fraction(year - left, right - left)


def projection_cagr(case, year):
    refuse_conditions_and_annual(case)
    growth = cagr(case, year)
    return actual(case, year) * (1 + growth) ** (case.last_year - year)


def projection_linear(case, year):
    refuse_conditions_and_annual(case)
    start, base = baseline(case)
    return base + (actual(case, year) - base) * Fraction(case.last_year - start, year - start)


def r(case, year):
    if case.measure == "annual":
        return attainment(case, year)
    if not has_baseline(case):
        if not condition(case) and ruling_row(case, year) is None:
            raise Null("no_baseline")
        return attainment(case, year)
    goal = expected(case, year)
    figure = actual(case, year)
    return share_of_the_way(case, baseline(case)[1], goal, figure)


def root(number, degree):
    """The real root, to 50 digits."""
    if number == 0:
        return Fraction(0)
    with localcontext(prec=50):
        return Fraction((Decimal(number.numerator) / Decimal(number.denominator)) ** (1 / Decimal(degree)))


FIGURES = {
    "actual": actual,
    "required": required,
    "met": met,
    "gap": gap,
    "gap_final": gap_final,
    "attainment": attainment,
    "attainment_final": attainment_final,
    "completion": completion,
    "elapsed": elapsed,
    "yoy": yoy,
    "growth_since_baseline": growth_since_baseline,
    "cagr": cagr,
    "planned_growth": planned_growth,
    "planned_cagr": planned_cagr,
    "required_cagr": required_cagr,
    "trend_ratio": trend_ratio,
    "expected": expected,
    "projection_cagr": projection_cagr,
    "projection_linear": projection_linear,
    "r": r,
}

AMOUNTS = ("actual", "required", "gap", "gap_final", "expected", "projection_cagr", "projection_linear")


# The whole


def status(case, year, this_year):
    """The first rule that applies."""
    if not has_number(case, year):
        if year >= this_year:
            return "not_due"
        return "not_applicable" if year in case.actuals else "no_data"

    goal = or_none(lambda: final(case))
    is_achieved = goal is not None and reaches(case, actual(case, year), goal)
    if is_incomplete(case, year):
        return "achieved" if is_achieved else "no_data"

    if lacks_reference(case, year):
        return "no_reference"

    ratio = or_none(lambda: r(case, year))
    if condition(case):
        return "achieved" if met(case, year) else "behind"
    if case.measure == "annual":
        if met(case, year):
            return "achieved"
        return "slightly_behind" if ratio is not None and compare(case, ratio, SLIGHTLY_BEHIND) >= 0 else "behind"
    if is_achieved:
        return "achieved"
    if ratio is not None:
        if compare(case, ratio, ON_TRACK) >= 0:
            return "on_track"
        if compare(case, ratio, SLIGHTLY_BEHIND) >= 0:
            return "slightly_behind"
        return "behind" if compare(case, ratio, 0) >= 0 else "reversed"
    path = or_none(lambda: expected(case, year))
    if path is not None:
        return "on_track" if reaches(case, actual(case, year), path) else "behind"
    return "no_path"


def lacks_reference(case, year):
    """Whether there is nothing to judge the year by."""
    if condition(case):
        return or_none(lambda: required(case, year)) is None
    rows = targets(case)
    if not rows:
        return True
    if case.measure == "annual":
        return year not in rows
    judge = ruling_row(case, year) or case.last_year
    is_growth = judge in rows and rows[judge][0] in GROWTHS
    return is_growth and not (has_baseline(case) and baseline(case)[1] > 0)


def or_none(compute):
    try:
        return compute()
    except Null:
        return None


def progress(case, year, this_year):
    """Every figure of a year (None: null), met, the status, and a reason for each null."""
    figures, reasons = {}, {}
    for name, figure in FIGURES.items():
        try:
            if is_incomplete(case, year) and name not in ("actual", "yoy"):
                raise Null("incomplete_sum")
            figures[name] = figure(case, year)
            if is_incomplete(case, year) and name == "actual":
                reasons[name] = "incomplete_sum"
        except Null as null:
            figures[name], reasons[name] = None, null.reason
    return {**figures, "status": status(case, year, this_year), "reasons": reasons}


# The comparison with the calculation on whole frames


def frames(cases):
    """The cases as the three frames that `assess` takes; plan indicator and series n is case n, counted from 1."""
    plan_indicators, target_rows, actual_rows = [], [], []
    for number, case in enumerate(cases, start=1):
        elsewhere = len(cases) + number
        plan_indicators.append(
            {
                "plan_indicator": number,
                "series": number,
                "measure": case.measure,
                "direction": case.direction,
                "first_year": case.first_year,
                "last_year": case.last_year,
                "baseline_year": as_float(case.baseline_year),
                "baseline_value": as_float(case.baseline_value),
            }
        )
        for year, (kind, lower, upper) in case.targets.items():
            compares = kind == "above_region"
            target_rows.append(
                {
                    "plan_indicator": number,
                    "year": year,
                    "kind": kind,
                    "lower": as_float(lower),
                    "upper": as_float(upper),
                    "reference_series": math.nan if not compares else float(elsewhere if case.has_reference else -1),
                }
            )
        for series, recorded in ((number, case.actuals), (elsewhere, case.reference)):
            for year, amount in recorded.items():
                is_number = amount != NOT_APPLICABLE
                actual_rows.append(
                    {
                        "series": series,
                        "year": year,
                        "value": as_float(amount if is_number else None),
                        "not_applicable": not is_number,
                    }
                )
    return (
        table(plan_indicators, "plan_indicator series measure direction first_year last_year baseline_year baseline_value"),
        table(target_rows, "plan_indicator year kind lower upper reference_series"),
        table(actual_rows, "series year value not_applicable"),
    )


TYPES = {
    "plan_indicator": "int64",
    "series": "int64",
    "year": "int64",
    "first_year": "int64",
    "last_year": "int64",
    "measure": "str",
    "direction": "str",
    "kind": "str",
    "not_applicable": "bool",
}


def table(rows, columns):
    names = columns.split()
    return pd.DataFrame(rows, columns=names).astype({name: TYPES.get(name, "float64") for name in names})


def as_float(number):
    return math.nan if number is None else float(number)


def assert_agree(cases, this_year):
    """`assess` on all cases at once gives what this file gives for each."""
    result = assessment.assess(*frames(cases), this_year=this_year)
    numbers = [name for name in FIGURES if name != "met"]
    assert list(result.columns) == ["plan_indicator", "year", *numbers, "met", "status", "reasons"]
    assert [str(result[name].dtype) for name in numbers] == ["float64"] * len(numbers)
    assert str(result["met"].dtype) == "boolean"
    wanted = [(number, year) for number, case in enumerate(cases, start=1) for year in years(case)]
    assert list(zip(result["plan_indicator"], result["year"], strict=True)) == wanted, f"other rows for {cases}"

    for (number, year), row in zip(wanted, result.to_dict("records"), strict=True):
        given = read(row)
        wrong = differences(given, cases[number - 1], year, this_year)
        assert not wrong, f"{year}, this year {this_year}, of {cases[number - 1]}\n" + "\n".join(wrong)


def read(row):
    """A row of `assess` as `progress` gives it."""
    numbers = {name: None if row[name] is pd.NA or row[name] != row[name] else row[name] for name in FIGURES}
    return {**numbers, "status": row["status"], "reasons": assessment.reasons(row["reasons"].decode())}


def differences(given, case, year, this_year):
    """A line per figure that is not as this file has it.

    Binary floats hold whole numbers exactly, so cases of whole numbers must agree exactly; in the others a value within
    1e-12 of a threshold may fall on either side of it.
    """
    answer = progress(case, year, this_year)
    lines = compare_answers(given, answer, size(case))
    if not lines or is_whole(case):
        return list(lines.values())
    for leaning in (-1, 0, 1):
        try:
            other = progress(replace(case, leaning=leaning), year, this_year)
        except ZeroDivisionError:  # a difference that is exactly nothing cannot be leant on
            continue
        still = compare_answers(given, other, size(case))
        lines = {name: line for name, line in lines.items() if name in still}
    return list(lines.values())


def compare_answers(given, answer, largest):
    """{figure: what differs}; an amount that is a small difference of large ones has only the digits that these leave."""
    lines = {}
    for name in (*FIGURES, "status"):
        pair = [(given[name], given["reasons"].get(name)), (answer[name], answer["reasons"].get(name))]
        scale = max(1, largest * Fraction("1e-5")) if name in AMOUNTS else 1
        if not (is_same(pair[0][0], pair[1][0], scale) and pair[0][1] == pair[1][1]):
            lines[name] = f"{name}: assess {shown(*pair[0])}, plain {shown(*pair[1])}"
    order = [name for name in FIGURES if name in given["reasons"]]
    if list(given["reasons"]) != order:
        lines["reasons"] = f"reasons: {list(given['reasons'])} instead of {order}"
    return lines


def is_same(given, exact, scale):
    if given is None or exact is None or isinstance(exact, bool | str):
        return given is exact or (given is not None and exact is not None and given == exact)
    return math.isfinite(given) and abs(Fraction(given) - exact) <= Fraction("1e-9") * max(scale, abs(exact))


def shown(figure, reason):
    number = figure if figure is None or isinstance(figure, bool | str) else float(figure)
    return f"{number}" + (f" ({reason})" if reason else "")


def numbers_of(case):
    bounds = [bound for row in case.targets.values() for bound in row[1:]]
    stated = [case.baseline_value, *case.actuals.values(), *case.reference.values(), *bounds]
    return [Fraction(number) for number in stated if number not in (None, NOT_APPLICABLE)]


def size(case):
    return max(map(abs, numbers_of(case)), default=0)


def is_whole(case):
    """Whether all numbers of a case are whole and none is grown, so that floats make no difference."""
    is_grown = any(kind in GROWTHS for kind, _, _ in case.targets.values())
    return not is_grown and all(number.denominator == 1 for number in numbers_of(case))
