"""How many approvals, from whom, and what becomes of what is out or on its way."""

import pytest
from click.testing import CliRunner

from publisher.adapters.index import SqliteIndex
from publisher.domain.approvals import EntryKind
from publisher.domain.delivery import DeliveryStatus
from publisher.domain.holds import HoldReason
from publisher.domain.states import EpicState
from publisher.entrypoints.cli_validate import validate
from publisher.files.approvals_file import approvals_path
from tests.integration.approving import Approving, needing_approval
from tests.integration.world import (
    SPRING,
    World,
    ago,
    asking,
    epic_text,
    task,
    whole_second_after,
)

S = DeliveryStatus
EPIC = f"{SPRING}/epic.yaml"
FILE = approvals_path(SPRING)
TWO = (task("teaser", "x"), task("more", "linkedin"))
LATER = "content/epics/2026/later"


@pytest.fixture
def team(world: World) -> Approving:
    return needing_approval(world)


# How many, for what.


def test_a_platform_may_need_two_approvals(world: World) -> None:
    team = needing_approval(world, "{platforms: {sandbox: {required: 2}}}")
    team.world.epic(*TWO)
    team.say()
    team.say()
    assert team.sent() == [], "the same person twice is one"
    team.say(who="cy")

    assert len(team.sent()) == 2


def test_the_policy_of_main_holds_from_the_moment_it_is_there(team: Approving) -> None:
    team.world.epic(*TWO, due=whole_second_after(3600))
    team.say()
    assert team.state() == (EpicState.SCHEDULED, "")
    team.world.people.change("content/copydesk.yaml", "required: 1", "required: 2")
    team.world.people.push("Two from now on")
    assert team.state()[0] is EpicState.REVIEW
    team.world.people.change("content/copydesk.yaml", "required: 2", "required: 0")
    team.world.people.write(EPIC, epic_text(ago(), *TWO))
    team.world.people.push("None from now on")

    assert len(team.sent()) == 2


def test_a_task_without_its_approval_holds_the_approved_one_back(team: Approving) -> None:
    team.world.epic(*TWO)
    team.say("teaser")

    assert team.sent() == []


def test_somebody_who_may_approve_can_ask_for_changes_instead(team: Approving) -> None:
    team.world.epic(*TWO)
    team.say()
    team.say("teaser", who="cy", kind=EntryKind.CHANGES)

    assert team.sent() == []
    assert team.state() == (EpicState.REVIEW, "changes requested by Cy Ray")


# What is out, and what is on its way.


def test_what_is_out_stays_out_and_only_the_rest_needs_approval(team: Approving) -> None:
    rest = task("more", "linkedin", after="PT2H")
    team.world.epic(task("teaser", "x"), rest)
    team.say()
    assert team.sent() == ["Text of teaser."]
    assert team.state() == (EpicState.SCHEDULED, "1 of 2 published")
    team.world.people.pull()
    team.world.people.change(EPIC, "Text of teaser.", "Nobody will read this.")
    team.world.people.push("Edit what is out")
    assert team.state() == (EpicState.SCHEDULED, "1 of 2 published"), "this asks for nothing"
    team.world.people.change(EPIC, "Text of more.", "Other words.")
    team.world.people.change(EPIC, "after: PT2H", "after: PT30S")
    team.world.people.push("Edit the rest")

    assert team.sent() == ["Text of teaser."]
    assert team.state() == (EpicState.REVIEW, "merged without approval")
    assert team.world.shown()["state"] == "Review"
    assert team.world.status("teaser/x") is S.PUBLISHED
    team.say("more")
    assert team.sent() == ["Other words.", "Text of teaser."]
    assert team.state() == (EpicState.PUBLISHED, "")


def test_a_claim_is_taken_back_when_its_approval_is(team: Approving) -> None:
    due = whole_second_after(2)
    team.world.epic(task("teaser", "x"), due=due)
    team.say()
    report = team.world.round()
    assert report.claimed == 1
    team.say(kind=EntryKind.WITHDRAW)
    team.world.round()
    team.world.carry()

    assert team.sent() == []
    assert team.world.delivery("teaser/x").claim is None


