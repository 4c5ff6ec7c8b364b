"""schemathesis looks for where the API does other than its OpenAPI document says, whoever asks and whatever is sent."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

from indicators import people as doors
from indicators import workflow
from indicators.calculation.vocabulary import Role
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("prompt")]

# A body that fits the schema may still say what cannot be, such as a figure of another's region: that is documented as well.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = [200, 201, 202, 204, 401, 403, 404, 409, 410, 422]
"""


def fuzzed(address, folder, *arguments):
    (folder / "schemathesis.toml").write_text(CONFIG)
    program = str(Path(sys.executable).with_name("schemathesis"))
    options = ["--checks", "all", "--workers", "1", "--warnings", "off", *arguments]
    return subprocess.run(
        [program, "run", f"{address}/api/v1/schema/", *options], cwd=folder, capture_output=True, text=True, timeout=1800
    )


def clean(done):
    assert done.returncode == 0, done.stdout[-6000:]
    assert "No issues found" in done.stdout


@pytest.fixture
def prompt(monkeypatch, settings):
    """A server that counts nobody's requests and sends at once; else its answers, sent in two parts, take 40 ms each."""
    settings.API_RATE = 0
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    monkeypatch.setattr(WSGIRequestHandler, "get_environ", _exactly(WSGIRequestHandler.get_environ))


def _exactly(get_environ):
    """The key as it was sent. This server takes whatever Unicode calls a blank off the ends of headers, gunicorn does not."""

    def got(handler):
        environ = get_environ(handler)
        key = handler.headers.get("Idempotency-Key")
        return environ if key is None else environ | {"HTTP_IDEMPOTENCY_KEY": key}

    return got


@pytest.fixture
def waiting(filled, tree):
    """Somebody who enters and reviews for Ordos, and figures of another clerk that wait."""
    person = factories.person("both", (tree["150600"], Role.CLERK, False), (tree["150600"], Role.REVIEWER, False))
    other = factories.person("other", (tree["150600"], Role.CLERK, False))
    series = filled["ordos valid-trademarks"].series
    for year in (2016, 2017, 2018):
        workflow.submit(series, year, value=year, by=other)
    return person


def with_token(person, *, may_write):
    _, key = doors.make_token(person, name="fuzz", may_write=may_write, by=person)
    return ["-H", f"Authorization: Token {key}"]


def test_in_short(waiting, live_server, tmp_path):
    """Every operation with its examples, each value on and beyond a border, and some random ones; every check."""
    options = ["--phases", "examples,coverage,fuzzing", "--max-examples", "5"]
    clean(fuzzed(live_server.url, tmp_path, *options, *with_token(waiting, may_write=True)))


@pytest.mark.parametrize("who", ["nobody", "reading"])
def test_entries_for_who_may_not_write(waiting, live_server, tmp_path, who):
    known = [] if who == "nobody" else with_token(waiting, may_write=False)
    options = ["--phases", "examples,coverage,fuzzing", "--max-examples", "5"]
    clean(fuzzed(live_server.url, tmp_path, "--include-path-regex", "^/api/v1/entries/", *options, *known))


@pytest.mark.slow
@pytest.mark.parametrize("who", ["nobody", "reading", "writing"])
def test_at_length(waiting, live_server, tmp_path, who):
    """The same for everybody, with more random values and with calls that follow from each other."""
    known = [] if who == "nobody" else with_token(waiting, may_write=who == "writing")
    options = ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "100"]
    clean(fuzzed(live_server.url, tmp_path, *options, *known))
