"""`rebuild-one`: the refresh after the figures of one region changed, against the project's own full rebuild."""

from dataclasses import replace
from pathlib import Path

from bench import databases, turns
from bench.rebuild import project
from bench.turns import Contender, module

SUMMARY = "the refresh after a change in one region against a full rebuild"
NEEDS = ()
PASS_LINE = 0.05


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    folder.mkdir(parents=True, exist_ok=True)
    url = databases.ready(scale, folder)
    environment = databases.environment(url, folder) | {"DJANGO_SETTINGS_MODULE": "ipdash.settings"}

    def change():
        turns.once(Contender("change", module("bench.engines.refresh", "--change"), environment))
        databases.execute(url, "CHECKPOINT")

    refresh = Contender("refresh", module("bench.engines.refresh"), environment, prepare=change)
    worker = Contender("refresh in a running worker", module("bench.engines.refresh", "--running"), environment)
    rebuild = replace(project("rebuild", url, folder), prepare=change)
    turns.once(refresh)
    turns.once(Contender("check", [*rebuild.command[:2], "check_progress"], rebuild.environment))
    done = turns.in_turn([refresh, worker, rebuild], count)
    whole = [turn.whole for turn in done[rebuild.name]]
    return turns.tell(
        name="rebuild-one",
        scale=scale,
        project="refresh of what is stale after a change of every figure of one region",
        against="own rebuild_progress after the same change",
        ratios={
            "whole process": turns.ratio([turn.whole for turn in done["refresh"]], whole),
            "in a running worker": turns.ratio([turn.work for turn in done[worker.name]], whole),
        },
        pass_line=PASS_LINE,
        # A refresh runs in a worker that is there already; of a fresh process, four fifths is Python starting up.
        decides="in a running worker",
        turns=count,
        seconds={
            "refresh, whole process": turns.medians(done, "whole")["refresh"],
            "refresh, in a running worker": turns.medians(done, "work")[worker.name],
            "rebuild, whole process": turns.medians(done, "whole")[rebuild.name],
        },
        peak_mib={name: turns.medians(done, "peak_mib")[name] for name in done},
        versions={
            "postgresql": databases.server_version(url),
            **turns.versions("Django", "pandas", "numpy", "psycopg2-binary"),
        },
        load=load,
    )
