"""Opens pages in Chromium, each twice: what travels, the first time and when the visitor comes again."""

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


def visit(page, wire, address):
    """Open an address and scroll through it; {"requests", "kb"} of what came over the wire."""
    wire.clear()
    page.goto(address, wait_until="networkidle")
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(500)
    page.wait_for_load_state("networkidle")
    sizes = [size for size in wire.values() if size]
    return {"requests": len(sizes), "kb": round(sum(sizes) / 1000, 1)}


def main():
    output, base, *addresses = sys.argv[1:]
    found = {}
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        for address in addresses:
            page = browser.new_context(locale="zh-CN").new_page()
            wire = {}
            session = page.context.new_cdp_session(page)
            session.on(
                "Network.loadingFinished",
                lambda event, wire=wire: wire.update({event["requestId"]: event["encodedDataLength"]}),
            )
            session.send("Network.enable")
            found[address] = {"cold": visit(page, wire, base + address), "again": visit(page, wire, base + address)}
            page.context.close()
        browser.close()
    Path(output).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
