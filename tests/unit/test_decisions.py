"""What people may decide about one delivery, and what they are told when they may not."""

from dataclasses import replace

import pytest

from publisher.domain.decisions import cancelled, released, resolved, retried
from publisher.domain.delivery import Delivery, DeliveryStatus
from publisher.domain.errors import Refused
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
UNSURE = delivery(S.UNCONFIRMED, doubt=doubt(), count=2, seq=2, attempts=(attempt(result="lost"),))


@pytest.mark.parametrize("status", [S.FAILED, S.WAITING])
def test_a_manual_retry_is_due_now_with_a_new_count_and_the_old_history(status: S) -> None:
    before = delivery(status, count=6, attempts=(attempt(),), seq=6)
    again = retried(before, NOW, "ana")

    assert (again.status, again.due, again.count) == (S.PENDING, NOW, 0)
    assert again.attempts == before.attempts
    assert again.released is not None
    assert again.released.by == "ana"


def test_a_manual_retry_keeps_the_doubt() -> None:
    assert retried(delivery(S.FAILED, doubt=doubt()), NOW, "ana").doubt == doubt()


@pytest.mark.parametrize("status", [s for s in S if s not in {S.FAILED, S.WAITING, S.UNCONFIRMED}])
def test_only_what_failed_is_retried(status: S) -> None:
    with pytest.raises(Refused, match=f"{KEY} is {status}"):
        retried(delivery(status), NOW, "ana")


def test_a_retry_of_what_may_be_out_says_what_to_do_instead() -> None:
    with pytest.raises(Refused, match=r"copydesk resolve .*--live URL.*--not-live"):
        retried(UNSURE, NOW, "ana")


def test_released_is_due_now_and_says_by_whom() -> None:
    free = released(delivery(held=mark("overdue")), NOW, "ana")

    assert (free.held, free.due, free.status) == (None, NOW, S.PENDING)
    assert free.released is not None
    assert (free.released.by, free.released.at) == ("ana", NOW)


def test_only_what_is_held_is_released() -> None:
    with pytest.raises(Refused, match="not held"):
        released(delivery(), NOW, "ana")


@pytest.mark.parametrize(
    "before", [delivery(), delivery(held=mark()), delivery(S.FAILED), delivery(S.WAITING, due=NOW)]
)
def test_what_is_not_out_can_be_cancelled_and_leaves_a_tombstone(before: Delivery) -> None:
    gone = cancelled(before, NOW, "ana")

    assert gone.cancelled is not None
    assert gone.cancelled.by == "ana"
    assert (gone.held, gone.due, gone.attempts) == (None, None, before.attempts)


@pytest.mark.parametrize(
    "before",
    [
        *(
            delivery(s)
            for s in (S.PROCESSING, S.PUBLISHED, S.UNCONFIRMED, S.HANDED_OFF, S.CANCELLING)
        ),
        claimed(),
        delivery(S.FAILED, doubt=doubt()),
        delivery(S.WAITING, parts=(live_part(),)),
    ],
)
def test_it_is_too_late_to_cancel_what_may_be_out(before: Delivery) -> None:
    with pytest.raises(Refused, match="too late"):
        cancelled(before, NOW, "ana")


def test_it_is_live_makes_it_published_with_its_link() -> None:
    live = resolved(UNSURE, "https://acme.test/7", NOW, "ana")

    assert (live.status, live.doubt, live.due) == (S.PUBLISHED, None, None)
    assert live.parts[0].url == "https://acme.test/7"
    assert live.notes[-1].by == "ana"


def test_it_is_not_live_makes_it_due_now_without_doubt() -> None:
    again = resolved(replace(UNSURE, handle={"container": "7"}), None, NOW, "ana")

    assert (again.status, again.doubt, again.due, again.count) == (S.PENDING, None, NOW, 0)
    assert not again.handle
    assert [a.result for a in again.attempts] == ["lost", "not live"]
    assert [a.n for a in again.attempts] == [1, 2]
    assert not again.first


@pytest.mark.parametrize("live", [None, "https://acme.test/7"])
@pytest.mark.parametrize("status", [s for s in S if s is not S.UNCONFIRMED])
def test_only_what_is_unconfirmed_is_resolved(status: S, live: str | None) -> None:
    with pytest.raises(Refused, match="not unconfirmed"):
        resolved(delivery(status), live, NOW, "ana")


def test_published_is_beyond_every_decision() -> None:
    done = published_delivery()
    for decide in (retried, released, cancelled):
        with pytest.raises(Refused):
            decide(done, NOW, "ana")
