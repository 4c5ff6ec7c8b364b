"""`api-304`: answers to who has them already, against bare psycopg2 that reads and sends the rows each time."""

import json
from contextlib import ExitStack
from pathlib import Path

from bench import databases, turns
from bench.api import CONNECTIONS, check_equal, gunicorn, loaded, prepared, project, tell, warmed

SUMMARY = "304 for an If-None-Match that is still right against bare psycopg2 answering in full"
NEEDS = ()
PASS_LINE = 0.85


def run(*, scale: str, count: int, folder: Path) -> bool:
    load = turns.load()
    url, questions, file = prepared(scale, folder)
    pages = {title: one["address"] for title, one in questions["pages"].items()}
    ours: dict[str, list] = {}
    theirs: dict[str, list] = {}
    with ExitStack() as stack:
        ipdash = stack.enter_context(project(url, folder))
        bare = stack.enter_context(gunicorn("bare", "bench.engines.bare", {"BENCH_QUESTIONS": str(file), "BENCH_URL": url}))
        tags = {}
        for title, address in pages.items():
            # wrk sends no Accept header, and the tag knows what was accepted.
            _, body, headers = ipdash.get(address, Accept="")
            check_equal("bare", json.loads(body), json.loads(bare.get(address)[1]))
            tags[title] = headers["ETag"]
            status, body, _ = ipdash.get(address, **{"If-None-Match": headers["ETag"], "Accept": ""})
            if (status, body) != (304, b""):
                raise SystemExit(f"ipdash: {status}, not 304")
        for server in ipdash, bare:
            warmed(server, pages)
        for number in range(count):
            for title, address in pages.items():
                for connections in CONNECTIONS:
                    cell = f"{title}, c={connections}"
                    both = [
                        (ours, ipdash, f"If-None-Match: {tags[title]}"),
                        (theirs, bare, ""),
                    ]
                    for done, server, header in both if number % 2 == 0 else reversed(both):
                        done.setdefault(cell, []).append(loaded(server, address, connections, header=header))
    return tell(
        name="api-304",
        scale=scale,
        project="304",
        against="bare psycopg2 and orjson answering in full",
        ours=ours,
        theirs=theirs,
        pass_lines=dict.fromkeys(ours, PASS_LINE),
        versions={"postgresql": databases.server_version(url), **turns.versions("Django", "gunicorn", "psycopg2-binary")},
        load=load,
    )
