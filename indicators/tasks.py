"""What Celery runs; each task is one call into the module that knows. Running one twice changes nothing."""

import logging

from celery import shared_task
from django.core.management import call_command

from indicators import jobs, people, progress, reminders
from indicators.api import changes, downloads, idempotency
from indicators.imports import kept

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


@shared_task(name=jobs.RUN_TASK)
def run_jobs():
    """Run what people asked for and nobody runs; sent with each job, and every few seconds by the sweep."""
    return jobs.run_waiting()


@shared_task(name="indicators.rebuild_nightly")
def rebuild_nightly():
    """Mark everything and compute it; killed in the middle, the sweep goes on with the marks that are left."""
    progress.start_rebuild()
    refresh_stale()


@shared_task(name="indicators.clear_old_uploads")
def clear_old_uploads():
    return kept.clear_old()


@shared_task(name="indicators.prune_open_data")
def prune_open_data():
    """Remove what the feed of changes no longer goes back to, packages of earlier versions, and answers nobody asks again."""
    return changes.prune() + downloads.prune() + idempotency.forget_old()


@shared_task(name="indicators.send_reminders")
def send_reminders():
    """Mail everyone with something to do, at most once a day; off unless REMINDERS is set."""
    return reminders.send_all(progress.today())


@shared_task(name="indicators.clear_expired_sessions")
def clear_expired_sessions():
    call_command("clearsessions")
    people.forget_old_failures()
