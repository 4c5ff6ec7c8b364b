import random
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
from django.contrib.auth.hashers import make_password
from django.core.management import BaseCommand, CommandError, call_command
from django.db import transaction

from indicators import workflow
from indicators.calculation.vocabulary import CONDITIONS, GROWTHS, Direction, Measure, Role, Through
from indicators.exports import DEMO_MARK
from indicators.management.commands import _files
from indicators.models import Actual, DataVersion, PlanIndicator, Revision
from regions.models import Assignment, Region, User

YEARS = range(2021, 2025)
PASSWORD = "demo-only-ipdash"
PEOPLE = [
    ("demo-clerk", "演示填报员", "150000", Role.CLERK),
    ("demo-reviewer", "演示审核员", "150000", Role.REVIEWER),
    ("demo-manager", "演示管理员", "150000", Role.MANAGER),
    ("demo-official", "演示领导", "150000", None),
]


class Command(BaseCommand):
    help = "Fill an empty database with the bundled plans, synthetic figures marked as demo data, and four demo accounts."

    @transaction.atomic
    def handle(self, **options):
        if Revision.objects.exclude(through__in=[Through.BUNDLED, Through.DEMO]).exists():
            raise CommandError("这个数据库里已有真实填报，不能装入演示数据；请用 make demo，它另用一个数据库文件")
        call_command("load_plans", stdout=self.stdout)
        DataVersion.objects.update_or_create(id=1, defaults={"is_demo": True})
        figures = synthetic_figures()
        outcome = workflow.apply_many([figures] if len(figures) else [], by=_files.bundled_user(), through=Through.DEMO)
        self.stdout.write(f"{DEMO_MARK}：{outcome}")
        for username, full_name, region, role in PEOPLE:
            user, _ = User.objects.update_or_create(
                username=username, defaults={"full_name": full_name, "password": make_password(PASSWORD)}
            )
            if role:
                place = Region.objects.get(code=region)
                Assignment.objects.update_or_create(user=user, region=place, role=role, defaults={"includes_descendants": True})
        self.stdout.write(f"演示账户：{'、'.join(person[0] for person in PEOPLE)}，密码均为 {PASSWORD}")


def synthetic_figures():
    """Made-up figures for the plan indicators in YEARS, the same every time; real figures that stand are left alone."""
    recorded = set(Actual.objects.values_list("series_id", "year"))
    rows = {}
    plan_indicators = PlanIndicator.objects.select_related("plan", "series__region", "series__indicator")
    for row in plan_indicators.prefetch_related("targets").order_by("plan_id", "position"):
        series, indicator = row.series, row.series.indicator
        chance = random.Random(f"{series.region.code} {indicator.code}")
        pace = chance.uniform(0.55, 1.2)
        for year in YEARS:
            noise = chance.uniform(0.96, 1.04)
            missing = chance.random() < 0.1
            if missing or (series.pk, year) in recorded or (series.pk, year) in rows:
                continue
            rows[series.pk, year] = {
                "region_id": series.region_id,
                "indicator_id": series.indicator_id,
                "year": year,
                "value": _text(_value(row, list(row.targets.all()), year, pace, noise), indicator),
            }
    frame = pd.DataFrame(rows.values(), dtype=object)
    frame["line"] = range(1, len(frame) + 1)
    frame["not_applicable"] = False
    frame["source"] = frame["note"] = DEMO_MARK
    frame["source_url"] = ""
    return frame


def _value(row, targets, year, pace, noise):
    """A figure on a line from the baseline towards the last target, at a pace of the series' own."""
    kinds = {target.kind for target in targets}
    first, last = row.plan.first_year, row.plan.last_year
    passed = max(year - first + 1, 0)
    if not targets or kinds & CONDITIONS:
        return 80 * (1 + 0.02 * pace * passed) * noise
    final = targets[-1]
    start = float(row.baseline_value) if row.baseline_value is not None else None
    if final.kind in GROWTHS:
        return (start or 100) * (1 + float(final.lower) * pace) ** passed * noise
    goal = float(final.upper if row.series.indicator.direction == Direction.DECREASE else (final.lower or 1))
    measure = row.series.indicator.measure
    if measure == Measure.ANNUAL:
        return goal * pace * noise
    if measure == Measure.INCREMENT:
        return goal / (last - first + 1) * pace * noise
    begin = goal * (2 if row.series.indicator.direction == Direction.DECREASE else 0.5) if start is None else start
    since = row.baseline_year or first - 1
    if measure in (Measure.MILESTONE, Measure.CUMULATIVE) and start is None:
        begin = 0
    return (begin + (goal - begin) * pace * (year - since) / (last - since)) * noise


def _text(value, indicator):
    places = Decimal(1).scaleb(-indicator.decimals)
    return str(max(Decimal(str(value)), Decimal(0)).quantize(places, rounding=ROUND_HALF_UP))
