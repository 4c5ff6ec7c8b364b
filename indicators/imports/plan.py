"""The plan file: what plans ask of the indicators of their regions, a row per plan indicator and year."""

import pandas as pd
from django.db import transaction

from indicators import frames, planning
from indicators.calculation import numbers
from indicators.calculation.vocabulary import (
    BOUNDS,
    GROWTHS,
    ONLY_DIRECTION,
    Dimension,
    Direction,
    Measure,
    Nature,
    TargetKind,
    Through,
)
from indicators.imports import columns, sheets
from indicators.imports.problems import Findings, Problem, Refused, refused
from indicators.imports.tables import CODE, plan_fields
from indicators.models import Indicator, Plan
from indicators.outcome import Inconsistent
from regions.models import Region


@transaction.atomic
def import_plan(path, *, by, through=Through.FILE, header=None):
    """Plan indicators and targets; a plan not yet known is made from `header`, the fields of a plans file.

    Returns the outcomes for plan indicators and for targets.
    """
    return put(sheets.read(path, frames.PLAN), by=by, through=through, header=header)


def put(file, *, by, through=Through.FILE, header=None, keeps_order=False):
    """The same for a file that was read already, in the caller's transaction."""
    reader = _Reader(by=by, through=through, header=header or {})
    try:
        outcome = planning.put_plan(reader.parts(file), by=by, through=through, keeps_order=keeps_order)
    except Inconsistent as error:
        reader.findings.problems += [Problem(line, column, reason) for line, column, reason in error.places]
        outcome = None
    reader.findings.raise_if_any()
    return outcome


