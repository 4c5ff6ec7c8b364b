"""The only writer of progress, and of the marks that say which series must be computed again."""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from celery import current_app
from django.db import connection, transaction
from django.db.models import Count, F
from django.utils import timezone

from indicators import findings, frames, prepared, tallies
from indicators.calculation import assessment
from indicators.calculation.assessment import EXPLAINED, FIGURES
from indicators.calculation.vocabulary import Cause, JobKind, JobState, Status, Subject, TargetKind
from indicators.frames import Scope
from indicators.models import Change, DataVersion, Indicator, Job, Plan, StaleMark
from indicators.outcome import Outcome
from regions.models import Region

log = logging.getLogger(__name__)

# Series computed in one go: enough for speed, few enough for a small memory and a short transaction.
BATCH = 40_000
# Fewer where people wait: a refresh checks the quality too, and the next change waits for its turn.
REFRESH_BATCH = 10_000
REFRESH_TASK = "indicators.refresh_stale"
# What there is, in contrast to the figures of it.
_STRUCTURE = (Subject.REGIONS, Subject.INDICATORS, Subject.PLANS, Subject.TARGETS)
PLACE = ("region", "indicator")  # of the series: beside each row of progress, so that an indicator's regions lie together
_LOCK = 0x69706461  # refreshes take turns: what one reads, no other writes meanwhile
_PAUSE = 30.0  # seconds without another attempt to wake a worker, after the broker did not answer
_broker_away_until = 0.0
# Nobody waits for the broker: one that is away takes seconds to say so, one that is silent takes longer still.
_messenger = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wake")


# Marks


def mark_stale(series_ids: Iterable[int]) -> None:
    """Mark series that changed, and those that compare with them, in the caller's transaction; wakes a worker after it."""
    with frames.staging("changed_series", {"series_id": "bigint"}):
        frames.stage(pd.DataFrame({"series_id": list(series_ids)}, dtype=object), "changed_series", {"series_id": "bigint"})
        mark_stale_from("changed_series")


def mark_stale_from(table: str) -> None:
    """The same for the column series_id of a table, set-wise."""
    now = adapt(timezone.now())
    compared = """
        SELECT p.series_id FROM changed c JOIN indicators_series s ON s.id = c.series_id
        JOIN indicators_target t ON t.reference_region_id = s.region_id
        JOIN indicators_planindicator p ON p.id = t.plan_indicator_id
        JOIN indicators_series o ON o.id = p.series_id AND o.indicator_id = s.indicator_id
    """
    # Above and below each by its own join: an OR would be looked up row by row.
    neighbours = """
        SELECT o.id FROM changed c JOIN indicators_series s ON s.id = c.series_id
        JOIN regions_region r ON r.id = s.region_id
        JOIN indicators_series o ON o.region_id = r.parent_id AND o.indicator_id = s.indicator_id
        UNION
        SELECT o.id FROM changed c JOIN indicators_series s ON s.id = c.series_id
        JOIN regions_region n ON n.parent_id = s.region_id
        JOIN indicators_series o ON o.region_id = n.id AND o.indicator_id = s.indicator_id
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH changed AS (SELECT DISTINCT series_id FROM {table}),
            compared AS ({compared} EXCEPT SELECT series_id FROM changed),
            neighbours AS (
                SELECT id FROM ({neighbours}) near EXCEPT SELECT series_id FROM changed EXCEPT SELECT series_id FROM compared
            )
            INSERT INTO indicators_stalemark (series_id, cause, marked_at)
            SELECT series_id, '{Cause.CHANGED}', %s FROM changed
            UNION ALL SELECT series_id, '{Cause.COMPARED}', %s FROM compared
            UNION ALL SELECT id, '{Cause.NEIGHBOUR}', %s FROM neighbours
            """,
            [now, now, now],
        )
    transaction.on_commit(wake_worker, robust=True)


