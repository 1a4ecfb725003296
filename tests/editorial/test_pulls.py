"""Pull requests, whoever opened them: what they hold up, what is said in them, who reviewed."""

import pytest

from publisher.adapters.clock import utc_now
from publisher.domain.errors import Conflict, NotFound
from publisher.domain.states import EpicState
from publisher.files.epic_edit import new_epic, with_body
from publisher.ports import Pull, Verdict
from tests.editorial.team import LAUNCH, Team
from tests.integration.hooks import counted, hook
from tests.integration.people import git
from tests.integration.world import ago, task

PATH = f"content/epics/{utc_now().year}/{LAUNCH}/epic.yaml"


def push_by_hand(
    team: Team, branch: str, change: dict[str, bytes], author: str = "Ana Silva"
) -> None:
    """What somebody does with git alone, from the tip of main."""
    people = team.world.people
    people.git("fetch", "--quiet", "origin")
    people.git("checkout", "--quiet", "-B", branch, "origin/main")
    for path, data in change.items():
        people.write(path, data)
    people.git("add", "--all")
    email = f"{author.split(maxsplit=1)[0].lower()}@example.com"
    people.git("commit", "--quiet", "-m", "By hand", f"--author={author} <{email}>")
    people.git("push", "--quiet", "--force", "origin", f"HEAD:{branch}")
    people.git("checkout", "--quiet", "main")


def proposal(team: Team, text: str = "Changed.", who: str = "ana") -> Pull:
    """A scheduled epic gets a pull request that changes it, from a branch of any name."""
    data = with_body(team.text("main"), "teaser", text)
    push_by_hand(team, "my-idea", {PATH: data})
    team.app.editorial.desk.attempt.fresh()
    author = team.doing(who).author
    return team.app.forge.open("my-idea", "My idea", "", author, draft=False)


def comments(team: Team, number: int) -> list[str]:
    return [comment.text for comment in team.app.forge.document(number).comments]


def test_a_scheduled_epic_waits_while_an_author_wants_to_change_it(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(-2))
    pull = proposal(team)
    team.world.round()
    assert (team.state(), team.why()) == (
        EpicState.SCHEDULED,
        f"on hold: #{pull.number} changes it",
    )
    assert "On hold" in comments(team, pull.number)[0]
    team.world.run()
    assert team.world.network.posts() == []

    team.app.forge.close(pull.number)
    team.world.run_until(lambda: team.state() is EpicState.PUBLISHED)

    assert team.world.network.texts() == ["Text of teaser."]


def test_what_an_author_proposed_goes_out_once_it_is_approved_and_merged(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(-2))
    pull = proposal(team, "Better.")
    team.world.round()
    team.approve("bo")

    team.app.editorial.desk.attempt.fresh()
    head = team.app.forge.pull(pull.number).head
    team.app.forge.merge(pull.number, head, "Merge", team.doing("ana").author)
    team.world.run_until(lambda: team.state() is EpicState.PUBLISHED)

    assert team.world.network.texts() == ["Better."]


def test_pure_reformatting_holds_nothing(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(0))
    data = team.text("main").replace(b"\ntasks:", b"\n# a remark\n\ntasks:")
    push_by_hand(team, "tidy", {PATH: data})
    team.app.editorial.desk.attempt.fresh()
    team.app.forge.open("tidy", "Tidy", "", team.doing("ana").author, draft=False)

    team.world.run()

    assert team.world.network.texts() == ["Text of teaser."]


@pytest.mark.parametrize("who", ["bo", "eve"])
def test_those_who_may_not_write_hold_nothing(team: Team, who: str) -> None:
    team.scheduled(task("teaser", "x"), due=ago(0))
    proposal(team, who=who)

    team.world.run()

    assert team.world.network.texts() == ["Text of teaser."]


