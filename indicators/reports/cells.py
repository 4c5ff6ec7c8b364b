"""A column of figures in one printed unit: which unit suits it, and each figure ready to print beside its raw value."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from indicators.calculation import numbers, wording
from indicators.calculation.wording import NOTHING

# In which a column may be printed, the largest first; units for single plans (百万件, 元) are left to those plans.
_STEPS = ("亿", "万")


class Cell(NamedTuple):
    """What is printed, and the exact value for the title; `why` of an empty one."""

    text: str
    raw: str = ""
    why: str = ""
    word: str = ""  # printed in place of the —, where a word says more
    fraction: float | None = None  # of a ratio, which is printed in %

    @property
    def is_empty(self) -> bool:
        return not self.raw

    @property
    def number(self) -> float | None:
        """The printed number, of a ratio the fraction: for files and charts."""
        if self.is_empty:
            return None
        if self.fraction is not None:
            return float(numbers.rounded(Decimal(repr(float(self.fraction))), 6))
        return float(self.text.replace(",", "").replace(wording.MINUS, "-"))


def larger_units(base: str) -> list[tuple[str, int]]:
    """The units above the base unit in which a column may be printed, the largest first, each with its size."""
    units = [unit for step in _STEPS for unit in (f"{step}{base}", f"{step}{base.removeprefix('万')}")]
    known = [unit for unit in dict.fromkeys(units) if numbers.SCALED_UNITS.get(unit, ("", 0))[0] == base]
    return [(unit, int(numbers.factor(unit, base))) for unit in known]


def unit_reached(count: int, reached: Sequence[int], base: str) -> str:
    """The largest unit that at least half of `count` values reach, so that a column is short without being full of 0.00…

    `reached` counts, for each of the larger units, the values that are not below it.
    """
    if not count:
        return base
    enough = count - count // 2
    return next((unit for (unit, _), many in zip(larger_units(base), reached, strict=True) if many >= enough), base)


def unit_for(values: Iterable[Any], base: str) -> str:
    """The same for values at hand."""
    sizes = [abs(value) for value in values if value]
    return unit_reached(len(sizes), [sum(size >= scale for size in sizes) for _, scale in larger_units(base)], base)


def value(amount: Any, *, unit: str, base: str, decimals: int, why: str = "", word: str = "") -> Cell:
    """A figure of the base unit as the column prints it."""
    if amount is None:
        return Cell(NOTHING, why=why, word=word)
    return Cell(wording.in_unit(amount, unit, base, decimals), f"{_plain(amount)} {base}")


def _plain(amount: Any) -> str:
    """All its digits, and no others."""
    text = "" if isinstance(amount, Decimal) else repr(float(amount))
    if text and "e" not in text:
        return text.removesuffix(".0")
    return numbers.plain(Decimal(text) if text else amount)


def share(fraction: float | None, *, why: str = "", word: str = "") -> Cell:
    """A ratio: printed in %, a fraction in files."""
    if fraction is None:
        return Cell(NOTHING, why=why, word=word)
    return Cell(wording.percent(fraction), f"{fraction:.6g}", fraction=fraction)
