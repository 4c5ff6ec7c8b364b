"""/history/batches/: what was done at one time, and taking it back as a whole; /history/people/: what a person did."""

import csv
import datetime
import io

import pytest
from django.utils import timezone

from indicators import jobs, workflow
from indicators.calculation.vocabulary import JobKind
from indicators.models import Actual, AuditEvent, Entry, Job, Revision
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db

ADDRESS = "/history/batches/"


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def saved(series, people):
    """Alta submits two figures in one batch."""
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    for year in (2023, 2024):
        workflow.submit(series, year, value=year - 1980, by=people["alta"], job=batch)
    return batch


@pytest.fixture
def reviewed(saved, people):
    """Bayar approves them in one batch."""
    batch = workflow.start_batch(JobKind.REVIEW, by=people["bayar"])
    for entry in Entry.objects.order_by("pk"):
        workflow.approve(entry, by=people["bayar"], version=entry.version, job=batch)
    return batch


def page_of(batch):
    return f"{ADDRESS}{batch.pk}/"


def withdraw(client, batch, reason="录错了"):
    return client.post(page_of(batch), {"reason": reason}, follow=True)


# The list


def test_batches_are_listed_with_counts_the_latest_first(client, people, reviewed):
    client.force_login(people["alta"])
    page = text(client.get(ADDRESS))
    assert "共2批" in page
    assert page.index("审核Bayar审核通过2鄂尔多斯市") < page.index("网页填报Alta提交2鄂尔多斯市")


def test_a_kind_is_chosen_by_link(client, people, reviewed):
    client.force_login(people["alta"])
    page = text(client.get(f"{ADDRESS}?view=review"))
    assert "“审核”共1批" in page
    assert "提交2" not in page


def test_other_regions_see_nothing_of_them(client, people, reviewed):
    client.force_login(people["chen"])
    assert "没有批次" in text(client.get(ADDRESS))
    assert client.get(page_of(reviewed)).status_code == 404
    assert client.post(page_of(reviewed), {"reason": "x"}).status_code == 404


def test_batches_that_changed_nothing_are_not_listed(client, people, tree):
    workflow.start_batch(JobKind.SAVE, by=people["alta"])
    client.force_login(people["alta"])
    assert "没有批次" in text(client.get(ADDRESS))


@pytest.mark.parametrize("query", ["view=rebuild", "view=x", "page=9", "colour=red"])
def test_what_is_not_there_is_404(client, people, reviewed, query):
    client.force_login(people["alta"])
    assert client.get(f"{ADDRESS}?{query}").status_code == 404


def test_strangers_stay_outside(client, reviewed):
    for address in (ADDRESS, page_of(reviewed), "/history/people/1/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")
    client.force_login(factories.person("eve"))
    assert client.get(page_of(reviewed)).status_code == 404


def test_queries_do_not_grow_with_the_batches(client, people, series, django_assert_max_num_queries):
    for year in range(1990, 2020):
        workflow.submit(series, year, value=1, by=people["alta"], job=workflow.start_batch(JobKind.SAVE, by=people["alta"]))
    client.force_login(people["alta"])
    with django_assert_max_num_queries(16):
        assert "共30批" in text(client.get(ADDRESS))


# One batch


def test_a_batch_shows_old_new_and_what_is_in_force_now(client, people, reviewed, series):
    client.force_login(people["alta"])
    page = text(client.get(page_of(reviewed)))
    assert "Bayar于" in page
    assert "有效注册商标拥有量鄂尔多斯市2024审核通过—（没有数值）44件44—网页" in page


def test_from_a_batch_a_manager_comes_to_what_the_person_did(client, people, saved):
    link = f'<a href="/history/people/{people["alta"].pk}/">Alta</a>'
    client.force_login(people["dolma"])
    assert link in client.get(page_of(saved)).content.decode()
    client.force_login(people["bayar"])
    assert link not in client.get(page_of(saved)).content.decode()


def test_proposals_show_their_note(client, people, series):
    factories.actual(series, value=40)
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    workflow.submit(series, 2024, value=41, by=people["alta"], seen_version=1, note="漏报一件", job=batch)
    client.force_login(people["bayar"])
    assert "2024提交—（没有数值）41件40漏报一件网页" in text(client.get(page_of(batch)))


def test_looking_at_a_batch_leaves_a_record(client, people, reviewed):
    client.force_login(people["alta"])
    client.get(page_of(reviewed))
    event = AuditEvent.objects.get(act="history.view")
    assert (event.by, event.subject) == (people["alta"], f"batch {reviewed.pk}")


def test_files_give_the_same_changes(client, people, reviewed):
    client.force_login(people["alta"])
    rows = client.get(f"{page_of(reviewed)}?format=json").json()["rows"]
    assert [(row["year"], row["old_value"], row["new_value"]) for row in rows] == [(2023, None, 43.0), (2024, None, 44.0)]
    table = list(csv.DictReader(io.StringIO(client.get(f"{page_of(reviewed)}?format=csv").content.decode("utf-8-sig"))))
    assert [row["new_value"] for row in table] == ["43.0", "44.0"]
    assert client.get(f"{page_of(reviewed)}?format=xlsx").content.startswith(b"PK")


