"""Reads what people upload in a process of its own, with limits on memory, time and output: it may die alone."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
MEMORY = 512 * 1024 * 1024
OUTPUT = 160 * 1024 * 1024
# Set before the first line that looks at the file. Without numpy, which openpyxl would load only to know its number types.
LIMITED = """
import os, resource, runpy, sys
path, memory, seconds, output = sys.argv[1], *map(int, sys.argv[2:])
os.nice(5)
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
sys.modules["numpy"] = None
runpy.run_path(path, run_name="__main__")
"""


class Stopped(Exception):
    """The process did not come to its end: killed by a limit, or ended by itself."""


@dataclass(frozen=True)
class Limits:
    """Seconds of processor time, and twice as many by the clock."""

    seconds: int = 60


def run(program: str, request: dict, limits: Limits) -> dict:
    """What a program of this folder answers to a request; Stopped when it gives no answer within its limits."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", LIMITED, str(HERE / f"{program}.py")]
    try:
        done = subprocess.run(
            [*command, str(MEMORY), str(limits.seconds), str(OUTPUT)],
            input=json.dumps(request, ensure_ascii=False).encode(),
            capture_output=True,
            timeout=limits.seconds * 2,
            check=False,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
        )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise Stopped("time") from None
    except ValueError:
        raise Stopped(f"ended with {done.returncode}: {done.stderr[-500:].decode(errors='replace')}") from None
