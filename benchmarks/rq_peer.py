"""The peer: stock RQ workers that fork for every job, one job a delivery, the same HTTP call."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import redis
from rq import Queue, Worker

QUEUE = "peer"


def post(server: str, account: str, text: str, key: str) -> int:
    """What the sandbox's connector does: one POST with a key, and its answer read."""
    parts = urlsplit(server)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {
        "Authorization": "Bearer sandbox",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    body = json.dumps({"text": text, "media": [], "reply_to": None})
    line.request("POST", f"/idempotent/{account}/posts", body, headers)
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status


def rest(seconds: float) -> None:
    """A job that takes its time."""
    time.sleep(seconds)


def queue(url: str) -> Queue:
    return Queue(QUEUE, connection=redis.Redis.from_url(url))


@contextmanager
def stock_workers(url: str, count: int, *, scheduler: bool = False) -> Iterator[list[int]]:
    """That many `rq worker` processes, all up and idle; their process ids."""
    environ = {**os.environ, "PEER_URL": url, "PEER_SCHEDULER": "1" if scheduler else ""}
    started = [_start(environ) for _ in range(count)]
    try:
        _wait_for(url, count)
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


def _start(environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "benchmarks.rq_peer"]
    return subprocess.Popen(command, env=dict(environ), stdout=quiet, stderr=quiet)


def _wait_for(url: str, count: int) -> None:
    client = redis.Redis.from_url(url)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if sum(worker.get_state() == "idle" for worker in Worker.all(connection=client)) >= count:
            client.close()
            return
        time.sleep(0.1)
    raise TimeoutError("the stock RQ workers did not start")


if __name__ == "__main__":
    Worker([QUEUE], connection=redis.Redis.from_url(os.environ["PEER_URL"])).work(
        with_scheduler=bool(os.environ["PEER_SCHEDULER"]), logging_level="ERROR"
    )
