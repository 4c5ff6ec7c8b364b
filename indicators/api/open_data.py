"""What the documentation and the OpenAPI document say of the data package, the feed of changes and SDMX."""

from typing import Any

from indicators.api import formats, pages, schema
from indicators.api.asked import MAX_PAGE_SIZE, PAGE_SIZE
from indicators.calculation.vocabulary import JobState, Subject


def _parameter(name: str, kind: dict[str, Any], says: str, *, required: bool = False, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "description": says, "schema": kind, **more}


def _errors(*statuses: str) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _json(properties: dict[str, Any], says: str, **more: Any) -> dict[str, Any]:
    kind = {"type": "object", "required": list(properties), "properties": properties}
    return {"description": says, "content": {formats.JSON: {"schema": kind}}, **more}


_REGION = {"$ref": "#/components/parameters/region"}
_PLAN = {"$ref": "#/components/parameters/plan"}
_DESCENDANTS = {"$ref": "#/components/parameters/descendants"}
_JOB = {
    "id": {"type": "integer"},
    "state": {"type": "string", "enum": JobState.values()},
    "done": {"type": "integer", "description": "已写的行数。"},
    "total": {"type": "integer", "description": "一共多少行。"},
    "package": {"type": "string", "format": "uri", "description": "做好以后从这里下载。"},
}
_CHANGE = {
    "version": {"type": "integer", "description": "哪一版数据更改的。"},
    "what": {"type": "string", "enum": Subject.values(), "description": "更改了哪个列表的内容。"},
    "region": {"type": "string", "nullable": True, "description": "地区代码；不限于一个地区时为 null。"},
    "indicator": {"type": "string", "nullable": True, "description": "指标代码；不限于一项指标时为 null。"},
    "plan": {"type": "string", "nullable": True, "description": "规划标识；不是规划的更改时为 null。"},
    "year": {"type": "integer", "nullable": True, "description": "年份；不限于一年时为 null。"},
    "at": {"type": "string", "format": "date-time"},
    "addresses": {
        "type": "array",
        "items": {"type": "string", "format": "uri"},
        "description": "重新读取这些地址，就得到更改后的内容；原来有、现在没有的行已经删除。",
    },
}
_FEED = {
    "since": {"type": "integer"},
    "version": {"type": "integer", "description": "读完最后一页后，手中的数据就是这一版；下次用它作 since。"},
    "stale_since": {
        "type": "string",
        "format": "date-time",
        "nullable": True,
        "description": "有数值更改、进展还没有重算完时，最早一处更改的时间；算完为 null。",
    },
    "next": {"type": "string", "format": "uri", "nullable": True},
    "results": {"type": "array", "items": {"type": "object", "required": list(_CHANGE), "properties": _CHANGE}},
}
_ZIP = {"type": "string", "format": "binary"}

schema.register(
    {
        "/api/v1/package/": {
            "get": {
                "operationId": "package",
                "summary": "数据包（Frictionless Data Package）：全部、一份规划或一个地区",
                "parameters": [_REGION, _DESCENDANTS, _PLAN],
                "responses": {
                    "200": {"description": "zip 文件。", "content": {"application/zip": {"schema": _ZIP}}},
                    "202": _json(
                        _JOB,
                        "较大的数据包由后台生成：几秒后再问 Location，state 为 done 时下载 package。",
                        headers={
                            "Location": {"schema": {"type": "string", "format": "uri"}, "description": "任务的地址。"},
                            "Retry-After": {"schema": {"type": "integer"}, "description": "几秒后再问。"},
                        },
                    ),
                    **_errors("304", "400", "429", "500", "503"),
                },
            }
        },
        "/api/v1/package/jobs/{id}/": {
            "get": {
                "operationId": "package-job",
                "summary": "数据包生成到哪里",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "description": "任务编号，即 202 回答中的 id。",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
                    }
                ],
                "responses": {"200": _json(_JOB, "任务的状态。"), **_errors("400", "404", "429", "500", "503")},
            }
        },
        "/api/v1/changes/": {
            "get": {
                "operationId": "changes",
                "summary": "某一版数据之后更改了什么",
                "parameters": [
                    _parameter(
                        "since",
                        {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999},
                        "手中数据的版本号（X-Data-Version）。",
                        required=True,
                    ),
                    _parameter(
                        "cursor",
                        {"type": "string", "pattern": "^[0-9]{1,15}~[0-9]{1,18}$"},
                        "翻页位置，只从 next 中取得。",
                    ),
                    _parameter(
                        "page_size",
                        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
                        "一页几条更改。",
                    ),
                ],
                "responses": {
                    "200": _json(_FEED, "更改，先发生的在前。"),
                    **_errors("304", "400", "406", "410", "429", "500", "503"),
                },
            }
        },
    }
)
pages.SECTIONS.append(pages.Section("open-data", "整包下载、增量更新与 SDMX", "api/_open_data.html"))
