"""The plans, and each plan's own table with what was recorded beside it."""

from django.core.paginator import InvalidPage
from django.http import Http404
from django.shortcuts import get_object_or_404

from indicators.models import Plan
from indicators.reports import plan as report
from indicators.reports.plans import plans as read_plans
from indicators.views import answers


@answers.page("page", "format")
def plans(request):
    try:
        found = read_plans(request.selection.page)
    except InvalidPage as error:
        raise Http404(str(error)) from None
    return answers.answer(request, "indicators/plans.html", {"plans": found}, found.table)


@answers.page("region", "page", "format")
def plan(request, slug):
    chosen = get_object_or_404(Plan.objects.select_related("region"), slug=slug)
    try:
        found = report.plan_table(chosen, regions=request.selection.regions, number=request.selection.page)
    except InvalidPage as error:
        raise Http404(str(error)) from None
    return answers.answer(request, "indicators/plan.html", {"table": found, "plan": chosen}, found.table)
