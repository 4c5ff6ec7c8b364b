"""Uploading figures: checked without changing anything, shown as they would change what stands, applied once when confirmed."""

import csv
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators import jobs, workflow
from indicators.calculation.vocabulary import EntryState, JobKind, JobState, Through
from indicators.imports import kept
from indicators.models import Actual, AuditEvent, Entry, Interim, Job, Revision, YearLock
from tests import factories

pytestmark = pytest.mark.django_db

HEAD = ["地区代码", "指标代码", "年份", "数值", "单位", "来源", "备注"]
FORM = reverse("entry-file", args=["150600", 2024])


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def alta(client, people):
    client.force_login(people["alta"])
    return client


def table(*rows, head=HEAD, encoding="utf-8"):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([head, *rows])
    return SimpleUploadedFile("填报.csv", buffer.getvalue().encode(encoding))


def row(region="150600", indicator="valid-trademarks", year=2024, value=40, unit="件", source="年报", note=""):
    return [region, indicator, year, value, unit, source, note]


def workbook(rows, name="表.xlsx"):
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def send(client, file, address=FORM):
    """Upload a file; the page of its preview and the job of its check."""
    answer = client.post(address, {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.get(pk=answer["Location"].strip("/").split("/")[-1])
    return client.get(answer["Location"]), job


def confirm(client, job, act="submit", **fields):
    return client.post(reverse("upload", args=[job.pk]), {"act": act, **fields})


def text(answer):
    return answer.content.decode()


# The way through


def test_a_file_is_shown_before_anything_changes(alta, series):
    page, job = send(alta, table(row()))
    assert "新增 <strong>1</strong>" in text(page)
    assert not Entry.objects.exists()
    assert job.result["new"] == 1


def test_confirmed_figures_wait_for_review(alta, series, people):
    _, job = send(alta, table(row(value="1,234")))
    answer = alta.get(confirm(alta, job)["Location"])
    entry = Entry.objects.get()
    assert (entry.value, entry.state, entry.source, entry.entered_by) == (1234, EntryState.SUBMITTED, "年报", people["alta"])
    assert not Actual.objects.exists()
    assert "已提交，等待审核" in text(answer)
    revision = Revision.objects.get()
    assert revision.through == Through.FILE
    assert reverse("batch", args=[revision.job_id]) in text(answer)


def test_figures_may_stay_drafts(alta, series):
    _, job = send(alta, table(row()))
    answer = alta.get(confirm(alta, job, act="draft")["Location"])
    assert Entry.objects.get().state == EntryState.DRAFT
    assert Revision.objects.get().act == "enter"
    assert "已存为草稿" in text(answer)


def test_an_import_is_withdrawn_as_a_whole(alta, series, people):
    _, job = send(alta, table(row(), row(year=2023, value=39)))
    confirm(alta, job)
    batch = Job.objects.get(idempotency_key__isnull=False)
    workflow.withdraw(batch, by=people["alta"], reason="文件拿错了")
    assert not Entry.objects.exists()


def test_confirming_twice_applies_once(alta, series):
    _, job = send(alta, table(row()))
    first, second = confirm(alta, job), confirm(alta, job)
    assert first["Location"] == second["Location"]
    assert Revision.objects.count() == 1


def test_same_file_uploaded_twice_changes_nothing_the_second_time(alta, series):
    _, one = send(alta, table(row()))
    _, two = send(alta, table(row()))
    confirm(alta, one)
    confirm(alta, two)
    assert Revision.objects.count() == 1
    page, third = send(alta, table(row()))
    assert third.result["same"] == 1
    assert "没有要提交的" in text(page)


def test_what_stands_and_what_is_new_are_told_apart(alta, series):
    factories.actual(series, year=2024, value=40, source="年报")
    factories.actual(series, year=2023, value=30, source="年报")
    _, job = send(
        alta, table(row(), row(year=2023, value=31, note="复核"), row(year=2022, value=29), row(year=2021, value="-"))
    )
    assert [job.result[kind] for kind in ("same", "changed", "new", "blank", "refused")] == [1, 1, 1, 1, 0]
    changed = alta.get(reverse("upload", args=[job.pk]), {"view": "changed"})
    assert ">30<" in text(changed)
    assert "<strong>31</strong>" in text(changed)
    assert alta.get(reverse("upload", args=[job.pk]), {"view": "nonsense"}).status_code == 404


def test_units_are_those_of_the_file(alta, series):
    factories.actual(series, year=2024, value=30_000)
    page, job = send(alta, table(row(value="3.1", unit="万件", note="复核")))
    assert "<strong>3.1</strong>" in text(page)
    confirm(alta, job)
    assert Entry.objects.get().value == 31_000


def test_a_correction_needs_a_reason(alta, series):
    factories.actual(series, year=2024, value=40)
    page, job = send(alta, table(row(value=41)))
    assert "没有写备注" in text(page)
    refused = confirm(alta, job)
    assert refused.status_code == 422
    assert "请在下面写明理由" in text(refused)
    assert not Entry.objects.exists()
    confirm(alta, job, note="统计口径更正")
    assert Entry.objects.get().note == "统计口径更正"


def test_an_odd_figure_warns_and_needs_a_reason_but_does_not_block(alta, series):
    factories.actual(series, year=2023, value=40)
    page, job = send(alta, table(row(value=400_000)))
    assert "相差约一万倍" in text(page)
    assert confirm(alta, job).status_code == 422
    confirm(alta, job, note="口径扩大")
    assert Entry.objects.get().value == 400_000


def test_own_draft_is_replaced_and_that_is_said(alta, series, people):
    workflow.save_draft(series, 2024, value=38, as_typed="38", by=people["alta"], version=0, seen_version=0)
    page, job = send(alta, table(row()))
    assert "代替您已填的 38（草稿）" in text(page)
    confirm(alta, job)
    entry = Entry.objects.get()
    assert (entry.value, entry.state) == (40, EntryState.SUBMITTED)


# What is refused


def test_every_refused_cell_is_named(alta, series, tree, people):
    factories.series(tree["150500"], code="other-indicator")
    rows = [
        row(value="很多"),
        row(indicator="nothing", year=2023),
        row(region="150500", year=2022),
        row(year=2099),
        row(year=2020),
    ]
    page, job = send(alta, table(*rows))
    assert job.result["refused"] == 4
    for cell, sentence in (("D2", "不是数字"), ("B3", "不存在"), ("A4", "没有在通辽市填报的权限"), ("C5", "还没有开始")):
        assert f'<span class="code">{cell}</span>' in text(page)
        assert sentence in text(page)
    assert confirm(alta, job).status_code == 422
    assert not Entry.objects.exists()


def test_all_or_nothing_also_among_thousands(alta, series):
    rows = [row(year=year, value=year) for year in range(1950, 2024)] + [row(year=2024, value="x")]
    _, job = send(alta, table(*rows))
    assert (job.result["refused"], job.result["new"]) == (1, 74)
    assert confirm(alta, job).status_code == 422
    assert not Entry.objects.exists()


def test_locked_year_says_who_locked_it(alta, series, people):
    factories_lock(series, people)
    page, job = send(alta, table(row()))
    assert job.result["refused"] == 1
    assert "锁定" in text(page)
    assert "年报已报送" in text(page)


def factories_lock(series, people):
    from django.utils import timezone

    YearLock.objects.create(
        region=series.region, year=2024, reason="年报已报送", locked_by=people["dolma"], locked_at=timezone.now()
    )


def test_another_persons_entry_is_not_overwritten(alta, series, people, tree):
    other = factories.person("ebru", (tree["150600"], "clerk", False))
    workflow.submit(series, 2024, value=38, by=other, seen_version=0)
    page, job = send(alta, table(row()))
    assert "Ebru" in text(page) or "ebru" in text(page)
    assert job.result["refused"] == 1


def test_same_cell_twice_in_a_file(alta, series):
    page, job = send(alta, table(row(), row(value=41)))
    assert job.result["refused"] == 1
    assert "与第 2 行重复" in text(page)


def test_what_changed_between_preview_and_confirmation_is_not_overwritten(alta, series, people):
    _, job = send(alta, table(row()))
    factories.actual(series, year=2024, value=39)
    answer = alta.get(confirm(alta, job)["Location"])
    assert "没有改动任何数据" in text(answer)
    assert not Entry.objects.exists()
    assert Job.objects.get(idempotency_key__isnull=False).state == JobState.FAILED


def test_own_entry_made_after_the_preview_is_not_overwritten(alta, series, people):
    _, job = send(alta, table(row()))
    workflow.submit(series, 2024, value=39, by=people["alta"], seen_version=0)
    confirm(alta, job)
    assert Entry.objects.get().value == 39


def test_a_refused_csv_comes_back_with_a_column_of_reasons(alta, series):
    _, job = send(alta, table(row(value="很多"), row(year=2023), encoding="gb18030"))
    answer = alta.get(reverse("upload-marked", args=[job.pk]))
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("gb18030"))))
    assert lines[0] == [*HEAD, "错误信息"]
    assert lines[1][:7] == [str(cell) for cell in row(value="很多")]
    assert "不是数字" in lines[1][7]
    assert lines[2][7] == ""


