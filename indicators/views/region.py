"""A region's page."""

from django.template.loader import render_to_string

from indicators import exports
from indicators.reports import region as reports
from indicators.reports.rows import COLUMNS, file_rows
from indicators.views import answers


@answers.page("year", "plan", "dimension", "status", "sort", "page", "format")
def region(request, code):
    place, selection = reports.find(code), request.selection

    def body():
        report = reports.region(place, selection)
        return render_to_string("indicators/_region.html", {"report": report, "path": request.path})

    def table():
        found = reports.everything(place, selection)
        return exports.Table(COLUMNS, list(file_rows(found)), f"{place.name}-{found[0].year}" if found else place.name)

    context = {"region": place, "body": lambda: answers.body(request, f"region {code} {selection}", body)}
    return answers.answer(request, "indicators/region.html", context, table)
