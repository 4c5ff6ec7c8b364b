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


_django = get_wsgi_application()


def application(environ, start_response):
    """Django's, with room for all the calls below it.

    Python keeps the frames of calls in chunks of 16 kB. Where a chunk is full, every single call of a loop takes another one
    from the system and gives it back: 6 µs each, a third of a large page. A frame that is itself too large for the usual chunk
    gets one of twice its size or less, whose rest is for what it calls.
    """
    return _django(environ, start_response)


_SLOTS = 33_000  # of 8 bytes: a little more than half of 512 kB
application.__code__ = application.__code__.replace(co_stacksize=_SLOTS)
# What is loaded by now stays for as long as the process, and is never looked through for garbage. What requests leave is looked
# for between them (gunicorn.py): in the middle of a page it takes as long as the page. The threshold is for where nobody does.
gc.collect()
gc.freeze()
gc.set_threshold(200_000, 10, 20)
