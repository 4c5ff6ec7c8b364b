"""Entries by token: listed, proposed, changed, submitted, reviewed; by the workflow of the pages, with its refusals."""

import json
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from rest_framework import exceptions as drf
from rest_framework import parsers, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from indicators import forms, progress, workflow
from indicators.api import asked, formats
from indicators.api.authentication import TokenAuthentication, problem_response, with_token
from indicators.api.idempotency import OnlyChecked, once
from indicators.api.problems import Problem
from indicators.calculation import numbers
from indicators.calculation.vocabulary import EntryState, JobKind, Role, Through
from indicators.models import Entry, Indicator, Series
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.permissions import regions_of, regions_seen
from regions.models import Region

MOST = 1000  # entries of one request
LARGEST = 2**31  # beyond what the database holds of versions and years
WEB = re.compile(r"https?://[^\s\"<>]+", re.ASCII)
PARAMETERS = ("region", "indicator", "year", "state", "page_size", "cursor")


class Written(str):
    """A JSON number with a point or exponent, as it was written: a double would already have lost what was meant."""


class ExactJSONParser(parsers.JSONParser):
    """JSON whose numbers keep their digits; NaN, infinity and a name said twice are refused."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return json.loads(
                stream.read().decode(), parse_float=Written, parse_constant=_no_number, object_pairs_hook=_once_each
            )
        except (ValueError, RecursionError) as error:
            raise drf.ParseError(f"请求内容不是可用的 JSON：{str(error)[:200]}") from None


def _no_number(word):
    raise ValueError(f"{word} 不是数字；没有数值请写 null")


def _once_each(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("同一对象里一个名称写了两次")
    return found


# Input: exact types, nothing else than what is listed


class Text(serializers.Field):
    def __init__(self, longest: int, **options):
        super().__init__(**options)
        self.longest = longest

    def to_internal_value(self, data):
        if not isinstance(data, str) or isinstance(data, Written):
            raise serializers.ValidationError("应是文字")
        if len(data) > self.longest:
            raise serializers.ValidationError(f"最多 {self.longest} 个字，现在是 {len(data)} 个")
        return forms.one_line(data)


class Code(Text):
    def to_internal_value(self, data):
        code = super().to_internal_value(data)
        if not re.fullmatch(r"[-a-zA-Z0-9_]+", code, re.ASCII):
            raise serializers.ValidationError("应是代码，例如 150600 或 valid-trademarks")
        return code


class Address(Text):
    def to_internal_value(self, data):
        address = super().to_internal_value(data)
        if address and not WEB.fullmatch(address):
            raise serializers.ValidationError("网址应以 http:// 或 https:// 开头，中间没有空格")
        return address


class Flag(serializers.Field):
    def to_internal_value(self, data):
        if not isinstance(data, bool):
            raise serializers.ValidationError("应是 true 或 false")
        return data


class Whole(serializers.Field):
    """An integer within what the database holds."""

    def to_internal_value(self, data):
        if type(data) is not int or not 0 <= data < LARGEST:
            raise serializers.ValidationError("应是不小于 0 的整数")
        return data


class Figure(serializers.Field):
    """A number, or text as people write one; read later, by the rules of its indicator."""

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise serializers.ValidationError("应是数字、文字（例如“1.2万”）或 null")
        return str(data)


class Strict(serializers.Serializer):
    """Refuses what it does not know: a misspelt name must not be passed over."""

    def to_internal_value(self, data):
        if not isinstance(data, dict):
            raise serializers.ValidationError({"": ["应是一个对象"]})
        unknown = {name[:60]: ["没有这一项"] for name in data if name not in self.fields}
        if unknown:
            raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class FigureInput(Strict):
    """What is proposed: one of a value, 不适用, and clearing what is in force."""

    value = Figure(required=False, allow_null=True)
    not_applicable = Flag(required=False)
    clear = Flag(required=False)
    unit = Text(20, required=False)
    source = Text(forms.MAX_SOURCE, required=False)
    source_url = Address(forms.MAX_URL, required=False)
    note = Text(forms.MAX_NOTE, required=False)


class EntryInput(FigureInput):
    region = Code(6)
    indicator = Code(60)
    year = Whole()
    seen_version = Whole(required=False)


class ChangeInput(FigureInput):
    version = Whole()


class ActInput(Strict):
    version = Whole()


class ReturnInput(ActInput):
    reason = Text(300)


ERRORS = {"required": "缺少这一项", "null": "不能是 null", "invalid": "不对"}


def read(serializer, data, index=None):
    """The typed values, or Problem 422 with a place for each refusal."""
    checked = serializer(data=data)
    for field in checked.fields.values():
        field.error_messages.update({name: text for name, text in ERRORS.items() if name in field.error_messages})
    if checked.is_valid():
        return checked.validated_data
    raise Problem("invalid", "有几项不合要求，见 errors。", more={"errors": _places(checked.errors, index)})


def _places(errors, index):
    return [
        {"index": index, "field": name, "detail": str(reason)}
        for name, reasons in errors.items()
        for reason in (reasons if isinstance(reasons, list) else [reasons])
    ]


def refuse(detail: str, field: str, index=None) -> Problem:
    return Problem("invalid", detail, more={"errors": [{"index": index, "field": field, "detail": detail}]})


def figure(told: dict[str, Any], indicator: Indicator, index=None) -> tuple[dict[str, Any], str]:
    """The facts of an entry in the base unit and how the value was understood; Problem 422 where it was not."""
    unit = told.get("unit") or indicator.unit
    if numbers.base_unit(unit) != indicator.unit:
        raise refuse(f"单位“{unit}”不能换算为“{indicator.unit}”", "unit", index)
    text = told.get("value")
    try:
        cell = forms.Cell() if text is None else forms.read_cell(text, unit=unit, indicator=indicator)
    except forms.Refused as error:
        raise refuse(str(error), "value", index) from None
    if cell.error:
        raise refuse(cell.error, "value", index)
    facts = {
        "as_typed": cell.as_typed,
        "value": cell.value,
        "not_applicable": cell.not_applicable or told.get("not_applicable", False),
        "clears": cell.clears or told.get("clear", False),
        "source": told.get("source", ""),
        "source_url": told.get("source_url", ""),
        "note": told.get("note", ""),
    }
    if [facts["value"] is not None, facts["not_applicable"], facts["clears"]].count(True) != 1:
        raise refuse("请写 value，或 not_applicable 为 true，或 clear 为 true，三者取一", "value", index)
    return facts, cell.echo


# Output


def shown(entry: Entry, *, echo="", warnings: Iterable[str] = ()) -> dict[str, Any]:
    """An entry with what stands in force beside it, in the base unit."""
    actual = entry.series.actuals.filter(year=entry.year).first()
    return {
        "id": entry.pk,
        "region": entry.series.region.code,
        "indicator": entry.series.indicator.code,
        "year": entry.year,
        "value": _number(entry.value),
        "not_applicable": entry.not_applicable,
        "clear": entry.clears,
        "unit": entry.series.indicator.unit,
        "state": str(entry.state),
        "version": entry.version,
        "as_typed": entry.as_typed,
        "source": entry.source,
        "source_url": entry.source_url,
        "note": entry.note,
        "seen_version": entry.seen_version,
        "standing": _actual(actual),
        "entered_by": entry.entered_by.username,
        "entered_at": entry.entered_at.isoformat(),
        "returned_because": entry.returned_because,
        "understood": echo,
        "warnings": list(warnings),
    }


def _actual(actual):
    if actual is None:
        return None
    return {"value": _number(actual.value), "not_applicable": actual.not_applicable, "version": actual.version}


def _number(value):
    """A stored figure as a JSON number: fifteen digits fit a double."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


