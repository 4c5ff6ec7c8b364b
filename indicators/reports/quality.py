"""What is odd in published and entered numbers, check by check, each with its evidence in a sentence."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.http import Http404

from indicators import frames, prepared
from indicators.calculation import methods
from indicators.calculation.methods import CheckText
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import Severity
from indicators.frames import Scope, Table
from indicators.reports.catalogue import Catalogue, Place, catalogue
from indicators.reports.standing import plan_indicator_path

PER_PAGE = 100
MOST_REGIONS = 200  # in the list to choose from; any other is chosen by its code in the address
COLUMNS = ["check", "check_label", "severity", "severity_label", "region", "region_name", "indicator", "indicator_name", "year",
           "sentence", "found_at"]  # fmt: skip
_SEVERITIES = {severity.value: severity.label for severity in Severity}


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
    region: Place | None
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


def quality(*, regions: Sequence[str], check: str, number: int, state: Mapping[str, Any]) -> Quality:
    """Findings by check, region and indicator; six queries. Raises InvalidPage, and Http404 for what does not exist."""
    texts = {text.name: text for text in methods.checks()}
    if check and check not in texts:
        raise Http404(f"没有名为“{check[:30]}”的检查；可用：{'、'.join(texts)}")
    if len(regions) > 1:
        raise Http404("一次看一个地区")
    known = catalogue(state)
    region = known.by_code.get(regions[0]) if regions else None
    if regions and region is None:
        raise Http404(f"没有代码为“{regions[0][:30]}”的地区")
    by_check = _by_check(region)
    counts = {one.value: by_check[one] for one in Check if one in by_check and check in ("", one)}
    page = Paginator(range(sum(counts.values())), PER_PAGE).page(number)
    findings = _findings(known, region, counts, max(page.start_index() - 1, 0))
    everywhere = by_check if region is None else _by_check(None)
    return Quality(
        groups=tuple(
            Group(texts[code], by_check[code], tuple(found)) for code, found in groupby(findings, key=attrgetter("code"))
        ),
        page=page,
        checks=tuple((text, by_check.get(name, 0)) for name, text in texts.items()),
        regions=tuple(islice(_by_region(known), MOST_REGIONS)),
        region=region,
        check=texts.get(check),
        total=sum(everywhere.values()),
    )


def _in(region: Place | None, column: str = "region_id") -> tuple[str, list[int]]:
    return (f"{column} = %s", [region.key]) if region else ("1 = 1", [])


def _by_check(region: Place | None) -> dict[str, int]:
    if region is None:
        return dict(prepared.rows("SELECT code, count FROM indicators_findingtotal"))
    return dict(prepared.rows("SELECT code, count FROM indicators_findingtally WHERE region_id = %s", [region.key]))


def _by_region(known: Catalogue) -> Iterator[tuple[str, str, int]]:
    """(code, name, findings) of the regions that have any, by code. The first of them are counted by themselves: if most
    regions have findings, nobody asks for more."""
    first = 3 * MOST_REGIONS // 2
    for places in (known.regions[:first], known.regions[first:]):
        scope = Scope.of([place.key for place in places])
        sql = f"SELECT region_id, sum(count) FROM indicators_findingtally WHERE {scope.on('region_id')} GROUP BY region_id"
        counts = dict(prepared.rows(sql, scope.params))
        yield from ((place.code, place.name, int(counts[place.key])) for place in places if place.key in counts)


def _findings(known: Catalogue, region: Place | None, counts: Mapping[str, int], start: int) -> list[Finding]:
    """A page of the findings in the order of the checks, `counts` of which there are; only its regions' are read and sorted."""
    parts, seen = [], 0
    for code, count in counts.items():
        if seen < start + PER_PAGE and seen + count > start:
            parts += [(seen + before, code, place, here) for before, place, here in _regions_with(known, code, region)]
        seen += count
    on_page = [part for part in parts if part[0] < start + PER_PAGE and part[0] + part[3] > start]
    if not on_page:
        return []
    scope = Scope.of(sorted({place for _, _, place, _ in on_page}))
    codes = sorted({code for _, code, _, _ in on_page})
    rows = prepared.rows(
        f"""
        SELECT f.id, f.plan_indicator_id, f.series_id, f.code, f.severity, s.region_id, s.indicator_id, f.year, f.sentence,
            f.found_at
        FROM indicators_series s JOIN indicators_qualityfinding f ON f.series_id = s.id
        WHERE {scope.on("s.region_id")} AND f.code IN ({", ".join(["%s"] * len(codes))})
        """,
        [*scope.params, *codes],
    )
    wanted = {(code, place) for _, code, place, _ in on_page}
    rows = [row for row in rows if (row[3], row[5]) in wanted]

    def place(row: tuple) -> tuple:
        key, _, _, code, _, region_id, indicator_id, year, *_ = row
        region, indicator = known.region_of[region_id], known.indicator_of[indicator_id]
        return _PLACES.get(code, len(_PLACES)), region.code, indicator.code, year is None, year, key

    first = start - on_page[0][0]
    return list(_told(known, sorted(rows, key=place)[first : first + PER_PAGE]))


_PLACES = {check.value: place for place, check in enumerate(Check)}


def _regions_with(known: Catalogue, code: str, region: Place | None) -> Iterator[tuple[int, int, int]]:
    """(findings before, region, findings) of a check, by the regions' codes."""
    where, params = _in(region)
    found = prepared.rows(f"SELECT region_id, count FROM indicators_findingtally WHERE code = %s AND {where}", [code, *params])
    before = 0
    for place, count in sorted(found, key=lambda row: known.region_of[row[0]].code):
        yield before, place, count
        before += count


def _told(known: Catalogue, rows: Sequence[tuple]) -> Iterator[Finding]:
    """Each with the page of the plan indicator that it names, else of the latest plan's of the series."""
    plans = _plans({series for _, _, series, *_ in rows})
    for _, named, series, code, severity, region_id, indicator_id, year, sentence, found_at in rows:
        region, indicator = known.region_of[region_id], known.indicator_of[indicator_id]
        plan = plans.get((named, series))
        address = f"{plan_indicator_path(region.code, indicator.code)}?plan={plan}" if plan else ""
        yield Finding(
            code, severity, region.code, region.name, indicator.code, indicator.name, year, sentence,
            cast(datetime, frames.read_moment(found_at)), address,
        )  # fmt: skip


def _plans(series: Set[int]) -> dict[tuple[int | None, int], str]:
    """{(plan indicator or None, series): its plan}, without a plan indicator the latest."""
    if not series:
        return {}
    scope = Scope.of(sorted(series))
    rows = prepared.rows(
        f"""
        SELECT p.id, p.series_id, q.slug FROM indicators_planindicator p JOIN indicators_plan q ON q.id = p.plan_id
        WHERE {scope.on("p.series_id")} ORDER BY q.last_year, q.first_year, p.id
        """,
        scope.params,
    )
    found: dict[tuple[int | None, int], str] = {}
    for key, of, plan in rows:
        found[key, of] = found[None, of] = plan
    return found


def _cells(one: Finding) -> tuple:
    return (
        one.code, Check(one.code).label, one.severity, one.severity_label, one.region, one.region_name, one.indicator,
        one.indicator_name, one.year, one.sentence, one.found_at.isoformat(timespec="seconds"),
    )  # fmt: skip
