"""/review/: submitted figures against what stood; accepted or returned, one or many, and never one's own."""

import csv
import datetime
import io
import re
from decimal import Decimal

import pytest
from django.utils import timezone

from indicators import locks, workflow
from indicators.calculation.vocabulary import Act, EntryState, JobKind, Role
from indicators.models import Actual, Entry, Evidence, Job, Revision
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db

ADDRESS = "/review/"


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def waiting(series, people):
    """A function that submits a figure for Ordos as Alta."""

    def waiting(value=44, year=2024, of=series, by=None, **fields):
        actual = Actual.objects.filter(series=of, year=year).first()
        seen = actual.version if actual else 0
        return workflow.submit(of, year, value=value, by=by or people["alta"], seen_version=seen, **fields)

    return waiting


@pytest.fixture
def bayar(client, people):
    client.force_login(people["bayar"])
    return client


def key(entry):
    return f"{entry.pk}:{entry.version}"


def answer(client, act, *entries, address=ADDRESS, reason=""):
    return client.post(address, {"act": act, "entry": [key(entry) for entry in entries], "reason": reason}, follow=True)


# What a reviewer sees


def test_new_figure_stands_beside_the_old_one_with_change_target_and_status(bayar, series, waiting):
    plan_indicator = factories.plan_indicator(series, factories.plan(series.region))
    factories.target(plan_indicator, 2024, lower=42)
    factories.target(plan_indicator, 2025, lower=50)
    factories.actual(series, value=40)
    waiting(44, source="2024 年年报", source_url="https://a.example/1", note="漏报四件")
    page = text(bayar.get(ADDRESS))
    assert "共有1项等待审核；其中1项更正已生效的数值" in page
    assert "鄂尔多斯市2024年1项" in page
    assert "40→改为44比原值增长10.0%" in page
    assert "目标42件" in page
    assert "通过后●快于预期" in page or "通过后●符合预期" in page
    assert "2024年年报" in page
    assert "更正理由：漏报四件" in page
    assert "Alta" in page
    assert "网页" in page


def test_first_figure_is_compared_with_the_year_before(bayar, series, waiting):
    factories.actual(series, 2023, 40)
    waiting(44)
    page = text(bayar.get(ADDRESS))
    assert "—（此前没有数值）→改为44比上年增长10.0%上年40" in page


@pytest.mark.parametrize(
    ("fields", "old", "new", "told"),
    [
        ({"unit": "%", "measure": "ratio"}, "50", "51.45", "比原值提高1.45个百分点"),
        ({}, "0", "7", "比原值增加7件"),
        ({}, "40", "30", "比原值下降25.0%"),
        ({}, "40000", "40001", "比原值变动不足0.05%"),
    ],
)
def test_change_is_worded_by_what_is_measured(bayar, tree, waiting, fields, old, new, told):
    of = factories.series(tree["150600"], code="other", **fields)
    factories.actual(of, value=Decimal(old))
    waiting(Decimal(new), of=of, note="更正")
    assert told in text(bayar.get(ADDRESS))


def test_clearing_is_told_as_such(bayar, series, people):
    factories.actual(series, value=40)
    workflow.submit(series, 2024, clears=True, by=people["alta"], seen_version=1, note="误报")
    page = text(bayar.get(ADDRESS))
    assert "清除已生效的数值" in page
    assert "40→改为清除" in page


@pytest.mark.parametrize(
    ("proposed", "status"),
    [
        ({"clears": True, "note": "误报"}, "未填报"),
        ({"not_applicable": True, "note": "x"}, "不适用"),
        ({"value": 50, "note": "x"}, "提前完成"),
    ],
)
def test_status_is_what_would_follow(bayar, series, people, proposed, status):
    factories.target(factories.plan_indicator(series, factories.plan(series.region)), 2025, lower=50)
    factories.actual(series, value=40)
    workflow.submit(series, 2024, by=people["alta"], seen_version=1, **proposed)
    page = text(bayar.get(ADDRESS))
    assert re.search(f"规划没有为这一年定目标通过后.{status}", page)
    assert Actual.objects.get().value == 40


def test_not_applicable_is_told_from_nothing(bayar, series, people):
    workflow.submit(series, 2024, not_applicable=True, by=people["alta"])
    assert "—（此前没有数值）→改为不适用" in text(bayar.get(ADDRESS))


def test_what_was_typed_is_shown_where_it_reads_otherwise(bayar, waiting):
    waiting(12000, as_typed="1.2万")
    assert "填的是“1.2万”" in text(bayar.get(ADDRESS))


def test_unusual_figures_warn(bayar, series, waiting):
    factories.actual(series, 2023, 40)
    waiting(400_000)
    assert "▲" in text(bayar.get(ADDRESS))


