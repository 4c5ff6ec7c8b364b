"""The same write sent again, after a timeout or by a double click, is answered as the first time and changes nothing."""

import datetime
import hashlib
import re

import orjson
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone

from indicators.api import formats
from indicators.api.problems import Problem
from indicators.models import AnsweredRequest

HEADER, LONGEST = "Idempotency-Key", 100
_KEY = re.compile(f"[!-~]{{1,{LONGEST}}}")  # as the schema says
KEPT = datetime.timedelta(days=7)


class OnlyChecked(Exception):
    """Raised at the end of a dry run, so that nothing of it stays; carries what would have been answered."""


def once(request, act):
    """Run `act` (no arguments; gives a status and what to answer) in a transaction, unless its key was answered before.

    Two at once take turns: the second waits until the first has committed, and then finds its answer. What failed leaves no
    trace, so that it can be tried again.
    """
    key = request.headers.get(HEADER)
    if key is not None and not _KEY.fullmatch(key):  # an empty one is a mistake of whoever wanted one
        raise Problem("bad_value", f"{HEADER} 是 1～{LONGEST} 个可见的 ASCII 字符，例如一个 UUID。", more={"parameter": HEADER})
    try:
        return _done(request, key, act)
    except OnlyChecked as checked:
        return _response(200, {"dry_run": True, "would": checked.args[0]})


def _done(request, key, act):
    with transaction.atomic():
        if key is None:
            return _response(*act())
        told = f"{request.method} {request.get_full_path()}\n".encode() + request.body
        mark = hashlib.sha256(told).hexdigest()
        fields = {"request_hash": mark, "status": 0, "body": "", "at": timezone.now()}
        try:
            with transaction.atomic():
                claimed = AnsweredRequest.objects.create(user=request.user, key=key, **fields)
        except IntegrityError:
            return _again(AnsweredRequest.objects.get(user=request.user, key=key), mark)
        status, content = act()
        claimed.status, claimed.body = status, orjson.dumps(content).decode()
        claimed.save(update_fields=["status", "body"])
        return _response(status, content)


def _again(answered, mark):
    if answered.request_hash != mark:
        detail = "这个 Idempotency-Key 已用于内容不同的另一请求；新的请求请换一个键。"
        raise Problem("key_reused", detail, more={"parameter": HEADER})
    response = HttpResponse(answered.body, status=answered.status, content_type=formats.JSON)
    response["Idempotency-Replayed"] = "true"
    return response


def _response(status, content):
    body = b"" if content is None else formats.json(content)
    return HttpResponse(body, status=status, content_type=formats.JSON)


def forget_old() -> int:
    """Answers that nobody asks for again."""
    return AnsweredRequest.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
