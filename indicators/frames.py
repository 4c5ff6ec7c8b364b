"""The one door between rows and DataFrames: the columns of each file, and whole tables in and out of the database."""

import datetime
import gc
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection

from indicators.calculation.vocabulary import Cause


@dataclass(frozen=True)
class Column:
    """A column of a file: its English heading, its Chinese one, whether a file must have it, and its longest text."""

    name: str
    label: str
    required: bool = False
    longest: int = 300


@dataclass(frozen=True)
class Table:
    """Columns and rows, ready to be written in any format."""

    columns: list[str]
    rows: Iterable[tuple]
    name: str


# As a list in SQL: marks with another cause leave what is shown as it is.
STALE_CAUSES = ", ".join(f"'{cause}'" for cause in Cause if cause.makes_stale)

REGIONS = [
    Column("code", "代码", required=True),
    Column("name", "名称", required=True, longest=100),
    Column("level", "级别", required=True),
    Column("parent", "上级代码", required=True),
]
INDICATORS = [
    Column("code", "代码", required=True, longest=60),
    Column("name", "名称", required=True, longest=100),
    Column("unit", "单位", required=True, longest=20),
    Column("dimension", "维度", required=True),
    Column("measure", "口径", required=True),
    Column("direction", "方向", required=True),
    Column("decimals", "小数位"),
    Column("same_subject", "同一事项指标", longest=60),
    Column("definition", "定义", longest=5000),
]
PLANS = [
    Column("plan", "规划", required=True, longest=60),
    Column("title", "标题", required=True, longest=200),
    Column("document_number", "文号", longest=100),
    Column("issued_by", "发文机关", longest=200),
    Column("issued_on", "成文日期"),
    Column("region", "地区代码", required=True),
    Column("first_year", "起始年", required=True),
    Column("last_year", "终止年", required=True),
    Column("period_assumed", "规划期推定理由"),
]
PLAN = [
    Column("plan", "规划", required=True, longest=60),
    Column("region", "地区代码", required=True),
    Column("number", "序号", longest=20),
    Column("indicator", "指标代码", required=True, longest=60),
    Column("name", "指标名称", required=True, longest=100),
    Column("unit", "单位", required=True, longest=20),
    Column("measure", "口径", required=True),
    Column("direction", "方向", required=True),
    Column("dimension", "维度"),
    Column("category", "类别", longest=50),
    Column("nature", "属性"),
    Column("baseline_year", "基期年"),
    Column("baseline_value", "基期值"),
    Column("baseline_locator", "基期出处", longest=200),
    Column("printed_growth", "所印增幅"),
    Column("year", "年份", required=True),
    Column("kind", "目标类型", required=True),
    Column("lower", "下限", required=True),
    Column("upper", "上限"),
    Column("reference_region", "对照地区代码"),
    Column("responsible", "责任单位"),
    Column("note", "说明", longest=5000),
    Column("locator", "出处", longest=200),
]
ACTUALS = [
    Column("region", "地区代码", required=True),
    Column("indicator", "指标代码", required=True, longest=60),
    Column("year", "年份", required=True),
    Column("value", "数值", required=True),
    Column("unit", "单位", required=True, longest=20),
    Column("source", "来源"),
    Column("source_url", "来源网址", longest=500),
    Column("note", "备注", longest=5000),
    Column("period_start", "期初"),
    Column("period_end", "期末"),
]
# What the workbook of a region and year has besides, for whoever fills it in; reading it back needs the versions only.
WORKBOOK = [
    Column("seen_version", "所见版本"),
    Column("entry_version", "所见填报版本"),
    Column("number", "序号"),
    Column("name", "指标"),
    Column("asked", "规划要求"),
    Column("before", "上年数值"),
    Column("standing", "已生效数值"),
    Column("state", "填报状态"),
]
STATEMENTS = [
    Column("region", "地区代码", required=True),
    Column("indicator", "指标代码", required=True, longest=60),
    Column("year", "年份", required=True),
    Column("about", "所述", required=True),
    Column("since_year", "起算年"),
    Column("value", "数值"),
    Column("upper", "上限"),
    Column("unit", "单位", required=True, longest=20),
    Column("printed", "原文写法", required=True, longest=60),
    Column("plan", "规划", longest=60),
    Column("source", "来源", required=True),
    Column("source_url", "来源网址", longest=500),
    Column("locator", "出处", longest=200),
    Column("note", "说明", longest=5000),
]


