"""Every rule about the files beside an epic.yaml, and what platforms say of texts and media."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from mimetypes import guess_type
from typing import TYPE_CHECKING

from publisher.domain.epic import Desk, Epic, Profile, Task
from publisher.domain.errors import ContentError
from publisher.domain.findings import Finding, Pointer
from publisher.domain.history_rules import MACHINE_FILES
from publisher.domain.media import MediaFault, Probe, Usable
from publisher.domain.media_rules import alt_findings, media_findings
from publisher.domain.rules import Rule
from publisher.domain.text_rules import delivered, text_findings
from publisher.files.epic_file import EpicFolder
from publisher.files.limits_file import limits_for, title_of
from publisher.files.media_lock import LOCK, read_lock
from publisher.files.unicode_tables import UNICODE
from publisher.files.words import shown

if TYPE_CHECKING:
    from publisher.ports.content_files import ContentFiles

FORGE_REFUSES = 100 * 1024 * 1024  # GitHub: “files larger than 100 MiB are blocked”
FORGE_WARNS = 50 * 1024 * 1024  # GitHub: a push warns from 50 MiB on
_BY_HAND = "Make it smaller, or give its address with `url`."
_ALIASES = frozenset({("image/jpg", "image/jpeg"), ("video/x-m4v", "video/mp4")})


@dataclass(frozen=True)
class MediaCheck:
    """Looks at each file once."""

    files: "ContentFiles"

    def findings(self, epic: Epic, folder: EpicFolder, desk: Desk | None) -> Iterator[Finding]:
        used = dict(_used(epic))
        yield from self._sizes(folder, used)
        locked = folder.files.get(LOCK) == "file"
        probes = dict(pinned(folder.path, self.files)) if locked else {}
        for name, at in used.items():
            if folder.files.get(name) != "file":
                continue
            look = self.files.look(f"{folder.path}/{name}" if folder.path else name)
            if isinstance(look.seen, Probe):
                probes[name] = look.seen
                yield from _name_findings(at, name, look.seen)
            else:
                yield _broken(at, name, look.seen, pointer=look.pointer)
        for index, task in enumerate(epic.tasks):
            yield from _alts(("tasks", index), task, probes)
            for profile in task.profiles if desk else ():
                known = desk.profiles.get(profile) if desk else None
                if known is not None:
                    yield from _on_platform(("tasks", index), task, known, probes)

    def _sizes(self, folder: EpicFolder, used: Mapping[str, Pointer]) -> Iterator[Finding]:
        for name, kind in folder.files.items():
            if kind != "file" or name == "epic.yaml" or name in MACHINE_FILES:
                continue
            at = used.get(name, ())
            if not at and name.startswith("media/"):
                hint = "Name it in a task, or delete it."
                yield Finding((), Rule.UNUSED_MEDIA, f"No task uses {shown(name)}.", hint)
            size = self.files.size(f"{folder.path}/{name}" if folder.path else name)
            if size > FORGE_REFUSES:
                message = f"{shown(name)} has {size / 2**20:.0f} MiB; GitHub refuses more than 100."
                yield Finding(at, Rule.FORGE_REFUSES, message, _BY_HAND)
            elif size > FORGE_WARNS:
                message = f"{shown(name)} has {size / 2**20:.0f} MiB: every clone carries them."
                yield Finding(at, Rule.LARGE_FILE, message, _BY_HAND)


def pinned(path: str, files: "ContentFiles") -> Mapping[str, Probe]:
    """Return what the pinned addresses of the epic in this folder hold, where that is known."""
    data = files.text(f"{path}/{LOCK}")
    try:
        pins = read_lock(data, LOCK) if data is not None else {}
    except ContentError:
        return {}
    return {url: pin.found.probe for url, pin in pins.items() if isinstance(pin.found, Usable)}


def _used(epic: Epic) -> Iterator[tuple[str, Pointer]]:
    """Every media file with a place where it is named."""
    for index, task in enumerate(epic.tasks):
        for number, part in enumerate(task.parts):
            at: Pointer = (
                ("tasks", index) if number == 0 else ("tasks", index, "thread", number - 1)
            )
            for item, media in enumerate(part.media):
                yield media.name, (*at, "media", item, "file")


def _alts(at: Pointer, task: Task, probes: Mapping[str, Probe]) -> Iterator[Finding]:
    for number, part in enumerate(task.parts):
        place = at if number == 0 else (*at, "thread", number - 1)
        for index, media in enumerate(part.media):
            yield from alt_findings((*place, "media", index), media, probes.get(media.name))


def _on_platform(
    at: Pointer, task: Task, profile: Profile, probes: Mapping[str, Probe]
) -> Iterator[Finding]:
    limits = limits_for(profile)
    if limits is None:
        return
    kinds = {name: probe.kind for name, probe in probes.items()}
    one = delivered(at, task, profile, title_of(profile), limits, kinds)
    yield from text_findings(one, UNICODE)
    yield from media_findings(one, probes)


def _broken(at: Pointer, name: str, fault: MediaFault, *, pointer: bool) -> Finding:
    if pointer:
        message = f"{shown(name)} is a Git LFS pointer: its bytes are not in the repository."
        hint = "Commit the bytes themselves, without LFS."
        return Finding(at, Rule.LFS_POINTER, message, hint)
    return Finding(at, Rule.BROKEN_MEDIA, f"{shown(name)} cannot be used. {fault.message}")


def _name_findings(at: Pointer, name: str, probe: Probe) -> Iterator[Finding]:
    told, _encoding = guess_type(name)
    if told is None or told == probe.content_type or (told, probe.content_type) in _ALIASES:
        return
    message = f"The name says {told}, the bytes are {probe.content_type}."
    yield Finding(at, Rule.NAME_LIES, message, "Rename the file, or save it in that type.")
