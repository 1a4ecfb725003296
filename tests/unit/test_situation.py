"""The state of an epic: a table of every row, and what never happens."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from publisher.domain.delivery import Delivery, DeliveryStatus, Key
from publisher.domain.epic import Epic, Media
from publisher.domain.media import MediaStatus, UnreadyMedia
from publisher.domain.situation import Assessment, BranchStage, EpicSituation, assess
from publisher.domain.standing import TaskApproval
from publisher.domain.states import EpicState
from tests.unit.approving import BO, CY
from tests.unit.builders import (
    NOW,
    approved,
    claimed,
    delivery,
    doubt,
    epic,
    mark,
    one_task,
    published_delivery,
    record,
    task,
)

S = DeliveryStatus
E = EpicState
B = BranchStage
THREE = epic(task(profiles=("x", "linkedin", "wordpress")))
TWO_TASKS = epic(task(profiles=("x",)), task("more", ("x",)))
UNSCHEDULED = epic(task(profiles=("x",), due=None), task("more", ("x",), due=None), scheduled=False)


def key(profile: str, name: str = "teaser") -> Key:
    return Key("spring-launch", name, profile)


def on(profile: str, status: S = S.PUBLISHED, name: str = "teaser", **changes: object) -> Delivery:
    return delivery(status, key=key(profile, name), **changes)


def standing(name: str = "teaser", *, complete: bool = True, **more: Any) -> TaskApproval:
    return TaskApproval(task=name, digest="d", complete=complete, needed={"x": 1}, **more)


def stand(**complete: bool) -> Mapping[str, TaskApproval]:
    return {name: standing(name, complete=is_so) for name, is_so in complete.items()}


ON_MAIN: list[tuple[str, Epic, list[Delivery], EpicState]] = [
    ("without tasks", epic(), [], E.REVIEW),
    ("without tasks or schedule", epic(scheduled=False), [], E.REVIEW),
    ("a task without profiles", one_task(profiles=()), [], E.REVIEW),
    ("all its tasks were removed after they went out", epic(), [published_delivery()], E.REVIEW),
    ("without schedule", epic(task(due=None), scheduled=False), [], E.REVIEW),
    ("scheduled", THREE, [], E.SCHEDULED),
    ("claimed", one_task(), [claimed()], E.SCHEDULED),
    ("in progress", THREE, [on("x", S.PROCESSING)], E.SCHEDULED),
    ("waiting for a retry", THREE, [on("x"), on("linkedin", S.WAITING)], E.SCHEDULED),
    ("one of three", THREE, [on("x")], E.SCHEDULED),
    ("two of three", THREE, [on("x"), on("linkedin")], E.SCHEDULED),
    ("three of three", THREE, [on("x"), on("linkedin"), on("wordpress")], E.PUBLISHED),
    (
        "two of three, the third failed",
        THREE,
        [on("x"), on("linkedin"), on("wordpress", S.FAILED)],
        E.ERROR,
    ),
    ("the first failed, the others go on", THREE, [on("x", S.FAILED)], E.ERROR),
    ("nobody knows", THREE, [on("x", S.UNCONFIRMED, doubt=doubt())], E.ERROR),
    ("held", THREE, [on("x", S.PENDING, held=mark("overdue"))], E.ERROR),
    ("unconfirmed and removed", epic(), [on("x", S.UNCONFIRMED)], E.ERROR),
    (
        "the third was cancelled",
        THREE,
        [on("x"), on("linkedin"), on("wordpress", S.PENDING, cancelled=mark())],
        E.PUBLISHED,
    ),
    (
        "the third failed and was cancelled",
        THREE,
        [on("x"), on("linkedin"), on("wordpress", S.FAILED, cancelled=mark())],
        E.PUBLISHED,
    ),
    ("all cancelled", one_task(profiles=("x",)), [on("x", S.PENDING, cancelled=mark())], E.REVIEW),
    ("published, then unscheduled", one_task(profiles=("x",), due=None), [on("x")], E.PUBLISHED),
    (
        "published, gone from its platform",
        one_task(profiles=("x",)),
        [on("x", removed=mark())],
        E.PUBLISHED,
    ),
    (
        "published, then a task was added",
        epic(task(profiles=("x",)), task("more", ("x",))),
        [on("x")],
        E.SCHEDULED,
    ),
]


@pytest.mark.parametrize(
    ("wanted", "known", "state"), [row[1:] for row in ON_MAIN], ids=[row[0] for row in ON_MAIN]
)
def test_the_state_of_an_approved_epic_on_main(
    wanted: Epic, known: list[Delivery], state: EpicState
) -> None:
    situation = EpicSituation(epic=wanted, record=record(*known), approvals=approved(wanted))

    assert assess(situation).state is state


@pytest.mark.parametrize("branch", B)
@pytest.mark.parametrize("scheduled", [True, False])
@pytest.mark.parametrize("status", S)
def test_an_epic_without_tasks_is_never_scheduled_or_published(
    scheduled: bool, status: S, branch: BranchStage
) -> None:
    situation = EpicSituation(
        epic=epic(scheduled=scheduled), record=record(delivery(status)), branch=branch
    )

    assert assess(situation).state in {E.DRAFT, E.REVIEW, E.ERROR}


def unready(name: str, status: MediaStatus = MediaStatus.FAILED) -> UnreadyMedia:
    return UnreadyMedia(task="teaser", name=name, status=status, message="It is broken.", at=NOW)


SITUATIONS: list[tuple[str, dict[str, Any], EpicState, str]] = [
    # on a branch alone
    ("a branch", {"branch": B.NO_PULL, "proposed": epic()}, E.DRAFT, "not yet in a pull request"),
    ("a draft", {"branch": B.DRAFT, "proposed": epic()}, E.DRAFT, "in a draft pull request"),
    (
        "ready",
        {
            "branch": B.READY,
            "proposed": TWO_TASKS,
            "proposed_approvals": stand(teaser=True, more=False),
        },
        E.REVIEW,
        "1 of 2 approved",
    ),
    (
        "ready, and somebody wants changes",
        {
            "branch": B.READY,
            "proposed": one_task(),
            "proposed_approvals": {"teaser": standing(complete=False, changes=(BO, CY))},
        },
        E.REVIEW,
        "changes requested by Bo Chen and Cy Ray",
    ),
    (
        "a draft, and somebody wants changes",
        {
            "branch": B.DRAFT,
            "proposed": one_task(),
            "proposed_approvals": {"teaser": standing(complete=False, changes=(BO,))},
        },
        E.DRAFT,
        "changes requested by Bo Chen",
    ),
    (
        "ready where nothing needs approval",
        {"branch": B.READY, "proposed": one_task(), "proposed_approvals": approved(one_task())},
        E.REVIEW,
        "",
    ),
    ("ready and broken", {"branch": B.READY}, E.REVIEW, ""),
    # on main, not ready to go
    (
        "on main without a schedule",
        {"epic": UNSCHEDULED, "approvals": stand(teaser=True, more=False)},
        E.REVIEW,
        "1 of 2 approved, not scheduled",
    ),
    (
        "on main without a schedule where nothing needs approval",
        {"epic": UNSCHEDULED, "approvals": approved(UNSCHEDULED)},
        E.REVIEW,
        "not scheduled",
    ),
    ("merged by hand", {"epic": TWO_TASKS}, E.REVIEW, "merged without approval"),
    (
        "merged with one of two",
        {"epic": TWO_TASKS, "approvals": stand(teaser=True, more=False)},
        E.REVIEW,
        "merged with 1 of 2 approved",
    ),
    (
        "merged, and somebody wants changes",
        {"epic": one_task(), "approvals": {"teaser": standing(complete=False, changes=(BO,))}},
        E.REVIEW,
        "changes requested by Bo Chen",
    ),
    ("on main without tasks", {"epic": epic()}, E.REVIEW, "no tasks yet"),
    ("a task that goes nowhere", {"epic": one_task(profiles=())}, E.REVIEW, "nothing to send"),
    # sent back to editing
    (
        "unscheduled and back in editing",
        {"epic": UNSCHEDULED, "branch": B.NO_PULL, "approvals": stand(teaser=True, more=True)},
        E.DRAFT,
        "back in editing, not yet in a pull request",
    ),
    (
        "merged by hand, then mended in a draft",
        {"epic": TWO_TASKS, "branch": B.DRAFT},
        E.DRAFT,
        "back in editing, in a draft pull request",
    ),
    (
        "mended in a ready pull request",
        {
            "epic": UNSCHEDULED,
            "branch": B.READY,
            "proposed": TWO_TASKS,
            "proposed_approvals": stand(teaser=True, more=True),
        },
        E.REVIEW,
        "2 of 2 approved",
    ),
    (
        "failed, and back in editing",
        {"epic": UNSCHEDULED, "branch": B.DRAFT, "known": [on("x", S.FAILED)]},
        E.DRAFT,
        "back in editing, in a draft pull request",
    ),
    (
        "nobody knows whether it is out, and back in editing",
        {"epic": UNSCHEDULED, "branch": B.DRAFT, "known": [on("x", S.UNCONFIRMED)]},
        E.ERROR,
        "unconfirmed on x; 1 still to go",
    ),
    # scheduled
    ("scheduled", {"epic": THREE, "approvals": approved(THREE)}, E.SCHEDULED, ""),
    (
        "one of three is out",
        {"epic": THREE, "approvals": approved(THREE), "known": [on("x")]},
        E.SCHEDULED,
        "1 of 3 published",
    ),
    (
        "scheduled, and a pull request changes it",
        {"epic": THREE, "approvals": approved(THREE), "contested": "#12 changes it"},
        E.SCHEDULED,
        "on hold: #12 changes it",
    ),
    (
        "scheduled, with a draft of something later",
        {"epic": THREE, "approvals": approved(THREE), "branch": B.DRAFT},
        E.SCHEDULED,
        "",
    ),
    (
        "what is out needs no approval any more",
        {"epic": TWO_TASKS, "approvals": stand(more=True), "known": [on("x")]},
        E.SCHEDULED,
        "1 of 2 published",
    ),
    (
        "the rest of what is out does",
        {"epic": TWO_TASKS, "approvals": stand(teaser=True), "known": [on("x")]},
        E.REVIEW,
        "merged without approval",
    ),
    (
        "cancelled deliveries need none",
        {
            "epic": TWO_TASKS,
            "approvals": stand(teaser=True),
            "known": [on("x", S.PENDING, "more", cancelled=mark())],
        },
        E.SCHEDULED,
        "",
    ),
    # over, or waiting for a person
    ("out", {"epic": one_task(profiles=("x",)), "known": [on("x")]}, E.PUBLISHED, ""),
    (
        "out, and a branch edits it",
        {
            "epic": one_task(profiles=("x",)),
            "known": [on("x")],
            "branch": B.READY,
            "contested": "#12 changes it",
        },
        E.PUBLISHED,
        "",
    ),
    ("out, then deleted", {"known": [on("x")]}, E.PUBLISHED, "no longer on main"),
    (
        "unconfirmed, then deleted",
        {"known": [on("x", S.UNCONFIRMED)]},
        E.ERROR,
        "unconfirmed on x; no longer on main",
    ),
    ("nowhere", {}, E.DRAFT, "neither on main nor on a branch"),
    (
        "failed, without approvals too",
        {"epic": THREE, "known": [on("x"), on("linkedin", S.FAILED)]},
        E.ERROR,
        "failed on linkedin; 1 still to go",
    ),
    (
        "overdue",
        {"epic": one_task(profiles=("x",)), "known": [on("x", S.PENDING, held=mark("overdue"))]},
        E.ERROR,
        "overdue",
    ),
    (
        "said already",
        {"epic": THREE, "known": [on("x", S.PENDING, held=mark("same_content")), on("linkedin")]},
        E.ERROR,
        "held for x; 1 still to go",
    ),
    (
        "somebody holds one back, which is no error",
        {
            "epic": THREE,
            "approvals": approved(THREE),
            "known": [on("x", S.PENDING, held=mark("person")), on("linkedin")],
        },
        E.SCHEDULED,
        "1 of 3 published; held back on x",
    ),
    (
        "one held back beside one that failed",
        {
            "epic": THREE,
            "known": [on("x", S.PENDING, held=mark("person")), on("linkedin", S.FAILED)],
        },
        E.ERROR,
        "failed on linkedin; 1 still to go",
    ),
    (
        "a film that cannot be used",
        {
            "epic": one_task(profiles=("x",), media=(Media("media/a.mp4"), Media("media/b.mp4"))),
            "approvals": approved(one_task()),
            "media": (unready("media/a.mp4", MediaStatus.PENDING), unready("media/b.mp4")),
        },
        E.ERROR,
        "media failed: media/b.mp4; 1 still to go",
    ),
    (
        "a film of what is out already",
        {
            "epic": one_task(profiles=("x",), media=(Media("media/a.mp4"),)),
            "known": [on("x")],
            "media": (unready("media/a.mp4"),),
        },
        E.PUBLISHED,
        "",
    ),
]


@pytest.mark.parametrize(
    ("of", "state", "why"), [row[1:] for row in SITUATIONS], ids=[row[0] for row in SITUATIONS]
)
def test_the_state_and_its_reason(of: dict[str, Any], state: EpicState, why: str) -> None:
    happened = replace(record(*of.get("known", [])), media=of.get("media", ()))
    given = {name: value for name, value in of.items() if name not in {"known", "media"}}

    assert assess(EpicSituation(record=happened, **given)) == Assessment(state, why)


@pytest.mark.parametrize("branch", B)
@pytest.mark.parametrize("status", S)
def test_without_its_approvals_nothing_is_scheduled(status: S, branch: BranchStage) -> None:
    """Whatever else is so: the schedule alone is not enough."""
    for contested in ("", "#12 changes it"):
        situation = EpicSituation(
            epic=TWO_TASKS,
            record=record(on("x", status)),
            approvals=stand(teaser=True, more=False),
            branch=branch,
            contested=contested,
        )

        assert assess(situation).state is not E.SCHEDULED
        assert assess(replace(situation, approvals={})).state is not E.SCHEDULED
