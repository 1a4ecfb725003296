"""What is special about Telegram: albums, lengths, links, and the words of its refusals."""

import asyncio
import json
import struct
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from publisher.domain.epic import Profile
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Removed, Retry, Unknown
from publisher.platforms.telegram import PLATFORM
from publisher.ports import Attachment, HttpAnswer, Post
from tests.contract.bot_api import Chat, Refused
from tests.contract.conftest import Open
from tests.contract.hostile import Scripted
from tests.contract.proxy import Canned
from tests.contract.world import PICTURE, Desk, attachment
from tests.contract.worlds.telegram import TelegramWorld, said

Scene = Callable[[Desk, TelegramWorld], Coroutine[Any, Any, None]]


def file_of(name: str, kind: str, data: bytes = PICTURE) -> Attachment:
    return attachment(f"media/{name}", data, kind=kind)


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)


def picture(data: bytes) -> tuple[Attachment]:
    return (file_of("b.png", "image/png", data),)


PHOTO = file_of("a.jpg", "image/jpeg")
FILM = file_of("a.mp4", "video/mp4", PICTURE[1:])
MOVING = file_of("a.gif", "image/gif")
PAPER = file_of("a.pdf", "application/pdf")
TEXT = Post(key="k", text="t")


def run(open_desk: Open, scene: Scene, variant: str = "channel") -> None:
    async def scenario() -> None:
        async with open_desk(f"telegram:{variant}") as desk:
            assert isinstance(desk.world, TelegramWorld)
            await scene(desk, desk.world)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("variant", "link"),
    [("channel", "https://t.me/{chat.username}/{id}"), ("group", "https://t.me/c/{inside}/{id}")],
)
def test_the_link_of_a_message(variant: str, link: str, open_desk: Open) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        made = await desk.send(TEXT)
        assert isinstance(made, Published)
        inside = str(world.chat.id).removeprefix("-100")
        assert made.url == link.format(chat=world.chat, id=made.id, inside=inside)

    run(open_desk, scene, variant)


@pytest.mark.parametrize(
    ("media", "method"),
    [
        ((), "sendMessage"),
        ((PHOTO,), "sendPhoto"),
        ((FILM,), "sendVideo"),
        ((MOVING,), "sendAnimation"),
        ((PAPER,), "sendDocument"),
        ((PHOTO, FILM), "sendMediaGroup"),
        ((PAPER, PAPER), "sendMediaGroup"),
    ],
)
def test_each_kind_of_file_has_its_method(
    media: tuple[Attachment, ...], method: str, open_desk: Open
) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        made = await desk.send(Post(key="k", text="Grüße <b>&", media=media, subject="not shown"))
        assert isinstance(made, Published)
        assert [call["method"] for call in world.api.calls] == [method]
        (seen,) = await world.posts()
        assert (seen.id, seen.text) == (made.id, "Grüße <b>&")
        assert [sha256 for sha256, _ in seen.media] == [each.sha256 for each in media]
        assert "parse_mode" not in str(world.chat.made[0].asked)
        assert "not shown" not in str(world.chat.made[0].asked)

    run(open_desk, scene)


def test_params_go_where_the_api_has_them(open_desk: Open) -> None:
    params = {
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": True,
        "protect_content": True,
        "message_thread_id": 7,
        "show_caption_above_media": True,
        "unheard_of": 1,
    }

    async def scene(desk: Desk, world: TelegramWorld) -> None:
        for media in ((), (PHOTO,), (PHOTO, FILM)):
            post = Post(key="k", text="<b>t</b>", media=media, params=params)
            assert isinstance(await desk.send(post), Published)
        text, photo, album, _ = (message.asked for message in world.chat.made)
        assert text["link_preview_options"] == {"is_disabled": True}
        assert "show_caption_above_media" not in text
        assert (photo["parse_mode"], photo["show_caption_above_media"]) == ("HTML", True)
        assert album["media"][0]["parse_mode"] == "HTML"
        assert "caption" not in album["media"][1]
        for asked in (text, photo, album):
            assert (asked["disable_notification"], asked["message_thread_id"]) == (True, 7)
            assert "unheard_of" not in asked

    run(open_desk, scene)


