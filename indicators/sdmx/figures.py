"""From the database to series of observations, a batch of plan indicators (or of series) at a time."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q

from indicators import progress
from indicators.calculation import assessment, numbers
from indicators.calculation.vocabulary import GROWTHS, Reason, Status
from indicators.models import Actual, PlanIndicator, Progress, Target
from indicators.models import Series as StoredSeries
from indicators.sdmx import flows
from indicators.sdmx.asked import DATA_ONLY, TOO_LARGE, Data, Fault
from indicators.sdmx.flows import CANNOT_EXIST, FREQUENCY, MEASURES, NORMAL, NOT_REPORTED, PROVISIONAL, UNSPECIFIED, Measure
from indicators.sdmx.messages import Observation, Series

# Plan indicators read in one go: some thousand rows of progress.
BATCH = 500
# There are few different ones among millions of rows.
_reasons = lru_cache(maxsize=4096)(assessment.reasons)
_FILTERS = {"INDICATOR": "series__indicator__code__in", "REF_AREA": "series__region__code__in", "PLAN_DOC": "plan__slug__in"}


def series(asked: Data, *, limit: int) -> Iterator[Series]:
    """The series that are asked for, each with its observations by year; a Fault where there would be more than `limit`."""
    if FREQUENCY not in asked.codes.get("FREQ", {FREQUENCY}):
        return
    found = _of_plans(asked, limit) if asked.flow is flows.PLAN else _of_actuals(asked, limit)
    for one in found:
        observations = one.observations
        if asked.detail == DATA_ONLY:  # what is missing is explained by attributes, which are not wanted
            observations = [observation for observation in observations if observation.value]
        observations = _ends(sorted(observations, key=lambda one: one.period), asked.first_n, asked.last_n)
        if observations:
            yield one._replace(observations=observations)


def _ends(observations: list[Observation], first: int, last: int) -> list[Observation]:
    if not (first or last) or len(observations) <= first + last:
        return observations
    return observations[:first] + (observations[-last:] if last else [])


def _too_large(limit: int) -> Fault:
    return Fault(
        TOO_LARGE,
        f"结果超过 {limit} 个观测值，请在键中限定地区、指标或数值种类，或用 startPeriod、endPeriod 缩小年份；"
        "需要全部数据请下载 /api/v1/package/。",
        f"More than {limit} observations: narrow the key or the period, or download /api/v1/package/ for everything.",
    )


def _filter(asked: Data, prefix: str = "") -> dict[str, Any]:
    return {_FILTERS[name].removeprefix(prefix): list(codes) for name, codes in asked.codes.items() if name in _FILTERS}


# PLAN


def _of_plans(asked: Data, limit: int) -> Iterator[Series]:
    measures = [measure for measure in MEASURES if measure.code in asked.codes.get("MEASURE", {measure.code})]
    plan_indicators = PlanIndicator.objects.filter(**_filter(asked))
    if not measures:
        return
    if _expected(plan_indicators, asked, len(measures)) > limit:
        raise _too_large(limit)
    # All ids at once, eight bytes each: the batches then need neither an order nor the filter's tables.
    ids = array("q", plan_indicators.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000))
    for start in range(0, len(ids), BATCH):
        yield from _batch_of_plans(ids[start : start + BATCH].tolist(), measures, asked)


def _expected(plan_indicators, asked: Data, measures: int) -> int:
    """An upper bound of the observations, from the plans' years alone."""
    periods = plan_indicators.order_by().values_list("plan__first_year", "plan__last_year").annotate(count=Count("pk"))
    years = sum(
        count * max(min(last, asked.last_year) - max(first - 1, asked.first_year) + 1, 0) for first, last, count in periods
    )
    return years * measures


