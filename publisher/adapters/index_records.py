"""What the index keeps of the ledger: which delivery is where, and which epics are at rest."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from publisher.domain.delivery import Delivery, DeliveryStatus, Record
from publisher.domain.errors import ContentError

if TYPE_CHECKING:
    from publisher.adapters.git_store import GitStore

_TABLES = ("occupied", "live", "claimed", "settled")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Kept(NamedTuple):
    """One ledger entry's rows. `settled` names its deliveries once each is published and at rest.

    `occupied` has key, place, fingerprint, since (UTC seconds); `live` has key, place, post.
    """

    epic: str
    settled: str
    claimed: bool
    occupied: list[tuple[str, str, str, float]]
    live: list[tuple[str, str, str]]


def kept_of(record: Record) -> Kept:
    deliveries = record.deliveries.values()
    at_rest = (
        bool(deliveries) and not record.media and all(_rests(delivery) for delivery in deliveries)
    )
    return Kept(
        epic=record.epic,
        settled=names_of((d.key.task, d.key.profile) for d in deliveries) if at_rest else "",
        claimed=bool(record.media) or any(delivery.claim for delivery in deliveries),
        occupied=[
            (str(delivery.key), delivery.place, delivery.fingerprint, _since(delivery))
            for delivery in deliveries
            if delivery.occupies and delivery.fingerprint
        ],
        live=[
            (str(delivery.key), delivery.place, part.id)
            for delivery in deliveries
            for part in delivery.parts
            if part.id
        ],
    )


def names_of(deliveries: Iterable[tuple[str, str]]) -> str:
    """One text for a set of deliveries of an epic (task, profile): equal for equal sets."""
    return " ".join(sorted(f"{task}/{profile}" for task, profile in deliveries))


def read_records(store: "GitStore", entries: Sequence[tuple[str, str | None]]) -> list[Kept]:
    """The rows of ledger entries, by epic and blob; a broken or removed one keeps nothing."""
    found = []
    for epic, blob in entries:
        try:
            found.append(kept_of(store.record_in(blob, epic)))
        except ContentError:
            found.append(kept_of(Record(epic=epic)))
    return found


class RecordTables:
    """The tables of the index that are made of the ledger."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def forget_all(self) -> None:
        for table in _TABLES:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def replace(self, kept: Kept) -> None:
        for table in _TABLES:
            self._db.execute(f"DELETE FROM {table} WHERE epic = ?", (kept.epic,))  # noqa: S608
        self.add([kept])

    def add(self, entries: Sequence[Kept]) -> None:
        """Keep entries of which nothing is kept yet."""
        add = self._db.executemany
        occupied = [(kept.epic, *row) for kept in entries for row in kept.occupied]
        add("INSERT INTO occupied VALUES (?, ?, ?, ?, ?)", occupied)
        live = [(kept.epic, *row) for kept in entries for row in kept.live]
        add("INSERT INTO live VALUES (?, ?, ?, ?)", live)
        claimed = [(kept.epic,) for kept in entries if kept.claimed]
        add("INSERT INTO claimed VALUES (?)", claimed)
        settled = [(kept.epic, kept.settled) for kept in entries if kept.settled]
        add("INSERT INTO settled VALUES (?, ?)", settled)

    def settled(self) -> dict[str, str]:
        """The epics of which everything is published and at rest, with those deliveries."""
        return dict(self._db.execute("SELECT epic, deliveries FROM settled").fetchall())

    def occupied(self, place: str, fingerprint: str, since: datetime) -> Iterator[str]:
        rows = self._db.execute(
            "SELECT key FROM occupied WHERE place = ? AND print = ? AND at >= ?",
            (place, fingerprint, since.timestamp()),
        )
        yield from (key for (key,) in rows.fetchall())

    def owner_of(self, place: str, post: str) -> str | None:
        row = self._db.execute(
            "SELECT key FROM live WHERE place = ? AND post = ?", (place, post)
        ).fetchone()
        return row[0] if row else None


def _rests(delivery: Delivery) -> bool:
    """Whether only an edit of its epic can make a look at it worth while."""
    open_ = delivery.claim or delivery.doubt or delivery.gone
    return delivery.status is DeliveryStatus.PUBLISHED and not open_


def _since(delivery: Delivery) -> float:
    """When a delivery took its place: its last sign of life."""
    times = [part.at for part in delivery.parts]
    times += [delivery.claim.due] if delivery.claim else []
    times += [delivery.doubt.last_called_at] if delivery.doubt else []
    times += [attempt.at for attempt in delivery.attempts[-1:]]
    return max(times, default=_LONG_AGO).timestamp()
