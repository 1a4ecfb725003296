"""`copydesk validate` and `explain` as people and workflows call them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.validation.folders import EPIC, Folder, picture
from tests.validation.test_git_changes import Repository


def copydesk(*words: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2]), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "repository")
    profiles = "profiles:\n  - {id: x-acme, platform: sandbox, account: a, options: {}}\n"
    folder.write("content/profiles.yaml", profiles)
    folder.epic(hero_jpg=picture(tmp_path / "scratch.jpg"))
    return folder


def test_exit_codes_are_0_1_and_2(folder: Folder) -> None:
    fine = copydesk("validate", folder=folder.root)
    assert (fine.returncode, fine.stderr) == (0, ""), fine.stdout
    folder.epic(EPIC + "onwer: bo\n")
    assert copydesk("validate", folder=folder.root).returncode == 1
    for words in (["nowhere"], ["--base", "main"], ["--format", "xml"]):
        ended = copydesk("validate", *words, folder=folder.root)
        assert ended.returncode == 2, ended.stdout
        assert "Traceback" not in ended.stderr


def test_a_warning_ends_with_0_unless_it_is_to_count(folder: Folder) -> None:
    folder.epic(spare_jpg=b"x")
    ended = copydesk("validate", folder=folder.root)
    assert ended.returncode == 0
    assert "warning CD504" in ended.stdout
    assert "\x1b" not in ended.stdout
    assert copydesk("validate", "--strict", folder=folder.root).returncode == 1


@pytest.mark.parametrize("words", [["--json"], ["--format", "json"]])
def test_json_is_for_programs(folder: Folder, words: list[str]) -> None:
    folder.epic(spare_jpg=b"x")
    found = json.loads(copydesk("validate", *words, folder=folder.root).stdout)
    assert found["epics"] == 1
    assert [problem["rule"] for problem in found["problems"]] == ["CD504"]


def test_sarif_and_github_go_to_where_they_are_read(folder: Folder, tmp_path: Path) -> None:
    folder.epic(EPIC + "onwer: bo\n")
    sarif = json.loads(copydesk("validate", "--format", "sarif", folder=folder.root).stdout)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "CD201"
    summary = tmp_path / "summary.md"
    ended = copydesk(
        "validate", "--format", "github", folder=folder.root, GITHUB_STEP_SUMMARY=str(summary)
    )
    assert ended.stdout.startswith("::error file=content/epics/2026/spring/epic.yaml,line=11,col=1")
    assert "CD201" in summary.read_text()


def test_against_a_base_only_what_changed_is_told(folder: Folder) -> None:
    folder.epic("title: [", name="old")
    past = EPIC.replace("2026-12-24", "2020-12-24")
    folder.epic(past, name="older", hero_jpg=b"broken")
    repository = Repository.__new__(Repository)
    repository.root, repository.below = folder.root, ""
    repository.git("init", "-q", "-b", "main")
    repository.commit("Begin")
    repository.git("switch", "-q", "-c", "pr")
    assert copydesk("validate", "--base", "main", folder=folder.root).returncode == 0
    folder.epic(past.replace("Spring is", "This was"))
    folder.status("tasks: {}\n")
    repository.commit("Edit")
    ended = copydesk("validate", "--base", "main", "--json", folder=folder.root)
    found = json.loads(ended.stdout)["problems"]
    assert [(one["rule"], Path(one["path"]).name) for one in found] == [
        ("CD311", "epic.yaml"), ("CD701", "status.yaml"),
    ]  # fmt: skip
    folder.write("content/people.yaml", "people: []\n")
    ended = copydesk("validate", "--base", "main", "--json", folder=folder.root)
    rules = {one["rule"] for one in json.loads(ended.stdout)["problems"]}
    assert {"CD401", "CD106"} <= rules, "who changes the desk is told of everything"


def test_explain_tells_one_rule_or_lists_all(folder: Folder) -> None:
    one = copydesk("explain", "cd504", folder=folder.root)
    assert one.stdout.startswith("CD504 (warning): A media file is not used")
    every = copydesk("explain", folder=folder.root)
    assert "CD101  error    A file cannot be read" in every.stdout
    wrong = copydesk("explain", "CD999", folder=folder.root)
    assert wrong.returncode == 2
    assert "There is no rule CD999" in wrong.stderr


def test_a_file_name_cannot_write_to_the_terminal(folder: Folder) -> None:
    folder.epic("title: [", name="x\n::error::forged\x1b[31m")
    said = copydesk("validate", folder=folder.root).stdout
    assert "\x1b" not in said
    assert not any(line.startswith("::error") for line in said.splitlines())
