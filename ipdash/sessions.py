"""Sessions in the database that know when they began and when they were last used; how long one may still last."""

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

STARTED, SEEN = "started", "seen"  # seconds since 1970
TOUCH_AFTER = 60  # seconds: a session in use is written once a minute, not once a request


class SessionStore(DatabaseStore):
    """Whatever writes a session also writes that it was used."""

    def create_model_instance(self, data):
        data[SEEN] = now()
        data.setdefault(STARTED, data[SEEN])
        return super().create_model_instance(data)


def now():
    return timezone.now().timestamp()


def seconds_left(session):
    """Until the session is over: by standing idle, or by its age; 0 or less when it is."""
    idle = session.get(SEEN, 0) + settings.SESSION_IDLE_MINUTES * 60
    whole = session.get(STARTED, 0) + settings.SESSION_HOURS * 3600
    return min(idle, whole) - now()


def is_over(session, user):
    """Whether a person's session has ended: too old, idle for too long, or ended for them since it began."""
    ended = user.sessions_ended_at
    return seconds_left(session) <= 0 or bool(ended and session.get(STARTED, 0) <= ended.timestamp())


def begin(session):
    """Count from now: somebody has just shown who they are."""
    session[STARTED] = session[SEEN] = now()


def touch(session):
    """Note that the session is in use, if that is not noted already."""
    if now() - session.get(SEEN, 0) >= TOUCH_AFTER:
        session.modified = True
