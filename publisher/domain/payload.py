"""What one delivery would publish, and the two digests of it.

The *digest* covers everything that an approval covers; the *fingerprint* only what readers see,
so that the same post on the same account is recognised under any name.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from publisher.domain.epic import NO_OPTIONS, Media, Options, Profile, Task


@dataclass(frozen=True, slots=True)
class PayloadPart:
    """The text of one post exactly as it will be sent, and its media."""

    text: str
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Everything that goes to the platform for one delivery."""

    parts: tuple[PayloadPart, ...]
    subject: str | None = None
    params: Options = field(default_factory=dict)


def payload_of(task: Task, profile: Profile) -> Payload:
    """Apply the profile's override; the parameters are those of its platform."""
    override = task.overrides.get(profile.id)
    first, *rest = task.parts
    body = override.body if override and override.body is not None else first.body
    subject = override.subject if override and override.subject is not None else task.subject
    return Payload(
        parts=(
            PayloadPart(body, first.media),
            *(PayloadPart(part.body, part.media) for part in rest),
        ),
        subject=subject,
        params=task.params.get(profile.platform, NO_OPTIONS),
    )


def digest_of(payload: Payload, profile: Profile, sha256: Mapping[str, str]) -> str:
    """Digest everything that would be published.

    `sha256` maps media to their bytes' hash, followed by how they are fitted where that is known.
    What the profile allows to be done to them belongs to it in any case.
    """
    covered = {
        "v": 1,
        "place": profile.place,
        "subject": payload.subject,
        "params": _plain(payload.params),
        "parts": [
            [part.text, [[m.name, m.alt, sha256[m.name]] for m in part.media]]
            for part in payload.parts
        ],
    }
    if profile.fit and any(part.media for part in payload.parts):
        covered["fit"] = sorted(profile.fit)
    return _sha256(covered)


def fingerprint_of(payload: Payload, profile: Profile, sha256: Mapping[str, str]) -> str:
    """Digest what a reader of that account would see."""
    return _sha256(
        [
            profile.place,
            payload.subject,
            [[part.text, [sha256[m.name] for m in part.media]] for part in payload.parts],
        ]
    )


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
