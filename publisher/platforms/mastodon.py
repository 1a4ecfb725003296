"""Mastodon, through the REST API that every instance offers."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from html import unescape
from http import HTTPStatus
from urllib.parse import quote, urlencode

from publisher.connecting import answers, options
from publisher.connecting.answers import Fields
from publisher.connecting.forms import form_of
from publisher.connecting.line import Line, Request, bearer_line
from publisher.connecting.refusals import reading_by
from publisher.connecting.timeline import Page, page_of, search
from publisher.connecting.uploads import upload_each, uploaded
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
        line = bearer_line("Mastodon", http, secrets.get("access_token", ""), reading_by(REFUSALS))
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
        return await upload_each(post.media, ready, self._upload) or Prepared(ready)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        media = uploaded(post.media, handle)
        if media is None:
            return GiveUp(self._line.fault(ErrorKind.BUG, said="media was never uploaded"))
        known = (param.name for param in ABOUT.params)
        status = {name: post.params[name] for name in known if post.params.get(name) is not None}
        status |= {"status": post.text, "media_ids": media}
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
        first, read = self._page(account, ""), partial(self._read, account)
        return await search(self._line, first, read, partial(_same, post), since)

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        return await self._line.exists(f"{self._api}/v1/statuses/{quote(post_id, safe='')}")

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        url = f"{self._api}/v1/statuses/{quote(post_id, safe='')}"
        return await self._line.delete(Request("DELETE", url))

    def _page(self, account: str, before: str) -> Request:
        query = {"limit": str(PAGE), "exclude_reblogs": "true"}
        query |= {"max_id": before} if before else {}
        url = f"{self._api}/v1/accounts/{quote(account, safe='')}/statuses"
        return Request("GET", f"{url}?{urlencode(query)}")

    def _read(self, account: str, answer: HttpAnswer) -> Page | None:
        page = page_of(answers.json_of(answer), _seen)
        if page is None or not page.posts:
            return page
        return replace(page, more=self._page(account, page.posts[-1][0].id))

    async def _upload(self, media: Attachment, begun: str) -> str | Retry | GiveUp:
        del begun
        about = {"description": media.alt} if media.alt else {}
        headers, body = await form_of(about, [("file", media)])
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


def _seen(status: Fields) -> Candidate | None:
    known, at = answers.identity(status), answers.moment(status, "created_at")
    return Candidate(known, answers.link(status), at) if known and at else None


def _same(post: Post, status: Fields) -> bool:
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
    return answers.one_line(MENTION.sub(r"\1", answers.one_line(written)))


PLATFORM: Platform = MastodonPlatform()
