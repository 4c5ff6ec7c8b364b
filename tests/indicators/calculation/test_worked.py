"""Progress worked out by hand: what the plans print, every figure, every reason for null, every status and its limits.

Each expected number is typed, with the working beside it where it is not plain; both implementations must give it.
"""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest

from indicators.calculation.assessment import assess
from tests import plain
from tests.plain import NOT_APPLICABLE, Case

LONG_AGO, LATER = 2000, 2030  # calendar years in which nothing, everything is over


def on_frames(case, year, this_year):
    result = assess(*plain.frames([case]), this_year=this_year)
    (row,) = result[result["year"] == year].to_dict("records")
    return plain.read(row)


@pytest.fixture(params=[on_frames, plain.progress], ids=["frames", "plain"])
def progress(request):
    """A year's progress as a dict; whoever computes it, exactly the nulls have a reason (an incomplete sum is both)."""

    def of(case, year, this_year=LATER):
        given = request.param(case, year, this_year)
        explained = {name for name, reason in given["reasons"].items() if (name, reason) != ("actual", "incomplete_sum")}
        assert explained == {name for name in plain.FIGURES if given[name] is None}
        return given

    return of


def check(given, **expected):
    """Compares what is expected with what is given: a word stands for null with that reason, `status` for itself."""
    for name, wanted in expected.items():
        if name == "status":
            assert given["status"] == wanted
        elif isinstance(wanted, str):
            assert (name, given[name], given["reasons"].get(name)) == (name, None, wanted)
        elif isinstance(wanted, bool):
            assert (name, given[name]) == (name, wanted)
        else:
            assert (name, float(given[name])) == (name, pytest.approx(wanted, rel=1e-9, abs=1e-9))


def numbers(by_year):
    return {year: amount if amount == NOT_APPLICABLE else Decimal(str(amount)) for year, amount in by_year.items()}


def at_least(by_year):
    return {year: ("at_least", Decimal(str(amount)), None) for year, amount in by_year.items()}


def at_most(by_year):
    return {year: ("at_most", None, Decimal(str(amount))) for year, amount in by_year.items()}


def a_range(lower, upper):
    return "range", Decimal(str(lower)), Decimal(str(upper))


def per_year(rate):
    return "growth_per_year", Decimal(str(rate)), None


def over_baseline(rate):
    return "growth_over_baseline", Decimal(str(rate)), None


ABOVE_REGION = ("above_region", None, None)
INCREASING = ("increasing", None, None)
MILESTONE = ("milestone", None, None)


def a_case(measure="stock", direction="increase", years=(2021, 2025), baseline=None, targets=None, actuals=None, **more):
    year, amount = baseline or (None, None)
    return Case(
        measure=measure,
        direction=direction,
        first_year=years[0],
        last_year=years[1],
        baseline_year=year,
        baseline_value=None if amount is None else Decimal(str(amount)),
        targets=targets or {},
        actuals=numbers(actuals or {}),
        **more,
    )


# What the plans print


def in_percent(fraction, decimals):
    return Decimal(float(fraction) * 100).quantize(Decimal(decimals), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("baseline", "final", "printed"),
    [
        ("0.93", "2", "115"),
        ("3.1219", "5", "60"),
        ("23", "30", "30"),
        ("790", "3290", "316"),
        ("44.6", "70", "57"),
        ("39", "150", "285"),
        ("48", "96", "100"),
    ],
)
def test_planned_growth_is_what_ordos_prints(progress, baseline, final, printed):
    case = a_case(baseline=(2020, baseline), targets=at_least({2025: final}))
    assert in_percent(progress(case, 2021)["planned_growth"], "1") == Decimal(printed)


@pytest.mark.parametrize(
    ("baseline", "reached", "printed"), [("550", "2748", "38.0"), ("867", "9742", "62.2"), ("1723", "5210", "24.8")]
)
def test_average_growth_is_what_ordos_prints_for_2015_to_2020(progress, baseline, reached, printed):
    case = a_case(years=(2016, 2020), baseline=(2015, baseline), actuals={2020: reached})
    assert in_percent(progress(case, 2020)["cagr"], "0.1") == Decimal(printed)


# Every figure


def test_every_figure_of_a_rise(progress):
    # From 1000 by 20 % a year to 1000 * 1.2^4 = 2073.6; done so far: 10 % a year, 1000 * 1.1^2 = 1210.
    case = a_case(
        years=(2021, 2024), baseline=(2020, 1000), targets=at_least({2024: "2073.6"}), actuals={2021: 1000, 2022: 1210}
    )
    check(
        progress(case, 2022),
        actual=1210,
        required="no_target",
        met="no_target",
        gap="no_target",
        gap_final=863.6,
        attainment="no_target",
        attainment_final=0.5835262345679013,  # 1210 / 2073.6
        completion=0.19560357675111772,  # 210 / 1073.6
        elapsed=0.5,
        yoy=0.21,
        growth_since_baseline=0.21,
        cagr=0.1,
        planned_growth=1.0736,
        planned_cagr=0.2,
        required_cagr=0.3090909090909091,  # 1.2^2 / 1.1 - 1
        trend_ratio=0.5,
        expected=1536.8,  # half of the way
        projection_cagr=1464.1,  # 1000 * 1.1^4
        projection_linear=1420,  # 1000 + 210 * 4 / 2
        r=0.39120715350223545,  # 210 / 536.8
        status="behind",
    )


