"""A file as rows of text: .csv in UTF-8 or GB18030, .xlsx; refused with a sentence when it is neither."""

import codecs
import csv
import datetime
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd

from indicators.frames import Column
from indicators.imports.problems import Problem, Refused, refused

CHUNK = 100_000
LONGEST_LINE = 100_000
XLSX_MEMBERS, XLSX_UNPACKED, XLSX_RATIO = 200, 100 * 1024 * 1024, 100
XLSX_ROWS, XLSX_COLUMNS = 20_000, 200
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """Part of a file: a column of text per known heading (absent ones blank), indexed by line number in the file."""

    rows: pd.DataFrame
    present: frozenset[str]


def read(path: str | Path, columns: list[Column]) -> Iterator[Sheet]:
    """The rows of a file in parts. Wholly blank rows are passed over; they count as lines all the same."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise refused(f"文件“{path.name}”无法打开：{error.strerror}") from None
    if not start:
        raise refused(f"文件“{path.name}”是空的，请填入数据后再导入")
    if start.startswith(b"PK"):
        return _sheets(_xlsx_lines(path), columns, is_ragged=True)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused(f"文件“{path.name}”是旧版 .xls 或加了密码，请在 Excel 或 WPS 中另存为不加密的 .xlsx")
    return _sheets(_csv_lines(path), columns)


def _sheets(lines: Iterator[tuple[int, list[str]]], columns: list[Column], *, is_ragged: bool = False) -> Iterator[Sheet]:
    """Rows under their headings. A ragged file may leave out or add blank cells at a row's end, as Excel does."""
    heading_line, heading = next(((line, row) for line, row in lines if any(cell.strip() for cell in row)), (0, []))
    if not heading:
        raise refused("文件里没有表头，请在第一行写上列名：" + "、".join(column.name for column in columns))
    places = _places(heading, heading_line, columns)
    width, known = len(heading), list(places)
    problems: list[Problem] = []
    numbers: list[int] = []
    rows: list[list[str]] = []

    def part() -> Sheet:
        frame = pd.DataFrame(rows, index=pd.Index(numbers, name="line"), columns=known, dtype=object)
        for column in columns:
            if column.name not in places:
                frame[column.name] = ""
        return Sheet(frame, frozenset(places))

    found = False
    for line, row in lines:
        if len(row) != width:
            if not any(cell.strip() for cell in row):
                continue
            if is_ragged and not any(cell.strip() for cell in row[width:]):
                row = [*row[:width], *[""] * (width - len(row))]
            elif len(row) > width:
                problems.append(Problem(line, "", f"有 {len(row)} 格，而表头只有 {width} 列；如内容含逗号，请用英文双引号括起"))
                continue
            else:
                problems.append(Problem(line, "", f"只有 {len(row)} 格，而表头有 {width} 列，请补齐"))
                continue
        cells = [row[place].strip() for place in places.values()]
        if not any(cells):
            continue
        found = True
        numbers.append(line)
        rows.append([_without_guard(cell) for cell in cells])
        if len(rows) >= CHUNK:
            yield part()
            numbers, rows = [], []
    if problems:
        raise Refused(problems)
    if not found:
        raise refused("文件只有表头，没有数据行")
    if rows:
        yield part()


def _places(heading: list[str], line: int, columns: list[Column]) -> dict[str, int]:
    """Where each known column stands; its heading may be the English or the Chinese one."""
    names = {column.name: column.name for column in columns} | {column.label: column.name for column in columns}
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for place, cell in enumerate(heading):
        text = cell.strip().strip("\ufeff")
        name = names.get(text) or names.get(text.lower())
        if not text:
            continue
        if name is None:
            shown = text if len(text) <= 30 else text[:30] + "…"
            problems.append(Problem(line, "", f"不认识的列名“{shown}”；可用的列名：{'、'.join(c.name for c in columns)}"))
        elif name in places:
            problems.append(Problem(line, "", f"列名“{text}”出现了两次，请删去其中一列"))
        else:
            places[name] = place
    missing = [column.name for column in columns if column.required and column.name not in places]
    if missing:
        problems.append(Problem(line, "", f"缺少列：{'、'.join(missing)}"))
    if problems:
        raise Refused(problems)
    return places


