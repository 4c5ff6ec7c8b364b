"""Figures for plotly.js as plain dicts, made from plain points; no Django, no data access, no arithmetic but of the axes.

The caller brings values in the printed unit, each with the text that the page prints for it, so that a chart says what the
table says. No text carries markup: plotly.js would set style attributes for it, which the security policy refuses.
"""

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from indicators import labels
from indicators.calculation.vocabulary import Measure, Status

# What callers hand over


class Point(NamedTuple):
    """A year's figure. `value` is in the unit of the chart, None where there is none; `text` is that number as printed."""

    year: int
    value: float | None
    text: str = ""
    far: float | None = None  # the other end of a range: 1～2 has value 1 and far 2
    why: str = ""  # of a missing one: the reason, in words


@dataclass(frozen=True)
class Interim:
    """A figure of a day or a period that is not the whole year."""

    place: float  # where it stands among the years, as `interim_place` says
    end: date
    value: float
    text: str
    period: str = ""  # in words: 2024年1—9月; the day of its end if blank


@dataclass(frozen=True)
class Points:
    """All that the chart of one plan indicator shows. Years without a figure are left out or have value None: the same."""

    name: str
    unit: str
    actual: Sequence[Point] = ()
    targets: Sequence[Point] = ()  # of the years that have a row in the plan
    expected: Sequence[Point] = ()  # the path between baseline and targets, each year
    amended: Sequence[Point] = ()  # what a target was before a later document changed it
    baseline: Point | None = None
    interim: Sequence[Interim] = ()
    projection: Sequence[Point] = ()  # after the last actual, to the plan's last year
    compared: Sequence[Point] = ()  # another region's figures, where ours have to exceed them
    compared_with: str = ""  # its name
    first_year: int | None = None  # what the axis covers at least
    last_year: int | None = None


@dataclass(frozen=True)
class Line:
    """One series among others: a region, or an indicator in a region."""

    name: str  # what stands at its end, so a short one
    points: Sequence[Point]
    unit: str = ""
    targets: Sequence[Point] = ()
    baseline: Point | None = None  # where it stands in for a figure of its year
    key: str = ""  # what it has its look by, wherever it is drawn; its name if blank

    @cached_property
    def known(self) -> list[Point]:
        """All its figures, the baseline among them."""
        return _known([*([self.baseline] if self.baseline else []), *self.points])


@dataclass(frozen=True)
class Part:
    """How many of a bar's whole stand alike: the status, the word for it with its symbol, and the number."""

    status: str
    word: str
    count: int


@dataclass(frozen=True)
class Sheet:
    """What one picture holds: a figure, or several small ones with their names; see indicators.pictures."""

    title: str
    figures: Sequence[tuple[str, dict[str, Any]]]  # name and figure; a name that only repeats the title is blank
    sources: Sequence[str] = ()  # where the numbers come from, a line each
    day: date | None = None


# What all figures share

INK, INK_2, RULE, GROUND, ACCENT = "#1b1f24", "#555b63", "#d5d9de", "#ffffff", "#1d4e89"
BAND, PURPLE = "#a9bfd8", "#7a5195"
SERIES = (ACCENT, "#a84a12", "#1f7058", PURPLE, "#a8324e", "#66651a")
# The same colours on a dark ground; charts.js exchanges them.
DARK = {
    INK: "#e6e8ea",
    INK_2: "#a9b0b8",
    RULE: "#363c43",
    GROUND: "#14171a",
    ACCENT: "#8ab8ea",
    BAND: "#3d5c80",
    labels.VEIL: "#14171acc",
    "#a84a12": "#f0a06a",
    "#1f7058": "#6cc7a6",
    PURPLE: "#c7a0e8",
    "#a8324e": "#ff8e9e",
    "#66651a": "#cfcd6a",
}
CLEAR = "rgba(0,0,0,0)"
# Fill and hatching of a bar's parts; what is not known is light, and told apart by its hatching.
STATUSES = {
    Status.ACHIEVED: ("#1d70b8", ""),
    Status.ON_TRACK: ("#79a9d4", ""),
    Status.SLIGHTLY_BEHIND: ("#d9a441", ""),
    Status.BEHIND: ("#7a0019", ""),
    Status.REVERSED: ("#b06070", ""),
    Status.NO_PATH: (GROUND, "/"),
    Status.NO_REFERENCE: (GROUND, "x"),
    Status.NO_DATA: (GROUND, ""),
    Status.NOT_APPLICABLE: (GROUND, "-"),
    Status.NOT_DUE: (GROUND, "."),
}
OUTSIDE = (RULE, "")  # the years of the plan
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC","WenQuanYi Micro Hei",sans-serif'
MAX_SERIES = 6
LEGEND_COLUMNS = 6
WITHIN_PERIODS = (Measure.FLOW, Measure.ANNUAL, Measure.INCREMENT)
NOTHING_TO_DRAW = "还没有可画的数值"
_MARK = 9  # pixels that lie at least between the middle of a mark and the axis below it
_ABOVE, _BELOW = 26, 26  # what the unit and the years take of a figure's height
_DAY = re.compile("([0-9]{4}) 年 ([0-9]{1,2}) 月 ([0-9]{1,2}) 日")


