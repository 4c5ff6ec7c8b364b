"""/regions/<code>/ lists a region's plan indicators in a year: by dimension or ranked, filtered, with the regions below."""

import csv
import io
import re
from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from indicators import progress, tallies
from indicators.calculation.vocabulary import Subject, TargetKind
from indicators.models import Interim
from indicators.reports import kept
from tests import factories
from tests.indicators.test_overview import IN_PROCESS, text

pytestmark = pytest.mark.django_db

ORDOS = "/regions/150600/"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """2025 is the latest year that is over."""
    monkeypatch.setattr(progress, "today", lambda: timezone.datetime(2026, 3, 1).date())


@pytest.fixture
def ordos(tree):
    """Three plan indicators: one behind in 2024, one achieved, one not reported."""
    plan = factories.plan(tree["150600"], "ordos", title="鄂尔多斯市规划")
    made = {}
    stated = [("trademarks", "注册商标", "创造", 20), ("cases", "调解案件", "保护", 60), ("patents", "发明专利", "创造", None)]
    for position, (code, name, dimension, actual) in enumerate(stated):
        series = factories.series(tree["150600"], code=code, name=name, dimension=dimension)
        row = factories.plan_indicator(series, plan, position=position, baseline_year=2020, baseline_value=10)
        factories.target(row, 2024, lower=40)
        factories.target(row, 2025, lower=50)
        if actual is not None:
            factories.actual(series, 2024, actual)
        made[code] = row
    return made


def get(client, query="", code="150600"):
    progress.rebuild()
    return client.get(f"/regions/{code}/{query}")


def names(response):
    return re.findall(r'<th scope="row" role="rowheader"><a href="[^"]+">([^<]+)</a>', response.content.decode())


def test_first_sentence_counts_by_status(client, ordos):
    page = text(get(client, "?year=2024"))
    assert "2024年，鄂尔多斯市的1份规划共3项指标：已完成1，明显滞后1，未填报1。" in page
    assert "其中3项定有2024年的目标，3项有基期值；应填3项，已填2项，还缺1项。" in page


def test_year_is_the_latest_that_is_over(client, ordos):
    page = text(get(client))
    assert "2025年，鄂尔多斯市" in page
    assert "项目前一项也没有填报" in page


def test_rows_stand_by_dimension_in_the_order_of_the_plan(client, ordos):
    response = get(client, "?year=2024")
    assert names(response) == ["注册商标", "发明专利", "调解案件"]
    assert "创造2项" in text(response)
    assert "保护1项" in text(response)


def test_a_row_gives_value_target_gap_completion_and_status(client, ordos):
    page = text(get(client, "?year=2024&status=behind"))
    assert "注册商标件2020：102025：502040还差2050.0%25.0%序时80.0%■明显滞后" in page


def test_what_is_missing_says_why(client, ordos):
    page = get(client, "?year=2024").content.decode()
    assert '<span class="missing" title="本年没有实际值">—<span class="unseen">（本年没有实际值）</span></span>' in page
    assert 'aria-label="发明专利（件）：2024 年没有实际值，2020 年基期 10，2025 年目标 50；未填报。"' in page


def heads(response):
    table = re.search(r'<table class="rows stacked" role="table">.*?</thead>', response.content.decode(), re.DOTALL)[0]
    return re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', table)


def test_columns_of_dashes_alone_are_left_out(client, ordos):
    assert heads(get(client, "?year=2024"))[2:-1] == ["2024 年实际", "2024 年目标", "差距", "达成率", "完成进度"]
    unreported = get(client, "?year=2024&status=no_data")
    assert heads(unreported)[2:-1] == ["2024 年目标", "规划增幅", "规划年均增长"]
    assert "发明专利件2020：102025：5040增长400.0%38.0%○未填报" in text(unreported)


