"""Whatever is asked, the answer is rows or a problem with a sentence: never an error of the program."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.api import asked
from indicators.api.lists import LISTINGS
from indicators.calculation.vocabulary import Status

pytestmark = pytest.mark.django_db

SENSIBLE = {
    "region": ["150600", "150500", "150000", "999999", "150600,150500"],
    "indicator": ["valid-trademarks", "service-satisfaction", "no-such", "valid-trademarks,service-satisfaction"],
    "plan": ["ordos-2021-2025", "no-such", "ordos-2021-2025,tongliao-2021-2025"],
    "descendants": ["true", "false"],
    "year": ["2021", "2024", "2099"],
    "year_min": ["1949", "2022"],
    "year_max": ["2022", "2100"],
    "status": [*Status.values(), "behind,on_track"],
    "page_size": ["1", "3", "1000"],
    "count": ["true", "false"],
    "fields": ["id", "region,year", "value", "id,status,reasons"],
    "ordering": ["region", "-region", "id", "-id", "code"],
    "format": ["json", "csv"],
    "headings": ["zh", "en"],
    "bom": ["true", "false"],
    "cursor": ["after~region~1~1~1", "before~-region~9~9~9~2024", "after~id~3", "before~-id~3", "after~code~150000"],
}
NAMES = st.sampled_from([*SENSIBLE, "page", "q", "", "\x00", "地区"])


@st.composite
def questions(draw):
    names = draw(st.lists(NAMES, max_size=5))
    return [(name, draw(st.sampled_from(SENSIBLE[name]) | st.text(max_size=12) if name in SENSIBLE else st.text(max_size=5)))
            for name in names]  # fmt: skip


def refuse_constant(word):
    raise AssertionError(f"{word} is no JSON")


@given(st.sampled_from(list(LISTINGS)), questions())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_or_a_problem(filled, client, name, question):
    response = client.get(f"/api/v1/{name}/?{urlencode(question)}")
    if response.status_code == 200 and response["Content-Type"] != "application/json":
        assert response.getvalue().decode("utf-8-sig").splitlines()
        return
    answer = json.loads(response.content, parse_constant=refuse_constant)
    if response.status_code == 200:
        assert {"next", "previous", "results"} <= set(answer)
    else:
        assert response.status_code == 400
        assert answer["code"] in {"unknown_parameter", "repeated_parameter", "bad_value", "bad_cursor", "unknown_region",
                                  "unknown_indicator", "unknown_plan"}  # fmt: skip
        assert answer["detail"].endswith("。")


def test_every_parameter_is_among_the_questions():
    assert {one for listing in LISTINGS.values() for one in listing.parameters} | set(asked.COMMON) == set(SENSIBLE)
