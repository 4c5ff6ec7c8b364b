"""What was saved, imported or reviewed at one time, and taking it back as a whole; what a person did."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect

from indicators import audit, forms, jobs, workflow
from indicators.calculation.vocabulary import JobKind, Role
from indicators.outcome import Forbidden, Inconsistent
from indicators.reports import batches as report
from indicators.views import answers, working

MAX_REASON = 300
PLACES_SHOWN = 50


@working.page("view", "page", "format", any_role=False)
def batches(request):
    asked = request.selection
    if asked.view and asked.view not in report.KINDS:
        raise Http404(f"参数“view”应是 {'、'.join(report.KINDS)} 之一")
    found = report.batches(request.user, request.seen, kind=asked.view, number=asked.page)
    return answers.answer(request, "review/batches.html", {"list": found, "kinds": report.KINDS}, found.table)


@working.page("page", "format", any_role=False, posts=True)
def batch(request, pk):
    problem, places, reason, status = "", [], "", 200
    found = _batch(request, pk)
    if request.method == "POST":
        reason = forms.one_line(request.POST.get("reason", ""))[:MAX_REASON]
        try:
            sentence = _withdraw(found, reason, by=request.user)
        except Forbidden as error:
            problem, status = str(error), 403
        except Inconsistent as error:
            places, status = [sentence for _, _, sentence in error.places], 422
        else:
            messages.success(request, sentence)
            return redirect("batch", pk)
    else:
        audit.record("history.view", by=request.user, subject=f"batch {pk}")
    context = {"shown": found, "problem": problem, "places": places[:PLACES_SHOWN], "reason": reason}
    by = found.batch.job.created_by
    may_see_person = by is not None and (by == request.user or bool(request.held[Role.MANAGER]))
    context |= {"others": max(len(places) - PLACES_SHOWN, 0), "may_see_person": may_see_person}
    response = answers.answer(request, "review/batch.html", context, found.table)
    if status != 200:
        response.status_code = status
    return response


def _withdraw(found, reason, *, by):
    """Take the batch back, or leave that to a worker where it is large; what was done, in words."""
    batch = found.batch.job
    if not found.is_large:
        return f"已撤回这一批：{workflow.withdraw(batch, by=by, reason=reason).changed} 处恢复为撤回之前的样子。"
    if found.is_being_withdrawn:
        return "这一批已在后台撤回，请稍后刷新本页看结果。"
    if found.refusal:
        raise Forbidden(found.refusal)
    if not reason:
        raise Inconsistent([(0, "reason", "请写明撤回的理由")])
    jobs.queue(JobKind.WITHDRAW, by=by, payload={"withdraws": batch.pk, "reason": reason})
    return f"共 {found.count + found.elsewhere} 处，正在后台撤回；请稍后刷新本页看结果。"


def _batch(request, pk):
    found = report.batch(request.user, request.seen, pk, request.selection.page)
    if found is None:
        raise Http404("没有这一批，或不在您的地区")
    return found


@working.page("page", "format", any_role=False)
def person(request, pk):
    found = report.of_person(request.user, request.held[Role.MANAGER], pk, request.selection.page)
    if found is None:
        raise Http404("没有这个人，或不在您管理的地区")
    audit.record("history.view", by=request.user, subject=f"person {pk}")
    context = {"shown": found, "is_self": found.person == request.user}
    return answers.answer(request, "review/person.html", context, found.table)
