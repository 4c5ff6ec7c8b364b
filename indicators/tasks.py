"""What Celery runs; each task is one call into the module that knows."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="indicators.clear_expired_sessions")
def clear_expired_sessions():
    call_command("clearsessions")
