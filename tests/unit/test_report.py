"""What a report makes of a delivery: every result of every work, once, twice and too late."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from publisher.domain.delivery import Claim, Delivery, DeliveryStatus, Work
from publisher.domain.outcome import (
    Accepted,
    Located,
    NotBegun,
    Prepared,
    Published,
    Removed,
    Report,
    Retry,
)
from publisher.domain.policy import Policy
from publisher.domain.report import ANSWER_LOST, apply_report, lost
from tests.unit.builders import (
    BAD_TOKEN,
    BUSY,
    CLAIM_ID,
    LATER,
    LOST,
    MINUTE,
    NEVER,
    NO_ANSWER,
    NOW,
    POLICY,
    at,
    attempt,
    claim,
    claimed,
    delivery,
    doubt,
    live_part,
    lost_call,
    published_delivery,
    report,
)

S = DeliveryStatus
FOUND = Published("100", "https://acme.test/100")
TAKEN = Accepted({"job": "7"}, timedelta(seconds=20))
NOT_BEGUN = NotBegun("late")
READY = Prepared({"container": "7"})
NOTHING_THERE = Located(None)
SEEN = Located(FOUND)

ANSWERS = {
    "published": FOUND,
    "accepted": TAKEN,
    "retry": LATER,
    "give_up": NEVER,
    "unknown": LOST,
    "not_begun": NOT_BEGUN,
    "prepared": READY,
    "found": SEEN,
    "nothing": NOTHING_THERE,
    "removed": Removed(),
}


def after(before: Delivery, *reports: Report, policy: Policy = POLICY) -> Delivery:
    for each in reports:
        before = apply_report(before, each, policy)
    return before


def results(of: Delivery) -> list[tuple[int, int, str]]:
    return [(each.n, each.part, each.result) for each in of.attempts]


def lost_at(before: Delivery, when: datetime = NOW, caller: str = "worker-1") -> Delivery:
    """Return it as the plan leaves it when the claim was fenced and its call had begun."""
    assert before.claim is not None
    call = lost_call(caller, claim=before.claim_id)
    return lost(before, before.claim, call, when, when, ANSWER_LOST, POLICY)


# ── A call that is answered ──────────────────────────────────────────────────────────────────


def test_published_is_out_with_its_link_and_one_attempt() -> None:
    done = after(claimed(), report(FOUND, when=at(seconds=1), called_at=NOW))

    assert (done.status, done.claim, done.due) == (S.PUBLISHED, None, None)
    assert [(p.id, p.url, p.at) for p in done.parts] == [
        ("100", "https://acme.test/100", at(seconds=1))
    ]
    assert done.attempts == (
        attempt(result="published", when=at(seconds=1), called_at=NOW, retry_at=None),
    )
    assert done.doubt is None


def test_accepted_is_polled_when_the_platform_says() -> None:
    taken = after(claimed(), report(TAKEN))

    assert (taken.status, taken.claim, taken.accepted) == (S.PROCESSING, None, True)
    assert taken.handle == {"job": "7"}
    assert taken.due == at(seconds=20)


def test_a_refusal_for_later_waits_and_says_why() -> None:
    waiting = after(claimed(), report(LATER))

    assert (waiting.status, waiting.claim, waiting.count) == (S.WAITING, None, 1)
    assert waiting.due == at(minutes=1)
    assert waiting.attempts == (
        attempt(result="retry", called_at=NOW, fault=BUSY, retry_at=at(minutes=1)),
    )
    assert not waiting.out


def test_what_an_interrupted_preparation_made_is_kept_until_it_is_whole() -> None:
    some, whole = {"media:0": "1"}, {"media:0": "1", "container": "7"}
    stopped = after(claimed(Work.PREPARE), report(replace(LATER, handle=some)))
    assert (stopped.status, stopped.handle, stopped.ready) == (S.WAITING, some, False)

    stuck = after(replace(stopped, claim=claimed(Work.PREPARE).claim), report(LATER))
    assert (stuck.handle, stuck.ready) == (some, False)

    ready = after(replace(stuck, claim=claimed(Work.PREPARE).claim), report(Prepared(whole)))
    assert (ready.handle, ready.ready) == (whole, True)


def test_a_refusal_for_good_waits_for_a_person() -> None:
    failed = after(claimed(), report(NEVER))

    assert (failed.status, failed.claim, failed.due) == (S.FAILED, None, None)
    assert failed.attempts == (attempt(result="failed", called_at=NOW, fault=BAD_TOKEN),)
    assert failed.attempts[0].fault is not None
    assert failed.attempts[0].fault.who == "admin"


def test_an_unknown_end_of_a_call_is_a_doubt_whose_caller_has_ended() -> None:
    unsure = after(claimed(), report(LOST, when=at(seconds=30), called_at=at(seconds=1)))

    assert (unsure.status, unsure.claim, unsure.count) == (S.PROCESSING, None, 1)
    assert unsure.doubt == doubt(lost_call(ended=True), called_at=at(seconds=1))
    assert unsure.due == at(seconds=30) + MINUTE
    assert [(a.result, a.fault) for a in unsure.attempts] == [("lost", NO_ANSWER)]


def test_not_begun_goes_back_to_where_it_was() -> None:
    assert after(claimed(), report(NOT_BEGUN)) == replace(claimed(), claim=None)
    assert after(claimed(status=S.WAITING), report(NOT_BEGUN)).status is S.WAITING
    assert after(claimed(status=S.PROCESSING), report(NOT_BEGUN)).status is S.PENDING
    assert after(claimed(doubt=doubt()), report(NOT_BEGUN)).status is S.PROCESSING
    assert after(claimed(parts_out=1, parts=2), report(NOT_BEGUN, 1)).status is S.PROCESSING


# ── Preparing, checking, looking up ──────────────────────────────────────────────────────────


def test_what_is_prepared_is_kept_and_is_no_attempt() -> None:
    ready = after(claimed(Work.PREPARE), report(READY))

    assert (ready.status, ready.claim, ready.handle) == (S.PENDING, None, {"container": "7"})
    assert ready.attempts == ()
    assert ready.first


@pytest.mark.parametrize(("result", "status"), [(LATER, S.WAITING), (NEVER, S.FAILED)])
def test_a_preparation_that_fails_is_an_attempt_like_any_other(result: Any, status: S) -> None:
    failed = after(claimed(Work.PREPARE), report(result))

    assert (failed.status, failed.count, failed.claim) == (status, 1, None)


@pytest.mark.parametrize(("work", "answer"), [(Work.LOOK_UP, SEEN), (Work.CHECK, FOUND)])
def test_what_a_look_finds_is_published(work: Work, answer: Any) -> None:
    found = after(claimed(work, doubt=doubt(), handle={"container": "7"}), report(answer))

    assert (found.status, found.claim, found.doubt) == (S.PUBLISHED, None, None)
    assert found.parts[0].id == "100"


@pytest.mark.parametrize(
    ("work", "answer"), [(Work.LOOK_UP, NOTHING_THERE), (Work.CHECK, NOT_BEGUN)]
)
def test_what_a_look_does_not_find_is_counted(work: Work, answer: Any) -> None:
    vain = after(claimed(work, doubt=doubt()), report(answer, when=at(minutes=1)))

    assert vain.doubt == doubt(looks=1, looked_at=at(minutes=1))
    assert (vain.claim, vain.status, vain.count) == (None, S.PROCESSING, 0)


@pytest.mark.parametrize("work", [Work.LOOK_UP, Work.CHECK])
@pytest.mark.parametrize("answer", [LATER, NEVER, LOST], ids=["retry", "give_up", "unknown"])
def test_a_look_that_could_not_be_made_proves_nothing(work: Work, answer: Any) -> None:
    vain = after(claimed(work, doubt=doubt()), report(answer))

    assert vain.doubt == doubt(look_after=at(minutes=1), looks_failed=1)
    assert (vain.claim, vain.status, vain.count, vain.attempts) == (None, S.PROCESSING, 0, ())


def test_a_look_waits_as_long_as_the_platform_asks() -> None:
    vain = after(claimed(Work.LOOK_UP, doubt=doubt()), report(Retry(BUSY, timedelta(minutes=15))))

    assert vain.doubt == doubt(look_after=at(minutes=15), looks_failed=1)


@pytest.mark.parametrize(
    ("answer", "due"),
    [
        (LATER, at(minutes=1)),
        (Retry(BUSY, timedelta(minutes=7)), at(minutes=7)),
        (NOT_BEGUN, at(minutes=1)),
        (LOST, at(minutes=1)),
        (TAKEN, at(seconds=20)),
    ],
    ids=["retry", "retry_after", "not_begun", "unknown", "still_at_it"],
)
def test_what_was_accepted_is_asked_for_again(answer: Any, due: datetime) -> None:
    polled = after(claimed(Work.CHECK, accepted=True, handle={"job": "7"}), report(answer))

    assert (polled.status, polled.accepted, polled.claim) == (S.PROCESSING, True, None)
    assert polled.due == due
    assert polled.handle == {"job": "7"}


def test_what_was_accepted_and_then_refused_has_failed() -> None:
    failed = after(claimed(Work.CHECK, accepted=True), report(NEVER))

    assert (failed.status, failed.accepted, failed.out) == (S.FAILED, False, False)


def test_what_was_accepted_and_is_live_is_published() -> None:
    done = after(claimed(Work.CHECK, accepted=True, handle={"job": "7"}), report(FOUND))

    assert (done.status, done.accepted, dict(done.handle)) == (S.PUBLISHED, False, {})


def test_a_look_without_a_doubt_left_only_closes_its_claim() -> None:
    """A late answer may have settled the doubt while the look was under way."""
    for answer in (NOTHING_THERE, LATER, NEVER):
        before = claimed(Work.LOOK_UP, status=S.WAITING)
        assert after(before, report(answer)) == replace(before, claim=None)


# ── Retries ──────────────────────────────────────────────────────────────────────────────────


def called_again(before: Delivery, when: datetime) -> Delivery:
    return replace(before, seq=1, claim=claim(due=when))


def refused(times: int, policy: Policy = POLICY, answer: Any = LATER) -> list[Delivery]:
    """Return the delivery after each refusal; each next call is made when it is due."""
    now, before, seen = NOW, delivery(), []
    for _ in range(times):
        before = after(called_again(before, now), report(answer, when=now), policy=policy)
        seen.append(before)
        now = before.due or now
    return seen


def test_the_waits_are_1_5_15_30_and_60_minutes_and_the_sixth_refusal_is_final() -> None:
    seen = refused(6)
    waits = [(each.due - each.attempts[-1].at) // MINUTE if each.due else None for each in seen]

    assert waits == [1, 5, 15, 30, 60, None]
    assert [each.status for each in seen] == [*[S.WAITING] * 5, S.FAILED]
    assert [a.n for a in seen[-1].attempts] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("limit", range(1, 7))
def test_the_attempts_limit_counts_the_first_call(limit: int) -> None:
    seen = refused(limit, Policy(attempts_limit=limit))

    assert [each.status for each in seen] == [*[S.WAITING] * (limit - 1), S.FAILED]


def test_five_retries_at_most_whatever_the_limit() -> None:
    assert refused(6, Policy(attempts_limit=100))[-1].status is S.FAILED


@pytest.mark.parametrize(
    ("theirs", "waited"),
    [(None, 60), (0, 60), (59, 60), (61, 61), (3600, 3600), (86_400, 86_400)],
)
def test_the_platforms_own_reset_time_wins_only_when_it_is_later(
    theirs: int | None, waited: int
) -> None:
    reset = None if theirs is None else timedelta(seconds=theirs)
    waiting = after(claimed(), report(Retry(BUSY, reset)))

    assert waiting.due == at(seconds=waited)
    assert waiting.attempts[0].retry_at == waiting.due


def test_a_lost_answer_counts_as_a_call() -> None:
    twice = after(
        called_again(lost_at(claimed()), at(minutes=1)), report(LATER, when=at(minutes=1))
    )

    assert twice.count == 2
    assert twice.due == at(minutes=6)
    assert results(twice) == [(1, 0, "lost"), (2, 0, "retry")]


def test_a_refusal_does_not_clear_the_doubt_of_an_earlier_call_and_asks_for_new_looks() -> None:
    before = claimed(doubt=doubt(looks=2, looked_at=NOW))
    waiting = after(before, report(LATER))

    assert waiting.status is S.WAITING
    assert waiting.doubt is not None
    assert waiting.doubt.looks == 0
    assert waiting.doubt.calls == before.doubt.calls  # type: ignore[union-attr]


def test_a_second_lost_call_keeps_the_first_and_its_time() -> None:
    again = called_again(lost_at(claimed()), at(minutes=1))
    again = lost_at(replace(again, seq=2, claim=claim(seq=2)), at(minutes=1), "worker-2")

    assert again.doubt is not None
    assert (again.doubt.first_called_at, again.doubt.last_called_at) == (NOW, at(minutes=1))
    assert [call.caller for call in again.doubt.calls] == ["worker-1", "worker-2"]
    assert again.doubt.looks == 0


def test_the_handle_of_a_call_is_kept_for_the_next_one() -> None:
    assert after(claimed(), report(LATER, handle={"media": "7"})).handle == {"media": "7"}
    kept = after(claimed(handle={"media": "6"}), report(LATER))
    assert kept.handle == {"media": "6"}


# ── Threads ──────────────────────────────────────────────────────────────────────────────────


def thread(parts: int) -> list[Report]:
    return [
        report(Published(str(n), f"https://acme.test/{n}"), n, at(seconds=n)) for n in range(parts)
    ]


def test_a_thread_is_published_with_its_last_part() -> None:
    one, two, three = thread(3)
    begun = after(claimed(parts=3), one, two)
    done = after(begun, three)

    assert (begun.status, begun.claim_id, len(begun.parts)) == (S.PROCESSING, CLAIM_ID, 2)
    assert (done.status, done.claim) == (S.PUBLISHED, None)
    assert [p.id for p in done.parts] == ["0", "1", "2"]
    assert results(done) == [(1, 0, "published"), (2, 1, "published"), (3, 2, "published")]


def test_a_part_that_fails_keeps_the_parts_that_are_out_and_its_own_count() -> None:
    one, two, _three = thread(3)
    waiting = after(claimed(parts=3, count=4), one, two, report(LATER, 2))

    assert (waiting.status, waiting.count, len(waiting.parts)) == (S.WAITING, 1, 2)
    assert waiting.out
    assert waiting.attempts[-1].part == 2


def test_the_first_part_that_is_found_is_not_the_whole_thread() -> None:
    found = after(claimed(Work.LOOK_UP, parts=2, doubt=doubt()), report(SEEN))

    assert (found.status, found.doubt, len(found.parts)) == (S.PROCESSING, None, 1)


def test_a_later_part_is_never_taken_for_an_earlier_one() -> None:
    """The report of part 0 went with a Redis that was emptied while part 1 was called."""
    odd = after(claimed(parts=2), report(Published("the second part"), 1))

    assert [p.id for p in odd.parts] != ["the second part"]


# ── Twice, out of order, too late ────────────────────────────────────────────────────────────

BEFORE = {
    "call": claimed(),
    "thread": claimed(parts=3),
    "second_part": claimed(parts=3, parts_out=1),
    "prepare": claimed(Work.PREPARE),
    "look_up": claimed(Work.LOOK_UP, doubt=doubt(lost_call(claim="earlier"))),
    "look_up_thread": claimed(Work.LOOK_UP, doubt=doubt(lost_call(claim="earlier")), parts=2),
    "check": claimed(
        Work.CHECK, doubt=doubt(lost_call(claim="earlier")), handle={"container": "7"}
    ),
    "poll": claimed(Work.CHECK, accepted=True, handle={"job": "7"}),
    "called_again": claimed(doubt=doubt(lost_call(claim="earlier")), count=1),
    "taken_over": delivery(S.PROCESSING, doubt=doubt(), seq=1),
    "taken_over_twice": delivery(
        S.PROCESSING, doubt=doubt(lost_call(), lost_call(claim="other")), seq=1
    ),
    "unconfirmed": delivery(S.UNCONFIRMED, doubt=doubt(), seq=1),
    "failed_in_doubt": delivery(S.FAILED, doubt=doubt(), seq=2),
    "waiting_in_doubt": delivery(S.WAITING, doubt=doubt(), seq=2),
    "published": published_delivery(),
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_saying_it_twice_changes_nothing(before: Delivery, answer: Any) -> None:
    said = report(answer, part=len(before.parts), handle={"media": "5"})
    once = after(before, said)

    assert after(once, said) == once
    assert after(once, said, said) == once


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("part", [0, 1, 2])
def test_every_report_about_every_delivery_has_an_answer(
    before: Delivery, answer: Any, part: int
) -> None:
    """An exception here would stop every later round."""
    assert after(before, report(answer, part)).key == before.key


@pytest.mark.parametrize("answer", [a for a in ANSWERS.values() if not isinstance(a, Removed)])
def test_published_never_changes_again(answer: Any) -> None:
    for part in (0, 1):
        assert after(published_delivery(), report(answer, part)) == published_delivery()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_the_report_of_a_claim_that_left_no_doubt_changes_nothing(answer: Any) -> None:
    if isinstance(answer, Removed):
        return
    for before in (
        delivery(seq=1),
        delivery(S.WAITING, seq=1, attempts=(attempt(),)),
        replace(claimed(), seq=2, claim=claim(seq=2)),
        delivery(S.PROCESSING, seq=3, doubt=doubt(lost_call(claim="another"))),
    ):
        assert after(before, report(answer)) == before


def orders(reports: Iterable[Report]) -> list[tuple[Report, ...]]:
    return list(permutations(reports))


@pytest.mark.parametrize("said", orders([report(FOUND), report(LOST, claim="other")]))
def test_a_late_publication_wins_in_any_order(said: tuple[Report, ...]) -> None:
    both = doubt(lost_call(), lost_call(claim="other"))

    assert after(delivery(S.PROCESSING, doubt=both), *said).status is S.PUBLISHED


@pytest.mark.parametrize(
    "said", orders([report(NOT_BEGUN), report(LOST, claim="two"), report(LATER, claim="three")])
)
def test_late_proofs_add_up_in_any_order(said: tuple[Report, ...]) -> None:
    calls = (lost_call(), lost_call("w2", claim="two"), lost_call("w3", claim="three"))
    left = after(delivery(S.PROCESSING, doubt=doubt(*calls)), *said)

    assert left.doubt is not None
    assert left.doubt.calls == (lost_call("w2", claim="two", ended=True),)


@pytest.mark.parametrize("status", [S.PROCESSING, S.UNCONFIRMED, S.WAITING, S.FAILED, S.PENDING])
def test_a_late_answer_that_it_is_out_makes_it_published(status: S) -> None:
    """`failed` too: the first call's answer came after a second call was refused."""
    done = after(delivery(status, doubt=doubt(), count=1), report(FOUND))

    assert (done.status, done.doubt, done.due) == (S.PUBLISHED, None, None)
    assert done.parts[0].id == "100"


