"""The two dataflows: their dimensions, attributes and measures, with names in Chinese and English. No database.

English names exist for words of this system only. Indicators, regions and plans have none; their code stands in its place.
"""

from dataclasses import dataclass

from indicators.calculation.methods import LABELS
from indicators.calculation.vocabulary import Reason, Status, TargetKind

AGENCY = "IPDASH"  # clients put it into every address: it never changes
VERSION = "1.0"
FREQUENCY = "A"
ATTRIBUTES_OF_SERIES, ATTRIBUTES_OF_OBSERVATIONS = "series", "observation"


@dataclass(frozen=True)
class Name:
    zh: str
    en: str


@dataclass(frozen=True)
class Attribute:
    """An attribute of a series or an observation; without a codelist it is free text."""

    id: str
    level: str
    codelist: str = ""
    mandatory: bool = False


@dataclass(frozen=True)
class Flow:
    """A dataflow with its data structure: dimensions are (id, codelist) in the order of the key, TIME_PERIOD comes last."""

    id: str
    structure: str
    name: Name
    dimensions: tuple[tuple[str, str], ...]
    attributes: tuple[Attribute, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.dimensions)

    @property
    def codelists(self) -> tuple[str, ...]:
        lists = [codelist for _, codelist in self.dimensions] + [one.codelist for one in self.attributes if one.codelist]
        return tuple(dict.fromkeys(lists))


@dataclass(frozen=True)
class Measure:
    """A code of CL_MEASURE; `figure` is the column of progress it gives, `unit` what its values are counted in."""

    code: str
    name: Name
    unit: str
    figure: str = ""


# What values are counted in: the indicator's base unit, a difference in it, a fraction (1 is 100%), or 1 for yes and 0 for no.
OWN, DIFFERENCE, FRACTION, FLAG = "own", "difference", "fraction", "flag"


def _figure(figure: str, unit: str, english: str) -> Measure:
    return Measure(figure.upper(), Name(LABELS[figure], english), unit, figure)


MEASURES = (
    Measure("ACTUAL", Name("年度实际值", "Approved figure of the year"), OWN),
    Measure("BASELINE", Name("基期值", "Baseline of the plan"), OWN),
    Measure("TARGET_LOWER", Name("目标值（下限）", "Target, lower bound"), OWN),
    Measure("TARGET_UPPER", Name("目标值（上限）", "Target, upper bound"), OWN),
    Measure("TARGET_GROWTH", Name("增长目标", "Target stated as a growth"), FRACTION),
    Measure(
        "TRACKED",
        Name("与目标比较的数值", "Figure held against the targets: the sum of the plan's years for increments"),
        OWN,
        "actual",
    ),
    _figure("required", OWN, "Required in the year"),
    Measure("MET", Name(LABELS["met"], "Whether the year's target is met"), FLAG, "met"),
    _figure("gap", DIFFERENCE, "Gap to the year's target, positive: still to go"),
    _figure("gap_final", DIFFERENCE, "Gap to the final target"),
    _figure("attainment", FRACTION, "Attainment of the year's target"),
    _figure("attainment_final", FRACTION, "Attainment of the final target"),
    _figure("completion", FRACTION, "Share of the way from baseline to final target"),
    _figure("elapsed", FRACTION, "Share of the time from baseline to final year"),
    _figure("yoy", FRACTION, "Growth over the year before"),
    _figure("growth_since_baseline", FRACTION, "Growth since the baseline"),
    _figure("cagr", FRACTION, "Average annual growth since the baseline"),
    _figure("planned_growth", FRACTION, "Growth the plan asks for"),
    _figure("planned_cagr", FRACTION, "Average annual growth the plan asks for"),
    _figure("required_cagr", FRACTION, "Average annual growth needed from here"),
    _figure("trend_ratio", FRACTION, "Average annual growth against the planned one"),
    _figure("expected", OWN, "Expected by the plan's path"),
    _figure("projection_cagr", OWN, "Final year if average growth goes on"),
    _figure("projection_linear", OWN, "Final year if the average increase goes on"),
    _figure("r", FRACTION, "Progress against the expected progress"),
)

