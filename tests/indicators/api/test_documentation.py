"""The API's page for people: its examples work as they stand, and nothing that the API knows is missing from it."""

import html
import re

import pytest

from indicators.api import asked, problems
from indicators.api.lists import LISTINGS

pytestmark = pytest.mark.django_db


def _reading(text):
    """The part on reading: other parts of the API tell theirs after it."""
    return text.partition('<section>\n  <h2 id="fields">')[0]


def test_every_address_of_an_example_answers(bundled, client):
    text = html.unescape(client.get("/api/").content.decode())
    addresses = set(re.findall(r"http://testserver(/api/v1/[^'\"\s<]*)", _reading(text)))
    assert len(addresses) >= 6
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        assert response.getvalue() if response.streaming else response.content


def test_everything_is_told(bundled, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        text = html.unescape(client.get("/api/").content.decode())
    for listing in LISTINGS.values():
        assert f">{listing.name}/<" in text
        for field in listing.fields:
            assert f">{field.name}</th><td>{field.heading}</td>" in text
        for parameter in (*listing.parameters, *asked.COMMON):
            assert f'class="code">{parameter}</th>' in text
    for kind in problems.KINDS.values():
        assert f'id="{kind.code}"' in text  # where the type of a problem leads


def test_links_of_the_page_lead_somewhere(bundled, client):
    text = client.get("/api/").content.decode()
    main = re.search(r"<main.*</main>", text, re.DOTALL)[0]
    for address in set(re.findall(r'href="(/[^"#]*)', main)):
        response = client.get(address)
        assert response.status_code == 200, address
        assert response.getvalue() if response.streaming else response.content
    for anchor in re.findall(r'href="#([^"]+)"', main):
        assert f'id="{anchor}"' in main


def test_only_reading(client, db):
    for address in ("/api/", "/api/v1/console/"):
        assert client.post(address).status_code in (403, 405)


def test_the_console_is_a_page(db, client):
    text = client.get("/api/v1/console/").content.decode()
    assert 'data-schema="/api/v1/schema/"' in text
    assert '<script type="module"' in text
    assert not re.search(r"<script(?![^>]*src=)", text)
