"""The sandbox's world: the real sandbox server, in each of its four classes."""

import itertools
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from publisher.domain.epic import Profile
from publisher.domain.traits import Safety
from publisher.platforms.sandbox import PLATFORM
from tests.contract.processes import running
from tests.contract.world import DANGEROUS, HANGS_FOR, MIXED, Expect, Fault, Seen, Step

VARIANTS = tuple(safety.value for safety in Safety)
SECONDS = {
    Fault.SLOW: 0.1,
    Fault.HANG_AFTER: HANGS_FOR,
    Fault.HANG_BEFORE: HANGS_FOR,
}


class SandboxWorld:
    """One account; posts and faults are read and armed through /control/."""

    platform = PLATFORM
    secrets: Mapping[str, str] = {"token": "s3cret-of-the-sandbox"}
    dangerous: Mapping[Fault, Expect] = DANGEROUS
    control_characters = True
    album = MIXED
    asks_first = True

    def __init__(self, server: str, account: str, plays: str) -> None:
        self._server = server
        self.profile = Profile(
            id=account,
            platform="sandbox",
            account=account,
            options={"server": server, "plays": plays},
        )

    async def control(self, method: str, path: str, body: object = None) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self._server}/control/{path}", json=body) as answer,
        ):
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def arm(self, fault: Fault, step: Step = Step.PUBLISH) -> None:
        asked: dict[str, object] = {
            "account": self.profile.account,
            "fault": fault.value,
            "step": step.value,
        }
        if fault in SECONDS:
            asked["seconds"] = SECONDS[fault]
        await self.control("POST", "faults", asked)

    async def remove(self, post_id: str) -> None:
        plays, account = self.profile.options["plays"], self.profile.account
        async with (
            aiohttp.ClientSession() as session,
            session.delete(f"{self._server}/{plays}/{account}/posts/{post_id}") as answer,
        ):
            assert answer.status == 204, await answer.text()

    async def posts(self) -> list[Seen]:
        listed = (await self.control("GET", "posts"))["data"]
        return [
            Seen(
                post["id"],
                post["text"],
                tuple((media["sha256"], media["alt"]) for media in post["media"]),
                post["reply_to"],
            )
            for post in listed
            if post["account"] == self.profile.account
        ]


class SandboxStage:
    def __init__(self, server: str) -> None:
        self._server = server
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[SandboxWorld]:
        yield SandboxWorld(self._server, f"account {next(self._numbers)}", variant)


@contextmanager
def start() -> Iterator[SandboxStage]:
    command = [sys.executable, "-m", "publisher.sandbox", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder, running(command, Path(folder, "log")) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.fullmatch(r"sandbox on (http://127\.0\.0\.1:\d+)\n", said)
        assert found, (said, Path(folder, "log").read_text())
        yield SandboxStage(found[1])