_OBSERVED = (
    Attribute("OBS_STATUS", ATTRIBUTES_OF_OBSERVATIONS, "CL_OBS_STATUS", mandatory=True),
    Attribute("SOURCE", ATTRIBUTES_OF_OBSERVATIONS),
    Attribute("SOURCE_URL", ATTRIBUTES_OF_OBSERVATIONS),
    Attribute("COMMENT_OBS", ATTRIBUTES_OF_OBSERVATIONS),
)
_COUNTED = (
    Attribute("UNIT_MEASURE", ATTRIBUTES_OF_SERIES, "CL_UNIT_MEASURE", mandatory=True),
    Attribute("UNIT_MULT", ATTRIBUTES_OF_SERIES, "CL_UNIT_MULT", mandatory=True),
    Attribute("DECIMALS", ATTRIBUTES_OF_SERIES, "CL_DECIMALS"),
)
PLAN = Flow(
    "PLAN",
    "DSD_PLAN",
    Name("规划指标的目标、实际值与进展", "Plan indicators: targets, figures and progress"),
    (
        ("FREQ", "CL_FREQ"),
        ("INDICATOR", "CL_INDICATOR"),
        ("REF_AREA", "CL_REF_AREA"),
        ("MEASURE", "CL_MEASURE"),
        ("PLAN_DOC", "CL_PLAN_DOC"),
    ),
    (
        *_COUNTED,
        Attribute("TITLE", ATTRIBUTES_OF_SERIES),
        *_OBSERVED,
        Attribute("REASON", ATTRIBUTES_OF_OBSERVATIONS, "CL_REASON"),
        Attribute("PROGRESS_STATUS", ATTRIBUTES_OF_OBSERVATIONS, "CL_PROGRESS_STATUS"),
        Attribute("TARGET_KIND", ATTRIBUTES_OF_OBSERVATIONS, "CL_TARGET_KIND"),
        Attribute("LOCATOR", ATTRIBUTES_OF_OBSERVATIONS),
    ),
)
ACTUAL = Flow(
    "ACTUAL",
    "DSD_ACTUAL",
    Name("各地区各指标的实际值", "Approved figures, whether a plan names them or not"),
    (("FREQ", "CL_FREQ"), ("INDICATOR", "CL_INDICATOR"), ("REF_AREA", "CL_REF_AREA")),
    (*_COUNTED, *_OBSERVED),
)
FLOWS = {flow.id: flow for flow in (PLAN, ACTUAL)}

CONCEPTS = {
    "FREQ": Name("频率", "Frequency"),
    "INDICATOR": Name("指标", "Indicator"),
    "REF_AREA": Name("地区", "Reference area"),
    "MEASURE": Name("数值种类", "Measure"),
    "PLAN_DOC": Name("规划", "Plan document"),
    "TIME_PERIOD": Name("年份", "Time period"),
    "OBS_VALUE": Name("数值", "Observation value"),
    "UNIT_MEASURE": Name("单位", "Unit of measure"),
    "UNIT_MULT": Name("单位的十次幂", "Unit multiplier, as a power of ten"),
    "DECIMALS": Name("显示小数位", "Decimals shown"),
    "TITLE": Name("规划用语", "Name as the plan prints it"),
    "OBS_STATUS": Name("数值状态", "Observation status"),
    "SOURCE": Name("来源", "Source"),
    "SOURCE_URL": Name("来源网址", "Address of the source"),
    "COMMENT_OBS": Name("备注", "Comment"),
    "REASON": Name("为空的原因", "Why the figure is empty"),
    "PROGRESS_STATUS": Name("进展状态", "Where the plan indicator stands"),
    "TARGET_KIND": Name("目标类型", "Kind of target"),
    "LOCATOR": Name("原文出处", "Where it stands in the document"),
}


def _words(words) -> dict[str, Name]:
    """A closed list of this system: its English word is its code."""
    return {word.value: Name(word.label, word.value.replace("_", " ")) for word in words}


