"""What main's media are: files looked at once a content, addresses as they are pinned."""

import hashlib
import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

from publisher.adapters.git_store import GitStore
from publisher.adapters.media_ahead import FitAhead
from publisher.adapters.media_probe import probe
from publisher.adapters.probe_cache import ProbeCache
from publisher.domain.errors import ContentError
from publisher.domain.fit import Steps
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
        ahead: FitAhead | None = None,
    ) -> None:
        """Without `ahead` nothing is fitted here: whoever sends it does."""
        self._ahead = ahead
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

    def fitted(
        self, commit: str, path: str
    ) -> Callable[[str, Steps], MediaFault | Unprobed | None]:
        look = self.of(commit, path)

        def outcome(name: str, steps: Steps) -> MediaFault | Unprobed | None:
            seen, ahead = look(name), self._ahead
            if ahead is None or not isinstance(seen, Usable) or not ahead.worth_it(seen, steps):
                return None
            known = ahead.known(seen.sha256, steps)
            if isinstance(known, Unprobed) and self._boot() <= self._until:
                file = None if "://" in name else self._store.file(commit, f"{path}/{name}")
                known = ahead.tried(seen.sha256, steps, file)
            return _about(name, known) if isinstance(known, MediaFault) else known

        return outcome

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
        return Unusable(_about(name, seen.fault))
    return seen


def _about(name: str, fault: MediaFault) -> MediaFault:
    return replace(fault, message=f"{name}: {fault.message}")


def _seen(data: bytes) -> Usable | Unusable:
    found = probe(io.BytesIO(data))
    if isinstance(found, Probe):
        return Usable(hashlib.sha256(data).hexdigest(), found)
    return Unusable(found)
