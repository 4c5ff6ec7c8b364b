"""Digests by mail: what is due, overdue, returned and waiting; at most one a person and day, and off unless switched on."""

import datetime
import io

import pytest
from django.core.management import CommandError, call_command

from indicators import reminders, tasks, workflow
from indicators.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY = datetime.date(2026, 4, 13), datetime.date(2026, 4, 21)
LATE_MONDAY = datetime.date(2026, 11, 16)


@pytest.fixture
def series(tree):
    series = factories.series(tree["150600"])
    factories.plan_indicator(series, factories.plan(tree["150600"], first_year=2025))
    return series


@pytest.fixture
def everyone(people, series, settings):
    """Everybody has an address, and reminders are on."""
    settings.REMINDERS = True
    settings.SITE_ADDRESS = "https://ipdash.example"
    for name, person in people.items():
        person.email = f"{name}@example.org"
        person.save()
    return people


def test_a_clerk_is_told_what_is_due(everyone):
    told = reminders.digest(everyone["alta"], MONDAY)
    assert told.subject == "知识产权规划指标：1 项逾期未报"
    assert "Alta，您好：以下是截至 2026年4月13日 要办的事。" in told.body
    assert "· 鄂尔多斯市 2025 年：待填 1 项，草稿 0 份，退回 0 项，已逾期 13 天（2026年3月31日前）" in told.body
    assert "https://ipdash.example/entry/" in told.body


def test_what_was_returned_comes_with_its_reason(everyone, series):
    entry = workflow.submit(series, 2025, value=7, by=everyone["alta"])
    workflow.send_back(entry, by=everyone["bayar"], version=entry.version, reason="请核对单位")
    told = reminders.digest(everyone["alta"], MONDAY)
    assert told.subject.startswith("知识产权规划指标：1 项被退回")
    assert "【退回】请先改这些：\n· 鄂尔多斯市 2025 年 有效注册商标拥有量：请核对单位" in told.body


def test_a_reviewer_is_told_what_waits_and_never_of_the_own(everyone, series, tree):
    assert reminders.digest(everyone["bayar"], MONDAY) is None
    workflow.submit(series, 2025, value=7, by=everyone["alta"])
    assert "【待审核】\n· 鄂尔多斯市 2025 年：1 项" in reminders.digest(everyone["bayar"], MONDAY).body
    both = factories.person("both", (tree["150600"], "reviewer", False))
    series.entries.update(entered_by=both)
    assert reminders.digest(both, MONDAY) is None


def test_a_manager_is_told_who_has_not_reported(everyone):
    told = reminders.digest(everyone["dolma"], MONDAY)
    assert told.subject == "知识产权规划指标：1 个地区未报齐 2025 年"
    assert "【2025 年未报齐的地区】已逾期 13 天\n· 鄂尔多斯市：1 / 1 项未报，填报人 Alta" in told.body


def test_other_regions_are_not_in_it(everyone):
    assert reminders.digest(everyone["chen"], MONDAY) is None


def test_nothing_goes_out_unless_switched_on(everyone, settings, mailoutbox):
    settings.REMINDERS = False
    assert reminders.send_all(MONDAY) == 0
    assert mailoutbox == []
    with pytest.raises(CommandError, match="REMINDERS=true"):
        call_command("send_reminders")


def test_everyone_with_something_to_do_gets_one_mail_a_day(everyone, mailoutbox, settings):
    settings.DEFAULT_FROM_EMAIL = "ipdash@example.org"
    assert reminders.send_all(MONDAY) == 2
    assert reminders.send_all(MONDAY) == 0
    assert sorted(mail.to for mail in mailoutbox) == [["alta@example.org"], ["dolma@example.org"]]
    assert {mail.from_email for mail in mailoutbox} == {"ipdash@example.org"}
    assert AuditEvent.objects.filter(act="reminder.send", succeeded=True).count() == 2
    assert reminders.send_all(MONDAY + datetime.timedelta(days=1)) == 2


def test_what_does_not_press_is_sent_on_mondays_only(everyone, series, mailoutbox):
    assert reminders.send_all(LATE_MONDAY) == 2
    assert reminders.send_all(LATE_MONDAY + datetime.timedelta(days=1)) == 0
    workflow.submit(series, 2025, value=7, by=everyone["alta"])
    assert reminders.send_all(LATE_MONDAY + datetime.timedelta(days=2)) == 1
    assert mailoutbox[-1].to == ["bayar@example.org"]


def test_who_has_no_address_no_role_or_is_switched_off_gets_none(everyone, mailoutbox):
    factories.person("eve", email="eve@example.org")
    everyone["alta"].email = ""
    everyone["alta"].save()
    everyone["dolma"].is_active = False
    everyone["dolma"].save()
    assert reminders.send_all(MONDAY) == 0
    assert mailoutbox == []


def test_a_mail_that_failed_is_noted_and_tried_again_and_the_others_go(everyone, mailoutbox, monkeypatch):
    def fail(self, fail_silently=False):
        raise OSError("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(reminders.EmailMessage, "send", fail)
        assert reminders.send_all(MONDAY) == 0
    assert AuditEvent.objects.filter(act="reminder.send", succeeded=False).count() == 2
    assert reminders.send_all(MONDAY) == 2
    assert len(mailoutbox) == 2


def test_the_task_sends_them(everyone, mailoutbox, monkeypatch):
    monkeypatch.setattr("indicators.progress.today", lambda: MONDAY)
    assert tasks.send_reminders() == 2
    assert len(mailoutbox) == 2


def test_it_can_be_read_before_anything_is_sent(everyone, mailoutbox, settings):
    settings.REMINDERS = False
    out = io.StringIO()
    call_command("send_reminders", show=True, user="alta", stdout=out)
    assert "收件人：alta@example.org\n主题：知识产权规划指标：" in out.getvalue()
    assert "dolma@example.org" not in out.getvalue()
    assert mailoutbox == []
    assert not AuditEvent.objects.filter(act="reminder.send").exists()
    with pytest.raises(CommandError, match="没有分工或没有登记邮箱"):
        call_command("send_reminders", user="nobody")


def test_without_a_server_mails_are_files(everyone, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    assert reminders.send_all(MONDAY) == 2
    # two mails of one second may share a file: Django names it by the moment and the sender's place in memory
    written = "".join(file.read_text() for file in (tmp_path / "mail").iterdir())
    to = {line for line in written.splitlines() if line.startswith("To: ")}
    assert to == {"To: alta@example.org", "To: dolma@example.org"}
