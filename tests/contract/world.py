"""What a world must offer, and what the suite expects of a platform that has nothing special."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import pytest

from publisher.adapters.http import AiohttpHttp
from publisher.domain.epic import Profile
from publisher.domain.outcome import ErrorKind, GiveUp, Published, Retry, Unknown
from publisher.domain.policy import Timing
from publisher.platforms import find_all
from publisher.ports import Account, Attachment, Platform, Post

PATIENT = Timing(http=15.0)
HASTY = Timing(http=0.25)
HANGS_FOR = 0.6  # seconds: longer than the hasty wait
WORLDS = "tests.contract.worlds"
PICTURE = bytes(range(256)) * 8


class Fault(StrEnum):
    """Every way a platform can misbehave; a world arms each, or says that it cannot."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    DROP_BEFORE = "drop_before_accept"
    DROP_AFTER = "drop_after_accept"
    HANG_BEFORE = "hang_before_accept"
    HANG_AFTER = "hang_after_accept"
    UNAUTHORIZED = "unauthorized"
    REVOKED = "revoked"
    REJECTED = "rejected"
    INVALID_MEDIA = "invalid_media"
    SLOW = "slow"
    HTML_ERROR = "html_error"
    MALFORMED = "malformed_json"
    ERROR_IN_SUCCESS = "error_in_success"


class Step(StrEnum):
    PREPARE = "prepare"
    PUBLISH = "publish"
    LOOK_UP = "look_up"


@dataclass(frozen=True)
class Expect:
    """The outcome of the struck call, and how many posts exist after it."""

    result: type
    kind: ErrorKind | None
    posts: int


LOST = ErrorKind.LOST
DANGEROUS: Mapping[Fault, Expect] = {
    Fault.RATE_LIMITED: Expect(Retry, ErrorKind.RATE_LIMITED, 0),
    Fault.SERVER_ERROR: Expect(Unknown, LOST, 0),
    Fault.UNAVAILABLE: Expect(Retry, ErrorKind.UNAVAILABLE, 0),
    Fault.DROP_BEFORE: Expect(Unknown, LOST, 0),
    Fault.DROP_AFTER: Expect(Unknown, LOST, 1),
    Fault.HANG_BEFORE: Expect(Unknown, LOST, 0),
    Fault.HANG_AFTER: Expect(Unknown, LOST, 1),
    Fault.UNAUTHORIZED: Expect(GiveUp, ErrorKind.INVALID_CREDENTIALS, 0),
    Fault.REVOKED: Expect(GiveUp, ErrorKind.REVOKED, 0),
    Fault.REJECTED: Expect(GiveUp, ErrorKind.REJECTED, 0),
    Fault.INVALID_MEDIA: Expect(GiveUp, ErrorKind.INVALID_MEDIA, 0),
    Fault.SLOW: Expect(Published, None, 1),
    Fault.HTML_ERROR: Expect(Unknown, LOST, 0),
    Fault.MALFORMED: Expect(Unknown, LOST, 1),
    Fault.ERROR_IN_SUCCESS: Expect(Unknown, LOST, 0),
}
HARMLESS: Mapping[Fault, tuple[type, ErrorKind | None]] = {
    Fault.RATE_LIMITED: (Retry, ErrorKind.RATE_LIMITED),
    Fault.SERVER_ERROR: (Retry, ErrorKind.UNAVAILABLE),
    Fault.UNAVAILABLE: (Retry, ErrorKind.UNAVAILABLE),
    Fault.DROP_BEFORE: (Retry, ErrorKind.TIMEOUT),
    Fault.DROP_AFTER: (Retry, ErrorKind.TIMEOUT),
    Fault.HANG_BEFORE: (Retry, ErrorKind.TIMEOUT),
    Fault.HANG_AFTER: (Retry, ErrorKind.TIMEOUT),
    Fault.UNAUTHORIZED: (GiveUp, ErrorKind.INVALID_CREDENTIALS),
    Fault.REVOKED: (GiveUp, ErrorKind.REVOKED),
    Fault.SLOW: (object, None),
    Fault.HTML_ERROR: (Retry, ErrorKind.UNAVAILABLE),
    Fault.MALFORMED: (Retry, ErrorKind.UNAVAILABLE),
    Fault.ERROR_IN_SUCCESS: (Retry, ErrorKind.UNAVAILABLE),
}


def attachment(file: str, data: bytes, alt: str = "", kind: str = "image/png") -> Attachment:
    digest = hashlib.sha256(data).hexdigest()
    return Attachment(file=file, alt=alt, content_type=kind, sha256=digest, data=data)