def test_evidence_is_linked(bayar, series, waiting, people):
    waiting()
    file = Evidence.objects.create(
        series=series, year=2024, name="盖章.pdf", stored_as="x", content_type="application/pdf", size=1, sha256="0" * 64,
        uploaded_by=people["alta"], uploaded_at=timezone.now(),
    )  # fmt: skip
    content = bayar.get(ADDRESS).content.decode()
    assert f'href="/entry/150600/2024/evidence/valid-trademarks/{file.pk}/">凭证：盖章.pdf</a>' in content


def test_drafts_and_what_was_returned_do_not_wait(bayar, people, waiting, series, tree):
    workflow.save_draft(series, 2024, as_typed="44", value=44, by=people["alta"])
    other = waiting(5, of=factories.series(tree["150600"], code="other"))
    workflow.send_back(other, by=people["bayar"], version=other.version, reason="再查")
    assert "没有等待审核的填报" in text(bayar.get(ADDRESS))


def test_notes_are_escaped(bayar, waiting):
    waiting(note="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in bayar.get(ADDRESS).content.decode()


def test_filters_are_in_the_address(bayar, waiting):
    waiting(44, 2024)
    waiting(41, 2023)
    page = text(bayar.get(f"{ADDRESS}?year=2023&region=150600"))
    assert "这样筛选有1项等待审核" in page
    assert "鄂尔多斯市2024年" not in page
    assert "这样筛选没有结果" in text(bayar.get(f"{ADDRESS}?year=2022"))


def test_files_give_the_same_proposals(bayar, series, waiting):
    factories.actual(series, value=40)
    waiting(44, note="=漏报")
    [row] = bayar.get(f"{ADDRESS}?format=json").json()["rows"]
    assert (row["old_value"], row["new_value"], row["year"], row["entered_by"]) == (40.0, 44.0, 2024, "Alta")
    [line] = csv.DictReader(io.StringIO(bayar.get(f"{ADDRESS}?format=csv").content.decode("utf-8-sig")))
    assert line["note"] == "'=漏报"
    assert bayar.get(f"{ADDRESS}?format=xlsx").content.startswith(b"PK")


def test_queries_do_not_grow_with_what_waits(bayar, tree, waiting, django_assert_max_num_queries):
    for number in range(30):
        of = factories.series(tree["150600"], code=f"i{number}")
        factories.actual(of, 2023, 10)
        waiting(11, of=of)
        factories.target(factories.plan_indicator(of, factories.plan(tree["150600"], f"p{number}")))
    with django_assert_max_num_queries(26):
        assert "共有30项" in text(bayar.get(ADDRESS))


# Accepting and returning


def test_accepting_puts_it_in_force_as_a_batch_that_can_be_withdrawn(bayar, waiting):
    entry = waiting(44)
    response = bayar.post(ADDRESS, {"act": f"approve:{key(entry)}"}, follow=True)
    assert Actual.objects.get().value == 44
    assert not Entry.objects.exists()
    batch = Job.objects.get(kind=JobKind.REVIEW)
    assert f'已通过 <strong>1</strong> 项。<a href="/history/batches/{batch.pk}/">' in response.content.decode()
    assert Revision.objects.get(act=Act.APPROVE).job == batch


def test_many_are_accepted_at_once(bayar, waiting):
    entries = [waiting(40 + number, 2020 + number) for number in range(4)]
    response = answer(bayar, "approve", *entries[:3])
    assert "已通过3项" in text(response)
    assert "没有处理" not in text(response)
    assert Actual.objects.count() == 3
    assert Entry.objects.get().year == 2023
    assert Job.objects.filter(kind=JobKind.REVIEW).count() == 1


def test_returning_needs_a_reason_and_keeps_what_was_chosen(bayar, waiting):
    entry = waiting()
    response = answer(bayar, "return", entry, reason=" ")
    assert response.status_code == 422
    assert "请写明退回理由" in text(response)
    assert re.search(rf'value="{key(entry)}" checked', response.content.decode())
    assert Entry.objects.get().state == EntryState.SUBMITTED
    assert not Job.objects.filter(kind=JobKind.REVIEW).exists()


def test_returned_with_the_reason(bayar, waiting):
    response = answer(bayar, "return", waiting(), reason="与年报不符")
    assert "已退回1项" in text(response)
    entry = Entry.objects.get()
    assert (entry.state, entry.returned_because) == (EntryState.RETURNED, "与年报不符")
    assert not Actual.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"act": "approve"}, "还没有选中任何一项"),
        ({"act": "destroy", "entry": "1:1"}, "请选择通过或退回"),
        ({}, "请选择通过或退回"),
        ({"act": "return", "entry": "1:1", "reason": "长" * 301}, "理由最多300个字，现在是301个"),
    ],
)
def test_what_is_missing_is_said(bayar, waiting, data, sentence):
    waiting()
    response = bayar.post(ADDRESS, data)
    assert response.status_code == 422
    assert sentence in text(response)
    assert Entry.objects.get().state == EntryState.SUBMITTED


