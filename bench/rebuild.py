"""`rebuild`: progress of everything, from the database to the database."""

import sys
import tempfile
from pathlib import Path

from bench import databases, turns
from bench.engines.clock import FIGURES
from bench.turns import Contender, Turn, module

SUMMARY = "rebuild_progress against COPY, polars and COPY of the same rows; against values_list with bulk_create"
NEEDS = ("polars", "pyarrow")
COPY_LINE, ORM_LINE = 1.5, 0.3
ORM_SCALE = "province"  # at nation it would take many minutes: the time there is scaled up by the number of rows

# Rows that are in one of the tables only, or differ in one of the eleven figures.
UNEQUAL = f"""
    SELECT count(*) FROM indicators_progress o FULL JOIN bench_progress t USING (plan_indicator_id, year)
    WHERE o.id IS NULL OR t.id IS NULL
        OR {" OR ".join(f"(o.{name} IS NULL) <> (t.{name} IS NULL)" for name in FIGURES)}
        OR {" OR ".join(f"abs(o.{name} - t.{name}) > 1e-9 * greatest(1, abs(o.{name}))" for name in FIGURES)}
"""


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    folder.mkdir(parents=True, exist_ok=True)
    url = databases.ready(scale, folder)
    from_nothing = project("ipdash, from nothing", url, folder, "TRUNCATE indicators_progress")
    unchanged = project("ipdash, nothing changed", url, folder, "ANALYZE indicators_progress")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        copy = module("bench.engines.copy_polars", url, Path(place) / "rest.parquet")
        polars = Contender("polars", copy, prepare=lambda: databases.execute(url, "CHECKPOINT"))
        turns.once(unchanged)
        turns.once(Contender("prepare", [*copy, "--prepare"]))
        turns.once(polars)
        ((unequal,),) = databases.execute(url, "ANALYZE bench_progress", UNEQUAL)
        if unequal:
            raise SystemExit(f"rebuild: {unequal} rows are not the same")
        done = {name: [] for name in (from_nothing.name, unchanged.name, polars.name)}
        for number in range(count):
            # What is rebuilt from nothing is what then has not changed; the contender begins every other round.
            ours, theirs = [from_nothing, unchanged], [polars]
            for contender in ours + theirs if number % 2 == 0 else theirs + ours:
                done[contender.name] += turns.in_turn([contender], 1)[contender.name]
        databases.execute(url, "DROP TABLE bench_progress", "VACUUM ANALYZE indicators_progress")
    versions = {"postgresql": databases.server_version(url), **turns.versions("Django", "pandas", "numpy", "psycopg2-binary")}
    passed = [
        turns.tell(
            name="rebuild",
            scale=scale,
            project=f"rebuild_progress: {ours.name}",
            against="COPY csv, polars, TRUNCATE and COPY of the same rows",
            ratios={"whole process": turns.ratio(*([turn.whole for turn in done[one.name]] for one in (ours, polars)))},
            pass_line=COPY_LINE,
            turns=count,
            seconds={one.name: turns.medians(done, "whole")[one.name] for one in (ours, polars)},
            peak_mib={one.name: turns.medians(done, "peak_mib")[one.name] for one in (ours, polars)},
            versions=versions | turns.versions("polars"),
            load=load,
        )
        for ours in (from_nothing, unchanged)
    ]
    passed.append(_against_orm(scale, folder, done[from_nothing.name], rows(url), versions, load))
    return all(passed)


def project(name: str, url: str, folder: Path, *before: str) -> Contender:
    """The command in a fresh process; `before` are statements that come first, outside the clock."""
    return Contender(
        name,
        [sys.executable, "manage.py", "rebuild_progress"],
        databases.environment(url, folder),
        prepare=lambda: databases.execute(url, *before, "CHECKPOINT"),
    )


def rows(url: str) -> int:
    return databases.execute(url, "SELECT count(*) FROM indicators_progress")[0][0]


def _against_orm(scale: str, folder: Path, ours: list[Turn], due: int, versions: dict[str, str], load: float) -> bool:
    at = ORM_SCALE if scale == "nation" else scale
    url = databases.ready(at, folder)
    orm = Contender(
        "values_list, bulk_create",
        module("bench.engines.orm"),
        databases.environment(url, folder) | {"DJANGO_SETTINGS_MODULE": "ipdash.settings"},
        prepare=lambda: databases.execute(url, "TRUNCATE indicators_progress", "CHECKPOINT"),
    )
    turn = min((turns.once(orm) for _ in range(3)), key=lambda turn: turn.whole)
    # Starting up takes as long whatever there is to do; the rest grows with the rows.
    whole = turn.whole - turn.work + turn.work * due / rows(url)
    return turns.tell(
        name="rebuild",
        scale=scale,
        project="rebuild_progress: ipdash, from nothing",
        against="values_list, the project's frames, bulk_create of 5,000"
        + (f", best of 3 at {at}, scaled up" if at != scale else ""),
        ratios={"whole process": turns.ratio([turn.whole for turn in ours], [whole] * len(ours))},
        pass_line=ORM_LINE,
        turns=len(ours),
        seconds={
            "ipdash, from nothing": turns.medians({"": ours}, "whole")[""],
            orm.name: whole,
            f"{orm.name}, {at}": turn.whole,
        },
        peak_mib={"ipdash, from nothing": turns.medians({"": ours}, "peak_mib")[""], f"{orm.name}, {at}": turn.peak_mib},
        versions=versions,
        load=load,
    )
