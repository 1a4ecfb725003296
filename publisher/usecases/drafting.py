"""One round's draft: drain, recover and plan every epic that needs a look."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from publisher.domain.delivery import Delivery, Key, Record
from publisher.domain.epic import Desk, Epic, Profile, Task
from publisher.domain.errors import Conflict, ContentError, Unavailable
from publisher.domain.facts import Facts, Step
from publisher.domain.limits import Limits
from publisher.domain.outcome import Located, Report
from publisher.domain.plan import plan_epic
from publisher.domain.policy import Policy
from publisher.domain.report import apply_report
from publisher.domain.standing import TaskApproval
from publisher.domain.subject import Change
from publisher.files.status_file import dump_status
from publisher.ports import ClaimFence, Gate, HandedClaim, Heads, Index, MediaDesk, Platform, Store
from publisher.usecases.profiles import profile_faults
from publisher.usecases.standings import Standings

log = logging.getLogger(__name__)

PROJECTION_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What holds for a whole round. `clock` says what is wrong with the time; empty: nothing."""

    now: datetime
    clock: str
    heads: Heads
    desk: Desk
    policy: Policy
    generation: str
    owner: str
    may_claim: bool
    reports: Mapping[str, Report]
    expired: frozenset[str]
    calling: Mapping[str, datetime]