def test_a_late_answer_for_one_part_does_not_end_the_thread() -> None:
    unsure = lost_at(claimed(parts=2))
    grown = after(unsure, report(Published("100")))

    assert len(grown.parts) == 1
    assert grown.doubt is None
    assert grown.status is S.PROCESSING


def test_a_late_answer_for_the_last_part_ends_the_thread() -> None:
    unsure = lost_at(claimed(parts=2, parts_out=1))

    assert after(unsure, report(Published("101"), 1)).status is S.PUBLISHED


@pytest.mark.parametrize("answer", [NOT_BEGUN, LATER, NEVER], ids=["not_begun", "retry", "no"])
@pytest.mark.parametrize(
    ("status", "then"),
    [(S.PROCESSING, S.PROCESSING), (S.UNCONFIRMED, S.PENDING), (S.FAILED, S.FAILED)],
)
def test_a_late_proof_that_the_call_was_not_made_clears_the_doubt(
    answer: Any, status: S, then: S
) -> None:
    clear = after(delivery(status, doubt=doubt()), report(answer, when=at(minutes=9)))

    assert (clear.status, clear.doubt, clear.due) == (then, None, at(minutes=9))


def test_a_late_proof_about_one_call_leaves_the_doubt_of_the_others() -> None:
    other = lost_call("w2", claim="other")
    left = after(delivery(S.UNCONFIRMED, doubt=doubt(lost_call(), other)), report(NOT_BEGUN))

    assert (left.status, left.doubt) == (S.UNCONFIRMED, doubt(other))


