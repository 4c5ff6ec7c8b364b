"""What every test may ask for. The network is off: what a test reaches is on this machine."""

import socket
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

from indicators.calculation.vocabulary import Role
from indicators.models import append_only
from indicators.reports import kept, moved
from tests import factories
from tests.bundled import load as load_bundled
from tests.servers import collected, postgres_url, redis_url

__all__ = ["collected", "postgres_url", "redis_url"]  # fixtures

_connect = socket.socket.connect


def _connect_here_only(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test reached for {address[0]}")
    return _connect(self, address)


socket.socket.connect = _connect_here_only


def pytest_collection_modifyitems(items):
    """Tests that start servers come first: they take longest, and at the end one worker would wait for another's."""
    items.sort(key=lambda item: item.get_closest_marker("deployment") is None)


@contextmanager
def _append_only_lifted():
    """Tests that commit end with a flush, which the triggers refuse: lift them for that moment only."""

    def execute(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    append_only.remove(execute, connection.vendor)
    try:
        yield
    finally:
        append_only.install(execute, connection.vendor)


@pytest.fixture(autouse=True, scope="session")
def _flush_append_only_tables():
    flush = TransactionTestCase._fixture_teardown

    def lifted(self):
        with _append_only_lifted():
            flush(self)

    TransactionTestCase._fixture_teardown = lifted
    yield
    TransactionTestCase._fixture_teardown = flush


class _Forgetful(dict):
    def __setitem__(self, name, value):
        pass


@pytest.fixture(autouse=True)
def _nothing_held(monkeypatch):
    """Factories write past what counts changes; nothing of one test is known to the next."""
    monkeypatch.setattr(kept, "_held", _Forgetful())
    monkeypatch.setattr(moved, "_seen", None)


@pytest.fixture
def names_held(monkeypatch):
    """What follows from regions, indicators and plans is read once, as in a server that is in use."""
    monkeypatch.setattr(kept, "_held", {})


@pytest.fixture
def empty_database(transactional_db):
    """A function that empties the database, as it is on the first day."""

    def empty():
        with _append_only_lifted():
            call_command("flush", interactive=False, verbosity=0)

    return empty


@pytest.fixture
def bundled(db):
    """The bundled plans and published figures, loaded."""
    load_bundled()


@pytest.fixture
def tree(db):
    """全国, the autonomous region, Ordos, Tongliao and Kailu."""
    return factories.tree()


@pytest.fixture
def people(tree):
    """Alta enters for Ordos, Bayar reviews Ordos, Chen enters for Tongliao, Dolma manages the whole region."""
    return {
        "alta": factories.person("alta", (tree["150600"], Role.CLERK, False)),
        "bayar": factories.person("bayar", (tree["150600"], Role.REVIEWER, False)),
        "chen": factories.person("chen", (tree["150500"], Role.CLERK, False)),
        "dolma": factories.person("dolma", (tree["150000"], Role.MANAGER, True)),
    }
