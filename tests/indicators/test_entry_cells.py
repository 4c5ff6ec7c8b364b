"""Cells of the entry grid as they are typed, and handing them in: what each answer says, and that nothing is lost."""

import json
from decimal import Decimal

import pytest

from indicators import locks, workflow
from indicators.calculation.vocabulary import EntryState, JobKind
from indicators.models import Entry, Job, Revision, Series
from regions.models import Assignment
from tests import factories
from tests.indicators.test_entry_grid import ADDRESS, alta, ordos

__all__ = ["alta", "ordos"]  # fixtures

pytestmark = pytest.mark.django_db

CELLS, SUBMIT = f"{ADDRESS}cells/", f"{ADDRESS}submit/"


def cell(indicator="marks", typed="", **more):
    return {"indicator": indicator, "typed": typed, "source": "", "note": "", "version": 0, "seen_version": 0, **more}


def post(client, person, *cells, address=CELLS, **body):
    content = {"person": person.pk, "cells": list(cells), **body}
    return client.post(address, json.dumps(content), content_type="application/json", headers={"Accept": "application/json"})


def one(response):
    [answer] = response.json()["cells"]
    return answer


# Saving


def test_saved_with_the_echo_the_version_and_the_change(client, alta, ordos):
    answer = one(post(client, alta, cell(typed="44", source="年报 https://a.example/1", note="说明")))
    assert (answer["state"], answer["kept"]) == ("saved", True)
    assert answer["row"]["version"] == 1
    assert answer["row"]["change"] == "增长 10.0%"
    assert answer["row"]["state"] == "draft"
    assert answer["row"]["remarks"] == []
    entry = Entry.objects.get()
    assert (entry.value, entry.source, entry.source_url, entry.note) == (44, "年报", "https://a.example/1", "说明")


@pytest.mark.parametrize(
    ("typed", "echo", "value"),
    [
        ("1.2万", "1.2万 → 12000 件", 12_000),
        ("１２", "１２ → 12 件", 12),
        ("1,234", "1,234 → 1234 件", 1_234),
        (" 7 ", "", 7),
        ("n/a", "n/a → 不适用", None),
    ],
)
def test_echo_says_what_was_understood(client, alta, ordos, typed, echo, value):
    answer = one(post(client, alta, cell(typed=typed)))
    assert answer["row"]["echo"] == echo
    assert Entry.objects.get().value == value


def test_the_same_reading_as_in_the_plain_form(client, alta, ordos):
    answer = one(post(client, alta, cell("patents", "4.5")))
    assert answer["row"]["echo"] == "4.5 万件 → 45000 件"
    assert Entry.objects.get().value == 45_000


def test_unreadable_text_is_kept_and_refused(client, alta, ordos):
    answer = one(post(client, alta, cell(typed="见附件")))
    assert (answer["state"], answer["kept"], answer["row"]["version"]) == ("refused", True, 1)
    assert answer["reason"].startswith("“见附件”不是数字")
    assert Entry.objects.get().as_typed == "见附件"


def test_what_is_too_long_is_not_kept(client, alta, ordos):
    answer = one(post(client, alta, cell(typed="九" * 61)))
    assert (answer["state"], answer["kept"]) == ("refused", False)
    assert not Entry.objects.exists()
    answer = one(post(client, alta, cell(typed="1", source="源" * 301)))
    assert (answer["state"], answer["kept"]) == ("refused", False)


def test_many_at_once_each_with_its_own_answer(client, alta, ordos):
    response = post(client, alta, cell("marks", "44"), cell("patents", "x"), cell("old", "7"))
    assert [one["state"] for one in response.json()["cells"]] == ["saved", "refused", "saved"]
    assert Entry.objects.count() == 3


def test_unusual_values_warn_and_want_a_note(client, alta, ordos):
    answer = one(post(client, alta, cell(typed="400")))
    assert answer["state"] == "saved"
    [remark] = answer["row"]["remarks"]
    assert remark["kind"] == "warning"
    assert remark["sentence"].endswith("请在备注里说明")
    [remark] = one(post(client, alta, cell(typed="400", note="新设窗口", version=1)))["row"]["remarks"]
    assert not remark["sentence"].endswith("请在备注里说明")


def test_part_of_a_thing_warns(client, alta, ordos):
    answer = one(post(client, alta, cell(typed="43.5")))
    assert answer["state"] == "saved"
    [remark] = answer["row"]["remarks"]
    assert remark["sentence"].startswith("以“件”计的数应是整数，请核对")