def test_a_late_unknown_is_the_proof_that_its_caller_has_ended() -> None:
    proven = after(delivery(S.PROCESSING, doubt=doubt()), report(LOST))

    assert proven == delivery(S.PROCESSING, doubt=doubt(lost_call(ended=True)))


def test_a_late_report_of_another_part_changes_nothing() -> None:
    before = delivery(S.PROCESSING, doubt=doubt(), parts=(live_part(),))

    assert after(before, report(FOUND, 0)) == before
    assert after(before, report(FOUND, 2)) == before


def test_a_late_answer_while_a_look_is_under_way_settles_it() -> None:
    looking = claimed(Work.LOOK_UP, doubt=doubt(lost_call(claim="earlier")))
    done = after(looking, report(FOUND, claim="earlier"))

    assert (done.status, done.claim) == (S.PUBLISHED, None)
    assert after(done, report(NOTHING_THERE)) == done


def test_removed_there_stays_published_and_is_marked_once() -> None:
    gone = after(published_delivery(), report(Removed(), when=at(hours=1)))

    assert gone.status is S.PUBLISHED
    assert gone.removed is not None
    assert gone.removed.at == at(hours=1)
    assert after(gone, report(Removed(), when=at(hours=2))) == gone
    assert after(delivery(S.FAILED), report(Removed())) == delivery(S.FAILED)


def test_claims_of_other_seqs_are_other_claims() -> None:
    second: Claim = claim(seq=2)
    before = replace(claimed(), seq=2, claim=second)

    assert after(before, report(FOUND)) == before
    assert after(before, report(FOUND, claim=before.claim_id)).status is S.PUBLISHED
