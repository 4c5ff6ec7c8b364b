"""The workbook of a region and year: what a clerk fills in at the desk, written here, read back by `uploads`."""

from decimal import Decimal
from pathlib import Path

import xlsxwriter

from indicators import frames
from indicators.calculation import numbers
from indicators.imports.reading import letters

HIDDEN = ["region", "indicator", "year", "seen_version", "entry_version"]
SHOWN = ["number", "name", "asked", "unit", "before", "standing", "value", "source", "source_url", "note", "state"]
OPEN = {"value", "source", "source_url", "note"}
WIDTHS = {
    "number": 6, "name": 30, "asked": 26, "unit": 8, "before": 13, "standing": 13, "value": 14, "source": 24, "source_url": 20,
    "note": 26, "state": 20,
}  # fmt: skip
LABELS = {column.name: column.label for column in frames.ACTUALS + frames.WORKBOOK}
HEADING = 2  # the row of the headings, counted from 0: a title and a sentence stand above
GUIDE = [
    "只填白色的格子：数值、来源、来源网址、备注。其余的格子已锁定，隐藏的列供系统核对，请勿改动。",
    "数值按“单位”一列的单位填写，例如单位是万件就填 4.6。可以写 1,234.5、全角数字，也可以写 1.2万、3亿。",
    "单位是 % 的填百分数，12.5 或 12.5% 都读作 12.5%。",
    "这一年这项指标不适用的，写“不适用”。0 是数，表示确实为零；没有数就留空，不要写 0。",
    "留空或写“-”表示不填，不会改动已有的数值和草稿。要清除已生效的数值，请在网页上填报。",
    "“已生效数值”是现在公布的数。要更正它，在“数值”里填新的数，并在“备注”里写明理由。",
    "与上年相比减半、增至三倍，或相差约一万倍的，请核对单位；确实如此的，在“备注”里说明。",
    "公式请选择性粘贴为数值。可以排序、筛选、隐藏行列；不要改动表头，不要另加工作表代替本表。",
    "填好后在网页“用 Excel 填报”里上传：先看预览，确认后才会提交，审核通过后才会公布。",
    "下载之后如果别人改过同一格，上传时会指出来，不会覆盖别人的改动。",
]


