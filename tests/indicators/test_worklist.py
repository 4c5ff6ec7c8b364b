"""/entry/ tells a person what to do today; /entry/missing/ who has not reported, ready to be pasted into a message."""

import csv
import datetime
import io

import pytest

from indicators import permissions, progress, workflow
from indicators.calculation.vocabulary import Role
from indicators.reports import worklist as report
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db

WORK, MISSING = "/entry/", "/entry/missing/"
DAY = datetime.date(2026, 4, 10)


@pytest.fixture
def planned(tree):
    """A function that has a plan of 2021–2025 ask for an indicator in a region."""
    plans = {}

    def planned(region="150600", code="valid-trademarks", **fields):
        place = tree[region]
        indicator = factories.Indicator.objects.filter(code=code).first() or factories.indicator(code, name=f"指标{code}")
        series = factories.Series.objects.create(region=place, indicator=indicator)
        plan = plans.setdefault(region, None) or factories.plan(place, slug=f"plan-{region}")
        plans[region] = plan
        factories.plan_indicator(series, plan, position=len(code), **fields)
        return series

    return planned


def work_of(person, today=DAY):
    return report.worklist(person, permissions.regions_by_role(person), 1, today)


# Days


def test_figures_are_overdue_after_the_last_day_and_not_on_it(settings):
    settings.ENTRY_DUE = (3, 31)
    assert report.Deadline(2025, datetime.date(2026, 3, 31)).words == "今天到期"
    assert report.Deadline(2025, datetime.date(2026, 4, 1)).words == "已逾期 1 天"
    assert report.Deadline(2025, datetime.date(2026, 3, 1)).words == "还剩 30 天"


def test_the_last_day_is_a_setting(settings):
    settings.ENTRY_DUE = (1, 15)
    assert report.due_on(2025) == datetime.date(2026, 1, 15)


def test_a_year_is_due_when_it_is_over(planned):
    planned()
    assert report.years_due(datetime.date(2024, 12, 31)) == [2023, 2022, 2021]
    assert report.years_due(datetime.date(2025, 1, 1))[0] == 2024
    assert report.years_due(datetime.date(2030, 1, 1))[0] == 2025


# The list of a clerk


def test_a_clerk_sees_what_is_blank_begun_returned_and_waiting(people, planned, tree):
    series = [planned(code=f"i{number}") for number in range(5)]
    factories.actual(series[0], 2025)
    workflow.save_draft(series[1], 2025, as_typed="7", value=7, by=people["alta"])
    workflow.submit(series[2], 2025, value=7, by=people["alta"])
    entry = workflow.submit(series[3], 2025, value=7, by=people["alta"])
    workflow.send_back(entry, by=people["bayar"], version=entry.version, reason="请核对单位")
    work = work_of(people["alta"])
    [task] = [task for task in work.tasks if task.year == 2025]
    assert (task.blank, task.drafts, task.returned, task.submitted, task.is_overdue) == (1, 1, 1, 1, True)
    assert task.address == "/entry/150600/2025/"
    [returned] = work.returned
    assert returned.entry.returned_because == "请核对单位"
    assert returned.address == "/entry/150600/2025/#i3"
    assert {task.year for task in work.tasks if task.blank} == {2021, 2022, 2023, 2024, 2025}


def test_what_was_returned_comes_first(people, planned):
    series = planned()
    entry = workflow.submit(series, 2022, value=7, by=people["alta"])
    workflow.send_back(entry, by=people["bayar"], version=entry.version, reason="x")
    assert [task.year for task in work_of(people["alta"]).tasks] == [2022, 2025, 2024, 2023, 2021]


def test_the_year_of_the_baseline_is_not_due(people, planned):
    planned(baseline_year=2021, baseline_value=3)
    assert {task.year for task in work_of(people["alta"]).tasks} == {2022, 2023, 2024, 2025}


