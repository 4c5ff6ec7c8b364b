"""What the engines share: where to read and write, and how the time of the work is told."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

# In the order in which they are written, after plan_indicator and year.
FIGURES = (
    "actual", "required", "gap", "gap_final", "attainment", "completion", "yoy", "cagr", "planned_cagr",
    "required_cagr", "trend_ratio",
)  # fmt: skip


def timed(work: Callable[[Path, Path], object]) -> None:
    """Do the work from the folder to the file that the command line names; imports are over when the clock starts."""
    source, to = Path(sys.argv[1]), Path(sys.argv[2])
    start = time.perf_counter()
    work(source, to)
    print(json.dumps({"seconds": time.perf_counter() - start}))
