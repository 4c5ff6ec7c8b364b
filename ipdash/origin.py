"""Where the request that is being answered comes from: its id and the address of who asks, for log and audit alike."""

import contextvars
import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Outside a request (a command, a task) there is no address and the id is blank."""

    request_id: str = ""
    address: str | None = None


_origin = contextvars.ContextVar("origin", default=Origin())  # noqa: B039 - frozen


def current():
    return _origin.get()


def enter(origin):
    """Make it the current one; what comes back ends it again with `leave`."""
    return _origin.set(origin)


def leave(token):
    _origin.reset(token)


def address_of(request, *, behind_proxy):
    """The address a request came from.

    Behind a proxy that is the last hop of X-Forwarded-For: the proxy wrote it, whatever stands before could be anybody's claim.
    """
    said = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1] if behind_proxy else ""
    for text in (said, request.META.get("REMOTE_ADDR", "")):
        try:
            return str(ipaddress.ip_address(text.strip().partition("%")[0]))
        except ValueError:
            continue
    return None
