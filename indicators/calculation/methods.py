"""The rules in words, for the methods page and beside each figure: Chinese names and signs, no markup.

Thresholds come from where they are tested, numbers in examples from where they are computed: neither can drift from the text.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from numbers import Integral
from typing import Any

import pandas as pd

from indicators.calculation import assessment, numbers, quality, status, wording
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import CONDITIONS, Direction, Measure, Reason, Severity, Status, TargetKind, Word

# What `worked` reads: a year's progress and what it was computed from, values in `unit`, None where there is none:
# the figures, met, reasons ({figure: code}); year, first_year, last_year, measure, direction, unit; baseline_year and
# baseline_value; kind, lower, upper of the target that rules the year; targets, {year: what is required then}; own and
# previous, what is recorded for the year itself and the year before (or the baseline where it stands for that year);
# and, where wished, decimals for amounts that do not come out even (else 2).
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """A word of the vocabulary and what it means."""

    name: str
    label: str
    sentence: str


@dataclass(frozen=True)
class CheckText(Text):
    severity: Severity


@dataclass(frozen=True)
class StatusRule:
    """One rule of the ordered list; those of one step belong together."""

    step: int
    status: Status
    sentence: str

    @property
    def label(self) -> str:
        return self.status.label


@dataclass(frozen=True)
class Rule:
    """How a figure is computed; `empty_for` are the reasons it can be empty for, beside those of NOTES."""

    name: str
    label: str
    sentence: str
    formula: str
    empty_for: tuple[Reason, ...]
    example: str = ""

    @property
    def empty_when(self) -> str:
        return "；".join(reason.label for reason in self.empty_for)


# The figures

_NO_ACTUAL = (Reason.NO_ACTUAL, Reason.NOT_APPLICABLE)
_NO_PATH = (Reason.CONDITION, Reason.ANNUAL)
_NO_REQUIRED = (Reason.NO_TARGET, Reason.NO_REFERENCE, Reason.NO_BASELINE, Reason.NON_POSITIVE_BASE)
_NO_FINAL = (*_NO_PATH, Reason.NO_FINAL_TARGET, Reason.NO_BASELINE, Reason.NON_POSITIVE_BASE)
_NO_RATIO = (Reason.NEGATIVE_VALUE, Reason.ZERO_TARGET)
_NO_WAY = (Reason.MAINTENANCE, Reason.TARGET_BEHIND_BASELINE)
_NO_GROWTH = (Reason.NO_BASELINE, *_NO_ACTUAL, Reason.NON_POSITIVE_BASE)

_RULES = (
    Rule(
        "actual",
        "实际值",
        "本年审核通过的数值；“规划期新增”的指标为规划第一年到本年各年新增之和。",
        "本年数值（规划期新增：规划第一年至本年各年的新增数相加）",
        _NO_ACTUAL,
    ),
    Rule("required", "本年目标值", "规划要求本年达到的数值，怎样得出随目标类型而定。", "见目标类型", _NO_REQUIRED),
    Rule(
        "met",
        "是否达到本年目标",
        "实际值与本年目标值相等或优于它，即为达到；条件类目标必须优于，相等不算。",
        "实际值 ≥ 本年目标值（越低越好：实际值 ≤ 本年目标值）",
        (*_NO_REQUIRED, *_NO_ACTUAL),
    ),
    Rule(
        "gap",
        "差距",
        "离本年目标值还差多少。正数表示还差，负数表示已经超过。",
        "本年目标值 − 实际值（越低越好：实际值 − 本年目标值）",
        (*_NO_REQUIRED, *_NO_ACTUAL),
    ),
    Rule(
        "gap_final",
        "与终期目标的差距",
        "离规划最后一年的目标值还差多少。正数表示还差，负数表示已经超过。",
        "终期目标值 − 实际值（越低越好：实际值 − 终期目标值）",
        (*_NO_FINAL, *_NO_ACTUAL),
    ),
    Rule(
        "attainment",
        "达成率",
        "实际值相当于本年目标值的百分之几。",
        "实际值 ÷ 本年目标值（越低越好：本年目标值 ÷ 实际值）",
        (*_NO_REQUIRED, *_NO_ACTUAL, *_NO_RATIO),
    ),
    Rule(
        "attainment_final",
        "终期达成率",
        "实际值相当于终期目标值的百分之几。",
        "实际值 ÷ 终期目标值（越低越好：终期目标值 ÷ 实际值）",
        (*_NO_FINAL, *_NO_ACTUAL, *_NO_RATIO),
    ),
    Rule(
        "completion",
        "完成进度",
        "从基期到终期目标的路程已经走了多少；可以超过 100%，比基期差时为负。",
        "(实际值 − 基期值) ÷ (终期目标值 − 基期值)",
        (*_NO_FINAL, *_NO_ACTUAL, *_NO_WAY),
    ),
    Rule(
        "elapsed",
        "序时进度",
        "到本年末，从基期年到终期年的时间已经过了多少。完成进度可与它对照。",
        "(本年 − 基期年) ÷ (终期年 − 基期年)",
        (Reason.NO_BASELINE,),
    ),
    Rule(
        "yoy",
        "同比",
        "本年比上年增长多少。上年正是基期年而没有另填数值时，用基期值；“规划期新增”的指标比较两年各自的新增数。",
        "本年数值 ÷ 上年数值 − 1",
        (*_NO_ACTUAL, Reason.NO_PREVIOUS_YEAR, Reason.NON_POSITIVE_BASE),
    ),
    Rule("growth_since_baseline", "较基期增长", "本年比基期一共增长多少。", "实际值 ÷ 基期值 − 1", _NO_GROWTH),
    Rule(
        "cagr",
        "年均增长",
        "从基期年到本年，平均每年增长多少（几何平均）。",
        "(实际值 ÷ 基期值) 的 (1 ÷ (本年 − 基期年)) 次方 − 1",
        (*_NO_GROWTH, Reason.NEGATIVE_VALUE),
    ),
    Rule(
        "planned_growth",
        "规划增幅",
        "规划要求从基期到终期一共增长多少，即规划表中的“增幅”。",
        "终期目标值 ÷ 基期值 − 1",
        _NO_FINAL,
    ),
    Rule(
        "planned_cagr",
        "规划年均增长",
        "规划要求从基期到终期平均每年增长多少（几何平均）。",
        "(终期目标值 ÷ 基期值) 的 (1 ÷ (终期年 − 基期年)) 次方 − 1",
        (*_NO_FINAL, Reason.ZERO_TARGET),
    ),
    Rule(
        "required_cagr",
        "今后所需年均增长",
        "从本年起，平均每年还要增长多少才能达到终期目标。",
        "(终期目标值 ÷ 实际值) 的 (1 ÷ (终期年 − 本年)) 次方 − 1",
        (*_NO_FINAL, Reason.PAST_FINAL_YEAR, *_NO_ACTUAL, Reason.ALREADY_MET, Reason.ZERO_TARGET),
    ),
    Rule(
        "trend_ratio",
        "趋势比",
        "到本年的年均增长相当于规划年均增长的几倍；1 表示与规划一样快，负数表示方向相反。",
        "年均增长 ÷ 规划年均增长的绝对值（越低越好：再乘 −1）",
        (*_NO_FINAL, *_NO_ACTUAL, *_NO_RATIO, Reason.MAINTENANCE),
    ),
    Rule(
        "expected",
        "预期值",
        "按规划本年应当达到的数值：本年有目标时就是目标值；没有时，在前后最近的两点（基期、各年目标）之间按直线推算。",
        "前一点的值 + (后一点的值 − 前一点的值) × (本年 − 前一点的年份) ÷ (后一点的年份 − 前一点的年份)",
        (*_NO_PATH, Reason.NO_BASELINE, Reason.NO_FINAL_TARGET, Reason.NON_POSITIVE_BASE),
    ),
    Rule(
        "projection_cagr",
        "按年均增速推算",
        "如果基期以来的年均增长保持不变，终期年将达到的数值。只说明现有速度，不是预测。",
        "实际值 × (1 + 年均增长) 的 (终期年 − 本年) 次方",
        (*_NO_PATH, *_NO_GROWTH, Reason.NEGATIVE_VALUE),
    ),
    Rule(
        "projection_linear",
        "按线性推算",
        "如果基期以来平均每年增加的数量保持不变，终期年将达到的数值。只说明现有速度，不是预测。",
        "基期值 + (实际值 − 基期值) × (终期年 − 基期年) ÷ (本年 − 基期年)",
        (*_NO_PATH, Reason.NO_BASELINE, *_NO_ACTUAL),
    ),
    Rule(
        "r",
        "进度比 r",
        "到本年应走的路程已经走了多少，状态据此判断。“逐年单独要求”的指标，以及没有基期而本年有目标的指标，以达成率为进度比。",
        "(实际值 − 基期值) ÷ (预期值 − 基期值)",
        (Reason.CONDITION, Reason.NO_FINAL_TARGET, *_NO_REQUIRED, *_NO_ACTUAL, *_NO_WAY, *_NO_RATIO),
    ),
)
LABELS = {rule.name: rule.label for rule in _RULES}


def rules() -> tuple[Rule, ...]:
    """The figures in the order in which they are given, `met` after the requirement; the examples computed now."""
    years = {rule.name: EXAMPLE_YEAR for rule in _RULES} | {"expected": EXAMPLE_YEAR_BETWEEN}
    by_year = example_rows()
    return tuple(
        replace(rule, example=f"示例，{years[rule.name]} 年：{worked(rule.name, by_year[years[rule.name]])}") for rule in _RULES
    )


# Words

NOTES = (
    "未填报、不适用和 0 是三回事：没有数值的地方留空并写明原因，不当作 0。",
    "计算和判断状态一律用未取整的数值，只在显示时四舍五入。",
    f"“{Measure.INCREMENT.label}”的指标，中间有年份没有数值时，除实际值和同比外都留空，原因是“{Reason.INCOMPLETE_SUM.label}”。",
    f"结果大到无法表示时留空，原因是“{Reason.OUT_OF_RANGE.label}”。",
    "单位为 % 的数值，两数之差用“个百分点”表示。",
    f"{Direction.DECREASE.label}的指标，差距、达成率和趋势比按相反方向计算，读法与{Direction.INCREASE.label}的指标一样："
    "差距为正表示还差，比率越大越好。",
)


def _texts(sentences: Mapping[Any, str]) -> tuple[Text, ...]:
    return tuple(Text(word.value, word.label, sentence) for word, sentence in sentences.items())


MEASURES = _texts(
    {
        Measure.STOCK: "取年末的数量，例如有效注册商标拥有量。各年的数不相加。",
        Measure.CUMULATIVE: "每年填报的就是累计到当年的总数，例如质押融资累计金额。各年的数不再相加。",
        Measure.INCREMENT: "每年填报当年新增的数，实际值是从规划第一年到本年各年新增之和；基期是规划第一年的上一年，"
        "基期值为 0。中间有年份没有数值时，实际值是已填报各年之和，并注明不完整。",
        Measure.FLOW: "取当年全年发生的数量，例如维权援助和调解案件量。算法与年末存量相同，但比上年减少不算异常。",
        Measure.ANNUAL: "规划对每一年分别提出要求，例如每年调解案件不少于若干件。每年只与当年的要求比较，"
        "没有终期目标，也不推算终期。",
        Measure.RATIO: "百分比、得分或人均数，例如满意度、每万人口拥有量。各年之间、各地区之间不相加，也不求平均。",
        Measure.MILESTONE: "规划开始以来已经实现的个数，例如建成保护中心。每年填报的就是到当年为止的个数。",
    }
)

KINDS = _texts(
    {
        TargetKind.AT_LEAST: "目标值是规划写明的下限，实际值不低于它即为达到。只用于越高越好的指标。",
        TargetKind.AT_MOST: "目标值是规划写明的上限，实际值不高于它即为达到。只用于越低越好的指标。",
        TargetKind.RANGE: "规划给出下限和上限。越高越好的指标以下限为目标值，越低越好的指标以上限为目标值；"
        "越过区间的另一端属于超额完成。",
        TargetKind.MILESTONE: "要求从无到有，目标值为 1。",
        TargetKind.GROWTH_PER_YEAR: "目标值 = 基期值 × (1 + 增长率) 的 (本年 − 基期年) 次方，基期值须大于 0。"
        "它规定所在年份的目标值，也规定此前各年的，直到另有目标的年份为止。",
        TargetKind.GROWTH_OVER_BASELINE: "目标值 = 基期值 × (1 + 增长率)，基期值须大于 0。",
        TargetKind.ABOVE_REGION: "属条件类目标，规划期内每年都适用：目标值是对照地区同一指标同一年的实际值，"
        "必须优于它，相等不算达到。",
        TargetKind.INCREASING: "属条件类目标，规划期内每年都适用：到本年为止，每次数值都必须优于它前面最近的一次，"
        "相等不算达到。规划期以前的数值也参与比较；基期年没有另填数值时，以基期值代替。",
    }
)

REASONS = _texts(
    {
        Reason.NO_ACTUAL: "这一年还没有填报并审核通过的数值，审核通过后即可计算。",
        Reason.NOT_APPLICABLE: "这一年登记为“不适用”，没有数值，也不需要补报。",
        Reason.NO_BASELINE: "规划没有写明起点的数值，系统不代为编造，与起点比较的数值因此无法计算。",
        Reason.NO_TARGET: "规划没有为这一年提出目标；表中以“—”表示的年份也是如此。",
        Reason.NO_FINAL_TARGET: "规划没有为终期年提出目标，或者本年以后再没有目标可以连线。",
        Reason.NO_REFERENCE: "条件类目标要与对照地区或本地区此前的数值比较，而那个数值还没有。",
        Reason.NON_POSITIVE_BASE: "用来比较的基数是 0 或负数，增长率和比率没有意义。",
        Reason.NEGATIVE_VALUE: "参与计算的数值是负数，比率和年均增长没有意义。",
        Reason.PAST_FINAL_YEAR: "本年就是规划的终期年，没有“今后”可言。",
        Reason.ALREADY_MET: "实际值已经达到终期目标，不再需要增长。",
        Reason.MAINTENANCE: "目标与基期相同，规划只要求保持，从基期到目标没有路程可走。",
        Reason.TARGET_BEHIND_BASELINE: "目标还不如基期，从基期到目标的方向与指标的方向相反，走了多少路程没有意义。",
        Reason.ZERO_TARGET: "目标是 0 或负数，不能用作除数，也算不出年均增长。",
        Reason.INCOMPLETE_SUM: "规划期新增要从第一年起逐年相加，其间有年份没有数值，合计只包括已填报的年份。",
        Reason.CONDITION: "“高于对照地区”和“逐年增加”只要求满足条件，没有通向终期的数值。",
        Reason.ANNUAL: "各年的要求各自独立，没有终期目标，也没有从基期到终期的路程。",
        Reason.NO_PREVIOUS_YEAR: "上一年没有数值，也没有可以代替它的基期值。",
        Reason.OUT_OF_RANGE: "结果大到无法表示，多半是某个数值或单位有误，请核对。",
    }
)


def status_rules() -> tuple[StatusRule, ...]:
    """In the order in which they are tried; the first that applies holds."""
    on_track, slightly, behind, faster = (
        f"{limit:g}" for limit in (status.ON_TRACK, status.SLIGHTLY_BEHIND, status.BEHIND, status.FASTER)
    )
    early = f"终期年以前称“{status.EARLY}”。"
    of_year = f"终期年以前称“{status.MET_THIS_YEAR}”：只说本年，不等于规划已经完成。"
    brisk = f"“{status.label(Status.ON_TRACK, r=status.FASTER, is_final_year=False)}”"
    r, expected, annual = LABELS["r"], LABELS["expected"], f"“{Measure.ANNUAL.label}”的指标"
    holes = f"“{Measure.INCREMENT.label}”的指标，中间有年份没有数值"
    return (
        StatusRule(1, Status.NOT_DUE, "本年没有实际值，而本年还没有结束。"),
        StatusRule(1, Status.NOT_APPLICABLE, "本年登记为“不适用”。"),
        StatusRule(1, Status.NO_DATA, "本年已经结束，没有实际值。"),
        StatusRule(1, Status.ACHIEVED, f"{holes}，但已填报各年之和已经达到终期目标。{early}"),
        StatusRule(1, Status.NO_DATA, f"{holes}，已填报各年之和没有达到终期目标。"),
        StatusRule(
            2,
            Status.NO_REFERENCE,
            "没有可以对照的数：条件类目标没有用来比较的数值；增长类目标没有大于 0 的基期值；"
            f"{annual}本年没有要求；或者规划没有定任何目标。",
        ),
        StatusRule(3, Status.ACHIEVED, f"条件类目标和{annual}：本年目标已经达到。{of_year}"),
        StatusRule(3, Status.SLIGHTLY_BEHIND, f"{annual}：本年目标没有达到，{r} 不低于 {slightly}。"),
        StatusRule(3, Status.BEHIND, f"条件类目标和{annual}：本年目标没有达到的其他情形。"),
        StatusRule(4, Status.ACHIEVED, f"本年实际值已经达到终期目标，即使本年自己的目标更高。{early}"),
        StatusRule(5, Status.ON_TRACK, f"{r} 不低于 {on_track}；不低于 {faster} 时称{brisk}。"),
        StatusRule(5, Status.SLIGHTLY_BEHIND, f"{r} 不低于 {slightly}，低于 {on_track}。"),
        StatusRule(5, Status.BEHIND, f"{r} 不低于 {behind}，低于 {slightly}。"),
        StatusRule(5, Status.REVERSED, f"{r} 低于 {behind}，即比基期还差。"),
        StatusRule(6, Status.ON_TRACK, f"算不出{r}，但有{expected}可比，本年已经达到{expected}。"),
        StatusRule(6, Status.BEHIND, f"算不出{r}，但有{expected}可比，本年没有达到{expected}。"),
        StatusRule(7, Status.NO_PATH, f"规划只为其他年份定了目标，本年无从比较，只列出{LABELS['attainment_final']}。"),
    )


def checks() -> tuple[CheckText, ...]:
    """The checks of published and entered numbers, and how serious a finding is."""
    additive, others = _labels_of(quality.ADDITIVE), _labels_of(set(Measure.values()) - set(quality.ADDITIVE))
    halved, tripled, slip = _rate(quality.HALVED), f"{quality.TRIPLED:g}", quality.SLIP
    sentences = {
        Check.ABOVE_CONTAINER: "一个地区的数大于包含它的上级地区。有实际值用实际值，没有的用基期值；先比同一年，"
        f"上级同年没有数时用相差一年以内的，并写明两个年份。适用于{additive}，不适用于{others}。相等不提示。",
        Check.STATEMENTS_DISAGREE: "规划的其他段落或别的来源说法不同；或者原文所印的年均增长与按数值算出的不同"
        "（按原文的小数位数四舍五入后再比较）。其他说法只并列显示，不参与计算。",
        Check.TARGET_FALLS: f"同一规划中，后面年份的目标不及前面年份的目标。“{Measure.ANNUAL.label}”的指标除外。",
        Check.JUMPS: f"本年的数不高于上年的 {halved}，或不低于上年的 {tripled} 倍（两年都大于 0 才比较）。"
        f"“{Measure.INCREMENT.label}”的指标除外。",
        Check.FALLS: f"{_labels_of(quality.NEVER_FALLING)}比上年减少，这类数一般不会减少。同时减半的也只作这一条提示。",
        Check.PARTS_ABOVE_WHOLE: "所辖地区同一年的实际值之和大于本地区的实际值。"
        f"适用于{additive}，不适用于{others}。相等不提示。",
        Check.TEN_THOUSANDFOLD: f"本年的数不低于上年的 {slip} 倍，或不高于上年的 {slip} 分之一，"
        "多半是把“万件”写成“件”一类的错误。有这一条时不再提示增减。",
        Check.TWO_DEFINITIONS: "不同规划说的是同一事项，但口径不同，因此作为两个指标保存，不能直接比较。",
    }
    return tuple(
        CheckText(check.value, check.label, sentence, quality.SEVERITIES.get(check, Severity.WARNING))
        for check, sentence in sentences.items()
    )


def _labels_of(measures: Sequence[str] | set[str]) -> str:
    return "、".join(measure.label for measure in Measure if measure.value in measures)


def _label(words: type[Word], value: str) -> str:
    return dict(words.choices())[value]


# The example: made up, and of no region

EXAMPLE_UNIT = "件"
EXAMPLE_FIRST_YEAR, EXAMPLE_LAST_YEAR = 2021, 2025
EXAMPLE_BASELINE = (2020, 100.0)
EXAMPLE_TARGETS = {2023: 160.0, 2025: 200.0}
EXAMPLE_ACTUALS = {2021: 110.0, 2022: 132.0, 2023: 150.0}
EXAMPLE_YEAR = 2023
EXAMPLE_YEAR_BETWEEN = 2022  # without a target of its own: shows how the line is drawn


def example() -> str:
    """What the examples compute with, and the status that comes out."""
    start, base = EXAMPLE_BASELINE
    asked = "、".join(f"{year} 年目标不低于 {_amount(value, EXAMPLE_UNIT)}" for year, value in EXAMPLE_TARGETS.items())
    had = "、".join(f"{year} 年 {_amount(value, EXAMPLE_UNIT)}" for year, value in EXAMPLE_ACTUALS.items())
    row = example_rows()[EXAMPLE_YEAR]
    word = status.label(row["status"], r=row["r"], is_final_year=EXAMPLE_YEAR == EXAMPLE_LAST_YEAR)
    return (
        "示例只用来说明算法，其中的数是编的，不是任何地区的数据。"
        f"某项{Direction.INCREASE.label}的{Measure.STOCK.label}指标，规划期 {EXAMPLE_FIRST_YEAR}—{EXAMPLE_LAST_YEAR} 年，"
        f"基期 {start} 年 {_amount(base, EXAMPLE_UNIT)}，{asked}；实际值 {had}。"
        f"{EXAMPLE_YEAR} 年的{LABELS['r']} 为 {wording.number(row['r'], _DECIMALS['r'])}，状态是“{word}”。"
    )


def example_rows() -> dict[int, dict[str, Any]]:
    """The example's progress by year, in the form that `worked` reads."""
    start, base = EXAMPLE_BASELINE
    kind = TargetKind.AT_LEAST.value
    plan: dict[str, Any] = {
        "plan_indicator": 1,
        "series": 1,
        "measure": Measure.STOCK.value,
        "direction": Direction.INCREASE.value,
        "first_year": EXAMPLE_FIRST_YEAR,
        "last_year": EXAMPLE_LAST_YEAR,
        "baseline_year": start,
        "baseline_value": base,
    }
    targets = pd.DataFrame({"year": list(EXAMPLE_TARGETS), "lower": list(EXAMPLE_TARGETS.values())})
    actuals = pd.DataFrame({"year": list(EXAMPLE_ACTUALS), "value": list(EXAMPLE_ACTUALS.values())})
    progress = assessment.assess(
        pd.DataFrame([plan]),
        targets.assign(plan_indicator=1, kind=kind, upper=float("nan"), reference_series=float("nan")),
        actuals.assign(series=1, not_applicable=False),
        this_year=max(EXAMPLE_ACTUALS) + 1,
    )
    known = {start: base, **EXAMPLE_ACTUALS}
    rows = {}
    for computed in progress.to_dict("records"):
        year = int(computed["year"])
        rows[year] = plan | {str(name): value for name, value in computed.items()}
        rows[year] |= {
            "reasons": assessment.reasons(computed["reasons"].decode()),
            "unit": EXAMPLE_UNIT,
            "kind": kind if year in EXAMPLE_TARGETS else None,
            "lower": EXAMPLE_TARGETS.get(year),
            "upper": None,
            "targets": EXAMPLE_TARGETS,
            "own": EXAMPLE_ACTUALS.get(year),
            "previous": known.get(year - 1),
        }
    return rows


