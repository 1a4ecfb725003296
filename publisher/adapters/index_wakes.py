"""The index's table of when to look at which epic again."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

_AT = "INSERT OR REPLACE INTO wake VALUES (?, ?)"
_SOONER = "INSERT INTO wake VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET at = min(at, excluded.at)"
_OPEN = "INSERT OR REPLACE INTO wake SELECT epic, 0.0 FROM claimed"
_NOT_AT_REST = """
SELECT id, first FROM epics WHERE first IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM settled WHERE epic = epics.id AND settled.deliveries = epics.deliveries
)
"""


class Wakes:
    """Times are UTC seconds; 0 is at once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def due(self, now: datetime) -> list[str]:
        found = self._db.execute(
            "SELECT id FROM wake WHERE at <= ? ORDER BY at", (now.timestamp(),)
        ).fetchall()
        return [epic for (epic,) in found]

    def set(self, epic: str, at: float | None) -> None:
        """Look at it then and not before; None: not again by itself."""
        if at is None:
            self._db.execute("DELETE FROM wake WHERE id = ?", (epic,))
        else:
            self._db.execute(_AT, (epic, at))

    def at_once(self, epics: Iterable[str]) -> None:
        self._db.executemany(_AT, [(epic, 0.0) for epic in epics])

    def sooner(self, wakes: Iterable[tuple[str, float]]) -> None:
        """Look at them by then, or earlier if that was said before."""
        self._db.executemany(_SOONER, wakes)

    def claimed_at_once(self) -> None:
        self._db.execute(_OPEN)

    def scheduled(self, lead: float) -> None:
        """Look at what has a time so long before it, but for what is out and at rest."""
        dues = self._db.execute(_NOT_AT_REST).fetchall()
        self.sooner((epic, first - lead) for epic, first in dues)
