"""The ordinary way: a ModelViewSet with a ModelSerializer, pagination by number and filters, on the project's own tables."""

import os

import django
from django.conf import settings

if not settings.configured:
    from ipdash import environment

    settings.configure(
        SECRET_KEY="for a benchmark only, it signs nothing that anybody keeps",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": environment.database("DATABASE_URL", None)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        AUTH_USER_MODEL="regions.User",
        USE_TZ=True,
        TIME_ZONE="Asia/Shanghai",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "rest_framework",
            "regions",
            "indicators",
        ],
        MIDDLEWARE=[  # as startproject writes them
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        REST_FRAMEWORK={
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
            "PAGE_SIZE": 100,
            "COERCE_DECIMAL_TO_STRING": False,
        },
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", __name__)
    django.setup()

from django.core.wsgi import get_wsgi_application
from rest_framework import routers, serializers, viewsets

from indicators.models import Actual


class ActualSerializer(serializers.ModelSerializer):
    region = serializers.CharField(source="series.region.code")
    indicator = serializers.CharField(source="series.indicator.code")
    unit = serializers.CharField(source="series.indicator.unit")
    updated_at = serializers.DateTimeField(source="approved_at")

    class Meta:
        model = Actual
        fields = [
            "id", "region", "indicator", "year", "value", "not_applicable", "unit", "source", "source_url", "version", "note",
            "updated_at",
        ]  # fmt: skip


class ActualViewSet(viewsets.ReadOnlyModelViewSet):
    serializer_class = ActualSerializer
    queryset = Actual.objects.select_related("series__region", "series__indicator").order_by(
        "series__region_id", "series__indicator_id", "year"
    )

    def filter_queryset(self, queryset):
        query = self.request.query_params
        if "region" in query:
            queryset = queryset.filter(series__region__code=query["region"])
        if "indicator" in query:
            queryset = queryset.filter(series__indicator__code=query["indicator"])
        return queryset


router = routers.SimpleRouter()
router.register("api/v1/actuals", ActualViewSet)
urlpatterns = router.urls
application = get_wsgi_application()
