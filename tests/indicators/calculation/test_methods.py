"""The methods in words: nothing is without its text, thresholds and examples are those of the code, nothing is markup."""

import random
import re
from decimal import Decimal

import pytest

from indicators.calculation import assessment, methods, quality, status
from indicators.calculation.quality import Check
from indicators.calculation.vocabulary import Measure, Reason, Severity, Status, TargetKind
from tests import plain
from tests.indicators.calculation.test_worked import (
    ABOVE_REGION,
    INCREASING,
    MILESTONE,
    a_case,
    a_range,
    at_least,
    at_most,
    numbers,
    over_baseline,
    per_year,
)

FIGURES = [
    *("actual", "required", "met", "gap", "gap_final", "attainment", "attainment_final", "completion", "elapsed", "yoy"),
    *("growth_since_baseline", "cagr", "planned_growth", "planned_cagr", "required_cagr", "trend_ratio", "expected"),
    *("projection_cagr", "projection_linear", "r"),
]


def rows_of(several, unit="件", **more):
    """Progress of each case by year, as `worked` reads it."""
    found = [{} for _ in several]
    for row in assessment.assess(*plain.frames(several), this_year=2030).to_dict("records"):
        found[row["plan_indicator"] - 1][row["year"]] = row | {"reasons": assessment.reasons(row["reasons"].decode())}
    for case, by_year in zip(several, found, strict=True):
        recorded = {year: float(value) for year, value in case.actuals.items() if value != plain.NOT_APPLICABLE}
        start = case.baseline_year, plain.as_float(case.baseline_value) if case.baseline_year else None
        known = {start[0]: start[1]} | recorded if case.measure != "increment" and start[0] else recorded
        targets = {year: None if "required" in row["reasons"] else row["required"] for year, row in by_year.items()}
        for year, row in by_year.items():
            row |= dict(zip(("kind", "lower", "upper"), ruling(case, year), strict=True)) | more
            row |= {"measure": case.measure, "direction": case.direction, "unit": unit, "targets": targets}
            row |= {"first_year": case.first_year, "last_year": case.last_year}
            row |= {"baseline_year": start[0], "baseline_value": start[1]}
            row |= {"own": recorded.get(year), "previous": known.get(year - 1)}
    return found


def rows(case, **more):
    return rows_of([case], **more)[0]


def ruling(case, year):
    """The target that rules a year: a condition, the year's own, or an average growth of a later year."""
    for row in case.targets.values():
        if row[0] in plain.CONDITIONS:
            return row
    after = min((y for y in case.targets if y >= year), default=None)
    if after is None or (after > year and case.targets[after][0] != "growth_per_year"):
        return None, None, None
    return case.targets[after]


# Nothing is without its text


def all_texts():
    """Every sentence that a page could show."""
    for rule in methods.rules():
        yield from (rule.label, rule.sentence, rule.formula, rule.empty_when, rule.example)
    for rule in methods.status_rules():
        yield from (rule.label, rule.sentence)
    for text in (*methods.MEASURES, *methods.KINDS, *methods.REASONS, *methods.checks()):
        yield from (text.label, text.sentence)
    yield from methods.NOTES
    yield methods.example()


def test_every_figure_has_its_rule_in_the_order_in_which_files_give_them():
    assert [rule.name for rule in methods.rules()] == FIGURES == list(assessment.EXPLAINED)


@pytest.mark.parametrize(
    ("texts", "words"),
    [(methods.MEASURES, Measure), (methods.KINDS, TargetKind), (methods.REASONS, Reason), (methods.checks(), Check)],
    ids=["measures", "kinds", "reasons", "checks"],
)
def test_every_word_has_its_text(texts, words):
    assert {text.name: text.label for text in texts} == dict(words.choices())
    assert all(text.sentence.endswith("。") for text in texts)
    assert len({text.sentence for text in texts}) == len(words)


