"""The overview: every region's plans in a year, counted; the matrix of indicators and regions; what needs attention, what is
new, what looks wrong, and who has not reported."""

from collections import Counter, namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.http import Http404

from indicators import frames, prepared, progress
from indicators.calculation import wording
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import Act, Level, Severity, Status, Through
from indicators.calculation.wording import Sign
from indicators.frames import Scope
from indicators.models import Plan, PlanIndicator
from indicators.reports import standing
from indicators.reports.catalogue import Catalogue, Place, Thing, catalogue
from indicators.reports.kept import held
from indicators.reports.matrix import Matrix, matrix
from indicators.reports.planned import Planned, Share, planned
from indicators.reports.rows import TOLD, Choice, Pages, Row, choice, columns_of, pages_of, rows_of
from indicators.reports.standing import Standing
from indicators.selection import Selection

REGIONS_PER_PAGE = 20
ROWS_PER_PAGE = 100
CELLS = 300  # of the matrix: of regions with many plan indicators fewer stand side by side
MOST = 8  # rows of each short list
STATUSES = Status.values()
# What changes a figure that everyone sees; what clerks do before is not public.
PUBLIC_ACTS = (Act.APPROVE, Act.CORRECT, Act.CLEAR, Act.WITHDRAW)
_PUBLIC = ", ".join(f"'{act.value}'" for act in PUBLIC_ACTS)


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
    year: int

    @property
    def address(self) -> str:
        """The region's page: of the year, if it lies within the years of its plans."""
        first, last = min(row.plan.first_year for row in self.plans), max(row.plan.last_year for row in self.plans)
        path = standing.region_path(self.code)
        return f"{path}?year={self.year}" if first <= self.year <= last else path

    @property
    def level_label(self) -> str:
        return Level(self.level).label


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


class Finding(NamedTuple):
    """What is odd in a figure, how much it matters, and the page of the figure; blank where no plan names it."""

    sentence: str
    severity: str
    address: str


class Urgent(NamedTuple):
    """What identifies a plan indicator that needs attention: its own key, its region's and its indicator's."""

    plan_indicator: int
    region: int
    indicator: int


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

    @property
    def address(self) -> str:
        return standing.region_path(self.region)


