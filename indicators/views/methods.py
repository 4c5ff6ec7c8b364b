"""How the figures are computed."""

from indicators.reports import methods as report
from indicators.views import answers


@answers.page("format", shows=lambda request: ())
def methods(request):
    found = report.read()
    return answers.answer(request, "indicators/methods.html", {"methods": found}, found.table)
