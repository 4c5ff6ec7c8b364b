"""The history of a figure: what stood, what was put in its place, by whom and why. Drafts and reviews are no part of it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import InvalidPage, Page, Paginator
from django.urls import reverse

from indicators.calculation import numbers
from indicators.calculation.vocabulary import Act, Through
from indicators.calculation.wording import NOTHING
from indicators.frames import Table
from indicators.models import PlanIndicator, Revision, Series
from indicators.permissions import BUNDLED
from indicators.reports.stated import grouped

ROWS_PER_PAGE = 100
# What moved the public value. Entering, submitting and returning happen before there is one.
IN_FORCE = (Act.APPROVE, Act.CORRECT, Act.WITHDRAW)


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

    @property
    def act(self) -> str:
        return Act(self.revision.act).label

    @property
    def is_first(self) -> bool:
        """Whether there was nothing before, so that no reason was asked for."""
        return self.revision.old_value is None and not self.revision.old_not_applicable

    @property
    def through(self) -> str:
        return Through(self.revision.through).label

    @property
    def by(self) -> str:
        """The person's name. A login name is nobody's business."""
        person = self.revision.by
        return Through.BUNDLED.label if person.username == BUNDLED else person.full_name or "未登记姓名"


@dataclass(frozen=True)
class HistoryPage:
    """The changes of one series, newest first; `years` are all that have any."""

    series: Series
    year: int | None
    years: tuple[int, ...]
    changes: tuple[Change, ...]
    page: Page
    is_planned: bool  # some plan states it: there is a page to go back to

    def address(self, **parameters) -> str:
        return address(self.series, **({"year": self.year} if self.year else {}), **parameters)

    @property
    def links(self) -> list[Link]:
        every = Link("全部", address(self.series), self.year is None)
        return [every, *(Link(str(year), address(self.series, year=year), year == self.year) for year in self.years)]

    @property
    def previous_address(self) -> str:
        return self.address(page=self.page.previous_page_number())

    @property
    def next_address(self) -> str:
        return self.address(page=self.page.next_page_number())

    @property
    def downloads(self) -> dict[str, str]:
        return {kind: self.address(format=kind) for kind in ("csv", "xlsx", "json")}


def address(series: Series, **parameters) -> str:
    """The address of a series' history."""
    named = {"region": series.region.code, "indicator": series.indicator.code, **parameters}
    return f"{reverse('history')}?{urlencode(named)}"


def history(series: Series, year: int | None, number: int) -> HistoryPage | None:
    """A page of changes; None where there is no such page. Four queries."""
    found = _in_force(series)
    years = tuple(found.order_by("-year").values_list("year", flat=True).distinct())
    try:
        page = Paginator(found.filter(year=year) if year else found, ROWS_PER_PAGE).page(number)
    except InvalidPage:
        return None
    changes = tuple(_change(row, series, series.indicator.unit) for row in page.object_list)
    return HistoryPage(series, year, years, changes, page, PlanIndicator.objects.filter(series=series).exists())


def find(regions: tuple[str, ...], indicators: tuple[str, ...]) -> Series | None:
    """The series of one region and one indicator; None where either is unknown, or not one."""
    if len(regions) != 1 or len(indicators) != 1:
        return None
    named = {"region__code": regions[0], "indicator__code": indicators[0]}
    return Series.objects.filter(**named).select_related("region", "indicator").first()


def latest(series: Series, count: int, *, unit: str) -> list[Change]:
    """The last changes of a series, in the unit that is named. One query."""
    return [_change(row, series, unit) for row in _in_force(series)[:count]]


def table(series: Series, year: int | None) -> Table:
    """All changes, or those of a year, in the base unit."""
    found = _in_force(series)
    rows = found.filter(year=year) if year else found
    name = f"history-{series.region.code}-{series.indicator.code}"
    return Table(_COLUMNS, (_file_row(row, series) for row in rows), f"{name}-{year}" if year else name)


_COLUMNS = [
    "region", "indicator", "year", "act", "old_value", "old_not_applicable", "new_value", "new_not_applicable", "unit",
    "reason", "by", "through", "at", "version",
]  # fmt: skip


def _file_row(row: Revision, series: Series) -> tuple:
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
        row.reason,
        change.by,
        change.through,
        row.at.isoformat(),
        row.version,
    )


def _in_force(series: Series):
    return Revision.objects.filter(series=series, act__in=IN_FORCE).select_related("by").order_by("-pk")


def _change(row: Revision, series: Series, unit: str) -> Change:
    def shown(value, not_applicable):
        if value is None:
            return "不适用" if not_applicable else NOTHING
        return grouped(numbers.to_printed(value, unit, series.indicator.unit))

    return Change(row, shown(row.old_value, row.old_not_applicable), shown(row.new_value, row.new_not_applicable))


def _number(value):
    return None if value is None else float(value)
