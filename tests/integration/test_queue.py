"""Hints through RQ's queues: nobody waits for them, and losing one loses nothing."""

import os
import signal
from pathlib import Path
from time import monotonic

from publisher.adapters.embedded import EmbeddedValkey
from tests.integration.world import World


def test_a_redis_that_stands_still_does_not_keep_a_carrier(world: World, tmp_path: Path) -> None:
    """A hint is given between two calls of a carrier: its heartbeats wait meanwhile."""
    server = EmbeddedValkey(tmp_path / "valkey")
    world.redis_url = server.start()
    queue = world.app.queue
    queue.wake_round()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        begun = monotonic()
        queue.wake_carriers()
        assert monotonic() - begun < 3
    finally:
        os.kill(server.pid, signal.SIGCONT)
        server.stop()
