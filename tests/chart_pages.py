"""Pages with nothing but charts, for browser tests: the product has no such address."""

from datetime import date
from urllib.parse import quote

from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

from indicators import charts, pictures
from indicators.charts import Interim, Line, Point, Points, Sheet
from indicators.reports.drawn import Chart

PAGE = """{% extends "base.html" %}
{% load parts %}
{% block title %}图{% endblock %}
{% block assets %}{{ block.super }}{% include "indicators/_charts.html" %}{% endblock %}
{% block content %}<h1>图</h1><p>先有文字。</p>
{% for one in shown %}
{% chart one %}
{% endfor %}
{% if panels %}<ul class="chart-panels">{% for one in panels %}<li><h2>{{ one.label }}</h2>
{% chart one has_picture=False %}</li>
{% endfor %}</ul>{% endif %}
<p id="after">后面也有文字。</p>{% endblock %}"""

TRADEMARKS = Points(
    "有效注册商标",
    "万件",
    actual=[Point(2021, 3.4, "3.4"), Point(2022, None, why="未填报"), Point(2023, 4.1, "4.1"), Point(2024, 4.6, "4.6")],
    targets=[Point(2025, 5, "5")],
    expected=[Point(year, 3.12 + 0.376 * (year - 2020), f"{3.12 + 0.376 * (year - 2020):.2f}") for year in range(2021, 2026)],
    baseline=Point(2020, 3.12, "3.12"),
    interim=[Interim(2021.745, date(2022, 9, 30), 3.7, "3.7", "2022 年 9 月 30 日（时点）")],
    projection=[Point(2025, 5.07, "5.07")],
)
PLACES = Points(
    "示范园区 <b>强县</b>",
    "个",
    actual=[Point(2022, 2, "2"), Point(2023, 3, "3")],
    targets=[Point(2023, 1, "1～2", far=2), Point(2024, 3, "3～5", far=5), Point(2025, 5, "5～10", far=10)],
    first_year=2021,
)
REGIONS = [
    Line(
        name,
        [
            Point(year, base * (1 + 0.1 * (year - 2020)), f"{base * (1 + 0.1 * (year - 2020)):,.0f}")
            for year in range(2020, last)
        ],
    )
    for name, base, last in (
        ("全区", 9000, 2025),
        ("鄂尔多斯市", 3000, 2025),
        ("通辽市", 2950, 2025),
        ("兴安盟", 900, 2024),
        ("呼伦贝尔市", 2800, 2025),
        ("包头市", 6000, 2025),
    )
]
NOTES = {"plan-indicator": "“照此推算”是直线的延长。"}
CHANGES = [Point(2021, 8.9, "8.9%"), Point(2023, -3.2, "−3.2%"), Point(2024, 12.2, "12.2%")]


def figures():
    """{id: (label, figure)} of every kind."""
    index = [
        Line(line.name, [Point(p.year, p.value / line.points[0].value * 100, "1") for p in line.points]) for line in REGIONS
    ]
    return {
        "plan-indicator": ("有效注册商标", charts.plan_indicator(TRADEMARKS)),
        "ranges": ("示范园区", charts.plan_indicator(PLACES)),
        "yoy": ("同比", charts.yoy(CHANGES)),
        "strips": ("进度", charts.strips(Point(2024, 78.7, "78.7%"), Point(2024, 80, "80%"))),
        "strip": ("半个进度", charts.strips(Point(2024, None, why="规划未给出基期值"), Point(2024, 80, "80%"))),
        "regions": ("各地区", charts.across_regions(REGIONS, unit="件")),
        "compare": ("指数", charts.compare(index, how="index")[0]),
        "nothing": ("空", charts.plan_indicator(Points("空", "件", first_year=2021, last_year=2025))),
    }


def panels():
    small = charts.small_multiples([TRADEMARKS, PLACES, Points("空", "件")])
    same = charts.region_panels(REGIONS[1:4], unit="件")
    return {f"panel-{place}": (f"图 {place}", figure) for place, figure in enumerate([*small, *same])}


def _shown(pairs):
    return [
        Chart(id, label, label, figure, address=f"/test-charts/{id}.{{form}}", note=NOTES.get(id, ""))
        for id, (label, figure) in pairs.items()
    ]


def picture(request, kind, form):
    """As the product answers: shown in place, with a name of its own for whoever keeps it."""
    label, figure = figures()[kind]
    name = quote(f"{label}.{form}", safe="")
    return HttpResponse(
        pictures.draw(Sheet(label, [("", figure)], ["来源：规划"]), form),
        content_type=pictures.TYPES[form],
        headers={"Content-Disposition": f"inline; filename=\"chart.{form}\"; filename*=UTF-8''{name}"},
    )


def all_charts(request):
    page = engines["django"].from_string(PAGE)
    return HttpResponse(page.render({"shown": _shown(figures()), "panels": _shown(panels())}, request))


def one_chart(request, kind):
    page = engines["django"].from_string(PAGE)
    return HttpResponse(page.render({"shown": _shown({kind: figures()[kind]})}, request))


urlpatterns = [
    path("test-charts/", all_charts),
    path("test-charts/<slug:kind>.<slug:form>", picture),
    path("test-charts/<str:kind>/", one_chart),
    path("", include("ipdash.urls")),
]
