"""Review: what is new against what stood; accept or return, one or many. And proposing to correct what is in force."""

import re
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html

from indicators import forms, permissions, progress, workflow
from indicators.calculation.vocabulary import JobKind, Role
from indicators.models import Entry
from indicators.models.fields import FIRST_YEAR
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.reports import entry as rows
from indicators.reports import review as report
from indicators.reports.batches import batch_address
from indicators.views import answers, working
from regions.models import Region

APPROVE, RETURN = "approve", "return"
MAX_REASON = 300
MOST_REFUSALS = 10


@working.page("region", "indicator", "year", "page", "format", role=Role.REVIEWER, posts=True)
def review(request):
    regions, asked = request.held[Role.REVIEWER], request.selection
    problem, chosen = None, set()
    if request.method == "POST":
        decision = _decision(request.POST)
        problem, chosen = decision.problem, set(decision.keys)
        if not problem:
            _tell(request, _decide(decision, regions, by=request.user))
            return redirect(asked.address(request.path))
    found = report.review(request.user, regions, report.Asked(asked.regions, asked.indicators, asked.year), asked.page)
    context = {"review": found, "problem": problem, "chosen": chosen, "reason": request.POST.get("reason", "")}
    response = answers.answer(request, "review/review.html", context, found.table)
    if problem:
        response.status_code = 422
    return response


@dataclass(frozen=True)
class Decision:
    """What a reviewer asked for: which act, on which entries in which version, and why."""

    act: str
    keys: tuple[str, ...]
    reason: str

    @property
    def problem(self):
        """(field, sentence) of what is missing; None where all is there."""
        if self.act not in (APPROVE, RETURN):
            return "act", "请选择通过或退回"
        if not self.keys:
            return "entry", "还没有选中任何一项；请先在表中勾选"
        if self.act == RETURN and not self.reason:
            return "reason", "请写明退回理由，让填报人知道要改什么，例如“与年报不符，请核对单位”"
        if len(self.reason) > MAX_REASON:
            return "reason", f"理由最多 {MAX_REASON} 个字，现在是 {len(self.reason)} 个"
        return None


def _decision(posted):
    """A row's own button names its entry (approve:12:3), those of the form go by what is checked."""
    act, _, key = posted.get("act", "").partition(":")
    keys = [key] if key else posted.getlist("entry")
    return Decision(act, tuple(dict.fromkeys(keys))[: report.PER_PAGE * 2], forms.one_line(posted.get("reason", "")))


@dataclass(frozen=True)
class Done:
    """What came of a decision."""

    act: str
    count: int
    refused: tuple[str, ...]
    batch: object


@transaction.atomic
def _decide(decision, regions, *, by):
    """All in one batch; what is refused stays as it is and keeps nothing else back."""
    batch = workflow.start_batch(JobKind.REVIEW, by=by, act=decision.act)
    versions = dict(_read(key) for key in decision.keys)
    related = Entry.objects.filter(pk__in=versions, series__region__in=regions).select_related(
        "series__region", "series__indicator"
    )
    # In the order in which all acts take their turns on series, so that two of them never wait for each other.
    found = list(related.order_by("series", "year"))
    count, refused = 0, []
    for entry in found:
        told = {"by": by, "version": versions[entry.pk], "job": batch}
        try:
            if decision.act == APPROVE:
                workflow.approve(entry, **told)
            else:
                workflow.send_back(entry, reason=decision.reason, **told)
            count += 1
        except (Conflict, Forbidden, Inconsistent) as error:
            refused.append(f"{entry.series.region} · {entry.series.indicator} {entry.year} 年：{error}")
    if gone := len(versions) - len(found):
        refused.append(f"{gone} 项已由他人处理，或不在您审核的地区")
    if not count:
        transaction.set_rollback(True)
    return Done(decision.act, count, tuple(refused), batch if count else None)


def _read(key):
    found = re.fullmatch("([0-9]{1,18}):([0-9]{1,9})", key)
    if found is None:
        raise Http404("没有这样的填报")
    return int(found[1]), int(found[2])


def _tell(request, done):
    if done.count:
        word = "通过" if done.act == APPROVE else "退回"
        sentence = '已{} <strong>{}</strong> 项。<a href="{}">看这一批，或撤回</a>'
        messages.success(request, format_html(sentence, word, done.count, batch_address(done.batch.pk)))
    for sentence in done.refused[:MOST_REFUSALS]:
        messages.error(request, f"没有处理：{sentence}")
    if len(done.refused) > MOST_REFUSALS:
        messages.error(request, f"另有 {len(done.refused) - MOST_REFUSALS} 项没有处理，原因见表中各行")


