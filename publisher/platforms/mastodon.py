"""Mastodon, through the REST API that every instance offers."""

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from http import HTTPStatus
from urllib.parse import quote, urlencode

from publisher.connecting import answers, options
from publisher.connecting.forms import form_of
from publisher.connecting.line import Line, Request
from publisher.connecting.refusals import reading_by
from publisher.domain.about import About, Named, Refusal
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
    Removed,
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
NOT_FOUND = HTTPStatus.NOT_FOUND.value
INVALID = HTTPStatus.UNPROCESSABLE_ENTITY.value
REFUSALS = (
    Refusal(kind=ErrorKind.DISCONNECTED, status=HTTPStatus.FORBIDDEN, says=("login",)),
    Refusal(
        kind=ErrorKind.UNAVAILABLE,
        status=INVALID,
        says=("not finished processing",),
        after=STILL_BUSY,
    ),
    Refusal(
        kind=ErrorKind.INVALID_MEDIA,
        status=INVALID,
        says=("attach", "file", "media", "image", "video"),
    ),
)
# A refused upload is about the file; one that vanished is uploaded again.
UPLOAD_REFUSALS = (
    REFUSALS[0],
    Refusal(kind=ErrorKind.INVALID_MEDIA, status=INVALID),
    Refusal(kind=ErrorKind.UNAVAILABLE, status=NOT_FOUND),
)
ABOUT = About(
    title="Mastodon",
    summary="Posts on any Mastodon instance, through the REST API that every instance offers.",
    account="The account's name on its instance, such as `acme`.",
    checked="2026-11",
    secrets=(Named("access_token", "A token of an application with the scopes below."),),
    scopes=(
        Named("write:statuses", "to post and to delete"),
        Named("write:media", "to upload"),
        Named("read:statuses", "to look for a post whose answer was lost"),
        Named("profile", "to learn which account the token belongs to"),
    ),
    options=(Named("server", "The instance's address, such as `https://mastodon.example`."),),
    params=(
        Named("visibility", "public, unlisted, private or direct"),
        Named("sensitive", "true hides the media behind a warning"),
        Named("spoiler_text", "the warning's text; it counts towards the length"),
        Named("language", "two letters, such as `de`"),
    ),
    limits=(
        Named("text", "500 characters unless the instance says otherwise; a link counts 23"),
        Named("media", "4 files; images 16 MB and 33 megapixels, video 99 MB; alt text 1,500"),
        Named("requests", "300 in 5 minutes; uploads 30 in 30 minutes"),
    ),
    refusals=REFUSALS,
    setup=(
        "On the instance open Preferences → Development → New application.",
        "Give it the scopes below and save.",
        "Copy “Your access token”; it is valid until it is revoked.",
    ),
    media="Up to four images, or one video, each with alt text.",
    threads="Each part replies to the one before.",
    lost="The instance remembers keys for an hour; Copydesk trusts it for 50 minutes and then"
    " searches the account.",
    sources=("https://docs.joinmastodon.org/methods/statuses/",),
    example=Profile(
        id="mastodon-acme",
        platform="mastodon",
        account="acme",
        credentials="MASTODON_ACME",
        options={"server": "https://mastodon.example"},
    ),
)
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
    about = ABOUT

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        """`pauses` are the seconds between questions whether an upload is processed."""
        self._pauses = pauses

    def traits(self, profile: Profile) -> Traits:  # noqa: ARG002 - all instances are alike
        return Traits(safety=Safety.IDEMPOTENT, settle=SETTLE, key_memory=KEY_MEMORY)

    def problems(self, profile: Profile) -> Iterator[str]:
        yield from options.address_problem(profile.options, "server")
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        token = secrets.get("access_token", "").strip()
        line = Line(
            platform="Mastodon",
            http=http,
            headers={"Authorization": f"Bearer {token}"},
            secrets=(token,),
            read=reading_by(REFUSALS),
        )
        return MastodonAccount(line, options.address(profile.options, "server"), self._pauses)


class MastodonAccount:
    """The account that the token belongs to."""

    def __init__(self, line: Line, server: str, pauses: Sequence[float]) -> None:
        self._line = line
        self._uploads = replace(line, read=reading_by(UPLOAD_REFUSALS))
        self._api = f"{server}/api"
        self._pauses = pauses

    async def prepare(self, post: Post, handle: Handle) -> Prepared | Retry | GiveUp:
        ready = dict(handle)
        for number, media in enumerate(post.media):
            name = _media_name(number, media)
            if name in ready:
                continue
            uploaded = await self._upload(media)
            if isinstance(uploaded, Retry):
                return replace(uploaded, handle=ready)
            if isinstance(uploaded, GiveUp):
                return uploaded
            ready[name] = uploaded
        return Prepared(ready)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        names = [_media_name(number, media) for number, media in enumerate(post.media)]
        if not set(names) <= handle.keys():
            return GiveUp(self._line.fault(ErrorKind.BUG, said="media was never uploaded"))
        known = (param.name for param in ABOUT.params)
        status = {name: post.params[name] for name in known if post.params.get(name) is not None}
        status |= {"status": post.text, "media_ids": [handle[name] for name in names]}
        if post.reply_to is not None:
            status["in_reply_to_id"] = post.reply_to
        headers = {"Content-Type": "application/json", "Idempotency-Key": post.key}
        body = json.dumps(status, default=str).encode()
        answer = await self._line.call(Request("POST", f"{self._api}/v1/statuses", headers, body))
        if not isinstance(answer, HttpAnswer):
            return answer
        made = answers.fields(answers.json_of(answer))
        post_id, url = answers.identity(made), answers.link(made) or answers.link(made, "uri")
        return Published(post_id, url) if post_id else self._line.not_understood(answer)

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

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        url = f"{self._api}/v1/statuses/{quote(post_id, safe='')}"
        return await self._line.delete(Request("DELETE", url))

    async def _upload(self, media: Attachment) -> str | Retry | GiveUp:
        described = {"description": media.alt} if media.alt else {}
        headers, body = await form_of(described, [("file", media)])
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


def _media_name(number: int, media: Attachment) -> str:
    """The alt text belongs to an upload, so equal files are uploaded once each.

    A handle may outlive an edit of the post; what it names must not serve other content.
    """
    content = f"{media.sha256} {media.alt}".encode("utf-8", "surrogatepass")
    return f"media:{number}:{hashlib.sha256(content).hexdigest()[:16]}"


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