@pytest.mark.parametrize("bad", ["x", "1", "1:x", "1:1:1", "²:1", f"{'9' * 30}:1"])
def test_senseless_entries_are_404(bayar, waiting, bad):
    assert bayar.post(ADDRESS, {"act": "approve", "entry": bad}).status_code == 404


def test_an_older_version_stays_and_says_what_stands_while_the_others_go_on(bayar, series, waiting, people):
    old = waiting(44)
    other = waiting(41, 2023)
    workflow.submit(series, 2024, value=45, by=people["alta"], version=old.version)
    response = answer(bayar, "approve", old, other)
    assert "已通过1项" in text(response)
    assert "现在是：45（待审核）" in text(response)
    assert Entry.objects.get().value == 45
    assert Actual.objects.get().year == 2023


def test_what_somebody_else_dealt_with_is_told(bayar, waiting, people):
    entry = waiting()
    workflow.approve(entry, by=people["bayar"], version=entry.version)
    response = answer(bayar, "approve", Entry(pk=10**6, version=1))
    assert "1项已由他人处理" in text(response)
    assert not Job.objects.filter(kind=JobKind.REVIEW).exists()


def test_a_figure_that_was_changed_meanwhile_says_so_and_can_only_be_returned(bayar, series, waiting):
    entry = waiting(44)
    factories.actual(series, value=43)
    page = text(bayar.get(ADDRESS))
    assert "填报之后，已生效的数值有了变动，现在是43；只能退回" in page
    assert "没有处理" in text(answer(bayar, "approve", entry))
    assert Actual.objects.get().value == 43
    assert "已退回1项" in text(answer(bayar, "return", entry, reason="请核对"))


def test_own_entries_are_shown_and_left_to_another_reviewer(client, people, series, tree):
    both = factories.person("both", (tree["150600"], Role.CLERK, False), (tree["150600"], Role.REVIEWER, False))
    entry = workflow.submit(series, 2024, value=44, by=both)
    client.force_login(both)
    response = client.get(ADDRESS)
    assert "1项是您自己填的，须由另一位审核员审核" in text(response)
    assert "这是您自己填报的，须由另一位审核员审核" in text(response)
    assert key(entry) not in response.content.decode()
    assert "不能审核自己填报的数值" in text(answer(client, "approve", entry))
    assert "不能退回自己填报的数值" in text(answer(client, "return", entry, reason="x"))
    assert Entry.objects.get().state == EntryState.SUBMITTED


def test_a_locked_year_says_who_locked_it_and_stays(bayar, waiting, people, tree):
    entry = waiting()
    lock = locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已上报")
    response = bayar.get(ADDRESS)
    assert "2024年已由“Dolma”锁定（年报已上报），需由其解锁后再改" in text(response)
    assert key(entry) not in response.content.decode()
    assert "没有处理" in text(answer(bayar, "approve", entry))
    assert not Actual.objects.exists()
    until = timezone.localdate() + datetime.timedelta(days=1)
    locks.except_from(lock, people["bayar"], by=people["dolma"], reason="补报", until=until)
    assert "已通过1项" in text(answer(bayar, "approve", entry))


def test_another_region_is_neither_seen_nor_reached(client, tree, waiting):
    entry = waiting()
    client.force_login(factories.person("eji", (tree["150500"], Role.REVIEWER, False)))
    assert "没有等待审核的填报" in text(client.get(ADDRESS))
    assert "不在您审核的地区" in text(answer(client, "approve", entry))
    assert Entry.objects.get().state == EntryState.SUBMITTED


@pytest.mark.parametrize("who", ["alta", "dolma"])
def test_only_reviewers_come_in(client, people, waiting, who):
    entry = waiting()
    client.force_login(people[who])
    assert client.get(ADDRESS).status_code == 403
    assert client.post(ADDRESS, {"act": f"approve:{key(entry)}"}).status_code == 403
    assert not Actual.objects.exists()


def test_anonymous_is_sent_to_the_login_page(client, waiting):
    entry = waiting()
    response = client.get(ADDRESS)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert client.post(ADDRESS, {"act": f"approve:{key(entry)}"}).status_code == 401
    assert not Actual.objects.exists()


@pytest.mark.parametrize("query", ["colour=red", "year=x", "page=0", "page=9", "format=pdf"])
def test_what_is_not_there_is_404(bayar, waiting, query):
    waiting()
    assert bayar.get(f"{ADDRESS}?{query}").status_code == 404
