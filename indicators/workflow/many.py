"""Many figures at once, set-wise: all of them or none."""

from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import pandas as pd
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from indicators import audit, frames, progress
from indicators.calculation.numbers import plain
from indicators.calculation.vocabulary import Act, EntryState, Role, Subject, Through
from indicators.models import Entry, Revision, YearLock
from indicators.outcome import Forbidden, Inconsistent, Outcome
from indicators.permissions import lock_sentence, regions_of
from indicators.workflow.turns import FACTS, PROPOSING
from regions.models import Region, User

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
# The version of the actual that the person saw; a part may leave the column out.
SEEN = {"seen_version": "integer"}
PLACES_LISTED = 1000
# Where a figure was taken away, versions go on from there.
EMPTIED = (
    "SELECT series_id, year, max(version) AS version FROM indicators_revision"
    f" WHERE act IN ('{Act.CLEAR}', '{Act.WITHDRAW}') AND new_value IS NULL AND NOT new_not_applicable GROUP BY series_id, year"
)
ENTRY_FIELDS = (
    *FACTS,
    "state",
    "clears",
    "seen_version",
    "entered_by",
    "entered_at",
    "returned_because",
    "as_typed",
    "version",
)


@transaction.atomic
def apply_many(
    parts: Iterable[pd.DataFrame],
    *,
    by,
    approved_by=None,
    through=Through.FILE,
    job=None,
    state=EntryState.SUBMITTED,
    only_checked=False,
) -> Outcome:
    """Take many figures at once, all or nothing: frames with the columns of INCOMING (and of SEEN), values in base units.

    With `approved_by` (another person, a reviewer there) they become actuals, else entries that wait for review. Bundled
    figures need no second person, and leave alone what a person has changed since. Entries may stay drafts of the person.
    `only_checked` looks for what would be refused and writes no figure.
    """
    bundled = through in (Through.BUNDLED, Through.DEMO)
    if approved_by and approved_by == by:
        raise Forbidden("录入人与审核人不能是同一人，请由另一人审核")
    with frames.staging("incoming", INCOMING | SEEN), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL work_mem = '128MB'")  # a million rows are joined without going to disk
        told = _Told()
        for part in parts:
            columns = INCOMING | SEEN if "seen_version" in part else INCOMING
            frames.stage(part, "incoming", columns)
            told.take(part)
        _refuse_doubles(told)
        if not bundled:
            _refuse_foreign_regions(told, by, Role.CLERK, "填报")
            if approved_by:
                _refuse_foreign_regions(told, approved_by, Role.REVIEWER, "审核")
            _refuse_locked(told, approved_by or by)
        cursor.execute("ANALYZE incoming")
        if told.has_seen:
            _refuse_overtaken(cursor)
        if only_checked:
            _refuse_taken(cursor, by)
            return Outcome()
        cursor.execute(
            "INSERT INTO indicators_series (region_id, indicator_id)"
            " SELECT DISTINCT region_id, indicator_id FROM incoming WHERE true ORDER BY 1, 2"
            " ON CONFLICT (region_id, indicator_id) DO NOTHING"
        )
        if bundled or approved_by:
            outcome = _put_actuals(cursor, by=approved_by or by, through=through, job=job, only_untouched=bundled)
        else:
            outcome = _put_entries(cursor, by=by, through=through, job=job, to_state=state)
        if outcome:
            audit.record(
                "figures.put" if bundled or approved_by else "figures.submit",
                by=by,
                subject=f"{job.get_kind_display()} {job.pk}" if job else "",
                through=str(through),
                rows=str(outcome),
                approved_by=approved_by.username if approved_by else "",
            )
        return outcome


class _Told:
    """What must be known of all rows before any is written: their keys, in few bytes a row."""

    def __init__(self):
        self.lines: list[np.ndarray] = []
        self.keys: list[np.ndarray] = []
        self.has_seen = False

    def take(self, part: pd.DataFrame) -> None:
        if part.empty:
            return
        region, indicator, year = (part[name].to_numpy(dtype=np.int64) for name in ("region_id", "indicator_id", "year"))
        self.lines.append(part["line"].to_numpy(dtype=np.int64))
        # Years in the low digits, then the indicator: regions and indicators each stay below a thousand million.
        self.keys.append((region * _INDICATORS + indicator) * _YEARS + year)
        self.has_seen = self.has_seen or ("seen_version" in part and bool(part["seen_version"].notna().any()))

    def all(self) -> tuple[np.ndarray, np.ndarray]:
        """Lines and keys, in the order of the file."""
        empty = [np.array([], dtype=np.int64)]
        return np.concatenate(self.lines or empty), np.concatenate(self.keys or empty)


_YEARS, _INDICATORS = 10_000, 100_000_000


