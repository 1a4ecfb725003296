"""1,000 deliveries due at the same instant, on a platform that takes 300 ms for each."""

import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Self

from benchmarks import rq_peer
from benchmarks.content import epic_file
from benchmarks.figures import Figure, Peer, at_most
from benchmarks.ground import Ground, deliveries, wait_until, whole_second
from benchmarks.processes import children, cpu
from publisher.domain.delivery import DeliveryStatus

COUNT = 1000
CONNECTIONS = 100
LATENCY = 0.3
PREPARED_WITHIN = 20.0
STOCK_WORKERS = 16
BEST = ceil(COUNT / CONNECTIONS) * LATENCY


def burst(folder: Path) -> Iterator[Figure]:
    """The product with one carrier, then stock RQ with 16 forking workers."""
    with Ground(folder) as ground:
        ground.ask("PUT", "/control/defaults", {"latency": LATENCY})
        total, carrier_cpu, note = _ours(ground)
        ground.ask("DELETE", "/control/everything")
        ground.ask("PUT", "/control/defaults", {"latency": LATENCY})
        stock = _stock(ground)
    yield at_most(
        f"{COUNT} deliveries at once, due time to the last call's end, over the ideal {BEST:g} s",
        [total / BEST],
        "×",
        1.15,
        note=f"{total:.2f} s; {note}",
    )
    yield at_most("CPU of the carrier", [carrier_cpu * 1000 / COUNT], "ms a delivery", 1.0)
    yield Figure(
        what="the same burst in all",
        value=total,
        unit="s",
        peer=Peer(name=f"{STOCK_WORKERS} stock RQ workers, one job a delivery", value=stock),
        ratio=f"{stock / total:.1f}× faster",
        goal="at least 6× faster",
        met=stock / total >= 6,
    )


def _ours(ground: Ground) -> tuple[float, float, str]:
    """Seconds in all, the carrier's CPU seconds, and what else is worth knowing."""
    due = whole_second(PREPARED_WITHIN)
    ground.desk(epic_file(number, due, ["social"]) for number in range(COUNT))
    app = ground.app()
    before = cpu(ground.sandbox_pid)
    with ground.workers(1) as leader, _Watch(leader) as watch:
        wait_until(lambda: ground.requests()["publish"] >= COUNT, 120, "the burst", every=2.0)
        served = cpu(ground.sandbox_pid) - before

        def written() -> bool:
            known = deliveries(app)
            return len([d for d in known if d.status is DeliveryStatus.PUBLISHED]) == COUNT

        wait_until(written, 60, "the last status commit", every=1.0)
        done = deliveries(app)
        wait_until(watch.ended, 30, "the end of the carrier")
    called = [a.called_at for d in done for a in d.attempts if a.called_at]
    ends = [a.at for d in done for a in d.attempts]
    if ground.requests()["publish"] != COUNT or min(called) < due:
        raise RuntimeError("a delivery was early, or sent twice")
    note = (
        f"last call begun {(max(called) - due).total_seconds():.2f} s after the due time,"
        f" CPU of the sandbox {served:.2f} s, of carriers that found nothing {watch.others:.2f} s"
    )
    return (max(ends) - due).total_seconds(), watch.seconds, note


class _Watch(threading.Thread):
    """Follows the carriers of a worker group: the CPU that they have used."""

    def __init__(self, leader: "subprocess.Popen[bytes]") -> None:
        super().__init__(daemon=True)
        self._leader = leader.pid
        self._used: dict[int, float] = {}
        self._alive = 0
        self._over = threading.Event()

    @property
    def seconds(self) -> float:
        """The CPU of the one that carried; a later one finds nothing to take."""
        return max(self._used.values())

    @property
    def others(self) -> float:
        return sum(self._used.values()) - self.seconds

    def ended(self) -> bool:
        return bool(self._used) and not self._alive

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.2):
            alive = [pid for worker in children(self._leader) for pid in children(worker)]
            self._alive = len(alive)
            for pid in alive:
                self._used[pid] = max(cpu(pid), self._used.get(pid, 0.0))


def _stock(ground: Ground) -> float:
    """Seconds from the moment that the last job is queued to the last call's end."""
    with rq_peer.stock_workers(ground.redis_url, STOCK_WORKERS):
        queue = rq_peer.queue(ground.redis_url)
        jobs = [
            queue.prepare_data(
                rq_peer.post,
                args=(ground.sandbox_url, "social", f"Campaign {n}", f"peer/{n}"),
                result_ttl=0,
            )
            for n in range(COUNT)
        ]
        queue.enqueue_many(jobs)
        begun = datetime.now(UTC)
        wait_until(lambda: ground.requests()["publish"] >= COUNT, 300, "the stock burst", every=1.0)
    last = max(float(post["received_at"]) for post in ground.posts())
    return last + LATENCY - begun.timestamp()
