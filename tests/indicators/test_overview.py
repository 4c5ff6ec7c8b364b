"""/ says which plans there are, how much is recorded of each, and what is missing."""

import re

import pytest

from indicators.reports import overview as reports
from indicators.models import DataVersion
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordos(tree):
    """A plan with a row of its table (two targets, a baseline) and a goal of its text (one target)."""
    plan = factories.plan(
        tree["150600"], "ordos", title="鄂尔多斯市规划", document_number="鄂府发〔2022〕28号", issued_by="鄂尔多斯市人民政府"
    )
    row = factories.plan_indicator(
        factories.series(tree["150600"]), plan, number="1", category="创造", baseline_year=2020, baseline_value=31219
    )
    goal = factories.plan_indicator(factories.series(tree["150600"], code="pct-applications"), plan)
    factories.target(row, 2024)
    factories.target(row, 2025)
    factories.target(goal, 2025)
    return row


@pytest.fixture
def kailu(tree):
    """A programme that the region issued and that sets something for a county; its period had to be assumed."""
    programme = factories.plan(tree["150000"], "pilot", title="试点县方案", period_assumed="原文没有写明年份")
    return factories.plan_indicator(factories.series(tree["150523"], code="patents-granted"), programme)


def shown():
    return reports.overview(reports.regions_with_plans())