def plan_indicator(points: Points, *, height: int = 360) -> dict[str, Any]:
    """Actuals against targets: what was reached, what is asked for, and where it would lead."""
    return _plan_indicator(points, height, small=False)


def small_multiples(panels: Iterable[Points], *, height: int = 170) -> list[dict[str, Any]]:
    """A small figure per plan indicator, each on its own scale; the page puts them in a grid under their names."""
    return [_plan_indicator(points, height, small=True) for points in panels]


def yoy(changes: Sequence[Point], *, unit: str = "%", height: int = 200) -> dict[str, Any]:
    """Bars from zero: each year against the one before, in % or 百分点."""
    known = _known(changes)
    scale = _scale([p.value for p in known], from_zero=True)
    bars = {
        "type": "bar",
        "name": "同比",
        "x": [p.year for p in known],
        "y": [p.value for p in known],
        "width": [0.5] * len(known),
        "text": [labels.plain(p.text) for p in known],
        "textposition": "outside",
        "textfont": {"color": INK, "size": labels.SIZE},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [labels.plain(f"{p.year} 年同比 {p.text}") for p in known],
        "marker": {
            "color": [ACCENT if p.value >= 0 else GROUND for p in known],
            "line": {"color": ACCENT, "width": 1.5},
        },
    }
    return _figure([bars], _years(changes), scale, unit, height, room=24, hovermode="closest")


def strips(completion: Point | None, elapsed: Point | None, *, height: int = 120) -> dict[str, Any]:
    """Two strips from zero for one year: 完成进度 against 序时进度, both in percent numbers (78.7)."""
    rows = [("序时进度", elapsed, GROUND, INK_2), ("完成进度", completion, ACCENT, ACCENT)]
    shown = [(name, known, fill, edge) for name, p, fill, edge in rows for known in _known([p] if p else [])]
    scale = _scale([0, 100, *(p.value for _, p, _, _ in shown)], from_zero=True, steps=4)
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "x": [p.value],
            "y": [name],
            "width": [0.55],
            "text": [labels.plain(p.text)],
            "textposition": "outside",
            "textfont": {"color": INK, "size": labels.SIZE},
            "cliponaxis": False,
            "hoverinfo": "text",
            "hovertext": [labels.plain(f"{p.year} 年{name} {p.text}")],
            "marker": {"color": fill, "line": {"color": edge, "width": 1.5}},
        }
        for name, p, fill, edge in shown
    ]
    drawn = {name for name, *_ in shown}
    missing = [
        labels.note_at(0, place, (p.why if p else "") or "—", INK_2, xshift=6, xanchor="left")
        for place, (name, p, *_) in enumerate(rows)
        if name not in drawn
    ]
    low, high, ticks, words = scale
    layout = _layout(height, margin={"l": 76, "r": 64, "t": 8, "b": 28}, hovermode="closest")
    layout["xaxis"] = _axis(range=[low, high], tickvals=ticks, ticktext=[f"{word}%" for word in words], zeroline=True)
    layout["yaxis"] = _axis(
        type="category", categoryorder="array", categoryarray=[name for name, *_ in rows], range=[-0.5, 1.5], showgrid=False
    )
    layout["annotations"] = missing
    return _finished(data, layout)


