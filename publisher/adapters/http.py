"""HTTP with aiohttp: one request, one answer, and an honest word on whether anything was sent."""

import io
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp

from publisher.domain.policy import Timing
from publisher.ports import HttpAnswer, NoAnswer, NotSent

_LARGEST_ANSWER = 1 << 20
_NEVER_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class AiohttpHttp:
    """The Http port. At most `connections` at once; no redirects, no cookies, no retry."""

    def __init__(self, timing: Timing, connections: int = 100) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timing.http, sock_connect=timing.connect)
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=2),
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(),
            auto_decompress=True,
        )
        # aiohttp repeats idempotent requests on a connection that the server closed; a repeat
        # that nobody sees is a repeat nobody counts.
        self._session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        if self._session is None:
            raise RuntimeError("enter the context first")
        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                data=io.BytesIO(body) if body else None,  # plain bytes would be sent in one piece
                allow_redirects=False,
            ) as answer:
                content = await answer.content.read(_LARGEST_ANSWER + 1)
                while len(content) <= _LARGEST_ANSWER and not answer.content.at_eof():
                    content += await answer.content.read(_LARGEST_ANSWER + 1 - len(content))
                if len(content) > _LARGEST_ANSWER:
                    raise NoAnswer(f"the answer is larger than {_LARGEST_ANSWER} bytes")
                names = {name.lower(): value for name, value in answer.headers.items()}
                return HttpAnswer(answer.status, names, content)
        except _NEVER_CONNECTED as error:
            raise NotSent(f"no connection: {type(error).__name__}") from error
        except ValueError as error:
            raise NotSent("the request could not be written") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"no answer: {type(error).__name__}") from error
