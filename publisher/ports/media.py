"""Media as the core sees them: what is known of them, and where bytes are kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from publisher.domain.fit import Steps
from publisher.domain.media import MediaFault, Seen, Unprobed, Unusable, Usable


class MediaDesk(Protocol):
    """Looks at media once and remembers what they are."""

    def begin(self) -> None:
        """A round begins: the time that it may spend on looking starts anew."""
        ...

    def of(self, commit: str, path: str) -> Callable[[str], Seen]:
        """What a commit of main has, in the epic folder `path`, under an attachment's name."""
        ...

    def fitted(
        self, commit: str, path: str
    ) -> Callable[[str, Steps], MediaFault | Unprobed | None]:
        """What comes of these steps, done ahead of the time; None: they work."""
        ...


class MediaStore(Protocol):
    """Keeps what was fetched, by the sha256 of its bytes, for as long as anybody may send it.

    Every method raises Unavailable when the store does not answer.
    """

    def keep(self, sha256: str, file: Path) -> None:
        """Take a copy of a file that has this hash; keeping it twice changes nothing."""
        ...

    def local(self, sha256: str) -> Path | None:
        """These very bytes as a file on this machine; None when the store does not have them."""
        ...


class MediaFetcher(Protocol):
    """Fetches an address that people wrote, and keeps what it holds."""

    async def fetch(self, url: str) -> Usable | Unusable:
        """Keep the bytes in the store and say what they are; Unavailable when that fails."""
        ...
