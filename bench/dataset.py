"""Invented plan data at three scales, the same at every run: the project's own files, and the calculation's inputs."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

# How many regions at each level (country, province, prefecture, county), and how many indicators.
SCALES = {"small": ((1, 1, 1, 1), 40), "province": ((1, 1, 12, 106), 60), "nation": ((1, 31, 333, 2635), 120)}
LEVELS = ("country", "province", "prefecture", "county")
SEED = 20260101
PLAN = "bench"
BASELINE_YEAR = 2020
RECORDED = np.arange(2011, 2026)
TARGETED = np.arange(2021, 2026)

_NO_ROW, _BLANK = 0.06, 0.02  # of the actuals: no row at all, and a row with "-"
_ZERO_BASELINE = 0.01
_CROSSES_ZERO = 20  # one indicator in so many
_KINDS = ("at_least", "at_most", "range")


def files(folder: Path, scale: str) -> Path:
    """The folder with regions.csv, plan.csv and actuals.csv; made when it is not there yet."""
    return _once(
        folder / scale / "files",
        lambda to: [frame.to_csv(to / f"{name}.csv", index=False) for name, frame in _files(*_drawn(scale)).items()],
    )


def inputs(folder: Path, scale: str) -> Path:
    """The folder with plan_indicators, targets and actuals as .parquet, as the calculation takes them."""
    return _once(
        folder / scale / "inputs",
        lambda to: [
            frame.to_parquet(to / f"{name}.parquet", index=False, compression="snappy")
            for name, frame in _inputs(*_drawn(scale)).items()
        ],
    )


def _once(folder, make):
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        make(unfinished)
        unfinished.rename(folder)
    return folder


def _drawn(scale):
    """The regions, the indicators, and the numbers of each region and indicator: [regions, indicators, years]."""
    counts, size = SCALES[scale]
    random = np.random.default_rng([SEED, size])
    regions = _regions(counts)
    indicators = _indicators(size, random)
    shape = (len(regions), size)
    is_fall = (indicators["direction"] == "decrease").to_numpy()
    start = np.exp(random.normal(4.5, 1.0, shape))
    rate = random.normal(np.where(is_fall, -0.035, 0.045), 0.02, shape)
    values = start[..., None] * (1 + rate[..., None]) ** (RECORDED - BASELINE_YEAR)
    values *= 1 + random.normal(0, 0.025, values.shape)
    swings = indicators["crosses_zero"].to_numpy()
    values[:, swings] = random.normal(0, 25, (len(regions), swings.sum(), 1)) + random.normal(
        0, 8, (len(regions), swings.sum(), RECORDED.size)
    )
    at = int(np.searchsorted(RECORDED, BASELINE_YEAR))
    values[..., at][random.random(shape) < _ZERO_BASELINE] = 0.0
    values = np.round(values, 4)

    # Each year asks for an equal step, larger or smaller from place to place; of what is 0, as if it were 1.
    baseline = values[..., at]
    kind = indicators["kind"].to_numpy()
    share = np.select([kind == "at_least", kind == "at_most"], [0.05, -0.04], 0.02)
    step = np.where(baseline == 0, 1.0, np.abs(baseline)) * share * random.uniform(0.5, 1.5, shape)
    point = baseline[..., None] + step[..., None] * (TARGETED - BASELINE_YEAR)
    half = np.where(kind == "range", 1.0, 0.0)[:, None] * (0.5 + 0.08 * np.abs(point))
    lower = np.where(kind[:, None] == "at_most", np.nan, np.round(point - half, 4))
    upper = np.where(kind[:, None] == "at_least", np.nan, np.round(point + half, 4))
    return regions, indicators, values, baseline, lower, upper, random.random(values.shape)


def _regions(counts):
    """The tree, upper levels first, each region's children spread evenly; codes of two digits a level."""
    rows, above = [("100000", "全国", LEVELS[0], "")], ["10"]
    for depth, count in enumerate(counts[1:], start=1):
        here, born = [], dict.fromkeys(above, 0)
        for number in range(count):
            parent = above[number * len(above) // count]
            born[parent] += 1
            code = f"{10 + born[parent]:02d}" if depth == 1 else f"{parent}{born[parent]:02d}"
            rows.append((code.ljust(6, "0"), f"地区{code}", LEVELS[depth], parent.ljust(6, "0")))
            here.append(code)
        above = here
    return pd.DataFrame(rows, columns=["code", "name", "level", "parent"])


def _indicators(size, random):
    numbers = np.arange(1, size + 1)
    kind = np.array(_KINDS)[random.choice(3, size, p=[0.6, 0.25, 0.15])]
    kind[:3] = _KINDS  # each at least once, at every scale
    crosses_zero = numbers % _CROSSES_ZERO == 0
    unit = np.where(crosses_zero, "指数", random.choice(["%", "万元", "指数"], size))
    return pd.DataFrame(
        {
            "number": numbers,
            "code": [f"bench-{number:03d}" for number in numbers],
            "name": [f"指标{number:03d}" for number in numbers],
            "unit": unit,
            "measure": np.where(unit == "%", "ratio", "stock"),
            "direction": np.where(kind == "at_most", "decrease", "increase"),
            "kind": kind,
            "crosses_zero": crosses_zero,
        }
    )


def _each(values, times, of):
    """A column of the indicators' words, each `times` over, again for every region."""
    return pd.Categorical.from_codes(
        np.tile(np.repeat(pd.factorize(values)[0], times), of), categories=pd.Index(pd.factorize(values)[1])
    )


def _files(regions, indicators, values, baseline, lower, upper, draw):
    places, count = len(regions), len(indicators)

    def keys(years):
        return {
            "region": np.repeat(regions["code"].to_numpy(), count * years.size),
            "indicator": _each(indicators["code"], years.size, places),
        }

    plan = pd.DataFrame({"plan": PLAN, **keys(TARGETED)})
    for name in ("number", "name", "unit", "measure", "direction", "kind"):
        plan[name] = _each(indicators[name], TARGETED.size, places)
    plan["baseline_year"] = BASELINE_YEAR
    plan["baseline_value"] = np.repeat(baseline.ravel(), TARGETED.size)
    plan["year"] = np.tile(TARGETED, places * count)
    plan["lower"], plan["upper"] = lower.ravel(), upper.ravel()

    actuals = pd.DataFrame(keys(RECORDED))
    actuals["year"] = np.tile(RECORDED, places * count)
    actuals["value"] = values.ravel()
    actuals["unit"] = _each(indicators["unit"], RECORDED.size, places)
    actuals["source"] = "基准测试"
    chance = draw.ravel()
    actuals["value"] = actuals["value"].where(chance >= _NO_ROW + _BLANK).astype(object).fillna("-")
    return {"regions": regions, "plan": plan, "actuals": actuals[chance >= _NO_ROW]}


def _inputs(regions, indicators, values, baseline, lower, upper, draw):
    places, size = len(regions), baseline.size
    identity = np.arange(1, size + 1)
    plan_indicators = pd.DataFrame(
        {
            "plan_indicator": identity,
            "series": identity,
            "measure": _each(indicators["measure"], 1, places),
            "direction": _each(indicators["direction"], 1, places),
            "first_year": TARGETED[0],
            "last_year": TARGETED[-1],
            "baseline_year": float(BASELINE_YEAR),
            "baseline_value": baseline.ravel(),
        }
    )
    targets = pd.DataFrame(
        {
            "plan_indicator": np.repeat(identity, TARGETED.size),
            "year": np.tile(TARGETED, size),
            "kind": _each(indicators["kind"], TARGETED.size, places),
            "lower": lower.ravel(),
            "upper": upper.ravel(),
            "reference_series": -1,
        }
    )
    is_recorded = draw.ravel() >= _NO_ROW + _BLANK
    actuals = pd.DataFrame(
        {
            "series": np.repeat(identity, RECORDED.size)[is_recorded],
            "year": np.tile(RECORDED, size)[is_recorded],
            "value": values.ravel()[is_recorded],
            "not_applicable": False,
        }
    )
    return {"plan_indicators": plan_indicators, "targets": targets, "actuals": actuals}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scale", choices=SCALES)
    parser.add_argument("form", choices=["files", "inputs"])
    options = parser.parse_args()
    print({"files": files, "inputs": inputs}[options.form](options.folder, options.scale))
