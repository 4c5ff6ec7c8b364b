"""The data package: valid for those who read such packages, whole, the same bytes for the same data, large ones by a worker."""

import hashlib
import io
import json
import os
import zipfile
from datetime import timedelta
from decimal import Decimal

import frictionless
import pandas as pd
import pytest
from django.utils import timezone

from indicators import jobs, progress
from indicators.api import downloads
from indicators.calculation.vocabulary import JobKind, JobState, Subject
from indicators.models import Actual, DataVersion, Job, PlanIndicator, Progress, Target
from tests import factories

FILES = [
    *("regions.csv", "indicators.csv", "plans.csv", "plan-indicators.csv", "targets.csv", "actuals.csv", "interim.csv"),
    *("statements.csv", "progress.csv", "quality.csv", "metadata.json", "README.md", "datapackage.json"),
]


def fetch(client, query="", **headers):
    response = client.get(f"/api/v1/package/{query}", headers=headers)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def described(content):
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return json.loads(packed.read("datapackage.json"))


def table(content, name, **options):
    with zipfile.ZipFile(io.BytesIO(content)) as packed, packed.open(f"{name}.csv") as file:
        return pd.read_csv(file, **options)


def report(content, folder):
    path = folder / "package.zip"
    path.write_bytes(content)
    found = frictionless.validate(str(path), type="package")
    return [error for task in found.tasks for error in task.errors] + list(found.errors)


@pytest.fixture
def loaded(bundled):
    progress.rebuild()


@pytest.fixture
def figures(tree):
    """A plan indicator of Ordos with two figures, one of Tongliao without a plan."""
    tracked = factories.series(tree["150600"], unit="件")
    made = factories.plan_indicator(
        tracked, factories.plan(tree["150600"], document_number="某发〔2021〕1 号"), baseline_year=2020, baseline_value=30000,
        unit="万件",
    )  # fmt: skip
    factories.target(made, 2025, lower=50000)
    factories.actual(tracked, 2021, Decimal("31219"))
    factories.actual(tracked, 2022, None, not_applicable=True)
    factories.actual(factories.series(tree["150500"], code="patents"), 2021, 0, note="=1+1")
    progress.rebuild()
    return made


# What is in it


def test_everything_is_valid_for_frictionless_and_nothing_is_missing(client, loaded, tmp_path):
    content = fetch(client)
    assert report(content, tmp_path) == []
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.namelist() == FILES
        assert packed.testzip() is None
    for name, model in [("actuals", Actual), ("targets", Target), ("progress", Progress), ("plan-indicators", PlanIndicator)]:
        assert len(table(content, name)) == model.objects.count() > 0


@pytest.mark.parametrize(
    "query",
    ["?region=150600", "?region=150500&descendants=true", "?plan=tongliao-2021-2025", "?plan=ordos-2021-2025&region=150600"],
)
def test_a_part_is_valid_and_names_nothing_it_does_not_hold(client, loaded, tmp_path, query):
    content = fetch(client, query)
    assert report(content, tmp_path) == []
    assert len(table(content, "progress")) > 0


def test_a_region_brings_its_own_figures_and_the_names_they_need(client, loaded):
    content = fetch(client, "?region=150600")
    text = {"dtype": {"region": str, "code": str}}
    for name in ("actuals", "progress", "plan-indicators", "targets"):
        assert set(table(content, name, **text)["region"]) == {"150600"}
    assert {"150600", "150000", "100000"} <= set(table(content, "regions", **text)["code"])
    assert len(table(content, "regions", **text)) < 10
    assert set(table(content, "indicators")["code"]) >= set(table(content, "actuals")["indicator"])


def test_a_part_brings_every_place_it_refers_to(client, tree, tmp_path):
    """The plan's issuer and the region of comparison, though they are neither the region nor above it."""
    compared = factories.indicator(code="compared")
    counted = factories.series(tree["150600"], same_subject=compared)
    stated = factories.plan_indicator(counted, factories.plan(tree["150523"]))
    factories.target(stated, kind="above_region", lower=None, reference_region=tree["150500"])
    progress.rebuild()
    content = fetch(client, "?region=150600")
    assert report(content, tmp_path) == []
    assert set(table(content, "regions", dtype=str)["code"]) == {"100000", "150000", "150500", "150523", "150600"}
    assert set(table(content, "indicators")["code"]) == {"compared", "valid-trademarks"}


