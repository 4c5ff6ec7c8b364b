"""The only writer of entries, actuals, interim figures, statements and revisions: who may, from which version, and why."""

from collections.abc import Iterable
from decimal import Decimal

import pandas as pd
from django.db import connection, transaction
from django.utils import timezone

from indicators import audit, frames, progress
from indicators.calculation.numbers import plain
from indicators.calculation.vocabulary import Act, EntryState, Role, Through
from indicators.models import Actual, Entry, Interim, Revision, Series, Statement, YearLock
from indicators.outcome import Conflict, Forbidden, Inconsistent, Outcome
from indicators.permissions import may_enter, may_review, regions_of

INCOMING = {
    "line": "bigint",
    "region_id": "bigint",
    "indicator_id": "bigint",
    "year": "integer",
    "value": "numeric",
    "not_applicable": "boolean",
    "source": "text",
    "source_url": "text",
    "note": "text",
}
PLACES_LISTED = 1000


# One figure


@transaction.atomic
def submit(
    series,
    year,
    *,
    value=None,
    not_applicable=False,
    by,
    seen_version=0,
    source="",
    source_url="",
    note="",
    through=Through.FORM,
):
    """Propose a figure for review, in the base unit; `seen_version` is that of the actual the person saw, 0 for none."""
    if not may_enter(by, series.region):
        raise Forbidden(f"“{by}”没有在{series.region}填报的权限")
    _refuse_locked_year(series.region, year)
    _take_turn(series.pk)
    actual = Actual.objects.filter(series=series, year=year).first()
    _refuse_older(actual, seen_version)
    entry = Entry.objects.filter(series=series, year=year).first()
    if entry and entry.entered_by_id != by.pk:
        raise Conflict(f"“{entry.entered_by}”填报的 {_words(entry)}")
    entry = entry or Entry(series=series, year=year, version=0)
    before = (entry.value, entry.not_applicable)
    entry.value, entry.not_applicable = value, not_applicable
    entry.source, entry.source_url, entry.note = source, source_url, note
    entry.state, entry.seen_version = EntryState.SUBMITTED, seen_version
    entry.entered_by, entry.entered_at = by, timezone.now()
    entry.version += 1
    entry.save()
    _revise(entry, Act.SUBMIT, before, by=by, at=entry.entered_at, through=through, job=None)
    return entry


@transaction.atomic
def approve(entry, *, by, version, through=Through.FORM):
    """Make a submitted figure the public one; its series becomes stale. Returns the actual."""
    entry = _own_turn(entry, version)
    if not may_review(by, entry):
        raise Forbidden("不能审核自己填报的数值，也不能审核其他地区的数值")
    _refuse_locked_year(entry.series.region, entry.year)
    actual = Actual.objects.filter(series=entry.series, year=entry.year).first()
    _refuse_older(actual, entry.seen_version)
    before = (actual.value, actual.not_applicable) if actual else (None, False)
    if actual and before != (entry.value, entry.not_applicable) and not entry.note:
        raise Inconsistent([(0, "note", "更正已生效的数值，须在备注里写明理由")])
    act = Act.CORRECT if actual else Act.APPROVE
    actual = actual or Actual(series=entry.series, year=entry.year, version=0)
    for name in ("value", "not_applicable", "source", "source_url", "note"):
        setattr(actual, name, getattr(entry, name))
    actual.version += 1
    actual.approved_at = timezone.now()
    actual.save()
    reason = entry.note[:300] if act == Act.CORRECT else ""
    _revise(actual, act, before, by=by, at=actual.approved_at, through=through, job=None, reason=reason)
    entry.delete()
    progress.mark_stale([actual.series_id])
    progress.bump_version()
    return actual


@transaction.atomic
def send_back(entry, *, by, version, reason, through=Through.FORM):
    """Return a submitted figure to who entered it, with what is to be mended."""
    entry = _own_turn(entry, version)
    if not may_review(by, entry):
        raise Forbidden("不能退回自己填报的数值，也不能退回其他地区的数值")
    entry.state, entry.returned_because = EntryState.RETURNED, reason
    entry.version += 1
    entry.save()
    before = (entry.value, entry.not_applicable)
    _revise(entry, Act.RETURN, before, by=by, at=timezone.now(), through=through, job=None, reason=reason)
    return entry


