"""Database to database as Django suggests it: values_list, the project's calculation, bulk_create of 5,000 at a time."""

import json
import time

import django

django.setup()

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from indicators.calculation import assessment  # noqa: E402
from indicators.models import Actual, PlanIndicator, Progress, Target  # noqa: E402

PLAN_INDICATORS = {
    "plan_indicator": "pk",
    "region_id": "series__region_id",
    "indicator_id": "series__indicator_id",
    "series": "series_id",
    "measure": "series__indicator__measure",
    "direction": "series__indicator__direction",
    "first_year": "plan__first_year",
    "last_year": "plan__last_year",
    "baseline_year": "baseline_year",
    "baseline_value": "baseline_value",
}
TARGETS = {"plan_indicator": "plan_indicator_id", "year": "year", "kind": "kind", "lower": "lower", "upper": "upper"}
ACTUALS = {"series": "series_id", "year": "year", "value": "value", "not_applicable": "not_applicable"}


def read(model, columns, numbers):
    frame = pd.DataFrame(list(model.objects.values_list(*columns.values())), columns=list(columns))
    return frame.astype(dict.fromkeys(numbers, np.float64))


@transaction.atomic
def main():
    Progress.objects.all()._raw_delete(using="default")
    plan_indicators = read(PlanIndicator, PLAN_INDICATORS, ["baseline_year", "baseline_value"])
    frame = assessment.assess(
        plan_indicators,
        read(Target, TARGETS, ["lower", "upper"]).assign(reference_series=-1),
        read(Actual, ACTUALS, ["value"]),
        this_year=timezone.localdate().year,
    )
    now = timezone.now()
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in (*assessment.FIGURES, "met")}
    columns |= {"plan_indicator_id": frame["plan_indicator"], "year": frame["year"], "status": frame["status"]}
    places = plan_indicators.set_index("plan_indicator").loc[frame["plan_indicator"]]
    columns |= {name: places[name].tolist() for name in ("region_id", "indicator_id")}
    columns["reason_letters"] = [letters.decode() for letters in frame["reasons"]]
    rows = zip(*(list(column) for column in columns.values()), strict=True)
    Progress.objects.bulk_create(
        [Progress(**dict(zip(columns, row, strict=True)), computed_at=now) for row in rows], batch_size=5000
    )
    return len(frame)


if __name__ == "__main__":
    start = time.perf_counter()
    count = main()
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": count}))
