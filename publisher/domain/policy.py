"""The numbers that decisions depend on; all durations are timedeltas."""

from dataclasses import astuple, dataclass
from datetime import timedelta

from publisher.domain.errors import ConfigError

PROMISED_RECOVERY = 12.0
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`attempts_limit` counts every call, the first included.

    `ahead` is how long before its time a delivery is claimed; `prepare_ahead` how long before
    that its uploads begin. `grace` is how late a first attempt may still go out by itself.
    """

    attempts_limit: int = 6
    retry_after: tuple[timedelta, ...] = RETRY_AFTER
    grace: timedelta = timedelta(hours=1)
    same_content_within: timedelta = timedelta(days=30)
    ahead: timedelta = timedelta(seconds=5)
    prepare_ahead: timedelta = timedelta(seconds=60)
    lease: timedelta = timedelta(seconds=9)
    claims_a_round: int = 2000

    def backoff(self, count: int) -> timedelta:
        """The wait after the `count`-th call in a row, counted from 1."""
        return self.retry_after[min(count, len(self.retry_after)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The time-outs of one installation, in seconds; they only work together.

    A worker renews the lease of what it carries every `heartbeat`; a call must begin within
    `call_budget` of passing the gate; an answer is awaited for `http`.
    """

    lease: float = 9.0
    heartbeat: float = 2.5
    call_budget: float = 3.0
    http: float = 30.0
    connect: float = 2.5
    git: float = 20.0
    round_lock: float = 6.0
    tick: float = 1.0
    stale: float = 5.0
    clock_drift: float = 2.0

    def checked(self) -> "Timing":
        """Return itself, or raise ConfigError that names every contradiction."""
        rules = (
            (3 * self.heartbeat <= self.lease, "3 × heartbeat must fit into the lease"),
            (
                self.call_budget + self.heartbeat < self.lease,
                "call_budget + heartbeat must be shorter than the lease",
            ),
            (self.connect < self.call_budget, "connect must be shorter than call_budget"),
            (self.tick < self.stale, "tick must be shorter than stale"),
            (
                self.round_lock + self.stale <= PROMISED_RECOVERY,
                f"round_lock + stale must stay within {PROMISED_RECOVERY:g} s",
            ),
            (
                self.lease + self.tick < PROMISED_RECOVERY,
                f"lease + tick must stay below {PROMISED_RECOVERY:g} s",
            ),
            (min(astuple(self)) > 0, "all must be > 0"),
        )
        broken = [sentence for holds, sentence in rules if not holds]
        if broken:
            raise ConfigError("The time-outs contradict each other: " + "; ".join(broken) + ".")
        return self
