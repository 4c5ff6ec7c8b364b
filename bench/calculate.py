"""`calculate`: eleven figures for every plan indicator and year, Parquet to Parquet; contenders DuckDB and polars."""

from pathlib import Path

from bench import turns
from bench.turns import Contender, module

SUMMARY = "the calculation on frames against DuckDB and polars, Parquet in and out"
NEEDS = ("polars", "duckdb", "pyarrow")
PASS_LINE = 1.5
AGAINST = ("duckdb", "polars")
EVERYTHING = "ipdash, everything"


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    inputs = folder / scale / "inputs"
    # In a process of its own: the peak memory that the system tells of a process begins with that of the one it came from.
    turns.once(Contender("dataset", module("bench.dataset", folder, scale, "inputs")))
    outputs = folder / scale / "outputs"
    outputs.mkdir(exist_ok=True)

    def contender(name, engine, *arguments):
        return Contender(name, module(f"bench.engines.{engine}", inputs, outputs / f"{engine}.parquet", *arguments))

    contenders = [
        contender("ipdash", "ipdash"),
        *(contender(name, name) for name in AGAINST),
        Contender(EVERYTHING, module("bench.engines.ipdash", inputs, outputs / "everything.parquet", "--everything")),
    ]
    for each in contenders:
        turns.once(each)  # also warms the file cache
    for name in AGAINST:
        turns.once(Contender("equal", module("bench.equal", outputs / "ipdash.parquet", outputs / f"{name}.parquet")))
    done = turns.in_turn(contenders, count)
    passed = [
        turns.tell(
            name="calculate",
            scale=scale,
            project="figures_only, 11 figures",
            against=f"{name}, the same",
            ratios={
                "read, compute, write": turns.ratio([t.work for t in done["ipdash"]], [t.work for t in done[name]]),
                "whole process": turns.ratio([t.whole for t in done["ipdash"]], [t.whole for t in done[name]]),
            },
            pass_line=PASS_LINE,
            turns=count,
            seconds={
                f"{who}, {what}": turns.medians(done, part)[who]
                for who in ("ipdash", name, EVERYTHING)
                for what, part in (("work", "work"), ("whole process", "whole"))
            },
            peak_mib={who: turns.medians(done, "peak_mib")[who] for who in ("ipdash", name, EVERYTHING)},
            versions=turns.versions("pandas", "numpy", "pyarrow", name),
            load=load,
        )
        for name in AGAINST
    ]
    return all(passed)
