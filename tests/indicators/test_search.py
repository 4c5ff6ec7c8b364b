"""/search/ finds regions, indicators and plan indicators by name, wording, code or pinyin initials."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.reports import names
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordos(tree):
    plan = factories.plan(tree["150600"], "ordos", title="鄂尔多斯市规划")
    row = factories.plan_indicator(factories.series(tree["150600"]), plan, number="2", name="商标注册总量")
    other = tree["150500"].series.create(indicator=row.series.indicator)
    factories.plan_indicator(other, factories.plan(tree["150500"], "tongliao", title="通辽市规划"))
    return row


def found(client, query):
    """{kind: names} of what is found."""
    kinds = {}
    for row in client.get("/search/", {"q": query, "format": "json"}).json()["rows"]:
        kinds.setdefault(row["类别"], []).append(row["名称"])
    return kinds


def test_initials_find_the_indicator_and_where_it_is_planned(client, ordos):
    assert found(client, "yxzc") == {
        "指标": ["有效注册商标拥有量"],
        "规划指标": ["鄂尔多斯市 · 商标注册总量", "通辽市 · 有效注册商标拥有量"],
    }


def test_initials_find_a_region(client, ordos):
    assert found(client, "eeds") == {"地区": ["鄂尔多斯市"]}
    assert found(client, "EEDS") == {"地区": ["鄂尔多斯市"]}


def test_the_wording_of_a_plan_is_found(client, ordos):
    assert found(client, "注册总量") == {"规划指标": ["鄂尔多斯市 · 商标注册总量"]}


def test_each_word_must_fit(client, ordos):
    assert found(client, "鄂尔多斯 商标") == {"规划指标": ["鄂尔多斯市 · 商标注册总量"]}
    assert found(client, "yxzc tls") == {"规划指标": ["通辽市 · 有效注册商标拥有量"]}
    assert found(client, "鄂尔多斯 没有") == {}


def test_an_exact_code_opens_the_page(client, ordos):
    assert client.get("/search/?q=150600")["Location"] == "/regions/150600/"
    assert client.get("/search/?q= valid-trademarks ")["Location"] == "/indicators/valid-trademarks/"
    assert client.get("/search/?q=1506").status_code == 200
    assert client.get("/search/?q=鄂尔多斯市").status_code == 200


def test_hits_link_to_their_pages(client, ordos):
    page = client.get("/search/?q=商标").content.decode()
    assert 'href="/indicators/valid-trademarks/"' in page
    assert 'href="/regions/150600/valid-trademarks/?plan=ordos"' in page
    assert "第 2 项 · 鄂尔多斯市规划 · 指标：有效注册商标拥有量" in page


def test_the_best_comes_first(client, tree):
    for code, name in (("a", "新增商标"), ("b", "商标"), ("c", "商标申请量")):
        factories.indicator(code, name=name)
    assert found(client, "商标")["指标"] == ["商标", "商标申请量", "新增商标"]


def test_twenty_of_a_kind_and_a_word_about_the_rest(client, tree, django_assert_max_num_queries):
    plan = factories.plan(tree["150600"])
    for number in range(25):
        factories.plan_indicator(
            factories.series(tree["150600"], code=f"one-{number}", name=f"指标{number}"), plan, position=number
        )
    with django_assert_max_num_queries(12):
        page = text(client.get("/search/?q=指标"))
    assert "这里列出前40条：指标20（另有5条），规划指标20（另有更多）" in page
    assert "只列前20条" in page


def test_nothing_asked_and_nothing_found(client, ordos):
    assert "按地区名称、指标名称、规划用语、代码或拼音首字母查找" in text(client.get("/search/"))
    assert "没有找到“没有这个”。" in text(client.get("/search/?q=没有这个"))
    assert client.get("/search/?q=%25").status_code == 200
    assert found(client, "%") == {}
    assert found(client, "_") == {}


@pytest.mark.parametrize("query", ["page=2", "format=pdf", "unknown=1"])
def test_what_makes_no_sense_is_not_found(client, ordos, query):
    assert client.get(f"/search/?q=商标&{query}").status_code == 404


def test_only_read(client, ordos):
    assert client.post("/search/").status_code == 405


def test_what_was_typed_is_text_not_markup(client, ordos):
    page = client.get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_csv_holds_what_the_page_lists(client, ordos):
    lines = list(csv.DictReader(io.StringIO(client.get("/search/?q=yxzc&format=csv").content.decode("utf-8-sig"))))
    assert [line["名称"] for line in lines] == [
        "有效注册商标拥有量",
        "鄂尔多斯市 · 商标注册总量",
        "通辽市 · 有效注册商标拥有量",
    ]
    assert client.get("/search/?q=yxzc&format=xlsx").status_code == 200


@pytest.mark.parametrize(
    ("term", "name", "fits"),
    [
        ("yxzc", "有效注册商标拥有量", True),
        ("zcsb", "有效注册商标拥有量", True),
        ("cq", "重庆市", True),
        ("zq", "重庆市", True),  # another reading of 重
        ("pctgj", "PCT国际专利申请量", True),
        ("tisc", "技术与创新支持中心（TISC）", True),
        ("y", "有效注册商标拥有量", False),
        ("yxzb", "有效注册商标拥有量", False),
        ("ab", "valid", False),
    ],
)
def test_initials(term, name, fits):
    assert (names.match([term], name) is not None) is fits


@given(
    st.lists(st.tuples(st.text("有效注册商标拥量yxZC12 ", max_size=6), st.text("ab12-", max_size=4)), max_size=8),
    st.text("有效注册商yxzcab12-", min_size=1, max_size=3),
)
def test_all_at_once_finds_what_one_by_one_does(things, term):
    one_by_one = {place: fit for place, thing in enumerate(things) if (fit := names.match([term], *thing)) is not None}
    assert names.Names(things).fits(term) == one_by_one
