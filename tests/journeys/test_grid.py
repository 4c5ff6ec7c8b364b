"""A clerk at the entry grid in a browser: by keys alone, by paste, without a network, without a session, beside a colleague."""

import json
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import expect

from indicators import locks, workflow
from indicators.calculation.vocabulary import EntryState
from indicators.models import Entry
from tests import factories
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import intercepted, leaving, scripts_late, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "/entry/150600/2024/"
PASSWORD = "correct horse battery"


@pytest.fixture
def ordos(people, tree):
    """Twelve indicators of Ordos with figures of the year before."""
    plan = factories.plan(tree["150600"], slug="ordos", title="鄂尔多斯规划")
    made = []
    for number in range(1, 13):
        series = factories.series(tree["150600"], code=f"indicator-{number}", name=f"指标{number}", definition="怎样计数")
        row = factories.plan_indicator(series, plan, position=number, number=str(number), name=f"规划指标{number}")
        factories.target(row, 2024, lower=60 + number)
        factories.actual(series, 2023, 40 + number, source="年报")
        made.append(series)
    return made


def sign_in(context, person, base_url):
    client = Client()
    client.force_login(person)
    for cookie in client.cookies.values():
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base_url}])


@pytest.fixture
def grid(page, clean, people, ordos, base_url):
    """The grid of Ordos, opened by Alta."""
    sign_in(page.context, people["alta"], base_url)
    page.goto(ADDRESS)
    return page


def value(page, number=1, column="value"):
    return page.locator(f"#indicator-{number} input[data-column={column}]")


def said(page, number=1):
    return page.locator(f"#said-indicator-{number}")


def type_into(page, number, text):
    value(page, number).focus()
    value(page, number).select_text()
    page.keyboard.type(text)


def drafts():
    return {entry.series.indicator.code: entry.as_typed for entry in Entry.objects.select_related("series__indicator")}


def saved(page):
    """Wait until the server has everything."""
    expect(page.locator("#saved")).to_contain_text("已保存")
    expect(page.locator("#unsaved")).to_be_empty()


