"""The sandbox: a small local network for trying things out, in four classes of safety."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from publisher.connecting import answers, options
from publisher.connecting.line import Line, Reading, Request
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

SERVER = "http://127.0.0.1:8400"
TOKEN = "sandbox"  # noqa: S105 - the sandbox takes any token; it protects nothing
SETTLE = timedelta(seconds=2)
KEY_MEMORY = timedelta(seconds=3000)
CONTAINER = "container"
CONFLICT = 409
MOST_LISTED = 1000
REFUSALS = (
    Refusal(kind=ErrorKind.INVALID_MEDIA, code="invalid_media"),
    Refusal(kind=ErrorKind.CHANGED, code="key_reused"),
)
ABOUT = About(
    title="Sandbox",
    summary="A small social network of your own, for trials and demos; it plays every class.",
    account="Any name you like.",
    checked="2026-11",
    options=(
        Named("server", f"Where it runs; without it, {SERVER}."),
        Named("plays", "idempotent (also without this option), checkable, searchable or blind"),
        Named("settle", "seconds for which a new post may stay invisible to a search; else 2"),
        Named("key_memory", "seconds for which a key is remembered; else 3000"),
    ),
    refusals=REFUSALS,
    setup=("`copydesk up` starts a sandbox when a profile names one on this machine.",),
    media="Any files, with alt text.",
    threads="Each part replies to the one before.",
    lost="As the class says that `plays` names.",
    example=Profile(
        id="sandbox-acme",
        platform="sandbox",
        account="acme",
        options={"server": SERVER},
    ),
)
JSON = {"Content-Type": "application/json"}


def _safety(profile: Profile) -> Safety:
    plays = profile.options.get("plays")
    return next((safety for safety in Safety if safety == plays), Safety.IDEMPOTENT)


def _shape(answer: HttpAnswer) -> Reading:
    """Refusals are {"error": a code, "message": a sentence}."""
    code = answers.text(answers.fields(answers.json_of(answer)), "error")
    return Reading(code=code, said=answers.said_in(answer))


class SandboxPlatform:
    """A platform that is a program of ours; its API is described in publisher/sandbox."""

    name = "sandbox"
    about = ABOUT

    def traits(self, profile: Profile) -> Traits:
        safety = _safety(profile)
        return Traits(
            safety=safety,
            settle=options.duration(profile.options, "settle", SETTLE),
            key_memory=options.duration(profile.options, "key_memory", KEY_MEMORY),
            can_look_up=safety is not Safety.BLIND,
        )

    def problems(self, profile: Profile) -> Iterator[str]:
        plays = profile.options.get("plays", Safety.IDEMPOTENT.value)
        if plays not in list(Safety):
            yield f"options.plays is {plays!r}; it must be one of: {', '.join(Safety)}."
        if "server" in profile.options:
            yield from options.address_problem(profile.options, "server", open_too=True)
        yield from options.duration_problems(profile.options, "settle", "key_memory")
        yield from options.unknown_options(profile, ABOUT)

    def connect(self, profile: Profile, secrets: Mapping[str, str], http: Http) -> Account:
        token = secrets.get("token") or TOKEN
        line = Line(
            platform="The sandbox",
            http=http,
            headers={"Authorization": f"Bearer {token}"},
            secrets=(token,) if token != TOKEN else (),
            read=reading_by(REFUSALS, _shape),
        )
        server = options.address(profile.options, "server", SERVER) or SERVER
        safety = _safety(profile)
        return SandboxAccount(line, f"{server}/{safety}/{quote(profile.account, safe='')}", safety)


class SandboxAccount:
    """One account of the sandbox, which plays one class of safety."""

    def __init__(self, line: Line, base: str, safety: Safety) -> None:
        self._line = line
        self._base = base
        self._safety = safety

    async def prepare(self, post: Post, handle: Handle) -> Prepared | Retry | GiveUp:
        ready = dict(handle)
        for media in post.media:
            if stopped := await self._make(_media_name(media), self._upload(media), ready):
                return stopped
        if self._safety is Safety.CHECKABLE:
            container = self._post("containers", post, ready)
            if stopped := await self._make(CONTAINER, container, ready):
                return stopped
        return Prepared(ready)

    async def publish(self, post: Post, handle: Handle) -> Outcome:
        if self._safety is Safety.CHECKABLE:
            return await self._publish_container(post, handle)
        if any(_media_name(media) not in handle for media in post.media):
            return GiveUp(self._line.fault(ErrorKind.BUG, said="media was never uploaded"))
        answer = await self._line.call(self._post("posts", post, handle))
        if not isinstance(answer, HttpAnswer):
            return answer
        return _published(answers.json_of(answer)) or self._line.not_understood(answer)

    async def check(self, handle: Handle) -> Published | NotBegun | Accepted | Retry | GiveUp:
        if CONTAINER not in handle:
            return Retry(self._line.unanswerable())
        path = f"containers/{quote(handle[CONTAINER], safe='')}"
        answer = await self._line.ask(Request("GET", f"{self._base}/{path}"))
        if not isinstance(answer, HttpAnswer):
            return answer
        found = answers.fields(answers.json_of(answer))
        if answers.text(found, "status") == "ready":
            return NotBegun("The container is ready and was not published.")
        return _published(found.get("post")) or self._line.ask_again(answer)

    async def locate(self, post: Post, since: datetime) -> Sequence[Candidate] | Retry | GiveUp:
        if self._safety is Safety.BLIND:
            return Retry(self._line.unanswerable())
        query = {"since": since.isoformat(), "limit": str(MOST_LISTED)}
        if self._safety is Safety.IDEMPOTENT:
            query["key"] = post.key
        answer = await self._line.ask(Request("GET", f"{self._base}/posts?{urlencode(query)}"))
        if not isinstance(answer, HttpAnswer):
            return answer
        listed = answers.fields(answers.json_of(answer)).get("data")
        if not isinstance(listed, list):
            return self._line.ask_again(answer)
        found = [match for entry in answers.entries(listed) for match in _match(entry, post, since)]
        if not found and len(listed) >= MOST_LISTED:
            return self._line.ask_again(answer, "The sandbox has too many newer posts to search.")
        return found

    async def exists(self, post_id: str) -> bool | Retry | GiveUp:
        if self._safety is Safety.BLIND:
            return GiveUp(self._line.unanswerable())
        return await self._line.exists(f"{self._base}/posts/{quote(post_id, safe='')}")

    async def delete(self, post_id: str) -> Removed | Retry | GiveUp:
        url = f"{self._base}/posts/{quote(post_id, safe='')}"
        return await self._line.delete(Request("DELETE", url))

    async def _publish_container(self, post: Post, handle: Handle) -> Outcome:
        container = handle.get(CONTAINER)
        if not container:
            return GiveUp(self._line.fault(ErrorKind.BUG, said="no container was prepared"))
        url = f"{self._base}/containers/{quote(container, safe='')}/publish"
        request = Request("POST", url, {"Idempotency-Key": post.key})
        answer = await self._line.call(request, known=frozenset({CONFLICT}))
        if not isinstance(answer, HttpAnswer):
            return answer
        made = answers.json_of(answer)
        if answer.status == CONFLICT:
            made = answers.fields(made).get("post")
        return _published(made) or self._line.not_understood(answer)

    async def _make(
        self, name: str, request: Request, ready: dict[str, str]
    ) -> Retry | GiveUp | None:
        """Make what `ready` does not name yet; None when it is there."""
        if name in ready:
            return None
        answer = await self._line.ask(request)
        if isinstance(answer, GiveUp):
            return answer
        if isinstance(answer, HttpAnswer):
            made = answers.identity(answers.fields(answers.json_of(answer)))
            if made:
                ready[name] = made
                return None
            answer = self._line.ask_again(answer)
        return replace(answer, handle=ready)

    def _upload(self, media: Attachment) -> Request:
        name = quote(media.file.rpartition("/")[2])
        headers = {"Content-Type": media.content_type, "X-File-Name": name}
        return Request("POST", f"{self._base}/media", headers, media.data)

    def _post(self, kind: str, post: Post, handle: Handle) -> Request:
        media = [{"id": handle[_media_name(each)], "alt": each.alt} for each in post.media]
        body = {"text": _text(post), "media": media, "reply_to": post.reply_to}
        headers = {**JSON, "Idempotency-Key": post.key}
        return Request("POST", f"{self._base}/{kind}", headers, json.dumps(body).encode())


def _text(post: Post) -> str:
    return post.text if post.subject is None else f"{post.subject}\n{post.text}"


def _media_name(media: Attachment) -> str:
    return f"media:{media.sha256}"


def _published(made: object) -> Published | None:
    found = answers.fields(made)
    known = answers.identity(found)
    return Published(known, answers.link(found)) if known else None


def _match(entry: answers.Fields, post: Post, since: datetime) -> Iterator[Candidate]:
    known, at = answers.identity(entry), answers.moment(entry, "created_at")
    media = [answers.text(item, "sha256") for item in answers.entries(entry.get("media"))]
    ours = (_text(post), post.reply_to, [each.sha256 for each in post.media])
    if known and at and at >= since and (entry.get("text"), entry.get("reply_to"), media) == ours:
        yield Candidate(known, answers.link(entry), at)


PLATFORM: Platform = SandboxPlatform()