@dataclass(frozen=True)
class Overview:
    """A page of regions in a year, and the totals over all regions.

    What costs something is read when it is asked for: most of a page is kept from before the last change.
    """

    selection: Selection  # with the year that is shown
    known: Catalogue
    planned: Planned
    is_any_stale: bool
    years: tuple[Choice, ...]
    whole: "Whole"
    by_year: tuple[Reporting, ...]
    pages: Pages
    places: tuple[Place, ...]  # the regions of the page
    indicators: tuple[Thing, ...]  # and its indicators

    @property
    def year(self) -> int:
        return self.selection.year or 0

    @property
    def total(self) -> Counts:
        return self.whole.total

    @property
    def picture_page(self) -> int:
        """Which page the picture of the regions' bars is asked for by; 0 for the first, which needs no number."""
        return self.selection.page if self.selection.page > 1 else 0

    @property
    def needs_attention(self) -> int:
        return self.total.of(Status.BEHIND) + self.total.of(Status.REVERSED)

    @cached_property
    def other_years(self) -> tuple[Reporting, ...]:
        """The years other than the shown one that have reported figures."""
        return tuple(one for one in self.by_year if one.reported and one.year != self.year)

    @property
    def dimensions(self) -> tuple[Choice, ...]:
        """Those that plans set something in, each with the number of its indicators."""
        counts = Counter(one.dimension for one in self.known.indicators if one.is_planned)
        found = [replace(choice(self.selection, "/", "全部", dimension=""), count=sum(counts.values()))]
        for dimension in standing.DIMENSIONS:
            if counts[dimension] or self.selection.dimension == dimension:
                one = choice(self.selection, "/", dimension, dimension=dimension)
                found.append(replace(one, count=counts[dimension]))
        return tuple(found)

    @cached_property
    def regions(self) -> tuple[RegionPlans, ...]:
        return tuple(counted(self.planned, self.places, self.year).values())

    @property
    def longest(self) -> int:
        """The most plan indicators in one row: what the bars are drawn against."""
        return max((row.counts.plan_indicators for region in self.regions for row in region.plans), default=1)

    @property
    def columns(self) -> tuple[RegionPlans, ...]:
        """The regions of the matrix: as many of the page's as have room, at least one."""
        filled = (min(sum(row.counts.plan_indicators for row in of.plans), len(self.indicators)) for of in self.regions)
        return self.regions[: max(sum(total <= CELLS for total in accumulate(filled)), 1)]

    @cached_property
    def matrix(self) -> Matrix:
        regions = self.places[: len(self.columns)]
        return matrix(self.planned, self.year, regions, self.indicators, is_any_stale=self.is_any_stale)

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """The same for files and pictures, with every figure."""
        return _standings(self)

    @cached_property
    def urgent(self) -> tuple[Urgent, ...]:
        """Those furthest behind what was due by the year; while none is known to be late, some targets nobody reported on."""
        if self.needs_attention:
            return _late(self.year)
        return _open(self.year) if self.total.of(Status.NO_DATA) + self.total.of(Status.NOT_DUE) else ()

    @cached_property
    def urgent_rows(self) -> tuple[Row, ...]:
        if not self.urgent:
            return ()
        chosen = [one.plan_indicator for one in self.urgent]
        scope = Scope.of(chosen)
        found = self.listed(scope.on("p.id"), scope.params, TOLD)
        if self.needs_attention:
            found.sort(key=lambda one: chosen.index(one.plan_indicator))
        else:
            found.sort(key=lambda one: one.region)
        return tuple(rows_of(found))

    def listed(self, where: str, params: Sequence[Any], only: Sequence[str]) -> list[Standing]:
        return standing.listed(self.planned, self.year, where, params, only=only, is_any_stale=self.is_any_stale)

    @property
    def urgent_groups(self) -> tuple:
        return (("", self.urgent_rows),)

    @property
    def urgent_columns(self) -> tuple[str, ...]:
        return columns_of(self.urgent_groups)

    @cached_property
    def by_region(self) -> tuple[Reporting, ...]:
        return _least(self.year, self.known) if self.total.missing else ()

    @cached_property
    def updates(self) -> tuple[Update, ...]:
        return tuple(_updates(self.known))

    @cached_property
    def finding_count(self) -> int:
        return prepared.rows("SELECT COALESCE(sum(count), 0) FROM indicators_findingtotal")[0][0]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(_findings(self.known))