@dataclass(frozen=True)
class Scope:
    """Which series: a condition on a column, with its parameters."""

    condition: str
    params: tuple

    @classmethod
    def between(cls, first: int, last: int) -> "Scope":
        return cls("{column} BETWEEN %s AND %s", (first, last))

    @classmethod
    def of(cls, series_ids: Sequence[int]) -> "Scope":
        if connection.vendor == "postgresql":
            return cls("{column} = ANY(%s)", (list(series_ids),))
        return cls("{column} IN (SELECT value FROM json_each(%s))", (str(list(series_ids)),))

    def on(self, column: str) -> str:
        return self.condition.format(column=column)


def query(sql: str, params: Sequence[Any] = ()) -> list[tuple]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def read_moment(value: Any) -> datetime.datetime | None:
    """A moment as a query brings it, with its time zone: SQLite keeps text without one."""
    found = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=datetime.UTC) if found and found.tzinfo is None else found


@contextmanager
def staging(table: str, columns: Mapping[str, str]) -> Iterator[None]:
    """A temporary table for the rows of a large write; inside a transaction, gone afterwards.

    `columns` maps names to `bigint`, `integer`, `numeric`, `boolean`, `date` (empty is NULL) or `text` (empty is '').
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(f"CREATE TEMP TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    yield
    # Not in a `finally`: after an error the transaction takes no statement any more, and its end takes the table along.
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")


def stage(frame: pd.DataFrame, table: str, columns: Mapping[str, str]) -> None:
    """Append a frame's rows to a table, of staging or not: COPY on PostgreSQL, executemany elsewhere."""
    if frame.empty:
        return
    frame = frame[list(columns)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            texts = ", ".join(name for name, kind in columns.items() if kind == "text")
            not_null = f", FORCE_NOT_NULL ({texts})" if texts else ""
            command = f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv{not_null})"
            cursor.copy_expert(command, io.StringIO(_csv(frame)))
        else:
            # Plain Python values and NULL for what is missing; SQLite turns the text of a number into the number.
            plain = frame.astype(object).where(frame.notna(), None)
            marks = ", ".join("?" for _ in columns)
            rows = plain.itertuples(index=False, name=None)
            cursor.connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


_ODD = re.compile(r'[",\s\\]')  # what may need quotes


def _csv(frame: pd.DataFrame) -> str:
    """A frame as CSV for COPY; several times as fast as pandas, whose rules for floats and dates are not needed here."""
    return "".join([f"{line}\n" for line in map(",".join, zip(*(_fields(frame[name]) for name in frame), strict=True))])


def _fields(values: pd.Series) -> list[str]:
    """A column as fields of CSV, each distinct value written once."""
    places, found = pd.factorize(values.array, use_na_sentinel=False)
    found = np.asarray(found, dtype=object)
    texts = [str(value) for value in found.tolist()]
    for missing in np.flatnonzero(pd.isna(found)):
        texts[missing] = ""
    if values.dtype == object and _ODD.search("".join(texts)):
        texts = ['"' + text.replace('"', '""') + '"' if _ODD.search(text) else text for text in texts]
    return np.array(texts, dtype=object)[places].tolist()


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for circular garbage: among millions of cells that all live it finds nothing and takes its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def distinct(left: str, right: str) -> str:
    """SQL: the two differ, where NULL equals NULL."""
    return f"{left} IS DISTINCT FROM {right}" if connection.vendor == "postgresql" else f"{left} IS NOT {right}"


# Numbers by the million: on PostgreSQL as binary COPY, whose rows of fixed length need no parsing

_HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_KINDS = {"int": (">i8", 8, "bigint"), "float": (">f8", 8, "double precision")}


