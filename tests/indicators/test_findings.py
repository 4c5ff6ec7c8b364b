"""Findings in the database: what is wrong with the bundled plans is there, and a finding lives as long as its cause."""

import pandas as pd
import pytest

from indicators import progress, workflow
from indicators.calculation.vocabulary import Cause, Role
from indicators.models import DataVersion, QualityFinding, Series, StaleMark, Target
from tests import factories

pytestmark = pytest.mark.django_db


def refresh():
    while progress.refresh_stale():
        pass


def sentences(code=None, **where):
    found = QualityFinding.objects.filter(**where, **({"code": code} if code else {}))
    return sorted(found.values_list("sentence", flat=True))


# The bundled plans


@pytest.fixture
def checked(bundled):
    progress.mark_all()
    refresh()


def test_what_is_wrong_with_the_bundled_plans_is_found(checked):
    assert sentences("above_container") == [
        "鄂尔多斯市知识产权质押融资金额 2020 年基期值 44.6 亿元，大于包含它的内蒙古自治区 2021 年基期值 15.8 亿元"
    ]
    # All of them: the three average growths that Ordos prints are right.
    assert sentences("statements_disagree") == sorted(
        [
            "鄂尔多斯市版权登记数量 2020 年基期值 790 件，另一处（第一章第一节 1）为 633件",
            "鄂尔多斯市地理标志数量 2020 年基期值 23 件，另一处（第一章第一节 1）为 11件",
            "鄂尔多斯市知识产权质押融资金额 2020 年基期值 44.6 亿元，另一处（第一章第一节 2）为 6.214亿元",
            "通辽市申报或建设知识产权强国建设试点城市、强县 2025 年目标值 1 至 2 个，另一处（二（三）主要目标）为 3~5个",
            "通辽市新增知识产权示范试点园区 2025 年目标值 1 至 2 个，另一处（二（三）主要目标）为 3~5个",
            "通辽市知识产权保护权利人满意度 2025 年目标值 80 分，另一处（二（三）主要目标）为 超过80%",
            "通辽市知识产权业务培训 2025 年目标值 2000 人次，另一处（八（二）重点工程之六）为 600人次",
            "通辽市新增专利代理师 2025 年目标值 3 人，另一处（六（二）重点工程之四）为 3~5名",
            "通辽市新增地理标志证明商标和集体商标 2025 年目标值 10 件，另一处（二（三）主要目标）为 10个左右",
            "通辽市新增地理标志证明商标和集体商标 2025 年目标值 10 件，另一处（七（三）重点工程之五）为 10件以上",
        ]
    )
    assert (
        "通辽市“知识产权保护权利人满意度”与“知识产权保护社会满意度”（内蒙古自治区、鄂尔多斯市）"
        "说的是同一事项，但口径不同，不能直接比较"
    ) in sentences("two_definitions")
    assert sentences("target_falls") == []
    found = QualityFinding.objects.get(code="above_container")
    assert (found.series.region.code, found.series.indicator.code) == ("150600", "pledge-financing")
    assert (found.year, found.severity, found.plan_indicator) == (2020, "warning", None)
    assert found.evidence == {"value": 446000, "parent_value": 158000, "parent_year": 2021}


def test_checking_again_changes_nothing(checked):
    before = list(QualityFinding.objects.order_by("pk").values())
    version = DataVersion.objects.get().number
    assert before
    progress.mark_all()
    refresh()
    assert list(QualityFinding.objects.order_by("pk").values()) == before
    assert DataVersion.objects.get().number == version


def test_a_batch_at_a_time_finds_the_same(checked):
    def found():
        return set(QualityFinding.objects.values_list("series", "plan_indicator", "year", "code", "sentence"))

    at_once = found()
    QualityFinding.objects.all().delete()
    progress.mark_all()
    while progress.refresh_stale(limit=7):
        pass
    of_plans = Series.objects.filter(plan_indicators__isnull=False).values_list("pk", flat=True)
    assert found() == {finding for finding in at_once if finding[0] in set(of_plans)}


