"""The state of an epic, derived from all that is known of it: main, ledger, approvals, branch.

| state | when |
|---|---|
| Published | on main with at least one task, and every delivery confirmed by its platform |
| Error | a delivery failed, may be out, or Copydesk holds it; or media failed: a person must act |
| Scheduled | on main with a schedule, and every task that still has something to send approved |
| Review | on main without a schedule or not fully approved; or in a ready pull request |
| Draft | on a branch without a pull request or with a draft; also sent back there from main |
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from publisher.domain.delivery import Delivery, DeliveryStatus, Record
from publisher.domain.epic import Epic, Task
from publisher.domain.holds import HoldReason
from publisher.domain.media import MediaStatus
from publisher.domain.remaining import remaining, wanted
from publisher.domain.roles import names
from publisher.domain.standing import TaskApproval
from publisher.domain.states import EpicState


class BranchStage(StrEnum):
    """How far the branch that carries the epic has come; one that is merged or closed is none."""

    NONE = "none"
    NO_PULL = "not yet in a pull request"
    DRAFT = "in a draft pull request"
    READY = "in a pull request"


_EDITING = frozenset({BranchStage.NO_PULL, BranchStage.DRAFT})


@dataclass(frozen=True, slots=True, kw_only=True)
class EpicSituation:
    """All that the state of an epic depends on.

    `epic` is main's (None: not there), `approvals` are by task at main's present digests; a task
    without one counts as not approved. `proposed` is the epic on the branch, with the standings
    there. `contested` says which open pull request changes it (“#12 changes it”).
    """

    record: Record
    epic: Epic | None = None
    approvals: Mapping[str, TaskApproval] = field(default_factory=dict)
    branch: BranchStage = BranchStage.NONE
    proposed: Epic | None = None
    proposed_approvals: Mapping[str, TaskApproval] = field(default_factory=dict)
    contested: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The state, and why in a few words for people; they may be empty."""

    state: EpicState
    why: str = ""


def assess(situation: EpicSituation) -> Assessment:
    """The state of an epic; the one place where it is decided."""
    epic, record = situation.epic, situation.record
    if epic is None:
        return _off_main(situation)
    living = wanted(epic, record)
    left = remaining(epic, record)
    trouble = tuple(_trouble(situation, living, left))
    if trouble:
        return Assessment(EpicState.ERROR, "; ".join((*trouble, *_still_to_go(living))))
    if living and all(delivery.status is DeliveryStatus.PUBLISHED for delivery in living):
        return Assessment(EpicState.PUBLISHED)
    if living and epic.schedule and approved(left, situation.approvals):
        return Assessment(EpicState.SCHEDULED, _scheduled(situation, living))
    if situation.branch is BranchStage.NONE:
        return Assessment(EpicState.REVIEW, _on_main(epic, living, left, situation.approvals))
    return _on_branch(situation)


def approved(tasks: Sequence[Task], approvals: Mapping[str, TaskApproval]) -> bool:
    """Whether every one of these tasks has all the approvals that it needs."""
    return all(task.id in approvals and approvals[task.id].complete for task in tasks)


def _off_main(situation: EpicSituation) -> Assessment:
    """What main does not have: a proposal, or something that is out and was deleted."""
    record = situation.record
    unsure = tuple(_unsure(record))
    if unsure:
        return Assessment(EpicState.ERROR, "; ".join((*unsure, "no longer on main")))
    if situation.branch is not BranchStage.NONE:
        return _on_branch(situation)
    out = any(d.status is DeliveryStatus.PUBLISHED for d in record.deliveries.values())
    if out:
        return Assessment(EpicState.PUBLISHED, "no longer on main")
    return Assessment(EpicState.DRAFT, "neither on main nor on a branch")


def _on_branch(situation: EpicSituation) -> Assessment:
    standings = tuple(situation.proposed_approvals.values())
    asked = _changes(standings)
    if situation.branch in _EDITING:
        back = "back in editing, " if situation.epic else ""
        return Assessment(EpicState.DRAFT, asked or back + situation.branch.value)
    proposed = situation.proposed
    left = remaining(proposed, situation.record) if proposed else ()
    return Assessment(EpicState.REVIEW, asked or _progress(left, situation.proposed_approvals))


def _on_main(
    epic: Epic,
    living: Sequence[Delivery],
    left: Sequence[Task],
    approvals: Mapping[str, TaskApproval],
) -> str:
    """Why an epic on main is in Review."""
    if not epic.tasks:
        return "no tasks yet"
    if not living:
        return "nothing to send"
    asked = _changes([approvals[task.id] for task in left if task.id in approvals])
    done = _progress(left, approvals)
    if asked:
        return asked
    if epic.schedule:
        some = not done.startswith("0 ") and done
        return f"merged with {done}" if some else "merged without approval"
    return f"{done}, not scheduled" if done else "not scheduled"


def _scheduled(situation: EpicSituation, living: Sequence[Delivery]) -> str:
    if situation.contested:
        return f"on hold: {situation.contested}"
    out = sum(delivery.status is DeliveryStatus.PUBLISHED for delivery in living)
    told = [f"{out} of {len(living)} published"] if out else []
    kept = [d.key.profile for d in living if d.held and d.held.code == HoldReason.PERSON]
    if kept:
        told.append(f"held back on {names(dict.fromkeys(kept))}")
    return "; ".join(told)


def _trouble(
    situation: EpicSituation, living: Sequence[Delivery], left: Sequence[Task]
) -> Iterator[str]:
    """What waits for a person; who has gone back to editing has seen what failed."""
    yield from _unsure(situation.record)
    going_on = situation.branch is not BranchStage.NONE
    if going_on and situation.epic is not None and situation.epic.schedule is None:
        return
    failed = [d.key.profile for d in living if d.status is DeliveryStatus.FAILED]
    if failed:
        yield f"failed on {names(dict.fromkeys(failed))}"
    held = {d.key: d.held.code for d in living if d.held and d.held.code != HoldReason.PERSON}
    if HoldReason.OVERDUE in held.values():
        yield "overdue"
    waiting = [key.profile for key, code in held.items() if code != HoldReason.OVERDUE]
    if waiting:
        yield f"held for {names(dict.fromkeys(waiting))}"
    going = {task.id for task in left}
    failed_media = (m for m in situation.record.media if m.status is MediaStatus.FAILED)
    broken = [media.name for media in failed_media if media.task in going]
    if broken:
        yield f"media failed: {names(dict.fromkeys(broken))}"


def _unsure(record: Record) -> Iterator[str]:
    """What may be out, in the epic or no longer in it."""
    unsure = [
        delivery.key.profile
        for delivery in record.deliveries.values()
        if delivery.status is DeliveryStatus.UNCONFIRMED
    ]
    if unsure:
        yield f"unconfirmed on {names(dict.fromkeys(unsure))}"


def _still_to_go(living: Sequence[Delivery]) -> Iterator[str]:
    resting = {DeliveryStatus.PUBLISHED, DeliveryStatus.FAILED, DeliveryStatus.UNCONFIRMED}
    going = sum(d.status not in resting and not d.held for d in living)
    if going:
        yield f"{going} still to go"


def _progress(tasks: Sequence[Task], approvals: Mapping[str, TaskApproval]) -> str:
    """“2 of 3 approved”; empty where nothing needs approval."""
    known = [approvals[task.id] for task in tasks if task.id in approvals]
    if len(known) == len(tasks) and all(one.complete and not one.needed for one in known):
        return ""
    return f"{sum(one.complete for one in known)} of {len(tasks)} approved"


def _changes(standings: Sequence[TaskApproval]) -> str:
    asking = dict.fromkeys(person.name for one in standings for person in one.changes)
    return f"changes requested by {names(asking)}" if asking else ""
