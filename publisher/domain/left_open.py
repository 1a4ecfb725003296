"""A call in doubt that no machine will settle any more is a person's to answer."""

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime

from publisher.domain.delivery import Delivery, DeliveryStatus, Key
from publisher.domain.epic import Epic, Profile

ACCOUNT_GONE = "nobody can tell whether it is out: no profile leads to its account any more"
NOT_WANTED = "it was unscheduled while nobody knew whether it is out"


def without_account(delivery: Delivery, unusable: Iterable[Profile], now: datetime) -> Delivery:
    """No profile in use leads to its account: wait for a broken one that does, or ask."""
    if any(broken.place == delivery.place for broken in unusable):
        return delivery
    return _left_open(delivery, ACCOUNT_GONE, now)


def unless_dropped(
    delivery: Delivery, epic: Epic | None, wanted: Container[Key], now: datetime
) -> Delivery:
    """As it is, unless people took it out of the epic, or its time away: then ask.

    An epic that is broken just now says nothing.
    """
    if epic is None:
        return delivery
    task = epic.task(delivery.key.task)
    if delivery.key in wanted and task is not None and task.due is not None:
        return delivery
    return _left_open(delivery, NOT_WANTED, now)


def _left_open(delivery: Delivery, why: str, now: datetime) -> Delivery:
    under_way = delivery.status in {DeliveryStatus.PROCESSING, DeliveryStatus.WAITING}
    if not under_way or not (delivery.doubt or delivery.accepted):
        return delivery
    left = delivery.begun().step(DeliveryStatus.UNCONFIRMED)
    return replace(left, due=None, accepted=False).noted(why, now)
