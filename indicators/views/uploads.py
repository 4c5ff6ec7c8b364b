"""Excel there and back: the workbook to fill in, the upload with its check and preview, what was confirmed; plan files too."""

import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from indicators import audit, forms, jobs, progress
from indicators.calculation.vocabulary import EntryState, JobKind, JobState, Role
from indicators.exports import DEMO_MARK
from indicators.imports import Refused, kept, plan_uploads, uploads, workbook
from indicators.models import Job
from indicators.outcome import Conflict
from indicators.reports import entry as report
from indicators.reports import stated
from indicators.views import working
from indicators.views.entry import for_clerks

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PER_PAGE = 100
LISTED = 10
MOST_NOTE = 1000
MOST_AN_HOUR = 60
KINDS = {"new": "新增", "changed": "更改", "same": "未变", "removed": "移除", "refused": "不能通过", "warned": "需核对"}
NO_SPACE = "文件没有存下来，服务器的磁盘可能满了；请稍后再试，或联系管理员"


# The workbook


@require_safe
@for_clerks
def blank(request, region, year):
    """The workbook of a region and year as it stands for this person."""
    grid = report.grid(region, year, by=request.user)
    mark = DEMO_MARK if progress.state_of_data()["is_demo"] else ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workbook.xlsx"
        workbook.write(grid, path, asked=_asked(grid), mark=mark)
        content = path.read_bytes()
    audit.record("workbook.download", by=request.user, subject=f"{region.code} {year}")
    return _download(content, f"{region.name}_填报表_{year}.xlsx", f"{region.code}-{year}.xlsx", XLSX)


def _asked(grid):
    """By indicator: the target that rules the year, else the next one, as the plan writes it."""
    targets = stated.targets_of([row.asked for row in grid.rows if row.asked])
    return {row.code: _asked_of(row, grid.year, targets) for row in grid.rows}


def _asked_of(row, year, targets):
    if row.asked is None:
        return report.NOT_IN_PLAN
    if row.target:
        return f"{year} 年：{row.target}"
    stands = targets.get(row.asked.plan_indicator, {})
    nearest = min((one for one in stands if one > year), default=max(stands, default=None))
    return f"{nearest} 年：{stated.target_text(stands[nearest], row.asked)}" if nearest else report.NO_TARGET


def _download(content, name, plain, kind):
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return response


# Uploading


@require_http_methods(["GET", "HEAD", "POST"])
@for_clerks
def upload(request, region, year):
    """Where the workbook comes from and goes back to."""
    problem, status = "", 200
    if request.method == "POST":
        answered, problem, status = _take(request, JobKind.IMPORT_ACTUALS, region=region.code, year=year)
        if answered:
            return answered
    recent = Job.objects.filter(
        created_by=request.user, kind=JobKind.IMPORT_ACTUALS, payload__region=region.code, payload__year=year
    )
    context = {"region": region, "year": year, "problem": problem, "recent": _recent(recent), **_limits()}
    return render(request, "uploads/upload.html", context, status=status)


@working.page(role=Role.MANAGER, posts=True)
def upload_plans(request):
    """A file of plans, of indicators, or of plan indicators and targets, from a manager."""
    problem, status = "", 200
    if request.method == "POST":
        file = request.POST.get("kind", "")
        if file in plan_uploads.KINDS:
            answered, problem, status = _take(request, JobKind.IMPORT_PLAN, file=file)
            if answered:
                return answered
        else:
            problem, status = "请选择文件里是什么", 422
    recent = Job.objects.filter(created_by=request.user, kind=JobKind.IMPORT_PLAN)
    context = {"problem": problem, "recent": _recent(recent), "kinds": plan_uploads.KINDS, **_limits()}
    return render(request, "uploads/upload_plans.html", context, status=status)


