"""Three tries at a change: on what is there now, by one push, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from publisher.domain.errors import Conflict, Refused
from publisher.ports import Branches, Commit, Heads, Index
from publisher.usecases.editorial.doing import Doing, Done

TRIES = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T]):
    """What one try would write, and what there is to tell once it went through."""

    result: T
    commits: Sequence[Commit] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(Generic[T]):
    """What was told, and where the branches that were moved are now."""

    result: T
    tips: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Runs a change; raced, it is decided anew on the new commits, three times in all."""

    branches: Branches
    index: Index
    rest: Callable[[int], None]

    def fresh(self) -> Heads:
        """Everything as it is now; raise Unavailable when the forge does not answer."""
        heads = self.branches.fetch()
        self.index.catch_up(heads)
        return heads

    def make(
        self, decide: Callable[[Heads], Change[T]], at: datetime, *, kept: bytes = b""
    ) -> Made[T]:
        """Decide, push; raise Conflict with what the person had written.

        Raises Refused when the forge does not take the push, with its own words.
        """
        for number in range(TRIES):
            change = decide(self.fresh())
            result, tips = self.branches.push(change.commits, at)
            if result.done:
                return Made(result=change.result, tips=tips)
            if not result.raced:
                raise Refused(self._why(result.refused or result.why))
            self.rest(number)
        text = " Your text is kept." if kept else ""
        raise Conflict(
            f"Others saved first {TRIES} times in a row. Nothing was changed.{text} Try again.",
            kept,
        )

    def before(self, doing: Doing, epic: str, tips: Sequence[str | None]) -> Done | None:
        """What this very request did when it came before; None when it is new."""
        found = self.branches.said([tip for tip in tips if tip], doing.trailer)
        if found is None:
            return None
        words = f"This was done before, as {found[:10]}. Nothing was changed."
        return Done(epic=epic, commit=found, words=words, again=True)

    def _why(self, said: str) -> str:
        line = " ".join(said.split())[:300]
        return (
            f"The forge does not take this push: {line} Let Copydesk push to the branch (on GitHub:"
            f" allow its App to bypass the rule for {self.branches.main}), or do it by hand."
        )
