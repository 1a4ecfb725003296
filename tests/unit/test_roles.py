"""Who may do what, and what people are told who may not."""

import pytest

from publisher.domain.epic import Person
from publisher.domain.errors import Refused
from publisher.domain.roles import Role, may, names, person_of, required, who_may

ANA = Person(
    id="ana", name="Ana Silva", email="ana@acme.test", slack="U1", github="ana-silva",
    roles=("author", "scheduler"),
)  # fmt: skip
BO = Person(id="bo", name="Bo Chen", email="bo@acme.test", github="bo", roles=("approver",))
CY = Person(id="cy", name="Cy Ray", roles=("approver:linkedin", "approver:x"))
DEE = Person(id="dee", name="Dee Fox")
TEAM = {person.id: person for person in (ANA, BO, CY, DEE)}


@pytest.mark.parametrize(
    ("person", "role", "platforms", "answer"),
    [
        (BO, Role.APPROVER, (), True),
        (BO, Role.APPROVER, ("linkedin", "x"), True),
        (BO, Role.SCHEDULER, (), False),
        (CY, Role.APPROVER, (), True),
        (CY, Role.APPROVER, ("linkedin",), True),
        (CY, Role.APPROVER, ("linkedin", "x"), True),
        (CY, Role.APPROVER, ("linkedin", "mastodon"), False),
        (CY, Role.APPROVER, ("mastodon",), False),
        (CY, Role.AUTHOR, (), False),
        (DEE, Role.APPROVER, (), False),
        (Person(id="e", name="E", roles=("approvers:x",)), Role.APPROVER, ("x",), False),
        (Person(id="e", name="E", roles=("admin",)), Role.APPROVER, ("x",), False),
    ],
)
def test_a_role_holds_everywhere_or_on_the_platforms_it_names(
    person: Person, role: Role, platforms: tuple[str, ...], answer: bool
) -> None:
    assert may(person, role, platforms) is answer


def test_those_who_may_are_named_in_order() -> None:
    assert who_may(TEAM.values(), Role.APPROVER, ["linkedin"]) == [BO, CY]
    assert who_may(TEAM.values(), Role.APPROVER, ["mastodon"]) == [BO]
    assert who_may(TEAM.values(), Role.ADMIN) == []


def test_a_person_is_known_by_every_name_but_never_by_an_empty_one() -> None:
    assert person_of(TEAM, email="ANA@acme.test") is ANA
    assert person_of(TEAM, slack="U1") is ANA
    assert person_of(TEAM, github="BO") is BO
    assert person_of(TEAM, email="ana") is None
    assert person_of(TEAM) is None
    assert person_of(TEAM, slack="", github="", email="") is None


def test_whoever_may_is_let_through() -> None:
    assert required(BO, Role.APPROVER, TEAM, ["x"]) is BO


@pytest.mark.parametrize(
    ("person", "role", "platforms", "known_as", "sentence"),
    [
        (BO, Role.SCHEDULER, (), "", "Bo Chen may not schedule. Ana Silva can."),
        (
            ANA,
            Role.APPROVER,
            ("x", "linkedin"),
            "",
            "Ana Silva may not approve on linkedin and x. Bo Chen and Cy Ray can.",
        ),
        (
            DEE,
            Role.ADMIN,
            (),
            "",
            (
                "Dee Fox may not administer. Nobody can:"
                " an admin gives somebody the role admin in content/people.yaml."
            ),
        ),
        (
            None,
            Role.AUTHOR,
            (),
            "eve@else.test",
            (
                "Nobody in content/people.yaml is known as eve@else.test, so they may not write."
                " Ana Silva can."
            ),
        ),
    ],
)
def test_a_refusal_names_who_can(
    person: Person | None, role: Role, platforms: tuple[str, ...], known_as: str, sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        required(person, role, TEAM, platforms, known_as=known_as)

    assert str(refused.value) == sentence


def test_what_is_done_is_said_in_the_words_of_the_use_case() -> None:
    with pytest.raises(Refused, match="Bo Chen may not publish it now"):
        required(BO, Role.SCHEDULER, TEAM, doing="publish it now")


def test_names_are_a_list_that_can_be_read_aloud() -> None:
    assert [names([]), names("A"), names("AB"), names("ABC")] == ["", "A", "A and B", "A, B and C"]
