"""An official's way: from the overview to one figure and its source, another year, two regions side by side, files."""

import csv
import io

import openpyxl
import pytest
from django.core.management import call_command

from indicators import progress
from indicators.models import Actual
from tests import factories
from tests.journeys.test_first_page import accessible
from tests.journeys.waiting import leaving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOWN, EXACT = "4.3615", 4.3615


def requested(page, name):
    """What a link of the page leads to."""
    return page.request.get(page.get_by_role("link", name=name, exact=True).first.evaluate("link => link.href"))


@pytest.fixture
def measured(bundled):
    """The bundled plans, and figures for the trademarks of two regions."""
    for region, figures in {"150600": {2023: 40_104, 2024: 43_615}, "150500": {2023: 17_000, 2024: 18_200}}.items():
        series = factories.Series.objects.get(region__code=region, indicator__code="valid-trademarks")
        for year, value in figures.items():
            Actual.objects.filter(series=series, year=year).delete()
            factories.actual(series, year, value, source="年报")
    progress.rebuild()


def downloaded(page, name):
    """The bytes of a file behind a link of the page."""
    with page.expect_download() as download:
        page.get_by_role("link", name=name, exact=True).first.click()
    return download.value


def test_from_the_overview_to_a_figure_its_source_and_its_files(page, clean, measured, tmp_path):
    page.goto("/?year=2024")
    with leaving(page):
        page.get_by_role("link", name="鄂尔多斯市").first.click()
    assert page.locator("h1").inner_text().startswith("鄂尔多斯市")

    page.goto("/regions/150600/?year=2024")
    with leaving(page):
        page.get_by_role("link", name="商标注册量", exact=True).first.click()
    assert f"{SHOWN} 万件" in page.locator(".lead").inner_text()
    source = page.locator("main").inner_text()
    assert "鄂府发〔2022〕28号" in source
    assert "第二章第三节 表 第2行" in source
    accessible(page)

    with leaving(page):
        page.locator("nav[aria-label=年份]").get_by_text("2023").click()
    assert "4.0104 万件" in page.locator(".lead").inner_text()
    with leaving(page):
        page.locator("nav[aria-label=年份]").get_by_text("2024").click()

    downloaded(page, "CSV").save_as(tmp_path / "a.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8-sig"))))
    [row] = [row for row in rows if "2024" in row.values()]
    assert SHOWN in row.values()

    downloaded(page, "Excel").save_as(tmp_path / "a.xlsx")
    cells = [cell.value for line in openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows() for cell in line]
    assert EXACT in cells

    # By request: a browser shows bare JSON and pictures in a page of its own making, which our policy refuses to be styled.
    answer = requested(page, "JSON").json()
    assert any(EXACT in row.values() and 2024 in row.values() for row in answer["rows"])
    picture = requested(page, "PNG")
    assert picture.headers["content-type"] == "image/png"
    assert picture.body().startswith(b"\x89PNG")
    clean()


def test_two_regions_beside_each_other(page, clean, measured):
    page.goto("/compare/?region=150600&region=150500&indicator=valid-trademarks")
    table = page.locator("main table").first.inner_text()
    assert "鄂尔多斯市" in table
    assert "通辽市" in table
    assert SHOWN in table
    assert "1.82" in table
    accessible(page)
    clean()


def test_the_same_number_in_what_the_program_exports(measured, tmp_path):
    call_command("export_actuals", str(tmp_path / "actuals.csv"), region="150600", stdout=io.StringIO())
    assert "150600,valid-trademarks,2024,43615,件" in (tmp_path / "actuals.csv").read_text(encoding="utf-8-sig")
