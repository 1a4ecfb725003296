"""What validation asks of the epics that a pull request does not touch."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from publisher.domain.history_rules import Said
from publisher.domain.time_rules import Slot


class Neighbours(Protocol):
    """All epics of the repository but those that are being checked."""

    def near(self, slots: Iterable[Slot], within: timedelta) -> Iterable[Slot]:
        """Return what goes out on the same accounts no further away than `within`."""
        ...

    def saying(self, said: Said) -> str | None:
        """Return the id of an epic that has this out on this account already."""
        ...

    def holders(self, ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the epic files of others that have one of these ids."""
        ...
