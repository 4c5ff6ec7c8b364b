"""The charts of one plan indicator: the rows of its table as points, in the printed unit and with the words of the table."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from indicators import charts
from indicators.calculation.vocabulary import CONDITIONS, Measure, TargetKind
from indicators.charts import Point
from indicators.reports.stated import in_printed_unit, to_exceed


@dataclass(frozen=True)
class Chart:
    """A figure with the name it goes by on the page and the sentence that says what it shows."""

    id: str
    name: str
    label: str
    figure: dict[str, Any]
    address: str  # of the same as a picture, {form} in place of its ending
    note: str = ""  # what must be said of it, in a line below

    @property
    def png(self) -> str:
        return self.address.format(form="png")

    @property
    def svg(self) -> str:
        return self.address.format(form="svg")


def over_years(page) -> Chart | None:
    """Actuals against targets and path; None where there is nothing to draw."""
    rows = [row for row in page.rows if _is_drawn(row)]
    computed = [row for row in rows if row.is_computed]
    interims = [_interim(page, one) for one in drawn_interims(page)]
    points = charts.Points(
        name=page.one.name,
        unit=page.one.unit,
        actual=[_actual(row) for row in rows if not (row.is_baseline and row.recorded is None)],
        targets=[_target(row) for row in computed if _has_target(row)],
        expected=[_point(row, "expected") for row in computed],
        amended=[Point(one.year, one.value, one.words) for one in page.amendments],
        baseline=_baseline(page),
        interim=interims,
        projection=_projection(page, computed),
        compared=[_point(row, "required") for row in computed if to_exceed(row.ruling)],
        compared_with=next(filter(None, (to_exceed(row.ruling) for row in computed)), ""),
        first_year=page.plan.first_year,
        last_year=page.plan.last_year,
    )
    drawn = (*points.actual, *points.targets, *points.expected, *points.compared)
    if not (points.interim or points.baseline or any(point.value is not None for point in drawn)):
        return None
    return Chart(
        "figure-years",
        f"{page.region.name} {page.one.name}",
        page.sentence,
        charts.plan_indicator(points),
        _address(page, "plan-indicator"),
        _note(points, len(page.interims) - len(interims)),
    )


def drawn_interims(page) -> list:
    """The interim figures of a plan indicator's page that have a place among the years of its chart."""
    return [one for one in page.interims if _place(page, one) is not None]


def _note(points: charts.Points, left_out: int) -> str:
    told = []
    if points.projection:
        told.append("“照此推算”是从基期到最近一年的直线的延长；按年均增长推算的数见“怎么算的”。")
    if left_out:
        told.append(f"另有 {left_out} 个期中数只是年内一段时间的数，不能与全年的数同画，只列在下面的期中数表里。")
    return "".join(told)


def changes(page) -> Chart | None:
    """同比 year by year; None where no year has one, or nothing ever changed."""
    unit, points = "%", []
    for row in page.rows:
        one = row.standing
        if one.is_ratio_in_percent:
            unit, value = "百分点", row.difference
        else:
            value = None if one.yoy is None else one.yoy * 100
        if row.is_computed:
            points.append(Point(row.year, value, row.change.removesuffix(" 个百分点"), why=one.why("yoy")))
    known = [point for point in points if point.value is not None]
    if not any(_is_more_than_zero(point.text) for point in known):
        return None
    name = f"同比（{unit}）"
    told = "，".join(f"{point.year} 年 {point.text}" for point in known)
    return Chart("figure-changes", name, f"{name}：{told}。", charts.yoy(points, unit=unit), _address(page, "yoy"))


def progress_against_time(page) -> Chart | None:
    """完成进度 against 序时进度 of the year shown; None without 完成进度: that time goes by needs no picture."""
    one = page.standing
    points = {
        name: Point(one.year, getattr(one, name) * 100, one.shown(name)) if getattr(one, name) is not None else None
        for name in ("completion", "elapsed")
    }
    if points["completion"] is None:
        return None
    done = f"完成进度 {points['completion'].text}"
    time = f"序时进度 {points['elapsed'].text}" if points["elapsed"] else f"序时进度无法计算（{one.why('elapsed')}）"
    name = f"{one.year} 年完成进度与序时进度"
    return Chart("figure-progress", name, f"{one.year} 年{done}，{time}。", charts.strips(**points), _address(page, "progress"))


def _address(page, kind: str) -> str:
    asked = {"region": page.region.code, "indicator": page.indicator.code, "plan": page.plan.slug, "year": page.row.year}
    return f"{picture_path(kind)}?{urlencode(asked)}"


@cache
def picture_path(kind: str) -> str:
    """The path of a picture, {form} in place of its ending. Resolved once, because a page has several."""
    return reverse("chart", args=[kind, "FORM"]).replace("FORM", "{form}")


def _is_more_than_zero(text: str) -> bool:
    """Whether a number is more or less than zero as it is printed."""
    return any(digit in text for digit in "123456789")


def _is_drawn(row) -> bool:
    """What was new in a year outside the plan is not what the plan's sum is drawn with."""
    return row.is_computed or row.standing.measure != Measure.INCREMENT


def _point(row, name: str) -> Point:
    one = row.standing
    return Point(row.year, in_printed_unit(getattr(one, name), one), one.shown(name), why=one.why(name))


def _actual(row) -> Point:
    if "actual" in row.standing.reasons:  # a sum with holes in it is told in the table, not drawn as if it were whole
        return Point(row.year, None, why=row.standing.why("actual"))
    return _point(row, "actual")


def _has_target(row) -> bool:
    is_asked = row.standing.required is not None and row.ruling is not None
    return is_asked and row.target is not None and row.target.kind not in CONDITIONS


def _target(row) -> Point:
    point = _point(row, "required")
    if row.ruling.kind != TargetKind.RANGE:
        return point
    lower, upper = (in_printed_unit(bound, row.standing) for bound in (row.ruling.lower, row.ruling.upper))
    return Point(row.year, point.value, row.asked, far=lower if point.value == upper else upper)


def _baseline(page) -> Point | None:
    one = page.standing
    if one.baseline_value is None or one.measure == Measure.INCREMENT:
        return None
    return Point(one.baseline_year, in_printed_unit(one.baseline_value, one), one.shown("baseline_value"))


def _place(page, one) -> float | None:
    return charts.interim_place(page.indicator.measure, one.interim.period_start, one.interim.period_end)


def _interim(page, one) -> charts.Interim:
    return charts.Interim(_place(page, one), one.interim.period_end, float(one.exact), one.value, one.period)


def _projection(page, computed) -> list[Point]:
    """Where the line from the baseline through the last actual leads in the plan's last year."""
    last = next((row for row in reversed(computed) if row.standing.actual is not None), None)
    if last is None or last.standing.projection_linear is None or last.year >= page.plan.last_year:
        return []
    one = last.standing
    return [Point(page.plan.last_year, in_printed_unit(one.projection_linear, one), one.shown("projection_linear"))]
