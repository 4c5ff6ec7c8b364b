"""Every list gives exactly the members that its contract names, and the figures that are stored."""

from urllib.parse import urlsplit

import pytest

from indicators import progress
from indicators.api.lists import LISTINGS
from indicators.api.urls import urlpatterns
from indicators.calculation.assessment import FIGURES

pytestmark = pytest.mark.django_db

MEMBERS = {
    "regions": "id code name level parent",
    "indicators": "id code name unit dimension measure direction decimals same_subject definition",
    "plans": "id plan title document_number issued_by issued_on region first_year last_year period_assumed",
    "plan-indicators": "id plan region indicator number name unit measure direction dimension category nature baseline_year"
    " baseline_value printed_growth responsible note locator baseline_locator",
    "targets": "id plan_indicator region indicator name year kind lower upper reference_region unit locator plan",
    "actuals": "id region indicator year value not_applicable unit source source_url version note updated_at",
    "interim": "id region indicator year period_start period_end is_latest_possible_day value unit source source_url note",
    "statements": "id region indicator year about since_year value upper unit printed plan source source_url locator note",
    "progress": "id plan_indicator plan region indicator name year unit actual baseline_year baseline_value required met gap"
    " gap_final attainment attainment_final completion elapsed yoy growth_since_baseline cagr planned_growth planned_cagr"
    " required_cagr trend_ratio expected projection_cagr projection_linear r status reasons stale computed_at",
    "quality": "id region indicator plan_indicator plan year code severity sentence evidence found_at",
}


def test_every_list_is_named_here():
    assert list(MEMBERS) == list(LISTINGS)


@pytest.mark.parametrize("name", MEMBERS)
def test_members_in_their_order(filled, read, name):
    page = read(f"{name}/")
    assert list(page) == ["next", "previous", "results"]
    assert page["results"]
    assert all(" ".join(one) == MEMBERS[name] for one in page["results"])


@pytest.mark.parametrize("name", MEMBERS)
def test_an_object_is_what_the_list_says_of_it(filled, read, name):
    for row in read(f"{name}/")["results"]:
        assert read(f"{name}/{row['id']}/") == row


@pytest.mark.parametrize("name", MEMBERS)
def test_an_object_that_is_not_there(filled, refused, name):
    for key in ("0", "999999999999999", "99999999999999999999999", "no-such-thing", "%F0%9F%98%80", "1.0", "１"):
        assert refused(f"{name}/{key}/") == (404, "not_found", None)


@pytest.mark.parametrize("name", MEMBERS)
def test_one_query_a_page_and_no_session(filled, client, django_assert_num_queries, name):
    with django_assert_num_queries(1):
        response = client.get(f"/api/v1/{name}/")
    assert "Cookie" not in response.get("Vary", "")
    with django_assert_num_queries(1):
        client.get(f"/api/v1/{name}/{response.json()['results'][0]['id']}/")


def test_actual_in_the_base_unit(filled, read):
    rows = {row["year"]: row for row in read("actuals/?region=150600")["results"]}
    assert list(rows) == [2021, 2022, 2023, 2024]
    assert rows[2022] | {"id": 0, "updated_at": ""} == {
        "id": 0,
        "region": "150600",
        "indicator": "valid-trademarks",
        "year": 2022,
        "value": 38000.5,
        "not_applicable": False,
        "unit": "件",
        "source": "年报",
        "source_url": "https://example.org/a",
        "version": 1,
        "note": "",
        "updated_at": "",
    }
    assert rows[2022]["updated_at"].endswith("+08:00")


def test_not_applicable_zero_and_nothing_are_three_things(filled, read):
    rows = {row["year"]: row for row in read("actuals/?region=150600")["results"]}
    assert (rows[2023]["value"], rows[2023]["not_applicable"]) == (None, True)
    (zero,) = read("actuals/?region=150500&indicator=valid-trademarks")["results"]
    assert (zero["value"], zero["not_applicable"]) == (0, False)
    assert read("actuals/?region=150500&indicator=valid-trademarks&year=2021")["results"] == []


def test_fifteen_digits_arrive_whole(filled, client):
    content = client.get("/api/v1/actuals/?region=150500&indicator=service-satisfaction").content
    assert b'"value":123456789.123456,' in content


def test_plan_indicator_and_target_in_the_printed_unit(filled, read):
    (row,) = read("plan-indicators/?region=150600&indicator=valid-trademarks")["results"]
    assert (row["baseline_year"], row["baseline_value"], row["unit"]) == (2020, 3.1219, "万件")
    growth, final = read("targets/?region=150600")["results"]
    assert (final["year"], final["kind"], final["lower"], final["upper"], final["unit"]) == (2025, "at_least", 5, None, "万件")
    assert (growth["kind"], growth["lower"]) == ("growth_per_year", 0.15)


