"""A proxy that misbehaves once when it is told to, in front of a server that never does."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.contract.world import Fault, Step

Steps = Callable[[str, str], Step | None]
FORWARDED = {
    *("content-type", "authorization", "idempotency-key"),
    *("linkedin-version", "x-restli-protocol-version", "x-restli-method"),
}
RETURNED = ("ETag", "X-RestLi-Id")
SENT = "(you sent %s)"
ECHO = "you sent "
WORDS = ("message", "description", "error")
SLOWLY = 0.1


@dataclass(frozen=True)
class Canned:
    """An answer that the proxy gives by itself."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def error(status: int, said: str, **headers: str) -> Canned:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Canned(status, json.dumps({"error": said}), named)


def shaped(status: int, body: object, **headers: str) -> Canned:
    """A refusal in a platform's own shape; where it holds SENT it echoes the credentials."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Canned(status, json.dumps(body), named)


USUAL: Mapping[Fault, Canned] = {
    Fault.RATE_LIMITED: error(429, "Too many requests", Retry_After="60"),
    Fault.SERVER_ERROR: error(500, "Something broke"),
    Fault.UNAVAILABLE: error(503, "Down for a moment"),
    Fault.UNAUTHORIZED: error(401, "The access token is invalid"),
    Fault.REVOKED: error(403, "This action is outside the authorized scopes"),
    Fault.REJECTED: error(422, "Validation failed: Text is too long"),
    Fault.INVALID_MEDIA: error(415, "This file cannot be used"),
    Fault.HTML_ERROR: Canned(502, "<h1>502 Bad Gateway</h1>", {"Content-Type": "text/html"}),
    Fault.ERROR_IN_SUCCESS: error(200, "internal"),
}
FORWARDS = {Fault.DROP_AFTER, Fault.HANG_AFTER, Fault.SLOW, Fault.MALFORMED}


class Proxy:
    """Stands in front of `upstream`; `answers` may replace some of the USUAL ones."""

    def __init__(self, upstream: str, steps: Steps, answers: Mapping[Fault, Canned]) -> None:
        self.upstream = upstream
        self.url = ""
        self._steps = steps
        self._answers = {**USUAL, **answers}
        self._armed: list[tuple[Step, Fault | Canned]] = []

    def arm(self, fault: Fault | Canned, step: Step) -> None:
        self._armed.append((step, fault))

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        fault = self._take(self._steps(request.method, request.path))
        if isinstance(fault, Canned):
            return self._canned(request, fault)
        if fault is Fault.SLOW:
            await asyncio.sleep(SLOWLY)
        if fault is None or fault in FORWARDS:
            # The client may leave while it waits; what it sent arrives all the same.
            answer = await asyncio.shield(self._forward(request, body))
        elif fault in self._answers:
            return self._canned(request, self._answers[fault])
        else:
            answer = web.Response()
        return await self._after(request, fault, answer)

    async def _after(
        self, request: web.Request, fault: Fault | None, answer: web.Response
    ) -> web.Response:
        transport = request.transport
        if fault in {Fault.HANG_BEFORE, Fault.HANG_AFTER}:
            await asyncio.Event().wait()  # until the client is gone, which cancels this
        if fault in {Fault.DROP_BEFORE, Fault.DROP_AFTER} and transport is not None:
            transport.close()
        if fault is Fault.MALFORMED and isinstance(answer.body, bytes):
            cut = answer.body[: len(answer.body) // 2]
            return web.Response(status=answer.status, body=cut, content_type=answer.content_type)
        return answer

    def _take(self, step: Step | None) -> Fault | Canned | None:
        for armed in self._armed:
            if armed[0] is step:
                self._armed.remove(armed)
                return armed[1]
        return None

    def _canned(self, request: web.Request, canned: Canned) -> web.Response:
        """A refusal echoes the credentials, as some servers do; no fault may repeat them."""
        body = canned.body
        sent = request.headers.get("Authorization") or request.headers.get("webhook-signature")
        if SENT in body:
            body = body.replace(SENT, SENT % json.dumps(str(sent))[1:-1])
        elif canned.status >= 400 and body.startswith("{"):
            found = json.loads(body)
            words = [name for name in WORDS if isinstance(found.get(name), str)]
            body = json.dumps({**found, **{n: f"{found[n]} ({ECHO}{sent})" for n in words[:1]}})
        headers = {"Content-Type": "application/json", **canned.headers}
        return web.Response(status=canned.status, text=body, headers=headers)

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        named = {
            name: value
            for name, value in request.headers.items()
            if name.lower() in FORWARDED or name.lower().startswith("webhook-")
        }
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method,
                f"{self.upstream}{request.rel_url}",
                headers=named,
                data=io.BytesIO(body) if body else None,
            ) as got,
        ):
            kind = {"Content-Type": got.headers.get("Content-Type", "application/json")}
            kind |= {name: got.headers[name] for name in RETURNED if name in got.headers}
            return web.Response(status=got.status, body=await got.read(), headers=kind)


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    """Serve the application on a free port, inside the running loop."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def proxied(
    upstream: str, steps: Steps, answers: Mapping[Fault, Canned]
) -> AsyncIterator[Proxy]:
    """A proxy on a free port."""
    proxy = Proxy(upstream, steps, answers)
    app = web.Application(client_max_size=32 << 20)
    app.router.add_route("*", "/{rest:.*}", proxy.handle)
    async with listening(app) as proxy.url:
        yield proxy
