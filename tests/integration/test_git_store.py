"""Git as the store: one push decides, nothing is forced, people lose nothing."""

import hashlib
import threading
from dataclasses import replace
from datetime import datetime

import pytest

from publisher.adapters.clock import utc_now
from publisher.adapters.git_store import LEDGER, GitStore
from publisher.domain.budget import PushBudget
from publisher.domain.delivery import DeliveryStatus
from publisher.ports import Draft, Heads, PushResult
from publisher.wiring import App
from tests.integration.people import git
from tests.integration.world import (
    SPRING,
    World,
    ago,
    epic_text,
    task,
    waiting,
    whole_second_after,
)

pytestmark = pytest.mark.usefixtures("both_ways")

NOW = utc_now()


def draft(main: str = "", ledger: str = "") -> Draft:
    return Draft(
        main={"content/note.txt": main.encode()} if main else {},
        ledger={"note.txt": ledger.encode()} if ledger else {},
        main_message="note\n",
        ledger_message="note\n",
    )


def stores(world: World, count: int) -> list[GitStore]:
    return [world.publisher(f"store-{number}").store for number in range(count)]


def test_of_two_stores_that_push_at_once_exactly_one_wins(world: World) -> None:
    one, two = stores(world, 2)
    seen = one.sync()
    assert two.sync() == seen
    first, heads = one.push(seen, draft("one", "one"), NOW)
    second, unmoved = two.push(seen, draft("two", "two"), NOW)
    assert first.done
    assert second.raced
    assert not second.done
    assert unmoved == seen
    assert (world.ref("main"), world.ref(LEDGER)) == (heads.main, heads.ledger)
    assert two.sync() == heads
    again, _heads = two.push(heads, draft("two", "two"), NOW)
    assert again.done
    assert world.subjects(LEDGER) == ["note", "note", "Begin the ledger"]


def test_processes_that_start_at_once_do_not_stumble_over_each_other(world: World) -> None:
    store = world.app.store
    store.remote.fetch()
    busy = store.clone / "refs" / "copydesk" / "main.lock"
    busy.parent.mkdir(parents=True, exist_ok=True)
    busy.touch()

    assert store.main == "main"
    assert store.last_known_main()


def test_the_first_ledger_of_all_is_a_race_like_any_other(world: World) -> None:
    one, two = stores(world, 2)
    seen = one.sync()
    two.sync()
    assert seen.ledger is None
    assert one.push(seen, draft(ledger="one"), NOW)[0].done
    assert two.push(seen, draft(ledger="two"), NOW)[0].raced
    assert world.file("note.txt", LEDGER) == b"one"


