"""All addresses."""

from django.contrib import admin
from django.urls import include, path

from indicators.views import accounts
from ipdash import health

admin.site.site_header = admin.site.site_title = "知识产权规划指标管理"
admin.site.index_title = "数据与人员"

urlpatterns = [
    path("", include("indicators.urls")),
    # The admin has no door of its own.
    path("admin/login/", accounts.login),
    path("admin/logout/", accounts.logout),
    path("admin/password_change/", accounts.password),
    path("admin/", admin.site.urls),
    path("healthz/live", health.live, name="healthz-live"),
    path("healthz/ready", health.ready, name="healthz-ready"),
]

handler400 = "indicators.views.errors.bad_request"
handler403 = "indicators.views.errors.permission_denied"
handler404 = "indicators.views.errors.page_not_found"
handler500 = "indicators.views.errors.server_error"