def test_a_figure_two_plans_ask_for_is_one(people, planned, tree):
    series = planned()
    factories.plan_indicator(series, factories.plan(tree["150600"], slug="another"))
    assert {task.blank for task in work_of(people["alta"]).tasks} == {1}


def test_an_entry_for_a_year_that_no_plan_asks_for_is_listed_too(people, planned):
    workflow.submit(planned(), 2019, value=7, by=people["alta"])
    assert 2019 in {task.year for task in work_of(people["alta"]).tasks}


def test_the_page_says_it_in_a_sentence_and_leads_to_the_grid(client, people, planned):
    planned()
    client.force_login(people["alta"])
    response = client.get(WORK)
    assert "您有5项待填，0份草稿，0项待审；其中" in text(response)
    assert '<a href="/entry/150600/2024/">鄂尔多斯市 2024 年</a>' in response.content.decode()


def test_other_regions_are_not_the_clerk_s_business(client, people, planned):
    planned("150500")
    client.force_login(people["alta"])
    page = text(client.get(WORK))
    assert "没有要办的事" in page
    assert "通辽市" not in page


# Of a reviewer and of a manager


def test_a_reviewer_sees_what_waits_and_is_led_to_it(client, people, planned):
    workflow.submit(planned(), 2024, value=7, by=people["alta"])
    client.force_login(people["bayar"])
    response = client.get(WORK)
    assert "您有1项等您审核" in text(response)
    assert 'href="/review/?region=150600&amp;year=2024"' in response.content.decode()


def test_own_entries_do_not_count_for_the_reviewer(people, planned, tree):
    both = factories.person("both", (tree["150600"], Role.CLERK, False), (tree["150600"], Role.REVIEWER, False))
    workflow.submit(planned(), 2024, value=7, by=both)
    work = work_of(both)
    assert (work.reviews[0].count, work.reviews[0].own, work.counts["to_review"]) == (1, 1, 0)


def test_a_manager_sees_who_has_not_reported(client, people, planned):
    planned()
    client.force_login(people["dolma"])
    page = text(client.get(WORK))
    assert "2025年，您管理的地区中有1个未报齐" in page
    assert "鄂尔多斯市：1/1项未报填报人Alta" in page


def test_who_has_no_role_is_told_so(client, tree):
    client.force_login(factories.person("eve"))
    assert "您还没有分工" in text(client.get(WORK))
    assert client.get(MISSING).status_code == 403


@pytest.mark.parametrize("address", [WORK, MISSING])
def test_anonymous_is_sent_to_the_login_page(client, planned, address):
    planned()
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", [WORK, MISSING])
def test_only_reading_is_allowed(client, people, planned, address):
    planned()
    client.force_login(people["dolma"])
    assert client.post(address).status_code == 405


@pytest.mark.parametrize(
    "address", [f"{WORK}?page=2", f"{WORK}?colour=red", f"{MISSING}?year=2030", f"{MISSING}?region=999999"]
)
def test_what_is_not_there_is_404(client, people, planned, address):
    planned()
    client.force_login(people["alta"])
    assert client.get(address).status_code == 404


def test_nothing_is_kept_by_the_browser(client, people, planned):
    planned()
    client.force_login(people["dolma"])
    assert "no-store" in client.get(MISSING)["Cache-Control"]


# Who has not reported


def missing_of(person, year=2025, today=DAY):
    return report.missing(permissions.regions_seen(person), year, years=report.years_due(today), today=today)


def test_drafts_and_returned_figures_are_not_reported_submitted_ones_are(people, planned):
    series = [planned(code=f"i{number}", responsible="市市场监管局") for number in range(4)]
    factories.actual(series[0], 2025)
    workflow.submit(series[1], 2025, value=7, by=people["alta"])
    workflow.save_draft(series[2], 2025, as_typed="7", value=7, by=people["alta"])
    [place] = missing_of(people["dolma"]).places
    assert [(item.indicator, item.begun) for item in place.items] == [("i2", "草稿"), ("i3", "")]
    assert (place.due, place.clerks, place.bodies) == (4, ("Alta",), ("市市场监管局",))
    assert place.earlier == ((2024, 4), (2023, 4), (2022, 4), (2021, 4))


