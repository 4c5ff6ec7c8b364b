"""What every answer of the API carries: tags, compression, permission for other sites, limits, problems."""

import gzip

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client

from indicators import progress
from indicators.api import problems, reading, sql, throttle
from indicators.models import DataVersion
from tests import factories

pytestmark = pytest.mark.django_db
LISTS = ["actuals/", "progress/", "regions/150600/", "", "schema/", "actuals/?format=csv", "actuals/?format=xlsx&page_size=2"]


def done(response):
    """Read to its end, which ends it as a server would."""
    return response.getvalue() if response.streaming else response.content


@pytest.fixture
def counted(settings):
    """A cache that remembers, so that requests are counted, three a minute."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "api-tests"}}
    settings.API_RATE = 3
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize("address", LISTS)
def test_304_before_the_real_query(filled, client, django_assert_num_queries, address):
    first = client.get(f"/api/v1/{address}")
    assert first["ETag"].startswith('W/"7-')
    assert first["X-Data-Version"] == "7"
    done(first)
    with django_assert_num_queries(1):
        second = client.get(f"/api/v1/{address}", headers={"if-none-match": first["ETag"]})
    assert (second.status_code, second.content, second["ETag"]) == (304, b"", first["ETag"])
    assert second["Access-Control-Allow-Origin"] == "*"
    listed = client.get(f"/api/v1/{address}", headers={"if-none-match": f'"x", {first["ETag"]}'})
    assert listed.status_code == 304


def test_a_new_version_a_new_tag(filled, client):
    tag = client.get("/api/v1/actuals/")["ETag"]
    progress.bump_version("actuals")
    again = client.get("/api/v1/actuals/", headers={"if-none-match": tag})
    assert (again.status_code, again["X-Data-Version"]) == (200, "8")


def test_what_waits_to_be_computed_changes_the_tag_of_progress_only(filled, client):
    tags = {name: client.get(f"/api/v1/{name}/")["ETag"] for name in ("progress", "actuals")}
    progress.mark_stale([filled["ordos valid-trademarks"].series_id])
    changed = {name: client.get(f"/api/v1/{name}/")["ETag"] for name in tags}
    assert changed["progress"] != tags["progress"]
    assert changed["actuals"] == tags["actuals"]
    progress.refresh_stale()
    assert client.get("/api/v1/progress/")["ETag"] != changed["progress"]


def test_tags_tell_addresses_forms_and_hosts_apart(filled, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    tags = {
        client.get("/api/v1/actuals/")["ETag"],
        client.get("/api/v1/actuals/?page_size=2")["ETag"],
        client.get("/api/v1/actuals/", headers={"accept": "text/csv"})["ETag"],
        client.get("/api/v1/actuals/", headers={"host": "other.example"})["ETag"],
        client.get("/api/v1/actuals/", secure=True)["ETag"],
    }
    assert len(tags) == 5


def test_demo_data_are_marked(filled, client):
    assert "X-Demo-Data" not in client.get("/api/v1/actuals/").headers
    tag = client.get("/api/v1/actuals/")["ETag"]
    DataVersion.objects.update(is_demo=True)
    response = client.get("/api/v1/actuals/", headers={"if-none-match": tag})
    assert (response.status_code, response["X-Demo-Data"]) == (200, "true")
    assert client.get("/api/v1/").json()["is_demo"] is True


def test_a_database_without_a_version_answers(tree, client):
    DataVersion.objects.all().delete()
    assert client.get("/api/v1/regions/")["X-Data-Version"] == "0"
    assert client.get("/api/v1/actuals/").json()["results"] == []


def test_packed_for_who_takes_it(filled, client):
    plain = client.get("/api/v1/progress/")
    packed = client.get("/api/v1/progress/", headers={"accept-encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
    assert "Content-Encoding" not in client.get("/api/v1/progress/", headers={"accept-encoding": "gzip;q=0"}).headers
    assert "Content-Encoding" not in client.get("/api/v1/regions/150600/", headers={"accept-encoding": "gzip"}).headers


def test_head_is_get_without_its_body(filled, client):
    for address in ("actuals/", "actuals/1/?fields=id", "", "nowhere/", "actuals/?x=1"):
        head, get = client.head(f"/api/v1/{address}"), client.get(f"/api/v1/{address}")
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers.get("ETag") == get.headers.get("ETag")
    assert client.head("/api/v1/actuals/")["Content-Length"] == str(len(client.get("/api/v1/actuals/").content))


@pytest.mark.parametrize("address", [*LISTS, "nowhere/", "actuals/?x=1", "actuals/999/"])
def test_pages_of_other_sites_may_read(filled, client, address):
    response = client.get(f"/api/v1/{address}", headers={"origin": "https://elsewhere.example"})
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    done(response)
    assert {"ETag", "Retry-After", "X-Data-Version"} <= set(response["Access-Control-Expose-Headers"].split(", "))


def test_pages_of_other_sites_may_follow_a_package_that_is_being_made(filled, client, settings):
    settings.PACKAGE_DIRECT_ROWS = 0
    response = client.get("/api/v1/package/", headers={"origin": "https://elsewhere.example"})
    assert (response.status_code, "Location" in response.headers) == (202, True)
    assert {"Location", "Retry-After"} <= set(response["Access-Control-Expose-Headers"].split(", "))


@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_pages_of_other_sites_have_no_business_with_entries(filled, client, method):
    response = getattr(client, method)("/api/v1/entries/", headers={"origin": "https://elsewhere.example"})
    assert not [name for name in response.headers if name.startswith("Access-Control-")]


def test_preflight(filled, client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.options(
            "/api/v1/actuals/", headers={"origin": "https://a.example", "access-control-request-method": "GET"}
        )
    assert (response.status_code, response.content) == (204, b"")
    assert response["Allow"] == response["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "If-None-Match" in response["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
@pytest.mark.parametrize("address", ["actuals/", "actuals/1/", "", "schema/", "nowhere/"])
def test_reading_addresses_take_no_writing(filled, refused, method, address):
    assert refused(address, method=method) == (405, "method_not_allowed", None)


def test_refused_method_names_those_that_are_taken(filled):
    response = Client(enforce_csrf_checks=True).post("/api/v1/actuals/", {"a": 1})
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_addresses_that_are_none(filled, refused, client):
    for address in ("nowhere/", "actuals/1/2/", "actuals/x/y", "%00", "../admin"):
        assert refused(address)[:2] == (404, "not_found")
    for address, full in (("actuals", "/api/v1/actuals/"), ("actuals/1?fields=id", "/api/v1/actuals/1/?fields=id")):
        response = client.get(f"/api/v1/{address}")
        assert (response.status_code, response["Location"]) == (301, full)


def test_too_many_requests(filled, client, counted, refused):
    for _ in range(3):
        assert client.get("/api/v1/regions/").status_code == 200
    assert refused("actuals/") == (429, "too_many_requests", None)
    response = client.get("/api/v1/actuals/")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert response.json()["retry_after"] == int(response["Retry-After"])
    assert client.get("/api/v1/regions/", REMOTE_ADDR="198.51.100.7").status_code == 200


def test_requests_are_counted_by_the_minute(counted):
    for moment in (0, 1, 59, 60, 61, 62):
        throttle.take("somebody", now=moment)
    with pytest.raises(problems.Problem) as stopped:
        throttle.take("somebody", now=90.5)
    assert stopped.value.headers == {"Retry-After": "30"}
    throttle.take("somebody", now=120)
    throttle.take("somebody", rate=0, now=90)


def test_a_claimed_address_does_not_help(filled, client, counted):
    for number in range(3):
        client.get("/api/v1/regions/", headers={"x-forwarded-for": f"198.51.100.{number}"})
    assert client.get("/api/v1/regions/", headers={"x-forwarded-for": "198.51.100.9"}).status_code == 429


def test_an_error_of_the_program_is_a_problem_without_its_details(filled, refused, client, monkeypatch, caplog):
    def broken(*arguments):
        raise RuntimeError("secret words")

    monkeypatch.setattr(reading, "_page", broken)
    assert refused("actuals/") == (500, "server_error", None)
    assert b"secret" not in client.get("/api/v1/actuals/").content
    assert "secret words" in caplog.text


def test_a_database_that_does_not_answer_is_a_problem(filled, refused, monkeypatch):
    def away(*arguments):
        raise OperationalError("could not connect")

    monkeypatch.setattr(sql.prepared, "rows", away)
    assert refused("actuals/") == (503, "unavailable", None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="a database in memory is gone with its connection")
def test_a_connection_that_died_is_made_anew(tree, client):
    """A database that was started again, or a server that closed idle connections: the first request is already right."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [number])
    other.close()
    assert len(client.get("/api/v1/regions/").json()["results"]) == 5


