"""Errors are told in Chinese, with the request's id and what to do; nobody sees a trace."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.test import Client
from django.urls import include, path

from tests import factories


def broken(request):
    raise RuntimeError("secret detail")


def forbidden(request):
    raise PermissionDenied("secret detail")


def suspicious(request):
    raise SuspiciousOperation("secret detail")


urlpatterns = [
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
