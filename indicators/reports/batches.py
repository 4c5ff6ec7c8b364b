"""What was saved, imported or reviewed at one time, and what a person did; for the people of the region."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from indicators import workflow
from indicators.calculation.vocabulary import Act, JobKind, JobState
from indicators.calculation.wording import NOTHING
from indicators.frames import Table
from indicators.models import Actual, Job, Revision
from indicators.reports import history
from indicators.reports.history import Change
from regions.models import User

PER_PAGE = 50
ROWS_PER_PAGE = 100
LARGE = 500  # changes; more than these are taken back outside the request
KINDS = (JobKind.SAVE, JobKind.REVIEW, JobKind.IMPORT_ACTUALS, JobKind.WITHDRAW)
COLUMNS = ["batch", "kind", "by", "at", "acts", "regions", "withdrawn_by"]


def batch_address(pk: int) -> str:
    return reverse("batch", args=[pk])


@dataclass(frozen=True)
class Batch:
    """A batch with what it did in the regions that the reader sees."""

    job: Job
    acts: Mapping[str, int]
    regions: tuple[str, ...]
    withdrawn_by: int | None  # the batch that took it back

    @property
    def address(self) -> str:
        return batch_address(self.job.pk)

    @property
    def kind(self) -> str:
        return JobKind(self.job.kind).label

    @property
    def by(self) -> str:
        return person(self.job.created_by)

    @property
    def told(self) -> str:
        """提交 12，退回 1"""
        return "，".join(f"{Act(act).label} {count}" for act, count in self.acts.items())

    @property
    def places(self) -> str:
        return "、".join(self.regions[:3]) + (f"等 {len(self.regions)} 个地区" if len(self.regions) > 3 else "")


@dataclass(frozen=True)
class BatchList:
    """A page of batches, the latest first."""

    batches: tuple[Batch, ...]
    page: Page
    kind: JobKind | None

    def table(self) -> Table:
        rows = [
            (one.job.pk, one.kind, one.by, one.job.created_at.isoformat(timespec="seconds"), one.told, "、".join(one.regions),
             one.withdrawn_by)
            for one in self.batches
        ]  # fmt: skip
        return Table(COLUMNS, rows, "batches")


def batches(user: User, regions: Collection[int], *, kind: str, number: int) -> BatchList:
    """Batches that a person made, or that touch the regions; four queries. Raises InvalidPage."""
    chosen = JobKind(kind) if kind else None
    here = Revision.objects.filter(job=OuterRef("pk"), series__region__in=regions)
    # A batch without a revision did nothing: an import that was refused, or an empty save.
    found = Job.objects.filter(kind__in=[chosen] if chosen else KINDS).filter(
        Exists(here) | Q(created_by=user) & Exists(Revision.objects.filter(job=OuterRef("pk")))
    )
    page = Paginator(found.select_related("created_by").order_by("-pk"), PER_PAGE).page(number)
    jobs = list(page.object_list)
    return BatchList(tuple(_told(jobs, user, regions)), page, chosen)


def _told(jobs: Sequence[Job], user: User, regions: Collection[int]) -> Iterator[Batch]:
    seen = Q(series__region__in=regions) | Q(job__created_by=user)
    acts: dict[int, dict[str, int]] = defaultdict(dict)
    places: dict[int, dict[str, None]] = defaultdict(dict)
    counted = Revision.objects.filter(seen, job__in=jobs).order_by("series__region__code")
    for job, act, name, count in counted.values_list("job", "act", "series__region__name").annotate(count=Count("pk")):
        acts[job][act] = acts[job].get(act, 0) + count
        places[job][name] = None
    undone = withdrawals(job.pk for job in jobs)
    for job in jobs:
        ordered = {act: acts[job.pk][act] for act in Act.values() if act in acts[job.pk]}
        yield Batch(job, ordered, tuple(places[job.pk]), undone.get(job.pk))


def withdrawals(jobs) -> dict[int, int]:
    """{batch: the batch that withdrew it}. One query."""
    found = Job.objects.filter(kind=JobKind.WITHDRAW, payload__batch__in=list(jobs))
    return {payload["batch"]: pk for pk, payload in found.values_list("pk", "payload")}


def person(user: User | None) -> str:
    """A person's name; a login name is nobody's business."""
    return (user.full_name or "未登记姓名") if user else "系统"


# One batch


@dataclass(frozen=True)
class Row:
    """A change, and what is in force now, so that both can be seen."""

    change: Change
    now: str = ""
    is_overtaken: bool = False  # whether something else is in force than what this change put there


@dataclass(frozen=True)
class BatchPage:
    """One batch: its changes in the regions that the reader sees, and whether they may withdraw it."""

    batch: Batch
    rows: tuple[Row, ...]
    page: Page
    elsewhere: int  # changes in other regions
    refusal: str | None
    withdraws: int | None  # the batch that this one took back
    background: Job | None  # the last withdrawal of it that was left to a worker
    found: QuerySet

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @property
    def is_large(self) -> bool:
        """Whether taking it back is a worker's business, because nobody would wait for it."""
        return self.count + self.elsewhere > LARGE

    @property
    def is_being_withdrawn(self) -> bool:
        return self.background is not None and self.background.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def failure(self) -> str:
        """Why the last withdrawal by a worker did nothing; blank where there was none, or it was done."""
        return self.background.error if self.background and self.background.state == JobState.FAILED else ""

    @property
    def is_public(self) -> bool:
        """Whether it changed figures in force, not proposals alone."""
        return any(Act(act).is_public for act in self.batch.acts)

    @cached_property
    def last_day(self) -> datetime.datetime:
        return self.batch.job.created_at + datetime.timedelta(days=workflow.WITHDRAWABLE_DAYS)

    @property
    def reason(self) -> str:
        """Of a withdrawal, whose changes all have the same one."""
        return self.rows[0].change.reason if self.withdraws and self.rows else ""

    def table(self) -> Table:
        rows = (history.file_row(row, row.series) for row in self.found.iterator(chunk_size=2000))
        return Table(history.COLUMNS, rows, f"batch-{self.batch.job.pk}")