FIRST = attachment('media/hé "ro".png', PICTURE, 'A "red" túlip 🌷')
AGAIN = attachment("media/again.png", PICTURE, "The same again")
IMAGES = (FIRST, AGAIN)
MIXED = (FIRST, attachment("media/big.mp4", PICTURE * 1000, kind="video/mp4"), AGAIN)


@dataclass(frozen=True)
class Seen:
    """A post that exists on the platform; media are (sha256, alt) pairs."""

    id: str
    text: str
    media: tuple[tuple[str, str], ...]
    reply_to: str | None


class World(Protocol):
    """One fresh account on a real server. `dangerous` is what the suite expects there.

    `album` are files that one post may carry together there: MIXED, or else IMAGES. `asks_first`:
    whether preparing a post with media asks the platform anything.
    """

    platform: Platform
    profile: Profile
    secrets: Mapping[str, str]
    dangerous: Mapping[Fault, Expect]
    control_characters: bool
    album: tuple[Attachment, ...]
    asks_first: bool

    async def arm(self, fault: Fault, step: Step = Step.PUBLISH) -> None:
        """Let the next request of this step meet the fault."""
        ...

    async def posts(self) -> list[Seen]:
        """Every post of the account that was ever made, oldest first."""
        ...

    async def remove(self, post_id: str) -> None:
        """Delete a post as its owner would, on the platform itself."""
        ...


@runtime_checkable
class Particular(Protocol):
    """A world whose platform does not take every post."""

    def fitted(self, post: Post) -> Post | None:
        """The post as this platform takes it; None where it takes none of the kind."""
        ...


@runtime_checkable
class NotTwice(Protocol):
    """A world whose platform refuses the same content again, whatever its key.

    `repeated` is what the second sending ends in.
    """

    repeated: type


class Stage(Protocol):
    """The servers of one platform, running for the whole session."""

    def world(self, variant: str) -> AbstractAsyncContextManager[World]: ...


def start_of(platform: str) -> Callable[[], AbstractContextManager[Stage]]:
    start: Callable[[], AbstractContextManager[Stage]] = _module(platform).start
    return start


def has_world(platform: str) -> bool:
    return find_spec(f"{WORLDS}.{platform}") is not None


def _module(platform: str) -> Any:
    return import_module(f"{WORLDS}.{platform}")


def variants(platforms: Iterable[str] | None = None) -> list[str]:
    """Names such as `sandbox:blind`, for every variant of every platform that has a world."""
    names = find_all() if platforms is None else platforms
    return [
        f"{name}:{each}" for name in names if has_world(name) for each in _module(name).VARIANTS
    ]


class Desk:
    """A connected account in its world, as the engine would use it."""

    def __init__(self, world: World, http: AiohttpHttp, hasty: AiohttpHttp) -> None:
        self.world = world
        self._http = http
        self._hasty = hasty
        self.traits = world.platform.traits(world.profile)
        self.account: Account = self.connect()

    def struck_by(self, fault: Fault) -> Account:
        """The account as it meets the fault: nobody waits long for a server that hangs."""
        hangs = fault in {Fault.HANG_BEFORE, Fault.HANG_AFTER}
        world = self.world
        http = self._hasty if hangs else self._http
        return world.platform.connect(world.profile, world.secrets, http)

    def fitted(self, post: Post) -> Post:
        """The post as this platform takes it; skips the test where it takes none of the kind."""
        fit = self.world.fitted(post) if isinstance(self.world, Particular) else post
        if fit is None:
            pytest.skip(f"{self.world.platform.name} has no such posts")
        return fit

    def all_fitted(self, *posts: Post) -> tuple[Post, ...]:
        """Those of the posts that this platform takes, as it takes them."""
        if not isinstance(self.world, Particular):
            return posts
        return tuple(fit for post in posts if (fit := self.world.fitted(post)) is not None)

    def connect(self, **options: object) -> Account:
        """The same account with some options changed."""
        profile = self.world.profile
        changed = Profile(
            id=profile.id,
            platform=profile.platform,
            account=profile.account,
            options={**profile.options, **options},
        )
        return self.world.platform.connect(changed, self.world.secrets, self._http)

    async def send(self, post: Post) -> Any:
        """Prepare and publish; what went wrong while preparing is the result."""
        prepared = await self.account.prepare(post, {})
        if isinstance(prepared, Retry | GiveUp):
            return prepared
        return await self.account.publish(post, prepared.handle)
