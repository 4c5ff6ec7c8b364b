"""Managers keep plans, their indicators and targets here; what they type is read as a plan file would be."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from indicators import exports, permissions, planning
from indicators.calculation import numbers
from indicators.calculation.vocabulary import Dimension, Direction, Measure, Nature, Role, TargetKind, Through
from indicators.imports import Refused
from indicators.imports.edits import save_plan_indicator
from indicators.imports.tables import CODE
from indicators.models import Indicator, Plan, PlanIndicator
from indicators.models.fields import FIRST_YEAR, LAST_YEAR
from indicators.outcome import Conflict, Forbidden, Inconsistent
from regions.models import Region

PER_PAGE = 50
# What a row of the form may say of a target, and of the plan indicator itself.
TARGET = ("kind", "lower", "upper", "reference_region", "locator")
STATED = (
    "number", "name", "unit", "category", "nature", "baseline_year", "baseline_value", "baseline_locator", "printed_growth",
    "responsible", "note",
)  # fmt: skip


def manager(view):
    """For people who manage plans somewhere; others are told so."""

    @login_required
    def checked(request, *arguments, **options):
        request.managed = permissions.regions_of(request.user, Role.MANAGER)
        if not request.managed:
            raise PermissionDenied
        return view(request, *arguments, **options)

    return checked


def own_plan(request, slug):
    """A plan of a region that the person manages; others do not exist here."""
    plan = get_object_or_404(Plan.objects.select_related("region"), slug=slug)
    if plan.region_id not in request.managed:
        raise Http404
    return plan


class PlanForm(forms.Form):
    slug = forms.RegexField(
        rf"^{CODE}$",
        label="标识",
        max_length=60,
        help_text="用在网址里，定了不改：小写英文词，词间用“-”，例如 ordos-plan",
        error_messages={"invalid": "请用小写英文词，词间用“-”，例如 ordos-plan"},
    )
    title = forms.CharField(label="标题", max_length=200)
    document_number = forms.CharField(label="文号", max_length=100, required=False, help_text="原文没有写的，留空")
    issued_by = forms.CharField(label="发文机关", max_length=200, required=False)
    # A browser's date field shows only this format; in the language's own it would be empty, and saving would lose the date.
    issued_on = forms.DateField(
        label="成文日期", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    region = forms.ModelChoiceField(Region.objects.none(), label="发文地区", to_field_name="code", empty_label="请选择")
    first_year = forms.IntegerField(label="起始年", min_value=FIRST_YEAR, max_value=LAST_YEAR)
    last_year = forms.IntegerField(label="终止年", min_value=FIRST_YEAR, max_value=LAST_YEAR)
    period_assumed = forms.CharField(
        label="规划期为推定的理由", max_length=300, required=False, help_text="原文写明规划期的，留空"
    )

    def __init__(self, *arguments, managed, plan=None, **options):
        super().__init__(*arguments, **options)
        self.plan = plan
        self.fields["region"].queryset = Region.objects.filter(pk__in=managed)
        if plan:
            self.fields["slug"].disabled = True

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if self.plan is None and Plan.objects.filter(slug=slug).exists():
            raise forms.ValidationError("这个标识已有规划在用，请另取一个")
        return slug

    def clean(self):
        first, last = self.cleaned_data.get("first_year"), self.cleaned_data.get("last_year")
        if first and last and first > last:
            self.add_error("last_year", "终止年早于起始年")
        if self.plan and first and last:
            outside = self.plan.plan_indicators.filter(targets__year__lt=first) | self.plan.plan_indicators.filter(
                targets__year__gt=last
            )
            if outside.exists():
                self.add_error("last_year", "已有目标落在这个规划期之外，请先改那些目标")

    def fields_to_put(self):
        """The plan's columns; what the document does not state is null."""
        blank = {name: self.cleaned_data[name] or None for name in ("document_number", "issued_by", "issued_on")}
        return self.cleaned_data | blank


