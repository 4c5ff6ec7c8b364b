"""What the benchmarks of the API ask: addresses, and the SQL that the project itself runs for them; JSON to standard output."""

import json

import django

django.setup()

from django.db import connection  # noqa: E402
from django.http import QueryDict  # noqa: E402

from indicators.api import asked, sql  # noqa: E402
from indicators.api.lists import LISTINGS  # noqa: E402
from indicators.calculation.assessment import EXPLAINED  # noqa: E402
from indicators.calculation.assessment import LETTERS as letters  # noqa: E402
from indicators.calculation.figures import REASONS  # noqa: E402

# Of the middle of the tree and of the table: not what lies first.
REGION = "SELECT code FROM regions_region WHERE level = 'county' ORDER BY id OFFSET {} LIMIT 1"
DEEP = 0.9


def question(name, query):
    """A list's first page: its address, the statement behind it and what its columns are called."""
    listing = LISTINGS[name]
    wanted = asked.parse(listing, QueryDict(query))
    chosen = sql.where(listing, wanted)
    text, names = sql.page(name, (), chosen.conditions, "", "", connection.vendor, asked.PAGE_SIZE + 1)
    return {
        "list": name,
        "address": f"/api/v1/{name}/?{query}".rstrip("?"),
        "sql": text,
        "params": chosen.params,
        "names": [one for one in names if not one.startswith("_")],
        "moments": [field.name for field in listing.fields if field.kind == "moment"],
    }


def deep(name, query):
    """The same with the address of the page at nine tenths of all its rows."""
    listing = LISTINGS[name]
    wanted = asked.parse(listing, QueryDict(query))
    chosen = sql.where(listing, wanted)
    total = sql.run(sql.count(name, chosen.conditions), chosen.params)[0][0]
    order, _ = asked.order_of(listing, "")
    where = f" WHERE {' AND '.join(chosen.conditions)}" if chosen.conditions else ""
    columns = ", ".join(order.columns)
    text = f"SELECT {columns} FROM {listing.source}{where} ORDER BY {columns} LIMIT 1 OFFSET %s"
    (keys,) = sql.run(text, [*chosen.params, int(total * DEEP)])
    cursor = asked.write_cursor(listing, "", keys, is_after=True)
    address = f"/api/v1/{name}/?{query}{'&' if query else ''}cursor={cursor}"
    return question(name, query) | {"deep": address, "rows": total}


def main():
    counties = sql.run("SELECT count(*) FROM regions_region WHERE level = 'county'", ())[0][0]
    region = sql.run(REGION.format(counties // 2), ())[0][0]
    codes = [code for (code,) in sql.run("SELECT code FROM indicators_indicator ORDER BY id", ())]
    indicator = codes[len(codes) // 3]
    pages = {
        "actuals of one region": ("actuals", f"region={region}"),
        "actuals of one indicator": ("actuals", f"indicator={indicator}"),
        "progress of one region": ("progress", f"region={region}"),
    }
    far = {
        "actuals of one indicator": ("actuals", f"indicator={indicator}"),
        "actuals, all": ("actuals", ""),
        "progress of one indicator": ("progress", f"indicator={indicator}"),
        "progress, all": ("progress", ""),
    }
    words = {letter: reason.value for letter, reason in zip(letters, REASONS, strict=True)}
    print(
        json.dumps(
            {
                "pages": {title: question(*one) for title, one in pages.items()},
                "deep": {title: deep(*one) for title, one in far.items()},
                "explained": EXPLAINED,
                "reasons": words,
            }
        )
    )


main()
