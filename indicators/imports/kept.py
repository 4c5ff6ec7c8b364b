"""What people upload: kept under names of ours, read in a process of its own, given back marked."""

import hashlib
import json
import logging
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from indicators.frames import Column
from indicators.imports import child, reading, sheets
from indicators.imports.problems import Problem, refused
from indicators.imports.reading import Line

log = logging.getLogger(__name__)

DAYS = 30  # as long as a batch can be withdrawn
HURRIED_BYTES, HURRIED_UNPACKED, HURRIED_LINES = 200_000, 3_000_000, 500
PATIENT, HURRIED = child.Limits(seconds=60), child.Limits(seconds=4)
LONGEST_NAME = 120


class Later(Exception):
    """Too much to be done while somebody waits for an answer."""


def keep(file) -> dict:
    """Store an uploaded file; what a job must remember of it. The name is kept for people only, never as a path."""
    folder = uuid.uuid4().hex
    place = settings.MEDIA_ROOT / "uploads" / folder
    place.mkdir(parents=True)
    digest, size = hashlib.sha256(), 0
    try:
        with (place / "original").open("wb") as out:
            for block in file.chunks():
                digest.update(block)
                size += len(block)
                out.write(block)
    except OSError:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return {"folder": folder, "name": shown_name(file.name), "size": size, "sha256": digest.hexdigest()}


def shown_name(name: str) -> str:
    """A file's name as people may be shown it: no path, no control characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable())[-LONGEST_NAME:] or "文件"


def place(payload: dict, part: str) -> Path:
    """Where a part of an upload lies: `original`, `lines`, `rows` or `marked`."""
    return settings.MEDIA_ROOT / "uploads" / uuid.UUID(hex=payload["folder"]).hex / part


def read(payload: dict, columns: list[Column], *, hurried: bool = False) -> dict:
    """Have a process of its own read the file into lines; what it says of the file. Refused where it cannot be taken."""
    original = place(payload, "original")
    if not original.exists():
        raise refused("上传的文件已不在，请重新上传")
    if hurried and payload["size"] > HURRIED_BYTES:
        raise Later
    request = {
        "path": str(original),
        "name": payload["name"],
        "headings": sorted(sheets.headings(columns)),
        "unpacked": HURRIED_UNPACKED if hurried else None,
        "out": str(place(payload, "lines")),
    }
    try:
        answer = child.run("reading", request, HURRIED if hurried else PATIENT)
    except child.Stopped as error:
        log.warning("upload %s could not be read: %s", payload["folder"], error)
        raise refused(
            f"文件“{payload['name']}”过大或结构异常，没能在限定的时间和内存内读完；请只留需要的行和列，另存后再试"
        ) from None
    if answer.get("refused") == reading.TOO_SMALL_HERE:
        raise Later
    if "refused" in answer:
        raise refused(answer["refused"], line=answer["line"])
    if hurried and answer["lines"] > HURRIED_LINES:
        raise Later
    return answer


def lines(payload: dict) -> Iterator[Line]:
    """The lines that were read, from our own copy."""
    with place(payload, "lines").open(encoding="utf-8") as file:
        for text in file:
            number, cells, troubles = json.loads(text)
            yield Line(number, cells, {int(key): reason for key, reason in troubles.items()})


def mark(payload: dict, read: dict, heading: int, places: dict[str, int], problems: Iterable[Problem], labels) -> bool:
    """Make the copy that shows what is wrong; False where even that is too much."""
    request = {
        "kind": read["kind"],
        "sheet": read["detail"],
        "path": str(place(payload, "original")),
        "out": str(place(payload, "marked")),
        "heading": heading,
        "problems": [
            [problem.line, places.get(problem.column), f"{labels.get(problem.column, '')}：{problem.reason}".lstrip("：")]
            for problem in problems
        ],
    }
    try:
        child.run("marking", request, PATIENT)
    except child.Stopped as error:
        log.warning("upload %s could not be marked: %s", payload["folder"], error)
        place(payload, "marked").unlink(missing_ok=True)
        return False
    return True


def put_rows(payload: dict, rows: Iterable[dict]) -> None:
    """Keep the rows of a preview."""
    whole = place(payload, f"rows-{uuid.uuid4().hex}")
    with whole.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    whole.replace(place(payload, "rows"))


def rows(payload: dict) -> list[dict]:
    """The rows of a preview; refused when they are gone."""
    try:
        with place(payload, "rows").open(encoding="utf-8") as file:
            return [json.loads(text) for text in file]
    except FileNotFoundError:
        raise refused("预览已过期，请重新上传") from None


def clear_old() -> int:
    """Remove uploads that nobody can go on with any more; how many."""
    folder, count = settings.MEDIA_ROOT / "uploads", 0
    for upload in folder.iterdir() if folder.is_dir() else ():
        if upload.stat().st_mtime < time.time() - DAYS * 86_400:
            shutil.rmtree(upload, ignore_errors=True)
            count += 1
    return count
