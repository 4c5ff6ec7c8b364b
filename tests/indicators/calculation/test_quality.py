"""The checks of numbers, worked by hand: what each finds on one side of its limit and leaves alone on the other."""

import json
import math

import pandas as pd
import pytest

from indicators.calculation import quality
from indicators.calculation.quality import Check, Evidence

ORDOS, REGION, TONGLIAO = 1, 2, 3
NAMES = {ORDOS: "鄂尔多斯市", REGION: "内蒙古自治区", TONGLIAO: "通辽市"}
PARENTS = {ORDOS: REGION, TONGLIAO: REGION}
COLUMNS = {
    "series": "series region_name indicator_name unit measure sign parent parent_name",
    "recorded": "series year value",
    "baselines": "series year value",
    "children": "series child",
    "targets": "plan_indicator series year value",
    "statements": "series year about since_year value unit printed place plan",
    "stated": "plan series year about lower upper",
    "tied": "series region_name name other_region other_name",
}


def a_series(number=ORDOS, measure="stock", unit="件", name="有效发明专利拥有量", sign=1):
    parent = PARENTS.get(number, -1)
    return (number, NAMES[number], name, unit, measure, sign, parent, NAMES.get(parent))


def find(*series, **frames):
    """The findings on small frames: `recorded` and `baselines` as {series: {year: value}}, the others row by row."""
    rows = {"series": list(series), **frames}
    for name in ("recorded", "baselines"):
        by_series = rows.get(name, {})
        rows[name] = [(number, year, value) for number, of in by_series.items() for year, value in of.items()]
    tables = {name: pd.DataFrame(rows.get(name, []), columns=columns.split()) for name, columns in COLUMNS.items()}
    floats = {"recorded": ["value"], "baselines": ["value"], "targets": ["value"], "stated": ["lower", "upper"]}
    for name, columns in floats.items():
        tables[name] = tables[name].astype(dict.fromkeys(columns, "float64"))
    return quality.find(Evidence(**tables))


def kinds(findings):
    return [finding.check.value for finding in findings]


def the(findings):
    [finding] = findings
    return finding


# A value with its unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (446000, "万元", "44.6 亿元"),
        (62140, "万元", "6.214 亿元"),
        (9999, "万元", "9999 万元"),
        (10000, "万元", "1 亿元"),
        (295100, "件", "29.51 万件"),
        (9999.5, "件", "9999.5 件"),
        (-20000, "件", "-2 万件"),
        (0, "件", "0 件"),
        (0.1 + 0.2, "件", "0.3 件"),
        (83, "%", "83%"),
        (12000, "%", "12000%"),
        (12000, "分", "12000 分"),
        (2000, "人次", "2000 人次"),
        (999999999.999999, "家", "99999.9999999999 万家"),
    ],
)
def test_a_value_is_shown_as_people_say_it(value, unit, text):
    assert quality.shown(value, unit) == text


# A region above the one that contains it


def test_a_region_above_its_container_in_the_same_year():
    found = the(find(a_series(), recorded={ORDOS: {2022: 101}, REGION: {2022: 100}}))
    assert (found.series, found.plan_indicator, found.year) == (ORDOS, None, 2022)
    assert (found.check, found.severity.label) == (Check.ABOVE_CONTAINER, "警示")
    assert found.sentence == (
        "鄂尔多斯市有效发明专利拥有量 2022 年实际值 101 件，大于包含它的内蒙古自治区 2022 年实际值 100 件"
    )
    assert json.loads(found.evidence) == {"value": 101, "parent_value": 100, "parent_year": 2022}


@pytest.mark.parametrize("value", [100, 99.999999])
def test_a_region_may_be_all_of_its_container(value):
    assert find(a_series(), recorded={ORDOS: {2022: value}, REGION: {2022: 100}}) == []


