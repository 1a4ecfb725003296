"""Whether what was published is still there; what is gone stays published, with a mark."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record
from publisher.domain.epic import Profile
from publisher.domain.outcome import Removed, Report
from publisher.domain.policy import Policy
from publisher.domain.report import apply_report
from publisher.ports import Account


@dataclass(frozen=True, slots=True)
class Verify:
    """`connect` gives the account of a profile, or raises ConfigError."""

    connect: Callable[[Profile], Account]

    async def gone(self, record: Record, profiles: dict[str, Profile]) -> list[Key]:
        """The deliveries of which no post is left on the platform."""
        found: list[Key] = []
        for delivery in record.deliveries.values():
            profile = profiles.get(delivery.key.profile)
            looked_at = delivery.status is DeliveryStatus.PUBLISHED and not delivery.removed
            if profile is None or not looked_at or not delivery.parts:
                continue
            if await self.connect(profile).exists(delivery.parts[0].id) is False:
                found.append(delivery.key)
        return found


def removed(delivery: Delivery, now: datetime, _by: str) -> Delivery:
    """Mark a published delivery as removed on its platform."""
    report = Report(claim="", part=0, result=Removed(), at=now)
    return apply_report(delivery, report, Policy())