# Views


class TokenView(APIView):
    authentication_classes = [TokenAuthentication]
    permission_classes: list = []
    parser_classes = [ExactJSONParser]
    renderer_classes = [JSONRenderer]
    throttle_classes: list = []

    def get_exception_handler(self):
        return problem_response

    def finalize_response(self, request, response, *arguments, **options):
        response["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *arguments, **options)


class Collection(TokenView):
    @with_token
    def get(self, request):
        """The open entries of the regions in which the person has a role, newest last; a page by keyset."""
        question = _question(request)
        entries = Entry.objects.filter(series__region__in=regions_seen(request.user)).filter(**question["filters"])
        entries = entries.select_related("series__region", "series__indicator", "entered_by").order_by("pk")
        size = question["page_size"]
        rows = list(entries.filter(pk__gt=question["after"])[: size + 1])
        following = None
        if len(rows) > size:
            query = request.GET.copy()
            query["cursor"] = str(rows[size - 1].pk)
            following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        content = {"next": following, "previous": None, "results": [shown(entry) for entry in rows[:size]]}
        return HttpResponse(formats.json(content), content_type=formats.JSON)

    @with_token
    def post(self, request):
        """Propose one figure or a list of them, all or nothing; `submit=true` hands them in at once."""
        flags = _flags(request, "dry_run", "submit")
        rows = request.data if isinstance(request.data, list) else [request.data]
        if not 0 < len(rows) <= MOST:
            raise refuse(f"一次 1 至 {MOST} 条", "", None)
        index = range(len(rows)) if isinstance(request.data, list) else [None]

        def act():
            made = _propose(request.user, list(zip(index, rows, strict=True)), submits=flags["submit"])
            content = {"results": made} if isinstance(request.data, list) else made[0]
            return _done(201, content, flags["dry_run"])

        return once(request, act)


def _propose(by, rows, *, submits):
    """Entries for all rows, or Problem with every refusal in its place and nothing done."""
    inputs, errors = [], []
    for index, row in rows:
        try:
            inputs.append((index, read(EntryInput, row, index)))
        except Problem as problem:
            errors += problem.more["errors"]
    codes = {told["indicator"] for _, told in inputs}
    indicators = {one.code: one for one in Indicator.objects.filter(code__in=codes)}
    regions = {one.code: one for one in Region.objects.filter(code__in={told["region"] for _, told in inputs})}
    mine = regions_of(by, Role.CLERK)
    made, kept, seen = [], None, set()
    for index, told in inputs:
        try:
            place, indicator, key = _place(told, regions, indicators, mine, seen, index)
            facts, echo = figure(told, indicator, index)
            kept = kept or workflow.start_batch(JobKind.SAVE, by=by)
            series, _ = Series.objects.get_or_create(region=place, indicator=indicator)
            act = workflow.submit if submits else workflow.save_draft
            told = {"by": by, "version": 0, "seen_version": told.get("seen_version", 0), "through": Through.API, "job": kept}
            entry = act(series, key[2], **facts, **told)
            odd = workflow.warnings(series, key[2], facts["value"])
            made.append(shown(entry, echo=echo, warnings=odd))
        except (Problem, Conflict, Forbidden, Inconsistent) as error:
            errors += _refusals(error, index)
    if errors:
        raise _together(errors)
    return made


def _place(told, regions, indicators, mine, seen, index):
    """Where a row goes; refused where that is nowhere, another's, not yet, or twice."""
    place, indicator, year = regions.get(told["region"]), indicators.get(told["indicator"]), told["year"]
    if place is None:
        raise refuse(f"没有地区代码“{told['region']}”；全部代码见 /api/v1/regions/", "region", index)
    if place.pk not in mine:
        raise Forbidden(f"您没有在{place}填报的权限，或令牌不及于它")
    if indicator is None:
        raise refuse(f"没有指标代码“{told['indicator']}”；全部代码见 /api/v1/indicators/", "indicator", index)
    if sentence := forms.year_refusal(year, today=progress.today()):
        raise refuse(sentence, "year", index)
    key = (place.pk, indicator.pk, year)
    if key in seen:
        raise refuse("与前面一条重复：同一地区、指标、年份", "year", index)
    seen.add(key)
    return place, indicator, key


def _refusals(error, index):
    if isinstance(error, Problem):
        return error.more["errors"]
    if isinstance(error, Inconsistent):
        return [{"index": index, "field": column, "detail": reason} for _, column, reason in error.places]
    if isinstance(error, Conflict):
        return [{"index": index, "field": "", "detail": str(error), "code": "conflict", "standing": error.standing}]
    return [{"index": index, "field": "region", "detail": str(error), "code": "forbidden"}]


def _together(errors):
    """One problem for all refusals: the status of their kind where they are of one kind."""
    codes = {error.get("code", "invalid") for error in errors}
    code = codes.pop() if len(codes) == 1 else "invalid"
    errors.sort(key=lambda error: -1 if error["index"] is None else error["index"])
    detail = errors[0]["detail"] if len(errors) == 1 else f"共 {len(errors)} 处不能接受，一条也没有写入；见 errors。"
    more = {"errors": [{name: value for name, value in error.items() if name != "code"} for error in errors]}
    if code == "conflict" and len(errors) == 1:
        more["standing"] = errors[0]["standing"]
    return Problem(code, detail, more=more)


class One(TokenView):
    @with_token
    def get(self, request, key):
        return HttpResponse(formats.json(shown(_entry(request, key))), content_type=formats.JSON)

    @with_token
    def patch(self, request, key):
        """Change an own entry; it is a draft afterwards."""
        flags = _flags(request, "dry_run")

        def act():
            entry = _entry(request, key)
            told = read(ChangeInput, request.data)
            version = told.pop("version")
            facts, echo = figure(
                _kept(entry) | told if not _says_figure(told) else _texts(entry) | told, entry.series.indicator
            )
            job = workflow.start_batch(JobKind.SAVE, by=request.user)
            changed = _asked(
                workflow.save_draft, entry.series, entry.year, **facts, by=request.user, version=version,
                seen_version=entry.seen_version, through=Through.API, job=job,
            )  # fmt: skip
            odd = workflow.warnings(entry.series, entry.year, facts["value"])
            return _done(200, shown(changed, echo=echo, warnings=odd), flags["dry_run"])

        return once(request, act)

    @with_token
    def delete(self, request, key):
        """Take an own entry back; `version` says which one was seen."""
        flags = _flags(request, "dry_run", "version")

        def act():
            entry = _entry(request, key)
            _asked(workflow.discard, entry, by=request.user, version=flags["version"], through=Through.API)
            return _done(204, None, flags["dry_run"])

        return once(request, act)


def _says_figure(told):
    return any(name in told for name in ("value", "not_applicable", "clear"))


def _texts(entry):
    return {"source": entry.source, "source_url": entry.source_url, "note": entry.note}


def _kept(entry):
    """What an entry says, as it could be sent."""
    value = None if entry.value is None else numbers.plain(entry.value)
    told = {"value": value, "not_applicable": entry.not_applicable, "clear": entry.clears, "unit": entry.series.indicator.unit}
    return told | _texts(entry)


class ActView(TokenView):
    """One act on one entry: POST with the version that was seen."""

    reads = ActInput

    @with_token
    def post(self, request, key):
        flags = _flags(request, "dry_run")

        def act():
            entry = _entry(request, key)
            told = read(self.reads, request.data)
            return _done(200, self.act(request, entry, told), flags["dry_run"])

        return once(request, act)

    def batch(self, request, kind):
        return {"by": request.user, "through": Through.API, "job": workflow.start_batch(kind, by=request.user)}


class Submit(ActView):
    def act(self, request, entry, told):
        return shown(_asked(workflow.submit_draft, entry, version=told["version"], **self.batch(request, JobKind.SAVE)))


class Approve(ActView):
    def act(self, request, entry, told):
        actual = _asked(workflow.approve, entry, version=told["version"], **self.batch(request, JobKind.REVIEW))
        return {
            "region": entry.series.region.code,
            "indicator": entry.series.indicator.code,
            "year": entry.year,
            "unit": entry.series.indicator.unit,
            "in_force": _actual(actual),
        }


class Return(ActView):
    reads = ReturnInput

    def act(self, request, entry, told):
        batch = self.batch(request, JobKind.REVIEW)
        return shown(_asked(workflow.send_back, entry, version=told["version"], reason=told["reason"], **batch))


def _asked(act, *arguments, **options):
    """Run an act; what it refuses becomes the problem that says so."""
    try:
        return act(*arguments, **options)
    except (Conflict, Forbidden, Inconsistent) as error:
        raise _together(_refusals(error, None)) from None


def _entry(request, key):
    """An entry of a region in which the person has a role; others do not exist here."""
    entries = Entry.objects.select_related("series__region", "series__indicator", "entered_by")
    mine = {"series__region__in": regions_seen(request.user)}
    entry = entries.filter(pk=int(key), **mine).first() if re.fullmatch("[1-9][0-9]{0,17}", key, re.ASCII) else None
    if entry is None:
        raise Problem("not_found", f"没有编号为 {key[:40]} 的填报，或者它不在您的地区；审核生效的已不在此列。")
    return entry


def _done(status, content, is_dry):
    """The answer; a dry run takes everything back and says so."""
    if is_dry:
        raise OnlyChecked(content)
    return status, content


# Parameters


def _parameters(request, allowed):
    for name, values in request.GET.lists():
        if name not in allowed:
            would_do = "、".join(allowed)
            raise Problem(
                "unknown_parameter", f"不认识参数“{name[:40]}”；这里可用：{would_do}。", more={"parameter": name[:40]}
            )
        if len(values) > 1:
            raise Problem("repeated_parameter", f"参数“{name}”请只写一次。", more={"parameter": name})
    return {name: request.GET[name] for name in allowed if name in request.GET}


def _wrong(name, would_do):
    return Problem("bad_value", f"参数“{name}”{would_do}。", more={"parameter": name})


def _flags(request, *allowed):
    given = _parameters(request, allowed)
    found: dict[str, Any] = dict.fromkeys(allowed, False)
    for name, text in given.items():
        if name == "version":
            if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or int(text) >= LARGEST:
                raise _wrong(name, "应是看到的版本号，例如 1")
            found[name] = int(text)
        elif text in ("true", "false"):
            found[name] = text == "true"
        else:
            raise _wrong(name, "应是 true 或 false")
    if "version" in allowed and "version" not in given:
        raise _wrong("version", "须写明看到的版本号，例如 version=1")
    return found


def _question(request):
    """Filters, page size and place; refused by name where they say nothing sensible."""
    given = _parameters(request, PARAMETERS)
    filters: dict[str, Any] = {}
    if "region" in given:
        if not re.fullmatch("[1-9][0-9]{5}", given["region"], re.ASCII):
            raise _wrong("region", "应是六位行政区划代码，例如 150600")
        filters["series__region__code"] = given["region"]
    if "indicator" in given:
        if not re.fullmatch("[-a-zA-Z0-9_]{1,60}", given["indicator"], re.ASCII):
            raise _wrong("indicator", "应是指标代码，例如 valid-trademarks")
        filters["series__indicator__code"] = given["indicator"]
    if "year" in given:
        if not re.fullmatch("[0-9]{4}", given["year"], re.ASCII):
            raise _wrong("year", "应是四位年份，例如 2024")
        filters["year"] = int(given["year"])
    if "state" in given:
        if given["state"] not in EntryState.values():
            raise _wrong("state", f"应是 {'、'.join(EntryState.values())} 之一")
        filters["state"] = given["state"]
    size, after = given.get("page_size", str(asked.PAGE_SIZE)), given.get("cursor", "0")
    if not re.fullmatch("[1-9][0-9]{0,3}", size, re.ASCII) or int(size) > asked.MAX_PAGE_SIZE:
        raise _wrong("page_size", f"应是 1 至 {asked.MAX_PAGE_SIZE} 的整数")
    if not re.fullmatch("[0-9]{1,18}", after, re.ASCII):
        raise Problem("bad_cursor", "请原样使用上一次回答中 next 的地址。", more={"parameter": "cursor"})
    return {"filters": filters, "page_size": int(size), "after": int(after)}
