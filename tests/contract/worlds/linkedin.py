"""LinkedIn's world: a fake REST API behind a proxy that can misbehave in LinkedIn's own words."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from publisher.domain.epic import Profile
from publisher.domain.outcome import Published, Unknown
from publisher.platforms.linkedin import LinkedInPlatform
from tests.contract.fakes.linkedin import FakeLinkedIn
from tests.contract.proxy import SENT, Canned, Proxy, listening, proxied, shaped
from tests.contract.world import DANGEROUS, IMAGES, LOST, Expect, Fault, Seen, Step

VARIANTS = ("organization", "person")
TOKEN = "s3cret-token_of-linkedin"
EXPECTED: Mapping[Fault, Expect] = {**DANGEROUS, Fault.UNAVAILABLE: Expect(Unknown, LOST, 0)}


def refusal(status: int, code: str, message: str, **headers: str) -> Canned:
    """An error as LinkedIn words it."""
    body = {"status": status, "serviceErrorCode": 100, "code": code, "message": message + SENT}
    return shaped(status, body, **headers)


ANSWERS: Mapping[Fault, Canned] = {
    Fault.RATE_LIMITED: refusal(429, "TOO_MANY_REQUESTS", "Slow down", Retry_After="60"),
    Fault.SERVER_ERROR: refusal(500, "INTERNAL_SERVER_ERROR", "Something broke"),
    Fault.UNAVAILABLE: refusal(503, "SERVICE_UNAVAILABLE", "Try later"),
    Fault.UNAUTHORIZED: refusal(401, "EXPIRED_ACCESS_TOKEN", "The token has expired"),
    Fault.REVOKED: refusal(403, "ACCESS_DENIED", "Not enough permissions to access: CREATE"),
    Fault.REJECTED: refusal(400, "FIELD_LENGTH_TOO_LONG", "commentary is too long"),
    Fault.INVALID_MEDIA: refusal(400, "INVALID_VALUE_FOR_FIELD", "The image cannot be used"),
    Fault.ERROR_IN_SUCCESS: shaped(200, {"status": 500, "message": f"internal {SENT}"}),
}


def step_of(method: str, path: str) -> Step | None:
    if method == "POST" and (path == "/rest/posts" or path.endswith("/comments")):
        return Step.PUBLISH
    uploads = path.startswith(("/rest/images", "/rest/videos", "/rest/documents"))
    return Step.PREPARE if uploads else Step.LOOK_UP


class LinkedInWorld:
    """One author; `linkedin` is seen directly while the connector goes through the proxy."""

    platform = LinkedInPlatform(pauses=(0.0, 0.0, 0.0))
    secrets: Mapping[str, str] = {"access_token": TOKEN}
    dangerous = EXPECTED
    control_characters = True
    album = IMAGES
    asks_first = True
    repeated = Published

    def __init__(self, proxy: Proxy, linkedin: FakeLinkedIn, author: str) -> None:
        self.proxy, self.linkedin = proxy, linkedin
        name = author.rpartition(":")[2]
        options = {"server": proxy.url}
        self.profile = Profile(id=name, platform="linkedin", account=author, options=options)

    async def arm(self, fault: Fault | Canned, step: Step = Step.PUBLISH) -> None:
        self.proxy.arm(fault, step)

    async def remove(self, post_id: str) -> None:
        next(each for each in self.linkedin.made if each.urn == post_id).deleted = True

    async def posts(self) -> list[Seen]:
        return [
            Seen(
                each.urn,
                each.text,
                tuple((hashlib.sha256(m.data).hexdigest(), alt) for m, alt in each.media),
                each.root,
            )
            for each in self.linkedin.made
        ]


class LinkedInStage:
    def __init__(self) -> None:
        self._numbers = itertools.count(5515715)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[LinkedInWorld]:
        author = f"urn:li:{variant}:{next(self._numbers)}"
        linkedin = FakeLinkedIn(TOKEN, author)
        async with (
            listening(linkedin.app()) as upstream,
            proxied(upstream, step_of, ANSWERS) as proxy,
        ):
            yield LinkedInWorld(proxy, linkedin, author)


@contextmanager
def start() -> Iterator[LinkedInStage]:
    """Nothing runs between two tests: the fake lives in the loop of each."""
    yield LinkedInStage()
