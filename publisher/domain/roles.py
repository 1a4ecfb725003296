"""Who may do what: roles from people.yaml, always as main has them."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from publisher.domain.epic import Person
from publisher.domain.errors import Refused

_WHERE = "content/people.yaml"


class Role(StrEnum):
    """What people.yaml may grant; `approver:linkedin` grants it on one platform only."""

    AUTHOR = "author"
    APPROVER = "approver"
    SCHEDULER = "scheduler"
    ADMIN = "admin"


_DOES = {
    Role.AUTHOR: "write",
    Role.APPROVER: "approve",
    Role.SCHEDULER: "schedule",
    Role.ADMIN: "administer",
}


def may(person: Person, role: Role, platforms: Collection[str] = ()) -> bool:
    """Whether the person has the role on all of these platforms; of none, on any at all."""
    if role in person.roles:
        return True
    limited = {name.partition(":")[2] for name in person.roles if name.startswith(f"{role}:")}
    return bool(limited) and limited.issuperset(platforms)


def who_may(people: Iterable[Person], role: Role, platforms: Collection[str] = ()) -> list[Person]:
    """Everybody who may, in the order of their names."""
    found = (person for person in people if may(person, role, platforms))
    return sorted(found, key=lambda person: (person.name, person.id))


def person_of(
    people: Mapping[str, Person], *, email: str = "", slack: str = "", github: str = ""
) -> Person | None:
    """The person behind one of the names that they are known by elsewhere."""
    for person in people.values():
        if (
            (email and person.email.casefold() == email.casefold())
            or (slack and person.slack == slack)
            or (github and person.github.casefold() == github.casefold())
        ):
            return person
    return None


def required(
    person: Person | None,
    role: Role,
    people: Mapping[str, Person],
    platforms: Collection[str] = (),
    *,
    doing: str = "",
    known_as: str = "",
) -> Person:
    """The person, if they may; else Refused with a sentence that names who can.

    `doing` is the verb for people (“schedule”), `known_as` what an unknown person was called.
    """
    if person is not None and may(person, role, platforms):
        return person
    verb = doing or _DOES[role]
    where = f" on {names(sorted(platforms))}" if platforms else ""
    able = [who.name for who in who_may(people.values(), role, platforms)]
    can = (
        f"{names(able)} can."
        if able
        else f"Nobody can: an admin gives somebody the role {role} in {_WHERE}."
    )
    if person is None:
        who = f"Nobody in {_WHERE} is known as {known_as}" if known_as else "Nobody knows who asks"
        raise Refused(f"{who}, so they may not {verb}{where}. {can}")
    raise Refused(f"{person.name} may not {verb}{where}. {can}")


def names(words: Iterable[str]) -> str:
    """“Ana”, “Ana and Bo”, “Ana, Bo and Cy”."""
    *most, last = [*words] or [""]
    return f"{', '.join(most)} and {last}" if most else last
