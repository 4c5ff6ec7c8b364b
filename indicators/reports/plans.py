"""All plans, with what their documents state of themselves and how much each of them sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q

from indicators.frames import Table
from indicators.models import Actual, Plan, PlanIndicator, Target
from indicators.reports.kept import kept
from indicators.reports.overview import IN_TABLE

PER_PAGE = 50
COLUMNS = [
    "plan", "title", "document_number", "issued_by", "issued_on", "region", "region_name", "first_year", "last_year",
    "period_assumed", "regions", "plan_indicators", "in_table", "in_text", "baselines", "targets", "with_actuals",
]  # fmt: skip


@dataclass(frozen=True)
class PlanRow:
    """A plan and how much of what it states is recorded; `with_actuals` has at least one actual in the plan's years."""

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


def plans(number: int, state: Mapping[str, Any]) -> Plans:
    """A page of the plans by region and period; six queries. Raises InvalidPage where there is no such page."""
    page = Paginator(Plan.objects.select_related("region").order_by("region__code", "first_year", "slug"), PER_PAGE).page(
        number
    )
    shown = list(page.object_list)
    measured = Actual.objects.filter(
        series=OuterRef("series"),
        value__isnull=False,
        year__gte=OuterRef("plan__first_year"),
        year__lte=OuterRef("plan__last_year"),
    )
    stated = {
        row.pop("plan"): row
        for row in PlanIndicator.objects.filter(plan__in=shown)
        .order_by()
        .values("plan")
        .annotate(
            regions=Count("series__region", distinct=True),
            plan_indicators=Count("pk", distinct=True),
            in_table=Count("pk", filter=IN_TABLE, distinct=True),
            baselines=Count("pk", filter=Q(baseline_value__isnull=False), distinct=True),
            with_actuals=Count("pk", filter=Exists(measured), distinct=True),
        )
    }
    asked = dict(
        Target.objects.filter(plan_indicator__plan__in=shown)
        .order_by()
        .values_list("plan_indicator__plan")
        .annotate(count=Count("pk"))
    )
    totals = kept(state, "plan totals", lambda: (PlanIndicator.objects.count(), Target.objects.count()), alone=True)
    return Plans(
        rows=tuple(PlanRow(plan, **stated.get(plan.pk, {}), targets=asked.get(plan.pk, 0)) for plan in shown),
        page=page,
        plan_indicators=totals[0],
        targets=totals[1],
    )


def _cells(row: PlanRow) -> tuple:
    plan = row.plan
    return (
        plan.slug, plan.title, plan.document_number, plan.issued_by, plan.issued_on, plan.region.code, plan.region.name,
        plan.first_year, plan.last_year, plan.period_assumed, row.regions, row.plan_indicators, row.in_table, row.in_text,
        row.baselines, row.targets, row.with_actuals,
    )  # fmt: skip
