"""The entry grid as a page: what it lists and says, who gets it, and its plain form without JavaScript."""

import datetime
import re

import pytest
from django.utils import timezone

from indicators import locks, progress, workflow
from indicators.calculation.vocabulary import EntryState
from indicators.models import Entry, Job, Revision
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db

ADDRESS = "/entry/150600/2024/"


@pytest.fixture
def ordos(people, tree):
    """Three indicators of Ordos: one with a figure of the year before, one printed in 万件, one of a plan to 2023."""
    plan = factories.plan(tree["150600"], slug="ordos", title="鄂尔多斯规划")
    marks = factories.series(tree["150600"], code="marks", name="商标")
    patents = factories.series(tree["150600"], code="patents", name="专利", definition="有效的发明专利")
    row = factories.plan_indicator(marks, plan, position=1, number="1", name="商标注册量", locator="表一第1行")
    factories.target(row, 2024, lower=60)
    factories.plan_indicator(patents, plan, position=2, number="2", name="发明专利量", unit="万件")
    factories.actual(marks, 2023, 40, source="年报")
    early = factories.plan(tree["150600"], slug="early", title="旧规划", first_year=2021, last_year=2023)
    old = factories.series(tree["150600"], code="old", name="旧指标")
    factories.plan_indicator(old, early, position=1)
    return {"marks": marks, "patents": patents, "old": old}


@pytest.fixture
def alta(client, people):
    client.force_login(people["alta"])
    return people["alta"]


