"""A column of figures in one printed unit: which unit suits it, and each figure ready to print beside its raw value."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from indicators.calculation import numbers, wording
from indicators.calculation.wording import NOTHING

# In which a column may be printed, the largest first; units for single plans (百万件, 元) are left to those plans.
_STEPS = ("亿", "万")


@dataclass(frozen=True)
class Cell:
    """What is printed, the exact value for the title, the printed number for files; `why` of an empty one."""

    text: str
    raw: str = ""
    number: float | None = None
    why: str = ""
    word: str = ""  # printed in place of the —, where a word says more


def unit_for(values: Iterable[Any], base: str) -> str:
    """The largest unit that at least half of the values reach, so that a column is short without being full of 0.00…"""
    sizes = sorted(abs(value) for value in values if value)
    if not sizes:
        return base
    middle = sizes[len(sizes) // 2]
    for step in _STEPS:
        for unit in (f"{step}{base}", f"{step}{base.removeprefix('万')}"):
            if numbers.SCALED_UNITS.get(unit, ("", 0))[0] == base and middle >= numbers.factor(unit, base):
                return unit
    return base


def value(amount: Any, *, unit: str, base: str, decimals: int, why: str = "", word: str = "") -> Cell:
    """A figure of the base unit as the column prints it."""
    if amount is None:
        return Cell(NOTHING, why=why, word=word)
    text = wording.in_unit(amount, unit, base, decimals)
    raw = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
    return Cell(text, f"{numbers.plain(raw)} {base}", float(text.replace(",", "").replace(wording.MINUS, "-")))


def share(fraction: float | None, *, why: str = "", word: str = "") -> Cell:
    """A ratio: printed in %, a fraction in files."""
    if fraction is None:
        return Cell(NOTHING, why=why, word=word)
    return Cell(wording.percent(fraction), f"{fraction:.6g}", float(numbers.rounded(Decimal(repr(float(fraction))), 6)))