# A figure with its numbers in it


def worked(name: str, row: Row) -> str:
    """The formula of a figure with the numbers of a row in it, and its result; or why there is none."""
    reason = row["reasons"].get(name)
    if reason and not (name == "actual" and reason == Reason.INCOMPLETE_SUM):
        return f"无法计算：{_label(Reason, reason)}"
    return _WORKED[name](row)


def _actual(row: Row) -> str:
    value = _amount(row["actual"], row["unit"], row)
    if row["measure"] != Measure.INCREMENT:
        return f"本年数值 {value}"
    note = f"（{Reason.INCOMPLETE_SUM.label}）" if "actual" in row["reasons"] else ""
    return f"{row['first_year']} 年至 {row['year']} 年的新增数相加，共 {value}{note}"


def _required(row: Row) -> str:
    kind, value = row["kind"], _amount(row["required"], row["unit"], row)
    start, base = _baseline(row)
    if kind == TargetKind.GROWTH_PER_YEAR:
        return _equals("required", row, "{} × (1 + {}) 的 ({} − {}) 次方", base, _rate(row["lower"]), row["year"], start)
    if kind == TargetKind.GROWTH_OVER_BASELINE:
        return _equals("required", row, "{} × (1 + {})", base, _rate(row["lower"]))
    if kind == TargetKind.RANGE:
        end = "上限" if row["direction"] == Direction.DECREASE else "下限"
        upper = _amount(row["upper"], row["unit"], row)
        return f"规划要求 {_digits(row['lower'], 2)} 至 {upper}，目标值取{end} {value}"
    if kind == TargetKind.MILESTONE:
        return f"规划要求实现突破，目标值 {value}"
    if kind == TargetKind.ABOVE_REGION:
        return f"对照地区 {row['year']} 年的数值 {value}"
    if kind == TargetKind.INCREASING:
        return f"此前最近一次的数值 {value}"
    return f"规划要求{_label(TargetKind, kind)} {value}"


