"""Instagram's content publishing as developers.facebook.com describes it: containers first.

It fetches media from their addresses, as Instagram does, and refuses what Instagram refuses.
"""

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

LONGEST = 2200
VERSION = "v26.0"


def graph_error(code: int, subcode: int, message: str, status: int = 400) -> web.Response:
    error: dict[str, object] = {"message": message, "type": "OAuthException", "code": code}
    if subcode:
        error |= {"error_subcode": subcode, "is_transient": False, "error_user_msg": message}
    return web.json_response({"error": error}, status=status)


@dataclass
class Container:
    id: str
    body: dict[str, Any]
    files: list[tuple[str, str]] = field(default_factory=list)  # (sha256, alt)
    left: int = 0  # questions until it is finished
    error: str = ""
    state: str = ""  # PUBLISHED or EXPIRED, once it is


@dataclass
class Media:
    id: str
    container: Container
    at: datetime
    deleted: bool = False

    @property
    def caption(self) -> str:
        return str(self.container.body.get("caption", ""))


class FakeInstagram:
    """One professional account. `hosted` are the bytes that have a public address."""

    def __init__(self, token: str, account: str) -> None:
        self.media: list[Media] = []
        self.containers: dict[str, Container] = {}
        self.hosted: dict[str, tuple[bytes, str]] = {}
        self.busy = 1
        self.total = 50
        self.lists = True
        self.breaks = ""
        self._token = token
        self._account = account
        self._ids = itertools.count(17_841_400_000_000_000)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=32 << 20, middlewares=[self._signed_in])
        me = f"/{VERSION}/{self._account}"
        app.router.add_get("/public/{name}", self._public)
        app.router.add_get(f"{me}/content_publishing_limit", self._limit)
        app.router.add_post(f"{me}/media", self._create)
        app.router.add_get(f"{me}/media", self._list)
        app.router.add_post(f"{me}/media_publish", self._publish)
        app.router.add_get(me, self._me)
        app.router.add_get(f"/{VERSION}/{{id}}", self._node)
        app.router.add_delete(f"/{VERSION}/{{id}}", self._delete)
        return app

    @web.middleware
    async def _signed_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        public = request.path.startswith("/public/")
        if not public and request.headers.get("Authorization") != f"Bearer {self._token}":
            return graph_error(190, 463, "Error validating access token", 401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _public(self, request: web.Request) -> web.Response:
        found = self.hosted.get(request.match_info["name"])
        if found is None:
            return web.Response(status=404)
        return web.Response(body=found[0], content_type=found[1])

    async def _limit(self, request: web.Request) -> web.Response:
        del request
        config = {"quota_total": self.total, "quota_duration": 86400}
        return web.json_response({"data": [{"quota_usage": len(self.media), "config": config}]})

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        made = Container(str(next(self._ids)), body, left=self.busy)
        if len(body.get("caption", "")) > LONGEST:
            return graph_error(36004, 2207010, "The caption is too long")
        if body.get("media_type") == "CAROUSEL":
            children = [self.containers[each] for each in body["children"]]
            if not 2 <= len(children) <= 10:
                return graph_error(100, 2207028, "2 to 10 children")
            if any(self._state(each) != "FINISHED" for each in children):
                return graph_error(9007, 2207027, "Media ID is not available")
            if any("caption" in each.body for each in children):
                return graph_error(100, 0, "Children have no caption")
            made.files = [file for each in children for file in each.files]
        else:
            refused = await self._fetch(made)
            if refused:
                return refused
        if self.breaks:
            made.error = f"Error: Media upload has failed with error code {self.breaks}"
        self.containers[made.id] = made
        return web.json_response({"id": made.id})

    async def _fetch(self, made: Container) -> web.Response | None:
        body = made.body
        video = body.get("media_type") in {"REELS", "VIDEO"}
        if body.get("media_type") == "VIDEO" and not body.get("is_carousel_item"):
            return graph_error(100, 2207023, "The media type is not supported: use REELS")
        url = body.get("video_url" if video else "image_url", "")
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            data, kind = await answer.read(), answer.content_type
        if answer.status != 200:
            return graph_error(9004, 2207052, "The media could not be fetched from this URI")
        if kind != ("video/mp4" if video else "image/jpeg"):
            return graph_error(36001, 2207005, "The format is not supported")
        if video and "alt_text" in body:
            return graph_error(100, 0, "alt_text is for images")
        made.files = [(hashlib.sha256(data).hexdigest(), body.get("alt_text", ""))]
        return None

    async def _publish(self, request: web.Request) -> web.Response:
        container = self.containers.get((await request.json())["creation_id"])
        if container is None:
            return graph_error(24, 2207006, "The media was not found")
        if container.body.get("is_carousel_item"):
            return graph_error(100, 0, "A carousel's item is not published by itself")
        if self._state(container) == "EXPIRED":
            return graph_error(24, 2207020, "The media has expired")
        if self._state(container) != "FINISHED":
            return graph_error(9007, 2207027, "Media ID is not available")
        if len(self.media) >= self.total:
            return graph_error(9, 2207042, "The account is at its publishing limit")
        container.state = "PUBLISHED"
        made = Media(str(next(self._ids)), container, datetime.now(UTC))
        self.media.append(made)
        return web.json_response({"id": made.id})

    async def _node(self, request: web.Request) -> web.Response:
        asked = request.match_info["id"]
        container = self.containers.get(asked)
        if container is not None:
            state = self._state(container)
            container.left = max(0, container.left - 1)
            status = container.error if state == "ERROR" else f"{state.title()}: …"
            return web.json_response({"status_code": state, "status": status, "id": asked})
        media = next((each for each in self.media if each.id == asked and not each.deleted), None)
        return self._none(asked) if media is None else web.json_response(self._listed(media))

    async def _delete(self, request: web.Request) -> web.Response:
        asked = request.match_info["id"]
        media = next((each for each in self.media if each.id == asked and not each.deleted), None)
        if media is None:
            return self._none(asked)
        media.deleted = True
        return web.json_response({"success": True})

    async def _me(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"id": self._account})

    async def _list(self, request: web.Request) -> web.Response:
        limit, start = int(request.query["limit"]), int(request.query.get("after", "0"))
        newest = [each for each in reversed(self.media) if not each.deleted and self.lists]
        page = newest[start : start + limit]
        paging: dict[str, object] = {"cursors": {"before": str(start), "after": str(start + limit)}}
        if len(newest) > start + limit:
            paging["next"] = f"https://graph.facebook.com/?after={start + limit}"
        return web.json_response({"data": [self._listed(each) for each in page], "paging": paging})

    def _listed(self, media: Media) -> dict[str, object]:
        listed: dict[str, object] = {
            "id": media.id,
            "caption": media.caption,
            "timestamp": media.at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "permalink": f"https://www.instagram.com/p/{media.id}/",
        }
        children = media.container.body.get("children")
        if children:
            listed["children"] = {"data": [{"id": each} for each in children]}
        return listed

    def _state(self, container: Container) -> str:
        if container.state:
            return container.state
        if container.left:
            return "IN_PROGRESS"
        return "ERROR" if container.error else "FINISHED"

    def _none(self, asked: str) -> web.Response:
        message = f"Unsupported get request. Object with ID '{asked}' does not exist"
        return graph_error(100, 33, message)
