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
REVIVE_EVERY = 10
SURPLUS_AFTER = 10


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
    """Start one more process of this program.

    It has a process group of its own: Ctrl-C reaches the one that people started, which then stops
    the others in order.
    """
    return subprocess.Popen(  # noqa: S603 - our own program with our own arguments
        [sys.executable, "-m", "publisher", *command],
        stdin=subprocess.DEVNULL,
        start_new_session=detached,
        process_group=None if detached else 0,
    )


class Pulse(threading.Thread):
    """`lead` is the command that starts a leading worker; None where this one leads itself.

    `parent` is the process that started this one; it may be gone by the time this runs.
    `stand_in`: this leader was started because rounds had stopped, and ends when another leads.
    """

    def __init__(
        self,
        app: App,
        children: Children | None,
        lead: Sequence[str] | None,
        *,
        parent: int = 0,
        stand_in: bool = False,
    ) -> None:
        super().__init__(name="pulse", daemon=True)
        self._app = app
        self._children = children
        self._lead = lead
        self._parent = parent or os.getppid()
        self._revived: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._ending = threading.Event()
        self._orphaned = 0.0
        self._leaderless = 0
        self._stand_in = stand_in
        self._surplus = 0

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
        if self._lead is None:
            self._be_leader()
        elif self._is_leaderless(silence):
            self._revive()
        if self._lead is not None and os.getppid() != self._parent:
            self._outlive_parent()

    def _outlive_parent(self) -> None:
        """An orphan ends once a leader lives that has workers of its own, however slow it is."""
        timing = self._app.config.timing
        if self._app.client.exists(self._app.gate.keys.leader):
            self._orphaned += timing.tick
        if self._orphaned > timing.stale + timing.tick:
            self._retire()

    def _be_leader(self) -> None:
        """Show that a leader lives; a stand-in beside another leader is one too many."""
        keys, client = self._app.gate.keys, self._app.client
        life = round(self._app.config.timing.stale * 1000)
        holder = client.set(keys.leader, self._app.name, nx=True, get=True, px=life)
        if holder in {None, self._app.name}:
            client.pexpire(keys.leader, life)
            self._surplus = 0
        elif self._stand_in:
            self._surplus += 1
            if self._surplus > SURPLUS_AFTER:
                self._retire()

    def _is_leaderless(self, silence: float) -> bool:
        """Whether no leader is alive, seen twice: slow rounds alone must not breed processes."""
        quiet = silence > self._app.config.timing.stale
        leading = quiet and self._app.client.exists(self._app.gate.keys.leader)
        self._leaderless = self._leaderless + 1 if quiet and not leading else 0
        return self._leaderless > 1

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
