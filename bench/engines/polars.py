"""The eleven figures in polars, one lazy query."""

import polars as pl

from bench.engines.clock import FIGURES, timed

KEYS = ["plan_indicator", "year"]


def figures(plans: pl.LazyFrame, targets: pl.LazyFrame, actuals: pl.LazyFrame) -> pl.LazyFrame:
    """A row per plan indicator and year of its plan after the baseline, in that order."""
    a, b, required, final, sign = (pl.col(name) for name in ("a", "b", "required", "final", "sign"))
    plans = plans.select(
        "plan_indicator",
        "series",
        pl.col("first_year").cast(pl.Int64),
        pl.col("last_year").cast(pl.Int64),
        "baseline_year",
        pl.col("baseline_value").alias("b"),
        pl.when(pl.col("direction") == "decrease").then(-1.0).otherwise(1.0).alias("sign"),
    )
    targets = targets.join(plans.select("plan_indicator", "sign"), on="plan_indicator").select(
        *KEYS,
        pl.when((pl.col("kind") == "at_most") | ((pl.col("kind") == "range") & (sign < 0)))
        .then("upper")
        .otherwise("lower")
        .alias("required"),
    )
    since = plans.select(pl.col("first_year").min() - 1).collect().item()
    recorded = actuals.filter(pl.col("year") >= since).select("series", "year", pl.col("value").alias("a"))
    before = recorded.select("series", pl.col("year") + 1, pl.col("a").alias("before"))
    return (
        plans.with_columns(pl.int_ranges("first_year", pl.col("last_year") + 1).alias("year"))
        .explode("year")
        .filter(pl.col("baseline_year").is_null() | (pl.col("year") > pl.col("baseline_year")))
        .join(targets, on=KEYS, how="left")
        .join(targets.rename({"year": "last_year", "required": "final"}), on=["plan_indicator", "last_year"], how="left")
        .join(recorded, on=["series", "year"], how="left")
        .join(before, on=["series", "year"], how="left")
        .with_columns(
            pl.when(pl.col("before").is_null() & (pl.col("baseline_year") == pl.col("year") - 1))
            .then(b)
            .otherwise("before")
            .alias("before"),
            pl.when((b > 0) & (a >= 0)).then((a / b).pow(1 / (pl.col("year") - pl.col("baseline_year"))) - 1).alias("cagr"),
            pl.when((b > 0) & (final > 0))
            .then((final / b).pow(1 / (pl.col("last_year") - pl.col("baseline_year"))) - 1)
            .alias("planned_cagr"),
        )
        .with_columns(
            a.alias("actual"),
            (sign * (required - a)).alias("gap"),
            (sign * (final - a)).alias("gap_final"),
            pl.when((a < 0) | (required < 0))
            .then(None)
            .when((sign > 0) & (required > 0))
            .then(a / required)
            .when((sign < 0) & (a > 0))
            .then(required / a)
            .alias("attainment"),
            pl.when(sign * (final - b) > 0).then((a - b) / (final - b)).alias("completion"),
            pl.when(pl.col("before") > 0).then(a / pl.col("before") - 1).alias("yoy"),
            pl.when((pl.col("year") < pl.col("last_year")) & (sign * (final - a) > 0) & (a > 0) & (final > 0))
            .then((final / a).pow(1 / (pl.col("last_year") - pl.col("year"))) - 1)
            .alias("required_cagr"),
            pl.when(pl.col("planned_cagr") != 0)
            .then(sign * pl.col("cagr") / pl.col("planned_cagr").abs())
            .alias("trend_ratio"),
        )
        .select(*KEYS, *FIGURES)
        .sort(KEYS)
    )


def work(source, to):
    inputs = [pl.scan_parquet(source / f"{name}.parquet") for name in ("plan_indicators", "targets", "actuals")]
    figures(*inputs).sink_parquet(to, compression="snappy")


if __name__ == "__main__":
    timed(work)