def test_every_figure_of_a_fall(progress):
    # From 100 down by 20 % a year to 100 * 0.8^4 = 40.96; done so far: 10 % a year, 100 * 0.9^2 = 81.
    case = a_case(
        direction="decrease",
        years=(2021, 2024),
        baseline=(2020, 100),
        targets=at_most({2022: 75, 2024: "40.96"}),
        actuals={2021: 90, 2022: 81},
    )
    check(
        progress(case, 2022),
        actual=81,
        required=75,
        met=False,
        gap=6,
        gap_final=40.04,
        attainment=0.9259259259259259,  # 75 / 81
        attainment_final=0.5056790123456790,  # 40.96 / 81
        completion=0.3218157181571816,  # -19 / -59.04
        elapsed=0.5,
        yoy=-0.1,
        growth_since_baseline=-0.19,
        cagr=-0.1,
        planned_growth=-0.5904,
        planned_cagr=-0.2,
        required_cagr=-0.28888888888888889,  # 0.8^2 / 0.9 - 1
        trend_ratio=0.5,  # -1 * -0.1 / 0.2
        expected=75,
        projection_cagr=65.61,  # 100 * 0.9^4
        projection_linear=62,  # 100 - 19 * 4 / 2
        r=0.76,  # -19 / -25
        status="behind",
    )


def test_every_figure_of_a_yearly_bar(progress):
    case = a_case("annual", targets=at_least({2022: 10, 2023: 10}), baseline=(2020, 8), actuals={2021: 8, 2022: 9})
    check(
        progress(case, 2022),
        actual=9,
        required=10,
        met=False,
        gap=1,
        gap_final="annual",
        attainment=0.9,
        attainment_final="annual",
        completion="annual",
        elapsed=0.4,
        yoy=0.125,
        growth_since_baseline=0.125,
        cagr=0.06066017177982129,  # 1.125^(1/2) - 1 = 1.5 / 2^(1/2) - 1
        planned_growth="annual",
        planned_cagr="annual",
        required_cagr="annual",
        trend_ratio="annual",
        expected="annual",
        projection_cagr="annual",
        projection_linear="annual",
        r=0.9,
        status="slightly_behind",
    )


def test_every_figure_of_a_condition(progress):
    case = a_case(
        "ratio",
        baseline=(2020, 64),
        targets={2025: ABOVE_REGION},
        actuals={2022: 81},
        reference=numbers({2022: 75}),
        has_reference=True,
    )
    check(
        progress(case, 2022),
        actual=81,
        required=75,
        met=True,
        gap=-6,
        gap_final="condition",
        attainment=1.08,
        attainment_final="condition",
        completion="condition",
        elapsed=0.4,
        yoy="no_previous_year",
        growth_since_baseline=0.265625,  # 17 / 64
        cagr=0.125,  # 9 / 8 - 1
        planned_growth="condition",
        planned_cagr="condition",
        required_cagr="condition",
        trend_ratio="condition",
        expected="condition",
        projection_cagr="condition",
        projection_linear="condition",
        r="condition",
        status="achieved",
    )


def test_every_figure_without_a_baseline(progress):
    case = a_case(targets=at_least({2023: 40, 2025: 50}), actuals={2022: 30, 2023: 36})
    check(
        progress(case, 2023),
        required=40,
        met=False,
        gap=4,
        gap_final=14,
        attainment=0.9,
        attainment_final=0.72,
        completion="no_baseline",
        elapsed="no_baseline",
        yoy=0.2,
        growth_since_baseline="no_baseline",
        cagr="no_baseline",
        planned_growth="no_baseline",
        planned_cagr="no_baseline",
        required_cagr=0.17851130197757920,  # (50 / 36)^(1/2) - 1 = 5 * 2^(1/2) / 6 - 1
        trend_ratio="no_baseline",
        expected=40,
        projection_cagr="no_baseline",
        projection_linear="no_baseline",
        r=0.9,  # the attainment, for want of a way to go
        status="slightly_behind",
    )
    check(progress(case, 2022), required="no_target", expected="no_baseline", r="no_baseline", status="no_path")


def test_progress_has_the_years_of_the_plan_after_the_baseline():
    def years(case):
        return assess(*plain.frames([case]), this_year=LATER)["year"].tolist()

    assert years(a_case(baseline=(2020, 1))) == [2021, 2022, 2023, 2024, 2025]
    assert years(a_case(baseline=(2015, 1))) == [2021, 2022, 2023, 2024, 2025]
    assert years(a_case(baseline=(2021, 1))) == [2022, 2023, 2024, 2025]
    assert years(a_case()) == [2021, 2022, 2023, 2024, 2025]
    assert years(a_case("increment", baseline=(2022, 1))) == [2021, 2022, 2023, 2024, 2025]


# Reasons


