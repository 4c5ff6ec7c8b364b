"""The only writer of quality findings: gathers what the checks read, and stores what they find."""

import numpy as np
import pandas as pd
from django.db import connection
from django.utils import timezone

from indicators import frames
from indicators.calculation import quality
from indicators.calculation.vocabulary import About, Direction, TargetKind
from indicators.frames import Scope
from indicators.models import QualityFinding

COLUMNS = {
    "series_id": "bigint",
    "plan_indicator_id": "bigint",
    "year": "integer",
    "code": "text",
    "severity": "text",
    "sentence": "text",
    "evidence": "jsonb",
    "found_at": "timestamp",
}
LEVELS = ", ".join(f"'{kind}'" for kind in (TargetKind.AT_LEAST, TargetKind.AT_MOST, TargetKind.RANGE))


def refresh(scope: Scope) -> set[int]:
    """Check the series again and store what changed, in the caller's transaction; what is found again keeps its day.

    Returns the series with other findings than before.
    """
    found = {_key(finding): finding for finding in quality.find(evidence(scope))}
    rows = frames.query(
        "SELECT id, series_id, plan_indicator_id, year, code, sentence FROM indicators_qualityfinding"
        f" WHERE {scope.on('series_id')}",
        scope.params,
    )
    standing = {tuple(key): pk for pk, *key in rows}
    gone = {key: pk for key, pk in standing.items() if key not in found}
    new = [finding for key, finding in found.items() if key not in standing]
    ids = list(gone.values())
    for start in range(0, len(ids), 5000):
        QualityFinding.objects.filter(pk__in=ids[start : start + 5000]).delete()
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    rows = [
        (one.series, one.plan_indicator, one.year, one.check.value, one.severity.value, one.sentence, one.evidence, now)
        for one in new
    ]
    frames.stage(pd.DataFrame(rows, columns=list(COLUMNS), dtype=object), "indicators_qualityfinding", COLUMNS)
    return {one.series for one in new} | {series for series, *_ in gone}


def _key(finding: quality.Finding) -> tuple:
    return finding.series, finding.plan_indicator, finding.year, finding.check.value, finding.sentence


def evidence(scope: Scope) -> quality.Evidence:
    """What the checks of these series read; their parents' and children's figures too."""
    series = _series(scope)
    related = frames.numbers(
        {
            "series": ("s.id", "int"),
            "other": ("o.id", "int"),
            "is_parent": ("CASE WHEN o.region_id = r.parent_id THEN 1 ELSE 0 END", "int"),
        },
        "indicators_series s JOIN regions_region r ON r.id = s.region_id"
        " JOIN regions_region n ON n.id = r.parent_id OR n.parent_id = r.id"
        f" JOIN indicators_series o ON o.region_id = n.id AND o.indicator_id = s.indicator_id WHERE {scope.on('s.id')}",
        scope.params,
    )
    parents = related[related["is_parent"] == 1].set_index("series")["other"]
    series["parent"] = parents.reindex(series["series"]).fillna(-1).astype(np.int64).to_numpy()
    children = related[related["is_parent"] == 0].rename(columns={"other": "child"})[["series", "child"]]
    everyone = Scope.of([int(one) for one in np.union1d(series["series"], related["other"])])
    return quality.Evidence(
        series=series,
        recorded=_figures("year", "value", "indicators_actual", everyone),
        baselines=_figures("baseline_year", "baseline_value", "indicators_planindicator", everyone),
        children=children,
        targets=_targets(scope),
        statements=_statements(scope),
        stated=_stated(scope),
        tied=_tied(scope),
    )


def _series(scope: Scope) -> pd.DataFrame:
    columns = ["series", "region_name", "parent_name", "indicator_name", "unit", "measure", "direction"]
    rows = frames.query(
        f"""
        SELECT s.id, r.name, p.name, i.name, i.unit, i.measure, i.direction
        FROM indicators_series s JOIN regions_region r ON r.id = s.region_id
        LEFT JOIN regions_region p ON p.id = r.parent_id JOIN indicators_indicator i ON i.id = s.indicator_id
        WHERE {scope.on("s.id")}
        """,
        scope.params,
    )
    frame = pd.DataFrame(rows, columns=columns).astype({"series": np.int64})
    return frame.assign(sign=np.where(frame["direction"] == Direction.DECREASE.value, -1, 1))


