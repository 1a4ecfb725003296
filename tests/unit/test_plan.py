"""What is next for an epic: claims at the right time, fences, other generations, wake times."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from publisher.domain import decisions
from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record, Work
from publisher.domain.epic import Epic, Override, Task
from publisher.domain.facts import Facts, GateView, Step
from publisher.domain.outcome import Published
from publisher.domain.payload import digest_of, payload_of
from publisher.domain.plan import plan_epic
from publisher.domain.policy import Policy
from publisher.domain.report import apply_report
from tests.unit.builders import (
    AHEAD,
    BLIND,
    CHECKABLE,
    CLAIM_ID,
    EVERY_CLASS,
    GENERATION,
    IDEMPOTENT,
    IDEMPOTENT_UNSEEN,
    KEY,
    LEASE,
    MINUTE,
    NOW,
    POLICY,
    SEARCHABLE,
    SECOND,
    SETTLE,
    alive,
    at,
    attempt,
    claim,
    claimed,
    delivery,
    doubt,
    elsewhere,
    epic,
    facts,
    fenced,
    live_part,
    lost_call,
    mark,
    one_task,
    profile,
    published_delivery,
    record,
    report,
    task,
)

S = DeliveryStatus
EMPTY = record()
DIGEST = digest_of(payload_of(task(), profile()), profile(), {})
THREAD = one_task(thread=("Second part.",))
THREAD_DIGEST = digest_of(payload_of(THREAD.tasks[0], profile()), profile(), {})


def plan(wanted: Epic | None, before: Record, here: Facts) -> Step:
    """Plan, and check on the way that planning the result again changes nothing."""
    step = plan_epic(wanted, before, here)
    again = plan_epic(wanted, step.record, here)
    assert again.record == step.record
    assert again.claimed == ()
    assert again.fence == step.fence
    return step


def settle(wanted: Epic | None, before: Delivery, view: GateView, **changes: Any) -> Delivery:
    """Plan after the gate has answered for the one open claim."""
    here = facts(**{"now": at(minutes=1), **changes})
    step = plan(wanted, record(before), replace(here, views={before.claim_id: view}))
    return step.record.deliveries[before.key]


def open_claim(work: Work = Work.CALL, *, parts: int = 1, **changes: Any) -> Delivery:
    """Return a delivery of `one_task()` whose claim was made for what the epic still says."""
    values = {"claim": claim(work, digest=THREAD_DIGEST if parts == 2 else DIGEST, parts=parts)}
    return claimed(work, digest=DIGEST, **(values | changes))


def only(step: Step) -> Delivery:
    (one,) = step.record.deliveries.values()
    return one


# ── Claims at the right time ─────────────────────────────────────────────────────────────────


def test_long_before_its_time_nothing_is_written_and_a_wake_is_set() -> None:
    step = plan(one_task(due=at(hours=3)), EMPTY, facts())

    assert step == Step(record=EMPTY, wake_at=at(hours=3) - AHEAD)


@pytest.mark.parametrize(("early", "claimed_now"), [(SECOND, False), (timedelta(0), True)])
def test_a_call_is_claimed_as_soon_as_its_time_is_near_and_not_a_second_before(
    early: timedelta, claimed_now: bool
) -> None:
    step = plan(one_task(), EMPTY, facts(NOW - AHEAD - early))

    assert step.claimed == ((KEY,) if claimed_now else ())


def test_a_claim_says_all_that_a_carrier_needs() -> None:
    step = plan(one_task(), EMPTY, facts(NOW - AHEAD))
    one = only(step)

    assert step.claimed == (KEY,)
    assert one.claim is not None
    assert one.claim == claim(digest=DIGEST, commit="main-1", lease_until=NOW + LEASE)
    assert (one.seq, one.status, one.place, one.digest) == (1, S.PENDING, "sandbox:acme", DIGEST)
    assert one.fingerprint
    assert step.wake_at == NOW + LEASE
    assert step.record.path == "content/epics/spring-launch"
    assert step.record.title == "Spring launch"


def test_the_lease_of_a_late_claim_counts_from_now() -> None:
    one = only(plan(one_task(), EMPTY, facts(at(minutes=5))))

    assert one.claim is not None
    assert (one.claim.due, one.claim.lease_until) == (NOW, at(minutes=5) + LEASE)


def test_uploads_begin_earlier_than_calls_and_only_where_they_are_apart() -> None:
    early = NOW - AHEAD - POLICY.prepare_ahead
    step = plan(one_task(), EMPTY, facts(early, CHECKABLE))

    assert [d.claim.work for d in step.record.deliveries.values() if d.claim] == [Work.PREPARE]
    assert plan(one_task(), EMPTY, facts(early, SEARCHABLE)).claimed == ()
    assert plan(one_task(), EMPTY, facts(early - SECOND, CHECKABLE)).wake_at == early


def test_what_is_prepared_is_called_at_its_time() -> None:
    ready = delivery(seq=1, handle={"container": "7"}, digest=DIGEST)
    waiting = plan(one_task(), record(ready), facts(NOW - MINUTE, CHECKABLE))
    called = plan(one_task(), record(ready), facts(NOW - AHEAD, CHECKABLE))

    assert (waiting.claimed, waiting.wake_at) == ((), NOW - AHEAD)
    assert only(called).claim == claim(
        seq=2, digest=DIGEST, commit="main-1", lease_until=NOW + LEASE
    )


def test_an_edit_throws_away_what_was_uploaded_for_the_old_text() -> None:
    ready = delivery(seq=1, handle={"container": "7"}, digest=DIGEST)
    one = only(plan(one_task(body="Edited."), record(ready), facts(NOW - AHEAD, CHECKABLE)))

    assert not one.handle
    assert one.claim is not None
    assert one.claim.work is Work.PREPARE


def test_an_edit_keeps_the_handle_that_must_answer_for_a_lost_call() -> None:
    unsure = delivery(
        S.PROCESSING, seq=1, handle={"container": "7"}, digest=DIGEST, doubt=doubt(), due=NOW
    )
    one = only(plan(one_task(body="Edited."), record(unsure), facts(NOW, CHECKABLE)))

    assert one.handle == {"container": "7"}
    assert one.claim is not None
    assert one.claim.work is Work.CHECK


def test_every_delivery_of_every_task_is_planned_and_the_wake_is_the_earliest() -> None:
    soon, late = (
        task(profiles=("x-acme", "linkedin-acme")),
        task("later", body="B", due=at(hours=1)),
    )
    step = plan(epic(soon, late), EMPTY, facts())

    assert step.claimed == (KEY, Key("spring-launch", "teaser", "linkedin-acme"))
    assert step.wake_at == NOW + LEASE
    assert list(step.record.deliveries)[-1] == Key("spring-launch", "later", "x-acme")


def test_an_automatic_retry_is_claimed_at_its_own_time() -> None:
    waiting = delivery(S.WAITING, due=at(minutes=5), attempts=(attempt(),), count=1, seq=1)

    assert plan(one_task(), record(waiting), facts(at(minutes=4))).wake_at == at(minutes=5) - AHEAD
    assert plan(one_task(), record(waiting), facts(at(minutes=5))).claimed == (KEY,)


def test_people_can_move_a_retry_to_later_but_not_to_earlier() -> None:
    waiting = delivery(S.WAITING, due=at(minutes=5), attempts=(attempt(),), count=1, seq=1)

    later = plan(one_task(due=at(hours=1)), record(waiting), facts(at(minutes=5)))
    assert (later.claimed, later.wake_at) == ((), at(hours=1) - AHEAD)
    earlier = plan(one_task(due=at(hours=-1)), record(waiting), facts(at(minutes=1)))
    assert (earlier.claimed, earlier.wake_at) == ((), at(minutes=5) - AHEAD)


@pytest.mark.parametrize("wanted", [None, one_task(due=None), epic(), one_task(profiles=())])
def test_what_is_not_wanted_or_has_no_time_is_not_claimed(wanted: Epic | None) -> None:
    waiting = delivery(S.WAITING, due=NOW, attempts=(attempt(),), count=1, seq=1)

    for before in (EMPTY, record(waiting)):
        assert plan(wanted, before, facts()) == Step(record=before)


def test_a_profile_that_does_not_exist_is_not_claimed() -> None:
    assert plan(one_task(profiles=("nobody",)), EMPTY, facts()) == Step(record=EMPTY)


@pytest.mark.parametrize("status", [S.PENDING, S.WAITING])
def test_cancelled_is_never_claimed_again(status: S) -> None:
    before = record(delivery(status, cancelled=mark(), due=NOW))

    assert plan(one_task(), before, facts(at(minutes=1))) == Step(record=before)


@pytest.mark.parametrize("status", [S.PUBLISHED, S.FAILED, S.UNCONFIRMED])
def test_what_rests_is_never_claimed_again(status: S) -> None:
    before = record(delivery(status, due=NOW, parts=(live_part(),)))

    assert plan(one_task(body="Edited."), before, facts(at(hours=9))) == Step(record=before)


def test_paused_claims_nothing_at_all_and_looks_again_soon() -> None:
    unsure = delivery(S.PROCESSING, doubt=doubt(), due=NOW, seq=1)
    for before, traits in ((EMPTY, IDEMPOTENT), (EMPTY, CHECKABLE), (record(unsure), IDEMPOTENT)):
        step = plan(one_task(), before, facts(at(seconds=1), traits, may_claim=False))

        assert step == Step(record=before, wake_at=at(seconds=1) + AHEAD)


def test_paused_still_settles_what_was_called_before() -> None:
    one = settle(one_task(), open_claim(), fenced({0: NOW}, "w"), may_claim=False)

    assert (one.status, one.claim) == (S.PROCESSING, None)
    assert one.doubt is not None


def test_the_last_call_of_the_limit_is_the_last() -> None:
    tired = delivery(S.WAITING, due=NOW, attempts=(attempt(),), count=3, seq=3)
    here = facts(policy=Policy(attempts_limit=3))

    one = only(plan(one_task(), record(tired), here))
    assert (one.status, one.claim, one.due) == (S.FAILED, None, None)


# ── Fences ───────────────────────────────────────────────────────────────────────────────────


def test_a_claim_inside_its_lease_is_left_alone() -> None:
    before = record(open_claim())
    step = plan(one_task(), before, facts(at(seconds=1)))

    assert step == Step(record=before, wake_at=NOW + LEASE)


def test_a_claim_past_its_lease_is_fenced_gently_and_nothing_else_happens_yet() -> None:
    before = record(open_claim())
    here = facts(NOW + LEASE)

    assert plan(one_task(), before, here) == Step(
        record=before, fence={CLAIM_ID: False}, wake_at=NOW + LEASE
    )


def test_a_lease_that_the_gate_says_has_ended_is_believed() -> None:
    step = plan(one_task(), record(open_claim()), facts(expired=frozenset({CLAIM_ID})))

    assert step.fence == {CLAIM_ID: False}


UNWANTED: dict[str, Epic | None] = {
    "edited": one_task(body="Edited."),
    "edited for this profile": one_task(overrides={"x-acme": Override("Other.")}),
    "options": one_task(params={"sandbox": {"format": "story"}}),
    "thread": THREAD,
    "later": one_task(due=at(minutes=1)),
    "earlier": one_task(due=at(minutes=-1)),
    "unscheduled": one_task(due=None),
    "task removed": epic(),
    "task renamed": epic(task("tease")),
    "profile removed": one_task(profiles=("linkedin-acme",)),
    "epic removed": None,
}


@pytest.mark.parametrize("wanted", UNWANTED.values(), ids=UNWANTED)
@pytest.mark.parametrize("work", [Work.CALL, Work.PREPARE])
def test_a_claim_for_what_nobody_wants_any_more_is_fenced_inside_its_lease(
    wanted: Epic | None, work: Work
) -> None:
    before = record(open_claim(work))

    assert plan(wanted, before, facts()) == Step(record=before, fence={CLAIM_ID: True}, wake_at=NOW)


@pytest.mark.parametrize("wanted", UNWANTED.values(), ids=UNWANTED)
@pytest.mark.parametrize("work", [Work.LOOK_UP, Work.CHECK])
def test_a_look_goes_on_whatever_people_want(wanted: Epic | None, work: Work) -> None:
    before = record(open_claim(work, doubt=doubt(), status=S.PROCESSING))

    assert plan(wanted, before, facts()).fence == {}


def test_marks_and_edits_elsewhere_fence_nothing() -> None:
    other = task("other", body="Edited.", due=at(days=1))
    before = record(open_claim(), delivery(key=Key("spring-launch", "other", "x-acme")))

    assert plan(epic(task(), other), before, facts()).fence == {}
    renamed = replace(one_task(), title="Another title", brief="Another brief")
    assert plan(renamed, record(open_claim()), facts()).fence == {}


def test_a_cancelled_claim_is_fenced() -> None:
    before = record(open_claim(cancelled=mark()))

    assert plan(one_task(), before, facts()).fence == {CLAIM_ID: True}


def test_a_claim_that_is_still_alive_is_left_until_the_lease_that_the_gate_names() -> None:
    before = record(open_claim())
    here = facts(NOW + LEASE, views={CLAIM_ID: alive(at(seconds=20))})

    assert plan(one_task(), before, here) == Step(record=before, wake_at=at(seconds=20))


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_a_fenced_claim_whose_call_never_began_is_claimed_again(traits: Any) -> None:
    one = settle(one_task(), open_claim(handle={"container": "7"}), fenced(), traits=traits)

    assert (one.status, one.doubt, one.seq) == (S.PENDING, None, 2)
    assert one.claim is not None
    assert one.claim.work is Work.CALL
    assert one.attempts == ()


def test_a_call_that_people_saw_begin_and_that_never_was_made_is_pending_again() -> None:
    one = settle(one_task(due=None), open_claim(status=S.PROCESSING), fenced())

    assert (one.status, one.claim) == (S.PENDING, None)


NEXT_AFTER_LOSS = {
    "idempotent": (IDEMPOTENT, S.PROCESSING, Work.LOOK_UP),
    "idempotent_unseen": (IDEMPOTENT_UNSEEN, S.PROCESSING, Work.CALL),
    "checkable": (CHECKABLE, S.PROCESSING, Work.CHECK),
    "searchable": (SEARCHABLE, S.PROCESSING, Work.LOOK_UP),
    "blind": (BLIND, S.UNCONFIRMED, None),
}


@pytest.mark.parametrize(
    ("traits", "status", "work"), NEXT_AFTER_LOSS.values(), ids=NEXT_AFTER_LOSS
)
def test_a_fenced_claim_whose_call_had_begun_is_in_doubt(
    traits: Any, status: S, work: Work | None
) -> None:
    before = open_claim(handle={"container": "7"})
    one = settle(one_task(), before, fenced({0: at(seconds=2)}, "w-1"), traits=traits)

    assert one.status is status
    assert one.doubt is not None
    assert one.doubt.calls == (lost_call("w-1"),)
    assert (one.doubt.first_called_at, one.doubt.digest) == (at(seconds=2), DIGEST)
    assert (one.claim.work if one.claim else None) is work
    assert [a.result for a in one.attempts] == ["lost"]
    assert one.count == 1


def test_an_edit_during_the_call_does_not_make_a_second_one() -> None:
    one = settle(one_task(body="Edited."), open_claim(), fenced({0: NOW}, "w"), traits=SEARCHABLE)

    assert one.doubt is not None
    assert one.doubt.digest == DIGEST
    assert one.claim is not None
    assert (one.claim.work, one.claim.digest) == (Work.LOOK_UP, DIGEST)


def test_a_fenced_thread_is_in_doubt_about_the_part_that_was_called() -> None:
    begun = open_claim(parts=2, parts_out=1)
    unsure = settle(THREAD, begun, fenced({0: NOW, 1: at(seconds=1)}, "w"))
    between = settle(THREAD, begun, fenced({0: NOW}, "w"))

    assert unsure.doubt is not None
    assert unsure.doubt.first_called_at == at(seconds=1)
    assert between.doubt is None
    assert between.status is S.PROCESSING
    assert between.claim is not None
    assert (between.claim.work, between.claim.parts) == (Work.CALL, 2)


@pytest.mark.parametrize("work", [Work.PREPARE, Work.LOOK_UP, Work.CHECK])
def test_a_fenced_claim_for_what_may_be_repeated_is_simply_closed(work: Work) -> None:
    before = open_claim(work, doubt=doubt() if work is not Work.PREPARE else None)
    one = settle(one_task(due=None), before, fenced(), may_claim=False)

    assert one.claim is None
    assert one.doubt == before.doubt
    assert one.attempts == ()


# ── Another generation ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_a_claim_of_another_generation_whose_time_has_come_counts_as_called(traits: Any) -> None:
    before = open_claim(claim=claim(generation="here.0.run", digest=DIGEST))
    one = settle(one_task(), before, elsewhere(), traits=traits)

    assert one.doubt is not None
    assert one.doubt.first_called_at == NOW
    assert not one.doubt.calls[0].ended


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_a_claim_of_another_generation_whose_time_is_ahead_was_not_called(traits: Any) -> None:
    due = at(minutes=1) + AHEAD
    ahead = claim(generation="here.0.run", digest=DIGEST, due=due)
    one = settle(
        one_task(due=due), open_claim(claim=ahead, handle={"c": "7"}), elsewhere(), traits=traits
    )

    assert one.doubt is None
    assert one.claim is not None
    assert (one.claim.seq, one.claim.generation) == (2, GENERATION)


def test_no_process_name_is_the_name_of_a_dead_one() -> None:
    """Another generation does not know who called; nobody's death proves anything."""
    before = open_claim(claim=claim(generation="here.0.run", digest=DIGEST))
    one = settle(one_task(), before, elsewhere(), traits=SEARCHABLE)
    looked = replace(one, claim=None, doubt=replace(one.doubt, looks=2))  # type: ignore[type-var]

    asked = plan(one_task(), record(looked), facts(at(hours=1), SEARCHABLE, dead=frozenset({"w"})))
    assert only(asked).status is S.UNCONFIRMED