def _limits():
    return {"most_bytes": settings.UPLOAD_MAX_BYTES, "most_megabytes": settings.UPLOAD_MAX_BYTES // 1024 // 1024}


def _recent(found):
    return [job for job in found.order_by("-pk")[: LISTED * 2] if job.payload.get("stage") == uploads.CHECK][:LISTED]


def _take(request, kind, **about):
    """Keep what was uploaded and have it checked: where to go on, else the sentence that refuses it and its status."""
    file = request.FILES.get("file")
    if file is None:
        return None, "请先选择文件", 422
    hour = timezone.now() - timedelta(hours=1)
    if Job.objects.filter(created_by=request.user, payload__stage=uploads.CHECK, created_at__gt=hour).count() >= MOST_AN_HOUR:
        return None, f"一小时内已上传 {MOST_AN_HOUR} 个文件，请过一会儿再传", 429
    if file.size > settings.UPLOAD_MAX_BYTES:
        return None, f"“{kept.shown_name(file.name)}”超过 {_limits()['most_megabytes']} MB；请分成几个文件", 413
    try:
        payload = kept.keep(file)
    except OSError:
        return None, NO_SPACE, 503
    told_of = {name: payload[name] for name in ("size", "sha256")}
    audit.record("upload.keep", by=request.user, subject=payload["name"], **told_of)
    job = jobs.queue(kind, by=request.user, payload={**payload, **about, "stage": uploads.CHECK})
    jobs.run_now(job)  # what is small is checked before the page comes; the rest is left to a worker
    return redirect("upload", job.pk), "", 302


# The check, its preview, and confirming it


@working.page("view", "page", any_role=False, posts=True)
def preview(request, pk):
    job = own(request, pk)
    if job.payload.get("stage") != uploads.CHECK:
        return redirect("job", pk)
    applied = Job.objects.filter(idempotency_key=_key(job)).first()
    context, problem, status = {}, "", 200
    if request.method == "POST" and applied is None:
        answered, problem, status = _confirm(request, job)
        if answered:
            return answered
    elif request.method == "POST":
        return redirect("job", applied.pk)
    if job.state == JobState.DONE:
        try:
            context = _rows_of(job, request.selection)
        except Refused as error:
            context = {"gone": str(error)}
    context |= {
        "job": job,
        "applied": applied,
        "problem": problem,
        "note": request.POST.get("note", "")[:MOST_NOTE],
        "waiting_since": jobs.waiting_since(job),
        "selection": request.selection,
    }
    is_plan = job.kind == JobKind.IMPORT_PLAN
    template = "uploads/preview_plans.html" if is_plan else "uploads/preview.html"
    return render(request, template, context | _place_of(job), status=status)


def own(request, pk):
    """A job of the person who asks; to others it does not exist. What is done within a request is no job to look at."""
    return get_object_or_404(Job, pk=pk, created_by=request.user, kind__in=jobs.WORK)


def _key(job):
    return f"confirmed-{job.pk}"


def _confirm(request, job):
    """Queue what was confirmed; the same confirmation sent twice is one job."""
    note = forms.one_line(request.POST.get("note", ""))[:MOST_NOTE]
    payload = {"stage": uploads.APPLY, "check": job.pk, "name": job.payload["name"], "note": note}
    try:
        if job.kind == JobKind.IMPORT_PLAN:
            plan_uploads.refuse_unfit(job, note=note)
        else:
            uploads.refuse_unfit(job, note=note)
            act = request.POST.get("act", "")
            if act not in ("submit", "draft"):
                return None, "请选择提交审核或存为草稿", 422
            payload["state"] = (EntryState.SUBMITTED if act == "submit" else EntryState.DRAFT).value
            payload |= {name: job.payload[name] for name in ("region", "year")}
        confirmed = jobs.queue(JobKind(job.kind), by=request.user, payload=payload, idempotency_key=_key(job))
    except Refused as error:
        return None, str(error), 422
    except Conflict as error:
        return None, str(error), 409
    if sum(job.result.get(name, 0) for name in ("new", "changed", "removed")) <= jobs.FEW:
        jobs.run_now(confirmed)
    return redirect("job", confirmed.pk), "", 302


def _rows_of(job, asked):
    """A page of the preview's rows, with the counts that filter them."""
    rows = kept.rows(job.payload)
    chosen = asked.view
    if chosen and chosen not in KINDS:
        raise Http404(f"参数“view”应是 {'、'.join(KINDS)} 之一")
    if not chosen and job.result["refused"]:
        chosen = "refused"  # what has to be mended comes first
    shown = [row for row in rows if not chosen or row["kind"] == chosen or (chosen == "warned" and row["warnings"])]
    page = Paginator(shown, PER_PAGE).page(asked.page)
    counts = [(kind, label, job.result.get(kind, 0)) for kind, label in KINDS.items() if job.result.get(kind)]
    return {"page": page, "counts": counts, "chosen": chosen, "total": len(rows), "kinds": KINDS}


def _place_of(job):
    """The page that the upload was begun from; if that was of a region and year, whether the file speaks of others."""
    code, year = job.payload.get("region"), job.payload.get("year")
    if not code:
        return {"again": reverse("plans-import")}
    again = reverse("entry-file", args=[code, year])
    others = set(job.result.get("regions", ())) - {code} or set(job.result.get("years", ())) - {str(year)}
    return {"again": again, "code": code, "year": year, "speaks_of_others": bool(others)}


@working.page(any_role=False)
def marked(request, pk):
    """The file as it was uploaded, with what is wrong in red and in a column of its own."""
    job = own(request, pk)
    path = kept.place(job.payload, "marked") if "folder" in job.payload else None
    if path is None or not path.exists():
        raise Http404("没有这个文件，或已过期")
    stem, _, ending = job.payload["name"].rpartition(".")
    kind = "csv" if job.result["read"]["kind"] == "csv" else "xlsx"
    audit.record("upload.marked", by=request.user, subject=f"job {job.pk}")
    name = f"{stem or ending}_错误标注.{kind}"
    type_ = XLSX if kind == "xlsx" else "text/csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=type_)
