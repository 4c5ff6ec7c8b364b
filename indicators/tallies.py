"""Counts by region, plan and year, kept so that no page counts a nation; derived like progress, and only written here."""

from collections.abc import Iterable, Iterator

from django.db import connection

from indicators import frames
from indicators.calculation import assessment
from indicators.calculation.vocabulary import Status
from indicators.frames import Scope
from indicators.models.fields import FIRST_YEAR, LAST_YEAR

STATUSES = Status.values()
_BY_STATUS = ", ".join(f"count(CASE WHEN g.status = '{status}' THEN 1 END)" for status in STATUSES)
# Of how many something is asked in the year, be it words whose number cannot be told (yet).
_ASKED = f"count(CASE WHEN substr(g.reason_letters, {assessment.REQUIRED + 1}, 1) <> '{assessment.NO_TARGET}' THEN 1 END)"
# Table -> its columns, and the query of what they should hold for some regions.
_COUNTED = {
    "indicators_plantally": (
        ("region_id", "plan_id", "plan_indicators", "in_table", "baselines", "targets", "with_actuals"),
        """
        SELECT region_id, plan_id, sum(plan_indicators), sum(in_table), sum(baselines), sum(targets), sum(with_actuals)
        FROM (
            SELECT s.region_id, p.plan_id, count(*) AS plan_indicators,
                count(CASE WHEN p.number <> '' OR p.category <> '' THEN 1 END) AS in_table,
                count(p.baseline_value) AS baselines, 0 AS targets, 0 AS with_actuals
            FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
            WHERE {regions} GROUP BY s.region_id, p.plan_id
            UNION ALL
            SELECT s.region_id, p.plan_id, 0, 0, 0, count(*), 0
            FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
            JOIN indicators_target t ON t.plan_indicator_id = p.id
            WHERE {regions} GROUP BY s.region_id, p.plan_id
            UNION ALL
            SELECT region_id, plan_id, 0, 0, 0, 0, count(*)
            FROM (
                SELECT s.region_id, p.plan_id, p.id
                FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
                JOIN indicators_progress g ON g.plan_indicator_id = p.id
                WHERE g.actual IS NOT NULL AND {regions} GROUP BY s.region_id, p.plan_id, p.id
            ) having_actuals GROUP BY region_id, plan_id
        ) counted
        GROUP BY region_id, plan_id
        """,
    ),
    "indicators_yeartally": (
        ("region_id", "plan_id", "year", "required", *STATUSES),
        f"""
        SELECT s.region_id, p.plan_id, g.year, {_ASKED}, {_BY_STATUS}
        FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
        JOIN indicators_progress g ON g.plan_indicator_id = p.id
        WHERE {{regions}} GROUP BY s.region_id, p.plan_id, g.year
        """,
    ),
    "indicators_indicatortally": (
        ("indicator_id", "part", "year", "planned", "baselines", "recorded"),
        """
        SELECT indicator_id, part, year, sum(planned), sum(baselines), sum(recorded)
        FROM (
            SELECT o.indicator_id, o.part, y.column1 AS year, o.count AS planned, 0 AS baselines, 0 AS recorded
            FROM (
                SELECT s.indicator_id, {part} AS part, p.plan_id, count(*) AS count
                FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id WHERE {regions}
                GROUP BY s.indicator_id, {part}, p.plan_id
            ) o
            JOIN indicators_plan q ON q.id = o.plan_id
            JOIN (VALUES {years}) y ON y.column1 BETWEEN q.first_year AND q.last_year
            UNION ALL
            SELECT s.indicator_id, {part}, 0, count(DISTINCT s.id), 0, 0
            FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id WHERE {regions}
            GROUP BY s.indicator_id, {part}
            UNION ALL
            SELECT s.indicator_id, {part}, p.baseline_year, 0, count(*), 0
            FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
            WHERE p.baseline_year IS NOT NULL AND {regions}
            GROUP BY s.indicator_id, {part}, p.baseline_year
            UNION ALL
            SELECT s.indicator_id, {part}, a.year, 0, 0, count(*)
            FROM indicators_series s JOIN indicators_actual a ON a.series_id = s.id
            WHERE a.value IS NOT NULL AND {regions}
            GROUP BY s.indicator_id, {part}, a.year
        ) counted
        GROUP BY indicator_id, part, year
        """,
    ),
    "indicators_findingtally": (
        ("region_id", "code", "count"),
        """
        SELECT s.region_id, f.code, count(*) FROM indicators_series s JOIN indicators_qualityfinding f ON f.series_id = s.id
        WHERE {regions} GROUP BY s.region_id, f.code
        """,
    ),
}
# Added up from the tallies themselves whenever something was counted again: some thousand rows.
_DUE = " + ".join(status for status in STATUSES if status != Status.NOT_DUE)
_SUMS = ("plan_indicators", "in_table", "baselines", "required", *STATUSES)
_TOTAL_COLUMNS = ("year", "regions", "plans", "complete", "silent", *_SUMS)
_TOTAL = f"""
    SELECT year, count(*), (SELECT count(DISTINCT plan_id) FROM indicators_plantally),
        count(CASE WHEN {_DUE} > 0 AND no_data = 0 THEN 1 END), count(CASE WHEN {_DUE} > 0 AND no_data = {_DUE} THEN 1 END),
        {", ".join(f"sum({name})" for name in _SUMS)}
    FROM (
        SELECT years.year, t.region_id, sum(t.plan_indicators) AS plan_indicators, sum(t.in_table) AS in_table,
            sum(t.baselines) AS baselines, {", ".join(f"sum(COALESCE(y.{name}, 0)) AS {name}" for name in _SUMS[3:])}
        FROM indicators_plantally t
        CROSS JOIN (SELECT DISTINCT year FROM indicators_yeartally UNION SELECT 0) years
        LEFT JOIN indicators_yeartally y ON y.year = years.year AND y.region_id = t.region_id AND y.plan_id = t.plan_id
        GROUP BY years.year, t.region_id
    ) of_region
    GROUP BY year
"""
MOST = 8
_LEAST_COLUMNS = ("year", "region_id", "due", "missing")
_LEAST = f"""
    SELECT year, region_id, due, missing
    FROM (
        SELECT year, region_id, sum({_DUE}) AS due, sum(no_data) AS missing,
            row_number() OVER (PARTITION BY year ORDER BY sum(no_data) DESC, region_id) AS place
        FROM indicators_yeartally GROUP BY year, region_id HAVING sum(no_data) > 0
    ) ranked
    WHERE place <= {MOST}
"""
_SUMMED = {
    "indicators_yeartotal": (_TOTAL_COLUMNS, _TOTAL),
    "indicators_leastreported": (_LEAST_COLUMNS, _LEAST),
    "indicators_findingtotal": (
        ("code", "count"),
        "SELECT code, sum(count) FROM indicators_findingtally GROUP BY code",
    ),
}
# A change in one region has its part counted again: these many neighbours, since what is computed together lies together.
REGIONS_IN_PART = 64
_KEYS = ("region_id", "plan_id", "indicator_id", "part", "year", "code")
_YEARS = ", ".join(f"({year})" for year in range(FIRST_YEAR, LAST_YEAR + 1))
_EVERYWHERE = Scope("1 = 1", ())


