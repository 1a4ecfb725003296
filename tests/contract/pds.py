"""A server of the AT protocol that remembers, and refuses what @atproto/pds 0.5.35 refuses.

`tests/peers/test_bluesky_pds.py` asks the real one the same questions.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import regex
from aiohttp import web

TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
AT_URI = re.compile(r"at://did:[a-z]+:[\w.:%-]+/[\w.]+/\S+")
LARGEST_IMAGE = 2_000_000
LIFETIME = 7200


class Refused(Exception):
    """What the server says instead of doing it."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.answer = web.json_response({"error": error, "message": message}, status=status)


@dataclass
class Owner:
    """One account with its repository; `made` keeps what was deleted too."""

    did: str
    handle: str
    password: str
    status: str = ""
    lifetime: int = LIFETIME
    records: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    blobs: dict[str, tuple[bytes, str]] = field(default_factory=dict)


class Pds:
    """`asked` counts the calls of each method; `jobs` are videos with the states still to come."""

    def __init__(self) -> None:
        self.owners: list[Owner] = []
        self.asked: dict[str, int] = {}
        self.jobs: dict[str, tuple[Owner, bytes, list[dict[str, Any]]]] = {}
        self.job_states: list[dict[str, Any]] = []
        self._access: dict[str, tuple[Owner, float]] = {}
        self._refresh: dict[str, Owner] = {}
        self._service: dict[str, Owner] = {}

    def add(self, handle: str, password: str) -> Owner:
        owner = Owner(f"did:plc:{_digest(handle.encode())[:24]}", handle, password)
        self.owners.append(owner)
        return owner

    def forget_tokens(self) -> None:
        """What a restart with another secret does."""
        self._access.clear()

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/xrpc/{method}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.asked[method] = self.asked.get(method, 0) + 1
        try:
            made = await METHODS[method](self, request)
        except Refused as refused:
            return refused.answer
        return web.json_response(made)

    async def create_session(self, request: web.Request) -> object:
        asked = await request.json()
        owner = self._named(asked["identifier"])
        if owner is None or owner.password != asked["password"]:
            raise Refused(401, "AuthenticationRequired", "Invalid identifier or password")
        if owner.status == "AccountTakedown":
            raise Refused(401, owner.status, "Account has been taken down")
        return self._signed_in(owner)

    async def refresh_session(self, request: web.Request) -> object:
        owner = self._refresh.pop(_bearer(request), None)
        if owner is None:
            raise Refused(400, "InvalidToken", "Token could not be verified")
        return self._signed_in(owner)

    async def upload_blob(self, request: web.Request) -> object:
        owner = self._caller(request)
        return {"blob": _kept(owner, await request.read(), request.content_type)}

    async def put_record(self, request: web.Request) -> object:
        owner, asked = self._caller(request), await request.json()
        key, record = asked["rkey"], asked["record"]
        if not TID.fullmatch(key):
            raise Refused(400, "InvalidRequest", f"Invalid TID string (got {key})")
        check_record(record, owner)
        cid = f"bafyrei{_digest(json.dumps(record, sort_keys=True).encode())[:52]}"
        uri = f"at://{owner.did}/{asked['collection']}/{key}"
        there = owner.records.get(key)
        if there and there[0] != cid and asked.get("swapRecord", there[0]) != there[0]:
            raise Refused(400, "InvalidSwap", f"Record was at {there[0]}")
        if there is None:
            owner.made.append((uri, record))
        owner.records[key] = (cid, record)
        return {"uri": uri, "cid": cid, "validationStatus": "valid"}

    async def get_record(self, request: web.Request) -> object:
        owner = self._named(request.query["repo"])
        if owner is None:
            raise Refused(400, "InvalidRequest", "Could not locate record")
        key = request.query["rkey"]
        uri = f"at://{owner.did}/{request.query['collection']}/{key}"
        if key not in owner.records:
            raise Refused(400, "RecordNotFound", f"Could not locate record: {uri}")
        cid, value = owner.records[key]
        return {"uri": uri, "cid": cid, "value": value}

    async def delete_record(self, request: web.Request) -> object:
        owner, asked = self._caller(request), await request.json()
        return {} if owner.records.pop(asked["rkey"], None) is None else {"commit": {}}

    async def resolve_handle(self, request: web.Request) -> object:
        owner = self._named(request.query["handle"])
        if owner is None:
            raise Refused(400, "HandleNotFound", "Unable to resolve handle")
        return {"did": owner.did}

    async def get_service_auth(self, request: web.Request) -> object:
        owner = self._caller(request)
        assert request.query["aud"] == "did:web:pds.example"
        assert request.query["lxm"] == "com.atproto.repo.uploadBlob"
        assert 60 < int(request.query["exp"]) - time.time() <= 1800
        token = f"service-{len(self._service)}-s3cret"
        self._service[token] = owner
        return {"token": token}

    async def upload_video(self, request: web.Request) -> object:
        owner = self._service.get(_bearer(request))
        if owner is None or request.query["did"] != owner.did:
            raise Refused(401, "AuthMissing", "Authentication Required")
        job = f"job-{len(self.jobs)}"
        self.jobs[job] = (owner, await request.read(), list(self.job_states))
        return {"jobId": job, "did": owner.did, "state": "JOB_STATE_CREATED"}

    async def get_job_status(self, request: web.Request) -> object:
        job = request.query["jobId"]
        owner, data, states = self.jobs[job]
        said: dict[str, Any] = states.pop(0) if states else {"state": "JOB_STATE_COMPLETED"}
        if said["state"] == "JOB_STATE_COMPLETED":
            said = {**said, "blob": _kept(owner, data, "video/mp4")}
        return {"jobStatus": {"jobId": job, "did": owner.did, **said}}

    def _named(self, who: str) -> Owner | None:
        return next((each for each in self.owners if who in {each.handle, each.did}), None)

    def _caller(self, request: web.Request) -> Owner:
        token = _bearer(request)
        if not token:
            raise Refused(401, "AuthMissing", "Authentication Required")
        owner, ends = self._access.get(token, (None, 0.0))
        if owner is None:
            raise Refused(400, "InvalidToken", "Token could not be verified")
        if ends <= time.time():
            raise Refused(400, "ExpiredToken", "Token has expired")
        if owner.status:
            raise Refused(401, owner.status, "Account is not active")
        return owner

    def _signed_in(self, owner: Owner) -> object:
        number, ends = len(self._access) + len(self._refresh), int(time.time()) + owner.lifetime
        claims = {"aud": "did:web:pds.example", "sub": owner.did, "exp": ends, "n": number}
        access, refresh = _token(claims), _token({**claims, "scope": "refresh"})
        self._access[access], self._refresh[refresh] = (owner, float(ends)), owner
        tokens = {"accessJwt": access, "refreshJwt": refresh}
        return {**tokens, "did": owner.did, "handle": owner.handle, "active": not owner.status}


