"""A file to lines of text, whatever it contains: .csv in UTF-8 or GB18030, .xlsx; refused with a sentence when it is neither.

Knows neither Django nor the database: what people upload is read by this file as a program of its own, with limits set by
whoever starts it (`child.py`), so that a hostile file can hurt nobody but that process.
"""

import codecs
import contextlib
import csv
import datetime
import io
import itertools
import json
import operator
import os
import re
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

os.environ.setdefault("OPENPYXL_LXML", "False")  # with lxml in reach openpyxl would pass defusedxml by

MEMBERS, UNPACKED, RATIO = 200, 100 * 1024 * 1024, 100
ROWS, COLUMNS = 20_000, 200
TAGS = 8_000_000  # what 20,000 rows need, several times over
LONGEST_LINE = 100_000
LONGEST_CELL = 32_767  # Excel's own limit
LONGEST_OUTPUT = 48 * 1024 * 1024
HEADING_ROWS = 20
BLOCK, FEW = 4_000_000, 1000  # characters that are read at once; fewer lines than this are no block
KNOWN_HEADINGS = 3
FOREIGN_PARTS = ("xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/connections.xml", "xl/querytables/")
SPREADSHEET = "spreadsheetml.sheet.main+xml"
UNREADABLE = "不是可读的 .xlsx（可能已损坏或加了密码），请在 Excel 或 WPS 中另存一份"
TOO_SMALL_HERE = "too large to be read while somebody waits"


class Unreadable(Exception):
    """The file cannot be taken; the sentence says why, the line where, if anywhere."""

    def __init__(self, reason: str, line: int = 0):
        self.reason, self.line = reason, line
        super().__init__(reason)


class Line(NamedTuple):
    """A row: its number in the file, its cells as text, and what is wrong with single cells, by their place."""

    number: int
    cells: list[str]
    troubles: Mapping[int, str] = MappingProxyType({})


class Block(NamedTuple):
    """Consecutive lines of a CSV file in which nothing is quoted: cells end at commas and nowhere else."""

    number: int  # of the first line in the file
    widths: set[int]  # how many cells the lines have
    text: str  # with "\n" at the lines' ends

    def lines(self) -> Iterator[Line]:
        return _records(list(io.StringIO(self.text)), (), self.number)


@dataclass
class Reading:
    """A file that can be read: its kind, the sheet's name or the encoding, and its lines."""

    kind: str
    detail: str
    lines: Iterator[Line | Block]


def open_file(
    path: Path,
    name: str,
    headings: frozenset[str],
    *,
    most_rows: int | None = None,
    unpacked: int = UNPACKED,
    in_blocks: bool = False,
) -> Reading:
    """The lines of a file; of a workbook, those of the first visible sheet that has the headings, else of its first.

    `in_blocks` gives those of a CSV file that need no more than to be cut at their commas many at a time.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise Unreadable(f"文件“{name}”无法打开：{error.strerror}") from None
    if not start:
        raise Unreadable(f"文件“{name}”是空的，请填入数据后再导入")
    if start.startswith(b"PK"):
        refuse_bomb(path, name, unpacked)
        return _workbook(path, name, headings)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(f"文件“{name}”是旧版 .xls 或加了密码，请在 Excel 或 WPS 中另存为不加密的 .xlsx")
    if start.startswith(b"%PDF"):
        raise Unreadable(f"文件“{name}”是 PDF，请上传 .xlsx 或 .csv 表格")
    encoding = encoding_of(path)
    return Reading("csv", encoding, _csv_lines(path, encoding, most_rows, in_blocks))


def is_heading(cells: list[str], headings: frozenset[str]) -> bool:
    """Whether a row names columns: title rows above it do not."""
    return sum(1 for cell in cells if normal(cell) in headings) >= KNOWN_HEADINGS


def normal(cell: str) -> str:
    """A heading without the marks that people and programs put around it."""
    return cell.strip().strip("\ufeff*＊ \n").lower()


# CSV


def _csv_lines(path: Path, encoding: str, most_rows: int | None, in_blocks: bool) -> Iterator[Line | Block]:
    with path.open(encoding=encoding, newline="") as file:
        number = 1
        while texts := file.readlines(BLOCK) if number > HEADING_ROWS else list(itertools.islice(file, HEADING_ROWS)):
            if in_blocks and number > HEADING_ROWS and len(texts) >= FEW and (text := _plain(texts)):
                yield Block(number, {line.count(",") + 1 for line in texts}, text)
                number += len(texts)
                continue
            for line in _records(texts, file, number, most_rows):
                yield line
                number = line.number + 1


def _plain(texts: list[str]) -> str:
    """Lines as one text if nothing in it but commas and lines' ends means anything to a reader of CSV, else nothing."""
    text = "".join(texts).replace("\r\n", "\n")
    return "" if '"' in text or "\r" in text or text.startswith("\ufeff") else text


