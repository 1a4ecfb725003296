"""What every forge promises, held against each of them with real git."""

import pytest

from publisher.domain.errors import Conflict, NotFound, Refused
from publisher.ports import PullState, Verdict
from tests.contract.forge.stage import (
    ANA,
    EPIC,
    SPRING,
    Stage,
    branch,
    branches_of,
    main_of,
    more,
    on_main,
    opened,
)

# Opening and describing.


def test_an_opened_pull_request_says_what_it_was_given(stage: Stage) -> None:
    head = branch(stage)
    pull = stage.forge.open(SPRING, "Spring", "Why.", ANA, draft=True)
    assert (pull.branch, pull.head, pull.title, pull.body) == (SPRING, head, "Spring", "Why.")
    assert pull.draft
    assert pull.state is PullState.OPEN
    assert not pull.fork
    assert [stage.forge.pull(pull.number), *stage.forge.pulls()] == [pull, pull]
    assert stage.forge.pull_of(SPRING) == pull


def test_opening_twice_gives_the_one_that_is_open(stage: Stage) -> None:
    first = opened(stage)
    again = stage.forge.open(SPRING, "Another title", "", ANA, draft=False)
    assert again.number == first.number
    assert len(stage.forge.pulls()) == 1


def test_a_branch_that_is_not_there_cannot_be_opened(stage: Stage) -> None:
    with pytest.raises((NotFound, Refused), match="epic/nowhere"):
        stage.forge.open("epic/nowhere", "Nothing", "", ANA, draft=True)
    assert stage.forge.pulls() == []


def test_a_branch_with_nothing_of_its_own_is_refused(stage: Stage) -> None:
    stage.people.git("push", "--quiet", "origin", "origin/main:refs/heads/epic/empty")
    branches_of(stage).fetch()
    with pytest.raises(Refused, match="epic/empty"):
        stage.forge.open("epic/empty", "Nothing", "", ANA, draft=True)


def test_after_the_first_is_closed_the_branch_gets_a_new_one(stage: Stage) -> None:
    first = opened(stage)
    stage.forge.close(first.number)
    second = stage.forge.open(SPRING, "Again", "", ANA, draft=False)
    assert second.number > first.number
    assert stage.forge.pull_of(SPRING) == second
    assert stage.forge.pull(first.number).state is PullState.CLOSED


def test_title_and_body_can_be_changed(stage: Stage) -> None:
    pull = opened(stage)
    stage.forge.describe(pull.number, "Summer", "Later: ä, 🌷.\n\n- [ ] one")
    seen = stage.forge.pull(pull.number)
    assert (seen.title, seen.body) == ("Summer", "Later: ä, 🌷.\n\n- [ ] one")


def test_draft_becomes_ready_and_draft_again(stage: Stage) -> None:
    number = opened(stage, draft=True).number
    drafts = []
    for draft in (False, False, True, True):
        stage.forge.set_draft(number, draft=draft)
        drafts.append(stage.forge.pull(number).draft)
    assert drafts == [False, False, True, True]


def test_several_are_listed_and_each_branch_finds_its_own(stage: Stage) -> None:
    names = [f"epic/many-{number}" for number in range(3)]
    numbers = {name: opened(stage, name).number for name in names}
    stage.forge.close(numbers["epic/many-1"])
    assert {pull.branch for pull in stage.forge.pulls()} == {"epic/many-0", "epic/many-2"}
    found = {name: stage.forge.pull_of(name) for name in names}
    assert {name: pull.number for name, pull in found.items() if pull} == numbers
    assert stage.forge.pull_of("epic/never") is None


def test_a_number_that_was_never_given_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound, match="4711"):
        stage.forge.pull(4711)
    with pytest.raises(NotFound, match="4711"):
        stage.forge.close(4711)


# Talking.