def test_the_status_rules_are_those_that_are_tried_in_that_order():
    assert [(rule.step, rule.label) for rule in methods.status_rules()] == [
        *((1, "未到期"), (1, "不适用"), (1, "未填报"), (1, "已完成"), (1, "未填报")),
        (2, "缺参照"),
        *((3, "已完成"), (3, "略有滞后"), (3, "明显滞后")),
        (4, "已完成"),
        *((5, "符合预期"), (5, "略有滞后"), (5, "明显滞后"), (5, "低于基期")),
        *((6, "符合预期"), (6, "明显滞后")),
        (7, "本年无目标"),
    ]
    assert {rule.status for rule in methods.status_rules()} == set(Status)


def test_no_text_is_empty_or_holds_markup_or_a_code():
    for text in all_texts():
        assert text
        assert not re.search(r"[<>&_{}]", text), text
        assert not re.search("[A-Za-z]", text.replace("进度比 r", "")), text


def test_notes_name_what_any_figure_can_be_empty_for():
    assert "不当作 0" in methods.NOTES[0]
    for reason in ("中间有年份未填报，累计数不完整", "结果超出可计算的范围"):
        assert any(reason in note for note in methods.NOTES)


# Thresholds are those of the code


def test_the_status_rules_print_the_limits():
    steps = [rule.sentence for rule in methods.status_rules() if rule.step == 5]
    assert steps == [
        "进度比 r 不低于 0.95；不低于 1.05 时称“快于预期”。",
        "进度比 r 不低于 0.8，低于 0.95。",
        "进度比 r 不低于 0，低于 0.8。",
        "进度比 r 低于 0，即比基期还差。",
    ]
    bar = methods.status_rules()[7].sentence
    assert bar == "“逐年单独要求”的指标：本年目标没有达到，进度比 r 不低于 0.8。"
    assert methods.status_rules()[6].sentence == (
        "条件类目标和“逐年单独要求”的指标：本年目标已经达到。终期年以前称“本年达标”：只说本年，不等于规划已经完成。"
    )
    assert "终期年以前称“提前完成”" in methods.status_rules()[9].sentence


def test_another_limit_in_the_code_is_another_limit_in_the_text(monkeypatch):
    monkeypatch.setattr(status, "ON_TRACK", 0.9)
    monkeypatch.setattr(status, "SLIGHTLY_BEHIND", 0.75)
    monkeypatch.setattr(status, "FASTER", 1.25)
    monkeypatch.setattr(quality, "TRIPLED", 2.5)
    monkeypatch.setattr(quality, "HALVED", 0.25)
    monkeypatch.setattr(quality, "SLIP", 2000)
    said = " ".join(rule.sentence for rule in methods.status_rules())
    assert all(limit in said for limit in ("0.9", "0.75", "1.25"))
    assert not any(limit in said for limit in ("0.95", "0.8", "1.05"))
    checks = {text.name: text.sentence for text in methods.checks()}
    assert "不高于上年的 25%，或不低于上年的 2.5 倍" in checks["jumps"]
    assert "不低于上年的 2000 倍，或不高于上年的 2000 分之一" in checks["ten_thousandfold"]


def test_the_checks_print_their_limits_and_how_serious_they_are():
    checks = {text.name: text for text in methods.checks()}
    assert "不高于上年的 50%，或不低于上年的 3 倍" in checks["jumps"].sentence
    assert "不低于上年的 5000 倍，或不高于上年的 5000 分之一" in checks["ten_thousandfold"].sentence
    additive = "适用于年末存量、历年累计、规划期新增、当年发生量、逐年单独要求，不适用于比率、里程碑"
    assert additive in checks["above_container"].sentence
    assert additive in checks["parts_above_whole"].sentence
    assert checks["falls"].sentence.startswith("年末存量、历年累计比上年减少")
    assert {name for name, text in checks.items() if text.severity is Severity.NOTICE} == {
        *("statements_disagree", "jumps", "two_definitions")
    }


# The example


def test_the_example_says_that_it_is_one_and_where_it_stands():
    assert methods.example() == (
        "示例只用来说明算法，其中的数是编的，不是任何地区的数据。某项越高越好的年末存量指标，规划期 2021—2025 年，"
        "基期 2020 年 100 件，2023 年目标不低于 160 件、2025 年目标不低于 200 件；"
        "实际值 2021 年 110 件、2022 年 132 件、2023 年 150 件。2023 年的进度比 r 为 0.833，状态是“略有滞后”。"
    )


