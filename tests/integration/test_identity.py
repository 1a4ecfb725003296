"""A delivery that went out is never sent again, whatever people do to the files.

Each test lets something go out, does one thing, and counts the posts of the sandbox.
"""

import asyncio
import logging
import shutil

import pytest

from publisher.adapters.clock import utc_now
from publisher.adapters.git_store import LEDGER
from publisher.domain.delivery import DeliveryStatus
from publisher.domain.errors import Refused
from publisher.domain.holds import HoldReason
from tests.integration.people import git
from tests.integration.world import (
    SPRING,
    World,
    ago,
    asking,
    epic_text,
    profiles_text,
    task,
)

OTHER = "content/epics/2026/summer-launch"
TEASER = ["Text of teaser."]


def ids(world: World) -> list[str]:
    return [post["id"] for post in world.network.posts()]


def stays_as_it_is(world: World, count: int) -> None:
    """Run to rest twice, the second time as a publisher that must read everything anew."""
    before = ids(world)
    assert len(before) == count
    world.run()
    assert ids(world) == before
    world.begin_anew()
    world.run()
    assert ids(world) == before


# Files that people edit, rename and move.


def test_an_edit_after_publishing_sends_nothing(world: World) -> None:
    world.published()
    world.people.change(f"{SPRING}/epic.yaml", "Text of teaser.", "A better text.")
    world.people.push()
    stays_as_it_is(world, 2)
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


def test_a_new_time_after_publishing_sends_nothing(world: World) -> None:
    world.published()
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(5), task("teaser", "x", "linkedin")))
    world.people.push("Reschedule")
    stays_as_it_is(world, 2)


def test_unscheduling_and_scheduling_again_sends_nothing(world: World) -> None:
    world.published()
    written = world.people.read(f"{SPRING}/epic.yaml")
    world.people.write(f"{SPRING}/epic.yaml", "title: Spring launch\n")
    world.people.push("Unschedule and empty it")
    world.run()
    world.people.pull()
    world.people.write(f"{SPRING}/epic.yaml", written)
    world.people.push("Schedule again")
    stays_as_it_is(world, 2)


def test_renaming_the_epics_folder_holds_the_same_texts(world: World) -> None:
    world.published()
    world.people.move(SPRING, OTHER)
    world.people.push("Rename the epic")
    stays_as_it_is(world, 2)
    assert world.held("teaser/x", "summer-launch") == HoldReason.RENAMED
    assert "spring-launch" in str(world.delivery("teaser/x", "summer-launch").held)


def test_renaming_the_epics_folder_and_editing_it_holds_the_new_texts(world: World) -> None:
    world.published()
    world.people.move(SPRING, OTHER)
    world.people.change(f"{OTHER}/epic.yaml", "Text of teaser.", "Another text.")
    world.people.push("Rename and edit")
    stays_as_it_is(world, 2)
    assert world.held("teaser/x", "summer-launch") == HoldReason.RENAMED


def test_renaming_an_epic_together_with_the_settings_holds_it_too(world: World) -> None:
    """A change of the desk files makes everything be read anew; the renaming is seen anyway."""
    world.published()
    world.people.move(SPRING, OTHER)
    world.people.change(f"{OTHER}/epic.yaml", "Text of teaser.", "Another text.")
    world.people.change("content/copydesk.yaml", "PT1H", "PT2H")
    world.people.push("Rename, edit, and more grace")
    stays_as_it_is(world, 2)
    assert world.held("teaser/x", "summer-launch") == HoldReason.RENAMED


def test_renaming_an_epic_while_copydesk_is_down_and_its_cache_lost_holds_the_same_texts(
    world: World,
) -> None:
    world.published()
    world.close()
    shutil.rmtree(world.folder / "state")
    world.people.move(SPRING, OTHER)
    world.people.push("Rename the epic")
    stays_as_it_is(world, 2)
    assert world.held("teaser/x", "summer-launch") == HoldReason.SAME_CONTENT


def test_moving_the_folder_elsewhere_changes_nothing_but_the_place_of_its_status(
    world: World,
) -> None:
    world.published()
    moved = "content/epics/2027/launches/spring-launch"
    world.people.move(SPRING, moved)
    world.people.remove(f"{moved}/status.yaml")
    world.people.push("Move the epic")
    stays_as_it_is(world, 2)
    assert world.file(f"{moved}/status.yaml") == world.projection(moved)
    assert world.file(f"{SPRING}/status.yaml") is None


