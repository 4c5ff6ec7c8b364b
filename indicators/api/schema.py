"""The OpenAPI document, made from the same definitions as the answers; other parts of the API add theirs with `register`."""

from typing import Any

from django.conf import settings

from indicators.api import asked, formats, problems, sql
from indicators.api.asked import COMMON, MAX_PAGE_SIZE, MOST_VALUES, PAGE_SIZE
from indicators.api.lists import LISTINGS, Field, Listing
from indicators.api.reading import accepted_format, answer_json, public, unchanged
from indicators.calculation.vocabulary import Reason, Status, Word
from indicators.models.fields import FIRST_YEAR, LAST_YEAR
from indicators.reports import kept

VERSION = "1"
_paths: dict[str, Any] = {}
_components: dict[str, dict[str, Any]] = {}
_EXAMPLES = {"region": "150600", "indicator": "valid-trademarks", "plan": "ordos-2021-2025", "status": "behind"}
_CODES = {
    "region": ("RegionCode", "regions_region", "code", "[1-9][0-9]{5}"),
    "indicator": ("IndicatorCode", "indicators_indicator", "code", "[-a-zA-Z0-9_]{1,60}"),
    "plan": ("PlanSlug", "indicators_plan", "slug", "[-a-zA-Z0-9_]{1,60}"),
}


_CURSOR = "翻页位置，只从 next 或 previous 中取得；它自带排列次序，同时写的 ordering 不起作用。"


def register(paths: dict[str, Any], **components: dict[str, Any]) -> None:
    """Add paths (with their operations) and components of another part of the API; called once, when it is imported."""
    _paths.update(paths)
    for kind, members in components.items():
        _components.setdefault(kind, {}).update(members)


@public
def view(request):
    """The document as it is now: the codes that may be asked for are part of it."""
    if same := unchanged(request):
        return same
    asked.parse(LISTINGS["regions"], request.GET, allowed=("-",))
    accepted_format(request, ("json",))
    base = f"{request.scheme}://{request.get_host()}"
    state = sql.state()
    made = {"make": lambda: formats.json(document(base)), "since": str(state)}
    return answer_json(request, kept.kept({"data_version": state}, f"api schema {base}", **made), state)


def document(base: str) -> dict[str, Any]:
    """The whole document, with the codes that are in the database now."""
    components: dict[str, dict[str, Any]] = {
        "schemas": _schemas(),
        "parameters": _parameters(),
        "responses": _responses(),
    }
    for kind, members in _components.items():
        components.setdefault(kind, {}).update(members)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "知识产权规划指标 API",
            "version": VERSION,
            "description": (
                "各地知识产权规划的指标、目标、实际值与进展。读取不需要登录；列表只会在末尾增加字段。"
                "没有的数为 null，从不以 0 代替；比率为小数（0.5 即 50%），以 % 为单位的数值仍为百分数。说明见 /api/。"
            ),
            "license": {"name": "软件以 MIT 许可发布；数据以各规划原文和所注来源为准，引用请注明来源"},
        },
        "servers": [{"url": base}],
        "tags": [{"name": listing.name, "description": f"{listing.title}：{listing.says}"} for listing in LISTINGS.values()],
        "paths": {
            "/api/v1/": {"get": _contents()},
            "/api/v1/schema/": {"get": _self()},
            **{path: operation for listing in LISTINGS.values() for path, operation in _of_list(listing).items()},
            **_paths,
        },
        "components": components,
    }


# Operations


def _of_list(listing: Listing) -> dict[str, Any]:
    named = listing.name.title().replace("-", "")
    return {
        f"/api/v1/{listing.name}/": {
            "get": {
                "operationId": f"list{named}",
                "tags": [listing.name],
                "summary": listing.title,
                "description": listing.says,
                "parameters": [
                    *({"$ref": f"#/components/parameters/{name}"} for name in listing.parameters),
                    *(
                        _own_parameter(listing, name)
                        if name in ("cursor", "fields", "ordering")
                        else {"$ref": f"#/components/parameters/{name}"}
                        for name in COMMON
                    ),
                ],
                "responses": {
                    "200": {
                        "description": "一页（JSON），或全部行（CSV、Excel）。",
                        "headers": _headers("ETag", "X-Data-Version", "X-Demo-Data"),
                        "content": {
                            formats.JSON: {
                                "schema": {"$ref": f"#/components/schemas/{named}Page"},
                                "example": {"next": None, "previous": None, "results": [example(listing)]},
                            },
                            "text/csv": {"schema": {"type": "string"}, "example": _csv_example(listing)},
                            formats.XLSX: {"schema": {"type": "string", "format": "binary"}},
                        },
                    },
                    **_errors("304", "400", "406", "413", "429", "500", "503"),
                },
            }
        },
        f"/api/v1/{listing.name}/{{id}}/": {
            "get": {
                "operationId": f"get{named}",
                "tags": [listing.name],
                "summary": f"{listing.title}：一个",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "description": listing.field("id").says,
                        "schema": _key_schema(listing),
                        "example": listing.field("id").example,
                    },
                    _own_parameter(listing, "fields"),
                ],
                "responses": {
                    "200": {
                        "description": "这个对象，与列表中的一样。",
                        "headers": _headers("ETag", "X-Data-Version", "X-Demo-Data"),
                        "content": {
                            formats.JSON: {"schema": {"$ref": f"#/components/schemas/{named}"}, "example": example(listing)}
                        },
                    },
                    **_errors("304", "400", "404", "406", "429", "500", "503"),
                },
            }
        },
    }


