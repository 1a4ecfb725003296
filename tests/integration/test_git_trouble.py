"""A forge that refuses, forgets, dies or is gone: nothing goes out twice and nothing is lost."""

import logging
from datetime import timedelta

import pytest

from publisher.adapters.clock import utc_now
from publisher.adapters.git_store import LEDGER
from publisher.domain.delivery import DeliveryStatus
from tests.integration import hooks
from tests.integration.people import git
from tests.integration.world import SPRING, World, ago, asking, epic_text, task

pytestmark = pytest.mark.usefixtures("both_ways")

TEASER = ["Text of teaser."]


# main may not be pushed to.


@pytest.mark.parametrize("refuse", [hooks.refuse_main, hooks.refuse_main_before_anything])
def test_a_protected_main_keeps_the_ledger_going_and_trouble_says_so(
    world: World, refuse: type
) -> None:
    pushed = world.epic(task("teaser", "x", "linkedin"))
    refuse(world.remote)
    assert world.round().claimed == 2
    world.carry()
    report = world.round()
    assert "main may not be pushed to" in report.trouble
    assert world.app.gate.trouble() == report.trouble
    assert world.ref("main") == pushed
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED
    assert world.app.gate.reports() == {}
    assert len(world.network.posts()) == 2


def test_a_protected_main_is_not_tried_again_at_every_round(world: World) -> None:
    world.epic(task("teaser", "x"))
    refused = hooks.refuse_main(world.remote)
    world.run()
    assert hooks.counted(refused) == 1
    world.app.index.set_wake([("spring-launch", utc_now() - timedelta(seconds=1))])
    for _round in range(3):
        world.round()
    assert hooks.counted(refused) == 2
    assert len(world.network.posts()) == 1


def test_once_main_is_open_again_the_projection_is_caught_up(world: World) -> None:
    world.epic(task("teaser", "x"))
    hooks.refuse_main(world.remote)
    world.run()
    hooks.no_more_hooks(world.remote)
    world.app.index.set_wake([("spring-launch", utc_now() - timedelta(seconds=1))])
    world.run()
    assert world.file(f"{SPRING}/status.yaml") == world.projection()
    assert world.subjects()[0] == "status: catch up"


def test_a_decision_goes_through_while_main_is_protected(world: World) -> None:
    world.network.arm("rejected")
    world.epic(task("teaser", "x"))
    world.run()
    hooks.refuse_main(world.remote)
    world.app.decide.retry("spring-launch", None, asking())
    world.run()
    assert world.network.texts() == TEASER


def with_work_tree(world: World) -> None:
    """Turn the remote into the folder of somebody who works in it, as `up --repo .` has it."""
    work = world.folder / "work"
    git(world.folder, "clone", "--quiet", str(world.remote), str(work))
    world.people.git("remote", "set-url", "origin", str(work))
    git(work, "config", "receive.denyCurrentBranch", "updateInstead")
    world.remote = work


def test_a_clean_work_tree_gets_the_status_file(world: World) -> None:
    with_work_tree(world)
    world.published(task("teaser", "x"))
    assert (world.remote / SPRING / "status.yaml").read_bytes() == world.projection()
    assert git(world.remote, "status", "--porcelain") == ""


def test_a_dirty_work_tree_keeps_its_changes_and_the_ledger_goes_through(world: World) -> None:
    with_work_tree(world)
    world.epic(task("teaser", "x"))
    note = world.remote / "content" / "people.yaml"
    note.write_text(note.read_text() + "# half a thought\n")
    world.round()
    world.carry()
    report = world.round()
    assert "main may not be pushed to" in report.trouble
    assert "unstaged changes" in report.trouble
    assert note.read_text().endswith("# half a thought\n")
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED
    assert world.network.texts() == TEASER


def test_with_the_projection_switched_off_main_is_never_written(world: World) -> None:
    world.people.change("content/copydesk.yaml", "projection: true", "projection: false")
    pushed = world.epic(task("teaser", "x"))
    reports = world.run()
    assert {report.trouble for report in reports} == {""}
    assert world.ref("main") == pushed
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


# The ledger was tampered with.


