"""One epic as one commit has it, and who wrote which of its tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

from publisher.domain.epic import Epic
from publisher.domain.errors import ContentError, NotFound
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.ports import Branches, Store
from publisher.usecases.editorial.where import Where
from publisher.usecases.media_hashes import hashes_at

Media = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Version:
    """An epic at a commit. `sha256` knows every media file of it by its bytes."""

    epic: Epic
    folder: EpicFolder
    commit: str
    sha256: Media


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads epics from git, whatever branch they are on."""

    store: Store
    branches: Branches

    def newest(self, where: Where) -> Version:
        """The epic as it is being worked on; raise ContentError with everything wrong in it."""
        return self.at(where.commit, where.path)

    def on_main(self, where: Where) -> Version | None:
        return self.at(where.heads.main, where.main_path) if where.main_path else None

    def at(self, commit: str, path: str) -> Version:
        folder = self.store.folder(path, commit=commit)
        if folder is None:
            raise NotFound(f"There is no epic in {path} at {commit[:10]}.")
        epic = read_epic(folder)
        known = hashes_at(self.store, commit, path)
        sha256 = {media.name: known(media.name) for task in epic.tasks for media in task.media}
        return Version(epic=epic, folder=folder, commit=commit, sha256=sha256)

    def file(self, where: Where, name: str) -> bytes | None:
        """A file of the epic's folder where it is being worked on."""
        return self.store.file(where.commit, f"{where.path}/{name}")

    def writers(self, where: Where) -> Mapping[str, frozenset[str]]:
        """The e-mail addresses of those who wrote each task, in lower case.

        On a branch: since it left main. On main alone: in what the log still remembers.
        """
        since = self.branches.merge_base(where.heads.main, where.tip) if where.tip else None
        found: dict[str, set[str]] = {}
        for revision in self.branches.revisions(where.commit, since=since, path=where.path):
            after = self._tasks(revision.id, where.path)
            before = self._tasks(revision.parent, where.path) if revision.parent else {}
            for task, content in after.items():
                if before.get(task) != content:
                    found.setdefault(task, set()).add(revision.author.email.casefold())
        return {task: frozenset(emails) for task, emails in found.items()}

    def _tasks(self, commit: str, path: str) -> Mapping[str, object]:
        """What stands in each task, media bytes included; a broken version has none."""
        try:
            version = self.at(commit, path)
        except (ContentError, NotFound):
            return {}
        return {
            task.id: (
                task.parts,
                task.subject,
                task.overrides,
                task.params,
                task.profiles,
                [version.sha256[media.name] for media in task.media],
            )
            for task in version.epic.tasks
        }
