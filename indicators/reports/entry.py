"""The entry grid of a region and year: a row per indicator that is due or has figures, with what stands and what was typed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Count, Q

from indicators import forms, progress, workflow
from indicators.calculation import numbers, wording
from indicators.calculation.vocabulary import Measure, Word
from indicators.models import Actual, Entry, Evidence, Indicator, Series
from indicators.permissions import lock_of, lock_refusal
from indicators.reports import standing, stated
from indicators.reports.standing import DIMENSIONS, Standing
from regions.models import Assignment

MOST_ROWS = 2000
# The rows of a plan's table first, then the goals of its text, each in the order of the document.
ORDER = "q.slug, CASE WHEN p.number = '' AND p.category = '' THEN 1 ELSE 0 END, p.position, p.id"
NOT_IN_PLAN = "不在规划指标之内"
NO_TARGET = "规划没有定目标"


class RowState(Word):
    """Where a year's figure stands for those who enter it; an open proposal tells more than what is in force."""

    RETURNED = "returned", "已退回"
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审核"
    APPROVED = "approved", "已生效"
    MISSING = "missing", "未填报"

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self][0]

    @property
    def style(self) -> str:
        return _SYMBOLS[self][1]


_SYMBOLS = {
    RowState.RETURNED: ("▲", "late"),
    RowState.DRAFT: ("◇", "draft"),
    RowState.SUBMITTED: ("●", "good"),
    RowState.APPROVED: ("✔", "good"),
    RowState.MISSING: ("○", "none"),
}
# The order of the summary sentence.
SUMMED = (RowState.APPROVED, RowState.SUBMITTED, RowState.DRAFT, RowState.RETURNED, RowState.MISSING)


