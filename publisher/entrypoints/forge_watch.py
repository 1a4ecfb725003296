"""Looking at pull requests beside the rounds: a slow forge must never keep a round back."""

import logging
import threading

import redis

from publisher.adapters.clock import utc_now
from publisher.domain.errors import CopydeskError
from publisher.wiring import App

log = logging.getLogger(__name__)

FIRST_LOOK = 5.0


class ForgeWatch(threading.Thread):
    """A thread of the leading worker, with connections of its own."""

    def __init__(self, app: App) -> None:
        super().__init__(name="forge-watch", daemon=True)
        self._app = app
        self._ending = threading.Event()
        self._looked = threading.Event()

    def begin(self) -> None:
        """Start; rounds wait a moment (seconds) for the first look, to know what is on hold."""
        self.start()
        self._looked.wait(FIRST_LOOK)

    def stop(self) -> None:
        self._ending.set()

    def run(self) -> None:
        app = self._app.forked()
        told = ""
        while not self._ending.is_set():
            trouble = self._look(app)
            self._looked.set()
            if trouble and trouble != told:
                log.warning("forge", extra={"action": "watch_stopped", "why": trouble})
            told = trouble
            self._ending.wait(app.config.timing.tick)

    def _look(self, app: App) -> str:
        """Look if it is time, or if the forge has told that something moved."""
        try:
            return app.editorial.watch.keep(utc_now(), force=app.forge_moved())
        except (redis.RedisError, CopydeskError, OSError) as error:
            return str(error)
