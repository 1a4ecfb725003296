"""What a delivery needs next, and when: the table of what follows a lost answer.

| what is known | what then |
|---|---|
| no call in doubt | prepare (checkable platforms), then call at the due time |
| idempotent, inside the platform's memory of keys | look once, then the same key again |
| checkable, with its handle | check, then publish the same handle again |
| only searchable (or the two above without key or handle) | look twice, each after the settle
  time; nothing found: call again only when every caller is proven dead, else unconfirmed |
| blind | unconfirmed: a person decides |
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.delivery import Delivery, DeliveryStatus, Doubt, Work
from publisher.domain.traits import Safety, Traits


@dataclass(frozen=True, slots=True)
class Next:
    """Do this at that time (UTC)."""

    work: Work
    due: datetime


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Nothing that a machine may do is left."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """It is published, failed, unconfirmed, held or cancelled: it waits for somebody."""


NOTHING = Nothing()
ASK_PERSON = AskPerson()

_RESTING = frozenset(
    {
        DeliveryStatus.PUBLISHED,
        DeliveryStatus.FAILED,
        DeliveryStatus.UNCONFIRMED,
        DeliveryStatus.HANDED_OFF,
        DeliveryStatus.CANCELLING,
    }
)


def next_work(
    delivery: Delivery,
    at: datetime | None,
    traits: Traits,
    dead: AbstractSet[str],
    now: datetime,
) -> Next | AskPerson | Nothing:
    """Decide for one delivery without an open claim.

    `at` is when it may go out (None: unscheduled or no longer wanted), `dead` are the callers
    whose supervisor saw them end.
    """
    if delivery.status in _RESTING or delivery.cancelled:
        return NOTHING
    if delivery.accepted:
        return Next(Work.CHECK, delivery.due or now)
    if delivery.doubt is not None:
        return _in_doubt(delivery, delivery.doubt, at, traits, dead, now)
    if at is None or delivery.held:
        return NOTHING
    if traits.safety is Safety.CHECKABLE and not delivery.ready:
        return Next(Work.PREPARE, at)
    return Next(Work.CALL, at)


def without_calls_left(delivery: Delivery, traits: Traits) -> DeliveryStatus:
    """How it ends at the limit. Where only a search can tell, a call whose answer was lost while
    its caller lived may be out for all that anybody knows; look-ups have settled the others.
    """
    sure = traits.safety in {Safety.IDEMPOTENT, Safety.CHECKABLE}
    lost = delivery.doubt is not None and any(call.ended for call in delivery.doubt.calls)
    return DeliveryStatus.UNCONFIRMED if lost and not sure else DeliveryStatus.FAILED


def _in_doubt(
    delivery: Delivery,
    doubt: Doubt,
    at: datetime | None,
    traits: Traits,
    dead: AbstractSet[str],
    now: datetime,
) -> Next | AskPerson | Nothing:
    safety = _safety_now(delivery, doubt, traits, now)
    if safety is Safety.BLIND:
        return ASK_PERSON
    look = Work.CHECK if safety is Safety.CHECKABLE else Work.LOOK_UP
    if doubt.looks < _looks_needed(safety, traits):
        return Next(look, _look_at(doubt, safety, traits))
    repeatable = safety in {Safety.IDEMPOTENT, Safety.CHECKABLE}
    if not repeatable and not all(call.ended or call.caller in dead for call in doubt.calls):
        return ASK_PERSON
    return NOTHING if at is None else Next(Work.CALL, at)


def _safety_now(delivery: Delivery, doubt: Doubt, traits: Traits, now: datetime) -> Safety:
    """What the platform's class is worth by now: keys are forgotten, handles get lost."""
    fallback = Safety.SEARCHABLE if traits.can_look_up else Safety.BLIND
    if traits.safety is Safety.IDEMPOTENT and now - doubt.first_called_at >= traits.key_memory:
        return fallback
    if traits.safety is Safety.CHECKABLE and not delivery.ready:
        return fallback
    return traits.safety


def _looks_needed(safety: Safety, traits: Traits) -> int:
    if safety is Safety.SEARCHABLE:
        return 2
    return 1 if safety is Safety.CHECKABLE or traits.can_look_up else 0


def _look_at(doubt: Doubt, safety: Safety, traits: Traits) -> datetime:
    settle = traits.settle if safety is Safety.SEARCHABLE else timedelta(0)
    times = [doubt.last_called_at + settle]
    if doubt.looked_at:
        times.append(doubt.looked_at + settle)
    if doubt.look_after:
        times.append(doubt.look_after)
    return max(times)
