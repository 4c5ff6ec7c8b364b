"""python -m bench NAME --scale nation|province|small [--turns 5]: exit status 1 when a comparison misses its line."""

import argparse
import os
import sys
from pathlib import Path

from bench import api, api_304, api_deep, calculate, flat, import_actuals, pages, rebuild, rebuild_one, turns
from bench.turns import BASE_DIR

BENCHMARKS = {
    "api": api,
    "api-304": api_304,
    "api-deep": api_deep,
    "calculate": calculate,
    "rebuild": rebuild,
    "rebuild-one": rebuild_one,
    "import": import_actuals,
    "pages": pages,
    "flat": flat,
}
SCALES = ("small", "province", "nation")


def main() -> int:
    summaries = "\n".join(f"  {name:<12} {benchmark.SUMMARY}" for name, benchmark in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=summaries, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--scale", choices=SCALES, default="nation")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    benchmark = BENCHMARKS[options.name]
    if missing := turns.lacks(*benchmark.NEEDS):
        print(f"bench: not installed: {', '.join(missing)}. Run: pip install '.[bench]'", file=sys.stderr)
        return 2
    folder = Path(os.environ.get("BENCH_DIR") or BASE_DIR / "var" / "bench")
    return 0 if benchmark.run(scale=options.scale, count=options.turns, folder=folder) else 1


if __name__ == "__main__":
    sys.exit(main())
