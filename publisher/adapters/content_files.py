"""The files of a work tree on this machine, for validation."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.domain.media import MediaCause, MediaFault
from publisher.files.yaml_text import MAX_BYTES

if TYPE_CHECKING:
    from publisher.ports.content_files import Look

_POINTER = b"version https://git-lfs.github.com/spec/"
_KEPT = 10_000


class DiskFiles:
    """The ContentFiles port. Pillow and PyAV are imported when there is media to look at."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.look = lru_cache(_KEPT)(self._look)

    def text(self, path: str) -> bytes | None:
        try:
            with (self._root / path).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError:
            return None
        return data if len(data) <= MAX_BYTES else None

    def size(self, path: str) -> int:
        try:
            return (self._root / path).lstat().st_size
        except OSError:
            return 0

    def _look(self, path: str) -> "Look":
        from publisher.adapters.media_probe import probe  # noqa: PLC0415 - 150 ms for media only
        from publisher.ports.content_files import Look  # noqa: PLC0415 - the same

        try:
            with (self._root / path).open("rb") as stream:
                if stream.read(len(_POINTER)) == _POINTER:
                    why = "It is a Git LFS pointer."
                    return Look(MediaFault(MediaCause.MISSING, why), pointer=True)
                return Look(probe(stream))
        except OSError as error:
            why = f"It cannot be read: {(error.strerror or 'unknown reason').lower()}."
            return Look(MediaFault(MediaCause.MISSING, why))
