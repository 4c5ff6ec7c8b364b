"""What is odd in published and entered numbers, check by check, each with its evidence in a sentence."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import groupby
from operator import attrgetter, or_

from django.core.paginator import Page, Paginator
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Subquery, Sum, Value, When
from django.http import Http404

from indicators.calculation import methods
from indicators.calculation.methods import CheckText
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import Severity
from indicators.frames import Table
from indicators.models import FindingTally, PlanIndicator, QualityFinding
from indicators.reports.standing import plan_indicator_path
from regions.models import Region

PER_PAGE = 100
MOST_REGIONS = 200  # in the list to choose from; any other is chosen by its code in the address
COLUMNS = ["check", "check_label", "severity", "severity_label", "region", "region_name", "indicator", "indicator_name", "year",
           "sentence", "found_at"]  # fmt: skip
_SEVERITIES = {severity.value: severity.label for severity in Severity}
_ORDER = Case(
    *(When(code=check.value, then=Value(place)) for place, check in enumerate(Check)),
    default=Value(len(Check)),
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class Finding:
    """A finding and the page of the plan indicator it is about; blank where no plan names the series."""

    code: str
    severity: str
    region: str
    region_name: str
    indicator: str
    indicator_name: str
    year: int | None
    sentence: str
    found_at: datetime
    address: str

    @property
    def severity_label(self) -> str:
        return _SEVERITIES[self.severity]

    @property
    def is_warning(self) -> bool:
        return self.severity == Severity.WARNING


_COLUMNS = (
    "plan_indicator_id", "series_id", "code", "severity", "series__region__code", "series__region__name",
    "series__indicator__code", "series__indicator__name", "year", "sentence", "found_at",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """The findings of one check that are on this page, and how many there are in all."""

    check: CheckText
    count: int
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> str:
        return self.check.severity.label


@dataclass(frozen=True)
class Quality:
    """A page of the findings asked for; `checks` and `regions` are what there is to choose from, each with its count."""

    groups: tuple[Group, ...]
    page: Page
    checks: tuple[tuple[CheckText, int], ...]
    regions: tuple[tuple[str, str, int], ...]  # code, name, how many
    region: Region | None
    check: CheckText | None
    total: int

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @property
    def found(self) -> tuple[tuple[CheckText, int], ...]:
        return tuple((check, count) for check, count in self.checks if count)

    @property
    def region_options(self) -> list[tuple[str, str]]:
        return [(code, f"{name}（{count}）") for code, name, count in self.regions]

    @property
    def is_empty(self) -> bool:
        return not self.total

    def table(self) -> Table:
        return Table(COLUMNS, [_cells(one) for group in self.groups for one in group.findings], "quality")


def quality(*, regions: Sequence[str], check: str, number: int) -> Quality:
    """Findings by check, region and indicator; seven queries. Raises InvalidPage, and Http404 for what does not exist."""
    texts = {text.name: text for text in methods.checks()}
    if check and check not in texts:
        raise Http404(f"没有名为“{check[:30]}”的检查；可用：{'、'.join(texts)}")
    if len(regions) > 1:
        raise Http404("一次看一个地区")
    region = Region.objects.filter(code=regions[0]).first() if regions else None
    if regions and region is None:
        raise Http404(f"没有代码为“{regions[0][:30]}”的地区")
    by_check = dict(
        FindingTally.objects.filter(**({"region": region} if region else {}))
        .order_by()
        .values_list("code")
        .annotate(count=Sum("count"))
    )
    counts = {one.value: by_check[one] for one in Check if one in by_check and check in ("", one)}
    page = Paginator(range(sum(counts.values())), PER_PAGE).page(number)
    rows = _rows(region, counts, max(page.start_index() - 1, 0))
    addresses = _addresses({series for _, series, *_ in rows})
    findings = [Finding(*row, addresses.get((named, series), "")) for named, series, *row in rows]
    found = FindingTally.objects.filter(region=OuterRef("pk")).order_by().values("region").annotate(all=Sum("count"))
    has_any = Exists(FindingTally.objects.filter(region=OuterRef("pk")))
    places = Region.objects.filter(has_any).annotate(findings=Subquery(found.values("all"))).order_by("code")
    return Quality(
        groups=tuple(
            Group(texts[code], by_check[code], tuple(found)) for code, found in groupby(findings, key=attrgetter("code"))
        ),
        page=page,
        checks=tuple((text, by_check.get(name, 0)) for name, text in texts.items()),
        regions=tuple(places.values_list("code", "name", "findings")[:MOST_REGIONS]),
        region=region,
        check=texts.get(check),
        total=sum(by_check.values()) if region is None else FindingTally.objects.aggregate(all=Sum("count"))["all"] or 0,
    )


def _rows(region: Region | None, counts: Mapping[str, int], start: int) -> list[tuple]:
    """A page of the findings in the order of the checks, `counts` of which there are; only its regions' are read and sorted."""
    parts, seen = [], 0
    for code, count in counts.items():
        if seen < start + PER_PAGE and seen + count > start:
            parts += [(seen + before, code, place, here) for before, place, here in _regions_with(code, region)]
        seen += count
    on_page = [part for part in parts if part[0] < start + PER_PAGE and part[0] + part[3] > start]
    if not on_page:
        return []
    wanted = reduce(or_, (Q(code=code, series__region=place) for _, code, place, _ in on_page))
    in_order = QualityFinding.objects.filter(wanted).values_list(*_COLUMNS)
    in_order = in_order.order_by(_ORDER, "series__region__code", "series__indicator__code", "year", "pk")
    first = start - on_page[0][0]
    return list(in_order[first : first + PER_PAGE])


def _regions_with(code: str, region: Region | None) -> Iterator[tuple[int, int, int]]:
    """(findings before, region, findings) of a check, by the regions' codes."""
    found = FindingTally.objects.filter(code=code, **({"region": region} if region else {})).order_by("region__code")
    before = 0
    for place, count in found.values_list("region", "count"):
        yield before, place, count
        before += count


def _addresses(series: Set[int]) -> dict[tuple[int | None, int], str]:
    """{(plan indicator or None, series): its page}: the one the finding names, else the latest plan's of the series."""
    found: dict[tuple[int | None, int], str] = {}
    columns = ("pk", "series", "plan__slug", "series__region__code", "series__indicator__code")
    named = PlanIndicator.objects.filter(series__in=series).order_by("plan__last_year", "plan__first_year", "pk")
    for key, of, plan, region, indicator in named.values_list(*columns):
        found[key, of] = found[None, of] = f"{plan_indicator_path(region, indicator)}?plan={plan}"
    return found


def _cells(one: Finding) -> tuple:
    return (
        one.code, Check(one.code).label, one.severity, one.severity_label, one.region, one.region_name, one.indicator,
        one.indicator_name, one.year, one.sentence, one.found_at.isoformat(timespec="seconds"),
    )  # fmt: skip
