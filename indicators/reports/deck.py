"""A plan in a region as cards, one per plan indicator: large and one by one in a meeting, small and all at once on a sheet."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from django.core.paginator import Page, Paginator

from indicators import charts, labels
from indicators.calculation import wording
from indicators.calculation.vocabulary import Measure, Status, TargetKind
from indicators.frames import Table
from indicators.models import Interim, Plan, PlanIndicator
from indicators.reports import standing
from indicators.reports.sentences import sentence
from indicators.reports.standing import Standing
from indicators.reports.stated import (
    Asked,
    Point,
    compared_with,
    in_printed_unit,
    plan_in_region,
    points_of,
    ruling,
    target_text,
    targets_of,
    year_shown,
)
from indicators.reports.years import Row as Year
from regions.models import Region

Place = tuple[float, float]  # in a picture
Stretch = tuple[Place, Place]  # of a line
PER_SHEET = 60
PER_PRINT = 100
COLUMNS = [
    "plan", "region", "number", "indicator", "name", "unit", "baseline_year", "baseline_value", "year", "actual", "reason",
    "target", "required", "status",
]  # fmt: skip


@dataclass(frozen=True)
class Label:
    """A word at a place of the picture; `style` says of what."""

    x: float
    y: float
    text: str
    style: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Picture:
    """A small chart as numbers: paths, marks and labels in the units of its box."""

    width: int
    height: int
    actual: str  # path; broken where a year is missing
    dots: tuple[tuple[float, float], ...]
    asked: str  # dashed path from the baseline through the targets
    diamonds: tuple[str, ...]
    bands: tuple[tuple[float, float, float], ...]  # ranges: x, top, height
    interim: tuple[tuple[float, float], ...]  # figures of a part of a year, before the place of their year
    compared: str  # path through another region's figures, which ours have to exceed
    triangles: tuple[str, ...]  # and their marks
    baseline: tuple[float, float] | None
    labels: tuple[Label, ...]
    years: tuple[Label, ...]
    floor: float
    left: float
    right: float


@dataclass(frozen=True)
class Card:
    """A plan indicator in a year, with its years and what they look like; no picture where there is nothing to draw."""

    row: Standing
    targets: dict[int, Asked]
    points: dict[int, Point]
    picture: Picture | None

    @property
    def final_text(self) -> str:
        """The target of the plan's last year as printed, with its unit; blank where there is none."""
        target = self.targets.get(self.row.last_year)
        if target is None:
            return ""
        return f"{target_text(target, self.row)}{_unit(target, self.row)}"

    @property
    def undrawn(self) -> str:
        """The final target where the picture does not show it."""
        return "" if self.picture and self.picture.diamonds else self.final_text

    @property
    def locator(self) -> str:
        """Where the plan says it: the final target, else the row; blank where that is not known."""
        target = self.targets.get(self.row.last_year)
        return (target and target.locator) or self.row.locator

    @property
    def shown_actual(self) -> str:
        return self.row.shown("actual")

    @property
    def sentence(self) -> str:
        return _sentence(self.row, self.targets, self.points)


@dataclass(frozen=True)
class Deck:
    """Cards of a plan in a region, a page of them."""

    region: Region
    plan: Plan
    plans: tuple[Plan, ...]
    year: int
    cards: tuple[Card, ...]
    page: Page

    @property
    def total(self) -> int:
        """How many plan indicators the plan has in the region."""
        return self.page.paginator.count

    @property
    def card(self) -> Card:
        return self.cards[0]

    @property
    def has_interim(self) -> bool:
        return any(card.picture and card.picture.interim for card in self.cards)

    @property
    def has_compared(self) -> bool:
        return any(card.picture and card.picture.triangles for card in self.cards)

    @property
    def earlier(self) -> int | None:
        """The plan's year before the one shown."""
        return self.year - 1 if self.year > self.plan.first_year else None

    @property
    def later(self) -> int | None:
        return self.year + 1 if self.year < self.plan.last_year else None

    @property
    def columns(self) -> int:
        """Into how many columns the cards of a sheet go, so that they fill its width and fit its height."""
        return next((columns for most, columns in _GRID if len(self.cards) <= most), _GRID[-1][1])

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(range(self.plan.first_year, self.plan.last_year + 1))

    @property
    def counts(self) -> tuple[tuple[wording.Sign, int], ...]:
        """How many cards stand where, in the order of the vocabulary; then those of which nothing is computed for the year."""
        standings = [card.row.status for card in self.cards]
        is_final = self.year >= self.plan.last_year
        signs = ((wording.sign(status.value, is_final_year=is_final), standings.count(status.value)) for status in Status)
        others = Counter(card.row.sign for card in self.cards if card.row.status is None)
        return *((sign, count) for sign, count in signs if count), *others.items()

    def table(self) -> Table:
        return Table(COLUMNS, list(_lines(self.cards)), f"{self.region.code}-{self.plan.slug}")