RISE = a_case(baseline=(2020, 100), targets=at_least({2023: 150, 2025: 200}), actuals={2022: 110, 2023: 120})
FALL = a_case(direction="decrease", baseline=(2020, 100), targets=at_most({2023: 80, 2025: 50}), actuals={2023: 90})
BAR = a_case("annual", targets=at_least({2023: 10}), actuals={2023: 8})
SUM = a_case("increment", targets=at_least({2023: 30, 2025: 50}), actuals={2021: 10, 2022: 8, 2023: 6})
TREND = a_case("ratio", targets={2025: INCREASING}, actuals={2022: 3, 2023: 4})
UNMENTIONED = {"actuals": {}}
EXCUSED = {"actuals": {2023: NOT_APPLICABLE}}
NO_BASELINE = {"baseline_year": None, "baseline_value": None}
FROM_ZERO = {"baseline_value": Decimal(0)}
WITHOUT_FINAL = {"targets": at_least({2023: 150})}
HOLE = {"actuals": numbers({2021: 10, 2023: 6})}


@pytest.mark.parametrize(
    ("figures", "reason", "case", "change"),
    [
        # Nothing is recorded, or 不适用.
        ("actual met gap gap_final attainment attainment_final completion yoy", "no_actual", RISE, UNMENTIONED),
        ("growth_since_baseline cagr required_cagr trend_ratio", "no_actual", RISE, UNMENTIONED),
        ("projection_cagr projection_linear r", "no_actual", RISE, UNMENTIONED),
        ("actual met gap gap_final attainment attainment_final completion yoy", "not_applicable", RISE, EXCUSED),
        ("growth_since_baseline cagr required_cagr trend_ratio", "not_applicable", RISE, EXCUSED),
        ("projection_cagr projection_linear r", "not_applicable", RISE, EXCUSED),
        ("actual met gap attainment yoy r", "not_applicable", BAR, EXCUSED),
        ("actual met gap_final yoy", "not_applicable", SUM, {"actuals": numbers({2021: 1, 2022: 2, 2023: NOT_APPLICABLE})}),
        # The plan has no baseline.
        ("completion elapsed growth_since_baseline cagr planned_growth", "no_baseline", RISE, NO_BASELINE),
        ("planned_cagr trend_ratio projection_cagr projection_linear", "no_baseline", RISE, NO_BASELINE),
        ("required met gap attainment expected r", "no_baseline", RISE, {**NO_BASELINE, "targets": {2023: per_year("0.1")}}),
        ("gap_final attainment_final required_cagr", "no_baseline", RISE, {**NO_BASELINE, "targets": {2025: per_year("0.1")}}),
        ("expected r", "no_baseline", RISE, {**NO_BASELINE, "targets": at_least({2025: 200})}),
        # The plan lacks a row.
        ("required met gap attainment", "no_target", RISE, {"targets": at_least({2025: 200})}),
        ("required met gap attainment r", "no_target", BAR, {"targets": at_least({2022: 10})}),
        ("gap_final attainment_final completion planned_growth planned_cagr", "no_final_target", RISE, WITHOUT_FINAL),
        ("required_cagr trend_ratio", "no_final_target", RISE, WITHOUT_FINAL),
        ("expected r", "no_final_target", RISE, {"targets": at_least({2022: 150})}),
        # A condition has nothing to compare with.
        ("required met gap attainment r", "no_reference", TREND, {"actuals": numbers({2023: 4})}),
        ("required met gap attainment r", "no_reference", TREND, {"targets": {2025: ABOVE_REGION}, "has_reference": True}),
        (
            "required met gap attainment r",
            "no_reference",
            TREND,
            {"targets": {2025: ABOVE_REGION}, "reference": {2023: Decimal(1)}},
        ),
        (
            "required met gap attainment r",
            "no_reference",
            TREND,
            {"targets": {2025: ABOVE_REGION}, "reference": {2023: NOT_APPLICABLE}, "has_reference": True},
        ),
        # Nothing can grow from 0.
        ("growth_since_baseline cagr planned_growth planned_cagr", "non_positive_base", RISE, FROM_ZERO),
        ("trend_ratio projection_cagr", "non_positive_base", RISE, FROM_ZERO),
        (
            "required met gap attainment expected r",
            "non_positive_base",
            RISE,
            {**FROM_ZERO, "targets": {2025: per_year("0.1")}},
        ),
        (
            "gap_final attainment_final completion",
            "non_positive_base",
            RISE,
            {**FROM_ZERO, "targets": {2025: over_baseline("1")}},
        ),
        ("required_cagr expected r", "non_positive_base", RISE, {**FROM_ZERO, "targets": {2025: over_baseline("1")}}),
        ("yoy", "non_positive_base", RISE, {"actuals": numbers({2022: 0, 2023: 5})}),
        ("yoy", "non_positive_base", RISE, {"actuals": numbers({2022: -5, 2023: 5})}),
        ("required_cagr", "non_positive_base", RISE, {"actuals": numbers({2023: 0})}),
        ("attainment attainment_final", "non_positive_base", FALL, {"actuals": numbers({2023: 0})}),
        ("growth_since_baseline cagr", "non_positive_base", SUM, {}),
        # A share of something negative says nothing.
        (
            "attainment attainment_final cagr trend_ratio projection_cagr",
            "negative_value",
            RISE,
            {"actuals": numbers({2023: -1})},
        ),
        ("attainment attainment_final", "negative_value", RISE, {"targets": at_least({2023: -3, 2025: -2})}),
        ("attainment attainment_final", "negative_value", FALL, {"actuals": numbers({2023: -1})}),
        ("attainment r", "negative_value", BAR, {"actuals": numbers({2023: -1})}),
        # A target of 0.
        (
            "attainment attainment_final planned_cagr trend_ratio",
            "zero_target",
            RISE,
            {"targets": at_least({2023: 0, 2025: 0})},
        ),
        ("planned_cagr required_cagr trend_ratio", "zero_target", FALL, {"targets": at_most({2025: 0})}),
        ("planned_cagr required_cagr trend_ratio", "zero_target", FALL, {"targets": at_most({2025: -5})}),
        ("attainment r", "zero_target", BAR, {"targets": at_least({2023: 0})}),
        # Nothing is left to grow.
        ("required_cagr", "past_final_year", RISE, {"last_year": 2023}),
        ("required_cagr", "past_final_year", RISE, {"last_year": 2023, "actuals": numbers({2023: 150})}),
        ("required_cagr", "already_met", RISE, {"actuals": numbers({2023: 200})}),
        ("required_cagr", "already_met", FALL, {"actuals": numbers({2023: 0})}),
        # The target is the baseline, or behind it.
        ("completion trend_ratio", "maintenance", RISE, {"targets": at_least({2025: 100})}),
        ("r", "maintenance", RISE, {"targets": at_least({2023: 100, 2025: 200})}),
        ("completion trend_ratio r", "maintenance", RISE, {"targets": {2025: per_year(0)}}),
        ("completion", "target_behind_baseline", RISE, {"targets": at_least({2025: 99})}),
        ("completion r", "target_behind_baseline", FALL, {"targets": at_most({2025: 101})}),
        ("r", "target_behind_baseline", RISE, {"targets": at_least({2023: 99, 2025: 200})}),
        # A year of an increment is missing before.
        ("actual required met gap gap_final attainment attainment_final completion", "incomplete_sum", SUM, HOLE),
        ("elapsed growth_since_baseline cagr planned_growth planned_cagr", "incomplete_sum", SUM, HOLE),
        ("required_cagr trend_ratio expected projection_cagr projection_linear r", "incomplete_sum", SUM, HOLE),
        # Conditions and yearly bars have no path.
        ("gap_final attainment_final completion planned_growth planned_cagr", "condition", TREND, {}),
        ("required_cagr trend_ratio expected projection_cagr projection_linear", "condition", TREND, {}),
        ("r", "condition", TREND, {"baseline_year": 2020, "baseline_value": Decimal(2)}),
        ("gap_final attainment_final completion planned_growth planned_cagr", "annual", BAR, {}),
        ("required_cagr trend_ratio expected projection_cagr projection_linear", "annual", BAR, {}),
        # The year before.
        ("yoy", "no_previous_year", RISE, {"actuals": numbers({2023: 5})}),
        ("yoy", "no_previous_year", RISE, {"actuals": {2022: NOT_APPLICABLE, 2023: Decimal(5)}}),
    ],
)
def test_a_null_says_why(progress, figures, reason, case, change):
    given = progress(replace(case, **change), 2023)
    assert {name: given["reasons"].get(name) for name in figures.split()} == dict.fromkeys(figures.split(), reason)


