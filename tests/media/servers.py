"""A web server on this machine that misbehaves on request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

Writer = asyncio.StreamWriter
Handler = Callable[[str, Writer], Awaitable[None]]


def answer(body: bytes, *, status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer; `Content_Length` may be said otherwise."""
    lines = {"Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def fixed(answers: Mapping[str, bytes]) -> Handler:
    async def handle(path: str, writer: Writer) -> None:
        writer.write(answers.get(path, answer(b"nothing", status="404 Not Found")))
        await writer.drain()

    return handle


@asynccontextmanager
async def serving(handle: Handler, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """The server's address; every path that was asked for goes through `handle`."""
    writers: list[Writer] = []

    async def connected(reader: asyncio.StreamReader, writer: Writer) -> None:
        writers.append(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await handle(head.split(b" ")[1].decode(), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, host, 0)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()
