"""Lines of text to rows under known headings; what is wrong is refused with its place."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.frames import Column
from indicators.imports import reading
from indicators.imports.marking import MESSAGES
from indicators.imports.problems import Problem, Refused, refused
from indicators.imports.reading import Block, Line

CHUNK = 100_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


Cells = Mapping[str, Sequence[str]]  # under each heading


@dataclass(frozen=True)
class Sheet:
    """Part of a file: a column of text per known heading (absent ones blank), indexed by line number in the file."""

    rows: pd.DataFrame
    places: dict[str, int]  # where each heading that the file has stands
    heading: int  # the line of the headings


def headings(columns: Iterable[Column]) -> frozenset[str]:
    return frozenset(reading.normal(word) for column in columns for word in (column.name, column.label))


def read(path: str | Path, columns: list[Column]) -> Iterator[Sheet]:
    """The rows of a file in parts. Wholly blank rows are passed over; they count as lines all the same."""
    path = Path(path)
    try:
        file = reading.open_file(path, path.name, headings(columns), in_blocks=True)
        yield from of(file.lines, columns, is_ragged=file.kind == "xlsx")
    except reading.Unreadable as error:
        raise refused(error.reason, line=error.line) from error


def of(
    lines: Iterable[Line | Block], columns: list[Column], *, is_ragged: bool = False, told: list[Problem] | None = None
) -> Iterator[Sheet]:
    """Rows under their headings. A ragged file may leave out or add blank cells at a row's end, as Excel does.

    Rows and cells that cannot be read are refused at the end, or told into a list for whoever wants to go on.
    """
    lines = iter(lines)
    heading, passed = _heading(lines, headings(columns))
    if heading is None:
        raise refused("文件里没有表头，请在第一行写上列名：" + "、".join(column.name for column in columns))
    places = _places(heading, columns)
    width = len(heading.cells)
    problems: list[Problem] = [] if told is None else told
    found = False
    for cells, numbers in _parts(itertools.chain(passed, lines), places, width, problems, is_ragged=is_ragged):
        rows = _rows(cells, numbers, columns)
        if len(rows):
            found = True
            yield Sheet(rows, places, heading.number)
    if problems and told is None:
        raise Refused(problems)
    if not found and not problems:
        raise refused("文件只有表头，没有数据行")


def _parts(
    lines: Iterable[Line | Block], places: dict[str, int], width: int, problems: list[Problem], *, is_ragged: bool
) -> Iterator[tuple[Cells, Sequence[int]]]:
    """Cells and the numbers of their lines, many at a time; what is wrong with the form of a row goes into the problems."""
    numbers: list[int] = []
    rows: list[list[str]] = []

    def collected() -> tuple[Cells, list[int]]:
        by_place = list(zip(*rows, strict=True))
        return {name: by_place[place] for name, place in places.items()}, numbers

    for line in _without_unfit_blocks(lines, width):
        if isinstance(line, Block):
            if rows:
                yield collected()
                numbers, rows = [], []
            yield _cut(line, places, width)
            continue
        row, troubles = line.cells, line.troubles
        if len(row) != width:
            if not any(cell.strip() for cell in row) and not troubles:
                continue
            if is_ragged:
                row = [*row[:width], *[""] * (width - len(row))]
            elif len(row) > width:
                reason = f"有 {len(row)} 格，而表头只有 {width} 列；如内容含逗号，请用英文双引号括起"
                problems.append(Problem(line.number, "", reason))
                continue
            else:
                problems.append(Problem(line.number, "", f"只有 {len(row)} 格，而表头有 {width} 列，请补齐"))
                continue
        if troubles:
            problems += [Problem(line.number, name, troubles[place]) for name, place in places.items() if place in troubles]
        numbers.append(line.number)
        rows.append(row)
        if len(rows) >= CHUNK:
            yield collected()
            numbers, rows = [], []
    if rows:
        yield collected()


def _without_unfit_blocks(lines: Iterable[Line | Block], width: int) -> Iterator[Line | Block]:
    """Only such blocks in which every line is as wide as the headings; of the others their lines."""
    for line in lines:
        if isinstance(line, Block) and line.widths != {width}:
            yield from line.lines()
        else:
            yield line


def _cut(block: Block, places: dict[str, int], width: int) -> tuple[Cells, range]:
    """A block cut at its commas, by the parser of pandas: it makes one text of all that are the same."""
    frame = pd.read_csv(
        io.StringIO(block.text),
        header=None,
        names=range(width),
        usecols=list(places.values()),
        index_col=False,
        dtype=object,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
        low_memory=False,
    )
    numbers = range(block.number, block.number + len(frame))
    return {name: frame[place].tolist() for name, place in places.items()}, numbers


def _rows(cells: Cells, numbers: Sequence[int], columns: list[Column]) -> pd.DataFrame:
    """A column of text per known heading, without the rows that are blank where the file has something to say."""
    texts = {name: _clean(cells[name]) for name in cells}
    absent = {column.name: "" for column in columns if column.name not in cells}
    frame = pd.DataFrame(texts | absent, index=pd.Index(numbers, name="line"), dtype=object)
    is_blank = np.logical_and.reduce([frame[name].to_numpy() == "" for name in texts])
    return frame[~is_blank] if is_blank.any() else frame


def _clean(cells: Sequence[str]) -> Sequence[str]:
    """Cells without the spaces around them and the mark that an export puts before formulas."""
    odd = [text for text in set(cells) if text.strip() != text or text[:1] == "'"]
    changed = {text: _without_guard(text.strip()) for text in odd}
    return [changed.get(text, text) for text in cells] if changed else cells


def _heading(lines: Iterator[Line | Block], known: frozenset[str]) -> tuple[Line | None, list[Line]]:
    """The line of headings and those read past it: the first that names columns, else the first that is not blank."""
    first, after = None, []
    for count, line in enumerate(lines, start=1):
        if first is not None:
            after.append(line)
        if reading.is_heading(line.cells, known):
            return line, []
        if first is None and any(cell.strip() for cell in line.cells):
            first = line
        if count >= reading.HEADING_ROWS:
            break
    return first, after


def _places(heading: Line, columns: list[Column]) -> dict[str, int]:
    """Where each known column stands; its heading may be the English or the Chinese one."""
    names = {reading.normal(word): column.name for column in columns for word in (column.name, column.label)}
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for place, cell in enumerate(heading.cells):
        text = cell.strip().strip("\ufeff")
        if not text or text == MESSAGES:
            continue
        name = names.get(reading.normal(text))
        if name is None:
            shown = text if len(text) <= 30 else text[:30] + "…"
            reason = f"不认识的列名“{shown}”；可用的列名：{'、'.join(c.name for c in columns)}"
            problems.append(Problem(heading.number, "", reason))
        elif name in places:
            problems.append(Problem(heading.number, "", f"列名“{text}”出现了两次，请删去其中一列"))
        else:
            places[name] = place
    missing = [column.name for column in columns if column.required and column.name not in places]
    if missing:
        problems.append(Problem(heading.number, "", f"缺少列：{'、'.join(missing)}"))
    if problems:
        raise Refused(problems)
    return places


def _without_guard(cell: str) -> str:
    """Undo the ' that an export puts before text which a spreadsheet would take for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell
