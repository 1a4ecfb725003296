"""The AT protocol as an account of a server speaks it: sign in once, renew, ask, read refusals."""

import asyncio
import base64
import hashlib
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urlencode

from publisher.connecting import answers
from publisher.connecting.line import Line, Reading, Request
from publisher.domain.about import Refusal
from publisher.domain.outcome import ErrorKind, GiveUp, Retry
from publisher.ports import HttpAnswer

JSON = {"Content-Type": "application/json"}
REFUSED = frozenset({HTTPStatus.BAD_REQUEST.value})
OVER = frozenset({"ExpiredToken", "InvalidToken"})
NO_SUCH_RECORD = "RecordNotFound"
GONE = (
    *("AccountTakedown", "AccountDeactivated", "AccountSuspended", "AccountNotFound"),
    *("RepoTakendown", "RepoDeactivated", "RepoSuspended", "RepoNotFound"),
)
BAD_BLOB = ("BlobTooLarge", "BlobNotFound", "InvalidMimeType", "InvalidSize")
REFUSALS = (
    Refusal(kind=ErrorKind.UNAVAILABLE, code="ExpiredToken"),
    Refusal(kind=ErrorKind.INVALID_CREDENTIALS, code="InvalidToken"),
    Refusal(kind=ErrorKind.RATE_LIMITED, code="RateLimitExceeded"),
    *(Refusal(kind=ErrorKind.DISCONNECTED, code=code) for code in GONE),
    *(Refusal(kind=ErrorKind.INVALID_MEDIA, code=code) for code in BAD_BLOB),
)
DENIED = REFUSED | {HTTPStatus.UNAUTHORIZED.value}
RENEW_BEFORE = 300.0  # seconds: far longer than a claim waits between its sign-in and its call


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and the tokens of it. `ends` is unix seconds; `host` the server's DID."""

    did: str
    handle: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    ends: float
    host: str


SignIn = Callable[[Session | None], Awaitable[Session | Retry | GiveUp]]


