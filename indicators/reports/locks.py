"""Which years of which regions are closed, by whom, why and until when, and who can open them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from indicators.calculation.vocabulary import Role
from indicators.models import LockException, PlanIndicator, YearLock
from regions import tree
from regions.models import Assignment, Region, User

PER_PAGE = 50


@dataclass(frozen=True)
class Cell:
    """A region's year; `lock` is None where it is open."""

    year: int
    lock: YearLock | None
    exceptions: int

    @property
    def address(self) -> str:
        return reverse("lock", args=[self.lock.pk]) if self.lock else ""


@dataclass(frozen=True)
class Line:
    """A region with its years, and who can open and close them."""

    region: Region
    cells: tuple[Cell, ...]
    managers: tuple[str, ...]


@dataclass(frozen=True)
class Locks:
    """A page of regions by years; `manageable` are the regions that the reader can lock, the first of them."""

    lines: tuple[Line, ...]
    page: Page
    years: tuple[int, ...]
    manageable: tuple[Region, ...]
    closed: int

    @property
    def choosable_years(self) -> tuple[int, ...]:
        return tuple(reversed(self.years))


def locks(
    seen: Collection[int], managed: Collection[int], years: Sequence[int], number: int, *, only: Collection[int] | None = None
) -> Locks:
    """The years of the regions a person has a role in; seven queries. Raises InvalidPage."""
    regions = Region.objects.filter(pk__in=set(seen) & set(only) if only is not None else seen)
    # Only what plans or locks speak of: a county without a plan has nothing to close.
    stated = PlanIndicator.objects.filter(series__region=OuterRef("pk"))
    planned = regions.filter(Exists(stated) | Exists(YearLock.objects.filter(region=OuterRef("pk")))).order_by("code")
    page = Paginator(planned, PER_PAGE).page(number)
    shown = list(page.object_list)
    found = _in_force(YearLock.objects.filter(region__in=shown, year__in=years).select_related("locked_by"))
    closed = {(lock.region_id, lock.year): lock for lock in found}
    exceptions: dict[int, int] = defaultdict(int)
    for key in _running(LockException.objects.filter(lock__in=found)).values_list("lock", flat=True):
        exceptions[key] += 1
    managers = openers(shown)
    lines = []
    for region in shown:
        cells = (closed.get((region.pk, year)) for year in years)
        told = tuple(Cell(year, lock, exceptions[lock.pk] if lock else 0) for year, lock in zip(years, cells, strict=True))
        lines.append(Line(region, told, managers[region.pk]))
    manageable = tuple(Region.objects.filter(pk__in=managed).order_by("code")[:500])
    return Locks(tuple(lines), page, tuple(years), manageable, len(closed))


def _in_force(found: Iterable[YearLock]) -> list[YearLock]:
    today = timezone.localdate()
    return [lock for lock in found if lock.until is None or lock.until >= today]


def _running(exceptions):
    return exceptions.filter(until__gte=timezone.localdate())


def openers(regions: Sequence[Region]) -> Mapping[int, tuple[str, ...]]:
    """{region: the names of those who lock and open its years}, in two queries."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    around = {region.pk: tree.path(region.pk, parents) for region in regions}
    found = Assignment.objects.filter(
        role=Role.MANAGER, user__is_active=True, region__in={place for several in around.values() for place in several}
    ).select_related("user")
    names: dict[int, list[str]] = defaultdict(list)
    for one in found.order_by("user__full_name", "pk"):
        for region, places in around.items():
            if one.region_id == region or (one.includes_descendants and one.region_id in places):
                names[region].append(str(one.user))
    return {region: tuple(dict.fromkeys(names[region])) for region in around}


@dataclass(frozen=True)
class LockPage:
    """One lock, who may go on nonetheless, and who could be allowed to."""

    lock: YearLock
    exceptions: tuple[LockException, ...]
    managers: tuple[str, ...]
    people: tuple[User, ...]

    @property
    def is_over(self) -> bool:
        return self.lock.until is not None and self.lock.until < timezone.localdate()


def lock(pk: int, seen: Collection[int]) -> LockPage | None:
    """One lock of the regions; None where there is none."""
    found = YearLock.objects.filter(pk=pk, region__in=seen).select_related("region", "locked_by").first()
    if found is None:
        return None
    exceptions = _running(found.exceptions.select_related("user", "granted_by")).order_by("until", "pk")
    return LockPage(found, tuple(exceptions), openers([found.region])[found.region_id], tuple(_people_of(found.region)))


def _people_of(region: Region) -> list[User]:
    """Who enters or reviews for a region."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    above = tree.ancestors(region.pk, parents)
    here = Q(region=region) | Q(region__in=above, includes_descendants=True)
    held = Assignment.objects.filter(here, role__in=[Role.CLERK, Role.REVIEWER], user__is_active=True)
    return list(User.objects.filter(pk__in=held.values("user")).order_by("full_name", "pk"))
