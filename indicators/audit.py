"""The record of who did what, when, from where and in which request; written in the transaction of the act itself."""

import re

from django.utils import timezone

from indicators.models import AuditEvent
from ipdash import origin

# What would break a line, or hide or turn round text, where the record is printed: each becomes its escape (\n, \u202e).
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def record(act, *, by, subject="", succeeded=True, username=None, **detail):
    """Append an event; `by` may be None where nobody is known, and `username` then says what was typed."""
    come_from = origin.current()
    return AuditEvent.objects.create(
        at=timezone.now(),
        by=by,
        username=_one_line(by.username if by else username or "")[:150],
        act=act,
        subject=_one_line(subject)[:200],
        detail={name: _one_line(value) for name, value in detail.items()},
        succeeded=succeeded,
        address=come_from.address,
        request_id=come_from.request_id,
    )


def _one_line(value):
    """Text on one line; whatever is no text stays as it is."""
    if isinstance(value, str):
        return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), value)
    if isinstance(value, dict):
        return {_one_line(name): _one_line(one) for name, one in value.items()}
    return [_one_line(one) for one in value] if isinstance(value, list | tuple) else value
