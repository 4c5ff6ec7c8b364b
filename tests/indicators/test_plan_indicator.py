"""/regions/<code>/<indicator>/ tells one plan indicator: where it stands, how each figure came about, where it comes from."""

import csv
import datetime
import io
import json
import re

import openpyxl
import pytest
from django.utils import timezone

from indicators import progress
from indicators.calculation import wording
from indicators.calculation.vocabulary import Act, Cause, Through
from indicators.models import Amendment, Interim, QualityFinding, Revision, StaleMark, Statement
from indicators.reports import kept
from indicators.reports import plan_indicator as reports
from indicators.templatetags.year_rows import year_rows
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESS = "/regions/150600/valid-trademarks/"


@pytest.fixture
def ordos(tree):
    """3.1219 万件 in 2020, at least 5 in 2025, printed in 万件 and stored in 件."""
    plan = factories.plan(
        tree["150600"], "ordos", title="鄂尔多斯市规划", document_number="鄂府发〔2022〕28号", issued_by="鄂尔多斯市人民政府"
    )
    row = factories.plan_indicator(
        factories.series(tree["150600"], definition="年末仍有效的注册商标"),
        plan,
        name="商标注册量",
        unit="万件",
        number="2",
        category="创造质量",
        nature="expected",
        baseline_year=2020,
        baseline_value=31219,
        baseline_locator="表 第2行 2020年列",
        printed_growth="0.6",
        responsible="市场监管局",
        locator="第二章 表",
    )
    factories.target(row, 2025, lower=50000, locator="表 第2行 2025年列")
    return row


@pytest.fixture
def measured(ordos):
    factories.actual(ordos.series, 2023, 40104, source="2023年年报", source_url="https://example.org/2023")
    factories.actual(ordos.series, 2024, 43615, source="2024年年报", note="快报数")
    progress.rebuild()
    return ordos


