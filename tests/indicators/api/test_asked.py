"""What a list may be asked: filters that select, and everything else refused by name with a stable code."""

import pytest

from indicators.api import asked
from indicators.api.lists import LISTINGS
from indicators.calculation.vocabulary import Status

pytestmark = pytest.mark.django_db


def kept(rows, *names):
    return {tuple(row[name] for name in names) for row in rows}


def test_region_alone_and_with_those_below(filled, read):
    assert kept(read("actuals/?region=150600")["results"], "region") == {("150600",)}
    assert read("actuals/?region=150000")["results"] == []
    below = read("actuals/?region=150000&descendants=true")["results"]
    assert kept(below, "region") == {("150500",), ("150600",)}
    assert read("actuals/?region=150000&descendants=false")["results"] == []
    assert kept(read("regions/?region=150000&descendants=true")["results"], "id") == {
        ("150000",), ("150500",), ("150523",), ("150600",),
    }  # fmt: skip
    assert kept(read("plans/?region=150000&descendants=true")["results"], "plan") == {
        ("ordos-2021-2025",), ("tongliao-2021-2025",),
    }  # fmt: skip


def test_several_regions_and_indicators(filled, read):
    rows = read("actuals/?region=150600,150500&indicator=valid-trademarks,service-satisfaction")["results"]
    assert len(rows) == len(read("actuals/")["results"]) == 6
    assert kept(read("indicators/?indicator=valid-trademarks")["results"], "code") == {("valid-trademarks",)}


@pytest.mark.parametrize("name", [name for name, listing in LISTINGS.items() if "plan" in listing.filters])
def test_plan(filled, read, name):
    rows = read(f"{name}/?plan=ordos-2021-2025")["results"]
    assert rows
    assert kept(rows, "region") == {("150600",)}
    assert len(read(f"{name}/?plan=ordos-2021-2025,tongliao-2021-2025")["results"]) == len(read(f"{name}/")["results"])


@pytest.mark.parametrize("name", [name for name, listing in LISTINGS.items() if "year" in listing.filters])
def test_years(filled, read, name):
    rows = read(f"{name}/")["results"]
    for query, is_meant in (
        ("year=2024", lambda year: year == 2024),
        ("year_min=2022", lambda year: year >= 2022),
        ("year_max=2022", lambda year: year <= 2022),
        ("year_min=2022&year_max=2023", lambda year: 2022 <= year <= 2023),
        ("year_min=2023&year_max=2022", lambda year: False),
    ):
        assert read(f"{name}/?{query}")["results"] == [row for row in rows if is_meant(row["year"])]


def test_status(filled, read):
    rows = read("progress/")["results"]
    for words in [*Status.values(), "on_track,no_data", ",".join(Status.values())]:
        found = read(f"progress/?status={words}")["results"]
        assert found == [row for row in rows if row["status"] in words.split(",")]


def test_count(filled, read):
    assert read("actuals/?count=true&page_size=2")["count"] == 6
    assert read("actuals/?count=true&region=150600")["count"] == 4
    assert read("actuals/?count=true&year=1990") == {"count": 0, "next": None, "previous": None, "results": []}
    assert "count" not in read("actuals/?count=false")


def test_orders(filled, read):
    rows = read("actuals/")["results"]
    assert read("actuals/?ordering=-region")["results"] == rows[::-1]
    by_id = [row["id"] for row in read("actuals/?ordering=id")["results"]]
    assert by_id == sorted(row["id"] for row in rows)
    assert [row["id"] for row in read("actuals/?ordering=-id")["results"]] == by_id[::-1]
    assert [row["code"] for row in read("regions/")["results"]] == ["100000", "150000", "150500", "150523", "150600"]


@pytest.mark.parametrize("name", LISTINGS)
def test_unknown_parameters(filled, refused, name):
    for parameter in ("Region", "page", "offset", "limit", "q", "region[]", "order_by"):
        assert refused(f"{name}/?{parameter}=1") == (400, "unknown_parameter", parameter)
    assert refused(f"{name}/1/?region=150600") == (400, "unknown_parameter", "region")


