"""Figures from points: valid for plotly.js, plain text only, missing years left empty, colours that can be read."""

import itertools
import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from indicators import charts, labels
from indicators.calculation import wording
from indicators.calculation.vocabulary import Status
from indicators.charts import Interim, Line, Point, Points
from tests import chart_pages, vendored

CSS = vendored.VENDOR.parent / "css" / "ipdash.css"
EMPTY = Points("空", "件")
# Reported up to the last year but one, with ten years on the axis.
SHORT_OF_THE_END = replace(
    EMPTY,
    actual=[Point(2023, 3826, "3,826"), Point(2024, 4376, "4,376")],
    baseline=Point(2015, 548, "548"),
    expected=[Point(2024, 4806, "4,806"), Point(2025, 5527, "5,527")],
    targets=[Point(2025, 5527, "5,527")],
)


def strings(part):
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from itertools.chain.from_iterable(map(strings, part.values()))
    elif isinstance(part, list | tuple):
        yield from itertools.chain.from_iterable(map(strings, part))


def named(figure, name):
    """The marks of that name, {year: value}."""
    traces = [trace for trace in figure["data"] if trace["name"] == name]
    marked = next((trace for trace in traces if "markers" in trace["mode"]), traces[0] if traces else {"x": [], "y": []})
    return dict(zip(marked["x"], marked["y"], strict=True))


def line_of(figure, name):
    trace = next(trace for trace in figure["data"] if trace["name"] == name and "lines" in trace["mode"])
    return list(zip(trace["x"], trace["y"], strict=True))


def words_in(figure):
    return [note["text"] for note in figure["layout"]["annotations"]]


def one_of_each():
    some = [Point(2024, 5, "5")]
    missing = [Point(2023, None, why="未填报"), Point(2024, None, why="未填报")]
    for name, points in (("none", []), ("one", some), ("missing", missing)):
        line = Line("鄂尔多斯市", points, "件")
        yield f"plan_indicator {name}", charts.plan_indicator(replace(EMPTY, actual=points))
        yield f"targets {name}", charts.plan_indicator(replace(EMPTY, targets=points, expected=points))
        yield f"yoy {name}", charts.yoy(points)
        yield f"across_regions {name}", charts.across_regions([line], unit="件")
        yield f"small_multiples {name}", charts.small_multiples([replace(EMPTY, actual=points)])[0]
        yield f"region_panels {name}", charts.region_panels([line], unit="件")[0]
        for how in (charts.ABSOLUTE, charts.INDEX, charts.COMPLETION):
            yield f"compare {how} {name}", charts.compare([line], how=how)[0]
    yield "no lines", charts.across_regions([], unit="件")
    yield "no comparison", charts.compare([])[0]
    yield "strips without figures", charts.strips(None, None)
    yield "strips behind the start", charts.strips(Point(2024, -20, "−20%"), None)
    for name, (_, figure) in {**chart_pages.figures(), **chart_pages.panels()}.items():
        yield name, figure


ALL = dict(one_of_each())


@pytest.mark.parametrize("name", ALL)
def test_figure_is_valid_plain_and_small(name):
    figure = ALL[name]
    go.Figure(figure)
    text = json.dumps(figure, allow_nan=False, ensure_ascii=False)
    assert len(text.encode()) <= 20_000
    assert not [one for one in strings(figure) if re.search("[<>&]", one)]
    assert figure["layout"]["hoverlabel"]["bgcolor"] == charts.GROUND
    assert all(trace["hoverinfo"] in ("text", "skip") for trace in figure["data"])


def test_figure_of_many_years_and_regions_stays_small():
    points = [Point(year, 1_234_567.89 + year, "1,234,567.89") for year in range(1990, 2027)]
    figure = charts.across_regions([Line(f"第 {number} 个地区", points) for number in range(6)], unit="件")
    assert len(json.dumps(figure, ensure_ascii=False).encode()) <= 50_000
    assert len(figure["layout"]["xaxis"]["tickvals"]) <= 13
    assert figure["layout"]["xaxis"]["ticktext"][-1] == "2026"


