"""A bare forge on this machine: what git fetch and git push do, at a cost that follows the change.

git's own transport walks every tree of the commits that both sides know, at each fetch and each
push: with 100,000 epics that is most of a round. Two repositories on one machine need no such
walk, since a commit that a branch points to is whole. So the few new objects are copied, and then
`git update-ref` moves all branches in one transaction, or none of them.

Where anything but git's own rules has a say (a hook, a policy, a work tree), `plain` says no.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

MOST_OBJECTS = 2_000
MOST_BYTES = 32 << 20
_HOOKS = (
    "pre-receive",
    "update",
    "proc-receive",
    "reference-transaction",
    "post-receive",
    "post-update",
)
_POLICIES = (
    "receive.",
    "transfer.",
    "uploadpack.",
    "extensions.",
    "core.fsync",
    "core.sharedrepository",
)


def plain(path: Path) -> pygit2.Repository | None:
    """The forge, opened anew, if a push to it asks nobody; None when git itself must do it."""
    try:
        forge = pygit2.Repository(str(path))
        names = {entry.name.lower() for entry in forge.config}
    except pygit2.GitError:
        return None
    home = Path(forge.path)
    asks = any(name.startswith(_POLICIES) for name in names)
    if asks or not forge.is_bare or forge.is_shallow or (home / "worktrees").exists():
        return None
    hooks = home / "hooks"
    if "core.hookspath" in names:
        hooks = home / Path(forge.config["core.hookspath"] or "").expanduser()
    return None if any(os.access(hooks / name, os.X_OK) for name in _HOOKS) else forge


def branches(repository: pygit2.Repository, prefix: str) -> dict[str, str]:
    """The commit of each branch below `prefix`, by its name without it."""
    found = {}
    for name in repository.references:
        if name.startswith(prefix):
            with suppress(KeyError):  # it points to nothing, or went away just now
                target = repository.references[name].resolve().target
                found[name.removeprefix(prefix)] = str(target)
    return found


def fetched(forge: pygit2.Repository, clone: pygit2.Repository, tracking: str) -> bool:
    """Make the clone's references below `tracking` what the forge's branches are; see `copied`."""
    there, here = branches(forge, "refs/heads/"), branches(clone, tracking)
    moved = {name: tip for name, tip in there.items() if here.get(name) != tip}
    known = [tip for tip in set(here.values()) if tip in forge]
    if not copied(forge, clone, set(moved.values()), known):
        return False
    try:
        for name in here.keys() - there.keys():
            clone.references.delete(tracking + name)
        for name, tip in moved.items():
            clone.references.create(tracking + name, pygit2.Oid(hex=tip), force=True)
    except (pygit2.GitError, ValueError, OSError):  # a lock that a dead process left behind
        return False
    return True


def copied(
    source: pygit2.Repository,
    target: pygit2.Repository,
    tips: Collection[str],
    known: Collection[str],
) -> bool:
    """Give `target` all that `tips` reach; `known` are commits that its references point to.

    False when it is too much, or cannot be read: then git itself must do it, and says what is
    wrong. Objects that were copied by then harm nobody.
    """
    try:
        for number, oid in enumerate(_new_objects(source, tips, known)):
            if number >= MOST_OBJECTS or source.odb.read_header(oid)[1] > MOST_BYTES:
                return False
            target.write(*source.odb.read(oid))
    except (pygit2.GitError, KeyError, ValueError, OSError):
        return False
    return True


def transaction(refs: Mapping[str, tuple[str | None, str]]) -> str:
    """What `git update-ref --stdin` reads to move all of these from old to new, or none."""
    nobody = "0" * 40
    return "".join(
        f"update refs/heads/{name} {new} {old or nobody}\n" for name, (old, new) in refs.items()
    )


def _new_objects(
    source: pygit2.Repository, tips: Collection[str], known: Collection[str]
) -> Iterator[pygit2.Oid]:
    """What differs between each new commit and its parent; all of it for a first commit."""
    for tip in tips:
        walk = source.walk(pygit2.Oid(hex=tip))
        for old in known:
            walk.hide(pygit2.Oid(hex=old))
        for commit in walk:
            parent = commit.parents[0].tree if commit.parent_ids else None
            if parent is None or parent.id != commit.tree.id:
                yield from _changed(source, commit.tree, parent)
            yield commit.id


def _changed(
    source: pygit2.Repository, tree: pygit2.Tree, before: pygit2.Tree | None
) -> Iterator[pygit2.Oid]:
    was = {entry.name: entry for entry in before} if before is not None else {}
    for entry in tree:
        old = was.get(entry.name)
        if (old is not None and old.id == entry.id) or entry.filemode == FileMode.COMMIT:
            continue
        if isinstance(entry, pygit2.Tree):
            yield from _changed(source, entry, old if isinstance(old, pygit2.Tree) else None)
        else:
            yield entry.id
    yield tree.id
