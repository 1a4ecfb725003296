"""Redis: as the round sees it (Gate), and as a carrier sees it (Lane)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from publisher.domain.delivery import Key
from publisher.domain.facts import GateView
from publisher.domain.outcome import (
    Handle,
    NotBegun,
    Report,
)


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

    def open(self, *, paused: bool, newest: Callable[[str], int | None]) -> str:
        """The generation in force; `newest` knows the newest stamp of one in the ledger."""
        ...

    def stamp(self, generation: str) -> str:
        """A word for the next ledger commit that tells an older copy of Redis from this one."""
        ...

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


class Brake(Protocol):
    """The gate as people's decisions see it: at once, before git says it for good."""

    def halt(self, epic: str) -> Sequence[str]:
        """Let nothing of an epic pass for a while; return its claims whose call is under way."""
        ...

    def proceed(self, epic: str) -> None: ...


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
