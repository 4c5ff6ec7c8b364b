"""What an SDMX-REST 2.1 address asks for: flow, key, period and details, parsed once; a Fault says what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from indicators.sdmx.flows import AGENCY, FLOWS, VERSION, Flow

_ID = re.compile(r"[A-Za-z0-9_@$-]{1,60}")
_PERIOD = re.compile(
    r"([0-9]{4})(-(0[1-9]|1[0-2])(-[0-3][0-9](T[0-9:.+-]+Z?)?)?|-A1|-S[12]|-T[1-3]|-Q[1-4]|-M(0[1-9]|1[0-2])|-W[0-5][0-9]|-D[0-3][0-9]{2})?"
)
FULL, DATA_ONLY, KEYS_ONLY, NO_DATA = "full", "dataonly", "serieskeysonly", "nodata"
_CURRENT = {"latest", "all", "*", VERSION}

# Codes of the standard's messages, with the HTTP status each goes with.
NOTHING_FOUND, SYNTAX, TOO_LARGE, NOT_THERE = (404, 100), (400, 140), (413, 130), (501, 501)
NOT_ACCEPTED = (406, 140)


class Fault(Exception):
    """Why there is no answer, as (HTTP status, the standard's code) and a sentence in Chinese and in English."""

    def __init__(self, kind: tuple[int, int], zh: str, en: str):
        self.status, self.code = kind
        self.zh, self.en = zh, en
        super().__init__(en)


@dataclass(frozen=True)
class Data:
    """Which observations: codes by dimension (none: all), years, and how much of each series."""

    flow: Flow
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    first_year: int = 0
    last_year: int = 9999
    first_n: int = 0
    last_n: int = 0
    detail: str = FULL


def data(flow: str, key: str, provider: str, query: Mapping[str, str]) -> Data:
    """The path and the query string of a data request."""
    found = _flow(flow)
    if provider not in ("", "all", AGENCY, f"{AGENCY},{AGENCY}"):
        raise Fault(NOTHING_FOUND, f"没有数据提供方“{provider[:60]}”。", f"There is no data provider {provider[:60]!r}.")
    known = {"startPeriod", "endPeriod", "detail", "firstNObservations", "lastNObservations", "dimensionAtObservation"}
    _known(query, known | {"updatedAfter", "includeHistory"})
    if query.get("updatedAfter"):
        raise Fault(
            NOT_THERE,
            "不支持 updatedAfter：它不能说明哪些数值被清除。增量更新请用 /api/v1/changes/?since=版本号。",
            "updatedAfter is not supported, for it cannot tell what was removed: use /api/v1/changes/?since=<version>.",
        )
    if query.get("includeHistory", "false") != "false":
        raise Fault(NOT_THERE, "不支持 includeHistory。", "includeHistory is not supported.")
    if query.get("dimensionAtObservation", "TIME_PERIOD") != "TIME_PERIOD":
        raise Fault(NOT_THERE, "dimensionAtObservation 只支持 TIME_PERIOD。", "dimensionAtObservation: only TIME_PERIOD.")
    return Data(
        found,
        _codes(found, key),
        _year(query, "startPeriod", 0),
        _year(query, "endPeriod", 9999),
        _count(query, "firstNObservations"),
        _count(query, "lastNObservations"),
        _word(query, "detail", FULL, (FULL, DATA_ONLY, KEYS_ONLY, NO_DATA)),
    )


def _flow(text: str) -> Flow:
    parts = text.split(",")
    agency, name, version = {1: ["all", *parts, "latest"], 2: [*parts, "latest"], 3: parts}.get(len(parts), ["", "", ""])
    if not name:
        raise Fault(
            SYNTAX, f"数据流应写成 PLAN 或 {AGENCY},PLAN,{VERSION}。", f"Write the flow as PLAN or {AGENCY},PLAN,{VERSION}."
        )
    if agency not in ("all", AGENCY) or version not in _CURRENT or name not in FLOWS:
        flows = "、".join(FLOWS)
        raise Fault(
            NOTHING_FOUND,
            f"没有数据流“{text[:60]}”，可用：{flows}。",
            f"There is no dataflow {text[:60]!r}; there are {', '.join(FLOWS)}.",
        )
    return FLOWS[name]


def _codes(flow: Flow, key: str) -> dict[str, frozenset[str]]:
    """A key such as A..150600+150500.ACTUAL: an empty place is all, + is or; places left out at the end are all, too."""
    if key in ("", "all"):
        return {}
    places = key.split(".")
    if len(places) > len(flow.keys):
        order = ".".join(flow.keys)
        raise Fault(
            SYNTAX,
            f"键“{key[:100]}”有 {len(places)} 段，{flow.id} 只有 {len(flow.keys)} 段：{order}。",
            f"The key {key[:100]!r} has {len(places)} places, {flow.id} has {len(flow.keys)}: {order}.",
        )
    codes: dict[str, frozenset[str]] = {}
    for name, place in zip(flow.keys, places, strict=False):
        if not place:
            continue
        wanted = place.split("+")
        for code in wanted:
            if not _ID.fullmatch(code):
                raise Fault(
                    SYNTAX,
                    f"键中 {name} 一段的代码“{code[:60]}”不合规则，例如 A..150600...",
                    f"The code {code[:60]!r} of {name} is malformed; a key is like A..150600...",
                )
        codes[name] = frozenset(wanted)
    return codes


def _known(query: Mapping[str, str], known: set[str]) -> None:
    unknown = sorted(set(query) - known)
    if unknown:
        raise Fault(
            SYNTAX,
            f"不认识的参数“{unknown[0][:40]}”，可用：{'、'.join(sorted(known))}。",
            f"Unknown parameter {unknown[0][:40]!r}; there are {', '.join(sorted(known))}.",
        )


def _year(query: Mapping[str, str], name: str, default: int) -> int:
    """The year a period lies in: the data are annual, so a month or a day means its year."""
    text = query.get(name, "")
    if not text:
        return default
    found = _PERIOD.fullmatch(text)
    if not found:
        raise Fault(SYNTAX, f"{name} 应写成年份，例如 {name}=2022。", f"Write {name} as a year, such as {name}=2022.")
    return int(found[1])


def _count(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 9999):
        raise Fault(SYNTAX, f"{name} 应为 1 以上的整数。", f"{name} must be a whole number from 1.")
    return int(text)


def _word(query: Mapping[str, str], name: str, default: str, words: tuple[str, ...]) -> str:
    text = query.get(name, default)
    if text not in words:
        raise Fault(SYNTAX, f"{name} 应为 {'、'.join(words)} 之一。", f"{name} must be one of {', '.join(words)}.")
    return text


# Structures

RESOURCES = ("dataflow", "datastructure", "codelist", "conceptscheme", "agencyscheme")
# What the standard knows besides, and this service lacks: 501 and not 404.
LACKING = frozenset(
    {
        *("metadatastructure", "categoryscheme", "hierarchicalcodelist", "organisationscheme", "dataproviderscheme"),
        *("dataconsumerscheme", "organisationunitscheme", "metadataflow", "reportingtaxonomy", "provisionagreement"),
        *("structureset", "process", "categorisation", "contentconstraint", "actualconstraint", "allowedconstraint"),
        *("attachmentconstraint", "availableconstraint", "transformationscheme", "rulesetscheme", "customtypescheme"),
        *("userdefinedoperatorscheme", "namepersonalisationscheme", "vtlmappingscheme", "metadata", "schema", "registration"),
    }
)
REFERENCES = ("none", "parents", "parentsandsiblings", "children", "descendants", "all")


@dataclass(frozen=True)
class Structures:
    """Which structures: of a resource (or of all), by id (none: all), and what of what they refer to."""

    resource: str
    ids: frozenset[str]
    references: str


def structures(resource: str, agency: str, ids: str, version: str, query: Mapping[str, str]) -> Structures:
    """The path and the query string of a structure request; what is left out means all, or the latest."""
    if resource in LACKING:
        raise Fault(NOT_THERE, f"本服务没有 {resource}。", f"This service has no {resource}.")
    if resource not in (*RESOURCES, "structure"):
        raise Fault(NOTHING_FOUND, f"没有资源“{resource[:60]}”。", f"There is no resource {resource[:60]!r}.")
    _known(query, {"references", "detail"})
    if _word(query, "detail", "full", ("full", "allstubs", "referencestubs", "referencepartial", "allcompletestubs",
                                       "referencecompletestubs")) != "full":  # fmt: skip
        raise Fault(NOT_THERE, "detail 只支持 full。", "detail: only full.")
    references = _word(query, "references", "none", (*REFERENCES, *RESOURCES))
    # The list of agencies belongs to the SDMX community itself; who asks us for it gets it either way.
    agencies = {"all", "*", AGENCY, *(["SDMX"] if resource == "agencyscheme" else [])}
    if not agencies & set(agency.split("+")) or not _CURRENT & set(version.split("+")):
        raise Fault(NOTHING_FOUND, "没有这样的结构。", "There is no such structure.")
    wanted = frozenset() if ids in ("all", "*", "") else frozenset(ids.split("+"))
    return Structures(resource, wanted, references)