def mark_all() -> int:
    """Mark every series of a plan for the nightly rebuild; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO indicators_stalemark (series_id, cause, marked_at)"
            f" SELECT DISTINCT series_id, '{Cause.NIGHTLY}', %s FROM indicators_planindicator",
            [adapt(timezone.now())],
        )
        return cursor.rowcount


@transaction.atomic
def start_rebuild() -> Job:
    """Mark every series of a plan; the job says how many of them are done, whoever does them."""
    total = mark_all()
    now = timezone.now()
    return Job.objects.create(kind=JobKind.REBUILD, state=JobState.RUNNING, total=total, created_at=now)


def tell_rebuild() -> None:
    """Bring the rebuilds that are under way up to date: n of N, and done when no mark of the night is left."""
    running = Job.objects.filter(kind=JobKind.REBUILD, state=JobState.RUNNING)
    if not running:
        return
    left = StaleMark.objects.filter(cause=Cause.NIGHTLY).aggregate(left=Count("series", distinct=True))["left"]
    for job in running:
        job.done = max(job.total - left, 0)
        if not left:
            job.state, job.finished_at = JobState.DONE, timezone.now()
        job.save(update_fields=["done", "state", "finished_at"])
        log.info("rebuild %s: %s of %s series", job.pk, job.done, job.total)


def wake_worker(task: str = REFRESH_TASK) -> Future[None]:
    """Tell a worker that something is stale, or what else waits. Nothing is lost if none hears it: the sweep finds it."""
    return _messenger.submit(_wake, task)


def _wake(task: str) -> None:
    global _broker_away_until
    if time.monotonic() < _broker_away_until:
        return
    try:
        current_app.send_task(task)
    except Exception as error:
        _broker_away_until = time.monotonic() + _PAUSE
        log.warning("no worker woken, the sweep will do it: %s", error)


def oldest_mark() -> float | None:
    """Seconds since the oldest change that is not computed yet, None when there is none."""
    first = StaleMark.objects.order_by("marked_at").values_list("marked_at", flat=True).first()
    return None if first is None else (timezone.now() - first).total_seconds()


def is_stale(series_ids: Sequence[int]) -> set[int]:
    """Those of the series whose shown figures rest on replaced inputs."""
    causes = [cause for cause in Cause if cause.makes_stale]
    return set(StaleMark.objects.filter(series_id__in=series_ids, cause__in=causes).values_list("series_id", flat=True))


def state_of_data() -> dict[str, Any]:
    """The number of the data's version and of their structure's, whether it is demo data, and the moment of the oldest change
    not computed yet. Asked for with every page, so it is written out."""
    rows = prepared.rows(_STATE)
    number, structure, is_demo, since = rows[0] if rows else (None, None, False, None)
    return {"data_version": number, "structure": structure, "is_demo": bool(is_demo), "stale_since": frames.read_moment(since)}


_STATE = f"""
    SELECT number, structure, is_demo, (
        SELECT marked_at FROM indicators_stalemark WHERE cause IN ({frames.STALE_CAUSES}) ORDER BY marked_at LIMIT 1
    ) FROM indicators_dataversion WHERE id = 1