def test_planned_growth_of_a_rate_is_told_in_percentage_points(client, tree):
    series = factories.series(tree["150600"], unit="%", measure="ratio")
    row = factories.plan_indicator(series, factories.plan(tree["150600"]), unit="%", baseline_year=2020, baseline_value=80)
    factories.target(row, 2025, lower=85)
    assert "提高5个百分点" in text(get(client, "?year=2024"))


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("at_least", {"lower": 50}, "有效注册商标拥有量件2020：102024：504050还差1080.0%"),
        ("range", {"lower": 40, "upper": 45}, "有效注册商标拥有量件2020：102024：40~454040~45在范围内100.0%"),
        ("range", {"lower": 30, "upper": 35}, "有效注册商标拥有量件2020：102024：30~354030~35越过范围133.3%"),
        ("milestone", {"lower": None}, "有效注册商标拥有量件2020：102024：零突破40零突破已突破4,000.0%"),
        ("growth_per_year", {"lower": "0.15"}, "有效注册商标拥有量件2020：102024：年均增长15%4017.5年均增长15%超出22.5228.7%"),
    ],
)
def test_a_target_is_told_as_plans_write_it(client, tree, kind, fields, told):
    series = factories.series(tree["150600"])
    row = factories.plan_indicator(series, factories.plan(tree["150600"]), baseline_year=2020, baseline_value=10)
    factories.target(row, 2024, kind, **fields)
    factories.actual(series, 2024, 40)
    assert told in text(get(client, "?year=2024"))


def test_a_condition_is_told_in_words_and_never_as_a_gap(client, tree, ordos):
    row = factories.plan_indicator(
        factories.series(tree["150600"], code="rising", name="逐年的"), factories.plan(tree["150600"])
    )
    factories.target(row, 2025, "increasing", lower=None)
    for year, value in ((2021, 84), (2022, 84), (2023, 87), (2024, 86), (2025, 90)):
        factories.actual(row.series, year, value)
    page = text(get(client, "?year=2023"))
    assert "逐年的件逐年增加87逐年增加须高于84未满足早先有年份没有增加■明显滞后" in page
    shown = client.get("/regions/150600/?year=2024&sort=gap")
    assert "逐年增加86逐年增加须高于87未满足须高于87—（条件类目标只看是否满足，没有达成率）" in text(shown)
    assert names(shown)[2:] == ["发明专利", "逐年的"]
    assert 'aria-label="逐年的（件）：2024 年实际 86，须高于 87；明显滞后。"' in shown.content.decode()
    assert heads(client.get("/regions/150600/?year=2023&plan=a-plan"))[2:-1] == ["2023 年实际", "2023 年目标", "差距"]


def test_a_condition_of_another_region_names_it(client, tree):
    indicator = factories.indicator()
    row = factories.plan_indicator(tree["150600"].series.create(indicator=indicator), factories.plan(tree["150600"]))
    factories.target(row, 2021, "above_region", lower=None, reference_region=tree["150000"])
    factories.actual(tree["150000"].series.create(indicator=indicator), 2024, 80)
    factories.actual(row.series, 2024, 82)
    page = text(get(client, "?year=2024"))
    assert "82高于内蒙古自治区须高于80满足" in page
    assert "✔本年达标" in page
    assert "✔已完成" in text(client.get("/regions/150600/?year=2024&status=achieved"))


def test_what_is_asked_of_each_year_alone_is_met_in_that_year(client, tree):
    series = factories.series(tree["150600"], measure="annual")
    row = factories.plan_indicator(series, factories.plan(tree["150600"]))
    for year in (2024, 2025):
        factories.target(row, year, "range", lower=1, upper=2)
        factories.actual(series, year, 1)
    page = get(client, "?year=2024")
    assert "2024：1~211~2在范围内" in text(page)
    assert "在范围内100.0%✔本年达标" in text(page)
    assert '<rect class="band"' in page.content.decode()
    assert "在范围内100.0%✔已完成" in text(client.get("/regions/150600/?year=2025"))


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("gap", ["注册商标", "调解案件", "发明专利"]),
        ("progress", ["注册商标", "调解案件", "发明专利"]),
        ("name", ["发明专利", "注册商标", "调解案件"]),
    ],
)
def test_ranked_the_worst_comes_first_and_the_unknown_last(client, ordos, sort, order):
    assert names(get(client, f"?year=2024&sort={sort}")) == order


def test_filters(client, ordos):
    assert names(get(client, "?year=2024&dimension=保护")) == ["调解案件"]
    assert names(get(client, "?year=2024&status=achieved")) == ["调解案件"]
    assert names(get(client, "?year=2024&plan=ordos&dimension=创造")) == ["注册商标", "发明专利"]
    empty = get(client, "?year=2024&dimension=人才")
    assert "没有符合条件的指标" in text(empty)
    assert "format=csv" not in empty.content.decode()


def test_dimensions_that_occur_are_offered_with_their_counts(client, ordos):
    assert "维度全部维度3创造2保护1排序" in text(get(client, "?year=2024"))
    assert "维度全部维度1保护1排序" in text(get(client, "?year=2024&status=achieved"))
    assert "维度全部维度1创造0保护1排序" in text(get(client, "?year=2024&status=achieved&dimension=创造"))
    assert "维度全部维度3创造2保护1人才0排序" in text(get(client, "?year=2024&dimension=人才"))