def _batch_of_plans(ids: list[int], measures: list[Measure], asked: Data) -> Iterator[Series]:
    codes = {measure.code for measure in measures}
    rows = list(
        PlanIndicator.objects.filter(pk__in=ids).order_by("pk").values_list(
            "pk", "series_id", "name", "baseline_year", "baseline_value", "baseline_locator",
            "series__region__code", "series__indicator__code", "series__indicator__unit", "series__indicator__decimals",
            "plan__slug",
        )
    )  # fmt: skip
    found: dict[int, dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    series_ids = list({row[1] for row in rows})
    if any(measure.figure for measure in measures):
        _add_progress(found, rows, series_ids, measures, asked)
    if codes & {"TARGET_LOWER", "TARGET_UPPER", "TARGET_GROWTH"}:
        _add_targets(found, ids, codes, asked)
    if "BASELINE" in codes:
        for pk, _, _, year, value, locator, *_ in rows:
            if year is not None and asked.first_year <= year <= asked.last_year:
                found[pk]["BASELINE"].append(Observation(year, _plain(value), {"OBS_STATUS": NORMAL, "LOCATOR": locator}))
    actuals = _actuals(series_ids, asked) if "ACTUAL" in codes else {}
    for pk, series_id, name, _, _, _, region, indicator, unit, decimals, plan in rows:
        mine = found.get(pk, {})
        for measure in measures:
            observations = actuals.get(series_id) if measure.code == "ACTUAL" else mine.get(measure.code)
            if observations:
                yield Series(
                    (FREQUENCY, indicator, region, measure.code, plan),
                    {**_counted_in(measure.unit, unit, decimals), "TITLE": name},
                    observations,
                )


def _counted_in(measure: str, unit: str, decimals: int) -> dict[str, str]:
    code, multiplier = flows.unit_of(measure, unit)
    counted = {"UNIT_MEASURE": code, "UNIT_MULT": multiplier}
    return counted | {"DECIMALS": str(decimals)} if measure in (flows.OWN, flows.DIFFERENCE) else counted


def _add_progress(found, rows, series_ids, measures: list[Measure], asked: Data) -> None:
    stale = progress.is_stale(series_ids)
    provisional = {pk for pk, series_id, *_ in rows if series_id in stale}
    figures = [measure for measure in measures if measure.figure]
    stored = Progress.objects.filter(
        plan_indicator__in=[row[0] for row in rows], year__gte=asked.first_year, year__lte=asked.last_year
    ).values_list("plan_indicator_id", "year", "status", "reason_letters", *(measure.figure for measure in figures))
    for pk, year, status, letters, *values in stored:
        reasons = _reasons(letters)
        mine = found[pk]
        for measure, value in zip(figures, values, strict=True):
            if value is None:
                reason = reasons.get(measure.figure, "")
                attributes = {"OBS_STATUS": _missing(reason, status), "REASON": reason}
            else:
                attributes = {"OBS_STATUS": PROVISIONAL if pk in provisional else NORMAL}
                # Sums with holes have both a value and a reason.
                if measure.figure in reasons:
                    attributes["REASON"] = reasons[measure.figure]
            if measure.code == "TRACKED":
                attributes["PROGRESS_STATUS"] = status
            mine[measure.code].append(Observation(year, _number(value), attributes))


def _missing(reason: str, status: str) -> str:
    if reason != Reason.NO_ACTUAL:
        return CANNOT_EXIST
    return UNSPECIFIED if status == Status.NOT_DUE else NOT_REPORTED


def _add_targets(found, ids, codes, asked: Data) -> None:
    targets = Target.objects.filter(plan_indicator__in=ids, year__gte=asked.first_year, year__lte=asked.last_year)
    for pk, year, kind, lower, upper, region, locator in targets.values_list(
        "plan_indicator_id", "year", "kind", "lower", "upper", "reference_region__code", "locator"
    ):
        compared = f"对照地区 {region}" if region else ""
        attributes = {"OBS_STATUS": NORMAL, "COMMENT_OBS": compared, "TARGET_KIND": kind, "LOCATOR": locator}
        bounds = {"TARGET_GROWTH": lower} if kind in GROWTHS else {"TARGET_LOWER": lower, "TARGET_UPPER": upper}
        stated: dict[str, Decimal | None] = {code: bound for code, bound in bounds.items() if bound is not None}
        if not stated:  # a goal without a number: what it asks is its kind
            stated = {"TARGET_LOWER": None}
            attributes["OBS_STATUS"] = CANNOT_EXIST
        for code, bound in stated.items():
            if code in codes:
                found[pk][code].append(Observation(year, _plain(bound), attributes))


# ACTUAL


def _of_actuals(asked: Data, limit: int) -> Iterator[Series]:
    prefix = "series__"
    years = Q(year__gte=asked.first_year, year__lte=asked.last_year)
    counted = Actual.objects.filter(years, **_filter(asked)).order_by()
    if counted[: limit + 1].count() > limit:
        raise _too_large(limit)
    stored = StoredSeries.objects.filter(**_filter(asked, prefix)).order_by("pk")
    ids = array("q", stored.values_list("pk", flat=True).iterator(chunk_size=10_000))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH].tolist()
        actuals = _actuals(batch, asked)
        rows = StoredSeries.objects.filter(pk__in=[one for one in batch if one in actuals]).order_by("pk")
        for pk, region, indicator, unit, decimals in rows.values_list(
            "pk", "region__code", "indicator__code", "indicator__unit", "indicator__decimals"
        ):
            yield Series((FREQUENCY, indicator, region), _counted_in(flows.OWN, unit, decimals), actuals[pk])


def _actuals(series_ids: list[int], asked: Data) -> dict[int, list[Observation]]:
    """Approved figures by series; 不适用 is an observation without a value that says so."""
    found: dict[int, list[Observation]] = defaultdict(list)
    stored = Actual.objects.filter(series__in=series_ids, year__gte=asked.first_year, year__lte=asked.last_year)
    for series_id, year, value, source, address, note in stored.values_list(
        "series_id", "year", "value", "source", "source_url", "note"
    ):
        attributes = {
            "OBS_STATUS": CANNOT_EXIST if value is None else NORMAL,
            "SOURCE": source,
            "SOURCE_URL": address,
            "COMMENT_OBS": note,
        }
        found[series_id].append(Observation(year, _plain(value), attributes))
    return found


# Numbers as text


def _plain(value: Decimal | None) -> str:
    return "" if value is None else numbers.plain(value)


def _number(value: float | bool | None) -> str:
    """The shortest text that gives the same number again."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(value).removesuffix(".0")
