"""A job as the person sees it who asked for it: how far it is, cancelling it, what came of it."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from indicators import jobs
from indicators.calculation.vocabulary import JobKind, JobState
from indicators.models import Job
from indicators.views import working
from indicators.views.uploads import own


@working.page(any_role=False)
def job(request, pk):
    """What a confirmed upload came to."""
    found = own(request, pk)
    if found.payload.get("stage") == "check":
        return redirect("upload", pk)
    context = {"job": found, "waiting_since": jobs.waiting_since(found), "is_figures": found.kind == JobKind.IMPORT_ACTUALS}
    return render(request, "uploads/job.html", context)


@require_safe
@never_cache
def state(request, pk):
    """How far a job is, for the page that shows it."""
    if not request.user.is_authenticated:
        return JsonResponse({"login": reverse("login")}, status=401)
    found = Job.objects.filter(pk=pk, created_by=request.user, kind__in=jobs.WORK).first()
    if found is None:
        return JsonResponse({"code": "not_found"}, status=404)
    since = jobs.waiting_since(found)
    return JsonResponse(
        {
            "state": found.state,
            "label": JobState(found.state).label,
            "done": found.done,
            "total": found.total,
            "waiting_since": since.isoformat() if since else None,
        }
    )


@require_POST
@working.page(any_role=False, posts=True)
def cancel(request, pk):
    """Stop a job before it has written anything."""
    found = own(request, pk)
    if jobs.cancel(found, by=request.user):
        messages.success(request, "已取消，没有改动任何数据。")
    else:
        messages.error(request, "这个任务已经结束，不能再取消。")
    return redirect("job", pk)
