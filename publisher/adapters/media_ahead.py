"""Fitting pictures ahead of their time: what cannot be done is told while it can be mended."""

from publisher.adapters.media_fit import Fitter
from publisher.adapters.probe_cache import ProbeCache
from publisher.domain.errors import MediaRefused, Unavailable
from publisher.domain.fit import Encode, Steps, imprint
from publisher.domain.media import MediaCause, MediaFault, Unprobed, Unusable, Usable
from publisher.ports import MediaStore

_LARGEST = 64 << 20


class FitAhead:
    """Results lie where carriers of this machine find them; refusals are remembered."""

    def __init__(self, fitter: Fitter, kept: MediaStore, cache: ProbeCache) -> None:
        self._fitter, self._kept, self._cache = fitter, kept, cache

    def worth_it(self, seen: Usable, steps: Steps) -> bool:
        """Only an encoder can find that it cannot keep a limit; large files take too long here."""
        limited = any(isinstance(step, Encode) and step.at_most for step in steps)
        return limited and seen.probe.size <= _LARGEST

    def known(self, sha256: str, steps: Steps) -> MediaFault | Unprobed | None:
        """What came of it before; Unprobed when it was never tried."""
        before = self._cache.get(_name(sha256, steps))
        if isinstance(before, Unusable):
            return before.fault
        return None if self._fitter.known(sha256, steps) else Unprobed()

    def tried(self, sha256: str, steps: Steps, file: bytes | None) -> MediaFault | None:
        """Do it now; `file` are the bytes, None: they lie in the media store."""
        try:
            source = file if file is not None else self._kept.local(sha256)
            if source is not None:
                self._fitter.fitted(source, sha256, steps)
        except Unavailable:
            return None  # the carrier tries again, and tells
        except MediaRefused as refused:
            fault = MediaFault(MediaCause.DOES_NOT_FIT, str(refused))
            self._cache.put(_name(sha256, steps), Unusable(fault))
            return fault
        return None


def _name(sha256: str, steps: Steps) -> str:
    return f"fit {imprint(sha256, steps)}"