# Taking it back


def test_a_review_is_withdrawn_as_a_whole(client, people, reviewed):
    client.force_login(people["bayar"])
    response = withdraw(client, reviewed)
    assert "已撤回这一批：2处恢复" in text(response)
    assert "这一批已经撤回" in text(response)
    assert not Actual.objects.exists()
    assert Revision.objects.filter(job=reviewed).count() == 2
    back = Job.objects.get(kind=JobKind.WITHDRAW)
    page = text(client.get(page_of(back)))
    assert "这是对另一批的整批撤回，理由：录错了" in page
    assert "整批撤回什么也不删除" not in page
    assert "已撤回" in text(client.get(ADDRESS))


def test_withdrawing_needs_a_reason(client, people, reviewed):
    client.force_login(people["bayar"])
    response = withdraw(client, reviewed, reason=" ")
    assert response.status_code == 422
    assert "请写明撤回的理由" in text(response)
    assert Actual.objects.count() == 2


def test_what_was_changed_since_keeps_all_of_it_and_says_both_values(client, people, reviewed, series):
    workflow.submit(series, 2024, value=45, by=people["alta"], seen_version=1, note="更正")
    entry = Entry.objects.get()
    workflow.approve(entry, by=people["bayar"], version=entry.version)
    client.force_login(people["bayar"])
    response = withdraw(client, reviewed)
    assert response.status_code == 422
    page = text(response)
    assert "没有撤回，什么也没有改" in page
    assert "此后又有改动，现在是45" in page
    assert "44件45▲此后又有改动" in page
    assert Actual.objects.count() == 2


def test_a_large_batch_is_withdrawn_by_a_worker(client, people, reviewed, monkeypatch):
    monkeypatch.setattr("indicators.reports.batches.LARGE", 1)
    client.force_login(people["bayar"])
    assert "请写明撤回的理由" in text(withdraw(client, reviewed, reason=""))
    response = withdraw(client, reviewed)
    assert "共2处，正在后台撤回" in text(response)
    assert "已在后台撤回" in text(withdraw(client, reviewed))
    assert Actual.objects.count() == 2
    assert jobs.run_waiting() == 1
    assert not Actual.objects.exists()
    page = text(client.get(page_of(reviewed)))
    assert "这一批已经撤回" in page
    assert "共3批" in text(client.get(ADDRESS))  # the withdrawal once, not the work that made it


def test_a_worker_that_could_not_withdraw_says_why(client, people, reviewed, series, monkeypatch):
    monkeypatch.setattr("indicators.reports.batches.LARGE", 1)
    client.force_login(people["bayar"])
    withdraw(client, reviewed)
    workflow.submit(series, 2024, value=45, by=people["alta"], seen_version=1, note="更正")
    entry = Entry.objects.get()
    workflow.approve(entry, by=people["bayar"], version=entry.version)
    assert jobs.run_waiting() == 1
    page = text(client.get(page_of(reviewed)))
    assert "上次没有撤回，什么也没有改" in page
    assert "现在是45" in page
    assert Actual.objects.count() == 2


def test_a_colleague_cannot_withdraw_it_a_manager_can(client, people, reviewed):
    client.force_login(people["alta"])
    assert "只有操作人本人，或管理这些地区的管理员，可以撤回这一批" in text(client.get(page_of(reviewed)))
    assert withdraw(client, reviewed).status_code == 403
    assert Actual.objects.count() == 2
    client.force_login(people["dolma"])
    assert "已撤回这一批" in text(withdraw(client, reviewed))


def test_after_thirty_days_it_stays(client, people, reviewed):
    Job.objects.filter(pk=reviewed.pk).update(created_at=timezone.now() - datetime.timedelta(days=31))
    client.force_login(people["bayar"])
    assert "已超过30天" in text(client.get(page_of(reviewed)))
    assert withdraw(client, reviewed).status_code == 403


# A person


def test_a_person_sees_the_own_changes(client, people, reviewed):
    client.force_login(people["alta"])
    page = text(client.get(f"/history/people/{people['alta'].pk}/"))
    assert "我的操作记录共改动2处" in page
    assert "2024提交" in page
    assert "审核通过" not in page


def test_a_manager_sees_those_in_the_own_regions(client, people, reviewed, tree):
    address = f"/history/people/{people['alta'].pk}/"
    client.force_login(people["dolma"])
    assert "Alta的操作记录共改动2处（只列您管理的地区）" in text(client.get(address))
    assert AuditEvent.objects.get(act="history.view").subject == f"person {people['alta'].pk}"
    assert len(client.get(f"{address}?format=json").json()["rows"]) == 2
    client.force_login(factories.person("eji", (tree["150500"], "manager", False)))
    assert client.get(address).status_code == 404


def test_colleagues_see_nothing_of_each_other(client, people, reviewed):
    client.force_login(people["bayar"])
    assert client.get(f"/history/people/{people['alta'].pk}/").status_code == 404
    assert client.get("/history/people/999999/").status_code == 404