def text(response):
    """What a reader sees, white space removed."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<script.*?</script>|<[^>]+>|\s", "", main, flags=re.DOTALL)


_NOTHING_COMPUTED = [""] * 6  # a cell for each column after the actual, of `measured`


def cells(response, year):
    """The cells of a year's row in the table by year."""
    table = response.content.decode().split('aria-labelledby="years"')[1].split("</table>")[0]
    row = next(row for row in table.split("<tr")[1:] if f'<th scope="row">{year}' in row)
    return [re.sub(r"<sup.*?</sup>|<[^>]+>|\s", "", cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]


def test_the_first_sentence_says_value_change_distance_and_progress(client, measured):
    page = text(client.get(f"{ADDRESS}?year=2024"))
    assert "商标注册量·鄂尔多斯市" in page
    assert "▲略有滞后2024年4.3615万件，比上年增长8.8%；距2025年目标5万件还差0.6385万件；" in page
    assert "完成进度66.0%，序时进度80.0%。" in page


def test_the_default_year_is_the_last_one_that_is_over(client, measured, monkeypatch):
    monkeypatch.setattr(progress, "today", lambda: datetime.date(2024, 3, 1))
    assert "2023年4.0104万件" in text(client.get(ADDRESS))
    monkeypatch.setattr(progress, "today", lambda: datetime.date(2031, 3, 1))
    assert "○未填报2025年还没有填报；规划要求本年不低于5万件；序时进度100.0%。" in text(client.get(ADDRESS))


def test_a_year_without_a_value_shows_no_other_year_as_its_own(client, measured):
    response = client.get(f"{ADDRESS}?year=2025")
    assert "最近一次有实际值的是2024年：4.3615万件。" in text(response)
    lead = re.search(r'<p class="lead">.*?</p>', response.content.decode(), re.DOTALL)[0]
    assert "4.3615" not in lead
    assert cells(response, 2025)[2] == "—（本年没有实际值）"


def test_each_row_of_the_table_is_what_progress_says(client, measured):
    response = client.get(f"{ADDRESS}?year=2024")
    row = measured.progress.get(year=2024)
    assert cells(response, 2024) == [
        "—（规划没有为本年定目标）",
        "4.6244",
        "4.3615",
        "—（规划没有为本年定目标）终期还差0.6385",
        "—（规划没有为本年定目标）终期的87.2%",
        wording.percent(row.yoy),
        wording.percent(row.cagr),
        wording.percent(row.completion),
        "80.0%",
        "▲略有滞后",
    ]
    assert cells(response, 2021)[-1] == "○未填报"


def test_columns_that_no_year_fills_are_named_instead(client, ordos):
    progress.rebuild()
    response = client.get(f"{ADDRESS}?year=2024")
    heads = re.findall(r'<th scope="col" class="number">([^<]+)', response.content.decode())
    assert [head.strip() for head in heads] == ["目标", "预期", "实际", "序时进度"]
    assert "差距、达成率、同比、年均增长、完成进度各年都还没有数，没有列出。" in text(response)
    assert cells(response, 2020) == ["规划的起点", "3.1219", "", "○基期"]


def test_the_baseline_is_a_row_of_its_own(client, measured):
    response = client.get(ADDRESS)
    assert cells(response, 2020) == ["规划的起点", "3.1219", *_NOTHING_COMPUTED, "○基期"]
    assert "2020年是规划的基期，基期值3.1219万件" in text(client.get(f"{ADDRESS}?year=2020"))


def test_years_outside_the_plan_are_for_comparison_only(client, measured):
    factories.actual(measured.series, 2015, 20000)
    response = client.get(f"{ADDRESS}?year=2015")
    assert cells(response, 2015) == ["只作对照", "2", *_NOTHING_COMPUTED, "○规划期外"]
    assert "2015年不在规划期（2021—2025年）内，登记的数值是2万件，只作对照。" in text(response)
    assert "2016年不在规划期（2021—2025年）内，没有登记数值。" in text(client.get(f"{ADDRESS}?year=2016"))


def test_formulas_carry_the_numbers_of_the_year(client, measured):
    page = text(client.get(f"{ADDRESS}?year=2024"))
    assert "完成进度(4.3615−3.1219)÷(5−3.1219)≈66.0%" in page
    assert "本年目标值无法计算：规划没有为本年定目标" in page
    assert "2020年没有由系统计算的数" in text(client.get(f"{ADDRESS}?year=2020"))


def test_sources_name_document_place_and_link(client, measured):
    response = client.get(ADDRESS)
    page = text(response)
    for part in (
        "鄂尔多斯市规划（2021—2025年）",
        "文号鄂府发〔2022〕28号",
        "2025年：表第2行2025年列",
        "指标所在：第二章表",
        "2020年3.1219万件：表第2行2020年列",
        "规划所印60%，按基期和终期目标重算60.2%",
        "2024年4.3615万件：2024年年报快报数",
        "年末仍有效的注册商标",
        "责任单位市场监管局",
        "属性预期性",
        "第2项，类别“创造质量”",
    ):
        assert part in page
    assert '<a href="https://example.org/2023" rel="noopener noreferrer external">2023年年报</a>' in response.content.decode()


def test_what_the_document_does_not_state_is_said_so(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    factories.target(row)
    progress.rebuild()
    page = text(client.get(ADDRESS))
    for part in ("文号原文未载", "发文机关原文未载", "基期规划未给出基期值", "责任单位原文未载", "2025年：未注出处"):
        assert part in page


def test_an_address_that_is_no_web_address_is_no_link(client, ordos):
    factories.actual(ordos.series, source="某处", source_url="javascript:alert(1)")
    progress.rebuild()
    assert "javascript:" not in client.get(ADDRESS).content.decode()


def test_interim_figures_are_listed_and_never_the_year_s_value(client, measured):
    Interim.objects.create(
        series=measured.series,
        year=2025,
        period_start=datetime.date(2025, 1, 1),
        period_end=datetime.date(2025, 9, 30),
        value=45678,
        source="三季度通报",
        source_url="https://example.org/q3",
    )
    response = client.get(f"{ADDRESS}?year=2025")
    assert "2025年1—9月4.5678三季度通报" in text(response)
    assert cells(response, 2025)[2] == "—（本年没有实际值）"


@pytest.fixture
def amend(ordos, people):
    def amend(**fields):
        given = {"year": 2025, "document_number": "鄂府发〔2024〕3号", "issued_on": datetime.date(2024, 3, 1), **fields}
        return Amendment.objects.create(plan_indicator=ordos, by=people["dolma"], at=timezone.now(), **given)

    return amend


def test_an_amended_target_is_marked_in_the_chart_and_told_with_its_document(client, measured, amend):
    amend(old_kind="at_least", old_lower=45000, new_kind="at_least", new_lower=50000, reason="按自治区要求上调")
    response = client.get(ADDRESS)
    assert "2025年目标由4.5万件调整为5万件：鄂府发〔2024〕3号，2024年3月1日按自治区要求上调" in text(response)
    data = response.context["page"].chart.figure["data"]
    (old,) = [trace for trace in data if trace["name"] == "原目标"]
    assert (old["x"], old["y"], old["hovertext"]) == ([2025], [4.5], ["原目标 4.5 万件"])
    assert "调整后目标 5" in str(response.context["page"].chart.figure["layout"]["annotations"])


def test_a_target_that_was_added_or_given_up_is_told(client, measured, amend):
    amend(year=2024, new_kind="range", new_lower=40000, new_upper=42000, issued_on=None)
    amend(year=2023, old_kind="growth_per_year", old_lower="0.15", document_number="鄂府发〔2024〕4号")
    page = text(client.get(ADDRESS))
    assert "2024年目标增设为4~4.2万件：鄂府发〔2024〕3号" in page
    assert "2023年目标取消（原为年均增长15%）：鄂府发〔2024〕4号" in page


def test_without_amendments_nothing_is_said_of_them(client, measured):
    response = client.get(ADDRESS)
    assert "调整" not in text(response)
    assert "原目标" not in str(response.context["page"].chart.figure["data"])


def test_other_statements_stand_beside_the_figure(client, measured):
    Statement.objects.create(
        series=measured.series,
        year=2020,
        about="baseline",
        value=633,
        unit="件",
        printed="633件",
        source="正文",
        locator="一（1）",
    )
    response = client.get(ADDRESS)
    assert cells(response, 2020)[1] == "3.1219另说1"
    assert "2020年基期值，原文写“633件”：正文，一（1）" in text(response)
    assert 'href="#statement-1"' in response.content.decode()


def test_what_is_said_of_the_growth_stands_under_its_heading(client, measured):
    Statement.objects.create(
        series=measured.series, year=2020, about="average_growth", value=20, unit="%", printed="20%", source="正文"
    )
    response = client.get(ADDRESS)
    table = response.content.decode().split('aria-labelledby="years"')[1]
    heads = [head.split()[0] for head in re.findall(r'<th scope="col"[^>]*>([^<]+)', table)][1:]
    row = cells(response, 2020)
    assert dict(zip(heads[2:], row[1:], strict=True)) == {
        **dict.fromkeys(heads[2:], ""),
        "实际": "3.1219",
        "年均增长": "另说1",
        "状态": "○基期",
    }
    page = response.context["page"]
    others = [column for column in page.columns if column.name != "cagr"]
    assert '3.1219</td><td class="number"><a class="said"' in year_rows(page.rows, 2024, others, page.final)


def test_findings_of_the_series_are_shown_and_those_of_other_plans_are_not(client, tree, measured):
    other = factories.plan_indicator(measured.series, factories.plan(tree["150600"], "older", first_year=2016, last_year=2020))
    told = {"series": measured.series, "code": "jumps", "severity": "notice", "found_at": timezone.now()}
    QualityFinding.objects.create(**told, sentence="一年之内增至三倍")
    QualityFinding.objects.create(**told, sentence="另一规划的目标低于上年", plan_indicator=other)
    page = text(client.get(ADDRESS))
    assert "提示·一年减半或增至三倍：一年之内增至三倍。" in page
    assert "另一规划" not in page


def test_the_latest_revisions_lead_to_the_history(client, people, measured):
    for value in range(40000, 40007):
        Revision.objects.create(
            series=measured.series,
            year=2023,
            act=Act.CORRECT,
            through=Through.FORM,
            old_value=value,
            new_value=value + 1,
            version=2,
            by=people["bayar"],
            at=timezone.now(),
            reason="核对年报",
        )
    response = client.get(ADDRESS)
    assert "2023年4.0006→4.0007万件·更正·Bayar·理由：核对年报" in text(response)
    assert "4.0001→4.0002" not in text(response)
    assert "/history/?region=150600&amp;indicator=valid-trademarks" in response.content.decode()


def test_the_plan_is_the_latest_unless_another_is_named(client, tree, measured):
    older = factories.plan(tree["150600"], "older", title="上一份规划", first_year=2016, last_year=2020)
    factories.target(factories.plan_indicator(measured.series, older, unit="件"), 2020, lower=30000)
    progress.rebuild()
    response = client.get(ADDRESS)
    assert "规划鄂尔多斯市规划" in text(response)
    assert "?plan=older" in response.content.decode()
    assert "2020年还没有填报；规划要求本年不低于30,000件" in text(client.get(f"{ADDRESS}?plan=older"))
    assert client.get(f"{ADDRESS}?plan=nowhere").status_code == 404


def test_rates_change_by_percentage_points(client, tree):
    series = factories.series(tree["150600"], code="share", unit="%", measure="ratio", decimals=2)
    row = factories.plan_indicator(series, factories.plan(tree["150600"]), baseline_year=2020, baseline_value=10)
    factories.target(row, lower=20)
    factories.actual(series, 2023, 12)
    factories.actual(series, 2024, 13.45)
    progress.rebuild()
    response = client.get("/regions/150600/share/?year=2024")
    assert "2024年13.45%，比上年提高1.45个百分点；距2025年目标20%还差6.55个百分点" in text(response)
    assert cells(response, 2024)[5] == "1.45个百分点"


def test_what_is_added_since_the_plan_began_is_told_apart_from_the_year_s_own(client, tree):
    series = factories.series(tree["150600"], code="added", measure="increment")
    row = factories.plan_indicator(series, factories.plan(tree["150600"]))
    factories.target(row, lower=20)
    factories.actual(series, 2021, 4)
    factories.actual(series, 2023, 6)
    progress.rebuild()
    page = client.get("/regions/150600/added/?year=2021")
    assert "2021年新增4件" in text(page)
    holes = client.get("/regions/150600/added/?year=2023")
    assert "2021—2023年新增10件，但中间有年份未填报，累计数不完整" in text(holes)
    assert cells(holes, 2023)[2] == "10当年新增6"
    assert cells(holes, 2023)[-1] == "○未填报中间有年份未填报，累计数不完整"


@pytest.mark.parametrize(
    ("kind", "bounds", "value", "told"),
    [
        ("range", {"lower": 1, "upper": 2}, 0, "距2025年目标1～2件还差1件"),
        ("range", {"lower": 1, "upper": 2}, 2, "已在2025年目标1～2件的范围之内"),
        ("range", {"lower": 1, "upper": 2}, 3, "已越过2025年目标1～2件的范围"),
        ("at_least", {"lower": 2}, 2, "已达到2025年目标2件"),
        ("at_least", {"lower": 2}, 3, "已超过2025年目标2件1件"),
        ("milestone", {"lower": None}, 2, "已达到2025年目标“实现突破”"),
        ("growth_over_baseline", {"lower": "0.2"}, 11, "距2025年目标12件（较基期增长20%）还差1件"),
        ("increasing", {"lower": None}, 11, "规划要求逐年增加（此前最近一次10件），已满足"),
    ],
)
def test_distance_in_words_fits_the_kind_of_target(client, tree, kind, bounds, value, told):
    baseline = {} if kind in ("range", "at_least", "milestone") else {"baseline_year": 2020, "baseline_value": 10}
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]), **baseline)
    factories.target(row, 2025, kind, **bounds)
    factories.actual(row.series, 2021, value)
    progress.rebuild()
    assert told in text(client.get(f"{ADDRESS}?year=2021"))


