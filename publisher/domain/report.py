"""How a delivery changes when a carrier reports: one function, every result."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from publisher.domain.delivery import (
    LOOKING,
    Attempt,
    Claim,
    Delivery,
    DeliveryStatus,
    Doubt,
    LivePart,
    LostCall,
    Mark,
    Work,
)
from publisher.domain.outcome import (
    NO_HANDLE,
    Accepted,
    ErrorKind,
    Fault,
    GiveUp,
    Located,
    NotBegun,
    Prepared,
    Published,
    Removed,
    Report,
    Retry,
    Unknown,
)
from publisher.domain.policy import Policy


def apply_report(delivery: Delivery, report: Report, policy: Policy) -> Delivery:
    """Take what a carrier says into the delivery; saying it twice changes nothing."""
    if isinstance(report.result, Removed):
        return _removed(delivery, report)
    claim = delivery.claim
    if claim is None or delivery.claim_id != report.claim:
        return _late(delivery, report)
    if report.part != len(delivery.parts):
        return delivery
    if claim.work in LOOKING and isinstance(report.result, NotBegun | Retry | GiveUp | Unknown):
        return _looked_in_vain(delivery, report, report.result, policy)
    match report.result:
        case Published():
            return published(delivery, report.result, report.at, called_at=report.called_at)
        case Prepared(handle):
            return replace(delivery, claim=None, handle=handle, half_ready=False)
        case Accepted(handle, poll_after):
            kept = replace(delivery.begun(), claim=None, handle=handle, accepted=True, doubt=None)
            return replace(kept, due=report.at + poll_after)
        case Located(found):
            return _located(delivery, found, report)
        case NotBegun():
            return _not_begun(delivery)
        case Retry() | GiveUp():
            return _refused(delivery, report, report.result, policy)
        case Unknown(fault):
            call = LostCall(report.claim, report.caller, ended=True)
            called = report.called_at or report.at
            return lost(delivery, claim, call, called, report.at, fault, policy)
        case _:
            assert_never(report.result)


def published(
    delivery: Delivery, found: Published, at: datetime, called_at: datetime | None = None
) -> Delivery:
    """One part is live; the last one makes the delivery published."""
    claim, doubt = delivery.claim, delivery.doubt
    looking = claim is None or claim.work in LOOKING
    known = claim or doubt
    parts = (*delivery.parts, LivePart(found.id, found.url, at))
    more = len(parts) < (known.parts if known else len(parts))
    attempt = _attempt(delivery, at, "published", called_at=called_at)
    grown = replace(
        delivery.begun(),
        claim=None if looking else claim,
        parts=parts,
        attempts=(*delivery.attempts, attempt),
        doubt=_about_the_next(doubt, len(parts)) if looking and more else None,
        count=0,
        handle=NO_HANDLE,
        accepted=False,
    )
    if more and grown.status is DeliveryStatus.UNCONFIRMED:
        return grown.step(DeliveryStatus.PENDING)
    if more:
        return grown
    return replace(grown.step(DeliveryStatus.PUBLISHED), claim=None, due=None, held=None)


def _about_the_next(doubt: Doubt | None, part: int) -> Doubt | None:
    """A part was found; the one after it may have been called as well."""
    if doubt is None or part > doubt.last_part:
        return None
    return replace(doubt, looks=0, looked_at=None, look_after=None)


def lost(
    delivery: Delivery,
    claim: Claim,
    call: LostCall,
    called_at: datetime,
    now: datetime,
    fault: Fault,
    policy: Policy,
    last_part: int = 0,
) -> Delivery:
    """A call was made and its answer never came: doubt, until it is settled.

    `last_part` is the last part that this claim may have called.
    """
    count = delivery.count + 1
    retry_at = now + policy.backoff(count) if call.ended else now
    old = delivery.doubt
    doubt = Doubt(
        first_called_at=old.first_called_at if old else called_at,
        last_called_at=called_at,
        calls=(*(old.calls if old else ()), call),
        commit=claim.commit,
        path=claim.path,
        digest=claim.digest,
        parts=claim.parts,
        last_part=max(last_part, len(delivery.parts)),
    )
    attempt = _attempt(delivery, now, "lost", called_at=called_at, fault=fault)
    return replace(
        delivery.begun(),
        attempts=(*delivery.attempts, attempt),
        count=count,
        claim=None,
        doubt=doubt,
        due=retry_at,
    )


def _located(delivery: Delivery, found: Published | None, report: Report) -> Delivery:
    if found is not None:
        return published(delivery, found, report.at)
    if delivery.doubt is None:
        return replace(delivery, claim=None)
    doubt = replace(delivery.doubt, looks=delivery.doubt.looks + 1, looked_at=report.at)
    return replace(delivery, claim=None, doubt=doubt)


def _not_begun(delivery: Delivery) -> Delivery:
    freed = replace(delivery, claim=None)
    back_to_start = delivery.status is DeliveryStatus.PROCESSING and not delivery.somewhere
    return freed.step(DeliveryStatus.PENDING) if back_to_start else freed


def _looked_in_vain(
    delivery: Delivery, report: Report, result: NotBegun | Retry | GiveUp | Unknown, policy: Policy
) -> Delivery:
    """A look-up said “not there” (NotBegun), or could not be made, which proves nothing."""
    if delivery.accepted and isinstance(result, GiveUp):
        return _refused(delivery, report, result, policy)
    claim_work = delivery.claim.work if delivery.claim else None
    freed = replace(delivery, claim=None)
    doubt = delivery.doubt
    failed = doubt.looks_failed + 1 if doubt else 1
    wait = policy.backoff(failed)
    if isinstance(result, Retry) and result.after is not None:
        wait = result.after
    if delivery.accepted:
        return replace(freed, due=report.at + wait)
    if doubt is None:
        return freed
    if isinstance(result, NotBegun):
        return replace(freed, doubt=replace(doubt, looks=doubt.looks + 1, looked_at=report.at))
    lost_handle = isinstance(result, GiveUp) and claim_work is Work.CHECK
    return replace(
        freed,
        doubt=replace(doubt, look_after=report.at + wait, looks_failed=failed),
        handle=NO_HANDLE if lost_handle else delivery.handle,
    )


def _refused(
    delivery: Delivery, report: Report, result: Retry | GiveUp, policy: Policy
) -> Delivery:
    """The platform said no: later, or never without a person."""
    count = delivery.count + 1
    again = isinstance(result, Retry) and count < min(
        policy.attempts_limit, len(policy.retry_after) + 1
    )
    wait = policy.backoff(count)
    if isinstance(result, Retry) and result.after is not None:
        wait = max(wait, result.after)
    retry_at = report.at + wait if again else None
    attempt = _attempt(
        delivery,
        report.at,
        "retry" if again else "failed",
        called_at=report.called_at,
        fault=result.fault,
        retry_at=retry_at,
    )
    doubt = replace(delivery.doubt, looks=0) if delivery.doubt else None
    so_far = result.handle if isinstance(result, Retry) else NO_HANDLE
    changed = replace(
        delivery.begun(),
        attempts=(*delivery.attempts, attempt),
        count=count,
        claim=None,
        due=retry_at,
        doubt=doubt,
        accepted=False,
        handle=(so_far or report.handle or delivery.handle) if again else NO_HANDLE,
        half_ready=bool(so_far) or delivery.half_ready,
    )
    return changed.step(DeliveryStatus.WAITING if again else DeliveryStatus.FAILED)


def _late(delivery: Delivery, report: Report) -> Delivery:
    """A worker came back after its claim was taken over: a note, or the proof that was missing."""
    doubt = delivery.doubt
    known = doubt is not None and any(call.claim == report.claim for call in doubt.calls)
    if doubt is None or not known or report.part != len(delivery.parts):
        return delivery
    if isinstance(report.result, Published):
        return published(delivery, report.result, report.at, called_at=report.called_at)
    if isinstance(report.result, Unknown):
        calls = tuple(
            replace(call, ended=True) if call.claim == report.claim else call
            for call in doubt.calls
        )
        return replace(delivery, doubt=replace(doubt, calls=calls))
    if isinstance(report.result, NotBegun | Retry | GiveUp):
        calls = tuple(call for call in doubt.calls if call.claim != report.claim)
        return _without(delivery, replace(doubt, calls=calls), report.at)
    return delivery


def _without(delivery: Delivery, doubt: Doubt, at: datetime) -> Delivery:
    """One call less in doubt; with the last one the doubt itself is gone."""
    if doubt.calls:
        return replace(delivery, doubt=doubt)
    clear = replace(delivery, doubt=None, due=at)
    if delivery.status is DeliveryStatus.UNCONFIRMED:
        return clear.step(DeliveryStatus.PENDING)
    return clear


def _removed(delivery: Delivery, report: Report) -> Delivery:
    if delivery.status is not DeliveryStatus.PUBLISHED or delivery.removed:
        return delivery
    return replace(delivery, removed=Mark("removed there", report.at))


def _attempt(
    delivery: Delivery,
    at: datetime,
    result: str,
    *,
    called_at: datetime | None = None,
    fault: Fault | None = None,
    retry_at: datetime | None = None,
) -> Attempt:
    return Attempt(
        n=len(delivery.attempts) + 1,
        part=len(delivery.parts),
        at=at,
        result=result,
        called_at=called_at,
        fault=fault,
        retry_at=retry_at,
    )


ANSWER_LOST = Fault(ErrorKind.LOST, "The call was made and its answer was lost.")
