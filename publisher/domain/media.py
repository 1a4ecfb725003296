"""What an attachment is and whether it can be used: the third status layer, beside epic and post.

pending ──► processed      its bytes are known and understood
   └──────► failed         with a cause, for a person to mend; new bytes begin anew
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MediaStatus(StrEnum):
    """The media layer, with the names of the HTTP API."""

    PENDING = "pending"
    PROCESSED = "processed"
    FAILED = "failed"


class MediaCause(StrEnum):
    """Why media cannot be used; the value is what people and programs read."""

    NOT_FOUND = "not_found"  # 404 or 410
    FORBIDDEN = "forbidden"  # 401 or 403
    TIMED_OUT = "timed_out"
    UNSUPPORTED = "unsupported_format"
    UNREACHABLE = "unreachable"
    REFUSED_ADDRESS = "refused_address"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    INCOMPLETE = "incomplete"
    MISSING = "missing"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    BROKEN = "broken"
    DOES_NOT_FIT = "does_not_fit"


class MediaKind(StrEnum):
    """What platforms tell apart."""

    IMAGE = "image"
    ANIMATION = "animation"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class MediaFault:
    """Why media cannot be used, with a sentence that says what to do."""

    cause: MediaCause
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the bytes are, whatever their name says.

    `size` is in bytes, `width` and `height` in pixels as a viewer shows them, `turned` says that
    EXIF turns the stored picture. `metadata`: there is EXIF, XMP, a comment, a place.
    """

    kind: MediaKind
    content_type: str
    size: int
    width: int = 0
    height: int = 0
    colour: str = ""
    transparent: bool = False
    turned: bool = False
    metadata: bool = False
    frames: int = 0
    seconds: float = 0.0
    video_codec: str = ""
    audio_codec: str = ""


@dataclass(frozen=True, slots=True)
class Usable:
    """Processed: these bytes, understood."""

    sha256: str
    probe: Probe


@dataclass(frozen=True, slots=True)
class Unusable:
    """Failed: a person must act."""

    fault: MediaFault


@dataclass(frozen=True, slots=True)
class Unpinned:
    """Pending: an address that nobody has fetched yet, so nobody knows its bytes."""


@dataclass(frozen=True, slots=True)
class Unprobed:
    """Pending for a moment: the machine has not come round to looking at the bytes."""


Seen = Usable | Unusable | Unpinned | Unprobed


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadyMedia:
    """One attachment that keeps a task back, as the ledger remembers it; `at` is since when."""

    task: str
    name: str
    status: MediaStatus
    message: str
    at: datetime
    cause: str = ""
