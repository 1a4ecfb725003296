"""The whole way from an idea to Published, and every way back."""

import pytest

from publisher.adapters.clock import utc_now
from publisher.domain.approvals import EntryKind
from publisher.domain.delivery import DeliveryStatus
from publisher.domain.errors import Conflict, ContentError, NotFound, Refused
from publisher.domain.states import EpicState
from publisher.files.epic_edit import with_body
from publisher.ports import PullState
from publisher.usecases.editorial.editing import NeedsConfirmation, replacing
from tests.editorial.team import LAUNCH, Team
from tests.integration.world import ago, task


def test_an_idea_becomes_a_draft_then_a_review_then_goes_out(team: Team) -> None:
    team.draft(task("teaser", "x", body="Spring is here."))
    assert team.state() is EpicState.DRAFT
    team.app.editorial.drafts.request_review(LAUNCH, team.doing("ana"))
    assert (team.state(), team.why()) == (EpicState.REVIEW, "0 of 1 approved")
    team.approve("bo")
    assert (team.state(), team.why()) == (EpicState.REVIEW, "1 of 1 approved")
    team.schedule()
    assert team.state() is EpicState.SCHEDULED
    team.app.editorial.schedules.publish_now(LAUNCH, team.doing("ana"))
    team.world.run()

    assert [post["text"] for post in team.world.network.posts()] == ["Spring is here."]
    assert team.state() is EpicState.PUBLISHED


def test_every_step_is_a_commit_in_the_name_of_the_person(team: Team) -> None:
    team.scheduled()

    told = team.log("main")
    assert told[0] == "Ana Silva|Copydesk|schedule: launch (#1)"
    for line in (
        "Bo Chen|Copydesk|approve: launch teaser, letter",
        "Ana Silva|Copydesk|new: launch",
    ):
        assert line in told
    bodies = team.log("main", "%B")
    assert "Approved-by: Bo Chen <bo@example.com>" in bodies
    assert any(line.startswith("Request-Id: ") for line in bodies)


def test_the_last_approval_makes_a_draft_ready(team: Team) -> None:
    team.draft()
    team.approve("bo", "teaser")
    assert team.state() is EpicState.DRAFT

    told = team.approve("bo", "letter")

    assert told.words.endswith("2 of 2 tasks are approved.")
    assert team.state() is EpicState.REVIEW


def test_nothing_is_scheduled_before_every_task_is_approved(team: Team) -> None:
    team.draft()
    team.approve("bo", "teaser")

    with pytest.raises(Refused, match="letter needs one more approval"):
        team.schedule()

    assert team.state() is EpicState.DRAFT


def test_nobody_approves_what_they_wrote_but_may_approve_the_rest(team: Team) -> None:
    team.draft()
    team.edit(lambda now: with_body(now, "teaser", "Cy wrote this."), who="cy")

    with pytest.raises(Refused, match=r"Cy Okafor wrote teaser.*Bo Chen can\."):
        team.approve("cy", "teaser")

    assert "letter" in team.approve("cy").words


def test_a_stranger_is_told_who_can(team: Team) -> None:
    team.draft()

    with pytest.raises(Refused, match=r"eve@example\.com.*Bo Chen"):
        team.approve("eve")
    with pytest.raises(Refused, match=r"Bo Chen may not write epics\. Ana Silva and Cy Okafor can"):
        team.draft(epic="other", who="bo")


def test_the_same_request_is_carried_out_once(team: Team) -> None:
    team.draft()

    first = team.approve("bo", request="r-1")
    second = team.approve("bo", request="r-1")

    assert not first.again
    assert second.again
    assert second.commit == first.commit
    assert sum("approve" in line for line in team.log(f"epic/{LAUNCH}")) == 1


def test_approving_twice_says_so_and_changes_nothing(team: Team) -> None:
    team.draft()
    team.approve("bo", "teaser")
    before = team.log(f"epic/{LAUNCH}")

    with pytest.raises(Refused, match="already approved by Bo Chen"):
        team.approve("bo", "teaser")

    assert team.log(f"epic/{LAUNCH}") == before


def test_an_edit_voids_exactly_the_task_that_changed(team: Team) -> None:
    team.draft()
    team.approve("bo")

    team.edit(lambda now: with_body(now, "teaser", "Another text."))

    standing = team.survey().approvals
    assert {name: one.complete for name, one in standing.items()} == {
        "teaser": False,
        "letter": True,
    }
    assert team.state() is EpicState.DRAFT


def test_an_edit_that_voids_something_asks_first(team: Team) -> None:
    team.scheduled()
    before = team.log("main")

    with pytest.raises(NeedsConfirmation, match=r"approval of teaser is void.*out of the schedule"):
        team.edit(lambda now: with_body(now, "teaser", "New."), confirmed=False)

    assert team.log("main") == before
    assert team.state() is EpicState.SCHEDULED


def test_a_scheduled_epic_that_is_edited_leaves_the_schedule_in_the_same_push(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=utc_now())
    team.edit(lambda now: with_body(now, "teaser", "New."))

    team.world.run()

    assert team.world.network.posts() == []
    assert team.state() is EpicState.DRAFT
    assert b"schedule" not in team.text("main")
    assert b"schedule" in team.text()


