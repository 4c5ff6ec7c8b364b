"""The history of a figure: what stood, what was put in its place, by whom and why.

Everyone sees what changed the figures in force; entries, returns and what was discarded are for the region's people only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import InvalidPage, Page, Paginator
from django.urls import reverse

from indicators.calculation import numbers
from indicators.calculation.vocabulary import Act, Through
from indicators.calculation.wording import NOTHING
from indicators.frames import Table
from indicators.models import Actual, PlanIndicator, Revision, Series
from indicators.permissions import BUNDLED
from indicators.reports.stated import grouped
from regions.models import User

ROWS_PER_PAGE = 100
# What moved the public value. Entering, submitting, returning and discarding concern a proposal.
IN_FORCE = tuple(act.value for act in Act if act.is_public)
WITH_ENTRIES = "all"


@dataclass(frozen=True)
class Link:
    """One of several views, and whether it is the one shown."""

    word: str
    address: str
    is_shown: bool


@dataclass(frozen=True)
class Change:
    """A revision of a public value, its values in `unit` with all their digits."""

    revision: Revision
    old: str
    new: str
    unit: str = ""

    @property
    def act(self) -> str:
        return Act(self.revision.act).label

    @property
    def is_first(self) -> bool:
        """Whether there was nothing before, so that no reason was asked for."""
        return self.revision.old_value is None and not self.revision.old_not_applicable

    @property
    def is_public(self) -> bool:
        return Act(self.revision.act).is_public

    @property
    def reason(self) -> str:
        """Why: the reason of the act, else what the proposal notes."""
        return self.revision.reason or ("" if self.is_public else self.revision.note)

    @property
    def through(self) -> str:
        return Through(self.revision.through).label

    @property
    def by(self) -> str:
        """The person's name, or where figures that nobody entered came from. A login name is nobody's business."""
        person = self.revision.by
        if person.username == BUNDLED:
            return Through.DEMO.label if self.revision.through == Through.DEMO else Through.BUNDLED.label
        return person.full_name or "未登记姓名"


@dataclass(frozen=True)
class HistoryPage:
    """The changes of one series, newest first; `years` are all that have any.

    `may_see_entries` tells who is of the region; `view` says whether they asked for what led to the figures too.
    """

    series: Series
    year: int | None
    years: tuple[int, ...]
    changes: tuple[Change, ...]
    page: Page
    is_planned: bool  # some plan states it: there is a page to go back to
    view: str = ""
    may_see_entries: bool = False
    correctable: tuple[int, ...] = ()  # years with a figure in force that the reader may propose to correct

    @property
    def shows_entries(self) -> bool:
        return self.view == WITH_ENTRIES

    @property
    def links(self) -> list[Link]:
        view = {"view": self.view} if self.view else {}
        every = Link("全部", address(self.series, **view), self.year is None)
        return [every, *(Link(str(year), address(self.series, year=year, **view), year == self.year) for year in self.years)]

    @property
    def views(self) -> list[Link]:
        year = {"year": self.year} if self.year else {}
        return [
            Link("只看生效的", address(self.series, **year), not self.shows_entries),
            Link("含填报过程", address(self.series, **year, view=WITH_ENTRIES), self.shows_entries),
        ]

    @property
    def corrections(self) -> list[Link]:
        region, indicator = self.series.region.code, self.series.indicator.code
        return [Link(str(year), reverse("correct", args=[region, year, indicator]), False) for year in self.correctable]


def address(series: Series, **parameters) -> str:
    """The address of a series' history."""
    named = {"region": series.region.code, "indicator": series.indicator.code, **parameters}
    return f"{reverse('history')}?{urlencode(named)}"


