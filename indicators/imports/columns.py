"""Columns of text to columns of typed values; what cannot be read is refused with its place."""

import datetime
import re
from decimal import Decimal

import numpy as np
import pandas as pd

from indicators.calculation import numbers
from indicators.imports.problems import Findings
from indicators.models.fields import FIRST_YEAR, LAST_YEAR

# As a figure is stored already; "-0" is not.
_PLAIN = rf"(?!-0(?:\.0+)?\n)(?=[^\n]{{1,{numbers.MAX_DIGITS}}}\n)-?(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]{{1,6}})?\n"
_ONE_PLAIN, _ALL_PLAIN = re.compile(_PLAIN, re.ASCII), re.compile(rf"(?:{_PLAIN})*+", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)


def mapped(values, function):
    """The function of each value as plain objects, None kept as None."""
    return pd.Series([function(value) for value in values], index=values.index, dtype=object)


def by_distinct(values, function):
    """The same, called once per distinct value: for columns in which few values repeat many times."""
    places, found = pd.factorize(values.array)
    read = np.empty(len(found), dtype=object)
    read[:] = [function(value) for value in found]
    return pd.Series(read[places], index=values.index, dtype=object)


def whole_numbers(values, function):
    """What a function gives per distinct value, a whole number above 0 or None, as a nullable column of integers."""
    places, found = pd.factorize(values.array)
    read = np.array([function(value) or 0 for value in found], dtype=np.int64)[places]
    return pd.Series(pd.arrays.IntegerArray(read, read == 0), index=values.index)


def where(values, holds):
    """Which values something holds for, as a boolean column."""
    return pd.Series(np.fromiter(map(holds, values.tolist()), dtype=bool, count=len(values)), index=values.index)


def looked_up(values, dictionary):
    """The text a dictionary gives for each value, blank where it gives none."""
    return by_distinct(values, lambda value: dictionary.get(value, ""))


def texts(rows, columns, findings: Findings):
    """Refuse over-long cells."""
    for column in columns:
        values = rows[column.name]
        if max(map(len, set(values.tolist())), default=0) > column.longest:
            findings.refuse(values.map(len) > column.longest, column.name, f"超过 {column.longest} 个字，请缩短")
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
        lambda line: f"“{values[line][:30]}”不在可用的词之内：{'、'.join(vocabulary.values())}",
    )
    return read


def years(values, name, findings: Findings, *, today: datetime.date | None = None, blank=False):
    """Whole years as Int64, missing where blank; with `today`, years not yet begun are refused."""
    read = whole_numbers(values, lambda text: int(text) if _YEAR.fullmatch(text) else None)
    wrong = read.isna() if not blank else read.isna() & (values != "")
    findings.refuse(wrong, name, lambda line: f"“{values[line][:30]}”不是年份，请写四位数字，例如 2024")
    findings.refuse((read < FIRST_YEAR) | (read > LAST_YEAR), name, f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间")
    if today:
        late = (read > today.year) & (read <= LAST_YEAR)
        findings.refuse(late, name, lambda line: f"{read[line]} 年还没有开始，不能填报")
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
        read_values.map(lambda day: day is False), name, lambda line: f"“{values[line][:30]}”不是日期，请写成 2024-09-30"
    )
    if today:
        late = read_values.map(lambda day: isinstance(day, str) and day > today.isoformat())
        findings.refuse(late, name, "日期在今天之后")
    return mapped(read_values, lambda day: day or None)


def codes(values, ids, name, findings: Findings, what, *, blank=False):
    """Codes to ids (Int64); unknown ones are refused with the name of what they should be."""
    read = whole_numbers(values, ids.get)
    unknown = read.isna() & ((values != "") if blank else True)

    def said(line):
        return f"{what}“{values[line][:30]}”不存在，请核对代码" if values[line] else f"缺少{what}代码"

    findings.refuse(unknown, name, said)
    return read


def figures(values, units, bases, name, findings: Findings, *, negative_allowed=None):
    """Numbers as people write them, as exact plain text in the base unit; None where blank or 不适用.

    Returns the texts and a column that tells 不适用. `units` and `bases` are columns beside the values.
    """
    blank, plain = _blank_and_plain(values)
    plain = plain & (units == bases).to_numpy(dtype=bool)
    result = np.where(plain, values.to_numpy(dtype=object), None)
    not_applicable = np.zeros(len(values), dtype=np.bool_)
    rest = ~(blank | plain)
    if rest.any():
        keys = list(zip(*(column.to_numpy()[rest].tolist() for column in (values, units, bases)), strict=True))
        read = {key: _one(*key) for key in set(keys)}
        result[rest], not_applicable[rest], reasons = zip(*[read[key] for key in keys], strict=True)
        sentences = pd.Series(reasons, index=values.index[rest], dtype=object)
        findings.refuse(sentences != "", name, sentences)
    figures = pd.Series(result, index=values.index, dtype=object)
    if negative_allowed is not None:
        counted = figures[~negative_allowed & figures.notna()]
        negative = where(counted, lambda text: text[0] == "-")
        findings.refuse(negative, name, lambda line: f"“{values[line]}”是负数，这一指标按个数计，不会小于 0，例如 0 或 12")
    return figures, pd.Series(not_applicable, index=values.index)


def _blank_and_plain(values):
    """Which texts are blank and which are numbers as they are stored: mostly all others, which one look at them all tells."""
    blank = where(values, numbers.BLANKS.__contains__).to_numpy()
    others = values.to_numpy()[~blank].tolist()
    joined = "\n".join([*others, ""])
    if joined.count("\n") == len(others) and _ALL_PLAIN.fullmatch(joined):
        return blank, ~blank
    return blank, where(values, lambda text: _ONE_PLAIN.fullmatch(f"{text}\n") is not None).to_numpy()


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
    findings.refuse(where(pairs, lambda pair: bool(pair[1])), name, lambda line: pairs[line][1])
    return mapped(pairs, lambda pair: pair[0])
