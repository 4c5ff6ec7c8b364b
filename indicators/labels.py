"""Where words stand in a figure: at the ends of lines and beside points, so that they cover each other and the lines least.

Sizes are those of the page (pixels); what a text takes is estimated, since nothing here draws.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

SIZE = 13
LINE = SIZE + 5  # pixels that a line of text needs
VEIL = "#ffffffcc"  # behind words that cannot but cover something
_NARROWEST, _NARROWEST_SMALL = 288, 214  # pixels that a figure has in a window of 320, a small one in a third of A4
_WIDTHS, _SMALL_WIDTHS = (358, 680, 1184), (214, 278, 358)  # on a phone, on paper and on a wide screen
_SHARES = {"left": 0, "center": 0.5, "right": 1, "bottom": 0, "middle": 0.5, "top": 1}  # what lies before the anchor


@dataclass(frozen=True)
class Frame:
    """Where a figure has its axes: the years and values that they cover, and what lies beside them in pixels."""

    years: tuple[float, float]
    values: tuple[float, float]
    height: float  # of the axes alone
    margin: dict[str, int]

    def at(self, x, y, width):
        """The place of a year and a value in a figure so wide, in pixels from the corner of the axes."""
        per_year = max(width - self.margin["l"] - self.margin["r"], 1) / (self.years[1] - self.years[0])
        return (x - self.years[0]) * per_year, (y - self.values[0]) * self.height / (self.values[1] - self.values[0])

    def box(self, note, width):
        """What a label covers in a figure so wide: left, right, bottom and top."""
        x, y = self.at(note["x"], note["y"], width)
        wide = width_of(note["text"])
        left = x + note["xshift"] - wide * _SHARES[note["xanchor"]]
        bottom = y + note["yshift"] - LINE * _SHARES[note["yanchor"]]
        return left, left + wide, bottom, bottom + LINE


def placed_at_ends(ends, years, frame, path, drawn, *, small):
    """Names at the ends of lines: in the right margin, pushed apart, or at the last point where a line ends earlier."""
    (low, high), pixels = frame.values, frame.height
    per_unit = pixels / (high - low)
    outside = sorted((end for end in ends if end[0].year == years[-1]), key=lambda end: end[0].value)
    at = [(p.value - low) * per_unit for p, _, _ in outside]
    wanted = at[:]
    for place in range(1, len(at)):
        at[place] = max(at[place], at[place - 1] + LINE)
    if at and at[-1] > pixels:
        at[-1] = pixels
        for place in range(len(at) - 2, -1, -1):
            at[place] = min(at[place], at[place + 1] - LINE)
    labels = [
        note_at(p.year, p.value, f"{name} {p.text}", colour, xshift=10, yshift=round(there - here), xanchor="left")
        for (p, name, colour), there, here in zip(outside, at, wanted, strict=True)
    ]
    widths = _SMALL_WIDTHS if small else _WIDTHS
    placed = {width: [(frame.at(*start, width), frame.at(*end, width), half) for start, end, half in drawn] for width in widths}
    for p, name, colour in ends:
        is_low = (p.value - low) * per_unit < LINE + 8
        is_first = p.year <= years[0]
        if small and p.year < (years[0] + years[-1]) / 2:
            is_first = True
            wanted = _rightwards(p, name, colour, is_low or not _is_rising(path))
        elif p.year != years[-1]:
            above = is_low or p.value >= _rival(path, p, name)
            wanted = _beside(p, name, colour, above, path, is_first=is_first)
        else:
            continue
        around = [
            _inside(note, frame, _NARROWEST_SMALL if small else _NARROWEST)
            for note in _around(wanted, is_low=is_low, is_first=is_first)
        ]
        labels.append(_clearest(around, labels, placed, frame))
    return labels


def drawn_in(data):
    """What labels keep off: stretches of lines, and marks as such without a length; both ends, and half of how thick it is."""
    drawn = []
    for trace in data:
        points, mode = list(zip(trace["x"], trace["y"], strict=True)), trace.get("mode", "")
        if "lines" in mode:
            half = trace["line"]["width"] / 2
            drawn += [(*pair, half) for pair in itertools.pairwise(points) if pair[0][1] is not None and pair[1][1] is not None]
        if "markers" in mode:
            half = trace["marker"]["size"] / 2
            drawn += [(point, point, half) for point in points if point[1] is not None]
    return drawn


def _around(wanted, *, is_low, is_first):
    """The label as it is wanted, then at the other sides of its point, on the other side of its level last."""
    above, below = {"yanchor": "bottom", "yshift": 8}, {"yanchor": "top", "yshift": -6}
    levels = (above,) if is_low else (above, below) if wanted["yanchor"] == "bottom" else (below, above)
    sides = ("left", 4), ("center", 0), ("right", -4)
    yield wanted
    for level, (side, xshift) in itertools.product(levels, sides[:2] if is_first else sides):
        yield {**wanted, **level, "xanchor": side, "xshift": xshift}


def _clearest(notes, labels, placed, frame):
    """The one of the labels that covers least however wide the figure is."""

    def covered(note):
        boxes = [(width, frame.box(note, width)) for width in placed]
        hidden = sum(_overlaps(box, frame.box(other, width)) for width, box in boxes for other in labels)
        return hidden, sum(_strikes(*one, box) for width, box in boxes for one in placed[width])

    note, found = clearest(notes, covered)
    return {**note, "bgcolor": VEIL} if any(found) else note  # so that the words can be read on whatever is behind them


def clearest(places: Iterable[T], covered: Callable[[T], tuple[int, ...]]) -> tuple[T, tuple[int, ...]]:
    """The first place that covers nothing, else the one that covers least, and what it covers."""
    seen = []
    for place in places:
        found = covered(place)
        if not any(found):
            return place, found
        seen.append((place, found))
    return min(seen, key=lambda one: one[1])


def _overlaps(one, other):
    return one[0] < other[1] and other[0] < one[1] and one[2] + 3 < other[3] and other[2] + 3 < one[3]


def _strikes(start, end, half, box):
    left, right, bottom, top = box
    return crosses(start, end, (left - half, right + half, bottom + 3 - half, top - 3 + half))


def crosses(start: tuple[float, float], end: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    """Whether a straight line, drawn from left to right, goes through a box: its left and right, its lower and higher y."""
    (x, y), (u, v) = start, end
    left, right, low, high = box
    begin, stop = max(x, left), min(u, right)
    if begin > stop:
        return False
    slope = (v - y) / (u - x) if u > x else 0
    levels = (y + slope * (begin - x), y + slope * (stop - x)) if u > x else (y, v)
    return max(levels) > low and min(levels) < high


def _inside(note, frame, narrowest):
    """The label, moved sideways where it would be cut off at the edge of the narrowest figure, or cover the axis' numbers."""
    left, right, *_ = frame.box(note, narrowest)
    last = narrowest - frame.margin["l"] - 2 - (right - left)  # where it may begin at the latest
    begin = max(min(left, last), min(0, last))
    return {**note, "xshift": round(note["xshift"] + begin - left)}


