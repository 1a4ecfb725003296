"""Bluesky, through the AT protocol of any server (PDS) that an account lives on."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from publisher.connecting import answers, options
from publisher.connecting.answers import Fields
from publisher.connecting.atproto import (
    REFUSALS,
    REFUSED,
    Repository,
    Session,
    Sessions,
    code_of,
    shape,
)
from publisher.connecting.blobs import Blobs
from publisher.connecting.feed_post import (
    MOST_BYTES,
    MOST_GRAPHEMES,
    MOST_IMAGES,
    POSTS,
    mention_name,
    parent_name,
    place_of,
    record_key,
    record_of,
    unfit,
)
from publisher.connecting.line import Line
from publisher.connecting.markup import Kind, spans_of
from publisher.connecting.refusals import reading_by
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

SERVER = "https://bsky.social"
VIDEO_SERVICE = "https://video.bsky.app"
WEB = "https://bsky.app/profile"
FOR_EVER = timedelta(days=36500)
PAUSES = (1.0, 2.0, 3.0, 5.0, 5.0, 10.0, 10.0, 15.0, 15.0, 30.0, 30.0)
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}", re.IGNORECASE)
DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]+")
SHOWN = ("text", "reply", "embed")
KEY_IN_USE = "InvalidSwap"
ABOUT = About(
    title="Bluesky",
    summary="Posts on Bluesky, whatever server (PDS) the account lives on.",
    account="The handle, such as `acme.bsky.social`, or the DID.",
    checked="2026-11, against the server software 0.5.35",
    secrets=(Named("app_password", "An app password; not the account's own password."),),
    options=(
        Named("server", f"The account's server; without it, {SERVER}."),
        Named("video_service", f"What encodes videos; without it, {VIDEO_SERVICE}."),
    ),
    params=(
        Named("langs", "up to three languages, such as `[de, en]`"),
        Named("labels", "warnings about the media, such as `[graphic-media]`"),
        Named("tags", "up to eight hashtags that are not in the text"),
        Named("external", "a link card: `uri`, `title`, `description`; one image is its picture"),
    ),
    limits=(
        Named("text", f"{MOST_GRAPHEMES} characters as readers count them, {MOST_BYTES} bytes"),
        Named("images", f"{MOST_IMAGES} of 2 MB each; the picture of a link card 1 MB"),
        Named("video", "one MP4 of 300 MB and 3 minutes; a server of your own may allow less"),
        Named("writes", "5,000 points in an hour and 35,000 in a day; a post costs 2"),
        Named("sign-ins", "30 in 5 minutes, 300 in a day; one serves a worker for two hours"),
    ),
    refusals=REFUSALS,
    setup=(
        "In the app open Settings → Privacy and security → App passwords, and add one.",
        "It cannot read or change the account's own password, and is revoked in the same place.",
    ),
    media="Up to four images or one video, each with alt text.",
    threads="Each part replies to the one before and names the first.",
    lost="A post has a record key made from the delivery's own key, so a second one cannot be"
    " made, ever. A key that exists already is the proof that the first call got through.",
    sources=("https://docs.bsky.app/docs/api/", "https://atproto.com/specs/record-key"),
    example=Profile(
        id="bluesky-acme",
        platform="bluesky",
        account="acme.bsky.social",
        credentials="BLUESKY_ACME",
    ),
)

Seconds = Callable[[], float]
WALL: Seconds = time.time  # noqa: TID251 - for dates that are shown and tokens that end


class BlueskyPlatform:
    """Facts: docs.bsky.app, atproto.com, and the behaviour of @atproto/pds 0.5.35 itself.

    putRecord with `swapRecord: null` answers the first record again when nothing differs, and
    InvalidSwap when the key exists with anything else, be it only the time.
    """

    name = "bluesky"
    about = ABOUT

    def __init__(self, now: Seconds = WALL, pauses: Sequence[float] = PAUSES) -> None:
        """`now` returns unix seconds; `pauses` are the seconds between questions about a video."""
        self._now = now
        self._pauses = pauses
        self._sessions = Sessions(now)

    def traits(self, profile: Profile) -> Traits:  # noqa: ARG002 - all servers are alike
        return Traits(safety=Safety.IDEMPOTENT, key_memory=FOR_EVER)

    def problems(self, profile: Profile) -> Iterator[str]:
        account = profile.account
        if not HOST.fullmatch(account) and not DID.fullmatch(account):
            yield f"account is {account!r}; write the handle, such as acme.bsky.social, or the DID."
        for name in ("server", "video_service"):
            if name in profile.options:
                yield from options.address_problem(profile.options, name)
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        password = secrets.get("app_password", "").strip()
        line = Line(
            platform="Bluesky", http=http, secrets=(password,), read=reading_by(REFUSALS, shape)
        )
        repository = Repository(
            line=line,
            server=options.address(profile.options, "server", SERVER) or SERVER,
            identifier=profile.account,
            password=password,
            sessions=self._sessions,
        )
        service = options.address(profile.options, "video_service", VIDEO_SERVICE)
        blobs = Blobs(
            repository=repository,
            video_service=service or VIDEO_SERVICE,
            pauses=self._pauses,
            now=self._now,
        )
        return BlueskyAccount(repository, blobs, self._now)


class BlueskyAccount:
    """One account; `prepare` signs in, so that `publish` is a single call."""

    def __init__(self, repository: Repository, blobs: Blobs, now: Seconds) -> None:
        self._repository = repository
        self._line = repository.line
        self._blobs = blobs
        self._now = now

    async def prepare(self, post: Post, handle: Handle) -> Prepared | Retry | GiveUp:
        why = unfit(post)
        if why is not None:
            return GiveUp(self._line.fault(*why))
        ready = dict(handle)
        session = await self._repository.sign_in()
        stopped = None if isinstance(session, Session) else session
        stopped = stopped or await self._name_mentions(post, ready)
        stopped = stopped or await self._name_parent(post, ready)
        for media in post.media:
            stopped = stopped or await self._blobs.upload(media, ready)
        if isinstance(stopped, Retry):
            return replace(stopped, handle=ready)
        return stopped or Prepared(ready)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        at = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        record = record_of(post, handle, at.replace("+00:00", "Z"))
        if record is None:
            return GiveUp(self._line.fault(ErrorKind.BUG, said="the post was never prepared"))
        session = self._repository.session
        if session is None:
            return Retry(self._line.fault(ErrorKind.UNAVAILABLE, said="nobody is signed in"))
        key = record_key(post.key)
        body = {"repo": session.did, "collection": POSTS, "rkey": key}
        put = {**body, "record": record, "swapRecord": None}
        request = self._repository.procedure("com.atproto.repo.putRecord", put)
        line = self._repository.signed(session)
        answer = await line.call(request, known=REFUSED)
        if not isinstance(answer, HttpAnswer):
            return answer
        uri = f"at://{session.did}/{POSTS}/{key}"
        if answer.status in REFUSED:
            return await self._refused(answer, session, uri, record)
        made = answers.fields(answers.json_of(answer))
        if answers.identity(made, "uri") != uri:
            return line.not_understood(answer)
        return Published(uri, _link(session.handle, uri))

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        """There is nothing to ask: the key settles it."""
        del handle
        return Retry(self._line.unanswerable())

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        """What is there under the delivery's own key can only be ours."""
        owner = self._repository.identifier
        found = await self._repository.record(POSTS, owner, record_key(post.key))
        if not isinstance(found, Mapping):
            return [] if found is None else found
        uri = answers.identity(found, "uri")
        at = answers.moment(answers.fields(found.get("value")), "createdAt")
        return [Candidate(uri, _link(owner, uri), at)] if at and at >= since else []

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        place = place_of(post_id)
        if place is None:
            return GiveUp(self._line.unanswerable())
        found = await self._repository.record(POSTS, *place)
        return found if isinstance(found, Retry | GiveUp) else found is not None

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        place = place_of(post_id)
        if place is None:
            return GiveUp(self._line.unanswerable())
        owner, key = place
        body = {"repo": owner, "collection": POSTS, "rkey": key}
        request = self._repository.procedure("com.atproto.repo.deleteRecord", body)
        answer = await self._repository.ask(request)
        return Removed() if isinstance(answer, HttpAnswer) else answer

    async def _refused(
        self, answer: HttpAnswer, session: Session, uri: str, record: Fields
    ) -> Outcome:
        """The key may be in use already: by the very same post, which then is out."""
        line = self._repository.signed(session)
        self._repository.heed(answer, session)
        if code_of(answer) != KEY_IN_USE:
            return line.refused(answer, ErrorKind.LOST) or line.not_understood(answer)
        found = await self._repository.record(POSTS, session.did, uri.rpartition("/")[2])
        if found is None:
            return Retry(line.fault(ErrorKind.UNAVAILABLE, code=KEY_IN_USE))
        if isinstance(found, Retry | GiveUp):
            return Unknown(line.fault(ErrorKind.LOST, code=KEY_IN_USE))
        there = answers.fields(found.get("value"))
        if any(there.get(name) != record.get(name) for name in SHOWN):
            return GiveUp(line.fault(ErrorKind.CHANGED, code=KEY_IN_USE))
        return Published(uri, _link(session.handle, uri))

    async def _name_mentions(self, post: Post, ready: dict[str, str]) -> Retry | GiveUp | None:
        """Learn who is meant by each @handle; one that nobody has stays plain text."""
        for span in spans_of(post.text):
            name = mention_name(span)
            if span.kind is not Kind.MENTION or name in ready:
                continue
            asked = self._repository.query(
                "com.atproto.identity.resolveHandle", handle=span.value.lower()
            )
            answer = await self._line.ask(asked, known=REFUSED)
            if not isinstance(answer, HttpAnswer):
                return answer
            ready[name] = answers.identity(answers.fields(answers.json_of(answer)), "did")
        return None

    async def _name_parent(self, post: Post, ready: dict[str, str]) -> Retry | GiveUp | None:
        """A reply names its parent and the first post of the thread, both with their hashes."""
        name = parent_name(post)
        if post.reply_to is None or name in ready:
            return None
        place = place_of(post.reply_to)
        found = await self._repository.record(POSTS, *place) if place else None
        if isinstance(found, Retry | GiveUp):
            return found
        if found is None:
            sentence = "The post that this one continues is not on Bluesky any more."
            return GiveUp(self._line.fault(ErrorKind.REJECTED, sentence))
        parent = {"uri": post.reply_to, "cid": answers.identity(found, "cid")}
        above = answers.fields(answers.fields(found.get("value")).get("reply"))
        ready[name] = json.dumps({"root": above.get("root") or parent, "parent": parent})
        return None


def _link(who: str, uri: str) -> str:
    """The post on the web; a handle that its server no longer vouches for is not one."""
    place = place_of(uri)
    if place is None:
        return ""
    did, key = place
    shown = who if HOST.fullmatch(who) and not who.endswith(".invalid") else did
    return f"{WEB}/{shown}/post/{key}"


PLATFORM: Platform = BlueskyPlatform()
