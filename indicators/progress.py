"""The only writer of progress and of the marks that say which series must be computed again."""

from django.db import connection
from django.db.models import F
from django.utils import timezone

from indicators.models import DataVersion, StaleMark


def mark_stale(series_ids):
    """Mark series in the caller's transaction; each mark is removed by the refresh that saw it."""
    now = timezone.now()
    StaleMark.objects.bulk_create([StaleMark(series_id=series, marked_at=now) for series in series_ids], batch_size=5000)


def bump_version():
    """Count a change of what is shown, in the caller's transaction."""
    if not DataVersion.objects.filter(id=1).update(number=F("number") + 1):
        DataVersion.objects.create(id=1, number=1)


def adapt(moment):
    """A moment as this database stores it, for statements written out in SQL."""
    return connection.ops.adapt_datetimefield_value(moment)
