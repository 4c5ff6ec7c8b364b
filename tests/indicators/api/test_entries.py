"""Entries by token: the workflow of the pages, all or nothing, never twice."""

import datetime
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from indicators import people as doors
from indicators import tasks, workflow
from indicators.models import Actual, AnsweredRequest, Entry, Job, Revision
from regions.models import Token
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/api/v1/entries/"


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


class Caller:
    """A program that writes in somebody's name."""

    def __init__(self, client, person, **told):
        self.client = client
        told = {"may_write": True, **told}
        self.token, self.key = doors.make_token(person, name="test", by=person, **told)

    def __call__(self, method, address, body=None, **headers):
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(address, headers={"Authorization": f"Token {self.key}", **headers}, **sent)


@pytest.fixture
def alta(client, people):
    return Caller(client, people["alta"])


@pytest.fixture
def bayar(client, people):
    return Caller(client, people["bayar"])


def proposal(**told):
    return {"region": "150600", "indicator": "valid-trademarks", "year": 2024, "value": 40, **told}


def test_proposed_submitted_and_approved(series, alta, bayar):
    made = alta("post", LIST, proposal(value="1.2万", source="年报"))
    assert made.status_code == 201
    entry = made.json()
    assert (entry["value"], entry["state"], entry["version"], entry["understood"]) == (12_000, "draft", 1, "1.2万 → 12000 件")
    handed = alta("post", f"{LIST}{entry['id']}/submit/", {"version": 1}).json()
    assert (handed["state"], handed["version"]) == ("submitted", 2)
    put = bayar("post", f"{LIST}{entry['id']}/approve/", {"version": 2})
    assert put.status_code == 200
    assert put.json()["in_force"] == {"value": 12_000, "not_applicable": False, "version": 1}
    assert Actual.objects.get().source == "年报"
    assert set(Revision.objects.values_list("through", flat=True)) == {"api"}
    assert Job.objects.filter(kind="review", revisions__act="approve").exists()


def test_submitted_at_once(series, alta):
    assert alta("post", f"{LIST}?submit=true", proposal()).json()["state"] == "submitted"


def test_list_is_all_or_nothing(series, alta, tree):
    refused = alta("post", LIST, [proposal(), proposal(year=2023, value="四十"), proposal(year=2022, indicator="nothing")])
    assert refused.status_code == 422
    assert [(one["index"], one["field"]) for one in refused.json()["errors"]] == [(1, "value"), (2, "indicator")]
    assert not Entry.objects.exists()
    made = alta("post", LIST, [proposal(), proposal(year=2023)])
    assert [one["year"] for one in made.json()["results"]] == [2024, 2023]
    assert Job.objects.count() == 1


def test_dry_run_checks_and_writes_nothing(series, alta):
    checked = alta("post", f"{LIST}?dry_run=true", proposal())
    assert (checked.status_code, checked.json()["dry_run"], checked.json()["would"]["value"]) == (200, True, 40)
    assert alta("post", f"{LIST}?dry_run=true", proposal(value="x")).status_code == 422
    assert not Entry.objects.exists()
    assert not Revision.objects.exists()
    assert not Job.objects.exists()


def test_unit_is_converted(series, alta):
    assert alta("post", LIST, proposal(value=1.5, unit="万件")).json()["value"] == 15_000
    assert alta("post", LIST, proposal(year=2023, unit="家")).json()["errors"][0]["field"] == "unit"


@pytest.mark.parametrize("number", ["0.1", "123456789012345", "123456789.123456", "-0.5", "40.0"])
def test_numbers_keep_their_digits(series, client, people, number, tree):
    factories.indicator("rate", name="比率", unit="%", measure="ratio")
    caller = Caller(client, people["alta"])
    body = json.dumps(proposal(indicator="rate", value=0)).replace('"value": 0', f'"value": {number}')
    made = client.post(LIST, body, content_type="application/json", headers={"Authorization": f"Token {caller.key}"})
    assert made.status_code == 201, made.content
    assert made.json()["value"] == float(number)