def _records(texts: list[str], rest: Iterable[str], number: int, most_rows: int | None = None) -> Iterator[Line]:
    """The records that begin in some lines, counted from a number; the last may go on into the rest of the file."""
    begun = iter(texts)
    try:
        for row in csv.reader(itertools.chain(begun, rest), strict=True):
            if most_rows and number > most_rows + HEADING_ROWS:
                raise Unreadable(f"超过 {most_rows} 行，请分成几个文件", number)
            if len(row) > COLUMNS:
                raise Unreadable(f"超过 {COLUMNS} 列，不像数据表", number)
            yield Line(number, row)
            number += 1  # of the record, which is the row that a spreadsheet shows
            if not operator.length_hint(begun):
                break
    except csv.Error as error:
        what = "引号没有配对" if "quote" in str(error) or "end of data" in str(error) else "一格里的内容太长或格式有误"
        raise Unreadable(f"{what}，请在 Excel 或 WPS 中打开核对后另存为 CSV UTF-8", number) from None


def encoding_of(path: Path) -> str:
    """utf-8-sig or gb18030, whichever the whole file is; also refuses what is no table at all."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Unreadable("文件是 UTF-16 编码，请另存为“CSV UTF-8”")
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        line, length = 1, 0
        with path.open("rb") as file:
            try:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                    if b"\0" in block:
                        raise Unreadable(
                            "文件含有空字符，不是文本表格；请另存为 .xlsx 或“CSV UTF-8”",
                            line + block[: block.index(b"\0")].count(b"\n"),
                        )
                    line, length = _measured(block, line, length)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        return "utf-8-sig" if encoding == "utf-8" else encoding
    raise Unreadable("文件既不是 UTF-8 也不是 GB18030 编码，请另存为“CSV UTF-8”")


def _measured(block: bytes, line: int, length: int) -> tuple[int, int]:
    """Lines so far and the length of the unfinished one; refuses a line that no table has."""
    lengths = [len(part) for part in block.split(b"\n")]
    lengths[0] += length
    if max(lengths) > LONGEST_LINE:
        too_long = next(place for place, length in enumerate(lengths) if length > LONGEST_LINE)
        raise Unreadable(f"这一行超过 {LONGEST_LINE} 个字节，不像数据表；请核对文件", line + too_long)
    return line + len(lengths) - 1, lengths[-1]


# XLSX


def refuse_bomb(path: Path, name: str, most: int = UNPACKED) -> None:
    """Refuse archives that would unpack to far more than they weigh, by really unpacking them, bounded; or are no table."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _refuse_parts(members, name)
            unpacked, tags, rows = 0, 0, 0
            limit = min(UNPACKED, RATIO * path.stat().st_size + (1 << 20))
            for member in members:
                is_sheet = member.filename.lower().startswith("xl/worksheets/")
                tail = b""
                with archive.open(member) as part:
                    while block := part.read(1 << 18):
                        unpacked += len(block)
                        if unpacked > limit:
                            raise Unreadable(f"文件“{name}”解压后过大，不像表格文件")
                        if unpacked > most:
                            raise Unreadable(TOO_SMALL_HERE)
                        tags += block.count(b"<")
                        if tags > TAGS:
                            raise Unreadable(f"文件“{name}”里的格子过多，请只留需要的行和列")
                        joined = tail + block
                        if b"<!DOCTYPE" in joined or b"<!ENTITY" in joined:
                            raise Unreadable(f"文件“{name}”含有实体声明，不像 Excel 或 WPS 所存的文件，已拒绝")
                        if is_sheet:
                            rows += _rows_begun(joined) - _rows_begun(tail)
                            if rows > ROWS * 3 + HEADING_ROWS:  # blank rows with a format only, and other sheets
                                raise Unreadable(f"超过 {ROWS} 行，请改用 CSV 或分成几个文件")
                        tail = joined[-12:]
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        zipfile.LargeZipFile,
    ) as error:
        raise Unreadable(f"文件“{name}”{UNREADABLE}") from error
    except Exception as error:
        if isinstance(error, Unreadable | MemoryError):
            raise
        raise Unreadable(f"文件“{name}”{UNREADABLE}") from error  # zlib.error and its kin


