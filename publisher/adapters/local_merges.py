"""What became of a pull request of the local forge, read from main itself."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pygit2
from pygit2.enums import FileStatus

from publisher.adapters.git_objects import GitObjects


class Merges:
    """Which commits main has taken lately; asking costs nothing while main stands still."""

    def __init__(self, objects: GitObjects) -> None:
        self._objects = objects
        self._main: str | None = None
        self._taken: set[str] = set()
        self._from: set[str] = set()

    def contains(self, main: str, head: str, base: str) -> bool:
        """Whether main contains a commit that it did not when it was at `base`."""
        if self._main is None or not self._objects.is_ancestor(self._main, main):
            self._taken, self._from = set(), set()
        elif self._main != main:
            self._taken |= self._commits(self._main, main)
        self._main = main
        if base not in self._from:
            if base not in self._taken:
                self._taken |= self._commits(base, main)
            self._from.add(base)
        return head in self._taken

    def _commits(self, old: str, new: str) -> set[str]:
        """Every commit that `new` contains and `old` does not."""
        since = old if self._objects.has(old) else None
        return {str(commit.id) for commit in self._objects.log(new, since, sys.maxsize)}


def work_tree_problems(path: Path, main: str) -> Iterator[str]:
    """Why a folder that people work in would not take a merge."""
    repository = pygit2.Repository(str(path))
    if repository.is_bare or repository.head_is_unborn or repository.head.shorthand != main:
        return
    if any(flags != FileStatus.IGNORED for flags in repository.status().values()):
        yield (
            f"{path} has {main} checked out with changes that are not committed: {main} cannot"
            " move there. Commit them, or put them aside with `git stash -u`."
        )
