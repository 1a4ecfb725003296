"""What a pull request changes, read from real git."""

import subprocess
from pathlib import Path

import pytest

from publisher.adapters.git_changes import BOT_EMAIL, changes_since
from publisher.adapters.git_store import BOT
from publisher.domain.errors import Unavailable

STATUS = "content/epics/2026/spring/status.yaml"
APPROVALS = "content/epics/2026/spring/approvals.yaml"
TEXT = "content/epics/2026/spring/epic.yaml"


class Repository:
    def __init__(self, root: Path, below: str = "") -> None:
        self.root, self.below = root, below
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit("Begin", TEXT, STATUS)

    def git(self, *words: str, email: str = "ana@example.org") -> str:
        who = [f"user.name={email}", f"user.email={email}", "commit.gpgsign=false"]
        options = [word for one in who for word in ("-c", one)]
        done = subprocess.run(
            ["git", "-C", str(self.root), *options, *words],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, *paths: str) -> None:
        for path in paths:
            file = self.root / self.below / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text((file.read_text() if file.exists() else "") + "more\n")

    def commit(self, why: str, *paths: str, email: str = "ana@example.org") -> None:
        self.write(*paths)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", why, email=email)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "r")


def test_paths_of_commits_the_work_tree_and_new_files_count(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "pr")
    repository.commit("Edit", TEXT)
    repository.write("content/people.yaml", "content/epics/ü/ä b.yaml")
    changes = changes_since(repository.root, "main")
    assert changes.paths == {TEXT, "content/people.yaml", "content/epics/ü/ä b.yaml"}
    assert changes.edited == frozenset()


def test_what_main_did_meanwhile_is_not_ours(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "pr")
    repository.commit("Edit", TEXT)
    repository.git("switch", "-q", "main")
    repository.commit("Other", STATUS)
    repository.git("switch", "-q", "pr")
    assert changes_since(repository.root, "main").paths == {TEXT}
    repository.git("merge", "-q", "main")
    changes = changes_since(repository.root, "main")
    assert changes.paths == {TEXT}
    assert changes.edited == frozenset()


def test_the_machines_own_commits_are_told_from_peoples(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "pr")
    repository.commit("Approve", APPROVALS, email=BOT_EMAIL)
    assert changes_since(repository.root, "main").edited == frozenset()
    repository.commit("Forge", STATUS)
    assert changes_since(repository.root, "main").edited == {STATUS}
    repository.write(APPROVALS)
    assert changes_since(repository.root, "main").edited == {STATUS, APPROVALS}
    assert BOT.email == BOT_EMAIL


def test_a_change_that_was_taken_back_is_none(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "pr")
    repository.commit("Forge", STATUS)
    repository.git("checkout", "-q", "main", "--", STATUS)
    repository.commit("Take it back")
    changes = changes_since(repository.root, "main")
    assert (changes.paths, changes.edited) == (frozenset(), frozenset())


def test_content_below_a_folder_of_the_repository(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r", below="marketing")
    repository.git("switch", "-q", "-c", "pr")
    repository.commit("Edit", TEXT, STATUS)
    (repository.root / "README.md").write_text("outside")
    repository.commit("Outside")
    changes = changes_since(repository.root / "marketing", "main")
    assert changes.paths == {TEXT, STATUS}
    assert changes.edited == {STATUS}


@pytest.mark.parametrize("base", ["nowhere", "--output=/tmp/x", ""])
def test_a_revision_that_does_not_exist_is_said_in_words(repository: Repository, base: str) -> None:
    with pytest.raises(Unavailable, match="git merge-base failed"):
        changes_since(repository.root, base)
