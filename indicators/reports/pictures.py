"""What the pictures under /charts/ show: the very figures of the pages, with a title, their sources, and the day."""

from collections import Counter
from dataclasses import replace

from django.core.paginator import InvalidPage
from django.shortcuts import get_object_or_404

from indicators import charts, progress
from indicators.calculation.vocabulary import Measure, TargetKind
from indicators.charts import Point, Points, Sheet
from indicators.models import Indicator, PlanIndicator
from indicators.reports import compare as comparison
from indicators.reports import drawn, overview, standing
from indicators.reports import indicator as across
from indicators.reports import plan_indicator as one_figure
from indicators.reports.stated import in_printed_unit, plan_in_region, points_of, target_text, targets_of, year_shown
from indicators.selection import BadSelection, Selection
from regions.models import Region

SOURCES = 3
RECORDED = "实际值：各地区审核通过的数值；逐项出处见网页"
BARS = 20
PANELS = 24  # on one picture; the rest by ?page=


def sheet(kind: str, selection: Selection) -> Sheet | None:
    """The picture's contents; None where there is no such kind or nothing to draw.

    A plan, a year or a region that there is not is a 404, as on the pages.
    """
    build = KINDS.get(kind)
    found = build(selection) if build else None
    if found is None:
        return None
    mark = "【演示数据】" if progress.state_of_data()["is_demo"] else ""
    return replace(found, title=mark + found.title, day=progress.today())


def _marked(title: str, rows) -> str:
    """A picture leaves the page that says so beside it, so it says itself when its figures are computed again."""
    return f"【正在重算】{title}" if any(row.is_stale for row in rows) else title


# Of one plan indicator


def _of_plan_indicator(draw, word):
    def build(selection: Selection) -> Sheet | None:
        if len(selection.regions) != 1 or len(selection.indicators) != 1:
            return None
        page = one_figure.plan_indicator(selection.regions[0], selection.indicators[0], selection.plan, selection.year)
        chart = page and draw(page)
        if not chart:
            return None
        title = f"{page.one.name} · {page.region.name}{word(page)}"
        return Sheet(_marked(title, page.rows), [("", chart.figure)], _sources(page))

    return build


def _sources(page):
    number = f"（{page.plan.document_number}）" if page.plan.document_number else ""
    recorded = dict.fromkeys(row.recorded.source for row in page.rows if row.recorded and row.recorded.source)
    actual = "；".join([*recorded][:SOURCES]) + (" 等" if len(recorded) > SOURCES else "")
    return [f"目标：{page.plan.title}{number}", *([f"实际值：{actual}"] if actual else [])]


# Of one indicator, across regions


def _regions(selection: Selection) -> Sheet | None:
    if len(selection.indicators) != 1:
        return None
    indicator = get_object_or_404(Indicator, code=selection.indicators[0])
    try:
        page = across.build(indicator, selection, path="")
    except InvalidPage:
        return None
    if not page.drawings:
        return None
    title = _marked(f"{indicator.name} · 各地区（{page.unit}）", page.rows)
    figures = [("" if name == indicator.name else name, chart.figure) for name, chart in page.drawings]
    return Sheet(title, figures, [RECORDED])


# Of several series


def _compare(selection: Selection) -> Sheet | None:
    try:
        page = comparison.build(selection, progress.state_of_data(), path="")
    except (BadSelection, InvalidPage):
        return None
    if page.problems or not page.drawings:
        return None
    names = "、".join(one.name for one in (page.indicators if len(page.indicators) > 1 else page.regions))
    of = page.regions if len(page.indicators) > 1 else page.indicators
    title = f"{'、'.join(one.name for one in of)} · {page.view_label}：{names}"
    rows = [row.one for group in page.groups for row in group.rows]
    return Sheet(_marked(title, rows), [(name, chart.figure) for name, chart in page.drawings], [RECORDED])


# Of all regions


def _overview(selection: Selection) -> Sheet | None:
    page = overview.overview(selection, progress.state_of_data())
    rows = [(region.name, plan) for region in page.regions for plan in region.plans] if page else []
    if not page or not rows:
        return None
    names = Counter(name for name, _ in rows)
    bars = [
        (
            f"{name} {one.plan.first_year}—{one.plan.last_year}" if names[name] > 1 else name,
            [charts.Part(part.status, part.sign.word, part.count) for part in one.counts.parts],
        )
        for name, one in rows[:BARS]
    ]
    more = f"（前 {BARS} 行，共 {len(rows)} 行）" if len(rows) > BARS else ""
    title = f"{page.year} 年各地区规划指标的进展，项{more}"
    return Sheet(_marked(title, page.standings), [("", charts.bars_of_parts(bars))], [RECORDED])


# Of one plan in a region: a small one per plan indicator


def _region(selection: Selection) -> Sheet | None:
    if len(selection.regions) != 1:
        return None
    region = get_object_or_404(Region, code=selection.regions[0])
    plan, _ = plan_in_region(region, selection.plan)
    rows = standing.read(
        year_shown(plan, selection.year),
        "q.id = %s AND r.id = %s",
        [plan.pk, region.pk],
        order="p.position, p.id",
        limit=PANELS,
        offset=(selection.page - 1) * PANELS,
    )
    if not rows:
        return None
    targets, points = targets_of(rows), points_of(rows)
    panels = [_points(row, targets[row.plan_indicator], points[row.plan_indicator]) for row in rows]
    names = [f"{row.name}（{row.unit}）" for row in rows]
    total = PlanIndicator.objects.filter(plan=plan, series__region=region).count()
    part = f"（第 {selection.page} 页，共 {-(-total // PANELS)} 页）" if total > PANELS else ""
    number = f"（{plan.document_number}）" if plan.document_number else ""
    return Sheet(
        _marked(f"{region.name} · 规划指标{part}", rows),
        list(zip(names, charts.small_multiples(panels), strict=True)),
        [f"目标：{plan.title}{number}", RECORDED],
    )


def _points(row, targets, points):
    def asked(year, target):
        value = in_printed_unit(points[year].required, row)
        ends = [in_printed_unit(end, row) for end in (target.lower, target.upper) if target.kind == TargetKind.RANGE]
        return Point(year, value, target_text(target, row), far=next((end for end in ends if end != value), None))

    goals = [
        asked(year, target)
        for year, target in targets.items()
        if year in points and points[year].required is not None and not TargetKind(target.kind).is_condition
    ]
    return Points(
        name=row.name,
        unit=row.unit,
        actual=[
            Point(year, in_printed_unit(point.actual, row), row.in_unit(point.actual), why=point.why)
            for year, point in points.items()
        ],
        targets=goals,
        expected=[] if row.measure == Measure.ANNUAL else goals,  # a straight way from baseline to target to target
        baseline=None
        if row.baseline_value is None or row.measure == Measure.INCREMENT
        else Point(row.baseline_year, in_printed_unit(row.baseline_value, row), row.in_unit(row.baseline_value)),
        first_year=row.first_year,
        last_year=row.last_year,
    )


KINDS = {
    "plan-indicator": _of_plan_indicator(drawn.over_years, lambda page: ""),
    "yoy": _of_plan_indicator(drawn.changes, lambda page: " · 同比"),
    "progress": _of_plan_indicator(drawn.progress_against_time, lambda page: f" · {page.row.year} 年完成进度与序时进度"),
    "regions": _regions,
    "compare": _compare,
    "region": _region,
    "overview": _overview,
}