def test_renaming_a_task_with_the_same_text_holds_it(world: World) -> None:
    world.published()
    world.people.change(f"{SPRING}/epic.yaml", "id: teaser", "id: opener")
    world.people.push("Rename the task")
    stays_as_it_is(world, 2)
    assert world.held("opener/x") == HoldReason.RENAMED
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


def test_renaming_a_task_and_changing_its_text_holds_it(world: World) -> None:
    world.published()
    world.people.write(
        f"{SPRING}/epic.yaml", epic_text(ago(), task("opener", "x", body="Quite another text."))
    )
    world.people.push("Rename and rewrite the task")
    stays_as_it_is(world, 2)
    assert world.held("opener/x") == HoldReason.RENAMED


def test_a_task_deleted_and_added_again_stays_published(world: World) -> None:
    world.published(task("teaser", "x"), task("details", "x"))
    written = world.people.read(f"{SPRING}/epic.yaml")
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("details", "x")))
    world.people.push("Delete the teaser")
    world.run()
    assert "teaser/x" in world.shown()["no_longer_in_the_epic"]
    world.people.pull()
    world.people.write(f"{SPRING}/epic.yaml", written)
    world.people.push("Add the teaser again")
    stays_as_it_is(world, 2)
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


def test_a_task_deleted_first_and_renamed_later_is_held(world: World) -> None:
    world.published(task("teaser", "x"))
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago()))
    world.people.push("Delete the teaser")
    world.run()
    world.people.pull()
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("opener", "x", body="New.")))
    world.people.push("Add an opener")
    stays_as_it_is(world, 1)
    assert world.held("opener/x") == HoldReason.RENAMED


def test_a_task_added_to_an_epic_that_is_out_goes_out(world: World) -> None:
    """The other side: where the intent is clear nobody is asked."""
    world.published(task("teaser", "x"))
    world.people.write(
        f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x"), task("more", "x"))
    )
    world.people.push("One more")
    world.run()
    assert world.network.texts() == [*TEASER, "Text of more."]


def test_renaming_a_profile_holds_what_went_out_under_its_old_name(world: World) -> None:
    world.published(task("teaser", "x"))
    profiles = profiles_text(world.network.url, {"x-main": "idempotent"}, **{"x-main": "acme-x"})
    world.people.write("content/profiles.yaml", profiles)
    world.people.change(f"{SPRING}/epic.yaml", "- x", "- x-main")
    world.people.push("Rename the profile")
    stays_as_it_is(world, 1)
    assert world.held("teaser/x-main") == HoldReason.RENAMED


def test_renaming_a_profile_in_the_profiles_file_alone_sends_nothing(world: World) -> None:
    world.published(task("teaser", "x"))
    profiles = profiles_text(world.network.url, {"x-main": "idempotent"}, **{"x-main": "acme-x"})
    world.people.write("content/profiles.yaml", profiles)
    world.people.push("Rename the profile and forget the epic")
    stays_as_it_is(world, 1)


