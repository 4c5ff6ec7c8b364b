"""A region's plan for a meeting: one plan indicator a page in very large type, or all of them on a sheet of paper."""

from django.core.paginator import InvalidPage
from django.http import Http404
from django.shortcuts import get_object_or_404

from indicators.reports import deck as report
from indicators.views import answers
from regions.models import Region

# Width, height and size of text of the pictures, in the units of their own boxes.
LARGE, SMALL = (800, 300, 26), (200, 96, 10)


@answers.page("plan", "year", "view", "page", "format")
def region_meeting(request, code):
    if request.selection.view not in ("", "all"):
        raise Http404("参数“view”只能是 all，或者不写")
    is_all = request.selection.view == "all"
    return _answer(request, code, "indicators/meeting.html", report.PER_PRINT if is_all else 1, LARGE, is_all=is_all)


@answers.page("plan", "year", "page", "format")
def region_sheet(request, code):
    return _answer(request, code, "indicators/sheet.html", report.PER_SHEET, SMALL)


def _answer(request, code, template, size, box, **context):
    region = get_object_or_404(Region, code=code)
    asked = request.selection
    try:
        found = report.deck(region, plan=asked.plan, year=asked.year, number=asked.page, size=size, box=box)
    except InvalidPage as error:
        raise Http404(str(error)) from None
    return answers.answer(request, template, {"deck": found, **context}, found.table)
