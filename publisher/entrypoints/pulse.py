"""The pulse: a thread in every worker that keeps rounds coming, whatever else dies.

Every tick it asks for a round if none was kept lately. When nobody keeps them at all (the round
worker was killed), any worker that notices starts a new one. The worker that leads also
replaces delivery workers that died.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

import redis

from publisher.domain.errors import CopydeskError
from publisher.wiring import App

log = logging.getLogger(__name__)

LOST_AFTER = 15
REVIVE_EVERY = 5


class Children:
    """The processes that this one started and replaces."""

    def __init__(self, command: Sequence[str], count: int) -> None:
        self._command, self._count = list(command), count
        self._running: list[subprocess.Popen[bytes]] = []

    def keep(self) -> None:
        """Reap what ended, start what is missing."""
        self._running = [child for child in self._running if child.poll() is None]
        while len(self._running) < self._count:
            self._running.append(start(self._command))

    def stop(self, within: float) -> None:
        """Ask all to finish, wait, and end those that do not (seconds)."""
        self._count = 0
        for child in self._running:
            with suppress(ProcessLookupError):
                child.terminate()
        for child in self._running:
            try:
                child.wait(within)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def start(command: Sequence[str], *, detached: bool = False) -> "subprocess.Popen[bytes]":
    """Start one more process of this program."""
    return subprocess.Popen(  # noqa: S603 - our own program with our own arguments
        [sys.executable, "-m", "publisher", *command],
        stdin=subprocess.DEVNULL,
        start_new_session=detached,
    )


class Pulse(threading.Thread):
    """`lead` is the command that starts a leading worker; None where this one leads itself."""

    def __init__(self, app: App, children: Children | None, lead: Sequence[str] | None) -> None:
        super().__init__(name="pulse", daemon=True)
        self._app = app
        self._children = children
        self._lead = lead
        self._parent = os.getppid()
        self._revived: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._ending = threading.Event()
        self._orphaned = 0.0

    def stop(self) -> None:
        self._ending.set()

    def run(self) -> None:
        while not self._ending.wait(self._app.config.timing.tick):
            try:
                self.beat()
                self._failures = 0
            except (redis.RedisError, CopydeskError, OSError) as error:
                self._failures += 1
                log.debug("pulse", extra={"action": "pulse_failed", "why": str(error)})
                if self._failures > LOST_AFTER and os.getppid() != self._parent:
                    self._retire()

    def beat(self) -> None:
        """One beat: ask for rounds, replace the dead, and retire when orphaned and not needed."""
        if self._children is not None:
            self._children.keep()
        silence = self._app.gate.silence()
        timing = self._app.config.timing
        if silence >= timing.tick * 0.9:
            self._app.queue.wake_round()
        if self._app.gate.waiting():
            self._app.queue.wake_carriers()
        if self._lead is not None and silence > timing.stale:
            self._revive()
        kept = silence < timing.stale
        orphan = os.getppid() != self._parent
        self._orphaned = self._orphaned + timing.tick if orphan and kept else 0.0
        if self._lead is not None and self._orphaned > timing.stale + timing.tick:
            self._retire()  # somebody kept a round after our parent died

    def _revive(self) -> None:
        """Start a leading worker; one at a time, whoever noticed first."""
        keys, client = self._app.gate.keys, self._app.client
        if self._lead is None or (self._revived and self._revived.poll() is None):
            return
        if client.set(keys.starter, self._app.name, nx=True, ex=REVIVE_EVERY):
            log.warning("rounds had stopped", extra={"action": "rounds_revived"})
            self._revived = start(self._lead, detached=True)

    def _retire(self) -> None:
        """An orphan ends once others keep the rounds, or when its Redis is gone for good."""
        os.kill(os.getpid(), signal.SIGTERM)
        self._ending.set()
