"""The plans, the quality list and the rules to read; a region's plan in a meeting and on paper."""

import re

import pytest
from django.db import transaction
from playwright.sync_api import expect

from indicators import findings, progress
from indicators.frames import Scope
from indicators.models import DataVersion
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import leaving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    ("/plans/", "规划"),
    ("/plans/ordos-2021-2025/", "鄂尔多斯市知识产权保护和运用“十四五”规划"),
    ("/quality/", "数据质量"),
    ("/methods/", "方法与口径"),
    ("/regions/150600/sheet/", "鄂尔多斯市"),
    ("/regions/150600/meeting/?page=2", "商标注册量"),
]


@pytest.fixture
def computed(bundled):
    progress.rebuild()
    with transaction.atomic():
        findings.refresh(Scope.between(0, 10**9))


@pytest.mark.parametrize(("address", "heading"), PAGES)
@pytest.mark.parametrize("size", SIZES)
def test_pages(page, clean, computed, address, heading, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    assert heading in page.locator("h1").inner_text()
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


@pytest.mark.parametrize("address", ["/plans/", "/quality/"])
def test_pages_without_data(page, clean, address):
    page.goto(address)
    assert page.locator(".empty").is_visible()
    accessible(page)
    clean()


def test_where_a_row_stands_opens_on_demand(page, clean, computed):
    page.goto("/plans/ordos-2021-2025/")
    details = page.locator("details").nth(1)
    assert not details.get_by_text("正文写突破5万件").is_visible()
    details.locator("summary").press("Enter")
    expect(details.get_by_text("正文写突破5万件")).to_be_visible()
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


def test_findings_are_filtered_by_the_form(page, clean, computed):
    page.goto("/quality/")
    page.get_by_label("检查").select_option("statements_disagree")
    with leaving(page):
        page.get_by_role("button", name="筛选").click()
    assert "view=statements_disagree" in page.url
    assert page.locator("h2").count() == 1
    clean()


def test_a_meeting_is_led_with_keys(page, clean, computed):
    page.goto("/regions/150600/meeting/")
    at = page.locator(".at:not(.year)")
    for key, place in (("ArrowRight", "2"), ("ArrowRight", "3"), ("ArrowLeft", "2"), ("End", "16"), ("Home", "1")):
        page.keyboard.press(key)
        page.wait_for_url(re.compile(rf"page={place}$"))
        assert at.inner_text().startswith(f"{place} /")
    shown = int(page.locator(".at.year").inner_text().removesuffix(" 年"))
    for key, year in (("ArrowUp", shown - 1), ("ArrowUp", shown - 2), ("ArrowDown", shown - 1)):
        page.keyboard.press(key)
        page.wait_for_url(re.compile(rf"year={year}\b"))
        assert page.locator(".at.year").inner_text() == f"{year} 年"
        assert at.inner_text().startswith("1 /")  # the same plan indicator
    page.keyboard.press("Escape")
    page.wait_for_url("**/regions/150600/?plan=ordos-2021-2025*")
    clean()


def test_a_meeting_fits_a_projector_and_needs_no_scripts(new_context, computed):
    context = new_context(java_script_enabled=False, viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.goto("/regions/150600/meeting/")
    with leaving(page):
        page.get_by_role("link", name="下一项").click()
    assert page.locator("h1").inner_text().endswith("商标注册量")
    foot = page.locator(".steps").bounding_box()
    assert foot["y"] + foot["height"] <= 1080
    context.close()


def pages_of(pdf):
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def sizes_of(pdf):
    """Widths and heights of the pages in millimetres."""
    return {
        tuple(round(float(number) * 25.4 / 72) for number in box.split())
        for box in re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+ [0-9.]+)\s*\]", pdf)
    }


@pytest.mark.parametrize("code", ["150000", "150500", "150600"])
def test_a_region_is_printed_on_one_sheet(page, computed, code):
    DataVersion.objects.update(is_demo=True)  # so that the banner needs its place as well
    page.goto(f"/regions/{code}/sheet/")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pages_of(pdf) == 1
    assert sizes_of(pdf) == {(420, 297)}


def test_a_meeting_is_printed_one_plan_indicator_a_page(page, computed):
    page.goto("/regions/150600/meeting/?view=all")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pages_of(pdf) == 16
    assert sizes_of(pdf) == {(297, 210)}
    page.goto("/regions/150600/meeting/")
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 1


