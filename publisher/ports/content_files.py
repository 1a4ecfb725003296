"""What validation asks of the files beside an epic.yaml."""

from dataclasses import dataclass
from typing import Protocol

from publisher.domain.media import MediaFault, Probe


@dataclass(frozen=True, slots=True)
class Look:
    """One media file: `pointer` says that Git LFS keeps its bytes elsewhere."""

    seen: Probe | MediaFault
    pointer: bool = False


class ContentFiles(Protocol):
    """Paths are posix paths from the repository's root. A file that is gone is no error."""

    def text(self, path: str) -> bytes | None:
        """Return a text file's bytes; None when there is none, or it is too large."""
        ...

    def size(self, path: str) -> int:
        """Return the size in bytes; 0 when there is no such file."""
        ...

    def look(self, path: str) -> Look:
        """Look at the bytes of a media file; never raises for what they are."""
        ...
