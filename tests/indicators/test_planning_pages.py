"""Managers keep plans, indicators and targets in pages; an amended target keeps its old value and the document."""

import pytest
from django.urls import reverse

from indicators import planning
from indicators.models import Amendment, AuditEvent, Change, Indicator, Plan, PlanIndicator, StaleMark, Target
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(tree):
    return factories.plan(tree["150600"], title="鄂尔多斯市规划")


@pytest.fixture
def standing(plan, tree):
    series = factories.series(tree["150600"])
    row = factories.plan_indicator(series, plan, number="1", baseline_year=2020, baseline_value=31219, unit="万件")
    factories.target(row, year=2025, lower=50_000)
    row.refresh_from_db()
    return row


@pytest.fixture
def dolma(client, people):
    client.force_login(people["dolma"])
    return client


def address(row):
    return reverse("planning-plan-indicator", args=[row.plan.slug, row.series.region.code, row.series.indicator.code])


def form_of(client, row, **changes):
    """What the form holds when it is opened, with changes."""
    page = client.get(address(row))
    shown = {name: value for name, value in page.context["shown"].items() if not isinstance(value, tuple)}
    return shown | {"seen": page.context["seen"]} | changes


def test_form_shows_the_figures_in_the_unit_of_the_plan(dolma, standing):
    shown = form_of(dolma, standing)
    assert (shown["baseline_value"], shown["lower-2025"], shown["kind-2025"]) == ("3.1219", "5", "at_least")


def test_saving_what_stands_changes_nothing(dolma, standing):
    assert dolma.post(address(standing), form_of(dolma, standing)).status_code == 302
    assert not StaleMark.objects.exists()
    assert not Amendment.objects.exists()


def test_amended_target_keeps_its_old_value_and_the_document(dolma, standing, people):
    amended = {"lower-2025": "5.5", "document_number": "鄂府发〔2024〕8号", "issued_on": "2024-03-01"}
    assert dolma.post(address(standing), form_of(dolma, standing, **amended)).status_code == 302
    assert Target.objects.get().lower == 55_000
    amendment = Amendment.objects.get()
    assert (amendment.year, amendment.old_lower, amendment.new_lower) == (2025, 50_000, 55_000)
    assert (amendment.document_number, str(amendment.issued_on), amendment.by) == (
        "鄂府发〔2024〕8号",
        "2024-03-01",
        people["dolma"],
    )
    assert StaleMark.objects.filter(series=standing.series).exists()
    assert Change.objects.filter(what="plans", plan=standing.plan).exists()


def test_changed_target_needs_a_document_or_a_reason(dolma, standing):
    refused = dolma.post(address(standing), form_of(dolma, standing, **{"lower-2025": "6"}))
    assert refused.status_code == 422
    assert "调整文号" in refused.content.decode()
    assert 'value="6"' in refused.content.decode()
    assert Target.objects.get().lower == 50_000


