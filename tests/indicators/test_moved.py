"""What is kept stays kept until a change of what it shows, and no longer."""

import pytest

from indicators import progress
from indicators.calculation.vocabulary import Cause, Subject
from indicators.models import DataVersion, Series, StaleMark
from indicators.reports import moved
from indicators.reports.catalogue import catalogue
from regions.models import Region
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(tree):
    counted = [factories.indicator("patents"), factories.indicator("marks")]
    found = {
        (code, indicator.code): Series.objects.create(region=tree[code], indicator=indicator)
        for code in ("150000", "150500", "150600")
        for indicator in counted
    }
    progress.bump_version(Subject.PLANS)
    return found


KEYS = {
    "region": moved.region("150600"),
    "its children": moved.below("150600"),
    "those beside it": moved.below("150000"),
    "another region": moved.region("150500"),
    "indicator": moved.indicator("patents"),
    "another indicator": moved.indicator("marks"),
    "figure": moved.figure("150600", "patents"),
    "another figure": moved.figure("150600", "marks"),
    "actuals": moved.subject(Subject.ACTUALS),
    "progress": moved.subject(Subject.PROGRESS),
}


def names():
    state = progress.state_of_data()
    return {name: moved.since(state, [key]) for name, key in KEYS.items()}


def moved_by(change):
    before = names()
    change()
    after = names()
    return {name for name in KEYS if before[name] != after[name]}


def bump(what, one):
    return lambda: progress.bump_version(what, series=[one.pk])


def test_a_figure_moves_what_shows_it_and_nothing_else(series):
    change = bump(Subject.ACTUALS, series["150600", "patents"])
    assert moved_by(change) == {"region", "those beside it", "indicator", "figure", "actuals"}
    assert moved_by(lambda: None) == set()
    assert moved_by(bump(Subject.PROGRESS, series["150000", "marks"])) == {"another indicator", "progress"}


def test_several_keys_are_as_new_as_the_newest(series):
    def both():
        return moved.since(progress.state_of_data(), [KEYS["region"], KEYS["another region"]])

    first = both()
    bump(Subject.ACTUALS, series["150500", "marks"])()
    second = both()
    bump(Subject.ACTUALS, series["150600", "marks"])()
    assert len({first, second, both()}) == 3
    bump(Subject.ACTUALS, series["150000", "marks"])()
    assert both() == both() != first


def test_what_changes_regions_indicators_or_plans_moves_everything(series):
    for what in (Subject.REGIONS, Subject.INDICATORS, Subject.PLANS, Subject.TARGETS):
        assert moved_by(lambda what=what: progress.bump_version(what)) == set(KEYS)


def test_a_change_that_names_no_figure_moves_everything(series):
    assert moved_by(lambda: progress.bump_version(Subject.QUALITY)) == set(KEYS)


def test_a_region_that_came_in_meanwhile_moves_everything(series, names_held):
    catalogue(progress.state_of_data())
    newcomer = Region.objects.create(code="152900", name="阿拉善盟", level="prefecture")
    one = Series.objects.create(region=newcomer, indicator=series["150000", "marks"].indicator)
    assert moved_by(bump(Subject.ACTUALS, one)) == set(KEYS)


def test_without_a_version_there_is_nothing_to_follow(db):
    DataVersion.objects.all().delete()
    assert moved.since(progress.state_of_data(), [moved.region("150600")]) == "None None False"


def test_the_demo_mark_moves_everything(series):
    assert moved_by(lambda: DataVersion.objects.update(is_demo=True)) == set(KEYS)


def test_more_changes_than_are_looked_at_move_everything(series, monkeypatch):
    monkeypatch.setattr(moved, "MOST", 1)
    one, other = series["150500", "marks"], series["150500", "patents"]
    assert moved_by(lambda: progress.bump_version(Subject.ACTUALS, series=[one.pk, other.pk])) == set(KEYS)


def test_no_more_is_remembered_than_there_is_room_for(series, monkeypatch):
    monkeypatch.setattr(moved, "REMEMBERED", 3)
    assert moved_by(bump(Subject.ACTUALS, series["150500", "marks"])) == set(KEYS)


def test_who_did_not_look_for_long_makes_everything_anew(series, monkeypatch):
    names()
    monkeypatch.setattr(moved, "SECONDS", -1)
    assert moved_by(bump(Subject.ACTUALS, series["150500", "marks"])) == set(KEYS)


def test_a_version_that_goes_back_was_restored_and_is_made_anew(series, monkeypatch):
    bump(Subject.ACTUALS, series["150500", "marks"])()
    monkeypatch.setattr(moved, "OVERTAKEN", 0)
    assert moved_by(lambda: DataVersion.objects.update(number=1)) == set(KEYS)


def test_a_request_that_another_one_overtook_takes_nothing_from_it(series):
    behind = progress.state_of_data()
    bump(Subject.ACTUALS, series["150500", "marks"])()
    ahead = names()
    told = {name: moved.since(behind, [key]) for name, key in KEYS.items()}
    assert all(told[name] != ahead[name] for name in KEYS)
    assert names() == ahead


def test_what_waits_to_be_computed_is_made_anew_with_every_change(series):
    figure, other = series["150600", "patents"], series["150500", "marks"]
    changed = moved_by(lambda: progress.mark_stale([figure.pk]))
    assert {"region", "indicator", "figure", "progress"} <= changed
    assert not {"another region", "another indicator", "another figure"} & changed
    # While it waits, everything that says so follows each change; what does not, stays.
    during = moved_by(bump(Subject.ACTUALS, other))
    assert {"region", "figure", "another region"} <= during
    assert "another figure" not in during
    assert {"region", "figure"} <= moved_by(lambda: StaleMark.objects.all().delete())


def test_marks_of_the_night_say_nothing_on_a_page(series):
    figure = series["150600", "patents"]
    assert (
        moved_by(lambda: StaleMark.objects.create(series=figure, cause=Cause.NIGHTLY, marked_at="2026-01-01T00:00Z")) == set()
    )


def test_more_figures_that_wait_than_are_looked_at_make_everything_new(series, monkeypatch):
    monkeypatch.setattr(moved, "MOST", 0)
    assert moved_by(lambda: progress.mark_stale([series["150600", "patents"].pk])) == set(KEYS)


def test_nothing_is_asked_for_while_nothing_changes(series, django_assert_num_queries):
    names()
    with django_assert_num_queries(1):  # the state itself
        names()