def test_a_mended_file_with_the_column_of_reasons_is_taken(alta, series):
    _, job = send(alta, table([*row(), "数值：不是数字"], head=[*HEAD, "错误信息"]))
    assert (job.result["refused"], job.result["new"]) == (0, 1)


# What people do to files


def test_title_rows_blank_rows_spaces_and_full_width_digits(alta, series):
    rows = [["2024 年填报"], [], [f" {cell} " for cell in HEAD], [], row(value=" ４，０００ "), [], [" ", ""]]
    _, job = send(alta, workbook(rows))
    assert (job.result["refused"], job.result["new"]) == (0, 1)
    confirm(alta, job)
    assert Entry.objects.get().value == 4000


def test_the_sheet_with_the_headings_is_found(alta, series):
    book = openpyxl.Workbook()
    book.active.append(["说明", "请填第二张表"])
    sheet = book.create_sheet("数据")
    sheet.append(HEAD)
    sheet.append(row())
    buffer = io.BytesIO()
    book.save(buffer)
    _, job = send(alta, SimpleUploadedFile("a.xlsx", buffer.getvalue()))
    assert (job.result["new"], job.result["read"]["detail"]) == (1, "数据")


def test_a_cell_shown_in_percent_is_read_as_shown(alta, tree):
    factories.series(tree["150600"], code="satisfaction", unit="%", measure="ratio")
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    book.active.append(row(indicator="satisfaction", value=0.825, unit="%"))
    book.active["D2"].number_format = "0.0%"
    buffer = io.BytesIO()
    book.save(buffer)
    _, job = send(alta, SimpleUploadedFile("a.xlsx", buffer.getvalue()))
    confirm(alta, job)
    assert Entry.objects.get().value == pytest.approx(82.5)


