"""/plans/ lists every plan with what its document states of itself, and how much it sets."""

import csv
import io
import re

import pytest

from indicators import progress
from tests import factories

pytestmark = pytest.mark.django_db


def text(response):
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


@pytest.fixture
def plans(tree):
    stated = factories.plan(
        tree["150600"], "ordos", title="鄂尔多斯市规划", document_number="鄂府发〔2022〕28号", issued_by="鄂尔多斯市人民政府"
    )
    silent = factories.plan(tree["150000"], "pilot", title="试点方案", period_assumed="原文没有写明年份")
    row = factories.plan_indicator(
        factories.series(tree["150600"]), stated, number="1", category="创造", baseline_year=2020, baseline_value=31219
    )
    factories.target(row, 2025)
    factories.actual(row.series, 2024)
    factories.plan_indicator(factories.series(tree["150600"], code="pct"), stated, position=2)
    factories.plan_indicator(factories.series(tree["150523"], code="grants"), silent)
    factories.plan_indicator(factories.series(tree["150500"], code="gi"), silent, position=2)
    progress.rebuild()
    return stated, silent


def test_the_sentence_counts_plans_indicators_and_targets(client, plans):
    assert "2份规划，共4项指标、1个分年目标。" in text(client.get("/plans/"))


def test_what_the_document_states_and_what_not(client, plans):
    page = text(client.get("/plans/"))
    assert "鄂府发〔2022〕28号鄂尔多斯市人民政府原文未载2021—2025" in page
    assert "试点方案原文未载原文未载原文未载2021—2025推定：原文没有写明年份内蒙古自治区适用于2个地区" in page


def test_each_plan_leads_to_its_own_page(client, plans):
    assert 'href="/plans/ordos/"' in client.get("/plans/").content.decode()


def test_the_file_has_the_numbers_of_the_page(client, plans):
    body = client.get("/plans/?format=csv").content.decode("utf-8-sig")
    pilot, ordos = csv.DictReader(io.StringIO(body))
    assert (pilot["plan"], pilot["document_number"], pilot["regions"]) == ("pilot", "", "2")
    counts = {name: ordos[name] for name in ("in_table", "in_text", "baselines", "targets", "with_actuals")}
    assert counts == {"in_table": "1", "in_text": "1", "baselines": "1", "targets": "1", "with_actuals": "1"}
    rows = client.get("/plans/?format=json").json()["rows"]
    assert [str(row["targets"]) for row in rows] == [pilot["targets"], ordos["targets"]]
    assert client.get("/plans/?format=xlsx").content.startswith(b"PK")


def test_without_plans_the_page_says_how_to_load_them(client):
    assert "还没有规划" in text(client.get("/plans/"))


def test_fifty_plans_a_page(client, tree):
    for number in range(51):
        factories.plan(tree["150600"], f"plan-{number:02d}", title=f"第{number:02d}号规划")
    first, second = text(client.get("/plans/")), text(client.get("/plans/?page=2"))
    assert "第49号规划" in first
    assert "第50号规划" not in first
    assert "第50号规划" in second
    assert "下载本页" in second


@pytest.mark.parametrize("query", ["page=3", "page=0", "page=x", "year=2024", "format=pdf"])
def test_a_parameter_that_makes_no_sense_is_404(client, plans, query):
    assert client.get(f"/plans/?{query}").status_code == 404


def test_only_reading(client):
    assert client.post("/plans/").status_code == 405


def test_queries_do_not_grow(client, tree, plans, django_assert_max_num_queries):
    for number in range(8):
        factories.plan(tree["150600"], f"plan-{number}")
    with django_assert_max_num_queries(12):
        client.get("/plans/")


def test_titles_are_escaped(client, tree):
    factories.plan(tree["150600"], title="<b>规划</b>")
    assert "&lt;b&gt;规划&lt;/b&gt;" in client.get("/plans/").content.decode()
