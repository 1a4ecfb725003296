"""GitHub's rate limits: one content write a second, and silence for as long as GitHub asks."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.domain.errors import Unavailable

_BETWEEN_WRITES = timedelta(seconds=1)
_SECONDARY = timedelta(seconds=60)
_LIMITED = (403, 429)


class Pace:
    """One for each token. `wait` sleeps for so many seconds; `clock` gives the time in UTC.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """

    def __init__(self, clock: Callable[[], datetime], wait: Callable[[float], object]) -> None:
        self._clock, self._wait = clock, wait
        self._lock = threading.Lock()
        self._written: datetime | None = None
        self._silent_until: datetime | None = None

    def check(self) -> None:
        """Raise Unavailable while GitHub wants to be left alone: asking would prolong it."""
        until = self._silent_until
        if until is not None and self._clock() < until:
            raise Unavailable(
                f"GitHub's rate limit is used up until {until:%H:%M:%S} UTC. Nothing was changed:"
                " try again then."
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One write at a time, a second after the one before it."""
        with self._lock:
            if self._written is not None:
                left = (self._written + _BETWEEN_WRITES - self._clock()).total_seconds()
                if left > 0:
                    self._wait(left)
            self.check()
            try:
                yield
            finally:
                self._written = self._clock()

    def note(self, status: int, headers: Mapping[str, Any], said: str) -> bool:
        """Remember what an answer says about limits; True when it was refused because of them."""
        now = self._clock()
        used_up = headers.get("x-ratelimit-remaining") == "0"
        after = str(headers.get("retry-after", ""))
        reset = str(headers.get("x-ratelimit-reset", ""))
        limited = status in _LIMITED and (
            used_up or after.isdecimal() or "rate limit" in said.lower()
        )
        if limited and after.isdecimal():
            self._silent_until = now + timedelta(seconds=int(after))
        elif used_up and reset.isdecimal():
            self._silent_until = datetime.fromtimestamp(int(reset), UTC)
        elif limited:
            self._silent_until = now + _SECONDARY
        return limited