def _met(row: Row) -> str:
    result = "达到" if row["met"] else "没有达到"
    compared, asked = (_amount(value, row["unit"], row) for value in (_compared(row), row["required"]))
    if row["kind"] == TargetKind.INCREASING:
        return f"本年 {compared}，此前最近一次 {asked}，规划期内每次都须优于上一次：{result}"
    if row["kind"] == TargetKind.ABOVE_REGION:
        return f"本年 {compared}，对照地区 {asked}，须优于对照地区：{result}"
    return f"实际值 {compared}，目标值 {asked}：{result}"


def _gap(name: str, actual: Any, asked: Any, row: Row) -> str:
    return _equals(name, row, "{} − {}", *((asked, actual) if row["direction"] == Direction.INCREASE else (actual, asked)))


def _attainment(name: str, actual: Any, asked: Any, row: Row) -> str:
    return _equals(name, row, "{} ÷ {}", *((actual, asked) if row["direction"] == Direction.INCREASE else (asked, actual)))


def _growth(name: str, end: Any, start: Any, row: Row) -> str:
    text = _equals(name, row, "{} ÷ {} − 1", end, start)
    if row["unit"] != "%" or end is None:
        return text
    return f"{text}（{wording.change_of_rate(float(end) - float(start))}）"


def _average(name: str, end: Any, start: Any, until: int, since: int, row: Row) -> str:
    return _equals(name, row, "({} ÷ {}) 的 (1 ÷ ({} − {})) 次方 − 1", end, start, until, since)


