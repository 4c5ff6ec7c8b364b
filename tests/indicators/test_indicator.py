"""/indicators/<code>/ shows one indicator across regions in a year: ranked, in one unit, what is missing below the line."""

import csv
import io
import re
from datetime import date

import openpyxl
import pytest

from indicators import progress, tallies
from indicators.models import Interim
from indicators.reports import cells, kept
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def trademarks(tree):
    """The region and Ordos have figures of 2024, Kailu none; Tongliao and 全国 have figures, but no plan."""
    plan = factories.plan(tree["150000"])
    indicator = factories.indicator(definition="年末仍在有效期内的注册商标")

    def planned(code, baseline, goal, **actuals):
        series = tree[code].series.create(indicator=indicator)
        row = factories.plan_indicator(series, plan, position=int(code), baseline_year=2020, baseline_value=baseline)
        factories.target(row, 2025, lower=goal)
        for year, value in actuals.items():
            factories.actual(series, int(year[1:]), value)
        return row

    planned("150600", 31_219, 50_000, y2023=40_000, y2024=46_000)
    planned("150000", 200_000, 500_000, y2024=295_100)
    planned("150523", 4_000, 8_000)
    factories.actual(
        tree["100000"].series.create(indicator=indicator),
        2024,
        46_150_000,
        source="年报",
        source_url="https://example.org/a?b=1&c=2",
    )
    factories.actual(tree["150500"].series.create(indicator=indicator), 2023, 15_100, source="公报")
    progress.rebuild()
    return indicator


def rows(response):
    """Region names in the order of the page's first table."""
    body = response.content.decode().split('class="across"')[1].split("</table>")[0]
    return [part.split("</a>")[0].split(">")[-1] for part in body.split('<th scope="row"><a')[1:]]


def test_first_sentence_says_how_many_stand_where_and_who_leads(client, trademarks):
    page = text(client.get("/indicators/valid-trademarks/?year=2024"))
    assert "2024年，3个地区的规划列有这一项：" in page
    assert "未填报1" in page
    assert "其中有数的2个地区里，最高的是内蒙古自治区29.51万件，最低的是鄂尔多斯市4.6万件。" in page
    assert "另有1个地区有这一年的公布数值或基期值" in page


def test_ranked_by_value_and_what_is_missing_stands_below_with_the_reason(client, trademarks):
    response = client.get("/indicators/valid-trademarks/?year=2024")
    assert rows(response) == ["内蒙古自治区", "鄂尔多斯市", "开鲁县"]
    page = text(response)
    above, below = page.split("以下没有可排名的数，不列名次")
    assert "鄂尔多斯市地级·150600" in above
    assert "开鲁县县级·150523" in below
    assert "○未填报" in below
    assert "—（本年没有实际值）" in below


def test_values_are_in_one_unit_with_the_raw_value_in_the_title(client, trademarks):
    page = client.get("/indicators/valid-trademarks/?year=2024").content.decode()
    assert '<span title="295100 件">29.51</span>' in page
    assert '<span title="46000 件">4.6</span>' in page
    assert '<span title="46150000 件">4,615</span>' in page


def test_completion_orders_otherwise(client, trademarks):
    assert rows(client.get("/indicators/valid-trademarks/?year=2024&sort=progress"))[:2] == ["鄂尔多斯市", "内蒙古自治区"]


def test_by_gap_the_largest_shortfall_comes_first_without_ranks(client, trademarks):
    for code, value in (("150600", 46_000), ("150000", 295_100)):
        factories.actual(trademarks.series.get(region__code=code), 2025, value)
    progress.rebuild()
    response = client.get("/indicators/valid-trademarks/?year=2025&sort=gap")
    assert rows(response) == ["内蒙古自治区", "鄂尔多斯市", "开鲁县"]
    assert "29.5150还差20.49" in text(response)
    assert "地区名次" not in text(response)


