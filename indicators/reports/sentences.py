"""What a plan indicator's year says in one sentence: value, unit, change, distance to the target, progress against time."""

from typing import Any

from indicators.calculation import wording
from indicators.calculation.vocabulary import CONDITIONS, GROWTHS, Direction, Measure, Status, TargetKind
from indicators.reports.standing import Standing
from indicators.reports.stated import percent, printed

LEVELS = frozenset({TargetKind.AT_LEAST, TargetKind.AT_MOST, TargetKind.RANGE})


def asked(target, row: Standing) -> str:
    """What a target asks for, within a sentence: 不低于 5 万件, 年均增长 15%, 高于内蒙古自治区."""
    match target.kind:
        case TargetKind.AT_LEAST:
            return f"不低于 {_stated(target.lower, row)}"
        case TargetKind.AT_MOST:
            return f"不高于 {_stated(target.upper, row)}"
        case TargetKind.RANGE:
            return f"达到 {_aimed_at(target, row)}"
        case TargetKind.GROWTH_PER_YEAR | TargetKind.GROWTH_OVER_BASELINE:
            return f"{TargetKind(target.kind).label} {percent(target.lower)}"
        case TargetKind.ABOVE_REGION:
            return f"高于{target.reference}"
    return TargetKind(target.kind).label


def _aimed_at(target, row: Standing) -> str:
    if target.kind == TargetKind.RANGE:
        return f"{printed(target.lower, row)}～{_stated(target.upper, row)}"
    return _stated(target.upper if target.kind == TargetKind.AT_MOST else target.lower, row)


def _stated(value: Any, row: Standing) -> str:
    """What a plan states, with its digits and its unit."""
    return f"{printed(value, row)}{wording.after_number(row.unit)}"


def _figure(name: str, row: Standing) -> str:
    """A figure of the year with its unit, as lists and tables show it."""
    return f"{row.shown(name)}{wording.after_number(row.unit)}"


def _period(year: int, row: Standing) -> str:
    """The time in which a target must be reached: its year, of what is counted since the plan began all years up to it."""
    if row.measure != Measure.INCREMENT:
        return f"{year} 年"
    years = f"{year} 年" if year == row.first_year else f"{row.first_year}—{year} 年"
    return f"{years}累计新增"


def sentence(row, final) -> str:
    """Value, unit, year, change, distance and progress of a year, or what is asked of it and why there is no value.

    What cannot be computed is not told here: the table says it, with the reason.
    """
    one = row.standing
    final = final if final and is_final(final) else None
    if one.status is None:
        return _outside(row)
    if one.actual is None:
        clauses = [_absent(row), _required_of(row, final), _time_passed(one)]
    else:
        clauses = [f"{_had(row)}{_changed(row)}", _distance(row, final), _progress(one)]
    return "；".join(clause for clause in clauses if clause) + "。"


def is_final(row) -> bool:
    """Whether the target of the plan's last year is what the whole plan aims at."""
    return row.target is not None and row.target.kind not in CONDITIONS and row.standing.measure != Measure.ANNUAL


def _outside(row) -> str:
    one = row.standing
    if row.is_baseline:
        return f"{one.year} 年是规划的基期，基期值 {_figure('baseline_value', one)}；进展从 {one.year + 1} 年起计算。"
    if one.first_year <= one.year <= one.last_year:
        return f"{one.year} 年的进展尚未计算出来。"
    value = f"登记的数值是 {_figure('actual', one)}，只作对照" if one.actual is not None else "没有登记数值"
    return f"{one.year} 年不在规划期（{one.first_year}—{one.last_year} 年）内，{value}。"


def _absent(row) -> str:
    one = row.standing
    if one.status == Status.NOT_DUE:
        return f"{one.year} 年还没有过完，未到填报的时候"
    return f"{one.year} 年{'登记为不适用' if one.status == Status.NOT_APPLICABLE else '还没有填报'}"


def _required_of(row, final) -> str:
    one, words = row.standing, []
    if final and final is not row:
        if row.ruling and row.ruling.year == final.year:  # a growth for every year up to the last
            number = f"（本年合 {_figure('required', one)}）" if one.required is not None else ""
            return f"规划要求到 {_period(final.year, one)}{asked(final.target, one)}{number}"
        words.append(f"规划要求 {_period(final.year, one)}{asked(final.target, one)}")
    if row.ruling:
        text = _asked_of_year(row)
        words.append(text if words else f"规划要求{' ' if text[0].isdigit() else ''}{text}")
    elif one.expected is not None:
        words.append(f"按路径本年应达到 {_figure('expected', one)}")
    return "，".join(words) or "规划没有定下目标"