def test_status_counts_are_links_that_keep_the_other_filters(client, ordos):
    page = get(client, "?year=2024&dimension=创造").content.decode()
    assert "/regions/150600/?year=2024&amp;dimension=%E5%88%9B%E9%80%A0&amp;status=behind" in page
    assert "全部2■明显滞后1○未填报1" in text(get(client, "?year=2024&dimension=创造"))


def test_plans_of_the_region(client, tree, ordos):
    programme = factories.plan(tree["150000"], "pilot", title="试点方案", first_year=2022, period_assumed="原文没有写明年份")
    factories.plan_indicator(ordos["cases"].series, programme)
    page = text(get(client, "?year=2024"))
    assert "2份规划共4项指标" in page
    assert "发文地区内蒙古自治区" in page
    assert "规划期为何推定：原文没有写明年份" in page
    assert names(get(client, "?year=2024&plan=pilot")) == ["调解案件"]


def test_regions_below_and_above_are_linked(client, tree, ordos):
    page = get(client, "?year=2024", code="150000")
    assert "没有收录为内蒙古自治区设定指标的规划" in text(page)
    assert "2024年进展项指标项鄂尔多斯市鄂尔多斯市规划✔已完成1■明显滞后1○未填报13" in text(page)
    assert "2025年进展项指标项鄂尔多斯市鄂尔多斯市规划○未填报33" in text(get(client, code="150000"))
    assert "1个下级地区没有收录规划：通辽市" in text(page).replace("另有", "")
    assert 'href="/regions/150600/' in page.content.decode()
    assert re.search(r'<a href="/regions/150000/">内蒙古自治区</a>', get(client).content.decode())


def test_a_region_without_plans_says_so(client, tree):
    page = text(get(client, code="150523"))
    assert "没有收录为开鲁县设定指标的规划" in page
    assert "未填报" not in page
    assert "已公布" not in page


def test_a_region_without_plans_leads_to_the_nearest_above_that_has_one(client, tree):
    assert "上级地区" not in text(get(client, code="150523"))
    plan = factories.plan(tree["150000"])
    factories.plan_indicator(factories.series(tree["150000"]), plan)
    page = get(client, code="150523").content.decode()
    assert '可以看上级地区<a href="/regions/150000/">内蒙古自治区的规划</a>' in page


def published(region, code="fees", name="规费收入", years=(2020,), **fields):
    """A series that no plan names, with figures of these years."""
    series = factories.series(region, code=code, name=name, **fields)
    for year in years:
        factories.actual(series, year, year * 10, source=f"{year} 年年报", source_url=f"https://example.org/{year}")
    return series


def interim(series, start, end, value, **fields):
    return Interim.objects.create(
        series=series, year=end.year, period_start=start, period_end=end, value=value, source="简报", **fields
    )


def other_figures(response):
    """The rows of the table of figures that no plan names, white space removed."""
    table = response.content.decode().split('class="beside-table"')[1].split("<tbody>")[1].split("</table>")[0]
    return [re.sub(r"<[^>]+>|\s", "", row) for row in table.split("</tr>")[:-1]]


def test_the_latest_figure_of_what_no_plan_names_stands_with_its_source(client, tree, ordos):
    published(tree["150600"], years=(2019, 2021, 2020))
    page = get(client, "?year=2024")
    assert "已公布的其他数值1项" in text(page)
    assert other_figures(page) == ["规费收入创造2.021万件2021年2021年年报2020、2019修订记录：规费收入"]
    content = page.content.decode()
    assert '<span title="20210 件">2.021</span>' in content
    assert '<a href="https://example.org/2021" rel="noreferrer">2021 年年报</a>' in content
    assert '<a href="/indicators/fees/?year=2021">规费收入</a>' in content
    assert '<a href="/indicators/fees/?year=2019">2019</a>' in content
    assert 'href="/history/?region=150600&amp;indicator=fees"' in content
    assert 'href="/api/v1/actuals/?region=150600&amp;format=csv"' in content
    assert "/api/v1/interim/" not in content