def test_what_the_plan_lacks_is_the_reason_before_what_the_year_lacks(progress):
    check(progress(a_case(), 2023), gap="no_target", gap_final="no_final_target", completion="no_baseline", yoy="no_actual")
    check(progress(replace(RISE, **FROM_ZERO, actuals={}), 2023), cagr="no_actual", planned_growth="non_positive_base")
    # Of two points of a line the left one is looked at first; that there is no point at all comes before that.
    unreachable = {2022: over_baseline("0.1"), 2024: over_baseline("0.2")}
    check(progress(a_case(targets=unreachable), 2023), expected="no_baseline")
    check(progress(a_case(targets=unreachable, baseline=(2020, 0)), 2023), expected="non_positive_base")
    check(progress(a_case(targets=unreachable), 2025), expected="no_final_target")


# Statuses and their limits


@pytest.mark.parametrize(
    ("done", "status"),
    [
        ("200", "achieved"),
        ("199.999999", "on_track"),
        ("95", "on_track"),
        ("94.999999", "slightly_behind"),
        ("80", "slightly_behind"),
        ("79.999999", "behind"),
        ("0", "behind"),
        ("-0.000001", "reversed"),
    ],
)
def test_status_by_the_share_of_the_expected_way(progress, done, status):
    rise = a_case(baseline=(2020, 0), targets=at_least({2023: 100, 2025: 200}), actuals={2023: done})
    check(progress(rise, 2023), status=status, r=float(done) / 100)
    # The same way downwards, from 300: the share is (300 - actual) / 100.
    fallen = 300 - Decimal(done)
    fall = a_case(direction="decrease", baseline=(2020, 300), targets=at_most({2023: 200, 2025: 100}), actuals={2023: fallen})
    check(progress(fall, 2023), status=status, r=float(done) / 100)


