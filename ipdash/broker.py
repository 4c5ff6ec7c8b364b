"""Messages through Redis, with one mistake of kombu mended."""

from kombu.transport import redis


class Channel(redis.Channel):
    """Says that a connection is lost in the words that its callers expect.

    kombu 5.7 forgets where a lost connection led to. A task that ends after that wants its message acknowledged and fails with
    an AttributeError, which nobody expects: the whole worker would end, because Redis was away for a moment.
    Of a connection error it knows that the message is given to a worker once more.
    """

    def _connparams(self, asynchronous=False):
        if self.connection.client is None:
            raise redis.redis.exceptions.ConnectionError("the connection to the broker was lost")
        return super()._connparams(asynchronous)


class Transport(redis.Transport):
    """What `redis://` and `rediss://` stand for (ipdash.celery)."""

    Channel = Channel
