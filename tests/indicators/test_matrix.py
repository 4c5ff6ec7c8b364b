"""Who gets what answer where: role by address by method, in the own region and in another, as one table.

How to add an address. Each route of the URL configuration, written exactly as there (prefixes of `include` in front), needs a
row for every method that it takes; a method without a row must be refused to everyone (that is tested too). A row is

    Row("entry/<str:code>/", "GET", own="login 200 404 404 404", other="login 404 404 404 404"),
    Row("methods/", "GET", "200 200 200 200 200"),                          # the same in both regions

with one answer per person of PEOPLE, in that order: anonymous, clerk, reviewer, manager (these three of the own region,
150600), staff (a superuser without any role). An answer is a status code, `login` (sent to the login page: 302, or 401 for a
form or a fetch), or two joined by `/` where either is right. Further fields:

    data=       fields of a POST, or what gives them: a function of (world, code of the region)
    json=       the same as a JSON body
    fill=       values for the placeholders of the route other than those of `places` below: a dictionary, or a function of
                (world, code of the region) that makes what it needs and returns one, for example
                fill=lambda world, code: {"pk": entry(world, code).pk}
    query=      the query string, such as "?region={code}"; placeholders as in the route
    token=True  comes with an API token that the person made instead of with a session; anonymous comes with none

`world` knows `regions`, `series`, `plans`, `plan_indicators` and `colleagues` (somebody else with a role there), each by the
code of the region, and `people` by the name of the role. Every request runs in a savepoint that is taken back, so rows never
see each other's changes. Rows of one subject stand together.
"""

import json
import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from indicators import evidence, people, workflow
from indicators.api.lists import LISTINGS
from indicators.calculation.vocabulary import JobKind, JobState, Role
from indicators.imports import kept
from indicators.models import Evidence, Job, YearLock
from tests import factories

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "clerk", "reviewer", "manager", "staff")
OWN, OTHER = "150600", "150500"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EVERYONE = "200 200 200 200 200"
SIGNED_IN = "login 200 200 200 200"


def token_of(person):
    return people.make_token(person, name="monthly", by=person)[0]


@dataclass(frozen=True)
class Row:
    route: str
    method: str = "GET"
    both: str = ""
    own: str = ""
    other: str = ""
    data: Any = None
    json: Any = None
    fill: Any = None
    query: str = ""
    token: bool = False

    def answers(self, code):
        words = self.both or (self.own if code == OWN else self.other)
        return dict(zip(PEOPLE, words.split(), strict=True))

    def __str__(self):
        return f"{self.method} /{self.route}{self.query}"


def planning_rows(route, own="login 403 403 200 403", other="login 403 403 404 403", fill=None):
    """A page of managers, and its form: sent with nothing in it, it is shown again with what is wrong."""
    rows = [Row(route, "GET", own=own, other=other, fill=fill)]
    if not route.endswith(("planning/", "add/")):
        posted = {"own": own.replace("200", "200/422/409"), "other": other.replace("200", "200/422/409")}
        rows.append(Row(route, "POST", **posted, data={}, fill=fill))
    return rows


STRANGE = "login 404 404 404 404"
GRID = {"own": "login 200 403 403 404", "other": STRANGE}


def typed_by_the_clerk(world):
    """What the page of the entry grid sends; it names whose page it is."""
    return {"person": world.people["clerk"].pk, "cells": [{"indicator": "valid-trademarks", "typed": "44"}]}


def file_beside(world, code):
    """A file that shows where the figure of 2024 comes from."""
    path = evidence.path_of("scan.pdf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.7")
    told = {"name": "scan.pdf", "content_type": "application/pdf", "size": 8, "sha256": "0" * 64}
    by = world.people["clerk"]
    return Evidence.objects.create(
        series=world.series[code], year=2024, stored_as="scan.pdf", uploaded_by=by, uploaded_at=timezone.now(), **told
    )


