"""What there is to do: for who enters, who reviews, and who asks after what was not reported. Only these see it."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.urls import reverse

from indicators import frames
from indicators.calculation.vocabulary import EntryState, Role
from indicators.frames import Scope, Table
from indicators.models import Entry, Plan, PlanIndicator
from regions import tree
from regions.models import Assignment, Region, User

PER_PAGE = 50
NAMES_SHOWN = 8  # of what a region has not reported, where others are on the page too
RETURNED_SHOWN = 20
REVIEWS_SHOWN = 50
SHORTLIST = 10

# A year of a series is due where a plan covers it: not the baseline's own, which the plan states.
_DUE = """
    indicators_series s
    JOIN indicators_planindicator p ON p.series_id = s.id
    JOIN indicators_plan q ON q.id = p.plan_id
    JOIN ({years}) y ON y.year BETWEEN q.first_year AND q.last_year
        AND (p.baseline_year IS NULL OR y.year > p.baseline_year)
    LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = y.year
    LEFT JOIN indicators_entry e ON e.series_id = s.id AND e.year = y.year
"""
_UNREPORTED = f"a.id IS NULL AND (e.id IS NULL OR e.state <> '{EntryState.SUBMITTED}')"


# Days


def due_on(year: int) -> datetime.date:
    """The last day on which a year's figures are in time."""
    month, day = settings.ENTRY_DUE
    return datetime.date(year + 1, month, day)


@dataclass(frozen=True)
class Deadline:
    """How far off the last day for a year's figures is."""

    year: int
    today: datetime.date

    @property
    def on(self) -> datetime.date:
        return due_on(self.year)

    @property
    def days_left(self) -> int:
        """Below 0 when it has passed."""
        return (self.on - self.today).days

    @property
    def is_overdue(self) -> bool:
        return self.days_left < 0

    @property
    def words(self) -> str:
        if self.is_overdue:
            return f"已逾期 {-self.days_left} 天"
        return f"还剩 {self.days_left} 天" if self.days_left else "今天到期"

    @property
    def day(self) -> str:
        return f"{self.on.year}年{self.on.month}月{self.on.day}日"


def years_due(today: datetime.date) -> list[int]:
    """The years that plans cover and that are over, the latest first."""
    covered = Plan.objects.aggregate(first=Min("first_year"), last=Max("last_year"))
    if covered["first"] is None:
        return []
    return list(range(min(today.year - 1, covered["last"]), covered["first"] - 1, -1))


# What regions owe


@dataclass(frozen=True)
class Owed:
    """Of a region's year: how many figures are due, not reported (no actual, nothing submitted), and not even begun."""

    due: int
    unreported: int
    blank: int


def owed(regions: Collection[int], years: Sequence[int]) -> dict[tuple[int, int], Owed]:
    """{(region, year): what it owes}, where a plan asks for something. One query."""
    if not regions or not years:
        return {}
    scope = Scope.of(sorted(regions))
    rows = frames.query(
        f"""
        SELECT region_id, year, count(*), sum(unreported), sum(blank) FROM (
            SELECT DISTINCT s.id, s.region_id, y.year, CASE WHEN {_UNREPORTED} THEN 1 ELSE 0 END AS unreported,
                CASE WHEN a.id IS NULL AND e.id IS NULL THEN 1 ELSE 0 END AS blank
            FROM {_due(years)} WHERE {scope.on("s.region_id")}
        ) found GROUP BY region_id, year
        """,
        scope.params,
    )
    return {(region, year): Owed(int(due), int(unreported), int(blank)) for region, year, due, unreported, blank in rows}


def _due(years: Sequence[int]) -> str:
    return _DUE.format(years=" UNION ALL ".join(f"SELECT {int(year)} AS year" for year in years))


def _planned(regions: Collection[int]):
    """Those of the regions that plans state something for, in the order of their codes."""
    stated = PlanIndicator.objects.filter(series__region=OuterRef("pk"))
    return Region.objects.filter(Exists(stated), pk__in=regions).order_by("code")


