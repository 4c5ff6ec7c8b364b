"""`rebuild`: progress of everything, from the database to the database."""

import tempfile
from pathlib import Path

from bench import databases, turns
from bench.engines.clock import FIGURES
from bench.turns import BASE_DIR, Contender, module

SUMMARY = "rebuild_progress against COPY, polars, COPY of the same rows; and against values_list with bulk_create"
NEEDS = ("polars",)
COPY_LINE, ORM_LINE = 1.5, 0.3
ORM_SCALE = "province"  # at nation it would take many minutes; its time is scaled up by the number of rows

# Where the eleven figures of the two tables are not the same, or a row is in one of them only.
_UNEQUAL = " OR ".join(
    f"o.{name} IS NULL <> t.{name} IS NULL OR abs(o.{name} - t.{name}) > 1e-9 * greatest(1, abs(o.{name}))" for name in FIGURES
)
UNEQUAL = f"""
    SELECT count(*) FROM indicators_progress o FULL JOIN bench_progress t USING (plan_indicator_id, year)
    WHERE o.id IS NULL OR t.id IS NULL OR {_UNEQUAL}
"""


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    folder.mkdir(parents=True, exist_ok=True)
    url = databases.ready(scale, folder)
    rebuild = project(url, folder, "rebuild_progress")
    empty = rebuild_of_nothing(url, folder)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        copy = _copy(url, Path(place) / "rest.parquet")
        turns.once(rebuild)
        turns.once(Contender("prepare", [*copy.command, "--prepare"]))
        turns.once(copy)
        databases.execute(url, "ANALYZE bench_progress")
        ((unequal,),) = databases.execute(url, UNEQUAL)
        if unequal:
            raise SystemExit(f"rebuild: {unequal} rows differ between the project and polars")
        print("  the results are equal", file=sys.stderr)
        done = turns.in_turn([empty, rebuild, copy], count)
        databases.execute(url, "DROP TABLE bench_progress")
    common = {"scale": scale, "turns": count, "load": load}
    versions = {"postgresql": databases.server_version(url), **turns.versions("Django", "pandas", "numpy", "psycopg2-binary")}

    def against_copy(ours, project):
        return turns.tell(
            name="rebuild",
            project=project,
            against="COPY csv, polars, TRUNCATE and COPY of the same rows",
            ratios={"whole process": turns.ratio([t.whole for t in done[ours]], [t.whole for t in done["polars"]])},
            pass_line=COPY_LINE,
            seconds={who: turns.medians(done, "whole")[who] for who in (ours, "polars")},
            peak_mib={who: turns.medians(done, "peak_mib")[who] for who in (ours, "polars")},
            versions=versions | turns.versions("polars"),
            **common,
        )

    passed = [
        against_copy(empty.name, "rebuild_progress, from nothing"),
        against_copy(rebuild.name, "rebuild_progress, nothing changed"),
        _against_orm(scale, folder, url, [t.whole for t in done[empty.name]], common, versions),
    ]
    return all(passed)


def project(url: str, folder: Path, *arguments: str) -> Contender:
    return Contender(
        "ipdash, nothing changed",
        [*module("manage")[:1], "manage.py", *arguments],
        databases.environment(url, folder),
        prepare=lambda: databases.execute(url, "CHECKPOINT"),
    )
