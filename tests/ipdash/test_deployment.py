"""The very commands of docker-compose.yml, started here with its environment against a real PostgreSQL and Redis."""

import re
import shutil
import signal
import socket
import time
from contextlib import ExitStack, closing

import psycopg2
import pytest

from tests.ipdash.compose import HOST, env_file, services
from tests.ipdash.processes import BIN, bare_environment, free_port, get, run, started, wait_until

pytestmark = [pytest.mark.deployment, pytest.mark.postgres, pytest.mark.redis]


class Deployment:
    """The services over one database, one broker and one data folder."""

    def __init__(self, folder, postgres_url, redis_url):
        self.folder = folder
        self.port = free_port()
        self.here = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "VAR_DIR": str(folder), "PORT": str(self.port)}

    def environment(self, service):
        inside = env_file() | services()[service]["environment"]
        return bare_environment(self.folder, **inside | self.here, HOSTNAME=socket.gethostname())

    def command(self, service):
        return [part.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}") for part in services()[service]["command"]]

    def printed(self, service):
        return (self.folder / f"{service}.log").read_text()

    def start(self, service):
        return started(self.command(service), self.environment(service), self.folder / f"{service}.log")

    def collect_static(self):
        """As when the image is built."""
        collected = run([BIN / "python", "manage.py", "collectstatic", "--noinput"], self.environment("migrate"), seconds=300)
        assert collected.returncode == 0, collected.stderr

    def is_healthy(self, service):
        kind, *test = services()[service]["healthcheck"]["test"]
        return run(["sh", "-c", *test] if kind == "CMD-SHELL" else test, self.environment(service)).returncode == 0

    def wait_until_up(self):
        wait_until(lambda: get(self.port, "/healthz/live", Host=HOST), 90, "web answers")
        wait_until(lambda: "ready." in self.printed("worker"), 90, "worker ready")
        wait_until(lambda: "beat: Starting" in self.printed("beat"), 90, "beat started")

    def rows(self, query, *values):
        with closing(psycopg2.connect(self.here["DATABASE_URL"])) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else cursor.rowcount


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, postgres_url, redis_url):
    """What stands after the image was built and `migrate` has ended."""
    deployment = Deployment(tmp_path_factory.mktemp("srv"), postgres_url, redis_url)
    deployment.collect_static()
    migrated = run(deployment.command("migrate"), deployment.environment("migrate"), seconds=300)
    assert migrated.returncode == 0, migrated.stderr
    return deployment


@pytest.fixture(scope="module")
def running(deployment):
    with ExitStack() as stack:
        deployment.processes = {name: stack.enter_context(deployment.start(name)) for name in ("web", "worker", "beat")}
        deployment.wait_until_up()
        yield deployment


def test_migrate_loads_the_plans_once(deployment):
    assert deployment.rows("UPDATE indicators_plan SET title = 'changed'") > 0
    assert run(deployment.command("migrate"), deployment.environment("migrate")).returncode == 0
    assert deployment.rows("SELECT DISTINCT title FROM indicators_plan") == [("changed",)]


def test_pages_answer_behind_a_proxy_that_ends_tls(running):
    status, headers, page = get(running.port, "/", Host=HOST, X_Forwarded_Proto="https")
    assert status == 200
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page)[1]
    status, headers, _ = get(running.port, stylesheet, Host=HOST, X_Forwarded_Proto="https", Accept_Encoding="br")
    assert (status, headers["Content-Encoding"]) == (200, "br")
    assert "immutable" in headers["Cache-Control"]


def test_plain_http_is_sent_to_https(running):
    status, headers, _ = get(running.port, "/", Host=HOST)
    assert (status, headers["Location"]) == (301, f"https://{HOST}/")


def test_unknown_host_is_refused(running):
    assert get(running.port, "/", Host="elsewhere.example.org", X_Forwarded_Proto="https")[0] == 400


def test_web_is_ready(running):
    status, _, body = get(running.port, "/healthz/ready", Host=HOST)
    assert (status, body[:15]) == (200, '{"status": "ok"')
    assert running.is_healthy("web")


def test_worker_answers_and_works(running):
    assert running.is_healthy("worker")
    running.rows("INSERT INTO django_session VALUES ('expired', '', now() - interval '1 day')")
    call = ["celery", "-A", "ipdash", "call", "indicators.clear_expired_sessions"]
    assert run(call, running.environment("worker")).returncode == 0
    wait_until(lambda: running.rows("SELECT count(*) FROM django_session") == [(0,)], 60, "session cleared")


def test_beat_stays_up(running):
    time.sleep(1)
    assert running.processes["beat"].poll() is None
    assert "Traceback" not in running.printed("beat")


def test_every_service_ends_at_once_when_told_to(deployment, tmp_path):
    """In a folder of their own, since those of the other tests still run: two beats take a schedule from each other."""
    here = deployment.here
    alone = Deployment(tmp_path, here["DATABASE_URL"], here["REDIS_URL"])
    shutil.copytree(deployment.folder / "static", tmp_path / "static")
    with ExitStack() as stack:
        processes = {name: stack.enter_context(alone.start(name)) for name in ("web", "worker", "beat")}
        alone.wait_until_up()
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        assert {name: process.wait(20) for name, process in processes.items()} == {"web": 0, "worker": 0, "beat": 0}