# The list of a person


@dataclass(frozen=True)
class Task:
    """A region's year for a clerk: what is blank, and the own drafts, returned and waiting figures."""

    region: Region
    deadline: Deadline
    blank: int
    drafts: int
    returned: int
    submitted: int

    @property
    def year(self) -> int:
        return self.deadline.year

    @property
    def open(self) -> int:
        """What the clerk can go on with."""
        return self.blank + self.drafts + self.returned

    @property
    def is_overdue(self) -> bool:
        return bool(self.open) and self.deadline.is_overdue

    @property
    def address(self) -> str:
        return grid_address(self.region.code, self.year)


@dataclass(frozen=True)
class Returned:
    """An own entry that was sent back, and why."""

    entry: Entry

    @property
    def address(self) -> str:
        series = self.entry.series
        return f"{grid_address(series.region.code, self.entry.year)}#{series.indicator.code}"


@dataclass(frozen=True)
class ForReview:
    """A region's year in which figures wait for a reviewer; `own` of them are the reviewer's, for another person to judge."""

    region: Region
    year: int
    count: int
    own: int
    since: datetime.datetime

    @property
    def address(self) -> str:
        return f"{reverse('review')}?region={self.region.code}&year={self.year}"


@dataclass(frozen=True)
class WorkList:
    """What a person can do today, by role; parts without the role are None."""

    tasks: tuple[Task, ...] | None
    page: Page | None  # of the regions a clerk enters for
    returned: tuple[Returned, ...]
    reviews: tuple[ForReview, ...] | None
    missing: "Missing | None"

    @property
    def counts(self) -> dict[str, int]:
        tasks = self.tasks or ()
        return {
            "blank": sum(task.blank for task in tasks),
            "overdue": sum(task.open for task in tasks if task.is_overdue),
            "drafts": sum(task.drafts for task in tasks),
            "returned": sum(task.returned for task in tasks),
            "submitted": sum(task.submitted for task in tasks),
            "to_review": sum(one.count - one.own for one in self.reviews or ()),
        }

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values()) and not (self.missing and self.missing.places)

    @property
    def has_pages(self) -> bool:
        return bool(self.page and self.page.has_other_pages())


def grid_address(region: str, year: int) -> str:
    """Where a region's figures of a year are entered."""
    return reverse("entry-grid", args=[region, year])


def worklist(user: User, held: Mapping[Role, Collection[int]], number: int, today: datetime.date) -> WorkList:
    """What a person is to do who holds roles in regions; at most fourteen queries. Raises InvalidPage."""
    years = years_due(today)
    page = tasks = None
    returned: tuple[Returned, ...] = ()
    if held[Role.CLERK]:
        page = Paginator(_planned(held[Role.CLERK]), PER_PAGE).page(number)
        tasks = _tasks(user, list(page.object_list), years, today)
        returned = _returned(user, held[Role.CLERK])
    reviews = _reviews(user, held[Role.REVIEWER]) if held[Role.REVIEWER] else None
    chased = None
    if held[Role.MANAGER] and years:
        chased = missing(held[Role.MANAGER], years[0], years=years, today=today, size=SHORTLIST)
    return WorkList(tasks, page, returned, reviews, chased)


def _tasks(user: User, regions: Sequence[Region], years: Sequence[int], today: datetime.date) -> tuple[Task, ...]:
    places = {region.pk: region for region in regions}
    due = owed(places, years)
    mine: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    entries = Entry.objects.filter(entered_by=user, series__region__in=places).order_by()
    for region, year, state, count in entries.values_list("series__region", "year", "state").annotate(count=Count("pk")):
        mine[region, year][state] = count
    tasks = []
    for key in {*due, *mine}:
        own, blank = mine.get(key, {}), due[key].blank if key in due else 0
        if blank or own:
            counts = (own.get(state, 0) for state in (EntryState.DRAFT, EntryState.RETURNED, EntryState.SUBMITTED))
            tasks.append(Task(places[key[0]], Deadline(key[1], today), blank, *counts))
    # Where somebody waits for the clerk first, then by place and the latest year.
    return tuple(sorted(tasks, key=lambda task: (not task.returned, task.region.code, -task.year)))


