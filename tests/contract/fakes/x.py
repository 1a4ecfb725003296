"""X's API v2 as docs.x.com describes it: media uploads, posts, timelines, problems."""

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

from aiohttp import web

PROBLEMS = "https://api.x.com/2/problems/"
LINK = re.compile(r"https?://[^\s]+")
LONGEST = 280
CHUNKED = {"tweet_video": "video", "tweet_gif": "animated_gif"}


def problem(status: int, title: str, detail: str, kind: str = "", **more: object) -> web.Response:
    type_ = f"{PROBLEMS}{kind}" if kind else "about:blank"
    body = {"title": title, "detail": detail, "type": type_, "status": status, **more}
    return web.json_response(body, status=status, content_type="application/problem+json")


def invalid(parameter: str, message: str) -> web.Response:
    errors = [{"parameters": {parameter: []}, "message": message}]
    detail = "One or more parameters to your request was invalid."
    return problem(400, "Invalid Request", detail, "invalid-request", errors=errors)


@dataclass
class Media:
    id: str
    category: str
    kind: str
    total: int
    data: bytes = b""
    alt: str = ""
    segments: int = 0
    left: int | None = None  # questions until it is processed; None: not finalised


@dataclass
class Tweet:
    id: str
    text: str
    media: list[Media]
    reply_to: str | None
    at: datetime
    params: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False


