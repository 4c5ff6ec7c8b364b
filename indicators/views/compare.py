"""Indicators, regions and years side by side."""

from django.core.paginator import InvalidPage
from django.http import Http404

from indicators.reports import compare as report
from indicators.selection import BadSelection
from indicators.views import answers


def _figures(request):
    return report.figures(request.selection, answers.state_of_data(request))


@answers.page("indicator", "region", "year_min", "year_max", "view", "page", "format", shows=_figures)
def compare(request):
    try:
        found = report.build(request.selection, answers.state_of_data(request), path=request.path)
    except (BadSelection, InvalidPage) as error:
        raise Http404(str(error)) from error
    if found.problems and request.selection.format != "html":
        raise Http404(found.problems[0].sentence)
    return answers.answer(request, "indicators/compare.html", {"report": found}, found.table)
