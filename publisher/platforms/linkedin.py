"""LinkedIn, through its Posts API, for organizations and for members."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from urllib.parse import quote, urlencode

from publisher.connecting import answers, options
from publisher.connecting.line import GONE, Line, Request, bearer_line, json_request
from publisher.connecting.linkedin_shown import (
    COMMENT,
    PAGE,
    comment_id,
    id_of,
    link_of,
    read_page,
    root_of,
    same_comment,
    same_post,
    seen_comment,
    seen_post,
)
from publisher.connecting.linkedin_uploads import Uploads, family
from publisher.connecting.linkedin_words import (
    REFUSALS,
    UPLOAD_REFUSALS,
    duplicate_of,
    in_its_words,
    little_text,
    shape,
)
from publisher.connecting.refusals import open_after_errors, reading_by
from publisher.connecting.timeline import search
from publisher.connecting.uploads import PAUSES, upload_each, uploaded
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
)
from publisher.domain.traits import Safety, Traits
from publisher.ports import Account, Candidate, Http, HttpAnswer, Platform, Post

SERVER = "https://api.linkedin.com"
VERSION = "202610"
SETTLE = timedelta(seconds=30)
MOST_IMAGES = 20
AUTHOR = re.compile(r"urn:li:(person|organization):[\w-]{1,100}", re.ASCII)
DISTRIBUTION = {
    "feedDistribution": "MAIN_FEED",
    "targetEntities": [],
    "thirdPartyDistributionChannels": [],
}
ABOUT = About(
    title="LinkedIn",
    summary="Posts of an organization or a member on LinkedIn, through its Posts API.",
    account="The author's URN: `urn:li:organization:5515715` or `urn:li:person:782bbtaQ`.",
    checked="2026-11",
    secrets=(Named("access_token", "An OAuth 2.0 token with the scopes below; it lives 60 days."),),
    scopes=(
        Named("w_organization_social", "to post for an organization"),
        Named("r_organization_social", "to look for its posts whose answer was lost"),
        Named("w_member_social", "to post for a member; to read back is closed to most apps"),
    ),
    options=(
        Named("look_up", "true when the token may read the author's posts; organizations: true"),
        Named("version", f"LinkedIn-Version as YYYYMM; without it {VERSION}. It lives a year."),
        Named("server", f"Where the API is, when it is not {SERVER}."),
    ),
    params=(
        Named("visibility", "PUBLIC (also without it), CONNECTIONS or LOGGED_IN"),
        Named("isReshareDisabledByAuthor", "true or false"),
        Named("distribution", "feedDistribution, targetEntities, thirdPartyDistributionChannels"),
        Named("article", "source, title, description: a link's preview, which is not fetched"),
        Named("title", "the title of a document or a video"),
        Named("contentLandingPage", "an address for the call to action"),
        Named("contentCallToActionLabel", "such as LEARN_MORE"),
    ),
    limits=(
        Named("text", "3,000 characters, each that LinkedIn reserves counted with its escape"),
        Named("media", "20 images of 5 MB, or one MP4 of 500 MiB, or one document of 100 MB"),
        Named("requests", "a quota for each app and member, until midnight UTC"),
    ),
    refusals=REFUSALS,
    setup=(
        "Make an app at developer.linkedin.com; for organizations apply for Community Management.",
        "Authorise a member who administrates the organization, with the scopes below.",
    ),
    media="One to twenty images with alt text, or one video, or one document.",
    threads="Each later part becomes a comment on the post, with one image at most.",
    lost="LinkedIn refuses the same content again and names the post that has it: that is proof.",
    sources=(
        "https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api",
        "https://learn.microsoft.com/linkedin/marketing/community-management/shares/comments-api",
    ),
    example=Profile(
        id="linkedin-acme",
        platform="linkedin",
        account="urn:li:organization:5515715",
        credentials="LINKEDIN_ACME",
    ),
)


class LinkedInPlatform:
    """Facts: learn.microsoft.com/linkedin (posts-api, comments-api, versioning) and public code.

    There is no idempotency key. Any 5xx may come after the post was made, and a 201 may come
    without the id of it. 422 “Content is a duplicate of urn:li:share:…” names the live post.
    """

    name = "linkedin"
    about = ABOUT

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        """`pauses` are the seconds between questions whether an upload is processed."""
        self._pauses = pauses

    def traits(self, profile: Profile) -> Traits:
        reads = profile.options.get("look_up", ":organization:" in profile.account) is True
        safety = Safety.SEARCHABLE if reads else Safety.BLIND
        return Traits(safety=safety, settle=SETTLE, can_look_up=reads)

    def problems(self, profile: Profile) -> Iterator[str]:
        if not AUTHOR.fullmatch(profile.account):
            yield "account must be urn:li:organization:… or urn:li:person:…"
        if not isinstance(profile.options.get("look_up", False), bool):
            yield "options.look_up must be true or false."
        if not re.fullmatch(r"20\d{4}", str(profile.options.get("version", VERSION)), re.ASCII):
            yield f"options.version must be a month such as {VERSION}."
        if "server" in profile.options:
            yield from options.address_problem(profile.options, "server")
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        headers = {
            "LinkedIn-Version": str(profile.options.get("version", VERSION)),
            "X-Restli-Protocol-Version": "2.0.0",
        }
        token, read = secrets.get("access_token", ""), reading_by(REFUSALS, shape)
        line = bearer_line("LinkedIn", http, token, read, headers)
        reads = self.traits(profile).can_look_up
        return LinkedInAccount(line, profile, self._pauses, reads=reads)


class LinkedInAccount:
    """One author. A post's id is its URN; parts of a thread after the first are comments."""

    def __init__(
        self, line: Line, profile: Profile, pauses: Sequence[float], *, reads: bool
    ) -> None:
        self._line = line
        self._calls = replace(line, read=open_after_errors(line.read))
        self._api = f"{options.address(profile.options, 'server', SERVER)}/rest"
        self._author = profile.account
        self._reads = reads
        about_files = replace(line, read=reading_by(UPLOAD_REFUSALS, shape))
        self._uploads = Uploads(about_files, self._api, self._author, pauses)

    async def prepare(self, post: Post, handle: Handle) -> Prepared | Retry | GiveUp:
        kinds = [family(media) for media in post.media]
        most = MOST_IMAGES if post.reply_to is None else 1
        together = len(kinds) <= 1 or set(kinds) == {"image"}
        if "" in kinds or not together or len(kinds) > most:
            sentence = "LinkedIn takes up to 20 images, or one video, or one document."
            return GiveUp(self._line.fault(ErrorKind.INVALID_MEDIA, sentence))
        if post.reply_to is not None and set(kinds) - {"image"}:
            sentence = "LinkedIn takes no videos or documents in comments. Change the media."
            return GiveUp(self._line.fault(ErrorKind.INVALID_MEDIA, sentence))
        ready = dict(handle)
        return await upload_each(post.media, ready, self._uploads.upload) or Prepared(ready)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        media = uploaded(post.media, handle)
        if media is None:
            return GiveUp(self._line.fault(ErrorKind.BUG, said="media was never uploaded"))
        if post.reply_to is not None:
            return await self._comment(post, post.reply_to, media)
        request = json_request("POST", f"{self._api}/posts", self._body(post, media))
        known = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY.value})
        answer = await self._calls.call(request, known=known)
        if not isinstance(answer, HttpAnswer):
            return answer
        made = id_of(answer)
        if answer.status in known:
            made = duplicate_of(answer)
            refused = None if made else self._calls.refused(answer, ErrorKind.LOST)
            return refused or Published(made, link_of(made))
        return Published(made, link_of(made)) if made else self._line.not_understood(answer)

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        """There is nothing to ask: only `locate` can tell."""
        del handle
        return Retry(self._line.unanswerable())

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        if not self._reads:
            return Retry(self._line.unanswerable())
        if post.reply_to is not None:
            page = partial(self._comments, root_of(post.reply_to))
            read, same = partial(read_page, page, seen_comment), partial(same_comment, self._author)
            return await search(self._line, page(0), read, partial(same, post), since)
        read = partial(read_page, self._posts, seen_post)
        return await search(self._line, self._posts(0), read, partial(same_post, post), since)

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        if not self._reads:
            return GiveUp(self._line.unanswerable())
        answer = await self._line.ask(Request("GET", self._place(post_id)), known=GONE)
        if not isinstance(answer, HttpAnswer):
            return answer
        if answer.status in GONE:
            return False if in_its_words(answer) else self._line.ask_again(answer)
        found = answers.fields(answers.json_of(answer))
        return bool(answers.identity(found)) or self._line.ask_again(answer)

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        """A post that is gone already is answered like one that was there."""
        query = f"?{urlencode({'actor': self._author})}" if COMMENT.fullmatch(post_id) else ""
        answer = await self._line.ask(Request("DELETE", f"{self._place(post_id)}{query}"))
        return Removed() if isinstance(answer, HttpAnswer) else answer

    async def _comment(self, post: Post, parent: str, media: Sequence[str]) -> Outcome:
        """Comments take plain text; LinkedIn has one level of replies, so all are on the post."""
        root = root_of(parent)
        body: dict[str, object] = {"actor": self._author, "object": root}
        body["message"] = {"text": post.text}
        if media:
            body["content"] = [{"entity": {"image": each}} for each in media]
        request = json_request("POST", self._comments_of(root), body)
        answer = await self._calls.call(request)
        if not isinstance(answer, HttpAnswer):
            return answer
        made, number = comment_id(answers.fields(answers.json_of(answer))), id_of(answer)
        if not made and number.isdecimal():
            made = f"urn:li:comment:({root},{number})"
        return Published(made, link_of(made)) if made else self._line.not_understood(answer)

    def _body(self, post: Post, media: Sequence[str]) -> dict[str, object]:
        given = {param.name: post.params.get(param.name) for param in ABOUT.params}
        title, article = given.pop("title"), given.pop("article")
        body: dict[str, object] = {
            "author": self._author,
            "commentary": little_text(post.text),
            "visibility": "PUBLIC",
            "distribution": DISTRIBUTION,
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        body |= {name: value for name, value in given.items() if value is not None}
        shown = [
            {"id": each, "altText": file.alt} if file.alt else {"id": each}
            for each, file in zip(media, post.media, strict=True)
        ]
        if len(shown) > 1:
            body["content"] = {"multiImage": {"images": shown}}
        elif shown:
            if family(post.media[0]) != "image":
                shown[0]["title"] = str(title or post.media[0].file.rpartition("/")[2])
            body["content"] = {"media": shown[0]}
        elif isinstance(article, Mapping):
            body["content"] = {"article": dict(article)}
        return body

    def _posts(self, start: int) -> Request:
        query = {"q": "author", "author": self._author, "sortBy": "CREATED"}
        query |= {"count": str(PAGE), "start": str(start)}
        finder = {"X-RestLi-Method": "FINDER"}
        return Request("GET", f"{self._api}/posts?{urlencode(query)}", finder)

    def _comments(self, root: str, start: int) -> Request:
        query = urlencode({"count": PAGE, "start": start})
        return Request("GET", f"{self._comments_of(root)}?{query}")

    def _comments_of(self, root: str) -> str:
        return f"{self._api}/socialActions/{quote(root, safe='')}/comments"

    def _place(self, post_id: str) -> str:
        comment = COMMENT.fullmatch(post_id)
        if comment:
            return f"{self._comments_of(comment[1])}/{comment[2]}"
        return f"{self._api}/posts/{quote(post_id, safe='')}"


PLATFORM: Platform = LinkedInPlatform()
