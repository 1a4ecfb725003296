"""Where an epic is being worked on: on main, on a branch, in which pull request."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from publisher.domain.errors import NotFound
from publisher.files.words import did_you_mean
from publisher.ports import Branches, BranchIndex, Forge, Heads, Index, Pull, PullState

BRANCH = "epic/"
STATUS = "status.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """One epic. `main_path` is empty when main does not have it, `branch` when nobody edits it.

    `others` are further pull requests that change the same epic.
    """

    id: str
    heads: Heads
    main_path: str = ""
    branch: str = ""
    tip: str = ""
    branch_path: str = ""
    pull: Pull | None = None
    others: tuple[Pull, ...] = ()

    @property
    def path(self) -> str:
        return self.branch_path or self.main_path

    @property
    def commit(self) -> str:
        """Where its newest version is read."""
        return self.tip or self.heads.main

    @property
    def in_review(self) -> bool:
        return self.pull is not None and not self.pull.draft


@dataclass(frozen=True, slots=True)
class _Work:
    """A branch that changes an epic: its folder there, and the pull request if there is one."""

    branch: str
    tip: str
    path: str
    pull: Pull | None


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks through open pull requests and the branches `epic/…`; what a branch changes is kept."""

    branches: Branches
    forge: Forge
    index: Index
    seen: BranchIndex

    def one(self, heads: Heads, epic_id: str) -> Where:
        """Raise NotFound, with what was probably meant, for an epic that is nowhere."""
        work = [item for item in self._work(heads) if _id_of(item.path) == epic_id]
        where = self._where(heads, epic_id, self.index.path_of(epic_id), work)
        if not where.path:
            known = {*self.index.ids(), *(_id_of(item.path) for item in self._work(heads))}
            raise NotFound(f"There is no epic {epic_id}. {did_you_mean(epic_id, known)}".strip())
        return where

    def every(self, heads: Heads) -> Mapping[str, Where]:
        """Every epic, wherever it is, by its id."""
        trees = self.index.trees()
        by_id: dict[str, list[_Work]] = {epic: [] for epic in trees}
        for item in self._work(heads):
            by_id.setdefault(_id_of(item.path), []).append(item)
        found = {
            epic: self._where(heads, epic, trees.get(epic, ("", ""))[0], work)
            for epic, work in sorted(by_id.items())
        }
        return {epic: where for epic, where in found.items() if where.path}

    def touched(self, heads: Heads, pull: Pull) -> Mapping[str, Where]:
        """The epics that one pull request changes, each as that pull request has it."""
        found = {}
        for item in self._of_pull(heads, pull):
            epic = _id_of(item.path)
            where = self._where(heads, epic, self.index.path_of(epic), [item])
            found[epic] = replace(where, others=())
        return found

    def _where(self, heads: Heads, epic_id: str, path: str, work: Iterable[_Work]) -> Where:
        pending = [item for item in work if self._pending(heads, item, path)]
        if not pending:
            return Where(id=epic_id, heads=heads, main_path=path)
        own = f"{BRANCH}{epic_id}"
        pending.sort(key=lambda w: (w.branch != own, w.pull is None, w.pull and w.pull.number))
        first, *rest = pending
        return Where(
            id=epic_id,
            heads=heads,
            main_path=path,
            branch=first.branch,
            tip=first.tip,
            branch_path=first.path,
            pull=first.pull,
            others=tuple(item.pull for item in rest if item.pull),
        )

    def _work(self, heads: Heads) -> Iterator[_Work]:
        pulls = {pull.branch: pull for pull in self.forge.pulls() if not pull.fork}
        for pull in pulls.values():
            yield from self._of_pull(heads, pull)
        for branch, tip in self.branches.tips(BRANCH).items():
            if branch not in pulls and not self._ended(branch, tip):
                for path in self._paths(heads, tip):
                    yield _Work(branch, tip, path, None)

    def _ended(self, branch: str, tip: str) -> bool:
        """Whether a pull request of exactly this was merged or closed; that is for good."""
        if self.seen.touched(tip) == ():
            return True
        pull = self.forge.pull_of(branch)
        ended = pull is not None and pull.state is not PullState.OPEN and pull.head == tip
        if ended:
            self.seen.keep_touched(tip, ())
        return ended

    def _of_pull(self, heads: Heads, pull: Pull) -> Iterator[_Work]:
        tip = self.branches.tip(pull.branch)
        if tip is not None and not pull.fork:
            for path in self._paths(heads, tip):
                yield _Work(pull.branch, tip, path, pull)

    def _paths(self, heads: Heads, tip: str) -> tuple[str, ...]:
        """The epic folders that a branch adds or changes, since it left main."""
        known = self.seen.touched(tip)
        if known is None:
            changed = self.branches.changed_epics(self.branches.merge_base(heads.main, tip), tip)
            known = tuple(sorted(path for path, tree in changed.items() if tree))
            self.seen.keep_touched(tip, known)
        return known

    def _pending(self, heads: Heads, work: _Work, path: str) -> bool:
        """Whether the branch has anything of the epic that main lacks."""
        there = self.branches.entries(work.tip, work.path)
        here = self.branches.entries(heads.main, path) if path else {}
        both = [{n: i for n, i in side.items() if n != STATUS} for side in (there, here)]
        return both[0] != both[1] and not self.branches.contains(heads.main, work.tip)


def _id_of(path: str) -> str:
    return path.rpartition("/")[2]
