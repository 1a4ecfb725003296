"""Bluesky's connector against the real server software, behind a proxy that loses answers."""

import asyncio
import hashlib
import itertools
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from publisher.adapters.http import AiohttpHttp
from publisher.domain.epic import Profile
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Removed, Unknown
from publisher.platforms.bluesky import BlueskyPlatform
from publisher.ports import Deletes, Http, Post
from tests.contract.manners import EXPECTED, Server, manners
from tests.contract.pds import TID
from tests.contract.proxy import Proxy, listening, proxied
from tests.contract.world import PATIENT, PICTURE, Fault, Step, attachment
from tests.contract.worlds.bluesky import step_of

pytestmark = pytest.mark.peers

PASSWORD = "s3cret-of-the-peer"
NUMBERS = itertools.count(1)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 800, 600) + PICTURE
PHOTO = attachment("media/a.png", PNG, 'A "red" túlip 🌷')
FILM = attachment("media/a.mp4", b"\x00\x00\x00\x18ftypmp42" + PICTURE, "A film", "video/mp4")


@dataclass
class Peer:
    """One account on the real server."""

    server: Server
    proxy: Proxy
    http: Http
    handle: str
    did: str

    def account(self, **options: str) -> Any:
        profile = Profile(
            id="b",
            platform="bluesky",
            account=self.handle,
            options={"server": self.proxy.url, **options},
        )
        platform = BlueskyPlatform(pauses=(0.01, 0.01))
        return platform.connect(profile, {"app_password": PASSWORD}, self.http)

    async def records(self) -> list[Any]:
        asked = {"repo": self.did, "collection": "app.bsky.feed.post"}
        status, listed = await self.server.ask("com.atproto.repo.listRecords", params=asked)
        assert status == 200
        return list(listed["records"])


@asynccontextmanager
async def peer_on(pds: str) -> AsyncIterator[Peer]:
    handle = f"acme{next(NUMBERS)}.test"
    async with (
        aiohttp.ClientSession() as session,
        proxied(pds, step_of, {}) as proxy,
        AiohttpHttp(PATIENT) as http,
    ):
        server = Server(pds, session)
        wanted = {"handle": handle, "email": f"{handle}@mail.example", "password": PASSWORD}
        status, made = await server.ask("com.atproto.server.createAccount", json=wanted)
        assert status == 200, made
        yield Peer(server, proxy, http, handle, made["did"])


async def sent(account: Any, post: Post) -> Any:
    ready = await account.prepare(post, {})
    return await account.publish(post, ready.handle) if isinstance(ready, Prepared) else ready


def test_a_real_server_has_the_manners_of_the_fake(pds: str) -> None:
    async def scenario() -> None:
        async with peer_on(pds) as peer:
            assert await manners(pds, peer.handle, PASSWORD) == EXPECTED

    asyncio.run(scenario())


def test_all_that_a_post_can_have_is_valid_and_arrives(pds: str) -> None:
    async def scenario() -> None:
        async with peer_on(pds) as peer:
            account = peer.account()
            text = f"🌷 @{peer.handle} (https://e.org/ü) #Frühling\n\x01 \u202e end"
            params = {"langs": ["de"], "labels": ["graphic-media"], "tags": ["x"]}
            first = await sent(account, Post(key="k/0", text=text, media=(PHOTO,), params=params))
            assert isinstance(first, Published)
            card = {"external": {"uri": "https://e.org", "title": "E", "description": "e"}}
            other = await sent(account, Post(key="k/1", text="t", media=(PHOTO,), params=card))
            assert isinstance(other, Published)
            reply = await sent(account, Post(key="k/2", text="more", reply_to=first.id))
            assert isinstance(reply, Published)
            last = await sent(account, Post(key="k/3", text="last", reply_to=reply.id))
            assert isinstance(last, Published)
            found = {record["uri"]: record["value"] for record in await peer.records()}
            assert found.keys() == {first.id, other.id, reply.id, last.id}
            assert found[first.id]["text"] == text
            assert len(found[first.id]["facets"]) == 3
            (image,) = found[first.id]["embed"]["images"]
            assert (image["alt"], image["aspectRatio"]["width"]) == (PHOTO.alt, 800)
            assert found[last.id]["reply"]["root"]["uri"] == first.id
            assert found[last.id]["reply"]["parent"]["uri"] == reply.id

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER])
def test_a_lost_answer_is_settled_and_never_makes_a_second_post(pds: str, fault: Fault) -> None:
    async def scenario() -> None:
        async with peer_on(pds) as peer:
            post = Post(key="k", text="once", media=(PHOTO,))
            account = peer.account()
            ready = await account.prepare(post, {})
            peer.proxy.arm(fault, Step.PUBLISH)
            assert isinstance(await account.publish(post, ready.handle), Unknown)
            since = datetime.now(UTC) - timedelta(minutes=1)
            found = await peer.account().locate(post, since)
            assert len(found) == (fault is Fault.DROP_AFTER)
            again = [await sent(peer.account(), post) for _ in range(2)]
            (record,) = await peer.records()
            assert [each.id for each in again] == [record["uri"]] * 2
            assert TID.fullmatch(record["uri"].rpartition("/")[2])
            changed = await sent(account, Post(key="k", text="twice", media=(PHOTO,)))
            assert isinstance(changed, GiveUp)
            assert changed.fault.kind is ErrorKind.CHANGED

    asyncio.run(scenario())


