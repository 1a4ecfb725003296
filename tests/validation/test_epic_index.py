"""A pull request is held against epics that it does not touch, through the index."""

from pathlib import Path

import pytest

from publisher.adapters.epic_index import EpicIndex
from publisher.domain.errors import Unavailable
from publisher.domain.history_rules import Said
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.entrypoints.checking import check_changes, check_paths
from publisher.files.folder import check_folder
from tests.validation.folders import Folder
from tests.validation.test_git_changes import Repository
from tests.validation.test_validation import OUT

EPIC = """\
title: {name}
schedule: {{at: {at}, timezone: UTC}}
tasks:
  - id: teaser
    profiles: [{profile}]
    body: {body}
"""
DATABASE = ".git/copydesk-epics.sqlite3"


class Team:
    """A content repository under git, with main and a branch."""

    def __init__(self, root: Path) -> None:
        self.folder = Folder(root)
        self.folder.write(
            "content/profiles.yaml",
            "profiles:\n"
            "  - {id: one, platform: sandbox, account: a}\n"
            "  - {id: two, platform: sandbox, account: b}\n",
        )
        self.git = Repository.__new__(Repository)
        self.git.root, self.git.below = root, ""
        self.git.git("init", "-q", "-b", "main")

    def epic(
        self,
        name: str,
        at: str = "2036-12-24T09:00",
        profile: str = "one",
        body: str = "",
        year: str = "2026",
    ) -> None:
        text = EPIC.format(name=name, at=at, profile=profile, body=body or f"About {name}")
        self.folder.write(f"content/epics/{year}/{name}/epic.yaml", text)

    def main(self, why: str = "Main") -> None:
        self.git.commit(why)
        self.git.git("branch", "-f", "base")

    def told(self) -> list[tuple[str, str]]:
        """What the branch is told; the same as a check of everything would say of its epics."""
        _count, found = check_changes(self.folder.root, "base")
        return [(problem.rule, problem.path.split("/")[3]) for problem in found]

    def everything(self) -> tuple[Problem, ...]:
        return check_paths(self.folder.root, ())[1]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team(tmp_path / "team")
    team.epic("old")
    team.main()
    return team


def test_a_clash_with_an_epic_that_is_not_touched_is_told(team: Team) -> None:
    team.epic("new", at="2036-12-24T09:15")
    assert team.told() == [(Rule.CLASH, "new")]
    team.epic("new", at="2036-12-24T09:16")
    assert team.told() == []
    team.epic("new", profile="two")
    assert team.told() == []


def test_an_id_that_is_taken_elsewhere_is_told(team: Team) -> None:
    team.epic("old", year="2027", profile="two")
    assert team.told() == [(Rule.DUPLICATE_EPIC, "old")]


def test_a_text_that_is_out_elsewhere_is_told(team: Team) -> None:
    team.folder.status(OUT.replace("x-acme", "one").replace("spring", "old"), "old")
    team.main()
    team.epic("new", at="2036-12-28T09:00", body="About old")
    assert team.told() == [(Rule.ALREADY_OUT, "new")]
    team.epic("new", at="2036-12-28T09:00", body="About new")
    assert team.told() == []


def test_moving_an_epic_is_no_twin_and_no_clash(team: Team) -> None:
    team.git.git("mv", "content/epics/2026", "content/epics/2027")
    assert team.told() == []
    team.git.commit("Move it")
    assert team.told() == []


def test_the_index_follows_main(team: Team) -> None:
    team.epic("new")
    assert team.told() == [(Rule.CLASH, "new")]
    team.git.git("stash", "-q", "-u")
    team.epic("old", at="2036-12-30T09:00")
    team.main("Move old")
    team.git.git("stash", "pop", "-q")
    assert team.told() == []
    team.git.git("stash", "-q", "-u")
    team.epic("third")
    team.git.git("rm", "-q", "-r", "content/epics/2026/old")
    team.main("Third instead of old")
    team.git.git("stash", "pop", "-q")
    assert team.told() == [(Rule.CLASH, "new")]


