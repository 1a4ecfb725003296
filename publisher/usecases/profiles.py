"""Whether profiles, roles and the policy name platforms that exist, with options they know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from publisher.domain.epic import Desk
from publisher.files.desk_files import PEOPLE, SETTINGS
from publisher.files.words import did_you_mean
from publisher.ports import Platform


def profile_faults(desk: Desk, platforms: Mapping[str, Platform]) -> Iterator[tuple[str, str]]:
    """Pairs of a profile's id and a sentence; nothing goes out on such a profile."""
    for profile in desk.profiles.values():
        platform = platforms.get(profile.platform)
        if platform is None:
            known = f"There are: {', '.join(sorted(platforms))}."
            hint = did_you_mean(profile.platform, platforms, known)
            yield profile.id, f"There is no platform “{profile.platform}”. {hint}"
            continue
        for sentence in platform.problems(profile):
            yield profile.id, sentence
        if platform.secrets and not profile.credentials:
            yield profile.id, f"{profile.platform} needs `credentials`: the name of a secret."


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """A platform that does not exist, and the pointer to where a file names it."""

    path: str
    pointer: tuple[str | int, ...]
    message: str
    hint: str


def policy_faults(desk: Desk, platforms: Mapping[str, Platform]) -> Iterator[PolicyFault]:
    """What the policy and the roles say about platforms that do not exist, and so in vain."""
    named: list[tuple[str, str, tuple[str | int, ...]]] = [
        (name, SETTINGS, ("approvals", "platforms", name))
        for name in desk.settings.approvals.platforms
    ]
    for row, person in enumerate(desk.people.values()):
        for place, role in enumerate(person.roles):
            if ":" in role:
                name = role.partition(":")[2]
                named.append((name, PEOPLE, ("people", row, "roles", place)))
    for name, path, pointer in named:
        if name not in platforms:
            hint = did_you_mean(name, platforms, f"There are: {', '.join(sorted(platforms))}.")
            yield PolicyFault(path, pointer, f"There is no platform “{name}”.", hint)
