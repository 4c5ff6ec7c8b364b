"""The closed lists of words that files, rows and pages share, each with its Chinese label."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A word of the vocabulary: its value goes into rows and files, its label onto pages."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(word.value, word.label) for word in cls]

    @classmethod
    def values(cls) -> list[str]:
        return [word.value for word in cls]


class Level(Word):
    """Depth in the administrative tree."""

    COUNTRY = "country", "国家"
    PROVINCE = "province", "省级"
    PREFECTURE = "prefecture", "地级"
    COUNTY = "county", "县级"


class Measure(Word):
    """How a year's figure is read."""

    STOCK = "stock", "年末存量"
    CUMULATIVE = "cumulative", "历年累计"
    INCREMENT = "increment", "规划期新增"
    FLOW = "flow", "当年发生量"
    ANNUAL = "annual", "逐年单独要求"
    RATIO = "ratio", "比率"
    MILESTONE = "milestone", "里程碑"


class Direction(Word):
    """Which way is better."""

    INCREASE = "increase", "越高越好"
    DECREASE = "decrease", "越低越好"

    @property
    def sign(self) -> int:
        return 1 if self is Direction.INCREASE else -1


class Dimension(Word):
    """The part of the work an indicator belongs to, by meaning; what a plan prints as category stands beside it."""

    CREATION = "创造", "创造"
    USE = "运用", "运用"
    PROTECTION = "保护", "保护"
    MANAGEMENT = "管理", "管理"
    SERVICE = "服务", "服务"
    TALENT = "人才", "人才"
    CULTURE = "文化", "文化"


class Nature(Word):
    EXPECTED = "expected", "预期性"
    BINDING = "binding", "约束性"


class TargetKind(Word):
    """What a target asks of a year."""

    AT_LEAST = "at_least", "不低于"
    AT_MOST = "at_most", "不高于"
    RANGE = "range", "区间"
    MILESTONE = "milestone", "实现突破"
    GROWTH_PER_YEAR = "growth_per_year", "年均增长"
    GROWTH_OVER_BASELINE = "growth_over_baseline", "较基期增长"
    ABOVE_REGION = "above_region", "高于对照地区"
    INCREASING = "increasing", "逐年增加"

    @property
    def is_condition(self) -> bool:
        return self in CONDITIONS

    @property
    def is_growth(self) -> bool:
        return self in GROWTHS


CONDITIONS = frozenset({TargetKind.ABOVE_REGION, TargetKind.INCREASING})
GROWTHS = frozenset({TargetKind.GROWTH_PER_YEAR, TargetKind.GROWTH_OVER_BASELINE})

# Which of lower, upper and reference_region a kind states; the others must be empty.
BOUNDS: dict[TargetKind, frozenset[str]] = {
    TargetKind.AT_LEAST: frozenset({"lower"}),
    TargetKind.AT_MOST: frozenset({"upper"}),
    TargetKind.RANGE: frozenset({"lower", "upper"}),
    TargetKind.MILESTONE: frozenset(),
    TargetKind.GROWTH_PER_YEAR: frozenset({"lower"}),
    TargetKind.GROWTH_OVER_BASELINE: frozenset({"lower"}),
    TargetKind.ABOVE_REGION: frozenset({"reference_region"}),
    TargetKind.INCREASING: frozenset(),
}

# Kinds that make sense in one direction only.
ONLY_DIRECTION: dict[TargetKind, Direction] = {
    TargetKind.AT_LEAST: Direction.INCREASE,
    TargetKind.MILESTONE: Direction.INCREASE,
    TargetKind.AT_MOST: Direction.DECREASE,
}


class Status(Word):
    """Where a plan indicator stands in a year, in the words official evaluations use."""

    ACHIEVED = "achieved", "已完成"
    ON_TRACK = "on_track", "符合预期"
    SLIGHTLY_BEHIND = "slightly_behind", "略有滞后"
    BEHIND = "behind", "明显滞后"
    REVERSED = "reversed", "低于基期"
    NO_PATH = "no_path", "本年无目标"
    NO_REFERENCE = "no_reference", "缺参照"
    NO_DATA = "no_data", "未填报"
    NOT_APPLICABLE = "not_applicable", "不适用"
    NOT_DUE = "not_due", "未到期"