def test_who_is_signed_in_reads_the_same(filled, client, django_assert_num_queries):
    anonymous = client.get("/api/v1/actuals/")
    client.force_login(factories.person("eve"))
    signed_in = client.get("/api/v1/actuals/")
    assert signed_in.content == anonymous.content
    assert signed_in["ETag"] == anonymous["ETag"]
    assert "Set-Cookie" not in signed_in.headers


def test_headers_of_the_site_are_on_every_answer(filled, client):
    for address in ("actuals/", "nowhere/", "actuals/?format=csv"):
        response = client.get(f"/api/v1/{address}")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_list_is_read_past_sessions_but_not_past_the_name_of_the_site(filled, client, settings):
    assert client.get("/api/v1/actuals/", headers={"host": "elsewhere.example"}).status_code == 400
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/api/v1/actuals/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/api/v1/actuals/")


def test_who_must_change_the_password_still_reads(filled, client):
    client.force_login(factories.person("eve", must_change_password=True))
    assert client.get("/api/v1/actuals/").status_code == 200


@pytest.mark.parametrize("address", ["actuals/?x=1", "nowhere/", "actuals/"])
def test_every_answer_says_how_long_it_is(filled, client, address):
    response = client.get(f"/api/v1/{address}")
    assert response["Content-Length"] == str(len(response.content))