"""


def bump_version(
    what: Subject,
    *,
    series: Iterable[int] | None = None,
    year: int | None = None,
    plan: int | None = None,
    selected: str = "",
    params: Sequence[Any] = (),
) -> None:
    """Count a change of what is shown and tell what it changed, in the caller's transaction.

    `selected` is a query of (series, year) for many; with neither series nor plan the whole list is to be read again.
    """
    counted = {"number": F("number") + 1} | ({"structure": F("number") + 1} if what in _STRUCTURE else {})
    if not DataVersion.objects.filter(id=1).update(**counted):
        DataVersion.objects.create(id=1, number=1, structure=1)
    number = DataVersion.objects.values_list("number", flat=True).get(id=1)
    now = timezone.now()
    if selected:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO indicators_change (version, what, series_id, year, at)"
                f" SELECT {number}, '{what}', o.series_id, o.year, %s FROM ({selected}) o",
                [adapt(now), *params],
            )
        return
    told: list[int | None] = [*series] if series is not None else [None]
    Change.objects.bulk_create(
        [Change(version=number, what=what, series_id=one, plan_id=plan, year=year, at=now) for one in told], batch_size=5000
    )


def adapt(moment):
    """A moment as this database stores it, for statements written out in SQL."""
    return connection.ops.adapt_datetimefield_value(moment)


def _bump_structure() -> None:
    """What follows from the plans is counted now: whoever keeps something of it makes it anew."""
    DataVersion.objects.filter(id=1).update(number=F("number") + 1, structure=F("number") + 1)


# Computing


def today():
    """The day in the place of the figures: what is due depends on it."""
    return timezone.localdate()


def refresh_stale(*, limit: int = REFRESH_BATCH) -> int:
    """Compute a batch of what is marked again; returns how many marks that settled. Repeat until it is 0.

    The marks go in the transaction that computes: killed in the middle, they are all still there.
    """
    with transaction.atomic():
        _take_turn()
        # What a person waits for comes before what the night asked for.
        urgent = StaleMark.objects.exclude(cause=Cause.NIGHTLY).order_by("pk").values_list("series_id", flat=True)[:limit]
        series = sorted(set(urgent) or set(StaleMark.objects.order_by("series_id").values_list("series_id", flat=True)[:limit]))
        if not series:
            return 0
        with connection.cursor() as cursor:
            scope = Scope.of(series)
            cursor.execute(f"DELETE FROM indicators_stalemark WHERE {scope.on('series_id')}", scope.params)
            settled = cursor.rowcount
        _compute(scope)
        if checked := findings.refresh(scope):
            bump_version(Subject.QUALITY, series=sorted(checked))
        if tallies.of_series(series):
            _bump_structure()
        return settled


def rebuild(region: Region | None = None, *, told=lambda done, total: None) -> Outcome:
    """Compute everything again, or what belongs to a region and those below it, a batch at a time."""
    outcome = Outcome()
    batches = list(_batches(region))
    for done, scope in enumerate(batches, start=1):
        with transaction.atomic():
            _take_turn()
            outcome += _compute(scope)
        told(done, len(batches))
    if outcome and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE indicators_progress")  # or the first pages would be planned for an empty table
    # The marks stay for this: what is marked must be checked for its quality too.
    while refresh_stale():
        pass
    with transaction.atomic():
        _take_turn()
        within = None if region is None else Region.objects.within(region).values_list("pk", flat=True)
        if tallies.everything() if within is None else tallies.of_regions(within):
            _bump_structure()
    return outcome


def differences() -> Iterator[tuple[str, str, object, object]]:
    """Compute and count everything again and yield each (where, column, stored, computed) that differs."""
    for scope in _batches(None):
        with transaction.atomic():
            _take_turn()
            computed, stored = _computed_and_stored(scope)
        for plan_indicator, year, column, there, due in _compared(computed, stored):
            yield f"规划指标 {plan_indicator}，{year} 年", column, there, due
    yield from tallies.differences()


def foreseen(proposed: pd.DataFrame) -> pd.DataFrame:
    """Progress as it would be with other figures (series, year, value, clears) in place of what is recorded; writes nothing.

    A row without a value and not cleared is 不适用. Comes back with the columns of the assessment, the plan's last year and
    the indicator's measure.
    """
    plan_indicators, targets, actuals = _inputs(Scope.of(proposed["series"].unique().tolist()))
    if not len(plan_indicators):
        return assessment.assess(plan_indicators, targets, actuals, this_year=today().year).assign(last_year=0, measure="")
    keys = ["series", "year"]
    replaced = pd.MultiIndex.from_frame(actuals[keys]).isin(pd.MultiIndex.from_frame(proposed[keys]))
    figures = proposed[~proposed["clears"]][[*keys, "value"]].astype({"value": "float64"})
    figures["not_applicable"] = figures["value"].isna()
    actuals = pd.concat([actuals[~replaced], figures], ignore_index=True)
    found = assessment.assess(plan_indicators, targets, actuals, this_year=today().year)
    return found.merge(plan_indicators[["plan_indicator", "last_year", "measure"]], on="plan_indicator")


def _take_turn() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _batches(region: Region | None) -> Iterator[Scope]:
    within = ""
    params: list[object] = []
    if region is not None:
        ids = [str(pk) for pk in Region.objects.within(region).values_list("pk", flat=True)]
        within = f" JOIN indicators_series s ON s.id = p.series_id WHERE s.region_id IN ({', '.join(ids)})"
    found = frames.numbers({"series": ("p.series_id", "int")}, f"indicators_planindicator p{within}", params)
    series = np.unique(found["series"].to_numpy())
    for start in range(0, series.size, BATCH):
        part = series[start : start + BATCH]
        yield Scope.of([int(one) for one in part]) if region is not None else Scope.between(int(part[0]), int(part[-1]))


def _compute(scope: Scope) -> Outcome:
    """Write what differs from what is stored, in the caller's transaction."""
    computed, stored = _computed_and_stored(scope)
    new, changed, gone = _changes(computed, stored)
    emptied = stored.loc[stored["id"].isin(gone), "plan_indicator"]
    if len(gone):
        ids = Scope.of([int(one) for one in gone])
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM indicators_progress WHERE {ids.on('id')}", ids.params)
    now = timezone.now()
    if connection.vendor == "postgresql":
        _copy(computed[new], "indicators_progress", now)
        _update_by_copy(computed[changed], now)
    else:
        _upsert(computed[new | changed], now)
    outcome = Outcome(int(new.sum()), int(changed.sum()), int((~new & ~changed).sum()), len(gone))
    if outcome:
        touched = Scope.of(np.unique(np.r_[computed.loc[new | changed, "plan_indicator"], emptied]).astype(int).tolist())
        bump_version(
            Subject.PROGRESS,
            selected="SELECT DISTINCT series_id, CAST(NULL AS integer) AS year FROM indicators_planindicator"
            f" WHERE {touched.on('id')}",
            params=touched.params,
        )
    return outcome