def test_change_of_a_rate_is_in_percentage_points(client, alta, ordos, tree):
    series = factories.series(tree["150600"], code="rate", name="满意度", unit="%", measure="ratio", decimals=2)
    factories.actual(series, 2023, 80)
    answer = one(post(client, alta, cell("rate", "81.45%")))
    assert answer["row"]["change"] == "提高 1.45 个百分点"
    assert Entry.objects.get().value == Decimal("81.45")


def test_an_indicator_without_a_series_gets_one_when_something_is_typed(client, alta, ordos):
    factories.indicator(code="extra", name="另一指标")
    post(client, alta, cell("extra"))
    assert not Series.objects.filter(indicator__code="extra").exists()
    post(client, alta, cell("extra", "3"))
    assert Entry.objects.get().series.indicator.code == "extra"


def test_unknown_indicator_is_refused_and_the_rest_is_kept(client, alta, ordos):
    unknown, known = post(client, alta, cell("nothing", "3"), cell("marks", "44")).json()["cells"]
    assert (unknown["state"], unknown["kept"], unknown["row"]) == ("refused", False, None)
    assert unknown["reason"] == "没有这个指标，请重新打开这一页"
    assert known["state"] == "saved"
    assert Entry.objects.get().value == 44


def test_blank_takes_the_draft_away(client, alta, ordos):
    post(client, alta, cell(typed="44"))
    answer = one(post(client, alta, cell(version=1)))
    assert (answer["state"], answer["row"]["state"], answer["row"]["version"]) == ("saved", "missing", 0)
    assert not Entry.objects.exists()


def test_a_submitted_figure_becomes_a_draft_again(client, alta, ordos):
    workflow.submit(ordos["marks"], 2024, value=44, as_typed="44", by=alta)
    answer = one(post(client, alta, cell(typed="45", version=1)))
    assert answer["row"]["state"] == "draft"


# Nothing twice, nothing over another


def test_sent_twice_is_saved_once(client, alta, ordos):
    """The first answer did not arrive: the page still knows the old version."""
    for _ in range(2):
        answer = one(post(client, alta, cell(typed="44")))
        assert (answer["state"], answer["row"]["version"]) == ("saved", 1)
    assert Revision.objects.count() == 1


def test_an_older_version_is_a_conflict_with_both_values(client, alta, ordos):
    post(client, alta, cell(typed="44"))
    answer = one(post(client, alta, cell(typed="45")))
    assert (answer["state"], answer["kept"], answer["row"]["typed"]) == ("conflict", False, "44")
    assert "您另行填报的 44" in answer["reason"]
    assert one(post(client, alta, cell(typed="45", version=answer["row"]["version"])))["state"] == "saved"
    assert Entry.objects.get().value == 45


def test_a_colleagues_entry_is_a_conflict(client, alta, ordos, tree):
    other = factories.person("erden", (tree["150600"], "clerk", False))
    workflow.save_draft(ordos["marks"], 2024, as_typed="51", value=51, by=other)
    answer = one(post(client, alta, cell(typed="45")))
    assert (answer["state"], answer["kept"], answer["row"]["is_others"]) == ("conflict", False, True)
    assert "Erden" in answer["reason"]
    assert Entry.objects.get().value == 51


def test_a_newer_actual_is_a_conflict_and_the_draft_is_kept(client, alta, ordos):
    factories.actual(ordos["marks"], 2024, 43)
    answer = one(post(client, alta, cell(typed="45")))
    assert (answer["state"], answer["kept"], answer["row"]["actual"]) == ("conflict", True, "43")
    assert Entry.objects.get().value == 45
    answer = one(post(client, alta, cell(typed="45", version=1, seen_version=1, note="年报更正")))
    assert answer["state"] == "saved"


def test_locked_meanwhile(client, people, alta, ordos, tree):
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿")
    answer = one(post(client, alta, cell(typed="44")))
    assert (answer["state"], answer["kept"]) == ("locked", False)
    assert "年报已定稿" in answer["reason"]
    assert not Entry.objects.exists()


# Who


def test_session_ended(client, ordos, people):
    response = post(client, people["alta"], cell(typed="44"))
    assert response.status_code == 401
    assert response.json()["code"] == "session_ended"
    assert response.json()["login"]


def test_another_person_logged_in_meanwhile(client, people, alta, ordos, tree):
    other = factories.person("erden", (tree["150600"], "clerk", False))
    response = post(client, other, cell(typed="44"))
    assert (response.status_code, response.json()["code"]) == (409, "other_person")
    assert not Entry.objects.exists()


