"""SDMX 2.1 messages as text: structures, data (generic, structure-specific, CSV), errors. Knows no database."""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from indicators.sdmx import asked
from indicators.sdmx.flows import AGENCY, CODELISTS, CONCEPTS, STORED_CODELISTS, VERSION, Attribute, Flow, Name

STRUCTURE_TYPE = "application/vnd.sdmx.structure+xml; version=2.1"
GENERIC_TYPE = "application/vnd.sdmx.genericdata+xml; version=2.1"
SPECIFIC_TYPE = "application/vnd.sdmx.structurespecificdata+xml; version=2.1"
CSV_TYPE = "application/vnd.sdmx.data+csv; version=1.0.0; charset=utf-8"
CSV_2_TYPE = "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8"
ERROR_TYPE = "application/xml; charset=utf-8"

_SCHEMAS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
_NAMESPACES = (
    f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:mes="{_SCHEMAS}/message" xmlns:com="{_SCHEMAS}/common"'
    f' xmlns:str="{_SCHEMAS}/structure" xmlns:gen="{_SCHEMAS}/data/generic" xmlns:ss="{_SCHEMAS}/data/structurespecific"'
)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What XML 1.0 cannot hold at all, escaped or not.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Observation(NamedTuple):
    """A year's value as text ('' where there is none) with its attributes."""

    period: int
    value: str
    attributes: Mapping[str, str]


class Series(NamedTuple):
    """A key in the order of the flow's dimensions, the attributes of the series, and its observations."""

    key: tuple[str, ...]
    attributes: Mapping[str, str]
    observations: list[Observation]


class Code(NamedTuple):
    """An item of a list, perhaps below another one."""

    id: str
    name: Name
    parent: str = ""
    description: str = ""


class Header(NamedTuple):
    """What every message begins with. Demo data are a test in the standard's words."""

    id: str
    prepared: datetime.datetime
    is_test: bool


def _attribute(text: str) -> str:
    return quoteattr(_UNPRINTABLE.sub("", text))


def _text(text: str) -> str:
    return escape(_UNPRINTABLE.sub("", text))


def _names(name: Name) -> str:
    return f'<com:Name xml:lang="zh">{_text(name.zh)}</com:Name><com:Name xml:lang="en">{_text(name.en)}</com:Name>'


def _header(header: Header, structure: str = "") -> str:
    source = '<mes:Source xml:lang="zh">演示数据，数值均为编造</mes:Source>' if header.is_test else ""
    return (
        f"<mes:Header><mes:ID>{header.id}</mes:ID><mes:Test>{'true' if header.is_test else 'false'}</mes:Test>"
        f"<mes:Prepared>{header.prepared.isoformat(timespec='seconds')}</mes:Prepared>"
        f'<mes:Sender id="{AGENCY}"/>{structure}{source}</mes:Header>'
    )


def _maintained(tag: str, ident: str, name: Name, content: str, *, is_final: bool = True, agency: str = AGENCY) -> str:
    final = "true" if is_final else "false"
    return (
        f'<str:{tag} id="{ident}" agencyID="{agency}" version="{VERSION}" isFinal="{final}">{_names(name)}{content}</str:{tag}>'
    )


# Structures


def dataflow(flow: Flow) -> str:
    return _maintained("Dataflow", flow.id, flow.name, f"<str:Structure>{_structure_ref(flow)}</str:Structure>")


def _structure_ref(flow: Flow) -> str:
    return f'<Ref id="{flow.structure}" agencyID="{AGENCY}" version="{VERSION}" class="DataStructure" package="datastructure"/>'


def data_structure(flow: Flow) -> str:
    """The DSD: dimensions in the order of the key, time, attributes with what they hang on, and the one measure."""
    dimensions = "".join(
        f'<str:Dimension id="{name}" position="{place}">{_concept(name)}{_enumerated(codelist)}</str:Dimension>'
        for place, (name, codelist) in enumerate(flow.dimensions, start=1)
    )
    time = (
        f'<str:TimeDimension id="TIME_PERIOD" position="{len(flow.dimensions) + 1}">{_concept("TIME_PERIOD")}'
        '<str:LocalRepresentation><str:TextFormat textType="ObservationalTimePeriod"/></str:LocalRepresentation>'
        "</str:TimeDimension>"
    )
    attributes = "".join(_attribute_of(attribute, flow) for attribute in flow.attributes)
    measure = (
        f'<str:PrimaryMeasure id="OBS_VALUE">{_concept("OBS_VALUE")}'
        '<str:LocalRepresentation><str:TextFormat textType="Double"/></str:LocalRepresentation></str:PrimaryMeasure>'
    )
    return _maintained(
        "DataStructure",
        flow.structure,
        flow.name,
        "<str:DataStructureComponents>"
        f'<str:DimensionList id="DimensionDescriptor">{dimensions}{time}</str:DimensionList>'
        f'<str:AttributeList id="AttributeDescriptor">{attributes}</str:AttributeList>'
        f'<str:MeasureList id="MeasureDescriptor">{measure}</str:MeasureList>'
        "</str:DataStructureComponents>",
    )


