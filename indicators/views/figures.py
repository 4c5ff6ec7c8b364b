"""One figure from near: a plan indicator over the years."""

from django.http import Http404

from indicators.reports import moved
from indicators.reports import plan_indicator as report
from indicators.views import answers


@answers.page("plan", "year", "format", shows=lambda request, code, indicator: [moved.figure(code, indicator)])
def plan_indicator(request, code, indicator):
    state = answers.state_of_data(request)
    page = report.plan_indicator(code, indicator, request.selection.plan, request.selection.year, state)
    if page is None:
        raise Http404("没有这样的规划指标")
    return answers.answer(request, "indicators/plan_indicator.html", {"page": page}, lambda: report.table(page))
