"""What is odd in published and entered numbers: each check finds rows, and says in a sentence which two figures disagree."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from indicators.calculation import numbers
from indicators.calculation.figures import NOISE
from indicators.calculation.vocabulary import About, Measure, Severity, Word

HALVED, TRIPLED = 0.5, 3.0
SLIP = 5_000  # ten-thousandfold, give or take a factor of two: 万件 written for 件

# Amounts that add up over regions, so that no part can exceed its whole.
ADDITIVE = [word.value for word in (Measure.STOCK, Measure.CUMULATIVE, Measure.INCREMENT, Measure.FLOW, Measure.ANNUAL)]
NEVER_FALLING = [Measure.STOCK.value, Measure.CUMULATIVE.value]


class Check(Word):
    """The code of a finding, and what it is called."""

    ABOVE_CONTAINER = "above_container", "大于上级地区"
    STATEMENTS_DISAGREE = "statements_disagree", "说法不一"
    TARGET_FALLS = "target_falls", "目标低于上年"
    JUMPS = "jumps", "一年减半或增至三倍"
    FALLS = "falls", "存量或累计数下降"
    PARTS_ABOVE_WHOLE = "parts_above_whole", "下级之和大于本级"
    TEN_THOUSANDFOLD = "ten_thousandfold", "疑似差一万倍"
    TWO_DEFINITIONS = "two_definitions", "同名不同口径"


SEVERITIES = {
    Check.STATEMENTS_DISAGREE: Severity.NOTICE,
    Check.JUMPS: Severity.NOTICE,
    Check.TWO_DEFINITIONS: Severity.NOTICE,
}


@dataclass(frozen=True)
class Evidence:
    """What the checks read, as frames; values are in base units.

    series: series, region_name, indicator_name, unit, measure, sign, parent (a series, -1 for none), parent_name;
    recorded: series, year, value, also of parents and children; baselines: the same; children: series, child;
    targets: plan_indicator, series, year, value (the required end, of kinds that state a level), sorted by year;
    statements: series, year, about, since_year, value, unit, printed, plan (-1 for none), place;
    stated: plan, series, year, about, lower, upper; tied: series, region_name, name, other_region, other_name.
    """

    series: pd.DataFrame
    recorded: pd.DataFrame
    baselines: pd.DataFrame
    children: pd.DataFrame
    targets: pd.DataFrame
    statements: pd.DataFrame
    stated: pd.DataFrame
    tied: pd.DataFrame


@dataclass(frozen=True)
class Finding:
    series: int
    plan_indicator: int | None
    year: int | None
    check: Check
    sentence: str
    evidence: str  # JSON

    @property
    def severity(self) -> Severity:
        return SEVERITIES.get(self.check, Severity.WARNING)


def shown(value: float, unit: str) -> str:
    """A value with its unit as people say it: from ten thousand on in 万, money in 亿元; no digit is dropped."""
    exact = Decimal(numbers.plain(Decimal(repr(round(float(value), numbers.MAX_DECIMALS)))))
    larger = {"万元": "亿元"}.get(unit, f"万{unit}")
    if abs(exact) >= 10_000 and numbers.base_unit(larger) == unit:
        exact, unit = numbers.to_printed(exact, larger, unit), larger
    return f"{numbers.plain(exact)}{'' if unit == '%' else ' '}{unit}"


def unusual(value: Decimal, before: Decimal | None, after: Decimal | None, unit: str, measure: str) -> list[str]:
    """What is odd about a figure, by itself and beside those of the years before and after, for who is entering it."""
    sentences = []
    if value % 1 and unit in numbers.COUNT_UNITS and measure != Measure.RATIO:
        sentences.append(f"以“{unit}”计的数应是整数，请核对")
    for other, year in ((before, "上年"), (after, "下年")):
        if other is None or other <= 0 or value < 0:
            continue
        ratio = value / other if year == "上年" else other / max(value, Decimal("1e-9"))
        stands = shown(float(other), unit)
        if max(ratio, 1 / max(ratio, Decimal("1e-12"))) >= SLIP:
            sentences.append(f"与{year}的 {stands} 相差约一万倍，请核对单位（万件与件、万元与元）")
        elif ratio >= TRIPLED or ratio <= HALVED:
            change = "增至三倍以上" if ratio >= TRIPLED else "减半或更少"
            sentences.append(f"{'比' if year == '上年' else '到'}{year}的 {stands} {change}，请核对")
        elif ratio < 1 and measure in NEVER_FALLING:
            sentences.append(f"{'低于' if year == '上年' else '高于'}{year}的 {stands}，存量或累计数一般不会下降，请核对")
    return sentences


def find(evidence: Evidence) -> list[Finding]:
    """All findings about the series of the evidence."""
    known = _known(evidence)
    checks: list[Callable[[Evidence, pd.DataFrame], Iterator[Finding]]] = [
        _above_container,
        _from_year_to_year,
        _parts_above_whole,
        _target_falls,
        _statements_disagree,
        _two_definitions,
    ]
    return [finding for check in checks for finding in check(evidence, known)]


def _known(evidence: Evidence) -> pd.DataFrame:
    """A figure per series and year: what is recorded, else the baseline of that year."""
    both = pd.concat([evidence.recorded.assign(kind="实际值"), evidence.baselines.assign(kind="基期值")], ignore_index=True)
    return both.dropna(subset=["value"]).drop_duplicates(["series", "year"], keep="first")


def _finding(
    row, check: Check, sentence: str, *, plan_indicator: int | None = None, year: int | None = None, **figures
) -> Finding:
    return Finding(int(row.series), plan_indicator, year, check, sentence, json.dumps(figures, ensure_ascii=False))


def _above_container(evidence: Evidence, known: pd.DataFrame) -> Iterator[Finding]:
    """A region above the one that contains it: by the same year, else by the parent's nearest figure within one year."""
    mine = evidence.series[evidence.series["measure"].isin(ADDITIVE) & (evidence.series["parent"] >= 0)].merge(
        known, on="series"
    )
    theirs = known.rename(columns={"series": "parent", "year": "parent_year", "value": "parent_value", "kind": "parent_kind"})
    pairs = [
        mine.assign(parent_year=mine["year"] + offset).merge(theirs, on=["parent", "parent_year"]) for offset in (0, -1, 1)
    ]
    nearest = pd.concat(pairs, ignore_index=True).drop_duplicates(["series", "year"], keep="first")
    for row in _rows(nearest[nearest["value"] > nearest["parent_value"]]):
        yield _finding(
            row,
            Check.ABOVE_CONTAINER,
            f"{row.region_name}{row.indicator_name} {row.year} 年{row.kind} {shown(row.value, row.unit)}，"
            f"大于包含它的{row.parent_name} {row.parent_year} 年{row.parent_kind} {shown(row.parent_value, row.unit)}",
            year=int(row.year),
            value=row.value,
            parent_value=row.parent_value,
            parent_year=int(row.parent_year),
        )


