"""What `make test` runs: the checks, then the tests once per surrounding (a lane), and a table of what ran and what not."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import psycopg2
import redis
from psycopg2 import sql

BASE_DIR = Path(__file__).resolve().parent.parent
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS_URL = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"
POSTGRES_DATABASE = f"ipdash_lane_{os.getpid()}"  # its own, so that two runs at once do not meet
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
NO_TESTS_COLLECTED = 5
BOTH_CORES = ["-n", "2", "--dist", "worksteal"]  # the tests of a file stay together until one worker has nothing left

CHECKS = [["ruff", "format", "--check", "--quiet", "."], ["ruff", "check", "--quiet", "."], ["mypy"], ["lint-imports"]]


@dataclass
class Lane:
    """One run of pytest in one surrounding."""

    name: str
    tests: str  # the expression of markers
    missing: Callable[[], str | None]  # why it cannot run, if it cannot
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    may_be_empty: bool = False


@dataclass
class Outcome:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    note: str = ""

    def row(self):
        counts = [f"{self.passed} passed"] * bool(self.passed) + [f"{self.failed} failed"] * bool(self.failed)
        counts += [f"{self.skipped} skipped"] * bool(self.skipped) + [self.note] * bool(self.note)
        return f"{self.name:<11} {self.seconds:6.1f} s  {', '.join(counts)}"


def lanes():
    without_postgres = postgres_missing()
    return [
        Lane("SQLite", "not (postgres or redis or browser)", lambda: None, BOTH_CORES),
        Lane(
            "PostgreSQL",
            "not (redis or browser or deployment)",
            lambda: without_postgres,
            # Arithmetic knows no database.
            [*BOTH_CORES, "--ignore=tests/indicators/calculation"],
            {"DATABASE_URL": f"{POSTGRES_URL.rsplit('/', 1)[0]}/{POSTGRES_DATABASE}"},
        ),
        # Whole deployments need both servers. A file's tests share one, and wait for it more than they compute.
        Lane(
            "Redis",
            "redis and not postgres" if without_postgres else "redis or (postgres and deployment)",
            redis_missing,
            ["-n", "2", "--dist", "loadfile"],
            may_be_empty=True,
        ),
        Lane("browser", "browser", browser_missing, BOTH_CORES, may_be_empty=True),
    ]


def postgres_missing():
    try:
        psycopg2.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg2.OperationalError:
        return f"nothing answers at {without_password(POSTGRES_URL)}"
    return None


def redis_missing():
    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
    except redis.RedisError:
        return f"nothing answers at {without_password(REDIS_URL)}"
    return None


def browser_missing():
    if not any(shutil.which(name) for name in BROWSERS):
        return "no Chromium (Debian, Ubuntu: apt install chromium)"
    fonts = shutil.which("fc-list") and subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout.strip()
    return None if fonts else "no Chinese font (Debian, Ubuntu: apt install fonts-wqy-microhei)"


def without_password(url):
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}"


def run_checks():
    outcome, began = Outcome("checks"), time.monotonic()
    for command in CHECKS:
        print(f"$ {' '.join(command)}", flush=True)
        code = subprocess.run(
            [Path(sys.executable).parent / command[0], *command[1:]], cwd=BASE_DIR, env=environment(), check=False
        ).returncode
        outcome.failed += code != 0
    outcome.seconds = time.monotonic() - began
    if not outcome.failed:
        outcome.note = "clean"
    return outcome


def run_lane(lane, *, slow, required):
    """The outcome; a lane that cannot run is a failure where every lane is required."""
    print(f"\n==== {lane.name}", flush=True)
    if reason := lane.missing():
        return Outcome(lane.name, failed=int(required), note=f"did not run: {reason}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        tests = lane.tests if slow else f"not slow and ({lane.tests})"
        command = [sys.executable, "-m", "pytest", "-q", "-m", tests, f"--junitxml={report}", *lane.arguments]
        code = subprocess.run(command, cwd=BASE_DIR, env=environment() | lane.environment, check=False).returncode
        outcome = counted(lane.name, report)
    outcome.seconds = time.monotonic() - began
    if code == NO_TESTS_COLLECTED:
        outcome.note = "no tests yet" if lane.may_be_empty else "no tests collected"
        outcome.failed += not lane.may_be_empty
    elif code and not outcome.failed:
        outcome.failed, outcome.note = 1, f"pytest ended with code {code}"
    return outcome


def counted(name, report):
    """The counts in pytest's report; none when it did not get as far as writing one."""
    outcome = Outcome(name)
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            total, failed, errors, skipped = (int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped"))
            outcome.failed += failed + errors
            outcome.skipped += skipped
            outcome.passed += max(0, total - failed - errors - skipped)
    return outcome


def environment():
    """The surroundings without what this machine's user may have set for ipdash itself; each lane says what it needs."""
    ours = ("DATABASE_URL", "REDIS_URL", "IPDASH_MODE", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", "VAR_DIR", "PORT")
    # Else each of the many processes would compile all modules and rewrite all tests for itself.
    ours += ("PYTHONDONTWRITEBYTECODE",)
    urls = {"TEST_POSTGRES_URL": POSTGRES_URL, "TEST_REDIS_URL": REDIS_URL}
    return {name: value for name, value in os.environ.items() if name not in ours} | urls


def drop_leftovers():
    """Drop what an interrupted PostgreSQL lane left behind."""
    if postgres_missing():
        return
    connection = psycopg2.connect(POSTGRES_URL)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^test_{POSTGRES_DATABASE}(_gw[0-9]+)?$"])
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    connection.close()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks-only", action="store_true", help="format, lint, types and import contracts, no tests")
    parser.add_argument("--slow", action="store_true", help="also the tests marked slow")
    options = parser.parse_args(arguments)
    required = any(os.environ.get(name, "").lower() in ("1", "true") for name in ("CI", "REQUIRE_ALL_LANES"))
    outcomes = [run_checks()]
    if not options.checks_only:
        try:
            outcomes += [run_lane(lane, slow=options.slow, required=required) for lane in lanes()]
        except KeyboardInterrupt:
            return 130
        finally:
            drop_leftovers()
    passed, failed, skipped = (
        sum(getattr(outcome, count) for outcome in outcomes) for count in ("passed", "failed", "skipped")
    )
    print("\n" + "\n".join(outcome.row() for outcome in outcomes) + "\n")
    if not options.checks_only:
        print(f"{passed} passed, {failed} failed" + f", {skipped} skipped" * bool(skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
