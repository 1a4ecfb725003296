"""Whether profiles, roles and the policy name platforms that exist, with options they know."""

from collections.abc import Iterator, Mapping

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


def policy_faults(desk: Desk, platforms: Mapping[str, Platform]) -> Iterator[str]:
    """A sentence for each platform that the policy or a role names and that does not exist."""
    named = dict.fromkeys(desk.settings.approvals.platforms, f"approvals.platforms in {SETTINGS}")
    for person in desk.people.values():
        for role in person.roles:
            name = role.partition(":")[2]
            if name:
                named.setdefault(name, f"the role {role} in {PEOPLE}")
    for name, where in named.items():
        if name not in platforms:
            hint = did_you_mean(name, platforms, f"There are: {', '.join(sorted(platforms))}.")
            yield f"There is no platform “{name}”, which {where} names. {hint}"