@pytest.mark.parametrize("number", ["1e3", "NaN", "Infinity", "1234567890123456", "1.1234567", "-1", "true", "[1]", "{}"])
def test_what_is_no_figure_is_refused(series, client, people, number):
    caller = Caller(client, people["alta"])
    body = json.dumps(proposal(value=0)).replace('"value": 0', f'"value": {number}')
    refused = client.post(LIST, body, content_type="application/json", headers={"Authorization": f"Token {caller.key}"})
    assert refused.status_code in (400, 422)
    assert refused["Content-Type"] == "application/problem+json"
    assert not Entry.objects.exists()


def test_not_applicable_clear_and_blank(series, alta):
    assert alta("post", LIST, proposal(value=None, not_applicable=True)).json()["not_applicable"] is True
    assert alta("post", LIST, proposal(year=2023, value=None)).json()["errors"][0]["field"] == "value"
    factories.actual(series, year=2022)
    cleared = alta("post", LIST, proposal(year=2022, value=None, clear=True, seen_version=1, note="误填"))
    assert cleared.json()["clear"] is True


def test_change_needs_the_version_that_was_seen(series, alta):
    entry = alta("post", LIST, proposal(source="年报")).json()
    address = f"{LIST}{entry['id']}/"
    changed = alta("patch", address, {"version": 1, "value": 41}).json()
    assert (changed["value"], changed["source"], changed["version"]) == (41, "年报", 2)
    late = alta("patch", address, {"version": 1, "value": 42})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert "41" in late.json()["standing"]
    assert alta("patch", address, {"version": 2, "note": "说明"}).json()["value"] == 41


def test_entry_is_taken_back(series, alta):
    entry = alta("post", LIST, proposal()).json()
    assert alta("delete", f"{LIST}{entry['id']}/").status_code == 400
    assert alta("delete", f"{LIST}{entry['id']}/?version=9").status_code == 409
    assert alta("delete", f"{LIST}{entry['id']}/?version=1").status_code == 204
    assert not Entry.objects.exists()


def test_returned_with_a_reason(series, alta, bayar):
    entry = alta("post", f"{LIST}?submit=true", proposal()).json()
    address = f"{LIST}{entry['id']}/return/"
    assert bayar("post", address, {"version": 1, "reason": " "}).status_code == 422
    returned = bayar("post", address, {"version": 1, "reason": "请附出处"}).json()
    assert (returned["state"], returned["returned_because"]) == ("returned", "请附出处")


def test_figure_in_force_that_was_not_seen_is_a_conflict(series, alta):
    factories.actual(series, version=3)
    assert alta("post", f"{LIST}?submit=true", proposal(seen_version=2, note="更正")).status_code == 409
    made = alta("post", f"{LIST}?submit=true", proposal(seen_version=3, note="更正"))
    assert made.json()["standing"] == {"value": 40, "not_applicable": False, "version": 3}


def test_unusual_figure_is_pointed_out(series, alta):
    factories.actual(series, year=2023, value=40)
    assert "三倍" in alta("post", LIST, proposal(value=400)).json()["warnings"][0]


def test_the_largest_version_is_one(series, alta):
    made = alta("post", LIST, proposal()).json()
    told = {version: alta("delete", f"{LIST}{made['id']}/?version={version}").status_code for version in (2**31 - 1, 2**31)}
    assert told == {2**31 - 1: 409, 2**31: 400}


def test_part_of_a_thing_is_pointed_out_and_kept_as_it_was_said(series, alta):
    made = alta("post", LIST, proposal(value="3.4")).json()
    assert (made["value"], made["warnings"]) == (3.4, ["以“件”计的数应是整数，请核对"])


def test_locked_year_says_who_and_why(series, alta, people, tree):
    from indicators import locks

    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="已上报")
    refused = alta("post", LIST, proposal())
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "year")
    assert "已上报" in refused.json()["errors"][0]["detail"]


# Who may


def test_nobody_reviews_the_own_entry(series, alta, people, tree, client):
    people["alta"].assignments.create(region=tree["150600"], role="reviewer")
    entry = alta("post", f"{LIST}?submit=true", proposal()).json()
    assert alta("post", f"{LIST}{entry['id']}/approve/", {"version": 1}).status_code == 403