def _computed_and_stored(scope: Scope) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Progress of the series' plan indicators as of today and what stands, both sorted by plan indicator and year."""
    plan_indicators, targets, actuals = _inputs(scope)
    computed = assessment.assess(plan_indicators, targets, actuals, this_year=today().year)
    of = np.searchsorted(plan_indicators["plan_indicator"].to_numpy(), computed["plan_indicator"].to_numpy())
    for name in PLACE:
        computed[name] = plan_indicators[name].to_numpy()[of]
    return computed, _stored(_scope_of(plan_indicators))


def _scope_of(plan_indicators: pd.DataFrame) -> Scope:
    """The plan indicators by their ids: joined to the condition on series, PostgreSQL would read the largest tables whole."""
    return Scope.of(plan_indicators["plan_indicator"].tolist())


def _inputs(scope: Scope) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    plan_indicators = frames.numbers(
        {
            "plan_indicator": ("p.id", "int"),
            "series": ("p.series_id", "int"),
            "region": ("s.region_id", "int"),
            "indicator": ("s.indicator_id", "int"),
            "plan": ("p.plan_id", "int"),
            "baseline_year": ("p.baseline_year", "float"),
            "baseline_value": ("p.baseline_value", "float"),
        },
        "indicators_planindicator p JOIN indicators_series s ON s.id = p.series_id"
        f" WHERE {scope.on('p.series_id')} ORDER BY p.id",
        scope.params,
    )
    words = pd.DataFrame(
        Indicator.objects.values_list("pk", "measure", "direction"), columns=["pk", "measure", "direction"]
    ).set_index("pk")
    periods = pd.DataFrame(
        Plan.objects.values_list("pk", "first_year", "last_year"), columns=["pk", "first", "last"]
    ).set_index("pk")
    if len(plan_indicators):
        plan_indicators["measure"] = words["measure"].reindex(plan_indicators["indicator"]).to_numpy()
        plan_indicators["direction"] = words["direction"].reindex(plan_indicators["indicator"]).to_numpy()
        plan_indicators["first_year"] = periods["first"].reindex(plan_indicators["plan"]).to_numpy()
        plan_indicators["last_year"] = periods["last"].reindex(plan_indicators["plan"]).to_numpy()

    mine = _scope_of(plan_indicators)
    kinds = TargetKind.values()
    kind = " ".join(f"WHEN '{word}' THEN {code}" for code, word in enumerate(kinds))
    targets = frames.numbers(
        {
            "plan_indicator": ("t.plan_indicator_id", "int"),
            "year": ("t.year", "int"),
            "kind": (f"CASE t.kind {kind} END", "int"),
            "lower": ("t.lower", "float"),
            "upper": ("t.upper", "float"),
        },
        f"indicators_target t WHERE {mine.on('t.plan_indicator_id')} ORDER BY t.plan_indicator_id, t.year",
        mine.params,
    )
    references = frames.numbers(
        {
            "plan_indicator": ("t.plan_indicator_id", "int"),
            "year": ("t.year", "int"),
            "reference_series": ("COALESCE(r.id, -1)", "int"),
        },
        "indicators_target t JOIN indicators_planindicator p ON p.id = t.plan_indicator_id"
        " JOIN indicators_series s ON s.id = p.series_id"
        " LEFT JOIN indicators_series r ON r.region_id = t.reference_region_id AND r.indicator_id = s.indicator_id"
        f" WHERE t.reference_region_id IS NOT NULL AND {scope.on('p.series_id')}",
        scope.params,
    )
    conditions = targets["kind"].isin([code for code, word in enumerate(TargetKind) if word.is_condition]).to_numpy()
    targets["kind"] = pd.Categorical.from_codes(targets["kind"].to_numpy(), categories=pd.Index(kinds))
    targets = (
        targets.merge(references, how="left", on=["plan_indicator", "year"])
        if len(references)
        else targets.assign(reference_series=np.nan)
    )

    # Conditions look back as far as there are figures, all else one year before the plan.
    since = int(plan_indicators["first_year"].min()) - 1 if len(plan_indicators) else 0
    actuals = [_actuals(scope, since)]
    conditional = plan_indicators["plan_indicator"].isin(targets["plan_indicator"][conditions])
    looked_at = {*plan_indicators["series"][conditional].tolist(), *references["reference_series"].tolist()} - {-1}
    if looked_at:
        actuals.append(_actuals(Scope.of(sorted(looked_at))))
    # So some figures are here twice, and equal.
    return plan_indicators, targets, pd.concat(actuals, ignore_index=True)


