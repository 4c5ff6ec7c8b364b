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


@pytest.mark.parametrize("value, told", [(None, "—"), (0, "0.0"), (7, "7.0"), (Decimal("2.25"), "2.3"), (-0.0, "0.0")])
def test_what_is_no_float_or_nothing(value, told):
    assert wording.number(value, 1) == told