def test_a_csv_opens_in_pandas_with_the_right_types(client, figures):
    content = fetch(client)
    actuals = table(content, "actuals", dtype={"region": str})
    assert list(actuals.columns[:5]) == ["region", "indicator", "year", "value", "not_applicable"]
    assert actuals["value"].dtype == float
    assert actuals["not_applicable"].dtype == bool
    own = actuals[actuals["region"] == "150600"].set_index("year")
    assert own.loc[2021, "value"] == 31219
    assert pd.isna(own.loc[2022, "value"])
    assert own.loc[2022, "not_applicable"]
    assert actuals[actuals["region"] == "150500"]["value"].tolist() == [0]


def test_figures_are_those_of_the_lists(client, figures):
    content = fetch(client)
    for name in ("progress", "targets", "plan-indicators"):
        rows = client.get(f"/api/v1/{name}/").json()["results"]
        packed = table(content, name, dtype={"region": str}, keep_default_na=False, na_values=[""])
        assert len(packed) == len(rows) > 0
        for column in set(packed.columns) - {"reasons", "computed_at"}:
            for mine, theirs in zip(packed[column].tolist(), [row[column] for row in rows], strict=True):
                assert mine == theirs or (pd.isna(mine) and theirs in (None, "")), column
    assert table(content, "targets")["lower"].tolist() == [5]  # in the unit that the plan prints


def test_the_description_names_types_keys_sources_and_files(client, figures):
    content = fetch(client)
    package = described(content)
    assert package["profile"] == "tabular-data-package"
    assert package["name"] == "ipdash-all"
    assert package["version"] == str(DataVersion.objects.get().number)
    assert package["sources"] == [{"title": "某规划（某发〔2021〕1 号）"}]
    assert "licenses" not in package
    resources = {one["name"]: one for one in package["resources"]}
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for one in resources.values():
            assert one["bytes"] == len(packed.read(one["path"]))
            assert one["hash"] == f"sha256:{hashlib.sha256(packed.read(one['path'])).hexdigest()}"
        readme, metadata = packed.read("README.md").decode(), json.loads(packed.read("metadata.json"))
    fields = {field["name"]: field for field in resources["progress"]["schema"]["fields"]}
    assert fields["year"]["type"] == "year"
    assert fields["gap"]["type"] == "number"
    assert "on_track" in fields["status"]["constraints"]["enum"]
    assert resources["targets"]["schema"]["primaryKey"] == ["plan", "region", "indicator", "year"]
    assert {key["reference"]["resource"] for key in resources["progress"]["schema"]["foreignKeys"]} >= {"plan-indicators"}
    for one in resources.values():  # every column is explained, in both places where people look
        for field in one["schema"]["fields"]:
            assert metadata["files"][one["path"]]["columns"][field["name"]]["description"]
            assert f"| `{field['name']}` |" in readme
    assert "发布单位没有另作说明" in readme


def test_a_licence_is_named_where_there_is_one(client, figures, settings):
    settings.DATA_LICENCE = "CC-BY-4.0"
    assert described(fetch(client))["licenses"] == [{"name": "CC-BY-4.0", "title": "CC-BY-4.0"}]


def test_text_that_looks_like_a_formula_is_none(client, figures):
    assert "'=1+1" in set(table(fetch(client), "actuals")["note"].dropna())


def test_demo_data_are_marked(client, figures):
    DataVersion.objects.update(is_demo=True)
    response = client.get("/api/v1/package/")
    assert "%E6%BC%94%E7%A4%BA%E6%95%B0%E6%8D%AE" in response["Content-Disposition"]
    package = described(b"".join(response.streaming_content))
    assert package["title"].startswith("演示数据")
    assert package["name"] == "ipdash-demo-all"


# One version, one file


def test_one_version_of_the_data_gives_the_same_bytes(client, loaded):
    first = fetch(client)
    assert fetch(client) == first
    with zipfile.ZipFile(io.BytesIO(first)) as packed:  # however long after it is made
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    actual = Actual.objects.first()
    Actual.objects.filter(pk=actual.pk).update(value=actual.value + 1)
    progress.bump_version(Subject.ACTUALS, series=[actual.series_id], year=actual.year)
    again = fetch(client)
    assert again != first
    assert described(again)["version"] != described(first)["version"]


def test_a_version_whose_figures_are_being_computed_again_says_so(client, figures):
    settled = described(fetch(client))["version"]
    progress.mark_stale([figures.series_id])
    content = fetch(client)
    assert described(content)["version"].startswith(f"{settled}-stale.")
    assert table(content, "progress")["stale"].all()


