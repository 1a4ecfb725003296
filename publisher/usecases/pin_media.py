"""Fetching what the addresses of an epic hold, once, so that approvals are bound to bytes.

Pure of git: it says which file to commit; who commits it, where and in whose name is the caller's.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.epic import Epic
from publisher.domain.errors import ContentError
from publisher.domain.media import Unusable
from publisher.files.media_lock import LOCK, Pin, dump_lock, read_lock
from publisher.ports import MediaFetcher

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Pinned:
    """What came of it: files to commit (None removes one), and every address with its pin."""

    files: Mapping[str, bytes | None]
    pins: tuple[Pin, ...]

    @property
    def failed(self) -> tuple[Pin, ...]:
        return tuple(pin for pin in self.pins if isinstance(pin.found, Unusable))


@dataclass(frozen=True, slots=True)
class PinMedia:
    """Fetches what is not pinned yet, and what failed the last time."""

    fetcher: MediaFetcher

    async def pin(
        self,
        epic: Epic,
        lock: bytes | None,
        now: datetime,
        *,
        known: bytes | None = None,
        again: bool = False,
    ) -> Pinned:
        """Bring `lock`, the epic's media.lock.yaml, up to date.

        `known` is what an earlier try came to, whose push was raced. `again` also fetches what is
        pinned already. Raises Unavailable when the media store does not work. A lock that people
        have broken is written anew.
        """
        path = f"{epic.path}/{LOCK}"
        before = {} if again and known is None else _read(known or lock, path)
        urls = tuple(dict.fromkeys(media.url for task in epic.tasks for media in task.media))
        pins = tuple(await self._pins(filter(None, urls), before, now))
        data = dump_lock(pins, epic.path) if pins else None
        return Pinned({} if data == lock else {path: data}, pins)

    async def _pins(
        self, urls: Iterable[str], known: Mapping[str, Pin], now: datetime
    ) -> Iterable[Pin]:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(url: str) -> Pin:
            before = known.get(url)
            if before is not None and not isinstance(before.found, Unusable):
                return before
            async with slots:
                found = await self.fetcher.fetch(url)
            same = before is not None and before.found == found
            return before if before is not None and same else Pin(url, now, found)

        return await asyncio.gather(*(one(url) for url in urls))


def _read(lock: bytes | None, path: str) -> Mapping[str, Pin]:
    try:
        return read_lock(lock, path) if lock is not None else {}
    except ContentError:
        return {}
