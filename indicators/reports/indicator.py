"""/indicators/<code>/: one indicator across regions in a year, all in one unit; ranked where there is a figure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.urls import reverse

from indicators import charts, frames, progress
from indicators.calculation import numbers, wording
from indicators.calculation.vocabulary import Dimension, Direction, Level, Measure, Status
from indicators.calculation.wording import Sign
from indicators.frames import Table
from indicators.models import Indicator, Interim, PlanIndicator
from indicators.reports import cells, standing, tracked
from indicators.reports.cells import Cell
from indicators.reports.drawn import Chart
from indicators.reports.kept import kept
from indicators.reports.standing import Standing
from indicators.reports.tracked import Tracked
from indicators.selection import Selection

PER_PAGE = 50
MAX_INTERIMS = 50
MAX_PANELS = 12
# Word of the address -> label, the figure that orders.
SORTS = {"plan": "数值", "progress": "完成进度", "gap": "差距", "name": "地区"}


class Entry(NamedTuple):
    """What ordering needs of a plan indicator in the year: one per region."""

    plan_indicator: int
    series: int
    region: str
    region_name: str
    level: str
    actual: float | None
    required: float | None
    gap: float | None
    completion: float | None
    final: float | None
    status: str
    has_whole_actual: bool  # not the sum of an increment with a year missing


class Recorded(NamedTuple):
    """A series without a plan for the year."""

    series: int
    region: str
    region_name: str
    level: str
    value: Any
    not_applicable: bool | None
    source: str | None
    source_url: str | None
    baseline: Any
    has_plan: bool


@dataclass(frozen=True)
class Row:
    rank: int | None
    why: str  # why it stands below the line; blank where it does not
    standing: Standing
    level: str
    value: Cell
    required: Cell
    gap: Cell
    final: Cell
    completion: Cell

    @property
    def sign(self) -> Sign:
        return self.standing.sign

    @property
    def is_stale(self) -> bool:
        return self.standing.is_stale


@dataclass(frozen=True)
class Comparison:
    region: str
    region_name: str
    level: str
    value: Cell
    is_baseline: bool
    has_plan: bool
    source: str
    source_url: str
    other_years: tuple[tuple[int, str], ...]  # with their addresses


@dataclass(frozen=True)
class InterimRow:
    region: str
    period: str
    value: Cell
    source: str
    source_url: str


@dataclass(frozen=True)
class Year:
    year: int
    count: int  # regions with a figure of the whole year
    address: str
    is_shown: bool


@dataclass(frozen=True)
class Across:
    indicator: Indicator
    others: tuple[Indicator, ...]  # the same subject, counted otherwise
    year: int
    years: tuple[Year, ...]
    unit: str
    sorts: tuple[tuple[str, str, bool], ...]  # label, address, is chosen
    is_ranked: bool
    page: Page
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    interims: tuple[InterimRow, ...]
    more_interims: bool
    planned: int
    counts: tuple[tuple[str, int], ...]  # words of statuses and how many regions
    with_figure: int
    compared: int
    last_year_with_figures: Year | None
    chart: Chart | None
    panels: tuple[tuple[str, Chart], ...]  # with the region's name
    is_planned: bool
    leader: str
    compare_address: str

    @property
    def measure(self) -> str:
        return Measure(self.indicator.measure).label

    @property
    def direction(self) -> str:
        return Direction(self.indicator.direction).label

    @property
    def dimension(self) -> str:
        return Dimension(self.indicator.dimension).label

    @property
    def drawings(self) -> list[tuple[str, Chart]]:
        """The chart of lines, then the small ones, each with its title."""
        return [*([(self.indicator.name, self.chart)] if self.chart else []), *self.panels]

    @property
    def above(self) -> list[Row]:
        return [row for row in self.rows if not row.why]

    @property
    def below(self) -> list[Row]:
        return [row for row in self.rows if row.why]

    def table(self) -> Table:
        return Table(COLUMNS, [*map(self._planned_row, self.rows), *map(self._compared_row, self.comparisons)], self.name)

    @property
    def name(self) -> str:
        return f"{self.indicator.name} {self.year}"

    def _planned_row(self, row: Row) -> tuple:
        one = row.standing
        return (
            self.year, row.rank, one.region, one.region_name, row.level, one.plan, self.unit, row.value.number, row.value.why,
            row.required.number, row.required.why, row.gap.number, one.last_year, row.final.number, row.completion.number,
            row.completion.why, one.status, row.sign.word, "是" if row.is_stale else "否", "",
        )  # fmt: skip

    def _compared_row(self, row: Comparison) -> tuple:
        sign = "基期" if row.is_baseline else "对照"
        return (
            self.year, None, row.region, row.region_name, row.level, None, self.unit, row.value.number, row.value.why,
            None, "", None, None, None, None, "", None, sign, "否", row.source,
        )  # fmt: skip


COLUMNS = [
    "年份", "名次", "地区代码", "地区", "级别", "规划", "单位", "数值", "数值为空的原因", "本年目标", "目标为空的原因", "差距",
    "规划终期年", "终期目标", "完成进度（1 即 100%）", "进度为空的原因", "状态代码", "状态", "正在重算", "来源",
]  # fmt: skip


def build(indicator: Indicator, selection: Selection, *, path: str, state: Mapping[str, Any] | None = None) -> Across:
    """One page of it, or all of it for a file; a page beyond the last raises InvalidPage. Eleven queries.

    What reads every region is kept for as long as `state`, the version of the data, stays the same.
    """
    state = state or progress.state_of_data()
    others = _others(indicator)
    stated, counted = kept(state, f"years of {indicator.pk}", lambda: (_stated(indicator), _counted(indicator)), alone=True)
    year, years = _years(stated, counted, selection, path)
    entries, recorded = kept(state, f"regions of {indicator.pk} in {year}", lambda: _regions(indicator, year), alone=True)
    ordered = _ordered(entries, selection.sort, Direction(indicator.direction))
    ranks = _ranks(ordered, selection.sort)
    unit = cells.unit_for(
        [one for entry in entries for one in (entry.actual, entry.required) if one is not None]
        + [amount for one in recorded if (amount := one.baseline if one.value is None else one.value) is not None],
        indicator.unit,
    )

    everything: list[Entry | Recorded] = [*ordered, *recorded]
    is_file = selection.format != "html"
    page = Paginator(everything, max(len(everything), 1) if is_file else PER_PAGE).page(1 if is_file else selection.page)
    shown = [one for one in page.object_list if isinstance(one, Entry)]
    beside = [one for one in page.object_list if isinstance(one, Recorded)]
    by_id = {one.plan_indicator: one for one in _standings(year, [one.plan_indicator for one in shown])}
    rows = tuple(
        _row(entry, by_id[entry.plan_indicator], ranks.get(entry.plan_indicator), indicator, unit, selection.sort)
        for entry in shown
        if entry.plan_indicator in by_id  # else it went while this page was made
    )
    lines = [] if is_file else _tracked(shown[:MAX_PANELS], beside)
    interims = () if is_file else tuple(_interims(indicator, year, unit))
    chart, panels = (
        (None, ()) if is_file else _drawings(indicator, lines[:MAX_PANELS], unit, _picture(indicator, year, selection))
    )
    latest = [one for one in years if one.count and not one.is_shown]
    return Across(
        indicator=indicator,
        others=others,
        year=year,
        years=tuple(years),
        unit=unit,
        sorts=tuple(
            (label, selection.address(path, sort=sort, year=selection.year), sort == selection.sort)
            for sort, label in SORTS.items()
        ),
        is_ranked=selection.sort in ("plan", "progress"),
        page=page,
        rows=rows,
        comparisons=tuple(_comparisons(beside, lines, indicator, unit, selection, path)),
        interims=interims[:MAX_INTERIMS],
        more_interims=len(interims) > MAX_INTERIMS,
        planned=len(entries),
        counts=_counts(entries),
        with_figure=sum(entry.has_whole_actual for entry in entries),
        compared=sum(one.value is not None or one.baseline is not None for one in recorded),
        last_year_with_figures=max(latest, key=lambda one: one.year, default=None),
        chart=chart,
        panels=panels,
        is_planned=bool(stated),
        leader=_leader(ordered, indicator, unit),
        compare_address=_compare_address(indicator, lines),
    )


def _others(indicator):
    """Indicators of the same subject that count it otherwise, whichever of them names the other."""
    subject = indicator.same_subject_id or indicator.pk
    family = Indicator.objects.filter(pk=subject) | Indicator.objects.filter(same_subject=subject)
    return tuple(family.exclude(pk=indicator.pk).order_by("pk"))


def _stated(indicator: Indicator) -> list[tuple[int, int, int | None]]:
    """First and last year of its plans, with the baseline's year."""
    years = ("plan__first_year", "plan__last_year", "baseline_year")
    return list(PlanIndicator.objects.filter(series__indicator=indicator).values_list(*years).distinct())


