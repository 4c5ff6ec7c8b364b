"""What the acts share: they take turns on a series, refuse what is closed or was overtaken, and leave a revision."""

from django.db.models import Max

from indicators import audit
from indicators.calculation.numbers import plain
from indicators.calculation.vocabulary import Act
from indicators.models import Actual, Entry, Revision, Series
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.permissions import lock_refusal, may_enter

FACTS = ("value", "not_applicable", "source", "source_url", "note")
PROPOSING = [act.value for act in Act if not act.is_public]
PUTTING = [act.value for act in Act if act.is_public]


def take_turn(series_id):
    """Acts on one series wait for each other, also where no row is there yet that could be locked."""
    Series.objects.select_for_update(no_key=True).get(pk=series_id)


def refuse_stranger(by, region):
    if not may_enter(by, region):
        raise Forbidden(f"“{by}”没有在{region}填报的权限")


def refuse_locked_year(region, year, by):
    if sentence := lock_refusal(region, year, by):
        raise Inconsistent([(0, "year", sentence)])


def refuse_older(actual, seen_version):
    if (actual.version if actual else 0) != seen_version:
        raise Conflict(words(actual) if actual else "没有数值")


def words(row):
    if row.not_applicable:
        return "不适用"
    if row.value is None:
        return "清除" if getattr(row, "clears", False) else getattr(row, "as_typed", "") or "空白"
    return plain(row.value)


def next_version(series_id, year, acts):
    """The version after the last one of its kind, also where the row itself has gone since: no number stands for two states."""
    last = Revision.objects.filter(series_id=series_id, year=year, act__in=acts).aggregate(last=Max("version"))["last"]
    return (last or 0) + 1


def state(row):
    """What a revision compares: the figure, or that it is not applicable; nothing where there is no row."""
    return (row.value, row.not_applicable) if row else (None, False)


def revise(row, act, before, *, by, at, through, job, reason="", version=None, after=None, facts=None):
    """Append the revision of a row that was put, or of one that is gone (`after` and `version` say what is there now)."""
    facts = facts or {name: getattr(row, name) for name in ("source", "source_url", "note")}
    after = after if after is not None else state(row)
    revision = Revision.objects.create(
        series_id=row.series_id,
        year=row.year,
        act=act,
        through=through,
        old_value=before[0],
        old_not_applicable=before[1],
        new_value=after[0],
        new_not_applicable=after[1],
        version=row.version if version is None else version,
        by=by,
        at=at,
        reason=reason[:300],
        job=job,
        **facts,
    )
    # The revision says what happened to the figure; this, from where and in which request.
    place = f"{row.series.region.code} {row.series.indicator.code} {row.year}"
    audit.record(f"figure.{act}", by=by, subject=place, through=str(through), revision=revision.pk, version=revision.version)
    return revision


def standing_actual(series, year):
    return Actual.objects.filter(series=series, year=year).first()


def standing_entry(series, year):
    entries = Entry.objects.select_related("series__region", "series__indicator", "entered_by")
    return entries.filter(series=series, year=year).first()