def test_every_height_has_its_box():
    """The box is as high as the figure before anything is drawn in it, so that nothing jumps."""
    boxes = {
        int(height): int(pixels) for height, pixels in re.findall(r"\.chart\.high-(\d+) { height: (\d+)px; }", CSS.read_text())
    }
    assert all(height == pixels for height, pixels in boxes.items())
    assert {figure["layout"]["height"] for figure in ALL.values()} <= boxes.keys()


def test_missing_year_breaks_the_line_and_is_not_marked():
    figure = charts.plan_indicator(chart_pages.TRADEMARKS)
    assert named(figure, "实际") == {2021: 3.4, 2023: 4.1, 2024: 4.6}
    assert line_of(figure, "实际") == [(2020, 3.12), (2021, 3.4), (2022, None), (2023, 4.1), (2024, 4.6)]


@pytest.mark.parametrize("value", [None, float("nan"), Decimal("NaN")])
def test_no_number_is_no_mark(value):
    figure = charts.plan_indicator(Points("一", "件", actual=[Point(2021, 1, "1"), Point(2022, value), Point(2023, 3, "3")]))
    assert named(figure, "实际") == {2021: 1, 2023: 3}
    assert (2022, None) in line_of(figure, "实际")


def test_line_begins_at_the_baseline_only_where_the_next_year_is_there():
    points = replace(EMPTY, baseline=Point(2020, 3, "3"), actual=[Point(2022, 5, "5")])
    assert line_of(charts.plan_indicator(points), "实际") == [(2020, 3), (2021, None), (2022, 5)]


def test_recorded_value_of_the_baseline_year_is_drawn_beside_the_baseline():
    points = replace(EMPTY, baseline=Point(2020, 3, "3"), actual=[Point(2020, 4, "4"), Point(2021, 5, "5")])
    figure = charts.plan_indicator(points)
    assert named(figure, "基期") == {2020: 3}
    assert line_of(figure, "实际") == [(2020, 4), (2021, 5)]


def test_path_goes_from_the_baseline_through_the_expected_values():
    figure = charts.plan_indicator(chart_pages.TRADEMARKS)
    path = dict(line_of(figure, "预期路径"))
    assert path[2020] == 3.12
    assert path[2025] == 5
    assert list(named(figure, "预期")) == [2021, 2022, 2023, 2024]  # the year with a target has its diamond


def test_projection_leads_on_from_the_last_actual():
    figure = charts.plan_indicator(chart_pages.TRADEMARKS)
    assert line_of(figure, "推算路径") == [(2024, 4.6), (2025, 5.07)]
    hover = next(trace for trace in figure["data"] if trace["name"] == "照此推算")["hovertext"]
    assert hover == ["照此推算（直线） 5.07 万件"]
    without = replace(chart_pages.TRADEMARKS, actual=())
    assert not [trace for trace in charts.plan_indicator(without)["data"] if "推算" in trace["name"]]


def test_range_is_a_band_and_its_text_tells_both_ends():
    figure = charts.plan_indicator(chart_pages.PLACES)
    band = next(trace for trace in figure["data"] if trace["name"] == "目标区间")
    assert (band["x"][:3], band["y"][:3]) == ([2023, 2023, None], [1, 2, None])
    assert "目标 5～10" in words_in(figure)
    assert figure["layout"]["yaxis"]["range"][1] >= 10


