"""Backups by the commands of docs/operations.md, taken while somebody writes, restored elsewhere: whole, and at work again."""

import contextlib
import re
import shutil
import sqlite3
import time

import pytest

from tests.ipdash.processes import BASE_DIR, bare_environment, run, wait_until
from tests.reliability.site import Site
from tests.servers import execute

pytestmark = [pytest.mark.deployment]

# One figure corrected again and again, as fast as it goes: 1, 2, 3 … each acknowledged on its own line.
WRITER = """
from decimal import Decimal
from indicators import workflow
from indicators.models import Series
from regions.models import User
clerk, reviewer = User.objects.get(username="clerk"), User.objects.get(username="reviewer")
series = Series.objects.get(region__code="150600", indicator__code="valid-trademarks")
for number in range(1, 100_000):
    entry = workflow.submit(series, 2010, value=Decimal(number), by=clerk, seen_version=number - 1, source="test", note="test")
    workflow.approve(entry, by=reviewer, version=entry.version)
    print(number, flush=True)
"""
STANDS = """
from indicators.models import Actual, Plan, Revision
from regions.models import User
actual = Actual.objects.get(year=2010)
public = Revision.objects.filter(year=2010, act__in=["approve", "correct"]).order_by("pk")
print("stands", int(actual.value), actual.version, Plan.objects.count(), User.objects.filter(username="clerk").count())
print("history", *[int(value) for value in public.values_list("new_value", flat=True)])
"""
FORBIDDEN = """
from django.db import DatabaseError
from indicators.models import Revision
try:
    Revision.objects.update(reason="changed")
except DatabaseError:
    print("history cannot be changed")
"""


@contextlib.contextmanager
def writing(site):
    """Somebody writes; a function tells how far that has been acknowledged."""
    log = site.folder / "written.log"
    process = site.start_shell(WRITER, log)

    def written():
        numbers = re.findall(r"^(\d+)\n", log.read_text(), re.MULTILINE)
        return int(numbers[-1]) if numbers else 0

    try:
        wait_until(lambda: written() >= 5, 120, "somebody writes")
        yield written
        assert process.poll() is None, log.read_text()
    finally:
        process.kill()
        process.wait()


def check(restored, before, after):
    """Everything that was acknowledged before the backup began, nothing torn, and a site that goes on."""
    printed = restored.manage("shell", "-v0", "-c", STANDS)
    value, version, plans, clerks = map(int, re.search(r"stands (.*)", printed)[1].split())
    assert before <= value <= after + 1
    assert version == value
    assert [*map(int, re.search(r"history (.*)", printed)[1].split())] == [*range(1, value + 1)]
    assert (plans, clerks) == (5, 1)
    assert "history cannot be changed" in restored.manage("shell", "-v0", "-c", FORBIDDEN)
    restored.manage("migrate", "--check")
    restored.change(77_000)
    restored.manage("rebuild_progress")
    assert "0 处不同" in restored.check()


def test_sqlite_backup_under_writes_is_whole_elsewhere(tmp_path):
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'ipdash.sqlite3'}")
    site.prepare()
    with writing(site) as written:
        before, began = written(), time.monotonic()
        with contextlib.closing(sqlite3.connect(tmp_path / "ipdash.sqlite3")) as connection:
            connection.execute(f"VACUUM INTO '{tmp_path / 'backup.sqlite3'}'")
        seconds, after = time.monotonic() - began, written()
    with contextlib.closing(sqlite3.connect(tmp_path / "backup.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    print(f"backup of {(tmp_path / 'backup.sqlite3').stat().st_size // 1024} kB in {seconds:.2f} s")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "backup.sqlite3", elsewhere / "ipdash.sqlite3")
    check(Site(elsewhere, f"sqlite:///{elsewhere / 'ipdash.sqlite3'}"), before, after)


@pytest.fixture
def other_url(postgres_url):
    """An empty database beside the first."""
    address, name = postgres_url.rsplit("/", 1)
    execute("CREATE DATABASE {}", f"{name}_restored")
    yield f"{address}/{name}_restored"
    execute("DROP DATABASE {} WITH (FORCE)", f"{name}_restored")


@pytest.mark.postgres
def test_postgresql_backup_under_writes_is_whole_elsewhere(tmp_path, postgres_url, other_url):
    if not shutil.which("pg_dump"):
        pytest.skip("no pg_dump on this machine")
    site = Site(tmp_path, postgres_url)
    site.prepare()
    path, environment = tmp_path / "backup.dump", bare_environment(tmp_path)
    with writing(site) as written:
        before = written()
        done, seconds = _timed(["pg_dump", "--format", "custom", "--no-owner", "--file", path, postgres_url], environment)
        assert done.returncode == 0, done.stderr
        after = written()
    print(f"backup of {path.stat().st_size // 1024} kB in {seconds:.2f} s")
    done, seconds = _timed(["pg_restore", "--no-owner", "--exit-on-error", "--dbname", other_url, path], environment)
    assert done.returncode == 0, done.stderr
    print(f"restored in {seconds:.2f} s")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    check(Site(elsewhere, other_url), before, after)


def _timed(command, environment):
    began = time.monotonic()
    return run(command, environment), time.monotonic() - began


def test_operations_tell_these_very_commands():
    told = (BASE_DIR / "docs" / "operations.md").read_text()
    for command in (
        "VACUUM INTO",
        "PRAGMA integrity_check",
        "pg_dump --format custom --no-owner",
        "pg_restore --no-owner --exit-on-error",
    ):
        assert command in told
