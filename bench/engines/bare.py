"""The least that can answer: a WSGI function, one psycopg2 connection a thread, the project's own SQL, orjson."""

import json
import os
import threading
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

import orjson
import psycopg2

asked = json.loads(Path(os.environ["BENCH_QUESTIONS"]).read_text())
pages = {
    one["address"]: (one["sql"], one["params"], one["names"], one["list"], one["moments"]) for one in asked["pages"].values()
}
china = timezone(timedelta(hours=8))
here = threading.local()


@lru_cache
def reasons(letters):
    return {name: asked["reasons"][one] for name, one in zip(asked["explained"], letters, strict=True) if one != "."}


@lru_cache
def moment(seconds):
    return datetime.fromtimestamp(seconds, china).isoformat()


def application(environ, start_response):
    sql, params, names, name, moments = pages[f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"]
    if not hasattr(here, "cursor"):
        connection = psycopg2.connect(os.environ["BENCH_URL"])
        connection.autocommit = True
        here.cursor = connection.cursor()
    here.cursor.execute(sql, params)
    rows = here.cursor.fetchall()[:100]
    results = [dict(zip(names, row, strict=False)) for row in rows]
    if name == "progress":
        for one in results:
            one["reasons"] = reasons(one["reasons"])
    for field in moments:
        for one in results:
            one[field] = moment(one[field])
    body = orjson.dumps({"results": results})
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