def test_interim_stands_at_its_place_with_its_day_and_joins_no_line():
    figure = charts.plan_indicator(chart_pages.TRADEMARKS)
    assert named(figure, "期中") == {2021.745: 3.7}
    assert "期中 3.7（2022-09-30）" in words_in(figure)
    hover = next(trace for trace in figure["data"] if trace["name"] == "期中")["hovertext"]
    assert hover == ["2022 年 9 月 30 日（时点）（期中） 3.7 万件"]
    latest_possible = Interim(2024.7, date(2024, 9, 30), 3.7, "3.7", "不晚于 2024 年 9 月 30 日")
    shown = charts.plan_indicator(replace(EMPTY, interim=[latest_possible], first_year=2020, last_year=2025))
    assert boxes(shown, 358)["期中 3.7（不晚于 2024-09-30）"][1] <= 358  # on a phone
    (label,) = (
        one for one in charts.plan_indicator(SHORT_OF_THE_END)["layout"]["annotations"] if one["text"].startswith("实际")
    )
    assert label["xanchor"] == "left"  # short enough for the margin: on the left it would lie on its line
    without_words = charts.plan_indicator(replace(EMPTY, interim=[Interim(2021.745, date(2022, 9, 30), 3.7, "3.7")]))
    assert "截至 2022-09-30" in str(without_words["data"])
    assert "期中 3.7（2022-09-30）" in words_in(without_words)


@pytest.mark.parametrize(
    ("start", "end", "is_latest_possible_day", "told"),
    [
        (date(2023, 4, 26), date(2023, 4, 26), True, "不晚于 2023-04-26"),
        (date(2023, 4, 6), date(2023, 4, 6), False, "2023-04-06"),
        (date(2024, 1, 1), date(2024, 9, 30), False, "2024 年 1—9 月"),
        (date(2020, 12, 16), date(2021, 6, 15), False, "2020-12-16 至 2021-06-15"),
        (date(2020, 12, 16), date(2021, 6, 15), True, "2020-12-16 至不晚于 2021-06-15"),
    ],
)
def test_label_of_an_interim_figure_says_of_when_it_is_as_the_table_does(start, end, is_latest_possible_day, told):
    period = wording.period(start, end, is_latest_possible_day=is_latest_possible_day)
    figure = charts.plan_indicator(replace(EMPTY, interim=[Interim(2022.5, end, 35.14, "35.14", period)]))
    assert f"期中 35.14（{told}）" in words_in(figure)


@pytest.mark.parametrize(
    ("measure", "start", "end", "place"),
    [
        ("stock", "2023-04-26", "2023-04-26", 2022.318),  # the mark of 2023 is its end
        ("cumulative", "2023-01-01", "2023-12-31", 2023),
        ("stock", "2024-12-31", "2024-12-31", 2024),
        ("ratio", "2021-05-31", "2021-05-31", 2020.414),
        ("flow", "2024-01-01", "2024-09-30", 2023.887),  # near the year that it is held against
        ("annual", "2024-01-01", "2024-12-31", 2024),
        ("flow", "2024-02-01", "2024-02-29", None),
        ("flow", "2020-12-16", "2021-06-15", None),
        ("increment", "2024-01-01", "2024-09-30", None),
    ],
)
def test_interim_place_follows_from_what_the_figure_counts(measure, start, end, place):
    assert charts.interim_place(measure, date.fromisoformat(start), date.fromisoformat(end)) == place


def test_axis_reaches_back_to_an_interim_figure_before_its_first_year():
    points = replace(EMPTY, actual=[Point(2021, 5, "5")], interim=[Interim(2020.2, date(2021, 3, 15), 4, "4")], last_year=2025)
    axis = charts.plan_indicator(points)["layout"]["xaxis"]
    assert axis["range"][0] < 2020.2
    assert axis["tickvals"][0] == 2021


def test_labels_carry_the_words_of_the_table_and_do_not_touch():
    figure = charts.across_regions(chart_pages.REGIONS, unit="件")
    assert {"全区 12,600", "通辽市 4,130", "兴安盟 1,170"} <= set(words_in(figure))
    low, high = figure["layout"]["yaxis"]["range"]
    margin = figure["layout"]["margin"]
    pixels = figure["layout"]["height"] - margin["t"] - margin["b"]
    ends = [note for note in figure["layout"]["annotations"] if note["xanchor"] == "left" and "xref" not in note]
    heights = sorted((note["y"] - low) / (high - low) * pixels + note["yshift"] for note in ends)
    assert all(upper - lower >= labels.SIZE for lower, upper in itertools.pairwise(heights))
    assert len(ends) == 5  # the sixth line ends a year earlier, and so does its label


