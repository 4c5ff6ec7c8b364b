"""Database to database with polars: COPY as CSV, the eleven figures, COPY of whole rows into a table like progress.

Progress has more columns than these figures. Their values are taken from a file that holds them ready, so that both sides
write the same rows; reading that file is no part of the work and is not counted.
"""

import io
import json
import sys
import time

import polars as pl
import psycopg2

from bench.engines.clock import FIGURES
from bench.engines.polars import KEYS, figures

TABLE = "bench_progress"

# What the work starts from: the three inputs of the calculation, as the database has them.
INPUTS = {
    "plan_indicators": """
        SELECT p.id AS plan_indicator, p.series_id AS series, i.direction, n.first_year, n.last_year, p.baseline_year,
            p.baseline_value
        FROM indicators_planindicator p JOIN indicators_plan n ON n.id = p.plan_id
        JOIN indicators_series s ON s.id = p.series_id JOIN indicators_indicator i ON i.id = s.indicator_id
    """,
    "targets": "SELECT plan_indicator_id AS plan_indicator, year, kind, lower, upper FROM indicators_target",
    "actuals": "SELECT series_id AS series, year, value FROM indicators_actual WHERE value IS NOT NULL",
}
TYPES = {
    "plan_indicator": pl.Int64, "series": pl.Int64, "direction": pl.Categorical, "first_year": pl.Int64,
    "last_year": pl.Int64, "baseline_year": pl.Float64, "baseline_value": pl.Float64, "year": pl.Int64,
    "kind": pl.Categorical, "lower": pl.Float64, "upper": pl.Float64, "value": pl.Float64,
}  # fmt: skip


def read(cursor, query):
    buffer = io.BytesIO()
    cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", buffer)
    buffer.seek(0)
    return pl.read_csv(buffer, schema_overrides=TYPES).lazy()


def main():
    url, rest_of_the_columns = sys.argv[1], sys.argv[2]
    not_counted = time.perf_counter()
    rest = pl.read_parquet(rest_of_the_columns)
    start = time.perf_counter()
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        computed = figures(*(read(cursor, query) for query in INPUTS.values())).collect()
        rows = computed.join(rest, on=KEYS, how="left", maintain_order="left").rename({"plan_indicator": "plan_indicator_id"})
        buffer = io.BytesIO()
        rows.write_csv(buffer, include_header=False)
        buffer.seek(0)
        cursor.execute(f"TRUNCATE {TABLE}")
        cursor.copy_expert(f"COPY {TABLE} ({', '.join(rows.columns)}) FROM STDIN (FORMAT csv)", buffer)
    connection.close()
    print(json.dumps({"seconds": time.perf_counter() - start, "not_counted": start - not_counted}))


def prepare(url, rest_of_the_columns):
    """Make the table, as progress is with all its constraints, and the file with the columns that are not computed here."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} (LIKE indicators_progress INCLUDING ALL)")
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'indicators_progress'::regclass"
            " AND contype = 'f'"
        )
        for (foreign_key,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {TABLE} ADD {foreign_key}")
        cursor.execute(f"SELECT * FROM {TABLE} LIMIT 0")
        columns = [column.name for column in cursor.description if column.name not in ("id", *FIGURES)]
        buffer = io.BytesIO()
        names = ", ".join("plan_indicator_id AS plan_indicator" if name == "plan_indicator_id" else name for name in columns)
        cursor.copy_expert(f"COPY (SELECT {names} FROM indicators_progress) TO STDOUT (FORMAT csv, HEADER)", buffer)
        buffer.seek(0)
        ids = {"region_id": pl.Int64, "indicator_id": pl.Int64}
        texts = {"met": pl.String, "status": pl.String, "reason_letters": pl.String, "computed_at": pl.String}
        numbers = {name: pl.Float64 for name in columns if name not in (*texts, *ids, "plan_indicator_id", "year")}
        pl.read_csv(buffer, schema_overrides=texts | ids | numbers).write_parquet(rest_of_the_columns)


if __name__ == "__main__":
    if sys.argv[3:] == ["--prepare"]:
        prepare(*sys.argv[1:3])
    else:
        main()
