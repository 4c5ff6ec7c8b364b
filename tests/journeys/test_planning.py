"""A manager's plan in a browser, by keyboard alone: from the work list to an amended target that the public page marks."""

import datetime
import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from indicators.calculation.vocabulary import Role
from indicators.models import Amendment, Indicator, Plan, Series, Target
from tests import factories
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_STOPS = 120


@pytest.fixture
def indicator():
    return factories.indicator()


@pytest.fixture
def dolma(page, live_server, people):
    """The page of the manager of the whole region, who has logged in."""
    client = Client()
    client.force_login(people["dolma"])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return page


@pytest.fixture
def fine(page, clean):
    """At both sizes: nothing to complain of, nothing sticks out, nothing broke the policy; a refusal is no complaint."""
    complaints = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))

    def check(refused=False):
        settled(page)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert not scrolls_sideways(page)
            accessible(page)
        page.set_viewport_size({"width": 1440, "height": 900})
        if refused:
            assert [text for text in complaints if not text.startswith("Failed to load resource")] == []
            assert page.evaluate("window.violations") == []
        else:
            clean()

    return check


def tab_to(page, selector):
    """Tab until an element has the focus; everything must be reached so."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with Tab")


def type_in(page, selector, text):
    """Replace what a field holds."""
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def choose(page, selector, word):
    """Go down a list to the choice that begins with a word."""
    tab_to(page, selector)
    page.keyboard.press("Home")
    for _ in range(MOST_STOPS):
        if page.evaluate("document.activeElement.selectedOptions[0].text").startswith(word):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{selector} has no {word}")


def test_from_the_work_list_to_an_amended_target(dolma, fine, indicator, tree):
    page = dolma
    page.goto("/entry/")
    tab_to(page, "main a[href='/planning/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/planning/")
    expect(page.locator("header [aria-current]")).to_have_text("工作")
    fine()

    tab_to(page, "main a[href='/planning/plans/new/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/planning/plans/new/")
    type_in(page, "#id_slug", "ordos-next")
    type_in(page, "#id_title", "鄂尔多斯市规划")
    type_in(page, "#id_document_number", "鄂府发〔2021〕1号")
    choose(page, "#id_region", "鄂尔多斯市")
    type_in(page, "#id_first_year", "2021")
    type_in(page, "#id_last_year", "2025")
    page.keyboard.press("Enter")
    page.wait_for_url("**/planning/plans/ordos-next/")
    expect(page.locator(".messages")).to_contain_text("规划已建立")
    fine()

    tab_to(page, "main a[href$='/add/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/add/")
    choose(page, "#region", "鄂尔多斯市")
    fine()
    tab_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/150600/valid-trademarks/")
    type_in(page, "#name", "有效注册商标")
    type_in(page, "#unit", "万件")
    type_in(page, "#baseline_year", "2020")
    type_in(page, "#baseline_value", "3")
    choose(page, "#kind-2025", "不低于")
    type_in(page, "#lower-2025", "5")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/planning/plans/ordos-next/$"))
    assert Target.objects.get().lower == 50_000
    fine()

    tab_to(page, "main table a[href$='/valid-trademarks/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/150600/valid-trademarks/")
    type_in(page, "#lower-2025", "5.5")
    type_in(page, "#document_number", "鄂府发〔2024〕8号")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/planning/plans/ordos-next/$"))
    amendment = Amendment.objects.get()
    assert (amendment.old_lower, amendment.new_lower, amendment.document_number) == (50_000, 55_000, "鄂府发〔2024〕8号")

    tab_to(page, "main table a[href$='/valid-trademarks/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/150600/valid-trademarks/")
    expect(page.locator("#amendments + ul")).to_contain_text("鄂府发〔2024〕8号")
    fine()
    tab_to(page, ".lead a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/regions/150600/valid-trademarks/?plan=ordos-next")
    expect(page.locator(".amendments")).to_contain_text("由 5 万件 调整为 5.5 万件：鄂府发〔2024〕8号")
    page.locator("[data-figure][data-drawn]").first.wait_for()
    fine()


def test_what_is_refused_stays_typed_and_is_shown_at_its_field(dolma, fine, indicator, tree):
    page = dolma
    plan = factories.plan(tree["150600"], title="鄂尔多斯市规划")
    series = Series.objects.create(region=tree["150600"], indicator=indicator)
    factories.target(factories.plan_indicator(series, plan, unit="件"), 2025, lower=50)
    page.goto("/planning/plans/a-plan/150600/valid-trademarks/")
    type_in(page, "#name", "规划里的说法")
    type_in(page, "#lower-2025", "五十")
    page.keyboard.press("Enter")
    expect(page.locator("#lower-2025_error")).to_contain_text("不是数字")
    expect(page.locator("#lower-2025")).to_have_value("五十")
    expect(page.locator("#name")).to_have_value("规划里的说法")
    fine(refused=True)

    tab_to(page, ".problem a")
    page.keyboard.press("Enter")  # leads to the field
    expect(page.locator("#lower-2025")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("60")
    page.keyboard.press("Enter")
    expect(page.locator("#document_number_error")).to_contain_text("请写调整文号")
    expect(page.locator("#lower-2025")).to_have_value("60")
    assert Target.objects.get().lower == 50
    fine(refused=True)

    type_in(page, "#reason", "录入时看错")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/planning/plans/a-plan/(#.*)?$"))  # a redirect keeps the fragment of the link followed
    assert Target.objects.get().lower == 60
    assert not Amendment.objects.exists()


def test_plan_keeps_what_it_had_when_one_field_of_it_is_changed(dolma, fine, tree):
    page = dolma
    factories.plan(tree["150600"], issued_on=datetime.date(2021, 3, 15), issued_by="市政府", document_number="1号")
    page.goto("/planning/plans/a-plan/")
    assert page.locator("#id_issued_on").input_value() == "2021-03-15"
    type_in(page, "#id_title", "新的标题")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("新的标题")
    plan = Plan.objects.get()
    assert (plan.title, plan.issued_on, plan.issued_by) == ("新的标题", datetime.date(2021, 3, 15), "市政府")
    fine()


def test_indicator_that_cannot_be_stays_typed(dolma, fine, indicator):
    page = dolma
    page.goto("/planning/indicators/new/")
    type_in(page, "#id_code", "valid-trademarks")
    type_in(page, "#id_name", "另一指标")
    type_in(page, "#id_unit", "万件")
    page.keyboard.press("Enter")
    expect(page.locator("#id_code_error")).to_contain_text("已有指标在用")
    expect(page.locator("#id_unit_error")).to_contain_text("请用基本单位")
    expect(page.locator("#id_name")).to_have_value("另一指标")
    fine(refused=True)
    type_in(page, "#id_code", "other")
    type_in(page, "#id_unit", "件")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/planning/(indicators/other/)?$"))
    assert Indicator.objects.get(code="other").name == "另一指标"
    fine(refused=True)


def test_clerks_are_led_nowhere_they_may_not_go(page, live_server, people):
    assert not people["alta"].assignments.filter(role=Role.MANAGER).exists()
    client = Client()
    client.force_login(people["alta"])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.goto("/entry/")
    assert page.locator("a[href='/planning/']").count() == 0
    assert page.goto("/planning/").status == 403