def fields(page, **typed):
    """The plain form of a page as a browser sends it back, with what was typed: value_marks=…"""
    found = {}
    for tag in re.findall(r"<input[^>]+>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found[name[1]] = value[1] if value else ""
    return found | {name.replace("_", "-", 1): value for name, value in typed.items()}


def send(client, act="save", address=ADDRESS, chosen=(), **typed):
    page = client.get(address).content.decode()
    return client.post(address, fields(page, **typed) | {"act": act, "chosen": list(chosen)}, follow=True)


def lead(response):
    return re.sub(r"<[^>]+>", "", re.search(r'<p class="lead">(.*?)</p>', response.content.decode(), re.S)[1])


def row_of(response, code):
    """The text of a row, with what stands under it, and its inputs."""
    page = response.content.decode()
    found = re.search(rf'<tr id="{code}".*?</tr>(\s*<tr class="said".*?</tr>)?', page, re.S)[0]
    return re.sub(r"\s+", " ", found)


# What it says


def test_summary_counts_what_is_due(client, alta, ordos):
    factories.actual(ordos["patents"], 2024, 5)
    assert lead(client.get(ADDRESS)) == "应填 2 项：已生效 1，待审核 0，草稿 0，已退回 0，未填报 1。"


def test_row_shows_wording_unit_last_year_target_and_definition(client, alta, ordos):
    factories.actual(ordos["patents"], 2023, 45_000)
    marks, patents = (row_of(client.get(ADDRESS), code) for code in ("marks", "patents"))
    assert "商标注册量" in marks
    assert ">40</td>" in marks
    assert ">60</td>" in marks
    assert "表一第1行" in marks
    assert ">万件</td>" in patents
    assert ">4.5</td>" in patents
    assert "有效的发明专利" in patents


def test_last_year_without_a_figure_names_the_year_of_the_last_one(client, alta, ordos):
    factories.actual(ordos["patents"], 2021, 30_000)
    row = row_of(client.get(ADDRESS), "patents")
    assert "没有 2023 年的数值" in row
    assert "2021 年 3" in row


def test_baseline_stands_for_last_year(client, alta, ordos, tree):
    series = factories.series(tree["150600"], code="based", name="有基期")
    plan = factories.plan(tree["150600"], slug="third")
    factories.plan_indicator(series, plan, position=3, baseline_year=2023, baseline_value=7)
    assert re.search(r">7<span class=\"small\">基期</span>", row_of(client.get(ADDRESS), "based"))


def test_year_of_the_baseline_is_not_due(client, alta, ordos, tree):
    series = factories.series(tree["150600"], code="based", name="有基期")
    plan = factories.plan(tree["150600"], slug="third")
    factories.plan_indicator(series, plan, position=3, baseline_year=2024, baseline_value=7)
    assert lead(client.get(ADDRESS)).startswith("应填 2 项")


def test_what_stands_is_shown_with_its_version(client, alta, ordos):
    factories.actual(ordos["marks"], 2024, 44, version=3, source="公报", source_url="https://a.example/b")
    row = row_of(client.get(ADDRESS), "marks")
    assert ">44</span>" in row
    assert "第 3 版" in row
    assert "增长 10.0%" in row
    assert 'value="公报 https://a.example/b"' in row


def test_not_applicable_is_no_zero(client, alta, ordos):
    factories.actual(ordos["marks"], 2024, None, not_applicable=True)
    assert ">不适用</span>" in row_of(client.get(ADDRESS), "marks")


def test_rows_of_other_years_come_last_and_are_not_counted(client, alta, ordos):
    page = client.get(ADDRESS).content.decode()
    assert page.index('id="patents"') < page.index('id="old"')
    assert "旧规划（本年不在规划期内，供比较）" in page


def test_year_outside_every_plan_is_accepted_for_comparison(client, alta, ordos):
    response = send(client, address="/entry/150600/2015/", value_marks="12")
    assert lead(response).startswith("应填 0 项")
    assert Entry.objects.get().year == 2015


def test_by_dimension(client, alta, ordos):
    page = client.get(ADDRESS, {"view": "dimension"}).content.decode()
    assert "<span>创造</span>" in page
    assert "<span>鄂尔多斯规划</span>" not in page


def test_an_indicator_that_is_not_listed_is_added(client, alta, ordos):
    factories.indicator(code="extra", name="另一指标", unit="家")
    assert "另一指标（家）" in client.get(ADDRESS).content.decode()
    address = f"{ADDRESS}?indicator=extra"
    assert "不在规划指标之内" in client.get(address).content.decode()
    send(client, address=address, value_extra="3")
    entry = Entry.objects.get()
    assert (entry.series.region.code, entry.series.indicator.code, entry.value) == ("150600", "extra", 3)
    assert 'value="3"' in row_of(client.get(ADDRESS), "extra")  # now it is listed by itself


def test_present_year_says_that_it_is_not_over(client, alta, ordos):
    year = progress.today().year
    assert "还没有结束" in client.get(f"/entry/150600/{year}/").content.decode()
    assert "还没有结束" not in client.get(ADDRESS).content.decode()


def test_region_without_plans(client, alta):
    assert "没有规划指标" in client.get(ADDRESS).content.decode()


def test_queries_do_not_grow_with_the_rows(client, alta, ordos, tree, django_assert_max_num_queries):
    plan = factories.plan(tree["150600"], slug="large")
    for number in range(30):
        series = factories.series(tree["150600"], code=f"i-{number}", name=f"指标{number}")
        factories.target(factories.plan_indicator(series, plan, position=number))
        factories.actual(series, 2023, 40 + number)
        workflow.save_draft(series, 2024, as_typed="900", value=900, by=alta)
    with django_assert_max_num_queries(32):
        response = client.get(ADDRESS)
    assert "草稿 30" in lead(response)


# Who gets it


def test_others_do_not_get_it(client, people, ordos):
    assert client.get(ADDRESS).status_code == 302
    for name, status in {"chen": 404, "bayar": 403, "dolma": 403, "alta": 200}.items():
        client.force_login(people[name])
        assert client.get(ADDRESS).status_code == status, name
        assert client.post(ADDRESS, {"act": "save"}).status_code == (302 if status == 200 else status), name


@pytest.mark.parametrize("address", ["/entry/150600/1948/", "/entry/150600/2101/", "/entry/999999/2024/", f"{ADDRESS}?view=x"])
def test_nonsense_is_not_found(client, alta, ordos, address):
    assert client.get(address).status_code == 404


def test_a_year_that_has_not_begun_is_not_found(client, alta, ordos):
    assert client.get(f"/entry/150600/{progress.today().year + 1}/").status_code == 404


def test_it_is_never_cached(client, alta, ordos):
    assert "no-store" in client.get(ADDRESS)["Cache-Control"]


# The plain form


def test_saving_keeps_drafts(client, alta, ordos):
    response = send(client, value_marks="1.2万", source_marks="年报 https://a.example/1", note_marks="并入两县")
    entry = Entry.objects.get()
    assert (entry.value, entry.as_typed, entry.state) == (12_000, "1.2万", EntryState.DRAFT)
    assert (entry.source, entry.source_url, entry.note) == ("年报", "https://a.example/1", "并入两县")
    assert "已保存 1 项草稿" in response.content.decode()
    assert "1.2万 → 12000 件" in row_of(response, "marks")
    assert lead(response) == "应填 2 项：已生效 0，待审核 0，草稿 1，已退回 0，未填报 1。"


def test_figures_are_read_in_the_unit_that_the_plan_prints(client, alta, ordos):
    send(client, value_patents="4.5")
    assert Entry.objects.get().value == 45_000


def test_what_was_not_touched_is_not_written(client, alta, ordos):
    factories.actual(ordos["marks"], 2024, 44, source="公报")
    assert "没有改动" in send(client).content.decode()
    assert not Entry.objects.exists()


def test_a_dash_leaves_what_stands(client, alta, ordos):
    factories.actual(ordos["marks"], 2024, 44, source="公报")
    send(client, value_marks="-")
    assert not Entry.objects.exists()


def test_emptying_a_draft_takes_it_back(client, alta, ordos):
    send(client, value_marks="50")
    send(client, value_marks="")
    assert not Entry.objects.exists()
    assert [one.act for one in Revision.objects.order_by("pk")] == ["enter", "discard"]


def test_not_applicable_and_clearing_are_words_of_their_own(client, alta, ordos):
    factories.actual(ordos["patents"], 2024, 5)
    send(client, value_marks="不适用", value_patents="清除", note_patents="统计口径取消")
    assert Entry.objects.get(series=ordos["marks"]).not_applicable
    assert Entry.objects.get(series=ordos["patents"]).clears
    assert "已提交 2 项" in send(client, act="submit").content.decode()


def test_text_is_kept_and_told_of_at_the_top_and_at_the_cell(client, alta, ordos):
    response = send(client, value_marks="见附件", value_patents="3")
    page = response.content.decode()
    assert "有 1 格需要改正，其余改动已保存为草稿" in page.replace("\n", "")
    assert '<a href="#value-marks">商标注册量</a>：“见附件”不是数字' in page
    row = row_of(response, "marks")
    assert 'value="见附件"' in row
    assert 'aria-invalid="true"' in row
    assert 'aria-describedby="said-marks"' in row
    assert Entry.objects.get(series=ordos["marks"]).value is None


def test_what_cannot_be_kept_stays_in_the_page(client, alta, ordos):
    long = "九" * 70
    response = send(client, value_marks=long, value_patents="3")
    assert f'value="{long}"' in row_of(response, "marks")
    assert "最多 60 个字" in response.content.decode()
    assert [entry.series for entry in Entry.objects.all()] == [ordos["patents"]]


@pytest.mark.parametrize("typed", ["-3", "1e3", "1_000", "nan", "٣", "1,23", "1234567890123456", "12.3%"])
def test_senseless_numbers_are_refused_with_an_example(client, alta, ordos, typed):
    response = send(client, value_marks=typed)
    assert 'class="is-error"' in row_of(response, "marks")
    assert Entry.objects.get().value is None


def test_submitting_hands_in_all_drafts_as_one_batch(client, alta, ordos):
    send(client, value_marks="44")
    response = send(client, act="submit", value_patents="3")
    assert "已提交 2 项，等待审核" in response.content.decode()
    assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.SUBMITTED}
    assert Job.objects.get().revisions.count() == 2


