"""The actuals file: figures of whole years, interim figures of parts of years; and the file of statements."""

import datetime
import re

import pandas as pd
from django.db import transaction
from django.utils import timezone

from indicators import frames, workflow
from indicators.calculation import numbers
from indicators.calculation.vocabulary import About, Measure, Role, Through
from indicators.imports import columns, sheets
from indicators.imports.problems import Findings, Problem
from indicators.models import Indicator, Plan, Series
from indicators.outcome import Inconsistent, Outcome
from indicators.permissions import regions_of
from regions.models import Region

NOT_LATER = "<="
WEB = re.compile(r"https?://[^\s\"<>]+")


@transaction.atomic
def import_actuals(path, *, by, approved_by=None, through=Through.FILE, today=None, job=None):
    """Figures of whole years and, on rows with a period, interim figures. Returns the outcome over both.

    A blank value or "-" leaves what stands. Without `approved_by` the figures of whole years wait for review.
    """
    reader = Reader(by=by, through=through, today=today or timezone.localdate())
    outcome = Outcome()
    try:
        parts = reader.parts(sheets.read(path, frames.ACTUALS))
        with frames.uncollected():
            outcome += workflow.apply_many(parts, by=by, approved_by=approved_by, through=through, job=job)
        if not reader.findings.problems:
            interims = [{name: value for name, value in row.items() if name != "line"} for row in reader.interims]
            outcome += workflow.put_interims(interims, by=by, through=through)
    except Inconsistent as error:
        reader.findings.problems += [Problem(line, column, reason) for line, column, reason in error.places]
    reader.findings.raise_if_any()
    return outcome


class Reader:
    """Rows of text to figures of years and interim figures; remembers what was found wrong."""

    def __init__(self, *, by, through, today):
        self.by, self.through, self.today = by, through, today
        self.findings = Findings({column.name: column.name for column in frames.ACTUALS})
        self.regions = dict(Region.objects.values_list("code", "pk"))
        self.indicators = {indicator.code: indicator for indicator in Indicator.objects.all()}
        self.ids = {code: indicator.pk for code, indicator in self.indicators.items()}
        self.units = {code: indicator.unit for code, indicator in self.indicators.items()}
        self.counts = {
            code for code, indicator in self.indicators.items()
            if indicator.unit in numbers.COUNT_UNITS and indicator.measure != Measure.RATIO
        }  # fmt: skip
        self.interims = []
        self.periods = {}

    def parts(self, file):
        """Parts of a file as figures of years; one with problems is left out, since the whole will be refused."""
        for sheet in file:
            before = len(self.findings.problems)
            typed = self.typed(sheet.rows)
            if len(self.findings.problems) == before:
                yield typed

    def typed(self, rows):
        """The figures of years that rows state, with the columns of workflow.INCOMING; interim ones are kept aside."""
        findings = self.findings
        columns.texts(rows, frames.ACTUALS, findings)
        columns.required(rows, ["unit"], findings)
        typed = pd.DataFrame(index=rows.index)
        typed["line"] = rows.index
        typed["region_id"] = columns.codes(rows["region"], self.regions, "region", findings, "地区")
        typed["indicator_id"] = columns.codes(rows["indicator"], self.ids, "indicator", findings, "指标")
        typed["year"] = columns.years(rows["year"], "year", findings, today=self.today)
        bases = columns.looked_up(rows["indicator"], self.units)
        may_be_negative = ~rows["indicator"].isin(self.counts)
        known = bases != ""
        typed["value"], typed["not_applicable"] = columns.figures(
            rows["value"].where(known, ""), rows["unit"], bases, "value", findings, negative_allowed=may_be_negative
        )
        for name in ("source", "source_url", "note"):
            typed[name] = rows[name]
        web = rows["source_url"]
        odd = columns.by_distinct(web, lambda text: bool(text) and WEB.fullmatch(text) is None).astype(bool)
        findings.refuse(odd, "source_url", "网址应以 http:// 或 https:// 开头")
        is_interim = (rows["period_start"] != "") | (rows["period_end"] != "")
        filled = typed["value"].notna() | typed["not_applicable"]
        if is_interim.any():
            self._interims(rows[is_interim], typed[is_interim])
        return typed[filled & ~is_interim]

    def _interims(self, rows, typed):
        findings = self.findings
        findings.refuse(typed["not_applicable"], "value", "期中数不能是不适用")
        late = rows["period_end"].str.startswith(NOT_LATER)
        start = rows["period_start"].str.removeprefix(NOT_LATER)
        end = rows["period_end"].str.removeprefix(NOT_LATER)
        findings.refuse((start == "") | (end == ""), "period_end", "期初与期末都要填；某一天的数，两格填同一天")
        start, end = columns.days(start, "period_start", findings), columns.days(end, "period_end", findings, today=self.today)
        findings.refuse(start.fillna("") > end.fillna("9"), "period_end", "期末早于期初")
        years = end.map(lambda day: int(day[:4]) if day else 0)
        findings.refuse((years > 0) & (years != typed["year"].fillna(0)), "year", "年份应是期末所在的年")
        findings.refuse((rows["source"] == ""), "source", "期中数要写来源")
        if self.through not in (Through.BUNDLED, Through.DEMO):
            allowed = regions_of(self.by, Role.CLERK)
            findings.refuse(~typed["region_id"].isin(list(allowed)), "region", f"“{self.by}”没有在这一地区填报的权限")
        if findings.problems:
            return
        for line in rows.index[typed["value"].notna()]:
            key = (typed.at[line, "region_id"], typed.at[line, "indicator_id"], start[line], end[line])
            if key in self.periods:
                reason = f"与第 {self.periods[key]} 行重复：同一地区、指标、时段"
                findings.refuse(pd.Series(rows.index == line, rows.index), "period_end", reason)
                continue
            self.periods[key] = line
            series, _ = Series.objects.get_or_create(region_id=int(key[0]), indicator_id=int(key[1]))
            self.interims.append(
                {
                    "line": int(line),
                    "series_id": series.pk,
                    "year": int(typed.at[line, "year"]),
                    "period_start": datetime.date.fromisoformat(start[line]),
                    "period_end": datetime.date.fromisoformat(end[line]),
                    "is_latest_possible_day": bool(late[line]),
                    "value": workflow.decimal(typed.at[line, "value"]),
                    "source": rows.at[line, "source"],
                    "source_url": rows.at[line, "source_url"],
                    "note": rows.at[line, "note"],
                }
            )


