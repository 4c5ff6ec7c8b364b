"""Contenders and project in turn, each turn a fresh process; what a comparison comes to, as one JSON line and one to read."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from statistics import median

BASE_DIR = Path(__file__).resolve().parent.parent
DECIDES = "nation"


@dataclass(frozen=True)
class Contender:
    """A command that does the work once, and what must be done before each of its turns, outside the clock."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Turn:
    """One process: its whole time, the time of the work as it says itself (NaN if it does not), its largest memory."""

    whole: float
    work: float
    peak_mib: float


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module with this Python."""
    return [sys.executable, "-m", name, *(str(one) for one in arguments)]


def once(contender: Contender) -> Turn:
    """Run a contender; its last line may be {"seconds": of the work, "not_counted": of what is no part of it}."""
    contender.prepare()
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            contender.command, cwd=BASE_DIR, env=os.environ | contender.environment, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        whole = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read()
    if process.returncode:
        raise SystemExit(f"{contender.name}: ended with {process.returncode}\n{output}")
    last = output.strip().rpartition("\n")[2]
    told = json.loads(last) if last.startswith("{") else {}
    return Turn(whole - told.get("not_counted", 0.0), told.get("seconds", float("nan")), used.ru_maxrss / 1024)


def in_turn(contenders: list[Contender], turns: int) -> dict[str, list[Turn]]:
    """The turns of each contender; who begins changes from round to round."""
    done: dict[str, list[Turn]] = {contender.name: [] for contender in contenders}
    for number in range(turns):
        at = number % len(contenders)
        for contender in contenders[at:] + contenders[:at]:
            done[contender.name].append(once(contender))
            print(f"  {number + 1}/{turns} {contender.name}: {done[contender.name][-1].whole:.2f} s", file=sys.stderr)
    return done


def ratio(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """Ours over theirs, turn by turn."""
    each = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return {"median": round(median(each), 4), "min": round(min(each), 4), "max": round(max(each), 4)}


def tell(
    *,
    name: str,
    scale: str,
    project: str,
    against: str,
    ratios: dict[str, dict[str, float]],
    pass_line: float | None,
    turns: int,
    seconds: dict[str, float],
    peak_mib: dict[str, float],
    versions: dict[str, str],
    load: float,
    decides: str | None = None,
) -> bool:
    """Print a comparison as a JSON line on standard output and for people on standard error; whether it passed.

    `ratios` holds one cell per way of measuring; the worst of their medians decides, unless `decides` names one. The lines are
    drawn for nation: at the other scales, where starting up is most of the time, nothing is decided and everything passes, as
    does what has no line and is told to be known.
    """
    worst = max(ratios, key=lambda cell: ratios[cell]["median"])
    decides = decides or worst
    passed = ratios[decides]["median"] <= pass_line if scale == DECIDES and pass_line is not None else None
    undecided = "no line is drawn" if pass_line is None else "nothing is decided at this scale"
    verdict = {True: f"passes at {pass_line}", False: f"FAILS at {pass_line}", None: undecided}[passed]
    line = {
        "name": name,
        "scale": scale,
        "project": project,
        "against": against,
        "turns": turns,
        "ratio": ratios,
        "worst": {"cell": worst, **ratios[worst]},
        "decides": decides,
        "pass_line": pass_line,
        "passed": passed,
        "seconds": {key: round(value, 5) for key, value in seconds.items()},
        "peak_mib": {key: round(value) for key, value in peak_mib.items()},
        "versions": versions,
        "load_before": round(load, 2),
        "cores": os.cpu_count(),
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)
    cell = ratios[decides]
    print(
        f"{name} at {scale}: {project} takes {cell['median']:.3g} ({cell['min']:.3g}..{cell['max']:.3g}) of {against}"
        f" ({decides}, {turns} turns); {verdict}",
        file=sys.stderr,
        flush=True,
    )
    return passed is not False


def medians(done: dict[str, list[Turn]], of: str) -> dict[str, float]:
    return {name: median(getattr(turn, of) for turn in turns) for name, turns in done.items()}


def load() -> float:
    """How busy the machine is with other things: the load average of the last minute, read before a benchmark starts."""
    return os.getloadavg()[0]


def versions(*packages: str) -> dict[str, str]:
    return {"python": platform.python_version(), **{package: metadata.version(package) for package in packages}}


def lacks(*packages: str) -> list[str]:
    """Those of the packages that are not installed."""
    installed = {found.metadata["Name"].lower() for found in metadata.distributions()}
    return [package for package in packages if package not in installed]