def _counted(indicator: Indicator) -> dict[int, int]:
    """{year: regions with a recorded figure}"""
    sql = (
        "SELECT a.year, count(a.value) FROM indicators_actual a JOIN indicators_series s ON s.id = a.series_id"
        " WHERE s.indicator_id = %s GROUP BY a.year"
    )
    return dict(frames.query(sql, [indicator.pk]))


def _regions(indicator: Indicator, year: int) -> tuple[list[Entry], list[Recorded]]:
    entries = _entries(indicator, year)
    return entries, _recorded(indicator, year, {entry.series for entry in entries})


def _years(stated, counted, selection, path):
    """The year to show, and the years there are: those of plans and baselines, and those with a recorded figure."""
    periods = [(first, last) for first, last, _ in stated]
    over = progress.today().year - 1
    last = max((last for _, last in periods), default=None)
    covered = any(first <= over <= last for first, last in periods)
    year = selection.year or (over if covered or (last is None and not counted) else last or max(counted))
    known = {one for first, last in periods for one in range(first, last + 1)} | set(counted) | {year}
    known |= {baseline for *_, baseline in stated if baseline}
    return year, [Year(one, counted.get(one, 0), selection.address(path, year=one), one == year) for one in sorted(known)]


def _entries(indicator, year):
    """A plan indicator per region whose plan covers the year; of two such plans the one that ends last."""
    rows = frames.query(
        """
        SELECT p.id, p.series_id, r.code, r.name, r.level, g.actual, g.required, g.gap, g.completion, f.required, g.status,
               g.actual IS NOT NULL AND substr(g.reason_letters, 1, 1) = '.'
        FROM indicators_series s
        JOIN regions_region r ON r.id = s.region_id
        JOIN indicators_planindicator p ON p.series_id = s.id
        JOIN indicators_plan q ON q.id = p.plan_id
        JOIN indicators_progress g ON g.plan_indicator_id = p.id AND g.year = %s
        LEFT JOIN indicators_progress f ON f.plan_indicator_id = p.id AND f.year = q.last_year
        WHERE s.indicator_id = %s
        ORDER BY r.code, q.last_year DESC, p.id DESC
        """,
        [year, indicator.pk],
    )
    return [Entry(*next(of_one)) for _, of_one in groupby(rows, key=lambda row: row[1])]