def test_pledges_of_ordos_in_2020_beside_the_whole_region_in_2021():
    series = a_series(measure="flow", unit="万元", name="知识产权质押融资金额")
    found = the(find(series, baselines={ORDOS: {2020: 446000}, REGION: {2021: 158000}}))
    assert found.sentence == (
        "鄂尔多斯市知识产权质押融资金额 2020 年基期值 44.6 亿元，大于包含它的内蒙古自治区 2021 年基期值 15.8 亿元"
    )


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({2021: 90, 2022: 80, 2023: 70}, "2022 年实际值 80 件"),  # the same year
        ({2021: 90, 2023: 70}, "2021 年实际值 90 件"),  # as near: the year before
        ({2023: 70}, "2023 年实际值 70 件"),
        ({2021: 90, 2022: 100, 2023: 70}, None),  # the same year alone counts
        ({2021: 100, 2023: 70}, None),  # the year before alone counts
        ({2020: 10, 2024: 10}, None),  # too far
        ({}, None),
    ],
)
def test_the_nearest_year_of_the_container_within_one(theirs, said):
    found = find(a_series(), recorded={ORDOS: {2022: 100}, REGION: theirs})
    if said is None:
        assert found == []
    else:
        assert the(found).sentence.endswith(f"2022 年实际值 100 件，大于包含它的内蒙古自治区 {said}")


def test_what_is_recorded_counts_before_a_baseline_of_the_same_year():
    mine = {"recorded": {ORDOS: {2022: 100}, REGION: {2022: 150}}}
    assert find(a_series(), **mine, baselines={REGION: {2022: 50}, ORDOS: {2022: 500}}) == []
    found = the(find(a_series(), recorded={ORDOS: {2022: 100}}, baselines={REGION: {2022: 50}}))
    assert found.sentence.endswith("2022 年实际值 100 件，大于包含它的内蒙古自治区 2022 年基期值 50 件")


@pytest.mark.parametrize(
    ("measure", "is_found"),
    [
        *((measure, True) for measure in ("stock", "cumulative", "increment", "flow", "annual")),
        *((measure, False) for measure in ("ratio", "milestone")),
    ],
)
def test_only_amounts_are_above_a_container(measure, is_found):
    found = find(a_series(measure=measure), recorded={ORDOS: {2022: 101}, REGION: {2022: 100}})
    assert kinds(found) == (["above_container"] if is_found else [])


def test_a_region_without_parent_is_above_nothing():
    assert find(a_series(REGION), recorded={REGION: {2022: 10**9}}) == []


def test_not_applicable_is_compared_with_nothing():
    assert find(a_series(), recorded={ORDOS: {2022: 100}, REGION: {2022: math.nan}}) == []


# From one year to the next


@pytest.mark.parametrize(
    ("before", "after", "check"),
    [
        (100, 50, "jumps"),  # halved exactly
        (100, 50.000001, None),
        (100, 300, "jumps"),  # tripled exactly
        (100, 299.999999, None),
        (100, 100, None),
        (1, 4999, "jumps"),
        (1, 5000, "ten_thousandfold"),
        (29.51, 295100, "ten_thousandfold"),
        (295100, 29.51, "ten_thousandfold"),
        (5000, 1, "ten_thousandfold"),
        (4999, 1, "jumps"),
        (0, 100, None),  # no share of nothing
        (100, 0, None),
        (-10, 100, None),
    ],
)
def test_a_year_that_halves_triples_or_slips_by_ten_thousand(before, after, check):
    found = find(a_series(measure="flow"), recorded={ORDOS: {2021: before, 2022: after}})
    assert kinds(found) == ([check] if check else [])
    assert all((finding.series, finding.year) == (ORDOS, 2022) for finding in found)