def test_approved_too_late_it_waits_for_a_person_and_says_what_they_can_do(
    team: Approving,
) -> None:
    team.world.epic(task("teaser", "x"), due=ago(3 * 3600))
    assert team.sent() == []
    assert team.state() == (EpicState.REVIEW, "merged without approval"), "not overdue yet"
    team.say()

    assert team.sent() == []
    assert team.world.held("teaser/x") == HoldReason.OVERDUE
    assert team.state() == (EpicState.ERROR, "overdue")
    why = str(team.world.delivery("teaser/x").held)
    assert all(words in why for words in ("180 minutes", "publish it now", "reschedule", "cancel"))
    team.world.people.pull()
    team.world.people.write(EPIC, epic_text(ago(5), task("teaser", "x")))
    team.world.people.push("Reschedule")
    assert team.sent() == ["Text of teaser."], "the approval is still good"


def test_what_people_decide_leaves_the_status_as_a_round_would_write_it(team: Approving) -> None:
    """Nothing is rewritten afterwards: both know the approvals."""
    team.world.network.arm("rejected", account="acme-x")
    team.world.epic(task("teaser", "x"), task("more", "linkedin", after="PT2H"))
    team.say()
    assert team.sent() == []
    assert team.state() == (EpicState.ERROR, "failed on x; 1 still to go")
    team.world.app.decide.cancel("spring-launch", "teaser/x", asking())
    decided = team.world.ref("main")

    assert team.world.shown()["state"] == "Scheduled"
    assert team.world.file(f"{SPRING}/status.yaml") == team.world.projection()
    team.world.run()
    assert team.world.ref("main") == decided


# Trouble.


@pytest.mark.parametrize("text", ["entries: [\n", "entries:\n- {kind: approve}\n", "a\n"])
def test_a_broken_file_approves_nothing_and_stops_nobody_else(team: Approving, text: str) -> None:
    team.world.epic(*TWO)
    team.say()
    team.world.people.write(FILE, text)
    team.world.people.push("Edit by hand")
    team.world.epic(task("teaser", "x", body="Of another epic."), path=LATER)
    Approving(team.world, LATER).say()

    assert team.sent() == ["Of another epic."]
    assert team.view().state is EpicState.REVIEW
    assert {problem.path for problem in team.view().problems} == {FILE}


def test_with_another_key_nothing_counts_until_the_old_one_is_named_too(team: Approving) -> None:
    team.world.epic(*TWO)
    team.say()
    key = team.world.app.keys.signing()
    team.world.close()
    team.world.environ["COPYDESK_SIGNING_KEY"] = f"new:{'n' * 32}"
    assert team.sent() == []
    team.world.close()
    team.world.environ["COPYDESK_SIGNING_KEY"] = f"new:{'n' * 32},{key.id}:{key.secret}"

    assert len(team.sent()) == 2
    assert team.world.round().looked_at == 0, "and no round looks again for the keys alone"


def test_a_pull_request_that_changes_it_holds_it_and_it_goes_on_afterwards(
    team: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(SqliteIndex, "contested", lambda _self, _epic: "#12 changes it")
        team.world.epic(*TWO)
        team.say()
        assert team.sent() == []
        assert team.state() == (EpicState.SCHEDULED, "on hold: #12 changes it")
        heads = team.world.app.store.sync()
        planned = team.world.app.queries.plan(heads, ago(0), None)
        assert {item.why_not for item in planned} == {"on hold: #12 changes it"}
    team.world.begin_anew()

    assert len(team.sent()) == 2


def test_platforms_that_do_not_exist_are_named_where_policy_and_roles_name_them(
    world: World,
) -> None:
    team = needing_approval(world, "{required: 0, platforms: {sandbx: {required: 2}}}")
    world.people.change("content/people.yaml", "approver:sandbox", "approver:sandboxes")
    world.people.push("Misspell it")

    trouble = team.world.round().trouble
    assert "content/copydesk.yaml: There is no platform “sandbx”. Did you mean" in trouble
    assert "content/people.yaml: There is no platform “sandboxes”. Did you mean" in trouble
    told = CliRunner().invoke(validate, [str(world.people.folder)])
    assert "content/copydesk.yaml:8:38: error CD409: There is no platform “sandbx”." in told.output
    assert "content/people.yaml:4:59: error CD409: There is no platform “sandboxes”." in told.output
    assert told.exit_code == 1
