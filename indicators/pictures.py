"""The figures of indicators.charts as PNG and SVG, drawn without a browser from the same dicts, so that no number can differ.

The same figure gives the same bytes. Texts are checked against the fonts before anything is drawn: no empty boxes.
"""

import io
import threading
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from indicators.charts import GROUND, INK, INK_2, LEGEND_COLUMNS, RULE, Sheet
from indicators.labels import SIZE


class NoPicture(Exception):
    """A picture that this machine cannot draw; the message says why, in Chinese."""


TYPES = {"png": "image/png", "svg": "image/svg+xml"}
WIDTH, HEAD, NAME_LINE, FOOT_LINE, COLUMNS = 960, 56, 24, 20, 3
TITLE_CHARACTERS, NAME_CHARACTERS, FOOT_CHARACTERS = 46, 20, 64
MAX_FIGURES = 24
PIXELS_PER_INCH, PNG_SCALE = 96, 2
POINT = 72 / PIXELS_PER_INCH
# File names of fonts with simplified Chinese, the best first.
CHINESE = (
    "NotoSansSC",
    "NotoSansCJKsc",
    "SourceHanSansSC",
    "SourceHanSansCN",
    "NotoSansCJK",
    "wqy-microhei",
    "wqy-zenhei",
    "msyh",
)
MARKERS = {"circle": "o", "square": "s", "triangle-up": "^", "triangle-down": "v", "diamond": "D", "cross": "P"}
LINES: dict[str, Any] = {
    "solid": "-",
    "dash": (0, (5, 4)),
    "dot": (0, (1, 2.5)),
    "dashdot": (0, (5, 3, 1, 3)),
    "longdash": (0, (9, 4)),
    "longdashdot": (0, (9, 3, 1, 3)),
}
# Chosen once for the process: matplotlib keeps them globally.
SETTINGS = {
    "axes.unicode_minus": False,
    "text.parse_math": False,
    "svg.fonttype": "path",  # a reader without the font sees the same
    "svg.hashsalt": "ipdash",
    "path.simplify": False,
}
# One picture at a time, and no long queue: a burst of requests must not take the threads from those who read pages.
_drawing = threading.Lock()
PATIENCE = 5  # seconds


def draw(sheet: Sheet, kind: str) -> bytes:
    """The picture as PNG or SVG; NoPicture where a font or a character of it is missing."""
    if len(sheet.figures) > MAX_FIGURES:
        raise NoPicture(f"一张图片最多容纳 {MAX_FIGURES} 幅图，现有 {len(sheet.figures)} 幅")
    if not _drawing.acquire(timeout=PATIENCE):
        raise NoPicture("服务器正忙着绘制别的图片，请过一会儿再试")
    try:
        matplotlib.rcParams.update({**SETTINGS, "font.family": list(_families())})
        _check(sheet)
        page = _page(sheet)
        content = io.BytesIO()
        if kind == "png":
            FigureCanvasAgg(page).print_png(content, metadata={"Software": None})
        else:
            FigureCanvasSVG(page).print_svg(content, metadata={"Date": None, "Creator": None, "Title": sheet.title})
        return content.getvalue()
    finally:
        _drawing.release()


@lru_cache(maxsize=1)
def _fonts() -> tuple[str, ...]:
    """Paths of a font with Chinese and of the one that comes with matplotlib, for signs that the first lacks."""
    found = {Path(path).stem.lower(): path for path in sorted(font_manager.findSystemFonts())}
    for name in CHINESE:
        stems = [stem for stem in found if stem.startswith(name.lower()) and _is_upright(stem)]
        if stems:
            regular = next((stem for stem in stems if "regular" in stem), stems[0])
            return found[regular], font_manager.findfont("DejaVu Sans")
    raise NoPicture("服务器没有安装中文字体，无法绘制图片；请安装 fonts-wqy-microhei 或 fonts-noto-cjk。图中数字在网页的表格里")


def _is_upright(stem):
    return not any(word in stem for word in ("bold", "light", "thin", "black", "mono", "bd", "medium"))


@lru_cache(maxsize=1)
def _families() -> tuple[str, ...]:
    names = []
    for path in _fonts():
        font_manager.fontManager.addfont(path)
        names.append(font_manager.get_font(path).family_name)
    return tuple(names)


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    return frozenset(code for path in _fonts() for code in font_manager.get_font(path).get_charmap())


def _check(sheet: Sheet) -> None:
    texts = [sheet.title, *sheet.sources]
    for name, figure in sheet.figures:
        layout = figure["layout"]
        texts += [trace["name"] for trace in figure["data"]] if layout["showlegend"] else []
        texts += [name, *(note["text"] for note in layout.get("annotations", ()))]
        texts += [word for axis in ("xaxis", "yaxis") for word in layout[axis].get("ticktext", ())]
        texts += [text for trace in figure["data"] for text in trace.get("text", ())]
    missing = sorted({character for text in texts for character in text if character != "\n"} - set(map(chr, _characters())))
    if missing:
        raise NoPicture(f"服务器的字体里没有“{''.join(missing[:10])}”，无法绘制图片")