def test_a_comment_with_a_key_is_updated_in_place(stage: Stage) -> None:
    number = opened(stage).number
    stage.forge.say(number, "state", "Waits for 2 approvals.")
    stage.forge.comment(number, "Looks good.", ANA)
    stage.forge.say(number, "state", "Waits for 1 approval.")
    stage.forge.say(number, "hold", "On hold.")
    told = stage.comments(number)
    assert len(told) == 3
    assert "Waits for 1 approval." in told[0]
    assert "Looks good." in told[1]
    assert "On hold." in told[2]


def test_what_a_person_said_names_them(stage: Stage) -> None:
    number = opened(stage).number
    stage.forge.comment(number, "Please mention the date.", ANA)
    assert "Please mention the date." in stage.comments(number)[0]


def test_labels_of_ours_are_replaced_and_those_of_people_stay(stage: Stage) -> None:
    number = opened(stage).number
    stage.forge.set_labels(number, ["copydesk: review"])
    stage.label(number, "urgent")
    stage.forge.set_labels(number, ["copydesk: scheduled", "copydesk: on hold"])
    assert stage.labels(number) == {"urgent", "copydesk: scheduled", "copydesk: on hold"}
    stage.forge.set_labels(number, [])
    assert stage.labels(number) == {"urgent"}


def test_the_status_of_a_head_is_set_and_changed(stage: Stage) -> None:
    head = opened(stage).head
    assert stage.status(head) is None
    stage.forge.set_status(head, ok=False, text="1 of 2 approved")
    assert stage.status(head) == (False, "1 of 2 approved")
    stage.forge.set_status(head, ok=True, text="2 of 2 approved", url="https://example.com/x")
    assert stage.status(head) == (True, "2 of 2 approved")


def test_a_status_of_no_commit_is_not_found(stage: Stage) -> None:
    with pytest.raises((NotFound, Refused), match="deadbeef"):
        stage.forge.set_status("deadbeef" * 5, ok=True, text="Fine")


def test_reviews_name_the_commit_that_was_looked_at(stage: Stage) -> None:
    pull = opened(stage)
    assert stage.forge.reviews(pull.number) == []
    who = stage.review(pull.number, Verdict.CHANGES_REQUESTED)
    newer = more(stage)
    branches_of(stage).fetch()
    stage.review(pull.number, Verdict.APPROVED)
    seen = stage.forge.reviews(pull.number)
    told = [(review.author, review.verdict, review.commit) for review in seen]
    assert told == [
        (who, Verdict.CHANGES_REQUESTED, pull.head),
        (who, Verdict.APPROVED, newer),
    ]
    assert seen[0].id != seen[1].id
    assert seen[0].at <= seen[1].at


def test_changes_made_together_all_arrive(stage: Stage) -> None:
    pull = opened(stage, draft=True)
    with stage.forge.together():
        stage.forge.describe(pull.number, "Spring", "Everything at once.")
        stage.forge.set_draft(pull.number, draft=False)
        stage.forge.say(pull.number, "state", "Ready.")
        stage.forge.set_labels(pull.number, ["copydesk: review"])
        stage.forge.set_status(pull.head, ok=False, text="0 of 2 approved")
    seen = stage.forge.pull(pull.number)
    assert (seen.title, seen.draft) == ("Spring", False)
    assert stage.labels(pull.number) == {"copydesk: review"}
    assert stage.status(pull.head) == (False, "0 of 2 approved")
    assert len(stage.comments(pull.number)) == 1


# Merging.


def test_a_merge_brings_exactly_this_head_to_main(stage: Stage) -> None:
    before, pull = main_of(stage), opened(stage)
    merged = stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    heads = branches_of(stage).fetch()
    assert heads.main == merged == main_of(stage)
    assert stage.store.file(merged, EPIC) == b"title: A\n"
    assert branches_of(stage).contains(merged, before)
    assert branches_of(stage).contains(merged, pull.head)
    seen = stage.forge.pull(pull.number)
    assert (seen.state, seen.merged_as) == (PullState.MERGED, merged)
    assert stage.forge.pulls() == []