LATE = Points(  # of the plan's last year but one, close to the right edge
    "专利授权量",
    "件",
    actual=[Point(2020, 2748, "2,748")],
    targets=[Point(2025, 3500, "3,500")],
    expected=[Point(year, 2748 + 150 * (year - 2020), "") for year in range(2021, 2026)],
    baseline=Point(2020, 2748, "2,748"),
    interim=[Interim(2024.887, date(2024, 9, 30), 3398, "3,398")],
)


def boxes(figure, width):
    """{label: (left, right, bottom, top)} of what belongs to a point, in pixels from the lower left corner of a picture."""
    layout = figure["layout"]
    margin, found = layout["margin"], {}
    (first, last), (low, high) = layout["xaxis"]["range"], layout["yaxis"]["range"]
    shares = {"left": 0, "center": 0.5, "right": 1, "bottom": 0, "middle": 0.5, "top": 1}
    for note in layout["annotations"]:
        if "xref" not in note:
            x = margin["l"] + (note["x"] - first) / (last - first) * (width - margin["l"] - margin["r"]) + note["xshift"]
            across, up = labels.width_of(note["text"]), labels.SIZE
            y = margin["b"] + (note["y"] - low) / (high - low) * (layout["height"] - margin["t"] - margin["b"]) + note["yshift"]
            left, bottom = x - across * shares[note["xanchor"]], y - up * shares[note["yanchor"]]
            found[note["text"]] = (left, left + across, bottom, bottom + up)
    return found


@pytest.mark.parametrize("width", [288, 358, 680, 1184])  # windows of 320, 390 and 1440 pixels, and paper
@pytest.mark.parametrize("place", [2020.05, 2022.5, 2024.887])
def test_no_label_is_cut_off_at_an_edge(width, place):
    interim = replace(LATE.interim[0], place=place)
    found = boxes(charts.plan_indicator(replace(LATE, interim=[interim])), width)
    assert len(found) == 4
    assert all(left >= 0 and right <= width for left, right, *_ in found.values())


def struck(figure, width):
    """The labels that a line goes through."""
    layout, found = figure["layout"], set()
    margin, (first, last), (low, high) = layout["margin"], layout["xaxis"]["range"], layout["yaxis"]["range"]

    def place(x, y):
        up = (y - low) / (high - low) * (layout["height"] - margin["t"] - margin["b"])
        return margin["l"] + (x - first) / (last - first) * (width - margin["l"] - margin["r"]), margin["b"] + up

    for trace in (trace for trace in figure["data"] if "lines" in trace["mode"]):
        for (x, y), (u, v) in itertools.pairwise(zip(trace["x"], trace["y"], strict=True)):
            if y is None or v is None:
                continue
            for step in range(201):
                at, up = place(x + (u - x) * step / 200, y + (v - y) * step / 200)
                for name, (left, right, bottom, top) in boxes(figure, width).items():
                    if left < at < right and bottom + 1 < up < top - 1:
                        found.add(name)
    return found


def years(*values, first=2021):
    return [Point(first + place, value, f"{value:,}") for place, value in enumerate(values)]


@pytest.mark.parametrize(
    "points",
    [
        replace(EMPTY, actual=years(84, 84, 87, 84), last_year=2025),  # falls
        replace(EMPTY, actual=years(84, 86, 85), last_year=2025),
        replace(EMPTY, actual=years(9, 8, 7), last_year=2025),
        replace(EMPTY, actual=years(80, 80, 85), last_year=2025),  # rises
        replace(EMPTY, actual=years(90, 95, 82, 84), expected=years(80, 82, 84, 86, 88), targets=years(88, first=2025)),
        replace(EMPTY, actual=years(11, 11, 11, 10), expected=years(10, 10, 10, 10), targets=years(10, first=2025)),
    ],
)
def test_line_does_not_go_through_the_label_at_its_end(points):
    for width in (358, 680, 1184):
        assert struck(charts.plan_indicator(points), width) == set()
        assert struck(charts.across_regions([Line("鄂尔多斯市", points.actual)], unit="件"), width) == set()
    for width in (214, 278, 358):
        assert struck(charts.small_multiples([points])[0], width) == set()