def test_another_installation_may_be_alive_until_its_lease_ends() -> None:
    foreign = claim(generation="there.1.run", digest=DIGEST, lease_until=at(minutes=2))
    before = open_claim(claim=foreign)
    view = elsewhere(same_installation=False)

    assert settle(one_task(body="Edited."), before, view) == before
    assert settle(one_task(), before, view, now=at(minutes=2)).doubt is not None


def test_the_wake_for_another_installation_is_the_end_of_its_lease() -> None:
    foreign = claim(generation="there.1.run", digest=DIGEST, lease_until=at(minutes=2))
    here = facts(views={CLAIM_ID: elsewhere(same_installation=False)})

    assert plan(one_task(), record(open_claim(claim=foreign)), here).wake_at == at(minutes=2)


@pytest.mark.parametrize("view", [elsewhere(), fenced({0: NOW, 1: at(seconds=1)}, "w")])
def test_a_part_that_may_be_out_is_looked_for_also_when_an_earlier_part_was_settled_first(
    view: GateView,
) -> None:
    """The reports of both parts are missing; finding part 0 says nothing about part 1."""
    generation = GENERATION if view.same_generation else "here.0.run"
    lost_both = open_claim(claim=claim(generation=generation, digest=THREAD_DIGEST, parts=2))
    looking = settle(THREAD, lost_both, view, traits=IDEMPOTENT)
    found = apply_report(
        looking, report(Published("100"), when=at(minutes=2), claim=looking.claim_id), POLICY
    )
    step = plan(THREAD, record(found), facts(at(minutes=3), SEARCHABLE))
    if step.fence:
        step = plan(THREAD, record(found), facts(at(minutes=3), SEARCHABLE, views={
            found.claim_id: fenced()
        }))  # fmt: skip

    assert len(only(step).parts) == 1
    assert only(step).claim is None or only(step).claim.work is Work.LOOK_UP  # type: ignore[union-attr]


