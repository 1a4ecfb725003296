"""Whole parts of the world go away, stand still or tell the wrong time, in the middle of it all."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.adapters.embedded import EmbeddedValkey
from publisher.adapters.redis_gate import Keys
from publisher.domain.policy import PROMISED_RECOVERY
from tests.crash import killpoints
from tests.crash.desk import (
    ROOT,
    Desk,
    Stuck,
    keys_of,
    wait_for,
)
from tests.crash.killpoints import Point
from tests.crash.scenes import pause_for
from tests.crash.totals import TOTALS

pytestmark = pytest.mark.crash

SEED = int(os.environ.get("CRASH_SEED", "20261121"))
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
REFUSE = "#!/bin/sh\necho 'maintenance: nobody may push' >&2\nexit 1\n"


@contextmanager
def desk_of(name: str, *, groups: int = 1, **more: object) -> Iterator[Desk]:
    """A desk that is warm; its count goes into the totals, its faults fail the test."""
    started = time.monotonic()
    with Desk(name, **more) as desk:  # type: ignore[arg-type]
        for number in range(groups):
            desk.group(COPYDESK_STATE=str(desk.folder / f"state{number or ''}"))
        desk.wait_for_rest(desk.plain_epic(1), 4)
        yield desk
        TOTALS.add(name, desk.tally, time.monotonic() - started)
    assert not desk.tally.faults, "\n".join(desk.tally.faults)


def posts_of(desk: Desk, epic: str) -> list[dict[str, object]]:
    return [p for p in desk.sandbox.posts() if f"/{epic}/" in (p["key"] or "")]


def some_out(desk: Desk, epic: str, at_least: int = 1) -> None:
    wait_for(lambda: len(posts_of(desk, epic)) >= at_least, "posts going out", within=15)


def in_soon(seconds: float) -> datetime:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)


def trouble(desk: Desk) -> str:
    return desk.client.get(Keys(desk.repository).trouble) or ""


def waiting_reports(desk: Desk) -> int:
    return int(desk.client.hlen(Keys(desk.repository).reports))


# ── Redis ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", ["restarted", "emptied", "flushed"])
def test_redis_goes_in_the_middle_of_calls(what: str) -> None:
    """Only what was open when its data went may need a person, and only where nobody can look.

    A Redis that comes back with its data knows more: there only calls under way may need one.
    """
    with desk_of(f"redis-{what}", hooked=False) as desk:
        for round_ in range(4):
            desk.sandbox.latency(0.25)
            now, later = desk.plain_epic(10), desk.plain_epic(5, in_soon(3.5))
            some_out(desk, now, 1 + 9 * round_)
            if what == "restarted":
                blamed = desk.kill_redis_amid_calls()
                desk.valkey.start()
            elif what == "flushed":
                blamed = desk.open_calls(now) | desk.open_calls(later)
                desk.client.flushall()
                # Claims whose push was under way belong to the Redis that is gone as well.
                blamed |= desk.open_calls(now) | desk.open_calls(later)
            else:
                desk.kill_redis(forget=True)
                blamed = desk.open_calls(now) | desk.open_calls(later)
                desk.valkey.start()
            desk.sandbox.latency(0)
            desk.tally.in_flight += len(blamed)
            desk.tally.kills += 1
            for epic, count in ((now, 40), (later, 20)):
                record = desk.wait_for_rest(epic, count)
                desk.count(record, blamed)
        after = desk.plain_epic(5)
        desk.count(desk.wait_for_rest(after, 20))


def test_what_was_not_yet_due_goes_out_without_anybody_when_redis_lost_it() -> None:
    with desk_of("redis-ahead", hooked=False) as desk:
        epic = desk.plain_epic(5, in_soon(4.5))
        wait_for(lambda: len(desk.remote.record(epic).deliveries) == 20, "claims")
        desk.client.flushall()
        desk.tally.kills += 1
        tally = desk.count(desk.wait_for_rest(epic, 20))
        assert tally.unconfirmed == 0


# ── Git ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["gone", "refuses"])
def test_the_forge_is_away_for_a_while(how: str) -> None:
    """Nothing new goes out, outcomes wait, people are told; then all of it arrives."""
    with desk_of(f"forge-{how}", hooked=False) as desk:
        for _again in range(2):
            desk.sandbox.latency(0.4)
            under_way, ahead = desk.plain_epic(8), desk.plain_epic(3, in_soon(7.5))
            some_out(desk, under_way)
            with _forge_away(desk, how):
                wait_for(lambda: waiting_reports(desk), "outcomes that wait")
                wait_for(lambda: trouble(desk), "a word about the trouble")
                pause_for(9)  # the due time of `ahead` passes
                assert not posts_of(desk, ahead), "went out without a claim in the ledger"
            desk.sandbox.latency(0)
            for epic, count in ((under_way, 32), (ahead, 12)):
                tally = desk.count(desk.wait_for_rest(epic, count))
                assert tally.unconfirmed == 0
            wait_for(lambda: not trouble(desk), "end of the trouble")


@contextmanager
def _forge_away(desk: Desk, how: str) -> Iterator[None]:
    hidden = desk.remote.path.with_name("hidden.git")
    if how == "gone":
        desk.remote.path.rename(hidden)
    else:
        desk.hook_remote(REFUSE)
    try:
        yield
    finally:
        if how == "gone":
            hidden.rename(desk.remote.path)
        else:
            (desk.remote.path / "hooks" / "pre-receive").unlink()


def test_a_git_killed_in_the_middle_of_a_fetch_leaves_no_lock_for_ever() -> None:
    """A cut of the power leaves git's own lock files behind; they must not stop us for good."""
    with desk_of("git-locks", hooked=False) as desk:
        desk.end_all()
        clone = desk.folder / "state" / "clone.git"
        for name in ("config", "packed-refs", "refs/remotes/origin/main", "HEAD"):
            (clone / f"{name}.lock").touch()
        desk.group()
        desk.count(desk.wait_for_rest(desk.plain_epic(2), 8))


