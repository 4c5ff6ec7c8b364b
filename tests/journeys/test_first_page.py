"""What someone sees first: the overview, and the door to the admin."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from regions.models import User
from tests.journeys.waiting import leaving, settled, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = [(1440, 900), (390, 844)]
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def accessible(page):
    """Nothing to complain of under WCAG 2.2 AA and good practice, in either colour scheme."""
    settled(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        result = Axe().run(page, options=AXE_RULES)
        assert result.violations_count == 0, f"{scheme}: {result.generate_report()}"


def scrolls_sideways(page):
    settled(page)
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize("size", SIZES)
def test_overview(page, clean, bundled, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/")
    assert page.locator("h1").inner_text() == "总览"
    assert "5 个地区的 5 份规划" in page.locator(".lead").inner_text()
    assert page.locator(".plans tbody th").count() == 5
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


def test_overview_at_400_percent_zoom(page, clean, bundled):
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto("/")
    assert not scrolls_sideways(page)
    clean()


def test_table_is_reached_and_scrolled_with_keys_alone(page, clean, bundled):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    for _ in page.locator("nav[aria-label=年份] a, nav[aria-label=本页内容] a").all():
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "指标与地区"
    page.keyboard.press("Enter")
    for _ in page.locator("#matrix + p a, nav[aria-label=维度] a").all():
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-labelledby')") == "matrix"
    first = page.locator(".matrix tbody th").nth(1)
    before = first.bounding_box()["x"]
    page.keyboard.press("ArrowRight")
    until(page, lambda: page.evaluate("document.activeElement.scrollLeft") > 0, "the table scrolls")
    assert first.bounding_box()["x"] == pytest.approx(before, abs=1)  # the first column stays
    clean()


@pytest.mark.parametrize("size", SIZES)
def test_overview_without_plans(page, clean, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/")
    assert "还没有规划" in page.locator("main").inner_text()
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


@pytest.mark.parametrize("size", SIZES)
def test_page_that_is_not_there(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/nowhere/")
    assert page.locator("h1").inner_text() == "没有这一页"
    assert not scrolls_sideways(page)
    accessible(page)
    page.locator("main").get_by_role("link", name="总览").click()
    expect(page.locator("h1")).to_have_text("总览")


def test_overview_is_black_on_white_on_paper(page, clean, bundled):
    page.goto("/")
    page.emulate_media(media="print", color_scheme="dark")
    ink, ground = page.evaluate("(style => [style.color, style.backgroundColor])(getComputedStyle(document.body))")
    assert (ink, ground) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    assert not page.locator("header nav").is_visible()
    clean()


@pytest.mark.parametrize("size", SIZES)
def test_admin_login(page, clean, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/admin/login/")
    assert page.locator("h1").inner_text() == "登录"
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


def test_admin_forms_work_under_the_policy(page, clean, bundled):
    User.objects.create_superuser("root", password="correct horse battery")
    page.goto("/admin/login/")
    page.fill("#id_username", "root")
    page.fill("#id_password", "correct horse battery")
    with leaving(page):
        page.get_by_role("button", name="登录").click()
    clean()
    page.goto("/admin/indicators/planindicator/")
    clean()
    with leaving(page):
        page.locator("#result_list tbody th a").first.click()
    page.locator(".field-plan .select2-selection").click()
    page.locator(".select2-results__option", has_text="通辽市").wait_for()
    page.keyboard.press("Escape")
    page.locator("#targets-group .add-row a").click()
    clean()
