"""What plans ask for as they print it, and what was recorded beside it, year by year."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

from django.http import Http404

from indicators import prepared, progress
from indicators.calculation import assessment, numbers, wording
from indicators.calculation.vocabulary import CONDITIONS, Direction, TargetKind
from indicators.calculation.wording import Sign
from indicators.frames import Scope
from indicators.models import Plan, Target
from indicators.reports.standing import Standing, is_of_year


class Point(NamedTuple):
    """A year's actual and requirement as progress gives them, in the base unit, and the sign of the year."""

    actual: float | None
    required: float | None
    sign: Sign
    why: str  # why there is no actual; blank where there is one
    status: str


class Stated(Protocol):
    """A plan indicator, of which only this need be known."""

    @property
    def plan_indicator(self) -> int: ...


class InUnit(Protocol):
    """Something whose values are stored in one unit and printed in another."""

    @property
    def unit(self) -> str: ...
    @property
    def base(self) -> str: ...


class Rule(Protocol):
    """A target, of which only this need be known."""

    @property
    def kind(self) -> str: ...
    @property
    def reference(self) -> str | None: ...


T = TypeVar("T", bound=Rule)


class Asked(NamedTuple):
    """A target as it is read where hundreds are shown; a Target has these attributes as well."""

    year: int
    kind: str
    lower: Decimal | None
    upper: Decimal | None
    locator: str
    reference: str | None  # the name of the region it is held against


def targets_of(rows: Iterable[Stated], years: Iterable[int] | None = None) -> dict[int, dict[int, Asked]]:
    """{plan indicator: {year: target}}, in one query; where years are given, of these alone and what may rule others.

    Few targets name a region, which is looked up for these: a join would read all regions.
    """
    found: dict[int, dict[int, Asked]] = defaultdict(dict)
    keys = [row.plan_indicator for row in rows]
    if not keys:
        return found
    scope = Scope.of(keys)
    of_years = Scope.of([*years]) if years is not None else None
    narrowed = f" AND ({of_years.on('t.year')} OR {RULES_OTHERS})" if of_years else ""
    for key, year, kind, lower, upper, locator, reference in prepared.rows(
        f"""
        SELECT t.plan_indicator_id, t.year, t.kind, t.lower, t.upper, t.locator,
            (SELECT r.name FROM regions_region r WHERE r.id = t.reference_region_id)
        FROM indicators_target t
        WHERE {scope.on("t.plan_indicator_id")}{narrowed} ORDER BY t.year
        """,
        [*scope.params, *(of_years.params if of_years else ())],
    ):
        found[key][year] = Asked(year, kind, decimal(lower), decimal(upper), locator, reference)
    return found


def decimal(value: Any) -> Decimal | None:
    """SQLite gives numbers for decimals."""
    return value if value is None or isinstance(value, Decimal) else Decimal(str(value))


def points_of(rows: Iterable[Standing]) -> dict[int, dict[int, Point]]:
    """{plan indicator: {year: point}} for the years that have progress, in one query."""
    found: dict[int, dict[int, Point]] = defaultdict(dict)
    rows = list(rows)
    last = {row.plan_indicator: row.last_year for row in rows}
    measures = {row.plan_indicator: row.measure for row in rows}
    scope = Scope.of(list(last))
    for key, year, actual, required, status, r, letters in prepared.rows(
        f"""
        SELECT plan_indicator_id, year, actual, required, status, r, reason_letters
        FROM indicators_progress WHERE {scope.on("plan_indicator_id")} ORDER BY year
        """,
        scope.params,
    ):
        sign = wording.sign(status, r=r, is_final_year=year >= last[key], is_of_year=is_of_year(measures[key], letters))
        found[key][year] = Point(actual, required, sign, _why_no_actual(letters) if actual is None else "", status)
    return found


@lru_cache(maxsize=1000)  # thousands of rows lack the same for the same reasons
def _why_no_actual(letters: str) -> str:
    return wording.reason(assessment.reasons(letters).get("actual"))


# Of table t: may rule another year than its own.
RULES_OTHERS = "t.kind IN ('above_region', 'increasing', 'growth_per_year')"


def ruling(targets: Mapping[int, T], year: int) -> T | None:
    """The target by which a year is measured: a condition, its own, or an average growth that leads to a later year."""
    condition = next((target for target in targets.values() if target.kind in CONDITIONS), None)
    if condition or year in targets:
        return condition or targets[year]
    after = min((later for later in targets if later > year), default=None)
    return targets[after] if after and targets[after].kind == TargetKind.GROWTH_PER_YEAR else None


