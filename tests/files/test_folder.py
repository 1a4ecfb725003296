"""A work tree on disk: what is found, what is wrong, and what is never followed."""

import os
import shutil
from pathlib import Path

import pytest

from publisher.files.folder import Checked, check_folder
from tests.files.bad_epics import ALL
from tests.files.epics_for_tests import GOOD

ROOT = Path(__file__).parents[2]
EPICS = "content/epics"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "content", tmp_path / "content")
    shutil.rmtree(tmp_path / "content/epics")
    write(tmp_path, "2026/spring-launch", GOOD)
    return tmp_path


def write(root: Path, folder: str, text: str | bytes) -> Path:
    file = root / EPICS / folder / "epic.yaml"
    (file.parent / "media").mkdir(parents=True, exist_ok=True)
    (file.parent / "media/hero.jpg").write_bytes(b"jpg")
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def said(checked: Checked) -> list[tuple[str, str]]:
    return [
        (problem.path.removeprefix(f"{EPICS}/"), problem.message) for problem in checked.problems
    ]


def ids(checked: Checked) -> list[str]:
    return [epic.id for epic in checked.epics]


def test_the_starter_content_is_right() -> None:
    checked = check_folder(ROOT)
    assert checked.problems == ()
    assert "welcome" in ids(checked)
    assert checked.desk is not None


def test_epics_are_found_at_any_depth_in_order(root: Path) -> None:
    write(root, "a/b/c/d/deep", GOOD)
    write(root, "top", GOOD)
    checked = check_folder(root)
    assert checked.problems == ()
    assert [epic.path for epic in checked.epics] == [
        f"{EPICS}/2026/spring-launch", f"{EPICS}/a/b/c/d/deep", f"{EPICS}/top",
    ]  # fmt: skip
    assert check_folder(root) == checked


def test_bad_neighbours_do_not_hide_a_good_epic(root: Path) -> None:
    for number, bad in enumerate(ALL):
        write(root, f"bad/bad-{number}", bad.text)
    checked = check_folder(root)
    assert ids(checked) == ["spring-launch"]
    links = sum(bad.name in {"link", "behind link"} for bad in ALL)
    assert links == 2
    assert len(checked.problems) == len(ALL)
    assert {problem.path.split("/")[-2] for problem in checked.problems} == {
        f"bad-{number}" for number in range(len(ALL))
    }


def test_the_same_id_twice_names_the_other(root: Path) -> None:
    write(root, "2027/spring-launch", GOOD)
    assert len(check_folder(root).problems) == 2
    write(root, "2028/spring-launch", "title: [")
    checked = check_folder(root)
    twice = [(path, text) for path, text in said(checked) if "taken twice" in text]
    assert [path for path, _ in twice] == [
        f"{year}/spring-launch/epic.yaml" for year in (2026, 2027, 2028)
    ]
    assert "2027/spring-launch/epic.yaml" in twice[0][1]
    assert "2026/spring-launch/epic.yaml" in twice[1][1]
    assert "2027/spring-launch/epic.yaml, " not in twice[1][1]


def test_the_desk_is_held_against_epics(root: Path) -> None:
    (root / "content/profiles.yaml").unlink()
    checked = check_folder(root)
    assert len(checked.problems) == 3
    assert all("content/profiles.yaml" in problem.message for problem in checked.problems)
    assert ids(checked) == ["spring-launch"]


def test_without_settings_every_epic_is_still_checked(root: Path) -> None:
    (root / "content/copydesk.yaml").unlink()
    checked = check_folder(root)
    assert checked.desk is None
    assert [problem.path for problem in checked.problems] == ["content/copydesk.yaml"]
    assert ids(checked) == ["spring-launch"]


def test_links_are_reported_and_never_followed(root: Path) -> None:
    away = root / "away"
    write(away, "hidden", GOOD)
    (root / EPICS / "linked").symlink_to(away / EPICS)
    (root / EPICS / "file").mkdir()
    (root / EPICS / "file/epic.yaml").symlink_to(away / EPICS / "hidden/epic.yaml")
    checked = check_folder(root)
    assert ids(checked) == ["spring-launch"]
    assert said(checked) == [
        ("file/epic.yaml", "This is a symbolic link; Copydesk follows none."),
        ("linked", "This folder is a symbolic link."),
    ]