def test_a_limit_is_told_the_other_way_round(client, tree):
    series = factories.series(tree["150600"], code="days", unit="天", direction="decrease")
    row = factories.plan_indicator(series, factories.plan(tree["150600"]))
    factories.target(row, 2025, "at_most", lower=None, upper=5)
    factories.actual(series, 2023, 7)
    factories.actual(series, 2024, 4)
    progress.rebuild()
    assert "比2025年目标5天还高2天" in text(client.get("/regions/150600/days/?year=2023"))
    assert "已比2025年目标5天低1天" in text(client.get("/regions/150600/days/?year=2024"))


def test_a_condition_says_what_it_is_held_against(client, tree):
    indicator = factories.indicator("satisfaction", measure="ratio", unit="分")
    upper = tree["150000"].series.create(indicator=indicator)
    row = factories.plan_indicator(tree["150600"].series.create(indicator=indicator), factories.plan(tree["150600"]))
    factories.target(row, 2025, "above_region", lower=None, reference_region=tree["150000"])
    factories.actual(upper, 2024, 80)
    factories.actual(row.series, 2024, 82)
    progress.rebuild()
    response = client.get("/regions/150600/satisfaction/?year=2024")
    assert "规划要求高于内蒙古自治区（内蒙古自治区本年80分），已满足" in text(response)
    assert cells(response, 2024) == ["高于内蒙古自治区须高于80", "82", "满足", "✔本年达标"]
    figure = json.loads(re.search(r'<script id="figure-years"[^>]*>(.*?)</script>', response.content.decode())[1])
    drawn = {trace["name"]: trace["hovertext"] for trace in figure["data"] if "hovertext" in trace and any(trace["hovertext"])}
    assert drawn == {"内蒙古自治区": ["内蒙古自治区 80 分"], "实际": ["实际 82 分"]}  # another region's figure is no target


