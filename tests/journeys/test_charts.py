"""Charts in a browser, on a page of their own, under the policy that every page has."""

import json
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import expect
from plotly.offline import get_plotlyjs_version

from indicators import charts
from indicators.charts import Interim
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


def words_outside(page, paper=False):
    """Those of the charts that stand beyond the edge: of their place on the screen, on paper of what is drawn."""
    return page.evaluate(
        """paper => Array.from(document.querySelectorAll("[data-figure] svg text"), text => {
            const figure = text.closest("[data-figure]"), own = text.getBoundingClientRect();
            const box = (paper ? figure.querySelector("svg.main-svg") : figure).getBoundingClientRect();
            const wide = own.left < box.left - 1 || own.right > box.right + 1;
            const high = own.top < box.top - 1 || own.bottom > box.bottom + 1;
            return (wide || high) && own.width ? `${figure.dataset.figure}: ${text.textContent}` : "";
        }).filter(Boolean)""",
        paper,
    )


@pytest.mark.parametrize("size", SIZES)
def test_words_stay_inside_the_chart(page, clean, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/test-charts/")
    draw_all(page)
    assert words_outside(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_figure_of_the_last_months_keeps_its_words_on_the_screen_and_on_paper(page, clean, monkeypatch, width):
    late = Interim(2024.887, date(2024, 9, 30), 3.45, "3.4512", "2024 年 9 月 30 日（时点）")
    monkeypatch.setattr(chart_pages, "TRADEMARKS", replace(chart_pages.TRADEMARKS, interim=[late]))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/test-charts/plan-indicator/")
    draw_all(page)
    expect(page.locator(".annotation-text", has_text="期中 3.4512（2024-09-30）")).to_have_count(1)
    assert words_outside(page) == []
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert words_outside(page, paper=True) == []
    clean()


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


ORDER = """
window.order = [];
window.turns = 0;
const { setTimeout } = window;
window.setTimeout = (work, ...rest) => setTimeout(() => { window.turns += 1; work(); }, ...rest);
function drawn(changes) {
    for (const { target } of changes) window.order.push([target.dataset.figure, window.turns]);
}
new MutationObserver(drawn).observe(document, {subtree: true, attributeFilter: ["data-drawn"]});
"""


def test_what_is_in_view_is_drawn_first(page, clean):
    page.set_viewport_size({"width": 1440, "height": 500})
    page.add_init_script(ORDER)
    held = []
    page.route("**/plotly-basic*", lambda route: held.append(route))
    page.goto("/test-charts/", wait_until="domcontentloaded")
    until(page, lambda: held, "plotly.js is asked for")
    page.locator("[data-figure=compare]").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('[data-figure=compare]').getBoundingClientRect().top < 500")
    held[0].continue_()
    expect(page.locator("[data-figure=plan-indicator]")).to_have_attribute("data-drawn", "")
    order = [name for name, _ in page.evaluate("window.order")]
    assert order.index("compare") < order.index("plan-indicator")
    clean()


def test_charts_are_drawn_in_a_task_each(page, clean):
    """What else the browser has to do it can do after each of them."""
    page.set_viewport_size({"width": 1440, "height": 3000})
    page.add_init_script(ORDER)
    page.goto("/test-charts/")
    boxes = draw_all(page)
    turns = [turn for _, turn in page.evaluate("window.order")]
    assert len(turns) == len(set(turns)) == boxes.count()
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


def test_chart_is_saved_as_the_picture_that_the_server_draws(page, clean):
    page.emulate_media(color_scheme="dark")  # which is on white all the same
    page.goto("/test-charts/plan-indicator/")
    draw_all(page)
    with page.expect_download() as saved:
        page.locator(".modebar-btn").click()
    assert saved.value.suggested_filename == "有效注册商标.png"
    assert saved.value.path().read_bytes() == page.request.get("/test-charts/plan-indicator.png").body()
    clean()


def test_what_must_be_said_of_a_chart_stands_below_it(page, clean):
    page.goto("/test-charts/plan-indicator/")
    (box,) = draw_all(page).all()
    note = page.get_by_text("“照此推算”是直线的延长。")
    assert note.bounding_box()["y"] >= box.bounding_box()["y"] + box.bounding_box()["height"]
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


@pytest.mark.parametrize("size", SIZES)
def test_without_javascript_pictures_stand_in_at_full_width_and_no_box_is_empty(new_context, size):
    page = new_context(java_script_enabled=False, viewport={"width": size[0], "height": size[1]}).new_page()
    page.goto("/test-charts/")
    assert not [box for box in page.locator("[data-figure]").all() if box.is_visible()]
    width = page.locator("h1").bounding_box()["width"]
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        assert box["width"] == width
        assert box["height"] > width / 5
    assert page.locator("img").count() == len(chart_pages.figures())
    assert page.get_by_role("img", name="有效注册商标").is_visible()
    page.context.close()


def test_stylesheet_is_what_plotly_would_add_by_itself(page):
    assert vendored.rules(page) == vendored.RULES.read_text()