def test_a_filter_of_another_list_is_unknown_here(filled, refused):
    assert refused("actuals/?status=behind") == (400, "unknown_parameter", "status")
    assert refused("regions/?year=2024") == (400, "unknown_parameter", "year")
    assert refused("?region=150600") == (400, "unknown_parameter", "region")
    assert refused("schema/?x=1") == (400, "unknown_parameter", "x")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("region=ordos", "region"),
        ("region=", "region"),
        ("region=150600,", "region"),
        ("region=150600,150600", "region"),
        ("region=1506001", "region"),
        ("region=１５０６００", "region"),
        ("region=150600%00", "region"),
        ("region=150600%0A", "region"),
        (f"region={','.join(str(code) for code in range(100000, 100051))}", "region"),
        ("descendants=yes", "descendants"),
        ("descendants=True", "descendants"),
        ("indicator=%27%20OR%201=1", "indicator"),
        ("plan=a%00b", "plan"),
        ("year=24", "year"),
        ("year=1948", "year"),
        ("year=2101", "year"),
        ("year=2024.0", "year"),
        ("year=２０２４", "year"),
        ("year_min=-1", "year_min"),
        ("year_max=99999999999999999999", "year_max"),
        ("page_size=0", "page_size"),
        ("page_size=1001", "page_size"),
        ("page_size=-5", "page_size"),
        ("page_size=1e3", "page_size"),
        ("count=1", "count"),
        ("fields=", "fields"),
        ("fields=id,password", "fields"),
        ("fields=id,id", "fields"),
        ("ordering=value", "ordering"),
        ("ordering=--id", "ordering"),
        ("ordering=", "ordering"),
        ("format=xml", "format"),
        ("format=", "format"),
        ("headings=fr", "headings"),
        ("bom=0", "bom"),
    ],
)
def test_wrong_values(filled, refused, query, parameter):
    assert refused(f"actuals/?{query}") == (400, "bad_value", parameter)


def test_an_unknown_status_is_named(filled, refused):
    assert refused("progress/?status=late") == (400, "bad_value", "status")
    assert refused("progress/?status=behind,late") == (400, "bad_value", "status")


def test_a_parameter_twice(filled, refused):
    assert refused("actuals/?year=2023&year=2024") == (400, "repeated_parameter", "year")


@pytest.mark.parametrize("name", LISTINGS)
def test_codes_that_do_not_exist(filled, refused, name):
    for parameter, code, problem in (
        ("region", "999999", "unknown_region"),
        ("indicator", "no-such", "unknown_indicator"),
        ("plan", "no-such", "unknown_plan"),
    ):
        if parameter in LISTINGS[name].filters:
            assert refused(f"{name}/?{parameter}={code}") == (400, problem, parameter)
            assert refused(f"{name}/?{parameter}={code}&format=csv") == (400, problem, parameter)
            assert refused(f"{name}/?{parameter}={code}&format=xlsx") == (400, problem, parameter)
            assert refused(f"{name}/?{parameter}={code}&format=csv&page_size=5") == (400, problem, parameter)


def test_one_unknown_code_among_known_ones(filled, refused):
    assert refused("actuals/?region=150600,999999") == (400, "unknown_region", "region")
    assert refused("actuals/?region=999999&descendants=true") == (400, "unknown_region", "region")
    assert refused("actuals/?indicator=valid-trademarks,no-such") == (400, "unknown_indicator", "indicator")


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "after", "after~region", "after~region~1~2", "after~region~1~2~2021~4", "after~region~1~2~-1", "after~id~1~2",
        "after~region~1~2~1e3", "between~id~1", "after~id~9999999999999999", "after~id~1%00", "after~id~1%0A", "after~id~１",
        "after~code~150600", "eyJpZCI6MX0=", "after~--id~1", "after~id~' OR 1=1",
    ],
)  # fmt: skip
def test_cursors_that_nobody_was_given(filled, refused, cursor):
    assert refused(f"actuals/?cursor={cursor}") == (400, "bad_cursor", "cursor")


def test_sentences_say_what_would_do(filled, client):
    detail = client.get("/api/v1/actuals/?year=24").json()["detail"]
    assert detail == "参数“year”不能是“24”；应是 1949 至 2100 的年份，例如 2024。"
    assert "region、descendants、indicator" in client.get("/api/v1/actuals/?x=1").json()["detail"]


def test_what_was_sent_is_repeated_shortened_and_printable(filled, client):
    detail = client.get(f"/api/v1/actuals/?year={'9' * 500}%1b[31m").json()["detail"]
    assert len(detail) < 120
    detail = client.get("/api/v1/actuals/?year=%1b[31m%E2%80%AE").json()["detail"]
    assert "\x1b" not in detail
    assert "\u202e" not in detail


def test_every_parameter_is_read_by_something():
    for listing in LISTINGS.values():
        assert {*listing.parameters, *asked.COMMON} <= set(asked._READ)