def test_three_stores_that_count_together_lose_no_count(world: World) -> None:
    """The counter of a ledger file comes out right only if every push is a compare-and-swap."""
    each, done = 4, []

    def count(number: int) -> None:
        store = GitStore(world.folder / f"count-{number}.git", str(world.remote))
        left = each
        while left:
            heads = store.sync(force=True)
            there = store.file(heads.ledger, "note.txt") if heads.ledger else None
            counted = replace(draft(ledger=str(int(there or b"0") + 1)), ledger_message=f"{number}")
            result, _heads = store.push(heads, counted, NOW)
            assert result.done or result.raced, result
            left -= result.done
        done.append(number)

    threads = [threading.Thread(target=count, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [0, 1, 2]
    assert world.file("note.txt", LEDGER) == b"12"
    assert len(world.subjects(LEDGER)) == 13


def test_when_main_has_moved_the_ledger_does_not_move_either(world: World) -> None:
    store = world.app.store
    seen = store.sync()
    theirs = world.people.push("Meanwhile")
    result, _heads = store.push(seen, draft("ours", "ours"), NOW)
    assert result.raced
    assert world.ref("main") == theirs
    assert world.ref(LEDGER) is None


def test_when_the_ledger_has_moved_main_does_not_move_either(world: World) -> None:
    one, two = stores(world, 2)
    seen = one.sync()
    two.sync()
    assert two.push(seen, draft(ledger="theirs"), NOW)[0].done
    assert one.push(seen, draft("ours", "ours"), NOW)[0].raced
    assert world.ref("main") == seen.main
    assert world.file("note.txt", LEDGER) == b"theirs"


def test_only_the_trees_on_the_way_to_the_file_are_written(world: World) -> None:
    for number in range(20):
        world.people.write(
            f"content/epics/2026/epic-{number}/epic.yaml", epic_text(None, task("a", "x"))
        )
    world.epic(task("teaser", "x"))
    world.round()
    world.carry()
    before = objects(world)
    world.round()
    wanted_on_main = {"commit": 1, "tree": len(f"{SPRING}/".split("/")), "blob": 1}
    wanted_in_ledger = {"commit": 1, "tree": len(["", "epics", "shard"]), "blob": 1}
    assert world.shown()["state"] == "Published"
    kinds = [kind for name, kind in objects(world).items() if name not in before]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        kind: wanted_on_main[kind] + wanted_in_ledger[kind] for kind in wanted_on_main
    }


def objects(world: World) -> dict[str, str]:
    lines = git(world.app.store.clone, "cat-file", "--batch-check", "--batch-all-objects")
    return {line.split()[0]: line.split()[1] for line in lines.split("\n")}


def test_a_status_commit_is_clean(world: World) -> None:
    """Two of three are out: who made the commit, what it says, what it holds."""
    world.network.arm("rejected", account="acme-press")
    world.epic(task("teaser", "x", "linkedin", "press"))
    before = world.ref("main")
    world.run()
    assert git(world.remote, "rev-list", "--count", f"{before}..main") == "1"
    told = git(world.remote, "log", "-1", "--format=%an|%ae|%cn|%ce|%s", "main")
    assert told == (
        "Copydesk|bot@copydesk.invalid|Copydesk|bot@copydesk.invalid|"
        "status: spring-launch published on x, linkedin; failed on press (2 of 3)"
    )
    message = git(world.remote, "log", "-1", "--format=%B", "main").rstrip("\n")
    assert message.split("\n")[-1] == "skip-checks: true"
    assert message.split("\n\n")[-1].startswith("\nEpic: spring-launch")
    trailers = git(world.remote, "log", "-1", "--format=%(trailers:only)", "main")
    assert trailers.startswith("Epic: spring-launch\nCopydesk-Round: ")
    assert (
        git(world.remote, "diff", "--name-status", f"{before}..main") == f"A\t{SPRING}/status.yaml"
    )
    assert world.file(f"{SPRING}/status.yaml") == world.projection()


def test_a_status_commit_of_successes_alone_reads_like_the_example(world: World) -> None:
    world.network.arm("unavailable", account="acme-press")
    world.environ["COPYDESK_RETRY_AFTER"] = "60,60,60,60,60"
    world.epic(task("teaser", "x", "linkedin"), task("details", "press"))
    world.run()
    assert world.subjects()[0] == (
        "status: spring-launch published on x, linkedin; will retry on press (2 of 3)"
    )


def test_one_commit_says_everything_that_a_round_has_to_say(world: World) -> None:
    names = [f"epic-{number}" for number in range(5)]
    for name in names:
        text = epic_text(ago(), task("hello", "x", body=f"Hello {name}"), title=name)
        world.people.write(f"content/epics/2026/{name}/epic.yaml", text)
    before = world.people.push("Five epics")
    world.round()
    world.carry()
    report = world.round()
    assert report.reported == 5
    assert git(world.remote, "rev-list", "--count", f"{before}..main") == "1"
    assert world.subjects()[0] == "status: 5 epics, 5 published"
    body = git(world.remote, "log", "-1", "--format=%b", "main")
    assert [f"- {name} published on x (1 of 1)" in body for name in names] == [True] * 5
    assert world.subjects(LEDGER)[0] == world.subjects()[0]
    assert len(world.subjects(LEDGER)) == 3


def test_nothing_to_say_is_no_commit(world: World) -> None:
    world.published()
    before = (world.ref("main"), world.ref(LEDGER))
    for _round in range(3):
        assert world.round().commit == ""
    assert (world.ref("main"), world.ref(LEDGER)) == before


def test_a_claim_alone_changes_nothing_on_main(world: World) -> None:
    pushed = world.epic(task("teaser", "x"))
    assert world.round().claimed == 1
    assert world.ref("main") == pushed
    assert world.subjects(LEDGER)[0] == "claim: spring-launch/teaser/x"


def test_the_environment_of_the_process_does_not_get_into_commits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Leak")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "leak@example.com")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2001-01-01T00:00:00Z")
    world.published()
    for branch in ("main", LEDGER):
        told = git(world.remote, "log", "-1", "--format=%an %ae %cn %ce %ad %cd", branch)
        assert "eak" not in told
        assert "2001" not in told