IN_SIGHT = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    const places = [[box.left + 3, box.top + 3], [box.right - 3, box.bottom - 3]];
    return places.every(([x, y]) => element.contains(document.elementFromPoint(x, y)));
}"""


def focus_comes_in_sight(page):
    """Nothing lies over the element with the focus: not the head of the table, nor the bar beneath it, which may be a line
    higher for the moment in which a row is saved."""
    until(page, lambda: page.evaluate(IN_SIGHT), "the focus in sight", seconds=3)


def test_whole_round_by_keys_alone(page, clean, people, ordos):
    page.set_viewport_size({"width": 1440, "height": 700})
    page.goto(ADDRESS)
    page.locator("input[name=username]").focus()
    page.keyboard.type("alta")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with leaving(page):
        page.keyboard.press("Enter")
    assert urlsplit(page.url).path == ADDRESS
    for _ in range(60):
        page.keyboard.press("Tab")
        focus_comes_in_sight(page)
        if page.evaluate("document.activeElement.name") == "value-indicator-1":
            break
    for number in range(1, 13):
        page.keyboard.type(str(43 + number))
        focus_comes_in_sight(page)
        page.keyboard.press("Enter")
    for number in range(12, 0, -1):
        assert page.evaluate("document.activeElement.name") == f"value-indicator-{number}"
        focus_comes_in_sight(page)
        page.keyboard.press("Shift+Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("年报 https://a.example/1")
    page.keyboard.press("Tab")
    page.keyboard.type("说明")
    page.keyboard.press("Control+s")
    saved(page)
    assert drafts() == {f"indicator-{number}": str(43 + number) for number in range(1, 13)}
    first = Entry.objects.get(series=ordos[0])
    assert (first.source, first.source_url, first.note) == ("年报", "https://a.example/1", "说明")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result h2")).to_have_text("已提交 12 项，等待审核。")
    expect(page.locator("#result")).to_be_focused()
    assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.SUBMITTED}
    expect(page.locator(".lead")).to_contain_text("待审核 12，草稿 0")
    clean()


def test_by_tab_alone_everything_is_reached(grid, clean):
    value(grid).focus()
    reached = []
    for _ in range(6):
        reached.append(grid.evaluate("document.activeElement.name || document.activeElement.textContent"))
        focus_comes_in_sight(grid)
        grid.keyboard.press("Tab")
    assert reached[:3] == ["value-indicator-1", "source-indicator-1", "note-indicator-1"]
    assert reached[3:] == ["附上", "说明", "value-indicator-2"]
    clean()


def test_saved_as_one_types_and_on_leaving_with_echo_and_change(grid, clean):
    type_into(grid, 1, "1.2万")
    saved(grid)  # nothing was left: the pause was enough
    expect(grid.locator("#echo-indicator-1")).to_have_text("1.2万 → 12000 件")
    assert drafts() == {"indicator-1": "1.2万"}
    type_into(grid, 2, "63")
    grid.keyboard.press("Enter")
    expect(grid.locator("#indicator-2 .change")).to_have_text("增长 50.0%")
    expect(grid.locator("#indicator-2 .word")).to_have_text("草稿")
    expect(grid.locator("#indicator-2 .saving")).to_contain_text("已保存")
    expect(grid.locator(".lead")).to_contain_text("草稿 2，已退回 0，未填报 10")
    clean()


def test_what_is_typed_before_the_scripts_are_there_is_saved_too(page, clean, people, ordos, base_url):
    sign_in(page.context, people["alta"], base_url)
    with scripts_late(page):
        page.goto(ADDRESS, wait_until="commit")
        type_into(page, 3, "46")
        type_into(page, 1, "44")
    saved(page)
    assert drafts() == {"indicator-1": "44", "indicator-3": "46"}
    page.keyboard.press("Control+z")
    expect(value(page)).to_have_value("")
    page.keyboard.press("Enter")
    expect(value(page, 2)).to_be_focused()
    clean()


def test_what_is_typed_before_the_scripts_are_there_stands_above_what_was_held(grid):
    grid.on("dialog", lambda dialog: dialog.accept())
    with intercepted(grid, "**/cells/", lambda route: route.abort()):
        type_into(grid, 1, "44")
        value(grid, 1, "note").fill("说明")
        until(grid, lambda: "说明" in grid.evaluate("Object.values(sessionStorage)[0] ?? ''"), "this tab holds it")
        with scripts_late(grid):
            grid.reload(wait_until="commit")
            type_into(grid, 1, "45")
        expect(value(grid)).to_have_value("45")
        expect(value(grid, 1, "note")).to_have_value("说明")
    saved(grid)
    assert drafts() == {"indicator-1": "45"}


def test_keys_as_in_a_spreadsheet(grid, clean):
    at = lambda: grid.evaluate("document.activeElement.name")  # noqa: E731
    press = grid.keyboard.press
    value(grid).focus()
    for key, place in [
        ("ArrowDown", "value-indicator-2"),
        ("ArrowUp", "value-indicator-1"),
        ("ArrowRight", "source-indicator-1"),
        ("ArrowLeft", "value-indicator-1"),
        ("Shift+Enter", "value-indicator-1"),
    ]:
        press(key)
        assert at() == place, key
    grid.keyboard.type("123")
    press("ArrowLeft")
    assert at() == "value-indicator-1"  # inside the text
    press("Home")
    press("ArrowLeft")
    assert at() == "value-indicator-1"  # there is nothing further left
    press("End")
    press("ArrowRight")
    assert at() == "source-indicator-1"
    press("ArrowLeft")
    press("F2")
    press("ArrowLeft")
    grid.keyboard.type("9")
    expect(value(grid)).to_have_value("1293")
    press("Escape")
    expect(value(grid)).to_have_value("123")
    press("ArrowDown")
    press("ArrowUp")
    press("Delete")
    expect(value(grid)).to_have_value("")
    clean()


def test_a_click_chooses_the_cell_and_a_second_goes_into_the_text(grid, clean):
    type_into(grid, 1, "44")
    grid.keyboard.press("Enter")
    value(grid).click()
    grid.keyboard.type("5")
    expect(value(grid)).to_have_value("5")
    value(grid).click()
    grid.keyboard.press("End")
    grid.keyboard.type("6")
    expect(value(grid)).to_have_value("56")
    clean()


def test_undo_and_redo_go_act_by_act(grid, clean):
    type_into(grid, 1, "44")
    grid.keyboard.press("Enter")
    grid.keyboard.type("55")
    grid.keyboard.press("Control+z")
    expect(value(grid, 2)).to_have_value("")
    grid.keyboard.press("Control+z")
    expect(value(grid, 1)).to_have_value("")
    expect(value(grid, 1)).to_be_focused()
    grid.keyboard.press("Control+y")
    grid.keyboard.press("Control+Shift+z")
    expect(value(grid, 1)).to_have_value("44")
    expect(value(grid, 2)).to_have_value("55")
    saved(grid)
    assert drafts() == {"indicator-1": "44", "indicator-2": "55"}
    clean()


def test_the_source_above_is_copied_down(grid, clean):
    value(grid, 1, "source").focus()
    grid.keyboard.type("统计公报")
    grid.keyboard.press("Enter")
    grid.keyboard.press("Control+d")
    expect(value(grid, 2, "source")).to_have_value("统计公报")
    clean()


def test_help_on_its_key(grid, clean):
    value(grid).focus()
    grid.keyboard.press("?")
    expect(grid.locator("#keys")).to_be_visible()
    accessible(grid)
    grid.keyboard.press("Escape")
    expect(grid.locator("#keys")).to_be_hidden()
    expect(value(grid)).to_be_focused()
    value(grid, 1, "note").focus()
    grid.keyboard.type("为何?")
    expect(value(grid, 1, "note")).to_have_value("为何?")
    assert not grid.locator("#keys").is_visible()
    clean()


# Paste


def paste(page, text):
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            data.setData("text/html", "<table><tr><td>other</td></tr></table>");
            const told = { clipboardData: data, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", told));
        }""",
        text,
    )