def _rows_begun(block: bytes) -> int:
    return len(re.findall(rb"<(?:[a-zA-Z0-9]{1,4}:)?row[\s/>]", block))


def _refuse_parts(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MEMBERS:
        raise Unreadable(f"文件“{name}”内含 {len(members)} 个部件，不像表格文件")
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable(f"文件“{name}”加了密码，请在 Excel 或 WPS 中去掉密码后另存")
    names = [member.filename.lower() for member in members]
    if len(set(names)) < len(names):
        raise Unreadable(f"文件“{name}”的部件重名，不像 Excel 或 WPS 所存的文件，已拒绝")
    if any(part.endswith("vbaproject.bin") for part in names):
        raise Unreadable(f"文件“{name}”含有宏，请另存为不含宏的 .xlsx")
    if any(part.startswith(FOREIGN_PARTS) for part in names):
        raise Unreadable(f"文件“{name}”含有外部链接或嵌入的对象，请断开链接、选择性粘贴为数值后另存")


def _workbook(path: Path, name: str, headings: frozenset[str]) -> Reading:
    import openpyxl  # here, because only workbooks need it and it takes longer to load than a small CSV to read

    warnings.simplefilter("ignore")  # a lost format is no concern of a reader of values
    content = io.BytesIO(path.read_bytes())
    try:
        with zipfile.ZipFile(content) as archive:
            kinds = archive.read("[Content_Types].xml").decode("utf-8", "replace")
        if SPREADSHEET not in kinds:
            raise Unreadable(f"文件“{name}”不是 .xlsx 表格（或含有宏），请在 Excel 或 WPS 中另存为 .xlsx")
        book = openpyxl.load_workbook(content, read_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable(f"文件“{name}”{UNREADABLE}") from error
    if not sheets:
        raise Unreadable(f"文件“{name}”里没有工作表")
    sheet = next((sheet for sheet in sheets if _has_headings(sheet, headings)), sheets[0])
    return Reading("xlsx", sheet.title, _sheet_lines(sheet, name, content))


def _has_headings(sheet, headings):
    for number, cells in enumerate(_rows(sheet, COLUMNS), start=1):
        if is_heading([str(cell.value) for cell in cells if cell.value is not None], headings):
            return True
        if number >= HEADING_ROWS:
            return False
    return False


def _rows(sheet, columns):
    """The rows of a sheet; an error of the format ends in a sentence."""
    try:
        yield from sheet.iter_rows(max_col=columns)
    except (Unreadable, MemoryError, GeneratorExit):
        raise
    except Exception as error:
        raise Unreadable(f"工作表“{sheet.title}”的内容已损坏，请在 Excel 或 WPS 中另存一份") from error


def _sheet_lines(sheet, name, content) -> Iterator[Line]:
    sheet.reset_dimensions()
    formats: dict[int, bool] = {}
    cached = None
    expected = 1
    for count, cells in enumerate(_rows(sheet, COLUMNS + 1), start=1):
        line = next((cell.row for cell in cells if getattr(cell, "row", None)), expected)
        expected = line + 1
        if line > ROWS + HEADING_ROWS or count > ROWS + HEADING_ROWS:
            raise Unreadable(f"超过 {ROWS} 行，请改用 CSV 或分成几个文件", line)
        if len(cells) > COLUMNS and cells[COLUMNS].value is not None:
            raise Unreadable(f"超过 {COLUMNS} 列，不像数据表", line)
        texts, troubles = [], {}
        for place, cell in enumerate(cells[:COLUMNS]):
            value = cell.value
            if value is None:
                continue
            texts += [""] * (place - len(texts))
            if cell.data_type == "f":
                cached = _values(content, sheet.title) if cached is None else cached
                value = cached.get((line, place))
                if value is None or value == 0 or (isinstance(value, str) and value.startswith("#")):
                    # Programs that do not calculate leave 0 or nothing as the result, which no reader can tell from a result.
                    troubles[place] = f"{letters(place)}{line} 是公式，公式的结果不一定已算出；请选择性粘贴为数值后再导入"
                    texts.append("")
                    continue
            elif cell.data_type == "e":
                troubles[place] = f"{letters(place)}{line} 是错误值 {value}，请改正后再导入"
                texts.append("")
                continue
            texts.append(_text(value, cell, formats))
            if len(texts[-1]) > LONGEST_CELL:
                raise Unreadable(f"{letters(place)}{line} 有 {len(texts[-1])} 个字，超过 Excel 一格的上限；请核对文件", line)
        while texts and not texts[-1] and len(texts) - 1 not in troubles:
            texts.pop()
        yield Line(line, texts, troubles)


def _values(content, title):
    """What the formulas of a sheet last came to, by row and place, where the file says."""
    import openpyxl

    content.seek(0)
    sheet = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)[title]
    return {
        (cell.row, place): cell.value
        for cells in _rows(sheet, COLUMNS)
        for place, cell in enumerate(cells)
        if cell.value is not None
    }


def _text(value, cell, formats):
    """What the cell shows, as far as that is its value: a percentage with its sign, a number without exponent, a day in ISO."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        # 15 digits: what Excel shows and keeps; 0.1 + 0.2 is 0.3 there.
        exact = Decimal(f"{value:.15g}")
        style = getattr(cell, "_style_id", 0)
        if style not in formats:
            formats[style] = "%" in (cell.number_format or "")
        text = f"{exact * 100:f}" if formats[style] else f"{exact:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"{text}%" if formats[style] else text
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return str(value)


def letters(place: int) -> str:
    """The letters of a column, A for 0."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


# As a program: a request on standard input, lines into a file, the answer on standard output


def main() -> int:
    request = json.load(sys.stdin)
    try:
        reading = open_file(
            Path(request["path"]),
            request["name"],
            frozenset(request["headings"]),
            most_rows=ROWS,
            unpacked=request.get("unpacked") or UNPACKED,
        )
        count, written = 0, 0
        with Path(request["out"]).open("w", encoding="utf-8") as out:
            for line in reading.lines:
                if not any(line.cells) and not line.troubles:
                    continue
                text = json.dumps([line.number, line.cells, dict(line.troubles)], ensure_ascii=False)
                written += len(text)
                if written > LONGEST_OUTPUT:
                    raise Unreadable("文件里的文字过多，不像数据表", line.number)
                out.write(f"{text}\n")
                count += 1
        answer = {"kind": reading.kind, "detail": reading.detail, "lines": count}
    except Unreadable as error:
        answer = {"refused": error.reason, "line": error.line}
    except (MemoryError, RecursionError):
        answer = {"refused": f"文件“{request['name']}”展开后过大，不像表格文件；请只留需要的行和列", "line": 0}
    except OSError as error:
        answer = {"refused": f"文件没有读完，服务器的磁盘可能满了（{error.strerror}）；请稍后再试，或联系管理员", "line": 0}
    with contextlib.suppress(BrokenPipeError):
        json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
