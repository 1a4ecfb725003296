"""GitHub's webhooks: a signed delivery wakes a round, and that is all; a lost one only delays."""

import asyncio
import hashlib
import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

WAKES = frozenset(
    {
        "push",
        "create",
        "delete",
        "pull_request",
        "pull_request_review",
        "issue_comment",
        "check_suite",
        "status",
        "merge_group",
    }
)
_LARGEST = 25 << 20  # what GitHub sends at most
_REMEMBERED = 1000

log = logging.getLogger(__name__)


class ForgeHooks:
    """`POST /github`. Nothing of a delivery is believed: the round reads the forge itself.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """

    def __init__(self, secret: str, wake: Callable[[], object]) -> None:
        if not secret:
            raise ValueError("a webhook without a secret would be open to everybody")
        self._secret, self._wake = secret.encode(), wake
        self._seen: OrderedDict[str, None] = OrderedDict()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/github", self._github)
        return app

    async def _github(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._signed(body, request.headers.get("X-Hub-Signature-256", "")):
            log.warning("unsigned delivery", extra={"action": "hook_refused"})
            return web.Response(status=401, text="The signature is missing or wrong.\n")
        delivery = request.headers.get("X-GitHub-Delivery", "")
        event = request.headers.get("X-GitHub-Event", "")
        if not delivery or not event:
            return web.Response(status=400, text="This is no delivery of GitHub's.\n")
        if event in WAKES and delivery not in self._seen:
            await asyncio.to_thread(self._wake)
            self._remember(delivery)
        return web.Response(status=204)

    def _signed(self, body: bytes, signature: str) -> bool:
        wanted = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={wanted}".encode(), signature.encode())

    def _remember(self, delivery: str) -> None:
        """A delivery that is sent again wakes nobody twice, unless waking failed."""
        self._seen[delivery] = None
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
