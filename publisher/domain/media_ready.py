"""Whether the media of a task are ready to go to a profile, and what exactly would be sent."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record
from publisher.domain.epic import Epic, Media, Profile, Task
from publisher.domain.facts import Facts
from publisher.domain.fit import Steps, fit, imprint
from publisher.domain.limits import Limits
from publisher.domain.media import (
    MediaFault,
    MediaStatus,
    Seen,
    Unpinned,
    Unprobed,
    UnreadyMedia,
    Unusable,
    Usable,
)
from publisher.domain.payload import digest_of, fingerprint_of, payload_of

_TO_GO = frozenset({DeliveryStatus.PENDING, DeliveryStatus.WAITING, DeliveryStatus.PROCESSING})


def imprints(
    task: Task, profile: Profile, media: Callable[[str], Seen], limits: Limits
) -> dict[str, str]:
    """Each attachment's hash with the steps that fit it to this profile: what digests cover."""
    found = {}
    for name in dict.fromkeys(item.name for item in task.media):
        seen = media(name)
        found[name] = seen.sha256 if isinstance(seen, Usable) else ""
        steps = steps_for(name, seen, profile, limits)
        if isinstance(seen, Usable) and isinstance(steps, tuple):
            found[name] = imprint(seen.sha256, steps)
    return found


def steps_for(name: str, seen: Seen, profile: Profile, limits: Limits) -> Steps | MediaFault:
    """How these media are fitted to this profile; nothing is done to what is not known yet."""
    if not isinstance(seen, Usable):
        return ()
    return fit(name, seen.probe, limits, frozenset(profile.fit))


class MediaReady:
    """The media of one epic, as the facts know them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def digests(self, task: Task, profile: Profile) -> tuple[str, str]:
        """Everything that would be sent, fitted media included; and what readers would see."""
        payload, limits = payload_of(task, profile), self._facts.limits(profile)
        sent = imprints(task, profile, self._facts.media, limits)
        sha256 = {media.name: self._facts.sha256(media.name) for media in task.media}
        return digest_of(payload, profile, sent), fingerprint_of(payload, profile, sha256)

    def keeps_back(self, task: Task, profile: Profile) -> bool:
        """Whether any of it is not ready: then nothing of this task goes to this profile."""
        return any(self._verdict(media, profile) is not None for media in task.media)

    def soon(self, task: Task) -> bool:
        """Whether the bytes of any of it still wait for a look of our own."""
        return any(isinstance(self._facts.media(media.name), Unprobed) for media in task.media)

    def looks_again(self, epic: Epic, record: Record) -> bool:
        """Whether anything that is still to go waits for work of our own."""
        return any(
            isinstance(self._verdict(media, profile), Unprobed)
            for _task, media, profile in self._awaited(epic, record)
        )

    def unready(self, epic: Epic, record: Record) -> tuple[UnreadyMedia, ...]:
        """What keeps deliveries of this epic back; what was known before keeps its time."""
        since = {
            (known.task, known.name, known.cause, known.message): known.at for known in record.media
        }
        found = {}
        for task, media, profile in self._awaited(epic, record):
            verdict = self._unready(media, profile)
            if verdict is None or (task.id, media.name) in found:
                continue
            status, cause, message = verdict
            found[task.id, media.name] = UnreadyMedia(
                task=task.id,
                name=media.name,
                status=status,
                cause=cause,
                message=message,
                at=since.get((task.id, media.name, cause, message), self._facts.now),
            )
        return tuple(found.values())

    def _awaited(self, epic: Epic, record: Record) -> Iterator[tuple[Task, Media, Profile]]:
        """Every attachment of what is still to go."""
        for task, name in epic.deliveries():
            profile = self._facts.profiles.get(name)
            known = record.get(Key(record.epic, task.id, name))
            if profile is not None and (known is None or _to_go(known)):
                yield from ((task, media, profile) for media in task.media)

    def _unready(self, media: Media, profile: Profile) -> tuple[MediaStatus, str, str] | None:
        """What people are told; work of our own that is still to come is not."""
        match self._verdict(media, profile):
            case Unpinned():
                message = f"Nobody has fetched {media.name} yet. `copydesk pin` does."
                return MediaStatus.PENDING, "", message
            case MediaFault(cause, message):
                return MediaStatus.FAILED, cause, message
            case Unprobed() | None:
                return None

    def _verdict(self, media: Media, profile: Profile) -> MediaFault | Unpinned | Unprobed | None:
        """Why these media cannot go to this profile now; None: they can."""
        seen = self._facts.media(media.name)
        if isinstance(seen, Unusable):
            return seen.fault
        if not isinstance(seen, Usable):
            return seen
        steps = steps_for(media.name, seen, profile, self._facts.limits(profile))
        fault = steps if isinstance(steps, MediaFault) else self._facts.fitted(media.name, steps)
        if isinstance(fault, MediaFault):
            return replace(fault, message=f"{profile.id}: {fault.message}")
        return fault


def _to_go(delivery: Delivery) -> bool:
    return delivery.status in _TO_GO and not delivery.cancelled