def text(response):
    """What a reader sees, white space removed."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


def test_first_sentence_counts_regions_plans_indicators_and_actuals(client, ordos, kailu):
    factories.actual(ordos.series, 2023)
    factories.actual(ordos.series, 2024)
    assert "2个地区的2份规划共3项指标、3个分年目标、1个基期值；这些指标的实际值目前有2个。" in text(client.get("/"))


def test_rows_of_the_table_and_goals_of_the_text_are_counted_apart(ordos):
    (region,) = shown().regions
    counts = region.plans[0].counts
    assert (counts.plan_indicators, counts.in_table, counts.in_text) == (2, 1, 1)
    assert (counts.targets, counts.baselines, counts.actuals) == (3, 1, 0)


def test_a_plan_is_listed_where_it_sets_something_not_where_it_was_issued(client, kailu):
    (region,) = shown().regions
    assert region.region.name == "开鲁县"
    assert "发文地区内蒙古自治区" in text(client.get("/"))


def test_what_the_document_does_not_state_is_said_so(client, kailu):
    page = text(client.get("/"))
    assert "文号原文未载" in page
    assert "发文机关原文未载" in page
    assert "成文日期原文未载" in page
    assert "规划期2021—2025年（推定）" in page
    assert "原文没有写明年份" in page


def test_stated_number_and_body_are_shown(client, ordos):
    page = text(client.get("/"))
    assert "鄂府发〔2022〕28号" in page
    assert "发文机关鄂尔多斯市人民政府" in page
    assert "推定" not in page


def test_missing_actuals_show_as_not_reported(client, ordos):
    page = text(client.get("/"))
    assert "这些指标的实际值目前一个也没有。" in page
    assert "○未填报" in page


def test_zero_not_applicable_and_missing_are_three_things(client, ordos):
    factories.actual(ordos.series, 2023, 0)
    factories.actual(ordos.series, 2024, None, not_applicable=True)
    total = shown().total
    assert (total.actuals, total.not_applicable, total.without_actuals) == (1, 1, 1)
    assert "另有1个年份登记为“不适用”" in text(client.get("/"))


def test_actuals_outside_the_plan_years_are_told_apart(ordos):
    factories.actual(ordos.series, 2019)
    factories.actual(ordos.series, 2021)
    factories.actual(ordos.series, 2025)
    total = shown().total
    assert (total.actuals_in_period, total.actuals_outside_period) == (2, 1)
    assert (total.with_actuals, total.without_actuals) == (1, 1)


def test_an_actual_that_two_plans_read_is_counted_once_in_the_total(tree, ordos):
    factories.plan_indicator(ordos.series, factories.plan(tree["150600"], "next", first_year=2026, last_year=2030))
    factories.actual(ordos.series, 2024)
    overview = shown()
    assert [row.counts.actuals for row in overview.regions[0].plans] == [1, 1]
    assert (overview.total.actuals, overview.total.actuals_in_period) == (1, 1)


def test_actuals_of_indicators_without_a_plan_are_left_out(tree, ordos):
    factories.actual(factories.series(tree["100000"], code="copyright-registrations"), 2024)
    assert shown().total.actuals == 0


def test_bundled_plans_are_five_of_five_regions(client, bundled):
    overview = shown()
    assert [region.region.name for region in overview.regions] == ["内蒙古自治区", "通辽市", "开鲁县", "鄂尔多斯市", "兴安盟"]
    assert overview.plan_count == 5
    assert "5个地区的5份规划共" in text(client.get("/"))
    for region in overview.regions:
        for row in region.plans:
            assert row.counts.plan_indicators > 0
            assert row.counts.targets > 0


def test_without_plans_the_page_says_how_to_load_them(client, db):
    page = text(client.get("/"))
    assert "还没有规划" in page
    assert "manage.pyload_plans" in page
    assert "未填报" not in page


def test_a_page_shows_fifty_regions_and_totals_of_all(client, tree):
    plan = factories.plan(tree["150000"])
    indicator = factories.indicator()
    for number in range(51):
        region = type(tree["150000"]).objects.create(code=f"2{number:05d}", name=f"第{number}县", level="county")
        series = region.series.create(indicator=indicator)
        factories.plan_indicator(series, plan)
    first, second = text(client.get("/")), text(client.get("/?page=2"))
    assert "第49县" in first
    assert "第50县" not in first
    assert "第50县" in second
    assert "51个地区的1份规划共51项指标" in first
    assert "51个地区的1份规划共51项指标" in second


@pytest.mark.parametrize("page", ["0", "2", "x", "-1"])
def test_a_page_that_is_not_there_is_404(client, ordos, page):
    assert client.get(f"/?page={page}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(client, method):
    assert getattr(client, method)("/").status_code == 405


def test_head_is_answered_without_a_body(client):
    response = client.head("/")
    assert (response.status_code, response.content) == (200, b"")


def test_queries_do_not_grow_with_the_plans(client, tree, ordos, django_assert_num_queries):
    with django_assert_num_queries(10):
        client.get("/")
    for number in range(5):
        plan = factories.plan(tree["150500"], f"plan-{number}")
        series = factories.series(tree["150500"], code=f"indicator-{number}")
        factories.target(factories.plan_indicator(series, plan))
        factories.actual(series)
    with django_assert_num_queries(10):
        client.get("/")


def test_names_are_escaped(client, tree):
    plan = factories.plan(tree["150600"], title="<script>alert(1)</script>")
    factories.plan_indicator(factories.series(tree["150600"]), plan)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in client.get("/").content.decode()


def test_nothing_inline_is_on_the_page(client, ordos):
    page = client.get("/").content.decode()
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)


def test_demo_data_are_announced(client, ordos):
    assert "演示数据" not in client.get("/").content.decode()
    DataVersion.objects.update(is_demo=True)
    assert "演示数据" in client.get("/").content.decode()


def test_foot_of_the_page_gives_data_version_and_request_id(client, ordos):
    DataVersion.objects.update(number=41)
    response = client.get("/")
    foot = re.sub(r"<[^>]+>|\s", "", response.content.decode().split("<footer")[1])
    assert "数据版本41" in foot
    assert response["X-Request-ID"] in foot
    assert "数据以各规划原文为准" in foot


def test_visitors_are_led_to_log_in_and_staff_to_the_admin(client, people):
    assert 'href="/admin/login/"' in client.get("/").content.decode()
    client.force_login(factories.person("eve", is_staff=True))
    assert 'href="/admin/"' in client.get("/").content.decode()


def test_favicon_leads_to_the_static_file(client):
    assert client.get("/favicon.ico")["Location"] == "/static/img/favicon.svg"
