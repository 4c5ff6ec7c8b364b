"""The charts of one indicator across regions: a chart of lines, and a small one per region with its targets."""

from collections.abc import Sequence
from itertools import chain, islice

from indicators import charts
from indicators.calculation import numbers, wording
from indicators.calculation.vocabulary import Level
from indicators.models import Indicator
from indicators.reports.drawn import Chart, picture_path
from indicators.reports.tracked import Tracked
from indicators.selection import Selection

MAX_PANELS = 12


def picture_address(indicator: Indicator, year: int, selection: Selection) -> str:
    """The address of all charts of the page as one picture, {form} in place of its ending."""
    return Selection(indicators=(indicator.code,), year=year).address(picture_path("regions"), page=selection.page)


def drawings(
    indicator: Indicator, lines: Sequence[Tracked], unit: str, picture: str
) -> tuple[Chart | None, tuple[tuple[str, Chart], ...]]:
    """A chart of up to six lines, and a small one per region with its targets, all on one scale.

    First the regions whose plans name the indicator, then in the chart of lines those that merely have figures. Beside the
    first the whole country is left out: it would press all others to the ground.
    """
    planned = [one for one in lines if one.plan_indicator]
    beside = [one for one in lines if not one.plan_indicator and not (planned and one.level == Level.COUNTRY)]
    first = [(one, _line(one, unit)) for one in (planned or beside)[:MAX_PANELS]]
    others = (_line(one, unit) for one in [*planned, *beside][len(first) :])
    long = list(islice((line for line in chain((line for _, line in first), others) if len(line.known) > 1), charts.MAX_SERIES))
    chart = None
    if long:
        told = "；".join(f"{line.name} {_told(line.known)}" for line in long)
        label = f"{indicator.name}（{unit}）逐年数值的折线图：{told}。"
        chart = Chart("figure-1", indicator.name, label, charts.across_regions(long, unit=unit), picture)
    drawn = [(one, line) for one, line in first if line.known or line.targets]
    if len(drawn) < 2 and chart:
        return chart, ()
    figures = charts.region_panels([line for _, line in drawn], unit=unit)
    panels = []
    for number, ((one, line), figure) in enumerate(zip(drawn, figures, strict=True), start=2):
        label = _panel_told(one, line, indicator, unit)
        panels.append((line.name, Chart(f"figure-{number}", f"{indicator.name} {line.name}", label, figure, picture)))
    return chart, tuple(panels)


def _line(one: Tracked, unit: str) -> charts.Line:
    known = points(one, unit)
    baseline = next((point for point in known if one.figures[point.year].is_baseline), None)
    recorded = [point for point in known if point is not baseline]
    return charts.Line(one.region_name, recorded, unit, targets(one, unit), baseline, key=one.region)


def _told(known: Sequence[charts.Point]) -> str:
    return "，".join(f"{point.year} 年 {point.text}" for point in known)


def _panel_told(one: Tracked, line: charts.Line, indicator: Indicator, unit: str) -> str:
    told = [f"基期 {_told([line.baseline])}"] if line.baseline else []
    told.append(f"数值 {_told(line.points)}" if line.points else "还没有数值")
    if line.targets:
        told.append(f"目标 {_told(line.targets)}")
    elif any(figure.is_condition for figure in one.figures.values()):
        told.append("目标是条件，没有数值")
    return f"{line.name}{indicator.name}（{unit}）：{'；'.join(told)}。"


def points(one: Tracked, unit: str) -> list[charts.Point]:
    """Its known figures in the unit of the chart; a sum with a year missing is not drawn."""
    known = [(year, one.figures[year]) for year in one.years]
    scale = float(numbers.factor(unit, one.base))
    return [
        charts.Point(year, float(figure.value) / scale, wording.in_unit(figure.value, unit, one.base, one.decimals))
        for year, figure in known
        if not figure.why
    ]


def targets(one: Tracked, unit: str) -> list[charts.Point]:
    """What its plan asks for in each year, in the unit of the chart; a condition asks for no number."""
    scale = float(numbers.factor(unit, one.base))
    return [
        charts.Point(year, figure.required / scale, wording.in_unit(figure.required, unit, one.base, one.decimals))
        for year, figure in sorted(one.figures.items())
        if figure.required is not None and not figure.is_condition
    ]