def entry(world, code):
    """A figure of another clerk of the region, waiting for review."""
    clerk = factories.person(f"second-{code}", (world.regions[code], Role.CLERK, False))
    return workflow.submit(world.series[code], 2019, value=1, by=clerk)


def saved_batch(world, code):
    """What a second clerk of the region handed in, as a batch."""
    clerk = factories.person(f"second-{code}", (world.regions[code], Role.CLERK, False))
    batch = workflow.start_batch(JobKind.SAVE, by=clerk)
    workflow.submit(world.series[code], 2019, value=1, by=clerk, job=batch)
    return batch


def locked_year(world, code):
    told = {"reason": "x", "locked_by": world.people["manager"], "locked_at": timezone.now()}
    return {"pk": YearLock.objects.create(region=world.regions[code], year=2019, **told).pk}


def uploaded(world, code):
    """A file that the clerk uploaded, refused and marked."""
    payload = {"stage": "check", "folder": "0" * 32, "name": "a.csv", "region": code, "year": 2024}
    marked = kept.place(payload, "marked")
    marked.parent.mkdir(parents=True, exist_ok=True)
    marked.write_text("x")
    now = timezone.now()
    told = {"state": JobState.FAILED, "result": {"read": {"kind": "csv"}, "refused": 1}, "created_at": now}
    job = Job.objects.create(kind=JobKind.IMPORT_ACTUALS, payload=payload, created_by=world.people["clerk"], **told)
    return {"pk": job.pk}


def waiting(world, code):
    """What the clerk asked for and no worker has begun."""
    payload = {"stage": "apply", "check": 0, "name": "a.csv", "region": code, "year": 2024}
    told = {"payload": payload, "created_by": world.people["clerk"], "created_at": timezone.now()}
    return {"pk": Job.objects.create(kind=JobKind.IMPORT_ACTUALS, **told).pk}


def upload_rows():
    """Uploads and jobs are their own person's, whatever the region."""
    own = "login 200 404 404 404"
    return [
        Row("uploads/plans/", "GET", "login 403 403 200 403"),
        Row("uploads/plans/", "POST", "login 403 403 422 403", data={}),
        Row("uploads/<int:pk>/", "GET", own, fill=uploaded),
        Row("uploads/<int:pk>/", "POST", "login 422 404 404 404", data={"act": "submit"}, fill=uploaded),
        Row("uploads/<int:pk>/marked/", "GET", own, fill=uploaded),
        Row("jobs/<int:pk>/", "GET", own, fill=waiting),
        Row("jobs/<int:pk>/state/", "GET", own, fill=waiting),
        Row("jobs/<int:pk>/cancel/", "POST", "login 302 404 404 404", fill=waiting),
    ]


def review_rows():
    """Work list, review, locks and batches: for who has a role, and what is in a region for the people of it."""
    to_review = lambda world, code: {"act": f"approve:{entry(world, code).pk}:1"}  # noqa: E731
    closing = lambda world, code: {"region": code, "year": 2018, "reason": "x"}  # noqa: E731
    a_batch = {"fill": lambda world, code: {"pk": saved_batch(world, code).pk}}
    a_lock = {"own": "login 200 200 200 403", "other": "login 404 404 404 403", "fill": locked_year}
    correcting = {"own": "login 200 403 403 403", "other": "login 403 403 403 403"}
    typed = {"own": "login 422 403 403 403", "other": "login 403 403 403 403", "data": {}}
    return [
        Row("entry/", "GET", SIGNED_IN),
        Row("entry/missing/", "GET", "login 200 200 200 403", query="?region={code}"),
        Row("entry/<str:code>/<int:year>/<slug:indicator>/correct/", "GET", **correcting),
        Row("entry/<str:code>/<int:year>/<slug:indicator>/correct/", "POST", **typed),
        Row("review/", "GET", "login 403 200 403 403", query="?region={code}"),
        Row("review/", "POST", "login 403 302 403 403", data=to_review),
        Row("review/locks/", "GET", "login 200 200 200 403"),
        Row("review/locks/", "POST", own="login 403 403 302 403", other="login 403 403 403 403", data=closing),
        Row("review/locks/<int:pk>/", "GET", **a_lock),
        Row("review/locks/<int:pk>/", "POST", own="login 403 403 302 403", other="login 404 404 404 403", fill=locked_year,
            data={"act": "unlock", "reason": "x"}),
        Row("history/", "GET", own="403 200 200 200 403", other="403 403 403 403 403",
            query="?region={code}&indicator=valid-trademarks&view=all"),
        Row("history/batches/", "GET", SIGNED_IN),
        Row("history/batches/<int:pk>/", "GET", own="login 200 200 200 404", other=STRANGE, **a_batch),
        Row("history/batches/<int:pk>/", "POST", own="login 403 403 302 404", other=STRANGE, data={"reason": "x"}, **a_batch),
        Row("history/people/<int:pk>/", "GET", own="login 404 404 200 404", other=STRANGE,
            fill=lambda world, code: {"pk": saved_batch(world, code).created_by_id}),
    ]  # fmt: skip


