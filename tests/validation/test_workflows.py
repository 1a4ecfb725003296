"""Every workflow is well formed (actionlint) and safe (zizmor); both tools are small and quick."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted(
    [
        *ROOT.glob(".github/workflows/*.yml"),
        *ROOT.glob("publisher/files/repository/.github/workflows/*"),
    ]
)


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / words[0]), *words[1:]], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_workflows_are_found() -> None:
    assert {file.name for file in WORKFLOWS} >= {"ci.yml", "content.yml", "copydesk-validate.yml"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_is_well_formed(file: Path) -> None:
    ended = tool("actionlint", "-no-color", "-shellcheck=", "-pyflakes=", str(file))
    assert (ended.returncode, ended.stdout) == (0, "")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_is_safe(file: Path) -> None:
    ended = tool("zizmor", "--offline", "--no-progress", "--min-severity=low", str(file))
    assert ended.returncode == 0, ended.stdout


def test_the_tools_find_what_they_are_for(tmp_path: Path) -> None:
    bad = tmp_path / ".github/workflows/bad.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - uses: actions/checkout@v4\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n"
    )
    assert tool("zizmor", "--offline", "--no-progress", str(bad)).returncode != 0
    assert tool("actionlint", "-no-color", "-shellcheck=", "-pyflakes=", str(bad)).returncode == 1


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_what_runs_on_pull_requests_may_only_read_and_knows_no_secret(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    if "pull_request" not in workflow[True]:
        return
    assert workflow["permissions"] == {}
    assert "secrets" not in file.read_text().replace("no secret", "")
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 60