# ── In doubt ─────────────────────────────────────────────────────────────────────────────────


def test_a_look_reads_the_content_that_was_called_from_where_it_was() -> None:
    unsure = delivery(S.PROCESSING, doubt=doubt(commit="old", path="old/path"), due=NOW, seq=4)
    for wanted in (one_task(body="Edited."), epic(), None):
        one = only(plan(wanted, record(unsure), facts(at(hours=1), SEARCHABLE)))

        assert one.claim is not None
        assert (one.claim.work, one.claim.commit, one.claim.path) == (
            Work.LOOK_UP,
            "old",
            "old/path",
        )
        assert one.claim.digest == "digest"


def test_a_look_is_claimed_at_its_time_not_ahead_of_it() -> None:
    unsure = delivery(S.PROCESSING, doubt=doubt(), due=NOW, seq=1)
    due = NOW + SETTLE

    before = plan(one_task(), record(unsure), facts(due - SECOND, SEARCHABLE))
    assert (before.claimed, before.wake_at) == ((), due)
    assert plan(one_task(), record(unsure), facts(due, SEARCHABLE)).claimed == (KEY,)


def test_what_cannot_be_settled_is_unconfirmed_and_counts_as_out() -> None:
    looked = delivery(S.PROCESSING, doubt=doubt(lost_call("w"), looks=2), due=NOW, seq=3)

    one = only(plan(one_task(), record(looked), facts(at(hours=1), SEARCHABLE)))
    assert (one.status, one.due, one.out, one.claim) == (S.UNCONFIRMED, None, True, None)