def test_by_name_there_is_neither_rank_nor_line(client, trademarks):
    response = client.get("/indicators/valid-trademarks/?year=2024&sort=name")
    assert rows(response) == ["内蒙古自治区", "开鲁县", "鄂尔多斯市"]
    assert "以下没有可排名的数" not in text(response)


def test_equal_figures_share_a_rank(client, tree):
    indicator = factories.indicator()
    plan = factories.plan(tree["150000"])
    for position, code in enumerate(("150000", "150500", "150600"), start=1):
        series = tree[code].series.create(indicator=indicator)
        factories.target(factories.plan_indicator(series, plan, position=position), 2025, lower=50)
        factories.actual(series, 2024, 7 if code == "150600" else 9)
    progress.rebuild()
    ranks = {
        row["地区代码"]: row["名次"] for row in client.get("/indicators/valid-trademarks/?year=2024&format=json").json()["rows"]
    }
    assert ranks == {"150000": 1, "150500": 1, "150600": 3}


def test_where_less_is_better_the_least_is_first(client, tree):
    indicator = factories.indicator("days", name="审批时限", unit="工作日", measure="ratio", direction="decrease")
    plan = factories.plan(tree["150000"])
    for position, (code, value) in enumerate((("150500", 8), ("150600", 5)), start=1):
        series = tree[code].series.create(indicator=indicator)
        row = factories.plan_indicator(series, plan, position=position)
        factories.target(row, 2025, kind="at_most", lower=None, upper=5)
        factories.actual(series, 2024, value)
    progress.rebuild()
    assert rows(client.get("/indicators/days/?year=2024")) == ["鄂尔多斯市", "通辽市"]


def test_a_condition_has_words_for_its_target_and_no_final_number(client, tree):
    indicator = factories.indicator()
    plan = factories.plan(tree["150000"])
    rising, held = (
        factories.plan_indicator(tree[code].series.create(indicator=indicator), plan, position=position)
        for position, code in enumerate(("150600", "150500"))
    )
    factories.target(rising, 2023, "increasing", lower=None)
    factories.target(held, 2025, "above_region", lower=None, reference_region=tree["150600"])
    for year, value in ((2022, 84), (2023, 84), (2024, 85)):
        factories.actual(rising.series, year, value)
    factories.actual(held.series, 2024, 90)
    progress.rebuild()
    page = text(client.get("/indicators/valid-trademarks/?year=2024"))
    assert "90高于鄂尔多斯市须高于85满足高于鄂尔多斯市2025年—（条件类目标没有数值路径）✔本年达标" in page
    assert "85逐年增加须高于84未满足早先有年份没有增加逐年增加2025年" in page
    found = client.get("/indicators/valid-trademarks/?year=2024&format=json").json()["rows"]
    assert [(row["本年目标"], row["差距"], row["终期目标"]) for row in found] == [(85, -5, None), (84, -1, None)]


def test_targets_and_gaps_are_told_in_words(client, tree):
    indicator = factories.indicator()
    plan = factories.plan(tree["150000"])
    for position, (code, value) in enumerate((("150000", 4), ("150500", 2), ("150600", 0)), start=1):
        row = factories.plan_indicator(tree[code].series.create(indicator=indicator), plan, position=position)
        factories.target(row, 2024, lower=1)
        factories.target(row, 2025, "range", lower=2, upper=3)
        factories.actual(row.series, 2024, value)
    progress.rebuild()
    page = text(client.get("/indicators/valid-trademarks/?year=2024"))
    assert "41超出32~32025年" in page
    assert "01还差12~32025年" in page


def test_figures_without_a_plan_are_comparisons_with_their_source(client, trademarks):
    response = client.get("/indicators/valid-trademarks/?year=2024")
    beside = text(response).split("2024年对照")[1]
    assert "全国国家·1000004,615没有规划列入；修订记录：全国年报" in beside
    assert (
        "通辽市地级·150500—（没有公布这一年的全年数）没有规划列入；没有公布这一年的全年数；有数的年份：2023；修订记录：通辽市"
        in beside
    )
    assert 'href="https://example.org/a?b=1&amp;c=2" rel="noreferrer"' in response.content.decode()