# ── Two publishers ───────────────────────────────────────────────────────────────────────────


def test_two_publishers_on_one_redis() -> None:
    with desk_of("two-groups", hooked=False, groups=2) as desk:
        _several_epics(desk)


def test_two_installations_on_one_repository() -> None:
    """Two Redis servers know nothing of each other: the push alone decides."""
    with desk_of("two-redis", hooked=False) as desk, ExitStack() as stack:
        other = EmbeddedValkey(desk.folder / "valkey2")
        other.start()
        stack.callback(other.stop)
        desk.group(REDIS_URL=other.url, COPYDESK_STATE=str(desk.folder / "state2"))
        wait_for(lambda: len(desk.leaders()) == 2, "the second installation")
        _several_epics(desk)


def _several_epics(desk: Desk) -> None:
    for _again in range(3):
        epics = [(desk.rich_epic(), 19), (desk.plain_epic(15), 60)]
        epics.append((desk.plain_epic(15, in_soon(3)), 60))
        for epic, count in epics:
            desk.count(desk.wait_for_rest(epic, count))
    assert desk.tally.unconfirmed == 0


# ── Standing still ───────────────────────────────────────────────────────────────────────────


def _points(module: str, code: str, when: str) -> list[Point]:
    found = [
        p
        for p in killpoints.points_of(ROOT)
        if p.module.endswith(module) and p.code.startswith(code) and p.when == when
    ]
    assert found, f"no such step any more: {code}"
    return found


@pytest.mark.parametrize(
    ("module", "code", "when"),
    [
        ("carrier", "self._entered(", "after"),  # between the gate and the call
        ("carrier", "account.publish(", "before"),
        ("http", "self._session.request(", "before"),  # after the last look at the clock
        ("http", "self._session.request(", "entered"),  # sent; the answer is not read
        ("carrier", "self._report(claim, part, result", "before"),  # answered, not told
        ("carrier", "self.work.lane.enter(", "before"),
    ],
)
def test_a_carrier_stands_still_past_its_lease(module: str, code: str, when: str) -> None:
    """Stopped until others have done what they can, then continued: nothing goes out again."""
    word = code.rpartition(".")[2].partition("(")[0].strip("_")
    name = f"still-{word}-{when}"
    with desk_of(name) as desk:
        for point in _points(module, code, when):
            for passes in (2, 11):
                _stand_still(desk, point, passes)


def _stand_still(desk: Desk, point: Point, passes: int) -> None:
    order = desk.arm(point.name, "stop", passes)
    epic = desk.plain_epic(4)
    fired = wait_for(lambda: desk.fired(order), "stop", within=15)
    desk.tally.kills += 1
    desk.tally.in_flight += len(fired["calling"])
    try:
        with suppress(Stuck):
            desk.wait_for_rest(epic, 16, within=9)
    finally:
        desk.signal([fired["pid"]], signal.SIGCONT)
    wait_for(lambda: fired["pid"] not in desk.carriers(), "end of the continued process")
    wait_for(lambda: not waiting_reports(desk), "reports in the ledger")
    desk.count(desk.wait_for_rest(epic, 16), keys_of(fired["calling"]))


# ── Clocks ───────────────────────────────────────────────────────────────────────────────────

needs_faketime = pytest.mark.skipif(FAKETIME is None, reason="apt-get install faketime")


