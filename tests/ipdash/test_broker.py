"""Messages through Redis."""

import pytest

from ipdash.broker import Channel
from ipdash.celery import app


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_redis_means_the_mended_transport(scheme):
    assert app.connection(f"{scheme}://127.0.0.1:1/0").transport.Channel is Channel


def test_what_needs_a_lost_connection_fails_as_a_lost_connection():
    connection = app.connection("redis://127.0.0.1:1/0")
    transport = connection.transport
    channel = Channel.__new__(Channel)  # the whole one would connect
    channel.connection = transport
    assert channel._connparams()["port"] == 1
    connection.collect()
    with pytest.raises(transport.connection_errors, match="was lost"):
        channel._connparams()
