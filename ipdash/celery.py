"""The Celery application; tasks live in indicators.tasks, settings begin with CELERY_."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES.update(redis="ipdash.broker:Transport", rediss="ipdash.broker:Transport")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ipdash.settings")

app = Celery("ipdash")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
