"""Every reading page in every state it can be in and in every way it is looked at: whole, accessible, within the policy.

A page is a row of PAGES, a state a function of STATES, a way of looking one of LOOKS. In short, each page is looked at once.
All of them multiplied would take half an hour and more: every page is looked at once in every state, and in every way in the
state that has most to show.
"""

import datetime
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from django.utils import timezone

from indicators import findings, progress
from indicators.calculation.vocabulary import Cause
from indicators.frames import Scope
from indicators.models import DataVersion, Series, StaleMark
from tests.journeys.conftest import COLLECT_VIOLATIONS
from tests.journeys.test_first_page import AXE_RULES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.indicators.test_errors"),  # the product's addresses, and some that fail
]


@dataclass(frozen=True)
class Row:
    """A page by its URL's name, and the status of its answer where nothing is loaded."""

    name: str
    address: str
    when_empty: int = 200
    paper: int = 718  # CSS pixels between the margins of what it is printed on


LANDSCAPE, A3 = 1032, 1500
PAGES = [
    Row("overview", "/"),
    Row("overview", "/?year=2022"),
    Row("region", "/regions/150600/", when_empty=404),
    Row("region", "/regions/150000/?sort=gap", when_empty=404),
    Row("region", "/regions/150100/", when_empty=404),  # no plan sets anything for it
    Row("region-meeting", "/regions/150600/meeting/?page=2", when_empty=404, paper=LANDSCAPE),
    Row("region-meeting", "/regions/150600/meeting/?view=all", when_empty=404, paper=LANDSCAPE),
    Row("region-sheet", "/regions/150000/sheet/", when_empty=404, paper=A3),
    Row("plan-indicator", "/regions/150600/valid-trademarks/", when_empty=404),
    Row("plan-indicator", "/regions/150600/protection-satisfaction/", when_empty=404),  # a condition, nothing to draw
    Row("history", "/history/?region=150600&indicator=patents-granted", when_empty=404),
    Row("indicators", "/indicators/"),
    Row("indicators", "/indicators/?q=xyzzy"),
    Row("indicator", "/indicators/valid-trademarks/", when_empty=404),
    Row("compare", "/compare/"),
    Row("compare", "/compare/?region=150600,150500&indicator=patents-granted,valid-trademarks&year_min=2015", paper=LANDSCAPE),
    Row("quality", "/quality/"),
    Row("plans", "/plans/", paper=LANDSCAPE),
    Row("plan", "/plans/ordos-2021-2025/", when_empty=404, paper=LANDSCAPE),
    Row("methods", "/methods/"),
    Row("search", "/search/"),
    Row("search", "/search/?q=%E5%95%86%E6%A0%87"),
    Row("search", "/search/?q=xyzzy"),
    Row("api", "/api/"),
    Row("api-console", "/api/v1/console/"),
    Row("login", "/accounts/login/"),
]
ERRORS = [
    ("/suspicious/", 400),
    ("/forbidden/", 403),
    ("/nowhere/", 404),
    ("/regions/999999/", 404),
    ("/?year=x", 404),
    ("/broken/", 500),
]

# States


def nothing():
    """The first day: not even regions."""


def bundled():
    """The plans and published figures that come with the product."""
    call_command("load_plans", stdout=io.StringIO())
    computed()


def computed():
    progress.rebuild()
    with transaction.atomic():
        findings.refresh(Scope.between(0, 10**9))


def full():
    """Figures for every plan indicator, as after some years of use."""
    call_command("load_demo", stdout=io.StringIO())
    computed()
    DataVersion.objects.update(is_demo=False)


def demo():
    """The same, under the banner that says so."""
    full()
    DataVersion.objects.update(is_demo=True)


def stale():
    """Figures wait to be computed again, all of them."""
    full()
    StaleMark.objects.bulk_create(
        StaleMark(series=series, cause=Cause.CHANGED, marked_at=timezone.now()) for series in Series.objects.all()
    )


STATES: dict[str, Callable[[], None]] = {one.__name__: one for one in (nothing, bundled, full, demo, stale)}

# Ways of looking


@dataclass(frozen=True)
class Look:
    width: int
    height: int
    media: dict[str, str]


LOOKS = {
    "desktop": Look(1440, 900, {}),
    "tablet": Look(768, 1024, {}),
    "phone": Look(390, 844, {}),
    "dark": Look(1440, 900, {"color_scheme": "dark"}),
    "dark phone": Look(390, 844, {"color_scheme": "dark"}),
    "forced colours": Look(1440, 900, {"forced_colors": "active"}),
    "paper": Look(0, 1000, {"media": "print"}),
}
SHORT = ("phone",)


@pytest.fixture
def look_at(new_context, live_server):
    """A function that opens an address in a way of looking, and gives what is wrong with the page as sentences."""
    contexts = {}

    def opened(name):
        if name not in contexts:
            context = new_context()
            contexts[name] = Watched(context.new_page(), live_server.url)
        return contexts[name]

    def look_at(address, name, status=200, paper=718):
        look, watched = LOOKS[name], opened(name)
        watched.page.set_viewport_size({"width": look.width or paper, "height": look.height})
        return [f"{address} · {name}: {wrong}" for wrong in watched.faults(address, status, look)]

    yield look_at
    for watched in contexts.values():
        watched.page.context.close()


