"""When a person is asked before anything goes out: overdue, said already, or renamed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from publisher.domain.delivery import Delivery, Key, Mark, Record
from publisher.domain.facts import Facts


class HoldReason(StrEnum):
    """Why something waits for `release` or `cancel`."""

    OVERDUE = "overdue"
    SAME_CONTENT = "same_content"
    RENAMED = "renamed"
    PERSON = "person"


STICKY = frozenset({HoldReason.SAME_CONTENT, HoldReason.RENAMED, HoldReason.PERSON})


def hold_on_sight(key: Key, record: Record, wanted: Iterable[Key], facts: Facts) -> Mark | None:
    """Hold a delivery that appears where something that is out has just vanished."""
    if facts.replaces and not record.deliveries:
        why = (
            f"It appeared together with the disappearance of the epic {facts.replaces},"
            " which is out in part: this looks like the same epic under another name."
        )
        return Mark(why, facts.now, code=HoldReason.RENAMED)
    kept = set(wanted)
    since = facts.now - facts.policy.same_content_within
    gone = [
        delivery.key
        for delivery in record.deliveries.values()
        if delivery.out
        and delivery.key not in kept
        and not (delivery.gone and delivery.gone.at < since)
    ]
    if not gone or key in record.deliveries:
        return None
    why = (
        f"It appeared while {gone[0]}, which is out, vanished from the epic:"
        " this looks like the same post under another name."
    )
    return Mark(why, facts.now, code=HoldReason.RENAMED)


def hold_when_due(
    delivery: Delivery,
    due: datetime,
    facts: Facts,
    print_: str,
    taken: Mapping[tuple[str, str], Key],
) -> Mark | None:
    """Hold a first attempt that is too late, and whatever says what the account has said already.

    `taken` are the account and fingerprint of what is being claimed beside it.
    """
    late = facts.now - due
    if delivery.first and late > facts.policy.grace:
        minutes = int(late.total_seconds() // 60)
        why = (
            f"It is overdue by {minutes} minutes, more than overdue_grace allows:"
            " publish it now, reschedule it or cancel it."
        )
        return Mark(why, facts.now, code=HoldReason.OVERDUE)
    other = taken.get((delivery.place, print_)) or facts.same_content(
        delivery.key, delivery.place, print_
    )
    if other is not None:
        why = f"The same content is already out, or about to be, on this account as {other}."
        return Mark(why, facts.now, code=HoldReason.SAME_CONTENT)
    return None
