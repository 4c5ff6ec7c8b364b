"""People in the admin; places are in indicators.admin, because pages show their names."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from regions.models import Assignment, User


class AssignmentInline(admin.TabularInline):
    model = Assignment
    autocomplete_fields = ["region"]
    extra = 0


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Whoever is not a superuser can neither make nor change one, nor hand out rights."""

    list_display = ["username", "full_name", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "assignments__role"]
    search_fields = ["username", "full_name", "email"]
    inlines = [AssignmentInline]
    fieldsets = [
        (None, {"fields": ["username", "password", "must_change_password"]}),
        ("个人信息", {"fields": ["full_name", "email"]}),
        ("权限", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("重要日期", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "full_name", "usable_password", "password1", "password2", "must_change_password"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fields
        return [*fields, "is_staff", "is_superuser", "groups", "user_permissions"]

    def has_change_permission(self, request, obj=None):
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        """Nobody: revisions name people for ever. An account that is over is switched off."""
        return False

    def get_inlines(self, request, obj):
        return self.inlines if obj else []  # first the account, then its roles
