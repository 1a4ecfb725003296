"""Telegram's world: a Bot API that remembers, behind a misbehaving proxy."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from itertools import groupby

from publisher.domain.epic import Profile
from publisher.domain.outcome import Unknown
from publisher.platforms.telegram import PLATFORM
from tests.contract.bot_api import BotApi, Chat
from tests.contract.proxy import Canned, Proxy, listening, proxied
from tests.contract.world import DANGEROUS, LOST, MIXED, Expect, Fault, Seen, Step

VARIANTS = ("channel", "group")
TOKEN = "123456:s3cr-et_botT0ken"


def said(code: int, description: str, parameters: str = "", **headers: str) -> Canned:
    more = f', "parameters": {parameters}' if parameters else ""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = f'{{"ok": false, "error_code": {code}, "description": "{description}"{more}}}'
    return Canned(code, body, named)


ANSWERS = {
    Fault.RATE_LIMITED: said(429, "Too Many Requests: retry after 60", '{"retry_after": 60}'),
    Fault.SERVER_ERROR: said(500, "Internal Server Error"),
    Fault.UNAVAILABLE: said(503, "Service Unavailable"),
    Fault.UNAUTHORIZED: said(401, "Unauthorized"),
    Fault.REVOKED: said(403, "Forbidden: bot was kicked from the channel chat"),
    Fault.REJECTED: said(400, "Bad Request: can't parse entities"),
    Fault.INVALID_MEDIA: said(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    Fault.ERROR_IN_SUCCESS: replace(said(500, "Internal Server Error"), status=200),
}
# A bot cannot ask what became of a message, so no failure of the server is taken lightly.
FAULTS: Mapping[Fault, Expect] = {**DANGEROUS, Fault.UNAVAILABLE: Expect(Unknown, LOST, 0)}


def step_of(_method: str, path: str) -> Step | None:
    return Step.PUBLISH if "/send" in path else None


class TelegramWorld:
    """One chat of the bot; a channel has a name, a group only its number."""

    platform = PLATFORM
    dangerous = FAULTS
    control_characters = False
    album = tuple(replace(media, alt="") for media in MIXED)
    asks_first = False

    def __init__(self, proxy: Proxy, api: BotApi, chat: Chat) -> None:
        self.proxy, self.api, self.chat = proxy, api, chat
        self.secrets = {"bot_token": TOKEN}
        account = f"@{chat.username}" if chat.username else str(chat.id)
        self.profile = Profile(
            id="t", platform="telegram", account=account, options={"server": proxy.url}
        )

    async def arm(self, fault: Fault | Canned, step: Step = Step.PUBLISH) -> None:
        self.proxy.arm(fault, step)

    async def remove(self, post_id: str) -> None:
        for number in post_id.split(","):
            del self.chat.messages[int(number)]

    async def posts(self) -> list[Seen]:
        """The messages of one album are one post."""
        found = []
        for _, joined in groupby(self.chat.made, key=lambda each: each.album or -each.id):
            messages = list(joined)
            media = [(hashlib.sha256(data).hexdigest(), "") for m in messages for data in m.files]
            ids = ",".join(str(message.id) for message in messages)
            first = messages[0]
            reply_to = str(first.reply_to) if first.reply_to else None
            found.append(Seen(ids, first.text, tuple(media), reply_to))
        return found


class TelegramStage:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def world(self, variant: str) -> AsyncIterator[TelegramWorld]:
        api, number = BotApi(TOKEN), next(self._numbers)
        username = f"acme{number}" if variant == "channel" else ""
        chat = api.add(Chat(-1_000_000_000_000 - number, username))
        async with listening(api.app()) as upstream, proxied(upstream, step_of, ANSWERS) as proxy:
            yield TelegramWorld(proxy, api, chat)


@contextmanager
def start() -> Iterator[TelegramStage]:
    """Nothing runs between two tests: the server lives in the loop of each."""
    yield TelegramStage()
