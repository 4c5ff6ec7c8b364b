"""Answers pages and lists inside the process, as one worker does, and tells how long each took, in milliseconds.

`kept`: what somebody has opened since the last change. `changed`: what somebody has opened before the last change, which was
of one figure anywhere. `anew`: in a process that has kept nothing.
"""

import io
import json
import random
import re
import sys
import time
from pathlib import Path
from urllib.parse import quote

from ipdash.wsgi import application  # first: it sets Django up

# isort: split
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count
from django.urls import Resolver404, resolve

from indicators import charts, progress
from indicators.api.lists import LISTINGS
from indicators.calculation import wording
from indicators.calculation.vocabulary import Subject
from indicators.models import DataVersion, Indicator, Plan, Progress, Series
from regions.models import Region

SEED = 20260101
YEARS = range(2021, 2026)
ROWS = 10  # of a list
WARM = 3


class Addresses:
    """Draws addresses of each page from what the database holds, the same at every run."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.regions = list(Region.objects.order_by("code").values_list("code", "name"))
        self.indicators = list(Indicator.objects.order_by("code").values_list("code", "name"))
        self.series = list(Series.objects.order_by("pk").values_list("pk", flat=True))
        self.plan = Plan.objects.values_list("slug", flat=True).get()
        self.version = DataVersion.objects.values_list("number", flat=True).get()

    @property
    def region(self):
        return self.draw.choice(self.regions)[0]

    @property
    def indicator(self):
        return self.draw.choice(self.indicators)[0]

    @property
    def year(self):
        return self.draw.choice(YEARS)

    def of_list(self, name):
        """A list's first rows, of a region or of an indicator where it can be narrowed to one: as many as small has too."""
        asked = {"region": self.region, "indicator": self.indicator}
        narrowed = self.draw.choice([one for one in asked if one in LISTINGS[name].filters] or [""])
        chosen = [f"{narrowed}={asked[narrowed]}"] if narrowed else []
        return f"/api/v1/{name}/?{'&'.join([*chosen, f'page_size={ROWS}'])}"


# Name -> an address drawn.
PAGES = {
    "overview": lambda of: f"/?year={of.year}&page={of.draw.randint(1, 1 + len(of.regions) // 30)}",
    "region": lambda of: f"/regions/{of.region}/?year={of.year}&sort={of.draw.choice(['plan', 'gap', 'progress', 'name'])}",
    "indicator": lambda of: f"/indicators/{of.indicator}/?year={of.year}&sort={of.draw.choice(['plan', 'gap', 'progress'])}",
    "plan indicator": lambda of: f"/regions/{of.region}/{of.indicator}/?year={of.year}",
    "compare": lambda of: f"/compare/?indicator={of.indicator}&region={of.region}&region={of.region}&year_max={of.year}",
    "search": lambda of: f"/search/?q={quote(of.draw.choice(of.regions)[1][: of.draw.randint(2, 4)])}",
    "search, no hit": lambda of: f"/search/?q={quote('没有' + str(of.draw.randint(10_000, 99_999)))}",
    "indicators": lambda of: f"/indicators/?q={of.indicator}",
    "plans": lambda of: f"/plans/?page=1#{of.draw.random()}",
    "plan": lambda of: f"/plans/{of.plan}/?region={of.region}",
    "quality": lambda of: f"/quality/?region={of.region}",
}
DRAWN = ("plan indicator", "indicator")  # pages with charts that plotly.js draws
LISTS = {
    **{f"list of {name}": (lambda of, name=name: of.of_list(name)) for name in LISTINGS},
    "changes": lambda of: f"/api/v1/changes/?since={of.version}",
    "sdmx, flows": lambda of: "/api/sdmx/",
    "sdmx, actuals": lambda of: f"/api/sdmx/data/ACTUAL/A.{of.indicator}.{of.region}",
}