def package_being_made(world, code):
    job = Job.objects.create(kind=JobKind.PACKAGE, payload={"query": f"region={code}"}, created_at=timezone.now())
    return {"pk": job.pk}


def entry_rows():
    """The API of entries: whoever has no role in a region finds nothing there, and a clerk never another's entry to change."""
    one = {"token": True, "fill": lambda world, code: {"key": entry(world, code).pk}}
    nobody = "login 404 404 404 404"
    proposed = lambda world, code: {"region": code, "indicator": "valid-trademarks", "year": 2018, "value": 5}  # noqa: E731
    seen = {"own": "login 200 200 200 404", "other": nobody}
    return [
        Row("api/v1/entries/", "GET", "login 200 200 200 200", token=True),
        Row("api/v1/entries/", "POST", own="login 201 403 403 403", other="login 403 403 403 403", token=True, json=proposed),
        Row("api/v1/entries/<str:key>/", "GET", **seen, **one),
        Row("api/v1/entries/<str:key>/", "PATCH", own="login 409 403 403 404", other=nobody,
            json={"version": 1, "value": 2}, **one),
        Row("api/v1/entries/<str:key>/", "DELETE", own="login 409 403 403 404", other=nobody, query="?version=1", **one),
        Row("api/v1/entries/<str:key>/submit/", "POST", own="login 409 403 403 404", other=nobody, json={"version": 1}, **one),
        Row("api/v1/entries/<str:key>/approve/", "POST", own="login 403 200 403 404", other=nobody, json={"version": 1}, **one),
        Row("api/v1/entries/<str:key>/return/", "POST", own="login 403 200 403 404", other=nobody,
            json={"version": 1, "reason": "x"}, **one),
    ]  # fmt: skip


def reading_rows():
    """The lists of the API and an object of each; what nobody has made yet is not there for anybody."""
    own = {
        "regions": lambda world, code: {"key": code},
        "indicators": lambda world, code: {"key": "valid-trademarks"},
        "plans": lambda world, code: {"key": world.plans[code].slug},
        "plan-indicators": lambda world, code: {"key": world.plan_indicators[code].pk},
        "targets": lambda world, code: {"key": world.plan_indicators[code].targets.get().pk},
        "actuals": lambda world, code: {"key": world.series[code].actuals.get().pk},
    }
    nobody = "404 404 404 404 404"
    for name in LISTINGS:
        yield Row(f"api/v1/{name}/", "GET", EVERYONE)
        if name in own:
            yield Row(f"api/v1/{name}/<str:key>/", "GET", EVERYONE, fill=own[name])
        else:
            yield Row(f"api/v1/{name}/<str:key>/", "GET", nobody, fill={"key": 1})


