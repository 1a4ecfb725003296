"""The example in docs/ADDING_A_PLATFORM.md is a whole platform: it is found, and it publishes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from publisher import platforms
from publisher.adapters.http import AiohttpHttp
from publisher.domain.epic import Profile
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Retry, Unknown
from publisher.entrypoints.platform_page import page_of
from publisher.ports import Platform, Post
from publisher.usecases.platform_cards import card_of
from tests.contract.posts import an_hour_ago
from tests.contract.proxy import Proxy, listening, proxied
from tests.contract.world import PATIENT, Fault, Step

PAGE = Path(__file__).parents[2] / "docs" / "ADDING_A_PLATFORM.md"
POST = Post(key="repo/epic/task/guestbook/0", text="Grüße 🌷")
TOKEN = "s3cret-token"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Path]]:
    """The platform as it is found when its file is put beside the others."""
    folder = tmp_path_factory.mktemp("platforms")
    code = PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    (folder / "guestbook.py").write_text(code, encoding="utf-8")
    platforms.__path__.append(str(folder))
    platforms.find_all.cache_clear()
    try:
        yield platforms.find_all()["guestbook"], folder / "guestbook.py"
    finally:
        platforms.__path__.remove(str(folder))
        sys.modules.pop("publisher.platforms.guestbook", None)
        platforms.find_all.cache_clear()


class Book:
    """A guest book that remembers keys."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}

    async def write(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return web.json_response({"error": "who are you?"}, status=401)
        if len(self.entries) == 2:
            return web.json_response({"error": "The book is full."}, status=403)
        key, asked = request.headers["Idempotency-Key"], await request.json()
        number = str(len(self.entries) + 1)
        at = datetime.now(UTC).isoformat()
        entry = {"id": number, "url": f"https://e/{number}", "created_at": at, **asked}
        return web.json_response(self.entries.setdefault(key, entry), status=201)

    async def find(self, request: web.Request) -> web.Response:
        entry = self.entries.get(request.query["key"])
        return web.json_response([entry] if entry else [])

    async def one(self, request: web.Request) -> web.Response:
        known = {entry["id"]: entry for entry in self.entries.values()}
        entry = known.get(request.match_info["id"])
        return web.json_response(entry or {"error": "not found"}, status=200 if entry else 404)


@asynccontextmanager
async def book_and_account(platform: Platform) -> AsyncIterator[tuple[Book, Proxy, Any]]:
    book, app = Book(), web.Application()
    app.router.add_post("/entries", book.write)
    app.router.add_get("/entries", book.find)
    app.router.add_get("/entries/{id}", book.one)

    def step(method: str, _path: str) -> Step:
        return Step.PUBLISH if method == "POST" else Step.LOOK_UP

    secrets: Mapping[str, str] = {"token": TOKEN}
    async with (
        listening(app) as upstream,
        proxied(upstream, step, {}) as proxy,
        AiohttpHttp(PATIENT) as http,
    ):
        profile = Profile(id="g", platform="guestbook", account="A", options={"server": proxy.url})
        assert list(platform.problems(profile)) == []
        yield book, proxy, platform.connect(profile, secrets, http)


def test_it_publishes_and_settles_what_was_lost(example: tuple[Platform, Path]) -> None:
    async def scenario() -> None:
        async with book_and_account(example[0]) as (book, proxy, account):
            assert isinstance(await account.prepare(POST, {}), Prepared)
            proxy.arm(Fault.DROP_AFTER, Step.PUBLISH)
            assert isinstance(await account.publish(POST, {}), Unknown)
            (found,) = await account.locate(POST, an_hour_ago())
            again = await account.publish(POST, {})
            assert again == Published(found.id, found.url)
            assert len(book.entries) == 1
            assert await account.exists(again.id) is True
            assert await account.exists("9") is False

    asyncio.run(scenario())


def test_it_says_who_must_act(example: tuple[Platform, Path]) -> None:
    async def scenario() -> None:
        async with book_and_account(example[0]) as (book, proxy, account):
            proxy.arm(Fault.UNAUTHORIZED, Step.PUBLISH)
            refused = await account.publish(POST, {})
            assert isinstance(refused, GiveUp)
            assert refused.fault.kind is ErrorKind.INVALID_CREDENTIALS
            book.entries = {"a": {}, "b": {}}
            full = await account.publish(POST, {})
            assert isinstance(full, Retry)
            assert full.fault.kind is ErrorKind.QUOTA
            assert isinstance(await account.prepare(Post(key="k", text="x" * 1001), {}), GiveUp)

    asyncio.run(scenario())


def test_its_page_is_made_of_what_it_says(example: tuple[Platform, Path]) -> None:
    page = page_of(card_of(example[0]))
    assert "| text | 1000 characters |" in page
    assert "ACME_TOKEN" in page


def test_it_keeps_the_house_rules(example: tuple[Platform, Path]) -> None:
    root = PAGE.parents[1]
    lint = ["ruff", "check", "--config", "pyproject.toml", "--ignore", "INP001"]  # no package here
    for tool in (lint, ["mypy", "--strict"]):
        command = [sys.executable, "-m", *tool, str(example[1])]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