# status.yaml.


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The epics whose status was rewritten with a warning."""
    facts = [vars(record) for record in caplog.records]
    return [fact["epic"] for fact in facts if fact.get("action") == "status_rewritten"]


def test_status_yaml_edited_by_hand_is_rewritten_with_a_warning(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.published()
    wanted = world.file(f"{SPRING}/status.yaml")
    world.people.write(f"{SPRING}/status.yaml", "tasks: {teaser: {x: {status: pending}}}\n")
    world.people.push("Please send it again")
    with caplog.at_level(logging.WARNING, "publisher"):
        world.run()
    assert world.file(f"{SPRING}/status.yaml") == wanted
    assert warned(caplog) == ["spring-launch"]
    assert world.subjects()[0] == "status: rewrite what was edited by hand in spring-launch"
    stays_as_it_is(world, 2)


def test_status_yaml_deleted_is_rewritten_with_a_warning(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.published()
    wanted = world.file(f"{SPRING}/status.yaml")
    world.people.remove(f"{SPRING}/status.yaml")
    world.people.push("Clean up")
    with caplog.at_level(logging.WARNING, "publisher"):
        world.run()
    assert world.file(f"{SPRING}/status.yaml") == wanted
    assert warned(caplog) == ["spring-launch"]
    stays_as_it_is(world, 2)


# History.


def test_a_merge_reverted_and_restored_sends_nothing_again(world: World) -> None:
    world.people.git("checkout", "--quiet", "-b", "epic/spring-launch")
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x", "linkedin")))
    world.people.commit("Write it")
    world.people.git("checkout", "--quiet", "main")
    world.people.git("merge", "--quiet", "--no-ff", "-m", "Merge it", "epic/spring-launch")
    world.people.git("push", "--quiet", "origin", "main")
    merge = world.people.git("rev-parse", "HEAD")
    world.run()
    assert len(world.network.posts()) == 2

    world.people.pull()
    world.people.git("revert", "--no-edit", "-m", "1", merge)
    world.people.git("push", "--quiet", "origin", "main")
    world.run()
    world.people.pull()
    world.people.git("revert", "--no-edit", "HEAD")
    assert world.people.path(f"{SPRING}/epic.yaml").exists()
    world.people.git("push", "--quiet", "origin", "main")
    stays_as_it_is(world, 2)
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


def test_a_forced_main_is_read_anew_and_sends_nothing_again(world: World) -> None:
    world.published()
    world.people.git("checkout", "--quiet", "--orphan", "other")
    world.people.remove(f"{SPRING}/status.yaml")
    world.people.write(f"{OTHER}/epic.yaml", epic_text(ago(), task("hello", "x")))
    world.people.commit("A new history")
    world.people.git("push", "--quiet", "--force", "origin", "HEAD:main")
    world.run()
    assert world.network.texts() == [*TEASER, *TEASER, "Text of hello."]
    stays_as_it_is(world, 3)
    assert world.file(f"{SPRING}/status.yaml") == world.projection()
    assert world.subjects()[-1] == "A new history"


def test_main_forced_back_to_before_the_publishing_sends_nothing_again(world: World) -> None:
    start = world.epic(task("teaser", "x", "linkedin"))
    world.run()
    world.people.git("push", "--quiet", "--force", "origin", f"{start}:main")
    stays_as_it_is(world, 2)
    assert world.file(f"{SPRING}/status.yaml") == world.projection()


def test_copydesk_restored_from_an_old_state_folder_sends_nothing_again(world: World) -> None:
    world.published(task("teaser", "x"))
    world.close()
    shutil.copytree(world.folder / "state", world.folder / "backup")
    world.people.write(
        f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x"), task("more", "x"))
    )
    world.people.push("One more")
    world.run()
    world.close()
    shutil.rmtree(world.folder / "state")
    shutil.move(world.folder / "backup", world.folder / "state")
    stays_as_it_is(world, 2)


def test_an_old_clone_pushed_over_both_branches_sends_nothing_again(world: World) -> None:
    """Somebody restores a backup of the remote; Copydesk still knows better."""
    world.epic(task("teaser", "x"))
    world.round()
    old = {name: world.ref(name) for name in ("main", LEDGER)}
    world.carry()
    world.run()
    assert len(world.network.posts()) == 1
    for name, commit in old.items():
        git(world.remote, "update-ref", f"refs/heads/{name}", str(commit))
    stays_as_it_is(world, 1)
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


def test_a_lost_redis_and_an_old_clone_of_copydesk_together_send_nothing_again(
    world: World, empty_redis: object
) -> None:
    world.published(task("teaser", "x"))
    world.close()
    shutil.rmtree(world.folder / "state")
    empty_redis.flushall()  # type: ignore[attr-defined]
    stays_as_it_is(world, 1)


def test_the_ledger_branch_deleted_is_put_back_and_nothing_is_sent_again(world: World) -> None:
    world.published()
    tip = world.ref(LEDGER)
    world.people.git("push", "--quiet", "origin", f":refs/heads/{LEDGER}")
    world.people.change(f"{SPRING}/epic.yaml", "Text of teaser.", "A better text.")
    world.people.push()
    world.run()
    assert world.ref(LEDGER) == tip
    stays_as_it_is(world, 2)


# Copies.


def test_an_epic_duplicated_under_a_new_id_is_held_because_the_accounts_have_it(
    world: World,
) -> None:
    world.published()
    world.people.copy(SPRING, OTHER)
    world.people.remove(f"{OTHER}/status.yaml")
    world.people.push("Duplicate")
    stays_as_it_is(world, 2)
    assert world.held("teaser/x", "summer-launch") == HoldReason.SAME_CONTENT
    assert world.held("teaser/linkedin", "summer-launch") == HoldReason.SAME_CONTENT
    assert world.shown(OTHER)["state"] == "Error"


def test_a_duplicate_in_the_same_push_as_the_original_goes_out_once(world: World) -> None:
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x")))
    world.people.write(f"{OTHER}/epic.yaml", epic_text(ago(), task("teaser", "x")))
    world.people.push("Twice the same")
    world.run()
    stays_as_it_is(world, 1)
    held = {name for name in ("spring-launch", "summer-launch") if world.held("teaser/x", name)}
    assert len(held) == 1


def test_a_duplicate_with_another_text_goes_out(world: World) -> None:
    world.published(task("teaser", "x"))
    world.people.write(
        f"{OTHER}/epic.yaml", epic_text(ago(), task("teaser", "x", body="Summer."), title="Summer")
    )
    world.people.push("Another campaign")
    world.run()
    assert world.network.texts() == [*TEASER, "Summer."]


def test_of_two_epics_with_the_same_id_neither_goes_out(world: World) -> None:
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x")))
    twin = "content/epics/2027/spring-launch"
    world.people.write(f"{twin}/epic.yaml", epic_text(ago(), task("hello", "x")))
    world.people.push("Twins")
    stays_as_it_is(world, 0)
    told = [str(problem) for problem in world.app.index.problems("spring-launch")]
    assert len(told) == 2
    assert all(SPRING in text and twin in text and "Rename" in text for text in told)


def test_a_twin_of_an_epic_that_is_out_sends_nothing_and_its_removal_sends_nothing(
    world: World,
) -> None:
    world.published()
    twin = "content/epics/2027/spring-launch"
    world.people.copy(SPRING, twin)
    world.people.push("A twin")
    world.run()
    world.people.pull()
    world.people.remove(SPRING)
    world.people.push("Remove the older one")
    stays_as_it_is(world, 2)


def test_an_epic_goes_out_once_its_twin_is_gone(world: World) -> None:
    """Nothing is lost: while there were two, its time passed."""
    world.people.write(f"{SPRING}/epic.yaml", epic_text(ago(), task("teaser", "x")))
    twin = "content/epics/2027/spring-launch"
    world.people.write(f"{twin}/epic.yaml", epic_text(ago(), task("hello", "x")))
    world.people.push("Twins")
    world.run()
    world.people.remove(twin)
    world.people.push("Keep the first")
    world.run()
    assert world.network.texts() == TEASER


# What is held waits for a person.


def held_copy(world: World) -> None:
    world.published(task("teaser", "x"))
    world.people.copy(SPRING, OTHER)
    world.people.push("Duplicate")
    world.run()
    assert world.held("teaser/x", "summer-launch")
    assert len(world.network.posts()) == 1


def test_release_sends_what_was_held(world: World) -> None:
    held_copy(world)
    world.app.decide.release("summer-launch", None, asking())
    world.run()
    assert world.network.texts() == TEASER * 2
    assert world.status("teaser/x", "summer-launch") is DeliveryStatus.PUBLISHED
    stays_as_it_is(world, 2)


def test_cancel_never_sends_what_was_held(world: World) -> None:
    held_copy(world)
    world.app.decide.cancel("summer-launch", "teaser/x", asking())
    stays_as_it_is(world, 1)
    world.people.pull()
    world.people.change(f"{OTHER}/epic.yaml", "Text of teaser.", "A better text.")
    world.people.push("Edit what was cancelled")
    stays_as_it_is(world, 1)
    with pytest.raises(Refused, match="not held"):
        world.app.decide.release("summer-launch", "teaser/x", asking())


def test_a_decision_is_one_commit_in_the_name_of_the_person(world: World) -> None:
    held_copy(world)
    world.app.decide.release("summer-launch", None, asking())
    told = git(world.remote, "log", "-1", "--format=%an <%ae>|%cn|%s", LEDGER)
    assert told == "Ana Silva <ana@example.com>|Copydesk|release: summer-launch/teaser/x"


# What its platform lost.


def test_a_post_deleted_on_its_platform_is_marked_and_not_sent_again(world: World) -> None:
    world.published()
    world.network.delete(world.network.posts("acme-x")[0])
    gone = asyncio.run(world.app.verify("spring-launch", utc_now()))
    assert [str(key) for key in gone] == ["spring-launch/teaser/x"]
    stays_as_it_is(world, 2)
    delivery = world.delivery("teaser/x")
    assert delivery.status is DeliveryStatus.PUBLISHED
    assert delivery.removed is not None
    assert delivery.removed.why == "removed there"
    shown = world.shown()["tasks"]["teaser"]
    assert "removed_there" in shown["x"]
    assert "removed_there" not in shown["linkedin"]
    assert world.file(f"{SPRING}/status.yaml") == world.projection()
    assert asyncio.run(world.app.verify("spring-launch", utc_now())) == []


def test_what_cannot_be_looked_up_is_never_called_removed(world: World) -> None:
    world.published(task("teaser", "press", "x"))
    for post in world.network.posts():
        world.network.delete(post)
    gone = asyncio.run(world.app.verify("spring-launch", utc_now()))
    assert [key.profile for key in gone] == ["x"]
    world.network.arm("unavailable", step="look_up")
    assert asyncio.run(world.app.verify("spring-launch", utc_now())) == []