class IndicatorForm(forms.Form):
    code = forms.RegexField(
        rf"^{CODE}$",
        label="代码",
        max_length=60,
        help_text="定了不改：小写英文词，词间用“-”，例如 valid-trademarks",
        error_messages={"invalid": "请用小写英文词，词间用“-”，例如 valid-trademarks"},
    )
    name = forms.CharField(label="名称", max_length=100)
    unit = forms.CharField(label="基本单位", max_length=20, help_text="件、家、万元等；万件、亿元由系统换算")
    dimension = forms.ChoiceField(label="维度", choices=Dimension.choices)
    measure = forms.ChoiceField(label="口径", choices=Measure.choices)
    direction = forms.ChoiceField(label="方向", choices=Direction.choices)
    decimals = forms.IntegerField(label="显示小数位", min_value=0, max_value=6, initial=0)
    same_subject = forms.ModelChoiceField(
        Indicator.objects.all(), label="同一事项的另一口径", required=False, to_field_name="code", empty_label="没有"
    )
    definition = forms.CharField(
        label="定义与口径说明", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *arguments, indicator=None, **options):
        super().__init__(*arguments, **options)
        self.indicator = indicator
        if indicator:
            # Figures hang on these: whoever counts otherwise makes another indicator.
            for name in ("code", "unit", "measure", "direction"):
                self.fields[name].disabled = True
            self.fields["same_subject"].queryset = Indicator.objects.exclude(pk=indicator.pk)

    def clean_code(self):
        code = self.cleaned_data["code"]
        if self.indicator is None and Indicator.objects.filter(code=code).exists():
            raise forms.ValidationError("这个代码已有指标在用，请另取一个")
        return code

    def clean_unit(self):
        unit = self.cleaned_data["unit"]
        if numbers.base_unit(unit) != unit:
            raise forms.ValidationError(f"请用基本单位“{numbers.base_unit(unit)}”，万、亿由系统换算")
        return unit


