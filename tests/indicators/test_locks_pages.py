"""/review/locks/: managers close and open years and allow exceptions; everyone with a role sees what is closed, and why."""

import datetime

import pytest
from django.utils import timezone

from indicators import locks
from indicators.models import AuditEvent, LockException, YearLock
from tests import factories
from tests.indicators.reading import text

pytestmark = pytest.mark.django_db

ADDRESS = "/review/locks/"


@pytest.fixture
def planned(tree):
    for code in ("150500", "150523", "150600"):
        series = factories.Series.objects.create(
            region=tree[code], indicator=factories.Indicator.objects.first() or factories.indicator()
        )
        factories.plan_indicator(series, factories.plan(tree[code], slug=f"plan-{code}"))


@pytest.fixture
def dolma(client, people, planned):
    client.force_login(people["dolma"])
    return client


@pytest.fixture
def lock(people, tree, planned):
    return locks.lock_year(tree["150600"], 2024, by=people["dolma"], reason="年报已上报")


def tomorrow():
    return timezone.localdate() + datetime.timedelta(days=1)


def close(client, **fields):
    told = {"region": "150600", "year": "2024", "reason": "年报已上报", "until": ""} | fields
    return client.post(ADDRESS, told, follow=True)


def test_a_year_is_closed_with_its_reason_and_shown_to_all(dolma, people):
    response = close(dolma, until=str(tomorrow()))
    assert "已锁定1个地区的年度" in text(response)
    assert (YearLock.objects.get().reason, YearLock.objects.get().until) == ("年报已上报", tomorrow())
    for who in ("alta", "bayar"):
        dolma.force_login(people[who])
        page = text(dolma.get(ADDRESS))
        assert f"年报已上报Dolma，至{tomorrow()}" in page
        assert "锁定一年" not in page


def test_all_below_are_closed_at_once(dolma):
    assert "已锁定2个地区的年度" in text(close(dolma, region="150500", below="1"))
    assert set(YearLock.objects.values_list("region__code", flat=True)) == {"150500", "150523"}


def test_what_is_closed_already_stays_as_it_is(dolma, lock):
    assert "都已锁定，没有改动" in text(close(dolma, reason="另一理由"))
    assert YearLock.objects.get().reason == "年报已上报"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": " "}, "请写明锁定的理由"),
        ({"reason": "长" * 301}, "理由最多300个字"),
        ({"region": "000000"}, "请选择要锁定的地区"),
        ({"year": "1900"}, "请选择年份"),
        ({"year": "x"}, "请选择年份"),
        ({"until": "明天"}, "请填日期，例如"),
        ({"until": "2020-01-01"}, "锁定至的日期已经过去"),
    ],
)
def test_what_is_wrong_is_said(dolma, fields, sentence):
    response = close(dolma, **fields)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not YearLock.objects.exists()


@pytest.mark.parametrize("who", ["alta", "bayar", "chen"])
def test_only_managers_close(client, people, planned, who):
    client.force_login(people[who])
    assert "没有管理鄂尔多斯市的权限" in text(close(client))
    assert not YearLock.objects.exists()


def test_a_manager_closes_nothing_elsewhere(client, people, planned, tree):
    client.force_login(factories.person("eji", (tree["150500"], "manager", False)))
    assert "没有管理鄂尔多斯市的权限" in text(close(client))
    close(client, region="150500", below="1")
    assert YearLock.objects.get().region.code == "150500"  # not the county below, which is not the manager's


def test_the_page_of_a_lock_says_who_why_until_when_and_who_can_open_it(client, people, lock):
    client.force_login(people["alta"])
    page = text(client.get(f"{ADDRESS}{lock.pk}/"))
    assert "鄂尔多斯市2024年已锁定" in page
    assert "由Dolma于" in page
    assert "没有期限。理由：年报已上报" in page
    assert "能解锁的人：Dolma。" in page
    assert "准许谁" not in page


