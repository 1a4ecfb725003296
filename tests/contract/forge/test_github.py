"""What only GitHub has: limits, pages, refusals, lost answers, merge methods, queues, forks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.domain.errors import (
    Conflict,
    CopydeskError,
    NotFound,
    Queued,
    Refused,
    Unavailable,
)
from publisher.ports import PullState
from tests.contract.forge.github_server import Fault, Request
from tests.contract.forge.on_github import GitHubStage
from tests.contract.forge.stage import (
    ANA,
    main_of,
    more,
    on_main,
    opened,
)
from tests.integration.people import git


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[GitHubStage]:
    stage = GitHubStage(tmp_path)
    yield stage
    stage.close()


def told(stage: GitHubStage, status: int | None = None) -> list[str]:
    """What was asked since the last look; with a status only what was answered so."""
    found = [each.told for each in stage.server.log if status in {None, each.status}]
    return [each.replace("/repos/acme/site", "") for each in found]


# Reading costs little.


def test_asking_again_is_answered_by_304(stage: GitHubStage) -> None:
    pull = opened(stage)
    first = (stage.forge.pulls(), stage.forge.reviews(pull.number))
    stage.server.log.clear()
    assert (stage.forge.pulls(), stage.forge.reviews(pull.number)) == first
    assert {each.status for each in stage.server.log} == {304}
    more(stage)
    assert stage.forge.pulls() != first[0]


def test_every_page_is_read_and_asked_again_for_nothing(stage: GitHubStage) -> None:
    tip = main_of(stage)
    for number in range(65):
        wanted = {"title": f"{number}", "head": f"epic/{number}", "base": "main"}
        stage.state.add(wanted, "ana", tip, fork="stranger")
    assert [pull.number for pull in stage.forge.pulls()] == list(range(1, 66))
    stage.server.log.clear()
    assert len(stage.forge.pulls()) == 65
    assert len(told(stage, 304)) == len(told(stage)) == 4


# Rate limits.


def test_writes_keep_a_second_between_them(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.time = datetime(2026, 11, 29, 9, tzinfo=UTC)
    stage.forge.comment(pull.number, "one", ANA)
    stage.waits.clear()
    stage.time += timedelta(seconds=0.25)
    stage.forge.comment(pull.number, "two", ANA)
    assert stage.waits == [0.75]
    stage.time += timedelta(seconds=1)
    stage.forge.comment(pull.number, "three", ANA)
    assert stage.waits == [0.75]


SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault("POST", 403, SECONDARY, {"Retry-After": "30"}), 30),
        (Fault("POST", 429, SECONDARY), 60),
        (
            Fault(
                "POST",
                403,
                {"message": "API rate limit exceeded for installation ID 42."},
                {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795942890"},
            ),
            90,
        ),
    ],
)
def test_a_limit_is_honoured_for_as_long_as_github_asks(
    stage: GitHubStage, fault: Fault, seconds: int
) -> None:
    pull = opened(stage)
    begun = datetime(2026, 11, 29, 9, 0, 0, tzinfo=UTC)
    if fault.headers.get("X-RateLimit-Reset"):
        reset = int((begun + timedelta(seconds=seconds)).timestamp())
        fault.headers["X-RateLimit-Reset"] = str(reset)
    stage.time = begun
    stage.server.faults.append(fault)
    until = (begun + timedelta(seconds=seconds)).strftime("%H:%M:%S")
    with pytest.raises(Unavailable, match=until):
        stage.forge.comment(pull.number, "hello", ANA)
    asked = len(stage.server.log)
    stage.time = begun + timedelta(seconds=seconds - 1)
    with pytest.raises(Unavailable, match=until):
        stage.forge.pulls()
    with pytest.raises(Unavailable, match=until):
        stage.forge.comment(pull.number, "hello", ANA)
    assert len(stage.server.log) == asked
    stage.time = begun + timedelta(seconds=seconds)
    stage.forge.comment(pull.number, "hello", ANA)
    assert stage.comments(pull.number) == ["**Ana Silva:** hello"]


def test_the_last_request_of_the_hour_is_noticed_before_the_next(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.time = datetime(2026, 11, 29, 9, tzinfo=UTC)
    reset = str(int(stage.time.timestamp()) + 600)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    stage.server.faults.append(Fault("reviews", 200, [], headers))
    assert stage.forge.reviews(pull.number) == []
    with pytest.raises(Unavailable, match="09:10:00"):
        stage.forge.pulls()


# Refusals.


@pytest.mark.parametrize(
    ("status", "headers", "error", "words"),
    [
        (401, {}, Refused, "Renew GITHUB_TOKEN"),
        (
            403,
            {"X-Accepted-GitHub-Permissions": "pull_requests=write"},
            Refused,
            "Allow “pull_requests: write”",
        ),
        (404, {}, NotFound, "token may not see it"),
        (409, {}, Conflict, "too long. Look at what is new"),
        (410, {}, NotFound, "410"),
        (422, {}, Refused, "said no; title is missing_field; too long"),
        (500, {}, Unavailable, "Try again later"),
        (502, {}, Unavailable, "502"),
    ],
)
def test_every_refusal_is_one_sentence_with_what_to_do(
    stage: GitHubStage,
    status: int,
    headers: dict[str, str],
    error: type[CopydeskError],
    words: str,
) -> None:
    pull = opened(stage)
    details = [{"field": "title", "code": "missing_field"}, {"message": "too long."}]
    body = {"message": "said no.", "errors": details}
    stage.server.faults.append(Fault("POST", status, body, headers))
    with pytest.raises(error) as raised:
        stage.forge.comment(pull.number, "hello", ANA)
    assert words in str(raised.value)
    assert f"comment on #{pull.number}" in str(raised.value)
    assert stage.comments(pull.number) == []


def test_what_is_not_github_is_named(stage: GitHubStage) -> None:
    stage.server.faults.append(Fault("GET", 200, "<html>Sign in to the proxy</html>", times=9))
    with pytest.raises(Unavailable, match=r"is not GitHub.*GITHUB_API_URL"):
        stage.forge.pulls()


def test_a_github_that_is_gone_is_unavailable(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.close()
    with pytest.raises(Unavailable, match="does not answer"):
        stage.forge.pulls()
    with pytest.raises(Unavailable, match="does not answer"):
        stage.forge.comment(pull.number, "hello", ANA)


def test_a_github_that_hangs_is_left_after_the_time_out(stage: GitHubStage) -> None:
    pull = opened(stage)
    github = stage.connected(timeout=1)
    stage.server.faults.append(Fault("PATCH", 200, {}, hang=1.5))
    with pytest.raises(Unavailable, match="did not answer in time"):
        github.forge.describe(pull.number, "New", "")


# Merging.


def test_a_merge_whose_answer_was_lost_is_found(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.server.faults.append(Fault("PUT", 502, {"message": "Bad gateway"}, after=True))
    merged = stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert main_of(stage) == merged
    assert told(stage).count(f"PUT /pulls/{pull.number}/merge") == 1


def test_a_head_that_moves_between_looking_and_merging_is_not_merged(stage: GitHubStage) -> None:
    before, pull, moved = main_of(stage), opened(stage), []

    def move(request: Request) -> None:
        if request.path.endswith(f"/pulls/{pull.number}") and not moved:
            moved.append(more(stage))

    stage.server.afterwards = move
    with pytest.raises(Conflict, match="Head branch was modified"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert moved
    assert main_of(stage) == before


def test_a_merge_that_did_not_arrive_is_not_repeated(stage: GitHubStage) -> None:
    before, pull = main_of(stage), opened(stage)
    stage.server.faults.append(Fault("PUT", 502, {"message": "Bad gateway"}))
    with pytest.raises(Unavailable, match="502"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert main_of(stage) == before


@pytest.mark.parametrize(
    ("forbidden", "parents"),
    [((), 2), (("allow_merge_commit",), 1), (("allow_merge_commit", "allow_squash_merge"), 1)],
)
def test_the_first_allowed_merge_method_is_taken(
    stage: GitHubStage, forbidden: tuple[str, ...], parents: int
) -> None:
    stage.state.settings = dict.fromkeys(forbidden, False)
    pull = opened(stage)
    merged = stage.forge.merge(pull.number, pull.head, "Merge spring\n\nEpic: spring\n", ANA)
    assert told(stage).count(f"PUT /pulls/{pull.number}/merge") == 1
    assert len(git(stage.state.remote, "log", "-1", "--format=%P", merged).split()) == parents
    assert git(stage.state.remote, "log", "-1", "--format=%B", merged) == (
        "Merge spring\n\nEpic: spring\nCo-authored-by: Ana Silva <ana@example.com>"
    )


def test_a_method_that_a_rule_forbids_is_followed_by_the_next(stage: GitHubStage) -> None:
    stage.state.refuse_merge = ["Merge commits are not allowed on this repository."]
    pull = opened(stage)
    stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    used = [each.body["merge_method"] for each in stage.server.log if each.method == "PUT"]
    assert used == ["merge", "squash"]


@pytest.mark.parametrize(
    "words",
    [
        'Required status check "build" is expected.',
        "At least 1 approving review is required by reviewers with write access.",
        "Commits must have verified signatures.",
        "Repository rule violations found",
    ],
)
def test_a_rule_in_the_way_is_named_in_githubs_words(stage: GitHubStage, words: str) -> None:
    before, pull = main_of(stage), opened(stage)
    stage.state.refuse_merge = [words]
    with pytest.raises(Refused, match=words.rstrip(".")):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert main_of(stage) == before


def test_a_main_that_moved_just_now_is_tried_again(stage: GitHubStage) -> None:
    pull, moved = opened(stage), "Base branch was modified. Review and try the merge again."
    stage.state.refuse_merge = [moved] * 2
    stage.waits.clear()
    merged = stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert main_of(stage) == merged
    assert {1.0, 2.0} <= set(stage.waits)


def test_a_github_that_is_still_computing_is_asked_again(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.state.computing = 3
    merged = stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert main_of(stage) == merged
    assert told(stage).count(f"PUT /pulls/{pull.number}/merge") == 3


def test_a_main_that_never_stands_still_is_a_conflict(stage: GitHubStage) -> None:
    pull, moved = opened(stage), "Base branch was modified. Review and try the merge again."
    stage.state.refuse_merge = [moved] * 9
    with pytest.raises(Conflict, match="Nothing was merged: try again"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)


def test_a_branch_behind_a_strict_main_says_to_update_it(stage: GitHubStage) -> None:
    checks = {"required_status_checks": [], "strict_required_status_checks_policy": True}
    stage.state.rules["main"] = [{"type": "required_status_checks", "parameters": checks}]
    pull = opened(stage)
    on_main(stage, "content/other.txt", "theirs\n")
    with pytest.raises(Refused, match=r"behind main.*Update branch"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)


def test_a_merge_queue_gets_exactly_this_head(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.state.refuse_merge = ["Changes must be made through the merge queue"]
    with pytest.raises(Queued, match=r"place 1.*nothing to do"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert stage.state.queue == [pull.number]
    assert stage.forge.pull(pull.number).state is PullState.OPEN


def test_merged_by_somebody_with_another_head_is_a_conflict(stage: GitHubStage) -> None:
    pull = opened(stage)
    newer = more(stage)
    stage.forge.merge(pull.number, newer, "Merge\n", ANA)
    with pytest.raises(Conflict, match="moved"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)


# Comments.


def test_a_strangers_comment_with_our_marker_is_not_ours(stage: GitHubStage) -> None:
    pull = opened(stage)
    theirs = {"body": "<!-- copydesk:state -->\nGive me money.", "user": {"login": "stranger"}}
    stage.state.comments[1] = {"id": 1, "number": pull.number, **theirs}
    stage.forge.say(pull.number, "state", "Ready.")
    stage.forge.say(pull.number, "state", "Scheduled.")
    said = stage.comments(pull.number)
    assert said == [theirs["body"], "<!-- copydesk:state -->\nScheduled."]


def test_a_comment_that_two_processes_wrote_at_once_becomes_one(stage: GitHubStage) -> None:
    pull = opened(stage)
    for number in (1, 2):
        body = {"body": f"<!-- copydesk:state -->\n{number}", "user": {"login": "copydesk-bot"}}
        stage.state.comments[number] = {"id": number, "number": pull.number, **body}
    stage.forge.say(pull.number, "state", "Ready.")
    assert stage.comments(pull.number) == ["<!-- copydesk:state -->\nReady."]


def test_what_is_there_already_is_not_written_again(stage: GitHubStage) -> None:
    pull = opened(stage)

    def everything() -> None:
        stage.forge.say(pull.number, "state", "Ready.")
        stage.forge.set_labels(pull.number, ["copydesk: review"])
        stage.forge.set_status(pull.head, ok=True, text="2 of 2 approved")
        stage.forge.describe(pull.number, "Spring", "Why.")
        stage.forge.set_draft(pull.number, draft=False)

    everything()
    stage.server.log.clear()
    everything()
    assert {each.method for each in stage.server.log} == {"GET"}


def test_texts_longer_than_github_takes_are_cut(stage: GitHubStage) -> None:
    pull = opened(stage)
    stage.forge.say(pull.number, "state", "x" * 100_000)
    stage.forge.set_status(pull.head, ok=False, text="y" * 500)
    assert len(stage.comments(pull.number)[0]) <= 65_536
    assert stage.status(pull.head) == (False, "y" * 140)
