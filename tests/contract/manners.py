"""What a server of the AT protocol answers to right and wrong questions; the fake and the real."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

POSTS = "app.bsky.feed.post"
KEYS = [f"3aaaaaaaaaaa{letter}" for letter in "234567"]
OK = (200, "")
INVALID = (400, "InvalidRequest")
EXPECTED: Mapping[str, tuple[int, str]] = {
    "wrong password": (401, "AuthenticationRequired"),
    "no token": (401, "AuthMissing"),
    "broken token": (400, "InvalidToken"),
    "refresh token as access token": (400, "InvalidToken"),
    "a post": OK,
    "the same again": OK,
    "the key again with another text": (400, "InvalidSwap"),
    "the key again at another time": (400, "InvalidSwap"),
    "a key that is no TID": INVALID,
    "301 characters": INVALID,
    "3001 bytes": INVALID,
    "no date": INVALID,
    "four languages": INVALID,
    "a reply to no address": INVALID,
    "a blob that is not there": (400, "BlobNotFound"),
    "five images": INVALID,
    "an image of 2 MB and a byte": INVALID,
    "read a post": OK,
    "read what is not there": (400, "RecordNotFound"),
    "read of nobody": INVALID,
    "who is this handle": OK,
    "who is nobody": (400, "HandleNotFound"),
    "delete": OK,
    "delete again": OK,
    "renew": OK,
    "renew with the old token": (400, "InvalidToken"),
}


@dataclass
class Server:
    """One server, asked without anything of ours in between."""

    url: str
    session: aiohttp.ClientSession

    async def ask(self, method: str, token: str = "", **more: Any) -> tuple[int, Any]:
        verb = "GET" if "params" in more else "POST"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        url = f"{self.url}/xrpc/{method}"
        async with self.session.request(verb, url, headers=headers, **more) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else {}


@dataclass
class Asking:
    """One account's questions, and what came back for each."""

    server: Server
    signed_in: Mapping[str, str]

    async def said(self, method: str, **more: Any) -> tuple[int, str]:
        status, body = await self.server.ask(method, **more)
        return status, body.get("error", "")

    async def put(self, key: str = KEYS[0], token: str | None = None, **record: Any) -> Any:
        whole = {"$type": POSTS, "text": "t", "createdAt": "2026-01-01T00:00:00.000Z", **record}
        whole = {name: value for name, value in whole.items() if value is not None}
        body = {"repo": self.signed_in["did"], "collection": POSTS, "rkey": key}
        token = self.signed_in["accessJwt"] if token is None else token
        put = {**body, "record": whole, "swapRecord": None}
        return await self.said("com.atproto.repo.putRecord", token=token, json=put)

    async def blob(self, data: bytes) -> Any:
        kind = {"Content-Type": "image/png"}
        token = self.signed_in["accessJwt"]
        method = "com.atproto.repo.uploadBlob"
        _, made = await self.server.ask(method, token, data=io.BytesIO(data), headers=kind)
        return made["blob"]

    async def get(self, key: str, repo: str) -> tuple[int, str]:
        params = {"repo": repo, "collection": POSTS, "rkey": key}
        return await self.said("com.atproto.repo.getRecord", params=params)

    async def resolve(self, handle: str) -> tuple[int, str]:
        return await self.said("com.atproto.identity.resolveHandle", params={"handle": handle})

    async def delete(self) -> tuple[int, str]:
        body = {"repo": self.signed_in["did"], "collection": POSTS, "rkey": KEYS[0]}
        token = self.signed_in["accessJwt"]
        return await self.said("com.atproto.repo.deleteRecord", token=token, json=body)

    async def renew(self, token: str) -> tuple[int, str]:
        return await self.said("com.atproto.server.refreshSession", token=token)


async def manners(url: str, handle: str, password: str) -> dict[str, tuple[int, str]]:
    """Ask an account's server everything of EXPECTED."""
    async with aiohttp.ClientSession() as session:
        server = Server(url, session)
        login = "com.atproto.server.createSession"
        wrong = {"identifier": handle, "password": "wrong"}
        refused = await Asking(server, {}).said(login, json=wrong)
        _, me = await server.ask(login, json={"identifier": handle, "password": password})
        asking, refresh = Asking(server, me), me["refreshJwt"]
        image, large = await asking.blob(b"\x01" * 9), await asking.blob(bytes(2_000_001))
        missing = {**image, "ref": {"$link": image["ref"]["$link"][:-1] + "a"}}
        nowhere = {name: {"uri": "x", "cid": "y"} for name in ("root", "parent")}
        return {
            "wrong password": refused,
            "no token": await asking.put(token=""),
            "broken token": await asking.put(token="x.y.z"),
            "refresh token as access token": await asking.put(token=refresh),
            "a post": await asking.put(),
            "the same again": await asking.put(),
            "the key again with another text": await asking.put(text="other"),
            "the key again at another time": await asking.put(createdAt="2026-01-01T00:00:01Z"),
            "a key that is no TID": await asking.put("kaaaaaaaaaaaa"),
            "301 characters": await asking.put(KEYS[1], text="e\u0301" * 301),
            "3001 bytes": await asking.put(KEYS[1], text="🌷" * 250 + "👩‍👩‍👧‍👦" * 81),
            "no date": await asking.put(KEYS[1], createdAt=None),
            "four languages": await asking.put(KEYS[1], langs=["de", "en", "fr", "it"]),
            "a reply to no address": await asking.put(KEYS[1], reply=nowhere),
            "a blob that is not there": await asking.put(KEYS[1], embed=pictures(missing)),
            "five images": await asking.put(KEYS[1], embed=pictures(*[image] * 5)),
            "an image of 2 MB and a byte": await asking.put(KEYS[1], embed=pictures(large)),
            "read a post": await asking.get(KEYS[0], handle),
            "read what is not there": await asking.get(KEYS[1], handle),
            "read of nobody": await asking.get(KEYS[0], "nobody.test"),
            "who is this handle": await asking.resolve(handle),
            "who is nobody": await asking.resolve("nobody.test"),
            "delete": await asking.delete(),
            "delete again": await asking.delete(),
            "renew": await asking.renew(refresh),
            "renew with the old token": await asking.renew(me["accessJwt"]),
        }


def pictures(*blobs: Any) -> dict[str, Any]:
    images = [{"alt": "", "image": blob} for blob in blobs]
    return {"$type": "app.bsky.embed.images", "images": images}
