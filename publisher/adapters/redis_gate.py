"""The gate as the round sees it: Redis holds claims, leases, reports and the hand-over."""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import redis
from redis.commands.core import Script

from publisher.adapters.clock import boot_clock
from publisher.domain.errors import ConfigError, Unavailable
from publisher.domain.facts import GateView
from publisher.domain.outcome import Report
from publisher.files.codec import dump_report, load_report, to_plain
from publisher.ports import ClaimFence, HandedClaim

TOMBSTONE = 86_400
DEAD_CALLERS_KEPT = 7 * 86_400
HALTED_FOR = 120
BOOT = "boot:"  # our own server's `syslog-ident` names the boot of its machine
_ASK_AGAIN = 10.0


def lua(name: str) -> str:
    """The text of one script; each begins with what it is for."""
    return files("publisher.adapters").joinpath("lua", f"{name}.lua").read_text("utf-8")


def _kept_by(told: Mapping[str, str]) -> str:
    if told.get("appendonly") != "yes":
        return ""
    ident = told.get("syslog-ident", "")
    match told.get("appendfsync"):
        case "always" if told.get("no-appendfsync-on-rewrite") == "no":
            return "always"
        case "no" if ident.startswith(BOOT):
            return ident
        case _:
            return ""


class Keys:
    """Every key of one repository. A repository id prefixes all of them."""

    def __init__(self, repository: str) -> None:
        self.prefix = f"copydesk:{repository}:"
        self.generation = self.prefix + "generation"
        self.paused_git = self.prefix + "paused:git"
        self.paused_now = self.prefix + "paused:now"
        self.leases = self.prefix + "leases"
        self.calling = self.prefix + "calling"
        self.reports = self.prefix + "reports"
        self.handover = self.prefix + "handover"
        self.last_round = self.prefix + "round:last"
        self.round_lock = self.prefix + "round:lock"
        self.starter = self.prefix + "round:starter"
        self.leader = self.prefix + "round:leader"
        self.trouble = self.prefix + "trouble"
        self.forge_moved = self.prefix + "forge:moved"
        self.sealed = self.prefix + "sealed"
        self.stamps = self.prefix + "stamps"

    def claim(self, claim: str) -> str:
        return f"{self.prefix}claim:{claim}"

    def dead(self, caller: str) -> str:
        return f"{self.prefix}dead:{caller}"

    def halted(self, epic: str) -> str:
        return f"{self.prefix}halted:{epic}"


def from_ms(ms: float | str) -> datetime:
    return datetime.fromtimestamp(float(ms) / 1000, UTC)


def to_ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


