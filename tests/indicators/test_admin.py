"""The admin keeps plans, indicators, places and people; figures and history can only be looked at there."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from indicators.models import Actual, AuditEvent, DataVersion, Entry, PlanIndicator, Progress, Revision, StaleMark, Target
from regions.models import Assignment, Region, User
from tests import factories

pytestmark = pytest.mark.django_db

LOOK_ONLY = [Actual, AuditEvent, Entry, Progress, Revision]


def address(model, view="changelist", *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=arguments)


@pytest.fixture
def root(client):
    """The superuser, logged in."""
    user = User.objects.create_superuser("root", password="correct horse battery")
    client.force_login(user)
    return user


def everything(region, number, by):
    """One row of each kind that the admin lists."""
    series = factories.series(region, code=f"indicator-{number}")
    plan_indicator = factories.plan_indicator(
        series, factories.plan(region, f"plan-{number}"), baseline_year=2020, baseline_value=30
    )
    factories.target(plan_indicator)
    now = timezone.now()
    factories.actual(series)
    Entry.objects.create(series=series, year=2024, value=41, state="submitted", entered_by=by, entered_at=now)
    Revision.objects.create(
        series=series, year=2024, act="approve", through="form", new_value=40, version=1, by=by, at=now, reason="年报"
    )
    Progress.objects.create(
        plan_indicator=plan_indicator,
        region=series.region,
        indicator=series.indicator,
        year=2024,
        actual=40,
        status="on_track",
        computed_at=now,
    )
    AuditEvent.objects.create(at=now, by=by, username=by.username, act="login", detail={"way": "form"}, address="127.0.0.1")
    return plan_indicator


@pytest.fixture
def rows(tree, root):
    return everything(tree["150600"], 1, root)


@pytest.mark.parametrize("model", admin.site._registry)
def test_lists_and_their_searches_open(client, rows, model):
    assert client.get(address(model)).status_code == 200
    assert client.get(address(model), {"q": "鄂尔多斯"}).status_code == 200


@pytest.mark.parametrize("model", admin.site._registry)
def test_lists_do_not_ask_once_per_row(client, tree, root, model, django_assert_max_num_queries):
    """Twelve more rows, not one query more."""

    def queries():
        with django_assert_max_num_queries(20) as captured:
            assert client.get(address(model)).status_code == 200
        return len(captured)

    everything(tree["150600"], 0, factories.person("user-0"))
    queries()  # content types are looked up once per process
    before = queries()
    for number in range(1, 13):
        parent = Region.objects.create(code=f"1507{number:02d}", name=f"旗{number}", level="county", parent=tree["150600"])
        everything(parent, number, factories.person(f"user-{number}"))
    assert queries() == before


@pytest.mark.parametrize("model", LOOK_ONLY)
def test_figures_and_history_can_be_looked_at_but_not_touched(client, rows, model):
    row = model.objects.latest("pk")
    page = client.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert "deletelink" not in page.content.decode()
    assert client.post(address(model, "change", row.pk), {"year": 2000}).status_code == 403
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(address(model)).content.decode()
    assert model.objects.filter(pk=row.pk).exists()


def test_zero_not_applicable_and_unknown_look_different_in_lists(client, rows, root):
    now = timezone.now()
    shared = {"series": rows.series, "through": "form", "by": root, "at": now}
    Revision.objects.create(year=2022, act="correct", old_value=None, new_value=0, version=1, **shared)
    Revision.objects.create(year=2022, act="correct", old_value=0, new_not_applicable=True, version=2, **shared)
    page = client.get(address(Revision)).content.decode()
    for shown in ('field-old">—</td>', 'field-new">0</td>', 'field-old">0</td>', 'field-new">不适用</td>'):
        assert shown in page


def plan_indicator_form(row, **changes):
    target = row.targets.get()
    return {
        "plan": row.plan_id,
        "series": row.series_id,
        "position": 1,
        "name": row.name,
        "unit": row.unit,
        "baseline_year": 2020,
        "baseline_value": "30",
        "targets-TOTAL_FORMS": 1,
        "targets-INITIAL_FORMS": 1,
        "targets-0-id": target.pk,
        "targets-0-plan_indicator": row.pk,
        "targets-0-year": 2025,
        "targets-0-kind": "at_least",
        "targets-0-lower": "50",
        **changes,
    }


def test_a_target_is_changed(client, rows):
    response = client.post(
        address(PlanIndicator, "change", rows.pk),
        plan_indicator_form(rows, **{"targets-0-kind": "range", "targets-0-upper": "60"}),
    )
    assert response.status_code == 302
    assert Target.objects.values_list("kind", "lower", "upper").get() == ("range", 50, 60)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets-0-kind": "at_most"}, "“不高于”不填下限。"),
        ({"targets-0-kind": "at_most"}, "“不高于”须填上限。"),
        ({"targets-0-lower": ""}, "“不低于”须填下限。"),
        ({"targets-0-kind": "range", "targets-0-upper": "40"}, "上限不能小于下限。"),
        ({"baseline_value": ""}, "基期年与基期值要么都填，要么都不填。"),
        ({"baseline_year": ""}, "基期年与基期值要么都填，要么都不填。"),
    ],
)
def test_what_the_database_would_refuse_is_said_in_words(client, rows, changes, message):
    response = client.post(address(PlanIndicator, "change", rows.pk), plan_indicator_form(rows, **changes))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert "约束“" not in response.content.decode()
    assert Target.objects.values_list("kind", "lower", "upper").get() == ("at_least", 50, None)


def test_a_plan_indicator_goes_with_its_targets_and_what_was_computed(client, rows):
    page = client.get(address(PlanIndicator, "delete", rows.pk))
    assert "权限" not in page.content.decode()
    assert client.post(address(PlanIndicator, "delete", rows.pk), {"post": "yes"}).status_code == 302
    assert not Target.objects.exists()
    assert not Progress.objects.exists()
    assert Actual.objects.exists()


def test_a_plan_that_has_indicators_stays(client, rows):
    page = client.post(address(type(rows.plan), "delete", rows.plan_id), {"post": "yes"})
    assert page.status_code == 200  # the list of what stands in the way
    assert type(rows.plan).objects.filter(pk=rows.plan_id).exists()


def test_blank_document_number_is_kept_as_not_stated(client, rows):
    plan = rows.plan
    form = {"slug": plan.slug, "title": plan.title, "region": plan.region_id, "first_year": 2021, "last_year": 2025}
    assert client.post(address(type(plan), "change", plan.pk), {**form, "document_number": ""}).status_code == 302
    plan.refresh_from_db()
    assert plan.document_number is None


def test_series_can_be_added_but_not_moved(client, tree, root):
    series = factories.series(tree["150600"])
    assert client.get(address(type(series), "add")).status_code == 200
    response = client.post(
        address(type(series), "change", series.pk), {"region": tree["150500"].pk, "indicator": series.indicator_id}
    )
    assert response.status_code == 403


def test_a_role_is_given_in_the_account(client, tree, root):
    alta = factories.person("alta")
    form = {
        "username": "alta",
        "full_name": "Alta",
        "is_active": "on",
        "assignments-TOTAL_FORMS": 1,
        "assignments-INITIAL_FORMS": 0,
        "assignments-0-user": alta.pk,
        "assignments-0-region": tree["150600"].pk,
        "assignments-0-role": "clerk",
    }
    assert client.post(address(User, "change", alta.pk), form).status_code == 302
    assert Assignment.objects.values_list("user", "region__code", "role").get() == (alta.pk, "150600", "clerk")


def test_an_account_is_made_with_name_and_password(client, root):
    form = {
        "username": "chen",
        "full_name": "Chen",
        "usable_password": "true",
        "password1": "Correct-horse battery",
        "password2": "Correct-horse battery",
    }
    assert client.post(address(User, "add"), form).status_code == 302
    assert User.objects.get(username="chen").check_password("Correct-horse battery")


def test_accounts_are_switched_off_not_deleted(client, root):
    alta = factories.person("alta")
    assert client.get(address(User, "delete", alta.pk)).status_code == 403


@pytest.fixture
def keeper(client, root):
    """Staff who may keep accounts, but is no superuser."""
    user = factories.person("keeper", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user", "add_user"]))
    client.force_login(user)
    return user


def test_who_keeps_accounts_cannot_make_a_superuser(client, keeper):
    form = {"username": "keeper", "is_active": "on", "is_superuser": "on", "is_staff": "on", "user_permissions": [1]}
    client.post(address(User, "change", keeper.pk), form)
    keeper.refresh_from_db()
    assert not keeper.is_superuser
    assert keeper.user_permissions.count() == 3


def test_who_keeps_accounts_cannot_touch_a_superuser(client, keeper, root):
    assert client.post(address(User, "change", root.pk), {"username": "taken"}).status_code == 403
    form = {"usable_password": "true", "password1": "correct horse two", "password2": "correct horse two"}
    assert client.post(reverse("admin:auth_user_password_change", args=[root.pk]), form).status_code == 403
    assert User.objects.get(pk=root.pk).check_password("correct horse battery")


def test_people_without_staff_rights_are_sent_to_log_in(client, people):
    client.force_login(people["dolma"])
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    client.logout()
    assert client.get(address(Revision)).status_code == 302


def test_staff_without_permission_see_nothing(client, rows):
    client.force_login(factories.person("eve", is_staff=True))
    assert client.get(address(Revision)).status_code == 403


def test_the_admin_has_a_chinese_name_and_an_icon(client, root):
    page = client.get("/admin/").content.decode()
    assert "知识产权规划指标管理" in page
    assert "img/favicon.svg" in page


def test_changing_a_plan_indicator_by_hand_makes_its_series_stale(admin_client, tree):
    row = factories.plan_indicator(factories.series(tree["150600"]), factories.plan(tree["150600"]))
    before = DataVersion.objects.get().number
    page = admin_client.get(f"/admin/indicators/planindicator/{row.pk}/change/")
    fields = {name: "" if value is None else value for name, value in page.context["adminform"].form.initial.items()}
    inline = page.context["inline_admin_formsets"][0].formset.management_form
    fields |= {f"{inline.prefix}-{name}": value for name, value in inline.initial.items()} | {"note": "改过"}
    response = admin_client.post(f"/admin/indicators/planindicator/{row.pk}/change/", fields)
    assert response.status_code == 302
    assert StaleMark.objects.get().series == row.series
    assert DataVersion.objects.get().number == before + 1
