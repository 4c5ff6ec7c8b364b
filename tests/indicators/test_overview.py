"""/ says how the plans of all regions stand in a year, what needs attention, what is new, and what is missing."""

import csv
import io
import re

import openpyxl
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from indicators import progress, tallies
from indicators.calculation.vocabulary import Subject, TargetKind
from indicators.models import DataVersion, PlanIndicator, QualityFinding, Revision
from indicators.reports import overview as reports
from indicators.selection import Selection
from tests import factories

pytestmark = pytest.mark.django_db
IN_PROCESS = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test-overview"}}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """2025 is the latest year that is over."""
    monkeypatch.setattr(progress, "today", lambda: timezone.datetime(2026, 3, 1).date())


@pytest.fixture
def ordos(tree):
    """A plan with a row of its table (two targets, a baseline) and a goal of its text (one target)."""
    plan = factories.plan(
        tree["150600"], "ordos", title="鄂尔多斯市规划", document_number="鄂府发〔2022〕28号", issued_by="鄂尔多斯市人民政府"
    )
    row = factories.plan_indicator(
        factories.series(tree["150600"]), plan, number="1", category="创造", baseline_year=2020, baseline_value=10
    )
    goal = factories.plan_indicator(factories.series(tree["150600"], code="pct-applications", name="PCT申请量"), plan)
    factories.target(row, 2024, lower=40)
    factories.target(row, 2025)
    factories.target(goal, 2025)
    return row


@pytest.fixture
def kailu(tree):
    """A programme that the region issued and that sets something for a county; its period had to be assumed."""
    programme = factories.plan(tree["150000"], "pilot", title="试点县方案", period_assumed="原文没有写明年份")
    return factories.plan_indicator(factories.series(tree["150523"], code="patents-granted", name="专利授权量"), programme)


def shown(**asked):
    progress.rebuild()
    return reports.overview(Selection(**asked), progress.state_of_data())


def get(client, address="/"):
    progress.rebuild()
    return client.get(address)


def text(response):
    """What a reader sees, white space removed."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


def test_first_sentence_counts_by_status(client, ordos, kailu):
    factories.actual(ordos.series, 2024, 45)
    page = text(get(client, "/?year=2024"))
    assert "2024年，2个地区的2份规划共3项指标：符合预期1，未填报2。" in page
    assert "其中1项定有2024年的目标，1项有基期值。" in page
    assert "2024年应填3项，已填1项，还缺2项" in page


def test_year_is_the_latest_that_is_over(client, ordos):
    assert shown().year == 2025
    assert "2025年，1个地区" in text(get(client))


def test_year_is_the_last_of_plans_that_ended_before(tree):
    plan = factories.plan(tree["150600"], first_year=2016, last_year=2020)
    factories.plan_indicator(factories.series(tree["150600"]), plan)
    assert shown().year == 2020


def test_years_are_links(client, ordos):
    page = get(client, "/?year=2023").content.decode()
    assert re.search(r'<a href="/\?year=2022">2022</a>', page)
    assert re.search(r'<a href="/\?year=2023" aria-current="page">2023</a>', page)


def test_another_years_value_is_never_shown_as_this_years(client, ordos):
    factories.actual(ordos.series, 2024, 45)
    (cell, *_) = shown(year=2025).matrix[0][1][0].cells
    assert (cell.value, cell.sign.word, cell.asked) == ("", "未填报", "目标 50")


def test_rows_of_the_table_and_goals_of_the_text_are_counted_apart(ordos):
    (region,) = shown().regions
    counts = region.plans[0].counts
    assert (counts.plan_indicators, counts.in_table, counts.in_text) == (2, 1, 1)
    assert (counts.targets, counts.baselines, counts.reported, counts.missing) == (2, 1, 0, 2)


def test_a_plan_is_listed_where_it_sets_something_not_where_it_was_issued(client, kailu):
    (region,) = shown().regions
    assert region.name == "开鲁县"
    assert "试点县方案文号原文未载·2021—2025年（推定）·内蒙古自治区发文" in text(get(client))


def test_what_the_document_does_not_state_is_said_so(client, kailu):
    page = text(get(client, "/regions/150523/"))
    assert "文号原文未载" in page
    assert "发文机关原文未载" in page
    assert "成文日期原文未载" in page
    assert "规划期2021—2025年（推定）" in page
    assert "原文没有写明年份" in page


def test_stated_number_and_body_are_shown(client, ordos):
    assert "鄂尔多斯市规划鄂府发〔2022〕28号·2021—2025年" in text(get(client))
    page = text(get(client, "/regions/150600/"))
    assert "鄂府发〔2022〕28号" in page
    assert "发文机关鄂尔多斯市人民政府" in page
    assert "推定" not in page