def test_limits_hold_where_binary_fractions_do_not(progress):
    # (2.9 - 1) / (3 - 1) = 0.95 and (0.7 - 0.3) / (0.8 - 0.3) = 0.8, which doubles miss by a hair.
    check(
        progress(a_case(baseline=(2020, 1), targets=at_least({2023: 3, 2025: 4}), actuals={2023: "2.9"}), 2023),
        status="on_track",
    )
    check(
        progress(a_case(baseline=(2020, "0.3"), targets=at_least({2023: "0.8", 2025: 4}), actuals={2023: "0.7"}), 2023),
        status="slightly_behind",
    )
    # 100 * 1.15^3 = 152.0875
    grown = a_case(baseline=(2020, 100), targets={2023: per_year("0.15")}, years=(2021, 2023))
    check(progress(replace(grown, actuals=numbers({2023: "152.0875"})), 2023), met=True, gap=0, status="achieved")
    check(progress(replace(grown, actuals=numbers({2023: "152.087499"})), 2023), met=False, gap=0.000001, status="on_track")
    # 0.1 + 0.2 = 0.3
    added = a_case("increment", years=(2021, 2022), targets=at_least({2022: "0.3"}), actuals={2021: "0.1", 2022: "0.2"})
    check(progress(added, 2022), met=True, gap=0, status="achieved", required_cagr="past_final_year")


def test_a_year_is_not_due_until_it_is_over(progress):
    check(progress(RISE, 2024, this_year=2024), status="not_due", actual="no_actual")
    check(progress(RISE, 2024, this_year=2025), status="no_data", actual="no_actual")
    check(progress(RISE, 2023, this_year=2023), r=0.4, status="behind")  # a value that is there counts
    excused = replace(RISE, actuals={2024: NOT_APPLICABLE})
    check(progress(excused, 2024, this_year=2024), status="not_due", actual="not_applicable")
    check(progress(excused, 2024, this_year=2025), status="not_applicable", actual="not_applicable")


@pytest.mark.parametrize(
    "case",
    [
        a_case(actuals={2023: 5}),
        a_case(baseline=(2021, 5), targets=at_least({2021: 5}), actuals={2023: 5}),  # a row of the baseline's year sets nothing
        a_case("annual", targets=at_least({2022: 10, 2024: 10}), actuals={2023: 50}),
        a_case("ratio", targets={2023: INCREASING}, actuals={2023: 5}),
        a_case("ratio", targets={2023: ABOVE_REGION}, actuals={2023: 5}, has_reference=True),
        a_case("ratio", targets={2023: ABOVE_REGION}, actuals={2023: 5}, reference=numbers({2022: 4}), has_reference=True),
        a_case(targets={2023: over_baseline("0.2")}, actuals={2023: 5}),
        a_case(targets={2024: per_year("0.2")}, actuals={2023: 5}),
        a_case(targets={2025: over_baseline("0.2")}, actuals={2023: 5}),
        a_case(baseline=(2020, 0), targets={2025: over_baseline("0.2")}, actuals={2023: 5}),
        a_case(baseline=(2020, 0), targets={2023: per_year("0.2")}, actuals={2023: 5}),
        a_case(baseline=(2020, -1), targets={2023: per_year("0.2")}, actuals={2023: 5}),
        a_case("increment", targets={2021: over_baseline("0.2")}, actuals={2021: 5}, years=(2021, 2021)),
    ],
)
def test_nothing_to_judge_by(progress, case):
    check(progress(case, min(2023, case.last_year)), status="no_reference")


def test_a_growth_target_without_base_leaves_years_with_a_row_of_their_own(progress):
    targets = {**at_least({2023: 10}), 2025: over_baseline("0.2")}
    check(progress(a_case(targets=targets, actuals={2023: 9}), 2023), status="slightly_behind", r=0.9)


def test_achieved_is_kept_before_the_last_year_and_lost_again(progress):
    case = a_case(
        baseline=(2020, 100), targets=at_least({2023: 250, 2025: 200}), actuals={2022: 200, 2023: 210, 2024: "199.999999"}
    )
    check(progress(case, 2022), status="achieved", gap_final=0, required_cagr="already_met")
    check(progress(case, 2023), status="achieved", met=False, gap=40)  # the final target counts, not the year's higher one
    check(progress(case, 2024), status="behind", gap_final=0.000001)  # 99.999999 / (225 - 100) is less than 0.8


