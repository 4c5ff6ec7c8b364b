"""A real browser for whole user stories: what it may reach, and what it must not complain about."""

import os
import shutil
from urllib.parse import urlsplit

import pytest

from tests.lanes import BROWSERS

# Playwright runs an event loop in the thread of the tests; Django would refuse to use the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

COLLECT_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's Chromium, which asks nothing of anybody by itself."""
    quiet = [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    return {**browser_type_launch_args, "executable_path": path, "headless": True, "args": ["--no-sandbox", *quiet]}


@pytest.fixture(scope="session")
def base_url(live_server):
    """What addresses such as "/" are relative to."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "zh-CN"}


@pytest.fixture
def clean(page, live_server):
    """Asserts about what was opened so far: nothing asked of other sites, refused by the policy, or complained of."""
    foreign, complaints = [], []
    own = urlsplit(live_server.url).netloc

    def guard(route):
        address = urlsplit(route.request.url)
        if address.scheme in ("data", "blob") or address.netloc == own:
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    page.context.route("**/*", guard)
    page.add_init_script(COLLECT_VIOLATIONS)
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def check():
        assert foreign == []
        assert complaints == []
        assert page.evaluate("window.violations") == []

    return check