def _is_rising(path):
    return not path or path[-1].value >= path[0].value


def _rightwards(p, name, colour, above):
    """A name that begins at its point: in a small figure the numbers of the axis stand close to the left of it."""
    return note_at(p.year, p.value, f"{name} {p.text}", colour, yshift=8 if above else -6, xanchor="left", above=above)


def _rival(path, p, name):
    """The value that a name keeps off: the path's in that year; the baseline's name keeps off where the path goes."""
    return max((one.value for one in path), default=p.value) if name == "基期" else _between(path, p.year, p.value)


def _beside(p, name, colour, above, path, *, is_first):
    """A name above or below its point. Where the path rises there is room on the left above it and on the right below it."""
    side = "right" if above == _is_rising(path) else "left"
    if is_first:  # left of it stand the numbers of the axis
        side = "center" if above else "left"
    if not path:
        side = "center"
    text = f"{name} {p.text}"
    xshift, yshift = (8 if side == "right" else 0), (8 if above else -6)
    return note_at(p.year, p.value, text, colour, xshift=xshift, yshift=yshift, xanchor=side, above=above)


def _between(path, year, otherwise):
    """The path's value at a year or a part of one; `otherwise` where it has none."""
    for before, after in itertools.pairwise(path):
        if before.year <= year <= after.year:
            return before.value + (after.value - before.value) * (year - before.year) / (after.year - before.year)
    return otherwise


def note_at(x, y, text, colour, *, xshift=0, yshift=0, xanchor="center", above=None):
    return {
        "text": plain(text.strip()),
        "x": x,
        "y": y,
        "xanchor": xanchor,
        "yanchor": "middle" if above is None else "bottom" if above else "top",
        "xshift": xshift,
        "yshift": yshift,
        "showarrow": False,
        "font": {"color": colour, "size": SIZE},
    }


def width_of(text):
    """Pixels that a text takes, about."""
    return round(SIZE * sum(map(_share, text)))


def _share(character):
    return 1 if ord(character) > 0x2E7F or character in "—“”" else 0.35 if character in " ,." else 0.58


def plain(text):
    """Without anything that plotly.js would read as markup."""
    return text.replace("<", "＜").replace(">", "＞").replace("&", "＆")
