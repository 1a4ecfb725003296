"""One account's line to its platform: requests go out, outcomes come back, nothing is raised."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType

from publisher.connecting import answers
from publisher.domain.outcome import ErrorKind, Fault, GiveUp, Removed, Retry, Unknown
from publisher.ports import Http, HttpAnswer, NoAnswer, NotSent

NONE: frozenset[int] = frozenset()
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
GONE = frozenset({HTTPStatus.NOT_FOUND.value, HTTPStatus.GONE.value})
ANY_SUCCESS = range(200, 300)
REDIRECTS = range(300, 400)
REFUSALS = range(400, 500)

USUAL_KINDS: Mapping[int, ErrorKind] = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: ErrorKind.INVALID_CREDENTIALS,
        HTTPStatus.FORBIDDEN: ErrorKind.REVOKED,
        HTTPStatus.REQUEST_TIMEOUT: ErrorKind.TIMEOUT,
        HTTPStatus.GONE: ErrorKind.DISCONNECTED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ErrorKind.INVALID_MEDIA,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ErrorKind.INVALID_MEDIA,
        HTTPStatus.TOO_EARLY: ErrorKind.UNAVAILABLE,
        HTTPStatus.TOO_MANY_REQUESTS: ErrorKind.RATE_LIMITED,
        HTTPStatus.SERVICE_UNAVAILABLE: ErrorKind.UNAVAILABLE,
    }
)

SENTENCES: Mapping[ErrorKind, str] = MappingProxyType(
    {
        ErrorKind.TIMEOUT: "{} did not answer in time. It is tried again.",
        ErrorKind.RATE_LIMITED: "{} wants fewer requests for a while. It is tried again later.",
        ErrorKind.UNAVAILABLE: "{} is not available at the moment. It is tried again.",
        ErrorKind.QUOTA: "A quota of this account on {} is used up. It is tried again later.",
        ErrorKind.INVALID_CREDENTIALS: "{} does not accept the credentials of this account."
        " An admin must connect it again.",
        ErrorKind.DISCONNECTED: "{} says that this account is gone or blocked."
        " An admin must look at it.",
        ErrorKind.REVOKED: "{} does not allow this account to do that any more."
        " An admin must give the permission again.",
        ErrorKind.REJECTED: "{} refuses this content. Change it and try again.",
        ErrorKind.INVALID_MEDIA: "{} cannot use a media file of this post. Replace it.",
        ErrorKind.MISCONFIGURED: "The address of {} in the profile answers differently from what"
        " was expected. An admin must check the profile's options.",
        ErrorKind.CHANGED: "{} knows another text under this post's key. Look at the account"
        " before you try again.",
        ErrorKind.LOST: "The post was sent to {}, which gave no usable answer: it may be out.",
        ErrorKind.BUG: "Copydesk asked {} for something impossible. Please report this.",
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a refusal means on one platform; `kind` None leaves that to its HTTP status."""

    kind: ErrorKind | None = None
    code: str = ""
    said: str = ""
    after: timedelta | None = None


def usual_reading(answer: HttpAnswer) -> Reading:
    """The reading for platforms whose refusals have no shape of their own."""
    return Reading(said=answers.said_in(answer))


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the line adds its own headers to these."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


