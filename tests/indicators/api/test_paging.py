"""Pages: none lost, none doubled, forwards and backwards, whatever the order and the size."""

import pytest

from indicators.api import asked
from indicators.api.lists import LISTINGS
from indicators.models import Actual
from tests import factories
from tests.indicators.api.conftest import everything

pytestmark = pytest.mark.django_db


def backwards(client, address):
    """All rows from the last page to the first by `previous`, in the order of the list."""
    following, last = f"/api/v1/{address}", None
    while following:
        last, following = following, client.get(following).json()["next"]
    rows, going_back = [], last
    while going_back:
        page = client.get(going_back).json()
        rows = page["results"] + rows
        going_back = page["previous"]
    return rows


@pytest.mark.parametrize("name", LISTINGS)
def test_all_pages_are_all_rows_once(filled, client, name):
    whole = client.get(f"/api/v1/{name}/?page_size=1000").json()
    assert (whole["next"], whole["previous"]) == (None, None)
    for ordering in asked.orderings(LISTINGS[name]):
        ordered = client.get(f"/api/v1/{name}/?page_size=1000&ordering={ordering}").json()["results"]
        assert sorted(row["id"] for row in ordered) == sorted(row["id"] for row in whole["results"])
        for size in (1, 2, 3):
            address = f"{name}/?page_size={size}&ordering={ordering}"
            assert everything(client, address) == ordered
            assert backwards(client, address) == ordered


def test_neighbours_of_the_bundled_plans_progress(bundled, client):
    from indicators import progress

    progress.rebuild()
    whole = everything(client, "progress/?page_size=1000")
    assert len(whole) > 500
    assert len({row["id"] for row in whole}) == len(whole)
    assert everything(client, "progress/?page_size=97") == whole
    assert backwards(client, "progress/?page_size=97") == whole
    assert everything(client, "progress/?page_size=7&region=150600") == [row for row in whole if row["region"] == "150600"]


def test_the_page_before_leads_back_to_the_same_page(filled, client):
    first = client.get("/api/v1/actuals/?page_size=2").json()
    second = client.get(first["next"]).json()
    again = client.get(second["previous"]).json()
    assert again["results"] == first["results"]
    assert again["previous"] is None
    assert client.get(again["next"]).json()["results"] == second["results"]


def test_links_keep_what_was_asked(filled, client):
    page = client.get("/api/v1/actuals/?region=150600&page_size=1&fields=year&ordering=-region").json()
    assert page["next"].startswith("http://testserver/api/v1/actuals/?region=150600&page_size=1&fields=year&ordering=-region&")
    assert client.get(page["next"]).json()["results"] == [{"year": 2023}]


def test_a_cursor_keeps_its_order(filled, client):
    page = client.get("/api/v1/actuals/?page_size=2&ordering=-id").json()
    cursor = page["next"].rpartition("cursor=")[2]
    assert client.get(f"/api/v1/actuals/?page_size=2&cursor={cursor}").json() == client.get(page["next"]).json() | {
        "next": client.get(f"/api/v1/actuals/?page_size=2&cursor={cursor}").json()["next"],
        "previous": client.get(f"/api/v1/actuals/?page_size=2&cursor={cursor}").json()["previous"],
    }


def test_rows_that_come_and_go_meanwhile_move_nothing(filled, client):
    """A cursor names a row's place, not a number of rows: what is added before it does not shift the next page."""
    first = client.get("/api/v1/actuals/?page_size=2&region=150600").json()
    expected = client.get(first["next"]).json()["results"]
    Actual.objects.filter(pk=first["results"][1]["id"]).delete()
    series = filled["ordos valid-trademarks"].series
    factories.actual(series, 2010, 5)
    assert client.get(first["next"]).json()["results"] == expected


def test_a_place_past_the_end(filled, client):
    page = client.get("/api/v1/actuals/?cursor=after~id~999999999").json()
    assert page == {"next": None, "previous": None, "results": []}