def test_a_year_is_opened_with_a_reason(dolma, lock):
    address = f"{ADDRESS}{lock.pk}/"
    assert "请写明解锁的理由" in text(dolma.post(address, {"act": "unlock", "reason": ""}))
    assert YearLock.objects.exists()
    assert "2024年已解锁" in text(dolma.post(address, {"act": "unlock", "reason": "补报"}, follow=True))
    assert not YearLock.objects.exists()
    assert AuditEvent.objects.get(act="year.unlock").detail["reason"] == "补报"
    assert dolma.get(address).status_code == 404


def test_an_exception_is_given_and_ended(dolma, lock, people):
    address = f"{ADDRESS}{lock.pk}/"
    told = {"act": "except", "user": people["alta"].pk, "reason": "漏报一项", "until": str(tomorrow())}
    assert "已准许Alta在锁定期间继续填报" in text(dolma.post(address, told, follow=True))
    assert locks.refusal(lock.region, 2024, people["alta"]) is None
    assert locks.refusal(lock.region, 2024, people["bayar"])
    assert "1人例外" in text(dolma.get(ADDRESS))
    exception = LockException.objects.get()
    assert "已取消这一例外" in text(dolma.post(address, {"act": f"end:{exception.pk}"}, follow=True))
    assert locks.refusal(lock.region, 2024, people["alta"])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"user": ""}, "请选择准许谁例外"),
        ({"user": "999999"}, "请选择准许谁例外"),
        ({"reason": ""}, "请写明准许例外的理由"),
        ({"until": ""}, "请填日期"),
        ({"until": "2020-01-01"}, "例外截止的日期已经过去"),
        ({"act": "burn"}, "请选择要做什么"),
    ],
)
def test_an_exception_needs_a_person_a_reason_and_a_day(dolma, lock, people, fields, sentence):
    told = {"act": "except", "user": people["alta"].pk, "reason": "漏报", "until": str(tomorrow())} | fields
    response = dolma.post(f"{ADDRESS}{lock.pk}/", told)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not LockException.objects.exists()


def test_a_clerk_neither_opens_nor_excepts(client, people, lock):
    client.force_login(people["alta"])
    address = f"{ADDRESS}{lock.pk}/"
    assert client.post(address, {"act": "unlock", "reason": "x"}).status_code == 403
    told = {"act": "except", "user": people["alta"].pk, "reason": "x", "until": str(tomorrow())}
    assert client.post(address, told).status_code == 403
    assert YearLock.objects.exists()
    assert not LockException.objects.exists()


def test_a_lock_of_another_region_is_none_of_ones_business(client, people, lock):
    client.force_login(people["chen"])
    assert client.get(f"{ADDRESS}{lock.pk}/").status_code == 404
    assert "鄂尔多斯市" not in text(client.get(ADDRESS))


def test_a_lock_that_has_run_out_closes_nothing(dolma, lock):
    YearLock.objects.update(until=timezone.localdate() - datetime.timedelta(days=1))
    assert "没有锁定的年度" in text(dolma.get(ADDRESS))
    assert "的锁定已过期" in text(dolma.get(f"{ADDRESS}{lock.pk}/"))


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}1/"])
def test_strangers_stay_outside(client, tree, address):
    assert client.get(address)["Location"].startswith("/accounts/login/")
    client.force_login(factories.person("eve"))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("query", ["page=9", "year=x", "region=999999", "colour=red"])
def test_what_is_not_there_is_404(dolma, query):
    assert dolma.get(f"{ADDRESS}?{query}").status_code == 404


def test_queries_do_not_grow_with_regions_and_locks(dolma, people, tree, django_assert_max_num_queries):
    indicator = factories.Indicator.objects.get()
    for number in range(30):
        place = factories.Region.objects.create(
            code=str(152900 + number), name=f"旗{number}", level="county", parent=tree["150000"]
        )
        factories.plan_indicator(
            factories.Series.objects.create(region=place, indicator=indicator), factories.plan(place, slug=f"p{number}")
        )
        locks.lock_year(place, 2024, by=people["dolma"], reason="x")
    with django_assert_max_num_queries(18):
        assert "30个地区的年度已锁定" in text(dolma.get(ADDRESS))
