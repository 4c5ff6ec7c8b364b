"""A year closed, opened, and kept open for somebody."""

import datetime

import pytest
from django.utils import timezone

from indicators import locks, workflow
from indicators.models import AuditEvent, LockException, YearLock
from indicators.outcome import Conflict, Forbidden, Inconsistent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordos(tree):
    return tree["150600"]


def tomorrow():
    return timezone.localdate() + datetime.timedelta(days=1)


def test_locked_year_says_who_why_and_who_can_open(ordos, people):
    locks.lock_year(ordos, 2024, by=people["dolma"], reason="已上报")
    assert locks.refusal(ordos, 2024, people["alta"]) == "2024 年已由“Dolma”锁定（已上报），需由其解锁后再改"
    assert locks.refusal(ordos, 2023, people["alta"]) is None


def test_only_a_manager_of_the_region_locks(ordos, people):
    for name in ("alta", "bayar", "chen"):
        with pytest.raises(Forbidden):
            locks.lock_year(ordos, 2024, by=people[name], reason="已上报")


def test_lock_and_unlock_need_a_reason_and_leave_a_trace(ordos, people):
    with pytest.raises(Inconsistent, match="理由"):
        locks.lock_year(ordos, 2024, by=people["dolma"], reason="  ")
    lock = locks.lock_year(ordos, 2024, by=people["dolma"], reason="已上报")
    with pytest.raises(Inconsistent, match="理由"):
        locks.unlock_year(lock, by=people["dolma"], reason="")
    locks.unlock_year(lock, by=people["dolma"], reason="更正")
    assert locks.lock_of(ordos, 2024) is None
    assert list(AuditEvent.objects.order_by("pk").values_list("act", flat=True)) == ["year.lock", "year.unlock"]


def test_locking_twice_is_a_conflict_and_unlocking_twice_too(ordos, people):
    lock = locks.lock_year(ordos, 2024, by=people["dolma"], reason="已上报")
    with pytest.raises(Conflict, match="已上报"):
        locks.lock_year(ordos, 2024, by=people["dolma"], reason="又一次")
    locks.unlock_year(lock, by=people["dolma"], reason="更正")
    with pytest.raises(Conflict):
        locks.unlock_year(lock, by=people["dolma"], reason="更正")


def test_lock_that_has_run_out_holds_no_more(ordos, people):
    locks.lock_year(ordos, 2024, by=people["dolma"], reason="已上报", until=tomorrow())
    YearLock.objects.update(until=timezone.localdate() - datetime.timedelta(days=1))
    assert locks.lock_of(ordos, 2024) is None
    assert locks.lock_year(ordos, 2024, by=people["dolma"], reason="再次上报").until is None


def test_exception_lets_one_person_go_on_until_its_day(ordos, people, tree):
    series = factories.series(ordos)
    lock = locks.lock_year(ordos, 2024, by=people["dolma"], reason="已上报")
    exception = locks.except_from(lock, people["alta"], by=people["dolma"], reason="补报", until=tomorrow())
    workflow.submit(series, 2024, value=40, by=people["alta"])
    with pytest.raises(Inconsistent, match="已上报"):
        workflow.approve(series.entries.get(), by=people["bayar"], version=1)
    LockException.objects.update(until=timezone.localdate() - datetime.timedelta(days=1))
    assert locks.refusal(ordos, 2024, people["alta"])
    locks.end_exception(exception, by=people["dolma"])
    assert not LockException.objects.exists()


def test_nobody_makes_an_exception_for_themselves(ordos, people):
    lock = locks.lock_year(ordos, 2024, by=people["dolma"], reason="已上报")
    with pytest.raises(Forbidden, match="自己"):
        locks.except_from(lock, people["dolma"], by=people["dolma"], reason="补报", until=tomorrow())


def test_several_years_and_regions_at_once(tree, people):
    regions = [tree["150600"], tree["150500"]]
    locks.lock_year(tree["150600"], 2023, by=people["dolma"], reason="早已上报")
    assert locks.lock_years(regions, [2023, 2024], by=people["dolma"], reason="年度上报") == 3
    assert locks.lock_of(tree["150600"], 2023).reason == "早已上报"
