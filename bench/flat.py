"""`flat`: the median time of every page and list at a scale against the same at small."""

from pathlib import Path
from statistics import median

from bench import databases, turns
from bench.pages import IN_PROCESS, STATES, answered
from bench.turns import Contender, module

SUMMARY = "p50 of every page and list at nation against the same at small"
NEEDS = ()
PASS_LINE = 1.5
REQUESTS = 20  # addresses drawn of each page, in each turn: medians of a millisecond need as many


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    folder.mkdir(parents=True, exist_ok=True)
    environments = {}
    for name in dict.fromkeys((scale, "small")):
        url = databases.ready(name, folder)
        environments[name] = databases.environment(url, folder) | IN_PROCESS
    turns.once(Contender("static files", module("bench.engines.pages", "--prepare"), environments[scale]))
    large, small = [], []
    for number in range(count):
        for name, done in ((scale, large), ("small", small))[:: 1 if number % 2 == 0 else -1]:
            done.append(answered("project", REQUESTS, number, environments[name], folder))
    versions = {"postgresql": databases.server_version(url), **turns.versions("Django", "psycopg2-binary")}
    passed = [
        turns.tell(
            name="flat",
            scale=scale,
            project=f"p50 at {scale}, {what}",
            against="p50 at small",
            ratios={
                page: turns.ratio(*([median(turn["pages"][page][key]) for turn in side] for side in (large, small)))
                for page in large[0]["pages"]
            },
            pass_line=line and PASS_LINE,
            turns=count,
            seconds={
                f"{page}, {name}": median(median(turn["pages"][page][key]) for turn in side) / 1000
                for page in large[0]["pages"]
                for name, side in ((scale, large), ("small as yardstick", small))
            },
            peak_mib={},
            versions=versions,
            load=load,
        )
        for key, (what, line) in STATES.items()
    ]
    return all(passed)