def _page(sheet):
    rows = _rows(sheet.figures)
    heights = [
        max(figure["layout"]["height"] for _, figure in row) + (NAME_LINE if any(name for name, _ in row) else 0)
        for row in rows
    ]
    foot = [line for source in sheet.sources for line in _wrapped(source, FOOT_CHARACTERS)]
    height = HEAD + sum(heights) + 16 + FOOT_LINE * max(1, len(foot)) + 12
    page = Figure(
        figsize=(WIDTH / PIXELS_PER_INCH, height / PIXELS_PER_INCH), dpi=PIXELS_PER_INCH * PNG_SCALE, facecolor=GROUND
    )

    def write(x, y, text, size, colour, **how):
        page.text(x / WIDTH, 1 - y / height, text, fontsize=size * POINT, color=colour, **how)

    write(16, 18, _cut(sheet.title, TITLE_CHARACTERS), 19, INK, va="top")
    top = HEAD
    for row, row_height in zip(rows, heights, strict=True):
        for place, (name, figure) in enumerate(row):
            width = WIDTH // COLUMNS if _is_small(figure) else WIDTH
            if name:
                write(
                    place * width + 16,
                    top + 4,
                    _cut(name, NAME_CHARACTERS if _is_small(figure) else TITLE_CHARACTERS),
                    14,
                    INK,
                    va="top",
                )
            _axes(page, figure, (place * width, top + row_height - figure["layout"]["height"], width, height))
        top += row_height
    for place, line in enumerate(foot):
        write(16, top + 16 + FOOT_LINE * place, line, 12, INK_2, va="top")
    if sheet.day:
        day = f"{sheet.day.year} 年 {sheet.day.month} 月 {sheet.day.day} 日"
        write(WIDTH - 16, top + 16, day, 12, INK_2, va="top", ha="right")
    return page


def _is_small(figure):
    return figure["layout"]["meta"]["small"]


def _rows(figures):
    """Large ones in a row each, small ones beside each other."""
    rows = []
    for is_small, group in groupby(figures, key=lambda one: _is_small(one[1])):
        alike, columns = list(group), COLUMNS if is_small else 1
        rows += [alike[start : start + columns] for start in range(0, len(alike), columns)]
    return rows


def _cut(text, most):
    """A text that must not run out of the picture."""
    fitting = _fitting(text, most)
    return text if fitting == len(text) else f"{text[: fitting - 1]}…"


def _wrapped(text, most):
    """The same in as many lines as it needs."""
    lines = []
    while text:
        fitting = _fitting(text, most)
        lines.append(text[:fitting])
        text = text[fitting:]
    return lines


def _fitting(text, most):
    """How many of its characters stand in a line; digits and letters take half of a Chinese one."""
    room = 2.0 * most
    for place, character in enumerate(text):
        room -= 2 if ord(character) > 0x2E7F else 1.2
        if room < 0:
            return place
    return len(text)


def _axes(page, figure, place):
    """A figure's axes at its place, with margins, ranges and ticks as it says, and its traces, shapes and notes in them."""
    left, top, width, height = place
    layout = figure["layout"]
    margin = layout["margin"]
    box = (
        (left + margin["l"] + 8) / WIDTH,
        1 - (top + layout["height"] - margin["b"]) / height,
        (width - margin["l"] - margin["r"] - 16) / WIDTH,
        (layout["height"] - margin["t"] - margin["b"]) / height,
    )
    axes = page.add_axes(box, facecolor="none")
    for side in axes.spines.values():
        side.set_visible(False)
    for name, axis in (("x", layout["xaxis"]), ("y", layout["yaxis"])):
        _axis(axes, name, axis)
    for order, trace in enumerate(figure["data"], start=2):
        (_bars if trace["type"] == "bar" else _scatter)(axes, trace, layout, order)
    for shape in layout.get("shapes", ()):
        axes.axhline(shape["y0"], **_line(shape["line"]), zorder=1, clip_on=False)
    for note in layout.get("annotations", ()):
        _annotate(axes, note)
    if layout["showlegend"]:
        _legend(axes, figure)


