"""A region's page."""

from django.template.loader import render_to_string

from indicators import exports
from indicators.reports import region as reports
from indicators.reports.kept import kept
from indicators.reports.rows import COLUMNS, file_rows
from indicators.views import answers
from indicators.views.pages import state_of_data


@answers.page("year", "plan", "dimension", "status", "sort", "page", "format")
def region(request, code):
    place, selection, state = reports.find(code), request.selection, state_of_data(request)

    def body():
        report = reports.region(place, selection)
        return render_to_string("indicators/_region.html", {"report": report, "path": request.path})

    def table():
        found = reports.everything(place, selection)
        return exports.Table(COLUMNS, list(file_rows(found)), f"{place.name}-{found[0].year}" if found else place.name)

    context = {"region": place, "body": lambda: kept(state, f"region {code} {selection}", body)}
    return answers.answer(request, "indicators/region.html", context, table)
