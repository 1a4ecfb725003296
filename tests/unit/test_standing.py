"""How many approvals a task has, from whom, and what is missing."""

from dataclasses import replace
from typing import Any

import pytest

from publisher.domain.approvals import Entry, EntryKind
from publisher.domain.epic import Desk
from publisher.domain.standing import TaskApproval, standing, standings
from tests.unit.approving import ANA, BO, CY, LI, desk, said
from tests.unit.builders import SECOND, at, epic, task

D = "d" * 64
ONE, BOTH = task(profiles=("x-acme",)), task(profiles=("x-acme", "linkedin-acme"))
TWO_ON_LINKEDIN = {"platforms": {"linkedin": 2}}
CHANGES, WITHDRAW = EntryKind.CHANGES, EntryKind.WITHDRAW


def stands(*words: Entry, of: Any = ONE, here: Desk | None = None) -> TaskApproval:
    return standing(of, D, words, here or desk())


def test_one_approval_is_enough_unless_the_policy_says_otherwise() -> None:
    found = stands(said(BO, D))

    assert found.complete
    assert (found.needed, found.given, found.by) == ({"x": 1}, {"x": (BO,)}, (BO,))
    assert found.missing == ""


def test_without_any_those_who_can_are_named() -> None:
    found = stands()

    assert not found.complete
    assert found.missing == "teaser needs one more approval: Bo Chen and Cy Ray can give it."


def test_the_same_person_twice_is_one_approval() -> None:
    found = stands(said(BO, D), said(BO, D), here=desk(required=2))

    assert not found.complete
    assert found.given == {"x": (BO,)}
    assert found.missing == "teaser needs one more approval: Cy Ray can give it."


def test_two_people_are_two_approvals() -> None:
    assert stands(said(BO, D), said(CY, D), here=desk(required=2)).complete


@pytest.mark.parametrize(
    "word",
    [
        said(BO, "e" * 64),
        said(BO, D, task="other"),
        said(ANA, D),
        said("nobody", D),
        said(LI, D),
    ],
    ids=["other content", "other task", "no role", "unknown", "role on another platform"],
)
def test_what_is_no_approval_of_this_counts_as_none(word: Entry) -> None:
    found = stands(word)

    assert not found.complete
    assert found.by == ()


def test_each_platform_has_its_number_and_its_people() -> None:
    here = desk(**TWO_ON_LINKEDIN)
    once = stands(said(BO, D), of=BOTH, here=here)
    twice = stands(said(BO, D), said(LI, D), of=BOTH, here=here)

    assert once.needed == {"linkedin": 2, "x": 1}
    assert once.missing == (
        "teaser needs one more approval for linkedin: Cy Ray and Li Wu can give it."
    )
    assert twice.complete
    assert twice.given == {"linkedin": (BO, LI), "x": (BO,)}


def test_somebody_for_one_platform_does_not_speak_for_the_other() -> None:
    found = stands(said(LI, D), of=BOTH)

    assert found.given == {"linkedin": (LI,), "x": ()}
    assert found.missing == "teaser needs one more approval for x: Bo Chen and Cy Ray can give it."


def test_the_last_word_of_a_person_wins() -> None:
    yes, no, again = (said(BO, D, kind, at=at(seconds=n)) for n, kind in
                      enumerate((EntryKind.APPROVE, WITHDRAW, EntryKind.APPROVE)))  # fmt: skip

    assert not stands(yes, no).complete
    assert not stands(no, yes).complete, "the time decides, not the order of the lines"
    assert stands(yes, no, again).complete
    assert stands(yes, said(CY, D, WITHDRAW, at=at(seconds=9))).complete, "not somebody else's"


def test_of_two_words_at_once_the_later_line_wins() -> None:
    assert not stands(said(BO, D), said(BO, D, WITHDRAW)).complete


def test_who_asks_for_changes_keeps_it_back_whoever_has_approved() -> None:
    found = stands(said(CY, D), said(BO, D, CHANGES))

    assert not found.complete
    assert found.changes == (BO,)
    assert found.missing == "Bo Chen asked for changes to teaser."


def test_asking_for_changes_ends_with_an_approval_a_withdrawal_or_an_edit() -> None:
    asked = said(BO, D, CHANGES)

    assert stands(asked, said(BO, D, at=at(seconds=1))).complete
    assert stands(said(CY, D), asked, said(BO, D, WITHDRAW, at=at(seconds=1))).complete
    assert standing(ONE, "e" * 64, [asked, said(CY, "e" * 64)], desk()).complete


def test_only_those_who_may_approve_can_ask_for_changes() -> None:
    assert stands(said(CY, D), said(ANA, D, CHANGES), said("eve", D, CHANGES)).complete


def test_a_role_that_was_taken_away_takes_the_approval_with_it() -> None:
    assert not stands(said(BO, D), here=desk(ANA, replace(BO, roles=()), CY)).complete


def test_where_nobody_can_approve_people_are_told_so() -> None:
    found = stands(here=desk(ANA))

    assert found.missing == (
        "teaser needs one more approval: nobody in content/people.yaml can give it."
    )


def test_nothing_is_needed_where_the_policy_is_off() -> None:
    found = standings(epic(ONE), (), desk(required=0), {}.__getitem__)

    assert found["teaser"].complete
    assert (found["teaser"].needed, found["teaser"].missing) == ({}, "")


def test_one_platform_may_need_none_beside_one_that_does() -> None:
    here = desk(required=0, platforms={"linkedin": 1})

    assert stands(here=here).complete
    assert not stands(of=BOTH, here=here).complete
    assert stands(said(LI, D), of=BOTH, here=here).complete


def test_a_task_that_goes_nowhere_cannot_be_approved() -> None:
    found = stands(said(BO, D), of=task(profiles=()))

    assert not found.complete
    assert found.missing == "teaser goes to no profile yet."


def test_many_missing_are_counted() -> None:
    found = stands(here=desk(required=2))

    assert found.missing == "teaser needs 2 more approvals: Bo Chen and Cy Ray can give them."


def test_every_task_stands_by_itself() -> None:
    wanted = replace(epic(ONE, task("more", ("x-acme",), body="More.")), owner="ana")
    empty = standings(wanted, (), desk(), {}.__getitem__)
    word = said(BO, empty["more"].digest, task="more", at=at() + SECOND)
    found = standings(wanted, [word], desk(), {}.__getitem__)

    assert {name: one.complete for name, one in found.items()} == {"teaser": False, "more": True}
