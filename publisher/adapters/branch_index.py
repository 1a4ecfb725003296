"""The BranchIndex port: SQLite beside the index, so that 500 branches are read once and not always.

What a commit changes never changes; only what is contested does.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS touched(tip TEXT PRIMARY KEY, paths TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contested(epic TEXT PRIMARY KEY, why TEXT) WITHOUT ROWID;
"""


class SqliteBranchIndex:
    """May be thrown away at any time: it is read from git and the forge again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10.0)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def touched(self, tip: str) -> tuple[str, ...] | None:
        row = self._db.execute("SELECT paths FROM touched WHERE tip = ?", (tip,)).fetchone()
        return tuple(json.loads(row[0])) if row else None

    def keep_touched(self, tip: str, paths: Sequence[str]) -> None:
        row = (tip, json.dumps(list(paths)))
        self._db.execute("INSERT OR REPLACE INTO touched VALUES (?, ?)", row)

    def contested(self, epic: str) -> str:
        row = self._db.execute("SELECT why FROM contested WHERE epic = ?", (epic,)).fetchone()
        return row[0] if row else ""

    def contest(self, found: Mapping[str, str]) -> Sequence[str]:
        before = dict(self._db.execute("SELECT epic, why FROM contested").fetchall())
        news = sorted(e for e in before.keys() | found.keys() if before.get(e) != found.get(e))
        if news:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM contested")
            self._db.executemany("INSERT INTO contested VALUES (?, ?)", found.items())
            self._db.execute("COMMIT")
        return news
