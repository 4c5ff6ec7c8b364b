"""Figures of parts of years, and what other passages say: kept beside the figures of years, never computed with."""

from django.db import transaction

from indicators import audit, progress
from indicators.calculation.vocabulary import Subject, Through
from indicators.models import Interim, Statement
from indicators.outcome import Outcome


@transaction.atomic
def put_interims(rows, *, by, through=Through.FILE) -> Outcome:
    """Figures of part of a year, each a dict of fields; the period is the key."""
    return _put(Subject.INTERIM, Interim, ("series_id", "period_start", "period_end"), rows, by=by, through=through)


@transaction.atomic
def put_statements(rows, *, by, through=Through.FILE) -> Outcome:
    """What other passages say, each a dict of fields."""
    return _put(
        Subject.STATEMENTS,
        Statement,
        ("series_id", "year", "about", "printed", "source", "locator"),
        rows,
        by=by,
        through=through,
    )


def _put(subject, model, key, rows, *, by, through):
    standing = {tuple(getattr(row, name) for name in key): row for row in model.objects.all()}
    outcome, touched = Outcome(), set()
    for fields in rows:
        row = standing.get(tuple(fields[name] for name in key))
        if row is not None and all(getattr(row, name) == value for name, value in fields.items()):
            outcome += Outcome(same=1)
            continue
        outcome += Outcome(new=1) if row is None else Outcome(changed=1)
        row = row or model()
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
        standing[tuple(fields[name] for name in key)] = row
        touched.add(fields["series_id"])
    if touched:
        progress.mark_stale(sorted(touched))
        progress.bump_version(subject, series=sorted(touched))
        audit.record(f"{model._meta.model_name}.put", by=by, through=through, rows=str(outcome))
    return outcome
