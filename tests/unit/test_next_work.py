"""The table of lost answers, row by row and class by class."""

from collections.abc import Set as AbstractSet
from datetime import datetime

import pytest

from publisher.domain.delivery import Delivery, DeliveryStatus, Work
from publisher.domain.next_work import (
    ASK_PERSON,
    NOTHING,
    AskPerson,
    Next,
    Nothing,
    next_work,
    without_calls_left,
)
from publisher.domain.traits import Traits
from tests.unit.builders import (
    BLIND,
    CHECKABLE,
    CHECKABLE_UNSEEN,
    EVERY_CLASS,
    IDEMPOTENT,
    IDEMPOTENT_UNSEEN,
    MEMORY,
    NOW,
    SEARCHABLE,
    SECOND,
    SETTLE,
    at,
    delivery,
    doubt,
    lost_call,
    mark,
)

S = DeliveryStatus
DUE = at(hours=2)
HANDLE = {"container": "7"}
ALIVE = (lost_call("a"),)
DEAD = (lost_call("dead"),)
ENDED = (lost_call("a", ended=True),)
ONE_OF_TWO_ALIVE = (lost_call("dead"), lost_call("a"))
ENDED_AND_DEAD = (lost_call("dead"), lost_call("a", ended=True))

Decision = Next | AskPerson | Nothing


def decide(
    before: Delivery,
    traits: Traits,
    due: datetime | None = DUE,
    now: datetime = NOW,
    dead: AbstractSet[str] = frozenset({"dead"}),
) -> Decision:
    return next_work(before, due, traits, dead, now)


def in_doubt(
    calls: tuple[object, ...] = ALIVE, handle: dict[str, str] | None = None, **changes: object
) -> Delivery:
    return delivery(S.PROCESSING, doubt=doubt(*calls, **changes), handle=handle or {})  # type: ignore[arg-type]


# ── Nothing in doubt ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_without_doubt_it_is_called_at_its_time(traits: Traits) -> None:
    assert decide(delivery(handle=HANDLE), traits) == Next(Work.CALL, DUE)


def test_only_a_checkable_platform_is_prepared_ahead_and_only_once() -> None:
    assert decide(delivery(), CHECKABLE) == Next(Work.PREPARE, DUE)
    assert decide(delivery(handle=HANDLE), CHECKABLE) == Next(Work.CALL, DUE)
    assert decide(delivery(handle=HANDLE, half_ready=True), CHECKABLE) == Next(Work.PREPARE, DUE)
    assert decide(delivery(), IDEMPOTENT) == Next(Work.CALL, DUE)


def test_an_automatic_retry_is_called_at_its_own_time() -> None:
    assert decide(delivery(S.WAITING), SEARCHABLE) == Next(Work.CALL, DUE)


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_unscheduled_or_held_waits_for_people(traits: Traits) -> None:
    assert decide(delivery(), traits, due=None) == NOTHING
    assert decide(delivery(held=mark("overdue")), traits) == NOTHING


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
@pytest.mark.parametrize(
    "before",
    [
        *(delivery(s) for s in (S.PUBLISHED, S.FAILED, S.UNCONFIRMED, S.HANDED_OFF, S.CANCELLING)),
        delivery(S.FAILED, doubt=doubt()),
        delivery(S.UNCONFIRMED, doubt=doubt(*DEAD)),
        delivery(cancelled=mark()),
        delivery(S.WAITING, cancelled=mark()),
    ],
    ids=lambda before: f"{before.status}{'+doubt' if before.doubt else ''}",
)
def test_what_rests_is_left_alone(before: Delivery, traits: Traits) -> None:
    assert decide(before, traits) == NOTHING


def test_what_a_platform_accepted_is_polled_also_when_nobody_wants_it_any_more() -> None:
    accepted = delivery(S.PROCESSING, accepted=True, due=at(seconds=20))

    assert decide(accepted, SEARCHABLE) == Next(Work.CHECK, at(seconds=20))
    assert decide(accepted, SEARCHABLE, due=None) == Next(Work.CHECK, at(seconds=20))


# ── A call without an answer ─────────────────────────────────────────────────────────────────

