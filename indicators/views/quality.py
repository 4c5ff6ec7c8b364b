"""What is odd in the numbers."""

from django.core.paginator import InvalidPage
from django.http import Http404

from indicators.calculation.vocabulary import Subject
from indicators.reports import moved
from indicators.reports import quality as report
from indicators.views import answers


@answers.page("region", "view", "page", "format", shows=lambda request: [moved.subject(Subject.QUALITY)])
def quality(request):
    asked, state = request.selection, answers.state_of_data(request)
    try:
        found = report.quality(regions=asked.regions, check=asked.view, number=asked.page, state=state)
    except InvalidPage as error:
        raise Http404(str(error)) from None
    return answers.answer(request, "indicators/quality.html", {"quality": found}, found.table)
