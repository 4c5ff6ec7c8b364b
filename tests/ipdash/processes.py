"""Starting real processes in tests, asking them, and seeing that none is left."""

import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def bare_environment(home, **values):
    """The environment of a fresh shell or container: nothing of what this test run itself was given."""
    path = os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"} | values


def run(command, environment, seconds=120):
    """The finished process, with what it printed."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@contextlib.contextmanager
def started(command, environment, log):
    """A running process; whatever is left of it afterwards is killed."""
    with Path(log).open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(condition, seconds, what):
    """The condition's value once it is true; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"after {seconds} s still not: {what}")


def free_port():
    """A port below those that outgoing connections take, so that nobody takes it between now and the start of its server."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def get(port, path, **headers):
    """Status, headers and text of an answer; None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode(errors="replace")
    except OSError:
        return None
    finally:
        connection.close()


def processes_with(text):
    """Ids of the processes whose environment contains a text, zombies left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if text.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found