@require_safe
@manager
def plans(request):
    mine = Plan.objects.filter(region__in=request.managed).select_related("region").order_by("region__code", "slug")
    page = Paginator(mine, PER_PAGE).get_page(request.GET.get("page"))
    may_define = permissions.may_define(request.user)
    known = Indicator.objects.order_by("dimension", "code") if may_define else []
    return render(request, "planning/plans.html", {"page": page, "may_define": may_define, "indicators": known})


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def plan_new(request):
    form = PlanForm(request.POST or None, managed=request.managed)
    if request.method == "POST" and form.is_valid():
        planning.put_rows(Plan, "slug", [form.fields_to_put()], by=request.user, through=Through.FORM)
        messages.success(request, "规划已建立，请逐项录入指标，或用文件导入。")
        return redirect("planning-plan", slug=form.cleaned_data["slug"])
    return render(request, "planning/plan_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def plan_edit(request, slug):
    plan = own_plan(request, slug)
    names = ("slug", "title", "document_number", "issued_by", "issued_on", "first_year", "last_year", "period_assumed")
    initial = {name: getattr(plan, name) for name in names} | {"region": plan.region.code}
    form = PlanForm(request.POST or None, initial=initial, managed=request.managed, plan=plan)
    if request.method == "POST" and form.is_valid():
        planning.put_rows(Plan, "slug", [form.fields_to_put()], by=request.user, through=Through.FORM)
        messages.success(request, "规划已保存；由它算出的进展随即重算。")
        return redirect("planning-plan", slug=slug)
    rows = plan.plan_indicators.select_related("series__region", "series__indicator").order_by("position", "pk")
    region = request.GET.get("region", "")
    rows = rows.filter(series__region__code=region) if region else rows
    page = Paginator(rows, 100).get_page(request.GET.get("page"))
    return render(request, "planning/plan_form.html", {"form": form, "plan": plan, "page": page, "region": region})


@require_safe
@manager
def plan_indicator_add(request, slug):
    """Which series comes into the plan; the form of the plan indicator follows."""
    plan = own_plan(request, slug)
    region = request.GET.get("region", "")
    code = request.GET.get("indicator", "")
    if region and code:
        return redirect("planning-plan-indicator", slug=slug, region=region, indicator=code)
    places = Region.objects.within(plan.region)
    known = Indicator.objects.order_by("dimension", "code")
    context = {"plan": plan, "places": places, "indicators": known, "may_define": permissions.may_define(request.user)}
    return render(request, "planning/add.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def plan_indicator_edit(request, slug, region, indicator):
    plan = own_plan(request, slug)
    place = get_object_or_404(Region.objects.within(plan.region), code=region)
    measured = get_object_or_404(Indicator, code=indicator)
    standing = PlanIndicator.objects.filter(plan=plan, series__region=place, series__indicator=measured).first()
    errors, conflict, status = {}, "", 200
    if request.method == "POST":
        try:
            if "remove" in request.POST:
                return _remove(request, plan, standing)
            return _save(request, plan, place, measured)
        except Refused as error:
            errors = {(problem.line, problem.column): problem.reason for problem in error.problems}
        except Inconsistent as error:
            errors = {(line, column): reason for line, column, reason in error.places}
        except Forbidden:
            raise PermissionDenied from None
        except Conflict as error:
            conflict, status = str(error), 409
        status = status if conflict else 422
    shown = _typed(request.POST, plan) if errors or conflict else _standing(standing, plan)
    places = _places(request.POST, plan)
    errors = {
        _field(places, line, column): _in_words(reason) for (line, column), reason in sorted(errors.items(), reverse=True)
    }
    years = [
        {"year": year, **{name: (shown[f"{name}-{year}"], errors.get(f"{name}-{year}", "")) for name in TARGET}}
        for year in range(plan.first_year, plan.last_year + 1)
    ]
    context = {
        "plan": plan,
        "region": place,
        "indicator": measured,
        "standing": standing,
        "seen": request.POST.get("seen", "") if errors else planning.fingerprint(standing),
        "shown": shown,
        "stated": [(name, LABELS[name], shown[name], errors.get(name, "")) for name in STATED],
        "years": years,
        "errors": [(field, _label(field), errors[field]) for field in sorted(errors, key=_place_in_form)],
        "conflict": conflict,
        "kinds": TargetKind.choices(),
        "natures": Nature.choices(),
        "amendments": standing.amendments.select_related("by") if standing else [],
        "document_error": errors.get("document_number", ""),
        "reason_error": errors.get("reason", ""),
    }
    return render(request, "planning/plan_indicator.html", context, status=status)


LABELS = {
    "number": "序号",
    "name": "规划用语",
    "unit": "规划所用单位",
    "category": "规划所列类别",
    "nature": "属性",
    "baseline_year": "基期年",
    "baseline_value": "基期值",
    "baseline_locator": "基期出处",
    "printed_growth": "所印增幅",
    "responsible": "责任单位",
    "note": "说明",
    "year": "年份",
    "kind": "目标类型",
    "lower": "下限",
    "upper": "上限",
    "reference_region": "对照地区",
    "locator": "出处",
    "document_number": "调整文号",
    "reason": "理由",
}


def _save(request, plan, region, indicator):
    issued_on = request.POST.get("issued_on", "").strip()
    day = forms.DateField(required=False)
    try:
        issued_on = day.clean(issued_on)
    except forms.ValidationError:
        raise Inconsistent([(0, "document_number", f"“{issued_on[:20]}”不是日期，请写成 2024-03-01")]) from None
    save_plan_indicator(
        plan,
        region,
        indicator,
        _rows(request.POST, plan),
        by=request.user,
        seen=request.POST.get("seen", ""),
        document_number=request.POST.get("document_number", "").strip()[:100],
        issued_on=issued_on,
        reason=request.POST.get("reason", "").strip()[:300],
    )
    messages.success(request, f"{region}“{indicator}”已保存；它的进展随即重算。")
    return redirect("planning-plan", slug=plan.slug)


def _remove(request, plan, standing):
    if standing is None:
        raise Http404
    reason = request.POST.get("reason", "").strip()[:300]
    planning.remove_plan_indicator(standing, by=request.user, seen=request.POST.get("seen", ""), reason=reason)
    messages.success(request, f"“{standing}”已从规划里移除；已有的实际值仍在。")
    return redirect("planning-plan", slug=plan.slug)


def _rows(posted, plan):
    """The rows that a plan file would have: one per year with a target, or one without."""
    shared = {name: posted.get(name, "").strip() for name in STATED}
    locator = posted.get("locator", "").strip()
    rows = []
    for year in range(plan.first_year, plan.last_year + 1):
        target = {name: posted.get(f"{name}-{year}", "").strip() for name in TARGET}
        stated = any(target[name] for name in TARGET if name != "locator")
        rows.append({**shared, **target, "year": str(year)} if stated else None)
    return [row for row in rows if row] or [{**shared, "locator": locator}]


def _typed(posted, plan):
    """What was typed, to be shown again as it was."""
    years = range(plan.first_year, plan.last_year + 1)
    names = [*STATED, "locator", *(f"{name}-{year}" for year in years for name in TARGET)]
    return {name: posted.get(name, "") for name in names} | {
        name: posted.get(name, "") for name in ("document_number", "issued_on", "reason")
    }


def _standing(plan_indicator, plan):
    """What stands, in the words and units of a plan file."""
    shown = _typed({}, plan)
    if plan_indicator is None:
        return shown
    table = exports.of_plan_indicators(PlanIndicator.objects.filter(pk=plan_indicator.pk))
    for row in table.rows:
        facts = {name: "" if cell is None else str(cell) for name, cell in zip(table.columns, row, strict=True)}
        shown |= {name: facts[name] for name in STATED} | {"locator": plan_indicator.locator}
        if facts["year"]:
            shown |= {f"{name}-{facts['year']}": facts[name] for name in TARGET}
    return shown


def _places(posted, plan):
    """{line: year} of the rows that were made of a form."""
    return {line: row["year"] for line, row in enumerate(_rows(posted, plan), start=1) if "year" in row}


def _field(places, line, column):
    """The name of the field that a place of the file stands for."""
    if column in TARGET and line in places:
        return f"{column}-{places[line]}"
    return f"kind-{places[line]}" if column == "year" and line in places else column


def _in_words(reason):
    """What is said of a file's target kinds by their keys, in the words that the form shows."""
    for kind in TargetKind:
        reason = reason.replace(f"目标类型 {kind.value} ", f"目标类型“{kind.label}”")
    return reason


def _place_in_form(field):
    """Fields in the order in which the form shows them."""
    name, _, year = field.partition("-")
    part = 1 if year else 0 if name in STATED else 2
    return part, year, list(LABELS).index(name) if name in LABELS else 0


def _label(field):
    name, _, year = field.partition("-")
    return f"{year} 年{LABELS.get(name, '')}" if year else LABELS.get(name, "")


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def indicator_edit(request, code=None):
    """A new indicator, or the words of a standing one."""
    if not permissions.may_define(request.user):
        raise PermissionDenied
    indicator = get_object_or_404(Indicator, code=code) if code else None
    names = ("code", "name", "unit", "dimension", "measure", "direction", "decimals", "definition")
    initial = {name: getattr(indicator, name) for name in names} if indicator else {}
    if indicator and indicator.same_subject:
        initial["same_subject"] = indicator.same_subject.code
    form = IndicatorForm(request.POST or None, initial=initial, indicator=indicator)
    if request.method == "POST" and form.is_valid():
        tie = form.cleaned_data["same_subject"]
        row = form.cleaned_data | {"same_subject": tie.code if tie else ""}
        planning.put_indicators([row], by=request.user, through=Through.FORM)
        messages.success(request, f"指标“{form.cleaned_data['name']}”已保存。")
        return redirect("planning")
    return render(request, "planning/indicator_form.html", {"form": form, "indicator": indicator})