def test_corrected_entry_is_no_amendment_but_leaves_a_trace(dolma, standing):
    dolma.post(address(standing), form_of(dolma, standing, **{"lower-2025": "6", "reason": "录入时看错"}))
    assert Target.objects.get().lower == 60_000
    assert not Amendment.objects.exists()
    assert AuditEvent.objects.get(act="target.correct").detail["targets"] == {
        "2025": [["at_least", "50000", None, None], ["at_least", "60000", None, None]]
    }


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"lower-2025": "五万"}, "不是数字"),
        ({"lower-2025": ""}, "需要填这一列"),
        ({"upper-2025": "6"}, "不填这一列"),
        ({"kind-2025": "at_most"}, "目标类型“不高于”只用于"),
        ({"baseline_value": ""}, "基期年与基期值"),
        ({"baseline_year": "2025"}, "基期年不早于规划终止年"),
        ({"name": ""}, "不能为空"),
        ({"unit": "家"}, "不能换算"),
        ({"kind-2024": "above_region", "reference_region-2024": "150000"}, "条件类目标与数值类目标"),
        ({"kind-2024": "range", "lower-2024": "2", "upper-2024": "1"}, "上限小于下限"),
        ({"lower-2025": "6", "document_number": "某号", "issued_on": "明天"}, "不是日期"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_stays_typed(dolma, standing, typed, sentence):
    refused = dolma.post(address(standing), form_of(dolma, standing, **typed))
    assert refused.status_code == 422
    assert sentence in "；".join(reason for _, _, reason in refused.context["errors"])
    assert (Target.objects.get().lower, PlanIndicator.objects.get().baseline_value) == (50_000, 31_219)
    for name, text in typed.items():
        assert refused.context["shown"][name] == text


def test_who_did_not_see_the_latest_state_gets_a_conflict_and_keeps_the_input(dolma, standing):
    form = form_of(dolma, standing, **{"lower-2025": "6", "reason": "更正"})
    Target.objects.update(lower=70_000)
    refused = dolma.post(address(standing), form)
    assert refused.status_code == 409
    assert "70000" in refused.content.decode()
    assert refused.context["shown"]["lower-2025"] == "6"
    again = dolma.post(address(standing), form | {"seen": refused.context["seen"]})
    assert again.status_code == 302
    assert Target.objects.get().lower == 60_000


def test_new_plan_indicator_comes_last_and_others_keep_their_place(dolma, standing, plan, tree):
    PlanIndicator.objects.update(position=7)
    indicator = factories.indicator("patents", name="专利授权量")
    form = {"name": "专利授权量", "unit": "件", "kind-2025": "at_least", "lower-2025": "5000", "seen": ""}
    saved = dolma.post(reverse("planning-plan-indicator", args=[plan.slug, "150600", indicator.code]), form)
    assert saved.status_code == 302
    assert list(PlanIndicator.objects.order_by("position").values_list("name", "position")) == [
        ("有效注册商标拥有量", 7),
        ("专利授权量", 8),
    ]


def test_plan_indicator_entered_by_mistake_is_removed_with_a_reason(dolma, standing):
    seen = planning.fingerprint(standing)
    refused = dolma.post(address(standing), {"remove": "1", "seen": seen})
    assert "移除的理由" in refused.content.decode()
    assert dolma.post(address(standing), {"remove": "1", "seen": seen, "reason": "重复录入"}).status_code == 302
    assert not PlanIndicator.objects.exists()


def test_amended_plan_indicator_is_not_removed(dolma, standing):
    dolma.post(address(standing), form_of(dolma, standing, **{"lower-2025": "6", "document_number": "某号"}))
    standing.refresh_from_db()
    refused = dolma.post(address(standing), {"remove": "1", "seen": planning.fingerprint(standing), "reason": "重复录入"})
    assert "调整记录" in refused.content.decode()
    assert PlanIndicator.objects.exists()


def test_plan_is_made_and_changed(dolma, tree):
    facts = {"slug": "ordos-plan", "title": "某规划", "region": "150600", "first_year": "2021", "last_year": "2025"}
    assert dolma.post(reverse("planning-plan-new"), facts).status_code == 302
    plan = Plan.objects.get()
    assert (plan.document_number, plan.issued_on) == (None, None)
    assert "另取一个" in dolma.post(reverse("planning-plan-new"), facts).content.decode()
    changed = facts | {"document_number": "鄂府发〔2021〕1号", "slug": "other"}
    dolma.post(reverse("planning-plan", args=[plan.slug]), changed)
    plan.refresh_from_db()
    assert (plan.slug, plan.document_number) == ("ordos-plan", "鄂府发〔2021〕1号")


def test_longer_plan_makes_its_figures_stale(dolma, standing, plan):
    facts = {"title": plan.title, "region": "150600", "first_year": "2021", "last_year": "2026"}
    dolma.post(reverse("planning-plan", args=[plan.slug]), facts)
    assert StaleMark.objects.filter(series=standing.series).exists()


def test_period_that_leaves_targets_outside_is_refused(dolma, standing, plan):
    facts = {"title": plan.title, "region": "150600", "first_year": "2021", "last_year": "2024"}
    assert "先改那些目标" in dolma.post(reverse("planning-plan", args=[plan.slug]), facts).content.decode()


def test_plan_of_a_region_that_is_not_managed_is_not_there(client, tree, plan):
    client.force_login(factories.person("tong", (tree["150500"], "manager", True)))
    assert client.get(reverse("planning-plan", args=[plan.slug])).status_code == 404
    refused = client.post(
        reverse("planning-plan-new"), {"slug": "x", "title": "x", "region": "150600", "first_year": 2021, "last_year": 2025}
    )
    assert refused.status_code == 200
    assert Plan.objects.count() == 1


def test_indicator_is_made_and_keeps_what_figures_hang_on(dolma):
    facts = {
        "code": "patents",
        "name": "专利授权量",
        "unit": "件",
        "dimension": "创造",
        "measure": "flow",
        "direction": "increase",
        "decimals": "0",
    }
    assert "基本单位" in dolma.post(reverse("planning-indicator-new"), facts | {"unit": "万件"}).content.decode()
    assert dolma.post(reverse("planning-indicator-new"), facts).status_code == 302
    changed = facts | {"name": "专利授权数", "unit": "家", "measure": "stock"}
    dolma.post(reverse("planning-indicator", args=["patents"]), changed)
    indicator = Indicator.objects.get()
    assert (indicator.name, indicator.unit, indicator.measure) == ("专利授权数", "件", "flow")


def test_indicators_are_kept_by_managers_of_a_whole_province_only(client, tree):
    client.force_login(factories.person("ord", (tree["150600"], "manager", True)))
    assert client.get(reverse("planning-indicator-new")).status_code == 403
    assert client.get(reverse("planning")).status_code == 200


def test_list_takes_few_queries(dolma, standing, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        dolma.get(reverse("planning"))