def test_with_proof_of_death_it_is_called_again() -> None:
    looked = delivery(S.PROCESSING, doubt=doubt(lost_call("w"), looks=2), due=NOW, seq=3)
    step = plan(one_task(), record(looked), facts(at(minutes=9), SEARCHABLE, dead=frozenset({"w"})))

    assert step.claimed == (KEY,)
    assert only(step).claim.work is Work.CALL  # type: ignore[union-attr]


def test_the_profile_of_a_lost_call_may_have_been_renamed() -> None:
    """A look goes to any profile of the same account."""
    unsure = delivery(S.PROCESSING, doubt=doubt(), due=NOW, seq=1)
    renamed = facts(at(hours=1), SEARCHABLE, profiles=[profile("x-new")])

    assert plan(epic(), record(unsure), renamed).claimed == (KEY,)


def test_a_profile_name_that_now_means_another_account_is_not_looked_at() -> None:
    unsure = delivery(S.PROCESSING, doubt=doubt(), due=NOW, seq=1)
    other = facts(at(hours=1), SEARCHABLE, profiles=[profile("x-acme", "somebody else")])

    assert plan(epic(), record(unsure), other).claimed == ()


@pytest.mark.parametrize("traits", [IDEMPOTENT, IDEMPOTENT_UNSEEN, CHECKABLE, SEARCHABLE])
def test_what_has_used_up_its_calls_in_doubt_counts_as_out_and_its_retry_looks_first(
    traits: Any,
) -> None:
    unsure = delivery(
        S.PROCESSING,
        doubt=doubt(lost_call(ended=True), looks=2),
        due=NOW,
        seq=9,
        count=6,
        handle={"c": "7"},
    )
    failed = only(plan(one_task(), record(unsure), facts(NOW, traits)))
    again = decisions.retried(failed, at(hours=2), "ana")
    step = plan(one_task(), record(again), facts(at(hours=2), traits))

    assert (failed.status, failed.out) == (S.FAILED, True)
    assert again.doubt is not None
    assert only(step).claim is not None or only(step).status is S.UNCONFIRMED