def test_clerk_of_another_region_finds_nothing_and_writes_nothing(series, alta, client, people):
    entry = alta("post", LIST, proposal()).json()
    chen = Caller(client, people["chen"])
    assert chen("get", LIST).json()["results"] == []
    assert chen("get", f"{LIST}{entry['id']}/").status_code == 404
    assert chen("patch", f"{LIST}{entry['id']}/", {"version": 1, "value": 1}).status_code == 404
    assert chen("delete", f"{LIST}{entry['id']}/?version=1").status_code == 404
    assert chen("post", LIST, proposal(year=2023)).status_code == 403
    mixed = chen("post", LIST, [proposal(year=2023), proposal(year=2022, region="150500")])
    assert (mixed.status_code, mixed.json()["errors"][0]["index"]) == (403, 0)
    assert Entry.objects.count() == 1


def test_token_of_one_region_writes_nothing_elsewhere(client, tree):
    both = factories.person("both", (tree["150600"], "clerk", False), (tree["150500"], "clerk", False))
    factories.indicator()
    narrow = Caller(client, both, region=tree["150600"])
    assert narrow("post", LIST, proposal()).status_code == 201
    assert narrow("post", LIST, proposal(region="150500")).status_code == 403
    assert list(Entry.objects.values_list("series__region__code", flat=True)) == ["150600"]


def test_token_of_one_role_does_nothing_else(series, client, tree, alta):
    many = factories.person("many", (tree["150600"], "clerk", False), (tree["150600"], "reviewer", False))
    reviewing = Caller(client, many, role="reviewer")
    assert reviewing("post", LIST, proposal(year=2023)).status_code == 403
    entry = alta("post", f"{LIST}?submit=true", proposal()).json()
    assert reviewing("post", f"{LIST}{entry['id']}/approve/", {"version": 1}).status_code == 200


def test_reading_token_reads_only(series, client, people):
    reading = Caller(client, people["alta"], may_write=False)
    assert reading("get", LIST).status_code == 200
    refused = reading("post", LIST, proposal())
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only_token")


def test_revoked_or_expired_token_does_nothing_at_all(series, client, people):
    caller = Caller(client, people["alta"])
    doors.revoke_token(caller.token, by=people["alta"])
    assert caller("get", LIST).status_code == 401
    other = Caller(client, people["alta"])
    Token.objects.filter(pk=other.token.pk).update(expires_at=other.token.created_at)
    for method, address, body in (("get", LIST, None), ("post", LIST, proposal())):
        refused = other(method, address, body)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
        assert refused["WWW-Authenticate"] == "Token"
    assert not Entry.objects.exists()


def test_session_is_no_token(series, client, people):
    client.force_login(people["alta"])
    assert client.post(LIST, json.dumps(proposal()), content_type="application/json").status_code == 401


def test_wrong_tokens_lock_the_door(client, series):
    for _ in range(5):
        assert client.get(LIST, headers={"Authorization": "Token ip_wrong"}).status_code == 401
    locked = client.get(LIST, headers={"Authorization": "Token ip_wrong"})
    assert (locked.status_code, locked.json()["code"]) == (429, "locked_out")
    assert int(locked["Retry-After"]) > 0


# The same request again


def test_same_request_five_times_changes_one_thing(series, alta):
    answers = [alta("post", LIST, proposal(), **{"Idempotency-Key": "k-1"}) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[4]["Idempotency-Replayed"] == "true"
    assert Revision.objects.count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads share the one connection of an SQLite test database")
@pytest.mark.django_db(transaction=True)
def test_same_request_five_times_at_once_changes_one_thing(people, series):
    caller = Caller(Client(), people["alta"])

    def send(_):
        try:
            headers = {"Authorization": f"Token {caller.key}", "Idempotency-Key": "k-1"}
            return Client().post(LIST, json.dumps(proposal()), content_type="application/json", headers=headers)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Revision.objects.count() == 1


@pytest.mark.parametrize("key", ["", "two words", "键", "k" * 101])
def test_a_key_is_of_visible_characters(alta, key):
    refused = alta("post", LIST, proposal(), **{"Idempotency-Key": key})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "Idempotency-Key")
    assert not Entry.objects.exists()


