"""The entry grid of a region and year: the page with its plain form, the cells as they are typed, and handing them in."""

import functools
import json
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from indicators import forms, permissions, progress, selection, workflow
from indicators.calculation.vocabulary import JobKind
from indicators.models import Series
from indicators.models.fields import FIRST_YEAR
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.reports import entry as report
from indicators.reports.entry import RowState
from regions.models import Region

MOST_CELLS = 200  # of one request; the page sends more in several
LISTED = 50  # of what was not handed in


def for_clerks(view):
    """A page of a region and year for its clerks. Who has another role there is refused, to others it does not exist."""

    @never_cache
    @functools.wraps(view)
    def admitted(request, code, year, **options):
        if not request.user.is_authenticated:
            # What a script asked for instead is answered on the way out (views/sessions.py), as is a form that was typed.
            page = reverse("entry-grid", args=[code, year])
            return redirect_to_login(request.get_full_path() if request.path == page else page)
        region = get_object_or_404(Region.objects.select_related("parent"), code=code)
        if not permissions.may_enter(request.user, region):
            if region.pk in permissions.regions_seen(request.user):
                raise PermissionDenied(f"只有{region}的填报员可以填报")
            raise Http404("没有这样的页面")
        refuse_strange_year(year)
        return view(request, region, year, **options)

    return admitted


def refuse_strange_year(year):
    """Figures are of years that have begun."""
    if not FIRST_YEAR <= year <= progress.today().year:
        raise Http404(f"年份应在 {FIRST_YEAR} 与今年之间")


# The page and its plain form


@require_http_methods(["GET", "HEAD", "POST"])
@for_clerks
def grid(request, region, year):
    try:
        asked = selection.parse(request.GET, allowed=frozenset({"view", "indicator"}))
    except selection.BadSelection as error:
        raise Http404(str(error)) from None
    if asked.view not in ("", "dimension"):
        raise Http404("参数“view”只能是 dimension，或者不写")
    found = report.grid(region, year, by=request.user, view=asked.view, added=asked.indicators)
    context = {"selection": asked}
    if request.method == "POST":
        answered = _take_form(request, found, asked)
        if not isinstance(answered, dict):
            return answered
        found = report.grid(region, year, by=request.user, view=asked.view, added=asked.indicators)
        found = found.with_unsaved(answered.pop("refused"))
        context |= answered
    return render(request, "entry/grid.html", {"grid": found, **context})


def _take_form(request, found, asked):
    """Keep what was typed, and hand it in if that was asked: a redirect, or what the page must say instead."""
    try:
        proposals = forms.changed_proposals(request.POST, [row.code for row in found.rows])
    except forms.BadRequest as error:
        messages.error(request, str(error))
        return redirect(request.get_full_path())
    answers = _keep(found.region, found.year, proposals, by=request.user)
    refused = {answer.proposal.indicator: (answer.proposal, answer.reason) for answer in answers if not answer.kept}
    kept = len(answers) - len(refused)
    result = None
    if request.POST.get("act") == "submit" and not refused:
        chosen = set(request.POST.getlist("chosen")) or None
        result = _hand_in(found.region, found.year, chosen, by=request.user)
        if not result.refused:
            messages.success(request, result.sentence)
            return redirect(request.get_full_path())
    elif not refused and not any(answer.row.has_error for answer in answers):
        messages.success(request, f"已保存 {kept} 项草稿。" if kept else "没有改动。")
        return redirect(request.get_full_path())
    return {"refused": refused, "kept": kept, "result": result, "with_problems": result is None}


# Cells as they are typed


@require_http_methods(["GET", "POST"])
@for_clerks
def cells(request, region, year):
    """GET: who is logged in, and a token for writing, which changes with each login. POST: rows to keep as drafts."""
    if request.method == "GET":
        return JsonResponse({"person": request.user.pk, "csrf": get_token(request)})
    try:
        body = _body(request)
        proposals = forms.read_proposals(body.get("cells"), most=MOST_CELLS)
    except _Answered as stop:
        return stop.response
    except forms.BadRequest as error:
        return _refusal(400, "bad_request", str(error))
    answers = _keep(region, year, proposals, by=request.user)
    return JsonResponse({"cells": [answer.as_json() for answer in answers]})