@transaction.atomic
def import_statements(path, *, by, through=Through.FILE):
    """What other passages and sources say; values stay in the unit in which they are said."""
    parts = [sheet.rows for sheet in sheets.read(path, frames.STATEMENTS)]
    rows = pd.concat(parts)
    findings = Findings({column.name: column.name for column in frames.STATEMENTS})
    columns.texts(rows, frames.STATEMENTS, findings)
    columns.required(rows, ["unit", "printed", "source"], findings)
    regions = columns.codes(rows["region"], dict(Region.objects.values_list("code", "pk")), "region", findings, "地区")
    indicators = columns.codes(
        rows["indicator"], dict(Indicator.objects.values_list("code", "pk")), "indicator", findings, "指标"
    )
    plans = columns.codes(rows["plan"], dict(Plan.objects.values_list("slug", "pk")), "plan", findings, "规划", blank=True)
    years = columns.years(rows["year"], "year", findings)
    since = columns.years(rows["since_year"], "since_year", findings, blank=True)
    findings.refuse(since >= years, "since_year", "起算年应早于年份")
    about = columns.words(rows["about"], About, "about", findings)
    growth = about == About.AVERAGE_GROWTH.value
    findings.refuse(growth & since.isna(), "since_year", "年均增长要写起算年")
    values, _ = columns.figures(rows["value"], rows["unit"], rows["unit"], "value", findings)
    uppers, _ = columns.figures(rows["upper"], rows["unit"], rows["unit"], "upper", findings)
    findings.raise_if_any()
    statements = []
    for line in rows.index:
        series, _ = Series.objects.get_or_create(region_id=int(regions[line]), indicator_id=int(indicators[line]))
        statements.append(
            {
                "series_id": series.pk,
                "year": int(years[line]),
                "about": about[line],
                "since_year": int(since[line]) if pd.notna(since[line]) else None,
                "value": workflow.decimal(values[line]),
                "upper": workflow.decimal(uppers[line]),
                "unit": rows.at[line, "unit"],
                "printed": rows.at[line, "printed"],
                "plan_id": int(plans[line]) if pd.notna(plans[line]) else None,
                "source": rows.at[line, "source"],
                "source_url": rows.at[line, "source_url"],
                "locator": rows.at[line, "locator"],
                "note": rows.at[line, "note"],
            }
        )
    return workflow.put_statements(statements, by=by, through=through)
