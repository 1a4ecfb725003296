"""An index that was lost, or that reads everything anew: what it looks at now, and what later."""

from datetime import timedelta

import pytest

from publisher.adapters import readers
from publisher.adapters.clock import utc_now
from publisher.adapters.index import SqliteIndex
from publisher.domain.delivery import DeliveryStatus
from tests.integration.world import SPRING, World, task

IN_TURN = timedelta(minutes=2)


def due(world: World, later: timedelta = timedelta(0)) -> list[str]:
    world.app.index.catch_up(world.app.store.sync(force=True))
    return world.app.index.due(utc_now() + later)


def rows(index: SqliteIndex) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the index but when to look again, which depends on the time of reading."""
    tables = ("epics", "occupied", "live", "claimed", "settled", "replaces")
    return {t: sorted(index._db.execute(f"SELECT * FROM {t}").fetchall(), key=str) for t in tables}


def test_what_is_at_rest_waits_for_its_turn_when_the_index_was_lost(world: World) -> None:
    world.published()
    world.begin_anew()
    assert due(world) == []
    assert due(world, IN_TURN) == ["spring-launch"]
    assert world.round().looked_at == 0


def test_a_status_file_that_was_edited_meanwhile_is_rewritten_in_its_turn(world: World) -> None:
    world.published()
    world.people.write(f"{SPRING}/status.yaml", "state: Draft\n")
    world.people.push("Tamper")
    world.begin_anew()
    for name in due(world, IN_TURN):
        world.app.index.set_wake([(name, utc_now())])
    world.round()
    assert world.file(f"{SPRING}/status.yaml") == world.projection()


def test_a_task_that_was_added_meanwhile_goes_out_at_once(world: World) -> None:
    world.published(task("teaser", "x"))
    world.people.change(
        f"{SPRING}/epic.yaml", "tasks:", "tasks:\n- {id: new, profiles: [x], body: New.}"
    )
    world.people.push("Add a task")
    world.begin_anew()
    assert due(world) == ["spring-launch"]
    world.run()
    assert world.network.texts() == ["Text of teaser.", "New."]


def test_what_is_not_at_rest_is_looked_at_at_once(world: World) -> None:
    world.network.arm("rejected", account="acme-x")
    world.published(task("teaser", "x", "linkedin"))
    world.epic(task("hello", "press"), path="content/epics/2026/claimed", title="Claimed")
    world.round()
    assert world.status("teaser/x") is DeliveryStatus.FAILED
    world.begin_anew()
    assert sorted(due(world)) == ["claimed", "spring-launch"]


def test_changed_settings_read_everything_but_look_at_nothing_that_is_at_rest(
    world: World,
) -> None:
    world.published()
    world.epic(
        task("hello", "x"), due=utc_now() + timedelta(days=1), path="content/epics/2026/next"
    )
    world.run()
    world.people.pull()
    world.people.change("content/copydesk.yaml", "timezone: UTC", "timezone: Europe/Berlin")
    world.people.push("Settings")
    assert due(world) == []
    assert due(world, IN_TURN) == ["spring-launch"]


def test_many_readers_find_what_one_reader_finds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        name = f"content/epics/2026/epic-{number}"
        world.epic(task("hello", "x", body=f"Hello {number}"), path=name, title=f"Epic {number}")
    world.people.write("content/epics/2026/broken/epic.yaml", "title: [")
    world.people.push("Broken")
    world.run()
    world.begin_anew()
    heads = world.app.store.sync(force=True)
    world.app.index.catch_up(heads)
    alone = rows(world.app.index)
    world.begin_anew()
    monkeypatch.setattr(readers, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(readers, "_CHUNK", 3)
    world.app.index.catch_up(heads)
    assert rows(world.app.index) == alone
    assert len(alone["epics"]) == 8
    assert len(alone["settled"]) == 7
    turns = [f"epic-{number}" for number in range(7)]
    assert sorted(world.app.index.due(utc_now() + IN_TURN)) == turns


def twin(world: World) -> SqliteIndex:
    """The same file as another process has it open."""
    return SqliteIndex(world.app.config.index, world.app.store, world.app.policy)


def test_settings_that_another_process_has_read_first_hold_here_as_well(world: World) -> None:
    world.epic(task("teaser", "x"))
    due(world)
    other = twin(world)
    world.people.pull()
    world.people.change("content/copydesk.yaml", "paused: false", "paused: true")
    world.people.push("Pause")
    heads = world.app.store.sync(force=True)
    other.catch_up(heads)
    other.close()

    world.app.index.catch_up(heads)

    assert world.app.index.desk.settings.paused


def test_what_another_process_has_taken_back_is_read_again(world: World) -> None:
    world.epic(task("teaser", "x", body="Old."))
    due(world)
    before, other = world.app.store.sync(force=True), twin(world)
    world.people.pull()
    world.people.change(f"{SPRING}/epic.yaml", "Old.", "New.")
    world.people.push("Edit")
    after = world.app.store.sync(force=True)
    world.app.index.catch_up(after)
    other.catch_up(before)
    other.close()

    world.app.index.catch_up(after)

    epic = world.app.index.epic("spring-launch")
    assert epic is not None
    assert epic.tasks[0].parts[0].body == "New."
