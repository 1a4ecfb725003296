"""The round: sync → drain → recover → plan → commit → hand out. Any worker may run it, any time."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from publisher.domain.budget import PushBudget
from publisher.domain.delivery import Record
from publisher.domain.epic import Desk, Profile
from publisher.domain.errors import Conflict, ContentError, NotFound, Unavailable
from publisher.domain.limits import Limits
from publisher.domain.outcome import Report
from publisher.domain.policy import Policy
from publisher.domain.subject import body_of, claims_subject, subject_of
from publisher.files.ledger_file import dump_record, ledger_path
from publisher.ports import (
    STAMP,
    ClockGuard,
    Draft,
    Gate,
    Heads,
    Index,
    MediaDesk,
    Platform,
    PushResult,
    Queue,
    Store,
)
from publisher.usecases.drafting import (
    PROJECTION_AGAIN,
    Circumstances,
    Drafted,
    Drafting,
    epics_of,
)
from publisher.usecases.profiles import policy_faults, profile_faults
from publisher.usecases.standings import Standings

log = logging.getLogger(__name__)

TRIES = 5
BATCH = 250
VISIBLE_AFTER = timedelta(seconds=3)
HAND_OUT_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport:
    """What one round saw and did; `trouble` says what kept it back, for people."""

    looked_at: int = 0
    reported: int = 0
    claimed: int = 0
    commit: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`owner` names this process in claims; `rest` waits a little, at random, before a new try."""

    store: Store
    index: Index
    gate: Gate
    queue: Queue
    platforms: Mapping[str, Platform]
    media: MediaDesk
    limits: Callable[[Profile], Limits]
    policy: Callable[[Desk], Policy]
    clock: ClockGuard
    budget: PushBudget
    owner: str
    rest: Callable[[int], None]
    standings: Standings

    def once(self, *, force: bool = False) -> RoundReport:
        """Run one round; raise Unavailable only when Redis itself does not answer."""
        now = self.gate.now()
        try:
            report = self._round(now, self.clock.trouble(now), force=force)
        except (Unavailable, NotFound, ContentError, Conflict) as error:
            log.warning("round stopped", extra={"action": "round_stopped", "why": str(error)})
            report = RoundReport(trouble=str(error))
        except Exception as error:
            log.exception("round failed", extra={"action": "round_failed"})
            report = RoundReport(trouble=f"A bug in Copydesk stopped the round: {error!r:.200}")
        self.gate.mark_round(report.trouble)
        return report

    def _round(self, now: datetime, clock: str, *, force: bool) -> RoundReport:
        reports = self.gate.reports()
        heads = self.store.sync(force=force or bool(reports))
        for attempt in range(TRIES):
            self.index.catch_up(heads)
            here = self._circumstances(now, clock, heads, reports)
            drafted = self._draft(here)
            draft = self._as_commit(here, drafted)
            if not draft.ledger and not draft.main:
                return self._nothing_to_write(here, drafted)
            if not self.budget.allows(now):
                return RoundReport(trouble="Waiting for the push budget of the forge.")
            self.budget.spend(now)
            result, pushed = self.store.push(heads, draft, now)
            if result.done or (result.refused and not draft.ledger):
                return self._pushed(here, drafted, pushed, result)
            if not result.raced:
                raise Unavailable(f"The forge refuses our push: {result.refused or result.why}")
            log.info("push raced", extra={"action": "push_raced", "attempt": attempt})
            self.rest(attempt)
            heads = self.store.sync(force=True)
        raise Conflict(f"Others pushed first {TRIES} times in a row; trying again next round.")

    def _circumstances(
        self, now: datetime, clock: str, heads: Heads, reports: Mapping[str, Report]
    ) -> Circumstances:
        desk = self.index.desk
        newest = partial(self.store.newest_stamp, heads.ledger)
        generation = self.gate.open(paused=desk.settings.paused, newest=newest)
        self.index.guarded_by(generation)
        self.index.trusts(self.standings.trusted())
        return Circumstances(
            now=now,
            heads=heads,
            desk=desk,
            policy=self.policy(desk),
            generation=generation,
            owner=self.owner,
            clock=clock,
            may_claim=not (desk.settings.paused or clock or self.gate.paused_now()),
            reports=reports,
            expired=self.gate.expired(now),
            calling=self.gate.calling(now - VISIBLE_AFTER),
        )

    def _draft(self, here: Circumstances) -> Drafted:
        ids = dict.fromkeys(self.index.due(here.now))
        for claims in (here.expired, here.calling, (r.claim for r in here.reports.values())):
            ids.update(dict.fromkeys(epics_of(claims)))
        self.media.begin()
        drafting = Drafting(
            self.store,
            self.index,
            self.gate,
            self.platforms,
            self.standings,
            self.media,
            self.limits,
            here,
        )
        return drafting.take(ids)

    def _as_commit(self, here: Circumstances, drafted: Drafted) -> Draft:
        subject = subject_of(drafted.changes)
        claims = [str(claim.key) for claim in drafted.claims]
        rewritten = f"status: rewrite what was edited by hand in {', '.join(drafted.edited[:3])}"
        ledger_subject = subject or (claims_subject(claims) if claims else "ledger: tidy up")
        main_subject = subject or (rewritten if drafted.edited else "status: catch up")
        body = body_of(drafted.changes)
        stamp = self.gate.stamp(here.generation) if drafted.records else ""
        return Draft(
            main=drafted.projections,
            ledger={ledger_path(r.epic): dump_record(r) for r in drafted.records},
            main_message=_message(main_subject, body, here.owner, drafted.records),
            ledger_message=_message(ledger_subject, body, here.owner, drafted.records, stamp),
        )

    def _nothing_to_write(self, here: Circumstances, drafted: Drafted) -> RoundReport:
        self.gate.forget(here.reports)
        self.index.set_wake(drafted.wakes)
        return self._report(here, drafted, "", "")

    def _pushed(
        self, here: Circumstances, drafted: Drafted, heads: Heads, result: PushResult
    ) -> RoundReport:
        """The ledger has it: hand the claims out, forget the reports, remember when to look."""
        claims = sorted(drafted.claims, key=lambda claim: claim.due)
        for at in range(0, len(claims), BATCH):
            self.gate.hand_out(here.generation, claims[at : at + BATCH], here.now + HAND_OUT_WITHIN)
            self.queue.wake_carriers()
        self.gate.forget(here.reports)
        self.index.advance(heads, drafted.records)
        wakes = drafted.wakes
        if result.refused and drafted.projections:
            again = here.now + PROJECTION_AGAIN
            wakes = [(epic, min(at or again, again)) for epic, at in wakes]
        self.index.set_wake(wakes)
        trouble = f"main may not be pushed to: {result.refused}" if result.refused else ""
        return self._report(here, drafted, heads.ledger or "", trouble)

    def _report(
        self, here: Circumstances, drafted: Drafted, commit: str, trouble: str
    ) -> RoundReport:
        faults = (f"{name}: {why}" for name, why in profile_faults(here.desk, self.platforms))
        around = (trouble, here.clock, self.standings.trouble(here.desk))
        named = (
            f"{fault.path}: {fault.message} {fault.hint}"
            for fault in policy_faults(here.desk, self.platforms)
        )
        reasons = (*around, *drafted.broken[:3], *faults, *named)
        trouble = "; ".join(reason for reason in reasons if reason)
        if drafted.wakes:
            log.info(
                "round",
                extra={
                    "action": "round",
                    "looked_at": len(drafted.wakes),
                    "claimed": len(drafted.claims),
                    "reported": len(here.reports),
                },
            )
        return RoundReport(
            looked_at=len(drafted.wakes),
            reported=len(here.reports),
            claimed=len(drafted.claims),
            commit=commit,
            trouble=trouble,
        )


def _message(subject: str, body: str, owner: str, records: list[Record], stamp: str = "") -> str:
    """A commit message whose last trailer tells GitHub to run no workflow for it."""
    epics = "\n".join(f"Epic: {record.epic}" for record in records[:20])
    lines = (
        epics,
        f"Copydesk-Round: {owner}",
        stamp and f"{STAMP}: {stamp}",
        "skip-checks: true",
    )
    trailers = "\n".join(line for line in lines if line)
    return "\n\n".join(part for part in (subject, body) if part) + f"\n\n\n{trailers}\n"
