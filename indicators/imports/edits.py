"""One plan indicator as a page states it, read by the same rules as a plan file."""

import pandas as pd
from django.db import transaction

from indicators import frames, planning
from indicators.calculation.vocabulary import Through
from indicators.imports import plan as plan_file
from indicators.imports import sheets


@transaction.atomic
def save_plan_indicator(plan, region, indicator, rows, *, by, seen, **amendment):
    """Write a plan indicator from rows of text with the columns of a plan file, a row per target or one without a year.

    Raises Refused with the number of the row (from 1) and its column; see planning.editing for `seen` and `amendment`.
    """
    shared = {
        "plan": plan.slug,
        "region": region.code,
        "indicator": indicator.code,
        "measure": indicator.measure,
        "direction": indicator.direction,
        "dimension": indicator.dimension,
    }
    names = [column.name for column in frames.PLAN]
    lines = pd.Index(range(1, len(rows) + 1), name="line")
    frame = pd.DataFrame([{**dict.fromkeys(names, ""), **row, **shared} for row in rows], index=lines, dtype=object)
    sheet = sheets.Sheet(frame[names], dict(zip(names, range(len(names)), strict=True)), 0)
    with planning.editing(plan, region, indicator, by=by, seen=seen, **amendment):
        return plan_file.put([sheet], by=by, through=Through.FORM, keeps_order=True)
