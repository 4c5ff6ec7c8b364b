"""All addresses."""

from django.contrib import admin
from django.urls import include, path

from ipdash import health

admin.site.site_header = admin.site.site_title = "知识产权规划指标管理"
admin.site.index_title = "数据与人员"

urlpatterns = [
    path("", include("indicators.urls")),
    path("admin/", admin.site.urls),
    path("healthz/live", health.live, name="healthz-live"),
    path("healthz/ready", health.ready, name="healthz-ready"),
]

handler400 = "indicators.views.errors.bad_request"
handler403 = "indicators.views.errors.permission_denied"
handler404 = "indicators.views.errors.page_not_found"
handler500 = "indicators.views.errors.server_error"