def write(grid, path: Path, *, asked: dict[str, str], mark: str = "") -> None:
    """Write the rows of an entry grid; the person's own drafts are filled in.

    `asked` says by indicator what the plan asks for; `mark` is said in the title.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        title = f"{mark} {grid.region.name} {grid.year} 年知识产权规划指标填报表".strip()
        book.set_properties({"title": title})
        formats = _formats(book)
        _fill(book.add_worksheet("填报"), grid, asked, title, formats)
        guide = book.add_worksheet("填报说明")
        guide.set_column(0, 0, 100, formats["wrapped"])
        guide.write_string(0, 0, "填报说明", formats["title"])
        for line, sentence in enumerate(GUIDE, start=1):
            guide.write_string(line, 0, f"{line}. {sentence}", formats["wrapped"])
        guide.protect("", {"select_locked_cells": True})
        guide.set_paper(9)
        guide.fit_to_pages(1, 0)


def _formats(book):
    base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
    box = base | {"border": 1, "border_color": "#BFBFBF"}
    grey = {"bg_color": "#F2F2F2"}
    return {
        "title": book.add_format(base | {"bold": True, "font_size": 14}),
        "said": book.add_format(base | {"font_color": "#555555"}),
        "wrapped": book.add_format(base | {"text_wrap": True, "valign": "top"}),
        "heading": book.add_format(box | {"bold": True, "bg_color": "#DDE6F0", "align": "center", "text_wrap": True}),
        "locked": book.add_format(box | grey | {"text_wrap": True}),
        "locked number": book.add_format(box | grey | {"align": "right", "num_format": "#,##0.######"}),
        "locked text number": book.add_format(box | grey | {"align": "right"}),
        "open": book.add_format(box | {"locked": False, "text_wrap": True}),
        "open number": book.add_format(box | {"locked": False, "align": "right"}),
    }


def _fill(sheet, grid, asked, title, formats):
    columns = HIDDEN + SHOWN
    places = {name: place for place, name in enumerate(columns)}
    first_shown, last = len(HIDDEN), len(columns) - 1
    for name, place in places.items():
        if name in HIDDEN:
            sheet.set_column(place, place, 10, None, {"hidden": True})
        else:
            sheet.set_column(place, place, WIDTHS[name])
    sheet.set_row(0, 26)
    sheet.merge_range(0, first_shown, 0, last, title, formats["title"])
    said = f"只填白色的格子。数值按单位一列填写；没有数的留空，不适用的写“不适用”。上年数值是 {grid.year - 1} 年的。"
    sheet.merge_range(1, first_shown, 1, last, said, formats["said"])
    sheet.set_row(HEADING, 30)
    for name, place in places.items():
        sheet.write_string(HEADING, place, LABELS[name], formats["heading"])
    for line, row in enumerate(grid.rows, start=HEADING + 1):
        _write_row(sheet, line, row, asked.get(row.code, ""), places, formats)
    end = HEADING + len(grid.rows)
    if grid.rows:
        _validate(sheet, places, HEADING + 1, end)
        sheet.autofilter(HEADING, 0, end, last)
    sheet.freeze_panes(HEADING + 1, places["name"] + 1)
    allowed = ("select_locked_cells", "format_columns", "format_rows", "autofilter", "sort")
    sheet.protect("", dict.fromkeys(allowed, True))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(0.4, 0.4, 0.5, 0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADING)
    sheet.print_area(0, first_shown, max(end, HEADING), last)
    sheet.set_footer("&L填报人：　　　　　审核人：　　　　　&R第 &P 页，共 &N 页")


def _write_row(sheet, line, row, asked, places, formats):
    own = row.entry if row.entry and not row.is_others else None
    stands = own or row.actual
    cells = {
        "region": row.region.code,
        "indicator": row.code,
        "year": str(row.year),
        "seen_version": str(row.actual_version),
        "entry_version": str(row.version if own else 0),
        "number": row.asked.number if row.asked else "",
        "name": row.name,
        "asked": asked,
        "unit": row.unit,
        "before": _before(row),
        "standing": row.actual_text if row.actual and row.actual.not_applicable else _figure(row, row.actual),
        "value": row.typed if own else "",
        "source": stands.source if stands else "",
        "source_url": stands.source_url if stands else "",
        "note": own.note if own else "",
        "state": f"{row.entry.entered_by}：{row.state.label}" if row.is_others else row.state.label,
    }
    for name, text in cells.items():
        is_open = name in OPEN and row.is_open
        is_number = name in ("before", "standing", "value")
        style = formats[
            "open number" if is_open and is_number
            else "open" if is_open
            else "locked number" if is_number and _is_number(text)
            else "locked text number" if is_number
            else "locked"
        ]  # fmt: skip
        if is_number and _is_number(text):
            sheet.write_number(line, places[name], float(text), style)
        elif text:
            sheet.write_string(line, places[name], text, style)
        else:
            sheet.write_blank(line, places[name], None, style)


def _before(row):
    if row.earlier:
        return "（{} 年为 {}）".format(*row.earlier)
    text = _figure(row, None, row.before)
    return f"{text}（基期）" if text and row.before_is_baseline else text


def _figure(row, actual, value=None):
    value = actual.value if actual is not None else value
    return "" if value is None else numbers.plain(numbers.to_printed(Decimal(value), row.unit, row.indicator.unit))


def _is_number(text):
    """Whether Excel keeps exactly what is written."""
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit() and len(digits) <= numbers.MAX_DIGITS


def _validate(sheet, places, first, last):
    value = letters(places["value"])
    number = f'OR(ISNUMBER({value}{first + 1}),{value}{first + 1}="不适用",{value}{first + 1}="-")'
    sheet.data_validation(
        first,
        places["value"],
        last,
        places["value"],
        {
            "validate": "custom",
            "value": f"={number}",
            "input_title": "数值",
            "input_message": "按“单位”一列填数；没有数的留空，不适用的写“不适用”。",
            "error_title": "请核对",
            "error_message": "这里一般填数字，或写“不适用”。1.2万 这样的写法也能读懂；文字说明请写在备注里。",
            "error_type": "warning",
        },
    )
    for name, longest in (("source", 300), ("source_url", 500), ("note", 1000)):
        sheet.data_validation(
            first,
            places[name],
            last,
            places[name],
            {
                "validate": "length",
                "criteria": "<=",
                "value": longest,
                "error_title": "太长",
                "error_message": f"最多 {longest} 个字，请缩短。",
            },
        )
