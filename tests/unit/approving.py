"""A small team with a policy, and its words: signed as the bot would sign them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from publisher.domain.approvals import Entry, EntryKind, SigningKey, sign
from publisher.domain.epic import ApprovalPolicy, Desk, Person, Settings
from tests.unit.builders import NOW, profile

REPOSITORY, EPIC = "acme", "spring-launch"
KEY = SigningKey("2026", "s" * 32)
OLD_KEY = SigningKey("2025", "o" * 32)
ANA = Person(id="ana", name="Ana Silva", roles=("author", "scheduler"))
BO = Person(id="bo", name="Bo Chen", roles=("approver",))
CY = Person(id="cy", name="Cy Ray", roles=("approver",))
LI = Person(id="li", name="Li Wu", roles=("approver:linkedin",))
X, LINKEDIN = profile("x-acme", platform="x"), profile("linkedin-acme", platform="linkedin")
_serial = count(1)


def desk(*people: Person, **policy: Any) -> Desk:
    """The desk files of main: this team (or Ana, Bo, Cy and Li), and this policy."""
    team = people or (ANA, BO, CY, LI)
    return Desk(
        settings=Settings(id=REPOSITORY, approvals=ApprovalPolicy(**policy)),
        profiles={each.id: each for each in (X, LINKEDIN)},
        people={person.id: person for person in team},
    )


def said(
    person: Person | str,
    digest: str,
    kind: EntryKind = EntryKind.APPROVE,
    *,
    task: str = "teaser",
    at: datetime = NOW,
    epic: str = EPIC,
    key: SigningKey = KEY,
    **more: Any,
) -> Entry:
    """One signed word."""
    who = person if isinstance(person, str) else person.id
    entry = Entry(
        id=f"{next(_serial):032x}", kind=kind, task=task, digest=digest, person=who, at=at,
        via="cli", **more,
    )  # fmt: skip
    return sign(entry, REPOSITORY, epic, key)


def forged(entry: Entry, **changes: Any) -> Entry:
    """The entry as somebody has edited it in the file."""
    return replace(entry, **changes)


def named(*people: Person) -> Mapping[str, Person]:
    return {person.id: person for person in people}