def test_a_pull_request_by_hand_with_several_epics_is_understood(team: Team) -> None:
    other = PATH.replace(LAUNCH, "other")
    text = launch_text()
    push_by_hand(team, "two-epics", {PATH: text, other: text, "notes.txt": b"more"})
    team.app.editorial.desk.attempt.fresh()
    pull = team.app.forge.open("two-epics", "Two", "", team.doing("ana").author, draft=False)
    team.world.round()

    assert team.state() is EpicState.REVIEW
    assert team.state("other") is EpicState.REVIEW
    team.approve("bo")
    team.approve("bo", epic="other")
    team.world.round()
    document = team.app.forge.document(pull.number)
    assert document.status is not None
    assert (document.status.ok, document.status.text) == (True, "2 of 2 tasks approved")
    assert len(document.comments) == 1
    assert document.labels == ["copydesk: review"]


def launch_text() -> bytes:
    return new_epic(
        PATH.rpartition("/")[0], title="Launch", owner="ana", tasks=[task("teaser", "x")]
    )


def test_a_review_on_the_forge_by_somebody_with_the_role_counts(team: Team) -> None:
    done = team.draft()
    team.app.editorial.drafts.request_review(LAUNCH, team.doing("ana"))
    assert done.pull is not None
    team.app.forge.review(done.pull.number, Verdict.APPROVED, team.doing("bo").author)

    team.world.round()
    team.world.round()

    assert team.why() == "2 of 2 approved"
    told = team.log(f"epic/{LAUNCH}")
    assert [line for line in told if "approve" in line] == [
        "Bo Chen|Copydesk|approve: launch teaser, letter"
    ]


def test_a_review_of_an_older_version_approves_only_what_is_still_the_same(team: Team) -> None:
    done = team.draft()
    assert done.pull is not None
    team.app.forge.review(done.pull.number, Verdict.APPROVED, team.doing("bo").author)
    team.edit(lambda now: with_body(now, "teaser", "New."))

    team.world.round()

    standing = team.survey().approvals
    assert (standing["teaser"].complete, standing["letter"].complete) == (False, True)


def test_a_review_by_a_stranger_counts_as_nothing(team: Team) -> None:
    done = team.draft()
    assert done.pull is not None
    team.app.forge.review(done.pull.number, Verdict.APPROVED, team.doing("eve").author)

    team.world.round()

    assert team.why() == "in a draft pull request"


@pytest.mark.parametrize(
    ("reviewed", "why"),
    [(False, "merged without approval"), (True, "changes requested by Bo Chen")],
    ids=["not-reviewed", "reviewed-just-now"],
)
def test_what_is_merged_without_approval_goes_nowhere_and_the_owner_hears_it_once(
    team: Team, *, reviewed: bool, why: str
) -> None:
    team.draft(task("teaser", "x"))
    pull = team.app.editorial.drafts.request_review(LAUNCH, team.doing("ana")).pull
    assert pull is not None
    if reviewed:
        bo = team.doing("bo").author
        team.app.forge.review(pull.number, Verdict.CHANGES_REQUESTED, bo)
    team.world.round()
    data = team.text().replace(
        b"\ntasks:", b"\nschedule: {at: 2026-01-01T09:00, timezone: UTC}\ntasks:"
    )
    people = team.world.people
    people.git("fetch", "--quiet", "origin")
    people.git("checkout", "--quiet", "-B", "mine", f"origin/epic/{LAUNCH}")
    people.write(PATH, data)
    people.git("commit", "--quiet", "-am", "Schedule")
    people.git("push", "--quiet", "origin", f"HEAD:epic/{LAUNCH}", "HEAD:main")
    for _again in range(3):
        team.world.round()

    assert team.world.network.posts() == []
    assert (team.state(), team.why()) == (EpicState.REVIEW, why)
    told = [text for text in comments(team, pull.number) if "without approval" in text]
    assert len(told) == 1
    assert told[0].startswith("@ana-acme launch was merged without approval")


def test_a_deleted_branch_is_told_and_nothing_else_breaks(team: Team) -> None:
    team.draft()
    git(team.world.remote, "update-ref", "-d", f"refs/heads/epic/{LAUNCH}")

    with pytest.raises(NotFound, match="no epic launch"):
        team.approve("bo")
    team.draft(epic="other")

    assert team.state("other") is EpicState.DRAFT


