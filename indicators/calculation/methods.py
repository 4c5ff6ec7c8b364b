"""The rules in words, for the methods page and beside each figure: Chinese names and signs, no markup.

Thresholds come from where they are tested, numbers in examples from where they are computed, so that neither can differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from indicators.calculation import assessment, numbers, quality, status
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import Direction, Measure, Reason, Severity, Status, TargetKind

# What `worked` reads: a year's progress with what it was computed from, values in `unit`:
# the figures, met, reasons ({figure: code}); year, first_year, last_year, measure, direction, unit; baseline_year and
# baseline_value (None: no baseline); kind, lower, upper of the target that rules the year (kind None: no target does);
# targets, {year: what is required then}; own and previous, what is recorded for the year itself and the year before (the
# baseline where it stands for that year); and, if wished, decimals for amounts that do not come out even.
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """A word of the vocabulary and what it means."""

    name: str
    label: str
    sentence: str


@dataclass(frozen=True)
class StatusRule:
    """One rule of the ordered list; those of one step stand together on the page."""

    step: int
    status: Status
    sentence: str

    @property
    def label(self) -> str:
        return self.status.label


@dataclass(frozen=True)
class CheckText(Text):
    severity: Severity


@dataclass(frozen=True)
class Rule:
    """How a figure is computed; `empty_for` are the reasons of its own, beside those that any figure may have."""

    name: str
    label: str
    sentence: str
    formula: str
    empty_for: tuple[Reason, ...]
    example: str

    @property
    def empty_when(self) -> str:
        return "；".join(reason.label for reason in self.empty_for)


# What holds for all figures

NOTES = (
    "未填报、不适用和 0 是三回事：没有数值的地方留空并写明原因，不当作 0。",
    "计算一律使用未取整的数值，只在显示时四舍五入；判断状态用的也是未取整的数值。",
    f"“规划期新增”的指标中间有年份未填报或不适用时，除实际值和同比外的数值都留空，原因写作“{Reason.INCOMPLETE_SUM.label}”。",
    "单位为 % 的数值，其差以“个百分点”表示。",
    "越低越好的指标，差距、达成率和趋势比按相反方向计算，因此各指标的读法一致：差距为正表示还差多少，比率越大越好。",
)

MEASURES = (
    Text(
        Measure.STOCK,
        Measure.STOCK.label,
        "取年末的数量，例如有效注册商标拥有量。各年的数不相加。",
    ),
    Text(
        Measure.CUMULATIVE,
        Measure.CUMULATIVE.label,
        "每年填报的就是累计到当年的总数，例如质押融资累计金额。各年的数不再相加。",
    ),
    Text(
        Measure.INCREMENT,
        Measure.INCREMENT.label,
        "每年填报当年新增的数，实际值是从规划第一年到本年各年新增之和；基期为规划第一年的上一年，基期值为 0。"
        "中间有年份没有数值时，实际值是已填报各年之和，并注明不完整。",
    ),
    Text(
        Measure.FLOW,
        Measure.FLOW.label,
        "取当年全年发生的数量，例如维权援助和调解案件量。算法与年末存量相同，但比上年减少不算异常。",
    ),
    Text(
        Measure.ANNUAL,
        Measure.ANNUAL.label,
        "规划对每一年分别提出要求，例如每年调解案件不少于若干件。每年只与当年的要求比较，没有终期目标，也不推算。",
    ),
    Text(
        Measure.RATIO,
        Measure.RATIO.label,
        "百分比、得分或人均数，例如满意度、每万人口拥有量。各年之间、各地区之间不相加，也不求平均。",
    ),
    Text(
        Measure.MILESTONE,
        Measure.MILESTONE.label,
        "规划开始以来已经实现的个数，例如建成保护中心。每年填报的就是到当年为止的个数。",
    ),
)

KINDS = (
    Text(TargetKind.AT_LEAST, TargetKind.AT_LEAST.label, "本年目标值是规划写明的下限，实际值不低于它即达到。只用于越高越好的指标。"),
    Text(TargetKind.AT_MOST, TargetKind.AT_MOST.label, "本年目标值是规划写明的上限，实际值不高于它即达到。只用于越低越好的指标。"),
    Text(
        TargetKind.RANGE,
        TargetKind.RANGE.label,
        "规划给出下限和上限。越高越好的指标以下限为目标值，越低越好的以上限为目标值；越过区间另一端属于超额完成。",
    ),
    Text(TargetKind.MILESTONE, TargetKind.MILESTONE.label, "要求从无到有，本年目标值为 1。"),
    Text(
        TargetKind.GROWTH_PER_YEAR,
        TargetKind.GROWTH_PER_YEAR.label,
        "目标值 = 基期值 × (1 + 增长率) 的 (本年 − 基期年) 次方。它规定本年的目标值，"
        "也规定此前各年的目标值，直到另有目标的年份为止。基期值须大于 0。",
    ),
    Text(
        TargetKind.GROWTH_OVER_BASELINE,
        TargetKind.GROWTH_OVER_BASELINE.label,
        "目标值 = 基期值 × (1 + 增长率)。基期值须大于 0。",
    ),
    Text(
        TargetKind.ABOVE_REGION,
        TargetKind.ABOVE_REGION.label,
        "属条件类目标：目标值是对照地区同一指标同一年的实际值，必须优于它，相等不算达到。规划期内每年都这样比较。",
    ),
    Text(
        TargetKind.INCREASING,
        TargetKind.INCREASING.label,
        "属条件类目标：规划期内到本年为止，每次数值都必须优于它前面最近的一次，相等不算达到。"
        "规划期以前的数值也参与比较，基期年没有另填数值时以基期值代替。",
    ),
)


def _status_rules() -> tuple[StatusRule, ...]:
    on_track, slightly, behind, faster = (
        f"{limit:g}" for limit in (status.ON_TRACK, status.SLIGHTLY_BEHIND, status.BEHIND, status.FASTER)
    )
    early = status.label(Status.ACHIEVED, r=None, is_final_year=False)
    brisk = status.label(Status.ON_TRACK, r=status.FASTER, is_final_year=False)
    r = LABELS["r"]
    holes = f"“{Measure.INCREMENT.label}”的指标中间有年份没有数值"
    return (
        StatusRule(1, Status.NOT_DUE, "本年没有实际值，而本年还没有结束。"),
        StatusRule(1, Status.NOT_APPLICABLE, "本年登记为“不适用”。"),
        StatusRule(1, Status.NO_DATA, "本年已经结束，没有填报实际值。"),
        StatusRule(1, Status.ACHIEVED, f"{holes}，但已填报各年之和已经达到终期目标。"),
        StatusRule(1, Status.NO_DATA, f"{holes}，已填报各年之和没有达到终期目标。"),
        StatusRule(
            2,
            Status.NO_REFERENCE,
            "没有可以对照的数：条件类目标缺少用来比较的数值；增长类目标没有大于 0 的基期值；"
            f"“{Measure.ANNUAL.label}”的指标本年没有要求；或者规划没有定任何目标。",
        ),
        StatusRule(
            3, Status.ACHIEVED, f"条件类目标和“{Measure.ANNUAL.label}”的指标：本年目标已经达到。终期年以前称“{early}”。"
        ),
        StatusRule(
            3, Status.SLIGHTLY_BEHIND, f"“{Measure.ANNUAL.label}”的指标：本年目标没有达到，但{r} 不低于 {slightly}。"
        ),
        StatusRule(3, Status.BEHIND, f"其余条件类目标和“{Measure.ANNUAL.label}”的指标：本年目标没有达到。"),
        StatusRule(4, Status.ACHIEVED, f"本年实际值已经达到终期目标，即使本年自己的目标更高。终期年以前称“{early}”。"),
        StatusRule(5, Status.ON_TRACK, f"{r} 不低于 {on_track}。不低于 {faster} 时称“{brisk}”。"),
        StatusRule(5, Status.SLIGHTLY_BEHIND, f"{r} 不低于 {slightly}，低于 {on_track}。"),
        StatusRule(5, Status.BEHIND, f"{r} 不低于 {behind}，低于 {slightly}。"),
        StatusRule(5, Status.REVERSED, f"{r} 低于 {behind}，即比基期还差。"),
        StatusRule(6, Status.ON_TRACK, f"算不出{r}，但有{LABELS['expected']}可比，而且已经达到。"),
        StatusRule(6, Status.BEHIND, f"算不出{r}，但有{LABELS['expected']}可比，没有达到。"),
        StatusRule(
            7, Status.NO_PATH, f"以上都不符合：规划只为其他年份定了目标，本年无从比较，只显示{LABELS['attainment_final']}。"
        ),
    )


REASONS = tuple(
    Text(reason, reason.label, sentence)
    for reason, sentence in {
        Reason.NO_ACTUAL: "这一年还没有填报并审核通过的数值。填报后即可计算。",
        Reason.NOT_APPLICABLE: "这一年登记为“不适用”，没有数值，也不需要补报。",
        Reason.NO_BASELINE: "规划没有写明起点的数值，系统不代为编造；要与起点比较的数值都无法计算。",
        Reason.NO_TARGET: "规划没有为这一年提出目标，表中以“—”表示的年份也是如此。",
        Reason.NO_FINAL_TARGET: "规划没有为最后一年提出目标，或后面的年份再没有目标可以连线。",
        Reason.NO_REFERENCE: "条件类目标要与对照地区或自己此前的数值比较，而那个数值还没有。",
        Reason.NON_POSITIVE_BASE: "用作除数的数值是 0 或负数，增长率和比率没有意义。",
        Reason.NEGATIVE_VALUE: "参与计算的数值是负数，比率或年均增长没有意义。",
        Reason.PAST_FINAL_YEAR: "本年就是规划的最后一年，不再有今后。",
        Reason.ALREADY_MET: "实际值已经达到终期目标，今后不再需要增长。",
        Reason.MAINTENANCE: "目标（或规划要求的增长）与基期相比没有变化，不存在从基期到目标的距离。",
        Reason.TARGET_BEHIND_BASELINE: "目标还不如基期，从基期到目标的方向与指标的方向相反，完成进度没有意义。",
        Reason.ZERO_TARGET: "目标是 0 或负数，不能用作除数，也算不出年均增长。",
        Reason.INCOMPLETE_SUM: "规划期新增要从第一年起相加，其间有年份没有数值，合计只包括已填报的年份。",
        Reason.CONDITION: "“高于对照地区”“逐年增加”只要求满足条件，没有一条通向终期的数值路径。",
        Reason.ANNUAL: "每一年的要求各自独立，不存在终期目标和到终期的路径。",
        Reason.NO_PREVIOUS_YEAR: "上一年没有数值，也没有可以代替它的基期值。",
        Reason.OUT_OF_RANGE: "结果大到无法表示，通常是某个数值或单位填写有误。",
    }.items()
)


def _checks() -> tuple[CheckText, ...]:
    additive = "、".join(Measure(value).label for value in quality.ADDITIVE)
    never_falling = "、".join(Measure(value).label for value in quality.NEVER_FALLING)
    halved, tripled = _percent(quality.HALVED), f"{quality.TRIPLED:g}"
    sentences = {
        Check.ABOVE_CONTAINER: "一个地区的数大于包含它的上级地区。先比同一年的实际值，没有实际值的用基期值；"
        f"上级同年没有数时，用相差一年以内最近的数，并写明两个年份。适用于{additive}；比率不作此比较。相等不提示。",
        Check.STATEMENTS_DISAGREE: "规划正文、其他来源的说法与系统采用的数不同，或者印出的年均增长与按数值算出的不同"
        "（先按所印的小数位数四舍五入再比较）。其他说法只并列显示，不参与计算。",
        Check.TARGET_FALLS: f"同一规划里，后面年份的目标不及前面年份的目标。“{Measure.ANNUAL.label}”的指标除外。",
        Check.JUMPS: f"本年的数不高于上年的 {halved}，或不低于上年的 {tripled} 倍。“{Measure.INCREMENT.label}”的指标除外。",
        Check.FALLS: f"{never_falling}比上年减少。这类数值一般不会减少。",
        Check.PARTS_ABOVE_WHOLE: f"所辖地区同一年的实际值之和大于本级的实际值。适用于{additive}。相等不提示。",
        Check.TEN_THOUSANDFOLD: f"本年的数是上年的 {quality.SLIP} 倍以上或 {quality.SLIP} 分之一以下，"
        "多半是把“万件”写成“件”一类的错误。出现时不再另外提示增减。",
        Check.TWO_DEFINITIONS: "不同规划说的是同一事项，但口径不同，因此作为两个指标保存，不能直接比较。",
    }
    return tuple(
        CheckText(check, check.label, sentence, quality.SEVERITIES.get(check, Severity.WARNING))
        for check, sentence in sentences.items()
    )


# The figures

LABELS = {
    "actual": "实际值",
    "required": "本年目标值",
    "met": "是否达到本年目标",
    "gap": "差距",
    "gap_final": "与终期目标的差距",
    "attainment": "达成率",
    "attainment_final": "终期达成率",
    "completion": "完成进度",
    "elapsed": "序时进度",
    "yoy": "同比",
    "growth_since_baseline": "较基期增长",
    "cagr": "年均增长",
    "planned_growth": "规划增幅",
    "planned_cagr": "规划年均增长",
    "required_cagr": "今后所需年均增长",
    "trend_ratio": "趋势比",
    "expected": "预期值",
    "projection_cagr": "按年均增速推算",
    "projection_linear": "按线性推算",
    "r": "进度比 r",
}

_SENTENCES = {
    "actual": "本年审核通过的数值；“规划期新增”的指标为规划第一年到本年各年新增之和。",
    "required": "规划要求本年达到的数值，读法随目标类型而定。",
    "met": "实际值与本年目标值相比，达到或优于即为达到；条件类目标必须优于，相等不算。",
    "gap": "离本年目标值还差多少。正数表示还差，负数表示已经超过。",
    "gap_final": "离规划最后一年的目标值还差多少。正数表示还差，负数表示已经超过。",
    "attainment": "实际值相当于本年目标值的百分之几。",
    "attainment_final": "实际值相当于终期目标值的百分之几。",
    "completion": "从基期到终期目标的路程已经走了多少，可以超过 100%，比基期差时为负。",
    "elapsed": "到本年末，从基期年到规划最后一年的时间已经过了多少。完成进度可与它对照。",
    "yoy": "本年与上年相比的增长率。上年没有另填数值而正是基期年时，用基期值；“规划期新增”的指标比较两年各自的新增数。",
    "growth_since_baseline": "本年与基期相比一共增长了多少。",
    "cagr": "从基期年到本年，平均每年增长多少（几何平均）。",
    "planned_growth": "规划要求从基期到终期一共增长多少，即规划表中的“增幅”。",
    "planned_cagr": "规划要求从基期到终期平均每年增长多少。",
    "required_cagr": "从本年起，平均每年还要增长多少才能达到终期目标。",
    "trend_ratio": "实际的年均增长相当于规划年均增长的几倍；1 表示与规划的速度相同，负数表示方向相反。",
    "expected": "按规划本年应当达到的数值：本年有目标时就是目标值，没有时在前后最近的两个已知点（基期、各年目标）之间按直线推算。",
    "projection_cagr": "如果基期以来的年均增长保持不变，规划最后一年将达到的数值。只是推算，不是预测。",
    "projection_linear": "如果基期以来平均每年增加的数量保持不变，规划最后一年将达到的数值。只是推算，不是预测。",
    "r": "到本年应走的路程已经走了多少，状态据此判断。“逐年单独要求”的指标，以及没有基期而本年有目标的指标，用达成率代替。",
}

_FORMULAS = {
    "actual": "本年数值；规划期新增：规划第一年至本年的新增数相加",
    "required": "见各目标类型",
    "met": "越高越好：实际值 ≥ 本年目标值；越低越好：实际值 ≤ 本年目标值",
    "gap": "本年目标值 − 实际值（越低越好：实际值 − 本年目标值）",
    "gap_final": "终期目标值 − 实际值（越低越好：实际值 − 终期目标值）",
    "attainment": "实际值 ÷ 本年目标值（越低越好：本年目标值 ÷ 实际值）",
    "attainment_final": "实际值 ÷ 终期目标值（越低越好：终期目标值 ÷ 实际值）",
    "completion": "(实际值 − 基期值) ÷ (终期目标值 − 基期值)",
    "elapsed": "(本年 − 基期年) ÷ (终期年 − 基期年)",
    "yoy": "本年数值 ÷ 上年数值 − 1",
    "growth_since_baseline": "实际值 ÷ 基期值 − 1",
    "cagr": "(实际值 ÷ 基期值) 的 (1 ÷ (本年 − 基期年)) 次方 − 1",
    "planned_growth": "终期目标值 ÷ 基期值 − 1",
    "planned_cagr": "(终期目标值 ÷ 基期值) 的 (1 ÷ (终期年 − 基期年)) 次方 − 1",
    "required_cagr": "(终期目标值 ÷ 实际值) 的 (1 ÷ (终期年 − 本年)) 次方 − 1",
    "trend_ratio": "年均增长 ÷ 规划年均增长的绝对值（越低越好：再乘 −1）",
    "expected": "前一点的值 + (后一点的值 − 前一点的值) × (本年 − 前一点的年份) ÷ (后一点的年份 − 前一点的年份)",
    "projection_cagr": "实际值 × (1 + 年均增长) 的 (终期年 − 本年) 次方",
    "projection_linear": "基期值 + (实际值 − 基期值) × (终期年 − 基期年) ÷ (本年 − 基期年)",
    "r": "(实际值 − 基期值) ÷ (预期值 − 基期值)",
}

_NO_ACTUAL = (Reason.NO_ACTUAL, Reason.NOT_APPLICABLE)
_NO_PATH = (Reason.CONDITION, Reason.ANNUAL)
_NO_REQUIRED = (Reason.NO_TARGET, Reason.NO_REFERENCE, Reason.NO_BASELINE, Reason.NON_POSITIVE_BASE)
_NO_FINAL = (*_NO_PATH, Reason.NO_FINAL_TARGET, Reason.NO_BASELINE, Reason.NON_POSITIVE_BASE)
_NO_CAGR = (Reason.NO_BASELINE, *_NO_ACTUAL, Reason.NON_POSITIVE_BASE, Reason.NEGATIVE_VALUE)
_NO_WAY = (Reason.MAINTENANCE, Reason.TARGET_BEHIND_BASELINE)
_EMPTY_FOR: dict[str, tuple[Reason, ...]] = {
    "actual": _NO_ACTUAL,
    "required": _NO_REQUIRED,
    "met": (*_NO_REQUIRED, *_NO_ACTUAL),
    "gap": (*_NO_REQUIRED, *_NO_ACTUAL),
    "gap_final": (*_NO_FINAL, *_NO_ACTUAL),
    "attainment": (*_NO_REQUIRED, *_NO_ACTUAL, Reason.NEGATIVE_VALUE, Reason.ZERO_TARGET),
    "attainment_final": (*_NO_FINAL, *_NO_ACTUAL, Reason.NEGATIVE_VALUE, Reason.ZERO_TARGET),
    "completion": (*_NO_FINAL, *_NO_ACTUAL, *_NO_WAY),
    "elapsed": (Reason.NO_BASELINE,),
    "yoy": (*_NO_ACTUAL, Reason.NO_PREVIOUS_YEAR, Reason.NON_POSITIVE_BASE),
    "growth_since_baseline": (Reason.NO_BASELINE, *_NO_ACTUAL, Reason.NON_POSITIVE_BASE),
    "cagr": _NO_CAGR,
    "planned_growth": _NO_FINAL,
    "planned_cagr": (*_NO_FINAL, Reason.ZERO_TARGET),
    "required_cagr": (*_NO_FINAL, Reason.PAST_FINAL_YEAR, *_NO_ACTUAL, Reason.ALREADY_MET, Reason.ZERO_TARGET),
    "trend_ratio": (*_NO_FINAL, Reason.ZERO_TARGET, *_NO_ACTUAL, Reason.NEGATIVE_VALUE, Reason.MAINTENANCE),
    "expected": (*_NO_PATH, Reason.NO_BASELINE, Reason.NO_FINAL_TARGET, Reason.NON_POSITIVE_BASE),
    "projection_cagr": (*_NO_PATH, *_NO_CAGR),
    "projection_linear": (*_NO_PATH, Reason.NO_BASELINE, *_NO_ACTUAL),
    "r": (
        *(Reason.CONDITION, Reason.NO_FINAL_TARGET, *_NO_REQUIRED, *_NO_ACTUAL),
        *(*_NO_WAY, Reason.NEGATIVE_VALUE, Reason.ZERO_TARGET),
    ),
}

# The example: made up, round, and of no region.

EXAMPLE_UNIT = "件"
EXAMPLE_FIRST, EXAMPLE_LAST = 2021, 2025
EXAMPLE_BASELINE = (2020, 100.0)
EXAMPLE_TARGETS = {2023: 160.0, 2025: 200.0}
EXAMPLE_ACTUALS = {2021: 110.0, 2022: 132.0, 2023: 150.0}
EXAMPLE_YEAR = 2023
_BETWEEN_TARGETS = 2022  # shows how the line is drawn


def rules() -> tuple[Rule, ...]:
    """The figures in the order in which they are given, `met` after the requirement; the example computed now."""
    by_year = example_rows()
    found = []
    for name in assessment.EXPLAINED:
        year = _BETWEEN_TARGETS if name == "expected" else EXAMPLE_YEAR
        example = f"示例，{year} 年：{worked(name, by_year[year])}"
        found.append(Rule(name, LABELS[name], _SENTENCES[name], _FORMULAS[name], _EMPTY_FOR[name], example))
    return tuple(found)


def example() -> str:
    """What the examples compute with, and where their year stands."""
    start, base = EXAMPLE_BASELINE
    asked = "、".join(f"{year} 年目标不低于 {_amount(value, EXAMPLE_UNIT)}" for year, value in EXAMPLE_TARGETS.items())
    had = "、".join(f"{year} 年 {_amount(value, EXAMPLE_UNIT)}" for year, value in EXAMPLE_ACTUALS.items())
    row = example_rows()[EXAMPLE_YEAR]
    word = status.label(row["status"], r=row["r"], is_final_year=EXAMPLE_YEAR == EXAMPLE_LAST)
    return (
        "示例只用来说明算法，数字是编的，不是任何地区的数据："
        f"某项{Direction.INCREASE.label}的{Measure.STOCK.label}指标，规划期 {EXAMPLE_FIRST}—{EXAMPLE_LAST} 年，"
        f"基期 {start} 年 {_amount(base, EXAMPLE_UNIT)}，{asked}；实际值 {had}。"
        f"{EXAMPLE_YEAR} 年{LABELS['r']} 为 {_number(row['r'], 3)}，状态为“{word}”。"
    )


def example_rows() -> dict[int, dict[str, Any]]:
    """The example's progress by year, in the form that `worked` reads."""
    start, base = EXAMPLE_BASELINE
    kind, nothing = TargetKind.AT_LEAST.value, float("nan")
    plan = {
        "plan_indicator": 1,
        "series": 1,
        "measure": Measure.STOCK.value,
        "direction": Direction.INCREASE.value,
        "first_year": EXAMPLE_FIRST,
        "last_year": EXAMPLE_LAST,
        "baseline_year": start,
        "baseline_value": base,
    }
    targets = [
        {"plan_indicator": 1, "year": year, "kind": kind, "lower": value, "upper": nothing, "reference_series": nothing}
        for year, value in EXAMPLE_TARGETS.items()
    ]
    actuals = [
        {"series": 1, "year": year, "value": value, "not_applicable": False} for year, value in EXAMPLE_ACTUALS.items()
    ]
    progress = assessment.assess(
        pd.DataFrame([plan]), pd.DataFrame(targets), pd.DataFrame(actuals), this_year=max(EXAMPLE_ACTUALS) + 1
    )
    known = {start: base, **EXAMPLE_ACTUALS}
    return {
        row["year"]: {
            **plan,
            **row,
            "reasons": assessment.reasons(row["reasons"].decode()),
            "unit": EXAMPLE_UNIT,
            "kind": kind if row["year"] in EXAMPLE_TARGETS else None,
            "lower": EXAMPLE_TARGETS.get(row["year"]),
            "upper": None,
            "targets": EXAMPLE_TARGETS,
            "own": EXAMPLE_ACTUALS.get(row["year"]),
            "previous": known.get(row["year"] - 1),
        }
        for row in progress.to_dict("records")
    }


