"""Review in a browser: returned and mended, accepted by keyboard alone, closed years; as reviewer, manager and stranger."""

import datetime

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from indicators import locks, workflow
from indicators.calculation.vocabulary import EntryState, JobKind, Role
from indicators.models import Actual, Entry, Job
from tests import factories
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import leaving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def series(tree):
    """Four indicators of a plan of Ordos, with figures of 2023."""
    plan, made = factories.plan(tree["150600"]), []
    for number in range(4):
        one = factories.series(tree["150600"], code=f"i{number}", name=f"指标{number}")
        row = factories.plan_indicator(one, plan, position=number, responsible="市市场监管局")
        factories.target(row, 2025, lower=50)
        factories.actual(one, 2023, 40)
        made.append(one)
    return made


@pytest.fixture
def waiting(series, people):
    return [workflow.submit(one, 2024, value=44, by=people["alta"], source="年报") for one in series]


def come_in(page, live_server, person):
    """As somebody who has logged in."""
    client = Client()
    client.force_login(person)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def good(page, clean):
    """At both sizes: nothing to complain of, and nothing sticks out."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert not scrolls_sideways(page)
        accessible(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    clean()


def boxes(page):
    return page.locator("input[name=entry]")


def test_returned_with_a_reason_mended_and_accepted(page, clean, live_server, people, waiting, series):
    come_in(page, live_server, people["bayar"])
    page.goto("/entry/")
    with leaving(page):
        page.get_by_role("link", name="鄂尔多斯市 2024 年").click()
    expect(page.locator(".lead")).to_contain_text("4 项等待审核")
    page.locator("button", has_text="退回指标0").click()
    expect(page.locator("#reason")).to_be_focused()
    expect(boxes(page).first).to_be_checked()
    page.locator("#reason").fill("与年报不符")
    with leaving(page):
        page.get_by_role("button", name="退回所选").last.click()
    expect(page.locator(".messages")).to_contain_text("已退回 1 项")
    assert Entry.objects.get(series=series[0]).returned_because == "与年报不符"
    clean()

    page.context.clear_cookies()
    come_in(page, live_server, people["alta"])
    page.goto("/entry/")
    expect(page.locator(".returned")).to_contain_text("与年报不符")
    link = page.locator(".returned a")
    assert link.get_attribute("href") == "/entry/150600/2024/#i0"
    entry = Entry.objects.get(series=series[0])
    workflow.submit(series[0], 2024, value=43, by=people["alta"], version=entry.version, source="年报")
    clean()

    page.context.clear_cookies()
    come_in(page, live_server, people["bayar"])
    page.goto("/review/")
    expect(page.locator(".waiting tbody tr").first).to_contain_text("43")
    with leaving(page):
        page.locator("button", has_text="通过指标0").click()
    expect(page.locator(".messages")).to_contain_text("已通过 1 项")
    assert Actual.objects.get(series=series[0], year=2024).value == 43

    with leaving(page):
        page.locator(".messages a").click()
    expect(page.locator("h1")).to_contain_text("审核")
    page.locator("#reason").fill("按错了")
    with leaving(page):
        page.get_by_role("button", name="整批撤回").click()
    expect(page.locator(".messages")).to_contain_text("已撤回这一批")
    assert not Actual.objects.filter(series=series[0], year=2024).exists()
    good(page, clean)


def test_many_are_accepted_and_one_returned_by_keyboard_alone(page, clean, live_server, people, waiting, series):
    come_in(page, live_server, people["bayar"])
    page.goto("/review/")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "entry":
            break
    expect(boxes(page).nth(0)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(boxes(page).nth(2)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Space")
    expect(page.locator("[data-count]")).to_have_text("已选 2 项")
    with leaving(page):
        page.keyboard.press("a")
    expect(page.locator(".messages")).to_contain_text("已通过 2 项")
    assert set(Actual.objects.filter(year=2024).values_list("series__indicator__code", flat=True)) == {"i0", "i1"}
    assert Job.objects.filter(kind=JobKind.REVIEW).count() == 1

    boxes(page).nth(0).focus()
    page.keyboard.press("r")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("a r j")  # letters of the shortcuts are only letters here
    with leaving(page):
        page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("已退回 1 项")
    assert Entry.objects.get(series=series[2]).returned_because == "a r j"
    assert Entry.objects.get(series=series[3]).state == EntryState.SUBMITTED
    clean()


def test_all_of_the_page_are_chosen_at_once(page, clean, live_server, people, waiting):
    come_in(page, live_server, people["bayar"])
    page.goto("/review/")
    page.get_by_label("全选本页").check()
    expect(page.locator("[data-count]")).to_have_text("已选 4 项")
    boxes(page).nth(1).uncheck()
    assert page.get_by_label("全选本页").evaluate("box => box.indeterminate")
    with leaving(page):
        page.get_by_role("button", name="通过所选").click()
    expect(page.locator(".messages")).to_contain_text("已通过 3 项")
    good(page, clean)


def test_focus_is_never_hidden_under_the_bar(page, clean, live_server, people, waiting):
    come_in(page, live_server, people["bayar"])
    page.set_viewport_size({"width": 1440, "height": 500})
    page.goto("/review/")
    boxes(page).first.focus()
    for _ in range(4):
        bar = page.locator(".decide").bounding_box()
        box = page.locator(":focus").bounding_box()
        assert box["y"] + box["height"] <= bar["y"]
        page.keyboard.press("j")
    clean()


def test_without_javascript_the_form_does_it_all(new_context, live_server, people, waiting, series):
    page = new_context(java_script_enabled=False).new_page()
    come_in(page, live_server, people["bayar"])
    page.goto("/review/")
    assert not page.get_by_label("全选本页").is_visible()
    boxes(page).nth(1).check()
    with leaving(page):
        page.get_by_role("button", name="退回所选").last.click()
    expect(page.locator(".problem")).to_contain_text("请写明退回理由")
    expect(boxes(page).nth(1)).to_be_checked()
    page.locator("#reason").fill("请核对")
    with leaving(page):
        page.locator("#reason").press("Enter")
    expect(page.locator(".messages")).to_contain_text("已退回 1 项")
    with leaving(page):
        page.locator("button", has_text="通过指标0").click()
    expect(page.locator(".messages")).to_contain_text("已通过 1 项")
    page.context.close()


def test_a_year_is_closed_by_its_manager_and_says_so_to_the_reviewer(page, clean, live_server, people, waiting):
    come_in(page, live_server, people["dolma"])
    page.goto("/review/locks/")
    good(page, clean)
    page.locator("#region").select_option("150600")
    page.locator("#year").select_option("2024")
    page.locator("#reason").fill("年报已上报")
    with leaving(page):
        page.get_by_role("button", name="锁定").click()
    expect(page.locator(".messages")).to_contain_text("已锁定 1 个地区的年度")
    with leaving(page):
        page.locator(".locks td a").click()
    good(page, clean)

    page.context.clear_cookies()
    come_in(page, live_server, people["bayar"])
    page.goto("/review/")
    expect(page.locator(".refusal").first).to_contain_text("2024 年已由“Dolma”锁定（年报已上报）")
    assert boxes(page).count() == 0
    assert page.locator(".decide").count() == 0
    good(page, clean)


def test_own_and_overtaken_figures_say_why_they_stay(page, clean, live_server, people, series, tree):
    both = factories.person("both", (tree["150600"], Role.CLERK, False), (tree["150600"], Role.REVIEWER, False))
    workflow.submit(series[0], 2024, value=44, by=both)
    workflow.submit(series[1], 2024, value=400_000, by=people["alta"], note="x" * 200, source="很长的来源" * 20)
    factories.actual(series[1], 2024, 43)
    come_in(page, live_server, both)
    page.goto("/review/")
    expect(page.locator(".refusal")).to_contain_text("这是您自己填报的")
    expect(page.locator(".grounds").last).to_contain_text("只能退回")
    good(page, clean)
    with leaving(page):
        page.get_by_role("button", name="退回所选").last.click()
    expect(page.locator(".problem")).to_contain_text("还没有选中任何一项")
    expect(page.locator("#problem")).to_be_focused()
    accessible(page)


def test_the_manager_copies_what_to_send(page, clean, live_server, people, series):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    come_in(page, live_server, people["dolma"])
    page.goto("/entry/")
    good(page, clean)
    with leaving(page):
        page.get_by_role("link", name="逐项看，复制催报文字").click()
    good(page, clean)
    page.get_by_role("button", name="复制文字").click()
    expect(page.locator("[data-copied]")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()").startswith("【催报】")


def test_a_correction_is_proposed_and_every_state_of_the_form_is_accessible(page, clean, live_server, people, series):
    come_in(page, live_server, people["alta"])
    page.goto("/history/?region=150600&indicator=i0")
    with leaving(page):
        page.get_by_role("link", name="2023 年").click()
    good(page, clean)
    page.get_by_label("更正后的数值").fill("1e3")
    page.get_by_label("更正理由").fill("漏计一家")
    with leaving(page):
        page.get_by_role("button", name="提交更正").click()
    expect(page.locator(".problem")).to_contain_text("科学计数法")
    accessible(page)
    page.get_by_label("更正后的数值").fill("41")
    Actual.objects.filter(series=series[0]).update(value=42, version=2)
    with leaving(page):
        page.get_by_role("button", name="提交更正").click()
    expect(page.locator(".problem")).to_contain_text("您填的是“41”")
    accessible(page)
    with leaving(page):
        page.get_by_role("button", name="提交更正").click()
    expect(page.locator(".messages")).to_contain_text("已提交，等待审核")
    assert Entry.objects.get().value == 41


@pytest.mark.parametrize(
    "address",
    [
        "/entry/",
        "/history/batches/",
        "/history/?region=150600&indicator=i0&view=all",
        "/history/people/{pk}/",
        "/review/locks/",
    ],
)
def test_lists_are_accessible_full_and_empty(page, clean, live_server, people, series, address):
    come_in(page, live_server, people["alta"])
    page.goto(address.format(pk=people["alta"].pk))
    good(page, clean)
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    entry = workflow.submit(series[0], 2024, value=44, by=people["alta"], note="备注", job=batch)
    workflow.send_back(entry, by=people["bayar"], version=entry.version, reason="请核对")
    lock = locks.lock_year(series[0].region, 2022, by=people["dolma"], reason="年报已上报")
    until = timezone.localdate() + datetime.timedelta(days=3)
    locks.except_from(lock, people["alta"], by=people["dolma"], reason="补报", until=until)
    page.goto(address.format(pk=people["alta"].pk))
    good(page, clean)


def test_a_batch_that_cannot_be_withdrawn_says_so(page, clean, live_server, people, series):
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    entry = workflow.submit(series[0], 2024, value=44, by=people["alta"], job=batch)
    come_in(page, live_server, people["alta"])
    page.goto(f"/history/batches/{batch.pk}/")
    good(page, clean)
    workflow.approve(entry, by=people["bayar"], version=entry.version)
    page.locator("#reason").fill("录错")
    with leaving(page):
        page.get_by_role("button", name="整批撤回").click()
    expect(page.locator(".problem")).to_contain_text("已审核生效，请由审核员撤回审核")
    accessible(page)


def test_a_stranger_is_refused_in_words(page, live_server, people, series):
    come_in(page, live_server, people["chen"])
    for address in ("/review/", "/entry/150600/2023/i0/correct/"):
        assert page.goto(address).status == 403
        accessible(page)
    assert "没有批次" in (page.goto("/history/batches/") and page.locator("main").inner_text())
