"""One figure on its way: who may, from which version, and why."""

import pytest
from django.utils import timezone

from indicators import workflow
from indicators.models import Actual, DataVersion, Entry, Revision, StaleMark, YearLock
from indicators.outcome import Conflict, Forbidden, Inconsistent
from regions.models import Assignment
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def alta(people):
    return people["alta"]


@pytest.fixture
def bayar(people):
    return people["bayar"]


def test_submitted_figure_waits_and_approved_one_counts(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta, source="年报")
    assert not Actual.objects.exists()
    assert not StaleMark.objects.exists()
    before = DataVersion.objects.get().number
    actual = workflow.approve(entry, by=bayar, version=entry.version)
    assert (actual.value, actual.version, actual.source) == (40, 1, "年报")
    assert not Entry.objects.exists()
    assert StaleMark.objects.get().series == series
    assert DataVersion.objects.get().number == before + 1
    assert list(Revision.objects.order_by("pk").values_list("act", "by__username", "new_value")) == [
        ("submit", "alta", 40),
        ("approve", "bayar", 40),
    ]


def test_nobody_approves_the_own_entry(series, tree, alta):
    Assignment.objects.create(user=alta, region=tree["150600"], role="reviewer")
    entry = workflow.submit(series, 2024, value=40, by=alta)
    with pytest.raises(Forbidden, match="自己填报"):
        workflow.approve(entry, by=alta, version=1)


def test_clerk_of_another_region_cannot_submit(series, people):
    with pytest.raises(Forbidden, match="鄂尔多斯市"):
        workflow.submit(series, 2024, value=40, by=people["chen"])


def test_manager_is_no_reviewer(series, alta, people):
    entry = workflow.submit(series, 2024, value=40, by=alta)
    with pytest.raises(Forbidden):
        workflow.approve(entry, by=people["dolma"], version=1)


def test_older_version_is_a_conflict_that_shows_what_stands(series, alta):
    factories.actual(series, value=41, version=3)
    with pytest.raises(Conflict, match="41"):
        workflow.submit(series, 2024, value=40, by=alta, seen_version=2)


def test_entry_that_changed_since_it_was_seen_is_not_approved(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta)
    workflow.submit(series, 2024, value=42, by=alta)
    with pytest.raises(Conflict, match="42"):
        workflow.approve(entry, by=bayar, version=1)
    assert not Actual.objects.exists()


def test_second_clerk_does_not_overwrite_the_first(series, tree, alta):
    other = factories.person("other", (tree["150600"], "clerk", False))
    workflow.submit(series, 2024, value=40, by=alta)
    with pytest.raises(Conflict, match=r"Alta.*40"):
        workflow.submit(series, 2024, value=41, by=other)


def test_correction_needs_a_reason_and_keeps_the_old_value(series, alta, bayar):
    factories.actual(series, value=40)
    bare = workflow.submit(series, 2024, value=41, by=alta, seen_version=1)
    with pytest.raises(Inconsistent, match="理由"):
        workflow.approve(bare, by=bayar, version=1)
    explained = workflow.submit(series, 2024, value=41, by=alta, seen_version=1, note="年报更正")
    workflow.approve(explained, by=bayar, version=2)
    revision = Revision.objects.order_by("pk").last()
    assert (revision.act, revision.old_value, revision.new_value, revision.reason, revision.version) == (
        "correct",
        40,
        41,
        "年报更正",
        2,
    )


def test_returned_entry_says_why(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta)
    returned = workflow.send_back(entry, by=bayar, version=1, reason="请附出处")
    assert (returned.state, returned.returned_because, returned.version) == ("returned", "请附出处", 2)
    with pytest.raises(Conflict):
        workflow.approve(returned, by=bayar, version=2)


def test_not_applicable_is_approved_like_a_number(series, alta, bayar):
    entry = workflow.submit(series, 2024, not_applicable=True, by=alta)
    actual = workflow.approve(entry, by=bayar, version=1)
    assert (actual.value, actual.not_applicable) == (None, True)


def test_locked_year_takes_no_change_and_says_who_locked_it(series, alta, people):
    YearLock.objects.create(
        region=series.region, year=2024, reason="已上报", locked_by=people["dolma"], locked_at=timezone.now()
    )
    with pytest.raises(Inconsistent, match=r"Dolma.*已上报"):
        workflow.submit(series, 2024, value=40, by=alta)
    workflow.submit(series, 2023, value=40, by=alta)