def test_label_that_finds_no_room_lies_on_a_veil():
    crowded = replace(EMPTY, actual=years(1, 9, 1, 9, 1, 9, 1, 9), last_year=2029)
    crowded = replace(crowded, interim=[Interim(2024.5, date(2025, 6, 30), 5, "5")])
    veils = {note["text"]: note.get("bgcolor") for note in charts.plan_indicator(crowded)["layout"]["annotations"]}
    assert veils == {"件": None, "实际 9": None, "期中 5（2025-06-30）": labels.VEIL}


def test_what_a_target_was_before_it_was_amended_stands_beside_it():
    points = replace(EMPTY, targets=[Point(2023, 40, "40"), Point(2025, 60, "60")], amended=[Point(2025, 50, "50")])
    figure = charts.plan_indicator(points)
    assert named(figure, "目标") == {2023: 40, 2025: 60}
    assert named(figure, "原目标") == {2025: 50}
    assert {"调整后目标 60", "原目标 50"} <= set(words_in(figure))
    assert "原目标" not in str(charts.plan_indicator(replace(points, amended=())))


def test_bars_of_parts_follow_one_another_and_say_what_they_are():
    rows = [("甲", [charts.Part("on_track", "符合预期", 3), charts.Part("no_data", "未填报", 2)]), ("乙<b>", [])]
    figure = charts.bars_of_parts(rows)
    go.Figure(figure)
    bars = {trace["name"]: (trace["base"], trace["x"], trace["y"]) for trace in figure["data"]}
    assert bars == {"符合预期": ([0], [3], ["甲"]), "未填报": ([3], [2], ["甲"])}
    assert "符合预期 3，未填报 2" in words_in(figure)
    assert figure["layout"]["yaxis"]["categoryarray"] == ["乙＜b＞", "甲"]
    assert figure["layout"]["xaxis"]["range"][1] >= 5
    go.Figure(charts.bars_of_parts([]))


def test_each_status_has_a_look_of_its_own_in_the_legend():
    parts = [charts.Part(status, status.label, 1) for status in Status] + [charts.Part("outside", "规划期外或基期", 1)]
    figure = charts.bars_of_parts([("甲", parts[1:]), ("乙", parts)])
    go.Figure(figure)
    assert figure["layout"]["showlegend"]
    assert [trace["name"] for trace in figure["data"]] == [part.word for part in parts]
    looks = [(trace["marker"]["color"], trace["marker"]["pattern"]["shape"]) for trace in figure["data"]]
    assert len(set(looks)) == len(parts)


def test_unit_stands_at_the_axis():
    assert words_in(charts.plan_indicator(chart_pages.TRADEMARKS))[0] == "万件"


def test_markup_in_names_is_only_text():
    line = Line("<b>强县</b>&lt;", [Point(2024, 1, "<i>1</i>")], "<u>件</u>")
    for figure in (charts.across_regions([line], unit=line.unit), charts.compare([line])[0]):
        assert "＜b＞强县＜/b＞＆lt; ＜i＞1＜/i＞" in words_in(figure)


def test_decimals_become_numbers():
    figure = charts.plan_indicator(replace(EMPTY, actual=[Point(2024, Decimal("4.60"), "4.60")]))
    assert json.loads(json.dumps(figure))["data"][-1]["y"] == [4.6]