def history(
    series: Series, year: int | None, number: int, *, view: str = "", may_see_entries: bool = False, may_enter: bool = False
) -> HistoryPage | None:
    """A page of changes; None where there is no such page. Four queries, five for who may enter."""
    found = _changes(series, with_entries=view == WITH_ENTRIES)
    years = tuple(found.order_by("-year").values_list("year", flat=True).distinct())
    try:
        page = Paginator(found.filter(year=year) if year else found, ROWS_PER_PAGE).page(number)
    except InvalidPage:
        return None
    changes = tuple(_change(row, series, series.indicator.unit) for row in page.object_list)
    correctable = tuple(_years_in_force(series)) if may_enter else ()
    is_planned = PlanIndicator.objects.filter(series=series).exists()
    return HistoryPage(series, year, years, changes, page, is_planned, view, may_see_entries, correctable)


def find(regions: tuple[str, ...], indicators: tuple[str, ...]) -> Series | None:
    """The series of one region and one indicator; None where either is unknown, or not one."""
    if len(regions) != 1 or len(indicators) != 1:
        return None
    named = {"region__code": regions[0], "indicator__code": indicators[0]}
    return Series.objects.filter(**named).select_related("region", "indicator").first()


def latest(series: Series, count: int, *, unit: str) -> list[Change]:
    """The last changes of a series, in the unit that is named. One query, written out for a plan indicator's page."""
    rows = Revision.objects.raw(
        f"""
        SELECT v.*, u.username, u.full_name
        FROM indicators_revision v JOIN regions_user u ON u.id = v.by_id
        WHERE v.series_id = %s AND v.act IN ({", ".join(["%s"] * len(IN_FORCE))}) ORDER BY v.id DESC LIMIT %s
        """,
        [series.pk, *IN_FORCE, count],
    )
    people: dict[int, User] = {}
    for row in rows:
        if row.by_id not in people:
            people[row.by_id] = User(id=row.by_id, username=row.username, full_name=row.full_name)
        row.by = people[row.by_id]
    return [_change(row, series, unit) for row in rows]


def read(rows: Iterable[Revision]) -> tuple[Change, ...]:
    """Revisions of any series, in base units; `series` with region and indicator, and `by`, should be at hand."""
    return tuple(_change(row, row.series, row.series.indicator.unit) for row in rows)


def table(series: Series, year: int | None, *, view: str = "") -> Table:
    """All changes, or those of a year, in the base unit."""
    found = _changes(series, with_entries=view == WITH_ENTRIES)
    rows = found.filter(year=year) if year else found
    name = f"history-{series.region.code}-{series.indicator.code}"
    return Table(COLUMNS, (file_row(row, series) for row in rows), f"{name}-{year}" if year else name)


COLUMNS = [
    "region", "indicator", "year", "act", "old_value", "old_not_applicable", "new_value", "new_not_applicable", "unit",
    "reason", "by", "through", "at", "version",
]  # fmt: skip


def file_row(row: Revision, series: Series) -> tuple:
    """A revision with the columns of COLUMNS, values in the base unit."""
    change = _change(row, series, series.indicator.unit)
    return (
        series.region.code,
        series.indicator.code,
        row.year,
        change.act,
        _number(row.old_value),
        row.old_not_applicable,
        _number(row.new_value),
        row.new_not_applicable,
        series.indicator.unit,
        change.reason,
        change.by,
        change.through,
        row.at.isoformat(),
        row.version,
    )


def _changes(series: Series, *, with_entries: bool = False):
    found = Revision.objects.filter(series=series) if with_entries else Revision.objects.filter(series=series, act__in=IN_FORCE)
    return found.select_related("by").order_by("-pk")


def _years_in_force(series: Series):
    return Actual.objects.filter(series=series).order_by("-year").values_list("year", flat=True)


def _change(row: Revision, series: Series, unit: str) -> Change:
    def shown(value, not_applicable):
        if value is None:
            return "不适用" if not_applicable else NOTHING
        return grouped(numbers.to_printed(value, unit, series.indicator.unit))

    return Change(row, shown(row.old_value, row.old_not_applicable), shown(row.new_value, row.new_not_applicable), unit)


def _number(value):
    return None if value is None else float(value)
