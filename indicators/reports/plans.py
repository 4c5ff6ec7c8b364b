"""All plans, with what their documents state of themselves and how much each of them sets."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Sum

from indicators.frames import Table
from indicators.models import Plan, PlanTally

PER_PAGE = 50
COLUMNS = [
    "plan", "title", "document_number", "issued_by", "issued_on", "region", "region_name", "first_year", "last_year",
    "period_assumed", "regions", "plan_indicators", "in_table", "in_text", "baselines", "targets", "with_actuals",
]  # fmt: skip


@dataclass(frozen=True)
class PlanRow:
    """A plan and how much of what it states is recorded; `with_actuals` have an actual in a year of progress."""

    plan: Plan
    regions: int = 0
    plan_indicators: int = 0
    in_table: int = 0
    baselines: int = 0
    targets: int = 0
    with_actuals: int = 0

    @property
    def in_text(self) -> int:
        return self.plan_indicators - self.in_table


@dataclass(frozen=True)
class Plans:
    rows: tuple[PlanRow, ...]
    page: Page
    plan_indicators: int
    targets: int

    def table(self) -> Table:
        return Table(COLUMNS, [_cells(row) for row in self.rows], "plans")


def plans(number: int) -> Plans:
    """A page of the plans by region and period; four queries. Raises InvalidPage where there is no such page."""
    page = Paginator(Plan.objects.select_related("region").order_by("region__code", "first_year", "slug"), PER_PAGE).page(
        number
    )
    shown = list(page.object_list)
    sums = {name: Sum(name) for name in ("plan_indicators", "in_table", "baselines", "targets", "with_actuals")}
    stated = {
        row.pop("plan"): row
        for row in PlanTally.objects.filter(plan__in=shown).order_by().values("plan").annotate(regions=Count("pk"), **sums)
    }
    totals = PlanTally.objects.aggregate(plan_indicators=Sum("plan_indicators"), targets=Sum("targets"))
    return Plans(
        rows=tuple(PlanRow(plan, **stated.get(plan.pk, {})) for plan in shown),
        page=page,
        plan_indicators=totals["plan_indicators"] or 0,
        targets=totals["targets"] or 0,
    )


def _cells(row: PlanRow) -> tuple:
    plan = row.plan
    return (
        plan.slug, plan.title, plan.document_number, plan.issued_by, plan.issued_on, plan.region.code, plan.region.name,
        plan.first_year, plan.last_year, plan.period_assumed, row.regions, row.plan_indicators, row.in_table, row.in_text,
        row.baselines, row.targets, row.with_actuals,
    )  # fmt: skip
