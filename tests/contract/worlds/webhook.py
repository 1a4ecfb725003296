"""The webhook's world: a receiver that verifies every signature, behind a misbehaving proxy."""

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web

from publisher.domain.epic import Profile
from publisher.domain.outcome import Published
from publisher.platforms.webhook import PLATFORM
from tests.contract.proxy import Canned, Proxy, listening, proxied
from tests.contract.world import DANGEROUS, MIXED, Expect, Fault, Seen, Step

VARIANTS = ("blind", "idempotent")
KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
TOLERANCE = 300
# Every 2xx counts as published, so a receiver cannot say anything wrong inside of one.
FAULTS: Mapping[Fault, Expect] = {
    **{fault: expect for fault, expect in DANGEROUS.items() if fault is not Fault.ERROR_IN_SUCCESS},
    Fault.MALFORMED: Expect(Published, None, 1),
}


class Receiver:
    """Keeps what was signed well; `remembers` makes a repeated webhook-id harmless."""

    def __init__(self, *, remembers: bool) -> None:
        self.received: list[dict[str, Any]] = []
        self._remembers = remembers

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        key = request.headers["webhook-id"]
        if not self._signed(request.headers, key, body):
            return web.json_response({"error": "bad signature"}, status=401)
        known = next((post for post in self.received if post["key"] == key), None)
        if known is None or not self._remembers:
            number = len(self.received) + 1
            known = {**json.loads(body), "id": f"r{number}"}
            self.received.append(known)
        url = f"https://receiver.example/{known['id']}"
        return web.json_response({"id": known["id"], "url": url}, status=201)

    def _signed(self, headers: Mapping[str, str], key: str, body: bytes) -> bool:
        at = headers["webhook-timestamp"]
        digest = hmac.new(KEY, f"{key}.{at}.".encode() + body, hashlib.sha256).digest()
        wanted = f"v1,{base64.b64encode(digest).decode()}"
        fresh = abs(time.time() - int(at)) < TOLERANCE
        same_key = headers["Idempotency-Key"] == key
        return fresh and same_key and hmac.compare_digest(wanted, headers["webhook-signature"])


class WebhookWorld:
    platform = PLATFORM
    secrets: Mapping[str, str] = {"signing_secret": SECRET}
    control_characters = True
    album = MIXED
    asks_first = False

    def __init__(self, proxy: Proxy, receiver: Receiver, account: str, variant: str) -> None:
        self.proxy = proxy
        self.receiver = receiver
        self.dangerous: Mapping[Fault, Expect] = FAULTS
        options = {"url": f"{proxy.url}/hook/", "idempotent": variant == "idempotent"}
        self.profile = Profile(id=account, platform="webhook", account=account, options=options)

    async def arm(self, fault: Fault | Canned, step: Step = Step.PUBLISH) -> None:
        self.proxy.arm(fault, step)

    async def remove(self, post_id: str) -> None:
        self.receiver.received = [each for each in self.receiver.received if each["id"] != post_id]

    async def posts(self) -> list[Seen]:
        return [
            Seen(
                post["id"],
                post["text"],
                tuple((_digest(media), media["alt"]) for media in post["media"]),
                post["reply_to"],
            )
            for post in self.receiver.received
        ]


def _digest(media: dict[str, str]) -> str:
    found = hashlib.sha256(base64.b64decode(media["data"], validate=True)).hexdigest()
    assert found == media["sha256"]
    return found


class WebhookStage:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[WebhookWorld]:
        receiver = Receiver(remembers=variant == "idempotent")
        app = web.Application(client_max_size=32 << 20)
        app.router.add_post("/hook/", receiver.take)
        async with (
            listening(app) as upstream,
            proxied(upstream, lambda *_: Step.PUBLISH, {}) as proxy,
        ):
            yield WebhookWorld(proxy, receiver, f"hook-{next(self._numbers)}", variant)


@contextmanager
def start() -> Iterator[WebhookStage]:
    """Nothing runs between two tests: the receiver lives in the loop of each."""
    yield WebhookStage()
