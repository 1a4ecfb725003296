"""Scenes that lead through steps which an ordinary epic does not pass: faults, races, outages.

A scene merges an epic, does what it is about, and returns what must rest in the end. Everything a
scene breaks it repairs, whether or not the armed kill has happened.
"""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pygit2

from publisher.adapters.redis_gate import Keys, to_ms
from tests.crash.desk import CLASSES, Desk, Stuck, wait_for
from tests.crash.killpoints import Point

RICH = 19


@dataclass(frozen=True)
class Played:
    """An epic under way. `blamed`: deliveries that the scene itself put in doubt for good."""

    epic: str
    deliveries: int
    failing: int = 0
    blamed: frozenset[str] = frozenset()


Scene = Callable[[Desk, str], Played]


def ordinary(desk: Desk, order: str) -> Played:
    """Media, threads, containers, waits, refusals, lost answers: most steps are passed here."""
    return Played(desk.rich_epic(), RICH)


def refused_upload(desk: Desk, order: str) -> Played:
    """The platform is not ready for an upload that belongs to the call."""
    for plays in ("idempotent", "searchable", "blind"):
        account = f"{desk.name}-{plays}"
        desk.sandbox.fault("rate_limited", account, step="prepare", seconds=0.2)
    return ordinary(desk, order)


def misconfigured(desk: Desk, order: str) -> Played:
    """A profile whose secret nobody set: it fails before the call, for good."""
    name = f"{desk.name}-{desk._count + 1:04}"
    tasks = [{"id": "t", "profiles": [*CLASSES, "unset"], "body": f"{name} hello"}]
    return Played(desk.merge_epic(tasks), 5, failing=1)


def crowded_account(desk: Desk, order: str) -> Played:
    """Looking something up among many posts: the answer comes in pieces."""
    played = ordinary(desk, order)
    for plays in ("searchable", "idempotent"):
        for number in range(250):
            body = {"text": f"somebody else {number} {'.' * 1500}", "media": [], "reply_to": None}
            desk.sandbox.publish(plays, f"{desk.name}-{plays}", body)
    return played


def raced(desk: Desk, order: str) -> Played:
    """Somebody merges to main while our push is on its way."""
    desk.hook_remote(RACE)
    return ordinary(desk, order)


def push_without_answer(desk: Desk, order: str) -> Played:
    """The push arrives, its answer does not."""
    desk.hook_remote(DEAF, "post-receive")
    return ordinary(desk, order)


def someone_wrote_the_ledger(desk: Desk, order: str) -> Played:
    """A decision of a person, or another publisher, moved the ledger."""
    _ready(desk)
    desk.commit_to_ledger()
    return ordinary(desk, order)


def ledger_rolled_back(desk: Desk, order: str) -> Played:
    """Somebody reset the ledger's branch to an older commit."""
    _ready(desk)
    repo = pygit2.Repository(str(desk.remote.path))
    branch = repo.references["refs/heads/copydesk/ledger"]
    branch.set_target(repo[branch.target].parents[0].id)  # type: ignore[union-attr]
    return ordinary(desk, order)


def paused_at_the_gate(desk: Desk, order: str) -> Played:
    """Somebody pauses at once, while claims wait for their time."""
    played = _waiting(desk)
    keys = Keys(desk.repository)
    desk.client.set(keys.paused_now, "1")
    with suppress(Stuck):
        wait_for(lambda: desk.fired(order), "kill", within=4)
    desk.client.delete(keys.paused_now)
    return played


def redis_clock_behind(desk: Desk, order: str) -> Played:
    """By Redis's clock it is still too early, as after a step back."""
    played = _waiting(desk)
    keys = Keys(desk.repository)
    later = to_ms(datetime.now(UTC) + timedelta(seconds=3.5))
    for delivery in desk.remote.record(played.epic).deliveries.values():
        if delivery.claim and desk.client.exists(keys.claim(delivery.claim_id)):
            desk.client.hset(keys.claim(delivery.claim_id), "due", str(later))
    return played


def workers_told_to_stop(desk: Desk, order: str) -> Played:
    """The delivery workers get SIGTERM while claims wait: they give them back."""
    played = _waiting(desk)
    carriers = set(desk.carriers())
    workers = [p for p, w in desk.workers().items() if "--deliveries-only" in w]
    desk.signal(set(workers) - carriers, signal.SIGTERM)
    return played


