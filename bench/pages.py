"""`pages`: how long a worker takes to answer a page, kept and after a change, and what travels to a browser."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import databases, turns
from bench.turns import BASE_DIR, Contender, module

SUMMARY = "pages in the process: p95 kept, after a change, and made anew; against plotly.py; weight and requests in Chromium"
NEEDS = ("plotly", "playwright")
REQUESTS = {"nation": 20, "province": 20, "small": 10}  # addresses drawn of each page, in each turn
PLOTLY_LINE, WEIGHT_LINE = 1.0, 1.0
BUDGET_MS = 10.0
# One client asks far more than a minute allows.
IN_PROCESS = {"DJANGO_SETTINGS_MODULE": "ipdash.settings", "API_RATE": "0"}
COLD_KB, COLD_REQUESTS, AGAIN_KB = 450, 6, 30


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    folder.mkdir(parents=True, exist_ok=True)
    url = databases.ready(scale, folder)
    environment = databases.environment(url, folder) | IN_PROCESS
    turns.once(Contender("static files", module("bench.engines.pages", "--prepare"), environment))
    ours, theirs = [], []
    for number in range(count):
        for what, done in (("project", ours), ("plotly", theirs))[:: 1 if number % 2 == 0 else -1]:
            names = DRAWN if what == "plotly" else ()
            done.append(answered(what, REQUESTS[scale], number, environment, folder, *names))
        if ours[-1]["points"] != theirs[-1]["points"]:
            raise SystemExit("pages: the charts of both sides do not draw the same points")
    versions = {"postgresql": databases.server_version(url), **turns.versions("Django", "psycopg2-binary", "plotly")}
    told = {"name": "pages", "scale": scale, "turns": count, "versions": versions, "load": load, "peak_mib": {}}
    passed = [
        turns.tell(
            project=f"p95 of a page {what}",
            against=f"a budget of {BUDGET_MS:g} ms",
            ratios=_cells(
                {
                    page: [p95(turn["pages"][page][key]) / BUDGET_MS for turn in ours]
                    for page in ours[0]["pages"]
                    if is_page(page)
                }
            ),
            pass_line=line,
            seconds=_seconds(ours, key),
            **told,
        )
        for key, (what, line) in STATES.items()
    ]
    passed.append(
        turns.tell(
            project="p50 of a page made anew, figures as dictionaries",
            against="the same page with plotly.py figures",
            ratios={
                page: turns.ratio(*([median(turn["pages"][page]["anew"]) for turn in side] for side in (ours, theirs)))
                for page in DRAWN
            },
            pass_line=PLOTLY_LINE,
            seconds={f"{who}, {page}": value for who, side in (("ipdash", ours), ("plotly.py", theirs))
                     for page, value in _seconds(side, "anew").items() if page.startswith(DRAWN)},
            **told,
        )
    )  # fmt: skip
    passed.append(_weighed(environment, folder, told))
    return all(passed)


def is_page(name: str) -> bool:
    """What people open; the API's lists, its feed and SDMX have benchmarks of their own."""
    return not name.startswith(("list of", "changes", "sdmx"))


# What a page is when somebody asks for it, and the line for its p95, of the budget. What is made from nothing has none: how
# often that comes depends on who visits.
STATES = {
    "kept": ("opened since the last change", 1.0),
    "changed": ("opened before a figure changed", 1.0),
    "anew": ("made from nothing", None),
}
DRAWN = ("plan indicator", "indicator")


def answered(what: str, requests: int, seed: int, environment: dict[str, str], folder: Path, *names: str) -> dict:
    """{"points": that charts draw, "pages": {page: {"kept", "changed": milliseconds}}} of a worker of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        output = Path(place) / "answered.json"
        turns.once(Contender(what, module("bench.engines.pages", what, output, requests, seed, *names), environment))
        found = json.loads(output.read_text())
    print(
        f"  {what}: " + ", ".join(f"{page} {median(of['anew']):.1f} ms" for page, of in found["pages"].items()),
        file=sys.stderr,
    )
    return found


def p95(milliseconds: list[float]) -> float:
    return sorted(milliseconds)[max(-(-len(milliseconds) * 95 // 100) - 1, 0)]


def _cells(values: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {page: turns.ratio(each, [1.0] * len(each)) for page, each in values.items()}


def _seconds(side: list[dict], key: str) -> dict[str, float]:
    return {
        f"{page}, {name}": median(take(turn["pages"][page][key]) for turn in side) / 1000
        for page in side[0]["pages"]
        for name, take in (("p50", median), ("p95", p95))
    }


# What travels


def _weighed(environment: dict[str, str], folder: Path, told: dict) -> bool:
    """Each page opened in Chromium from a real server: its first visit and its second against what they may weigh."""
    addresses = {
        "overview": "/",
        "region": "/regions/100000/",
        "indicator": "/indicators/bench-001/",
        "plan indicator": "/regions/100000/bench-001/",
    }
    with _server(environment) as base, tempfile.TemporaryDirectory(dir=folder) as place:
        output = Path(place) / "weights.json"
        turns.once(Contender("Chromium", module("bench.engines.browser", output, base, *addresses.values())))
        found = json.loads(output.read_text())
    weights = {name: found[address] for name, address in addresses.items()}
    cells = {}
    for name, of in weights.items():
        cells[f"{name}, cold kB {of['cold']['kb']}"] = [of["cold"]["kb"] / COLD_KB]
        cells[f"{name}, cold requests {of['cold']['requests']}"] = [of["cold"]["requests"] / COLD_REQUESTS]
        cells[f"{name}, second visit kB {of['again']['kb']}"] = [of["again"]["kb"] / AGAIN_KB]
    return turns.tell(
        project="what travels to Chromium from gunicorn, without TLS (gzip)",
        against=f"{COLD_KB} kB in {COLD_REQUESTS} requests, {AGAIN_KB} kB on the second visit",
        ratios=_cells(cells),
        pass_line=WEIGHT_LINE,
        seconds={},
        **told | {"turns": 1},
    )


@contextmanager
def _server(environment: dict[str, str]):
    """gunicorn as in production, with one worker; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "-m",
        "gunicorn",
        "ipdash.wsgi",
        "--config",
        "ipdash/gunicorn.py",
        "--workers",
        "1",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    process = subprocess.Popen([sys.executable, *command], cwd=BASE_DIR, env=os.environ | environment)
    try:
        base = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{base}/healthz/live", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(30)
