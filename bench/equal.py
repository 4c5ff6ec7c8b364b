"""Whether two files hold the same figures, to 1e-9 of the larger, and are empty in the same places; says where not."""

import sys

import numpy as np
import pandas as pd

TOLERANCE = 1e-9
KEYS = ["plan_indicator", "year"]


def differences(left: pd.DataFrame, right: pd.DataFrame) -> list[str]:
    """One line for each column that differs; none when the frames agree."""
    left, right = (frame.sort_values(KEYS, ignore_index=True) for frame in (left, right))
    if len(left) != len(right) or any((left[key] != right[key]).any() for key in KEYS):
        return [f"not the same rows: {len(left)} and {len(right)}"]
    if missing := set(left.columns) ^ set(right.columns):
        return [f"not the same columns: {', '.join(sorted(missing))}"]
    found = []
    for name in left.columns.drop(KEYS):
        ours, theirs = left[name].to_numpy(np.float64, na_value=np.nan), right[name].to_numpy(np.float64, na_value=np.nan)
        with np.errstate(invalid="ignore"):
            apart = ~(np.abs(ours - theirs) <= TOLERANCE * np.maximum(1, np.maximum(np.abs(ours), np.abs(theirs))))
        apart &= ~(np.isnan(ours) & np.isnan(theirs))
        if apart.any():
            row = int(np.flatnonzero(apart)[0])
            key = dict(left.loc[row, KEYS])
            found.append(f"{name}: {int(apart.sum())} rows differ, first {key}: {ours[row]!r} and {theirs[row]!r}")
    return found


if __name__ == "__main__":
    problems = differences(*(pd.read_parquet(path) for path in sys.argv[1:3]))
    sys.exit("\n".join(problems) or 0)