@pytest.mark.parametrize(
    ("measure", "recorded", "sentence"),
    [
        (
            *("flow", {2021: 17, 2022: 7}),
            "鄂尔多斯市有效发明专利拥有量 2022 年实际值 7 件，上年实际值 17 件，一年之内减半或增至三倍以上",
        ),
        (
            *("flow", {2021: 295100, 2022: 30}),
            "鄂尔多斯市有效发明专利拥有量 2022 年实际值 30 件，上年实际值 29.51 万件，相差约一万倍，请核对单位",
        ),
        (
            *("stock", {2021: 17, 2022: 16}),
            "鄂尔多斯市有效发明专利拥有量 2022 年实际值 16 件，上年实际值 17 件，存量或累计数一般不会下降",
        ),
    ],
)
def test_both_years_are_named_with_their_figures(measure, recorded, sentence):
    found = the(find(a_series(measure=measure), recorded={ORDOS: recorded}))
    assert found.sentence == sentence
    assert json.loads(found.evidence) == {"value": recorded[2022], "before": recorded[2021]}


def test_the_baseline_stands_for_its_year():
    found = the(find(a_series(measure="flow"), baselines={ORDOS: {2020: 10}}, recorded={ORDOS: {2021: 30}}))
    assert "2021 年实际值 30 件，上年基期值 10 件" in found.sentence


def test_years_with_a_hole_between_are_not_compared():
    assert find(a_series(), recorded={ORDOS: {2020: 100, 2022: 1}}) == []


@pytest.mark.parametrize(
    ("measure", "check"),
    [
        ("stock", "falls"),
        ("cumulative", "falls"),
        *((measure, None) for measure in ("flow", "increment", "annual", "ratio", "milestone")),
    ],
)
def test_a_total_that_falls(measure, check):
    found = find(a_series(measure=measure), recorded={ORDOS: {2021: 100, 2022: 99.999999}})
    assert kinds(found) == ([check] if check else [])
    assert all(finding.severity.label == "警示" for finding in found)
    assert find(a_series(measure=measure), recorded={ORDOS: {2021: 100, 2022: 100}}) == []


@pytest.mark.parametrize(
    ("measure", "check"),
    [
        *(("stock", "falls"), ("cumulative", "falls")),  # that it also halves goes without saying
        *((measure, "jumps") for measure in ("flow", "annual", "ratio", "milestone")),
        ("increment", None),  # what is new in a year may be little or much
    ],
)
def test_a_year_that_halves_by_measure(measure, check):
    found = find(a_series(measure=measure), recorded={ORDOS: {2021: 100, 2022: 50}})
    assert kinds(found) == ([check] if check else [])


def test_a_slip_is_not_told_as_a_fall_too():
    assert kinds(find(a_series(), recorded={ORDOS: {2021: 295100, 2022: 29.51}})) == ["ten_thousandfold"]


# Parts above their whole

PARTS = [(REGION, ORDOS), (REGION, TONGLIAO)]


@pytest.mark.parametrize(
    ("ordos", "tongliao", "is_found"),
    [
        (60, 40, False),
        (60, 40.000001, True),
        (60, 39, False),
        (0.1, 99.9, False),
        (33.3, 66.7, False),
    ],
)
def test_parts_add_up_to_more_than_their_whole(ordos, tongliao, is_found):
    recorded = {REGION: {2022: 100}, ORDOS: {2022: ordos}, TONGLIAO: {2022: tongliao}}
    found = find(a_series(REGION), recorded=recorded, children=PARTS)
    assert kinds(found) == (["parts_above_whole"] if is_found else [])


@pytest.mark.parametrize(("ordos", "tongliao", "whole"), [(0.1, 0.2, 0.3), (0.7, 0.1, 0.8), (1.1, 2.2, 3.3)])
def test_noise_of_adding_is_not_more_than_the_whole(ordos, tongliao, whole):
    recorded = {REGION: {2022: whole}, ORDOS: {2022: ordos}, TONGLIAO: {2022: tongliao}}
    assert find(a_series(REGION), recorded=recorded, children=PARTS) == []


