"""What is odd in published and entered numbers, check by check, each with its evidence in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.http import Http404
from django.urls import reverse

from indicators.calculation import methods
from indicators.calculation.methods import CheckText
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import Severity
from indicators.frames import Table
from indicators.models import PlanIndicator, QualityFinding
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

    row: QualityFinding
    address: str

    @property
    def severity(self) -> str:
        return _SEVERITIES[self.row.severity]

    @property
    def is_warning(self) -> bool:
        return self.row.severity == Severity.WARNING


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
    regions: tuple[tuple[Region, int], ...]
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
    by_region = dict(QualityFinding.objects.order_by().values_list("series__region").annotate(count=Count("pk")))
    of_region = QualityFinding.objects.filter(series__region=region) if region else QualityFinding.objects.all()
    by_check = dict(of_region.order_by().values_list("code").annotate(count=Count("pk")))
    counts = {one.value: by_check[one] for one in Check if one in by_check and check in ("", one)}
    page = Paginator(range(sum(counts.values())), PER_PAGE).page(number)
    rows = _rows(of_region, counts, max(page.start_index() - 1, 0))
    addresses = _addresses(rows)
    findings = [Finding(row, addresses.get((row.plan_indicator_id, row.series_id), "")) for row in rows]
    places = Region.objects.filter(pk__in=by_region).order_by("code")[:MOST_REGIONS]
    return Quality(
        groups=tuple(
            Group(texts[code], by_check[code], tuple(found)) for code, found in groupby(findings, key=lambda one: one.row.code)
        ),
        page=page,
        checks=tuple((text, by_check.get(name, 0)) for name, text in texts.items()),
        regions=tuple((place, by_region[place.pk]) for place in places),
        region=region,
        check=texts.get(check),
        total=sum(by_region.values()),
    )


def _rows(findings: QuerySet, counts: Mapping[str, int], start: int) -> list[QualityFinding]:
    """A page of the findings in the order of the checks, `counts` of which there are; only checks on the page are sorted."""
    spanned, seen = [], 0
    for code, count in counts.items():
        if not spanned and start >= count:
            start -= count  # the page begins after this check
        elif seen < start + PER_PAGE:
            spanned.append(code)
            seen += count
    in_order = findings.filter(code__in=spanned).select_related("series__region", "series__indicator")
    in_order = in_order.order_by(_ORDER, "series__region__code", "series__indicator__code", "year", "pk")
    return list(in_order[start : start + PER_PAGE])


def _addresses(rows: Sequence[QualityFinding]) -> dict[tuple[int | None, int], str]:
    """{(plan indicator or None, series): its page}: the one the finding names, else the latest plan's of the series."""
    found: dict[tuple[int | None, int], str] = {}
    columns = ("pk", "series", "plan__slug", "series__region__code", "series__indicator__code")
    series = {row.series_id for row in rows}
    named = PlanIndicator.objects.filter(series__in=series).order_by("plan__last_year", "plan__first_year", "pk")
    for key, of, plan, region, indicator in named.values_list(*columns):
        found[key, of] = found[None, of] = f"{reverse('plan-indicator', args=[region, indicator])}?plan={plan}"
    return found


def _cells(one: Finding) -> tuple:
    row = one.row
    region, indicator = row.series.region, row.series.indicator
    return (
        row.code, Check(row.code).label, row.severity, one.severity, region.code, region.name, indicator.code, indicator.name,
        row.year, row.sentence, row.found_at.isoformat(timespec="seconds"),
    )  # fmt: skip