@pytest.mark.parametrize(
    "values, ticks",
    [
        ([1, 2], ["0", "1", "2"]),
        ([0], ["0", "1"]),
        ([7], ["0", "2", "4", "6", "8"]),
        ([3.12, 5.07], ["3.0", "3.5", "4.0", "4.5", "5.0", "5.5"]),
        ([0.93, 2], ["0.0", "0.5", "1.0", "1.5", "2.0"]),
        ([2_295_000, 500_000], ["0", "500,000", "1,000,000", "1,500,000", "2,000,000", "2,500,000"]),
        ([-3.2, 12.2], ["−5", "0", "5", "10", "15"]),
        ([-7], ["−8", "−6", "−4", "−2", "0"]),
        ([0.0001, 0.0004], ["0.0000", "0.0001", "0.0002", "0.0003", "0.0004"]),
    ],
)
def test_axis_has_round_ticks_written_out(values, ticks):
    low, high, places, words = charts._scale(values)
    assert words == ticks
    assert low <= min(values)
    assert high >= max(values)
    assert (places[0], places[-1]) == (low, high)


def test_bars_and_strips_stand_on_zero():
    assert charts._scale([98, 99], from_zero=True)[0] == 0
    low, high = charts.yoy([Point(2023, 98, "98%"), Point(2024, 99, "99%")])["layout"]["yaxis"]["range"]
    assert low == 0
    assert high > 100
    assert charts.strips(Point(2024, 80, "80%"), None)["layout"]["xaxis"]["range"] == [0, 100]
    assert charts.strips(Point(2024, -20, "−20%"), None)["layout"]["xaxis"]["range"][0] < -20


def test_missing_strip_says_why():
    figure = charts.strips(Point(2024, None, why="规划未给出基期值"), Point(2024, 80, "80%"))
    assert words_in(figure) == ["规划未给出基期值"]
    assert [trace["name"] for trace in figure["data"]] == ["序时进度"]
    assert words_in(charts.strips(None, None)) == ["—", "—"]


def test_panels_of_regions_share_years_and_scale():
    lines = [Line("甲", [Point(2021, 1, "1")]), Line("乙", [Point(2022, 1000, "1,000")], targets=[Point(2023, 9, "9")])]
    one, other = charts.region_panels(lines, unit="件")
    assert one["layout"]["yaxis"]["range"] == other["layout"]["yaxis"]["range"]
    assert one["layout"]["xaxis"]["range"] == other["layout"]["xaxis"]["range"]


def marks(figure):
    """{value: height above the axis in pixels} of all marks."""
    low, high = figure["layout"]["yaxis"]["range"]
    margin = figure["layout"]["margin"]
    pixels = figure["layout"]["height"] - margin["t"] - margin["b"]
    marked = (y for trace in figure["data"] if "markers" in trace["mode"] for y in trace["y"] if y is not None)
    return {y: (y - low) / (high - low) * pixels for y in marked}


@pytest.mark.parametrize("values", [(9, 7), (0, 5), (0, 0), (-4, -9)])
def test_no_mark_lies_on_the_numbers_of_the_axis(values):
    points = [Point(2021 + place, value, str(value)) for place, value in enumerate(values)]
    targets = [Point(2025, min(values), "")]
    line = Line("甲", points, targets=targets)
    for figure in (
        charts.plan_indicator(replace(EMPTY, actual=points, targets=targets)),
        charts.across_regions([line], unit="件"),
        *charts.small_multiples([replace(EMPTY, actual=points, targets=targets)]),
        *charts.region_panels([line, Line("乙", [Point(2021, 0.5, "0.5")])], unit="件"),
    ):
        assert min(marks(figure).values()) >= 8


def test_panel_without_figures_shows_the_baseline_as_such():
    line = Line("甲", [], targets=[Point(2025, 5, "5")], baseline=Point(2020, 3.1219, "3.1219"))
    (figure,) = charts.region_panels([line], unit="万件")
    assert named(figure, "基期") == {2020: 3.1219}
    assert next(trace for trace in figure["data"] if trace["name"] == "基期")["marker"]["symbol"] == "square"
    assert {"基期 3.1219", "目标 5"} <= set(words_in(figure))
    note = next(note for note in figure["layout"]["annotations"] if note["text"] == "基期 3.1219")
    assert note["xanchor"] == "left"  # left of it stand the numbers of the axis
    assert figure["layout"]["xaxis"]["range"][0] <= 2019.6


