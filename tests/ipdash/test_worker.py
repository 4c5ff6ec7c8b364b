"""Connections that come all at once are shared by the workers."""

import http.client
from collections import Counter
from contextlib import ExitStack, closing

import pytest

from tests.ipdash.processes import BIN, bare_environment, free_port, get, started, wait_until

pytestmark = pytest.mark.deployment
CONNECTIONS = 48


def test_a_burst_is_shared(tmp_path):
    port = free_port()
    command = [
        BIN / "gunicorn",
        "tests.ipdash.which_worker",
        "--config",
        "ipdash/gunicorn.py",
        "--workers",
        "2",
        "--log-level",
        "info",
    ]
    with started([*command, "--bind", f"127.0.0.1:{port}"], bare_environment(tmp_path), tmp_path / "log"), ExitStack() as stack:
        wait_until(lambda: (tmp_path / "log").read_text().count("Booting worker") == 2 and get(port, "/"), 60, "both are up")
        burst = [
            stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60))) for _ in range(CONNECTIONS)
        ]
        for one in burst:
            one.connect()
        for one in burst:
            one.request("GET", "/")
        workers = Counter(one.getresponse().read() for one in burst)
        assert len(workers) == 2
        assert min(workers.values()) >= CONNECTIONS / 8, workers
