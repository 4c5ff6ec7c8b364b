"""Pages that everyone may read: the overview, and what goes with no page of its own."""

from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from indicators import exports
from indicators.calculation.vocabulary import Subject
from indicators.reports import kept, moved
from indicators.reports import overview as reports
from indicators.reports.rows import COLUMNS, file_rows
from indicators.views import answers


@answers.page("year", "dimension", "page", "format")
def overview(request):
    selection, state = request.selection, answers.state_of_data(request)

    def body():
        report = reports.overview(selection, state)
        links = {"report": report, "path": request.path}
        return render_to_string("indicators/_overview.html", {**links, "parts": report and _Parts(links, state)})

    def table():
        report = reports.overview(selection, state)
        rows = list(file_rows(report.standings, report.planned.plans)) if report else []
        return exports.Table(COLUMNS, rows, f"总览-{report.year if report else ''}")

    context = {"body": lambda: answers.body(request, f"overview {selection}", body)}
    return answers.answer(request, "indicators/overview.html", context, table)


class _Parts:
    """The parts of the overview as they are asked for: each kept until something changes that it shows."""

    def __init__(self, links, state):
        self.links, self.state, self.report = links, state, links["report"]

    def plans(self):
        return self._of_page("plans")

    def matrix(self):
        return self._of_page("matrix")

    def _of_page(self, name):
        return self._part(f"{name} {self.report.selection}", *(moved.region(place.code) for place in self.report.places))

    def urgent(self):
        known = self.report.known
        figures = (
            moved.figure(known.region_of[one.region].code, known.indicator_of[one.indicator].code) for one in self.report.urgent
        )
        return self._part(f"urgent {self.report.year} {self.report.urgent}", *figures)

    def reporting(self):
        # Little is read for it, and that is what it shows.
        return self._part(f"reporting {self.report.year} {self.report.whole} {self.report.by_year} {self.report.by_region}")

    def updates(self):
        return self._part("updates", moved.subject(Subject.ACTUALS))

    def findings(self):
        return self._part("findings", moved.subject(Subject.QUALITY))

    def _part(self, name, *keys):
        template = f"indicators/_overview_{name.partition(' ')[0]}.html"
        since = moved.since(self.state, keys)
        return kept.kept(
            self.state, f"overview {name}", lambda: render_to_string(template, self.links), since=since, alone=True
        )


@require_safe
def favicon(request):
    """For answers without a page around them (JSON, files), where a browser asks for this address by itself."""
    return redirect(static("img/favicon.svg"))