def _returned(user: User, regions: Collection[int]) -> tuple[Returned, ...]:
    found = Entry.objects.filter(entered_by=user, state=EntryState.RETURNED, series__region__in=regions)
    related = found.select_related("series__region", "series__indicator")
    return tuple(map(Returned, related.order_by("series__region__code", "-year", "pk")[:RETURNED_SHOWN]))


def _reviews(user: User, regions: Collection[int]) -> tuple[ForReview, ...]:
    waiting = Entry.objects.filter(state=EntryState.SUBMITTED, series__region__in=regions)
    groups = list(
        waiting.values_list("series__region", "year")
        .annotate(count=Count("pk"), own=Count("pk", filter=Q(entered_by=user)), since=Min("entered_at"))
        .order_by("since", "series__region", "year")[:REVIEWS_SHOWN]
    )
    places = Region.objects.in_bulk({region for region, *_ in groups})
    return tuple(ForReview(places[region], *rest) for region, *rest in groups)


# Who has not reported


@dataclass(frozen=True)
class Unreported:
    """A figure that is due and neither in force nor waiting for review; `begun` says how far it got."""

    indicator: str
    name: str
    unit: str
    responsible: str
    begun: str  # 草稿, 已退回, or blank


@dataclass(frozen=True)
class MissingPlace:
    """A region that has not reported everything of a year, and who is to be asked."""

    region: Region
    due: int
    items: tuple[Unreported, ...]
    clerks: tuple[str, ...]
    earlier: tuple[tuple[int, int], ...]  # (year, how many) of the years before
    is_alone: bool

    @property
    def shown(self) -> tuple[Unreported, ...]:
        return self.items if self.is_alone else self.items[:NAMES_SHOWN]

    @property
    def others(self) -> int:
        return len(self.items) - len(self.shown)

    @property
    def bodies(self) -> tuple[str, ...]:
        """The bodies that plans name as responsible."""
        return tuple(dict.fromkeys(item.responsible for item in self.items if item.responsible))


@dataclass(frozen=True)
class Missing:
    """The regions that have not reported a year; `count` of them in all, `years` are those one may ask for."""

    places: tuple[MissingPlace, ...]
    page: Page
    deadline: Deadline
    years: tuple[int, ...]

    @property
    def year(self) -> int:
        return self.deadline.year

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @cached_property
    def items(self) -> int:
        """How many figures the regions of this page have not reported."""
        return sum(len(place.items) for place in self.places)

    @property
    def message(self) -> str:
        """What to paste into a message, for the regions of this page."""
        today, deadline = self.deadline.today, self.deadline
        head = (
            f"【催报】截至{today.year}年{today.month}月{today.day}日，{self.year}年规划指标实际值还有"
            f"{len(self.places)}个地区共{self.items}项未报送，应于{deadline.day}前报送，{deadline.words.replace(' ', '')}："
        )
        lines = [_message_line(number, place) for number, place in enumerate(self.places, start=1)]
        end = (
            f"请登录填报并提交审核：{settings.SITE_ADDRESS}{reverse('worklist')}"
            if settings.SITE_ADDRESS
            else "请尽快登录系统填报并提交审核。"
        )
        return "\n".join([head, *lines, end])

    def table(self) -> Table:
        return Table(_COLUMNS, list(self._rows()), f"未报送-{self.year}")

    def _rows(self) -> Iterable[tuple]:
        for place in self.places:
            for item in place.items:
                yield (
                    place.region.code, place.region.name, self.year, item.indicator, item.name, item.unit, item.responsible,
                    "、".join(place.clerks), item.begun or "未填", self.deadline.on.isoformat(), self.deadline.days_left,
                )  # fmt: skip


