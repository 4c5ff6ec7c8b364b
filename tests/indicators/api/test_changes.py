"""The feed of changes: who follows it holds the same data as who reads everything; who was away too long is told."""

import contextlib
import random
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from indicators import imports, planning, progress, workflow
from indicators.api import changes
from indicators.api.lists import LISTINGS
from indicators.calculation.vocabulary import JobKind, Subject, Through
from indicators.models import Actual, Change, DataVersion, Indicator, Plan, PlanIndicator, Series
from indicators.outcome import Forbidden, Inconsistent
from tests import factories

PLAN_HEAD = "plan,region,indicator,name,unit,measure,direction,dimension,baseline_year,baseline_value,year,kind,lower\n"


def feed(client, since, **more):
    return client.get("/api/v1/changes/", {"since": since, **more})


def version():
    return DataVersion.objects.get().number


class Mirror:
    """A copy of all lists that is kept up to date by the feed alone."""

    def __init__(self, client):
        self.client = client
        self.lists = {name: self.read(f"/api/v1/{name}/?page_size=1000") for name in LISTINGS}
        self.version = int(client.get("/api/v1/")["X-Data-Version"])

    def read(self, address):
        rows = []
        while address:
            answer = self.client.get(address)
            assert answer.status_code == 200, (address, answer.content)
            rows += answer.json()["results"]
            address = answer.json()["next"]
        return {row["id"]: row for row in rows}

    def follow(self, page_size=3):
        """Read the feed to its end, then what it names; returns how many addresses that were."""
        address = f"/api/v1/changes/?since={self.version}&page_size={page_size}"
        wanted = {}
        while address:
            answer = self.client.get(address)
            assert answer.status_code == 200, answer.content
            page = answer.json()
            wanted.update(dict.fromkeys(one for change in page["results"] for one in change["addresses"]))
            address = page["next"]
        for one in wanted:
            parts = urlsplit(one)
            name, asked = parts.path.split("/")[-2], dict(parse_qsl(parts.query))
            kept = {
                pk: row
                for pk, row in self.lists[name].items()
                if not all(str(row[column]) == value for column, value in asked.items())
            }
            self.lists[name] = kept | self.read(one)
        self.version = page["version"]
        return len(wanted)

    def differences(self):
        """Names of the lists that are not what they should be; marks of what is being computed are not part of a version."""
        return [
            name
            for name in LISTINGS
            if _without_marks(self.lists[name]) != _without_marks(self.read(f"/api/v1/{name}/?page_size=1000"))
        ]


def _without_marks(rows):
    return {pk: {column: value for column, value in row.items() if column != "stale"} for pk, row in rows.items()}


# A mirror


class Office:
    """People who do what people do, at random."""

    def __init__(self, people, tree, folder, chance):
        self.people, self.tree, self.folder, self.chance = people, tree, folder, chance
        self.reviews = []

    def act(self):
        acts = [self.approve] * 5 + [self.clear, self.withdraw, self.plan, self.compute, self.compute, self.rename]
        acts += [self.remove, self.state, self.not_applicable]
        act = self.chance.choice(acts)
        act()
        return act.__name__

    def _series(self):
        return self.chance.choice(list(Series.objects.filter(region=self.tree["150600"]).order_by("pk")))

    def _put(self, **proposed):
        series, year = self._series(), self.chance.randint(2020, 2024)
        standing = Actual.objects.filter(series=series, year=year).first()
        if standing is None and proposed.get("clears"):
            return
        seen = standing.version if standing else 0
        entry = workflow.submit(series, year, by=self.people["alta"], seen_version=seen, note="核对后填报", **proposed)
        batch = workflow.start_batch(JobKind.REVIEW, by=self.people["bayar"])
        workflow.approve(entry, by=self.people["bayar"], version=entry.version, job=batch)
        self.reviews.append(batch)

    def approve(self):
        self._put(value=self.chance.randint(1, 100))

    def not_applicable(self):
        self._put(not_applicable=True)

    def clear(self):
        self._put(clears=True)

    def withdraw(self):
        if self.reviews:
            batch = self.reviews.pop()
            with contextlib.suppress(Inconsistent, Forbidden):  # changed since
                workflow.withdraw(batch, by=self.people["bayar"], reason="填错了年份")

    def plan(self):
        """Other targets for a plan indicator, perhaps a new one with an indicator nobody knew."""
        code = self.chance.choice(["valid-trademarks", "patents", f"new-{self.chance.randint(1, 3)}"])
        dimension = Indicator.objects.filter(code=code).values_list("dimension", flat=True).first() or "创造"
        years = sorted(self.chance.sample(range(2021, 2026), 2))
        rows = "".join(
            f"a-plan,150600,{code},{code},件,stock,increase,{dimension},2020,10,{year},at_least,{self.chance.randint(20, 90)}\n"
            for year in years
        )
        file = self.folder / "plan.csv"
        file.write_text(PLAN_HEAD + rows)
        imports.import_plan(file, by=self.people["dolma"])

    def remove(self):
        plan_indicator = PlanIndicator.objects.order_by("pk").last()
        if plan_indicator:
            planning.remove_plan_indicator(
                plan_indicator, by=self.people["dolma"], seen=planning.fingerprint(plan_indicator), reason="录入有误"
            )

    def rename(self):
        indicator = self.chance.choice(list(Indicator.objects.order_by("pk")))
        row = {name: getattr(indicator, name) for name in ("code", "name", "unit", "dimension", "measure", "direction")}
        row["dimension"] = self.chance.choice(["创造", "运用", "保护"])
        row["definition"] = f"第 {self.chance.randint(1, 999)} 次修订的定义"
        planning.put_rows(Indicator, "code", [row], by=self.people["dolma"], through=Through.FILE)

    def state(self):
        series = self._series()
        day = timezone.localdate().replace(year=2024, month=self.chance.randint(1, 12), day=1)
        row = {"series_id": series.pk, "year": 2024, "period_start": day, "period_end": day, "value": 5, "source": "某月报"}
        workflow.put_interims([row], by=self.people["alta"])

    def compute(self):
        while progress.refresh_stale():
            pass


