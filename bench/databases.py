"""A PostgreSQL database per scale, loaded once with the project's own import commands and kept for later runs."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from bench import dataset
from bench.turns import BASE_DIR

DEFAULT_URL = "postgresql://postgres@127.0.0.1:5432/postgres"
LATER = "Kept for later runs; to load it again, drop the database."


def server() -> str:
    """The URL of a server on which databases may be made."""
    return os.environ.get("BENCH_DATABASE_URL") or DEFAULT_URL


def ready(scale: str, folder: Path) -> str:
    """The URL of the database of a scale, made when it is not there; its progress is computed and nothing is stale."""
    at_server = server()
    name = f"ipdash_bench_{scale}"
    with closing(psycopg2.connect(at_server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone():
                manage(["migrate", "--verbosity", "0"], at(at_server, name), folder)
                execute(at(at_server, name), "VACUUM ANALYZE")  # after what benchmarks wrote; a server may have autovacuum off
                return at(at_server, name)
            unfinished = f"{name}_unfinished"
            print(f"  making {name}: minutes at nation. {LATER}", file=sys.stderr)
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(unfinished)))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            _load(at(at_server, unfinished), scale, folder)
            cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name)))
    return at(at_server, name)


def at(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def environment(url: str, folder: Path) -> dict[str, str]:
    """What a process of the project needs to work on the database, and to leave everything else alone."""
    return {"DATABASE_URL": url, "IPDASH_MODE": "local", "VAR_DIR": str(folder / "var"), "LOG_LEVEL": "ERROR", "REDIS_URL": ""}


def manage(arguments: list[str], url: str, folder: Path) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=os.environ | environment(url, folder),
        check=True,
        stdout=subprocess.DEVNULL,
    )


PEOPLE = """
from regions.models import Assignment, Region, User
for name, role in (("bench-clerk", "clerk"), ("bench-reviewer", "reviewer")):
    Assignment.objects.create(
        user=User.objects.create_user(name), region=Region.objects.get(level="country"), role=role, includes_descendants=True
    )
"""


def _load(url, scale, folder):
    files = dataset.files(folder, scale)
    header = ["--title", "基准测试", "--region", "100000", "--first-year", "2021", "--last-year", "2025"]
    for arguments in (
        ["migrate", "--verbosity", "0"],
        ["import_regions", str(files / "regions.csv")],
        ["import_plan", str(files / "plan.csv"), *header],
        ["shell", "--verbosity", "0", "--command", PEOPLE],
        ["import_actuals", str(files / "actuals.csv"), "--user", "bench-clerk", "--approve-by", "bench-reviewer"],
    ):
        manage(arguments, url, folder)
    execute(url, "ANALYZE")  # or the checks that follow would be planned for empty tables
    manage(["rebuild_progress"], url, folder)
    execute(url, "VACUUM ANALYZE")


def execute(url: str, *statements: str) -> list[tuple]:
    """Run statements, each on its own; the rows of the last one."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def server_version(url: str) -> str:
    return execute(url, "SHOW server_version")[0][0].split()[0]