# A figure with its numbers in it


def worked(name: str, row: Row) -> str:
    """The formula of a figure with the numbers of a row (see Row) and its result; or why there is none."""
    reason = row["reasons"].get(name)
    if reason and not (name == "actual" and reason == Reason.INCOMPLETE_SUM):
        return f"无法计算：{Reason(reason).label}"
    return _WORKED[name](row)


def _actual(row: Row) -> str:
    value = _amount(row["actual"], row["unit"], row)
    if row["measure"] != Measure.INCREMENT:
        return f"{row['year']} 年数值 {value}"
    note = f"（{Reason.INCOMPLETE_SUM.label}）" if "actual" in row["reasons"] else ""
    return f"{row['first_year']} 年至 {row['year']} 年新增数相加，共 {value}{note}"


def _required(row: Row) -> str:
    kind, unit, value = row["kind"], row["unit"], _amount(row["required"], row["unit"], row)
    if kind == TargetKind.GROWTH_PER_YEAR:
        start, base = _baseline(row)
        return _equals(
            f"{_term(base, row)} × (1 + {_rate(row['lower'])}) 的 ({row['year']} − {start}) 次方", "required", row
        )
    if kind == TargetKind.GROWTH_OVER_BASELINE:
        return _equals(f"{_term(_baseline(row)[1], row)} × (1 + {_rate(row['lower'])})", "required", row)
    if kind == TargetKind.RANGE:
        end = "上限" if row["direction"] == Direction.DECREASE else "下限"
        return f"规划要求 {_term(row['lower'], row)} 至 {_amount(row['upper'], unit, row)}，以{end} {value} 为目标值"
    if kind == TargetKind.MILESTONE:
        return f"规划要求实现突破，即不少于 {value}"
    if kind == TargetKind.ABOVE_REGION:
        return f"对照地区 {row['year']} 年数值 {value}"
    if kind == TargetKind.INCREASING:
        return f"此前最近一次的数值 {value}"
    return f"规划要求{TargetKind(kind).label} {value}"


