"""`make run`: starts, answers, survives and ends, as a person at a terminal sees it."""

import os
import shutil
import signal
import socket
import sqlite3
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.ipdash.processes import BIN, bare_environment, free_port, get, processes_with, run, started, wait_until

pytestmark = pytest.mark.deployment

SERVE = [BIN / "python", "-m", "ipdash.serve"]
# Against hanging only: it ends in two seconds, in six where a child has to be killed, and later where the machine is held up.
SECONDS_FIRST, SECONDS_AGAIN, SECONDS_TO_END = 180, 20, 30


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A data folder as the first start leaves it."""
    var = tmp_path_factory.mktemp("prepared")
    with serving(var, SECONDS_FIRST) as (process, _):
        end(process)
    return var


@pytest.fixture
def var(prepared, tmp_path):
    """A copy of it."""
    return shutil.copytree(prepared, tmp_path / "var")


@contextmanager
def serving(var, seconds=SECONDS_AGAIN, *arguments):
    """`serve` over a data folder, once it says where it answers: the process and the port."""
    port, log = free_port(), var / "printed"
    with started([*SERVE, *arguments], bare_environment(var, VAR_DIR=str(var), PORT=str(port)), log) as process:
        wait_until(lambda: f"http://127.0.0.1:{port}/" in log.read_text() or process.poll() is not None, seconds, "started")
        assert process.poll() is None, log.read_text()
        try:
            yield process, port
        finally:
            for left in processes_with(str(var)):
                if left != process.pid:
                    with suppress(ProcessLookupError):
                        os.kill(left, signal.SIGKILL)


def end(process, number=signal.SIGINT):
    """The exit code, seconds after the signal at most."""
    process.send_signal(number)
    return process.wait(SECONDS_TO_END)


def children(var, name):
    """Ids of the processes over a data folder whose command names a module, first started first."""
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in processes_with(str(var))}
    return sorted(pid for pid, command in commands.items() if name in command)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_answers_and_leaves_no_process_when_it_is_ended(var, number):
    with serving(var) as (process, port):
        assert get(port, "/healthz/live")[0] == 200
        assert get(port, "/healthz/ready")[2].startswith('{"status": "ok"')
        assert end(process, number) == 0
        assert processes_with(str(var)) == []
    assert "Traceback" not in (var / "printed").read_text()


def test_restart_keeps_what_people_changed(var):
    with sqlite3.connect(var / "ipdash.sqlite3") as database:
        assert database.execute("UPDATE indicators_plan SET title = 'changed'").rowcount
    database.close()
    with serving(var) as (process, _):
        end(process)
    database = sqlite3.connect(var / "ipdash.sqlite3")
    assert database.execute("SELECT DISTINCT title FROM indicators_plan").fetchall() == [("changed",)]
    database.close()


def test_taken_port_is_one_line(var):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = run(SERVE, bare_environment(var, VAR_DIR=str(var), PORT=str(port)))
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"端口 {port} 已被占用" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr


def test_worker_that_dies_is_started_again(var):
    with serving(var) as (process, port):
        before = children(var, "celery")
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: "后台进程意外结束" in (var / "printed").read_text(), 30, "noticed")
        wait_until(lambda: set(children(var, "celery")) - set(before), 60, "another worker")
        assert not set(children(var, "celery")) & set(before)
        assert get(port, "/healthz/live")[0] == 200
        assert end(process) == 0


def test_web_server_that_dies_ends_the_run(var):
    with serving(var) as (process, _):
        os.kill(children(var, "gunicorn")[0], signal.SIGKILL)
        assert process.wait(SECONDS_TO_END) == 1
        wait_until(lambda: processes_with(str(var)) == [], SECONDS_TO_END, "all ended")
    assert "网站进程意外结束" in (var / "printed").read_text()


def test_nothing_is_left_when_it_is_killed(var):
    with serving(var) as (process, _):
        process.kill()
        process.wait()
        wait_until(lambda: processes_with(str(var)) == [], SECONDS_TO_END, "all ended")


def test_interrupted_first_start_begins_again(tmp_path):
    var = tmp_path / "var"
    var.mkdir()
    environment = bare_environment(var, VAR_DIR=str(var), PORT=str(free_port()))
    with started(SERVE, environment, var / "printed") as process:
        wait_until(lambda: "正在载入数据" in (var / "printed").read_text(), SECONDS_FIRST, "loading")
        time.sleep(0.1)
        assert end(process) == 0
    assert "Traceback" not in (var / "printed").read_text()
    with serving(var, SECONDS_FIRST) as (process, _):
        end(process)
    database = sqlite3.connect(var / "ipdash.sqlite3")
    assert database.execute("SELECT count(*) FROM indicators_plan").fetchone()[0] > 0
    database.close()


def test_demo_keeps_to_a_database_of_its_own(var):
    before = (var / "ipdash.sqlite3").read_bytes()
    with serving(var, SECONDS_FIRST, "--demo") as (process, port):
        assert get(port, "/")[0] == 200
        assert end(process) == 0
    assert (var / "demo.sqlite3").exists()
    assert (var / "ipdash.sqlite3").read_bytes() == before