def json_request(method: str, url: str, body: Mapping[str, object]) -> Request:
    """A request that carries a JSON object; what JSON has no word for becomes text."""
    sent = json.dumps(body, default=str).encode()
    return Request(method, url, {"Content-Type": "application/json"}, sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Sends for one account. `secrets` never reach a fault, `headers` go with every request."""

    platform: str
    http: Http
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    read: Callable[[HttpAnswer], Reading] = usual_reading

    async def ask(
        self, request: Request, known: frozenset[int] = NONE
    ) -> HttpAnswer | Retry | GiveUp:
        """Send what may be repeated at will; the answer is a success or has a `known` status."""
        try:
            answer = await self._send(request)
        except NotSent as error:
            return Retry(self.fault(ErrorKind.UNAVAILABLE, said=str(error)))
        except NoAnswer as error:
            return Retry(self.fault(ErrorKind.TIMEOUT, said=str(error)))
        if answer.status in known:
            return answer
        refused = self.refused(answer, ErrorKind.UNAVAILABLE)
        return refused if isinstance(refused, Retry | GiveUp) else answer

    async def call(
        self, request: Request, known: frozenset[int] = NONE
    ) -> HttpAnswer | Retry | GiveUp | Unknown:
        """Make the dangerous call; the answer is a success or has a `known` status."""
        try:
            answer = await self._send(request)
        except NotSent as error:
            return Retry(self.fault(ErrorKind.UNAVAILABLE, said=str(error)))
        except NoAnswer as error:
            return Unknown(self.fault(ErrorKind.LOST, said=str(error)))
        refused = None if answer.status in known else self.refused(answer, ErrorKind.LOST)
        return refused or answer

    def refused(self, answer: HttpAnswer, broken: ErrorKind) -> Retry | GiveUp | Unknown | None:
        """What an answer that is no success means; `broken` is the kind of a server's error."""
        if answer.status in ANY_SUCCESS:
            return None
        reading = self.read(answer)
        kind = reading.kind or USUAL_KINDS.get(answer.status) or _kind_of(answer.status, broken)
        fault = self.fault(kind, code=reading.code or str(answer.status), said=reading.said)
        if kind is ErrorKind.LOST:
            return Unknown(fault)
        if fault.who == "nobody":
            return Retry(fault, reading.after or answers.wait_of(answer))
        return GiveUp(fault)

    def not_understood(self, answer: HttpAnswer) -> Unknown:
        """A success without the id that belongs into it: the post is probably out."""
        said = answers.said_in(answer)
        return Unknown(self.fault(ErrorKind.LOST, code=str(answer.status), said=said))

    def ask_again(self, answer: HttpAnswer, sentence: str = "") -> Retry:
        """The same for a request that may be repeated."""
        said = answers.said_in(answer)
        return Retry(
            self.fault(ErrorKind.UNAVAILABLE, sentence, code=str(answer.status), said=said)
        )

    def unanswerable(self) -> Fault:
        """The word on a question that this platform has no answer to; it proves nothing."""
        sentence = f"{self.platform} cannot be asked what became of a post. Look at it yourself."
        return self.fault(ErrorKind.LOST, sentence)

    async def exists(self, url: str) -> bool | Retry | GiveUp:
        """Whether there is still something under this address of the API."""
        answer = await self.ask(Request("GET", url), known=GONE)
        if not isinstance(answer, HttpAnswer):
            return answer
        found = answers.fields(answers.json_of(answer))
        if answer.status in GONE:
            return False if _in_its_words(answer) else self.ask_again(answer)
        return bool(answers.identity(found)) or self.ask_again(answer)

    async def delete(self, request: Request) -> Removed | Retry | GiveUp:
        """Take something down; what is gone already counts as removed."""
        answer = await self.ask(request, known=GONE)
        if not isinstance(answer, HttpAnswer):
            return answer
        return (
            Removed()
            if answer.status not in GONE or _in_its_words(answer)
            else self.ask_again(answer)
        )

    def fault(
        self, kind: ErrorKind, sentence: str = "", *, code: str = "", said: str = ""
    ) -> Fault:
        return Fault(
            kind,
            sentence or SENTENCES[kind].format(self.platform),
            code=answers.cleaned(code, self.secrets),
            platform_message=answers.cleaned(said, self.secrets),
        )

    async def _send(self, request: Request) -> HttpAnswer:
        headers = {**self.headers, **request.headers}
        return await self.http.send(request.method, request.url, headers=headers, body=request.body)


def bearer_line(
    platform: str,
    http: Http,
    token: str,
    read: Callable[[HttpAnswer], Reading] = usual_reading,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Line:
    """The line of an account whose token goes with every request and is never repeated."""
    token = token.strip()
    signed = {**headers, "Authorization": f"Bearer {token}"}
    return Line(platform=platform, http=http, headers=signed, secrets=(token,), read=read)


def _in_its_words(answer: HttpAnswer) -> bool:
    """A proxy or a wrong address may say 404 as well, but does not say it in the API's JSON."""
    return bool(answers.text(answers.fields(answers.json_of(answer)), "error"))


def _kind_of(status: int, broken: ErrorKind) -> ErrorKind:
    if status in REDIRECTS:
        return ErrorKind.MISCONFIGURED
    return ErrorKind.REJECTED if status in REFUSALS else broken
