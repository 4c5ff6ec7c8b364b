"""What the API gives out: one table of fields per list, from which SQL, JSON, CSV, Excel and the OpenAPI part are made.

Fields are only ever appended: who reads a file by position must never find something else there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from indicators import frames
from indicators.calculation import methods
from indicators.calculation.assessment import FIGURES
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import (
    GROWTHS,
    About,
    Dimension,
    Direction,
    Level,
    Measure,
    Nature,
    Severity,
    Status,
    TargetKind,
    Word,
)

NUMBER = r"[0-9]{1,15}"
SLUG = r"[-a-zA-Z0-9_]{1,60}"


@dataclass(frozen=True)
class Field:
    """A member of an object and column of a file. `sql` is written for PostgreSQL and SQLite alike, by `kind` it is adapted.

    kind: text, integer, number (a stored decimal), amount (a figure in the printed unit, stored in the base unit), float,
    boolean, date, moment, reasons (the stored letters) or json.
    """

    name: str
    sql: str
    kind: str
    heading: str
    says: str
    example: Any
    nullable: bool = False
    words: type[Word] | None = None
    blank: bool = False  # a closed list of words that may also be ""


@dataclass(frozen=True)
class Order:
    """Columns that together are unique, and how a cursor writes each; the first `lead` of them are one index's."""

    says: str
    columns: tuple[str, ...]
    patterns: tuple[str, ...]
    lead: int = 0


