"""What a page, a file or the API is asked for, read from the query string once; an address reproduces the view."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from indicators.calculation.vocabulary import Dimension, Status
from indicators.models.fields import FIRST_YEAR, LAST_YEAR


class BadSelection(ValueError):
    """A parameter that is unknown or makes no sense; the message says which and what would."""


SORTS = ("plan", "gap", "progress", "name")
FORMATS = ("html", "csv", "xlsx", "json")


@dataclass(frozen=True)
class Selection:
    """Empty means all. `year` is None until the page chose its own."""

    year: int | None = None
    year_min: int | None = None
    year_max: int | None = None
    plan: str = ""
    dimension: str = ""
    status: str = ""
    sort: str = "plan"
    query: str = ""
    regions: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    view: str = ""
    page: int = 1
    format: str = "html"

    def address(self, path: str, **changes: object) -> str:
        """The address of this view with something changed; what is as by default is left out, the page starts anew."""
        changed = {**vars(self), "page": 1, "format": "html", **changes}
        pairs: list[tuple[str, object]] = []
        for parameter, name in PARAMETERS.items():
            value = changed[name]
            if value != _PLAIN[name]:
                pairs += [(parameter, one) for one in value] if isinstance(value, tuple) else [(parameter, value)]
        return f"{path}?{urlencode(pairs)}" if pairs else path


_PLAIN = vars(Selection())
# Query parameter -> field.
PARAMETERS = {
    "year": "year",
    "year_min": "year_min",
    "year_max": "year_max",
    "plan": "plan",
    "dimension": "dimension",
    "status": "status",
    "sort": "sort",
    "q": "query",
    "region": "regions",
    "indicator": "indicators",
    "view": "view",
    "page": "page",
    "format": "format",
}

# What programs append to an address that is passed on in them: WeChat and WeCom, then campaign links. They ask for nothing, and
# who opens such a link did not write them.
APPENDED = frozenset({"from", "isappinstalled", "scene", "clicktime", "enterid", "nsukey"})
APPENDED_STARTS = "utm_"


def is_appended(parameter: str) -> bool:
    """Whether another program put it behind the address, not whoever asks."""
    return parameter in APPENDED or parameter.startswith(APPENDED_STARTS)


def parse(query: Mapping, *, allowed: frozenset[str] | None = None) -> Selection:
    """A QueryDict to a Selection; BadSelection names the parameter that is unknown or wrong."""
    allowed = allowed or frozenset(PARAMETERS)
    asked = [parameter for parameter in query if parameter in allowed or not is_appended(parameter)]
    unknown = sorted(set(asked) - allowed)
    if unknown:
        raise BadSelection(f"不认识的参数“{unknown[0][:30]}”；可用：{'、'.join(sorted(allowed))}")
    fields: dict[str, object] = {}
    for parameter in asked:
        values = [value.strip() for value in query.getlist(parameter) if value.strip()]
        if values:
            fields[PARAMETERS[parameter]] = _READ.get(parameter, _text)(parameter, values)
    return Selection(**fields)  # type: ignore[arg-type]


def _text(parameter: str, values: list[str]) -> str:
    return values[-1][:100]


def _several(parameter: str, values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for value in values for one in value.split(",") if one))[:50]


def _whole(parameter: str, values: list[str], first: int, last: int) -> int:
    text = values[-1]
    if text.isascii() and text.isdigit() and first <= int(text[:9]) <= last:
        return int(text)
    raise BadSelection(f"参数“{parameter}”应是 {first} 至 {last} 之间的整数，不能是“{text[:30]}”")


def _word(parameter: str, values: list[str], words: tuple[str, ...]) -> str:
    if values[-1] in words:
        return values[-1]
    raise BadSelection(f"参数“{parameter}”应是 {'、'.join(words)} 之一，不能是“{values[-1][:30]}”")


_READ = {
    **{
        name: lambda parameter, values: _whole(parameter, values, FIRST_YEAR, LAST_YEAR)
        for name in ("year", "year_min", "year_max")
    },
    "page": lambda parameter, values: _whole(parameter, values, 1, 100_000),
    "dimension": lambda parameter, values: _word(parameter, values, tuple(Dimension.values())),
    "status": lambda parameter, values: _word(parameter, values, tuple(Status.values())),
    "sort": lambda parameter, values: _word(parameter, values, SORTS),
    "format": lambda parameter, values: _word(parameter, values, FORMATS),
    "region": _several,
    "indicator": _several,
}
