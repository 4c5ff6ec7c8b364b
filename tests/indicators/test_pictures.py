"""Charts as pictures by address: the figures of the pages, drawn without a browser, the same bytes every time."""

import re
import struct
from datetime import date
from functools import lru_cache

import pytest
from defusedxml import ElementTree
from django.utils import timezone

from indicators import pictures, progress
from indicators.calculation.vocabulary import Cause
from indicators.charts import Sheet
from indicators.models import DataVersion, Indicator, Interim, Series, StaleMark
from indicators.reports import kept
from regions.models import Region
from tests import chart_pages, factories

pytestmark = pytest.mark.django_db

ONE = "region=150600&indicator=valid-trademarks"
DAY = date(2026, 11, 20)


def size_of(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


@pytest.fixture
def computed(bundled):
    progress.rebuild()


@pytest.fixture
def measured(bundled):
    """With a figure to be held against time."""
    factories.actual(Series.objects.get(region__code="150600", indicator__code="valid-trademarks"), 2024, 43_615, source="年报")
    progress.rebuild()


@pytest.fixture
def drawn(monkeypatch):
    """What was handed over to be drawn."""
    sheets = []
    draw = pictures.draw
    monkeypatch.setattr(pictures, "draw", lambda sheet, kind: (sheets.append(sheet), draw(sheet, kind))[1])
    return sheets


# Drawing


@pytest.mark.parametrize("name", chart_pages.figures())
@pytest.mark.parametrize("kind", pictures.TYPES)
def test_every_kind_of_figure_is_drawn_the_same_each_time(name, kind):
    label, figure = chart_pages.figures()[name]
    sheet = Sheet(label, [(label, figure)], ["来源：规划"], DAY)
    content = pictures.draw(sheet, kind)
    assert content == pictures.draw(sheet, kind)
    if kind == "png":
        assert size_of(content)[0] == pictures.WIDTH * pictures.PNG_SCALE
        assert len(content) < 300_000


def test_svg_holds_no_date_no_font_and_no_address_to_fetch():
    (label, figure) = chart_pages.figures()["plan-indicator"]
    svg = pictures.draw(Sheet(label, [(label, figure)], day=DAY), "svg").decode()
    assert "<text" not in svg  # words are outlines: a reader needs no Chinese font
    assert not re.search(r"<dc:date>|<script|<image|href=\"http", svg)


def test_svg_stays_whole_whatever_the_title():
    label, figure = chart_pages.figures()["plan-indicator"]
    svg = pictures.draw(Sheet("-->]]><script>&amp;</svg>", [(label, figure)], ["<!-- --"]), "svg")
    root = ElementTree.fromstring(svg)
    assert not [one for one in root.iter() if one.tag.endswith("script")]


def test_panels_stand_in_a_grid():
    panels = list(chart_pages.panels().values())
    width, height = size_of(pictures.draw(Sheet("各图", panels), "png"))
    assert width == pictures.WIDTH * pictures.PNG_SCALE
    assert 400 < height / pictures.PNG_SCALE < 600


def test_large_ones_stand_above_each_other_and_small_ones_beside():
    large, small = [*chart_pages.figures().values()], [*chart_pages.panels().values()]
    rows = pictures._rows([*large[:2], *small[:4]])
    assert [len(row) for row in rows] == [1, 1, 3, 1]


def test_too_many_figures_are_refused():
    figures = [*chart_pages.panels().values()] * 5
    with pytest.raises(pictures.NoPicture, match="最多容纳 24 幅图，现有 30 幅"):
        pictures.draw(Sheet("各图", figures), "png")


def test_character_that_no_font_has_is_refused_before_it_becomes_an_empty_box():
    with pytest.raises(pictures.NoPicture, match="字体里没有“\U0001f980”"):
        pictures.draw(Sheet("蟹\U0001f980", [*chart_pages.figures().values()][:1]), "png")


def test_who_would_wait_long_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(pictures, "PATIENCE", 0.01)
    with pictures._drawing, pytest.raises(pictures.NoPicture, match="过一会儿再试"):
        pictures.draw(Sheet("忙", []), "png")


def test_long_texts_stay_inside():
    assert pictures._cut("知识产权", 4) == "知识产权"
    assert pictures._cut("知识产权发展规划", 4) == "知识产…"
    assert pictures._cut("abcdefgh", 4) == "abcde…"
    assert pictures._wrapped("知识产权发展规划，十四五", 4) == ["知识产权", "发展规划", "，十四五"]
    assert pictures._wrapped("知识产权", 4) == ["知识产权"]


def test_long_source_takes_the_lines_it_needs():
    label, figure = chart_pages.figures()["plan-indicator"]
    heights = [size_of(pictures.draw(Sheet(label, [("", figure)], [source]), "png"))[1] for source in ("短", "长" * 130)]
    assert heights[1] - heights[0] == 2 * pictures.FOOT_LINE * pictures.PNG_SCALE


# By address


def test_picture_of_a_plan_indicator(client, measured):
    for kind in ("plan-indicator", "progress"):
        answer = client.get(f"/charts/{kind}.png?{ONE}&year=2024")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/png"
        assert "filename*=UTF-8''" in answer["Content-Disposition"]
        assert size_of(answer.content)[0] == 1920
    answer = client.get(f"/charts/plan-indicator.svg?{ONE}")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<?xml")


def test_page_and_picture_show_the_same_figure(client, computed, drawn):
    client.get(f"/charts/plan-indicator.png?{ONE}")
    shown = client.get("/regions/150600/valid-trademarks/").context["page"].chart
    (sheet,) = drawn
    assert sheet.figures == [("", shown.figure)]
    assert "鄂尔多斯市" in sheet.title
    assert "鄂府发〔2022〕28号" in sheet.sources[0]


def test_region_as_small_ones(client, computed, drawn):
    assert client.get("/charts/region.png?region=150600").status_code == 200
    (sheet,) = drawn
    names = [name for name, _ in sheet.figures]
    assert "商标注册量（万件）" in names
    figure = dict(sheet.figures)["商标注册量（万件）"]
    assert "目标 5" in [note["text"] for note in figure["layout"]["annotations"]]
    assert len(names) <= pictures.MAX_FIGURES


def test_overview_as_bars_of_its_regions(client, computed, drawn):
    answer = client.get("/charts/overview.png?year=2024")
    assert answer.status_code == 200
    assert size_of(answer.content)[0] == pictures.WIDTH * pictures.PNG_SCALE
    assert client.get("/charts/overview.svg").content.startswith(b"<?xml")
    sheet = drawn[0]
    assert "2024 年各地区" in sheet.title
    assert sheet.sources == ["规划：共 5 份", "实际值：各地区审核通过的数值；逐项出处见网页 /?year=2024"]
    told = [note["text"] for note in sheet.figures[0][1]["layout"]["annotations"]]
    assert len(told) == 5
    assert all("○ 未填报" in words for words in told)
    assert [trace["name"] for trace in sheet.figures[0][1]["data"]] == ["○ 未填报"]


def test_overview_and_region_link_to_their_pictures(client, computed, drawn):
    for page in ("/?year=2024", "/regions/150600/"):
        links = re.findall(r'href="(/charts/[^"]+)"', client.get(page).content.decode())
        assert {link.partition("?")[0].rpartition(".")[2] for link in links} == {"png", "svg"}
        assert {client.get(link.replace("&amp;", "&")).status_code for link in links} == {200}


def test_regions_beside_each_other(client, computed, drawn):
    assert client.get("/charts/regions.png?indicator=valid-trademarks").status_code == 200
    (sheet,) = drawn
    assert sheet.title.startswith("有效注册商标")
    page = client.get("/indicators/valid-trademarks/").context["report"]
    assert [figure for _, figure in sheet.figures] == [chart.figure for _, chart in page.drawings]
    assert sheet.sources == [
        "规划：共 4 份",
        f"实际值：各地区审核通过的数值；逐项出处见网页 /indicators/valid-trademarks/?year={page.year}",
    ]


def test_few_plans_are_named_with_their_numbers(client, computed, drawn):
    assert client.get("/charts/regions.png?indicator=patents-granted&year=2024").status_code == 200
    assert drawn[0].sources == [
        "规划：鄂尔多斯市知识产权保护和运用“十四五”规划（鄂府发〔2022〕28号）",
        "实际值：各地区审核通过的数值；逐项出处见网页 /indicators/patents-granted/?year=2024",
    ]
    client.get(f"/charts/plan-indicator.png?{ONE}&year=2024")
    assert drawn[1].sources[-1] == "网页：/regions/150600/valid-trademarks/?year=2024"


def test_interim_figures_in_a_picture_bring_their_sources(client, computed, drawn):
    one = "region=150600&indicator=patents-granted&plan=ordos-2021-2025&year=2025"
    assert client.get(f"/charts/plan-indicator.png?{one}").status_code == 200
    plan, interim, actual = drawn[0].sources
    assert interim.startswith("期中数：内蒙古自治区知识产权保护中心（2024-10-11）；")
    assert "2021-06-16" not in interim  # of a month in spring, which has no place among the years
    Interim.objects.filter(series__region__code="150600", series__indicator__code="patents-granted").delete()
    client.get(f"/charts/plan-indicator.png?{one}")
    assert drawn[1].sources == [plan, actual]


def test_only_interim_figures_that_are_drawn_are_credited_and_few_of_them_by_name(client, measured, drawn):
    series = Series.objects.get(region__code="150600", indicator__code="valid-trademarks")
    series.interims.all().delete()
    for month in range(1, 6):
        day = date(2022, month, 28)
        source = f"第 {month} 期通报"
        Interim.objects.create(series=series, year=2022, period_start=day, period_end=day, value=1, source=source)
    client.get(f"/charts/plan-indicator.png?{ONE}&year=2024")
    assert "期中数：第 5 期通报；第 4 期通报；第 3 期通报 等" in drawn[0].sources
    client.get(f"/charts/progress.png?{ONE}&year=2024")  # in which they have no place
    assert "期中数" not in str(drawn[1].sources)


def test_comparison_as_on_its_page(client, computed, drawn):
    asked = "region=150600&indicator=patents-granted,trademark-registrations&year_min=2015&year_max=2020"
    page = client.get(f"/compare/?{asked}").context["report"]
    assert client.get(f"/charts/compare.png?{asked}").status_code == 200
    (sheet,) = drawn
    assert [figure for _, figure in sheet.figures] == [chart.figure for _, chart in page.drawings]
    assert "2,748" in str(sheet.figures)
    assert sheet.sources[-1].endswith(
        "/compare/?year_min=2015&year_max=2020&region=150600&indicator=patents-granted&indicator=trademark-registrations"
    )


def test_demo_data_says_so_in_the_picture(client, computed, drawn):
    DataVersion.objects.update(is_demo=True)
    client.get(f"/charts/plan-indicator.png?{ONE}")
    assert drawn[0].title.startswith("【演示数据】")


def test_picture_of_replaced_inputs_says_so(client, computed, drawn):
    series = Series.objects.get(region__code="150600", indicator__code="valid-trademarks")
    StaleMark.objects.create(series=series, cause=Cause.CHANGED, marked_at=timezone.now())
    client.get(f"/charts/plan-indicator.png?{ONE}")
    assert drawn[0].title.startswith("【正在重算】")


def test_unchanged_picture_is_not_sent_again(client, computed, drawn):
    address = f"/charts/plan-indicator.png?{ONE}"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert len(drawn) == 1


SENSELESS = [
    f"/charts/nothing.png?{ONE}",
    f"/charts/plan-indicator.gif?{ONE}",
    "/charts/plan-indicator.png",
    "/charts/plan-indicator.png?region=150600",
    "/charts/plan-indicator.png?region=150600,150500&indicator=valid-trademarks",
    "/charts/plan-indicator.png?region=999999&indicator=valid-trademarks",
    f"/charts/plan-indicator.png?{ONE}&plan=nothing",
    f"/charts/plan-indicator.png?{ONE}&year=abc",
    f"/charts/plan-indicator.png?{ONE}&width=99999",
    "/charts/region.png?region=150600&page=9",
    "/charts/region.png?region=1",
    "/charts/overview.png?year=1990",
    "/charts/overview.png?page=9",
    "/charts/compare.png",
    "/charts/compare.png?region=150600&indicator=nothing",
    "/charts/compare.png?region=150600&indicator=valid-trademarks&view=nothing",
    "/charts/regions.png?indicator=nothing",
    "/charts/regions.png?indicator=valid-trademarks&page=9",
]


def test_senseless_addresses_are_not_found(client, computed):
    assert {address: client.get(address).status_code for address in SENSELESS} == dict.fromkeys(SENSELESS, 404)


def test_nothing_to_draw_is_not_found(client, computed):
    """Without any actual there is no change from year to year."""
    assert client.get(f"/charts/yoy.png?{ONE}").status_code == 404


def test_overview_without_plans_is_not_found(client):
    assert client.get("/charts/overview.png").status_code == 404


def test_only_reading(client):
    assert client.post(f"/charts/plan-indicator.png?{ONE}").status_code == 405


def test_without_a_chinese_font_the_answer_says_what_to_install(client, computed, monkeypatch):
    kept = (pictures._fonts, pictures._families, pictures._characters)
    for one in kept:
        monkeypatch.setattr(pictures, one.__name__, lru_cache(maxsize=1)(one.__wrapped__))
    monkeypatch.setattr(pictures, "CHINESE", ())
    answer = client.get(f"/charts/plan-indicator.png?{ONE}")
    assert answer.status_code == 503
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "没有安装中文字体" in answer.content.decode()
    assert "ETag" not in answer


def test_queries_do_not_grow(client, computed, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(kept, "_held", {})
    client.get("/regions/150600/valid-trademarks/")  # reads what is held: regions, indicators, plans
    for address in (f"/charts/plan-indicator.png?{ONE}", "/charts/region.png?region=150000"):
        with django_assert_max_num_queries(13):
            assert client.get(address).status_code == 200


def test_interim_figures_that_are_drawn_have_their_source_named(client, computed, drawn):
    asked = "region=150600&indicator=patents-granted&year=2025"
    assert client.get(f"/charts/plan-indicator.svg?{asked}").status_code == 200
    (named,) = (line for line in drawn[0].sources if line.startswith("期中数："))
    published = Interim.objects.filter(series__region__code="150600", series__indicator__code="patents-granted")
    assert any(source in named for source in published.values_list("source", flat=True))


def test_region_to_be_exceeded_is_drawn_among_the_many_as_on_the_page(client, computed, drawn):
    indicator = Indicator.objects.get(code="protection-satisfaction")
    series = Series.objects.get_or_create(region=Region.objects.get(code="150000"), indicator=indicator)[0]
    factories.actual(series, 2024, 80)
    progress.rebuild()
    client.get("/charts/region.png?region=150600&year=2024")
    [figure] = [figure for name, figure in drawn[0].figures if name.startswith("知识产权保护社会满意度")]
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert (traces["内蒙古自治区"]["x"], traces["内蒙古自治区"]["y"]) == ([2024], [80])
