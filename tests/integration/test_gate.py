"""The gate: every rule of the table, with the real scripts in a real Valkey."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import redis
import redis.asyncio as aioredis

from publisher.adapters.embedded import EmbeddedValkey
from publisher.adapters.redis_gate import TOMBSTONE, RedisGate
from publisher.adapters.redis_lane import RedisLane
from publisher.domain.delivery import Key
from publisher.domain.errors import Unavailable
from publisher.domain.facts import GateView
from publisher.domain.outcome import NotBegun, Published, Report
from publisher.ports import ClaimFence, HandedClaim, Passed

T = TypeVar("T")
CLAIM = "spring/teaser/x#1"
BUDGET, LEASE = 3.0, 9.0
SECOND = timedelta(seconds=1)


@dataclass
class Door:
    """The gate of one repository, as rounds and as carriers see it."""

    url: str
    client: "redis.Redis"
    gate: RedisGate

    def lane(self, ask: Callable[[RedisLane], Awaitable[T]], caller: str = "me") -> T:
        async def asked() -> T:
            client = aioredis.Redis.from_url(self.url, decode_responses=True)
            try:
                return await ask(RedisLane(client, "acme", caller, LEASE, BUDGET))
            finally:
                await client.aclose()

        return asyncio.run(asked())

    def claim(self, **changed: object) -> HandedClaim:
        now = self.gate.now()
        claim = HandedClaim(
            id=CLAIM,
            key=Key("spring", "teaser", "x"),
            work="call",
            generation=self.gate.open(paused=False),
            due=now - SECOND,
            lease_until=now + LEASE * SECOND,
            digest="d",
            commit="c",
            path="p",
            part=0,
            parts=1,
        )
        return replace(claim, **changed)  # type: ignore[arg-type]

    def handed(self, **changed: object) -> HandedClaim:
        claim = self.claim(**changed)
        assert self.gate.hand_out(claim.generation, [claim], self.gate.now() + SECOND)
        return claim

    def enter(
        self, claim: HandedClaim, part: int = 0, caller: str = "me"
    ) -> Passed | NotBegun | float:
        return self.lane(lambda lane: lane.enter(claim, part), caller)

    def word(self, claim: HandedClaim, part: int = 0, caller: str = "me") -> str:
        """“ok”, or the reason of the refusal."""
        answer = self.enter(claim, part, caller)
        assert not isinstance(answer, float), "too early"
        return "ok" if isinstance(answer, Passed) else answer.reason

    def keep(self, *claims: str, caller: str = "me") -> frozenset[str]:
        return self.lane(lambda lane: lane.keep(claims), caller)

    def fence(self, claim: HandedClaim, *, force: bool) -> GateView:
        return self.gate.fence([ClaimFence(claim.id, claim.generation, force)])[claim.id]

    def report(self, claim: HandedClaim, *, part: int = 0, closes: bool = True) -> Report:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        report = Report(claim=claim.id, part=part, result=Published("p1"), at=at, caller="me")
        self.lane(lambda lane: lane.report(report, closes=closes))
        return report


@pytest.fixture
def door(valkey: EmbeddedValkey, empty_redis: "redis.Redis") -> Door:
    return Door(valkey.url, empty_redis, RedisGate(empty_redis, "acme", "here"))


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path)
    server.start()
    yield server
    server.stop()


def test_a_claim_in_its_time_passes_once_at_redis_own_time(door: Door) -> None:
    claim = door.handed()
    before = door.gate.now() - SECOND / 1000
    answer = door.enter(claim)
    assert isinstance(answer, Passed)
    assert before <= answer.at <= door.gate.now()
    assert door.gate.calling(door.gate.now() + SECOND) == {CLAIM: answer.at}
    assert door.word(claim) == "called"


# The generation.


def test_an_emptied_redis_refuses_everything(door: Door) -> None:
    claim = door.handed()
    door.client.flushall()
    assert door.word(claim) == "generation"
    assert door.gate.open(paused=False) != claim.generation
    assert door.word(claim) == "generation"
    assert not door.gate.hand_out(claim.generation, [claim], door.gate.now() + SECOND)
    assert door.gate.waiting() == 0


def test_a_redis_whose_counters_were_reset_is_still_the_same(door: Door) -> None:
    claim = door.handed()
    door.client.config_resetstat()
    assert door.gate.open(paused=False) == claim.generation
    assert door.word(claim) == "ok"


def test_a_new_generation_forgets_that_git_allowed_to_go_on(door: Door) -> None:
    """Only a round that has read git may open the gate of a Redis that lost its data."""
    door.handed()
    door.client.set(door.gate.keys.generation, "here.old.dead0000")
    claim = door.claim()
    assert claim.generation.startswith("here.")
    assert door.client.get(door.gate.keys.paused_git) == "0"
    door.client.set(door.gate.keys.generation, "here.old.dead0000")
    keys = door.gate.keys
    names = [keys.generation, keys.paused_git, keys.leases, keys.calling, keys.sealed, keys.stamps]
    door.gate._run("found", names, ["here", "x", "", ""])
    assert door.client.get(door.gate.keys.paused_git) is None


def test_the_generation_tells_our_own_past_from_another_installation(door: Door) -> None:
    claim = door.handed()
    door.client.flushall()
    door.gate.open(paused=False)
    ours = door.fence(claim, force=True)
    assert (ours.same_generation, ours.same_installation) == (False, True)
    theirs = door.fence(replace(claim, generation="elsewhere.1.2"), force=True)
    assert (theirs.same_generation, theirs.same_installation) == (False, False)


# The time.


def test_before_its_time_the_gate_says_how_long_to_wait(door: Door) -> None:
    claim = door.handed(due=door.gate.now() + 2 * SECOND)
    answer = door.enter(claim)
    assert isinstance(answer, float)
    assert 1.0 < answer <= 2.0
    assert door.gate.calling(door.gate.now() + SECOND) == {}


def test_so_near_to_the_end_of_its_lease_that_the_call_may_outlast_it_a_claim_is_late(
    door: Door,
) -> None:
    late = door.handed(lease_until=door.gate.now() + (BUDGET - 0.1) * SECOND)
    assert door.word(late) == "late"
    in_time = door.handed(id="a/b/c#2", lease_until=door.gate.now() + (BUDGET + 2) * SECOND)
    assert door.word(in_time) == "ok"


# Pausing.


def test_paused_in_git_refuses(door: Door) -> None:
    claim = door.handed()
    door.gate.open(paused=True)
    assert door.word(claim) == "paused"
    door.gate.open(paused=False)
    assert door.word(claim) == "ok"


def test_paused_at_once_refuses_whatever_git_says(door: Door) -> None:
    claim = door.handed()
    door.gate.pause_now(paused=True)
    door.gate.open(paused=False)
    assert door.word(claim) == "paused"
    assert door.gate.paused_now()
    door.gate.pause_now(paused=False)
    assert door.word(claim) == "ok"


def test_settling_a_pause_leaves_no_moment_between_the_two_flags(door: Door) -> None:
    claim = door.handed()
    door.gate.pause_now(paused=True)
    door.gate.settle_pause(paused=True)
    assert not door.gate.paused_now()
    assert door.word(claim) == "paused"


def test_not_knowing_whether_git_says_pause_refuses(door: Door) -> None:
    claim = door.handed()
    door.client.delete(door.gate.keys.paused_git)
    assert door.word(claim) == "paused"


# Who may pass, and how often.


def test_a_claim_that_redis_never_heard_of_is_missing(door: Door) -> None:
    assert door.word(door.claim()) == "missing"


def test_a_revoked_claim_is_refused(door: Door) -> None:
    claim = door.handed()
    assert door.fence(claim, force=True).fenced
    assert door.word(claim) == "revoked"


def test_a_claim_that_somebody_else_carries_is_taken(door: Door) -> None:
    claim = door.handed()
    assert door.keep(CLAIM, caller="other") == frozenset()
    assert door.word(claim) == "taken"
    assert door.word(claim, caller="other") == "ok"


def test_every_part_passes_by_itself_and_only_once(door: Door) -> None:
    claim = door.handed(parts=3)
    assert [door.word(claim, part) for part in (0, 1, 0, 1, 2, 2)] == [
        "ok",
        "ok",
        "called",
        "called",
        "ok",
        "called",
    ]
    assert door.word(claim, 3, caller="other") == "taken"


def test_of_many_who_rush_at_one_claim_exactly_one_passes(door: Door) -> None:
    claim = door.handed()

    async def rush() -> Sequence[object]:
        client = aioredis.Redis.from_url(door.url, decode_responses=True)
        lanes = [RedisLane(client, "acme", f"caller-{n}", LEASE, BUDGET) for n in range(50)]
        try:
            return await asyncio.gather(*(lane.enter(claim, 0) for lane in lanes))
        finally:
            await client.aclose()

    answers = asyncio.run(rush())
    assert sum(isinstance(answer, Passed) for answer in answers) == 1
    assert {a.reason for a in answers if isinstance(a, NotBegun)} == {"taken"}


# Fencing.


def test_a_claim_inside_its_lease_is_only_fenced_by_force(door: Door) -> None:
    claim = door.handed()
    alive = door.fence(claim, force=False)
    assert not alive.fenced
    assert alive.lease_end is not None
    assert abs(alive.lease_end - claim.lease_until) <= SECOND / 1000
    assert door.word(claim) == "ok"
    assert door.fence(claim, force=True).fenced


def test_a_claim_after_its_lease_is_fenced_without_force(door: Door) -> None:
    claim = door.handed(lease_until=door.gate.now() - SECOND)
    assert door.gate.expired(door.gate.now()) == {CLAIM}
    assert door.fence(claim, force=False).fenced
    assert door.gate.expired(door.gate.now()) == frozenset()


def test_fencing_tells_which_parts_were_called_when_and_by_whom(door: Door) -> None:
    claim = door.handed(parts=2)
    called = [door.enter(claim, part) for part in (0, 1)]
    view = door.fence(claim, force=True)
    assert view.caller == "me"
    assert view.calling == {part: p.at for part, p in enumerate(called) if isinstance(p, Passed)}
    assert len(view.calling) == 2


def test_a_hand_out_that_comes_after_the_fence_opens_nothing(door: Door) -> None:
    """The round that claimed was slow; meanwhile another gave the claim up."""
    claim = door.claim()
    view = door.fence(claim, force=False)
    assert view.fenced
    assert view.calling == {}
    assert door.gate.hand_out(claim.generation, [claim], door.gate.now() + SECOND)
    assert door.word(claim) in {"missing", "revoked"}
    assert door.keep(CLAIM) == {CLAIM}
    assert door.gate.expired(door.gate.now() + timedelta(days=1)) == frozenset()
    assert 0 < door.client.ttl(door.gate.keys.claim(CLAIM)) <= TOMBSTONE


def test_a_hand_out_that_comes_too_late_opens_nothing(door: Door) -> None:
    claim = door.claim()
    assert not door.gate.hand_out(claim.generation, [claim], door.gate.now() - SECOND / 100)
    assert door.word(claim) == "missing"
    assert door.gate.waiting() == 0


def test_handing_out_twice_does_not_renew_what_was_called(door: Door) -> None:
    claim = door.handed()
    assert door.word(claim) == "ok"
    assert door.gate.hand_out(claim.generation, [claim], door.gate.now() + SECOND)
    assert door.word(claim) == "called"


# Leases.


def test_renewing_takes_a_claim_and_prolongs_it(door: Door) -> None:
    claim = door.handed(lease_until=door.gate.now() + SECOND)
    assert door.word(claim) == "late"
    assert door.keep(CLAIM) == frozenset()
    assert door.word(claim) == "ok"
    assert door.gate.expired(door.gate.now() + 2 * SECOND) == frozenset()
    assert door.gate.expired(door.gate.now() + (LEASE + 1) * SECOND) == {CLAIM}


def test_renewing_refuses_claims_that_are_fenced_foreign_or_unknown(door: Door) -> None:
    fenced, foreign = door.handed(id="a/a/x#1"), door.handed(id="b/b/x#1")
    door.fence(fenced, force=True)
    door.keep(foreign.id, caller="other")
    mine = door.handed(id="c/c/x#1")
    asked = [fenced.id, foreign.id, mine.id, "d/d/x#1"]
    assert door.keep(*asked) == {fenced.id, foreign.id, "d/d/x#1"}
    assert door.client.hget(door.gate.keys.claim(foreign.id), "caller") == "other"


def test_a_batch_is_taken_by_one_carrier(door: Door) -> None:
    claim = door.handed()
    assert door.gate.waiting() == 1
    assert list(door.lane(lambda lane: lane.take(0.02))) == [claim]
    assert list(door.lane(lambda lane: lane.take(0.02), "other")) == []


# Reports.


def test_the_last_report_closes_its_claim(door: Door) -> None:
    claim = door.handed()
    assert door.word(claim) == "ok"
    door.report(claim)
    assert door.gate.calling(door.gate.now() + SECOND) == {}
    assert door.gate.expired(door.gate.now() + timedelta(days=1)) == frozenset()
    assert door.word(claim, 1) == "revoked"
    assert door.keep(CLAIM) == {CLAIM}
    assert 0 < door.client.ttl(door.gate.keys.claim(CLAIM)) <= TOMBSTONE


def test_a_report_of_one_part_leaves_the_claim_open_for_the_next(door: Door) -> None:
    claim = door.handed(parts=2)
    door.word(claim)
    door.report(claim, closes=False)
    assert door.word(claim, 1) == "ok"
    door.report(claim, part=1)
    assert set(door.gate.reports()) == {f"{CLAIM}|0", f"{CLAIM}|1"}


def test_reports_stay_until_they_are_forgotten(door: Door) -> None:
    report = door.report(door.handed())
    assert door.gate.reports() == {f"{CLAIM}|0": report}
    assert door.gate.reports() == {f"{CLAIM}|0": report}
    door.gate.forget(door.gate.reports())
    assert door.gate.reports() == {}


def test_forgetting_leaves_a_report_that_was_replaced_meanwhile(door: Door) -> None:
    claim = door.handed()
    door.report(claim)
    seen = door.gate.reports()
    newer = replace(seen[f"{CLAIM}|0"], result=Published("p2"))
    door.lane(lambda lane: lane.report(newer, closes=True))
    door.gate.forget(seen)
    assert door.gate.reports() == {f"{CLAIM}|0": newer}


# Redis itself.


def test_the_embedded_redis_never_evicts_keeps_a_log_and_listens_here_only(
    door: Door,
) -> None:
    told = door.client.config_get("*")
    assert told["maxmemory-policy"] == "noeviction"
    assert told["appendonly"] == "yes"
    assert told["bind"] == "127.0.0.1"


def test_two_repositories_on_one_redis_do_not_see_each_other(door: Door) -> None:
    other = RedisGate(door.client, "other", "here")
    claim = door.handed()
    other.open(paused=True)
    other.pause_now(paused=True)
    door.report(claim, closes=False)
    assert door.word(claim) == "ok"
    assert other.reports() == {}
    assert other.waiting() == 0
    assert other.expired(door.gate.now() + timedelta(days=1)) == frozenset()
    assert {key.split(":")[1] for key in door.client.scan_iter()} == {"acme", "other"}


def test_a_redis_that_is_gone_is_unavailable_and_nothing_else(own_valkey: EmbeddedValkey) -> None:
    with redis.Redis.from_url(own_valkey.url, decode_responses=True) as client:
        door = Door(own_valkey.url, client, RedisGate(client, "acme", "here"))
        claim = door.handed()
        own_valkey.stop()
        for ask in (door.gate.now, door.gate.reports, door.gate.silence, door.gate.paused_now):
            with pytest.raises(Unavailable, match="Redis does not answer"):
                ask()
        with pytest.raises(Unavailable):
            door.word(claim)
        with pytest.raises(Unavailable):
            door.keep(CLAIM)


def test_the_dead_are_those_whose_end_was_seen(door: Door) -> None:
    assert door.gate.dead(["a", "b"]) == frozenset()
    door.gate.bury("a")
    assert door.gate.dead(["a", "b"]) == {"a"}


def test_the_silence_since_the_last_round_is_told_in_seconds(door: Door) -> None:
    assert door.gate.silence() == float("inf")
    door.gate.mark_round("Something is wrong.")
    assert 0 <= door.gate.silence() < 2
    assert door.gate.trouble() == "Something is wrong."
    door.gate.mark_round("")
    assert door.gate.trouble() == ""
