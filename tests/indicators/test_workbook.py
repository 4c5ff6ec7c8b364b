"""The workbook of a region and year: what it holds, and that it comes back as it went out."""

import io
from decimal import Decimal
from urllib.parse import unquote

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators import workflow
from indicators.calculation.vocabulary import EntryState
from indicators.models import DataVersion, Entry, Indicator, Job, Series
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESS = reverse("entry-workbook", args=["150600", 2024])
FORM = reverse("entry-file", args=["150600", 2024])
HEADING = 3


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def alta(client, people):
    client.force_login(people["alta"])
    return client


@pytest.fixture
def planned(tree):
    """Three plan indicators of Ordos, in units of their own."""
    plan = factories.plan(tree["150600"], title="鄂尔多斯市规划")
    made = []
    for position, (code, unit, printed, measure) in enumerate(
        [("trademarks", "件", "万件", "stock"), ("pledges", "万元", "亿元", "cumulative"), ("satisfaction", "%", "%", "ratio")],
        1,
    ):
        series = factories.series(tree["150600"], code=code, unit=unit, measure=measure, name=f"{code} 指标", decimals=2)
        asked = factories.plan_indicator(
            series, plan, position=position, number=str(position), unit=printed, name=f"{code} 用语"
        )
        factories.target(asked, year=2024, lower=50_000)
        made.append(series)
    return made


def opened(answer):
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def columns(sheet):
    return {cell.value: cell.column for cell in sheet[HEADING]}


def rows(sheet):
    names = columns(sheet)
    return {
        sheet.cell(line, names["指标代码"]).value: {name: sheet.cell(line, place) for name, place in names.items()}
        for line in range(HEADING + 1, sheet.max_row + 1)
    }


def sent(client, book):
    buffer = io.BytesIO()
    book.save(buffer)
    answer = client.post(FORM, {"file": SimpleUploadedFile("填报表.xlsx", buffer.getvalue())})
    assert answer.status_code == 302, answer.content.decode()
    return Job.objects.latest("pk")


def confirm(client, job, **fields):
    return client.post(reverse("upload", args=[job.pk]), {"act": "submit", **fields})


def test_it_holds_what_a_clerk_needs(alta, planned):
    factories.actual(planned[0], year=2023, value=46_000)
    factories.actual(planned[0], year=2024, value=47_000, source="年报")
    answer = alta.get(ADDRESS)
    assert unquote(answer["Content-Disposition"]).endswith("鄂尔多斯市_填报表_2024.xlsx")
    book = opened(answer)
    assert book.sheetnames == ["填报", "填报说明"]
    found = rows(book["填报"])
    row = found["trademarks"]
    assert (row["指标"].value, row["单位"].value, row["序号"].value) == ("trademarks 用语", "万件", "1")
    assert (row["上年数值"].value, row["已生效数值"].value, row["数值"].value) == (4.6, 4.7, None)
    assert "5" in row["规划要求"].value
    assert row["所见版本"].value == "1"
    assert [row[name].protection.locked for name in ("指标", "单位", "上年数值", "数值", "来源", "备注")] == [True] * 3 + [
        False
    ] * 3


def test_sheet_is_locked_frozen_checked_and_fit_for_print(alta, planned):
    sheet = opened(alta.get(ADDRESS))["填报"]
    names = columns(sheet)
    assert sheet.protection.sheet
    assert sheet.freeze_panes == sheet.cell(HEADING + 1, names["指标"] + 1).coordinate
    hidden = {place for one in sheet.column_dimensions.values() if one.hidden for place in range(one.min, one.max + 1)}
    assert hidden == {names[name] for name in ("地区代码", "指标代码", "年份", "所见版本", "所见填报版本")}
    assert {validation.type for validation in sheet.data_validations.dataValidation} == {"custom", "textLength"}
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == ("landscape", 9, 0)
    assert sheet.print_title_rows == f"${HEADING}:${HEADING}"
    assert sheet.auto_filter.ref


def test_no_text_of_it_is_a_formula(alta, tree, planned):
    Indicator.objects.filter(code="trademarks").update(name="=1+1")
    planned[0].plan_indicators.update(name='=HYPERLINK("http://x")')
    book = opened(alta.get(ADDRESS))
    assert not [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]


def test_it_comes_back_filled_in(alta, planned, people):
    book = opened(alta.get(ADDRESS))
    found = rows(book["填报"])
    found["trademarks"]["数值"].value = "4.6"
    found["pledges"]["数值"].value = 3.25
    found["pledges"]["来源"].value = " 人民银行 "
    found["satisfaction"]["数值"].value = "不适用"
    job = sent(alta, book)
    assert [job.result[kind] for kind in ("new", "changed", "same", "refused", "blank")] == [3, 0, 0, 0, 0]
    confirm(alta, job)
    stored = {entry.series.indicator.code: entry for entry in Entry.objects.select_related("series__indicator")}
    assert (stored["trademarks"].value, stored["pledges"].value) == (46_000, 32_500)
    assert stored["pledges"].source == "人民银行"
    assert stored["satisfaction"].not_applicable
    assert {entry.state for entry in stored.values()} == {EntryState.SUBMITTED}


def test_it_comes_back_blank_and_changes_nothing(alta, planned):
    factories.actual(planned[0], year=2024, value=47_000)
    job = sent(alta, opened(alta.get(ADDRESS)))
    assert [job.result[kind] for kind in ("new", "changed", "same", "refused", "blank")] == [0, 0, 0, 0, 3]


