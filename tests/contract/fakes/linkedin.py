"""LinkedIn's versioned REST API as learn.microsoft.com describes it: posts, comments, media."""

import hashlib
import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

RESERVED = "|{}@[]()<>#\\*_~"
MENTION = re.compile(r"@\[([^\[\]()]+)\]\(urn:li:\w+:\w+\)")
LONGEST = 3000
PART = 600


def refusal(status: int, code: str, message: str) -> web.Response:
    body = {"status": status, "serviceErrorCode": 100, "code": code, "message": message}
    return web.json_response(body, status=status)


def shown(commentary: str) -> str:
    """What readers see: after an unescaped reserved character nothing."""
    out, at = "", 0
    while at < len(commentary):
        here = commentary[at]
        mention = MENTION.match(commentary, at)
        if mention:
            out, at = out + mention[1], mention.end()
        elif here == "\\" and at + 1 < len(commentary):
            out, at = out + commentary[at + 1], at + 2
        elif here == "#" and commentary[at + 1 : at + 2].isalnum():
            out, at = out + here, at + 1
        elif here in RESERVED:
            return out
        else:
            out, at = out + here, at + 1
    return out


@dataclass
class Media:
    urn: str
    owner: str
    total: int
    parts: dict[str, bytes] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    left: int | None = None  # questions until it is available; None: not sent yet

    @property
    def data(self) -> bytes:
        return b"".join(self.parts[tag] for tag in self.tags)


@dataclass
class Made:
    """A post or, with a root, a comment."""

    urn: str
    text: str
    media: list[tuple[Media, str]]
    root: str | None
    at: int
    body: dict[str, Any]
    deleted: bool = False


