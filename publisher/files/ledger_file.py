"""The ledger's file for one epic: JSON, one field a line, so that `git log -p` can be read."""

import hashlib
import json

import msgspec

from publisher.domain.delivery import Delivery, Record
from publisher.domain.errors import ContentError
from publisher.domain.media import UnreadyMedia
from publisher.domain.problems import Problem
from publisher.files.codec import from_plain, to_plain

FORMAT = 1


def ledger_path(epic: str) -> str:
    """Where the branch keeps an epic: spread over 256 folders, whatever people do to theirs."""
    shard = hashlib.sha256(epic.encode()).hexdigest()[:2]
    return f"epics/{shard}/{epic}.json"


def epic_of(path: str) -> str | None:
    """The epic that a path of the ledger belongs to; None for its other files."""
    if path.startswith("epics/") and path.endswith(".json"):
        return path.rsplit("/", 1)[1].removesuffix(".json")
    return None


def dump_record(record: Record) -> bytes:
    plain = {
        "format": FORMAT,
        "epic": record.epic,
        "path": record.path,
        "title": record.title,
        "deliveries": [to_plain(delivery) for delivery in record.deliveries.values()],
    }
    if record.withdrawn:
        plain["withdrawn"] = list(record.withdrawn)
    if record.media:
        plain["media"] = [to_plain(media) for media in record.media]
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode()


def load_record(data: bytes, path: str) -> Record:
    """Read what `dump_record` wrote; raise ContentError when a person has broken it."""
    try:
        plain = msgspec.json.decode(data)
        if plain["format"] > FORMAT:
            raise ValueError(f"format {plain['format']} is newer than this Copydesk")  # noqa: TRY301
        deliveries = [from_plain(item, Delivery) for item in plain["deliveries"]]
        return Record(
            epic=plain["epic"],
            path=plain.get("path", ""),
            title=plain.get("title", ""),
            deliveries={delivery.key: delivery for delivery in deliveries},
            withdrawn=from_plain(plain.get("withdrawn", ()), tuple[str, ...]),
            media=tuple(from_plain(item, UnreadyMedia) for item in plain.get("media", ())),
        )
    except (ValueError, KeyError, TypeError) as error:
        hint = "Restore the branch from its history: Copydesk publishes nothing of this epic."
        raise ContentError(
            (Problem(path, 0, 0, f"The ledger entry is broken: {error}.", hint),)
        ) from error
