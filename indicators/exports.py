"""Rows to tables, tables to CSV and Excel, such that a file that goes out can come in again and gives the same rows."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from indicators import frames
from indicators.calculation import numbers
from indicators.calculation.vocabulary import GROWTHS
from indicators.frames import Table
from indicators.models import Actual, DataVersion, Indicator, Interim, Plan, PlanIndicator, Target
from regions.models import Region

NUMBER_COLUMNS = {
    "value",
    "baseline_value",
    "printed_growth",
    "lower",
    "upper",
    "year",
    "baseline_year",
    "first_year",
    "last_year",
    "decimals",
}
# Fractions that a sheet shows in %. Not printed_growth: it is in the plan file, which comes back as it went out.
SHARES = {
    "attainment",
    "attainment_final",
    "completion",
    "elapsed",
    "yoy",
    "growth_since_baseline",
    "cagr",
    "planned_growth",
    "planned_cagr",
    "required_cagr",
}
IS_SHARE = "（1 即 100%）"  # at the end of a Chinese heading of such a column
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
DEMO_MARK = "演示数据"


def _is_demo():
    return DataVersion.objects.filter(is_demo=True).exists()


def regions():
    rows = Region.objects.order_by("code").values_list("code", "name", "level", "parent__code")
    return _table(frames.REGIONS, rows, "regions")


def indicators():
    fields = [column.name for column in frames.INDICATORS]
    fields[fields.index("same_subject")] = "same_subject__code"
    return _table(frames.INDICATORS, Indicator.objects.order_by("pk").values_list(*fields), "indicators")


def plans():
    fields = [
        "slug",
        "title",
        "document_number",
        "issued_by",
        "issued_on",
        "region__code",
        "first_year",
        "last_year",
        "period_assumed",
    ]
    return _table(frames.PLANS, Plan.objects.order_by("pk").values_list(*fields), "plans")


def plan(slug=None):
    """The plan indicators and targets of one plan, or of all, in the units that the plans print."""
    rows = PlanIndicator.objects.order_by("plan_id", "position", "pk")
    return _table(frames.PLAN, _plan_rows(rows.filter(plan__slug=slug) if slug else rows), slug or "plan")


def of_plan_indicators(rows):
    """Chosen plan indicators and their targets, as a plan file states them."""
    return _table(frames.PLAN, _plan_rows(rows), "plan")


def _plan_rows(plan_indicators) -> Iterator[tuple]:
    related = plan_indicators.select_related("plan", "series__region", "series__indicator")
    for batch in _batches(related.iterator(chunk_size=2000), 2000):
        targets: dict[int, list] = {}
        for target in Target.objects.filter(plan_indicator__in=batch).select_related("reference_region").order_by("year"):
            targets.setdefault(target.plan_indicator_id, []).append(target)
        for row in batch:
            indicator = row.series.indicator
            shared = (
                row.plan.slug, row.series.region.code, row.number, indicator.code, row.name, row.unit, indicator.measure,
                indicator.direction, indicator.dimension, row.category, row.nature, row.baseline_year,
                _printed(row.baseline_value, row.unit, indicator.unit), row.baseline_locator, _plain(row.printed_growth),
            )  # fmt: skip
            for target in targets.get(row.pk, [None]):
                bounds = (None, "", None, None, "") if target is None else _bounds(target, row.unit, indicator.unit)
                locator = row.locator if target is None else target.locator
                yield (*shared, *bounds, row.responsible, row.note, locator)


def _bounds(target, unit, base):
    is_growth = target.kind in GROWTHS
    lower, upper = (_plain(bound) if is_growth else _printed(bound, unit, base) for bound in (target.lower, target.upper))
    return target.year, target.kind, lower, upper, target.reference_region.code if target.reference_region else ""


def actuals(region=None):
    """Approved figures and interim figures in base units; of one region and those below it, or of all."""
    within = {"series__region__in": Region.objects.within(region)} if region else {}
    return _table(frames.ACTUALS, _actual_rows(within), f"actuals-{region.code}" if region else "actuals")


def _actual_rows(within) -> Iterator[tuple]:
    fields = (
        "series__region__code",
        "series__indicator__code",
        "year",
        "value",
        "series__indicator__unit",
        "source",
        "source_url",
        "note",
    )
    order = ("series__region__code", "series__indicator__code", "year")
    figures = Actual.objects.filter(**within).order_by(*order).values_list(*fields, "not_applicable")
    for *row, not_applicable in figures.iterator(chunk_size=10_000):
        row[3] = "不适用" if not_applicable else _plain(row[3])
        yield (*row, "", "")
    interims = Interim.objects.filter(**within).order_by(*order, "period_start", "period_end")
    for *row, start, end, is_limit in interims.values_list(*fields, "period_start", "period_end", "is_latest_possible_day"):
        row[3] = _plain(row[3])
        mark = "<=" if is_limit else ""
        yield (*row, f"{mark}{start}", f"{mark}{end}")


def _table(columns, rows, name):
    return Table([column.name for column in columns], rows, name)


def _plain(value):
    return "" if value is None else numbers.plain(value)


def _printed(value, unit, base):
    return "" if value is None else numbers.plain(numbers.to_printed(value, unit, base))


def _batches(rows, size):
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


# Formats


def write(table: Table, path: str | Path):
    """Write .csv (UTF-8 with BOM, which Excel and WPS read as it is) or .xlsx, by the ending; returns the number of rows."""
    path = Path(path)
    if path.suffix.lower() == ".xlsx":
        return _write_xlsx(table, path)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        return write_csv(table, file)


def write_csv(table: Table, file):
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    count = 0
    for row in table.rows:
        writer.writerow([_guarded(name, exact(cell)) for name, cell in zip(table.columns, row, strict=True)])
        count += 1
    return count


def _write_xlsx(table, path):
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}) as book:
        # Made-up figures are marked in their own rows (source and note); the sheet of a demo database says it once more.
        sheet = book.add_worksheet(f"{DEMO_MARK} {table.name}"[:31] if _is_demo() else table.name[:31])
        heading = book.add_format({"bold": True, "bottom": 1})
        formats = {style: book.add_format({"num_format": style}) for style in (_SHARE, _WHOLE, _WITH_DECIMALS)}
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(table.columns):
            sheet.write_string(0, place, name, heading)
        widths = [_width(name) for name in table.columns]
        count = 0
        for count, row in enumerate(table.rows, start=1):
            texts = [_text(exact(cell)) for cell in row]
            for place, (name, cell, text) in enumerate(zip(table.columns, row, texts, strict=True)):
                if isinstance(cell, bool):
                    sheet.write_boolean(count, place, cell)
                elif isinstance(cell, (int, float, Decimal)) or (name in NUMBER_COLUMNS and _is_number(text)):
                    number = float(text)
                    sheet.write_number(count, place, number, formats.get(_style(name, cell, number)))
                elif text:
                    sheet.write_string(count, place, text)
            if count <= _MEASURED:
                widths = [max(width, _width(text)) for width, text in zip(widths, texts, strict=True)]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(width, _WIDEST))
        return count


_SHARE, _WHOLE, _WITH_DECIMALS = "0.0%", "#,##0", "#,##0.0#####"
_MEASURED, _WIDEST = 100, 48  # rows by which a column's width is chosen; characters


def _style(name, cell, number):
    """How a sheet shows a number; None for years, ranks and counts."""
    if name in SHARES or name.endswith(IS_SHARE):
        return _SHARE
    if isinstance(cell, int):
        return None
    return _WHOLE if number.is_integer() else _WITH_DECIMALS


def _width(text):
    """Room for a text and its separators; Chinese characters are twice as wide."""
    return max(sum(2 if sign >= "\u2e80" else 1 for sign in text) + 3, 8)


def exact(cell):
    """A float without the digits that arithmetic leaves behind the fifteenth, and 0 without a sign; anything else as it is."""
    return float(f"{cell:.15g}") + 0.0 if isinstance(cell, float) else cell


def _is_number(text):
    return bool(text) and text not in numbers.BLANKS and text.replace("-", "", 1).replace(".", "", 1).isdigit()


def _text(cell):
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else str(cell)


def _guarded(name, cell):
    """Text that a spreadsheet would take for a formula gets a ' in front; numbers stay numbers."""
    text = _text(cell)
    if isinstance(cell, (int, float, Decimal)):
        return text
    if text.startswith(FORMULA_STARTS) and not (name in NUMBER_COLUMNS and _is_number(text)):
        return f"'{text}"
    return text