# Corrections


NUMBER, NOT_APPLICABLE, CLEAR = "number", "not-applicable", "clear"


@working.page(posts=True)
def correct(request, code, year, indicator):
    """Propose to correct, or to clear, a figure that is in force; a reviewer decides."""
    region = get_object_or_404(Region, code=code)
    if region.pk not in request.held[Role.CLERK]:
        raise PermissionDenied(f"只有{region}的填报员可以提出更正")
    if not FIRST_YEAR <= year <= progress.today().year:
        raise Http404(f"年份应在 {FIRST_YEAR} 与今年之间")
    row = _row(region, year, indicator, request.user)
    context = {"row": row, "typed": _typed(row), "problems": {}, "conflict": ""}
    status = 200
    if request.method == "POST":
        context["typed"] = {name: request.POST.get(name, "")[:2000] for name in context["typed"]}
        facts, context["problems"] = _correction(request.POST, row)
        status = 422 if context["problems"] else 200
        if not context["problems"]:
            try:
                _propose(row, facts, by=request.user)
            except Conflict as error:
                context |= {"row": _row(region, year, indicator, request.user), "conflict": str(error)}
                status = 409
            except (Forbidden, Inconsistent) as error:
                context["problems"] = {"": str(error)}
                status = 422
            else:
                messages.success(request, f"{row.name} {year} 年的更正已提交，等待审核；审核通过之前，原来的数值不变。")
                return redirect("worklist")
    return render(request, "entry/correct.html", context, status=status)


def _row(region, year, indicator, by):
    found = rows.rows(region, year, by=by, only=[indicator], locked=permissions.lock_refusal(region, year, by) or "")
    if not found or found[0].series is None or found[0].actual is None:
        raise Http404("这一格没有已生效的数值，请在填报表里填写")
    return found[0]


def _typed(row):
    """What the form says first: the own proposal if there is one, else what stands."""
    own = row.entry if row.entry and not row.is_others else None
    how = NUMBER
    if own:
        how = CLEAR if own.clears else NOT_APPLICABLE if own.not_applicable else NUMBER
    return {
        "how": how,
        "value": row.typed if own and how == NUMBER else "",
        "source": row.source,
        "note": own.note if own else "",
        "version": str(row.version if own else 0),
        "seen_version": str(row.actual_version),
    }


def _correction(posted, row):
    """The facts of the proposal, and {field: what is wrong}."""
    problems, how = {}, posted.get("how", "")
    cell = (
        forms.Cell(forms.NOT_APPLICABLE, not_applicable=True)
        if how == NOT_APPLICABLE
        else forms.Cell(forms.CLEARED, clears=True)
    )
    try:
        if how == NUMBER:
            cell = forms.read_cell(posted.get("value", ""), unit=row.unit, indicator=row.indicator)
            if cell.error or not cell.says_something:
                problems["value"] = cell.error or f"请填更正后的数值，单位是{row.unit}，例如 12.5"
        elif how not in (NOT_APPLICABLE, CLEAR):
            problems["how"] = "请选择改为数值、不适用，或清除"
    except forms.Refused as error:
        problems["value"] = str(error)
    source = address = note = ""
    try:
        source, address = forms.read_source(posted.get("source", ""))
    except forms.Refused as error:
        problems["source"] = str(error)
    try:
        note = forms.read_note(posted.get("note", ""))
        if not note:
            problems["note"] = "请写明更正的理由，例如“年报更正，原数漏计一家”"
    except forms.Refused as error:
        problems["note"] = str(error)
    if not problems and _is_same(cell, source, address, row.actual):
        problems["value"] = f"与已生效的 {row.actual_text} 相同，不必提交"
    versions = {name: posted.get(name, "") for name in ("version", "seen_version")}
    if not all(re.fullmatch("[0-9]{1,9}", text) for text in versions.values()):
        problems.setdefault("", "表单不完整，请重新打开这一页")
    facts = {
        "as_typed": cell.as_typed, "value": cell.value, "not_applicable": cell.not_applicable, "clears": cell.clears,
        "source": source, "source_url": address, "note": note,
    }  # fmt: skip
    return facts | {name: int(text) for name, text in versions.items() if not problems}, problems


def _is_same(cell, source, address, actual):
    return (cell.value, cell.not_applicable, source, address) == (
        actual.value, actual.not_applicable, actual.source, actual.source_url,
    ) and not cell.clears  # fmt: skip


@transaction.atomic
def _propose(row, facts, *, by):
    batch = workflow.start_batch(JobKind.SAVE, by=by, region=row.region.code, year=row.year)
    workflow.submit(row.series, row.year, **facts, by=by, job=batch)
