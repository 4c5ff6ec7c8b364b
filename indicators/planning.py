"""The only writer of regions' plans: indicators, plans, plan indicators and targets. What changes makes its series stale."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from django.db import connection, transaction
from django.utils import timezone

from indicators import frames, progress
from indicators.calculation.vocabulary import CONDITIONS
from indicators.models import AuditEvent, Indicator, Plan


@dataclass(frozen=True)
class Outcome:
    """How many rows a write made, changed, left as they were, and removed."""

    new: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0

    def __add__(self, other):
        return Outcome(
            self.new + other.new, self.changed + other.changed, self.same + other.same, self.removed + other.removed
        )

    def __str__(self):
        text = f"新增 {self.new}，更改 {self.changed}，未变 {self.same}"
        return f"{text}，删除 {self.removed}" if self.removed else text


class Inconsistent(Exception):
    """Rows that contradict each other or what stands; `places` are (line, column, reason)."""

    def __init__(self, places):
        self.places = places
        super().__init__("；".join(reason for _, _, reason in places))


@transaction.atomic
def put_rows(model, key, rows, *, by, through):
    """Create or change rows of a small table (regions, indicators, plans), each a dict of fields; returns the outcome."""
    standing = {getattr(row, key): row for row in model.objects.all()}
    outcome = Outcome()
    for fields in rows:
        row = standing.get(fields[key])
        if row is None:
            row = standing[fields[key]] = model(**fields)
            row.save(force_insert=True)
            _audit(by, through, f"{model._meta.model_name}.create", fields[key], {"to": _shown(fields)})
            outcome += Outcome(new=1)
            continue
        old = {name: getattr(row, name) for name in fields if getattr(row, name) != fields[name]}
        if not old:
            outcome += Outcome(same=1)
            continue
        for name in old:
            setattr(row, name, fields[name])
        row.save(update_fields=list(old))
        detail = {"from": _shown(old), "to": _shown({name: fields[name] for name in old})}
        _audit(by, through, f"{model._meta.model_name}.change", fields[key], detail)
        outcome += Outcome(changed=1)
    if outcome.new or outcome.changed:
        progress.bump_version()
    return outcome


def put_indicators(rows, *, by, through):
    """Indicators with their ties; a tie may name an indicator further down."""
    untied = [{name: value for name, value in row.items() if name != "same_subject"} for row in rows]
    with transaction.atomic():
        outcome = put_rows(Indicator, "code", untied, by=by, through=through)
        standing = {indicator.code: indicator for indicator in Indicator.objects.all()}
        tied = [{"code": row["code"], "same_subject": standing.get(row["same_subject"])} for row in rows if "same_subject" in row]
        ties = put_rows(Indicator, "code", tied, by=by, through=through)
    created = outcome.new
    return outcome if not ties.changed or created else Outcome(0, max(outcome.changed, ties.changed), len(rows) - max(outcome.changed, ties.changed))


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
def put_plan(parts: Iterable[pd.DataFrame], *, by, through):
    """Write plan indicators and their targets from frames with the columns of INCOMING_PLAN, values in base units.

    A plan indicator that is named is put as the rows state it, targets and all; others of the plan stay as they are.
    """
    with frames.staging("incoming_plan", INCOMING_PLAN):
        for part in parts:
            frames.stage(part, "incoming_plan", INCOMING_PLAN)
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX incoming_plan_key ON incoming_plan (plan_id, region_id, indicator_id, year)")
            cursor.execute("ANALYZE incoming_plan")
            _refuse_contradictions(cursor)
            indicators, touched = _put_plan_indicators(cursor)
            targets, retargeted = _put_targets(cursor)
            # Not only what changed: a plan's targets are compared with each other.
            progress.mark_stale(sorted(touched | retargeted))
            plans = [row[0] for row in _rows(cursor, "SELECT DISTINCT p.slug FROM incoming_plan i JOIN indicators_plan p ON p.id = i.plan_id")]
        if indicators.new or indicators.changed or targets.new or targets.changed or targets.removed:
            progress.bump_version()
            detail = {"plan_indicators": str(indicators), "targets": str(targets)}
            _audit(by, through, "plan.put", "、".join(sorted(plans))[:200], detail)
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
    for name in PLAN_INDICATOR_FIELDS:
        if name == "locator":
            continue
        text = f"COALESCE(CAST({name} AS text), '')"
        unequal = _rows(
            cursor,
            f"SELECT max(line), min(line) FROM incoming_plan GROUP BY plan_id, region_id, indicator_id"
            f" HAVING min({text}) <> max({text}) ORDER BY 1",
        )
        places += [(line, name, f"与第 {first} 行是同一规划指标，这一列却不同") for line, first in unequal]
    conditions = ", ".join(f"'{kind.value}'" for kind in CONDITIONS)
    mixed = _rows(
        cursor,
        "SELECT max(line), min(line) FROM incoming_plan WHERE year IS NOT NULL GROUP BY plan_id, region_id, indicator_id"
        f" HAVING min(CASE WHEN kind IN ({conditions}) THEN 1 ELSE 0 END) <> max(CASE WHEN kind IN ({conditions}) THEN 1 ELSE 0 END)",
    )
    places += [(line, "kind", f"与第 {first} 行：条件类目标与数值类目标不能用在同一规划指标上") for line, first in mixed]
    if places:
        raise Inconsistent(places)


def _put_plan_indicators(cursor):
    cursor.execute(
        "INSERT INTO indicators_series (region_id, indicator_id)"
        " SELECT DISTINCT region_id, indicator_id FROM incoming_plan WHERE true ORDER BY 1, 2"
        " ON CONFLICT (region_id, indicator_id) DO NOTHING"
    )
    cursor.execute("DROP TABLE IF EXISTS incoming_indicator")
    cursor.execute(
        "CREATE TEMP TABLE incoming_indicator AS SELECT i.plan_id, s.id AS series_id, i.line,"
        " row_number() OVER (PARTITION BY i.plan_id ORDER BY i.line) AS position, "
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
    changes = len(touched) - new if len(touched) >= new else 0
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
    join = " LEFT JOIN indicators_target t ON t.plan_indicator_id = n.plan_indicator_id AND t.year = n.year WHERE n.year IS NOT NULL"
    [(new, changes, total)] = _rows(
        cursor,
        f"SELECT COALESCE(SUM(CASE WHEN t.id IS NULL THEN 1 ELSE 0 END), 0),"
        f" COALESCE(SUM(CASE WHEN t.id IS NOT NULL AND ({changed}) THEN 1 ELSE 0 END), 0), count(*) FROM incoming_target n{join}",
    )
    touched = {row[0] for row in _rows(cursor, f"SELECT DISTINCT n.series_id FROM incoming_target n{join} AND (t.id IS NULL OR {changed})")}
    gone = (
        "FROM indicators_target t WHERE t.plan_indicator_id IN (SELECT plan_indicator_id FROM incoming_target)"
        " AND NOT EXISTS (SELECT 1 FROM incoming_target n WHERE n.plan_indicator_id = t.plan_indicator_id AND n.year = t.year)"
    )
    removed = _rows(cursor, f"SELECT p.series_id {gone.replace('FROM indicators_target t', 'FROM indicators_target t JOIN indicators_planindicator p ON p.id = t.plan_indicator_id')}")
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


def _audit(by, through, act, subject, detail):
    AuditEvent.objects.create(
        at=timezone.now(), by=by, username=by.username if by else "", act=act, subject=subject, detail={"through": through, **detail}
    )


def find_plan(slug):
    return Plan.objects.filter(slug=slug).first()
