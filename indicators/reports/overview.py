"""The overview: every region's plans in a year, counted; the matrix of indicators and regions; what needs attention, what is
new, what looks wrong, and who has not reported."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum
from django.http import Http404

from indicators import frames, progress
from indicators.calculation import wording
from indicators.calculation.vocabulary import Act, Level, Status, Through
from indicators.calculation.wording import Sign
from indicators.models import FindingTally, Plan, PlanIndicator, QualityFinding, Revision, YearTotal
from indicators.reports import standing
from indicators.reports.catalogue import Thing, catalogue
from indicators.reports.kept import kept
from indicators.reports.rows import Choice, Pages, Row, choice, pages_of, rows_of
from indicators.reports.standing import Standing
from indicators.selection import Selection

# A row of a plan's table has the number or the category printed there; a goal of the text has neither.
IN_TABLE = ~Q(number="") | ~Q(category="")

REGIONS_PER_PAGE = 20
ROWS_PER_PAGE = 100
CELLS = 500  # of the matrix: where many indicators stand below each other, fewer of the page's regions stand side by side
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
    is_covered: bool = False  # by the years of a plan

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.plan_indicators + other.plan_indicators,
            self.in_table + other.in_table,
            self.baselines + other.baselines,
            self.targets + other.targets,
            tuple(map(sum, zip(self.by_status, other.by_status, strict=True))),
            self.is_covered or other.is_covered,
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
    def outside_word(self) -> str:
        return "基期或尚未计算" if self.is_covered and not any(self.by_status) else "规划期外或基期"

    @property
    def parts(self) -> list[Part]:
        """The statuses that occur, in the order of the vocabulary."""
        found, start = [], 0
        for status, count in zip(STATUSES, self.by_status, strict=True):
            if count:
                found.append(Part(status, wording.sign(status), count, start))
            start += count
        if self.outside:
            found.append(Part("outside", Sign("○", self.outside_word, "none"), self.outside, start))
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
    def address(self) -> str:
        return standing.region_path(self.code)

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

    @property
    def address(self) -> str:
        return standing.indicator_path(self.code)


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
    columns: tuple[RegionPlans, ...]  # the regions of the matrix
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
    def picture_page(self) -> int:
        """Which page the picture of the regions' bars is asked for by; 0 for the first, which needs no number."""
        return self.selection.page if self.selection.page > 1 else 0

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
    """The overview of a year, in at most fourteen queries; None without any plan. Totals are kept per version of the data."""
    years = years_of(Plan.objects.filter(Exists(PlanIndicator.objects.filter(plan=OuterRef("pk")))))
    if not years:
        if selection.page > 1:
            raise Http404("还没有规划，只有第 1 页")
        return None
    year = year_shown(years, selection.year)
    chosen = replace(selection, year=year)
    totals = YearTotal.objects.in_bulk()
    whole = _whole(totals, year)
    indicators = _indicators(state, selection.dimension)
    pages = pages_of(chosen, _blocks(indicators) * max(-(-whole.regions // REGIONS_PER_PAGE), 1))
    across, down = divmod(selection.page - 1, _blocks(indicators))
    block = indicators[down * ROWS_PER_PAGE : (down + 1) * ROWS_PER_PAGE]
    counted = tally(year, _ON_PAGE, [REGIONS_PER_PAGE, across * REGIONS_PER_PAGE])
    plans = Plan.objects.select_related("region").in_bulk({row[3] for row in counted})
    listed = tuple(
        RegionPlans(*key, tuple(PlanInRegion(plans[row[3]], counts_of(row)) for row in rows))
        for key, rows in groupby(counted, key=lambda row: row[:3])
    )
    columns = listed[: max(CELLS // max(len(block), 1), 1)]
    told = _IN_MATRIX if selection.format == "html" else standing.FIELDS
    standings = _standings(year, [region.code for region in columns], block, told)
    late = kept(state, f"late {year}", lambda: _late(year, whole.total), alone=True)
    findings = kept(state, "findings", _findings)
    return Overview(
        selection=chosen,
        years=tuple(choice(chosen, "/", str(one), year=one) for one in years),
        dimensions=tuple(choice(chosen, "/", one or "全部", dimension=one) for one in ("", *standing.DIMENSIONS)),
        region_count=whole.regions,
        plan_count=whole.plans,
        total=whole.total,
        regions=listed,
        pages=pages,
        columns=columns,
        matrix=_matrix(columns, block, standings),
        standings=tuple(standings),
        indicator_count=len(indicators),
        **late,
        updates=tuple(_updates()),
        **findings,
        by_year=tuple(_by_year(totals)),
        by_region=whole.least,
        complete_regions=whole.complete,
        silent_regions=whole.silent,
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


_ON_PAGE = """
    WHERE t.region_id IN (
        SELECT id FROM regions_region n WHERE EXISTS (SELECT 1 FROM indicators_plantally o WHERE o.region_id = n.id)
        ORDER BY code LIMIT %s OFFSET %s
    )
"""
_COUNTS = ["t.plan_indicators", "t.in_table", "t.baselines", *(f"COALESCE(y.{name}, 0)" for name in ("required", *STATUSES))]
_COUNTED = """
    indicators_plantally t
    LEFT JOIN indicators_yeartally y ON y.year = %s AND y.region_id = t.region_id AND y.plan_id = t.plan_id
"""


def tally(year: int, where: str = "", params: Sequence[Any] = ()) -> list[tuple]:
    """(code, name, level, plan, counts …) for every region and plan, by code; `where` may narrow the tallies t."""
    sql = f"""
        SELECT r.code, r.name, r.level, t.plan_id, {", ".join(_COUNTS)}, %s BETWEEN q.first_year AND q.last_year FROM {_COUNTED}
        JOIN regions_region r ON r.id = t.region_id
        JOIN indicators_plan q ON q.id = t.plan_id
        {where} ORDER BY r.code, q.first_year, q.slug
    """
    return frames.query(sql, [year, year, *params])


def counts_of(row: tuple) -> Counts:
    """The counts of a row of the tally."""
    return Counts(*row[4:8], tuple(row[8:-1]), bool(row[-1]))


@dataclass(frozen=True)
class Whole:
    """All regions in a year: how many, with how many plans, counted; those that report least, all, or nothing."""

    regions: int
    plans: int
    complete: int
    silent: int
    total: Counts
    least: tuple[Reporting, ...]


def _whole(totals: Mapping[int, YearTotal], year: int) -> Whole:
    one = totals.get(year) or totals.get(0) or YearTotal(**{field.name: 0 for field in YearTotal._meta.fields})
    statuses = tuple(getattr(one, status) for status in STATUSES)
    total = Counts(one.plan_indicators, one.in_table, one.baselines, one.required, statuses, is_covered=True)
    return Whole(one.regions, one.plans, one.complete, one.silent, total, _least(year) if total.missing else ())


def _least(year: int) -> tuple[Reporting, ...]:
    """The regions that lack most of what is due, chosen before anything is joined."""
    due = " + ".join(f"sum(t.{status})" for status in STATUSES if status != Status.NOT_DUE)
    rows = frames.query(
        f"""
        SELECT {due}, {due} - sum(t.no_data), r.code, r.name
        FROM (
            SELECT region_id, sum(no_data) AS missing FROM indicators_yeartally WHERE year = %s
            GROUP BY region_id HAVING sum(no_data) > 0 ORDER BY missing DESC, region_id LIMIT {MOST}
        ) o
        JOIN indicators_yeartally t ON t.region_id = o.region_id AND t.year = %s
        JOIN regions_region r ON r.id = o.region_id
        GROUP BY r.code, r.name ORDER BY sum(t.no_data) DESC, r.code
        """,
        [year, year],
    )
    return tuple(Reporting(year, int(due), int(reported), code, name) for due, reported, code, name in rows)


def _by_year(totals: Mapping[int, YearTotal]) -> list[Reporting]:
    """How much is reported of what is due, for each year that has progress."""
    reported = [status for status in STATUSES if status not in (Status.NOT_DUE, Status.NO_DATA)]
    sums = ((one.year, sum(getattr(one, status) for status in reported), one.no_data) for one in totals.values() if one.year)
    return [Reporting(year, done + missing, done) for year, done, missing in sorted(sums)]


def _indicators(state: Mapping[str, Any], dimension: str) -> list[Thing]:
    """The indicators that any plan states, by dimension."""
    found = [one for one in catalogue(state).indicators if one.is_planned and dimension in ("", one.dimension)]
    return sorted(found, key=lambda one: standing.DIMENSIONS[one.dimension])


def _blocks(indicators: Sequence) -> int:
    return max(-(-len(indicators) // ROWS_PER_PAGE), 1)


# What its cells tell of a standing.
_IN_MATRIX = (
    "region", "region_name", "indicator", "name", "unit", "plan", "baseline_year", "first_year", "last_year", "actual",
    "required", "attainment", "status", "r", "is_stale",
)  # fmt: skip


def _standings(year: int, regions: Sequence[str], indicators: Sequence[Thing], only: Sequence[str]) -> list[Standing]:
    if not regions or not indicators:
        return []
    where = f"r.code IN ({_marks(regions)}) AND i.code IN ({_marks(indicators)})"
    params = [*regions, *(one.code for one in indicators)]
    order = "r.code, q.first_year, q.slug, p.position, p.id"
    return standing.read(year, where, params, order=order, limit=10 * CELLS, only=only)


def _marks(values: Sequence) -> str:
    return ", ".join(["%s"] * len(values))


def _matrix(regions: Sequence[RegionPlans], indicators: Sequence[Thing], standings: Sequence[Standing]) -> tuple:
    """((dimension, rows), …): indicators that no region of the page has are left out; those that most have come first."""
    stated: dict[str, dict[str, list[Standing]]] = defaultdict(lambda: defaultdict(list))
    for one in standings:
        stated[one.indicator][one.region].append(one)
    rows: dict[str, list[tuple[int, MatrixRow]]] = defaultdict(list)
    for of in indicators:
        if places := stated.get(of.code):
            unit = next(iter(places.values()))[-1].unit
            cells = tuple(_cell(places.get(region.code), unit, of.unit, of.decimals) for region in regions)
            rows[of.dimension].append((-len(places), MatrixRow(of.code, of.name, unit, cells)))
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
            ORDER BY r NULLS LAST, attainment NULLS LAST, plan_indicator_id LIMIT {MOST}
        """
        late = standing.read(year, f"p.id IN ({chosen})", [year], order="g.r NULLS LAST, g.attainment NULLS LAST, p.id")
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
    first = QualityFinding.objects.order_by("-severity", "-pk").annotate(
        region=F("series__region__code"),
        indicator=F("series__indicator__code"),
        has_plan=Exists(PlanIndicator.objects.filter(series=OuterRef("series"))),
    )
    return {"findings": tuple(first[:MOST]), "finding_count": FindingTally.objects.aggregate(all=Sum("count"))["all"] or 0}