def _own_turn(entry, version):
    """The entry as it stands; refused when it is not the one that was seen, or not submitted any more."""
    _take_turn(entry.series_id)
    standing = Entry.objects.select_related("series__region").filter(pk=entry.pk).first()
    if standing is None:
        raise Conflict("这条填报已经处理")
    if standing.version != version or standing.state != EntryState.SUBMITTED:
        raise Conflict(f"{_words(standing)}（{standing.get_state_display()}）")
    return standing


def _take_turn(series_id):
    """Acts on one series wait for each other, also where no row is there yet that could be locked."""
    Series.objects.select_for_update(no_key=True).get(pk=series_id)


def _refuse_locked_year(region, year):
    lock = YearLock.objects.filter(region=region, year=year).select_related("locked_by").first()
    if lock and (lock.until is None or lock.until >= timezone.localdate()):
        raise Inconsistent([(0, "year", _locked(year, lock.reason, lock.locked_by))])


def _refuse_older(actual, seen_version):
    if (actual.version if actual else 0) != seen_version:
        raise Conflict(_words(actual) if actual else "没有数值")


def _words(row):
    return "不适用" if row.not_applicable else plain(row.value)


def _locked(year, reason, name):
    return f"{year} 年已由“{name}”锁定（{reason}），需由其解锁后再改"


# Many figures


@transaction.atomic
def apply_many(parts: Iterable[pd.DataFrame], *, by, approved_by=None, through=Through.FILE, job=None) -> Outcome:
    """Take many figures at once, all or nothing: frames with the columns of INCOMING, values in base units.

    With `approved_by` (another person, a reviewer there) they become actuals, else entries that wait for review. Bundled
    figures need no second person, and leave alone what a person has changed since.
    """
    bundled = through in (Through.BUNDLED, Through.DEMO)
    if approved_by and approved_by == by:
        raise Forbidden("录入人与审核人不能是同一人，请由另一人审核")
    with frames.staging("incoming", INCOMING), connection.cursor() as cursor:
        for part in parts:
            frames.stage(part, "incoming", INCOMING)
        cursor.execute("CREATE INDEX incoming_key ON incoming (region_id, indicator_id, year)")
        cursor.execute("ANALYZE incoming")
        _refuse_doubles(cursor)
        if not bundled:
            _refuse_foreign_regions(cursor, by, Role.CLERK, "填报")
            if approved_by:
                _refuse_foreign_regions(cursor, approved_by, Role.REVIEWER, "审核")
            _refuse_locked(cursor)
        cursor.execute(
            "INSERT INTO indicators_series (region_id, indicator_id)"
            " SELECT DISTINCT region_id, indicator_id FROM incoming WHERE true ORDER BY 1, 2"
            " ON CONFLICT (region_id, indicator_id) DO NOTHING"
        )
        if bundled or approved_by:
            return _put_actuals(cursor, by=approved_by or by, through=through, job=job, only_untouched=bundled)
        return _put_entries(cursor, by=by, through=through, job=job)


