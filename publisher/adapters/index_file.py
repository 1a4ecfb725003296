"""The index's file: its tables, and how it is opened. What cannot be read is begun anew."""

import sqlite3
from pathlib import Path

_SCHEMA_VERSION = 6
_CACHE_KIB = 65_536  # the whole index of 100,000 epics: a cold start writes all over it
_SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE epics(
  path TEXT PRIMARY KEY, id TEXT, tree TEXT, title TEXT, first REAL, problems TEXT,
  deliveries TEXT
);
CREATE INDEX epics_by_id ON epics(id);
CREATE INDEX epics_broken ON epics(path) WHERE problems <> '';
CREATE TABLE wake(id TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX wake_by_time ON wake(at);
CREATE TABLE occupied(epic TEXT, key TEXT, place TEXT, print TEXT, at REAL);
CREATE INDEX occupied_by_print ON occupied(place, print);
CREATE INDEX occupied_by_epic ON occupied(epic);
CREATE TABLE live(epic TEXT, key TEXT, place TEXT, post TEXT);
CREATE INDEX live_by_post ON live(place, post);
CREATE INDEX live_by_epic ON live(epic);
CREATE TABLE claimed(epic TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE settled(epic TEXT PRIMARY KEY, deliveries TEXT) WITHOUT ROWID;
CREATE TABLE replaces(id TEXT PRIMARY KEY, old TEXT);
CREATE TABLE touched(tip TEXT PRIMARY KEY, paths TEXT) WITHOUT ROWID;
CREATE TABLE contested(epic TEXT PRIMARY KEY, why TEXT) WITHOUT ROWID;
CREATE TABLE summaries(epic TEXT PRIMARY KEY, key TEXT, summary BLOB) WITHOUT ROWID;
CREATE TABLE pulls(number INTEGER PRIMARY KEY, epics TEXT);
"""


def open_index(path: Path) -> sqlite3.Connection:
    """Open the file; an old, broken or missing one is begun anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for _again in range(2):
        db = sqlite3.connect(path, isolation_level=None, timeout=10.0)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                db.executescript(f"{_SCHEMA} PRAGMA user_version={_SCHEMA_VERSION};")
                return db
            if version == _SCHEMA_VERSION:
                return db
        except sqlite3.DatabaseError:
            pass
        db.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    raise RuntimeError(f"{path} cannot be opened")
