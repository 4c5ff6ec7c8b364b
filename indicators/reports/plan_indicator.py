"""One plan indicator over the years: where it stands, what the plan sets, what was recorded, and where all that comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from indicators import prepared, progress
from indicators.calculation import methods, numbers, wording
from indicators.calculation.assessment import FIGURES
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import Direction, Measure, Severity, TargetKind
from indicators.calculation.wording import NOTHING
from indicators.frames import Table
from indicators.models import Amendment, Indicator, Interim, Plan, PlanIndicator, Series
from indicators.reports import drawn, history
from indicators.reports.catalogue import Place, catalogue
from indicators.reports.history import Link
from indicators.reports.indicator import definitions
from indicators.reports.planned import Planned, planned
from indicators.reports.sentences import LEVELS, is_final, sentence
from indicators.reports.standing import VALUES, Standing, plan_indicator_path
from indicators.reports.stated import grouped, in_printed_unit, percent, target_text
from indicators.reports.tracked import stale
from indicators.reports.years import Row, Said, Target, is_listed, plan_targets, said_of, web, years_of
from regions.models import Region

LATEST_REVISIONS = 5
# What most plan indicators do not have is asked for only where it is.
_HAS = {
    "has_amendments": "SELECT 1 FROM indicators_amendment o WHERE o.plan_indicator_id = p.id",
    "has_statements": "SELECT 1 FROM indicators_statement o WHERE o.series_id = p.series_id",
    "has_interims": "SELECT 1 FROM indicators_interim o WHERE o.series_id = p.series_id",
    "has_findings": "SELECT 1 FROM indicators_qualityfinding o WHERE o.series_id = p.series_id",
}


# What the page is made of


@dataclass(frozen=True)
class Published:
    """An interim figure, as it was published."""

    interim: Interim
    period: str
    exact: Decimal  # in the printed unit

    @property
    def value(self) -> str:
        return grouped(self.exact)

    @property
    def address(self) -> str:
        return web(self.interim.source_url)


@dataclass(frozen=True)
class Amended:
    """A target that a later document changed: what the plan said, what it became, each as plans write it."""

    amendment: Amendment
    old: str
    new: str
    value: float | None  # of the old one, in the printed unit, where a chart can show it
    words: str  # of the old one, without its unit

    @property
    def year(self) -> int:
        return self.amendment.year


class Finding(NamedTuple):
    code: str
    level: str
    sentence: str

    @property
    def word(self) -> str:
        return _CHECKS.get(self.code, self.code)

    @property
    def severity(self) -> str:
        return Severity(self.level).label


_CHECKS = {check.value: check.label for check in Check}


@dataclass(frozen=True)
class Related:
    """An indicator of the same subject that is counted otherwise; the region, where one of its plans has it."""

    indicator: Indicator
    region: str

    @property
    def address(self) -> str:
        return plan_indicator_path(self.region, self.indicator.code) if self.region else ""


@dataclass(frozen=True)
class Worked:
    name: str
    label: str
    text: str


class Column(NamedTuple):
    """A column of the table of years; `unit` is blank where its figures carry their own."""

    name: str
    heading: str
    unit: str


# Column -> its heading, and the figures of a year's standing that fill it.
_TABLE_OF_YEARS = {
    "required": ("目标", ("required",)),
    "expected": ("预期", ("expected",)),
    "actual": ("实际", ("actual",)),
    "gap": ("差距", ("gap", "gap_final")),
    "attainment": ("达成率", ("attainment", "attainment_final")),
    "yoy": ("同比", ("yoy",)),
    "cagr": ("年均增长", ("cagr",)),
    "completion": ("完成进度", ("completion",)),
    "elapsed": ("序时进度", ("elapsed",)),
}
_ALWAYS = ("required", "actual")


@dataclass(frozen=True)
class PlanIndicatorPage:
    """Everything that the page of one plan indicator shows; `row` is the year that is asked for."""

    one: PlanIndicator
    others: tuple[Plan, ...]  # all plans that state it, the one shown among them
    rows: tuple[Row, ...]
    row: Row
    targets: tuple[Target, ...]
    interims: tuple[Published, ...]
    statements: tuple[Said, ...]
    findings: tuple[Finding, ...]
    revisions: tuple[history.Change, ...]
    has_more_revisions: bool
    related: tuple[Related, ...]
    amendments: tuple[Amended, ...] = ()

    @property
    def plan(self) -> Plan:
        return self.one.plan

    @property
    def region(self):
        return self.one.series.region

    @property
    def indicator(self) -> Indicator:
        return self.one.series.indicator

    @property
    def standing(self) -> Standing:
        return self.row.standing

    @cached_property
    def recorded(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.recorded)

    @property
    def latest_with_value(self) -> int | None:
        """The latest year with a value, if the year shown has none."""
        if self.standing.actual is not None:
            return None
        plan_years = range(self.plan.first_year, self.plan.last_year + 1)
        return max(
            (row.year for row in self.recorded if row.year in plan_years and row.standing.actual is not None), default=None
        )

    @property
    def unit(self) -> str:
        """As it follows a number."""
        return wording.after_number(self.one.unit)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Those of the table in which any year has something: a column of dashes would tell nothing."""
        units = {"required": self.one.unit, "expected": self.one.unit, "actual": self.one.unit, "gap": self.difference_unit}
        return tuple(
            Column(name, heading, units.get(name, ""))
            for name, (heading, figures) in _TABLE_OF_YEARS.items()
            if name in _ALWAYS or any(row.fills(name, figures) for row in self.rows)
        )

    @property
    def columns_left_out(self) -> tuple[str, ...]:
        shown = {column.name for column in self.columns}
        return tuple(heading for name, (heading, _) in _TABLE_OF_YEARS.items() if name not in shown)

    @property
    def target_places(self) -> list[tuple[str, str]]:
        """Where targets stand in the plan, years that follow each other and stand in one place together."""
        places: list[tuple[list[int], str]] = []
        for target in self.targets:
            if places and places[-1] == (places[-1][0], target.locator) and places[-1][0][-1] == target.year - 1:
                places[-1][0].append(target.year)
            else:
                places.append(([target.year], target.locator))
        return [(f"{years[0]}—{years[-1]} 年" if len(years) > 1 else f"{years[0]} 年", place) for years, place in places]

    @property
    def has_gaps(self) -> bool:
        return any(column.name == "gap" for column in self.columns)

    @property
    def difference_unit(self) -> str:
        return "个百分点" if self.one.unit == "%" else self.one.unit

    @property
    def locator(self) -> str:
        """Where the plan names the indicator, if that is not where its targets stand."""
        return "" if any(target.locator == self.one.locator for target in self.targets) else self.one.locator

    @property
    def measure(self) -> str:
        return Measure(self.indicator.measure).label

    @property
    def direction(self) -> str:
        return Direction(self.indicator.direction).label

    @cached_property
    def sentence(self) -> str:
        return sentence(self.row, self.final)

    @cached_property
    def final(self) -> Row | None:
        """The row of the plan's last year, where its target is what the whole plan aims at."""
        return next((row for row in self.rows if row.year == self.plan.last_year and is_final(row)), None)

    @property
    def printed_growth(self) -> str:
        """The 增幅 that the plan prints, with the digits it has."""
        return "" if self.one.printed_growth is None else percent(self.one.printed_growth)

    @property
    def planned_growth(self) -> str:
        """The same recomputed from baseline and final target, or why that cannot be."""
        return self._of_last("planned_growth")

    @property
    def planned_cagr(self) -> str:
        return self._of_last("planned_cagr")

    def _of_last(self, name: str) -> str:
        last = next((row.standing for row in reversed(self.rows) if row.is_computed), None)
        if last is None:
            return NOTHING
        return last.shown(name) if getattr(last, name) is not None else f"{NOTHING}（{last.why(name)}）"

    @cached_property
    def chart(self) -> drawn.Chart | None:
        return drawn.over_years(self)

    @cached_property
    def smaller_charts(self) -> tuple[drawn.Chart, ...]:
        """同比, and progress against time, as far as there is something to draw."""
        return tuple(chart for chart in (drawn.changes(self), drawn.progress_against_time(self)) if chart)

    def address(self, **parameters: Any) -> str:
        """The address of this page; the plan is named where there are several."""
        if len(self.others) > 1:
            parameters = {"plan": self.plan.slug, **parameters}
        path = plan_indicator_path(self.region.code, self.indicator.code)
        return f"{path}?{urlencode(parameters)}" if parameters else path

    @property
    def years(self) -> list[Link]:
        return [Link(str(row.year), self.address(year=row.year), row.year == self.row.year) for row in self.rows]

    @property
    def plans(self) -> list[Link]:
        return [Link(plan.title, self.address(plan=plan.slug), plan == self.plan) for plan in self.others]

    @property
    def with_value_address(self) -> str:
        return self.address(year=self.latest_with_value)

    @property
    def latest_value(self) -> str:
        """The value of that year with its unit."""
        row = next(row for row in self.rows if row.year == self.latest_with_value)
        return f"{row.standing.shown('actual')}{self.unit}"

    @property
    def history_address(self) -> str:
        return history.address(self.one.series)

    @cached_property
    def worked(self) -> tuple[Worked, ...]:
        """Each figure's formula with the numbers of the year shown; nothing while they are computed again."""
        if not self.row.is_computed or self.standing.is_stale:
            return ()
        row = _for_formulas(self.row, self.rows)
        return tuple(Worked(name, label, methods.worked(name, row)) for name, label in methods.LABELS.items())


