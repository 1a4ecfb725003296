"""What people may decide about one delivery. Each raises Refused with what to do instead."""

from dataclasses import replace
from datetime import datetime

from publisher.domain.delivery import Attempt, Delivery, DeliveryStatus, Mark
from publisher.domain.errors import Refused
from publisher.domain.holds import HoldReason
from publisher.domain.outcome import NO_HANDLE, Published
from publisher.domain.report import published


def retried(delivery: Delivery, now: datetime, by: str) -> Delivery:
    """Try again now: a new count of calls, the history is kept."""
    if delivery.status is DeliveryStatus.UNCONFIRMED:
        raise Refused(
            f"{delivery.key} may be out already. Look at the account, then say"
            f" `copydesk resolve {delivery.key.epic} {delivery.key.task}/{delivery.key.profile}"
            " --live URL` or `--not-live`."
        )
    if delivery.status not in {DeliveryStatus.FAILED, DeliveryStatus.WAITING}:
        raise Refused(f"{delivery.key} is {delivery.status}: there is nothing to retry.")
    again = replace(delivery, due=now, count=0, held=None, released=Mark("retried", now, by))
    return again.step(DeliveryStatus.PENDING)


def held(delivery: Delivery, now: datetime, by: str) -> Delivery:
    """Keep it back until somebody releases or cancels it."""
    if delivery.out or delivery.cancelled:
        raise Refused(f"{delivery.key} is {delivery.status}: it is too late to hold it.")
    return replace(delivery, held=Mark("held by a person", now, by, code=HoldReason.PERSON))


def released(delivery: Delivery, now: datetime, by: str) -> Delivery:
    """Let a held delivery go out now."""
    if delivery.held is None:
        raise Refused(f"{delivery.key} is not held: there is nothing to release.")
    return replace(delivery, held=None, due=now, released=Mark("released", now, by))


def cancelled(delivery: Delivery, now: datetime, by: str) -> Delivery:
    """Never send it; a tombstone stays in the ledger."""
    if delivery.out or delivery.claim is not None:
        raise Refused(f"{delivery.key} is {delivery.status}: it is too late to cancel it.")
    return replace(delivery, held=None, due=None, cancelled=Mark("cancelled", now, by))


def resolved(delivery: Delivery, live_url: str | None, now: datetime, by: str) -> Delivery:
    """Answer for the platform: it is live at that URL, or (None) it is not and may be sent."""
    if delivery.status is not DeliveryStatus.UNCONFIRMED:
        raise Refused(f"{delivery.key} is {delivery.status}, not unconfirmed: nothing to resolve.")
    if live_url is not None:
        return published(delivery, Published("", live_url), now).noted("said to be live", now, by)
    attempt = Attempt(
        n=len(delivery.attempts) + 1, part=len(delivery.parts), at=now, result="not live"
    )
    clear = replace(
        delivery,
        doubt=None,
        due=now,
        count=0,
        handle=NO_HANDLE,
        attempts=(*delivery.attempts, attempt),
        released=Mark("said not to be live", now, by),
    )
    return clear.step(DeliveryStatus.PENDING)
