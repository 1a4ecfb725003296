"""What the core needs from outside. Each port is small, and owned by those who call it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from publisher.domain.delivery import Key, Record
from publisher.domain.epic import Desk, Epic, Options, Profile
from publisher.domain.facts import GateView
from publisher.domain.outcome import (
    Accepted,
    GiveUp,
    Handle,
    NotBegun,
    Outcome,
    Prepared,
    Published,
    Report,
    Retry,
)
from publisher.domain.problems import Problem
from publisher.domain.traits import Traits
from publisher.files.epic_file import EpicFolder

# ── Platforms ────────────────────────────────────────────────────────────────────────────────


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
    """One media file with its bytes, exactly as approved."""

    file: str
    alt: str
    content_type: str
    sha256: str
    data: bytes = field(repr=False)


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

    async def prepare(self, post: Post) -> Prepared | Retry | GiveUp:
        """Upload, create containers: all that is invisible and may be repeated."""
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


class Platform(Protocol):
    """What a file in platforms/ ends with: `PLATFORM: Platform = …`."""

    @property
    def name(self) -> str: ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets an account needs, such as `access_token`; it is given those and no others."""
        ...

    def traits(self, profile: Profile) -> Traits: ...

    def problems(self, profile: Profile) -> Iterator[str]:
        """Sentences about options that are missing or wrong."""
        ...

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account: ...


# ── The gate ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ClaimFence:
    """A claim to shut out; `force` also inside its lease."""

    id: str
    generation: str
    force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedClaim:
    """A claim as a carrier gets it: what to do, and where in git the content is.

    `look_for` is the commit, path and digest of a call in doubt; `since` its first time.
    """

    id: str
    key: Key
    work: str
    generation: str
    due: datetime
    lease_until: datetime
    digest: str
    commit: str
    path: str
    part: int
    parts: int
    reply_to: str = ""
    handle: Handle = field(default_factory=dict)
    since: datetime | None = None


class Gate(Protocol):
    """Redis as the round sees it. Every method raises Unavailable when Redis does not answer."""

    def now(self) -> datetime: ...

    def open(self, *, paused: bool) -> str: ...

    def reports(self) -> Mapping[str, Report]: ...

    def forget(self, reports: Mapping[str, Report]) -> None: ...

    def expired(self, now: datetime) -> frozenset[str]: ...

    def calling(self, before: datetime) -> Mapping[str, datetime]: ...

    def fence(self, claims: Sequence[ClaimFence]) -> Mapping[str, GateView]: ...

    def paused_now(self) -> bool: ...

    def dead(self, callers: Sequence[str]) -> frozenset[str]: ...

    def hand_out(
        self, generation: str, claims: Sequence[HandedClaim], deadline: datetime
    ) -> bool: ...

    def mark_round(self, trouble: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Passed:
    """The gate let a call through at that time (UTC, Redis's clock)."""

    at: datetime


class Lane(Protocol):
    """Redis as a carrier sees it. Every method raises Unavailable when Redis does not answer."""

    @property
    def caller(self) -> str: ...

    async def time(self) -> float:
        """Redis's clock, in seconds since 1970 UTC."""
        ...

    async def take(self, wait: float) -> Sequence[HandedClaim]: ...

    async def keep(self, claims: Sequence[str]) -> frozenset[str]: ...

    async def enter(self, claim: HandedClaim, part: int) -> Passed | NotBegun | float: ...

    async def report(self, report: Report, *, closes: bool) -> None: ...


# ── Git ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """`raced`: somebody was faster, plan again. `refused`: main may not be pushed to, and why."""

    done: bool = False
    raced: bool = False
    refused: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Heads:
    """The commits that a round starts from; `ledger` is None before its first commit."""

    main: str
    ledger: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one push would write: files by path, None removes. No author: Copydesk itself."""

    main: Mapping[str, bytes | None] = field(default_factory=dict)
    ledger: Mapping[str, bytes | None] = field(default_factory=dict)
    main_message: str = ""
    ledger_message: str = ""
    author: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCommit:
    """One commit of a history; `at` is UTC."""

    id: str
    author: str
    at: datetime
    subject: str


class Store(Protocol):
    """Git: what people want (main) and what happened (the ledger)."""

    def sync(self, *, force: bool = False) -> Heads:
        """Fetch what moved; raise Unavailable when the forge does not answer."""
        ...

    def desk(self, commit: str) -> Desk: ...

    def folder(
        self, path: str, *, commit: str = "", tree: str | None = None
    ) -> EpicFolder | None: ...

    def file(self, commit: str, path: str) -> bytes | None: ...

    def sha256(self, commit: str, path: str) -> str: ...

    def record(self, ledger: str | None, epic: str) -> Record: ...

    def has(self, commit: str) -> bool: ...

    def history(self, tip: str, path: str) -> list[PastCommit]:
        """The commits that changed a file or folder, newest first."""
        ...

    def push(self, heads: Heads, draft: Draft, at: datetime) -> tuple[PushResult, Heads]:
        """One compare-and-swap over both branches; see PushResult."""
        ...


class Index(Protocol):
    """What must be looked at when; a cache of git that may be thrown away."""

    @property
    def desk(self) -> Desk:
        """Raise ContentError when the files for the whole repository are broken."""
        ...

    def catch_up(self, heads: Heads) -> None: ...

    def advance(self, heads: Heads, records: Sequence[Record]) -> None: ...

    def due(self, now: datetime) -> list[str]: ...

    def set_wake(self, wakes: Sequence[tuple[str, datetime | None]]) -> None: ...

    def epic(self, epic_id: str) -> Epic | None:
        """None when main has no such epic, or it is broken, or there are two of them."""
        ...

    def ids(self) -> list[str]: ...

    def problems(self, epic_id: str | None = None) -> tuple[Problem, ...]: ...

    def replaces(self, epic_id: str) -> str: ...

    def occupied(self, place: str, fingerprint: str, since: datetime) -> Iterator[str]: ...

    def owner_of(self, place: str, post: str) -> str | None: ...


# ── Workers ──────────────────────────────────────────────────────────────────────────────────


class Queue(Protocol):
    """The hint that there is work; losing it costs a moment, never a post."""

    def wake_round(self) -> None: ...

    def wake_carriers(self) -> None: ...


class ClockGuard(Protocol):
    """Watches the clocks of this host and of Redis against one that cannot jump."""

    def trouble(self, redis_now: datetime) -> str:
        """Why this process must not claim now; empty when the clocks agree."""
        ...


class Contents(Protocol):
    """What a carrier reads: the approved content of a claim, from git."""

    def profile(self, claim: HandedClaim) -> Profile:
        """The account as the desk files had it at the claim's commit; raise NotFound."""
        ...

    def posts(self, claim: HandedClaim, profile: Profile) -> tuple[Post, ...]:
        """One post a part; raise Refused when the bytes are not those that were claimed."""
        ...