@dataclass(frozen=True)
class Row:
    """An indicator in the year. Figures are in the base unit; texts are in `unit`, the one that the plan prints."""

    region: Any
    year: int
    by: Any
    indicator: Indicator
    series: Series | None
    asked: Standing | None  # the plan indicator whose wording and target the row shows
    also_asked: tuple[Standing, ...]
    target: str
    actual: Actual | None
    entry: Entry | None
    known: Mapping[int, Decimal]  # figures of other years, and the baselines of those that have none
    baselines: frozenset[int]  # which of them are baselines
    evidence: int
    place: int  # among all that plans ask of the region, as they print it
    locked: str  # why nothing can be changed here; blank where it can
    unsaved: forms.Proposal | None = None  # what was refused altogether, so that it stays on the page; `refusal` says why
    refusal: str = ""

    @property
    def code(self) -> str:
        return self.indicator.code

    @property
    def name(self) -> str:
        return self.asked.name if self.asked else self.indicator.name

    @property
    def unit(self) -> str:
        return self.asked.unit if self.asked else self.indicator.unit

    @property
    def is_due(self) -> bool:
        """Whether a plan asks for this year: it lies in its period, and is not the year it starts from."""
        return any(_asks(one, self.year) for one in (self.asked, *self.also_asked) if one)

    # What stands

    @property
    def state(self) -> RowState:
        if self.entry:
            return RowState(self.entry.state)
        return RowState.APPROVED if self.actual else RowState.MISSING

    @property
    def before(self) -> Decimal | None:
        return self.known.get(self.year - 1)

    @property
    def before_text(self) -> str:
        return self.shown(self.before)

    @property
    def before_is_baseline(self) -> bool:
        return self.year - 1 in self.baselines

    @property
    def earlier(self) -> tuple[int, str] | None:
        """The last figure there is, where the year before has none: named with its year, never put in its place."""
        year = max((year for year in self.known if year < self.year - 1), default=None)
        return (year, self.shown(self.known[year])) if self.before is None and year else None

    @property
    def actual_text(self) -> str:
        if self.actual is None:
            return wording.NOTHING
        return forms.NOT_APPLICABLE if self.actual.not_applicable else self.shown(self.actual.value)

    @property
    def actual_source(self) -> str:
        return forms.joined_source(self.actual.source, self.actual.source_url) if self.actual else ""

    @property
    def actual_raw(self) -> str:
        return (
            f"{numbers.plain(self.actual.value)} {self.indicator.unit}"
            if self.actual and not self.actual.not_applicable
            else ""
        )

    def shown(self, value) -> str:
        return wording.in_unit(value, self.unit, self.indicator.unit, self.indicator.decimals)

    # What was typed

    @property
    def is_others(self) -> bool:
        return self.entry is not None and self.entry.entered_by_id != self.by.pk

    @property
    def is_open(self) -> bool:
        """Whether this person may type here."""
        return not self.locked and not self.is_others

    @property
    def typed(self) -> str:
        return self.unsaved.typed if self.unsaved else _typed(self.entry, self.unit, self.indicator.unit)

    @property
    def source(self) -> str:
        """Of the proposal; else of what is in force, so that a correction keeps it unless somebody changes it."""
        if self.unsaved:
            return self.unsaved.source
        row = self.entry or self.actual
        return forms.joined_source(row.source, row.source_url) if row else ""

    @property
    def note(self) -> str:
        if self.unsaved:
            return self.unsaved.note
        return self.entry.note if self.entry else ""

    @property
    def version(self) -> int:
        return self.entry.version if self.entry else 0

    @property
    def actual_version(self) -> int:
        return self.actual.version if self.actual else 0

    @property
    def stamp(self) -> str:
        """What the plain form brings back: the versions it was made from, and whether anything was typed since."""
        return f"{self.version}.{self.actual_version}.{forms.mark_of(self.typed, self.source, self.note)}"

    @property
    def seen_version(self) -> int:
        """Of the figure in force that the typed one was put against."""
        return self.entry.seen_version if self.entry and not self.is_others else self.actual_version

    @cached_property
    def cell(self) -> forms.Cell:
        """How the typed text is understood; of proposals through other entrances what they carry."""
        entry = self.entry
        if entry is None:
            return forms.Cell()
        read = forms.read_cell(entry.as_typed, unit=self.unit, indicator=self.indicator)
        if read.error and entry.value is None and not entry.not_applicable and not entry.clears:
            return read
        echo = read.echo if read.value == entry.value else ""
        return forms.Cell(entry.as_typed, entry.value, entry.not_applicable, entry.clears, echo)

    @property
    def change(self) -> str:
        """Of what was typed against the year before, else of what is in force."""
        value = self.cell.value if self.entry else self.actual.value if self.actual else None
        return change_text(value, self.before, self.indicator)

    # What is to be said about it

    @cached_property
    def warnings(self) -> list[str]:
        if self.entry is None or self.series is None:
            return []
        return workflow.warnings(self.series, self.year, self.cell.value, self.known)

    @property
    def is_overtaken(self) -> bool:
        """Whether what is in force was changed after this was typed."""
        return self.entry is not None and not self.is_others and self.entry.seen_version != self.actual_version

    @property
    def conflict(self) -> str:
        if not self.is_overtaken:
            return ""
        now = f"现在是 {self.actual_text}（第 {self.actual_version} 版）" if self.actual else "现在没有数值"
        return f"您填报之后，已生效的数值有了变动，{now}；请选用哪一个"

    @property
    def is_correction(self) -> bool:
        if self.actual is None or self.entry is None:
            return False
        return self.cell.clears or (self.cell.value, self.cell.not_applicable) != (
            self.actual.value,
            self.actual.not_applicable,
        )

    @property
    def wanted_note(self) -> str:
        """Why a note must be written before this is submitted; blank where there is one, or none is needed."""
        if self.entry is None or self.is_others or self.note:
            return ""
        if self.cell.clears:
            return "清除已生效的数值，须在备注里写明理由"
        if self.is_correction:
            return f"与已生效的 {self.actual_text} 不同，须在备注里写明更正的理由"
        return "数值确实如此的话，请在备注里说明" if self.warnings else ""

    @property
    def obstacle(self) -> str:
        """What keeps the proposal from being submitted; blank when it is ready."""
        if self.entry is None or self.state == RowState.SUBMITTED:
            return ""
        if self.locked:
            return self.locked
        if self.is_others:
            return self.others_sentence
        if self.cell.error:
            return self.cell.error
        if not self.cell.says_something:
            return "还没有填数值"
        if self.is_overtaken:
            return self.conflict
        if self.cell.clears and self.actual is None:
            return "这一格没有已生效的数值，不需要清除"
        if self.actual and not self.is_correction and self.source == self.actual_source:
            return "与已生效的数值相同，不必提交"
        if self.wanted_note:
            return "；".join([*self.warnings, self.wanted_note])
        return ""

    @property
    def others_sentence(self) -> str:
        entry = self.entry
        return f"“{entry.entered_by}”已填 {self.typed or '备注'}（{RowState(entry.state).label}），要由其本人改动或撤销"

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What stands under the row: (kind, sentence); kinds are locked, other, conflict, returned, error, warning."""
        if self.refusal:
            return [("error", self.refusal)]
        if self.is_others:
            return [("other", self.others_sentence)]
        said = [("conflict", self.conflict)] if self.conflict else []
        if self.state == RowState.RETURNED and self.entry:
            said.append(("returned", f"退回理由：{self.entry.returned_because}"))
        if self.cell.error:
            said.append(("error", self.cell.error))
        if self.warnings or self.wanted_note:
            said.append(("warning", "；".join(filter(None, [*self.warnings, self.wanted_note]))))
        return said

    @property
    def has_error(self) -> bool:
        return any(kind in ("error", "conflict") for kind, _ in self.remarks)


@dataclass(frozen=True)
class Group:
    """Rows under one heading, which says what they have in common."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Grid:
    """All rows of a region and year."""

    region: Any
    year: int
    groups: tuple[Group, ...]
    lock: Any  # None where the year is open
    locked: str  # why this person cannot write; blank where they can, a lock notwithstanding
    managers: tuple[Any, ...]  # who can open the year
    unlisted: tuple[Indicator, ...]
    is_over: bool

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for group in self.groups for row in group.rows)

    def with_unsaved(self, refused: Mapping[str, tuple[forms.Proposal, str]]) -> "Grid":
        """The same grid with what was refused still in its cells."""

        def kept(row: Row) -> Row:
            proposal, reason = refused.get(row.code, (None, ""))
            return replace(row, unsaved=proposal, refusal=reason) if proposal else row

        return replace(self, groups=tuple(Group(group.heading, tuple(map(kept, group.rows))) for group in self.groups))

    @property
    def problems(self) -> list[tuple[Row, str]]:
        """The rows in which something is wrong, each with its first sentence."""
        return [(row, row.remarks[0][1]) for row in self.rows if row.has_error]

    @property
    def due(self) -> int:
        return sum(row.is_due for row in self.rows)

    @cached_property
    def counts(self) -> list[tuple[RowState, int]]:
        """How many due rows are in each state; the states of the others are told by `beside`."""
        found = Counter(row.state for row in self.rows if row.is_due)
        return [(state, found[state]) for state in SUMMED]

    @property
    def beside(self) -> int:
        """Rows that no plan asks for and that hold something nonetheless."""
        return sum(not row.is_due and row.state != RowState.MISSING for row in self.rows)

    @property
    def drafts(self) -> int:
        return sum(row.state in (RowState.DRAFT, RowState.RETURNED) and not row.is_others for row in self.rows)


