"""A repository on a forge: what the contract test arranges and looks at, whatever the forge."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from publisher.adapters.git_branches import GitBranches
from publisher.adapters.git_store import GitStore
from publisher.ports import Forge, Pull, Signature, Verdict
from tests.integration.people import People, git

ANA = Signature("Ana Silva", "ana@example.com")
NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
EPIC = "content/epics/2026/spring/epic.yaml"
SPRING = "epic/spring"


class Stage(Protocol):
    """One fresh repository. `people` push to it with git; `store` is Copydesk's own clone."""

    forge: Forge
    store: GitStore
    people: People

    def comments(self, number: int) -> Sequence[str]:
        """The text of every comment, oldest first, as people read it."""
        ...

    def labels(self, number: int) -> set[str]: ...

    def label(self, number: int, name: str) -> None:
        """Put a label of their own on it, as people do."""
        ...

    def status(self, head: str) -> tuple[bool, str] | None:
        """The commit status `copydesk/approvals`."""
        ...

    def review(self, number: int, verdict: Verdict) -> str:
        """Review the head as somebody else than the author; return who."""
        ...

    def close(self) -> None: ...


def begin(folder: Path) -> Path:
    """A bare repository with something on main."""
    remote = folder / "remote.git"
    git(folder, "init", "--quiet", "--bare", "--template=", str(remote))
    people = People(remote, folder / "first")
    people.git("checkout", "--quiet", "-b", "main")
    people.write("content/copydesk.yaml", "id: acme\n")
    people.push("Begin")
    return remote


def branch(stage: Stage, name: str = SPRING, path: str = EPIC, text: str = "title: A\n") -> str:
    """Somebody pushes a branch with one commit on top of main."""
    people = stage.people
    people.git("fetch", "--quiet", "origin")
    people.git("checkout", "--quiet", "-B", name, "origin/main")
    people.write(path, text)
    head = people.commit(f"Write {name}")
    people.git("push", "--quiet", "--force", "origin", name)
    return head


def more(stage: Stage, name: str = SPRING, text: str = "title: B\n") -> str:
    """Somebody pushes another commit to the branch."""
    stage.people.git("checkout", "--quiet", name)
    stage.people.write(EPIC, text)
    head = stage.people.commit("Change my mind")
    stage.people.git("push", "--quiet", "origin", name)
    return head


def opened(stage: Stage, name: str = SPRING, *, draft: bool = False) -> Pull:
    """A branch with a pull request."""
    branch(stage, name, f"content/epics/2026/{name.rsplit('/', 1)[1]}/epic.yaml")
    return stage.forge.open(name, f"Title of {name}", "Why.", ANA, draft=draft)


def main_of(stage: Stage) -> str:
    """Where main is now on the forge, asked with git."""
    return stage.people.git("ls-remote", "origin", "refs/heads/main").split()[0]


def on_main(stage: Stage, path: str, text: str) -> str:
    """Somebody commits to main."""
    stage.people.git("fetch", "--quiet", "origin")
    stage.people.git("checkout", "--quiet", "-B", "main", "origin/main")
    stage.people.write(path, text)
    return stage.people.push("Meanwhile")


def branches_of(stage: Stage) -> GitBranches:
    return GitBranches(stage.store)
