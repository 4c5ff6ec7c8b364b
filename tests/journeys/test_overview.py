"""From the overview down to a region: what someone sees, filters and prints."""

import datetime
import io

import pytest
from django.core.management import call_command

from indicators import progress
from indicators.models import DataVersion
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways
from tests.journeys.waiting import leaving

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
    clean()