def compared_with(targets: Mapping[int, Asked], year: int) -> str:
    """The name of the region whose figure the year's has to exceed, blank where there is none."""
    return to_exceed(ruling(targets, year))


def to_exceed(rule: Rule | None) -> str:
    """The same of the target by which a year is measured."""
    return (rule.reference or "") if rule and rule.kind == TargetKind.ABOVE_REGION else ""


def target_text(target: Target | Asked, row: InUnit) -> str:
    """A target as plans write it: 50, 1~2, 5 以内, 年均增长 15%, 较基期增长 20%, 高于内蒙古自治区, 逐年增加, 零突破."""
    kind = target.kind
    if kind == TargetKind.RANGE:
        return f"{printed(target.lower, row)}~{printed(target.upper, row)}"
    if kind == TargetKind.AT_MOST:
        return f"{printed(target.upper, row)} 以内"
    if kind == TargetKind.GROWTH_PER_YEAR:
        return f"年均增长 {percent(target.lower)}"
    if kind == TargetKind.GROWTH_OVER_BASELINE:
        return f"较基期增长 {percent(target.lower)}"
    if kind == TargetKind.ABOVE_REGION and target.reference:
        return f"高于{target.reference}"
    return _IN_WORDS.get(kind) or printed(target.lower, row)


_IN_WORDS: dict[str, str] = {TargetKind.INCREASING: "逐年增加", TargetKind.MILESTONE: "零突破"}


def printed(value: Any, row: InUnit) -> str:
    """A stored value in the printed unit, no digit dropped and none added."""
    return wording.exact(value, row.unit, row.base)


def distance(gap: float | None, size: str, *, direction: str, target: Target | Asked | None, actual: float | None) -> str:
    """The gap to a target in words, without the unit: 还差 1.2, 超出 0.5, 在范围内; blank where there is none.

    `size` is the gap without its sign, as it is printed.
    """
    if gap is None:
        return ""
    is_less = direction == Direction.DECREASE
    if gap > 0:
        return f"{'还高' if is_less else '还差'} {size}"
    if target is not None and target.kind == TargetKind.RANGE and actual is not None:
        return "在范围内" if float(target.lower) <= actual <= float(target.upper) else "越过范围"
    if target is not None and target.kind == TargetKind.MILESTONE:
        return "已突破"
    if gap == 0:
        return "正好达到"
    return f"{'已低' if is_less else '超出'} {size}"


def grouped(value: Decimal) -> str:
    """An exact number with thousands separators and a true minus."""
    text = f"{abs(value):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{wording.MINUS}{text}" if value < 0 else text


def percent(fraction: Decimal) -> str:
    """0.15 is 15%, with the digits it has."""
    return f"{grouped(Decimal(str(fraction)) * 100)}%"


def in_printed_unit(value: Any, row: Standing) -> float | None:
    """A value in the base unit as a number in the printed unit, for files."""
    if value is None:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return float(numbers.to_printed(exact, row.unit, row.base))


def bound(target: Target | Asked | None, name: str, row: Standing) -> float | None:
    """A target's `lower` or `upper` for files: in the printed unit, growth as a fraction; None where there is none."""
    value = getattr(target, name) if target else None
    if target is None or value is None:
        return None
    return float(value) if TargetKind(target.kind).is_growth else in_printed_unit(value, row)


def plan_in_region(region, slug: str = "") -> tuple[Plan, list[Plan]]:
    """The plan asked for, else the latest that states something for the region, and all of these, the latest first."""
    plans = list(
        Plan.objects.filter(plan_indicators__series__region=region)
        .distinct()
        .order_by("-last_year", "-first_year", "slug")[:50]
    )
    if not plans:
        raise Http404(f"{region.name}没有规划")
    chosen = next((plan for plan in plans if plan.slug == slug), None) if slug else plans[0]
    if chosen is None:
        raise Http404(f"{region.name}没有标识为“{slug}”的规划")
    return chosen, plans


def year_shown(plan: Plan, asked: int | None) -> int:
    """The year asked for; else the latest that is over, where the plan covers it; else the plan's last."""
    over = progress.today().year - 1
    if asked is None:
        return over if plan.first_year <= over <= plan.last_year else plan.last_year
    if not plan.first_year <= asked <= plan.last_year:
        raise Http404(f"这份规划的规划期是 {plan.first_year}—{plan.last_year} 年，没有 {asked} 年")
    return asked
