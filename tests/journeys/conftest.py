"""A real browser for whole user stories: what it may reach, and what it must not complain about."""

import os
import shutil
import threading
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.waiting import settled
from tests.lanes import BROWSERS

# Playwright runs an event loop in the thread of the tests; Django would refuse to use the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A machine with other work keeps a page waiting; what is there at once costs nothing by a longer patience.
PATIENCE, LONG_PATIENCE = 15_000, 60_000
expect.set_options(timeout=PATIENCE)

SCRIPTS, ANSWERS, PAGES = (int(os.environ.get(f"SLOW_{kind}", 0)) / 1000 for kind in ("SCRIPTS", "ANSWERS", "PAGES"))

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


class Slowed:
    """The application as over a bad line, so that a test which does not wait for a page fails every time.

    In milliseconds: SLOW_SCRIPTS, SLOW_ANSWERS (to forms and to scripts), SLOW_PAGES (before each half of a page).
    """

    def __init__(self, application):
        self.application = application
        self.running = set()
        self.one_by_one = threading.Lock()  # with SQLite in memory all threads share a connection, and its transaction

    def __call__(self, environ, start_response):
        request = object()
        self.running.add(request)
        try:
            yield from self._answered(environ, start_response)
        finally:
            self.running.discard(request)

    def _answered(self, environ, start_response):
        is_script = environ["PATH_INFO"].endswith(".js")
        is_page = environ.get("HTTP_SEC_FETCH_DEST") == "document"
        is_asked = environ["REQUEST_METHOD"] != "GET" or environ.get("HTTP_SEC_FETCH_DEST") == "empty"
        time.sleep(SCRIPTS * is_script + ANSWERS * is_asked + PAGES * is_page)

        def start(status, headers, *rest):
            kept_by_no_browser = [("Cache-Control", "no-store")] if SCRIPTS and is_script else []
            return start_response(status, [*headers, *kept_by_no_browser], *rest)

        with self.one_by_one:
            body = self.application(environ, start)
        try:
            if PAGES and is_page:
                whole = b"".join(body)
                yield whole[: len(whole) // 2]
                time.sleep(PAGES)
                yield whole[len(whole) // 2 :]
            else:
                yield from body
        finally:
            body.close()


@pytest.fixture(scope="session")
def live_server(live_server):
    """The server of the tests, which can be slow on purpose and knows what it has not answered yet."""
    server = live_server.thread.httpd
    live_server.slowed = Slowed(server.get_app())
    server.set_app(live_server.slowed)
    return live_server


@pytest.fixture(scope="session")
def base_url(live_server):
    """What addresses such as "/" are relative to."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "zh-CN"}


@pytest.fixture
def new_context(new_context, live_server):
    """A function that opens a browser of its own, without anybody's cookies.

    A test ends when the server has answered everything that its browsers asked for: the tables are emptied after it.
    """
    contexts, pending = [], set()

    def opened(**options):
        context = new_context(**options)
        context.set_default_timeout(LONG_PATIENCE)
        context.on("request", lambda request: pending.add(request))
        context.on("requestfinished", lambda request: pending.discard(request))
        context.on("requestfailed", lambda request: pending.discard(request))
        context.on("close", lambda _: contexts.remove(context))
        contexts.append(context)
        return context

    yield opened
    for context in [*contexts]:
        for _ in range(100):
            if not pending or not context.pages:
                break
            context.pages[0].wait_for_timeout(50)
        context.close()
    deadline = time.monotonic() + 30
    while live_server.slowed.running and time.monotonic() < deadline:
        time.sleep(0.02)


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
        settled(page)
        assert foreign == []
        assert complaints == []
        assert page.evaluate("window.violations") == []

    return check
