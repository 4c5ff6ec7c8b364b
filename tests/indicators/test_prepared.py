"""Statements that come back are prepared, and answer as if they were not, whatever happens to the connection meanwhile."""

import pytest
from django.db import DataError, ProgrammingError, connection, transaction

from indicators import prepared

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TEXT = "SELECT number FROM numbers WHERE number > %s ORDER BY number"


@pytest.fixture
def numbers():
    """A table of this connection alone: 1, 2 and 3."""
    execute("CREATE TEMPORARY TABLE numbers AS SELECT n::smallint AS number FROM generate_series(1, 3) n")
    yield
    connection.close()


def execute(text):
    with connection.cursor() as cursor:
        cursor.execute(text)


def ready():
    """How many statements the connection holds, and how often each was run with a plan of its own or the kept one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements")
        return dict(cursor.fetchall())


def often(text, params, times=prepared.AFTER + 2):
    return [prepared.rows(text, params) for _ in range(times)]


def test_what_comes_back_is_prepared(numbers):
    assert often(TEXT, [1], prepared.AFTER) == [[(2,), (3,)]] * prepared.AFTER
    assert ready() == {}
    assert often(TEXT, [2], 4) == [[(3,)]] * 4
    assert list(ready().values()) == [4]
    assert prepared.rows(TEXT, [0]) == [(1,), (2,), (3,)]
    assert len(ready()) == 1


def test_text_without_parameters(numbers):
    assert often("SELECT count(*) FROM numbers", ())[-1] == [(3,)]
    assert len(ready()) == 1


def test_it_can_be_turned_off(numbers, settings):
    settings.PREPARED_STATEMENTS = False
    often(TEXT, [1], 10)
    assert ready() == {}


def test_not_inside_a_transaction(numbers):
    """There a statement that fails would take everything with it."""
    often(TEXT, [1])
    with transaction.atomic():
        execute("DEALLOCATE ALL")
        assert prepared.rows(TEXT, [1]) == [(2,), (3,)]


def test_only_so_many_and_the_latest_used(numbers):
    often(TEXT, [1])
    for number in range(prepared.MOST):
        prepared.rows(TEXT, [1])
        often(f"{TEXT} LIMIT {number + 1}", [0])
    held = ready()
    assert len(held) == prepared.MOST
    assert any("LIMIT" not in statement for statement in held)
    assert not any(statement.endswith("LIMIT 1") for statement in held)


@pytest.mark.parametrize("meanwhile", ["DEALLOCATE ALL", "DISCARD ALL"])
def test_a_connection_that_lost_its_statements(numbers, meanwhile):
    often("SELECT 1 + %s", [2])
    execute(meanwhile)
    assert often("SELECT 1 + %s", [2], 8) == [[(3,)]] * 8
    assert len(ready()) == 1


def test_a_connection_that_has_the_statement_already(numbers):
    often(TEXT, [1])
    prepared._known.clear()
    assert often(TEXT, [1], 8) == [[(2,), (3,)]] * 8
    assert len(ready()) == 1


def test_a_connection_made_anew(numbers):
    often("SELECT 1 + %s", [2])
    connection.close()
    assert often("SELECT 1 + %s", [2]) == [[(3,)]] * (prepared.AFTER + 2)
    assert len(ready()) == 1


def test_a_table_that_looks_different(numbers):
    often(TEXT, [1])
    execute("ALTER TABLE numbers ALTER COLUMN number TYPE numeric(6, 2)")
    assert [[str(number) for (number,) in rows] for rows in often(TEXT, [2], 8)] == [["3.00"]] * 8
    assert len(ready()) == 1


def test_a_number_larger_than_the_column_holds(numbers):
    often(TEXT, [1])
    assert prepared.rows(TEXT, [999_999_999_999_999]) == []
    assert prepared.rows(TEXT, [2]) == [(3,)]


def test_errors_of_the_statement_itself_remain(numbers):
    for _ in range(prepared.AFTER + 2):
        with pytest.raises(ProgrammingError, match="nowhere"):
            prepared.rows("SELECT 1 FROM nowhere", ())
        with pytest.raises(DataError, match="division"):
            prepared.rows("SELECT 1 / %s", [0])
    assert prepared.rows(TEXT, [2]) == [(3,)]