# ── Threads that people change while they are going out ──────────────────────────────────────


def test_a_thread_that_was_cut_to_what_is_out_is_published() -> None:
    """Otherwise a claim with nothing to do would be taken every few seconds, for ever."""
    begun = delivery(S.PROCESSING, parts=(live_part(),), attempts=(attempt(),), seq=1)
    step = plan(one_task(), record(begun), facts(at(minutes=1)))

    assert step.claimed == ()
    assert only(step).status is S.PUBLISHED


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_part_that_was_cut_away_in_doubt_is_looked_for_but_never_called_again(
    traits: Any, looks: int
) -> None:
    unsure = delivery(
        S.PROCESSING,
        parts=(live_part(),),
        doubt=doubt(lost_call(ended=True), looks=looks),
        handle={"container": "7"},
        due=NOW,
        seq=3,
    )
    one = only(plan(one_task(), record(unsure), facts(at(minutes=5), traits)))

    assert one.claim is None or one.claim.work is not Work.CALL
    assert one.claim is not None or one.status in {S.PUBLISHED, S.UNCONFIRMED}


def test_a_thread_that_grew_goes_on_with_what_is_new() -> None:
    begun = delivery(S.PROCESSING, parts=(live_part(),), attempts=(attempt(),), seq=1)
    one = only(plan(one_task(thread=("B", "C")), record(begun), facts(at(minutes=1))))

    assert one.claim is not None
    assert (one.claim.work, one.claim.parts) == (Work.CALL, 3)