class FakeX:
    """One user's X. `busy` is how often a video is still being processed when asked.

    `hides` keeps the timeline empty until a duplicate was refused.
    """

    def __init__(self, token: str, user: str) -> None:
        self.tweets: list[Tweet] = []
        self.media: dict[str, Media] = {}
        self.busy = 2
        self.breaks = False
        self.hides = False
        self.chunks: list[int] = []
        self._token = token
        self._user = user
        self._ids = itertools.count(1_000_000_000_000_000_000)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=32 << 20, middlewares=[self._signed_in])
        app.router.add_post("/2/media/upload", self._simple)
        app.router.add_get("/2/media/upload", self._status)
        app.router.add_post("/2/media/upload/initialize", self._initialize)
        app.router.add_post("/2/media/upload/{id}/append", self._append)
        app.router.add_post("/2/media/upload/{id}/finalize", self._finalize)
        app.router.add_post("/2/media/metadata", self._metadata)
        app.router.add_post("/2/tweets", self._create)
        app.router.add_get("/2/tweets/{id}", self._one)
        app.router.add_delete("/2/tweets/{id}", self._delete)
        app.router.add_get("/2/users/{id}/tweets", self._timeline)
        return app

    @web.middleware
    async def _signed_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return problem(401, "Unauthorized", "Unauthorized")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _simple(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["media_category"] != "tweet_image" or not body["media_type"].startswith("image/"):
            return invalid("media_category", "media_category is not allowed here")
        data = base64.b64decode(body["media"], validate=True)
        made = self._new(body["media_category"], body["media_type"], len(data))
        made.data, made.left = data, 0
        return web.json_response({"data": self._shown(made)})

    async def _initialize(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["media_category"] not in CHUNKED:
            return invalid("media_category", "media_category is not allowed here")
        made = self._new(body["media_category"], body["media_type"], body["total_bytes"])
        return web.json_response({"data": {"id": made.id, "expires_after_secs": 86400}})

    async def _append(self, request: web.Request) -> web.Response:
        media, form = self.media[request.match_info["id"]], await request.post()
        sent = form["media"]
        assert isinstance(sent, web.FileField)
        if form["segment_index"] != str(media.segments):
            return invalid("segment_index", "Segments do not add up")
        data = sent.file.read()
        self.chunks.append(len(data))
        media.segments, media.data = media.segments + 1, media.data + data
        return web.json_response({"data": {"expires_at": 1}})

    async def _finalize(self, request: web.Request) -> web.Response:
        media = self.media[request.match_info["id"]]
        if len(media.data) != media.total:
            return invalid("media_id", "Segments do not add up to provided total file size.")
        media.left = self.busy
        return web.json_response({"data": self._shown(media)})

    async def _status(self, request: web.Request) -> web.Response:
        assert request.query["command"] == "STATUS"
        media = self.media.get(request.query["media_id"])
        if media is None or media.left is None:
            return problem(404, "Not Found Error", "No such media", "resource-not-found")
        media.left = max(0, media.left - 1)
        return web.json_response({"data": self._shown(media)})

    async def _metadata(self, request: web.Request) -> web.Response:
        body = await request.json()
        media = self.media[body["id"]]
        if media.category == "tweet_video":
            return invalid("id", "Alt text is for images")
        media.alt = body["metadata"]["alt_text"]["text"]
        return web.json_response({"data": {"id": media.id, "associated_metadata": {}}})

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        text = body.pop("text", "")
        ids = body.pop("media", {}).get("media_ids", [])
        reply_to = body.pop("reply", {}).get("in_reply_to_tweet_id")
        media = [self.media[each] for each in ids if each in self.media]
        refused = self._refusal(text, ids, media, reply_to)
        if refused:
            return refused
        made = Tweet(str(next(self._ids)), text, media, reply_to, datetime.now(UTC), body)
        self.tweets.append(made)
        return web.json_response({"data": {"id": made.id, "text": self._text(made)}}, status=201)

    def _refusal(
        self, text: str, ids: list[str], media: list[Media], reply_to: str | None
    ) -> web.Response | None:
        kinds = [each.category for each in media]
        if len(media) < len(ids) or any(each.left != 0 for each in media):
            return invalid("media.media_ids", "Your media IDs are invalid.")
        if len(kinds) > 4 or (len(kinds) > 1 and set(kinds) != {"tweet_image"}):
            return invalid("media.media_ids", "Media of these kinds do not go together.")
        if not (text or ids) or len(LINK.sub("x" * 23, text)) > LONGEST:
            return invalid("text", "The text is empty or too long.")
        if reply_to is not None and not any(each.id == reply_to for each in self._live()):
            detail = "You attempted to reply to a Tweet that is deleted or not visible to you."
            return problem(403, "Forbidden", detail)
        same = (text, reply_to, [each.data for each in media])
        known = [(each.text, each.reply_to, [m.data for m in each.media]) for each in self._live()]
        if same in known:
            self.hides = False
            detail = "You are not allowed to create a Tweet with duplicate content."
            return problem(403, "Forbidden", detail)
        return None

    async def _one(self, request: web.Request) -> web.Response:
        found = self._find(request.match_info["id"])
        if found is None:
            error = {
                "title": "Not Found Error",
                "type": f"{PROBLEMS}resource-not-found",
                "detail": f"Could not find tweet with id: [{request.match_info['id']}].",
                "resource_type": "tweet",
            }
            return web.json_response({"errors": [error]})
        return web.json_response({"data": {"id": found.id, "text": self._text(found)}})

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._find(request.match_info["id"])
        if found is None:
            return problem(404, "Not Found Error", "No such post", "resource-not-found")
        found.deleted = True
        return web.json_response({"data": {"deleted": True}})

    async def _timeline(self, request: web.Request) -> web.Response:
        assert request.match_info["id"] == self._user
        size = int(request.query["max_results"])
        assert 5 <= size <= 100
        start = int(request.query.get("pagination_token", "p0")[1:])
        shown = [] if self.hides else self._live()
        newest = sorted(shown, key=lambda each: each.id, reverse=True)
        page = newest[start : start + size]
        meta: dict[str, object] = {"result_count": len(page)}
        if len(newest) > start + size:
            meta["next_token"] = f"p{start + size}"
        data = [self._listed(each) for each in page]
        return web.json_response({"data": data, "meta": meta} if data else {"meta": meta})

    def _listed(self, tweet: Tweet) -> dict[str, object]:
        listed: dict[str, object] = {
            "id": tweet.id,
            "text": self._text(tweet),
            "created_at": tweet.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        urls: list[dict[str, str]] = [
            {"url": _short(link), "expanded_url": link, "display_url": link[:20]}
            for link in LINK.findall(tweet.text)
        ]
        for each in tweet.media:
            expanded = f"https://x.com/someone/status/{tweet.id}/photo/1"
            urls.append({"url": _short(tweet.id), "expanded_url": expanded, "media_key": each.id})
        if urls:
            listed["entities"] = {"urls": urls}
        if tweet.media:
            listed["attachments"] = {"media_keys": [f"3_{each.id}" for each in tweet.media]}
        if tweet.reply_to:
            listed["referenced_tweets"] = [{"type": "replied_to", "id": tweet.reply_to}]
        return listed

    def _text(self, tweet: Tweet) -> str:
        shown = LINK.sub(lambda link: _short(link[0]), tweet.text).strip()
        own = f" {_short(tweet.id)}" if tweet.media else ""
        return escape(shown, quote=False) + own

    def _new(self, category: str, kind: str, total: int) -> Media:
        made = Media(str(next(self._ids)), category, kind, total)
        self.media[made.id] = made
        return made

    def _shown(self, media: Media) -> dict[str, object]:
        shown: dict[str, object] = {"id": media.id, "size": media.total, "media_key": media.id}
        if media.category in CHUNKED:
            state = "in_progress" if media.left else "failed" if self.breaks else "succeeded"
            info: dict[str, object] = {"state": state, "check_after_secs": 1}
            if state == "failed":
                info["error"] = {"code": 1, "name": "InvalidMedia", "message": "Unsupported codec"}
            shown["processing_info"] = info
        return shown

    def _live(self) -> list[Tweet]:
        return [each for each in self.tweets if not each.deleted]

    def _find(self, post_id: str) -> Tweet | None:
        return next((each for each in self._live() if each.id == post_id), None)


def _short(link: str) -> str:
    return f"https://t.co/{hashlib.sha256(link.encode()).hexdigest()[:10]}"
