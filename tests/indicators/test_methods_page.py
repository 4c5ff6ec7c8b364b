"""/methods/ prints the rules as the code states them, with its limits and an example that is computed."""

import re

import pytest

from indicators.calculation import methods, status
from indicators.calculation.vocabulary import Measure, Reason, TargetKind

pytestmark = pytest.mark.django_db


def text(response):
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


def squeezed(words):
    return re.sub(r"\s", "", words).replace("&", "&amp;")


def test_every_rule_word_and_check_is_on_the_page(client):
    page = text(client.get("/methods/"))
    for rule in methods.rules():
        assert squeezed(rule.label + rule.name) in page
        assert squeezed(rule.formula) in page
        assert squeezed(rule.example) in page
    for words in (Measure, TargetKind, Reason):
        assert all(squeezed(word.label) in page for word in words)
    assert all(squeezed(rule.sentence) in page for rule in methods.status_rules())
    assert all(squeezed(check.label) in page for check in methods.checks())
    assert squeezed(methods.example()) in page


def test_limits_are_those_of_the_code(client, monkeypatch):
    monkeypatch.setattr(status, "ON_TRACK", 0.91)
    assert "不低于0.91" in text(client.get("/methods/"))


def test_the_table_of_contents_leads_to_every_section(client):
    page = client.get("/methods/").content.decode()
    wanted = re.findall(r'<a href="#([a-z]+)">', page)
    assert len(wanted) == 8
    assert all(f'id="{name}"' in page for name in wanted)


def test_the_same_as_a_file(client):
    rows = client.get("/methods/?format=json").json()["rows"]
    assert {row["section"] for row in rows} == {"figure", "measure", "target_kind", "status", "reason", "check", "note"}
    assert client.get("/methods/?format=csv").status_code == 200
    assert client.get("/methods/?format=xlsx").content.startswith(b"PK")


def test_other_parameters_and_methods_are_refused(client):
    assert client.get("/methods/?year=2024").status_code == 404
    assert client.post("/methods/").status_code == 405
