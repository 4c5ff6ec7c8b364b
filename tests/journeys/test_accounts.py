"""Coming in, staying and being sent out, in a browser: by keyboard, with nothing typed lost."""

import re
import time

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from indicators import people as acts
from indicators.calculation.vocabulary import Role
from ipdash import sessions
from regions.models import LoginFailure, Token, User
from tests import factories
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import leaving, scripts_late, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"
NEW = "Staple-horse-77"


def sign_in(page, username="dolma", password=PASSWORD):
    page.goto("/accounts/login/")
    page.get_by_label("用户名", exact=True).fill(username)
    page.locator("#id_password").fill(password)
    with leaving(page):
        page.get_by_role("button", name="登录").click()


@pytest.fixture
def fine(page, clean):
    """The page shown fits, is accessible in both sizes, and broke no rule; a refused form is no fault of the page's."""
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))

    def check():
        settled(page)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert not scrolls_sideways(page)
            accessible(page)
        expected = ("Failed to load resource", "Clear-Site-Data header")
        assert [text for text in complaints if not text.startswith(expected)] == []
        assert page.evaluate("window.violations") == []

    return check


def as_if_ago(minutes):
    """All sessions as if begun and last used that many minutes earlier."""
    store = sessions.SessionStore()
    for row in Session.objects.all():
        data = row.get_decoded()
        data[sessions.STARTED] -= minutes * 60
        data[sessions.SEEN] -= minutes * 60
        Session.objects.filter(pk=row.pk).update(session_data=store.encode(data))


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, selector):
    """Tab until an element has the focus; everything must be reached so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with Tab")


def test_the_first_login_by_keyboard_alone(page, clean, people):
    first = acts.reset_password(people["alta"], by=people["dolma"])
    page.goto("/accounts/login/")
    tab_to(page, "#id_username")
    page.keyboard.type("alta")
    press(page, "Tab")
    page.keyboard.type(first)
    press(page, "Tab")  # the button that shows the password
    press(page, "Enter")
    expect(page.locator("#id_password")).to_have_attribute("type", "text")
    press(page, "Enter", "Shift+Tab", "Enter")
    page.wait_for_url("**/accounts/password/")
    expect(page.locator("main")).to_contain_text("请先换成只有您自己知道的密码")
    page.goto("/plans/")  # leads back here
    expect(page.locator("h1")).to_have_text("修改密码")
    tab_to(page, "#id_old_password")
    page.keyboard.type(first)
    tab_to(page, "#id_new_password")
    page.keyboard.type(NEW)
    tab_to(page, "#id_repeated")
    page.keyboard.type(NEW)
    with leaving(page):
        press(page, "Enter")
    expect(page.locator(".messages")).to_contain_text("密码已修改")
    assert User.objects.get(username="alta").check_password(NEW)
    clean()


def test_five_wrong_passwords(page, fine, people):
    for _ in range(4):
        sign_in(page, "alta", "wrong")
        expect(page.locator(".problem")).to_contain_text("用户名或密码不对")
    expect(page.locator(".problem")).to_be_focused()
    fine()
    sign_in(page, "alta", "wrong")
    expect(page.locator(".problem")).to_contain_text("15 分钟后再试")
    fine()
    sign_in(page, "alta")
    expect(page.locator("h1")).to_have_text("登录")
    LoginFailure.objects.all().delete()
    sign_in(page, "alta")
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def test_nobody_is_taken_out_of_a_field_by_scripts_that_come_late(page, people):
    page.goto("/accounts/login/")
    page.locator("#id_username").fill("alta")
    page.locator("#id_password").fill("wrong")
    with scripts_late(page):
        page.get_by_role("button", name="登录").click()
        page.locator(".problem").wait_for()
        page.locator("#id_password").focus()
    assert page.evaluate("document.activeElement.id") == "id_password"


def test_what_was_typed_survives_the_end_of_the_session(page, fine, people):
    sign_in(page)
    page.goto("/accounts/tokens/")
    page.get_by_label("用途").fill("月报 <程序>")
    page.get_by_label("有效天数").fill("30")
    page.get_by_label("可以写入").check()
    as_if_ago(minutes=31)
    page.get_by_role("button", name="建立令牌").click()
    expect(page.locator("main")).to_contain_text("刚才填写的内容没有丢")
    fine()
    page.locator("#id_username").fill("dolma")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.locator(".token-key").wait_for()
    token = Token.objects.get()
    assert (token.name, token.may_write, (token.expires_at - token.created_at).days) == ("月报 <程序>", True, 30)
    fine()


def test_without_scripts_it_is_sent_by_a_button(new_context, people):
    context = new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto("/accounts/tokens/")
    page.get_by_label("用途").fill("月报")
    as_if_ago(minutes=31)
    page.get_by_role("button", name="建立令牌").click()
    page.locator("#id_username").fill("dolma")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    with leaving(page):
        page.get_by_role("button", name="提交").click()
    assert Token.objects.get().name == "月报"
    context.close()


def test_two_minutes_before_the_end_one_may_stay(page, fine, people):
    sign_in(page)
    as_if_ago(minutes=28)
    # Looked at as the page's own watch would, two minutes before the end.
    page.goto("/accounts/stay/")  # JSON: only looks
    assert int(re.search(r"\d+", page.locator("body").inner_text())[0]) <= 120
    page.add_init_script("const left = window.setTimeout; window.setTimeout = (run, wait) => left(run, Math.min(wait, 300));")
    page.goto("/accounts/")
    box = page.get_by_role("alertdialog")
    time.sleep(1)
    assert not box.is_visible()  # the page just opened counts as use
    as_if_ago(minutes=28)
    box.wait_for()
    expect(box).to_contain_text("2 分钟后将自动退出")
    fine()
    box.get_by_role("button", name="继续使用").click()
    box.wait_for(state="hidden")
    as_if_ago(minutes=31)
    page.get_by_text("已自动退出").wait_for()
    fine()


@pytest.fixture
def busy(people, tree):
    """Every state that the screens of people show."""
    acts.switch_off(people["chen"], by=people["dolma"])
    factories.person("erden", (tree["150500"], Role.REVIEWER, True), must_change_password=True)
    for _ in range(5):
        acts.note_failure("bayar", "10.1.2.3")
    acts.make_token(people["alta"], name="月报", region=tree["150600"], role=Role.CLERK, may_write=True, by=people["alta"])
    token, _ = acts.make_token(people["dolma"], name="旧程序", by=people["dolma"])
    acts.revoke_token(token, by=people["dolma"])
    return people


def test_every_screen(page, fine, busy):
    page.goto("/accounts/login/")
    fine()
    sign_in(page)
    for address in (
        "/accounts/",
        "/accounts/password/",
        "/accounts/tokens/",
        "/accounts/people/",
        "/accounts/people/?q=nobody",
        "/accounts/people/new/",
        *(f"/accounts/people/{busy[name].pk}/" for name in ("alta", "bayar", "chen", "dolma")),
        "/accounts/audit/",
        "/accounts/audit/?day=2001-01-01",
    ):
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        fine()


def test_a_manager_makes_a_person_who_then_comes_in(page, fine, new_context, people):
    sign_in(page)
    page.goto("/accounts/people/")
    page.get_by_role("link", name="新建账号").click()
    page.get_by_label("用户名", exact=True).fill("two words")
    page.get_by_label("姓名").fill("Erden")
    page.get_by_label("地区", exact=True).select_option("150600")
    page.get_by_label("角色", exact=True).select_option("reviewer")
    page.get_by_role("button", name="建立账号").click()
    expect(page.get_by_role("alert")).to_contain_text("用户名")
    fine()
    page.get_by_label("用户名", exact=True).fill("erden")
    page.get_by_role("button", name="建立账号").click()
    password = page.locator("#secret").inner_text()
    fine()
    context = new_context()
    theirs = context.new_page()
    sign_in(theirs, "erden", password)
    expect(theirs.locator("h1")).to_have_text("修改密码")
    context.close()
    page.get_by_role("link", name="看此人的账号").click()
    page.get_by_text("重置密码…").click()
    fine()
    with leaving(page):
        page.get_by_role("button", name="重置密码").click()
    expect(page.locator("#secret")).not_to_have_text(password)
    fine()


def test_logging_out(page, fine, people):
    sign_in(page)
    page.get_by_role("button", name="退出").click()
    expect(page.locator("main")).to_contain_text("您已退出登录")
    fine()
    page.go_back()
    page.goto("/accounts/")
    expect(page.locator("h1")).to_have_text("登录")


def test_before_anybody_is_there_the_page_says_how_to_begin(page, fine, db):
    page.goto("/accounts/login/")
    assert "createsuperuser" in page.locator("main").inner_text()
    fine()
