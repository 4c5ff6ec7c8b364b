"""Statements that a connection runs again and again, planned once: PREPARE by hand, which psycopg2 does not do by itself.

PostgreSQL takes longer to plan a join of six tables than to read a page from it. A statement's name is made of its text, so
that a name means the same to everybody who shares the connection; where preparing does not work, the text is run as it is.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection

AFTER = 3  # uses of a text by one connection; what is asked now and then is not worth the room
MOST = 100  # statements of one connection: the server holds some 50 kB for each, 200 kB for a join of six tables
WATCHED = 500  # texts whose uses are counted until they come back often enough


@dataclass
class _Known:
    """What a connection has run: how often each text that is not prepared, and which are; the latest used last."""

    counts: OrderedDict[str, int] = field(default_factory=OrderedDict)
    ready: OrderedDict[str, str] = field(default_factory=OrderedDict)  # its name


_known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()
# What statements run into only because they are prepared. A pooler may hand over a connection that lacks them or has them
# already; a table may have changed; a number may be larger than the column it is compared with.
_GONE, _THERE, _CHANGED, _DATA = "26000", "42P05", "0A000", "22"


def rows(text: str, params: Sequence[Any] = ()) -> list[tuple]:
    """The rows of a statement, which is prepared when it comes back often enough."""
    with connection.cursor() as cursor:
        # A statement that fails takes nothing with it outside a transaction only.
        if settings.PREPARED_STATEMENTS and connection.vendor == "postgresql" and connection.get_autocommit():
            try:
                if name := _ready(cursor, text):
                    cursor.execute(f"EXECUTE {name}{_arguments(params)}", params)
                    return cursor.fetchall()
            except AnyDatabaseError as error:
                code = getattr(error.__cause__, "pgcode", None) or ""
                if not code.startswith((_GONE, _THERE, _CHANGED, _DATA)):
                    raise
                if code == _CHANGED:
                    cursor.execute(f"DEALLOCATE {_name(text)}")
                if code in (_CHANGED, _GONE):
                    _known[connection.connection].ready.pop(text, None)
        cursor.execute(text, params)
        return cursor.fetchall()


def _ready(cursor, text: str) -> str:
    """The name under which the connection has the statement ready; "" while it is not worth it."""
    known = _known.setdefault(connection.connection, _Known())
    if text in known.ready:
        known.ready.move_to_end(text)
        return known.ready[text]
    known.counts[text] = count = known.counts.get(text, 0) + 1
    known.counts.move_to_end(text)
    if count <= AFTER:
        if len(known.counts) > WATCHED:
            known.counts.popitem(last=False)
        return ""
    del known.counts[text]
    if len(known.ready) >= MOST:
        cursor.execute(f"DEALLOCATE {known.ready.popitem(last=False)[1]}")
    name = known.ready[text] = _name(text)
    cursor.execute(f"PREPARE {name} AS {_numbered(text)}")
    return name


def _name(text: str) -> str:
    return f"ipdash_{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def _numbered(text: str) -> str:
    """The text with $1, $2 … where it has %s."""
    first, *others = text.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(others, start=1))


def _arguments(params: Sequence[Any]) -> str:
    return f"({', '.join(['%s'] * len(params))})" if params else ""
