"""From a figure to how it was computed, where it comes from and how it changed."""

import pytest

from indicators import progress
from indicators.models import Actual
from tests import factories
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import leaving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "/regions/150600/valid-trademarks/?year=2024"


@pytest.fixture
def measured(bundled):
    """The bundled plans, and two figures for Ordos' trademarks."""
    series = factories.Series.objects.get(region__code="150600", indicator__code="valid-trademarks")
    for year, value in ((2023, 40104), (2024, 43615)):
        Actual.objects.filter(series=series, year=year).delete()
        factories.actual(series, year, value, source="年报")
    progress.rebuild()


@pytest.mark.parametrize("size", SIZES)
def test_a_figure_its_chart_and_its_formula(page, clean, measured, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(ADDRESS)
    assert "4.3615 万件" in page.locator(".lead").inner_text()
    page.locator("[data-figure=figure-years][data-drawn]").wait_for()
    page.locator("summary").click()
    assert "(4.3615 − 3.1219) ÷ (5 − 3.1219)" in page.locator("details").inner_text()
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("address", ["/regions/150600/patents-granted/", "/regions/150500/new-gi-trademarks/"])
def test_with_published_figures_only(page, clean, measured, size, address):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    assert "还没有填报" in page.locator(".lead").inner_text()
    page.locator("[data-figure=figure-years][data-drawn]").wait_for()
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


def test_interim_figures_are_read_on_a_phone_without_scrolling_sideways(page, clean, measured):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/regions/150600/patents-granted/")
    row = page.get_by_role("region", name="期中数").get_by_role("row").filter(has_text="2024 年 1—9 月")
    period, value = row.get_by_role("rowheader").bounding_box(), row.locator("[data-label='数值（件）']").bounding_box()
    source = row.get_by_role("cell").last.bounding_box()
    assert source["width"] == 358
    assert period["y"] == pytest.approx(value["y"], abs=2)
    assert value["y"] < source["y"]
    clean()


def test_years_and_history_are_links(page, clean, measured):
    page.goto("/regions/150600/patents-granted/")
    with leaving(page):
        page.locator("nav[aria-label=年份]").get_by_text("2023").click()
    assert "2023 年还没有填报" in page.locator(".lead").inner_text()
    with leaving(page):
        page.get_by_role("link", name="修订记录单页").click()
    assert page.locator("h1").inner_text() == "修订记录：专利授权量 · 鄂尔多斯市"
    accessible(page)
    with leaving(page):
        page.get_by_role("link", name="2020", exact=True).click()
    assert page.locator("tbody tr").count() == 1
    page.set_viewport_size({"width": 390, "height": 844})
    assert not scrolls_sideways(page)
    with leaving(page):
        page.get_by_role("link", name="回到这个指标").click()
    assert "专利授权量" in page.locator("h1").inner_text()
    clean()


def test_without_scripts_the_table_says_it_all(new_context, measured):
    context = new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(ADDRESS)
    assert "4.3615" in page.get_by_role("row", name="2024").inner_text()
    page.locator("summary").click()
    assert page.locator("details dd").first.is_visible()
    context.close()
