"""Die at every step of a delivery and of a round, one after the other, and lose nothing.

The points come from the source (killpoints.py), so a new step is a new point; the run fails when
one was never passed. Several desks share the work; each serves many points, one at a time.
"""

import os
import random
import re
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from publisher.domain.delivery import Record
from tests.crash import killpoints
from tests.crash.desk import HASTY, ROOT, Desk, S, Stuck, Tally, keys_of, wait_for
from tests.crash.killpoints import Point
from tests.crash.scenes import Played, crowd, ordinary, redis_away, scene_for
from tests.crash.totals import TOTALS

pytestmark = pytest.mark.crash

DESKS = int(os.environ.get("CRASH_DESKS", "4"))
EVERY = int(os.environ.get("CRASH_SAMPLE", "9"))
DELIVERERS = 1
ONLY = os.environ.get("CRASH_ONLY", "")  # a regular expression over points, to look at a few
SEED = int(os.environ.get("CRASH_SEED", "20261121"))
PAST_THE_LEASE = 3.0
PATIENCE = 90.0  # seconds for an epic to come to rest, on a machine that is busy with other desks
OVERLAP = 3  # epics of one desk that may be recovering while the next kill strikes
MOST_PROCESSES = 60
MOST_FAULTS = 10

# Steps that cannot be passed in a healthy program, each with its reason.
EXCUSED = (
    ("carrier", "_carry", "self._report(claim, claim.part, GiveUp(fault))", "", "only by a bug"),
    (
        "carrier",
        "_carry",
        "self._report(claim, claim.part, Retry(fault))",
        "",
        "only when the media store does not answer",
    ),
    ("index", "_transaction", "self._db.execute('ROLLBACK')", "", "only when SQLite or git break"),
)


_Order = tuple[Point, str, Played]


def excused(point: Point) -> str:
    for module, function, code, when, why in EXCUSED:
        where = (point.module.rpartition(".")[2], point.function)
        if where == (module, function) and point.code == code and when in {"", point.when}:
            return why
    return ""


