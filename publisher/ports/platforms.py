"""What a platform is to the core, and HTTP as connectors see it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from publisher.domain.about import About
from publisher.domain.epic import Options, Profile
from publisher.domain.outcome import (
    Accepted,
    GiveUp,
    Handle,
    NotBegun,
    Outcome,
    Prepared,
    Published,
    Removed,
    Retry,
)
from publisher.domain.traits import Traits


class NotSent(Exception):
    """The connection was never made: nothing of the request has left this machine."""


class NoAnswer(Exception):
    """The request may have arrived; its answer did not."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete answer. Header names are lower case; `body` is at most 1 MiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """One request, one answer, no retry of its own and no redirects followed."""

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        """Raise NotSent or NoAnswer, nothing else, when there is no complete answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One media file with its bytes, exactly as approved.

    What is too large for memory has no `data` and lies at `path`, for platforms whose traits say
    that they stream media. `url` is where a platform that fetches media itself finds these bytes;
    empty: nowhere.
    """

    file: str
    alt: str
    content_type: str
    sha256: str
    data: bytes = field(repr=False)
    path: Path | None = None
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One part of a delivery, ready to go. `key` is the same on every attempt, for ever.

    `reply_to` is the platform's id of the part before, for threads.
    """

    key: str
    text: str
    subject: str | None = None
    media: tuple[Attachment, ...] = ()
    params: Options = field(default_factory=dict)
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post on the account that has the content of ours. `at` is the platform's time (UTC)."""

    id: str
    url: str
    at: datetime


class Account(Protocol):
    """One connected profile. No method ever raises for what a platform answers or fails to."""

    async def prepare(self, post: Post, handle: Handle) -> Prepared | Retry | GiveUp:
        """Sign in, upload, create containers: all that is invisible and may be repeated.

        `handle` is what an earlier try has kept of this very post: what it names is not made
        again. A `Retry` may carry what is ready so far.
        """
        ...

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        """Make the one dangerous call. `Retry` and `GiveUp` mean: certainly not out."""
        ...

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        """Ask what became of this handle. `NotBegun`: certainly not out; `Retry`: ask again."""
        ...

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        """Search the account for this very post, not older than `since` (UTC)."""
        ...

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        """Whether a published post is still there; `GiveUp` where nobody can tell."""
        ...


@runtime_checkable
class Deletes(Protocol):
    """An account that can take a published post back."""

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        """Take it down; a post that is gone already counts as removed."""
        ...


@runtime_checkable
class Edits(Protocol):
    """An account that can change a published post in place."""

    async def edit(self, post_id: str, post: Post, handle: Handle) -> Published | Retry | GiveUp:
        """Replace what is there by `post`; doing it twice changes nothing."""
        ...


class Platform(Protocol):
    """What a file in platforms/ ends with: `PLATFORM: Platform = …`."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> About: ...

    def traits(self, profile: Profile) -> Traits: ...

    def problems(self, profile: Profile) -> Iterator[str]:
        """Sentences about options that are missing or wrong."""
        ...

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account: ...
