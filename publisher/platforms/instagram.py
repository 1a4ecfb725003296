"""Instagram, through the Graph API: a container is made, processed, then published."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import quote, urlencode

from publisher.connecting import answers, options
from publisher.connecting.containers import (
    PARAMS,
    Containers,
    container_in,
    container_of,
    kind_of,
    looks_of,
    name_of,
    same,
    seen,
)
from publisher.connecting.graph_api import (
    CALL_REFUSALS,
    GONE,
    OF_THE_CONTAINER,
    REFUSALS,
    shape,
)
from publisher.connecting.line import Line, Request, bearer_line, json_request
from publisher.connecting.refusals import open_after_errors, reading_by
from publisher.connecting.timeline import Page, page_of, search
from publisher.connecting.uploads import BEGUN, PAUSES, upload_each, uploaded
from publisher.domain.about import About, Named
from publisher.domain.epic import Profile
from publisher.domain.outcome import (
    Accepted,
    ErrorKind,
    Fault,
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

SERVER = "https://graph.facebook.com"
VERSION = "v26.0"
SETTLE = timedelta(seconds=30)
PAGE = 25
MOST = 10
SINCE, LOOKS = "since", "looks"
OTHER_CONTENT = (
    "This post was changed after a call to Instagram whose answer was lost."
    " Look at the account before you try again."
)
ABOUT = About(
    title="Instagram",
    summary="Photos, reels and carousels on an Instagram professional account.",
    account="The account's numeric id in the Graph API, such as `17841405822304914`.",
    checked="2026-11",
    secrets=(Named("access_token", "A long-lived token with the scopes below; it lives 60 days."),),
    scopes=(
        Named("instagram_content_publish", "to publish (Facebook Login)"),
        Named("instagram_basic", "to look at what was published"),
        Named("pages_read_engagement", "to reach the account through its page"),
        Named("instagram_manage_contents", "to delete"),
        Named("instagram_business_content_publish", "to publish (Instagram Login)"),
        Named("instagram_business_basic", "to look at what was published (Instagram Login)"),
    ),
    options=(
        Named("server", f"{SERVER}, or https://graph.instagram.com for Instagram Login."),
        Named("version", f"The Graph API's version; without it {VERSION}."),
    ),
    params=PARAMS,
    limits=(
        Named("text", "2,200 characters, 30 hashtags, 20 mentions"),
        Named("media", "1 to 10 JPEG images of 8 MiB or videos of 300 MB; alt text 1,000"),
        Named("posts", "50 or 100 in 24 hours: Instagram says how many are left"),
    ),
    refusals=REFUSALS,
    setup=(
        "Make the account a professional one and, for Facebook Login, link it to a page.",
        "In a Meta app ask for the scopes below and exchange the token for a long-lived one.",
        "Instagram fetches media itself: set up public addresses for media.",
    ),
    media="One to ten JPEG images and videos; images with alt text. Text alone is not possible.",
    lost="The container says whether it was published; the post is then found by its caption.",
    sources=(
        "https://developers.facebook.com/docs/instagram-platform/content-publishing",
        "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes",
    ),
    example=Profile(
        id="instagram-acme",
        platform="instagram",
        account="17841405822304914",
        credentials="INSTAGRAM_ACME",
    ),
)


class InstagramPlatform:
    """Facts: developers.facebook.com/docs/instagram-platform (content-publishing, error-codes,
    IG Container, IG User content_publishing_limit).

    Making containers is invisible and repeatable; a container is published once and expires
    after 24 hours. Images are fetched by Instagram while the container is processed.
    """

    name = "instagram"
    about = ABOUT

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        """`pauses` are the seconds between questions whether a container is processed."""
        self._pauses = pauses

    def traits(self, profile: Profile) -> Traits:  # noqa: ARG002 - all accounts are alike
        return Traits(safety=Safety.CHECKABLE, settle=SETTLE, pulls_media=True)

    def problems(self, profile: Profile) -> Iterator[str]:
        if not (profile.account.isascii() and profile.account.isdecimal()):
            yield "account must be the numeric id of the Instagram account in the Graph API."
        if "server" in profile.options:
            yield from options.address_problem(profile.options, "server")
        version = str(profile.options.get("version", VERSION))
        if not re.fullmatch(r"v\d{1,3}\.\d", version, re.ASCII):
            yield f"options.version must be like {VERSION}."
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        token, read = secrets.get("access_token", ""), reading_by(REFUSALS, shape)
        line = bearer_line("Instagram", http, token, read)
        return InstagramAccount(line, profile, self._pauses)


class InstagramAccount:
    """One professional account. A handle keeps the container and what its post will look like."""

    def __init__(self, line: Line, profile: Profile, pauses: Sequence[float]) -> None:
        self._line = line
        self._calls = replace(line, read=open_after_errors(reading_by(CALL_REFUSALS, shape)))
        server = options.address(profile.options, "server", SERVER)
        self._graph = f"{server}/{profile.options.get('version', VERSION)}"
        self._me = f"{self._graph}/{quote(profile.account, safe='')}"
        self._containers = Containers(line, self._graph, self._me, pauses)

    async def prepare(self, post: Post, handle: Handle) -> Prepared | Retry | GiveUp:
        wrong = self._wrong(post)
        if wrong:
            return GiveUp(wrong)
        container = handle.get(name_of(post), "")
        if container:
            kept = await self._containers.finished(container)
            if isinstance(kept, Retry):
                return replace(kept, handle=handle)
            if isinstance(kept, str):
                return Prepared(handle)
        stale = container_in(handle)  # of other content, expired or failed: all is made anew
        return await self._made(post, {} if stale else dict(handle))

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        container = handle.get(name_of(post), "")
        if not container and container_in(handle):
            return GiveUp(self._line.fault(ErrorKind.CHANGED, OTHER_CONTENT))
        if not container:
            return GiveUp(self._line.fault(ErrorKind.BUG, said="no container was prepared"))
        request = json_request("POST", f"{self._me}/media_publish", {"creation_id": container})
        answer = await self._calls.call(request)
        if isinstance(answer, HttpAnswer):
            made = answers.identity(answers.fields(answers.json_of(answer)))
            if not made:
                return self._line.not_understood(answer)
            return Published(made, await self._permalink(made))
        if isinstance(answer, Retry | GiveUp) and answer.fault.code in OF_THE_CONTAINER:
            checked = await self.check(handle)
            if isinstance(checked, Published):
                return checked
        return replace(answer, handle=handle) if isinstance(answer, Retry) else answer

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        container = container_in(handle)
        if not container:
            return GiveUp(self._line.unanswerable())
        answer = await self._line.ask(self._containers.status(container))
        if not isinstance(answer, HttpAnswer):
            return answer
        match answers.text(answers.fields(answers.json_of(answer)), "status_code"):
            case "FINISHED":
                return NotBegun("The container is ready and was not published.")
            case "PUBLISHED":
                return await self._found(handle, answer)
            case "ERROR" | "EXPIRED" as state:
                sentence = "Instagram gave this post's container up. Copydesk searches the account."
                return GiveUp(self._line.fault(ErrorKind.LOST, sentence, code=state))
            case _:
                return self._line.ask_again(answer)

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        return await self._search(looks_of(post.text, len(post.media)), since)

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        """A lost permission looks like a lost post, so the account must answer as well."""
        answer = await self._line.ask(Request("GET", f"{self._node(post_id)}?fields=id"))
        if isinstance(answer, HttpAnswer):
            found = answers.fields(answers.json_of(answer))
            return bool(answers.identity(found)) or self._line.ask_again(answer)
        if isinstance(answer, Retry) or answer.fault.code != GONE:
            return answer
        me = await self._line.ask(Request("GET", f"{self._me}?fields=id"))
        if not isinstance(me, HttpAnswer):
            return me
        known = answers.identity(answers.fields(answers.json_of(me)))
        return False if known else self._line.ask_again(me)

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        answer = await self._line.ask(Request("DELETE", self._node(post_id)))
        if isinstance(answer, HttpAnswer):
            done = answers.fields(answers.json_of(answer)).get("success") is True
            return Removed() if done else self._line.ask_again(answer)
        if isinstance(answer, GiveUp) and answer.fault.code == GONE:
            there = await self.exists(post_id)
            return Removed() if there is False else answer
        return answer

    def _wrong(self, post: Post) -> Fault | None:
        """Why Instagram has no such posts at all; None when it has."""
        if post.reply_to is not None:
            sentence = "Instagram has no threads. Make the parts a carousel or posts of their own."
            return self._line.fault(ErrorKind.REJECTED, sentence)
        if not 1 <= len(post.media) <= MOST or "" in map(kind_of, post.media):
            sentence = "Instagram takes one to ten JPEG images and videos. Change the media."
            return self._line.fault(ErrorKind.INVALID_MEDIA, sentence)
        if any(not media.url for media in post.media):
            sentence = (
                "Instagram fetches media itself, and these files have no public address."
                " An admin must set COPYDESK_PUBLIC_URL and run `copydesk media-server`."
            )
            return self._line.fault(ErrorKind.MISCONFIGURED, sentence)
        return None

    async def _made(self, post: Post, ready: dict[str, str]) -> Prepared | Retry | GiveUp:
        """Make what `ready` does not name; nothing of this post is older than SINCE."""
        if SINCE not in ready:
            now = await self._containers.room()
            if not isinstance(now, datetime):
                return now
            ready[SINCE] = now.isoformat()
        ready[LOOKS] = looks_of(post.text, len(post.media))
        if len(post.media) > 1:
            stopped = await upload_each(post.media, ready, self._containers.child)
            if stopped:
                return stopped
        body = container_of(post, uploaded(post.media, ready))
        made = await self._containers.make(body)
        if isinstance(made, Retry):
            begun = {name_of(post): made.handle[BEGUN]} if BEGUN in made.handle else {}
            return replace(made, handle={**ready, **begun})
        return Prepared({**ready, name_of(post): made}) if isinstance(made, str) else made

    async def _found(self, handle: Handle, answer: HttpAnswer) -> Published | Retry | GiveUp:
        """The post of a container that says it was published."""
        since = answers.moment(handle, SINCE) or datetime.max.replace(tzinfo=UTC)
        found = await self._search(handle.get(LOOKS, ""), since)
        if isinstance(found, Retry | GiveUp):
            return found
        if not found:
            return self._line.ask_again(answer, "Instagram has published this, but lists it later.")
        return Published(found[-1].id, found[-1].url)

    async def _search(self, looks: str, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        return await search(self._line, self._page(""), self._read, partial(same, looks), since)

    async def _permalink(self, post_id: str) -> str:
        """The address of what is published for certain; empty when it is not told."""
        answer = await self._line.ask(Request("GET", f"{self._node(post_id)}?fields=permalink"))
        found = answers.json_of(answer) if isinstance(answer, HttpAnswer) else None
        return answers.link(answers.fields(found), "permalink")

    def _node(self, node: str) -> str:
        return f"{self._graph}/{quote(node, safe='')}"

    def _page(self, after: str) -> Request:
        query = {"fields": "id,caption,timestamp,permalink,children", "limit": str(PAGE)}
        query |= {"after": after} if after else {}
        return Request("GET", f"{self._me}/media?{urlencode(query)}")

    def _read(self, answer: HttpAnswer) -> Page | None:
        found = answers.fields(answers.json_of(answer))
        paging = answers.fields(found.get("paging"))
        after = answers.identity(answers.fields(paging.get("cursors")), "after")
        more = self._page(after) if after and paging.get("next") else None
        return page_of(found.get("data"), seen, more)


PLATFORM: Platform = InstagramPlatform()