def test_an_account_with_another_name_is_the_same_account(team: Team) -> None:
    team.epic("new")
    assert team.told() == [(Rule.CLASH, "new")]
    profiles = team.folder.root / "content/profiles.yaml"
    profiles.write_text(profiles.read_text().replace("{id: one", "{id: uno"))
    team.epic("old", profile="uno")
    team.git.git("stash", "-q", "-u", "--", "content/epics/2026/new")
    team.main("Rename one")
    team.epic("new", profile="uno")
    assert team.told() == [(Rule.CLASH, "new")]


def test_a_broken_neighbour_stops_nothing(team: Team) -> None:
    team.folder.write("content/epics/2026/broken/epic.yaml", "title: [")
    team.main()
    team.epic("new", profile="two")
    assert team.told() == []


def test_a_broken_or_locked_index_is_slower_and_never_wrong(team: Team) -> None:
    team.epic("new")
    file = team.folder.root / DATABASE
    file.write_bytes(b"no database" * 1000)
    assert team.told() == [(Rule.CLASH, "new")]
    file.unlink()
    file.mkdir()
    assert team.told() == [(Rule.CLASH, "new")]


def test_a_tree_that_the_repository_forgot_is_read_anew(team: Team) -> None:
    team.epic("new")
    assert team.told() == [(Rule.CLASH, "new")]
    desk = check_folder(team.folder.root).desk
    assert desk is not None
    index = EpicIndex(team.folder.root, desk, ())
    with index._db:
        index._db.execute("UPDATE meta SET value = ? WHERE name = 'tree'", ("0" * 40,))
        index._db.execute("DELETE FROM slots")
    index.close()
    assert team.told() == [(Rule.CLASH, "new")]


def test_who_changes_the_desk_is_told_of_everything(team: Team) -> None:
    team.folder.write("content/profiles.yaml", "profiles: []\n")
    assert team.told() == [(Rule.UNKNOWN_PROFILE, "old")]


def test_a_misnamed_epic_is_told_and_a_deleted_one_is_not(team: Team) -> None:
    team.folder.write("content/epics/2026/new/epic.yml", "title: x\n")
    assert team.told() == [(Rule.NO_EPIC_FILE, "new")]
    (team.folder.root / "content/epics/2026/new/epic.yml").unlink()
    team.git.git("rm", "-q", "-r", "content/epics/2026/old")
    assert team.told() == []


def test_a_change_of_media_alone_checks_their_epic(team: Team) -> None:
    team.folder.write("content/epics/2026/old/media/spare.jpg", "x")
    assert team.told() == [(Rule.UNUSED_MEDIA, "old")]


def test_what_is_told_is_what_a_check_of_everything_says(team: Team) -> None:
    for number in range(12):
        team.epic(f"m{number}", at=f"2036-12-{10 + number % 4}T09:{number * 5:02}")
    team.main()
    for number in range(0, 12, 3):
        team.epic(f"m{number}", at=f"2036-12-{10 + number % 5}T09:{number * 4:02}", body="same")
    team.epic("m1", year="2027")
    changed = {f"m{number}" for number in (0, 1, 3, 6, 9)}
    every = {
        (p.rule, p.path) for p in team.everything() if p.path.split("/")[3] in changed
    }  # fmt: skip
    told = {(p.rule, p.path) for p in check_changes(team.folder.root, "base")[1]}
    assert told == {
        (rule, path) for rule, path in every if path != "content/epics/2026/m1/epic.yaml"
    }
    assert len(told) >= 3


def test_a_folder_that_is_no_repository_is_said_in_words(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "plain")
    desk = check_folder(folder.root).desk
    assert desk is not None
    with pytest.raises(Unavailable, match="cannot be opened"):
        EpicIndex(folder.root, desk, ())


def test_questions_about_nobody_have_no_answer(team: Team) -> None:
    desk = check_folder(team.folder.root).desk
    assert desk is not None
    index = EpicIndex(team.folder.root, desk, ["content/epics/2026/old"])
    assert index.saying(Said("sandbox:a", None, ("x",))) is None
    assert dict(index.holders(["old", "other"])) == {"old": (), "other": ()}
    index.close()
