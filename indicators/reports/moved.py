"""Since when what a page shows stands as it is, so that a change makes anew only the pages that show it.

A process remembers which regions, indicators and figures were moved by the changes it saw. What it cannot know counts as moved.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from indicators import frames, prepared
from indicators.calculation.vocabulary import Subject
from indicators.reports.catalogue import catalogue
from indicators.reports.kept import SECONDS

MOST = 2_000  # changes, or figures that wait, that are looked at one by one; of more, everything counts as moved
REMEMBERED = 20_000
OVERTAKEN = 60  # seconds for which a request may be behind another one; what is behind for longer was restored

Key = tuple[str, ...]
_lock = threading.Lock()


def region(code: str) -> Key:
    """Every figure of a region."""
    return "region", code


def below(code: str) -> Key:
    """Every figure of the regions right below a region."""
    return "below", code


def indicator(code: str) -> Key:
    """Every region's figures of an indicator."""
    return "indicator", code


def figure(region: str, indicator: str) -> Key:
    """The figures of one indicator in one region."""
    return "figure", region, indicator


def subject(what: Subject) -> Key:
    """Everything of a kind."""
    return "subject", what.value


@dataclass(frozen=True)
class _Seen:
    """What a process knows: since `start` it saw every change; `moved` says at which version it saw a key in one."""

    state: tuple[Any, ...]  # number of the version and of the structure's, and since when figures wait
    start: int  # tells apart what was known before something was missed
    at: float
    moved: Mapping[Key, int]
    waiting: frozenset[Key] | None  # to be computed again; None: too many to name


_seen: _Seen | None = None


def whole(state: Mapping[str, Any]) -> str:
    """Names the state of the data as a whole, as `since` does that of a part."""
    return f"{state['data_version']} {state['stale_since']} {state['is_demo']}"


def since(state: Mapping[str, Any], keys: Iterable[Key]) -> str:
    """Names the last change of any of these, for what is kept under it; `state` is what progress.state_of_data() says.

    The demo mark and the structure are part of it: everything shows them.
    """
    if state["data_version"] is None:
        return whole(state)
    seen = _look(state)
    wanted = frozenset(keys)
    if seen.waiting is None or not seen.waiting.isdisjoint(wanted):  # said beside the figures, and over at any moment
        return whole(state)
    return f"{seen.start} {max((seen.moved.get(key, 0) for key in wanted), default=0)} {state['is_demo']}"


def _look(state: Mapping[str, Any]) -> _Seen:
    """What is known once the changes up to this state are seen."""
    global _seen
    found = (state["data_version"], state["structure"], state["stale_since"])
    seen = _seen
    if seen is not None and seen.state == found:
        return seen
    with _lock:
        if _seen is not None and found[0] < _seen.state[0] and time.monotonic() - _seen.at < OVERTAKEN:
            return replace(_seen, waiting=None)
        if _seen is None or _seen.state != found:
            _seen = _after(_seen, state, found)
        return _seen


def _after(seen: _Seen | None, state: Mapping[str, Any], found: tuple) -> _Seen:
    now = time.monotonic()
    waiting = _waiting(state)
    # What is kept goes after a while, so what was missed before it does not matter.
    if seen is not None and seen.state[1] == found[1] and seen.state[0] <= found[0] and now - seen.at < SECONDS:
        changed = _changed(state, seen.state[0]) if seen.state[0] < found[0] else frozenset()
        if changed is not None and len(seen.moved) + len(changed) <= REMEMBERED:
            return _Seen(found, seen.start, now, {**seen.moved, **dict.fromkeys(changed, found[0])}, waiting)
    return _Seen(found, time.monotonic_ns(), now, {}, waiting)


def _changed(state: Mapping[str, Any], version: int) -> frozenset[Key] | None:
    """What the changes after a version moved; None for everything."""
    rows = prepared.rows(
        f"""
        SELECT DISTINCT c.what, s.region_id, s.indicator_id FROM indicators_change c
        LEFT JOIN indicators_series s ON s.id = c.series_id WHERE c.version > %s LIMIT {MOST + 1}
        """,
        [version],
    )
    kinds = {("subject", what) for what, _, _ in rows}
    return _all_keys(state, [row[1:] for row in rows], kinds)


def _waiting(state: Mapping[str, Any]) -> frozenset[Key] | None:
    if state["stale_since"] is None:
        return frozenset()
    rows = prepared.rows(f"""
        SELECT DISTINCT s.region_id, s.indicator_id FROM indicators_stalemark m JOIN indicators_series s ON s.id = m.series_id
        WHERE m.cause IN ({frames.STALE_CAUSES}) LIMIT {MOST + 1}
    """)
    return _all_keys(state, rows, {subject(Subject.PROGRESS)})


def _all_keys(state: Mapping[str, Any], series: Sequence[tuple], kinds: set[Key]) -> frozenset[Key] | None:
    """All that shows any of these figures, and these kinds; None for everything, where that is too much or not known."""
    if len(series) > MOST:
        return None
    try:
        return frozenset(kinds.union(*(_keys(state, *one) for one in series)))
    except KeyError:  # no series is named, or one of a region or an indicator that came in since names were read
        return None


def _keys(state: Mapping[str, Any], region_id: int, indicator_id: int) -> Iterator[Key]:
    """All that shows the figures of a series."""
    known = catalogue(state)
    place, thing = known.region_of[region_id], known.indicator_of[indicator_id]
    yield region(place.code)
    yield below(place.parent_code)
    yield indicator(thing.code)
    yield figure(place.code, thing.code)