def test_a_reply_to_an_album_answers_its_first_message(open_desk: Open) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        album = await desk.send(Post(key="k/0", text="a", media=(PHOTO, FILM)))
        assert isinstance(album, Published)
        part = await desk.send(Post(key="k/1", text="b", reply_to=album.id))
        assert isinstance(part, Published)
        assert world.chat.made[-1].reply_to == world.chat.made[0].id

    run(open_desk, scene)


def test_an_album_is_taken_back_whole(open_desk: Open) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        album = await desk.send(Post(key="k", text="a", media=(PHOTO, FILM)))
        assert isinstance(album, Published)
        del world.chat.messages[int(album.id.partition(",")[0])]
        assert await desk.account.delete(album.id) == Removed()
        assert world.chat.messages == {}
        assert isinstance(await desk.account.delete(""), GiveUp)
        world.chat.refuses = Refused(400, "Bad Request: message can't be deleted for everyone")
        refused = await desk.account.delete("1")
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.REVOKED

    run(open_desk, scene)


@pytest.mark.parametrize("media", [(), (PHOTO,)])
def test_words_are_changed_in_place_and_again_changes_nothing(
    media: tuple[Attachment, ...], open_desk: Open
) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        post = Post(key="k", text="one", media=media)
        made = await desk.send(post)
        assert isinstance(made, Published)
        for _ in range(2):
            edited = await desk.account.edit(made.id, replace(post, text="two"), {})
            assert isinstance(edited, Published)
            assert edited.id == made.id
        assert [message.text for message in world.chat.made] == ["two"]
        long = await desk.account.edit(made.id, replace(post, text="x" * 5000), {})
        assert isinstance(long, GiveUp)
        assert isinstance(await desk.account.edit("999", post, {}), GiveUp)
        assert isinstance(await desk.account.edit("none", post, {}), GiveUp)

    run(open_desk, scene)


@pytest.mark.parametrize(
    ("answer", "expected", "kind"),
    [
        (said(400, "Bad Request: chat not found"), GiveUp, ErrorKind.MISCONFIGURED),
        (said(404, "Not Found"), GiveUp, ErrorKind.INVALID_CREDENTIALS),
        (said(403, "Forbidden: bot is not a member"), GiveUp, ErrorKind.REVOKED),
        (said(400, "Bad Request: not enough rights to send text"), GiveUp, ErrorKind.REVOKED),
        (said(400, "Bad Request: need administrator rights"), GiveUp, ErrorKind.REVOKED),
        (said(400, "Bad Request: CHAT_WRITE_FORBIDDEN"), GiveUp, ErrorKind.REVOKED),
        (said(400, "Bad Request: message is too long"), GiveUp, ErrorKind.REJECTED),
        (said(400, "Bad Request: can't parse entities"), GiveUp, ErrorKind.REJECTED),
        (said(400, "Bad Request: wrong file identifier"), GiveUp, ErrorKind.INVALID_MEDIA),
        (said(400, "Bad Request: IMAGE_PROCESS_FAILED"), GiveUp, ErrorKind.INVALID_MEDIA),
        (said(413, "Request Entity Too Large"), GiveUp, ErrorKind.INVALID_MEDIA),
        (said(500, "Internal Server Error"), Unknown, ErrorKind.LOST),
        (said(503, "Service Unavailable"), Unknown, ErrorKind.LOST),
        (said(504, "Gateway Timeout"), Unknown, ErrorKind.LOST),
        (Canned(200, '{"ok": true, "result": {"chat": {"id": 1}}}'), Unknown, ErrorKind.LOST),
        (Canned(200, '{"ok": false, "result": {"message_id": 1}}'), Unknown, ErrorKind.LOST),
        (Canned(200, '{"ok": true, "result": [{"message_id": 1}, {}]}'), Unknown, ErrorKind.LOST),
    ],
)
def test_words_of_a_refusal(
    answer: Canned, expected: type, kind: ErrorKind, open_desk: Open
) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        await world.arm(answer)
        outcome = await desk.send(TEXT)
        assert type(outcome) is expected
        assert isinstance(outcome, GiveUp | Unknown)
        assert outcome.fault.kind is kind

    run(open_desk, scene)