def test_a_block_fills_from_the_cell_on_and_is_one_undo(grid, clean):
    type_into(grid, 4, "40")
    saved(grid)
    value(grid, 2).focus()
    paste(grid, '50\t年报\t"两县\n并入"\t多余\r\n1.2万\t\t见报\r\n见附件\t公报\r\n')
    expect(grid.locator("#pasted")).to_contain_text("已填入 7 格；空格 1 个，未改动；超出表格 1 格，未填入")
    expect(value(grid, 2, "note")).to_have_value("两县 并入")
    expect(value(grid, 4)).to_have_value("见附件")
    expect(grid.locator("#pasted li")).to_contain_text("规划指标4：“见附件” “见附件”不是数字")
    expect(value(grid, 4)).to_have_attribute("aria-invalid", "true")
    assert drafts() == {"indicator-2": "50", "indicator-3": "1.2万", "indicator-4": "见附件"}
    accessible(grid)
    grid.locator("#pasted a").press("Enter")
    expect(value(grid, 4)).to_be_focused()
    grid.keyboard.press("Control+z")
    expect(value(grid, 2)).to_have_value("")
    expect(value(grid, 4)).to_have_value("40")
    saved(grid)
    assert drafts() == {"indicator-4": "40"}
    clean()


def test_one_cell_is_pasted_into_the_text(grid, clean):
    value(grid).focus()
    paste(grid, "1,234\r\n")
    expect(value(grid)).to_have_value("1,234")
    saved(grid)
    assert drafts() == {"indicator-1": "1,234"}
    clean()


def test_what_hangs_over_the_last_row_is_told(grid, clean):
    value(grid, 12).focus()
    paste(grid, "1\n2\n3")
    expect(grid.locator("#pasted")).to_contain_text("已填入 1 格；超出表格 2 格，未填入")
    clean()


