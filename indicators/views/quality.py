"""What is odd in the numbers."""

from django.core.paginator import InvalidPage
from django.http import Http404

from indicators.reports import quality as report
from indicators.views import answers


@answers.page("region", "view", "page", "format")
def quality(request):
    asked = request.selection
    try:
        found = report.quality(regions=asked.regions, check=asked.view, number=asked.page)
    except InvalidPage as error:
        raise Http404(str(error)) from None
    return answers.answer(request, "indicators/quality.html", {"quality": found}, found.table)