def test_who_has_it_gets_304(client, figures):
    first = client.get("/api/v1/package/")
    assert b"".join(first.streaming_content)
    tag = first["ETag"]
    assert client.get("/api/v1/package/", headers={"if-none-match": tag}).status_code == 304
    progress.bump_version(Subject.REGIONS)
    assert fetch(client, "", if_none_match=tag)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?region=999999", "unknown_region"),
        ("?region=Ordos", "bad_value"),
        ("?plan=nothing", "unknown_plan"),
        ("?year=2024", "unknown_parameter"),
        ("?region=150600&region=150500", "repeated_parameter"),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(client, figures, query, code):
    response = client.get(f"/api/v1/package/{query}")
    assert response.status_code == 400
    assert response.json()["code"] == code


# Large ones


@pytest.fixture
def by_worker(settings, tmp_path):
    settings.PACKAGE_DIRECT_ROWS = 0
    settings.MEDIA_ROOT = tmp_path


def test_a_large_package_is_made_by_a_worker_once_for_all_who_ask(client, figures, by_worker, settings):
    waiting = client.get("/api/v1/package/?region=150600")
    assert waiting.status_code == 202
    assert waiting["Retry-After"] == "5"
    assert client.get("/api/v1/package/?region=150600").json()["id"] == waiting.json()["id"]
    assert client.get(waiting["Location"]).json()["state"] == "queued"

    jobs.run_waiting()
    told = client.get(waiting["Location"]).json()
    assert (told["state"], told["done"]) == ("done", told["total"])
    assert told["total"] > 0
    assert told["package"].endswith("/api/v1/package/?region=150600")
    made = fetch(client, "?region=150600")
    assert Job.objects.filter(kind=JobKind.PACKAGE).count() == 1
    settings.PACKAGE_DIRECT_ROWS = 10_000
    (kept,) = settings.MEDIA_ROOT.rglob("*.zip")
    assert kept.read_bytes() == made
    kept.unlink()
    assert fetch(client, "?region=150600") == made  # made at once, it is the same


def test_a_browser_gets_a_page_that_asks_again(client, figures, by_worker):
    response = client.get("/api/v1/package/", headers={"accept": "text/html,*/*;q=0.8"})
    assert response.status_code == 202
    assert response["Refresh"] == f"5; url={response['Location']}"
    assert "正在生成" in response.content.decode()
    jobs.run_waiting()
    done = client.get(response["Location"], headers={"accept": "text/html"})
    assert "Refresh" not in done
    assert "下载数据包" in done.content.decode()


def test_a_package_that_failed_is_told_and_tried_again_later(client, figures, by_worker):
    pk = client.get("/api/v1/package/").json()["id"]
    Job.objects.filter(pk=pk).update(state=JobState.FAILED, finished_at=timezone.now())
    response = client.get("/api/v1/package/")
    assert (response.status_code, response.json()["code"]) == (503, "package_failed")
    assert response["Retry-After"] == "60"
    Job.objects.filter(pk=pk).update(finished_at=timezone.now() - timedelta(minutes=2))
    assert client.get("/api/v1/package/").json()["id"] != pk


def test_a_job_of_another_kind_is_not_told(client, figures):
    job = progress.start_rebuild()
    assert client.get(f"/api/v1/package/jobs/{job.pk}/").status_code == 404
    assert client.get("/api/v1/package/jobs/999999/").json()["code"] == "not_found"


def test_kept_packages_of_earlier_data_are_removed(client, figures, by_worker, settings):
    client.get("/api/v1/package/")
    jobs.run_waiting()
    (kept,) = settings.MEDIA_ROOT.rglob("*.zip")
    progress.bump_version(Subject.REGIONS)
    assert downloads.prune() == 0  # of today: somebody may be loading it
    os.utime(kept.parent, (0, 0))
    assert downloads.prune() == 1
    assert not kept.exists()


def test_a_package_is_written_in_pieces(client, figures, monkeypatch):
    """However many rows there are, no more than a chunk of them is held."""
    monkeypatch.setattr("indicators.api.sql.CHUNK", 1)
    largest = 0
    objects = downloads.formats.objects

    def watched(listing, names, rows, vendor):
        nonlocal largest
        largest = max(largest, len(rows))
        return objects(listing, names, rows, vendor)

    monkeypatch.setattr("indicators.api.formats.objects", watched)
    content = fetch(client)
    assert largest == 1
    assert len(table(content, "progress")) == 5
