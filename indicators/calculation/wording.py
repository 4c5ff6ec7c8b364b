"""Figures as people read them: one formatter for page, chart, file and report. Rounds once, half up, only here."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache

from indicators.calculation import numbers, status
from indicators.calculation.vocabulary import Reason, Status

MINUS = "\u2212"
NOTHING = "—"


def _exact(value: float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


# Remembered, because after a change almost every figure of a page is what it was before.
@lru_cache(maxsize=20_000, typed=True)
def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """12,345.60 with a true minus; — for nothing."""
    if value is None:
        return NOTHING
    if _is_plain(value, decimals):
        text = f"{value:,.{decimals}f}"
    else:
        text = f"{numbers.rounded(_exact(value), decimals):,.{decimals}f}"
    return _signed(text)


def _is_plain(value: float | Decimal, decimals: int) -> bool:
    """Whether Python's own format rounds it half up as written: floats, but ties and what has more digits than a float."""
    if type(value) is not float:
        return False
    text = repr(value)
    point = text.find(".")
    is_tie = text[-1] == "5" and len(text) - point - 2 == decimals
    return 0 < point <= 15 - decimals and "e" not in text and not is_tie


def _signed(text: str) -> str:
    """With a true minus, and none before a 0."""
    if text[0] != "-":
        return text
    return f"{MINUS}{text[1:]}" if text.strip("-0.,") else text[1:]


@lru_cache(maxsize=20_000, typed=True)
def in_unit(value: float | Decimal | None, unit: str, base: str, decimals: int) -> str:
    """A value in the base unit, as a number in the printed unit: 295100 件 is 29.51 in 万件. It has at most the indicator's
    decimals, which are those of the base unit and as many more in a larger one, and like print no zeros at its end."""
    if value is None:
        return NOTHING
    scale = numbers.factor(unit, base)
    if scale == 1:
        return _trimmed(number(value, decimals))
    return _trimmed(number(_exact(value) / scale, decimals + max(scale.adjusted(), 0)))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=20_000, typed=True)
def exact(value: float | Decimal, unit: str, base: str) -> str:
    """A value in the base unit as it was stated, in the printed unit: no digit dropped and none added."""
    printed = numbers.to_printed(_exact(value), unit, base)
    text = _trimmed(f"{abs(printed):,f}")
    return f"{MINUS}{text}" if printed < 0 else text


def after_number(unit: str) -> str:
    """A unit as it follows a number: 5 件, 5%, 5 个工作日."""
    return unit if unit == "%" else f" {_COUNTED.get(unit, unit)}"


# What is counted with a measure word.
_COUNTED = {"工作日": "个工作日", "百分点": "个百分点"}


def percent(fraction: float | None, decimals: int = 1) -> str:
    """0.787 is 78.7%."""
    if fraction is None:
        return NOTHING
    if not _is_plain(fraction, decimals + 2):
        return f"{number(_exact(fraction) * 100, decimals)}%"
    # The point is moved in the text: a float times 100 is not always what it says.
    whole, part = f"{fraction:.{decimals + 2}f}".split(".")
    text = f"{int(whole + part[:2]):,}" + (f".{part[2:]}" if decimals else "")
    return f"{_signed(f'-{text}' if fraction < 0 and text[0] != '-' else text)}%"


def change(fraction: float | None, decimals: int = 1) -> str:
    """0.082 is 增长 8.2%; what rounds to nothing is 持平."""
    if fraction is None:
        return NOTHING
    rounded = numbers.rounded(_exact(fraction) * 100, decimals)
    if rounded == 0:
        return "持平"
    return f"{'增长' if rounded > 0 else '下降'} {number(abs(rounded), decimals)}%"


def change_of_rate(difference: float | None, decimals: int = 2) -> str:
    """The change of a rate in %: 提高 1.45 个百分点, never %. With the decimals of the rate, it is told as the rate is."""
    if difference is None:
        return NOTHING
    rounded = numbers.rounded(_exact(difference), decimals)
    if rounded == 0:
        return "持平"
    return f"{'提高' if rounded > 0 else '降低'} {_trimmed(number(abs(rounded), decimals))} 个百分点"


def reason(code: str | None) -> str:
    """Why a figure is empty, in words."""
    return "" if code is None else Reason.__members__[code.upper()].label


def period(start: date, end: date, *, is_latest_possible_day: bool = False) -> str:
    """2024 年 1—9 月, 2021 年 3 月 15 日（时点）, or both days where the months are not whole."""
    limit = "不晚于 " if is_latest_possible_day else ""
    if start == end:
        return f"{limit}{_day(end)}" if limit else f"{_day(end)}（时点）"
    is_whole = start.day == 1 and (end + timedelta(days=1)).day == 1 and start.year == end.year and not limit
    if is_whole:
        return f"{end.year} 年 {end.month if start.month == end.month else f'{start.month}—{end.month}'} 月"
    return f"{_day(start)}至{limit or ' '}{_day(end)}"


def _day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


@dataclass(frozen=True)
class Sign:
    """How a status is shown: a symbol, a word, and a style of its own; never by colour alone."""

    symbol: str
    word: str
    style: str


_SIGNS = {
    Status.ACHIEVED: ("✔", "good"),
    Status.ON_TRACK: ("●", "good"),
    Status.SLIGHTLY_BEHIND: ("▲", "late"),
    Status.BEHIND: ("■", "bad"),
    Status.REVERSED: ("■", "bad"),
}


def sign(code: str, *, r: float | None = None, is_final_year: bool = True, is_of_year: bool = False) -> Sign:
    """The sign of a status in a year."""
    return _sign(code, status.label(code, r=r, is_final_year=is_final_year, is_of_year=is_of_year))


@cache
def _sign(code: str, word: str) -> Sign:
    symbol, style = _SIGNS.get(Status.__members__[code.upper()], ("○", "none"))
    return Sign(symbol, word, style)
