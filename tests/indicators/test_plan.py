"""/plans/<slug>/ is the plan's own table again: as printed, with the actuals beside it and its growth computed anew."""

import csv
import io
import re

import pytest

from indicators import progress, tallies
from indicators.models import Plan, Statement
from indicators.reports import kept
from indicators.reports import plan as report
from tests import factories

pytestmark = pytest.mark.django_db

KINDS = [
    ("at_least", {"lower": 3290}, "3,290"),
    ("range", {"lower": 1, "upper": 2}, "1~2"),
    ("growth_per_year", {"lower": "0.15"}, "年均增长 15%"),
    ("growth_over_baseline", {"lower": "0.2"}, "较基期增长 20%"),
    ("increasing", {"lower": None}, "逐年增加"),
    ("milestone", {"lower": None}, "零突破"),
]


def text(response):
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


def table(slug="a-plan", regions=(), number=1):
    tallies.everything()
    state = progress.state_of_data()
    return report.plan_table(report.find(slug, state), state, regions=regions, number=number)


@pytest.fixture
def plan(tree):
    return factories.plan(tree["150600"], title="鄂尔多斯市规划")


@pytest.fixture
def row(tree, plan):
    """A row of the table: 3.1219 → 5 万件, growth printed as 60 %, two statements of locators, an actual in 2024."""
    series = factories.series(tree["150600"], unit="件")
    row = factories.plan_indicator(
        series,
        plan,
        number="2",
        category="创造质量",
        name="商标注册量",
        unit="万件",
        baseline_year=2020,
        baseline_value=31219,
        printed_growth="0.6",
        baseline_locator="表 第2行 2020年列",
        locator="表 第2行",
        note="正文写突破5万件",
        responsible="市场监管局",
    )
    factories.target(row, 2025, lower=50000, locator="表 第2行 2025年列")
    factories.actual(series, 2024, 43615)
    progress.rebuild()
    return row


@pytest.mark.parametrize(("kind", "bounds", "printed"), KINDS)
def test_a_target_is_printed_as_plans_print_it(tree, plan, kind, bounds, printed):
    factories.target(factories.plan_indicator(factories.series(tree["150600"]), plan), kind=kind, **bounds)
    (row,) = table().rows
    assert row.cells[-1].target_text == printed
    assert [cell.target_text for cell in row.cells[:-1]] == [""] * 4


def test_targets_that_name_a_limit_or_a_region(tree, plan):
    limit = factories.plan_indicator(factories.series(tree["150600"], code="days", direction="decrease"), plan)
    factories.target(limit, kind="at_most", lower=None, upper=5)
    above = factories.plan_indicator(factories.series(tree["150600"], code="satisfaction"), plan, position=2)
    factories.target(above, kind="above_region", lower=None, reference_region=tree["150000"])
    assert [row.cells[-1].target_text for row in table().rows] == ["5 以内", "高于内蒙古自治区"]


def test_a_condition_rules_the_years_without_a_target_of_their_own(client, tree, plan):
    row = factories.plan_indicator(factories.series(tree["150600"]), plan)
    factories.target(row, kind="increasing", lower=None)
    assert [cell.ruled_by for cell in table().rows[0].cells] == ["逐年增加"] * 4 + [""]
    factories.actual(row.series, 2023, 5)
    progress.rebuild()
    assert "规划没有为这一年单独定目标，适用“逐年增加”" in text(client.get("/plans/a-plan/"))


def test_years_with_nothing_are_named_instead(client, tree, plan):
    row = factories.plan_indicator(factories.series(tree["150600"]), plan)
    factories.target(row, 2025)
    factories.actual(row.series, 2023, 5)
    progress.rebuild()
    page = client.get("/plans/a-plan/")
    assert re.findall(r'class="year">(\d{4})<', page.content.decode()) == ["2023", "2025"]
    assert "2021、2022、2024年既没有单独的目标，也没有实际值，没有列出。" in text(page)


def test_actual_beside_target_in_the_printed_unit(client, row):
    cells = {cell.year: cell for cell in table().rows[0].cells}
    assert (cells[2024].actual_text, cells[2025].target_text) == ("4.3615", "5")
    assert cells[2025].actual is None
    assert "—○未填报" in text(client.get("/plans/a-plan/"))


def test_growth_printed_and_computed_again(client, row):
    (one,) = table().rows
    assert (one.printed_growth, one.standing.shown("planned_growth"), one.growth_agrees) == ("60%", "60.2%", True)
    assert "60%60.2%✓一致" in text(client.get("/plans/a-plan/"))
    assert "所印增幅1个，都与重算一致" in text(client.get("/plans/a-plan/"))


def test_growth_that_does_not_agree_is_said_so(client, row):
    type(row).objects.update(printed_growth="0.61")
    page = text(client.get("/plans/a-plan/"))
    assert "≠不一致按所印位数60%" in page
    assert "1个与重算不一致" in page


@pytest.mark.parametrize(
    ("baseline", "final", "printed"),
    [("0.93", 2, "1.15"), (23, 30, "0.3"), (790, 3290, "3.16"), ("44.6", 70, "0.57"), (39, 150, "2.85"), (48, 96, "1")],
)
def test_what_the_plans_print_comes_out(tree, plan, baseline, final, printed):
    row = factories.plan_indicator(
        factories.series(tree["150600"]), plan, baseline_year=2020, baseline_value=baseline, printed_growth=printed
    )
    factories.target(row, lower=final)
    progress.rebuild()
    assert table().rows[0].growth_agrees is True