def test_a_git_repository_named_in_the_environment_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copydesk may be started by a hook, where git names its own repository to children."""
    other = world.folder / "other.git"
    git(world.folder, "init", "--quiet", "--bare", "--template=", str(other))
    monkeypatch.setenv("GIT_DIR", str(other))
    config = (other / "config").read_text()
    world.epic(task("teaser", "x"))
    world.run()
    assert (other / "config").read_text() == config
    assert world.network.texts() == ["Text of teaser."]


class Racer(GitStore):
    """A real store that lets somebody else be faster before its first push."""

    def faster(self, other: App) -> None:
        self._other: App | None = other

    def push(self, heads: Heads, draft: Draft, at: datetime) -> tuple[PushResult, Heads]:
        other, self._other = self._other, None
        if other is not None:
            other.round.once(force=True)
        return super().push(heads, draft, at)


def test_a_round_that_loses_the_race_plans_again_and_claims_nothing_twice(world: World) -> None:
    slow, fast = world.publisher("slow"), world.publisher("fast")
    racer = Racer(world.folder / "slow" / "clone.git", str(world.remote))
    racer.faster(fast)
    slow.__dict__["store"] = racer
    world.epic(task("teaser", "x", "linkedin"))
    report = slow.round.once(force=True)
    assert report.claimed == 0
    assert report.trouble == ""
    claims = [d.claim for d in world.record().deliveries.values()]
    assert {claim.owner for claim in claims if claim} == {fast.name}
    assert len(world.subjects(LEDGER)) == 2
    world.carry(slow)
    world.run(slow)
    assert len(world.network.posts()) == 2


def test_two_publishers_in_a_hurry_send_each_delivery_once(world: World) -> None:
    """Both keep rounds and carry, without the lock that spares useless work."""
    count = 8
    for number in range(count):
        text = epic_text(ago(), task("hello", "x", "press", body=f"Hello {number}"))
        world.people.write(f"content/epics/2026/epic-{number}/epic.yaml", text)
    world.people.push("Eight epics")
    failed: list[BaseException] = []

    def publish(state: str) -> None:
        try:
            app = App(world.config(state))
            try:
                for _turn in range(6):
                    app.round.once(force=True)
                    world.carry(app)
            finally:
                app.index.close()
                app.client.close()
                app.hints.close()
        except BaseException as error:  # noqa: BLE001 - told below, in the main thread
            failed.append(error)

    threads = [threading.Thread(target=publish, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    world.run()
    for account in ("acme-x", "acme-press"):
        assert sorted(world.network.texts(account)) == [f"Hello {n}" for n in range(count)]


def test_people_who_push_at_the_same_moment_lose_nothing_and_block_nothing(world: World) -> None:
    epics, edits = 4, 8
    for number in range(epics):
        text = epic_text(ago(), task("hello", "x", body=f"Hello {number}"), title=f"Epic {number}")
        world.people.write(f"content/epics/2026/epic-{number}/epic.yaml", text)
    world.people.push("Begin")
    failed: list[BaseException] = []

    def edit() -> None:
        try:
            for number in range(edits):
                world.people.write(f"notes/{number}.md", f"Note {number}\n")
                name = f"content/epics/2026/epic-{number % epics}/epic.yaml"
                world.people.change(name, "title: ", "title: New ")
                world.people.push(f"Note {number}")
        except BaseException as error:  # noqa: BLE001 - told below, in the main thread
            failed.append(error)

    thread = threading.Thread(target=edit)
    thread.start()
    reports = []
    while thread.is_alive():
        reports.append(world.round())
        if reports[-1].claimed:
            world.carry()
    thread.join()
    assert not failed
    world.run()
    assert sorted(world.network.texts()) == [f"Hello {n}" for n in range(epics)]
    subjects = world.subjects()
    assert all(f"Note {number}" in subjects for number in range(edits))
    assert [world.file(f"notes/{n}.md") for n in range(edits)] == [
        f"Note {n}\n".encode() for n in range(edits)
    ]
    for number in range(epics):
        path = f"content/epics/2026/epic-{number}"
        assert world.file(f"{path}/status.yaml") == world.projection(path)
        written = world.file(f"{path}/epic.yaml")
        assert written is not None
        assert written.count(b"New") == 2


def test_the_push_budget_of_a_forge_keeps_the_round_waiting(world: World) -> None:
    app = world.app
    app.__dict__["round"] = replace(app.round, budget=PushBudget(1))
    world.epic(task("teaser", "x"))
    assert world.round().claimed == 1
    world.carry()
    assert "budget" in world.round().trouble
    assert app.gate.reports()
    app.__dict__["round"] = replace(app.round, budget=PushBudget(0))
    world.run()
    assert world.shown()["state"] == "Published"


def test_a_claim_names_a_commit_that_another_machine_fetches_by_itself(world: World) -> None:
    far = world.publisher("far")
    far.store.sync()
    world.epic(task("teaser", "x", body="Fetched later."))
    assert world.round().claimed == 1
    world.carry(far)
    assert world.network.texts() == ["Fetched later."]


def test_a_deep_folder_and_a_name_in_another_script_are_read(world: World) -> None:
    world.epic(task("teaser", "x"), path="content/epics/2026/frühling und sommer/q1/a/b/c/spring")
    world.run()
    assert len(world.network.posts()) == 1


def test_what_is_claimed_ahead_of_its_time_does_not_go_out_before_it(world: World) -> None:
    due = whole_second_after(0.5)
    world.epic(task("teaser", "x"), due=due)
    with waiting("the claim") as wait:
        while not world.round().claimed:
            wait()
    assert world.status("teaser/x") is DeliveryStatus.PENDING
    world.carry()
    [post] = world.network.posts()
    assert post["received_at"] >= due.timestamp()


def test_a_files_hash_is_that_of_its_bytes_at_that_commit_and_a_link_is_no_file(
    world: World,
) -> None:
    world.people.write(f"{SPRING}/media/a.png", b"one")
    first = world.people.push("One")
    world.people.write(f"{SPRING}/media/a.png", b"two")
    world.people.path(f"{SPRING}/media/b.png").symlink_to("a.png")
    second = world.people.push("Two")
    store = world.app.store
    store.sync(force=True)

    for _again in range(2):
        assert store.sha256(first, f"{SPRING}/media/a.png") == hashlib.sha256(b"one").hexdigest()
        assert store.sha256(second, f"{SPRING}/media/a.png") == hashlib.sha256(b"two").hexdigest()
        assert store.sha256(second, f"{SPRING}/media/b.png") == ""
        assert store.sha256(second, f"{SPRING}/media/none.png") == ""
