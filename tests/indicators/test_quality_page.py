"""/quality/ lists what is odd in the numbers, check by check, each with its sentence and the figure it is about."""

import csv
import io
import re

import pytest
from django.utils import timezone

from indicators import tallies
from indicators.models import QualityFinding
from tests import factories

pytestmark = pytest.mark.django_db


def text(response):
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


def finding(series, code="falls", severity="warning", sentence="2024 年比上年少", **fields):
    QualityFinding.objects.create(
        series=series, code=code, severity=severity, sentence=sentence, found_at=timezone.now(), **{"year": 2024, **fields}
    )
    tallies.everything()


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def findings(tree, series):
    factories.plan_indicator(series, factories.plan(tree["150600"]))
    finding(series)
    finding(series, "jumps", "notice", "2023 年增至三倍", year=2023)
    finding(factories.series(tree["150500"], code="gi", name="地理标志"), sentence="通辽的数少了")


def test_findings_stand_under_their_check_with_severity_and_sentence(client, findings):
    page = text(client.get("/quality/"))
    assert "共3条提示：一年减半或增至三倍1，存量或累计数下降2。" in page
    assert "存量或累计数下降2条·警示" in page
    assert "一年减半或增至三倍1条·提示" in page
    assert "鄂尔多斯市有效注册商标拥有量20242024年比上年少▲警示" in page


def test_a_finding_leads_to_the_plan_indicator_where_a_plan_names_it(client, findings):
    page = client.get("/quality/").content.decode()
    assert 'href="/regions/150600/valid-trademarks/?plan=a-plan"' in page
    assert "/regions/150500/gi/" not in page


def test_filtered_by_region_and_check(client, findings):
    ordos = text(client.get("/quality/?region=150600"))
    assert "通辽的数少了" not in ordos
    assert "鄂尔多斯市共2条提示" in ordos
    falls = text(client.get("/quality/?view=falls"))
    assert "增至三倍（" in falls
    assert "2023年增至三倍" not in falls
    assert "这样筛选没有结果" in text(client.get("/quality/?region=150500&view=jumps"))


def test_nothing_found_says_so(client):
    assert "没有发现可疑的数字" in text(client.get("/quality/"))


@pytest.mark.parametrize("query", ["view=nothing", "region=1", "region=150600&region=150500", "page=9", "year=2024", "q=x"])
def test_what_makes_no_sense_is_404(client, findings, query):
    assert client.get(f"/quality/?{query}").status_code == 404


def test_only_reading(client):
    assert client.post("/quality/").status_code == 405


def test_files_have_the_findings_of_the_page(client, findings):
    body = client.get("/quality/?format=csv&region=150600").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [(row["check"], row["year"], row["sentence"]) for row in rows] == [
        ("jumps", "2023", "2023 年增至三倍"),
        ("falls", "2024", "2024 年比上年少"),
    ]
    assert [row["severity"] for row in client.get("/quality/?format=json").json()["rows"]] == ["notice", "warning", "warning"]
    assert client.get("/quality/?format=xlsx").content.startswith(b"PK")


def test_a_hundred_a_page_and_queries_do_not_grow(client, series, django_assert_max_num_queries):
    for year in range(1950, 2052):
        finding(series, year=year, sentence=f"{year} 年的提示")
    with django_assert_max_num_queries(12):
        first = text(client.get("/quality/"))
    assert "2049年的提示" in first
    assert "2050年的提示" not in first
    assert "2051年的提示" in text(client.get("/quality/?page=2"))


def test_pages_go_on_from_check_to_check(client, series):
    for number in range(60):
        finding(series, "above_container", sentence=f"大于第{number:02d}条")
        finding(series, "jumps", "notice", f"增减第{number:02d}条")
        finding(series, "falls", sentence=f"下降第{number:02d}条")
    pages = [client.get(f"/quality/?page={number}&format=json").json()["rows"] for number in (1, 2)]
    assert [len(page) for page in pages] == [100, 80]
    found = [row["sentence"] for page in pages for row in page]
    assert found == [f"{word}第{number:02d}条" for word in ("大于", "增减", "下降") for number in range(60)]


def test_sentences_are_escaped(client, series):
    finding(series, sentence="<script>alert(1)</script>")
    assert "<script>alert" not in client.get("/quality/").content.decode()
