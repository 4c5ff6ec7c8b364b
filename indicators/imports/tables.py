"""The small files: regions, indicators, plans."""

import datetime

import pandas as pd
from django.db import transaction

from indicators import frames, planning
from indicators.calculation import numbers
from indicators.calculation.vocabulary import Dimension, Direction, Level, Measure, Through
from indicators.imports import columns, sheets
from indicators.imports.problems import Findings
from indicators.models import Indicator, Plan
from indicators.outcome import Outcome
from regions import tree
from regions.models import Region

CODE = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_DEPTH = {level.value: depth for depth, level in enumerate(Level)}


def _whole(parts, file):
    """A small file in one piece, with its findings begun."""
    pieces = [sheet.rows for sheet in parts]
    rows = pd.concat(pieces) if len(pieces) > 1 else pieces[0]
    findings = Findings({column.name: column.name for column in file})
    columns.texts(rows, file, findings)
    return rows, findings


def _once(rows, key, findings):
    double = rows[key].duplicated(keep="first") & (rows[key] != "")
    findings.refuse(double, key, rows[key].map(lambda text: f"“{text[:30]}”在文件里出现了两次"))


def _code_like(values, name, findings):
    wrong = ~values.str.fullmatch(CODE) & (values != "")
    findings.refuse(
        wrong, name, values.map(lambda text: f"“{text[:30]}”不是代码，请用小写英文词，词间用“-”，例如 valid-trademarks")
    )


@transaction.atomic
def import_regions(path, *, by, through=Through.FILE):
    """Regions with their parents, which stand in the file or in the database already."""
    rows, findings = _whole(sheets.read(path, frames.REGIONS), frames.REGIONS)
    columns.required(rows, ["code", "name", "level"], findings)
    wrong = ~rows["code"].str.fullmatch(r"[1-9][0-9]{5}") & (rows["code"] != "")
    findings.refuse(wrong, "code", rows["code"].map(lambda text: f"“{text[:30]}”不是行政区划代码，请写六位数字，例如 150600"))
    _once(rows, "code", findings)
    rows["level"] = columns.words(rows["level"], Level, "level", findings)
    levels = dict(Region.objects.values_list("code", "level")) | dict(zip(rows["code"], rows["level"], strict=True))
    parents = dict(Region.objects.values_list("code", "parent__code"))
    parents |= {code: parent or None for code, parent in zip(rows["code"], rows["parent"], strict=True)}
    unknown = ~rows["parent"].isin(levels) & (rows["parent"] != "")
    findings.refuse(unknown, "parent", rows["parent"].map(lambda text: f"上级“{text[:30]}”不存在，请核对代码"))
    findings.raise_if_any()
    for line, code in rows["code"].items():
        parent = parents[code]
        try:
            tree.ancestors(code, parents)
        except ValueError:
            findings.refuse(pd.Series(rows.index == line, rows.index), "parent", f"“{code}”成了自己的上级")
            continue
        if parent and _DEPTH[levels[parent]] >= _DEPTH[levels[code]]:
            findings.refuse(pd.Series(rows.index == line, rows.index), "parent", f"上级“{parent}”的级别不高于“{code}”")
    findings.raise_if_any()
    outcome = Outcome()
    by_code = {row["code"]: row for row in rows.to_dict("records")}
    # A level at a time, so that a parent has its row before its children name it.
    for level in Level:
        standing = {region.code: region for region in Region.objects.all()}
        outcome += planning.put_rows(
            Region,
            "code",
            [
                {"code": code, "name": by_code[code]["name"], "level": level.value, "parent": standing.get(parents[code])}
                for code in by_code
                if by_code[code]["level"] == level
            ],
            by=by,
            through=through,
        )
    return outcome


def import_indicators(path, *, by, through=Through.FILE):
    """Indicators; a standing one keeps its code, measure, direction and unit."""
    return put_indicators(sheets.read(path, frames.INDICATORS), by=by, through=through)


