"""What a status commit says, word for word."""

from dataclasses import replace

import pytest

from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record
from publisher.domain.subject import Change, body_of, claims_subject, subject_of
from tests.unit.builders import attempt, claimed, delivery, mark, record

S = DeliveryStatus


def on(profile: str, status: S = S.PENDING, epic: str = "spring-launch", **of: object) -> Delivery:
    return delivery(status, key=Key(epic, "teaser", profile), **of)


def change(before: list[Delivery], after: list[Delivery], total: int = 3) -> Change:
    name = after[0].key.epic if after else "spring-launch"
    return Change(record(*before, name=name), record(*after, name=name), total)


NEWS: list[tuple[list[Delivery], list[Delivery], str]] = [
    (
        [on("x"), on("linkedin")],
        [on("x", S.PUBLISHED), on("linkedin", S.PUBLISHED)],
        "status: spring-launch published on x, linkedin (2 of 3)",
    ),
    ([], [on("x", S.PUBLISHED)], "status: spring-launch published on x (1 of 3)"),
    (
        [on("x", S.PUBLISHED), on("linkedin", S.PROCESSING)],
        [on("x", S.PUBLISHED), on("linkedin", S.FAILED)],
        "status: spring-launch failed on linkedin (1 of 3)",
    ),
    ([on("x")], [on("x", S.WAITING)], "status: spring-launch will retry on x (0 of 3)"),
    ([on("x")], [on("x", S.PROCESSING)], "status: spring-launch in progress on x (0 of 3)"),
    ([on("x")], [on("x", S.UNCONFIRMED)], "status: spring-launch unconfirmed on x (0 of 3)"),
    (
        [],
        [on("a", S.PUBLISHED), on("b", S.FAILED), on("c", S.WAITING)],
        "status: spring-launch published on a; failed on b; will retry on c (1 of 3)",
    ),
    ([], [on("x", held=mark("overdue"))], "status: spring-launch held for x (0 of 3)"),
    (
        [on("x", held=mark("overdue"))],
        [on("x", cancelled=mark())],
        "status: spring-launch cancelled on x (0 of 3)",
    ),
    (
        [on("x", held=mark("overdue"))],
        [on("x", released=mark())],
        "status: spring-launch released on x (0 of 3)",
    ),
    (
        [on("x", S.PUBLISHED)],
        [on("x", S.PUBLISHED, removed=mark())],
        "status: spring-launch removed on x (1 of 3)",
    ),
    (
        [],
        [on(name, S.PUBLISHED) for name in "abcd"],
        "status: spring-launch published on a, b, c, d (4 of 3)",
    ),
    (
        [],
        [on(name, S.PUBLISHED) for name in "abcde"],
        "status: spring-launch published on a, b, c and 2 more (5 of 3)",
    ),
    ([on("x")], [on("x")], ""),
    ([on("x")], [replace(claimed(), key=on("x").key)], ""),
]


@pytest.mark.parametrize(("before", "after", "subject"), NEWS, ids=[row[2] for row in NEWS])
def test_the_subject_of_one_epic(
    before: list[Delivery], after: list[Delivery], subject: str
) -> None:
    one = change(before, after)

    assert subject_of([one]) == subject
    assert body_of([one]) == ""


def test_two_tasks_on_one_profile_name_it_once() -> None:
    two = [on("x", S.PUBLISHED), delivery(S.PUBLISHED, key=Key("spring-launch", "second", "x"))]

    assert subject_of([change([], two)]) == "status: spring-launch published on x (2 of 3)"


def test_several_epics_are_counted_and_listed_below() -> None:
    changes = [
        change([], [on("x", S.PUBLISHED)]),
        change([], [on("x", S.PUBLISHED, "summer")], 1),
        change([], [on("x", S.FAILED, "autumn")], 2),
        change([on("x", epic="winter")], [on("x", epic="winter")]),
    ]

    assert subject_of(changes) == "status: 3 epics, 2 published; 1 failed"
    assert body_of(changes) == (
        "- spring-launch published on x (1 of 3)\n"
        "- summer published on x (1 of 1)\n"
        "- autumn failed on x (0 of 2)"
    )


def test_several_epics_of_which_only_marks_changed() -> None:
    held = [on("x", held=mark()), on("x", epic="summer", held=mark())]

    assert subject_of([change([], [each]) for each in held]) == "status: 2 epics"


def test_a_retry_that_failed_again_is_said() -> None:
    """It is news in status.yaml, so it must be in the history too."""
    before = on("x", S.WAITING, attempts=(attempt(1),))
    after = on("x", S.WAITING, attempts=(attempt(1), attempt(2)))

    assert subject_of([change([before], [after])]) != ""


def test_nothing_to_say_is_the_empty_subject() -> None:
    assert subject_of([]) == ""
    assert subject_of([Change(Record(epic="a"), Record(epic="a"), 0)]) == ""


@pytest.mark.parametrize(
    ("count", "subject"),
    [
        (1, "claim: e/t/p0"),
        (3, "claim: e/t/p0, e/t/p1, e/t/p2"),
        (5, "claim: e/t/p0, e/t/p1, e/t/p2 and 2 more"),
    ],
)
def test_the_subject_of_claims(count: int, subject: str) -> None:
    assert claims_subject([f"e/t/p{n}" for n in range(count)]) == subject


def test_a_long_list_of_epics_is_cut_at_fifty_lines() -> None:
    changes = [change([], [on("x", S.PUBLISHED, f"epic-{n}")]) for n in range(80)]

    assert len(body_of(changes).splitlines()) == 50
    assert subject_of(changes) == "status: 80 epics, 80 published"
