"""Git and its index: what people want, what happened, what to look at when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from publisher.domain.delivery import Record
from publisher.domain.epic import Desk, Epic
from publisher.domain.problems import Problem
from publisher.files.epic_file import EpicFolder

LEDGER = "copydesk/ledger"
STAMP = "Copydesk-Gate"  # the trailer of ledger commits that holds a stamp of the gate


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

    def desk_id(self, commit: str) -> str:
        """Equal for commits whose desk files are equal."""
        ...

    def folder(
        self, path: str, *, commit: str = "", tree: str | None = None
    ) -> EpicFolder | None: ...

    def file(self, commit: str, path: str) -> bytes | None: ...

    def sha256(self, commit: str, path: str) -> str: ...

    def record_ids(self, ledger: str | None) -> Mapping[str, str]:
        """By epic, the id of what the ledger says of it: another one when that changes."""
        ...

    def tree_id(self, commit: str, path: str) -> str:
        """The id of all that is in a folder; empty when there is none."""
        ...

    def record(self, ledger: str | None, epic: str) -> Record: ...

    def newest_stamp(self, ledger: str | None, generation: str) -> int | None:
        """The count in the newest ledger commit that was stamped by this generation."""
        ...

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

    def guarded_by(self, generation: str) -> None: ...

    def trusts(self, keys: str) -> None:
        """Other keys sign approvals from now on: whatever has a time must be looked at."""
        ...

    def set_wake(self, wakes: Sequence[tuple[str, datetime | None]]) -> None: ...

    def epic(self, epic_id: str) -> Epic | None:
        """None when main has no such epic, or it is broken, or there are two of them."""
        ...

    def path_of(self, epic_id: str) -> str:
        """The folder of an epic on main, also of a broken one; empty when main has none."""
        ...

    def trees(self) -> Mapping[str, tuple[str, str]]:
        """The folder and its tree's id of every epic on main, by id."""
        ...

    def ids(self) -> list[str]: ...

    def problems(self, epic_id: str | None = None) -> tuple[Problem, ...]: ...

    def replaces(self, epic_id: str) -> str: ...

    def contested(self, epic_id: str) -> str:
        """Which open pull request changes what is scheduled (“#12 changes it”); empty: none."""
        ...

    def occupied(self, place: str, fingerprint: str, since: datetime) -> Iterator[str]: ...

    def owner_of(self, place: str, post: str) -> str | None: ...