# Without a network


def test_offline_and_back(grid):
    grid.context.set_offline(True)
    type_into(grid, 1, "44")
    grid.keyboard.press("Enter")
    expect(grid.locator("#unsaved")).to_have_text("未保存 1 格")
    expect(grid.locator("#saved")).to_have_text("网络已断开，恢复后自动保存")
    grid.keyboard.type("55")
    grid.keyboard.press("Enter")
    expect(grid.locator("#unsaved")).to_have_text("未保存 2 格")
    assert drafts() == {}
    accessible(grid)
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("#result")).to_contain_text("还有 2 格没有保存")
    grid.context.set_offline(False)
    saved(grid)
    assert drafts() == {"indicator-1": "44", "indicator-2": "55"}


def test_server_gone_then_there_again(grid):
    """Retried by itself, also where the browser knows of no break."""
    with intercepted(grid, "**/cells/", lambda route: route.fulfill(status=503, body="away")):
        type_into(grid, 1, "44")
        expect(grid.locator("#saved")).to_contain_text("没有连上服务器")
    saved(grid)
    assert drafts() == {"indicator-1": "44"}


def test_lost_answer_is_no_conflict(grid):
    """The server wrote, the answer did not arrive: sent again it is the same."""

    def swallow(route):
        route.fetch()
        route.abort()

    with intercepted(grid, "**/cells/", swallow):
        type_into(grid, 1, "44")
        expect(grid.locator("#saved")).to_contain_text("没有连上服务器")
    saved(grid)
    expect(said(grid)).to_have_count(0)
    assert Entry.objects.get().version == 1


def test_unsaved_text_survives_a_reload_and_leaving_warns(grid):
    asked = []
    grid.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    grid.reload()
    assert asked == []  # nothing unsaved, no question
    with intercepted(grid, "**/cells/", lambda route: route.abort()):
        type_into(grid, 1, "44")
        value(grid, 1, "note").fill("说明")
        expect(grid.locator("#unsaved")).to_have_text("未保存 1 格")
        grid.reload()
        assert asked == ["beforeunload"]
        expect(value(grid)).to_have_value("44")
        expect(value(grid, 1, "note")).to_have_value("说明")
        expect(grid.locator("#unsaved")).to_have_text("未保存 1 格")
    saved(grid)
    assert drafts() == {"indicator-1": "44"}
    until(grid, lambda: grid.evaluate("sessionStorage.length") == 0, "nothing is kept that is saved")


def test_a_link_waits_for_what_is_being_saved(grid, clean):
    type_into(grid, 1, "44")
    with leaving(grid):
        grid.get_by_role("link", name="按维度").click()
    assert grid.url.endswith("view=dimension")
    expect(value(grid)).to_have_value("44")
    assert drafts() == {"indicator-1": "44"}
    clean()


def test_figures_in_force_are_not_kept_in_the_browser(grid):
    grid.route("**/cells/", lambda route: route.abort())
    type_into(grid, 1, "77")
    expect(grid.locator("#unsaved")).to_have_text("未保存 1 格")
    held = {"indicator-1": {"typed": "77", "source": "", "note": "", "version": 0, "seen": 0}}
    until(grid, lambda: json.loads(grid.evaluate("Object.values(sessionStorage)[0] ?? '{}'")) == held, "this tab holds it")
    assert grid.evaluate("localStorage.length") == 0
    grid.on("dialog", lambda dialog: dialog.accept())


# Without a session