def test_each_figure_shows_how_the_example_gives_it():
    # 1.5^(1/3) = 1.144714, 2^(1/5) = 1.148698, (4/3)^(1/2) = 1.154701, 150 * 1.144714^2 = 196.5556
    assert {rule.label: rule.example for rule in methods.rules()} == {
        "实际值": "示例，2023 年：本年数值 150 件",
        "本年目标值": "示例，2023 年：规划要求不低于 160 件",
        "是否达到本年目标": "示例，2023 年：实际值 150 件，目标值 160 件：没有达到",
        "差距": "示例，2023 年：160 − 150 = 10 件",
        "与终期目标的差距": "示例，2023 年：200 − 150 = 50 件",
        "达成率": "示例，2023 年：150 ÷ 160 ≈ 93.8%",
        "终期达成率": "示例，2023 年：150 ÷ 200 = 75.0%",
        "完成进度": "示例，2023 年：(150 − 100) ÷ (200 − 100) = 50.0%",
        "序时进度": "示例，2023 年：(2023 − 2020) ÷ (2025 − 2020) = 60.0%",
        "同比": "示例，2023 年：150 ÷ 132 − 1 ≈ 13.6%",
        "较基期增长": "示例，2023 年：150 ÷ 100 − 1 = 50.0%",
        "年均增长": "示例，2023 年：(150 ÷ 100) 的 (1 ÷ (2023 − 2020)) 次方 − 1 ≈ 14.5%",
        "规划增幅": "示例，2023 年：200 ÷ 100 − 1 = 100.0%",
        "规划年均增长": "示例，2023 年：(200 ÷ 100) 的 (1 ÷ (2025 − 2020)) 次方 − 1 ≈ 14.9%",
        "今后所需年均增长": "示例，2023 年：(200 ÷ 150) 的 (1 ÷ (2025 − 2023)) 次方 − 1 ≈ 15.5%",
        "趋势比": "示例，2023 年：14.47% ÷ 14.87% ≈ 0.97",
        "预期值": "示例，2022 年：100 + (160 − 100) × (2022 − 2020) ÷ (2023 − 2020) = 140 件",
        "按年均增速推算": "示例，2023 年：150 × (150 ÷ 100) 的 ((2025 − 2023) ÷ (2023 − 2020)) 次方 ≈ 196.56 件",
        "按线性推算": "示例，2023 年：100 + (150 − 100) × (2025 − 2020) ÷ (2023 − 2020) ≈ 183.33 件",
        "进度比 r": "示例，2023 年：(150 − 100) ÷ (160 − 100) ≈ 0.833",
    }


def test_the_example_is_computed_when_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(methods, "EXAMPLE_ACTUALS", {2021: 110.0, 2022: 132.0, 2023: 163.0})
    examples = {rule.name: rule.example for rule in methods.rules()}
    assert examples["gap"] == "示例，2023 年：160 − 163 = −3 件"
    assert examples["met"] == "示例，2023 年：实际值 163 件，目标值 160 件：达到"
    assert methods.example().endswith("2023 年的进度比 r 为 1.050，状态是“快于预期”。")


# A figure with the numbers of a row


