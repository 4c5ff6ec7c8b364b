"""Where plan indicators stand in a year: one row each, every word of it ready to print. Lists and files are made of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from django.urls import reverse

from indicators import frames, prepared
from indicators.calculation import assessment, wording
from indicators.calculation.assessment import FIGURES
from indicators.calculation.vocabulary import Dimension, Direction, Measure, Nature, Status
from indicators.calculation.wording import NOTHING, Sign
from indicators.frames import Scope
from indicators.reports.planned import Planned

# Of table p: figures rest on replaced inputs.
IS_STALE = f"""EXISTS (
    SELECT 1 FROM indicators_stalemark m WHERE m.series_id = p.series_id AND m.cause IN ({frames.STALE_CAUSES})
)"""
_COLUMNS = {
    "plan_indicator": "p.id",
    "series": "p.series_id",
    "number": "p.number",
    "name": "p.name",
    "unit": "p.unit",
    "category": "p.category",
    "nature": "p.nature",
    "baseline_year": "p.baseline_year",
    "baseline_value": "p.baseline_value",
    "baseline_locator": "p.baseline_locator",
    "printed_growth": "p.printed_growth",
    "responsible": "p.responsible",
    "note": "p.note",
    "locator": "p.locator",
    "plan": "q.slug",
    "plan_title": "q.title",
    "first_year": "q.first_year",
    "last_year": "q.last_year",
    "region": "r.code",
    "region_name": "r.name",
    "level": "r.level",
    "indicator": "i.code",
    "indicator_name": "i.name",
    "base": "i.unit",
    "decimals": "i.decimals",
    "dimension": "i.dimension",
    "measure": "i.measure",
    "direction": "i.direction",
    **{name: f"g.{name}" for name in FIGURES},
    "met": "g.met",
    "status": "g.status",
    "letters": "g.reason_letters",
    "is_stale": IS_STALE,
}
FIELDS = tuple(_COLUMNS)
OWN_FIELDS = tuple(name for name, column in _COLUMNS.items() if column.startswith(("p.", "g.")))  # beside what is known
FROM = """
    indicators_planindicator p
    JOIN indicators_plan q ON q.id = p.plan_id
    JOIN indicators_series s ON s.id = p.series_id
    JOIN regions_region r ON r.id = s.region_id
    JOIN indicators_indicator i ON i.id = s.indicator_id
    LEFT JOIN indicators_progress g ON g.plan_indicator_id = p.id AND g.year = %s
"""
DIMENSIONS = {word.value: place for place, word in enumerate(Dimension)}
_NATURES = {word.value: word.label for word in Nature}


@lru_cache(maxsize=1000)  # thousands of rows lack the same for the same reasons
def _reasons(letters: str) -> Mapping[str, str]:
    return assessment.reasons(letters)


def is_of_year(measure: str, letters: str | None) -> bool:
    """Whether what is asked is asked of each year on its own: nothing final can be met."""
    return measure == Measure.ANNUAL or bool(letters and assessment.is_condition(letters))


@cache
def _pattern(name: str, *arguments: str) -> str:
    return reverse(name, args=arguments)


def plan_indicator_path(region: str, indicator: str) -> str:
    """The path of a plan indicator's page. Resolved once, because a page has hundreds of them."""
    pattern = _pattern("plan-indicator", "REGION", "INDICATOR")
    return pattern.replace("REGION", quote(region, safe="")).replace("INDICATOR", indicator)


def region_path(region: str) -> str:
    """The path of a region's page, resolved once as well."""
    return _pattern("region", "REGION").replace("REGION", quote(region, safe=""))


def indicator_path(indicator: str) -> str:
    """The path of an indicator's page, resolved once as well."""
    return _pattern("indicator", "INDICATOR").replace("INDICATOR", indicator)


def plan_path(slug: str) -> str:
    """The path of a plan's page, resolved once as well."""
    return _pattern("plan", "PLAN").replace("PLAN", slug)


def history_path(region: str, indicator: str) -> str:
    """The address of a figure's history, resolved once as well."""
    return f"{_pattern('history')}?{urlencode({'region': region, 'indicator': indicator})}"


_BASELINE, _OUTSIDE, _NOT_COMPUTED = (Sign("○", word, "none") for word in ("基期", "规划期外", "尚未计算"))

_WHY_NOT_COMPUTED = {_BASELINE: "这一年是基期，进展从下一年起计算", _OUTSIDE: "这一年不在规划期内", _NOT_COMPUTED: "尚未计算"}


def sign_of(
    status: str | None,
    r: float | None,
    year: int,
    first_year: int,
    last_year: int,
    baseline_year: int | None,
    *,
    is_of_year: bool,
) -> Sign:
    """The sign of a plan indicator in a year of a plan with these first and last years; without a status it says why."""
    if status is not None:
        return wording.sign(status, r=r, is_final_year=year >= last_year, is_of_year=is_of_year)
    return _not_computed(year, first_year, last_year, baseline_year)


