"""From a list and what is asked of it to SQL text: built once per form of question, the same words for both databases."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from indicators import frames, prepared
from indicators.api.asked import Asked, order_of
from indicators.api.lists import LISTINGS, Field, Listing
from indicators.api.problems import Problem

CHUNK = 5000

# One word that says which data were read: the version, whether they are demo data, and what waits to be computed again.
_STATE = (
    "COALESCE((SELECT number || CASE WHEN is_demo THEN '-demo' ELSE '-real' END FROM indicators_dataversion WHERE id = 1),"
    " '0-real')"
)
_STALE = (
    " || (SELECT '-' || count(*) || '-' || COALESCE(max(id), 0) FROM indicators_stalemark"
    f" WHERE cause IN ({frames.STALE_CAUSES}))"
)

# Codes, which people write, to ids.
_TABLES = {
    "region": ("regions_region", "code", "unknown_region", "地区代码", "/api/v1/regions/"),
    "indicator": ("indicators_indicator", "code", "unknown_indicator", "指标代码", "/api/v1/indicators/"),
    "plan": ("indicators_plan", "slug", "unknown_plan", "规划标识", "/api/v1/plans/"),
}
_BELOW = """
    WITH RECURSIVE below(id) AS (
        SELECT id FROM regions_region WHERE code IN ({places})
        UNION SELECT c.id FROM regions_region c JOIN below b ON c.parent_id = b.id
    ) SELECT id FROM below ORDER BY id