_GRID = ((4, 2), (9, 3), (16, 4), (20, 5), (30, 6), (35, 7), (48, 8), (PER_SHEET, 10))


def deck(region: Region, *, plan: str, year: int | None, number: int, size: int, box: tuple[int, int, int]) -> Deck:
    """A page of `size` cards, their pictures `box` (width, height, size of text) large; six queries.

    Raises InvalidPage, and Http404 for a plan or a year that the region does not have.
    """
    chosen, plans = plan_in_region(region, plan)
    shown = year_shown(chosen, year)
    total = PlanIndicator.objects.filter(plan=chosen, series__region=region).count()
    page = Paginator(range(total), size).page(number)
    rows = standing.read(
        shown,
        "q.id = %s AND r.id = %s",
        [chosen.pk, region.pk],
        order="p.position, p.id",
        limit=size,
        offset=max(page.start_index() - 1, 0),
    )
    targets, points, interims = targets_of(rows), points_of(rows), _interims_of(rows)
    cards = tuple(
        _card(row, targets[row.plan_indicator], points[row.plan_indicator], interims[row.series], box) for row in rows
    )
    return Deck(region, chosen, tuple(plans), shown, cards, page)


def _interims_of(rows: Sequence[Standing]) -> Mapping[int, list[tuple[float, float]]]:
    """{series: [(when, value in the base unit)]}, by day; the day as a part of its year. One query.

    Those that cannot be held against a year's figure are left out.
    """
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    measures = {row.series: row.measure for row in rows if row.measure != Measure.INCREMENT}
    interims = Interim.objects.filter(series__in=measures).order_by("period_end")
    for key, start, end, value in interims.values_list("series", "period_start", "period_end", "value"):
        place = charts.interim_place(measures[key], start, end)
        if place is not None:
            found[key].append((place, float(value)))
    return found


def _card(
    row: Standing, targets: dict[int, Asked], points: dict[int, Point], interims: list, box: tuple[int, int, int]
) -> Card:
    return Card(row, targets, points, picture(row, targets, points, interims, *box))


def _unit(target: Asked, row: Standing) -> str:
    kind = TargetKind(target.kind)
    return "" if kind.is_condition or kind.is_growth or kind == TargetKind.MILESTONE else f" {row.unit}"


def _sentence(row: Standing, targets: dict[int, Asked], points: dict[int, Point]) -> str:
    """The sentence that the plan indicator's own page begins with."""
    known = {year: point.actual for year, point in points.items() if point.actual is not None}
    if row.baseline_value is not None and row.measure != Measure.INCREMENT:
        known.setdefault(row.baseline_year, float(row.baseline_value))

    def year_of(one: Standing) -> Year:
        failed = any(point.status == Status.BEHIND for year, point in points.items() if year < one.year)
        return Year(one, targets.get(one.year), ruling(targets, one.year), None, known.get(one.year - 1), (), failed)

    if row.last_year not in points:
        return sentence(year_of(row), None)
    final = replace(row, year=row.last_year, required=points[row.last_year].required)
    shown = year_of(row)
    return sentence(shown, shown if row.year == row.last_year else year_of(final))


# The picture


