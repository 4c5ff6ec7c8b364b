"""`api-deep`: the page at nine tenths of a list, against the list's own first page."""

import json
from pathlib import Path

from bench import databases, turns
from bench.api import loaded, prepared, project, warmed

SUMMARY = "a page at 90 % of a list against the list's first page"
NEEDS = ()
PASS_LINE = 1.5


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    url, questions, _ = prepared(scale, folder)
    first: dict[str, list[float]] = {}
    deep: dict[str, list[float]] = {}
    with project(url, folder) as ipdash:
        for title, one in questions["deep"].items():
            if len(json.loads(ipdash.get(one["deep"])[1])["results"]) != 100:
                raise SystemExit(f"{title}: the deep page has no 100 rows")
        warmed(ipdash, {title: one["address"] for title, one in questions["deep"].items()})
        for number in range(count):
            for title, one in questions["deep"].items():
                both = [(first, one["address"]), (deep, one["deep"])]
                for done, address in both if number % 2 == 0 else reversed(both):
                    done.setdefault(title, []).append(loaded(ipdash, address, 1).p50 / 1000)
    rows = {title: one["rows"] for title, one in questions["deep"].items()}
    return turns.tell(
        name="api-deep",
        scale=scale,
        project="p50 of the page at 90 % by its cursor",
        against="own first page",
        ratios={f"{title} ({rows[title]} rows)": turns.ratio(deep[title], first[title]) for title in first},
        pass_line=PASS_LINE,
        turns=count,
        seconds={
            f"{title}, {what}": turns.medians({"": [turns.Turn(one, one, 0) for one in done[title]]}, "whole")[""]
            for title in first
            for what, done in (("first", first), ("deep", deep))
        },
        peak_mib={},
        versions={"postgresql": databases.server_version(url), **turns.versions("Django", "gunicorn", "psycopg2-binary")},
        load=load,
    )
