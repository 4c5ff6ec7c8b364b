"""/regions/<code>/meeting/ and /sheet/: a plan's indicators one by one in large type, or all at once on a sheet of paper."""

import re
from datetime import date

import pytest

from indicators import progress
from indicators.models import DataVersion, Interim
from indicators.reports import deck
from tests import factories

pytestmark = pytest.mark.django_db
BOX = (200, 96, 10)


def text(response):
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


def cards(region, **asked):
    return deck.deck(region, **{"plan": "", "year": None, "number": 1, "size": 60, "box": BOX, **asked}).cards


@pytest.fixture
def plan(tree):
    return factories.plan(tree["150600"], title="鄂尔多斯市规划")


@pytest.fixture
def rows(tree, plan):
    """Three plan indicators: one measured, one not, one that is a condition."""
    first = factories.plan_indicator(
        factories.series(tree["150600"]), plan, position=1, number="1", name="商标", baseline_year=2020, baseline_value=10
    )
    factories.target(first, 2025, lower=50)
    for year, value in ((2021, 18), (2023, 34), (2024, 40)):
        factories.actual(first.series, year, value)
    second = factories.plan_indicator(factories.series(tree["150600"], code="gi"), plan, position=2, name="地理标志")
    factories.target(second, 2025, kind="range", lower=1, upper=2)
    third = factories.plan_indicator(factories.series(tree["150600"], code="grants"), plan, position=3, name="授权量")
    factories.target(third, 2025, kind="increasing", lower=None)
    progress.rebuild()
    return first, second, third


# One by one


def test_a_page_shows_one_plan_indicator_with_its_sign_and_sentence(client, rows):
    page = text(client.get("/regions/150600/meeting/?year=2024"))
    assert "1商标▲略有滞后40件" in page
    assert "2024年40件，比上年增长17.6%；距2025年目标50件还差10件；完成进度75.0%，序时进度80.0%。" in page
    assert "地理标志" not in page


def test_links_lead_to_the_neighbours_and_keep_the_year(client, rows):
    page = client.get("/regions/150600/meeting/?year=2024&page=2").content.decode()
    assert re.search(r'rel="prev" href="\?year=2024&amp;page=1"', page)
    assert re.search(r'rel="next" href="\?year=2024&amp;page=3"', page)
    assert 'data-go="last" href="?year=2024&amp;page=3"' in page
    assert 'data-go="out" href="/regions/150600/?plan=a-plan&amp;year=2024"' in page
    last = client.get("/regions/150600/meeting/?page=3").content.decode()
    assert 'rel="next"' not in last


def test_links_lead_to_the_years_beside_and_keep_the_plan_indicator(client, rows):
    page = client.get("/regions/150600/meeting/?year=2024&page=2").content.decode()
    assert 'data-go="earlier" href="?year=2023&amp;page=2"' in page
    assert 'data-go="later" href="?year=2025&amp;page=2"' in page
    assert 'data-go="earlier"' not in client.get("/regions/150600/meeting/?year=2021").content.decode()
    assert 'data-go="later"' not in client.get("/regions/150600/meeting/?year=2025").content.decode()


def test_a_slide_leads_to_the_page_of_its_plan_indicator(client, rows):
    page = client.get("/regions/150600/meeting/?year=2024").content.decode()
    assert 'href="/regions/150600/valid-trademarks/?plan=a-plan&amp;year=2024"' in page


def test_the_default_year_is_over_or_the_plans_last(client, rows):
    assert "2025年还没有填报" in text(client.get("/regions/150600/meeting/"))


def test_all_of_them_for_printing(client, rows):
    page = client.get("/regions/150600/meeting/?view=all&year=2024").content.decode()
    assert page.count('class="slide"') == 3
    assert "meeting.js" not in page


def test_demo_data_are_announced_on_every_printed_page(client, rows):
    mark = "演示数据，不可引用。</strong>制表："
    assert mark not in client.get("/regions/150600/meeting/?view=all").content.decode()
    DataVersion.objects.update_or_create(id=1, defaults={"is_demo": True})
    assert client.get("/regions/150600/meeting/?view=all").content.decode().count(mark) == 3


def test_another_plan_of_the_region(client, tree, rows):
    later = factories.plan(tree["150600"], "next", title="下一份规划", first_year=2026, last_year=2030)
    factories.plan_indicator(rows[0].series, later, name="下一份的商标")
    assert "下一份的商标" in text(client.get("/regions/150600/meeting/"))
    assert "鄂尔多斯市规划" in text(client.get("/regions/150600/meeting/?plan=a-plan"))


@pytest.mark.parametrize("kind", ["meeting", "sheet"])
def test_what_is_not_there_is_404(client, tree, rows, kind):
    for address in (
        f"/regions/999999/{kind}/",
        f"/regions/150500/{kind}/",
        f"/regions/150600/{kind}/?plan=nothing",
        f"/regions/150600/{kind}/?year=2030",
        f"/regions/150600/{kind}/?page=4",
        f"/regions/150600/{kind}/?q=x",
        f"/regions/150600/{kind}/?view=some",
    ):
        assert client.get(address).status_code == 404, address


