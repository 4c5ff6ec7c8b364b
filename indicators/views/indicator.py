"""One indicator across regions."""

from django.core.paginator import InvalidPage
from django.http import Http404
from django.shortcuts import get_object_or_404

from indicators.models import Indicator
from indicators.reports import indicator as report
from indicators.views import answers


@answers.page("year", "sort", "page", "format")
def indicator(request, code):
    found = get_object_or_404(Indicator.objects.select_related("same_subject"), code=code)
    try:
        across = report.build(found, request.selection, path=request.path)
    except InvalidPage as error:
        raise Http404("没有这一页") from error
    return answers.answer(request, "indicators/indicator.html", {"report": across}, across.table)