def _put_actuals(cursor, *, by, through, job, only_untouched):
    if connection.vendor == "postgresql":
        # One writer of whole files at a time; readers go on, and single saves wait for the commit.
        cursor.execute("LOCK TABLE indicators_actual IN SHARE ROW EXCLUSIVE MODE")
    facts = ("value", "not_applicable", "source", "source_url", "note")
    changed = " OR ".join(frames.distinct(f"a.{name}", f"n.{name}") for name in facts)
    untouched = f"""
        AND NOT EXISTS (SELECT 1 FROM indicators_revision r
            WHERE r.series_id = s.id AND r.year = n.year AND r.through <> '{through}')
    """
    cursor.execute("DROP TABLE IF EXISTS change")
    cursor.execute(f"""
        CREATE TEMP TABLE change AS
        SELECT n.line, s.id AS series_id, n.year, n.value, n.not_applicable, n.source, n.source_url, n.note,
            a.id AS actual_id, a.value AS old_value, COALESCE(a.not_applicable, false) AS old_not_applicable,
            COALESCE(a.version, 0) AS old_version
        FROM incoming n
        JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
        LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = n.year
        WHERE (a.id IS NULL OR {changed}) {untouched if only_untouched else ""}
    """)
    [(new, total)] = _rows(cursor, "SELECT count(*) - count(actual_id), count(*) FROM change")
    [(read,)] = _rows(cursor, "SELECT count(*) FROM incoming")
    if total:
        if not only_untouched:
            _refuse_unexplained(cursor)
        now = progress.adapt(timezone.now())
        cursor.execute(
            f"""
            INSERT INTO indicators_revision (series_id, year, act, through, old_value, old_not_applicable,
                new_value, new_not_applicable, version, by_id, at, reason, job_id)
            SELECT series_id, year, CASE WHEN actual_id IS NULL THEN '{Act.APPROVE}' ELSE '{Act.CORRECT}' END, %s,
                old_value, old_not_applicable, value, not_applicable, old_version + 1, %s, %s,
                CASE WHEN actual_id IS NULL THEN '' ELSE substr(note, 1, 300) END, %s
            FROM change ORDER BY line
            """,
            [through, by.pk, now, job.pk if job else None],
        )
        cursor.execute(
            """
            INSERT INTO indicators_actual
                (series_id, year, value, not_applicable, source, source_url, note, version, approved_at)
            SELECT series_id, year, value, not_applicable, source, source_url, note, old_version + 1, %s
            FROM change WHERE true ORDER BY line
            ON CONFLICT (series_id, year) DO UPDATE SET value = excluded.value, not_applicable = excluded.not_applicable,
                source = excluded.source, source_url = excluded.source_url, note = excluded.note,
                version = excluded.version, approved_at = excluded.approved_at
            """,
            [now],
        )
        progress.mark_stale_from("change")
        progress.bump_version()
    cursor.execute("DROP TABLE change")
    return Outcome(new, total - new, read - total)


def _put_entries(cursor, *, by, through, job):
    """Submitted entries; a row that equals the actual is no proposal, and another person's open entry is not overwritten."""
    taken = _rows(
        cursor,
        """
        SELECT n.line, u.username FROM incoming n
        JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
        JOIN indicators_entry e ON e.series_id = s.id AND e.year = n.year
        JOIN regions_user u ON u.id = e.entered_by_id
        WHERE e.entered_by_id <> %s ORDER BY 1
        """,
        [by.pk],
    )
    if taken:
        raise Inconsistent(
            [(line, "value", f"这一格已有“{name}”的填报，请先处理那一条") for line, name in taken[:PLACES_LISTED]]
        )
    facts = ("value", "not_applicable", "source", "source_url", "note")
    changed = " OR ".join(frames.distinct(f"a.{name}", f"n.{name}") for name in facts)
    rows = _rows(
        cursor,
        f"""
        SELECT s.id, n.year, n.value, n.not_applicable, n.source, n.source_url, n.note,
            COALESCE(a.version, 0), a.id IS NULL, a.id IS NOT NULL AND NOT ({changed})
        FROM incoming n
        JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
        LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = n.year
        ORDER BY n.line
        """,
    )
    now = timezone.now()
    standing = {(entry.series_id, entry.year): entry for entry in Entry.objects.filter(entered_by=by)}
    outcome = Outcome()
    for series, year, value, not_applicable, source, source_url, note, seen, is_new, same in rows:
        proposed = {
            "value": decimal(value),
            "not_applicable": bool(not_applicable),
            "source": source,
            "source_url": source_url,
            "note": note,
            "state": EntryState.SUBMITTED,
        }
        entry = standing.get((series, year)) or Entry(series_id=series, year=year, version=0)
        if same or all(getattr(entry, name) == fact for name, fact in proposed.items()):
            outcome += Outcome(same=1)
            continue
        before = (entry.value, entry.not_applicable)
        for name, fact in {**proposed, "seen_version": seen, "entered_by": by, "entered_at": now}.items():
            setattr(entry, name, fact)
        entry.version += 1
        entry.save()
        _revise(entry, Act.SUBMIT, before, by=by, at=now, through=through, job=job)
        outcome += Outcome(new=1) if is_new else Outcome(changed=1)
    return outcome


