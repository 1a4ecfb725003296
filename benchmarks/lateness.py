"""How long after its due time a call begins, when nothing else is going on."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import rq_peer
from benchmarks.content import epic_file
from benchmarks.figures import Figure, Peer, percentile
from benchmarks.ground import Ground, wait_until, whole_second

COUNT = 100
WITHIN = 50
PREPARED_WITHIN = 14.0
GOAL = 100.0


def lateness(folder: Path) -> Iterator[Figure]:
    """100 deliveries at scattered seconds; then the same times with stock `enqueue_at`."""
    with Ground(folder) as ground:
        ours = _ours(ground)
        ground.ask("DELETE", "/control/everything")
        whole, fractions = _stock(ground)
    peer = "stock RQ enqueue_at with its scheduler"
    yield _shown(f"p99 of {COUNT} calls", ours, 99, peer, whole)
    yield _shown("p50", ours, 50, peer, whole)
    early = [sum(late < 0 for late in times) * 100 / len(times) for times in (ours, fractions)]
    yield Figure(
        what="calls begun early",
        value=early[0],
        unit="%",
        goal="never",
        met=early[0] == 0,
        peer=Peer(name=f"{peer}, due between seconds", value=early[1]),
        note=f"the peer's p99 there: {percentile(fractions, 99):.0f} ms; our schedules are whole"
        " seconds, our retries are not, and pass the same gate",
    )


def _shown(
    what: str, ours: Sequence[float], percent: int, peer: str, theirs: Sequence[float]
) -> Figure:
    value, other = percentile(ours, percent), percentile(theirs, percent)
    judged = percent == 99
    return Figure(
        what=f"start of the call after the due time, {what}",
        value=value,
        unit="ms",
        runs=tuple(sorted(ours)) if judged else (),
        goal=f"at most {GOAL:g} ms" if judged else "",
        met=value <= GOAL if judged else None,
        peer=Peer(name=peer, value=other),
        ratio=f"{other / value:.1f}× less late",
    )


def _ours(ground: Ground) -> list[float]:
    """Milliseconds from the due time to the arrival of each call at the platform."""
    start = whole_second(PREPARED_WITHIN)
    dice = random.Random(7)
    dues = [start + timedelta(seconds=dice.randrange(WITHIN)) for _ in range(COUNT)]
    ground.desk(epic_file(number, due, ["social"]) for number, due in enumerate(dues))
    with ground.workers(2):
        wait_until(lambda: ground.requests()["publish"] >= COUNT, 120, "the last call", every=1.0)
        posts = ground.posts()
    if len(posts) != COUNT:
        raise RuntimeError(f"{len(posts)} posts instead of {COUNT}")
    return [_late(post, dues[int(post["key"].split("/")[1].rpartition("-")[2])]) for post in posts]


def _stock(ground: Ground) -> tuple[list[float], list[float]]:
    """The peer with due times on whole seconds, and with due times between seconds."""
    with rq_peer.stock_workers(ground.redis_url, 2, scheduler=True):
        queue = rq_peer.queue(ground.redis_url)
        start = whole_second(5)
        dice = random.Random(7)
        dues = [start + timedelta(seconds=dice.randrange(WITHIN)) for _ in range(COUNT)]
        dues += [start + timedelta(seconds=dice.random() * WITHIN) for _ in range(COUNT)]
        for number, due in enumerate(dues):
            words = (ground.sandbox_url, "social", f"Campaign {number}", f"peer/{number}")
            queue.enqueue_at(due, rq_peer.post, *words, result_ttl=0)
        sent = 2 * COUNT
        wait_until(lambda: ground.requests()["publish"] >= sent, 120, "the stock jobs", every=1.0)
    late = [0.0] * len(dues)
    for post in ground.posts():
        number = int(post["key"].split("/")[1])
        late[number] = _late(post, dues[number])
    return late[:COUNT], late[COUNT:]


def _late(post: dict[str, Any], due: datetime) -> float:
    arrived = datetime.fromtimestamp(post["received_at"], UTC)
    return (arrived - due).total_seconds() * 1000
