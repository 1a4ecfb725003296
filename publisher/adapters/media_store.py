"""Where fetched media are kept: a folder of this machine (or a shared one), named by content."""

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from publisher.domain.errors import Unavailable

_CHUNK = 1 << 20
_TEMPORARY = "tmp"


class FolderStore:
    """The MediaStore port. Files appear whole or not at all, and are never changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._verified: set[tuple[str, int, int]] = set()

    def keep(self, sha256: str, file: Path) -> None:
        place = self._place(sha256)
        if place.exists():
            return
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with self.temporary() as copy:
                with file.open("rb") as source, copy.open("wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK)
                    target.flush()
                    os.fsync(target.fileno())  # the address may be gone when the power is back
                copy.replace(place)
        except OSError as error:
            raise Unavailable(f"The media store {self.root} cannot be written: {error}.") from error

    def local(self, sha256: str) -> Path | None:
        place = self._place(sha256)
        try:
            found = place.stat()
            stamp = (sha256, found.st_size, found.st_mtime_ns)
            if stamp not in self._verified and hash_of(place) != sha256:
                place.unlink()
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"The media store {self.root} cannot be read: {error}.") from error
        self._verified.add(stamp)
        return place

    def temporary(self) -> "TemporaryFile":
        """A name for a file that is gone at the end of the block, unless it was moved away."""
        folder = self.root / _TEMPORARY
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"The media store {self.root} cannot be written: {error}.") from error
        return TemporaryFile(folder / uuid4().hex)

    def _place(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256


class TemporaryFile:
    """A path that is unlinked when the block ends."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()


def hash_of(file: Path) -> str:
    """The sha256 of a file of any size, in bounded memory."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
