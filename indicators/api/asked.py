"""What a request asks of a list: the query string, checked word by word. What is not understood is refused by name."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from indicators.api.lists import NUMBER, SLUG, Listing, Order
from indicators.api.problems import Problem
from indicators.calculation.vocabulary import Status
from indicators.models.fields import FIRST_YEAR, LAST_YEAR

PAGE_SIZE, MAX_PAGE_SIZE = 100, 1000
MOST_VALUES = 50  # of one parameter
FORMATS = ("json", "csv", "xlsx")
HEADINGS = ("en", "zh")
# What every list takes beside its filters.
COMMON = ("page_size", "cursor", "count", "fields", "ordering", "format", "headings", "bom")


@dataclass(frozen=True)
class Cursor:
    """A place between two rows of an order: after or before the row with these keys."""

    ordering: str
    is_after: bool
    keys: tuple[int | str, ...]


@dataclass(frozen=True)
class Asked:
    """Empty means all; `page_size` is None where a file with all rows may be meant."""

    regions: tuple[str, ...] = ()
    descendants: bool = False
    indicators: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    year: int | None = None
    year_min: int | None = None
    year_max: int | None = None
    statuses: tuple[str, ...] = ()
    page_size: int | None = None
    cursor: Cursor | None = None
    count: bool = False
    fields: tuple[str, ...] = ()
    ordering: str = ""
    format: str = ""
    headings: str = "en"
    bom: bool | None = None


def parse(listing: Listing, query: Any, *, allowed: tuple[str, ...] | None = None) -> Asked:
    """A QueryDict to what it asks of the list; Problem names the parameter that is unknown or wrong and says what would do."""
    if not query:
        return _NOTHING
    allowed = allowed or (*listing.parameters, *COMMON)
    found: dict[str, Any] = {}
    for parameter, values in query.lists():
        if parameter not in allowed:
            raise Problem(
                "unknown_parameter",
                f"不认识参数“{_shown(parameter)}”；这里可用：{'、'.join(allowed)}。",
                more={"parameter": _shown(parameter)},
            )
        if len(values) > 1:
            raise Problem(
                "repeated_parameter",
                f"参数“{parameter}”写了 {len(values)} 次，请只写一次；要几个值时用逗号隔开，例如 region=150500,150600。",
                more={"parameter": parameter},
            )
        name, read = _READ[parameter]
        found[name] = read(parameter, values[0], listing)
    if "cursor" in found:  # a place is a place in an order, so it says which
        found["ordering"] = found["cursor"].ordering
    return Asked(**found)


_NOTHING = Asked()


def order_of(listing: Listing, ordering: str) -> tuple[Order, bool]:
    """The order that a word stands for, and whether it runs backwards."""
    name = ordering.removeprefix("-") or next(iter(listing.orders))
    return listing.orders[name], ordering.startswith("-")


def orderings(listing: Listing) -> tuple[str, ...]:
    return tuple(f"{sign}{name}" for name in listing.orders for sign in ("", "-"))


# Cursors: readable, because what can be checked by its form need not be signed; a place in a public list is no secret


def cursor_pattern(listing: Listing) -> str:
    orders = "|".join(f"-?{name}~{'~'.join(order.patterns)}" for name, order in listing.orders.items())
    return f"(after|before)~({orders})"


def write_cursor(listing: Listing, ordering: str, keys: Iterable[int | str], *, is_after: bool) -> str:
    ordering = ordering or next(iter(listing.orders))
    return "~".join(["after" if is_after else "before", ordering, *map(str, keys)])


def _cursor(parameter: str, text: str, listing: Listing) -> Cursor:
    if not re.fullmatch(cursor_pattern(listing), text, re.ASCII):
        raise Problem(
            "bad_cursor",
            "参数“cursor”不是本列表给出的翻页位置；请原样使用上一次回答中 next 或 previous 的地址。",
            more={"parameter": parameter},
        )
    way, ordering, *keys = text.split("~")
    pairs = zip(keys, order_of(listing, ordering)[0].patterns, strict=True)
    return Cursor(ordering, way == "after", tuple(int(key) if pattern == NUMBER else key for key, pattern in pairs))


# Reading one parameter: its name, its text and the list; what comes back is the value


def _wrong(parameter: str, text: str, would_do: str) -> Problem:
    return Problem("bad_value", f"参数“{parameter}”不能是“{_shown(text)}”；{would_do}。", more={"parameter": parameter})


def _shown(text: str) -> str:
    printable = "".join(one if one.isprintable() else "�" for one in text[:40])
    return printable + ("…" if len(text) > 40 else "")


def _several(pattern: str, would_do: str) -> Callable[[str, str, Listing], tuple[str, ...]]:
    known = re.compile(pattern, re.ASCII)

    def read(parameter: str, text: str, listing: Listing) -> tuple[str, ...]:
        values = tuple(text.split(","))
        if len(values) > MOST_VALUES:
            raise _wrong(parameter, text, f"一次最多 {MOST_VALUES} 个值")
        for value in values:
            if not known.fullmatch(value):
                raise _wrong(parameter, value, would_do)
        if len(set(values)) < len(values):
            raise _wrong(parameter, text, "同一个值请只写一次")
        return values

    return read


def _year(parameter: str, text: str, listing: Listing) -> int:
    if re.fullmatch("[0-9]{4}", text, re.ASCII) and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    raise _wrong(parameter, text, f"应是 {FIRST_YEAR} 至 {LAST_YEAR} 的年份，例如 2024")


def _flag(parameter: str, text: str, listing: Listing) -> bool:
    if text in ("true", "false"):
        return text == "true"
    raise _wrong(parameter, text, "应是 true 或 false")


def _size(parameter: str, text: str, listing: Listing) -> int:
    if re.fullmatch("[1-9][0-9]{0,3}", text, re.ASCII) and int(text) <= MAX_PAGE_SIZE:
        return int(text)
    raise _wrong(parameter, text, f"应是 1 至 {MAX_PAGE_SIZE} 的整数，不写时为 {PAGE_SIZE}")


def _word(words: Callable[[Listing], tuple[str, ...]]) -> Callable[[str, str, Listing], str]:
    def read(parameter: str, text: str, listing: Listing) -> str:
        if text in words(listing):
            return text
        raise _wrong(parameter, text, f"应是 {'、'.join(words(listing))} 之一")

    return read


def _fields(parameter: str, text: str, listing: Listing) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in listing.names:
            raise _wrong(parameter, name, f"可选：{'、'.join(listing.names)}，用逗号隔开")
    if len(set(names)) < len(names):
        raise _wrong(parameter, text, "同一个值请只写一次")
    return names


def _statuses(parameter: str, text: str, listing: Listing) -> tuple[str, ...]:
    return _several("|".join(Status.values()), f"应是 {'、'.join(Status.values())} 之一或几个，用逗号隔开")(
        parameter, text, listing
    )


_CODES = _several(SLUG, "应是代码，由字母、数字和连字符组成，几个时用逗号隔开")
_READ: dict[str, tuple[str, Callable[[str, str, Listing], Any]]] = {
    "region": ("regions", _several("[1-9][0-9]{5}", "应是六位行政区划代码，例如 150600，几个时用逗号隔开")),
    "descendants": ("descendants", _flag),
    "indicator": ("indicators", _CODES),
    "plan": ("plans", _CODES),
    "year": ("year", _year),
    "year_min": ("year_min", _year),
    "year_max": ("year_max", _year),
    "status": ("statuses", _statuses),
    "page_size": ("page_size", _size),
    "cursor": ("cursor", _cursor),
    "count": ("count", _flag),
    "fields": ("fields", _fields),
    "ordering": ("ordering", _word(orderings)),
    "format": ("format", _word(lambda listing: FORMATS)),
    "headings": ("headings", _word(lambda listing: HEADINGS)),
    "bom": ("bom", _flag),
}
