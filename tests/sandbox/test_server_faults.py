"""Every fault the sandbox commits, against a real server on a free port."""

import asyncio
import json
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from publisher.sandbox.model import iso
from tests.sandbox.running import START, Sandbox, with_sandbox

REFUSING = {
    "rate_limited": (429, "rate_limited"),
    "server_error": (500, "server_error"),
    "unavailable": (503, "unavailable"),
    "unauthorized": (401, "unauthorized"),
    "revoked": (403, "revoked"),
    "rejected": (422, "content_rejected"),
    "invalid_media": (422, "invalid_media"),
    "error_in_success": (200, "internal"),
}


@pytest.mark.parametrize("fault", REFUSING)
def test_a_refusing_fault_answers_once_and_creates_nothing(fault: str) -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm(fault, seconds=1.5)
        answer = await box.post("idempotent/a", key="k")
        assert (answer.status, answer.json["error"]) == REFUSING[fault]
        assert await box.created() == []
        assert (await box.post("idempotent/a", key="k")).status == 201
        if fault == "rate_limited":
            assert answer.headers["Retry-After"] == "2"
            assert answer.headers["X-RateLimit-Reset"] == iso(START + 1.5)
            assert datetime.fromisoformat(answer.headers["X-RateLimit-Reset"]).tzinfo

    with_sandbox(scenario)


def test_html_error_is_a_web_page_and_creates_nothing() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm("html_error")
        answer = await box.post("blind/a")
        assert (answer.status, answer.json) == (502, None)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert await box.created() == []

    with_sandbox(scenario)


def test_malformed_json_creates_the_post_and_cuts_the_answer() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm("malformed_json")
        answer = await box.post("blind/a")
        assert answer.status == 201
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.body)
        assert len(await box.created()) == 1

    with_sandbox(scenario)


@pytest.mark.parametrize(
    ("fault", "posts"), [("drop_before_accept", []), ("drop_after_accept", ["Hello"])]
)
def test_a_drop_closes_the_connection_without_an_answer(fault: str, posts: list[str]) -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm(fault)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await box.post("idempotent/a", key="k")
        assert await box.texts() == posts
        again = await box.post("idempotent/a", key="k")
        assert again.status == (200 if posts else 201)
        assert len(await box.created()) == 1

    with_sandbox(scenario)


async def give_up(call: Any, seconds: float = 0.1) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call, seconds)


def test_hang_after_accept_creates_at_once_and_answers_late() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm("hang_after_accept", seconds=0.2, times=2)
        await give_up(box.post("blind/a", "gave up"))
        waiting = asyncio.create_task(box.post("blind/a", "waited"))
        await asyncio.sleep(0.05)
        assert await box.texts() == ["gave up", "waited"]
        assert not waiting.done()
        assert (await waiting).status == 201

    with_sandbox(scenario)


def test_hang_before_accept_creates_only_if_the_client_waits() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm("hang_before_accept", seconds=0.2, times=2)
        await give_up(box.post("blind/a", "gave up"))
        waiting = asyncio.create_task(box.post("blind/a", "waited"))
        await asyncio.sleep(0.05)
        assert await box.texts() == []
        assert (await waiting).status == 201
        assert await box.texts() == ["waited"]

    with_sandbox(scenario)


def test_slow_waits_and_then_creates_even_without_a_client() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm("slow", seconds=0.2)
        await give_up(box.post("blind/a"))
        assert await box.texts() == []
        await asyncio.sleep(0.2)
        assert await box.texts() == ["Hello"]

    with_sandbox(scenario)


def test_latency_holds_back_the_answer_but_not_the_post() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.call("PUT", "/control/accounts/a", {"latency": 0.2})
        waiting = asyncio.create_task(box.post("blind/a"))
        await asyncio.sleep(0.08)
        assert len(await box.created()) == 1
        assert not waiting.done()
        assert (await waiting).status == 201
        cid = await asyncio.wait_for(box.container(), 0.15)
        where = f"/checkable/a/containers/{cid}"
        await give_up(box.call("POST", where + "/publish"))
        assert (await box.call("GET", where)).json["status"] == "published"

    with_sandbox(scenario)


def test_a_fault_strikes_only_its_account_text_and_step() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm("server_error", account="a", contains="boom", times=3)
        assert (await box.post("blind/a", "calm")).status == 201
        assert (await box.post("blind/b", "boom")).status == 201
        cid = await box.container("boom")
        assert (await box.post("blind/a", "boom!")).status == 500
        published = await box.call("POST", f"/checkable/a/containers/{cid}/publish")
        assert published.status == 500
        left = (await box.call("GET", "/control/faults")).json["data"]
        expected = {"account": "a", "fault": "server_error", "times": 1, "contains": "boom"}
        assert [{name: one[name] for name in expected} for one in left] == [expected]
        assert (await box.call("DELETE", "/control/faults")).status == 204
        assert (await box.post("blind/a", "boom!")).status == 201
        assert (await box.call("GET", "/control/faults")).json == {"data": []}

    with_sandbox(scenario)


def test_faults_can_strike_preparing_and_looking_up() -> None:
    async def scenario(box: Sandbox) -> None:
        post = (await box.post("searchable/a")).json
        cid = await box.container()
        draft = {"text": "x"}
        for step, method, path, body in (
            ("prepare", "POST", "/blind/a/media", b"x"),
            ("prepare", "POST", "/checkable/a/containers", draft),
            ("look_up", "GET", "/searchable/a/posts", None),
            ("look_up", "GET", f"/searchable/a/posts/{post['id']}", None),
            ("look_up", "GET", f"/checkable/a/containers/{cid}", None),
        ):
            await box.arm("unavailable", step=step)
            assert (await box.post("searchable/a")).status == 201
            assert (await box.call(method, path, body)).status == 503, path
            assert (await box.call(method, path, body)).status < 300, path

    with_sandbox(scenario)
