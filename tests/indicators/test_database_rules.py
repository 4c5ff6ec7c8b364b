"""What the database refuses, whoever asks: plain SQL on the engine that the lane runs on."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from indicators.models import Actual, AuditEvent, Revision, Target
from tests import factories

pytestmark = pytest.mark.django_db


def refused(sql, params=()):
    """Whether the statement is refused at once; the transaction goes on."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            connection.check_constraints()
    except DatabaseError:
        return True
    return False


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


ACTUAL = (
    "INSERT INTO indicators_actual (series_id, year, value, not_applicable, source, source_url, note, version, approved_at)"
    " VALUES (%s, %s, {value}, {not_applicable}, '', '', '', 1, '2026-01-01 00:00:00')"
)


def insert_actual(series, value="1", not_applicable="false", year=2024):
    return refused(ACTUAL.format(value=value, not_applicable=not_applicable), [series.pk, year])


def test_plain_number_is_taken(series):
    assert not insert_actual(series, "29.51")


@pytest.mark.parametrize("value", ["'NaN'", "'Infinity'", "'-Infinity'", "'abc'", "''", "1e16", "-1e16", "9e999"])
def test_what_is_no_finite_number_is_refused(series, value):
    assert insert_actual(series, value)


def test_neither_value_nor_not_applicable_is_refused(series):
    assert insert_actual(series, "NULL", "false")


def test_value_and_not_applicable_is_refused(series):
    assert insert_actual(series, "1", "true")


def test_not_applicable_without_value_is_taken(series):
    assert not insert_actual(series, "NULL", "true")


def test_second_actual_for_a_series_and_year_is_refused(series):
    assert not insert_actual(series, "1")
    assert insert_actual(series, "2")


@pytest.mark.parametrize("year", [1948, 2101, 0])
def test_year_out_of_range_is_refused(series, year):
    assert insert_actual(series, year=year)


def test_actual_of_a_series_that_is_not_there_is_refused(series):
    assert refused(ACTUAL.format(value="1", not_applicable="false"), [series.pk + 1000, 2024])


@pytest.mark.parametrize(
    ("kind", "lower", "upper"),
    [
        ("at_least", None, None),
        ("at_least", 1, 2),
        ("at_most", 1, None),
        ("range", 1, None),
        ("range", 3, 2),
        ("milestone", 1, None),
        ("growth_per_year", None, None),
        ("above_region", None, None),
        ("increasing", 1, None),
        ("better", 1, None),
    ],
)
def test_target_whose_bounds_do_not_fit_its_kind_is_refused(series, kind, lower, upper):
    plan_indicator = factories.plan_indicator(series, factories.plan(series.region))
    assert refused(
        "INSERT INTO indicators_target (plan_indicator_id, year, kind, lower, upper, locator)"
        " VALUES (%s, 2025, %s, %s, %s, '')",
        [plan_indicator.pk, kind, lower, upper],
    )


def test_second_target_for_a_year_is_refused(series):
    target = factories.target(factories.plan_indicator(series, factories.plan(series.region)))
    with pytest.raises(DatabaseError), transaction.atomic():
        Target.objects.create(plan_indicator=target.plan_indicator, year=target.year, kind="milestone")


def test_baseline_needs_year_and_value(series):
    with pytest.raises(DatabaseError), transaction.atomic():
        factories.plan_indicator(series, factories.plan(series.region), baseline_value=3)


def test_region_is_not_its_own_parent(tree):
    assert refused("UPDATE regions_region SET parent_id = id WHERE code = '150600'")


@pytest.fixture
def revision(series, django_user_model):
    user = django_user_model.objects.create_user("someone")
    return Revision.objects.create(
        series=series, year=2024, act="approve", through="form", new_value=1, version=1, by=user, at=timezone.now()
    )


@pytest.fixture
def event():
    return AuditEvent.objects.create(at=timezone.now(), act="login", username="someone")


@pytest.mark.parametrize("sql", ["UPDATE indicators_revision SET reason = 'x'", "DELETE FROM indicators_revision"])
def test_revision_is_never_changed_nor_removed(revision, sql):
    assert refused(sql)
    assert Revision.objects.get().reason == ""


@pytest.mark.parametrize("sql", ["UPDATE indicators_auditevent SET act = 'x'", "DELETE FROM indicators_auditevent"])
def test_audit_event_is_never_changed_nor_removed(event, sql):
    assert refused(sql)
    assert AuditEvent.objects.get().act == "login"


@pytest.mark.parametrize("table", ["indicators_revision", "indicators_auditevent"])
def test_append_only_table_is_never_truncated(revision, event, table):
    if connection.vendor != "postgresql":
        # SQLite has no TRUNCATE: its DELETE without a condition is the same, and refused above.
        assert refused(f"DELETE FROM {table}")
    else:
        assert refused(f"TRUNCATE {table} CASCADE")


def test_model_methods_are_refused_like_sql(revision):
    with pytest.raises(DatabaseError), transaction.atomic():
        revision.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Revision.objects.update(reason="x")


def test_series_with_an_actual_cannot_be_removed(series):
    factories.actual(series)
    assert refused("DELETE FROM indicators_series")


def test_progress_refuses_what_is_not_finite(series):
    plan_indicator = factories.plan_indicator(series, factories.plan(series.region))
    for value in ("'NaN'", "'Infinity'", "9e999" if connection.vendor == "sqlite" else "'-Infinity'"):
        assert refused(
            "INSERT INTO indicators_progress (plan_indicator_id, year, gap, status, reason_letters, computed_at)"
            f" VALUES (%s, 2024, {value}, 'no_data', '', '2026-01-01 00:00:00')",
            [plan_indicator.pk],
        )


def test_stored_decimals_come_back_exactly(series):
    for year, value in enumerate(["123456789012345", "0.000001", "-12345678901.2345", "29.51", "1.170000"], start=2020):
        actual = factories.actual(series, year=year, value=value)
        actual.refresh_from_db()
        assert actual.value == Decimal(value)
    assert Actual.objects.count() == 5
