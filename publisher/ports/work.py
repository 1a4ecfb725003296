"""What workers need besides: hints, clocks, and the content of a claim."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from publisher.domain.epic import Profile
from publisher.ports.gate import HandedClaim
from publisher.ports.platforms import Attachment, Post


class Queue(Protocol):
    """The hint that there is work; losing it costs a moment, never a post."""

    def wake_round(self) -> None: ...

    def wake_carriers(self) -> None: ...


class ClockGuard(Protocol):
    """Watches the clocks of this host and of Redis against one that cannot jump."""

    def trouble(self, redis_now: datetime) -> str:
        """Why this process must not claim now; empty when the clocks agree."""
        ...


class Contents(Protocol):
    """What a carrier reads: the approved content of a claim, from git."""

    def profile(self, claim: HandedClaim) -> Profile:
        """The account as the desk files had it at the claim's commit; raise NotFound."""
        ...

    def fitting(self, claim: HandedClaim, profile: Profile) -> Callable[[], None] | None:
        """What takes long before `posts` and may be done in another thread; None: nothing does."""
        ...

    def posts(self, claim: HandedClaim, profile: Profile) -> tuple[Post, ...]:
        """One post a part; raise Refused when the bytes are not those that were claimed."""
        ...

    def linked(self, media: Attachment) -> Attachment:
        """The same with an address where the platform can fetch it for a while.

        Raise ConfigError when this installation has no public address.
        """
        ...