@dataclass(frozen=True)
class Listing:
    """A list: where its rows are, by what they may be selected, and in which orders they come (the first is the usual one)."""

    name: str
    title: str
    says: str
    fields: tuple[Field, ...]
    source: str
    key: str  # the column that …/<id>/ names
    key_pattern: str
    filters: Mapping[str, str]  # parameter -> column, or a condition with {ids}
    orders: Mapping[str, Order]
    unit: str = ""  # the unit that amounts are printed in, where that is not simply the field `unit`
    shows_stale: bool = False  # whether marks of what waits to be computed again change what is shown

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that select rows; those of a year and of regions come together."""
        also = {"year": ("year", "year_min", "year_max"), "region": ("region", "descendants")}
        return tuple(name for one in self.filters for name in also.get(one, (one,)))


# Parts that several lists share

_SERIES = """
    JOIN indicators_series s ON s.id = {}.series_id
    JOIN regions_region r ON r.id = s.region_id
    JOIN indicators_indicator i ON i.id = s.indicator_id"""
_IN_PLAN = "EXISTS (SELECT 1 FROM indicators_planindicator q WHERE q.series_id = s.id AND q.plan_id {ids})"
_BY_SERIES = {"region": "s.region_id", "indicator": "s.indicator_id"}


def _orders(*more: str) -> dict[str, Order]:
    """By region, indicator and what else makes a row unique; by id, as the rows were recorded."""
    columns = ("s.region_id", "s.indicator_id", *more)
    by_id = f"{more[-1].partition('.')[0]}.id"
    return {
        "region": Order("按地区、指标、年份（默认）", columns, (NUMBER,) * len(columns), lead=2),
        "id": Order("按编号，即录入先后", (by_id,), (NUMBER,)),
    }


def _id(sql: str) -> Field:
    return Field("id", sql, "integer", "编号", "这一行的编号，地址 …/<id>/ 用它。", 1)


_REGION = Field("region", "r.code", "text", "地区代码", "地区的行政区划代码（GB/T 2260）。", "150600")
_INDICATOR = Field("indicator", "i.code", "text", "指标代码", "指标的代码，永远不变。", "valid-trademarks")
_PLAN = Field("plan", "n.slug", "text", "规划", "规划的标识。", "ordos-2021-2025")
_PLAN_INDICATOR = Field("plan_indicator", "p.id", "integer", "规划指标编号", "plan-indicators/ 中的编号。", 1)
_NAME = Field("name", "p.name", "text", "指标名称", "规划中的用语。", "有效注册商标")
_PRINTED_UNIT = Field("unit", "p.unit", "text", "单位", "规划所印的单位；本行各数值以它为单位。", "万件")
_BASE_UNIT = Field("unit", "i.unit", "text", "单位", "指标的基本单位；本行数值以它为单位。", "件")


def _year(table: str) -> Field:
    return Field("year", f"{table}.year", "integer", "年份", "数值所属年份。", 2024)


def _source(table: str) -> tuple[Field, Field]:
    return (
        Field("source", f"{table}.source", "text", "来源", "数值的来源；未注明时为空文字。", "某公报"),
        Field("source_url", f"{table}.source_url", "text", "来源网址", "来源的网址；没有时为空文字。", ""),
    )


# The lists

REGIONS = Listing(
    "regions",
    "地区",
    "行政区划：国家、自治区、盟市、旗县。",
    (
        Field("id", "r.code", "text", "编号", "即地区代码，地址 …/<id>/ 用它。", "150600"),
        Field("code", "r.code", "text", "代码", "行政区划代码（GB/T 2260）。", "150600"),
        Field("name", "r.name", "text", "名称", "地区名称。", "鄂尔多斯市"),
        Field("level", "r.level", "text", "级别", "在行政区划中的级别。", "prefecture", words=Level),
        Field("parent", "u.code", "text", "上级代码", "上级地区的代码；最上一级为 null。", "150000", nullable=True),
    ),
    "regions_region r LEFT JOIN regions_region u ON u.id = r.parent_id",
    "r.code",
    "[1-9][0-9]{5}",
    {"region": "r.id"},
    {"code": Order("按代码（默认）", ("r.code",), ("[1-9][0-9]{5}",))},
)

INDICATORS = Listing(
    "indicators",
    "指标",
    "可以度量的事项；各地区共用同一定义。",
    (
        Field("id", "i.code", "text", "编号", "即指标代码，地址 …/<id>/ 用它。", "valid-trademarks"),
        Field("code", "i.code", "text", "代码", "指标的代码，永远不变。", "valid-trademarks"),
        Field("name", "i.name", "text", "名称", "指标名称。", "有效注册商标拥有量"),
        Field("unit", "i.unit", "text", "单位", "基本单位；实际值以它为单位。", "件"),
        Field("dimension", "i.dimension", "text", "维度", "按含义归入的工作方面。", "创造", words=Dimension),
        Field("measure", "i.measure", "text", "口径", "一年的数值怎样读。", "stock", words=Measure),
        Field("direction", "i.direction", "text", "方向", "越高越好还是越低越好。", "increase", words=Direction),
        Field("decimals", "i.decimals", "integer", "小数位", "显示时保留的小数位数；接口给出的是完整数值。", 0),
        Field(
            "same_subject", "o.code", "text", "同一事项指标", "同一事项另一口径的指标代码；没有时为 null。", None, nullable=True
        ),
        Field("definition", "i.definition", "text", "定义", "定义与口径说明。", "年末处于有效状态的注册商标件数。"),
    ),
    "indicators_indicator i LEFT JOIN indicators_indicator o ON o.id = i.same_subject_id",
    "i.code",
    SLUG,
    {"indicator": "i.id"},
    {"code": Order("按代码（默认）", ("i.code",), (SLUG,))},
)

PLANS = Listing(
    "plans",
    "规划",
    "设定目标的公开文件；文件没有写明的为 null。",
    (
        Field("id", "n.slug", "text", "编号", "即规划标识，地址 …/<id>/ 用它。", "ordos-2021-2025"),
        Field("plan", "n.slug", "text", "规划", "规划的标识。", "ordos-2021-2025"),
        Field("title", "n.title", "text", "标题", "文件标题。", "某市知识产权规划"),
        Field("document_number", "n.document_number", "text", "文号", "原文未载时为 null。", None, nullable=True),
        Field("issued_by", "n.issued_by", "text", "发文机关", "原文未载时为 null。", "某市人民政府", nullable=True),
        Field("issued_on", "n.issued_on", "date", "成文日期", "原文未载时为 null。", "2021-12-31", nullable=True),
        Field("region", "r.code", "text", "地区代码", "发文地区的行政区划代码。", "150600"),
        Field("first_year", "n.first_year", "integer", "起始年", "规划期的第一年。", 2021),
        Field("last_year", "n.last_year", "integer", "终止年", "规划期的最后一年。", 2025),
        Field("period_assumed", "n.period_assumed", "text", "规划期推定理由", "规划期系推定时说明理由，否则为空文字。", ""),
    ),
    "indicators_plan n JOIN regions_region r ON r.id = n.region_id",
    "n.slug",
    SLUG,
    {"region": "n.region_id", "plan": "n.id"},
    {"plan": Order("按标识（默认）", ("n.slug",), (SLUG,))},
)

PLAN_INDICATORS = Listing(
    "plan-indicators",
    "规划指标",
    "一项指标在一份规划中的样子：序号、用语、基期、单位、出处。",
    (
        _id("p.id"),
        _PLAN,
        _REGION,
        _INDICATOR,
        Field("number", "p.number", "text", "序号", "规划表中的序号；正文中的目标没有序号，为空文字。", "1"),
        _NAME,
        Field("unit", "p.unit", "text", "单位", "规划所印的单位；基期值以它为单位。", "万件"),
        Field("measure", "i.measure", "text", "口径", "一年的数值怎样读。", "stock", words=Measure),
        Field("direction", "i.direction", "text", "方向", "越高越好还是越低越好。", "increase", words=Direction),
        Field("dimension", "i.dimension", "text", "维度", "按含义归入的工作方面。", "创造", words=Dimension),
        Field("category", "p.category", "text", "类别", "规划所列类别，照原文；没有时为空文字。", "知识产权创造"),
        Field(
            "nature", "p.nature", "text", "属性", "预期性或约束性；原文未载时为空文字。", "expected", words=Nature, blank=True
        ),
        Field("baseline_year", "p.baseline_year", "integer", "基期年", "规划未给出基期时为 null。", 2020, nullable=True),
        Field("baseline_value", "p.baseline_value", "amount", "基期值", "规划未给出基期时为 null。", 3.1219, nullable=True),
        Field(
            "printed_growth",
            "p.printed_growth",
            "number",
            "所印增幅",
            "规划所印的增幅，小数（0.6 即 60%）。",
            0.6,
            nullable=True,
        ),
        Field("responsible", "p.responsible", "text", "责任单位", "规划所列责任单位；没有时为空文字。", ""),
        Field("note", "p.note", "text", "说明", "说明；没有时为空文字。", ""),
        Field("locator", "p.locator", "text", "出处", "在原文中的位置。", "表1 第1行"),
        Field("baseline_locator", "p.baseline_locator", "text", "基期出处", "基期在原文中的位置；没有另注时为空文字。", ""),
    ),
    "indicators_planindicator p" + _SERIES.format("p") + "\n    JOIN indicators_plan n ON n.id = p.plan_id",
    "p.id",
    NUMBER,
    {**_BY_SERIES, "plan": "p.plan_id"},
    _orders("p.id"),
)

_TARGETS_UNIT = f"CASE WHEN t.kind IN ({', '.join(repr(kind.value) for kind in sorted(GROWTHS))}) THEN '' ELSE p.unit END"
TARGETS = Listing(
    "targets",
    "目标",
    "规划指标在某一年要达到的数值或条件，一年一行。",
    (
        _id("t.id"),
        _PLAN_INDICATOR,
        _REGION,
        _INDICATOR,
        _NAME,
        _year("t"),
        Field("kind", "t.kind", "text", "目标类型", "目标要求什么。", "at_least", words=TargetKind),
        Field(
            "lower",
            "t.lower",
            "amount",
            "下限",
            "以 unit 为单位；增长类目标为小数（0.15 即 15%）；没有时为 null。",
            5,
            nullable=True,
        ),
        Field("upper", "t.upper", "amount", "上限", "以 unit 为单位；没有时为 null。", None, nullable=True),
        Field(
            "reference_region",
            "x.code",
            "text",
            "对照地区代码",
            "目标类型为 above_region 时所对照的地区。",
            None,
            nullable=True,
        ),
        _PRINTED_UNIT,
        Field("locator", "t.locator", "text", "出处", "在原文中的位置。", "表1 第1行"),
        _PLAN,
    ),
    "indicators_target t\n    JOIN indicators_planindicator p ON p.id = t.plan_indicator_id"
    + _SERIES.format("p")
    + "\n    JOIN indicators_plan n ON n.id = p.plan_id\n    LEFT JOIN regions_region x ON x.id = t.reference_region_id",
    "t.id",
    NUMBER,
    {**_BY_SERIES, "plan": "p.plan_id", "year": "t.year"},
    _orders("p.id", "t.year") | {"id": Order("按编号，即录入先后", ("t.id",), (NUMBER,))},
    unit=_TARGETS_UNIT,
)

ACTUALS = Listing(
    "actuals",
    "实际值",
    "审核通过的全年数值，一个地区、指标、年份一行；没有的行即未填报。",
    (
        _id("a.id"),
        _REGION,
        _INDICATOR,
        _year("a"),
        Field("value", "a.value", "number", "数值", "以基本单位计；不适用时为 null。", 46000, nullable=True),
        Field("not_applicable", "a.not_applicable", "boolean", "不适用", "这一年不适用，与 0 和未填报都不同。", False),
        _BASE_UNIT,
        *_source("a"),
        Field("version", "a.version", "integer", "版本", "每更正一次加 1；写入时须说明所见版本。", 1),
        Field("note", "a.note", "text", "备注", "备注；没有时为空文字。", ""),
        Field("updated_at", "a.approved_at", "moment", "生效时间", "这个数值生效的时间。", "2025-03-01T09:30:00+08:00"),
    ),
    "indicators_actual a" + _SERIES.format("a"),
    "a.id",
    NUMBER,
    {**_BY_SERIES, "plan": _IN_PLAN, "year": "a.year"},
    _orders("a.year"),
)

INTERIM = Listing(
    "interim",
    "期中数",
    "已公布但不是全年的数值（季度、月份、截至某日），不作为全年数值使用。",
    (
        _id("m.id"),
        _REGION,
        _INDICATOR,
        _year("m"),
        Field("period_start", "m.period_start", "date", "期初", "这段时间的第一天。", "2024-01-01"),
        Field("period_end", "m.period_end", "date", "期末", "这段时间的最后一天。", "2024-09-30"),
        Field(
            "is_latest_possible_day", "m.is_latest_possible_day", "boolean", "日期为“不晚于”", "原文只说明不晚于这一天。", False
        ),
        Field("value", "m.value", "number", "数值", "以基本单位计。", 120),
        _BASE_UNIT,
        *_source("m"),
        Field("note", "m.note", "text", "备注", "备注；没有时为空文字。", ""),
    ),
    "indicators_interim m" + _SERIES.format("m"),
    "m.id",
    NUMBER,
    {**_BY_SERIES, "plan": _IN_PLAN, "year": "m.year"},
    _orders("m.year", "m.id"),
)

STATEMENTS = Listing(
    "statements",
    "另一说法",
    "其他段落或来源对同一事项的说法，列在数值旁边，从不参与计算。",
    (
        _id("m.id"),
        _REGION,
        _INDICATOR,
        _year("m"),
        Field("about", "m.about", "text", "所述", "说的是实际值、基期值、目标值还是年均增长。", "target", words=About),
        Field("since_year", "m.since_year", "integer", "起算年", "增长从哪一年算起；没有时为 null。", None, nullable=True),
        Field("value", "m.value", "number", "数值", "以 unit 为单位；原文不是数字时为 null。", 633, nullable=True),
        Field("upper", "m.upper", "number", "上限", "原文是区间时的上限；没有时为 null。", None, nullable=True),
        Field("unit", "m.unit", "text", "单位", "这段话所用的单位，不一定是指标的单位。", "件"),
        Field("printed", "m.printed", "text", "原文写法", "原文怎样写。", "633件"),
        Field("plan", "n.slug", "text", "规划", "说法出自规划时，规划的标识；否则为 null。", "ordos-2021-2025", nullable=True),
        *_source("m"),
        Field("locator", "m.locator", "text", "出处", "在原文中的位置；没有时为空文字。", "第二章"),
        Field("note", "m.note", "text", "说明", "说明；没有时为空文字。", ""),
    ),
    "indicators_statement m" + _SERIES.format("m") + "\n    LEFT JOIN indicators_plan n ON n.id = m.plan_id",
    "m.id",
    NUMBER,
    {**_BY_SERIES, "plan": "m.plan_id", "year": "m.year"},
    _orders("m.year", "m.id"),
)

_RULES = {rule.name: rule for rule in methods.rules()}
_AMOUNTS = frozenset({"actual", "required", "gap", "gap_final", "expected", "projection_cagr", "projection_linear"})
_FIGURE_EXAMPLES = {
    "actual": 4.6,
    "required": 5,
    "gap": 0.4,
    "gap_final": 0.4,
    "attainment": 0.92,
    "attainment_final": 0.92,
    "completion": 0.787,
    "elapsed": 0.8,
}


def _figure(name: str) -> Field:
    rule = _RULES[name]
    kind = "amount" if name in _AMOUNTS else "float"
    says = f"{rule.sentence}{'以 unit 为单位。' if kind == 'amount' else '小数（0.5 即 50%）。'}空着时为 null，原因在 reasons。"
    return Field(name, f"g.{name}", kind, rule.label, says, _FIGURE_EXAMPLES.get(name, 0.05), nullable=True)


_MET = Field(
    "met",
    "g.met",
    "boolean",
    _RULES["met"].label,
    f"{_RULES['met'].sentence}空着时为 null，原因在 reasons。",
    False,
    nullable=True,
)
PROGRESS = Listing(
    "progress",
    "进展",
    "由规划、目标和实际值算出的差距、达成率、进度、增速与状态，一项规划指标一年一行；空着的数注明原因。",
    (
        _id("g.id"),
        _PLAN_INDICATOR,
        _PLAN,
        _REGION,
        _INDICATOR,
        _NAME,
        _year("g"),
        _PRINTED_UNIT,
        _figure("actual"),
        Field("baseline_year", "p.baseline_year", "integer", "基期年", "规划未给出基期时为 null。", 2020, nullable=True),
        Field("baseline_value", "p.baseline_value", "amount", "基期值", "规划未给出时为 null。", 3.1219, nullable=True),
        _figure("required"),
        _MET,
        *(_figure(name) for name in FIGURES[2:]),
        Field("status", "g.status", "text", "状态", "这一年处在什么状态。", "on_track", words=Status),
        Field(
            "reasons", "g.reason_letters", "reasons", "空缺原因", "空着的数各自的原因：{数的名称: 原因代码}。",
            {"planned_cagr": "no_final_target"},
        ),
        Field(
            "stale",
            f"EXISTS (SELECT 1 FROM indicators_stalemark k WHERE k.series_id = s.id AND k.cause IN ({frames.STALE_CAUSES}))",
            "boolean",
            "待重算",
            "输入已更改、尚未重算；为 true 时本行各数不是最新的。",
            False,
        ),
        Field("computed_at", "g.computed_at", "moment", "计算时间", "本行算出的时间。", "2025-03-01T09:31:00+08:00"),
    ),
    "indicators_progress g\n    JOIN indicators_planindicator p ON p.id = g.plan_indicator_id"
    + _SERIES.format("p")
    + "\n    JOIN indicators_plan n ON n.id = p.plan_id",
    "g.id",
    NUMBER,
    {**_BY_SERIES, "plan": "p.plan_id", "year": "g.year", "status": "g.status"},
    _orders("p.id", "g.year") | {"id": Order("按编号", ("g.id",), (NUMBER,))},
    shows_stale=True,
)  # fmt: skip

QUALITY = Listing(
    "quality",
    "数据质量",
    "已公布或填报的数值中查出的疑点，一条一行，附依据。",
    (
        _id("f.id"),
        _REGION,
        _INDICATOR,
        Field(
            "plan_indicator", "f.plan_indicator_id", "integer", "规划指标编号", "涉及某一规划时，它的编号。", 1,
            nullable=True,
        ),
        replace(_PLAN, nullable=True, says="涉及某一规划时，规划的标识；否则为 null。"),
        Field("year", "f.year", "integer", "年份", "涉及的年份；不涉及某一年时为 null。", 2020, nullable=True),
        Field("code", "f.code", "text", "检查代码", "哪一项检查；含义见方法页。", "jumps", words=Check),
        Field("severity", "f.severity", "text", "轻重", "提示还是警示。", "notice", words=Severity),
        Field("sentence", "f.sentence", "text", "说明", "查出了什么，一句话。", "2021 年为上年的 3.2 倍。"),
        Field("evidence", "f.evidence", "json", "依据", "所依据的数值。", {}),
        Field("found_at", "f.found_at", "moment", "查出时间", "查出的时间。", "2025-03-01T09:31:00+08:00"),
    ),
    "indicators_qualityfinding f"
    + _SERIES.format("f")
    + "\n    LEFT JOIN indicators_planindicator p ON p.id = f.plan_indicator_id"
    + "\n    LEFT JOIN indicators_plan n ON n.id = p.plan_id",
    "f.id",
    NUMBER,
    {**_BY_SERIES, "plan": _IN_PLAN, "year": "f.year"},
    _orders("f.id"),
)  # fmt: skip

LISTINGS = {
    listing.name: listing
    for listing in (
        REGIONS, INDICATORS, PLANS, PLAN_INDICATORS, TARGETS, ACTUALS, INTERIM, STATEMENTS, PROGRESS, QUALITY,
    )
}  # fmt: skip