def _met(row: Row) -> str:
    result = "已达到" if row["met"] else "未达到"
    actual, asked = (_amount(value, row["unit"], row) for value in (_compared(row), row["required"]))
    if row["kind"] == TargetKind.INCREASING:
        return f"本年 {actual}，此前最近一次 {asked}；到本年为止每次都须优于上一次：{result}"
    if row["kind"] == TargetKind.ABOVE_REGION:
        return f"本年 {actual}，对照地区 {asked}，须优于对照地区：{result}"
    return f"{LABELS['actual']} {actual}，目标值 {asked}：{result}"


def _gap(name: str, actual: float, asked: float, row: Row) -> str:
    parts = (asked, actual) if row["direction"] == Direction.INCREASE else (actual, asked)
    return _equals(" − ".join(_term(part, row) for part in parts), name, row)


def _attainment(name: str, actual: float, asked: float, row: Row) -> str:
    parts = (actual, asked) if row["direction"] == Direction.INCREASE else (asked, actual)
    return _equals(" ÷ ".join(_term(part, row) for part in parts), name, row)


def _growth(name: str, end: float, start: float, row: Row) -> str:
    text = _equals(f"{_term(end, row)} ÷ {_term(start, row)} − 1", name, row)
    if row["unit"] != "%":
        return text
    return f"{text}（相差 {_amount(end - start, '个百分点', row)}）"


