"""Addresses of the pages."""

from django.urls import path

from indicators.views import (
    charts,
    compare,
    figures,
    indicator,
    indicators,
    meeting,
    methods,
    pages,
    plans,
    quality,
    region,
    search,
)

urlpatterns = [
    path("", pages.overview, name="overview"),
    path("regions/<str:code>/", region.region, name="region"),
    # Before the plan indicators of a region, whose code takes the same place.
    path("regions/<str:code>/meeting/", meeting.region_meeting, name="region-meeting"),
    path("regions/<str:code>/sheet/", meeting.region_sheet, name="region-sheet"),
    path("regions/<str:code>/<slug:indicator>/", figures.plan_indicator, name="plan-indicator"),
    path("indicators/", indicators.indicators, name="indicators"),
    path("indicators/<slug:code>/", indicator.indicator, name="indicator"),
    path("compare/", compare.compare, name="compare"),
    path("search/", search.search, name="search"),
    path("history/", figures.history, name="history"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<slug:slug>/", plans.plan, name="plan"),
    path("quality/", quality.quality, name="quality"),
    path("methods/", methods.methods, name="methods"),
    path("charts/<slug:kind>.<slug:form>", charts.picture, name="chart"),
    path("favicon.ico", pages.favicon, name="favicon"),
]
