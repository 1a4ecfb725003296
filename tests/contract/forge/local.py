"""The stage of the local forge: a bare repository, or a folder that people work in."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from publisher.adapters.clock import utc_now
from publisher.adapters.git_store import GitStore
from publisher.adapters.local_forge import LocalForge
from publisher.ports import Signature, Verdict
from tests.contract.forge.stage import begin
from tests.integration.people import People, git

BEN = Signature("Ben Okoro", "ben@example.com")


class LocalStage:
    """See Stage."""

    def __init__(self, folder: Path, *, work_tree: bool = False) -> None:
        self.folder, self.remote = folder, begin(folder)
        if work_tree:
            work = folder / "work"
            git(folder, "clone", "--quiet", str(self.remote), str(work))
            git(work, "config", "receive.denyCurrentBranch", "updateInstead")
            self.remote = work
        self.people = People(self.remote, folder / "people")
        self.rests: list[int] = []
        self.store = GitStore(folder / "clone.git", str(self.remote))
        self.forge = self.make(self.store)

    def make(self, store: GitStore) -> LocalForge:
        return LocalForge(store, self.now, self.rests.append)

    def another(self, name: str) -> LocalForge:
        """The forge as another process with a clone of its own sees it."""
        return self.make(GitStore(self.folder / f"{name}.git", str(self.remote)))

    def now(self) -> datetime:
        return utc_now()

    def comments(self, number: int) -> Sequence[str]:
        return [comment.text for comment in self.forge.document(number).comments]

    def labels(self, number: int) -> set[str]:
        return set(self.forge.document(number).labels)

    def label(self, number: int, name: str) -> None:
        self.forge.set_labels(number, [*self.forge.document(number).labels, name])

    def status(self, head: str) -> tuple[bool, str] | None:
        for pull in self.forge.pulls():
            status = self.forge.document(pull.number).status
            if status and status.head == head:
                return status.ok, status.text
        return None

    def review(self, number: int, verdict: Verdict) -> str:
        self.forge.review(number, verdict, BEN, "Fine.")
        return BEN.email

    def close(self) -> None:
        pass
