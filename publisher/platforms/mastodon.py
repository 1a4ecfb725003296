"""Mastodon, through the REST API that every instance offers."""

import asyncio
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from http import HTTPStatus
from urllib.parse import quote, urlencode

from aiohttp import MultipartWriter

from publisher.connecting import answers, options
from publisher.connecting.line import Line, Reading, Request, usual_reading
from publisher.domain.epic import Profile
from publisher.domain.outcome import (
    Accepted,
    ErrorKind,
    GiveUp,
    Handle,
    NotBegun,
    Outcome,
    Prepared,
    Published,
    Retry,
)
from publisher.domain.traits import Safety, Traits
from publisher.ports import Account, Attachment, Candidate, Http, HttpAnswer, Platform, Post

KEY_MEMORY = timedelta(minutes=50)  # the instance forgets a key after 60
SETTLE = timedelta(seconds=5)
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
STILL_BUSY = timedelta(seconds=5)
PAGE = 40
MOST_PAGES = 10
PARAMS = ("visibility", "sensitive", "spoiler_text", "language")
NOT_FINISHED = "not finished processing"
ABOUT_MEDIA = ("attach", "file", "media", "image", "video")
BREAK = re.compile(r"<(?:br|/?p)\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
MENTION = re.compile(r"(@\w[\w.-]{0,100})@[\w.-]{1,255}")


class MastodonPlatform:
    """Facts: docs.joinmastodon.org (methods/statuses, methods/media, entities/Error) and the
    instance's own source (PostStatusService, Api::ErrorHandling, TextFormatter).

    A key is remembered for an hour; a repeat returns the first status. 503 is only ever said
    before a status is made (a lock or a remote server failed), other 5xx may come after it.
    """

    name = "mastodon"
    secrets = ("access_token",)

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        """`pauses` are the seconds between questions whether an upload is processed."""
        self._pauses = pauses

    def traits(self, profile: Profile) -> Traits:  # noqa: ARG002 - all instances are alike
        return Traits(safety=Safety.IDEMPOTENT, settle=SETTLE, key_memory=KEY_MEMORY)

    def problems(self, profile: Profile) -> Iterator[str]:
        yield from options.address_problem(profile.options, "server")
        yield from options.unknown_options(profile, {"server"})

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        token = secrets.get("access_token", "").strip()
        line = Line(
            platform="Mastodon",
            http=http,
            headers={"Authorization": f"Bearer {token}"},
            secrets=(token,),
            read=_read,
        )
        return MastodonAccount(line, options.address(profile.options, "server"), self._pauses)


class MastodonAccount:
    """The account that the token belongs to."""

    def __init__(self, line: Line, server: str, pauses: Sequence[float]) -> None:
        self._line = line
        self._uploads = replace(line, read=_read_upload)
        self._api = f"{server}/api"
        self._pauses = pauses

    async def prepare(self, post: Post) -> Prepared | Retry | GiveUp:
        handle: dict[str, str] = {}
        for number, media in enumerate(post.media):
            uploaded = await self._upload(media)
            if not isinstance(uploaded, str):
                return uploaded
            handle[_media_name(number)] = uploaded
        return Prepared(handle)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        names = [_media_name(number) for number in range(len(post.media))]
        if not set(names) <= handle.keys():
            return GiveUp(self._line.fault(ErrorKind.BUG, said="media was never uploaded"))
        status = {name: post.params[name] for name in PARAMS if post.params.get(name) is not None}
        status |= {"status": post.text, "media_ids": [handle[name] for name in names]}
        if post.reply_to is not None:
            status["in_reply_to_id"] = post.reply_to
        headers = {"Content-Type": "application/json", "Idempotency-Key": post.key}
        body = json.dumps(status, default=str).encode()
        answer = await self._line.call(Request("POST", f"{self._api}/v1/statuses", headers, body))
        if not isinstance(answer, HttpAnswer):
            return answer
        made = answers.fields(answers.json_of(answer))
        known, url = answers.identity(made), answers.link(made) or answers.link(made, "uri")
        return Published(known, url) if known else self._line.not_understood(answer)

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        """There is nothing to ask: the key settles it, or else `locate`."""
        del handle
        return Retry(self._line.unanswerable())

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        me = await self._line.ask(Request("GET", f"{self._api}/v1/accounts/verify_credentials"))
        if not isinstance(me, HttpAnswer):
            return me
        account = answers.identity(answers.fields(answers.json_of(me)))
        if not account:
            return self._line.ask_again(me)
        query = {"limit": str(PAGE), "exclude_reblogs": "true"}
        url = f"{self._api}/v1/accounts/{quote(account, safe='')}/statuses"
        since = since.replace(microsecond=0)  # times there are cut to milliseconds
        found: list[Candidate] = []
        for _ in range(MOST_PAGES):
            answer = await self._line.ask(Request("GET", f"{url}?{urlencode(query)}"))
            if not isinstance(answer, HttpAnswer):
                return answer
            page = _page(answer)
            if page is None:
                return self._line.ask_again(answer)
            found += [seen for seen, status in page if seen.at >= since and _same(status, post)]
            if not page or page[-1][0].at < since:
                return found
            query["max_id"] = page[-1][0].id
        return found or self._line.ask_again(me, "Too many newer posts there to find this one.")

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        return await self._line.exists(f"{self._api}/v1/statuses/{quote(post_id, safe='')}")

    async def _upload(self, media: Attachment) -> str | Retry | GiveUp:
        headers, body = await _form(media)
        request = Request("POST", f"{self._api}/v2/media", headers, body)
        answer = await self._uploads.ask(request)
        if not isinstance(answer, HttpAnswer):
            return answer
        known = answers.identity(answers.fields(answers.json_of(answer)))
        if not known:
            return self._line.ask_again(answer)
        if answer.status != HTTPStatus.ACCEPTED:
            return known
        return await self._processed(known, media)

    async def _processed(self, known: str, media: Attachment) -> str | Retry | GiveUp:
        request = Request("GET", f"{self._api}/v1/media/{quote(known, safe='')}")
        for pause in self._pauses:
            await asyncio.sleep(pause)
            answer = await self._uploads.ask(request)
            if not isinstance(answer, HttpAnswer):
                return answer
            if answer.status != HTTPStatus.PARTIAL_CONTENT:
                return known
        sentence = f"Mastodon is still processing {media.file}. It is tried again."
        return Retry(self._line.fault(ErrorKind.UNAVAILABLE, sentence, code="206"), STILL_BUSY)


async def _form(media: Attachment) -> tuple[dict[str, str], bytes]:
    form = MultipartWriter("form-data")
    file = form.append(io.BytesIO(media.data), {"Content-Type": media.content_type})
    file.set_content_disposition(
        "form-data", name="file", filename=media.file.rpartition("/")[2] or "file"
    )
    if media.alt:
        form.append(media.alt).set_content_disposition("form-data", name="description")
    return {"Content-Type": form.content_type}, await form.as_bytes()


def _read(answer: HttpAnswer) -> Reading:
    """Only the status is reliable; the words of {"error"} settle what it leaves open."""
    said = usual_reading(answer).said
    words = said.lower()
    match answer.status:
        case HTTPStatus.FORBIDDEN if "login" in words:
            return Reading(ErrorKind.DISCONNECTED, said=said)
        case HTTPStatus.UNPROCESSABLE_ENTITY if NOT_FINISHED in words:
            return Reading(ErrorKind.UNAVAILABLE, said=said, after=STILL_BUSY)
        case HTTPStatus.UNPROCESSABLE_ENTITY if any(word in words for word in ABOUT_MEDIA):
            return Reading(ErrorKind.INVALID_MEDIA, said=said)
    return Reading(said=said)


def _read_upload(answer: HttpAnswer) -> Reading:
    """A refused upload is about the file; one that vanished is uploaded again."""
    reading = _read(answer)
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return replace(reading, kind=ErrorKind.INVALID_MEDIA)
    if answer.status == HTTPStatus.NOT_FOUND:
        return replace(reading, kind=ErrorKind.UNAVAILABLE)
    return reading


def _media_name(number: int) -> str:
    """The alt text belongs to an upload, so equal files are uploaded once each."""
    return f"media:{number}"


def _page(answer: HttpAnswer) -> list[tuple[Candidate, answers.Fields]] | None:
    """The statuses of one page; None when any of them cannot be read."""
    listed = answers.json_of(answer)
    statuses = answers.entries(listed)
    page = [
        (Candidate(answers.identity(status), answers.link(status), at), status)
        for status in statuses
        if answers.identity(status) and (at := answers.moment(status, "created_at"))
    ]
    return page if isinstance(listed, list) and len(page) == len(listed) else None


def _same(status: answers.Fields, post: Post) -> bool:
    reply_to = answers.identity(status, "in_reply_to_id") or None
    media = answers.entries(status.get("media_attachments"))
    shown = unescape(TAG.sub("", BREAK.sub(" ", answers.text(status, "content"))))
    return (
        status.get("reblog") is None
        and (reply_to, len(media)) == (post.reply_to, len(post.media))
        and _plain(shown) == _plain(post.text)
    )


def _plain(written: str) -> str:
    """One line as an instance shows it: mentions lose their domain, white space its shape."""
    printable = "".join(char if char.isprintable() else " " for char in written)
    return " ".join(MENTION.sub(r"\1", printable).split())


PLATFORM: Platform = MastodonPlatform()
