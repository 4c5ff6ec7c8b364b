"""One number, everywhere: a thousand cells drawn by lot are the same on page and in file, in the API, SDMX and package.

The JSON of /api/v1/progress/ is what the others are held against: it is computed once, and tests/plain.py checks it.
"""

import csv
import html
import io
import random
import re
import zipfile
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import openpyxl
import pytest
from django.core.management import call_command
from lxml import etree

from indicators import progress
from indicators.calculation import numbers
from indicators.models import Indicator
from tests.indicators.api.conftest import everything

pytestmark = pytest.mark.django_db

NUMBERS, EMPTY, SEED = 800, 200, 20260101
AMOUNTS = ("actual", "required", "gap", "gap_final", "expected", "projection_cagr", "projection_linear")
SHARES = ("attainment", "attainment_final", "completion", "elapsed", "yoy", "growth_since_baseline", "cagr", "planned_growth",
    "planned_cagr", "required_cagr", "trend_ratio", "r")  # fmt: skip
FIGURES = (*AMOUNTS, *SHARES)
# Columns of a region's table by the last word of their heading; one that is left out has nothing in any row.
HEADINGS = {"实际": "actual", "目标": "required", "差距": "gap", "达成率": "attainment", "完成进度": "completion"}
ON_PAGE = tuple(HEADINGS.values())
MET_IN_WORDS = ("正好达到", "已突破", "在范围内", "越过范围")
IN_FILE = (*ON_PAGE, "elapsed")


def content(response):
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content) if response.streaming else response.content


def number(text):
    """What a file says: a number, or nothing."""
    return None if text in (None, "") else float(text)


@pytest.fixture
def measured(db):
    call_command("load_demo", stdout=io.StringIO())
    progress.rebuild()


# What each of them says: {(plan, region, indicator, year, figure): number or None}


def key_of(row):
    return row["plan"], row["region"], row["indicator"], int(row["year"])


def from_api(client):
    rows = everything(client, "progress/?page_size=1000")
    units = {key_of(row)[:3]: row["unit"] for row in rows}
    return {(*key_of(row), figure): row[figure] for row in rows for figure in FIGURES}, units


def conditions(client):
    """{(plan, region, indicator, year): whether it is met}, of conditions; None where that cannot be told."""
    rows = everything(client, "progress/?page_size=1000")
    return {key_of(row): row["met"] for row in rows if row["reasons"].get("expected") == "condition"}


def packed(client):
    with zipfile.ZipFile(io.BytesIO(content(client.get("/api/v1/package/")))) as file:
        return {name: list(csv.DictReader(io.StringIO(file.read(f"{name}.csv").decode("utf-8-sig")))) for name in LISTS}


LISTS = ("progress", "actuals")


def from_package(tables):
    return {(*key_of(row), figure): number(row[figure]) for row in tables["progress"] for figure in FIGURES}


def series_of(client, flow):
    """(key, year, number) of every observation of a dataflow, in base units."""
    for series in etree.fromstring(content(client.get(f"/api/sdmx/data/{flow}"))).iter("{*}Series"):
        key = [value.get("value") for value in series.find("{*}SeriesKey")]
        for observation in series.iter("{*}Obs"):
            value = observation.find("{*}ObsValue")
            year = int(observation.find("{*}ObsDimension").get("value"))
            yield key, year, None if value is None else number(value.get("value"))


def from_sdmx(client, units, bases):
    figures = {figure.upper(): figure for figure in FIGURES} | {"TRACKED": "actual"}
    figures.pop("ACTUAL")  # the figure of the year itself, which is not always what a plan tracks
    found = {}
    for (_, indicator, region, measure, plan), year, value in series_of(client, "PLAN"):
        if figure := figures.get(measure):
            if value is not None and figure in AMOUNTS:
                value /= float(numbers.factor(units[plan, region, indicator], bases[indicator]))
            found[plan, region, indicator, year, figure] = value
    return found


def of_rows(rows):
    return {(*key_of(row), figure): number(row[figure]) for row in rows for figure in IN_FILE}


def from_regions(client, places):
    """A region's view as JSON, CSV and Excel, and its page."""
    found = {"json": {}, "csv": {}, "xlsx": {}, "page": {}}
    for region, year in places:
        address = f"/regions/{region}/?year={year}"
        found["json"] |= of_rows(client.get(f"{address}&format=json").json()["rows"])
        text = content(client.get(f"{address}&format=csv")).decode("utf-8-sig")
        found["csv"] |= of_rows(csv.DictReader(io.StringIO(text)))
        book = openpyxl.load_workbook(io.BytesIO(content(client.get(f"{address}&format=xlsx"))))
        head, *rows = book.worksheets[0].iter_rows(values_only=True)
        found["xlsx"] |= of_rows(dict(zip(head, row, strict=True)) for row in rows)
        found["page"] |= from_page(client.get(address).content.decode(), region)
    return found


def from_page(page, region):
    """What is printed, as text: a page rounds."""
    found = {}
    table = re.search(r'<table class="rows\b.*?</thead>', page, re.S)
    heads = re.findall(r'<th scope="col"[^>]* class="number">([^<]+)</th>', table[0]) if table else []
    names = [HEADINGS.get(head.rsplit(" 年")[-1]) for head in heads]
    for row in re.findall(r"<tr[^>]*>\s*<th scope=\"row\".*?</tr>", page, re.S):
        place = re.search(rf'href="/regions/{region}/([^/"]+)/\?plan=([^&"]+)&amp;year=(\d+)"', row)
        cells = re.findall(r'<td[^>]* class="number">(.*?)</td>', row, re.S)
        if place:
            printed = dict(zip(names, map(html.unescape, cells), strict=True))
            for figure in ON_PAGE:
                shown = number_of_target(printed.get(figure, "")) if figure == "required" else first(printed.get(figure, ""))
                found[place[2], region, place[1], int(place[3]), figure] = shown or None
    return found


