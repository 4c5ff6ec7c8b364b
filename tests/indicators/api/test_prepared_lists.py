"""Lists whose statements are prepared answer as if they were not."""

import pytest
from django.db import connection

from indicators import prepared
from indicators.api.lists import LISTINGS

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) >= 3 FROM pg_prepared_statements")
        assert cursor.fetchone() == (True,)
