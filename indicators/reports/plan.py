"""A plan's own table again, in its order and words, with what was recorded beside each year and its growth computed anew."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.http import Http404

from indicators import prepared
from indicators.calculation import numbers, wording
from indicators.calculation.vocabulary import About, TargetKind
from indicators.frames import Scope, Table
from indicators.models import Plan
from indicators.reports import standing
from indicators.reports.catalogue import Place
from indicators.reports.planned import Planned, Share, planned
from indicators.reports.standing import Standing
from indicators.reports.stated import Asked, Point, bound, in_printed_unit, percent, points_of, ruling, target_text, targets_of

PER_PAGE = 50
MOST_STATEMENTS = 100
MOST_LINKS = 50
# The rows of the plan's table first, then the goals of its text, each in the order of the document.
ORDER = "CASE WHEN p.number = '' AND p.category = '' THEN 1 ELSE 0 END, p.position, p.id"
# What its rows and its file tell.
TOLD = (
    "plan_indicator", "series", "number", "name", "unit", "category", "nature", "baseline_year", "baseline_value",
    "baseline_locator", "printed_growth", "responsible", "note", "locator", "planned_growth", "status", "letters",
)  # fmt: skip
COLUMNS = [
    "plan", "region", "number", "category", "indicator", "name", "unit", "baseline_year", "baseline_value", "year", "kind",
    "target", "lower", "upper", "actual", "reason", "status", "printed_growth", "planned_growth", "growth_agrees",
    "responsible", "note", "locator",
]  # fmt: skip


class Statement(NamedTuple):
    """What another passage or source says of a series."""

    indicator: str
    indicator_name: str
    series: int
    region: str
    is_stated: bool  # by the plan, so that there is a page of it
    year: int
    about: str
    since_year: int | None
    printed: str
    source: str
    locator: str
    note: str

    @property
    def about_label(self) -> str:
        return About(self.about).label

    @property
    def path(self) -> str:
        return standing.plan_indicator_path(self.region, self.indicator)


class Cell(NamedTuple):
    """A year of a plan indicator: what the plan prints for it, and what was recorded."""

    year: int
    target: Asked | None
    target_text: str
    ruled_by: str  # the target of another year that rules this one, as printed; blank where there is none
    point: Point | None
    actual: float | Decimal | None
    actual_text: str
    is_baseline: bool

    @property
    def why(self) -> str:
        """Why there is no actual."""
        return (self.point and self.point.why) or "这一年在基期以前"

    @property
    def why_no_target(self) -> str:
        if self.ruled_by:
            return f"规划没有为这一年单独定目标，适用“{self.ruled_by}”"
        return "规划没有为这一年定目标"

    @property
    def kind_label(self) -> str:
        return TargetKind(self.target.kind).label if self.target else ""


@dataclass(frozen=True)
class Row:
    """A plan indicator with its years."""

    standing: Standing
    cells: tuple[Cell, ...]
    statements: tuple[Statement, ...]

    @property
    def is_in_table(self) -> bool:
        return bool(self.standing.number or self.standing.category)

    @property
    def address(self) -> str:
        path = standing.plan_indicator_path(self.standing.region, self.standing.indicator)
        return f"{path}?plan={self.standing.plan}"

    @property
    def baseline_text(self) -> str:
        return self.standing.shown("baseline_value")

    @property
    def printed_growth(self) -> str:
        growth = self.standing.printed_growth
        return wording.NOTHING if growth is None else percent(growth)

    @property
    def rounded_growth(self) -> str:
        """The growth computed from baseline and final target, with the digits of the printed one; blank without either."""
        printed, planned = self.standing.printed_growth, self.standing.planned_growth
        if printed is None or planned is None:
            return ""
        decimals = len(numbers.plain(Decimal(str(printed)) * 100).partition(".")[2])
        return wording.percent(planned, decimals)

    @property
    def growth_agrees(self) -> bool | None:
        """Whether both growths are the same once rounded as printed; None without either."""
        return self.rounded_growth == self.printed_growth if self.rounded_growth else None

    @property
    def locators(self) -> tuple[tuple[str, str], ...]:
        """Where it stands in the document: (of what, where), what is the same said once."""
        row = self.standing
        found = [("本行", row.locator), (f"{row.baseline_year} 年基期", row.baseline_locator)]
        found += [(f"{cell.year} 年目标", cell.target.locator) for cell in self.cells if cell.target]
        return tuple(
            (" · ".join(what for what, there in found if there == where), where)
            for where in dict.fromkeys(where for _, where in found)
            if where
        )


@dataclass(frozen=True)
class Group:
    """Rows that stand together: of one region and printed category."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Part:
    """The table of the plan, or the goals of its text."""

    key: str
    title: str
    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        return sum(len(group.rows) for group in self.groups)


