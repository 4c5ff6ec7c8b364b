"""How often one address may ask: so many requests a minute, counted in the cache."""

import time

from django.conf import settings
from django.core.cache import cache

from indicators.api.problems import Problem

WINDOW = 60  # seconds


def take(who: str, *, rate: int | None = None, now: float | None = None) -> None:
    """Count a request of `who` (an address, or a token's name); Problem with Retry-After once the minute's share is used up.

    `rate` is API_RATE where it is not given; 0 lets everything through.
    """
    rate = settings.API_RATE if rate is None else rate
    if not rate:
        return
    moment = time.time() if now is None else now
    key = f"api-{int(moment) // WINDOW}-{who}"
    try:
        asked = cache.incr(key)
    except ValueError:  # the first of this minute
        cache.set(key, 1, 2 * WINDOW)
        asked = 1
    if asked > rate:
        wait = WINDOW - int(moment) % WINDOW
        raise Problem(
            "too_many_requests",
            f"每分钟最多 {rate} 次请求，请在 {wait} 秒后再试；要很多数据时，用 page_size=1000 或 format=csv 一次取完。",
            more={"retry_after": wait},
            headers={"Retry-After": str(wait)},
        )