def test_a_year_before_the_plan_shows_baselines_as_such(client, trademarks):
    page = text(client.get("/indicators/valid-trademarks/?year=2020"))
    assert "没有地区的规划涵盖2020年" in page
    assert "鄂尔多斯市地级·1506003.1219规划的基期规划所列基期值" in page


def test_a_year_that_nothing_covers(client, trademarks):
    page = text(client.get("/indicators/valid-trademarks/?year=2031"))
    assert "没有地区的规划涵盖2031年" in page
    assert "没有规划列入这一项" not in page


def test_another_years_figure_is_never_shown(client, trademarks):
    page = text(client.get("/indicators/valid-trademarks/?year=2025"))
    table = page.split("2025年各地区")[1].split("2025年对照")[0]
    assert "29.51" not in table
    assert "最近有数的是2024年（3个地区）" in page


def test_default_year_is_the_last_that_is_over(client, trademarks):
    year = min(progress.today().year - 1, 2025)
    assert f"{year}年各地区" in text(client.get("/indicators/valid-trademarks/"))


def drawn(figure, name):
    """{year: value} of the marks of that name."""
    marks = [one for one in figure["data"] if one["name"] == name and "markers" in one["mode"]]
    return {x: y for one in marks for x, y in zip(one["x"], one["y"], strict=True) if y is not None}


def test_panels_show_baselines_as_such(client, trademarks):
    panels = dict(client.get("/indicators/valid-trademarks/?year=2024").context["report"].panels)
    assert drawn(panels["开鲁县"].figure, "基期") == {2020: 0.4}
    assert drawn(panels["开鲁县"].figure, "实际") == {}
    assert "基期 0.4" in str(panels["开鲁县"].figure["layout"]["annotations"])
    assert panels["开鲁县"].label == "开鲁县有效注册商标拥有量（万件）：基期 2020 年 0.4；还没有数值；目标 2025 年 0.8。"


def test_a_condition_has_no_target_to_draw(client, trademarks, tree):
    series = tree["150523"].series.get(indicator=trademarks)
    other = factories.plan(tree["150523"], "other", first_year=2021, last_year=2026)
    factories.target(factories.plan_indicator(series, other), 2026, kind="increasing", lower=None)
    for year, value in ((2022, 5_000), (2023, 5_200)):
        factories.actual(series, year, value)
    progress.rebuild()
    panels = dict(client.get("/indicators/valid-trademarks/?year=2024").context["report"].panels)
    assert drawn(panels["开鲁县"].figure, "目标") == {}
    assert drawn(panels["鄂尔多斯市"].figure, "目标") == {2025: 5}
    assert panels["开鲁县"].label == "开鲁县有效注册商标拥有量（万件）：数值 2022 年 0.5，2023 年 0.52；目标是条件，没有数值。"


def test_regions_that_merely_have_figures_are_lines_after_the_planned_but_for_the_country(client, trademarks, tree):
    for code in ("150500", "100000"):
        series = tree[code].series.get(indicator=trademarks)
        for year in (2021, 2022):
            factories.actual(series, year, 15_000)
    progress.rebuild()
    chart = client.get("/indicators/valid-trademarks/?year=2024").context["report"].chart
    assert [trace["name"] for trace in chart.figure["data"]] == ["内蒙古自治区", "鄂尔多斯市", "通辽市"]
    assert drawn(chart.figure, "鄂尔多斯市") == {2020: 3.1219, 2023: 4, 2024: 4.6}


def test_a_region_keeps_its_look_from_year_to_year(client, trademarks):
    def looks(year):
        figure = client.get(f"/indicators/valid-trademarks/?year={year}").context["report"].chart.figure
        return {one["name"]: (one["line"]["color"], one["line"]["dash"], one["marker"]["symbol"]) for one in figure["data"]}

    # In 2025 nobody has a figure, so that the order is another one.
    assert looks(2024) == looks(2025)


