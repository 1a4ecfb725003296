"""Pull requests of the local forge as files: one small JSON document each, on a branch of its own.

`open/17.json` while it is open, `done/0/17.json` afterwards (a folder a thousand), and
`branches/ab/<branch>` names the newest pull request of a branch.
"""

import hashlib
import logging
from collections.abc import Iterator, MutableMapping
from datetime import datetime
from urllib.parse import quote

import msgspec

from publisher.adapters.git_objects import GitObjects
from publisher.domain.errors import Refused
from publisher.ports import PullState, Verdict

OPEN = "open"
README = """\
# The local forge

Pull requests of a repository that has no GitHub: one JSON document each, in `open/` and `done/`.
Copydesk writes them, one commit a change; `git log -p` tells their history. A pull request is the
branch that it names: push to that branch to change it, merge it to main (with Copydesk or with
git) and it is merged. Please do not edit or rebase this branch by hand.
"""
_A_FOLDER = 1000
_KEPT = 5000

log = logging.getLogger(__name__)


class Written(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """A comment. `key`: one of Copydesk's own, kept up to date in place. Times are UTC."""

    name: str
    email: str
    text: str
    at: datetime
    key: str = ""


class Reviewed(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """What a person said of one commit."""

    id: str
    name: str
    email: str
    verdict: Verdict
    commit: str
    at: datetime
    body: str = ""


class Status(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """The commit status `copydesk/approvals` of one head."""

    head: str
    ok: bool
    text: str
    url: str = ""


class Document(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """One pull request. `head`: the branch's tip when this was written; `base`: main's when it was
    opened. `labels` are Copydesk's and people's alike.
    """

    number: int
    branch: str
    title: str
    name: str
    email: str
    base: str
    head: str
    opened_at: datetime
    updated_at: datetime
    body: str = ""
    draft: bool = False
    state: PullState = PullState.OPEN
    merged_as: str = ""
    labels: list[str] = []
    status: Status | None = None
    comments: list[Written] = []
    reviews: list[Reviewed] = []


class Documents:
    """The documents at one commit of the branch (None: it is not there yet), with edits on top.

    `changes` are files to write (None removes), `moves` branches to move in the same push.
    """

    def __init__(
        self, objects: GitObjects, commit: str | None, known: MutableMapping[str, Document]
    ) -> None:
        self._objects, self.commit, self._known = objects, commit, known
        self.changes: dict[str, bytes | None] = {}
        self.moves: dict[str, tuple[str | None, str]] = {}
        self._edited: dict[int, Document] = {}

    def get(self, number: int) -> Document | None:
        """One pull request; raise Refused when somebody has broken its document."""
        if number in self._edited:
            return self._edited[number]
        for path in _paths(number):
            data = self._read(path)
            if data is not None:
                return _decoded(data, path)
        return None

    def open(self) -> Iterator[Document]:
        """Every open one in order of number; a broken document is left out and told in the log."""
        for path, blob in self._open_files():
            try:
                found = self._edited.get(_number(path)) or self._known_or_read(path, blob)
            except Refused as error:
                log.warning("%s", error, extra={"action": "forge_document", "path": path})
                continue
            if found.state is PullState.OPEN:
                yield found

    def broken(self) -> Iterator[str]:
        """One sentence for each open document that cannot be read."""
        for path, blob in self._open_files():
            try:
                self._known_or_read(path, blob)
            except Refused as error:
                yield str(error)

    def newest_of(self, branch: str) -> Document | None:
        data = self._read(_pointer(branch))
        return self.get(int(data)) if data is not None and data.strip().isdigit() else None

    def next_number(self) -> int:
        """One more than the largest that was ever given: every number is open or done."""
        largest = max((_number(path) for path, _blob in self._listed(OPEN)), default=0)
        folder = 0
        while (done := self._listed(f"done/{folder}")) or folder <= largest // _A_FOLDER:
            largest = max([largest, *(_number(path) for path, _blob in done)])
            folder += 1
        return largest + 1

    def put(self, document: Document) -> None:
        """Write it where its state belongs."""
        self._edited[document.number] = document
        place, other = _paths(document.number)
        if document.state is not PullState.OPEN:
            place, other = other, place
        self.changes[place] = msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
        if self._read(other) is not None:
            self.changes[other] = None

    def point(self, document: Document) -> None:
        """Make it the newest of its branch."""
        self.changes[_pointer(document.branch)] = f"{document.number}\n".encode()

    def _read(self, path: str) -> bytes | None:
        if path in self.changes:
            return self.changes[path]
        return self._objects.blob(self.commit, path) if self.commit else None

    def _open_files(self) -> Iterator[tuple[str, str]]:
        for name, blob in sorted(self._listed(OPEN), key=lambda pair: _number(pair[0])):
            yield f"{OPEN}/{name}", blob

    def _known_or_read(self, path: str, blob: str) -> Document:
        if blob not in self._known:
            if len(self._known) > _KEPT:
                self._known.clear()
            self._known[blob] = _decoded(self._objects.read(blob), path)
        return self._known[blob]

    def _listed(self, folder: str) -> list[tuple[str, str]]:
        tree = self._objects.tree(self.commit, folder) if self.commit else None
        found = self._objects.entries(tree) if tree else ()
        return [(path, blob) for path, kind, blob in found if kind == "file" and _number(path)]


def _paths(number: int) -> tuple[str, str]:
    """Where a pull request is while it is open, and where afterwards."""
    return f"{OPEN}/{number}.json", f"done/{number // _A_FOLDER}/{number}.json"


def _pointer(branch: str) -> str:
    shard = hashlib.sha256(branch.encode()).hexdigest()[:2]
    return f"branches/{shard}/{quote(branch, safe='')}"


def _number(path: str) -> int:
    """The number in a document's name; 0 for a file that is none."""
    name = path.rsplit("/", 1)[-1].removesuffix(".json")
    return int(name) if name.isascii() and name.isdigit() else 0


def _decoded(data: bytes, path: str) -> Document:
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.DecodeError as error:
        raise Refused(
            f"The pull request in {path} on the forge's branch is broken: {error}."
            f" Restore that file from the branch's history."
        ) from error
