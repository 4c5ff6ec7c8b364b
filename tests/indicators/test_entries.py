"""A clerk's figure before review: drafted, corrected, taken back, handed in."""

from decimal import Decimal

import pytest

from indicators import workflow
from indicators.models import Actual, Change, DataVersion, Entry, Revision
from indicators.outcome import Conflict, Forbidden, Inconsistent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def alta(people):
    return people["alta"]


@pytest.fixture
def bayar(people):
    return people["bayar"]


def draft(series, by, typed="40", value=40, **told):
    return workflow.save_draft(series, 2024, as_typed=typed, value=value, by=by, **told)


def test_draft_keeps_what_was_typed_even_where_it_is_no_number(series, alta):
    entry = draft(series, alta, "四十", None)
    assert (entry.as_typed, entry.value, entry.state, entry.version) == ("四十", None, "draft", 1)
    with pytest.raises(Inconsistent, match="四十"):
        workflow.submit_draft(entry, by=alta, version=1)


def test_draft_is_saved_again_only_from_the_version_that_was_seen(series, alta):
    draft(series, alta)
    with pytest.raises(Conflict, match="40"):
        draft(series, alta, "41", 41)
    assert draft(series, alta, "41", 41, version=1).version == 2


def test_same_draft_again_changes_nothing(series, alta):
    draft(series, alta)
    assert draft(series, alta, version=1).version == 1
    assert Revision.objects.count() == 1


def test_blank_draft_is_taken_away_and_its_version_is_never_used_again(series, alta):
    draft(series, alta)
    assert draft(series, alta, "", None, version=1) is None
    assert not Entry.objects.exists()
    assert list(Revision.objects.order_by("pk").values_list("act", "version", "new_value")) == [
        ("enter", 1, 40),
        ("discard", 2, None),
    ]
    assert draft(series, alta).version == 3


def test_submitted_draft_is_reviewed_and_put_in_force(series, alta, bayar):
    entry = workflow.submit_draft(draft(series, alta), by=alta, version=1)
    assert (entry.state, entry.version) == ("submitted", 2)
    assert workflow.approve(entry, by=bayar, version=2).value == 40


def test_submitting_twice_is_a_conflict(series, alta):
    entry = workflow.submit_draft(draft(series, alta), by=alta, version=1)
    with pytest.raises(Conflict, match="待审核"):
        workflow.submit_draft(entry, by=alta, version=2)


def test_draft_over_a_submitted_figure_takes_it_back_from_review(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta)
    draft(series, alta, "41", 41, version=1)
    with pytest.raises(Conflict, match="草稿"):
        workflow.approve(entry, by=bayar, version=2)


def test_returned_figure_is_mended_and_handed_in_again(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta)
    workflow.send_back(entry, by=bayar, version=1, reason="请附出处")
    mended = draft(series, alta, version=2, source="年报")
    assert mended.returned_because == "请附出处"
    again = workflow.submit_draft(mended, by=alta, version=3)
    assert (again.returned_because, again.version) == ("", 4)


def test_nobody_returns_without_a_reason(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta)
    with pytest.raises(Inconsistent, match="理由"):
        workflow.send_back(entry, by=bayar, version=1, reason=" ")


def test_another_clerks_draft_is_not_touched(series, tree, alta):
    draft(series, alta)
    other = factories.person("other", (tree["150600"], "clerk", False))
    for act in (
        lambda: draft(series, other, "41", 41, version=1),
        lambda: workflow.discard(Entry.objects.get(), by=other, version=1),
        lambda: workflow.submit_draft(Entry.objects.get(), by=other, version=1),
    ):
        with pytest.raises(Conflict, match="Alta"):
            act()


def test_what_a_former_clerk_left_behind_stands_in_nobodys_way(series, tree, alta):
    former = factories.person("former", (tree["150600"], "clerk", False))
    left = draft(series, former)
    with pytest.raises(Conflict, match="Former"):
        draft(series, alta, "41", 41, version=left.version)
    former.assignments.all().delete()
    taken_over = draft(series, alta, "41", 41, version=left.version)
    assert (taken_over.entered_by, taken_over.value, taken_over.version) == (alta, 41, 2)