def _recorded(indicator, year, planned):
    """Series with a figure of the year and no plan for it, and those without any plan that have figures of other years."""
    rows = frames.query(
        """
        SELECT s.id, r.code, r.name, r.level, a.value, a.not_applicable, a.source, a.source_url,
               (SELECT p.baseline_value FROM indicators_planindicator p
                WHERE p.series_id = s.id AND p.baseline_year = %s ORDER BY p.id LIMIT 1) AS baseline,
               EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.series_id = s.id) AS has_plan
        FROM indicators_series s
        JOIN regions_region r ON r.id = s.region_id
        LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = %s
        WHERE s.indicator_id = %s AND NOT EXISTS (
            SELECT 1 FROM indicators_planindicator p JOIN indicators_progress g ON g.plan_indicator_id = p.id AND g.year = %s
            WHERE p.series_id = s.id
        ) AND (
            a.id IS NOT NULL
            OR EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.series_id = s.id AND p.baseline_year = %s)
            OR NOT EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.series_id = s.id)
            AND EXISTS (SELECT 1 FROM indicators_actual o WHERE o.series_id = s.id AND o.value IS NOT NULL)
        )
        ORDER BY (a.value IS NULL), r.code
        """,
        [year, year, indicator.pk, year, year],
    )
    return [Recorded(*row) for row in rows if row[0] not in planned]


def _ordered(entries, sort, direction):
    """Best first where there is a figure, then those without, by code; by name nothing is ranked."""
    if sort == "name":
        return sorted(entries, key=lambda entry: entry.region)
    with_figure = [entry for entry in entries if _key(entry, sort) is not None]
    without = [entry for entry in entries if _key(entry, sort) is None]
    # What is still to go comes first when sorted by the gap; otherwise what is better.
    falling = sort in ("gap", "progress") or direction is Direction.INCREASE
    return sorted(with_figure, key=lambda entry: _key(entry, sort), reverse=falling) + without