def test_session_ends_in_the_middle_of_typing(grid):
    type_into(grid, 1, "44")
    saved(grid)
    Session.objects.all().delete()
    type_into(grid, 2, "55")
    notice = grid.locator("#session")
    expect(notice).to_contain_text("登录已过期。所填内容都还在这一页")
    expect(grid.locator("#unsaved")).to_have_text("未保存 1 格")
    accessible(grid)
    type_into(grid, 3, "66")
    with grid.context.expect_page() as opened:
        notice.get_by_role("link", name="在新标签页登录").click()
    door = opened.value
    door.locator("input[name=username]").fill("alta")
    door.locator("input[name=password]").fill(PASSWORD)
    with leaving(door):
        door.keyboard.press("Enter")
    assert urlsplit(door.url).path == ADDRESS
    door.close()
    grid.bring_to_front()
    grid.evaluate("window.dispatchEvent(new Event('focus'))")  # headless windows do not get it by themselves
    saved(grid)
    expect(notice).to_be_hidden()
    assert drafts() == {"indicator-1": "44", "indicator-2": "55", "indicator-3": "66"}


def test_another_account_does_not_take_over_what_was_typed(grid, people, tree, base_url):
    other = factories.person("erden", (tree["150600"], "clerk", False))
    sign_in(grid.context, other, base_url)
    type_into(grid, 1, "44")
    expect(grid.locator("#session")).to_contain_text("请用原来的账号重新登录")
    assert drafts() == {}
    sign_in(grid.context, people["alta"], base_url)
    grid.evaluate("window.dispatchEvent(new Event('focus'))")
    saved(grid)
    assert Entry.objects.get().entered_by == people["alta"]


# Beside others


def test_two_tabs_in_one_cell_mine(grid, people, ordos):
    workflow.save_draft(ordos[0], 2024, as_typed="44", value=44, by=people["alta"])
    type_into(grid, 1, "45")
    expect(said(grid)).to_contain_text("您填的是 45；现有的是 44。")
    expect(value(grid)).to_have_value("45")
    expect(grid.locator("#unsaved")).to_have_text("未保存 1 格")
    accessible(grid)
    said(grid).get_by_role("button", name="用我的").click()
    saved(grid)
    assert drafts() == {"indicator-1": "45"}
    expect(said(grid)).to_have_count(0)


def test_two_tabs_in_one_cell_theirs(grid, people, ordos):
    workflow.save_draft(ordos[0], 2024, as_typed="44", value=44, note="对方", by=people["alta"])
    type_into(grid, 1, "45")
    said(grid).get_by_role("button", name="用现有的").click()
    expect(value(grid)).to_have_value("44")
    expect(value(grid, 1, "note")).to_have_value("对方")
    expect(grid.locator("#unsaved")).to_be_empty()
    type_into(grid, 1, "46")
    saved(grid)
    assert drafts() == {"indicator-1": "46"}


def test_two_clerks_in_one_cell(grid, new_context, people, ordos, tree, base_url):
    """Who was second keeps what was typed, sees both, and can go on when the first takes it back."""
    other = factories.person("erden", (tree["150600"], "clerk", False))
    theirs = new_context()
    sign_in(theirs, other, base_url)
    second = theirs.new_page()
    second.goto(ADDRESS)
    type_into(grid, 1, "44")
    saved(grid)
    type_into(second, 1, "45")
    expect(said(second)).to_contain_text("“Alta”填报的 44")
    expect(said(second)).to_contain_text("您填的是 45；现有的是 44。")
    expect(value(second)).to_have_value("45")
    accessible(second)
    with second.expect_response("**/cells/"):
        said(second).get_by_role("button", name="再试一次用我的").click()
    expect(said(second)).to_contain_text("“Alta”填报的 44")
    value(grid).fill("")
    value(grid).press("Enter")
    saved(grid)
    said(second).get_by_role("button", name="再试一次用我的").click()
    saved(second)
    assert Entry.objects.get().entered_by == other
    theirs.close()


def test_a_colleagues_figure_is_taken_over_as_it_is(grid, ordos, tree):
    other = factories.person("erden", (tree["150600"], "clerk", False))
    workflow.save_draft(ordos[0], 2024, as_typed="51", value=51, by=other)
    type_into(grid, 1, "45")
    said(grid).get_by_role("button", name="用现有的").click()
    expect(value(grid)).to_have_value("51")
    expect(value(grid)).to_have_attribute("readonly", "")
    expect(grid.locator("#unsaved")).to_be_empty()


