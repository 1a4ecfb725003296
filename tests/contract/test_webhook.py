"""What is special about webhooks: the signature, the size, the statuses, the key."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest

from publisher.domain.epic import Profile
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Retry
from publisher.platforms.webhook import LARGEST, WebhookPlatform
from publisher.ports import HttpAnswer, Post
from tests.contract.conftest import Open
from tests.contract.hostile import Scripted
from tests.contract.proxy import Canned
from tests.contract.world import attachment
from tests.contract.worlds.webhook import WebhookWorld

URL = "https://receiver.example/hook/"
PROFILE = Profile(id="w", platform="webhook", account="w", options={"url": URL})
AT = 1_674_087_231.9
POST = Post(key="repo/epic/task/w/0", text="hello", params={"a": 1})


class Recorder(Scripted):
    """Keeps the last request."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(answer)
        self.headers: Mapping[str, str] = {}
        self.body = b""
        self.url = ""

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        self.headers, self.body, self.url = headers, body, url
        return await super().send(method, url, headers=headers, body=body)


def publish(
    secret: str, post: Post = POST, answer: HttpAnswer | None = None
) -> tuple[object, Recorder]:
    http = Recorder(answer or HttpAnswer(204, {}, b""))
    account = WebhookPlatform(now=lambda: AT).connect(PROFILE, {"signing_secret": secret}, http)
    return asyncio.run(account.publish(post, {})), http


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_" + base64.b64encode(b"k" * 24).decode(), b"k" * 24),
        ("plain secret", b"plain secret"),
        ("whsec_my secret!", b"whsec_my secret!"),
        (" plain secret\n", b"plain secret"),
    ],
)
def test_signature_is_the_standard_one(secret: str, key: bytes) -> None:
    outcome, http = publish(secret)
    assert outcome == Published(POST.key)
    assert http.url == URL
    assert http.headers["webhook-id"] == POST.key
    assert http.headers["webhook-timestamp"] == "1674087231"
    signed = f"{POST.key}.1674087231.".encode() + http.body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert http.headers["webhook-signature"] == f"v1,{wanted}"
    assert "Authorization" not in http.headers


def test_published_example_of_the_standard() -> None:
    """The vector that the Standard Webhooks libraries test themselves with."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    digest = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert digest == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    _, http = publish("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    content = f"{POST.key}.1674087231.".encode() + http.body
    ours = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert http.headers["webhook-signature"] == f"v1,{ours}"


def test_body_says_everything() -> None:
    params = MappingProxyType({"day": date(2026, 1, 2), "deep": MappingProxyType({"x": [1]})})
    file = attachment("media/a.png", b"\x00\xff", "alt")
    post = Post(key="k", text="t\x01🌷", subject="s", media=(file,), params=params, reply_to="r1")
    _, http = publish("x", post)
    assert json.loads(http.body) == {
        "key": "k",
        "text": "t\x01🌷",
        "subject": "s",
        "media": [
            {
                "file": "media/a.png",
                "alt": "alt",
                "content_type": "image/png",
                "sha256": file.sha256,
                "data": "AP8=",
            }
        ],
        "params": {"day": "2026-01-02", "deep": {"x": [1]}},
        "reply_to": "r1",
    }


@pytest.mark.parametrize("size", [LARGEST + 1, LARGEST * 3 // 4])
def test_too_large_is_never_sent(size: int) -> None:
    post = Post(key="k", text="t", media=(attachment("a.mp4", bytes(size)),))
    outcome, http = publish("x", post)
    assert isinstance(outcome, GiveUp)
    assert outcome.fault.kind is ErrorKind.INVALID_MEDIA
    assert http.asked == 0
    account = WebhookPlatform().connect(PROFILE, {"signing_secret": "x"}, http)
    prepared = asyncio.run(account.prepare(post, {}))
    assert isinstance(prepared, GiveUp)
    assert prepared.fault.kind is ErrorKind.INVALID_MEDIA


def test_nearly_too_large_arrives_whole(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("webhook:blind") as desk:
            file = attachment("a.mp4", bytes(range(256)) * 28_000, kind="video/mp4")
            assert isinstance(await desk.send(Post(key="k", text="t", media=(file,))), Published)
            (seen,) = await desk.world.posts()
            assert seen.media == ((file.sha256, ""),)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "expected", "kind"),
    [
        (302, GiveUp, ErrorKind.MISCONFIGURED),
        (401, GiveUp, ErrorKind.INVALID_CREDENTIALS),
        (403, GiveUp, ErrorKind.REVOKED),
        (404, GiveUp, ErrorKind.REJECTED),
        (408, Retry, ErrorKind.TIMEOUT),
        (410, GiveUp, ErrorKind.DISCONNECTED),
        (425, Retry, ErrorKind.UNAVAILABLE),
        (429, Retry, ErrorKind.RATE_LIMITED),
        (503, Retry, ErrorKind.UNAVAILABLE),
    ],
)
def test_statuses(status: int, expected: type, kind: ErrorKind) -> None:
    answer = HttpAnswer(status, {"retry-after": "30", "location": "https://else.example"}, b"")
    outcome, http = publish("x", answer=answer)
    assert isinstance(outcome, expected)
    assert isinstance(outcome, Retry | GiveUp)
    assert outcome.fault.kind is kind
    assert http.asked == 1
    if isinstance(outcome, Retry):
        assert outcome.after is not None
        assert outcome.after.total_seconds() == 30


def test_wrong_secret_is_noticed_by_the_receiver(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("webhook:blind") as desk:
            world = desk.world
            assert isinstance(world, WebhookWorld)
            world.secrets = {"signing_secret": "whsec_d3Jvbmc="}
            outcome = await desk.connect().publish(POST, {})
            assert isinstance(outcome, GiveUp)
            assert outcome.fault.kind is ErrorKind.INVALID_CREDENTIALS
            assert await world.posts() == []

    asyncio.run(scenario())


def test_redirect_is_not_followed(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("webhook:blind") as desk:
            assert isinstance(desk.world, WebhookWorld)
            await desk.world.arm(Canned(307, "", {"Location": f"{desk.world.proxy.url}/hook/"}))
            outcome = await desk.account.publish(POST, {})
            assert isinstance(outcome, GiveUp)
            assert outcome.fault.kind is ErrorKind.MISCONFIGURED
            assert await desk.world.posts() == []

    asyncio.run(scenario())


def test_no_secret_is_said_before_anything_is_sent() -> None:
    http = Scripted(HttpAnswer(200, {}, b""))
    account = WebhookPlatform().connect(PROFILE, {}, http)
    prepared = asyncio.run(account.prepare(POST, {}))
    assert isinstance(prepared, GiveUp)
    assert prepared.fault.kind is ErrorKind.INVALID_CREDENTIALS
    assert isinstance(asyncio.run(account.locate(POST, datetime.now(UTC))), Retry)
    assert http.asked == 0


def test_id_and_url_of_the_receiver_are_kept() -> None:
    body = b'{"id": 17, "url": "https://receiver.example/17"}'
    outcome, _ = publish("x", answer=HttpAnswer(200, {}, body))
    assert outcome == Published("17", "https://receiver.example/17")
    outcome, _ = publish("x", answer=HttpAnswer(200, {}, b"OK"))
    assert outcome == Published(POST.key)
    account = WebhookPlatform().connect(
        PROFILE, {"signing_secret": "x"}, Scripted(HttpAnswer(200, {}, b""))
    )
    assert isinstance(asyncio.run(account.prepare(POST, {})), Prepared)