def exists(address):
    try:
        resolve(address.partition("?")[0])
    except Resolver404:
        return False
    return True


def answer(address, **headers):
    """The body, and the milliseconds from the request to its last byte."""
    path, _, query = address.partition("#")[0].partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **headers,
    }
    said = {}
    start = time.perf_counter()
    response = application(environ, lambda status, headers: said.update(status=status, headers=dict(headers)))
    body = b"".join(response)
    response.close()
    taken = (time.perf_counter() - start) * 1000
    if not said["status"].startswith("200"):
        raise SystemExit(f"{address}: {said['status']}")
    return body, taken


def change(of):
    """A figure was approved and what follows from it computed: the version of the data goes on twice, and the feed says so."""
    series = [of.draw.choice(of.series)]
    with transaction.atomic():
        progress.bump_version(Subject.ACTUALS, series=series, year=of.year)
    with transaction.atomic():
        progress.bump_version(Subject.PROGRESS, series=series)


def measured(count, seed, names):
    of = Addresses(seed)
    found = {}
    for name, draw in (PAGES | LISTS).items():
        if (names and name not in names) or not exists(draw(of)):
            continue
        addresses = [draw(of) for _ in range(count)]
        answer(draw(of))  # templates, statements and modules that only this page needs
        anew, changed = [], []
        for address in addresses:
            cache.clear()
            anew.append(answer(address)[1])
            change(of)
            changed.append(answer(address)[1])
        for address in addresses * WARM:  # as in a worker that is in use, whose connection has its statements ready
            answer(address)
        kept = [answer(address)[1] for address in addresses]
        found[name] = {"kept": kept, "changed": changed, "anew": anew}
    return found


def use_plotly():
    """Have every figure built, checked and written by plotly.py instead of as a dictionary."""
    import plotly.graph_objects as go

    def built(figure):
        return json.loads(go.Figure(figure).to_json())

    def wrapped(draw):
        def drawn(*arguments, **options):
            figures = draw(*arguments, **options)
            return built(figures) if isinstance(figures, dict) else [built(figure) for figure in figures]

        return drawn

    for name in ("plan_indicator", "yoy", "strips", "across_regions", "region_panels", "compare"):
        setattr(charts, name, wrapped(getattr(charts, name)))


def checked(seed):
    """What pages say of a few regions and years, held against rows counted one by one; and the points that charts draw."""
    of = Addresses(seed)
    points = []
    for _ in range(5):
        region, indicator, year = of.region, of.indicator, of.year
        text = answer(f"/regions/{region}/?year={year}")[0].decode()
        counted = Progress.objects.filter(plan_indicator__series__region__code=region, year=year).values_list("status")
        for status, count in counted.annotate(count=Count("pk")).order_by():
            said = f"{wording.sign(status).word} <strong>{count}</strong>"
            if said not in text:
                raise SystemExit(f"/regions/{region}/?year={year} does not say: {said}")
        text = answer(f"/indicators/{indicator}/?year={year}")[0].decode()
        planned = Progress.objects.filter(plan_indicator__series__indicator__code=indicator, year=year).count()
        if f"<strong>{planned}</strong> 个地区的规划列有这一项" not in text:
            raise SystemExit(f"/indicators/{indicator}/?year={year} does not name {planned} regions")
        text = answer(f"/regions/{region}/{indicator}/?year={year}")[0].decode()
        for found in re.findall(r'<script id="figure-[^"]*" type="application/json">(.*?)</script>', text):
            points.append([[trace.get("x"), trace.get("y")] for trace in json.loads(found)["data"]])
    return points


def main():
    if sys.argv[1] == "--prepare":
        call_command("collectstatic", verbosity=0, interactive=False)
        return
    what, output, count, seed, *names = sys.argv[1:]
    if what == "plotly":
        use_plotly()
    found = {"points": checked(int(seed)), "pages": measured(int(count), int(seed), names)}
    Path(output).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
