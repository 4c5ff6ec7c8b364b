"""What the API answers when it cannot do as asked: problem+json (RFC 9457) with a stable code and a Chinese sentence."""

from dataclasses import dataclass, field

import orjson
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """A code, its status, and what it means in general; codes are never renamed."""

    code: str
    status: int
    title: str


KINDS = {
    kind.code: kind
    for kind in (
        Kind("unknown_parameter", 400, "有不认识的参数"),
        Kind("repeated_parameter", 400, "同一参数写了两次"),
        Kind("bad_value", 400, "参数的值不对"),
        Kind("bad_cursor", 400, "翻页位置不对"),
        Kind("unknown_region", 400, "没有这个地区代码"),
        Kind("unknown_indicator", 400, "没有这个指标代码"),
        Kind("unknown_plan", 400, "没有这个规划标识"),
        Kind("not_found", 404, "没有这样的地址或对象"),
        Kind("method_not_allowed", 405, "这个地址不接受这种请求方法"),
        Kind("not_acceptable", 406, "不能以所要求的格式回答"),
        Kind("too_many_rows", 413, "行数超过 Excel 文件的上限"),
        Kind("unsupported_media_type", 415, "不认识请求内容的格式"),
        Kind("too_many_requests", 429, "请求过于频繁"),
        Kind("server_error", 500, "系统出错"),
        Kind("unavailable", 503, "暂时不能服务"),
    )
}


def register(*kinds: Kind) -> None:
    """Add codes of another part of the API; the documentation lists them with the rest."""
    KINDS.update({kind.code: kind for kind in kinds})


@dataclass
class Problem(Exception):
    """Raised anywhere below a view; `detail` is a sentence that says what to do, `more` further members of the answer."""

    code: str
    detail: str
    more: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)

    @property
    def status(self) -> int:
        return KINDS[self.code].status

    def members(self, request_id: str = "-") -> dict:
        kind = KINDS[self.code]
        return {
            "type": f"/api/#{kind.code}",
            "title": kind.title,
            "status": kind.status,
            "code": kind.code,
            "detail": self.detail,
            **self.more,
            "request_id": request_id,
        }


def response(problem: Problem, request) -> HttpResponse:
    body = orjson.dumps(problem.members(getattr(request, "id", "-")))
    headers = {"Cache-Control": "no-store", "Content-Length": str(len(body)), **problem.headers}
    return HttpResponse(
        b"" if request.method == "HEAD" else body, status=problem.status, content_type=CONTENT_TYPE, headers=headers
    )