def _actuals(scope: Scope, since: int = 0) -> pd.DataFrame:
    """Recorded figures from a year on; 不适用 has a row without a value."""
    found = frames.numbers(
        {"series": ("series_id", "int"), "year": ("year", "int"), "value": ("value", "float")},
        f"indicators_actual WHERE {scope.on('series_id')} AND year >= %s",
        (*scope.params, since),
    )
    return found.assign(not_applicable=found["value"].isna())


_STATUS = " ".join(f"WHEN '{word}' THEN {code}" for code, word in enumerate(Status.values()))


def _stored(scope: Scope) -> pd.DataFrame:
    """What stands of plan indicators, in the form of what is computed, with the rows' ids; sorted the same way."""
    columns = {
        "id": ("g.id", "int"),
        "plan_indicator": ("g.plan_indicator_id", "int"),
        "year": ("g.year", "int"),
        **{name: (f"g.{name}_id", "int") for name in PLACE},
        **{name: (f"g.{name}", "float") for name in FIGURES},
        "met": ("CASE WHEN g.met THEN 1 WHEN NOT g.met THEN 0 END", "float"),
        "status": (f"CASE g.status {_STATUS} END", "int"),
        "reasons": ("g.reason_letters", f"S{len(EXPLAINED)}"),
    }
    return frames.numbers(
        columns,
        f"indicators_progress g WHERE {scope.on('g.plan_indicator_id')} ORDER BY g.plan_indicator_id, g.year",
        scope.params,
    )


