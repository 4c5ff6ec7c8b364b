"""The small figures drawn on the server: where their marks stand, and what they say to who cannot see them."""

import re
from dataclasses import fields

import pytest

from indicators.calculation import assessment
from indicators.reports.standing import Standing
from indicators.templatetags.cells import figure
from indicators.templatetags.figures import bullet, sign, sparkline


def row(**known):
    """A standing of 2024 with a baseline of 10 in 2020 and 50 to reach in 2025."""
    plain = dict.fromkeys(field.name for field in fields(Standing))
    return Standing(
        **plain
        | {
            "year": 2024, "name": "注册商标", "unit": "件", "base": "件", "decimals": 0, "direction": "increase",
            "baseline_year": 2020, "baseline_value": 10, "last_year": 2025, "status": "on_track", "is_stale": False,
        }
        | known
    )  # fmt: skip


def places(svg):
    """{mark: (x, width)}"""
    bars = re.findall(r'<rect class="(bar|band)" x="([\d.-]+)" y="\d+" width="([\d.-]+)"', svg)
    lines = re.findall(r'<line class="(\w+)" x1="([\d.-]+)"', svg)
    return {name: (float(x), float(width)) for name, x, width in bars} | {name: (float(x), 0.0) for name, x in lines}


def test_bar_runs_from_baseline_towards_the_target():
    at = places(bullet(row(actual=30, expected=42), 50))
    assert at["baseline"] == (4, 0)
    assert at["target"] == (196, 0)
    assert at["bar"] == (4, 96)
    assert at["expected"] == (157.6, 0)


def test_less_is_better_runs_the_same_way():
    at = places(bullet(row(direction="decrease", baseline_value=20, actual=15), 10))
    assert (at["baseline"], at["target"], at["bar"]) == ((4, 0), (196, 0), (4, 96))


def test_below_the_baseline_runs_the_other_way():
    at = places(bullet(row(actual=0, status="reversed"), 50))
    assert at["bar"][0] == 4
    assert at["baseline"][0] == pytest.approx(at["bar"][0] + at["bar"][1], abs=0.2)


def test_without_a_baseline_it_starts_at_nothing():
    at = places(bullet(row(baseline_value=None, baseline_year=None, direction="decrease", actual=4), 5))
    assert at["bar"] == (4, 153.6)
    assert at["target"] == (196, 0)
    assert "baseline" not in at


def test_far_beyond_the_target_an_arrow_stands_for_the_rest():
    assert 'class="beyond"' in bullet(row(actual=5000), 50)
    assert 'class="beyond"' not in bullet(row(actual=60), 50)


def test_a_range_is_a_band():
    at = places(bullet(row(baseline_value=None, baseline_year=None, actual=1), 1, 2))
    assert at["band"] == (100, 96)
    assert "2025 年目标 1～2；" in bullet(row(actual=1), 1, 2)


def test_without_an_actual_only_target_and_baseline_are_drawn():
    svg = bullet(row(expected=42, status="no_data"), 50)
    assert set(places(svg)) == {"baseline", "target"}
    assert 'aria-label="注册商标（件）：2024 年没有实际值，2020 年基期 10，2025 年目标 50；未填报。"' in svg


def test_without_anything_to_draw_there_is_nothing():
    assert bullet(row(baseline_value=None, baseline_year=None)) == ""


def test_an_actual_with_nothing_to_hold_it_against_is_not_drawn():
    assert bullet(row(actual=162)) == ""
    assert bullet(row(baseline_value=None, baseline_year=None, actual=162)) == ""


def test_what_a_condition_is_held_against_is_no_target():
    letters = "".join("o" if name == "expected" else "." for name in assessment.EXPLAINED)
    assert assessment.reasons(letters) == {"expected": "condition"}
    svg = bullet(row(actual=30, required=40, letters=letters, status="behind"))
    assert "2024 年实际 30，2020 年基期 10，须高于 40；明显滞后。" in svg


def test_all_the_same_is_no_error():
    assert 'role="img"' in bullet(row(baseline_value=0, actual=0), 0)


def test_the_years_own_target_is_drawn_where_there_is_no_final_one():
    assert "2024 年目标 40；" in bullet(row(actual=30, required=40))
    svg = bullet(row(baseline_value=None, baseline_year=None, actual=1, required=1), None, 2)
    assert places(svg)["band"] == (100, 96)
    assert "2024 年目标 1～2；" in svg


def test_sparkline_breaks_where_a_year_is_missing():
    svg = sparkline(row(), [(2021, 10), (2022, None), (2023, 20), (2024, 30)], 50)
    steps = re.search(r'class="line" d="([^"]+)"', svg)[1]
    assert re.sub(r"[^ML]", "", steps) == "MML"
    assert 'class="goal"' in svg
    assert 'aria-label="注册商标（件）：2021 年 10、2022 年缺、2023 年 20、2024 年 30；2025 年目标 50。"' in svg
    years_apart = sparkline(row(), [(2020, 10), (2022, 20)])
    assert re.sub(r"[^ML]", "", re.search(r'class="line" d="([^"]+)"', years_apart)[1]) == "MM"


def test_sparkline_without_values_is_nothing():
    assert sparkline(row(), [(2021, None)], 50) == ""


def test_sign_is_symbol_word_and_class():
    assert sign(row()) == '<span class="status good"><span aria-hidden="true">●</span> 符合预期</span>'
    assert "正在重算" in sign(row(is_stale=True))


def test_figure_is_the_number_or_the_reason():
    assert figure(row(actual=1234.0), "actual") == "1,234"
    assert 'title="没有数值"' in figure(row(), "actual")


def test_text_is_escaped():
    assert "&quot;&gt;&lt;b&gt;" in bullet(row(name='"><b>', actual=30), 50)
    assert "&quot;&gt;&lt;b&gt;" in sparkline(row(name='"><b>'), [(2021, 1)])
