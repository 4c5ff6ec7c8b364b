"""The overview: every region's plans in a year, counted; the matrix of indicators and regions; what needs attention, what is
new, what looks wrong, and who has not reported."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, When, Window
from django.http import Http404

from indicators import frames, progress
from indicators.calculation import wording
from indicators.calculation.vocabulary import Act, Level, Severity, Status, Through
from indicators.calculation.wording import Sign
from indicators.models import Indicator, Plan, PlanIndicator, QualityFinding, Revision
from indicators.reports import standing
from indicators.reports.kept import kept
from indicators.reports.rows import Choice, Pages, Row, choice, pages_of, rows_of
from indicators.reports.standing import Standing
from indicators.selection import Selection

# A row of a plan's table has the number or the category printed there; a goal of the text has neither.
IN_TABLE = ~Q(number="") | ~Q(category="")

REGIONS_PER_PAGE = 20
ROWS_PER_PAGE = 100
MOST = 8  # rows of each short list
STATUSES = Status.values()
# What changes a figure that everyone sees; what clerks do before is not public.
PUBLIC_ACTS = (Act.APPROVE, Act.CORRECT, Act.CLEAR, Act.WITHDRAW)


@dataclass(frozen=True)
class Part:
    """A part of a bar: how many plan indicators have a status, and where the part begins."""

    status: str
    sign: Sign
    count: int
    start: int


@dataclass(frozen=True)
class Counts:
    """Plan indicators of a year: those of a plan's table, with a baseline, with a target of the year; by status."""

    plan_indicators: int = 0
    in_table: int = 0
    baselines: int = 0
    targets: int = 0
    by_status: tuple[int, ...] = (0,) * len(STATUSES)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.plan_indicators + other.plan_indicators,
            self.in_table + other.in_table,
            self.baselines + other.baselines,
            self.targets + other.targets,
            tuple(map(sum, zip(self.by_status, other.by_status, strict=True))),
        )

    @property
    def in_text(self) -> int:
        return self.plan_indicators - self.in_table

    def of(self, status: Status) -> int:
        return self.by_status[STATUSES.index(status.value)]

    @property
    def missing(self) -> int:
        """Due and not reported."""
        return self.of(Status.NO_DATA)

    @property
    def not_due(self) -> int:
        return self.of(Status.NOT_DUE)

    @property
    def reported(self) -> int:
        """With a value or 不适用; a sum with a year missing in between is neither due nor reported, but 未填报."""
        return self.due - self.missing

    @property
    def due(self) -> int:
        """Whose year is over and belongs to the plan."""
        return sum(self.by_status) - self.not_due

    @property
    def outside(self) -> int:
        """The year is not one of the plan's, or is the baseline's."""
        return self.plan_indicators - sum(self.by_status)

    @property
    def parts(self) -> list[Part]:
        """The statuses that occur, in the order of the vocabulary."""
        found, start = [], 0
        for status, count in zip(STATUSES, self.by_status, strict=True):
            if count:
                found.append(Part(status, wording.sign(status), count, start))
            start += count
        if self.outside:
            found.append(Part("outside", Sign("○", "规划期外或基期", "none"), self.outside, start))
        return found


@dataclass(frozen=True)
class PlanInRegion:
    """A plan as far as it sets something for one region, which need not be the one that issued it."""

    plan: Plan
    counts: Counts


@dataclass(frozen=True)
class RegionPlans:
    code: str
    name: str
    level: str
    plans: tuple[PlanInRegion, ...]

    @property
    def level_label(self) -> str:
        return Level(self.level).label


@dataclass(frozen=True)
class Cell:
    """An indicator in a region: the standing under the region's latest plan, its figures in the unit of the matrix' row."""

    standing: Standing
    value: str
    note: str  # the attainment, else the year's target
    others: int  # further plans that state the same


@dataclass(frozen=True)
class MatrixRow:
    code: str
    name: str
    unit: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Update:
    """A change of a figure that everyone sees."""

    at: Any
    region: str
    region_name: str
    indicator: str
    indicator_name: str
    unit: str
    year: int
    before: str
    after: str
    act: str
    through: str
    has_plan: bool


@dataclass(frozen=True)
class Reporting:
    """How much of what is due was reported, in a year or in a region."""

    year: int
    due: int
    reported: int
    region: str = ""
    region_name: str = ""

    @property
    def missing(self) -> int:
        return self.due - self.reported


