"""Two addresses for whoever supervises the site: is the process alive, and can it serve people."""

import logging
import os
import shutil

import redis
from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import JsonResponse
from django.views.decorators.http import require_safe

from indicators import progress

ENOUGH_DISK = 100 * 1024 * 1024
TOO_LONG = 600  # seconds that a change may wait for its progress before somebody should look at the worker

log = logging.getLogger(__name__)


@require_safe
def live(request):
    """The process answers. Touches nothing, so that a slow database never gets it restarted."""
    return uncached({"status": "ok"})


@require_safe
def ready(request):
    """200 when people can be served, "degraded" when only background work waits; 503 when reads or writes would fail."""
    checks = {"database": is_database_up(), "migrations": is_migrated(), "disk": has_disk()}
    needed = all(checks.values())
    age = progress.oldest_mark() if needed else None
    checks |= {"broker": is_broker_up(), "recomputing": age is None or age < TOO_LONG}
    status = "unavailable" if not needed else "ok" if all(checks.values()) else "degraded"
    # Fixed words only: addresses, names and error texts belong in the log.
    words = {name: "ok" if fine else "failed" for name, fine in checks.items()}
    waiting = None if age is None else round(age)
    return uncached({"status": status, "checks": words, "oldest_change_seconds": waiting}, status=200 if needed else 503)


def uncached(data, status=200):
    return JsonResponse(data, status=status, headers={"Cache-Control": "no-store"})


def is_database_up():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except AnyDatabaseError:
        log.exception("database does not answer")
        return False
    return True


def is_migrated():
    """Whether every migration of this code is applied."""
    try:
        loader = MigrationLoader(connection)
    except AnyDatabaseError:
        return False
    return loader.graph.nodes.keys() <= loader.applied_migrations.keys()


def has_disk():
    try:
        return shutil.disk_usage(settings.VAR_DIR).free >= ENOUGH_DISK
    except OSError:
        log.exception("data folder cannot be read")
        return False


def is_broker_up():
    if not settings.REDIS_URL:
        folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("data_folder_out")
        return folder is None or os.access(folder, os.W_OK)  # a broker in memory has no folder
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
            return client.ping()
    except (redis.RedisError, OSError):
        log.warning("broker does not answer", exc_info=True)
        return False
