"""Columns of text to columns of typed values; what cannot be read is refused with its place."""

import datetime
from decimal import Decimal

import pandas as pd

from indicators.calculation import numbers
from indicators.imports.problems import Findings
from indicators.models.fields import FIRST_YEAR, LAST_YEAR

_PLAIN = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?"


def mapped(values, function):
    """The function of each value as plain objects, None kept as None."""
    return pd.Series([function(value) for value in values], index=values.index, dtype=object)


def looked_up(values, dictionary):
    """The text a dictionary gives for each value, blank where it gives none."""
    return mapped(values, lambda value: dictionary.get(value, ""))


def texts(rows, columns, findings: Findings):
    """Refuse blank required cells, over-long ones and control characters."""
    for column in columns:
        values = rows[column.name]
        lengths = values.str.len()
        if len(values) and lengths.max() > column.longest:
            findings.refuse(lengths > column.longest, column.name, f"超过 {column.longest} 个字，请缩短")
    return rows


def required(rows, names, findings: Findings):
    for name in names:
        findings.refuse(rows[name] == "", name, "不能为空")


def words(values, vocabulary, name, findings: Findings, *, blank=False):
    """English words of a vocabulary; its Chinese labels are understood too."""
    known = {word.value: word.value for word in vocabulary} | {word.label: word.value for word in vocabulary}
    if blank:
        known[""] = ""
    read = looked_up(values, known)
    findings.refuse(
        (read == "") & (values != ""),
        name,
        values.map(lambda text: f"“{text[:30]}”不在可用的词之内：{'、'.join(vocabulary.values())}"),
    )
    return read


def years(values, name, findings: Findings, *, today: datetime.date | None = None, blank=False):
    """Whole years as Int64, missing where blank; with `today`, years not yet begun are refused."""
    plain = values.str.fullmatch(r"[0-9]{4}")
    wrong = ~plain if not blank else ~plain & (values != "")
    findings.refuse(wrong, name, values.map(lambda text: f"“{text[:30]}”不是年份，请写四位数字，例如 2024"))
    read = pd.to_numeric(values.where(plain), errors="coerce").astype("Int64")
    findings.refuse((read < FIRST_YEAR) | (read > LAST_YEAR), name, f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间")
    if today:
        findings.refuse(
            (read > today.year) & (read <= LAST_YEAR), name, read.map(lambda year: f"{year} 年还没有开始，不能填报")
        )
    return read


def days(values, name, findings: Findings, *, today: datetime.date | None = None):
    """ISO days as text, None where blank."""

    def read(text):
        if not text:
            return None
        try:
            return datetime.date.fromisoformat(text).isoformat()
        except ValueError:
            return False

    read_values = mapped(values, read)
    findings.refuse(
        read_values.map(lambda day: day is False), name, values.map(lambda t: f"“{t[:30]}”不是日期，请写成 2024-09-30")
    )
    if today:
        late = read_values.map(lambda day: isinstance(day, str) and day > today.isoformat())
        findings.refuse(late, name, "日期在今天之后")
    return mapped(read_values, lambda day: day or None)


def codes(values, ids, name, findings: Findings, what, *, blank=False):
    """Codes to ids (Int64); unknown ones are refused with the name of what they should be."""
    read = values.map(ids)
    unknown = read.isna() & ((values != "") if blank else True)
    findings.refuse(
        unknown, name, values.map(lambda text: f"{what}“{text[:30]}”不存在，请核对代码" if text else f"缺少{what}代码")
    )
    return read.astype("Int64")


def figures(values, units, bases, name, findings: Findings, *, negative_allowed=None):
    """Numbers as people write them, as exact plain text in the base unit; None where blank or 不适用.

    Returns the texts and a column that tells 不适用. `units` and `bases` are columns beside the values.
    """
    same_unit = units == bases
    plain = values.str.fullmatch(_PLAIN) & same_unit & (values.str.len() <= numbers.MAX_DIGITS)
    result = values.where(plain, None).astype(object)
    not_applicable = pd.Series(False, index=values.index)
    reasons: dict[int, str] = {}
    rest = values.index[(~plain).to_numpy(dtype=bool)]
    if len(rest):
        cache: dict[tuple[str, str, str], tuple[str | None, bool, str]] = {}
        keys = zip(values.loc[rest], units.loc[rest], bases.loc[rest], strict=True)
        for line, key in zip(rest, keys, strict=True):
            if key not in cache:
                cache[key] = _one(*key)
            text, is_not_applicable, reason = cache[key]
            if reason:
                reasons[line] = reason
            elif is_not_applicable:
                not_applicable[line] = True
            else:
                result[line] = text
    if reasons:
        sentences = pd.Series(reasons)
        findings.refuse(pd.Series(values.index.isin(sentences.index), index=values.index), name, sentences)
    if negative_allowed is not None:
        negative = result.map(lambda text: isinstance(text, str) and text.startswith("-")).astype(bool) & ~negative_allowed
        findings.refuse(negative, name, values.map(lambda text: f"“{text}”是负数，这一指标按个数计，不会小于 0"))
    return result.where(result.notna(), None), not_applicable


def _one(text: str, unit: str, base: str) -> tuple[str | None, bool, str]:
    try:
        reading = numbers.read(text, unit=unit)
        if reading.value is None:
            return None, reading.not_applicable, ""
        return numbers.plain(numbers.to_base(reading.value, unit, base)), False, ""
    except numbers.NotANumber as error:
        return None, False, str(error)
    except ValueError as error:
        return None, False, f"{error}，请改用“{base}”或其万、亿倍"


def fractions(values, name, findings: Findings):
    """Growths as fractions (0.15), or as people write them (15%), exact; None where blank."""

    def read(text):
        try:
            if text.endswith(("%", "％")):
                value = numbers.read(text, unit="%").value
                return (numbers.plain(numbers.checked(value / Decimal(100))) if value is not None else None), ""
            value = numbers.read(text).value
            return (numbers.plain(value) if value is not None else None), ""
        except numbers.NotANumber as error:
            return None, str(error)

    pairs = mapped(values, read)
    findings.refuse(pairs.map(lambda pair: bool(pair[1])), name, pairs.map(lambda pair: pair[1]))
    return mapped(pairs, lambda pair: pair[0])
