"""What there is to find and to choose: regions, indicators, the wordings of plans. It changes a few times a year."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from indicators import frames
from indicators.calculation.vocabulary import Level
from indicators.reports.kept import held
from indicators.reports.names import Names

SUGGESTED = 400  # regions in a list to choose from; any other can be typed
_LEVELS = {word.value: place for place, word in enumerate(Level)}


class Place(NamedTuple):
    code: str
    name: str
    level: str
    parent: str  # its name, blank for the country
    key: int
    parent_code: str


class Thing(NamedTuple):
    code: str
    name: str
    unit: str
    decimals: int
    dimension: str
    is_planned: bool  # by any plan
    key: int


@dataclass(frozen=True)
class Catalogue:
    regions: tuple[Place, ...]  # by code
    by_code: Mapping[str, Place]
    region_of: Mapping[int, Place]  # by key
    indicators: tuple[Thing, ...]  # in the order in which they were loaded
    indicator_of: Mapping[int, Thing]
    wordings: tuple[str, ...]  # every one that plans use, once
    region_names: Names
    indicator_names: Names
    region_options: tuple[str, ...]
    indicator_options: tuple[str, ...]


def catalogue(state: Mapping[str, Any]) -> Catalogue:
    """`state` is what progress.state_of_data() says."""
    return held(state, "catalogue", _read)


def _read() -> Catalogue:
    regions = frames.query("""
        SELECT r.code, r.name, r.level, COALESCE(p.name, ''), r.id, COALESCE(p.code, '')
        FROM regions_region r LEFT JOIN regions_region p ON p.id = r.parent_id ORDER BY r.code
    """)
    indicators = frames.query("""
        SELECT i.code, i.name, i.unit, i.decimals, i.dimension, EXISTS (
            SELECT 1 FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id WHERE s.indicator_id = i.id
        ), i.id
        FROM indicators_indicator i ORDER BY i.id
    """)
    # Read from the index by jumping from each to the next.
    wordings = frames.query("""
        WITH RECURSIVE wording (name) AS (
            SELECT min(name) FROM indicators_planindicator
            UNION ALL
            SELECT (SELECT min(p.name) FROM indicators_planindicator p WHERE p.name > w.name) FROM wording w
            WHERE w.name IS NOT NULL
        )
        SELECT name FROM wording WHERE name IS NOT NULL
    """)
    places, things = tuple(map(Place._make, regions)), tuple(map(Thing._make, indicators))
    return Catalogue(
        regions=places,
        by_code={place.code: place for place in places},
        region_of={place.key: place for place in places},
        indicators=things,
        indicator_of={thing.key: thing for thing in things},
        wordings=tuple(name for (name,) in wordings),
        region_names=Names((one.name, one.code) for one in places),
        indicator_names=Names((one.name, one.code) for one in things),
        region_options=_options(sorted(places, key=lambda place: _LEVELS[place.level])[:SUGGESTED]),
        indicator_options=_options(things),
    )


def _options(known: Sequence[Place] | Sequence[Thing]) -> tuple[str, ...]:
    """Names to choose from; with the code behind a name that several have."""
    names: Iterable[str] = (one.name for one in known)
    times = Counter(names)
    return tuple(one.name if times[one.name] == 1 else f"{one.name}（{one.code}）" for one in known)