def _share(name: str, end: Any, row: Row) -> str:
    base = _baseline(row)[1]
    return _equals(name, row, "({} − {}) ÷ ({} − {})", row["actual"], base, end, base)


def _elapsed(row: Row) -> str:
    start = _baseline(row)[0]
    return _equals("elapsed", row, "({} − {}) ÷ ({} − {})", row["year"], start, row["last_year"], start)


def _trend_ratio(row: Row) -> str:
    since, planned = _in_brackets(wording.percent(row["cagr"], 2)), wording.percent(abs(row["planned_cagr"]), 2)
    return _equals(
        "trend_ratio", row, "{} ÷ {}" if row["direction"] == Direction.INCREASE else "(−1) × {} ÷ {}", since, planned
    )


def _expected(row: Row) -> str:
    if row["kind"] is not None:
        return f"本年有目标，就是目标值 {_amount(row['expected'], row['unit'], row)}"
    start, base = _baseline(row)
    points = {year: value for year, value in row["targets"].items() if value is not None and (start is None or year > start)}
    if start is not None:
        points[start] = base
    year = row["year"]
    before = max((known for known in points if known < year), default=None)
    after = min((known for known in points if known > year), default=None)
    left, right = points.get(before), points.get(after)
    line = "{} + ({} − {}) × ({} − {}) ÷ ({} − {})"
    return _equals("expected", row, line, left, right, left, year, before, after, before)


