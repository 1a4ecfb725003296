"""The final read-through: a whole epic as it will appear, in order of time, under one digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher.domain.epic import Desk, Epic, Profile, Task
from publisher.domain.payload import Payload, payload_of
from publisher.domain.walltime import WallTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """One task on one account at its time (UTC); None while nothing schedules it."""

    task: Task
    profile: Profile
    at: datetime | None
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadThrough:
    """What the scheduler reads and confirms.

    `digest` covers the content, every time, and the time that was in force when it was read.
    """

    epic: Epic
    digest: str
    appearances: tuple[Appearance, ...]


def read_through(
    epic: Epic, desk: Desk, digests: Mapping[str, str], now_scheduled: WallTime | None
) -> ReadThrough:
    """`digests` are those of the tasks; `now_scheduled` is the time that main has of the epic."""
    shown = [
        Appearance(
            task=task,
            profile=desk.profiles[name],
            at=task.due,
            payload=payload_of(task, desk.profiles[name]),
        )
        for task, name in epic.deliveries()
        if name in desk.profiles
    ]
    shown.sort(key=lambda item: item.at or datetime.max.replace(tzinfo=UTC))
    times = [
        [task.id, digests[task.id], task.due.isoformat() if task.due else ""] for task in epic.tasks
    ]
    before = now_scheduled.utc.isoformat() if now_scheduled else ""
    digest = hashlib.sha256(json.dumps([before, times]).encode()).hexdigest()
    return ReadThrough(epic=epic, digest=digest, appearances=tuple(shown))