def _put_actuals(cursor, *, by, through, job, only_untouched):
    if connection.vendor == "postgresql":
        # One writer of whole files at a time; readers go on, and single saves wait for the commit.
        cursor.execute("LOCK TABLE indicators_actual IN SHARE ROW EXCLUSIVE MODE")
    changed = " OR ".join(frames.distinct(f"a.{name}", f"n.{name}") for name in FACTS)
    untouched = f"""
        AND NOT EXISTS (SELECT 1 FROM indicators_revision r
            WHERE r.series_id = s.id AND r.year = n.year AND r.through <> '{through}')
    """
    cursor.execute("DROP TABLE IF EXISTS change")
    cursor.execute(f"""
        CREATE TEMP TABLE change AS
        SELECT n.line, s.id AS series_id, n.year, n.value, n.not_applicable, n.source, n.source_url, n.note,
            a.id AS actual_id, a.value AS old_value, COALESCE(a.not_applicable, false) AS old_not_applicable,
            COALESCE(a.version, e.version, 0) AS old_version
        FROM incoming n
        JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
        LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = n.year
        LEFT JOIN ({EMPTIED}) e ON e.series_id = s.id AND e.year = n.year
        WHERE (a.id IS NULL OR {changed}) {untouched if only_untouched else ""}
    """)
    cursor.execute("ANALYZE change")
    [(new, total)] = _rows(cursor, "SELECT count(*) - count(actual_id), count(*) FROM change")
    [(read,)] = _rows(cursor, "SELECT count(*) FROM incoming")
    if total:
        if not only_untouched:
            _refuse_unexplained(cursor)
        now = progress.adapt(timezone.now())
        cursor.execute(
            f"""
            INSERT INTO indicators_revision (series_id, year, act, through, old_value, old_not_applicable,
                new_value, new_not_applicable, version, by_id, at, reason, job_id, source, source_url, note)
            SELECT series_id, year, CASE WHEN actual_id IS NULL THEN '{Act.APPROVE}' ELSE '{Act.CORRECT}' END, %s,
                old_value, old_not_applicable, value, not_applicable, old_version + 1, %s, %s,
                CASE WHEN actual_id IS NULL THEN '' ELSE substr(note, 1, 300) END, %s, source, source_url, note
            FROM change
            """,
            [through, by.pk, now, job.pk if job else None],
        )
        cursor.execute(
            """
            INSERT INTO indicators_actual
                (series_id, year, value, not_applicable, source, source_url, note, version, approved_at)
            SELECT series_id, year, value, not_applicable, source, source_url, note, old_version + 1, %s
            FROM change WHERE actual_id IS NULL
            """,
            [now],
        )
        if total > new:
            cursor.execute(
                """
                UPDATE indicators_actual SET value = c.value, not_applicable = c.not_applicable, source = c.source,
                    source_url = c.source_url, note = c.note, version = c.old_version + 1, approved_at = %s
                FROM change c WHERE c.actual_id IS NOT NULL AND indicators_actual.id = c.actual_id
                """,
                [now],
            )
        progress.mark_stale_from("change")
        progress.bump_version(Subject.ACTUALS, selected="SELECT DISTINCT series_id, CAST(NULL AS integer) AS year FROM change")
    cursor.execute("DROP TABLE change")
    return Outcome(new, total - new, read - total)


def _put_entries(cursor, *, by, through, job, to_state):
    """Submitted entries or drafts; what equals the actual is no proposal, and another's open entry is not overwritten."""
    if connection.vendor == "postgresql":
        # One writer of whole files at a time; single saves wait for the commit.
        cursor.execute("LOCK TABLE indicators_entry IN SHARE ROW EXCLUSIVE MODE")
    _refuse_taken(cursor, by)
    changed = " OR ".join(frames.distinct(f"a.{name}", f"n.{name}") for name in FACTS)
    proposing = ", ".join(f"'{act}'" for act in PROPOSING)
    rows = _rows(
        cursor,
        f"""
        SELECT s.id, n.year, n.value, n.not_applicable, n.source, n.source_url, n.note,
            COALESCE(a.version, 0), a.id IS NULL, a.id IS NOT NULL AND NOT ({changed}),
            COALESCE((SELECT max(r.version) FROM indicators_revision r
                WHERE r.series_id = s.id AND r.year = n.year AND r.act IN ({proposing})), 0),
            (SELECT e.id FROM indicators_entry e WHERE e.series_id = s.id AND e.year = n.year)
        FROM incoming n
        JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
        LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = n.year
        ORDER BY n.line
        """,
    )
    now = timezone.now()
    standing = Entry.objects.in_bulk([entry for *_, entry in rows if entry])
    entries, revisions, outcome = [], [], Outcome()
    for series, year, value, not_applicable, source, source_url, note, seen, is_new, same, last_version, entry_id in rows:
        facts = {"source": source, "source_url": source_url, "note": note}
        figure = {"value": decimal(value), "not_applicable": bool(not_applicable)}
        proposed = {**figure, **facts, "state": to_state, "clears": False}
        entry = standing.get(entry_id)
        if same or (entry and all(getattr(entry, name) == fact for name, fact in proposed.items())):
            outcome += Outcome(same=1)
            continue
        old = (entry.value, entry.not_applicable) if entry else (None, False)
        entry = entry or Entry(series_id=series, year=year)
        told = {"seen_version": seen, "entered_by": by, "entered_at": now, "returned_because": "", "as_typed": ""}
        for name, fact in {**proposed, **told, "version": last_version + 1}.items():
            setattr(entry, name, fact)
        entries.append(entry)
        revisions.append(
            Revision(
                series_id=series,
                year=year,
                act=Act.SUBMIT if to_state == EntryState.SUBMITTED else Act.ENTER,
                through=through,
                old_value=old[0],
                old_not_applicable=old[1],
                new_value=entry.value,
                new_not_applicable=entry.not_applicable,
                version=entry.version,
                by=by,
                at=now,
                job=job,
                **facts,
            )
        )
        outcome += Outcome(new=1) if is_new else Outcome(changed=1)
    new = [entry for entry in entries if entry.pk is None]
    Entry.objects.bulk_update([entry for entry in entries if entry.pk is not None], ENTRY_FIELDS, batch_size=500)
    Entry.objects.bulk_create(new, batch_size=2000)
    Revision.objects.bulk_create(revisions, batch_size=2000)
    return outcome