def test_gb18030_is_recognised(alta, series):
    _, job = send(alta, table(row(source="统计公报"), encoding="gb18030"))
    confirm(alta, job)
    assert Entry.objects.get().source == "统计公报"


def test_a_file_of_other_regions_and_years_says_so(client, people, tree, series):
    client.force_login(factories.person("farid", (tree["150000"], "clerk", True)))
    factories.series(tree["150500"], code="other")
    page, job = send(client, table(row(region="150500", indicator="other", year=2023)))
    assert job.result["new"] == 1
    assert "与上传的页面（150600，2024 年）不同" in text(page)


def test_interim_figures_are_published_at_once_and_never_overwritten(alta, series):
    head = [*HEAD, "期初", "期末"]
    page, job = send(alta, table([*row(), "2024-01-01", "2024-06-30"], head=head))
    assert "确认后直接公布" in text(page)
    confirm(alta, job)
    assert Interim.objects.get().value == 40
    assert not Entry.objects.exists()
    page, job = send(alta, table([*row(value=41), "2024-01-01", "2024-06-30"], head=head))
    assert job.result["refused"] == 1
    assert "网页不能更改" in text(page)


# Who, and what kind of file


def test_addresses_are_the_own_regions_only(client, people, series):
    assert "login" in client.get(FORM)["Location"]
    client.force_login(people["chen"])
    assert client.get(FORM).status_code == 404
    assert client.post(FORM, {"file": table(row())}).status_code == 404
    client.force_login(people["bayar"])
    assert client.get(FORM).status_code == 403
    assert not Job.objects.exists()


def test_an_upload_is_its_own_persons_only(alta, client, people, series):
    _, job = send(alta, table(row(value="x")))
    client.force_login(people["bayar"])
    for name in ("upload", "upload-marked", "job-state"):
        assert client.get(reverse(name, args=[job.pk])).status_code == 404
    assert client.post(reverse("upload", args=[job.pk]), {"act": "submit"}).status_code == 404
    assert client.post(reverse("job-cancel", args=[job.pk])).status_code == 404


