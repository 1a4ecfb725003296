"""The only module that reads this host's clocks."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


def boot_clock() -> float:
    """Seconds since the machine started; goes on while it sleeps, never jumps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def wall_clock() -> float:
    """Seconds since 1970 as this host believes."""
    return time.time()  # noqa: TID251 - this is the clock


def utc_now() -> datetime:
    return datetime.fromtimestamp(wall_clock(), UTC)


class DriftGuard:
    """The ClockGuard port: compares the wall clock and Redis's with the one that cannot jump."""

    def __init__(
        self,
        limit: float,
        wall: Callable[[], float] = wall_clock,
        boot: Callable[[], float] = boot_clock,
    ) -> None:
        self._limit, self._wall, self._boot = limit, wall, boot
        self._offsets: dict[str, float] = {}

    def trouble(self, redis_now: datetime) -> str:
        clocks = {"This host's clock": self._wall(), "Redis's clock": redis_now.timestamp()}
        for name, seconds in clocks.items():
            offset = seconds - self._boot()
            jump = offset - self._offsets.setdefault(name, offset)
            if abs(jump) > self._limit:
                return (
                    f"{name} jumped by {jump:+.1f} s. This worker claims nothing until it is set"
                    " right, or until the worker is restarted once it is."
                )
        return ""