def _average(name: str, end: float, start: float, years: str, row: Row) -> str:
    return _equals(f"({_term(end, row)} ÷ {_term(start, row)}) 的 (1 ÷ ({years})) 次方 − 1", name, row)


def _share(name: str, end: float, row: Row) -> str:
    base = _term(_baseline(row)[1], row)
    return _equals(f"({_term(row['actual'], row)} − {base}) ÷ ({_term(end, row)} − {base})", name, row)


def _trend_ratio(row: Row) -> str:
    since, planned = _percent(row["cagr"], 2), _percent(abs(row["planned_cagr"]), 2)
    since = f"({since})" if row["cagr"] < 0 else since
    return _equals(f"{'' if row['direction'] == Direction.INCREASE else '(−1) × '}{since} ÷ {planned}", "trend_ratio", row)


def _expected(row: Row) -> str:
    if row["kind"] is not None:
        return f"本年有目标，即目标值 {_amount(row['expected'], row['unit'], row)}"
    start, base = _baseline(row)
    points = {year: value for year, value in row["targets"].items() if value is not None}
    if start is not None:
        points = {start: base} | {year: value for year, value in points.items() if year > start}
    before, after = max(year for year in points if year < row["year"]), min(year for year in points if year > row["year"])
    left, right = _term(points[before], row), _term(points[after], row)
    line = f"{left} + ({right} − {left}) × ({row['year']} − {before}) ÷ ({after} − {before})"
    return _equals(line, "expected", row)