def _not_computed(year: int, first_year: int, last_year: int, baseline_year: int | None) -> Sign:
    if year == baseline_year:
        return _BASELINE
    return _NOT_COMPUTED if first_year <= year <= last_year else _OUTSIDE


# Of a condition: a gap or a share of the way would take the figure it is held against for a target.
VERDICTS: Mapping[str, str] = {Status.ACHIEVED: "满足", Status.BEHIND: "未满足"}


class Condition(NamedTuple):
    """A condition in a year, in words."""

    direction: str
    status: str
    gap: float | None
    figure: str  # that it is held against, as it is printed

    @property
    def to_beat(self) -> str:
        """What the year must be better than; blank where that is not known."""
        if self.figure == NOTHING:
            return ""
        return f"须{'低于' if self.direction == Direction.DECREASE else '高于'} {self.figure}"

    @property
    def verdict(self) -> str:
        """Whether it is met; blank where that cannot be told."""
        return VERDICTS.get(self.status, "")

    @property
    def why_not(self) -> str:
        """Why it is not met: for this year's figure, or for that of a year before it; blank where it is."""
        if self.status != Status.BEHIND:
            return ""
        if self.gap is not None and self.gap < 0:
            return f"早先有年份没有{'下降' if self.direction == Direction.DECREASE else '增加'}"
        return self.to_beat


@dataclass(frozen=True)
class Standing:
    """A plan indicator in a year. Values are floats or Decimals in the base unit, ratios fractions; None says why in `reasons`.

    `status` is None in years for which there is no progress: the baseline's own, those outside the plan, and all of them
    until they are computed for the first time.
    """

    year: int
    plan_indicator: int
    series: int
    number: str
    name: str
    unit: str
    category: str
    nature: str
    baseline_year: int | None
    baseline_value: Any
    baseline_locator: str
    printed_growth: Any
    responsible: str
    note: str
    locator: str
    plan: str
    plan_title: str
    first_year: int
    last_year: int
    region: str
    region_name: str
    level: str
    indicator: str
    indicator_name: str
    base: str
    decimals: int
    dimension: str
    measure: str
    direction: str
    actual: float | None
    required: float | None
    gap: float | None
    gap_final: float | None
    attainment: float | None
    attainment_final: float | None
    completion: float | None
    elapsed: float | None
    yoy: float | None
    growth_since_baseline: float | None
    cagr: float | None
    planned_growth: float | None
    planned_cagr: float | None
    required_cagr: float | None
    trend_ratio: float | None
    expected: float | None
    projection_cagr: float | None
    projection_linear: float | None
    r: float | None
    met: bool | None
    status: str | None
    letters: str | None
    is_stale: bool

    @cached_property
    def reasons(self) -> Mapping[str, str]:
        return _reasons(self.letters) if self.letters else {}

    def why(self, name: str) -> str:
        """Why a figure is empty, in words; blank where it is not."""
        return wording.reason(self.reasons.get(name))

    def why_empty(self, name: str) -> str:
        """The same, also of a year for which nothing is computed."""
        if self.status is not None:
            return self.why(name)
        if getattr(self, name) is not None:
            return ""
        if name == "actual":
            return "新增数只在规划期内累计" if self.measure == Measure.INCREMENT else "没有登记这一年的数值"
        return _WHY_NOT_COMPUTED[_not_computed(self.year, self.first_year, self.last_year, self.baseline_year)]

    @cached_property
    def sign(self) -> Sign:
        return sign_of(
            self.status,
            self.r,
            self.year,
            self.first_year,
            self.last_year,
            self.baseline_year,
            is_of_year=is_of_year(self.measure, self.letters),
        )

    @property
    def address(self) -> str:
        return f"{plan_indicator_path(self.region, self.indicator)}?plan={self.plan}&year={self.year}"

    def shown(self, name: str) -> str:
        """A figure as people read it: values in the printed unit (without the unit), ratios in %, — where it is empty.

        What the plan states has its digits, everything else at most those that the indicator shows.
        """
        value = getattr(self, name)
        if value is None:
            return NOTHING
        if name in DERIVED:
            return self.derived(value)
        if name == "baseline_value":
            return wording.exact(value, self.unit, self.base)
        return self.in_unit(value) if name in VALUES else wording.percent(value) if name in SHARES else wording.number(value, 2)

    def in_unit(self, value: Any) -> str:
        return wording.in_unit(value, self.unit, self.base, self.decimals)

    def derived(self, value: float) -> str:
        """What follows from a path or a rate. Of a count it need not be whole: 0.2, 0.4 and 0.6 of 1, not 0, 0 and 1."""
        is_part = not self.decimals and self.unit == self.base and abs(value) < 100 and value != round(value)
        return wording.in_unit(value, self.unit, self.base, 1 if is_part else self.decimals)

    @property
    def is_condition(self) -> bool:
        return bool(self.letters and assessment.is_condition(self.letters))

    @cached_property
    def condition(self) -> "Condition | None":
        """What the year is held against, where that is another figure instead of a number of the plan."""
        if not self.is_condition:
            return None
        return Condition(self.direction, self.status or "", self.gap, self.shown("required"))

    @property
    def is_ratio_in_percent(self) -> bool:
        """Changes of such a figure are told in 百分点."""
        return self.measure == Measure.RATIO and self.base == "%"

    @property
    def nature_label(self) -> str:
        return _NATURES.get(self.nature, "")


