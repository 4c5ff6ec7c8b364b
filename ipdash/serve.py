"""Starts ipdash on one machine: prepares database and static files, then runs web server and worker until Ctrl-C."""

import argparse
import ctypes
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import Error as AnyDatabaseError
from django.db import transaction

from ipdash import environment

BASE_DIR = Path(__file__).resolve().parent.parent
ADDRESS = "127.0.0.1"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_START = 60
SECONDS_TO_STOP = 5
SECONDS_BEFORE_RESTART = 2


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m ipdash.serve", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--demo", action="store_true", help="serve invented data from a database of its own")
    what.add_argument("--prepare", action="store_true", help="migrate, load the bundled plans into an empty database, and end")
    what.add_argument("--is-ready", action="store_true", help="ask the running web server, for a container's health check")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ipdash.settings")
    for number in (*ENDING, signal.SIGALRM):
        signal.signal(number, signal.default_int_handler)
    sys.unraisablehook = interrupt_again
    try:
        if options.is_ready:
            return 0 if answers("/healthz/ready", port(), host=settings.ALLOWED_HOSTS[0].lstrip(".*") or "localhost") else 1
        if options.prepare:
            prepare(first_data="load_plans")
            return 0
        if options.demo:
            use_demo_data()
        with reserve(port()) as listener:
            prepare(first_data="load_demo" if options.demo else "load_plans")
            return serve(listener)
    except KeyboardInterrupt:
        say("已中断 / interrupted")
        return 130 if options.prepare else 0
    except (ImproperlyConfigured, CommandError, AnyDatabaseError, OSError) as error:
        print(f"ipdash: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


def interrupt_again(unraisable):
    """Python drops an interrupt that arrives while an object is being finalized; this repeats it a moment later."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
    else:
        sys.__unraisablehook__(unraisable)


def say(sentence):
    print(f"ipdash: {sentence}", flush=True)


def port():
    number = environment.whole_number("PORT", 8000, at_least=1)
    if number > 65535:
        raise ImproperlyConfigured(f"PORT must be at most 65535, not {number}.")
    return number


def use_demo_data():
    """Point everything that is stored at places of the demo's own, whatever the environment says."""
    var = Path(environment.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
    os.environ.update(VAR_DIR=str(var / "demo"), DATABASE_URL=f"sqlite:///{var / 'demo.sqlite3'}", REDIS_URL="")


def reserve(number):
    """A listening socket, taken before anything else is done and kept for gunicorn, so that nobody takes the port meanwhile."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, number))
        listener.listen(128)
    except PermissionError:
        listener.close()
        raise CommandError(
            f"端口 {number} 不允许使用，请换一个 / port {number} may not be used, try: make run PORT=8001"
        ) from None
    except OSError:
        listener.close()
        other = number + 1 if number < 65535 else 8001
        raise CommandError(f"端口 {number} 已被占用，请换一个 / port {number} is taken, try: make run PORT={other}") from None
    return listener


# What must be there before the first request


def prepare(*, first_data):
    """Migrate, and fill a database that holds no plan; one that does is left as people have changed it."""
    django.setup()
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    make_broker_folders()
    call_command("migrate", verbosity=0, interactive=False)
    if not apps.get_model("indicators", "Plan").objects.exists():
        say("正在载入数据，首次约需一分钟 / loading the data; a minute the first time …")
        with transaction.atomic():  # interrupted half way, the next start begins again
            call_command(first_data, verbosity=0)


def collect_static():
    """Collect and compress the static files, unless they are those of the last time."""
    stamp = settings.STATIC_ROOT / ".collected"
    sources = sorted(static_sources())
    now = hashlib.sha256(repr([settings.STORAGES["staticfiles"], sources]).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == now:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(now)


def static_sources():
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = Path(storage.path(name)).stat()
            yield name, file.st_size, file.st_mtime_ns


def make_broker_folders():
    if not settings.REDIS_URL:
        for name in ("data_folder_in", "data_folder_out", "control_folder"):
            Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS[name]).mkdir(parents=True, exist_ok=True)


# The processes


def serve(listener):
    """Run web server and worker until a signal, or until the web server ends by itself; the exit code."""
    collect_static()
    number = listener.getsockname()[1]
    children = {}
    try:
        web = children["web"] = start_web(listener)
        children["worker"] = start_worker()
        listener.close()
        wait_until_live(web, number)
        say(f"已启动，按 Ctrl-C 结束 / running, Ctrl-C ends it: http://{ADDRESS}:{number}/")
        while web.poll() is None:
            if children["worker"].poll() is not None:
                say(
                    f"后台进程意外结束，即将重启 / the worker ended unexpectedly and is started again; see {log_file('worker')}"
                )
                kill_group(children["worker"])
                time.sleep(SECONDS_BEFORE_RESTART)
                children["worker"] = start_worker()
            time.sleep(0.2)
        raise CommandError(f"网站进程意外结束 / the web server ended unexpectedly; see {log_file('web')}")
    except KeyboardInterrupt:
        say("正在结束 / ending …")
        return 0
    finally:
        stop(children.values())


def start_web(listener):
    command = ["gunicorn", "ipdash.wsgi", "--config", "ipdash/gunicorn.py", "--bind", f"fd://{listener.fileno()}"]
    return start("web", [*command, "--workers", "1", "--graceful-timeout", "3"], pass_fds=[listener.fileno()])


def start_worker():
    # solo: the pool of processes that production uses takes over five seconds to end
    return start("worker", ["celery", "-A", "ipdash", "worker", "--beat", "--pool", "solo", "--loglevel", "INFO"])


def start(name, module_and_arguments, **how):
    """Start a child in a process group of its own, so that Ctrl-C reaches only this process, which ends them in order."""
    path = log_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_suffix(".log.1"))
    with path.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *module_and_arguments],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=end_with_parent,
            **how,
        )


def log_file(name):
    return settings.VAR_DIR / "log" / f"{name}.log"


def end_with_parent():
    """On Linux, have the kernel end this child when its parent is gone, even by kill -9."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def wait_until_live(web, number):
    deadline = time.monotonic() + SECONDS_TO_START
    while web.poll() is None and not answers("/healthz/live", number):
        if time.monotonic() > deadline:
            raise CommandError(f"网站未能启动 / the web server does not answer; see {log_file('web')}")
        time.sleep(0.1)


def answers(path, number, host=ADDRESS):
    """Whether this machine's web server answers 200 at a path."""
    connection = http.client.HTTPConnection(ADDRESS, number, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop(children):
    """End the children and all that they started: asked first, then made to."""
    for number in (*ENDING, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    for child in children:
        child.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        kill_group(child)
        child.wait()


def kill_group(child):
    """Kill whatever a child has left: the worker's timer and a web process outlive the kill of the one that started them."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