ROWS = [
    # Pages for everyone
    Row("", "GET", EVERYONE),
    Row("regions/<str:code>/", "GET", EVERYONE),
    Row("regions/<str:code>/meeting/", "GET", EVERYONE),
    Row("regions/<str:code>/sheet/", "GET", EVERYONE),
    Row("regions/<str:code>/<slug:indicator>/", "GET", EVERYONE, fill={"indicator": "valid-trademarks"}),
    Row("indicators/", "GET", EVERYONE),
    Row("indicators/<slug:code>/", "GET", EVERYONE, fill={"code": "valid-trademarks"}),
    Row("compare/", "GET", EVERYONE),
    Row("search/", "GET", EVERYONE),
    Row("history/", "GET", EVERYONE, query="?region={code}&indicator=valid-trademarks"),
    Row("plans/", "GET", EVERYONE),
    Row("plans/<slug:slug>/", "GET", EVERYONE),
    Row("quality/", "GET", EVERYONE),
    Row("methods/", "GET", EVERYONE),
    Row("charts/<slug:kind>.<slug:form>", "GET", EVERYONE, fill={"kind": "plan-indicator", "form": "svg"},
        query="?region={code}&indicator=valid-trademarks"),
    # Work list, review, locks, batches
    *review_rows(),
    # Entries by token
    *entry_rows(),
    # Plans, indicators and targets, kept by the managers of their region
    *planning_rows("planning/", other="login 403 403 200 403"),
    *planning_rows("planning/plans/new/", other="login 403 403 200 403"),
    *planning_rows("planning/plans/<slug:slug>/"),
    *planning_rows("planning/plans/<slug:slug>/add/"),
    *planning_rows("planning/plans/<slug:slug>/<str:region>/<slug:indicator>/", fill=lambda world, code: {"region": code}),
    *planning_rows("planning/indicators/new/", own="login 403 403 403 403", other="login 403 403 403 403"),
    *planning_rows("planning/indicators/<slug:code>/", own="login 403 403 403 403", other="login 403 403 403 403",
        fill={"code": "valid-trademarks"}),
    # The entry grid and the files beside its figures
    Row("entry/<str:code>/<int:year>/", "GET", **GRID),
    Row("entry/<str:code>/<int:year>/", "POST", own="login 302 403 403 404", other=STRANGE, data={"act": "save"}),
    Row("entry/<str:code>/<int:year>/cells/", "GET", **GRID),
    Row("entry/<str:code>/<int:year>/cells/", "POST", **GRID, json=lambda world, code: typed_by_the_clerk(world)),
    Row("entry/<str:code>/<int:year>/submit/", "POST", **GRID, json=lambda world, code: typed_by_the_clerk(world)),
    Row("entry/<str:code>/<int:year>/workbook/", "GET", **GRID),
    Row("entry/<str:code>/<int:year>/file/", "GET", **GRID),
    Row("entry/<str:code>/<int:year>/file/", "POST", own="login 422 403 403 404", other=STRANGE, data={}),
    *upload_rows(),
    Row("entry/<str:code>/<int:year>/evidence/<slug:indicator>/", "GET", own="login 200 200 200 404", other=STRANGE),
    Row("entry/<str:code>/<int:year>/evidence/<slug:indicator>/", "POST", own="login 422 403 403 404", other=STRANGE, data={}),
    Row("entry/<str:code>/<int:year>/evidence/<slug:indicator>/<int:pk>/", "GET", own="login 200 200 200 404", other=STRANGE,
        fill=lambda world, code: {"pk": file_beside(world, code).pk}),
    Row("entry/<str:code>/<int:year>/evidence/<slug:indicator>/<int:pk>/remove/", "POST", own="login 302 403 403 404",
        other=STRANGE, fill=lambda world, code: {"pk": file_beside(world, code).pk}),
    Row("favicon.ico", "GET", "302 302 302 302 302"),
    Row("healthz/live", "GET", EVERYONE),
    Row("healthz/ready", "GET", EVERYONE),
    # Reading by program: the same for everyone
    Row("api/", "GET", EVERYONE),
    Row("api/v1/", "GET", EVERYONE),
    Row("api/v1/schema/", "GET", EVERYONE),
    Row("api/v1/console/", "GET", EVERYONE),
    Row("api/v1/<path:path>", "GET", "404 404 404 404 404", fill={"path": "nowhere/"}),
    *reading_rows(),
    # Open data: the same for everyone
    Row("api/v1/package/", "GET", EVERYONE, query="?region={code}"),
    Row("api/v1/package/jobs/<int:pk>/", "GET", EVERYONE, fill=package_being_made),
    Row("api/v1/changes/", "GET", EVERYONE, query="?since=0"),
    Row("api/sdmx/", "GET", EVERYONE),
    Row("api/sdmx/<path:path>", "GET", EVERYONE, fill={"path": "dataflow/IPDASH/PLAN/latest"}),
    # Accounts, people, tokens, audit
    Row("accounts/", "GET", SIGNED_IN),
    Row("accounts/login/", "GET", "200 302 302 302 302"),
    Row("accounts/login/", "POST", EVERYONE, data={"username": "nobody", "password": "wrong"}),
    Row("accounts/logout/", "POST", "login login login login login"),
    Row("accounts/password/", "GET", SIGNED_IN),
    Row("accounts/password/", "POST", SIGNED_IN, data={"old_password": "wrong"}),
    Row("accounts/stay/", "GET", SIGNED_IN),
    Row("accounts/stay/", "POST", SIGNED_IN),
    Row("accounts/people/", "GET", "login 403 403 200 200"),
    Row("accounts/people/new/", "GET", "login 403 403 200 200"),
    Row("accounts/people/new/", "POST", own="login 403 403 200 200", other="login 403 403 422 200",
        data=lambda world, code: {"username": "new", "full_name": "New", "region": code, "role": "clerk"}),
    Row("accounts/people/<int:pk>/", "GET", own="login 403 403 200 200", other="login 403 403 404 200",
        fill=lambda world, code: {"pk": world.colleagues[code].pk}),
    Row("accounts/people/<int:pk>/<slug:name>/", "POST", own="login 403 403 302 302", other="login 403 403 404 302",
        fill=lambda world, code: {"pk": world.colleagues[code].pk, "name": "switch-off"}),
    Row("accounts/tokens/", "GET", SIGNED_IN),
    Row("accounts/tokens/", "POST", own="login 200 200 200 422", other="login 422 422 422 422",
        data=lambda world, code: {"name": "monthly", "region": code}),
    Row("accounts/tokens/<int:pk>/revoke/", "POST", own="login 404 404 302 302", other="login 404 404 404 302",
        fill=lambda world, code: {"pk": token_of(world.colleagues[code]).pk}),
    Row("accounts/audit/", "GET", "login 403 403 200 200"),
    Row("admin/login/", "GET", "200 302 302 302 302"),
    Row("admin/login/", "POST", EVERYONE, data={"username": "nobody", "password": "wrong"}),
    Row("admin/logout/", "POST", "login login login login login"),
    Row("admin/password_change/", "GET", SIGNED_IN),
    Row("admin/password_change/", "POST", SIGNED_IN, data={"old_password": "wrong"}),
]  # fmt: skip

