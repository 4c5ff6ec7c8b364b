"""Gives a refused file back as it was, with red cells and a column that says what is wrong, for filtering.

Run as a program of its own, like `reading.py`, and for the same reason.
"""

import csv
import io
import json
import sys
import warnings
from pathlib import Path

MESSAGES = "错误信息"
RED, DARK = "FFFFC7CE", "FF9C0006"
WIDTH = 60


def mark_workbook(request: dict) -> None:
    """The workbook with the same sheets, formats and columns; `problems` are [line, place or None, reason]."""
    import openpyxl
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    warnings.simplefilter("ignore")
    book = openpyxl.load_workbook(io.BytesIO(Path(request["path"]).read_bytes()), keep_links=False)
    sheet = book[request["sheet"]]
    heading = request["heading"] or 1
    texts = {cell.column: str(cell.value).strip() for cell in sheet[heading] if cell.value is not None}
    column = next((place for place, text in texts.items() if text == MESSAGES), max(texts, default=0) + 1)
    red = PatternFill("solid", start_color=RED, end_color=RED)
    for row in range(heading, sheet.max_row + 1):
        if column in texts and sheet.cell(row, column).value is not None:
            sheet.cell(row, column).value = None
    head = sheet.cell(heading, column)
    head.value, head.font = MESSAGES, Font(bold=True, color=DARK)
    head.alignment = Alignment(vertical="center")
    for line, reasons in by_line(request["problems"]).items():
        cell = sheet.cell(line or heading, column)
        text = "；".join(reason for _, reason in reasons)
        cell.value = text if line else f"{MESSAGES}：{text}"
        cell.data_type, cell.font = "s", Font(color=DARK)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        for place, _ in reasons:
            if line and place is not None:
                sheet.cell(line, place + 1).fill = red
    sheet.column_dimensions[get_column_letter(column)].width = WIDTH
    last = max([heading, *(line for line, _, _ in request["problems"]), sheet.max_row])
    sheet.auto_filter.ref = f"A{heading}:{get_column_letter(column)}{last}"
    sheet.protection.autoFilter = False  # False: allowed on a protected sheet
    book.active = book.index(sheet)
    book.save(request["out"])


def mark_csv(request: dict) -> None:
    """The same lines in the same encoding, each with one more cell."""
    messages = by_line(request["problems"])
    heading = request["heading"] or 1
    encoding = request["sheet"]
    with (
        Path(request["path"]).open(encoding=encoding, newline="") as file,
        Path(request["out"]).open("w", encoding=encoding, newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\r\n")
        place = None
        for line, row in enumerate(csv.reader(file), start=1):
            if line == heading:
                place = row.index(MESSAGES) if MESSAGES in row else len(row)
            said = MESSAGES if line == heading else "；".join(reason for _, reason in messages.get(line, []))
            if place is None or not any(row):
                writer.writerow(row)
                continue
            row += [""] * (place + 1 - len(row))
            row[place] = said
            writer.writerow(row)


def by_line(problems):
    lines: dict[int, list] = {}
    for line, place, reason in problems:
        lines.setdefault(line, []).append((place, reason))
    return lines


def main() -> int:
    request = json.load(sys.stdin)
    (mark_csv if request["kind"] == "csv" else mark_workbook)(request)
    json.dump({"out": request["out"]}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
