"""What main's media are: files looked at once a content, addresses as they are pinned."""

import hashlib
import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

from publisher.adapters.git_store import GitStore
from publisher.adapters.media_probe import probe
from publisher.adapters.probe_cache import ProbeCache
from publisher.domain.errors import ContentError
from publisher.domain.media import (
    MediaCause,
    MediaFault,
    Probe,
    Seen,
    Unpinned,
    Unprobed,
    Unusable,
    Usable,
)
from publisher.files.media_lock import LOCK, read_lock

log = logging.getLogger(__name__)


class GitMedia:
    """The MediaDesk port. `budget` is how many seconds a round may look at new files."""

    def __init__(
        self,
        store: GitStore,
        cache: ProbeCache,
        boot: Callable[[], float],
        budget: float = float("inf"),
    ) -> None:
        self._store, self._cache = store, cache
        self._boot, self._budget = boot, budget
        self._until = boot() + budget

    def begin(self) -> None:
        self._until = self._boot() + self._budget

    def of(self, commit: str, path: str) -> Callable[[str], Seen]:
        found: dict[str, Seen] = {}
        pinned = cache(partial(self._pinned, commit, path))

        def look(name: str) -> Seen:
            if name not in found:
                if "://" in name:
                    found[name] = _named(name, pinned().get(name, Unpinned()))
                else:
                    found[name] = _named(name, self._file(commit, f"{path}/{name}"))
            return found[name]

        return look

    def _pinned(self, commit: str, path: str) -> Mapping[str, Seen]:
        file = f"{path}/{LOCK}"
        data = self._store.file(commit, file)
        try:
            pins = read_lock(data, file) if data is not None else {}
        except ContentError as error:
            log.warning("broken lock", extra={"action": "broken_lock", "why": str(error)})
            return {}
        return {url: pin.found for url, pin in pins.items()}

    def _file(self, commit: str, path: str) -> Seen:
        blob = self._store.objects.blob_id(commit, path)
        if blob is None:
            why = "It is not in the epic's folder. Add it, or correct the path."
            return Unusable(MediaFault(MediaCause.MISSING, why))
        seen = self._cache.get(blob)
        if seen is None:
            if self._boot() > self._until:
                return Unprobed()
            seen = _seen(self._store.objects.read(blob))
            self._cache.put(blob, seen)
        return seen


def _named(name: str, seen: Seen) -> Seen:
    """The same bytes may have several names; what is wrong with them is told under this one."""
    if isinstance(seen, Unusable):
        return Unusable(replace(seen.fault, message=f"{name}: {seen.fault.message}"))
    return seen


def _seen(data: bytes) -> Usable | Unusable:
    found = probe(io.BytesIO(data))
    if isinstance(found, Probe):
        return Usable(hashlib.sha256(data).hexdigest(), found)
    return Unusable(found)
