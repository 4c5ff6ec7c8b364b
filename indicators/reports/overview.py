"""What the pages show: one frozen dataclass per page, built from the database in a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q

from indicators.models import Actual, Plan, PlanIndicator, Target
from regions.models import Region

# A row of a plan's table has the number or the category printed there; a goal of the text has neither.
IN_TABLE = ~Q(number="") | ~Q(category="")
IN_PERIOD = Q(
    year__gte=F("series__plan_indicators__plan__first_year"),
    year__lte=F("series__plan_indicators__plan__last_year"),
)
HAS_VALUE = Q(value__isnull=False)


@dataclass(frozen=True)
class Counts:
    """How much is recorded. Actuals are figures of whole years; a year that is 不适用 is counted apart from them."""

    plan_indicators: int = 0
    in_table: int = 0
    baselines: int = 0
    targets: int = 0
    actuals: int = 0
    actuals_in_period: int = 0
    not_applicable: int = 0
    with_actuals: int = 0  # plan indicators with at least one actual in the plan's years

    @property
    def in_text(self):
        return self.plan_indicators - self.in_table

    @property
    def actuals_outside_period(self):
        return self.actuals - self.actuals_in_period

    @property
    def without_actuals(self):
        return self.plan_indicators - self.with_actuals


@dataclass(frozen=True)
class PlanInRegion:
    """A plan as far as it sets something for one region, which need not be the one that issued it."""

    plan: Plan
    counts: Counts


@dataclass(frozen=True)
class RegionPlans:
    region: Region
    plans: tuple[PlanInRegion, ...]


@dataclass(frozen=True)
class Overview:
    """The regions asked for, each with its plans, and the totals over all regions."""

    regions: tuple[RegionPlans, ...]
    region_count: int
    plan_count: int
    total: Counts

    @property
    def longest(self):
        """The most plan indicators in one row: what the bars are drawn against."""
        return max((row.counts.plan_indicators for region in self.regions for row in region.plans), default=1)


def regions_with_plans():
    """Regions for which at least one plan states an indicator, by code."""
    return Region.objects.filter(Exists(PlanIndicator.objects.filter(series__region=OuterRef("pk")))).order_by("code")


def overview(regions):
    """What is recorded for the given regions, plan by plan, and in all regions together; seven queries, however many."""
    regions = {region.pk: region for region in regions}
    plan_indicators = _by_plan_and_region(
        PlanIndicator.objects.filter(series__region__in=regions), "plan", "series__region", **_STATED
    )
    targets = _by_plan_and_region(
        Target.objects.filter(plan_indicator__series__region__in=regions),
        "plan_indicator__plan",
        "plan_indicator__series__region",
        targets=Count("pk"),
    )
    actuals = _by_plan_and_region(
        Actual.objects.filter(series__region__in=regions, series__plan_indicators__isnull=False),
        "series__plan_indicators__plan",
        "series__region",
        **_RECORDED,
        with_actuals=Count("series", filter=HAS_VALUE & IN_PERIOD, distinct=True),
    )
    plans = Plan.objects.select_related("region").in_bulk({plan for plan, _ in plan_indicators})
    rows = defaultdict(list)
    for (plan, region), counts in plan_indicators.items():
        key = plan, region
        rows[region].append(PlanInRegion(plans[plan], Counts(**counts, **targets.get(key, {}), **actuals.get(key, {}))))
    return Overview(
        regions=tuple(
            RegionPlans(region, tuple(sorted(rows[pk], key=lambda row: (row.plan.first_year, row.plan.slug))))
            for pk, region in regions.items()
        ),
        **_totals(),
    )


_STATED = {
    "plan_indicators": Count("pk"),
    "in_table": Count("pk", filter=IN_TABLE),
    "baselines": Count("baseline_value"),
}
# Distinct, because a series that two plans read is joined to both.
_RECORDED = {
    "actuals": Count("pk", filter=HAS_VALUE, distinct=True),
    "actuals_in_period": Count("pk", filter=HAS_VALUE & IN_PERIOD, distinct=True),
    "not_applicable": Count("pk", filter=~HAS_VALUE, distinct=True),
}


def _by_plan_and_region(rows, plan, region, **counts):
    """{(plan, region): {name: count}}"""
    grouped = rows.order_by().values_list(plan, region).annotate(**counts)
    return {(plan, region): dict(zip(counts, numbers, strict=True)) for plan, region, *numbers in grouped}


def _totals():
    measured = Actual.objects.filter(
        HAS_VALUE,
        series=OuterRef("series"),
        year__gte=OuterRef("plan__first_year"),
        year__lte=OuterRef("plan__last_year"),
    )
    stated = PlanIndicator.objects.aggregate(
        region_count=Count("series__region", distinct=True),
        plan_count=Count("plan", distinct=True),
        with_actuals=Count("pk", filter=Exists(measured)),
        **_STATED,
    )
    recorded = Actual.objects.filter(series__plan_indicators__isnull=False).aggregate(**_RECORDED)
    return {
        "region_count": stated.pop("region_count"),
        "plan_count": stated.pop("plan_count"),
        "total": Counts(**stated, **recorded, targets=Target.objects.count()),
    }
