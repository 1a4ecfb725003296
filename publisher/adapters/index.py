"""The index: what must be looked at when. SQLite beside the clone; may be thrown away any time.

It makes an idle tick one query, and a start as fast as opening a file: only what changed since
the last seen commits is read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path

from publisher.adapters.clock import wall_clock
from publisher.adapters.git_store import GitStore
from publisher.adapters.index_file import open_index
from publisher.adapters.index_records import RecordTables, kept_of, read_records
from publisher.adapters.index_rows import Row, parsed, problems_in, read_rows
from publisher.adapters.index_wakes import Wakes
from publisher.adapters.readers import Readers
from publisher.domain.delivery import Record
from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ContentError
from publisher.domain.policy import Policy
from publisher.domain.problems import Problem
from publisher.files.folder import twin_problem
from publisher.ports import Heads

# An index that was lost looks at what is at rest as well, but in its own time: seconds.
_AT_REST_AFTER, _AT_REST_EVERY = 60.0, 0.05


class SqliteIndex:
    """The Index port."""

    def __init__(self, path: Path, store: GitStore, policy: Callable[[Desk], Policy]) -> None:
        self._store = store
        self._policy_of = policy
        self._db = open_index(path)
        self._records, self._wakes = RecordTables(self._db), Wakes(self._db)
        self.heads: Heads | None = self._heads_seen()
        self._desk: Desk | None = None
        self._desk_id = ""

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
        """Read what changed since the commits that this or another process has seen last."""
        seen = self._heads_seen()
        if seen == heads == self.heads:
            return
        desk_id = self._store.desk_id(heads.main)
        if self._desk is None or desk_id != self._desk_id:
            self._desk, self._desk_id = self._store.desk(heads.main), desk_id
        if seen == heads:
            self.heads = heads
            return
        desk, same_desk = self._desk, desk_id == self._meta("desk")
        since = seen.main if seen and same_desk and self._store.has(seen.main) else None
        known = seen.ledger if seen and seen.ledger and self._store.has(seen.ledger) else None
        with self._transaction(), Readers(self._store) as readers:
            if known is None or known != heads.ledger:
                self._read_records(readers, known, heads)
            if since != heads.main:
                self._read_epics(readers, since, heads, desk)
            self._save_heads(heads, desk_id)

    def advance(self, heads: Heads, records: Iterable[Record]) -> None:
        """Our own push went through: take over what it wrote without reading it again."""
        with self._transaction():
            for record in records:
                self._records.replace(kept_of(record))
            self._save_heads(heads, self._store.desk_id(heads.main))

    def due(self, now: datetime) -> list[str]:
        """The epics that must be looked at by now, the most urgent first."""
        return self._wakes.due(now)

    def guarded_by(self, generation: str) -> None:
        """Another Redis guards from now on: every epic with an open claim must be looked at."""
        if self._meta("generation") == generation:
            return
        with self._transaction():
            self._wakes.claimed_at_once()
            row = ("generation", generation)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)

    def trusts(self, keys: str) -> None:
        """Other keys sign from now on, so other approvals count: look at whatever has a time."""
        if self._meta("keys") == keys:
            return
        with self._transaction():
            self._wakes.scheduled(self._lead(self.desk))
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('keys', ?)", (keys,))

    def set_wake(self, wakes: Iterable[tuple[str, datetime | None]]) -> None:
        with self._transaction():
            for epic, at in wakes:
                self._wakes.set(epic, at.timestamp() if at else None)

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

    def path_of(self, epic_id: str) -> str:
        row = self._db.execute(
            "SELECT path FROM epics WHERE id = ? ORDER BY path", (epic_id,)
        ).fetchone()
        return row[0] if row else ""

    def trees(self) -> Mapping[str, tuple[str, str]]:
        rows = self._db.execute(
            "SELECT id, path, tree FROM epics WHERE id <> '' ORDER BY path DESC"
        ).fetchall()
        return {epic: (path, tree) for epic, path, tree in rows}

    def ids(self) -> list[str]:
        """Every epic on main, broken ones too."""
        return [
            i
            for (i,) in self._db.execute("SELECT DISTINCT id FROM epics WHERE id <> '' ORDER BY id")
        ]

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

    def contested(self, epic_id: str) -> str:
        row = self._db.execute("SELECT why FROM contested WHERE epic = ?", (epic_id,)).fetchone()
        return row[0] if row else ""

    def occupied(self, place: str, fingerprint: str, since: datetime) -> Iterator[str]:
        """Deliveries that have, or may have, put this content on this account since then."""
        yield from self._records.occupied(place, fingerprint, since)

    def owner_of(self, place: str, post: str) -> str | None:
        """The delivery that a post on an account is known to be."""
        return self._records.owner_of(place, post)

    def _read_records(self, readers: Readers, known: str | None, heads: Heads) -> None:
        """Take in what changed in the ledger; with nothing known, what is at rest can wait."""
        changed = list(self._store.changed_records(known, heads.ledger))
        if known is None:
            self._records.forget_all()
        for entries in readers.read(read_records, changed):
            if known is None:
                self._records.add(entries)
            else:
                for kept in entries:
                    self._records.replace(kept)
            at_once = [k.epic for k in entries if known is not None or not k.settled]
            self._wakes.at_once(at_once)

    def _read_epics(self, readers: Readers, since: str | None, heads: Heads, desk: Desk) -> None:
        changed = list(self._store.changed_epics(since, heads.main))
        now = {path: tree for path, tree in changed if tree}
        before = self._rows_of([path for path, _tree in changed] if since else None)
        settled = self._records.settled() if since is None else {}
        gone = [path for path in before if path not in now]
        self._db.executemany("DELETE FROM epics WHERE path = ?", ((path,) for path in gone))
        turns = count(wall_clock() + _AT_REST_AFTER, _AT_REST_EVERY)
        fresh: list[str] = []
        for rows in readers.read(partial(read_rows, desk), list(now.items())):
            self._db.executemany(
                "INSERT OR REPLACE INTO epics VALUES (?, ?, ?, ?, ?, ?, ?)",
                [row[:7] for row in rows],
            )
            known = [(row, before.get(row.path, ("", ""))[1]) for row in rows]
            self._wakes.sooner(self._when(known, settled, turns, desk))
            fresh += [row.id for row, tree in known if row.id and not tree]
            gone += [row.path for row, tree in known if tree and before[row.path][0] != row.id]
        vanished = {before[path][0] for path in gone} - {""}
        self._wakes.at_once(vanished)
        if since is None:
            self._wakes.claimed_at_once()
        self._suspect(fresh, {old for old in vanished if not self._is_there(old)}, heads)

    def _lead(self, desk: Desk) -> float:
        """How many seconds before its time an epic must be looked at."""
        policy = self._policy_of(desk)
        return (policy.ahead + policy.prepare_ahead).total_seconds()

    def _when(
        self,
        rows: Iterable[tuple[Row, str]],
        settled: Mapping[str, str],
        turns: Iterator[float],
        desk: Desk,
    ) -> Iterator[tuple[str, float]]:
        """When to look at epics that were read, each beside the tree that it had before.

        `settled` are ledger entries at rest: who wants nothing else waits for the next of `turns`.
        """
        lead = self._lead(desk)
        for row, tree in rows:
            if not row.id:
                continue
            if row.id in settled:
                yield row.id, next(turns) if settled[row.id] == row.deliveries else 0.0
            elif (tree and tree != row.tree) or (not tree and row.has_media):
                yield row.id, 0.0
            elif row.first is not None:
                yield row.id, row.first - lead

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
                    self._wakes.at_once([new])

    def _record(self, heads: Heads, epic: str) -> Record:
        try:
            return self._store.record(heads.ledger, epic)
        except ContentError:
            return Record(epic=epic)

    def _twins(self, epic_id: str | None) -> Iterator[Problem]:
        query = "SELECT id, group_concat(path, ' and ') FROM epics WHERE id <> ''"
        where, args = (" AND id = ?", (epic_id,)) if epic_id is not None else ("", ())
        grouped = query + where + " GROUP BY id HAVING count(*) > 1"
        for name, paths in self._db.execute(grouped, args).fetchall():
            files = [f"{path}/epic.yaml" for path in paths.split(" and ")]
            yield from (twin_problem(one, name, [f for f in files if f != one]) for one in files)

    def _is_there(self, epic_id: str) -> bool:
        found = self._db.execute("SELECT 1 FROM epics WHERE id = ? LIMIT 1", (epic_id,))
        return found.fetchone() is not None

    def _rows_of(self, paths: Sequence[str] | None) -> dict[str, tuple[str, str]]:
        """Id and tree of what is known of these folders; of all when None."""
        if paths is None:
            rows = self._db.execute("SELECT path, id, tree FROM epics").fetchall()
        else:
            query = "SELECT path, id, tree FROM epics WHERE path = ?"
            rows = [row for path in paths for row in self._db.execute(query, (path,)).fetchall()]
        return {path: (epic, tree) for path, epic, tree in rows}

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
