"""Progress follows the figures, whatever falls over: real PostgreSQL, real Redis, real workers."""

import contextlib
import os

import psycopg2
import pytest

from tests.ipdash.processes import wait_until
from tests.reliability.site import Site

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.deployment]


@pytest.fixture(scope="module")
def site(tmp_path_factory, postgres_url):
    site = Site(tmp_path_factory.mktemp("site"), postgres_url)
    site.prepare()
    return site


def test_a_change_reaches_progress_while_a_worker_runs(site):
    with site.redis(), site.worker():
        site.change(41_000)
        wait_until(lambda: site.stored() == 41_000, 60, "progress computed")
        wait_until(lambda: site.marks() == 0, 60, "nothing is left to compute")


def test_without_a_worker_the_change_waits_and_says_so(site):
    before = site.stored()
    with site.redis():
        site.change(42_000)
        assert site.stored() == before
        causes = site.rows("SELECT DISTINCT cause FROM indicators_stalemark")
        assert ("changed",) in causes
        with site.worker():
            wait_until(lambda: site.stored() == 42_000, 60, "progress computed once a worker came")


def test_without_a_broker_the_write_succeeds_and_the_sweep_catches_up(site):
    before = site.stored()
    site.change(43_000)  # nothing listens where Redis should be
    assert site.rows("SELECT value FROM indicators_actual WHERE value = 43000") == [(43_000,)]
    assert site.stored() == before
    with site.redis(), site.worker():
        wait_until(lambda: site.stored() == 43_000, 60, "the sweep found the mark")


def test_broker_that_goes_away_under_a_running_worker_comes_back(site):
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(site.redis())
        stack.enter_context(site.worker())
        redis.kill()
        redis.wait()
        site.change(44_000)
        with site.redis():
            wait_until(lambda: site.stored() == 44_000, 180, "the sweep found the mark")


@contextlib.contextmanager
def progress_cannot_be_written(site):
    """Whoever computes gets stuck in the middle: marks deleted, nothing written yet."""
    with contextlib.closing(psycopg2.connect(site.postgres_url)) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE indicators_progress IN EXCLUSIVE MODE")
        yield
        connection.rollback()


def is_stuck(site):
    return site.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@pytest.mark.parametrize("is_back", [True, False], ids=["task-ends-after-it-is-back", "task-ends-while-it-is-away"])
def test_broker_that_goes_away_in_the_middle_of_a_task_leaves_the_worker_running(site, is_back):
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(site.redis())
        worker = stack.enter_context(site.worker())
        with progress_cannot_be_written(site):
            site.change(46_000)
            wait_until(lambda: is_stuck(site), 60, "a worker is in the middle of it")
            redis.kill()
            redis.wait()
            if is_back:
                stack.enter_context(site.redis())
                wait_until(lambda: site.connections() > 1, 60, "the worker is connected again")
        wait_until(lambda: site.stored() == 46_000, 60, "what was begun is finished")
        if not is_back:
            stack.enter_context(site.redis())
        site.change(47_000)
        wait_until(lambda: site.stored() == 47_000, 60, "work is taken again")
        assert worker.poll() is None


def test_worker_killed_in_the_middle_leaves_no_half_state_and_the_next_finishes(site):
    before = site.rows("SELECT * FROM indicators_progress ORDER BY id")
    with site.redis():
        with contextlib.ExitStack() as stack, progress_cannot_be_written(site):
            worker = stack.enter_context(site.worker())
            site.change(45_000)
            site.change(60_000, region="150000", indicator="valid-trademarks")
            marks = site.marks()
            wait_until(lambda: is_stuck(site), 60, "a worker is in the middle of it")
            site.kill(worker)
        wait_until(lambda: not is_stuck(site), 60, "PostgreSQL noticed that the worker is gone")
        assert site.rows("SELECT * FROM indicators_progress ORDER BY id") == before
        assert site.marks() == marks
        with site.worker():
            wait_until(lambda: site.marks() == 0, 120, "the next worker finished")
    assert (site.stored(), site.stored(region="150000")) == (45_000, 60_000)
    assert "0 处不同" in site.check()


def test_rebuild_killed_in_the_middle_goes_on_after_a_restart(site):
    site.rows("DELETE FROM indicators_progress")
    site.rows(
        "INSERT INTO indicators_stalemark (series_id, cause, marked_at) SELECT id, 'nightly', now() FROM indicators_series"
    )
    with site.redis():
        with contextlib.ExitStack() as stack, progress_cannot_be_written(site):
            worker = stack.enter_context(site.worker())
            wait_until(lambda: is_stuck(site), 60, "a worker is in the middle of it")
            site.kill(worker)
        wait_until(lambda: not is_stuck(site), 60, "PostgreSQL noticed that the worker is gone")
        assert site.rows("SELECT count(*) FROM indicators_progress") == [(0,)]
        with site.worker():
            wait_until(lambda: site.marks() == 0, 120, "the next worker finished")
    assert site.rows("SELECT count(*) FROM indicators_progress") == [(559,)]
    assert "0 处不同" in site.check()


STORM = """
import random
from decimal import Decimal
from indicators import workflow
from indicators.models import Actual, Entry, PlanIndicator, Series
from indicators.outcome import Conflict
from regions.models import User
clerk, reviewer = User.objects.get(username="clerk"), User.objects.get(username="reviewer")
chance = random.Random({seed})
series = list(Series.objects.filter(plan_indicators__isnull=False).exclude(region__code="100000").distinct().order_by("pk"))
done = conflicts = 0
while done < {changes}:
    one, year = chance.choice(series), chance.randint(2019, 2025)
    standing = Actual.objects.filter(series=one, year=year).first()
    value = None if chance.random() < 0.05 else Decimal(chance.randint(0, 10**6)) / 100
    try:
        entry = workflow.submit(one, year, value=value, not_applicable=value is None, by=clerk,
            seen_version=standing.version if standing else 0, note="storm")
        workflow.approve(entry, by=reviewer, version=entry.version)
        done += 1
    except Conflict:
        conflicts += 1
        Entry.objects.filter(series=one, year=year).delete()
print("done", done, "conflicts", conflicts)
"""


def storm(site, changes, processes=4):
    [(revisions,)] = site.rows("SELECT count(*) FROM indicators_revision WHERE act IN ('approve', 'correct')")
    logs = [site.folder / f"storm-{number}.log" for number in range(processes)]
    with site.redis(), site.worker():
        running = [
            site.start_shell(STORM.format(seed=number, changes=changes // processes), log) for number, log in enumerate(logs)
        ]
        for process, log in zip(running, logs, strict=True):
            assert process.wait(timeout=1500) == 0, log.read_text()
        wait_until(lambda: site.marks() == 0, 180, "everything is computed")
    [(after,)] = site.rows("SELECT count(*) FROM indicators_revision WHERE act IN ('approve', 'correct')")
    assert after - revisions == changes
    assert "0 处不同" in site.check()


def test_progress_is_right_after_a_storm_of_changes(site):
    storm(site, changes=200)


@pytest.mark.slow
def test_progress_is_right_after_ten_thousand_changes(site):
    storm(site, changes=10_000, processes=max(4, os.cpu_count() or 4))
