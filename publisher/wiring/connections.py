"""Connections to Redis: no retry that nobody sees, and none that outlives its time-out."""

import redis
import redis.asyncio as aioredis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from publisher.domain.errors import ConfigError

_ANSWER = 5.0
_CONNECT = 2.0
_AT_ONCE = 512


def connected(url: str, *, decode: bool = True, answer: float | None = _ANSWER) -> "redis.Redis":
    """A client for our own keys (`decode`: text answers), or for RQ.

    It waits so long (seconds; None: for ever) for an answer.
    """
    if not url:
        raise ConfigError(
            "REDIS_URL is not set. Set it, or start everything with `copydesk up`,"
            " which brings its own Redis."
        )
    return redis.Redis.from_url(
        url,
        decode_responses=decode,
        socket_timeout=answer,
        socket_connect_timeout=_CONNECT,
        retry=Retry(NoBackoff(), 0),
    )


def connected_async(url: str, answer: float = _ANSWER) -> "aioredis.Redis":
    """A client for a carrier's many calls at once, which waits so long (seconds) for an answer.

    The retry must be asyncio's own: under redis-py's other one the handler that closes a connection
    after an error never runs. A late answer on it could be read as that of the next command.
    """
    return aioredis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=answer,
        socket_connect_timeout=_CONNECT,
        retry=AsyncRetry(NoBackoff(), 0),
        max_connections=_AT_ONCE,
    )
