"""What the API's benchmarks say is what was measured: unequal rows are not timed, a cell below its line fails."""

import json

import pytest

from bench import api
from bench.api import Load


def told(capsys, scale, rates):
    loads = {
        cell: [Load(rate, 1.0, 2.0), Load(rate * 1.1, 1.1, 2.2), Load(rate * 0.9, 0.9, 1.8)] for cell, rate in rates.items()
    }
    passed = api.tell(
        name="api",
        scale=scale,
        project="rows",
        against="another",
        ours=loads,
        theirs={cell: [Load(1000, 1.0, 2.0)] * 3 for cell in rates},
        pass_lines={"one": 0.5, "two": 0.6},
        versions={},
        load=0.1,
    )
    return passed, json.loads(capsys.readouterr().out)


def test_every_cell_is_held_against_its_line(capsys):
    passed, line = told(capsys, "nation", {"one": 550, "two": 650})
    assert (passed, line["passed"], line["worst"]["cell"]) == (True, True, "two")
    assert line["ratio"]["two"] == {"median": 0.65, "min": 0.585, "max": 0.715}
    assert line["requests_per_second"] == {"one": [550, 1000], "two": [650, 1000]}
    passed, line = told(capsys, "nation", {"one": 550, "two": 590})
    assert (passed, line["passed"]) == (False, False)


def test_nothing_is_decided_at_other_scales(capsys):
    passed, line = told(capsys, "small", {"one": 1, "two": 1})
    assert (passed, line["passed"]) == (True, None)


def test_unequal_rows_are_not_timed():
    row = {
        "id": 1,
        "region": "1",
        "indicator": "i",
        "year": 2021,
        "value": 1.5,
        "unit": "件",
        "source": "",
        "version": 1,
        "note": "",
    }
    api.check_equal("same", {"results": [row]}, {"results": [row | {"value": "1.500000", "more": 1}]})
    api.check_equal("same", {"results": [row]}, {"rows": [row]})
    for other in ([], [row, row], [row | {"value": 1.6}], [row | {"value": None}], [row | {"year": 2022}]):
        with pytest.raises(SystemExit):
            api.check_equal("other", {"results": [row]}, {"results": other})