def _asked_of_year(row) -> str:
    one, kind = row.standing, row.ruling.kind
    if kind == TargetKind.INCREASING:
        return _condition(row)
    if one.measure == Measure.INCREMENT and kind in LEVELS:
        return f"{_period(one.year, one)}{asked(row.ruling, one)}"
    if one.required is None or kind in LEVELS or kind == TargetKind.MILESTONE:
        return f"本年{asked(row.ruling, one)}"
    return f"{asked(row.ruling, one)}（本年合 {_figure('required', one)}）" if kind in GROWTHS else _condition(row)


def _condition(row) -> str:
    """A condition and what it is held against."""
    one = row.standing
    if row.ruling.kind == TargetKind.INCREASING and one.actual is None and row.failed_before:
        return f"{asked(row.ruling, one)}（此前已有年份没有做到，本年无论多少都不能满足）"
    if one.required is None:
        return asked(row.ruling, one)
    against = "此前最近一次" if row.ruling.kind == TargetKind.INCREASING else f"{row.ruling.reference}本年"
    return f"{asked(row.ruling, one)}（{against} {_figure('required', one)}）"


def _time_passed(one: Standing) -> str:
    return "" if one.elapsed is None else f"序时进度 {one.shown('elapsed')}"


def _had(row) -> str:
    one = row.standing
    if one.measure != Measure.INCREMENT:
        return f"{one.year} 年 {_figure('actual', one)}"
    years = f"{one.first_year} 年" if one.year == one.first_year else f"{one.first_year}—{one.year} 年"
    whole = f"{years}新增 {_figure('actual', one)}"
    return f"{whole}，但{one.why('actual')}" if "actual" in one.reasons else whole


def _changed(row) -> str:
    one = row.standing
    if one.is_ratio_in_percent and row.difference is not None:
        text = wording.change_of_rate(row.difference, one.decimals)
    elif one.yoy is not None:
        text = wording.change(one.yoy)
    else:
        return ""
    what = "当年新增数" if one.measure == Measure.INCREMENT else ""
    return f"，{what}与上年持平" if text == "持平" else f"，{what}比上年{text}"


def _distance(row, final) -> str:
    one = row.standing
    if final and one.gap_final is not None:
        whole = _to_go(one.gap_final, f" {_period(final.year, one)}目标 {_aim(final)}", final.target, one)
        is_ruled = final.year != row.year and row.ruling and row.ruling.kind not in CONDITIONS and one.gap is not None
        return f"{_of_year(row)}，{whole}" if is_ruled else whole
    if row.ruling is None:
        return _required_of(row, final) if final else "规划没有为本年定目标"
    if row.ruling.kind in CONDITIONS:
        return f"规划要求{_condition(row)}，{_satisfied(row)}"
    if one.gap is None:
        return _required_of(row, final)
    return _of_year(row)


def _of_year(row) -> str:
    """The distance to what is asked of the year itself."""
    one = row.standing
    period = f" {_period(one.year, one)}" if one.measure == Measure.INCREMENT else "本年"
    return _to_go(one.gap, f"{period}目标 {_aim(row)}", row.ruling, one)


def _satisfied(row) -> str:
    one = row.standing
    if one.met is None:
        return f"无法比较（{one.why('met')}）"
    if one.met:
        return "已满足"
    is_better = one.required is not None and Direction(one.direction).sign * (one.actual - one.required) > 0
    return "未满足（规划期内早先有年份没有增加）" if is_better else "未满足"


def _aim(row) -> str:
    """The target as the plan words it; a growth with the value it comes to."""
    one, target = row.standing, row.ruling
    if target is None or target.kind == TargetKind.MILESTONE:
        return f"“{TargetKind.MILESTONE.label}”"
    if target.kind in LEVELS:
        return _aimed_at(target, one)
    return f"{_figure('required', one)}（{asked(target, one)}）"


def _to_go(gap: float, aim: str, target, one: Standing) -> str:
    size = f"{one.derived(abs(gap))}{wording.after_number('百分点' if one.unit == '%' else one.unit)}"
    is_less = one.direction == Direction.DECREASE
    if aim.endswith("%"):
        aim = f"{aim} "
    if gap > 0:
        return f"比{aim}还高 {size}" if is_less else f"距{aim}还差 {size}"
    if target.kind == TargetKind.RANGE:
        is_within = target.lower <= one.actual <= target.upper
        return f"已在{aim}的范围之内" if is_within else f"已越过{aim}的范围"
    if gap == 0 or target.kind == TargetKind.MILESTONE:
        return f"已达到{aim}"
    return f"已比{aim}低 {size}" if is_less else f"已超过{aim} {size}"


def _progress(one: Standing) -> str:
    names = {"completion": "完成进度", "elapsed": "序时进度"}
    return "，".join(f"{word} {one.shown(name)}" for name, word in names.items() if getattr(one, name) is not None)