@pytest.mark.parametrize(("name", "status"), [("chen", 404), ("bayar", 403), ("dolma", 403)])
def test_others_are_refused(client, people, ordos, name, status):
    client.force_login(people[name])
    for address in (CELLS, SUBMIT):
        assert post(client, people[name], cell(typed="44"), address=address).status_code == status
    assert not Entry.objects.exists()


def test_role_taken_away_meanwhile(client, alta, ordos):
    Assignment.objects.all().delete()
    assert post(client, alta, cell(typed="44")).status_code == 404


def test_a_new_token_for_the_page_after_a_new_login(client, alta, ordos):
    answer = client.get(CELLS, headers={"Accept": "application/json"}).json()
    assert answer["person"] == alta.pk
    assert len(answer["csrf"]) == 64


def test_writing_needs_the_token(people, ordos):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(people["alta"])
    assert post(client, people["alta"], cell(typed="44")).status_code == 403
    assert not Entry.objects.exists()


# Nonsense


@pytest.mark.parametrize(
    "cells",
    [
        None,
        [],
        {},
        [1],
        [{"indicator": 3}],
        [cell(typed=44)],
        [cell(typed="4", version="1")],
        [cell(typed="4", version=-1)],
        [cell(typed="4", version=True)],
        [cell(typed="4"), cell(typed="5")],
        [cell(f"i-{number}", "4") for number in range(201)],
    ],
)
def test_bad_bodies_are_refused(client, alta, ordos, cells):
    response = client.post(CELLS, json.dumps({"person": alta.pk, "cells": cells}), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', "\xff"])
def test_what_is_no_json_object_is_refused(client, alta, ordos, body):
    assert client.post(CELLS, body.encode("latin-1"), content_type="application/json").status_code == 400


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods(client, alta, ordos, method):
    assert getattr(client, method)(CELLS).status_code == 405
    assert client.get(SUBMIT).status_code == 405


# Handing in


def test_submitted_in_one_batch(client, alta, ordos):
    post(client, alta, cell("marks", "44"), cell("patents", "3"))
    response = post(client, alta, cell("marks", version=1), cell("patents", version=1), address=SUBMIT).json()
    assert (response["submitted"], response["refused"]) == (2, [])
    assert response["sentence"] == "已提交 2 项，等待审核。"
    assert [one["row"]["state"] for one in response["cells"]] == ["submitted", "submitted"]
    job = Job.objects.get(pk=response["batch"])
    assert (job.kind, job.revisions.count()) == (JobKind.SAVE, 2)


def test_only_what_is_named_is_submitted(client, alta, ordos):
    post(client, alta, cell("marks", "44"), cell("patents", "3"))
    post(client, alta, cell("patents", version=1), address=SUBMIT)
    assert Entry.objects.get(state=EntryState.SUBMITTED).series == ordos["patents"]


def test_what_is_not_ready_is_told_and_the_rest_goes(client, alta, ordos):
    post(client, alta, cell("marks", "400"), cell("patents", "3"))
    response = post(client, alta, cell("marks", version=1), cell("patents", version=1), address=SUBMIT).json()
    assert response["submitted"] == 1
    [refused] = response["refused"]
    assert (refused["indicator"], refused["name"]) == ("marks", "商标注册量")
    assert "备注" in refused["reason"]


def test_what_was_changed_elsewhere_is_not_submitted(client, alta, ordos):
    post(client, alta, cell(typed="44"))
    post(client, alta, cell(typed="45", version=1))
    response = post(client, alta, cell(version=1), address=SUBMIT).json()
    assert response["submitted"] == 0
    assert "在别处改动过，现在是 45" in response["refused"][0]["reason"]
    assert not Job.objects.exists()


def test_nothing_is_submitted_in_a_locked_year(client, people, alta, ordos, tree):
    post(client, alta, cell(typed="44"))
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿")
    response = post(client, alta, cell(version=1), address=SUBMIT).json()
    assert "年报已定稿" in response["refused"][0]["reason"]
    assert Entry.objects.get().state == EntryState.DRAFT


def test_a_drafts_figure_is_not_public(client, alta, ordos):
    post(client, alta, cell(typed="44"))
    client.logout()
    assert (
        "44" not in client.get("/history/?region=150600&indicator=marks").content.decode().split("<main")[1].split("</main")[0]
    )