def test_parts_are_told_with_their_number_and_sum():
    recorded = {REGION: {2022: 295100}, ORDOS: {2022: 200000}, TONGLIAO: {2022: 100000.5}}
    found = the(find(a_series(REGION), recorded=recorded, children=PARTS))
    assert (found.series, found.year, found.severity.label) == (REGION, 2022, "警示")
    assert found.sentence == "内蒙古自治区有效发明专利拥有量 2022 年 29.51 万件，而所辖 2 个地区合计 30.00005 万件"
    assert json.loads(found.evidence) == {"value": 295100, "total": 300000.5}


def test_only_recorded_parts_of_the_same_year_of_amounts():
    whole = {REGION: {2022: 100}}
    parts = {ORDOS: {2022: 90}, TONGLIAO: {2021: 90}}
    assert find(a_series(REGION), recorded=whole | parts, children=PARTS) == []
    parts = {ORDOS: {2022: 90}, TONGLIAO: {2022: math.nan}}
    assert find(a_series(REGION), recorded=whole | parts, children=PARTS) == []
    assert find(a_series(REGION), recorded=whole | {ORDOS: {2022: 90}}, baselines={TONGLIAO: {2022: 90}}, children=PARTS) == []
    parts = {ORDOS: {2022: 90}, TONGLIAO: {2022: 90}}
    assert find(a_series(REGION, measure="ratio"), recorded=whole | parts, children=PARTS) == []
    assert find(a_series(REGION), recorded=parts, baselines={REGION: {2022: 100}}, children=PARTS) == []
    assert kinds(find(a_series(REGION), recorded=whole | parts, children=PARTS)) == ["parts_above_whole"]


def test_one_part_above_its_whole_is_found_from_both_ends():
    recorded = {REGION: {2022: 100}, ORDOS: {2022: 101}}
    found = find(a_series(REGION), a_series(ORDOS), recorded=recorded, children=PARTS)
    assert [(finding.series, finding.check.value) for finding in found] == [
        (ORDOS, "above_container"),
        (REGION, "parts_above_whole"),
    ]


# A target below the one before


def targets(*values, plan_indicator=7, years=(2022, 2023, 2025)):
    return [(plan_indicator, ORDOS, year, value) for year, value in zip(years, values, strict=False)]


@pytest.mark.parametrize(
    ("sign", "values", "year"),
    [
        (1, (10, 9.999999), 2023),
        (1, (10, 10), None),
        (1, (10, 12, 11), 2025),
        (1, (10, 12, 15), None),
        (-1, (10, 10.000001), 2023),
        (-1, (10, 10), None),
        (-1, (10, 8, 5), None),
        (-1, (10, 8, 9), 2025),
    ],
)
def test_a_target_that_asks_for_less_than_the_one_before(sign, values, year):
    found = find(a_series(sign=sign), targets=targets(*values))
    assert [(finding.check.value, finding.plan_indicator, finding.year) for finding in found] == (
        [("target_falls", 7, year)] if year else []
    )


def test_both_targets_are_named_with_their_years():
    found = the(find(a_series(unit="万元"), targets=targets(600000, 400000, years=(2022, 2025))))
    assert found.sentence == "鄂尔多斯市有效发明专利拥有量 2025 年目标 40 亿元，不及 2022 年目标 60 亿元"
    assert json.loads(found.evidence) == {"value": 400000, "before": 600000}


def test_yearly_bars_may_fall_and_plans_do_not_answer_for_each_other():
    assert find(a_series(measure="annual"), targets=targets(10, 5)) == []
    assert find(a_series(), targets=[*targets(10), *targets(5, plan_indicator=8, years=(2023,))]) == []


# Statements that disagree


def a_statement(about, value, printed, *, year=2020, since=None, unit="件", plan=-1, place="第一章"):
    return (ORDOS, year, about, since, value, unit, printed, place, plan)


