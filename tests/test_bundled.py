"""The bundled plans that tests begin with are the same rows whether files were read or not."""

import pytest
from django.apps import apps
from django.db import transaction

from indicators.models import AuditEvent, Indicator
from regions.models import Region
from tests import bundled, factories


def rows():
    models = [model for name in ("regions", "indicators") for model in apps.get_app_config(name).get_models()]
    return {model: [*model._base_manager.order_by("pk").values()] for model in models}


@pytest.fixture
def nothing_kept(monkeypatch):
    monkeypatch.setattr(bundled, "_kept", {})


@pytest.mark.parametrize(
    "commits",
    [pytest.param(commits, marks=pytest.mark.django_db(transaction=commits)) for commits in (False, True)],
)
def test_rows_put_back_are_those_that_were_loaded(request, nothing_kept, commits):
    if commits:
        empty = request.getfixturevalue("empty_database")
        bundled.load()
        loaded = rows()
        empty()
    else:
        with transaction.atomic():
            bundled.load()
            loaded = rows()
            transaction.set_rollback(True)
    bundled.load()
    assert rows() == loaded
    assert len(loaded[Indicator]) > 100
    factories.indicator("one-more")
    AuditEvent.objects.create(act="login", at=loaded[AuditEvent][0]["at"])


def test_what_is_there_already_is_kept(nothing_kept, db):
    bundled.load()
    Region.objects.filter(code="150600").update(name="changed")
    bundled.load()
    assert rows()[Region] and not Region.objects.filter(name="changed").exists()
