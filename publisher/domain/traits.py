"""What can be known about a platform after an answer was lost."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Safety(StrEnum):
    """How a lost answer can be settled."""

    IDEMPOTENT = "idempotent"  # the same key again returns the first post
    CHECKABLE = "checkable"  # an id from before the call tells whether it happened
    SEARCHABLE = "searchable"  # only the account's own timeline can be searched
    BLIND = "blind"  # nothing can be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`settle` is how long a new post may stay invisible to a look-up.

    `key_memory` is how long the platform is trusted to remember an idempotency key.
    `streams_media`: it sends an attachment from its file, so that it may be larger than memory;
    `pulls_media`: the platform fetches attachments itself, from a public address.
    """

    safety: Safety
    settle: timedelta = timedelta(0)
    key_memory: timedelta = timedelta(0)
    can_look_up: bool = True
    streams_media: bool = False
    pulls_media: bool = False
