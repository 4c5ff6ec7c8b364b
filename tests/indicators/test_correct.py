"""/entry/…/correct/: what is in force is corrected or cleared by proposing it with a reason; a reviewer decides."""

import pytest

from indicators import locks, workflow
from indicators.calculation.vocabulary import Act, EntryState, JobKind
from indicators.models import Actual, Entry, Job, Revision
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db

ADDRESS = "/entry/150600/2024/valid-trademarks/correct/"


@pytest.fixture
def series(tree):
    series = factories.series(tree["150600"])
    factories.plan_indicator(series, factories.plan(tree["150600"]), unit="万件", name="商标注册量")
    factories.actual(series, value=40_000, source="年报")
    return series


@pytest.fixture
def alta(client, people, series):
    client.force_login(people["alta"])
    return client


def correct(client, **fields):
    told = {"how": "number", "value": "4.1", "source": "年报", "note": "漏计一家", "version": "0", "seen_version": "1"} | fields
    return client.post(ADDRESS, told, follow=True)


def test_what_stands_is_shown_in_the_plan_s_unit(alta):
    page = text(alta.get(ADDRESS))
    assert "更正：商标注册量鄂尔多斯市2024年" in page
    assert "已生效的是4万件，来源：年报" in page


def test_a_correction_waits_for_review_with_its_reason(alta, series, people):
    response = correct(alta)
    assert "已提交，等待审核" in text(response)
    entry = Entry.objects.get()
    assert (entry.state, entry.value, entry.note, entry.seen_version) == (EntryState.SUBMITTED, 41_000, "漏计一家", 1)
    assert Actual.objects.get().value == 40_000
    assert Revision.objects.get(act=Act.SUBMIT).job == Job.objects.get(kind=JobKind.SAVE)
    workflow.approve(entry, by=people["bayar"], version=entry.version)
    assert Actual.objects.get().value == 41_000
    assert Revision.objects.get(act=Act.CORRECT).reason == "漏计一家"


@pytest.mark.parametrize(("how", "field"), [("not-applicable", "not_applicable"), ("clear", "clears")])
def test_a_figure_becomes_not_applicable_or_is_cleared(alta, how, field):
    correct(alta, how=how, value="4.1")
    entry = Entry.objects.get()
    assert entry.value is None
    assert getattr(entry, field) is True


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"note": " "}, "请写明更正的理由"),
        ({"value": ""}, "请填更正后的数值，单位是万件"),
        ({"value": "1e3"}, "科学计数法"),
        ({"value": "-1"}, "不会小于0"),
        ({"value": "4"}, "与已生效的4相同，不必提交"),
        ({"how": "double"}, "请选择改为数值、不适用，或清除"),
        ({"source": "长" * 301}, "来源最多300个字"),
        ({"note": "长" * 1001}, "备注最多1000个字"),
        ({"seen_version": "x"}, "表单不完整"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(alta, fields, sentence):
    response = correct(alta, **fields)
    assert response.status_code == 422
    assert sentence in text(response)
    if "value" in fields:
        assert f'value="{fields["value"]}"' in response.content.decode()
    assert not Entry.objects.exists()


def test_a_newer_figure_is_a_conflict_that_shows_both_values_and_lets_go_on(alta, series):
    Actual.objects.update(value=42_000, version=2)
    response = correct(alta)
    assert response.status_code == 409
    page = text(response)
    assert "已生效的是4.2万件" in page
    assert "您填的是“4.1”" in page
    assert not Entry.objects.exists()
    assert 'name="seen_version" value="2"' in response.content.decode()
    assert "等待审核" in text(correct(alta, seen_version="2"))


def test_an_own_proposal_is_gone_on_with(alta, series, people):
    correct(alta)
    assert 'value="4.1"' in alta.get(ADDRESS).content.decode()
    correct(alta, value="4.2", version="1")
    assert Entry.objects.get().value == 42_000


def test_a_colleague_s_proposal_is_left_alone(alta, series, people, tree):
    other = factories.person("eji", (tree["150600"], "clerk", False))
    workflow.submit(series, 2024, value=43_000, by=other, seen_version=1, note="x")
    assert "“Eji”已填" in text(alta.get(ADDRESS))
    assert correct(alta).status_code == 409
    assert Entry.objects.get().value == 43_000


def test_a_locked_year_says_who_locked_it(alta, people, tree):
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已上报")
    page = text(alta.get(ADDRESS))
    assert "现在不能更正" in page
    assert "Dolma" in page
    assert "年报已上报" in page
    assert correct(alta).status_code == 422
    assert not Entry.objects.exists()


@pytest.mark.parametrize("who", ["bayar", "chen", "dolma"])
def test_only_clerks_of_the_region_correct(client, people, series, who):
    client.force_login(people[who])
    assert client.get(ADDRESS).status_code == 403
    assert correct(client).status_code == 403
    assert not Entry.objects.exists()


def test_anonymous_is_sent_to_the_login_page(client, series):
    assert client.get(ADDRESS)["Location"].startswith("/accounts/login/")
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "/entry/150600/2023/valid-trademarks/correct/",
        "/entry/150600/2024/unknown/correct/",
        "/entry/999999/2024/valid-trademarks/correct/",
        "/entry/150600/2090/valid-trademarks/correct/",
        f"{ADDRESS}?colour=red",
    ],
)
def test_what_is_not_in_force_cannot_be_corrected(alta, address):
    assert alta.get(address).status_code == 404