def test_a_region_without_own_clerks_names_those_above_who_cover_it(people, planned, tree):
    factories.person("eji", (tree["150500"], Role.CLERK, True))
    planned("150523")
    planned("150600")
    found = missing_of(people["dolma"])
    assert [(place.region.name, place.clerks) for place in found.places] == [("开鲁县", ("Eji",)), ("鄂尔多斯市", ("Alta",))]


def test_the_message_is_ready_to_paste(people, planned, settings):
    settings.SITE_ADDRESS = "https://ipdash.example"
    planned(code="a", responsible="市市场监管局")
    planned(code="bb")
    message = missing_of(people["dolma"]).message
    assert message == (
        "【催报】截至2026年4月10日，2025年规划指标实际值还有1个地区共2项未报送，应于2026年3月31日前报送，已逾期10天：\n"
        "1. 鄂尔多斯市（2项，填报人：Alta；责任单位：市市场监管局）：指标a、指标bb。\n"
        "请登录填报并提交审核：https://ipdash.example/entry/"
    )


def test_the_page_shows_region_body_person_and_days(client, people, planned):
    planned(responsible="市市场监管局")
    client.force_login(people["dolma"])
    response = client.get(f"{MISSING}?year=2025")
    days = (progress.today() - datetime.date(2026, 3, 31)).days
    assert f"1个地区还没有报齐，共1项；应于2026年3月31日前报送，已逾期{days}天" in text(response)
    assert "鄂尔多斯市1/1指标valid-trademarks市市场监管局Alta" in text(response)
    assert "【催报】" in text(response)


def test_a_clerk_sees_the_own_region_only(client, people, planned):
    planned("150500")
    planned("150600")
    client.force_login(people["chen"])
    page = text(client.get(MISSING))
    assert "通辽市" in page
    assert "鄂尔多斯市" not in page
    assert "都已报齐" in text(client.get(f"{MISSING}?region=150600"))


def test_a_region_includes_those_below(client, people, planned):
    planned("150523")
    planned("150600")
    client.force_login(people["dolma"])
    page = text(client.get(f"{MISSING}?region=150500"))
    assert "开鲁县" in page
    assert "鄂尔多斯市" not in page


def test_files_name_each_figure(client, people, planned):
    planned(responsible="=市局")
    client.force_login(people["dolma"])
    [row] = client.get(f"{MISSING}?format=json").json()["rows"]
    assert (row["region"], row["year"], row["indicator"], row["state"]) == ("150600", 2025, "valid-trademarks", "未填")
    assert row["due_on"] == "2026-03-31"
    [line] = csv.DictReader(io.StringIO(client.get(f"{MISSING}?format=csv").content.decode("utf-8-sig")))
    assert line["responsible"] == "'=市局"


def test_fifty_regions_are_a_page_and_queries_do_not_grow(client, people, planned, tree, django_assert_max_num_queries):
    indicator = factories.indicator()
    for number in range(60):
        place = factories.Region.objects.create(
            code=str(152900 + number), name=f"旗{number:02d}", level="county", parent=tree["150000"]
        )
        series = factories.Series.objects.create(region=place, indicator=indicator)
        factories.plan_indicator(series, factories.plan(place, slug=f"p{number}"))
    client.force_login(people["dolma"])
    with django_assert_max_num_queries(16):
        first = text(client.get(MISSING))
    assert "60个地区还没有报齐，本页50个" in first
    assert "旗49" in first
    assert "旗50" not in first
    assert "旗50" in text(client.get(f"{MISSING}?page=2"))
    clerk = factories.person("eji", (tree["150000"], Role.CLERK, True))
    client.force_login(clerk)
    with django_assert_max_num_queries(16):
        assert "本页50个地区有250项待填" in text(client.get(WORK))