def _revise(entry, act, before, *, by, at, through, job, reason=""):
    Revision.objects.create(
        series_id=entry.series_id,
        year=entry.year,
        act=act,
        through=through,
        old_value=before[0],
        old_not_applicable=before[1],
        new_value=entry.value,
        new_not_applicable=entry.not_applicable,
        version=entry.version,
        by=by,
        at=at,
        reason=reason,
        job=job,
    )


@transaction.atomic
def put_interims(rows, *, by, through=Through.FILE) -> Outcome:
    """Figures of part of a year, each a dict of fields; the period is the key."""
    return _put_small(Interim, ("series_id", "period_start", "period_end"), rows, by=by, through=through)


@transaction.atomic
def put_statements(rows, *, by, through=Through.FILE) -> Outcome:
    """What other passages say, each a dict of fields."""
    return _put_small(Statement, ("series_id", "year", "about", "printed", "source", "locator"), rows, by=by, through=through)


def _put_small(model, key, rows, *, by, through):
    standing = {tuple(getattr(row, name) for name in key): row for row in model.objects.all()}
    outcome, touched = Outcome(), set()
    for fields in rows:
        row = standing.get(tuple(fields[name] for name in key))
        if row is not None and all(getattr(row, name) == value for name, value in fields.items()):
            outcome += Outcome(same=1)
            continue
        outcome += Outcome(new=1) if row is None else Outcome(changed=1)
        row = row or model()
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
        standing[tuple(fields[name] for name in key)] = row
        touched.add(fields["series_id"])
    if touched:
        progress.mark_stale(sorted(touched))
        progress.bump_version()
        audit.record(f"{model._meta.model_name}.put", by=by, through=through, rows=str(outcome))
    return outcome


# Refusals


def _refuse_doubles(cursor):
    double = _rows(
        cursor,
        """
        SELECT max(line), min(line), year FROM incoming
        GROUP BY region_id, indicator_id, year HAVING count(*) > 1 ORDER BY 1
        """,
    )
    _refuse_at("year", double, lambda first, year: f"与第 {first} 行重复：同一地区、指标的 {year} 年")


def _refuse_foreign_regions(cursor, person, role, verb):
    allowed = regions_of(person, role)
    present = _rows(
        cursor,
        """
        SELECT min(n.line), r.id, r.name FROM incoming n JOIN regions_region r ON r.id = n.region_id
        GROUP BY r.id, r.name ORDER BY 1
        """,
    )
    foreign = [(line, name) for line, region, name in present if region not in allowed]
    _refuse_at("region", foreign, lambda name: f"“{person}”没有在{name}{verb}的权限")


def _refuse_locked(cursor):
    locked = _rows(
        cursor,
        """
        SELECT n.line, l.year, l.reason, u.username FROM incoming n
        JOIN indicators_yearlock l ON l.region_id = n.region_id AND l.year = n.year
        JOIN regions_user u ON u.id = l.locked_by_id
        WHERE l.until IS NULL OR l.until >= %s ORDER BY 1
        """,
        [timezone.localdate().isoformat()],
    )
    _refuse_at("year", locked, _locked)


def _refuse_unexplained(cursor):
    differs = f"{frames.distinct('value', 'old_value')} OR {frames.distinct('not_applicable', 'old_not_applicable')}"
    unexplained = _rows(cursor, f"SELECT line FROM change WHERE actual_id IS NOT NULL AND note = '' AND ({differs}) ORDER BY 1")
    _refuse_at("note", unexplained, lambda: "更正已生效的数值，须在备注里写明理由")


def _refuse_at(column, rows, sentence):
    """Refuse everything if there are rows; each begins with its line, the rest goes into the sentence."""
    if rows:
        raise Inconsistent([(line, column, sentence(*rest)) for line, *rest in rows[:PLACES_LISTED]])


def _rows(cursor, sql, params=None):
    cursor.execute(sql, params)
    return cursor.fetchall()


def decimal(value):
    """An exact Decimal of what a database or a file gave, None where it gave nothing."""
    return None if value is None else Decimal(str(value))
