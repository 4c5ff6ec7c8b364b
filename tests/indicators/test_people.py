"""Managers keep the people of their regions, and nobody else's; nobody gives themselves anything."""

import csv
import io
import re

import pytest
from django.contrib.auth.models import Permission
from openpyxl import load_workbook

from indicators import audit
from indicators import people as acts
from indicators.calculation.vocabulary import Role
from indicators.models import AuditEvent
from indicators.outcome import Forbidden
from regions.models import Assignment, Region, User
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
NEW = {"username": "erden", "full_name": "Erden", "region": "150600", "role": "clerk"}


@pytest.fixture
def dolma(client, people):
    """Dolma, who manages the whole region, signed in."""
    client.force_login(people["dolma"])
    return people["dolma"]


@pytest.fixture
def emin(people, tree):
    """A manager of Ordos alone, without the regions below."""
    return factories.person("emin", (tree["150600"], Role.MANAGER, False))


def page_of(person):
    return f"/accounts/people/{person.pk}/"


def do(client, person, act, **fields):
    return client.post(f"{page_of(person)}{act}/", fields)


def roles_of(person):
    return set(person.assignments.values_list("region__code", "role", "includes_descendants"))


# The list


def test_the_list_shows_the_people_of_ones_regions(client, dolma, people):
    page = client.get("/accounts/people/").content.decode()
    assert "您管理的地区有 <strong>4</strong> 人" in page
    for name in ("Alta", "Bayar", "Chen"):
        assert name in page


def test_a_manager_of_one_region_does_not_see_the_others(client, emin, people):
    client.force_login(emin)
    page = client.get("/accounts/people/").content.decode()
    assert "Alta" in page
    assert "Chen" not in page
    assert "Dolma" not in page
    assert client.get(page_of(people["chen"])).status_code == 404


@pytest.mark.parametrize("who", ["alta", "bayar"])
def test_others_keep_nobody(client, people, who):
    client.force_login(people[who])
    assert client.get("/accounts/people/").status_code == 403
    assert client.get(page_of(people["chen"])).status_code == 403
    assert do(client, people["chen"], "switch-off").status_code == 403


def test_the_list_is_searched_by_name_and_user_name(client, dolma):
    assert "找到 <strong>1</strong> 人" in client.get("/accounts/people/?q=bay").content.decode()
    assert "没有找到" in client.get("/accounts/people/?q=nobody").content.decode()


def test_somebody_with_two_roles_is_found_once(client, dolma, people, tree):
    Assignment.objects.create(user=people["alta"], region=tree["150500"], role=Role.CLERK)
    assert "找到 <strong>1</strong> 人" in client.get("/accounts/people/?q=alta").content.decode()


def test_the_list_has_pages_and_few_queries(client, dolma, tree, django_assert_max_num_queries):
    for number in range(60):
        factories.person(f"person-{number:02d}", (tree["150600"], Role.CLERK, False))
    with django_assert_max_num_queries(18):
        page = client.get("/accounts/people/").content.decode()
    assert "第 1 页，共 2 页" in page
    assert "person-59" in client.get("/accounts/people/?page=2").content.decode()
    for wrong in ("page=3", "page=x", "sort=name", "format=exe"):
        assert client.get(f"/accounts/people/?{wrong}").status_code == 404


def test_the_list_as_files(client, dolma):
    User.objects.filter(username="alta").update(full_name="=1+1")
    response = client.get("/accounts/people/?format=csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["username"] for row in rows] == ["alta", "bayar", "chen", "dolma"]
    assert rows[0]["full_name"] == "'=1+1"
    assert rows[3]["roles"] == "内蒙古自治区（含下级） 管理员"
    book = load_workbook(io.BytesIO(client.get("/accounts/people/?format=xlsx&q=chen").content))
    assert [cell.value for cell in book.active["A"]] == ["username", "chen"]


# Making people


def test_a_person_gets_a_first_password_once_and_must_change_it(client, dolma):
    page = client.post("/accounts/people/new/", NEW).content.decode()
    password = re.search(r'id="secret">([^<]+)<', page)[1]
    erden = User.objects.get(username="erden")
    assert erden.check_password(password)
    assert erden.must_change_password
    assert roles_of(erden) == {("150600", "clerk", False)}
    assert password not in client.get(page_of(erden)).content.decode()
    assert not AuditEvent.objects.filter(detail__icontains=password).exists()
    assert set(AuditEvent.objects.values_list("act", "subject")) == {("person.create", "erden"), ("role.give", "erden")}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"username": "ALTA"}, "已经有人用了"),
        ({"username": "two words"}, "用户名"),
        ({"username": ""}, "用户名"),
        ({"full_name": ""}, "姓名"),
        ({"email": "no address"}, "电子邮箱"),
        ({"region": "999999"}, "地区"),
        ({"role": "king"}, "角色"),
    ],
)
def test_a_person_is_not_made_from_nonsense(client, dolma, changes, says):
    response = client.post("/accounts/people/new/", NEW | changes)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert User.objects.count() == 4


