"""A Frictionless Data Package: a zip of CSV files with a description that programs read and one that people read.

The same data give the same bytes: order, times and names in the zip are fixed, and nothing in it depends on when it was made.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

# The earliest moment a zip can name; a real one would make every file different.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE = 3, 0o644 << 16


@dataclass(frozen=True)
class Resource:
    """A CSV file: its columns as Table Schema fields, its keys, and its bytes in pieces, which are read once."""

    name: str
    title: str
    description: str
    fields: list[dict[str, Any]]
    primary_key: list[str]
    foreign_keys: list[tuple[list[str], str, list[str]]]  # own columns, resource ("" is this one), its columns
    content: Iterable[bytes]

    @property
    def path(self) -> str:
        return f"{self.name}.csv"

    def schema(self) -> dict[str, Any]:
        keys = [
            {"fields": mine, "reference": {"resource": resource, "fields": theirs}}
            for mine, resource, theirs in self.foreign_keys
        ]
        return {
            "fields": self.fields,
            "missingValues": [""],
            "primaryKey": self.primary_key,
            **({"foreignKeys": keys} if keys else {}),
        }


@dataclass(frozen=True)
class About:
    """What is said of a package as a whole; `notes` are paragraphs of its README."""

    name: str
    title: str
    version: str
    sources: list[dict[str, str]]
    licence: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_demo: bool = False


def write(file: IO[bytes], about: About, resources: Iterable[Resource], *, created=lambda: None) -> int:
    """Write the zip; returns the number of bytes of its CSV files. `created` is asked once these are written."""
    described, total = [], 0
    with zipfile.ZipFile(file, "w") as packed:
        for resource in resources:
            size, digest = _write(packed, resource.path, resource.content)
            total += size
            described.append((resource, size, digest))
        moment = created()
        parts = [resource for resource, *_ in described]
        _write(packed, "metadata.json", [_json(_metadata(about, parts))])
        _write(packed, "README.md", [_readme(about, parts).encode()])
        _write(packed, "datapackage.json", [_json(_descriptor(about, described, moment))])
    return total


def _write(packed: zipfile.ZipFile, name: str, content: Iterable[bytes]) -> tuple[int, str]:
    """A member of the zip from its pieces; returns its size and its SHA-256."""
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system, entry.external_attr = _UNIX, _READABLE
    size, digest = 0, hashlib.sha256()
    # Always in the large form: how large it gets is not known when it begins.
    with packed.open(entry, "w", force_zip64=True) as member:
        for piece in content:
            member.write(piece)
            size += len(piece)
            digest.update(piece)
    return size, digest.hexdigest()


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _descriptor(about: About, described: list[tuple[Resource, int, str]], created: str | None) -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "name": about.name,
        "title": about.title,
        "version": about.version,
        **({"created": created} if created else {}),
        **({"licenses": [dict(about.licence)]} if about.licence else {}),
        "sources": about.sources,
        "keywords": ["知识产权", "规划", "指标", *(["演示数据"] if about.is_demo else [])],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": resource.name,
                "path": resource.path,
                "title": resource.title,
                "description": resource.description,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": size,
                "hash": f"sha256:{digest}",
                "schema": resource.schema(),
            }
            for resource, size, digest in described
        ],
    }


def _metadata(about: About, resources: list[Resource]) -> dict[str, Any]:
    """The sentence that explains each column, by file: for people and programs that do not read Table Schema."""
    return {
        "title": about.title,
        "version": about.version,
        "is_demo": about.is_demo,
        "sources": about.sources,
        "files": {
            resource.path: {
                "title": resource.title,
                "description": resource.description,
                "columns": {
                    one["name"]: {"title": one["title"], "type": one["type"], "description": one["description"]}
                    for one in resource.fields
                },
            }
            for resource in resources
        },
    }


def _readme(about: About, resources: list[Resource]) -> str:
    return "\n".join(_lines(about, resources)) + "\n"


def _lines(about: About, resources: list[Resource]) -> Iterator[str]:
    yield f"# {about.title}"
    yield ""
    for note in about.notes:
        yield note
        yield ""
    yield f"数据版本：{about.version}"
    yield ""
    yield "## 来源"
    yield ""
    for source in about.sources:
        yield f"- {source['title']}"
    for resource in resources:
        yield ""
        yield f"## {resource.path}：{resource.title}"
        yield ""
        yield resource.description
        yield ""
        yield "| 列 | 名称 | 说明 |"
        yield "|---|---|---|"
        for one in resource.fields:
            yield f"| `{one['name']}` | {_cell(one['title'])} | {_cell(one['description'])} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
