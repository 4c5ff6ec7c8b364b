"""/indicators/: every indicator with its definition, and how many regions plan it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Sum

from indicators.calculation.vocabulary import Dimension, Direction, Measure
from indicators.frames import Table
from indicators.models import Indicator, IndicatorTally
from indicators.reports import names
from indicators.reports.kept import held
from indicators.reports.standing import DIMENSIONS, indicator_path
from indicators.selection import Selection

PER_PAGE = 100


@dataclass(frozen=True)
class Row:
    indicator: Indicator
    region_count: int

    @property
    def address(self) -> str:
        return indicator_path(self.indicator.code)

    @property
    def measure(self) -> str:
        return Measure(self.indicator.measure).label

    @property
    def direction(self) -> str:
        return Direction(self.indicator.direction).label


@dataclass(frozen=True)
class Choice:
    """A dimension to choose, with how many of the indicators asked for it has."""

    word: str
    label: str
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True)
class Indicators:
    total: int
    planned: int
    found: tuple[Row, ...]
    page: Page
    choices: tuple[Choice, ...]
    is_filtered: bool

    @property
    def unplanned(self) -> int:
        return self.total - self.planned

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        return [(word, list(rows)) for word, rows in groupby(self.page.object_list, key=lambda row: row.indicator.dimension)]

    def table(self) -> Table:
        columns = ["代码", "名称", "维度", "口径", "方向", "基本单位", "列入规划的地区数", "同一事项的另一口径", "定义"]
        return Table(
            columns,
            [
                (
                    row.indicator.code,
                    row.indicator.name,
                    row.indicator.dimension,
                    row.measure,
                    row.direction,
                    row.indicator.unit,
                    row.region_count,
                    row.indicator.same_subject.code if row.indicator.same_subject else "",
                    row.indicator.definition,
                )
                for row in self.found
            ],
            "指标目录",
        )


def build(selection: Selection, state: Mapping[str, Any], *, path: str) -> Indicators:
    """The indicators that fit the query, in the order of dimensions; a page beyond the last raises InvalidPage."""
    regions = _count_regions()
    everything = [Row(indicator, regions.get(indicator.pk, 0)) for indicator in held(state, "indicators", _read)]
    wanted = names.terms(selection.query)
    fitting = [row for row in everything if not wanted or _fits(row.indicator, wanted)]
    fitting.sort(key=lambda row: (DIMENSIONS[row.indicator.dimension], row.region_count == 0))
    found = [row for row in fitting if selection.dimension in ("", row.indicator.dimension)]
    return Indicators(
        total=len(everything),
        planned=sum(row.region_count > 0 for row in everything),
        found=tuple(found),
        page=Paginator(found, PER_PAGE).page(selection.page),
        choices=tuple(_choices(fitting, selection, path)),
        is_filtered=bool(selection.dimension or wanted),
    )


def _read() -> list[Indicator]:
    return list(Indicator.objects.select_related("same_subject").order_by("pk"))


def _fits(indicator: Indicator, wanted: list[str]) -> bool:
    return names.match(wanted, indicator.name, indicator.code) is not None or all(
        term in names.plain(indicator.definition) for term in wanted
    )


def _choices(fitting, selection, path):
    words = [("", "全部"), *Dimension.choices()]
    for word, label in words:
        count = sum(word in ("", row.indicator.dimension) for row in fitting)
        yield Choice(word, label, count, selection.address(path, dimension=word), word == selection.dimension)


def _count_regions() -> dict[int, int]:
    """{indicator: number of regions whose plans name it}"""
    counted = IndicatorTally.objects.filter(year=0).order_by().values_list("indicator").annotate(count=Sum("planned"))
    return dict(counted)
