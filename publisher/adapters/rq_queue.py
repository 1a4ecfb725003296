"""RQ as the hint that there is work, and RQ's workers with what Copydesk adds to them."""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import redis
from rq import Queue, SimpleWorker, Worker
from rq.command import send_shutdown_command
from rq.job import Job

from publisher.adapters.redis_gate import RedisGate
from publisher.domain.errors import Unavailable

if TYPE_CHECKING:
    from rq.executions import Execution

CALLER = "COPYDESK_CALLER"
ROUND_JOB = "publisher.entrypoints.jobs.keep_round"
CARRY_JOB = "publisher.entrypoints.jobs.carry"
WAKE_EVERY = 0.1
_MONITORING_SECONDS = 10
_KEPT = {"job_timeout": -1, "result_ttl": 0, "failure_ttl": 3600}

log = logging.getLogger(__name__)


def round_queue(repository: str) -> str:
    return f"copydesk-{repository}-rounds"


def delivery_queue(repository: str) -> str:
    return f"copydesk-{repository}-deliveries"


class RqQueue:
    """The Queue port. A hint is added only while none waits, so the queues stay short."""

    def __init__(self, client: "redis.Redis", repository: str) -> None:
        self._rounds = Queue(round_queue(repository), connection=client)
        self._deliveries = Queue(delivery_queue(repository), connection=client)
        self._woken = 0.0

    def wake_round(self) -> None:
        """Ask for a round soon; asking again within a moment is the same wish."""
        if monotonic() - self._woken >= WAKE_EVERY:
            self._woken = monotonic()
            self._hint(self._rounds, ROUND_JOB)

    def wake_carriers(self) -> None:
        self._hint(self._deliveries, CARRY_JOB)

    def _hint(self, queue: Queue, job: str) -> None:
        with suppress(redis.ConnectionError, redis.TimeoutError):
            if queue.count == 0:
                queue.enqueue(job, **_KEPT)


class RoundWorker(SimpleWorker):
    """Runs rounds in its own process, so that the open index serves every round."""

    max_connection_wait_time = 2.0
    stopping: Callable[[], None]

    def handle_warm_shutdown_request(self) -> None:
        self.stopping()


class DeliveryWorker(Worker):
    """Starts one carrier a job, and is the witness of its end."""

    max_connection_wait_time = 2.0
    stopping: Callable[[], None]
    gate: RedisGate
    _caller = ""
    _reaped = False

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        self._caller, self._reaped = uuid4().hex, False
        os.environ[CALLER] = self._caller  # noqa: TID251 - handed to the child, not read
        super().fork_work_horse(job, queue)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        pid, status, usage = super().wait_for_horse()
        self._reaped = pid is not None and pid == self.horse_pid
        return pid, status, usage

    def monitor_work_horse(self, job: Job, queue: Queue, execution: "Execution") -> None:
        super().monitor_work_horse(job, queue, execution)
        if self._reaped:
            with suppress(Unavailable):
                self.gate.bury(self._caller)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """A second signal kills no call: it would only leave a question for a person."""
        del frame
        log.info("finishing calls under way", extra={"action": "stopping", "signal": signum})

    def handle_warm_shutdown_request(self) -> None:
        """Let the carrier finish its calls and give the rest back."""
        self.stopping()
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGUSR1)


def delivery_worker(client: "redis.Redis", repository: str, gate: RedisGate) -> DeliveryWorker:
    worker = DeliveryWorker(
        [delivery_queue(repository)],
        connection=client,
        name=f"deliver-{uuid4().hex}",
        job_monitoring_interval=_MONITORING_SECONDS,
    )
    worker.gate = gate
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # a fresh carrier inherits this until it listens
    return worker


def round_worker(client: "redis.Redis", repository: str) -> RoundWorker:
    return RoundWorker([round_queue(repository)], connection=client, name=f"round-{uuid4().hex}")


def worked(worker: RoundWorker | DeliveryWorker, stopping: Callable[[], None]) -> bool:
    """Run a worker's loop; True when a signal ended it, False when Redis or a fault did.

    `stopping` is called when the signal comes, while calls under way are still being finished.
    """
    worker.stopping = stopping
    worker.work(logging_level="WARNING")
    return getattr(worker, "_shutdown_requested_date", None) is not None


def stop_all(client: "redis.Redis", repository: str) -> None:
    """Ask every worker of this repository to finish, wherever it runs."""
    for name in (round_queue(repository), delivery_queue(repository)):
        for worker in Worker.all(queue=Queue(name, connection=client)):
            send_shutdown_command(client, worker.name)
