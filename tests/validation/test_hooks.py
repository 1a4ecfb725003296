"""The hooks for pre-commit: the files that they are for, and commands that really run."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.validation.folders import EPIC, Folder

ROOT = Path(__file__).parents[2]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PATHS = [
    "content/copydesk.yaml",
    "content/epics/2026/spring/epic.yaml",
    "content/epics/2026/spring/media/hero.jpg",
    "content/epics/2026/spring/status.yaml",
    "schemas/epic.schema.json",
    "README.md",
]


def hook(name: str) -> dict[str, Any]:
    (found,) = [one for one in HOOKS if one["id"] == name]
    return found


def run(name: str, folder: Path) -> int:
    """Run a hook as pre-commit does: its entry, and the files of people that match."""
    one = hook(name)
    program, *words = one["entry"].split()
    assert program == "copydesk"
    matching = [
        path for path in PATHS if re.search(one["files"], path) and (folder / path).exists()
    ]
    files = matching if one.get("pass_filenames", True) else []
    command = [sys.executable, "-m", "publisher", *words, *files]
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, timeout=60, check=False
    ).returncode


@pytest.mark.parametrize("one", HOOKS, ids=lambda one: one["id"])
def test_a_hook_has_all_that_pre_commit_asks_for(one: dict[str, Any]) -> None:
    assert {"id", "name", "entry", "language", "files"} <= set(one)
    assert one["language"] == "python"


def test_each_hook_is_for_its_files() -> None:
    assert [path for path in PATHS if re.search(hook("copydesk-fmt")["files"], path)] == PATHS[:2]
    assert [path for path in PATHS if re.search(hook("copydesk-validate")["files"], path)] == (
        PATHS[:4]
    )


def test_the_hooks_pass_and_fail_as_they_should(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "r")
    text = EPIC.partition("    media")[0].replace("[x-acme]", "[]").replace("schedule", "# s")
    folder.epic(text)
    folder.write("content/profiles.yaml", "profiles: []\n")
    assert run("copydesk-validate", folder.root) == 0
    assert run("copydesk-fmt", folder.root) == 0
    folder.epic(text + "onwer: bo   \n")
    assert run("copydesk-validate", folder.root) == 1
    assert run("copydesk-fmt", folder.root) == 0
    assert (folder.root / PATHS[1]).read_text().endswith("onwer: bo\n")
