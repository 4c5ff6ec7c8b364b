"""A site of its own for a test: PostgreSQL, a Redis that the test may stop, workers that it may kill."""

import contextlib
import os
import signal
import subprocess
import time

import psycopg2

from tests.ipdash.processes import BIN, bare_environment, free_port, run, started, wait_until

# What `manage.py shell` runs to enter and approve a figure, as a clerk and a reviewer would; prints the moment of the commit.
CHANGE = """
import time
from decimal import Decimal
from indicators import workflow
from indicators.models import Actual, Series
from regions.models import User
series = Series.objects.get(region__code="{region}", indicator__code="{indicator}")
standing = Actual.objects.filter(series=series, year={year}).first()
entry = workflow.submit(series, {year}, value=Decimal("{value}"), by=User.objects.get(username="clerk"),
    seen_version=standing.version if standing else 0, source="test", note="test")
workflow.approve(entry, by=User.objects.get(username="reviewer"), version=entry.version)
print("committed", time.time())
"""
PEOPLE = """
from regions.models import Assignment, Region, User
for name, role in (("clerk", "clerk"), ("reviewer", "reviewer")):
    person = User.objects.create_user(name)
    Assignment.objects.create(user=person, region=Region.objects.get(code="150000"), role=role, includes_descendants=True)
"""


class Site:
    """The bundled plans in a database, with all progress computed."""

    def __init__(self, folder, postgres_url):
        self.folder, self.postgres_url = folder, postgres_url
        self.redis_port = free_port()
        self.environment = bare_environment(
            folder,
            DATABASE_URL=postgres_url,
            REDIS_URL=f"redis://127.0.0.1:{self.redis_port}/0",
            VAR_DIR=str(folder / "var"),
            SWEEP_SECONDS="2",
        )

    def prepare(self):
        for command in (["migrate", "-v0"], ["load_plans", "-v0"], ["shell", "-v0", "-c", PEOPLE], ["rebuild_progress"]):
            self.manage(*command)

    def manage(self, *arguments, seconds=300):
        done = run([BIN / "python", "manage.py", *arguments], self.environment, seconds=seconds)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def change(self, value, region="150600", indicator="valid-trademarks", year=2024):
        """Enter and approve a figure; the moment at which it was committed."""
        printed = self.manage("shell", "-v0", "-c", CHANGE.format(region=region, indicator=indicator, year=year, value=value))
        return float(printed.split("committed")[1])

    @contextlib.contextmanager
    def redis(self):
        """A Redis server of this test; whoever leaves the block stops it."""
        command = ["redis-server", "--port", self.redis_port, "--save", "", "--appendonly", "no", "--dir", self.folder]
        with started(command, self.environment, self.folder / "redis.log") as process:
            wait_until(lambda: "Ready to accept connections" in (self.folder / "redis.log").read_text(), 60, "Redis answers")
            yield process

    @contextlib.contextmanager
    def worker(self):
        """A worker with beat, as two services run in production."""
        log = self.worker_log = self.folder / f"worker-{time.monotonic_ns()}.log"
        celery = [BIN / "celery", "-A", "ipdash"]
        beat = [*celery, "beat", "--schedule", self.folder / "schedule", "--pidfile", ""]
        with (
            started([*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"], self.environment, log) as process,
            started(beat, self.environment, self.folder / "beat.log"),
        ):
            wait_until(lambda: "ready." in log.read_text(), 120, "worker ready")
            yield process

    def connections(self):
        """How often the last worker connected to Redis."""
        return self.worker_log.read_text().count("Connected to redis")

    def kill(self, process):
        """kill -9, the worker and its children at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def rows(self, query, *values):
        with contextlib.closing(psycopg2.connect(self.postgres_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def stored(self, year=2024, region="150600", indicator="valid-trademarks"):
        """The actual that the stored progress rests on."""
        [(actual,)] = self.rows(
            "SELECT g.actual FROM indicators_progress g JOIN indicators_planindicator p ON p.id = g.plan_indicator_id"
            " JOIN indicators_series s ON s.id = p.series_id JOIN regions_region r ON r.id = s.region_id"
            " JOIN indicators_indicator i ON i.id = s.indicator_id WHERE r.code = %s AND i.code = %s AND g.year = %s",
            region,
            indicator,
            year,
        )
        return actual

    def marks(self):
        [(count,)] = self.rows("SELECT count(*) FROM indicators_stalemark")
        return count

    def check(self):
        """What check_progress prints; fails when anything differs."""
        return self.manage("check_progress")

    def start_shell(self, code, log):
        """A process that runs code in `manage.py shell`, not waited for."""
        command = [str(BIN / "python"), "manage.py", "shell", "-v0", "-c", code]
        with log.open("w") as output:
            return subprocess.Popen(command, env=self.environment, stdout=output, stderr=subprocess.STDOUT)
