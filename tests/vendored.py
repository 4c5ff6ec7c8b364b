"""What lies in static/vendor, made from npm packages; `python -m tests.vendored FOLDER` makes it anew (README there)."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.lanes import BROWSERS

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
BUNDLE = VENDOR / "plotly-basic.min.js"
RULES = VENDOR / "plotly-static.css"

DUMP = """() => Array.from(
    document.getElementById("plotly.js-style-global").sheet.cssRules, rule => rule.cssText
).join("\\n") + "\\n" """


def as_script(common_js):
    """A CommonJS locale as a script that hands it to plotly.js, whichever of the two is there first."""
    return (
        '(function () {\n"use strict";\nvar module = {};\n'
        + common_js.strip()
        + "\nif (window.Plotly) { window.Plotly.register(module.exports); }\n"
        "else { (window.PlotlyLocales = window.PlotlyLocales || []).push(module.exports); }\n}());\n"
    )


def rules(page, bundle=BUNDLE):
    """The rules that plotly.js adds to a page that allows it."""
    page.goto("about:blank")
    page.add_script_tag(content=bundle.read_text())
    return page.evaluate(DUMP)


def renew(folder):
    """Bundle, locale, licence and rules from a folder with the unpacked packages."""
    basic, locales = folder / "plotly.js-basic-dist-min", folder / "plotly.js-locales"
    # One file, so that a page asks for one.
    bundle = (basic / "plotly-basic.min.js").read_text().rstrip("\n")
    BUNDLE.write_text(bundle + "\n" + as_script((locales / "zh-cn.js").read_text()))
    shutil.copyfile(basic / "LICENSE", VENDOR / "plotly-LICENSE.txt")
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        RULES.write_text(rules(browser.new_page()))
        browser.close()


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
