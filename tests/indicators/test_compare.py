"""/compare/ puts indicators, regions and years side by side; the address reproduces it."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest

from indicators import progress
from indicators.reports import kept
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db
BOTH = "/compare/?region=150600&region=150000&indicator=valid-trademarks"


@pytest.fixture
def compared(tree):
    """Trademarks of Ordos (baseline 2020, two years) and of the region; 全国 only recorded; a second indicator of Ordos."""
    plan = factories.plan(tree["150000"], title="某规划")
    trademarks = factories.series(tree["150600"])
    ordos = factories.plan_indicator(trademarks, plan, baseline_year=2020, baseline_value=31_219)
    factories.target(ordos, 2025, lower=50_000)
    factories.actual(trademarks, 2022, 40_000)
    factories.actual(trademarks, 2024, 46_000)
    whole = tree["150000"].series.create(indicator=trademarks.indicator)
    factories.target(factories.plan_indicator(whole, plan, position=2), 2025, lower=500_000)
    factories.actual(whole, 2024, 295_100)
    factories.actual(tree["100000"].series.create(indicator=trademarks.indicator), 2023, 46_150_000)
    pledge = factories.series(
        tree["150600"], code="pledge", name="质押融资金额", unit="万元", dimension="运用", measure="cumulative"
    )
    factories.target(
        factories.plan_indicator(pledge, plan, position=3, baseline_year=2020, baseline_value=446_000), 2025, lower=700_000
    )
    progress.rebuild()
    return ordos


def rows(response):
    """{region: cells} of the first indicator, as the file gives them."""
    found = {}
    for row in response.json()["rows"]:
        found.setdefault((row["指标"], row["地区"]), {})[row["年份"]] = row["数值"]
    return found


def test_empty_page_offers_examples_that_work(client, compared):
    response = client.get("/compare/")
    page = response.content.decode()
    assert "选几个地区和几项指标" in text(response)
    examples = [part.split('"')[0].replace("&amp;", "&") for part in page.split('<ul class="hits">')[1].split('href="')[1:]]
    examples = [address for address in examples if address.startswith("/compare/?")]
    assert examples
    for address in examples:
        assert "行有数" in text(client.get(address))


def test_values_side_by_side_with_years_as_columns(client, compared):
    page = text(client.get(BOTH))
    assert "1项指标、2个地区、2020—2025年，按数值对比：共2行，其中2行有数。" in page
    assert "有效注册商标拥有量万件鄂尔多斯市3.1219基期○未填报4○未填报4.6○未填报" in page
    assert "内蒙古自治区○规划期外○未填报○未填报○未填报29.51○未填报" in page


def test_index_has_the_baseline_at_100(client, compared):
    found = rows(client.get(f"{BOTH}&view=index&format=json"))
    ordos = found["有效注册商标拥有量", "鄂尔多斯市"]
    assert (ordos[2020], ordos[2022], ordos[2024]) == (100, 128.1, 147.3)
    assert ordos[2023] is None
    assert set(found["有效注册商标拥有量", "内蒙古自治区"].values()) == {None}
    assert "规划未给出基期值" in client.get(f"{BOTH}&view=index").content.decode()


def test_completion(client, compared):
    found = rows(client.get(f"{BOTH}&view=completion&format=json"))
    assert found["有效注册商标拥有量", "鄂尔多斯市"][2024] == pytest.approx((46_000 - 31_219) / (50_000 - 31_219), abs=1e-6)
    assert {row["单位"] for row in client.get(f"{BOTH}&view=completion&format=json").json()["rows"]} == {"1 即 100%"}
    assert "78.7%" in text(client.get(f"{BOTH}&view=completion"))


def test_each_indicator_has_a_unit_of_its_own(client, compared):
    page = text(client.get("/compare/?region=150600&indicator=valid-trademarks&indicator=pledge"))
    assert "有效注册商标拥有量万件" in page
    assert "质押融资金额亿元鄂尔多斯市44.6基期" in page


def test_series_without_a_plan_say_so_and_pairs_without_series_are_named(client, compared):
    page = text(client.get("/compare/?region=100000&indicator=valid-trademarks&indicator=pledge"))
    assert "全国没有规划列入，只作对照" in page
    assert "4,615" in page
    assert "没有列入规划、也没有公布数值的组合：全国·质押融资金额" in page


def test_years_can_be_narrowed(client, compared):
    page = text(client.get(f"{BOTH}&year_min=2023&year_max=2024"))
    assert "2023—2024年" in page
    assert "3.1219" not in page


@pytest.mark.parametrize(
    "typed",
    [
        {"region": ["鄂尔多斯市", "内蒙古自治区"], "indicator": "有效注册商标拥有量"},
        {"region": "鄂尔多斯市、内蒙古自治区", "indicator": "yxzc"},
        {"region": "eeds，nmg", "indicator": "商标"},
        {"region": ["150600", "内蒙古自治区（150000）"], "indicator": "valid-trademarks"},
    ],
)
def test_names_initials_and_codes_can_be_typed(client, compared, typed):
    assert "1项指标、2个地区" in text(client.get("/compare/", typed))


def test_what_is_not_understood_is_named_with_what_may_be_meant(client, compared):
    response = client.get("/compare/?region=市&indicator=yxzc")
    page = text(response)
    assert "没有唯一叫“市”的地区；可能是指下面之一。" in page
    assert "鄂尔多斯市（150600）" in page
    assert "行有数" not in page
    link = response.content.decode().split("可能是指下面之一。")[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query) == {"region": ["150500"], "indicator": ["valid-trademarks"]}
    assert client.get("/compare/?region=市&indicator=yxzc&format=csv").status_code == 404


def test_chosen_ones_stay_in_the_form_and_the_address_reproduces_them(client, compared):
    page = client.get(f"{BOTH}&view=index").content.decode()
    assert '<input type="checkbox" name="region" value="150600" checked> 鄂尔多斯市' in page
    assert '<input type="radio" name="view" value="index" checked>' in page
    assert 'href="/compare/?region=150600&amp;region=150000&amp;indicator=valid-trademarks"' in page


def test_at_most_six_lines_are_drawn(client, tree):
    plan = factories.plan(tree["150000"])
    indicator = factories.indicator()
    codes = []
    for number in range(8):
        region = type(tree["150000"]).objects.create(code=f"2{number:05d}", name=f"第{number}县", level="county")
        series = region.series.create(indicator=indicator)
        factories.target(factories.plan_indicator(series, plan, position=number), 2025, lower=100)
        factories.actual(series, 2023, 40)
        factories.actual(series, 2024, 50)
        codes.append(region.code)
    progress.rebuild()
    response = client.get("/compare/", {"region": codes, "indicator": "valid-trademarks"})
    assert "画的是表中前6行" in text(response)
    assert response.content.decode().count("data-figure=") == 1


def test_a_region_looks_alike_in_every_chart(client, tree):
    """Here in two charts of different units, and in one chart where the indicator tells the lines apart."""
    plan = factories.plan(tree["150000"])
    for position, (code, unit) in enumerate((("patents", "件"), ("firms", "家"))):
        indicator = factories.indicator(code, name=code, unit=unit)
        for place, region in enumerate(("150600", "150000")):
            series = tree[region].series.create(indicator=indicator)
            row = factories.plan_indicator(series, plan, position=10 * position + place, baseline_year=2020, baseline_value=10)
            factories.target(row, 2025, lower=100)
            for year in (2023, 2024):
                factories.actual(series, year, 40 + year - 2000 * place)
    progress.rebuild()

    def looks(view, regions):
        address = f"/compare/?{regions}&indicator=patents&indicator=firms&view={view}"
        figures = [chart.figure for _, chart in client.get(address).context["report"].drawings]
        return [
            {one["name"]: (one["line"]["color"], one["line"]["dash"], one["marker"]["symbol"]) for one in figure["data"]}
            for figure in figures
        ]

    patents, firms = looks("absolute", "region=150600&region=150000")
    assert patents == firms
    assert len(set(patents.values())) == 2
    assert looks("absolute", "region=150000&region=150600") == [patents, firms]
    (together,) = looks("completion", "region=150600&region=150000")
    assert len(set(together.values())) == len(together) == 4


def test_a_single_year_is_not_drawn(client, compared):
    page = client.get("/compare/?region=150000&indicator=valid-trademarks")
    assert "data-figure" not in page.content.decode()
    assert "连不成线" in text(page)


def test_two_plans_of_one_series_are_two_rows(client, compared, tree):
    later = factories.plan(tree["150600"], "next", title="下一个规划", first_year=2026, last_year=2030)
    factories.target(factories.plan_indicator(compared.series, later), 2030, lower=80_000)
    progress.rebuild()
    page = text(client.get("/compare/?region=150600&indicator=valid-trademarks"))
    assert "鄂尔多斯市下一个规划" in page
    assert "鄂尔多斯市某规划" in page


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ("year_min=2030&year_max=2020", "起始年2030晚于终止年2020，请调换或改正"),
        ("year_min=1949&year_max=2020", "年太长，请缩短"),
    ],
)
def test_years_that_do_not_fit_are_told_beside_what_was_chosen(client, compared, years, said):
    response = client.get(f"{BOTH}&{years}")
    assert said in text(response)
    assert 'name="region" value="150600" checked' in response.content.decode()
    assert client.get(f"{BOTH}&{years}&format=csv").status_code == 404


@pytest.mark.parametrize("query", ["view=best", "year_min=x", "page=7", "year=2024"])
def test_what_makes_no_sense_is_not_found(client, compared, query):
    assert client.get(f"{BOTH}&{query}").status_code == 404


def test_only_read(client, compared):
    assert client.post("/compare/").status_code == 405


def test_without_any_data_the_page_says_how_to_load_some(client, db):
    assert "manage.pyload_plans" in text(client.get("/compare/"))


def test_files_hold_the_numbers_of_the_page(client, compared):
    found = client.get(f"{BOTH}&format=json").json()["rows"]
    ordos = {row["年份"]: (row["数值"], row["单位"], row["为空的原因"]) for row in found if row["地区代码"] == "150600"}
    assert ordos[2020] == (3.1219, "万件", "")
    assert ordos[2023] == (None, "万件", "本年没有实际值")
    lines = list(csv.DictReader(io.StringIO(client.get(f"{BOTH}&format=csv").content.decode("utf-8-sig"))))
    assert [line["数值"] for line in lines] == ["" if row["数值"] is None else str(row["数值"]) for row in found]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{BOTH}&format=xlsx").content)).active
    assert [row[8].value for row in sheet.iter_rows(min_row=2)] == [row["数值"] for row in found]


def test_names_are_text_not_markup(client, compared, tree):
    tree["150600"].name = "<i>斜</i>"
    tree["150600"].save()
    assert "<i>斜" not in client.get(BOTH).content.decode()
    assert "<u>" not in client.get("/compare/?region=<u>&indicator=x").content.decode()


def test_few_queries(client, compared, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(kept, "_held", {})
    client.get(f"{BOTH}&view=index")  # reads what is held: regions, indicators, plans
    with django_assert_max_num_queries(5):
        client.get(BOTH)
    with django_assert_max_num_queries(5):
        client.get("/compare/")
