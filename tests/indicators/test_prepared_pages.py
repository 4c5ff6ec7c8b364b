"""Pages whose statements are prepared say what they say without."""

import re

import pytest
from django.core.cache import cache
from django.db import connection

from indicators import prepared, progress
from tests.indicators.test_kept_and_made import ADDRESSES

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_every_page_says_the_same(client, bundled, names_held, settings):
    while progress.refresh_stale():
        pass

    def said():
        cache.clear()
        pages = [client.get(address) for address in ADDRESSES]
        return [page.content.decode().replace(page["X-Request-ID"], "") for page in pages]

    settings.PREPARED_STATEMENTS = False
    plain = said()
    settings.PREPARED_STATEMENTS = True
    for _ in range(prepared.AFTER + 2):
        assert said() == plain
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        statements = [re.sub(r"\s+", " ", statement) for (statement,) in cursor.fetchall()]
    assert len(statements) > 20
    # Else there would be a text for every page of a list.
    assert not any(re.search(r"LIMIT [1-9]\d* OFFSET", statement) for statement in statements)
