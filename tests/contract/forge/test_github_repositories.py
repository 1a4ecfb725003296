"""Repositories of all kinds on GitHub: renamed, forked, with other branches to merge into."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.ports import Draft
from tests.contract.forge.github_server import Fault
from tests.contract.forge.on_github import GitHubStage
from tests.contract.forge.stage import ANA, SPRING, branches_of, main_of, opened
from tests.integration import hooks
from tests.integration.people import git


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[GitHubStage]:
    stage = GitHubStage(tmp_path)
    yield stage
    stage.close()


def test_a_renamed_default_branch_is_followed(stage: GitHubStage) -> None:
    stage.people.git("push", "--quiet", "origin", "origin/main:refs/heads/trunk")
    git(stage.state.remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    stage.state.default_branch = "trunk"
    pull = opened(stage)
    assert stage.state.pulls[pull.number]["base"] == "trunk"
    merged = stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert git(stage.state.remote, "rev-parse", "trunk") == merged
    assert branches_of(stage).main == "trunk"


def test_a_renamed_repository_is_written_to_by_its_new_name(stage: GitHubStage) -> None:
    location = {"Location": f"{stage.server.url}/repos/acme/site"}
    stage.server.faults.append(Fault("/repos/acme/old", 301, {}, location, times=99))
    forge = stage.connected(repository="acme/old").forge
    pull = opened(stage)
    forge.comment(pull.number, "hello", ANA)
    assert stage.comments(pull.number) == ["**Ana Silva:** hello"]
    assert forge.merge(pull.number, pull.head, "Merge\n", ANA) == main_of(stage)
    changed = [each.path for each in stage.server.log if each.method != "GET"]
    assert all(path.startswith("/repos/acme/site/") for path in changed)


@pytest.mark.parametrize("fork", ["stranger", "gone"])
def test_a_fork_is_told_apart_and_its_branch_is_not_ours(stage: GitHubStage, fork: str) -> None:
    stage.described = fork != "gone"  # GitHub lists null then, and describes it for one alone
    head = main_of(stage)
    wanted = {"title": "Theirs", "head": SPRING, "base": "main"}
    stage.state.add(wanted, None, head, fork=fork)
    (pull,) = stage.forge.pulls()
    assert (pull.fork, pull.author) == (True, "ghost")
    assert stage.forge.pull_of(SPRING) is None


def test_pull_requests_into_other_branches_are_none_of_ours(stage: GitHubStage) -> None:
    stage.people.git("push", "--quiet", "origin", "origin/main:refs/heads/release")
    wanted = {"title": "Other", "head": SPRING, "base": "release"}
    stage.state.add(wanted, "ana", main_of(stage))
    stage.state.pulls[1]["fork"] = ""
    opened(stage, "epic/two")
    assert [pull.branch for pull in stage.forge.pulls()] == ["epic/two"]
    assert stage.forge.pull_of(SPRING) is None


def test_a_review_that_was_not_handed_in_yet_is_left_out(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.state.reviews[pull.number] = [
        {"id": 1, "user": None, "state": "PENDING", "body": "", "commit_id": pull.head},
        {
            "id": 2,
            "user": None,
            "state": "DISMISSED",
            "body": "",
            "commit_id": None,
            "submitted_at": "2026-11-29T09:00:00Z",
        },
    ]
    (review,) = stage.forge.reviews(pull.number)
    assert (review.id, review.author, review.commit) == ("2", "ghost", "")


def test_a_protected_main_refuses_a_push_over_http_and_takes_a_merge(stage: GitHubStage) -> None:
    """As GitHub does it: the whole push is refused, the ledger goes alone."""
    pull, store = opened(stage), stage.store
    heads = branches_of(stage).fetch()
    declined = 'echo "error: GH006: Protected branch update failed for $1." >&2; exit 1'
    hooks.hook(stage.state.remote, "update", f'[ "$1" = refs/heads/main ] || exit 0\n{declined}')
    draft = Draft(
        main={"status.yaml": b"state: Scheduled\n"},
        main_message="status\n",
        ledger={"note.txt": b"note\n"},
        ledger_message="note\n",
    )
    result, new = store.push(heads, draft, stage.now())
    assert result.done
    assert "main" in result.refused
    assert (new.main, main_of(stage)) == (heads.main, heads.main)
    assert stage.state.tip("copydesk/ledger") == new.ledger
    assert stage.forge.merge(pull.number, pull.head, "Merge\n", ANA) == main_of(stage)