# ── Everything has a next look ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
@pytest.mark.parametrize(
    ("before", "now"),
    [
        (delivery(), at(hours=-5)),
        (delivery(S.WAITING, due=at(hours=1), attempts=(attempt(),)), NOW),
        (delivery(S.PROCESSING, doubt=doubt(lost_call(ended=True)), due=NOW), NOW),
        (delivery(S.PROCESSING, doubt=doubt(look_after=at(hours=1)), due=NOW), NOW),
        (delivery(S.PROCESSING, accepted=True, due=at(minutes=3)), NOW),
        (open_claim(), NOW),
    ],
    ids=["future", "retry", "doubt", "look_after", "accepted", "claimed"],
)
def test_looking_again_at_the_wake_time_finds_something_to_do_and_not_before(
    traits: Any, before: Delivery, now: datetime
) -> None:
    step = plan(one_task(), record(before), facts(now, traits))
    if step.record.deliveries[KEY].status is S.UNCONFIRMED:
        assert step.wake_at is None
        return
    assert step.wake_at is not None
    assert step.wake_at > now
    just_before = plan(one_task(), step.record, facts(step.wake_at - SECOND / 1000, traits))
    woken = plan(one_task(), step.record, facts(step.wake_at, traits))

    assert (just_before.record, just_before.claimed, just_before.fence) == (step.record, (), {})
    assert woken.fence or woken.claimed or woken.record != step.record


