"""Counts by region, plan, year and indicator are kept beside progress: right after every act, and checked like progress."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from indicators import progress, tallies
from indicators.models import (
    FindingTally,
    FindingTotal,
    IndicatorTally,
    LeastReported,
    PlanIndicator,
    PlanTally,
    Progress,
    YearTally,
    YearTotal,
)
from tests import factories

pytestmark = pytest.mark.django_db
TABLES = [PlanTally, YearTally, YearTotal, LeastReported, IndicatorTally, FindingTally, FindingTotal]


@pytest.fixture(autouse=True)
def broker_away(monkeypatch):
    monkeypatch.setattr(progress, "wake_worker", lambda: None)


@pytest.fixture
def row(tree):
    """A row of a plan's table: 30 in 2020, 40 in 2024 and at least 50 in 2025."""
    plan = factories.plan(tree["150600"])
    row = factories.plan_indicator(factories.series(tree["150600"]), plan, number="1", baseline_year=2020, baseline_value=30)
    factories.target(row)
    factories.actual(row.series, 2024, 40)
    return row


def years(**asked):
    found = IndicatorTally.objects.filter(**asked).order_by("year")
    return {one.year: (one.planned, one.baselines, one.recorded) for one in found}


def test_a_plan_is_counted_by_region_and_year(row):
    progress.rebuild()
    one = PlanTally.objects.get()
    assert (one.plan_indicators, one.in_table, one.baselines, one.targets, one.with_actuals) == (1, 1, 1, 1, 1)
    of_year = YearTally.objects.get(year=2024)
    assert (of_year.required, of_year.behind, of_year.no_data) == (0, 1, 0)
    assert YearTally.objects.get(year=2023).no_data == 1


def test_an_indicator_is_counted_by_year(row):
    progress.rebuild()
    found = years(indicator=row.series.indicator)
    assert found[0] == (1, 0, 0)
    assert found[2020] == (0, 1, 0)
    assert found[2024] == (1, 0, 1)
    assert found[2025] == (1, 0, 0)


def test_a_figure_of_no_plan_is_counted_once_it_is_refreshed(tree):
    series = factories.series(tree["150600"])
    factories.actual(series, 2019, 5)
    progress.mark_stale([series.pk])
    while progress.refresh_stale():
        pass
    assert years(indicator=series.indicator) == {2019: (0, 0, 1)}


def test_a_refresh_counts_its_region_again_and_leaves_others(row, tree):
    other = factories.plan_indicator(factories.series(tree["150500"], code="gi"), row.plan)
    progress.rebuild()
    YearTally.objects.filter(region=other.series.region).update(no_data=7)  # seen by nobody who refreshes another region
    row.series.actuals.update(value=60)
    progress.mark_stale([row.series_id])
    while progress.refresh_stale():
        pass
    assert YearTally.objects.get(region=row.series.region, year=2024).achieved == 1
    assert YearTally.objects.get(region=other.series.region, year=2024).no_data == 7


def test_what_is_counted_the_same_is_not_written_again(row, tree):
    factories.plan_indicator(factories.series(tree["150500"], code="gi"), row.plan)
    progress.rebuild()
    before = _rows()
    tallies.everything()
    tallies.of_regions([row.series.region_id])
    assert _rows() == before  # keys and all
    row.series.actuals.update(value=60)
    progress.rebuild()
    written = [len(after - rows) for after, rows in zip(_rows(), before, strict=True)]
    assert written == [0, 1, 1, 0, 0, 0, 0]  # that of the figure's year in its region, and the year's total
    assert list(tallies.differences()) == []


def test_what_differs_is_found_and_mended_by_a_rebuild(row):
    progress.rebuild()
    call_command("check_progress", stdout=io.StringIO())
    YearTally.objects.filter(year=2024).update(reversed=3)
    PlanTally.objects.all().delete()
    IndicatorTally.objects.create(indicator=row.series.indicator, part=0, year=1999, planned=1, baselines=0, recorded=0)
    said = io.StringIO()
    with pytest.raises(CommandError, match="9 处不同"):  # three, and the totals that they add up to
        call_command("check_progress", stdout=said)
    assert "indicators_yeartally" in said.getvalue()
    assert "reversed：存 3，算 0" in said.getvalue()
    call_command("rebuild_progress", stdout=io.StringIO())
    call_command("check_progress", stdout=io.StringIO())


def test_the_region_and_indicator_of_progress_are_checked_too(row, tree):
    progress.rebuild()
    Progress.objects.filter(year=2024).update(region=tree["150500"])
    assert [column for _, column, *_ in progress.differences()] == ["region"]
    progress.rebuild()
    assert list(progress.differences()) == []


def test_everything_may_be_deleted_and_rebuilt(row):
    progress.rebuild()
    before = [sorted(table.objects.values_list(*_columns(table))) for table in TABLES]
    for table in (Progress, *TABLES):
        table.objects.all().delete()
    progress.rebuild()
    assert [sorted(table.objects.values_list(*_columns(table))) for table in TABLES] == before
    assert before[0]


def _rows():
    return [set(table.objects.values_list()) for table in TABLES]


def _columns(table):
    return [field.attname for field in table._meta.concrete_fields if field.name != "id"]


def test_plans_from_files_are_counted_before_anything_is_computed(bundled):
    assert not Progress.objects.exists()
    assert PlanTally.objects.aggregate(all=Sum("plan_indicators"))["all"] == PlanIndicator.objects.count() > 0
    while progress.refresh_stale():
        pass
    assert list(tallies.differences()) == []


def test_no_count_is_made_by_a_page(client, row, django_assert_max_num_queries, names_held):
    """The same number of queries, however many regions there are."""
    progress.rebuild()
    for address in ("/", "/plans/", "/plans/a-plan/", "/quality/", "/indicators/", "/indicators/valid-trademarks/"):
        client.get(address)
        with django_assert_max_num_queries(14):
            assert client.get(address).status_code == 200
