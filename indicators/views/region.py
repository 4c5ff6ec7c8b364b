"""A region's page."""

from django.template.loader import render_to_string

from indicators import exports
from indicators.reports import moved
from indicators.reports import region as reports
from indicators.reports.planned import planned
from indicators.reports.rows import COLUMNS, file_rows
from indicators.views import answers


def _figures(request, code):
    return moved.region(code), moved.below(code)


@answers.page("year", "plan", "dimension", "status", "sort", "page", "format", shows=_figures)
def region(request, code):
    state, selection = answers.state_of_data(request), request.selection
    place = reports.find(code, state)

    def body():
        report = reports.region(place, selection, state)
        return render_to_string("indicators/_region.html", {"report": report, "path": request.path})

    def table():
        found = reports.everything(place, selection, state)
        name = f"{place.name}-{found[0].year}" if found else place.name
        return exports.Table(COLUMNS, list(file_rows(found, planned(state).plans)), name)

    context = {
        "region": place,
        "body": lambda: answers.body(request, f"region {code} {selection}", body, *_figures(request, code)),
    }
    return answers.answer(request, "indicators/region.html", context, table)