def _concept(name: str) -> str:
    return (
        f'<str:ConceptIdentity><Ref id="{name}" maintainableParentID="CS_IPDASH" maintainableParentVersion="{VERSION}"'
        f' agencyID="{AGENCY}" class="Concept" package="conceptscheme"/></str:ConceptIdentity>'
    )


def _enumerated(codelist: str) -> str:
    return (
        f'<str:LocalRepresentation><str:Enumeration><Ref id="{codelist}" agencyID="{AGENCY}" version="{VERSION}"'
        ' class="Codelist" package="codelist"/></str:Enumeration></str:LocalRepresentation>'
    )


def _attribute_of(attribute: Attribute, flow: Flow) -> str:
    if attribute.level == "series":
        relation = "".join(f'<str:Dimension><Ref id="{name}"/></str:Dimension>' for name in flow.keys)
    else:
        relation = '<str:PrimaryMeasure><Ref id="OBS_VALUE"/></str:PrimaryMeasure>'
    representation = (
        _enumerated(attribute.codelist)
        if attribute.codelist
        else '<str:LocalRepresentation><str:TextFormat textType="String"/></str:LocalRepresentation>'
    )
    return (
        f'<str:Attribute id="{attribute.id}" assignmentStatus="{"Mandatory" if attribute.mandatory else "Conditional"}">'
        f"{_concept(attribute.id)}{representation}"
        f"<str:AttributeRelationship>{relation}</str:AttributeRelationship></str:Attribute>"
    )


def codelist(ident: str, codes: Iterable[Code]) -> str:
    """A codelist; those whose codes come from the database grow, so they are never final."""
    name = STORED_CODELISTS[ident] if ident in STORED_CODELISTS else CODELISTS[ident][0]
    return _maintained("Codelist", ident, name, "".join(map(_code, codes)), is_final=ident not in STORED_CODELISTS)


def _code(code: Code) -> str:
    parent = f"<str:Parent><Ref id={_attribute(code.parent)}/></str:Parent>" if code.parent else ""
    described = f'<com:Description xml:lang="zh">{_text(code.description)}</com:Description>' if code.description else ""
    return f"<str:Code id={_attribute(code.id)}>{_names(code.name)}{described}{parent}</str:Code>"


def concept_scheme() -> str:
    concepts = "".join(f'<str:Concept id="{ident}">{_names(name)}</str:Concept>' for ident, name in CONCEPTS.items())
    return _maintained("ConceptScheme", "CS_IPDASH", Name("概念", "Concepts"), concepts)


def agency_scheme(unit: str) -> str:
    """The standard keeps the agencies of the first level in a list of its own, which belongs to the agency SDMX."""
    agency = f'<str:Agency id="{AGENCY}">{_names(Name(unit, AGENCY))}</str:Agency>'
    return _maintained("AgencyScheme", "AGENCIES", Name("机构", "Agencies"), agency, is_final=False, agency="SDMX")


# Tag of the group -> the kinds of artefacts in it, in the order the schema asks for.
_GROUPS = (
    ("OrganisationSchemes", "agencyscheme"),
    ("Dataflows", "dataflow"),
    ("Codelists", "codelist"),
    ("Concepts", "conceptscheme"),
    ("DataStructures", "datastructure"),
)


def structure(header: Header, artefacts: Mapping[str, list[str]]) -> str:
    """The message of artefacts by kind."""
    groups = "".join(f"<str:{tag}>{''.join(artefacts[kind])}</str:{tag}>" for tag, kind in _GROUPS if artefacts.get(kind))
    return (
        f"{_DECLARATION}<mes:Structure {_NAMESPACES}>{_header(header)}<mes:Structures>{groups}</mes:Structures></mes:Structure>"
    )


# Data


def generic(header: Header, flow: Flow, series: Iterable[Series], detail: str) -> Iterator[str]:
    """A generic data message, a series at a time."""
    about = (
        f'<mes:Structure structureID="{flow.structure}" dimensionAtObservation="TIME_PERIOD">'
        f"<com:Structure>{_structure_ref(flow)}</com:Structure></mes:Structure>"
    )
    yield f"{_DECLARATION}<mes:GenericData {_NAMESPACES}>{_header(header, about)}"
    yield f'<mes:DataSet structureRef="{flow.structure}" action="Replace">'
    keys = [f'<gen:Value id="{name}" value=' for name in flow.keys]
    for one in series:
        key = "".join(f"{start}{_attribute(code)}/>" for start, code in zip(keys, one.key, strict=True))
        attributes = _values(one.attributes) if detail in (asked.FULL, asked.NO_DATA) else ""
        observations = (
            "".join(map(_generic_with_attributes if detail == asked.FULL else _generic_bare, one.observations))
            if detail in (asked.FULL, asked.DATA_ONLY)
            else ""
        )
        yield f"<gen:Series><gen:SeriesKey>{key}</gen:SeriesKey>{attributes}{observations}</gen:Series>\n"
    yield "</mes:DataSet></mes:GenericData>"


