"""Which plans set something for which regions, and how much: held in memory, because it changes a few times a year."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from indicators import frames
from indicators.models import Plan
from indicators.reports.catalogue import Catalogue, Place, catalogue
from indicators.reports.kept import held


class Share(NamedTuple):
    """What a plan sets for a region, which need not be the one that issued it."""

    plan: Plan
    region: Place
    plan_indicators: int
    in_table: int
    baselines: int


@dataclass(frozen=True)
class Planned:
    """Plans, regions and indicators by key; the last three as what a Standing says of them."""

    plans: Mapping[str, Plan]  # by slug
    of_region: Mapping[int, tuple[Share, ...]]  # the latest plan first
    of_plan: Mapping[int, tuple[Share, ...]]  # by the regions' codes
    below: Mapping[str, tuple[Place, ...]]  # the regions right below one, by its code
    about_plans: Mapping[int, Mapping[str, Any]]
    about_regions: Mapping[int, Mapping[str, Any]]
    about_indicators: Mapping[int, Mapping[str, Any]]


def planned(state: Mapping[str, Any]) -> Planned:
    """`state` is what progress.state_of_data() says."""
    return held(state, "planned", lambda: _read(catalogue(state)))


_INDICATOR = ("indicator", "indicator_name", "base", "decimals", "dimension", "measure", "direction")


def _read(known: Catalogue) -> Planned:
    plans = Plan.objects.select_related("region").in_bulk()
    counted = frames.query("SELECT plan_id, region_id, plan_indicators, in_table, baselines FROM indicators_plantally")
    # What is made between this reading and that of the catalogue is there with the next version of the structure.
    shares = [
        Share(plans[plan], known.region_of[region], *counts)
        for plan, region, *counts in counted
        if plan in plans and region in known.region_of
    ]
    indicators = frames.query("SELECT id, code, name, unit, decimals, dimension, measure, direction FROM indicators_indicator")
    return Planned(
        plans={plan.slug: plan for plan in plans.values()},
        of_region=_grouped((one.region.key, one) for one in sorted(shares, key=_latest_first)),
        of_plan=_grouped((one.plan.pk, one) for one in sorted(shares, key=lambda one: one.region.code)),
        below=_grouped((place.parent_code, place) for place in known.regions),
        about_plans={
            key: {"plan": one.slug, "plan_title": one.title, "first_year": one.first_year, "last_year": one.last_year}
            for key, one in plans.items()
        },
        about_regions={
            place.key: {"region": place.code, "region_name": place.name, "level": place.level} for place in known.regions
        },
        about_indicators={key: dict(zip(_INDICATOR, facts, strict=True)) for key, *facts in indicators},
    )


def _latest_first(one: Share) -> tuple[int, str]:
    return -one.plan.first_year, one.plan.slug


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, tuple]:
    found: dict[Any, list] = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return {key: tuple(several) for key, several in found.items()}
