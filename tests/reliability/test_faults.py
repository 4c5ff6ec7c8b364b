"""What falls over, and what people and programs see of it: nothing confirmed is lost, done twice, or shown wrong.

A real web server in front of a PostgreSQL cluster of its own, which a test may stop. Workers are in test_recompute.py and
test_import_job.py, eight processes at the same cells in test_writers.py, a browser without a network in tests/journeys.
"""

import contextlib
import csv
import glob
import http.client
import io
import itertools
import json
import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path

import psycopg2
import pytest

from tests.ipdash.processes import BIN, free_port, get, run, started, wait_until
from tests.reliability.site import Site

pytestmark = [pytest.mark.postgres, pytest.mark.deployment]

REGION, YEAR = "150600", 2024
GRID = f"/entry/{REGION}/{YEAR}/"
PAGES = ("/", f"/regions/{REGION}/?year={YEAR}", f"/regions/{REGION}/valid-trademarks/", "/quality/")
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
# Sessions and tokens of two clerks and a reviewer, and indicators of their own on which nothing else rests.
SETUP = """
import json
from django.test import Client
from django.utils import timezone
from indicators import people
from indicators.models import Indicator, Series
from regions.models import Assignment, Region, User
place = Region.objects.get(code="150000")
other = User.objects.create_user("other")
Assignment.objects.create(user=other, region=place, role="clerk", includes_descendants=True)
User.objects.update(password_changed_at=timezone.now())
told = {}
for name in ("clerk", "other", "reviewer"):
    person, client = User.objects.get(username=name), Client()
    client.force_login(person)
    key = people.make_token(person, name="test", by=person, may_write=True)[1]
    told[name] = [person.pk, client.cookies["sessionid"].value, key]
for number in range(40):
    made = Indicator.objects.create(code=f"storm-{number}", name=f"指标{number}", unit="件", dimension="创造", measure="stock",
        direction="increase")
    Series.objects.create(region=Region.objects.get(code="150600"), indicator=made)
print("people", json.dumps(told))
"""


class Cluster:
    """A PostgreSQL of this test, which it may stop as a power cut would."""

    def __init__(self):
        self.bin = Path(max(glob.glob("/usr/lib/postgresql/*/bin"), default=""))  # noqa: PTH207
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        # Not below pytest's folder, which only its owner enters: PostgreSQL refuses to run as root.
        self.folder = Path(tempfile.mkdtemp(prefix="ipdash-cluster-"))
        self.data = self.folder / "data"
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.call(
            "initdb", "--no-sync", "--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--locale", "C.UTF-8"
        )

    def call(self, program, *arguments):
        somebody = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        done = run([*somebody, self.bin / program, "-D", self.data, *arguments], environment)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self.call("pg_ctl", "start", "-w", "-l", self.folder / "log", "-o", options)

    def stop(self):
        self.call("pg_ctl", "stop", "-w", "-m", "immediate")


@pytest.fixture(scope="module")
def cluster():
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb"):  # noqa: PTH207
        pytest.skip("no initdb on this machine: its PostgreSQL cannot be stopped by a test")
    cluster = Cluster()
    cluster.start()
    yield cluster
    with contextlib.suppress(AssertionError):
        cluster.stop()
    shutil.rmtree(cluster.folder)


class Web:
    """The web server of a site, and its people."""

    def __init__(self, site, collected):
        self.site = site
        site.prepare()
        shutil.copytree(collected / "static", site.folder / "var" / "static")
        printed = site.manage("shell", "-v0", "-c", SETUP)
        self.people = {name: Person(self, *told) for name, told in json.loads(re.search(r"people (.*)", printed)[1]).items()}

    @contextlib.contextmanager
    def serving(self, *, warm=False, **environment):
        self.port = free_port()
        command = [BIN / "gunicorn", "ipdash.wsgi", "--config", "ipdash/gunicorn.py", "--bind", f"127.0.0.1:{self.port}"]
        with started(command, self.site.environment | environment, self.site.folder / "web.log") as process:
            wait_until(lambda: (answer := get(self.port, "/healthz/live")) and answer[0] == 200, 120, "the web server answers")
            for page in PAGES * 4 if warm else ():  # each worker has imported what it needs
                get(self.port, page)
            yield process


