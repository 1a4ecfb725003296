"""How soon work goes on after a worker and its child were killed, with the default time-outs."""

import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rq.defaults import DEFAULT_MAINTENANCE_TASK_INTERVAL
from rq.registry import StartedJobRegistry

from benchmarks import rq_peer
from benchmarks.content import epic_file
from benchmarks.figures import Figure, Peer, at_most
from benchmarks.ground import Ground, deliveries, wait_until, whole_second
from benchmarks.processes import children, kill
from publisher.domain.delivery import DeliveryStatus

TIMES = 3
LIMIT = 12.0
SLOW = 20.0
BEFORE_DUE = 0.5
PREPARED_WITHIN = 12.0


def recovery(folder: Path) -> Iterator[Figure]:
    """SIGKILL before the call, during it (idempotent platform), and a call that takes 20 s."""
    with Ground(folder / "peer") as ground:
        peer = Peer(name="stock RQ, at the earliest (see note)", value=_stock(ground))
    note = (
        "the peer's figure is read from its own registry right after the kill: the seconds until"
        " the job counts as lost. A living worker looks only every"
        f" {DEFAULT_MAINTENANCE_TASK_INTERVAL} s (rq.defaults); a full run measured 813 s"
    )
    for what, act in (("before the call", _before), ("during the call", _during)):
        seconds = [act(folder / f"{act.__name__}-{n}") for n in range(TIMES)]
        name = f"killed {what}, until the platform hears from us again"
        yield at_most(name, seconds, "s", LIMIT, peer=peer, note=note)
    yield _slow(folder / "slow")


def _before(folder: Path) -> float:
    """Kill while the claim waits for its time; the wait for the due time is not counted."""
    with Ground(folder) as ground:
        due = _one_epic(ground)
        with ground.workers(2) as leader:
            _until(due, -BEFORE_DUE)
            killed = _kill_carriers(leader)
            wait_until(lambda: bool(ground.posts()), 60, "the call")
            _once(ground)
            return float(ground.posts()[0]["received_at"]) - killed


def _during(folder: Path) -> float:
    """Kill while the platform takes its time; it has accepted the post, nobody hears that."""
    with Ground(folder) as ground:
        due = _one_epic(ground)
        ground.ask("PUT", "/control/defaults", {"latency": 6.0})
        with ground.workers(2) as leader:
            _until(due, 1.0)
            if ground.requests()["publish"] != 1:
                raise RuntimeError("the call has not begun")
            killed = _kill_carriers(leader)
            wait_until(lambda: ground.requests()["look_up"] > 0, 60, "a look-up", every=0.05)
            resumed = time.time() - killed
            _once(ground)
            return resumed


def _slow(folder: Path) -> Figure:
    """The lease is 9 s: only the heartbeat keeps a call of 20 s from being taken for lost."""
    with Ground(folder) as ground:
        _one_epic(ground)
        ground.ask("PUT", "/control/defaults", {"latency": SLOW})
        with ground.workers(2):
            _once(ground, within=90)
        calls = ground.requests()
    asked = calls["publish"] + calls["look_up"]
    return Figure(
        what=f"requests for one post whose call takes {SLOW:g} s",
        value=asked,
        unit="",
        goal="exactly 1: the claim is kept by heartbeat",
        met=asked == 1,
    )


def _one_epic(ground: Ground) -> datetime:
    due = whole_second(PREPARED_WITHIN)
    ground.desk([epic_file(0, due, ["social"])])
    return due


def _kill_carriers(leader: "subprocess.Popen[bytes]") -> float:
    """Kill every delivery worker that has a child, and the child; return the time."""
    found = [(worker, child) for worker in children(leader.pid) for child in children(worker)]
    if not found:
        raise RuntimeError("no carrier is running")
    for pair in found:
        kill(*pair)
    return time.time()


def _once(ground: Ground, within: float = 60) -> None:
    """Wait until the ledger says published; exactly one post must exist."""
    app = ground.app()

    def published() -> bool:
        return [d.status for d in deliveries(app)] == [DeliveryStatus.PUBLISHED]

    wait_until(published, within, "the end of the delivery")
    if len(ground.posts()) != 1:
        raise RuntimeError(f"sent {len(ground.posts())} times")


def _until(due: datetime, offset: float) -> None:
    left = (due - datetime.now(UTC)).total_seconds() + offset
    time.sleep(max(left, 0))


def _stock(ground: Ground) -> float:
    """Kill a stock worker and its child in a job; the seconds its registry still believes in it."""
    with rq_peer.stock_workers(ground.redis_url, 1) as workers:
        queue = rq_peer.queue(ground.redis_url)
        queue.enqueue(rq_peer.rest, 60)
        registry = StartedJobRegistry(queue=queue)
        _appears(lambda: registry.count == 1 and bool(children(workers[0])))
        kill(*children(workers[0]), workers[0])
        latest: Any = queue.connection.zrange(registry.key, -1, -1, withscores=True)
        return float(latest[0][1]) - time.time()


def _appears(true: Callable[[], bool]) -> None:
    wait_until(true, 30, "the stock job")