# Building it


def plan_indicator(
    region: str, indicator: str, plan: str = "", year: int | None = None, state: Mapping[str, Any] | None = None
) -> PlanIndicatorPage | None:
    """A region's indicator as one plan states it: the plan named, else the one whose last year is latest.

    None where no such plan states it. Five to ten queries, however many years and plans there are.
    """
    state = state or progress.state_of_data()
    place, defined, known = catalogue(state).by_code.get(region), definitions(state), planned(state)
    stated = _stated(place, defined[indicator], known) if place and indicator in defined else []
    one = next((one for one in stated if not plan or one.plan.slug == plan), None)
    if one is None:
        return None
    statements = said_of(one) if one.has_statements else ()
    targets = plan_targets(one, known)
    rows = years_of(one, targets, statements, year := year or default_year(one.plan))
    changes = history.latest(one.series, LATEST_REVISIONS + 1, unit=one.unit)
    return PlanIndicatorPage(
        one=one,
        others=tuple(other.plan for other in stated),
        rows=tuple(row for row in rows.values() if is_listed(row)),
        row=rows[year],
        targets=targets,
        interims=_published(one) if one.has_interims else (),
        statements=statements,
        findings=_findings(one) if one.has_findings else (),
        revisions=tuple(changes[:LATEST_REVISIONS]),
        has_more_revisions=len(changes) > LATEST_REVISIONS,
        related=_related(one, defined),
        amendments=_amendments(one, rows[year].standing) if one.has_amendments else (),
    )


