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
MOST_PROCESSES = 60
MOST_FAULTS = 10

# Steps that cannot be passed in a healthy program, each with its reason.
EXCUSED = (
    ("carrier", "_carry", "self._report(claim, claim.part, GiveUp(fault))", "", "only by a bug"),
    ("index", "_transaction", "self._db.execute('ROLLBACK')", "", "only when SQLite or git break"),
)


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
            desk = Desk(f"d{number}-{self.name}", deliverers=DELIVERERS, timing=self.timing)
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
        for point, who in orders:
            if len(self.faults) >= MOST_FAULTS:
                return
            try:
                faults = self._one(desk, point, who)
                faults += _too_many(desk)
            except Stuck as stuck:
                self.faults.append(f"{point} [{who}]: {stuck}")
                raise
            self.faults += [f"{point} [{who}]: {fault}" for fault in faults]
            if os.environ.get("CRASH_TRACE"):
                line = f"{time.strftime('%H:%M:%S')} {desk.name} {point.name} {who} {faults}"
                sys.stderr.write(line + "\n")

    def _one(self, desk: Desk, point: Point, who: str) -> list[str]:
        """Play the point's scene with its kill armed; wait for rest; count."""
        if who == "late":
            # Once there is an answer to lose: a round without reports has little to do.
            played = scene_for(point)(desk, "")
            wait_for(lambda: desk.has_posts(played.epic), "first post")
            order = desk.arm(point.name, who)
        else:
            order = desk.arm(point.name, who)
            played = scene_for(point)(desk, order)
        if who == "stop":
            self._go_on(desk, order)
        record = desk.wait_for_rest(played.epic, played.deliveries, within=60)
        try:
            fired = wait_for(lambda: desk.fired(order), "kill", within=4)
        except Stuck:
            desk.disarm()
            fired = None
            self.missed.append(f"{point} [{who}]")
        if fired:
            desk.tally.kills += 1
            desk.tally.in_flight += len(fired["calling"])
            self.died_at.add(point.name)
            if who == "stop":
                self._settled(desk, fired["pid"])
                record = desk.wait_for_rest(played.epic, played.deliveries)
        blamed = keys_of(fired["calling"]) if fired else set()
        tally = desk.count(_without_failing(record, played), blamed | played.blamed)
        faults = tally.faults
        if who == "child" and not played.blamed:
            # Its worker saw it die: that is the proof that lets a searchable platform go on.
            faults += [
                f"unconfirmed although the caller is proven dead: {d.key}"
                for d in record.deliveries.values()
                if d.status is S.UNCONFIRMED and d.key.profile == "searchable"
            ]
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
    alive = [str(p) for p in points if p.name in wanted - run.died_at]
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
