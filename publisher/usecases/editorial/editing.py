"""Editing an epic, from every state but Published: what was approved and changes is void."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from publisher.domain.approvals import digests_of
from publisher.domain.delivery import Key
from publisher.domain.epic import Epic
from publisher.domain.errors import Conflict, ContentError, Refused
from publisher.domain.roles import Role
from publisher.domain.states import EpicState
from publisher.files.desk_files import check_epic
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.ports import Commit, Heads
from publisher.usecases.editorial.attempt import Change
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing, Done, listed
from publisher.usecases.editorial.drafts import Media
from publisher.usecases.editorial.stopping import Stopping
from publisher.usecases.editorial.survey import Survey, Surveyed
from publisher.usecases.editorial.where import BRANCH, Where
from publisher.usecases.media_hashes import hashes_at

Rewrite = Callable[[bytes], bytes]


class NeedsConfirmation(Refused):
    """The edit voids something; the sentence names what. The same again, confirmed, is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to be changed: the text of epic.yaml, and files in its folder (None removes).

    `rewrite` gets the text as it is now. An editor's result is `replacing(base, text)`.
    """

    epic: str
    doing: Doing
    rewrite: Rewrite
    media: Media = field(default_factory=dict)
    confirmed: bool = False


def replacing(base: bytes, text: bytes) -> Rewrite:
    """The text that somebody wrote, looking at `base`; Conflict when it has changed meanwhile."""

    def rewrite(now: bytes) -> bytes:
        if now not in {base, text}:
            raise Conflict(
                "Somebody else has changed this epic while you wrote. Nothing was overwritten:"
                " look at the new version and put your text in again.",
                text,
            )
        return text

    return rewrite


@dataclass(frozen=True, slots=True)
class Editing:
    """An epic that is scheduled is taken out of the schedule first, in the same push."""

    desk: EditorialDesk
    survey: Survey
    stopping: Stopping

    def edit(self, edit: Edit) -> Done:
        """Raises NeedsConfirmation, Refused, ContentError, Conflict, NotFound, Unavailable."""
        with self.stopping.halted(edit.epic) as under_way:
            made = self.desk.attempt.make(lambda heads: self._decided(heads, edit), edit.doing.at)
        done, epic = made.result
        if epic is None:
            return done
        pull = done.pull
        if pull is None:
            forge, who = self.desk.forge, edit.doing.author
            pull = forge.open(done.branch, epic.title, epic.brief, who, draft=True)
        elif not pull.draft:
            self.desk.forge.set_draft(pull.number, draft=True)
        commit = made.tips.get(done.branch, "")
        return replace(done, commit=commit, pull=replace(pull, draft=True), too_late=under_way)

    def text(self, heads: Heads, epic: str) -> tuple[Where, bytes]:
        """The epic.yaml that an edit would begin from."""
        where = self.desk.finder.one(heads, epic)
        return where, self.desk.store.file(where.commit, f"{where.path}/epic.yaml") or b""

    def _decided(self, heads: Heads, edit: Edit) -> Change[tuple[Done, Epic | None]]:
        self.desk.allow(edit.doing, Role.AUTHOR, "edit")
        where, now = self.text(heads, edit.epic)
        own = self.desk.branches.tip(f"{BRANCH}{edit.epic}")
        before = self.desk.attempt.before(edit.doing, edit.epic, [where.tip or own, heads.main])
        if before is not None:
            return Change(result=(replace(before, pull=where.pull), None))
        survey = self.survey.of(where)
        if survey.assessment and survey.assessment.state is EpicState.PUBLISHED:
            raise Refused(
                f"{edit.epic} is published: what is out cannot be edited."
                f" Duplicate it: copydesk duplicate {edit.epic} NEW-ID."
            )
        written = edit.rewrite(now)
        media = edit.media
        if written == now and not media:
            words = f"{edit.epic} says that already. Nothing was changed."
            return Change(result=(Done(epic=edit.epic, commit=where.commit, words=words), None))
        epic = self._sound(where, written, media)
        self._confirmed(edit, survey, epic)
        attached = {f"{where.path}/{name}": data for name, data in media.items()}
        files: dict[str, bytes | None] = {f"{where.path}/epic.yaml": written, **attached}
        commits = list(self._commits(where, edit, files, own))
        words = f"{edit.epic} is a draft again, on the branch {commits[-1].branch}."
        done = Done(
            epic=edit.epic, commit="", words=words, branch=commits[-1].branch, pull=where.pull
        )
        return Change(result=(done, epic), commits=commits)

    def _commits(
        self, where: Where, edit: Edit, files: Mapping[str, bytes | None], own: str | None
    ) -> Sequence[Commit]:
        message = edit.doing.message("edit", edit.epic)
        author = edit.doing.author
        if where.branch:
            here = Commit(
                branch=where.branch, tip=where.tip, message=message, author=author, files=files
            )
            return [here]
        stop = self.stopping.commit(where, edit.doing, "unschedule")
        branch = Commit(
            branch=f"{BRANCH}{edit.epic}",
            tip=own,
            start=self.desk.branches.main if stop else where.heads.main,
            message=message,
            author=author,
            files=files,
        )
        return [stop, branch] if stop else [branch]

    def _sound(self, where: Where, data: bytes, media: Media) -> Epic:
        old = self.desk.store.folder(where.path, commit=where.commit)
        names = dict(old.files) if old else {}
        for name, content in media.items():
            if content is None:
                names.pop(name, None)
            else:
                names[name] = "file"
        folder = EpicFolder(path=where.path, data=data, files=names)
        epic = read_epic(folder)
        problems = check_epic(epic, self.desk.files, folder)
        if problems:
            raise ContentError(problems)
        return epic

    def _confirmed(self, edit: Edit, survey: Surveyed, epic: Epic) -> None:
        """Raise NeedsConfirmation that names what the edit puts an end to."""
        if edit.confirmed:
            return
        where = survey.where

        known = hashes_at(self.desk.store, where.commit, where.path)

        def sha256(name: str) -> str:
            data = edit.media.get(name)
            if data is not None:
                return hashlib.sha256(data).hexdigest()
            return known(name)

        digests = digests_of(epic.tasks, self.desk.files, sha256)
        void = [
            task
            for task, standing in survey.approvals.items()
            if standing.by and digests.get(task) != standing.digest
        ]
        scheduled = not where.branch and bool(survey.main and survey.main.schedule)
        effects = []
        if void:
            effects.append(f"the approval of {listed(void)} is void")
        if scheduled:
            effects.append("it is taken out of the schedule, and nothing of it goes out meanwhile")
        elif where.in_review:
            effects.append("it goes back from Review to Draft")
        if effects:
            raise NeedsConfirmation(f"If {edit.epic} is edited now, {listed(effects)}.")


def too_late(keys: Sequence[Key]) -> str:
    """What could not be stopped any more, in a sentence."""
    return f"Too late for {listed([str(key) for key in keys])}: the call has begun." if keys else ""