def test_only_the_chosen_are_submitted(client, alta, ordos):
    response = send(client, act="submit", value_marks="44", value_patents="3", chosen=["patents"])
    assert "已提交 1 项" in response.content.decode()
    assert Entry.objects.get(state=EntryState.SUBMITTED).series == ordos["patents"]


def test_result_names_what_was_not_submitted_and_why(client, alta, ordos):
    response = send(client, act="submit", value_marks="见附件", value_patents="3")
    page = response.content.decode()
    assert "已提交 1 项，等待审核；1 项没有提交。" in page
    assert '<a href="#value-marks">商标注册量</a>：“见附件”不是数字' in page


def test_unusual_values_need_a_note_but_do_not_block(client, alta, ordos):
    response = send(client, act="submit", value_marks="400")
    assert "一项也没有提交" in response.content.decode()
    assert 'class="is-warning"' in row_of(response, "marks")
    response = send(client, act="submit", note_marks="新设了窗口")
    assert "已提交 1 项" in response.content.decode()


def test_a_correction_needs_its_reason(client, alta, ordos):
    factories.actual(ordos["marks"], 2024, 44, source="公报")
    response = send(client, act="submit", value_marks="45")
    assert "须在备注里写明更正的理由" in response.content.decode()
    assert "已提交 1 项" in send(client, act="submit", note_marks="年报更正").content.decode()
    assert Entry.objects.get().source == "公报"  # kept, because nobody changed it


