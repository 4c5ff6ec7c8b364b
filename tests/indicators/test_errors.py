"""Errors are told in Chinese, with the request's id and what to do; nobody sees a trace."""

import re

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404
from django.test import Client
from django.urls import include, path

from tests import factories


def broken(request):
    raise RuntimeError("secret detail")


def forbidden(request):
    raise PermissionDenied("secret detail")


def suspicious(request):
    raise SuspiciousOperation("secret detail")


def elsewhere(request):
    raise Http404("别处来的句子")


urlpatterns = [
    path("elsewhere/", elsewhere),
    path("broken/", broken),
    path("forbidden/", forbidden),
    path("suspicious/", suspicious),
    path("", include("ipdash.urls")),
]
handler400 = "indicators.views.errors.bad_request"
handler403 = "indicators.views.errors.permission_denied"
handler404 = "indicators.views.errors.page_not_found"
handler500 = "indicators.views.errors.server_error"


@pytest.fixture
def visitor(settings):
    """A browser that shows an error page where Django's test client would raise; without a database."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


PAGES = [
    ("/suspicious/", 400, "这个请求读不懂"),
    ("/forbidden/", 403, "您没有做这件事的权限"),
    ("/nowhere/", 404, "没有这一页"),
    ("/broken/", 500, "系统出错了，不是您的问题"),
]


@pytest.mark.parametrize(("address", "status", "heading"), PAGES)
def test_error_page_says_what_happened_and_what_to_do(visitor, address, status, heading):
    response = visitor.get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{heading}</h1>" in page
    assert "可以这样做" in page
    assert page.count(response["X-Request-ID"]) == 2  # in the advice and at the foot
    assert "ipdash.css" in page
    assert "secret detail" not in page
    assert "Traceback" not in page


def words(response):
    """What the error page says, tags removed."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


GENERAL = "地址可能写错了，或者它指的地区、指标、规划不在数据库里。"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("year=abc", "参数“year”应是1949至2100之间的整数，不能是“abc”。"),
        ("year=1999", "各规划的规划期是2021—2025年，没有1999年。"),
        ("page=999", "共1页，没有第999页。"),
        ("sort=x", "不认识的参数“sort”；可用：dimension、format、page、year。"),
    ],
)
def test_what_is_not_there_is_said_with_a_way_to_what_is(visitor, tree, query, sentence):
    factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    response = visitor.get(f"/?{query}")
    assert response.status_code == 404
    assert sentence in words(response)
    assert GENERAL not in words(response)
    assert '去掉地址里“?”后面的条件，<a href="/">打开这一页</a>' in response.content.decode()
    assert '回到<a href="/">总览</a>' in response.content.decode()


@pytest.mark.django_db
def test_where_nothing_was_asked_of_the_page_there_is_no_way_without_it(visitor):
    response = visitor.get("/regions/150699/")
    assert "没有代码为“150699”的地区。" in words(response)
    assert "打开这一页" not in words(response)


@pytest.mark.django_db
def test_what_is_told_of_a_wrong_address_is_escaped(visitor):
    page = visitor.get("/regions/%3Cscript%3E/?year=2024").content.decode()
    assert "&lt;script&gt;" in page
    assert '<a href="/regions/%3Cscript%3E/">打开这一页</a>' in page
    assert "<script>" not in page.split("<main")[1]


@pytest.mark.parametrize("address", ["/nowhere/?year=1", "/elsewhere/?year=1"])
def test_only_our_own_sentences_are_told(visitor, address):
    assert GENERAL in words(visitor.get(address))
    assert "打开这一页" not in words(visitor.get(address))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "appended", ["from=timeline&isappinstalled=0", "utm_source=a&utm_campaign=b", "scene=1&clicktime=2&enterid=3"]
)
def test_what_other_programs_put_behind_a_link_is_ignored(visitor, appended):
    plain, passed_on = visitor.get("/?format=html"), visitor.get(f"/?format=html&{appended}")
    assert (plain.status_code, passed_on.status_code) == (200, 200)
    assert plain["ETag"] == passed_on["ETag"]
    assert visitor.get(f"/?{appended}&year=x").status_code == 404
    assert visitor.get(f"/?{appended}&colour=red").status_code == 404


def test_a_wrong_host_is_400(visitor):
    response = visitor.get("/", HTTP_HOST="elsewhere.example")
    assert response.status_code == 400
    assert "这个请求读不懂" in response.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_is_explained(settings):
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "alta", "password": "x"})
    assert response.status_code == 403
    page = response.content.decode()
    assert "这张表单已经失效，没有提交" in page
    assert response["X-Request-ID"] in page


@pytest.mark.django_db
def test_error_pages_ask_the_database_nothing(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        for address, *_ in PAGES:
            visitor.get(address)


def away(*arguments, **options):
    raise OperationalError("connection to server at 10.1.2.3 failed")


@pytest.mark.django_db
def test_a_database_that_is_away_is_told_and_when_to_come_back(visitor, monkeypatch):
    monkeypatch.setattr(connection, "cursor", away)
    response = visitor.get("/")
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "5", "no-store")
    assert "<h1>数据库暂时没有回应</h1>" in page
    assert "可以这样做" in page
    assert response["X-Request-ID"] in page
    assert "10.1.2.3" not in page


@pytest.mark.django_db
def test_a_script_is_told_so_in_json(visitor, monkeypatch):
    monkeypatch.setattr(connection, "cursor", away)
    response = visitor.get("/", headers={"Accept": "application/json"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["code"] == "unavailable"


@pytest.mark.django_db
def test_the_api_says_it_as_a_problem(visitor, monkeypatch):
    monkeypatch.setattr(connection, "cursor", away)
    for answer in (visitor.get("/api/v1/actuals/"), visitor.post("/api/v1/entries/", headers={"Authorization": "Token ip_x"})):
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", "unavailable")


@pytest.fixture
def logged_in_without_database(visitor, monkeypatch):
    """Someone with a session, whose database goes away."""
    visitor.force_login(factories.person("eve"))
    monkeypatch.setattr(connection, "cursor", away)
    return visitor


@pytest.mark.django_db
def test_the_same_for_someone_who_is_logged_in(logged_in_without_database):
    response = logged_in_without_database.get("/")
    assert response.status_code == 503
    assert "数据库暂时没有回应" in response.content.decode()


@pytest.mark.django_db
def test_and_it_carries_the_security_headers(logged_in_without_database):
    assert "Content-Security-Policy" in logged_in_without_database.get("/")


def test_500_page_does_without_its_stylesheet_when_static_files_were_not_collected(visitor, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    response = visitor.get("/nowhere/")  # its page needs the stylesheet's address: one error leads to the other
    page = response.content.decode()
    assert response.status_code == 500
    assert "系统出错了" in page
    assert "stylesheet" not in page
