"""Charts in a browser, on a page of their own, under the policy that every page has."""

import json

import pytest
from playwright.sync_api import expect
from plotly.offline import get_plotlyjs_version

from indicators import charts
from tests import chart_pages, vendored
from tests.journeys.test_first_page import accessible, scrolls_sideways
from tests.journeys.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.chart_pages")]

SIZES = [(1440, 900), (390, 844)]
SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shifted += entry.value; })
    .observe({type: "layout-shift", buffered: true});
"""


def draw_all(page):
    """Scroll past every chart, and wait until all are drawn."""
    boxes = page.locator("[data-figure]")
    for place in range(boxes.count()):
        boxes.nth(place).scroll_into_view_if_needed()
        expect(boxes.nth(place)).to_have_attribute("data-drawn", "")
    return boxes


def colour_of_line(page):
    return page.locator(".js-line").last.evaluate("path => getComputedStyle(path).stroke")


def rgb(colour):
    return "rgb({}, {}, {})".format(*(int(colour[place : place + 2], 16) for place in (1, 3, 5)))


@pytest.mark.parametrize("size", SIZES)
def test_every_kind_is_drawn_and_nothing_jumps(page, clean, size):
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/test-charts/")
    boxes = draw_all(page)
    assert boxes.count() == len(chart_pages.figures()) + len(chart_pages.panels())
    assert page.locator("[data-figure] .main-svg").count() >= boxes.count()
    assert page.locator("path.js-line").count() > 20
    assert page.evaluate("window.shifted") == 0
    assert not scrolls_sideways(page)
    clean()


@pytest.mark.parametrize("size", SIZES)
def test_words_stay_inside_the_chart(page, clean, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/test-charts/")
    draw_all(page)
    outside = page.evaluate(
        """() => Array.from(document.querySelectorAll("[data-figure] svg text"), text => {
            const box = text.closest("[data-figure]").getBoundingClientRect(), own = text.getBoundingClientRect();
            const wide = own.left < box.left - 1 || own.right > box.right + 1;
            const high = own.top < box.top - 1 || own.bottom > box.bottom + 1;
            return (wide || high) && own.width ? `${text.closest("[data-figure]").dataset.figure}: ${text.textContent}` : "";
        }).filter(Boolean)"""
    )
    assert outside == []


def test_charts_are_accessible_in_light_and_dark(page, clean):
    page.goto("/test-charts/")
    draw_all(page)
    accessible(page)
    assert page.get_by_role("group", name="有效注册商标").count() == 1
    clean()


def test_hover_says_what_the_table_says(page, clean):
    page.goto("/test-charts/plan-indicator/")
    draw_all(page)
    point = page.locator(".scatterlayer .trace:has(path.point)").last  # the baseline
    point.locator("path.point").first.hover(force=True)
    hover = page.locator(".hoverlayer")
    expect(hover).to_contain_text("基期 3.12 万件")
    expect(hover).to_contain_text("2020 年")
    clean()


def test_text_is_there_before_plotly_is_asked_for(page, clean):
    """And a chart below the fold is drawn only when it comes near."""
    page.set_viewport_size({"width": 1440, "height": 500})
    held = []
    page.route("**/plotly-basic*", lambda route: held.append(route))
    page.goto("/test-charts/", wait_until="domcontentloaded")
    painted = "performance.getEntriesByName('first-contentful-paint').length"
    until(page, lambda: held and page.evaluate(painted), "text is painted while plotly.js is still awaited")
    assert page.locator("[data-drawn]").count() == 0
    held[0].continue_()
    expect(page.locator("[data-figure]").first).to_have_attribute("data-drawn", "")
    assert page.locator("[data-figure]:not([data-drawn])").count() > 5
    clean()


def test_only_the_download_is_offered_and_nothing_leads_outside(page, clean):
    page.goto("/test-charts/plan-indicator/")
    draw_all(page)
    buttons = page.locator(".modebar-btn")
    assert buttons.count() == 1
    assert buttons.get_attribute("data-title") == "下载为 PNG 图片"
    context = json.loads(
        page.evaluate(
            """() => { const of = document.querySelector("[data-figure]")._context; return JSON.stringify(
            [of.locale, of.displaylogo, of.showSendToCloud, of.plotlyServerURL, of.responsive, of.scrollZoom]) }"""
        )
    )
    assert context == ["zh-CN", False, False, "", True, False]
    assert page.locator("[data-figure] a[href]").count() == 0
    assert page.evaluate("Plotly.version") == get_plotlyjs_version()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chart_is_saved_as_a_picture_on_white(page, clean, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto("/test-charts/plan-indicator/")
    draw_all(page)
    with page.expect_download() as saved:
        page.locator(".modebar-btn").click()
    assert saved.value.suggested_filename == "有效注册商标.png"
    content = saved.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000
    corner = page.evaluate(
        """async bytes => {
            const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
            canvas.drawImage(picture, 0, 0);
            return Array.from(canvas.getImageData(2, 2, 1, 1).data);
        }""",
        list(content),
    )
    assert corner == [255, 255, 255, 255]
    clean()


def test_colours_follow_the_reader_and_paper_is_light(page, clean):
    page.emulate_media(color_scheme="dark")
    page.goto("/test-charts/plan-indicator/")
    draw_all(page)
    assert colour_of_line(page) == rgb(charts.DARK[charts.ACCENT])
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert colour_of_line(page) == rgb(charts.ACCENT)
    assert page.locator(".main-svg").first.bounding_box()["width"] <= 700
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".js-line").last).to_have_css("stroke", rgb(charts.DARK[charts.ACCENT]))
    page.emulate_media(color_scheme="light")
    expect(page.locator(".js-line").last).to_have_css("stroke", rgb(charts.ACCENT))
    assert page.locator(".main-svg").first.bounding_box()["width"] > 700
    clean()


def test_all_charts_are_drawn_for_paper_even_those_not_yet_seen(page, clean):
    page.set_viewport_size({"width": 1440, "height": 500})
    page.goto("/test-charts/")
    expect(page.locator("[data-figure]").first).to_have_attribute("data-drawn", "")
    page.pdf(format="A4")  # as a reader's print command, it announces itself to the page
    assert page.locator("[data-figure]:not([data-drawn])").count() == 0
    clean()


def test_chart_fits_the_window_when_it_is_made_smaller(page, clean):
    page.goto("/test-charts/plan-indicator/")
    draw_all(page)
    years = page.locator(".xtick text")
    expect(years).to_have_count(6)
    page.set_viewport_size({"width": 320, "height": 800})
    expect(years).to_have_count(3)
    assert page.locator(".main-svg").first.bounding_box()["width"] <= 320
    assert not scrolls_sideways(page)
    clean()


def test_without_the_bundle_the_page_says_that_the_table_suffices(page, live_server):
    page.route("**/plotly-basic*", lambda route: route.abort())
    page.goto("/test-charts/plan-indicator/")
    expect(page.locator("[data-figure]")).to_have_text("图没有画出来；表中是同样的数字。")


def test_without_javascript_the_page_says_that_the_table_suffices(new_context):
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/test-charts/plan-indicator/")
    assert "表中是同样的数字" in page.locator("[data-figure]").inner_text()
    page.context.close()


def test_stylesheet_is_what_plotly_would_add_by_itself(page):
    assert vendored.rules(page) == vendored.RULES.read_text()
