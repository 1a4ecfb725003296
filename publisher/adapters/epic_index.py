"""An index of a commit's epics beside its git directory: when, where and what each says.

It is brought up to date by the difference of two trees, so that a pull request in a repository
of 100,000 epics asks for its neighbours in milliseconds. It may be thrown away at any time.
"""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.adapters.epic_trees import EpicTrees, Folder
from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ContentError
from publisher.domain.history_rules import Said, said_by
from publisher.domain.time_rules import Slot, slots_of
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.files.status_view import out_in

VERSION = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS epics (path TEXT PRIMARY KEY, id TEXT);
CREATE INDEX IF NOT EXISTS epics_by_id ON epics (id);
CREATE TABLE IF NOT EXISTS slots (
    path TEXT, place TEXT, due REAL, epic TEXT, task INTEGER, task_id TEXT, profile TEXT
);
CREATE INDEX IF NOT EXISTS slots_by_place ON slots (place, due);
CREATE INDEX IF NOT EXISTS slots_by_path ON slots (path);
CREATE TABLE IF NOT EXISTS said (key TEXT, path TEXT, epic TEXT);
CREATE INDEX IF NOT EXISTS said_by_key ON said (key);
CREATE INDEX IF NOT EXISTS said_by_path ON said (path);
"""


class _AnyFile(dict[str, str]):
    """Whether media exist is a question for the check of their own epic."""

    def get(self, key: str, default: object = None) -> str:
        del key, default
        return "file"


class EpicIndex:
    """The Neighbours port, for the epics of HEAD that are not in `without` (their folders)."""

    def __init__(self, root: Path, desk: Desk, without: Collection[str]) -> None:
        self._trees = EpicTrees(root)
        self._without = frozenset(without)
        self._desk = desk
        self._db = _opened(self._trees.git_dir / "copydesk-epics.sqlite3")
        with self._db:
            self._sync()

    def close(self) -> None:
        self._db.close()

    def near(self, slots: Iterable[Slot], within: timedelta) -> Iterator[Slot]:
        query = (
            "SELECT path, epic, task, task_id, profile, place, due FROM slots"
            " WHERE place = ? AND due BETWEEN ? AND ?"
        )
        apart = within.total_seconds()
        for slot in slots:
            due = slot.due.timestamp()
            for path, *row in self._db.execute(query, (slot.place, due - apart, due + apart)):
                if path not in self._without:
                    yield _slot(*row)

    def saying(self, said: Said) -> str | None:
        query = "SELECT path, epic FROM said WHERE key = ?"
        found = self._db.execute(query, (_key(said),))
        return next((epic for path, epic in found if path not in self._without), None)

    def holders(self, ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        query = "SELECT path FROM epics WHERE id = ? ORDER BY path"
        return {
            name: tuple(
                f"{path}/epic.yaml"
                for (path,) in self._db.execute(query, (name,))
                if path not in self._without
            )
            for name in ids
        }

    def _sync(self) -> None:
        """Read what changed since the last tree; everything, when the accounts are others."""
        known = dict(self._db.execute("SELECT name, value FROM meta").fetchall())
        tree, accounts = str(self._trees.epics), f"{VERSION} {self._accounts()}"
        if known.get("accounts") != accounts or not self._trees.knows(known.get("tree")):
            for table in ("epics", "slots", "said"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - fixed names
            known = {}
        if known.get("tree") == tree:
            return
        for folder in self._trees.changed_since(known.get("tree")):
            self._replace(folder)
        pairs = [("tree", tree), ("accounts", accounts)]
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", pairs)

    def _accounts(self) -> str:
        places = sorted((name, profile.place) for name, profile in self._desk.profiles.items())
        return hashlib.sha256(json.dumps(places).encode()).hexdigest()

    def _replace(self, folder: Folder) -> None:
        path = folder.path
        for table in ("epics", "slots", "said"):
            self._db.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608 - fixed
        if folder.epic is None:
            return
        self._db.execute("INSERT INTO epics VALUES (?, ?)", (path, path.rpartition("/")[2]))
        try:
            epic = read_epic(EpicFolder(path, folder.epic, _AnyFile()))
        except ContentError:
            return
        self._remember(path, epic, folder.status)

    def _remember(self, path: str, epic: Epic, status: bytes | None) -> None:
        profiles = self._desk.profiles
        places = {name: profile.place for name, profile in profiles.items()}
        self._db.executemany(
            "INSERT INTO slots VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (path, s.place, s.due.timestamp(), s.epic, s.task, s.task_id, s.profile)
                for s in slots_of(epic, places)
            ],
        )
        out = out_in(status, path) if status is not None else ()
        self._db.executemany(
            "INSERT INTO said VALUES (?, ?, ?)",
            [(_key(said), path, epic.id) for said in said_by(epic, profiles, out)],
        )


def neighbours(root: Path, desk: Desk, without: Collection[str]) -> "closing[EpicIndex]":
    """Open the index for a `with`."""
    return closing(EpicIndex(root, desk, without))


def _opened(file: Path) -> sqlite3.Connection:
    """Open the file, or memory where it is broken or may not be written: slower, never wrong."""
    script = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _TABLES
    for name in (str(file), ":memory:"):
        with suppress(sqlite3.DatabaseError):
            return _made(name, script)
    raise sqlite3.OperationalError("SQLite opens no database, not even in memory.")


def _made(name: str, script: str) -> sqlite3.Connection:
    db = sqlite3.connect(name, timeout=30)
    try:
        db.executescript(script)
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def _slot(epic: str, task: int, task_id: str, profile: str, place: str, due: float) -> Slot:
    return Slot(
        epic=epic,
        task=task,
        task_id=task_id,
        profile=profile,
        place=place,
        due=datetime.fromtimestamp(due, UTC),
    )


def _key(said: Said) -> str:
    text = json.dumps([said.place, said.subject, said.texts], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
