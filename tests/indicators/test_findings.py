import pytest
from indicators import progress
from indicators.models import QualityFinding


def test_x(bundled):
    progress.mark_all()
    n = 0
    while progress.refresh_stale():
        n += 1
    for f in QualityFinding.objects.order_by("code", "series_id", "year"):
        print(f.code, f.series.indicator.code, f.year, f.plan_indicator_id, f.severity, f.sentence, f.evidence)
