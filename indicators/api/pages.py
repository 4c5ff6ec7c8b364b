"""The pages of the API for people: its documentation in Chinese, and a console that tries the operations of the schema."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe

from indicators.api import asked, formats, problems, schema
from indicators.api.lists import LISTINGS, Field

_TYPES = {
    "text": "文字",
    "integer": "整数",
    "number": "数字",
    "amount": "数字",
    "float": "数字",
    "boolean": "真假",
    "date": "日期",
    "moment": "时间",
    "reasons": "对象",
    "json": "对象",
}
_EXAMPLES = {
    "region": "region=150600,150500",
    "descendants": "region=150000&descendants=true",
    "indicator": "indicator=valid-trademarks",
    "plan": "plan=ordos-2021-2025",
    "year": "year=2024",
    "year_min": "year_min=2021",
    "year_max": "year_max=2025",
    "status": "status=behind,reversed",
    "page_size": "page_size=1000",
    "count": "count=true",
    "format": "format=csv",
    "headings": "headings=zh",
    "bom": "bom=false",
    "fields": "fields=region,year,value",
    "ordering": "ordering=-id",
    "cursor": "",
}


@dataclass(frozen=True)
class Section:
    """A part of the documentation that another part of the API adds, such as how to write."""

    id: str
    heading: str
    template: str


# Other parts of the API append theirs when they are imported.
SECTIONS: list[Section] = []


@require_safe
def documentation(request):
    """How to read the data from a program or a spreadsheet, with examples to copy."""
    context = {
        "lists": [
            {
                "listing": listing,
                "parameters": listing.parameters,
                "orderings": asked.orderings(listing),
                "fields": [_told(field) for field in listing.fields],
            }
            for listing in LISTINGS.values()
        ],
        "parameters": [
            {"name": name, "says": says, "example": _EXAMPLES.get(name, "")} for name, says in schema.parameters().items()
        ],
        "problems": problems.KINDS.values(),
        "sections": SECTIONS,
        "base": f"{request.scheme}://{request.get_host()}",
        "rate": settings.API_RATE,
        "page_size": asked.PAGE_SIZE,
        "max_page_size": asked.MAX_PAGE_SIZE,
        "max_sheet_rows": formats.MAX_SHEET_ROWS,
        "most_values": asked.MOST_VALUES,
    }
    return render(request, "api/documentation.html", context)


@require_safe
def console(request):
    """Calls the operations of the schema from the browser."""
    return render(request, "api/console.html")


def _told(field: Field) -> dict[str, Any]:
    kind = _TYPES[field.kind] + ("，可空" if field.nullable else "")
    says = f"{field.says}{schema.labels(field.words)}。" if field.words else field.says
    return {"name": field.name, "heading": field.heading, "type": kind, "says": says}