def test_without_scripts_one_picture_stands_for_all_charts(client, trademarks):
    page = client.get("/indicators/valid-trademarks/?year=2024").content.decode()
    pictures = re.findall(r'<noscript><img class="chart-picture" src="([^"]+)"', page)
    assert pictures == ["/charts/regions.png?year=2024&amp;indicator=valid-trademarks"]
    assert "<noscript><p>各地区的小图在上面的图片里。</p></noscript>" in page
    assert page.count('data-picture="/charts/regions.png?year=2024&amp;indicator=valid-trademarks"') == 4


def test_an_incomplete_sum_is_shown_but_not_ranked(client, tree):
    indicator = factories.indicator("new-contracts", name="新增合同", unit="项", measure="increment")
    series = tree["150600"].series.create(indicator=indicator)
    factories.target(factories.plan_indicator(series, factories.plan(tree["150600"])), 2025, lower=50)
    factories.actual(series, 2021, 10)
    factories.actual(series, 2023, 5)
    progress.rebuild()
    page = text(client.get("/indicators/new-contracts/?year=2023"))
    assert "以下没有可排名的数" in page
    assert "15不完整" in page
    assert "中间有年份未填报，累计数不完整" in page


def test_interim_figures_are_told_apart(client, trademarks):
    Interim.objects.create(
        series=trademarks.series.get(region__code="150600"), year=2024, value=45_000, source="简报",
        period_start=date(2024, 1, 1), period_end=date(2024, 9, 30),
    )  # fmt: skip
    page = text(client.get("/indicators/valid-trademarks/?year=2024"))
    assert "2024年期中数万件；不作全年数" in page
    assert "鄂尔多斯市4.52024年1—9月简报" in page
    rows = client.get("/indicators/valid-trademarks/?year=2024&format=json").json()["rows"]
    last = rows[-1]
    assert [last[name] for name in ("地区代码", "地区", "级别", "数值", "单位", "状态", "来源")] == [
        "150600", "鄂尔多斯市", "地级", 4.5, "万件", "期中数", "简报",
    ]  # fmt: skip
    assert (last["期初"], last["期末"]) == ("2024-01-01", "2024-09-30")
    assert {row["期初"] for row in rows[:-1]} == {None}


def interim(series, start, end, value, **fields):
    return Interim.objects.create(
        series=series, year=end.year, period_start=start, period_end=end, value=value, source="简报", **fields
    )


def test_what_has_interim_figures_alone_opens_in_their_latest_year(client, tree):
    series = factories.series(tree["150000"], code="enterprises", name="优势企业", unit="家")
    interim(series, date(2021, 6, 30), date(2021, 6, 30), 50)
    interim(series, date(2023, 1, 1), date(2023, 6, 30), 62, is_latest_possible_day=True)
    tallies.everything()
    response = client.get("/indicators/enterprises/")
    page = text(response)
    assert "年份2021，期中：1个地区有期中数2023，期中：1个地区有期中数小字是有全年数的地区个数，“期中”是只有期中数" in page
    assert "2023年没有这一项的目标，也没有公布的全年数；期中数见下。可以从上面选择别的年份，例如2021年（期中数）。" in page
    assert "内蒙古自治区622023年1月1日至不晚于2023年6月30日简报" in page
    assert '<a href="/indicators/enterprises/?year=2021"' in response.content.decode()
    (row,) = client.get("/indicators/enterprises/?format=json").json()["rows"]
    assert (row["年份"], row["数值"], row["期末"]) == (2023, 62, "<=2023-06-30")
    nothing = text(client.get("/indicators/enterprises/?year=2020"))
    assert "2020年没有这一项的目标，也没有公布的数值。可以从上面选择别的年份，例如2023年（期中数）。" in nothing


