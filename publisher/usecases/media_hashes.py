"""What media are known to be at a commit: files by their bytes, addresses by what is pinned."""

from collections.abc import Callable, Mapping
from functools import cache

from publisher.domain.errors import ContentError
from publisher.domain.media import Usable
from publisher.files.media_lock import LOCK, Pin, read_lock
from publisher.ports import Store


def hashes_at(store: Store, commit: str, path: str) -> Callable[[str], str]:
    """The sha256 of an attachment of the epic in `path`, by its name; empty when nobody knows it.

    An approval of an address that is not pinned yet is bound to no bytes: pinning ends it.
    """

    @cache
    def pins() -> Mapping[str, Pin]:
        file = f"{path}/{LOCK}"
        data = store.file(commit, file)
        try:
            return read_lock(data, file) if data is not None else {}
        except ContentError:
            return {}

    def sha256(name: str) -> str:
        if "://" not in name:
            return store.sha256(commit, f"{path}/{name}")
        pin = pins().get(name)
        return pin.found.sha256 if pin and isinstance(pin.found, Usable) else ""

    return sha256
