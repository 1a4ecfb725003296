"""The Http port over real sockets: what was certainly not sent, and what may have arrived."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from publisher.adapters.http import AiohttpHttp
from publisher.ports import HttpAnswer, NoAnswer, NotSent
from tests.contract.processes import free_port
from tests.contract.proxy import listening
from tests.contract.world import PATIENT

MIB = 1 << 20
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n%s\r\n\r\n{}"


@asynccontextmanager
async def answering(raw: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers every request with these bytes and closes."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            received.append(await reader.readuntil(b"body"))
            writer.write(raw)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", received
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)  # the handlers see the end of their connections


async def send(url: str, body: bytes = b"body", **headers: str) -> HttpAnswer | NotSent | NoAnswer:
    async with AiohttpHttp(PATIENT) as http:
        try:
            return await http.send("POST", url, headers=headers, body=body)
        except (NotSent, NoAnswer) as trouble:
            return trouble


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (GOOD % b"A: b", HttpAnswer),
        (GOOD % b'Set-Cookie: a\x01="\\777"; expires=never; max-age=x', HttpAnswer),
        (GOOD.replace(b"200 OK", b"302 Found") % b"Location: http://[::1", HttpAnswer),
        (b"", NoAnswer),
        (b"garbage\r\n\r\n", NoAnswer),
        (b"HTTP/1.1 100 Continue\r\n\r\n", NoAnswer),
        (GOOD.replace(b": 2", b": 3") % b"A: b", NoAnswer),
        (GOOD.replace(b": 2", b": x") % b"A: b", NoAnswer),
        (GOOD % b"Content-Encoding: gzip", NoAnswer),
        (GOOD % (b"A: " + b"x" * 100_000), NoAnswer),
        (GOOD.replace(b": 2", b": %d" % (MIB + 1)) % b"A: b" + b"x" * MIB, NoAnswer),
    ],
)
def test_what_was_sent_is_never_called_not_sent(raw: bytes, expected: type) -> None:
    async def scenario() -> None:
        async with answering(raw) as (url, received):
            assert isinstance(await send(url), expected)
            assert len(received) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "http://", "http://[::1", "ftp://127.0.0.1/", "http://127.0.0.1:{port}/"],
)
def test_what_was_never_sent_says_so(url: str) -> None:
    assert isinstance(asyncio.run(send(url.format(port=free_port()))), NotSent)


def test_header_that_cannot_be_written_is_not_sent() -> None:
    async def scenario() -> None:
        async with answering(GOOD % b"A: b") as (url, received):
            assert isinstance(await send(url, Token="a\r\nb: c"), NotSent)
            assert received == []

    asyncio.run(scenario())


def test_large_body_arrives_whole() -> None:
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(text=request.headers["Content-Length"])

    async def scenario() -> None:
        app = web.Application(client_max_size=8 * MIB)
        app.router.add_post("/", take)
        sent = bytes(range(256)) * (3 * MIB // 256)
        async with listening(app) as url:
            answer = await send(url + "/", sent)
        assert isinstance(answer, HttpAnswer)
        assert answer.body == str(len(sent)).encode()
        assert bodies == [sent]

    asyncio.run(scenario())
