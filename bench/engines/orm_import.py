"""The same rows by bulk_create of 5,000, nothing checked: what most projects would write."""

import csv
import sys
from itertools import islice
from pathlib import Path

import django
from django.db import transaction

BATCH = 5000


def main(rows: str) -> None:
    django.setup()
    from indicators.models import Actual, Change, Revision, StaleMark

    with transaction.atomic():
        for model in (Actual, Revision, StaleMark, Change):
            with (Path(rows) / f"{model._meta.db_table}.csv").open(newline="") as file:
                nullable = {field.attname for field in model._meta.fields if field.null}
                made = (model(**_fields(row, nullable)) for row in csv.DictReader(file))
                while batch := list(islice(made, BATCH)):
                    model.objects.bulk_create(batch)


def _fields(row, nullable):
    truth = {"t": True, "f": False}
    return {name: None if text == "" and name in nullable else truth.get(text, text) for name, text in row.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
