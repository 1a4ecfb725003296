"""Platforms' servers in a loop of their own, each behind a proxy that can lose answers."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.contract.proxy import Canned, Proxy, Steps, listening, proxied
from tests.contract.world import Fault, Step

READY_WITHIN = 20.0


@dataclass(frozen=True)
class Server:
    """One platform's server, and how its proxy misbehaves."""

    app: web.Application
    steps: Steps
    answers: Mapping[Fault, Canned]


@dataclass
class Servers:
    """Runs beside the test; `proxies` have the addresses that profiles name."""

    servers: Mapping[str, Server]
    proxies: dict[str, Proxy] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _ready: threading.Event = field(default_factory=threading.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            assert self._ready.wait(READY_WITHIN)
            yield
        finally:
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join()

    def lose(self, name: str) -> None:
        """The answer to the next dangerous call is lost."""
        self._loop.call_soon_threadsafe(self.proxies[name].arm, Fault.DROP_AFTER, Step.PUBLISH)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        async with AsyncExitStack() as stack:
            for name, server in self.servers.items():
                upstream = await stack.enter_async_context(listening(server.app))
                proxy = proxied(upstream, server.steps, server.answers)
                self.proxies[name] = await stack.enter_async_context(proxy)
            self._ready.set()
            await self._over.wait()
