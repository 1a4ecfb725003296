"""The lock that keeps two processes from planning the same round at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis

from publisher.domain.errors import Unavailable


@contextmanager
def round_lock(client: "redis.Redis", key: str, seconds: float) -> Iterator[bool]:
    """Yield whether it is ours; it is renewed while it is held and let go after `seconds`.

    Spares useless work; correctness is the push's, so losing it harms nobody.
    """
    lock = client.lock(key, timeout=seconds, thread_local=False)
    try:
        mine = lock.acquire(blocking=False)
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise Unavailable(f"Redis does not answer ({type(error).__name__}).") from error
    if not mine:
        yield False
        return
    done = threading.Event()

    def renew() -> None:
        while not done.wait(seconds / 3):
            with suppress(redis.RedisError, redis.exceptions.LockError):
                lock.reacquire()

    keeper = threading.Thread(target=renew, daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        done.set()
        keeper.join()
        with suppress(redis.RedisError, redis.exceptions.LockError):
            lock.release()
