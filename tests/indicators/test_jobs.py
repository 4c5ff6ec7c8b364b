"""Jobs: the row is the truth, a lease says who works on it, what it writes is written once or not at all."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from indicators import jobs, progress, tasks
from indicators.calculation.vocabulary import JobKind, JobState
from indicators.imports import Refused, kept
from indicators.imports.problems import refused
from indicators.models import AuditEvent, Job
from indicators.outcome import Conflict
from tests import factories

KIND = JobKind.IMPORT_ACTUALS


@pytest.fixture
def work(monkeypatch):
    """What jobs do in these tests: whatever the test puts here."""
    doing = {"function": lambda job, told: {}}
    monkeypatch.setitem(jobs.WORK, KIND, lambda job, told: doing["function"](job, told))
    monkeypatch.setattr(progress, "wake_worker", lambda task=None: None)
    return doing


@pytest.fixture
def alta(people):
    return people["alta"]


def queued(person, **fields):
    return jobs.queue(KIND, by=person, payload={}, **fields)


def lapse(job):
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_what_is_queued_is_run_and_says_what_came_of_it(alta, work):
    work["function"] = lambda job, told: told(1, 3) or {"rows": 3}
    job = queued(alta)
    assert jobs.run_waiting() == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.done, job.total, job.attempt) == (JobState.DONE, {"rows": 3}, 3, 3, 1)
    assert (job.lease_until, bool(job.finished_at)) == (None, True)
    assert jobs.run_waiting() == 0


@pytest.mark.django_db
def test_task_runs_them(alta, work):
    queued(alta)
    assert tasks.run_jobs() == 1


@pytest.mark.django_db
def test_the_same_key_is_the_same_job(alta, work, people):
    first, second = queued(alta, idempotency_key="k"), queued(alta, idempotency_key="k")
    assert first == second
    assert queued(alta) != queued(alta)
    with pytest.raises(Conflict):
        queued(people["bayar"], idempotency_key="k")


@pytest.mark.django_db
def test_what_nobody_in_particular_asks_for_has_a_key_too(people, work):
    assert queued(None, idempotency_key="k") == queued(None, idempotency_key="k")


@pytest.mark.django_db
def test_a_refusal_is_told_in_its_own_words(alta, work):
    def refuse(job, told):
        raise refused("这一格不对", line=3)

    work["function"] = refuse
    job = queued(alta)
    jobs.run_waiting()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "第 3 行：这一格不对")


@pytest.mark.django_db
def test_an_error_of_ours_is_told_without_its_details(alta, work, caplog):
    work["function"] = lambda job, told: 1 / 0
    job = queued(alta)
    jobs.run_waiting()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, jobs.FAILED_HERE)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.django_db
def test_what_it_writes_is_undone_when_it_fails(alta, work):
    def write(job, told):
        def put():
            factories.indicator()
            raise Refused([])

        return put

    work["function"] = write
    queued(alta)
    jobs.run_waiting()
    assert not AuditEvent.objects.filter(act="indicator.create").exists()
    from indicators.models import Indicator

    assert not Indicator.objects.exists()


@pytest.mark.django_db
def test_nobody_takes_what_another_works_on(alta, work):
    job = queued(alta)
    assert jobs._claim(Job.objects.all()).pk == job.pk
    assert jobs._claim(Job.objects.all()) is None
    assert jobs.run_waiting() == 0


@pytest.mark.django_db
def test_a_lapsed_lease_is_taken_again_and_the_first_writes_nothing(alta, work):
    job = queued(alta)
    slow = jobs._claim(Job.objects.all())
    lapse(job)
    work["function"] = lambda job, told: lambda: {"by": job.attempt}
    assert jobs.run_waiting() == 1
    jobs._run(slow)  # wakes up at last, and finds that it is too late
    job.refresh_from_db()
    assert (job.state, job.result, job.attempt) == (JobState.DONE, {"by": 2}, 2)


@pytest.mark.django_db
def test_what_never_ends_is_given_up(alta, work):
    job = queued(alta)
    for _ in range(jobs.ATTEMPTS):
        assert jobs._claim(Job.objects.all()) is not None
        lapse(job)
    assert jobs._claim(Job.objects.all()) is None
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, jobs.GIVEN_UP)


@pytest.mark.django_db
def test_cancelled_before_the_commit_nothing_is_written(alta, work):
    def write(job, told):
        def put():
            factories.indicator()
            return {}

        assert jobs.cancel(job, by=alta)
        return put

    work["function"] = write
    job = queued(alta)
    jobs.run_waiting()
    job.refresh_from_db()
    from indicators.models import Indicator

    assert (job.state, Indicator.objects.count()) == (JobState.CANCELLED, 0)
    assert not jobs.cancel(job, by=alta)


@pytest.mark.django_db
def test_what_takes_too_long_for_a_request_is_left_to_a_worker(alta, work):
    def later(job, told):
        if told.hurried:
            raise kept.Later
        return {"done": True}

    work["function"] = later
    job = jobs.run_now(queued(alta))
    assert (job.state, job.attempt, job.lease_until) == (JobState.QUEUED, 0, None)
    assert jobs.run_waiting() == 1


@pytest.mark.django_db
def test_rebuilds_are_not_run_as_jobs(work):
    progress.start_rebuild()
    assert jobs.run_waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_after_the_commit_and_needs_no_broker(alta, monkeypatch):
    woken = []
    monkeypatch.setattr(progress, "wake_worker", woken.append)
    with transaction.atomic():
        queued(alta)
        assert woken == []
    assert woken == [jobs.RUN_TASK]


@pytest.mark.postgres  # an SQLite database in memory takes no second connection
@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_the_job_runs(alta, work, monkeypatch):
    monkeypatch.setattr(jobs, "HEARTBEAT", 0.05)
    seen = {}

    def slowly(job, told):
        told(5, 9)
        before = Job.objects.get(pk=job.pk).lease_until
        for _ in range(100):
            threading.Event().wait(0.05)
            row = Job.objects.get(pk=job.pk)
            if row.lease_until > before:
                seen.update(done=row.done, total=row.total)
                return {}
        raise AssertionError("no heartbeat")

    work["function"] = slowly
    job = queued(alta)
    jobs.run_waiting()
    job.refresh_from_db()
    assert (job.state, seen) == (JobState.DONE, {"done": 5, "total": 9})


@pytest.mark.postgres  # an SQLite database in memory takes no second connection
@pytest.mark.django_db(transaction=True)
def test_a_cancelled_job_stops_in_the_middle(alta, work, monkeypatch):
    monkeypatch.setattr(jobs, "HEARTBEAT", 0.05)
    steps = []

    def slowly(job, told):
        jobs.cancel(job, by=alta)
        for step in range(200):
            told(step, 200)
            steps.append(step)
            threading.Event().wait(0.05)
        return {}

    work["function"] = slowly
    job = queued(alta)
    jobs.run_waiting()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert len(steps) < 100


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_five_confirmations_at_once_are_one_job_that_runs_once(alta, work):
    runs, found = [], set()
    work["function"] = lambda job, told: lambda: runs.append(job.pk) or {}
    begin = threading.Barrier(5)

    def confirm():
        try:
            begin.wait()
            job = queued(alta, idempotency_key="once")
            found.add(job.pk)
            jobs.run_now(job)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert runs == [*found]


@pytest.mark.django_db
def test_a_full_disk_is_told_as_that(alta, work):
    def full(job, told):
        raise OSError(28, "No space left on device")

    work["function"] = full
    job = queued(alta)
    jobs.run_waiting()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, jobs.NO_SPACE)


# The pages


@pytest.fixture
def page(client, alta):
    client.force_login(alta)
    return client


@pytest.mark.django_db
def test_the_page_says_how_far_it_is_and_that_nobody_works(page, alta, work):
    job = queued(alta)
    state = reverse("job-state", args=[job.pk])
    assert page.get(state).json() == {"state": "queued", "label": "排队中", "done": 0, "total": 0, "waiting_since": None}
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    assert page.get(state).json()["waiting_since"]
    shown = page.get(reverse("job", args=[job.pk])).content.decode()
    assert "起一直在等后台处理" in shown
    Job.objects.filter(pk=job.pk).update(state="running", done=3, total=9)
    assert "已处理 3 / 9 行" in page.get(reverse("job", args=[job.pk])).content.decode()
    assert page.get(state).json()["done"] == 3


@pytest.mark.django_db
def test_a_person_cancels_the_own_job_only(page, alta, people, client, work):
    job = queued(alta)
    client.force_login(people["bayar"])
    assert client.post(reverse("job-cancel", args=[job.pk])).status_code == 404
    assert client.get(reverse("job", args=[job.pk])).status_code == 404
    assert client.get(reverse("job-state", args=[job.pk])).status_code == 404
    client.force_login(alta)
    answer = client.post(reverse("job-cancel", args=[job.pk]), follow=True)
    assert "已取消，没有改动任何数据" in answer.content.decode()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert jobs.run_waiting() == 0
    assert "已经结束" in client.post(reverse("job-cancel", args=[job.pk]), follow=True).content.decode()


@pytest.mark.django_db
def test_who_is_not_signed_in_is_told_where(client, alta, work):
    job = queued(alta)
    answer = client.get(reverse("job-state", args=[job.pk]))
    assert (answer.status_code, answer.json()["login"]) == (401, reverse("login"))
    assert client.get(reverse("job", args=[job.pk])).status_code == 302