@pytest.mark.parametrize(
    ("case", "year", "name", "text"),
    [
        (
            a_case(baseline=(2020, 550), targets={2025: per_year("0.15")}, actuals={2022: 700}),
            *(2022, "required", "550 × (1 + 15%) 的 (2022 − 2020) 次方 = 727.375 件"),
        ),
        (
            a_case(baseline=(2020, 550), targets={2025: per_year("0.15")}, actuals={2022: 700}),
            *(2022, "gap", "727.375 − 700 = 27.375 件"),
        ),
        (
            a_case(baseline=(2020, "0.93"), targets={2025: over_baseline("0.125")}),
            *(2025, "required", "0.93 × (1 + 12.5%) = 1.04625 件"),
        ),
        (a_case(targets={2025: a_range(5, 10)}), 2025, "required", "规划要求 5 至 10 件，目标值取下限 5 件"),
        (
            a_case(direction="decrease", targets={2025: a_range(5, 10)}),
            *(2025, "required", "规划要求 5 至 10 件，目标值取上限 10 件"),
        ),
        (a_case(direction="decrease", targets=at_most({2025: 5})), 2025, "required", "规划要求不高于 5 件"),
        (a_case("milestone", targets={2025: MILESTONE}), 2025, "required", "规划要求实现突破，目标值 1 件"),
        (
            a_case(targets={2025: INCREASING}, actuals={2021: 7, 2022: 9}),
            *(2022, "met", "本年 9 件，此前最近一次 7 件，规划期内每次都须优于上一次：达到"),
        ),
        (a_case(targets={2025: INCREASING}, actuals={2021: 7, 2022: 9}), 2022, "required", "此前最近一次的数值 7 件"),
        # A condition on what is added each year compares the years, 5 with 4, though 9 is the sum.
        (
            a_case("increment", targets={2025: INCREASING}, actuals={2021: 4, 2022: 5}),
            *(2022, "met", "本年 5 件，此前最近一次 4 件，规划期内每次都须优于上一次：达到"),
        ),
        (a_case("increment", targets={2025: INCREASING}, actuals={2021: 4, 2022: 5}), 2022, "gap", "4 − 5 = −1 件"),
        (
            a_case("increment", targets=at_least({2025: 20}), actuals={2021: 4, 2022: 5}),
            *(2022, "actual", "2021 年至 2022 年的新增数相加，共 9 件"),
        ),
        (
            a_case("increment", targets=at_least({2025: 20}), actuals={2021: 4, 2022: 5}),
            *(2022, "completion", "(9 − 0) ÷ (20 − 0) = 45.0%"),
        ),
        (a_case("increment", targets=at_least({2025: 20}), actuals={2021: 4, 2022: 5}), 2022, "yoy", "5 ÷ 4 − 1 = 25.0%"),
        (
            a_case("increment", targets=at_least({2025: 20}), actuals={2022: 5}),
            *(2022, "actual", "2021 年至 2022 年的新增数相加，共 5 件（中间有年份未填报，累计数不完整）"),
        ),
        (
            a_case("increment", targets=at_least({2025: 20}), actuals={2022: 5}),
            *(2022, "completion", "无法计算：中间有年份未填报，累计数不完整"),
        ),
        # Less is better: both sides change places.
        (
            a_case(direction="decrease", baseline=(2020, 100), targets=at_most({2025: 50}), actuals={2022: 81}),
            *(2022, "gap_final", "81 − 50 = 31 件"),
        ),
        (
            a_case(direction="decrease", baseline=(2020, 100), targets=at_most({2025: 50}), actuals={2022: 80}),
            *(2022, "attainment_final", "50 ÷ 80 = 62.5%"),
        ),
        # 0.81^(1/2) - 1 = -10 %; 0.32768^(1/5) - 1 = -20 %
        (
            a_case(direction="decrease", baseline=(2020, 100), targets=at_most({2025: "32.768"}), actuals={2022: 81}),
            *(2022, "trend_ratio", "(−1) × (−10.00%) ÷ 20.00% = 0.50"),
        ),
        (
            a_case("annual", targets=at_least({2022: 10}), actuals={2022: 9}),
            *(2022, "r", "9 ÷ 10 = 0.900"),
        ),
        (a_case(targets=at_least({2022: 8, 2025: 10}), actuals={2022: 9}), 2022, "r", "9 ÷ 8 = 1.125"),
        (
            a_case(targets=at_least({2022: 8, 2025: 11}), actuals={2022: 9}),
            *(2023, "expected", "8 + (11 − 8) × (2023 − 2022) ÷ (2025 − 2022) = 9 件"),
        ),
        (
            a_case(targets=at_least({2022: 8, 2025: 11}), actuals={2022: 9}),
            *(2022, "expected", "本年有目标，就是目标值 8 件"),
        ),
        (
            a_case(baseline=(2020, 31219), targets=at_least({2025: 50000}), actuals={2022: 40000}),
            *(2022, "planned_growth", "50,000 ÷ 31,219 − 1 ≈ 60.2%"),
        ),
        # Below zero, in brackets and with a true minus sign.
        (
            a_case(baseline=(2020, -2), targets=at_least({2025: 2}), actuals={2022: -1}),
            *(2022, "completion", "((−1) − (−2)) ÷ (2 − (−2)) = 25.0%"),
        ),
        # What is empty says why, in the words of the page.
        (a_case(targets=at_least({2025: 20}), actuals={2022: 5}), 2022, "completion", "无法计算：规划未给出基期值"),
        (a_case(targets=at_least({2025: 20})), 2022, "actual", "无法计算：本年没有实际值"),
        (a_case(targets=at_least({2025: 20})), 2022, "met", "无法计算：规划没有为本年定目标"),
    ],
)
def test_a_figure_with_its_numbers(case, year, name, text):
    assert methods.worked(name, rows(case)[year]) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("required", "对照地区 2022 年的数值 75%"),
        ("met", "本年 81%，对照地区 75%，须优于对照地区：达到"),
        ("gap", "75 − 81 = −6 个百分点"),
        ("yoy", "81 ÷ 90 − 1 = −10.0%（降低 9 个百分点）"),
        ("growth_since_baseline", "81 ÷ 64 − 1 ≈ 26.6%（提高 17 个百分点）"),
    ],
)
def test_a_rate_differs_by_percentage_points(name, text):
    case = a_case(
        "ratio",
        baseline=(2020, 64),
        targets={2025: ABOVE_REGION},
        actuals={2021: 90, 2022: 81},
        reference=numbers({2022: 75}),
        has_reference=True,
    )
    assert methods.worked(name, rows(case, unit="%")[2022]) == text