def picture(
    row: Standing,
    targets: dict[int, Asked],
    points: dict[int, Point],
    interims: Sequence[tuple[float, float]],
    width: int,
    height: int,
    size: int,
) -> Picture | None:
    """Actuals as a line, interim figures as hollow dots beside it, targets as diamonds on a dashed path from the baseline,
    another region's figures as triangles on a dotted line, a label at the last of each; None for nothing.

    What is required of a year comes from progress; conditions have no path to draw, but may have another region to exceed.
    """
    recorded = [(year, point.actual) for year, point in points.items() if point.actual is not None]
    asked = [(year, points[year].required) for year, target in targets.items() if _has_level(target, points.get(year))]
    ranges = {
        year: (float(target.lower), float(target.upper)) for year, target in targets.items() if target.kind == TargetKind.RANGE
    }
    compared = [
        (year, point.required) for year, point in points.items() if point.required is not None and compared_with(targets, year)
    ]
    start = (row.baseline_year, float(row.baseline_value)) if row.baseline_value is not None else None
    years = [*range(row.first_year, row.last_year + 1), *([start[0]] if start else [])]
    parts = [(when, value) for when, value in interims if min(years) - 1 < when <= max(years)]
    values = [value for _, value in [*recorded, *asked, *compared, *parts, *([start] if start else [])]] + [
        end for pair in ranges.values() for end in pair
    ]
    if not values:
        return None
    left, right = size * 0.8, width - size * 0.8
    # The highest mark leaves room for its label, and so does the lowest, above the axis, unless it is 0.
    top, floor, span = size * 2, height - size * 1.8, _span(values)
    lowest = floor - size * 1.9 if span[0] else floor
    # The first year's interim figures stand before its place.
    first = min([min(years), *(when for when, _ in parts)])
    place = _scale((first, max(years)), span, (left, right, top, lowest))
    steps = [place(*point) for point in asked]
    baseline = place(*start) if start else None
    words = [(place(*at), text, style) for at, text, style in _end_labels(row, recorded, asked, compared, parts, targets)]
    if baseline:
        words.append((baseline, row.shown("baseline_value"), "baseline"))
    marks = [*steps, *(place(*point) for point in (*recorded, *compared, *parts)), *([baseline] if baseline else [])]
    way, beside = (_stretches((year, place(year, value)) for year, value in known) for known in (recorded, compared))
    path = [*([baseline] if baseline else []), *steps]
    return Picture(
        width, height,
        actual=_broken(way),
        dots=tuple(place(*point) for point in recorded),
        asked=_joined(path),
        diamonds=tuple(_diamond(step, size * 0.4) for step in steps),
        bands=tuple(_band(year, pair, place, size) for year, pair in ranges.items()),
        interim=tuple(place(*point) for point in parts),
        compared=_broken(beside),
        triangles=tuple(_triangle(place(*point), size * 0.4) for point in compared),
        baseline=baseline,
        labels=_labels(words, marks, [*way, *beside, *pairwise(path)], size, (width, floor)),
        years=(
            Label(place(min(years), 0)[0], height - size * 0.4, str(min(years)), "year", "start"),
            Label(right, height - size * 0.4, str(max(years)), "year", "end"),
        ),
        floor=floor, left=left, right=right,
    )  # fmt: skip


def _has_level(target: Asked, point: Point | None) -> bool:
    return point is not None and point.required is not None and not TargetKind(target.kind).is_condition


def _end_labels(
    row: Standing, recorded: list, asked: list, compared: list, parts: list, targets: dict[int, Asked]
) -> list[tuple[tuple, str, str]]:
    """What stands at the end of each line: (the point it belongs to, text, style)."""
    words = []
    if asked:
        year = asked[-1][0]
        text = target_text(targets[year], row)
        when = "目标" if year == row.last_year else f"{year} 目标"
        words.append((asked[-1], f"{when} {text}", "target"))
    if compared:
        year, value = compared[-1]
        words.append((compared[-1], f"{compared_with(targets, year)} {row.in_unit(value)}", "compared"))
    if recorded:
        year, value = recorded[-1]
        words.append((recorded[-1], f"{row.in_unit(value)}（{year}）", "actual"))
    if parts and (not recorded or parts[-1][0] > recorded[-1][0]):
        when, value = parts[-1]
        words.append((parts[-1], f"{row.in_unit(value)}（{math.ceil(when)} 期中）", "interim"))
    return words


def _span(values: list[float]) -> tuple[float, float]:
    """From 0 unless everything lies far from it; never empty."""
    low, high = min(values), max(values)
    if 0 <= low < 0.6 * high:
        low = 0.0
    return (low, high) if high > low else (low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2)