def test_what_is_taken_back_is_gone(pds: str) -> None:
    async def scenario() -> None:
        async with peer_on(pds) as peer:
            account = peer.account()
            made = await sent(account, Post(key="k", text="t"))
            assert isinstance(account, Deletes)
            assert await account.exists(made.id) is True
            assert [await account.delete(made.id) for _ in range(2)] == [Removed(), Removed()]
            assert await account.exists(made.id) is False

    asyncio.run(scenario())


def test_the_video_service_may_store_what_it_makes(pds: str) -> None:
    """The service is a fake; that the token it is given opens the real server is not."""

    async def upload(request: web.Request) -> web.Response:
        headers = {"Authorization": request.headers["Authorization"], "Content-Type": "video/mp4"}
        asked = {"data": await request.read(), "headers": headers}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{pds}/xrpc/com.atproto.repo.uploadBlob", **asked) as answer,
        ):
            made = await answer.json()
            assert answer.status == 200, made
        blobs["job"] = made["blob"]
        return web.json_response({"jobId": "job", "did": "x", "state": "JOB_STATE_CREATED"})

    async def status(request: web.Request) -> web.Response:
        job = request.query["jobId"]
        done = {"jobId": job, "did": "x", "state": "JOB_STATE_COMPLETED", "blob": blobs[job]}
        return web.json_response({"jobStatus": done})

    blobs: dict[str, Any] = {}
    app = web.Application(client_max_size=8 << 20)
    app.router.add_post("/xrpc/app.bsky.video.uploadVideo", upload)
    app.router.add_get("/xrpc/app.bsky.video.getJobStatus", status)

    async def scenario() -> None:
        async with peer_on(pds) as peer, listening(app) as service:
            account = peer.account(video_service=service)
            made = await sent(account, Post(key="k", text="t", media=(FILM,)))
            assert isinstance(made, Published)
            (record,) = await peer.records()
            link = record["value"]["embed"]["video"]["ref"]["$link"]
            asked = {"params": {"did": peer.did, "cid": link}}
            url = f"{pds}/xrpc/com.atproto.sync.getBlob"
            async with peer.server.session.get(url, **asked) as answer:
                assert hashlib.sha256(await answer.read()).hexdigest() == FILM.sha256

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("com.atproto.server.deactivateAccount", ErrorKind.DISCONNECTED),
        ("com.atproto.server.deleteSession", None),
    ],
)
def test_what_happens_to_an_account_is_told_truly(
    pds: str, method: str, kind: ErrorKind | None
) -> None:
    async def scenario() -> None:
        async with peer_on(pds) as peer:
            asked = {"identifier": peer.handle, "password": PASSWORD}
            _, me = await peer.server.ask("com.atproto.server.createSession", json=asked)
            token = me["accessJwt" if kind else "refreshJwt"]
            status, _ = await peer.server.ask(method, token, **({"json": {}} if kind else {}))
            assert status == 200
            outcome = await sent(peer.account(), Post(key="k", text="t"))
            assert isinstance(outcome, GiveUp if kind else Published)
            if isinstance(outcome, GiveUp):
                assert outcome.fault.kind is kind

    asyncio.run(scenario())
