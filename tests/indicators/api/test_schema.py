"""The OpenAPI document says what the API does."""

import jsonschema
import pytest

from indicators.api import asked, problems, schema
from indicators.api.lists import LISTINGS

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(filled, client):
    return client.get("/api/v1/schema/").json()


def at(document, reference):
    for name in reference.removeprefix("#/").split("/"):
        document = document[name]
    return document


def parameters(document, path):
    given = document["paths"][path]["get"].get("parameters", [])
    return {one["name"]: one for one in (at(document, each["$ref"]) if "$ref" in each else each for each in given)}


def plain(part, document):
    """JSON schema as the validator knows it: references followed, `nullable` written as a type."""
    if isinstance(part, list):
        return [plain(one, document) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return plain(at(document, part["$ref"]), document)
    made = {name: plain(one, document) for name, one in part.items() if name not in ("nullable", "example")}
    if part.get("nullable"):
        made["type"] = [made["type"], "null"]
    return made


def test_every_list_and_object_is_described(document):
    for name, listing in LISTINGS.items():
        assert set(parameters(document, f"/api/v1/{name}/")) == {*listing.parameters, *asked.COMMON}
        assert set(parameters(document, f"/api/v1/{name}/{{id}}/")) == {"id", "fields"}
    assert document["openapi"] == "3.0.3"
    assert document["servers"] == [{"url": "http://testserver"}]


@pytest.mark.parametrize("name", LISTINGS)
def test_answers_and_examples_are_as_described(document, client, name):
    answer = document["paths"][f"/api/v1/{name}/"]["get"]["responses"]["200"]["content"]["application/json"]
    page = plain(answer["schema"], document)
    row = page["properties"]["results"]["items"]
    assert list(row["properties"]) == list(LISTINGS[name].names)
    jsonschema.validate(client.get(f"/api/v1/{name}/?count=true").json(), page)
    jsonschema.validate(answer["example"], page)
    jsonschema.validate(answer["example"]["results"][0], row | {"required": list(row["properties"])})


def test_every_error_has_its_response_and_example(document):
    responses = document["components"]["responses"]
    for kind in problems.KINDS.values():
        examples = responses[str(kind.status)]["content"]["application/problem+json"]["examples"]
        jsonschema.validate(examples[kind.code]["value"], plain(document["components"]["schemas"]["Problem"], document))
    for name in LISTINGS:
        assert {"200", "304", "400", "406", "413", "429", "500", "503"} == set(
            document["paths"][f"/api/v1/{name}/"]["get"]["responses"]
        )


def test_codes_that_may_be_asked_for_are_listed(document):
    codes = document["components"]["schemas"]
    assert codes["RegionCode"]["enum"] == ["100000", "150000", "150500", "150523", "150600"]
    assert codes["PlanSlug"]["enum"] == ["ordos-2021-2025", "tongliao-2021-2025"]


def test_an_empty_database_has_a_valid_document_too(db, client):
    assert "enum" not in client.get("/api/v1/schema/").json()["components"]["schemas"]["RegionCode"]


def test_another_part_adds_its_own(document, client, monkeypatch):
    monkeypatch.setattr(schema, "_paths", dict(schema._paths))
    monkeypatch.setattr(schema, "_components", {})
    path = {"/api/v1/other/": {"get": {"responses": {"200": {"description": "x"}}}}}
    schema.register(path, securitySchemes={"token": {"type": "apiKey", "in": "header", "name": "Authorization"}})
    found = schema.document("http://testserver")
    assert found["paths"]["/api/v1/other/"] == path["/api/v1/other/"]
    assert "token" in found["components"]["securitySchemes"]
