"""Building the sandbox's HTTP answers: JSON bodies, refusals and the faults' own answers."""

import json
import math

from aiohttp import web

from publisher.sandbox.faults import Fault, Kind
from publisher.sandbox.model import Container, Post, Refused, iso

JSON = "application/json; charset=utf-8"
SORRY = "<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><p>sandbox</p>"


def json_answer(
    value: object, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Answer with one JSON value."""
    named = {"Content-Type": JSON, **(headers or {})}
    return web.Response(body=json.dumps(value).encode(), status=status, headers=named)


def refusal(refused: Refused, base: str) -> web.Response:
    """Answer {"error", "message"}, with the "post" that explains a conflict."""
    body: dict[str, object] = {"error": refused.code, "message": refused.message}
    if refused.post is not None:
        body["post"] = full_post(refused.post, base)
    headers = {"Allow": refused.allow} if refused.allow else None
    return json_answer(body, refused.status, headers)


def short_post(post: Post, base: str) -> dict[str, object]:
    """Return {"id", "url", "created_at", "text"}; `base` is this server's address."""
    return {
        "id": post.id,
        "url": f"{base}/p/{post.id}",
        "created_at": iso(post.created_at),
        "text": post.text,
    }


def media_of(post: Post) -> list[dict[str, object]]:
    """Return the post's media as a list of {"sha256", "alt"}."""
    return [{"sha256": item.media.sha256, "alt": item.alt} for item in post.media]


def full_post(post: Post, base: str) -> dict[str, object]:
    """Return what a list shows of a post: the short form, "reply_to" and "media"."""
    return {**short_post(post, base), "reply_to": post.reply_to, "media": media_of(post)}


def container_answer(container: Container, base: str) -> dict[str, object]:
    """Return {"id", "status": "ready" or "published", "post"}."""
    post = container.post
    return {
        "id": container.id,
        "status": "ready" if post is None else "published",
        "post": None if post is None else full_post(post, base),
    }


def control_post(post: Post) -> dict[str, object]:
    """Return everything the network knows about a post, for tests to check."""
    return {
        "id": post.id,
        "account": post.account,
        "plays": post.plays.value,
        "text": post.text,
        "key": post.key,
        "container": post.container,
        "created_at": iso(post.created_at),
        "received_at": post.received_at,
        "deleted": post.deleted,
        "reply_to": post.reply_to,
        "media": media_of(post),
    }


def control_fault(fault: Fault) -> dict[str, object]:
    """Return an armed fault as it was asked for, with its id and the strikes still left."""
    return {
        "id": fault.id,
        "account": fault.account,
        "fault": fault.kind.value,
        "times": fault.times,
        "seconds": fault.seconds,
        "contains": fault.contains,
        "step": fault.step.value,
    }


REFUSALS = {
    Kind.RATE_LIMITED: (429, "rate_limited", "Too many requests; wait before the next one."),
    Kind.SERVER_ERROR: (500, "server_error", "Something broke on our side."),
    Kind.UNAVAILABLE: (503, "unavailable", "The network is down for a moment."),
    Kind.UNAUTHORIZED: (401, "unauthorized", "This access token is not valid any more."),
    Kind.REVOKED: (403, "revoked", "The account took this application's access away."),
    Kind.REJECTED: (422, "content_rejected", "The network does not accept this content."),
    Kind.INVALID_MEDIA: (422, "invalid_media", "The network could not process the media."),
    Kind.ERROR_IN_SUCCESS: (200, "internal", "The post could not be created."),
}


def fault_answer(fault: Fault, now: float) -> web.Response:
    """Answer for a fault under which nothing happens; `now` is unix seconds."""
    if fault.kind not in REFUSALS:
        return web.Response(text=SORRY, status=502, content_type="text/html")
    status, code, message = REFUSALS[fault.kind]
    headers = {}
    wait = fault.wait()
    if fault.kind is Kind.RATE_LIMITED or (fault.kind is Kind.UNAVAILABLE and wait):
        # HTTP knows whole seconds only, so the header rounds up; the reset time is exact.
        headers["Retry-After"] = str(math.ceil(wait))
    if fault.kind is Kind.RATE_LIMITED:
        headers["X-RateLimit-Reset"] = iso(now + wait)
    return json_answer({"error": code, "message": message}, status, headers)


def cut_short(whole: web.Response) -> web.Response:
    """Return the same answer with the second half of its JSON missing."""
    body = whole.body if isinstance(whole.body, bytes) else b"{"
    cut = body[: max(1, len(body) // 2)]
    return web.Response(body=cut, status=whole.status, headers={"Content-Type": JSON})