"""


@dataclass(frozen=True)
class Where:
    """Conditions with their parameters; `unchecked` are codes that were not looked up: no row may mean that one is unknown."""

    conditions: tuple[str, ...]
    params: tuple[Any, ...]
    unchecked: tuple[tuple[str, str], ...]


# Selecting


def where(listing: Listing, asked: Asked) -> Where:
    """The conditions of what is asked. Several codes, and regions with those below, are looked up: Problem when unknown."""
    conditions: list[str] = []
    params: list[Any] = []
    unchecked: list[tuple[str, str]] = []
    for parameter, column in listing.filters.items():
        if parameter == "year":
            for value, sign in ((asked.year, "="), (asked.year_min, ">="), (asked.year_max, "<=")):
                if value is not None:
                    conditions.append(f"{column} {sign} %s")
                    params.append(value)
        elif parameter == "status":
            if asked.statuses:
                conditions.append(f"{column} IN ({', '.join(['%s'] * len(asked.statuses))})")
                params += asked.statuses
        else:
            codes = {"region": asked.regions, "indicator": asked.indicators, "plan": asked.plans}[parameter]
            if not codes:
                continue
            if len(codes) == 1 and not (parameter == "region" and asked.descendants):
                table, code, *_ = _TABLES[parameter]
                ids = f"= (SELECT id FROM {table} WHERE {code} = %s)"
                params.append(codes[0])
                unchecked.append((parameter, codes[0]))
            else:
                found = _ids(parameter, codes, with_descendants=parameter == "region" and asked.descendants)
                ids = f"IN ({', '.join(map(str, found))})"
            conditions.append(column.format(ids=ids) if "{ids}" in column else f"{column} {ids}")
    return Where(tuple(conditions), tuple(params), tuple(unchecked))


def check(unchecked: Sequence[tuple[str, str]]) -> None:
    """Problem for the first code that does not exist; called when a list came out empty."""
    for parameter, code in unchecked:
        _ids(parameter, (code,), with_descendants=False)


def _ids(parameter: str, codes: Sequence[str], *, with_descendants: bool) -> list[int]:
    table, column, problem, label, address = _TABLES[parameter]
    places = ", ".join(["%s"] * len(codes))
    found = dict(run(f"SELECT {column}, id FROM {table} WHERE {column} IN ({places})", codes))
    for code in codes:
        if code not in found:
            raise Problem(problem, f"没有{label}“{code}”；全部{label}见 {address}。", more={"parameter": parameter})
    if with_descendants:
        return [pk for (pk,) in run(_BELOW.format(places=places), codes)]
    return sorted(found.values())


# Text


@lru_cache(maxsize=512)
def page(
    name: str,
    fields: tuple[str, ...],
    conditions: tuple[str, ...],
    ordering: str,
    way: str,
    vendor: str,
    limit: int | None = None,
) -> tuple[str, tuple[str, ...]]:
    """The SQL of a page and the names of what it gives: fields, `_unit` where amounts need it, the order's keys, `_state`.

    `way` is "" for the first page, "after" or "before" for one from a cursor; "before" comes in reverse. `limit` stands in the
    text, since a plan that is to be kept must know whether a hundred rows are wanted or all of them.
    """
    listing = LISTINGS[name]
    order, is_reversed = order_of(listing, ordering)
    columns, names = _columns(listing, fields, vendor)
    columns += [*order.columns, f"{_STATE}{_STALE if listing.shows_stale else ''}"]
    names += [f"_key{number}" for number in range(len(order.columns))] + ["_state"]
    rules = list(conditions)
    descending = is_reversed != (way == "before")
    if way:
        sign = "<" if descending else ">"
        rules.append(f"({', '.join(order.columns)}) {sign} ({', '.join(['%s'] * len(order.columns))})")
        if 0 < order.lead < len(order.columns):
            # The same again for the columns of one index: it then begins where the page does.
            rules.append(f"({', '.join(order.columns[: order.lead])}) {sign}= ({', '.join(['%s'] * order.lead)})")
    direction = " DESC" if descending else ""
    text = f"SELECT {', '.join(columns)}\nFROM {listing.source}"
    if rules:
        text += f"\nWHERE {' AND '.join(rules)}"
    text += f"\nORDER BY {', '.join(f'{column}{direction}' for column in order.columns)}"
    return text + (f"\nLIMIT {limit}" if limit else ""), tuple(names)


@lru_cache(maxsize=64)
def one(name: str, fields: tuple[str, ...], vendor: str) -> tuple[str, tuple[str, ...]]:
    """The SQL of a single object by its key."""
    listing = LISTINGS[name]
    columns, names = _columns(listing, fields, vendor)
    columns.append(f"{_STATE}{_STALE if listing.shows_stale else ''}")
    return f"SELECT {', '.join(columns)}\nFROM {listing.source}\nWHERE {listing.key} = %s", (*names, "_state")


@lru_cache(maxsize=256)
def count(name: str, conditions: tuple[str, ...]) -> str:
    listing = LISTINGS[name]
    return f"SELECT count(*) FROM {listing.source}" + (f"\nWHERE {' AND '.join(conditions)}" if conditions else "")


def _columns(listing: Listing, fields: tuple[str, ...], vendor: str) -> tuple[list[str], list[str]]:
    chosen = [listing.field(name) for name in fields] if fields else list(listing.fields)
    columns, names = [expression(field, vendor) for field in chosen], [field.name for field in chosen]
    if any(field.kind == "amount" for field in chosen):
        columns.append(listing.unit or listing.field("unit").sql)
        names.append("_unit")
    return columns, names


def expression(field: Field, vendor: str) -> str:
    """The field's SQL as this database must be asked so that both give the same: plain floats, ISO days, moments in seconds."""
    if vendor == "postgresql":
        return {
            "number": "{}::float8",
            "amount": "{}::float8",
            "date": "to_char({}, 'YYYY-MM-DD')",
            "moment": "floor(date_part('epoch', {}))::int8",  # to_char would take a quarter of the statement's time
            "json": "{}::text",
        }.get(field.kind, "{}").format(field.sql)
    return {
        "number": "CAST({} AS REAL)",
        "amount": "CAST({} AS REAL)",
        "float": "CAST({} AS REAL)",
        "date": "CAST({} AS TEXT)",
        "moment": "CAST(strftime('%%s', {}) AS INTEGER)",
    }.get(field.kind, "{}").format(field.sql)


# Running


def run(text: str, params: Sequence[Any]) -> list[tuple]:
    """The rows of a statement that only reads.

    A connection that has died since it was last used is found out by using it, and then once made anew: asking beforehand
    whether it lives would cost every request a round trip.
    """
    connection.health_check_done = True
    try:
        return prepared.rows(text, params)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return prepared.rows(text, params)


def stream(text: str, params: Sequence[Any]) -> Iterator[list[tuple]]:
    """The rows in chunks, of one moment, without holding them all: a server-side cursor where the database has them."""
    # On PostgreSQL the cursor lives in a transaction; on SQLite one would keep others from writing, and is not needed.
    together = transaction.atomic() if connection.vendor == "postgresql" else nullcontext()
    with together, connection.chunked_cursor() as cursor:
        cursor.execute(text, params)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def state(listing: Listing | None = None) -> str:
    """The word that says which data a list would be read from now."""
    with_stale = _STALE if listing is None or listing.shows_stale else ""
    return run(f"SELECT {_STATE}{with_stale}", ())[0][0]
