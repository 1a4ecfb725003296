"""The one decision: what people want, what has happened, what the gate knows → what is next.

Pure and repeatable: planning the result again at the same time changes nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from publisher.domain.delivery import (
    LOOKING,
    Claim,
    Delivery,
    DeliveryStatus,
    Key,
    LostCall,
    Mark,
    Record,
    Work,
)
from publisher.domain.epic import Epic, Profile, Task
from publisher.domain.facts import Facts, GateView, Step
from publisher.domain.holds import STICKY, hold_on_sight, hold_when_due
from publisher.domain.left_open import unless_dropped, without_account
from publisher.domain.media_ready import MediaReady
from publisher.domain.next_work import AskPerson, Next, Nothing, next_work, without_calls_left
from publisher.domain.outcome import NO_HANDLE
from publisher.domain.remaining import remaining
from publisher.domain.report import ANSWER_LOST, lost
from publisher.domain.traits import Safety

SOON = timedelta(seconds=1)


def plan_epic(epic: Epic | None, record: Record, facts: Facts) -> Step:
    """Take one epic as far as it can go now; `epic` is None when main no longer has it."""
    look = _Look(epic, record, facts)
    fence = dict(look.to_fence())
    if fence:
        return Step(record=record, fence=fence, wake_at=facts.now)
    open_before = {d.claim_id for d in record.deliveries.values() if d.claim}
    after = [look.decide(delivery) for delivery in record.deliveries.values()]
    after += [look.decide(delivery) for delivery in look.newcomers(record.put(*after))]
    after = [look.seen(delivery) for delivery in after]
    claimed = tuple(d.key for d in after if d.claim and d.claim_id not in open_before)
    kept = _kept(record, after)
    unready = look.media.unready(epic, kept) if epic is not None else ()
    if unready != kept.media:
        kept = replace(kept, media=unready)
    if epic is not None and look.media.looks_again(epic, kept):
        look.wake.append(facts.now + SOON)
    if epic is not None and kept is not record:
        kept = replace(kept, path=epic.path, title=epic.title)
    return Step(record=kept, claimed=claimed, wake_at=min(look.wake, default=None))


def _kept(record: Record, after: list[Delivery]) -> Record:
    """A record begins with the first thing that happens, not with the wish."""
    if not any(delivery != record.get(delivery.key) for delivery in after):
        return record
    happened = any(d.seq or d.held or d.cancelled for d in after)
    return record.put(*after) if happened or record.deliveries else record


def _may_be_alive(view: GateView, claim: Claim, now: datetime) -> bool:
    if view.same_generation:
        return not view.fenced
    return not view.same_installation and claim.lease_until > now


class _Look:
    """One look at one epic; gathers in `wake` when to look again."""

    def __init__(self, epic: Epic | None, record: Record, facts: Facts) -> None:
        self.facts = facts
        self.record = record
        self.epic = epic
        self.wake: list[datetime] = []
        self.media = MediaReady(facts)
        self._taken: dict[tuple[str, str], Key] = {}
        self.wanted: dict[Key, tuple[Task, Profile]] = {
            Key(record.epic, task.id, name): (task, facts.profiles[name])
            for task, name in (epic.deliveries() if epic else ())
            if name in facts.profiles
        }

    def newcomers(self, known: Record) -> Iterator[Delivery]:
        """What people want and nobody has seen yet; `known` is decided already."""
        for key, (_task, profile) in self.wanted.items():
            if key not in known.deliveries:
                held = hold_on_sight(key, known, self.wanted, self.facts)
                yield Delivery(key=key, place=profile.place, held=held)

    def seen(self, delivery: Delivery) -> Delivery:
        """Remember when what is out vanished from the epic: for a while newcomers are suspect."""
        if self.epic is None or bool(delivery.gone) == (delivery.key not in self.wanted):
            return delivery
        if delivery.key in self.wanted:
            return replace(delivery, gone=None)
        vanished = Mark("no longer in the epic", self.facts.now)
        return replace(delivery, gone=vanished) if delivery.out else delivery

    def to_fence(self) -> Iterator[tuple[str, bool]]:
        """Claims whose lease ended (False), and claims for what nobody wants any more (True)."""
        for delivery in self.record.deliveries.values():
            if delivery.claim is None or delivery.claim_id in self.facts.views:
                continue
            if self._unwanted(delivery, delivery.claim):
                yield delivery.claim_id, True
            elif self._may_have_ended(delivery, delivery.claim):
                yield delivery.claim_id, False

    def _may_have_ended(self, delivery: Delivery, claim: Claim) -> bool:
        """Its lease is over; or its gate is gone before its time came, so it never will pass."""
        facts = self.facts
        gate_gone = claim.generation != facts.generation and claim.due > facts.now
        return gate_gone or claim.lease_until <= facts.now or delivery.claim_id in facts.expired

    def decide(self, delivery: Delivery) -> Delivery:
        """Settle the open claim if it must be; begin what is next if it is time."""
        if delivery.claim is not None:
            delivery = self._settled(delivery, delivery.claim)
        if delivery.claim is not None:
            return delivery
        profile = self._profile(delivery)
        if profile is None:
            return without_account(delivery, self.facts.unusable, self.facts.now)
        delivery = self._refreshed(delivery)
        whole = self._all_out(delivery)
        at, traits = None if whole else self._at(delivery), self.facts.traits(profile)
        match next_work(delivery, at, traits, self.facts.dead, self.facts.now):
            case Nothing() if whole:
                done = delivery.begun().step(DeliveryStatus.PUBLISHED)
                return replace(done, due=None, doubt=None, handle=NO_HANDLE)
            case Nothing():
                return unless_dropped(delivery, self.epic, self.wanted, self.facts.now)
            case AskPerson():
                return replace(delivery.begun().step(DeliveryStatus.UNCONFIRMED), due=None)
            case Next() as wanted:
                return self._begun(delivery, wanted, profile)

    def _at(self, delivery: Delivery) -> datetime | None:
        """When it may go out: people's time, or its own (a retry, a release) when that is later."""
        if delivery.key not in self.wanted or not self._let_go:
            return None
        due = self.wanted[delivery.key][0].due
        return max(due, delivery.due) if due and delivery.due else due

    @cached_property
    def _let_go(self) -> bool:
        """Whether people let the epic go: one task without its approvals holds all of it back."""
        if self.epic is None or self.facts.contested:
            return False
        return all(self.facts.approved(task) for task in remaining(self.epic, self.record))

    def _refreshed(self, delivery: Delivery) -> Delivery:
        """Drop what an edit has overtaken: a hold that no longer holds, uploads of old content."""
        at, held = self._at(delivery), delivery.held
        timeless = at is None and delivery.key in self.wanted
        in_time = at is not None and self.facts.now - at <= self.facts.policy.grace
        if held and held.code not in STICKY and (timeless or in_time):
            delivery = replace(delivery, held=None)
        pinned = delivery.doubt or delivery.accepted or delivery.key not in self.wanted
        if delivery.handle and not pinned and self._changed(delivery, delivery.digest):
            delivery = replace(delivery, handle=NO_HANDLE)
        return delivery

    def _profile(self, delivery: Delivery) -> Profile | None:
        """The account it goes to; for what vanished from the epic, any profile of that place."""
        if delivery.key in self.wanted:
            return self.wanted[delivery.key][1]
        named = self.facts.profiles.get(delivery.key.profile)
        if named and named.place == delivery.place:
            return named
        same_place = (p for p in self.facts.profiles.values() if p.place == delivery.place)
        return next(same_place, None)

    def _all_out(self, delivery: Delivery) -> bool:
        """Whether a thread was cut to what is out of it already."""
        if not delivery.parts or delivery.key not in self.wanted:
            return False
        if delivery.begun().status is not DeliveryStatus.PROCESSING:
            return False
        return len(delivery.parts) >= len(self.wanted[delivery.key][0].parts)

    def _unwanted(self, delivery: Delivery, claim: Claim) -> bool:
        """Whether people have changed their mind since the claim: gone, moved in time, edited."""
        if claim.work not in {Work.CALL, Work.PREPARE}:
            return False
        at = self._at(delivery)
        if at is None or at != claim.due or delivery.cancelled or delivery.held:
            return True
        return self._changed(delivery, claim.digest)

    def _changed(self, delivery: Delivery, digest: str) -> bool:
        """Whether the content is another by now; media that must be looked at anew say nothing."""
        if self.media.soon(self.wanted[delivery.key][0]):
            self.wake.append(self.facts.now + SOON)
            return False
        return self._digests(delivery)[0] != digest

    def _digests(self, delivery: Delivery) -> tuple[str, str]:
        return self.media.digests(*self.wanted[delivery.key])

    def _settled(self, delivery: Delivery, claim: Claim) -> Delivery:
        """Close a claim that can never pass the gate again; leave one that is alive."""
        view = self.facts.views.get(delivery.claim_id)
        if view is None or _may_be_alive(view, claim, self.facts.now):
            until = view.lease_end if view and view.lease_end else claim.lease_until
            self.wake.append(max(until, self.facts.now))
            return delivery
        if claim.work is not Work.CALL:
            return replace(delivery, claim=None)
        part, now = len(delivery.parts), self.facts.now
        called = {n: at for n, at in view.calling.items() if n >= part}
        if not view.same_generation and claim.due <= now:
            last = part if self._one_part_a_claim(delivery) else claim.parts - 1
            called = {part: claim.due, last: claim.due}
        if called:
            return lost(
                delivery,
                claim,
                LostCall(delivery.claim_id, view.caller),
                min(called.values()),
                now,
                ANSWER_LOST,
                self.facts.policy,
                last_part=max(called),
            )
        freed = replace(delivery, claim=None)
        if delivery.status is DeliveryStatus.PROCESSING and not delivery.somewhere:
            return freed.step(DeliveryStatus.PENDING)
        return freed

    def _one_part_a_claim(self, delivery: Delivery) -> bool:
        """On a checkable platform each part needs a container of its own, and so a claim."""
        profile = self._profile(delivery)
        return profile is not None and self.facts.traits(profile).safety is Safety.CHECKABLE

    def _begun(self, delivery: Delivery, wanted: Next, profile: Profile) -> Delivery:
        """Claim it when its time is near; otherwise remember when to look again."""
        now, policy = self.facts.now, self.facts.policy
        if wanted.work is Work.CALL and delivery.count >= policy.attempts_limit:
            last = without_calls_left(delivery, self.facts.traits(profile))
            return replace(delivery.begun().step(last), due=None)
        lead = {Work.CALL: policy.ahead, Work.PREPARE: policy.ahead + policy.prepare_ahead}
        begin = wanted.due - lead.get(wanted.work, timedelta(0))
        if begin > now:
            self.wake.append(begin)
            return delivery
        if not self.facts.may_claim:
            self.wake.append(now + policy.ahead)
            return delivery
        if wanted.work not in LOOKING and self._waits_for_media(delivery):
            return delivery
        return self._claimed(delivery, wanted, profile)

    def _waits_for_media(self, delivery: Delivery) -> bool:
        """What a person mends shows as a change on main, so there is no time to look again."""
        return delivery.key in self.wanted and self.media.keeps_back(*self.wanted[delivery.key])

    def _claimed(self, delivery: Delivery, wanted: Next, profile: Profile) -> Delivery:
        facts = self.facts
        commit, path, digest, print_ = facts.commit, self.record.path, delivery.digest, ""
        parts = len(delivery.parts) + 1
        if wanted.work in {Work.CALL, Work.PREPARE} and self.epic is not None:
            digest, print_ = self._digests(delivery)
            if not delivery.released and not delivery.somewhere:
                held = hold_when_due(delivery, wanted.due, facts, print_, self._taken)
                if held:
                    return replace(delivery, held=held)
            self._taken[profile.place, print_] = delivery.key
            path = self.epic.path
        elif delivery.doubt:
            commit, path, digest = delivery.doubt.commit, delivery.doubt.path, delivery.doubt.digest
        if delivery.key in self.wanted:
            parts = len(self.wanted[delivery.key][0].parts)
        claim = Claim(
            seq=delivery.seq + 1,
            work=wanted.work,
            attempt=len(delivery.attempts) + 1,
            due=wanted.due,
            lease_until=max(facts.now, wanted.due) + facts.policy.lease,
            generation=facts.generation,
            digest=digest,
            commit=commit,
            path=path,
            owner=facts.owner,
            parts=parts,
        )
        self.wake.append(claim.lease_until)
        return replace(
            delivery,
            claim=claim,
            seq=claim.seq,
            place=profile.place,
            digest=digest,
            fingerprint=print_ or delivery.fingerprint,
        )