@dataclass(frozen=True)
class PlanTable:
    """A page of a plan. `regions` are those it sets something for (at most MOST_LINKS), `statements` what is said otherwise."""

    plan: Plan
    rows: tuple[Row, ...]
    page: Page
    in_table: int
    region_count: int
    regions: tuple[Place, ...]
    region: Place | None
    statements: tuple[Statement, ...]
    finding_count: int

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Those in which any row has a target or an actual: a column of dashes would tell nothing. All, where none has any."""
        every = tuple(range(self.plan.first_year, self.plan.last_year + 1))
        filled = {cell.year for row in self.rows for cell in row.cells if cell.target or cell.actual is not None}
        return tuple(year for year in every if year in filled) or every

    @property
    def years_left_out(self) -> tuple[int, ...]:
        return tuple(year for year in range(self.plan.first_year, self.plan.last_year + 1) if year not in self.years)

    @property
    def width(self) -> int:
        """How many columns the table has beside the first."""
        return 3 + 2 * len(self.years) + 3 * self.has_growth

    @property
    def total(self) -> int:
        return self.page.paginator.count

    @property
    def in_text(self) -> int:
        return self.total - self.in_table

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        found = (
            Part("table", "规划的指标表", self._groups(is_in_table=True)),
            Part("text", "正文中的目标", self._groups(is_in_table=False)),
        )
        return tuple(part for part in found if part.groups)

    def _groups(self, *, is_in_table: bool) -> tuple[Group, ...]:
        rows = [row for row in self.rows if row.is_in_table == is_in_table]
        several = self.region_count > 1 and self.region is None

        def heading(row: Row) -> str:
            return " · ".join(filter(None, [row.standing.region_name if several else "", row.standing.category]))

        return tuple(Group(head, tuple(found)) for head, found in groupby(rows, key=heading))

    @cached_property
    def compared(self) -> tuple[Row, ...]:
        """The rows whose printed growth can be held against the computed one."""
        return tuple(row for row in self.rows if row.growth_agrees is not None)

    @cached_property
    def differing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.compared if not row.growth_agrees)

    @property
    def has_ruling(self) -> bool:
        return any(cell.ruled_by for row in self.rows for cell in row.cells)

    @property
    def has_readings(self) -> bool:
        """Whether any target is words that were read as one of the kinds without a number."""
        kinds = (TargetKind.INCREASING, TargetKind.MILESTONE)
        return any(cell.target and cell.target.kind in kinds for row in self.rows for cell in row.cells)

    @cached_property
    def has_growth(self) -> bool:
        return any(row.standing.printed_growth is not None for row in self.rows)

    @cached_property
    def with_actuals(self) -> int:
        return sum(any(cell.actual is not None and not cell.is_baseline for cell in row.cells) for row in self.rows)

    def table(self) -> Table:
        return Table(COLUMNS, list(_lines(self.rows)), self.plan.slug)


def find(slug: str, state: Mapping[str, Any]) -> Plan:
    """The plan; 404 for an unknown one. `state` is what progress.state_of_data() says."""
    plan = planned(state).plans.get(slug)
    if plan is None:
        raise Http404(f"没有标识为“{slug[:60]}”的规划")
    return plan


def plan_table(plan: Plan, state: Mapping[str, Any], *, regions: Sequence[str], number: int) -> PlanTable:
    """A page of a plan; six queries. Raises InvalidPage, and Http404 for a region it has not."""
    known = planned(state)
    shares = known.of_plan.get(plan.pk, ())
    shown = [share for share in shares if share.region.code == regions[0]] if regions else shares
    if regions and (not shown or len(regions) > 1):
        raise Http404(f"这份规划没有为“{'、'.join(regions)[:60]}”定指标；一次看一个地区")
    region = shown[0].region if regions else None
    page = Paginator(range(sum(share.plan_indicators for share in shown)), PER_PAGE).page(number)
    standings = _standings(plan, shown, max(page.start_index() - 1, 0), known, is_any_stale=bool(state["stale_since"]))
    statements = _statements(plan, standings, region, known)
    return PlanTable(
        plan=plan,
        rows=tuple(_rows(plan, standings, statements)),
        page=page,
        in_table=sum(share.in_table for share in shown),
        region_count=len(shares),
        regions=tuple(share.region for share in shares[:MOST_LINKS]),
        region=region,
        statements=statements,
        finding_count=_finding_count(standings),
    )


def _standings(plan: Plan, shares: Sequence[Share], start: int, known: Planned, *, is_any_stale: bool) -> list[Standing]:
    """A page of the plan's rows from one on: only those of the regions on it are sorted."""
    on_page: list[Place] = []
    seen = first = 0
    for share in shares:
        if seen < start + PER_PAGE and seen + share.plan_indicators > start:
            if not on_page:
                first = seen
            on_page.append(share.region)
        seen += share.plan_indicators
    if not on_page:
        return []
    scope = Scope.of([place.key for place in on_page])
    by_code = " ".join(f"WHEN {place.key} THEN {nth}" for nth, place in enumerate(on_page))
    return standing.listed(
        known,
        plan.last_year,
        f"p.plan_id = %s AND {scope.on('s.region_id')}",
        [plan.pk, *scope.params],
        only=TOLD,
        is_any_stale=is_any_stale,
        order=f"CASE s.region_id {by_code} END, {ORDER}" if len(on_page) > 1 else ORDER,
        page=(PER_PAGE, max(start - first, 0)),
    )


