"""Reading and writing git objects in a bare clone with pygit2: no work tree, no index file."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pygit2
from pygit2.enums import FileMode, ObjectType, SortMode

from publisher.ports import Signature

EPIC_FILE = "epic.yaml"
_DEEPEST = 12
_LARGEST_TREE_KEPT = 1 << 20
_CACHE = 64 << 20

# libgit2 keeps no tree above 4 KiB: every look into a folder of 1,000 epics would unpack it anew
pygit2.settings.cache_object_limit(ObjectType.TREE, _LARGEST_TREE_KEPT)
pygit2.settings.cache_max_size(_CACHE)


class _Child(NamedTuple):
    is_tree: bool
    is_link: bool
    id: str


class GitObjects:
    """One bare repository. Commits and trees are named by their hexadecimal ids."""

    def __init__(self, path: Path) -> None:
        self._repo = pygit2.Repository(str(path))
        self._repo.odb  # noqa: B018 - opens the object database now, not at the first read

    def head(self, ref: str) -> str | None:
        """The commit that a reference points to."""
        found = self._repo.references.get(ref)
        return str(found.resolve().target) if found else None

    def symbolic(self, ref: str) -> str | None:
        """The reference that a symbolic one points to."""
        found = self._repo.references.get(ref)
        return found.target if found and isinstance(found.target, str) else None

    def set_symbolic(self, ref: str, target: str) -> None:
        self._repo.references.create(ref, target, force=True)

    def resolve(self, revision: str) -> str | None:
        """The commit that a revision names; None when there is none."""
        try:
            return str(self._repo.revparse_single(revision).peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def set_ref(self, ref: str, commit: str) -> None:
        self._repo.references.create(ref, pygit2.Oid(hex=commit), force=True)

    def has(self, commit: str) -> bool:
        return pygit2.Oid(hex=commit) in self._repo

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`; a commit contains itself."""
        if older == newer:
            return True
        return self.has(older) and self._repo.descendant_of(newer, older)

    def merge_base(self, one: str, other: str) -> str | None:
        found = self._repo.merge_base(one, other)
        return str(found) if found else None

    def said(self, tips: Sequence[str], line: str, limit: int) -> str | None:
        """The newest commit whose message has this line, among the last `limit` of these tips."""
        walk = self._repo.walk(None, SortMode.TIME)
        for tip in tips:
            walk.push(tip)
        for commit in islice(walk, limit):
            if line in commit.message.splitlines():
                return str(commit.id)
        return None

    def log(self, tip: str, since: str | None, limit: int) -> Iterator[pygit2.Commit]:
        """The commits of `tip` that `since` does not have, newest first."""
        walk = self._repo.walk(tip, SortMode.TIME)
        if since is not None:
            walk.hide(since)
        yield from islice(walk, limit)

    def children(self, commit: str, path: str) -> Mapping[str, str]:
        """What stands right in a folder, by name, with its object's id."""
        tree = self._entry(commit, path)
        if not isinstance(tree, pygit2.Tree):
            return {}
        return {_name(entry): str(entry.id) for entry in tree}

    def brought_by(self, main: str, head: str) -> str:
        """The commit that brought `head` into main: a merge, or the head itself."""
        walker = self._repo.walk(pygit2.Oid(hex=main))
        walker.simplify_first_parent()
        walker.hide(pygit2.Oid(hex=head))
        first = None
        for first in walker:  # noqa: B007 - the oldest of them
            pass
        return str(first.id) if first and str(first.parent_ids[0]) != head else head

    def heads(self, prefix: str) -> Mapping[str, str]:
        """Every reference below a prefix, by what follows it, with its commit."""
        found = self._repo.references.iterator()
        return {
            ref.name.removeprefix(prefix): str(ref.target)
            for ref in found
            if ref.name.startswith(prefix) and not isinstance(ref.target, str)
        }

    def merged_tree(self, ours: str, theirs: str) -> tuple[str | None, tuple[str, ...]]:
        """The tree of two commits merged; None and the files where they contradict each other."""
        index = self._repo.merge_commits(ours, theirs)
        if index.conflicts is not None:
            sides = (side for sides in index.conflicts for side in sides if side is not None)
            return None, tuple(sorted({side.path for side in sides}))
        return str(index.write_tree(self._repo)), ()

    def messages(self, tip: str) -> Iterator[str]:
        """The messages of a history, newest first."""
        for commit in self._repo.walk(pygit2.Oid(hex=tip)):
            yield commit.message

    def tree(self, commit: str, path: str = "") -> str | None:
        """The id of a folder's tree; None when there is no such folder."""
        entry = self._entry(commit, path)
        return str(entry.id) if isinstance(entry, pygit2.Tree) else None

    def blob(self, commit: str, path: str) -> bytes | None:
        """A file's bytes; None when there is no such regular file."""
        entry = self._entry(commit, path)
        if isinstance(entry, pygit2.Blob) and entry.filemode != FileMode.LINK:
            return bytes(entry.data)
        return None

    def blob_id(self, commit: str, path: str) -> str | None:
        """Which bytes a file has; None when there is no such regular file."""
        entry = self._entry(commit, path)
        regular = isinstance(entry, pygit2.Blob) and entry.filemode != FileMode.LINK
        return str(entry.id) if entry is not None and regular else None

    def read(self, blob: str) -> bytes:
        found = self._repo[blob]
        if not isinstance(found, pygit2.Blob):
            raise TypeError(f"{blob} is no file")
        return bytes(found.data)

    def entries(self, tree: str) -> Iterator[tuple[str, str, str]]:
        """Every path below a tree with its kind (file, link or module) and its id."""
        yield from self._entries(self._tree(tree), "")

    def changed_epics(self, old: str | None, new: str | None) -> Iterator[tuple[str, str | None]]:
        """Folders with an epic.yaml that differ between two trees, with their new tree's id.

        So do symbolic links outside of them, with their blob's id. Equal trees are skipped whole,
        so the cost follows the change and not the repository.
        """
        yield from self._changed_epics(old, new, "", 0)

    def changed_files(self, old: str | None, new: str | None) -> Iterator[tuple[str, str | None]]:
        """Files that differ between two trees, with their new blob's id."""
        before, after = self._children(old), self._children(new)
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            folders = [side.id if side and side.is_tree else None for side in (was, now)]
            if any(folders):
                for path, blob in self.changed_files(folders[0], folders[1]):
                    yield f"{name}/{path}", blob
            if (was and not was.is_tree) or (now and not now.is_tree):
                yield name, now.id if now and not now.is_tree else None

    def write_tree(self, base: str | None, changes: Mapping[str, bytes | None]) -> str:
        """A tree with some files replaced or (None) removed; only touched folders are written."""
        nested: dict[str, dict[str, bytes | None]] = {}
        direct: dict[str, bytes | None] = {}
        for path, data in changes.items():
            name, _slash, rest = path.partition("/")
            if rest:
                nested.setdefault(name, {})[rest] = data
            else:
                direct[name] = data
        builder = self._repo.TreeBuilder(self._tree(base)) if base else self._repo.TreeBuilder()
        for name, data in direct.items():
            if data is not None:
                builder.insert(name, self._repo.create_blob(data), FileMode.BLOB)
            elif builder.get(name) is not None:
                builder.remove(name)
        for name, inner in nested.items():
            old = builder.get(name)
            child = self.write_tree(str(old.id) if isinstance(old, pygit2.Tree) else None, inner)
            if len(self._tree(child)):
                builder.insert(name, pygit2.Oid(hex=child), FileMode.TREE)
            elif old is not None:
                builder.remove(name)
        return str(builder.write())

    def write_commit(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Signature,
        committer: Signature,
        at: datetime,
    ) -> str:
        """A commit that no reference points to yet."""
        when = int(at.timestamp())
        signed = [pygit2.Signature(who.name, who.email, when, 0) for who in (author, committer)]
        above = [pygit2.Oid(hex=parent) for parent in parents]
        oid = pygit2.Oid(hex=tree)
        return str(self._repo.create_commit(None, signed[0], signed[1], message, oid, above))

    def _changed_epics(
        self, old: str | None, new: str | None, at: str, depth: int, *, inside: bool = False
    ) -> Iterator[tuple[str, str | None]]:
        if old == new or depth > _DEEPEST:
            return
        before, after = self._children(old), self._children(new)
        if EPIC_FILE in before or EPIC_FILE in after:
            yield at, new if EPIC_FILE in after else None
            if EPIC_FILE in before and EPIC_FILE in after:
                return
        inside = inside or EPIC_FILE in after
        for name in before.keys() | after.keys():
            was, now = before.get(name), after.get(name)
            if was != now:
                was_tree = was.id if was and was.is_tree else None
                now_tree = now.id if now and now.is_tree else None
                path = f"{at}/{name}" if at else name
                if not inside and ((was and was.is_link) or (now and now.is_link)):
                    yield path, now.id if now and now.is_link else None
                yield from self._changed_epics(was_tree, now_tree, path, depth + 1, inside=inside)

    def _children(self, tree: str | None) -> dict[str, _Child]:
        if tree is None:
            return {}
        return {
            _name(entry): _Child(
                entry.filemode == FileMode.TREE, entry.filemode == FileMode.LINK, str(entry.id)
            )
            for entry in self._tree(tree)
        }

    def _entries(self, tree: pygit2.Tree, prefix: str) -> Iterator[tuple[str, str, str]]:
        for entry in tree:
            path = f"{prefix}{_name(entry)}"
            if entry.filemode == FileMode.TREE:
                yield from self._entries(self._tree(str(entry.id)), f"{path}/")
            elif entry.filemode == FileMode.LINK:
                yield path, "link", str(entry.id)
            elif entry.type == ObjectType.BLOB:
                yield path, "file", str(entry.id)
            else:
                yield path, "module", str(entry.id)

    def _tree(self, tree: str) -> pygit2.Tree:
        found = self._repo[tree]
        if not isinstance(found, pygit2.Tree):
            raise TypeError(f"{tree} is no tree")
        return found

    def _entry(self, commit: str, path: str) -> pygit2.Object | None:
        found = self._repo[commit].peel(pygit2.Tree)
        if not path:
            return found
        try:
            return found[path]
        except KeyError:
            return None


def _name(entry: pygit2.Object) -> str:
    """An entry's name; what is not UTF-8 in it becomes �, so that it can be stored and told."""
    return os.fsencode(entry.name or "").decode(errors="replace")
