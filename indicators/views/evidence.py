"""The files beside a figure: seen by its region's people, added and removed by its clerks."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from indicators import evidence, permissions
from indicators.models import Evidence, Indicator, Series
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.reports import entry as report
from indicators.views.entry import for_clerks, refuse_strange_year
from regions.models import Region


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def files(request, code, year, indicator):
    """The list, for everybody with a role in the region; its clerks add to it."""
    region = _seen_region(request.user, code)
    refuse_strange_year(year)
    found = get_object_or_404(Indicator, code=indicator)
    [row] = report.rows(region, year, by=request.user, only=[found.code], locked=_why_not(request.user, region, year))
    problem = ""
    if request.method == "POST":
        if not permissions.may_enter(request.user, region):
            raise PermissionDenied("只有填报员可以附上凭证")
        problem = _take(request, region, year, row)
        if not problem:
            return redirect(request.path)
    context = {
        "row": row,
        "region": region,
        "year": year,
        "files": evidence.listed(row.series, year) if row.series else [],
        "problem": problem,
        "may_enter": permissions.may_enter(request.user, region),
        "accepted": evidence.ACCEPTED,
        "endings": ",".join(f".{ending}" for ending in evidence.TYPES),
    }
    return render(request, "entry/grid_evidence.html", context, status=422 if problem else 200)


def _take(request, region, year, row):
    """Keep the uploaded files; the sentence that refuses one, blank where all are kept."""
    uploads = request.FILES.getlist("file")
    if not uploads:
        return "请先选择文件"
    for upload in uploads:
        try:
            series = row.series or Series.objects.get_or_create(region=region, indicator=row.indicator)[0]
            kept = evidence.keep(series, year, upload, by=request.user)
        except (Inconsistent, Forbidden) as error:
            return str(error)
        except OSError:
            return f"“{evidence.clean_name(upload.name)}”没有存下来，服务器的磁盘可能满了；请稍后再试，或联系管理员"
        messages.success(request, f"已附上“{kept.name}”。")
    return ""


@require_safe
@never_cache
@login_required
def download(request, code, year, indicator, pk):
    row = _file(request.user, code, year, indicator, pk)
    try:
        file = evidence.opened(row, by=request.user)
    except FileNotFoundError:
        raise Http404("这份凭证的文件不在档案里，请联系管理员") from None
    return FileResponse(file, as_attachment=True, filename=row.name, content_type=row.content_type)


@require_POST
@for_clerks
def remove(request, region, year, indicator, pk):
    row = _file(request.user, region.code, year, indicator, pk)
    try:
        evidence.remove(row, by=request.user)
        messages.success(request, f"已移除“{row.name}”。")
    except (Conflict, Inconsistent) as error:
        messages.error(request, str(error))
    return redirect(reverse("entry-evidence", args=[region.code, year, indicator]))


def _seen_region(user, code):
    region = get_object_or_404(Region.objects.select_related("parent"), code=code)
    if region.pk not in permissions.regions_seen(user):
        raise Http404("没有这样的页面")
    return region


def _file(user, code, year, indicator, pk):
    """A file that was not removed, of just this figure."""
    region = _seen_region(user, code)
    return get_object_or_404(
        Evidence.objects.select_related("series__region", "series__indicator"),
        pk=pk,
        series__region=region,
        series__indicator__code=indicator,
        year=year,
        removed_at=None,
    )


def _why_not(user, region, year):
    if not permissions.may_enter(user, region):
        return "只有填报员可以附上或移除凭证"
    return permissions.lock_refusal(region, year, user) or ""