def _projection_cagr(row: Row) -> str:
    # With the values instead of the growth, whose shown digits are too few to give the same result.
    start, base = _baseline(row)
    actual, year, last = row["actual"], row["year"], row["last_year"]
    formula = "{} × ({} ÷ {}) 的 (({} − {}) ÷ ({} − {})) 次方"
    return _equals("projection_cagr", row, formula, actual, actual, base, last, year, year, start)


def _projection_linear(row: Row) -> str:
    start, base = _baseline(row)
    years = row["last_year"], start, row["year"], start
    return _equals("projection_linear", row, "{} + ({} − {}) × ({} − {}) ÷ ({} − {})", base, row["actual"], base, *years)


def _pace(row: Row) -> str:
    if row["measure"] == Measure.ANNUAL or _baseline(row)[0] is None:
        return _attainment("r", _compared(row), row["required"], row)
    return _share("r", row["expected"], row)


def _planned_average(row: Row) -> str:
    start, base = _baseline(row)
    return _average("planned_cagr", _final(row), base, row["last_year"], start, row)


def _average_so_far(row: Row) -> str:
    start, base = _baseline(row)
    return _average("cagr", row["actual"], base, row["year"], start, row)


_WORKED: dict[str, Callable[[Row], str]] = {
    "actual": _actual,
    "required": _required,
    "met": _met,
    "gap": lambda row: _gap("gap", _compared(row), row["required"], row),
    "gap_final": lambda row: _gap("gap_final", row["actual"], _final(row), row),
    "attainment": lambda row: _attainment("attainment", _compared(row), row["required"], row),
    "attainment_final": lambda row: _attainment("attainment_final", row["actual"], _final(row), row),
    "completion": lambda row: _share("completion", _final(row), row),
    "elapsed": _elapsed,
    "yoy": lambda row: _growth("yoy", _own(row), row["previous"], row),
    "growth_since_baseline": lambda row: _growth("growth_since_baseline", row["actual"], _baseline(row)[1], row),
    "cagr": _average_so_far,
    "planned_growth": lambda row: _growth("planned_growth", _final(row), _baseline(row)[1], row),
    "planned_cagr": _planned_average,
    "required_cagr": lambda row: _average("required_cagr", _final(row), row["actual"], row["last_year"], row["year"], row),
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
    """What stands against the year's requirement: for a condition the year's own figure."""
    return _own(row) if row["kind"] in CONDITIONS else row["actual"]


def _final(row: Row) -> Any:
    return row["targets"].get(row["last_year"])


# Numbers in text

_AMOUNTS = ("required", "expected", "projection_cagr", "projection_linear")
_DIFFERENCES = ("gap", "gap_final")
_DECIMALS = {"trend_ratio": 2, "r": 3}  # all others are shown as percentages
_TERM_DECIMALS = 4  # of an amount within a formula that does not come out even: enough for a reader's calculator


def _equals(name: str, row: Row, formula: str, *terms: Any) -> str:
    """The formula with its terms and the result, with ≈ where a digit of any of them is left out.

    Terms that are texts or years (integers) stand as they are, others are amounts. Without one of them, only the result.
    """
    value = row[name]
    amounts = [float(term) for term in terms if not (term is None or isinstance(term, str))]
    scale = max(map(abs, amounts), default=0.0)
    is_exact = all(_even(amount) is not None for amount in amounts)
    if name in _AMOUNTS or name in _DIFFERENCES:
        unit = "个百分点" if name in _DIFFERENCES and row["unit"] == "%" else row["unit"]
        is_exact, result = is_exact and _even(value, scale) is not None, _amount(value, unit, row, scale)
    elif name in _DECIMALS:
        is_exact, result = is_exact and _is_exact(value, _DECIMALS[name]), wording.number(value, _DECIMALS[name])
    else:
        is_exact, result = is_exact and _is_exact(value, 3), wording.percent(value)
    if None in terms:
        return result
    shown = [
        term
        if isinstance(term, str)
        else str(term)
        if isinstance(term, Integral)
        else _in_brackets(_digits(term, _TERM_DECIMALS))
        for term in terms
    ]
    return f"{formula.format(*shown)} {'=' if is_exact else '≈'} {result}"


def _is_exact(value: float, decimals: int) -> bool:
    exact = Decimal(f"{float(value):.12g}")
    return numbers.rounded(exact, decimals) == exact


# Remembered, because the formulas of a year are made of few amounts.
@lru_cache(maxsize=1000)
def _even(value: float, scale: float = 0.0) -> Decimal | None:
    """The amount with all its digits, if it comes out even: `scale` is the largest number it was computed from.

    What only computing with doubles left behind does not count; where that reaches into the decimals, fewer are looked at.
    """
    noise = 2e-15 * max(abs(float(value)), scale)
    decimals = min(numbers.MAX_DECIMALS, int(-math.log10(50 * noise))) if noise else numbers.MAX_DECIMALS
    exact = Decimal(repr(float(value)))
    even = numbers.rounded(exact, max(decimals, 0))
    return even if abs(exact - even) <= Decimal(noise) else None


def _digits(value: float, decimals: int, scale: float = 0.0) -> str:
    """An amount with all its digits where it is even, else rounded."""
    even = _even(value, scale)
    return _plain(even if even is not None else numbers.rounded(Decimal(repr(float(value))), decimals))


def _amount(value: float, unit: str, row: Row | None = None, scale: float = 0.0) -> str:
    digits = _digits(value, (row or {}).get("decimals") or 2, scale)
    return f"{digits}{wording.after_number(unit)}"


def _rate(value: float) -> str:
    """A share that somebody stated, with all its digits."""
    return _in_brackets(f"{_plain(Decimal(repr(float(value))) * 100)}%")


def _plain(value: Decimal) -> str:
    """12,345.6: digits in groups, a true minus, no zeros at the end."""
    text = f"{value + 0:,f}".replace("-", wording.MINUS)  # + 0: no minus before zero
    return text.rstrip("0").rstrip(".") if "." in text else text


def _in_brackets(text: str) -> str:
    return f"({text})" if text.startswith(wording.MINUS) else text
