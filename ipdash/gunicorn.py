"""gunicorn's settings, the same on one's own machine and in production; `--bind` comes from the command line."""

import gc
import itertools
import os

from ipdash import environment

workers = environment.whole_number("WEB_CONCURRENCY", 2, at_least=1)
# Threads: an idle keep-alive connection takes none, and a stop finishes the requests that have begun.
worker_class = "ipdash.worker.Worker"
threads = 8
keepalive = 5
# A page gives up (503, try again) instead of waiting long for what another act has locked, or for a database that crawls.
# libpq reads this for every connection of these processes; workers and commands wait as long as it takes.
wait = environment.whole_number("WAIT_SECONDS", 3)
raw_env = [f"PGOPTIONS=-c lock_timeout={wait}s -c statement_timeout={10 * wait}s"] if wait else []
timeout = 60
graceful_timeout = 25
max_requests, max_requests_jitter = 20_000, 2_000
errorlog = "-"
loglevel = "warning"
# The heartbeat file: on a disk that hangs, healthy workers would be killed.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
control_socket_disable = True

_EVERY = 1_000  # requests: what lived through several of them is looked through
_answered = itertools.count(1)


def post_request(worker, request, environ, response):
    """Once an answer is on its way: drop the circles that every template and request leaves, some hundred objects."""
    gc.collect(2 if next(_answered) % _EVERY == 0 else 0)
