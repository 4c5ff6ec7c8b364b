"""Work that takes longer than a request: the row in the database is the truth about it, a message only wakes a worker."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from indicators import audit, progress, workflow
from indicators.calculation.vocabulary import JobKind, JobState
from indicators.imports import Refused, kept, plan_uploads, uploads
from indicators.models import Job
from indicators.outcome import Conflict, Forbidden, Inconsistent

log = logging.getLogger(__name__)

RUN_TASK = "indicators.run_jobs"
LEASE = timedelta(seconds=6)  # a worker that is killed is noticed after this; one that lives renews it
HEARTBEAT = 1.5
TURN = 600.0  # seconds after which a worker lets others have a turn, well below Celery's limit for a task
ATTEMPTS = 5
FEW = 500  # rows that may be written while somebody waits
FAILED_HERE = "系统出错，没有改动任何数据；请稍后重试，仍不行时把任务编号告诉管理员"
NO_SPACE = "文件没有存下来，服务器的磁盘可能满了，没有改动任何数据；请稍后再试，或联系管理员"
GIVEN_UP = f"已尝试 {ATTEMPTS} 次都没有做完，没有改动任何数据；请把任务编号告诉管理员"


def _withdraw(job: Job, told: "_Told") -> Callable[[], dict]:
    """Take back a batch too large for a request; the figures' own batch of the withdrawal is made with them."""
    batch = Job.objects.get(pk=job.payload["withdraws"])
    told(0, batch.revisions.count())
    return lambda: {"changed": workflow.withdraw(batch, by=job.created_by, reason=job.payload["reason"]).changed}


# What each kind does: function(job, told) works as long as it likes and calls told(done, total) now and then. It returns the
# result, or a function that writes and returns it: that one runs in the transaction which marks the job done, so that all of
# it happens once or not at all.
WORK: dict[JobKind, Callable[[Job, "_Told"], dict | Callable[[], dict]]] = {
    JobKind.IMPORT_ACTUALS: uploads.work,
    JobKind.IMPORT_PLAN: plan_uploads.work,
    JobKind.WITHDRAW: _withdraw,
}


class Cancelled(Exception):
    """The job is not ours any more: cancelled by a person, or taken by another worker after our lease lapsed."""


# Asking for work


@transaction.atomic
def queue(kind: JobKind, *, by, payload: dict, idempotency_key: str | None = None) -> Job:
    """The job that will do it, in the caller's transaction; the same key gives the same job, however often it is asked for."""
    fields = {"kind": kind, "payload": payload, "created_by": by, "created_at": timezone.now()}
    try:
        with transaction.atomic():
            job = Job.objects.create(idempotency_key=idempotency_key, **fields)
    except IntegrityError:
        job = Job.objects.filter(idempotency_key=idempotency_key).first()
        if idempotency_key is None or job is None:
            raise
        if job.kind != kind or job.created_by_id != (by and by.pk):
            raise Conflict(f"任务 {job.pk}") from None
        return job
    audit.record("job.queue", by=by, subject=f"{kind.value} {job.pk}")
    transaction.on_commit(wake, robust=True)
    return job


def wake() -> None:
    """Tell a worker that a job waits. Nothing is lost if none hears it: the sweep finds the row."""
    progress.wake_worker(RUN_TASK)


@transaction.atomic
def cancel(job: Job, *, by) -> bool:
    """Stop a job that has not ended; whether it could be stopped. What it was about to write is not written."""
    waiting = Job.objects.filter(pk=job.pk, state__in=[JobState.QUEUED, JobState.RUNNING])
    if not waiting.update(state=JobState.CANCELLED, finished_at=timezone.now(), lease_until=None):
        return False
    audit.record("job.cancel", by=by, subject=f"{job.kind} {job.pk}")
    return True


def waiting_since(job: Job):
    """The moment since which a queued job waits although a worker should have taken it, None otherwise."""
    patience = timedelta(seconds=min(settings.SWEEP_SECONDS, 10))
    return job.created_at if job.state == JobState.QUEUED and timezone.now() - job.created_at > patience else None


# Doing it


def run_waiting() -> int:
    """Run what waits, one after another, until nothing does; how many were run."""
    count, began = 0, time.monotonic()
    while job := _claim(Job.objects.all()):
        _run(job)
        count += 1
        if time.monotonic() - began > TURN:
            wake()
            break
    return count