def test_own_drafts_are_filled_in_and_come_back_the_same(alta, planned, people):
    workflow.save_draft(
        planned[0], 2024, as_typed="4.61", value=Decimal(46_100), note="初步", by=people["alta"], version=0, seen_version=0
    )
    workflow.submit(planned[1], 2024, value=Decimal(32_500), by=people["alta"], seen_version=0)
    found = rows(opened(alta.get(ADDRESS))["填报"])
    assert (found["trademarks"]["数值"].value, found["trademarks"]["备注"].value) == (4.61, "初步")
    assert found["trademarks"]["填报状态"].value == "草稿"
    assert found["pledges"]["数值"].value == 3.25
    job = sent(alta, opened(alta.get(ADDRESS)))
    assert [job.result[kind] for kind in ("new", "same")] == [1, 1]
    confirm(alta, job)
    assert {entry.state for entry in Entry.objects.all()} == {EntryState.SUBMITTED}


def test_another_persons_entry_is_locked_and_named(alta, planned, tree):
    other = factories.person("ebru", (tree["150600"], "clerk", False))
    workflow.submit(planned[0], 2024, value=Decimal(1), by=other, seen_version=0)
    row = rows(opened(alta.get(ADDRESS))["填报"])["trademarks"]
    assert row["数值"].value is None
    assert row["数值"].protection.locked
    assert "待审核" in row["填报状态"].value


def test_what_was_approved_after_the_download_is_a_conflict_and_shown(alta, planned):
    book = opened(alta.get(ADDRESS))
    rows(book["填报"])["trademarks"]["数值"].value = 4.6
    factories.actual(planned[0], year=2024, value=47_000)
    job = sent(alta, book)
    assert job.result["refused"] == 1
    page = alta.get(reverse("upload", args=[job.pk])).content.decode()
    assert "在您下载之后已有人改动，现在是：47000" in page
    assert "4.7" in page


def test_what_became_the_same_after_the_download_is_no_conflict(alta, planned):
    book = opened(alta.get(ADDRESS))
    found = rows(book["填报"])["trademarks"]
    found["数值"].value, found["来源"].value = 4.7, "年报"
    factories.actual(planned[0], year=2024, value=47_000, source="年报")
    assert sent(alta, book).result["same"] == 1


def test_own_draft_made_after_the_download_is_a_conflict(alta, planned, people):
    book = opened(alta.get(ADDRESS))
    rows(book["填报"])["trademarks"]["数值"].value = 4.6
    workflow.save_draft(planned[0], 2024, as_typed="4.8", value=Decimal(48_000), by=people["alta"], version=0, seen_version=0)
    job = sent(alta, book)
    page = alta.get(reverse("upload", args=[job.pk])).content.decode()
    assert job.result["refused"] == 1
    assert "下载之后您又填报了 4.8（草稿）" in page


def test_a_refused_workbook_comes_back_as_it_was_with_red_cells_and_reasons(alta, planned):
    book = opened(alta.get(ADDRESS))
    sheet = book["填报"]
    found = rows(sheet)
    found["trademarks"]["数值"].value = "四万"
    found["pledges"]["数值"].value = 3.25
    before = {cell.coordinate: cell.value for line in sheet.iter_rows() for cell in line if cell.value is not None}
    job = sent(alta, book)
    answer = alta.get(reverse("upload-marked", args=[job.pk]))
    marked = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert "填报表_错误标注.xlsx" in unquote(answer["Content-Disposition"])
    assert marked.sheetnames == ["填报", "填报说明"]
    after = marked["填报"]
    assert {place: after[place].value for place in before} == before
    place = columns(after)["错误信息"]
    line = found["trademarks"]["数值"].row
    assert "不是数字" in after.cell(line, place).value
    assert after.cell(line, columns(after)["数值"]).fill.start_color.rgb == "FFFFC7CE"
    assert after.cell(found["pledges"]["数值"].row, place).value is None
    assert after.auto_filter.ref.endswith(f"{after.cell(1, place).column_letter}{after.max_row}")
    assert after.column_dimensions["A"].hidden
    assert after.freeze_panes == sheet.freeze_panes
    assert len(after.data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
    # Mended there, it is taken.
    after.cell(line, columns(after)["数值"]).value = 4
    assert sent(alta, marked).result["refused"] == 0


def test_a_region_without_plans_gets_a_workbook_that_says_so(client, people, tree):
    client.force_login(people["chen"])
    sheet = opened(client.get(reverse("entry-workbook", args=["150500", 2024])))["填报"]
    assert sheet.max_row == HEADING
    assert not Series.objects.exists()


def test_demo_figures_are_marked(alta, planned):
    DataVersion.objects.update_or_create(id=1, defaults={"number": 1, "is_demo": True})
    assert opened(alta.get(ADDRESS))["填报"]["F1"].value.startswith("演示数据")


def test_only_clerks_of_the_region_get_it(client, people, planned):
    assert "login" in client.get(ADDRESS)["Location"]
    client.force_login(people["chen"])
    assert client.get(ADDRESS).status_code == 404
    client.force_login(people["bayar"])
    assert client.get(ADDRESS).status_code == 403
    client.force_login(people["alta"])
    assert client.get(reverse("entry-workbook", args=["150600", 1900])).status_code == 404
    assert client.get(reverse("entry-workbook", args=["999999", 2024])).status_code == 404
    assert client.post(ADDRESS).status_code == 405
