"""Progress on whole frames agrees with the plain second implementation, on cases made up by hypothesis."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.calculation.vocabulary import Measure
from tests import plain
from tests.plain import NOT_APPLICABLE, Case

# Few digits, so that values often meet a target, a baseline or a threshold (19 of 20, 16 of 20) exactly; and many digits.
WHOLE = st.one_of(st.integers(0, 12), st.integers(-3, 12), st.sampled_from([16, 19, 20, 80, 95, 100])).map(Decimal)
TENTHS = st.integers(-5, 40).map(lambda tenths: Decimal(tenths) / 10)
NINE_DIGITS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places), st.integers(-(10**8), 10**9 - 1), st.integers(0, 6)
)
GROWTHS = st.one_of(
    st.sampled_from(["-1", "-0.5", "-0.1", "0", "0.05", "0.15", "0.2", "0.5", "1", "1.15"]).map(Decimal),
    st.integers(-1200, 3000).map(lambda thousandths: Decimal(thousandths) / 1000),
)

KINDS = {
    "increase": ["at_least", "range", "milestone", "growth_per_year", "growth_over_baseline"],
    "decrease": ["at_most", "range", "growth_per_year", "growth_over_baseline"],
}


@st.composite
def rows(draw, kind, numbers):
    """A target row: kind, lower and upper bound."""
    if kind in plain.GROWTHS:
        return kind, draw(GROWTHS), None
    if kind == "range":
        return kind, *sorted([draw(numbers), draw(numbers)])
    bound = draw(numbers) if kind in ("at_least", "at_most") else None
    return (kind, None, bound) if kind == "at_most" else (kind, bound, None)


@st.composite
def target_rows(draw, measure, direction, years, numbers):
    """Rows for none, some or all of the plan's years, the last one more often than not; conditions by themselves."""
    chosen = {year for year in years if draw(st.booleans())}
    if draw(st.sampled_from([True, True, False])):
        chosen.add(years[-1])
    kinds = [kind for kind in KINDS[direction] if measure != "annual" or kind not in plain.GROWTHS]
    if measure != "annual":
        kinds = draw(st.sampled_from([kinds] * 6 + [["above_region"], ["increasing"]]))
    return {year: draw(rows(draw(st.sampled_from(kinds)), numbers)) for year in sorted(chosen)}


@st.composite
def records(draw, years, numbers):
    """What is recorded year by year: with or without holes, in rising order or in none."""
    if draw(st.booleans()):
        recorded = st.sampled_from([numbers] * 5 + [st.none(), st.just(NOT_APPLICABLE)]).flatmap(lambda kind: kind)
        found = {year: draw(recorded) for year in years}
    else:
        until = draw(st.sampled_from(years))
        found = {year: draw(numbers) for year in years if year <= until}
    found = {year: amount for year, amount in found.items() if amount is not None}
    if draw(st.booleans()):
        dated = [year for year, amount in found.items() if amount != NOT_APPLICABLE]
        found.update(zip(dated, sorted(found[year] for year in dated), strict=True))
    return found


@st.composite
def cases(draw):
    numbers = draw(st.sampled_from([WHOLE, WHOLE, TENTHS, NINE_DIGITS]))
    measure, direction = draw(st.sampled_from(Measure.values())), draw(st.sampled_from(["increase", "decrease"]))
    first = draw(st.integers(2020, 2022))
    last = first + draw(st.integers(0, 5))
    stated = st.tuples(st.integers(first - 3, last - 1), numbers)
    baseline = draw(draw(st.sampled_from([stated, stated, stated, st.none()])))
    around = range(first - 3, last + 3)
    return Case(
        measure=measure,
        direction=direction,
        first_year=first,
        last_year=last,
        baseline_year=baseline and baseline[0],
        baseline_value=baseline and baseline[1],
        targets=draw(target_rows(measure, direction, range(first, last + 1), numbers)),
        actuals=draw(records(around, numbers)),
        reference=draw(records(around, numbers)),
        has_reference=draw(st.sampled_from([True, True, True, False])),
    )


@settings(max_examples=2000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cases(), min_size=1, max_size=6), st.integers(2019, 2029))
def test_progress_of_several_plan_indicators_is_that_of_each_by_itself(several, this_year):
    plain.assert_agree(several, this_year)
