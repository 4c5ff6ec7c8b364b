"""A clerk's round by Excel: download, fill in, upload, mend the wrong cell, look at what would change, confirm, withdraw."""

import re

import openpyxl
import pytest
from django.test import Client
from playwright.sync_api import expect

from indicators import jobs, progress
from indicators.calculation.vocabulary import EntryState
from indicators.models import Entry, Job
from tests import factories
from tests.journeys.test_first_page import SIZES, accessible, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "/entry/150600/2024/file/"
HEADING = 3


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def ordos(people, tree):
    """Four indicators of Ordos, one of which has a figure in force."""
    plan = factories.plan(tree["150600"], slug="ordos", title="鄂尔多斯市规划")
    made = []
    for number in range(1, 5):
        series = factories.series(tree["150600"], code=f"indicator-{number}", name=f"指标{number}")
        row = factories.plan_indicator(series, plan, position=number, number=str(number), name=f"规划指标{number}")
        factories.target(row, 2024, lower=60 + number)
        factories.actual(series, 2023, 40 + number, source="年报")
        made.append(series)
    factories.actual(made[3], 2024, 47, source="年报")
    return made


def sign_in(context, person, base_url):
    client = Client()
    client.force_login(person)
    for cookie in client.cookies.values():
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base_url}])


@pytest.fixture
def alta(page, ordos, people, base_url):
    sign_in(page.context, people["alta"], base_url)
    return page


