"""One figure, five entrances: what is typed means the same in the form, in the grid, pasted, in a file, and by token.

TABLE is the contract; each entrance takes all of it and must come to the same. The browser's side of pasting is in
tests/journeys/test_grid.py: what it sends is the grid's JSON with several cells at once, as here.
"""

import csv
import html
import io
import json
import re
from dataclasses import dataclass
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError

from indicators import people as doors
from indicators import progress
from indicators.imports import kept
from indicators.models import Actual, Entry, Indicator, Job, Revision, Series
from tests import factories

pytestmark = pytest.mark.django_db

REGION, YEAR, STANDING = "150600", 2024, Decimal(41)
REFUSED, NOT_APPLICABLE, LEFT = "refused", "not applicable", "left as it stands"


@dataclass(frozen=True)
class Kind:
    """An indicator: the unit its plan prints, the one it is stored in, and how it is measured."""

    base: str
    measure: str = "stock"


KINDS = {
    "件": Kind("件"),
    "万件": Kind("件"),
    "万元": Kind("万元", "flow"),
    "亿元": Kind("万元", "flow"),
    "%": Kind("%", "ratio"),
}


def values(unit, told):
    return [(text, unit, Decimal(value)) for text, value in told.items()]


# What is written, the unit beside it, and what must come of it: the value in the base unit, or one of the words above.
TABLE = [
    *values("件", {"40": "40", "0": "0", "-0": "0", "−0": "0", "-0.0": "0", "0.00": "0", "007": "7", "+5": "5", "1.50": "1.5"}),
    *values("件", {"12.345678": "12.345678", "0.000001": "0.000001"}),
    # Full width, and separators of thousands in their places
    *values("件", {"１２": "12", "１，２３４．５": "1234.5", "1,234": "1234", "1，234": "1234", "1,234,567.5": "1234567.5"}),
    # 万 and 亿
    *values("件", {"1.2万": "12000", "1.2 万": "12000", "１．２万": "12000", "3亿": "300000000", "1,234万": "12340000"}),
    *values("件", {"0万": "0", "0.0001万": "1"}),
    # Spaces around, of every kind
    *values("件", {" 40 ": "40", "\u300041\u3000": "41", "\t42": "42", "\u00a043\u00a0": "43", "\u200b44": "44"}),
    # As many digits as are kept exactly
    *values("件", {"123456789012345": "123456789012345", "123456789.123456": "123456789.123456"}),
    *values("件", {"12345678901万": "123456789010000"}),
    # The unit that the plan prints
    *values("万件", {"4.6": "46000", "1,234.5": "12345000", "０．０００１": "1", "99999999999": "999999999990000", "0": "0"}),
    *values("亿元", {"6.214": "62140", "0.0001": "1", "-0.5": "-5000"}),
    *values("万元", {"-5": "-5", "－５": "-5", "−1,234.5": "-1234.5", "1.2万": "12000"}),
    # Percent where the unit is percent
    *values("%", {"12.5": "12.5", "12.5%": "12.5", "12.5％": "12.5", "１２．５％": "12.5", "12.5 %": "12.5", "-3.5%": "-3.5"}),
    *values("%", {"0%": "0", "100.5%": "100.5", "-0": "0", "-0%": "0"}),
    *[(text, "件", NOT_APPLICABLE) for text in ("不适用", " 不适用 ", "n/a", "N/A")],
    *[(text, "%", NOT_APPLICABLE) for text in ("不适用", "n/a")],
    *[(text, "件", LEFT) for text in ("", " ", "-", "—", "－", "–", "——", " - ")],
    *[(text, "%", LEFT) for text in ("", "—")],
    # Separators in the wrong places, and numbers that are none
    *[(text, "件", REFUSED) for text in ("12,34", "1,2345", "1,,234", ",234", "1234,567", "1,234.567,8", "1.234,5")],
    *[(text, "件", REFUSED) for text in ("1.2.3", ".", "1.", ".5", "--5", "+-5", "4 0", "1\u00a0234", "1'234")],
    *[(text, "件", REFUSED) for text in ("四十", "见附件", "约40", "40-50", "40件")],
    *[(text, "件", REFUSED) for text in ("1.2万件", "6.2亿元", "1.2千", "万", "1万2", "1.2万亿")],
    *[(text, "件", REFUSED) for text in ("1e3", "1E3", "1e-3", "1_000", "0x10", "1/2", "½", "=1+1", "＝1+1", "TRUE", "無")],
    *[(text, "件", REFUSED) for text in ("NaN", "nan", "Infinity", "-inf", "∞", "null", "None", "NULL", "NA")],
    *[(text, "件", REFUSED) for text in ("#N/A", "#DIV/0!")],
    *[(text, "件", REFUSED) for text in ("٤٠", "४०", "๔๐", "²", "Ⅻ", "①", "4٠")],
    *[(text, "件", REFUSED) for text in ("1234567890123456", "1234567890.123456", "123456789012万", "1.1234567", "0.0000001")],
    *[(text, "件", REFUSED) for text in ("-5", "−5", "－５", "-0.5", "-1.2万", "-1,234", "\u200b-5")],
    *[(text, "件", REFUSED) for text in ("12.5%", "12.5％", "0%", "%", "九" * 61)],
    *[(text, "万件", REFUSED) for text in ("-1", "999999999999", "4.6万件", "12%", "1e3")],
    *[(text, "万元", REFUSED) for text in ("12%", "1.2亿元", "NaN", "+-5", "-+5")],
    *[(text, "%", REFUSED) for text in ("12.5%%", "%", "百分之五", "1e1", "NaN", "5‰")],
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    code: str
    text: str
    unit: str
    outcome: object


CASES = [Case(f"case-{number}", *row) for number, row in enumerate(TABLE)]
EXPECTED = {case: case.outcome for case in CASES}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def cases(people, tree, client):
    """An indicator of one plan per row of the table; where a row is blank, a figure is in force that must stay."""
    plan = factories.plan(tree[REGION], slug="ordos")
    for position, case in enumerate(CASES):
        kind = KINDS[case.unit]
        series = factories.series(tree[REGION], code=case.code, name=case.code, unit=kind.base, measure=kind.measure)
        factories.plan_indicator(series, plan, position=position, unit=case.unit)
        if case.outcome is LEFT:
            factories.actual(series, YEAR, STANDING)
    client.force_login(people["alta"])
    return people


def plain(reason):
    """Spaces of every kind are one, and of no width none: a page shows them so."""
    return " ".join(reason.replace("\u200b", "").split())


def outcomes(reasons):
    """What came of every case by now: `reasons` are those that an entrance gave for refusing."""
    entries = {entry.series.indicator.code: entry for entry in Entry.objects.select_related("series__indicator")}
    return {case: _outcome(entries.get(case.code), reasons.get(case.code)) for case in CASES}


def _outcome(entry, reason):
    if reason is not None:
        # Text may be kept as a draft for its writer to mend; it is no figure, and never goes to review.
        return REFUSED if entry is None or (entry.value is None and not entry.not_applicable) else f"{entry.value} and refused"
    if entry is None:
        return LEFT
    return NOT_APPLICABLE if entry.not_applicable else "kept without a word" if entry.value is None else entry.value


def check(reasons):
    found = outcomes(reasons)
    assert {case: outcome for case, outcome in found.items() if outcome != EXPECTED[case]} == {}
    assert {*Actual.objects.values_list("value", "version")} == {(STANDING, 1)}
    assert Actual.objects.count() == sum(case.outcome is LEFT for case in CASES)
    for case in CASES:
        if case.outcome is REFUSED:
            reason = plain(reasons[case.code])
            assert re.search(r"例如|请", reason), (case, reason)  # what to do about it
            shown = plain(case.text)[:20]
            assert shown in reason or "最多" in reason or "超过" in reason or "公式" in reason or "错误" in reason, (
                case,
                reason,
            )


# The plain form


def fields(page):
    """The form of a page as a browser sends it back."""
    found = {}
    for tag in re.findall(r"<input[^>]+>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found[name[1]] = html.unescape(value[1]) if value else ""
    return found


def in_form(client):
    address = f"/entry/{REGION}/{YEAR}/"
    typed = {f"value-{case.code}": case.text for case in CASES}
    answer = client.post(address, fields(client.get(address).content.decode()) | typed | {"act": "save"})
    page = answer.content.decode()
    assert answer.status_code == 200  # what was refused is told on the page
    wrong = set(re.findall(r'<input[^>]*name="value-([^"]+)"[^>]*aria-invalid="true"', page))
    said = re.findall(r'<li><a href="#value-([^"]+)">[^<]*</a>：(.*?)</li>', page)
    assert wrong == {code for code, _ in said}
    return {code: html.unescape(reason) for code, reason in said}


def test_plain_form(client, cases):
    check(in_form(client))


# The grid, cell by cell and pasted


def send(client, person, *cells):
    body = json.dumps({"person": person.pk, "cells": list(cells)})
    return client.post(f"/entry/{REGION}/{YEAR}/cells/", body, content_type="application/json")


def cell(case):
    seen = 1 if case.outcome is LEFT else 0
    return {"indicator": case.code, "typed": case.text, "source": "", "note": "", "version": 0, "seen_version": seen}


def refusals(response):
    assert response.status_code == 200, response.content.decode()
    answers = response.json()["cells"]
    assert {answer["state"] for answer in answers} <= {"saved", "refused"}
    return {answer["indicator"]: answer["reason"] for answer in answers if answer["state"] == "refused"}


def in_grid(client, person):
    found = {}
    for case in CASES:
        found |= refusals(send(client, person, cell(case)))
    return found


def test_grid_cell_by_cell(client, cases):
    check(in_grid(client, cases["alta"]))


def pasted(client, person, most=200):
    found = {}
    for start in range(0, len(CASES), most):
        found |= refusals(send(client, person, *map(cell, CASES[start : start + most])))
    return found


def test_pasted_block(client, cases):
    check(pasted(client, cases["alta"]))


# Files


def csv_of(chosen):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["region", "indicator", "year", "value", "unit", "note"])
    writer.writerows([REGION, case.code, YEAR, case.text, case.unit, "说明"] for case in chosen)
    return buffer.getvalue().encode()


def workbook_of(client, chosen):
    """The workbook of the region and year, filled in."""
    chosen = {case.code: case for case in chosen}
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/entry/{REGION}/{YEAR}/workbook/").content))
    sheet = book.worksheets[0]
    head = {cell.value: cell.column for cell in sheet[3]}
    for line in range(4, sheet.max_row + 1):
        case = chosen.get(sheet.cell(line, head["指标代码"]).value)
        if case is not None and case.text:
            sheet.cell(line, head["数值"]).value = case.text
            sheet.cell(line, head["备注"]).value = "说明"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def upload(client, name, content):
    """The checked job and its rows by indicator."""
    answer = client.post(f"/entry/{REGION}/{YEAR}/file/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.get(pk=answer["Location"].strip("/").split("/")[-1])
    assert job.state == "done", job.error
    return job, {row["indicator"]: row for row in kept.rows(job.payload)}


def in_file(client, name, make):
    """First everything, to see what is refused and that nothing at all is taken then; then the rest, confirmed."""
    job, rows = upload(client, name, make(CASES))
    reasons = {
        code: "；".join(problem["reason"] for problem in row["problems"])
        for code, row in rows.items()
        if row["kind"] == "refused"
    }
    client.post(f"/uploads/{job.pk}/", {"act": "draft"})
    assert not Entry.objects.exists()
    job, rows = upload(client, name, make([case for case in CASES if case.code not in reasons]))
    assert {row["kind"] for row in rows.values()} <= {"new", "same"}
    assert client.post(f"/uploads/{job.pk}/", {"act": "draft"}).status_code == 302
    return reasons


def test_csv_file(client, cases):
    check(in_file(client, "填报.csv", csv_of))


def test_workbook(client, cases):
    check(in_file(client, "填报.xlsx", lambda chosen: workbook_of(client, chosen)))


def test_command(client, cases, tmp_path):
    path = tmp_path / "figures.csv"
    path.write_bytes(csv_of(CASES))
    with pytest.raises(CommandError) as error:
        call_command("import_actuals", str(path), user="alta")
    assert "共" in str(error.value)  # the first are listed, all are counted
    assert int(re.search(r"共 (\d+) 处", str(error.value))[1]) == sum(case.outcome is REFUSED for case in CASES)
    assert not Entry.objects.exists()
    path.write_bytes(csv_of([case for case in CASES if case.outcome is not REFUSED]))
    call_command("import_actuals", str(path), user="alta", stdout=io.StringIO())
    check({case.code: "请……" + " ".join(case.text.split()) + "最多" for case in CASES if case.outcome is REFUSED})


# By token


@pytest.fixture
def token(cases):
    return doors.make_token(cases["alta"], name="test", by=cases["alta"], may_write=True)[1]


def propose(client, token, body):
    headers = {"Authorization": f"Token {token}"}
    return client.post("/api/v1/entries/", json.dumps(body), content_type="application/json", headers=headers)


def proposal(case, **told):
    seen = 1 if case.outcome is LEFT else 0
    named = {"region": REGION, "indicator": case.code, "year": YEAR, "value": case.text, "unit": case.unit}
    return {**named, "seen_version": seen, **told}


def by_token(client, token):
    """All at once are refused together; then the rest. An entry without a figure proposes nothing, so it is refused there."""
    answer = propose(client, token, [proposal(case) for case in CASES])
    assert answer.status_code == 422
    assert not Entry.objects.exists()
    said = {CASES[error["index"]]: error for error in answer.json()["errors"]}
    assert {error["field"] for error in said.values()} == {"value"}
    blank = {case for case, error in said.items() if error["detail"].startswith("请写 value")}
    assert blank == {case for case in CASES if case.outcome is LEFT}
    rest = [case for case in CASES if case not in said]
    assert propose(client, token, [proposal(case) for case in rest]).status_code == 201
    return {case.code: error["detail"] for case, error in said.items() if case not in blank}


def test_token(client, token):
    check(by_token(client, token))


# All of them, side by side


def test_every_entrance_refuses_in_the_same_words(client, cases, token):
    told = {"form": in_form(client)}
    for name, enter in {
        "pasted": lambda: pasted(client, cases["alta"]),
        "csv": lambda: in_file(client, "填报.csv", csv_of),
        "token": lambda: by_token(client, token),
    }.items():
        Entry.objects.all().delete()
        told[name] = enter()
    first = told.pop("form")
    too_long = next(case.code for case in CASES if len(case.text) > 60)
    for name, reasons in told.items():
        assert reasons.keys() == first.keys(), name
        pairs = {code: (plain(first[code]), plain(reasons[code])) for code in first if code != too_long}
        differing = {code: pair for code, pair in pairs.items() if pair[0] != pair[1]}
        assert differing == {}, name


# Numbers that are numbers already


def test_numbers_of_a_spreadsheet_and_of_json_are_taken_as_they_are(client, cases, token):
    figures = {"件": [0, 40, 1234, 0.5, 123456789012345], "万件": [4.6, 0.0001], "%": [12.5, -3.5, 0.1]}
    told = {}
    for unit, numbers in figures.items():
        free = [case for case in CASES if case.unit == unit and case.outcome is not LEFT]
        told |= dict(zip(free, numbers, strict=False))
    made = propose(client, token, [proposal(case, value=number) for case, number in told.items()])
    assert made.status_code == 201, made.content.decode()
    by_program = dict(Entry.objects.values_list("series__indicator__code", "value"))
    Entry.objects.all().delete()
    book = openpyxl.Workbook()
    book.active.append(["region", "indicator", "year", "value", "unit"])
    for case, number in told.items():
        book.active.append([REGION, case.code, YEAR, number, case.unit])
    buffer = io.BytesIO()
    book.save(buffer)
    job, _ = upload(client, "表.xlsx", buffer.getvalue())
    client.post(f"/uploads/{job.pk}/", {"act": "draft", "note": "半件：原表如此"})
    in_file = dict(Entry.objects.values_list("series__indicator__code", "value"))
    factor = {"件": 1, "万件": 10_000, "%": 1}
    assert by_program == in_file == {case.code: Decimal(str(number)) * factor[case.unit] for case, number in told.items()}


# Clearing is an act of its own


def test_clearing_is_said_in_words_and_never_by_a_file(client, cases, token):
    case = next(case for case in CASES if case.outcome is LEFT)

    def stands():
        entry = Entry.objects.filter(series__indicator__code=case.code).first()
        Entry.objects.all().delete()
        return entry and entry.clears

    assert refusals(send(client, cases["alta"], {**cell(case), "typed": "清除"})) == {}
    assert stands() is True
    address = f"/entry/{REGION}/{YEAR}/"
    page = client.get(address).content.decode()
    client.post(address, fields(page) | {f"value-{case.code}": "清除", "act": "save"})
    assert stands() is True
    assert propose(client, token, proposal(case, value=None, clear=True, note="误填")).status_code == 201
    assert stands() is True
    content = csv_of([case]).replace(b"2024,,", "2024,清除,".encode())
    _, rows = upload(client, "填报.csv", content)
    assert rows[case.code]["kind"] == "refused"
    assert stands() is None


# Places that there are not


@pytest.fixture
def one(people, tree, client):
    """A single series, and a person who enters for it."""
    series = factories.series(tree[REGION], code="marks")
    factories.plan_indicator(series, factories.plan(tree[REGION]))
    client.force_login(people["alta"])
    return people["alta"]


NEXT = progress.today().year + 1
NOWHERE = {
    "unknown indicator": {"indicator": "nothing"},
    "unknown region": {"region": "999999"},
    "region that is no code": {"region": "鄂尔多斯"},
    "another's region": {"region": "150500"},
    "year before 1949": {"year": 1948},
    "year not yet begun": {"year": NEXT},
    "year of five digits": {"year": 20240},
}
PLACE = {"region": REGION, "indicator": "marks", "year": YEAR}


def nothing_written():
    return not (Entry.objects.exists() or Actual.objects.exists() or Revision.objects.exists() or Series.objects.count() > 1)


@pytest.mark.parametrize("name", NOWHERE)
def test_nowhere_in_the_form(client, one, name):
    place = PLACE | NOWHERE[name]
    seen = {f"seen-{place['indicator']}": "0.0.x", f"value-{place['indicator']}": "40", "act": "save"}
    answer = client.post(f"/entry/{place['region']}/{place['year']}/", seen)
    # The form knows the rows of its page only: an indicator that is none of them was not sent by it.
    assert answer.status_code == (302 if name == "unknown indicator" else 404)
    assert nothing_written()


@pytest.mark.parametrize("name", NOWHERE)
@pytest.mark.parametrize("count", [1, 2])
def test_nowhere_in_the_grid_and_pasted(client, one, name, count):
    place = PLACE | NOWHERE[name]
    typed = {"typed": "40", "source": "", "note": "", "version": 0, "seen_version": 0}
    cells = [{"indicator": place["indicator"] + "-2" * number, **typed} for number in range(count)]
    body = json.dumps({"person": one.pk, "cells": cells if name == "unknown indicator" else [{**cells[0]}]})
    answer = client.post(f"/entry/{place['region']}/{place['year']}/cells/", body, content_type="application/json")
    assert answer.status_code == (200 if name == "unknown indicator" else 404)
    if name == "unknown indicator":
        assert [one["state"] for one in answer.json()["cells"]] == ["refused"] * count
    assert nothing_written()


@pytest.mark.parametrize("name", NOWHERE)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nowhere_in_a_file(client, one, name, kind):
    place = PLACE | NOWHERE[name]
    row = [place["region"], place["indicator"], place["year"], 40, "件"]
    head = ["region", "indicator", "year", "value", "unit"]
    if kind == "csv":
        content = "\n".join(",".join(map(str, line)) for line in (head, row)).encode()
    else:
        book, buffer = openpyxl.Workbook(), io.BytesIO()
        book.active.append(head)
        book.active.append(row)
        book.save(buffer)
        content = buffer.getvalue()
    job, rows = upload(client, f"表.{kind}", content)
    [found] = rows.values()
    assert found["kind"] == "refused"
    [problem] = found["problems"]
    changed = next(iter(NOWHERE[name]))
    assert problem["column"] == {"indicator": "指标代码", "region": "地区代码", "year": "年份"}[changed]
    assert problem["cell"] == {"indicator": "B2", "region": "A2", "year": "C2"}[changed]
    client.post(f"/uploads/{job.pk}/", {"act": "submit"})
    assert nothing_written()


@pytest.mark.parametrize("name", NOWHERE)
def test_nowhere_by_token(client, one, name):
    token = doors.make_token(one, name="test", by=one, may_write=True)[1]
    answer = propose(client, token, {**PLACE, **NOWHERE[name], "value": 40})
    assert answer.status_code == (403 if name == "another's region" else 422), answer.content.decode()
    [error] = answer.json()["errors"]
    assert error["field"] == next(iter(NOWHERE[name]))
    assert nothing_written()


def test_a_year_outside_every_plan_is_taken_everywhere(client, one):
    """Data for comparison: the plan runs from 2021 to 2025."""
    token = doors.make_token(one, name="test", by=one, may_write=True)[1]
    assert propose(client, token, {**PLACE, "year": 2010, "value": 40}).status_code == 201
    body = {"person": one.pk, "cells": [{"indicator": "marks", "typed": "40"}]}
    answer = client.post(f"/entry/{REGION}/2011/cells/", json.dumps(body), content_type="application/json")
    assert answer.json()["cells"][0]["state"] == "saved"
    page = client.get(f"/entry/{REGION}/2012/?indicator=marks").content.decode()
    client.post(f"/entry/{REGION}/2012/?indicator=marks", fields(page) | {"value-marks": "40", "act": "save"})
    job, _ = upload(client, "表.csv", b"region,indicator,year,value,unit\n150600,marks,2013,40," + "件".encode())
    client.post(f"/uploads/{job.pk}/", {"act": "draft"})
    assert sorted(Entry.objects.values_list("year", "value")) == [(year, 40) for year in (2010, 2011, 2012, 2013)]


def test_a_unit_of_another_thing_is_refused_where_one_can_be_named(client, one):
    token = doors.make_token(one, name="test", by=one, may_write=True)[1]
    answer = propose(client, token, {**PLACE, "value": 40, "unit": "家"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "unit")
    _, rows = upload(client, "表.csv", b"region,indicator,year,value,unit\n150600,marks,2024,40," + "家".encode())
    assert rows["marks"]["kind"] == "refused"
    assert Indicator.objects.get().unit == "件"
    assert nothing_written()
