"""The Branches port: every branch of the forge, in the clone that the rounds use too."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from publisher.adapters.git_remote import TRACKING
from publisher.adapters.git_store import BOT, GitStore
from publisher.domain.errors import Conflict
from publisher.ports import Commit, Heads, PushResult, Revision, Signature

_REMEMBERED = 300
_MERGE = 2


class GitBranches:
    """Reads at commits, writes commits, moves references by one compare-and-swap push."""

    def __init__(self, store: GitStore) -> None:
        self._store = store

    @property
    def main(self) -> str:
        return self._store.main

    @property
    def ledger_start(self) -> str:
        return self._store.begun_ledger()

    def fetch(self) -> Heads:
        return self._store.sync(force=True)

    def tip(self, branch: str) -> str | None:
        return self._store.objects.head(TRACKING + branch)

    def tips(self, prefix: str = "") -> Mapping[str, str]:
        found = self._store.objects.heads(TRACKING)
        return {name: tip for name, tip in found.items() if name.startswith(prefix)}

    def merge_base(self, one: str, other: str) -> str | None:
        return self._store.objects.merge_base(one, other)

    def contains(self, newer: str, older: str) -> bool:
        return self._store.objects.is_ancestor(older, newer)

    def said(self, tips: Sequence[str], trailer: str) -> str | None:
        return self._store.objects.said(tips, trailer, _REMEMBERED)

    def revisions(self, tip: str, *, since: str | None, path: str) -> Sequence[Revision]:
        objects, found = self._store.objects, []
        for commit in objects.log(tip, since, _REMEMBERED):
            parent = str(commit.parents[0].id) if commit.parents else None
            before = objects.tree(parent, path) if parent else None
            if len(commit.parents) < _MERGE and objects.tree(str(commit.id), path) != before:
                author = Signature(commit.author.name, commit.author.email)
                found.append(Revision(id=str(commit.id), parent=parent, author=author))
        return found

    def entries(self, commit: str, path: str) -> Mapping[str, str]:
        return self._store.objects.children(commit, path)

    def changed_epics(self, old: str | None, new: str) -> Mapping[str, str | None]:
        return dict(self._store.changed_epics(old, new))

    def changed_files(self, old: str, new: str) -> Sequence[str]:
        objects = self._store.objects
        found = objects.changed_files(objects.tree(old), objects.tree(new))
        return [path for path, _blob in found]

    def merged(self, main: str, head: str, message: str, author: Signature, at: datetime) -> str:
        objects = self._store.objects
        tree, clashes = objects.merged_tree(main, head)
        if tree is None:
            raise Conflict(
                f"{self.main} has changed the same lines of {', '.join(clashes[:3])}."
                f" Nothing was merged: merge {self.main} into the branch, settle it, try again."
            )
        return objects.write_commit(tree, [main, head], message, author, BOT, at)

    def push(self, commits: Sequence[Commit], at: datetime) -> tuple[PushResult, Mapping[str, str]]:
        tips: dict[str, str] = {}
        for commit in commits:
            tips[commit.branch] = self._written(commit, tips, at)
        olds = {commit.branch: commit.tip for commit in reversed(commits)}
        moves = {name: (olds[name], new) for name, new in tips.items() if olds[name] != new}
        return (self._store.push_refs(moves) if moves else PushResult(done=True)), tips

    def _written(self, commit: Commit, written: Mapping[str, str], at: datetime) -> str:
        objects = self._store.objects
        start = written.get(commit.start, commit.start)
        parent = written.get(commit.branch) or start or commit.tip
        if parent is None:
            raise ValueError(f"{commit.branch} has neither a commit nor a start")
        root = objects.tree(parent)
        tree = objects.write_tree(root, commit.files) if commit.files else root
        if tree is None or (tree == root and not commit.empty):
            return parent
        return objects.write_commit(tree, [parent], commit.message, commit.author, BOT, at)
