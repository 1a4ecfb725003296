"""A Telegram Bot API that remembers, and refuses what the documentation says it refuses."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

PREVIEW = "link_preview_options"
MESSAGE = {"chat_id", "disable_notification", "protect_content", "message_thread_id"}
MESSAGE |= {"reply_parameters"}
DESCRIBED = {"caption", "parse_mode"}
CAPTION = DESCRIBED | {"show_caption_above_media"}
WORDS = {"chat_id", "caption", "parse_mode"}
TEXT = {"text", "parse_mode", PREVIEW}
KNOWN = {
    "sendMessage": MESSAGE | TEXT,
    "sendPhoto": MESSAGE | CAPTION | {"photo"},
    "sendVideo": MESSAGE | CAPTION | {"video", "supports_streaming"},
    "sendAnimation": MESSAGE | CAPTION | {"animation"},
    "sendDocument": MESSAGE | DESCRIBED | {"document"},
    "sendMediaGroup": MESSAGE | {"media"},
    "editMessageText": TEXT | {"chat_id", "message_id"},
    "editMessageCaption": CAPTION | {"chat_id", "message_id"},
    "deleteMessage": {"chat_id", "message_id"},
}


class Refused(Exception):
    """What the API says instead of doing it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        said: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            said["parameters"] = parameters
        self.answer = web.json_response(said, status=code)


@dataclass
class Message:
    """One message as it was sent; `files` are bytes, `album` joins those of one call."""

    id: int
    text: str
    asked: Mapping[str, Any]
    reply_to: int | None
    files: list[bytes] = field(default_factory=list)
    album: int = 0


@dataclass
class Chat:
    """One channel. `refuses` is what the bot is told there."""

    id: int
    username: str = ""
    refuses: Refused | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    made: list[Message] = field(default_factory=list)


class BotApi:
    """One bot, known by its token, and the chats that it is in; `calls` were done."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.chats: dict[str, Chat] = {}
        self.calls: list[dict[str, Any]] = []
        self._next = 100

    def add(self, chat: Chat) -> Chat:
        self.chats[str(chat.id)] = chat
        if chat.username:
            self.chats[f"@{chat.username}"] = chat
        return chat

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/bot{token}/{method}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        try:
            self._check_token(request.match_info["token"])
            asked, files = await _asked(request)
            assert asked.keys() | files.keys() <= KNOWN[method] | set(files), asked.keys()
            result = await self._done(method, asked, files)
            call = {"method": method, "fields": asked, "files": list(files), "result": result}
            self.calls.append(call)
        except Refused as refused:
            return refused.answer
        return web.json_response({"ok": True, "result": result})

    def _check_token(self, token: str) -> None:
        if token != self.token:
            raise Refused(401 if ":" in token else 404, "Unauthorized")

    async def _done(self, method: str, asked: Mapping[str, Any], files: Mapping[str, Any]) -> Any:
        chat = self.chats.get(str(asked["chat_id"]))
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.refuses:
            raise chat.refuses
        if method == "sendMediaGroup":
            return self._album(chat, asked, files)
        if method.startswith("send"):
            words = asked.get("text" if method == "sendMessage" else "caption", "")
            sent = self._sent(chat, words, asked, list(files.values()), method)
            return _shown(chat, sent)
        message = chat.messages.get(int(asked["message_id"]))
        if message is None:
            what = "delete" if method == "deleteMessage" else "edit"
            raise Refused(400, f"Bad Request: message to {what} not found")
        if method == "deleteMessage":
            del chat.messages[message.id]
            return True
        words = asked["text" if method == "editMessageText" else "caption"]
        if words == message.text:
            raise Refused(400, "Bad Request: message is not modified: specified new message")
        _check_words(words, "message" if method == "editMessageText" else "caption")
        message.text = words
        return _shown(chat, message)

    def _album(self, chat: Chat, asked: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        items = asked["media"]
        kinds = {item["type"] for item in items}
        if not 2 <= len(items) <= 10 or not (kinds <= {"photo", "video"} or kinds == {"document"}):
            raise Refused(400, "Bad Request: group of media is wrong")
        names = [item["media"].removeprefix("attach://") for item in items]
        if sorted(names) != sorted(files):
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        album = self._next
        sent = []
        for item, name in zip(items, names, strict=True):
            words = item.get("caption", "")
            words_of = DESCRIBED if item["type"] == "document" else CAPTION
            assert item.keys() <= words_of | {"type", "media", "supports_streaming"}
            sent.append(self._sent(chat, words, asked, [files[name]], "sendPhoto", album))
        return [_shown(chat, message) for message in sent]

    def _sent(
        self,
        chat: Chat,
        words: str,
        asked: Mapping[str, Any],
        files: list[bytes],
        method: str,
        album: int = 0,
    ) -> Message:
        _check_words(words, "message" if method == "sendMessage" else "caption")
        if method == "sendMessage" and not words.strip():
            raise Refused(400, "Bad Request: message text is empty")
        parent = asked.get("reply_parameters", {}).get("message_id")
        if parent is not None and parent not in chat.messages:
            raise Refused(400, "Bad Request: message to be replied not found")
        message = Message(self._next, words, asked, parent, files, album)
        self._next += 1
        chat.messages[message.id] = message
        chat.made.append(message)
        return message


def _check_words(words: str, what: str) -> None:
    most = 4096 if what == "message" else 1024
    if len(words.encode("utf-16-le")) // 2 > most:
        raise Refused(400, f"Bad Request: {what} is too long")
    if "<broken" in words:
        raise Refused(400, "Bad Request: can't parse entities: unsupported start tag")


def _shown(chat: Chat, message: Message) -> Mapping[str, Any]:
    who: dict[str, Any] = {"id": chat.id, "type": "channel", "title": "Acme"}
    if chat.username:
        who["username"] = chat.username
    shown = {"message_id": message.id, "date": int(time.time()), "chat": who}
    return {**shown, "caption" if message.files else "text": message.text}


Asked = tuple[dict[str, Any], dict[str, bytes]]


async def _asked(request: web.Request) -> Asked:
    """The parameters and the files, whichever way they were sent."""
    if request.content_type == "application/json":
        return await request.json(), {}
    asked: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, FileField):
            files[name] = value.file.read()
        else:
            assert isinstance(value, str)
            asked[name] = (
                value if name in {"caption", "chat_id", "parse_mode"} else json.loads(value)
            )
    return asked, files
