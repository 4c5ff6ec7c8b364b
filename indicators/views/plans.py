"""The plans, and each plan's own table with what was recorded beside it."""

from django.core.paginator import InvalidPage
from django.http import Http404
from django.template.loader import render_to_string

from indicators.reports import moved
from indicators.reports import plan as report
from indicators.reports.plans import plans as read_plans
from indicators.views import answers


@answers.page("page", "format")
def plans(request):
    try:
        found = read_plans(request.selection.page, answers.state_of_data(request))
    except InvalidPage as error:
        raise Http404(str(error)) from None
    return answers.answer(request, "indicators/plans.html", {"plans": found}, found.table)


def _figures(request, slug):
    """Of one region's part of a plan; a whole plan may be about any number of regions."""
    return [moved.region(code) for code in request.selection.regions] or None


@answers.page("region", "page", "format", shows=_figures)
def plan(request, slug):
    state, selection = answers.state_of_data(request), request.selection
    chosen = report.find(slug, state)

    def found():
        try:
            return report.plan_table(chosen, state, regions=selection.regions, number=selection.page)
        except InvalidPage as error:
            raise Http404(str(error)) from None

    def body():
        context = {"plan": chosen, "table": found(), "selection": selection, "path": request.path}
        return render_to_string("indicators/_plan.html", context)

    keys = _figures(request, slug) or ()
    context = {"plan": chosen, "body": lambda: answers.body(request, f"plan {slug} {selection}", body, *keys)}
    return answers.answer(request, "indicators/plan.html", context, lambda: found().table())