class Person:
    """Somebody at the web server, by session or by token; tells how long each answer took."""

    def __init__(self, web, key, session, token):
        self.web, self.key, self.session, self.token = web, key, session, token

    def ask(self, method, path, body=None, **headers):
        """Status, headers and text; None where no answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def page(self, path, body=None, **headers):
        cookies = f"sessionid={self.session}" + (f"; csrftoken={self.cookie}" if hasattr(self, "cookie") else "")
        answer = self.ask("POST" if body is not None else "GET", path, body, Cookie=cookies, **headers)
        if answer and (cookie := re.search(r"csrftoken=([^;]+)", answer[1].get("Set-Cookie", ""))):
            self.cookie = cookie[1]
        return answer

    def open(self, path):
        """The page's token for its forms."""
        status, _, page = self.page(path)
        assert status == 200, page
        self.mask = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        return page

    def form(self, path, **fields):
        return self.form_of(path, [*fields.items()])

    def form_of(self, path, fields):
        boundary = "f0b1c5e7a9"
        parts = [("csrfmiddlewaretoken", self.mask), *fields]
        body = b"".join(_part(boundary, name, value) for name, value in parts) + f"--{boundary}--\r\n".encode()
        return self.page(path, body, **{"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def cells(self, *cells):
        body = json.dumps({"person": self.key, "cells": list(cells)})
        return self.page(f"{GRID}cells/", body, **JSON, **{"X-CSRFToken": self.mask})

    def api(self, method, path, body=None, **headers):
        return self.ask(method, path, json.dumps(body), Authorization=f"Token {self.token}", **JSON, **headers)

    def propose(self, indicator, value, year=YEAR, **headers):
        body = {"region": REGION, "indicator": indicator, "year": year, "value": value, "note": "test"}
        return self.api("POST", "/api/v1/entries/?submit=true", body, **headers)


def _part(boundary, name, value):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if isinstance(value, bytes):
        return f'{head}; filename="table.csv"\r\n\r\n'.encode() + value + b"\r\n"
    return f"{head}\r\n\r\n{value}\r\n".encode()


@pytest.fixture(scope="module")
def web(tmp_path_factory, cluster, collected):
    return Web(Site(tmp_path_factory.mktemp("faults"), cluster.url), collected)


@pytest.fixture
def site(web):
    yield web.site
    web.site.rows("DELETE FROM indicators_entry")


def entries(site, indicator):
    return site.rows(
        "SELECT e.value, e.version FROM indicators_entry e JOIN indicators_series s ON s.id = e.series_id"
        " JOIN indicators_indicator i ON i.id = s.indicator_id WHERE i.code = %s AND e.year = %s",
        indicator,
        YEAR,
    )


def revisions(site, indicator):
    return site.rows(
        "SELECT v.act, v.new_value FROM indicators_revision v JOIN indicators_series s ON s.id = v.series_id"
        " JOIN indicators_indicator i ON i.id = s.indicator_id WHERE i.code = %s AND v.year = %s ORDER BY v.id",
        indicator,
        YEAR,
    )


def timed(act):
    began = time.monotonic()
    return act(), time.monotonic() - began


def at_once(*acts):
    """What each gives, all begun at the same moment."""
    barrier, found = threading.Barrier(len(acts)), [None] * len(acts)

    def do(place, act):
        barrier.wait()
        found[place] = act()

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# Redis


@contextlib.contextmanager
def silence(port):
    """Somebody who takes connections where Redis should be, and never says a word."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(100)
        yield


def work_through(web, indicators, year):
    """Figures proposed and approved, pages read between; how long the slowest answer took."""
    clerk, reviewer, slowest = web.people["clerk"], web.people["reviewer"], 0.0
    pages = itertools.cycle(PAGES)
    for number, indicator in enumerate(indicators):
        answer, seconds = timed(lambda: clerk.propose(indicator, 40 + number, year))  # noqa: B023
        assert answer and answer[0] == 201, answer
        told = json.loads(answer[2])
        slowest = max(slowest, seconds)
        path = f"/api/v1/entries/{told['id']}/approve/"
        answer, seconds = timed(lambda: reviewer.api("POST", path, {"version": told["version"]}))  # noqa: B023
        assert answer and answer[0] == 200, answer
        slowest = max(slowest, seconds)
        answer, seconds = timed(lambda: clerk.ask("GET", next(pages)))
        assert answer and answer[0] == 200, answer
        slowest = max(slowest, seconds)
    return slowest


@pytest.mark.parametrize(("redis", "year"), [("stopped", 2023), ("silent", 2022)])
def test_without_redis_every_save_and_page_goes_on(web, site, redis, year):
    stormed = [f"storm-{number}" for number in range(30)]
    with contextlib.ExitStack() as stack:
        if redis == "silent":
            stack.enter_context(silence(site.redis_port))
        stack.enter_context(web.serving(warm=True))
        slowest = work_through(web, stormed, year)
        status, _, text = get(web.port, "/healthz/ready")
    print(f"Redis {redis}: slowest answer {slowest:.2f} s")
    assert (status, json.loads(text)["status"], json.loads(text)["checks"]["broker"]) == (200, "degraded", "failed")
    saved = "SELECT count(*), sum(value) FROM indicators_actual WHERE year = %s AND value BETWEEN 40 AND 69 AND note = 'test'"
    assert site.rows(saved, year) == [(30, sum(range(40, 70)))]
    assert slowest < 2


# PostgreSQL


def test_database_stopped_under_load_is_told_at_once_and_right_again_after_it(web, site, cluster):
    clerk, other = web.people["clerk"], web.people["other"]
    acknowledged, seen, failures, over = {}, [], [], threading.Event()
    numbers = itertools.count(1)

    def save(person):
        while not over.is_set():
            number = next(numbers)
            year = 2000 + number % 20
            answer = person.propose(f"storm-{number // 20 % 40}", 100_000 + number, year)
            if answer and answer[0] == 201:
                acknowledged[json.loads(answer[2])["id"]] = 100_000 + number
            elif answer and answer[0] == 503:
                time.sleep(0.05)
            elif answer and answer[0] != 409:
                failures.append(answer)

    def read():
        for page in itertools.cycle(PAGES):
            if over.is_set():
                return
            answer, seconds = timed(lambda: get(web.port, page))  # noqa: B023
            seen.append((answer and answer[0], seconds))
            if answer is None or answer[0] not in (200, 503):
                failures.append(answer)

    with web.serving(warm=True):
        threads = [threading.Thread(target=act) for act in (lambda: save(clerk), lambda: save(other), read, read)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(acknowledged) >= 20, 120, "some are saved")
        cluster.stop()
        wait_until(lambda: sum(status == 503 for status, _ in seen) >= 10, 60, "pages say that the database is away")
        told, seconds = timed(lambda: get(web.port, "/"))
        refused = clerk.propose("storm-0", 1)
        ready = get(web.port, "/healthz/ready")
        before = len(acknowledged)
        over.set()
        for thread in threads:
            thread.join()
        cluster.start()
        first = get(web.port, f"/regions/{REGION}/?year={YEAR}&format=json")
        saved = clerk.propose("storm-1", 77, 1999)
        stored = dict(site.rows("SELECT id, value FROM indicators_entry"))
    slowest = max(seconds for status, seconds in seen if status == 503)
    print(f"{before} saved before, {len(seen)} pages read; told within {slowest:.2f} s")
    assert failures == []
    assert (told[0], told[1]["Retry-After"]) == (503, "5")
    assert "数据库暂时没有回应" in told[2]
    assert seconds < 2
    assert slowest < 2
    assert (refused[0], json.loads(refused[2])["code"], refused[1]["Retry-After"]) == (503, "unavailable", "5")
    assert (ready[0], json.loads(ready[2])["checks"]["database"]) == (503, "failed")
    assert first[0] == 200
    assert json.loads(first[2])["rows"]
    assert saved[0] == 201, saved
    assert {key: stored[key] for key in acknowledged} == acknowledged
    assert len(set(stored.values())) == len(stored)  # nothing twice


@contextlib.contextmanager
def locked(site, table, mode="ACCESS EXCLUSIVE"):
    with contextlib.closing(psycopg2.connect(site.postgres_url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield
        connection.rollback()


def test_a_database_that_keeps_people_waiting_is_told_within_five_seconds(web, site):
    clerk = web.people["clerk"]
    with web.serving(warm=True):
        clerk.open(GRID)
        with locked(site, "indicators_progress, indicators_actual"):
            for path in (f"/regions/{REGION}/?year=2022", GRID):
                answer, seconds = timed(lambda: clerk.page(path))  # noqa: B023
                assert answer and answer[0] == 503, path
                assert "数据库暂时没有回应" in answer[2]
                assert seconds < 5
            answer, seconds = timed(lambda: clerk.api("GET", "/api/v1/actuals/"))
            assert (answer[0], json.loads(answer[2])["code"]) == (503, "unavailable")
            assert seconds < 5
        with locked(site, "indicators_entry"):
            answer, seconds = timed(lambda: clerk.cells({"indicator": "storm-2", "typed": "5"}))
            assert (answer[0], json.loads(answer[2])["code"], answer[1]["Retry-After"]) == (503, "unavailable", "5")
            assert seconds < 5
        assert entries(site, "storm-2") == []
        assert clerk.page(GRID)[0] == 200
        answer = clerk.cells({"indicator": "storm-2", "typed": "5"})
        assert json.loads(answer[2])["cells"][0]["state"] == "saved"


def test_waiting_may_be_unlimited(web, site):
    """As it must be behind a pooler that takes no connection options."""
    with web.serving(WAIT_SECONDS="0"):
        found = []
        with locked(site, "indicators_progress"):
            thread = threading.Thread(target=lambda: found.append(get(web.port, f"/regions/{REGION}/?year=2022")))
            thread.start()
            thread.join(4)
            assert found == []
        thread.join(60)
    assert found[0][0] == 200


# The web server


def test_worker_killed_while_it_writes_leaves_nothing_and_the_same_again_is_done_once(web, site):
    clerk = web.people["clerk"]
    send = lambda: clerk.propose("storm-3", 55, **{"Idempotency-Key": "one-and-only"})  # noqa: E731

    def is_stuck():
        return site.rows(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%%revision%%'"
        )

    with web.serving(WAIT_SECONDS="20") as master:
        answers = []
        with locked(site, "indicators_revision", "EXCLUSIVE"):
            thread = threading.Thread(target=lambda: answers.append(send()))
            thread.start()
            wait_until(is_stuck, 20, "it is in the middle of writing")
            for child in Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
            thread.join(30)
            assert answers == [None]
        wait_until(lambda: not is_stuck(), 60, "PostgreSQL noticed that the worker is gone")
        assert (entries(site, "storm-3"), revisions(site, "storm-3")) == ([], [])
        wait_until(lambda: (answer := get(web.port, "/healthz/live")) and answer[0] == 200, 120, "there is another worker")
        again, and_again = send(), send()
    assert (again[0], and_again[0]) == (201, 201)
    assert and_again[2] == again[2]
    assert [row[0] for row in entries(site, "storm-3")] == [55]
    assert [act for act, _ in revisions(site, "storm-3")] == ["submit"]


# People


@pytest.fixture(scope="module")
def running(web):
    """One server for all that follows, which nothing befalls."""
    with web.serving():
        yield web


def test_two_clerks_at_one_cell_one_wins_and_the_other_is_told_both(running, site):
    clerk, other = running.people["clerk"], running.people["other"]
    clerk.open(GRID)
    other.open(GRID)
    for number in range(4, 12):
        code = f"storm-{number}"
        answers = at_once(
            lambda: clerk.cells({"indicator": code, "typed": "41"}),  # noqa: B023
            lambda: other.cells({"indicator": code, "typed": "42"}),  # noqa: B023
        )
        told = [json.loads(answer[2])["cells"][0] for answer in answers]
        assert sorted(one["state"] for one in told) == ["conflict", "saved"], told
        won = 41 if told[0]["state"] == "saved" else 42
        lost = next(one for one in told if one["state"] == "conflict")
        assert str(won) in lost["reason"]
        assert lost["kept"] is False
        assert [row[0] for row in entries(site, code)] == [won]
        assert [value for _, value in revisions(site, code)] == [won]


def test_the_same_form_sent_five_times_at_once_counts_once(running, site):
    clerk, reviewer = running.people["clerk"], running.people["reviewer"]
    page = clerk.open(f"{GRID}?indicator=storm-12")
    stamp = re.search(r'name="seen-storm-12" value="([^"]+)"', page)[1]
    fields = {
        "seen-storm-12": stamp,
        "value-storm-12": "61",
        "source-storm-12": "",
        "note-storm-12": "test",
        "act": "submit",
    }
    sent = [lambda: clerk.form(f"{GRID}?indicator=storm-12", **fields)] * 5
    answers = at_once(*sent)
    assert {answer[0] for answer in answers} <= {200, 302}
    assert 302 in {answer[0] for answer in answers}
    assert [act for act, _ in revisions(site, "storm-12")] == ["enter", "submit"]
    [(value, version)] = entries(site, "storm-12")
    assert (value, version) == (61, 2)
    reviewer.open("/review/")
    [(key,)] = site.rows("SELECT id FROM indicators_entry WHERE value = 61")
    answers = at_once(*[lambda: reviewer.form("/review/", act=f"approve:{key}:2", reason="")] * 5)
    assert {answer[0] for answer in answers} == {302}
    assert [act for act, _ in revisions(site, "storm-12")] == ["enter", "submit", "approve"]
    assert entries(site, "storm-12") == []
    [(jobs,)] = site.rows("SELECT count(*) FROM indicators_job WHERE kind = 'review' AND payload->>'act' = 'approve'")
    assert jobs == 1


def test_a_cell_saved_five_times_at_once_is_saved_once(running, site):
    clerk = running.people["clerk"]
    clerk.open(GRID)
    answers = at_once(*[lambda: clerk.cells({"indicator": "storm-13", "typed": "62"})] * 5)
    assert [answer[0] for answer in answers] == [200] * 5
    assert revisions(site, "storm-13") == [("enter", 62)]


# Files


def upload(person, *rows):
    """The address of a file's preview."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["region", "indicator", "year", "value", "unit", "note"], *rows])
    person.open(f"{GRID}file/")
    status, headers, page = person.form_of(f"{GRID}file/", [("file", buffer.getvalue().encode())])
    assert status == 302, page
    return headers["Location"]


def row(indicator, value):
    return [REGION, indicator, YEAR, value, "件", "test"]


def test_one_file_confirmed_five_times_at_once_or_sent_again_is_applied_once(running, site):
    clerk = running.people["clerk"]
    rows = [row("storm-14", 71), row("storm-15", 72)]
    address = upload(clerk, *rows)
    clerk.open(address)
    answers = at_once(*[lambda: clerk.form(address, act="submit", note="")] * 5)
    assert {answer[0] for answer in answers} == {302}
    assert len({answer[1]["Location"] for answer in answers}) == 1
    assert len(revisions(site, "storm-14") + revisions(site, "storm-15")) == 2
    again = upload(clerk, *rows)
    assert "没有要提交的" in clerk.page(again)[2]
    clerk.open(f"{GRID}file/")
    clerk.form(again, act="submit", note="")
    assert [value for _, value in revisions(site, "storm-14") + revisions(site, "storm-15")] == [71, 72]


def test_of_two_files_with_the_same_cell_the_later_is_told_and_changes_nothing(running, site):
    clerk, other = running.people["clerk"], running.people["other"]
    mine, same, theirs = (
        upload(clerk, row("storm-16", 81), row("storm-17", 1)),
        upload(clerk, row("storm-16", 82), row("storm-18", 1)),
        upload(other, row("storm-16", 83), row("storm-19", 1)),
    )
    clerk.open(mine)
    assert clerk.form(mine, act="submit", note="")[0] == 302
    for person, address, sentence in ((clerk, same, "预览之后又有改动"), (other, theirs, "已有“clerk”的填报")):
        person.open(address)
        status, headers, page = person.form(address, act="submit", note="")
        assert status == 302, page
        assert sentence in person.page(headers["Location"])[2]
    assert [value for _, value in revisions(site, "storm-16")] == [81]
    assert revisions(site, "storm-18") == revisions(site, "storm-19") == []  # all or nothing
