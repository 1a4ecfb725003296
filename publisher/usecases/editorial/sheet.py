"""One epic in front of somebody who approves: what they may speak about, and what they said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import uuid4

from publisher.domain.approvals import Approvals, Entry, EntryKind, digests_of, overruled, sign
from publisher.domain.delivery import Record
from publisher.domain.epic import Person, Task
from publisher.domain.errors import NotFound, Refused
from publisher.domain.roles import Role, may, names, required, who_may
from publisher.domain.standing import TaskApproval, platforms_of, standing
from publisher.files.approvals_file import approvals_path, dump_approvals
from publisher.files.words import did_you_mean
from publisher.ports import Commit, Heads, Signature
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing
from publisher.usecases.editorial.reading import Version
from publisher.usecases.editorial.where import Where


@dataclass(slots=True)
class Sheet:
    """What is said goes on it; the next person sees it. `overruled`: the ledger has news."""

    desk: EditorialDesk
    where: Where
    version: Version
    digests: Mapping[str, str]
    approvals: Approvals
    record: Record
    writers: Mapping[str, frozenset[str]]
    overruled: bool = False
    said: list[EntryKind] = field(default_factory=list)

    @classmethod
    def of(cls, desk: EditorialDesk, heads: Heads, epic: str) -> Self:
        """Raises NotFound, or ContentError when the epic cannot be approved as it is."""
        where = desk.finder.one(heads, epic)
        version = desk.sound(where)
        return cls(
            desk=desk,
            where=where,
            version=version,
            digests=digests_of(version.epic.tasks, desk.files, version.sha256.__getitem__),
            approvals=desk.approvals(where),
            record=desk.store.record(heads.ledger, epic),
            writers={} if desk.files.settings.approvals.by_self else desk.reader.writers(where),
        )

    @property
    def tips(self) -> Sequence[str | None]:
        return (self.where.tip or None, self.where.heads.main, self.where.heads.ledger)

    @property
    def standings(self) -> Sequence[TaskApproval]:
        counting = self.desk.counting(self.approvals, self.record)
        return [
            standing(task, self.digests[task.id], counting, self.desk.files)
            for task in self.version.epic.tasks
        ]

    @property
    def progress(self) -> str:
        """“2 of 3 tasks are approved.”"""
        all_of_them = self.standings
        done = sum(item.complete for item in all_of_them)
        return f"{done} of {len(all_of_them)} tasks are approved."

    @property
    def becomes_ready(self) -> bool:
        """Whether the last approval came while its pull request was still a draft."""
        draft = self.where.pull is not None and self.where.pull.draft
        return draft and EntryKind.APPROVE in self.said and all(s.complete for s in self.standings)

    def chosen(
        self, kind: EntryKind, tasks: Sequence[str], who: Person, seen: Mapping[str, str]
    ) -> list[Task]:
        """The tasks that the person may speak about; Refused with the reason when there is none."""
        known = {task.id: task for task in self.version.epic.tasks}
        for name in tasks:
            if name not in known:
                hint = did_you_mean(name, known)
                raise NotFound(f"{self.where.id} has no task {name}. {hint}".strip())
        reasons = []
        found = []
        for task in (known[name] for name in tasks or known):
            why_not = self._changed(task, seen) or self._why_not(kind, task, who)
            if why_not and tasks:
                raise Refused(why_not)
            if why_not:
                reasons.append(why_not)
            else:
                found.append(task)
        if not found:
            raise Refused(reasons[0] if reasons else f"{self.where.id} has no task yet.")
        return found

    def add(self, kind: EntryKind, tasks: Sequence[Task], doing: Doing, text: str) -> None:
        """Sign one entry a task; what a withdrawal puts an end to never counts again."""
        key, repository = self.desk.key(), self.desk.files.settings.id
        for task in tasks:
            entry = Entry(
                id=uuid4().hex,
                kind=kind,
                task=task.id,
                digest=self.digests[task.id],
                person=doing.who.id,
                at=doing.at,
                via=doing.via,
                request=doing.request,
                text=text,
            )
            dead = overruled(entry, self.approvals.entries)
            if dead:
                self.record, self.overruled = self.record.without(dead), True
            self.approvals = self.approvals.added(sign(entry, repository, self.where.id, key))
        self.said.append(kind)

    def commit(self, message: str, author: Signature) -> Commit:
        path = self.where.path
        return Commit(
            branch=self.where.branch or self.desk.branches.main,
            tip=self.where.commit,
            message=message,
            author=author,
            files={approvals_path(path): dump_approvals(path, self.approvals)},
        )

    def _changed(self, task: Task, seen: Mapping[str, str]) -> str:
        if not seen or seen.get(task.id) == self.digests[task.id]:
            return ""
        return f"{task.id} has changed since you looked at it. Look at the new version first."

    def _why_not(self, kind: EntryKind, task: Task, who: Person) -> str:
        """Why this person may not say that of this task; empty when they may."""
        last = self._last_word(task, who)
        if kind is EntryKind.WITHDRAW:
            spoken = last is not None and last.kind is EntryKind.APPROVE
            return "" if spoken else f"{who.name} has no approval of {task.id} to withdraw."
        platforms = platforms_of(task, self.desk.files)
        if not any(may(who, Role.APPROVER, [platform]) for platform in platforms or ("",)):
            return self._refusal(task, who, platforms)
        if kind is EntryKind.CHANGES:
            return ""
        if any(not self.version.sha256[media.name] for media in task.media):
            return f"{task.id} has media that nobody has fetched yet: copydesk pin {self.where.id}."
        if last is not None and last.kind is EntryKind.APPROVE:
            at = last.at.strftime("%Y-%m-%d %H:%M UTC")
            return f"{task.id} is already approved by {who.name}, at {at}. Nothing was changed."
        if who.email.casefold() in self.writers.get(task.id, frozenset()):
            return f"{who.name} wrote {task.id}: nobody approves what they wrote. {self._but(who)}"
        return ""

    def _refusal(self, task: Task, who: Person, platforms: Sequence[str]) -> str:
        people = self.desk.files.people
        try:
            required(
                people.get(who.id), Role.APPROVER, people, platforms, known_as=who.email or who.id
            )
        except Refused as refused:
            return f"{task.id}: {refused}"
        return ""

    def _but(self, who: Person) -> str:
        able = who_may(self.desk.files.people.values(), Role.APPROVER)
        others = [person.name for person in able if person != who]
        return f"{names(others)} can." if others else "Nobody else can: see content/people.yaml."

    def _last_word(self, task: Task, who: Person) -> Entry | None:
        counting = self.desk.counting(self.approvals, self.record)
        about = (who.id, task.id, self.digests[task.id])
        words = [entry for entry in counting if (entry.person, entry.task, entry.digest) == about]
        return max(words, key=lambda entry: entry.at, default=None)