def test_an_interim_figure_stands_for_what_has_none_of_a_whole_year(client, tree):
    alone = factories.series(tree["150523"], code="alone", name="只有期中数")
    interim(alone, date(2022, 1, 1), date(2022, 9, 30), 7)
    interim(alone, date(2023, 1, 1), date(2023, 6, 30), 9, is_latest_possible_day=True)
    both = published(tree["150523"], "both", "两种都有", years=(2021,))
    interim(both, date(2024, 1, 1), date(2024, 9, 30), 5)
    page = get(client, code="150523")
    assert "没有收录为开鲁县设定指标的规划。已公布的2项数值见下。" in text(page)
    assert other_figures(page) == [
        "只有期中数创造9件2023年1月1日至不晚于2023年6月30日期中数简报2022（期中）—（期中数没有修订记录）",
        "两种都有创造2.021万件2021年2021年年报2024（期中）修订记录：两种都有",
    ]
    assert 'href="/api/v1/interim/?region=150523"' in page.content.decode()


def test_other_years_and_histories_have_no_column_where_there_are_none(client, tree):
    interim(factories.series(tree["150523"], name="只有期中数"), date(2022, 3, 31), date(2022, 3, 31), 7)
    page = get(client, code="150523")
    assert other_figures(page) == ["只有期中数创造7件2022年3月31日（时点）期中数简报"]
    assert "指标数值时间来源只有期中数" in text(page)


def test_what_a_plan_names_or_has_no_figure_is_not_among_the_others(client, tree, ordos):
    factories.series(tree["150600"], code="empty")
    factories.actual(factories.series(tree["150600"], code="na"), 2024, None, not_applicable=True)
    published(tree["150500"], "elsewhere")
    assert "已公布的其他数值" not in text(get(client, "?year=2024"))


def test_fifty_of_the_others_are_shown_and_all_are_counted(client, tree):
    for number in range(51):
        published(tree["150523"], f"i-{number}", f"指标{number}")
    page = get(client, code="150523")
    assert len(other_figures(page)) == 50
    assert "已公布的其他数值51项" in text(page)
    assert "只列前50项，共51项" in text(page)


def test_a_page_shows_fifty_rows(client, tree):
    plan = factories.plan(tree["150600"])
    for number in range(51):
        series = factories.series(tree["150600"], code=f"i-{number}", name=f"指标{number}")
        factories.plan_indicator(series, plan, position=number)
    first, second = get(client), get(client, "?page=2")
    assert len(names(first)) == 50
    assert names(second) == ["指标50"]
    assert len(client.get("/regions/150600/?format=json").json()["rows"]) == 51


@pytest.mark.parametrize(
    "query",
    ["page=2", "page=x", "year=2019", "year=x", "status=good", "dimension=x", "sort=x", "plan=other", "format=pdf", "x=1"],
)
def test_what_is_not_there_is_404(client, ordos, query):
    assert client.get(f"/regions/150600/?{query}").status_code == 404


