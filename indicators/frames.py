"""The one door between rows and DataFrames: the columns of each file, and whole tables in and out of the database."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
from django.db import connection


@dataclass(frozen=True)
class Column:
    """A column of a file: its English heading, its Chinese one, whether a file must have it, and its longest text."""

    name: str
    label: str
    required: bool = False
    longest: int = 300


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


def query(sql: str, params: Sequence[str | int | None] = (), *, columns: Sequence[str]) -> pd.DataFrame:
    """The rows of a query as a frame of plain objects, exact Decimals included."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return pd.DataFrame.from_records(cursor.fetchall(), columns=list(columns))


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
    """Append a frame's rows to a staging table: COPY on PostgreSQL, executemany elsewhere."""
    frame = frame[list(columns)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            texts = ", ".join(name for name, kind in columns.items() if kind == "text")
            not_null = f", FORCE_NOT_NULL ({texts})" if texts else ""
            buffer = io.StringIO()
            frame.to_csv(buffer, index=False, header=False, na_rep="")
            buffer.seek(0)
            cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv{not_null})", buffer)
        else:
            # Plain Python values and NULL for what is missing; SQLite turns the text of a number into the number.
            plain = frame.astype(object).where(frame.notna(), None)
            marks = ", ".join("?" for _ in columns)
            rows = plain.itertuples(index=False, name=None)
            cursor.connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def distinct(left: str, right: str) -> str:
    """SQL: the two differ, where NULL equals NULL."""
    return f"{left} IS DISTINCT FROM {right}" if connection.vendor == "postgresql" else f"{left} IS NOT {right}"
