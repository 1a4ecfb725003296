"""The BranchIndex port, in the index's own file: 500 branches are read once, not always.

What a commit changes never changes; only what is contested does.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from publisher.adapters.index_file import open_index
from publisher.domain.summary import Summary

_SUMMARY = msgspec.json.Decoder(Summary)


class SqliteBranchIndex:
    """May be thrown away at any time: it is read from git and the forge again."""

    def __init__(self, path: Path) -> None:
        self._db = open_index(path)

    def close(self) -> None:
        self._db.close()

    def touched(self, tip: str) -> tuple[str, ...] | None:
        row = self._db.execute("SELECT paths FROM touched WHERE tip = ?", (tip,)).fetchone()
        return tuple(json.loads(row[0])) if row else None

    def keep_touched(self, tip: str, paths: Sequence[str]) -> None:
        row = (tip, json.dumps(list(paths)))
        self._db.execute("INSERT OR REPLACE INTO touched VALUES (?, ?)", row)

    def contest(self, found: Mapping[str, str]) -> Sequence[str]:
        before = dict(self._db.execute("SELECT epic, why FROM contested").fetchall())
        news = sorted(e for e in before.keys() | found.keys() if before.get(e) != found.get(e))
        if news:
            self._replace("contested", [*found.items()])
        return news

    def pulls(self) -> Mapping[int, Sequence[str]]:
        rows = self._db.execute("SELECT number, epics FROM pulls ORDER BY number").fetchall()
        return {number: json.loads(epics) for number, epics in rows}

    def keep_pulls(self, open_now: Mapping[int, Sequence[str]]) -> None:
        wanted = {number: list(epics) for number, epics in open_now.items()}
        if wanted != self.pulls():
            self._replace("pulls", [(n, json.dumps(epics)) for n, epics in wanted.items()])

    def summaries(self) -> Mapping[str, tuple[str, Summary]]:
        rows = self._db.execute("SELECT epic, key, summary FROM summaries").fetchall()
        return {epic: (key, _SUMMARY.decode(data)) for epic, key, data in rows}

    def keep_summaries(self, news: Mapping[str, tuple[str, Summary]], gone: Sequence[str]) -> None:
        if not news and not gone:
            return
        rows = [(epic, key, msgspec.json.encode(kept)) for epic, (key, kept) in news.items()]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO summaries VALUES (?, ?, ?)", rows)
        self._db.executemany("DELETE FROM summaries WHERE epic = ?", [(epic,) for epic in gone])
        self._db.execute("COMMIT")

    def _replace(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - one of our own tables
        for row in rows:
            marks = ", ".join("?" * len(row))
            self._db.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608
        self._db.execute("COMMIT")
