"""The API and the pages give the same figures: both read what was computed once."""

import pytest

from indicators import progress
from indicators.models import Actual, Series
from tests import factories
from tests.indicators.api.conftest import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(bundled):
    """The bundled plans, and figures of two years for every series of Ordos."""
    for number, series in enumerate(Series.objects.filter(region__code="150600")):
        for year in (2023, 2024):
            if not Actual.objects.filter(series=series, year=year).exists():
                factories.actual(series, year, 1000 * number + year)
    progress.rebuild()


def test_figures_of_a_region(measured, client):
    page = client.get("/regions/150600/?year=2024&format=json").json()["rows"]
    rows = {
        (row["plan"], row["indicator"]): row for row in everything(client, "progress/?region=150600&year=2024&page_size=1000")
    }
    assert len(page) > 5
    for shown in page:
        row = rows[shown["plan"], shown["indicator"]]
        for name in ("unit", "baseline_year", "status"):
            assert row[name] == shown[name]
        for name in ("actual", "required", "gap", "attainment", "completion", "elapsed", "baseline_value"):
            expected = shown[name]
            assert row[name] == (None if expected is None else pytest.approx(float(expected), rel=1e-10, abs=1e-12)), name
        assert row["stale"] == bool(shown["is_stale"])


def test_figures_of_one_plan_indicator_over_the_years(measured, client):
    rows = everything(client, "progress/?region=150600&indicator=valid-trademarks")
    page = client.get("/regions/150600/valid-trademarks/?format=json").json()["rows"]
    shown = {row["year"]: row for row in page if row.get("status")}
    assert shown
    for row in rows:
        if row["year"] in shown:
            for name in ("actual", "completion", "yoy", "cagr"):
                expected = shown[row["year"]][name]
                assert row[name] == (None if expected is None else pytest.approx(float(expected), rel=1e-10)), name


def test_actuals_are_what_the_file_gives_out(bundled, client):
    from indicators import exports
    from indicators.calculation import numbers

    rows = everything(client, "actuals/?page_size=1000")
    table = exports.actuals()
    out = {
        (one["region"], one["indicator"], one["year"]): one["value"]
        for one in (dict(zip(table.columns, row, strict=True)) for row in table.rows)
        if not one["period_start"]
    }
    assert len(rows) == len(out) > 20
    for row in rows:
        assert numbers.plain(numbers.Decimal(repr(row["value"]))) == out[row["region"], row["indicator"], row["year"]]


def test_targets_and_baselines_are_those_of_the_plan_file(bundled, client):
    from indicators import exports

    table = exports.plan("ordos-2021-2025")
    file = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    targets = {
        (row["indicator"], row["year"]): row for row in everything(client, "targets/?plan=ordos-2021-2025&page_size=1000")
    }
    plans = {row["indicator"]: row for row in everything(client, "plan-indicators/?plan=ordos-2021-2025")}
    assert len([row for row in file if row["year"]]) == len(targets) > 7
    for row in file:
        stated = plans[row["indicator"]]
        assert stated["baseline_value"] == (float(row["baseline_value"]) if row["baseline_value"] else None)
        assert stated["printed_growth"] == (float(row["printed_growth"]) if row["printed_growth"] else None)
        if row["year"]:
            target = targets[row["indicator"], row["year"]]
            assert (target["kind"], target["unit"]) == (row["kind"], row["unit"])
            assert target["lower"] == (float(row["lower"]) if row["lower"] else None)
            assert target["upper"] == (float(row["upper"]) if row["upper"] else None)