def batch(user: User, regions: Collection[int], pk: int, number: int) -> BatchPage | None:
    """One batch; None where it does not exist or is none of the reader's business. Raises InvalidPage."""
    job = Job.objects.filter(pk=pk, kind__in=KINDS).select_related("created_by").first()
    if job is None:
        return None
    every = Revision.objects.filter(job=job)
    found = every if job.created_by_id == user.pk else every.filter(series__region__in=regions)
    related = found.select_related("series__region", "series__indicator", "by")
    ordered = related.order_by("series__region__code", "series__indicator__code", "year", "pk")
    page = Paginator(ordered, ROWS_PER_PAGE).page(number)
    if not page.paginator.count:
        return None
    [told] = _told([job], user, regions)
    return BatchPage(
        batch=told,
        rows=_rows(list(page.object_list)),
        page=page,
        elsewhere=every.count() - page.paginator.count,
        refusal=workflow.refusal_to_withdraw(job, by=user),
        withdraws=job.payload.get("batch") if job.kind == JobKind.WITHDRAW else None,
        background=Job.objects.filter(kind=JobKind.WITHDRAW, payload__withdraws=pk).order_by("pk").last(),
        found=ordered,
    )


def _rows(revisions: Sequence[Revision]) -> tuple[Row, ...]:
    """With what is in force now, in one query."""
    years = {row.year for row in revisions}
    actuals = Actual.objects.filter(series__in={row.series_id for row in revisions}, year__in=years)
    standing = {(actual.series_id, actual.year): actual for actual in actuals}
    return tuple(
        _row(change, standing.get((change.revision.series_id, change.revision.year))) for change in history.read(revisions)
    )


def _row(change: Change, actual: Actual | None) -> Row:
    revision = change.revision
    is_same = (
        (actual.value, actual.not_applicable) == (revision.new_value, revision.new_not_applicable)
        if actual
        else revision.new_value is None and not revision.new_not_applicable
    )
    return Row(change, _in_words(actual), change.is_public and not is_same)


def _in_words(actual: Actual | None) -> str:
    if actual is None:
        return NOTHING
    return "不适用" if actual.not_applicable else history.grouped(actual.value)


# A person


@dataclass(frozen=True)
class PersonPage:
    """What a person changed, the latest first, in the regions that the reader sees."""

    person: User
    rows: tuple[Row, ...]
    page: Page
    found: QuerySet

    @property
    def name(self) -> str:
        return person(self.person)

    def table(self) -> Table:
        rows = (history.file_row(row, row.series) for row in self.found.iterator(chunk_size=2000))
        return Table(history.COLUMNS, rows, f"person-{self.person.pk}")


def of_person(reader: User, managed: Collection[int], pk: int, number: int) -> PersonPage | None:
    """A person's changes: all of them for themselves, else those in the regions that the reader manages; None without any."""
    found = User.objects.filter(pk=pk).first()
    if found is None:
        return None
    rows = Revision.objects.filter(by=found)
    if found != reader:
        rows = rows.filter(series__region__in=managed)
    ordered = rows.select_related("series__region", "series__indicator", "by").order_by("-pk")
    page = Paginator(ordered, ROWS_PER_PAGE).page(number)
    if found != reader and not page.paginator.count and not found.assignments.filter(region__in=managed).exists():
        return None
    return PersonPage(found, tuple(map(Row, history.read(list(page.object_list)))), page, ordered)
