"""What a web process has of its own."""

import pytest
from django.db import connection


@pytest.mark.postgres
@pytest.mark.django_db
def test_pages_are_read_without_parallel_workers():
    from ipdash import wsgi  # here: it changes the process

    wsgi.read_alone(connection)
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_parallel_workers_per_gather")
        assert cursor.fetchone() == ("0",)
        cursor.execute("RESET max_parallel_workers_per_gather")
