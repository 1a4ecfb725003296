"""A call in doubt that no machine will settle any more ends as a question to a person."""

import pytest

from publisher.domain.delivery import Delivery, DeliveryStatus
from publisher.domain.left_open import ACCOUNT_GONE, NOT_WANTED
from publisher.domain.plan import plan_epic
from publisher.domain.traits import Safety, Traits
from tests.unit.builders import (
    KEY,
    NOW,
    claimed,
    delivery,
    doubt,
    epic,
    facts,
    live_part,
    lost_call,
    one_task,
    profile,
    record,
)

S = DeliveryStatus
OTHER = (profile("linkedin-acme", "acme-inc"),)
LOOKED = doubt(lost_call(ended=True), looks=2, looked_at=NOW)
KINDS = [Safety.IDEMPOTENT, Safety.CHECKABLE, Safety.SEARCHABLE]


def in_doubt(**changes: object) -> Delivery:
    return delivery(S.PROCESSING, seq=1, doubt=LOOKED, handle={"id": "c"}, **changes)


def after(step_of: Delivery, content: object, **more: object) -> Delivery:
    step = plan_epic(content, record(step_of), facts(**more))  # type: ignore[arg-type]
    again = plan_epic(content, step.record, facts(**more))  # type: ignore[arg-type]
    assert again.record == step.record
    return step.record.deliveries[KEY]


def test_with_the_last_profile_of_its_account_gone_a_person_is_asked() -> None:
    left = after(in_doubt(), one_task(), profiles=OTHER)
    assert left.status is S.UNCONFIRMED
    assert [note.why for note in left.notes] == [ACCOUNT_GONE]
    assert left.doubt == LOOKED


def test_what_the_platform_still_works_on_is_asked_about_as_well() -> None:
    accepted = delivery(S.PROCESSING, seq=1, accepted=True, due=NOW)
    left = after(accepted, one_task(), profiles=OTHER)
    assert (left.status, left.accepted, left.due) == (S.UNCONFIRMED, False, None)


def test_while_the_profile_is_only_broken_it_waits() -> None:
    broken = (profile(),)
    waits = after(in_doubt(), one_task(), profiles=OTHER, unusable=broken)
    assert (waits.status, waits.notes) == (S.PROCESSING, ())
    elsewhere = (profile(account="another"),)
    left = after(in_doubt(), one_task(), profiles=OTHER, unusable=elsewhere)
    assert left.status is S.UNCONFIRMED


def test_an_open_claim_is_settled_first() -> None:
    under_way = claimed(doubt=LOOKED)
    assert after(under_way, one_task(), profiles=OTHER).status is S.PROCESSING


@pytest.mark.parametrize("safety", KINDS)
@pytest.mark.parametrize("content", [one_task(due=None), epic()], ids=["unscheduled", "removed"])
def test_unscheduled_in_doubt_it_is_looked_for_and_then_a_person_is_asked(
    safety: Safety, content: object
) -> None:
    traits = Traits(safety=safety, can_look_up=True)
    unseen = delivery(S.PROCESSING, seq=1, doubt=doubt(lost_call(ended=True)), handle={"id": "c"})
    looking = after(unseen, content, traits=traits, now=NOW + traits.settle)
    assert looking.status is S.PROCESSING
    assert looking.claim is not None
    left = after(in_doubt(), content, traits=traits)
    assert left.status is S.UNCONFIRMED
    assert [note.why for note in left.notes] == [NOT_WANTED]


def test_an_epic_that_is_broken_just_now_makes_nobody_ask() -> None:
    assert after(in_doubt(), None) == in_doubt()


@pytest.mark.parametrize("status", [S.PUBLISHED, S.FAILED, S.UNCONFIRMED])
def test_what_is_at_rest_stays_as_it_is(status: DeliveryStatus) -> None:
    resting = delivery(status, seq=1, parts=(live_part(),), doubt=LOOKED)
    assert after(resting, one_task(), profiles=OTHER).notes == ()
    assert after(resting, one_task(due=None)).status is status
