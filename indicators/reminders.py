"""A digest for each person with something to do: what is due, overdue, returned, waiting for review. At most one a day."""

import datetime
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from indicators import audit, permissions
from indicators.models import AuditEvent
from indicators.reports import worklist
from indicators.reports.worklist import WorkList
from regions.models import User

log = logging.getLogger(__name__)

SENT = "reminder.send"
LINES = 20
NEAR_DAYS = 14  # around the last day there is a mail every weekday
MONDAY = 0


@dataclass(frozen=True)
class Digest:
    """A mail to one person."""

    person: User
    subject: str
    body: str
    is_pressing: bool  # something was returned, waits for review, or is about to be due; else once a week is enough


def recipients():
    """Who has a role and an address."""
    return User.objects.filter(is_active=True, assignments__isnull=False).exclude(email="").distinct().order_by("pk")


def digest(person: User, today: datetime.date) -> Digest | None:
    """What a person is to do; None where there is nothing."""
    work = worklist.worklist(person, permissions.regions_by_role(person), 1, today)
    parts = [*_returned(work), *_tasks(work), *_reviews(work), *_missing(work)]
    if not parts:
        return None
    counts = work.counts
    heads = {
        "returned": "项被退回",
        "overdue": "项逾期未报",
        "to_review": "项等您审核",
    }
    told = [f"{counts[name]} {words}" for name, words in heads.items() if counts[name]]
    if not told and counts["blank"] + counts["drafts"]:
        told = [f"{counts['blank'] + counts['drafts']} 项待填报"]
    if not told and work.missing:
        told = [f"{work.missing.count} 个地区未报齐 {work.missing.year} 年"]
    head = f"{person}，您好：以下是截至 {today.year}年{today.month}月{today.day}日 要办的事。"
    foot = (
        f"办理：{_link(reverse('worklist'))}\n\n"
        "这封邮件由系统在工作日早上发出，每人每天至多一封，不急的每周一发一次；办完之后不再提醒。请勿直接回复。"
    )
    body = "\n\n".join([head, *parts, foot]) + "\n"
    return Digest(person, f"知识产权规划指标：{'，'.join(told)}", body, _is_pressing(work, today))


def _is_pressing(work: WorkList, today: datetime.date) -> bool:
    if work.counts["returned"] or work.counts["to_review"]:
        return True
    deadlines = [task.deadline for task in work.tasks or () if task.open]
    deadlines += [work.missing.deadline] if work.missing and work.missing.places else []
    return any(abs(deadline.days_left) <= NEAR_DAYS for deadline in deadlines)


def _link(path: str) -> str:
    return f"{settings.SITE_ADDRESS}{path}" if settings.SITE_ADDRESS else "请登录系统，打开“工作清单”"


def _returned(work: WorkList) -> Iterator[str]:
    if work.returned:
        lines = [
            f"· {one.entry.series.region} {one.entry.year} 年 {one.entry.series.indicator}：{one.entry.returned_because}"
            for one in work.returned
        ]
        yield "\n".join(["【退回】请先改这些：", *_cut(lines)])


def _tasks(work: WorkList) -> Iterator[str]:
    tasks = [task for task in work.tasks or () if task.open]
    if tasks:
        lines = [
            f"· {task.region} {task.year} 年：待填 {task.blank} 项，草稿 {task.drafts} 份，退回 {task.returned} 项，"
            f"{task.deadline.words}（{task.deadline.day}前）"
            for task in sorted(tasks, key=lambda task: (-task.year, task.region.code))
        ]
        yield "\n".join(["【填报】", *_cut(lines)])


def _reviews(work: WorkList) -> Iterator[str]:
    waiting = [one for one in work.reviews or () if one.count > one.own]
    if waiting:
        lines = [f"· {one.region} {one.year} 年：{one.count - one.own} 项" for one in waiting]
        yield "\n".join(["【待审核】", *_cut(lines)])


def _missing(work: WorkList) -> Iterator[str]:
    if work.missing and work.missing.places:
        found = work.missing
        lines = [
            f"· {place.region}：{len(place.items)} / {place.due} 项未报"
            + (f"，填报人 {'、'.join(place.clerks)}" if place.clerks else "，还没有填报员")
            for place in found.places
        ]
        more = found.count - len(found.places)
        lines += [f"· 另有 {more} 个地区"] if more else []
        yield "\n".join([f"【{found.year} 年未报齐的地区】{found.deadline.words}", *lines])


def _cut(lines: list[str]) -> list[str]:
    return lines[:LINES] + ([f"· 另有 {len(lines) - LINES} 行"] if len(lines) > LINES else [])


# Sending


def send_all(today: datetime.date) -> int:
    """Mail everyone who has something to do and was not written to today; how many were."""
    if not settings.REMINDERS:
        return 0
    return sum(send(person, today) for person in recipients())


def send(person: User, today: datetime.date) -> bool:
    """Mail one person's digest, unless there is nothing to say, or not today, or they had one today; whether it was sent."""
    told = digest(person, today)
    if told is None or not (told.is_pressing or today.weekday() == MONDAY) or not _claim(person, today):
        return False
    try:
        EmailMessage(told.subject, told.body, settings.DEFAULT_FROM_EMAIL, [person.email]).send()
    except Exception as error:  # whatever a mail server may answer: the others still get theirs
        log.warning("no reminder for user %s: %s", person.pk, error)
        audit.record(SENT, by=None, subject=_subject(person, today), succeeded=False, error=type(error).__name__)
        return False
    return True


@transaction.atomic
def _claim(person: User, today: datetime.date) -> bool:
    """Note the day's mail before it goes, so that two workers never send two; one that failed may be tried again."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    since = timezone.now() - datetime.timedelta(days=2)  # the index goes by time; the subject names the day
    last = AuditEvent.objects.filter(act=SENT, subject=_subject(person, today), at__gte=since).order_by("-pk").first()
    if last and last.succeeded:
        return False
    audit.record(SENT, by=None, subject=_subject(person, today))
    return True


def _subject(person: User, today: datetime.date) -> str:
    return f"user {person.pk} {today}"