def test_a_published_epic_can_only_be_duplicated(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(0))
    team.world.run()

    with pytest.raises(Refused, match="copydesk duplicate launch"):
        team.edit(lambda now: with_body(now, "teaser", "New."))
    team.app.editorial.drafts.duplicate(LAUNCH, "again", team.doing("ana"))

    assert team.state("again") is EpicState.DRAFT
    assert b"schedule" not in team.text("epic/again", "again")


def test_what_went_out_stays_out_and_only_the_rest_follows_an_edit(team: Team) -> None:
    team.world.network.arm("rejected", account="acme-linkedin")
    team.scheduled(due=ago(0))
    team.world.run()
    assert team.state() is EpicState.ERROR

    team.edit(lambda now: with_body(with_body(now, "letter", "Better."), "teaser", "Changed."))
    assert team.state() is EpicState.DRAFT
    team.approve("bo")
    team.schedule(ago(-1))
    team.app.decide.retry(LAUNCH, None, team.doing("ana"))
    team.world.run_until(lambda: team.state() is EpicState.PUBLISHED)

    assert sorted(post["text"] for post in team.world.network.posts()) == [
        "Better.",
        "Text of teaser.",
    ]


def test_unscheduling_leaves_the_epic_in_review(team: Team) -> None:
    team.scheduled()

    done = team.app.editorial.schedules.unschedule(LAUNCH, team.doing("ana"))

    assert "in Review" in done.words
    assert (team.state(), team.why()) == (EpicState.REVIEW, "2 of 2 approved, not scheduled")
    with pytest.raises(Refused, match="not scheduled"):
        team.app.editorial.schedules.unschedule(LAUNCH, team.doing("ana"))


def test_what_is_scheduled_on_main_again_needs_no_new_approval(team: Team) -> None:
    team.scheduled(task("teaser", "x"))
    team.app.editorial.schedules.unschedule(LAUNCH, team.doing("ana"))

    team.schedule(ago(0))
    team.world.run()

    assert team.state() is EpicState.PUBLISHED


def test_a_schedule_must_be_the_one_that_was_read(team: Team) -> None:
    team.draft()
    team.approve("bo")
    whole = team.app.editorial.schedules.read(LAUNCH)

    with pytest.raises(Conflict, match="changed since you read it"):
        team.schedule(confirmed=whole.digest)


def test_a_time_that_is_over_is_refused(team: Team) -> None:
    team.draft()
    team.approve("bo")

    with pytest.raises(Refused, match=r"is over.*publish-now"):
        team.schedule(ago(600))


def test_a_withdrawal_counts_for_good_even_when_its_commit_is_reverted(team: Team) -> None:
    team.draft()
    team.approve("bo")
    team.say(EntryKind.WITHDRAW, "bo")
    people = team.world.people
    people.git("fetch", "--quiet", "origin")
    people.git("checkout", "--quiet", "-B", "mine", f"origin/epic/{LAUNCH}")
    people.git("revert", "--no-edit", "HEAD")
    people.git("push", "--quiet", "origin", f"HEAD:epic/{LAUNCH}")

    assert not any(one.complete for one in team.survey().approvals.values())


def test_a_request_for_changes_blocks_and_is_a_comment(team: Team) -> None:
    team.draft()
    team.approve("cy")
    team.say(EntryKind.CHANGES, "bo", "teaser", text="The price is missing.")

    assert team.why() == "changes requested by Bo Chen"
    with pytest.raises(Refused, match="Bo Chen asked for changes"):
        team.schedule()
    team.approve("bo", "teaser")
    team.schedule()
    assert team.state() is EpicState.SCHEDULED


def test_an_id_is_taken_once(team: Team) -> None:
    team.draft()

    with pytest.raises(Refused, match="There is an epic launch already"):
        team.draft()
    with pytest.raises(Refused, match="cannot be an epic's id"):
        team.draft(epic="../up")
    with pytest.raises(NotFound, match="Did you mean “launch”"):
        team.survey("lunch")


def test_a_closed_draft_is_listed_no_more_and_its_branch_stays(team: Team) -> None:
    done = team.draft()

    closed = team.app.editorial.drafts.close(LAUNCH, team.doing("ana"))

    assert closed.pull is not None
    assert team.app.forge.pull(closed.pull.number).state is PullState.CLOSED
    assert [one.id for one in team.app.editorial.library.epics()] == []
    assert team.world.ref(done.branch) is not None


def test_two_editors_at_once_lose_nothing(team: Team) -> None:
    team.draft()
    base = team.text()
    mine = with_body(base, "teaser", "Mine.")
    team.edit(replacing(base, with_body(base, "teaser", "Theirs.")), who="cy")

    with pytest.raises(Conflict) as conflict:
        team.edit(replacing(base, mine))

    assert conflict.value.kept == mine
    assert b"Theirs." in team.text()


def test_a_broken_edit_is_refused_with_its_place(team: Team) -> None:
    team.draft()

    with pytest.raises(ContentError, match=r"epic\.yaml:\d+:\d+"):
        team.edit(lambda now: now.replace(b"profiles:", b"profile:"))


def test_a_task_held_by_a_person_waits_for_release(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(-2))
    team.app.decide.hold(LAUNCH, None, team.doing("ana"))
    team.world.run()
    assert team.world.network.posts() == []
    assert (team.state(), team.why()) == (EpicState.SCHEDULED, "held back on x")

    team.app.decide.release(LAUNCH, None, team.doing("ana"))
    team.world.run_until(lambda: team.world.status("teaser/x", LAUNCH) is DeliveryStatus.PUBLISHED)

    assert len(team.world.network.posts()) == 1