def test_a_branch_that_was_forced_elsewhere_keeps_what_is_still_the_same(team: Team) -> None:
    team.draft()
    team.approve("bo")
    people = team.world.people
    people.git("fetch", "--quiet", "origin")
    people.git("checkout", "--quiet", "-B", "mine", f"origin/epic/{LAUNCH}")
    people.change(PATH, "Text of teaser.", "Forced.")
    people.git("commit", "--quiet", "-a", "--amend", "--no-edit")
    people.git("push", "--quiet", "--force", "origin", f"HEAD:epic/{LAUNCH}")

    standing = team.survey().approvals
    assert (standing["teaser"].complete, standing["letter"].complete) == (False, True)


def test_a_merge_that_main_cannot_take_loses_nothing_and_says_what_to_do(team: Team) -> None:
    team.scheduled(task("teaser", "x"))
    pull = proposal(team, "Mine.")
    team.approve("bo")
    push_by_hand(team, "main", {PATH: with_body(team.text("main"), "teaser", "Theirs.")})

    with pytest.raises(Conflict, match="same lines of"):
        team.schedule()

    assert team.app.forge.pull(pull.number).merged_as == ""


def test_a_pull_request_merged_while_the_button_is_pressed_is_approved_on_main(team: Team) -> None:
    team.draft(task("teaser", "x"))
    pull = team.app.editorial.drafts.request_review(LAUNCH, team.doing("ana")).pull
    assert pull is not None
    team.app.forge.merge(pull.number, pull.head, "Merge", team.doing("ana").author)

    told = team.approve("bo")

    assert told.branch == "main"
    assert team.why() == "1 of 1 approved, not scheduled"
    team.schedule(ago(0))
    team.world.run()
    assert team.world.network.texts() == ["Text of teaser."]


def test_an_epic_that_moved_on_its_branch_is_found_there(team: Team) -> None:
    team.draft()
    people = team.world.people
    people.git("fetch", "--quiet", "origin")
    people.git("checkout", "--quiet", "-B", "mine", f"origin/epic/{LAUNCH}")
    people.move(PATH.rpartition("/")[0], "content/epics/spring/launch")
    people.commit("Move it")
    people.git("push", "--quiet", "origin", f"HEAD:epic/{LAUNCH}")

    team.approve("bo")

    assert team.survey().where.branch_path == "content/epics/spring/launch"
    assert team.state() is EpicState.REVIEW


def test_an_unscheduled_epic_with_a_call_under_way_says_too_late(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(0))
    team.world.round()
    claim = team.world.delivery("teaser/x", LAUNCH).claim_id
    gate = team.app.gate
    team.app.client.zadd(gate.keys.calling, {claim: 1})

    done = team.app.editorial.schedules.unschedule(LAUNCH, team.doing("ana"))

    assert [str(key) for key in done.too_late] == [f"{LAUNCH}/teaser/x"]


def test_what_is_claimed_already_does_not_go_out_once_it_is_unscheduled(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(-3))
    team.world.round()
    assert team.world.delivery("teaser/x", LAUNCH).claim_id
    team.app.editorial.schedules.unschedule(LAUNCH, team.doing("ana"))

    team.world.carry()
    team.world.run()

    assert team.world.network.posts() == []
    assert team.state() is EpicState.REVIEW


def test_what_a_forge_did_not_take_is_said_again(team: Team) -> None:
    done = team.draft()
    assert done.pull is not None
    refused = hook(
        team.world.remote,
        "update",
        '[ "$1" = refs/heads/copydesk/forge ] || exit 0\n[ -e "$COUNT" ] && exit 0\n'
        'echo no >> "$COUNT"; exit 1',
    )
    team.world.round()
    assert counted(refused) == 1
    assert comments(team, done.pull.number) == []

    team.world.round()

    assert len(comments(team, done.pull.number)) == 1