# A finding lives as long as its cause


@pytest.fixture
def writers(tree):
    """Who may enter and approve for the whole autonomous region."""
    return {
        "by": factories.person("erdem", (tree["150000"], Role.CLERK, True)),
        "approved_by": factories.person("oyun", (tree["150000"], Role.REVIEWER, True)),
    }


@pytest.fixture
def ordos(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def region(tree, ordos):
    """The same indicator in the region that contains Ordos."""
    return Series.objects.create(region=tree["150000"], indicator=ordos.indicator)


@pytest.fixture
def put(writers):
    """A function that makes a value the actual of a series and year, and checks what that touches."""

    def put(series, year, value, note=""):
        row = {
            "line": 2,
            "region_id": series.region_id,
            "indicator_id": series.indicator_id,
            "year": year,
            "value": value,
            "not_applicable": value is None,
            "source": "统计年报",
            "source_url": "",
            "note": note,
        }
        workflow.apply_many([pd.DataFrame([row], dtype=object)], **writers)
        refresh()

    return put


def test_a_finding_comes_with_its_cause_and_goes_with_it(put, region, ordos):
    put(region, 2022, 100)
    assert sentences() == []
    put(ordos, 2022, 295100)
    assert sentences() == [
        "内蒙古自治区有效注册商标拥有量 2022 年 100 件，而所辖 1 个地区合计 29.51 万件",
        "鄂尔多斯市有效注册商标拥有量 2022 年实际值 29.51 万件，大于包含它的内蒙古自治区 2022 年实际值 100 件",
    ]
    put(ordos, 2022, 100, note="单位有误")
    assert sentences() == []


def test_a_region_is_checked_again_when_the_one_that_contains_it_changes(put, region, ordos):
    put(region, 2022, 100)
    put(ordos, 2022, 90)
    assert sentences(series=ordos) == []
    put(region, 2022, 80, note="核减")
    assert sentences(series=ordos) == [
        "鄂尔多斯市有效注册商标拥有量 2022 年实际值 90 件，大于包含它的内蒙古自治区 2022 年实际值 80 件"
    ]
    put(region, 2022, 120, note="核增")
    assert sentences(series=ordos) == []


def test_a_region_is_checked_again_when_one_of_its_parts_changes(put, region, ordos, tree):
    tongliao = Series.objects.create(region=tree["150500"], indicator=ordos.indicator)
    put(region, 2022, 100)
    put(ordos, 2022, 60)
    put(tongliao, 2022, 40)
    assert sentences() == []
    put(tongliao, 2022, 41, note="核增")
    assert sentences() == ["内蒙古自治区有效注册商标拥有量 2022 年 100 件，而所辖 2 个地区合计 101 件"]
    put(ordos, 2022, None, note="当年不统计")
    assert sentences() == []


def test_not_applicable_takes_a_finding_away(put, region, ordos):
    put(region, 2022, 100)
    put(ordos, 2022, 101)
    assert sentences("above_container")
    put(region, 2022, None, note="当年不统计")
    assert sentences() == []


def test_another_value_is_another_sentence(put, ordos):
    put(ordos, 2021, 100)
    put(ordos, 2022, 99)
    [before] = QualityFinding.objects.all()
    put(ordos, 2022, 98, note="核减")
    [after] = QualityFinding.objects.all()
    assert after.pk != before.pk
    assert after.sentence == "鄂尔多斯市有效注册商标拥有量 2022 年实际值 98 件，上年实际值 100 件，存量或累计数一般不会下降"


def test_what_is_found_again_keeps_its_id_and_its_day(put, ordos, tree):
    put(ordos, 2021, 100)
    put(ordos, 2022, 99)
    [before] = QualityFinding.objects.all()
    put(ordos, 2023, 98)
    put(Series.objects.create(region=tree["150500"], indicator=ordos.indicator), 2022, 10)
    kept = QualityFinding.objects.get(year=2022)
    assert (kept.pk, kept.found_at) == (before.pk, before.found_at)
    assert QualityFinding.objects.count() == 2


def test_a_new_finding_is_a_new_version_of_the_data_and_the_same_again_is_not(put, ordos):
    put(ordos, 2021, 100)
    put(ordos, 2022, 99)
    version = DataVersion.objects.get().number
    progress.mark_stale([ordos.pk])
    refresh()
    assert DataVersion.objects.get().number == version
    QualityFinding.objects.all().delete()
    progress.mark_stale([ordos.pk])
    refresh()
    assert DataVersion.objects.get().number == version + 1


def test_a_target_that_falls_and_is_mended(tree, ordos):
    row = factories.plan_indicator(ordos, factories.plan(tree["150600"]))
    factories.target(row, year=2023, lower=40)
    target = factories.target(row, year=2025, lower=30)
    progress.mark_stale([ordos.pk])
    refresh()
    [finding] = QualityFinding.objects.all()
    assert (finding.code, finding.plan_indicator, finding.year) == ("target_falls", row, 2025)
    assert finding.sentence == "鄂尔多斯市有效注册商标拥有量 2025 年目标 30 件，不及 2023 年目标 40 件"
    Target.objects.filter(pk=target.pk).update(lower=50)
    progress.mark_stale([ordos.pk])
    refresh()
    assert sentences() == []


def test_growths_and_conditions_are_no_levels_to_fall_from(tree, ordos):
    row = factories.plan_indicator(ordos, factories.plan(tree["150600"]), baseline_year=2020, baseline_value=100)
    factories.target(row, year=2023, lower=400)
    factories.target(row, year=2025, kind="growth_over_baseline", lower="0.2")
    progress.mark_stale([ordos.pk])
    refresh()
    assert sentences() == []


def test_a_baseline_is_held_against_the_region_that_contains_it(tree, ordos, region):
    for series, slug, value in ((ordos, "ordos", 200), (region, "region", 150)):
        plan = factories.plan(series.region, slug=slug)
        factories.plan_indicator(series, plan, baseline_year=2020, baseline_value=value)
    progress.mark_stale([ordos.pk])
    refresh()
    assert sentences() == ["鄂尔多斯市有效注册商标拥有量 2020 年基期值 200 件，大于包含它的内蒙古自治区 2020 年基期值 150 件"]


def test_a_statement_that_comes_and_a_figure_that_comes_to_agree(writers, put, ordos):
    put(ordos, 2022, 100)
    workflow.put_statements(
        [
            {
                "series_id": ordos.pk,
                "year": 2022,
                "about": "actual",
                "value": 95,
                "unit": "件",
                "printed": "95件",
                "source": "工作报告",
                "locator": "第 3 页",
            }
        ],
        by=writers["by"],
    )
    refresh()
    assert sentences() == ["鄂尔多斯市有效注册商标拥有量 2022 年实际值 100 件，另一处（第 3 页）为 95件"]
    put(ordos, 2022, 95, note="与工作报告一致")
    assert sentences() == []


def test_findings_of_others_are_left_alone(put, ordos, tree):
    put(ordos, 2021, 100)
    put(ordos, 2022, 99)
    other = factories.series(tree["150500"], code="patents", name="专利授权量", measure="flow")
    put(other, 2021, 10)
    put(other, 2022, 30)
    assert [finding.code for finding in QualityFinding.objects.order_by("pk")] == ["falls", "jumps"]
    put(other, 2022, 29, note="核减")
    assert [finding.code for finding in QualityFinding.objects.all()] == ["falls"]


def test_a_change_waits_for_the_check_with_its_mark(writers, put, region, ordos):
    put(region, 2022, 100)
    progress.mark_stale([ordos.pk])
    marks = dict(StaleMark.objects.values_list("series_id", "cause"))
    assert marks == {ordos.pk: Cause.CHANGED, region.pk: Cause.NEIGHBOUR}
    refresh()
    assert not StaleMark.objects.exists()
