"""For Datasette: the list of actuals as one SQLite table, in the list's order, indexed by region and by indicator."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

COLUMNS = "id, region, indicator, year, value, not_applicable, unit, source, source_url, version, note, updated_at"
ROWS = """
    SELECT a.id, r.code, i.code, a.year, a.value::float8, a.not_applicable::int, i.unit, a.source, a.source_url, a.version,
        a.note, a.approved_at::text
    FROM indicators_actual a JOIN indicators_series s ON s.id = a.series_id JOIN regions_region r ON r.id = s.region_id
    JOIN indicators_indicator i ON i.id = s.indicator_id
    ORDER BY s.region_id, s.indicator_id, a.year
"""


def main(url, to):
    unfinished = to.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with closing(psycopg2.connect(url)) as source, closing(sqlite3.connect(unfinished)) as target:
        target.execute("PRAGMA journal_mode=OFF")
        target.execute(f"CREATE TABLE actuals ({COLUMNS})")
        with source.cursor("rows") as cursor:
            cursor.itersize = 20_000
            cursor.execute(ROWS)
            target.executemany(f"INSERT INTO actuals VALUES ({', '.join('?' * 12)})", cursor)
        target.execute("CREATE INDEX by_region ON actuals (region)")
        target.execute("CREATE INDEX by_indicator ON actuals (indicator)")
        target.execute("ANALYZE")
        target.commit()
    unfinished.rename(to)


main(sys.argv[1], Path(sys.argv[2]))