@pytest.mark.parametrize(
    ("unit", "recorded", "statement", "standing"),
    [
        ("件", 790, a_statement("actual", 790, "790件"), None),
        ("件", 790, a_statement("actual", 633, "633件"), "实际值 790 件"),
        ("件", 295100, a_statement("actual", 29.51, "29.51万件", unit="万件"), None),
        ("件", 295100, a_statement("actual", 29.5, "29.5万件", unit="万件"), "实际值 29.51 万件"),
        ("万元", 446000, a_statement("actual", 44.6, "44.6亿元", unit="亿元"), None),
        ("分", 80, a_statement("actual", 80, "80%", unit="%"), "实际值 80 分"),  # 80 of what?
        ("件", None, a_statement("actual", 633, "633件"), None),  # nothing to hold it against
    ],
)
def test_a_statement_of_a_figure(unit, recorded, statement, standing):
    found = find(
        a_series(unit=unit), recorded={ORDOS: {2020: recorded}} if recorded is not None else {}, statements=[statement]
    )
    if standing is None:
        assert found == []
    else:
        printed = statement[6]
        assert the(found).sentence == f"鄂尔多斯市有效发明专利拥有量 2020 年{standing}，另一处（第一章）为 {printed}"
        assert json.loads(the(found).evidence) == {"standing": standing, "printed": printed, "place": "第一章"}
        assert (the(found).year, the(found).severity.label) == (2020, "提示")


@pytest.mark.parametrize(
    ("unit", "stated", "statement", "said"),
    [
        (
            "万元",
            (1, ORDOS, 2020, "baseline", 446000, math.nan),
            a_statement("baseline", 6.214, "6.214亿元", unit="亿元", plan=1),
            "2020 年基期值 44.6 亿元，另一处（第一章）为 6.214亿元",
        ),
        (
            "个",
            (1, ORDOS, 2025, "target", 1, 2),
            a_statement("target", 3, "3~5个", year=2025, unit="个", plan=1),
            "2025 年目标值 1 至 2 个，另一处（第一章）为 3~5个",
        ),
        (
            "分",
            (1, ORDOS, 2025, "target", 80, math.nan),
            a_statement("target", 80, "超过80%", year=2025, unit="%", plan=1),
            "2025 年目标值 80 分，另一处（第一章）为 超过80%",
        ),
        (
            "件",
            (1, ORDOS, 2025, "target", 10, math.nan),
            a_statement("target", 10, "10件以上", year=2025, plan=1),
            "2025 年目标值 10 件，另一处（第一章）为 10件以上",
        ),
    ],
)
def test_a_statement_beside_what_the_plan_itself_says(unit, stated, statement, said):
    assert (
        the(find(a_series(unit=unit), stated=[stated], statements=[statement])).sentence
        == f"鄂尔多斯市有效发明专利拥有量 {said}"
    )


@pytest.mark.parametrize(
    "stated",
    [
        (1, ORDOS, 2024, "target", 10, math.nan),  # another year
        (1, ORDOS, 2025, "baseline", 10, math.nan),  # of something else
        (1, TONGLIAO, 2025, "target", 10, math.nan),  # another series
        (2, ORDOS, 2025, "target", 10, math.nan),  # another plan than the one that the passage belongs to
    ],
)
def test_a_statement_is_held_only_against_what_it_speaks_of(stated):
    assert find(a_series(), stated=[stated], statements=[a_statement("target", 3, "3件", year=2025, plan=1)]) == []


def test_a_statement_of_no_plan_is_held_against_any():
    stated = [(2, ORDOS, 2025, "target", 10, math.nan)]
    assert len(find(a_series(), stated=stated, statements=[a_statement("target", 3, "3件", year=2025)])) == 1


