"""Addresses of the pages."""

from django.urls import path

from indicators.views import pages

urlpatterns = [
    path("", pages.overview, name="overview"),
    path("favicon.ico", pages.favicon, name="favicon"),
]