def looks_right(page):
    """At both sizes: no sideways scrolling, nothing that axe complains of."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert not scrolls_sideways(page)
        accessible(page)
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})


def fill(path, values):
    """Write into the workbook as a clerk does; {code: {heading: value}}."""
    book = openpyxl.load_workbook(path)
    sheet = book["填报"]
    columns = {cell.value: cell.column for cell in sheet[HEADING]}
    for line in range(HEADING + 1, sheet.max_row + 1):
        for heading, value in values.get(sheet.cell(line, columns["指标代码"]).value, {}).items():
            sheet.cell(line, columns[heading]).value = value
    book.save(path)


def upload(page, path):
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url(re.compile(r"/uploads/\d+/"))


def test_round_by_excel(alta, clean, tmp_path):
    page = alta
    page.goto("/entry/150600/2024/")
    page.get_by_role("link", name="用 Excel 填报").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("用 Excel 填报 · 鄂尔多斯市 2024 年")
    looks_right(page)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="鄂尔多斯市_填报表_2024.xlsx").click()
    assert downloading.value.suggested_filename == "鄂尔多斯市_填报表_2024.xlsx"
    path = tmp_path / "鄂尔多斯市_填报表_2024.xlsx"
    downloading.value.save_as(path)
    fill(path, {"indicator-1": {"数值": 45, "来源": "年报"}, "indicator-2": {"数值": "四十六"}, "indicator-4": {"数值": 48}})

    # The wrong cell is named, and comes back red.
    upload(page, path)
    expect(page.locator(".lead")).to_contain_text("1 行不能通过")
    expect(page.locator(".preview")).to_contain_text("不是数字")
    looks_right(page)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="下载标出错误的原文件").click()
    assert downloading.value.suggested_filename == "鄂尔多斯市_填报表_2024_错误标注.xlsx"
    mended = tmp_path / "marked.xlsx"
    downloading.value.save_as(mended)
    fill(mended, {"indicator-2": {"数值": "1,046", "备注": "口径扩大"}})
    assert not Entry.objects.exists()

    # Mended, it shows what would change; a correction without a note asks for one.
    page.get_by_role("link", name="重新上传").click()
    upload(page, mended)
    expect(page.locator(".lead")).to_contain_text("新增 2，更改 1")
    looks_right(page)
    page.get_by_role("link", name="更改 1").click()
    row = page.locator(".preview tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("47")
    expect(row).to_contain_text("48")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator("#note")).to_be_focused()  # the browser asks for what is required
    page.get_by_label("理由").fill("年报更正")
    page.get_by_role("button", name="提交审核").click()
    page.wait_for_url(re.compile(r"/jobs/\d+/"))
    expect(page.locator(".lead")).to_contain_text("已提交，等待审核：新增 2，更改 1")
    looks_right(page)
    stored = {entry.series.indicator.code: entry for entry in Entry.objects.select_related("series__indicator")}
    assert {code: entry.value for code, entry in stored.items()} == {"indicator-1": 45, "indicator-2": 1046, "indicator-4": 48}
    assert {entry.state for entry in stored.values()} == {EntryState.SUBMITTED}
    assert stored["indicator-4"].note == "年报更正"
    page.get_by_role("link", name="整批撤回").click()
    page.wait_for_url("**/history/batches/*/")
    clean()


def test_double_click_confirms_once(alta, clean, tmp_path):
    page = alta
    path = tmp_path / "a.csv"
    path.write_text("region,indicator,year,value,unit\n150600,indicator-1,2024,45,件\n")
    page.goto(ADDRESS)
    upload(page, path)
    page.get_by_role("button", name="提交审核").dblclick()
    page.wait_for_url(re.compile(r"/jobs/\d+/"))
    assert Job.objects.exclude(idempotency_key=None).count() == 1
    assert Entry.objects.get().version == 1
    page.go_back()
    page.reload()
    expect(page.locator(".lead")).to_contain_text("已经确认过")
    looks_right(page)
    clean()


def test_a_large_file_shows_how_far_it_is_and_survives_reload(alta, clean, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "wake_worker", lambda task=None: None)
    page = alta
    path = tmp_path / "大表.csv"
    rows = [f"150600,indicator-1,{1950 + number % 70},45,件,{'x' * 250}" for number in range(1000)]
    path.write_text("region,indicator,year,value,unit,source\n" + "\n".join(rows))
    page.goto(ADDRESS)
    upload(page, path)
    expect(page.locator("#told")).to_have_text("排队中")
    looks_right(page)
    Job.objects.update(state="running", done=300, total=1000)
    expect(page.locator("#told")).to_have_text("已处理 300 / 1000 行")
    page.reload()
    expect(page.locator("#told")).to_have_text("已处理 300 / 1000 行")
    looks_right(page)
    Job.objects.update(state="queued", done=0)
    jobs.run_waiting()
    expect(page.locator(".lead")).to_contain_text("不能通过")  # the same cell many times; the page came anew by itself
    clean()


def test_cancelling_a_check(alta, clean, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "wake_worker", lambda task=None: None)
    monkeypatch.setattr(jobs, "run_now", lambda job: job)
    page = alta
    path = tmp_path / "a.csv"
    path.write_text("region,indicator,year,value,unit\n150600,indicator-1,2024,45,件\n")
    page.goto(ADDRESS)
    upload(page, path)
    page.get_by_role("button", name="取消").click()
    expect(page.locator("main")).to_contain_text("已取消")
    looks_right(page)
    assert jobs.run_waiting() == 0
    clean()


def test_what_is_no_table_says_so(alta, clean, tmp_path):
    page = alta
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)
    page.goto(ADDRESS)
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator("[role=alert]").first).to_contain_text("旧版 .xls 或加了密码")
    looks_right(page)
    clean()


def test_a_file_that_is_too_large_never_leaves_the_desk(alta, clean, tmp_path):
    page = alta
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    page.goto(ADDRESS)
    page.locator("#file").set_input_files(path)
    expect(page.locator("#file-problem")).to_contain_text("太大")
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator("#file")).to_be_focused()
    assert page.url.endswith(ADDRESS)
    assert not Job.objects.exists()
    accessible(page)
    clean()


def test_without_scripts_it_works_too(new_context, base_url, ordos, people, tmp_path):
    context = new_context(java_script_enabled=False)
    sign_in(context, people["alta"], base_url)
    page = context.new_page()
    path = tmp_path / "a.csv"
    path.write_text("region,indicator,year,value,unit\n150600,indicator-1,2024,45,件\n")
    page.goto(ADDRESS)
    upload(page, path)
    page.get_by_role("button", name="存为草稿").click()
    expect(page.locator(".lead")).to_contain_text("已存为草稿")
    assert Entry.objects.get().state == EntryState.DRAFT
    context.close()


def test_a_manager_imports_a_plan(page, clean, ordos, people, base_url, tmp_path):
    sign_in(page.context, people["dolma"], base_url)
    path = tmp_path / "规划.csv"
    head = "plan,region,indicator,name,unit,measure,direction,year,kind,lower\n"
    path.write_text(f"{head}ordos,150600,indicator-1,规划指标1,件,stock,increase,2025,at_least,70\n")
    page.goto("/uploads/plans/")
    looks_right(page)
    upload(page, path)
    expect(page.locator(".preview")).to_contain_text("规划指标1 2025 年目标")
    looks_right(page)
    page.get_by_label("理由").fill("内政发〔2024〕1 号")
    page.get_by_role("button", name="确认导入").click()
    page.wait_for_url(re.compile(r"/jobs/\d+/"))
    expect(page.locator(".lead")).to_contain_text("新增 1")
    looks_right(page)
    clean()
