"""X's world: a fake API v2 behind a proxy that can misbehave in X's own words."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from publisher.domain.epic import Profile
from publisher.domain.outcome import Unknown
from publisher.platforms.x import XPlatform
from tests.contract.fakes.x import PROBLEMS, FakeX
from tests.contract.proxy import SENT, Canned, Proxy, listening, proxied, shaped
from tests.contract.world import DANGEROUS, IMAGES, LOST, Expect, Fault, Seen, Step

VARIANTS = ("user",)
TOKEN = "s3cret-token_of-x"
NOON = "Wed, 21 Oct 2026 12:00:00 GMT"
A_MINUTE_PAST = "1792584060"
EXPECTED: Mapping[Fault, Expect] = {**DANGEROUS, Fault.UNAVAILABLE: Expect(Unknown, LOST, 0)}


def refusal(status: int, title: str, detail: str, kind: str = "", **headers: str) -> Canned:
    """A problem as X words it."""
    named = f"{PROBLEMS}{kind}" if kind else "about:blank"
    body = {"title": title, "detail": f"{detail} {SENT}", "type": named, "status": status}
    return shaped(status, body, **headers)


def invalid(message: str) -> Canned:
    detail = "One or more parameters to your request was invalid."
    errors = [{"parameters": {"x": [SENT]}, "message": f"{message} {SENT}"}]
    kind = f"{PROBLEMS}invalid-request"
    body = {"errors": errors, "title": "Invalid Request", "detail": detail, "type": kind}
    return shaped(400, body)


ANSWERS: Mapping[Fault, Canned] = {
    Fault.RATE_LIMITED: refusal(
        429, "Too Many Requests", "Slow down", x_rate_limit_reset=A_MINUTE_PAST, Date=NOON
    ),
    Fault.SERVER_ERROR: refusal(500, "Internal Server Error", "Something broke"),
    Fault.UNAVAILABLE: refusal(503, "Service Unavailable", "Over capacity"),
    Fault.UNAUTHORIZED: refusal(401, "Unauthorized", "Unauthorized"),
    Fault.REVOKED: refusal(403, "Client Forbidden", "Not enrolled", "client-forbidden"),
    Fault.REJECTED: invalid("Your Tweet text is too long."),
    Fault.INVALID_MEDIA: invalid("Your media IDs are invalid."),
    Fault.ERROR_IN_SUCCESS: shaped(200, {"errors": [{"message": f"internal {SENT}"}]}),
}


def step_of(method: str, path: str) -> Step | None:
    if (method, path) == ("POST", "/2/tweets"):
        return Step.PUBLISH
    return Step.PREPARE if path.startswith("/2/media/") else Step.LOOK_UP


class XWorld:
    """One user; `x` is seen directly while the connector goes through the proxy."""

    platform = XPlatform(pauses=(0.0, 0.0, 0.0))
    secrets: Mapping[str, str] = {"access_token": TOKEN}
    dangerous = EXPECTED
    control_characters = False
    album = IMAGES
    asks_first = True
    repeated = Unknown

    def __init__(self, proxy: Proxy, x: FakeX, user: str) -> None:
        self.proxy, self.x = proxy, x
        options = {"server": proxy.url, "username": "acme"}
        self.profile = Profile(id=f"x{user}", platform="x", account=user, options=options)

    async def arm(self, fault: Fault | Canned, step: Step = Step.PUBLISH) -> None:
        self.proxy.arm(fault, step)

    async def remove(self, post_id: str) -> None:
        next(each for each in self.x.tweets if each.id == post_id).deleted = True

    async def posts(self) -> list[Seen]:
        return [
            Seen(
                each.id,
                each.text,
                tuple((hashlib.sha256(m.data).hexdigest(), m.alt) for m in each.media),
                each.reply_to,
            )
            for each in self.x.tweets
        ]


class XStage:
    def __init__(self) -> None:
        self._users = itertools.count(2244994945)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[XWorld]:
        del variant
        user = str(next(self._users))
        x = FakeX(TOKEN, user)
        async with listening(x.app()) as upstream, proxied(upstream, step_of, ANSWERS) as proxy:
            yield XWorld(proxy, x, user)


@contextmanager
def start() -> Iterator[XStage]:
    """Nothing runs between two tests: the fake lives in the loop of each."""
    yield XStage()