_COLUMNS = [
    "region",
    "region_name",
    "year",
    "indicator",
    "name",
    "unit",
    "responsible",
    "clerks",
    "state",
    "due_on",
    "days_left",
]


def missing(
    regions: Collection[int],
    year: int,
    *,
    years: Sequence[int],
    today: datetime.date,
    number: int = 1,
    size: int = PER_PAGE,
) -> Missing:
    """Who has not reported a year, one of those that are due, by region; six queries. Raises InvalidPage."""
    page = Paginator(_behind(regions, year), size).page(number)
    places = Region.objects.in_bulk(list(page.object_list))
    items, due = _unreported(places, year), owed(places, [one for one in years if one <= year])
    clerks = _clerks(places)
    found = [
        MissingPlace(
            places[key],
            due[key, year].due,
            tuple(items[key]),
            tuple(clerks[key]),
            tuple(
                (one, due[key, one].unreported)
                for one in years
                if one < year and (key, one) in due and due[key, one].unreported
            ),
            is_alone=len(places) == 1,
        )
        for key in page.object_list
    ]
    return Missing(tuple(found), page, Deadline(year, today), tuple(years))


def _behind(regions: Collection[int], year: int) -> list[int]:
    """The regions with something unreported, in the order of their codes."""
    scope = Scope.of(sorted(regions))
    rows = frames.query(
        f"SELECT r.id FROM regions_region r WHERE {scope.on('r.id')} AND EXISTS"
        f" (SELECT 1 FROM {_due([year])} WHERE s.region_id = r.id AND {_UNREPORTED}) ORDER BY r.code",
        scope.params,
    )
    return [region for (region,) in rows]


def _unreported(regions: Collection[int], year: int) -> dict[int, list[Unreported]]:
    """{region: what is not reported}, each once, as the latest plan words it, in the order of the plan."""
    scope = Scope.of(sorted(regions))
    rows = frames.query(
        f"""
        SELECT s.region_id, s.id, i.code, p.name, p.unit, p.responsible, COALESCE(e.state, '')
        FROM {_due([year])} JOIN indicators_indicator i ON i.id = s.indicator_id
        WHERE {scope.on("s.region_id")} AND {_UNREPORTED}
        ORDER BY s.region_id, q.last_year DESC, q.first_year DESC, q.id, p.position, p.id
        """,
        scope.params,
    )
    found: dict[int, dict[int, Unreported]] = defaultdict(dict)
    for region, series, code, name, unit, responsible, state in rows:
        begun = EntryState(state).label if state else ""
        found[region].setdefault(series, Unreported(code, name, unit, responsible, begun))
    return defaultdict(list, {region: list(items.values()) for region, items in found.items()})


def _clerks(regions: Mapping[int, Region]) -> dict[int, list[str]]:
    """{region: the names of its clerks}: its own, else those of the nearest region above who enter for it too."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    own, covering = defaultdict(list), defaultdict(list)
    clerks = Assignment.objects.filter(role=Role.CLERK, user__is_active=True).select_related("user").order_by("user__full_name")
    around = {place for region in regions for place in tree.path(region, parents)}
    for one in clerks.filter(region__in=around):
        own[one.region_id].append(str(one.user))
        if one.includes_descendants:
            covering[one.region_id].append(str(one.user))
    return {
        region: own[region] or next((covering[above] for above in tree.ancestors(region, parents) if covering[above]), [])
        for region in regions
    }


def _message_line(number: int, place: MissingPlace) -> str:
    names = "、".join(item.name for item in place.shown) + (f"等{len(place.items)}项" if place.others else "")
    asked = [f"填报人：{'、'.join(place.clerks)}"] if place.clerks else []
    asked += [f"责任单位：{'、'.join(place.bodies)}"] if place.bodies else []
    return f"{number}. {place.region.name}（{len(place.items)}项{'，' if asked else ''}{'；'.join(asked)}）：{names}。"
