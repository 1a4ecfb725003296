"""Whether every profile names a platform that exists, with options that it understands."""

from collections.abc import Iterator, Mapping

from publisher.domain.epic import Desk
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
