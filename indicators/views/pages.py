"""Pages that everyone may read."""

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from indicators.reports import overview as report

REGIONS_PER_PAGE = 50


@require_safe
def overview(request):
    try:
        page = Paginator(report.regions_with_plans(), REGIONS_PER_PAGE).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    return render(request, "indicators/overview.html", {"overview": report.overview(page.object_list), "page": page})


@require_safe
def favicon(request):
    """For answers without a page around them (JSON, files), where a browser asks for this address by itself."""
    return redirect(static("img/favicon.svg"))
