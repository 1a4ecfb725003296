"""Pinning the media of an epic that is on main: one commit of its lock file."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.errors import Conflict, NotFound, Refused
from publisher.files.media_lock import LOCK
from publisher.files.words import did_you_mean
from publisher.ports import Draft, Index, Signature, Store
from publisher.usecases.pin_media import PinMedia, Pinned

TRIES = 3


@dataclass(frozen=True, slots=True)
class PinMain:
    """`run` waits for what is fetched; raced, the push is tried three times."""

    store: Store
    index: Index
    pin: PinMedia
    run: Callable[[Coroutine[None, None, Pinned]], Pinned]

    def __call__(self, epic_id: str, who: Signature, now: datetime, *, again: bool) -> Pinned:
        """Fetch and commit; raise NotFound, Refused, Conflict or Unavailable."""
        known: bytes | None = None
        for _try in range(TRIES):
            heads = self.store.sync(force=True)
            self.index.catch_up(heads)
            epic = self.index.epic(epic_id)
            if epic is None:
                hint = did_you_mean(epic_id, self.index.ids(), "See `copydesk status`.")
                raise NotFound(f"There is no usable epic {epic_id} on main. {hint}")
            lock = self.store.file(heads.main, f"{epic.path}/{LOCK}")
            pinned = self.run(self.pin.pin(epic, lock, now, known=known, again=again))
            if not pinned.files:
                return pinned
            known = next(iter(pinned.files.values()))
            message = f"pin: media of {epic_id}\n"
            draft = Draft(main=pinned.files, main_message=message, author=who)
            result, _heads = self.store.push(heads, draft, now)
            if result.done:
                return pinned
            if result.refused:
                raise Refused(f"main may not be pushed to: {result.refused}")
        raise Conflict(f"Others pushed first {TRIES} times. Nothing was changed; try again.")