def _values(attributes: Mapping[str, str]) -> str:
    values = "".join(f'<gen:Value id="{name}" value={_attribute(text)}/>' for name, text in attributes.items() if text)
    return f"<gen:Attributes>{values}</gen:Attributes>" if values else ""


def _generic_bare(observation: Observation, attributes: str = "") -> str:
    value = f'<gen:ObsValue value="{observation.value}"/>' if observation.value else ""
    return f'<gen:Obs><gen:ObsDimension value="{observation.period}"/>{value}{attributes}</gen:Obs>'


def _generic_with_attributes(observation: Observation) -> str:
    return _generic_bare(observation, _values(observation.attributes))


def specific(header: Header, flow: Flow, series: Iterable[Series], detail: str) -> Iterator[str]:
    """A structure-specific data message, a series at a time."""
    urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={AGENCY}:{flow.structure}({VERSION})"
    namespace = f"{urn}:ObsLevelDim:TIME_PERIOD"
    about = (
        f'<mes:Structure structureID="{flow.structure}" namespace="{namespace}" dimensionAtObservation="TIME_PERIOD">'
        f"<com:Structure>{_structure_ref(flow)}</com:Structure></mes:Structure>"
    )
    yield f'{_DECLARATION}<mes:StructureSpecificData {_NAMESPACES} xmlns:ipd="{namespace}">{_header(header, about)}'
    yield (
        f'<mes:DataSet ss:structureRef="{flow.structure}" xsi:type="ipd:DataSetType" ss:dataScope="DataStructure"'
        ' ss:action="Replace">'
    )
    for one in series:
        key = "".join(f" {name}={_attribute(code)}" for name, code in zip(flow.keys, one.key, strict=True))
        attributes = _pairs(one.attributes) if detail in (asked.FULL, asked.NO_DATA) else ""
        observations = ""
        if detail in (asked.FULL, asked.DATA_ONLY):
            for observation in one.observations:
                value = f' OBS_VALUE="{observation.value}"' if observation.value else ""
                more = _pairs(observation.attributes) if detail == asked.FULL else ""
                observations += f'<Obs TIME_PERIOD="{observation.period}"{value}{more}/>'
        yield f"<Series{key}{attributes}>{observations}</Series>\n"
    yield "</mes:DataSet></mes:StructureSpecificData>"


def _pairs(attributes: Mapping[str, str]) -> str:
    return "".join(f" {name}={_attribute(text)}" for name, text in attributes.items() if text)


def csv_1(header: Header, flow: Flow, series: Iterable[Series], detail: str) -> Iterator[str]:
    """SDMX-CSV 1.0: the flow in the first column, a row per observation."""
    return _csv(flow, series, detail, {"DATAFLOW": f"{AGENCY}:{flow.id}({VERSION})"})


def csv_2(header: Header, flow: Flow, series: Iterable[Series], detail: str) -> Iterator[str]:
    """SDMX-CSV 2.0: what the row is structured by, which structure, and what to do with it."""
    return _csv(
        flow, series, detail, {"STRUCTURE": "dataflow", "STRUCTURE_ID": f"{AGENCY}:{flow.id}({VERSION})", "ACTION": "I"}
    )


def _csv(flow: Flow, series: Iterable[Series], detail: str, lead: Mapping[str, str]) -> Iterator[str]:
    """Rows with or without observations and attributes, as the detail says; no text is a formula."""
    has_observations = detail in (asked.FULL, asked.DATA_ONLY)
    of_series = [one.id for one in flow.attributes if one.level == "series"] if detail in (asked.FULL, asked.NO_DATA) else []
    of_observations = [one.id for one in flow.attributes if one.level != "series"] if detail == asked.FULL else []
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    observed = ["TIME_PERIOD", "OBS_VALUE"] if has_observations else []
    writer.writerow([*lead, *flow.keys, *observed, *of_series, *of_observations])
    for one in series:
        start = [*lead.values(), *one.key]
        shared = [_guarded(one.attributes.get(name, "")) for name in of_series]
        if has_observations:
            writer.writerows(
                [*start, period, value, *shared, *(_guarded(attributes.get(name, "")) for name in of_observations)]
                for period, value, attributes in one.observations
            )
        else:
            writer.writerow([*start, *shared])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue()


def _guarded(text: str) -> str:
    """A spreadsheet would take such text for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def error(fault: asked.Fault) -> str:
    """An error message: the standard's code, and what is wrong in two languages."""
    return (
        f'{_DECLARATION}<mes:Error {_NAMESPACES}><mes:ErrorMessage code="{fault.code}">'
        f'<com:Text xml:lang="zh">{_text(fault.zh)}</com:Text><com:Text xml:lang="en">{_text(fault.en)}</com:Text>'
        "</mes:ErrorMessage></mes:Error>"
    )
