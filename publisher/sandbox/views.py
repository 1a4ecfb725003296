"""What people open in a browser: the timeline, one post, a media file, and the event stream."""

import asyncio
import contextlib
from collections.abc import Callable
from urllib.parse import quote

from aiohttp import web

from publisher.sandbox import page
from publisher.sandbox.model import Refused
from publisher.sandbox.network import Network

POLL = 0.2
HEARTBEAT = 15.0
INLINE = ("image/", "video/")
PAGE_HEADERS = {
    "Content-Security-Policy": page.POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
STREAM_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}


def _html(text: str, status: int = 200) -> web.Response:
    # Header and path bytes that are not UTF-8 reach us as lone surrogates.
    body = text.encode("utf-8", "replace")
    headers = {**PAGE_HEADERS, "Content-Type": "text/html; charset=utf-8"}
    return web.Response(body=body, status=status, headers=headers)


class Views:
    """The handlers for people; they only ever read the network."""

    def __init__(self, network: Network, clock: Callable[[], float]) -> None:
        """Show `network`; `clock` returns unix seconds."""
        self.network = network
        self.clock = clock
        self._stopping = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """List the routes for people."""
        return [
            web.get("/", self.timeline),
            web.get("/events", self.events, allow_head=False),
            web.get("/p/{id}", self.post),
            web.get("/media/{id}", self.media),
        ]

    async def stop(self, _app: web.Application) -> None:
        """End every event stream, so that the server can stop."""
        self._stopping.set()

    async def timeline(self, request: web.Request) -> web.Response:
        """Show every account's posts, or only those of ?account=."""
        address = f"{request.scheme}://{request.host}"
        account = request.query.get("account") or None
        return _html(page.timeline(self.network, account, address, self.clock()))

    async def post(self, request: web.Request) -> web.Response:
        """Show one post."""
        post = self.network.posts.get(request.match_info["id"])
        if post is None:
            return _html(page.missing("There is no such post on this network."), 404)
        if post.deleted:
            return _html(page.missing("This post was deleted."), 410)
        return _html(page.single(self.network, post, self.clock()))

    async def media(self, request: web.Request) -> web.Response:
        """Send a file; only pictures and videos are shown in the browser."""
        media = self.network.media.get(request.match_info["id"])
        if media is None:
            raise Refused(404, "not_found", "There is no such file on this network.")
        inline = media.content_type.startswith(INLINE)
        name = quote(media.name.encode("utf-8", "replace"), safe="")
        attachment = f"attachment; filename*=UTF-8''{name}" if name else "attachment"
        headers = {
            "Content-Type": media.content_type if inline else "application/octet-stream",
            "Content-Disposition": "inline" if inline else attachment,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
        }
        return web.Response(body=media.data, headers=headers)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Send one event now and one after each change, at most five a second."""
        stream = web.StreamResponse(headers=STREAM_HEADERS)
        await stream.prepare(request)
        sent, quiet = -1, 0.0
        with contextlib.suppress(ConnectionError):
            while not self._stopping.is_set():
                if self.network.version != sent:
                    sent, quiet = self.network.version, 0.0
                    await stream.write(f"retry: 1000\ndata: {sent}\n\n".encode())
                elif quiet >= HEARTBEAT:
                    quiet = 0.0
                    await stream.write(b": still here\n\n")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), POLL)
                quiet += POLL
        return stream