def _stated(place: Place, indicator: Indicator, known: Planned) -> list[PlanIndicator]:
    """The plan indicators of a region and an indicator, that of the latest plan first. One query, of two tables: the others
    that it needs are in memory."""
    flags = ", ".join(f"EXISTS ({having}) AS {name}" for name, having in _HAS.items())
    found = PlanIndicator.objects.raw(
        f"""
        SELECT p.*, {stale("p.series_id")} AS is_stale, {flags}
        FROM indicators_planindicator p JOIN indicators_series s ON s.id = p.series_id
        WHERE s.region_id = %s AND s.indicator_id = %s
        """,
        [place.key, indicator.pk],
    )
    region = Region(id=place.key, code=place.code, name=place.name, level=place.level)
    stated = []
    for one in found:
        if about := known.about_plans.get(one.plan_id):  # else the plan came in while this page was made
            one.plan = known.plans[about["plan"]]
            one.series = Series(id=one.series_id, region=region, indicator=indicator)
            stated.append(one)
    return sorted(stated, key=lambda one: (-one.plan.last_year, -one.plan.first_year, one.plan.slug))


def default_year(plan: Plan) -> int:
    """The latest year that is over, if the plan covers it, else the plan's last."""
    over = progress.today().year - 1
    return over if plan.first_year <= over <= plan.last_year else plan.last_year


def _published(one: PlanIndicator) -> tuple[Published, ...]:
    def period(row: Interim) -> str:
        return wording.period(row.period_start, row.period_end, is_latest_possible_day=row.is_latest_possible_day)

    base = one.series.indicator.unit
    return tuple(
        Published(row, period(row), numbers.to_printed(row.value, one.unit, base))
        for row in Interim.objects.filter(series=one.series).order_by("period_end", "period_start")
    )


def _amendments(one: PlanIndicator, standing: Standing) -> tuple[Amended, ...]:
    """In the order in which they were made."""
    found = []
    for row in Amendment.objects.filter(plan_indicator=one).order_by("year", "issued_on", "pk"):
        old = Target(row.year, row.old_kind, row.old_lower, row.old_upper)
        new = Target(row.year, row.new_kind, row.new_lower, row.new_upper)
        bound = row.old_upper if row.old_lower is None else row.old_lower
        value = in_printed_unit(bound, standing) if row.old_kind in _DRAWN_WHEN_AMENDED else None
        words = target_text(old, standing) if old.kind else ""
        found.append(Amended(row, _amended_text(old, standing), _amended_text(new, standing), value, words))
    return tuple(found)


_DRAWN_WHEN_AMENDED = (TargetKind.AT_LEAST, TargetKind.AT_MOST, TargetKind.RANGE)