def first(cell):
    """A cell without what stands small in it."""
    return re.match(r"[^<]*", cell.strip())[0]


def number_of_target(cell):
    """The number in a target as plans write it; blank where there is none, as of a growth without a baseline."""
    if held_against := re.search(r">须[高低]于 ([^<]+)", cell):
        return held_against[1]
    words = {"零突破": "1"}.get(first(cell), first(cell).removesuffix(" 以内").split("~")[0])
    return words if re.fullmatch(r"[−0-9,.]+", words) else ""


def is_rounded(shown, figure, value):
    """Whether a printed figure is the value, rounded half up to the decimals that are printed; a share in percent."""
    if shown is None or value is None:
        return shown is None and value is None
    if figure == "gap":
        if shown in MET_IN_WORDS:
            return value == 0 if shown == "正好达到" else value <= 0
        shown = re.sub("^(超出|已低) ", "−", re.sub("^(还差|还高) ", "", shown))
    said = re.fullmatch(r"([−-]?[0-9,]+(?:\.([0-9]+))?)\s*(%|个百分点|百分点)?", shown)
    if not said or (figure in SHARES) != (said[3] == "%"):
        return False
    # A double's fifteen digits are what was meant; its seventeen would round 0.285 down.
    meant = Decimal(f"{value * (100 if figure in SHARES else 1):.13g}")
    step = Decimal(1).scaleb(-len(said[2] or ""))
    return Decimal(said[1].replace(",", "").replace("−", "-")) == meant.quantize(step, rounding=ROUND_HALF_UP)


def is_same(one, other):
    return one is other if None in (one, other) else one == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_a_thousand_cells_are_the_same_everywhere(measured, client):
    api, units = from_api(client)
    bases = dict(Indicator.objects.values_list("code", "unit"))
    tables = packed(client)
    said = {
        "package": from_package(tables),
        "SDMX": from_sdmx(client, units, bases),
        **from_regions(client, sorted({(region, year) for _, region, _, year, _ in api})),
    }
    assert said["json"] == said["csv"] == said["xlsx"], "the files of a view differ in a digit"
    chance, known = random.Random(SEED), sorted(api)
    drawn = chance.sample([cell for cell in known if api[cell] is not None], NUMBERS)
    drawn += chance.sample([cell for cell in known if api[cell] is None], EMPTY)
    held, compared, wrong = conditions(client), Counter(), []
    for cell in drawn:
        for where, cells in said.items():
            # SDMX has no figure for what an indicator can never have; files and pages of a region have some of the columns.
            if cell not in cells:
                assert where == "SDMX" or cell[-1] not in (ON_PAGE if where == "page" else IN_FILE), (where, cell)
                continue
            compared[where, "empty" if api[cell] is None else "number"] += 1
            if where == "page" and cell[:-1] in held and cell[-1] in ("gap", "attainment"):
                verdict = {True: "满足", False: "未满足"}.get(held[cell[:-1]])  # in place of the gap, and of no share at all
                agrees = cells[cell] == (verdict if cell[-1] == "gap" else None)
            else:
                agrees = is_rounded(cells[cell], cell[-1], api[cell]) if where == "page" else is_same(cells[cell], api[cell])
            if not agrees:
                wrong.append((where, cell, cells[cell], api[cell]))
    print(dict(compared))
    assert wrong == []
    assert {where for where, _ in compared} == {"package", "SDMX", "json", "csv", "xlsx", "page"}
    for where, least in {"package": 800, "SDMX": 800, "json": 250, "csv": 250, "xlsx": 250, "page": 200}.items():
        assert compared[where, "number"] >= least, (where, compared)


def test_every_approved_figure_is_the_same_in_list_package_and_sdmx(measured, client):
    rows = everything(client, "actuals/?page_size=1000")
    listed = {(row["region"], row["indicator"], row["year"]): row["value"] for row in rows}
    assert len(listed) == len(rows) > 200
    packed_rows = packed(client)["actuals"]
    assert {(row["region"], row["indicator"], int(row["year"])): number(row["value"]) for row in packed_rows} == listed
    observed = {(region, indicator, year): value for (_, indicator, region), year, value in series_of(client, "ACTUAL")}
    assert observed == listed


def test_what_a_plan_tracks_is_what_was_approved(measured, client):
    """But for increments, which it sums: a stored figure in the unit that the plan prints."""
    api, units = from_api(client)
    measures = dict(Indicator.objects.values_list("code", "measure"))
    bases = dict(Indicator.objects.values_list("code", "unit"))
    approved = {
        (row["region"], row["indicator"], row["year"]): row["value"] for row in everything(client, "actuals/?page_size=1000")
    }
    compared = 0
    for (plan, region, indicator, year, figure), value in api.items():
        if figure == "actual" and measures[indicator] != "increment":
            stored = approved.get((region, indicator, year))
            factor = float(numbers.factor(units[plan, region, indicator], bases[indicator]))
            assert is_same(value, None if stored is None else stored / factor), (plan, region, indicator, year)
            compared += value is not None
    assert compared > 100