def test_approved_while_typing(grid, ordos):
    factories.actual(ordos[0], 2024, 43)
    type_into(grid, 1, "45")
    expect(said(grid)).to_contain_text("您填的是 45；现有的是 43。")
    grid.reload()
    expect(said(grid)).to_contain_text("您填的是 45；现有的是 43。")
    said(grid).get_by_role("button", name="用现有的").click()
    expect(said(grid)).to_have_count(0)
    saved(grid)
    assert drafts() == {}


def test_approved_while_typing_and_mine_goes_on(grid, ordos):
    type_into(grid, 1, "45")
    saved(grid)
    factories.actual(ordos[0], 2024, 43)
    grid.reload()
    said(grid).get_by_role("button", name="用我的").click()
    expect(said(grid)).to_contain_text("须在备注里写明更正的理由")
    value(grid, 1, "note").fill("年报更正")
    expect(said(grid)).to_have_count(0)
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("#result h2")).to_have_text("已提交 1 项，等待审核。")


def test_locked_while_typing(grid, people, tree):
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿")
    type_into(grid, 1, "45")
    expect(said(grid)).to_contain_text("2024 年已由“Dolma”锁定（年报已定稿）")
    expect(value(grid)).to_have_value("45")
    expect(grid.locator("#unsaved")).to_have_text("未保存 1 格")
    accessible(grid)


# What the page offers


def test_not_applicable_clearing_and_taking_back_by_buttons(grid, clean, ordos):
    factories.actual(ordos[1], 2024, 50, source="公报")
    grid.reload()
    for number in (1, 2):
        grid.locator(f"#indicator-{number} summary").click()
    grid.locator("#indicator-1").get_by_role("button", name="不适用").click()
    grid.locator("#indicator-2").get_by_role("button", name="清除已生效的数值").click()
    expect(value(grid, 2, "note")).to_be_focused()  # where the reason goes
    saved(grid)
    expect(said(grid, 2)).to_contain_text("清除已生效的数值，须在备注里写明理由")
    assert Entry.objects.get(series=ordos[0]).not_applicable
    assert Entry.objects.get(series=ordos[1]).clears
    accessible(grid)
    grid.locator("#indicator-2").get_by_role("button", name="撤销填报").click()
    expect(grid.locator("#indicator-2 .word")).to_have_text("已生效")
    saved(grid)
    assert drafts() == {"indicator-1": "不适用"}
    clean()


def test_chosen_ones_are_submitted_and_the_rest_stays(grid, clean):
    type_into(grid, 1, "44")
    type_into(grid, 2, "400")
    grid.keyboard.press("Control+s")
    saved(grid)
    grid.locator("#indicator-2 input[name=chosen]").check()
    grid.get_by_role("button", name="提交审核").click()
    result = grid.locator("#result")
    expect(result.locator("h2")).to_have_text("一项也没有提交。")
    result.get_by_role("link", name="规划指标2").press("Enter")
    expect(value(grid, 2)).to_be_focused()
    accessible(grid)
    value(grid, 2, "note").fill("新设窗口")
    grid.keyboard.press("Control+Enter")
    expect(result.locator("h2")).to_have_text("已提交 1 项，等待审核。")
    assert Entry.objects.get(state=EntryState.DRAFT).as_typed == "44"
    clean()


def test_reviewers_reason_at_the_cell(grid, clean, people, ordos):
    entry = workflow.submit(ordos[0], 2024, value=44, as_typed="44", by=people["alta"])
    workflow.send_back(entry, by=people["bayar"], version=1, reason="请附年报")
    grid.reload()
    expect(said(grid)).to_contain_text("退回理由：请附年报")
    accessible(grid)
    value(grid, 1, "source").fill("年报第 3 页")
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("#result h2")).to_have_text("已提交 1 项，等待审核。")
    clean()


