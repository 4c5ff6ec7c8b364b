"""One indicator's plan indicators of a year, one per region: all of them together, and some of them in their place.

Both are read from one index, however many regions there are (decision 51).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from indicators import prepared
from indicators.calculation.vocabulary import Direction, Measure, Status
from indicators.models import Indicator
from indicators.reports import cells
from indicators.reports.kept import held
from indicators.reports.planned import Planned, planned

# Sorts by which regions have a rank.
RANKED = ("plan", "progress")


class Entry(NamedTuple):
    """A plan indicator in the year, one per region, in its place among all of them."""

    plan_indicator: int
    region: int
    actual: float | None
    required: float | None
    gap: float | None
    completion: float | None
    has_whole_actual: bool  # not the sum of an increment with a year missing
    rank: int | None  # equals share one; None where there is nothing to rank by


@dataclass(frozen=True)
class Whole:
    """All plan indicators of the year together, as far as the page tells of them."""

    planned: int
    with_figure: int
    counts: tuple[tuple[str, int], ...]  # words of statuses and how many regions
    sizes: tuple[int, ...]  # how many figures and targets there are that are not 0; then how many reach each larger unit
    least: tuple[str, float] | None  # the region's name and its figure
    most: tuple[str, float] | None
    series: int  # of the indicator, whether a plan names them or not


@dataclass(frozen=True)
class Base:
    """The rows of progress that the page is about: a plan indicator per region whose plan covers the year."""

    where: str
    params: tuple[int, ...]
    whole: str  # what holds where the figure is one of the whole year


def base_of(indicator: Indicator, year: int, state: Mapping[str, Any]) -> Base:
    """Of the region's plans that cover the year, the one that ends last."""
    whole = "g.actual IS NOT NULL"
    if indicator.measure == Measure.INCREMENT:
        whole += " AND substr(g.reason_letters, 1, 1) = '.'"
    where = "g.indicator_id = %s AND g.year = %s"
    if superseded := _superseded(indicator, year, state):
        where += f" AND g.plan_indicator_id NOT IN ({', '.join(map(str, superseded))})"
    return Base(where, (indicator.pk, year), whole)


def _superseded(indicator: Indicator, year: int, state: Mapping[str, Any]) -> list[int]:
    """Where several plans of a region cover the year, those that end before another."""
    if not held(state, f"several plans {year}", lambda: _have_several_plans(planned(state), year)):
        return []
    rows = prepared.rows(
        """
        SELECT g.region_id, g.plan_indicator_id
        FROM indicators_progress g
        JOIN indicators_planindicator p ON p.id = g.plan_indicator_id
        JOIN indicators_plan q ON q.id = p.plan_id
        WHERE g.indicator_id = %s AND g.year = %s AND g.region_id IN (
            SELECT o.region_id FROM indicators_progress o
            WHERE o.indicator_id = %s AND o.year = %s GROUP BY o.region_id HAVING count(*) > 1
        )
        ORDER BY g.region_id, q.last_year DESC, p.id DESC
        """,
        [indicator.pk, year, indicator.pk, year],
    )
    return [key for _, of_one in groupby(rows, key=itemgetter(0)) for _, key in list(of_one)[1:]]


def _have_several_plans(known: Planned, year: int) -> bool:
    """Whether for any region more than one plan covers the year."""
    return any(
        sum(share.plan.first_year <= year <= share.plan.last_year for share in shares) > 1
        for shares in known.of_region.values()
    )