def _contents() -> dict[str, Any]:
    properties = {
        "name": {"type": "string"},
        "office": {"type": "string", "description": "运行本站的单位；未设定时为空文字。"},
        "data_version": {"type": "integer", "description": "数据每更改一次加 1。"},
        "is_demo": {"type": "boolean", "description": "是否含有演示用的编造数据。"},
        "lists": {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}},
        **{
            name: {"type": "string", "format": "uri", "description": says}
            for name, says in {
                "package": "整包下载。",
                "changes": "自这一版数据以来的更改；since 换成手中数据的版本。",
                "sdmx": "SDMX 2.1 的数据流目录。",
                "entries": "填报，须有令牌。",
                "schema": "OpenAPI 文档。",
                "console": "在网页里试用。",
                "documentation": "说明。",
            }.items()
        },
    }
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "operationId": "contents",
        "summary": "目录：全部地址与数据版本",
        "responses": {
            "200": {"description": "目录。", "headers": _headers("ETag"), "content": {formats.JSON: {"schema": schema}}},
            **_errors("304", "400", "406", "429", "500", "503"),
        },
    }


def _self() -> dict[str, Any]:
    return {
        "operationId": "schema",
        "summary": "本文档（OpenAPI 3）",
        "responses": {
            "200": {"description": "OpenAPI 文档。", "content": {formats.JSON: {"schema": {"type": "object"}}}},
            **_errors("304", "400", "406", "429", "500", "503"),
        },
    }


def _errors(*statuses: str) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _headers(*names: str) -> dict[str, Any]:
    says = {
        "ETag": "随后放在 If-None-Match 中再问，没有变化时得到 304。",
        "X-Data-Version": "回答取自哪一版数据。",
        "X-Demo-Data": "库中含有演示用的编造数据时为 true。",
    }
    return {name: {"description": says[name], "schema": {"type": "string"}} for name in names}


# Parameters


def _parameters() -> dict[str, Any]:
    def one(name: str, schema: dict[str, Any], says: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "in": "query", "required": False, "description": says, "schema": schema, **more}

    year = {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR}
    flag = {"type": "boolean", "default": False}

    def several(name: str, items: dict[str, Any], says: str) -> dict[str, Any]:
        return one(name, _several(items), says, style="form", explode=False, example=[_EXAMPLES[name]])

    return {
        "region": several("region", _ref("RegionCode"), "地区代码，几个时用逗号隔开。"),
        "descendants": one("descendants", flag, "连同 region 的下级地区；没有 region 时不起作用。"),
        "indicator": several("indicator", _ref("IndicatorCode"), "指标代码，几个时用逗号隔开。"),
        "plan": several("plan", _ref("PlanSlug"), "规划标识，几个时用逗号隔开。"),
        "year": one("year", year, "年份。", example=2024),
        "year_min": one("year_min", year, "自哪一年起。"),
        "year_max": one("year_max", year, "到哪一年止。"),
        "status": several("status", {"type": "string", "enum": Status.values()}, f"状态：{labels(Status)}。"),
        "page_size": one(
            "page_size",
            {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
            "一页多少行。CSV 和 Excel 不写它时给出全部行。",
        ),
        "count": one("count", flag, "同时给出总行数（JSON 的 count，文件的 X-Total-Count）；大列表上较慢。"),
        "format": one("format", {"type": "string", "enum": list(asked.FORMATS)}, "回答的格式，优先于 Accept 头。"),
        "headings": one(
            "headings", {"type": "string", "enum": list(asked.HEADINGS), "default": "en"}, "CSV 和 Excel 的表头用英文还是中文。"
        ),
        "bom": one(
            "bom",
            {"type": "boolean"},
            "CSV 开头是否带 BOM（Excel、WPS 据此识别中文）。写 format=csv 时默认带，由 Accept 头要求时默认不带。",
        ),
    }


def _own_parameter(listing: Listing, name: str) -> dict[str, Any]:
    """The parameters whose values differ from list to list."""
    shared = {"name": name, "in": "query", "required": False}
    if name == "fields":
        schema = _several({"type": "string", "enum": list(listing.names)}, most=len(listing.names))
        says = "只要这些字段，按所写顺序，用逗号隔开。"
        return {
            **shared,
            "description": says,
            "schema": schema,
            "style": "form",
            "explode": False,
            "example": [listing.names[0]],
        }
    if name == "ordering":
        words = "；".join(f"{word} {order.says}" for word, order in listing.orders.items())
        schema = {"type": "string", "enum": list(asked.orderings(listing)), "default": next(iter(listing.orders))}
        return {**shared, "description": f"排列次序，前面加 - 为倒序：{words}。", "schema": schema}
    return {**shared, "description": _CURSOR, "schema": {"type": "string", "pattern": f"^({asked.cursor_pattern(listing)})$"}}


def _several(items: dict[str, Any], most: int = MOST_VALUES) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most, "uniqueItems": True}