# Django's admin has its own rights per model (tests/indicators/test_admin.py); one row stands for all below it.
ADMIN = "admin/"


def routes(resolver=None, prefix=""):
    """Every route of the URL configuration, the admin's left out."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            if route != ADMIN:
                yield from routes(pattern, route)
        else:
            yield route


@pytest.fixture
def world(tree):
    """The same figures in the own region and in another; one person per role, all of the own region."""
    place = tree[OWN]
    known = {
        "clerk": factories.person("clerk", (place, Role.CLERK, True)),
        "reviewer": factories.person("reviewer", (place, Role.REVIEWER, True)),
        "manager": factories.person("manager", (place, Role.MANAGER, True)),
        "staff": factories.person("staff", is_staff=True, is_superuser=True),
    }
    cookies = {who: session(person) for who, person in known.items()}
    made = SimpleNamespace(regions=tree, people=known, cookies=cookies, series={}, plans={}, plan_indicators={}, colleagues={})
    indicator = factories.indicator()
    for code in (OWN, OTHER):
        series = indicator.series.create(region=tree[code])
        plan = factories.plan(tree[code], slug=f"plan-{code}")
        row = factories.plan_indicator(series, plan)
        factories.target(row)
        factories.actual(series)
        made.colleagues[code] = factories.person(f"colleague-{code}", (tree[code], Role.CLERK, False))
        made.series[code], made.plans[code], made.plan_indicators[code] = series, plan, row
    return made


def session(person):
    """The cookies of somebody who has logged in; every request of a test comes with them as they were then."""
    client = Client()
    client.force_login(person)
    return client.cookies


def places(world, code):
    """What the placeholders of routes stand for in a region."""
    return {"code": code, "year": "2024", "slug": world.plans[code].slug, "indicator": "valid-trademarks"}


def given(value, world, code):
    return value(world, code) if callable(value) else value


def ask(row, world, code, who):
    """The answer to one person."""
    client = Client(raise_request_exception=False)
    headers = {}
    person = world.people.get(who)
    if person and row.token:
        headers["Authorization"] = f"Token {people.make_token(person, name='matrix', may_write=True, by=person)[1]}"
    elif person:
        client.cookies.update(world.cookies[who])
    values = {**places(world, code), **(given(row.fill, world, code) or {})}
    address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), row.route) + row.query.format(**values)
    body = {}
    if row.json is not None:
        body = {"data": json.dumps(given(row.json, world, code)), "content_type": "application/json"}
    elif row.data is not None:
        body = {"data": given(row.data, world, code)}
    response = getattr(client, row.method.lower())(address, headers=headers, **body)
    if response.streaming:
        list(response.streaming_content)  # read to its end, which closes the file and not the connection
    return response


def is_right(response, expected):
    """Whether an answer is one of those expected; `login` leads to the login page."""
    for word in expected.split("/"):
        if word == "login":
            door = response.headers.get("Location", "").split("?")[0] in (reverse("login"), reverse("admin:login"))
            if (response.status_code == 302 and door) or response.status_code == 401:
                return True
        elif response.status_code == int(word):
            # Being sent to the login page is no other redirect.
            return not response.headers.get("Location", "").startswith((reverse("login"), reverse("admin:login")))
    return False


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_answers(world, row):
    wrong = []
    for code in (OWN, OTHER):
        for who, expected in row.answers(code).items():
            with transaction.atomic():
                response = ask(row, world, code, who)
                if not is_right(response, expected):
                    place = response.headers.get("Location", "")
                    wrong.append(f"{who} in {code}: {response.status_code} {place}, not {expected}")
                transaction.set_rollback(True)
    assert wrong == []


def test_every_address_has_its_row():
    known, listed = set(routes()), {row.route for row in ROWS}
    assert sorted(known - listed) == [], "addresses without a row"
    assert sorted(listed - known) == [], "rows without an address"


@pytest.mark.parametrize("route", sorted({row.route for row in ROWS}))
def test_methods_without_a_row_are_refused_to_everyone(world, route):
    rows = [row for row in ROWS if row.route == route]
    first, taken = rows[0], {row.method for row in rows}
    let_in = []
    for method in METHODS:
        if method in taken:
            continue
        row = Row(route, method, fill=first.fill, query=first.query, token=first.token)
        for who in PEOPLE:
            with transaction.atomic():
                status = ask(row, world, OWN, who).status_code
                if not (status == 302 or 400 <= status < 500):
                    let_in.append(f"{method} {who}: {status}")
                transaction.set_rollback(True)
    assert let_in == []


@pytest.mark.parametrize("who", PEOPLE)
def test_the_admin_is_for_staff(world, who):
    response = ask(Row(ADMIN, "GET"), world, OWN, who)
    assert is_right(response, "200" if who == "staff" else "login")
