"""Several processes at the same cells: every acknowledged write is in the revisions once, and none overwrote another unseen."""

import collections
import json

import pytest

from tests.reliability.site import Site

pytestmark = [pytest.mark.deployment]

PEOPLE = """
from django.db.models import Max
from indicators.models import Revision
from regions.models import Assignment, Region, User
place = Region.objects.get(code="150600")
for number in range({processes}):
    for role in ("clerk", "reviewer"):
        person, _ = User.objects.get_or_create(username=f"{{role}}-{{number}}")
        Assignment.objects.get_or_create(user=person, region=place, role=role)
print(Revision.objects.aggregate(last=Max("pk"))["last"])
"""
# Each clerk proposes, takes back, or mends; each reviewer puts in force, or returns; whatever the moment allows. What was
# acknowledged goes to a file before the next act.
WRITER = """
import json, random, time
from decimal import Decimal
from django.db import OperationalError
from indicators import workflow
from indicators.models import Actual, Entry, Series
from indicators.outcome import Conflict, Forbidden, Inconsistent
from regions.models import User
clerk, reviewer = User.objects.get(username="clerk-{number}"), User.objects.get(username="reviewer-{number}")
chance = random.Random({number})
cells = [(one, year) for one in Series.objects.filter(region__code="150600").order_by("pk")[:3] for year in (2023, 2024)]
until = time.monotonic() + {seconds}
refused, done = 0, []
with open("{log}", "w") as log:
    def acknowledged(act, one, year, version):
        log.write(json.dumps([act, one.pk, year, version]) + "\\n")
        log.flush()
        done.append(act)
    # On a busy machine a little longer, for enough to mean something.
    while time.monotonic() < until or (len(done) < 10 and time.monotonic() < until + 60):
        one, year = chance.choice(cells)
        actual = Actual.objects.filter(series=one, year=year).first()
        entry = Entry.objects.filter(series=one, year=year).select_related("series__region").first()
        seen, value = actual.version if actual else 0, Decimal(chance.randint(1, 10**6))
        told = {{"as_typed": str(value), "value": value, "by": clerk, "seen_version": seen, "note": "storm"}}
        try:
            if entry is None or chance.random() < 0.2:
                kept = workflow.save_draft(one, year, version=entry.version if entry else 0, **told)
                acknowledged("enter", one, year, kept.version)
            elif entry.state != "submitted" and entry.entered_by_id == clerk.pk:
                if chance.random() < 0.2:
                    workflow.discard(entry, by=clerk, version=entry.version)
                    acknowledged("discard", one, year, entry.version + 1)
                else:
                    handed = workflow.submit(one, year, version=entry.version, **told)
                    acknowledged("submit", one, year, handed.version)
            elif chance.random() < 0.2:
                back = workflow.send_back(entry, by=reviewer, version=entry.version, reason="storm")
                acknowledged("return", one, year, back.version)
            else:
                put = workflow.approve(entry, by=reviewer, version=entry.version)
                acknowledged("correct" if put.version > 1 else "approve", one, year, put.version)
        except (Conflict, Forbidden, Inconsistent):
            refused += 1
print("refused", refused)
"""
REVISIONS = """
import json
from indicators.models import Actual, Entry, Revision
fields = ("act", "series_id", "year", "version", "old_value", "new_value")
rows = Revision.objects.filter(pk__gt={since}).order_by("pk").values_list(*fields)
print(json.dumps([[*row[:4], *(None if value is None else str(value) for value in row[4:])] for row in rows]))
actuals = Actual.objects.filter(series__revisions__pk__gt={since}).distinct().values_list(*fields[1:4], "value")
print(json.dumps([[*row[:3], str(row[3])] for row in actuals]))
"""


def storm(site, processes, seconds):
    site.manage("migrate", "-v0")
    site.manage("load_plans", "-v0")
    since = int(site.manage("shell", "-v0", "-c", PEOPLE.format(processes=processes)))
    logs = [site.folder / f"acknowledged-{number}.json" for number in range(processes)]
    running = [
        site.start_shell(WRITER.format(number=number, seconds=seconds, log=log), log.with_suffix(".log"))
        for number, log in enumerate(logs)
    ]
    for process, log in zip(running, logs, strict=True):
        assert process.wait(timeout=seconds + 240) == 0, log.with_suffix(".log").read_text()
    told, standing = (
        json.loads(line) for line in site.manage("shell", "-v0", "-c", REVISIONS.format(since=since)).splitlines()
    )
    written = [tuple(json.loads(line)) for log in logs for line in log.read_text().splitlines()]
    assert len(written) >= 5 * processes
    assert {act for act, *_ in written} >= {"enter", "submit", "approve"}
    assert collections.Counter(written) == collections.Counter(tuple(row[:4]) for row in told)
    public, proposals = collections.defaultdict(list), collections.defaultdict(list)
    for act, series, year, version, old, new in told:
        kept = public if act in ("approve", "correct") else proposals
        kept[series, year].append((version, old, new))
    for acts in (*public.values(), *proposals.values()):
        first = acts[0][0]
        assert [version for version, _, _ in acts] == list(range(first, first + len(acts)))
    for acts in public.values():
        assert [old for _, old, _ in acts[1:]] == [new for _, _, new in acts[:-1]]
    last = {(series, year): (version, value) for series, year, version, value in standing}
    for cell, acts in public.items():
        assert last[cell] == (acts[-1][0], acts[-1][2])


@pytest.mark.postgres
def test_eight_writers_of_the_same_cells(tmp_path, postgres_url):
    storm(Site(tmp_path, postgres_url), processes=8, seconds=10)


@pytest.mark.postgres
@pytest.mark.slow
def test_eight_writers_of_the_same_cells_for_a_minute(tmp_path, postgres_url):
    storm(Site(tmp_path, postgres_url), processes=8, seconds=60)


def test_four_writers_on_sqlite(tmp_path):
    storm(Site(tmp_path, f"sqlite:///{tmp_path / 'writers.sqlite3'}"), processes=4, seconds=10)
