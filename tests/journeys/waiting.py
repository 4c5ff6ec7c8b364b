"""Waiting for a page: what it shows may be there before its styles, its other half, and the scripts that make its keys work."""

import time
from contextlib import contextmanager


def settled(page):
    """Wait until the page shown is whole and its scripts have run."""
    page.wait_for_load_state("load")


@contextmanager
def leaving(page):
    """What is done within leads to another page, or to the same anew; after it, that page is whole and its scripts have run."""
    with page.expect_navigation(wait_until="load"):
        yield


@contextmanager
def intercepted(page, pattern, handle):
    """What the page asks for within goes to a function; page.unroute would trip over a request that is just on its way."""
    is_over = False
    page.route(pattern, lambda route: route.fallback() if is_over else handle(route))
    yield
    is_over = True


@contextmanager
def scripts_late(page):
    """What is done within comes before the scripts of the page that is opened in it; after it, they have run."""
    held = []
    with intercepted(page, "**/*.js", held.append):
        yield
        until(page, lambda: held, "the page asks for its scripts")
    while held:
        held.pop().continue_()
    settled(page)


def until(page, condition, what, seconds=15):
    """Wait for what no locator can tell; the policy of our pages forbids page.wait_for_function."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        page.wait_for_timeout(50)
