"""From the overview down to a region: what someone sees, filters and prints."""

import datetime
import io

import pytest
from django.core.management import call_command

from indicators import progress
from indicators.models import DataVersion
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import leaving, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def demo(db, monkeypatch):
    """The demo data, in a year when 2024 is the latest that is over."""
    monkeypatch.setattr(progress, "today", lambda: datetime.date(2025, 6, 1))
    call_command("load_demo", stdout=io.StringIO())
    progress.rebuild()
    DataVersion.objects.update(is_demo=True)


@pytest.mark.parametrize("size", [*SIZES, (768, 1024)])
def test_overview_in_mid_period(page, clean, demo, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/")
    assert page.locator(".lead").inner_text().startswith("2024 年，5 个地区的 5 份规划共 117 项指标：")
    assert page.locator(".plans tbody th").count() == 5
    assert page.locator("table.matrix td a").count() == 117
    assert page.locator("#attention ~ .scroll svg.bullet").count() == 8
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("code", ["150600", "150000", "150100"])
def test_region(page, clean, demo, size, code):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"/regions/{code}/")
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


def test_region_is_reached_filtered_and_ranked_without_scripts(new_context, demo):
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    with leaving(page):
        page.locator(".plans").get_by_role("link", name="鄂尔多斯市", exact=True).click()
    assert page.locator("h1").inner_text().startswith("鄂尔多斯市")
    status = page.get_by_role("navigation", name="状态").get_by_role("link").nth(1)
    count = int(status.locator(".figure").inner_text())
    with leaving(page):
        status.click()
    assert page.locator("table.rows tbody tr:not(.dimension)").count() == count
    assert "status=" in page.url
    with leaving(page):
        page.get_by_role("link", name="达成率低的在前").click()
    assert "sort=gap" in page.url
    assert "status=" in page.url
    page.context.close()


def test_region_on_paper(page, clean, demo):
    page.goto("/regions/150600/")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 between its margins
    assert not page.locator(".search").is_visible() if page.locator(".search").count() else True
    assert not scrolls_sideways(page)
    heads = page.locator(".beside-table thead th").all()
    assert [one.inner_text() for one in heads if one.is_visible()] == ["指标", "数值", "时间", "来源", "其他年份"]
    clean()


def test_paper_says_what_was_chosen_and_offers_nothing(page, clean, demo):
    page.goto("/regions/150600/?year=2024&dimension=创造")
    page.emulate_media(media="print")
    shown = [one.inner_text().replace("\n", " ") for one in page.locator(".picks").all() if one.is_visible()]
    assert shown == ["年份 2024", "维度 创造"]
    page.goto("/?year=2024")
    shown = [one.inner_text().replace("\n", " ") for one in page.locator(".picks").all() if one.is_visible()]
    assert shown == ["年份 2024"]
    assert not page.get_by_role("navigation", name="本页内容").is_visible()
    clean()


def test_paper_names_the_page_and_who_made_it_in_its_margins(page, clean, demo):
    page.goto("/regions/150600/")
    root = "getComputedStyle(document.documentElement).getPropertyValue"
    assert page.evaluate(f"{root}('--title')") == '"鄂尔多斯市 · 知识产权规划指标"'
    assert page.evaluate(f"{root}('--prepared')").startswith(
        '"演示数据，不可引用。制表：知识产权规划指标（ipdash）　制表日期：'
    )
    clean()


PHONE = {"width": 390, "height": 844}


def beside(page, row, parts):
    """Where these parts of a row lie, each of them on the screen of a phone."""
    boxes = [row.locator(part).bounding_box() for part in parts]
    for part, box in zip(parts, boxes, strict=True):
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= PHONE["width"], part
    return boxes


def test_a_plan_indicator_is_a_block_on_a_phone_and_still_a_row(page, clean, demo):
    page.set_viewport_size(PHONE)
    page.goto("/regions/150600/?year=2024")
    row = page.get_by_role("table").first.get_by_role("row").filter(has=page.get_by_role("link", name="商标注册量"))
    assert row.get_by_role("rowheader").inner_text() == "商标注册量 万件"
    parts = ("th a", "td .status", "[data-label=实际]", "[data-label=目标]", ".bullet", "[data-label=完成进度]")
    name, status, actual, required, bullet, completion = beside(page, row, parts)
    assert abs(name["y"] + name["height"] / 2 - status["y"] - status["height"] / 2) < 4
    assert name["y"] < actual["y"] < bullet["y"] < completion["y"]
    assert actual["y"] == pytest.approx(required["y"], abs=2)
    assert bullet["width"] > 340
    head = page.get_by_role("table").first.get_by_role("columnheader")  # out of sight, not out of reach
    assert head.all_inner_texts()[:3] == ["指标", "基期到目标", "2024 年实际"]
    clean()


def test_a_regions_plan_is_a_card_on_a_phone(page, clean, demo):
    page.set_viewport_size(PHONE)
    page.goto("/?year=2024")
    row = page.locator(".plans tbody tr").filter(has=page.get_by_role("link", name="鄂尔多斯市", exact=True))
    parts = ("th", ".statuses", ".counts", ".plan", "[data-label=指标]", "[data-label=本年已填]")
    region, bar, counts, plan, indicators, reported = beside(page, row, parts)
    assert region["y"] < bar["y"] < counts["y"] < plan["y"] < indicators["y"]
    assert indicators["y"] == pytest.approx(reported["y"], abs=2)
    clean()


@pytest.mark.parametrize("width", [390, 320])
def test_no_block_is_broader_than_a_phone(page, clean, demo, width):
    page.set_viewport_size({"width": width, "height": 844})
    too_broad = "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
    regions = ("/regions/150600/?year=2024", "/regions/150523/?year=2024", "/regions/150600/patents-granted/")
    for address in (*regions, "/quality/", "/plans/tongliao-2021-2025/", "/indicators/"):
        page.goto(address)
        assert page.locator(".stacked").count()
        assert page.locator(".scroll:has(> .stacked)").evaluate_all(too_broad) == 0
    clean()


@pytest.mark.parametrize(("address", "table"), [("/", ".matrix"), ("/regions/150500/", ".rows"), ("/quality/", ".findings")])
@pytest.mark.parametrize("width", [1440, 1200])
def test_heads_of_columns_stay_in_sight(page, clean, demo, address, table, width):
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(address)
    last = page.locator(f"{table} tbody tr:not(.dimension)").last
    last.evaluate("row => row.scrollIntoView({block: 'center'})")
    head = page.locator(f"{table} thead").last
    assert head.bounding_box()["y"] == pytest.approx(0, abs=1)
    assert not scrolls_sideways(page)
    last.locator("a").last.focus()
    for _ in range(30):  # what has the focus is not under the head
        page.keyboard.press("Shift+Tab")
        top = page.evaluate("document.activeElement.getBoundingClientRect().top")
        assert top >= head.bounding_box()["y"] + head.bounding_box()["height"] - 1
    clean()


def test_the_head_of_a_broad_table_stays_in_its_own_area(page, clean, demo):
    page.set_viewport_size({"width": 1024, "height": 700})
    page.goto("/plans/tongliao-2021-2025/")
    area = page.locator(".tall").first
    area.focus()
    page.keyboard.press("End")
    until(page, lambda: area.evaluate("area => area.scrollTop") > 0, "the table scrolls")
    assert area.bounding_box()["height"] < 700
    assert area.locator("thead").bounding_box()["y"] == pytest.approx(area.bounding_box()["y"], abs=2)
    clean()