class RedisGate:
    """The Gate port. `installation` tells our own earlier generations from somebody else's."""

    def __init__(self, client: "redis.Redis", repository: str, installation: str) -> None:
        self.keys = Keys(repository)
        self._redis = client
        self._installation = installation
        self._asked_at: float | None = None
        self._kept_by = ""
        self._scripts: dict[str, Script] = {
            name: client.register_script(lua(name))
            for name in ("found", "stamp", "install", "fence", "report", "forget", "mark")
        }

    def refuse_forgetful(self) -> None:
        """Raise ConfigError when this Redis may throw keys away to save memory."""
        try:
            policy = self._ask(lambda: self._redis.config_get("maxmemory-policy"))
        except redis.ResponseError:
            return  # a managed Redis that hides its settings
        found = policy.get("maxmemory-policy", "noeviction")
        if found != "noeviction":
            raise ConfigError(
                f"Redis has maxmemory-policy {found}: it may forget claims. Set it to noeviction."
            )

    def now(self) -> datetime:
        seconds, micro = self._ask(self._redis.time)
        return datetime.fromtimestamp(seconds + micro / 1_000_000, UTC)

    def open(self, *, paused: bool, newest: Callable[[str], int | None] = lambda _: None) -> str:
        """Return the generation in force, a new one if need be; mirror git's pause flag.

        `newest` knows the newest stamp of a generation in the ledger; it is asked after a restart.
        """
        generation, certain = self._found(paused, "")
        if not certain:
            self._asked_at = None
            generation, _certain = self._found(paused, str(newest(generation)))
        return generation

    def _found(self, paused: bool, newest: str) -> tuple[str, bool]:
        keys = self.keys
        names = [keys.generation, keys.paused_git, keys.leases, keys.calling]
        args = [self._installation, secrets.token_hex(8), self._keeper(), newest, int(paused)]
        generation, certain = self._run("found", [*names, keys.sealed, keys.stamps], args)
        return str(generation), bool(certain)

    def _keeper(self) -> str:
        """What keeps everything that Redis confirms, also when it is killed; empty: nothing.

        `always`: it is on the disk before the answer. `boot:…`: our own server hands it to this
        machine's kernel before the answer, and the kernel has not ended since. (`everysec` puts
        writes off while the disk is slow.) Asked now and then, and after a restart.
        """
        now = boot_clock()
        if self._asked_at is None or now - self._asked_at > _ASK_AGAIN:
            try:
                told = self._ask(lambda: self._redis.config_get("*append*", "syslog-ident"))
            except redis.ResponseError:
                told = {}  # a managed Redis that hides its settings
            self._kept_by, self._asked_at = _kept_by(told), now
        return self._kept_by

    def stamp(self, generation: str) -> str:
        """A word for the next ledger commit: Redis's data is at least as new as this.

        Raises Unavailable when another generation is in force by now.
        """
        count = self._run("stamp", [self.keys.generation, self.keys.stamps], [generation])
        if not count:
            raise Unavailable("Redis was restarted or emptied in the middle of the round.")
        return f"{generation} {count}"

    def pause_now(self, *, paused: bool) -> None:
        """Stop or reopen the gate at once; git says it for good."""
        if paused:
            self._ask(lambda: self._redis.set(self.keys.paused_now, "1"))
        else:
            self._ask(lambda: self._redis.delete(self.keys.paused_now))

    def settle_pause(self, *, paused: bool) -> None:
        """Git has it now: the immediate flag has done its work."""
        self._ask(lambda: self._redis.set(self.keys.paused_git, "1" if paused else "0"))
        self._ask(lambda: self._redis.delete(self.keys.paused_now))

    def paused_now(self) -> bool:
        return bool(self._ask(lambda: self._redis.exists(self.keys.paused_now)))

    def halt(self, epic: str) -> Sequence[str]:
        """Let nothing of an epic pass for a while; return its claims whose call is under way.

        Git says it for good: a round that has seen the commit fences what is claimed.
        """
        self._ask(lambda: self._redis.set(self.keys.halted(epic), "1", ex=HALTED_FOR))
        found = self._ask(lambda: self._redis.zrange(self.keys.calling, 0, -1))
        return [claim for claim in found if claim.startswith(f"{epic}/")]

    def proceed(self, epic: str) -> None:
        """Git did not take it after all, or wants the epic to go out again."""
        self._ask(lambda: self._redis.delete(self.keys.halted(epic)))

    def reports(self) -> Mapping[str, Report]:
        """Everything that waits to be written to the ledger, by claim and part."""
        waiting = self._ask(lambda: self._redis.hgetall(self.keys.reports))
        return {field: load_report(text) for field, text in waiting.items()}

    def forget(self, reports: Mapping[str, Report]) -> None:
        args = [word for field, report in reports.items() for word in (field, dump_report(report))]
        if args:
            self._run("forget", [self.keys.reports], args)

    def expired(self, now: datetime) -> frozenset[str]:
        """Claims whose worker has not renewed them in time."""
        ms = to_ms(now)
        found = self._ask(lambda: self._redis.zrangebyscore(self.keys.leases, "-inf", ms))
        return frozenset(found)

    def calling(self, before: datetime) -> Mapping[str, datetime]:
        """Calls under way since before that time, and when they began."""
        ms = to_ms(before)
        found = self._ask(
            lambda: self._redis.zrangebyscore(self.keys.calling, "-inf", ms, withscores=True)
        )
        return {claim: from_ms(score) for claim, score in found}

    def fence(self, claims: Sequence[ClaimFence]) -> Mapping[str, GateView]:
        """Shut the gate for these claims and tell what had happened; see fence.lua."""
        if not claims:
            return {}
        args: list[str | int] = [TOMBSTONE]
        for claim in claims:
            args += [claim.id, claim.generation, int(claim.force)]
        keys = [
            self.keys.generation,
            self.keys.leases,
            self.keys.calling,
            *(self.keys.claim(c.id) for c in claims),
        ]
        answers = self._run("fence", keys, args)
        return {
            claim.id: self._view(claim, answer)
            for claim, answer in zip(claims, answers, strict=True)
        }

    def _view(self, claim: ClaimFence, answer: list[str]) -> GateView:
        state, lease, caller, *called = answer
        if state == "other":
            ours = claim.generation.split(".")[0] == self._installation
            return GateView(same_generation=False, same_installation=ours)
        calling = {
            int(part): from_ms(ms) for part, ms in zip(called[::2], called[1::2], strict=True)
        }
        return GateView(
            same_generation=True,
            fenced=state == "fenced",
            lease_end=from_ms(lease) if state == "alive" else None,
            calling=calling,
            caller=caller,
        )

    def dead(self, callers: Iterable[str]) -> frozenset[str]:
        """Which of these processes were seen to end by the supervisor that started them."""
        names = sorted(set(callers))
        if not names:
            return frozenset()
        marks = self._ask(lambda: self._redis.mget([self.keys.dead(name) for name in names]))
        return frozenset(name for name, mark in zip(names, marks, strict=True) if mark)

    def bury(self, caller: str) -> None:
        """The supervisor's word that this process has ended and will never write again."""
        self._ask(lambda: self._redis.set(self.keys.dead(caller), "1", ex=DEAD_CALLERS_KEPT))

    def hand_out(self, generation: str, claims: Sequence[HandedClaim], deadline: datetime) -> bool:
        """Make the claims passable and hand the batch over; False if the gate is another now."""
        args: list[str | int] = [
            generation,
            to_ms(deadline),
            json.dumps([to_plain(claim) for claim in claims], ensure_ascii=False),
        ]
        for claim in claims:
            args += [claim.id, to_ms(claim.due), to_ms(claim.lease_until)]
        keys = [
            self.keys.generation,
            self.keys.leases,
            self.keys.handover,
            *(self.keys.claim(claim.id) for claim in claims),
        ]
        return bool(self._run("install", keys, args))

    def waiting(self) -> int:
        """Batches that no carrier has taken yet."""
        return int(self._ask(lambda: self._redis.llen(self.keys.handover)))

    def mark_round(self, trouble: str) -> None:
        """Tell the other workers that rounds are kept, and people what keeps this one back."""
        self._run("mark", [self.keys.last_round, self.keys.trouble], [trouble])

    def silence(self) -> float:
        """Seconds since the last round, on any machine; infinite before the first."""
        last = self._ask(lambda: self._redis.get(self.keys.last_round))
        return (to_ms(self.now()) - int(last)) / 1000 if last else float("inf")

    def trouble(self) -> str:
        """What kept the last round back; empty when nothing did."""
        return self._ask(lambda: self._redis.get(self.keys.trouble)) or ""

    def _run(self, name: str, keys: list[str], args: list[Any]) -> Any:  # noqa: ANN401 - Lua
        return self._ask(lambda: self._scripts[name](keys=keys, args=args))

    def _ask(self, call: Any) -> Any:  # noqa: ANN401 - redis-py's answers are untyped
        try:
            return call()
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError) as error:
            raise Unavailable(f"Redis does not answer ({type(error).__name__}).") from error