def test_without_r_meeting_what_is_expected_is_on_track(progress):
    # To stay at 100 in 2023, and reach 120 at the end.
    case = a_case(baseline=(2020, 100), targets=at_least({2023: 100, 2025: 120}))
    check(progress(replace(case, actuals=numbers({2023: 100})), 2023), r="maintenance", status="on_track")
    check(progress(replace(case, actuals=numbers({2023: "99.999999"})), 2023), r="maintenance", status="behind")
    # Allowed to fall to 70 first, seen between the rows: expected in 2022 is 100 - 30 * 2 / 3.
    case = a_case(baseline=(2020, 100), targets=at_least({2023: 70, 2025: 120}))
    check(
        progress(replace(case, actuals=numbers({2022: 80})), 2022), expected=80, r="target_behind_baseline", status="on_track"
    )
    check(progress(replace(case, actuals=numbers({2022: 79})), 2022), expected=80, r="target_behind_baseline", status="behind")
    # Without a baseline, a row of 0 gives no share.
    case = a_case(direction="decrease", targets=at_most({2023: 0, 2025: -1}))
    check(progress(replace(case, actuals=numbers({2023: 0})), 2023), r="non_positive_base", status="on_track")


def test_only_other_years_have_targets(progress):
    case = a_case(targets=at_least({2025: 50}), actuals={2023: 30})
    check(progress(case, 2023), status="no_path", r="no_baseline", attainment_final=0.6)
    case = a_case(baseline=(2020, 10), targets=at_least({2022: 50}), actuals={2023: 30})
    check(progress(case, 2023), status="no_path", r="no_final_target", expected="no_final_target")


# Targets


def test_a_growth_per_year_rules_the_years_before_it(progress):
    case = a_case(baseline=(2020, 1000), targets={2025: per_year("0.15")}, actuals={2022: "1322.5"})
    check(progress(case, 2021), required=1150, expected=1150)
    check(progress(case, 2022), required=1322.5, met=True, gap=0, attainment=1, r=1, status="on_track")
    check(progress(case, 2023), required=1520.875)
    check(progress(case, 2025), required=2011.3571875, planned_growth=1.0113571875, planned_cagr=0.15)


def test_a_growth_per_year_counts_from_the_year_of_the_baseline(progress):
    case = a_case(years=(2022, 2025), baseline=(2021, 1000), targets={2025: per_year("0.1")})
    check(progress(case, 2022), required=1100)
    check(progress(case, 2025), required=1464.1)
    check(progress(replace(case, baseline_year=2020), 2022), required=1210)


def test_a_row_of_another_kind_ends_what_a_growth_per_year_rules(progress):
    case = a_case(baseline=(2020, 1000), targets={**at_least({2023: 1400}), 2025: per_year("0.15")})
    check(progress(case, 2022), required="no_target", expected=1266.6666666666667)  # 1000 + 400 * 2 / 3
    check(progress(case, 2023), required=1400)
    check(progress(case, 2024), required=1749.00625)  # 1000 * 1.15^4
    two = a_case(baseline=(2020, 1000), targets={2023: per_year("0.1"), 2025: per_year("0.2")})
    check(progress(two, 2022), required=1210)
    check(progress(two, 2023), required=1331)
    check(progress(two, 2024), required=2073.6)
    early = a_case(baseline=(2020, 1000), targets={2023: per_year("0.1")})
    check(progress(early, 2024), required="no_target", expected="no_final_target")


def test_a_growth_over_the_baseline_rules_its_own_year_only(progress):
    case = a_case(baseline=(2020, 500), targets={2025: over_baseline("0.2")}, actuals={2023: 560, 2025: 600})
    check(progress(case, 2023), required="no_target", expected=560, r=1, completion=0.6, status="on_track")
    check(progress(case, 2025), required=600, met=True, gap=0, planned_growth=0.2, completion=1, status="achieved")


def test_expected_lies_on_the_line_between_the_nearest_points(progress):
    case = a_case(baseline=(2020, 10), targets=at_least({2022: 30, 2025: 60}))
    for year, on_the_line in {2021: 20, 2022: 30, 2023: 40, 2024: 50, 2025: 60}.items():
        check(progress(case, year), expected=on_the_line)
    check(progress(replace(case, **NO_BASELINE), 2021), expected="no_baseline")
    check(progress(replace(case, **NO_BASELINE), 2023), expected=40)
    check(progress(replace(case, baseline_year=2018), 2021), expected=25)  # 10 + 20 * 3 / 4
    check(progress(replace(case, baseline_year=2022), 2023), expected=26.666666666666668)  # the row of 2022 sets nothing


def test_past_the_far_end_of_a_range_is_achieved_too(progress):
    case = a_case(targets={2025: a_range(5, 10)})
    check(progress(replace(case, actuals=numbers({2025: "4.999999"})), 2025), met=False, gap=0.000001, status="on_track")
    check(progress(replace(case, actuals=numbers({2025: 5})), 2025), required=5, met=True, gap=0, status="achieved")
    check(progress(replace(case, actuals=numbers({2025: 12})), 2025), met=True, gap=-7, attainment=2.4, status="achieved")
    fall = a_case(direction="decrease", targets={2025: a_range(3, 5)})
    check(progress(replace(fall, actuals=numbers({2025: 5})), 2025), required=5, met=True, gap=0, status="achieved")
    check(progress(replace(fall, actuals=numbers({2025: 2})), 2025), met=True, gap=-3, attainment=2.5, status="achieved")
    check(progress(replace(fall, actuals=numbers({2025: "5.000001"})), 2025), met=False, gap=0.000001, status="on_track")