@pytest.mark.parametrize("code", ["999999", "abc", "1"])
def test_unknown_region_is_404(client, tree, code):
    assert client.get(f"/regions/{code}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(client, tree, method):
    assert getattr(client, method)("/regions/150600/").status_code == 405


def test_six_queries_however_many_rows(client, tree, ordos, monkeypatch):
    monkeypatch.setattr(kept, "_held", {})

    def count():
        progress.rebuild()
        progress.bump_version(Subject.PLANS)
        client.get("/regions/150600/")  # from here on it is known what is planned
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/regions/150600/?year=2024").status_code == 200
        return len(queries)

    before = count()
    plan = factories.plan(tree["150600"], "another")
    for number in range(10):
        series = factories.series(tree["150600"], code=f"indicator-{number}")
        factories.target(factories.plan_indicator(series, plan))
        factories.actual(series)
    assert count() == before == 6


def test_one_query_more_where_something_else_is_published_however_much(client, tree, ordos):
    def count():
        progress.rebuild()
        client.get("/regions/150600/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/regions/150600/?year=2024").status_code == 200
        return len(queries)

    before = count()
    published(tree["150600"], "other")
    assert count() == before + 1
    for number in range(10):
        published(tree["150600"], f"other-{number}", years=(2019, 2020, 2021))
    assert count() == before + 1


def test_what_is_planned_anew_is_there_at_once(client, tree, ordos, monkeypatch):
    monkeypatch.setattr(kept, "_held", {})
    progress.bump_version(Subject.PLANS)
    assert "1份规划共3项指标" in text(get(client))
    programme = factories.plan(tree["150000"], "pilot", title="试点方案")
    factories.plan_indicator(factories.series(tree["150600"], code="another"), programme)
    tallies.everything()
    progress.bump_version(Subject.PLANS)
    assert "2份规划共4项指标" in text(client.get("/regions/150600/"))


def test_a_page_is_made_once_per_version_of_the_data(client, ordos, settings):
    settings.CACHES = IN_PROCESS
    cache.clear()
    before = text(get(client))
    with CaptureQueriesContext(connection) as queries:
        assert text(client.get("/regions/150600/")) == before
    assert len(queries) == 1
    factories.actual(ordos["cases"].series, 2025, 60)
    progress.rebuild()
    progress.bump_version(Subject.ACTUALS)
    assert "已完成1" in text(client.get("/regions/150600/"))
    cache.clear()


def test_files_say_what_the_page_says(client, ordos):
    response = get(client, "?year=2024&sort=gap")
    rows = client.get("/regions/150600/?year=2024&sort=gap&format=json").json()["rows"]
    assert [row["name"] for row in rows] == names(response)
    assert (rows[0]["actual"], rows[0]["required"], rows[0]["gap"], rows[0]["attainment"]) == (20, 40, 20, 0.5)
    assert (rows[2]["actual"], rows[2]["actual_reason"], rows[2]["status_label"]) == (None, "本年没有实际值", "未填报")
    file = client.get("/regions/150600/?year=2024&sort=gap&format=csv")
    table = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    assert [row["name"] for row in table] == names(response)
    assert client.get("/regions/150600/?format=xlsx").status_code == 200
    assert client.get("/regions/150523/?format=json").json()["rows"] == []


def test_files_carry_targets_in_words_the_plan_and_the_source(client, tree):
    plan = factories.plan(tree["150600"], "ordos", title="鄂尔多斯市规划", document_number="鄂府发〔2022〕28号")

    def stated(code, position, unit="件", **fields):
        series = factories.series(tree["150600"], code=code, **fields)
        return factories.plan_indicator(series, plan, position=position, unit=unit, baseline_year=2020, baseline_value=10_000)

    cities = stated("cities", 1)
    factories.target(cities, 2025, kind=TargetKind.RANGE, lower=1, upper=2)
    factories.target(stated("trend", 2), 2025, kind=TargetKind.INCREASING, lower=None)
    factories.target(stated("growth", 3), 2025, kind=TargetKind.GROWTH_PER_YEAR, lower="0.15")
    amount = stated("amount", 4, unit="万件")
    factories.target(amount, 2025, lower=50_000)
    factories.actual(amount.series, 2024, 30_000, source="年报", source_url="https://example.org/a")
    progress.rebuild()
    rows = {row["indicator"]: row for row in client.get("/regions/150600/?year=2024&format=json").json()["rows"]}
    words = ("target_kind", "target_lower", "target_upper", "target", "final_year", "final_required", "final_target")
    assert [rows["cities"][name] for name in words] == ["", None, None, "", 2025, 1, "1~2"]
    assert [rows["trend"][name] for name in words] == ["increasing", None, None, "逐年增加", 2025, None, "逐年增加"]
    assert [rows["growth"][name] for name in words[:4]] == ["growth_per_year", 0.15, None, "年均增长 15%"]
    assert [rows["amount"][name] for name in words] == ["", None, None, "", 2025, 5, "5"]
    assert (rows["amount"]["expected"], rows["amount"]["gap_final"]) == (4.2, 2)
    assert (rows["amount"]["plan_title"], rows["amount"]["document_number"]) == ("鄂尔多斯市规划", "鄂府发〔2022〕28号")
    assert (rows["amount"]["source"], rows["amount"]["source_url"]) == ("年报", "https://example.org/a")
    assert rows["trend"]["source"] == ""
    last = {row["indicator"]: row for row in client.get("/regions/150600/?year=2025&format=json").json()["rows"]}
    assert [last["cities"][name] for name in words[:4]] == ["range", 1, 2, "1~2"]


def test_files_take_three_queries_more_however_many_rows(client, tree, ordos):
    def count():
        progress.rebuild()
        client.get("/regions/150600/?format=csv")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/regions/150600/?year=2024&format=csv").status_code == 200
        return len(queries)

    before = count()
    plan = factories.plan(tree["150600"], "another")
    for number in range(5):
        series = factories.series(tree["150600"], code=f"indicator-{number}")
        factories.target(factories.plan_indicator(series, plan))
        factories.actual(series)
    assert count() == before


def test_stale_rows_say_so(client, ordos):
    progress.rebuild()
    factories.actual(ordos["patents"].series, 2024, 33)
    progress.mark_stale([ordos["patents"].series_id])
    assert text(client.get("/regions/150600/?year=2024")).count("↻正在重算") == 1


def test_names_are_escaped_and_nothing_is_inline(client, tree):
    plan = factories.plan(tree["150600"], title="<script>alert(1)</script>")
    row = factories.plan_indicator(factories.series(tree["150600"]), plan, name='"><b>', baseline_year=2020, baseline_value=1)
    factories.target(row)
    page = get(client).content.decode()
    assert '"><b>' not in page
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)


