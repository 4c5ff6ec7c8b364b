"""/history/ tells how the public figures of a series came to be: from, to, why, who, through what, when."""

import csv
import io
import re

import openpyxl
import pytest
from django.utils import timezone

from indicators import workflow
from indicators.calculation.vocabulary import Act, JobKind, Role, Through
from indicators.models import AuditEvent, Revision
from indicators.permissions import BUNDLED
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESS = "/history/?region=150600&indicator=valid-trademarks"


@pytest.fixture
def series(tree):
    return factories.series(tree["150600"])


@pytest.fixture
def revise(series, people):
    def revise(year=2024, act=Act.CORRECT, old=1, new=2, by=None, through=Through.FORM, **fields):
        return Revision.objects.create(
            series=series,
            year=year,
            act=act,
            through=through,
            old_value=old,
            new_value=new,
            version=1,
            by=by or people["bayar"],
            at=timezone.now(),
            **fields,
        )

    return revise


def text(response):
    """What a reader sees, white space removed."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<[^>]+>|\s", "", main)


def test_a_figure_is_followed_from_its_approval_to_its_correction(client, people, series):
    def put(value, seen, note=""):
        entry = workflow.submit(series, 2024, value=value, by=people["alta"], seen_version=seen, note=note)
        workflow.approve(entry, by=people["bayar"], version=entry.version)

    put(40, 0)
    put(41, 1, note="漏报一件")
    page = text(client.get(ADDRESS))
    assert "各年的数值共有2次生效、更正、清除或撤回" in page
    assert "20244041更正漏报一件Bayar网页" in page
    assert "2024—（此前没有数值）40审核通过首次登记Bayar网页" in page
    assert page.index("漏报一件") < page.index("首次登记")


def test_drafts_and_reviews_are_nobody_else_s_business(client, people, series, revise):
    entry = workflow.submit(series, 2024, value=777, by=people["alta"])
    workflow.send_back(entry, by=people["bayar"], version=entry.version, reason="内部意见")
    revise(act=Act.ENTER, new=778)
    page = text(client.get(ADDRESS))
    assert "还没有登记过数值" in page
    for hidden in ("777", "778", "内部意见", "Alta"):
        assert hidden not in page


PROPOSED = ("777", "778", "779", "内部意见", "Alta")


@pytest.fixture
def proposed(people, series):
    """Drafted, submitted, returned, submitted again and discarded; and a batch of proposals that was withdrawn."""
    entry = workflow.save_draft(series, 2024, as_typed="777", value=777, by=people["alta"])
    entry = workflow.submit_draft(entry, by=people["alta"], version=entry.version)
    entry = workflow.send_back(entry, by=people["bayar"], version=entry.version, reason="内部意见")
    entry = workflow.submit(series, 2024, value=778, by=people["alta"], version=entry.version)
    workflow.discard(entry, by=people["alta"], version=entry.version)
    batch = workflow.start_batch(JobKind.SAVE, by=people["alta"])
    workflow.submit(series, 2024, value=779, by=people["alta"], job=batch)
    workflow.withdraw(batch, by=people["alta"], reason="内部意见")


@pytest.mark.parametrize("who", [None, "chen"])
@pytest.mark.parametrize("kind", ["html", "csv", "json"])
def test_nothing_of_a_proposal_leaves_its_region(client, people, proposed, who, kind):
    if who:
        client.force_login(people[who])
    content = client.get(f"{ADDRESS}&format={kind}").content.decode().split("<main")[-1]
    for hidden in PROPOSED:
        assert hidden not in content
    assert client.get(f"{ADDRESS}&format={kind}&view=all").status_code == 403


@pytest.mark.parametrize("who", ["alta", "bayar", "dolma"])
def test_the_people_of_the_region_see_how_it_came_about_and_leave_a_record(client, people, proposed, who):
    client.force_login(people[who])
    page = text(client.get(ADDRESS))
    assert "含填报过程" in page
    assert "777" not in page
    assert not AuditEvent.objects.filter(act="history.view").exists()
    page = text(client.get(f"{ADDRESS}&view=all"))
    assert "各年的数值共有7次填报、审核与更正" in page
    assert "777退回内部意见Bayar" in page
    assert "778—（撤销填报后没有数值）撤销填报" in page
    event = AuditEvent.objects.get(act="history.view")
    assert event.by == people[who]
    assert len(client.get(f"{ADDRESS}&view=all&format=json").json()["rows"]) == 7
    assert AuditEvent.objects.filter(act="history.view").count() == 2


def test_years_and_pages_keep_what_is_looked_at(client, people, proposed):
    client.force_login(people["alta"])
    content = client.get(f"{ADDRESS}&view=all").content.decode()
    assert f'<a href="{ADDRESS}&year=2024&view=all">2024</a>'.replace("&", "&amp;") in content
    assert f'href="{ADDRESS}&view=all&format=csv"'.replace("&", "&amp;") in content


def test_clerks_are_led_to_correct_what_is_in_force(client, people, series):
    factories.actual(series, 2024)
    link = '<a href="/entry/150600/2024/valid-trademarks/correct/">2024 年</a>'
    assert link not in client.get(ADDRESS).content.decode()
    client.force_login(people["bayar"])
    assert link not in client.get(ADDRESS).content.decode()
    client.force_login(people["alta"])
    assert link in client.get(ADDRESS).content.decode()


def test_clearing_a_figure_is_public(client, people, series):
    factories.actual(series, 2024, 40)
    entry = workflow.submit(series, 2024, clears=True, by=people["alta"], seen_version=1, note="误报")
    workflow.approve(entry, by=people["bayar"], version=entry.version)
    assert "202440—（清除后没有数值）清除误报Bayar" in text(client.get(ADDRESS))


def test_what_was_withdrawn_leaves_nothing_and_says_so(client, revise):
    revise(act=Act.WITHDRAW, old=40, new=None, reason="重复登记")
    assert "202440—（撤回后没有数值）撤回重复登记" in text(client.get(ADDRESS))


def test_not_applicable_is_told_from_nothing(client, revise):
    revise(old=40, new=None, new_not_applicable=True)
    assert "202440不适用更正" in text(client.get(ADDRESS))


def test_a_correction_in_a_digit_that_pages_round_away_is_seen(client, revise):
    revise(old="1234.123", new="1234.124")
    assert "1,234.1231,234.124" in text(client.get(ADDRESS))


def test_bundled_figures_name_no_person_and_login_names_stay_private(client, revise):
    bundled = factories.person(BUNDLED)
    nameless = factories.person("eve-login")
    nameless.full_name = ""
    nameless.save()
    revise(by=bundled, through=Through.BUNDLED)
    revise(by=nameless)
    page = text(client.get(ADDRESS))
    assert "随系统提供随系统提供" in page
    assert "未登记姓名网页" in page
    assert "eve-login" not in page


def test_invented_figures_are_called_demo_data(client, revise):
    bundled = factories.person(BUNDLED)
    revise(by=bundled, through=Through.DEMO)
    page = text(client.get(ADDRESS))
    assert "演示数据演示数据" in page
    assert "随系统提供" not in page


def test_a_cleared_figure_is_told(client, revise):
    revise(act=Act.CLEAR, old=40, new=None, reason="误报")
    assert "202440—（清除后没有数值）清除误报" in text(client.get(ADDRESS))


def test_a_year_is_chosen_by_link(client, revise):
    revise(year=2023, new=23)
    revise(year=2024, new=24)
    response = client.get(f"{ADDRESS}&year=2023")
    assert "2023年的数值共有1次" in text(response)
    assert "202324" not in text(response)
    assert f'<a href="{ADDRESS}&year=2024">2024</a>'.replace("&", "&amp;") in response.content.decode()
    assert "2022年还没有登记过数值。" in text(client.get(f"{ADDRESS}&year=2022"))


def test_a_hundred_changes_are_a_page(client, revise):
    for number in range(101):
        revise(old=number, new=1000 + number, reason=f"第{number:03d}次")
    first, second = client.get(ADDRESS), client.get(f"{ADDRESS}&page=2")
    assert "第001次" in text(first)
    assert "第000次" not in text(first)
    assert "第000次" in text(second)
    assert "第2页，共2页" in text(second)
    assert client.get(f"{ADDRESS}&page=3").status_code == 404
    assert len(client.get(f"{ADDRESS}&format=json").json()["rows"]) == 101


def test_the_way_back_is_there_if_a_plan_states_it(client, series):
    assert "回到这个指标" not in text(client.get(ADDRESS))
    factories.plan_indicator(series, factories.plan(series.region))
    assert '<a href="/regions/150600/valid-trademarks/">回到这个指标</a>' in client.get(ADDRESS).content.decode()


def test_files_give_the_same_changes(client, revise):
    revise(old=None, new=40, act=Act.APPROVE)
    revise(old=40, new="41.5", reason="=核对")
    (second, first) = client.get(f"{ADDRESS}&format=json").json()["rows"]
    assert (first["old_value"], first["new_value"], first["act"]) == (None, 40.0, "审核通过")
    assert (second["old_value"], second["new_value"], second["unit"], second["by"]) == (40.0, 41.5, "件", "Bayar")
    table = list(csv.DictReader(io.StringIO(client.get(f"{ADDRESS}&format=csv").content.decode("utf-8-sig"))))
    assert [row["new_value"] for row in table] == ["41.5", "40.0"]
    assert table[0]["reason"] == "'=核对"
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{ADDRESS}&format=xlsx").content)).active
    heads, *body = sheet.iter_rows(values_only=True)
    assert [row[heads.index("new_value")] for row in body] == [41.5, 40]


@pytest.mark.parametrize(
    "address",
    [
        "/history/?region=150600",
        "/history/?indicator=valid-trademarks",
        "/history/?year=2024",
        "/history/?region=150600&indicator=unknown",
        "/history/?region=999999&indicator=valid-trademarks",
        "/history/?region=150600,150500&indicator=valid-trademarks",
        f"{ADDRESS}&year=x",
        f"{ADDRESS}&page=0",
        f"{ADDRESS}&page=2",
        f"{ADDRESS}&colour=red",
        f"{ADDRESS}&view=everything",
    ],
)
def test_what_is_not_there_is_404(client, series, address):
    assert client.get(address).status_code == 404


def test_without_a_figure_the_page_says_how_to_find_one(client, db):
    response = client.get("/history/")
    assert response.status_code == 200
    assert "一个地区的一项指标有一份修订记录" in text(response)
    page = response.content.decode().split("<main")[1]
    assert '<form class="finder" method="get" action="/search/"' in page
    assert 'href="/indicators/"' in page


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(client, series, method):
    assert getattr(client, method)(ADDRESS).status_code == 405


def test_queries_do_not_grow_with_the_changes(client, revise, tree, django_assert_num_queries):
    revise()
    with django_assert_num_queries(6):
        client.get(ADDRESS)
    for number in range(20):
        revise(year=2000 + number, by=factories.person(f"person-{number}", (tree["150600"], Role.REVIEWER, False)))
    with django_assert_num_queries(6):
        client.get(ADDRESS)


def test_reasons_are_escaped(client, revise):
    revise(reason="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in client.get(ADDRESS).content.decode()
