"""`api`: pages of 100 rows under load, against bare psycopg2 with the same SQL, Django REST framework, and Datasette."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import databases, turns
from bench.turns import BASE_DIR, DECIDES

SUMMARY = "JSON pages of 100 rows under load against bare psycopg2, REST framework and Datasette"
NEEDS = ()
CONNECTIONS = (1, 8, 32)
SECONDS = 2  # of load per cell
BARE_LINE = {1: 0.5, 8: 0.6, 32: 0.6}
DRF_LINE, DATASETTE_LINE, DATASETTE_COUNTING_LINE = 4, 2, 10
SAME = ("id", "region", "indicator", "year", "value", "unit", "source", "version", "note")  # as every contender writes them


@dataclass(frozen=True)
class Server:
    """Something that answers at a port of this machine."""

    name: str
    port: int
    pid: int

    def settle(self) -> None:
        """Wait until it has ended what it was asked: Datasette goes on when nobody waits for the answer any more."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            before = self._ticks()
            time.sleep(0.3)
            if self._ticks() - before <= 3:
                return

    def _ticks(self) -> int:
        """Hundredths of a second that the process has computed."""
        numbers = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(numbers[11]) + int(numbers[12])

    def get(self, address: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{address}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return response.status, response.read(), dict(response.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)


@dataclass(frozen=True)
class Load:
    """What a load came to."""

    rate: float  # requests a second
    p50: float  # milliseconds
    p99: float


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    url, questions, file = prepared(scale, folder)
    with ExitStack() as stack:
        ipdash = stack.enter_context(project(url, folder))
        bare = stack.enter_context(gunicorn("bare", "bench.engines.bare", {"BENCH_QUESTIONS": str(file), "BENCH_URL": url}))
        drf = stack.enter_context(gunicorn("drf", "bench.engines.drf_site", databases.environment(url, folder)))
        datasette = stack.enter_context(_datasette(url, folder / scale))
        pages = {title: one["address"] for title, one in questions["pages"].items()}
        plain = {title: address for title, address in pages.items() if "/actuals/" in address}
        flat = {title: f"/actuals/actuals.json?{address.partition('?')[2]}&_size=100" for title, address in plain.items()}
        contenders = {
            "bare psycopg2 and orjson, the same SQL": (bare, pages),
            "REST framework's ModelViewSet, pagination and filter": (drf, plain),
            "Datasette without count": (
                datasette,
                {title: f"{address}&_shape=objects&_nocount=1&_nofacet=1" for title, address in flat.items()},
            ),
            "Datasette as it comes": (datasette, {title: f"{address}&_shape=objects" for title, address in flat.items()}),
        }
        for server, addresses in contenders.values():
            for title, address in addresses.items():
                check_equal(server.name, json.loads(ipdash.get(pages[title])[1]), json.loads(server.get(address)[1]))
        done: dict[tuple[str, str, int], list[Load]] = {}
        for server, addresses in (ipdash, pages), (bare, pages), (drf, plain):
            warmed(server, addresses)
        everyone = {"ipdash": (ipdash, pages), **contenders}
        for number in range(count):
            for title in pages:
                for connections in CONNECTIONS:
                    # One after the other in the same cell: what else the machine does then hits all of them alike.
                    names = [name for name, (_, addresses) in everyone.items() if title in addresses]
                    at = number % len(names)
                    for name in names[at:] + names[:at]:
                        server, addresses = everyone[name]
                        done.setdefault((name, title, connections), []).append(loaded(server, addresses[title], connections))
                        server.settle()
            print(f"  {number + 1}/{count}", file=sys.stderr)
    lines = {
        "bare psycopg2 and orjson, the same SQL": BARE_LINE,
        "REST framework's ModelViewSet, pagination and filter": dict.fromkeys(CONNECTIONS, DRF_LINE),
        "Datasette without count": dict.fromkeys(CONNECTIONS, DATASETTE_LINE),
        "Datasette as it comes": dict.fromkeys(CONNECTIONS, DATASETTE_COUNTING_LINE),
    }
    versions = {"postgresql": databases.server_version(url), "datasette": _datasette_version()}
    versions |= turns.versions("Django", "djangorestframework", "gunicorn", "psycopg2-binary", "orjson")
    passed = []
    for name, (_, addresses) in contenders.items():
        cells = {(title, connections): f"{title}, c={connections}" for title in addresses for connections in CONNECTIONS}
        passed.append(
            tell(
                name="api",
                scale=scale,
                project="100 rows of JSON",
                against=name,
                ours={cell: done["ipdash", *key] for key, cell in cells.items()},
                theirs={cell: done[name, *key] for key, cell in cells.items()},
                pass_lines={cell: lines[name][key[1]] for key, cell in cells.items()},
                versions=versions,
                load=load,
            )
        )
    return all(passed)


# What is asked, and of whom


def prepared(scale: str, folder: Path) -> tuple[str, dict[str, Any], Path]:
    """The database's URL, the questions, and the file that holds them."""
    if not shutil.which("wrk"):
        raise SystemExit("bench: wrk is not installed (Debian, Ubuntu: apt install wrk)")
    folder.mkdir(parents=True, exist_ok=True)
    url = databases.ready(scale, folder)
    environment = databases.environment(url, folder) | {"DJANGO_SETTINGS_MODULE": "ipdash.settings"}
    found = subprocess.run(
        turns.module("bench.engines.questions"),
        cwd=BASE_DIR, env=os.environ | environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    file = folder / scale / "questions.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(found.stdout)
    return url, json.loads(found.stdout), file


def project(url: str, folder: Path):
    # Requests are counted as in production, only that nobody reaches the limit.
    return gunicorn("ipdash", "ipdash.wsgi", databases.environment(url, folder) | {"API_RATE": "999999999"})


@contextmanager
def gunicorn(name: str, module: str, environment: dict[str, str]) -> Iterator[Server]:
    """Two workers with threads under the project's own settings; workers are not replaced in the middle of a load."""
    port = _free_port()
    command = ["gunicorn", module, "--config", "ipdash/gunicorn.py", "--workers", "2", "--max-requests", "0"]
    with _running(name, [*turns.module(*command), "--bind", f"127.0.0.1:{port}"], environment, port) as server:
        yield server


@contextmanager
def _datasette(url: str, folder: Path) -> Iterator[Server]:
    file = folder / "actuals.db"
    if not file.exists():
        print("  writing the list of actuals to SQLite for Datasette: minutes at nation", file=sys.stderr)
        turns.once(turns.Contender("flat", turns.module("bench.engines.flat_sqlite", url, file)))
    port = _free_port()
    # More time for a statement than the second it allows by itself: on a busy machine it would answer with errors.
    command = [_datasette_command(), "serve", str(file), "--port", str(port), "--setting", "sql_time_limit_ms", "20000"]
    with _running("datasette", command, {}, port) as server:
        yield server


def _datasette_command() -> str:
    beside = Path(sys.executable).with_name("datasette")
    found = os.environ.get("BENCH_DATASETTE") or (str(beside) if beside.exists() else shutil.which("datasette"))
    if not found:
        raise SystemExit("bench: datasette is not installed; put it anywhere and name the command in BENCH_DATASETTE")
    return found


def _datasette_version() -> str:
    said = subprocess.run([_datasette_command(), "--version"], check=True, capture_output=True, text=True).stdout
    return said.split()[-1]


@contextmanager
def _running(name: str, command: list[str], environment: dict[str, str], port: int) -> Iterator[Server]:
    log = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=BASE_DIR, env=os.environ | environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise SystemExit(f"{name}: does not answer")
        yield Server(name, port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:  # Datasette first ends what it was asked, however long that takes
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def check_equal(name: str, ours: dict, theirs: dict) -> None:
    """Ends the benchmark when a contender's rows are not the project's; values may differ in how they are written."""
    rows, others = ours["results"], theirs.get("results", theirs.get("rows"))
    if others is None:
        raise SystemExit(f"{name}: no rows but {str(theirs)[:300]}")
    if len(rows) != len(others) or not rows:
        raise SystemExit(f"{name}: {len(others)} rows, not {len(rows)}")
    compared = SAME if SAME[4] in rows[0] else tuple(rows[0])
    for row, other in zip(rows, others, strict=True):
        for field in compared:
            mine, its = row[field], other[field]
            if isinstance(mine, float) and its is not None:
                its = float(its)
            if mine != its:
                raise SystemExit(f"{name}: {field} is {its!r}, not {mine!r}")


# Load, and what it comes to


def warmed(server: Server, addresses: dict[str, str]) -> None:
    """Let every thread of every worker answer before it is measured: the first answer imports the program."""
    for address in addresses.values():
        loaded(server, address, 32, seconds=3)


def loaded(server: Server, address: str, connections: int, *, seconds: int = SECONDS, header: str = "") -> Load:
    """wrk on an address; an answer that is an error ends the benchmark."""
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "30s"]
    command += ["--latency", *(["--header", header] if header else []), f"http://127.0.0.1:{server.port}{address}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{server.name}: errors under load\n{said}")

    def figure(pattern: str) -> str:
        found = re.search(pattern, said)
        if found is None:
            raise SystemExit(f"wrk said nothing of {pattern}\n{said}")
        return found[1]

    # Who answers nothing in all that time is counted as if one answer had come: the ratio then is at least that.
    rate = max(float(figure(r"Requests/sec:\s+([\d.]+)")), 1 / seconds)
    return Load(rate, _milliseconds(figure(r"\n +50% +(\S+)")), _milliseconds(figure(r"\n +99% +(\S+)")))


def _milliseconds(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    if found is None:
        raise SystemExit(f"wrk said {text} of a time: nothing was answered")
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[found[2]]


def tell(
    *,
    name: str,
    scale: str,
    project: str,
    against: str,
    ours: dict[str, list[Load]],
    theirs: dict[str, list[Load]],
    pass_lines: dict[str, float],
    versions: dict[str, str],
    load: float,
) -> bool:
    """Requests a second, ours over theirs: each cell's median is held against its line; the worst is nearest to it or below."""
    ratios = {cell: turns.ratio([one.rate for one in ours[cell]], [one.rate for one in theirs[cell]]) for cell in ours}
    missed = [cell for cell in ratios if ratios[cell]["median"] < pass_lines[cell]]
    worst = min(ratios, key=lambda cell: ratios[cell]["median"] / pass_lines[cell])
    passed = not missed if scale == DECIDES else None
    line = {
        "name": name,
        "scale": scale,
        "project": project,
        "against": against,
        "turns": len(next(iter(ours.values()))),
        "ratio": ratios,
        "worst": {"cell": worst, **ratios[worst]},
        "decides": "every cell",
        "pass_line": pass_lines,
        "passed": passed,
        "requests_per_second": {cell: [_middle(side[cell], "rate", 0) for side in (ours, theirs)] for cell in ours},
        "p50_ms": {cell: [_middle(side[cell], "p50", 2) for side in (ours, theirs)] for cell in ours},
        "p99_ms": {cell: [_middle(side[cell], "p99", 2) for side in (ours, theirs)] for cell in ours},
        "versions": versions,
        "load_before": round(load, 2),
        "cores": os.cpu_count(),
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)
    verdict = {True: "passes", False: f"FAILS in {len(missed)} cells", None: "nothing is decided at this scale"}[passed]
    least = ratios[worst]
    print(
        f"{name} at {scale}: {project}: {least['median']:.3g} ({least['min']:.3g}..{least['max']:.3g}) of {against} in requests"
        f" a second in the worst cell ({worst}; line {pass_lines[worst]}); {verdict}",
        file=sys.stderr,
        flush=True,
    )
    return passed is not False


def _middle(loads: list[Load], of: str, digits: int) -> float:
    return round(median(getattr(one, of) for one in loads), digits)
