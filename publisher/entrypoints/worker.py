"""`copydesk worker`: one leading process that keeps rounds, and the delivery workers it starts."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import redis

from publisher.domain.errors import Unavailable
from publisher.entrypoints import jobs
from publisher.entrypoints.forge_watch import ForgeWatch
from publisher.entrypoints.pulse import Children, Pulse
from publisher.wiring import App

log = logging.getLogger(__name__)

REDIS_AWAY = 0.5


def lead(app: App, deliverers: int, *, only_if_stopped: bool = False) -> None:
    """Keep rounds until told to stop; start and replace `deliverers` delivery workers.

    `only_if_stopped`: end at once when somebody keeps the rounds already, so that a slow machine
    does not collect leaders.
    """
    if only_if_stopped and app.gate.silence() < app.config.timing.stale:
        return
    app.gate.refuse_forgetful()
    jobs.prepare(app)
    command = ["worker", "--repo", app.config.repo, "--deliveries-only"]
    command += ["--leader", str(os.getpid()), "--deliverers", str(deliverers)]
    children = Children(command, deliverers)
    pulse = Pulse(app, children, None, stand_in=only_if_stopped)
    watch = ForgeWatch(app)
    watch.begin()
    _hang_up_means_stop()
    try:
        _until_stopped(app, pulse, app.work_on_rounds)
    finally:
        watch.stop()
        children.stop(within=app.config.timing.http)


def _hang_up_means_stop() -> None:
    """A closed terminal reaches this process alone, unless `nohup` was asked for."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def deliver(app: App, deliverers: int, leader: int) -> None:
    """Carry deliveries until told to stop; start a leading worker should rounds stop.

    `leader` is the process that started this one (0: nobody's).
    """
    jobs.prepare(app)
    command = ["worker", "--repo", app.config.repo, "--deliverers", str(deliverers)]
    command.append("--if-rounds-stopped")
    _until_stopped(app, Pulse(app, None, command, parent=leader), app.work_on_deliveries)


def _until_stopped(app: App, pulse: Pulse, work: Callable[[Callable[[], None]], bool]) -> None:
    """RQ's loop ends on a signal, and also when Redis is away for long: then it begins again.

    The pulse stops with the signal: nobody who is about to end keeps rounds coming.
    """
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()
        pulse.stop()

    pulse.start()
    try:
        while not stopped.is_set():
            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
            try:
                app.gate.now()
                if work(pulse.stop):
                    break
            except (redis.RedisError, Unavailable) as error:
                log.warning("Redis away", extra={"action": "redis_away", "why": str(error)})
            stopped.wait(REDIS_AWAY)
    finally:
        pulse.stop()