def grid(region, year, *, by, view="", added=()) -> Grid:
    """The grid in the order of the plans, or by dimension; `added` are codes of indicators not listed by themselves."""
    locked = lock_refusal(region, year, by) or ""
    found = rows(region, year, by=by, added=added, locked=locked)
    lock = lock_of(region, year)
    return Grid(
        region=region,
        year=year,
        groups=tuple(_grouped(found, view)),
        lock=lock,
        locked=locked,
        managers=tuple(_managers(region)) if lock else (),
        unlisted=tuple(Indicator.objects.exclude(pk__in=[row.indicator.pk for row in found]).order_by("dimension", "name")),
        is_over=year < progress.today().year,
    )


def rows(region, year, *, by, added=(), only=None, locked="") -> list[Row]:
    """The rows in no order of meaning; with `only` those of the indicators with these codes, listed or not."""
    codes = set(added if only is None else only)
    where, params = "s.region_id = %s", [region.pk]
    if only is not None:
        where += f" AND i.code IN ({', '.join(['%s'] * len(codes)) or 'NULL'})"
        params += sorted(codes)
    asked, places = defaultdict(list), {}
    for one in standing.read(year, where, params, order=ORDER, limit=MOST_ROWS):
        asked[one.indicator].append(one)
        places[one.plan_indicator] = len(places)
    targets = stated.targets_of([one for several in asked.values() for one in several])
    series = _series(region, year, codes, only is not None)
    known, baselines, actuals = _figures(series.values(), asked, year)
    entries = {
        entry.series_id: entry
        for entry in _in_series(Entry, series).filter(year=year).select_related("entered_by", "series__region")
    }
    files = dict(
        _in_series(Evidence, series).filter(year=year, removed_at=None).values_list("series").annotate(count=Count("pk"))
    )
    indicators = {one.indicator.code: one.indicator for one in series.values()}
    indicators |= {one.code: one for one in Indicator.objects.filter(code__in=codes - set(indicators))}
    found = []
    for code, indicator in indicators.items():
        one = series.get(code)
        first, others = _foremost(asked.get(code, []), year)
        found.append(
            Row(
                region=region,
                year=year,
                by=by,
                indicator=indicator,
                series=one,
                asked=first,
                also_asked=others,
                target=_target(first, targets, year),
                actual=actuals.get(one.pk) if one else None,
                entry=entries.get(one.pk) if one else None,
                known=known.get(code, {}),
                baselines=baselines.get(code, frozenset()),
                evidence=files.get(one.pk, 0) if one else 0,
                place=places[first.plan_indicator] if first else 0,
                locked=locked,
            )
        )
    return found