def run_now(job: Job) -> Job:
    """Run one job while somebody waits, unless a worker has it already or it takes too long; the job as it stands then."""
    if claimed := _claim(Job.objects.filter(pk=job.pk)):
        _run(claimed, hurried=True)
    return Job.objects.get(pk=job.pk)


def _claim(jobs):
    """The first of them that waits, taken by this process: one conditional UPDATE, so that no two take the same one."""
    lapsed = Q(state=JobState.RUNNING, lease_until__lt=Now())
    free = jobs.filter(Q(state=JobState.QUEUED) | lapsed, kind__in=WORK).order_by("pk")
    for pk, attempt in list(free.values_list("pk", "attempt")[:20]):
        still = Job.objects.filter(Q(state=JobState.QUEUED) | lapsed, pk=pk, attempt=attempt)
        if attempt >= ATTEMPTS:
            still.update(state=JobState.FAILED, error=GIVEN_UP, finished_at=timezone.now(), lease_until=None)
        elif still.update(state=JobState.RUNNING, attempt=F("attempt") + 1, lease_until=_lease()):
            return Job.objects.select_related("created_by").get(pk=pk)
    return None


def _lease():
    """By the clock of the database, which all workers share."""
    return ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())


def _run(job: Job, *, hurried=False) -> None:
    log.info("job %s (%s), attempt %s", job.pk, job.kind, job.attempt)
    try:
        with _told(job, hurried) as told:
            made = WORK[JobKind(job.kind)](job, told)
            told.check()
            with transaction.atomic():
                result = made() if callable(made) else made
                _end(job, JobState.DONE, result=result, done=told.total, total=told.total)
    except Cancelled:
        log.info("job %s is not ours any more", job.pk)
    except kept.Later:
        Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt).update(
            state=JobState.QUEUED, attempt=F("attempt") - 1, lease_until=None
        )
        wake()
    except (Refused, Inconsistent, Forbidden, Conflict) as error:
        _end_alone(job, JobState.FAILED, error=str(error))
    except (OperationalError, InterfaceError):
        # The database went away or gave up on us: whoever finds the lease lapsed tries again.
        log.exception("job %s was left", job.pk)
        connection.close_if_unusable_or_obsolete()
    except OSError:
        log.exception("job %s failed", job.pk)
        _end_alone(job, JobState.FAILED, error=NO_SPACE)
    except Exception:
        log.exception("job %s failed", job.pk)
        _end_alone(job, JobState.FAILED, error=FAILED_HERE)


def _end(job, state, **fields):
    """Mark our job ended; Cancelled, and so rolled back, when it is not ours any more."""
    ours = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)
    if not ours.update(state=state, finished_at=timezone.now(), lease_until=None, **fields):
        raise Cancelled


def _end_alone(job, state, **fields):
    try:
        _end(job, state, **fields)
    except Cancelled:
        log.info("job %s is not ours any more", job.pk)


class _Told:
    """How far a job is, and whether it is still ours; a thread writes it into the row, on a connection of its own."""

    def __init__(self, job, hurried):
        self.job, self.done, self.total = job, 0, 0
        self.hurried = hurried  # somebody waits for the answer
        self.is_lost = False
        self.over = threading.Event()

    def __call__(self, done: int, total: int) -> None:
        self.check()
        self.done, self.total = min(done, total), total

    def check(self):
        if self.is_lost:
            raise Cancelled

    def beat(self):
        try:
            while not self.over.wait(HEARTBEAT):
                self.renew()
        finally:
            connection.close()

    def renew(self):
        ours = Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING, attempt=self.job.attempt)
        try:
            self.is_lost = not ours.update(lease_until=_lease(), done=self.done, total=self.total)
        except DatabaseError as error:
            # SQLite: the job itself is writing. Nobody else can take it meanwhile either.
            log.info("job %s could not renew its lease: %s", self.job.pk, error)


@contextmanager
def _told(job, hurried) -> Iterator[_Told]:
    told = _Told(job, hurried)
    if connection.in_atomic_block:  # a test: nobody else sees the row, nobody else can take it
        yield told
        return
    thread = threading.Thread(target=told.beat, name=f"job-{job.pk}", daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.over.set()
        thread.join(timeout=30)