def _from_year_to_year(evidence: Evidence, known: pd.DataFrame) -> Iterator[Finding]:
    """Slips of ten thousand, jumps, and totals that fall; of several, only the first is told."""
    mine = evidence.series[evidence.series["measure"] != Measure.INCREMENT.value].merge(known, on="series")
    before = known.assign(year=known["year"] + 1).rename(columns={"value": "before", "kind": "before_kind"})
    pairs = mine.merge(before, on=["series", "year"])
    positive = (pairs["value"] > 0) & (pairs["before"] > 0)
    ratio = (pairs["value"] / pairs["before"].where(pairs["before"] > 0)).where(positive)
    slips = (ratio >= SLIP - NOISE) | (ratio <= 1 / SLIP + NOISE)
    jumps = ~slips & ((ratio >= TRIPLED - NOISE) | (ratio <= HALVED + NOISE))
    falls = ~slips & pairs["measure"].isin(NEVER_FALLING) & (pairs["sign"] > 0) & (pairs["value"] < pairs["before"])
    for check, mask, words in (
        (Check.TEN_THOUSANDFOLD, slips, "相差约一万倍，请核对单位"),
        (Check.FALLS, falls, "存量或累计数一般不会下降"),
        (Check.JUMPS, jumps & ~falls, "一年之内减半或增至三倍以上"),
    ):
        for row in _rows(pairs[mask.to_numpy(dtype=np.bool_)]):
            yield _finding(
                row,
                check,
                f"{row.region_name}{row.indicator_name} {row.year} 年{row.kind} {shown(row.value, row.unit)}，"
                f"上年{row.before_kind} {shown(row.before, row.unit)}，{words}",
                year=int(row.year),
                value=row.value,
                before=row.before,
            )


def _parts_above_whole(evidence: Evidence, known: pd.DataFrame) -> Iterator[Finding]:
    """The recorded figures of the regions below add up to more than the region's own."""
    recorded = evidence.recorded.dropna(subset=["value"])
    parts = evidence.children.merge(recorded.rename(columns={"series": "child", "value": "part"}), on="child")
    total = parts.groupby(["series", "year"], as_index=False).agg(total=("part", "sum"), count=("part", "size"))
    whole = evidence.series[evidence.series["measure"].isin(ADDITIVE)].merge(recorded, on="series")
    both = whole.merge(total, on=["series", "year"])
    excess = both["total"] - both["value"]
    # More than adding doubles can be off by.
    for row in _rows(both[excess > np.maximum(5e-7, 1e-12 * both["value"].abs())]):
        yield _finding(
            row,
            Check.PARTS_ABOVE_WHOLE,
            f"{row.region_name}{row.indicator_name} {row.year} 年 {shown(row.value, row.unit)}，"
            f"而所辖 {row.count} 个地区合计 {shown(row.total, row.unit)}",
            year=int(row.year),
            value=row.value,
            total=round(float(row.total), 6),
        )


