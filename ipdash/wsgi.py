"""Entry for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created
from django.dispatch import receiver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ipdash.settings")


@receiver(connection_created)
def read_alone(connection, **_):
    """A page reads some hundred rows: PostgreSQL takes longer to start helpers than to read them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0")


application = get_wsgi_application()
# What is loaded by now stays for as long as the process: looking through it for garbage again and again is time taken from
# pages, each of which makes and drops some ten thousand objects.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 20)