@pytest.mark.parametrize("what", ["content/people.yaml", "content/epics", "content"])
def test_a_linked_part_of_the_tree_is_refused(root: Path, what: str) -> None:
    (root / what).rename(root / "elsewhere")
    (root / what).symlink_to(root / "elsewhere")
    checked = check_folder(root)
    assert (what, "This is a symbolic link; Copydesk follows none.") in [
        (problem.path, problem.message) for problem in checked.problems
    ]
    assert checked.desk is None or what == "content/epics"
    assert ids(checked) == ([] if what != "content/people.yaml" else ["spring-launch"])


def test_linked_media_and_folders_of_media(root: Path) -> None:
    file = write(root, "linked-media", GOOD)
    (file.parent / "media/hero.jpg").unlink()
    (file.parent / "media/hero.jpg").symlink_to(root / EPICS / "2026/spring-launch/media/hero.jpg")
    (problem,) = check_folder(root).problems
    assert (problem.line, problem.column) == (13, 15)
    assert "symbolic link" in problem.message


def test_a_media_file_that_is_missing(root: Path) -> None:
    (root / EPICS / "2026/spring-launch/media/hero.jpg").unlink()
    (problem,) = check_folder(root).problems
    assert "does not exist" in problem.message


@pytest.mark.parametrize("name", ["epic.yml", "Epic.yaml"])
def test_a_file_that_is_nearly_an_epic(root: Path, name: str) -> None:
    write(root, "typo", GOOD).rename(root / EPICS / "typo" / name)
    assert said(check_folder(root)) == [(f"typo/{name}", "Epics are read from epic.yaml only.")]


def test_what_is_no_ordinary_file_is_not_opened(root: Path) -> None:
    (root / EPICS / "pipe").mkdir()
    os.mkfifo(root / EPICS / "pipe/epic.yaml")
    (root / "content/people.yaml").unlink()
    (root / "content/people.yaml").mkdir()
    assert said(check_folder(root)) == [
        ("pipe/epic.yaml", "This is no ordinary file."),
        ("content/people.yaml", "This is no ordinary file."),
    ]


def test_a_sparse_giant_is_not_read(root: Path) -> None:
    file = write(root, "giant", b"")
    os.truncate(file, 1 << 36)
    ((path, message),) = said(check_folder(root))
    assert path == "giant/epic.yaml"
    assert "65536.0 MiB" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(root: Path) -> None:
    write(root, "closed", GOOD).chmod(0)
    ((path, message),) = said(check_folder(root))
    assert (path, message) == ("closed/epic.yaml", "This cannot be read: permission denied.")


def test_a_name_that_is_not_utf_8(root: Path) -> None:
    write(root, os.fsdecode(b"caf\xe9"), GOOD)
    (problem,) = check_folder(root).problems
    assert problem.path == f"{EPICS}/caf\ufffd/epic.yaml"
    str(problem).encode()


def test_only_the_given_paths_are_checked(root: Path) -> None:
    write(root, "2026/broken", "title: [")
    good = root / EPICS / "2026/spring-launch"
    for given in (
        [good],
        [good / "epic.yaml"],
        [good, good / "epic.yaml", root / "content/people.yaml"],
    ):
        checked = check_folder(root, given)
        assert (ids(checked), checked.problems) == (["spring-launch"], ())
        assert checked.desk is not None
    assert len(check_folder(root, [root / EPICS / "2026"]).problems) == 1


def test_relative_paths_are_seen_from_here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / EPICS)
    checked = check_folder(Path("../.."), [Path("2026/../2026/spring-launch")])
    assert [epic.path for epic in checked.epics] == [f"{EPICS}/2026/spring-launch"]


def test_one_file_outside_any_repository(tmp_path: Path) -> None:
    file = write(tmp_path, "lonely", GOOD)
    for root in (tmp_path, tmp_path / "elsewhere"):
        checked = check_folder(root, [file])
        assert (ids(checked), checked.desk, checked.problems) == (["lonely"], None, ())


def test_given_paths_that_are_no_epics(root: Path) -> None:
    checked = check_folder(
        root, [root / "nothing", root / EPICS / "2026/spring-launch/media/hero.jpg"]
    )
    assert [problem.message for problem in checked.problems] == [
        "This is no epic.yaml.",
        "This file or folder does not exist.",
    ]
