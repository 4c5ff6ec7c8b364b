"""Rows as JSON, CSV and Excel: the same fields, the same figures; text that a spreadsheet would run is made harmless."""

import csv
import io
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import IO, Any

import orjson
import xlsxwriter

from indicators.api.lists import LISTINGS, Listing
from indicators.calculation import assessment
from indicators.calculation.numbers import SCALED_UNITS
from indicators.exports import FORMULA_STARTS

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"json": JSON, "csv": CSV, "xlsx": XLSX}
MAX_SHEET_ROWS = 100_000
BOM = b"\xef\xbb\xbf"
SMALLEST_GZIP = 860  # bytes: below, the answer fits into one packet anyway

# All are powers of ten, so dividing the double of a stored figure and keeping 15 digits gives the figure exactly.
_FACTORS = {unit: float(factor) for unit, (_, factor) in SCALED_UNITS.items()}
_reasons = lru_cache(maxsize=4096)(assessment.reasons)
_CHINA = timezone(timedelta(hours=8))


# Rows to objects


@dataclass(frozen=True)
class Shape:
    """What must be done with rows of certain columns: which are shown, and which of them are not yet as they are shown."""

    shown: tuple[str, ...]
    has_unit: bool
    amounts: tuple[str, ...]
    has_reasons: bool
    moments: tuple[str, ...]
    json: tuple[str, ...]
    booleans: tuple[str, ...]


@lru_cache(maxsize=512)
def _shape(name: str, names: tuple[str, ...], vendor: str) -> Shape:
    shown = tuple(one for one in names if not one.startswith("_"))
    kinds = {one: LISTINGS[name].field(one).kind for one in shown}

    def of(kind: str) -> tuple[str, ...]:
        return tuple(one for one in shown if kinds[one] == kind)

    booleans = of("boolean") if vendor == "sqlite" else ()
    return Shape(shown, "_unit" in names, of("amount"), bool(of("reasons")), of("moment"), of("json"), booleans)


def objects(listing: Listing, names: tuple[str, ...], rows: Iterable[Sequence[Any]], vendor: str) -> list[dict[str, Any]]:
    """Rows of `sql.page` as objects; what begins with _ is left out."""
    shape = _shape(listing.name, names, vendor)
    kept = names[: len(shape.shown) + shape.has_unit]
    found = [dict(zip(kept, row)) for row in rows]  # noqa: B905 - the keyword alone takes a third of it
    if shape.has_unit:
        for one in found:
            factor = _FACTORS.get(one.pop("_unit"))
            if factor:
                for name in shape.amounts:
                    if one[name] is not None:
                        one[name] = float(f"{one[name] / factor:.15g}")
    if shape.has_reasons:
        for one in found:
            one["reasons"] = _reasons(one["reasons"])
    for name in shape.moments:
        for one in found:
            one[name] = _moment(one[name])
    for name in shape.json:
        for one in found:
            one[name] = orjson.loads(one[name]) if isinstance(one[name], str) else one[name]
    for name in shape.booleans:
        for one in found:
            one[name] = None if one[name] is None else bool(one[name])
    return found


@lru_cache(maxsize=4096)
def _moment(seconds: int) -> str:
    """Figures of one batch share their moment: most are made once."""
    return datetime.fromtimestamp(seconds, _CHINA).isoformat()


def json(content: Any) -> bytes:
    return orjson.dumps(content)


def packed(content: Iterable[bytes]) -> Iterator[bytes]:
    """gzip piece by piece, without a time in it: the same content gives the same bytes."""
    squeeze = zlib.compressobj(4, zlib.DEFLATED, 31)
    for piece in content:
        if out := squeeze.compress(piece):
            yield out
    yield squeeze.flush()


# Files


def headings(listing: Listing, names: Iterable[str], language: str) -> list[str]:
    return [listing.field(name).heading if language == "zh" else name for name in names]


def csv_chunks(
    listing: Listing, names: Sequence[str], chunks: Iterable[list[dict]], *, language: str, bom: bool
) -> Iterator[bytes]:
    """The file piece by piece. Empty is empty, true and false in words, numbers with all their digits."""
    yield BOM if bom else b""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(headings(listing, names, language))
    for chunk in chunks:
        writer.writerows([_cell(one[name]) for name in names] for one in chunk)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return _words(value) if isinstance(value, dict | list) else str(value)


def _number(value: float) -> str:
    """All digits, whole numbers without a point; an exponent only where nobody would write the zeros."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    return f"{value:.12f}".rstrip("0") if "e-0" in text and abs(value) >= 1e-6 and len(text) < 10 else text


def _words(value: Any) -> str:
    """Reasons as `figure=code; …`, anything else as JSON."""
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return "; ".join(f"{name}={one}" for name, one in value.items())
    return orjson.dumps(value).decode()


def sheet(listing: Listing, names: Sequence[str], chunks: Iterable[list[dict]], *, language: str) -> IO[bytes]:
    """A file of one sheet, open at its beginning; text stays text, whatever it begins with."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(file, options) as book:
        page = book.add_worksheet(listing.title)
        heading = book.add_format({"bold": True, "bottom": 1})
        page.freeze_panes(1, 0)
        for place, text in enumerate(headings(listing, names, language)):
            page.write_string(0, place, text, heading)
            is_text = listing.field(names[place]).kind in ("text", "reasons", "json", "moment")
            page.set_column(place, place, 22 if is_text else 14)
        number = 0
        for chunk in chunks:
            for one in chunk:
                number += 1
                for place, name in enumerate(names):
                    _write(page, number, place, one[name])
    file.seek(0)
    return file


def _write(page: Any, row: int, place: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_boolean(row, place, value)
    elif isinstance(value, int | float):
        page.write_number(row, place, value)
    else:
        page.write_string(row, place, value if isinstance(value, str) else _words(value))