def test_condition_names_the_region_it_compares_with(filled, read):
    (row,) = read("targets/?region=150500&indicator=service-satisfaction")["results"]
    assert (row["kind"], row["reference_region"], row["lower"]) == ("above_region", "150000", None)


def test_progress_in_the_printed_unit_with_a_reason_for_everything_empty(filled, read):
    (row,) = read("progress/?region=150600&indicator=valid-trademarks&year=2024")["results"]
    assert (row["actual"], row["unit"], row["baseline_value"]) == (4.6, "万件", 3.1219)
    assert row["gap_final"] == pytest.approx(0.4, rel=1e-12)
    assert row["completion"] == pytest.approx((46000 - 31219) / (50000 - 31219), rel=1e-10)
    assert row["elapsed"] == 0.8
    assert (row["status"], row["stale"]) == ("slightly_behind", False)  # 0.8436 of the way to 48,740
    assert (row["required"], row["reasons"]["required"]) == (None, "no_target")
    for row in read("progress/")["results"]:
        empty = {name for name in (*FIGURES, "met") if row[name] is None}
        assert empty <= set(row["reasons"])
        assert set(row["reasons"]) - empty <= {"actual"}  # a sum with a hole is there and says so


def test_progress_of_replaced_inputs_says_so(filled, read):
    progress.mark_stale([filled["ordos valid-trademarks"].series_id])
    rows = read("progress/")["results"]
    assert {row["stale"] for row in rows if row["region"] == "150600" and row["indicator"] == "valid-trademarks"} == {True}
    assert {row["stale"] for row in rows if row["region"] == "150500"} == {False}


def test_interim_statement_and_finding(filled, read):
    (interim,) = read("interim/")["results"]
    assert (interim["period_start"], interim["period_end"], interim["value"]) == ("2024-01-01", "2024-09-30", 44000)
    assert interim["is_latest_possible_day"] is False
    (said,) = read("statements/")["results"]
    assert (said["about"], said["value"], said["unit"], said["plan"]) == ("target", 5.5, "万件", "ordos-2021-2025")
    (found,) = read("quality/?plan=ordos-2021-2025")["results"]
    assert (found["code"], found["severity"], found["plan"]) == ("jumps", "notice", "ordos-2021-2025")
    assert found["evidence"] == {"value": 1.5, "of": ["a", None]}
    assert found["plan_indicator"] == filled["ordos valid-trademarks"].pk


def test_codes_not_numbers_name_places_and_plans(filled, read):
    (region,) = read("regions/?region=150600")["results"]
    assert (region["id"], region["name"], region["parent"]) == ("150600", "鄂尔多斯市", "150000")
    assert read("regions/100000/")["parent"] is None
    (plan,) = read("plans/?plan=ordos-2021-2025")["results"]
    assert (plan["id"], plan["region"], plan["document_number"], plan["issued_on"]) == ("ordos-2021-2025", "150600", None, None)
    assert read("indicators/service-satisfaction/")["unit"] == "%"


def test_only_the_members_that_are_asked_for_in_that_order(filled, read):
    rows = read("progress/?fields=year,actual,region&region=150600&indicator=valid-trademarks")["results"]
    assert rows[0] == {"year": 2021, "actual": 3.5, "region": "150600"}
    assert list(rows[0]) == ["year", "actual", "region"]
    assert read("targets/?fields=lower&region=150600")["results"] == [{"lower": 0.15}, {"lower": 5}]
    assert read("actuals/?fields=not_applicable&year=2023")["results"] == [{"not_applicable": True}]
    assert read("regions/150600/?fields=name") == {"name": "鄂尔多斯市"}


def test_contents_name_every_list(filled, read, client):
    contents = read("")
    assert contents["data_version"] == 7
    assert contents["is_demo"] is False
    assert list(contents["lists"]) == list(MEMBERS)


def test_contents_name_every_address(filled, read, client):
    """All that can be called as it is; what needs an id is told by its list. Each answers, entries to who has a token."""
    contents = read("")
    named = [
        *contents["lists"].values(),
        *(value for value in contents.values() if str(value).startswith("http://testserver/")),
    ]
    there = {f"/api/{pattern.pattern}" for pattern in urlpatterns if "<" not in str(pattern.pattern)}
    assert {urlsplit(address).path for address in named} == there - {"/api/v1/"}
    status = {address: client.head(address).status_code for address in named}
    assert status.pop(contents["entries"]) == 401
    assert set(status.values()) == {200}