def bars_of_parts(rows: Sequence[tuple[str, Sequence[Part]]]) -> dict[str, Any]:
    """A bar for each named row, the first on top, made of its parts, with their words and numbers beneath it."""
    names = [labels.plain(name) for name, _ in rows]
    bars: dict[str, dict[str, Any]] = {}
    for name, (_, parts) in zip(names, rows, strict=True):
        starts = itertools.accumulate((part.count for part in parts), initial=0)
        for part, start in zip(parts, starts, strict=False):
            bar = bars.setdefault(part.word, _bar(part))
            bar["base"].append(start)
            bar["x"].append(part.count)
            bar["y"].append(name)
            bar["width"].append(0.34)
            bar["text"].append("")
            bar["hovertext"].append(labels.plain(f"{name} {part.word} {part.count} 项"))
    low, high, ticks, words = _scale([sum(part.count for part in parts) for _, parts in rows], from_zero=True)
    lines = -(-len(bars) // LEGEND_COLUMNS)
    margin = {"l": 16 + max((labels.width_of(name) for name in names), default=0), "r": 24, "t": 12 + 22 * lines, "b": 28}
    layout = _layout(52 * max(len(rows), 1) + 28 + margin["t"], margin=margin, hovermode="closest")
    layout |= {"showlegend": True, "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}}
    layout["xaxis"] = _axis(range=[low, high], tickvals=ticks, ticktext=words, zeroline=True, showgrid=False)
    layout["yaxis"] = _axis(
        type="category", categoryorder="array", categoryarray=names[::-1], range=[-0.5, len(rows) - 0.5], showgrid=False
    )
    told = ["，".join(f"{part.word} {part.count}" for part in parts) for _, parts in rows[::-1]]
    layout["annotations"] = [
        labels.note_at(0, place - 0.2, words, INK_2, xshift=4, yshift=-2, xanchor="left", above=False)
        for place, words in enumerate(told)
    ]
    order = [*STATUSES, ""]
    return _finished(sorted(bars.values(), key=lambda bar: order.index(bar["legendgroup"])), layout)


def _bar(part):
    """The parts of all bars that stand alike, none yet."""
    fill, hatching = STATUSES.get(part.status, OUTSIDE)
    return {
        "type": "bar",
        "orientation": "h",
        "name": labels.plain(part.word),
        "legendgroup": part.status if part.status in STATUSES else "",
        **{name: [] for name in ("base", "x", "y", "width", "text", "hovertext")},
        "textposition": "none",
        "textfont": {"color": INK, "size": labels.SIZE},
        "hoverinfo": "text",
        "marker": {
            "color": fill,
            "line": {"color": INK_2, "width": 1},
            "pattern": {"shape": hatching, "fgcolor": INK_2, "fillmode": "overlay"},
        },
    }


def across_regions(lines: Sequence[Line], *, unit: str, height: int = 420) -> dict[str, Any]:
    """One indicator in several regions on one scale, a line each, the region's name at its end; at most `MAX_SERIES`."""
    return _lines(lines, unit, height)


def region_panels(lines: Sequence[Line], *, unit: str, height: int = 170) -> list[dict[str, Any]]:
    """The same as a small figure per region, all with the same years and the same scale."""
    values = [p.value for line in lines for p in (*line.known, *_known(line.targets))]
    years = _years(*(group for line in lines for group in (line.known, line.targets)))
    points = [Points(line.name, unit, actual=line.points, targets=line.targets, baseline=line.baseline) for line in lines]
    low, high, ticks, words = _scale(values, steps=3)
    room = (high - low) * (labels.LINE + 8) / height  # for the name of the highest, in all alike
    low, high = low - room if low else low, high + room
    scale = _lowered(low, high, min(values, default=high), height), high, ticks, words
    return [_plan_indicator(one, height, small=True, years=years, scale=scale) for one in points]


INDEX, COMPLETION, ABSOLUTE = "index", "completion", "absolute"


def compare(lines: Sequence[Line], *, how: str = ABSOLUTE, height: int = 420) -> list[dict[str, Any]]:
    """Series against each other, at most `MAX_SERIES`; already converted by the caller as `how` says.

    `absolute`: a figure per unit, because two units have no common axis. `index`: the baseline is 100.
    `completion`: percent numbers of 完成进度.
    """
    if how == ABSOLUTE:
        units = dict.fromkeys(line.unit for line in lines) or [""]
        return [_lines([line for line in lines if line.unit == unit], unit, height, looks=_looks(lines)) for unit in units]
    label = "基期 = 100" if how == INDEX else "完成进度，%"
    return [_lines(lines, label, height, reference=100)]


# Parts of figures


def _plan_indicator(points, height, *, small, years=None, scale=None):
    actual, targets, expected = _known(points.actual), _known(points.targets), _known(points.expected)
    projection, amended, compared = _known(points.projection), _known(points.amended), _known(points.compared)
    baseline = next(iter(_known([points.baseline] if points.baseline else [])), None)
    path = expected or targets
    if baseline and expected:
        path = [baseline, *(p for p in expected if p.year > baseline.year)]
    groups = [points.actual, targets, expected, projection, amended, compared, [baseline] if baseline else []]
    years = years or _years(*groups, first=points.first_year, last=points.last_year, interim=points.interim)
    is_shared = scale is not None
    if not is_shared:
        values = [p.value for group in (actual, *groups[1:]) for p in group]
        values += [p.far for p in targets if p.far is not None] + [p.value for p in points.interim]
        scale = _scale(values, steps=3 if small else 5)
    dot = 6 if small else 8
    data, ends = [], []

    bands = [p for p in targets if p.far is not None]
    if bands:
        data.append(
            {
                "type": "scatter",
                "name": "目标区间",
                "mode": "lines",
                "x": [x for p in bands for x in (p.year, p.year, None)],
                "y": [y for p in bands for y in (p.value, p.far, None)],
                "line": {"color": BAND, "width": 2 * dot},
                "hoverinfo": "skip",
            }
        )
    if len(path) > 1:
        line = {"color": INK_2, "width": 1.5, "dash": "dash"}
        data.append({**_trace("预期路径", path, points.unit), "mode": "lines", "line": line, "hoverinfo": "skip"})
    asked = {p.year for p in targets}
    between = [p for p in expected if p.year not in asked and p.text]
    if between and not small:
        # Nothing is printed for these years; the reader may still ask where the path lies.
        data.append(
            {
                **_trace("预期", between, points.unit),
                "mode": "markers",
                "marker": {"color": INK_2, "size": 3},
            }
        )
    if targets:
        data.append(
            {
                **_trace("目标", targets, points.unit),
                "mode": "markers",
                "marker": {"symbol": "diamond", "size": dot + 2, "color": GROUND, "line": {"color": INK_2, "width": 1.75}},
            }
        )
        is_amended = targets[-1].year in {p.year for p in amended}
        ends.append((targets[-1], "调整后目标" if is_amended else "目标", INK_2))
    if amended:
        data.append(
            {
                **_trace("原目标", amended, points.unit),
                "mode": "markers",
                "marker": {"symbol": "diamond", "size": dot, "color": BAND, "line": {"color": INK_2, "width": 1}},
            }
        )
        ends += [(p, "原目标", INK_2) for p in amended]
    if compared:
        data.append(
            {
                **_trace(points.compared_with, compared, points.unit),
                "mode": "lines+markers",
                "line": {"color": INK_2, "width": 1, "dash": "dot"},
                "marker": {"symbol": "triangle-up", "size": dot, "color": GROUND, "line": {"color": INK_2, "width": 1.5}},
            }
        )
        ends.append((compared[-1], points.compared_with, INK_2))
    if projection and actual:
        way = [actual[-1], *(p for p in projection if p.year > actual[-1].year)]
        if len(way) > 1:
            line = {"color": ACCENT, "width": 1.75, "dash": "dot"}
            data.append({**_trace("推算路径", way, points.unit), "mode": "lines", "line": line, "hoverinfo": "skip"})
            data.append({**_trace("照此推算", way[1:], points.unit), "mode": "markers", "marker": {"color": ACCENT, "size": 3}})
            data[-1]["hovertext"] = _hover("照此推算（直线）", way[1:], points.unit)
            ends.append((way[-1], "照此推算", ACCENT))
    # The baseline stands for its year where none is recorded, so the line may begin at it; never across a gap.
    begins = [baseline] if baseline and baseline.year not in {p.year for p in actual} else []
    data.append(
        {
            **_trace("实际", _whole(sorted([*begins, *actual], key=lambda p: p.year)), points.unit),
            "mode": "lines",
            "line": {"color": ACCENT, "width": 2 if small else 2.5},
            "hoverinfo": "skip",
            "connectgaps": False,
        }
    )
    if actual:
        data.append(
            {
                **_trace("实际", actual, points.unit),
                "mode": "markers",
                "marker": {"symbol": "circle", "size": dot, "color": ACCENT, "line": {"color": ACCENT, "width": 1.5}},
            }
        )
        ends.append((actual[-1], "实际", ACCENT))
    if points.interim:
        data.append(
            {
                "type": "scatter",
                "name": "期中",
                "mode": "markers",
                "x": [one.place for one in points.interim],
                "y": [float(one.value) for one in points.interim],
                "hoverinfo": "text",
                "hovertext": [
                    labels.plain(f"{one.period or f'截至 {one.end.isoformat()}'}（期中） {one.text} {points.unit}".rstrip())
                    for one in points.interim
                ],
                "marker": {"symbol": "circle", "size": dot, "color": GROUND, "line": {"color": ACCENT, "width": 1.5}},
            }
        )
        if not small:
            latest = max(points.interim, key=lambda one: one.end)
            told = f"{latest.text}（{_when(latest)}）"
            ends.append((Point(latest.place, float(latest.value), told), "期中", ACCENT))
    if baseline:
        data.append(
            {
                **_trace("基期", [baseline], points.unit),
                "mode": "markers",
                "marker": {"symbol": "square", "size": dot, "color": GROUND, "line": {"color": INK, "width": 1.75}},
            }
        )
    if small:
        ends = [end for end in ends if end[1] != "照此推算"]
    if baseline and not (small and actual):
        ends.append((baseline, "基期", INK))
    return _figure(data, years, scale, points.unit, height, ends=ends, small=small, path=path, is_shared=is_shared)


def _when(interim):
    """The words of its period as short as they can be told: 不晚于 2023-04-26, 2024 年 1—9 月."""
    if not interim.period:
        return interim.end.isoformat()
    words = interim.period.removesuffix("（时点）").replace("至", " 至")
    return _DAY.sub(lambda day: "{}-{:0>2}-{:0>2}".format(*day.groups()), words)


def _looks(lines):
    """{key: place among the colours, marks and dashes}: by the keys' order, whoever is ahead."""
    return {key: place for place, key in enumerate(sorted({line.key or line.name for line in lines}))}


def _lines(lines, unit, height, *, reference=None, looks=None):
    if len(lines) > MAX_SERIES:
        raise ValueError(f"{len(lines)} lines in one figure; at most {MAX_SERIES} can be told apart")
    looks = looks or _looks(lines)
    values = [p.value for line in lines for p in line.known]
    if values and reference is not None:
        values.append(reference)
    scale = _scale(values)
    years = _years(*((*line.known, *line.points) for line in lines))
    data, ends = [], []
    for line in lines:
        known, place = line.known, looks[line.key or line.name]
        if not known:
            continue
        colour = SERIES[place]
        name = labels.plain(line.name)
        data.append(
            {
                **_trace(name, _whole(known), line.unit),
                "mode": "lines+markers",
                "connectgaps": False,
                "line": {"color": colour, "width": 2, "dash": DASHES[place]},
                "marker": {"symbol": SYMBOLS[place], "size": 8, "color": colour, "line": {"color": colour, "width": 1}},
            }
        )
        ends.append((known[-1], line.name, colour))
    figure = _figure(data, years, scale, unit, height, ends=ends)
    if reference is not None and values:
        figure["layout"]["shapes"] = [
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": reference,
                "y1": reference,
                "line": {"color": INK_2, "width": 1, "dash": "dash"},
                "layer": "below",
            }
        ]
    return figure


def _figure(data, years, scale, unit, height, *, ends=(), small=False, room=0, hovermode="x unified", path=(), is_shared=False):
    """A figure over years: data, axes, the unit above the axis, labels at the ends of lines."""
    low, high, ticks, words = scale
    last = years[-1] if years else 0
    inner = [p.value for p, _, _ in ends if p.year != last]
    extra = 0 if is_shared else (high - low) * (room or labels.LINE + 8) / height
    # Room for what is written above and below the outermost values; an axis that begins at 0 stays so.
    if (room and high > 0) or any(value > high - extra for value in inner):
        high += extra
    if (room and low < 0) or (low and any(value < low + extra for value in inner)):
        low -= extra
    marked = [y for trace in data if "markers" in trace.get("mode", "") for y in trace["y"] if y is not None]
    if not is_shared and marked:  # no mark on the numbers of the axis
        low = _lowered(low, high, min(marked), height)
    high += (high - low) / 250  # plotly.js leaves out a line of the grid that lies on the very edge
    margin = {
        "l": max(24, 9 + max((labels.width_of(word) for word in words), default=0)),
        "r": max([16, *(14 + labels.width_of(f"{name} {p.text}") for p, name, _ in ends if p.year == last)]),
        "t": _ABOVE,
        "b": _BELOW,
    }
    layout = _layout(height, margin=margin, hovermode=hovermode)
    some = _some(years, 4 if small else 12)
    begin = min([years[0] - 0.4, *(x - 0.2 for trace in data for x in trace["x"] if x is not None)]) if years else 0
    layout["xaxis"] = _axis(
        range=[begin, last + (0.4 if room else 0.06)] if years else [0, 1],
        tickvals=some,
        ticktext=[str(year) for year in some],
        showgrid=False,
        ticks="outside",
        ticklen=4,
        tickcolor=RULE,
        hoverformat="d",
        unifiedhovertitle={"text": "%{x:d} 年"},
        spikecolor=INK_2,
        spikethickness=1,
        spikedash="dot",
    )
    layout["yaxis"] = _axis(
        range=[low, high], tickvals=ticks, ticktext=words, zeroline=low <= 0 <= high, zerolinecolor=INK_2, zerolinewidth=1
    )
    annotations = [
        {
            "text": labels.plain(unit),
            "xref": "paper",
            "yref": "paper",
            "x": 0,
            "y": 1,
            "xanchor": "left",
            "yanchor": "bottom",
            "xshift": -margin["l"] + 4,
            "yshift": 6,
            "showarrow": False,
            "font": {"color": INK_2, "size": labels.SIZE - 1},
        }
    ]
    if any(y is not None for trace in data for y in trace["y"]):
        frame = labels.Frame(tuple(layout["xaxis"]["range"]), (low, high), height - margin["t"] - margin["b"], margin)
        annotations += labels.placed_at_ends(ends, years, frame, path, labels.drawn_in(data), small=small)
    else:
        annotations = [_nothing()]
        layout["height"] = min(height, 120)
        layout["xaxis"]["visible"] = layout["yaxis"]["visible"] = False
    layout["annotations"] = annotations
    return _finished(data, layout, small=small)


def _lowered(low, high, lowest, height):
    """The low end of an axis, such that the lowest mark keeps off what stands below it."""
    pixels = height - _ABOVE - _BELOW
    return min(low, (lowest * pixels - high * _MARK) / (pixels - _MARK))


def _nothing():
    centre = {"xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "middle"}
    return {
        "text": NOTHING_TO_DRAW,
        "x": 0.5,
        "y": 0.5,
        **centre,
        "showarrow": False,
        "font": {"color": INK_2, "size": labels.SIZE},
    }


def _trace(name, points, unit):
    return {
        "type": "scatter",
        "name": name,
        "x": [p.year for p in points],
        "y": [p.value for p in points],
        "hoverinfo": "text",
        "hovertext": _hover(name, points, unit),
        "cliponaxis": False,
    }


def _hover(name, points, unit):
    return [labels.plain(f"{name} {p.text} {unit}".rstrip()) if p.value is not None else "" for p in points]


def _layout(height, *, margin, hovermode):
    return {
        "height": height,
        "autosize": True,
        "margin": margin,
        "font": {"family": FONT, "size": labels.SIZE, "color": INK},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "dragmode": False,
        "hovermode": hovermode,
        "hoverlabel": {
            "bgcolor": GROUND,
            "bordercolor": RULE,
            "font": {"family": FONT, "size": labels.SIZE, "color": INK},
            "align": "left",
        },
        "modebar": {"bgcolor": CLEAR, "color": INK_2, "activecolor": ACCENT, "orientation": "h"},
        "separators": ".,",
        "barmode": "overlay",
    }


def _axis(**own):
    return {
        "type": "linear",
        "tickmode": "array",
        "exponentformat": "none",
        "separatethousands": True,
        "automargin": False,
        "fixedrange": True,
        "gridcolor": RULE,
        "zeroline": False,
        "tickfont": {"color": INK_2, "size": labels.SIZE - 1},
        **own,
    }


def _finished(data, layout, *, small=False):
    """The figure, with what charts.js must know: what its colours become on a dark ground, and whether it is a small one."""
    return {"data": data, "layout": {**layout, "meta": {"dark": DARK, "small": small}}}


def _known(points):
    """Those that have a value, by year, as floats: a Decimal would become text in JSON, NaN no JSON at all."""
    if not points:
        return []
    floats = [
        p if _is_float(p.value) and p.far is None else p._replace(value=_float(p.value), far=_float(p.far)) for p in points
    ]
    return sorted([p for p in floats if p.value is not None], key=attrgetter("year"))


def _is_float(value):
    return type(value) is float and math.isfinite(value)


def _float(value):
    return None if value is None or not math.isfinite(value) else float(value)


def _whole(points):
    """With an empty point for each year that is missing in between: that is where the line breaks."""
    if not points:
        return []
    by_year = {p.year: p for p in points}
    return [by_year.get(year, Point(year, None)) for year in range(points[0].year, points[-1].year + 1)]


def _years(*groups, first=None, last=None, interim=()):
    found = [p.year for group in groups for p in group] + [one.end.year for one in interim]
    found += [year for year in (first, last) if year is not None]
    return list(range(min(found), max(found) + 1)) if found else []


def _some(years, at_most):
    """Every year, or every second, fifth … counted back from the last, so that the last one is named."""
    step = next((step for step in (1, 2, 3, 5, 10, 20, 50) if len(years) <= at_most * step), 100)
    return years[::-1][::step][::-1]


def interim_place(measure: str, start: date, end: date) -> float | None:
    """Where an interim figure stands on an axis of years, each year's mark being its end; None where it has no place there.

    An amount at a moment has its very day. What came about within a period can be held against a year only if it counts from
    the year's first day: it stands near the year's mark, not between two years. A part of one year says nothing of a sum.
    """
    days = date(end.year, 12, 31).timetuple().tm_yday
    missing = 1 - end.timetuple().tm_yday / days
    if measure not in WITHIN_PERIODS:
        return round(end.year - missing, 3)
    is_comparable = measure != Measure.INCREMENT and start == date(end.year, 1, 1)
    return round(end.year - 0.45 * missing, 3) if is_comparable else None


def _scale(values, *, from_zero=False, steps=5):
    """Lowest and highest value of an axis, its ticks and their text. From zero where that costs no more than half of it."""
    values = [float(value) for value in values]
    if not values:
        return 0.0, 1.0, [], []
    low, high = min(values), max(values)
    if from_zero or 0 <= low <= high / 2 or low == high >= 0:
        low = min(low, 0.0)
    if from_zero or 0 >= high >= low / 2 or low == high < 0:
        high = max(high, 0.0)
    if low == high:
        high = 1.0
    rough = (high - low) / steps
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    if step < 10 and all(value.is_integer() for value in values):  # of things there are no halves
        step = next(whole for whole in (1, 2, 5, 10) if whole >= step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = next(decimals for decimals in range(20) if abs(round(step, decimals) - step) < step / 1e6)
    ticks = [round(place * step, 12) for place in range(first, last + 1)]
    words = [f"{tick:,.{decimals}f}".replace("-", "\u2212") for tick in ticks]
    return ticks[0], ticks[-1], ticks, words
