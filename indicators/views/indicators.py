"""All indicators."""

from django.core.paginator import InvalidPage
from django.http import Http404

from indicators.reports import indicators as report
from indicators.views import answers


# What there is and how many regions plan it, which is no figure: it changes with the structure alone.
@answers.page("dimension", "q", "page", "format", shows=lambda request: ())
def indicators(request):
    try:
        found = report.build(request.selection, answers.state_of_data(request), path=request.path)
    except InvalidPage as error:
        raise Http404("没有这一页") from error
    return answers.answer(request, "indicators/indicators.html", {"report": found}, found.table)