def test_the_same_as_what_stands_is_not_submitted(client, alta, ordos):
    factories.actual(ordos["marks"], 2024, 44, source="公报")
    response = send(client, act="submit", value_marks="44")
    assert "与已生效的数值相同" in response.content.decode()


def test_nothing_to_submit(client, alta, ordos):
    assert "没有可提交的草稿" in send(client, act="submit").content.decode()
    assert not Job.objects.exists()


def test_returned_figures_show_the_reason_and_go_in_again(client, people, alta, ordos):
    send(client, act="submit", value_marks="44")
    entry = Entry.objects.get()
    workflow.send_back(entry, by=people["bayar"], version=entry.version, reason="请附年报")
    response = client.get(ADDRESS)
    assert "已退回 1" in lead(response)
    assert "退回理由：请附年报" in row_of(response, "marks")
    send(client, act="submit", source_marks="年报第 3 页")
    assert Entry.objects.get().state == EntryState.SUBMITTED


def test_a_colleagues_entry_is_shown_and_cannot_be_typed_over(client, people, alta, ordos, tree):
    other = factories.person("erden", (tree["150600"], "clerk", False))
    workflow.save_draft(ordos["marks"], 2024, as_typed="51", value=51, by=other)
    row = row_of(client.get(ADDRESS), "marks")
    assert "“Erden”已填 51（草稿）" in row
    assert row.count("readonly") == 3


def test_somebody_else_was_faster(client, people, alta, ordos):
    page = client.get(ADDRESS).content.decode()
    send(client, value_marks="44")
    response = client.post(ADDRESS, fields(page, value_marks="45") | {"act": "save"})
    assert response.status_code == 200
    assert 'value="45"' in row_of(response, "marks")
    assert "现在是：您另行填报的 44" in row_of(response, "marks")
    assert Entry.objects.get().value == 44


def test_an_old_page_does_not_touch_what_it_did_not_change(client, alta, ordos):
    page = client.get(ADDRESS).content.decode()
    send(client, value_marks="44")
    client.post(ADDRESS, fields(page, value_patents="3") | {"act": "save"})
    assert Entry.objects.get(series=ordos["marks"]).value == 44


def test_what_was_approved_meanwhile_is_told(client, people, alta, ordos):
    send(client, value_marks="44")
    factories.actual(ordos["marks"], 2024, 43)
    response = client.get(ADDRESS)
    assert "已生效的数值有了变动，现在是 43（第 1 版）" in row_of(response, "marks")
    assert "一项也没有提交" in send(client, act="submit").content.decode()


def test_broken_form_is_refused(client, alta, ordos):
    response = client.post(ADDRESS, {"act": "save", "seen-marks": "x", "value-marks": "1"}, follow=True)
    assert "表单不完整" in response.content.decode()


# Locked years


def test_locked_year_says_who_why_until_when_and_who_can_open(client, people, alta, ordos, tree):
    until = timezone.localdate() + datetime.timedelta(days=30)
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿", until=until)
    page = text(client.get(ADDRESS))
    for words in ("这一年已锁定", "Dolma", "年报已定稿", f"{until.year}年{until.month}月{until.day}日", "谁能打开"):
        assert words in page
    assert '<input type="text" inputmode' not in client.get(ADDRESS).content.decode()


def test_nothing_is_written_in_a_locked_year(client, people, alta, ordos, tree):
    page = client.get(ADDRESS).content.decode()
    locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿")
    response = client.post(ADDRESS, fields(page, value_marks="44") | {"act": "save"})
    assert "年报已定稿" in response.content.decode()
    assert not Entry.objects.exists()


def test_who_has_an_exception_goes_on(client, people, alta, ordos, tree):
    lock = locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已定稿")
    until = timezone.localdate() + datetime.timedelta(days=3)
    locks.except_from(lock, alta, by=people["dolma"], reason="更正", until=until)
    assert "您获准继续填报" in client.get(ADDRESS).content.decode()
    send(client, value_marks="44")
    assert Entry.objects.get().value == 44