def test_amounts_that_do_not_come_out_even_have_the_decimals_that_the_row_wishes():
    case = a_case(baseline=(2020, "1.17"), targets=at_least({2025: "2.6"}), actuals={2023: "1.84"})
    line = "1.17 + (1.84 − 1.17) × (2025 − 2020) ÷ (2023 − 2020)"  # 1.17 + 0.67 * 5 / 3 = 2.286666…
    assert methods.worked("projection_linear", rows(case)[2023]) == f"{line} ≈ 2.29 件"
    assert methods.worked("projection_linear", rows(case, decimals=4)[2023]) == f"{line} ≈ 2.2867 件"


def value_of(expression):
    """What a reader's calculator gives for an expression."""
    text = re.sub(r"([0-9.]+)%", r"(\1/100)", expression.replace(",", ""))
    for sign, operator in (("×", "*"), ("÷", "/"), ("−", "-"), (" 的 ", "**"), (" 次方", "")):
        text = text.replace(sign, operator)
    assert re.fullmatch(r"[0-9.()+*/ -]+", text), expression
    return eval(text)  # the digits, signs and brackets that the line above lets through


WITH_NUMBERS = [
    a_case(baseline=(2020, 1000), targets=at_least({2023: 1500, 2025: 2000}), actuals={2021: 1100, 2022: 1210, 2023: 1600}),
    a_case(baseline=(2020, "0.93"), targets=at_least({2025: 2}), actuals={2021: "1.02", 2022: "0.91", 2024: "1.9"}),
    a_case(
        direction="decrease",
        baseline=(2020, 100),
        targets=at_most({2023: 75, 2025: 40}),
        actuals={2021: 90, 2022: 81, 2023: 99},
    ),
    a_case("increment", targets=at_least({2023: 9, 2025: 20}), actuals={2021: 3, 2022: 5, 2023: 4}),
    a_case("annual", baseline=(2020, 8), targets=at_least({2021: 10, 2022: 10}), actuals={2021: 8, 2022: 12}),
    a_case(baseline=(2019, -4), targets=at_least({2025: 8}), actuals={2021: -5, 2022: 2}),
    a_case(baseline=(2020, 40), targets={2025: per_year("0.25")}, actuals={2021: 45, 2022: 60}),
    a_case(baseline=(2020, 40), targets={2025: over_baseline("0.2")}, actuals={2021: 41, 2022: 50}),
]


