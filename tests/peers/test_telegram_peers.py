"""Telegram's connector against telemelya, and every call judged by aiogram's description."""

import asyncio
import hashlib
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from publisher.adapters.http import AiohttpHttp
from publisher.domain.epic import Profile
from publisher.domain.outcome import Prepared, Published, Removed
from publisher.platforms.telegram import PLATFORM
from publisher.ports import Post
from tests.contract.bot_api import BotApi, Chat
from tests.contract.proxy import listening
from tests.contract.world import PATIENT, PICTURE, attachment

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
TOKEN = "123456:s3cret"
CHAT = -1001234567890
PHOTO = attachment("media/a.png", PICTURE)
FILM = attachment("media/a.mp4", PICTURE, kind="video/mp4")
PAPER = attachment("media/a.pdf", PICTURE, kind="application/pdf")
MOVING = attachment("media/a.gif", PICTURE, kind="image/gif")
TEXT = "Grüße 🌷 <b> & *x* \\ %41"
PARAMS = {
    "parse_mode": "HTML",
    "link_preview_options": {"is_disabled": True, "url": "https://e.org"},
    "disable_notification": True,
    "protect_content": True,
    "message_thread_id": 7,
    "show_caption_above_media": True,
}


@asynccontextmanager
async def account_on(server: str) -> AsyncIterator[Any]:
    options = {"server": server}
    profile = Profile(id="t", platform="telegram", account=str(CHAT), options=options)
    async with AiohttpHttp(PATIENT) as http:
        yield PLATFORM.connect(profile, {"bot_token": TOKEN}, http)


async def sent(account: Any, post: Post) -> Any:
    ready = await account.prepare(post, {})
    return await account.publish(post, ready.handle) if isinstance(ready, Prepared) else ready


def test_a_real_framework_understands_what_is_sent(telemelya: str) -> None:
    async def scenario() -> None:
        async with account_on(telemelya) as account, aiohttp.ClientSession() as session:
            text = await sent(account, Post(key="k/0", text=TEXT))
            photo = await sent(account, Post(key="k/1", text=TEXT, media=(PHOTO,)))
            for made in (text, photo):
                assert isinstance(made, Published)
                assert made.url == f"https://t.me/c/1234567890/{made.id}"
            edited = await account.edit(text.id, Post(key="k/0", text="changed"), {})
            assert isinstance(edited, Published)
            assert await account.delete(text.id) == Removed()
            url = f"{telemelya}/api/v1/test/responses"
            async with session.get(url, headers={"Authorization": "Bearer x"}) as answer:
                responses = (await answer.json())["responses"]
            assert [each["method"] for each in responses] == [
                *("sendMessage", "sendPhoto", "editMessageText", "deleteMessage")
            ]
            assert {each["chat_id"] for each in responses} == {CHAT}
            assert (responses[0]["text"], responses[1]["caption"]) == (TEXT, TEXT)
            assert responses[2]["text"] == "changed"
            file = {"file_id": responses[1]["file_id"]}
            async with session.post(f"{telemelya}/bot{TOKEN}/getFile", json=file) as answer:
                path = (await answer.json())["result"]["file_path"]
            async with session.get(f"{telemelya}/file/bot{TOKEN}/{path}") as answer:
                assert hashlib.sha256(await answer.read()).hexdigest() == PHOTO.sha256

    asyncio.run(scenario())


def test_every_call_has_the_shape_that_the_api_describes(telegram_home: Path) -> None:
    albums = ((), (PHOTO,), (FILM,), (MOVING,), (PAPER,), (PHOTO, FILM), (PAPER, PAPER))

    async def scenario() -> list[dict[str, Any]]:
        api = BotApi(TOKEN)
        api.add(Chat(CHAT))
        async with listening(api.app()) as server, account_on(server) as account:
            for media in albums:
                first = await sent(account, Post(key="k", text="t", media=media, params=PARAMS))
                assert isinstance(first, Published)
                reply = Post(key="k/1", text="r", media=media, reply_to=first.id)
                assert isinstance(await sent(account, reply), Published)
                change = Post(key="k", text="other", media=media, params=PARAMS)
                assert isinstance(await account.edit(first.id, change, {}), Published)
                assert await account.delete(first.id) == Removed()
        return api.calls

    calls = asyncio.run(scenario())
    assert len({call["method"] for call in calls}) == 9
    assert judged(telegram_home, calls) == []
    broken = {**calls[0], "fields": {**calls[0]["fields"], "no_such_field": 1}}
    assert judged(telegram_home, [broken]) == ["sendMessage has no ['no_such_field']"]


def judged(home: Path, calls: list[dict[str, Any]]) -> list[str]:
    asked = [home / "bin/python", HERE / "telegram_shapes.py"]
    given = {"input": json.dumps(calls), "text": True}
    done = subprocess.run(asked, capture_output=True, check=False, **given)
    assert done.returncode == 0, done.stderr
    faults: list[str] = json.loads(done.stdout)
    return faults
