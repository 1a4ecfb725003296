"""Branches of the content repository as the editorial use cases see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from publisher.domain.summary import Summary
from publisher.ports.git import Heads, PushResult, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit on top of a branch. `tip` is the branch's commit now, None when it is new.

    With `start` the branch begins there anew: at a commit, or at another branch of the same push.
    Files by path, None removes. The person is the author, Copydesk the committer; without a change
    to the files an empty commit is made only when `empty`.
    """

    branch: str
    tip: str | None
    message: str
    author: Signature
    start: str = ""
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One commit of a branch that is no merge, and the one before it (None: the first of all)."""

    id: str
    parent: str | None
    author: Signature


class Branches(Protocol):
    """Reading any branch, and moving several in one compare-and-swap push."""

    @property
    def main(self) -> str: ...

    @property
    def ledger_start(self) -> str:
        """The commit on which a ledger begins."""
        ...

    def fetch(self) -> Heads:
        """Look at the forge once; raise Unavailable when it does not answer."""
        ...

    def tip(self, branch: str) -> str | None: ...

    def tips(self, prefix: str = "") -> Mapping[str, str]:
        """Every branch whose name begins so, with its commit."""
        ...

    def merge_base(self, one: str, other: str) -> str | None: ...

    def contains(self, newer: str, older: str) -> bool:
        """Whether `older` is part of `newer`'s history; a commit contains itself."""
        ...

    def said(self, tips: Sequence[str], trailer: str) -> str | None:
        """The newest commit with this line in its message, among the last few hundred."""
        ...

    def revisions(self, tip: str, *, since: str | None, path: str) -> Sequence[Revision]:
        """Who changed a folder after `since` (None: in the last few hundred), newest first."""
        ...

    def entries(self, commit: str, path: str) -> Mapping[str, str]:
        """What stands right in a folder, by name, with the id of its content."""
        ...

    def changed_epics(self, old: str | None, new: str) -> Mapping[str, str | None]:
        """Epic folders that differ between two commits, with their new tree (None: removed)."""
        ...

    def changed_files(self, old: str, new: str) -> Sequence[str]:
        """Every path that differs between two commits."""
        ...

    def merged(self, main: str, head: str, message: str, author: Signature, at: datetime) -> str:
        """Write the merge of two commits, moving nothing; raise Conflict that names the files."""
        ...

    def push(self, commits: Sequence[Commit], at: datetime) -> tuple[PushResult, Mapping[str, str]]:
        """Write the commits and move all their branches, or none; the new tips by branch."""
        ...


class BranchIndex(Protocol):
    """What was found out about branches; a cache of git and the forge that may be thrown away."""

    def touched(self, tip: str) -> tuple[str, ...] | None:
        """The epic folders that a branch was found to change; None when nobody has looked."""
        ...

    def keep_touched(self, tip: str, paths: Sequence[str]) -> None: ...

    def contest(self, found: Mapping[str, str]) -> Sequence[str]:
        """Say, by epic, which open pull request changes what is scheduled (“#12 changes it”).

        Whatever was said before is replaced; return the epics for which that is news.
        """
        ...

    def pulls(self) -> Mapping[int, Sequence[str]]:
        """The pull requests that were open at the last look, with the epics in them."""
        ...

    def keep_pulls(self, open_now: Mapping[int, Sequence[str]]) -> None: ...

    def summaries(self) -> Mapping[str, tuple[str, Summary]]:
        """What was found out about every epic, by id, with the key under which it was kept."""
        ...

    def keep_summaries(
        self, news: Mapping[str, tuple[str, Summary]], gone: Sequence[str]
    ) -> None: ...
