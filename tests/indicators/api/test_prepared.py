"""Statements that come back are prepared, and answer as if they were not, whatever happens to the connection meanwhile."""

import pytest
from django.db import DataError, ProgrammingError, connection, transaction

from indicators.api import prepared, sql
from indicators.api.lists import LISTINGS

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
    return [sql.run(text, params) for _ in range(times)]


def test_what_comes_back_is_prepared(numbers):
    assert often(TEXT, [1], prepared.AFTER) == [[(2,), (3,)]] * prepared.AFTER
    assert ready() == {}
    assert often(TEXT, [2], 4) == [[(3,)]] * 4
    assert list(ready().values()) == [4]
    assert sql.run(TEXT, [0]) == [(1,), (2,), (3,)]
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
        assert sql.run(TEXT, [1]) == [(2,), (3,)]


def test_only_so_many_and_the_latest_used(numbers):
    often(TEXT, [1])
    for number in range(prepared.MOST):
        sql.run(TEXT, [1])
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
    prepared._uses.clear()
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
    assert sql.run(TEXT, [999_999_999_999_999]) == []
    assert sql.run(TEXT, [2]) == [(3,)]


def test_errors_of_the_statement_itself_remain(numbers):
    for _ in range(prepared.AFTER + 2):
        with pytest.raises(ProgrammingError, match="nowhere"):
            sql.run("SELECT 1 FROM nowhere", ())
        with pytest.raises(DataError, match="division"):
            sql.run("SELECT 1 / %s", [0])
    assert sql.run(TEXT, [2]) == [(3,)]


@pytest.mark.parametrize("name", LISTINGS)
def test_every_list_answers_the_same(filled, client, settings, name):
    """First page, next page and the one before it in every order; an object; the state that a 304 rests on."""
    asked = [f"/api/v1/{name}/"]
    for order in LISTINGS[name].orders:
        for sign in ("", "-"):
            first = client.get(f"/api/v1/{name}/?ordering={sign}{order}&page_size=1").json()
            if first["next"]:
                asked += [first["next"], client.get(first["next"]).json()["previous"]]
            asked.append(f"/api/v1/{name}/{first['results'][0]['id']}/")
    settings.PREPARED_STATEMENTS = False
    plain = [client.get(address) for address in asked]
    settings.PREPARED_STATEMENTS = True
    for _ in range(prepared.AFTER + 8):
        assert [client.get(address).content for address in asked] == [one.content for one in plain]
        assert client.get(asked[0], headers={"if-none-match": plain[0]["ETag"]}).status_code == 304
    assert len(ready()) >= 3