def test_a_condition_that_failed_in_an_earlier_year_says_so_instead_of_a_gap(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    factories.target(row, 2025, "increasing", lower=None)
    for year, value in ((2021, 84), (2022, 84), (2023, 87), (2024, 86), (2025, 90)):
        factories.actual(row.series, year, value)
    progress.rebuild()
    response = client.get(f"{ADDRESS}?year=2023")
    told = {year: cells(response, year)[:3] for year in range(2021, 2025)}
    assert told == {
        2021: ["逐年增加", "84", "—（没有可比照的数值）"],
        2022: ["逐年增加须高于84", "84", "未满足须高于84"],
        2023: ["逐年增加须高于84", "87", "未满足早先有年份没有增加"],
        2024: ["逐年增加须高于87", "86", "未满足须高于87"],
    }
    heads = re.findall(r'<th scope="col" class="number">([^<]+)', response.content.decode())
    assert [head.strip() for head in heads] == ["目标", "实际", "差距", "同比"]


def test_the_sentence_tells_only_what_can_be_computed(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    factories.target(row, 2025, "growth_over_baseline", lower="0.2")
    factories.actual(row.series, 2024, 8)
    progress.rebuild()
    page = text(client.get(f"{ADDRESS}?year=2024"))
    assert "缺参照2024年8件；规划要求2025年较基期增长20%。年份" in page


def test_what_is_due_is_told_as_in_the_table(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"], measure="increment"), factories.plan(tree["150600"]))
    factories.target(row, 2025, lower=1)
    progress.rebuild()
    response = client.get(f"{ADDRESS}?year=2024")
    assert "规划要求2021—2025年累计新增不低于1件，按路径本年应达到0.8件；" in text(response)
    assert cells(response, 2024)[1] == "0.8"
    assert "规划要求2021—2025年累计新增不低于1件；" in text(client.get(f"{ADDRESS}?year=2025"))


def test_a_range_of_what_is_added_is_asked_of_all_years_together(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"], measure="increment"), factories.plan(tree["150600"]))
    factories.target(row, 2022, lower=5)
    factories.target(row, 2025, "range", lower=10, upper=15)
    factories.actual(row.series, 2021, 6)
    progress.rebuild()
    page = text(client.get(f"{ADDRESS}?year=2022"))
    assert "规划要求2021—2025年累计新增达到10～15件，2021—2022年累计新增不低于5件；" in page
    assert "距2021—2025年累计新增目标10～15件还差4件" in text(client.get(f"{ADDRESS}?year=2021"))


def test_units_that_need_it_have_a_measure_word(client, tree):
    series = factories.series(tree["150600"], code="days", unit="工作日", measure="ratio", direction="decrease")
    row = factories.plan_indicator(series, factories.plan(tree["150600"]), baseline_year=2020, baseline_value=9)
    factories.target(row, 2025, "at_most", lower=None, upper=5)
    factories.actual(series, 2024, 7)
    progress.rebuild()
    response = client.get("/regions/150600/days/?year=2024")
    assert "2024年7个工作日；比2025年目标5个工作日还高2个工作日；" in text(response)
    assert "基期2020年9个工作日：" in text(response)
    assert cells(response, 2024)[3] == "—（规划没有为本年定目标）终期还高2"


def test_numbers_have_the_digits_they_need_wherever_they_stand(client, tree):
    series = factories.series(tree["150600"], code="score", unit="分", measure="ratio", decimals=1)
    row = factories.plan_indicator(series, factories.plan(tree["150600"]), baseline_year=2020, baseline_value="78.25")
    factories.target(row, 2025, lower=85)
    factories.actual(series, 2024, 81)
    progress.rebuild()
    response = client.get("/regions/150600/score/?year=2024")
    assert "2024年81分；距2025年目标85分还差4分" in text(response)
    assert cells(response, 2024)[1:3] == ["83.7", "81"]
    assert cells(response, 2020)[1] == "78.25"


def test_years_whose_targets_stand_in_one_place_are_told_together(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    for year, place in ((2021, "八（二）"), (2022, "八（二）"), (2023, "表"), (2025, "表")):
        factories.target(row, year, locator=place)
    progress.rebuild()
    assert "目标2021—2022年：八（二）2023年：表2025年：表基期" in text(client.get(ADDRESS))


def test_stale_figures_are_marked_and_their_formulas_held_back(client, measured):
    StaleMark.objects.create(series=measured.series, cause=Cause.CHANGED, marked_at=timezone.now())
    page = text(client.get(f"{ADDRESS}?year=2024"))
    assert "略有滞后↻正在重算" in page
    assert "正在重算，算好以后再列出算式" in page
    assert "(4.3615−3.1219)" not in page


def test_a_plan_without_progress_yet_is_not_said_to_be_behind(client, ordos):
    page = text(client.get(f"{ADDRESS}?year=2024"))
    assert "○尚未计算2024年的进展尚未计算出来。" in page


def test_not_applicable_is_neither_missing_nor_zero(client, ordos):
    factories.actual(ordos.series, 2023, 0)
    factories.actual(ordos.series, 2024, None, not_applicable=True)
    progress.rebuild()
    response = client.get(f"{ADDRESS}?year=2024")
    assert "○不适用2024年登记为不适用" in text(response)
    assert cells(response, 2023)[2] == "0"
    assert "2024年不适用：未注来源" in text(response)


def test_charts_say_what_the_table_says(client, measured):
    response = client.get(f"{ADDRESS}?year=2024")
    page = response.content.decode()
    figures = [json.loads(one) for one in re.findall(r'<script id="figure-\w+" type="application/json">(.*?)</script>', page)]
    assert len(figures) == 3
    drawn = {trace["name"]: trace for trace in figures[0]["data"] if trace["mode"] == "markers"}
    assert drawn["实际"]["y"] == [4.0104, 4.3615]
    assert drawn["目标"]["y"] == [5.0]
    assert drawn["基期"]["y"] == [3.1219]
    assert page.count('class="chart ') == page.count("data-figure=") == 3
    assert "/charts/plan-indicator.png?region=150600&amp;indicator=valid-trademarks&amp;plan=ordos&amp;year=2024" in page
    assert "“照此推算”是从基期到最近一年的直线的延长" in text(response)


def test_charts_that_would_say_nothing_are_left_out(client, ordos):
    for year in (2021, 2022):
        factories.actual(ordos.series, year, 31_219)
    progress.rebuild()
    shown = client.get(f"{ADDRESS}?year=2022").context["page"].smaller_charts
    assert [chart.id for chart in shown] == ["figure-progress"]  # 同比 is 0.0% in each year
    assert client.get(f"{ADDRESS}?year=2024").context["page"].smaller_charts == ()  # time goes by: that needs no strips


def interim(series, start, end, value):
    Interim.objects.create(
        series=series, year=int(end[:4]), period_start=datetime.date.fromisoformat(start),
        period_end=datetime.date.fromisoformat(end), value=value, source="公报",
    )  # fmt: skip


def test_interim_amounts_are_drawn_at_their_day(client, measured):
    interim(measured.series, "2022-04-26", "2022-04-26", 35_140)
    response = client.get(f"{ADDRESS}?year=2024")
    drawn = {trace["name"]: trace for trace in response.context["page"].chart.figure["data"]}
    assert (drawn["期中"]["x"], drawn["期中"]["y"]) == ([2021.318], [3.514])
    assert "期中 3.514（2022-04-26）" in str(response.context["page"].chart.figure["layout"]["annotations"])
    assert "期中数只是" not in text(response)


def test_interim_figures_that_no_year_can_be_held_against_stand_in_the_table_only(client, tree):
    plan = factories.plan(tree["150600"])
    grants = factories.series(tree["150600"], code="grants", measure="flow")
    factories.target(factories.plan_indicator(grants, plan), 2025, lower=50)
    interim(grants, "2023-01-01", "2023-09-30", 30)
    interim(grants, "2023-09-01", "2023-09-30", 4)
    interim(grants, "2023-10-01", "2023-12-31", 9)
    progress.rebuild()
    response = client.get("/regions/150600/grants/")
    drawn = {trace["name"]: trace for trace in response.context["page"].chart.figure["data"]}
    assert (drawn["期中"]["x"], drawn["期中"]["y"]) == ([2022.887], [30])
    assert "另有2个期中数只是年内一段时间的数，不能与全年的数同画，只列在下面的期中数表里。" in text(response)


def test_without_anything_to_draw_there_is_no_chart(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    factories.target(row, 2025, "increasing", lower=None)
    progress.rebuild()
    response = client.get(ADDRESS)
    assert "还没有可以画的数值" in text(response)
    assert "charts.js" not in response.content.decode()


def test_indicators_of_the_same_subject_are_linked(client, tree, measured):
    plan = measured.plan
    here = factories.indicator("trademark-registrations", name="商标注册量（当年）", same_subject=measured.series.indicator)
    factories.plan_indicator(tree["150600"].series.create(indicator=here), plan)
    factories.indicator("trademarks-elsewhere", name="别处的商标", same_subject=measured.series.indicator)
    response = client.get(ADDRESS)
    assert '<a href="/regions/150600/trademark-registrations/">商标注册量（当年）</a>' in response.content.decode()
    assert "别处的商标（本地区规划没有）" in text(response)


def test_files_give_the_numbers_of_the_page(client, measured):
    rows = client.get(f"{ADDRESS}?format=json").json()["rows"]
    assert [row["year"] for row in rows] == [2020, 2021, 2022, 2023, 2024, 2025]
    found = next(row for row in rows if row["year"] == 2024)
    stored = measured.progress.get(year=2024)
    assert (found["actual"], found["unit"], found["baseline_value"]) == (4.3615, "万件", 3.1219)
    assert found["completion"] == float(f"{stored.completion:.15g}")
    assert found["gap"] is None
    assert "gap:no_target" in found["reasons"].split()
    assert (rows[-1]["target_kind"], rows[-1]["target_lower"], rows[-1]["actual"]) == ("at_least", 5.0, None)
    table = list(csv.DictReader(io.StringIO(client.get(f"{ADDRESS}?format=csv").content.decode("utf-8-sig"))))
    assert [row["actual"] for row in table] == ["", "", "", "4.0104", "4.3615", ""]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{ADDRESS}?format=xlsx").content)).active
    heads, *body = sheet.iter_rows(values_only=True)
    assert [row[heads.index("actual")] for row in body] == [None, None, None, 4.0104, 4.3615, None]


@pytest.mark.parametrize(
    "address",
    [
        "/regions/999999/valid-trademarks/",
        "/regions/150600/unknown/",
        "/regions/150500/valid-trademarks/",
        f"{ADDRESS}?year=x",
        f"{ADDRESS}?year=1800",
        f"{ADDRESS}?format=pdf",
        f"{ADDRESS}?colour=red",
    ],
)
def test_what_is_not_there_is_404(client, measured, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(client, measured, method):
    assert getattr(client, method)(ADDRESS).status_code == 405


def test_queries_do_not_grow_with_what_is_shown(client, tree, measured, monkeypatch, django_assert_num_queries):
    def hold():
        """What follows from regions, indicators and plans alone."""
        monkeypatch.setattr(kept, "_held", {})
        client.get(f"{ADDRESS}?year=2021")

    hold()
    with django_assert_num_queries(6):
        client.get(ADDRESS)
    for number in range(5):
        plan = factories.plan(tree["150600"], f"plan-{number}", first_year=2000 + number, last_year=2005 + number)
        factories.target(factories.plan_indicator(measured.series, plan), 2005 + number)
        factories.actual(measured.series, 2000 + number)
    progress.rebuild()
    hold()
    with django_assert_num_queries(6):
        client.get(ADDRESS)


def test_names_are_escaped_and_nothing_is_inline(client, tree):
    row = factories.plan_indicator(
        factories.series(tree["150600"]), factories.plan(tree["150600"]), name="</script><img src=x>"
    )
    factories.target(row)
    progress.rebuild()
    page = client.get(ADDRESS).content.decode()
    assert "<img src=x" not in page
    assert not re.search(r"<style|<[^>]+\sstyle=|<[^>]+\son[a-z]+=", page)


def test_every_bundled_plan_indicator_is_told(bundled):
    progress.rebuild()
    stated = reports.PlanIndicator.objects.values_list("series__region__code", "series__indicator__code", "plan__slug")
    assert len(stated) > 100
    for region, indicator, plan in stated:
        page = reports.plan_indicator(region, indicator, plan)
        assert page.sentence.endswith("。")
        assert len(page.worked) == len(reports.methods.LABELS)


def test_a_growth_up_to_the_last_year_is_said_once(client, tree):
    row = factories.plan_indicator(
        factories.series(tree["150600"]), factories.plan(tree["150600"]), baseline_year=2020, baseline_value=100
    )
    factories.target(row, 2025, "growth_per_year", lower="0.1")
    progress.rebuild()
    assert "规划要求到2025年年均增长10%（本年合146件）；" in text(client.get(f"{ADDRESS}?year=2024"))


def test_a_year_with_a_target_of_its_own_is_held_against_it_first(client, tree):
    row = factories.plan_indicator(
        factories.series(tree["150600"]), factories.plan(tree["150600"]), baseline_year=2020, baseline_value=10
    )
    factories.target(row, 2024, lower=15)
    factories.target(row, 2025, lower=20)
    factories.actual(row.series, 2024, 13)
    progress.rebuild()
    assert "；距本年目标15件还差2件，距2025年目标20件还差7件；" in text(client.get(f"{ADDRESS}?year=2024"))


def test_a_condition_that_is_lost_names_no_figure_to_beat(client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    factories.target(row, 2025, "increasing", lower=None)
    for year, value in ((2021, 84), (2022, 84), (2023, 87)):
        factories.actual(row.series, year, value)
    progress.rebuild()
    page = text(client.get(f"{ADDRESS}?year=2024"))
    assert "规划要求逐年增加（此前已有年份没有做到，本年无论多少都不能满足）" in page
