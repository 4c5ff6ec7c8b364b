"""Text to typed values for entry: the grid, its plain form and a pasted block read a cell by the same functions."""

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from indicators.calculation import numbers
from indicators.calculation.vocabulary import Measure
from indicators.models.fields import FIRST_YEAR, LAST_YEAR

CLEARED = "清除"  # written in a cell like 不适用: what is in force shall be taken away
NOT_APPLICABLE = "不适用"
MAX_TYPED, MAX_SOURCE, MAX_URL, MAX_NOTE = 60, 300, 500, 1000

_ADDRESS = re.compile(r"https?://[^\s\"<>]+$")


class BadRequest(ValueError):
    """A request that no page of ours sends."""


class Refused(ValueError):
    """Text that cannot even be kept; the message says what is wrong and how to mend it."""


@dataclass(frozen=True)
class Cell:
    """What a cell was understood as. The value is in the base unit; with an `error` nothing but the text is there."""

    as_typed: str = ""
    value: Decimal | None = None
    not_applicable: bool = False
    clears: bool = False
    echo: str = ""  # how it was understood, where that is more than copying the digits
    error: str = ""

    @property
    def says_something(self) -> bool:
        """A number, 不适用 or 清除: fit to be submitted."""
        return self.value is not None or self.not_applicable or self.clears


def read_cell(text: str, *, unit: str, indicator) -> Cell:
    """A figure as people write it, in `unit`, the unit printed beside the cell. Blank and "-" say nothing."""
    typed = one_line(text)
    if len(typed) > MAX_TYPED:
        raise Refused(f"填报数最多 {MAX_TYPED} 个字；文字说明请写入备注")
    if typed == CLEARED:
        return Cell(typed, clears=True)
    try:
        reading = numbers.read(typed, unit=unit)
        if reading.is_blank:
            return Cell()
        if reading.not_applicable:
            return Cell(typed, not_applicable=True, echo="" if typed == NOT_APPLICABLE else f"{typed} → {NOT_APPLICABLE}")
        value = numbers.to_base(reading.value, unit, indicator.unit)
    except ValueError as error:
        return Cell(typed, error=str(error))
    if value < 0 and is_count(indicator):
        return Cell(typed, error=f"“{typed}”是负数，这一指标按个数计，不会小于 0，例如 0 或 12")
    return Cell(typed, value, echo=_echo(typed, reading, value, unit, indicator.unit))


def is_count(indicator) -> bool:
    """Whether the figure counts things, so that it is never below 0."""
    return indicator.unit in numbers.COUNT_UNITS and indicator.measure != Measure.RATIO


def _echo(typed, reading, value, unit, base):
    """1.2万 → 12000 件; nothing where plain digits were typed in the unit that is stored."""
    if not reading.note and unit == base:
        return ""
    told = typed if any(word in typed for word in ("万", "亿", "%")) or unit == base else f"{typed} {unit}"
    return f"{told} → {numbers.plain(value)} {base}"


def year_refusal(year: int, *, today: datetime.date) -> str | None:
    """Why no figure can be entered for a year; None where one can."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间"
    return f"{year} 年还没有开始，不能填报" if year > today.year else None


def read_source(text: str) -> tuple[str, str]:
    """Where a figure comes from, as (words, web address): an address at the end of the text is kept as such."""
    said = one_line(text)
    found = _ADDRESS.search(said)
    address = found[0] if found else ""
    words = said.removesuffix(address).strip()
    if len(words) > MAX_SOURCE:
        raise Refused(f"来源最多 {MAX_SOURCE} 个字，现在是 {len(words)} 个")
    if len(address) > MAX_URL:
        raise Refused(f"来源网址最多 {MAX_URL} 个字符，现在是 {len(address)} 个")
    return words, address


def joined_source(words: str, address: str) -> str:
    """The text that `read_source` takes apart."""
    return f"{words} {address}".strip()


def read_note(text: str) -> str:
    said = one_line(text)
    if len(said) > MAX_NOTE:
        raise Refused(f"备注最多 {MAX_NOTE} 个字，现在是 {len(said)} 个")
    return said


def one_line(text: str) -> str:
    """Cells are single lines; line breaks and control characters out of a spreadsheet become spaces."""
    printable = "".join(character if character.isprintable() else " " for character in str(text))
    return " ".join(printable.split())


# Rows of the grid, as they are sent


@dataclass(frozen=True)
class Proposal:
    """What was typed in a row, and from which versions of the own entry and of the figure in force."""

    indicator: str
    typed: str
    source: str
    note: str
    version: int = 0
    seen_version: int = 0

    def cell(self, *, unit: str, indicator) -> Cell:
        return read_cell(self.typed, unit=unit, indicator=indicator)


def read_proposals(cells: object, *, most: int) -> list[Proposal]:
    """The rows of a JSON body; BadRequest when it is none."""
    if not isinstance(cells, list) or not 0 < len(cells) <= most:
        raise BadRequest(f"cells 应是 1 至 {most} 行的列表")
    found = {one.indicator: one for one in map(_proposal, cells)}
    if len(found) != len(cells):
        raise BadRequest("同一指标出现了两次")
    return list(found.values())


def _proposal(cell: object) -> Proposal:
    if not isinstance(cell, Mapping):
        raise BadRequest("每一行应是一个对象")
    texts = [cell.get(name, "") for name in ("indicator", "typed", "source", "note")]
    versions = [cell.get(name, 0) for name in ("version", "seen_version")]
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int and number >= 0 for number in versions):
        raise BadRequest("indicator、typed、source、note 应是文字，version、seen_version 应是不小于 0 的整数")
    return Proposal(*texts, *versions)


def changed_proposals(posted: Mapping[str, str], codes: list[str]) -> list[Proposal]:
    """Of the plain form the rows in which something was typed since the page was made; BadRequest when it is not ours."""
    found = []
    for code in codes:
        stamp = posted.get(f"seen-{code}")
        if stamp is None:
            continue
        texts = [posted.get(f"{name}-{code}", "") for name in ("value", "source", "note")]
        parts = stamp.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts[:2]):
            raise BadRequest("表单不完整，请重新打开这一页")
        if parts[2] != mark_of(*texts):
            found.append(Proposal(code, *texts, int(parts[0]), int(parts[1])))
    return found


def mark_of(*texts: str) -> str:
    """A short mark by which a form knows whether its texts were changed."""
    return hashlib.sha256("\x1f".join(map(one_line, texts)).encode()).hexdigest()[:12]
