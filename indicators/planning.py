"""The only writer of regions' plans: indicators, plans, plan indicators and targets. What changes makes its series stale."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import contextmanager
from decimal import Decimal

import pandas as pd
from django.db import connection, transaction
from django.utils import timezone

from indicators import audit, frames, progress, tallies
from indicators.calculation.numbers import plain
from indicators.calculation.vocabulary import CONDITIONS, Subject, Through
from indicators.models import Amendment, Indicator, Plan, PlanIndicator, Series
from indicators.outcome import Conflict, Forbidden, Inconsistent, Outcome
from indicators.permissions import may_manage

# What a mirror reads again when a row of these changed.
SUBJECTS = {
    "region": Subject.REGIONS,
    "indicator": Subject.INDICATORS,
    "plan": Subject.PLANS,
    "planindicator": Subject.PLANS,
    "target": Subject.TARGETS,
}
# From the series whose progress or findings rest on a row, the way to that row.
PATHS = {"region": "region", "indicator": "indicator", "plan": "plan_indicators__plan"}


@transaction.atomic
def put_rows(model, key, rows, *, by, through):
    """Create or change rows of a small table (regions, indicators, plans), each a dict of fields; returns the outcome."""
    standing = {getattr(row, key): row for row in model.objects.all()}
    name, outcome, changed_rows = model._meta.model_name, Outcome(), []
    for fields in rows:
        row = standing.get(fields[key])
        if row is None:
            row = standing[fields[key]] = model(**fields)
            row.save(force_insert=True)
            audit.record(f"{name}.create", by=by, subject=fields[key], through=through, to=_shown(fields))
            outcome += Outcome(new=1)
            continue
        old = {field: getattr(row, field) for field in fields if getattr(row, field) != fields[field]}
        if not old:
            outcome += Outcome(same=1)
            continue
        for field in old:
            setattr(row, field, fields[field])
        row.save(update_fields=list(old))
        changed_rows.append(row.pk)
        changed = {field: fields[field] for field in old}
        audit.record(f"{name}.change", by=by, subject=fields[key], through=through, old=_shown(old), to=_shown(changed))
        outcome += Outcome(changed=1)
    if outcome:
        progress.bump_version(SUBJECTS[name])
    if changed_rows and (path := PATHS.get(name)):
        series = Series.objects.filter(**{f"{path}__in": changed_rows}).values_list("pk", flat=True)
        progress.mark_stale(series.distinct())
    return outcome


@transaction.atomic
def put_indicators(rows, *, by, through):
    """Indicators with their ties; a tie may name an indicator further down, so the codes are made first."""
    new = {row["code"] for row in rows} - set(Indicator.objects.values_list("code", flat=True))
    untied = [{name: value for name, value in row.items() if name != "same_subject"} for row in rows if row["code"] in new]
    made = put_rows(Indicator, "code", untied, by=by, through=through)
    standing = {indicator.code: indicator for indicator in Indicator.objects.all()}
    tied = [row | {"same_subject": standing.get(row["same_subject"])} if "same_subject" in row else row for row in rows]
    put = put_rows(Indicator, "code", tied, by=by, through=through)
    changed = put.changed - sum(1 for row in tied if row["code"] in new and row.get("same_subject"))
    return Outcome(new=made.new, changed=changed, same=len(rows) - made.new - changed)


PLAN_INDICATOR_FIELDS = (
    "number",
    "name",
    "unit",
    "category",
    "nature",
    "baseline_year",
    "baseline_value",
    "baseline_locator",
    "printed_growth",
    "responsible",
    "note",
    "locator",
)
INCOMING_PLAN = {
    "line": "bigint",
    "plan_id": "bigint",
    "region_id": "bigint",
    "indicator_id": "bigint",
    "number": "text",
    "name": "text",
    "unit": "text",
    "category": "text",
    "nature": "text",
    "baseline_year": "integer",
    "baseline_value": "numeric",
    "baseline_locator": "text",
    "printed_growth": "numeric",
    "responsible": "text",
    "note": "text",
    "locator": "text",
    "year": "integer",
    "kind": "text",
    "lower": "numeric",
    "upper": "numeric",
    "reference_region_id": "bigint",
    "target_locator": "text",
}


@transaction.atomic
def put_plan(parts: Iterable[pd.DataFrame], *, by, through, keeps_order=False):
    """Write plan indicators and their targets from frames with the columns of INCOMING_PLAN, values in base units.

    A plan indicator that is named is put as the rows state it, targets and all; others of the plan stay as they are.
    The order is that of the rows, unless what stands keeps its place and what is new comes last.
    """
    with frames.staging("incoming_plan", INCOMING_PLAN):
        for part in parts:
            frames.stage(part, "incoming_plan", INCOMING_PLAN)
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX incoming_plan_key ON incoming_plan (plan_id, region_id, indicator_id, year)")
            cursor.execute("ANALYZE incoming_plan")
            _refuse_contradictions(cursor)
            indicators, touched = _put_plan_indicators(cursor, keeps_order)
            targets, retargeted = _put_targets(cursor)
            progress.mark_stale(sorted(touched | retargeted))
            tallies.of_series(touched | retargeted)
            if indicators or targets:
                for (plan,) in _rows(cursor, "SELECT DISTINCT plan_id FROM incoming_plan"):
                    progress.bump_version(Subject.PLANS, plan=plan)
                plans = _rows(cursor, "SELECT DISTINCT p.slug FROM incoming_plan i JOIN indicators_plan p ON p.id = i.plan_id")
                subject = "、".join(sorted(slug for (slug,) in plans))
                audit.record(
                    "plan.put", by=by, subject=subject, through=through, plan_indicators=str(indicators), targets=str(targets)
                )
    return indicators, targets


def _refuse_contradictions(cursor):
    places = []
    double = _rows(
        cursor,
        "SELECT max(line), min(line), year FROM incoming_plan WHERE year IS NOT NULL"
        " GROUP BY plan_id, region_id, indicator_id, year HAVING count(*) > 1 ORDER BY 1",
    )
    places += [(line, "year", f"与第 {first} 行重复：同一规划、地区、指标的 {year} 年") for line, first, year in double]
    untargeted = _rows(
        cursor,
        "SELECT max(line), min(line) FROM incoming_plan GROUP BY plan_id, region_id, indicator_id"
        " HAVING count(*) > 1 AND count(year) < count(*) ORDER BY 1",
    )
    places += [(line, "year", f"与第 {first} 行是同一规划指标，不能既有年份又留空") for line, first in untargeted]
    places += _repeated_columns_that_differ(cursor)
    conditions = ", ".join(f"'{kind}'" for kind in sorted(CONDITIONS))
    is_condition = f"CASE WHEN kind IN ({conditions}) THEN 1 ELSE 0 END"
    groups = "FROM incoming_plan WHERE year IS NOT NULL GROUP BY plan_id, region_id, indicator_id"
    mixed = _rows(
        cursor,
        f"SELECT max(line), min(line) {groups} HAVING min({is_condition}) <> max({is_condition})",
    )
    places += [(line, "kind", f"与第 {first} 行：条件类目标与数值类目标不能用在同一规划指标上") for line, first in mixed]
    several = _rows(
        cursor,
        f"SELECT max(line), min(line) {groups} HAVING max({is_condition}) = 1 AND min({is_condition}) = 1"
        " AND (min(kind) <> max(kind) OR min(reference_region_id) <> max(reference_region_id))",
    )
    places += [(line, "kind", f"与第 {first} 行：同一规划指标只能有一种条件、一个对照地区") for line, first in several]
    if places:
        raise Inconsistent(places)


def _repeated_columns_that_differ(cursor):
    """What the file repeats on every row of a plan indicator must be the same there. One look, and a second only if need be."""
    text = {name: f"COALESCE(CAST({name} AS text), '')" for name in PLAN_INDICATOR_FIELDS if name != "locator"}
    groups = "FROM incoming_plan GROUP BY plan_id, region_id, indicator_id"
    differs = {name: f"min({shown}) <> max({shown})" for name, shown in text.items()}
    if not _rows(cursor, f"SELECT 1 {groups} HAVING {' OR '.join(differs.values())} LIMIT 1"):
        return []
    return [
        (line, name, f"与第 {first} 行是同一规划指标，这一列却不同")
        for name, differ in differs.items()
        for line, first in _rows(cursor, f"SELECT max(line), min(line) {groups} HAVING {differ} ORDER BY 1")
    ]


def _put_plan_indicators(cursor, keeps_order):
    position = "row_number() OVER (PARTITION BY i.plan_id ORDER BY i.line)"
    if keeps_order:
        last = "(SELECT COALESCE(max(q.position), 0) FROM indicators_planindicator q WHERE q.plan_id = i.plan_id)"
        own = "(SELECT q.position FROM indicators_planindicator q WHERE q.plan_id = i.plan_id AND q.series_id = s.id)"
        position = f"COALESCE({own}, {last} + {position})"
    cursor.execute(
        "INSERT INTO indicators_series (region_id, indicator_id)"
        " SELECT DISTINCT region_id, indicator_id FROM incoming_plan WHERE true ORDER BY 1, 2"
        " ON CONFLICT (region_id, indicator_id) DO NOTHING"
    )
    cursor.execute("DROP TABLE IF EXISTS incoming_indicator")
    cursor.execute(
        "CREATE TEMP TABLE incoming_indicator AS SELECT i.plan_id, s.id AS series_id, i.line,"
        f" {position} AS position, "
        + ", ".join(f"i.{name}" for name in PLAN_INDICATOR_FIELDS)
        + " FROM incoming_plan i JOIN indicators_series s ON s.region_id = i.region_id AND s.indicator_id = i.indicator_id"
        " WHERE i.line IN (SELECT min(line) FROM incoming_plan GROUP BY plan_id, region_id, indicator_id)"
    )
    fields = ("position", *PLAN_INDICATOR_FIELDS)
    changed = " OR ".join(frames.distinct(f"p.{name}", f"n.{name}") for name in fields)
    rows = _rows(
        cursor,
        f"SELECT n.series_id, p.id IS NULL, {changed} FROM incoming_indicator n"
        " LEFT JOIN indicators_planindicator p ON p.plan_id = n.plan_id AND p.series_id = n.series_id",
    )
    new = sum(1 for _, is_new, _ in rows if is_new)
    touched = {series for series, is_new, is_changed in rows if is_new or is_changed}
    cursor.execute(
        f"INSERT INTO indicators_planindicator (plan_id, series_id, {', '.join(fields)})"
        f" SELECT n.plan_id, n.series_id, {', '.join(f'n.{name}' for name in fields)} FROM incoming_indicator n"
        " LEFT JOIN indicators_planindicator p ON p.plan_id = n.plan_id AND p.series_id = n.series_id"
        f" WHERE p.id IS NULL OR {changed} ORDER BY n.line"
        f" ON CONFLICT (plan_id, series_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in fields)}"
    )
    cursor.execute("DROP TABLE incoming_indicator")
    changes = sum(1 for _, is_new, is_changed in rows if is_changed and not is_new)
    return Outcome(new, changes, len(rows) - new - changes), touched


def _put_targets(cursor):
    cursor.execute("DROP TABLE IF EXISTS incoming_target")
    cursor.execute(
        "CREATE TEMP TABLE incoming_target AS SELECT p.id AS plan_indicator_id, s.id AS series_id, i.line, i.year, i.kind,"
        " i.lower, i.upper, i.reference_region_id, i.target_locator AS locator"
        " FROM incoming_plan i JOIN indicators_series s ON s.region_id = i.region_id AND s.indicator_id = i.indicator_id"
        " JOIN indicators_planindicator p ON p.plan_id = i.plan_id AND p.series_id = s.id"
    )
    cursor.execute("CREATE INDEX incoming_target_key ON incoming_target (plan_indicator_id, year)")
    cursor.execute("ANALYZE incoming_target")
    fields = ("kind", "lower", "upper", "reference_region_id", "locator")
    changed = " OR ".join(frames.distinct(f"t.{name}", f"n.{name}") for name in fields)
    join = (
        " LEFT JOIN indicators_target t ON t.plan_indicator_id = n.plan_indicator_id AND t.year = n.year"
        " WHERE n.year IS NOT NULL"
    )
    [(new, changes, total)] = _rows(
        cursor,
        f"SELECT COALESCE(SUM(CASE WHEN t.id IS NULL THEN 1 ELSE 0 END), 0),"
        f" COALESCE(SUM(CASE WHEN t.id IS NOT NULL AND ({changed}) THEN 1 ELSE 0 END), 0), count(*)"
        f" FROM incoming_target n{join}",
    )
    touched = {
        row[0]
        for row in _rows(cursor, f"SELECT DISTINCT n.series_id FROM incoming_target n{join} AND (t.id IS NULL OR {changed})")
    }
    gone = (
        "FROM indicators_target t WHERE t.plan_indicator_id IN (SELECT plan_indicator_id FROM incoming_target)"
        " AND NOT EXISTS (SELECT 1 FROM incoming_target n WHERE n.plan_indicator_id = t.plan_indicator_id AND n.year = t.year)"
    )
    series = "(SELECT p.series_id FROM indicators_planindicator p WHERE p.id = t.plan_indicator_id)"
    removed = _rows(cursor, f"SELECT {series} {gone}")
    touched |= {row[0] for row in removed}
    if removed:
        cursor.execute(f"DELETE FROM indicators_target WHERE id IN (SELECT t.id {gone})")
    cursor.execute(
        f"INSERT INTO indicators_target (plan_indicator_id, year, {', '.join(fields)})"
        f" SELECT n.plan_indicator_id, n.year, {', '.join(f'n.{name}' for name in fields)} FROM incoming_target n{join}"
        f" AND (t.id IS NULL OR {changed}) ORDER BY n.line"
        f" ON CONFLICT (plan_indicator_id, year) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in fields)}"
    )
    cursor.execute("DROP TABLE incoming_target")
    return Outcome(new, changes, total - new - changes, len(removed)), touched


def _rows(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()


def _shown(fields):
    return {name: str(value) for name, value in fields.items() if value not in (None, "")}


def changed_by_hand(row, series, *, by):
    """A row of a plan was changed in the admin, whose transaction this is in: the same consequences as from a file."""
    progress.mark_stale(series.values_list("pk", flat=True))
    tallies.of_series(series.values_list("pk", flat=True))
    progress.bump_version(SUBJECTS[row._meta.model_name])
    audit.record(f"{row._meta.model_name}.change", by=by, subject=str(row), through=Through.FORM)


# One plan indicator in a page


def fingerprint(plan_indicator) -> str:
    """Names the state of a plan indicator and its targets, so that nobody overwrites what they did not see; "" for none."""
    return hashlib.sha256(json.dumps(_stated(plan_indicator)).encode()).hexdigest()[:20] if plan_indicator else ""


@contextmanager
def editing(plan, region, indicator, *, by, seen, document_number="", issued_on=None, reason=""):
    """Around the writing of one plan indicator, which may be new, in the caller's transaction.

    A target that changes keeps its old value: with the document that amended it, or with the reason why the entry was wrong.
    """
    _refuse_stranger(plan, by)
    standing = PlanIndicator.objects.filter(plan=plan, series__region=region, series__indicator=indicator)
    Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    before = standing.first()
    if fingerprint(before) != seen:
        raise Conflict(_in_words(before))
    old = _targets(before)
    yield
    after = standing.get()
    new = _targets(after)
    changed = sorted(year for year in old.keys() | new.keys() if _bounds(old.get(year)) != _bounds(new.get(year)))
    if before is None or not changed:
        return
    if not document_number and not reason:
        raise Inconsistent([(0, "document_number", "目标有改动：规划调整的，请写调整文号；录入有误的，请写更正理由")])
    if document_number:
        _amend(after, old, new, changed, document_number=document_number, issued_on=issued_on, reason=reason, by=by)
    shown = {str(year): [_bounds(old.get(year)), _bounds(new.get(year))] for year in changed}
    audit.record(
        "target.amend" if document_number else "target.correct",
        by=by,
        subject=str(after),
        document_number=document_number,
        reason=reason,
        targets=shown,
    )


def _amend(plan_indicator, old, new, years, *, document_number, issued_on, reason, by):
    now = timezone.now()
    rows = []
    for year in years:
        was, becomes = old.get(year), new.get(year)
        bounds = {
            "old_kind": was.kind if was else "",
            "old_lower": was.lower if was else None,
            "old_upper": was.upper if was else None,
            "new_kind": becomes.kind if becomes else "",
            "new_lower": becomes.lower if becomes else None,
            "new_upper": becomes.upper if becomes else None,
        }
        told = {"document_number": document_number, "issued_on": issued_on, "reason": reason, "by": by, "at": now}
        rows.append(Amendment(plan_indicator=plan_indicator, year=year, **bounds, **told))
    Amendment.objects.bulk_create(rows)


@transaction.atomic
def remove_plan_indicator(plan_indicator, *, by, seen, reason):
    """Take a plan indicator out of its plan, for one that was entered by mistake; figures of its series stay."""
    _refuse_stranger(plan_indicator.plan, by)
    standing = PlanIndicator.objects.select_for_update().filter(pk=plan_indicator.pk).first()
    if standing is None:
        raise Conflict("这项指标已不在规划里")
    if fingerprint(standing) != seen:
        raise Conflict(_in_words(standing))
    if not reason.strip():
        raise Inconsistent([(0, "reason", "请写明移除的理由")])
    if standing.amendments.exists():
        raise Inconsistent([(0, "", "这项指标的目标有调整记录，不能移除；可改为不设目标")])
    audit.record("planindicator.remove", by=by, subject=str(standing), plan=standing.plan.slug, reason=reason)
    series = standing.series_id
    plan = standing.plan_id
    standing.delete()
    progress.mark_stale([series])
    tallies.of_series({series})
    progress.bump_version(Subject.PLANS, plan=plan)


def _refuse_stranger(plan, by):
    if not may_manage(by, plan.region):
        raise Forbidden(f"“{by}”没有管理{plan.region}规划的权限")


def _targets(plan_indicator):
    """{year: target}, empty for a plan indicator that is not there."""
    return {target.year: target for target in plan_indicator.targets.order_by("year")} if plan_indicator else {}


def _bounds(target):
    if target is None:
        return None
    return [
        target.kind,
        *(None if one is None else plain(one) for one in (target.lower, target.upper)),
        target.reference_region_id,
    ]


def _stated(plan_indicator):
    fields = [getattr(plan_indicator, name) for name in PLAN_INDICATOR_FIELDS]
    shown = [plain(one) if isinstance(one, Decimal) else one for one in fields]
    return [shown, [[year, *_bounds(target), target.locator] for year, target in _targets(plan_indicator).items()]]


def _in_words(plan_indicator):
    if plan_indicator is None:
        return "没有这项指标"
    targets = []
    for year, target in _targets(plan_indicator).items():
        levels = [plain(one) for one in (target.lower, target.upper) if one is not None]
        targets.append(f"{year} 年{target.get_kind_display()} {'–'.join(levels)}".strip())
    return f"{plan_indicator.name}（基本单位）：{'；'.join(targets) or '没有目标'}"
