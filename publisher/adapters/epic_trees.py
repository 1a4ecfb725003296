"""The epics of HEAD as git stores them: which folders differ between two trees."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus

from publisher.domain.errors import Unavailable
from publisher.files.folder import EPICS

_TOLD = ("epic.yaml", "status.yaml")


@dataclass(frozen=True, slots=True)
class Folder:
    """One epic's folder; `epic` is None when there is none any more."""

    path: str
    epic: bytes | None
    status: bytes | None


class EpicTrees:
    """Reads the commit that is checked out, never the work tree."""

    def __init__(self, root: Path) -> None:
        """Open the repository around `root`, which may be a folder in it; raise Unavailable."""
        try:
            self._repo = pygit2.Repository(str(root))
        except pygit2.GitError as error:
            raise Unavailable(f"The git repository cannot be opened: {error}.") from None
        self.git_dir = Path(self._repo.path)
        below = root.resolve().relative_to(Path(self._repo.workdir).resolve())
        self._top = (below / EPICS).as_posix()
        self._tree = self._tree_at(self._repo.head.peel(pygit2.Commit).tree)

    @property
    def epics(self) -> str:
        """The id of the tree below content/epics; empty without one."""
        return str(self._tree.id) if self._tree is not None else ""

    def knows(self, tree: str | None) -> bool:
        """Say whether the repository has that tree, so that a difference can be made."""
        return tree == "" or self._known(tree) is not None

    def changed_since(self, tree: str | None) -> Iterator[Folder]:
        """Yield every folder whose epic or status differs; all of them for an unknown tree."""
        old = self._known(tree)
        if self._tree is None:
            return
        diff = self._tree.diff_to_tree(swap=True) if old is None else old.diff_to_tree(self._tree)
        found: dict[str, dict[str, pygit2.Oid | None]] = {}
        for delta in diff.deltas:
            folder, _slash, name = delta.new_file.path.rpartition("/")
            if name in _TOLD:
                there = delta.status is not DeltaStatus.DELETED
                found.setdefault(folder, {})[name] = delta.new_file.id if there else None
        for folder, blobs in sorted(found.items()):
            epic, status = (self._data(folder, name, blobs, anew=old is None) for name in _TOLD)
            yield Folder(f"{EPICS}/{folder}", epic, status)

    def _data(
        self, folder: str, name: str, blobs: dict[str, pygit2.Oid | None], *, anew: bool
    ) -> bytes | None:
        """Return a file's bytes: by its id, since looking a path up parses whole trees."""
        if name in blobs or anew:
            found = self._repo[oid] if (oid := blobs.get(name)) else None
            return found.data if isinstance(found, pygit2.Blob) else None
        return self._blob(f"{folder}/{name}")

    def _known(self, tree: str | None) -> pygit2.Tree | None:
        """Return the tree if the repository still has it."""
        found = self._repo.get(tree) if tree else None
        return found if isinstance(found, pygit2.Tree) else None

    def _tree_at(self, root: pygit2.Tree) -> pygit2.Tree | None:
        try:
            found = root[self._top]
        except KeyError:
            return None
        return found if isinstance(found, pygit2.Tree) else None

    def _blob(self, path: str) -> bytes | None:
        try:
            found = self._tree[path] if self._tree is not None else None
        except KeyError:
            return None
        return found.data if isinstance(found, pygit2.Blob) else None
