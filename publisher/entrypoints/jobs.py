"""The two functions that RQ calls. They run in a worker that `prepare` has told what it serves."""

import asyncio
from uuid import uuid4

from publisher.adapters.rq_queue import CALLER
from publisher.config import read_environment
from publisher.wiring import App

_serving: dict[str, App] = {}


def prepare(app: App) -> None:
    """Say, once a process, which content repository its jobs are for."""
    _serving["app"] = app


def keep_round() -> None:
    """One round, in the worker's own process."""
    _serving["app"].keep_round()


def carry() -> None:
    """Carry deliveries, in a forked process of its own."""
    caller = read_environment().get(CALLER) or uuid4().hex
    asyncio.run(_serving["app"].forked().carry(caller))