METHODS: Mapping[str, Callable[[Pds, web.Request], Awaitable[object]]] = {
    "com.atproto.server.createSession": Pds.create_session,
    "com.atproto.server.refreshSession": Pds.refresh_session,
    "com.atproto.server.getServiceAuth": Pds.get_service_auth,
    "com.atproto.identity.resolveHandle": Pds.resolve_handle,
    "com.atproto.repo.uploadBlob": Pds.upload_blob,
    "com.atproto.repo.putRecord": Pds.put_record,
    "com.atproto.repo.getRecord": Pds.get_record,
    "com.atproto.repo.deleteRecord": Pds.delete_record,
    "app.bsky.video.uploadVideo": Pds.upload_video,
    "app.bsky.video.getJobStatus": Pds.get_job_status,
}


def check_record(record: Mapping[str, Any], owner: Owner) -> None:
    """Refuse a record as the lexicon app.bsky.feed.post does."""
    text = record["text"]
    faults = {
        "Missing required key createdAt": "createdAt" not in record,
        "grapheme too big (maximum 300)": len(regex.findall(r"\X", text)) > 300,
        "string too big (maximum 3000)": len(text.encode()) > 3000,
        "array too big (maximum 3)": len(record.get("langs", [])) > 3,
        "Invalid at-uri": not all(
            AT_URI.fullmatch(each["uri"]) for each in record.get("reply", {}).values()
        ),
    }
    embed = record.get("embed", {})
    faults["array too big (maximum 4)"] = len(embed.get("images", [])) > 4
    for blob in blobs_in(embed):
        found = owner.blobs.get(blob["ref"]["$link"])
        if found is None:
            raise Refused(400, "BlobNotFound", f"Could not find blob: {blob['ref']['$link']}")
        image = blob["mimeType"].startswith("image/")
        faults["blob too big (maximum 2000000)"] = image and blob["size"] > LARGEST_IMAGE
    why = next((sentence for sentence, wrong in faults.items() if wrong), "")
    if why:
        raise Refused(400, "InvalidRequest", f"Invalid app.bsky.feed.post record: {why}")


def blobs_in(embed: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [image["image"] for image in embed.get("images", [])]
    found += [embed["video"]] if "video" in embed else []
    return found + [thumb for thumb in [embed.get("external", {}).get("thumb")] if thumb]


def _kept(owner: Owner, data: bytes, kind: str) -> object:
    link = f"bafkrei{_digest(data)[:52]}"
    owner.blobs[link] = (data, kind)
    return {"$type": "blob", "ref": {"$link": link}, "mimeType": kind, "size": len(data)}


def _bearer(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _token(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.s3cret-signature"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