@pytest.mark.parametrize("case", WITH_NUMBERS)
def test_every_shown_formula_gives_the_shown_result(case):
    shown = 0
    for row in rows(case).values():
        for name in FIGURES:
            text = methods.worked(name, row)
            expression, sign, result = re.fullmatch(r"(.*?)(?: ([=≈]) (.*))?", text).groups()
            if sign is None:
                continue
            shown += 1
            amount = re.match(r"−?[0-9.,]+%?", result)[0].replace("−", "-").replace(",", "")
            result = float(amount[:-1]) / 100 if amount.endswith("%") else float(amount)
            # Half of the last digit shown: of a percentage's one decimal, of r's three, of two otherwise.
            margin = (0.0005 if name == "r" or amount.endswith("%") else 0.005) if sign == "≈" else 1e-9
            assert row[name] == pytest.approx(result, abs=margin + 1e-12), text
            # A term that is itself rounded moves the result a little.
            assert value_of(expression) == pytest.approx(result, abs=margin * 1.05 + 1e-12), text
    assert shown > 15


def made_up(count):
    """Cases of every measure, direction and kind of target, with holes; the same each time."""
    draw = random.Random(1)
    for _ in range(count):
        measure, direction = draw.choice(Measure.values()), draw.choice(["increase", "decrease"])
        kinds = [lambda value: a_range(value, value + 2)] * 3
        if measure != "annual":
            kinds += [lambda value: per_year(value / 10), lambda value: over_baseline(value / 10)]
        years = draw.sample(range(2020, 2026), draw.randrange(4))
        targets = {year: draw.choice(kinds)(draw.choice(AMOUNTS)) for year in sorted(years)}
        if measure != "annual" and draw.random() < 0.15:
            targets = {year: draw.choice([ABOVE_REGION, INCREASING]) for year in targets}
        recorded = [*AMOUNTS, *AMOUNTS, plain.NOT_APPLICABLE]
        yield a_case(
            measure,
            direction,
            baseline=draw.choice([(draw.choice([2019, 2020, 2021]), draw.choice(AMOUNTS)), None]),
            targets=targets,
            actuals={year: draw.choice(recorded) for year in range(2018, 2026) if draw.random() < 0.7},
            reference=numbers({year: draw.choice(AMOUNTS) for year in range(2021, 2026) if draw.random() < 0.7}),
            has_reference=draw.random() < 0.7,
        )


AMOUNTS = [-3, 0, 2, 5, 5.5, 10, 12]


def test_a_rule_names_exactly_the_reasons_that_its_figure_is_empty_for():
    met_with = {name: set() for name in FIGURES}
    for by_year in rows_of(list(made_up(1500))):
        for row in by_year.values():
            for name in FIGURES:
                text, reason = methods.worked(name, row), row["reasons"].get(name)
                if reason and not (name == "actual" and reason == "incomplete_sum"):
                    met_with[name].add(reason)
                    assert text == f"无法计算：{Reason(reason).label}"
                else:
                    assert text
                    assert "无法计算" not in text
    for rule in methods.rules():
        assert {reason.value for reason in rule.empty_for} == met_with[rule.name] - {"incomplete_sum"}, rule.name


def test_a_target_that_the_row_does_not_have_leaves_the_result_alone():
    # What the last year asks is not with its progress, whose sum has a hole.
    case = a_case("increment", targets=at_least({2025: 20}), actuals={2021: 5, 2023: 5})
    row = rows(case)[2021]
    assert methods.worked("gap_final", row) == "20 − 5 = 15 件"
    assert methods.worked("gap_final", row | {"targets": {2025: None}}) == "15 件"
    assert methods.worked("expected", row | {"targets": {}}) == "4 件"


def test_numbers_are_rounded_half_up_where_a_double_lies_below():
    # 0.0625 is 6.25 %: half up it is 6.3; 2.675 is stored below its print.
    assert methods.worked("yoy", {**_growth(17, 16), "yoy": 0.0625}) == "17 ÷ 16 − 1 ≈ 6.3%"
    assert methods.worked("r", {**_growth(17, 16), "measure": "annual", "kind": "at_least", "required": 16, "r": 1.0625}) == (
        "17 ÷ 16 ≈ 1.063"
    )
    assert Decimal("0.0625").quantize(Decimal("0.001")) == Decimal("0.062")  # what rounding half to even would give


def _growth(actual, previous):
    return {"reasons": {}, "measure": "stock", "direction": "increase", "unit": "件", "actual": actual, "previous": previous}
