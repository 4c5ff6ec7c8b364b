"""/indicators/ lists every indicator with its definition, and how many regions plan it."""

import csv
import io

import openpyxl
import pytest

from indicators import tallies
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(tree):
    """One that two regions plan, one that a region plans, one that is only recorded."""
    plan = factories.plan(tree["150000"])
    trademarks = factories.series(tree["150600"], definition="年末仍在有效期内的注册商标")
    other = tree["150500"].series.create(indicator=trademarks.indicator)
    pledge = factories.series(
        tree["150600"], code="pledge", name="质押融资金额", unit="万元", dimension="运用", measure="cumulative"
    )
    cases = factories.series(tree["100000"], code="court-cases", name="受理案件", dimension="保护", measure="flow")
    cases.indicator.same_subject = trademarks.indicator
    cases.indicator.save()
    for position, series in enumerate((trademarks, other, pledge), start=1):
        factories.plan_indicator(series, plan, position=position)
    factories.actual(cases, 2019)
    tallies.everything()
    return trademarks.indicator


def test_first_sentence_counts_what_is_planned_and_what_is_only_recorded(client, three):
    assert "共3项指标：2项至少被一个地区的规划列入，其余1项没有规划列入" in text(client.get("/indicators/"))


def test_each_is_shown_with_definition_unit_kind_direction_and_regions(client, three):
    response = client.get("/indicators/")
    page = text(response)
    assert "有效注册商标拥有量valid-trademarks年末仍在有效期内的注册商标件年末存量越高越好2" in page
    assert "受理案件court-cases没有写定义另一口径：有效注册商标拥有量件当年发生量越高越好仅供对照" in page
    assert 'href="/indicators/valid-trademarks/"' in response.content.decode()


def test_by_dimension(client, three):
    page = text(client.get("/indicators/?dimension=运用"))
    assert "质押融资金额" in page
    assert "有效注册商标拥有量" not in page
    assert "这里是其中的1项" in page


@pytest.mark.parametrize("query", ["商标", "yxzc", "valid-trade", "有效期内", "ＹＸＺＣ"])
def test_found_by_name_initials_code_or_a_word_of_the_definition(client, three, query):
    page = text(client.get("/indicators/", {"q": query}))
    assert "年末仍在有效期内的注册商标" in page
    assert "质押融资金额" not in page


def test_nothing_found_says_what_to_do(client, three):
    page = text(client.get("/indicators/?q=没有这个"))
    assert "没有找到这样的指标" in page
    assert "看全部3项" in page


def test_without_indicators_the_page_says_how_to_load_them(client):
    assert "manage.pyload_plans" in text(client.get("/indicators/"))


@pytest.mark.parametrize("query", ["dimension=别的", "page=2", "page=x", "format=pdf", "unknown=1"])
def test_what_makes_no_sense_is_not_found(client, three, query):
    assert client.get(f"/indicators/?{query}").status_code == 404


def test_only_read(client, three):
    assert client.post("/indicators/").status_code == 405


def test_files_hold_what_the_page_shows(client, three):
    rows = client.get("/indicators/?format=json").json()["rows"]
    assert [(row["代码"], row["列入规划的地区数"]) for row in rows] == [
        ("valid-trademarks", 2),
        ("pledge", 1),
        ("court-cases", 0),
    ]
    lines = list(csv.DictReader(io.StringIO(client.get("/indicators/?format=csv").content.decode("utf-8-sig"))))
    assert [line["代码"] for line in lines] == [row["代码"] for row in rows]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/indicators/?format=xlsx").content)).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [row["代码"] for row in rows]


def test_names_are_text_not_markup(client, tree):
    factories.indicator(name="<b>粗</b>", definition="<script>alert(1)</script>")
    page = client.get('/indicators/?q=<b>"').content.decode()
    assert "<script>alert" not in page + client.get("/indicators/").content.decode()
    assert 'value="&lt;b&gt;&quot;"' in page


def test_a_hundred_a_page_in_few_queries(client, tree, django_assert_max_num_queries):
    for number in range(101):
        factories.indicator(code=f"one-{number}", name=f"第{number}项")
    with django_assert_max_num_queries(12):
        page = text(client.get("/indicators/"))
    assert "第99项" in page
    assert "第100项" not in page
    assert "第100项" in text(client.get("/indicators/?page=2"))
