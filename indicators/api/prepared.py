"""Statements that a connection runs again and again, planned once: PREPARE by hand, which psycopg2 does not do by itself.

PostgreSQL takes longer to plan a join of six tables than to read a page from it. A statement's name is made of its text, so
that a name means the same to everybody who shares the connection; where preparing does not work, the text is run as it is.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection

AFTER = 3  # uses of a text by one connection; what is asked now and then is not worth the room
MOST = 32  # statements of one connection: the server holds some 200 kB for each

# Connection -> how often it has run which text, the latest used last.
_uses: WeakKeyDictionary[Any, OrderedDict[str, int]] = WeakKeyDictionary()
# What statements run into only because they are prepared. A pooler may hand over a connection that lacks them or has them
# already; a table may have changed; a number may be larger than the column it is compared with.
_GONE, _THERE, _CHANGED, _DATA = "26000", "42P05", "0A000", "22"


def rows(text: str, params: Sequence[Any]) -> list[tuple]:
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
                    _uses[connection.connection].pop(text, None)
        cursor.execute(text, params)
        return cursor.fetchall()


def _ready(cursor, text: str) -> str:
    """The name under which the connection has the statement ready; "" while it is not worth it."""
    uses = _uses.setdefault(connection.connection, OrderedDict())
    uses[text] = count = uses.get(text, 0) + 1
    uses.move_to_end(text)
    if len(uses) > MOST:
        oldest, its_count = uses.popitem(last=False)
        if its_count > AFTER:
            cursor.execute(f"DEALLOCATE {_name(oldest)}")
    if count <= AFTER:
        return ""
    name = _name(text)
    if count == AFTER + 1:
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