def _figures(year: str, value: str, table: str, scope: Scope) -> pd.DataFrame:
    columns = {"series": ("series_id", "int"), "year": (year, "int"), "value": (value, "float")}
    return frames.numbers(columns, f"{table} WHERE {value} IS NOT NULL AND {scope.on('series_id')}", scope.params)


def _targets(scope: Scope) -> pd.DataFrame:
    """Targets that state a level, by year."""
    return frames.numbers(
        {
            "plan_indicator": ("p.id", "int"),
            "series": ("p.series_id", "int"),
            "year": ("t.year", "int"),
            # The end that is required: of a range, the lower where more is better, the upper where less is.
            "value": (
                f"CASE WHEN i.direction = '{Direction.DECREASE}'"
                " THEN COALESCE(t.upper, t.lower) ELSE COALESCE(t.lower, t.upper) END",
                "float",
            ),
        },
        "indicators_target t JOIN indicators_planindicator p ON p.id = t.plan_indicator_id"
        " JOIN indicators_series s ON s.id = p.series_id JOIN indicators_indicator i ON i.id = s.indicator_id"
        f" WHERE t.kind IN ({LEVELS}) AND {scope.on('p.series_id')} ORDER BY p.id, t.year",
        scope.params,
    )


def _statements(scope: Scope) -> pd.DataFrame:
    columns = ["series", "year", "about", "since_year", "value", "unit", "printed", "plan", "place"]
    rows = frames.query(
        f"""
        SELECT series_id, year, about, since_year, value, unit, printed, COALESCE(plan_id, -1),
            CASE WHEN locator = '' THEN source ELSE locator END
        FROM indicators_statement WHERE value IS NOT NULL AND {scope.on("series_id")} ORDER BY id
        """,
        scope.params,
    )
    return pd.DataFrame(rows, columns=columns).astype({"value": np.float64})


def _stated(scope: Scope) -> pd.DataFrame:
    """Baselines and targets as the plans state them, to hold statements against."""
    columns = {"plan": ("p.plan_id", "int"), "series": ("p.series_id", "int")}
    baselines = frames.numbers(
        {**columns, "year": ("p.baseline_year", "int"), "lower": ("p.baseline_value", "float"), "upper": ("NULL", "float")},
        f"indicators_planindicator p WHERE p.baseline_value IS NOT NULL AND {scope.on('p.series_id')}",
        scope.params,
    )
    targets = frames.numbers(
        {**columns, "year": ("t.year", "int"), "lower": ("t.lower", "float"), "upper": ("t.upper", "float")},
        "indicators_target t JOIN indicators_planindicator p ON p.id = t.plan_indicator_id"
        f" WHERE t.kind IN ({LEVELS}) AND {scope.on('p.series_id')}",
        scope.params,
    )
    about = [About.BASELINE.value] * len(baselines) + [About.TARGET.value] * len(targets)
    return pd.concat([baselines, targets], ignore_index=True).assign(about=about)


def _tied(scope: Scope) -> pd.DataFrame:
    """Plan indicators of a subject that a plan counts otherwise."""
    rows = frames.query(
        f"""
        SELECT p.series_id, r.name, p.name, q.name, o.name
        FROM indicators_planindicator p JOIN indicators_series s ON s.id = p.series_id
        JOIN regions_region r ON r.id = s.region_id JOIN indicators_indicator i ON i.id = s.indicator_id
        JOIN indicators_indicator j ON j.id = i.same_subject_id OR j.same_subject_id = i.id
        JOIN indicators_series t ON t.indicator_id = j.id
        JOIN indicators_planindicator o ON o.series_id = t.id JOIN regions_region q ON q.id = t.region_id
        WHERE {scope.on("p.series_id")} ORDER BY p.series_id, q.code, o.id
        """,
        scope.params,
    )
    return pd.DataFrame(rows, columns=["series", "region_name", "name", "other_region", "other_name"])
