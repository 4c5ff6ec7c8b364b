"""Lists as CSV and Excel: the same rows, numbers that are numbers, text that runs nothing."""

import csv
import gzip
import io

import openpyxl
import pandas as pd
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.api import formats, sql
from indicators.api.lists import LISTINGS
from indicators.models import Actual, DataVersion

pytestmark = pytest.mark.django_db
BOM = "\ufeff"


def content(response):
    assert response.status_code == 200
    return response.getvalue() if response.streaming else response.content


def table(client, address, **headers):
    text = content(client.get(f"/api/v1/{address}", headers=headers)).decode()
    return list(csv.reader(io.StringIO(text.removeprefix(BOM))))


def name_of(response):
    from urllib.parse import unquote

    return unquote(response["Content-Disposition"].partition("filename*=UTF-8''")[2])


@pytest.mark.parametrize("name", LISTINGS)
def test_csv_has_the_rows_of_the_list(filled, client, name):
    listing = LISTINGS[name]
    heading, *rows = table(client, f"{name}/?format=csv")
    assert heading == list(listing.names)
    expected = client.get(f"/api/v1/{name}/").json()["results"]
    assert len(rows) == len(expected)
    for row, one in zip(rows, expected, strict=True):
        for text, field in zip(row, listing.fields, strict=True):
            value = one[field.name]
            if field.kind in ("integer", "number", "amount", "float"):
                assert (float(text) if text else None) == value
            elif field.kind == "boolean":
                assert text == {True: "true", False: "false", None: ""}[value]
            elif field.kind not in ("reasons", "json"):
                assert text in ((value or ""), f"'{value}")


@pytest.mark.parametrize("name", LISTINGS)
def test_excel_has_the_rows_of_the_list(filled, client, name):
    listing = LISTINGS[name]
    response = client.get(f"/api/v1/{name}/?format=xlsx&headings=zh")
    sheet = openpyxl.load_workbook(io.BytesIO(content(response))).active
    heading, *rows = sheet.iter_rows(values_only=True)
    assert heading == tuple(field.heading for field in listing.fields)
    expected = client.get(f"/api/v1/{name}/").json()["results"]
    assert len(rows) == len(expected)
    for row, one in zip(rows, expected, strict=True):
        for value, field in zip(row, listing.fields, strict=True):
            expected_value = one[field.name]
            if field.kind in ("amount", "float"):  # a cell of Excel has no more digits
                expected_value = expected_value if expected_value is None else pytest.approx(expected_value, rel=1e-14)
            if field.kind not in ("reasons", "json"):
                assert value == (None if expected_value == "" else expected_value)
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)


def test_pandas_reads_it_in_one_line(filled, live_server):
    frame = pd.read_csv(f"{live_server.url}/api/v1/actuals/?region=150600&format=csv", dtype={"region": str})
    assert frame["value"].tolist()[:2] == [35000, 38000.5]
    assert frame["region"].tolist() == ["150600"] * 4
    assert {name: frame[name].dtype.kind for name in ("id", "year", "value", "not_applicable", "version")} == {
        "id": "i", "year": "i", "value": "f", "not_applicable": "b", "version": "i",
    }  # fmt: skip
    progress = pd.read_csv(f"{live_server.url}/api/v1/progress/?format=csv")
    assert progress["completion"].dtype.kind == "f"
    assert progress["stale"].dtype.kind == "b"
    assert pd.to_datetime(progress["computed_at"]).notna().all()


def test_the_mark_for_excel_is_there_for_people_and_not_for_programs(filled, client):
    def begins(query="", **headers):
        return content(client.get(f"/api/v1/regions/{query}", headers=headers)).startswith(formats.BOM)

    assert begins("?format=csv")
    assert not begins("?format=csv&bom=false")
    assert not begins(accept="text/csv")
    assert begins("?bom=true", accept="text/csv")


def test_headings_in_chinese(filled, client):
    assert table(client, "actuals/?format=csv&headings=zh")[0][:5] == ["编号", "地区代码", "指标代码", "年份", "数值"]
    for listing in LISTINGS.values():
        headings = [field.heading for field in listing.fields]
        assert len(set(headings)) == len(headings)


def test_text_that_would_run_is_made_harmless(filled, client):
    notes = [row[-2] for row in table(client, "actuals/?region=150600&year=2023&format=csv")]
    assert notes == ["note", "'=1+1"]


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_no_text_is_a_formula(text):
    cell = formats._cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=300, deadline=None)
def test_a_number_comes_back_as_it_was(value):
    assert float(formats._cell(value)) == value


def test_numbers_are_written_as_people_read_them():
    assert [formats._cell(value) for value in (0.0, 46000.0, -3.0, 0.15, 0.000012, 1e300)] == [
        "0", "46000", "-3", "0.15", "0.000012", "1e+300",
    ]  # fmt: skip


def test_reasons_are_words_in_a_cell(filled, client):
    rows = table(client, "progress/?region=150600&indicator=valid-trademarks&year=2024&format=csv&fields=reasons")
    assert "required=no_target" in rows[1][0].split("; ")


