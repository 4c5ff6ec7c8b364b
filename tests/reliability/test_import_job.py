"""A large import goes through a worker once and only once, whatever falls over; hostile files keep nobody else waiting."""

import contextlib
import http.client
import json
import re
import shutil
import statistics
import threading
import time
from pathlib import Path

import psycopg2
import pytest
import xlsxwriter

from tests.indicators import hostile
from tests.ipdash.processes import BIN, free_port, get, processes_with, started, wait_until
from tests.reliability.site import Site

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.deployment]

ROWS = 20_000
MEGABYTES = 512
# What a page does with an upload and with its confirmation, on the way that every entrance takes.
KEEP = """
from django.core.files import File
from indicators import jobs
from indicators.calculation.vocabulary import JobKind
from indicators.imports import kept
from regions.models import User
with open("{path}", "rb") as file:
    payload = kept.keep(File(file, "大表.xlsx"))
clerk = User.objects.get(username="clerk")
job = jobs.queue(JobKind.IMPORT_ACTUALS, by=clerk, payload={{**payload, "stage": "check", "region": "150600", "year": 2024}})
print("job", job.pk)
"""
CONFIRM = """
from indicators import jobs
from indicators.calculation.vocabulary import JobKind
from regions.models import User
payload = {{"stage": "apply", "check": {check}, "name": "大表.xlsx", "note": "历史数据补录", "state": "submitted",
    "region": "150600", "year": 2024}}
for again in range(2):
    job = jobs.queue(JobKind.IMPORT_ACTUALS, by=User.objects.get(username="clerk"), payload=payload,
        idempotency_key="confirmed-{check}")
print("job", job.pk)
"""
NO_ENTRIES = "DELETE FROM indicators_entry"
SESSION = """
from django.test import Client
from django.utils import timezone
from regions.models import User
User.objects.filter(username="clerk").update(password_changed_at=timezone.now())
client = Client()
client.force_login(User.objects.get(username="clerk"))
print("cookie", client.cookies["sessionid"].value)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, postgres_url):
    site = Site(tmp_path_factory.mktemp("imports"), postgres_url)
    site.prepare()
    return site


@pytest.fixture(scope="module")
def table(site):
    """As many rows as a file may have, over regions, indicators and years."""
    regions = [code for (code,) in site.rows("SELECT code FROM regions_region WHERE code <> '100000' ORDER BY code")]
    indicators = site.rows("SELECT code, unit FROM indicators_indicator ORDER BY code")
    taken = set(
        site.rows(
            "SELECT r.code, i.code, a.year FROM indicators_actual a JOIN indicators_series s ON s.id = a.series_id"
            " JOIN regions_region r ON r.id = s.region_id JOIN indicators_indicator i ON i.id = s.indicator_id"
        )
    )
    keys = (
        (region, code, year, unit)
        for year in range(1950, 2025)
        for region in regions
        for code, unit in indicators
        if (region, code, year) not in taken
    )
    path = site.folder / "table.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["地区代码", "指标代码", "年份", "数值", "单位", "来源", "备注"])
        for count, (region, code, year, unit) in zip(range(ROWS), keys, strict=False):
            sheet.write_row(count + 1, 0, [region, code, year, 10 + count % 89, unit, "统计年鉴", "补录"])
    return path


def job_of(printed):
    return int(re.search(r"job (\d+)", printed)[1])


def state(site, job):
    [(state, done, total, error)] = site.rows("SELECT state, done, total, error FROM indicators_job WHERE id = %s", job)
    assert state != "failed", error
    return state, done, total


def peak(site):
    """The most that any process of the site ever held, in MB."""
    most = 0
    for process in processes_with(f"VAR_DIR={site.folder / 'var'}"):
        with contextlib.suppress(OSError):
            [line] = [line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmHWM")]
            most = max(most, int(line.split()[1]) // 1024)
    return most


def checked(site, table):
    """The job of a check that a worker has done, how long that took, and what was seen of its progress."""
    job = job_of(site.manage("shell", "-v0", "-c", KEEP.format(path=table)))
    began, seen = time.monotonic(), set()

    def is_done():
        now, done, total = state(site, job)
        seen.add((done, total))
        return now == "done"

    wait_until(is_done, 180, "the file is checked")
    return job, time.monotonic() - began, seen


@contextlib.contextmanager
def revisions_cannot_be_written(site):
    """Whoever applies gets stuck in the middle: entries written, their revisions not."""
    with contextlib.closing(psycopg2.connect(site.postgres_url)) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE indicators_revision IN EXCLUSIVE MODE")
        yield
        connection.rollback()


def is_stuck(site):
    return site.rows(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        " AND query LIKE 'INSERT INTO \"indicators_revision\"%%'"
    )


def counts(site, job):
    [(entries,)] = site.rows("SELECT count(*) FROM indicators_entry")
    [(revisions,)] = site.rows("SELECT count(*) FROM indicators_revision WHERE job_id = %s", job)
    return entries, revisions


def test_twenty_thousand_rows_are_previewed_soon_in_little_memory_and_applied_once(site, table):
    with site.redis(), site.worker():
        check, seconds, seen = checked(site, table)
        [(result,)] = site.rows("SELECT result FROM indicators_job WHERE id = %s", check)
        assert (result["new"], result["refused"]) == (ROWS, 0)
        apply = job_of(site.manage("shell", "-v0", "-c", CONFIRM.format(check=check)))
        began = time.monotonic()
        wait_until(lambda: state(site, apply)[0] == "done", 240, "the file is applied")
        applied, most = time.monotonic() - began, peak(site)
    print(f"preview {seconds:.1f} s, applied in {applied:.1f} s, at most {most} MB, progress seen {len(seen)} times")
    assert counts(site, apply) == (ROWS, ROWS)
    assert seconds <= 30
    assert most <= MEGABYTES
    assert (ROWS, ROWS) in seen
    site.rows(NO_ENTRIES)


def test_worker_killed_while_it_writes_leaves_nothing_and_the_next_applies_once(site, table):
    with site.redis():
        with contextlib.ExitStack() as stack:
            worker = stack.enter_context(site.worker())
            check, _, _ = checked(site, table)
            stack.enter_context(revisions_cannot_be_written(site))
            apply = job_of(site.manage("shell", "-v0", "-c", CONFIRM.format(check=check)))
            wait_until(lambda: is_stuck(site), 60, "a worker is in the middle of it")
            now, done, total = state(site, apply)
            assert (now, done, total) == ("running", ROWS, ROWS)  # shown while nothing is committed
            site.kill(worker)
        wait_until(lambda: not is_stuck(site), 60, "PostgreSQL noticed that the worker is gone")
        assert counts(site, apply) == (0, 0)
        [(attempt,)] = site.rows("SELECT attempt FROM indicators_job WHERE id = %s", apply)
        with site.worker():
            began = time.monotonic()
            wait_until(
                lambda: site.rows("SELECT 1 FROM indicators_job WHERE id = %s AND attempt > %s", apply, attempt),
                60,
                "another worker took it",
            )
            taken = time.monotonic() - began
            wait_until(lambda: state(site, apply)[0] == "done", 240, "it is applied")
    print(f"taken again after {taken:.1f} s")
    assert counts(site, apply) == (ROWS, ROWS)
    site.rows(NO_ENTRIES)


def test_a_database_that_drops_the_worker_in_the_middle_gets_the_rows_once(site, table):
    with site.redis(), site.worker():
        check, _, _ = checked(site, table)
        with revisions_cannot_be_written(site):
            apply = job_of(site.manage("shell", "-v0", "-c", CONFIRM.format(check=check)))
            wait_until(lambda: is_stuck(site), 60, "a worker is in the middle of it")
            site.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
            wait_until(lambda: not is_stuck(site), 60, "the connection is gone")
            assert counts(site, apply) == (0, 0)
        wait_until(lambda: state(site, apply)[0] == "done", 240, "it is applied")
    assert counts(site, apply) == (ROWS, ROWS)
    site.rows(NO_ENTRIES)


def test_without_a_broker_the_upload_waits_and_the_sweep_finds_it(site, table):
    job = job_of(site.manage("shell", "-v0", "-c", KEEP.format(path=table)))  # nothing listens where Redis should be
    assert state(site, job)[0] == "queued"
    with site.redis(), site.worker():
        wait_until(lambda: state(site, job)[0] == "done", 120, "the sweep found the job")


# The web server


@contextlib.contextmanager
def web(site, collected):
    """A real web server of the site, and its port."""
    shutil.copytree(collected / "static", site.folder / "var" / "static")
    port = free_port()
    command = [BIN / "gunicorn", "ipdash.wsgi", "--config", "ipdash/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    with started(command, site.environment, site.folder / "web.log"):
        wait_until(lambda: (answer := get(port, "/healthz/live")) and answer[0] == 200, 120, "the web server answers")
        yield port


class Visitor:
    """Somebody signed in, by plain HTTP."""

    def __init__(self, site, port):
        printed = site.manage("shell", "-v0", "-c", SESSION)
        self.port, self.session = port, re.search(r"cookie (\S+)", printed)[1]

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            cookie = f"sessionid={self.session}" + (f"; csrftoken={self.token}" if hasattr(self, "token") else "")
            connection.request(method, path, body=body, headers={"Cookie": cookie, **headers})
            answer = connection.getresponse()
            return answer, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def upload(self, address, name, content):
        """The address of the preview."""
        answer, page = self.ask("GET", address)
        assert answer.status == 200, page
        self.token = re.search(r"csrftoken=([^;]+)", answer.headers["Set-Cookie"])[1]
        masked = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        boundary = "f0b1c5e7a9"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{masked}\r\n'.encode(),
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode(),
            content,
            f"\r\n--{boundary}--\r\n".encode(),
        ]
        kind = f"multipart/form-data; boundary={boundary}"
        answer, page = self.ask("POST", address, b"".join(parts), **{"Content-Type": kind})
        assert answer.status == 302, page
        return answer.headers["Location"]


def test_hostile_files_are_refused_soon_while_the_server_answers_others(site, collected):
    made = {name: make() for name, (make, _) in hostile.FILES.items() if name != "empty.csv"}
    times, failures, over = [], [], threading.Event()

    def read():
        while not over.wait(0.1):
            began = time.monotonic()
            answer = get(port, "/regions/150600/")
            times.append(time.monotonic() - began)
            if answer is None or answer[0] != 200:
                failures.append(answer)

    def upload(names):
        for name in names:
            began = time.monotonic()
            address = visitor.upload("/entry/150600/2024/file/", name, made[name])
            number = address.strip("/").split("/")[-1]

            def ended(number=number):
                answer, text = visitor.ask("GET", f"/jobs/{number}/state/")
                assert answer.status == 200, text
                return json.loads(text)["state"] == "failed"

            wait_until(ended, 60, f"{name} is refused")
            refusals[name] = time.monotonic() - began

    refusals: dict[str, float] = {}
    with site.redis(), site.worker(), web(site, collected) as port:
        visitor = Visitor(site, port)
        get(port, "/regions/150600/")
        readers = [threading.Thread(target=read) for _ in range(20)]
        uploaders = [threading.Thread(target=upload, args=([*made][part::4],)) for part in range(4)]
        for thread in [*readers, *uploaders]:
            thread.start()
        for thread in uploaders:
            thread.join()
        over.set()
        for thread in readers:
            thread.join()
        most = peak(site)
    p95 = statistics.quantiles(times, n=20)[-1]
    slowest = max(refusals, key=lambda name: refusals[name])
    print(
        f"{len(times)} reads, p95 {p95 * 1000:.0f} ms; slowest refusal {slowest} {refusals[slowest]:.1f} s; at most {most} MB"
    )
    assert set(refusals) == set(made)
    assert failures == []
    assert p95 < 2
    assert most <= MEGABYTES