def test_without_actuals_the_targets_that_are_due_are_shown(client, ordos):
    page = text(get(client))
    assert "项目前一项也没有填报。" in page
    assert "2025年已到期而未填报的有2项" in page
    assert "○未填报" in page
    assert {row.standing.name for row in shown().urgent_rows} == {"有效注册商标拥有量", "PCT申请量"}


def test_a_year_that_is_not_over_is_not_missed(client, ordos, monkeypatch):
    monkeypatch.setattr(progress, "today", lambda: timezone.datetime(2025, 3, 1).date())
    page = text(get(client, "/?year=2025"))
    assert "未到期2" in page
    assert "2025年尚未结束" in page
    assert "○未填报" not in page.split("数据从哪里来")[0]


def test_zero_not_applicable_and_missing_are_three_things(client, ordos):
    factories.actual(ordos.series, 2023, 0)
    factories.actual(ordos.series, 2024, None, not_applicable=True)
    assert [(one.year, one.reported) for one in shown().by_year] == [(2021, 0), (2022, 0), (2023, 1), (2024, 1), (2025, 0)]
    cell = shown(year=2023).matrix[0][1][0].cells[0]
    assert (cell.value, cell.sign.word) == ("0", "低于基期")
    assert "不适用" in text(get(client, "/?year=2024"))


def test_years_with_actuals_are_pointed_to(client, ordos):
    factories.actual(ordos.series, 2023, 30)
    assert "有实际值的年份：2023年（1项）" in text(get(client))


def test_actuals_outside_the_plan_years_are_not_counted(ordos):
    factories.actual(ordos.series, 2019)
    assert [one.reported for one in shown().by_year] == [0, 0, 0, 0, 0]


def test_those_furthest_behind_come_first(client, ordos, kailu):
    factories.actual(ordos.series, 2024, 25)
    goal = kailu
    goal.baseline_year, goal.baseline_value = 2020, 10
    goal.save()
    factories.target(goal, 2024, lower=40)
    factories.actual(goal.series, 2024, 5)
    attention = shown(year=2024).urgent_rows
    assert [(row.standing.name, row.standing.status) for row in attention] == [
        ("专利授权量", "reversed"),
        ("有效注册商标拥有量", "behind"),
    ]
    page = get(client, "/?year=2024").content.decode()
    assert "有效注册商标拥有量（件）：2024 年实际 25，2020 年基期 10，按进度应达 40，2025 年目标 50；明显滞后。" in page
    assert "还差 15" in page


def test_matrix_puts_indicators_down_and_regions_across(client, tree, ordos, kailu):
    series = tree["150500"].series.create(indicator=ordos.series.indicator)
    factories.plan_indicator(series, factories.plan(tree["150500"], "tl"))
    factories.actual(ordos.series, 2024, 36)
    overview = shown(year=2024)
    assert [region.name for region in overview.regions] == ["通辽市", "开鲁县", "鄂尔多斯市"]
    ((dimension, rows),) = overview.matrix
    assert (dimension, [row.name for row in rows]) == ("创造", ["有效注册商标拥有量", "PCT申请量", "专利授权量"])
    assert [cell and (cell.value, cell.attainment) for cell in rows[0].cells] == [("", ""), None, ("36", "达成 90.0%")]


def test_matrix_shows_one_unit_per_row(tree, ordos):
    series = tree["150500"].series.create(indicator=ordos.series.indicator)
    factories.plan_indicator(series, factories.plan(tree["150500"], "tl"), unit="万件")
    factories.actual(series, 2024, 25000)
    factories.actual(ordos.series, 2024, 40)
    row = shown(year=2024).matrix[0][1][0]
    assert (row.unit, [cell.value for cell in row.cells]) == ("万件", ["2.5", "0.004"])


def test_matrix_says_what_is_asked_for_where_nothing_is_reported(client, tree, ordos, kailu):
    factories.target(kailu, 2024, kind=TargetKind.INCREASING, lower=None)
    goal = PlanIndicator.objects.get(series__indicator__code="pct-applications")
    (_, rows) = shown(year=2024).matrix[0]
    asked = {row.code: [cell.asked for cell in row.cells if cell] for row in rows}
    assert asked == {
        ordos.series.indicator.code: ["目标 40"],
        goal.series.indicator.code: ["2025 年目标 50"],
        "patents-granted": ["目标 逐年增加"],
    }
    assert "目标逐年增加未填报" in text(get(client, "/?year=2024"))