def test_a_person_is_not_made_elsewhere(client, emin):
    client.force_login(emin)
    assert client.post("/accounts/people/new/", NEW | {"region": "150500"}).status_code == 422
    response = client.post("/accounts/people/new/", NEW | {"includes_descendants": "on"})
    assert "不在您管理的地区之内" in response.content.decode()
    assert not User.objects.filter(username="erden").exists()


def test_first_passwords_pass_both_policies():
    from django.contrib.auth.password_validation import validate_password

    made = {acts.first_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        validate_password(password)


# Acts on people


def test_switching_off_keeps_somebody_out_and_on_lets_them_in(client, dolma, people):
    assert do(client, people["alta"], "switch-off").status_code == 302
    assert not User.objects.get(username="alta").is_active
    assert "已停用" in client.get(page_of(people["alta"])).content.decode()
    do(client, people["alta"], "switch-on")
    assert User.objects.get(username="alta").is_active


def test_a_reset_password_is_shown_once(client, dolma, people):
    page = do(client, people["alta"], "reset").content.decode()
    password = re.search(r'id="secret">([^<]+)<', page)[1]
    alta = User.objects.get(username="alta")
    assert alta.check_password(password)
    assert alta.must_change_password


def test_acts_that_do_not_exist_are_not_found(client, dolma, people):
    assert do(client, people["alta"], "promote").status_code == 404
    assert client.get(f"{page_of(people['alta'])}reset/").status_code == 405


FULL = [acts.switch_off, acts.switch_on, acts.reset_password, acts.end_sessions, acts.unlock]


def elsewhere_too(people, tree):
    Assignment.objects.create(user=people["alta"], region=tree["150500"], role=Role.CLERK)


def covers_below(people, tree):
    people["alta"].assignments.update(includes_descendants=True)


def is_staff(people, tree):
    User.objects.filter(pk=people["alta"].pk).update(is_staff=True)


def is_superuser(people, tree):
    User.objects.filter(pk=people["alta"].pk).update(is_superuser=True)


def has_permissions(people, tree):
    people["alta"].user_permissions.set(Permission.objects.all()[:1])


def is_no_colleague(people, tree):
    people["alta"].assignments.update(region=tree["150500"])


@pytest.mark.parametrize("act", FULL, ids=lambda act: act.__name__)
@pytest.mark.parametrize("made", [elsewhere_too, covers_below, is_staff, is_superuser, has_permissions, is_no_colleague])
def test_people_beyond_ones_reach_are_not_touched(people, tree, emin, made, act):
    made(people, tree)
    alta = User.objects.get(username="alta")
    with pytest.raises(Forbidden):
        act(alta, by=emin)
    assert alta.pk not in acts.kept_by(emin).values_list("pk", flat=True)
    assert User.objects.get(username="alta").password == people["alta"].password


@pytest.mark.parametrize("act", FULL, ids=lambda act: act.__name__)
def test_within_reach_they_are(people, emin, act):
    act(people["alta"], by=emin)
    assert people["alta"] in acts.kept_by(emin)


@pytest.mark.parametrize("act", FULL, ids=lambda act: act.__name__)
def test_nobody_acts_on_themselves(people, act):
    root = User.objects.create_superuser("root", password=PASSWORD)
    for person in (people["dolma"], root):
        with pytest.raises(Forbidden):
            act(person, by=person)


@pytest.mark.parametrize("act", FULL, ids=lambda act: act.__name__)
@pytest.mark.parametrize("who", ["alta", "bayar"])
def test_other_roles_act_on_nobody(people, act, who):
    with pytest.raises(Forbidden):
        act(people["chen"], by=people[who])


def test_the_built_in_user_is_nobodys(client, bundled):
    root = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(root)
    built_in = User.objects.get(username="bundled")
    assert client.get(page_of(built_in)).status_code == 404
    with pytest.raises(Forbidden):
        acts.switch_off(built_in, by=root)


def test_the_first_superuser_makes_managers(client, tree):
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    assert client.get("/accounts/people/").status_code == 200
    response = client.post("/accounts/people/new/", NEW | {"role": "manager", "includes_descendants": "on"})
    assert response.status_code == 200
    assert acts.may_keep_people(User.objects.get(username="erden"))


# Roles


def test_a_role_is_given_and_taken(client, dolma, people):
    do(client, people["alta"], "give", region="150500", role="reviewer")
    assert roles_of(people["alta"]) == {("150600", "clerk", False), ("150500", "reviewer", False)}
    given = people["alta"].assignments.get(role="reviewer")
    page = do(client, people["alta"], "take", role=given.pk)
    assert page["Location"] == page_of(people["alta"])
    assert roles_of(people["alta"]) == {("150600", "clerk", False)}
    written = AuditEvent.objects.filter(act__startswith="role.").order_by("pk")
    assert [(event.act, event.by.username, event.detail["region"]) for event in written] == [
        ("role.give", "dolma", "150500"),
        ("role.take", "dolma", "150500"),
    ]


def test_given_again_it_may_come_to_cover_the_regions_below(client, dolma, people):
    do(client, people["alta"], "give", region="150600", role="clerk", includes_descendants="on")
    assert roles_of(people["alta"]) == {("150600", "clerk", True)}


@pytest.mark.parametrize("fields", [{"region": "150100", "role": "clerk"}, {"region": "150600", "role": "x"}, {}])
def test_a_role_from_nonsense_is_not_given(client, dolma, people, fields):
    assert do(client, people["alta"], "give", **fields).status_code == 422
    assert roles_of(people["alta"]) == {("150600", "clerk", False)}


@pytest.mark.parametrize(("region", "below"), [("150500", False), ("150000", False), ("150600", True)])
def test_no_role_is_given_outside_ones_own_regions(people, tree, emin, region, below):
    with pytest.raises(Forbidden):
        acts.give_role(people["alta"], tree[region], Role.CLERK, includes_descendants=below, by=emin)


@pytest.mark.parametrize("role", list(Role))
def test_nobody_gives_themselves_a_role(client, people, tree, dolma, role):
    root = User.objects.create_superuser("root", password=PASSWORD)
    for person in (dolma, root):
        with pytest.raises(Forbidden):
            acts.give_role(person, tree["150600"], role, by=person)
    assert do(client, dolma, "give", region="150600", role=role.value).status_code == 403
    assert roles_of(dolma) == {("150000", "manager", True)}
    with pytest.raises(Forbidden):
        acts.take_role(dolma.assignments.get(), by=dolma)


def test_nobody_gives_themselves_a_role_in_the_admin_either(client, people, tree):
    root = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(root)
    form = {
        "username": "root",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "assignments-TOTAL_FORMS": 1,
        "assignments-INITIAL_FORMS": 0,
        "assignments-0-user": root.pk,
        "assignments-0-region": tree["150600"].pk,
        "assignments-0-role": "reviewer",
    }
    client.post(f"/admin/regions/user/{root.pk}/change/", form)
    assert not root.assignments.exists()


def test_who_acts_elsewhere_too_loses_only_the_role_of_ones_own_region(people, tree, emin):
    elsewhere_too(people, tree)
    with pytest.raises(Forbidden):
        acts.give_role(people["alta"], tree["150600"], Role.REVIEWER, by=emin)
    with pytest.raises(Forbidden):
        acts.take_role(people["alta"].assignments.get(region=tree["150500"]), by=emin)
    acts.take_role(people["alta"].assignments.get(region=tree["150600"]), by=emin)
    assert roles_of(people["alta"]) == {("150500", "clerk", False)}


def test_a_role_that_reaches_below_is_not_cut_by_who_does_not(people, tree, emin):
    covers_below(people, tree)
    with pytest.raises(Forbidden):
        acts.give_role(people["alta"], tree["150600"], Role.CLERK, includes_descendants=False, by=emin)
    assert roles_of(people["alta"]) == {("150600", "clerk", True)}


def test_whoever_lost_the_last_role_is_found_by_the_whole_name_and_taken_in(client, emin, people):
    client.force_login(emin)
    do(client, people["alta"], "take", role=people["alta"].assignments.get().pk)
    assert "Alta" not in client.get("/accounts/people/?q=alt").content.decode()
    assert "Alta" in client.get("/accounts/people/?q=alta").content.decode()
    assert do(client, people["alta"], "reset").status_code == 403
    do(client, people["alta"], "give", region="150600", role="clerk")
    assert roles_of(people["alta"]) == {("150600", "clerk", False)}


def test_a_role_below_is_given_where_ones_own_covers_those_below(people, tree):
    acts.give_role(people["chen"], tree["150523"], Role.CLERK, includes_descendants=True, by=people["dolma"])
    assert ("150523", "clerk", True) in roles_of(people["chen"])


# In the admin


@pytest.fixture
def root(client):
    root = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(root)
    return root


def test_the_admin_makes_people_change_their_first_password(client, root):
    form = {"username": "erden", "usable_password": "true", "password1": "Staple-horse-77", "password2": "Staple-horse-77"}
    client.post("/admin/regions/user/add/", form)
    assert User.objects.get(username="erden").must_change_password
    assert AuditEvent.objects.filter(act="person.create", subject="erden", by=root).exists()


def test_a_password_set_in_the_admin_must_be_changed(client, root, people):
    form = {"usable_password": "true", "password1": "Staple-horse-77", "password2": "Staple-horse-77"}
    assert client.post(f"/admin/regions/user/{people['alta'].pk}/password/", form).status_code == 302
    alta = User.objects.get(username="alta")
    assert alta.must_change_password
    assert alta.sessions_ended_at
    assert AuditEvent.objects.filter(act="person.reset", subject="alta", by=root).exists()


def test_roles_and_rights_given_in_the_admin_are_written_down(client, root, people, tree):
    alta = people["alta"]
    form = {
        "username": "alta",
        "is_staff": "on",
        "assignments-TOTAL_FORMS": 2,
        "assignments-INITIAL_FORMS": 1,
        "assignments-0-id": alta.assignments.get().pk,
        "assignments-0-user": alta.pk,
        "assignments-0-region": tree["150600"].pk,
        "assignments-0-role": "clerk",
        "assignments-0-DELETE": "on",
        "assignments-1-user": alta.pk,
        "assignments-1-region": tree["150500"].pk,
        "assignments-1-role": "reviewer",
    }
    assert client.post(f"/admin/regions/user/{alta.pk}/change/", form).status_code == 302
    alta.refresh_from_db()
    assert roles_of(alta) == {("150500", "reviewer", False)}
    assert alta.sessions_ended_at  # switched off with it
    written = AuditEvent.objects.filter(subject="alta").exclude(act="session.login")
    assert set(written.values_list("act", flat=True)) == {"role.give", "role.take", "person.change"}
    assert written.get(act="person.change").detail["is_staff"] is True


def test_who_keeps_accounts_does_not_touch_others_who_keep_the_system(client, people):
    keeper = factories.person("keeper", is_staff=True)
    keeper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    other = factories.person("other", is_staff=True)
    client.force_login(keeper)
    form = {"usable_password": "true", "password1": "Staple-horse-77", "password2": "Staple-horse-77"}
    assert client.post(f"/admin/regions/user/{other.pk}/password/", form).status_code == 403


# The record


@pytest.fixture
def events(people):
    for name in ("alta", "chen", "dolma"):
        acts.came_in(people[name])
    acts.was_denied(people["alta"], "GET /accounts/people/")


def test_managers_read_what_their_people_did(client, events, emin):
    client.force_login(emin)
    page = client.get("/accounts/audit/").content.decode()
    assert "alta" in page
    assert "chen" not in page
    assert "dolma" not in page


def test_who_may_read_all_of_it_reads_all(client, events, root):
    page = client.get("/accounts/audit/").content.decode()
    for name in ("alta", "chen", "dolma"):
        assert name in page


def test_others_read_none_of_it(client, events, people):
    client.force_login(people["alta"])
    assert client.get("/accounts/audit/").status_code == 403


def test_it_is_narrowed_by_person_act_and_day(client, events, root):
    def rows(query):
        text = client.get(f"/accounts/audit/?format=csv&{query}").content.decode("utf-8-sig")
        return [(row["username"], row["act"]) for row in csv.DictReader(io.StringIO(text))]

    day = AuditEvent.objects.first().at.astimezone().date().isoformat()
    assert rows("person=alta") == [("alta", "access.denied"), ("alta", "session.login")]
    assert rows("act=access.denied") == [("alta", "access.denied")]
    assert len(rows(f"day={day}&person=chen")) == 1
    assert rows("day=2001-01-01") == []
    for wrong in ("day=yesterday", "before=x", "user=alta", "format=pdf"):
        assert client.get(f"/accounts/audit/?{wrong}").status_code == 404
    assert client.get("/accounts/audit/?day=2001-01-01").status_code == 200


def test_acts_and_their_details_are_told_in_words(client, root, people):
    audit.record("figure.submit", by=people["alta"], subject="150600 valid-trademarks 2024", through="form", version=1)
    change = [["at_least", "50000", None, None], None]
    audit.record("target.correct", by=people["dolma"], subject="某指标", targets={"2025": change})
    client.force_login(root)
    page = client.get("/accounts/audit/").content.decode()
    assert '<td class="nowrap">提交</td>' in page
    assert "途径：网页；版本：1" in page
    assert "目标：2025 年 不低于 50000 → 没有目标" in page
    assert "figure.submit</td>" not in page


def test_it_goes_back_page_by_page(client, root, people, django_assert_max_num_queries):
    for _ in range(120):
        acts.came_in(people["alta"])
    with django_assert_max_num_queries(14):
        page = client.get("/accounts/audit/").content.decode()
    earlier = re.search(r'href="\?before=(\d+)" rel="next"', page)[1]
    page = client.get(f"/accounts/audit/?before={earlier}").content.decode()
    assert page.count("<tr><th") - 1 == 20
    assert "更早的" not in page


def test_it_shows_request_and_address(client, root, people):
    response = client.post("/accounts/login/", {"username": "alta", "password": PASSWORD}, REMOTE_ADDR="10.1.2.3")
    client.force_login(root)
    page = client.get("/accounts/audit/").content.decode()
    assert response["X-Request-ID"] in page
    assert "10.1.2.3" in page


# My account


def test_my_account_shows_roles_tokens_and_latest_logins(client, people):
    client.post("/accounts/login/", {"username": "alta", "password": "wrong"})
    client.post("/accounts/login/", {"username": "alta", "password": PASSWORD}, REMOTE_ADDR="10.1.2.3")
    acts.make_token(people["alta"], name="月报", by=people["alta"])
    page = client.get("/accounts/").content.decode()
    for shown in ("鄂尔多斯市", "填报员", "月报", "10.1.2.3", "密码不对"):
        assert shown in page
    assert "bayar" not in page


@pytest.mark.parametrize(
    ("who", "links"),
    [("alta", {"/entry/"}), ("bayar", {"/review/"}), ("dolma", {"/entry/", "/accounts/people/"}), (None, set())],
)
def test_the_navigation_leads_where_somebody_works(client, people, who, links):
    if who:
        client.force_login(people[who])
    page = client.get("/").content.decode()
    assert {link for link in ("/entry/", "/review/", "/accounts/people/") if f'href="{link}"' in page} == links


def test_a_nation_of_regions_is_listed_with_few_queries(client, dolma, django_assert_max_num_queries):
    above = Region.objects.get(code="150000")
    Region.objects.bulk_create(
        Region(code=f"{151000 + number}", name=f"旗{number}", level="county", parent=above) for number in range(300)
    )
    with django_assert_max_num_queries(14):
        assert client.get("/accounts/people/new/").status_code == 200