def test_what_is_asked_for_is_what_the_file_has(filled, client):
    rows = table(client, "actuals/?format=csv&fields=year,value&region=150600&year_min=2022&ordering=-region")
    assert rows == [["year", "value"], ["2024", "46000"], ["2023", ""], ["2022", "38000.5"]]
    assert table(client, "actuals/?format=csv&year=1990&fields=id") == [["id"]]


def test_a_page_of_a_file_leads_to_the_next(filled, client):
    response = client.get("/api/v1/actuals/?format=csv&page_size=2&count=true")
    assert response["X-Total-Count"] == "6"
    address, relation = response["Link"].split("; ")
    assert relation == 'rel="next"'
    rows = content(response).decode().splitlines()[1:]
    rows += content(client.get(address.strip("<>"))).decode().splitlines()[1:]
    assert len(set(rows)) == 4


def test_names_say_what_is_inside(filled, client):
    def named(query):
        response = client.get(f"/api/v1/{query}")
        content(response)
        return name_of(response)

    assert named("actuals/?region=150600&indicator=valid-trademarks&year_min=2021&year_max=2025&format=xlsx") == (
        "鄂尔多斯市_有效注册商标拥有量_2021-2025.xlsx"
    )
    assert named("progress/?region=150600&indicator=valid-trademarks&year=2024&format=csv") == (
        "鄂尔多斯市_有效注册商标拥有量_进展_2024.csv"
    )
    assert named("actuals/?format=csv") == "实际值.csv"
    assert named("actuals/?format=csv&year_min=2023") == "实际值_2023-.csv"
    filled["tree"]["150600"].name = '../a"b\nc'
    filled["tree"]["150600"].save()
    assert "/" not in named("regions/?region=150600&format=csv")


def test_demo_data_are_marked(filled, client):
    DataVersion.objects.update(is_demo=True)
    response = client.get("/api/v1/actuals/?format=csv")
    assert name_of(response) == "演示数据_实际值.csv"
    assert response["X-Demo-Data"] == "true"


def test_accept_header(filled, client, refused):
    def kind(accept):
        response = client.get("/api/v1/regions/", headers={"accept": accept})
        content(response)
        return response["Content-Type"].partition(";")[0]

    assert kind("text/csv") == "text/csv"
    assert kind(formats.XLSX) == formats.XLSX
    assert kind("text/html,application/xhtml+xml,*/*;q=0.8") == "application/json"
    assert kind("text/csv;q=0.5, application/json;q=0.9") == "application/json"
    assert kind("application/json;q=0, text/csv") == "text/csv"
    assert client.get("/api/v1/regions/?format=json", headers={"accept": "text/csv"})["Content-Type"] == "application/json"
    for accept in ("text/html", "image/png", "application/json;q=0", "nonsense", "application/xml, text/xml"):
        assert refused("regions/", accept=accept) == (406, "not_acceptable", None)
    assert refused("regions/150600/", accept="text/csv") == (406, "not_acceptable", None)


def test_a_sheet_has_an_end_and_says_what_to_do(filled, client, refused, monkeypatch):
    monkeypatch.setattr(formats, "MAX_SHEET_ROWS", 5)
    assert refused("actuals/?format=xlsx") == (413, "too_many_rows", None)
    problem = client.get("/api/v1/actuals/?format=xlsx").json()
    assert (problem["count"], problem["limit"]) == (6, 5)
    assert "format=csv" in problem["detail"]
    for query in ("format=xlsx&region=150600", "format=csv"):
        response = client.get(f"/api/v1/actuals/?{query}")
        content(response)


def test_large_files_come_in_pieces(filled, client, monkeypatch):
    monkeypatch.setattr(sql, "CHUNK", 2)
    response = client.get("/api/v1/actuals/?format=csv")
    assert response.streaming
    pieces = list(response.streaming_content)
    assert len(pieces) > 3
    assert b"".join(pieces).decode().count("\n") == 7


def test_files_are_packed_for_who_takes_it(filled, client):
    plain = content(client.get("/api/v1/actuals/?format=csv"))
    response = client.get("/api/v1/actuals/?format=csv", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(content(response)) == plain


def test_head_of_a_file_has_no_body(filled, client):
    for kind in ("csv", "xlsx"):
        response = client.head(f"/api/v1/actuals/?format={kind}")
        assert response["Content-Type"].partition(";")[0] == formats.TYPES[kind].partition(";")[0]
        assert content(response) == b""


@pytest.mark.django_db(transaction=True)
def test_a_file_of_one_moment(filled, client, monkeypatch):
    """What is written while a file is being sent does not appear in it half."""
    monkeypatch.setattr(sql, "CHUNK", 2)
    pieces = iter(client.get("/api/v1/actuals/?format=csv&fields=value,year&ordering=-region").streaming_content)
    begun = [next(pieces), next(pieces), next(pieces)]
    if connection.vendor == "sqlite":  # one connection here: what it changes itself, its own cursor may see
        return
    import threading

    def change():
        Actual.objects.filter(year=2021).update(value=1)
        connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    assert b"35000,2021" in b"".join([*begun, *pieces])
