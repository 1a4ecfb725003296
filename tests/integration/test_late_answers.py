"""A Redis that is slow or starting: what it says late is never taken for another answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import redis.exceptions

from publisher.adapters.redis_lane import RedisLane
from publisher.domain.delivery import Key
from publisher.domain.errors import Unavailable
from publisher.domain.outcome import NotBegun
from publisher.ports import HandedClaim
from publisher.wiring.connections import connected_async

LOADING = b"-LOADING Redis is loading the dataset in memory\r\n"
PASSED = b"*2\r\n$2\r\nok\r\n$1\r\n0\r\n"
PAUSED = b"*2\r\n$6\r\npaused\r\n$0\r\n\r\n"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class SlowRedis:
    """Answers the first script on a connection at once, and the second only with the third."""

    first: bytes
    scripts: list[int] = field(default_factory=list)  # how many each connection was asked

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine, at = len(self.scripts), 0
        self.scripts.append(0)
        while words := await self._words(reader):
            if words[0].upper() != b"EVALSHA":
                writer.write(b"+OK\r\n")
                continue
            self.scripts[mine] = at = at + 1
            only = len(self.scripts) > 1
            writer.write(PAUSED if only else (self.first, b"", PASSED + PAUSED)[min(at, 3) - 1])
        writer.close()

    async def _words(self, reader: asyncio.StreamReader) -> list[bytes]:
        count = await reader.readline()
        words = []
        for _ in range(int(count[1:] or 0)):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
        return words


@asynccontextmanager
async def lane_to(slow: SlowRedis) -> AsyncIterator[RedisLane]:
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = connected_async(f"redis://127.0.0.1:{port}/0?protocol=2", answer=0.3)
    try:
        yield RedisLane(client, "acme", "me", lease=9, budget=3)
    finally:
        await client.aclose()
        server.close()


def claim(number: int) -> HandedClaim:
    return HandedClaim(
        id=f"spring/teaser/x#{number}",
        key=Key("spring", "teaser", "x"),
        work="call",
        generation="g",
        due=NOW,
        lease_until=NOW + timedelta(seconds=9),
        digest="d",
        commit="c",
        path="p",
        part=0,
        parts=1,
    )


@pytest.mark.parametrize("first", [LOADING, b""], ids=["loading", "silent"])
def test_nobody_passes_the_gate_on_an_answer_that_was_meant_for_another(first: bytes) -> None:
    slow = SlowRedis(first)

    async def ask() -> object:
        async with lane_to(slow) as lane:
            asked = [lane.enter(claim(number), 0) for number in (1, 2)]
            failed = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(error) for error in failed] == [Unavailable, Unavailable]
            return await lane.enter(claim(3), 0)

    assert asyncio.run(ask()) == NotBegun("paused")
    assert slow.scripts == [2, 1], "the connection with an answer outstanding was used again"


def test_a_connection_that_failed_is_closed_by_the_handler_for_it() -> None:
    """redis-py 8 closes it while reading as well; older and newer ones may rely on the handler."""

    async def ask() -> list[str]:
        closed: list[str] = []
        client = connected_async("redis://127.0.0.1:1/0", answer=0.3)

        async def fail() -> None:
            raise redis.exceptions.TimeoutError("too late")

        async def close(error: Exception) -> None:
            closed.append(str(error))

        try:
            connection = client.connection_pool.make_connection()
            with pytest.raises(redis.exceptions.TimeoutError):
                await connection.retry.call_with_retry(fail, close)
        finally:
            await client.aclose()
        return closed

    assert asyncio.run(ask()) == ["too late"]