def _key_schema(listing: Listing) -> dict[str, Any]:
    if listing.field("id").kind == "integer":
        return {"type": "integer", "minimum": 1}
    return {"type": "string", "pattern": f"^{listing.key_pattern}$"}


def parameters() -> dict[str, str]:
    """What each parameter does, for people."""
    shared = {name: one["description"] for name, one in _parameters().items()}
    orders = {
        "fields": "只要这些字段，按所写顺序，用逗号隔开。",
        "ordering": "排列次序，前面加 - 为倒序；各列表可用的见上表。",
        "cursor": _CURSOR,
    }
    return shared | orders


# Schemas


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {
        "Problem": {
            "type": "object",
            "description": "错误（RFC 9457）。程序请看 code，人请看 detail。",
            "required": ["type", "title", "status", "code", "detail", "request_id"],
            "properties": {
                "type": {"type": "string", "description": "说明的地址。"},
                "title": {"type": "string", "description": "这类错误。"},
                "status": {"type": "integer"},
                "code": {"type": "string", "enum": list(problems.KINDS), "description": "稳定的代码。"},
                "detail": {"type": "string", "description": "错在哪里、怎样改。"},
                "parameter": {"type": "string", "description": "与哪个参数有关。"},
                "request_id": {"type": "string", "description": "请求编号，报告问题时请附上。"},
            },
        },
    }
    for name, table, column, pattern in _CODES.values():
        codes = [code for (code,) in sql.run(f"SELECT {column} FROM {table} ORDER BY {column}", ())]
        schemas[name] = {"type": "string", "enum": codes} if codes else {"type": "string", "pattern": f"^{pattern}$"}
    for listing in LISTINGS.values():
        named = listing.name.title().replace("-", "")
        schemas[named] = {
            "type": "object",
            "description": f"{listing.title}。写了 fields 时只有所写的字段，否则全部都有。",
            "properties": {field.name: field_schema(field) for field in listing.fields},
            "additionalProperties": False,
        }
        schemas[f"{named}Page"] = {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "minimum": 0, "description": "总行数，只在 count=true 时有。"},
                "next": {"type": "string", "format": "uri", "nullable": True, "description": "下一页的地址。"},
                "previous": {"type": "string", "format": "uri", "nullable": True, "description": "上一页的地址。"},
                "results": {"type": "array", "items": _ref(named), "maxItems": MAX_PAGE_SIZE},
            },
            "additionalProperties": False,
        }
    return schemas


def field_schema(field: Field) -> dict[str, Any]:
    """A field as JSON schema, with its Chinese name, what it means and an example."""
    kinds: dict[str, dict[str, Any]] = {
        "text": {"type": "string"},
        "integer": {"type": "integer"},
        "number": {"type": "number"},
        "amount": {"type": "number"},
        "float": {"type": "number"},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "moment": {"type": "string", "format": "date-time"},
        "reasons": {"type": "object", "additionalProperties": {"type": "string", "enum": Reason.values()}},
        "json": {"type": "object", "additionalProperties": True},
    }
    says = f"{field.says}{labels(field.words)}。" if field.words else field.says
    schema: dict[str, Any] = {**kinds[field.kind], "title": field.heading, "description": says}
    if field.words:
        schema["enum"] = [*field.words.values(), *([""] if field.blank else []), *([None] if field.nullable else [])]
    if field.nullable:
        schema["nullable"] = True
    if field.example is not None:
        schema["example"] = field.example
    return schema


def labels(words: type[Word]) -> str:
    return "、".join(f"{word.value} {word.label}" if word.value != word.label else word.value for word in words)


def example(listing: Listing) -> dict[str, Any]:
    return {field.name: field.example for field in listing.fields}


def _csv_example(listing: Listing) -> str:
    pieces = formats.csv_chunks(listing, listing.names, [[example(listing)]], language="en", bom=False)
    return b"".join(pieces).decode()


# Errors


def _responses() -> dict[str, Any]:
    found: dict[str, Any] = {"304": {"description": "与 If-None-Match 所说的相同，没有变化；没有内容。"}}
    for kind in problems.KINDS.values():
        response = found.setdefault(
            str(kind.status),
            {"description": "", "content": {problems.CONTENT_TYPE: {"schema": _ref("Problem"), "examples": {}}}},
        )
        response["description"] = "；".join(filter(None, [response["description"], kind.title]))
        members = problems.Problem(kind.code, f"{kind.title}。").members("4f1c2d3e4a5b")
        response["content"][problems.CONTENT_TYPE]["examples"][kind.code] = {"summary": kind.title, "value": members}
    if settings.API_RATE:
        found["429"]["headers"] = {"Retry-After": {"description": "几秒后可以再试。", "schema": {"type": "integer"}}}
    return found