def redis_away(desk: Desk, order: str) -> Played:
    """Redis dies while carriers wait for work and while a call is under way; then it is back."""
    desk.sandbox.latency(0.4)
    played = ordinary(desk, order)
    try:
        seen = len(desk.sandbox.posts())
        with suppress(Stuck):
            wait_for(lambda: len(desk.sandbox.posts()) > seen, "first post", within=5)
        blamed = desk.kill_redis_amid_calls()
        with suppress(Stuck):
            wait_for(lambda: desk.fired(order), "kill", within=3)
    finally:
        desk.sandbox.latency(0)
        desk.valkey.start()
    return Played(played.epic, played.deliveries, blamed=frozenset(blamed))


def scripts_forgotten(desk: Desk, order: str) -> Played:
    """Redis knows our scripts no more, as after a restart: each is sent once again."""
    desk.client.script_flush()
    return ordinary(desk, order)


def crowd(desk: Desk, order: str) -> Played:
    """More claims than one carrier takes."""
    at = (datetime.now(UTC) + timedelta(seconds=12)).replace(microsecond=0)
    return Played(desk.plain_epic(2300, at, ["idempotent"]), 2300)


def _ready(desk: Desk) -> None:
    """Something is in the ledger, and the leader has seen it."""
    epic = desk.plain_epic(1)
    desk.wait_for_rest(epic, 4)
    epic = desk.plain_epic(1)
    desk.wait_for_rest(epic, 4)


def _waiting(desk: Desk) -> Played:
    """An epic that is claimed and carried, three seconds before its time."""
    at = (datetime.now(UTC) + timedelta(seconds=3.5)).replace(microsecond=0)
    epic = desk.plain_epic(3, at)
    keys = Keys(desk.repository)

    def carried() -> bool:
        claims = [d.claim_id for d in desk.remote.record(epic).deliveries.values() if d.claim]
        return len(claims) == 12 and all(
            desk.client.hget(keys.claim(c), "caller") for c in claims if not c.startswith("-")
        )

    with suppress(Stuck):
        wait_for(carried, "claims", within=3)
    return Played(epic, 12)


# Hooks of the bare repository; each removes itself, so that it strikes once.

RACE = """#!/bin/sh
rm -f "$0"
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
export GIT_AUTHOR_NAME=Bo GIT_AUTHOR_EMAIL=b@x GIT_COMMITTER_NAME=Bo GIT_COMMITTER_EMAIL=b@x
for branch in main copydesk/ledger; do
  git rev-parse -q --verify refs/heads/$branch >/dev/null || continue
  new=$(git commit-tree -m "Bo was faster" -p refs/heads/$branch "refs/heads/$branch^{tree}")
  git update-ref refs/heads/$branch $new
done
"""
DEAF = """#!/bin/sh
rm -f "$0"
kill -9 $PPID
"""

_SCENES: tuple[tuple[str, str, str, Scene], ...] = (
    # module's last name, function, beginning of the code, scene
    ("carrier", "run", "self._pause()", crowd),
    ("carrier", "_pause", "", redis_away),
    ("carrier", "_taken", "self._pause()", redis_away),
    ("carrier", "_carry", "self._report(claim, claim.part, GiveUp(Fault(", misconfigured),
    ("carrier", "_call", "self._report(claim, part, ready)", refused_upload),
    ("carrier", "_gated", "self._report(claim, part, passed)", paused_at_the_gate),
    ("carrier", "_entered", "asyncio.sleep(word)", redis_clock_behind),
    ("carrier", "_report", "asyncio.sleep(REDIS_AWAY)", redis_away),
    ("redis_lane", "_answers", "script(", scripts_forgotten),
    ("http", "send", "answer.content.read(_LARGEST_ANSWER + 1 -", crowded_account),
    ("round", "_round", "self.rest(", raced),
    ("round", "_round", "self.store.sync(force=True)", raced),
    ("git_store", "_after_silence", "", push_without_answer),
    ("git_store", "_ledger", "self.objects.is_ancestor(seen, there)", someone_wrote_the_ledger),
    ("git_store", "_ledger", "self.objects.set_ref(SEEN, there)", someone_wrote_the_ledger),
    ("git_store", "_ledger", "self.objects.is_ancestor(there, seen)", ledger_rolled_back),
    ("git_store", "_ledger", "self.remote.", ledger_rolled_back),
)


def scene_for(point: Point) -> Scene:
    """The scene in which a point is passed."""
    if point.function == "_wake_all" and point.when == "after":
        return workers_told_to_stop
    for module, function, code, scene in _SCENES:
        where = (point.module.rpartition(".")[2], point.function)
        if where == (module, function) and point.code.startswith(code):
            return scene
    return ordinary


def pause_for(seconds: float) -> None:
    """For what only time brings, such as a lease that ends."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