def _key(entry: Entry, sort: str):
    if not entry.has_whole_actual:
        return None
    return {"progress": entry.completion, "gap": entry.gap}.get(sort, entry.actual)


def _ranks(ordered: Sequence[Entry], sort: str) -> dict[int, int]:
    """{plan indicator: place}; equals share one. By gap or name there are no places."""
    ranks: dict[int, int] = {}
    if sort not in ("plan", "progress"):
        return ranks
    previous = None
    for place, entry in enumerate(ordered, start=1):
        key = _key(entry, sort)
        if key is None:
            break
        if previous is None or key != previous[0]:
            previous = key, place
        ranks[entry.plan_indicator] = previous[1]
    return ranks


def _standings(year: int, ids: Sequence[int]) -> list[Standing]:
    if not ids:
        return []
    return standing.read(year, f"p.id IN ({', '.join(map(str, ids))})", limit=len(ids))


def _row(entry: Entry, one: Standing, rank: int | None, indicator: Indicator, unit: str, sort: str) -> Row:
    def value(amount, why="", word=""):
        return cells.value(amount, unit=unit, base=indicator.unit, decimals=indicator.decimals, why=why, word=word)

    shown = value(entry.actual, one.why("actual"))
    if entry.actual is not None and not entry.has_whole_actual:
        shown = Cell(shown.text, shown.raw, shown.number, one.why("actual"), "不完整")
    ordering = "actual" if not entry.has_whole_actual else {"progress": "completion", "gap": "gap"}.get(sort, "actual")
    return Row(
        rank=rank,
        why=one.why(ordering) if sort != "name" else "",
        standing=one,
        level=Level(entry.level).label,
        value=shown,
        required=value(entry.required, one.why("required")),
        gap=value(entry.gap, one.why("gap")),
        final=value(entry.final, "规划没有终期目标"),
        completion=cells.share(entry.completion, why=one.why("completion")),
    )


def _leader(ordered: Sequence[Entry], indicator: Indicator, unit: str) -> str:
    """The highest and the lowest figure in words, whatever the order of the table."""
    known = sorted((entry for entry in ordered if entry.has_whole_actual), key=lambda entry: entry.actual or 0)

    def told(entry):
        return f"{entry.region_name} {wording.in_unit(entry.actual, unit, indicator.unit, indicator.decimals)} {unit}"

    if not known:
        return ""
    if len(known) == 1:
        return f"有数的只有{told(known[0])}。"
    return f"有数的 {len(known)} 个地区中，最高的是{told(known[-1])}，最低的是{told(known[0])}。"


def _compare_address(indicator: Indicator, lines: Sequence[Tracked]) -> str:
    regions = tuple(one.region for one in lines)[: charts.MAX_SERIES]
    return Selection(indicators=(indicator.code,), regions=regions).address(reverse("compare"))


def _comparisons(beside: Sequence[Recorded], lines: Sequence[Tracked], indicator, unit, selection, path):
    years = {one.series: one.years for one in lines}
    for one in beside:
        is_baseline = one.value is None and one.baseline is not None
        why = "不适用" if one.not_applicable else "没有公布这一年的全年数"
        amount = one.baseline if is_baseline else one.value
        yield Comparison(
            region=one.region,
            region_name=one.region_name,
            level=Level(one.level).label,
            value=cells.value(amount, unit=unit, base=indicator.unit, decimals=indicator.decimals, why=why),
            is_baseline=is_baseline,
            has_plan=bool(one.has_plan),
            source="规划所列基期值" if is_baseline else one.source or "",
            source_url=one.source_url or "",
            other_years=tuple(
                (year, selection.address(path, year=year)) for year in years.get(one.series, ()) if amount is None
            ),
        )


def _interims(indicator, year, unit):
    found = Interim.objects.filter(series__indicator=indicator, year=year).select_related("series__region")
    for one in found.order_by("series__region__code", "period_end", "pk")[: MAX_INTERIMS + 1]:
        end = f"{'不晚于 ' if one.is_latest_possible_day else ''}{one.period_end:%Y-%m-%d}"
        yield InterimRow(
            region=one.series.region.name,
            period=f"{one.period_start:%Y-%m-%d} 至 {end}",
            value=cells.value(one.value, unit=unit, base=indicator.unit, decimals=indicator.decimals),
            source=one.source,
            source_url=one.source_url,
        )


