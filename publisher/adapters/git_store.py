"""The content and the ledger in git: read at a commit, written by one push."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from time import monotonic

import pygit2

from publisher.adapters.git_objects import EPIC_FILE, GitObjects
from publisher.adapters.git_remote import TRACKING, GitRemote
from publisher.domain.delivery import Record
from publisher.domain.epic import Desk
from publisher.domain.errors import NotFound, Unavailable
from publisher.files.desk_files import PEOPLE, PROFILES, SETTINGS, read_desk
from publisher.files.epic_file import EpicFolder
from publisher.files.ledger_file import epic_of, ledger_path, load_record
from publisher.ports import LEDGER, STAMP, Draft, Heads, PastCommit, PushResult, Signature

SEEN = "refs/copydesk/ledger"
KNOWN_MAIN = "refs/copydesk/main"
BOT = Signature("Copydesk", "bot@copydesk.invalid")
DESK_FILES = (SETTINGS, PEOPLE, PROFILES)
EPICS = "content/epics"
_HASHES_KEPT = 10_000
LEDGER_README = """\
# The ledger

Copydesk's memory: what was claimed, attempted and published, one file an epic. The machine writes
it and only ever adds to it. Please do not edit, rebase or delete this branch: it is what keeps a
post from going out twice. `copydesk log EPIC` tells the same story in words.
"""

log = logging.getLogger(__name__)


class GitStore:
    """The Store port: a bare clone and its remote. `poll` (seconds) spares remote forges."""

    def __init__(
        self,
        clone: Path,
        url: str,
        *,
        timeout: float = 20.0,
        poll: float = 30.0,
        credentials: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.clone = clone
        self.remote = GitRemote(clone, url, timeout, credentials)
        self.objects = GitObjects(clone)
        self._poll = poll
        self._polled: float | None = None
        self._main: str | None = None
        self._hash_of = lru_cache(maxsize=_HASHES_KEPT)(self._hashed)

    @property
    def main(self) -> str:
        """The name of the branch that people merge to."""
        if self._main is None:
            try:
                self._main = self.remote.default_branch()
            except Unavailable:
                known = self.objects.symbolic(KNOWN_MAIN)
                if known is None:
                    raise
                self._main = known.removeprefix(TRACKING)
            else:
                self._remember_main(TRACKING + self._main)
        return self._main

    def _remember_main(self, ref: str) -> None:
        """For when the forge is away; of several processes that start at once, one writes it."""
        if self.objects.symbolic(KNOWN_MAIN) != ref:
            with suppress(OSError, pygit2.GitError):
                self.objects.set_symbolic(KNOWN_MAIN, ref)

    def last_known_main(self) -> str:
        """The newest commit of main that this clone has seen, also while the forge is away."""
        try:
            return self.sync().main
        except Unavailable:
            known = self.objects.head(TRACKING + self.main)
            if known is None:
                raise
            return known

    def sync(self, *, force: bool = False) -> Heads:
        """Look at the forge, fetch what moved; raise Unavailable when it does not answer."""
        if self._moved(force=force):
            self.remote.fetch()
            self._polled = monotonic()
        main = self.objects.head(TRACKING + self.main)
        if main is None:
            raise NotFound(f"{self.remote.url} has no branch {self.main} yet. Push one first.")
        return Heads(main=main, ledger=self._ledger())

    def _moved(self, *, force: bool) -> bool:
        if self.remote.local:
            if force:
                return self.remote.every_head() != self.objects.heads(TRACKING)
            heads = self.remote.heads(self.main, LEDGER)
            return any(
                heads.get(name) != self.objects.head(TRACKING + name)
                for name in (self.main, LEDGER)
            )
        return force or self._polled is None or monotonic() - self._polled >= self._poll

    def _ledger(self) -> str | None:
        """The ledger's tip; a ledger that was rolled back or deleted is put back as we know it."""
        there, seen = self.objects.head(TRACKING + LEDGER), self.objects.head(SEEN)
        if there == seen:
            return there
        if there and (seen is None or self.objects.is_ancestor(seen, there)):
            self.objects.set_ref(SEEN, there)
            return there
        if seen and (there is None or self.objects.is_ancestor(there, seen)):
            log.warning("ledger restored", extra={"action": "ledger_restored", "commit": seen})
            self.remote.push({LEDGER: (there, seen)})
            self.remote.fetch()
            return seen
        raise Unavailable(
            f"The branch {LEDGER} was rewritten: it no longer contains {seen}. Nothing goes out"
            f" until it does again: push {seen} back to it, from {self.remote.url} or this machine."
        )

    def changed_epics(self, old: str | None, new: str) -> Iterator[tuple[str, str | None]]:
        """Epic folders that differ between two commits of main, with their new tree."""
        trees = [self.objects.tree(c, EPICS) if c else None for c in (old, new)]
        for path, tree in self.objects.changed_epics(trees[0], trees[1]):
            yield f"{EPICS}/{path}", tree

    def changed_records(self, old: str | None, new: str | None) -> Iterator[tuple[str, str | None]]:
        """Epics whose record differs between two commits of the ledger, with its new blob."""
        trees = [self.objects.tree(c) if c else None for c in (old, new)]
        for path, blob in self.objects.changed_files(trees[0], trees[1]):
            epic = epic_of(path)
            if epic is not None:
                yield epic, blob

    def desk(self, commit: str) -> Desk:
        """The files for the whole repository; raise ContentError when they are broken."""
        return read_desk(*(self.objects.blob(commit, path) for path in DESK_FILES))

    def desk_id(self, commit: str) -> str:
        """Equal for commits whose desk files are equal."""
        ids = [self.objects.blob_id(commit, path) or "-" for path in DESK_FILES]
        return hashlib.sha256(" ".join(ids).encode()).hexdigest()

    def folder(self, path: str, *, commit: str = "", tree: str | None = None) -> EpicFolder | None:
        """One epic's folder, by commit or by its tree; None when it is no epic's folder."""
        tree = tree or self.objects.tree(commit, path)
        if tree is None:
            return None
        entries = {name: (kind, oid) for name, kind, oid in self.objects.entries(tree)}
        kind, oid = entries.pop(EPIC_FILE, ("", ""))
        if not kind:
            return None
        files = {name: kind for name, (kind, _oid) in entries.items()}
        data = self.objects.read(oid) if kind == "file" else b""
        return EpicFolder(path=path, data=data, files={**files, EPIC_FILE: kind})

    def file(self, commit: str, path: str) -> bytes | None:
        return self.objects.blob(commit, path)

    def sha256(self, commit: str, path: str) -> str:
        """The hash of a file's bytes; empty when there is no such file. Films are read once."""
        blob = self.objects.blob_id(commit, path)
        return self._hash_of(blob) if blob else ""

    def _hashed(self, blob: str) -> str:
        return hashlib.sha256(self.objects.read(blob)).hexdigest()

    def record(self, ledger: str | None, epic: str) -> Record:
        """What the ledger says; an epic it never heard of has an empty record."""
        path = ledger_path(epic)
        return self.record_in(self.objects.blob_id(ledger, path) if ledger else None, epic)

    def record_in(self, blob: str | None, epic: str) -> Record:
        """The same, by the blob of its entry."""
        if blob is None:
            return Record(epic=epic)
        return load_record(self.objects.read(blob), ledger_path(epic))

    def record_ids(self, ledger: str | None) -> Mapping[str, str]:
        """By epic, the id of what the ledger says of it."""
        found = self.objects.changed_files(None, self.objects.tree(ledger)) if ledger else ()
        return {epic: blob for path, blob in found if blob and (epic := epic_of(path))}

    def tree_id(self, commit: str, path: str) -> str:
        return self.objects.tree(commit, path) or ""

    def newest_stamp(self, ledger: str | None, generation: str) -> int | None:
        """The count in the newest ledger commit that was stamped by this generation."""
        wanted = f"{STAMP}: {generation} "
        for message in self.objects.messages(ledger) if ledger else ():
            for line in message.splitlines():
                if line.startswith(wanted) and line[len(wanted) :].isdecimal():
                    return int(line[len(wanted) :])
        return None

    def resolve(self, revision: str) -> str:
        """The commit that a branch, a tag or a short id names; raise NotFound."""
        ours = revision.replace("HEAD", self.main, 1) if revision.startswith("HEAD") else revision
        found = self.objects.resolve(f"origin/{ours}") or self.objects.resolve(ours)
        if found is None:
            raise NotFound(f"There is no commit “{revision}”.")
        return found

    def has(self, commit: str) -> bool:
        return self.objects.has(commit)

    def history(self, tip: str, path: str) -> list[PastCommit]:
        return self.remote.log(tip, path)

    def push(self, heads: Heads, draft: Draft, at: datetime) -> tuple[PushResult, Heads]:
        """Commit and push all of it, or nothing; a refused main still gets its ledger pushed."""
        new = Heads(
            main=self._commit(heads.main, draft.main, draft.main_message, draft.author, at),
            ledger=self._ledger_commit(heads.ledger, draft, at),
        )
        refs: dict[str, tuple[str | None, str]] = {}
        if new.main != heads.main:
            refs[self.main] = (heads.main, new.main)
        if new.ledger != heads.ledger and new.ledger:
            refs[LEDGER] = (heads.ledger, new.ledger)
        result = self.push_refs(refs)
        if result.refused and LEDGER in refs:
            ledger_only = self.push_refs({LEDGER: refs[LEDGER]})
            if ledger_only.done:
                return PushResult(done=True, refused=result.refused), Heads(heads.main, new.ledger)
            return ledger_only, heads
        return result, new if result.done else heads

    def push_refs(self, refs: Mapping[str, tuple[str | None, str]]) -> PushResult:
        """Move branches from their old commits (None: new) to commits that are written; or none."""
        try:
            result = self.remote.push(refs)
        except Unavailable:
            result = self._after_silence(refs)
        if not result.done:
            return result
        with self.remote.locked():
            for name, (_old, new) in refs.items():
                self.objects.set_ref(TRACKING + name, new)
            if LEDGER in refs:
                self.objects.set_ref(SEEN, refs[LEDGER][1])
        return result

    def _after_silence(self, refs: Mapping[str, tuple[str | None, str]]) -> PushResult:
        """A push without an answer: ours if the forge contains it, else as if never made."""
        self.remote.fetch()
        heads = {name: self.objects.head(TRACKING + name) for name in refs}
        if all(h and self.objects.is_ancestor(refs[name][1], h) for name, h in heads.items()):
            return PushResult(done=True)
        return PushResult(raced=True, why="the push got no answer and did not arrive")

    def beginning(self, readme: str, message: str) -> str:
        """The first commit of a branch of our own: the same id whoever makes it, whenever."""
        root = self.objects.write_tree(None, {"README.md": readme.encode()})
        epoch = datetime.fromtimestamp(0, UTC)
        return self.objects.write_commit(root, [], message, BOT, BOT, epoch)

    def _commit(
        self,
        base: str,
        changes: Mapping[str, bytes | None],
        message: str,
        author: Signature | None,
        at: datetime,
    ) -> str:
        root = self.objects.tree(base)
        tree = self.objects.write_tree(root, changes) if changes else root
        if tree is None or tree == root:
            return base
        return self.objects.write_commit(tree, [base], message, author or BOT, BOT, at)

    def begun_ledger(self) -> str:
        """The first commit of every ledger."""
        return self.beginning(LEDGER_README, "Begin the ledger\n")

    def _ledger_commit(self, base: str | None, draft: Draft, at: datetime) -> str | None:
        if not draft.ledger:
            return base
        base = base or self.begun_ledger()
        return self._commit(base, draft.ledger, draft.ledger_message, draft.author, at)