def _aligned(computed: pd.DataFrame, stored: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Which computed rows are stored, at which place, and in which columns the two differ."""
    wanted = computed["plan_indicator"].to_numpy() * 10_000 + computed["year"].to_numpy()
    there = stored["plan_indicator"].to_numpy() * 10_000 + stored["year"].to_numpy()
    place = np.searchsorted(there, wanted)
    found = place < there.size
    found[found] = there[place[found]] == wanted[found]
    at = place[found]
    differs: dict[str, np.ndarray] = {}
    for name in FIGURES:
        ours, theirs = computed[name].to_numpy()[found], stored[name].to_numpy()[at]
        differs[name] = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
    met = _met(computed)[found]
    differs["met"] = ~((met == stored["met"].to_numpy()[at]) | (np.isnan(met) & stored["met"].isna().to_numpy()[at]))
    for name in PLACE:
        differs[name] = computed[name].to_numpy()[found] != stored[name].to_numpy()[at]
    differs["status"] = computed["status"].cat.codes.to_numpy()[found] != stored["status"].to_numpy()[at]
    differs["reasons"] = (
        computed["reasons"].to_numpy().astype(f"S{len(EXPLAINED)}")[found]
        != stored["reasons"].to_numpy().astype(f"S{len(EXPLAINED)}")[at]
    )
    return found, at, differs


def _changes(computed: pd.DataFrame, stored: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks of the computed rows that are new and that changed, and the ids of stored rows that are no longer due."""
    found, at, differs = _aligned(computed, stored)
    changed = np.zeros(len(computed), dtype=np.bool_)
    changed[found] = np.logical_or.reduce(list(differs.values())) if found.any() else False
    left = np.ones(len(stored), dtype=np.bool_)
    left[at] = False
    return ~found, changed, stored["id"].to_numpy()[left]


def _compared(computed: pd.DataFrame, stored: pd.DataFrame) -> Iterator[tuple[int, int, str, object, object]]:
    found, at, differs = _aligned(computed, stored)
    for row in np.flatnonzero(~found):
        yield (*_key(computed, row), "row", None, "missing")
    left = np.ones(len(stored), dtype=np.bool_)
    left[at] = False
    for row in np.flatnonzero(left):
        yield (*_key(stored, row), "row", "superfluous", None)
    rows = np.flatnonzero(found)
    for name, mask in differs.items():
        for place in np.flatnonzero(mask):
            yield (*_key(computed, rows[place]), name, stored[name].iloc[at[place]], computed[name].iloc[rows[place]])


def _key(frame: pd.DataFrame, row: Any) -> tuple[int, int]:
    return int(frame["plan_indicator"].iloc[row]), int(frame["year"].iloc[row])


def _met(frame: pd.DataFrame) -> np.ndarray:
    return frame["met"].to_numpy(dtype=np.float64, na_value=np.nan)


# Writing


def _copy(frame: pd.DataFrame, table: str, now) -> None:
    if not len(frame):
        return
    columns = {
        "plan_indicator_id": ("bigint", frame["plan_indicator"].to_numpy()),
        "year": ("smallint", frame["year"].to_numpy()),
        **{f"{name}_id": ("bigint", frame[name].to_numpy()) for name in PLACE},
        **{name: ("float", frame[name].to_numpy()) for name in FIGURES},
        "met": ("boolean", _met(frame)),
        "status": ("word", frame["status"].array),
        "reason_letters": ("letters", frame["reasons"].to_numpy().astype(f"S{len(EXPLAINED)}")),
        "computed_at": ("moment", np.full(len(frame), frames.moment(now))),
    }
    frames.copy_rows(table, columns)


def _update_by_copy(frame: pd.DataFrame, now) -> None:
    if not len(frame):
        return
    columns = [*(f"{name}_id" for name in PLACE), *FIGURES, "met", "status", "reason_letters", "computed_at"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE changed_progress (LIKE indicators_progress) ON COMMIT DROP")
        cursor.execute("ALTER TABLE changed_progress ALTER COLUMN id DROP NOT NULL")
        _copy(frame, "changed_progress", now)
        cursor.execute(
            f"UPDATE indicators_progress g SET {', '.join(f'{name} = n.{name}' for name in columns)} FROM changed_progress n"
            " WHERE g.plan_indicator_id = n.plan_indicator_id AND g.year = n.year"
        )
        cursor.execute("DROP TABLE changed_progress")


def _upsert(frame: pd.DataFrame, now) -> None:
    """The same without COPY."""
    if not len(frame):
        return
    places = [f"{name}_id" for name in PLACE]
    columns = ["plan_indicator_id", "year", *places, *FIGURES, "met", "status", "reason_letters", "computed_at"]
    plain = [
        [None if one != one else one for one in column]
        for column in (
            frame["plan_indicator"].tolist(),
            frame["year"].tolist(),
            *(frame[name].tolist() for name in PLACE),
            *(frame[name].tolist() for name in FIGURES),
            _met(frame).tolist(),
            frame["status"].tolist(),
            [letters.decode() for letters in frame["reasons"]],
            [adapt(now)] * len(frame),
        )
    ]
    with connection.cursor() as cursor:
        cursor.connection.executemany(
            f"INSERT INTO indicators_progress ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})"
            " ON CONFLICT (plan_indicator_id, year) DO UPDATE SET "
            + ", ".join(f"{name} = excluded.{name}" for name in columns[2:]),
            list(zip(*plain, strict=True)),
        )