def _without_guard(cell: str) -> str:
    """Undo the ' that an export puts before text which a spreadsheet would take for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell


# CSV


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, strict=True)
        line = 0
        try:
            # The number of the record, which is the row that a spreadsheet shows.
            for line, row in enumerate(reader, start=1):
                yield line, row
        except csv.Error as error:
            what = "引号没有配对" if "quote" in str(error) or "end of data" in str(error) else "一格里的内容太长或格式有误"
            raise refused(f"{what}，请在 Excel 或 WPS 中打开核对后另存为 CSV UTF-8", line=line + 1) from None


def _encoding(path: Path) -> str:
    """utf-8-sig or gb18030, whichever the whole file is; also refuses what is no table at all."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise refused("文件是 UTF-16 编码，请另存为“CSV UTF-8”")
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        line, length = 1, 0
        with path.open("rb") as file:
            try:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                    if b"\0" in block:
                        raise refused(
                            "文件含有空字符，不是文本表格；请另存为 .xlsx 或“CSV UTF-8”",
                            line=line + block[: block.index(b"\0")].count(b"\n"),
                        )
                    line, length = _measured(block, line, length)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        return "utf-8-sig" if encoding == "utf-8" else encoding
    raise refused("文件既不是 UTF-8 也不是 GB18030 编码，请另存为“CSV UTF-8”")


def _measured(block: bytes, line: int, length: int) -> tuple[int, int]:
    """Lines so far and the length of the unfinished one; refuses a line that no table has."""
    position = 0
    while (end := block.find(b"\n", position)) >= 0 or position < len(block):
        stop = len(block) if end < 0 else end
        length += stop - position
        if length > LONGEST_LINE:
            raise refused(f"这一行超过 {LONGEST_LINE} 个字节，不像数据表；请核对文件", line=line)
        if end < 0:
            break
        line, length, position = line + 1, 0, end + 1
    return line, length


# XLSX


def _xlsx_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    _refuse_bomb(path)
    with path.open("rb") as file:
        content = io.BytesIO(file.read())
    try:
        formulas = openpyxl.load_workbook(content, read_only=True, keep_links=False)
    except Exception as error:
        raise refused(f"文件“{path.name}”不是可读的 .xlsx（可能已损坏或加了密码），请在 Excel 或 WPS 中另存一份") from error
    try:
        sheet = formulas.worksheets[0] if formulas.worksheets else None
        if sheet is None:
            raise refused(f"文件“{path.name}”里没有工作表")
        expected = 1
        for cells in sheet.iter_rows(max_col=XLSX_COLUMNS + 1):
            line = next((cell.row for cell in cells if getattr(cell, "row", None)), expected)
            expected = line + 1
            if line > XLSX_ROWS + 1:
                raise refused(f"超过 {XLSX_ROWS} 行，请改用 CSV 或分成几个文件", line=line)
            if cells and cells[-1].value is not None and len(cells) > XLSX_COLUMNS:
                raise refused(f"超过 {XLSX_COLUMNS} 列，不像数据表", line=line)
            texts = [_cell_text(cell, line) for cell in cells]
            while texts and not texts[-1]:
                texts.pop()
            yield line, texts
    finally:
        formulas.close()


def _cell_text(cell, line: int) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise refused(f"{cell.coordinate} 是公式，公式的结果不一定已算出；请选择性粘贴为数值后再导入", line=line)
    if cell.data_type == "e":
        raise refused(f"{cell.coordinate} 是错误值 {value}，请改正后再导入", line=line)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # 15 digits: what Excel shows and keeps; 0.1 + 0.2 is 0.3 there.
        text = f"{value:.15g}"
        return f"{float(text):f}".rstrip("0").rstrip(".") if "e" in text else text
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return str(value)


def _refuse_bomb(path: Path) -> None:
    """Refuse archives that would unpack to far more than they weigh, by really unpacking them, bounded."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > XLSX_MEMBERS:
                raise refused(f"文件“{path.name}”内含 {len(members)} 个部件，不像表格文件")
            if any(name.filename.lower().endswith("vbaproject.bin") for name in members):
                raise refused(f"文件“{path.name}”含有宏，请另存为不含宏的 .xlsx")
            unpacked, limit = 0, min(XLSX_UNPACKED, XLSX_RATIO * path.stat().st_size + (1 << 20))
            for member in members:
                with archive.open(member) as part:
                    while block := part.read(1 << 18):
                        unpacked += len(block)
                        if unpacked > limit:
                            raise refused(f"文件“{path.name}”解压后过大，不像表格文件")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise refused(f"文件“{path.name}”不是可读的 .xlsx（可能已损坏或加了密码），请在 Excel 或 WPS 中另存一份") from error
