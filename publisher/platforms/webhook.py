"""A signed POST to an address of your own, for everything that has no connector yet."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from publisher.connecting import answers, options
from publisher.connecting.line import Line, Request
from publisher.domain.about import About, Named
from publisher.domain.epic import Profile
from publisher.domain.outcome import (
    NO_HANDLE,
    ErrorKind,
    GiveUp,
    Handle,
    Outcome,
    Prepared,
    Published,
    Retry,
)
from publisher.domain.traits import Safety, Traits
from publisher.ports import Account, Attachment, Http, HttpAnswer, Platform, Post

LARGEST = 10 * 1024 * 1024
KEY_MEMORY = timedelta(hours=24)
PREFIX = "whsec_"
TOO_LARGE = f"The post is larger than {LARGEST // 1024 // 1024} MiB, which no webhook carries."
ABOUT = About(
    title="Webhook",
    summary="A signed POST to an address of your own, for everything that has no connector yet.",
    account="Any name you like.",
    checked="2026-11",
    secrets=(
        Named("signing_secret", "What both sides know: `whsec_` and base64, or any long text."),
    ),
    options=(
        Named("url", "Where to send: https, or http to this very machine."),
        Named("idempotent", "true when the receiver recognises a repeated `webhook-id`"),
    ),
    params=(Named("(any)", "sent as they are"),),
    limits=(Named("size", f"{LARGEST // 1024 // 1024} MiB in all, files included as base64"),),
    setup=(
        "Write a receiver that verifies Standard Webhooks signatures; there are libraries.",
        "Make up a secret and give it to both sides.",
    ),
    media="Any files, with alt text, inside the JSON.",
    threads="One request for each part; `reply_to` names the part before.",
    lost="With `idempotent: true` the same webhook-id is sent again, within a day.",
    sources=("https://www.standardwebhooks.com",),
    example=Profile(
        id="newsroom-hook",
        platform="webhook",
        account="newsroom",
        credentials="NEWSROOM_HOOK",
        options={"url": "https://newsroom.example/hook"},
    ),
)

Seconds = Callable[[], float]
# The timestamp only says when a request was signed; nothing here is decided by it.
WALL: Seconds = time.time  # noqa: TID251 - connectors get no clock, and this one needs the time


class WebhookPlatform:
    """Facts: the Standard Webhooks specification 1.0.0 (github.com/standard-webhooks).

    A receiver that recognises a repeated webhook-id may be given `idempotent: true`.
    """

    name = "webhook"
    about = ABOUT

    def __init__(self, now: Seconds = WALL) -> None:
        """`now` returns unix seconds."""
        self._now = now

    def traits(self, profile: Profile) -> Traits:
        if profile.options.get("idempotent") is True:
            return Traits(safety=Safety.IDEMPOTENT, key_memory=KEY_MEMORY, can_look_up=False)
        return Traits(safety=Safety.BLIND, can_look_up=False)

    def problems(self, profile: Profile) -> Iterator[str]:
        yield from options.address_problem(profile.options, "url")
        if not isinstance(profile.options.get("idempotent", False), bool):
            yield "options.idempotent must be true or false."
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        secret = secrets.get("signing_secret", "").strip()
        line = Line(
            platform="The webhook's receiver",
            http=http,
            secrets=(secret, secret.removeprefix(PREFIX)),
        )
        url = profile.options.get("url")
        return WebhookAccount(line, url.strip() if isinstance(url, str) else "", secret, self._now)


class WebhookAccount:
    """One receiver."""

    def __init__(self, line: Line, url: str, secret: str, now: Seconds) -> None:
        self._line = line
        self._url = url
        self._secret = secret
        self._now = now

    async def prepare(self, post: Post, handle: Handle) -> Prepared | GiveUp:
        del handle
        if not self._secret:
            sentence = "There is no signing_secret for this webhook. An admin must add one."
            return GiveUp(self._line.fault(ErrorKind.INVALID_CREDENTIALS, sentence))
        if _body(post) is None:
            return GiveUp(self._line.fault(ErrorKind.INVALID_MEDIA, TOO_LARGE))
        return Prepared(NO_HANDLE)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        del handle
        body = _body(post)
        if body is None:
            return GiveUp(self._line.fault(ErrorKind.INVALID_MEDIA, TOO_LARGE))
        headers = self._signed(post.key, body)
        answer = await self._line.call(Request("POST", self._url, headers, body))
        if not isinstance(answer, HttpAnswer):
            return answer
        made = answers.fields(answers.json_of(answer))
        return Published(answers.identity(made) or post.key, answers.link(made))

    async def check(self, handle: Handle) -> Retry:
        """There is nothing to ask."""
        del handle
        return Retry(self._line.unanswerable())

    async def locate(self, post: Post, since: datetime) -> Retry:
        """There is nothing to search."""
        del post, since
        return Retry(self._line.unanswerable())

    async def exists(self, post_id: str) -> GiveUp:
        """There is nothing to look at."""
        del post_id
        return GiveUp(self._line.unanswerable())

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        at = str(int(self._now()))
        content = f"{key}.{at}.".encode() + body
        digest = hmac.digest(_signing_key(self._secret), content, hashlib.sha256)
        return {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "webhook-id": key,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }


def _signing_key(secret: str) -> bytes:
    """whsec_ is followed by base64; anything else is the key itself."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()


def _body(post: Post) -> bytes | None:
    """The JSON that is signed and sent; None when it would be too large."""
    if sum(len(media.data) for media in post.media) > LARGEST:
        return None
    content = {
        "key": post.key,
        "text": post.text,
        "subject": post.subject,
        "media": [_attached(media) for media in post.media],
        "params": post.params,
        "reply_to": post.reply_to,
    }
    body = json.dumps(content, default=_plain).encode()
    return body if len(body) <= LARGEST else None


def _attached(media: Attachment) -> dict[str, str]:
    return {
        "file": media.file,
        "alt": media.alt,
        "content_type": media.content_type,
        "sha256": media.sha256,
        "data": base64.b64encode(media.data).decode(),
    }


def _plain(value: object) -> object:
    """What JSON has no word for: mappings become objects, dates and the like become text."""
    return dict(value) if isinstance(value, Mapping) else str(value)


PLATFORM: Platform = WebhookPlatform()
