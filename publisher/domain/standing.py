"""What the approvals of a task come to: how many it needs, who gave them, what is missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from publisher.domain.approvals import Entry, EntryKind, digests_of
from publisher.domain.epic import Desk, Epic, Person, Task
from publisher.domain.roles import Role, may, names, who_may


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskApproval:
    """How one task stands at its present digest.

    `needed` and `given` are by platform; `by` is everybody whose approval counts on one of them.
    `changes` are those whose last word is that something must change: they block. `missing` is a
    sentence for people, empty when nothing is missing.
    """

    task: str
    digest: str
    complete: bool
    needed: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    by: tuple[Person, ...] = ()
    changes: tuple[Person, ...] = ()
    missing: str = ""


def standing(task: Task, digest: str, counting: Sequence[Entry], desk: Desk) -> TaskApproval:
    """Count distinct people with the role; the last word of each on this very digest wins.

    `counting` are verified entries of the epic; the desk is main's. That nobody approves what they
    wrote was seen to when the entry was signed: only git knows who wrote what.
    """
    rules, platforms = desk.settings.approvals, platforms_of(task, desk)
    needed = {name: number for name in platforms if (number := rules.needed(name))}
    words = _last_words(task.id, digest, counting)
    approving = [
        desk.people[who]
        for who, kind in words.items()
        if kind is EntryKind.APPROVE and who in desk.people
    ]
    given = {
        name: tuple(who for who in approving if may(who, Role.APPROVER, [name])) for name in needed
    }
    asking = (
        desk.people[who]
        for who, kind in words.items()
        if kind is EntryKind.CHANGES and who in desk.people
    )
    changes = tuple(who for who in asking if any(may(who, Role.APPROVER, [n]) for n in needed))
    missing = _missing(task, needed, given, changes, desk)
    if not platforms and not rules.off:
        missing = f"{task.id} goes to no profile yet."
    return TaskApproval(
        task=task.id,
        digest=digest,
        complete=not missing,
        needed=needed,
        given=given,
        by=tuple(who for who in approving if any(who in some for some in given.values())),
        changes=changes,
        missing=missing,
    )


def standings(
    epic: Epic, counting: Sequence[Entry], desk: Desk, sha256: Callable[[str], str]
) -> Mapping[str, TaskApproval]:
    """How each task of the epic stands, by id; `sha256` knows the epic's media files.

    Where the policy asks for nothing, no digest is made.
    """
    if desk.settings.approvals.off:
        return {
            task.id: TaskApproval(task=task.id, digest="", complete=True) for task in epic.tasks
        }
    digests = digests_of(epic.tasks, desk, sha256)
    return {
        task.id: _once_pinned(standing(task, digests[task.id], counting, desk), task, sha256)
        for task in epic.tasks
    }


def _once_pinned(found: TaskApproval, task: Task, sha256: Callable[[str], str]) -> TaskApproval:
    """Nobody can approve what an address may hold some day."""
    unknown = [media.url for media in task.media if media.url and not sha256(media.url)]
    if not unknown:
        return found
    first = f"{task.id}: nobody has fetched {unknown[0]} yet. Run `copydesk pin` first."
    return replace(found, complete=False, missing=first)


def platforms_of(task: Task, desk: Desk) -> tuple[str, ...]:
    """Where a task goes, each platform once."""
    return tuple(sorted({desk.profiles[n].platform for n in task.profiles if n in desk.profiles}))


def _last_words(task: str, digest: str, counting: Sequence[Entry]) -> Mapping[str, EntryKind]:
    """The last word of each person; of two in the same instant, the later one in the file."""
    about = [entry for entry in counting if entry.task == task and entry.digest == digest]
    return {entry.person: entry.kind for entry in sorted(about, key=lambda entry: entry.at)}


def _missing(
    task: Task,
    needed: Mapping[str, int],
    given: Mapping[str, Sequence[Person]],
    changes: Sequence[Person],
    desk: Desk,
) -> str:
    """One sentence a wish for changes, and one for each group of platforms that lack the same."""
    words = [f"{names(who.name for who in changes)} asked for changes to {task.id}."]
    lacking: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for name, number in needed.items():
        short = number - len(given[name])
        if short > 0:
            able = who_may(desk.people.values(), Role.APPROVER, [name])
            free = [who.name for who in able if who not in given[name]]
            lacking.setdefault((short, tuple(free)), []).append(name)
    for (short, givers), platforms in lacking.items():
        many = f"{short} more approvals" if short > 1 else "one more approval"
        where = f" for {names(platforms)}" if len(platforms) < len(needed) else ""
        words.append(f"{task.id} needs {many}{where}: {_from(givers, short)}.")
    return " ".join(words if changes else words[1:])


def _from(free: Sequence[str], short: int) -> str:
    if not free:
        return "nobody in content/people.yaml can give it"
    return f"{names(free)} can give {'it' if short == 1 else 'them'}"
