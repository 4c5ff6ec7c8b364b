"""Numbers as people write them: read, or refused with what is wrong and an example of what is right."""

from decimal import Decimal

import pytest

from indicators.calculation import numbers

READ = {
    "0": "0",
    "-0": "0",
    "1234": "1234",
    "1,234": "1234",
    "1，234，567.5": "1234567.5",
    "１２３４": "1234",
    "１２．５": "12.5",
    " 29.51 ": "29.51",
    "\u3000７\u3000": "7",
    "29.51万": "295100",
    "1.2 万": "12000",
    "0.5亿": "50000000",
    "+5": "5",
    "-3.5": "-3.5",
    "−3.5": "-3.5",
    "123456789012345": "123456789012345",
    "0.000001": "0.000001",
}
REFUSED = {
    "见说明": "不是数字",
    "1e3": "科学计数法",
    "1E+05": "科学计数法",
    "1_000": "下划线",
    "12,34": "千分位位置不对",
    "1,2345": "千分位位置不对",
    "1.2.3": "小数点或千分位位置不对",
    ".": "小数点",
    "NaN": "不是数字",
    "Infinity": "不是数字",
    "-inf": "不是数字",
    "null": "不是数字",
    "#N/A": "不是数字",
    "٤٥": "其他文字的数字",
    "४५": "其他文字的数字",
    "五": "不是数字",
    "约500": "不是数字",
    "500件": "不是数字",
    "1234567890123456": "15 位有效数字",
    "999999999999999.9": "15 位有效数字",
    "0.1234567": "小数超过 6 位",
    "12%": "带有百分号",
    "1万亿": "不是数字",
    "--5": "不是数字|位置不对",
    "1 000": "不是数字",
}


@pytest.mark.parametrize("text", READ)
def test_read(text):
    assert numbers.plain(numbers.read(text, unit="件").value) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_refused_with_a_sentence(text):
    with pytest.raises(numbers.NotANumber, match=REFUSED[text]):
        numbers.read(text, unit="件")


@pytest.mark.parametrize("text", ["", " ", "-", "—", "－", "——"])
def test_blank_is_neither_a_number_nor_not_applicable(text):
    assert numbers.read(text).is_blank


@pytest.mark.parametrize("text", ["不适用", "n/a", "N/A"])
def test_not_applicable_is_no_number_and_no_blank(text):
    reading = numbers.read(text)
    assert reading.not_applicable
    assert not reading.is_blank
    assert reading.value is None


def test_percent_sign_only_where_the_unit_is_percent():
    assert numbers.read("12.3%", unit="%").value == Decimal("12.3")
    assert numbers.read("１２．３％", unit="%").value == Decimal("12.3")


def test_what_was_understood_is_echoed():
    assert numbers.read("1.2万").note == "1.2万 → 12000"
    assert numbers.read("1,234").note == "1,234 → 1234"
    assert numbers.read("1234").note == ""


@pytest.mark.parametrize(
    ("text", "unit", "base", "stored"),
    [
        ("29.51", "万件", "件", "295100"),
        ("3.1219", "万件", "件", "31219"),
        ("46.15", "百万件", "件", "46150000"),
        ("15.8", "亿元", "万元", "158000"),
        ("6.214", "亿元", "万元", "62140"),
        ("12.5", "%", "%", "12.5"),
    ],
)
def test_units_convert_exactly_there_and_back(text, unit, base, stored):
    value = numbers.to_base(Decimal(text), unit, base)
    assert numbers.plain(value) == stored
    assert numbers.to_printed(value, unit, base) == Decimal(text)
    assert numbers.base_unit(unit) == base


def test_units_of_different_things_do_not_convert():
    with pytest.raises(ValueError, match="不能换算"):
        numbers.to_base(Decimal(1), "亿元", "件")


def test_conversion_that_would_lose_digits_is_refused():
    with pytest.raises(numbers.NotANumber, match="15 位有效数字"):
        numbers.to_base(Decimal("123456789012.345"), "万件", "件")
