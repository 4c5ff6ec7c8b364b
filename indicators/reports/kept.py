"""What is costly to make (counts over everything, rendered pages, names), kept while the data stay what they are."""

import hashlib
import pickle
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from isal import isal_zlib as zlib

from indicators import progress

SECONDS = 3600
_making = threading.RLock()
_held: dict[str, tuple[int, Any]] = {}


def kept(state: Mapping[str, Any], name: str, make: Callable[[], Any], *, since: str = "", alone: bool = False) -> Any:
    """What `make` gives, made once per version of the data (and day, because what is due changes with it) and process.

    `state` is what progress.state_of_data() says; `name` tells apart what is kept and what it was asked for. What follows from
    a part of the data is made once per `since`, which moved.since() says. With `alone` the threads of a process take turns, so
    that a new version is not counted by all of them at once.
    """
    if state["data_version"] is None:
        return make()
    known = since or f"{state['data_version']} {state['stale_since']} {state['is_demo']}"
    key = f"kept-{_name(f'{known} {progress.today()} {settings.ASSETS_VERSION} {name}')}"
    found = cache.get(key)
    if found is None and not alone:
        return _keep(key, make())
    if found is None:
        with _making:
            found = cache.get(key)
            if found is None:
                return _keep(key, make())
    return pickle.loads(zlib.decompress(found))  # written by this application alone


def held(state: Mapping[str, Any], name: str, make: Callable[[], Any]) -> Any:
    """What follows from regions, indicators and plans alone, made once for as long as these stay what they are.

    Figures change all day, these a few times a year. The object itself is handed out, so it must be one that nobody changes.
    """
    structure = state["structure"]
    if structure is None:
        return make()
    found = _held.get(name)
    if found is None or found[0] != structure:
        found = _held[name] = (structure, make())
    return found[1]


def look_up(tag: str) -> bytes | None:
    """What was put by under a name that says everything it depends on; None when it is not there (any more)."""
    found = cache.get(f"page-{tag}")
    return None if found is None else zlib.decompress(found)


def put_by(tag: str, content: bytes) -> None:
    cache.set(f"page-{tag}", zlib.compress(content, 1), SECONDS)


def _name(known: str) -> str:
    return hashlib.sha256(known.encode()).hexdigest()


def _keep(key: str, made: Any) -> Any:
    # Packed, because a page of some hundred kB is then some ten, and hundreds of them are kept.
    cache.set(key, zlib.compress(pickle.dumps(made, pickle.HIGHEST_PROTOCOL), 1), SECONDS)
    return made