def test_merging_the_same_head_again_gives_the_same_answer(stage: Stage) -> None:
    pull = opened(stage)
    merged = stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    assert stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA) == merged
    assert main_of(stage) == merged


def test_a_head_that_has_moved_is_not_merged(stage: Stage) -> None:
    before, pull = main_of(stage), opened(stage)
    more(stage)
    with pytest.raises(Conflict, match="moved"):
        stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    assert main_of(stage) == before
    assert stage.forge.pull(pull.number).state is PullState.OPEN


def test_a_main_that_changed_other_files_is_merged_and_loses_nothing(stage: Stage) -> None:
    pull = opened(stage)
    theirs = on_main(stage, "content/other.txt", "theirs\n")
    merged = stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    branches_of(stage).fetch()
    assert branches_of(stage).contains(merged, theirs)
    assert stage.store.file(merged, "content/other.txt") == b"theirs\n"
    assert stage.store.file(merged, EPIC) == b"title: A\n"


def test_a_main_that_changed_the_same_lines_is_a_conflict(stage: Stage) -> None:
    pull = opened(stage)
    theirs = on_main(stage, EPIC, "title: Theirs\n")
    with pytest.raises(Conflict, match="Nothing was merged"):
        stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    assert main_of(stage) == theirs
    assert stage.forge.pull(pull.number).state is PullState.OPEN


def test_a_draft_is_not_merged(stage: Stage) -> None:
    before, pull = main_of(stage), opened(stage, draft=True)
    with pytest.raises(Refused, match="draft"):
        stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    assert main_of(stage) == before


def test_a_closed_one_is_not_merged(stage: Stage) -> None:
    before, pull = main_of(stage), opened(stage)
    stage.forge.close(pull.number)
    stage.forge.close(pull.number)
    with pytest.raises(Refused, match="closed"):
        stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    assert main_of(stage) == before


# What people do meanwhile.


def test_a_push_to_the_branch_moves_the_head(stage: Stage) -> None:
    pull = opened(stage)
    newer = more(stage)
    assert stage.forge.pull(pull.number).head == newer
    assert [each.head for each in stage.forge.pulls()] == [newer]


def test_a_force_pushed_branch_is_still_the_same_pull_request(stage: Stage) -> None:
    pull = opened(stage)
    rewritten = branch(stage, text="title: Rewritten\n")
    seen = stage.forge.pull(pull.number)
    assert (seen.number, seen.head, seen.state) == (pull.number, rewritten, PullState.OPEN)
    with pytest.raises(Conflict):
        stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)


def test_a_branch_that_somebody_deleted_has_no_open_pull_request(stage: Stage) -> None:
    pull = opened(stage)
    stage.people.git("push", "--quiet", "origin", f":{SPRING}")
    assert stage.forge.pulls() == []
    assert stage.forge.pull(pull.number).state is PullState.CLOSED
    with pytest.raises(Refused, match="closed"):
        stage.forge.merge(pull.number, pull.head, "Merge spring\n", ANA)


def test_what_somebody_merged_with_git_is_merged(stage: Stage) -> None:
    pull = opened(stage)
    stage.people.git("checkout", "--quiet", "-B", "main", "origin/main")
    stage.people.git("merge", "--quiet", "--no-ff", "-m", "By hand", SPRING)
    merged = stage.people.push("Something else")
    seen = stage.forge.pull(pull.number)
    assert seen.state is PullState.MERGED
    branches_of(stage).fetch()
    assert branches_of(stage).contains(seen.merged_as, pull.head)
    assert branches_of(stage).contains(merged, seen.merged_as)
    assert stage.forge.pulls() == []
    assert stage.forge.merge(pull.number, pull.head, "Merge\n", ANA) == seen.merged_as
    assert main_of(stage) == merged