def _layout(columns: Mapping[str, str]) -> np.dtype:
    """The bytes of a row: a count of fields, then for each its length and its value."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in columns.items():
        code = _KINDS[kind][0] if kind in _KINDS else kind  # else the numpy code of a text of fixed length: "S20"
        fields += [(f"{name} length", ">i4"), (name, code)]
    return np.dtype(fields)


def numbers(columns: Mapping[str, tuple[str, str]], source: str, params: Sequence[Any] = ()) -> pd.DataFrame:
    """A query of numbers as a frame: {column: (SQL, kind)} and what follows FROM. Kinds are `int` (never NULL), `float`
    (NULL is NaN) and `S…`, a text of exactly that many characters."""
    kinds = {name: kind for name, (_, kind) in columns.items()}
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(f"SELECT {', '.join(sql for sql, _ in columns.values())} FROM {source}", params)
            rows = cursor.fetchall()
            values = zip(*rows, strict=True) if rows else ([] for _ in columns)
            types = {"int": np.int64, "float": np.float64}
            return pd.DataFrame(
                {
                    name: np.array(list(part), dtype=types.get(kinds[name], kinds[name]))
                    for name, part in zip(columns, values, strict=True)
                }
            )
        selected = ", ".join(
            f"COALESCE(({sql})::double precision, 'NaN')"
            if kind == "float"
            else f"({sql})::bigint"
            if kind == "int"
            else f"({sql})::text"
            for sql, kind in columns.values()
        )
        buffer = io.BytesIO()
        cursor.copy_expert(cursor.mogrify(f"COPY (SELECT {selected} FROM {source}) TO STDOUT (FORMAT binary)", params), buffer)
    content = buffer.getbuffer()
    rows = np.frombuffer(content[len(_HEADER) : len(content) - len(_TRAILER)], dtype=_layout(kinds))
    native = {"int": np.int64, "float": np.float64}
    return pd.DataFrame({name: rows[name].astype(native.get(kind, kind)) for name, kind in kinds.items()})


_BINARY = {"bigint": (">i8", 8), "smallint": (">i2", 2), "float": (">f8", 8), "boolean": ("u1", 1), "moment": (">i8", 8)}


def copy_rows(table: str, columns: Mapping[str, tuple[str, Any]]) -> None:
    """Append rows to a PostgreSQL table by binary COPY: {column: (kind, values)}.

    Kinds: `bigint`, `smallint`, `moment`; `float` and `boolean`, where NaN is NULL; `word`, a Categorical; `letters`, bytes
    of one length. Rows that lack the same columns and have the same words have the same length: each such group is one array.
    """
    size = len(next(iter(columns.values()))[1])
    absent = {name: np.isnan(values) for name, (kind, values) in columns.items() if kind in ("float", "boolean")}
    pattern = np.zeros(size, dtype=np.int64)
    for mask in absent.values():
        pattern = pattern << 1 | mask
    for kind, values in columns.values():
        if kind == "word":
            pattern = pattern * len(values.categories) + values.codes
    order = np.argsort(pattern, kind="stable")
    starts = np.flatnonzero(np.diff(pattern[order], prepend=-1))
    buffer = io.BytesIO()
    buffer.write(_HEADER)
    for start, stop in zip(starts, [*starts[1:], size], strict=True):
        buffer.write(_packed(columns, absent, order[start:stop]))
    buffer.write(_TRAILER)
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)", buffer)


def _packed(columns: Mapping[str, tuple[str, Any]], absent: Mapping[str, np.ndarray], rows: np.ndarray) -> bytes:
    """The bytes of rows that lack the same columns and have the same words."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    parts: dict[str, Any] = {"fields": len(columns)}
    for name, (kind, values) in columns.items():
        is_absent = name in absent and absent[name][rows[0]]
        part: Any = 0
        if kind == "word":
            part = np.bytes_(values.categories[values.codes[rows[0]]].encode())
            code, length = part.dtype.str, part.dtype.itemsize
        elif kind == "letters":
            part = values[rows]
            code, length = values.dtype.str, values.dtype.itemsize
        else:
            code, length = _BINARY[kind]
            part = 0 if is_absent else values[rows]
        layout.append((f"{name} length", ">i4"))
        parts[f"{name} length"] = -1 if is_absent else length
        if not is_absent:
            layout.append((name, code))
            parts[name] = part
    packed = np.empty(rows.size, dtype=np.dtype(layout))
    for name, part in parts.items():
        packed[name] = part
    return packed.tobytes()


def moment(at: datetime.datetime) -> int:
    """A moment as PostgreSQL's binary format has it: microseconds since 2000."""
    return int((at - datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)) / datetime.timedelta(microseconds=1))
