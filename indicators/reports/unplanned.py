"""What is published of a region beside its plans: the figures of its series that no plan names."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from indicators import prepared
from indicators.calculation import wording
from indicators.frames import Scope
from indicators.reports import cells
from indicators.reports.catalogue import Place, Thing, catalogue
from indicators.reports.cells import Cell
from indicators.reports.standing import DIMENSIONS, history_path, indicator_path

MOST = 50


class Figure(NamedTuple):
    """A published value, of a whole year where it has no period."""

    year: int
    value: Any
    source: str
    source_url: str
    period: str


@dataclass(frozen=True)
class Year:
    year: int
    address: str
    is_interim: bool  # there are figures of parts of it alone


@dataclass(frozen=True)
class Unplanned:
    """A series that no plan names: its latest figure of a whole year, else of a part of one, and the other years it has."""

    name: str
    dimension: str
    unit: str
    value: Cell
    figure: Figure
    address: str  # the indicator's page in the year of the figure
    others: tuple[Year, ...]  # the latest first
    history: str  # blank where there are figures of parts of years alone, which have none


@dataclass(frozen=True)
class Beside:
    """What a page shows of them, and how many there are."""

    rows: tuple[Unplanned, ...]
    count: int
    has_whole_years: bool
    has_interims: bool

    @property
    def has_others(self) -> bool:
        """Whether any row has a further year; a column of dashes alone would tell nothing."""
        return any(row.others for row in self.rows)

    @property
    def has_history(self) -> bool:
        return any(row.history for row in self.rows)


def beside(place: Place, state: Mapping[str, Any]) -> Beside:
    """A region's series that no plan names and that have a figure, by dimension. Two queries, one where there are none.

    `state` is what progress.state_of_data() says.
    """
    found = prepared.rows(
        """
        SELECT s.id, s.indicator_id FROM indicators_series s
        WHERE s.region_id = %s AND NOT EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.series_id = s.id)
        """,
        [place.key],
    )
    things = catalogue(state).indicator_of
    # An indicator that came in since these were read is there with the next version of the structure.
    series = {key: things[indicator] for key, indicator in found if indicator in things}
    figures = _figures(list(series)) if series else {}
    having = sorted(figures, key=lambda key: (DIMENSIONS[series[key].dimension], series[key].key))
    every = [one for of_series in figures.values() for one in of_series]
    return Beside(
        rows=tuple(_row(place, series[key], figures[key]) for key in having[:MOST]),
        count=len(having),
        has_whole_years=any(not one.period for one in every),
        has_interims=any(one.period for one in every),
    )


def _figures(series: list[int]) -> dict[int, list[Figure]]:
    """{series: its figures}: whole years before parts of years, among these the latest first."""
    found: dict[int, list[Figure]] = defaultdict(list)
    scope = Scope.of(series)
    of_series = scope.on("series_id")
    for key, *figure, start, end, is_latest_possible_day in prepared.rows(
        f"""
        SELECT series_id, year, value, source, source_url, NULL AS period_start, NULL AS period_end, FALSE AS is_limit
        FROM indicators_actual WHERE {of_series} AND value IS NOT NULL
        UNION ALL
        SELECT series_id, year, value, source, source_url, period_start, period_end, is_latest_possible_day
        FROM indicators_interim WHERE {of_series}
        ORDER BY period_end DESC, year DESC, period_start
        """,
        [*scope.params, *scope.params],
    ):
        found[key].append(Figure(*figure, _period(start, end, is_latest_possible_day) if start else ""))
    return {key: sorted(figures, key=lambda one: bool(one.period)) for key, figures in found.items()}


def _period(start: Any, end: Any, is_latest_possible_day: bool) -> str:
    """SQLite gives text for days."""
    first, last = (date.fromisoformat(str(day)) for day in (start, end))
    return wording.period(first, last, is_latest_possible_day=bool(is_latest_possible_day))


def _row(place: Place, thing: Thing, figures: list[Figure]) -> Unplanned:
    latest = figures[0]
    whole = {one.year for one in figures if not one.period}
    unit = cells.unit_for([latest.value], thing.unit)
    path = indicator_path(thing.code)
    others = sorted({one.year for one in figures} - {latest.year}, reverse=True)
    return Unplanned(
        name=thing.name,
        dimension=thing.dimension,
        unit=unit,
        value=cells.value(latest.value, unit=unit, base=thing.unit, decimals=thing.decimals),
        figure=latest,
        address=f"{path}?year={latest.year}",
        others=tuple(Year(year, f"{path}?year={year}", year not in whole) for year in others),
        history=history_path(place.code, thing.code) if whole else "",
    )
