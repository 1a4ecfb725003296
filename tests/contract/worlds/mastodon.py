"""Mastodon's world: the real mastodon_mock server behind a proxy that can misbehave."""

import hashlib
import itertools
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from publisher.domain.epic import Profile
from publisher.platforms.mastodon import MastodonPlatform
from tests.contract.processes import free_port, running, wait_for_port
from tests.contract.proxy import Canned, Proxy, error, proxied
from tests.contract.world import DANGEROUS, MIXED, Expect, Fault, Seen, Step

VARIANTS = ("instance",)
ACCOUNTS = 120
ANSWERS = {
    Fault.INVALID_MEDIA: error(422, "Cannot attach a video to a post that already has images"),
}
COMMAND = "import sys; from mastodon_mock.cli import main; main(sys.argv[1:])"


def token_of(number: int) -> str:
    return f"s3cret-token-{number:04d}"


def step_of(method: str, path: str) -> Step | None:
    if (method, path) == ("POST", "/api/v1/statuses"):
        return Step.PUBLISH
    if path.startswith(("/api/v2/media", "/api/v1/media")):
        return Step.PREPARE
    looks = path.startswith(("/api/v1/accounts", "/api/v1/statuses/"))
    return Step.LOOK_UP if looks else None


class MastodonWorld:
    """One account of the instance, seen directly while the connector goes through the proxy."""

    platform = MastodonPlatform(pauses=(0.01, 0.01, 0.01))
    dangerous: Mapping[Fault, Expect] = DANGEROUS
    control_characters = False
    album = MIXED
    asks_first = True

    def __init__(self, proxy: Proxy, number: int) -> None:
        self.proxy = proxy
        self.secrets = {"access_token": token_of(number)}
        self.profile = Profile(
            id=f"m{number}",
            platform="mastodon",
            account=f"u{number}",
            options={"server": proxy.url},
        )

    async def arm(self, fault: Fault | Canned, step: Step = Step.PUBLISH) -> None:
        self.proxy.arm(fault, step)

    async def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.secrets['access_token']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self.proxy.upstream}{path}") as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await (answer.json() if path.startswith("/api/") else answer.read())

    async def remove(self, post_id: str) -> None:
        headers = {"Authorization": f"Bearer {self.secrets['access_token']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.delete(f"{self.proxy.upstream}/api/v1/statuses/{post_id}") as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def statuses(self) -> list[Any]:
        me = await self.get("/api/v1/accounts/verify_credentials")
        listed = await self.get(f"/api/v1/accounts/{me['id']}/statuses?limit=40")
        return list(reversed(listed))

    async def posts(self) -> list[Seen]:
        return [await self._seen(status) for status in await self.statuses()]

    async def _seen(self, status: Any) -> Seen:
        source = await self.get(f"/api/v1/statuses/{status['id']}/source")
        media = []
        for each in status["media_attachments"]:
            data = await self.get(urlsplit(each["url"]).path)
            media.append((hashlib.sha256(data).hexdigest(), each["description"] or ""))
        return Seen(status["id"], source["text"], tuple(media), status["in_reply_to_id"])


class MastodonStage:
    def __init__(self, server: str) -> None:
        self._server = server
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[MastodonWorld]:
        del variant
        number = next(self._numbers)
        assert number < ACCOUNTS, "the tests need more accounts: raise ACCOUNTS"
        async with proxied(self._server, step_of, ANSWERS) as proxy:
            yield MastodonWorld(proxy, number)


@contextmanager
def start() -> Iterator[MastodonStage]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config, log = Path(folder, "config.toml"), Path(folder, "log")
        seeds = "\n".join(
            f'[[seed.accounts]]\nusername = "u{number}"\naccess_token = "{token_of(number)}"'
            for number in range(1, ACCOUNTS)
        )
        config.write_text(f'media_storage_path = "{folder}/media"\n{seeds}\n')
        asked = ["--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
        options = ["serve", "--in-memory", "--log-level", "warning", *asked]
        with running([sys.executable, "-c", COMMAND, *options], log) as process:
            wait_for_port(port, process, log)
            yield MastodonStage(f"http://127.0.0.1:{port}")