def test_a_planned_year_stays_the_one_shown_though_another_has_interim_figures(client, trademarks):
    interim(trademarks.series.get(region__code="150600"), date(2019, 1, 1), date(2019, 6, 30), 1)
    year = min(progress.today().year - 1, 2025)
    page = text(client.get("/indicators/valid-trademarks/"))
    assert f"{year}年各地区" in page
    assert "2019，期中：1个地区有期中数" in page


def test_what_is_counted_beside_a_year_is_said_to_those_who_do_not_see_it(client, trademarks):
    interim(trademarks.series.get(region__code="150500"), date(2024, 1, 1), date(2024, 6, 30), 1)
    tallies.everything()
    response = client.get("/indicators/valid-trademarks/")
    assert "2023，2个地区有全年数2024，3个地区有全年数，1个有期中数" in text(response)
    unseen = r'2024<span class="unseen">，</span><span class="count"[^>]*>3<span class="unseen"> 个地区'
    assert re.search(unseen, response.content.decode())


def test_figures_without_a_plan_lead_to_their_history_and_the_others_to_their_page(client, trademarks):
    page = client.get("/indicators/valid-trademarks/?year=2024").content.decode()
    assert '<a href="/history/?region=100000&amp;indicator=valid-trademarks">修订记录' in page
    assert '<a href="/regions/100000/">全国</a>' in page
    assert "没有规划列入的，来源写在对照表里，修订记录从那里点开。" in text(
        client.get("/indicators/valid-trademarks/?year=2024")
    )
    before = client.get("/indicators/valid-trademarks/?year=2020").content.decode()
    assert '<a href="/regions/150600/valid-trademarks/">鄂尔多斯市</a>' in before
    assert "/history/?region=150600" not in before


def test_files_name_the_source_of_each_figure(client, trademarks):
    trademarks.series.get(region__code="150600").actuals.filter(year=2024).update(
        source="公报", source_url="https://example.org/g"
    )
    rows = {row["地区"]: row for row in client.get("/indicators/valid-trademarks/?year=2024&format=json").json()["rows"]}
    assert (rows["鄂尔多斯市"]["来源"], rows["鄂尔多斯市"]["来源网址"]) == ("公报", "https://example.org/g")
    assert (rows["全国"]["来源"], rows["全国"]["来源网址"]) == ("年报", "https://example.org/a?b=1&c=2")
    assert rows["开鲁县"]["来源"] == ""


def test_stale_rows_say_so(client, trademarks):
    progress.mark_stale([trademarks.series.get(region__code="150600").pk])
    assert "正在重算" in text(client.get("/indicators/valid-trademarks/?year=2024"))


def test_of_several_plans_the_one_that_ends_last_counts(client, trademarks, tree):
    series = trademarks.series.get(region__code="150600")
    longer = factories.plan(tree["150600"], "longer", first_year=2022, last_year=2030)
    factories.target(factories.plan_indicator(series, longer), 2030, lower=90_000)
    progress.rebuild()
    shown = client.get("/indicators/valid-trademarks/?year=2024")
    assert rows(shown).count("鄂尔多斯市") == 1
    assert "plan=longer&amp;year=2024" in shown.content.decode()
    assert "2030 年" in shown.content.decode()  # of its final target
    before = client.get("/indicators/valid-trademarks/?year=2021").content.decode()
    assert "plan=longer" not in before


def test_recorded_only_indicators_show_comparisons(client, tree):
    factories.actual(factories.series(tree["100000"], code="court-cases", name="受理案件"), 2019, 0)
    tallies.everything()
    page = text(client.get("/indicators/court-cases/"))
    assert "没有规划列入这一项，只收公布的数值，供对照。" in page
    assert "2019年有1个地区的数。" in page
    assert "2019年对照" in page
    assert "全国国家·1000000没有规划列入" in page


def test_an_indicator_with_nothing_at_all(client, tree):
    factories.indicator()
    assert "没有这一项的目标，也没有公布的数值" in text(client.get("/indicators/valid-trademarks/"))


