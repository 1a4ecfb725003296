"""Webhooks: only a signed delivery wakes a round, each one once."""

import asyncio
import hashlib
import hmac
import io
from collections.abc import Awaitable
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from publisher.entrypoints.forge_hooks import WAKES, ForgeHooks

SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, their example
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

Client = TestClient[Any, Any]


def deliver(*deliveries: dict[str, Any], failures: int = 0) -> tuple[list[int], int]:
    """Send deliveries; the statuses, and how often a round was woken after so many failures."""
    woken: list[None] = []

    def wake() -> None:
        woken.append(None)
        if len(woken) <= failures:
            raise ConnectionError

    async def main() -> list[int]:
        hooks = ForgeHooks(SECRET, wake)
        async with TestClient(TestServer(hooks.application())) as client:
            return [(await send(client, **each)).status for each in deliveries]

    return asyncio.run(main()), len(woken)


def send(
    client: Client,
    body: bytes = BODY,
    signature: str = "",
    path: str = "/github",
    method: str = "POST",
    **headers: str,
) -> Awaitable[ClientResponse]:
    signed = signature or sign(body)
    named = {
        "X-Hub-Signature-256": signed,
        "X-GitHub-Event": headers.get("event", "push"),
        "X-GitHub-Delivery": headers.get("delivery", "one"),
    }
    return client.request(
        method,
        path,
        data=io.BytesIO(body),
        headers={name: value for name, value in named.items() if value},
    )


def sign(body: bytes) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def test_githubs_own_example_of_a_signature_is_accepted() -> None:
    assert deliver({"signature": SIGNATURE}) == ([204], 1)


@pytest.mark.parametrize(
    "signature", ["sha256=", SIGNATURE[:-1] + "6", SIGNATURE.upper(), "sha1=757107ea", "ä" * 71]
)
def test_a_wrong_signature_wakes_nobody(signature: str) -> None:
    assert deliver({"signature": signature}) == ([401], 0)


def test_a_changed_body_wakes_nobody() -> None:
    assert deliver({"signature": SIGNATURE, "body": b"Hello, world!"}) == ([401], 0)


@pytest.mark.parametrize("event", sorted(WAKES))
def test_what_may_change_an_epic_wakes_a_round(event: str) -> None:
    assert deliver({"event": event}) == ([204], 1)


def test_other_events_are_accepted_and_wake_nobody() -> None:
    assert deliver({"event": "ping"}, {"event": "star", "delivery": "two"}) == ([204, 204], 0)


def test_a_delivery_that_is_sent_again_wakes_once() -> None:
    again = [{"delivery": "one"}, {"delivery": "one"}, {"delivery": "two"}]
    assert deliver(*again) == ([204, 204, 204], 2)


def test_a_delivery_whose_waking_failed_is_taken_again() -> None:
    assert deliver({}, {}, {}, failures=1) == ([500, 204, 204], 2)


def test_what_is_no_delivery_is_refused() -> None:
    assert deliver({"event": ""}, {"delivery": ""}) == ([400, 400], 0)
    assert deliver({"path": "/"}, {"method": "GET"}, {"method": "PUT"}) == ([404, 405, 405], 0)


def test_a_body_that_is_too_large_is_refused() -> None:
    assert deliver({"body": b"x" * ((25 << 20) + 1)}) == ([413], 0)


def test_without_a_secret_there_are_no_webhooks() -> None:
    with pytest.raises(ValueError, match="open to everybody"):
        ForgeHooks("", lambda: None)