def _asks(one: Standing, year: int) -> bool:
    return one.first_year <= year <= one.last_year and (one.baseline_year is None or year > one.baseline_year)


def _foremost(several: list[Standing], year: int):
    """The plan indicator that a row goes by: of a plan that asks for the year, else of the latest; and the others."""
    ordered = sorted(several, key=lambda one: (not _asks(one, year), -one.last_year, -one.first_year, one.plan))
    return (ordered[0], tuple(ordered[1:])) if ordered else (None, ())


def _target(asked: Standing | None, targets, year: int) -> str:
    if asked is None or not asked.first_year <= year <= asked.last_year:
        return ""
    ruling = stated.ruling(targets.get(asked.plan_indicator, {}), year)
    return stated.target_text(ruling, asked) if ruling else ""


def _series(region, year, codes: Iterable[str], is_narrowed: bool) -> dict[str, Series]:
    """{code: series} of what is listed by itself, and of the codes; all of them in the region."""
    found = Series.objects.filter(region=region).select_related("indicator", "region")
    if is_narrowed:
        return {one.indicator.code: one for one in found.filter(indicator__code__in=codes)}
    listed = (
        Q(plan_indicators__isnull=False) | Q(actuals__year__lte=year) | Q(entries__year=year) | Q(indicator__code__in=codes)
    )
    return {one.indicator.code: one for one in found.filter(listed).distinct()[:MOST_ROWS]}


def _in_series(model, series: Mapping[str, Series]):
    return model.objects.filter(series__in=[one.pk for one in series.values()])


def _figures(series, asked, year):
    """What is recorded of other years by code, which of it are baselines, and the actual of the year by series."""
    codes = {one.pk: one.indicator.code for one in series}
    known: dict[str, dict[int, Decimal]] = defaultdict(dict)
    baselines: dict[str, set[int]] = defaultdict(set)
    actuals = {}
    for actual in Actual.objects.filter(series__in=codes):
        if actual.year == year:
            actuals[actual.series_id] = actual
        elif actual.value is not None:
            known[codes[actual.series_id]][actual.year] = actual.value
    for code, several in asked.items():
        for one in several:
            # What is counted since the plan began starts from 0: the printed baseline is no figure of that year.
            if one.baseline_year not in (None, year, *known[code]) and one.measure != Measure.INCREMENT:
                known[code][one.baseline_year] = Decimal(str(one.baseline_value))
                baselines[code].add(one.baseline_year)
    return known, {code: frozenset(years) for code, years in baselines.items()}, actuals


def _grouped(found: list[Row], view: str):
    if view == "dimension":
        ordered = sorted(found, key=lambda row: (DIMENSIONS[row.indicator.dimension], *_place(row)))
        parts = groupby(ordered, key=lambda row: row.indicator.dimension)
    else:
        ordered = sorted(found, key=_place)
        parts = groupby(ordered, key=_heading)
    for heading, rows_of_part in parts:
        yield Group(heading, tuple(rows_of_part))


def _place(row: Row):
    """As the plan prints it, the goals of its text after its table; what the year does not ask for comes last."""
    return (2 if row.asked is None else not row.is_due, row.place, row.indicator.name)


def _heading(row: Row) -> str:
    if row.asked is None:
        return NOT_IN_PLAN
    return row.asked.plan_title if row.is_due else f"{row.asked.plan_title}（本年不在规划期内，供比较）"


def _managers(region):
    """Who holds the manager's role in the region, directly or from above."""
    above, place = [], region.parent
    while place is not None:
        above.append(place.pk)
        place = place.parent
    held = Q(region=region) | Q(region__in=above, includes_descendants=True)
    found = Assignment.objects.filter(held, role="manager", user__is_active=True).select_related("user").order_by("user_id")
    return dict.fromkeys(one.user for one in found)


def _typed(entry: Entry | None, unit: str, base: str) -> str:
    if entry is None:
        return ""
    if entry.as_typed:
        return entry.as_typed
    if entry.not_applicable:
        return forms.NOT_APPLICABLE
    if entry.clears:
        return forms.CLEARED
    return "" if entry.value is None else numbers.plain(numbers.to_printed(entry.value, unit, base))


def change_text(value: Decimal | None, before: Decimal | None, indicator: Indicator) -> str:
    """A year against the one before in words; — where there is nothing to compare, or the base is not above 0."""
    if value is None or before is None:
        return wording.NOTHING
    if indicator.measure == Measure.RATIO and indicator.unit == "%":
        return wording.change_of_rate(float(value - before))
    return wording.change(float(value / before - 1)) if before > 0 else wording.NOTHING