def test_key_of_another_request_is_refused(series, alta):
    alta("post", LIST, proposal(), **{"Idempotency-Key": "k-1"})
    refused = alta("post", LIST, proposal(year=2023), **{"Idempotency-Key": "k-1"})
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")


def test_request_that_failed_may_be_tried_again_with_its_key(series, alta):
    assert alta("post", LIST, proposal(value="x"), **{"Idempotency-Key": "k-1"}).status_code == 422
    assert not AnsweredRequest.objects.exists()
    assert alta("post", LIST, proposal(), **{"Idempotency-Key": "k-1"}).status_code == 201


def test_answers_are_forgotten_after_a_week(series, alta):
    for key in ("old", "new"):
        alta("post", LIST, proposal(year=2023 if key == "old" else 2024), **{"Idempotency-Key": key})
    AnsweredRequest.objects.filter(key="old").update(at=timezone.now() - datetime.timedelta(days=7, minutes=1))
    tasks.prune_open_data()
    assert list(AnsweredRequest.objects.values_list("key", flat=True)) == ["new"]


def test_keys_of_two_people_do_not_meet(series, alta, client, tree):
    other = Caller(client, factories.person("other", (tree["150600"], "clerk", False)))
    alta("post", LIST, proposal(), **{"Idempotency-Key": "k-1"})
    assert other("post", LIST, proposal(year=2023), **{"Idempotency-Key": "k-1"}).status_code == 201


# Shapes


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "region"),
        (proposal(state="submitted"), "state"),
        (proposal(version=3), "version"),
        (proposal(year="2024"), "year"),
        (proposal(year=1900), "year"),
        (proposal(year=2090), "year"),
        (proposal(region=150600), "region"),
        (proposal(region="999999"), "region"),
        (proposal(not_applicable="yes"), "not_applicable"),
        (proposal(not_applicable=True), "value"),
        (proposal(source_url="javascript:alert(1)"), "source_url"),
        (proposal(source="x" * 301), "source"),
        (proposal(note=None), "note"),
        ([], ""),
        ("text", ""),
        ([proposal(), proposal()], "year"),
    ],
)
def test_wrong_body_is_refused_at_its_place(series, alta, body, field):
    refused = alta("post", LIST, body)
    assert refused.status_code == 422, refused.content
    assert field in {error["field"] for error in refused.json()["errors"]}
    assert not Entry.objects.exists()


@pytest.mark.parametrize("body", ["{", '{"a": 1, "a": 2}', "\x00", "[" * 100_000])
def test_what_is_no_json_is_said_so(client, people, body):
    caller = Caller(client, people["alta"])
    refused = client.post(LIST, body, content_type="application/json", headers={"Authorization": f"Token {caller.key}"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_json")


def test_list_is_paged_and_filtered(series, alta, tree):
    for year in range(2015, 2020):
        alta("post", LIST, proposal(year=year))
    first = alta("get", f"{LIST}?page_size=2").json()
    second = alta("get", first["next"]).json()
    assert [one["year"] for one in first["results"] + second["results"]] == [2015, 2016, 2017, 2018]
    assert [one["year"] for one in alta("get", f"{LIST}?year=2018&state=draft&region=150600").json()["results"]] == [2018]
    for wrong in ("state=done", "year=x", "region=1", "cursor=-1", "page_size=0", "colour=red"):
        assert alta("get", f"{LIST}?{wrong}").status_code == 400


def test_other_methods_are_refused_and_said_which_would_do(alta, series):
    refused = alta("put", LIST, {})
    assert refused.status_code == 405
    assert "POST" in refused["Allow"]


def test_another_persons_draft_is_a_conflict(series, alta, people, tree, client):
    workflow.save_draft(series, 2024, as_typed="1", value=1, by=factories.person("o", (tree["150600"], "clerk", False)))
    refused = alta("post", LIST, proposal())
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
