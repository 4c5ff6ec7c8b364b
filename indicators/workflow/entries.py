"""What a clerk does with a figure of a year: draft it, submit it, take it back."""

from django.db import transaction
from django.utils import timezone

from indicators.calculation.vocabulary import Act, EntryState, Through
from indicators.models import Entry
from indicators.outcome import Conflict, Inconsistent
from indicators.permissions import may_enter
from indicators.workflow.turns import (
    PROPOSING,
    next_version,
    refuse_locked_year,
    refuse_older,
    refuse_stranger,
    revise,
    standing_actual,
    standing_entry,
    state,
    take_turn,
    words,
)


@transaction.atomic
def save_draft(
    series,
    year,
    *,
    as_typed="",
    value=None,
    not_applicable=False,
    clears=False,
    source="",
    source_url="",
    note="",
    by,
    version=0,
    seen_version=0,
    through=Through.FORM,
    job=None,
):
    """Keep what a clerk typed, a number or not yet; all blank takes the draft away. Returns the entry, None without one.

    `version` is that of the entry the person saw, 0 for none; a draft of a submitted figure takes it back from review.
    """
    proposed = {
        "as_typed": as_typed,
        "value": value,
        "not_applicable": not_applicable,
        "clears": clears,
        "source": source,
        "source_url": source_url,
        "note": note,
    }
    entry = _open_for(series, year, by=by, version=version)
    if not any(proposed.values()):
        if entry:
            discard(entry, by=by, version=entry.version, through=through, job=job)
        return None
    if entry and entry.seen_version == seen_version and all(getattr(entry, name) == fact for name, fact in proposed.items()):
        return entry
    return _put(entry, series, year, proposed, EntryState.DRAFT, Act.ENTER, by, seen_version, through, job)


@transaction.atomic
def submit(
    series,
    year,
    *,
    value=None,
    not_applicable=False,
    clears=False,
    by,
    seen_version=0,
    version=None,
    source="",
    source_url="",
    note="",
    as_typed="",
    through=Through.FORM,
    job=None,
):
    """Propose a figure for review, in the base unit; `seen_version` is that of the actual the person saw, 0 for none.

    `version` is that of the own entry that was seen; None puts whichever stands aside.
    """
    entry = _open_for(series, year, by=by, version=version)
    actual = standing_actual(series, year)
    refuse_older(actual, seen_version)
    _refuse_senseless(value, not_applicable, clears, note, actual)
    proposed = {
        "as_typed": as_typed,
        "value": value,
        "not_applicable": not_applicable,
        "clears": clears,
        "source": source,
        "source_url": source_url,
        "note": note,
    }
    return _put(entry, series, year, proposed, EntryState.SUBMITTED, Act.SUBMIT, by, seen_version, through, job)


@transaction.atomic
def submit_draft(entry, *, by, version, through=Through.FORM, job=None):
    """Hand a draft, or what was returned, in for review as it stands."""
    standing = _open_for(entry.series, entry.year, by=by, version=version)
    if standing is None:
        raise Conflict("这条填报已经处理")
    if standing.state == EntryState.SUBMITTED:
        raise Conflict(f"{words(standing)}（{standing.get_state_display()}）")
    actual = standing_actual(standing.series, standing.year)
    refuse_older(actual, standing.seen_version)
    if standing.value is None and not standing.not_applicable and not standing.clears:
        wrong = f"“{standing.as_typed}”不是数字，请先改正再提交" if standing.as_typed else "还没有填数值"
        raise Inconsistent([(0, "value", wrong)])
    _refuse_senseless(standing.value, standing.not_applicable, standing.clears, standing.note, actual)
    facts = ("as_typed", "value", "not_applicable", "clears", "source", "source_url", "note")
    proposed = {name: getattr(standing, name) for name in facts}
    seen = standing.seen_version
    return _put(standing, standing.series, standing.year, proposed, EntryState.SUBMITTED, Act.SUBMIT, by, seen, through, job)


@transaction.atomic
def discard(entry, *, by, version, through=Through.FORM, job=None):
    """Take an own entry away; what is in force stays as it is."""
    standing = _open_for(entry.series, entry.year, by=by, version=version)
    if standing is None:
        raise Conflict("这条填报已经处理")
    now = timezone.now()
    revise(
        standing,
        Act.DISCARD,
        state(standing),
        by=by,
        at=now,
        through=through,
        job=job,
        version=standing.version + 1,
        after=(None, False),
    )
    standing.delete()


def _open_for(series, year, *, by, version):
    """The entry that the person may go on with, None where there is none; whoever has no business here is refused."""
    refuse_stranger(by, series.region)
    refuse_locked_year(series.region, year, by)
    take_turn(series.pk)
    entry = standing_entry(series, year)
    # What somebody left behind who is no clerk here any more stands in nobody's way.
    if entry and entry.entered_by_id != by.pk and may_enter(entry.entered_by, series.region):
        raise Conflict(f"“{entry.entered_by}”填报的 {words(entry)}")
    if version is not None and version != (entry.version if entry else 0):
        raise Conflict(f"您另行填报的 {words(entry)}（{entry.get_state_display()}）" if entry else "这条填报已经处理")
    return entry


def _refuse_senseless(value, not_applicable, clears, note, actual):
    if [value is not None, not_applicable, clears].count(True) != 1:
        raise Inconsistent([(0, "value", "请填数值，或写“不适用”，或选清除，三者取一")])
    if clears and actual is None:
        raise Inconsistent([(0, "value", "这一格没有已生效的数值，不需要清除")])
    if clears and not note:
        raise Inconsistent([(0, "note", "清除已生效的数值，须在备注里写明理由")])


def _put(entry, series, year, proposed, to_state, act, by, seen_version, through, job):
    before = state(entry)
    if entry is None:
        entry = Entry(series=series, year=year, version=next_version(series.pk, year, PROPOSING) - 1)
    for name, fact in proposed.items():
        setattr(entry, name, fact)
    entry.state, entry.seen_version = to_state, seen_version
    entry.entered_by, entry.entered_at = by, timezone.now()
    if to_state == EntryState.SUBMITTED:
        entry.returned_because = ""
    entry.version += 1
    entry.save()
    revise(entry, act, before, by=by, at=entry.entered_at, through=through, job=job)
    return entry