def _projection_cagr(row: Row) -> str:
    # With the numbers rather than a rounded growth, so that a reader who computes it again gets the same.
    start, base = _baseline(row)
    actual = _term(row["actual"], row)
    power = f"(({row['last_year']} − {row['year']}) ÷ ({row['year']} − {start}))"
    return _equals(f"{actual} × ({actual} ÷ {_term(base, row)}) 的 {power} 次方", "projection_cagr", row)


def _projection_linear(row: Row) -> str:
    start, base = _baseline(row)[0], _term(_baseline(row)[1], row)
    share = f"({row['last_year']} − {start}) ÷ ({row['year']} − {start})"
    return _equals(f"{base} + ({_term(row['actual'], row)} − {base}) × {share}", "projection_linear", row)


def _pace(row: Row) -> str:
    if row["measure"] == Measure.ANNUAL or _baseline(row)[0] is None:
        return _attainment("r", _compared(row), row["required"], row)
    return _share("r", row["expected"], row)


def _since(row: Row) -> str:
    return f"{row['year']} − {_baseline(row)[0]}"


def _planned(row: Row) -> str:
    return f"{row['last_year']} − {_baseline(row)[0]}"


def _ahead(row: Row) -> str:
    return f"{row['last_year']} − {row['year']}"


_WORKED: dict[str, Callable[[Row], str]] = {
    "actual": _actual,
    "required": _required,
    "met": _met,
    "gap": lambda row: _gap("gap", _compared(row), row["required"], row),
    "gap_final": lambda row: _gap("gap_final", row["actual"], _final(row), row),
    "attainment": lambda row: _attainment("attainment", _compared(row), row["required"], row),
    "attainment_final": lambda row: _attainment("attainment_final", row["actual"], _final(row), row),
    "completion": lambda row: _share("completion", _final(row), row),
    "elapsed": lambda row: _equals(f"({_since(row)}) ÷ ({_planned(row)})", "elapsed", row),
    "yoy": lambda row: _growth("yoy", _own(row), row["previous"], row),
    "growth_since_baseline": lambda row: _growth("growth_since_baseline", row["actual"], _baseline(row)[1], row),
    "cagr": lambda row: _average("cagr", row["actual"], _baseline(row)[1], _since(row), row),
    "planned_growth": lambda row: _growth("planned_growth", _final(row), _baseline(row)[1], row),
    "planned_cagr": lambda row: _average("planned_cagr", _final(row), _baseline(row)[1], _planned(row), row),
    "required_cagr": lambda row: _average("required_cagr", _final(row), row["actual"], _ahead(row), row),
    "trend_ratio": _trend_ratio,
    "expected": _expected,
    "projection_cagr": _projection_cagr,
    "projection_linear": _projection_linear,
    "r": _pace,
}