def of_series(series_ids: Iterable[int]) -> bool:
    """Count again in the regions of these series, in the caller's transaction.

    Returns, as the others do, whether that changed what plans set for which regions.
    """
    scope = Scope.of(list(series_ids))
    regions = frames.query(f"SELECT DISTINCT region_id FROM indicators_series WHERE {scope.on('id')}", scope.params)
    return of_regions(region for (region,) in regions)


def of_regions(region_ids: Iterable[int]) -> bool:
    """Count again in these regions, in the caller's transaction."""
    return _count(Scope.of(list(region_ids)))


def everything() -> bool:
    """Count again everywhere, in the caller's transaction."""
    return _count(_EVERYWHERE)


def differences() -> Iterator[tuple[str, str, object, object]]:
    """Yield each count that differs: (where, column, stored, counted); a row that is only on one side says so."""
    counted = {table: (columns, _due(table, "1 = 1")) for table, (columns, _) in _COUNTED.items()}
    for table, (columns, sql) in (counted | _SUMMED).items():
        keys = sum(name in _KEYS for name in columns)
        stored = {row[:keys]: row[keys:] for row in frames.query(f"SELECT {', '.join(columns)} FROM {table}")}
        due = {row[:keys]: row[keys:] for row in frames.query(sql)}
        for key in sorted(stored.keys() | due.keys()):
            where = f"{table} {dict(zip(columns, key, strict=False))}"
            if key not in stored:
                yield where, "row", None, "missing"
            elif key not in due:
                yield where, "row", "superfluous", None
            else:
                for name, there, should in zip(columns[keys:], stored[key], due[key], strict=True):
                    if there != should:
                        yield where, name, there, should


def _count(regions: Scope) -> bool:
    before = _set(regions)
    for table in _COUNTED:
        _recount(table, regions)
    for table, (columns, sql) in _SUMMED.items():
        _exchange(table, columns, sql, (), _EVERYWHERE.condition, ())
    return _set(regions) != before


def _set(regions: Scope) -> set[tuple]:
    """What plans set for regions, which no figure changes."""
    columns = "region_id, plan_id, plan_indicators, in_table, baselines"
    return set(frames.query(f"SELECT {columns} FROM indicators_plantally WHERE {regions.on('region_id')}", regions.params))


def _recount(table: str, regions: Scope) -> None:
    columns, _ = _COUNTED[table]
    where, due = regions.on("region_id"), _due(table, regions.on("s.region_id"))
    params = regions.params
    if "part" in columns and regions is not _EVERYWHERE:
        parts = frames.query(f"SELECT DISTINCT {_part('id')} FROM regions_region WHERE {regions.on('id')}", params)
        scope = Scope.of([part for (part,) in parts])
        where, due, params = scope.on("part"), _due(table, scope.on(_part("s.region_id"))), scope.params
    _exchange(table, columns, due, params * due.count("%s"), where, params)


def _exchange(table: str, columns: tuple[str, ...], due: str, due_params: tuple, where: str, params: tuple) -> None:
    """Have a part of a table hold the rows that are due, and touch none that are there already.

    A change is of a few rows among thousands; each row that is written anew leaves an old one behind, through which pages read
    until it is cleared away.
    """
    names = ", ".join(columns)
    there = f"SELECT {names} FROM {table} WHERE {where}"
    with connection.cursor() as cursor:
        # By way of a table of its own: into one that stays, PostgreSQL would count with a single process.
        cursor.execute("DROP TABLE IF EXISTS counted_anew")
        cursor.execute(f"CREATE TEMP TABLE counted_anew AS WITH due ({names}) AS ({due}) SELECT * FROM due", due_params)
        superfluous = f"{there} EXCEPT SELECT {names} FROM counted_anew"
        cursor.execute(f"DELETE FROM {table} WHERE {where} AND ({names}) IN ({superfluous})", (*params, *params))
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM counted_anew EXCEPT {there}", params)
        cursor.execute("DROP TABLE counted_anew")


def _due(table: str, regions: str) -> str:
    return _COUNTED[table][1].format(regions=regions, part=_part("s.region_id"), years=_YEARS)


def _part(region: str) -> str:
    return f"({region} / {REGIONS_IN_PART})"