def test_a_sheet_is_filled(page, computed):
    page.goto("/regions/150600/sheet/")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1512, "height": 1054})  # A3 between its margins
    grid, foot = page.locator(".multiples").bounding_box(), page.locator("footer.site").bounding_box()
    assert foot["y"] + foot["height"] == pytest.approx(278 / 25.4 * 96, abs=2)
    assert grid["height"] > 0.75 * 1054
    plot, cell = page.locator(".multiple").first.bounding_box(), page.locator(".multiples li").first.bounding_box()
    assert plot["width"] == pytest.approx(cell["width"], abs=1)
    assert plot["height"] > cell["height"] / 2


def test_a_slide_names_its_unit_and_its_source(page, clean, computed):
    page.goto("/regions/150600/meeting/?page=2")
    assert page.locator(".scale").inner_text() == "单位：万件"
    assert page.locator(".source").inner_text() == (
        "出处：鄂尔多斯市知识产权保护和运用“十四五”规划，文号 鄂府发〔2022〕28号，第二章第三节 表 第2行 2025年列"
    )
    clean()


def test_a_meeting_is_led_in_two_lines_on_a_phone(page, clean, computed):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/regions/150600/meeting/?page=2")
    lines = {round(nav.bounding_box()["y"]) for nav in page.locator(".steps nav").all()}
    assert len(lines) == 2
    assert page.locator(".steps").bounding_box()["height"] < 90
    clean()


def test_findings_and_plans_are_read_on_a_phone_without_scrolling_sideways(page, clean, computed):
    page.set_viewport_size({"width": 390, "height": 844})
    for address, part in (("/quality/", ".findings .sentence"), ("/plans/ordos-2021-2025/", ".plan-table summary")):
        page.goto(address)
        boxes = [one.bounding_box() for one in page.locator(part).all()]
        assert boxes
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    page.locator("summary").first.click()
    told = page.locator(".plan-table details dl").first.bounding_box()
    assert told["width"] > 340
    row = page.locator(".plan-table tbody tr").filter(has=page.get_by_role("link", name="商标注册量"))
    assert row.get_by_role("cell").filter(has_text="5").first.is_visible()
    assert row.locator("[data-label='2025 年目标']").is_visible()
    assert not row.locator("[data-label='2022 年目标']").is_visible()  # nothing asked for, nothing recorded
    clean()


def test_paper_says_who_made_it_and_when_and_has_nothing_to_click(page, clean, computed):
    page.goto("/quality/")
    page.emulate_media(media="print")
    assert re.search(r"制表：.+制表日期：\d{4}年\d+月\d+日", page.locator(".prepared").inner_text())
    assert not page.locator("form").first.is_visible()
    assert not page.locator(".downloads").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    clean()


@pytest.mark.parametrize("address", ["/", "/regions/150600/", "/quality/", "/indicators/valid-trademarks/"])
def test_what_stands_below_a_heading_is_printed_on_the_page_of_the_heading(page, clean, computed, address):
    page.goto(address)
    page.emulate_media(media="print")
    below = page.locator("main :is(h1, h2, h3) + p")
    assert below.count()
    assert set(below.evaluate_all("all => all.map(one => getComputedStyle(one).breakInside)")) == {"avoid"}
    clean()


def test_a_table_of_four_is_printed_two_and_two_rather_than_after_a_hole(page, computed):
    page.goto("/regions/150600/")
    page.emulate_media(media="print")
    rows = page.locator(".beside-table tbody tr")
    assert rows.evaluate_all("all => all.map(one => getComputedStyle(one).breakBefore)") == ["avoid", "avoid", "auto", "avoid"]


@pytest.mark.parametrize("address", ["/regions/150000/valid-trademarks/", "/regions/150600/", "/plans/ordos-2021-2025/"])
def test_who_made_it_is_printed_at_the_head_in_a_line_with_the_version(page, clean, computed, address):
    page.goto(address)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1004})  # A4 between its margins
    foot, head = page.locator("footer.site"), page.locator("header.site").bounding_box()
    name, box = page.locator("header.site .name").bounding_box(), foot.bounding_box()
    made, version = (foot.locator(part).bounding_box() for part in (".prepared", ".small"))
    assert made["y"] == pytest.approx(version["y"], abs=1)
    assert name["x"] + name["width"] < made["x"] < version["x"]
    assert box["y"] + box["height"] <= head["y"] + head["height"]
    assert re.fullmatch(r"数据版本 \d+", foot.locator(".small").inner_text().strip())
    assert not foot.locator(".request").is_visible()
    clean()
