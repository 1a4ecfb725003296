"""X, through its API v2 with a user's token."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from urllib.parse import quote, urlencode

from publisher.connecting import answers, options
from publisher.connecting.answers import Fields
from publisher.connecting.line import Line, Request, bearer_line, json_request
from publisher.connecting.refusals import open_after_errors, reading_by
from publisher.connecting.timeline import Page, page_of, search
from publisher.connecting.uploads import PAUSES, upload_each, uploaded
from publisher.connecting.x_uploads import IMAGE, Uploads, category
from publisher.connecting.x_words import REFUSALS, UPLOAD_REFUSALS, data_of, same, shape
from publisher.domain.about import About, Named
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
    Unknown,
)
from publisher.domain.traits import Safety, Traits
from publisher.ports import Account, Candidate, Http, HttpAnswer, Platform, Post

SERVER = "https://api.x.com"
SETTLE = timedelta(seconds=15)
PAGE = 25
MOST_IMAGES = 4
DUPLICATE = "duplicate content"
NOT_FOUND = "resource-not-found"
OF_THE_FIRST = frozenset({"community_id", "geo", "poll", "quote_tweet_id", "reply_settings"})
ABOUT = About(
    title="X",
    summary="Posts on X (Twitter), through its API v2.",
    account="The account's numeric id, such as `2244994945`.",
    checked="2026-11",
    secrets=(
        Named("access_token", "An OAuth 2.0 user token with the scopes below; it lives 2 h."),
    ),
    scopes=(
        Named("tweet.write", "to post and to delete"),
        Named("media.write", "to upload"),
        Named("tweet.read", "to look for a post whose answer was lost"),
        Named("users.read", "the same"),
    ),
    options=(
        Named("username", "The account's name without @, for links to posts."),
        Named("server", f"Where the API is, when it is not {SERVER}."),
    ),
    params=(
        Named("reply_settings", "following, mentionedUsers, subscribers or verified"),
        Named("quote_tweet_id", "the post to quote; not on self-serve plans since 2026-04"),
        Named("community_id", "the community to post to"),
        Named("share_with_followers", "true shows a community's post to followers too"),
        Named("poll", "options (2 to 4 of 25 characters) and duration_minutes (5 to 10080)"),
        Named("geo", "place_id"),
        Named("for_super_followers_only", "true or false"),
        Named("made_with_ai", "true labels the post"),
        Named("paid_partnership", "true labels the post"),
        Named("nullcast", "true keeps it out of the timeline; only for ads"),
    ),
    limits=(
        Named("text", "280, or 25,000 with Premium; a link counts 23, CJK and emoji 2"),
        Named("media", "4 images of 5 MB, or one GIF of 15 MB, or one video of 512 MiB and 140 s"),
        Named("requests", "100 posts in 15 minutes for a user, 10,000 in a day for an app"),
    ),
    refusals=REFUSALS,
    setup=(
        "In the developer portal make a project and an app with OAuth 2.0 (type: web app).",
        "Authorise the account with the scopes below.",
    ),
    media="Up to four images, or one GIF, or one video; images and GIFs with alt text.",
    threads="Each part replies to the one before; each is billed.",
    cost="$0.015 for a post, $0.20 with a link, prepaid.",
    lost="X refuses the same text again (“duplicate content”), which is no proof by itself.",
    sources=(
        "https://docs.x.com/x-api/posts/create-post",
        "https://docs.x.com/x-api/media/quickstart/media-upload-chunked",
        "https://docs.x.com/x-api/posts/user-posts-timeline-by-user-id",
    ),
    example=Profile(
        id="x-acme",
        platform="x",
        account="2244994945",
        credentials="X_ACME",
        options={"username": "acme"},
    ),
)


class XPlatform:
    """Facts: docs.x.com (posts, media, fundamentals/rate-limits, changelog) and public code.

    There is no idempotency key. Any 5xx may come after the post was made. The duplicate refusal
    names no earlier post, so only a look-up can tell whose it is.
    """

    name = "x"
    about = ABOUT

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        """`pauses` are the seconds between questions whether an upload is processed."""
        self._pauses = pauses

    def traits(self, profile: Profile) -> Traits:  # noqa: ARG002 - all accounts are alike
        return Traits(safety=Safety.SEARCHABLE, settle=SETTLE)

    def problems(self, profile: Profile) -> Iterator[str]:
        if not (profile.account.isascii() and profile.account.isdecimal()):
            yield "account must be X's numeric id of the account, not its name."
        if "server" in profile.options:
            yield from options.address_problem(profile.options, "server")
        if not re.fullmatch(r"\w{0,50}", str(profile.options.get("username", "")), re.ASCII):
            yield "options.username must be the account's name without @."
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        token, read = secrets.get("access_token", ""), reading_by(REFUSALS, shape)
        line = bearer_line("X", http, token, read)
        return XAccount(line, profile, self._pauses)


class XAccount:
    """The user that the token belongs to."""

    def __init__(self, line: Line, profile: Profile, pauses: Sequence[float]) -> None:
        self._line = line
        self._calls = replace(line, read=open_after_errors(line.read))
        self._api = f"{options.address(profile.options, 'server', SERVER)}/2"
        about_files = replace(line, read=reading_by(UPLOAD_REFUSALS, shape))
        self._uploads = Uploads(about_files, self._api, pauses)
        self._user = quote(profile.account, safe="")
        self._posts = f"https://x.com/{profile.options.get('username') or 'i/web'}/status"

    async def prepare(self, post: Post, handle: Handle) -> Prepared | Retry | GiveUp:
        kinds = [category(media) for media in post.media]
        alone = "" in kinds or (len(kinds) > 1 and set(kinds) != {IMAGE})
        if alone or len(kinds) > MOST_IMAGES:
            sentence = "X takes up to four images, or one GIF, or one video. Change the media."
            return GiveUp(self._line.fault(ErrorKind.INVALID_MEDIA, sentence))
        ready = dict(handle)
        return await upload_each(post.media, ready, self._uploads.upload) or Prepared(ready)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        media = uploaded(post.media, handle)
        if media is None:
            return GiveUp(self._line.fault(ErrorKind.BUG, said="media was never uploaded"))
        request = json_request("POST", f"{self._api}/tweets", _body(post, media))
        answer = await self._calls.call(request, known=frozenset({HTTPStatus.FORBIDDEN.value}))
        if not isinstance(answer, HttpAnswer):
            return answer
        if answer.status == HTTPStatus.FORBIDDEN:
            return self._forbidden(answer)
        made = answers.identity(data_of(answer))
        return Published(made, self._url(made)) if made else self._line.not_understood(answer)

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        """There is nothing to ask: only `locate` can tell."""
        del handle
        return Retry(self._line.unanswerable())

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        return await search(self._line, self._page(""), self._read, partial(same, post), since)

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        """What is gone is answered with 200 and an error inside."""
        answer = await self._line.ask(Request("GET", self._tweet(post_id)))
        if not isinstance(answer, HttpAnswer):
            return answer
        if answers.identity(data_of(answer)):
            return True
        return self._line.ask_again(answer) if shape(answer).code != NOT_FOUND else False

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        gone = frozenset({HTTPStatus.NOT_FOUND.value})
        answer = await self._line.ask(Request("DELETE", self._tweet(post_id)), known=gone)
        if not isinstance(answer, HttpAnswer):
            return answer
        done = data_of(answer).get("deleted") is True or shape(answer).code == NOT_FOUND
        return Removed() if done else self._line.ask_again(answer)

    def _forbidden(self, answer: HttpAnswer) -> Outcome:
        if DUPLICATE not in shape(answer).said.lower():
            return self._calls.refused(answer, ErrorKind.LOST) or self._line.not_understood(answer)
        sentence = "X says that this account has posted the same text: it may be this very post."
        said = shape(answer).said
        return Unknown(self._line.fault(ErrorKind.LOST, sentence, code="403", said=said))

    def _url(self, post_id: str) -> str:
        return f"{self._posts}/{quote(post_id, safe='')}"

    def _tweet(self, post_id: str) -> str:
        return f"{self._api}/tweets/{quote(post_id, safe='')}"

    def _page(self, token: str) -> Request:
        fields = "created_at,entities,attachments,referenced_tweets,note_tweet"
        query = {"max_results": str(PAGE), "exclude": "retweets", "tweet.fields": fields}
        if token:
            query["pagination_token"] = token
        return Request("GET", f"{self._api}/users/{self._user}/tweets?{urlencode(query)}")

    def _read(self, answer: HttpAnswer) -> Page | None:
        """An empty timeline has no `data`, only `meta` that counts nothing."""
        found = answers.fields(answers.json_of(answer))
        meta = answers.fields(found.get("meta"))
        token = answers.identity(meta, "next_token")
        listed = found.get("data", [] if meta.get("result_count") == 0 else None)
        return page_of(listed, self._seen, self._page(token) if token else None)

    def _seen(self, tweet: Fields) -> Candidate | None:
        known, at = answers.identity(tweet), answers.moment(tweet, "created_at")
        return Candidate(known, self._url(known), at) if known and at else None


def _body(post: Post, media: Sequence[str]) -> dict[str, object]:
    """What belongs to a conversation as a whole goes with its first post only."""
    known = {param.name for param in ABOUT.params}
    if post.reply_to is not None:
        known -= OF_THE_FIRST
    body = {name: post.params[name] for name in known if post.params.get(name) is not None}
    if post.text or not media:
        body["text"] = post.text
    if media:
        body["media"] = {"media_ids": media}
    if post.reply_to is not None:
        body["reply"] = {"in_reply_to_tweet_id": post.reply_to}
    return body


PLATFORM: Platform = XPlatform()
