"""What is wrong about an epic, given what is already out."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.epic import Epic, Profile
from publisher.domain.findings import Finding
from publisher.domain.payload import payload_of
from publisher.domain.rules import Rule

MACHINE_FILES = frozenset({"status.yaml", "approvals.yaml", "media.lock.yaml"})


@dataclass(frozen=True, slots=True)
class Out:
    """One delivery that is out, as status.yaml tells it; `at` is UTC where it is known."""

    task: str
    profile: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A text that is out on an account: what it says, and where it came from."""

    place: str
    subject: str | None
    texts: tuple[str, ...]


def gone_findings(epic: Epic, out: Iterable[Out]) -> Iterator[Finding]:
    """Find tasks, and profiles of tasks, that are out and no longer in the epic."""
    missing: dict[str, list[str]] = {}
    for one in out:
        task = epic.task(one.task)
        if task is None or one.profile not in task.profiles:
            missing.setdefault(one.task, []).append(one.profile)
    for task_id, profiles in missing.items():
        names = ", ".join(profiles)
        message = f"The task “{task_id}” is out on {names} and is no longer here."
        hint = "Put it back under its old id; to correct what is out, duplicate the epic."
        yield Finding(("tasks",), Rule.TASK_GONE, message, hint)


def said_by(epic: Epic, profiles: Mapping[str, Profile], out: Iterable[Out]) -> Iterator[Said]:
    """Return what this epic has already said, as its text stands now."""
    for one in out:
        task, profile = epic.task(one.task), profiles.get(one.profile)
        if task is not None and profile is not None:
            payload = payload_of(task, profile)
            texts = tuple(part.text for part in payload.parts)
            yield Said(profile.place, payload.subject, texts)


def again_findings(
    epic: Epic,
    profiles: Mapping[str, Profile],
    out: Collection[Out],
    saying: Callable[[Said], str | None],
) -> Iterator[Finding]:
    """Find deliveries that wait and say what is out on the same account; `saying` names who did."""
    done = {(one.task, one.profile) for one in out}
    for index, task in enumerate(epic.tasks):
        for name in task.profiles:
            profile = profiles.get(name)
            if profile is None or (task.id, name) in done:
                continue
            payload = payload_of(task, profile)
            texts = tuple(part.text for part in payload.parts)
            source = saying(Said(profile.place, payload.subject, texts))
            if source is not None and any(texts):
                message = f"{source} has the same text out on {name} already."
                hint = "Change the text: Copydesk would hold this one and ask a person."
                yield Finding(("tasks", index), Rule.ALREADY_OUT, message, hint)


def machine_files(changed: Iterable[str]) -> Iterator[str]:
    """Return the changed paths that only Copydesk writes."""
    for path in changed:
        if path.startswith("content/epics/") and path.rpartition("/")[2] in MACHINE_FILES:
            yield path
