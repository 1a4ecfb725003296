"""Drafts: new, edit, duplicate, request a review, close."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from publisher.domain.epic import Epic
from publisher.domain.errors import ContentError, NotFound, Refused
from publisher.domain.roles import Role
from publisher.files.desk_files import check_epic
from publisher.files.epic_edit import duplicate as duplicated
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.ports import Commit, Heads, Pull
from publisher.usecases.editorial.attempt import Change, Made
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.doing import Doing, Done
from publisher.usecases.editorial.pinning import Pinning
from publisher.usecases.editorial.where import BRANCH

EPICS = "content/epics"
Media = Mapping[str, bytes | None]

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_NO_MEDIA: Media = {}


@dataclass(frozen=True, slots=True)
class Drafts:
    """Every draft is a branch `epic/<id>` with a draft pull request."""

    desk: EditorialDesk
    pinning: Pinning

    def new(self, epic: str, data: bytes, doing: Doing, media: Media = _NO_MEDIA) -> Done:
        """Begin an epic; raise Refused when its id is taken, ContentError when it is broken."""
        return self._begun(epic, doing, "new", lambda _heads, path: _files(path, data, media), data)

    def duplicate(self, epic: str, copy: str, doing: Doing, title: str = "") -> Done:
        """Begin a copy of an epic, with its media and without its times."""

        def files(heads: Heads, path: str) -> Mapping[str, bytes]:
            where = self.desk.finder.one(heads, epic)
            original = self.desk.store.folder(where.path, commit=where.commit)
            if original is None:
                raise NotFound(f"There is no epic {epic}.")
            kept = [name for name in original.files if name.startswith("media/")]
            copied = {
                f"{path}/{name}": self.desk.store.file(where.commit, f"{where.path}/{name}") or b""
                for name in kept
            }
            named = title or f"{self.desk.reader.newest(where).epic.title} (copy)"
            data = duplicated(original.data, title=named, folder=path, path=original.file)
            return {f"{path}/epic.yaml": data, **copied}

        return self._begun(copy, doing, "duplicate", files, b"", f"from {epic}")

    def request_review(self, epic: str, doing: Doing) -> Done:
        """Make its pull request ready: approvers are asked. Refused while it has no task.

        What lies at addresses is fetched and pinned first, so that they see what will go out.
        """
        heads = self.desk.attempt.fresh()
        self.desk.allow(doing, Role.AUTHOR, "request a review")
        where = self.desk.finder.one(heads, epic)
        if not where.branch:
            raise Refused(f"{epic} is on {self.desk.branches.main} already: there is no draft.")
        version = self.desk.sound(where)
        if not version.epic.tasks:
            raise Refused(f"{epic} has no task yet: there is nothing to review.")
        if any(media.url for task in version.epic.tasks for media in task.media):
            pinned, _pins = self.pinning.pin(epic, doing)
            where = replace(where, tip=pinned.commit)
        pull = where.pull or self._opened(where.branch, version.epic, doing, draft=False)
        again = where.in_review
        if pull.draft:
            self.desk.forge.set_draft(pull.number, draft=False)
        words = f"{epic} is in review{' already' if again else ''}: pull request #{pull.number}."
        return Done(
            epic=epic,
            commit=where.tip,
            words=words,
            branch=where.branch,
            pull=replace(pull, draft=False),
            again=again,
        )

    def close(self, epic: str, doing: Doing) -> Done:
        """Give a draft up: its pull request is closed, its branch stays."""
        heads = self.desk.attempt.fresh()
        self.desk.allow(doing, Role.AUTHOR, "close a draft")
        where = self.desk.finder.one(heads, epic)
        if not where.branch:
            raise Refused(
                f"{epic} is on {self.desk.branches.main}: unschedule it, or cancel deliveries."
            )
        version = self.desk.reader.newest(where)
        pull = where.pull or self._opened(where.branch, version.epic, doing, draft=True)
        self.desk.forge.close(pull.number)
        words = f"{epic} is closed. Its branch {where.branch} stays, and nothing of it is lost."
        return Done(epic=epic, commit=where.tip, words=words, branch=where.branch, pull=pull)

    def _begun(
        self,
        epic: str,
        doing: Doing,
        verb: str,
        files: Callable[[Heads, str], Mapping[str, bytes]],
        kept: bytes,
        detail: str = "",
    ) -> Done:
        """One commit on a new branch, and its draft pull request."""
        if not _ID.fullmatch(epic):
            raise Refused(
                f"“{epic[:80]}” cannot be an epic's id. Use lower-case letters, digits and hyphens,"
                " for example spring-launch."
            )
        branch, path = f"{BRANCH}{epic}", f"{EPICS}/{doing.at.year}/{epic}"

        def decide(heads: Heads) -> Change[tuple[Done, Epic | None]]:
            self.desk.allow(doing, Role.AUTHOR, "write epics")
            tip = self.desk.branches.tip(branch)
            before = self.desk.attempt.before(doing, epic, [tip, heads.main])
            if before is not None:
                return Change(result=(replace(before, branch=branch), None))
            if epic in self.desk.finder.every(heads):
                raise Refused(f"There is an epic {epic} already. Choose another id, or edit it.")
            written = files(heads, path)
            begun = self._sound(path, written)
            commit = Commit(
                branch=branch,
                tip=tip,
                start=heads.main,
                message=doing.message(verb, epic, detail),
                author=doing.author,
                files=written,
            )
            words = f"{epic} is a draft on the branch {branch}."
            done = Done(epic=epic, commit="", words=words, branch=branch)
            return Change(result=(done, begun), commits=[commit])

        made = self.desk.attempt.make(decide, doing.at, kept=kept)
        return self._in_pull(made, doing)

    def _in_pull(self, made: Made[tuple[Done, Epic | None]], doing: Doing) -> Done:
        done, epic = made.result
        if epic is None:
            return replace(done, pull=self.desk.forge.pull_of(done.branch))
        pull = self._opened(done.branch, epic, doing, draft=True)
        return replace(done, commit=made.tips.get(done.branch, done.commit), pull=pull)

    def _opened(self, branch: str, epic: Epic, doing: Doing, *, draft: bool) -> Pull:
        return self.desk.forge.open(branch, epic.title, epic.brief, doing.author, draft=draft)

    def _sound(self, path: str, files: Mapping[str, bytes]) -> Epic:
        """The epic that these files make; raise ContentError with everything that is wrong."""
        names = {name.removeprefix(f"{path}/"): "file" for name in files}
        folder = EpicFolder(path=path, data=files[f"{path}/epic.yaml"], files=names)
        epic = read_epic(folder)
        problems = check_epic(epic, self.desk.files, folder)
        if problems:
            raise ContentError(problems)
        return epic


def _files(path: str, data: bytes, media: Media) -> Mapping[str, bytes]:
    attached = {f"{path}/{name}": content for name, content in media.items() if content is not None}
    return {f"{path}/epic.yaml": data, **attached}
