"""COPY of clean rows into tables with all their constraints, in one transaction: how fast the database can be."""

import sys
from contextlib import closing
from pathlib import Path

import psycopg2


def main(url: str, rows: str, *tables: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for table in tables:
            with (Path(rows) / f"{table}.csv").open("rb") as file:
                columns = file.readline().decode().strip()
                cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv)", file)


if __name__ == "__main__":
    main(*sys.argv[1:])
