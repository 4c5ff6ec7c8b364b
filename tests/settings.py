"""Settings for tests: as on one's own machine, but nothing is kept and nothing is slow."""

import tempfile
from pathlib import Path

from ipdash.settings import *  # noqa: F403
from ipdash.settings import DATABASES, STORAGES

_folder = tempfile.TemporaryDirectory(prefix="ipdash-tests-")
VAR_DIR = Path(_folder.name)
MEDIA_ROOT = VAR_DIR / "media"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir()

# Hashed names would need collecting first.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A connection kept open would keep a test database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0

# Messages stay in this process and no worker reads them: tests call what a task calls.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
REDIS_URL = ""

# Nothing is kept from one test to the next: tests change rows without counting a new version of the data.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