def test_a_milestone_asks_for_one(progress):
    case = a_case("milestone", baseline=(2020, 0), targets={2025: MILESTONE}, actuals={2023: 0, 2024: 1, 2025: 3})
    check(progress(case, 2023), gap_final=1, completion=0, expected=0.6, r=0, status="behind")
    check(progress(case, 2024), completion=1, status="achieved")
    check(progress(case, 2025), required=1, met=True, gap=-2, attainment=3, status="achieved")


def test_above_region_asks_for_strictly_more_in_every_year_of_the_plan(progress):
    case = a_case(
        "ratio",
        targets={2023: ABOVE_REGION},
        actuals={2021: 80, 2022: 80, 2024: "80.1"},
        reference=numbers({2021: 80, 2022: "80.1", 2024: 80}),
        has_reference=True,
    )
    check(progress(case, 2021), required=80, met=False, gap=0, attainment=1, r=1, status="behind")
    check(progress(case, 2022), required=80.1, met=False, gap=0.1, status="behind")
    check(progress(case, 2024), required=80, met=True, gap=-0.1, status="achieved")
    lower = replace(case, direction="decrease")
    check(progress(lower, 2021), met=False, gap=0, status="behind")
    check(progress(lower, 2022), met=True, gap=-0.1, status="achieved")
    check(progress(lower, 2024), met=False, gap=0.1, status="behind")


def test_increasing_asks_every_year_so_far_to_beat_the_one_before(progress):
    case = a_case("ratio", targets={2025: INCREASING}, actuals={2019: 9, 2021: 10, 2023: 12, 2024: 12, 2025: 13})
    check(progress(case, 2021), required=9, met=True, gap=-1, status="achieved")  # years before the plan count
    check(progress(case, 2022), required=10, met="no_actual", status="no_data")
    check(progress(case, 2023), required=10, met=True, yoy="no_previous_year", status="achieved")
    check(progress(case, 2024), required=12, met=False, gap=0, attainment=1, status="behind")
    check(progress(case, 2025), required=12, met=False, gap=-1, status="behind")  # once broken, broken
    falling = a_case("ratio", "decrease", targets={2025: INCREASING}, actuals={2020: 9, 2021: 8, 2022: "8.5"})
    check(progress(falling, 2021), met=True, gap=-1, status="achieved")
    check(progress(falling, 2022), met=False, gap=0.5, status="behind")


def test_the_baseline_stands_for_its_year_unless_a_number_is_recorded_there(progress):
    case = a_case("ratio", baseline=(2020, 10), targets={2025: INCREASING}, actuals={2019: 3, 2021: 11})
    check(progress(case, 2021), required=10, met=True, yoy=0.1)
    check(progress(replace(case, actuals=numbers({2020: 22, 2021: 11})), 2021), required=22, met=False, yoy=-0.5)
    check(progress(replace(case, actuals={2020: NOT_APPLICABLE, 2021: Decimal(11)}), 2021), required=10, met=True, yoy=0.1)
    # Long before the plan, as the last that is known; what was recorded before the baseline is older.
    check(progress(replace(case, baseline_year=2017, actuals=numbers({2016: 3, 2021: 11})), 2021), required=10, met=True)
    check(progress(replace(case, baseline_year=2017, actuals=numbers({2018: 3, 2021: 11})), 2021), required=3, met=True)
    # Within the plan: the year of the baseline has no row of progress, but a number recorded for it must have risen too.
    inside = replace(case, baseline_year=2021, actuals=numbers({2020: 12, 2021: 11, 2022: 13}))
    check(progress(inside, 2022), required=11, met=False, status="behind")
    check(progress(replace(inside, actuals=numbers({2020: 12, 2022: 13})), 2022), required=10, met=True, status="achieved")


def test_rows_up_to_the_year_of_the_baseline_set_nothing(progress):
    case = a_case(baseline=(2021, 10), targets=at_least({2021: 500, 2025: 50}), actuals={2023: 30})
    check(progress(case, 2023), expected=30, r=1, status="on_track")
    check(progress(replace(case, targets={2021: per_year("0.1"), **at_least({2025: 50})}), 2022), required="no_target")


# Measures


def test_an_increment_adds_up_from_zero(progress):
    case = a_case("increment", baseline=(2018, 999), targets=at_least({2025: 20}), actuals={2020: 2, 2021: 3, 2022: 4, 2023: 5})
    check(progress(case, 2021), actual=3, elapsed=0.2, yoy=0.5, r=0.75, status="behind")  # expected 4; 3 after 2
    check(
        progress(case, 2023),
        actual=12,
        gap_final=8,
        completion=0.6,
        elapsed=0.6,
        yoy=0.25,
        expected=12,
        r=1,
        growth_since_baseline="non_positive_base",
        planned_growth="non_positive_base",
        required_cagr=0.29099444873580566,  # (20 / 12)^(1/2) - 1
        projection_linear=20,
        status="on_track",
    )
    check(progress(replace(case, actuals=numbers({2021: 3})), 2021), yoy="no_previous_year")  # its baseline is no figure


