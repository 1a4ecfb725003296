"""What a call to a platform ended in: always a value that says what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

Handle = Mapping[str, str]

NO_HANDLE: Handle = {}


class ErrorKind(StrEnum):
    """Why something did not go out; the value is what people and programs read."""

    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "temporarily_unavailable"
    QUOTA = "quota"
    INVALID_CREDENTIALS = "invalid_credentials"
    DISCONNECTED = "account_disconnected"
    REVOKED = "permission_revoked"
    REJECTED = "content_rejected"
    INVALID_MEDIA = "invalid_media"
    MISCONFIGURED = "misconfigured"
    CHANGED = "content_changed"
    LOST = "answer_lost"
    BUG = "internal"


WHO_MUST_ACT: Mapping[ErrorKind, str] = MappingProxyType(
    {
        ErrorKind.TIMEOUT: "nobody",
        ErrorKind.RATE_LIMITED: "nobody",
        ErrorKind.UNAVAILABLE: "nobody",
        ErrorKind.QUOTA: "nobody",
        ErrorKind.INVALID_CREDENTIALS: "admin",
        ErrorKind.DISCONNECTED: "admin",
        ErrorKind.REVOKED: "admin",
        ErrorKind.REJECTED: "owner",
        ErrorKind.INVALID_MEDIA: "owner",
        ErrorKind.MISCONFIGURED: "admin",
        ErrorKind.CHANGED: "owner",
        ErrorKind.LOST: "owner",
        ErrorKind.BUG: "admin",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure: a kind, a sentence for people, and what the platform itself said."""

    kind: ErrorKind
    message: str
    code: str = ""
    platform_message: str = ""

    @property
    def who(self) -> str:
        """Who must act while it is final: owner, admin or nobody."""
        return WHO_MUST_ACT[self.kind]


@dataclass(frozen=True, slots=True)
class Published:
    """It is live under this id."""

    id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took it and works on it; ask again after a while."""

    handle: Handle
    poll_after: timedelta


@dataclass(frozen=True, slots=True)
class Retry:
    """It is certainly not out, and trying again makes sense; `after` is the platform's own wait.

    `handle` is what was prepared before it stopped: the next try begins with it.
    """

    fault: Fault
    after: timedelta | None = None
    handle: Handle = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It is certainly not out, and trying again changes nothing: a person must act."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call was made and nobody can say yet whether it is out."""

    fault: Fault


Outcome = Published | Accepted | Retry | GiveUp | Unknown


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The dangerous call was never made, and this claim will never make it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """Uploads and containers are ready; their ids are kept before anything dangerous."""

    handle: Handle


@dataclass(frozen=True, slots=True)
class Located:
    """A look-up ended: the post it found, or nothing.

    `others` have the same content and came later: one of them is ours when `found` belongs to
    another delivery.
    """

    found: Published | None
    others: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """A published post was looked for and is gone from its platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a carrier says about one claim; `part` counts the posts of a thread from 0."""

    claim: str
    part: int
    result: Outcome | NotBegun | Prepared | Located | Removed
    at: datetime
    called_at: datetime | None = None
    caller: str = ""
    handle: Handle = field(default_factory=dict)