class Watched:
    """A browser's page that remembers what it asked for and complained of."""

    def __init__(self, page, own):
        self.page, self.own = page, urlsplit(own).netloc
        self.foreign, self.complaints = [], []
        page.context.route("**/*", self._guard)
        page.add_init_script(COLLECT_VIOLATIONS)
        page.on("console", self._complained)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _guard(self, route):
        address = urlsplit(route.request.url)
        if address.scheme in ("data", "blob") or address.netloc == self.own:
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()

    def _complained(self, message):
        # That the page itself was answered with 404 or 500 is what it is looked at for.
        is_own_status = message.location["url"] == self.page.url and "responded with a status" in message.text
        if message.type in ("error", "warning") and not is_own_status:
            self.complaints.append(message.text)

    def faults(self, address, status, look):
        page = self.page
        self.foreign.clear()
        self.complaints.clear()
        page.emulate_media(**look.media)
        answer = page.goto(address)
        if answer.status != status:
            yield f"answered {answer.status}, not {status}"
            return
        if page.locator("[data-figure]").count() and "media" not in look.media:
            page.locator("[data-figure]").first.scroll_into_view_if_needed()
            page.locator("[data-figure][data-drawn]").first.wait_for()
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            yield f"scrolls sideways to {page.evaluate('document.documentElement.scrollWidth')} pixels"
        on_paper = {"rules": {"target-size": {"enabled": False}}} if "media" in look.media else {}  # nothing to be hit
        found = Axe().run(page, options={**AXE_RULES, **on_paper})
        for one in found.response["violations"]:
            yield f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        if page.locator("h1").count() != 1 and "view=all" not in address:
            yield f"{page.locator('h1').count()} first headings"
        yield from self.foreign
        yield from self.complaints
        yield from page.evaluate("window.violations")


def test_every_page_in_short(look_at):
    bundled()
    wrong = [one for row in PAGES for name in SHORT for one in look_at(row.address, name, paper=row.paper)]
    assert wrong == []


def test_every_error_in_short(look_at, live_server):
    assert [one for address, status in ERRORS for one in look_at(address, "phone", status)] == []


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_every_page_in_every_state(look_at, state, monkeypatch):
    if state != "nothing":
        monkeypatch.setattr(progress, "today", lambda: datetime.date(2025, 6, 1))  # in the middle of the plans
    STATES[state]()
    wrong = []
    for row in PAGES:
        for name in LOOKS if state == "full" else SHORT:
            wrong += look_at(row.address, name, row.when_empty if state == "nothing" else 200, row.paper)
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOKS)
def test_every_error_in_every_look(look_at, name):
    assert [one for address, status in ERRORS for one in look_at(address, name, status)] == []


# What a page of an address that has arguments is asked for by; an address with others belongs to people who are logged in.
ARGUMENTS = {"code": "150600", "region": "150600", "indicator": "valid-trademarks", "slug": "ordos-2021-2025", "year": "2024"}


@pytest.mark.urls("ipdash.urls")
def test_every_public_page_has_a_row(client, bundled_data):
    """Who adds a page that everyone may read adds it to PAGES."""
    known = {row.name for row in PAGES}
    named = [one for one in _patterns(get_resolver().url_patterns) if one.name and one.name not in known]
    public = []
    for one in named:
        try:
            address = reverse(one.name, kwargs={parameter: ARGUMENTS[parameter] for parameter in one.pattern.converters})
        except (KeyError, NoReverseMatch):
            continue
        answer = client.get(address)
        answer.close()
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            public.append(one.name)
    assert public == []


@pytest.fixture
def bundled_data(db):
    bundled()


def _patterns(found):
    """The addresses by name; those within a namespace (the admin's) are not pages of the product."""
    for one in found:
        if isinstance(one, URLPattern):
            yield one
        elif not one.namespace:
            yield from _patterns(one.url_patterns)


# What came after Chromium 100, which is in offices: it drops a whole block of CSS for a condition or selector that it does not
# know, and a whole module of JavaScript for a word.
LATER_CSS = (
    r"@media[^{]*[<>]|:has\(|@container|@layer|@scope|@starting-style|color-mix\(|\b\d+[dsl]v[hw]\b|text-wrap|(?m:^\s*&)"
)
LATER_JS = (
    r"\.(toSorted|toReversed|toSpliced|isWellFormed|checkVisibility|showPopover)\("
    r"|(Object|Map)\.groupBy|Array\.fromAsync|Promise\.(withResolvers|try)|URL\.canParse|AbortSignal\.(timeout|any)\("
    r"|\.(union|intersection|difference)\(|\bwith \{ type:|^\s*using\s|/[dgimsuy]*v[dgimsuy]*[.,;)]"
)


def test_every_style_sheet_is_understood_by_chromium_100():
    sheets = list((settings.BASE_DIR / "static" / "css").glob("*.css"))
    assert len(sheets) > 6
    assert {sheet.name: found for sheet in sheets if (found := re.findall(LATER_CSS, sheet.read_text()))} == {}


def test_every_module_is_understood_by_chromium_100():
    modules = list((settings.BASE_DIR / "static" / "js").glob("*.js"))
    assert len(modules) > 6
    later = re.compile(LATER_JS, re.MULTILINE)
    assert {module.name: found[0] for module in modules if (found := later.search(module.read_text()))} == {}
