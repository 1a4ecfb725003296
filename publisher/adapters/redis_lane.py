"""The gate as a carrier sees it: asyncio, one connection pool, many claims at once."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import redis.asyncio as aioredis
import redis.exceptions
from redis.commands.core import AsyncScript

from publisher.adapters.redis_gate import TOMBSTONE, Keys, from_ms, lua
from publisher.domain.errors import Unavailable
from publisher.domain.outcome import NotBegun, Report
from publisher.files.codec import dump_report, from_plain
from publisher.ports import HandedClaim, Passed

_LOST = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, OSError)
_AT_ONCE = 200


class _Asked(NamedTuple):
    script: AsyncScript
    keys: list[str]
    args: list[Any]
    answer: "asyncio.Future[Any]"


class _Shared:
    """What is asked while a round trip is under way shares the next one; each gets its own answer.

    A burst of calls costs a few round trips on one connection instead of a connection for each.
    """

    def __init__(self, client: "aioredis.Redis") -> None:
        self._redis = client
        self._waiting: list[_Asked] = []
        self._sender: asyncio.Task[None] | None = None

    async def run(self, script: AsyncScript, keys: list[str], args: list[Any]) -> Any:  # noqa: ANN401 - Lua
        asked = _Asked(script, keys, args, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send())
        return await asked.answer

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            try:
                answers = await self._answers(batch)
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait
                answers = [error] * len(batch)
            for asked, answer in zip(batch, answers, strict=True):
                if asked.answer.done():
                    continue
                if isinstance(answer, Exception):
                    asked.answer.set_exception(answer)
                else:
                    asked.answer.set_result(answer)

    async def _answers(self, batch: Sequence[_Asked]) -> list[Any]:
        """One round trip; a script that Redis does not know yet did not run, and runs by itself."""
        pipe = self._redis.pipeline(transaction=False)
        for script, keys, args, _answer in batch:
            words = [str(word).encode() for word in (*keys, *args)]  # redis-py does it slowly
            pipe.evalsha(script.sha, len(keys), *words)
        answers = await pipe.execute(raise_on_error=False)
        for at, (script, keys, args, _answer) in enumerate(batch):
            if isinstance(answers[at], redis.exceptions.NoScriptError):
                answers[at] = await script(keys=keys, args=args)
        return list(answers)


class RedisLane:
    """The Lane port for one caller (one process; its name is never used again)."""

    def __init__(
        self, client: "aioredis.Redis", repository: str, caller: str, lease: float, budget: float
    ) -> None:
        self.caller = caller
        self._keys = Keys(repository)
        self._redis = client
        self._lease_ms, self._budget_ms = round(lease * 1000), round(budget * 1000)
        self._scripts = {
            name: client.register_script(lua(name)) for name in ("pass", "renew", "report")
        }
        self._calls, self._words = _Shared(client), _Shared(client)  # no call waits for a report

    async def time(self) -> float:
        seconds, micro = await self._ask(self._redis.time())
        return float(seconds + micro / 1_000_000)

    async def take(self, wait: float) -> Sequence[HandedClaim]:
        """The next batch; empty when none comes within `wait` seconds."""
        found = await self._ask(self._redis.blpop([self._keys.handover], timeout=wait))
        if not found:
            return ()
        return tuple(from_plain(plain, HandedClaim) for plain in json.loads(found[1]))

    async def keep(self, claims: Sequence[str]) -> frozenset[str]:
        """Renew the leases of these claims; return those that are no longer ours."""
        if not claims:
            return frozenset()
        keys = [self._keys.leases, *(self._keys.claim(claim) for claim in claims)]
        lost = await self._run("renew", keys, [self.caller, self._lease_ms, *claims])
        return frozenset(lost)

    async def enter(self, claim: HandedClaim, part: int) -> Passed | NotBegun | float:
        """Pass the gate for one part; a number is the seconds that it is still too early."""
        keys = [
            self._keys.generation,
            self._keys.paused_git,
            self._keys.paused_now,
            self._keys.claim(claim.id),
            self._keys.calling,
            self._keys.halted(claim.key.epic),
        ]
        args = [claim.generation, part, self.caller, self._budget_ms, claim.id]
        word, detail = await self._run("pass", keys, args)
        if word == "ok":
            return Passed(from_ms(detail))
        if word == "early":
            return float(detail) / 1000
        return NotBegun(str(word))

    async def report(self, report: Report, *, closes: bool) -> None:
        """Leave a report for the next round."""
        keys = [
            self._keys.reports,
            self._keys.claim(report.claim),
            self._keys.leases,
            self._keys.calling,
        ]
        field = f"{report.claim}|{report.part}"
        args = [field, dump_report(report), int(closes), report.claim, TOMBSTONE]
        await self._run("report", keys, args)

    async def _run(self, name: str, keys: list[str], args: list[Any]) -> Any:  # noqa: ANN401 - Lua
        shared = self._calls if name == "pass" else self._words
        return await self._ask(shared.run(self._scripts[name], keys, args))

    async def _ask(self, awaitable: Any) -> Any:  # noqa: ANN401 - redis-py's answers are untyped
        try:
            return await awaitable
        except _LOST as error:
            raise Unavailable(f"Redis does not answer ({type(error).__name__}).") from error
