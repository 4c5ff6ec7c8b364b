"""How long somebody stays signed in, what ends it, and that a form which meets the end is not lost."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from indicators import people as acts
from indicators.models import AuditEvent
from indicators.views.sessions import carried_form, carry
from ipdash import sessions
from regions.models import Token, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
FORM = {"name": "月报 <程序>\r\n第二行", "days": "30", "may_write": "on"}


def as_if_ago(client, *, started=0, seen=0):
    """The session as if it began and was last used that many minutes earlier."""
    store = client.session
    data = dict(store.items())
    data[sessions.STARTED] -= started * 60
    data[sessions.SEEN] -= seen * 60
    Session.objects.filter(pk=store.session_key).update(session_data=store.encode(data))


def is_in(client):
    return client.get("/accounts/").status_code == 200


@pytest.fixture
def alta(client, people):
    """Alta, signed in through the door."""
    client.post("/accounts/login/", {"username": "alta", "password": PASSWORD})
    return people["alta"]


@pytest.mark.parametrize(
    ("started", "seen", "stays"),
    [(29, 29, True), (31, 31, False), (11 * 60, 1, True), (12 * 60 + 1, 1, False), (12 * 60 - 5, 29, True)],
)
def test_sessions_end_when_idle_and_when_old(client, alta, started, seen, stays):
    as_if_ago(client, started=started, seen=seen)
    assert is_in(client) is stays
    assert AuditEvent.objects.filter(act="session.end", by=alta).exists() is not stays


def test_use_keeps_a_session(client, alta):
    for _ in range(3):
        as_if_ago(client, started=20, seen=20)
        assert is_in(client)


def test_use_does_not_keep_it_beyond_its_age(client, alta):
    for _ in range(35):
        as_if_ago(client, started=20, seen=20)
        assert is_in(client)
    as_if_ago(client, started=21, seen=21)
    assert not is_in(client)


def test_a_session_in_use_is_written_once_a_minute(client, alta, django_assert_num_queries):
    client.get("/favicon.ico")
    with django_assert_num_queries(2):  # the session and the person
        client.get("/favicon.ico")


def test_visitors_without_a_session_cost_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/favicon.ico")
        client.get("/healthz/live")


def test_the_health_of_the_process_is_told_without_asking_who_asks(client, alta, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/healthz/live")


def other_browser():
    client = Client()
    client.post("/accounts/login/", {"username": "alta", "password": PASSWORD})
    return client


def test_a_new_password_ends_the_sessions_elsewhere(client, alta):
    elsewhere = other_browser()
    new = "Staple-horse-77"
    client.post("/accounts/password/", {"old_password": PASSWORD, "new_password": new, "repeated": new})
    assert is_in(client)
    assert not is_in(elsewhere)


@pytest.mark.parametrize("act", [acts.end_sessions, acts.switch_off, acts.reset_password])
def test_a_manager_ends_sessions(client, alta, people, act):
    assert is_in(client)
    act(User.objects.get(pk=alta.pk), by=people["dolma"])
    assert not is_in(client)


def test_an_account_switched_on_again_does_not_bring_its_sessions_back(client, alta, people):
    acts.switch_off(alta, by=people["dolma"])
    assert not is_in(client)
    acts.switch_on(alta, by=people["dolma"])
    assert not is_in(client)
    assert is_in(other_browser())


def test_sessions_begun_after_the_end_hold(client, alta, people):
    acts.end_sessions(alta, by=people["dolma"])
    assert is_in(other_browser())


def test_pages_of_who_is_signed_in_are_not_stored(client, alta):
    for address in ("/", "/accounts/", "/accounts/tokens/", "/plans/", "/nowhere/"):
        assert "no-store" in client.get(address)["Cache-Control"]


def test_the_login_page_is_not_stored(client):
    assert "no-store" in client.get("/accounts/login/")["Cache-Control"]


# Staying


def test_looking_how_long_is_left_uses_nothing(client, alta):
    as_if_ago(client, started=28, seen=28)
    for _ in range(2):
        assert 60 < client.get("/accounts/stay/").json()["seconds_left"] <= 120
    assert client.post("/accounts/stay/").json()["seconds_left"] == 1800
    assert client.get("/accounts/stay/").json()["seconds_left"] >= 1799


def test_whoever_is_signed_out_cannot_stay(client, alta):
    as_if_ago(client, started=40, seen=40)
    for response in (client.get("/accounts/stay/"), client.post("/accounts/stay/")):
        assert (response.status_code, response.json()) == (401, {"code": "session_ended", "login": "/accounts/login/"})


def test_pages_know_when_the_session_ends(client, alta):
    assert 'data-session-left="1800"' in client.get("/").content.decode()
    client.post("/accounts/logout/")
    assert "data-session-left" not in client.get("/").content.decode()


# What was typed


def ended(client):
    as_if_ago(client, started=40, seen=40)


def test_a_fetch_is_told_that_the_session_has_ended(client, alta):
    ended(client)
    response = client.post("/accounts/tokens/", FORM, headers={"accept": "*/*"})
    assert (response.status_code, response.json()) == (401, {"code": "session_ended", "login": "/accounts/login/"})
    assert not Token.objects.exists()


def fields_of(page):
    """The hidden and open fields of the form of a page, as a browser would send them."""
    fields = {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)}
    areas = re.findall(r'<textarea name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return fields | {name: unescape(value) for name, value in areas}


def caught(client):
    """What the login page carries after a form has met the end of the session."""
    response = client.post("/accounts/tokens/", FORM, headers={"referer": "http://testserver/accounts/tokens/"})
    page = response.content.decode()
    assert response.status_code == 401
    assert "刚才填写的内容没有丢" in page
    return fields_of(page)


def test_a_form_goes_on_after_logging_in_again(client, alta):
    ended(client)
    fields = caught(client)
    assert not Token.objects.exists()
    page = client.post("/accounts/login/", {**fields, "username": "alta", "password": PASSWORD}).content.decode()
    assert "data-goes-by-itself" in page
    assert 'action="/accounts/tokens/"' in page
    again = fields_of(page)
    assert {name: again[name] for name in FORM} == FORM
    client.post("/accounts/tokens/", again)
    assert Token.objects.get().user == alta


def test_it_survives_a_wrong_password(client, alta):
    ended(client)
    fields = caught(client)
    page = client.post("/accounts/login/", {**fields, "username": "alta", "password": "wrong"}).content.decode()
    assert "刚才填写的内容没有丢" in page
    assert fields_of(page)["carried"] == fields["carried"]


def test_another_person_does_not_send_it(client, alta, people):
    ended(client)
    fields = caught(client)
    response = client.post("/accounts/login/", {**fields, "username": "bayar", "password": PASSWORD}, follow=True)
    assert "是另一个人填的，没有提交" in response.content.decode()
    assert "data-goes-by-itself" not in response.content.decode()


@pytest.mark.parametrize("ends", [lambda client: client.cookies.clear(), lambda client: Session.objects.all().delete()])
def test_where_nobody_knows_whose_it_was_it_is_shown_before_it_is_sent(client, alta, ends):
    ends(client)
    fields = caught(client)
    page = client.post("/accounts/login/", {**fields, "username": "alta", "password": PASSWORD}).content.decode()
    assert "请核对后提交" in page
    assert "data-goes-by-itself" not in page
    assert fields_of(page)["days"] == "30"


def test_what_is_carried_cannot_be_made_up_or_sent_elsewhere(client, alta, rf):
    request = rf.post("/accounts/tokens/", FORM)
    signed = carry(request, whose=alta.pk)
    assert carried_form(signed)["path"] == "/accounts/tokens/"
    assert carried_form(signed[:-2] + "xx") is None
    client.post("/accounts/logout/")
    response = client.post("/accounts/login/", {"username": "alta", "password": PASSWORD, "carried": "eyJwYXRoIjoiLyJ9:x:y"})
    assert response["Location"] == "/"


def test_passwords_are_never_carried(client, rf, alta):
    request = rf.post("/admin/regions/user/add/", {"username": "eve", "password1": "secret one", "password2": "secret one"})
    assert carried_form(carry(request, whose=alta.pk))["fields"] == [["username", "eve"]]


def test_it_comes_along_through_a_forced_new_password(client, alta, people):
    first = acts.reset_password(User.objects.get(pk=alta.pk), by=people["dolma"])
    fields = caught(client)
    response = client.post("/accounts/login/", {**fields, "username": "alta", "password": first})
    assert response["Location"] == "/accounts/password/"
    new = "Staple-horse-77"
    page = client.post("/accounts/password/", {"old_password": first, "new_password": new, "repeated": new}).content.decode()
    assert 'action="/accounts/tokens/"' in page
    assert fields_of(page)["name"] == FORM["name"]


def test_a_form_that_meets_a_password_grown_old_comes_along_too(client, alta):
    User.objects.filter(pk=alta.pk).update(password_changed_at=timezone.now() - timedelta(days=91))
    assert client.post("/accounts/tokens/", FORM)["Location"].startswith("/accounts/password/")
    new = "Staple-horse-77"
    page = client.post("/accounts/password/", {"old_password": PASSWORD, "new_password": new, "repeated": new}).content.decode()
    assert fields_of(page)["name"] == FORM["name"]


def test_a_page_that_needs_somebody_says_why_one_is_signed_out(client, alta):
    ended(client)
    response = client.get("/accounts/tokens/?page=1")
    assert response["Location"] == "/accounts/login/?next=/accounts/tokens/%3Fpage%3D1&ended=1"
    assert "您已退出登录" in client.get(response["Location"]).content.decode()
    response = client.post(response["Location"], {"username": "alta", "password": PASSWORD})
    assert response["Location"] == "/accounts/tokens/?page=1"


def test_public_pages_go_on_without_a_word(client, alta):
    ended(client)
    response = client.get("/plans/")
    assert response.status_code == 200
    assert ">登录</a>" in response.content.decode()


def test_the_admin_carries_its_forms_too(client, people):
    User.objects.create_superuser("root", password=PASSWORD)
    client.post("/accounts/login/", {"username": "root", "password": PASSWORD})
    ended(client)
    response = client.post("/admin/regions/user/add/", {"username": "eve", "full_name": "Eve"})
    assert response.status_code == 401
    fields = fields_of(response.content.decode())
    assert carried_form(fields["carried"])["path"] == "/admin/regions/user/add/"