def test_matrix_writes_targets_as_plans_do_and_conditions_without_a_share(client, tree):
    plan = factories.plan(tree["150600"])
    asked = {"range": {"lower": 1, "upper": 2}, "milestone": {"lower": None}, "increasing": {"lower": None}}
    rising = None
    for position, (kind, fields) in enumerate(asked.items()):
        series = factories.series(tree["150600"], code=f"asked-{kind}".replace("_", "-"), decimals=1)
        rising = factories.plan_indicator(series, plan, position=position)
        factories.target(rising, 2024, kind, **fields)
    for year, value in ((2021, 84), (2022, 83), (2023, 87)):
        factories.actual(rising.series, year, value)
    get(client)

    def told(year):
        return {row.code: (row.cells[0].asked or row.cells[0].attainment) for row in shown(year=year).matrix[0][1]}

    assert told(2024) == {"asked-range": "目标 1~2", "asked-milestone": "目标 零突破", "asked-increasing": "目标 逐年增加"}
    assert told(2023)["asked-increasing"] == "未满足"
    assert "明显滞后87未满足" in text(get(client, "/?year=2023"))


def test_matrix_marks_what_is_computed_again(client, ordos):
    factories.actual(ordos.series, 2024, 36)
    progress.rebuild()
    progress.mark_stale([ordos.series_id])
    assert "达成90.0%" in (page := text(client.get("/?year=2024")))
    assert "36↻正在重算达成90.0%" in page


def test_matrix_of_one_dimension(client, ordos):
    assert "这些地区的规划没有这个维度的指标" in text(get(client, "/?dimension=人才"))
    assert len(shown(dimension="创造").matrix) == 1


def test_dimensions_of_the_matrix_are_those_that_plans_set_something_in(client, ordos):
    assert "维度全部2创造22025年" in text(get(client))
    assert "维度全部2创造2人才0这些地区" in text(get(client, "/?dimension=人才"))


def test_latest_changes_are_told_but_not_what_clerks_do(client, ordos, people):
    for act, value in (("enter", 7), ("approve", 8), ("correct", 9), ("submit", 6)):
        Revision.objects.create(
            series=ordos.series, year=2024, act=act, through="form", old_value=5 if act == "correct" else None,
            new_value=value, version=1, by=people["alta"], at=timezone.now(),
        )  # fmt: skip
    updates = shown().updates
    assert [(one.act, one.before, one.after) for one in updates] == [("更正", "5", "9"), ("审核通过", "—", "8")]
    assert "有效注册商标拥有量·鄂尔多斯市2024年：5→9件" in text(get(client))
    assert "Alta" not in get(client).content.decode()


def test_findings_are_counted_and_warnings_come_first(client, ordos):
    progress.rebuild()
    QualityFinding.objects.all().delete()
    for number in range(9):
        QualityFinding.objects.create(
            series=ordos.series, code="jumps", severity="notice", sentence=f"提示{number}", found_at=timezone.now()
        )
    QualityFinding.objects.create(
        series=ordos.series, code="slip", severity="warning", sentence="像是少写了万", found_at=timezone.now()
    )
    tallies.everything()
    page = text(client.get("/"))
    assert "共10条。像是少写了万" in page
    assert "提示8" in page
    assert "提示0" not in page


def test_one_word_with_two_definitions_comes_after_every_other_finding(client, ordos):
    progress.rebuild()
    QualityFinding.objects.all().delete()
    for code, sentence in (("jumps", "骤增"), *(("two_definitions", f"两种口径{number}") for number in range(9))):
        QualityFinding.objects.create(
            series=ordos.series, code=code, severity="notice", sentence=sentence, found_at=timezone.now()
        )
    tallies.everything()
    page = text(client.get("/"))
    assert "共10条。骤增" in page
    assert "两种口径8" in page
    assert "两种口径1" not in page


def test_regions_that_miss_most_come_first(ordos, kailu):
    assert [(one.region_name, one.missing) for one in shown().by_region] == [("鄂尔多斯市", 2), ("开鲁县", 1)]
    assert (shown().whole.complete, shown().whole.silent) == (0, 2)


def test_bundled_plans_are_five_of_five_regions(client, bundled):
    overview = shown()
    assert [region.name for region in overview.regions] == ["内蒙古自治区", "通辽市", "开鲁县", "鄂尔多斯市", "兴安盟"]
    assert overview.whole.plans == 5
    assert "5个地区的5份规划共117项指标" in text(get(client))
    for region in overview.regions:
        for row in region.plans:
            assert row.counts.plan_indicators > 0
            assert row.counts.targets > 0
    cells = sum(cell is not None for _, rows in overview.matrix for row in rows for cell in row.cells)
    assert cells == overview.total.plan_indicators == 117


def test_without_plans_the_page_says_how_to_load_them(client, db):
    page = text(client.get("/"))
    assert "还没有规划" in page
    assert "manage.pyload_plans" in page
    assert "未填报" not in page


