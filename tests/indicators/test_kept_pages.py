"""A page is made once per version of the data for visitors who bring nothing along, and travels compressed."""

import gzip

import pytest
from django.utils import timezone

from indicators import progress
from indicators.calculation.vocabulary import Subject
from indicators.reports import kept as keeping
from indicators.reports import plans as report
from indicators.reports.catalogue import catalogue
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test-kept-pages"}}
    from django.core.cache import cache

    cache.clear()
    progress.bump_version(Subject.PLANS)
    yield
    cache.clear()


@pytest.fixture
def made(monkeypatch, tree):
    """How often the list of plans was made."""
    factories.plan(tree["150600"])
    count = []
    real = report.plans
    monkeypatch.setattr("indicators.views.plans.read_plans", lambda number, state: count.append(number) or real(number, state))
    return count


def test_the_second_visitor_gets_what_the_first_got_but_the_requests_id(client, made):
    first, second = client.get("/plans/"), client.get("/plans/")
    assert made == [1]
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert second["X-Request-ID"] in second.content.decode()
    assert first["X-Request-ID"] not in second.content.decode()
    assert first["ETag"] == second["ETag"]


def test_a_change_makes_it_anew(client, made):
    client.get("/plans/")
    progress.bump_version(Subject.PLANS)
    client.get("/plans/")
    assert made == [1, 1]


def test_what_a_visitor_with_a_cookie_gets_is_neither_put_by_nor_compressed(client, made):
    client.get("/plans/")
    client.cookies["any"] = "thing"
    response = client.get("/plans/?page=1", headers={"accept-encoding": "gzip"})
    del client.cookies["any"]
    client.get("/plans/?page=1")
    assert made == [1, 1, 1]
    assert "Content-Encoding" not in response
    assert "Cookie" in response["Vary"]


def test_another_address_is_another_page(client, made):
    client.get("/plans/")
    client.get("/plans/?format=json")
    client.get("/plans/?page=1")
    assert made == [1, 1, 1]


def test_pages_travel_compressed_to_who_understands_it(client, made):
    plain = client.get("/plans/")
    packed = client.get("/plans/", headers={"accept-encoding": "gzip, br"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert packed["X-Request-ID"] in gzip.decompress(packed.content).decode()
    assert len(packed.content) < len(plain.content) / 2
    assert "Accept-Encoding" in packed["Vary"]


def test_names_are_read_once_until_there_are_others(monkeypatch, tree, django_assert_num_queries):
    monkeypatch.setattr(keeping, "_held", {})
    known = catalogue(progress.state_of_data())
    assert "150600" in {place.code for place in known.regions}
    progress.bump_version(Subject.ACTUALS)
    state = progress.state_of_data()
    with django_assert_num_queries(0):
        assert catalogue(state) is known
    factories.indicator("another")
    progress.bump_version(Subject.INDICATORS)
    assert "another" in {thing.code for thing in catalogue(progress.state_of_data()).indicators}


def test_the_oldest_change_that_waits_is_told_with_its_time_zone(tree):
    assert progress.state_of_data()["stale_since"] is None
    before = timezone.now()
    progress.mark_stale([factories.series(tree["150600"]).pk])
    assert before <= progress.state_of_data()["stale_since"] <= timezone.now()
