"""The forge: where pull requests live. GitHub, or the local forge in the repository itself."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from publisher.ports.git import Signature


class PullState(StrEnum):
    """Where a pull request ended, or that it has not."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One pull request into main. `head` is the commit that its branch points to.

    `author` is a login on the forge, or an e-mail address where there are no logins. `fork`: the
    branch lives in somebody else's copy of the repository.
    """

    number: int
    branch: str
    head: str
    title: str
    author: str
    body: str = ""
    draft: bool = False
    state: PullState = PullState.OPEN
    fork: bool = False
    url: str = ""
    merged_as: str = ""
    updated_at: datetime | None = None


class Verdict(StrEnum):
    """What a review on the forge says; a dismissed one says nothing any more."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    DISMISSED = "dismissed"
    COMMENTED = "commented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review on the forge, of the commit that its author looked at."""

    id: str
    author: str
    verdict: Verdict
    commit: str
    at: datetime
    body: str = ""


class Forge(Protocol):
    """One call each; nothing is retried but what is safe to repeat.

    Every method raises Unavailable when the forge does not answer in time, Refused when it says no
    (the sentence names what to allow), NotFound when the pull request is not there.
    """

    def pulls(self) -> Sequence[Pull]:
        """Every open pull request into main; costs next to nothing while none has changed."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """What is changed inside reaches the forge at once when the block ends, if it can.

        One push instead of several where each costs one (`open` and `merge` never wait). When the
        block raises, what waited is dropped.
        """
        ...

    def pull(self, number: int) -> Pull: ...

    def pull_of(self, branch: str) -> Pull | None:
        """The newest pull request of a branch of this repository, whatever its state."""
        ...

    def open(self, branch: str, title: str, body: str, who: Signature, *, draft: bool) -> Pull:
        """Open a pull request for a branch that is there; the one that is open already if any."""
        ...

    def describe(self, number: int, title: str, body: str) -> None: ...

    def set_draft(self, number: int, *, draft: bool) -> None: ...

    def merge(self, number: int, head: str, message: str, who: Signature) -> str:
        """Merge exactly this head into main; return main's commit that holds it.

        Merged already with this head: the same answer. Raises Conflict when the head has moved or
        main cannot take it without a person, Refused when a rule or its state stands in the way.
        """
        ...

    def close(self, number: int) -> None: ...

    def reviews(self, number: int) -> Sequence[Review]:
        """Oldest first."""
        ...

    def say(self, number: int, key: str, text: str) -> None:
        """Keep one comment a key, updated in place; never repeated."""
        ...

    def comment(self, number: int, text: str, who: Signature) -> None:
        """Add what a person said, in their name as far as the forge lets us."""
        ...

    def set_status(self, head: str, *, ok: bool, text: str, url: str = "") -> None:
        """Set the commit status `copydesk/approvals`."""
        ...

    def set_labels(self, number: int, labels: Sequence[str]) -> None:
        """Give it these of our own labels (`copydesk: …`); those of people stay."""
        ...

    def problems(self) -> Iterator[str]:
        """What the forge's settings keep us from doing, one sentence each with what to allow."""
        ...
