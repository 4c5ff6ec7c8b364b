"""What Celery runs; each task is one call into the module that knows. Running one twice changes nothing."""

import logging

from celery import shared_task
from django.core.management import call_command

from indicators import progress

log = logging.getLogger(__name__)


@shared_task(name=progress.REFRESH_TASK)
def refresh_stale():
    """Compute what is marked until nothing is; sent after each change, and every minute by the sweep."""
    age = progress.oldest_mark()
    if age is not None and age > 120:
        log.warning("the oldest change waits for its progress since %.0f s", age)
    settled = 0
    while done := progress.refresh_stale():
        settled += done
        progress.tell_rebuild()
    progress.tell_rebuild()
    return settled


@shared_task(name="indicators.rebuild_nightly")
def rebuild_nightly():
    """Mark everything and compute it; killed in the middle, the sweep goes on with the marks that are left."""
    progress.start_rebuild()
    refresh_stale()


@shared_task(name="indicators.clear_expired_sessions")
def clear_expired_sessions():
    call_command("clearsessions")
