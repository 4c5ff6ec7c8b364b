"""What the pictures under /charts/ show: the very figures of the pages, with a title, their sources, and the day."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from django.core.paginator import InvalidPage
from django.shortcuts import get_object_or_404
from django.urls import reverse

from indicators import charts, progress
from indicators.calculation.vocabulary import Measure, TargetKind
from indicators.charts import Point, Points, Sheet
from indicators.models import Indicator, Plan, PlanIndicator
from indicators.reports import compare as comparison
from indicators.reports import drawn, overview, standing
from indicators.reports import indicator as across
from indicators.reports import plan_indicator as one_figure
from indicators.reports.panels import MAX_PANELS
from indicators.reports.planned import planned
from indicators.reports.stated import (
    compared_with,
    in_printed_unit,
    plan_in_region,
    points_of,
    target_text,
    targets_of,
    year_shown,
)
from indicators.selection import BadSelection, Selection
from regions.models import Region

SOURCES = 3
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


def _planned(plans: Iterable[Plan]) -> list[str]:
    """The plans that targets and baselines are taken from, by name where they are few, else how many."""
    named = [*dict.fromkeys(_named(plan) for plan in plans)]
    told = "；".join(named) if len(named) <= SOURCES else f"共 {len(named)} 份"
    return [f"规划：{told}"] if named else []


def _named(plan: Plan) -> str:
    return f"{plan.title}（{plan.document_number}）" if plan.document_number else plan.title


def _recorded(address: str) -> str:
    return f"实际值：各地区审核通过的数值；逐项出处见网页 {address}"


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
        return Sheet(_marked(title, page.rows), [("", chart.figure)], _sources(page, chart.figure))

    return build


def _sources(page, figure):
    actual = _several(row.recorded.source for row in page.rows if row.recorded)
    has_interims = any(trace.get("name") == "期中" for trace in figure["data"])
    interims = reversed(drawn.drawn_interims(page)) if has_interims else ()  # the latest first: it bears a label
    interim = _several(one.interim.source for one in interims)
    address = page.address(year=page.row.year)
    return [
        *_planned([page.plan]),
        *([f"期中数：{interim}"] if interim else []),
        f"实际值：{actual}；见网页 {address}" if actual else f"网页：{address}",
    ]


def _several(sources: Iterable[str]) -> str:
    """The first few different ones, in a row."""
    known = [*dict.fromkeys(source for source in sources if source)]
    return "；".join(known[:SOURCES]) + (" 等" if len(known) > SOURCES else "")


# Of one indicator, across regions


def _regions(selection: Selection) -> Sheet | None:
    if len(selection.indicators) != 1:
        return None
    indicator = get_object_or_404(Indicator, code=selection.indicators[0])
    path = reverse("indicator", args=[indicator.code])
    state = progress.state_of_data()
    try:
        page = across.build(indicator, selection, state, path=path)
    except InvalidPage:
        return None
    if not page.drawings:
        return None
    title = _marked(f"{indicator.name} · 各地区（{page.unit}）", page.rows)
    figures = [("" if name == indicator.name else name, chart.figure) for name, chart in page.drawings]
    plans = _plans((row.standing.plan for row in page.rows[:MAX_PANELS]), state)
    address = Selection(year=page.year).address(path, page=selection.page)
    return Sheet(title, figures, [*_planned(plans), _recorded(address)])


def _plans(slugs: Iterable[str | None], state) -> list[Plan]:
    known = planned(state).plans
    return [known[slug] for slug in slugs if slug in known]


# Of several series


def _compare(selection: Selection) -> Sheet | None:
    state = progress.state_of_data()
    try:
        page = comparison.build(selection, state, path="")
    except (BadSelection, InvalidPage):
        return None
    if page.problems or not page.drawings:
        return None
    names = "、".join(one.name for one in (page.indicators if len(page.indicators) > 1 else page.regions))
    of = page.regions if len(page.indicators) > 1 else page.indicators
    title = f"{'、'.join(one.name for one in of)} · {page.view_label}：{names}"
    rows = [row.one for group in page.groups for row in group.rows]
    codes = {"regions": tuple(one.code for one in page.regions), "indicators": tuple(one.code for one in page.indicators)}
    address = selection.address(reverse("compare"), page=selection.page, **codes)
    sources = [*_planned(_plans((one.plan for one in rows), state)), _recorded(address)]
    return Sheet(_marked(title, rows), [(name, chart.figure) for name, chart in page.drawings], sources)


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
            [charts.Part(part.status, f"{part.sign.symbol} {part.sign.word}", part.count) for part in one.counts.parts],
        )
        for name, one in rows[:BARS]
    ]
    more = f"（前 {BARS} 行，共 {len(rows)} 行）" if len(rows) > BARS else ""
    title = f"{page.year} 年各地区规划指标的进展，项{more}"
    address = Selection(year=page.year).address(reverse("overview"))
    sources = [*_planned(one.plan for _, one in rows[:BARS]), _recorded(address)]
    return Sheet(_marked(title, page.standings), [("", charts.bars_of_parts(bars))], sources)


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
    address = Selection(plan=plan.slug, year=rows[0].year).address(reverse("region", args=[region.code]))
    return Sheet(
        _marked(f"{region.name} · 规划指标{part}", rows),
        list(zip(names, charts.small_multiples(panels), strict=True)),
        [*_planned([plan]), _recorded(address)],
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
    others = {year: compared_with(targets, year) for year, point in points.items() if point.required is not None}
    compared = [year for year, name in others.items() if name]
    return Points(
        name=row.name,
        unit=row.unit,
        compared=[
            Point(year, in_printed_unit(points[year].required, row), row.in_unit(points[year].required)) for year in compared
        ],
        compared_with=others[compared[-1]] if compared else "",
        actual=[
            Point(year, in_printed_unit(point.actual, row), row.in_unit(point.actual), why=point.why)
            for year, point in points.items()
        ],
        targets=goals,
        expected=[] if row.measure == Measure.ANNUAL else goals,  # a straight way from baseline to target to target
        baseline=None
        if row.baseline_value is None or row.measure == Measure.INCREMENT
        else Point(row.baseline_year, in_printed_unit(row.baseline_value, row), row.shown("baseline_value")),
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