@dataclass
class Run:
    """A queue of orders that several desks work on; what went wrong is gathered."""

    name: str
    orders: Sequence[tuple[Point, str]]
    desks: int = DESKS
    timing: str = HASTY
    fresh: bool = False  # a new desk for each order, whose first epic it is
    hit: set[str] = field(default_factory=set)
    died_at: set[str] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    faults: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    _queue: "SimpleQueue[tuple[Point, str]]" = field(default_factory=SimpleQueue)

    def work(self) -> "Run":
        started = time.monotonic()
        for order in self.orders:
            self._queue.put(order)
        threads = [
            threading.Thread(target=self._desk, args=(number,)) for number in range(self.desks)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        TOTALS.add(self.name, self.tally, time.monotonic() - started)
        return self

    def _desk(self, number: int) -> None:
        if self.fresh:
            for at, (point, who) in enumerate(self.orders):
                self._serve_on(Desk(f"f{at}-{self.name}"), [(point, who)])
        else:
            desk = Desk(
                f"d{number}-{self.name}", deliverers=DELIVERERS, timing=self.timing, restarts=True
            )
            self._serve_on(desk, iter(self._next, None))

    def _next(self) -> tuple[Point, str] | None:
        with suppress(Empty):
            return self._queue.get_nowait()
        return None

    def _serve_on(self, desk: Desk, orders: Iterable[tuple[Point, str]]) -> None:
        try:
            with desk:
                desk.group()
                try:
                    self._serve(desk, orders)
                finally:
                    self.hit |= set(killpoints.hits_in(desk.kills))
                    self.tally.add(desk.tally)
        except Stuck:
            pass  # told already; the desk's log is kept
        except Exception as error:  # noqa: BLE001 - told by the test, in its own thread
            self.faults.append(f"the desk itself: {error!r}")

    def _serve(self, desk: Desk, orders: Iterable[tuple[Point, str]]) -> None:
        if not self.fresh:
            desk.wait_for_rest(desk.plain_epic(1), 4)
        under_way: list[_Order] = []
        for point, who in orders:
            if len(self.faults) >= MOST_FAULTS:
                return
            overlaps = not self.fresh and who in {"child", "late"} and _overlaps(point)
            while under_way and (len(under_way) >= OVERLAP or not overlaps):
                self._told(desk, *under_way.pop(0))
            try:
                if overlaps:
                    under_way.append(self._begun(desk, point, who))
                else:
                    self._say(point, who, self._one(desk, point, who) + _too_many(desk))
            except Stuck as stuck:
                self.faults.append(f"{point} [{who}]: {stuck}")
                raise
        for order in under_way:
            self._told(desk, *order)

    def _say(self, point: Point, who: str, faults: Iterable[str]) -> None:
        found = [f"{point} [{who}]: {fault}" for fault in faults]
        self.faults += found
        if os.environ.get("CRASH_TRACE"):
            sys.stderr.write(
                f"{time.strftime('%H:%M:%S')} {self.name} {point.name} {who} {found}\n"
            )

    def _begun(self, desk: Desk, point: Point, who: str) -> "_Order":
        """Play the point's scene until its kill has struck; the next one strikes as it recovers."""
        order, played = self._played(desk, point, who)

        def struck_or_over() -> bool:
            resting = desk.resting(played.epic, played.deliveries)
            return bool(desk.fired(order) or resting)

        wait_for(struck_or_over, f"kill or rest\n{desk.story(played.epic)}", within=PATIENCE)
        self._struck(desk, point, who, order)
        return point, who, played

    def _told(self, desk: Desk, point: Point, who: str, played: Played) -> None:
        """Once that epic is at rest: what went wrong with it, whichever kill it was."""
        try:
            record = desk.wait_for_rest(played.epic, played.deliveries, within=PATIENCE)
        except Stuck as stuck:
            self.faults.append(f"{point} [{who}]: {stuck}")
            raise
        faults = desk.count(_without_failing(record, played), desk.blamed | played.blamed).faults
        self._say(point, who, [*faults, *_proven(record), *_too_many(desk)])

    def _played(self, desk: Desk, point: Point, who: str) -> tuple[str, Played]:
        """Arm the kill and play the scene; return the order and what must come to rest."""
        if who == "late":
            # Once there is an answer to lose: a round without reports has little to do.
            played = scene_for(point)(desk, "")
            wait_for(lambda: desk.has_posts(played.epic), "first post")
            return desk.arm(point.name, who), played
        order = desk.arm(point.name, who)
        return order, scene_for(point)(desk, order)

    def _struck(self, desk: Desk, point: Point, who: str, order: str) -> dict[str, Any] | None:
        """What the one who died knew; None if nobody did."""
        try:
            fired = wait_for(lambda: desk.fired(order), "kill", within=4)
        except Stuck:
            desk.disarm()
            self.missed.append(f"{point} [{who}]")
            return None
        desk.tally.kills += 1
        desk.tally.in_flight += len(fired["calling"])
        desk.blamed |= keys_of(fired["calling"])
        self.died_at.add(point.name)
        return fired

    def _one(self, desk: Desk, point: Point, who: str) -> list[str]:
        """Play the point's scene with its kill armed; wait for rest; count."""
        order, played = self._played(desk, point, who)
        if who == "stop":
            self._go_on(desk, order)
        record = desk.wait_for_rest(played.epic, played.deliveries, within=PATIENCE)
        fired = self._struck(desk, point, who, order)
        if fired and who == "stop":
            self._settled(desk, fired["pid"])
            record = desk.wait_for_rest(played.epic, played.deliveries)
        blamed = keys_of(fired["calling"]) if fired else set()
        faults = desk.count(_without_failing(record, played), blamed | played.blamed).faults
        if who == "child" and not played.blamed:
            faults += _proven(record)
        return faults

    def _go_on(self, desk: Desk, order: str) -> None:
        """Let a stopped process sleep past its lease, then continue it."""
        try:
            fired = wait_for(lambda: desk.fired(order), "stop", within=8)
        except Stuck:
            return
        wait_for(lambda: time.time() > fired["at"] + PAST_THE_LEASE, "end of the lease")
        desk.signal([fired["pid"]], signal.SIGCONT)

    def _settled(self, desk: Desk, pid: int) -> None:
        """Whatever the continued process still had to say is in the ledger."""
        reports = f"copydesk:{desk.repository}:reports"
        lived = time.monotonic() + 4

        def calm() -> bool:
            gone = pid not in desk.carriers() or time.monotonic() > lived
            return gone and not desk.client.hlen(reports)

        wait_for(calm, "end of the continued process")


def _proven(record: Record) -> list[str]:
    """Its worker saw the child die: that is the proof that lets a searchable platform go on."""
    return [
        f"unconfirmed although the caller is proven dead: {d.key}"
        for d in record.deliveries.values()
        if d.status is S.UNCONFIRMED and d.key.profile == "searchable"
    ]


def _too_many(desk: Desk) -> list[str]:
    """Replacing the dead must not breed: a group is a leader, its workers, their carriers."""
    workers = desk.workers()
    return [f"{len(workers)} processes in one group"] if len(workers) > MOST_PROCESSES else []


def _without_failing(record: Record, played: Played) -> Record:
    """Deliveries that are meant to fail are no losses."""
    failed = [d.key for d in record.deliveries.values() if d.status is S.FAILED]
    if len(failed) != played.failing:
        return record
    kept = {k: d for k, d in record.deliveries.items() if k not in failed}
    return Record(epic=record.epic, deliveries=kept)


def every_point() -> list[Point]:
    return [point for point in killpoints.points_of(ROOT) if re.search(ONLY, str(point))]


def _mixed(points: list[Point]) -> list[Point]:
    """In an order that spreads the slow ones over the desks."""
    mixed = list(points)
    random.Random(SEED).shuffle(mixed)
    return mixed


def _overlaps(point: Point) -> bool:
    """Not where an RQ worker dies and leaves an orphan, whose own death nobody could witness."""
    return scene_for(point) is ordinary and point.module != "publisher.adapters.rq_queue"


def _alone(point: Point) -> bool:
    """Steps that come once in the life of a ledger, or only in a crowd."""
    return scene_for(point) is crowd or "README" in point.code or "Begin the ledger" in point.code


def test_every_point_is_survived_and_every_point_was_passed() -> None:
    points = every_point()
    orders = [(p, "child") for p in points if not excused(p) and not _alone(p)]
    orders += [(p, "late") for p, _ in orders if not p.carried and scene_for(p) is ordinary]
    random.Random(SEED).shuffle(orders)
    run = Run("child", orders).work()
    TOTALS.points, TOTALS.hit = len(points), len(run.hit & {p.name for p in points})
    TOTALS.excused = sum(1 for p in points if p.name not in run.hit and excused(p))
    assert not run.faults, "\n".join(run.faults)
    wanted = {p.name for p in points if not excused(p) and not _alone(p)}
    never = [str(p) for p in points if p.name in wanted - run.hit]
    assert not never, "never passed:\n" + "\n".join(never)
    wrongly = [str(p) for p in points if p.name in run.hit and excused(p)]
    assert not wrongly, "excused, but passed:\n" + "\n".join(wrongly)
    # A kill that found its step passed already, by an epic that was still recovering, comes again.
    left = [(p, "child") for p in points if p.name in wanted - run.died_at]
    again = Run("again", left, desks=min(DESKS, len(left))).work() if left else run
    assert not again.faults, "\n".join(again.faults)
    alive = [str(p) for p, _ in left if p.name not in again.died_at]
    assert not alive, "nobody died at:\n" + "\n".join(alive)


def test_a_crowd_of_claims_survives_its_carrier() -> None:
    points = [p for p in every_point() if scene_for(p) is crowd]
    run = Run("crowd", [(p, "child") for p in points], desks=1, timing="").work()
    assert not run.faults, "\n".join(run.faults)
    assert not run.missed, "\n".join(run.missed)
    TOTALS.hit += len(run.hit & {p.name for p in points})


def test_the_first_commit_of_a_ledger_is_survived() -> None:
    points = [p for p in every_point() if _alone(p) and scene_for(p) is not crowd]
    run = Run("first", [(p, "child") for p in points], desks=1, fresh=True).work()
    assert not run.faults, "\n".join(run.faults)
    assert not run.missed, "\n".join(run.missed)


@pytest.mark.parametrize("who", ["both", "parent", "stop"])
def test_the_worker_dies_too_or_stands_still(who: str) -> None:
    """A sample: with its RQ worker, only the RQ worker, or stopped past its lease."""
    points = [
        p
        for p in every_point()
        if not excused(p)
        and not _alone(p)
        and scene_for(p) is not redis_away
        and (p.carried or (who == "stop" and p.module != "publisher.adapters.rq_queue"))
    ]
    sample = _mixed(points)[::EVERY]
    run = Run(who, [(p, who) for p in sample]).work()
    assert not run.faults, "\n".join(run.faults)
    assert not run.missed, "\n".join(run.missed)
