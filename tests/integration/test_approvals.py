"""Nothing goes out without its approvals, whoever edits and merges, and however."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from publisher.domain.approvals import Approvals, EntryKind
from publisher.domain.delivery import DeliveryStatus
from publisher.domain.states import EpicState
from publisher.files.approvals_file import approvals_path
from publisher.files.ledger_file import dump_record, ledger_path
from publisher.ports import Draft
from tests.integration.approving import TEAM, Approving, needing_approval
from tests.integration.people import People
from tests.integration.world import ANA, SPRING, World, ago, epic_text, task

S = DeliveryStatus
EPIC = f"{SPRING}/epic.yaml"
FILE = approvals_path(SPRING)
TWO = (task("teaser", "x"), task("more", "linkedin"))
LATER = "content/epics/2026/later"


@pytest.fixture
def team(world: World) -> Approving:
    return needing_approval(world)


def test_what_is_merged_by_hand_without_approvals_does_not_go_out(team: Approving) -> None:
    team.world.epic(*TWO)

    assert team.sent() == []
    assert team.state() == (EpicState.REVIEW, "merged without approval")
    assert team.view().approvals["more"].missing == (
        "more needs one more approval: Bo Chen and Cy Ray can give it."
    )
    heads = team.world.app.store.sync()
    planned = team.world.app.queries.plan(heads, ago(0), None)
    assert [item.why_not for item in planned] == ["not approved", "not approved"]


def test_the_last_approval_lets_it_go(team: Approving) -> None:
    team.world.epic(*TWO)
    assert team.sent() == []
    team.say("teaser")
    assert team.sent() == []
    assert team.state() == (EpicState.REVIEW, "merged with 1 of 2 approved")
    team.say("more", who="cy")

    assert team.sent() == ["Text of more.", "Text of teaser."]
    assert team.state() == (EpicState.PUBLISHED, "")
    assert team.world.shown()["state"] == "Published"


def test_approvals_that_were_given_on_a_branch_come_with_the_merge(team: Approving) -> None:
    people = team.world.people
    people.git("checkout", "--quiet", "-b", "epic/spring-launch")
    people.write(EPIC, epic_text(ago(), *TWO))
    people.commit("Write it")
    people.git("push", "--quiet", "origin", "epic/spring-launch")
    team.say(branch="epic/spring-launch")
    assert team.complete("epic/spring-launch") == {"teaser": True, "more": True}
    assert team.sent() == []
    merge(people)

    assert team.sent() == ["Text of more.", "Text of teaser."]


def merge(people: People, *how: str) -> None:
    people.git("checkout", "--quiet", "main")
    people.pull()
    people.git("merge", "--quiet", *(how or ("--no-ff", "-m", "Merge")), "epic/spring-launch")
    people.commit("Merge")
    people.git("push", "--quiet", "origin", "main")


# Edits, whoever makes them and however.


def edit(people: People, new: str = "Another text of more.") -> None:
    people.change(EPIC, "Text of more.", new)
    people.commit("Edit one task")


def by_push(people: People) -> None:
    edit(people)
    people.git("push", "--quiet", "origin", "main")


def by_force(people: People) -> None:
    """The last commit again, with other content."""
    people.change(EPIC, "Text of more.", "Another text of more.")
    people.git("commit", "--quiet", "--all", "--amend", "-m", "Rewritten")
    people.git("push", "--quiet", "--force", "origin", "main")


def by_merge(people: People) -> None:
    on_a_branch(people)
    merge(people)


def by_squash(people: People) -> None:
    on_a_branch(people)
    merge(people, "--squash")


def by_rebase(people: People) -> None:
    on_a_branch(people)
    people.git("checkout", "--quiet", "main")
    people.write("notes.txt", "meanwhile")
    people.push("Meanwhile")
    people.git("rebase", "--quiet", "main", "epic/spring-launch")
    people.git("push", "--quiet", "origin", "epic/spring-launch:main")


def by_revert_of_a_later_edit(people: People) -> None:
    """What was approved is an edit; then somebody takes the edit back."""
    first = people.git("log", "--format=%H", "--grep", "Then edit it", "-1")
    people.git("revert", "--no-edit", first)
    people.git("push", "--quiet", "origin", "main")


def on_a_branch(people: People) -> None:
    people.git("checkout", "--quiet", "-b", "epic/spring-launch")
    edit(people)


@pytest.mark.parametrize(
    "change",
    [by_push, by_force, by_merge, by_squash, by_rebase, by_revert_of_a_later_edit],
    ids=lambda change: change.__name__,
)
def test_an_edit_voids_exactly_the_approvals_of_the_tasks_that_changed(
    team: Approving, change: Callable[[People], None]
) -> None:
    team.world.epic(*TWO)
    if change is by_revert_of_a_later_edit:
        team.world.people.change(EPIC, "Text of more.", "Much better.")
        team.world.people.push("Then edit it")
    team.say()
    assert team.complete() == {"teaser": True, "more": True}
    change(team.world.people)

    assert team.complete() == {"teaser": True, "more": False}
    assert team.sent() == []
    assert team.state() == (EpicState.REVIEW, "merged with 1 of 2 approved")


def test_taking_an_edit_back_brings_its_approvals_back(team: Approving) -> None:
    """They are bound to the content, and that is the approved one again."""
    team.world.epic(*TWO)
    team.say()
    edit(team.world.people)
    team.world.people.git("revert", "--no-edit", "HEAD")
    team.world.people.git("push", "--quiet", "origin", "main")

    assert team.sent() == ["Text of more.", "Text of teaser."]


def test_reformatting_voids_nothing(team: Approving) -> None:
    team.world.epic(*TWO)
    team.say()
    people = team.world.people
    text = people.read(EPIC).replace("body: Text of more.", "# better so\n  body: 'Text of more.'")
    people.write(EPIC, "# A comment\r\n" + text + "brief: For the team.\n")
    people.push("Tidy up")

    assert team.sent() == ["Text of more.", "Text of teaser."]


def test_other_bytes_under_the_same_name_void_the_approval(team: Approving) -> None:
    people = team.world.people
    people.write(f"{SPRING}/media/a.png", b"a tulip")
    team.world.epic(task("teaser", "x", media=[{"file": "media/a.png", "alt": "A"}]))
    team.say()
    assert team.complete() == {"teaser": True}
    people.write(f"{SPRING}/media/a.png", b"a rose")
    people.push("Another picture")

    assert team.sent() == []
    assert team.complete() == {"teaser": False}


def test_another_time_voids_only_where_the_policy_says_so(world: World) -> None:
    team = needing_approval(world, "{required: 1, time: true}")
    team.world.epic(*TWO)
    team.say()
    assert team.complete() == {"teaser": True, "more": True}
    team.world.people.write(EPIC, epic_text(ago(5), *TWO))
    team.world.people.push("At another time")

    assert team.sent() == []
    team.world.people.change("content/copydesk.yaml", "time: true", "time: false")
    team.world.people.push("The time is no part of it")
    team.say()
    team.world.people.write(EPIC, epic_text(ago(2), *TWO))
    team.world.people.push("At yet another time")
    assert len(team.sent()) == 2


# Entries that count as none.


def test_forged_and_copied_entries_count_as_none_and_are_named(team: Approving) -> None:
    team.world.epic(task("teaser", "x"), path=LATER)
    (foreign,) = Approving(team.world, LATER).say()
    team.world.epic(task("teaser", "x"))
    (digest,) = (one.digest for one in team.standing().values())
    edited = replace(foreign, id="0" * 32, digest=digest)
    team.put(Approvals((foreign, edited, replace(edited, id="1" * 32, key="k", mac="2" * 64))))

    assert team.sent() == ["Text of teaser."], "only the epic that was approved"
    assert team.world.record().deliveries == {}
    problems = team.view().problems
    assert [problem.path for problem in problems] == [FILE] * 3
    assert all("has not signed" in p.message and p.line for p in problems)


def test_a_withdrawal_that_somebody_reverts_brings_nothing_back(team: Approving) -> None:
    team.world.epic(*TWO)
    approvals = team.say()
    team.say(kind=EntryKind.WITHDRAW)
    app = team.world.app
    record = team.world.record().without(entry.id for entry in approvals)
    app.store.push(
        app.store.sync(force=True),
        Draft(
            ledger={ledger_path("spring-launch"): dump_record(record)},
            ledger_message="withdraw\n",
            author=ANA,
        ),
        ago(0),
    )
    team.world.people.git("revert", "--no-edit", "HEAD")
    team.world.people.git("push", "--quiet", "origin", "main")

    assert team.kept().entries == tuple(approvals), "the file is as if nothing had been withdrawn"
    assert team.sent() == []
    assert team.complete() == {"teaser": False, "more": False}
    team.say()
    assert len(team.sent()) == 2


def test_nobody_grants_themselves_a_role_in_the_same_pull_request(team: Approving) -> None:
    people = team.world.people
    people.git("checkout", "--quiet", "-b", "epic/spring-launch")
    people.write("content/people.yaml", TEAM.replace("roles: [author]", "roles: [approver]"))
    people.change("content/copydesk.yaml", "required: 1", "required: 0")
    people.write(EPIC, epic_text(ago(), *TWO))
    people.commit("Write it, and let me approve it")
    people.git("push", "--quiet", "origin", "epic/spring-launch")
    team.say(who="dee", branch="epic/spring-launch")

    assert team.complete("epic/spring-launch") == {"teaser": False, "more": False}


def test_roles_count_once_they_are_on_main_and_as_long(team: Approving) -> None:
    team.world.epic(*TWO)
    team.say(who="dee")
    assert team.sent() == []
    team.world.people.change("content/people.yaml", "roles: [author]}", "roles: [approver]}")
    team.world.people.push("Let Dee approve")
    assert len(team.sent()) == 2
    team.world.epic(task("teaser", "x", body="Another."), path=LATER)
    later = Approving(team.world, LATER)
    later.say(who="dee")
    team.world.people.change("content/people.yaml", "roles: [approver]}", "roles: [author]}")
    team.world.people.push("Let Dee no longer approve")

    assert later.complete() == {"teaser": False}
