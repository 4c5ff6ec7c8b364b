"""What waits for a reviewer: each submitted figure beside what stands, what is asked of it, and what is to be said of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.utils import timezone

from indicators import progress, workflow
from indicators.calculation import wording
from indicators.calculation.vocabulary import Act, EntryState, Measure, TargetKind, Through
from indicators.calculation.wording import NOTHING, Sign
from indicators.frames import Table
from indicators.models import Actual, Entry, Evidence, Indicator, LockException, PlanIndicator, Revision, YearLock
from indicators.permissions import lock_sentence
from indicators.reports import stated
from indicators.reports.standing import is_of_year
from indicators.reports.stated import grouped
from regions.models import Region, User

PER_PAGE = 50
COLUMNS = ["region", "region_name", "indicator", "name", "year", "old_value", "old_not_applicable", "new_value",
           "new_not_applicable", "clears", "unit", "change", "source", "source_url", "note", "entered_by", "entered_at",
           "warnings", "refusal"]  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """The units in which a plan prints a target and the database keeps it."""

    unit: str
    base: str


@dataclass(frozen=True)
class Target:
    """What a plan asks of the year, in its words and unit; blank words where it sets nothing for it."""

    key: int  # of the plan indicator
    plan: str
    words: str


@dataclass(frozen=True)
class Proposal:
    """A submitted figure. Values are in the base unit; `refusal` says why this reviewer can do nothing with it."""

    entry: Entry
    actual: Actual | None
    before: Decimal | None  # of the year before
    targets: tuple[Target, ...]
    warnings: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    through: str
    is_own: bool
    refusal: str
    foreseen: Sign | None  # the status it would give, by the plan of the first target

    @property
    def key(self) -> str:
        """Names the entry and the version that the reviewer sees."""
        return f"{self.entry.pk}:{self.entry.version}"

    @property
    def region(self) -> Region:
        return self.entry.series.region

    @property
    def indicator(self) -> Indicator:
        return self.entry.series.indicator

    @property
    def old(self) -> str:
        return _words(self.actual)

    @property
    def new(self) -> str:
        return "清除" if self.entry.clears else _words(self.entry)

    @property
    def is_correction(self) -> bool:
        return self.actual is not None

    @property
    def change(self) -> str:
        """Against what stands; for a first figure against the year before. Blank where there is nothing to compare."""
        if self.entry.value is None:
            return ""
        if self.actual:
            return "" if self.actual.value is None else change_in_words(self.actual.value, self.entry.value, self.indicator)
        return "" if self.before is None else change_in_words(self.before, self.entry.value, self.indicator)

    @property
    def changed_from(self) -> str:
        return "比原值" if self.actual else "比上年"

    @property
    def shown_before(self) -> str:
        return NOTHING if self.before is None else grouped(self.before)

    @property
    def as_typed(self) -> str:
        """What was typed, where it reads otherwise than what it was understood as."""
        typed = self.entry.as_typed.strip()
        plain = typed.rstrip("0").rstrip(".") if "." in typed else typed
        return "" if plain.replace(",", "") == self.new.replace(",", "") else typed

    @property
    def overtaken(self) -> str:
        """What changed in force since the figure was proposed; blank where nothing did. Such a figure can only be returned."""
        if (self.actual.version if self.actual else 0) == self.entry.seen_version:
            return ""
        now = self.old if self.actual else "没有数值"
        return f"填报之后，已生效的数值有了变动，现在是 {now}；只能退回，由填报人核对后重新提交"

    @property
    def entered_by(self) -> str:
        return self.entry.entered_by.full_name or "未登记姓名"


def change_in_words(old: Decimal, new: Decimal, indicator: Indicator) -> str:
    """增长 8.2%; a rate in % in 百分点; a figure that was 0 or less by its amount."""
    if indicator.unit == "%" and indicator.measure == Measure.RATIO:
        return wording.change_of_rate(float(new - old))
    if old <= 0:
        difference = new - old
        if not difference:
            return "持平"
        return f"{'增加' if difference > 0 else '减少'} {grouped(abs(difference))}{stated_unit(indicator.unit)}"
    return "持平" if new == old else wording.change(float(new / old - 1)).replace("持平", "变动不足 0.05%")


def stated_unit(unit: str) -> str:
    return wording.after_number(unit)


def _words(row: Any) -> str:
    if row is None or (row.value is None and not row.not_applicable):
        return NOTHING
    return "不适用" if row.not_applicable else grouped(row.value)


@dataclass(frozen=True)
class Group:
    """The proposals of a region and year that are on the page, and the sentence that closes it, if it is locked."""

    region: Region
    year: int
    proposals: tuple[Proposal, ...]

    @property
    def key(self) -> str:
        return f"{self.region.code}-{self.year}"


@dataclass(frozen=True)
class Review:
    """A page of what waits, with what there is to choose from."""

    groups: tuple[Group, ...]
    page: Page
    regions: tuple[tuple[Region, int], ...]
    years: tuple[tuple[int, int], ...]
    total: int  # in all regions and years

    @property
    def proposals(self) -> list[Proposal]:
        return [proposal for group in self.groups for proposal in group.proposals]

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @property
    def own(self) -> int:
        return sum(proposal.is_own for proposal in self.proposals)

    @property
    def corrections(self) -> int:
        return sum(proposal.is_correction for proposal in self.proposals)

    @property
    def is_open(self) -> bool:
        """Whether there is anything on the page that this reviewer can act on."""
        return any(not proposal.refusal for proposal in self.proposals)

    def table(self) -> Table:
        return Table(COLUMNS, [_cells(proposal) for proposal in self.proposals], "review")


@dataclass(frozen=True)
class Asked:
    """Which of the waiting figures: of a region, an indicator, a year."""

    regions: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    year: int | None = None

    @property
    def conditions(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.regions:
            found["series__region__code__in"] = self.regions
        if self.indicators:
            found["series__indicator__code__in"] = self.indicators
        return found | ({"year": self.year} if self.year else {})


def review(user: User, regions: Collection[int], asked: Asked, number: int) -> Review:
    """What waits in the regions; twenty queries, however much waits. Raises InvalidPage."""
    waiting = Entry.objects.filter(state=EntryState.SUBMITTED, series__region__in=regions)
    by_region = dict(waiting.order_by().values_list("series__region").annotate(count=Count("pk")))
    places = Region.objects.filter(pk__in=by_region).order_by("code")
    years = waiting.order_by("-year").values_list("year").annotate(count=Count("pk"))
    related = waiting.filter(**asked.conditions).select_related("series__region", "series__indicator", "entered_by")
    ordered = related.order_by("series__region__code", "-year", "series__indicator__code", "pk")
    page = Paginator(ordered, PER_PAGE).page(number)
    return Review(
        groups=tuple(_groups(proposals(list(page.object_list), user))),
        page=page,
        regions=tuple((place, by_region[place.pk]) for place in places),
        years=tuple(years),
        total=sum(by_region.values()),
    )


def _groups(found: Iterable[Proposal]) -> Iterable[Group]:
    together: dict[tuple[int, int], list[Proposal]] = defaultdict(list)
    for proposal in found:
        together[proposal.region.pk, proposal.entry.year].append(proposal)
    for (_, year), several in together.items():
        yield Group(several[0].region, year, tuple(several))


def proposals(entries: Sequence[Entry], user: User) -> list[Proposal]:
    """Submitted entries with what a reviewer must know of them; fifteen queries."""
    keys = {(entry.series_id, entry.year) for entry in entries}
    known = _known(keys)
    asking, evidence, foreseen = _asking(entries), _evidence(keys), _foreseen(entries)
    locks, through = _locks(entries, user), _through(entries)
    found = []
    for entry in entries:
        key = (entry.series_id, entry.year)
        actual = known.get(key)
        recorded = {row.baseline_year: row.baseline_value for row in asking[entry.series_id] if row.baseline_year}
        recorded |= {
            year: row.value for (series, year), row in known.items() if series == entry.series_id and row.value is not None
        }
        targets = tuple(_targets(entry, asking[entry.series_id]))
        lock = locks.get((entry.series.region_id, entry.year), "")
        found.append(
            Proposal(
                entry=entry,
                actual=actual,
                before=recorded.get(entry.year - 1),
                targets=targets,
                warnings=tuple(workflow.warnings(entry.series, entry.year, entry.value, recorded)),
                evidence=tuple(evidence[key]),
                through=through.get((*key, entry.version), ""),
                is_own=entry.entered_by_id == user.pk,
                refusal=_refusal(entry, user, lock),
                foreseen=next((foreseen[one.key, entry.year] for one in targets if (one.key, entry.year) in foreseen), None),
            )
        )
    return found


def _refusal(entry: Entry, user: User, lock: str) -> str:
    """Why the reviewer can neither accept nor return it; blank where they can."""
    return "这是您自己填报的，须由另一位审核员审核" if entry.entered_by_id == user.pk else lock


def _known(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], Actual]:
    """{(series, year): actual} for the years and those beside them."""
    years = {year + step for _, year in keys for step in (-1, 0, 1)}
    found = Actual.objects.filter(series__in={series for series, _ in keys}, year__in=years)
    return {(actual.series_id, actual.year): actual for actual in found}


def _asking(entries: Sequence[Entry]) -> dict[int, list[PlanIndicator]]:
    """{series: the plan indicators that name it}, of the latest plan first, with their targets."""
    rows = PlanIndicator.objects.filter(series__in={entry.series_id for entry in entries}).select_related("plan")
    found: dict[int, list[PlanIndicator]] = defaultdict(list)
    for row in rows.prefetch_related("targets__reference_region").order_by("-plan__last_year", "plan__slug"):
        found[row.series_id].append(row)
    return found


def _targets(entry: Entry, rows: Iterable[PlanIndicator]) -> Iterator[Target]:
    """What plans ask of the year of an entry."""
    for row in rows:
        if row.plan.first_year <= entry.year <= row.plan.last_year:
            ruling = stated.ruling({target.year: target for target in row.targets.all()}, entry.year)
            words = _asked(ruling, Printed(row.unit, entry.series.indicator.unit)) if ruling else ""
            yield Target(row.pk, row.plan.title, words)


def _asked(target: Any, row: Printed) -> str:
    """The target with its unit: 50 万件, 1~2 个, 5 个工作日以内, 年均 15%, 高于内蒙古自治区."""
    words, unit = stated.target_text(target, row), stated_unit(row.unit)  # type: ignore[arg-type]
    if target.kind == TargetKind.AT_MOST:
        return f"{words.removesuffix(' 以内')}{unit}以内"
    return f"{words}{unit}" if target.kind in (TargetKind.AT_LEAST, TargetKind.RANGE) else words


def _foreseen(entries: Sequence[Entry]) -> dict[tuple[int, int], Sign]:
    """{(plan indicator, year): the status that the entries would give, all of them approved}."""
    if not entries:
        return {}
    facts = [(one.series_id, one.year, float(one.value) if one.value is not None else None, one.clears) for one in entries]
    found = progress.foreseen(pd.DataFrame(facts, columns=["series", "year", "value", "clears"]))
    columns = (found[name] for name in ("plan_indicator", "year", "status", "r", "last_year", "measure", "reasons"))
    return {
        (int(row), int(year)): wording.sign(
            str(status),
            r=None if r != r else float(r),
            is_final_year=year >= last,
            is_of_year=is_of_year(str(measure), letters.decode()),
        )
        for row, year, status, r, last, measure, letters in zip(*columns, strict=True)
    }


def _evidence(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[Evidence]]:
    found: dict[tuple[int, int], list[Evidence]] = defaultdict(list)
    years = {year for _, year in keys}
    kept = Evidence.objects.filter(series__in={series for series, _ in keys}, year__in=years, removed_at=None)
    for file in kept.order_by("pk"):
        found[file.series_id, file.year].append(file)
    return found


def _locks(entries: Sequence[Entry], user: User) -> Mapping[tuple[int, int], str]:
    """{(region, year): the sentence that refuses this person's acts}, in two queries."""
    today = timezone.localdate()
    regions, years = {entry.series.region_id for entry in entries}, {entry.year for entry in entries}
    locks = YearLock.objects.filter(region__in=regions, year__in=years).select_related("locked_by")
    excepted = set(LockException.objects.filter(lock__in=locks, user=user, until__gte=today).values_list("lock", flat=True))
    return {
        (lock.region_id, lock.year): lock_sentence(lock.year, lock.reason, lock.locked_by)
        for lock in locks
        if (lock.until is None or lock.until >= today) and lock.pk not in excepted
    }


def _through(entries: Sequence[Entry]) -> dict[tuple[int, int, int], str]:
    """{(series, year, version): the entrance a submitted entry came through}."""
    found = Revision.objects.filter(
        series__in={entry.series_id for entry in entries}, year__in={entry.year for entry in entries}
    )
    rows = found.filter(act=Act.SUBMIT).values_list("series", "year", "version", "through")
    return {(series, year, version): Through(through).label for series, year, version, through in rows}


def _cells(one: Proposal) -> tuple:
    entry, actual = one.entry, one.actual
    return (
        one.region.code, one.region.name, one.indicator.code, one.indicator.name, entry.year,
        _number(actual.value if actual else None), bool(actual and actual.not_applicable), _number(entry.value),
        entry.not_applicable, entry.clears, one.indicator.unit, f"{one.changed_from}{one.change}" if one.change else "",
        entry.source, entry.source_url, entry.note, one.entered_by, entry.entered_at.isoformat(timespec="seconds"),
        "；".join(one.warnings), one.refusal or one.overtaken,
    )  # fmt: skip


def _number(value):
    return None if value is None else float(value)
