"""One delivery: its transition table and the questions it answers about itself."""

from itertools import product
from typing import Any

import pytest

from publisher.domain.delivery import (
    TRANSITIONS,
    Delivery,
    DeliveryStatus,
    Key,
    Record,
    Work,
    claim_id,
)
from publisher.domain.errors import IllegalStep
from tests.unit.builders import (
    KEY,
    NOW,
    attempt,
    claimed,
    delivery,
    doubt,
    live_part,
    mark,
    published_delivery,
)

S = DeliveryStatus
LEGAL = {
    S.PENDING: {S.PROCESSING, S.HANDED_OFF, S.FAILED},
    S.PROCESSING: {S.PENDING, S.PUBLISHED, S.FAILED, S.WAITING, S.HANDED_OFF, S.UNCONFIRMED},
    S.WAITING: {S.PROCESSING, S.PENDING, S.FAILED},
    S.FAILED: {S.PENDING, S.PUBLISHED},
    S.UNCONFIRMED: {S.PUBLISHED, S.PENDING},
    S.HANDED_OFF: {S.CANCELLING, S.PUBLISHED, S.FAILED},
    S.CANCELLING: {S.PENDING, S.PUBLISHED, S.HANDED_OFF},
    S.PUBLISHED: set(),
}
EVERY_STEP = list(product(S, S))


@pytest.mark.parametrize(("before", "after"), [s for s in EVERY_STEP if s[1] in LEGAL[s[0]]])
def test_a_legal_step_is_taken(before: S, after: S) -> None:
    assert delivery(before).step(after) == delivery(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [(a, b) for a, b in EVERY_STEP if a is not b and b not in LEGAL[a]],
)
def test_an_illegal_step_is_a_bug_that_names_the_delivery(before: S, after: S) -> None:
    with pytest.raises(IllegalStep, match=f"{KEY}: {before} → {after}"):
        delivery(before).step(after)


@pytest.mark.parametrize("status", S)
def test_standing_still_is_always_legal(status: S) -> None:
    assert delivery(status).step(status) == delivery(status)


def test_every_status_is_in_the_table_and_published_is_the_end() -> None:
    assert set(TRANSITIONS) == set(S)
    assert not TRANSITIONS[S.PUBLISHED]


def test_every_status_but_published_has_a_way_to_published() -> None:
    reached = {S.PUBLISHED}
    while more := {s for s in S if TRANSITIONS[s] & reached} - reached:
        reached |= more

    assert reached == set(S)


@pytest.mark.parametrize(
    ("status", "out"),
    [
        (S.PENDING, False),
        (S.WAITING, False),
        (S.FAILED, False),
        (S.PROCESSING, True),
        (S.PUBLISHED, True),
        (S.UNCONFIRMED, True),
        (S.HANDED_OFF, True),
        (S.CANCELLING, True),
    ],
)
def test_a_status_says_whether_it_may_be_out(status: S, out: bool) -> None:
    assert delivery(status).out is out


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize(
    "trace", [{"parts": (live_part(),)}, {"doubt": doubt()}, {"accepted": True}]
)
def test_whatever_left_a_trace_on_the_platform_is_out(status: S, trace: dict[str, Any]) -> None:
    assert delivery(status, **trace).somewhere
    assert delivery(status, **trace).out


@pytest.mark.parametrize("work", Work)
def test_only_a_claim_to_call_occupies_the_account_before_the_call(work: Work) -> None:
    assert claimed(work).occupies is (work is Work.CALL)
    assert not claimed(work).out


def test_what_is_out_occupies_until_it_is_gone_from_its_platform() -> None:
    assert published_delivery().occupies
    assert not published_delivery(removed=mark()).occupies
    assert published_delivery(removed=mark()).out
    assert not delivery().occupies


@pytest.mark.parametrize(
    ("before", "first"),
    [
        (delivery(), True),
        (claimed(), True),
        (delivery(handle={"container": "7"}), True),
        (delivery(attempts=(attempt(),)), False),
        (delivery(doubt=doubt()), False),
        (delivery(parts=(live_part(),)), False),
        (delivery(accepted=True), False),
        (delivery(S.WAITING, attempts=(attempt(),)), False),
        (delivery(S.FAILED), False),
        (delivery(S.PROCESSING), False),
    ],
)
def test_a_first_attempt_is_one_before_which_nothing_was_called(
    before: Delivery, first: bool
) -> None:
    assert before.first is first


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (delivery(), False),
        (claimed(), False),
        (delivery(attempts=(attempt(),)), True),
        (delivery(held=mark()), True),
        (delivery(cancelled=mark()), True),
        (delivery(S.PROCESSING), True),
        (published_delivery(), True),
    ],
)
def test_a_claim_alone_is_nothing_to_tell_people(before: Delivery, told: bool) -> None:
    assert before.told is told


@pytest.mark.parametrize("status", S)
def test_a_call_begins_only_from_pending_or_waiting(status: S) -> None:
    begun = delivery(status).begun()
    waited = status in {S.PENDING, S.WAITING}

    assert begun.status is (S.PROCESSING if waited else status)


def test_the_claim_has_an_id_of_its_own_and_no_claim_has_none() -> None:
    assert claimed().claim_id == claim_id(KEY, 1) == "spring-launch/teaser/x-acme#1"
    assert delivery().claim_id == ""


def test_a_note_is_added_and_changes_nothing_else() -> None:
    noted = delivery().noted("looked twice", NOW, "ana").noted("and again", NOW)

    assert [(note.why, note.by) for note in noted.notes] == [
        ("looked twice", "ana"),
        ("and again", ""),
    ]
    assert noted.status is S.PENDING


def test_a_record_keeps_its_order_and_replaces_by_key() -> None:
    other = delivery(key=Key("spring-launch", "teaser", "linkedin-acme"))
    before = Record(epic="spring-launch").put(delivery(), other)
    after = before.put(published_delivery())

    assert list(after.deliveries) == [KEY, other.key]
    assert after.get(KEY) == published_delivery()
    assert before.get(KEY) == delivery()
    assert after.get(Key("a", "b", "c")) is None
