"""The work list of a person, and who has not reported."""

from django.http import Http404

from indicators import progress
from indicators.calculation.vocabulary import Role
from indicators.reports import worklist as report
from indicators.views import answers, working
from regions.models import Region


@working.page("page", any_role=False)
def worklist(request):
    found = report.worklist(request.user, request.held, request.selection.page, progress.today())
    return answers.answer(request, "entry/worklist.html", {"work": found, "is_assigned": bool(request.seen)}, None)


@working.page("region", "year", "page", "format")
def missing(request):
    """A manager sees all regions of theirs, others those in which they have a role."""
    asked, today = request.selection, progress.today()
    years = report.years_due(today)
    if not years:
        raise Http404("还没有已过完的规划年份")
    year = asked.year or years[0]
    if year not in years:
        raise Http404(f"应报的年份是 {years[-1]}—{years[0]} 年，没有 {year} 年")
    regions = _within(request.seen, asked.regions)
    found = report.missing(regions, year, years=years, today=today, number=asked.page)
    context = {"missing": found, "is_manager": bool(request.held[Role.MANAGER])}
    return answers.answer(request, "entry/missing.html", context, found.table)


def _within(seen, codes):
    """The regions that a person sees, narrowed to those named and what lies below them."""
    if not codes:
        return seen
    named = list(Region.objects.filter(code__in=codes))
    if len(named) != len(codes):
        raise Http404("没有这样的地区")
    return seen & set(Region.objects.within(*named).values_list("pk", flat=True))
