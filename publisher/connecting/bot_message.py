"""A message of Telegram's Bot API: what it is made of, what fits, what comes back.

Facts: core.telegram.org/bots/api (sendMessage, sendMediaGroup, InputFile, ResponseParameters).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from publisher.connecting import answers
from publisher.connecting.answers import Fields
from publisher.connecting.lengths import utf16_units
from publisher.connecting.line import Reading
from publisher.connecting.pictures import size_of
from publisher.domain.outcome import ErrorKind
from publisher.ports import Attachment, HttpAnswer, Post

WEB = "https://t.me"
SUPERGROUP = "-100"
MOST_UNITS = 4096
MOST_CAPTION_UNITS = 1024
MOST_FILES = 10
LARGEST_PHOTO = 10_000_000
LARGEST_FILE = 50_000_000
MOST_PIXELS = 10_000  # width and height together
MOST_RATIO = 20


@dataclass(frozen=True, slots=True)
class Message:
    """One call that makes a message, without its chat; `files` are named by their fields."""

    method: str
    fields: Fields
    files: tuple[tuple[str, Attachment], ...] = ()


def unfit(post: Post) -> tuple[ErrorKind, str] | None:
    """Why Telegram would refuse this post, as a kind and a sentence; None when it fits."""
    return next(_unfit(post), None)


def _unfit(post: Post) -> Iterator[tuple[ErrorKind, str]]:
    most = MOST_CAPTION_UNITS if post.media else MOST_UNITS
    units = utf16_units(post.text)
    if units > most and not post.params.get("parse_mode"):
        where = "under media" if post.media else "in one message"
        sentence = f"The text has {units} units; Telegram takes {most} {where}. Shorten it."
        yield ErrorKind.REJECTED, sentence
    if not post.text.strip() and not post.media:
        yield ErrorKind.REJECTED, "Telegram takes no message without text or media. Write one."
    if len(post.media) > MOST_FILES:
        sentence = f"Telegram takes {MOST_FILES} files in one message. Leave some out."
        yield ErrorKind.INVALID_MEDIA, sentence
    kinds = {_kind(media) for media in post.media}
    if len(post.media) > 1 and not (kinds <= {"photo", "video"} or kinds == {"document"}):
        sentence = "Telegram takes photos and videos together, or documents. Split the post."
        yield ErrorKind.INVALID_MEDIA, sentence
    for media in post.media:
        yield from _unfit_file(media)


def _unfit_file(media: Attachment) -> Iterator[tuple[ErrorKind, str]]:
    photo = _kind(media) == "photo"
    largest = LARGEST_PHOTO if photo else LARGEST_FILE
    if len(media.data) > largest:
        most = f"{largest // 1_000_000} MB"
        sentence = f"{media.file} has more than the {most} that Telegram takes. Make it smaller."
        yield ErrorKind.INVALID_MEDIA, sentence
    size = size_of(media.data) if photo else None
    if size and (sum(size) > MOST_PIXELS or max(size) > MOST_RATIO * min(size)):
        sentence = f"{media.file} has {size[0]}×{size[1]} pixels, too many for Telegram. Resize it."
        yield ErrorKind.INVALID_MEDIA, sentence


def message_of(post: Post) -> Message:
    """Text, one file, or an album; the text of files is the caption of the first."""
    asked: dict[str, object] = {**_params(post)}
    if post.reply_to is not None:
        asked["reply_parameters"] = {"message_id": next(iter(numbers_of(post.reply_to)), 0)}
    if not post.media:
        return Message("sendMessage", {**asked, **words_of(post)})
    if len(post.media) == 1:
        kind = _kind(post.media[0])
        fields = {**asked, **words_of(post), **_of_video(kind)}
        return Message(f"send{kind.title()}", fields, ((kind, post.media[0]),))
    files = tuple((f"file{number}", media) for number, media in enumerate(post.media))
    album = [
        {"type": _kind(media), "media": f"attach://{name}", **_of_video(_kind(media))}
        for name, media in files
    ]
    album[0] = {**album[0], **words_of(post)}
    return Message("sendMediaGroup", {**asked, "media": album}, files)


def _kind(media: Attachment) -> str:
    """What Telegram calls a file of this type."""
    match media.content_type:
        case "image/jpeg" | "image/png" | "image/webp":
            return "photo"
        case "image/gif":
            return "animation"
        case "video/mp4":
            return "video"
        case _:
            return "document"


def _params(post: Post) -> Fields:
    """The parameters that belong to the message; those of the words go with the words."""
    names = ("disable_notification", "protect_content", "message_thread_id")
    return {name: post.params[name] for name in names if post.params.get(name) is not None}


def words_of(post: Post) -> Fields:
    """The text with what says how it is shown; media carry it as their caption."""
    names = ["parse_mode"]
    if not post.media:
        names.append("link_preview_options")
    elif _kind(post.media[0]) != "document":
        names.append("show_caption_above_media")
    shown = {name: post.params[name] for name in names if post.params.get(name) is not None}
    return {"caption" if post.media else "text": post.text, **shown}


def _of_video(kind: str) -> Fields:
    return {"supports_streaming": True} if kind == "video" else answers.NO_FIELDS


def messages_in(answer: HttpAnswer) -> list[Fields]:
    """The messages of a success; empty when any of them has no id."""
    found = answers.fields(answers.json_of(answer))
    result = found.get("result")
    messages = answers.entries(result if isinstance(result, list) else [result])
    known = [each for each in messages if answers.identity(each, "message_id")]
    return known if found.get("ok") is True and len(known) == len(messages) else []


def numbers_of(post_id: str) -> list[int]:
    """The ids of a post's messages: an album has several."""
    parts = post_id.split(",")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else []


def link_of(message: Fields) -> str:
    """Where the message is on the web; inside a private chat only its members can follow it."""
    chat, number = answers.fields(message.get("chat")), answers.identity(message, "message_id")
    username = answers.identity(chat, "username")
    if username.isidentifier():
        return f"{WEB}/{username}/{number}"
    inside = answers.identity(chat)
    return f"{WEB}/c/{inside.removeprefix(SUPERGROUP)}/{number}" if SUPERGROUP in inside else ""


def shape(answer: HttpAnswer) -> Reading:
    """Refusals are {"ok": false, "error_code", "description", "parameters"}."""
    found = answers.fields(answers.json_of(answer))
    more = answers.fields(found.get("parameters"))
    said = answers.text(found, "description") or answers.said_in(answer)
    moved = answers.identity(more, "migrate_to_chat_id")
    wait = more.get("retry_after")
    known = isinstance(wait, int) and 0 <= wait <= answers.LONGEST_WAIT.total_seconds()
    return Reading(
        code=answers.identity(found, "error_code"),
        said=f"{said} (the new number is {moved})" if moved else said,
        after=timedelta(seconds=wait) if known and isinstance(wait, int) else None,
    )