def test_a_region_looks_the_same_whoever_is_ahead():
    one, other = Line("甲", [Point(2024, 9, "9")], "件", key="150600"), Line("乙", [Point(2024, 5, "5")], "件", key="150000")
    elsewhere = replace(one, unit="家")

    def look(figure, name):
        trace = next(trace for trace in figure["data"] if trace["name"] == name)
        return trace["line"]["color"], trace["line"]["dash"], trace["marker"]["symbol"]

    looks = {look(charts.across_regions(lines, unit="件"), "甲") for lines in ([one, other], [other, one])}
    looks |= {look(figure, "甲") for figure in charts.compare([one, other, elsewhere])}
    assert len(looks) == 1
    assert look(charts.across_regions([one, other], unit="件"), "乙") not in looks


def test_comparison_has_one_axis_per_unit_and_six_series_at_most():
    lines = [Line(str(number), [Point(2024, number, str(number))], unit) for number, unit in enumerate("件家件")]
    pieces, firms = charts.compare(lines)
    assert [trace["name"] for trace in pieces["data"]] == ["0", "2"]
    assert [trace["name"] for trace in firms["data"]] == ["1"]
    looks = [
        (trace["line"]["color"], trace["line"]["dash"], trace["marker"]["symbol"])
        for trace in (*pieces["data"], *firms["data"])
    ]
    assert len(set(looks)) == 3  # a series keeps its look on every axis
    with pytest.raises(ValueError, match="at most 6"):
        charts.compare([Line("七", [])] * 7, how=charts.INDEX)


def test_index_and_completion_show_their_hundred():
    line = Line("甲", [Point(2024, 180, "180")])
    for how in (charts.INDEX, charts.COMPLETION):
        (figure,) = charts.compare([line], how=how)
        assert figure["layout"]["shapes"][0]["y0"] == 100
        assert figure["layout"]["yaxis"]["range"][0] <= 100


# Colours


def contrast(one, other):
    def light(colour):
        parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lights = sorted((light(one), light(other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


@pytest.mark.parametrize("colour", [charts.INK, charts.INK_2, *charts.SERIES])
def test_colour_of_lines_and_words_can_be_read_on_either_ground(colour):
    assert contrast(colour, charts.GROUND) >= 4.5
    assert contrast(charts.DARK[colour], charts.DARK[charts.GROUND]) >= 4.5


def test_every_colour_has_one_for_the_dark():
    used = {
        one
        for figure in ALL.values()
        for one in strings({**figure, "layout": {**figure["layout"], "meta": None}})
        if one[:1] == "#"
    }
    assert used <= charts.DARK.keys()
    assert len(set(charts.DARK.values())) == len(charts.DARK)


def test_grounds_are_those_of_the_pages():
    css = CSS.read_text()
    light, dark = re.findall(r"--ground: (#\w+);", css)[:2]
    assert len(light) == 4
    assert "#" + "".join(2 * digit for digit in light[1:]) == charts.GROUND
    assert dark == charts.DARK[charts.GROUND]


# What comes from elsewhere


def test_bundle_is_the_one_whose_schema_figures_are_checked_against():
    head = vendored.BUNDLE.read_text()[:200]
    assert f"plotly.js (basic - minified) v{get_plotlyjs_version()}" in head
    assert f"basic-dist-min` {get_plotlyjs_version()}" in (vendored.VENDOR / "README.md").read_text()


def test_script_sends_nothing_anywhere():
    script = (vendored.VENDOR.parent / "js" / "charts.js").read_text()
    assert "showSendToCloud: false" in script
    assert 'plotlyServerURL: ""' in script
    assert not re.search(r"https?://|innerHTML|eval|\.style\b", script)
