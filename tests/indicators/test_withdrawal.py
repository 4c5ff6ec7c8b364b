"""A batch withdrawn as a whole: what stood before stands again, as new revisions."""

import datetime

import pandas as pd
import pytest
from django.utils import timezone

from indicators import locks, workflow
from indicators.calculation.vocabulary import JobKind
from indicators.models import Actual, Entry, Job, Revision, StaleMark
from indicators.outcome import Forbidden, Inconsistent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def other(tree):
    return factories.series(tree["150600"], code="patents", name="专利授权量")


def approved(people, *figures):
    """A review that put figures in force: (series, value) each."""
    batch = workflow.start_batch(JobKind.REVIEW, by=people["bayar"])
    for one, value in figures:
        standing = Actual.objects.filter(series=one, year=2024).first()
        seen = standing.version if standing else 0
        entry = workflow.submit(
            one, 2024, value=value, by=people["alta"], seen_version=seen, source=f"来源 {value}", note="说明"
        )
        workflow.approve(entry, by=people["bayar"], version=entry.version, job=batch)
    return batch


def test_review_withdrawn_puts_back_what_stood_with_its_source(series, other, people):
    approved(people, (series, 40))
    batch = approved(people, (series, 41), (other, 7))
    StaleMark.objects.all().delete()
    assert str(workflow.withdraw(batch, by=people["bayar"], reason="看错了行")) == "新增 0，更改 2，未变 0"
    actual = Actual.objects.get()
    assert (actual.series, actual.value, actual.source, actual.version) == (series, 40, "来源 40", 3)
    assert list(
        Revision.objects.filter(act="withdraw").order_by("series_id").values_list("old_value", "new_value", "reason")
    ) == [
        (41, 40, "看错了行"),
        (7, None, "看错了行"),
    ]
    assert set(StaleMark.objects.values_list("series_id", flat=True)) == {series.pk, other.pk}


def test_nothing_is_withdrawn_where_one_figure_was_changed_since(series, other, people):
    batch = approved(people, (series, 41), (other, 7))
    approved(people, (other, 8))
    with pytest.raises(Inconsistent, match=r"专利授权量 2024 年：此后又有改动，现在是 8"):
        workflow.withdraw(batch, by=people["bayar"], reason="看错了行")
    assert Actual.objects.get(series=series).value == 41


def test_save_withdrawn_takes_the_proposals_away(series, other, people):
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    for one in (series, other):
        draft = workflow.save_draft(one, 2024, as_typed="40", value=40, by=people["alta"], job=batch)
        workflow.submit_draft(draft, by=people["alta"], version=draft.version, job=batch)
    workflow.withdraw(batch, by=people["alta"], reason="填错年份")
    assert not Entry.objects.exists()
    assert Revision.objects.filter(act="discard").count() == 2


def test_save_that_was_approved_meanwhile_is_withdrawn_by_the_reviewer_only(series, people):
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    entry = workflow.submit(series, 2024, value=40, by=people["alta"], job=batch)
    workflow.approve(entry, by=people["bayar"], version=1)
    with pytest.raises(Inconsistent, match="审核员"):
        workflow.withdraw(batch, by=people["alta"], reason="填错年份")


def test_import_withdrawn_as_a_whole(series, people):
    job = Job.objects.create(kind=JobKind.IMPORT_ACTUALS, created_by=people["alta"], created_at=timezone.now())
    rows = {
        "line": [2],
        "region_id": [series.region_id],
        "indicator_id": [series.indicator_id],
        "year": [2024],
        "value": ["40"],
        "not_applicable": [False],
        "source": [""],
        "source_url": [""],
        "note": [""],
    }
    workflow.apply_many([pd.DataFrame(rows)], by=people["alta"], approved_by=people["bayar"], job=job)
    workflow.withdraw(job, by=people["alta"], reason="文件版本不对")
    assert not Actual.objects.exists()


def test_figure_of_a_file_that_was_overtaken_is_refused(series, people):
    factories.actual(series, value=41, version=3)
    rows = {
        "line": [2],
        "region_id": [series.region_id],
        "indicator_id": [series.indicator_id],
        "year": [2024],
        "value": ["40"],
        "not_applicable": [False],
        "source": [""],
        "source_url": [""],
        "note": ["更正"],
        "seen_version": [2],
    }
    with pytest.raises(Inconsistent, match="现在是：41"):
        workflow.apply_many([pd.DataFrame(rows)], by=people["alta"])
    rows["seen_version"] = [3]
    workflow.apply_many([pd.DataFrame(rows)], by=people["alta"])
    assert Entry.objects.get().value == 40


def test_withdrawn_once_only_and_for_thirty_days_only(series, people):
    batch = approved(people, (series, 41))
    old = approved(people, (series, 42))
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - datetime.timedelta(days=31))
    old.refresh_from_db()
    assert "30 天" in workflow.refusal_to_withdraw(old, by=people["bayar"])
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now())
    workflow.withdraw(old, by=people["bayar"], reason="看错了行")
    with pytest.raises(Forbidden, match="已经撤回"):
        workflow.withdraw(old, by=people["bayar"], reason="看错了行")
    with pytest.raises(Inconsistent, match="此后又有改动"):
        workflow.withdraw(batch, by=people["bayar"], reason="看错了行")


def test_withdrawing_needs_a_reason(series, people):
    batch = approved(people, (series, 41))
    with pytest.raises(Inconsistent, match="理由"):
        workflow.withdraw(batch, by=people["bayar"], reason="")


@pytest.mark.parametrize(("name", "may"), [("alta", False), ("bayar", True), ("chen", False), ("dolma", True)])
def test_who_may_withdraw_a_review(series, people, name, may):
    batch = approved(people, (series, 41))
    assert (workflow.refusal_to_withdraw(batch, by=people[name]) is None) is may


def test_role_that_is_over_withdraws_nothing(series, people):
    batch = approved(people, (series, 41))
    people["bayar"].assignments.all().delete()
    assert workflow.refusal_to_withdraw(batch, by=people["bayar"])


def test_locked_year_is_not_withdrawn(series, people):
    batch = approved(people, (series, 41))
    locks.lock_year(series.region, 2024, by=people["dolma"], reason="已上报")
    with pytest.raises(Inconsistent, match="已上报"):
        workflow.withdraw(batch, by=people["bayar"], reason="看错了行")
