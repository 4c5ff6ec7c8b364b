"""Stored progress: what marks a series, what a refresh writes, and that rebuilding finds nothing to do."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from indicators import progress, tasks, workflow
from indicators.models import Actual, DataVersion, Job, Progress, QualityFinding, StaleMark
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def broker_away(monkeypatch):
    """No worker hears anything here: what a task calls is called."""
    monkeypatch.setattr(progress, "wake_worker", lambda: None)


@pytest.fixture
def row(tree):
    """有效注册商标 of Ordos: 30 in 2020, at least 50 in 2025."""
    plan = factories.plan(tree["150600"])
    row = factories.plan_indicator(factories.series(tree["150600"]), plan, baseline_year=2020, baseline_value=30)
    factories.target(row, lower=50)
    return row


def settle():
    while progress.refresh_stale():
        pass


def change(series, year, value):
    Actual.objects.update_or_create(series=series, year=year, defaults={"value": value, "approved_at": timezone.now()})
    progress.mark_stale([series.pk])


def test_a_row_for_each_plan_year_after_the_baseline(row):
    progress.rebuild()
    assert list(Progress.objects.order_by("year").values_list("plan_indicator", "year")) == [
        (row.pk, year) for year in range(2021, 2026)
    ]


def test_figures_are_stored_with_a_reason_for_each_that_is_empty(row):
    factories.actual(row.series, year=2024, value=46)
    progress.rebuild()
    stored = Progress.objects.get(year=2024)
    assert (stored.actual, stored.gap_final, stored.status) == (46, 4, "on_track")
    assert stored.completion == pytest.approx(0.8)
    assert stored.expected == pytest.approx(46)
    assert stored.reasons == {
        "required": "no_target",
        "met": "no_target",
        "gap": "no_target",
        "attainment": "no_target",
        "yoy": "no_previous_year",
    }
    missing = Progress.objects.get(year=2023)
    assert (missing.actual, missing.gap_final, missing.reasons["actual"]) == (None, None, "no_actual")


def test_what_is_met_is_stored(row):
    factories.actual(row.series, year=2025, value=51)
    progress.rebuild()
    assert Progress.objects.get(year=2025).met is True
    assert Progress.objects.get(year=2024).met is None


def test_refresh_computes_what_is_marked_and_removes_the_marks(row):
    change(row.series, 2024, 40)
    assert progress.is_stale([row.series_id]) == {row.series_id}
    settle()
    assert progress.is_stale([row.series_id]) == set()
    assert Progress.objects.get(year=2024).actual == 40


def test_only_rows_that_differ_are_written(row):
    progress.rebuild()
    before = dict(Progress.objects.values_list("year", "computed_at"))
    change(row.series, 2024, 40)
    settle()
    after = dict(Progress.objects.values_list("year", "computed_at"))
    assert {year for year in before if after[year] != before[year]} == {2024}


def test_growth_of_the_next_year_is_written_too(row):
    factories.actual(row.series, year=2025, value=50)
    progress.rebuild()
    assert Progress.objects.get(year=2025).yoy is None
    change(row.series, 2024, 40)
    settle()
    assert Progress.objects.get(year=2025).yoy == pytest.approx(0.25)


def test_refreshing_again_changes_nothing(row):
    change(row.series, 2024, 40)
    settle()
    before = DataVersion.objects.get().number, list(Progress.objects.order_by("pk").values())
    progress.mark_stale([row.series_id])
    settle()
    assert (DataVersion.objects.get().number, list(Progress.objects.order_by("pk").values())) == before


def test_rows_that_are_no_longer_due_go(row):
    progress.rebuild()
    row.plan.first_year = 2023
    row.plan.save()
    progress.rebuild()
    assert list(Progress.objects.order_by("year").values_list("year", flat=True)) == [2023, 2024, 2025]


def test_rebuild_of_a_region_leaves_the_others(row, tree):
    other = factories.plan_indicator(
        factories.series(tree["150500"], code="other"), factories.plan(tree["150500"], slug="other-plan")
    )
    outcome = progress.rebuild(tree["150500"])
    assert outcome.new == 5
    assert set(Progress.objects.values_list("plan_indicator", flat=True)) == {other.pk}


def test_series_that_compares_with_the_changed_one_is_marked(row, tree):
    factories.target(row, year=2024, kind="at_least", lower=40)
    satisfaction = factories.series(tree["150000"], code="satisfaction", unit="分", measure="ratio")
    here = type(satisfaction).objects.create(region=tree["150600"], indicator=satisfaction.indicator)
    compares = factories.plan_indicator(here, row.plan, position=2)
    factories.target(compares, kind="above_region", lower=None, reference_region=tree["150000"])
    factories.actual(here, year=2024, value=84)
    progress.rebuild()
    assert Progress.objects.get(plan_indicator=compares, year=2024).status == "no_reference"
    change(satisfaction, 2024, 83)
    assert progress.is_stale([here.pk]) == {here.pk}
    assert set(StaleMark.objects.values_list("series", "cause")) == {(satisfaction.pk, "changed"), (here.pk, "compared")}
    settle()
    stored = Progress.objects.get(plan_indicator=compares, year=2024)
    assert (stored.required, stored.met, stored.status) == (83, True, "achieved")


def test_children_and_parent_are_checked_again_but_not_stale(row, tree):
    whole = type(row.series).objects.create(region=tree["150000"], indicator=row.series.indicator)
    factories.actual(row.series, year=2024, value=60)
    change(whole, 2024, 50)
    assert set(StaleMark.objects.values_list("series", "cause")) == {(whole.pk, "changed"), (row.series_id, "neighbour")}
    assert progress.is_stale([row.series_id]) == set()
    settle()
    assert set(QualityFinding.objects.values_list("series", "code")) == {
        (row.series_id, "above_container"),
        (whole.pk, "parts_above_whole"),
    }


def test_approving_a_figure_marks_its_series(row, people):
    entry = workflow.submit(row.series, 2024, value=40, by=people["alta"])
    workflow.approve(entry, by=people["bayar"], version=1)
    assert StaleMark.objects.get().cause == "changed"


def test_page_says_that_figures_wait_to_be_computed(client, row):
    change(row.series, 2024, 40)
    assert "正在重算" in client.get("/").content.decode()
    settle()
    assert "正在重算" not in client.get("/").content.decode()


def test_age_of_the_oldest_mark_is_told(row):
    assert progress.oldest_mark() is None
    change(row.series, 2024, 40)
    assert 0 <= progress.oldest_mark() < 60


def test_nightly_marks_everything_and_makes_nothing_stale(row):
    assert progress.mark_all() == 1
    assert progress.is_stale([row.series_id]) == set()
    settle()
    assert Progress.objects.count() == 5


def test_nightly_rebuild_says_how_far_it_is_whoever_goes_on_with_it(row, tree):
    factories.plan_indicator(factories.series(tree["150500"], code="other"), row.plan, position=2)
    job = progress.start_rebuild()

    def told():
        progress.tell_rebuild()
        job.refresh_from_db()
        return job.state, job.done, job.total, job.finished_at is not None

    assert told() == ("running", 0, 2, False)
    progress.refresh_stale(limit=1)
    assert told() == ("running", 1, 2, False)
    tasks.refresh_stale()  # as the sweep does after a worker was killed
    assert told() == ("done", 2, 2, True)


def test_nightly_task_computes_everything(row):
    tasks.rebuild_nightly()
    assert Progress.objects.count() == 5
    assert Job.objects.get().state == "done"


def test_what_a_person_changed_comes_before_what_the_night_asked_for(row, tree):
    other = factories.plan_indicator(factories.series(tree["150500"], code="other"), row.plan, position=2)
    progress.mark_all()
    progress.mark_stale([other.series_id])
    progress.refresh_stale(limit=1)
    assert set(Progress.objects.values_list("plan_indicator", flat=True)) == {other.pk}


def quiet(command, **options):
    out = io.StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def test_check_finds_nothing_after_a_rebuild(bundled):
    assert "新增 559" in quiet("rebuild_progress")
    assert "新增 0，更改 0，未变 559" in quiet("rebuild_progress")
    assert "0 处不同" in quiet("check_progress")


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE indicators_progress SET gap_final = gap_final + 1 WHERE year = 2024", "gap_final：存 5.0，算 4.0"),
        ("UPDATE indicators_progress SET status = 'behind' WHERE year = 2024", "status"),
        ("UPDATE indicators_progress SET met = true WHERE year = 2024", "met"),
        ("UPDATE indicators_progress SET completion = NULL WHERE year = 2024", "completion：存 nan"),
        ("UPDATE indicators_progress SET reason_letters = replace(reason_letters, 'd', 'a')", "reasons"),
        ("DELETE FROM indicators_progress WHERE year = 2024", "missing"),
        ("UPDATE indicators_progress SET year = 2030 WHERE year = 2024", "superfluous"),
    ],
)
def test_check_finds_what_was_tampered_with_and_a_rebuild_mends_it(row, sql, found):
    factories.actual(row.series, year=2024, value=46)
    progress.rebuild()
    with connection.cursor() as cursor:
        cursor.execute(sql)
    out = io.StringIO()
    with pytest.raises(CommandError, match="处不同"):
        call_command("check_progress", stdout=out)
    assert found in out.getvalue()
    progress.rebuild()
    assert "0 处不同" in quiet("check_progress")


def test_broker_away_delays_and_loses_nothing(row, monkeypatch, caplog):
    monkeypatch.undo()

    def refuse(*arguments):
        raise ConnectionError("no broker")

    monkeypatch.setattr(progress, "_broker_away_until", 0.0)
    monkeypatch.setattr(progress.current_app, "send_task", refuse)
    progress.wake_worker().result()
    progress.wake_worker().result()
    assert [record.message for record in caplog.records] == ["no worker woken, the sweep will do it: no broker"]


def test_status_that_depends_on_the_day_is_as_of_today(row):
    progress.rebuild()
    this_year = timezone.localdate().year
    statuses = dict(Progress.objects.values_list("year", "status"))
    assert statuses == {year: "not_due" if year >= this_year else "no_data" for year in range(2021, 2026)}