def _statements(plan: Plan, standings: Sequence[Standing], region: Place | None, known: Planned) -> tuple[Statement, ...]:
    """What other passages of the plan say, and what is said elsewhere of the series shown; the first hundred."""
    scope = Scope.of([row.series for row in standings])
    of_region, params = ("AND s.region_id = %s", [region.key]) if region else ("", [])
    found = prepared.rows(
        f"""
        SELECT s.indicator_id, m.series_id, r.code,
            EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.plan_id = %s AND p.series_id = m.series_id),
            m.year, m.about, m.since_year, m.printed, m.source, m.locator, m.note
        FROM indicators_statement m
        JOIN indicators_series s ON s.id = m.series_id
        JOIN regions_region r ON r.id = s.region_id
        WHERE (m.plan_id = %s {of_region}) OR (m.plan_id IS NULL AND {scope.on("m.series_id")})
        ORDER BY r.code, m.id LIMIT {MOST_STATEMENTS}
        """,
        [plan.pk, plan.pk, *params, *scope.params],
    )
    abouts = known.about_indicators
    return tuple(
        Statement(abouts[key]["indicator"], abouts[key]["indicator_name"], *said) for key, *said in found if key in abouts
    )


def _finding_count(standings: Sequence[Standing]) -> int:
    scope = Scope.of([row.series for row in standings])
    sql = f"SELECT count(*) FROM indicators_qualityfinding WHERE {scope.on('series_id')}"
    return prepared.rows(sql, scope.params)[0][0]


def _rows(plan: Plan, standings: Sequence[Standing], statements: Sequence[Statement]) -> Iterator[Row]:
    targets, points = targets_of(standings), points_of(standings)
    years = range(plan.first_year, plan.last_year + 1)
    before = [row for row in standings if any(year not in points[row.plan_indicator] for year in years)]
    recorded = _recorded(before, years) if before else {}
    said = defaultdict(list)
    for statement in statements:
        said[statement.series].append(statement)
    for row in standings:
        cells = tuple(
            _cell(year, row, targets[row.plan_indicator], points[row.plan_indicator].get(year), recorded) for year in years
        )
        yield Row(row, cells, tuple(said[row.series]))


def _recorded(standings: Sequence[Standing], years: range) -> dict[tuple[int, int], Any]:
    """{(series, year): what was recorded}, for rows with years of the plan before their progress begins."""
    scope = Scope.of([row.series for row in standings])
    found = prepared.rows(
        f"SELECT series_id, year, value FROM indicators_actual WHERE {scope.on('series_id')} AND year BETWEEN %s AND %s",
        [*scope.params, years[0], years[-1]],
    )
    return {(series, year): value for series, year, value in found}


def _cell(year: int, row: Standing, targets: dict[int, Asked], point: Point | None, recorded: dict) -> Cell:
    """Progress says what counts in a year; before it begins, the year's own figure stands, or the baseline in its year."""
    is_baseline = point is None and year == row.baseline_year
    actual = point.actual if point else recorded.get((row.series, year))
    is_baseline = is_baseline and actual is None
    if is_baseline:
        actual = row.baseline_value
    target = targets.get(year)
    rule = ruling(targets, year) if target is None else None
    text = target_text(target, row) if target else ""
    ruled_by = target_text(rule, row) if rule else ""
    return Cell(year, target, text, ruled_by, point, actual, row.in_unit(actual), is_baseline)


def _lines(rows: Sequence[Row]) -> Iterator[tuple]:
    """A line per plan indicator and year; values in the printed unit, bounds of growth kinds and growths as fractions."""
    for row in rows:
        of = row.standing
        for cell in row.cells:
            target = cell.target
            lower, upper = (bound(target, name, of) for name in ("lower", "upper"))
            yield (
                of.plan, of.region, of.number, of.category, of.indicator, of.name, of.unit, of.baseline_year,
                in_printed_unit(of.baseline_value, of), cell.year, target.kind if target else None, cell.target_text or None,
                lower, upper, in_printed_unit(cell.actual, of), _reason(cell), cell.point.status if cell.point else None,
                _number(of.printed_growth), of.planned_growth, row.growth_agrees, of.responsible, of.note,
                target.locator if target else of.locator,
            )  # fmt: skip


def _number(value) -> float | None:
    return None if value is None else float(value)


def _reason(cell: Cell) -> str | None:
    if cell.is_baseline:
        return "基期值"
    return cell.why if cell.actual is None else None