def test_no_file_and_too_large_a_file_are_said(alta, settings):
    assert "请先选择文件" in text(alta.post(FORM))
    settings.UPLOAD_MAX_BYTES = 1000
    answer = alta.post(FORM, {"file": SimpleUploadedFile("大.csv", b"x" * 5000)})
    assert answer.status_code == 413
    assert "请分成几个文件" in text(answer)
    assert not kept_folders(settings)


def kept_folders(settings):
    folder = settings.MEDIA_ROOT / "uploads"
    return list(folder.iterdir()) if folder.exists() else []


def test_full_disk_is_said_and_nothing_is_left(alta, settings, monkeypatch):
    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", full)
    answer = alta.post(FORM, {"file": SimpleUploadedFile("a.csv", b"x")})
    assert answer.status_code == 503
    assert "磁盘可能满了" in text(answer)
    assert not kept_folders(settings)
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd.csv", 'a"b\nc.csv', "..\\..\\x.csv", "报表😀.csv", "a/b.csv"])
def test_stored_name_is_ours(alta, series, settings, name):
    file = table(row(value="x"))
    file.name = name
    payload = kept.keep(file)
    [folder] = kept_folders(settings)
    assert [path.name for path in folder.iterdir()] == ["original"]
    assert not {"/", "\\", "\n"} & set(payload["name"])


def test_what_nobody_can_go_on_with_is_removed(settings, alta, series):
    import os
    import time

    _, job = send(alta, table(row()))
    assert kept.clear_old() == 0
    [folder] = kept_folders(settings)
    os.utime(folder, (time.time() - 40 * 86_400,) * 2)
    assert kept.clear_old() == 1
    assert "预览已过期" in text(alta.get(reverse("upload", args=[job.pk])))
    assert confirm(alta, job).status_code == 302
    assert Job.objects.get(idempotency_key__isnull=False).state == JobState.FAILED


def test_large_files_are_left_to_a_worker(alta, series):
    rows = [row(year=1950 + number % 70, indicator="valid-trademarks", source="x" * 250) for number in range(1000)]
    answer = alta.post(FORM, {"file": table(*rows)})
    job = Job.objects.get()
    assert job.state == JobState.QUEUED
    page = alta.get(answer["Location"])
    assert "排队中" in text(page)
    assert "取消" in text(page)
    assert jobs.run_waiting() == 1
    assert Job.objects.get().state == JobState.DONE


def test_many_small_rows_are_left_to_a_worker_too(alta, series):
    alta.post(FORM, {"file": table(*[row(year=1950 + number % 70) for number in range(600)])})
    assert Job.objects.get().state == JobState.QUEUED


def test_too_many_uploads_are_slowed_down(alta, series, monkeypatch):
    monkeypatch.setattr("indicators.views.uploads.MOST_AN_HOUR", 2)
    for _ in range(2):
        send(alta, table(row()))
    answer = alta.post(FORM, {"file": table(row())})
    assert answer.status_code == 429
    assert "请过一会儿再传" in text(answer)


def test_what_people_did_with_files_is_recorded(alta, series, people):
    _, job = send(alta, table(row()))
    confirm(alta, job)
    events = AuditEvent.objects.filter(by=people["alta"])
    kept_event = events.get(act="upload.keep")
    assert (kept_event.subject, kept_event.detail["sha256"]) == ("填报.csv", job.payload["sha256"])
    assert events.get(act="actuals.import").detail["rows"] == "新增 1，更改 0，未变 0"


def test_a_save_of_the_grid_is_no_job_to_look_at(alta, series, people):
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    for name in ("job", "upload", "job-state"):
        assert alta.get(reverse(name, args=[batch.pk])).status_code == 404


def test_unknown_act_is_refused(alta, series):
    _, job = send(alta, table(row()))
    assert confirm(alta, job, act="publish").status_code == 422


def test_preview_costs_few_queries(alta, series, django_assert_max_num_queries):
    _, job = send(alta, table(*[row(year=year) for year in range(1950, 2024)]))
    with django_assert_max_num_queries(14):
        alta.get(reverse("upload", args=[job.pk]))
