"""Addresses under /api/. Whatever is not among them is answered by `not_found`, so that pattern stays last."""

from django.urls import path

from indicators.api import (
    changes,
    downloads,
    entries,
    entries_schema,  # noqa: F401 - adds its part to the document
    open_data,  # noqa: F401 - read by the documents
    pages,
    reading,
    schema,
    sdmx,
)
from indicators.api.lists import LISTINGS

urlpatterns = [
    path("", pages.documentation, name="api"),
    path("v1/", reading.root, name="api-root"),
    *(path(f"v1/{name}/", reading.collection, {"name": name}, name=f"api-{name}") for name in LISTINGS),
    *(path(f"v1/{name}/<str:key>/", reading.item, {"name": name}, name=f"api-{name}-item") for name in LISTINGS),
    path("v1/schema/", schema.view, name="api-schema"),
    path("v1/console/", pages.console, name="api-console"),
    path("v1/package/", downloads.package, name="api-package"),
    path("v1/package/jobs/<int:pk>/", downloads.job, name="api-package-job"),
    path("v1/changes/", changes.changes, name="api-changes"),
    path("sdmx/", sdmx.resource, name="sdmx-flows"),
    path("sdmx/<path:path>", sdmx.resource, name="sdmx"),
    path("v1/entries/", entries.Collection.as_view(), name="api-entries"),
    path("v1/entries/<str:key>/", entries.One.as_view(), name="api-entry"),
    path("v1/entries/<str:key>/submit/", entries.Submit.as_view(), name="api-entry-submit"),
    path("v1/entries/<str:key>/approve/", entries.Approve.as_view(), name="api-entry-approve"),
    path("v1/entries/<str:key>/return/", entries.Return.as_view(), name="api-entry-return"),
    # Other parts of the API put their patterns above this line.
    path("v1/<path:path>", reading.not_found, name="api-nowhere"),
]