@dataclass(frozen=True)
class Overview:
    """A page of regions in a year, and the totals over all regions."""

    selection: Selection  # with the year that is shown
    years: tuple[Choice, ...]
    dimensions: tuple[Choice, ...]
    region_count: int
    plan_count: int
    total: Counts
    regions: tuple[RegionPlans, ...]
    pages: Pages
    matrix: tuple[tuple[str, tuple[MatrixRow, ...]], ...]
    standings: tuple[Standing, ...]
    indicator_count: int
    attention: tuple[Row, ...]
    due_targets: tuple[Row, ...]
    updates: tuple[Update, ...]
    findings: tuple[QualityFinding, ...]
    finding_count: int
    by_year: tuple[Reporting, ...]
    by_region: tuple[Reporting, ...]
    complete_regions: int
    silent_regions: int

    @property
    def year(self) -> int:
        return self.selection.year or 0

    @property
    def attention_groups(self) -> tuple:
        return (("", self.attention),)

    @property
    def due_groups(self) -> tuple:
        return (("", self.due_targets),)

    @property
    def longest(self) -> int:
        """The most plan indicators in one row: what the bars are drawn against."""
        return max((row.counts.plan_indicators for region in self.regions for row in region.plans), default=1)

    @property
    def needs_attention(self) -> int:
        return self.total.of(Status.BEHIND) + self.total.of(Status.REVERSED)

    @cached_property
    def other_years(self) -> tuple[Reporting, ...]:
        """The years other than the shown one that have reported figures."""
        return tuple(one for one in self.by_year if one.reported and one.year != self.year)


def overview(selection: Selection, state: Mapping[str, Any]) -> Overview | None:
    """The overview of a year, in at most twelve queries; None without any plan. Totals are kept per version of the data."""
    years = years_of(Plan.objects.filter(Exists(PlanIndicator.objects.filter(plan=OuterRef("pk")))))
    if not years:
        if selection.page > 1:
            raise Http404("还没有规划，只有第 1 页")
        return None
    year = year_shown(years, selection.year)
    chosen = replace(selection, year=year)
    counted, by_year = kept(state, f"tally {year}", lambda: (tally(year), _by_year()), alone=True)
    regions = [(place, list(rows)) for place, rows in groupby(counted, key=lambda row: row[:3])]
    indicators = _indicators(selection.dimension)
    pages = pages_of(chosen, "/", _page_count(regions, indicators))
    shown, block = _page(selection.page, regions, indicators)
    plans = Plan.objects.select_related("region").in_bulk({row[3] for _, rows in shown for row in rows})
    listed = tuple(
        RegionPlans(*place, tuple(PlanInRegion(plans[row[3]], counts_of(row)) for row in rows)) for place, rows in shown
    )
    standings = _standings(year, [region.code for region in listed], block)
    reporting = [(place, sum(map(counts_of, rows), Counts())) for place, rows in regions]
    total = sum((counts for _, counts in reporting), Counts())
    late = kept(state, f"late {year}", lambda: _late(year, total), alone=True)
    findings = kept(state, "findings", _findings)
    return Overview(
        selection=chosen,
        years=tuple(choice(chosen, "/", str(one), year=one) for one in years),
        dimensions=tuple(choice(chosen, "/", one or "全部", dimension=one) for one in ("", *standing.DIMENSIONS)),
        region_count=len(regions),
        plan_count=len({row[3] for row in counted}),
        total=total,
        regions=listed,
        pages=pages,
        matrix=_matrix(listed, block, standings),
        standings=tuple(standings),
        indicator_count=len(indicators),
        **late,
        updates=tuple(_updates()),
        **findings,
        by_year=tuple(by_year),
        by_region=tuple(_least_reported(year, reporting)),
        complete_regions=sum(not counts.missing and counts.due > 0 for _, counts in reporting),
        silent_regions=sum(not counts.reported and counts.due > 0 for _, counts in reporting),
    )


def years_of(plans: QuerySet[Plan]) -> range:
    """The years from the first to the last of any of the plans."""
    period = plans.aggregate(first=Min("first_year"), last=Max("last_year"))
    return range(0) if period["first"] is None else range(period["first"], period["last"] + 1)


def year_shown(years: range, asked: int | None) -> int:
    """The year asked for; else the latest that is over, as far as a plan covers it."""
    if asked is None:
        return min(max(progress.today().year - 1, years[0]), years[-1])
    if asked not in years:
        raise Http404(f"各规划的规划期是 {years[0]}—{years[-1]} 年，没有 {asked} 年")
    return asked


