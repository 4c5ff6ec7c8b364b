"""Files that are made to hurt: each is refused in Chinese, soon, in little memory, by a process of its own."""

import io
import json
import os
import resource
import time

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators import jobs
from indicators.imports import Refused, child, kept, uploads
from indicators.models import Entry, Job
from tests import factories
from tests.indicators import hostile

SECONDS = 5
MEGABYTES = 512


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def kept_file(name, content):
    return kept.keep(SimpleUploadedFile(name, content))


@pytest.mark.parametrize("name", hostile.FILES)
def test_it_is_refused_soon_and_in_little_memory(name, tmp_path, monkeypatch):
    make, sentence = hostile.FILES[name]
    payload = kept_file(name, make())
    # Its own peak: what the kernel tells of a child includes the process that it was forked from.
    status = tmp_path / "status"
    telling = f"import atexit; atexit.register(lambda: open({str(status)!r}, 'w').write(open('/proc/self/status').read()))\n"
    monkeypatch.setattr(child, "LIMITED", telling + child.LIMITED)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with pytest.raises(Refused, match=sentence) as refusal:
        kept.read(payload, uploads.COLUMNS)
        list(kept.sheets.of(kept.lines(payload), uploads.COLUMNS, is_ragged=True))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    [peak] = [int(line.split()[1]) // 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    print(f"{name}: {used:.1f} s of processor, {time.monotonic() - began:.1f} s, {peak} MB")
    assert used < SECONDS
    assert peak < MEGABYTES
    assert "Traceback" not in str(refusal.value)


@pytest.fixture
def alta(client, people, tree):
    factories.series(tree["150600"])
    client.force_login(people["alta"])
    return client


def upload(client, name, content):
    answer = client.post(reverse("entry-file", args=["150600", 2024]), {"file": SimpleUploadedFile(name, content)})
    jobs.run_waiting()
    return client.get(answer["Location"]).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["xxe.xlsx", "150-megabytes.xlsx", "macros.xlsm", "old.xls", "null.csv"])
def test_a_person_is_told_what_to_do(alta, name):
    make, sentence = hostile.FILES[name]
    page = upload(alta, name, make())
    assert "没有改动任何数据" in page
    assert any(part in page for part in sentence.split("|"))
    assert "重新上传" in page


@pytest.mark.django_db
def test_one_that_never_ends_is_stopped(alta, monkeypatch):
    monkeypatch.setattr(child, "LIMITED", "while True: pass")
    monkeypatch.setattr(kept, "PATIENT", child.Limits(seconds=1))
    monkeypatch.setattr(kept, "HURRIED", child.Limits(seconds=1))
    began = time.monotonic()
    page = upload(alta, "a.xlsx", hostile.good())
    assert "限定的时间和内存" in page
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("x = bytearray(2 * 1024**3)", "memory"),
        ("while True: pass", "processor time"),
        ("open('{path}', 'wb').write(b'x' * 200 * 1024**2)", "output"),
    ],
)
def test_the_process_that_reads_is_limited(tmp_path, monkeypatch, code, what):
    program = tmp_path / "greedy.py"
    program.write_text(code.replace("{path}", str(tmp_path / "out")))
    monkeypatch.setattr(child, "HERE", tmp_path)
    with pytest.raises(child.Stopped):
        child.run("greedy", {}, child.Limits(seconds=2))


def test_the_process_that_reads_knows_nothing_of_ours(tmp_path, monkeypatch):
    (tmp_path / "curious.py").write_text("import json, os; print(json.dumps(dict(os.environ)))")
    monkeypatch.setattr(child, "HERE", tmp_path)
    monkeypatch.setenv("SECRET_KEY", "not for hostile files")
    assert set(child.run("curious", {}, child.Limits(seconds=5))) <= {"PATH", "LANG", "LC_CTYPE"}
    assert os.environ["SECRET_KEY"]


def test_the_process_that_reads_parses_xml_through_defusedxml(tmp_path, monkeypatch):
    (tmp_path / "asking.py").write_text(
        "import json, os; os.environ['OPENPYXL_LXML'] = 'False'\nfrom openpyxl.xml import functions\n"
        "print(json.dumps([functions.fromstring.__module__, functions.iterparse.__module__]))"
    )
    monkeypatch.setattr(child, "HERE", tmp_path)
    told = json.loads(json.dumps(child.run("asking", {}, child.Limits(seconds=5))))
    assert all(module.startswith("defusedxml") for module in told)


# Formulas


def with_formula(value):
    """A workbook in which Excel left a formula with its result."""
    cell = f'<c r="D2"><f>1+1</f>{"" if value is None else f"<v>{value}</v>"}</c>'
    texts = zip("ABE", ("150600", "valid-trademarks", "件"), strict=True)
    others = "".join(f'<c r="{letter}2" t="inlineStr"><is><t>{text}</t></is></c>' for letter, text in texts)
    first, last = others.split('<c r="E2"')
    year = '<c r="C2"><v>2024</v></c>'
    row = f'{first}{year}{cell}<c r="E2"{last}'
    return hostile.package(hostile.sheet(f'<row r="1">{hostile.HEADING}</row><row r="2">{row}</row>'))


@pytest.mark.django_db
@pytest.mark.parametrize("value", [None, 0])
def test_a_formula_whose_result_may_be_missing_is_refused_with_its_cell(alta, value):
    page = upload(alta, "a.xlsx", with_formula(value))
    assert "D2 是公式" in page
    assert "选择性粘贴" in page


@pytest.mark.django_db
def test_a_formula_with_its_result_counts_as_the_result(alta):
    upload(alta, "a.xlsx", with_formula(42))
    [job] = Job.objects.all()
    alta.post(reverse("upload", args=[job.pk]), {"act": "submit"})
    assert Entry.objects.get().value == 42


@pytest.mark.django_db
def test_text_that_looks_like_a_formula_stays_text_there_and_back(alta):
    book = openpyxl.Workbook()
    book.active.append([*hostile.HEAD, "source"])
    book.active.append(["150600", "valid-trademarks", "2024", "很多", "件", "x"])
    for place, text in ((6, '=HYPERLINK("http://evil")'),):
        book.active.cell(2, place).value = text
        book.active.cell(2, place).data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    page = upload(alta, "a.xlsx", buffer.getvalue())
    assert "不是数字" in page
    [job] = Job.objects.all()
    answer = alta.get(reverse("upload-marked", args=[job.pk]))
    marked = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert not [cell for line in marked.iter_rows() for cell in line if cell.data_type == "f"]
    assert marked["F2"].value == '=HYPERLINK("http://evil")'