def test_the_order_is_the_plans_and_goals_of_the_text_follow(tree, plan, row):
    factories.plan_indicator(factories.series(tree["150600"], code="goal"), plan, position=1, name="正文目标")
    factories.plan_indicator(factories.series(tree["150600"], code="third"), plan, position=3, number="3", category="运用")
    first, second = table().parts
    assert [(group.heading, [one.standing.number for one in group.rows]) for group in first.groups] == [
        ("创造质量", ["2"]),
        ("运用", ["3"]),
    ]
    assert [one.standing.name for one in second.groups[0].rows] == ["正文目标"]


def test_where_it_stands_is_there_on_demand(client, row):
    page = client.get("/plans/a-plan/").content.decode()
    details = re.sub(r"<[^>]+>|\s", "", re.search(r"<details>.*?</details>", page, re.DOTALL)[0])
    assert "本行表第2行" in details
    assert "2020年基期表第2行2020年列" in details
    assert "2025年目标表第2行2025年列" in details
    assert "责任单位市场监管局" in details
    assert "说明正文写突破5万件" in details


def test_statements_that_say_otherwise_stand_below(client, plan, row):
    Statement.objects.create(
        series=row.series,
        year=2020,
        about="baseline",
        value=3,
        unit="万件",
        printed="3万件",
        plan=plan,
        source="规划",
        locator="正文",
    )
    page = text(client.get("/plans/a-plan/"))
    assert "另一说法1处" in page
    assert "2020年基期值3万件（正文）" in page


def test_the_baseline_year_within_the_plan_shows_the_baseline(tree, plan):
    factories.plan_indicator(factories.series(tree["150600"]), plan, baseline_year=2021, baseline_value=352)
    progress.rebuild()
    first, second = table().rows[0].cells[:2]
    assert (first.actual_text, first.is_baseline, second.is_baseline) == ("352", True, False)
    assert table().with_actuals == 0


def test_a_plan_of_several_regions_is_filtered_by_region(client, tree, plan, row):
    other = factories.plan_indicator(factories.series(tree["150523"], code="gi"), plan, name="开鲁的指标")
    tallies.everything()
    everyone, kailu = text(client.get("/plans/a-plan/")), text(client.get("/plans/a-plan/?region=150523"))
    assert "开鲁的指标" in everyone
    assert "商标注册量" in everyone
    assert other.name in kailu
    assert "商标注册量" not in kailu
    assert client.get("/plans/a-plan/?region=150500").status_code == 404
    assert client.get("/plans/a-plan/?region=150523&region=150600").status_code == 404


def test_fifty_rows_a_page(client, tree, plan):
    for number in range(51):
        series = factories.series(tree["150600"], code=f"indicator-{number}")
        factories.plan_indicator(series, plan, position=number, name=f"第{number}项指标")
    assert [len(table(number=number).rows) for number in (1, 2)] == [50, 1]
    assert "第50项指标" in text(client.get("/plans/a-plan/?page=2"))
    assert len(client.get("/plans/a-plan/?page=2&format=json").json()["rows"]) == 5


def test_files_have_the_numbers_of_the_page(client, row):
    rows = client.get("/plans/a-plan/?format=json").json()["rows"]
    assert [(one["year"], one["target"], one["lower"], one["actual"], one["reason"]) for one in rows[-2:]] == [
        (2024, None, None, 4.3615, None),
        (2025, "5", 5.0, None, "本年没有实际值"),
    ]
    assert (rows[0]["baseline_value"], rows[0]["printed_growth"], rows[0]["growth_agrees"]) == (3.1219, 0.6, True)
    body = client.get("/plans/a-plan/?format=csv").content.decode("utf-8-sig")
    assert [one["actual"] for one in csv.DictReader(io.StringIO(body))][-2:] == ["4.3615", ""]
    assert client.get("/plans/a-plan/?format=xlsx").content.startswith(b"PK")


def test_a_plan_without_indicators_says_so(client, plan):
    assert "还没有录入指标" in text(client.get("/plans/a-plan/"))


def test_what_is_not_there_is_404(client, plan):
    for address in ("/plans/nowhere/", "/plans/a-plan/?page=2", "/plans/a-plan/?year=2024", "/plans/a-plan/?region=1"):
        assert client.get(address).status_code == 404, address


def test_only_reading(client, plan):
    assert client.post("/plans/a-plan/").status_code == 405


def test_stale_rows_say_so(client, row):
    progress.mark_stale([row.series_id])
    assert "↻正在重算" in text(client.get("/plans/a-plan/"))


def test_the_bundled_plans_print_seven_growths_that_agree(client, bundled, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(kept, "_held", {})
    progress.rebuild()
    client.get("/plans/ordos-2021-2025/")  # from here on it is known what is planned
    with django_assert_max_num_queries(7):
        assert "所印增幅7个，都与重算一致" in text(client.get("/plans/ordos-2021-2025/"))
    for slug in Plan.objects.values_list("slug", flat=True):
        with django_assert_max_num_queries(7):
            assert client.get(f"/plans/{slug}/").status_code == 200


def test_names_are_escaped(client, tree, plan):
    factories.plan_indicator(factories.series(tree["150600"]), plan, name="<script>alert(1)</script>", note="<i>")
    page = client.get("/plans/a-plan/").content.decode()
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
