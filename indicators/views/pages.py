"""Pages that everyone may read: the overview, and what goes with no page of its own."""

from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from indicators import exports
from indicators.calculation.vocabulary import Dimension
from indicators.reports import overview as reports
from indicators.reports.rows import COLUMNS, file_rows
from indicators.views import answers


@answers.page("year", "dimension", "page", "format")
def overview(request):
    selection, state = request.selection, answers.state_of_data(request)

    def body():
        report = reports.overview(selection, state)
        links = {"dimensions": Dimension.values(), "path": request.path}
        return render_to_string("indicators/_overview.html", {"report": report, **links})

    def table():
        report = reports.overview(selection, state)
        standings = report.standings if report else ()
        return exports.Table(COLUMNS, list(file_rows(standings)), f"总览-{report.year if report else ''}")

    context = {"body": lambda: answers.body(request, f"overview {selection}", body)}
    return answers.answer(request, "indicators/overview.html", context, table)


@require_safe
def favicon(request):
    """For answers without a page around them (JSON, files), where a browser asks for this address by itself."""
    return redirect(static("img/favicon.svg"))