class FakeLinkedIn:
    """One author's LinkedIn. `busy` is how often an upload is still being processed."""

    def __init__(self, token: str, author: str) -> None:
        self.made: list[Made] = []
        self.media: dict[str, Media] = {}
        self.busy = 1
        self.breaks = False
        self.tags = True
        self.says_no_id = False
        self.versions: set[str] = set()
        self._token = token
        self._author = author
        self._numbers = itertools.count(7_000_000_000_000_000_000)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=32 << 20, middlewares=[self._signed_in])
        app.router.add_post("/rest/{kind:images|videos|documents}", self._media_action)
        app.router.add_get("/rest/{kind:images|videos|documents}/{urn}", self._media_status)
        app.router.add_put("/upload/{urn}/{part}", self._put)
        app.router.add_post("/rest/posts", self._create)
        app.router.add_get("/rest/posts", self._find)
        app.router.add_get("/rest/posts/{urn}", self._one)
        app.router.add_delete("/rest/posts/{urn}", self._delete)
        app.router.add_post("/rest/socialActions/{root}/comments", self._comment)
        app.router.add_get("/rest/socialActions/{root}/comments", self._comments)
        app.router.add_get("/rest/socialActions/{root}/comments/{id}", self._one)
        app.router.add_delete("/rest/socialActions/{root}/comments/{id}", self._delete)
        return app

    @web.middleware
    async def _signed_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return refusal(401, "INVALID_ACCESS_TOKEN", "Invalid access token")
        if request.path.startswith("/rest/"):
            self.versions.add(request.headers.get("LinkedIn-Version", ""))
            assert request.headers["X-Restli-Protocol-Version"] == "2.0.0"
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _media_action(self, request: web.Request) -> web.Response:
        body, kind = await request.json(), request.match_info["kind"].removesuffix("s")
        if request.query["action"] == "finalizeUpload":
            return self._finalize(body["finalizeUploadRequest"])
        asked = body["initializeUploadRequest"]
        if asked["owner"] != self._author:
            return refusal(403, "ACCESS_DENIED", "Not the owner")
        urn = f"urn:li:{kind}:C{next(self._numbers)}"
        made = self.media[urn] = Media(urn, asked["owner"], asked.get("fileSizeBytes", 0))
        place = f"{request.scheme}://{request.host}/upload/{urn}"
        if kind != "video":
            value: dict[str, object] = {kind: urn, "uploadUrl": f"{place}/0"}
            return web.json_response({"value": value})
        parts = [
            {
                "uploadUrl": f"{place}/{number}",
                "firstByte": start,
                "lastByte": min(start + PART, made.total) - 1,
            }
            for number, start in enumerate(range(0, made.total, PART))
        ]
        value = {"video": urn, "uploadInstructions": parts, "uploadToken": "token-7"}
        return web.json_response({"value": value})

    async def _put(self, request: web.Request) -> web.Response:
        media, data = self.media[request.match_info["urn"]], await request.read()
        tag = hashlib.sha256(request.match_info["part"].encode() + data).hexdigest()[:16]
        media.parts[tag] = data
        if ":video:" not in media.urn:
            media.tags, media.left = [tag], self.busy
        return web.Response(status=201, headers={"ETag": tag} if self.tags else {})

    def _finalize(self, asked: dict[str, Any]) -> web.Response:
        media = self.media[asked["video"]]
        whole = asked["uploadToken"] == "token-7" and set(asked["uploadedPartIds"]) == set(
            media.parts
        )
        media.tags = asked["uploadedPartIds"]
        if not whole or len(media.data) != media.total:
            return refusal(400, "INVALID_PARTS", "The video's parts do not add up")
        media.left = self.busy
        return web.Response(status=200)

    async def _media_status(self, request: web.Request) -> web.Response:
        media = self.media.get(request.match_info["urn"])
        if ":person:" in self._author and request.match_info["kind"] != "videos":
            return refusal(403, "ACCESS_DENIED", "Not enough permissions to access: GET")
        if media is None:
            return refusal(404, "NOT_FOUND", "No such media")
        status = "WAITING_UPLOAD" if media.left is None else "PROCESSING"
        if media.left == 0:
            status = "PROCESSING_FAILED" if self.breaks else "AVAILABLE"
        media.left = max(0, (media.left or 0) - 1)
        return web.json_response({"id": media.urn, "owner": media.owner, "status": status})

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        content = body.get("content", {})
        single = [content["media"]] if "media" in content else []
        listed = content.get("multiImage", {}).get("images", single)
        known = [(self.media[each["id"]], each.get("altText", "")) for each in listed]
        needed = {"author", "commentary", "visibility", "distribution", "lifecycleState"}
        if not needed <= body.keys() or (len(listed) == 1 and "multiImage" in content):
            return refusal(400, "INVALID_VALUE_FOR_FIELD", "A field is missing or wrong")
        if body["author"] != self._author or body["lifecycleState"] != "PUBLISHED":
            return refusal(403, "ACCESS_DENIED", "Not your author")
        if len(body["commentary"]) > LONGEST:
            return refusal(400, "FIELD_LENGTH_TOO_LONG", "commentary is too long")
        same = (body["commentary"], [media.data for media, _alt in known])
        for each in self._live(None):
            if (each.body["commentary"], [media.data for media, _alt in each.media]) == same:
                return refusal(422, "DUPLICATE_POST", f"Content is a duplicate of {each.urn}")
        urn = f"urn:li:share:{next(self._numbers)}"
        self._add(Made(urn, shown(body["commentary"]), known, None, _now(), body))
        headers = {} if self.says_no_id else {"X-RestLi-Id": urn}
        return web.Response(status=201, headers=headers)

    async def _comment(self, request: web.Request) -> web.Response:
        body, root = await request.json(), request.match_info["root"]
        if body["actor"] != self._author or body["object"] != root:
            return refusal(403, "ACCESS_DENIED", "Not your author")
        if not any(each.urn == root for each in self._live(None)):
            return refusal(404, "NOT_FOUND", "No such post")
        number = next(self._numbers)
        urn = f"urn:li:comment:({root},{number})"
        known = [(self.media[each["entity"]["image"]], "") for each in body.get("content", [])]
        made = self._add(Made(urn, body["message"]["text"], known, root, _now(), body))
        answer = self._listed(made)
        return web.json_response(answer, status=201, headers={"X-RestLi-Id": str(number)})

    async def _find(self, request: web.Request) -> web.Response:
        wanted = {"q": "author", "author": self._author, "sortBy": "CREATED"}
        assert {name: request.query[name] for name in wanted} == wanted
        if ":person:" in self._author:
            return refusal(403, "ACCESS_DENIED", "r_member_social is a closed permission")
        return self._page(request, list(reversed(self._live(None))))

    async def _comments(self, request: web.Request) -> web.Response:
        return self._page(request, self._live(request.match_info["root"]))

    def _page(self, request: web.Request, found: list[Made]) -> web.Response:
        start, count = int(request.query["start"]), int(request.query["count"])
        links = [{"rel": "next", "href": "x"}] if len(found) > start + count else []
        paging = {"start": start, "count": count, "links": links}
        elements = [self._listed(each) for each in found[start : start + count]]
        return web.json_response({"paging": paging, "elements": elements})

    async def _one(self, request: web.Request) -> web.Response:
        found = self._asked(request)
        if found is None:
            return refusal(404, "NOT_FOUND", "Could not find entity")
        return web.json_response(self._listed(found))

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._asked(request)
        if found is not None:
            assert found.root is None or request.query["actor"] == self._author
            found.deleted = True
        return web.Response(status=204)

    def _asked(self, request: web.Request) -> Made | None:
        asked = request.match_info
        urn = asked.get("urn") or f"urn:li:comment:({asked['root']},{asked['id']})"
        return next((each for each in self.made if each.urn == urn and not each.deleted), None)

    def _listed(self, made: Made) -> dict[str, object]:
        if made.root is not None:
            return {
                "actor": self._author,
                "commentUrn": made.urn,
                "id": made.urn.rpartition(",")[2].rstrip(")"),
                "created": {"actor": self._author, "time": made.at},
                "message": {"attributes": [], "text": made.text},
                "content": made.body.get("content", []),
                "object": made.root,
            }
        return {**made.body, "id": made.urn, "createdAt": made.at, "publishedAt": made.at}

    def _live(self, root: str | None) -> list[Made]:
        return [each for each in self.made if each.root == root and not each.deleted]

    def _add(self, made: Made) -> Made:
        self.made.append(made)
        return made


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
