"""/indicators/<code>/: one indicator across regions in a year, all in one unit; ranked where there is a figure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.urls import reverse

from indicators import charts, prepared, progress
from indicators.calculation import assessment, wording
from indicators.calculation.vocabulary import GROWTHS, Dimension, Direction, Level, Measure, Reason, TargetKind
from indicators.calculation.wording import Sign
from indicators.frames import Scope, Table
from indicators.models import Indicator
from indicators.reports import cells, tracked
from indicators.reports.cells import Cell
from indicators.reports.drawn import Chart
from indicators.reports.history import Link
from indicators.reports.kept import held
from indicators.reports.panels import MAX_PANELS, drawings, picture_address
from indicators.reports.planned import Planned, planned
from indicators.reports.ranked import RANKED, Entry, Whole, base_of, entries_of, whole_of
from indicators.reports.standing import Condition, history_path, plan_indicator_path, region_path
from indicators.reports.stated import RULES_OTHERS, Asked, decimal, distance, ruling, target_text
from indicators.reports.tracked import Tracked
from indicators.selection import Selection

PER_PAGE = 50
MAX_INTERIMS = 50
# Word of the address -> label, the figure that orders.
SORTS = {"plan": "数值", "progress": "完成进度", "gap": "差距", "name": "地区"}


class Recorded(NamedTuple):
    """A series without a plan for the year."""

    series: int
    region_key: int
    region: str
    region_name: str
    level: str
    value: Any
    not_applicable: bool | None
    source: str | None
    source_url: str | None
    baseline: Any
    has_plan: bool


class Printed(NamedTuple):
    """The units in which the page prints a target and the database keeps it."""

    unit: str
    base: str


class Standing(NamedTuple):
    """Where a plan indicator stands in the year, as far as its row tells."""

    region: str
    region_name: str
    level: str
    indicator: str
    plan: str
    last_year: int
    year: int
    status: str
    r: float | None
    reasons: Mapping[str, str]
    final: float | None  # what is required in the plan's last year
    targets: Mapping[int, Asked]  # of the year and of the last one, and what may rule them
    is_of_year: bool
    is_condition: bool
    is_stale: bool

    @property
    def sign(self) -> Sign:
        return wording.sign(self.status, r=self.r, is_final_year=self.year >= self.last_year, is_of_year=self.is_of_year)

    @property
    def address(self) -> str:
        return f"{plan_indicator_path(self.region, self.indicator)}?plan={self.plan}&year={self.year}"

    def why(self, name: str) -> str:
        """Why a figure is empty, in words; blank where it is not."""
        return wording.reason(self.reasons.get(name))


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
    condition: Condition | None
    asked_text: str  # what rules the year as plans write it; blank where the number says it all
    final_text: str
    gap_text: str
    source: str  # of the year's own actual; like its address read for files alone
    source_url: str

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
    address: str  # the page of the figure, else of the region
    history: str


@dataclass(frozen=True)
class InterimRow:
    region: str
    region_name: str
    level: str
    address: str  # of the region
    period_start: str  # the days as ISO writes them
    period_end: str
    is_latest_possible_day: bool
    value: Cell
    source: str
    source_url: str

    @property
    def period(self) -> str:
        start, end = map(date.fromisoformat, (self.period_start, self.period_end))
        return wording.period(start, end, is_latest_possible_day=self.is_latest_possible_day)


@dataclass(frozen=True)
class Year:
    year: int
    count: int  # regions with a figure of the whole year
    interims: int  # and with one of a part of it
    address: str
    is_shown: bool

    @property
    def has_interims_alone(self) -> bool:
        return bool(self.interims) and not self.count


@dataclass(frozen=True)
class Across:
    indicator: Indicator
    others: tuple[Indicator, ...]  # the same subject, counted otherwise
    year: int
    years: tuple[Year, ...]
    unit: str
    sorts: tuple[Link, ...]
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
    baselines: int  # among these, whose plan starts from the year
    last_year_with_figures: Year | None
    last_year_with_interims: Year | None  # where none has figures of the whole year
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
        planned, compared = map(self._planned_row, self.rows), map(self._compared_row, self.comparisons)
        return Table(COLUMNS, [*planned, *compared, *map(self._interim_row, self.interims)], self.name)

    @property
    def has_interims_alone(self) -> bool:
        """Whether any of its years has figures of parts of it, but none of the whole."""
        return any(one.has_interims_alone for one in self.years)

    @property
    def name(self) -> str:
        return f"{self.indicator.name} {self.year}"

    def _planned_row(self, row: Row) -> tuple:
        one = row.standing
        return (
            self.year, row.rank, one.region, one.region_name, row.level, one.plan, self.unit,
            row.value.number, row.value.why, row.required.number, row.required.why, row.gap.number,
            one.last_year, row.final.number, row.completion.number, row.completion.why, one.status, row.sign.word,
            "是" if row.is_stale else "否", row.source, row.source_url, None, None,
        )  # fmt: skip

    def _compared_row(self, row: Comparison) -> tuple:
        sign = "基期" if row.is_baseline else "对照"
        return (
            self.year, None, row.region, row.region_name, row.level, None, self.unit, row.value.number, row.value.why,
            None, "", None, None, None, None, "", None, sign, "否", row.source,
            row.source_url, None, None,
        )  # fmt: skip

    def _interim_row(self, row: InterimRow) -> tuple:
        limit = "<=" if row.is_latest_possible_day else ""  # as files of actuals have it
        return (
            self.year, None, row.region, row.region_name, row.level, None, self.unit, row.value.number, "",
            None, "", None, None, None, None, "", None, "期中数", "否", row.source,
            row.source_url, f"{limit}{row.period_start}", f"{limit}{row.period_end}",
        )  # fmt: skip


COLUMNS = [
    "年份", "名次", "地区代码", "地区", "级别", "规划", "单位", "数值", "数值为空的原因", "本年目标", "目标为空的原因", "差距",
    "规划终期年", "终期目标", "完成进度（1 即 100%）", "进度为空的原因", "状态代码", "状态", "正在重算", "来源",
    "来源网址", "期初", "期末",
]  # fmt: skip


def definitions(state: Mapping[str, Any]) -> Mapping[str, Indicator]:
    """All indicators by code."""
    return held(state, "definitions", lambda: {one.code: one for one in Indicator.objects.all()})


def build(indicator: Indicator, selection: Selection, state: Mapping[str, Any] | None = None, *, path: str) -> Across:
    """One page of it, or all of it for a file; a page beyond the last raises InvalidPage. At most fourteen queries."""
    state = state or progress.state_of_data()
    known = planned(state)
    year, years, is_planned = _years(indicator, selection, path)
    base = base_of(indicator, year, state)
    whole = whole_of(base, indicator, known)
    recorded = _recorded(indicator, year) if whole.series > whole.planned else []
    unit = _unit(whole, recorded, indicator)

    is_file = selection.format != "html"
    count = whole.planned + len(recorded)
    page = Paginator(range(count), max(count, 1) if is_file else PER_PAGE).page(1 if is_file else selection.page)
    first, end = page.object_list.start, page.object_list.stop
    shown = entries_of(base, selection.sort, indicator, first, min(end, whole.planned)) if first < whole.planned else []
    beside = recorded[max(first - whole.planned, 0) : max(end - whole.planned, 0)]
    standings = _standings(shown, indicator, year, known, is_any_stale=state["stale_since"] is not None)
    sources = _sources(indicator, year) if is_file else {}
    rows = tuple(
        _row(entry, standings[entry.plan_indicator], indicator, unit, selection.sort, sources.get(entry.region, ("", "")))
        for entry in shown
        if entry.plan_indicator in standings  # else it went while this page was made
    )
    lines = [] if is_file else _lines(shown[:MAX_PANELS], beside, indicator, known)
    has_interims = any(one.interims for one in years if one.is_shown)
    most = "" if is_file else f"LIMIT {MAX_INTERIMS + 1}"
    interims = tuple(_interims(indicator, year, unit, most)) if has_interims else ()
    chart, panels = (None, ()) if is_file else drawings(indicator, lines, unit, picture_address(indicator, year, selection))
    others = [one for one in reversed(years) if not one.is_shown]
    return Across(
        indicator=indicator,
        others=_others(indicator, definitions(state)),
        year=year,
        years=tuple(years),
        unit=unit,
        sorts=tuple(
            Link(label, selection.address(path, sort=sort, year=selection.year), sort == selection.sort)
            for sort, label in SORTS.items()
        ),
        is_ranked=selection.sort in RANKED,
        page=page,
        rows=rows,
        comparisons=tuple(_comparisons(beside, lines, indicator, unit, selection, path)),
        interims=interims if is_file else interims[:MAX_INTERIMS],
        more_interims=len(interims) > MAX_INTERIMS,
        planned=whole.planned,
        counts=whole.counts,
        with_figure=whole.with_figure,
        compared=sum(one.value is not None or one.baseline is not None for one in recorded),
        baselines=sum(one.baseline is not None for one in recorded),
        last_year_with_figures=next((one for one in others if one.count), None),
        last_year_with_interims=next((one for one in others if one.interims), None),
        chart=chart,
        panels=panels,
        is_planned=is_planned,
        leader=_leader(
            whole,
            lambda amount: f"{wording.in_unit(amount, unit, indicator.unit, indicator.decimals)} {unit}",
        ),
        compare_address=_compare_address(indicator, lines),
    )


def _others(indicator: Indicator, defined: Mapping[str, Indicator]) -> tuple[Indicator, ...]:
    """Indicators of the same subject that count it otherwise, whichever of them names the other."""
    subject = indicator.same_subject_id or indicator.pk
    family = (one for one in defined.values() if subject in (one.pk, one.same_subject_id) and one.pk != indicator.pk)
    return tuple(sorted(family, key=lambda one: one.pk))


def _years(indicator: Indicator, selection: Selection, path: str) -> tuple[int, list[Year], bool]:
    """The year to show, the years there are (those of plans and baselines, and those with a recorded figure, be it of a part of
    the year), and whether any plan names the indicator."""
    rows = prepared.rows(
        "SELECT year, sum(planned), sum(recorded) FROM indicators_indicatortally WHERE indicator_id = %s AND year > 0"
        " GROUP BY year",
        [indicator.pk],
    )
    interims = _years_of_interims(indicator)
    planned = {year for year, plans, _ in rows if plans}
    counted = {year: int(regions) for year, _, regions in rows if regions}
    over = progress.today().year - 1
    last = max(planned, default=None)
    year = selection.year or (over if over in planned else last or max(counted or interims, default=over))
    known = sorted({year, *(row[0] for row in rows), *interims})
    years = [
        Year(one, counted.get(one, 0), interims.get(one, 0), selection.address(path, year=one), one == year) for one in known
    ]
    return year, years, bool(planned)


def _years_of_interims(indicator: Indicator) -> dict[int, int]:
    """{year: how many regions have a figure of a part of it}. There are few such figures, of whichever indicator."""
    rows = prepared.rows(
        "SELECT t.year, count(DISTINCT t.series_id) FROM indicators_interim t"
        " JOIN indicators_series s ON s.id = t.series_id WHERE s.indicator_id = %s GROUP BY t.year",
        [indicator.pk],
    )
    return dict(rows)


def _unit(whole: Whole, recorded: Sequence[Recorded], indicator: Indicator) -> str:
    """One unit for all that the table may show, on whichever page."""
    present, *reached = whole.sizes
    beside = [abs(amount) for one in recorded if (amount := one.baseline if one.value is None else one.value)]
    larger = cells.larger_units(indicator.unit)
    reached = (
        [count + sum(amount >= scale for amount in beside) for count, (_, scale) in zip(reached, larger, strict=True)]
        if larger
        else []
    )
    return cells.unit_reached(present + len(beside), reached, indicator.unit)


def _recorded(indicator, year):
    """Series with a figure of the year and no plan for it, and those without any plan that have figures of other years."""
    rows = prepared.rows(
        """
        SELECT s.id, r.id, r.code, r.name, r.level, a.value, a.not_applicable, a.source, a.source_url,
               (SELECT p.baseline_value FROM indicators_planindicator p
                WHERE p.series_id = s.id AND p.baseline_year = %s ORDER BY p.id LIMIT 1) AS baseline,
               EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.series_id = s.id) AS has_plan
        FROM indicators_series s
        JOIN regions_region r ON r.id = s.region_id
        LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = %s
        WHERE s.indicator_id = %s AND NOT EXISTS (
            SELECT 1 FROM indicators_progress g
            WHERE g.indicator_id = s.indicator_id AND g.year = %s AND g.region_id = s.region_id
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
    return [Recorded(*row) for row in rows]


def _standings(
    shown: Sequence[Entry], indicator: Indicator, year: int, known: Planned, *, is_any_stale: bool
) -> dict[int, Standing]:
    """By plan indicator: where it stands in the year, and what is asked for in it and in the last year of its plan."""
    if not shown:
        return {}
    regions = {one.plan_indicator: known.about_regions.get(one.region) for one in shown}
    places = Scope.of([one.region for one in shown])
    plans = _plans(shown, year, known)
    stale = _stale(regions) if is_any_stale else ()
    is_annual = indicator.measure == Measure.ANNUAL
    years = Scope.of([year, *{plan["last_year"] for plan in plans.values()}])
    # By indicator and region, as the index has them; of regions with several plans, others come along.
    rows = prepared.rows(
        "SELECT g.plan_indicator_id, g.year, g.status, g.r, g.reason_letters, g.required,"
        " t.year, t.kind, t.lower, t.upper, t.reference_region_id FROM indicators_progress g"
        " LEFT JOIN indicators_target t"
        f" ON t.plan_indicator_id = g.plan_indicator_id AND (t.year = g.year OR {RULES_OTHERS})"
        f" WHERE g.indicator_id = %s AND {years.on('g.year')} AND {places.on('g.region_id')}",
        [indicator.pk, *years.params, *places.params],
    )
    finals = {(key, of): required for key, of, _, _, _, required, *_ in rows}
    targets = _targets(rows, known)
    standings = {}
    for key, of, status, r, letters, *_ in rows:
        region, plan = regions.get(key), plans.get(key)
        if of == year and region and plan:
            slug, last_year = plan["plan"], plan["last_year"]
            reasons, final = tracked.reasons(letters), finals.get((key, last_year))
            about = region["region"], region["region_name"], region["level"], indicator.code, slug, last_year
            is_condition = assessment.is_condition(letters)
            ruled = is_annual or is_condition, is_condition
            standings[key] = Standing(*about, year, status, r, reasons, final, targets[key], *ruled, key in stale)
    return standings


def _targets(rows: Iterable[Sequence[Any]], known: Planned) -> dict[int, dict[int, Asked]]:
    """{plan indicator: {year: target}}"""
    found: dict[int, dict[int, Asked]] = {}
    for key, _, _, _, _, _, year, kind, lower, upper, region in rows:
        of_one = found.setdefault(key, {})
        if kind:
            reference = known.about_regions.get(region)
            of_one[year] = Asked(year, kind, decimal(lower), decimal(upper), "", reference and reference["region_name"])
    return found


def _plans(shown: Sequence[Entry], year: int, known: Planned) -> dict[int, Mapping[str, Any]]:
    """What there is to say of each plan indicator's plan: the only one of its region that covers the year, almost always."""
    found: dict[int, Mapping[str, Any]] = {}
    unsure = []
    for one in shown:
        plans = [share.plan for share in known.of_region.get(one.region, ())]
        covering = [plan for plan in plans if plan.first_year <= year <= plan.last_year]
        if len(covering) == 1:
            found[one.plan_indicator] = known.about_plans[covering[0].pk]
        else:
            unsure.append(one.plan_indicator)
    if unsure:
        scope = Scope.of(unsure)
        rows = prepared.rows(f"SELECT id, plan_id FROM indicators_planindicator WHERE {scope.on('id')}", scope.params)
        found |= {key: known.about_plans[plan] for key, plan in rows if plan in known.about_plans}
    return found


def _stale(ids: Iterable[int]) -> set[int]:
    """Those of the plan indicators whose figures rest on replaced inputs."""
    scope = Scope.of([*ids])
    stale = tracked.stale("p.series_id")
    rows = prepared.rows(f"SELECT p.id FROM indicators_planindicator p WHERE {scope.on('p.id')} AND {stale}", scope.params)
    return {key for (key,) in rows}


def _sources(indicator: Indicator, year: int) -> dict[int, tuple[str, str]]:
    """{region: the source of its actual of the year and the source's address}"""
    rows = prepared.rows(
        "SELECT s.region_id, a.source, a.source_url FROM indicators_series s"
        " JOIN indicators_actual a ON a.series_id = s.id AND a.year = %s WHERE s.indicator_id = %s",
        [year, indicator.pk],
    )
    return {region: (source, address) for region, source, address in rows}


def _row(
    entry: Entry,
    one: Standing,
    indicator: Indicator,
    unit: str,
    sort: str,
    source: tuple[str, str],
) -> Row:
    def value(amount, why="", word=""):
        return cells.value(amount, unit=unit, base=indicator.unit, decimals=indicator.decimals, why=why, word=word)

    shown, required = value(entry.actual, one.why("actual")), value(entry.required, one.why("required"))
    if entry.actual is not None and not entry.has_whole_actual:
        shown = shown._replace(why=one.why("actual"), word="不完整")
    own, last = _ruling(one), one.targets.get(one.last_year)
    size = "" if entry.gap is None else wording.in_unit(abs(entry.gap), unit, indicator.unit, indicator.decimals)
    ordering = "actual" if not entry.has_whole_actual else {"progress": "completion", "gap": "gap"}.get(sort, "actual")
    return Row(
        rank=entry.rank,
        why=one.why(ordering) if sort != "name" else "",
        standing=one,
        level=Level(one.level).label,
        value=shown,
        required=required,
        gap=value(entry.gap, one.why("gap")),
        final=value(None if one.is_condition else one.final, "规划没有终期目标"),
        completion=cells.share(entry.completion, why=one.why("completion")),
        condition=Condition(indicator.direction, one.status, entry.gap, required.text) if one.is_condition else None,
        asked_text=_in_words(own, unit, indicator),
        final_text=_in_words(own if one.is_condition else last, unit, indicator),
        gap_text=distance(entry.gap, size, direction=indicator.direction, target=own, actual=entry.actual),
        source=source[0],
        source_url=source[1],
    )


def _ruling(one: Standing) -> Asked | None:
    return None if one.reasons.get("required") == Reason.NO_TARGET else ruling(one.targets, one.year)


def _in_words(target: Asked | None, unit: str, indicator: Indicator) -> str:
    """A target whose number alone would not say what is asked."""
    if target is None or target.kind == TargetKind.AT_LEAST or target.kind in GROWTHS:
        return ""
    return target_text(target, Printed(unit, indicator.unit))


def _leader(whole: Whole, told: Callable[[float], str]) -> str:
    """The highest and the lowest figure in words, whatever the order of the table."""
    if whole.least is None or whole.most is None:
        return ""
    low, high = (f"{name} {told(figure)}" for name, figure in (whole.least, whole.most))
    if whole.with_figure == 1:
        return f"其中有数的只有{low}。"
    return f"其中有数的 {whole.with_figure} 个地区里，最高的是{high}，最低的是{low}。"


def _compare_address(indicator: Indicator, lines: Sequence[Tracked]) -> str:
    regions = tuple(one.region for one in lines)[: charts.MAX_SERIES]
    return Selection(indicators=(indicator.code,), regions=regions).address(reverse("compare"))


def _comparisons(beside: Sequence[Recorded], lines: Sequence[Tracked], indicator, unit, selection, path):
    years = {one.series: one.years for one in lines}
    for one in beside:
        is_printed = one.value is None and one.baseline is not None
        why = "不适用" if one.not_applicable else "没有公布这一年的全年数"
        amount = one.baseline if is_printed else one.value
        yield Comparison(
            region=one.region,
            region_name=one.region_name,
            level=Level(one.level).label,
            value=cells.value(amount, unit=unit, base=indicator.unit, decimals=indicator.decimals, why=why),
            is_baseline=one.baseline is not None,
            has_plan=bool(one.has_plan),
            source="规划所列基期值" if is_printed else one.source or "",
            source_url=one.source_url or "",
            other_years=tuple(
                (year, selection.address(path, year=year)) for year in years.get(one.series, ()) if amount is None
            ),
            address=plan_indicator_path(one.region, indicator.code) if one.has_plan else region_path(one.region),
            history=history_path(one.region, indicator.code),
        )


def _interims(indicator: Indicator, year: int, unit: str, most: str) -> Iterator[InterimRow]:
    rows = prepared.rows(
        f"""
        SELECT r.code, r.name, r.level, t.period_start, t.period_end, t.is_latest_possible_day, t.value, t.source, t.source_url
        FROM indicators_interim t
        JOIN indicators_series s ON s.id = t.series_id
        JOIN regions_region r ON r.id = s.region_id
        WHERE s.indicator_id = %s AND t.year = %s ORDER BY r.code, t.period_end, t.id {most}
        """,
        [indicator.pk, year],
    )
    for region, name, level, start, end, is_latest_possible_day, value, source, source_url in rows:
        yield InterimRow(
            region=region,
            region_name=name,
            level=Level(level).label,
            address=region_path(region),
            period_start=str(start),
            period_end=str(end),
            is_latest_possible_day=bool(is_latest_possible_day),
            value=cells.value(value, unit=unit, base=indicator.unit, decimals=indicator.decimals),
            source=source,
            source_url=source_url,
        )


def _lines(shown: Sequence[Entry], beside: Sequence[Recorded], indicator: Indicator, known: Planned) -> list[Tracked]:
    """Figures of all years, in the order of the page."""
    places = {one.region: place for place, one in enumerate(beside)}
    recorded = tracked.read(known, [one.region_key for one in beside], [indicator.pk])
    recorded.sort(key=lambda one: (places[one.region], one.plan or ""))
    # A series that two plans name, neither of them for this year, is one comparison.
    lines = [*_planned_lines(shown, indicator, known), *list({one.series: one for one in reversed(recorded)}.values())[::-1]]
    tracked.add_figures(lines)
    return lines


def _planned_lines(shown: Sequence[Entry], indicator: Indicator, known: Planned) -> list[Tracked]:
    """Without figures yet."""
    if not shown:
        return []
    regions = {one.plan_indicator: one.region for one in shown}
    scope = Scope.of([*regions])
    rows = prepared.rows(
        f"SELECT p.series_id, p.id, p.plan_id, p.baseline_year, p.baseline_value, {tracked.stale('p.series_id')}"
        f" FROM indicators_planindicator p WHERE {scope.on('p.id')}",
        scope.params,
    )
    found = {key: tracked.tracked(known, series, regions[key], indicator.pk, key, *rest) for series, key, *rest in rows}
    return [line for one in shown if (line := found.get(one.plan_indicator))]
