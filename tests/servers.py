"""Real servers for the tests that need them: a PostgreSQL database and a Redis database of their own."""

import os

import psycopg2
import pytest
import redis
from psycopg2 import sql

from tests.ipdash.processes import BIN, bare_environment, run

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS_URL = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"


@pytest.fixture(scope="module")
def postgres_url():
    """Address of an empty PostgreSQL database, dropped afterwards."""
    name = f"ipdash_deployment_{os.getpid()}"
    execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    execute("CREATE DATABASE {}", name)
    yield f"{POSTGRES_URL.rsplit('/', 1)[0]}/{name}"
    execute("DROP DATABASE {} WITH (FORCE)", name)


def execute(statement, database):
    connection = psycopg2.connect(POSTGRES_URL, connect_timeout=3)
    connection.autocommit = True  # databases are not made within transactions
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(database)))
    connection.close()


@pytest.fixture(scope="module")
def redis_url():
    """Address of a Redis database that nobody uses, emptied afterwards."""
    server = REDIS_URL.rsplit("/", 1)[0]
    for number in range(15, 0, -1):
        client = redis.Redis.from_url(f"{server}/{number}", socket_connect_timeout=3)
        if client.set("claimed-by-ipdash-tests", os.getpid(), nx=True, ex=1800):
            if client.dbsize() == 1:
                yield f"{server}/{number}"
                client.flushdb()
                client.close()
                return
            client.delete("claimed-by-ipdash-tests")
        client.close()
    pytest.fail(f"all numbered databases of {server} are in use")


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """A data folder with the static files, as the image has them: packing them takes longer than most tests."""
    folder = tmp_path_factory.mktemp("collected")
    command = [BIN / "python", "manage.py", "collectstatic", "--noinput", "-v0"]
    done = run(command, bare_environment(folder, VAR_DIR=str(folder)), seconds=300)
    assert done.returncode == 0, done.stderr
    return folder
