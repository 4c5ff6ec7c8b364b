"""All plans, with what their documents state of themselves and how much each of them sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from indicators import prepared
from indicators.frames import Scope, Table
from indicators.models import Plan
from indicators.reports.planned import planned

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


_COUNTS = ("regions", "plan_indicators", "in_table", "baselines", "targets", "with_actuals")
_SUMS = ", ".join(f"sum({name})" for name in _COUNTS[1:])


def plans(number: int, state: Mapping[str, Any]) -> Plans:
    """A page of the plans by region and period; a query, two where there are several pages.

    Raises InvalidPage where there is no such page.
    """
    known = planned(state).plans.values()
    page = Paginator(sorted(known, key=lambda plan: (plan.region.code, plan.first_year, plan.slug)), PER_PAGE).page(number)
    shown = list(page.object_list)
    scope = Scope.of([plan.pk for plan in shown])
    counted = prepared.rows(
        f"SELECT plan_id, count(*), {_SUMS} FROM indicators_plantally WHERE {scope.on('plan_id')} GROUP BY plan_id",
        scope.params,
    )
    counts = {key: dict(zip(_COUNTS, map(int, some), strict=True)) for key, *some in counted}
    rows = tuple(PlanRow(plan, **counts.get(plan.pk, {})) for plan in shown)
    if page.has_other_pages():
        ((plan_indicators, targets),) = prepared.rows("SELECT sum(plan_indicators), sum(targets) FROM indicators_plantally")
    else:
        plan_indicators, targets = sum(row.plan_indicators for row in rows), sum(row.targets for row in rows)
    return Plans(rows=rows, page=page, plan_indicators=int(plan_indicators or 0), targets=int(targets or 0))


def _cells(row: PlanRow) -> tuple:
    plan = row.plan
    return (
        plan.slug, plan.title, plan.document_number, plan.issued_by, plan.issued_on, plan.region.code, plan.region.name,
        plan.first_year, plan.last_year, plan.period_assumed, row.regions, row.plan_indicators, row.in_table, row.in_text,
        row.baselines, row.targets, row.with_actuals,
    )  # fmt: skip