def test_a_ledger_rolled_back_is_restored_and_nothing_is_sent_twice(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.published()
    tip = world.ref(LEDGER)
    world.people.git("fetch", "--quiet", "origin", LEDGER)
    world.people.git("push", "--quiet", "--force", "origin", f"FETCH_HEAD~1:refs/heads/{LEDGER}")
    assert world.ref(LEDGER) != tip
    with caplog.at_level(logging.WARNING, "publisher"):
        world.run()
    assert world.ref(LEDGER) == tip
    assert "ledger_restored" in {getattr(record, "action", "") for record in caplog.records}
    assert len(world.network.posts()) == 2


def test_a_ledger_rolled_back_during_a_call_is_restored_and_the_outcome_added(
    world: World,
) -> None:
    world.epic(task("teaser", "x"))
    world.round()
    world.carry()
    world.people.git("push", "--quiet", "origin", f":refs/heads/{LEDGER}")
    world.run()
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED
    assert world.network.texts() == TEASER


def rewritten_ledger(world: World) -> str:
    """Replace the ledger by a history of its own; return what it was."""
    tip = str(world.ref(LEDGER))
    world.people.git("checkout", "--quiet", "--orphan", "their-ledger")
    world.people.write("README.md", "Nothing ever happened.\n")
    world.people.commit("Rewrite history")
    world.people.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{LEDGER}")
    world.people.git("checkout", "--quiet", "--force", "main")
    return tip


def test_while_the_ledger_is_rewritten_nothing_goes_out_and_a_sentence_says_why(
    world: World,
) -> None:
    world.published()
    tip = rewritten_ledger(world)
    theirs = world.ref(LEDGER)
    world.epic(task("hello", "x"), path="content/epics/2026/other", title="Other")
    for _round in range(2):
        report = world.round()
        assert report.claimed == 0
        assert LEDGER in report.trouble
        assert tip in report.trouble
        assert "Nothing goes out" in report.trouble
    assert world.ref(LEDGER) == theirs, "what people wrote is never forced away"
    assert len(world.network.posts()) == 2


def test_once_the_ledger_is_put_back_everything_goes_on(world: World) -> None:
    world.published()
    tip = rewritten_ledger(world)
    world.epic(task("hello", "x"), path="content/epics/2026/other", title="Other")
    world.round()
    clone = world.app.store.clone
    git(clone, "push", "--quiet", "--force", str(world.remote), f"{tip}:refs/heads/{LEDGER}")
    world.run()
    assert world.network.texts("acme-x") == [*TEASER, "Text of hello."]
    assert len(world.network.posts()) == 3


def test_a_broken_entry_of_the_ledger_stops_its_epic_and_no_other(world: World) -> None:
    world.published(task("teaser", "x"))
    world.people.git("fetch", "--quiet", "origin", LEDGER)
    world.people.git("checkout", "--quiet", "FETCH_HEAD")
    [entry] = world.people.path("epics").glob("*/spring-launch.json")
    entry.write_text("{}")
    world.people.commit("Tidy up")
    world.people.git("push", "--quiet", "origin", f"HEAD:refs/heads/{LEDGER}")
    world.people.git("checkout", "--quiet", "main")
    world.epic(task("hello", "x"), path="content/epics/2026/other", title="Other")
    assert "spring-launch.json" in world.round().trouble
    world.carry()
    world.round()
    assert world.network.texts() == [*TEASER, "Text of hello."]


# Pushes without an answer.


def test_a_push_whose_answer_is_lost_is_recognised_as_ours(world: World) -> None:
    world.epic(task("teaser", "x"))
    died = hooks.die_after_update(world.remote)
    report = world.round()
    assert hooks.counted(died) == 1
    assert (report.claimed, report.trouble) == (1, "")
    assert world.subjects(LEDGER) == ["claim: spring-launch/teaser/x", "Begin the ledger"]
    world.carry()
    world.run()
    assert world.network.texts() == TEASER


def test_a_push_that_died_before_it_arrived_is_made_again(world: World) -> None:
    world.epic(task("teaser", "x"))
    died = hooks.die_before_update(world.remote)
    report = world.round()
    assert hooks.counted(died) == 1
    assert (report.claimed, report.trouble) == (1, "")
    assert world.subjects(LEDGER) == ["claim: spring-launch/teaser/x", "Begin the ledger"]
    world.carry()
    world.run()
    assert world.network.texts() == TEASER


def test_the_outcome_is_written_once_when_the_answer_to_its_push_is_lost(world: World) -> None:
    world.epic(task("teaser", "x"))
    world.round()
    world.carry()
    died = hooks.die_after_update(world.remote)
    world.run()
    assert hooks.counted(died) == 1
    assert len(world.delivery("teaser/x").attempts) == 1
    assert len(world.subjects(LEDGER)) == 3
    assert world.network.texts() == TEASER


def test_a_forge_slower_than_the_timeout_sends_nothing_twice(world: World) -> None:
    world.environ["COPYDESK_TIMING"] = "git=0.7"
    world.epic(task("teaser", "x"))
    world.app.store.sync()
    slow = hooks.slow_once(world.remote, 1.2)
    world.round()
    assert hooks.counted(slow) == 1
    world.carry()
    world.run_until(lambda: bool(world.network.posts()), within=25)
    world.run()
    assert world.network.texts() == TEASER
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


def test_a_forge_that_takes_nothing_claims_nothing_and_keeps_the_outcomes(world: World) -> None:
    world.epic(task("teaser", "x"))
    world.round()
    world.carry()
    other = epic_text(ago(), task("hello", "x"), title="Other")
    world.people.write("content/epics/2026/other/epic.yaml", other)
    world.people.push("Other")
    hooks.refuse_everything(world.remote)
    for _round in range(2):
        report = world.round()
        assert report.claimed == 0
        assert "The forge refuses our push" in report.trouble
    world.carry()
    assert world.network.texts() == TEASER
    assert len(world.app.gate.reports()) == 1
    hooks.no_more_hooks(world.remote)
    world.run()
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED
    assert world.network.texts() == [*TEASER, "Text of hello."]


# The remote is gone.


def test_while_the_remote_is_gone_nothing_new_goes_out_and_outcomes_wait(world: World) -> None:
    world.epic(task("teaser", "x"))
    world.round()
    away = world.remote.rename(world.remote.with_suffix(".away"))
    world.carry()
    assert world.network.texts() == TEASER
    for _round in range(2):
        report = world.round()
        assert report.claimed == 0
        assert str(world.remote) in report.trouble
    assert len(world.app.gate.reports()) == 1
    away.rename(world.remote)
    world.run()
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED
    assert world.app.gate.reports() == {}
    assert world.network.texts() == TEASER


def test_what_came_due_while_the_remote_was_gone_goes_out_when_it_is_back(world: World) -> None:
    world.app.store.sync()
    world.epic(task("teaser", "x"))
    away = world.remote.rename(world.remote.with_suffix(".away"))
    assert world.round().trouble
    away.rename(world.remote)
    world.run()
    assert world.network.texts() == TEASER
    assert world.app.gate.trouble() == ""


def test_a_remote_that_lost_its_main_branch_is_told_in_a_sentence(world: World) -> None:
    world.round()
    git(world.remote, "update-ref", "-d", "refs/heads/main")
    assert "no branch main yet" in world.round().trouble
