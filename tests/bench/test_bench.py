"""Benchmarks run and their contenders agree with the project; how fast is not asked here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import dataset, turns

BASE_DIR = Path(__file__).resolve().parents[2]


def bench(*arguments, folder, **environment):
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=BASE_DIR,
        env=os.environ | {"BENCH_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_contenders_compute_the_same_figures(tmp_path):
    if missing := turns.lacks("polars", "duckdb", "pyarrow"):
        pytest.skip(f"not installed: {', '.join(missing)}")
    run = bench("calculate", "--scale", "small", "--turns", "1", folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["against"] for line in lines] == ["duckdb, the same", "polars, the same"]
    for line in lines:
        assert (line["name"], line["scale"], line["turns"], line["passed"]) == ("calculate", "small", 1, None)
        assert line["worst"]["min"] <= line["worst"]["median"] <= line["worst"]["max"]


def test_unequal_results_are_not_timed(tmp_path):
    if missing := turns.lacks("pyarrow"):
        pytest.skip(f"not installed: {', '.join(missing)}")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"plan_indicator": [1, 1], "year": [2021, 2022], "gap": [1.0, None]})
    frame.to_parquet(tmp_path / "ours.parquet")
    for name, gap, is_equal in [("near", [1 + 1e-12, None], True), ("off", [1.001, None], False), ("full", [1.0, 0.0], False)]:
        frame.assign(gap=gap).to_parquet(tmp_path / f"{name}.parquet")
        paths = [str(tmp_path / "ours.parquet"), str(tmp_path / f"{name}.parquet")]
        run = subprocess.run([sys.executable, "-m", "bench.equal", *paths], cwd=BASE_DIR, capture_output=True, text=True)
        assert (run.returncode == 0) is is_equal, name
        assert is_equal or "gap" in run.stderr


def test_unknown_names_are_refused(tmp_path):
    run = bench("nothing", folder=tmp_path)
    assert run.returncode == 2
    assert "calculate" in run.stderr


def test_the_data_is_the_same_at_every_run(tmp_path):
    first, second = (dataset.files(tmp_path / name, "small") for name in ("first", "second"))
    for name in ("regions", "plan", "actuals"):
        content = (first / f"{name}.csv").read_text()
        assert content == (second / f"{name}.csv").read_text()
        header = content.partition("\n")[0]
        assert header.startswith({"regions": "code,name", "plan": "plan,region", "actuals": "region,indicator"}[name])


@pytest.mark.postgres
@pytest.mark.browser
def test_pages_are_checked_and_measured(tmp_path, postgres_url):
    lines = measured("pages", tmp_path, postgres_url)
    assert [line["against"].partition(" ")[0] for line in lines] == ["a", "a", "a", "the", "450"]
    kept, changed, anew, plotly, weights = lines
    assert {"overview", "region", "indicator", "plan indicator", "search", "quality"} <= set(kept["ratio"])
    assert set(kept["ratio"]) == set(changed["ratio"]) == set(anew["ratio"])
    assert (changed["pass_line"], anew["pass_line"]) == (1, None)
    assert set(plotly["ratio"]) == {"plan indicator", "indicator"}
    requests = {cell: each["median"] for cell, each in weights["ratio"].items() if "requests" in cell}
    assert len(requests) == 4
    assert max(requests.values()) <= 1  # how many there are does not depend on the machine
    assert max(each["median"] for each in weights["ratio"].values()) <= 1  # nor what they weigh


@pytest.mark.postgres
def test_flat_compares_the_same_pages(tmp_path, postgres_url):
    for line in measured("flat", tmp_path, postgres_url):
        assert line["against"] == "p50 at small"
        assert {"overview", "plan", "plans", "compare"} <= set(line["ratio"])


def measured(name, folder, url):
    """The lines of a benchmark at the smallest scale, on a server that tests may make databases on."""
    run = bench(name, "--scale", "small", "--turns", "1", folder=folder, BENCH_DATABASE_URL=url)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert {(line["name"], line["scale"], line["turns"], line["passed"]) for line in lines} == {(name, "small", 1, None)}
    return lines