def test_stranger_does_nothing(series, people):
    entry = draft(series, people["alta"])
    for act in (
        lambda: draft(series, people["chen"]),
        lambda: workflow.discard(entry, by=people["chen"], version=1),
        lambda: workflow.submit_draft(entry, by=people["chen"], version=1),
    ):
        with pytest.raises(Forbidden):
            act()


def test_clearing_is_an_act_with_a_reason_and_a_review(series, alta, bayar):
    factories.actual(series, value=40)
    with pytest.raises(Inconsistent, match="理由"):
        workflow.submit(series, 2024, clears=True, by=alta, seen_version=1)
    entry = workflow.submit(series, 2024, clears=True, by=alta, seen_version=1, note="误填，年报尚未公布")
    assert workflow.approve(entry, by=bayar, version=1) is None
    assert not Actual.objects.exists()
    revision = Revision.objects.order_by("pk").last()
    assert (revision.act, revision.old_value, revision.new_value, revision.version) == ("clear", 40, None, 2)
    assert revision.reason == "误填，年报尚未公布"


def test_nothing_is_cleared_where_nothing_stands(series, alta):
    with pytest.raises(Inconsistent, match="不需要清除"):
        workflow.submit(series, 2024, clears=True, by=alta, note="误填")


def test_versions_go_on_after_clearing(series, alta, bayar):
    factories.actual(series, value=40)
    cleared = workflow.submit(series, 2024, clears=True, by=alta, seen_version=1, note="误填")
    workflow.approve(cleared, by=bayar, version=1)
    again = workflow.submit(series, 2024, value=41, by=alta)
    assert workflow.approve(again, by=bayar, version=again.version).version == 3
    assert list(Revision.objects.filter(act__in=["clear", "approve"]).values_list("version", flat=True)) == [2, 3]


@pytest.mark.parametrize(
    "figure", [{}, {"value": 1, "not_applicable": True}, {"value": 1, "clears": True}, {"not_applicable": True, "clears": True}]
)
def test_figure_is_one_of_three_things(series, alta, figure):
    with pytest.raises(Inconsistent, match="三者取一"):
        workflow.submit(series, 2024, by=alta, note="说明", **figure)


def test_revision_keeps_the_source_of_what_it_put_in_force(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta, source="年报", source_url="https://example.org/a", note="口径不变")
    workflow.approve(entry, by=bayar, version=1)
    revision = Revision.objects.get(act="approve")
    assert (revision.source, revision.source_url, revision.note) == ("年报", "https://example.org/a", "口径不变")


def test_approved_figure_is_told_to_mirrors_under_the_new_version(series, alta, bayar):
    entry = workflow.submit(series, 2024, value=40, by=alta)
    assert not Change.objects.exists()
    workflow.approve(entry, by=bayar, version=1)
    change = Change.objects.get()
    assert (change.what, change.series, change.year) == ("actuals", series, 2024)
    assert change.version == DataVersion.objects.get().number


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(19, "减半"), (130, "三倍"), (400_000, "一万倍"), (0, "一万倍"), (39, "一般不会下降"), (41, None), (100, None)],
)
def test_unusual_figures_are_pointed_out(series, value, sentence):
    factories.actual(series, year=2023, value=40)
    found = workflow.warnings(series, 2024, value)
    assert any(sentence in one for one in found) if sentence else found == []


@pytest.mark.parametrize(
    ("unit", "measure", "value", "is_odd"),
    [
        ("件", "stock", "3.4", True),
        ("人次", "flow", "-0.000001", True),
        ("件", "stock", "3", False),
        ("件", "stock", "3.000000", False),
        ("件", "ratio", "3.4", False),  # 每万人口…件
        ("万元", "flow", "3.4", False),
    ],
)
def test_part_of_a_thing_that_is_counted_is_pointed_out(tree, unit, measure, value, is_odd):
    series = factories.series(tree["150600"], unit=unit, measure=measure)
    found = workflow.warnings(series, 2024, Decimal(value))
    assert found == ([f"以“{unit}”计的数应是整数，请核对"] if is_odd else [])


def test_first_figure_is_held_against_the_baseline(series, tree):
    factories.plan_indicator(series, factories.plan(tree["150600"]), baseline_year=2023, baseline_value=40)
    assert workflow.warnings(series, 2024, 400_000)