@pytest.mark.parametrize(
    ("start", "end", "printed", "computed"),
    [
        # (2748 / 550)^(1/5) - 1 = 37.953… %
        (550, 2748, "38.0%", None),
        (550, 2748, "38%", None),
        (550, 2748, "37.95%", None),
        (550, 2748, "37.9%", "38.0%"),
        (550, 2748, "38.1%", "38.0%"),
        (550, 2748, "37.96%", "37.95%"),
        (867, 9742, "62.2%", None),
        (1723, 5210, "24.8%", None),
        # (1/32)^(1/5) - 1 = -50 %
        (32, 1, "-50%", None),
        (32, 1, "50%", "-50%"),
        (32, 0, "-100%", None),
        (0, 100, "38.0%", None),  # no growth from nothing
        (None, 100, "38.0%", None),
        (100, None, "38.0%", None),
    ],
)
def test_an_average_growth_is_right_once_it_is_rounded_as_it_is_printed(start, end, printed, computed):
    recorded = {ORDOS: {year: value for year, value in ((2015, start), (2020, end)) if value is not None}}
    statement = a_statement("average_growth", float(printed[:-1]), printed, since=2015, unit="%")
    found = find(a_series(measure="flow"), recorded=recorded, statements=[statement])
    if computed is None:
        assert found == []
    else:
        assert the(found).sentence == (
            f"鄂尔多斯市有效发明专利拥有量 2020 年按数值算出的年均增长 {computed}，另一处（第一章）为 {printed}"
        )


def test_a_statement_about_a_series_that_is_not_asked_for_is_left_alone():
    statement = a_statement("actual", 633, "633件")
    assert find(a_series(TONGLIAO), recorded={ORDOS: {2020: 790}}, statements=[statement]) == []


# One subject, two definitions


def test_those_who_count_a_subject_otherwise_are_told_in_one_sentence():
    mine = (TONGLIAO, "通辽市", "高价值专利拥有量")
    found = the(
        find(
            a_series(TONGLIAO),
            tied=[
                (*mine, "内蒙古自治区", "每万人口高价值发明专利拥有量"),
                (*mine, "通辽市", "万人高价值专利拥有量"),
                (*mine, "鄂尔多斯市", "每万人口高价值发明专利拥有量"),
                (*mine, "鄂尔多斯市", "每万人口高价值发明专利拥有量"),  # in a second plan of the same region
            ],
        )
    )
    assert (found.series, found.year, found.check, found.severity.label) == (TONGLIAO, None, Check.TWO_DEFINITIONS, "提示")
    assert found.sentence == (
        "通辽市“高价值专利拥有量”与“每万人口高价值发明专利拥有量”（内蒙古自治区、鄂尔多斯市）、"
        "“万人高价值专利拥有量”（通辽市）说的是同一事项，但口径不同，不能直接比较"
    )
    assert json.loads(found.evidence) == {
        "others": {"每万人口高价值发明专利拥有量": "内蒙古自治区、鄂尔多斯市", "万人高价值专利拥有量": "通辽市"}
    }


def test_each_series_has_a_finding_of_its_own():
    others = ("内蒙古自治区", "知识产权保护社会满意度")
    tied = [(ORDOS, "鄂尔多斯市", "权利人满意度", *others), (TONGLIAO, "通辽市", "权利人满意度", *others)]
    assert [finding.series for finding in find(a_series(), a_series(TONGLIAO), tied=tied)] == [ORDOS, TONGLIAO]


# All together


def test_nothing_is_found_where_there_is_nothing():
    assert find() == []
    assert find(a_series()) == []


def test_every_check_has_been_seen_here():
    """One frame in which each of them finds something."""
    found = find(
        a_series(ORDOS, measure="flow"),
        a_series(REGION),
        recorded={ORDOS: {2020: 1, 2021: 10000, 2022: 4000}, REGION: {2021: 100, 2022: 99}},
        children=[(REGION, ORDOS)],
        targets=targets(10, 9),
        statements=[a_statement("actual", 5, "5件")],
        tied=[(ORDOS, "鄂尔多斯市", "某项", "通辽市", "另一项")],
    )
    assert set(kinds(found)) == set(Check.values())
    for finding in found:
        assert finding.sentence
        assert isinstance(json.loads(finding.evidence), dict)
