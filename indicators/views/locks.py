"""Closing and opening years, and exceptions from that; everyone with a role sees what is closed, why, and by whom."""

import datetime
import re

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render

from indicators import forms, progress
from indicators import locks as acts
from indicators.calculation.vocabulary import Role
from indicators.models.fields import FIRST_YEAR
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.reports import locks as report
from indicators.reports import worklist
from indicators.views import working
from regions.models import Region, User

MAX_REASON = 300


class Unclear(ValueError):
    """A field that cannot be understood; (field, sentence)."""

    def __init__(self, field, sentence):
        self.field = field
        super().__init__(sentence)


@working.page("region", "year", "page", posts=True)
def locks(request):
    problem, typed, status = None, {}, 200
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in ("region", "year", "reason", "until", "below")}
        try:
            closed = _close(request)
        except (Unclear, Conflict, Forbidden, Inconsistent) as error:
            problem, status = (getattr(error, "field", ""), str(error)), _status(error)
        else:
            messages.success(request, f"已锁定 {closed} 个地区的年度。" if closed else "这些地区的这一年都已锁定，没有改动。")
            return redirect(request.get_full_path())
    asked, today = request.selection, progress.today()
    years = [asked.year] if asked.year else [today.year, *worklist.years_due(today)]
    only = _named(asked.regions)
    found = report.locks(request.seen, request.held[Role.MANAGER], sorted(years), asked.page, only=only)
    context = {"locks": found, "problem": problem, "typed": typed, "selection": asked, "today": today}
    context["latest"] = asked.year or today.year - 1
    return render(request, "review/locks.html", context, status=status)


def _status(error):
    return {Conflict: 409, Forbidden: 403}.get(type(error), 422)


def _named(codes):
    if not codes:
        return None
    named = list(Region.objects.filter(code__in=codes))
    if len(named) != len(codes):
        raise Http404("没有这样的地区")
    return set(Region.objects.within(*named).values_list("pk", flat=True))


def _close(request):
    """Lock a year of a region, perhaps with those below it; how many were locked."""
    posted = request.POST
    region = Region.objects.filter(code=posted.get("region", "")).first()
    if region is None:
        raise Unclear("region", "请选择要锁定的地区")
    managed = request.held[Role.MANAGER]
    if region.pk not in managed:
        raise Forbidden(f"“{request.user}”没有管理{region}的权限")
    regions = Region.objects.within(region).filter(pk__in=managed) if posted.get("below") else [region]
    told = {"by": request.user, "reason": _reason(posted, "锁定"), "until": _day(posted.get("until", ""), "until")}
    return acts.lock_years(regions, [_year(posted.get("year", ""))], **told)


def _year(text):
    if text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:6]) <= progress.today().year:
        return int(text)
    raise Unclear("year", f"请选择年份，在 {FIRST_YEAR} 与今年之间")


def _reason(posted, act):
    reason = forms.one_line(posted.get("reason", ""))
    if not reason:
        raise Unclear("reason", f"请写明{act}的理由，看到的人才知道为什么不能填")
    if len(reason) > MAX_REASON:
        raise Unclear("reason", f"理由最多 {MAX_REASON} 个字，现在是 {len(reason)} 个")
    return reason


def _day(text, field, *, is_needed=False):
    if not text.strip() and not is_needed:
        return None
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        raise Unclear(field, "请填日期，例如 2027-03-31") from None


@working.page(posts=True)
def lock(request, pk):
    found = report.lock(pk, request.seen)
    if found is None:
        raise Http404("没有这个锁定，或已经解锁")
    problem, typed, status = None, {}, 200
    may_manage = found.lock.region_id in request.held[Role.MANAGER]
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in ("act", "reason", "until", "user")}
        try:
            sentence, is_gone = _act(request, found.lock)
        except (Unclear, Conflict, Forbidden, Inconsistent) as error:
            problem, status = (getattr(error, "field", ""), str(error)), _status(error)
        else:
            messages.success(request, sentence)
            return redirect("locks") if is_gone else redirect("lock", pk)
    context = {"found": found, "problem": problem, "typed": typed, "may_manage": may_manage, "today": progress.today()}
    return render(request, "review/lock.html", context, status=status)


def _act(request, lock):
    """What was done, in words, and whether the lock is gone."""
    posted, by = request.POST, request.user
    act, _, key = posted.get("act", "").partition(":")
    if act == "unlock":
        acts.unlock_year(lock, by=by, reason=_reason(posted, "解锁"))
        return f"{lock.region} {lock.year} 年已解锁。", True
    if act == "except":
        people = {str(person.pk): person for person in report.lock(lock.pk, request.seen).people}
        user: User | None = people.get(posted.get("user", ""))
        if user is None:
            raise Unclear("user", "请选择准许谁例外")
        told = {"reason": _reason(posted, "准许例外"), "until": _day(posted.get("until", ""), "until", is_needed=True)}
        acts.except_from(lock, user, by=by, **told)
        return f"已准许{user}在锁定期间继续填报。", False
    if act == "end":
        acts.end_exception(get_object_or_404(lock.exceptions, pk=int(key) if re.fullmatch("[0-9]{1,18}", key) else 0), by=by)
        return "已取消这一例外。", False
    raise Unclear("act", "请选择要做什么")