class Sessions:
    """The sessions of one process by account. Whoever comes meanwhile waits for the same sign-in.

    Bluesky allows 30 sign-ins in 5 minutes for an account, and 300 a day.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` returns unix seconds."""
        self._now = now
        self._known: dict[str, Session] = {}
        self._under_way: dict[str, asyncio.Task[Session | Retry | GiveUp]] = {}

    def known(self, name: str, seconds: float = 0.0) -> Session | None:
        """The session that is good for that long; None: sign in first."""
        session = self._known.get(name)
        return session if session and session.ends - self._now() > seconds else None

    async def get(self, name: str, sign_in: SignIn) -> Session | Retry | GiveUp:
        """The session that is known, or the one that `sign_in` makes out of the old one."""
        known = self.known(name, RENEW_BEFORE)
        if known is not None:
            return known
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.ensure_future(sign_in(self._known.get(name)))
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        made = await asyncio.shield(task)
        if isinstance(made, Session):
            self._known[name] = made
        return made

    def over(self, name: str, session: Session) -> None:
        """The server no longer takes the access token of this session."""
        if self._known.get(name) == session:
            self._known[name] = replace(session, ends=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One account on one server; its own line has no token, `signed` gives one that has."""

    line: Line
    server: str
    identifier: str
    password: str = field(repr=False)
    sessions: Sessions = field(repr=False)

    @property
    def name(self) -> str:
        """What its session is kept under: without the password in it."""
        whole = json.dumps([self.server, self.identifier, self.password])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def session(self) -> Session | None:
        """The session that `sign_in` has made, without asking anybody."""
        return self.sessions.known(self.name)

    async def sign_in(self) -> Session | Retry | GiveUp:
        return await self.sessions.get(self.name, self._signed_in)

    def signed(self, session: Session) -> Line:
        """The line of somebody who is signed in."""
        headers = {"Authorization": f"Bearer {session.access}"}
        secrets = (*self.line.secrets, session.access, session.refresh)
        return replace(self.line, headers=headers, secrets=secrets)

    def heed(self, answer: HttpAnswer, session: Session) -> None:
        """Sign in anew the next time when the server no longer takes this token."""
        if code_of(answer) in OVER:
            self.sessions.over(self.name, session)

    def query(self, method: str, **params: str) -> Request:
        return Request("GET", f"{self._url(method)}?{urlencode(params)}")

    def procedure(self, method: str, body: Mapping[str, object]) -> Request:
        return Request("POST", self._url(method), JSON, json.dumps(body, default=str).encode())

    def upload(self, method: str, content_type: str, data: bytes) -> Request:
        return Request("POST", self._url(method), {"Content-Type": content_type}, data)

    async def ask(self, request: Request) -> HttpAnswer | Retry | GiveUp:
        """Ask as the account; a token that is over is renewed, once."""
        answer: HttpAnswer | Retry | GiveUp = await self._asked(request)
        if isinstance(answer, HttpAnswer) and code_of(answer) in OVER:
            answer = await self._asked(request)
        if not isinstance(answer, HttpAnswer) or answer.status not in REFUSED:
            return answer
        refused = self.line.refused(answer, ErrorKind.UNAVAILABLE)
        return refused if isinstance(refused, Retry | GiveUp) else self.line.ask_again(answer)

    async def record(
        self, collection: str, owner: str, key: str
    ) -> answers.Fields | Retry | GiveUp | None:
        """What anybody can read under a key; None when the server says that there is nothing."""
        request = self.query(
            "com.atproto.repo.getRecord", repo=owner, collection=collection, rkey=key
        )
        answer = await self.line.ask(request, known=REFUSED)
        if not isinstance(answer, HttpAnswer):
            return answer
        if code_of(answer) == NO_SUCH_RECORD:
            return None
        found = answers.fields(answers.json_of(answer))
        if not code_of(answer) and answers.identity(found, "uri").startswith("at://"):
            return found
        refused = self.line.refused(answer, ErrorKind.UNAVAILABLE)
        return refused if isinstance(refused, Retry | GiveUp) else self.line.ask_again(answer)

    async def _asked(self, request: Request) -> HttpAnswer | Retry | GiveUp:
        session = await self.sign_in()
        if not isinstance(session, Session):
            return session
        answer = await self.signed(session).ask(request, known=REFUSED)
        if isinstance(answer, HttpAnswer):
            self.heed(answer, session)
        return answer

    async def _signed_in(self, old: Session | None) -> Session | Retry | GiveUp:
        """Renew what there was; when that is over as well, begin anew with the password."""
        if old is not None:
            url = self._url("com.atproto.server.refreshSession")
            renewing = Request("POST", url, {"Authorization": f"Bearer {old.refresh}"})
            renewed = await self.signed(old).ask(renewing, known=DENIED)
            if isinstance(renewed, Retry):
                return renewed
            session = _session_in(renewed) if isinstance(renewed, HttpAnswer) else None
            if session is not None:
                return session
        asked = {"identifier": self.identifier, "password": self.password}
        answer = await self.line.ask(self.procedure("com.atproto.server.createSession", asked))
        if not isinstance(answer, HttpAnswer):
            return answer
        return _session_in(answer) or self.line.ask_again(answer)

    def _url(self, method: str) -> str:
        return f"{self.server}/xrpc/{method}"


def code_of(answer: HttpAnswer) -> str:
    """The protocol's own word for a refusal; empty for a success."""
    if answer.status < HTTPStatus.BAD_REQUEST:
        return ""
    return answers.text(answers.fields(answers.json_of(answer)), "error")


def shape(answer: HttpAnswer) -> Reading:
    """Refusals are {"error": a code, "message": a sentence}."""
    said = answers.text(answers.fields(answers.json_of(answer)), "message")
    return Reading(code=code_of(answer), said=said or answers.said_in(answer))


def _session_in(answer: HttpAnswer) -> Session | None:
    made = answers.fields(answers.json_of(answer))
    access, refresh = answers.text(made, "accessJwt"), answers.text(made, "refreshJwt")
    did, handle = answers.identity(made, "did"), answers.identity(made, "handle")
    if not (access and refresh and did.startswith("did:")):
        return None
    claims = _claims(access)
    ends = claims.get("exp")
    return Session(
        did=did,
        handle=handle,
        access=access,
        refresh=refresh,
        ends=float(ends) if isinstance(ends, int) else math.inf,
        host=answers.identity(claims, "aud"),
    )


def _claims(token: str) -> answers.Fields:
    """What a token says of itself; only the server can say whether that is true."""
    with suppress(ValueError, IndexError):
        payload = token.split(".")[1]
        return answers.fields(json.loads(base64.urlsafe_b64decode(payload + "=" * 3)))
    return answers.NO_FIELDS
