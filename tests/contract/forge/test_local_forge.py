"""What only the local forge has: races over its branch, protected branches, work trees, README."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from publisher.adapters.local_branch import FORGE
from publisher.adapters.local_forge import LocalForge
from publisher.domain.errors import Conflict, Refused, Unavailable
from publisher.ports import PullState, PushResult
from tests.contract.forge.local import LocalStage
from tests.contract.forge.stage import (
    ANA,
    EPIC,
    SPRING,
    branch,
    branches_of,
    main_of,
    on_main,
    opened,
)
from tests.integration import hooks
from tests.integration.people import git


@pytest.fixture
def stage(tmp_path: Path) -> LocalStage:
    return LocalStage(tmp_path)


def subjects(stage: LocalStage) -> list[str]:
    """The commits of the forge's branch, newest first."""
    return git(stage.remote, "log", "--format=%s", FORGE).split("\n")


def files(stage: LocalStage) -> set[str]:
    names = git(stage.remote, "ls-tree", "-r", "--name-only", FORGE).split("\n")
    return {name for name in names if not name.startswith("branches/")}


def write_document(stage: LocalStage, path: str, data: str) -> None:
    """Somebody edits the forge's branch by hand."""
    people = stage.people
    people.git("fetch", "--quiet", "origin")
    people.git("checkout", "--quiet", "-B", "forge", f"origin/{FORGE}")
    people.write(path, data)
    people.commit("By hand")
    people.git("push", "--quiet", "origin", f"forge:{FORGE}")


def test_the_branch_explains_itself_and_keeps_one_document_each(stage: LocalStage) -> None:
    one, two = opened(stage, "epic/one"), opened(stage, "epic/two")
    assert files(stage) == {"README.md", "open/1.json", "open/2.json"}
    stage.forge.merge(one.number, one.head, "Merge one\n", ANA)
    stage.forge.close(two.number)
    assert files(stage) == {"README.md", "done/0/1.json", "done/0/2.json"}
    assert "Pull requests" in git(stage.remote, "show", f"{FORGE}:README.md")
    assert opened(stage, "epic/three").number == 3


def test_a_merge_is_one_push_by_the_person(stage: LocalStage) -> None:
    before, pull = main_of(stage), opened(stage)
    on_main(stage, "content/other.txt", "theirs\n")
    hooks.hook(stage.remote, "pre-receive", 'cat >> "$COUNT"; echo . >> "$COUNT.times"')
    merged = stage.forge.merge(pull.number, pull.head, "Merge spring\n\nEpic: spring\n", ANA)
    pushed = (stage.remote / "pre-receive.count").read_text()
    assert "refs/heads/main" in pushed
    assert f"refs/heads/{FORGE}" in pushed
    assert (stage.remote / "pre-receive.count.times").read_text() == ".\n"
    told = git(stage.remote, "log", "-1", "--format=%an|%cn|%ce|%s|%P", merged).split("|")
    assert told[:4] == ["Ana Silva", "Copydesk", "bot@copydesk.invalid", "Merge spring"]
    assert told[4].split()[1] == pull.head
    assert told[4].split()[0] != before


def test_changes_made_together_are_one_push(stage: LocalStage) -> None:
    pull = opened(stage)
    before = subjects(stage)
    with stage.forge.together():
        stage.forge.describe(pull.number, "Spring", "")
        stage.forge.set_labels(pull.number, ["copydesk: review"])
        stage.forge.set_status(pull.head, ok=False, text="0 of 2 approved")
        with stage.forge.together():
            stage.forge.say(pull.number, "state", "Ready.")
        assert subjects(stage) == before
    assert len(subjects(stage)) == len(before) + 1


def test_what_waits_goes_with_the_next_push_that_cannot_wait(stage: LocalStage) -> None:
    pull = opened(stage)
    before = len(subjects(stage))
    with stage.forge.together():
        stage.forge.say(pull.number, "state", "Scheduled.")
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert len(subjects(stage)) == before + 1
    assert stage.comments(pull.number) == ["Scheduled."]
    assert stage.forge.pull(pull.number).state is PullState.MERGED


