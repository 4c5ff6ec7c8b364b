"""What the OpenAPI document says of entries, tokens and repeated requests."""

from typing import Any

from indicators.api import formats, schema
from indicators.api.asked import MAX_PAGE_SIZE, PAGE_SIZE
from indicators.api.entries import MOST
from indicators.api.idempotency import HEADER, LONGEST
from indicators.calculation.vocabulary import EntryState
from indicators.forms import MAX_NOTE, MAX_SOURCE, MAX_URL
from indicators.models.fields import FIRST_YEAR, LAST_YEAR

_EXAMPLE = {
    "id": 1, "region": "150600", "indicator": "valid-trademarks", "year": 2024, "value": 12000, "not_applicable": False,
    "clear": False, "unit": "件", "state": "draft", "version": 1, "as_typed": "1.2万", "source": "年报", "source_url": "",
    "note": "", "seen_version": 0, "standing": None, "entered_by": "alta", "entered_at": "2025-01-20T09:30:00+00:00",
    "returned_because": "", "understood": "1.2万 → 12000 件", "warnings": [],
}  # fmt: skip
_INPUT = {"region": "150600", "indicator": "valid-trademarks", "year": 2024, "value": "1.2万", "source": "年报"}
_VERSION = {"type": "integer", "minimum": 0, "maximum": 2147483647}


def _text(longest: int, says: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest, "description": says, **more}


_FIGURE = {
    "value": {
        "description": "数字，或按习惯书写的文字：1.2万、12,000、全角数字；“不适用”、“清除”也可以写在这里。",
        "oneOf": [{"type": "number"}, {"type": "string", "maxLength": 60}],
        "nullable": True,
        "example": "1.2万",
    },
    "not_applicable": {"type": "boolean", "description": "不适用；此时 value 为 null 或不写。"},
    "clear": {"type": "boolean", "description": "清除已生效的数值，须在 note 中写明理由。"},
    "unit": _text(20, "value 的单位，不写时为指标的基本单位；万件、亿元等自动换算。", example="件"),
    "source": _text(MAX_SOURCE, "来源。"),
    "source_url": _text(MAX_URL, "来源网址，以 http:// 或 https:// 开头。"),
    "note": _text(MAX_NOTE, "备注；更正或清除已生效的数值时须写理由。"),
}
_SCHEMAS: dict[str, Any] = {
    "EntryInput": {
        "type": "object",
        "additionalProperties": False,
        "required": ["region", "indicator", "year"],
        "description": "value、not_applicable、clear 三者取一。",
        "properties": {
            "region": _text(6, "地区代码。", pattern="^[-a-zA-Z0-9_]+$", example="150600"),
            "indicator": _text(60, "指标代码。", pattern="^[-a-zA-Z0-9_]+$", example="valid-trademarks"),
            "year": {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR, "example": 2024},
            **_FIGURE,
            "seen_version": {**_VERSION, "description": "所见已生效数值的版本，没有数值为 0（默认）；此后有人改动则 409。"},
        },
        "example": _INPUT,
    },
    "EntryChange": {
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "description": "只写要改的项；改后为草稿，须再次提交。",
        "properties": {"version": {**_VERSION, "description": "所见填报的版本。"}, **_FIGURE},
        "example": {"version": 1, "value": 12500},
    },
    "EntryAct": {
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "properties": {"version": {**_VERSION, "description": "所见填报的版本。"}},
        "example": {"version": 2},
    },
    "EntryReturn": {
        "type": "object",
        "additionalProperties": False,
        "required": ["version", "reason"],
        "properties": {"version": {**_VERSION, "description": "所见填报的版本。"}, "reason": _text(300, "退回理由。")},
        "example": {"version": 2, "reason": "请附出处"},
    },
    "Standing": {
        "type": "object",
        "nullable": True,
        "additionalProperties": False,
        "required": ["value", "not_applicable", "version"],
        "properties": {
            "value": {"type": "number", "nullable": True},
            "not_applicable": {"type": "boolean"},
            "version": {"type": "integer"},
        },
    },
    "Entry": {
        "type": "object",
        "additionalProperties": False,
        "required": list(_EXAMPLE),
        "properties": {
            "id": {"type": "integer"},
            "region": {"type": "string"},
            "indicator": {"type": "string"},
            "year": {"type": "integer"},
            "value": {"type": "number", "nullable": True, "description": "以基本单位计。"},
            "not_applicable": {"type": "boolean"},
            "clear": {"type": "boolean"},
            "unit": {"type": "string", "description": "指标的基本单位。"},
            "state": {"type": "string", "enum": EntryState.values()},
            "version": {"type": "integer"},
            "as_typed": {"type": "string", "description": "原样输入。"},
            "source": {"type": "string"},
            "source_url": {"type": "string"},
            "note": {"type": "string"},
            "seen_version": {"type": "integer"},
            "standing": {"$ref": "#/components/schemas/Standing"},
            "entered_by": {"type": "string"},
            "entered_at": {"type": "string", "format": "date-time"},
            "returned_because": {"type": "string"},
            "understood": {"type": "string", "description": "怎样理解了所写的数。"},
            "warnings": {"type": "array", "items": {"type": "string"}, "description": "少见但可能的情况，请核对。"},
        },
        "example": _EXAMPLE,
    },
    "EntryPage": {
        "type": "object",
        "required": ["next", "previous", "results"],
        "properties": {
            "next": {"type": "string", "format": "uri", "nullable": True},
            "previous": {"type": "string", "format": "uri", "nullable": True},
            "results": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}},
        },
    },
    "EntryResults": {
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}}},
    },
    "InForce": {
        "type": "object",
        "required": ["region", "indicator", "year", "unit", "in_force"],
        "properties": {
            "region": {"type": "string"},
            "indicator": {"type": "string"},
            "year": {"type": "integer"},
            "unit": {"type": "string"},
            "in_force": {"$ref": "#/components/schemas/Standing"},
        },
    },
    "DryRun": {
        "type": "object",
        "required": ["dry_run", "would"],
        "properties": {
            "dry_run": {"type": "boolean", "enum": [True]},
            "would": {"nullable": True, "description": "照做时的回答。"},
        },
    },
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _query(name: str, of: dict[str, Any], says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": of, "description": says}


_KEY = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
    "description": "填报的编号。",
}
_DRY = _query("dry_run", {"type": "boolean", "default": False}, "只检查，不写入。")
_ONCE = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
    "description": "同一个键的同一请求只做一次，7 天内重发得到第一次的回答。",
}
_READS = ("401", "403", "406", "429", "500", "503")
_WRITES = ("400", *_READS, "409", "415", "422")


