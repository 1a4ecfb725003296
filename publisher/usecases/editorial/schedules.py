"""Schedule, unschedule, publish now: the step between Review and going out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from publisher.domain.approvals import digests_of
from publisher.domain.errors import Conflict, Queued, Refused
from publisher.domain.read_through import ReadThrough, read_through
from publisher.domain.remaining import remaining
from publisher.domain.roles import Role
from publisher.domain.standing import standings
from publisher.domain.walltime import TimeProblem, resolve, zone_named
from publisher.files.epic_edit import with_after, with_at, with_schedule
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.ports import Commit, Heads, Pull
from publisher.usecases.editorial.attempt import Change
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing, Done
from publisher.usecases.editorial.reading import Version
from publisher.usecases.editorial.stopping import Stopping
from publisher.usecases.editorial.where import Where

_PAST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an epic goes out. `at` is wall-clock time in `timezone`; without it the proposed one.

    `instant` (UTC) stands for `at` where no wall clock was named. `after` are offsets from it,
    `own` times of their own, both by task.
    """

    at: str = ""
    timezone: str = ""
    instant: datetime | None = None
    after: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)


PROPOSED = Times()


@dataclass(frozen=True, slots=True)
class _Ready:
    """An epic with its times set, read again: what would be merged."""

    where: Where
    version: Version
    untimed: bytes
    data: bytes
    whole: ReadThrough


