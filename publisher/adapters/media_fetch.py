"""Fetching an address that people wrote: one file, bounded in size and time, from public places."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import aiohttp
from yarl import URL

from publisher.adapters.addresses import AddressRefused, public_sockets
from publisher.adapters.media_probe import probe_file
from publisher.adapters.media_sniff import HEAD, sniff
from publisher.adapters.media_store import FolderStore
from publisher.domain.errors import Unavailable
from publisher.domain.media import MediaCause, MediaFault, Probe, Unusable, Usable
from publisher.ports import MediaStore

_CHUNK = 1 << 16
_MIB = 1 << 20
_STATUS: Mapping[int, MediaCause] = {
    HTTPStatus.NOT_FOUND: MediaCause.NOT_FOUND,
    HTTPStatus.GONE: MediaCause.NOT_FOUND,
    HTTPStatus.UNAUTHORIZED: MediaCause.FORBIDDEN,
    HTTPStatus.FORBIDDEN: MediaCause.FORBIDDEN,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: MediaCause.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT: MediaCause.TIMED_OUT,
    HTTPStatus.GATEWAY_TIMEOUT: MediaCause.TIMED_OUT,
}
_WHAT_TO_DO = {
    MediaCause.NOT_FOUND: "nothing is there. Correct it.",
    MediaCause.FORBIDDEN: "it is not public. Make it public, or put the file into the epic.",
    MediaCause.TIMED_OUT: "it is too slow. Try again later, or put the file into the epic.",
    MediaCause.UNREACHABLE: "it does not work now. Try again later.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """`largest` in bytes; `total`, `connect` and `silence` (between two pieces) in seconds."""

    largest: int = 4 << 30
    redirects: int = 5
    total: float = 900.0
    connect: float = 10.0
    silence: float = 30.0


class _Failed(Exception):
    """Carries a fault to the end of the fetch."""

    def __init__(self, cause: MediaCause, message: str) -> None:
        super().__init__(message)
        self.fault = MediaFault(cause, message)


class HttpMediaFetcher:
    """The MediaFetcher port. `private` also allows addresses of this machine and its networks.

    Downloads land in `here` until they are whole and understood.
    """

    def __init__(
        self,
        store: MediaStore,
        here: FolderStore,
        limits: FetchLimits | None = None,
        *,
        private: bool = False,
    ) -> None:
        self._store, self._here = store, here
        self._limits = limits or FetchLimits()
        self._private = private

    async def fetch(self, url: str) -> Usable | Unusable:
        try:
            with self._here.temporary() as file:
                sha256 = await self._downloaded(url, file)
                found = await asyncio.to_thread(probe_file, file)
                if not isinstance(found, Probe):
                    return Unusable(found)
                await asyncio.to_thread(self._store.keep, sha256, file)
                return Usable(sha256, found)
        except _Failed as failed:
            return Unusable(failed.fault)

    async def _downloaded(self, url: str, file: Path) -> str:
        """Write the body to `file`, return its hash; raise _Failed or Unavailable."""
        try:
            async with (
                asyncio.timeout(self._limits.total),
                self._session() as session,
                self._answer(session, url) as answer,
            ):
                with file.open("wb") as out:
                    return await self._body(answer, out)
        except TimeoutError:
            raise _failed(MediaCause.TIMED_OUT, "gave no complete answer in time") from None
        except aiohttp.ClientPayloadError:
            why = "The address sent less than it announced. Try again."
            raise _Failed(MediaCause.INCOMPLETE, why) from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                why = "The address leads to a private network, where nothing is fetched from."
                raise _Failed(MediaCause.REFUSED_ADDRESS, why) from None
            raise _failed(MediaCause.UNREACHABLE, "could not be connected to") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise _failed(MediaCause.UNREACHABLE, f"failed ({type(error).__name__})") from None
        except OSError as error:
            raise Unavailable(f"What was fetched cannot be written: {error}.") from error

    def _session(self) -> aiohttp.ClientSession:
        limits = self._limits
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                use_dns_cache=False,
                force_close=True,
                socket_factory=None if self._private else public_sockets(),
            ),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=limits.connect, sock_read=limits.silence
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "Copydesk"},
            trust_env=False,
        )

    @asynccontextmanager
    async def _answer(
        self, session: aiohttp.ClientSession, url: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow redirects one by one to an answer with a body that is worth reading."""
        here = URL(url)
        for _hop in range(self._limits.redirects + 1):
            _check(here)
            async with session.get(here, allow_redirects=False) as answer:
                there = answer.headers.get("Location")
                if not (HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST):
                    self._check_head(answer)
                    yield answer
                    return
                if not there:
                    raise _failed(MediaCause.UNREACHABLE, f"answered {answer.status}")
                before, here = here, here.join(URL(there))
                if before.scheme == "https" and here.scheme == "http":
                    why = "The address leads from https to http. Write an https address."
                    raise _Failed(MediaCause.REFUSED_ADDRESS, why)
        why = f"The address redirects more than {self._limits.redirects} times. Correct it."
        raise _Failed(MediaCause.TOO_MANY_REDIRECTS, why)

    def _check_head(self, answer: aiohttp.ClientResponse) -> None:
        if answer.status != HTTPStatus.OK:
            cause = _STATUS.get(answer.status, MediaCause.UNREACHABLE)
            raise _failed(cause, f"answered {answer.status}")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            why = "The address sends its file compressed, although that was not asked for."
            raise _Failed(MediaCause.UNSUPPORTED, why)
        if (answer.content_length or 0) > self._limits.largest:
            raise self._too_large()

    async def _body(self, answer: aiohttp.ClientResponse, out: BinaryIO) -> str:
        digest, size, head = hashlib.sha256(), 0, b""
        async for chunk in answer.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > self._limits.largest:
                raise self._too_large()
            if len(head) < HEAD:
                head += chunk
                kind = sniff(head[:HEAD])
                if kind.reader == "none" and len(head) >= HEAD:
                    raise _Failed(MediaCause.UNSUPPORTED, kind.why)
            digest.update(chunk)
            out.write(chunk)
        return digest.hexdigest()

    def _too_large(self) -> _Failed:
        largest = self._limits.largest / _MIB
        return _Failed(MediaCause.TOO_LARGE, f"It is larger than {largest:g} MiB. Make it smaller.")


def _failed(cause: MediaCause, what: str) -> _Failed:
    todo = _WHAT_TO_DO.get(cause, _WHAT_TO_DO[MediaCause.UNREACHABLE])
    return _Failed(cause, f"The address {what}: {todo}")


def _check(url: URL) -> None:
    if url.scheme not in {"http", "https"} or not url.host:
        why = "Only http and https addresses are fetched. Correct it."
        raise _Failed(MediaCause.REFUSED_ADDRESS, why)
    if url.user or url.password:
        why = "The address carries a user name or a password. Put the file into the epic instead."
        raise _Failed(MediaCause.REFUSED_ADDRESS, why)
