"""Figures are rounded half up as they are written, whichever way is taken to do it."""

from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indicators.calculation import wording
from indicators.calculation.wording import MINUS

WIDE = Context(prec=400)


def plainly(value, decimals):
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, WIDE)
    text = f"{abs(rounded):,.{decimals}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


printed = st.builds(lambda digits, places: digits / 10**places, st.integers(-(10**9), 10**9), st.integers(0, 7))
ties = st.builds(lambda digits, places: (10 * digits + 5) / 10**places, st.integers(-(10**6), 10**6), st.integers(1, 6))
anything = st.floats(allow_nan=False, allow_infinity=False)
values = printed | ties | anything


@given(values, st.integers(0, 4))
@example(2.675, 2)
@example(0.125, 2)
@example(-0.5, 0)
@example(-0.04, 1)
@example(810093989271335.9, 3)
def test_numbers(value, decimals):
    assert wording.number(value, decimals) == plainly(Decimal(repr(value)), decimals)


@given(values, st.integers(0, 3))
@example(0.7865, 1)
@example(-0.0004, 1)
@example(12.3456, 1)
@example(0.0005, 1)
@example(1.0, 0)
def test_shares(value, decimals):
    assert wording.percent(value, decimals) == plainly(WIDE.multiply(Decimal(repr(value)), 100), decimals) + "%"


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [(80.0, "分", "80"), (80.25, "分", "80.3"), (Decimal("-0.04"), "分", "0"), (1200.0, "分", "1,200"), (None, "分", "—")],
)
def test_a_figure_has_at_most_the_decimals_of_its_indicator(value, unit, told):
    assert wording.in_unit(value, unit, unit, 1) == told


@pytest.mark.parametrize(
    ("value", "unit", "base", "told"),
    [
        (Decimal("31219.000000"), "万件", "件", "3.1219"),
        (80.25, "分", "分", "80.25"),
        (Decimal("-1200.50"), "件", "件", "−1,200.5"),
        (100.0, "%", "%", "100"),
    ],
)
def test_what_was_stated_keeps_its_digits(value, unit, base, told):
    assert wording.exact(value, unit, base) == told


def test_units_after_a_number():
    assert [wording.after_number(unit) for unit in ("件", "%", "工作日")] == [" 件", "%", " 个工作日"]


def test_only_a_final_target_is_met_early():
    signs = [
        wording.sign("achieved", is_final_year=final, is_of_year=alone).word for final in (False, True) for alone in (0, 1)
    ]
    assert signs == ["提前完成", "本年达标", "已完成", "已完成"]


@pytest.mark.parametrize("value, told", [(None, "—"), (0, "0.0"), (7, "7.0"), (Decimal("2.25"), "2.3"), (-0.0, "0.0")])
def test_what_is_no_float_or_nothing(value, told):
    assert wording.number(value, 1) == told
