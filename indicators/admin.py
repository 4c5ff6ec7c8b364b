"""Plans, indicators and people in the admin. What only the workflow or the calculation may write can be looked at, no more."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import models

from indicators import people, planning
from indicators.calculation.numbers import plain
from indicators.calculation.vocabulary import BOUNDS, TargetKind
from indicators.models import Actual, AuditEvent, Entry, Indicator, Plan, PlanIndicator, Progress, Revision, Series, Target
from regions.models import Assignment, Region, User

SEARCH_BY_SERIES = ["=series__region__code", "series__region__name", "=series__indicator__code", "series__indicator__name"]


class LookOnlyAdmin(admin.ModelAdmin):
    show_full_result_count = False  # these tables grow to millions of rows
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}  # Django 6's default, said now

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def value_or_not_applicable(value, not_applicable):
    if not_applicable:
        return "不适用"
    return None if value is None else plain(value)


class PlanningAdmin(admin.ModelAdmin):
    """What plans ask for: a change by hand has the same consequences as one from a file."""

    leads_to_row = ""  # from the series whose progress reads a row, the way to that row

    def series_of(self, row):
        return Series.objects.filter(**{self.leads_to_row: row})

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        planning.changed_by_hand(form.instance, self.series_of(form.instance), by=request.user)

    def delete_model(self, request, obj):
        series = list(self.series_of(obj).values_list("pk", flat=True))
        super().delete_model(request, obj)
        planning.changed_by_hand(obj, Series.objects.filter(pk__in=series), by=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            self.delete_model(request, row)


@admin.register(Region)
class RegionAdmin(PlanningAdmin):
    list_display = ["code", "name", "level", "parent"]
    list_display_links = ["code", "name"]
    list_filter = ["level"]
    list_select_related = ["parent"]
    search_fields = ["=code", "name"]
    autocomplete_fields = ["parent"]
    leads_to_row = "region"


@admin.register(Plan)
class PlanAdmin(PlanningAdmin):
    list_display = ["title", "document_number", "issued_by", "region", "first_year", "last_year"]
    list_filter = ["region__level", "last_year"]
    list_select_related = ["region"]
    search_fields = ["slug", "title", "document_number", "region__name"]
    autocomplete_fields = ["region"]
    leads_to_row = "plan_indicators__plan"


@admin.register(Indicator)
class IndicatorAdmin(PlanningAdmin):
    list_display = ["name", "code", "unit", "dimension", "measure", "direction"]
    list_filter = ["dimension", "measure", "direction"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["same_subject"]
    leads_to_row = "indicator"


@admin.register(Series)
class SeriesAdmin(admin.ModelAdmin):
    list_display = ["region", "indicator"]
    list_display_links = ["region", "indicator"]
    list_filter = ["indicator__dimension", "region__level"]
    list_select_related = ["region", "indicator"]
    search_fields = ["=region__code", "region__name", "=indicator__code", "indicator__name"]
    autocomplete_fields = ["region", "indicator"]
    show_full_result_count = False

    def has_change_permission(self, request, obj=None):
        """Nobody: what hangs on a series would silently move to another place."""
        return False


class TargetForm(forms.ModelForm):
    """Says in words, at the field, what the constraints of the table would refuse."""

    def clean(self):
        super().clean()
        if self.cleaned_data.get("kind") not in TargetKind.values():
            return
        kind = TargetKind(self.cleaned_data["kind"])
        for name in ("lower", "upper", "reference_region"):
            stated = self.cleaned_data.get(name) is not None
            if name in self.cleaned_data and stated != (name in BOUNDS[kind]):
                label = self.fields[name].label
                self.add_error(name, f"“{kind.label}”不填{label}。" if stated else f"“{kind.label}”须填{label}。")
        lower, upper = self.cleaned_data.get("lower"), self.cleaned_data.get("upper")
        if lower is not None and upper is not None and lower > upper:
            self.add_error("upper", "上限不能小于下限。")


class TargetInline(admin.TabularInline):
    model = Target
    form = TargetForm
    raw_id_fields = ["reference_region"]  # narrow enough for the row to fit
    extra = 0


class PlanIndicatorForm(forms.ModelForm):
    def clean(self):
        super().clean()
        year, value = self.cleaned_data.get("baseline_year"), self.cleaned_data.get("baseline_value")
        if {"baseline_year", "baseline_value"} <= self.cleaned_data.keys() and (year is None) != (value is None):
            self.add_error("baseline_value" if value is None else "baseline_year", "基期年与基期值要么都填，要么都不填。")


@admin.register(PlanIndicator)
class PlanIndicatorAdmin(PlanningAdmin):
    form = PlanIndicatorForm
    list_display = ["name", "series__region", "number", "category", "unit", "baseline", "plan__slug"]
    list_filter = ["nature", "series__indicator__dimension", "series__region__level"]
    list_select_related = ["plan", "series__region", "series__indicator"]
    search_fields = ["name", "=plan__slug", "plan__title", *SEARCH_BY_SERIES]
    autocomplete_fields = ["plan", "series"]
    inlines = [TargetInline]
    leads_to_row = "plan_indicators"

    @admin.display(description="基期（基本单位）")
    def baseline(self, row):
        if row.baseline_year is None:
            return None
        return f"{row.baseline_year} 年 {plain(row.baseline_value)} {row.series.indicator.unit}"

    def get_deleted_objects(self, objs, request):
        """Progress goes with its plan indicator: it is derived, so nobody needs the right to delete it."""
        to_delete, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, perms_needed - {Progress._meta.verbose_name}, protected


@admin.register(Actual)
class ActualAdmin(LookOnlyAdmin):
    list_display = ["series", "year", "shown", "series__indicator__unit", "source", "version", "approved_at"]
    list_filter = ["not_applicable", "series__indicator__dimension", "series__region__level"]
    list_select_related = ["series__region", "series__indicator"]
    search_fields = SEARCH_BY_SERIES
    ordering = ["-pk"]

    @admin.display(description="数值", empty_value="—")
    def shown(self, row):
        return value_or_not_applicable(row.value, row.not_applicable)


@admin.register(Entry)
class EntryAdmin(LookOnlyAdmin):
    list_display = ["series", "year", "shown", "state", "entered_by", "entered_at", "version"]
    list_filter = ["state", "series__region__level"]
    list_select_related = ["series__region", "series__indicator", "entered_by"]
    search_fields = [*SEARCH_BY_SERIES, "entered_by__username", "entered_by__full_name"]
    ordering = ["-pk"]

    @admin.display(description="数值", empty_value="—")
    def shown(self, row):
        return value_or_not_applicable(row.value, row.not_applicable)


@admin.register(Revision)
class RevisionAdmin(LookOnlyAdmin):
    list_display = ["series", "year", "act", "old", "new", "by", "at", "through", "version"]
    list_filter = ["act", "through"]
    list_select_related = ["series__region", "series__indicator", "by"]
    search_fields = [*SEARCH_BY_SERIES, "by__username", "by__full_name", "reason"]
    ordering = ["-pk"]

    @admin.display(description="原值", empty_value="—")
    def old(self, row):
        return value_or_not_applicable(row.old_value, row.old_not_applicable)

    @admin.display(description="新值", empty_value="—")
    def new(self, row):
        return value_or_not_applicable(row.new_value, row.new_not_applicable)


@admin.register(Progress)
class ProgressAdmin(LookOnlyAdmin):
    list_display = ["plan_indicator", "plan_indicator__series__region", "year", "status", "computed_at"]
    list_filter = ["status"]
    list_select_related = ["plan_indicator__series__region"]
    search_fields = ["plan_indicator__name", "=plan_indicator__series__region__code", "plan_indicator__series__region__name"]
    ordering = ["-pk"]


@admin.register(AuditEvent)
class AuditEventAdmin(LookOnlyAdmin):
    list_display = ["at", "by", "username", "act", "subject", "succeeded", "address", "request_id"]
    list_filter = ["succeeded"]
    list_select_related = ["by"]
    search_fields = ["username", "act", "subject", "=request_id"]
    ordering = ["-pk"]


# People


class AssignmentInline(admin.TabularInline):
    """Roles; nobody gives themselves one, a superuser no more than others."""

    model = Assignment
    autocomplete_fields = ["region"]
    extra = 0

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and obj != request.user

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and obj != request.user

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and obj != request.user


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Whoever is not a superuser can neither make nor change one, nor hand out rights, nor touch others who keep the system."""

    list_display = ["username", "full_name", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "assignments__role"]
    search_fields = ["username", "full_name", "email"]
    inlines = [AssignmentInline]
    actions = ["unlock"]
    fieldsets = [
        (None, {"fields": ["username", "password", "must_change_password"]}),
        ("个人信息", {"fields": ["full_name", "email"]}),
        ("权限", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("重要日期", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "full_name", "usable_password", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fields
        return [*fields, "is_staff", "is_superuser", "groups", "user_permissions"]

    def has_change_permission(self, request, obj=None):
        keeps_the_system = obj is not None and obj != request.user and (obj.is_superuser or obj.is_staff)
        if keeps_the_system and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        """Nobody: revisions name people for ever. An account that is over is switched off."""
        return False

    def get_inlines(self, request, obj):
        return self.inlines if obj else []  # first the account, then its roles

    def save_model(self, request, obj, form, change):
        if not change:
            obj.must_change_password = True  # somebody else knows the first one
        super().save_model(request, obj, form, change)
        people.changed_by_hand(obj, form.changed_data if change else None, by=request.user)

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        if formset.model is Assignment:
            people.roles_changed_by_hand(
                given=[*formset.new_objects, *(row for row, _ in formset.changed_objects)],
                taken=formset.deleted_objects,
                by=request.user,
            )

    def user_change_password(self, request, id, form_url=""):
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            people.password_given_by_hand(self.get_object(request, unquote(id)), by=request.user)
        return response

    @admin.action(description="解除锁定", permissions=["change"])
    def unlock(self, request, queryset):
        for user in queryset:
            people.unlocked_by_hand(user, by=request.user)
        self.message_user(request, "已解除锁定，可以马上登录。")