def tally(year: int, where: str = "", params: Sequence[Any] = ()) -> list[tuple]:
    """(code, name, level, plan, counts …) for every region and plan, by code; `where` may narrow the series s."""
    by_status = ", ".join(f"count(CASE WHEN g.status = '{status}' THEN 1 END)" for status in STATUSES)
    sql = f"""
        SELECT r.code, r.name, r.level, t.* FROM (
            SELECT p.plan_id, s.region_id, count(*), count(CASE WHEN p.number <> '' OR p.category <> '' THEN 1 END),
                count(p.baseline_value), count(g.required), {by_status}
            FROM indicators_planindicator p
            JOIN indicators_series s ON s.id = p.series_id
            LEFT JOIN indicators_progress g ON g.plan_indicator_id = p.id AND g.year = %s
            {where} GROUP BY p.plan_id, s.region_id
        ) t
        JOIN regions_region r ON r.id = t.region_id
        JOIN indicators_plan q ON q.id = t.plan_id
        ORDER BY r.code, q.first_year, q.slug
    """
    return frames.query(sql, [year, *params])


def counts_of(row: tuple) -> Counts:
    """The counts of a row of the tally."""
    return Counts(*row[5:9], tuple(row[9:]))


def _by_year() -> list[Reporting]:
    """How much is reported of what is due, for each year that has progress."""
    sql = f"""
        SELECT g.year, count(CASE WHEN g.status <> '{Status.NOT_DUE}' THEN 1 END),
            count(CASE WHEN g.status NOT IN ('{Status.NOT_DUE}', '{Status.NO_DATA}') THEN 1 END)
        FROM indicators_progress g GROUP BY g.year ORDER BY g.year
    """
    return [Reporting(*row) for row in frames.query(sql)]


def _indicators(dimension: str) -> list[tuple]:
    """The indicators that any plan states: code, name, unit, decimals, dimension; by dimension."""
    found = Indicator.objects.filter(Exists(PlanIndicator.objects.filter(series__indicator=OuterRef("pk"))))
    if dimension:
        found = found.filter(dimension=dimension)
    rows = found.order_by("pk").values_list("code", "name", "unit", "decimals", "dimension")
    return sorted(rows, key=lambda row: standing.DIMENSIONS[row[4]])


