"""Makes the rows that tests need, with the least that each must say."""

from django.utils import timezone

from indicators.models import Actual, Indicator, Plan, PlanIndicator, Series, Target
from regions.models import Assignment, Region, User

PLACES = [
    ("100000", "全国", "country", None),
    ("150000", "内蒙古自治区", "province", "100000"),
    ("150500", "通辽市", "prefecture", "150000"),
    ("150523", "开鲁县", "county", "150500"),
    ("150600", "鄂尔多斯市", "prefecture", "150000"),
]


def tree():
    made = {}
    for code, name, level, parent in PLACES:
        made[code] = Region.objects.create(code=code, name=name, level=level, parent=made.get(parent))
    return made


def person(username, *assignments, **fields):
    user = User.objects.create_user(username, password="correct horse battery", full_name=username.title(), **fields)
    for region, role, includes_descendants in assignments:
        Assignment.objects.create(user=user, region=region, role=role, includes_descendants=includes_descendants)
    return user


def indicator(code="valid-trademarks", **fields):
    defaults = {"name": "有效注册商标拥有量", "unit": "件", "dimension": "创造", "measure": "stock", "direction": "increase"}
    return Indicator.objects.create(code=code, **{**defaults, **fields})


def series(region, **fields):
    return Series.objects.create(region=region, indicator=indicator(**fields))


def plan(region, slug="a-plan", **fields):
    return Plan.objects.create(slug=slug, region=region, **{"title": "某规划", "first_year": 2021, "last_year": 2025, **fields})


def plan_indicator(series, plan, **fields):
    defaults = {"position": 1, "name": series.indicator.name, "unit": series.indicator.unit}
    return PlanIndicator.objects.create(series=series, plan=plan, **{**defaults, **fields})


def target(plan_indicator, year=2025, kind="at_least", lower=50, **fields):
    return Target.objects.create(plan_indicator=plan_indicator, year=year, kind=kind, lower=lower, **fields)


def actual(series, year=2024, value=40, **fields):
    return Actual.objects.create(series=series, year=year, value=value, approved_at=timezone.now(), **fields)
