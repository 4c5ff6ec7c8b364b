"""Which structures there are and what refers to what; the codes of regions, indicators, plans and units from the database."""

from collections.abc import Iterable

from django.conf import settings

from indicators.models import Indicator, Plan
from indicators.sdmx import messages
from indicators.sdmx.asked import NOTHING_FOUND, Fault, Structures
from indicators.sdmx.flows import CODELISTS, FLOWS, STORED_CODELISTS, Name, unit_names
from indicators.sdmx.messages import Code
from regions.models import Region

Artefact = tuple[str, str]  # kind and id

# What each artefact refers to.
_CHILDREN: dict[Artefact, list[Artefact]] = {
    ("agencyscheme", "AGENCIES"): [],
    ("conceptscheme", "CS_IPDASH"): [],
    **{("codelist", ident): [] for ident in (*CODELISTS, *STORED_CODELISTS)},
    **{
        ("datastructure", flow.structure): [
            ("conceptscheme", "CS_IPDASH"),
            *(("codelist", ident) for ident in flow.codelists),
        ]
        for flow in FLOWS.values()
    },
    **{("dataflow", flow.id): [("datastructure", flow.structure)] for flow in FLOWS.values()},
}


def artefacts(asked: Structures) -> dict[str, list[str]]:
    """The artefacts that are asked for, as XML by kind; a Fault where there is none."""
    found = [
        (kind, ident)
        for kind, ident in _CHILDREN
        if asked.resource in (kind, "structure") and (not asked.ids or ident in asked.ids)
    ]
    if not found:
        raise Fault(NOTHING_FOUND, "没有这样的结构。", "There is no such structure.")
    wanted = _with_references(found, asked.references)
    made: dict[str, list[str]] = {}
    for kind, ident in _CHILDREN:
        if (kind, ident) in wanted:
            made.setdefault(kind, []).append(_make(kind, ident))
    return made


def _with_references(found: list[Artefact], references: str) -> set[Artefact]:
    parents = _parents(found)
    siblings = {*parents, *_children(parents)}
    ways: dict[str, set[Artefact]] = {
        "none": set(),
        "parents": parents,
        "parentsandsiblings": siblings,
        "children": _children(found),
        "descendants": _descendants(found),
    }
    everything = siblings | ways["descendants"]
    ways["all"] = everything
    more = ways[references] if references in ways else {one for one in everything if one[0] == references}
    return {*found, *more}


def _parents(found: Iterable[Artefact]) -> set[Artefact]:
    wanted = set(found)
    return {parent for parent, children in _CHILDREN.items() if wanted & set(children)}


def _children(found: Iterable[Artefact]) -> set[Artefact]:
    return {child for one in found for child in _CHILDREN[one]}


def _descendants(found: Iterable[Artefact]) -> set[Artefact]:
    children = _children(found)
    return children | _descendants(children) if children else set()


def _make(kind: str, ident: str) -> str:
    if kind == "codelist":
        return messages.codelist(ident, _codes(ident))
    if kind == "conceptscheme":
        return messages.concept_scheme()
    if kind == "agencyscheme":
        return messages.agency_scheme(settings.UNIT_NAME or "ipdash")
    flow = next(flow for flow in FLOWS.values() if ident in (flow.id, flow.structure))
    return messages.dataflow(flow) if kind == "dataflow" else messages.data_structure(flow)


def _codes(ident: str) -> Iterable[Code]:
    """The codes of a list. What has no English name is called by its code there."""
    if ident in CODELISTS:
        return [Code(code, name) for code, name in CODELISTS[ident][1].items()]
    if ident == "CL_REF_AREA":
        rows = Region.objects.order_by("code").values_list("code", "name", "parent__code")
        return [Code(code, Name(name, code), parent or "") for code, name, parent in rows]
    if ident == "CL_INDICATOR":
        indicators = Indicator.objects.order_by("code").values_list("code", "name", "definition")
        return [Code(code, Name(name, code), description=definition) for code, name, definition in indicators]
    if ident == "CL_PLAN_DOC":
        plans = Plan.objects.order_by("slug").values_list("slug", "title", "document_number")
        return [Code(slug, Name(title, slug), description=number or "") for slug, title, number in plans]
    units = Indicator.objects.order_by("unit").values_list("unit", flat=True).distinct()
    return [Code(code, name) for code, name in unit_names(units).items()]
