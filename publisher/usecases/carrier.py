"""The carrier: takes handed-out claims, waits for their time, passes the gate, calls, reports.

One carrier holds many claims at once. Whatever it cannot say, because it died, the next round
finds out from the gate's marks.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from publisher.domain.delivery import Work
from publisher.domain.epic import Profile
from publisher.domain.errors import CopydeskError, Unavailable
from publisher.domain.outcome import (
    NO_HANDLE,
    ErrorKind,
    Fault,
    GiveUp,
    Handle,
    Located,
    NotBegun,
    Outcome,
    Prepared,
    Published,
    Report,
    Retry,
    Unknown,
)
from publisher.domain.policy import Timing
from publisher.domain.traits import Safety
from publisher.ports import Account, Contents, HandedClaim, Http, Lane, Passed, Platform, Post
from publisher.usecases.punctual import PunctualHttp
from publisher.usecases.ready_posts import check_parent, kind_of, ready_posts

log = logging.getLogger(__name__)

Result = Outcome | NotBegun | Prepared | Located

CARRIED_AT_MOST = 2000
CLOCKS_DIFFER = timedelta(seconds=2)
REDIS_AWAY = 0.5
LINGER = 1.0
_NOT_OURS_TO_TELL = frozenset({"taken", "called"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """What a carrier works with. `boot` is a clock in seconds that cannot jump.

    `secrets` gives a profile's secrets or raises ConfigError. `wake_round` tells that there is
    something to drain.
    """

    lane: Lane
    contents: Contents
    platforms: Mapping[str, Platform]
    secrets: Callable[[Profile], Mapping[str, str]]
    http: Http
    timing: Timing
    boot: Callable[[], float]
    wake_round: Callable[[], None]
    connections: int = 100


@dataclass(slots=True)
class Carrier:
    """One process's worth of deliveries; `run` ends when nothing is left to carry."""

    work: Carrying
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _slots: asyncio.Semaphore = field(init=False)
    _fitting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _alarms: dict[datetime, asyncio.Event] = field(default_factory=dict)
    _behind: float = 0.0

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.work.connections)

    async def run(self, stop: asyncio.Event) -> None:
        """Take batches until none comes for a moment and all that was taken is done.

        Once `stop` is set, calls under way are finished and everything else is given back.
        """
        self._stop = stop
        helpers = [asyncio.create_task(self._keep_leases()), asyncio.create_task(self._wake_all())]
        try:
            while not stop.is_set():
                room = len(self._tasks) < CARRIED_AT_MOST
                claims = await (self._taken() if room else self._pause())
                if claims is None and not self._tasks:
                    break
                for claim in claims or ():
                    task = asyncio.create_task(self._carry(claim))
                    self._tasks[claim.id] = task
                    task.add_done_callback(partial(self._forget, claim.id))
            await asyncio.gather(*self._tasks.values())
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    def _forget(self, claim: str, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(claim, None)

    async def _pause(self) -> None:
        await asyncio.sleep(REDIS_AWAY)

    async def _taken(self) -> Sequence[HandedClaim] | None:
        """The next batch, less what is no longer ours to carry; None when none came."""
        try:
            claims = await self.work.lane.take(LINGER)
            if not claims:
                return None
            self._behind = await self.work.lane.time() - self.work.boot()
            lost = await self.work.lane.keep([claim.id for claim in claims])
        except Unavailable:
            await self._pause()
            return None
        return [claim for claim in claims if claim.id not in lost and claim.id not in self._tasks]

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self.work.timing.heartbeat)
            with suppress(Unavailable):
                await self.work.lane.keep(list(self._tasks))

    async def _carry(self, claim: HandedClaim) -> None:
        """Do what one claim is for; whatever happens becomes a report."""
        try:
            profile = self.work.contents.profile(claim)
            platform = self.work.platforms[profile.platform]
            http = PunctualHttp(self.work.http, self.work.boot)
            account = platform.connect(profile, self.work.secrets(profile), http)
            check_parent(claim)
            if claim.work == Work.CALL:
                await self._call(claim, profile, account, http)
            else:
                await self._report(claim, claim.part, await self._aside(claim, profile, account))
        except Unavailable as error:
            fault = Fault(ErrorKind.UNAVAILABLE, str(error))
            await self._report(claim, claim.part, Retry(fault))
        except CopydeskError as error:
            await self._report(claim, claim.part, GiveUp(Fault(kind_of(error), str(error))))
        except Exception as error:
            log.exception("carrier failed", extra={"action": "carrier_failed", "claim": claim.id})
            fault = Fault(ErrorKind.BUG, f"Copydesk failed before the call: {error!r:.200}")
            await self._report(claim, claim.part, GiveUp(fault))

    async def _aside(self, claim: HandedClaim, profile: Profile, account: Account) -> Result:
        """Everything that may be repeated at will: prepare, check, look up."""
        if claim.work == Work.CHECK:
            return await account.check(claim.handle)
        post = (await self._posts(claim, profile))[claim.part]
        post = replace(post, reply_to=claim.reply_to or None)
        if claim.work == Work.PREPARE:
            return await account.prepare(post, claim.handle)
        since = (claim.since or claim.due) - CLOCKS_DIFFER
        found = await account.locate(post, since)
        if isinstance(found, Retry | GiveUp):
            return found
        recent = [each for each in found if each.at >= since]
        recent.sort(key=lambda each: each.at)
        posts = tuple(Published(each.id, each.url) for each in recent)
        return Located(posts[0] if posts else None, posts[1:])

    async def _posts(self, claim: HandedClaim, profile: Profile) -> tuple[Post, ...]:
        """The posts of a claim; media are fitted for one claim at a time, so memory is bounded."""
        traits = self.work.platforms[profile.platform].traits(profile)
        async with self._fitting:
            return await ready_posts(self.work.contents, claim, profile, traits)

    async def _call(
        self, claim: HandedClaim, profile: Profile, account: Account, http: PunctualHttp
    ) -> None:
        """Publish part after part; each passes the gate by itself and is reported at once."""
        posts = await self._posts(claim, profile)
        traits = self.work.platforms[profile.platform].traits(profile)
        reply_to = claim.reply_to
        for part in range(claim.part, claim.parts):
            if traits.safety is Safety.CHECKABLE and part > claim.part:
                await self._report(claim, part, NotBegun("its container comes first"))
                return
            post = replace(posts[part], reply_to=reply_to or None)
            handle = claim.handle if part == claim.part else NO_HANDLE
            if not handle or traits.safety is not Safety.CHECKABLE:
                ready = await account.prepare(post, handle)
                if not isinstance(ready, Prepared):
                    await self._report(claim, part, ready)
                    return
                handle = ready.handle
            result = await self._gated(claim, part, post, handle, account, http)
            if not isinstance(result, Published):
                return
            reply_to = result.id

    async def _gated(
        self,
        claim: HandedClaim,
        part: int,
        post: Post,
        handle: Handle,
        account: Account,
        http: PunctualHttp,
    ) -> Result:
        """Wait for the time, pass the gate, make the one dangerous call; then report it.

        The next call need not wait for this one's report.
        """
        await self._until(claim.due)
        async with self._slots:
            asked = self.work.boot()
            passed = await self._entered(claim, part)
            if isinstance(passed, Passed):
                http.send_before(asked + self.work.timing.call_budget)
                result = await self._published(account, post, handle)
        if isinstance(passed, Passed):
            await self._report(claim, part, result, called_at=passed.at, handle=handle)
            return result
        if passed.reason not in _NOT_OURS_TO_TELL:
            await self._report(claim, part, passed)
        return passed

    async def _published(self, account: Account, post: Post, handle: Handle) -> Outcome:
        """The dangerous call itself: past this point nothing may count as “not sent” by mistake."""
        try:
            return await account.publish(post, handle)
        except Exception as error:
            log.exception("connector failed", extra={"action": "connector_failed"})
            return Unknown(Fault(ErrorKind.BUG, f"The connector failed: {error!r:.200}"))

    async def _until(self, due: datetime) -> None:
        """Sleep until `due` by Redis's clock, as far as this process knows it; one alarm for all.

        A timer for each would make the first call of a burst wait for the last one's timer.
        """
        left = due.timestamp() - self._behind - self.work.boot()
        if left <= 0 or self._stop.is_set():
            return
        if due not in self._alarms:
            self._alarms[due] = asyncio.Event()
            asyncio.get_running_loop().call_later(left, self._ring, due)
        await self._alarms[due].wait()

    def _ring(self, due: datetime) -> None:
        alarm = self._alarms.pop(due, None)
        if alarm is not None:
            alarm.set()

    async def _wake_all(self) -> None:
        """A carrier that is to stop has nothing to wait for."""
        await self._stop.wait()
        for due in list(self._alarms):
            self._ring(due)

    async def _entered(self, claim: HandedClaim, part: int) -> Passed | NotBegun:
        while not self._stop.is_set():
            try:
                word = await self.work.lane.enter(claim, part)
            except Unavailable:
                return NotBegun("Redis did not answer at the gate")
            if not isinstance(word, float):
                return word
            await asyncio.sleep(word)
        return NotBegun("the worker is stopping")

    async def _report(
        self,
        claim: HandedClaim,
        part: int,
        result: Result,
        called_at: datetime | None = None,
        handle: Handle | None = None,
    ) -> None:
        """Leave the report in Redis; while Redis is away this process is its only witness."""
        now = datetime.fromtimestamp(self.work.boot() + self._behind, UTC)
        report = Report(
            claim=claim.id,
            part=part,
            result=result,
            at=now,
            called_at=called_at,
            caller=self.work.lane.caller,
            handle=handle or {},
        )
        more_to_come = isinstance(result, Published) and part + 1 < claim.parts
        closes = claim.work != Work.CALL or not more_to_come
        while True:
            try:
                await self.work.lane.report(report, closes=closes)
            except Unavailable:
                await asyncio.sleep(REDIS_AWAY)
            else:
                break
        self.work.wake_round()