def overview(selection: Selection, state: Mapping[str, Any]) -> Overview | None:
    """The overview of a year; None without any plan. All that it tells of is read in at most thirteen
    queries, and two more in a year for which something is not computed."""
    years = held(state, "years of plans", lambda: years_of(Plan.objects.filter(_STATES_SOMETHING)))
    if not years:
        if selection.page > 1:
            raise Http404("还没有规划，只有第 1 页")
        return None
    year = year_shown(years, selection.year)
    chosen = replace(selection, year=year)
    totals = _totals()
    indicators = _indicators(state, selection.dimension)
    places = held(state, "regions with plans", lambda: _places(state))
    pages = pages_of(chosen, _blocks(indicators) * max(-(-len(places) // REGIONS_PER_PAGE), 1))
    across, down = divmod(selection.page - 1, _blocks(indicators))
    return Overview(
        selection=chosen,
        known=catalogue(state),
        planned=planned(state),
        is_any_stale=bool(state["stale_since"]),
        years=tuple(choice(chosen, "/", str(one), year=one) for one in years),
        whole=_whole(totals, year),
        by_year=tuple(_by_year(totals)),
        pages=pages,
        places=places[across * REGIONS_PER_PAGE : (across + 1) * REGIONS_PER_PAGE],
        indicators=tuple(indicators[down * ROWS_PER_PAGE : (down + 1) * ROWS_PER_PAGE]),
    )


_STATES_SOMETHING = Exists(PlanIndicator.objects.filter(plan=OuterRef("pk")))


def _places(state: Mapping[str, Any]) -> tuple[Place, ...]:
    """The regions for which a plan sets something, by code."""
    known = planned(state)
    return tuple(place for place in catalogue(state).regions if place.key in known.of_region)


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


def counted(known: Planned, places: Iterable[Place], year: int) -> dict[int, RegionPlans]:
    """{region: what each of its plans sets and how that stands in a year}, of those for which any does. One query."""
    planning = [place for place in places if place.key in known.of_region]
    if not planning:
        return {}
    scope = Scope.of([place.key for place in planning])
    rows = prepared.rows(
        f"SELECT region_id, plan_id, required, {', '.join(STATUSES)} FROM indicators_yeartally"
        f" WHERE year = %s AND {scope.on('region_id')}",
        [year, *scope.params],
    )
    tallied = {(region, plan): (required, tuple(by_status)) for region, plan, required, *by_status in rows}

    def plan_in_region(share: Share) -> PlanInRegion:
        targets, by_status = tallied.get((share.region.key, share.plan.pk), (0, (0,) * len(STATUSES)))
        is_covered = share.plan.first_year <= year <= share.plan.last_year
        counts = Counts(share.plan_indicators, share.in_table, share.baselines, targets, by_status, is_covered)
        return PlanInRegion(share.plan, counts)

    def in_order(place: Place) -> RegionPlans:
        shares = sorted(known.of_region[place.key], key=lambda share: (share.plan.first_year, share.plan.slug))
        return RegionPlans(place.code, place.name, place.level, tuple(map(plan_in_region, shares)), year)

    return {place.key: in_order(place) for place in planning}


@dataclass(frozen=True)
class Whole:
    """All regions in a year: how many, with how many plans, counted; how many report all, or nothing."""

    regions: int
    plans: int
    complete: int
    silent: int
    total: Counts


_COUNTED = ("year", "regions", "plans", "complete", "silent", "plan_indicators", "in_table", "baselines", "required", *STATUSES)
Total = namedtuple("Total", _COUNTED)


def _totals() -> dict[int, Total]:
    """{year: all regions and plans in it}; 0 for whatever the year."""
    return {row[0]: Total(*row) for row in prepared.rows(f"SELECT {', '.join(_COUNTED)} FROM indicators_yeartotal")}


def _whole(totals: Mapping[int, Total], year: int) -> Whole:
    one = totals.get(year) or totals.get(0) or Total(*[0] * len(_COUNTED))
    statuses = tuple(getattr(one, status) for status in STATUSES)
    total = Counts(one.plan_indicators, one.in_table, one.baselines, one.required, statuses, is_covered=True)
    return Whole(one.regions, one.plans, one.complete, one.silent, total)


def _least(year: int, known: Catalogue) -> tuple[Reporting, ...]:
    """The regions that lack most of what is due."""
    rows = prepared.rows("SELECT region_id, due, missing FROM indicators_leastreported WHERE year = %s", [year])
    found = ((known.region_of[key], due, missing) for key, due, missing in rows)
    least = (Reporting(year, due, due - missing, place.code, place.name) for place, due, missing in found)
    return tuple(sorted(least, key=lambda one: (-one.missing, one.region)))


def _by_year(totals: Mapping[int, Total]) -> list[Reporting]:
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


def _standings(page: Overview) -> tuple[Standing, ...]:
    """Those of the matrix, the latest plan of a region last."""
    regions, indicators = page.places[: len(page.columns)], page.indicators
    if not regions or not indicators:
        return ()
    of_regions, of_indicators = Scope.of([one.key for one in regions]), Scope.of([one.key for one in indicators])
    where = f"{of_regions.on('s.region_id')} AND {of_indicators.on('s.indicator_id')}"
    found = page.listed(where, [*of_regions.params, *of_indicators.params], standing.OWN_FIELDS)
    return tuple(sorted(found, key=lambda one: (one.region, one.first_year, one.plan)))


_LATE = "g.r NULLS LAST, g.attainment NULLS LAST, g.plan_indicator_id"


def _late(year: int) -> tuple[Urgent, ...]:
    """Those that made the smallest part of the way that was due."""
    return _urgent(f"g.status IN ('{Status.BEHIND}', '{Status.REVERSED}')", _LATE, year)


def _open(year: int) -> tuple[Urgent, ...]:
    """Targets that are open: the first of every plan rather than all of one."""
    is_open = f"g.status IN ('{Status.NO_DATA}', '{Status.NOT_DUE}') AND g.required IS NOT NULL"
    return _urgent(is_open, "p.position, p.id", year, "JOIN indicators_planindicator p ON p.id = g.plan_indicator_id")


def _urgent(condition: str, order: str, year: int, join: str = "") -> tuple[Urgent, ...]:
    """The first of a nation's hundreds of thousands, from an index, before anything else of them is read."""
    sql = f"""
        SELECT g.plan_indicator_id, g.region_id, g.indicator_id FROM indicators_progress g {join}
        WHERE g.year = %s AND {condition} ORDER BY {order} LIMIT {MOST}
    """
    return tuple(map(Urgent._make, prepared.rows(sql, [year])))


def _updates(known: Catalogue) -> Iterator[Update]:
    """The last changes that everyone sees. Chosen before anything is joined; names are known."""
    rows = prepared.rows(
        f"""
        SELECT v.at, s.region_id, s.indicator_id, v.year, v.old_value, v.old_not_applicable, v.new_value, v.new_not_applicable,
            v.act, v.through, EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.series_id = v.series_id)
        FROM (
            SELECT * FROM indicators_revision WHERE act IN ({_PUBLIC}) ORDER BY id DESC LIMIT {MOST}
        ) v JOIN indicators_series s ON s.id = v.series_id ORDER BY v.id DESC
        """
    )
    for at, region_id, indicator_id, year, *values, act, through, has_plan in rows:
        place, thing = known.region_of[region_id], known.indicator_of[indicator_id]
        before, after = (
            "不适用" if not_applicable else wording.in_unit(value, thing.unit, thing.unit, thing.decimals)
            for value, not_applicable in (values[:2], values[2:])
        )
        yield Update(
            frames.read_moment(at), place.code, place.name, thing.code, thing.name, thing.unit, year,
            before, after, Act(act).label, Through(through).label, bool(has_plan),
        )  # fmt: skip


def _findings(known: Catalogue) -> Iterator[Finding]:
    """The first few, warnings before notices, the latest first; one word with two definitions only where nothing else is left.

    Many are of that kind, and each is told from both ends.
    """
    rows = _first_findings("code <> %s", MOST)
    if len(rows) < MOST:
        rows += _first_findings("code = %s", MOST - len(rows))
    for sentence, severity, region_id, indicator_id, has_plan in rows:
        path = standing.plan_indicator_path(known.region_of[region_id].code, known.indicator_of[indicator_id].code)
        yield Finding(sentence, Severity(severity).label, path if has_plan else "")


def _first_findings(condition: str, most: int) -> list[tuple]:
    return prepared.rows(
        f"""
        SELECT f.sentence, f.severity, s.region_id, s.indicator_id,
            EXISTS (SELECT 1 FROM indicators_planindicator p WHERE p.series_id = f.series_id)
        FROM (
            SELECT * FROM indicators_qualityfinding WHERE {condition} ORDER BY severity DESC, id DESC LIMIT {most}
        ) f
        JOIN indicators_series s ON s.id = f.series_id ORDER BY f.severity DESC, f.id DESC
        """,
        [Check.TWO_DEFINITIONS.value],
    )
