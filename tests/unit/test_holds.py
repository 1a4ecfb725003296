"""What waits for a person before it goes out: overdue, said already, renamed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from publisher.domain import decisions
from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record
from publisher.domain.epic import Epic, Part
from publisher.domain.facts import Facts, Step
from publisher.domain.holds import HoldReason
from publisher.domain.payload import digest_of, fingerprint_of, payload_of
from publisher.domain.plan import plan_epic
from tests.unit.builders import (
    CHECKABLE,
    CLAIM_ID,
    EVERY_CLASS,
    IDEMPOTENT,
    KEY,
    MINUTE,
    NOW,
    POLICY,
    SECOND,
    at,
    attempt,
    claim,
    claimed,
    delivery,
    doubt,
    epic,
    facts,
    fenced,
    mark,
    one_task,
    profile,
    published_delivery,
    record,
    task,
)

S = DeliveryStatus
GRACE = POLICY.grace
EMPTY = record()
TWIN = Key("spring-launch", "twin", "x-acme")


def print_of(body: str = "Spring is here.") -> str:
    return fingerprint_of(payload_of(task(body=body), profile()), profile(), {})


def plan(wanted: Epic | None, before: Record, here: Facts) -> Step:
    step = plan_epic(wanted, before, here)
    assert plan_epic(wanted, step.record, here).record == step.record
    return step


def held_as(step: Step, key: Key = KEY) -> str:
    held = step.record.deliveries[key].held
    return held.code if held else ""


def others_of(*records: Record) -> Callable[[Key, str, str], str | None]:
    """Answer as the index does: from all that occupies an account."""

    def same_content(key: Key, place: str, print_: str) -> str | None:
        return next(
            (
                str(d.key)
                for each in records
                for d in each.deliveries.values()
                if d.occupies and d.key != key and (d.place, d.fingerprint) == (place, print_)
            ),
            None,
        )

    return same_content


# ── Overdue ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("late", "held"), [(GRACE, ""), (GRACE + SECOND, HoldReason.OVERDUE), (GRACE * 9, "overdue")]
)
def test_a_first_attempt_is_held_only_beyond_the_grace(late: timedelta, held: str) -> None:
    step = plan(one_task(), EMPTY, facts(NOW + late))

    assert held_as(step) == held
    assert step.claimed == (() if held else (KEY,))
    assert step.wake_at is None if held else step.wake_at is not None


def test_what_is_held_says_why_and_by_how_much() -> None:
    step = plan(one_task(), EMPTY, facts(at(minutes=75)))

    (one,) = step.record.deliveries.values()
    assert one.held is not None
    assert "overdue by 75 minutes" in one.held.why
    assert one.held.at == at(minutes=75)


def test_uploads_are_held_like_calls() -> None:
    assert held_as(plan(one_task(), EMPTY, facts(at(hours=2), CHECKABLE))) == "overdue"


@pytest.mark.parametrize(
    "before",
    [
        delivery(S.WAITING, due=at(minutes=1), attempts=(attempt(),), count=1),
        delivery(S.PENDING, due=NOW, attempts=(attempt(),), released=mark()),
        delivery(S.PROCESSING, parts=published_delivery().parts),
    ],
    ids=["automatic retry", "manual retry", "half a thread"],
)
def test_what_has_been_called_before_is_never_overdue(before: Delivery) -> None:
    step = plan(one_task(thread=("B",)), record(before), facts(at(days=9)))

    assert step.claimed == (KEY,)


def test_a_claim_that_never_began_is_still_a_first_attempt() -> None:
    mine = digest_of(payload_of(task(), profile()), profile(), {})
    before = record(claimed(claim=claim(digest=mine)))
    here = facts(at(hours=2), views={CLAIM_ID: fenced()})

    assert held_as(plan(one_task(), before, here)) == "overdue"


def test_a_new_time_lifts_the_hold() -> None:
    held = plan(one_task(), EMPTY, facts(at(hours=2))).record
    later = plan(one_task(due=at(hours=3)), held, facts(at(hours=2)))

    assert held_as(later) == ""
    assert later.wake_at == at(hours=3) - POLICY.ahead


def test_a_time_that_is_also_overdue_does_not_lift_it() -> None:
    held = plan(one_task(), EMPTY, facts(at(hours=5))).record

    assert held_as(plan(one_task(due=at(hours=1)), held, facts(at(hours=5)))) == "overdue"


def test_released_goes_out_now_however_late() -> None:
    held = plan(one_task(), EMPTY, facts(at(hours=5))).record
    free = held.put(decisions.released(held.deliveries[KEY], at(hours=9), "ana"))

    assert plan(one_task(), free, facts(at(hours=9))).claimed == (KEY,)
    assert plan(one_task(), free, facts(at(hours=99))).claimed == (KEY,)


# ── The same content on the same account ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "other",
    [
        published_delivery(Key("old-epic", "teaser", "x-acme"), fingerprint=print_of()),
        delivery(S.UNCONFIRMED, key=Key("old-epic", "t", "x"), fingerprint=print_of()),
        delivery(S.PROCESSING, key=Key("old-epic", "t", "x"), fingerprint=print_of()),
        claimed(key=Key("old-epic", "t", "x"), fingerprint=print_of()),
        published_delivery(TWIN, fingerprint=print_of()),
    ],
    ids=["published", "unconfirmed", "processing", "claimed", "same epic"],
)
def test_what_is_or_may_be_out_under_another_key_is_not_said_again(other: Delivery) -> None:
    here = facts(same_content=others_of(record(other)))
    step = plan(one_task(), EMPTY, here)
    (one,) = step.record.deliveries.values()

    assert (held_as(step), step.claimed) == (HoldReason.SAME_CONTENT, ())
    assert one.held is not None
    assert str(other.key) in one.held.why


@pytest.mark.parametrize(
    "other",
    [
        published_delivery(TWIN, fingerprint=print_of("Something else.")),
        published_delivery(TWIN, fingerprint=print_of(), removed=mark()),
        delivery(S.FAILED, key=TWIN, fingerprint=print_of()),
        delivery(S.WAITING, key=TWIN, fingerprint=print_of()),
        published_delivery(KEY, fingerprint=print_of()),
    ],
    ids=["another text", "removed there", "failed", "waiting", "itself"],
)
def test_what_is_not_out_does_not_hold_anything(other: Delivery) -> None:
    here = facts(same_content=others_of(record(other)))

    assert plan(one_task(), EMPTY, here).claimed == (KEY,)


def test_two_tasks_of_one_epic_with_the_same_text_do_not_both_go_out() -> None:
    step = plan(epic(task(), task("twin")), EMPTY, facts())

    assert step.claimed == (KEY,)
    assert held_as(step, TWIN) == HoldReason.SAME_CONTENT


def test_two_tasks_with_the_same_text_on_two_accounts_both_go_out() -> None:
    step = plan(epic(task(), task("twin", ("linkedin-acme",))), EMPTY, facts())

    assert len(step.claimed) == 2


def test_two_profiles_of_one_account_are_one_account() -> None:
    both = [profile("x-acme"), profile("x-again")]
    step = plan(one_task(profiles=("x-acme", "x-again")), EMPTY, facts(profiles=both))

    assert step.claimed == (KEY,)
    assert held_as(step, KEY._replace(profile="x-again")) == HoldReason.SAME_CONTENT


def test_the_same_text_with_other_alt_text_or_options_is_the_same_to_readers() -> None:
    twin = task("twin", params={"sandbox": {"format": "story"}})

    assert plan(epic(task(), twin), EMPTY, facts()).claimed == (KEY,)


def test_a_new_time_does_not_lift_the_hold_of_the_same_content_but_release_does() -> None:
    other = record(published_delivery(Key("old", "t", "x"), fingerprint=print_of()))
    here = facts(same_content=others_of(other))
    held = plan(one_task(), EMPTY, here).record
    moved = plan(one_task(due=at(minutes=5)), held, replace(here, now=at(minutes=5)))
    free = held.put(decisions.released(held.deliveries[KEY], NOW, "ana"))

    assert held_as(moved) == HoldReason.SAME_CONTENT
    assert plan(one_task(), free, here).claimed == (KEY,)


def test_a_retry_does_not_say_again_what_went_out_under_another_key_meanwhile() -> None:
    """Renamed while it waited for a retry, published under the new name, renamed back."""
    waiting = delivery(S.WAITING, due=at(minutes=1), attempts=(attempt(),), count=1, seq=1)
    twin = record(published_delivery(TWIN, fingerprint=print_of()))
    here = facts(at(minutes=1), same_content=others_of(twin))

    assert held_as(plan(one_task(), record(waiting), here)) == HoldReason.SAME_CONTENT


def test_its_own_lost_call_does_not_hold_a_delivery() -> None:
    before = record(
        delivery(
            S.PROCESSING,
            doubt=doubt(looks=1),
            due=NOW,
            attempts=(attempt(result="lost"),),
            fingerprint=print_of(),
        )
    )
    here = facts(same_content=others_of(before))

    assert plan(one_task(), before, here).claimed == (KEY,)


# ── Renamed ──────────────────────────────────────────────────────────────────────────────────

OUT: dict[str, Delivery] = {
    "published": published_delivery(fingerprint=print_of()),
    "processing": delivery(S.PROCESSING, doubt=doubt(looks=1), due=NOW),
    "unconfirmed": delivery(S.UNCONFIRMED),
    "half a thread": delivery(S.WAITING, parts=published_delivery().parts, due=NOW),
}


@pytest.mark.parametrize("out", OUT.values(), ids=OUT)
@pytest.mark.parametrize(
    "wanted",
    [
        epic(task("tease", body="Edited too.")),
        one_task(profiles=("linkedin-acme",)),
        epic(task("one", body="1"), task("two", body="2")),
    ],
    ids=["task renamed", "profile exchanged", "task replaced by two"],
)
def test_what_appears_while_something_out_vanishes_is_held(out: Delivery, wanted: Epic) -> None:
    step = plan(wanted, record(out), facts())

    assert [c for c in step.claimed if c != KEY] == []
    for each, name in wanted.deliveries():
        assert held_as(step, Key("spring-launch", each.id, name)) == HoldReason.RENAMED


def test_what_appears_beside_what_is_out_is_not_held() -> None:
    step = plan(epic(task(), task("more", body="More.")), record(OUT["published"]), facts())

    assert step.claimed == (Key("spring-launch", "more", "x-acme"),)


@pytest.mark.parametrize(
    "gone",
    [delivery(), delivery(S.FAILED), delivery(S.WAITING), delivery(cancelled=mark())],
    ids=["pending", "failed", "waiting", "cancelled"],
)
def test_renaming_what_never_went_out_holds_nothing(gone: Delivery) -> None:
    assert plan(epic(task("tease")), record(gone), facts()).claimed == (
        Key("spring-launch", "tease", "x-acme"),
    )


def test_what_was_known_before_is_not_held_when_something_vanishes() -> None:
    known = delivery(key=TWIN)
    step = plan(epic(task("twin", body="B")), record(published_delivery(), known), facts())

    assert step.claimed == (TWIN,)


def test_a_rename_during_the_call_holds_the_new_name_also_when_the_text_was_edited() -> None:
    """Only the gate knows that the old one was called; the look that learns it must hold."""
    mine = digest_of(payload_of(task(), profile()), profile(), {})
    before = record(claimed(claim=claim(digest=mine), fingerprint=print_of()))
    renamed = epic(task("tease", body="Edited too."))
    asked = plan(renamed, before, facts())
    answered = facts(views={CLAIM_ID: fenced({0: NOW}, "w")})

    assert asked.fence == {CLAIM_ID: True}
    step = plan(renamed, before, answered)
    assert held_as(step, Key("spring-launch", "tease", "x-acme")) == HoldReason.RENAMED


def test_a_rename_of_a_claim_whose_call_never_began_holds_nothing() -> None:
    mine = digest_of(payload_of(task(), profile()), profile(), {})
    before = record(claimed(claim=claim(digest=mine), fingerprint=print_of()))
    step = plan(epic(task("tease")), before, facts(views={CLAIM_ID: fenced()}))

    assert step.claimed == (Key("spring-launch", "tease", "x-acme"),)


def test_an_epic_that_replaces_one_that_is_out_is_held_whole() -> None:
    wanted = epic(task(body="A"), task("two", body="B"), name="summer-launch")
    step = plan(wanted, record(name="summer-launch"), facts(replaces="spring-launch"))

    assert step.claimed == ()
    for one in step.record.deliveries.values():
        assert one.held is not None
        assert one.held.code == HoldReason.RENAMED
        assert "spring-launch" in one.held.why


def test_a_new_time_does_not_lift_the_hold_of_a_rename() -> None:
    held = plan(epic(task("tease")), record(published_delivery()), facts()).record
    moved = epic(task("tease", due=at(minutes=9)))

    key = Key("spring-launch", "tease", "x-acme")
    assert held_as(plan(moved, held, facts(at(minutes=9))), key) == HoldReason.RENAMED


def test_a_revert_of_the_rename_sends_nothing() -> None:
    held = plan(epic(task("tease")), record(published_delivery()), facts()).record

    assert plan(one_task(), held, facts(at(minutes=9))).claimed == ()


@pytest.mark.parametrize("traits", EVERY_CLASS.values(), ids=EVERY_CLASS)
def test_removing_and_adding_again_is_no_second_delivery(traits: Any) -> None:
    before = record(published_delivery(fingerprint=print_of()))
    gone = plan(None, before, facts(NOW + MINUTE, traits))
    back = plan(one_task(), gone.record, facts(NOW + 2 * MINUTE, traits))

    assert gone.claimed == back.claimed == ()
    assert back.record == before


def test_a_cancelled_delivery_that_is_added_again_stays_cancelled() -> None:
    held = plan(one_task(), EMPTY, facts(at(hours=5))).record
    dropped = held.put(decisions.cancelled(held.deliveries[KEY], at(hours=5), "ana"))

    assert plan(one_task(due=at(hours=6)), dropped, facts(at(hours=6))).claimed == ()
    assert plan(None, dropped, facts(at(hours=6))).record == dropped


def test_a_part_added_to_what_is_published_is_not_sent() -> None:
    wanted = epic(replace(task(), parts=(Part("Spring is here."), Part("One more thing."))))
    before = record(published_delivery())

    assert plan(wanted, before, facts(traits=IDEMPOTENT)).claimed == ()
