"""Every response carries the same headers: pages, errors, static files, admin, redirects."""

import runpy
from pathlib import Path

import pytest
from django.test import Client

from ipdash import middleware
from ipdash import settings as deployed
from tests import factories

EXPECTED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def broken(request):
    raise RuntimeError


def carried(response):
    return {name: response.headers.get(name) for name in EXPECTED}


@pytest.fixture
def visitor(settings):
    """A visitor to a site that finds static files where they are written, and shows error pages."""
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/nowhere/", 404),
        ("/?page=99", 404),
        ("/static/css/ipdash.css", 200),
        ("/static/img/favicon.svg", 200),
        ("/static/admin/css/base.css", 200),
        ("/static/nowhere.css", 404),
        ("/favicon.ico", 302),
        ("/admin/", 302),
        ("/admin/login/", 200),
        ("/healthz/live", 200),
    ],
)
def test_every_response_carries_the_headers(visitor, address, status):
    response = visitor.get(address)
    assert (response.status_code, carried(response)) == (status, EXPECTED)
    assert len(response["X-Request-ID"]) == 12
    response.close()


@pytest.mark.django_db
def test_refused_methods_and_hosts_carry_them_too(visitor):
    assert carried(visitor.post("/")) == EXPECTED
    assert carried(visitor.get("/", HTTP_HOST="elsewhere.example")) == EXPECTED
    assert carried(Client(enforce_csrf_checks=True).post("/admin/login/")) == EXPECTED


def test_an_error_of_the_program_carries_them_too(visitor, monkeypatch):
    monkeypatch.setattr("indicators.reports.overview.overview", broken)
    response = visitor.get("/")
    assert (response.status_code, carried(response)) == (500, EXPECTED)


@pytest.mark.django_db
def test_no_other_header_is_added_by_the_middleware(visitor):
    assert middleware.HEADERS == EXPECTED


@pytest.mark.django_db
def test_request_ids_differ(visitor):
    assert visitor.get("/")["X-Request-ID"] != visitor.get("/")["X-Request-ID"]


@pytest.mark.django_db
def test_pages_of_someone_logged_in_are_not_stored(visitor):
    assert "no-store" not in visitor.get("/").headers.get("Cache-Control", "")
    visitor.force_login(factories.person("eve"))
    assert "no-store" in visitor.get("/")["Cache-Control"]


@pytest.fixture
def in_production(settings, monkeypatch, tmp_path):
    """What production's own settings say about security, taken over for one test."""
    production = {
        "IPDASH_MODE": "production",
        "SECRET_KEY": "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnop",
        "ALLOWED_HOSTS": "ip.example.cn",
        "DATABASE_URL": "postgresql://ipdash@127.0.0.1/ipdash",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "VAR_DIR": str(tmp_path),
    }
    for name in ("SECURE_SSL_REDIRECT", "BEHIND_PROXY", "DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in production.items():
        monkeypatch.setenv(name, value)
    read = runpy.run_path(str(Path(deployed.__file__)))
    for name, value in read.items():
        if name.startswith(("SECURE_", "SESSION_", "CSRF_")) or name in {"ALLOWED_HOSTS", "MIDDLEWARE"}:
            setattr(settings, name, value)


@pytest.mark.django_db
def test_production_insists_on_https_for_a_year(in_production):
    client = Client(headers={"host": "ip.example.cn"})
    for address in ("/", "/nowhere/"):
        response = client.get(address, secure=True)
        assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert carried(response) == EXPECTED
    redirect = client.get("/")
    assert (redirect.status_code, redirect["Location"]) == (301, "https://ip.example.cn/")
    assert carried(redirect) == EXPECTED


@pytest.mark.django_db
def test_production_cookies_belong_to_this_host_and_to_https(in_production):
    cookie = Client(headers={"host": "ip.example.cn"}).get("/admin/login/", secure=True).cookies["__Host-csrftoken"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.django_db
def test_on_ones_own_machine_nothing_insists_on_https(visitor):
    assert "Strict-Transport-Security" not in visitor.get("/").headers