def _blocks(indicators: Sequence) -> int:
    return max(-(-len(indicators) // ROWS_PER_PAGE), 1)


def _page_count(regions: Sequence, indicators: Sequence) -> int:
    return _blocks(indicators) * -(-len(regions) // REGIONS_PER_PAGE)


def _page(page: int, regions: Sequence, indicators: Sequence) -> tuple[Sequence, Sequence]:
    """The regions and the indicators of a page: for every block of regions, blocks of indicators."""
    across, down = divmod(page - 1, _blocks(indicators))
    return (
        regions[across * REGIONS_PER_PAGE : (across + 1) * REGIONS_PER_PAGE],
        indicators[down * ROWS_PER_PAGE : (down + 1) * ROWS_PER_PAGE],
    )


def _standings(year: int, regions: Sequence[str], indicators: Sequence[tuple]) -> list[Standing]:
    if not regions or not indicators:
        return []
    where = f"r.code IN ({_marks(regions)}) AND i.code IN ({_marks(indicators)})"
    params = [*regions, *(row[0] for row in indicators)]
    order = "r.code, q.first_year, q.slug, p.position, p.id"
    return standing.read(year, where, params, order=order, limit=10 * REGIONS_PER_PAGE * ROWS_PER_PAGE)


def _marks(values: Sequence) -> str:
    return ", ".join(["%s"] * len(values))


def _matrix(regions: Sequence[RegionPlans], indicators: Sequence[tuple], standings: Sequence[Standing]) -> tuple:
    """((dimension, rows), …): indicators that no region of the page has are left out; those that most have come first."""
    stated: dict[str, dict[str, list[Standing]]] = defaultdict(lambda: defaultdict(list))
    for one in standings:
        stated[one.indicator][one.region].append(one)
    rows: dict[str, list[tuple[int, MatrixRow]]] = defaultdict(list)
    for code, name, base, decimals, dimension in indicators:
        if places := stated.get(code):
            unit = next(iter(places.values()))[-1].unit
            cells = tuple(_cell(places.get(region.code), unit, base, decimals) for region in regions)
            rows[dimension].append((-len(places), MatrixRow(code, name, unit, cells)))
    return tuple(
        (dimension, tuple(row for _, row in sorted(found, key=lambda pair: pair[0])))
        for dimension, found in sorted(rows.items(), key=lambda pair: standing.DIMENSIONS[pair[0]])
    )


def _cell(found: Sequence[Standing] | None, unit: str, base: str, decimals: int) -> Cell | None:
    if not found:
        return None
    one = found[-1]  # the latest plan
    if one.actual is not None:
        note = f"达成 {wording.percent(one.attainment)}" if one.attainment is not None else ""
        return Cell(one, wording.in_unit(one.actual, unit, base, decimals), note, len(found) - 1)
    note = f"目标 {wording.in_unit(one.required, unit, base, decimals)}" if one.required is not None else ""
    return Cell(one, "", note, len(found) - 1)


def _late(year: int, total: Counts) -> dict[str, tuple[Row, ...]]:
    """Those furthest behind what was due by the year, by the part of the way they made; while none is known to be late, some
    targets of the year that nobody reported on."""
    late: list[Standing] = []
    due: list[Standing] = []
    if total.of(Status.BEHIND) + total.of(Status.REVERSED):
        # Chosen before anything is joined: of a nation's hundreds of thousands.
        chosen = f"""
            SELECT plan_indicator_id FROM indicators_progress
            WHERE year = %s AND status IN ('{Status.BEHIND}', '{Status.REVERSED}')
            ORDER BY r IS NULL, r, attainment, plan_indicator_id LIMIT {MOST}
        """
        late = standing.read(year, f"p.id IN ({chosen})", [year], order="g.r IS NULL, g.r, g.attainment, p.id")
    elif total.of(Status.NO_DATA) + total.of(Status.NOT_DUE):
        # The first of every plan rather than all of one.
        chosen = f"""
            SELECT g.plan_indicator_id FROM indicators_progress g JOIN indicators_planindicator p ON p.id = g.plan_indicator_id
            WHERE g.year = %s AND g.status IN ('{Status.NO_DATA}', '{Status.NOT_DUE}') AND g.required IS NOT NULL
            ORDER BY p.position, p.id LIMIT {MOST}
        """
        due = standing.read(year, f"p.id IN ({chosen})", [year], order="r.code, p.position, p.id")
    return {"attention": tuple(rows_of(late)) if late else (), "due_targets": tuple(rows_of(due)) if due else ()}


def _updates() -> Iterable[Update]:
    changes = (
        Revision.objects.filter(act__in=[act.value for act in PUBLIC_ACTS])
        .annotate(has_plan=Exists(PlanIndicator.objects.filter(series=OuterRef("series"))))
        .annotate(region=F("series__region__code"), region_name=F("series__region__name"))
        .annotate(code=F("series__indicator__code"), name=F("series__indicator__name"))
        .annotate(unit=F("series__indicator__unit"), decimals=F("series__indicator__decimals"))
        .order_by("-pk")[:MOST]
    )
    for one in changes:
        yield Update(
            one.at, one.region, one.region_name, one.code, one.name, one.unit, one.year,
            _told(one, one.old_value, one.old_not_applicable), _told(one, one.new_value, one.new_not_applicable),
            Act(one.act).label, Through(one.through).label, one.has_plan,
        )  # fmt: skip


def _told(change: Any, value: Any, not_applicable: bool) -> str:
    if not_applicable:
        return "不适用"
    return wording.in_unit(value, change.unit, change.unit, change.decimals)


def _findings() -> dict[str, Any]:
    """How many findings there are, and the first few, warnings before notices, the latest first."""
    is_notice = Case(When(severity=Severity.WARNING.value, then=0), default=1)
    first = tuple(QualityFinding.objects.annotate(total=Window(Count("pk"))).order_by(is_notice, "-pk")[:MOST])
    return {"findings": first, "finding_count": first[0].total if first else 0}


def _least_reported(year: int, reporting: Iterable[tuple[tuple, Counts]]) -> list[Reporting]:
    """The regions that miss most of what is due in the year."""
    due = [Reporting(year, counts.due, counts.reported, code, name) for (code, name, _), counts in reporting if counts.missing]
    return sorted(due, key=lambda one: (-one.missing, one.region))[:MOST]