class _Reader:
    """Reads a file part by part; remembers what was found wrong, and the plans and indicators met so far."""

    def __init__(self, *, by, through, header):
        self.by, self.through, self.header = by, through, header
        self.findings = Findings({column.name: column.name for column in frames.PLAN})
        self.regions = {region.code: region for region in Region.objects.all()}
        self.region_ids = {code: region.pk for code, region in self.regions.items()}
        self.plans = {plan.slug: plan for plan in Plan.objects.all()}
        self.indicators = {indicator.code: indicator for indicator in Indicator.objects.all()}

    def parts(self, file):
        for sheet in file:
            before = len(self.findings.problems)
            typed = self._typed(sheet.rows)
            # A part with problems is not written: the whole file will be refused, after its other parts were read.
            if len(self.findings.problems) == before:
                yield typed

    def _typed(self, rows):
        findings = self.findings
        columns.texts(rows, frames.PLAN, findings)
        columns.required(rows, ["plan", "region", "indicator", "name", "unit"], findings)
        rows = rows.copy()
        rows["measure"] = columns.words(rows["measure"], Measure, "measure", findings)
        rows["direction"] = columns.words(rows["direction"], Direction, "direction", findings)
        rows["dimension"] = columns.words(rows["dimension"], Dimension, "dimension", findings, blank=True)
        rows["nature"] = columns.words(rows["nature"], Nature, "nature", findings, blank=True)
        self._meet_indicators(rows)
        self._meet_plans(rows)
        typed = pd.DataFrame(index=rows.index)
        typed["line"] = rows.index
        typed["plan_id"] = columns.codes(
            rows["plan"], {slug: plan.pk for slug, plan in self.plans.items()}, "plan", findings, "规划"
        )
        typed["region_id"] = columns.codes(rows["region"], self.region_ids, "region", findings, "地区")
        typed["indicator_id"] = columns.codes(
            rows["indicator"],
            {code: indicator.pk for code, indicator in self.indicators.items()},
            "indicator",
            findings,
            "指标",
        )
        for name in ("number", "name", "unit", "category", "nature", "baseline_locator", "responsible", "note"):
            typed[name] = rows[name]
        bases = columns.looked_up(rows["indicator"], {code: indicator.unit for code, indicator in self.indicators.items()})
        counts = ~rows["measure"].isin([Measure.RATIO.value]) & bases.isin(numbers.COUNT_UNITS)
        typed["baseline_year"] = columns.years(rows["baseline_year"], "baseline_year", findings, blank=True)
        typed["baseline_value"], _ = columns.figures(
            rows["baseline_value"], rows["unit"], bases, "baseline_value", findings, negative_allowed=~counts
        )
        findings.refuse(
            (rows["baseline_year"] == "") != rows["baseline_value"].isin(numbers.BLANKS),
            "baseline_value",
            "基期年与基期值要么都填，要么都留空",
        )
        typed["printed_growth"] = columns.fractions(rows["printed_growth"], "printed_growth", findings)
        self._targets(rows, typed, bases, counts)
        # The file has one locator: where the target stands; with no target, where the plan indicator does.
        typed["target_locator"] = rows["locator"].where(rows["year"] != "", "")
        typed["locator"] = rows.groupby(["plan", "region", "indicator"])["locator"].transform("first")
        return typed

    def _targets(self, rows, typed, bases, counts):
        findings = self.findings
        typed["year"] = columns.years(rows["year"], "year", findings, blank=True)
        typed["kind"] = columns.words(rows["kind"], TargetKind, "kind", findings, blank=True)
        findings.refuse((rows["year"] != "") & (rows["kind"] == ""), "kind", "有年份就要写目标类型，例如 at_least")
        findings.refuse((rows["year"] == "") & (rows["kind"] != ""), "year", "有目标类型就要写年份")
        is_growth = typed["kind"].isin([kind.value for kind in GROWTHS])
        levels, _ = columns.figures(
            rows["lower"].where(~is_growth, ""), rows["unit"], bases, "lower", findings, negative_allowed=~counts
        )
        growths = columns.fractions(rows["lower"].where(is_growth, ""), "lower", findings)
        typed["lower"] = growths.where(is_growth, levels)
        typed["upper"], _ = columns.figures(rows["upper"], rows["unit"], bases, "upper", findings, negative_allowed=~counts)
        typed["reference_region_id"] = columns.codes(
            rows["reference_region"], self.region_ids, "reference_region", findings, "对照地区", blank=True
        )
        stated = {"lower": typed["lower"], "upper": typed["upper"], "reference_region": typed["reference_region_id"]}
        for kind in TargetKind:
            of_kind = typed["kind"] == kind.value
            for name, values in stated.items():
                if name in BOUNDS[kind]:
                    findings.refuse(
                        of_kind & values.isna() & rows[name].isin(numbers.BLANKS), name, f"目标类型 {kind.value} 需要填这一列"
                    )
                else:
                    findings.refuse(of_kind & (rows[name] != ""), name, f"目标类型 {kind.value} 不填这一列")
            if kind in ONLY_DIRECTION:
                wrong = of_kind & (rows["direction"] != ONLY_DIRECTION[kind].value)
                findings.refuse(wrong, "kind", f"目标类型 {kind.value} 只用于{ONLY_DIRECTION[kind].label}的指标")
        ordered = pd.to_numeric(typed["lower"], errors="coerce") <= pd.to_numeric(typed["upper"], errors="coerce")
        findings.refuse(
            (typed["kind"] == TargetKind.RANGE.value) & typed["lower"].notna() & typed["upper"].notna() & ~ordered,
            "upper",
            "上限小于下限",
        )
        periods = {slug: (plan.first_year, plan.last_year) for slug, plan in self.plans.items()}
        first, last = (rows["plan"].map({slug: period[place] for slug, period in periods.items()}) for place in (0, 1))
        outside = typed["year"].notna() & first.notna() & ((typed["year"] < first) | (typed["year"] > last)).fillna(False)
        findings.refuse(outside, "year", "年份在规划期之外")
        late = typed["baseline_year"].notna() & last.notna() & (typed["baseline_year"] >= last).fillna(False)
        findings.refuse(late, "baseline_year", "基期年不早于规划终止年")

    def _meet_indicators(self, rows):
        """Indicators not yet known are made from their rows; known ones must agree in measure, direction and kind of unit."""
        findings = self.findings
        first = rows[~rows["indicator"].duplicated() & ~rows["indicator"].isin(self.indicators) & (rows["indicator"] != "")]
        wrong = ~first["indicator"].str.fullmatch(CODE)
        findings.refuse(
            wrong, "indicator", first["indicator"].map(lambda text: f"“{text[:30]}”不是代码，请用小写英文词，词间用“-”")
        )
        first = first[
            ~wrong & (first["measure"] != "") & (first["direction"] != "") & (first["name"] != "") & (first["unit"] != "")
        ]
        made = [
            {
                "code": row["indicator"],
                "name": row["name"],
                "unit": numbers.base_unit(row["unit"]),
                "dimension": row["dimension"] or Dimension.MANAGEMENT.value,
                "measure": row["measure"],
                "direction": row["direction"],
                "decimals": 0
                if numbers.base_unit(row["unit"]) in numbers.COUNT_UNITS and row["measure"] != Measure.RATIO
                else 2,
            }
            for row in first.to_dict("records")
        ]
        if made:
            planning.put_indicators(made, by=self.by, through=self.through)
            self.indicators = {indicator.code: indicator for indicator in Indicator.objects.all()}
        for name in ("measure", "direction", "dimension"):
            stands = rows["indicator"].map({code: getattr(indicator, name) for code, indicator in self.indicators.items()})
            differs = stands.notna() & (rows[name] != "") & (stands != rows[name])
            findings.refuse(differs, name, stands.map(lambda word: f"与已有指标不一致：系统里是“{word}”；口径不同请另立指标"))

    def _meet_plans(self, rows):
        unknown = [slug for slug in rows["plan"].unique() if slug and slug not in self.plans]
        if not unknown or not self.header.get("title"):
            return
        if len(unknown) > 1:
            raise refused(f"文件里有 {len(unknown)} 个新规划（{'、'.join(unknown[:5])}），请先用 import_plans 导入规划")
        years = pd.to_numeric(rows["year"], errors="coerce").dropna()
        header = (
            {column.name: "" for column in frames.PLANS} | {"plan": unknown[0]} | {k: v for k, v in self.header.items() if v}
        )
        header["region"] = header["region"] or rows["region"].iloc[0]
        for name, year in (("first_year", years.min()), ("last_year", years.max())):
            header[name] = header[name] or (str(int(year)) if len(years) else "")
        problems = [
            Problem(0, name, f"规划“{unknown[0]}”缺少这一项")
            for name in ("first_year", "last_year")
            if not header[name].isdigit()
        ]
        if header["region"] not in self.regions:
            problems.append(Problem(0, "region", f"地区“{header['region']}”不存在，请核对代码"))
        if problems:
            raise Refused(problems)
        planning.put_rows(Plan, "slug", [plan_fields(header, self.regions)], by=self.by, through=self.through)
        self.plans = {plan.slug: plan for plan in Plan.objects.all()}