@pytest.mark.parametrize("hole", [{}, {2022: NOT_APPLICABLE}])
def test_an_increment_with_a_hole_is_a_sum_of_what_is_recorded(progress, hole):
    case = a_case("increment", targets=at_least({2023: 5, 2025: 20}), actuals={2021: 3, 2023: 8, 2024: 12, **hole})
    check(progress(case, 2021), actual=3, expected=1.6666666666666667, r=1.8, status="on_track")
    given = progress(case, 2023)
    check(given, actual=11, yoy="no_previous_year", met="incomplete_sum", status="no_data")
    assert given["reasons"]["actual"] == "incomplete_sum"
    check(progress(case, 2024), actual=23, yoy=0.5, gap_final="incomplete_sum", status="achieved")
    check(progress(case, 2025), actual="no_actual", gap_final="no_actual", elapsed=1, status="no_data")


def test_a_hole_ends_the_comparison_with_conditions_on_an_increment(progress):
    case = a_case("increment", targets={2025: INCREASING}, actuals={2020: 4, 2021: 5, 2022: 6, 2024: 9})
    check(progress(case, 2021), required=4, met=True)
    check(progress(case, 2022), actual=11, required=5, gap=-1, attainment=1.2, met=True, status="achieved")  # own figures
    check(progress(case, 2024), actual=20, required="incomplete_sum", met="incomplete_sum", status="no_data")
    check(progress(replace(case, actuals=numbers({2021: 5})), 2021), required="no_reference", status="no_reference")


def test_a_yearly_bar_is_judged_by_itself(progress):
    case = a_case("annual", targets=at_least({2021: 10, 2022: 10, 2023: 10}), actuals={2021: 10, 2022: 8, 2023: "7.999999"})
    check(progress(case, 2021), met=True, gap=0, r=1, status="achieved")
    check(progress(case, 2022), met=False, r=0.8, yoy=-0.2, status="slightly_behind")
    check(progress(case, 2023), met=False, r=0.7999999, status="behind")
    days = a_case("annual", "decrease", targets=at_most({2021: 5, 2022: 5, 2023: 5}), actuals={2021: 5, 2022: 6, 2023: 0})
    check(progress(days, 2021), met=True, status="achieved")
    check(progress(days, 2022), met=False, gap=1, r=0.8333333333333333, status="slightly_behind")
    check(progress(days, 2023), met=True, r="non_positive_base", status="achieved")
    nothing = a_case("annual", "decrease", targets=at_most({2021: -1}), actuals={2021: 0})
    check(progress(nothing, 2021), met=False, r="negative_value", status="behind")


@pytest.mark.parametrize("measure", ["stock", "cumulative", "flow", "ratio"])
def test_a_flow_is_computed_like_a_stock(progress, measure):
    case = a_case(measure, baseline=(2020, 39), targets=at_least({2025: 150}), actuals={2022: 90, 2023: 60})
    check(progress(case, 2023), actual=60, expected=105.6, r=0.3153153153153153, status="behind")  # 21 / 66.6


def test_nothing_done_is_a_growth_of_minus_one(progress):
    check(progress(replace(RISE, actuals=numbers({2022: 4, 2023: 0})), 2023), yoy=-1, cagr=-1, attainment=0, projection_cagr=0)
    assert progress(replace(RISE, actuals=numbers({2023: 0})), 2023)["status"] == "reversed"


# Frames


def test_rows_come_in_the_order_of_plan_indicators_whatever_the_order_of_the_input():
    cases = [RISE, FALL, BAR, SUM, TREND]
    ordered = assess(*plain.frames(cases), this_year=LATER)
    shuffled = assess(*(frame.iloc[::-1] for frame in plain.frames(cases)), this_year=LATER)
    assert ordered.equals(shuffled)
    assert ordered["plan_indicator"].is_monotonic_increasing


def test_plans_of_other_periods_in_the_frame_make_no_difference():
    # The sum of 2021 to 2022 leaves out 2019, although another plan has that year.
    case = replace(SUM, actuals=numbers({2019: 7, 2021: 10, 2022: 8}))
    result = assess(*plain.frames([replace(RISE, first_year=2016, last_year=2030, baseline_year=2015), case]), this_year=LATER)
    assert result[(result["plan_indicator"] == 2) & (result["year"] <= 2022)]["actual"].tolist() == [10, 18]


def test_two_plans_read_the_same_series():
    plan_indicators, targets, actuals = plain.frames([RISE, replace(RISE, first_year=2023, actuals={})])
    plan_indicators["series"] = 1
    result = assess(plan_indicators, targets, actuals, this_year=LATER)
    figures = result[result["year"] == 2023].drop(columns="plan_indicator")
    assert figures.iloc[0].equals(figures.iloc[1])


def test_no_plan_indicators_no_progress():
    some, none = (assess(*plain.frames(cases), this_year=LATER) for cases in ([RISE], []))
    assert len(none) == 0
    assert list(none.columns) == list(some.columns)


def test_a_comparison_of_all_of_them_at_once():
    plain.assert_agree([RISE, FALL, BAR, SUM, TREND, replace(SUM, **HOLE)], LATER)
    plain.assert_agree([RISE, FALL, BAR, SUM, TREND, replace(SUM, **HOLE)], LONG_AGO)