def test_names_and_sources_of_what_no_plan_names_are_escaped(client, tree):
    series = factories.series(tree["150523"], name='"><b>')
    factories.actual(series, 2024, 1, source="<script>", source_url='https://example.org/?a=1&b="<i>')
    page = get(client, code="150523").content.decode()
    assert not re.search(r'"><b>|<script>|"<i>', page)
    assert "&lt;script&gt;" in page


def test_a_baseline_years_own_figure_stands_in_list_matrix_and_file(client, tree):
    row = factories.plan_indicator(
        factories.series(tree["150600"]), factories.plan(tree["150600"]), baseline_year=2021, baseline_value=50
    )
    factories.target(row, 2025, lower=80)
    factories.actual(row.series, 2021, 51)
    progress.rebuild()
    page = client.get(f"{ORDOS}?year=2021").content.decode()
    assert re.search(r'data-label="实际" class="number">51<', page)
    assert re.search(
        r"○</span> <span class=\"unseen\">基期</span> 51</a> <span class=\"small\">基期<",
        client.get("/?year=2021").content.decode(),
    )
    (line,) = csv.DictReader(io.StringIO(client.get(f"{ORDOS}?year=2021&format=csv").content.decode("utf-8-sig")))
    assert (float(line["actual"]), line["actual_reason"], line["required_reason"]) == (
        51,
        "",
        "这一年是基期，进展从下一年起计算",
    )


def test_an_increments_single_year_is_not_shown_as_its_sum(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"], measure="increment"), factories.plan(tree["150600"]))
    factories.target(row, 2025, lower=80)
    factories.actual(row.series, 2020, 7)
    other = factories.plan(tree["150600"], "earlier", first_year=2016, last_year=2020)
    factories.target(factories.plan_indicator(factories.series(tree["150600"], code="gi"), other), 2020, lower=5)
    progress.rebuild()
    (line,) = (
        line
        for line in csv.DictReader(io.StringIO(client.get(f"{ORDOS}?year=2020&format=csv").content.decode("utf-8-sig")))
        if line["indicator"] != "gi"
    )
    assert (line["actual"], line["actual_reason"]) == ("", "新增数只在规划期内累计")


def test_targets_of_a_year_are_counted_also_where_no_number_follows_yet(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    factories.target(row, 2025, "increasing", lower=None)  # nothing to be held against yet
    progress.rebuild()
    assert "其中1项定有2024年的目标" in text(client.get(f"{ORDOS}?year=2024"))
    assert "其中1项定有2024年的目标" in text(client.get("/?year=2024"))


def test_a_link_to_a_region_has_the_year_only_where_it_has_the_year(client, tree):
    for region, first, last in (("150600", 2021, 2025), ("150500", 2022, 2026)):
        factories.target(
            factories.plan_indicator(
                factories.series(tree[region], code=f"of-{region}"),
                factories.plan(tree[region], f"of-{region}", first_year=first, last_year=last),
            ),
            last,
        )
    progress.rebuild()
    page = client.get("/?year=2021").content.decode()
    assert 'href="/regions/150600/?year=2021"' in page
    assert "/regions/150500/?year=2021" not in page
    assert 'href="/regions/150500/"' in page


def test_a_baseline_year_takes_eight_queries_however_many_rows(client, tree, monkeypatch):
    monkeypatch.setattr(kept, "_held", {})
    plan = factories.plan(tree["150600"])

    def count(address):
        client.get(address)  # from here on it is known what is planned
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    for rows in (1, 9):
        for number in range(rows):
            series = factories.series(tree["150600"], code=f"indicator-{rows}-{number}")
            row = factories.plan_indicator(series, plan, baseline_year=2021, baseline_value=5)
            factories.target(row, 2025, lower=9)
            factories.actual(series, 2021, 6)
            factories.actual(series, 2024, 8)
        progress.rebuild()
        progress.bump_version(Subject.PLANS)
        assert count(f"{ORDOS}?year=2021") == 8  # also for what is recorded, and which years have figures
