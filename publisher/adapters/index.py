"""The index: what must be looked at when. SQLite beside the clone; may be thrown away any time.

It makes an idle tick one query, and a start as fast as opening a file: only what changed since
the last seen commits is read.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from publisher.adapters.git_store import GitStore
from publisher.adapters.index_rows import Row, parsed, problems_in, rows_elsewhere, rows_in
from publisher.domain.delivery import Delivery, Record
from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ContentError
from publisher.domain.policy import Policy
from publisher.domain.problems import Problem
from publisher.ports import Heads

_SCHEMA_VERSION = 3
_SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE epics(
  path TEXT PRIMARY KEY, id TEXT, tree TEXT, title TEXT, first REAL, problems TEXT
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
CREATE TABLE replaces(id TEXT PRIMARY KEY, old TEXT);
"""
_WORTH_PROCESSES = 3000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class SqliteIndex:
    """The Index port."""

    def __init__(self, path: Path, store: GitStore, policy: Callable[[Desk], Policy]) -> None:
        self._store = store
        self._policy_of = policy
        self._path = path
        self._db = self._opened()
        self.heads: Heads | None = self._heads_seen()
        self._desk: Desk | None = None

    def close(self) -> None:
        self._db.close()

    @property
    def desk(self) -> Desk:
        """The desk files at the last seen commit of main; raises ContentError."""
        if self._desk is None:
            if self.heads is None:
                raise RuntimeError("catch up first")
            self._desk = self._store.desk(self.heads.main)
        return self._desk

    def catch_up(self, heads: Heads) -> None:
        """Read what changed between the last seen commits and these."""
        seen = self.heads
        if seen == heads:
            return
        desk_id = self._store.desk_id(heads.main)
        same_desk = desk_id == self._meta("desk")
        if not same_desk:
            self._desk = None
        desk = self._desk or self._store.desk(heads.main)
        self._desk = desk
        since = seen.main if seen and same_desk and self._store.has(seen.main) else None
        with self._transaction():
            if since is None:
                self._db.execute("DELETE FROM epics")
            if since != heads.main:
                self._read_epics(since, heads, desk)
            known = seen.ledger if seen and seen.ledger and self._store.has(seen.ledger) else None
            for epic in self._store.changed_records(known, heads.ledger):
                self.remember(self._record(heads, epic), wake=0.0)
            self._save_heads(heads, desk_id)

    def advance(self, heads: Heads, records: Iterable[Record]) -> None:
        """Our own push went through: take over what it wrote without reading it again."""
        with self._transaction():
            for record in records:
                self.remember(record)
            self._save_heads(heads, self._store.desk_id(heads.main))

    def due(self, now: datetime) -> list[str]:
        """The epics that must be looked at by now, the most urgent first."""
        found = self._db.execute(
            "SELECT id FROM wake WHERE at <= ? ORDER BY at", (now.timestamp(),)
        ).fetchall()
        return [epic for (epic,) in found]

    def set_wake(self, wakes: Iterable[tuple[str, datetime | None]]) -> None:
        with self._transaction():
            for epic, at in wakes:
                self._wake(epic, at.timestamp() if at else None)

    def epic(self, epic_id: str) -> Epic | None:
        """The epic as main has it; None when it is not there, broken, or there twice."""
        rows = self._db.execute(
            "SELECT path, tree, problems FROM epics WHERE id = ?", (epic_id,)
        ).fetchall()
        if len(rows) != 1 or rows[0][2]:
            return None
        folder = self._store.folder(rows[0][0], tree=rows[0][1])
        try:
            return parsed(folder, self.desk) if folder else None
        except ContentError:
            return None

    def ids(self) -> list[str]:
        """Every epic on main, broken ones too."""
        return [i for (i,) in self._db.execute("SELECT DISTINCT id FROM epics ORDER BY id")]

    def problems(self, epic_id: str | None = None) -> tuple[Problem, ...]:
        """What is wrong on main, of one epic or of all."""
        query = "SELECT problems FROM epics WHERE problems <> ''"
        args: tuple[str, ...] = ()
        if epic_id is not None:
            query, args = query + " AND id = ?", (epic_id,)
        rows = self._db.execute(query, args).fetchall()
        broken = [problem for (text,) in rows for problem in problems_in(text)]
        return tuple(sorted([*broken, *self._twins(epic_id)]))

    def replaces(self, epic_id: str) -> str:
        """The epic that vanished, partly out, in the same change in which this one appeared."""
        row = self._db.execute("SELECT old FROM replaces WHERE id = ?", (epic_id,)).fetchone()
        return row[0] if row else ""

    def occupied(self, place: str, fingerprint: str, since: datetime) -> Iterator[str]:
        """Deliveries that have, or may have, put this content on this account since then."""
        rows = self._db.execute(
            "SELECT key FROM occupied WHERE place = ? AND print = ? AND at >= ?",
            (place, fingerprint, since.timestamp()),
        )
        yield from (key for (key,) in rows.fetchall())

    def owner_of(self, place: str, post: str) -> str | None:
        """The delivery that a post on an account is known to be."""
        row = self._db.execute(
            "SELECT key FROM live WHERE place = ? AND post = ?", (place, post)
        ).fetchone()
        return row[0] if row else None

    def remember(self, record: Record, wake: float | None = None) -> None:
        """Keep what other epics need to know of a record."""
        for table in ("occupied", "live"):
            self._db.execute(f"DELETE FROM {table} WHERE epic = ?", (record.epic,))  # noqa: S608
        for delivery in record.deliveries.values():
            key = str(delivery.key)
            if delivery.occupies and delivery.fingerprint:
                row = (record.epic, key, delivery.place, delivery.fingerprint, _since(delivery))
                self._db.execute("INSERT INTO occupied VALUES (?, ?, ?, ?, ?)", row)
            for part in delivery.parts:
                if part.id:
                    live = (record.epic, key, delivery.place, part.id)
                    self._db.execute("INSERT INTO live VALUES (?, ?, ?, ?)", live)
        if wake is not None:
            self._wake(record.epic, wake)

    def _read_epics(self, since: str | None, heads: Heads, desk: Desk) -> None:
        changed = list(self._store.changed_epics(since, heads.main))
        before = {path: self._row_id(path) for path, _tree in changed} if since else {}
        policy = self._policy_of(desk)
        lead = (policy.ahead + policy.prepare_ahead).total_seconds()
        gone = [path for path, tree in changed if tree is None]
        self._db.executemany("DELETE FROM epics WHERE path = ?", ((path,) for path in gone))
        fresh: list[str] = []
        for row in self._rows(desk, [item for item in changed if item[1]]):
            values = (row.path, row.id, row.tree, row.title, row.first, row.problems)
            self._db.execute("INSERT OR REPLACE INTO epics VALUES (?, ?, ?, ?, ?, ?)", values)
            known = before.get(row.path) is not None
            if known:
                self._wake(row.id, 0.0)
            elif row.first is not None:
                self._wake_sooner(row.id, row.first - lead)
            if since and not known:
                fresh.append(row.id)
        vanished = {old for path in gone if (old := before.get(path))}
        for old in vanished:
            self._wake(old, 0.0)
        lost = {old for old in vanished if not self._is_there(old)}
        self._suspect(fresh, lost, heads)

    def _suspect(self, fresh: Sequence[str], lost: Iterable[str], heads: Heads) -> None:
        """Remember that a partly published epic vanished while a like one appeared."""
        for old in sorted(lost):
            was = self._record(heads, old)
            if not any(delivery.out for delivery in was.deliveries.values()):
                continue
            tasks = {key.task for key in was.deliveries}
            for new in fresh:
                epic = self.epic(new)
                alike = epic and (epic.title == was.title or tasks & {t.id for t in epic.tasks})
                if alike and not self._record(heads, new).deliveries:
                    self._db.execute("INSERT OR REPLACE INTO replaces VALUES (?, ?)", (new, old))
                    self._wake(new, 0.0)

    def _rows(self, desk: Desk, folders: Sequence[tuple[str, str | None]]) -> Iterable[Row]:
        if len(folders) < _WORTH_PROCESSES:
            return rows_in(self._store, desk, folders)
        size = 2000
        chunks = [folders[at : at + size] for at in range(0, len(folders), size)]
        clone, url = str(self._store.clone), self._store.remote.url
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            done = pool.map(partial(rows_elsewhere, clone, url, desk), chunks)
            return list(chain.from_iterable(done))

    def _record(self, heads: Heads, epic: str) -> Record:
        try:
            return self._store.record(heads.ledger, epic)
        except ContentError:
            return Record(epic=epic)

    def _twins(self, epic_id: str | None) -> Iterator[Problem]:
        query = "SELECT id, group_concat(path, ' and ') FROM epics"
        where, args = (" WHERE id = ?", (epic_id,)) if epic_id is not None else ("", ())
        grouped = query + where + " GROUP BY id HAVING count(*) > 1"
        for name, paths in self._db.execute(grouped, args).fetchall():
            for path in paths.split(" and "):
                message = f"The epic id {name} is used by {paths}: neither goes out."
                yield Problem(f"{path}/epic.yaml", 0, 0, message, "Rename one of the folders.")

    def _wake(self, epic: str, at: float | None) -> None:
        if at is None:
            self._db.execute("DELETE FROM wake WHERE id = ?", (epic,))
        else:
            self._db.execute("INSERT OR REPLACE INTO wake VALUES (?, ?)", (epic, at))

    def _wake_sooner(self, epic: str, at: float) -> None:
        sooner = (
            "INSERT INTO wake VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET at = min(at, excluded.at)"
        )
        self._db.execute(sooner, (epic, at))

    def _is_there(self, epic_id: str) -> bool:
        found = self._db.execute("SELECT 1 FROM epics WHERE id = ? LIMIT 1", (epic_id,))
        return found.fetchone() is not None

    def _row_id(self, path: str) -> str | None:
        row = self._db.execute("SELECT id FROM epics WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def _save_heads(self, heads: Heads, desk_id: str) -> None:
        pairs = (("main", heads.main), ("ledger", heads.ledger or ""), ("desk", desk_id))
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", pairs)
        self.heads = heads

    def _heads_seen(self) -> Heads | None:
        main = self._meta("main")
        return Heads(main, self._meta("ledger") or None) if main else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        before = self.heads
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self.heads = before
            raise
        self._db.execute("COMMIT")

    def _opened(self) -> sqlite3.Connection:
        """Open the file; an old, broken or missing one is begun anew."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for _again in range(2):
            db = sqlite3.connect(self._path, isolation_level=None, timeout=10.0)
            try:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
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
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        raise RuntimeError(f"{self._path} cannot be opened")


def _since(delivery: Delivery) -> float:
    """When a delivery took its place: its last sign of life."""
    times = [part.at for part in delivery.parts]
    times += [delivery.claim.due] if delivery.claim else []
    times += [delivery.doubt.last_called_at] if delivery.doubt else []
    times += [attempt.at for attempt in delivery.attempts[-1:]]
    return max(times, default=_LONG_AGO).timestamp()
