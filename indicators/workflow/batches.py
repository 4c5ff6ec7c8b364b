"""What was saved, imported or reviewed at one time is a batch, and can be withdrawn as a whole for a while."""

import datetime

from django.db import transaction
from django.utils import timezone

from indicators import audit
from indicators.calculation.vocabulary import Act, JobKind, JobState, Role, Through
from indicators.models import Job, Revision
from indicators.outcome import Forbidden, Inconsistent, Outcome
from indicators.permissions import lock_refusal, regions_of
from indicators.workflow.reviews import put_in_force
from indicators.workflow.turns import PUTTING, revise, standing_actual, standing_entry, state, take_turn, words

WITHDRAWABLE_DAYS = 30
PLACES_LISTED = 1000


def start_batch(kind: JobKind, *, by, **payload) -> Job:
    """The job that groups the revisions of one save or review; its acts follow in the caller's transaction."""
    now = timezone.now()
    return Job.objects.create(kind=kind, state=JobState.DONE, payload=payload, created_by=by, created_at=now, finished_at=now)


def refusal_to_withdraw(batch, *, by) -> str | None:
    """Why a person cannot withdraw a batch, before its figures are looked at; None when they may try."""
    if batch.kind not in (JobKind.SAVE, JobKind.REVIEW, JobKind.IMPORT_ACTUALS) or not batch.revisions.exists():
        return "这一批没有可撤回的数值"
    if Revision.objects.filter(job__kind=JobKind.WITHDRAW, job__payload__batch=batch.pk).exists():
        return "这一批已经撤回"
    if batch.created_at < timezone.now() - datetime.timedelta(days=WITHDRAWABLE_DAYS):
        return f"已超过 {WITHDRAWABLE_DAYS} 天，不能整批撤回；请逐个更正"
    regions = set(batch.revisions.values_list("series__region_id", flat=True))
    own = Role.REVIEWER if batch.kind == JobKind.REVIEW else Role.CLERK
    if not regions <= regions_of(by, Role.MANAGER) and not (batch.created_by_id == by.pk and regions <= regions_of(by, own)):
        return "只有操作人本人，或管理这些地区的管理员，可以撤回这一批"
    return None


@transaction.atomic
def withdraw(batch, *, by, reason) -> Outcome:
    """Put back what stood before a batch, as new revisions; all of it, or nothing where one figure was changed since."""
    batch = Job.objects.select_for_update().get(pk=batch.pk)
    if refusal := refusal_to_withdraw(batch, by=by):
        raise Forbidden(refusal)
    if not reason.strip():
        raise Inconsistent([(0, "reason", "请写明撤回的理由")])
    # In the order in which all acts take their turns on series, so that two of them never wait for each other.
    revisions = batch.revisions.select_related("series__region", "series__indicator").order_by("series_id", "year", "-pk")
    job = start_batch(JobKind.WITHDRAW, by=by, batch=batch.pk)
    places, outcome, turn = [], Outcome(), None
    for revision in revisions:
        if revision.series_id != turn:
            turn = revision.series_id
            take_turn(turn)
        sentence = lock_refusal(revision.series.region, revision.year, by) or (
            _withdraw_actual if revision.act in PUTTING else _withdraw_entry
        )(revision, by=by, reason=reason, job=job)
        if sentence:
            places.append((0, "", f"{revision.series} {revision.year} 年：{sentence}"))
        else:
            outcome += Outcome(changed=1)
    if places:
        raise Inconsistent(places[:PLACES_LISTED])
    audit.record("batch.withdraw", by=by, subject=str(batch), batch=batch.pk, reason=reason, rows=str(outcome))
    return outcome


def _withdraw_actual(revision, *, by, reason, job):
    """What was in force before the revision again; a sentence where something else stands by now."""
    actual = standing_actual(revision.series, revision.year)
    if _overtaken(revision, actual, PUTTING):
        return f"此后又有改动，现在是 {words(actual) if actual else '没有数值'}"
    told = {"by": by, "through": Through.FORM, "job": job, "reason": reason}
    if revision.old_value is None and not revision.old_not_applicable:
        put_in_force(revision.series_id, revision.year, actual, None, Act.WITHDRAW, **told)
        return None
    before = _revisions(revision, PUTTING).filter(pk__lt=revision.pk).last()
    facts = {"value": revision.old_value, "not_applicable": revision.old_not_applicable}
    facts |= {name: getattr(before, name) if before else "" for name in ("source", "source_url", "note")}
    put_in_force(revision.series_id, revision.year, actual, facts, Act.WITHDRAW, **told)
    return None


def _withdraw_entry(revision, *, by, reason, job):
    """A proposal is taken away as it was made; what it became by another act since is not this batch's any more."""
    if revision.act not in (Act.ENTER, Act.SUBMIT):
        return None  # a return or a discard put nothing forward
    entry = standing_entry(revision.series, revision.year)
    if entry is None:
        gone = _revisions(revision, PUTTING).filter(pk__gt=revision.pk).exists()
        return "已审核生效，请由审核员撤回审核" if gone else None
    if entry.version != revision.version:
        own = _revisions(revision, [Act.ENTER.value, Act.SUBMIT.value]).filter(job=revision.job, version=entry.version)
        return None if own.exists() else f"此后又有改动，现在是 {words(entry)}"
    told = {"version": entry.version + 1, "after": (None, False), "reason": reason}
    revise(entry, Act.DISCARD, state(entry), by=by, at=timezone.now(), through=Through.FORM, job=job, **told)
    entry.delete()
    return None


def _overtaken(revision, actual, acts):
    last = _revisions(revision, acts).last()
    return last.pk != revision.pk or (actual.version if actual else revision.version) != revision.version


def _revisions(revision, acts):
    return Revision.objects.filter(series_id=revision.series_id, year=revision.year, act__in=acts).order_by("pk")