def _operation(name: str, summary: str, *, answer, body=None, parameters=(), errors=_WRITES, status="200") -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": name,
        "tags": ["entries"],
        "summary": summary,
        "security": [{"token": []}],
        "parameters": list(parameters),
        "responses": {**_answers(status, answer), **{one: {"$ref": f"#/components/responses/{one}"} for one in errors}},
    }
    if body:
        told["requestBody"] = {"required": True, "content": {formats.JSON: {"schema": body}}}
    return told


def _answers(status, answer):
    found = {status: {"description": "已办。"} | ({"content": _json(answer)} if answer else {})}
    if status in ("201", "204"):
        found["200"] = {"description": "dry_run=true：检查通过，没有写入。", "content": _json(_ref("DryRun"))}
    return found


def _json(of):
    return {formats.JSON: {"schema": of}}


def _act(name: str, summary: str, body: str, answer: str) -> dict[str, Any]:
    either = {"oneOf": [_ref(answer), _ref("DryRun")]}
    told = {"body": _ref(body), "answer": either, "parameters": (_KEY, _DRY, _ONCE), "errors": (*_WRITES, "404")}
    return {"post": _operation(name, summary, **told)}


PATHS: dict[str, Any] = {
    "/api/v1/entries/": {
        "get": _operation(
            "listEntries",
            "未生效的填报（草稿、待审核、已退回），限于您有角色的地区",
            answer=_ref("EntryPage"),
            parameters=(
                _query("region", {"type": "string", "pattern": "^[1-9][0-9]{5}$"}, "地区代码。"),
                _query("indicator", {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,60}$"}, "指标代码。"),
                _query("year", {"type": "integer", "minimum": 1000, "maximum": 9999}, "年份。"),
                _query("state", {"type": "string", "enum": EntryState.values()}, "状态。"),
                _query(
                    "page_size",
                    {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
                    "一页多少条。",
                ),
                _query("cursor", {"type": "string", "pattern": "^[0-9]{1,18}$"}, "翻页位置，只从 next 取得。"),
            ),
            errors=("400", *_READS),
        ),
        "post": _operation(
            "createEntries",
            f"填报一条，或最多 {MOST} 条的列表（全部成功，或一条也不写）",
            answer={"oneOf": [_ref("Entry"), _ref("EntryResults")]},
            body={
                "oneOf": [
                    _ref("EntryInput"),
                    {"type": "array", "items": _ref("EntryInput"), "minItems": 1, "maxItems": MOST},
                ]
            },
            parameters=(_DRY, _query("submit", {"type": "boolean", "default": False}, "同时提交审核。"), _ONCE),
            status="201",
        ),
    },
    "/api/v1/entries/{id}/": {
        "get": _operation("getEntry", "一条填报", answer=_ref("Entry"), parameters=(_KEY,), errors=(*_READS, "404")),
        "patch": _operation(
            "changeEntry",
            "更改自己的一条填报",
            answer={"oneOf": [_ref("Entry"), _ref("DryRun")]},
            body=_ref("EntryChange"),
            parameters=(_KEY, _DRY, _ONCE),
            errors=(*_WRITES, "404"),
        ),
        "delete": _operation(
            "discardEntry",
            "撤销自己的一条填报",
            answer=None,
            parameters=(
                _KEY,
                {**_query("version", _VERSION, "所见填报的版本。"), "required": True},
                _DRY,
                _ONCE,
            ),
            errors=(*_WRITES, "404"),
            status="204",
        ),
    },
    "/api/v1/entries/{id}/submit/": _act("submitEntry", "提交审核", "EntryAct", "Entry"),
    "/api/v1/entries/{id}/approve/": _act("approveEntry", "审核通过，数值生效；不能审核自己的填报", "EntryAct", "InForce"),
    "/api/v1/entries/{id}/return/": _act("returnEntry", "退回并写明理由", "EntryReturn", "Entry"),
}

schema.register(
    PATHS,
    schemas=_SCHEMAS,
    securitySchemes={
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "在网页“我的令牌”里建立，写成“Token ip_…”；可限于地区、角色与只读，可随时撤销。",
        }
    },
)
