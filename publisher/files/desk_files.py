"""copydesk.yaml, people.yaml and profiles.yaml → a Desk, and an epic held against it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from publisher.domain.epic import (
    NO_OPTIONS,
    ApprovalPolicy,
    Blackout,
    Desk,
    Epic,
    Person,
    Profile,
    Settings,
)
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.domain.walltime import TimeProblem, WallTime, parse_duration, resolve, zone_named
from publisher.files.epic_file import EpicFolder
from publisher.files.schema import schema_problems
from publisher.files.words import did_you_mean, shown
from publisher.files.yaml_text import MAX_PROBLEMS, Document, read_yaml

SETTINGS = "content/copydesk.yaml"
PEOPLE = "content/people.yaml"
PROFILES = "content/profiles.yaml"

Entry = TypeVar("Entry", Person, Profile)
Key = Callable[[Entry], str]
Said = tuple[tuple[str | int, ...], str, str, Rule]


def read_desk(settings: bytes | None, people: bytes | None, profiles: bytes | None) -> Desk:
    """Read the three files (None: it does not exist); raise ContentError with all problems."""
    problems: list[Problem] = []

    def attempt(read: Callable[[], Any]) -> Any:  # noqa: ANN401  (whatever `read` returns)
        try:
            return read()
        except ContentError as error:
            problems.extend(error.problems)
            return None

    found = attempt(lambda: _settings_or_refuse(settings))
    team = attempt(lambda: read_people(people, PEOPLE)) if people is not None else {}
    accounts = attempt(lambda: read_profiles(profiles, PROFILES)) if profiles is not None else {}
    if problems:
        raise ContentError(tuple(problems))
    return Desk(settings=found, people=team, profiles=accounts)


def read_settings(data: bytes, path: str = SETTINGS) -> Settings:
    document = _checked(data, path, "copydesk")
    values = dict(document.value)
    problems = []
    for name in ("overdue_grace", "same_content_within", "clash_within"):
        if name in values:
            try:
                values[name] = parse_duration(values[name])
            except TimeProblem as problem:
                problems.append(document.problem((name,), str(problem), rule=Rule.TIME))
    try:
        zone_named(values.get("timezone", "UTC"))
    except TimeProblem as problem:
        problems.append(document.problem(("timezone",), str(problem), rule=Rule.ZONE))
    _refuse(problems)
    values["blackouts"] = _blackouts(document, values.get("timezone", "UTC"))
    if "publication_attempts_limit" in values:
        values["publication_attempts_limit"] = int(values["publication_attempts_limit"])
    return Settings(**{**values, "approvals": _approval_policy(values.get("approvals", {}))})


def _approval_policy(written: Mapping[str, Any]) -> ApprovalPolicy:
    return ApprovalPolicy(
        required=int(written.get("required", 1)),
        by_self=written.get("self", False),
        time=written.get("time", False),
        platforms={
            name: int(rule["required"]) for name, rule in written.get("platforms", {}).items()
        },
    )


def _blackouts(document: Document, zone: str) -> tuple[Blackout, ...]:
    problems: list[Problem] = []
    found = []
    for index, entry in enumerate(document.value.get("blackouts", ())):
        times: list[WallTime] = []
        own, name = entry.get("timezone", zone), "timezone"
        try:
            zone_named(own)
            for name in ("from", "to"):
                times.append(resolve(entry[name], own))
        except TimeProblem as problem:
            at, rule = ("blackouts", index, name), Rule.ZONE if name == "timezone" else Rule.TIME
            problems.append(document.problem(at, str(problem), rule=rule))
            continue
        start, end = times
        if start.utc >= end.utc:
            message = "This blackout ends before it begins, or at once."
            hint = "Write a later `to`; it is the first moment that is free again."
            problems.append(document.problem(("blackouts", index, "to"), message, hint, Rule.TIME))
        found.append(Blackout(start, end, entry.get("why", "")))
    _refuse(problems)
    return tuple(found)


def read_people(data: bytes, path: str = PEOPLE) -> dict[str, Person]:
    """Return the people by id. A Slack id or login of two people would blur who approved."""
    document = _checked(data, path, "people")
    people = [
        Person(**{**entry, "roles": tuple(entry.get("roles", ()))})
        for entry in document.value["people"]
    ]
    names: list[tuple[str, Key[Person]]] = [
        ("id", lambda person: person.id),
        ("slack", lambda person: person.slack),
        ("github", lambda person: person.github.casefold()),
        ("email", lambda person: person.email.casefold()),
    ]
    _refuse(
        [
            problem
            for name, key in names
            for problem in _shared(document, "people", people, name, key)
        ]
    )
    return {person.id: person for person in people}


def read_profiles(data: bytes, path: str = PROFILES) -> dict[str, Profile]:
    document = _checked(data, path, "profiles")
    profiles = [
        Profile(
            **{
                **entry,
                "options": entry.get("options", NO_OPTIONS),
                "fit": tuple(entry.get("fit", ())),
            }
        )
        for entry in document.value["profiles"]
    ]
    _refuse(
        [
            *_shared(document, "profiles", profiles, "id", lambda profile: profile.id),
            *_shared(document, "profiles", profiles, "account", lambda profile: profile.place),
        ]
    )
    return {profile.id: profile for profile in profiles}


def check_epic(epic: Epic, desk: Desk, folder: EpicFolder) -> tuple[Problem, ...]:
    """Return what the epic gets wrong about the desk: names that nobody and nothing has."""
    wrong = tuple(islice(_unknown_names(epic, desk), MAX_PROBLEMS))
    if not wrong:
        return ()
    document = read_yaml(folder.data, folder.file)
    return tuple(document.problem(*each) for each in wrong)


def _unknown_names(epic: Epic, desk: Desk) -> Iterator[Said]:
    if epic.owner and epic.owner not in desk.people:
        hint = did_you_mean(epic.owner, desk.people, f"Add them to {PEOPLE}.")
        message = f"Nobody in {PEOPLE} has the id {shown(epic.owner)}."
        yield ("owner",), message, hint, Rule.UNKNOWN_PERSON
    for index, task in enumerate(epic.tasks):
        for number, profile in enumerate(task.profiles):
            if profile not in desk.profiles:
                hint = did_you_mean(profile, desk.profiles, f"Add it to {PROFILES}.")
                message = f"No profile in {PROFILES} has the id {shown(profile)}."
                yield ("tasks", index, "profiles", number), message, hint, Rule.UNKNOWN_PROFILE


def _settings_or_refuse(data: bytes | None) -> Settings:
    if data is None:
        hint = "Run `copydesk init` in the repository's root."
        message = "The file does not exist."
        raise ContentError((Problem(SETTINGS, 0, 0, message, hint, Rule.NO_SETTINGS),))
    return read_settings(data)


def _checked(data: bytes, path: str, schema: str) -> Document:
    document = read_yaml(data, path)
    _refuse(schema_problems(document, schema))
    return document


def _shared(
    document: Document, top: str, entries: Sequence[Entry], name: str, key: Key[Entry]
) -> list[Problem]:
    """Return a problem for each entry whose key an earlier entry has; an empty key is none."""
    problems, seen = [], dict[str, int]()
    for index, entry in enumerate(entries):
        first = seen.setdefault(key(entry), index)
        if first != index and key(entry):
            line = document.place((top, first, name))[0]
            message = f"Line {line} has the same `{name}` already: {shown(key(entry))}."
            hint = "Give each entry its own, or remove one of the two."
            at = (top, index, name)
            problems.append(document.problem(at, message, hint, Rule.DUPLICATE_ENTRY))
    return problems


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise ContentError(tuple(sorted(problems)))