@pytest.mark.parametrize("query", ["year=1800", "year=x", "sort=up", "page=9", "region=150600"])
def test_what_makes_no_sense_is_not_found(client, trademarks, query):
    assert client.get(f"/indicators/valid-trademarks/?{query}").status_code == 404


def test_unknown_code_and_wrong_method(client, trademarks):
    assert client.get("/indicators/nothing/").status_code == 404
    assert client.post("/indicators/valid-trademarks/").status_code == 405


def test_files_hold_the_numbers_of_the_page(client, trademarks):
    address = "/indicators/valid-trademarks/?year=2024&format="
    found = client.get(f"{address}json").json()["rows"]
    assert [(row["地区"], row["名次"], row["数值"], row["单位"]) for row in found] == [
        ("内蒙古自治区", 1, 29.51, "万件"),
        ("鄂尔多斯市", 2, 4.6, "万件"),
        ("开鲁县", None, None, "万件"),
        ("全国", None, 4615.0, "万件"),
        ("通辽市", None, None, "万件"),
    ]
    assert found[2]["数值为空的原因"] == "本年没有实际值"
    lines = list(csv.DictReader(io.StringIO(client.get(f"{address}csv").content.decode("utf-8-sig"))))
    assert [line["数值"] for line in lines] == ["29.51", "4.6", "", "4615.0", ""]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}xlsx").content)).active
    assert [row[7].value for row in sheet.iter_rows(min_row=2)] == [29.51, 4.6, None, 4615, None]


def test_names_are_text_not_markup(client, tree):
    tree["150600"].name = "<i>斜</i>"
    tree["150600"].save()
    factories.actual(factories.series(tree["150600"], name="<b>粗</b>"), 2023, 1, source="<script>")
    tallies.everything()
    page = client.get("/indicators/valid-trademarks/").content.decode()
    assert "<i>斜" not in page
    assert "<b>粗" not in page
    assert "&lt;script&gt;" in page


def test_fifty_regions_a_page_in_few_queries(client, tree, monkeypatch, django_assert_max_num_queries):
    indicator = factories.indicator()
    plan = factories.plan(tree["150000"])
    for number in range(51):
        region = type(tree["150000"]).objects.create(code=f"2{number:05d}", name=f"第{number}县", level="county")
        series = region.series.create(indicator=indicator)
        factories.target(factories.plan_indicator(series, plan, position=number), 2025, lower=100)
        factories.actual(series, 2024, 1000 - min(number, 49))  # the last two are equal
        factories.actual(series, 2023, 900 - number)
    progress.rebuild()
    monkeypatch.setattr(kept, "_held", {})
    client.get("/indicators/valid-trademarks/?year=2023")  # reads what is held: regions, indicators, plans
    with django_assert_max_num_queries(10):
        response = client.get("/indicators/valid-trademarks/?year=2024")
    assert len(rows(response)) == 50
    second = client.get("/indicators/valid-trademarks/?year=2024&page=2")
    assert rows(second) == ["第50县"]
    assert '<td class="number">50</td>' in second.content.decode()  # its rank, shared with the last of the first page
    assert len(client.get("/indicators/valid-trademarks/?year=2024&format=json").json()["rows"]) == 51


def test_the_page_is_conditional_on_the_data(client, trademarks):
    tag = client.get("/indicators/valid-trademarks/")["ETag"]
    assert client.get("/indicators/valid-trademarks/", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("values", "base", "unit"),
    [
        ([295_100, 31_219, 800], "件", "万件"),
        ([295_100, 800, 12], "件", "件"),
        ([9_999], "件", "件"),
        ([10_000], "件", "万件"),
        ([300_000_000], "件", "亿件"),
        ([446_000, 158_000], "万元", "亿元"),
        ([3_000], "万元", "万元"),
        ([0, None], "件", "件"),
        ([81.5, 90], "%", "%"),
        ([-20_000, -30_000], "件", "万件"),
    ],
)
def test_unit_of_a_column(values, base, unit):
    assert cells.unit_for(values, base) == unit