def test_changes_of_a_block_that_raised_are_dropped(stage: LocalStage) -> None:
    pull = opened(stage)

    def fails() -> None:
        with stage.forge.together():
            stage.forge.describe(pull.number, "Never", "")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    stage.forge.say(pull.number, "state", "Later.")
    assert stage.forge.pull(pull.number).title != "Never"


def test_what_changes_nothing_is_no_push(stage: LocalStage) -> None:
    pull = opened(stage)
    for _time in range(2):
        stage.forge.say(pull.number, "state", "Ready.")
        stage.forge.set_draft(pull.number, draft=False)
        stage.forge.set_labels(pull.number, ["copydesk: review"])
        stage.forge.set_status(pull.head, ok=True, text="2 of 2 approved")
        stage.forge.describe(pull.number, pull.title, pull.body)
    assert len(subjects(stage)) == 5


def test_two_processes_that_open_at_once_get_two_numbers(stage: LocalStage) -> None:
    other = stage.another("other")
    stage.rests.clear()
    branch(stage, "epic/one", "content/epics/2026/one/epic.yaml")
    branch(stage, "epic/two", "content/epics/2026/two/epic.yaml")
    branches_of(stage).fetch()
    other.pulls()
    first = stage.forge.open("epic/one", "One", "", ANA, draft=True)
    second = other.open("epic/two", "Two", "", ANA, draft=True)
    assert (first.number, second.number) == (1, 2)
    assert stage.rests == [1]
    assert [pull.number for pull in stage.forge.pulls()] == [1, 2]