# Codes as in the lists of the same names that the SDMX community keeps. 未填报 and 不适用 are two of them.
NORMAL, PROVISIONAL, NOT_REPORTED, CANNOT_EXIST, UNSPECIFIED = "A", "P", "L", "M", "O"
CODELISTS: dict[str, tuple[Name, dict[str, Name]]] = {
    "CL_FREQ": (Name("频率", "Frequency"), {FREQUENCY: Name("年", "Annual")}),
    "CL_MEASURE": (Name("数值种类", "Measure"), {measure.code: measure.name for measure in MEASURES}),
    "CL_UNIT_MULT": (
        Name("单位的十次幂", "Unit multiplier"),
        {
            "0": Name("一", "Units"),
            "4": Name("万", "Tens of thousands"),
            "6": Name("百万", "Millions"),
            "8": Name("亿", "Hundred millions"),
        },
    ),
    "CL_DECIMALS": (
        Name("小数位", "Decimals"),
        {str(count): Name(f"{count} 位小数", f"{count} decimals") for count in range(7)},
    ),
    "CL_OBS_STATUS": (
        Name("数值状态", "Observation status"),
        {
            NORMAL: Name("正常", "Normal value"),
            PROVISIONAL: Name("暂定：输入已更改，正在重算", "Provisional value: inputs changed, being computed again"),
            NOT_REPORTED: Name("未填报", "Missing value; data exist but were not collected"),
            CANNOT_EXIST: Name("不适用或无法计算", "Missing value; data cannot exist"),
            UNSPECIFIED: Name("尚无数值", "Missing value"),
        },
    ),
    "CL_REASON": (Name("为空的原因", "Reason"), _words(Reason)),
    "CL_PROGRESS_STATUS": (Name("进展状态", "Progress status"), _words(Status)),
    "CL_TARGET_KIND": (Name("目标类型", "Kind of target"), _words(TargetKind)),
}
# Those whose codes come from the database.
STORED_CODELISTS = {
    "CL_INDICATOR": Name("指标", "Indicators"),
    "CL_REF_AREA": Name("地区（GB/T 2260）", "Areas (GB/T 2260)"),
    "CL_PLAN_DOC": Name("规划", "Plan documents"),
    "CL_UNIT_MEASURE": Name("单位", "Units of measure"),
}

# Unit -> its code and English name. Money is 元 with a multiplier; a unit that is not here gets a code made of its characters.
PERCENT, POINTS, NUMBER, YUAN = "PT", "PP", "PN", "CNY"
_UNITS = {
    "%": (PERCENT, "Per cent"),
    "百分点": (POINTS, "Percentage points"),
    "1": (NUMBER, "Pure number: 1 is 100%"),
    "元": (YUAN, "Yuan renminbi"),
    "件": ("ITEM", "Items"),
    "个": ("UNIT", "Units"),
    "家": ("ORG", "Organisations"),
    "人": ("PS", "Persons"),
    "人次": ("PSTIMES", "Person-times"),
    "项": ("MATTER", "Matters"),
    "次": ("TIMES", "Times"),
    "种": ("KIND", "Kinds"),
    "分": ("POINT", "Points"),
    "工作日": ("WORKDAY", "Working days"),
}
_MONEY = {"元": "0", "万元": "4", "百万元": "6", "亿元": "8"}


def unit_code(unit: str) -> tuple[str, str]:
    """The code of a base unit and its multiplier: 万元 is yuan times 10⁴."""
    if unit in _MONEY:
        return YUAN, _MONEY[unit]
    code, _ = _UNITS.get(unit, ("U" + "".join(f"{ord(sign):04X}" for sign in unit), ""))
    return code, "0"


def unit_names(units) -> dict[str, Name]:
    """The codes of the given base units and of what is derived from them, by code."""
    shown = {*("元" if unit in _MONEY else unit for unit in units), "%", "百分点", "1"}
    names = {}
    for unit in sorted(shown):
        code, _ = unit_code(unit)
        names[code] = Name("纯数（1 即 100%）" if unit == "1" else unit, _UNITS.get(unit, ("", code))[1])
    return dict(sorted(names.items()))


def unit_of(measure: str, unit: str) -> tuple[str, str]:
    """(UNIT_MEASURE, UNIT_MULT) of a measure's values for an indicator with that base unit."""
    if measure in (FRACTION, FLAG):
        return NUMBER, "0"
    if measure == DIFFERENCE and unit == "%":
        return POINTS, "0"
    return unit_code(unit)
