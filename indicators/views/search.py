"""Searching."""

from django.shortcuts import redirect

from indicators.reports import search as report
from indicators.views import answers


@answers.page("q", "format", shows=lambda request: ())  # names alone
def search(request):
    found = report.find(request.selection.query, answers.state_of_data(request))
    if found.exact and request.selection.format == "html":
        return redirect(found.exact)
    return answers.answer(request, "indicators/search.html", {"report": found}, found.table)
