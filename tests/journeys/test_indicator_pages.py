"""Someone looks for an indicator, sees it across regions, and compares: without JavaScript too, and on a telephone."""

import re

import pytest
from playwright.sync_api import expect

from indicators import progress
from indicators.models import Series
from tests import factories
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import leaving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COMPARED = "/compare/?region=150600&region=150000&indicator=valid-trademarks"
PAGES = [
    "/indicators/?dimension=运用",
    "/indicators/?q=没有这个",
    "/indicators/valid-trademarks/",
    "/indicators/valid-trademarks/?year=2024",
    "/indicators/valid-trademarks/?year=2020",
    "/compare/",
    COMPARED,
    f"{COMPARED}&view=completion",
    "/compare/?region=旗&indicator=yxzc",
    "/search/",
    "/search/?q=yxzc",
]


@pytest.fixture
def figures(bundled):
    """The bundled plans, and figures of two years for trademarks."""
    for series in Series.objects.filter(indicator__code="valid-trademarks", plan_indicators__isnull=False):
        for year in (2022, 2024):
            factories.actual(series, year, 30_000 + year * 5)
    progress.rebuild()


@pytest.mark.parametrize("size", SIZES)
def test_pages(page, clean, figures, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for address in PAGES:
        page.goto(address)
        for box in page.locator("[data-figure]").all():
            box.scroll_into_view_if_needed()
            expect(box).to_have_attribute("data-drawn", "")
        assert not scrolls_sideways(page), address
        accessible(page)
        clean()


def test_from_initials_to_a_comparison(page, clean, figures):
    page.goto("/")
    page.get_by_label("查找地区、指标、规划").fill("yxzc")
    with leaving(page):
        page.keyboard.press("Enter")
    with leaving(page):
        page.locator("main").get_by_role("link", name="有效注册商标拥有量", exact=True).click()
    with leaving(page):
        page.get_by_label("年份").get_by_role("link", name="2024").click()
    expect(page.locator(".across tbody th a").first).to_have_text("内蒙古自治区")
    with leaving(page):
        page.get_by_role("link", name="把这些地区放进对比页").click()
    page.get_by_role("checkbox", name="鄂尔多斯市").uncheck()
    page.get_by_label("再加一项").fill("质押融资金额")
    page.get_by_role("radio", name="指数").check()
    with leaving(page):
        page.get_by_role("button", name="对比").click()
    assert "view=index" in page.url
    shown = page.locator("main").inner_text()
    assert "知识产权质押融资金额" in shown
    assert page.get_by_role("checkbox", name="鄂尔多斯市").count() == 0
    address = page.url
    page.goto("/")
    page.goto(address)
    assert page.locator(".compared").inner_text() in shown
    clean()


def test_years_are_read_out_apart_from_their_counts(page, clean, figures):
    page.goto("/indicators/valid-trademarks/")
    year = page.get_by_label("年份").get_by_role("link", name="2024")
    expect(year).to_have_accessible_name(re.compile(r"^2024 ?， ?\d+ 个地区有全年数$"))
    expect(year).to_have_accessible_description("")  # it would be read out twice
    clean()


def test_definitions_are_read_on_a_phone_without_scrolling_sideways(page, clean, figures):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/indicators/?dimension=创造")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="有效注册商标拥有量 valid-trademarks"))
    assert [head.inner_text() for head in page.get_by_role("columnheader").all()][:2] == ["指标", "定义"]
    assert row.get_by_role("cell").count() == 5
    name, definition, unit, direction = (
        row.locator(part).bounding_box() for part in ("th", ".definition", "[data-label=单位]", "[data-label=方向]")
    )
    assert name["width"] == definition["width"] == 358
    assert name["y"] < definition["y"] < unit["y"] == direction["y"]
    clean()


def test_comparison_without_javascript(new_context, figures):
    context = new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto("/compare/")
    page.get_by_label("选一个或写名称").fill("鄂尔多斯市、通辽市")
    page.get_by_label("选一项或写名称").fill("yxzc")
    with leaving(page):
        page.get_by_role("button", name="对比", exact=True).click()
    assert page.locator(".compared tbody tr").count() == 3
    assert "4.012" in page.locator(".compared").inner_text()
    context.close()
