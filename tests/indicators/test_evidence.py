"""Files beside a figure: what is taken, who sees them, under which names they are kept and go out."""

import hashlib
import io
import zipfile
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from indicators import evidence, locks
from indicators.models import AuditEvent, Evidence
from tests.indicators.test_entry_grid import ADDRESS, alta, ordos

__all__ = ["alta", "ordos"]  # fixtures

pytestmark = pytest.mark.django_db

FILES = f"{ADDRESS}evidence/marks/"
PDF = b"%PDF-1.7\n%a stamped scan\n"


def package(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    return buffer.getvalue()


GOOD = {
    "扫描件.pdf": PDF,
    "照片.jpg": b"\xff\xd8\xff\xe0 picture",
    "照片.JPEG": b"\xff\xd8\xff\xe1 picture",
    "截图.png": b"\x89PNG\r\n\x1a\n picture",
    "说明.docx": package("[Content_Types].xml", "word/document.xml"),
    "报表.xlsx": package("[Content_Types].xml", "xl/workbook.xml"),
    "公文.ofd": package("OFD.xml", "Doc_0/Document.xml"),
}


def upload(client, name="扫描件.pdf", content=PDF, address=FILES):
    return client.post(address, {"file": SimpleUploadedFile(name, content)}, follow=True)


def content(response):
    """What is downloaded; read to its end, which also closes the file."""
    return b"".join(response.streaming_content)


def stored():
    folder = settings.MEDIA_ROOT / "evidence"
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


@pytest.fixture(autouse=True)
def archive(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", GOOD)
def test_kept_and_downloaded_as_it_was(client, alta, ordos, name):
    response = upload(client, name, GOOD[name])
    assert f"已附上“{name}”" in response.content.decode()
    row = Evidence.objects.get()
    assert (row.name, row.size, row.sha256) == (name, len(GOOD[name]), hashlib.sha256(GOOD[name]).hexdigest())
    download = client.get(f"{FILES}{row.pk}/")
    assert content(download) == GOOD[name]
    assert download["Content-Disposition"] == f"attachment; filename*=utf-8''{quote(name)}"
    assert download["Content-Type"] == evidence.TYPES[name.rpartition(".")[2].lower()]
    assert "no-store" in download["Cache-Control"]


def test_stored_under_a_name_of_ours(client, alta, ordos):
    upload(client)
    [path] = stored()
    assert path.name == Evidence.objects.get().stored_as
    assert path.stem.isalnum()
    assert len(path.stem) == 32


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/表.pdf", "表.pdf"),
        ("C:\\temp\\表.pdf", "表.pdf"),
        ('引"号\n换行.pdf', "引号换行.pdf"),
        ("📎附件.pdf", "📎附件.pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
    ],
)
def test_names_are_cleaned(client, alta, ordos, name, kept):
    assert evidence.clean_name(name) == kept
    upload(client, kept)
    response = client.get(f"{FILES}{Evidence.objects.get().pk}/")
    assert "\n" not in response["Content-Disposition"]
    assert response["Content-Disposition"].startswith("attachment; filename")
    content(response)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("程序.exe", b"MZ", "不是可以附的文件"),
        ("页面.html", b"<script>", "不是可以附的文件"),
        ("图.svg", b"<svg/>", "不是可以附的文件"),
        ("没有后缀", PDF, "不是可以附的文件"),
        ("假的.pdf", b"MZ not a pdf", "内容不是 PDF 文件"),
        ("假的.jpg", PDF, "内容不是 JPG 文件"),
        ("假的.png", b"\x89PNG", "内容不是 PNG 文件"),
        ("假的.docx", PDF, "内容不是 DOCX 文件"),
        ("换了后缀.docx", GOOD["报表.xlsx"], "内容不是 DOCX 文件"),
        ("截断.xlsx", GOOD["报表.xlsx"][:60], "内容不是 XLSX 文件"),
        ("带宏.xlsx", package("xl/workbook.xml", "xl/vbaProject.bin"), "内容不是 XLSX 文件"),
        ("空.pdf", b"", "空文件"),
    ],
    # Named by the file alone: a packed file's bytes tell the time, and workers must name a test alike.
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_what_is_not_what_it_says_is_refused(client, alta, ordos, name, content, reason):
    response = upload(client, name, content)
    page = response.content.decode()
    assert reason in page
    assert not Evidence.objects.exists()
    assert stored() == []


