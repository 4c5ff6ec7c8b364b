"""A page that is kept says what it would say if it were made now: after every kind of change, at every address."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from indicators import planning, progress, workflow
from indicators.calculation.vocabulary import About, Role, Subject, Through
from indicators.models import DataVersion, Series
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESSES = (
    *("/", "/?year=2021", "/?year=2022", "/?year=2023", "/plans/", "/indicators/", "/methods/", "/search/?q=专利"),
    *("/regions/150000/", "/regions/150600/", "/regions/150600/?year=2023", "/regions/150500/?sort=gap", "/regions/152200/"),
    *(
        "/indicators/valid-trademarks/",
        "/indicators/valid-trademarks/?year=2023&sort=progress",
        "/indicators/geographical-indications/",
    ),
    *("/regions/150600/valid-trademarks/", "/regions/150600/valid-trademarks/?year=2023", "/regions/150500/valid-trademarks/"),
    *("/plans/ordos-2021-2025/", "/plans/ordos-2021-2025/?region=150600", "/plans/inner-mongolia-2021-2025/"),
    *("/quality/", "/quality/?region=150600", "/history/?region=150600&indicator=valid-trademarks"),
    *(
        "/compare/?indicator=valid-trademarks&region=150600&region=150500",
        "/compare/?indicator=valid-trademarks&region=鄂尔多斯市",
    ),
)


@pytest.fixture(autouse=True)
def kept(settings, names_held):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "kept-and-made"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def series(bundled):
    while progress.refresh_stale():
        pass
    return Series.objects.select_related("region", "indicator").get(region__code="150600", indicator__code="valid-trademarks")


@pytest.fixture
def people(series):
    return {
        "clerk": factories.person("clerk", (series.region, Role.CLERK, False)),
        "reviewer": factories.person("reviewer", (series.region, Role.REVIEWER, False)),
    }


@pytest.fixture
def holds(client):
    """Every address as it is kept, against the same made anew; returns which of them say something else than before."""
    before = {}

    def got(address):
        response = client.get(address)
        assert response.status_code == 200, address
        return response.content.decode().replace(response["X-Request-ID"], "")

    def hold():
        kept = {address: got(address) for address in ADDRESSES}
        cache.clear()
        for address in ADDRESSES:
            assert kept[address] == got(address), address
        changed = {address for address in ADDRESSES if before.get(address) != kept[address]}
        before.update(kept)
        return changed

    return hold


def refresh():
    while progress.refresh_stale():
        pass


def put(series, people, year, value, **more):
    entry = workflow.submit(series, year, value=Decimal(value), by=people["clerk"], **more)
    workflow.approve(entry, by=people["reviewer"], version=entry.version)


def test_figures_come_are_computed_corrected_and_taken_back(series, people, holds):
    holds()
    assert holds() == set()
    entry = workflow.submit(series, 2023, value=Decimal(30000), by=people["clerk"])
    assert holds() == set()  # a proposal is nobody's business
    actual = workflow.approve(entry, by=people["reviewer"], version=entry.version)
    assert holds() == set(ADDRESSES)  # of all that figures wait, and the number of the version
    refresh()
    holds()
    put(series, people, 2024, 900_000)  # far too much: a finding
    refresh()
    assert "/quality/" in holds()
    put(series, people, 2023, 31000, seen_version=actual.version, note="核实更正")
    holds()
    refresh()
    holds()


def test_what_is_said_beside_figures(series, people, holds):
    holds()
    source = {"series_id": series.pk, "year": 2023, "value": Decimal(25000), "source": "统计公报"}
    half = {"period_start": date(2023, 1, 1), "period_end": date(2023, 6, 30)}
    workflow.put_interims([{**source, **half}], by=people["clerk"])
    assert "/regions/150600/valid-trademarks/" in holds()
    said = {"about": About.ACTUAL, "unit": "件", "printed": "2.5万件", "locator": "第 3 段"}
    workflow.put_statements([{**source, **said}], by=people["clerk"])
    assert "/regions/150600/valid-trademarks/" in holds()
    refresh()
    holds()


def test_what_there_is_changes_its_name(series, holds):
    holds()
    rows = [{"code": "150600", "name": "鄂尔多斯", "level": "prefecture", "parent": series.region.parent}]
    planning.put_rows(type(series.region), "code", rows, by=None, through=Through.FILE)
    holds()
    refresh()
    holds()


def test_a_plan_names_another_indicator(series, holds):
    holds()
    other = Series.objects.get_or_create(region=series.region, indicator=factories.indicator("one-more"))[0]
    progress.bump_version(Subject.INDICATORS)
    assert "/indicators/" in holds()
    factories.plan_indicator(other, factories.plan(series.region, "one-more"))
    progress.bump_version(Subject.PLANS)
    progress.mark_stale([other.pk])
    holds()
    refresh()
    assert "/indicators/" in holds()


def test_demo_data_are_told_everywhere(series, holds):
    holds()
    DataVersion.objects.update(is_demo=True)
    assert holds() == set(ADDRESSES)
