"""The record of who did what; written in the transaction of the act itself."""

from django.utils import timezone

from indicators.models import AuditEvent


def record(act, *, by, subject="", succeeded=True, **detail):
    """Append an event; `by` may be None where nobody is known."""
    return AuditEvent.objects.create(
        at=timezone.now(),
        by=by,
        username=by.username if by else "",
        act=act,
        subject=subject[:200],
        detail=detail,
        succeeded=succeeded,
    )
