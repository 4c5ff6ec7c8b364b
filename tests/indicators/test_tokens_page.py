"""Tokens: made by their person, shown once, narrowed, revoked by who may, and let in while they hold."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from indicators import people as acts
from indicators import permissions
from indicators.calculation.vocabulary import Role
from indicators.models import AuditEvent
from indicators.outcome import Forbidden
from regions.models import LoginFailure, Token, User
from tests import factories

pytestmark = pytest.mark.django_db

HERE = "10.0.0.5"


@pytest.fixture
def alta(client, people):
    client.force_login(people["alta"])
    return people["alta"]


def make(client, **changes):
    return client.post("/accounts/tokens/", {"name": "编目程序", "days": "30"} | changes)


def test_a_token_is_shown_once(client, alta):
    page = make(client, may_write="on", region="150600", role="clerk").content.decode()
    key = re.search(r'id="secret">([^<]+)<', page)[1]
    token = Token.objects.get()
    assert (token.user, token.name, token.may_write, token.region.code, token.role) == (
        alta,
        "编目程序",
        True,
        "150600",
        "clerk",
    )
    assert key not in client.get("/accounts/tokens/").content.decode()
    assert key[:8] == token.prefix
    assert key not in str(Token.objects.values().get())
    assert acts.person_of_token(key, HERE) == alta
    assert key not in str(AuditEvent.objects.values_list("detail", "subject"))


def test_it_lasts_ninety_days_unless_said_otherwise_and_reads_only(client, alta):
    make(client, days="")
    token = Token.objects.get()
    assert token.expires_at - token.created_at == timedelta(days=90)
    assert not token.may_write


@pytest.mark.parametrize(
    "changes",
    [{"days": "366"}, {"days": "0"}, {"days": "x"}, {"name": ""}, {"region": "150500"}, {"role": "manager"}, {"role": "x"}],
)
def test_no_token_from_nonsense_or_beyond_ones_own_roles(client, alta, changes):
    assert make(client, **changes).status_code == 422
    assert not Token.objects.exists()


def test_nobody_makes_a_token_for_somebody_else(people):
    with pytest.raises(Forbidden):
        acts.make_token(people["alta"], name="x", by=people["dolma"])


def test_one_revokes_ones_own(client, alta):
    token, key = acts.make_token(alta, name="编目程序", by=alta)
    assert client.post(f"/accounts/tokens/{token.pk}/revoke/")["Location"] == "/accounts/tokens/"
    with pytest.raises(acts.Refused, match="撤销"):
        acts.person_of_token(key, HERE)
    assert "已撤销" in client.get("/accounts/tokens/").content.decode()


@pytest.mark.parametrize(("who", "status"), [("dolma", 302), ("bayar", 404), ("chen", 404)])
def test_managers_revoke_those_of_their_people(client, people, who, status):
    token, _ = acts.make_token(people["alta"], name="编目程序", by=people["alta"])
    client.force_login(people[who])
    assert ("编目程序" in client.get("/accounts/tokens/").content.decode()) is (status == 302)
    assert client.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == status
    assert bool(Token.objects.get().revoked_at) is (status == 302)


def test_revoking_twice_is_written_down_once(client, alta):
    token, _ = acts.make_token(alta, name="编目程序", by=alta)
    for _ in range(2):
        client.post(f"/accounts/tokens/{token.pk}/revoke/")
    assert AuditEvent.objects.filter(act="token.revoke").count() == 1


def made_by(alta, **fields):
    return acts.make_token(alta, name="编目程序", by=alta, **fields)[1]


def test_who_comes_with_a_token_is_narrowed_to_what_it_is_for(people, tree):
    dolma = people["dolma"]
    user = acts.person_of_token(made_by(dolma, region=tree["150500"]), HERE)
    assert permissions.regions_of(user, Role.MANAGER) == {tree["150500"].pk, tree["150523"].pk}
    assert user.token.name == "编目程序"


def expired(alta):
    Token.objects.update(expires_at=timezone.now())


def revoked(alta):
    Token.objects.update(revoked_at=timezone.now())


def switched_off(alta):
    User.objects.update(is_active=False)


def with_a_first_password(alta):
    User.objects.update(must_change_password=True)


@pytest.mark.parametrize("since", [expired, revoked, switched_off, with_a_first_password])
def test_tokens_that_no_longer_hold_let_nobody_in_and_lock_nothing(people, since):
    key = made_by(people["alta"])
    since(people["alta"])
    for _ in range(6):
        with pytest.raises(acts.Refused) as refused:
            acts.person_of_token(key, HERE)
    assert not isinstance(refused.value, acts.Locked)
    assert not LoginFailure.objects.exists()


def test_wrong_tokens_lock_their_address(people):
    key = made_by(people["alta"])
    for _ in range(5):
        with pytest.raises(acts.Refused):
            acts.person_of_token("ip_wrong", HERE)
    with pytest.raises(acts.Locked):
        acts.person_of_token(key, HERE)
    assert acts.person_of_token(key, "10.0.0.6") == people["alta"]
    assert AuditEvent.objects.filter(act="token.failure", address=None).count() == 5


def test_use_is_noted_once_a_minute(people, django_assert_num_queries):
    key = made_by(people["alta"])
    acts.person_of_token(key, HERE)
    noted = Token.objects.get().last_used_at
    assert noted
    with django_assert_num_queries(4):
        acts.person_of_token(key, HERE)
    assert Token.objects.get().last_used_at == noted


def test_there_is_an_end_to_how_many_there_may_be(people, monkeypatch):
    monkeypatch.setattr(acts, "MOST_TOKENS", 2)
    for _ in range(2):
        made_by(people["alta"])
    with pytest.raises(Forbidden):
        made_by(people["alta"])


def test_the_list_of_a_manager_has_pages_and_few_queries(client, people, tree, django_assert_max_num_queries):
    for number in range(55):
        made_by(factories.person(f"person-{number}", (tree["150600"], Role.CLERK, False)))
    client.force_login(people["dolma"])
    with django_assert_max_num_queries(20):
        assert "第 1 页，共 2 页" in client.get("/accounts/tokens/").content.decode()
