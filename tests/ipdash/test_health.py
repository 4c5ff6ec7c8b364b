"""/healthz/live and /healthz/ready, for whoever supervises the site."""

import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from indicators.models import StaleMark
from tests import factories

USAGE = namedtuple("usage", "total used free")


@pytest.fixture
def nothing_listens(settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"


def test_live_answers_without_touching_the_database(client):
    response = client.get("/healthz/live")  # no database mark: a query would fail this test
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz/live", "/healthz/ready"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(client, path, method):
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.django_db
def test_ready_says_ok_when_all_is_well(client):
    response = client.get("/healthz/ready")
    assert response.status_code == 200
    checks = {"database": "ok", "migrations": "ok", "disk": "ok", "broker": "ok", "recomputing": "ok"}
    assert response.json() == {"status": "ok", "checks": checks, "oldest_change_seconds": None}
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_ready_answers_head(client):
    response = client.head("/healthz/ready")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.django_db
def test_ready_is_degraded_without_the_broker(client, nothing_listens):
    response = client.get("/healthz/ready")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["checks"]["broker"] == "failed"


@pytest.mark.django_db
def test_ready_is_degraded_when_messages_cannot_be_written(client, settings, tmp_path):
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path / "missing")}
    assert client.get("/healthz/ready").json()["status"] == "degraded"


def test_ready_fails_without_the_database_and_keeps_the_details_to_itself(client, monkeypatch):
    def refuse(*arguments, **options):
        raise OperationalError("connection to server at 10.1.2.3 as ipdash failed")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/healthz/ready")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert response.json()["checks"]["database"] == "failed"
    assert "10.1.2.3" not in response.content.decode()


@pytest.mark.django_db
def test_ready_fails_while_a_migration_is_not_applied(client):
    MigrationRecorder(connection).record_unapplied("indicators", "0001_initial")
    response = client.get("/healthz/ready")
    assert (response.status_code, response.json()["checks"]["migrations"]) == (503, "failed")


@pytest.mark.django_db
@pytest.mark.parametrize(("free", "status"), [(99 * 1024**2, 503), (101 * 1024**2, 200)])
def test_ready_fails_when_the_disk_is_nearly_full(client, monkeypatch, free, status):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: USAGE(10**12, 10**12 - free, free))
    assert client.get("/healthz/ready").status_code == status


@pytest.mark.django_db
def test_ready_fails_when_the_data_folder_is_gone(client, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "missing"
    assert client.get("/healthz/ready").status_code == 503


def test_neither_is_sent_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz/live").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "status"), [(5, "ok"), (700, "degraded")])
def test_ready_tells_how_long_the_oldest_change_waits(client, tree, age, status):
    series = factories.series(tree["150600"])
    StaleMark.objects.create(series=series, cause="changed", marked_at=timezone.now() - timedelta(seconds=age))
    answer = client.get("/healthz/ready").json()
    assert (answer["status"], answer["oldest_change_seconds"]) == (status, age)
