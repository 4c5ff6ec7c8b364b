"""Change every figure of one region, or refresh what that made stale, as a worker does when it is woken."""

import json
import sys
import time

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from indicators import progress  # noqa: E402
from indicators.models import Actual, Series  # noqa: E402
from regions.models import Region  # noqa: E402


@transaction.atomic
def change():
    """One more, or one less again: the figures of a region in the middle of the list."""
    codes = Region.objects.order_by("code").values_list("pk", flat=True)
    series = list(Series.objects.filter(region=codes[len(codes) // 2]).values_list("pk", flat=True))
    step = 1 if Actual.objects.filter(series__in=series).order_by("pk").values_list("version", flat=True)[0] % 2 else -1
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE indicators_actual SET value = value + %s, version = version + 1"
            " WHERE series_id = ANY(%s) AND value IS NOT NULL",
            [step, series],
        )
        changed = cursor.rowcount
    progress.mark_stale(series)
    return changed


def refresh():
    while progress.refresh_stale():
        pass


def main():
    if sys.argv[1:] == ["--change"]:
        print(change())
        return
    if sys.argv[1:] == ["--running"]:
        # A worker that runs has its connection and has done this before.
        change()
        refresh()
        change()
    start = time.perf_counter()
    refresh()
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