def _baseline(row: Row) -> tuple[Any, Any]:
    """Year and value; what is added since a plan began starts from 0."""
    if row["measure"] == Measure.INCREMENT:
        return row["first_year"] - 1, 0.0
    return row["baseline_year"], row["baseline_value"]


def _own(row: Row) -> Any:
    return row["own"] if row["measure"] == Measure.INCREMENT else row["actual"]


def _compared(row: Row) -> Any:
    """What stands against the year's requirement: of a condition the year's own figure."""
    is_condition = row["kind"] is not None and TargetKind(row["kind"]).is_condition
    return _own(row) if is_condition else row["actual"]


def _final(row: Row) -> Any:
    return row["targets"][row["last_year"]]


# Numbers in text

AMOUNTS = ("actual", "required", "expected", "projection_cagr", "projection_linear")
DIFFERENCES = ("gap", "gap_final")
PLAIN = {"trend_ratio": 2, "r": 3}  # decimals; all others are shown in %
MEANT_EVEN = Decimal("1e-9")  # an amount nearer than this to six decimals was meant to have no more


def _equals(expression: str, name: str, row: Row) -> str:
    """The expression, its result, and between them whether that was rounded."""
    value = row[name]
    if name in PLAIN:
        result, is_exact = _number(value, PLAIN[name]), _is_exact(value, PLAIN[name])
    elif name in AMOUNTS or name in DIFFERENCES:
        unit = "个百分点" if name in DIFFERENCES and row["unit"] == "%" else row["unit"]
        result, is_exact = _amount(value, unit, row), _is_exact(value, numbers.MAX_DECIMALS)
    else:
        result, is_exact = _percent(value), _is_exact(value, 3)
    return f"{expression} {'=' if is_exact else '≈'} {result}"


