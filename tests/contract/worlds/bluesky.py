"""Bluesky's world: a server of the AT protocol that remembers, behind a misbehaving proxy."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from publisher.domain.epic import Profile
from publisher.platforms.bluesky import BlueskyPlatform
from tests.contract.pds import Owner, Pds
from tests.contract.proxy import Canned, Proxy, listening, proxied
from tests.contract.world import DANGEROUS, IMAGES, Expect, Fault, Seen, Step

VARIANTS = ("pds",)
PASSWORD = "s3cr-et-app_passw0rd"


def said(status: int, error: str, message: str, **headers: str) -> Canned:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Canned(status, f'{{"error": "{error}", "message": "{message}"}}', named)


ANSWERS = {
    Fault.RATE_LIMITED: said(429, "RateLimitExceeded", "Rate Limit Exceeded", Retry_After="60"),
    Fault.SERVER_ERROR: said(500, "InternalServerError", "Internal Server Error"),
    Fault.UNAVAILABLE: said(503, "NotEnoughResources", "Try again later"),
    Fault.UNAUTHORIZED: said(401, "AuthMissing", "Authentication Required"),
    Fault.REVOKED: said(403, "InsufficientScope", "Missing required scope"),
    Fault.REJECTED: said(400, "InvalidRequest", "Invalid app.bsky.feed.post record"),
    Fault.INVALID_MEDIA: said(400, "BlobNotFound", "Could not find blob"),
    Fault.ERROR_IN_SUCCESS: said(200, "InternalServerError", "Internal Server Error"),
}
STEPS = {
    "putRecord": Step.PUBLISH,
    "uploadBlob": Step.PREPARE,
    "uploadVideo": Step.PREPARE,
    "resolveHandle": Step.PREPARE,
    "getRecord": Step.LOOK_UP,
}


def step_of(_method: str, path: str) -> Step | None:
    return STEPS.get(path.rpartition(".")[2])


class BlueskyWorld:
    """One account; the connector goes through the proxy, also to the video service."""

    dangerous: Mapping[Fault, Expect] = DANGEROUS
    control_characters = True
    album = IMAGES
    asks_first = True

    def __init__(self, proxy: Proxy, pds: Pds, owner: Owner) -> None:
        self.platform = BlueskyPlatform(pauses=(0.01, 0.01, 0.01))
        self.proxy, self.pds, self.owner = proxy, pds, owner
        self.secrets = {"app_password": owner.password}
        self.profile = Profile(
            id="b",
            platform="bluesky",
            account=owner.handle,
            options={"server": proxy.url, "video_service": proxy.url},
        )

    async def arm(self, fault: Fault | Canned, step: Step = Step.PUBLISH) -> None:
        self.proxy.arm(fault, step)

    async def remove(self, post_id: str) -> None:
        del self.owner.records[post_id.rpartition("/")[2]]

    async def posts(self) -> list[Seen]:
        return [self._seen(uri, value) for uri, value in self.owner.made]

    def _seen(self, uri: str, value: Mapping[str, Any]) -> Seen:
        images = value.get("embed", {}).get("images", [])
        media = tuple((self.sha256(image["image"]), image["alt"]) for image in images)
        parent = value["reply"]["parent"]["uri"] if "reply" in value else None
        return Seen(uri, value["text"], media, parent)

    def sha256(self, blob: Mapping[str, Any]) -> str:
        data, _kind = self.owner.blobs[blob["ref"]["$link"]]
        return hashlib.sha256(data).hexdigest()


class BlueskyStage:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[BlueskyWorld]:
        del variant
        pds = Pds()
        owner = pds.add(f"acme{next(self._numbers)}.example", PASSWORD)
        async with listening(pds.app()) as upstream, proxied(upstream, step_of, ANSWERS) as proxy:
            yield BlueskyWorld(proxy, pds, owner)


@contextmanager
def start() -> Iterator[BlueskyStage]:
    """Nothing runs between two tests: the server lives in the loop of each."""
    yield BlueskyStage()
