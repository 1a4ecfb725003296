"""Telegram channels and groups, through a bot and the Bot API."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from publisher.connecting import answers, options
from publisher.connecting.answers import Fields
from publisher.connecting.bot_message import (
    MOST_CAPTION_UNITS,
    MOST_FILES,
    MOST_UNITS,
    link_of,
    message_of,
    messages_in,
    numbers_of,
    shape,
    unfit,
    words_of,
)
from publisher.connecting.forms import form_of
from publisher.connecting.line import Line, Request
from publisher.connecting.refusals import reading_by
from publisher.domain.about import About, Named, Refusal
from publisher.domain.epic import Profile
from publisher.domain.outcome import (
    NO_HANDLE,
    Accepted,
    ErrorKind,
    GiveUp,
    Handle,
    NotBegun,
    Outcome,
    Prepared,
    Published,
    Removed,
    Retry,
)
from publisher.domain.traits import Safety, Traits
from publisher.ports import Account, Candidate, Http, HttpAnswer, Platform, Post

SERVER = "https://api.telegram.org"
BAD = HTTPStatus.BAD_REQUEST.value
REFUSED = frozenset({BAD})
CHAT = re.compile(r"@[A-Za-z][A-Za-z0-9_]{3,31}|-?[0-9]{1,20}")
REFUSALS = (
    Refusal(kind=ErrorKind.INVALID_CREDENTIALS, status=HTTPStatus.NOT_FOUND),
    Refusal(kind=ErrorKind.MISCONFIGURED, status=BAD, says=("chat not found", "upgraded to a")),
    Refusal(
        kind=ErrorKind.REVOKED,
        status=BAD,
        says=("rights", "chat_write_forbidden", "chat_admin_required", "can't be deleted"),
    ),
    Refusal(
        kind=ErrorKind.INVALID_MEDIA,
        status=BAD,
        says=("file", "photo", "image_", "video", "media", "wrong type"),
    ),
)
# Nobody can ask whether a message was sent before the server failed.
LOST_ON_FAILURE = Refusal(kind=ErrorKind.LOST, status=HTTPStatus.SERVICE_UNAVAILABLE)
ABOUT = About(
    title="Telegram",
    summary="Messages in a channel or group, sent by a bot that is an administrator there.",
    account="The channel's name, such as `@acme`, or the number of the chat, such as"
    " `-1001234567890`.",
    checked="2026-11, Bot API 10.3",
    secrets=(Named("bot_token", "What @BotFather gave, such as `123456:ABC…`."),),
    scopes=(
        Named("Post messages", "the right that the bot needs as an administrator"),
        Named("Delete messages", "to take something back after 48 hours"),
    ),
    options=(Named("server", f"A Bot API server of your own; without it, {SERVER}."),),
    params=(
        Named("parse_mode", "HTML or MarkdownV2; without it the text goes out as it is written"),
        Named("link_preview_options", "such as `{is_disabled: true}` or `{url: https://…}`"),
        Named("disable_notification", "true: no sound"),
        Named("protect_content", "true: cannot be forwarded or saved"),
        Named("message_thread_id", "the topic of a forum"),
        Named("show_caption_above_media", "true: the text above photos and videos"),
    ),
    limits=(
        Named("text", f"{MOST_UNITS} UTF-16 units; {MOST_CAPTION_UNITS} under media"),
        Named("media", f"{MOST_FILES} files in one message; photos 10 MB, others 50 MB"),
        Named("photos", "width and height 10,000 pixels together, at most 20 to 1"),
        Named("requests", "one a second in a chat, 20 a minute in a group, 30 a second in all"),
    ),
    refusals=(*REFUSALS, LOST_ON_FAILURE),
    setup=(
        "Write to @BotFather, send /newbot, and copy the token.",
        "In the channel add the bot as an administrator who may post messages.",
        "The token is valid until it is revoked in @BotFather.",
    ),
    media="Up to ten photos and videos together, or documents together. There is no alt text.",
    threads="Each part replies to the one before.",
    lost="Bots cannot read a channel, so nobody can ask. It is never sent again by itself.",
    sources=("https://core.telegram.org/bots/api",),
    example=Profile(
        id="telegram-acme",
        platform="telegram",
        account="@acme",
        credentials="TELEGRAM_ACME",
    ),
)


class TelegramPlatform:
    """Facts: core.telegram.org/bots/api. There is no idempotency key and no way to look."""

    name = "telegram"
    about = ABOUT

    def traits(self, profile: Profile) -> Traits:  # noqa: ARG002 - all chats are alike
        return Traits(safety=Safety.BLIND, can_look_up=False)

    def problems(self, profile: Profile) -> Iterator[str]:
        if not CHAT.fullmatch(profile.account):
            yield (
                f"account is {profile.account!r}; write the channel's name, such as @acme, or the"
                " number of the chat."
            )
        if "server" in profile.options:
            yield from options.address_problem(profile.options, "server")
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        token = secrets.get("bot_token", "").strip()
        line = Line(
            platform="Telegram", http=http, secrets=(token,), read=reading_by(REFUSALS, shape)
        )
        server = options.address(profile.options, "server", SERVER) or SERVER
        return TelegramAccount(line, f"{server}/bot{token}", profile.account)


class TelegramAccount:
    """One chat as one bot sees it."""

    def __init__(self, line: Line, api: str, chat: str) -> None:
        self._line = line
        self._blind = replace(line, read=reading_by(ABOUT.refusals, shape))
        self._api = api
        self._chat = chat

    async def prepare(self, post: Post, handle: Handle) -> Prepared | GiveUp:
        """Nothing can be uploaded without being sent; only what cannot go out is said early."""
        del handle
        why = unfit(post)
        return GiveUp(self._line.fault(*why)) if why else Prepared(NO_HANDLE)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        del handle
        answer = await self._blind.call(await self._sending(post))
        if not isinstance(answer, HttpAnswer):
            return answer
        sent = messages_in(answer)
        if not sent:
            return self._line.not_understood(answer)
        return Published(
            ",".join(answers.identity(each, "message_id") for each in sent), link_of(sent[0])
        )

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        """There is nothing to ask."""
        del handle
        return Retry(self._line.unanswerable())

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        """Bots cannot read what is in a channel."""
        del post, since
        return Retry(self._line.unanswerable())

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        """Bots cannot read what is in a channel."""
        del post_id
        return GiveUp(self._line.unanswerable())

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        numbers = numbers_of(post_id)
        if not numbers:
            return GiveUp(self._line.unanswerable())
        for number in numbers:
            request = self._request("deleteMessage", {"chat_id": self._chat, "message_id": number})
            answer = await self._line.ask(request, known=REFUSED)
            refused = self._refused(answer, "message to delete not found")
            if refused is not None:
                return refused
        return Removed()

    async def edit(self, post_id: str, post: Post, handle: Handle) -> Published | Retry | GiveUp:
        """Text and captions can be changed, the files not; for 48 hours, or always in channels."""
        del handle
        numbers = numbers_of(post_id)
        if not numbers:
            return GiveUp(self._line.fault(ErrorKind.BUG, said="there is no such message id"))
        method = "editMessageCaption" if post.media else "editMessageText"
        asked = {**words_of(post), "chat_id": self._chat, "message_id": numbers[0]}
        answer = await self._line.ask(self._request(method, asked), known=REFUSED)
        refused = self._refused(answer, "message is not modified")
        if refused is not None:
            return refused
        sent = messages_in(answer) if isinstance(answer, HttpAnswer) else []
        return Published(post_id, link_of(sent[0]) if sent else "")

    def _refused(self, answer: HttpAnswer | Retry | GiveUp, harmless: str) -> Retry | GiveUp | None:
        """Why not; None when it was done, or when it was so already."""
        if not isinstance(answer, HttpAnswer):
            return answer
        if harmless in shape(answer).said.lower():
            return None
        refused = self._line.refused(answer, ErrorKind.UNAVAILABLE)
        if isinstance(refused, Retry | GiveUp):
            return refused
        done = answers.fields(answers.json_of(answer)).get("ok") is True
        return None if done else self._line.ask_again(answer)

    async def _sending(self, post: Post) -> Request:
        """The request that makes the message; files travel in a form."""
        message = message_of(post)
        asked = {"chat_id": self._chat, **message.fields}
        if not message.files:
            return self._request(message.method, asked)
        plain = {
            name: value if isinstance(value, str) else json.dumps(value, default=str)
            for name, value in asked.items()
        }
        headers, body = await form_of(plain, message.files)
        return Request("POST", f"{self._api}/{message.method}", headers, body)

    def _request(self, method: str, asked: Fields) -> Request:
        headers = {"Content-Type": "application/json"}
        body = json.dumps(asked, default=str).encode()
        return Request("POST", f"{self._api}/{method}", headers, body)


PLATFORM: Platform = TelegramPlatform()