@require_POST
@for_clerks
def submit(request, region, year):
    """Hand in the drafts named in the body, each from the version that was seen."""
    try:
        body = _body(request)
        asked = forms.read_proposals(body.get("cells"), most=report.MOST_ROWS)
    except _Answered as stop:
        return stop.response
    except forms.BadRequest as error:
        return _refusal(400, "bad_request", str(error))
    result = _hand_in(region, year, {one.indicator: one.version for one in asked}, by=request.user)
    found = report.rows(region, year, by=request.user, only=[one.indicator for one in asked], locked=result.locked)
    return JsonResponse(
        {
            "submitted": len(result.submitted),
            "sentence": result.sentence,
            "batch": result.batch and result.batch.pk,
            "refused": [{"indicator": row.code, "name": row.name, "reason": reason} for row, reason in result.refused],
            "cells": [_answer_of(row) for row in found],
        }
    )


class _Answered(Exception):
    def __init__(self, response):
        self.response = response


def _body(request):
    """The JSON of a request; it names the person whose page it comes from, who may be another than is logged in by now."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise forms.BadRequest("请求应是 JSON 对象")
    if body.get("person") != request.user.pk:
        sentence = f"现在登录的是“{request.user}”，与打开这一页的人不同；请用原来的账号重新登录，所填内容仍在这一页"
        raise _Answered(_refusal(409, "other_person", sentence))
    return body


def _refusal(status, code, detail):
    return JsonResponse({"code": code, "detail": detail}, status=status)


# What both entrances do


@dataclass(frozen=True)
class Answer:
    """What became of a proposal. `kept`: the text is on the server, even where it is no number or meets a newer figure."""

    proposal: forms.Proposal
    row: report.Row | None  # None where there is no such indicator
    state: str  # saved, refused, conflict, locked
    reason: str
    kept: bool

    def as_json(self):
        stands = _answer_of(self.row) if self.row else {"indicator": self.proposal.indicator, "row": None}
        return {**stands, "state": self.state, "reason": self.reason, "kept": self.kept}


def _answer_of(row):
    """A row as the page needs it to show what stands."""
    return {
        "indicator": row.code,
        "row": {
            "state": row.state,
            "symbol": row.state.symbol,
            "label": row.state.label,
            "style": row.state.style,
            "typed": row.typed,
            "source": row.source,
            "note": row.note,
            "version": row.version,
            "seen_version": row.seen_version,
            "actual": row.actual_text,
            "actual_version": row.actual_version,
            "actual_source": row.actual_source,
            "echo": row.cell.echo,
            "change": row.change,
            "remarks": [{"kind": kind, "sentence": sentence} for kind, sentence in row.remarks],
            "is_open": row.is_open,
            "is_others": row.is_others,
        },
    }


def _keep(region, year, proposals, *, by):
    """Keep rows as drafts, each by itself, and tell of each what became of it; in one transaction, which is one write."""
    if not proposals:
        return []
    codes = [one.indicator for one in proposals]
    told = {}
    with transaction.atomic():
        before = {row.code: row for row in report.rows(region, year, by=by, only=codes)}
        # In the order in which all acts take their turns on series, so that two of them never wait for each other.
        for proposal in sorted(proposals, key=lambda one: _turn(before.get(one.indicator))):
            told[proposal.indicator] = _keep_one(region, year, before.get(proposal.indicator), proposal, by)
        locked = permissions.lock_refusal(region, year, by) or ""
        after = {row.code: row for row in report.rows(region, year, by=by, only=codes, locked=locked)}
    return [_answer(one, after.get(one.indicator), *told[one.indicator]) for one in proposals]


def _turn(row):
    return row.series.pk if row and row.series else 0


def _keep_one(region, year, row, proposal, by):
    """("", "") when kept, else (state, reason)."""
    if row is None:
        return "refused", "没有这个指标，请重新打开这一页"
    try:
        cell = proposal.cell(unit=row.unit, indicator=row.indicator)
        source, address = forms.read_source(proposal.source)
        facts = {
            "as_typed": cell.as_typed,
            "value": cell.value,
            "not_applicable": cell.not_applicable,
            "clears": cell.clears,
            "source": source,
            "source_url": address,
            "note": forms.read_note(proposal.note),
        }
        if not facts["as_typed"] and not facts["note"] and forms.joined_source(source, address) == row.actual_source:
            facts["source"] = facts["source_url"] = ""  # what is in force already says so: nothing was proposed
        if _stands_already(row, facts, proposal):
            return "", ""
        series = row.series or Series.objects.get_or_create(region=region, indicator=row.indicator)[0]
        versions = {"version": proposal.version, "seen_version": proposal.seen_version}
        workflow.save_draft(series, year, **facts, **versions, by=by)
    except forms.Refused as error:
        return "refused", str(error)
    except Conflict as error:
        return "conflict", str(error)
    except Inconsistent as error:
        return ("locked" if error.places[0][1] == "year" else "refused"), str(error)
    except Forbidden as error:
        return "refused", str(error)
    return "", ""


def _stands_already(row, facts, proposal):
    """Whether there is nothing to write: blank where nothing is, or sent again because the first answer did not arrive."""
    if row.entry is None:
        return not any(facts.values()) and not proposal.version
    same = all(getattr(row.entry, name) == fact for name, fact in facts.items())
    return same and not row.is_others and row.entry.seen_version == proposal.seen_version


def _answer(proposal, row, state, reason):
    if state:
        return Answer(proposal, row, state, reason, kept=False)
    if row.is_overtaken:
        return Answer(proposal, row, "conflict", row.conflict, kept=True)
    if row.cell.error:
        return Answer(proposal, row, "refused", row.cell.error, kept=True)
    return Answer(proposal, row, "saved", "", kept=True)


@dataclass(frozen=True)
class HandedIn:
    """What went to review in one batch, and what did not and why."""

    submitted: tuple[report.Row, ...]
    refused: tuple[tuple[report.Row, str], ...]
    batch: object
    locked: str

    @property
    def sentence(self):
        if not self.submitted and not self.refused:
            return "没有可提交的草稿。"
        parts = [f"已提交 {len(self.submitted)} 项，等待审核"] if self.submitted else ["一项也没有提交"]
        parts += [f"{len(self.refused)} 项没有提交"] if self.submitted and self.refused else []
        return "；".join(parts) + "。"

    @property
    def listed(self):
        return self.refused[:LISTED]


def _hand_in(region, year, chosen, *, by):
    """Hand in own drafts and returned figures: all, those whose codes are in a set, or {code: version seen} of a dict."""
    submitted, refused, batch = [], [], None
    with transaction.atomic():
        locked = permissions.lock_refusal(region, year, by) or ""
        found = report.rows(region, year, by=by, locked=locked)
        ready = [row for row in found if row.state in (RowState.DRAFT, RowState.RETURNED) and not row.is_others]
        for row in sorted(ready, key=_turn):
            if chosen is not None and row.code not in chosen:
                continue
            reason = row.obstacle
            if isinstance(chosen, dict) and chosen[row.code] != row.version:
                reason = f"这一格在别处改动过，现在是 {row.typed or '空白'}；请核对后再提交"
            if not reason:
                batch = batch or workflow.start_batch(JobKind.SAVE, by=by, region=region.code, year=year)
                try:
                    workflow.submit_draft(row.entry, by=by, version=row.version, job=batch)
                except (Conflict, Inconsistent, Forbidden) as error:
                    reason = str(error)
            if reason:
                refused.append((row, reason))
            else:
                submitted.append(row)
        if batch and not submitted:
            batch.delete()
            batch = None
    return HandedIn(tuple(submitted), tuple(refused), batch, locked)
