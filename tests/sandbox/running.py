"""A sandbox on a free port of 127.0.0.1, inside the test's own event loop."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from publisher.sandbox.network import Network
from publisher.sandbox.server import build_app

START = 1_700_000_000.25
TOKEN = {"Authorization": "Bearer token"}


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes
    json: Any


@dataclass
class Sandbox:
    base: str
    session: aiohttp.ClientSession
    network: Network
    time: list[float] = field(default_factory=lambda: [START])

    async def call(
        self, method: str, path: str, body: object = None, **headers: str | None
    ) -> Answer:
        sent: dict[str, str] = dict(TOKEN)
        for name, value in headers.items():
            proper = name.replace("_", "-")
            sent.pop(proper, None)
            if value is not None:
                sent[proper] = value
        raw_body = body if isinstance(body, bytes) else json.dumps(body).encode()
        data = None if body is None else io.BytesIO(raw_body)
        url = self.base + path
        async with self.session.request(method, url, headers=sent, data=data) as got:
            raw = await got.read()
            is_json = got.content_type == "application/json"
            try:
                value = await got.json() if is_json else None
            except ValueError:
                value = None
            return Answer(got.status, got.headers, raw, value)

    async def post(self, who: str, text: str = "Hello", **more: Any) -> Answer:
        key = more.pop("key", None)
        body: dict[str, Any] = {"text": text, "media": [], "reply_to": None, **more}
        return await self.call("POST", f"/{who}/posts", body, Idempotency_Key=key)

    async def container(self, text: str = "Hello", account: str = "a") -> str:
        body: dict[str, Any] = {"text": text, "media": [], "reply_to": None}
        made = await self.call("POST", f"/checkable/{account}/containers", body)
        assert made.status == 201
        return str(made.json["id"])

    async def arm(self, fault: str, **more: Any) -> None:
        answer = await self.call("POST", "/control/faults", {"fault": fault, **more})
        assert answer.status == 201, answer.body

    async def created(self) -> list[Any]:
        found: list[Any] = (await self.call("GET", "/control/posts")).json["data"]
        return found

    async def texts(self) -> list[str]:
        return [post["text"] for post in await self.created()]


def with_sandbox(scenario: Callable[[Sandbox], Awaitable[None]]) -> None:
    """Run the scenario against a fresh server whose clock stands still at START."""

    async def run() -> None:
        network = Network()
        time = [START]
        runner = web.AppRunner(
            build_app(network, lambda: time[0]), access_log=None, shutdown_timeout=0.1
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with aiohttp.ClientSession() as session:
                await scenario(Sandbox(base, session, network, time))
        finally:
            await runner.cleanup()

    asyncio.run(run())