def whole_of(base: Base, indicator: Indicator, known: Planned) -> Whole:
    figures = ("g.actual", "g.required")
    reached = [
        " + ".join(f"count(CASE WHEN abs({figure}) >= {scale} THEN 1 END)" for figure in figures)
        for _, scale in cells.larger_units(indicator.unit)
    ]
    present = " + ".join(f"count(nullif({figure}, 0))" for figure in figures)
    actual = f"CASE WHEN {base.whole} THEN g.actual END"
    by_status = prepared.rows(
        f"SELECT g.status, min({actual}), max({actual}), count(*), count({actual}), {', '.join([present, *reached])}"
        f" FROM indicators_progress g WHERE {base.where} GROUP BY g.status",
        base.params,
    )
    counts = {status: count for status, _, _, count, *_ in by_status}
    none = [0] * (3 + len(reached))
    planned, with_figure, *sizes = map(sum, zip(none, *(row[3:] for row in by_status), strict=True))
    amounts = [end for _, least, most, *_ in by_status for end in (least, most) if end is not None]
    ends, series = _ends(base, indicator, (min(amounts, default=None), max(amounts, default=None)))
    least, most = (
        (known.about_regions[key]["region_name"], amount) if key in known.about_regions else None for key, amount in ends
    )
    return Whole(
        planned=planned,
        with_figure=with_figure,
        counts=tuple((status.label, counts[status]) for status in Status if status in counts),
        sizes=tuple(sizes),
        least=least,
        most=most,
        series=series,
    )


def _ends(base: Base, indicator: Indicator, ends: Sequence[float | None]) -> tuple[list[tuple[int | None, Any]], int]:
    """A region with each of these figures, the least and the most; and how many series the indicator has."""
    regions = dict(
        prepared.rows(
            f"""
            SELECT g.actual, min(g.region_id) FROM indicators_progress g
            WHERE {base.where} AND {base.whole} AND g.actual IN (%s, %s) GROUP BY g.actual
            UNION ALL SELECT NULL, count(*) FROM indicators_series WHERE indicator_id = %s
            """,
            [*base.params, *ends, indicator.pk],
        )
    )
    series = regions.pop(None)
    return [(regions.get(amount), amount) for amount in ends], series


def entries_of(base: Base, sort: str, indicator: Indicator, first: int, end: int) -> list[Entry]:
    """Best first where there is a figure, then those without, by code; by name nothing is ranked."""
    figure = {"progress": "g.completion", "gap": "g.gap"}.get(sort, "g.actual")
    key = f"CASE WHEN {base.whole} THEN {figure} END"
    # What is still to go comes first when sorted by the gap; otherwise what is better.
    is_falling = sort in ("gap", "progress") or indicator.direction == Direction.INCREASE
    order = "r.code" if sort == "name" else f"{key} IS NULL, {key}{' DESC' if is_falling else ''}, r.code"
    rows = prepared.rows(
        f"""
        SELECT g.plan_indicator_id, g.region_id, g.actual, g.required, g.gap, g.completion, {base.whole}, {key}
        FROM indicators_progress g JOIN regions_region r ON r.id = g.region_id
        WHERE {base.where} ORDER BY {order}, g.plan_indicator_id LIMIT %s OFFSET %s
        """,
        [*base.params, end - first, first],
    )
    ranks = _ranks([key for *_, key in rows], first, base, key, is_falling) if sort in RANKED else [None] * len(rows)
    return [Entry(*row[:-1], rank) for row, rank in zip(rows, ranks, strict=True)]


def _ranks(keys: Sequence[float | None], first: int, base: Base, key: str, is_falling: bool) -> list[int | None]:
    """Equals share a rank, that of the first of them, who may be on an earlier page."""
    ranks: list[int | None] = []
    for place, one in enumerate(keys):
        if one is None:
            rank = None
        elif place:
            rank = ranks[-1] if one == keys[place - 1] else first + place + 1
        else:
            rank = 1 + (_count_before(one, base, key, is_falling) if first else 0)
        ranks.append(rank)
    return ranks


def _count_before(amount: float, base: Base, key: str, is_falling: bool) -> int:
    sql = f"SELECT count(*) FROM indicators_progress g WHERE {base.where} AND {key} {'>' if is_falling else '<'} %s"
    return prepared.rows(sql, [*base.params, amount])[0][0]
