"""What a reviewer does with a submitted figure: put it in force, or return it."""

from django.db import transaction
from django.utils import timezone

from indicators import progress
from indicators.calculation.vocabulary import Act, EntryState, Subject, Through
from indicators.models import Actual
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.permissions import may_review
from indicators.workflow.turns import (
    FACTS,
    PUTTING,
    next_version,
    refuse_locked_year,
    refuse_older,
    revise,
    standing_actual,
    standing_entry,
    state,
    take_turn,
    words,
)


@transaction.atomic
def approve(entry, *, by, version, through=Through.FORM, job=None):
    """Make a submitted figure the public one; its series becomes stale. Returns the actual, None where it was cleared."""
    entry = _own_turn(entry, version)
    if not may_review(by, entry):
        raise Forbidden("不能审核自己填报的数值，也不能审核其他地区的数值")
    refuse_locked_year(entry.series.region, entry.year, by)
    actual = standing_actual(entry.series, entry.year)
    refuse_older(actual, entry.seen_version)
    changes = actual and (entry.clears or state(actual) != state(entry))
    if changes and not entry.note:
        raise Inconsistent([(0, "note", "更正已生效的数值，须在备注里写明理由")])
    act = Act.CLEAR if entry.clears else Act.CORRECT if actual else Act.APPROVE
    reason = entry.note if actual else ""
    actual = put_in_force(
        entry.series_id,
        entry.year,
        actual,
        None if entry.clears else {name: getattr(entry, name) for name in FACTS},
        act,
        by=by,
        through=through,
        job=job,
        reason=reason,
    )
    entry.delete()
    return actual


@transaction.atomic
def send_back(entry, *, by, version, reason, through=Through.FORM, job=None):
    """Return a submitted figure to who entered it, with what is to be mended."""
    entry = _own_turn(entry, version)
    if not may_review(by, entry):
        raise Forbidden("不能退回自己填报的数值，也不能退回其他地区的数值")
    if not reason.strip():
        raise Inconsistent([(0, "reason", "请写明退回理由，让填报人知道要改什么")])
    entry.state, entry.returned_because = EntryState.RETURNED, reason[:300]
    entry.version += 1
    entry.save()
    revise(entry, Act.RETURN, state(entry), by=by, at=timezone.now(), through=through, job=job, reason=reason)
    return entry


def put_in_force(series_id, year, actual, facts, act, *, by, through, job, reason):
    """Put a figure where `actual` stands or nothing does; `facts` of None take it away. The series becomes stale."""
    before, now = state(actual), timezone.now()
    version = actual.version + 1 if actual else next_version(series_id, year, PUTTING)
    if facts is None:
        blank = dict.fromkeys(("source", "source_url", "note"), "")
        told = {"version": version, "after": (None, False), "facts": blank}
        revise(actual, act, before, by=by, at=now, through=through, job=job, reason=reason, **told)
        actual.delete()
        actual = None
    else:
        actual = actual or Actual(series_id=series_id, year=year)
        for name, fact in facts.items():
            setattr(actual, name, fact)
        actual.version, actual.approved_at = version, now
        actual.save()
        revise(actual, act, before, by=by, at=now, through=through, job=job, reason=reason)
    progress.mark_stale([series_id])
    progress.bump_version(Subject.ACTUALS, series=[series_id], year=year)
    return actual


def _own_turn(entry, version):
    """The entry as it stands; refused when it is not the one that was seen, or not submitted any more."""
    take_turn(entry.series_id)
    standing = standing_entry(entry.series, entry.year)
    if standing is None or standing.pk != entry.pk:
        raise Conflict("这条填报已经处理")
    if standing.version != version or standing.state != EntryState.SUBMITTED:
        raise Conflict(f"{words(standing)}（{standing.get_state_display()}）")
    return standing
