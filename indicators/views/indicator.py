"""One indicator across regions."""

from django.core.paginator import InvalidPage
from django.http import Http404

from indicators.reports import indicator as report
from indicators.reports import moved
from indicators.views import answers


@answers.page("year", "sort", "page", "format", shows=lambda request, code: [moved.indicator(code)])
def indicator(request, code):
    state = answers.state_of_data(request)
    found = report.definitions(state).get(code)
    if found is None:
        raise Http404(f"没有代码为“{code[:60]}”的指标")
    try:
        across = report.build(found, request.selection, state, path=request.path)
    except InvalidPage as error:
        raise Http404(f"没有第 {request.selection.page} 页") from error
    return answers.answer(request, "indicators/indicator.html", {"report": across}, across.table)