def test_comments_of_three_processes_at_once_all_arrive(stage: LocalStage) -> None:
    pull = opened(stage)
    forges = [stage.another(f"clone-{number}") for number in range(3)]
    trouble = []

    def comment(number: int) -> None:
        try:
            for count in range(3):
                forges[number].comment(pull.number, f"{number}-{count}", ANA)
        except Conflict as error:
            trouble.append(error)

    threads = [threading.Thread(target=comment, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    told = stage.comments(pull.number)
    assert len(told) == len(set(told))
    assert len(told) + 3 * len(trouble) >= 9
    assert all(told.index(f"{n}-0") < told.index(f"{n}-1") for n in range(3) if f"{n}-1" in told)


def right_before_each_push(stage: LocalStage, meanwhile: Callable[[], object]) -> None:
    """Let something happen between looking and pushing."""
    push = stage.store.remote.push

    def late(refs: Mapping[str, tuple[str | None, str]]) -> PushResult:
        meanwhile()
        return push(refs)

    stage.store.remote.push = late  # type: ignore[method-assign]


def test_a_main_that_moves_between_looking_and_pushing_is_merged_with(stage: LocalStage) -> None:
    pull, theirs = opened(stage), []

    def meanwhile() -> None:
        if not theirs:
            theirs.append(on_main(stage, "content/other.txt", "theirs\n"))

    right_before_each_push(stage, meanwhile)
    merged = stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert stage.rests == [1]
    assert main_of(stage) == merged
    assert branches_of(stage).contains(merged, theirs[0])
    assert len(git(stage.remote, "log", "--format=%h", "--merges", "main").split()) == 1


def test_when_others_are_always_faster_nothing_is_changed(stage: LocalStage) -> None:
    pull, other, rests = opened(stage), stage.another("other"), []
    forge = LocalForge(stage.store, stage.now, rests.append)
    right_before_each_push(stage, lambda: other.comment(pull.number, "faster", ANA))
    with pytest.raises(Conflict, match="try again"):
        forge.comment(pull.number, "slow", ANA)
    assert rests == [1, 2, 3]
    assert stage.comments(pull.number) == ["faster"] * 4


PROTECT = {
    "pre-receive": "while read old new ref; do\n"
    '[ "$ref" = refs/heads/main ] && echo "main is protected" >&2 && exit 1\ndone\nexit 0',
    "update": '[ "$1" = refs/heads/main ] && echo "main is protected" >&2 && exit 1\nexit 0',
}


@pytest.mark.parametrize("name", PROTECT)
def test_a_protected_main_says_what_to_allow_and_stays_open(stage: LocalStage, name: str) -> None:
    before, pull = main_of(stage), opened(stage)
    hooks.hook(stage.remote, name, PROTECT[name])
    with pytest.raises(Refused, match=r"main may not be pushed to.*bot@copydesk.invalid"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert main_of(stage) == before
    assert stage.forge.pull(pull.number).state is PullState.OPEN
    stage.forge.say(pull.number, "trouble", "main is protected")
    hooks.no_more_hooks(stage.remote)
    assert stage.forge.merge(pull.number, pull.head, "Merge\n", ANA) == main_of(stage)


def test_a_broken_document_is_left_out_and_named(
    stage: LocalStage, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = opened(stage, "epic/one"), opened(stage, "epic/two")
    write_document(stage, f"open/{broken.number}.json", "{oops")
    assert [pull.number for pull in stage.forge.pulls()] == [whole.number]
    assert "open/1.json" in caplog.text
    assert [f"open/{broken.number}.json" in told for told in stage.forge.problems()] == [True]
    with pytest.raises(Refused, match=r"open/1\.json.*Restore"):
        stage.forge.pull(broken.number)
    stage.forge.say(whole.number, "state", "Ready.")
    assert opened(stage, "epic/three").number == 3


def test_numbers_go_on_after_a_thousand(stage: LocalStage) -> None:
    pull = opened(stage, "epic/one")
    document = git(stage.remote, "show", f"{FORGE}:open/1.json")
    stage.forge.close(pull.number)
    late = document.replace('"number": 1,', '"number": 1000,')
    write_document(stage, "open/1000.json", late.replace("epic/one", "epic/thousand"))
    assert opened(stage, "epic/two").number == 1001
    stage.forge.close(1000)
    assert {"done/1/1000.json", "done/0/1.json", "open/1001.json"} <= files(stage)
    assert opened(stage, "epic/three").number == 1002


def test_merged_with_git_and_deleted_is_written_down_at_the_next_change(
    stage: LocalStage,
) -> None:
    pull, other = opened(stage), opened(stage, "epic/two")
    stage.people.git("checkout", "--quiet", "-B", "main", "origin/main")
    stage.people.git("merge", "--quiet", "--ff-only", SPRING)
    stage.people.git("push", "--quiet", "origin", "main", f":{SPRING}")
    assert stage.forge.pull(pull.number).merged_as == pull.head
    stage.forge.say(other.number, "state", "Ready.")
    assert "done/0/1.json" in files(stage)
    assert stage.forge.pull(pull.number).state is PullState.MERGED


def test_a_main_that_is_called_otherwise_takes_merges(tmp_path: Path) -> None:
    stage = LocalStage(tmp_path)
    stage.people.git("push", "--quiet", "origin", "origin/main:refs/heads/trunk")
    git(stage.remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    stage.people.git("push", "--quiet", "origin", ":main")
    forge = stage.another("fresh")
    stage.people.git("checkout", "--quiet", "-B", SPRING, "origin/trunk")
    stage.people.write(EPIC, "title: A\n")
    head = stage.people.commit()
    stage.people.git("push", "--quiet", "origin", SPRING)
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    assert forge.merge(pull.number, head, "Merge\n", ANA) == git(stage.remote, "rev-parse", "trunk")


def test_a_work_tree_with_changes_takes_no_merge_and_is_named(tmp_path: Path) -> None:
    stage = LocalStage(tmp_path, work_tree=True)
    pull = opened(stage)
    assert list(stage.forge.problems()) == []
    (stage.remote / "content" / "copydesk.yaml").write_text("id: half a thought\n")
    assert ["git stash" in told for told in stage.forge.problems()] == [True]
    with pytest.raises(Refused, match="main may not be pushed to"):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    git(stage.remote, "checkout", "--quiet", ".")
    stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
    assert (stage.remote / EPIC).read_text() == "title: A\n"
    assert git(stage.remote, "status", "--porcelain") == ""


def test_a_remote_that_is_gone_is_unavailable(stage: LocalStage) -> None:
    pull = opened(stage)
    stage.remote.rename(stage.folder / "elsewhere.git")
    with pytest.raises(Unavailable):
        stage.forge.say(pull.number, "state", "Ready.")
    with pytest.raises(Unavailable):
        stage.forge.merge(pull.number, pull.head, "Merge\n", ANA)
