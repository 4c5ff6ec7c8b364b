"""Unusual but possible: what a person is asked to look at again, and to explain in a note, before a figure goes on."""

from indicators.calculation import quality
from indicators.models import Actual, PlanIndicator


def warnings(series, year, value, known=None) -> list[str]:
    """Sentences about a value in the base unit that is far from the years beside it, or a part of a thing; else empty.

    `known` are the recorded figures {year: Decimal}, for callers that have them; else they are looked up.
    """
    if value is None:
        return []
    known = recorded(series) if known is None else known
    return quality.unusual(value, known.get(year - 1), known.get(year + 1), series.indicator.unit, series.indicator.measure)


def recorded(series):
    """What is known of a series by year: recorded figures, else the baselines of its plans."""
    baselines = PlanIndicator.objects.filter(series=series, baseline_year__isnull=False)
    figures = Actual.objects.filter(series=series, value__isnull=False)
    return dict(baselines.values_list("baseline_year", "baseline_value")) | dict(figures.values_list("year", "value"))