@pytest.mark.parametrize("kind", ["meeting", "sheet"])
def test_only_reading_in_a_few_queries(client, rows, kind, django_assert_max_num_queries):
    assert client.post(f"/regions/150600/{kind}/").status_code == 405
    with django_assert_max_num_queries(12):
        client.get(f"/regions/150600/{kind}/")


@pytest.mark.parametrize("kind", ["meeting", "sheet"])
def test_files_have_the_same_numbers(client, rows, kind):
    found = client.get(f"/regions/150600/{kind}/?format=json").json()["rows"]
    first = [row for row in found if row["indicator"] == "valid-trademarks"]
    assert [(row["year"], row["actual"], row["reason"]) for row in first] == [
        (2021, 18.0, None),
        (2022, None, "本年没有实际值"),
        (2023, 34.0, None),
        (2024, 40.0, None),
        (2025, None, "本年没有实际值"),
    ]
    assert first[-1]["target"] == "50"
    assert client.get(f"/regions/150600/{kind}/?format=csv").status_code == 200
    assert client.get(f"/regions/150600/{kind}/?format=xlsx").content.startswith(b"PK")


@pytest.mark.parametrize("kind", ["meeting", "sheet"])
def test_names_are_escaped(client, tree, plan, kind):
    factories.plan_indicator(factories.series(tree["150600"]), plan, name="<script>alert(1)</script>")
    page = client.get(f"/regions/150600/{kind}/").content.decode()
    assert "<script>alert" not in page
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)


def test_a_slide_says_its_unit_and_where_the_plan_says_it(client, rows, plan):
    first = rows[0].targets.get()
    first.locator = "第二章 表 第1行"
    first.save()
    page = text(client.get("/regions/150600/meeting/?year=2024"))
    assert "单位：件" in page
    assert f"出处：鄂尔多斯市规划，文号{plan.document_number or '原文未载'}，第二章表第1行" in page
    assert "单位" not in text(client.get("/regions/150600/meeting/?year=2024&page=3"))  # nothing is drawn


# All at once


def test_the_sheet_has_every_plan_indicator_and_counts_them(client, rows):
    page = client.get("/regions/150600/sheet/?year=2024")
    assert "2024年，3项指标：▲略有滞后1，○未填报2。" in text(page)
    assert page.content.decode().count('role="img"') == 2  # a condition without figures has nothing to draw
    assert "授权量件○未填报2025年目标：逐年增加" in text(page)


def test_sixty_on_a_sheet(client, tree, plan):
    for number in range(61):
        factories.plan_indicator(factories.series(tree["150600"], code=f"indicator-{number}"), plan, position=number)
    assert "61项指标，这一张60项" in text(client.get("/regions/150600/sheet/"))
    assert "这一张1项" in text(client.get("/regions/150600/sheet/?page=2"))


# Pictures


def test_the_line_breaks_where_a_year_is_missing(tree, rows):
    picture = cards(tree["150600"])[0].picture
    assert len(picture.dots) == 3
    assert picture.actual.count("M") == 1  # 2023 to 2024; 2021 stands alone
    assert len(picture.diamonds) == 1
    assert picture.baseline is not None
    assert [label.text for label in picture.labels] == ["目标 50", "40（2024）", "10"]


def test_everything_lies_inside_the_picture_and_more_is_higher(tree, rows):
    for card in cards(tree["150600"])[:2]:
        picture = card.picture
        for x, y in [*picture.dots, *([picture.baseline] if picture.baseline else [])]:
            assert 0 <= x <= picture.width
            assert 0 <= y <= picture.floor
        heights = [y for _, y in picture.dots]
        assert heights == sorted(heights, reverse=True)
        assert all(0 < label.y <= picture.height for label in picture.labels)


def test_labels_stand_at_their_points_and_apart(tree, rows):
    picture = cards(tree["150600"])[0].picture
    target, actual, baseline = picture.labels
    assert picture.dots[-1][0] == pytest.approx(actual.x, abs=5)
    assert 0 < actual.y - picture.dots[-1][1] < 2 * 10  # below, because the target is above
    assert target.y < float(picture.diamonds[0].split()[1].split("l")[0])
    assert baseline.x < picture.width / 8
    assert picture.right > 0.9 * picture.width
    for label in picture.labels:
        assert 0 < label.y <= picture.floor


