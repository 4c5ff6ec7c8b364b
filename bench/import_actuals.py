"""`import`: a file of a million figures into the database, every row checked, with revisions and stale marks; and again."""

import sys
import tempfile
from contextlib import closing
from itertools import islice
from pathlib import Path

import psycopg2
from psycopg2 import sql

from bench import databases, dataset, turns
from bench.turns import Contender, module

SUMMARY = "import_actuals of 1 M rows, and again, against COPY of the same clean rows into the same tables; against bulk_create"
NEEDS = ("psycopg2-binary",)
ROWS = {"nation": 1_000_000, "province": 100_000, "small": 1_500}
COPY_LINE, AGAIN_LINE, ORM_LINE = 1.5, 0.5, 0.4
TABLES = ("indicators_actual", "indicators_revision", "indicators_stalemark", "indicators_change")
TEMPLATE, OURS, THEIRS = "ipdash_bench_import_template", "ipdash_bench_import", "ipdash_bench_import_copy"

# What both find: regions, indicators, people, and a series for each pair.
SERIES = """
    INSERT INTO indicators_series (region_id, indicator_id)
    SELECT r.id, i.id FROM regions_region r CROSS JOIN indicators_indicator i ORDER BY 1, 2
    ON CONFLICT (region_id, indicator_id) DO NOTHING
"""


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    folder.mkdir(parents=True, exist_ok=True)
    server = databases.server()
    file = _file(folder, scale)
    _make_template(server, scale, folder)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        rows = Path(place)
        ours = _ours("ipdash", server, folder, file, prepare=lambda: _anew(server, OURS))
        again = _ours("ipdash, the same file again", server, folder, file, prepare=lambda: _settle(server))
        turns.once(ours)
        _save(databases.at(server, OURS), rows)
        copy = Contender(
            "COPY",
            module("bench.engines.copy_clean", databases.at(server, THEIRS), rows, *TABLES),
            prepare=lambda: _anew(server, THEIRS),
        )
        turns.once(copy)
        _refuse_unequal(server)
        done = {name: [] for name in (ours.name, again.name, copy.name)}
        for number in range(count):
            mine, theirs = [ours, again], [copy]
            for contender in mine + theirs if number % 2 == 0 else theirs + mine:
                done[contender.name] += turns.in_turn([contender], 1)[contender.name]
        orm = Contender(
            "bulk_create",
            module("bench.engines.orm_import", rows),
            databases.environment(databases.at(server, THEIRS), folder) | {"DJANGO_SETTINGS_MODULE": "ipdash.settings"},
            prepare=lambda: _anew(server, THEIRS),
        )
        orm_turn = turns.once(orm)
        _refuse_unequal(server)
    versions = {
        "postgresql": databases.server_version(databases.at(server, OURS)),
        **turns.versions("Django", "pandas", "psycopg2-binary"),
    }
    whole = {name: [turn.whole for turn in turned] for name, turned in done.items()}
    seconds, peaks = turns.medians(done, "whole"), turns.medians(done, "peak_mib")
    told = {"name": "import", "scale": scale, "turns": count, "versions": versions, "load": load}
    passed = [
        turns.tell(
            project=f"import_actuals, {ROWS[scale]:,} rows of CSV: {name}",
            against="COPY of the same clean rows into actuals, revisions, stale marks and changes",
            ratios={"whole process": turns.ratio(whole[name], whole[copy.name])},
            pass_line=line,
            seconds={one: seconds[one] for one in (name, copy.name)},
            peak_mib={one: peaks[one] for one in (name, copy.name)},
            **told,
        )
        for name, line in ((ours.name, COPY_LINE), (again.name, AGAIN_LINE))
    ]
    passed.append(
        turns.tell(
            project=f"import_actuals, {ROWS[scale]:,} rows of CSV: {ours.name}",
            against="bulk_create of the same rows, 5,000 a time, nothing checked; once",
            ratios={"whole process": turns.ratio(whole[ours.name], [orm_turn.whole] * count)},
            pass_line=ORM_LINE,
            seconds={ours.name: seconds[ours.name], orm.name: orm_turn.whole},
            peak_mib={ours.name: peaks[ours.name], orm.name: orm_turn.peak_mib},
            **told,
        )
    )
    for name in (OURS, THEIRS):
        _drop(server, name)
    return all(passed)


def _file(folder: Path, scale: str) -> Path:
    """The first rows of the scale's figures."""
    path = folder / scale / f"import-{ROWS[scale]}.csv"
    if not path.exists():
        with (dataset.files(folder, scale) / "actuals.csv").open() as whole, path.open("w") as part:
            part.writelines(islice(whole, ROWS[scale] + 1))
    return path


def _ours(name, server, folder, file, *, prepare):
    people = ["--user", "bench-clerk", "--approve-by", "bench-reviewer"]
    command = [sys.executable, "manage.py", "import_actuals", str(file), *people]
    return Contender(name, command, databases.environment(databases.at(server, OURS), folder), prepare=prepare)


def _make_template(server, scale, folder):
    """Regions, indicators, people and series, and nothing else yet; made anew, since it costs seconds."""
    _drop(server, TEMPLATE)
    _on_server(server, "CREATE DATABASE {}", TEMPLATE)
    url, files = databases.at(server, TEMPLATE), dataset.files(folder, scale)
    plan = folder / scale / "import-indicators.csv"
    with (files / "plan.csv").open() as whole, plan.open("w") as part:
        part.writelines(islice(whole, 1 + 5 * dataset.SCALES[scale][1]))
    header = ["--title", "基准测试", "--region", "100000", "--first-year", "2021", "--last-year", "2025"]
    for arguments in (
        ["migrate", "--verbosity", "0"],
        ["import_regions", str(files / "regions.csv")],
        ["import_plan", str(plan), *header],
        ["shell", "--verbosity", "0", "--command", databases.PEOPLE],
    ):
        databases.manage(arguments, url, folder)
    databases.execute(url, SERIES, "TRUNCATE indicators_stalemark, indicators_change", "VACUUM ANALYZE")


def _anew(server, name):
    _drop(server, name)
    _on_server(server, f"CREATE DATABASE {{}} TEMPLATE {TEMPLATE}", name)
    databases.execute(databases.at(server, name), "CHECKPOINT")


def _settle(server):
    """Between the first time and the second: what the database does by itself within a minute."""
    databases.execute(databases.at(server, OURS), "ANALYZE indicators_actual", "CHECKPOINT")


def _drop(server, name):
    _on_server(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _on_server(server, statement, name):
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _save(url, rows: Path):
    """The rows that the project wrote, as clean as the contender gets them."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for table in TABLES:
            with (rows / f"{table}.csv").open("wb") as file:
                cursor.copy_expert(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)", file)


def _refuse_unequal(server):
    """Both databases hold the same rows afterwards."""
    told = [[databases.execute(databases.at(server, name), _sum(table)) for table in TABLES] for name in (OURS, THEIRS)]
    if told[0] != told[1]:
        raise SystemExit(f"import: the tables are not the same: {told}")


def _sum(table):
    # Moments are when each was written; all else is compared by the hash of the whole row.
    return f"SELECT count(*), sum(hashtext((to_jsonb(t) - 'at' - 'marked_at' - 'approved_at')::text)::bigint) FROM {table} t"