def _scale(years: tuple[float, int], span: tuple[float, float], box: tuple[float, float, float, float]):
    """A function from (year, value) to a place in the box."""
    left, right, top, floor = box

    def place(year: float, value: float) -> tuple[float, float]:
        along = (year - years[0]) / ((years[1] - years[0]) or 1)
        up = (value - span[0]) / (span[1] - span[0])
        return round(left + along * (right - left), 1), round(floor - up * (floor - top), 1)

    return place


def _stretches(steps: Iterable[tuple[int, Place]]) -> list[Stretch]:
    """From a year to the next, where both have a figure."""
    return [(at, then) for (year, at), (after, then) in pairwise(steps) if after == year + 1]


def _broken(stretches: Iterable[Stretch]) -> str:
    return "".join(f"M{x} {y}L{u} {v}" for (x, y), (u, v) in stretches)


def _joined(steps: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in steps) if len(steps) > 1 else ""


def _diamond(at: tuple[float, float], size: float) -> str:
    return f"M{at[0]} {at[1] - size:.1f}l{size:.1f} {size:.1f}l-{size:.1f} {size:.1f}l-{size:.1f} -{size:.1f}z"


def _triangle(at: tuple[float, float], size: float) -> str:
    return f"M{at[0]} {at[1] - size:.1f}l{size:.1f} {1.7 * size:.1f}h-{2 * size:.1f}z"


def _band(year: int, pair: tuple[float, float], place: Any, size: int) -> tuple[float, float, float]:
    (x, low), (_, high) = place(year, pair[0]), place(year, pair[1])
    return round(x - size * 0.25, 1), high, round(low - high, 1)


def _labels(
    words: list[tuple[Place, str, str]], marks: list[Place], lines: list[Stretch], size: int, box: tuple[float, float]
) -> tuple[Label, ...]:
    """Each word above or below its point or beside that, inside the picture, where it covers no other word and as few lines and
    marks as can be."""
    width, floor = box
    placed: list[Label] = []
    for (at, level), text, style in words:
        half = _length(text) * size / 2

        def covered(place: Place, half: float = half) -> tuple[int, int, int]:
            x, y = place
            of_labels = [
                one for one in placed if abs(one.x - x) < half + _length(one.text) * size / 2 and abs(one.y - y) < size * 1.1
            ]
            of_lines = [one for one in lines if labels.crosses(*one, (x - half, x + half, y - 0.8 * size, y))]
            of_marks = [one for one in marks if abs(one[0] - x) < half and -0.4 * size < y - one[1] < 1.2 * size]
            return len(of_labels), len(of_lines), len(of_marks)

        above, below = level - size * 0.75, level + size * 1.45
        # What is to be reached lies above what was: the words go apart.
        is_lower = style == "baseline" or (bool(placed) and level > words[0][0][1])
        levels = (below, above, below + size * 1.15) if is_lower else (above, below, above - size * 1.15)
        sides = [round(min(max(x, half), width - half), 1) for x in (at, at + half + size * 0.3, at - half - size * 0.3)]
        near, far = [(x, y) for x in sides for y in levels[:2]], [(x, levels[2]) for x in sides]
        places = [(x, y) for x, y in (*near, *far) if size * 0.9 <= y <= floor - size * 0.3] or [(sides[0], above)]
        (x, y), _ = labels.clearest(places, covered)
        placed.append(Label(x, round(y, 1), text, style))
    return tuple(placed)


def _length(text: str) -> float:
    """How wide a text is, in its size: a Chinese character is one, a digit a good half."""
    return sum(1.0 if ord(character) > 0x2E80 else 0.58 for character in text)


def _lines(cards: Sequence[Card]) -> Iterator[tuple]:
    for card in cards:
        row = card.row
        for year in range(row.first_year, row.last_year + 1):
            target, point = card.targets.get(year), card.points.get(year)
            yield (
                row.plan, row.region, row.number, row.indicator, row.name, row.unit, row.baseline_year,
                in_printed_unit(row.baseline_value, row), year, in_printed_unit(point.actual, row) if point else None,
                point.why or None if point else "这一年在基期或基期以前", target_text(target, row) if target else None,
                in_printed_unit(point.required, row) if point else None, point.status if point else None,
            )  # fmt: skip
