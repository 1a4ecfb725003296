"""Epics that are out already: their files on main and their entries in the ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.content import File, epic_file
from publisher.domain.delivery import Attempt, Delivery, DeliveryStatus, Key, LivePart, Record
from publisher.domain.epic import Epic
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.files.ledger_file import dump_record, ledger_path
from publisher.files.status_file import dump_status

THEN = datetime(2026, 1, 1, 9, tzinfo=UTC)
PROFILES = ("social", "feed")
_SHOWN = "000000"  # the number of the epic that the others are copied from


def main_files(numbers: range) -> Iterator[File]:
    """epic.yaml and the status.yaml that a round would write."""
    status = dump_status(_epic(), _record(), {})
    for number in numbers:
        path, data = epic_file(number, THEN, PROFILES)
        yield path, data
        yield path.replace("epic.yaml", "status.yaml"), _numbered(status, number)


def ledger_files(numbers: range) -> Iterator[File]:
    entry = dump_record(_record())
    for number in numbers:
        path, _data = epic_file(number, THEN, PROFILES)
        folder = path.rpartition("/")[0]
        copied = entry.replace(_epic().path.encode(), folder.encode())
        yield ledger_path(folder.rpartition("/")[2]), _numbered(copied, number)


def _epic() -> Epic:
    path, data = epic_file(int(_SHOWN), THEN, PROFILES)
    folder = path.rpartition("/")[0]
    return read_epic(EpicFolder(path=folder, data=data, files={"epic.yaml": "file"}))


def _record() -> Record:
    epic = _epic()
    out = [
        Delivery(
            key=Key(epic.id, "teaser", profile),
            place=f"sandbox:{profile}",
            status=DeliveryStatus.PUBLISHED,
            seq=1,
            attempts=(Attempt(n=1, part=0, at=THEN, result="published", called_at=THEN),),
            parts=(LivePart(f"post-{_SHOWN}", f"https://example.com/{_SHOWN}", THEN),),
            digest=_SHOWN * 11,
            fingerprint=_SHOWN * 11,
        )
        for profile in PROFILES
    ]
    deliveries = {delivery.key: delivery for delivery in out}
    return Record(epic=epic.id, path=epic.path, title=epic.title, deliveries=deliveries)


def _numbered(data: bytes, number: int) -> bytes:
    return data.replace(_SHOWN.encode(), f"{number:06d}".encode())
