"""The history of a figure, for everyone; what was proposed on the way to it, for the people of its region."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render

from indicators import audit, permissions
from indicators.calculation.vocabulary import Role
from indicators.reports import history as changes
from indicators.reports import moved
from indicators.selection import Selection
from indicators.views import answers


def _figures(request):
    asked = request.selection
    return [moved.figure(region, indicator) for region in asked.regions for indicator in asked.indicators]


@answers.page("region", "indicator", "year", "view", "page", "format", shows=_figures)
def history(request):
    asked = request.selection
    if asked == Selection():
        return render(request, "indicators/history_start.html")
    series = changes.find(asked.regions, asked.indicators)
    if series is None or asked.view not in ("", changes.WITH_ENTRIES):
        raise Http404("修订记录一次看一个地区的一项指标，这里没有找到")
    held = permissions.regions_by_role(request.user)
    may_see = any(series.region_id in regions for regions in held.values())
    if asked.view and not may_see:
        raise PermissionDenied(f"填报过程只有{series.region}的人员可以看")
    told = {"view": asked.view, "may_see_entries": may_see, "may_enter": series.region_id in held[Role.CLERK]}
    shown = changes.history(series, asked.year, asked.page, **told)
    if shown is None:
        raise Http404(f"没有第 {asked.page} 页")
    if asked.view:
        audit.record("history.view", by=request.user, subject=str(series), year=asked.year)
    context = {"history": shown}
    return answers.answer(
        request, "indicators/history.html", context, lambda: changes.table(series, asked.year, view=asked.view)
    )