class Clock:
    """A clock that can be set for the processes that were started with `environment`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"
        self.set(0)

    def set(self, seconds: int) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.file)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",
        }


@contextmanager
def _faked(environment: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@needs_faketime
@pytest.mark.parametrize("jump", [30, -30])
def test_the_clock_of_redis_jumps(jump: int) -> None:
    with desk_of(f"redis-clock-{jump % 97}", hooked=False) as desk:
        clock = Clock(desk.folder)
        desk.kill_redis()
        with _faked(clock.environment):
            desk.valkey.start()
        desk.count(desk.wait_for_rest(desk.plain_epic(3), 12))
        claimed = in_soon(4.5)
        ahead, later = desk.plain_epic(3, claimed), desk.plain_epic(3, in_soon(20))
        wait_for(lambda: len(desk.remote.record(ahead).deliveries) == 12, "claims")
        clock.set(jump)
        desk.tally.kills += 1
        wait_for(lambda: "clock jumped" in trouble(desk), "a word about the clock", within=10)
        wait_for(lambda: datetime.now(UTC) > claimed + timedelta(seconds=3), "due time")
        assert not posts_of(desk, later), "claimed although the clock had jumped"
        clock.set(0)
        for epic in (ahead, later):
            record = desk.wait_for_rest(epic, 12, within=60)
            desk.count(record)
        early = [
            p
            for epic, due in ((ahead, claimed),)
            for p in posts_of(desk, epic)
            if _instant(p["created_at"]) < due.timestamp() - 0.1
        ]
        assert not early, f"went out before its time: {early}"
        assert desk.tally.unconfirmed == 0


@needs_faketime
@pytest.mark.parametrize("jump", [60, -60])
def test_the_clock_of_a_worker_jumps(jump: int) -> None:
    """It claims nothing and says so; what waits goes out once the clock is right again."""
    started = time.monotonic()
    with Desk(f"worker-clock-{jump % 97}", hooked=False) as desk:
        clock = Clock(desk.folder)
        desk.group(**clock.environment)
        desk.count(desk.wait_for_rest(desk.plain_epic(2), 8))
        clock.set(jump)
        desk.tally.kills += 1
        wait_for(lambda: "clock jumped" in trouble(desk), "a word about the clock", within=10)
        epic = desk.plain_epic(3)
        end = time.monotonic() + 3
        wait_for(lambda: time.monotonic() > end, "rounds")
        assert not posts_of(desk, epic), "claimed although the clock had jumped"
        clock.set(0)
        desk.count(desk.wait_for_rest(epic, 12))
        TOTALS.add(desk.name, desk.tally, time.monotonic() - started)
    assert not desk.tally.faults, "\n".join(desk.tally.faults)


def _instant(written: object) -> float:
    if isinstance(written, int | float):
        return float(written)
    return datetime.fromisoformat(str(written)).timestamp()


# ── Everything dies ──────────────────────────────────────────────────────────────────────────


def test_rounds_come_again_within_12_seconds_with_the_products_own_timings() -> None:
    with desk_of("leader", hooked=False, timing="") as desk:
        for _again in range(3):
            leaders = desk.leaders()
            died = time.monotonic()
            desk.signal(leaders, signal.SIGKILL)
            desk.tally.kills += len(leaders)
            key = Keys(desk.repository).last_round
            before = int(desk.client.get(key) or 0)
            epic = desk.plain_epic(2)

            def again(before: int = before, key: str = key) -> bool:
                return int(desk.client.get(key) or 0) > before

            wait_for(again, "round after the leader died", within=PROMISED_RECOVERY + 5)
            took = time.monotonic() - died
            assert took <= PROMISED_RECOVERY, f"the first round came after {took:.1f} s"
            desk.count(desk.wait_for_rest(epic, 8))
        assert desk.tally.unconfirmed == 0


def test_everything_is_killed_and_started_cold() -> None:
    chance = random.Random(SEED)
    with desk_of("cold", hooked=False) as desk:
        for _again in range(5):
            desk.sandbox.latency(0.15)
            epics = [(desk.rich_epic(), 19), (desk.plain_epic(6, in_soon(2)), 24)]
            some_out(desk, epics[0][0], chance.randint(1, 12))
            desk.signal(desk.workers(), signal.SIGSTOP)
            # Redis comes back with its marks: only what was being called may need a person.
            blamed = desk.calling()
            desk.kill_redis()
            desk.end_all()
            desk.tally.in_flight += len(blamed)
            desk.tally.kills += 1
            desk.sandbox.latency(0)
            desk.valkey.start()
            desk.group()
            for epic, count in epics:
                desk.count(desk.wait_for_rest(epic, count), blamed)


def test_processes_are_killed_at_random_for_a_while() -> None:
    """Also between the enumerated steps: inside RQ, inside git, inside anything."""
    chance = random.Random(SEED)
    with desk_of("storm", hooked=False, deliverers=2) as desk:
        desk.sandbox.latency(0.05)
        blamed: set[str] = set()
        epics: list[tuple[str, int]] = []
        for number in range(40):
            if number % 2 == 0:
                epics.append((desk.plain_epic(12, in_soon(chance.choice([-1, 1, 2]))), 48))
                epics.append((desk.rich_epic(), 19))
            victims = sorted(desk.workers())
            if victims:
                victim = chance.choice(victims)
                # Stopped first, so that what it is calling does not change while we look.
                desk.signal([victim], signal.SIGSTOP)
                calling = desk.calling()
                desk.signal([victim], signal.SIGKILL)
                blamed |= calling
                desk.tally.kills += 1
                desk.tally.in_flight += len(calling)
            end = time.monotonic() + chance.uniform(0.1, 0.9)
            wait_for(lambda end=end: time.monotonic() > end, "the next")  # type: ignore[misc]
            if not desk.leaders() and not desk.workers():
                desk.group()
        if not desk.workers():
            desk.group()
        posts = None
        for epic, count in epics:
            record = desk.wait_for_rest(epic, count, within=90)
            desk.count(record, blamed, posts)
