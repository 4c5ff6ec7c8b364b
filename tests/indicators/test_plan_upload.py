"""Uploading plans: what a file would change is shown first, and done once when confirmed, by who manages the regions."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators import exports
from indicators.calculation.vocabulary import JobState
from indicators.models import AuditEvent, Indicator, Job, Plan, PlanIndicator, StaleMark, Target
from tests import factories

pytestmark = pytest.mark.django_db

FORM = reverse("plans-import")
HEAD = "plan,region,indicator,name,unit,measure,direction,baseline_year,baseline_value,year,kind,lower,upper\n"
PLANS = "plan,title,region,first_year,last_year\n"
INDICATORS = "code,name,unit,dimension,measure,direction\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def dolma(client, people):
    client.force_login(people["dolma"])
    return client


@pytest.fixture
def planned(tree):
    """Ordos wants 5 万件 in 2025 and 4 in 2024."""
    series = factories.series(tree["150600"], name="有效注册商标")
    plan = factories.plan(tree["150600"], title="鄂尔多斯市规划")
    row = factories.plan_indicator(series, plan, unit="万件", name="有效注册商标", baseline_year=2020, baseline_value=30_000)
    factories.target(row, year=2024, lower=40_000)
    factories.target(row, year=2025, lower=50_000)
    return row


def line(year, lower, indicator="valid-trademarks", region="150600", name="有效注册商标"):
    return f"a-plan,{region},{indicator},{name},万件,stock,increase,2020,3,{year},at_least,{lower},\n"


def send(client, text, kind="plan"):
    answer = client.post(FORM, {"kind": kind, "file": SimpleUploadedFile("规划.csv", text.encode())})
    assert answer.status_code == 302, answer.content.decode()
    return client.get(answer["Location"]).content.decode(), Job.objects.latest("pk")


def confirm(client, job, **fields):
    return client.post(reverse("upload", args=[job.pk]), fields)


def test_what_would_change_is_shown_and_nothing_is_changed(dolma, planned):
    page, job = send(dolma, HEAD + line(2025, 6) + line(2025, 2, "patents", name="专利"))
    assert [job.result[kind] for kind in ("new", "changed", "removed", "refused")] == [3, 1, 1, 0]
    assert "下限：5 → <strong>6</strong>" in page
    assert "移除" in page
    assert "有效注册商标 2024 年目标" in page
    assert "指标 专利（patents）" in page
    assert Target.objects.count() == 2
    assert not Indicator.objects.filter(code="patents").exists()
    assert not StaleMark.objects.exists()


def test_confirmed_it_is_done_once_with_its_reason(dolma, planned):
    _, job = send(dolma, HEAD + line(2025, 6))
    assert confirm(dolma, job).status_code == 422
    first, second = (confirm(dolma, job, note="内政发〔2024〕1 号调整") for _ in range(2))
    assert first["Location"] == second["Location"]
    page = dolma.get(first["Location"]).content.decode()
    assert "更改 <strong>1</strong>，移除 <strong>1</strong>" in page
    assert [(target.year, target.lower) for target in Target.objects.all()] == [(2025, 60_000)]
    assert AuditEvent.objects.get(act="plans.import").detail["reason"] == "内政发〔2024〕1 号调整"
    assert StaleMark.objects.exists()


def test_an_export_comes_back_and_changes_nothing(dolma, planned):
    buffer = io.StringIO()
    exports.write_csv(exports.plan("a-plan"), buffer)
    page, job = send(dolma, buffer.getvalue())
    assert "与现有的内容相同" in page
    assert sum(job.result[kind] for kind in ("new", "changed", "removed", "refused")) == 0


def test_what_changed_since_the_preview_is_not_overwritten(dolma, planned):
    _, job = send(dolma, HEAD + line(2024, 4) + line(2025, 6))
    Target.objects.filter(year=2025).update(lower=55_000)
    answer = dolma.get(confirm(dolma, job, note="调整")["Location"])
    assert "预览之后又有改动" in answer.content.decode()
    assert Target.objects.get(year=2025).lower == 55_000
    assert Job.objects.latest("pk").state == JobState.FAILED


def test_wrong_cells_are_named_and_come_back_marked(dolma, planned):
    page, job = send(dolma, HEAD + line(2025, "五万") + line(2031, 6))
    assert job.result["refused"] == 2
    assert "L2" in page
    assert "不是数字" in page
    assert "年份在规划期之外" in page
    assert confirm(dolma, job).status_code == 422
    answer = dolma.get(reverse("upload-marked", args=[job.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0][-1] == "错误信息"
    assert "不是数字" in rows[1][-1]


def test_plans_and_indicators_come_in_the_same_way(dolma, tree):
    _, job = send(dolma, PLANS + "new-plan,新规划,150600,2026,2030\n", kind="plans")
    assert confirm(dolma, job).status_code == 302
    assert Plan.objects.get().title == "新规划"
    _, job = send(dolma, INDICATORS + "patents,专利,件,创造,stock,increase\n", kind="indicators")
    confirm(dolma, job)
    assert Indicator.objects.get().name == "专利"
    page, job = send(dolma, INDICATORS + "patents,发明专利,件,创造,stock,increase\n", kind="indicators")
    assert "名称：专利 → <strong>发明专利</strong>" in page


def test_other_peoples_regions_stay_theirs(client, people, tree, planned):
    client.force_login(factories.person("eser", (tree["150500"], "manager", True)))
    page, job = send(client, HEAD + line(2025, 6))
    assert job.result["refused"] >= 1
    assert "不是鄂尔多斯市的管理员" in page
    page, job = send(client, INDICATORS + "valid-trademarks,改名,件,创造,stock,increase\n", kind="indicators")
    assert "不是鄂尔多斯市的管理员" in page
    page, job = send(client, PLANS + "a-plan,改名,150600,2021,2025\n", kind="plans")
    assert "不是鄂尔多斯市的管理员" in page
    page, job = send(client, PLANS + "a-plan,夺走,150500,2021,2025\n", kind="plans")
    assert job.result["refused"] == 1
    assert confirm(client, job, note="x").status_code == 422
    assert PlanIndicator.objects.count() == 1


def test_only_managers_come_in(client, people):
    assert "login" in client.get(FORM)["Location"]
    client.force_login(people["alta"])
    assert client.get(FORM).status_code == 403
    assert client.post(FORM, {"kind": "plan", "file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403
    assert not Job.objects.exists()


def test_what_is_in_the_file_must_be_said(dolma):
    answer = dolma.post(FORM, {"kind": "people", "file": SimpleUploadedFile("a.csv", b"x")})
    assert answer.status_code == 422
    assert "请选择文件里是什么" in answer.content.decode()
