"""Instagram's world: a fake Graph API behind a proxy that can misbehave in Meta's own words."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from publisher.domain.epic import Profile
from publisher.domain.outcome import Unknown
from publisher.platforms.instagram import InstagramPlatform
from publisher.ports import Attachment, Post
from tests.contract.fakes.instagram import VERSION, FakeInstagram
from tests.contract.proxy import SENT, Canned, Proxy, listening, proxied, shaped
from tests.contract.world import DANGEROUS, LOST, MIXED, Expect, Fault, Seen, Step

VARIANTS = ("professional",)
TOKEN = "s3cret-token_of-instagram"
EXPECTED: Mapping[Fault, Expect] = {**DANGEROUS, Fault.UNAVAILABLE: Expect(Unknown, LOST, 0)}
USAGE = {"1": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 1}]}


def refusal(status: int, code: int, message: str, subcode: int = 0, **headers: str) -> Canned:
    """A Graph API error."""
    error: dict[str, object] = {"message": message + SENT, "type": "OAuthException", "code": code}
    if subcode:
        error |= {"error_subcode": subcode, "error_user_msg": message}
    return shaped(status, {"error": error}, **headers)


ANSWERS: Mapping[Fault, Canned] = {
    Fault.RATE_LIMITED: refusal(
        400, 4, "Application request limit reached", X_Business_Use_Case_Usage=json.dumps(USAGE)
    ),
    Fault.SERVER_ERROR: refusal(500, 1, "An unknown error occurred"),
    Fault.UNAVAILABLE: refusal(503, 2, "Service temporarily unavailable"),
    Fault.UNAUTHORIZED: refusal(401, 190, "Error validating access token", 463),
    Fault.REVOKED: refusal(403, 10, "Application does not have permission for this action"),
    Fault.REJECTED: refusal(400, 36004, "The caption is too long", 2207010),
    Fault.INVALID_MEDIA: refusal(400, 36003, "The aspect ratio is not supported", 2207009),
    Fault.ERROR_IN_SUCCESS: refusal(200, 1, "internal"),
}


def step_of(method: str, path: str) -> Step | None:
    if path.endswith("/media_publish"):
        return Step.PUBLISH
    if path.endswith("/content_publishing_limit"):
        return None
    return Step.PREPARE if method == "POST" else Step.LOOK_UP


class InstagramWorld:
    """One account; `instagram` is seen directly while the connector goes through the proxy."""

    platform = InstagramPlatform(pauses=(0.0, 0.0, 0.0))
    secrets: Mapping[str, str] = {"access_token": TOKEN}
    dangerous = EXPECTED
    control_characters = True
    album = MIXED
    asks_first = True

    def __init__(self, proxy: Proxy, instagram: FakeInstagram, account: str) -> None:
        self.proxy, self.instagram = proxy, instagram
        options = {"server": proxy.url, "version": VERSION}
        self.profile = Profile(
            id=f"i{account}", platform="instagram", account=account, options=options
        )

    def fitted(self, post: Post) -> Post | None:
        """There is no post without media, media are JPEG with an address, and no threads."""
        if post.reply_to is not None:
            return None
        media = post.media or (MIXED[0],)
        return replace(post, media=tuple(self.hosted(each) for each in media))

    def hosted(self, media: Attachment) -> Attachment:
        """The same file as a JPEG, at a public address."""
        kind = media.content_type.replace("png", "jpeg")
        self.instagram.hosted[media.sha256] = (media.data, kind)
        url = f"{self.proxy.upstream}/public/{media.sha256}"
        return replace(media, content_type=kind, url=url)

    async def arm(self, fault: Fault | Canned, step: Step = Step.PUBLISH) -> None:
        self.proxy.arm(fault, step)

    async def remove(self, post_id: str) -> None:
        next(each for each in self.instagram.media if each.id == post_id).deleted = True

    async def posts(self) -> list[Seen]:
        return [
            Seen(each.id, each.caption, tuple(each.container.files), None)
            for each in self.instagram.media
        ]


class InstagramStage:
    def __init__(self) -> None:
        self._accounts = itertools.count(17_841_405_822_304_914)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[InstagramWorld]:
        del variant
        account = str(next(self._accounts))
        instagram = FakeInstagram(TOKEN, account)
        async with (
            listening(instagram.app()) as upstream,
            proxied(upstream, step_of, ANSWERS) as proxy,
        ):
            yield InstagramWorld(proxy, instagram, account)


@contextmanager
def start() -> Iterator[InstagramStage]:
    """Nothing runs between two tests: the fake lives in the loop of each."""
    yield InstagramStage()