def _counts(entries: Iterable[Entry]) -> tuple[tuple[str, int], ...]:
    found = Counter(entry.status for entry in entries)
    return tuple((status.label, found[status]) for status in Status if found[status])


def _tracked(shown: Sequence[Entry], beside: Sequence[Recorded]) -> list[Tracked]:
    """Figures of all years, in the order of the page."""
    ids = {entry.plan_indicator: place for place, entry in enumerate(shown)}
    series = {one.series: len(ids) + place for place, one in enumerate(beside)}
    parts = [f"{column} IN ({', '.join(map(str, keys))})" for column, keys in (("p.id", ids), ("s.id", series)) if keys]
    if not parts:
        return []
    found = tracked.read(" OR ".join(parts), [], limit=4 * (len(ids) + len(series)))
    found.sort(key=lambda one: ids.get(one.plan_indicator, series.get(one.series, 0)))
    # A series that two plans name, neither of them for this year, is one comparison.
    return list({one.series: one for one in reversed(found)}.values())[::-1]


# Charts


def _picture(indicator: Indicator, year: int, selection: Selection) -> str:
    """The address of all charts of the page as one picture, {form} in place of its ending."""
    path = reverse("chart", args=["regions", "FORM"]).replace("FORM", "{form}")
    return Selection(indicators=(indicator.code,), year=year).address(path, page=selection.page)


def _drawings(
    indicator: Indicator, lines: Sequence[Tracked], unit: str, picture: str
) -> tuple[Chart | None, tuple[tuple[str, Chart], ...]]:
    """A chart of up to six lines, and a small one per region with its targets, all on one scale.

    Of the regions whose plans name the indicator; only where there is none, of those that merely have figures: the figure of
    the whole country would press all others to the ground.
    """
    chosen = [one for one in lines if one.plan_indicator] or list(lines)
    drawn = [charts.Line(one.region_name, points(one, unit), unit, targets(one, unit)) for one in chosen]
    long = [line for line in drawn if len(line.points) > 1][: charts.MAX_SERIES]
    chart = None
    if long:
        told = "；".join(f"{line.name} {_told(line.points)}" for line in long)
        label = f"{indicator.name}（{unit}）逐年数值的折线图：{told}。"
        chart = Chart("figure-1", indicator.name, label, charts.across_regions(long, unit=unit), picture)
    known = [line for line in drawn if line.points or line.targets][:MAX_PANELS]
    if len(known) < 2 and chart:
        return chart, ()
    panels = tuple(
        (
            line.name,
            Chart(f"figure-{number}", f"{indicator.name} {line.name}", _panel_told(line, indicator, unit), figure, picture),
        )
        for number, (line, figure) in enumerate(zip(known, charts.region_panels(known, unit=unit), strict=True), start=2)
    )
    return chart, panels


def _told(known: Sequence[charts.Point]) -> str:
    return "，".join(f"{point.year} 年 {point.text}" for point in known)


def _panel_told(line: charts.Line, indicator: Indicator, unit: str) -> str:
    actual = f"数值 {_told(line.points)}" if line.points else "还没有数值"
    asked = f"；目标 {_told(line.targets)}" if line.targets else ""
    return f"{line.name}{indicator.name}（{unit}）：{actual}{asked}。"


def points(one: Tracked, unit: str) -> list[charts.Point]:
    """Its known figures in the unit of the chart; a sum with a year missing is not drawn."""
    known = [(year, one.figures[year]) for year in one.years]
    scale = numbers.factor(unit, one.base)
    return [
        charts.Point(year, float(figure.value) / float(scale), wording.in_unit(figure.value, unit, one.base, one.decimals))
        for year, figure in known
        if not figure.why
    ]


def targets(one: Tracked, unit: str) -> list[charts.Point]:
    """What its plan asks for in each year, in the unit of the chart."""
    scale = float(numbers.factor(unit, one.base))
    return [
        charts.Point(year, figure.required / scale, wording.in_unit(figure.required, unit, one.base, one.decimals))
        for year, figure in sorted(one.figures.items())
        if figure.required is not None
    ]