def test_a_page_shows_twenty_regions_and_totals_of_all(client, tree):
    plan = factories.plan(tree["150000"])
    indicator = factories.indicator()
    for number in range(21):
        region = type(tree["150000"]).objects.create(code=f"2{number:05d}", name=f"第{number}县", level="county")
        factories.plan_indicator(region.series.create(indicator=indicator), plan)
    first, second = get(client), get(client, "/?page=2")
    assert [region.name for region in shown(page=2).regions] == ["第20县"]
    assert len(shown().regions) == 20
    for page in (first, second):
        assert "21个地区的1份规划共21项指标" in text(page)
    assert 'href="/?year=2025&amp;page=2" rel="next"' in first.content.decode()
    assert 'href="/?year=2025" rel="prev"' in second.content.decode()


def test_a_page_shows_a_hundred_indicators(client, tree):
    plan = factories.plan(tree["150600"])
    for number in range(101):
        series = factories.series(tree["150600"], code=f"i-{number}", name=f"指标{number}")
        factories.plan_indicator(series, plan, position=number)
    assert len(shown().matrix[0][1]) == 100
    assert [row.name for row in shown(page=2).matrix[0][1]] == ["指标100"]


@pytest.mark.parametrize(
    "query", ["page=0", "page=2", "page=x", "year=x", "year=2020", "year=2026", "dimension=none", "sort=gap", "format=pdf"]
)
def test_what_is_not_there_is_404(client, ordos, query):
    assert client.get(f"/?{query}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(client, method):
    assert getattr(client, method)("/").status_code == 405


def test_head_is_answered_without_a_body(client, db):
    response = client.head("/")
    assert (response.status_code, response.content) == (200, b"")


def test_at_most_fourteen_queries_however_many_plans(client, tree, ordos, names_held):
    def count():
        progress.rebuild()
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        return len(queries)

    before = count()
    for number in range(5):
        plan = factories.plan(tree["150500"], f"plan-{number}")
        series = factories.series(tree["150500"], code=f"indicator-{number}")
        factories.target(factories.plan_indicator(series, plan))
        factories.actual(series)
    assert count() == before <= 14


def test_a_page_is_made_once_per_version_of_the_data(client, ordos, settings):
    settings.CACHES = IN_PROCESS
    cache.clear()
    progress.rebuild()
    assert "未填报2" in text(client.get("/"))
    with CaptureQueriesContext(connection) as queries:
        assert "未填报2" in text(client.get("/"))
    assert len(queries) == 1
    factories.actual(ordos.series, 2025, 50)
    progress.rebuild()
    progress.bump_version(Subject.ACTUALS)
    assert "已完成1，未填报1" in text(client.get("/"))
    cache.clear()


def test_who_has_this_version_gets_304(client, ordos):
    tag = get(client)["ETag"]
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_files_say_what_the_page_says(client, ordos):
    factories.actual(ordos.series, 2024, 45)
    progress.rebuild()
    rows = client.get("/?year=2024&format=json").json()["rows"]
    first = next(row for row in rows if row["indicator"] == "valid-trademarks")
    assert (first["region_name"], first["actual"], first["required"], first["gap"]) == ("鄂尔多斯市", 45.0, 40.0, -5.0)
    assert (first["status"], first["status_label"]) == ("on_track", "快于预期")
    other = next(row for row in rows if row["indicator"] == "pct-applications")
    assert (other["actual"], other["actual_reason"]) == (None, "本年没有实际值")
    table = list(csv.DictReader(io.StringIO(client.get("/?year=2024&format=csv").content.decode("utf-8-sig"))))
    assert [row["indicator"] for row in table] == [row["indicator"] for row in rows]
    assert float(table[rows.index(first)]["actual"]) == 45
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/?year=2024&format=xlsx").content)).active
    assert sheet.max_row == 1 + len(rows)


def test_names_are_escaped(client, tree):
    plan = factories.plan(tree["150600"], title="<script>alert(1)</script>")
    row = factories.plan_indicator(factories.series(tree["150600"]), plan, name='"><b>')
    factories.target(row)
    page = get(client).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '"><b>' not in page


def test_nothing_inline_is_on_the_page(client, ordos):
    page = get(client).content.decode()
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
    assert 'href="/accounts/login/"' in client.get("/").content.decode()
    client.force_login(factories.person("eve", is_staff=True))
    assert 'href="/admin/"' in client.get("/").content.decode()


def test_the_current_page_is_marked_in_the_navigation(client, db):
    assert '<a href="/" aria-current="page">总览</a>' in client.get("/").content.decode()


def test_favicon_leads_to_the_static_file(client):
    assert client.get("/favicon.ico")["Location"] == "/static/img/favicon.svg"


def test_what_was_never_computed_is_not_called_outside_the_plan(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    factories.target(row, 2025)
    tallies.everything()
    page = client.get("/?year=2025").content.decode()
    assert "基期或尚未计算" in page
    assert '○</span> 目标 50</a> <span class="small">尚未计算</span>' in page
    assert "规划期外" not in page.split("<section")[1]