def test_too_large_a_file_is_refused(client, alta, ordos):
    response = upload(client, "大.pdf", PDF + b"0" * evidence.MAX_BYTES)
    assert "超过 10 MB" in response.content.decode()
    assert stored() == []


def test_the_same_file_twice_is_refused(client, alta, ordos):
    upload(client)
    response = upload(client, "改了名.pdf")
    assert "内容相同" in response.content.decode()
    assert len(stored()) == 1


def test_at_most_so_many(client, alta, ordos, monkeypatch):
    monkeypatch.setattr(evidence, "MAX_FILES", 1)
    upload(client)
    assert "最多附 1 份" in upload(client, content=PDF + b"2").content.decode()


def test_nothing_chosen(client, alta, ordos):
    assert "请先选择文件" in client.post(FILES, {}).content.decode()


def test_full_disk_is_told(client, alta, ordos, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(evidence, "_write", full)
    assert "磁盘可能满了" in upload(client).content.decode()
    assert not Evidence.objects.exists()


def test_removed_is_marked_and_stays_in_the_archive(client, alta, ordos):
    upload(client)
    row = Evidence.objects.get()
    response = client.post(f"{FILES}{row.pk}/remove/", follow=True)
    assert "还没有附上文件" in response.content.decode()
    row.refresh_from_db()
    assert row.removed_at
    assert len(stored()) == 1
    assert client.get(f"{FILES}{row.pk}/").status_code == 404
    assert client.post(f"{FILES}{row.pk}/remove/").status_code == 404


def test_who_did_what_is_recorded(client, alta, ordos):
    upload(client)
    row = Evidence.objects.get()
    content(client.get(f"{FILES}{row.pk}/"))
    client.post(f"{FILES}{row.pk}/remove/")
    events = AuditEvent.objects.filter(act__startswith="evidence.").order_by("pk")
    assert [(event.act, event.username) for event in events] == [
        ("evidence.keep", "alta"),
        ("evidence.read", "alta"),
        ("evidence.remove", "alta"),
    ]
    assert events[0].detail["sha256"] == row.sha256


def test_people_of_the_region_see_and_only_clerks_change(client, people, alta, ordos):
    upload(client)
    row = Evidence.objects.get()
    client.logout()
    assert client.get(FILES).status_code == 302
    assert client.get(f"{FILES}{row.pk}/").status_code == 302
    for name in ("bayar", "dolma"):
        client.force_login(people[name])
        assert "扫描件.pdf" in client.get(FILES).content.decode()
        response = client.get(f"{FILES}{row.pk}/")
        assert content(response) == PDF
        assert client.post(f"{FILES}{row.pk}/remove/").status_code == 403
        assert upload(client, content=PDF + b"2").status_code == 403
    client.force_login(people["chen"])
    assert client.get(FILES).status_code == 404
    assert upload(client).status_code == 404
    assert client.get(f"{FILES}{row.pk}/").status_code == 404
    assert client.post(f"{FILES}{row.pk}/remove/").status_code == 404
    assert Evidence.objects.filter(removed_at=None).count() == 1


def test_a_file_is_found_under_its_own_figure_only(client, alta, ordos):
    upload(client)
    pk = Evidence.objects.get().pk
    assert client.get(f"{ADDRESS}evidence/patents/{pk}/").status_code == 404
    assert client.get(f"/entry/150600/2023/evidence/marks/{pk}/").status_code == 404


def test_unknown_indicator_and_strange_year(client, alta, ordos):
    assert client.get("/entry/150600/2101/evidence/marks/").status_code == 404
    assert client.get(f"{ADDRESS}evidence/nothing/").status_code == 404


def test_nothing_is_added_or_removed_in_a_locked_year(client, people, alta, ordos, tree):
    upload(client)
    row = Evidence.objects.get()
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿")
    assert "年报已定稿" in upload(client, content=PDF + b"2").content.decode()
    assert "年报已定稿" in client.post(f"{FILES}{row.pk}/remove/", follow=True).content.decode()
    assert Evidence.objects.filter(removed_at=None).count() == 1


def test_the_grid_counts_them(client, alta, ordos):
    upload(client)
    upload(client, content=PDF + b"2")
    assert ">2 份</a>" in client.get(ADDRESS).content.decode()


def test_a_lost_file_is_not_found(client, alta, ordos):
    upload(client)
    [path] = stored()
    path.unlink()
    assert client.get(f"{FILES}{Evidence.objects.get().pk}/").status_code == 404