def test_a_chat_that_has_moved_says_where(open_desk: Open) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        why = "Bad Request: group chat was upgraded to a supergroup chat"
        world.chat.refuses = Refused(400, why, migrate_to_chat_id=-100777)
        refused = await desk.send(TEXT)
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.MISCONFIGURED
        assert "-100777" in refused.fault.platform_message

    run(open_desk, scene, "group")


@pytest.mark.parametrize(
    ("wait", "after"), [(17, timedelta(seconds=17)), (-1, None), ("soon", None), (10**12, None)]
)
def test_the_wait_of_a_limit(wait: object, after: timedelta | None, open_desk: Open) -> None:
    limited = said(429, "Too Many Requests", json.dumps({"retry_after": wait}))

    async def scene(desk: Desk, world: TelegramWorld) -> None:
        await world.arm(limited)
        outcome = await desk.send(TEXT)
        assert isinstance(outcome, Retry)
        assert (outcome.fault.kind, outcome.after) == (ErrorKind.RATE_LIMITED, after)

    run(open_desk, scene)


WORDY = "🌷" * 2048


@pytest.mark.parametrize(
    ("post", "words"),
    [
        (Post(key="k", text=WORDY), ""),
        (Post(key="k", text=WORDY + "x"), "4097 units"),
        (Post(key="k", text="x" * 1024, media=(PHOTO,)), ""),
        (Post(key="k", text="x" * 1025, media=(PHOTO,)), "under media"),
        (Post(key="k", text="<b>" * 2000, params={"parse_mode": "HTML"}), ""),
        (Post(key="k", text=" \n"), "without text"),
        (Post(key="k", text="", media=(PHOTO,)), ""),
        (Post(key="k", text="t", media=(PHOTO,) * 10), ""),
        (Post(key="k", text="t", media=(PHOTO,) * 11), "10 files"),
        (Post(key="k", text="t", media=(PHOTO, PAPER)), "Split"),
        (Post(key="k", text="t", media=(MOVING, PHOTO)), "Split"),
        (Post(key="k", text="t", media=picture(bytes(10**7))), ""),
        (
            Post(key="k", text="t", media=picture(bytes(10**7 + 1))),
            "10 MB",
        ),
        (Post(key="k", text="t", media=picture(png(6000, 4001))), "6000"),
        (Post(key="k", text="t", media=picture(png(2100, 100))), "2100"),
        (Post(key="k", text="t", media=picture(png(2000, 100))), ""),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_sent(post: Post, words: str) -> None:
    http = Scripted(HttpAnswer(500, {}, b""))
    profile = Profile(id="t", platform="telegram", account="@acme", options={})
    ready = asyncio.run(PLATFORM.connect(profile, {}, http).prepare(post, {}))
    assert isinstance(ready, GiveUp if words else Prepared)
    if isinstance(ready, GiveUp):
        assert words in ready.fault.message
    assert http.asked == 0


@pytest.mark.parametrize(
    ("account", "fine"),
    [
        ("@acme_news", True),
        ("-1001234567890", True),
        ("42", True),
        ("acme", False),
        ("@a b", False),
    ],
)
def test_account_is_a_name_or_a_number(account: str, fine: bool) -> None:
    profile = Profile(id="t", platform="telegram", account=account, options={})
    assert (list(PLATFORM.problems(profile)) == []) is fine


def test_wrong_token_and_wrong_chat(open_desk: Open) -> None:
    async def scene(desk: Desk, world: TelegramWorld) -> None:
        for token in ("1:wrong", "nonsense"):
            world.secrets["bot_token"] = token
            refused = await desk.connect().publish(TEXT, {})
            assert isinstance(refused, GiveUp)
            assert refused.fault.kind is ErrorKind.INVALID_CREDENTIALS
        assert world.api.add(Chat(-5)).made == world.chat.made == []

    run(open_desk, scene)
