"""How fast the entry grid is with 500 cells, from Chromium's own trace: a key until it is painted, and a pasted block.

Prints what it measured (`make test-full`, or pytest -m slow -s on this file); the lines are drawn on the medians.
"""

import json
import statistics
import time

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from indicators.models import Actual, Entry, Indicator, PlanIndicator, Series
from tests import factories
from tests.journeys.test_grid import ADDRESS, sign_in, value

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KEY_LINE, PASTE_LINE = 50, 300  # milliseconds
TURNS = 5
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"]


def grid_of(region, count):
    """So many indicators of one plan with figures of the year before."""
    plan = factories.plan(region, slug="large")
    facts = {"unit": "件", "dimension": "创造", "measure": "stock", "direction": "increase"}
    indicators = Indicator.objects.bulk_create(
        [Indicator(code=f"indicator-{number}", name=f"指标{number}", **facts) for number in range(1, count + 1)]
    )
    series = Series.objects.bulk_create([Series(region=region, indicator=indicator) for indicator in indicators])
    PlanIndicator.objects.bulk_create(
        [
            PlanIndicator(plan=plan, series=one, position=place, name=f"规划指标{place}", unit="件")
            for place, one in enumerate(series)
        ]
    )
    now = timezone.now()
    Actual.objects.bulk_create([Actual(series=one, year=2023, value=40, approved_at=now) for one in series])


def traced(browser, page, path, act):
    """The events of Chromium's trace while something is done."""
    browser.start_tracing(page=page, path=path, categories=CATEGORIES)
    act()
    page.wait_for_timeout(500)
    browser.stop_tracing()
    return json.loads(path.read_text())["traceEvents"]


def until_painted(events, kind):
    """Milliseconds from each event of a kind until what it changed was on the screen."""
    began, took = {}, []
    for event in events:
        if event.get("name") != "EventTiming":
            continue
        key = (event.get("pid"), event.get("id") or json.dumps(event.get("id2")))
        if event["ph"] == "b" and event["args"].get("data", {}).get("type") == kind:
            began[key] = event["ts"]
        elif event["ph"] == "e" and key in began:
            took.append((event["ts"] - began.pop(key)) / 1000)
    return took


def test_keys_and_paste_with_500_cells(browser, page, people, tree, base_url, tmp_path):
    rows, columns = 170, 3
    grid_of(tree["150600"], rows)
    sign_in(page.context, people["alta"], base_url)
    page.goto(ADDRESS)
    value(page).focus()

    def type_and_go_down():
        for number in range(1, 31):
            page.keyboard.type(str(40 + number))
            page.keyboard.press("Enter")
            page.wait_for_timeout(40)

    keys = until_painted(traced(browser, page, tmp_path / "keys.json", type_and_go_down), "keydown")
    expect(page.locator("#unsaved")).to_be_empty(timeout=60_000)

    pastes = []
    for turn in range(TURNS):
        line = "\t".join([str(41 + turn), f"年报 {turn}", f"说明 {turn}"])
        value(page).focus()
        before = time.monotonic()
        pastes.append(pasted(page, "\n".join([line] * rows)))
        expect(page.locator("#pasted")).to_contain_text(f"已填入 {rows * columns} 格")
        expect(page.locator("#unsaved")).to_be_empty(timeout=120_000)
        stored = time.monotonic() - before
    assert Entry.objects.filter(as_typed=str(40 + TURNS)).count() == rows

    key, block = statistics.median(keys), statistics.median(pastes)
    print(
        f"\n{rows} rows, {rows * columns} cells: key to paint median {key:.1f} ms, worst {max(keys):.1f} ms of {len(keys)};"
        f" paste to paint median {block:.1f} ms, worst {max(pastes):.1f} ms; all stored after {stored:.1f} s"
    )
    assert len(keys) >= 60
    assert key <= KEY_LINE
    assert block <= PASTE_LINE


def pasted(page, text):
    """Milliseconds from a paste until what it filled was painted: the task after the frame that follows."""
    return page.evaluate(
        """text => new Promise(done => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const began = performance.now();
            const told = { clipboardData: data, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", told));
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
        })""",
        text,
    )