VALUES = frozenset(
    {"actual", "required", "gap", "gap_final", "expected", "projection_cagr", "projection_linear", "baseline_value"}
)
DERIVED = frozenset({"required", "gap", "gap_final", "expected", "projection_cagr", "projection_linear"})
SHARES = frozenset(FIGURES) - VALUES - {"r", "trend_ratio"} | {"printed_growth"}


def read(
    year: int,
    where: str,
    params: Sequence[Any] = (),
    *,
    order: str = "r.code, q.slug, p.position, p.id",
    limit: int = 100,
    offset: int = 0,
    only: Sequence[str] = FIELDS,
) -> list[Standing]:
    """Standings in a year, of the plan indicators that a condition on the tables of FROM names. One query.

    `only` names the fields that are wanted where hundreds are read of which a page tells little; the others are not there.
    """
    select = ", ".join(_COLUMNS[name] for name in only)
    sql = f"SELECT {select} FROM {FROM} WHERE {where} ORDER BY {order} LIMIT {int(limit)} OFFSET {int(offset)}"
    names = ("year", *only)
    found = [_standing(names, (year, *row)) for row in prepared.rows(sql, [year, *params])]
    return _with_recorded(found, year) if "actual" in only else found


def listed(
    known: Planned,
    year: int,
    where: str,
    params: Sequence[Any] = (),
    *,
    only: Sequence[str],
    is_any_stale: bool,
    order: str = "p.position, p.id",
    page: tuple[int, int] | None = None,
) -> list[Standing]:
    """Standings as `read` gives them, where what is known of plans, regions and indicators need not be joined. One query.

    `where` and `order` are told of the tables s, p and g, `only` names fields of p and g; `page` is (limit, offset).
    """
    names = (*only, "is_stale") if is_any_stale else tuple(only)
    beside = {"year": year} if is_any_stale else {"year": year, "is_stale": False}
    sql = f"""
        SELECT s.region_id, p.plan_id, s.indicator_id, {", ".join(_COLUMNS[name] for name in names)}
        FROM indicators_series s
        JOIN indicators_planindicator p ON p.series_id = s.id
        LEFT JOIN indicators_progress g ON g.plan_indicator_id = p.id AND g.year = %s
        WHERE {where} ORDER BY {order}
    """
    if page is not None:
        sql += " LIMIT %s OFFSET %s"
    found = []
    for region, plan, indicator, *row in prepared.rows(sql, [year, *params, *(page or ())]):
        try:
            about = known.about_regions[region], known.about_plans[plan], known.about_indicators[indicator]
        except KeyError:  # it came in since these were read: it is there with the next version of the structure
            continue
        found.append(_standing(names, row, beside, *about))
    return _with_recorded(found, year) if "actual" in only else found


def _with_recorded(found: list[Standing], year: int) -> list[Standing]:
    """What is recorded for the year of those for which nothing is computed; one more query where there are any.

    What an increment adds in one year is not the sum that its plan's years show.
    """
    beside = [one for one in found if one.status is None and one.measure != Measure.INCREMENT]
    values = recorded([one.series for one in beside], year)
    for one in beside:
        one.__dict__["actual"] = values.get(one.series)  # nobody has seen it yet
    return found


def recorded(series: Sequence[int], year: int) -> dict[int, float]:
    """{series: its actual of the year}, of those that have one."""
    if not series:
        return {}
    scope = Scope.of(series)
    sql = f"SELECT series_id, value FROM indicators_actual WHERE year = %s AND value IS NOT NULL AND {scope.on('series_id')}"
    return {key: float(value) for key, value in prepared.rows(sql, [year, *scope.params])}


def _standing(names: tuple[str, ...], row: Sequence[Any], *known: Mapping[str, Any]) -> Standing:
    """A standing from its fields. Set at once: one by one, as a frozen dataclass does, is most of a page's reading."""
    one = object.__new__(Standing)
    fields = one.__dict__
    fields.update(zip(names, row, strict=True))
    for facts in known:
        fields.update(facts)
    return one