@dataclass(slots=True)
class Drafted:
    """What a round would write and do, before the push decides."""

    records: list[Record] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    claims: list[HandedClaim] = field(default_factory=list)
    projections: dict[str, bytes | None] = field(default_factory=dict)
    edited: list[str] = field(default_factory=list)
    wakes: list[tuple[str, datetime | None]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Drafting:
    """Takes epics one by one; what one claims, the next one sees."""

    def __init__(
        self,
        store: Store,
        index: Index,
        gate: Gate,
        platforms: Mapping[str, Platform],
        standings: Standings,
        media: MediaDesk,
        limits: Callable[[Profile], Limits],
        circumstances: Circumstances,
    ) -> None:
        self._store, self._index, self._gate = store, index, gate
        self._platforms = platforms
        self._media, self._limits = media, limits
        self._standings = standings
        self._known: dict[str, Mapping[str, TaskApproval]] = {}
        self._round = circumstances
        self._reports: dict[str, list[Report]] = {}
        for report in sorted(circumstances.reports.values(), key=lambda r: (r.claim, r.part)):
            self._reports.setdefault(epic_of_claim(report.claim), []).append(report)
        self._occupied: dict[tuple[str, str], Key] = {}
        self._live: dict[tuple[str, str], Key] = {}
        self.drafted = Drafted()

    @cached_property
    def _unusable(self) -> frozenset[str]:
        """Looked up with the first epic: an idle round takes none."""
        return frozenset(name for name, _ in profile_faults(self._round.desk, self._platforms))

    def take(self, epic_ids: Iterable[str]) -> Drafted:
        for epic_id in epic_ids:
            try:
                self._take(epic_id)
            except ContentError as error:
                log.exception("broken record", extra={"action": "broken_record", "epic": epic_id})
                self._put_off(epic_id, str(error))
            except (Unavailable, Conflict):
                raise
            except Exception as error:
                log.exception("epic failed", extra={"action": "epic_failed", "epic": epic_id})
                self._put_off(epic_id, f"{epic_id}: a bug in Copydesk: {error!r:.200}")
        return self.drafted

    def _put_off(self, epic_id: str, why: str) -> None:
        """One epic that cannot be decided stops no other."""
        self.drafted.broken.append(why)
        self.drafted.wakes.append((epic_id, self._round.now + PROJECTION_AGAIN))

    def _take(self, epic_id: str) -> None:
        before = self._store.record(self._round.heads.ledger, epic_id)
        epic = self._index.epic(epic_id)
        record = self._drained(before)
        step = self._planned(epic, record)
        after = step.record
        if after != before:
            total = len(_counted(epic, after))
            self.drafted.records.append(after)
            self.drafted.changes.append(Change(before, after, total))
        for key in step.claimed:
            delivery = after.deliveries[key]
            self._occupied[delivery.place, delivery.fingerprint] = key
            self.drafted.claims.append(handed(delivery))
        self.drafted.wakes.append((epic_id, step.wake_at))
        begun = after.deliveries or after.media or before.media
        if epic is not None and begun and self._round.desk.settings.projection:
            self._project(epic, after, changed=after != before)

    def _drained(self, record: Record) -> Record:
        """Take in what the carriers reported, and which calls are under way."""
        for report in self._reports.get(record.epic, ()):
            delivery = record.get(key_of_claim(report.claim))
            if delivery is None:
                continue
            if isinstance(report.result, Located):
                report = self._only_ours(delivery, report, report.result)  # noqa: PLW2901
            record = record.put(apply_report(delivery, report, self._round.policy))
        for delivery in record.deliveries.values():
            if delivery.claim_id in self._round.calling:
                record = record.put(delivery.begun())
            for part in delivery.parts:
                self._live[delivery.place, part.id] = delivery.key
        return record

    def _only_ours(self, delivery: Delivery, report: Report, located: Located) -> Report:
        """A post that is known to be another delivery is no proof of this one."""
        for post in filter(None, (located.found, *located.others)):
            place = (delivery.place, post.id)
            owner = self._live.get(place) or self._index.owner_of(*place)
            if owner is None or str(owner) == str(delivery.key):
                return replace(report, result=Located(post))
        return replace(report, result=Located(None))

    def _planned(self, epic: Epic | None, record: Record) -> Step:
        facts = self._facts(epic, record)
        step = plan_epic(epic, record, facts)
        if not step.fence:
            return step
        claims = {d.claim_id: d.claim for d in record.deliveries.values() if d.claim}
        views = self._gate.fence(
            [
                ClaimFence(claim, claims[claim].generation, force)
                for claim, force in step.fence.items()
            ]
        )
        callers = {view.caller for view in views.values() if view.caller}
        dead = facts.dead | self._gate.dead(sorted(callers))
        return plan_epic(epic, record, replace(facts, views=views, dead=dead))

    def _facts(self, epic: Epic | None, record: Record) -> Facts:
        now, policy, heads = self._round.now, self._round.policy, self._round.heads
        path = epic.path if epic else record.path
        callers = {
            call.caller for d in record.deliveries.values() if d.doubt for call in d.doubt.calls
        }

        def same_content(key: Key, place: str, fingerprint: str) -> str | None:
            claimed = self._occupied.get((place, fingerprint))
            if claimed is not None and claimed != key:
                return str(claimed)
            since = now - policy.same_content_within
            others = self._index.occupied(place, fingerprint, since)
            return next((other for other in others if other != str(key)), None)

        return Facts(
            now=now,
            policy=policy,
            commit=heads.main,
            generation=self._round.generation,
            owner=self._round.owner,
            profiles={
                name: profile
                for name, profile in self._round.desk.profiles.items()
                if name not in self._unusable
            },
            media=self._media.of(heads.main, path),
            fitted=self._media.fitted(heads.main, path),
            limits=self._limits,
            unusable=tuple(map(self._round.desk.profiles.__getitem__, sorted(self._unusable))),
            traits=lambda profile: self._platforms[profile.platform].traits(profile),
            may_claim=self._round.may_claim and len(self.drafted.claims) < policy.claims_a_round,
            expired=self._round.expired,
            dead=self._gate.dead(sorted(callers)) if callers else frozenset(),
            same_content=same_content,
            replaces=self._index.replaces(record.epic),
            approved=self._approved(epic, record),
            contested=self._index.contested(record.epic),
        )

    def _approved(self, epic: Epic | None, record: Record) -> Callable[[Task], bool]:
        """Reads approvals with the first question: most looks at an epic ask none."""

        def approved(task: Task) -> bool:
            known = self._standing(epic, record) if epic else {}
            return task.id in known and known[task.id].complete

        return approved

    def _standing(self, epic: Epic, record: Record) -> Mapping[str, TaskApproval]:
        """Looked up once an epic: what its tasks stand at does not change within a round."""
        if not self._known.get(epic.id):
            here = self._round
            found = self._standings.of(epic, here.heads.main, record, here.desk)
            self._known[epic.id] = found.tasks
        return self._known[epic.id]

    def _project(self, epic: Epic, record: Record, *, changed: bool) -> None:
        path = f"{epic.path}/status.yaml"
        there = self._store.file(self._round.heads.main, path)
        wanted = dump_status(epic, record, self._standing(epic, record))
        told = record.media or any(d.told for d in record.deliveries.values())
        unseen = there is None and not told
        if there == wanted or unseen:
            return
        self.drafted.projections[path] = wanted
        if not changed:
            log.warning("status edited", extra={"action": "status_rewritten", "epic": epic.id})
            self.drafted.edited += [epic.id] if there is not None else []


def _counted(epic: Epic | None, record: Record) -> frozenset[Key]:
    """The deliveries that “2 of 3” is about: wanted now, or out already."""
    out = {delivery.key for delivery in record.deliveries.values() if delivery.out}
    wanted = epic.deliveries() if epic else ()
    return frozenset(out | {Key(record.epic, task.id, name) for task, name in wanted})


def handed(delivery: Delivery) -> HandedClaim:
    """The open claim of a delivery as a carrier needs it."""
    claim = delivery.claim
    if claim is None:
        raise ValueError(f"{delivery.key} has no claim")
    return HandedClaim(
        id=delivery.claim_id,
        key=delivery.key,
        work=claim.work.value,
        generation=claim.generation,
        due=claim.due,
        lease_until=claim.lease_until,
        digest=claim.digest,
        commit=claim.commit,
        path=claim.path,
        part=len(delivery.parts),
        parts=claim.parts,
        reply_to=delivery.parts[-1].id if delivery.parts else "",
        handle=delivery.handle,
        since=delivery.doubt.first_called_at if delivery.doubt else None,
    )


def key_of_claim(claim: str) -> Key:
    epic, task, rest = claim.split("/", 2)
    return Key(epic, task, rest.rsplit("#", 1)[0])


def epic_of_claim(claim: str) -> str:
    return claim.split("/", 1)[0]


def epics_of(claims: Iterable[str]) -> Iterator[str]:
    yield from (epic_of_claim(claim) for claim in claims)
