"""A small database in which every list has rows, and a reader that takes answers apart."""

import datetime

import pytest
from django.utils import timezone

from indicators import progress
from indicators.models import DataVersion, Interim, QualityFinding, Statement
from tests import factories


@pytest.fixture
def filled(tree):
    """Two plans, figures of several kinds, and progress computed from them; returns what was made by name."""
    trademarks = factories.indicator(decimals=0)
    rate = factories.indicator("service-satisfaction", name="服务满意度", unit="%", measure="ratio", dimension="服务")
    made = {"tree": tree, "trademarks": trademarks, "rate": rate}
    for code, slug in (("150600", "ordos"), ("150500", "tongliao")):
        plan = factories.plan(tree[code], slug=f"{slug}-2021-2025")
        for position, indicator in enumerate((trademarks, rate), start=1):
            series = indicator.series.create(region=tree[code])
            baseline = {"baseline_year": 2020, "baseline_value": "31219"} if indicator is trademarks else {}
            row = factories.plan_indicator(
                series, plan, position=position, unit="万件" if indicator is trademarks else "%", locator="表1", **baseline
            )
            made[f"{slug} {indicator.code}"] = row
    ordos = made["ordos valid-trademarks"]
    factories.target(ordos, 2025, lower=50000, locator="表1 2025年列")
    factories.target(ordos, 2023, kind="growth_per_year", lower="0.15")
    factories.target(made["tongliao valid-trademarks"], 2025, lower=40000)
    factories.target(
        made["tongliao service-satisfaction"], 2025, kind="above_region", lower=None, reference_region=tree["150000"]
    )
    for year, value in ((2021, 35000), (2022, "38000.5"), (2024, 46000)):
        factories.actual(ordos.series, year, value, source="年报", source_url="https://example.org/a")
    factories.actual(ordos.series, 2023, None, not_applicable=True, note="=1+1")
    factories.actual(made["tongliao valid-trademarks"].series, 2024, 0)
    factories.actual(made["tongliao service-satisfaction"].series, 2024, "123456789.123456")
    Interim.objects.create(
        series=ordos.series,
        year=2024,
        period_start=datetime.date(2024, 1, 1),
        period_end=datetime.date(2024, 9, 30),
        value=44000,
        source="季报",
    )
    Statement.objects.create(
        series=ordos.series,
        year=2025,
        about="target",
        value="5.5",
        unit="万件",
        printed="5.5万件",
        plan=ordos.plan,
        source="正文",
    )
    QualityFinding.objects.create(
        series=ordos.series,
        plan_indicator=ordos,
        year=2021,
        code="jumps",
        severity="notice",
        sentence="说明",
        evidence={"value": 1.5, "of": ["a", None]},
        found_at=timezone.now(),
    )
    progress.rebuild()
    DataVersion.objects.update_or_create(id=1, defaults={"number": 7})
    return made


@pytest.fixture
def read(client):
    """A function: address -> what the JSON says; the answer must be 200."""

    def read(address, **headers):
        response = client.get(f"/api/v1/{address}", headers=headers)
        assert response.status_code == 200, response.content.decode()
        return response.json()

    return read


@pytest.fixture
def refused(client):
    """A function: address -> (status, code, parameter); the answer must be a problem with a Chinese sentence."""

    def refused(address, method="get", **headers):
        response = getattr(client, method)(f"/api/v1/{address}", headers=headers)
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["type"] == f"/api/#{problem['code']}"
        assert problem["detail"].endswith("。")
        assert problem["request_id"] == response["X-Request-ID"]
        assert response["Access-Control-Allow-Origin"] == "*"
        return response.status_code, problem["code"], problem.get("parameter")

    return refused


def everything(client, address):
    """All rows of a list, page after page by `next`."""
    rows, following = [], f"/api/v1/{address}"
    while following:
        page = client.get(following).json()
        rows += page["results"]
        following = page["next"]
    return rows
