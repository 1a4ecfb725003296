"""What `problems()` says of a repository on GitHub: one sentence for each obstacle, or none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.forge.github_server import Fault
from tests.contract.forge.on_github import GitHubStage

REVIEWS = {
    "required_approving_review_count": 2,
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": True,
    "require_last_push_approval": False,
    "required_review_thread_resolution": False,
}
CHECKS = {
    "required_status_checks": [{"context": "build"}, {"context": "copydesk/approvals"}],
    "strict_required_status_checks_policy": True,
}
PROTECTION = {
    "required_pull_request_reviews": {
        "required_approving_review_count": 2,
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
    },
    "required_status_checks": {"strict": True, "contexts": ["build", "copydesk/approvals"]},
    "required_signatures": {"enabled": True},
    "lock_branch": {"enabled": False},
}
EVERYTHING = [
    "main is protected: Copydesk may not push status.yaml to it. Let Copydesk's App bypass",
    "main wants 2 approving reviews on GitHub, and approvals given elsewhere do not count",
    "main dismisses reviews at every push",
    "main wants reviews by code owners",
    "main requires the checks build.",
    "main wants branches up to date before a merge",
    "main takes only signed commits",
]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[GitHubStage]:
    stage = GitHubStage(tmp_path)
    yield stage
    stage.close()


def rule(kind: str, parameters: Any = None, ruleset: int = 1) -> dict[str, Any]:
    more = {} if parameters is None else {"parameters": parameters}
    return {"type": kind, "ruleset_id": ruleset, **more}


def strict_rules() -> list[dict[str, Any]]:
    return [
        rule("pull_request", REVIEWS),
        rule("required_status_checks", CHECKS),
        rule("required_signatures"),
        rule("deletion"),
        rule("non_fast_forward"),
    ]


def problems(stage: GitHubStage) -> list[str]:
    return list(stage.forge.problems())


def begin_with(found: list[str], wanted: list[str]) -> bool:
    return len(found) == len(wanted) and all(map(str.startswith, found, wanted))


def test_an_open_repository_has_no_problems(stage: GitHubStage) -> None:
    assert problems(stage) == []


def test_every_rule_of_a_ruleset_is_named_once(stage: GitHubStage) -> None:
    stage.state.rules["main"] = strict_rules() * 2
    assert begin_with(problems(stage), EVERYTHING)


def test_the_classic_protection_says_the_same(stage: GitHubStage) -> None:
    stage.state.protection["main"] = PROTECTION
    assert begin_with(problems(stage), EVERYTHING)


def test_every_sentence_says_what_to_allow(stage: GitHubStage) -> None:
    stage.state.rules["main"] = strict_rules()
    words = ("bypass", "projection: false", "Switch", "See that", "Require", "Allow")
    for sentence in problems(stage):
        assert any(word in sentence for word in words), sentence
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("may", "left"), [("always", 0), ("exempt", 0), ("pull_requests_only", 7), ("never", 7)]
)
def test_what_we_may_bypass_is_no_problem(stage: GitHubStage, may: str, left: int) -> None:
    stage.state.rules["main"] = strict_rules()
    stage.state.rulesets[1] = {"id": 1, "current_user_can_bypass": may}
    assert len(problems(stage)) == left


def test_a_protection_that_the_token_may_not_read_is_said_to_be_so(stage: GitHubStage) -> None:
    stage.state.protection["main"] = PROTECTION
    stage.server.faults.append(Fault("/protection$", 403, {"message": "Resource not accessible"}))
    assert begin_with(problems(stage), ["main is protected by a rule that the token may not read"])


def test_a_plan_without_rulesets_is_no_problem(stage: GitHubStage) -> None:
    refusal = {"message": "Upgrade to GitHub Pro or make this repository public."}
    stage.server.faults.append(Fault("/rules/branches", 403, refusal, times=9))
    assert problems(stage) == []


def test_required_approvals_alone_keep_only_status_files_away(stage: GitHubStage) -> None:
    checks = {**CHECKS, "required_status_checks": [{"context": "copydesk/approvals"}]}
    checks["strict_required_status_checks_policy"] = False
    stage.state.rules["main"] = [rule("required_status_checks", checks)]
    assert begin_with(problems(stage), EVERYTHING[:1])


def test_a_merge_queue_is_no_obstacle_to_merging(stage: GitHubStage) -> None:
    stage.state.rules["main"] = [rule("merge_queue", {})]
    assert begin_with(problems(stage), EVERYTHING[:1])


def test_branches_of_copydesk_and_drafts_must_be_open(stage: GitHubStage) -> None:
    stage.state.rules["copydesk/ledger"] = [rule("update")]
    stage.state.rules["epic/any"] = [rule("required_signatures")]
    assert begin_with(
        problems(stage),
        [
            "A rule keeps Copydesk from pushing to `copydesk/*`. Exclude `copydesk/*`",
            "A rule keeps Copydesk from pushing to `epic/*`.",
        ],
    )


def test_no_way_to_merge_is_a_problem(stage: GitHubStage) -> None:
    stage.state.settings = {"allow_squash_merge": False, "allow_rebase_merge": False}
    assert problems(stage) == []
    stage.state.rules["main"] = [rule("required_linear_history")]
    assert begin_with(problems(stage), ["No way to merge into main is allowed. Allow squash"])


def test_signed_commits_without_squashing_cannot_be_merged(stage: GitHubStage) -> None:
    stage.state.settings = {"allow_squash_merge": False}
    stage.state.rules["main"] = [rule("required_signatures")]
    assert problems(stage)[0].startswith("main takes only signed commits, which Copydesk's are not")


def test_an_archived_repository_and_a_token_that_may_only_read_are_named(
    stage: GitHubStage,
) -> None:
    stage.state.settings = {"archived": True, "permissions": {"push": False, "pull": True}}
    assert begin_with(
        problems(stage),
        ["acme/site is archived on GitHub", "The token may not push to acme/site. Give it"],
    )


@pytest.mark.parametrize(
    ("scopes", "private", "lacking"),
    [
        ("repo, workflow", True, 0),
        ("public_repo", True, 1),
        ("public_repo", False, 0),
        ("read:org", False, 1),
    ],
)
def test_a_classic_token_needs_its_scope(
    stage: GitHubStage, scopes: str, private: bool, lacking: int
) -> None:
    stage.state.settings = {"private": private}
    stage.server.scopes = scopes
    found = problems(stage)
    assert ["lacks the scope" in sentence for sentence in found] == [True] * lacking


def test_an_app_without_a_permission_is_told_which(
    stage: GitHubStage, rsa_keys: tuple[str, str]
) -> None:
    stage.server.app_key = rsa_keys[1]
    github = stage.connected(token="", app_id="7", private_key=rsa_keys[0])
    assert list(github.forge.problems()) == []
    stage.server.permissions.update(statuses="read")
    del stage.server.permissions["issues"]
    fresh = stage.connected(token="", app_id="7", private_key=rsa_keys[0])
    assert begin_with(
        list(fresh.forge.problems()),
        [
            "The App may not write “Issues” in acme/site. Give it “Issues: Read and write”",
            "The App may not write “Commit statuses” in acme/site.",
        ],
    )