def _target_falls(evidence: Evidence, known: pd.DataFrame) -> Iterator[Finding]:
    """A target that asks for less than the plan's target before it."""
    targets = evidence.targets.merge(evidence.series, on="series")
    before = targets.groupby("plan_indicator")[["value", "year"]].shift()
    worse = targets["sign"] * (targets["value"] - before["value"]) < 0
    rows = targets.assign(before=before["value"], before_year=before["year"])[
        worse & ~(targets["measure"] == Measure.ANNUAL.value)
    ]
    for row in _rows(rows):
        yield _finding(
            row,
            Check.TARGET_FALLS,
            f"{row.region_name}{row.indicator_name} {row.year} 年目标 {shown(row.value, row.unit)}，"
            f"不及 {int(row.before_year)} 年目标 {shown(row.before, row.unit)}",
            plan_indicator=int(row.plan_indicator),
            year=int(row.year),
            value=row.value,
            before=row.before,
        )


def _statements_disagree(evidence: Evidence, known: pd.DataFrame) -> Iterator[Finding]:
    """What another passage says, beside the figure that stands; a growth, beside the one that the figures give."""
    series = evidence.series.set_index("series")
    figures = known.set_index(["series", "year"])["value"]
    for said in _rows(evidence.statements):
        if said.series not in series.index:
            continue
        of = series.loc[said.series]
        if said.about == About.AVERAGE_GROWTH:
            standing = _average_growth(said, figures)
        elif said.about == About.ACTUAL:
            value = figures.get((said.series, said.year))
            standing = None if value is None or _same(value, said, of["unit"]) else f"实际值 {shown(value, of['unit'])}"
        else:
            standing = _stated(said, evidence.stated, of["unit"])
        if standing:
            yield _finding(
                said,
                Check.STATEMENTS_DISAGREE,
                f"{of['region_name']}{of['indicator_name']} {said.year} 年{standing}，另一处（{said.place}）为 {said.printed}",
                year=int(said.year),
                standing=standing,
                printed=said.printed,
                place=said.place,
            )


def _same(value: float, said: Any, unit: str) -> bool:
    try:
        scale = numbers.factor(said.unit, unit)
    except ValueError:
        return False
    return Decimal(str(float(value))) == Decimal(str(float(said.value))) * scale


def _average_growth(said, figures: pd.Series) -> str | None:
    """The growth that the figures of both years give, if it is not the printed one once rounded like it."""
    start, end = figures.get((said.series, said.since_year)), figures.get((said.series, said.year))
    if start is None or end is None or start <= 0 or end < 0 or not said.since_year < said.year:
        return None
    growth = Decimal(str(100 * (float(end / start) ** (1 / (said.year - said.since_year)) - 1)))
    printed = re.search(r"\.([0-9]+)", said.printed)
    decimals = len(printed[1]) if printed else 0
    if numbers.rounded(growth, decimals) == numbers.rounded(Decimal(str(float(said.value))), decimals):
        return None
    return f"按数值算出的年均增长 {numbers.rounded(growth, decimals)}%"


def _stated(said, stated: pd.DataFrame, unit: str) -> str | None:
    """What the plan itself says of the same thing."""
    rows = stated[(stated["series"] == said.series) & (stated["year"] == said.year) & (stated["about"] == said.about)]
    if said.plan >= 0:
        rows = rows[rows["plan"] == said.plan]
    if rows.empty:
        return None
    row = rows.iloc[0]
    word = About.BASELINE.label if said.about == About.BASELINE else About.TARGET.label
    bounds = [bound for bound in (row["lower"], row["upper"]) if not np.isnan(bound)]
    if len(bounds) == 1 and _same(bounds[0], said, unit) and re.fullmatch(rf"[0-9.,]+\s*{re.escape(said.unit)}?", said.printed):
        return None
    words = [shown(bound, unit) for bound in bounds]
    if len(words) == 2 and words[0].endswith(f" {unit}") and words[1].endswith(f" {unit}"):
        words[0] = words[0].removesuffix(f" {unit}")
    return f"{word} {' 至 '.join(words)}" if words else None


def _two_definitions(evidence: Evidence, known: pd.DataFrame) -> Iterator[Finding]:
    """One subject that plans count differently: the figures do not compare. One finding a series, whoever the others are."""
    for _, group in evidence.tied.groupby("series", sort=False):
        by_name: Any = group.groupby("other_name", sort=False)
        names = {name: "、".join(dict.fromkeys(others["other_region"])) for name, others in by_name}
        others = "、".join(f"“{name}”（{regions}）" for name, regions in names.items())
        row = next(_rows(group))
        yield _finding(
            row,
            Check.TWO_DEFINITIONS,
            f"{row.region_name}“{row.name}”与{others}说的是同一事项，但口径不同，不能直接比较",
            others=names,
        )


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples())