@dataclass(frozen=True, slots=True)
class Schedules:
    """Nothing is scheduled before every task is approved, and read through as a whole."""

    desk: EditorialDesk
    stopping: Stopping

    def read(self, epic: str, times: Times = PROPOSED) -> ReadThrough:
        """The whole epic as it will appear; its digest is what `schedule` confirms."""
        return self._ready(self.desk.attempt.fresh(), epic, times).whole

    def schedule(
        self, epic: str, doing: Doing, times: Times = PROPOSED, *, confirmed: str = ""
    ) -> Done:
        """Set the times and merge. `confirmed` is the digest that was read; empty: not asked.

        Raises Refused while an approval is missing, Conflict when it is not what was read.
        """
        verb, now = "schedule", doing.at

        def decide(heads: Heads) -> Change[Done]:
            self.desk.allow(doing, Role.SCHEDULER, verb)
            before = self.desk.attempt.before(doing, epic, [heads.main])
            if before is not None:
                return Change(result=before)
            ready = self._ready(heads, epic, times)
            self._may_go(ready, heads, now)
            if confirmed and confirmed != ready.whole.digest:
                raise Conflict(
                    f"{epic} has changed since you read it through. Nothing was scheduled:"
                    " read it again."
                )
            if not ready.where.branch and ready.data == ready.untimed:
                words = f"{epic} is scheduled for that time already. Nothing was changed."
                done = Done(epic=epic, commit=heads.main, words=words, again=True)
                return Change(result=done)
            return self._set(ready, doing, verb)

        made = self.desk.attempt.make(decide, now)
        return self._merged(epic, made.result, made.tips, doing, verb)

    def unschedule(self, epic: str, doing: Doing) -> Done:
        """Take it out of the schedule: that is Review. What is under way is too late."""

        def decide(heads: Heads) -> Change[Done]:
            self.desk.allow(doing, Role.SCHEDULER, "unschedule")
            before = self.desk.attempt.before(doing, epic, [heads.main])
            if before is not None:
                return Change(result=before)
            where = self.desk.finder.one(heads, epic)
            commit = self.stopping.commit(where, doing, "unschedule")
            if commit is None:
                raise Refused(f"{epic} is not scheduled. Nothing was changed.")
            words = f"{epic} is no longer scheduled: it is in Review, and nothing of it goes out."
            done = Done(epic=epic, commit="", words=words, branch=commit.branch)
            return Change(result=done, commits=[commit])

        with self.stopping.halted(epic) as under_way:
            made = self.desk.attempt.make(decide, doing.at)
        commit = made.tips.get(made.result.branch, made.result.commit)
        return replace(made.result, commit=commit, too_late=under_way)

    def publish_now(self, epic: str, doing: Doing) -> Done:
        """Schedule it for this very moment; tasks with an offset keep it."""
        return self.schedule(epic, doing, Times(instant=doing.at))

    def _ready(self, heads: Heads, epic: str, times: Times) -> _Ready:
        where = self.desk.finder.one(heads, epic)
        version = self.desk.sound(where)
        data = _with_times(version, times, self.desk.files.settings.timezone)
        folder = EpicFolder(path=where.path, data=data, files=version.folder.files)
        timed = replace(version, epic=read_epic(folder), folder=folder)
        digests = digests_of(timed.epic.tasks, self.desk.files, timed.sha256.__getitem__)
        main = self.desk.index.epic(epic)
        now = main.schedule if main else None
        whole = read_through(timed.epic, self.desk.files, digests, now)
        return _Ready(where, timed, version.folder.data, data, whole)

    def _may_go(self, ready: _Ready, heads: Heads, now: datetime) -> None:
        epic, desk = ready.version.epic, self.desk.files
        record = self.desk.store.record(heads.ledger, epic.id)
        left = remaining(epic, record)
        if not epic.tasks:
            raise Refused(f"{epic.id} has no task yet: there is nothing to schedule.")
        if not left:
            raise Refused(f"Everything in {epic.id} is out already: there is nothing to schedule.")
        if epic.schedule is None:
            raise Refused(f"{epic.id} has no time yet. Say --at 2026-12-01T09:00.")
        past = [task.id for task in left if task.due and task.due < now - _PAST]
        if past:
            raise Refused(
                f"The time of {past[0]} is over. Choose a later one, or publish it now:"
                f" copydesk publish-now {epic.id}."
            )
        counting = self.desk.counting(self.desk.approvals(ready.where), record)
        sha256 = ready.version.sha256.__getitem__
        found = standings(epic, counting, desk, sha256)
        missing = [found[task.id].missing for task in left]
        if any(missing):
            raise Refused(" ".join(filter(None, missing)))

    def _set(self, ready: _Ready, doing: Doing, verb: str) -> Change[Done]:
        where, epic = ready.where, ready.version.epic
        at = epic.schedule.local.isoformat(" ", "minutes") if epic.schedule else ""
        zone = epic.schedule.zone if epic.schedule else ""
        commit = Commit(
            branch=where.branch or self.desk.branches.main,
            tip=where.commit,
            message=doing.message(verb, where.id, f"for {at} {zone}"),
            author=doing.author,
            files={f"{where.path}/epic.yaml": ready.data},
        )
        words = f"{where.id} is scheduled for {at} {zone}."
        done = Done(
            epic=where.id, commit=where.commit, words=words, branch=commit.branch, pull=where.pull
        )
        return Change(result=done, commits=[commit])

    def _merged(
        self, epic: str, done: Done, tips: Mapping[str, str], doing: Doing, verb: str
    ) -> Done:
        """The branch goes into main, exactly as it was read; on main there is nothing to merge."""
        head = tips.get(done.branch, done.commit)
        if done.again or done.branch == self.desk.branches.main:
            self._proceed(epic)
            return replace(done, commit=head)
        pull = self._open(done, doing)
        message = doing.message(verb, epic, f"(#{pull.number})")
        try:
            commit = self.desk.forge.merge(pull.number, head, message, doing.author)
        except Queued as queued:
            self._proceed(epic)
            return replace(done, commit=head, words=str(queued), pull=pull)
        self._proceed(epic)
        return replace(done, commit=commit, branch=self.desk.branches.main, pull=pull)

    def _open(self, done: Done, doing: Doing) -> Pull:
        if done.pull is None:
            return self.desk.forge.open(done.branch, done.epic, "", doing.author, draft=False)
        if done.pull.draft:
            self.desk.forge.set_draft(done.pull.number, draft=False)
        return done.pull

    def _proceed(self, epic: str) -> None:
        if self.desk.brake is not None:
            self.desk.brake.proceed(epic)


def _with_times(version: Version, times: Times, zone: str) -> bytes:
    data, path = version.folder.data, version.folder.file
    named = times.timezone or (version.epic.schedule.zone if version.epic.schedule else zone)
    if times.at:
        data = with_schedule(data, times.at, named, path=path)
    elif times.instant is not None:
        data = with_schedule(data, *_on_the_wall(times.instant, named), path=path)
    for task, offset in times.after.items():
        data = with_after(data, task, offset, path=path)
    for task, at in times.own.items():
        data = with_at(data, task, at, path=path)
    return data


def _on_the_wall(instant: datetime, zone: str) -> tuple[str, str]:
    """An instant as people write it; in UTC where the clock of the zone shows it twice."""
    text = instant.astimezone(zone_named(zone)).strftime("%Y-%m-%dT%H:%M:%S")
    try:
        resolve(text, zone)
    except TimeProblem:
        return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "UTC"
    return text, zone
