"""The API's pages in a browser: an example is copied, an operation is called, and what comes back is shown."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", SIZES)
def test_the_documentation(page, clean, bundled, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/api/")
    page.get_by_role("button", name="复制").first.wait_for()
    assert not scrolls_sideways(page)
    accessible(page)
    page.goto("/api/#fields-progress")
    expect(page.locator("details:has(#fields-progress)")).to_have_attribute("open", "")
    accessible(page)
    clean()


def test_an_example_is_copied(page, clean, bundled):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/api/")
    page.get_by_role("button", name="复制").first.click()
    page.get_by_role("button", name="已复制").wait_for()
    assert "format=xlsx" in page.evaluate("navigator.clipboard.readText()")
    clean()


@pytest.mark.parametrize("size", SIZES)
def test_an_operation_is_called(page, clean, bundled, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/api/v1/console/")
    page.get_by_label("地址").select_option("GET /api/v1/plan-indicators/")
    page.locator("[name=region]").fill("150600")
    page.locator("[name=page_size]").fill("1")
    page.get_by_role("button", name="调用").click()
    page.locator("pre.answer").wait_for()
    expect(page.locator("pre.request")).to_contain_text("/api/v1/plan-indicators/?region=150600&page_size=1'")
    expect(page.locator("output p")).to_have_text(re.compile("^200 · "))
    expect(page.locator("pre.answer")).to_contain_text('"plan": "ordos-2021-2025"')
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


def test_a_mistake_is_shown_as_the_api_tells_it(page, bundled):
    page.goto("/api/v1/console/")
    page.get_by_label("地址").select_option("GET /api/v1/actuals/")
    page.locator("[name=region]").fill("ordos")
    page.get_by_role("button", name="调用").click()
    page.locator("pre.answer").wait_for()
    expect(page.locator("output p")).to_have_text(re.compile("^400 · "))
    expect(page.locator("pre.answer")).to_contain_text("应是六位行政区划代码")


def test_one_object(page, clean, bundled):
    page.goto("/api/v1/console/")
    page.get_by_label("地址").select_option("GET /api/v1/regions/{id}/")
    expect(page.locator("[name=id]")).to_have_value("150600")
    page.get_by_role("button", name="调用").click()
    page.locator("pre.answer").wait_for()
    expect(page.locator("pre.answer")).to_contain_text('"name": "鄂尔多斯市"')
    clean()