class Reason(Word):
    """Why a figure is empty, in words a reader can act on."""

    NO_ACTUAL = "no_actual", "本年没有实际值"
    NOT_APPLICABLE = "not_applicable", "本年不适用"
    NO_BASELINE = "no_baseline", "规划未给出基期值"
    NO_TARGET = "no_target", "规划没有为本年定目标"
    NO_FINAL_TARGET = "no_final_target", "规划没有终期目标"
    NO_REFERENCE = "no_reference", "没有可比照的数值"
    NON_POSITIVE_BASE = "non_positive_base", "作为比较基数的数值不大于 0"
    NEGATIVE_VALUE = "negative_value", "数值为负，比率没有意义"
    PAST_FINAL_YEAR = "past_final_year", "已到规划终期，没有剩余年份"
    ALREADY_MET = "already_met", "终期目标已经达到"
    MAINTENANCE = "maintenance", "目标等于基期，属保持型目标"
    TARGET_BEHIND_BASELINE = "target_behind_baseline", "目标落后于基期"
    ZERO_TARGET = "zero_target", "目标为 0 或为负"
    INCOMPLETE_SUM = "incomplete_sum", "中间有年份未填报，累计数不完整"
    CONDITION = "condition", "条件类目标没有数值路径"
    ANNUAL = "annual", "逐年单独要求，没有终期累计目标"
    NO_PREVIOUS_YEAR = "no_previous_year", "没有上年数值"
    OUT_OF_RANGE = "out_of_range", "结果超出可计算的范围"


class EntryState(Word):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "已退回"


class Role(Word):
    CLERK = "clerk", "填报员"
    REVIEWER = "reviewer", "审核员"
    MANAGER = "manager", "管理员"


class About(Word):
    """What a statement speaks of."""

    ACTUAL = "actual", "实际值"
    BASELINE = "baseline", "基期值"
    TARGET = "target", "目标值"
    AVERAGE_GROWTH = "average_growth", "年均增长"


class Act(Word):
    """What a revision did."""

    ENTER = "enter", "填报"
    SUBMIT = "submit", "提交"
    RETURN = "return", "退回"
    APPROVE = "approve", "审核通过"
    CORRECT = "correct", "更正"
    CLEAR = "clear", "清除"
    WITHDRAW = "withdraw", "撤回"
    DISCARD = "discard", "撤销填报"
    PLAN = "plan", "规划调整"

    @property
    def is_public(self) -> bool:
        """Whether it changed the figure that is in force; the others concern a proposal, which only its region sees."""
        return self in (Act.APPROVE, Act.CORRECT, Act.CLEAR, Act.WITHDRAW, Act.PLAN)


class Through(Word):
    """The entrance a change came through."""

    FORM = "form", "网页"
    FILE = "file", "文件"
    API = "api", "接口"
    BUNDLED = "bundled", "随系统提供"
    DEMO = "demo", "演示数据"


class Cause(Word):
    """Why a series must be computed again."""

    CHANGED = "changed", "数值或目标已更改"
    COMPARED = "compared", "对照的数值已更改"
    NEIGHBOUR = "neighbour", "上下级地区的数值已更改"
    NIGHTLY = "nightly", "每晚全部重算"

    @property
    def makes_stale(self) -> bool:
        """Whether figures that are shown rest on replaced inputs; the others only concern the checks, or nothing yet."""
        return self in (Cause.CHANGED, Cause.COMPARED)


class JobKind(Word):
    """What a job does. Those of a person are the batches that can be withdrawn as a whole."""

    REBUILD = "rebuild", "全部重算"
    SAVE = "save", "网页填报"
    REVIEW = "review", "审核"
    IMPORT_ACTUALS = "import-actuals", "导入实际值"
    IMPORT_PLAN = "import-plan", "导入规划"
    WITHDRAW = "withdraw", "整批撤回"
    PACKAGE = "package", "数据包"


class JobState(Word):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未成功"
    CANCELLED = "cancelled", "已取消"


class Subject(Word):
    """What a version of the data changed."""

    REGIONS = "regions", "地区"
    INDICATORS = "indicators", "指标"
    PLANS = "plans", "规划"
    TARGETS = "targets", "目标"
    ACTUALS = "actuals", "实际值"
    INTERIM = "interim", "期中数"
    STATEMENTS = "statements", "另一说法"
    PROGRESS = "progress", "进展"
    QUALITY = "quality", "数据质量"


class Severity(Word):
    NOTICE = "notice", "提示"
    WARNING = "warning", "警示"