@pytest.mark.parametrize("box", [(200, 96, 10), (800, 300, 26)])
@pytest.mark.parametrize("values", [(84, 84, 87, 84), (84, 86, 85), (9, 8, 7), (10, 30, 45, 12), (12, 10, 30)])
def test_line_does_not_go_through_the_label_at_its_end(tree, plan, values, box):
    row = factories.plan_indicator(factories.series(tree["150600"]), plan)
    for place, value in enumerate(values):
        factories.actual(row.series, 2021 + place, value)
    progress.rebuild()
    (card,) = cards(tree["150600"], box=box)
    (label,) = card.picture.labels
    half = len(label.text) * box[2] * 0.3
    way = re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", card.picture.actual)
    assert len(way) == len(values) - 1
    for x, y, u, v in (map(float, stretch) for stretch in way):
        for step in range(201):
            at, level = x + (u - x) * step / 200, y + (v - y) * step / 200
            assert not (abs(at - label.x) < half and label.y - 0.75 * box[2] < level < label.y)
    assert abs(label.x - card.picture.dots[-1][0]) < len(label.text) * box[2] / 2


def interim(series, end, value=30):
    day = date.fromisoformat(end)
    return Interim.objects.create(
        series=series, year=day.year, period_start=day.replace(month=1, day=1), period_end=day, value=value, source="公报"
    )


def test_interim_figures_stand_between_the_years_and_join_no_line(client, tree, rows):
    without = cards(tree["150600"])[0].picture
    interim(rows[0].series, "2022-06-30")
    interim(rows[0].series, "2012-06-30")  # long before the plan: no place in the picture
    picture = cards(tree["150600"])[0].picture
    ((x, y),) = picture.interim
    assert picture.dots[0][0] < x < picture.dots[1][0]
    assert 0 < y < picture.floor
    assert picture.actual.count("M") == without.actual.count("M")
    assert "期中数" in text(client.get("/regions/150600/sheet/"))


def test_a_part_of_a_year_that_no_year_can_be_held_against_is_not_drawn(tree, plan):
    series = factories.series(tree["150600"], measure="flow")
    factories.target(factories.plan_indicator(series, plan), 2025, lower=50)
    interim(series, "2022-09-30")
    Interim.objects.create(
        series=series, year=2023, period_start=date(2023, 9, 1), period_end=date(2023, 9, 30), value=4, source="公报"
    )
    progress.rebuild()
    assert len(cards(tree["150600"])[0].picture.interim) == 1


def test_the_latest_interim_figure_is_named_where_no_actual_follows(tree, rows):
    interim(rows[0].series, "2025-06-30", 45)
    assert "45（2025 期中）" in [label.text for label in cards(tree["150600"])[0].picture.labels]


def test_a_sum_over_years_has_no_interim_figure(tree, plan):
    series = factories.series(tree["150600"], measure="increment")
    factories.target(factories.plan_indicator(series, plan), 2025, lower=50)
    interim(series, "2022-06-30")
    progress.rebuild()
    assert cards(tree["150600"])[0].picture.interim == ()


def test_a_region_to_be_exceeded_is_drawn_under_its_name(client, tree):
    indicator = factories.indicator("satisfaction", measure="ratio", unit="分")
    upper = tree["150000"].series.create(indicator=indicator)
    row = factories.plan_indicator(tree["150600"].series.create(indicator=indicator), factories.plan(tree["150600"]))
    factories.target(row, 2025, "above_region", lower=None, reference_region=tree["150000"])
    for year, value in ((2022, 75), (2023, 78), (2024, 80)):
        factories.actual(upper, year, value)
    factories.actual(row.series, 2024, 82)
    progress.rebuild()
    (card,) = cards(tree["150600"])
    assert [label.text for label in card.picture.labels] == ["内蒙古自治区 80", "82（2024）"]
    assert (len(card.picture.triangles), card.picture.compared.count("M")) == (3, 2)
    assert card.picture.diamonds == ()  # another region's figure is no target
    for address in ("/regions/150600/meeting/?year=2024", "/regions/150600/sheet/?year=2024"):
        page = client.get(address).content.decode()
        drawing = re.search(r'<svg class="multiple [^"]*".*?</svg>', page)[0]
        assert drawing.count('class="other"') == 3
        assert ">内蒙古自治区 80</text>" in drawing
    assert "对照地区" in text(client.get("/regions/150600/sheet/?year=2024"))


def test_without_a_region_to_be_exceeded_none_is_explained(client, tree, rows):
    assert not [card for card in cards(tree["150600"]) if card.picture and card.picture.compared]
    assert "对照地区" not in text(client.get("/regions/150600/sheet/"))


def test_a_range_is_a_band(tree, rows):
    ((_, top, height),) = cards(tree["150600"])[1].picture.bands
    assert height > 0
    assert top >= 0


def test_without_anything_to_draw_there_is_no_picture(tree, rows):
    assert cards(tree["150600"])[2].picture is None


def test_every_bundled_plan_is_drawn(client, bundled):
    progress.rebuild()
    for code in ("150000", "150500", "150523", "150600", "152200"):
        assert client.get(f"/regions/{code}/sheet/").status_code == 200
        assert client.get(f"/regions/{code}/meeting/?view=all").status_code == 200