def _amended_text(target: Target, standing: Standing) -> str:
    """A target as plans write it, with its unit; blank for none. Which region it was to exceed is not kept."""
    if not target.kind:
        return ""
    kind = TargetKind(target.kind)
    if kind == TargetKind.ABOVE_REGION:
        return kind.label
    words, unit = target_text(target, standing), wording.after_number(standing.unit)
    if kind == TargetKind.AT_MOST:
        return f"{words.removesuffix(' 以内')}{unit}以内"
    return f"{words}{unit}" if kind in LEVELS else words


def _findings(one: PlanIndicator) -> tuple[Finding, ...]:
    rows = prepared.rows(
        "SELECT code, severity, sentence FROM indicators_qualityfinding"
        " WHERE series_id = %s AND (plan_indicator_id IS NULL OR plan_indicator_id = %s) ORDER BY severity DESC, year, id",
        [one.series_id, one.pk],
    )
    return tuple(map(Finding._make, rows))


def _related(one: PlanIndicator, defined: Mapping[str, Indicator]) -> tuple[Related, ...]:
    indicator, region = one.series.indicator, one.series.region
    tied = [
        other
        for other in defined.values()
        if (other.same_subject_id == indicator.pk or other.pk == indicator.same_subject_id) and other.pk != indicator.pk
    ]
    if not tied:
        return ()
    here = PlanIndicator.objects.filter(series__indicator__in=tied, series__region=region)
    planned_here = set(here.values_list("series__indicator", flat=True))
    return tuple(
        Related(other, region.code if other.pk in planned_here else "") for other in sorted(tied, key=lambda other: other.code)
    )


# Formulas


def _for_formulas(row: Row, rows: Iterable[Row]) -> dict[str, Any]:
    """What `methods.worked` reads: values in the printed unit."""
    one = row.standing

    def printed(value: Any) -> float | None:
        return in_printed_unit(value, one)

    target = row.ruling
    as_given = _share if target and TargetKind(target.kind).is_growth else printed
    return {
        **{name: printed(getattr(one, name)) if name in VALUES else getattr(one, name) for name in FIGURES},
        "kind": target.kind if target else None,
        "lower": as_given(target.lower) if target else None,
        "upper": as_given(target.upper) if target else None,
        "met": one.met,
        "reasons": one.reasons,
        "year": one.year,
        "first_year": one.first_year,
        "last_year": one.last_year,
        "measure": one.measure,
        "direction": one.direction,
        "unit": one.unit,
        "baseline_year": one.baseline_year,
        "baseline_value": printed(one.baseline_value),
        "targets": {other.year: printed(other.standing.required) for other in rows if other.is_computed},
        "own": printed(row.recorded.value) if row.recorded else None,
        "previous": printed(row.previous),
    }


# As a file

_COLUMNS = [
    "plan", "region", "indicator", "name", "year", "unit", "baseline_year", "baseline_value", "target_kind", "target_lower",
    "target_upper", "target_reference_region", *FIGURES, "met", "status", "status_word", "reasons", "not_applicable", "stale",
    "source", "source_url",
]  # fmt: skip


def table(page: PlanIndicatorPage) -> Table:
    """The table of the page: values in the printed unit, ratios as fractions, a reason code for each empty figure."""
    name = f"{page.region.code}-{page.indicator.code}-{page.plan.slug}"
    return Table(_COLUMNS, [_file_row(row, page.one) for row in page.rows], name)


def _file_row(row: Row, one: PlanIndicator) -> tuple:
    standing, target, recorded = row.standing, row.target, row.recorded
    bounds = [None, None]
    if target:
        is_share = TargetKind(target.kind).is_growth
        bounds = [_share(bound) if is_share else in_printed_unit(bound, standing) for bound in (target.lower, target.upper)]
    return (
        one.plan.slug,
        standing.region,
        standing.indicator,
        one.name,
        row.year,
        one.unit,
        one.baseline_year,
        in_printed_unit(one.baseline_value, standing),
        target.kind if target else None,
        *bounds,
        target.reference_code if target else None,
        *(
            in_printed_unit(getattr(standing, name), standing) if name in VALUES else getattr(standing, name)
            for name in FIGURES
        ),
        standing.met,
        standing.status,
        row.sign.word,
        " ".join(f"{name}:{code}" for name, code in standing.reasons.items()),
        bool(recorded and recorded.not_applicable),
        standing.is_stale,
        recorded.source if recorded else "",
        recorded.source_url if recorded else "",
    )


def _share(value):
    return None if value is None else float(value)