@pytest.mark.parametrize("seed", range(6))
def test_a_mirror_that_follows_the_feed_holds_what_the_lists_hold(client, tree, people, tmp_path, seed):
    plan = factories.plan(tree["150600"])
    for position, code in enumerate(["valid-trademarks", "patents"]):
        stated = factories.plan_indicator(factories.series(tree["150600"], code=code), plan, position=position)
        factories.target(stated)
    factories.series(tree["150600"], code="beside")
    progress.rebuild()
    office = Office(people, tree, tmp_path, random.Random(seed))
    mirror = Mirror(client)
    assert mirror.differences() == []
    told = []
    for _ in range(10):
        told.append([office.act() for _ in range(3)])
        mirror.follow()
        assert mirror.differences() == [], told
        assert mirror.version == version()
    assert mirror.follow() == 0


# What an answer says


@pytest.fixture
def figures(tree):
    tracked = factories.series(tree["150600"])
    factories.target(factories.plan_indicator(tracked, factories.plan(tree["150600"])))
    progress.bump_version(Subject.REGIONS)
    return tracked


def test_a_change_says_what_where_and_which_addresses_show_it(client, figures):
    since = version()
    progress.bump_version(Subject.ACTUALS, series=[figures.pk], year=2024)
    progress.bump_version(Subject.PLANS, plan=Plan.objects.get().pk)
    answer = feed(client, since)
    assert answer["X-Data-Version"] == str(since + 2)
    found = answer.json()
    assert (found["since"], found["version"], found["next"], found["stale_since"]) == (since, since + 2, None, None)
    figure, plan = found["results"]
    assert [figure[name] for name in ("version", "what", "plan", "year")] == [since + 1, "actuals", None, 2024]
    assert (figure["region"], figure["indicator"]) == ("150600", "valid-trademarks")
    assert figure["addresses"] == ["http://testserver/api/v1/actuals/?region=150600&indicator=valid-trademarks&year=2024"]
    assert plan["plan"] == "a-plan"
    assert "http://testserver/api/v1/targets/?plan=a-plan" in plan["addresses"]
    assert "http://testserver/api/v1/plans/?plan=a-plan" in plan["addresses"]


def test_it_says_while_figures_wait_to_be_computed_again(client, figures):
    progress.mark_stale([figures.pk])
    assert feed(client, version()).json()["stale_since"] is not None


def test_pages_hold_every_change_once(client, figures):
    since = version()
    for _ in range(7):
        progress.bump_version(Subject.ACTUALS, series=[figures.pk, factories.series(
            figures.region, code=f"indicator-{Series.objects.count()}").pk])  # fmt: skip
    whole = feed(client, since, page_size=1000).json()["results"]
    assert len(whole) == 14
    paged, address = [], f"/api/v1/changes/?since={since}&page_size=3"
    while address:
        page = client.get(address).json()
        assert len(page["results"]) <= 3
        paged += page["results"]
        address = page["next"]
    assert paged == whole
    assert len(feed(client, since).json()["results"]) == 14  # and a page that is just full has no next one
    assert feed(client, since, page_size=14).json()["next"] is None


def test_nothing_new_is_an_empty_page_and_304(client, figures):
    answer = feed(client, version())
    assert answer.json()["results"] == []
    assert client.get("/api/v1/changes/", {"since": version()}, headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_one_page_takes_few_queries(client, figures, django_assert_max_num_queries):
    since = version()
    for _ in range(20):
        progress.bump_version(Subject.ACTUALS, series=[figures.pk], year=2024)
    with django_assert_max_num_queries(5):
        feed(client, since)


# What is not kept any more


def test_changes_are_kept_for_some_days_and_then_gone(client, figures, settings):
    settings.CHANGES_KEPT_DAYS = 30
    old = version()
    progress.bump_version(Subject.ACTUALS, series=[figures.pk])
    Change.objects.update(at=timezone.now() - timedelta(days=31))
    progress.bump_version(Subject.REGIONS)
    assert feed(client, old).status_code == 200
    assert changes.prune() == 2
    gone = feed(client, old)
    assert (gone.status_code, gone.json()["code"]) == (410, "version_gone")
    assert (gone.json()["version"], gone.json()["oldest"]) == (old + 2, old + 1)
    assert "30 天" in gone.json()["detail"]
    assert [one["version"] for one in feed(client, old + 1).json()["results"]] == [old + 2]


def test_who_is_up_to_date_stays_so_when_nothing_changes_for_long(client, figures):
    Change.objects.all().delete()
    assert feed(client, version()).json()["results"] == []
    assert feed(client, version() - 1).status_code == 410


def test_a_version_that_never_was_is_gone(client, figures):
    """A copy from before a backup was brought back holds what this system does not know of."""
    assert feed(client, version() + 5).json()["code"] == "version_gone"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "bad_value"),
        ("?since=", "bad_value"),
        ("?since=-1", "bad_value"),
        ("?since=１２", "bad_value"),
        ("?since=1&since=2", "repeated_parameter"),
        ("?since=1&page_size=0", "bad_value"),
        ("?since=1&page_size=1001", "bad_value"),
        ("?since=1&cursor=x", "bad_cursor"),
        ("?since=1&year=2024", "unknown_parameter"),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(client, figures, query, code):
    answer = client.get(f"/api/v1/changes/{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


def test_only_reading_is_allowed(client, figures):
    assert client.post("/api/v1/changes/").status_code == 405
