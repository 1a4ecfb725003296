"""Public addresses of media for platforms that fetch them: signed, and good for a while only."""

import asyncio
import hashlib
import hmac
import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from aiohttp import web

from publisher.domain.errors import Unavailable
from publisher.ports import MediaStore

PREFIX = "/media"
_SIGNATURE = 32
_TIME = re.compile(r"[0-9]{1,11}")


class Denied(Enum):
    """Why a link opens nothing."""

    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class MediaLinks:
    """`base` is our public address, `secret` known to nobody else; links live for `good_for`."""

    base: str
    secret: bytes
    good_for: timedelta = timedelta(hours=24)

    def url(self, sha256: str, content_type: str, now: datetime) -> str:
        """Where these bytes are from now on; the path says until when."""
        until = int((now + self.good_for).timestamp())
        name = f"{sha256}{mimetypes.guess_extension(content_type) or ''}"
        return f"{self.base.rstrip('/')}{PREFIX}/{until}/{self._signature(until, name)}/{name}"

    def opens(self, until: str, signature: str, name: str, now: datetime) -> str | Denied:
        """The sha256 that a link gives access to, or why it gives none."""
        ours = self._signature(int(until), name) if _TIME.fullmatch(until) else ""
        if not hmac.compare_digest(ours.encode(), signature.encode()) or not ours:
            return Denied.FORGED
        return Denied.EXPIRED if now.timestamp() > int(until) else name.partition(".")[0]

    def _signature(self, until: int, name: str) -> str:
        said = f"{PREFIX}/{until}/{name}".encode()
        return hmac.new(self.secret, said, hashlib.sha256).hexdigest()[:_SIGNATURE]


def media_route(links: MediaLinks, store: MediaStore, now: Callable[[], datetime]) -> web.RouteDef:
    """GET and HEAD of a link; pieces may be asked for, and the file is never read into memory."""

    async def serve(request: web.Request) -> web.StreamResponse:
        asked = request.match_info
        opened = links.opens(asked["until"], asked["signature"], asked["name"], now())
        if opened is Denied.FORGED:
            raise web.HTTPNotFound
        if isinstance(opened, Denied):
            raise web.HTTPGone(text="This link has expired.")
        try:
            file = await asyncio.to_thread(store.local, opened)
        except Unavailable:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"}) from None
        if file is None:
            raise web.HTTPNotFound
        kind, _encoding = mimetypes.guess_type(asked["name"])
        return web.FileResponse(
            file,
            headers={
                "Content-Type": kind or "application/octet-stream",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "private, max-age=3600",
            },
        )

    handler: Callable[[web.Request], Awaitable[web.StreamResponse]] = serve
    return web.get(f"{PREFIX}/{{until}}/{{signature}}/{{name}}", handler)