AGAIN = Next(Work.CALL, DUE)
YOUNG, OLD = NOW, NOW + MEMORY
TABLE: list[tuple[str, Traits, datetime, Delivery, Decision]] = [
    # Idempotent, inside the platform's memory of keys: look once at once, then the same key again.
    ("idempotent looks first", IDEMPOTENT, YOUNG, in_doubt(), Next(Work.LOOK_UP, NOW)),
    ("idempotent then again", IDEMPOTENT, YOUNG, in_doubt(looks=1), AGAIN),
    ("idempotent, ended", IDEMPOTENT, YOUNG, in_doubt(ENDED, looks=1), AGAIN),
    ("idempotent, last second", IDEMPOTENT, OLD - SECOND, in_doubt(looks=1), AGAIN),
    ("idempotent without look-up: again", IDEMPOTENT_UNSEEN, YOUNG, in_doubt(), AGAIN),
    # Past its memory a key is worth nothing.
    ("forgotten: look", IDEMPOTENT, OLD, in_doubt(), Next(Work.LOOK_UP, NOW + SETTLE)),
    (
        "forgotten: look twice",
        IDEMPOTENT,
        OLD,
        in_doubt(looks=1, looked_at=at(minutes=50)),
        Next(Work.LOOK_UP, at(minutes=50) + SETTLE),
    ),
    ("forgotten, looked twice, alive", IDEMPOTENT, OLD, in_doubt(looks=2), ASK_PERSON),
    ("forgotten, looked twice, dead", IDEMPOTENT, OLD, in_doubt(DEAD, looks=2), AGAIN),
    ("forgotten, looked twice, ended", IDEMPOTENT, OLD, in_doubt(ENDED, looks=2), AGAIN),
    ("forgotten, nothing to look at", IDEMPOTENT_UNSEEN, OLD, in_doubt(DEAD), ASK_PERSON),
    # Checkable: the handle from before the call answers for this very attempt.
    ("checkable checks", CHECKABLE, YOUNG, in_doubt(handle=HANDLE), Next(Work.CHECK, NOW)),
    ("checkable checked", CHECKABLE, YOUNG, in_doubt(handle=HANDLE, looks=1), AGAIN),
    ("checkable much later", CHECKABLE, OLD, in_doubt(handle=HANDLE, looks=1), AGAIN),
    (
        "a check needs no timeline",
        CHECKABLE_UNSEEN,
        YOUNG,
        in_doubt(handle=HANDLE),
        Next(Work.CHECK, NOW),
    ),
    ("without handle: search", CHECKABLE, YOUNG, in_doubt(), Next(Work.LOOK_UP, NOW + SETTLE)),
    ("without handle, alive", CHECKABLE, YOUNG, in_doubt(looks=2), ASK_PERSON),
    ("without handle, dead", CHECKABLE, YOUNG, in_doubt(DEAD, looks=2), AGAIN),
    ("without handle, nothing to look at", CHECKABLE_UNSEEN, YOUNG, in_doubt(DEAD), ASK_PERSON),
    # Searchable: twice, each after the settle time; then only with proof of death.
    ("first look", SEARCHABLE, YOUNG, in_doubt(DEAD), Next(Work.LOOK_UP, NOW + SETTLE)),
    (
        "second look",
        SEARCHABLE,
        YOUNG,
        in_doubt(DEAD, looks=1, looked_at=at(seconds=40)),
        Next(Work.LOOK_UP, at(seconds=40) + SETTLE),
    ),
    (
        "a look that failed is repeated later",
        SEARCHABLE,
        YOUNG,
        in_doubt(DEAD, look_after=at(minutes=3)),
        Next(Work.LOOK_UP, at(minutes=3)),
    ),
    (
        "the settle time counts from the last call",
        SEARCHABLE,
        YOUNG,
        in_doubt(DEAD, last_called_at=at(minutes=1)),
        Next(Work.LOOK_UP, at(minutes=1) + SETTLE),
    ),
    ("looked twice, alive", SEARCHABLE, YOUNG, in_doubt(ALIVE, looks=2), ASK_PERSON),
    ("looked twice, dead", SEARCHABLE, YOUNG, in_doubt(DEAD, looks=2), AGAIN),
    ("looked twice, ended", SEARCHABLE, YOUNG, in_doubt(ENDED, looks=2), AGAIN),
    ("one of two alive", SEARCHABLE, YOUNG, in_doubt(ONE_OF_TWO_ALIVE, looks=2), ASK_PERSON),
    ("ended and dead", SEARCHABLE, YOUNG, in_doubt(ENDED_AND_DEAD, looks=2), AGAIN),
    # Blind.
    ("blind, alive", BLIND, YOUNG, in_doubt(ALIVE), ASK_PERSON),
    ("blind, dead", BLIND, YOUNG, in_doubt(DEAD), ASK_PERSON),
    ("blind, ended", BLIND, YOUNG, in_doubt(ENDED), ASK_PERSON),
]


@pytest.mark.parametrize(
    ("traits", "now", "before", "expected"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_a_lost_answer_is_settled_as_the_table_says(
    traits: Traits, now: datetime, before: Delivery, expected: Decision
) -> None:
    assert decide(before, traits, now=now) == expected


@pytest.mark.parametrize(
    ("traits", "now", "before", "expected"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_what_nobody_wants_any_more_is_settled_but_never_called(
    traits: Traits, now: datetime, before: Delivery, expected: Decision
) -> None:
    unwanted = NOTHING if expected == AGAIN else expected

    assert decide(before, traits, due=None, now=now) == unwanted


@pytest.mark.parametrize(
    ("traits", "now", "before", "expected"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
@pytest.mark.parametrize("status", [S.PENDING, S.WAITING])
def test_doubt_is_sticky_whatever_the_status(
    traits: Traits, now: datetime, before: Delivery, expected: Decision, status: S
) -> None:
    """A manual retry makes it pending, a refusal makes it wait; the doubt stays."""
    other = delivery(status, doubt=before.doubt, handle=before.handle)

    assert decide(other, traits, now=now) == expected


# ── At the limit of attempts ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "traits", "last"),
    [
        (delivery(), SEARCHABLE, S.FAILED),
        (in_doubt(DEAD), SEARCHABLE, S.FAILED),
        (in_doubt(ENDED), SEARCHABLE, S.UNCONFIRMED),
        (in_doubt(ENDED_AND_DEAD), SEARCHABLE, S.UNCONFIRMED),
        (in_doubt(ENDED), IDEMPOTENT, S.FAILED),
        (in_doubt(ENDED), CHECKABLE, S.FAILED),
    ],
    ids=["no-doubt", "killed", "answer-lost", "both", "idempotent", "checkable"],
)
def test_only_a_lost_answer_that_nobody_can_settle_stays_unconfirmed(
    before: Delivery, traits: Traits, last: DeliveryStatus
) -> None:
    assert without_calls_left(before, traits) == last