# Refusals


def _refuse_doubles(told):
    lines, keys = told.all()
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(np.diff(keys[order]) == 0) + 1
    double = sorted((int(lines[order[at]]), int(lines[order[at - 1]]), int(keys[order[at]] % _YEARS)) for at in again)
    _refuse_at("year", double, lambda first, year: f"与第 {first} 行重复：同一地区、指标的 {year} 年")


def _firsts(told, keys):
    """The first line of each distinct key."""
    lines, _ = told.all()
    distinct, at = np.unique(keys, return_index=True)
    return sorted((int(lines[place]), int(key)) for key, place in zip(distinct, at, strict=True))


def _refuse_foreign_regions(told, person, role, verb):
    allowed = regions_of(person, role)
    firsts = _firsts(told, told.all()[1] // _YEARS // _INDICATORS)
    names = dict(Region.objects.values_list("pk", "name"))
    foreign = [(line, names[region]) for line, region in firsts if region not in allowed]
    _refuse_at("region", foreign, lambda name: f"“{person}”没有在{name}{verb}的权限")


def _refuse_locked(told, by):
    today = timezone.localdate()
    locks = YearLock.objects.filter(Q(until=None) | Q(until__gte=today)).select_related("locked_by")
    closed = {(lock.region_id, lock.year): lock for lock in locks.exclude(exceptions__user=by, exceptions__until__gte=today)}
    if not closed:
        return
    keys = told.all()[1]
    firsts = _firsts(told, keys // _YEARS // _INDICATORS * _YEARS + keys % _YEARS)
    locked = [(line, closed[found]) for line, key in firsts if (found := divmod(key, _YEARS)) in closed]
    _refuse_at("year", locked, lambda lock: lock_sentence(lock.year, lock.reason, lock.locked_by))


def _refuse_overtaken(cursor):
    """Rows that say which version they saw, where another one stands by now."""
    overtaken = _rows(
        cursor,
        """
        SELECT n.line, a.value, a.not_applicable FROM incoming n
        JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
        LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = n.year
        WHERE n.seen_version IS NOT NULL AND n.seen_version <> COALESCE(a.version, 0) ORDER BY 1
        """,
    )
    _refuse_at("value", overtaken, _overtaken)


def _overtaken(value, not_applicable):
    now = "不适用" if not_applicable else "没有数值" if value is None else plain(decimal(value))
    return f"在您下载之后已有人改动，现在是：{now}；请核对后重新填写"


def _refuse_taken(cursor, by):
    taken = _rows(
        cursor,
        """
        SELECT n.line, e.entered_by_id, n.region_id FROM incoming n
        JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
        JOIN indicators_entry e ON e.series_id = s.id AND e.year = n.year
        WHERE e.entered_by_id <> %s ORDER BY 1
        """,
        [by.pk],
    )
    people = {person.pk: person for person in User.objects.filter(pk__in={pk for _, pk, _ in taken})}
    # What somebody left behind who is no clerk there any more stands in nobody's way.
    entering = {pk: regions_of(person, Role.CLERK) for pk, person in people.items()}
    taken = [(line, people[pk]) for line, pk, region in taken if region in entering[pk]]
    _refuse_at("value", taken, lambda name: f"这一格已有“{name}”的填报，请先处理那一条")


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
