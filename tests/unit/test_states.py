"""What people call the state of an epic and of a task."""

import pytest

from publisher.domain.delivery import Delivery, DeliveryStatus, Key
from publisher.domain.epic import Epic
from publisher.domain.states import EpicState, PostStatus, epic_state, post_status
from tests.unit.builders import (
    MINUTE,
    NOW,
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
P = PostStatus
THREE = epic(task(profiles=("x", "linkedin", "wordpress")))


def key(profile: str, name: str = "teaser") -> Key:
    return Key("spring-launch", name, profile)


def on(profile: str, status: S = S.PUBLISHED, **changes: object) -> Delivery:
    return delivery(status, key=key(profile), **changes)


STATES: list[tuple[str, Epic, list[Delivery], EpicState]] = [
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
    ("wanted", "known", "state"), [row[1:] for row in STATES], ids=[row[0] for row in STATES]
)
def test_the_state_of_an_epic(wanted: Epic, known: list[Delivery], state: EpicState) -> None:
    assert epic_state(wanted, record(*known)) is state


@pytest.mark.parametrize("scheduled", [True, False])
@pytest.mark.parametrize("status", S)
def test_an_epic_without_tasks_is_never_scheduled_or_published(scheduled: bool, status: S) -> None:
    state = epic_state(epic(scheduled=scheduled), record(delivery(status)))

    assert state in {E.REVIEW, E.ERROR}


@pytest.mark.parametrize(
    ("statuses", "due", "expected"),
    [
        ([], None, P.DRAFT),
        ([S.PENDING], None, P.DRAFT),
        ([S.PENDING], NOW + MINUTE, P.SCHEDULED),
        ([S.PENDING], NOW, P.PENDING),
        ([], NOW - MINUTE, P.PENDING),
        ([S.PROCESSING], NOW, P.PROCESSING),
        ([S.PUBLISHED, S.PENDING], NOW, P.PROCESSING),
        ([S.PUBLISHED, S.WAITING], NOW, P.PROCESSED),
        ([S.PUBLISHED, S.FAILED], NOW, P.PROCESSED),
        ([S.PUBLISHED], NOW, P.PROCESSED),
        ([S.UNCONFIRMED], NOW, P.PROCESSED),
    ],
)
def test_the_status_of_a_task(statuses: list[S], due: object, expected: PostStatus) -> None:
    of = [delivery(status) for status in statuses]

    assert post_status(task(due=due), of, NOW) is expected  # type: ignore[arg-type]
