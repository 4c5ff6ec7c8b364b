"""Files that show where a figure comes from: checked by their content, kept under names of ours, never thrown away."""

import hashlib
import uuid
import zipfile
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from indicators import audit
from indicators.models import Evidence
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.permissions import lock_refusal, may_enter

MAX_BYTES = 10 * 1024 * 1024
MAX_FILES = 20
MAX_MEMBERS = 2000
MAX_NAME = 200

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "docx": _WORD,
    "xlsx": _EXCEL,
    "ofd": "application/ofd",
}
_BEGINNINGS = {"pdf": b"%PDF-", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
_MEMBERS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "OFD.xml"}
_MACROS = "vbaProject.bin"
ACCEPTED = "PDF、JPG、PNG、Word（.docx）、Excel（.xlsx）、OFD"


def listed(series, year):
    """The files of a figure that were not removed, the oldest first."""
    return Evidence.objects.filter(series=series, year=year, removed_at=None).select_related("uploaded_by").order_by("pk")


def keep(series, year, upload, *, by):
    """Store an uploaded file beside a figure. Returns its row; refuses what is not what its name says."""
    _refuse(series.region, year, by)
    name = clean_name(upload.name)
    kind = _kind(name, upload)
    stored_as = f"{uuid.uuid4().hex}.{kind}"
    path = path_of(stored_as)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        digest = _write(upload, path)
        with transaction.atomic():
            if listed(series, year).count() >= MAX_FILES:
                _refuse_file(f"一个数值最多附 {MAX_FILES} 份凭证，请先移除不用的")
            if listed(series, year).filter(sha256=digest).exists():
                _refuse_file(f"“{name}”与已有的一份凭证内容相同，不必再传")
            row = Evidence.objects.create(
                series=series,
                year=year,
                name=name,
                stored_as=stored_as,
                content_type=TYPES[kind],
                size=upload.size,
                sha256=digest,
                uploaded_by=by,
                uploaded_at=timezone.now(),
            )
            audit.record("evidence.keep", by=by, subject=f"{series} {year}", name=name, sha256=digest, size=upload.size)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return row


@transaction.atomic
def remove(row, *, by):
    """Mark a file as removed: it is no longer listed, and stays in the archive."""
    _refuse(row.series.region, row.year, by)
    if not Evidence.objects.filter(pk=row.pk, removed_at=None).update(removed_at=timezone.now()):
        raise Conflict("这份凭证已经移除")
    audit.record("evidence.remove", by=by, subject=f"{row.series} {row.year}", name=row.name, sha256=row.sha256)


def opened(row, *, by):
    """The stored file, open for reading, and noted that somebody read it; FileNotFoundError when the archive lost it."""
    file = path_of(row.stored_as).open("rb")
    audit.record("evidence.read", by=by, subject=f"{row.series} {row.year}", name=row.name, sha256=row.sha256)
    return file


def path_of(stored_as):
    return Path(settings.MEDIA_ROOT) / "evidence" / stored_as[:2] / stored_as


def clean_name(name):
    """The name a file came with, without folders, control characters and what no file system takes."""
    last = str(name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(character for character in last if character.isprintable() and character not in '<>:"|?*').strip(". ")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[: MAX_NAME - len(ending) - 1]}{dot}{ending}" if dot else plain[:MAX_NAME]


def _refuse(region, year, by):
    if not may_enter(by, region):
        raise Forbidden(f"“{by}”没有在{region}填报的权限")
    if sentence := lock_refusal(region, year, by):
        raise Inconsistent([(0, "year", sentence)])


def _refuse_file(sentence):
    raise Inconsistent([(0, "file", sentence)])


def _kind(name, upload):
    """The ending of the name, once the content has shown to be of that kind."""
    kind = name.rpartition(".")[2].lower()
    if kind not in TYPES:
        _refuse_file(f"“{name}”不是可以附的文件；可以附 {ACCEPTED}")
    if upload.size > MAX_BYTES:
        _refuse_file(f"“{name}”有 {upload.size / 1024 / 1024:.1f} MB，超过 10 MB；请压缩后再传")
    if not upload.size:
        _refuse_file(f"“{name}”是空文件")
    upload.seek(0)
    beginning = upload.read(8)
    fits = beginning.startswith(_BEGINNINGS[kind]) if kind in _BEGINNINGS else _is_package(upload, _MEMBERS[kind])
    if not fits:
        _refuse_file(f"“{name}”的内容不是 {kind.upper()} 文件，或者已损坏、加了密码；请另存为 {kind.upper()} 后再传")
    return kind


def _is_package(upload, member):
    """Whether a zip holds what makes it a document of its kind, and no macros. Only its directory is read."""
    try:
        with zipfile.ZipFile(upload) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    return len(names) <= MAX_MEMBERS and member in names and not any(name.endswith(_MACROS) for name in names)


def _write(upload, path):
    """Copy the file and return the SHA-256 of what was written."""
    digest = hashlib.sha256()
    upload.seek(0)
    with path.open("xb") as out:
        for chunk in upload.chunks():
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()