def _is_exact(value: float, decimals: int) -> bool:
    exact = Decimal(repr(float(value)))
    return abs(exact - numbers.rounded(exact, decimals)) <= MEANT_EVEN * max(Decimal(1), abs(exact))


def _number(value: float, decimals: int) -> str:
    return str(numbers.rounded(Decimal(repr(float(value))), decimals) + 0).replace("-", "−")


def _percent(value: float, decimals: int = 1) -> str:
    return f"{_number_of(Decimal(repr(float(value))) * 100, decimals)}%"


def _number_of(value: Decimal, decimals: int) -> str:
    return str(numbers.rounded(value, decimals) + 0).replace("-", "−")


def _rate(value: float) -> str:
    """A growth that a plan asks for, with all its digits."""
    text = f"{numbers.plain(Decimal(repr(float(value))) * 100).replace('-', '−')}%"
    return f"({text})" if value < 0 else text


def _digits(value: float, row: Row | None = None) -> str:
    """All of an amount's digits where it comes out even, else two decimals or what the row says."""
    decimals = numbers.MAX_DECIMALS if _is_exact(value, numbers.MAX_DECIMALS) else (row or {}).get("decimals") or 2
    return numbers.plain(numbers.rounded(Decimal(repr(float(value))), decimals) + 0).replace("-", "−")


def _amount(value: float, unit: str, row: Row | None = None) -> str:
    return f"{_digits(value, row)}{'' if unit == '%' else ' '}{unit}"


def _term(value: float, row: Row) -> str:
    """An amount within an expression."""
    digits = _digits(value, row)
    return f"({digits})" if digits.startswith("−") else digits


STATUS_RULES = _status_rules()
CHECKS = _checks()