def test_evidence_is_attached_and_listed(grid, clean, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with leaving(grid):
        grid.locator("#indicator-1 .files a").click()
    grid.set_input_files("#file", {"name": "扫描件.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 scan"})
    grid.get_by_role("button", name="上传").click()
    expect(grid.get_by_role("link", name="扫描件.pdf")).to_be_visible()
    accessible(grid)
    with grid.expect_download() as download:
        grid.get_by_role("link", name="扫描件.pdf").click()
    assert download.value.suggested_filename == "扫描件.pdf"
    with leaving(grid):
        grid.get_by_label("位置").get_by_role("link").click()
    expect(grid.locator("#indicator-1 .files")).to_contain_text("1 份")
    clean()


@pytest.mark.parametrize("size", SIZES)
def test_every_state_at_every_width(page, clean, people, ordos, tree, base_url, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page.context, people["alta"], base_url)
    other = factories.person("erden", (tree["150600"], "clerk", False))
    factories.actual(ordos[0], 2024, 44)
    factories.actual(ordos[1], 2024, None, not_applicable=True)
    workflow.save_draft(ordos[2], 2024, as_typed="见附件", by=people["alta"])
    workflow.save_draft(ordos[3], 2024, as_typed="400", value=400, by=people["alta"])
    workflow.save_draft(ordos[4], 2024, as_typed="51", value=51, by=other)
    entry = workflow.submit(ordos[5], 2024, value=44, by=people["alta"])
    workflow.send_back(entry, by=people["bayar"], version=1, reason="请附年报")
    workflow.submit(ordos[6], 2024, value=47, by=people["alta"])
    page.goto(ADDRESS)
    expect(page.locator(".lead")).to_contain_text("应填 12 项：已生效 2，待审核 1，草稿 3，已退回 1，未填报 5。")
    assert not scrolls_sideways(page)
    accessible(page)
    page.goto(f"{ADDRESS}?view=dimension")
    page.locator("#indicator-1 summary").click()
    assert not scrolls_sideways(page)
    accessible(page)
    page.goto(f"{ADDRESS}evidence/indicator-1/")
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


@pytest.mark.parametrize("size", SIZES)
def test_locked_year(page, clean, people, ordos, tree, base_url, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    factories.actual(ordos[0], 2024, 44)
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿")
    sign_in(page.context, people["alta"], base_url)
    page.goto(ADDRESS)
    expect(page.locator(".locked")).to_contain_text("年报已定稿")
    assert page.locator("table.grid input").count() == 0
    assert not scrolls_sideways(page)
    accessible(page)
    clean()


def test_on_a_phone_each_indicator_is_a_card(page, clean, people, ordos, base_url):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page.context, people["alta"], base_url)
    page.goto(ADDRESS)
    field = value(page).bounding_box()
    assert field["width"] > 240
    assert field["height"] >= 44
    type_into(page, 1, "44")
    page.keyboard.press("Enter")
    focus_comes_in_sight(page)
    saved(page)
    expect(value(page, 2)).to_be_focused()
    clean()


# Without scripts


def test_plain_form_without_scripts(new_context, base_url, people, ordos):
    context = new_context(java_script_enabled=False)
    sign_in(context, people["alta"], base_url)
    page = context.new_page()
    page.goto(ADDRESS)
    value(page, 1).fill("见附件")
    value(page, 2).fill("50")
    with leaving(page):
        page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("#problems h2")).to_have_text("有 1 格需要改正，其余改动已保存为草稿")
    expect(page.locator("#problems")).to_be_focused()
    expect(value(page, 1)).to_have_value("见附件")
    expect(value(page, 1)).to_have_attribute("aria-invalid", "true")
    page.locator("#problems a").press("Enter")
    expect(value(page, 1)).to_be_focused()
    value(page, 1).fill("44")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".messages")).to_contain_text("已提交 2 项，等待审核")
    assert not page.get_by_role("button", name="按键说明").is_visible()
    context.close()
