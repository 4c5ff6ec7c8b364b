"""Rows that are written by hand (indicators/templatetags/*_rows.py): whatever people wrote stands in them as text."""

import pytest
from django.utils import timezone

from indicators import progress, tallies
from indicators.models import Actual, Plan, PlanIndicator, QualityFinding, Statement, Target
from regions.models import Region
from tests import factories

pytestmark = pytest.mark.django_db

MARKUP = '<b id="x">&'
PAGES = [
    "/?year=2024",
    "/regions/150600/?year=2024",
    "/regions/150600/?year=2024&sort=gap",
    "/indicators/valid-trademarks/?year=2024",
    "/indicators/valid-trademarks/?year=2025",
    "/plans/a-plan/",
    "/quality/",
    "/compare/?indicator=valid-trademarks&region=150600",
]


@pytest.fixture
def hostile(tree, monkeypatch):
    """A region, an indicator and a plan whose every word is markup, with a figure, a target, a finding, another statement."""
    monkeypatch.setattr(progress, "today", lambda: timezone.datetime(2026, 3, 1).date())
    Region.objects.filter(code="150600").update(name=f"市{MARKUP}")
    series = factories.series(Region.objects.get(code="150600"), name=f"指标{MARKUP}", unit="件")
    fields = dict.fromkeys(("title", "document_number", "issued_by", "period_assumed"), MARKUP)
    plan = factories.plan(series.region, **fields)
    words = dict.fromkeys(("category", "note", "responsible", "locator", "baseline_locator", "name"), MARKUP)
    row = factories.plan_indicator(series, plan, baseline_year=2020, baseline_value=10, **words)
    factories.target(row, 2024, lower=40, locator=MARKUP)
    factories.target(row, 2025, lower=50)
    factories.actual(series, 2024, 20)
    progress.rebuild()
    QualityFinding.objects.all().delete()
    QualityFinding.objects.create(
        series=series, code="jumps", severity="notice", sentence=f"句{MARKUP}", year=2024, found_at=timezone.now()
    )
    tallies.everything()
    Statement.objects.create(series=series, plan=plan, about="target", year=2025, printed=MARKUP, source=MARKUP, locator=MARKUP)
    assert (Plan.objects.count(), PlanIndicator.objects.count(), Target.objects.count(), Actual.objects.count()) == (1, 1, 2, 1)


@pytest.mark.parametrize("address", PAGES)
def test_markup_is_shown_as_it_was_written(client, hostile, address):
    response = client.get(address)
    assert response.status_code == 200
    page = response.content.decode()
    assert "<b id" not in page
    assert "&lt;b id=&quot;x&quot;&gt;&amp;" in page
