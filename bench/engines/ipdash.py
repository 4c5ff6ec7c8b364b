"""The project's own calculation; --everything computes all figures with their reasons and statuses."""

import sys

import pandas as pd

from bench.engines.clock import FIGURES, timed
from indicators.calculation import assessment


def work(source, to):
    inputs = [pd.read_parquet(source / f"{name}.parquet") for name in ("plan_indicators", "targets", "actuals")]
    if "--everything" in sys.argv:
        frame = assessment.assess(*inputs, this_year=2026)
        # Arrow has no bytes of one length: as text, which is what is stored.
        frame["reasons"] = frame["reasons"].to_numpy().astype("U")
    else:
        frame = assessment.figures_only(*inputs, only=FIGURES)
    # What engines find by themselves, pyarrow must be told: numbers that hardly repeat are not worth a dictionary.
    frame.to_parquet(to, index=False, compression="snappy", use_dictionary=["plan_indicator", "year"])


if __name__ == "__main__":
    timed(work)
