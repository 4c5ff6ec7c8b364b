"""The eleven figures in DuckDB, one statement."""

import duckdb

from bench.engines.clock import timed

SQL = """
COPY (
    WITH plan AS (
        SELECT plan_indicator, series, first_year, last_year, baseline_year, baseline_value AS b,
            CASE WHEN direction = 'decrease' THEN -1.0::DOUBLE ELSE 1.0::DOUBLE END AS sign
        FROM read_parquet('{source}/plan_indicators.parquet')
    ),
    asked AS (
        SELECT t.plan_indicator, t.year,
            CASE WHEN t.kind = 'at_most' OR (t.kind = 'range' AND p.sign < 0) THEN t.upper ELSE t.lower END AS required
        FROM read_parquet('{source}/targets.parquet') t JOIN plan p USING (plan_indicator)
    ),
    recorded AS (
        SELECT series, year, value FROM read_parquet('{source}/actuals.parquet')
        WHERE year >= (SELECT min(first_year) - 1 FROM plan)
    ),
    due AS (
        SELECT p.*, unnest(range(p.first_year, p.last_year + 1)) AS year FROM plan p
    ),
    facts AS (
        SELECT d.plan_indicator, d.year, d.sign, d.b, d.last_year, d.baseline_year,
            t.required, f.required AS final, a.value AS a,
            CASE WHEN before.value IS NULL AND d.baseline_year = d.year - 1 THEN d.b ELSE before.value END AS before
        FROM due d
        LEFT JOIN asked t ON t.plan_indicator = d.plan_indicator AND t.year = d.year
        LEFT JOIN asked f ON f.plan_indicator = d.plan_indicator AND f.year = d.last_year
        LEFT JOIN recorded a ON a.series = d.series AND a.year = d.year
        LEFT JOIN recorded before ON before.series = d.series AND before.year = d.year - 1
        WHERE d.baseline_year IS NULL OR d.year > d.baseline_year
    ),
    grown AS (
        SELECT *,
            CASE WHEN b > 0 AND a >= 0 THEN pow(a / b, 1 / (year - baseline_year)) - 1 END AS cagr,
            CASE WHEN b > 0 AND final > 0 THEN pow(final / b, 1 / (last_year - baseline_year)) - 1 END AS planned_cagr
        FROM facts
    )
    SELECT plan_indicator, year, a AS actual, required,
        sign * (required - a) AS gap,
        sign * (final - a) AS gap_final,
        CASE WHEN a < 0 OR required < 0 THEN NULL WHEN sign > 0 AND required > 0 THEN a / required
            WHEN sign < 0 AND a > 0 THEN required / a END AS attainment,
        CASE WHEN sign * (final - b) > 0 THEN (a - b) / (final - b) END AS completion,
        CASE WHEN before > 0 THEN a / before - 1 END AS yoy,
        cagr, planned_cagr,
        CASE WHEN year < last_year AND sign * (final - a) > 0 AND a > 0 AND final > 0
            THEN pow(final / a, 1 / (last_year - year)) - 1 END AS required_cagr,
        CASE WHEN planned_cagr <> 0 THEN sign * cagr / abs(planned_cagr) END AS trend_ratio
    FROM grown ORDER BY plan_indicator, year
) TO '{to}' (FORMAT parquet, COMPRESSION snappy)
"""


def work(source, to):
    duckdb.sql(SQL.format(source=source, to=to))


if __name__ == "__main__":
    timed(work)