def put_indicators(file, *, by, through=Through.FILE):
    """The same for a file that was read already."""
    rows, findings = _whole(file, frames.INDICATORS)
    columns.required(rows, ["code", "name", "unit", "dimension", "measure", "direction"], findings)
    _code_like(rows["code"], "code", findings)
    _once(rows, "code", findings)
    rows["dimension"] = columns.words(rows["dimension"], Dimension, "dimension", findings)
    rows["measure"] = columns.words(rows["measure"], Measure, "measure", findings)
    rows["direction"] = columns.words(rows["direction"], Direction, "direction", findings)
    findings.refuse(~rows["decimals"].str.fullmatch("[0-6]?"), "decimals", "小数位请写 0 到 6 的整数")
    _unit_is_base(rows, findings)
    known = set(Indicator.objects.values_list("code", flat=True)) | set(rows["code"])
    tie = rows["same_subject"]
    findings.refuse(
        ~tie.isin(known) & (tie != ""), "same_subject", tie.map(lambda text: f"指标“{text[:30]}”不存在，请核对代码")
    )
    findings.refuse((tie == rows["code"]) & (tie != ""), "same_subject", "不能指向自己")
    _agrees_with_standing(rows, "code", findings, ["measure", "direction", "unit"])
    findings.raise_if_any()
    fields = [column.name for column in frames.INDICATORS]
    return planning.put_indicators(
        [{**row, "decimals": int(row["decimals"] or 0)} for row in rows[fields].to_dict("records")], by=by, through=through
    )


def _unit_is_base(rows, findings):
    bases = rows["unit"].map(numbers.base_unit)
    findings.refuse(bases != rows["unit"], "unit", bases.map(lambda base: f"请用基本单位“{base}”，万、亿由系统换算"))


def _agrees_with_standing(rows, key, findings, names):
    standing = {indicator.code: indicator for indicator in Indicator.objects.all()}
    known = rows[key].isin(standing)
    for name in names:
        stands = rows[key].map({code: getattr(indicator, name) for code, indicator in standing.items()})
        findings.refuse(
            known & (stands != rows[name]),
            name,
            stands.map(lambda word: f"与已有指标不一致：系统里是“{word}”；口径不同请另立指标"),
        )


def import_plans(path, *, by, through=Through.FILE):
    """Plans; what a document does not state stays blank."""
    return put_plans(sheets.read(path, frames.PLANS), by=by, through=through)


def put_plans(file, *, by, through=Through.FILE):
    """The same for a file that was read already."""
    rows, findings = _whole(file, frames.PLANS)
    columns.required(rows, ["plan", "title", "region"], findings)
    _code_like(rows["plan"], "plan", findings)
    _once(rows, "plan", findings)
    regions = {region.code: region for region in Region.objects.all()}
    findings.refuse(
        ~rows["region"].isin(regions), "region", rows["region"].map(lambda text: f"地区“{text[:30]}”不存在，请核对代码")
    )
    rows["first_year"] = columns.years(rows["first_year"], "first_year", findings)
    rows["last_year"] = columns.years(rows["last_year"], "last_year", findings)
    findings.refuse(rows["first_year"] > rows["last_year"], "last_year", "终止年早于起始年")
    rows["issued_on"] = columns.days(rows["issued_on"], "issued_on", findings)
    findings.raise_if_any()
    return planning.put_rows(
        Plan, "slug", [plan_fields(row, regions) for row in rows.to_dict("records")], by=by, through=through
    )


def plan_fields(row, regions):
    """A plan's fields from a row of text; blank is null where a document may be silent."""
    return {
        "slug": row["plan"],
        "title": row["title"],
        "document_number": row["document_number"] or None,
        "issued_by": row["issued_by"] or None,
        "issued_on": datetime.date.fromisoformat(row["issued_on"]) if row["issued_on"] else None,
        "region": regions[row["region"]],
        "first_year": int(row["first_year"]),
        "last_year": int(row["last_year"]),
        "period_assumed": row["period_assumed"],
    }