def test_one_task_without_its_approvals_holds_the_whole_epic_back() -> None:
    wanted = epic(task(), task("more", body="More."))
    step = plan_epic(wanted, EMPTY, facts(approved=lambda of: of.id == "teaser"))

    assert (step.claimed, step.wake_at, step.record) == ((), None, EMPTY)


def test_what_is_out_is_not_asked_for_its_approvals() -> None:
    wanted = epic(task(), task("more", body="More."))
    asked: list[str] = []

    def approved(of: Task) -> bool:
        asked.append(of.id)
        return of.id == "more"

    step = plan_epic(wanted, record(published_delivery()), facts(approved=approved))

    assert [key.task for key in step.claimed] == ["more"]
    assert set(asked) == {"more"}


@pytest.mark.parametrize(
    "fact", [{"approved": lambda _task: False}, {"contested": "#12 changes it"}]
)
def test_a_claim_is_fenced_when_people_no_longer_let_it_go(fact: dict[str, Any]) -> None:
    before = record(claimed(claim=claim(digest=DIGEST)))
    step = plan_epic(one_task(), before, facts(at(seconds=-2), **fact))

    assert step.fence == {CLAIM_ID: True}
    after = plan_epic(one_task(), before, facts(at(seconds=-2), views={CLAIM_ID: fenced()}, **fact))
    assert (after.claimed, after.wake_at) == ((), None)
    assert after.record.deliveries[KEY].claim is None


def test_a_contested_epic_still_looks_for_a_lost_call_and_sends_nothing() -> None:
    before = record(delivery(S.PROCESSING, doubt=doubt(lost_call(ended=True)), seq=1))
    looking = plan_epic(one_task(), before, facts(at(minutes=5), SEARCHABLE, contested="#12"))
    found = looking.record.deliveries[KEY]
    assert found.claim is not None
    assert found.claim.work is Work.LOOK_UP
    looked = doubt(lost_call(ended=True), looks=2, looked_at=NOW)
    before = record(delivery(S.PROCESSING, doubt=looked, seq=1))

    assert not plan_epic(one_task(), before, facts(at(minutes=5), contested="#12")).claimed
    assert plan_epic(one_task(), before, facts(at(minutes=5))).claimed


def test_an_overdue_hold_ends_when_people_take_the_epic_back() -> None:
    held = record(delivery(held=mark("overdue")))
    step = plan_epic(one_task(), held, facts(at(hours=5), approved=lambda _task: False))

    assert step.record.deliveries[KEY].held is None
    again = plan_epic(one_task(), step.record, facts(at(hours=5)))
    assert again.record.deliveries[KEY].held == mark(
        "overdue",
        "It is overdue by 300 minutes, more than overdue_grace allows:"
        " publish it now, reschedule it or cancel it.",
        at(hours=5),
    )


@pytest.mark.parametrize("code", ["same_content", "renamed"])
def test_other_holds_stay_whatever_people_do(code: str) -> None:
    held = record(delivery(held=mark(code)))
    step = plan_epic(one_task(), held, facts(at(hours=5), contested="#12"))

    assert step.record == held
