"""What the sandbox network is made of: posts, containers, media, settings and refusals."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Plays(StrEnum):
    """The class of platform an account plays; it decides how a lost answer can be cleared up."""

    IDEMPOTENT = "idempotent"
    CHECKABLE = "checkable"
    SEARCHABLE = "searchable"
    BLIND = "blind"


class Refused(Exception):
    """A request the network turns down: an HTTP status, a short code and one sentence."""

    def __init__(
        self, status: int, code: str, message: str, *, post: "Post | None" = None, allow: str = ""
    ) -> None:
        """Keep the status, the code, the sentence, and the post or methods that explain it."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.post = post
        self.allow = allow


@dataclass(frozen=True, slots=True)
class Settings:
    """How one account behaves; all three are seconds."""

    lag: float = 0.0
    key_memory: float = 3600.0
    latency: float = 0.0


@dataclass(frozen=True, slots=True)
class Media:
    """One uploaded file; `sha256` is hex, `name` is whatever the uploader called it."""

    id: str
    account: str
    data: bytes
    content_type: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is about to be stored; `sha256` is the hex digest of `data`."""

    data: bytes
    content_type: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """One media file as a post shows it."""

    media: Media
    alt: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request asks to publish; `media` holds (media id, alt text) pairs in order."""

    text: str
    media: tuple[tuple[str, str | None], ...] = ()
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request: whose account, what it plays, its idempotency key, when it came (unix)."""

    plays: Plays
    account: str
    key: str | None
    received_at: float


@dataclass(slots=True)
class Post:
    """One post that was really created; times are unix seconds UTC."""

    id: str
    account: str
    plays: Plays
    text: str
    key: str | None
    container: str | None
    created_at: float
    received_at: float
    reply_to: str | None
    media: tuple[Attachment, ...]
    deleted: bool = False


@dataclass(slots=True)
class Container:
    """A prepared post that nobody sees until it is published, which works once."""

    id: str
    account: str
    key: str | None
    draft: Draft
    media: tuple[Attachment, ...]
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What a list request asks for; `since` is unix seconds and includes that instant."""

    since: float | None = None
    limit: int = 100
    key: str | None = None


def iso(seconds: float) -> str:
    """Write unix seconds as ISO 8601 UTC with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