def _axis(axes, name, axis):
    low, high = axis["range"]
    (axes.set_xlim if name == "x" else axes.set_ylim)(low, high)
    shown = axis.get("visible", True)
    places, words = axis.get("tickvals", []), axis.get("ticktext", [])
    if axis["type"] == "category":
        places, words = range(len(axis["categoryarray"])), axis["categoryarray"]
    which = axes.xaxis if name == "x" else axes.yaxis
    which.set_ticks(list(places) if shown else [], labels=list(words) if shown else [])
    axes.tick_params(
        axis=name, length=0, pad=5, labelsize=axis["tickfont"]["size"] * POINT, labelcolor=axis["tickfont"]["color"]
    )
    if shown and axis.get("showgrid", True):
        axes.grid(axis=name, color=RULE, linewidth=POINT, zorder=0, clip_on=False)
        axes.set_axisbelow(True)
    if shown and axis["zeroline"]:
        zero = axes.axvline if name == "x" else axes.axhline
        zero(0, color=axis.get("zerolinecolor", INK_2), linewidth=POINT, zorder=1, clip_on=False)


def _line(line):
    return {"color": line["color"], "linewidth": line["width"] * POINT, "linestyle": LINES[line.get("dash", "solid")]}


def _scatter(axes, trace, layout, order):
    y = [float("nan") if value is None else value for value in trace["y"]]
    x = [float("nan") if value is None else value for value in trace["x"]]
    how: dict[str, Any] = {"linestyle": "none"}
    if "lines" in trace["mode"]:
        how = {**_line(trace["line"]), "solid_capstyle": "butt"}
    if "markers" in trace["mode"]:
        marker = trace["marker"]
        edge = marker.get("line", {"color": marker["color"], "width": 0})
        how |= {
            "marker": MARKERS[marker.get("symbol", "circle")],
            # plotly.js measures a diamond from corner to corner, matplotlib along a side.
            "markersize": marker["size"] * POINT * (0.75 if marker.get("symbol") == "diamond" else 1),
            "markerfacecolor": marker["color"],
            "markeredgecolor": edge["color"],
            "markeredgewidth": edge["width"] * POINT,
        }
    axes.plot(x, y, zorder=order, clip_on=False, **how)


def _bars(axes, trace, layout, order):
    across = trace.get("orientation") == "h"
    names = layout["yaxis"].get("categoryarray", [])
    places = [names.index(name) for name in trace["y"]] if across else trace["x"]
    values = trace["x"] if across else trace["y"]
    fills = trace["marker"]["color"]
    begins = trace.get("base", [0] * len(values))
    for number, (at, value, text) in enumerate(zip(places, values, trace["text"], strict=True)):
        fill = fills if isinstance(fills, str) else fills[number]
        look = {**_look(trace["marker"], fill), "zorder": order}
        begin = {"left" if across else "bottom": begins[number]}
        (axes.barh if across else axes.bar)(at, value, trace["width"][number], **begin, **look)
        sign = 4 if value >= 0 else -4
        shift = (sign, 0) if across else (0, sign)
        how = {"ha": ("left" if value >= 0 else "right"), "va": "center_baseline"} if across else {"ha": "center"}
        if not across:
            how["va"] = "bottom" if value >= 0 else "top"
        _text(axes, text, (value, at) if across else (at, value), "data", shift, trace["textfont"], how)


def _look(marker, fill):
    edge = marker["line"]
    hatch = 2 * marker.get("pattern", {}).get("shape", "")
    return {"facecolor": fill, "edgecolor": edge["color"], "linewidth": edge["width"] * POINT, "hatch": hatch or None}


def _legend(axes, figure):
    """The names of all traces above the axes, each with the look of its bars."""
    bars = [Patch(**_look(trace["marker"], trace["marker"]["color"]), label=trace["name"]) for trace in figure["data"]]
    axes.legend(
        handles=[bar for column in range(LEGEND_COLUMNS) for bar in bars[column::LEGEND_COLUMNS]],  # it fills columns, not rows
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=LEGEND_COLUMNS,
        frameon=False,
        fontsize=(SIZE - 1) * POINT,
        labelcolor=INK,
        borderpad=0,
        borderaxespad=0.5,
        handlelength=1.6,
        columnspacing=1.5,
    )


def _annotate(axes, note):
    where = "axes fraction" if note.get("xref") == "paper" else "data"
    how: dict[str, Any] = {"ha": note["xanchor"], "va": {"middle": "center"}.get(note["yanchor"], note["yanchor"])}
    if "bgcolor" in note:
        how["bbox"] = {"facecolor": note["bgcolor"], "edgecolor": "none", "pad": 0}
    _text(axes, note["text"], (note["x"], note["y"]), where, (note.get("xshift", 0), note.get("yshift", 0)), note["font"], how)


def _text(axes, text, at, where, shift, font, how):
    axes.annotate(
        text,
        at,
        xycoords=where,
        xytext=(shift[0] * POINT, shift[1] * POINT),
        textcoords="offset points",
        fontsize=font["size"] * POINT,
        color=font["color"],
        annotation_clip=False,
        zorder=50,
        **how,
    )
